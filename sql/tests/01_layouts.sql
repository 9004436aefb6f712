-- SPDX-License-Identifier: GPL-3.0-or-later
-- The tables are what the layouts say: the dictionary was handed over by the program from schemas/layouts.
begin;
select plan(11);

create temp view in_layout as
    select c.layout, c.name,
        case type when 'KEY' then 'uuid' when 'HASH' then 'bytea' when 'TEXT' then 'text' when 'INT' then 'integer'
            when 'LONG' then 'bigint' when 'REAL' then 'double precision' when 'FLAG' then 'boolean'
            when 'DAY' then 'date' end as type,
        nullable, c.meaning || ' [' || phi || ']' as comment
    from relsogi.layout_column as c
    where loaded and relsogi.table_of(layout) is not null;
create temp view in_database as
    select c.relname::text as layout, attname::text as name, format_type(atttypid, atttypmod) as type,
        not attnotnull as nullable, col_description(attrelid, attnum) as comment
    from pg_class as c join pg_attribute on attrelid = c.oid
    where relkind = 'p' and relnamespace in ('relsogi'::regnamespace, 'vault'::regnamespace) and attnum > 0 and not attisdropped
        and attname <> 'run_no';

select set_eq(
    $$ select relname::text from pg_class where relkind = 'p' and relnamespace = 'relsogi'::regnamespace $$,
    array['file', 'ledger', 'quarantine', 'person', 'person_value', 'person_measure', 'posterior', 'discrepancy',
        'check_result', 'estimate', 'disparity', 'equity', 'trend', 'evaluation', 'link', 'tabulation',
        'language_posterior', 'fit', 'agreement'],
    'one partitioned table for each layout that load takes');
select cmp_ok((select count(*) from in_layout), '>', 100::bigint, 'the dictionary is there');
select set_eq('select layout, name, type, nullable from in_database', 'select layout, name, type, nullable from in_layout',
    'columns, types and nulls are those of the layouts');
select set_eq('select layout, name, comment from in_database', 'select layout, name, comment from in_layout',
    'each column says what it means and who may see it');
select is_empty(
    $$ select layout, name from relsogi.layout_column where phi in ('DIRECT', 'RAW') and loaded and layout <> 'identifier'
       union all select layout, name from relsogi.layout_column where phi not in ('DIRECT', 'RAW') and not loaded $$,
    'names, identifiers and text as sent are not loaded, all else is');
select is_empty(
    $$ select layout, name from relsogi.layout_column join in_database using (layout, name)
       where phi in ('DIRECT', 'RAW') and (layout, name) <> ('identifier', 'value') $$,
    'no column of a table may hold them');
select set_eq($$ select relname::text from pg_class where relkind in ('r', 'p') and relnamespace = 'vault'::regnamespace $$,
    array['identifier'], 'in the vault are identifiers, and nothing else');
select set_eq(
    $$ select layout, meaning from relsogi.layout where relsogi.table_of(layout) is not null $$,
    $$ select relname::text, obj_description(oid, 'pg_class') from pg_class
       where relkind = 'p' and relnamespace in ('relsogi'::regnamespace, 'vault'::regnamespace) $$,
    'each table says what it is');
select set_eq(
    $$ select l.layout, l.key || array['run_no'] from relsogi.layout as l
       where relsogi.table_of(layout) is not null and not exists (
           select from relsogi.layout_column as c where c.layout = l.layout and name = any (key) and nullable) $$,
    $$ select relname::text, array(select attname::text from unnest(indkey) with ordinality as k (n, place)
            join pg_attribute on attrelid = indrelid and attnum = n order by place)
       from pg_index join pg_class on pg_class.oid = indrelid
       where indisprimary and relkind = 'p' and relnamespace in ('relsogi'::regnamespace, 'vault'::regnamespace) $$,
    'the key of each layout without nulls in its key is its table''s primary key, within the run');
select is_empty(
    $$ select relname from pg_class where relnamespace in ('relsogi'::regnamespace, 'audit'::regnamespace)
       and relkind in ('r', 'v') and obj_description(oid, 'pg_class') is null $$,
    'tables and views about runs say what they are, too');
select is_empty(
    $$ select relname, attname from pg_class join pg_attribute on attrelid = pg_class.oid
       where relnamespace in ('relsogi'::regnamespace, 'audit'::regnamespace, 'vault'::regnamespace)
       and relkind in ('r', 'p') and attnum > 0 and not attisdropped and col_description(attrelid, attnum) is null $$,
    'so do all columns of all tables');

select * from finish();
rollback;
