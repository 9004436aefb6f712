-- SPDX-License-Identifier: GPL-3.0-or-later
-- The log becomes a chain: each entry's head is SHA-256 over the head before it and its own bytes, so that an entry
-- changed, taken out or put in between changes every head after it. The last head is given to whoever loads, who can
-- keep it where the database's owner cannot write. And each table of a run has a digest over its rows as they came in.

-- Bytes of an entry that its head is made of: each field as text, "<bytes>:<text>,", and "-," for null; the time in UTC to
-- the microsecond; digests in hex. relsogi verify makes the same bytes by itself.
create function audit.canonical(e audit.log) returns bytea
language sql stable set search_path = pg_catalog, pg_temp as $$
    select convert_to(string_agg(coalesce(octet_length(field) || ':' || field, '-') || ',', '' order by place), 'UTF8')
    from unnest(array[
        e.entry::text, to_char(e.at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'), e.actor::text, e.application,
        e.event, e.run_id, e.run_no::text, e.revision::text, encode(e.content_sha256, 'hex'), e.detail::text])
        with ordinality as fields (field, place)
$$;

alter table audit.log add column head bytea;
comment on column audit.log.entry is 'Number of the entry, from 1, without gaps';
comment on column audit.log.at is 'When it was written';
comment on column audit.log.actor is 'Database user who did it';
comment on column audit.log.application is 'Program, stage and run: relsogi/<stage>/<run>';
comment on column audit.log.run_id is 'Name of the run it is about';
comment on column audit.log.run_no is 'Number of the load it is about';
comment on column audit.log.revision is 'Revision of the run it is about';
comment on column audit.log.detail is 'publish, replace, prune: tables with rows, digests and columns, input files, results; others: what was done and why';
comment on column audit.log.head is 'SHA-256 over the head of the entry before (32 zero bytes before the first) and audit.canonical of this one';
comment on column audit.log.event is 'migrate; publish (a run became visible); replace (a revision''s rows were dropped for the next one); abandon (leftovers of a load that was cut short were removed); prune (a run''s rows were dropped by retention); approve; override (somebody set aside what the rules say); reveal (identifiers were looked at); grant, revoke (sources of a role); discrepancy (its work state was changed)';
alter table audit.log drop constraint log_event_check;
alter table audit.log add constraint log_event_check check (event in ('migrate', 'publish', 'replace', 'abandon',
    'prune', 'approve', 'override', 'reveal', 'grant', 'revoke', 'discrepancy'));

-- Entries from before the chain get their heads here, once.
alter table audit.log disable trigger append_only;
do $$
declare
    e audit.log;
    previous bytea := decode(repeat('00', 32), 'hex');
begin
    for e in select * from audit.log order by entry loop
        previous := sha256(previous || audit.canonical(e));
        update audit.log set head = previous where entry = e.entry;
    end loop;
end
$$;
alter table audit.log enable always trigger append_only;
alter table audit.log alter head set not null, add check (length(head) = 32);

create or replace function audit.number() returns trigger
language plpgsql set search_path = pg_catalog, pg_temp as $$
declare
    last audit.log;
begin
    lock table audit.log in share row exclusive mode; -- one writer at a time
    select * into last from audit.log order by entry desc limit 1;
    new.entry := coalesce(last.entry, 0) + 1;
    new.at := clock_timestamp(); -- nobody says when or as whom he wrote
    new.actor := session_user;
    new.head := sha256(coalesce(last.head, decode(repeat('00', 32), 'hex')) || audit.canonical(new));
    return new;
end
$$;

create function audit.last(out entry bigint, out head text)
language sql stable security definer set search_path = pg_catalog, pg_temp as $$
    select entry, encode(head, 'hex') from audit.log order by entry desc limit 1
$$;

revoke all on function audit.canonical(audit.log), audit.number(), audit.last() from public;
grant usage on schema audit to relsogi_loader;
grant execute on function audit.last() to relsogi_loader, relsogi_auditor;
