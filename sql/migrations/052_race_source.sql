-- SPDX-License-Identifier: GPL-3.0-or-later
-- Layout person, version 3: the source of the race and ethnicity that stand. Layout fit, version 3: the draw of members
-- that a fit was made on. Null in runs loaded before.

alter table relsogi.person
    add column race_source text;
alter table relsogi.fit
    add column draw bigint;
