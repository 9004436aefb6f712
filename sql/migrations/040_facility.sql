-- SPDX-License-Identifier: GPL-3.0-or-later
-- Layouts person and person_value, version 2: the facility of the best record, and of the record of the answer that stands.
-- Null in runs loaded before.

alter table relsogi.person
    add column facility text,
    add column facility_source text;
alter table relsogi.person_value
    add column facility text;
