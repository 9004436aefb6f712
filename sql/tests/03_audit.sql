-- SPDX-License-Identifier: GPL-3.0-or-later
-- The log is only ever added to: its owner and the administrator are refused like anybody else.
begin;
select plan(10);
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
select * from finish();
rollback;
