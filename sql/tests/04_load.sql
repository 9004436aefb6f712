-- SPDX-License-Identifier: GPL-3.0-or-later
-- A run gets in whole or not at all, once; the next revision takes its place and the log keeps the digest.
begin;
select plan(29);

select is(tap.attempt('relsogi_loader', $$ select relsogi.load_begin('{}') $$), 'RS070', 'nothing without the lock');
select pg_advisory_xact_lock(1380273223, 1);

-- A load that was cut short.
create function pg_temp.begin_one(run text, content text, rows bigint) returns integer language sql as $$
    select number from relsogi.load_begin(jsonb_build_object('run_id', run, 'as_of', '2026-01-31',
        'content', encode(sha256(content::bytea), 'hex'), 'version', 'test', 'tables', jsonb_build_array(
            jsonb_build_object('layout', 'estimate', 'version', 1, 'rows', rows, 'sha256', repeat('00', 32)))))
$$;
select set_config('test.number', pg_temp.begin_one('cut', 'x', 1)::text, true);
create function pg_temp.number() returns integer language sql as $$ select current_setting('test.number')::integer $$;
create function pg_temp.part() returns text language sql as $$ select 'relsogi_parts.estimate_' || pg_temp.number() $$;

select is((select status from relsogi.run where run_no = pg_temp.number()), 'loading', 'begun: loading');
select is((select count(*) from relsogi.latest_run), 0::bigint, 'begun: no run is visible');
select throws_ok(format('select relsogi.load_table(%s, ''person'')', pg_temp.number()), 'RS070', null,
    'no table that was not announced');
select is(tap.attempt('relsogi_loader', format('select relsogi.load_table(%s, ''estimate'')', pg_temp.number())), 'ok',
    'the loader gets its table');
select tap.do_as('relsogi_loader', format('select relsogi.load_table(%s, ''estimate'')', pg_temp.number()));
select throws_ok(format('select relsogi.load_publish(%s)', pg_temp.number()), 'RS070', null,
    'not published before it is sealed');
select throws_ok(format('select relsogi.load_seal(%s, ''estimate'', repeat(''00'', 32), ''{}'')', pg_temp.number()), 'RS065', null,
    'not sealed with fewer rows than its file has');
select is(tap.attempt('relsogi_loader', format($$ insert into %s (estimate_key, measure, period, dimension, stratum,
    estimator, suppressed, rate) values (gen_random_uuid(), 'm', 'p', 'd', 's', 'e', true, 0.5) $$, pg_temp.part())),
    '23514', 'a suppressed estimate with a number in it is refused');
select is(tap.attempt('relsogi_loader', format($$ insert into %s (run_no, estimate_key, measure, period, dimension,
    stratum, estimator, suppressed) values (0, gen_random_uuid(), 'm', 'p', 'd', 's', 'e', true);
    select relsogi.load_seal(%s, 'estimate', repeat('00', 32), '{}') $$, pg_temp.part(), pg_temp.number())),
    '23514', 'rows of another run are refused');
select is(tap.attempt('relsogi_loader', 'select * from ' || pg_temp.part()), '42501', 'the loader cannot read it');

-- The next load of whatever run cleans up, loads, and is found again.
select set_config('test.cut', pg_temp.number()::text, true);
select set_config('test.number', tap.load('r', 'one')::text, true);
select is((select count(*) from relsogi.run where run_no = current_setting('test.cut')::integer), 0::bigint,
    'what was cut short is gone');
select is((select count(*) from pg_class where relnamespace = 'relsogi_parts'::regnamespace and relkind = 'r'
    and not relispartition), 0::bigint, 'its table, too');
select is((select count(*) from audit.log where event = 'abandon' and run_id = 'cut'), 1::bigint, 'and the log says so');
select is((select revision from relsogi.latest_run where run_id = 'r'), 1, 'the first revision is visible');
select is((select count(*) from relsogi.current_person_value), 2::bigint, 'with its rows');
select is(tap.load('r', 'one'), null, 'the same content is not loaded again');
select is((select count(*) from relsogi.person_value), 2::bigint, 'and no row is there twice');
select is(tap.attempt('relsogi_loader', format($$ insert into %s (estimate_key, measure, period, dimension, stratum,
    estimator, suppressed) values (gen_random_uuid(), 'm', 'p', 'd', 's', 'e', true) $$, pg_temp.part())), '42501',
    'once sealed, the loader cannot add to it');

-- Other content under the same name.
select isnt(tap.load('r', 'two', 3), null, 'other content is loaded');
select results_eq($$ select revision, status from relsogi.run where run_id = 'r' order by revision $$,
    $$ values (1, 'superseded'), (2, 'visible') $$, 'as the next revision');
select is((select count(*) from relsogi.person_value), 3::bigint, 'whose rows took the place of the ones before');
select is(to_regclass(pg_temp.part()), null, 'their tables are gone');
select results_eq($$ select content_sha256, detail #>> '{tables,person_value,rows}' from audit.log where event = 'replace' $$,
    $$ values (sha256('one'::bytea), '2') $$, 'the log keeps the digest of what was dropped');
select isnt(tap.load('s', 'two'), null, 'another run stands beside it');

-- Ledger and files, before anything of a run is visible.
create function pg_temp.with_ledger(written bigint, file integer) returns text language plpgsql as $$
declare
    number integer;
begin
    set local session authorization relsogi_loader;
    select b.number into number from relsogi.load_begin(jsonb_build_object('run_id', 'ledger', 'as_of', '2026-01-31',
        'content', encode(sha256((written || '/' || file)::bytea), 'hex'), 'version', 'test', 'tables',
        (select jsonb_agg(jsonb_build_object('layout', layout, 'version', 1, 'rows', n, 'sha256', repeat('ab', 32)))
            from (values ('file', 1), ('ledger', 4)) as t (layout, n)))) as b;
    perform tap.fill(number, 'file', 'file_no, source, profile, profile_sha256, format, name, bytes, sha256, encoding,'
        ' compression, records', $q$ values (1, 's', 'p', ''::bytea, 'csv', 'f', 1, ''::bytea, 'utf-8', 'none', 5) $q$);
    perform tap.fill(number, 'ledger', 'stage, layout, file_no, fate, reason, rows', format($q$ values
        ('map', 'assertion', 1, 'read', '-', 5), ('map', 'assertion', 1, 'written', '-', %s),
        ('map', 'assertion', 1, 'ignored', 'x', 1), ('map', 'mapped', %s, 'made', '-', 7) $q$, written, file));
    perform relsogi.load_publish(number);
    set local session authorization default;
    return 'ok';
end
$$;
select throws_ok('select pg_temp.with_ledger(3, 1)', 'RS065',
    'the ledger does not add up: stage map, layout assertion, file 1: 5 rows read, 4 accounted for',
    'a ledger that does not add up is refused');
select throws_ok('select pg_temp.with_ledger(4, 2)', 'RS065', null, 'rows that point to a file that is not there, too');
select is(pg_temp.with_ledger(4, 1), 'ok', 'one that adds up is taken');
select is(tap.attempt('relsogi_loader', $$ insert into relsogi.ledger values (1, 's', 'l', 0, 'lost', '-', 1) $$), '42501',
    'the loader writes into no ledger that is visible');
select throws_ok($$ insert into relsogi.ledger select max(run_no), 's', 'l', 0, 'lost', '-', 1 from relsogi.ledger $$, '23514',
    null, 'and there is no fate but the known ones');
select * from finish();
rollback;
