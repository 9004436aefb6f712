-- SPDX-License-Identifier: GPL-3.0-or-later
-- Roles, schemas and the list of migrations: what must be there before the first migration. Run each time by
-- `relsogi db migrate`, as the connecting administrator, who needs CREATEROLE only where a role is missing.
do $$
declare
    wanted record;
begin
    for wanted in
        select * from (values
            ('relsogi_owner', 'nologin'),   -- owns everything; migrations and the loader's functions run as it
            ('relsogi_loader', 'login'),    -- the pipeline: fills tables of its own run, reads no person
            ('relsogi_auditor', 'login'),   -- reads persons, values, discrepancies, the log
            ('relsogi_analyst', 'login'),   -- reads estimates, whose small cells are blank
            ('relsogi_steward', 'login'),   -- may have identifiers shown, each time with a reason that is kept
            ('relsogi_sogi', 'nologin')     -- may see sexual orientation and gender identity: granted on its own
        ) as roles (name, login)
    loop
        if not exists (select from pg_roles where rolname = wanted.name) then
            execute format('create role %I %s', wanted.name, wanted.login);
            if wanted.name = 'relsogi_sogi' then
                -- Only here: an administrator who has taken it from the auditors finds it taken ever after.
                grant relsogi_sogi to relsogi_auditor;
            end if;
        end if;
    end loop;
    if not pg_has_role(current_user, 'relsogi_owner', 'member') then
        execute format('grant relsogi_owner to %I', current_user);
    end if;
    -- Nobody comes in, or makes temporary tables, because PostgreSQL lets everybody.
    execute format('revoke connect, temporary on database %I from public', current_database());
    execute format('grant connect on database %I to relsogi_owner, relsogi_loader, relsogi_auditor, relsogi_analyst,'
        ' relsogi_steward', current_database());
end
$$;

create schema if not exists relsogi authorization relsogi_owner;        -- tables and views that people read
create schema if not exists relsogi_parts authorization relsogi_owner;  -- each run's own tables, their partitions
create schema if not exists vault authorization relsogi_owner;          -- identifiers, and nothing else
create schema if not exists vault_parts authorization relsogi_owner;    -- its partitions
create schema if not exists audit authorization relsogi_owner;          -- what is never changed again

set local role relsogi_owner;

create table if not exists relsogi.migration (
    number integer primary key,
    name text not null,
    sha256 bytea not null,
    applied_at timestamptz not null default now(),
    applied_by name not null default session_user
);
comment on table relsogi.migration is 'Migrations applied, with the SHA-256 of their text: a released one never changes';
