-- SPDX-License-Identifier: GPL-3.0-or-later
-- Layout fit, version 2: whether members stand for those who do not report. Null in runs loaded before, where each counted
-- as one.

alter table relsogi.fit
    add column weighting text;
