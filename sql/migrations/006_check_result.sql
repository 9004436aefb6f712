-- SPDX-License-Identifier: GPL-3.0-or-later
-- Layout check_result, version 2: context and profile, bands, mixes with their intervals, what the prior run had, and
-- exceptions. Null in runs loaded before.

alter table relsogi.check_result
    add column context text,
    add column profile text,
    add column points double precision,
    add column rise double precision,
    add column minimum bigint,
    add column band text,
    add column observed double precision,
    add column expected double precision,
    add column low double precision,
    add column high double precision,
    add column statistic double precision,
    add column p_value double precision,
    add column prior_share double precision,
    add column prior_denominator bigint,
    add column exception text;
