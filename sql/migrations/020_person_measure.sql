-- SPDX-License-Identifier: GPL-3.0-or-later
-- Layout person_measure: rates and means beside proportions, exclusions, the product line. Null in runs loaded before.

alter table relsogi.person_measure
    add column amount double precision,
    add column exposure double precision,
    add column excluded text,
    add column product text;
