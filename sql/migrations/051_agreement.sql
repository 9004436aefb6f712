-- SPDX-License-Identifier: GPL-3.0-or-later
-- Layout agreement: confusion tables of two sources, and what follows from them. For auditors: each table's small cells
-- are withheld, but tables of different elements and sources are not held against each other, so analysts get nothing
-- of it (the columns of numbers are not OPEN).

create table relsogi.agreement (
    run_no integer not null,
    source_a text not null,
    source_b text not null,
    element text not null,
    kind text not null,
    category_a text not null,
    category_b text not null,
    value double precision,
    lower double precision,
    upper double precision,
    method text,
    n double precision,
    suppressed boolean not null,
    primary key (source_a, source_b, element, kind, category_a, category_b, run_no),
    -- As with estimates: the load fails where a withheld number is there, or a small one is not withheld.
    constraint agreement_suppressed_is_blank check (not suppressed or num_nonnulls(value, lower, upper, n) = 0),
    constraint agreement_no_small_count check (kind <> 'count' or value is null or value = 0 or value >= 11)
) partition by list (run_no);

-- As with persons: whoever is not granted both sources does not see what they say of each other.
alter table relsogi.agreement enable row level security;
create policy by_source on relsogi.agreement for select
    using ((select relsogi.has_source('*')) or (relsogi.has_source(source_a) and relsogi.has_source(source_b)));
