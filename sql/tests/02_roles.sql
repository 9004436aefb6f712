-- SPDX-License-Identifier: GPL-3.0-or-later
-- Each role may do what it should, and nothing else.
begin;
select plan(49);
select ok(tap.load('run', 'one') is not null, 'a run is there');
create temp table part as
    select 'relsogi_parts.person_value_' || run_no as name from relsogi.latest_run;

-- Analysts: suppressed aggregates, the runs they belong to, and what the columns mean.
select is(tap.attempt('relsogi_analyst', s), 'ok', 'analyst: ' || s) from unnest(array[
    'select * from relsogi.estimate',
    'select * from relsogi.current_estimate',
    'select * from relsogi.disparity',
    'select * from relsogi.current_equity',
    'select * from relsogi.current_trend',
    'select * from relsogi.latest_run',
    'select run_id, revision, as_of, visible_since from relsogi.run',
    'select * from relsogi.layout_column']) as s;
select is(tap.attempt('relsogi_analyst', s), '42501', 'analyst, refused: ' || s) from unnest(array[
    'select * from relsogi.person',
    'select * from relsogi.current_person',
    'select person_key from relsogi.person_value',
    'select value from relsogi.person_value',
    'select * from relsogi.posterior',
    'select * from relsogi.discrepancy',
    'select * from relsogi.person_measure',
    'select * from relsogi.agreement',
    'select value from relsogi.current_agreement',
    'select * from relsogi.quarantine',
    'select results from relsogi.run',
    'select * from audit.log',
    'delete from relsogi.estimate',
    'update relsogi.estimate set suppressed = false',
    'create table relsogi.mine ()',
    'set role relsogi_owner',
    'set role relsogi_sogi',
    'select relsogi.load_clean()']) as s;

-- Auditors: everything that is loaded, nothing to change.
select is(tap.attempt('relsogi_auditor', s), 'ok', 'auditor: ' || s) from unnest(array[
    'select * from relsogi.current_person',
    'select * from relsogi.current_person_value',
    'select kept_value, other_value from relsogi.discrepancy',
    'select * from relsogi.current_posterior',
    'select value, lower, upper, n from relsogi.current_agreement',
    'select results from relsogi.run',
    'select * from audit.log']) as s;
select is(tap.attempt('relsogi_auditor', s), '42501', 'auditor, refused: ' || s) from unnest(array[
    'delete from relsogi.person',
    'update relsogi.agreement set suppressed = false',
    'insert into audit.log (event) values (''publish'')',
    'select relsogi.load_publish(1)',
    'set role relsogi_owner',
    (select 'select * from ' || name from part)]) as s;

-- Sexual orientation and gender identity: a grant that can be taken on its own.
revoke relsogi_sogi from relsogi_auditor;
select is(tap.attempt('relsogi_auditor', 'select value from relsogi.person_value'), '42501',
    'auditor without relsogi_sogi: no values');
select is(tap.attempt('relsogi_auditor', 'select kept_value from relsogi.current_discrepancy'), '42501',
    'auditor without relsogi_sogi: no values of discrepancies, through a view neither');
select is(tap.attempt('relsogi_auditor', 'select person_key, element, rule from relsogi.current_person_value'), 'ok',
    'auditor without relsogi_sogi: all else of the same rows');

-- The loader: reads no person, not even of its own run, and changes nothing that is visible.
select is(tap.attempt('relsogi_loader', 'select run_id, status from relsogi.run'), 'ok', 'loader: sees runs');
select is(tap.attempt('relsogi_loader', s), '42501', 'loader, refused: ' || s) from unnest(array[
    'select * from relsogi.person',
    'delete from relsogi.run',
    'insert into audit.log (event) values (''publish'')',
    (select 'insert into ' || name || ' default values' from part),
    'set role relsogi_owner']) as s;

select * from finish();
rollback;
