-- SPDX-License-Identifier: GPL-3.0-or-later
-- Persons by source, rows about sexual orientation and gender identity, identifiers, and what is kept of who did what.
begin;
select plan(55);
select ok(tap.load('run', 'one', 4) is not null, 'a run of four persons is there');

-- How many rows a role sees.
create function tap.count_as(who name, query text) returns bigint language plpgsql as $$
declare
    n bigint;
begin
    execute format('set local session authorization %I', who);
    execute 'select count(*) from ' || query into n;
    set local session authorization default;
    return n;
end
$$;
select is(tap.count_as('relsogi_auditor', s), 4::bigint, 'an auditor of all sources sees all: ' || s) from unnest(array[
    'relsogi.person_value', 'relsogi.current_person_value']) as s;

-- Persons 1 and 3 are the payer's, too; 2 and 4 only the clinic's.
select relsogi.revoke_source('relsogi_auditor', '*');
select is(tap.count_as('relsogi_auditor', s), 0::bigint, 'without a source nobody is seen: ' || s) from unnest(array[
    'relsogi.person_value', 'relsogi.current_person_value', 'relsogi.link', 'relsogi.current_link',
    'relsogi.seen_person']) as s;
select relsogi.grant_source('relsogi_auditor', 'payer');
select is(tap.count_as('relsogi_auditor', s), 2::bigint, 'whoever has a record of the source is seen: ' || s) from unnest(array[
    'relsogi.person_value', 'relsogi.current_person_value']) as s;
select is(tap.count_as('relsogi_auditor', s), 3::bigint, 'with all of their records: ' || s) from unnest(array[
    'relsogi.link', 'relsogi.current_link']) as s;
-- Nor may a condition of one's own look at the others, by the error it raises: person 2 is the clinic's alone.
select is(tap.attempt('relsogi_auditor', format($$ select from relsogi.%I
    where case when person_key = '00000000-0000-0000-0000-000000000002' then 1 / (run_no - run_no) = 1 else true end $$, t)), 'ok',
    'a row that is not seen raises no error: ' || t) from unnest(array['link', 'current_link']) as t;
select is((select count(*) from pg_class as c where c.relnamespace = 'relsogi'::regnamespace and c.relrowsecurity
    and not c.relforcerowsecurity and c.relname <> 'link'), 0::bigint,
    'views read as the owner: policies are for the owner, too, but for link, whose view has the condition');
select is(tap.count_as('relsogi_auditor', 'relsogi.estimate'), 1::bigint, 'what is of no person is seen by all');
-- What two sources say of each other, only with both.
select format('create table relsogi_parts.agreement_here partition of relsogi.agreement for values in (%s);'
    'insert into relsogi_parts.agreement_here (run_no, source_a, source_b, element, kind, category_a, category_b, value, suppressed)'
    ' values (%1$s, ''clinic'', ''payer'', ''sex'', ''count'', ''female'', ''male'', 11, false)', run_no) as made
    from relsogi.latest_run \gset
:made;
select is(tap.count_as('relsogi_auditor', 'relsogi.agreement'), 0::bigint, 'agreement of two sources is not seen with one of them');
select is(tap.count_as('relsogi_auditor', 'relsogi.current_agreement'), 0::bigint, 'nor by the view of the latest run');
select throws_ok('update relsogi_parts.agreement_here set value = 10', '23514', null, 'a count of 10 is not taken');
select throws_ok('update relsogi_parts.agreement_here set suppressed = true', '23514', null, 'nor one that is withheld');
select relsogi.grant_source('relsogi_auditor', 'clinic');
select is(tap.count_as('relsogi_auditor', 'relsogi.agreement'), 1::bigint, 'it is seen with both');
select relsogi.revoke_source('relsogi_auditor', 'clinic');
select is(tap.count_as('relsogi_auditor', 'relsogi.agreement'), 0::bigint, 'and then no more');
select throws_ok($$ select relsogi.grant_source('nobody_at_all', 'payer') $$, 'RS064', null, 'roles must be there');
select results_eq($$ select event, detail ->> 'role', detail ->> 'source' from audit.log
    where event in ('grant', 'revoke') order by entry $$,
    $$ values ('revoke', 'relsogi_auditor', '*'), ('grant', 'relsogi_auditor', 'payer'),
        ('grant', 'relsogi_auditor', 'clinic'), ('revoke', 'relsogi_auditor', 'clinic') $$, 'both are in the log');
select relsogi.grant_source('relsogi_auditor', '*');

-- Rows of gender identity are not even counted without relsogi_sogi.
revoke relsogi_sogi from relsogi_auditor;
select is(tap.count_as('relsogi_auditor', s), 3::bigint, 'without relsogi_sogi its rows are not there: ' || s)
    from unnest(array['relsogi.person_value', 'relsogi.current_person_value']) as s;
grant relsogi_sogi to relsogi_auditor;
select is(tap.count_as('relsogi_auditor', 'relsogi.person_value where element = ''gender_identity'''), 1::bigint,
    'with it they are');

-- The vault: only by the function, only by stewards, only with a reason, and it is kept.
select is(tap.attempt(who, s), '42501', who || ', refused: ' || s)
    from unnest(array['relsogi_auditor', 'relsogi_analyst', 'relsogi_loader', 'relsogi_steward']) as who,
    unnest(array['select * from vault.identifier']) as s;
select is(tap.attempt(who, $$ select vault.reveal('00000000-0000-0000-0000-000000000001', 'a good reason') $$), '42501',
    who || ', refused: vault.reveal') from unnest(array['relsogi_auditor', 'relsogi_analyst', 'relsogi_loader']) as who;
select is(tap.attempt('relsogi_steward', $$ select vault.reveal('00000000-0000-0000-0000-000000000001', ' ') $$), 'RS064',
    'a steward, refused: without a reason');
select is(tap.attempt('relsogi_steward', $$ select vault.reveal('00000000-0000-0000-0000-000000000009', 'a reason') $$),
    'RS077', 'a steward, refused: a person who is not there');
create temp table shown (source text, id_type text, id_system text, value text);
grant insert on shown to relsogi_steward;
select tap.do_as('relsogi_steward', $$ insert into pg_temp.shown
    select * from vault.reveal('00000000-0000-0000-0000-000000000001', 'complaint 17') $$);
select results_eq('select source, value from shown order by source', $$ values ('clinic', 'ID1'), ('payer', 'ID1') $$,
    'a steward sees the identifiers of the one asked for');
select results_eq($$ select actor::text collate "default", detail ->> 'person', detail ->> 'reason' from audit.log where event = 'reveal' $$,
    $$ values ('relsogi_steward', '00000000-0000-0000-0000-000000000001', 'complaint 17') $$,
    'the log keeps who looked, at whom, and why');
select relsogi.revoke_source('relsogi_steward', '*');
select relsogi.grant_source('relsogi_steward', 'payer');
select is(tap.attempt('relsogi_steward', $$ select vault.reveal('00000000-0000-0000-0000-000000000002', 'a reason') $$),
    'RS077', 'a steward of one source, refused: a person of another');
select is(tap.attempt('relsogi_steward', s), '42501', 'steward, refused: ' || s) from unnest(array[
    'select * from relsogi.person_value', 'select * from relsogi.posterior', 'select * from audit.log',
    'set role relsogi_owner', 'select relsogi.grant_source(''relsogi_steward'', ''*'')']) as s;

-- Decisions.
select is(tap.attempt('relsogi_analyst', $$ select relsogi.decide('approve', 'run', 'looks right') $$), '42501',
    'an analyst, refused: to approve');
select is(tap.attempt('relsogi_auditor', $$ select relsogi.decide('approve', 'run', '') $$), 'RS064',
    'an auditor, refused: to approve without a reason');
select is(tap.attempt('relsogi_auditor', $$ select relsogi.decide('approve', 'another', 'looks right') $$), 'RS066',
    'an auditor, refused: to approve a run that is not there');
select tap.do_as('relsogi_auditor', $$ select relsogi.decide('override', 'run', 'check A12 is wrong about PO boxes') $$);
select results_eq($$ select actor::text collate "default", event, run_id, reason from relsogi.action where event = 'override' $$,
    $$ values ('relsogi_auditor', 'override', 'run', 'check A12 is wrong about PO boxes') $$, 'who overrode what is kept');
select is((select operator from relsogi.action where event = 'publish'), 'somebody@here', 'and who ran it');

-- The door.
select is(has_database_privilege('relsogi_analyst', current_database(), 'temporary'), false, 'no temporary tables');
create role tap_stranger login;
select is(has_database_privilege('tap_stranger', current_database(), 'connect'), false, 'a stranger does not come in');

-- As of another day.
select tap.load('later', 'two', 6, '2026-02-28');
select is((select count(*) from relsogi.current_person_value), 6::bigint, 'the latest run');
select set_config('relsogi.as_of', '2026-02-01', true);
select is((select count(*) from relsogi.current_person_value), 4::bigint, 'the run of an earlier day');
select set_config('relsogi.as_of', '', true);
select set_config('relsogi.run', 'run', true);
select is((select count(*) from relsogi.current_person_value), 4::bigint, 'a run by name');
select is((select count(*) from relsogi.person_value where run_no = relsogi.run_as_of('2026-02-01')), 4::bigint,
    'a run of a day, from the table itself');
select * from finish();
rollback;
