-- SPDX-License-Identifier: GPL-3.0-or-later
-- Layout posterior, version 2: the groups of 2024 beside the census tables' six, what the person's answer left, and how the
-- first name was found. Null in runs loaded before.

alter table relsogi.posterior
    add column first_name_match text,
    add column narrowed text,
    add column p8_aian double precision,
    add column p8_asian double precision,
    add column p8_black double precision,
    add column p8_hispanic double precision,
    add column p8_mena double precision,
    add column p8_nhpi double precision,
    add column p8_white double precision,
    add column p8_multi double precision,
    add column any_aian double precision,
    add column any_asian double precision,
    add column any_black double precision,
    add column any_hispanic double precision,
    add column any_mena double precision,
    add column any_nhpi double precision,
    add column any_white double precision,
    add column api_split text,
    add column mena_split text,
    add column cohort text;
