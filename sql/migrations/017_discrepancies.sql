-- SPDX-License-Identifier: GPL-3.0-or-later
-- Discrepancies as work: a discrepancy has the same key in every run, so what somebody made of it stays with it.

create table relsogi.discrepancy_state (
    discrepancy_key uuid primary key,
    status text not null check (status in ('open', 'in_review', 'accepted', 'resolved')),
    owner text not null check (owner <> ''),
    reason text not null check (reason <> ''),
    expires date,
    changed_at timestamptz not null default clock_timestamp(),
    changed_by name not null default session_user,
    -- An exception that nobody owns, explains or looks at again is a hole.
    constraint exception_expires check (status <> 'accepted' or expires is not null)
);
comment on table relsogi.discrepancy_state is 'What auditors made of a discrepancy, in all runs; changed by relsogi.set_discrepancy, each change is in the log';
comment on column relsogi.discrepancy_state.discrepancy_key is 'Discrepancy, as in layout discrepancy';
comment on column relsogi.discrepancy_state.status is 'open, in_review, accepted (an exception, until it expires) or resolved';
comment on column relsogi.discrepancy_state.owner is 'Who sees to it';
comment on column relsogi.discrepancy_state.reason is 'Why';
comment on column relsogi.discrepancy_state.expires is 'Last day of an exception; then it is open again';
comment on column relsogi.discrepancy_state.changed_at is 'When it was last changed';
comment on column relsogi.discrepancy_state.changed_by is 'Database user who changed it';

create function relsogi.set_discrepancy(key uuid, status text, owner text, reason text, expires date default null)
returns void language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    if status is null or status not in ('open', 'in_review', 'accepted', 'resolved') then
        raise exception 'a status is open, in_review, accepted or resolved' using errcode = 'RS064';
    end if;
    if coalesce(length(trim(owner)), 0) = 0 or coalesce(length(trim(reason)), 0) < 5 then
        raise exception 'an owner and a reason are needed: both are kept' using errcode = 'RS064';
    end if;
    if status = 'accepted' and (expires is null or expires <= current_date or expires > current_date + 731) then
        raise exception 'an exception needs a day on which it expires, within two years' using errcode = 'RS064';
    end if;
    -- session_user, since current_user is the owner in here.
    if not exists (
        select from relsogi.discrepancy as d
        join relsogi.link as l on l.person_key = d.person_key and l.run_no = d.run_no
        join relsogi.source_grant as g on g.source in (l.source, '*')
        where d.discrepancy_key = key and exists (select from pg_roles where rolname = g.role)
            and pg_has_role(session_user, g.role, 'usage')) then
        raise exception 'no discrepancy with this key is among those this user may see' using errcode = 'RS077';
    end if;
    insert into relsogi.discrepancy_state as s (discrepancy_key, status, owner, reason, expires)
        values (key, set_discrepancy.status, set_discrepancy.owner, set_discrepancy.reason,
            case when set_discrepancy.status = 'accepted' then set_discrepancy.expires end)
        on conflict (discrepancy_key) do update set status = excluded.status, owner = excluded.owner,
            reason = excluded.reason, expires = excluded.expires, changed_at = clock_timestamp(),
            changed_by = session_user;
    insert into audit.log (event, detail) values ('discrepancy', jsonb_build_object('discrepancy', key, 'status',
        status, 'owner', owner, 'reason', reason, 'expires', expires));
end
$$;

create view relsogi.previous_run as
    select r.* from relsogi.run as r, relsogi.latest_run as l
    where r.status = 'visible' and r.run_no <> l.run_no and r.as_of <= l.as_of
    order by r.as_of desc, r.visible_since desc, r.run_no desc limit 1;
comment on view relsogi.previous_run is 'The run before the latest one (relsogi.latest_run), by its day';

-- Read as the owner, whom row-level security asks about the reader: who sees no person sees no discrepancy of the person.
create view relsogi.discrepancy_work as
    select d.*, case when s.status = 'accepted' and s.expires < current_date then 'expired'
            else coalesce(s.status, 'open') end as status,
        s.owner, s.reason, s.expires, s.changed_at, s.changed_by,
        (select min(r.as_of) from relsogi.discrepancy as e join relsogi.run as r using (run_no)
            where e.discrepancy_key = d.discrepancy_key) as first_seen,
        not exists (select from relsogi.discrepancy as e where e.discrepancy_key = d.discrepancy_key
            and e.run_no = (select run_no from relsogi.previous_run)) as is_new
    from relsogi.discrepancy as d left join relsogi.discrepancy_state as s using (discrepancy_key)
    where d.run_no = (select run_no from relsogi.latest_run);
comment on view relsogi.discrepancy_work is 'Discrepancies of the latest run with what is made of them: open, in_review, accepted, resolved, or expired (an exception whose day is over); since which run they are there';

create view relsogi.discrepancy_gone as
    select d.discrepancy_key, d.person_key, d.element, d.axis, d.kind, d.severity, d.rule, d.run_no
    from relsogi.discrepancy as d
    where d.run_no = (select run_no from relsogi.previous_run)
        and not exists (select from relsogi.discrepancy as e where e.discrepancy_key = d.discrepancy_key
            and e.run_no = (select run_no from relsogi.latest_run));
comment on view relsogi.discrepancy_gone is 'Discrepancies of the run before that are no more';

-- Changed since the last run: the whole answer, whose values are several rows, then and now.
create view relsogi.discrepancy_change as
    with answers as (
        select run_no, person_key, element, axis, string_agg(coalesce(value, '(' || missing || ')'), '+' order by seq) as answer,
            min(source) as source, min(rule) as rule
        from relsogi.person_value
        where run_no in ((select run_no from relsogi.latest_run), (select run_no from relsogi.previous_run))
        group by run_no, person_key, element, axis)
    select person_key, element, axis, case when b.answer is null then 'new' when n.answer is null then 'lost'
            else 'changed' end as kind,
        b.source as source_before, n.source as source_now, n.rule, b.answer as answer_before, n.answer as answer_now
    from (select * from answers where run_no = (select run_no from relsogi.latest_run)) as n
    full join (select * from answers where run_no = (select run_no from relsogi.previous_run)) as b
        using (person_key, element, axis)
    where n.answer is distinct from b.answer and exists (select from relsogi.previous_run);
comment on view relsogi.discrepancy_change is 'Persons whose answer is another one than in the run before';

create view relsogi.discrepancy_facility as
    select check_id, scope, scope_value, element, state, severity, denominator, violations, observed, expected, low, high,
        p_value, message
    from relsogi.check_result
    where run_no = (select run_no from relsogi.latest_run) and category = 'plausibility'
        and scope in ('provider_group', 'facility', 'source') and state in ('fail', 'pass_with_violations');
comment on view relsogi.discrepancy_facility is 'Facilities, provider groups and sources whose answers are implausible against their members'' names and places; never a single person';

-- Identifiers that disagree, without any of them: several persons under one, or one person under several of one kind.
create view relsogi.discrepancy_identifier as
    with known as (
        select distinct l.person_key, l.source, i.id_type, i.id_system, i.value
        from vault.identifier as i join relsogi.link as l on l.record_key = i.record_key and l.run_no = i.run_no
        where i.run_no = (select run_no from relsogi.latest_run) and exists (
            select from relsogi.seen_person as s where s.person_key = l.person_key and s.run_no = l.run_no))
    select 'several_persons'::text as kind, id_type, id_system, array_agg(distinct person_key) as persons,
        array_agg(distinct source) as sources
    from known group by id_type, id_system, value having count(distinct person_key) > 1
    union all
    select 'several_identifiers', id_type, id_system, array[person_key], array_agg(distinct source)
    from known where id_type in ('social_security', 'medicare', 'medicaid')
    group by id_type, id_system, person_key having count(distinct value) > 1;
comment on view relsogi.discrepancy_identifier is 'Identifiers of several persons, and persons with several identifiers of a kind of which one has one; which, only stewards are shown';

create view relsogi.discrepancy_summary as
    select element, axis, kind, severity, kept_source, other_source, count(*) as discrepancies,
        count(distinct person_key) as persons
    from relsogi.discrepancy where run_no = (select run_no from relsogi.latest_run)
    group by element, axis, kind, severity, kept_source, other_source;
comment on view relsogi.discrepancy_summary is 'Discrepancies of the latest run by element, kind, severity and pair of sources';

-- ---- rights, added to those by class of column ------------------------------------------------------------------

alter function relsogi.refresh_grants() rename to refresh_layout_grants;
create function relsogi.refresh_grants() returns void
language plpgsql set search_path = pg_catalog, pg_temp as $$
begin
    perform relsogi.refresh_layout_grants();
    grant select on relsogi.retention, relsogi.discrepancy_state, relsogi.previous_run, relsogi.discrepancy_gone,
        relsogi.discrepancy_facility, relsogi.discrepancy_identifier, relsogi.discrepancy_summary to relsogi_auditor;
    grant select (run_no, discrepancy_key, person_key, element, axis, kind, severity, kept_source, other_source,
        kept_record, other_record, rule, status, owner, reason, expires, changed_at, changed_by, first_seen, is_new)
        on relsogi.discrepancy_work to relsogi_auditor;
    grant select (kept_value, other_value) on relsogi.discrepancy_work to relsogi_sogi;
    grant select (person_key, element, axis, kind, source_before, source_now, rule)
        on relsogi.discrepancy_change to relsogi_auditor;
    grant select (answer_before, answer_now) on relsogi.discrepancy_change to relsogi_sogi;
    grant execute on function relsogi.set_discrepancy(uuid, text, text, text, date) to relsogi_auditor;
end
$$;
revoke all on function relsogi.refresh_grants(), relsogi.set_discrepancy(uuid, text, text, text, date) from public;
