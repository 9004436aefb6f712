-- SPDX-License-Identifier: GPL-3.0-or-later
-- The log is only ever added to: its owner and the administrator are refused like anybody else.
begin;
select plan(20);
select cmp_ok((select count(*) from audit.log where event = 'migrate'), '>=', 4::bigint, 'migrations are in the log');
select is(tap.attempt(who, s), '42501', who || ', refused: ' || s)
    from unnest(array['relsogi', 'relsogi_loader']) as who, unnest(array[
        'update audit.log set actor = ''somebody else''',
        'delete from audit.log where false',
        'truncate audit.log']) as s;
select is(tap.attempt('relsogi', 'set local role relsogi_owner; delete from audit.log'), '42501',
    'its owner, refused: delete');
select is(tap.attempt('relsogi', 'set local session_replication_role = replica; delete from audit.log'), '42501',
    'refused with triggers of replication switched off, too');
select is((select array_agg(entry order by entry) from audit.log),
    (select array_agg(n order by n) from generate_series(1, (select count(*) from audit.log)) as n), 'entries are numbered without gaps');

-- The chain: each head from the head before and the entry's own bytes.
create function pg_temp.breaks() returns table (entry bigint) language sql as $$
    select entry from (select l.*, sha256(coalesce(lag(head) over (order by entry), decode(repeat('00', 32), 'hex'))
        || audit.canonical(l)) as right_head from audit.log as l) as x where head <> right_head
$$;
select is(tap.load('run', 'one') > 0, true, 'a run is loaded');
select is(tap.load('run', 'two') > 0, true, 'another revision of it');
select is_empty('select * from pg_temp.breaks()', 'the chain holds, from the first migration on');
select is((select string_agg(event, ' ' order by entry) from audit.log where run_id = 'run'), 'publish replace publish',
    'what was published and replaced is in it');
select is((select detail #>> '{tables,person_value,content}' from audit.log where event = 'replace'), repeat('ef', 32),
    'with the digest over the rows as they went in');
select is((select detail ->> 'operator' from audit.log where event = 'replace'), 'somebody@here', 'and who loaded them');
select is((select head from audit.last()), (select encode(head, 'hex') from audit.log order by entry desc limit 1),
    'the last head is what loaders are given');
insert into audit.log (at, actor, event, head) values ('2020-01-01', 'another', 'abandon', sha256('mine'));
select is_empty('select * from pg_temp.breaks()', 'nobody brings a head of his own');
select is((select actor || (at > now() - interval '1 hour') from audit.log order by entry desc limit 1), 'relsogi' || true,
    'nor another name or time');
alter table audit.log disable trigger append_only;
update audit.log set detail = detail || '{"operator": "somebody else"}' where event = 'replace';
select is((select count(*) from pg_temp.breaks()), 1::bigint, 'an entry that its owner changes is seen');
select * from finish();
rollback;
