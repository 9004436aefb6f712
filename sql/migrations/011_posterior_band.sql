-- SPDX-License-Identifier: GPL-3.0-or-later
-- Layout posterior, version 3: how the middle name was found, and which residents of the place the person was held
-- against. Null in runs loaded before, and with packs that have neither.

alter table relsogi.posterior
    add column middle_name_match text,
    add column geography_band text;
