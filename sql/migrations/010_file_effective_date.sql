-- SPDX-License-Identifier: GPL-3.0-or-later
-- Layout file, version 3: the file effective date that the header of an 834 states. Null in runs loaded before.

alter table relsogi.file add column effective_date date;
