-- SPDX-License-Identifier: GPL-3.0-or-later
-- How many runs keep their rows. Each run has a partition in every table, and a query that looks at all of them is planned
-- over all of them: thousands of partitions make that slow. What a pruned run held stays in run, run_table and the log.

alter table relsogi.run add column pruned_at timestamptz;
comment on column relsogi.run.pruned_at is 'When retention dropped its rows';
comment on column relsogi.run.status is 'loading (nothing to be seen yet), visible, superseded (by the next revision) or pruned (by retention): rows dropped, digests kept';
alter table relsogi.run drop constraint run_status_check;
alter table relsogi.run add constraint run_status_check check (status in ('loading', 'visible', 'superseded', 'pruned')),
    add constraint run_pruned check ((status = 'pruned') = (pruned_at is not null));

create table relsogi.retention (
    only_row boolean primary key default true check (only_row),
    keep integer not null check (keep >= 1),
    least integer not null check (least >= 1),
    check (keep >= least)
);
comment on table relsogi.retention is 'How many runs keep their rows; its owner changes it';
comment on column relsogi.retention.only_row is 'There is one row';
comment on column relsogi.retention.keep is 'Runs that are kept where nobody says otherwise';
comment on column relsogi.retention.least is 'Runs that the loader must leave, whatever it is told';
insert into relsogi.retention (keep, least) values (100, 10);

-- Runs to be pruned, the oldest first: visible ones beyond the newest `keep` (null: as the retention says), and, where a
-- day is given, only those of an earlier day.
create function relsogi.prunable(keep integer, before date)
returns table (run_no integer, run_id text, revision integer, as_of date, rows numeric)
language sql stable security definer set search_path = pg_catalog, pg_temp as $$
    select r.run_no, r.run_id, r.revision, r.as_of,
        (select coalesce(sum(t.rows), 0) from relsogi.run_table as t where t.run_no = r.run_no)
    from (select *, row_number() over (order by as_of desc nulls last, visible_since desc, run_no desc) as place
        from relsogi.run where status = 'visible') as r, relsogi.retention as o
    where r.place > greatest(coalesce(prunable.keep, o.keep), case when pg_has_role(session_user, 'relsogi_owner', 'member')
            then 1 else o.least end) and (before is null or r.as_of < before)
    order by r.place desc
$$;

-- One run in one transaction: all of them at once would need more locks than a server has.
create function relsogi.prune(number integer, keep integer, before date) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    perform relsogi.require_load_lock();
    if not exists (select from relsogi.prunable(keep, before) as p where p.run_no = number) then
        raise exception 'run number % is to be kept', number using errcode = 'RS077';
    end if;
    insert into audit.log (event, run_id, run_no, revision, content_sha256, detail)
        select 'prune', run_id, run_no, r.revision, content_sha256, relsogi.account(number)
            || jsonb_build_object('kept', coalesce(keep, (select o.keep from relsogi.retention as o)), 'before', before)
        from relsogi.run as r where run_no = number;
    perform relsogi.drop_rows(number);
    update relsogi.run set status = 'pruned', pruned_at = clock_timestamp() where run_no = number;
end
$$;
revoke all on function relsogi.prunable(integer, date), relsogi.prune(integer, integer, date) from public;
grant execute on function relsogi.prunable(integer, date), relsogi.prune(integer, integer, date) to relsogi_loader;
