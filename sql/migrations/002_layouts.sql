-- SPDX-License-Identifier: GPL-3.0-or-later
-- One table for each layout that is loaded: schemas/layouts/<name>.def without its DIRECT and RAW columns, partitioned
-- by run. A test holds them against the layouts; comments, views and grants are made from the layouts by
-- relsogi.refresh(). The key comes before run_no: within a partition run_no is constant, and sorting by a constant
-- first would make building the key slower.

create table relsogi.file (
    run_no integer not null,
    file_no integer not null,
    source text not null,
    profile text not null,
    profile_sha256 bytea not null,
    format text not null,
    name text not null,
    file_date date,
    bytes bigint not null,
    sha256 bytea not null,
    encoding text not null,
    compression text not null,
    records bigint not null,
    primary key (file_no, run_no)
) partition by list (run_no);

create table relsogi.ledger (
    run_no integer not null,
    stage text not null,
    layout text not null,
    file_no integer not null,
    fate text not null,
    reason text not null,
    rows bigint not null,
    primary key (stage, layout, file_no, fate, reason, run_no)
) partition by list (run_no);

create table relsogi.quarantine (
    run_no integer not null,
    stage text not null,
    scope text not null,
    file_no integer not null,
    record_no bigint,
    line bigint,
    segment bigint,
    "offset" bigint,
    field text not null,
    rule text not null,
    message text not null
) partition by list (run_no);
create index quarantine_key on relsogi.quarantine (file_no, "offset", rule, field, run_no);

create table relsogi.person (
    run_no integer not null,
    person_key uuid not null,
    records integer not null,
    sources integer not null,
    birth_date date,
    death_date date,
    sex text,
    state text,
    zip5 text,
    zcta text,
    county text,
    tract text,
    block_group text,
    aian boolean,
    asian boolean,
    black boolean,
    hispanic boolean,
    mena boolean,
    nhpi boolean,
    white boolean,
    unresolved_2024 text,
    missing_2024 text,
    aian_1997 boolean,
    asian_1997 boolean,
    black_1997 boolean,
    nhopi_1997 boolean,
    white_1997 boolean,
    other_1997 boolean,
    unresolved_1997 text,
    hispanic_1997 boolean,
    missing_race_1997 text,
    missing_ethnicity_1997 text,
    census6 text,
    race_collection text,
    language text,
    missing_language text,
    interpreter boolean,
    primary key (person_key, run_no)
) partition by list (run_no);

create table relsogi.person_value (
    run_no integer not null,
    person_key uuid not null,
    element text not null,
    axis text not null,
    seq integer not null,
    value text,
    missing text,
    collection text not null,
    effective date,
    source text not null,
    record_key uuid not null,
    rule text not null,
    losers integer not null,
    primary key (person_key, element, axis, seq, run_no)
) partition by list (run_no);

create table relsogi.person_measure (
    run_no integer not null,
    person_key uuid not null,
    measure text not null,
    period text not null,
    provider_group text,
    denominator integer not null,
    numerator integer not null,
    primary key (person_key, measure, period, run_no)
) partition by list (run_no);

create table relsogi.posterior (
    run_no integer not null,
    person_key uuid not null,
    model text not null,
    p_white double precision not null,
    p_black double precision not null,
    p_aian double precision not null,
    p_api double precision not null,
    p_multi double precision not null,
    p_hispanic double precision not null,
    surname_match text not null,
    geography_level text not null,
    pack text not null,
    primary key (person_key, model, run_no)
) partition by list (run_no);

create table relsogi.discrepancy (
    run_no integer not null,
    discrepancy_key uuid not null,
    person_key uuid not null,
    element text not null,
    axis text not null,
    kind text not null,
    severity text not null,
    kept_value text,
    other_value text,
    kept_source text not null,
    other_source text not null,
    kept_record uuid not null,
    other_record uuid not null,
    rule text not null,
    primary key (discrepancy_key, run_no)
) partition by list (run_no);

create table relsogi.check_result (
    run_no integer not null,
    check_id text not null,
    category text not null,
    scope text not null,
    scope_value text not null,
    element text not null,
    state text not null,
    severity text not null,
    denominator bigint not null,
    violations bigint not null,
    share double precision,
    threshold double precision,
    message text not null,
    primary key (check_id, scope, scope_value, element, run_no)
) partition by list (run_no);

create table relsogi.estimate (
    run_no integer not null,
    estimate_key uuid not null,
    measure text not null,
    period text not null,
    dimension text not null,
    stratum text not null,
    estimator text not null,
    n double precision,
    x double precision,
    n_eff double precision,
    direct_share double precision,
    rate double precision,
    se double precision,
    lower double precision,
    upper double precision,
    interval_method text,
    reference text,
    difference double precision,
    difference_lower double precision,
    difference_upper double precision,
    ratio double precision,
    ratio_lower double precision,
    ratio_upper double precision,
    suppressed boolean not null,
    suppression_reason text,
    flags text,
    primary key (estimate_key, run_no),
    -- What analysts see is blank where it is suppressed, whatever a stage did: the load fails otherwise.
    constraint estimate_suppressed_is_blank check (not suppressed or num_nonnulls(n, x, n_eff, rate, se, lower, upper,
        difference, difference_lower, difference_upper, ratio, ratio_lower, ratio_upper) = 0)
) partition by list (run_no);
