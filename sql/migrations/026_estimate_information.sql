-- SPDX-License-Identifier: GPL-3.0-or-later
-- Layout estimate, version 2: who is reported, imputed and unknown, how much is known, and what holds without assumption.
-- Null in runs loaded before.

alter table relsogi.estimate
    add column indirect_share double precision,
    add column unknown_share double precision,
    add column lambda double precision,
    add column information double precision,
    add column bound_lower double precision,
    add column bound_upper double precision,
    add column difference_bound_lower double precision,
    add column difference_bound_upper double precision,
    add constraint estimate_suppressed_says_nothing check (not suppressed or num_nonnulls(indirect_share, unknown_share,
        lambda, information, bound_lower, bound_upper, difference_bound_lower, difference_bound_upper) = 0);
