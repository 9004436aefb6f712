-- SPDX-License-Identifier: GPL-3.0-or-later
-- Runs, the tables each of them loaded, the data dictionary, and the log that is only ever added to.

create table relsogi.run (
    run_no integer generated always as identity primary key,
    run_id text not null check (run_id <> ''),
    revision integer check (revision >= 1),
    status text not null check (status in ('loading', 'visible', 'superseded')),
    as_of date,
    content_sha256 bytea not null check (length(content_sha256) = 32),
    config_sha256 bytea check (length(config_sha256) = 32),
    packs text[] not null default '{}',
    program_version text not null,
    started_at timestamptz not null default now(),
    visible_since timestamptz,
    superseded_at timestamptz,
    loaded_by name not null default session_user,
    results jsonb not null default '{}',
    check ((status = 'loading') = (revision is null)),
    check ((status = 'loading') = (visible_since is null)),
    check ((status = 'superseded') = (superseded_at is not null))
);
create unique index run_revision on relsogi.run (run_id, revision);
create unique index run_visible on relsogi.run (run_id) where status = 'visible';

comment on table relsogi.run is 'One load of one run; the same run_id with other content is its next revision';
comment on column relsogi.run.run_no is 'Number of the load: the column by which all tables are partitioned';
comment on column relsogi.run.run_id is 'Name of the run, as given to relsogi run';
comment on column relsogi.run.revision is 'Revision of the run, from 1; null while loading';
comment on column relsogi.run.status is 'loading (nothing to be seen yet), visible, or superseded (rows dropped, digests kept)';
comment on column relsogi.run.as_of is 'Day the run describes';
comment on column relsogi.run.content_sha256 is 'SHA-256 over as_of and the name, version and SHA-256 of all row files loaded';
comment on column relsogi.run.config_sha256 is 'SHA-256 of the configuration file';
comment on column relsogi.run.packs is 'Reference packs that the imputed rows were made with: first 16 hex digits of their SHA-256';
comment on column relsogi.run.program_version is 'Version of relsogi that loaded it';
comment on column relsogi.run.started_at is 'When loading began';
comment on column relsogi.run.visible_since is 'When the rows became visible, all at once';
comment on column relsogi.run.superseded_at is 'When the next revision took its place';
comment on column relsogi.run.loaded_by is 'Database user that loaded it';
comment on column relsogi.run.results is 'The stages'' own accounts (stage.json), by stage: keys, inputs, outputs, parameters, numbers';

create table relsogi.run_table (
    run_no integer not null references relsogi.run on delete cascade,
    layout text not null,
    layout_version integer not null,
    rows bigint not null check (rows >= 0),
    sha256 bytea not null check (length(sha256) = 32),
    sealed_at timestamptz,
    primary key (run_no, layout)
);
comment on table relsogi.run_table is 'Row files a run loaded: what a table must hold';
comment on column relsogi.run_table.run_no is 'Number of the load';
comment on column relsogi.run_table.layout is 'Layout, which is also the table''s name';
comment on column relsogi.run_table.layout_version is 'Version of the layout';
comment on column relsogi.run_table.rows is 'Rows';
comment on column relsogi.run_table.sha256 is 'SHA-256 of the row file''s uncompressed bytes; of the sorted digests where several files were loaded';
comment on column relsogi.run_table.sealed_at is 'When all rows were there, counted, and had their keys';

create table relsogi.layout (
    layout text primary key,
    version integer not null,
    meaning text not null,
    key text[] not null
);
comment on table relsogi.layout is 'Data dictionary: row layouts';
create table relsogi.layout_column (
    layout text not null references relsogi.layout on delete cascade,
    position integer not null,
    name text not null,
    type text not null,
    nullable boolean not null,
    phi text not null,
    since integer not null,
    meaning text not null,
    loaded boolean not null,
    primary key (layout, position),
    unique (layout, name)
);
comment on table relsogi.layout_column is 'Data dictionary: columns of row layouts, their class and meaning';
comment on column relsogi.layout_column.phi is 'Who may see it: OPEN, PSEUDONYM, LIMITED, SENSITIVE, SOGI; DIRECT and RAW stay in row files';
comment on column relsogi.layout_column.loaded is 'Whether the column goes to the database';

-- Entries are numbered without gaps by a trigger, not by a sequence: gaps would look like entries taken out. (And in
-- PostgreSQL 15 at wal_level = minimal, a sequence used in the transaction that made it goes back after a crash.)
create table audit.log (
    entry bigint primary key,
    at timestamptz not null default clock_timestamp(),
    actor name not null default session_user,
    application text not null default coalesce(current_setting('application_name', true), ''),
    event text not null check (event in ('migrate', 'publish', 'replace', 'abandon')),
    run_id text,
    run_no integer,
    revision integer,
    content_sha256 bytea,
    detail jsonb not null default '{}'
);
comment on table audit.log is 'What was done to the database''s contents; rows are added by functions and never changed';
comment on column audit.log.event is 'migrate; publish (a run became visible); replace (a revision''s rows were dropped for the next one); abandon (leftovers of a load that was cut short were removed)';
comment on column audit.log.content_sha256 is 'Digest of the run''s content; under replace, of the rows that were dropped';

create function audit.number() returns trigger language plpgsql set search_path = pg_catalog, pg_temp as $$
begin
    lock table audit.log in share row exclusive mode; -- one writer at a time
    new.entry := coalesce((select max(entry) from audit.log), 0) + 1;
    return new;
end
$$;
create trigger number before insert on audit.log for each row execute function audit.number();

create function audit.refuse() returns trigger language plpgsql as $$
begin
    raise exception 'audit.% is only ever added to: % is refused', tg_table_name, lower(tg_op)
        using errcode = 'insufficient_privilege';
end
$$;
create trigger append_only before update or delete or truncate on audit.log
    for each statement execute function audit.refuse();
-- Always: session_replication_role must not switch it off.
alter table audit.log enable always trigger append_only;
alter table audit.log enable always trigger number;
