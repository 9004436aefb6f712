-- SPDX-License-Identifier: GPL-3.0-or-later
-- Loading, second form: a digest over each table's rows as they went in, which the log's chain keeps; input rows whose
-- fates do not add up are refused; identifiers, where they are loaded at all, go to the schema vault. The four steps
-- stay those of 003_load.sql.

alter table relsogi.run_table
    add column content bytea check (length(content) = 32),
    add column columns text[];
comment on column relsogi.run_table.content is 'SHA-256 over the rows in COPY''s binary form, in the order they came in; null in runs loaded before';
comment on column relsogi.run_table.columns is 'Columns in that form, in order';
alter table relsogi.run add column operator text;
comment on column relsogi.run.operator is 'User of the operating system who started the load, and host, as the loader says';
alter table relsogi.ledger
    add constraint ledger_fate check (fate in ('read', 'written', 'rejected', 'superseded', 'merged', 'aggregated',
        'ignored', 'made')),
    add constraint ledger_rows check (rows >= 0);

-- Identifiers as the sources sent them, and nothing else of a person: who they are is in relsogi.link, under the pseudonym.
create table vault.identifier (
    run_no integer not null,
    record_key uuid not null,
    file_no integer not null,
    record_no bigint not null,
    id_type text not null,
    id_system text not null,
    value text not null,
    links boolean not null,
    primary key (file_no, record_no, id_type, id_system, value, run_no)
) partition by list (run_no);
create index identifier_record on vault.identifier (record_key, run_no);
create index identifier_value on vault.identifier (value, run_no);

-- Which record is which person, and of which source: what rights by source stand on.
create table relsogi.link (
    run_no integer not null,
    record_key uuid not null,
    person_key uuid not null,
    source text not null,
    rule text not null,
    weight double precision,
    primary key (record_key, run_no)
) partition by list (run_no);
create index link_person on relsogi.link (person_key, source, run_no);

-- ---- where a layout's table is ----------------------------------------------------------------------------------

create function relsogi.table_of(wanted text) returns regclass
language sql stable set search_path = pg_catalog, pg_temp as $$
    select oid::regclass from pg_class where relname = wanted and relkind = 'p'
        and relnamespace in ('relsogi'::regnamespace, 'vault'::regnamespace)
$$;
create function relsogi.part_of(wanted text, number integer) returns text
language sql stable set search_path = pg_catalog, pg_temp as $$
    select format('%I.%I', case when relnamespace = 'vault'::regnamespace then 'vault_parts' else 'relsogi_parts' end,
        wanted || '_' || number) from pg_class where oid = relsogi.table_of(wanted)
$$;

-- ---- the steps --------------------------------------------------------------------------------------------------

create or replace function relsogi.load_clean() returns integer
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    leftover regclass;
    dropped integer := 0;
begin
    perform relsogi.require_load_lock();
    for leftover in
        select oid::regclass from pg_class
        where relnamespace in ('relsogi_parts'::regnamespace, 'vault_parts'::regnamespace) and relkind = 'r'
            and not relispartition
        order by relname
    loop
        execute format('drop table %s', leftover);
        dropped := dropped + 1;
    end loop;
    insert into audit.log (event, run_id, run_no, content_sha256)
        select 'abandon', run_id, run_no, content_sha256 from relsogi.run where status = 'loading' order by run_no;
    delete from relsogi.run where status = 'loading';
    return dropped;
end
$$;

create or replace function relsogi.load_begin(plan jsonb, out number integer, out there boolean, out revision integer,
    out leftovers integer)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    wanted record;
    content bytea := decode(plan ->> 'content', 'hex');
begin
    leftovers := relsogi.load_clean();
    select r.run_no, r.revision into number, revision from relsogi.run as r
        where r.run_id = plan ->> 'run_id' and r.status = 'visible' and r.content_sha256 = content;
    there := found;
    if there then
        return;
    end if;
    insert into relsogi.run (run_id, status, as_of, content_sha256, config_sha256, program_version, operator, results)
        values (plan ->> 'run_id', 'loading', (plan ->> 'as_of')::date, content, decode(plan ->> 'config', 'hex'),
            plan ->> 'version', plan ->> 'operator', coalesce(plan -> 'results', '{}'))
        returning run_no into number;
    for wanted in
        select * from jsonb_to_recordset(plan -> 'tables')
            as t (layout text, version integer, rows bigint, sha256 text)
    loop
        if relsogi.table_of(wanted.layout) is null then
            raise exception 'the database has no table for layout %: run "relsogi db migrate"', wanted.layout
                using errcode = 'RS078';
        end if;
        insert into relsogi.run_table (run_no, layout, layout_version, rows, sha256)
            values (number, wanted.layout, wanted.version, wanted.rows, decode(wanted.sha256, 'hex'));
    end loop;
end
$$;

create or replace function relsogi.load_table(number integer, wanted text) returns text
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    part text := relsogi.part_of(wanted, number);
begin
    perform from relsogi.run_table join relsogi.run using (run_no)
        where run_no = number and layout = wanted and status = 'loading' and sealed_at is null;
    if not found then
        raise exception 'run number % is not loading a table for layout %', number, wanted using errcode = 'RS070';
    end if;
    execute format('create table %s (like %s including constraints)', part, relsogi.table_of(wanted));
    execute format('alter table %s alter run_no set default %s', part, number);
    execute format('grant insert on %s to %I', part, session_user);
    return part;
end
$$;

-- The digest is made by the one who copied, of the very bytes as they went out.
drop function relsogi.load_seal(integer, text);
create function relsogi.load_seal(number integer, wanted text, digest text, copied text[]) returns bigint
language plpgsql security definer set search_path = pg_catalog, pg_temp
-- A fifth of the usual sample: on wide tables the usual one takes as long as the key.
set default_statistics_target = 20 as $$
declare
    part text := relsogi.part_of(wanted, number);
    expected bigint;
    found_rows bigint;
    index record;
begin
    select rows into expected from relsogi.run_table join relsogi.run using (run_no)
        where run_no = number and layout = wanted and status = 'loading' and sealed_at is null
        for update of run_table;
    if not found then
        raise exception 'run number % is not loading a table for layout %', number, wanted using errcode = 'RS070';
    end if;
    execute format('revoke all on %s from %I', part, session_user);
    execute format('select count(*) from %s', part) into found_rows;
    if found_rows <> expected then
        raise exception 'table % has % rows, its row file % rows', wanted, found_rows, expected
            using errcode = 'RS065';
    end if;
    -- Spares load_publish the scan; and once here costs less than for each row of the COPY.
    execute format('alter table %s add constraint of_this_run check (run_no = %s)', part, number);
    -- The parent's keys, so that attaching finds them there.
    for index in
        select indisprimary, indisunique, indexrelid,
            (select string_agg(pg_get_indexdef(indexrelid, n, true), ', ' order by n)
                from generate_series(1, indnkeyatts) as n) as columns
        from pg_index where indrelid = relsogi.table_of(wanted) order by indexrelid
    loop
        if index.indisprimary then
            execute format('alter table %s add primary key (%s)', part, index.columns);
        else
            execute format('create %s index on %s (%s)',
                case when index.indisunique then 'unique' else '' end, part, index.columns);
        end if;
    end loop;
    execute format('analyze %s', part);
    if wanted = 'posterior' then
        -- What was imputed with which tables, where one looks for it first.
        execute format('update relsogi.run set packs = array(select distinct pack from %s order by pack)'
            ' where run_no = %s', part, number);
    end if;
    update relsogi.run_table set sealed_at = clock_timestamp(), content = decode(digest, 'hex'), columns = copied
        where run_no = number and layout = wanted;
    return found_rows;
end
$$;

-- What no constraint within one table can say: each input row has one fate, and the files that rows point to are there.
create function relsogi.require_balance(number integer) returns void
language plpgsql set search_path = pg_catalog, pg_temp as $$
declare
    ledger regclass := to_regclass(relsogi.part_of('ledger', number));
    file regclass := to_regclass(relsogi.part_of('file', number));
    pointing regclass;
    wrong text;
begin
    if ledger is not null then
        execute format($q$ select format('stage %%s, layout %%s, file %%s: %%s rows read, %%s accounted for', stage, layout,
                file_no, read, fates) from (
            select stage, layout, file_no, coalesce(sum(rows) filter (where fate = 'read'), 0) as read,
                coalesce(sum(rows) filter (where fate not in ('read', 'made')), 0) as fates
            from %s group by stage, layout, file_no) as sums where read <> fates limit 1 $q$, ledger) into wrong;
        if wrong is not null then
            raise exception 'the ledger does not add up: %', wrong using errcode = 'RS065';
        end if;
    end if;
    if file is null then
        return;
    end if;
    foreach pointing in array array_remove(array[ledger, to_regclass(relsogi.part_of('quarantine', number))], null) loop
        execute format('select file_no::text from %s as t where file_no <> 0'
            ' and not exists (select from %s as f where f.file_no = t.file_no) limit 1', pointing, file) into wrong;
        if wrong is not null then
            raise exception '% points to file number %, which is not among the files of the run', pointing, wrong
                using errcode = 'RS065';
        end if;
    end loop;
end
$$;

-- What the log's entry about a run vouches for. Input files stand in it by the digest of layout file.
create function relsogi.account(number integer) returns jsonb
language sql stable set search_path = pg_catalog, pg_temp as $$
    select jsonb_build_object('as_of', as_of, 'config', encode(config_sha256, 'hex'), 'version', program_version,
        'operator', operator, 'packs', packs, 'results', encode(sha256(convert_to(results::text, 'UTF8')), 'hex'),
        'tables', (select coalesce(jsonb_object_agg(layout, jsonb_strip_nulls(jsonb_build_object('rows', rows,
                'version', layout_version, 'sha256', encode(sha256, 'hex'), 'content', encode(content, 'hex'),
                'columns', to_jsonb(columns)))), '{}') from relsogi.run_table as t where t.run_no = run.run_no))
    from relsogi.run where run_no = number
$$;

-- Drops the rows of a run, one table after the other in one order: two sessions that want several of them cannot block
-- each other for good. run_table keeps what they were.
create function relsogi.drop_rows(number integer) returns void
language plpgsql set search_path = pg_catalog, pg_temp as $$
declare
    part text;
begin
    for part in select relsogi.part_of(layout, number) from relsogi.run_table where run_no = number order by layout loop
        execute format('drop table if exists %s', part);
    end loop;
end
$$;

drop function relsogi.load_publish(integer);
create function relsogi.load_publish(number integer, out revision integer, out entry bigint, out head text)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    this relsogi.run;
    old relsogi.run;
    missing text;
    part record;
begin
    perform relsogi.require_load_lock();
    select * into this from relsogi.run where run_no = number and status = 'loading' for update;
    if not found then
        raise exception 'run number % is not loading', number using errcode = 'RS070';
    end if;
    select string_agg(layout, ', ' order by layout) into missing from relsogi.run_table
        where run_no = number and sealed_at is null;
    if missing is not null then
        raise exception 'run number % is not complete: %', number, missing using errcode = 'RS070';
    end if;
    perform relsogi.require_balance(number);

    select * into old from relsogi.run where run_id = this.run_id and status = 'visible' for update;
    if found then
        insert into audit.log (event, run_id, run_no, revision, content_sha256, detail)
            values ('replace', old.run_id, old.run_no, old.revision, old.content_sha256, relsogi.account(old.run_no));
        update relsogi.run set status = 'superseded', superseded_at = clock_timestamp() where run_no = old.run_no;
    end if;

    for part in
        select layout, run_no, relsogi.table_of(layout) as parent, relsogi.part_of(layout, run_no) as name
        from relsogi.run_table where run_no in (number, old.run_no) order by layout, run_no
    loop
        if part.run_no = old.run_no then
            execute format('drop table if exists %s', part.name);
        else
            execute format('alter table %s attach partition %s for values in (%s)', part.parent, part.name, number);
            execute format('alter table %s drop constraint of_this_run', part.name);
        end if;
    end loop;

    select coalesce(max(r.revision), 0) + 1 into revision from relsogi.run as r where r.run_id = this.run_id;
    update relsogi.run as r set status = 'visible', revision = load_publish.revision,
        visible_since = clock_timestamp() where r.run_no = number;
    insert into audit.log as l (event, run_id, run_no, revision, content_sha256, detail)
        values ('publish', this.run_id, number, load_publish.revision, this.content_sha256, relsogi.account(number))
        returning l.entry, encode(l.head, 'hex') into entry, head;
end
$$;

revoke all on function relsogi.table_of(text), relsogi.part_of(text, integer), relsogi.account(integer),
    relsogi.require_balance(integer), relsogi.drop_rows(integer), relsogi.load_seal(integer, text, text, text[]),
    relsogi.load_publish(integer) from public;
grant usage on schema vault_parts to relsogi_loader;
grant execute on function relsogi.load_seal(integer, text, text, text[]), relsogi.load_publish(integer)
    to relsogi_loader;

comment on column relsogi.migration.number is 'Number of the migration';
comment on column relsogi.migration.name is 'Name of its file';
comment on column relsogi.migration.sha256 is 'SHA-256 of its text';
comment on column relsogi.migration.applied_at is 'When it was applied';
comment on column relsogi.migration.applied_by is 'Database user who applied it';
comment on column relsogi.layout.layout is 'Layout';
comment on column relsogi.layout.version is 'Its version';
comment on column relsogi.layout.meaning is 'What one row is';
comment on column relsogi.layout.key is 'Columns that identify a row';
comment on column relsogi.layout_column.layout is 'Layout';
comment on column relsogi.layout_column.position is 'Place in the layout, from 1';
comment on column relsogi.layout_column.name is 'Column';
comment on column relsogi.layout_column.type is 'KEY, HASH, TEXT, INT, LONG, REAL, FLAG or DAY';
comment on column relsogi.layout_column.nullable is 'Whether it may be null';
comment on column relsogi.layout_column.since is 'Version of the layout that brought it';
comment on column relsogi.layout_column.meaning is 'What it means';
