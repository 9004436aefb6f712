-- SPDX-License-Identifier: GPL-3.0-or-later
-- How a run gets in. The loader owns nothing: it calls these functions, which run as the owner, and may COPY into
-- tables of a run that is loading, no others.
--
--   load_begin    drops what earlier loads left behind, enters the run
--   load_table    makes one table of the run; COPY follows in the same transaction
--   load_seal     counts the rows against the row file's manifest, adds the key, takes the loader's right away
--   load_publish  in one transaction: all tables become partitions, the revision before goes, the log says so
--
-- Until load_publish commits nothing can be seen; a load cut short anywhere leaves tables that are nobody's partition,
-- which the next load_begin drops.

-- Session lock (class 1380273223, object 1) that all of this happens under; the number is 'RELG' in ASCII.
create function relsogi.require_load_lock() returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    if not exists (
        select from pg_locks
        where locktype = 'advisory' and classid = 1380273223 and objid = 1 and objsubid = 2
            and database = (select oid from pg_database where datname = current_database())
            and pid = pg_backend_pid() and granted) then
        raise exception 'the loader''s lock is not held by this session' using errcode = 'RS070';
    end if;
end
$$;

create function relsogi.load_clean() returns integer
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    leftover name;
    dropped integer := 0;
begin
    perform relsogi.require_load_lock();
    for leftover in
        select relname from pg_class
        where relnamespace = 'relsogi_parts'::regnamespace and relkind = 'r' and not relispartition
        order by relname
    loop
        execute format('drop table relsogi_parts.%I', leftover);
        dropped := dropped + 1;
    end loop;
    insert into audit.log (event, run_id, run_no, content_sha256)
        select 'abandon', run_id, run_no, content_sha256 from relsogi.run where status = 'loading' order by run_no;
    delete from relsogi.run where status = 'loading';
    return dropped;
end
$$;

-- plan: {"run_id", "as_of", "content", "config", "version", "results",
--        "tables": [{"layout", "version", "rows", "sha256"}]}; digests in hex.
-- there = true: this content is what is visible under run_id, and nothing is to be done.
create function relsogi.load_begin(plan jsonb, out number integer, out there boolean, out revision integer,
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
    insert into relsogi.run (run_id, status, as_of, content_sha256, config_sha256, program_version, results)
        values (plan ->> 'run_id', 'loading', (plan ->> 'as_of')::date, content, decode(plan ->> 'config', 'hex'),
            plan ->> 'version', coalesce(plan -> 'results', '{}'))
        returning run_no into number;
    for wanted in
        select * from jsonb_to_recordset(plan -> 'tables')
            as t (layout text, version integer, rows bigint, sha256 text)
    loop
        if not exists (select from pg_class where relnamespace = 'relsogi'::regnamespace and relkind = 'p'
                and relname = wanted.layout) then
            raise exception 'the database has no table for layout %: run "relsogi db migrate"', wanted.layout
                using errcode = 'RS078';
        end if;
        insert into relsogi.run_table (run_no, layout, layout_version, rows, sha256)
            values (number, wanted.layout, wanted.version, wanted.rows, decode(wanted.sha256, 'hex'));
    end loop;
end
$$;

-- The run's table, which only this run's loader may fill. Rows need not carry run_no: it is the column's default.
create function relsogi.load_table(number integer, wanted text) returns text
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    part text := format('%s_%s', wanted, number);
begin
    perform from relsogi.run_table join relsogi.run using (run_no)
        where run_no = number and layout = wanted and status = 'loading' and sealed_at is null;
    if not found then
        raise exception 'run number % is not loading a table for layout %', number, wanted using errcode = 'RS070';
    end if;
    execute format('create table relsogi_parts.%I (like relsogi.%I including constraints)', part, wanted);
    execute format('alter table relsogi_parts.%I alter run_no set default %s', part, number);
    execute format('grant insert on relsogi_parts.%I to %I', part, session_user);
    return format('relsogi_parts.%I', part);
end
$$;

create function relsogi.load_seal(number integer, wanted text) returns bigint
language plpgsql security definer set search_path = pg_catalog, pg_temp
-- A fifth of the usual sample: on wide tables the usual one takes as long as the key.
set default_statistics_target = 20 as $$
declare
    part text := format('%s_%s', wanted, number);
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
    execute format('revoke all on relsogi_parts.%I from %I', part, session_user);
    execute format('select count(*) from relsogi_parts.%I', part) into found_rows;
    if found_rows <> expected then
        raise exception 'table % has % rows, its row file % rows', wanted, found_rows, expected
            using errcode = 'RS065';
    end if;
    -- Spares load_publish the scan; and once here costs less than for each row of the COPY.
    execute format('alter table relsogi_parts.%I add constraint of_this_run check (run_no = %s)', part, number);
    -- The parent's keys, so that attaching finds them there.
    for index in
        select indisprimary, indisunique, indexrelid,
            (select string_agg(pg_get_indexdef(indexrelid, n, true), ', ' order by n)
                from generate_series(1, indnkeyatts) as n) as columns
        from pg_index where indrelid = format('relsogi.%I', wanted)::regclass order by indexrelid
    loop
        if index.indisprimary then
            execute format('alter table relsogi_parts.%I add primary key (%s)', part, index.columns);
        else
            execute format('create %s index on relsogi_parts.%I (%s)',
                case when index.indisunique then 'unique' else '' end, part, index.columns);
        end if;
    end loop;
    execute format('analyze relsogi_parts.%I', part);
    if wanted = 'posterior' then
        -- What was imputed with which tables, where one looks for it first.
        execute format('update relsogi.run set packs = array(select distinct pack from relsogi_parts.%I order by pack)'
            ' where run_no = %s', part, number);
    end if;
    update relsogi.run_table set sealed_at = clock_timestamp() where run_no = number and layout = wanted;
    return found_rows;
end
$$;

create function relsogi.load_publish(number integer, out revision integer)
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

    select * into old from relsogi.run where run_id = this.run_id and status = 'visible' for update;
    if found then
        insert into audit.log (event, run_id, run_no, revision, content_sha256, detail)
            select 'replace', old.run_id, old.run_no, old.revision, old.content_sha256,
                coalesce(jsonb_object_agg(layout, jsonb_build_object('rows', rows, 'sha256', encode(sha256, 'hex'))),
                    '{}')
            from relsogi.run_table where run_no = old.run_no;
        update relsogi.run set status = 'superseded', superseded_at = clock_timestamp() where run_no = old.run_no;
    end if;

    -- Tables always in one order: two sessions that want several of them cannot block each other for good.
    for part in
        select p.oid, p.relname as name, t.relname as layout, n.nspname as place,
            t.run_no = number as is_new
        from (select relname, run_no from pg_class join relsogi.run_table on layout = relname
                where relnamespace = 'relsogi'::regnamespace and relkind = 'p' and run_no in (number, old.run_no)) as t
        join pg_class as p on p.relname = format('%s_%s', t.relname, t.run_no)
        join pg_namespace as n on n.oid = p.relnamespace and n.nspname = 'relsogi_parts'
        order by t.relname, is_new
    loop
        if not part.is_new then
            execute format('drop table relsogi_parts.%I', part.name);
        else
            execute format('alter table relsogi.%I attach partition relsogi_parts.%I for values in (%s)',
                part.layout, part.name, number);
            execute format('alter table relsogi_parts.%I drop constraint of_this_run', part.name);
        end if;
    end loop;

    select coalesce(max(r.revision), 0) + 1 into revision from relsogi.run as r where r.run_id = this.run_id;
    update relsogi.run as r set status = 'visible', revision = load_publish.revision,
        visible_since = clock_timestamp() where r.run_no = number;
    insert into audit.log (event, run_id, run_no, revision, content_sha256, detail)
        select 'publish', this.run_id, number, load_publish.revision, this.content_sha256,
            coalesce(jsonb_object_agg(layout, jsonb_build_object('rows', rows, 'sha256', encode(sha256, 'hex'))), '{}')
        from relsogi.run_table where run_no = number;
end
$$;

revoke all on all functions in schema relsogi from public;
revoke all on all functions in schema audit from public;
grant usage on schema relsogi, relsogi_parts to relsogi_loader;
grant execute on function relsogi.load_clean(), relsogi.load_begin(jsonb), relsogi.load_table(integer, text),
    relsogi.load_seal(integer, text), relsogi.load_publish(integer) to relsogi_loader;
grant select on relsogi.run, relsogi.run_table, relsogi.layout, relsogi.layout_column, relsogi.migration
    to relsogi_loader;
