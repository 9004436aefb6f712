-- SPDX-License-Identifier: GPL-3.0-or-later
-- Layout trend: gaps over time.

create table relsogi.trend (
    run_no integer not null,
    trend_key uuid not null,
    measure text not null,
    dimension text not null,
    stratum text not null,
    estimator text not null,
    point integer not null,
    period text not null,
    runs_back integer not null,
    reference text,
    rate double precision,
    gap double precision,
    gap_lower double precision,
    gap_upper double precision,
    change double precision,
    change_lower double precision,
    change_upper double precision,
    change_method text,
    verdict text,
    flags text,
    suppressed boolean not null,
    suppression_reason text,
    primary key (trend_key, run_no),
    -- As with estimates: the load fails where a withheld number is there.
    constraint trend_suppressed_is_blank check (not suppressed or num_nonnulls(rate, gap, gap_lower, gap_upper,
        change, change_lower, change_upper) = 0)
) partition by list (run_no);
