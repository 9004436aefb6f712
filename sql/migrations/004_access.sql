-- SPDX-License-Identifier: GPL-3.0-or-later
-- The data dictionary, and what follows from it: comments, views of the latest run, and who may read which column.
-- `relsogi db migrate` hands the layouts it was built with to relsogi.refresh() each time it runs.

-- layouts: [{"layout", "version", "meaning", "key": [...], "columns": [{"name", "type", "nullable", "phi", "since",
-- "meaning", "loaded"}]}], columns in order.
create function relsogi.refresh_dictionary(layouts jsonb) returns void
language plpgsql set search_path = pg_catalog, pg_temp as $$
begin
    delete from relsogi.layout;
    insert into relsogi.layout (layout, version, meaning, key)
        select l ->> 'layout', (l ->> 'version')::integer, l ->> 'meaning',
            array(select jsonb_array_elements_text(l -> 'key'))
        from jsonb_array_elements(layouts) as l;
    insert into relsogi.layout_column (layout, position, name, type, nullable, phi, since, meaning, loaded)
        select l ->> 'layout', position, c ->> 'name', c ->> 'type', (c ->> 'nullable')::boolean, c ->> 'phi',
            (c ->> 'since')::integer, c ->> 'meaning', (c ->> 'loaded')::boolean
        from jsonb_array_elements(layouts) as l,
            jsonb_array_elements(l -> 'columns') with ordinality as columns (c, position);
end
$$;

create function relsogi.refresh_comments() returns void
language plpgsql set search_path = pg_catalog, pg_temp as $$
declare
    d record;
begin
    for d in
        select layout, meaning from relsogi.layout
        join pg_class on relname = layout and relkind = 'p' and relnamespace = 'relsogi'::regnamespace
    loop
        execute format('comment on table relsogi.%I is %L', d.layout, d.meaning);
        execute format('comment on column relsogi.%I.run_no is %L', d.layout, 'Number of the load (relsogi.run)');
    end loop;
    for d in
        select layout, c.name, c.meaning, c.phi from relsogi.layout_column as c
        join pg_attribute on attrelid = to_regclass(format('relsogi.%I', layout)) and attname = c.name
        where not attisdropped
    loop
        execute format('comment on column relsogi.%I.%I is %L', d.layout, d.name,
            format('%s [%s]', d.meaning, d.phi));
    end loop;
end
$$;

-- current_<layout>: rows of the latest run. Views read with their owner's rights and are granted by column, as the tables
-- are: with the reader's own (security_invoker) all columns of the table would be asked for, whichever are read.
create function relsogi.refresh_views() returns void
language plpgsql set search_path = pg_catalog, pg_temp as $$
declare
    layout name;
begin
    create or replace view relsogi.latest_run as
        select run_no, run_id, revision, as_of, content_sha256, config_sha256, packs, program_version, visible_since
        from relsogi.run where status = 'visible'
        order by as_of desc nulls last, visible_since desc, run_no desc limit 1;
    comment on view relsogi.latest_run is
        'The visible run of the latest day; of several for one day, the one that became visible last';
    for layout in
        select relname from pg_class where relkind = 'p' and relnamespace = 'relsogi'::regnamespace order by relname
    loop
        execute format('create or replace view relsogi.%I as'
            ' select * from relsogi.%I where run_no = (select run_no from relsogi.latest_run)',
            'current_' || layout, layout);
        execute format('comment on view relsogi.%I is %L', 'current_' || layout,
            format('Rows of the latest run in relsogi.%s', layout));
    end loop;
end
$$;

-- Reading, by the class of each column. Rights are set anew each time: none survives that the layouts do not give.
create function relsogi.refresh_grants() returns void
language plpgsql set search_path = pg_catalog, pg_temp as $$
declare
    t record;
    readable text;
begin
    -- On a table this takes rights on its columns, too.
    revoke all on all tables in schema relsogi from relsogi_auditor, relsogi_analyst, relsogi_sogi;
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
    grant usage on schema relsogi to relsogi_auditor, relsogi_analyst, relsogi_sogi;
    grant usage on schema audit to relsogi_auditor;
    grant select on audit.log to relsogi_auditor;
    grant select on relsogi.run, relsogi.run_table, relsogi.migration to relsogi_auditor;
    grant select on relsogi.layout, relsogi.layout_column, relsogi.latest_run to relsogi_auditor, relsogi_analyst;
    -- Not results: stages' own counts are not suppressed.
    grant select (run_no, run_id, revision, status, as_of, content_sha256, config_sha256, packs, program_version,
        started_at, visible_since, superseded_at) on relsogi.run to relsogi_analyst;
    grant select on relsogi.estimate, relsogi.current_estimate to relsogi_analyst;
end
$$;

create function relsogi.refresh(layouts jsonb) returns void
language plpgsql set search_path = pg_catalog, pg_temp as $$
begin
    perform relsogi.refresh_dictionary(layouts);
    perform relsogi.refresh_comments();
    perform relsogi.refresh_views();
    perform relsogi.refresh_grants();
end
$$;
revoke all on function relsogi.refresh_dictionary(jsonb), relsogi.refresh_comments(), relsogi.refresh_views(),
    relsogi.refresh_grants(), relsogi.refresh(jsonb) from public;
