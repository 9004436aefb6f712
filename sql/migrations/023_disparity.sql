-- SPDX-License-Identifier: GPL-3.0-or-later
-- Layout disparity: what is said about gaps, for analysts to read.

create table relsogi.disparity (
    run_no integer not null,
    disparity_key uuid not null,
    measure text not null,
    period text not null,
    dimension text not null,
    estimator text not null,
    statistic text not null,
    stratum text not null,
    provider_group text not null,
    part text not null,
    reference text,
    unit text not null,
    value double precision,
    se double precision,
    lower double precision,
    upper double precision,
    method text,
    n double precision,
    groups integer,
    flags text,
    suppressed boolean not null,
    suppression_reason text,
    primary key (disparity_key, run_no),
    -- As with estimates: the load fails where a withheld number is there.
    constraint disparity_suppressed_is_blank check (not suppressed or num_nonnulls(value, se, lower, upper, n) = 0)
) partition by list (run_no);

-- Analysts read tables of results whose small cells are blank: those with a column `suppressed` and nothing that is of a
-- person. Rights are made anew each time by relsogi.refresh(), to which this is added.
create function relsogi.refresh_analyst_grants() returns void
language plpgsql set search_path = pg_catalog, pg_temp as $$
declare
    t name;
begin
    for t in
        select layout from relsogi.layout_column
        join pg_class on relname = layout and relkind = 'p' and relnamespace = 'relsogi'::regnamespace
        group by layout having bool_and(phi = 'OPEN') and bool_or(name = 'suppressed')
    loop
        execute format('grant select on relsogi.%I, relsogi.%I to relsogi_analyst', t, 'current_' || t);
    end loop;
end
$$;
alter function relsogi.refresh(jsonb) rename to refresh_tables;
create function relsogi.refresh(layouts jsonb) returns void
language plpgsql set search_path = pg_catalog, pg_temp as $$
begin
    perform relsogi.refresh_tables(layouts);
    perform relsogi.refresh_analyst_grants();
end
$$;
revoke all on function relsogi.refresh_analyst_grants(), relsogi.refresh_tables(jsonb), relsogi.refresh(jsonb)
    from public;
