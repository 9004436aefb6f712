-- SPDX-License-Identifier: GPL-3.0-or-later
-- Files of an earlier run of which rows still stand, because change files came after them.

alter table relsogi.file add column carried boolean;
