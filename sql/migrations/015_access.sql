-- SPDX-License-Identifier: GPL-3.0-or-later
-- Who may see whom. Persons by source: a person is visible to a role if any of the person's records is of a source the
-- role was granted. Rows about sexual orientation and gender identity need relsogi_sogi. Identifiers are shown by a
-- function that keeps who asked, and why. And the tables that went unloaded so far.

create table relsogi.fit (
    run_no integer not null,
    target text not null,
    fit_key uuid not null,
    form text not null,
    base text not null,
    pack text not null,
    cohort bytea not null,
    members bigint not null,
    folds integer not null,
    ridge double precision not null,
    loss_none double precision not null,
    loss_recalibration double precision,
    loss_full double precision,
    gain double precision not null,
    gain_se double precision not null,
    coefficients text not null,
    primary key (target, run_no)
) partition by list (run_no);

create table relsogi.language_posterior (
    run_no integer not null,
    person_key uuid not null,
    p_english double precision not null,
    p_spanish double precision not null,
    p_other double precision not null,
    missing_language text,
    fit text not null,
    primary key (person_key, run_no)
) partition by list (run_no);

create table relsogi.tabulation (
    run_no integer not null,
    approach text not null,
    category text not null,
    n bigint,
    share double precision,
    suppressed boolean not null,
    suppression_reason text,
    primary key (approach, category, run_no),
    -- As with estimates: analysts see this, so the load fails where a withheld count is there.
    constraint tabulation_suppressed_is_blank check (not suppressed or num_nonnulls(n, share) = 0)
) partition by list (run_no);

-- ---- sources ----------------------------------------------------------------------------------------------------

create table relsogi.source_grant (
    role name not null,
    source text not null check (source <> ''),
    granted_by name not null default session_user,
    granted_at timestamptz not null default clock_timestamp(),
    primary key (role, source)
);
comment on table relsogi.source_grant is 'Which roles may see persons of which sources; changed by relsogi.grant_source and revoke_source';
comment on column relsogi.source_grant.role is 'Database role; its members have what it has';
comment on column relsogi.source_grant.source is 'Name of the source, or * for all';
comment on column relsogi.source_grant.granted_by is 'Who granted it';
comment on column relsogi.source_grant.granted_at is 'When';
insert into relsogi.source_grant (role, source) values ('relsogi_auditor', '*'), ('relsogi_steward', '*');

create table relsogi.sogi_element (element text primary key);
comment on table relsogi.sogi_element is 'Elements whose rows need relsogi_sogi: their being there tells something';
comment on column relsogi.sogi_element.element is 'Element, as in layout person_value';
insert into relsogi.sogi_element values ('sexual_orientation'), ('gender_identity'), ('sex_at_birth'), ('pronouns'),
    ('name_to_use');

create function relsogi.grant_source(to_role name, wanted text) returns void
language plpgsql set search_path = pg_catalog, pg_temp as $$
begin
    if to_regrole(quote_ident(to_role)) is null then
        raise exception 'there is no role %', to_role using errcode = 'RS064';
    end if;
    insert into relsogi.source_grant (role, source) values (to_role, wanted) on conflict do nothing;
    if found then
        insert into audit.log (event, detail) values ('grant', jsonb_build_object('role', to_role, 'source', wanted));
    end if;
end
$$;
create function relsogi.revoke_source(from_role name, wanted text) returns void
language plpgsql set search_path = pg_catalog, pg_temp as $$
begin
    delete from relsogi.source_grant where role = from_role and source = wanted;
    if found then
        insert into audit.log (event, detail) values ('revoke', jsonb_build_object('role', from_role, 'source', wanted));
    end if;
end
$$;

-- The owner's functions and administrators see all; others what they, or roles they have, were granted.
create function relsogi.has_source(wanted text) returns boolean
language sql stable set search_path = pg_catalog, pg_temp as $$
    select pg_has_role(current_user, 'relsogi_owner', 'usage') or exists (
        select from relsogi.source_grant where source in (wanted, '*')
            and exists (select from pg_roles where rolname = role) and pg_has_role(current_user, role, 'usage'))
$$;
create function relsogi.sources() returns text[]
language sql stable set search_path = pg_catalog, pg_temp as $$
    select coalesce(array_agg(source), '{}') from relsogi.source_grant
        where exists (select from pg_roles where rolname = role) and pg_has_role(current_user, role, 'usage')
$$;
-- Reads with its owner's rights, but as to sources with the reader's: that is who current_user is in it.
create view relsogi.seen_person with (security_barrier) as
    select run_no, person_key from relsogi.link
    where (select relsogi.has_source('*')) or source = any (array(select unnest(relsogi.sources())));
comment on view relsogi.seen_person is 'Persons whom the reader may see: one row for each of their records of a granted source';

-- Not forced on the owner: the view above reads as the owner, and would be asked what it is asked for.
alter table relsogi.link enable row level security;
create policy by_source on relsogi.link for select
    using ((select relsogi.has_source('*')) or exists (
        select from relsogi.seen_person as s where s.person_key = link.person_key and s.run_no = link.run_no));

-- Tables about persons get their policies from here, also those that later migrations make.
create function relsogi.refresh_policies() returns void
language plpgsql set search_path = pg_catalog, pg_temp as $$
declare
    t name;
begin
    for t in
        select relname from pg_class join pg_attribute on attrelid = pg_class.oid and attname = 'person_key'
        where relkind = 'p' and relnamespace = 'relsogi'::regnamespace and relname <> 'link' order by relname
    loop
        execute format('drop policy if exists by_source on relsogi.%I', t);
        execute format('create policy by_source on relsogi.%1$I for select using ((select relsogi.has_source(''*''))'
            ' or exists (select from relsogi.seen_person as s where s.person_key = %1$I.person_key'
            ' and s.run_no = %1$I.run_no))', t);
        execute format('alter table relsogi.%I enable row level security', t);
        -- For the owner, too: views read as the owner.
        execute format('alter table relsogi.%I force row level security', t);
        if exists (select from pg_attribute where attrelid = format('relsogi.%I', t)::regclass
                and attname = 'element') then
            execute format('drop policy if exists by_element on relsogi.%I', t);
            execute format('create policy by_element on relsogi.%I as restrictive for select using ('
                '(select pg_has_role(current_user, ''relsogi_sogi'', ''usage'')'
                ' or pg_has_role(current_user, ''relsogi_owner'', ''usage''))'
                ' or element not in (select element from relsogi.sogi_element))', t);
        end if;
    end loop;
end
$$;

-- ---- identifiers ------------------------------------------------------------------------------------------------

-- The identifiers of one person in the latest run, or in the one named. Kept in the log with the reason; and in the
-- server's log, from which a rollback takes nothing back.
create function vault.reveal(person uuid, reason text, run text default null)
returns table (source text, id_type text, id_system text, value text)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    number integer := case when run is null then (select run_no from relsogi.latest_run)
        else (select r.run_no from relsogi.run as r where r.run_id = run and r.status = 'visible') end;
begin
    if coalesce(length(trim(reason)), 0) < 5 then
        raise exception 'a reason is needed to show identifiers: it is kept' using errcode = 'RS064';
    end if;
    if number is null then
        raise exception 'no such run is there' using errcode = 'RS066';
    end if;
    -- session_user, since current_user is the owner in here.
    if not exists (
        select from relsogi.link as l join relsogi.source_grant as g on g.source in (l.source, '*')
        where l.run_no = number and l.person_key = person
            and exists (select from pg_roles where rolname = g.role) and pg_has_role(session_user, g.role, 'usage')) then
        raise exception 'no person with this key is among those this user may see' using errcode = 'RS077';
    end if;
    raise log 'relsogi: % has identifiers of person % shown', session_user, person;
    insert into audit.log (event, run_id, run_no, revision, detail)
        select 'reveal', r.run_id, r.run_no, r.revision, jsonb_build_object('person', person, 'reason', reason)
        from relsogi.run as r where r.run_no = number;
    return query
        select distinct l.source, i.id_type, i.id_system, i.value
        from relsogi.link as l join vault.identifier as i on i.record_key = l.record_key and i.run_no = l.run_no
        where l.run_no = number and l.person_key = person order by 1, 2, 3, 4;
end
$$;

-- ---- decisions --------------------------------------------------------------------------------------------------

-- kind: approve (this run may be used) or override (what set aside what: part of the reason).
create function relsogi.decide(kind text, run text, reason text) returns bigint
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    entry bigint;
begin
    if kind is null or kind not in ('approve', 'override') then
        raise exception 'a decision is approve or override' using errcode = 'RS064';
    end if;
    if coalesce(length(trim(reason)), 0) < 5 then
        raise exception 'a reason is needed: it is kept' using errcode = 'RS064';
    end if;
    insert into audit.log as l (event, run_id, run_no, revision, content_sha256, detail)
        select kind, r.run_id, r.run_no, r.revision, r.content_sha256, jsonb_build_object('reason', reason)
        from relsogi.run as r where r.run_id = run and r.status = 'visible' returning l.entry into entry;
    if entry is null then
        raise exception 'no visible run is called %', run using errcode = 'RS066';
    end if;
    return entry;
end
$$;
create view relsogi.action as
    select entry, at, actor, event, run_id, revision, coalesce(detail ->> 'operator', '') as operator,
        coalesce(detail ->> 'reason', '') as reason
    from audit.log where event <> 'migrate' order by entry;
comment on view relsogi.action is 'Who ran, approved, overrode, pruned, granted and looked at what, from the log';

-- ---- rights -----------------------------------------------------------------------------------------------------

create or replace function relsogi.refresh_grants() returns void
language plpgsql set search_path = pg_catalog, pg_temp as $$
declare
    t record;
    readable text;
begin
    -- On a table this takes rights on its columns, too.
    revoke all on all tables in schema relsogi, vault, audit
        from public, relsogi_auditor, relsogi_analyst, relsogi_sogi, relsogi_steward;
    for t in
        select layout, string_agg(format('%I', name), ', ') filter (where phi <> 'SOGI') as open,
            string_agg(format('%I', name), ', ') filter (where phi = 'SOGI') as sogi
        from relsogi.layout_column
        join pg_class on relname = layout and relkind = 'p' and relnamespace = 'relsogi'::regnamespace
        where loaded group by layout
    loop
        foreach readable in array array[t.layout, 'current_' || t.layout] loop
            execute format('grant select (run_no, %s) on relsogi.%I to relsogi_auditor', t.open, readable);
            if t.sogi is not null then
                execute format('grant select (%s) on relsogi.%I to relsogi_sogi', t.sogi, readable);
            end if;
        end loop;
    end loop;
    grant usage on schema relsogi to relsogi_auditor, relsogi_analyst, relsogi_sogi, relsogi_steward;
    grant usage on schema audit to relsogi_auditor;
    grant usage on schema vault to relsogi_steward;
    grant select on audit.log, relsogi.action to relsogi_auditor;
    grant select on relsogi.run, relsogi.run_table, relsogi.migration to relsogi_auditor;
    grant select on relsogi.layout, relsogi.layout_column, relsogi.latest_run
        to relsogi_auditor, relsogi_analyst, relsogi_steward;
    grant select on relsogi.source_grant, relsogi.sogi_element, relsogi.seen_person to relsogi_auditor, relsogi_steward;
    -- Who is who, for those whom somebody asks about: not what they said.
    grant select on relsogi.link, relsogi.current_link to relsogi_steward;
    grant execute on function vault.reveal(uuid, text, text) to relsogi_steward;
    grant execute on function relsogi.has_source(text), relsogi.sources() to relsogi_auditor, relsogi_steward;
    grant execute on function relsogi.decide(text, text, text), audit.last() to relsogi_auditor;
    -- Not results: stages' own counts are not suppressed. Not who ran it.
    grant select (run_no, run_id, revision, status, as_of, content_sha256, config_sha256, packs, program_version,
        started_at, visible_since, superseded_at) on relsogi.run to relsogi_analyst;
    grant select on relsogi.estimate, relsogi.current_estimate, relsogi.tabulation, relsogi.current_tabulation
        to relsogi_analyst;
end
$$;

create or replace function relsogi.refresh_comments() returns void
language plpgsql set search_path = pg_catalog, pg_temp as $$
declare
    d record;
begin
    for d in select relsogi.table_of(layout) as place, meaning from relsogi.layout
        where relsogi.table_of(layout) is not null
    loop
        execute format('comment on table %s is %L', d.place, d.meaning);
        execute format('comment on column %s.run_no is %L', d.place, 'Number of the load (relsogi.run)');
    end loop;
    for d in
        select attrelid::regclass as place, c.name, c.meaning, c.phi from relsogi.layout_column as c
        join pg_attribute on attrelid = relsogi.table_of(layout) and attname = c.name
        where not attisdropped
    loop
        execute format('comment on column %s.%I is %L', d.place, d.name, format('%s [%s]', d.meaning, d.phi));
    end loop;
end
$$;

-- As of a day: `set relsogi.as_of = '2026-01-31'` makes the current_ views those of the latest run of that day or before;
-- `set relsogi.run = 'name'` those of a run by name.
create or replace view relsogi.latest_run as
    select run_no, run_id, revision, as_of, content_sha256, config_sha256, packs, program_version, visible_since
    from relsogi.run where status = 'visible'
        and (nullif(current_setting('relsogi.as_of', true), '') is null
            or as_of <= nullif(current_setting('relsogi.as_of', true), '')::date)
        and coalesce(nullif(current_setting('relsogi.run', true), ''), run_id) = run_id
    order by as_of desc nulls last, visible_since desc, run_no desc limit 1;
create or replace function relsogi.refresh_views() returns void
language plpgsql set search_path = pg_catalog, pg_temp as $$
declare
    layout name;
begin
    perform relsogi.refresh_policies();
    comment on view relsogi.latest_run is
        'The visible run of the latest day, up to relsogi.as_of where that is set, and named relsogi.run where that is; of several for one day, the one that became visible last';
    for layout in
        select relname from pg_class where relkind = 'p' and relnamespace = 'relsogi'::regnamespace order by relname
    loop
        execute format('create or replace view relsogi.%I as'
            ' select * from relsogi.%I as t where run_no = (select run_no from relsogi.latest_run)%s',
            'current_' || layout, layout, case when layout = 'link' then ' and exists (select from'
            ' relsogi.seen_person as s where s.person_key = t.person_key and s.run_no = t.run_no)' else '' end);
        execute format('comment on view relsogi.%I is %L', 'current_' || layout,
            format('Rows of the latest run in relsogi.%s; as of another day: set relsogi.as_of', layout));
    end loop;
end
$$;
-- For queries on the tables themselves: where run_no = relsogi.run_as_of('2026-01-31').
create function relsogi.run_as_of(day date) returns integer
language sql stable security definer set search_path = pg_catalog, pg_temp as $$
    select run_no from relsogi.run where status = 'visible' and as_of <= day
    order by as_of desc, visible_since desc, run_no desc limit 1
$$;

revoke all on function relsogi.grant_source(name, text), relsogi.revoke_source(name, text), relsogi.has_source(text),
    relsogi.sources(), relsogi.refresh_policies(), vault.reveal(uuid, text, text), relsogi.decide(text, text, text),
    relsogi.run_as_of(date) from public;
grant execute on function relsogi.run_as_of(date) to relsogi_auditor, relsogi_analyst, relsogi_steward;
