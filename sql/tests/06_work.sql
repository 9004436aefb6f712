-- SPDX-License-Identifier: GPL-3.0-or-later
-- Discrepancies as work, and how long runs keep their rows.
begin;
select plan(42);

-- One discrepancy for each of some keys; person n is person n of tap.load.
create function tap.load_work(run text, day date, keys integer[], answer text default 'ASIAN') returns integer
language plpgsql as $$
declare
    number integer;
begin
    perform pg_advisory_xact_lock(1380273223, 1);
    set local session authorization relsogi_loader;
    select b.number into number from relsogi.load_begin(jsonb_build_object('run_id', run, 'as_of', day, 'content',
        encode(sha256((run || answer)::bytea), 'hex'), 'version', 'test', 'tables', (select jsonb_agg(jsonb_build_object(
            'layout', layout, 'version', 1, 'rows', n, 'sha256', repeat('ab', 32)))
            from (values ('discrepancy', cardinality(keys)), ('link', 3), ('identifier', 3), ('person_value', 2))
            as t (layout, n)))) as b;
    perform tap.fill(number, 'discrepancy', 'discrepancy_key, person_key, element, axis, kind, severity, kept_value,'
        ' other_value, kept_source, other_source, kept_record, other_record, rule',
        format('select lpad(k::text, 32, ''0'')::uuid, lpad(k::text, 32, ''0'')::uuid, ''race'', ''2024'','
        ' ''source_against_source'', ''note'', ''ASIAN'', ''WHITE'', ''clinic'', ''payer'','
        ' gen_random_uuid(), gen_random_uuid(), ''recency'' from unnest(%L::integer[]) as k', keys));
    perform tap.fill(number, 'link', 'record_key, person_key, source, rule', 'select lpad(n::text, 32, ''1'')::uuid,'
        ' lpad(n::text, 32, ''0'')::uuid, case n when 3 then ''payer'' else ''clinic'' end, ''alone'' from generate_series(1, 3) as n');
    -- Persons 1 and 2 under one identifier.
    perform tap.fill(number, 'identifier', 'record_key, file_no, record_no, id_type, id_system, value, links',
        'select lpad(n::text, 32, ''1'')::uuid, 1, n, ''medicaid'', ''TX'', ''ID'' || (n + 1) / 2, true from generate_series(1, 3) as n');
    perform tap.fill(number, 'person_value',
        'person_key, element, axis, seq, value, collection, source, record_key, rule, losers', format('select'
        ' lpad(''1'', 32, ''0'')::uuid, ''race'', ''2024'', n, case n when 1 then %L else ''WHITE'' end, ''self'', ''clinic'','
        ' gen_random_uuid(), ''only_answer'', 0 from generate_series(1, 2) as n', answer));
    perform relsogi.load_publish(number);
    set local session authorization default;
    return number;
end
$$;
create function tap.key(k integer) returns uuid language sql as $$ select lpad(k::text, 32, '0')::uuid $$;

select ok(tap.load_work('jan', '2026-01-31', '{1, 2}') > 0, 'a run with two discrepancies');
select results_eq('select status, is_new, first_seen from relsogi.discrepancy_work order by discrepancy_key',
    $$ values ('open', true, date '2026-01-31'), ('open', true, '2026-01-31') $$, 'both are open, and new');
select is_empty('select * from relsogi.discrepancy_change', 'before the first run there is nothing to compare with');

-- What one makes of it stays with it.
select is(tap.attempt('relsogi_auditor', format('select relsogi.set_discrepancy(%L, %s)', tap.key(1), s)), 'RS064',
    'auditor, refused: ' || s) from unnest(array['''accepted'', ''ann'', ''known typo''', '''gone'', ''ann'', ''known typo''',
    '''accepted'', ''ann'', '''', ''2100-01-01''', '''accepted'', '''', ''known typo'', current_date + 30',
    '''accepted'', ''ann'', ''known typo'', current_date', '''accepted'', ''ann'', ''known typo'', current_date + 3000']) as s;
select is(tap.attempt('relsogi_auditor', format('select relsogi.set_discrepancy(%L, ''resolved'', ''ann'', ''asked them'')', tap.key(9))),
    'RS077', 'auditor, refused: what is not there');
select is(tap.attempt('relsogi_analyst', format('select relsogi.set_discrepancy(%L, ''resolved'', ''ann'', ''asked them'')', tap.key(1))),
    '42501', 'analyst, refused: to change any');
select is(tap.attempt('relsogi_auditor', s), '42501', 'auditor, refused: ' || s) from unnest(array[
    'delete from relsogi.discrepancy_state', 'update relsogi.discrepancy_state set owner = ''x''']) as s;
select tap.do_as('relsogi_auditor', format(
    'select relsogi.set_discrepancy(%L, ''accepted'', ''ann'', ''known typo'', current_date + 30)', tap.key(1)));
select ok(tap.load_work('feb', '2026-02-28', '{1, 3}', 'BLACK') > 0, 'the next run: one stays, one is gone, one is new');
select results_eq('select status, owner, is_new, first_seen from relsogi.discrepancy_work order by discrepancy_key',
    $$ values ('accepted', 'ann', false, date '2026-01-31'), ('open', null, true, '2026-02-28') $$,
    'the exception stands in the next run');
select results_eq('select discrepancy_key from relsogi.discrepancy_gone', 'select tap.key(2)', 'what is gone is listed');
select results_eq('select kind, answer_before, answer_now from relsogi.discrepancy_change',
    $$ values ('changed', 'ASIAN+WHITE', 'BLACK+WHITE') $$, 'an answer that is another one now is listed, whole');
update relsogi.discrepancy_state set expires = current_date - 1;
select is((select status from relsogi.discrepancy_work where discrepancy_key = tap.key(1)), 'expired',
    'when its day is over it is work again');
select is((select count(*) from audit.log where event = 'discrepancy' and actor = 'relsogi_auditor'), 1::bigint,
    'who accepted it is in the log');
select results_eq('select kind, cardinality(persons) from relsogi.discrepancy_identifier', $$ values ('several_persons', 2) $$,
    'two persons under one identifier are seen, without it');
select is(tap.attempt('relsogi_auditor', s), 'ok', 'auditor: ' || s) from unnest(array[
    'select * from relsogi.discrepancy_work', 'select * from relsogi.discrepancy_change',
    'select * from relsogi.discrepancy_gone', 'select * from relsogi.discrepancy_identifier',
    'select * from relsogi.discrepancy_facility', 'select * from relsogi.discrepancy_summary']) as s;
revoke relsogi_sogi from relsogi_auditor;
select is(tap.attempt('relsogi_auditor', 'select kept_value from relsogi.discrepancy_work'), '42501',
    'auditor without relsogi_sogi, refused: values');
grant relsogi_sogi to relsogi_auditor;
select relsogi.revoke_source('relsogi_auditor', '*');
select relsogi.grant_source('relsogi_auditor', 'payer');
create temp table seen (n bigint);
grant insert on seen to relsogi_auditor;
select tap.do_as('relsogi_auditor', 'insert into pg_temp.seen select count(*) from relsogi.discrepancy_work'
    ' union all select count(*) from relsogi.discrepancy_identifier');
select results_eq('select n from seen order by n', $$ values (0::bigint), (1::bigint) $$,
    'of another source''s persons nothing is seen');
select is(tap.attempt('relsogi_auditor', format('select relsogi.set_discrepancy(%L, ''resolved'', ''ann'', ''asked them'')', tap.key(1))),
    'RS077', 'nor changed');

-- Since a day: jan, feb; the latest is feb.
select relsogi.grant_source('relsogi_auditor', '*');
create function tap.before(day text) returns text language plpgsql as $$
begin
    perform set_config('relsogi.since', day, true);
    return (select run_id from relsogi.previous_run);
end
$$;
select results_eq($$ select day, tap.before(day) from unnest(array['', '2026-01-30', '2026-01-31', '2026-02-27', '2026-03-15',
    '2026-02-28']) as day $$, $$ values ('', 'jan'), ('2026-01-30', null), ('2026-01-31', 'jan'), ('2026-02-27', 'jan'),
    ('2026-03-15', 'feb'), ('2026-02-28', 'feb') $$,
    'the run before is the latest of relsogi.since or before, which may be the latest');
select is_empty('select * from relsogi.discrepancy_change', 'since the latest run nothing changed');
select is_empty('select * from relsogi.discrepancy_gone', 'nor is anything gone');
select is((select count(*) from relsogi.discrepancy_work where is_new), 0::bigint, 'nor new');
select set_config('relsogi.since', '', true);
select results_eq($$ select layout, relsogi.has_layout((select run_no from relsogi.latest_run), layout)
    from (values ('discrepancy'), ('posterior')) as t (layout) $$, $$ values ('discrepancy', true), ('posterior', false) $$,
    'which layouts a run has');
select is(tap.attempt('relsogi_steward', 'select relsogi.has_layout(1, ''discrepancy'')'), '42501',
    'a steward, refused: which layouts a run has');
select relsogi.revoke_source('relsogi_auditor', '*');

-- Retention.
select tap.load_work('mar', '2026-03-31', '{1}');
select is((select count(*) from relsogi.prunable(null, null)), 0::bigint, 'three runs are not too many');
select is((select array_agg(run_id) from relsogi.prunable(1, null)), array['jan', 'feb'], 'beyond the newest, the oldest first');
select is((select array_agg(run_id) from relsogi.prunable(1, '2026-02-01')), array['jan'], 'before a day');
select is(tap.attempt('relsogi_loader', (select format('select relsogi.prune(%s, 1, null)', run_no) from relsogi.run
    where run_id = 'jan')), 'RS077', 'the loader must leave the least number of runs');
update relsogi.retention set least = 2;
select tap.do_as('relsogi_loader', (select format('select relsogi.prune(%s, 2, null)', run_no) from relsogi.run where run_id = 'jan'));
select results_eq($$ select run_id collate "C", status collate "C" from relsogi.run order by as_of $$,
    $$ values ('jan' collate "C", 'pruned' collate "C"), ('feb', 'visible'), ('mar', 'visible') $$, 'one is pruned');
select is((select count(*) from relsogi.discrepancy as d join relsogi.run using (run_no) where run_id = 'jan'), 0::bigint,
    'its rows are gone');
select is((select detail #>> '{tables,discrepancy,content}' from audit.log where event = 'prune'), repeat('ef', 32),
    'the log keeps their digests');
select * from finish();
rollback;
