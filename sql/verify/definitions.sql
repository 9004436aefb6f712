-- SPDX-License-Identifier: GPL-3.0-or-later
-- What the database is made of, beside rows: one line for each object of the project, with SHA-256 over its definition, owner
-- and rights as the server tells them. `relsogi db migrate` writes them to the log, relsogi verify holds them against it.
-- A run's own tables come and go with runs, and so do the parts of constraints, indexes and triggers that belong to them:
-- what stands on the whole table stands for all. Needs search_path = pg_catalog: with another one the server writes names
-- in another way.
with own as (
    select oid, nspname, nspowner, nspacl from pg_namespace
    where nspname in ('relsogi', 'relsogi_parts', 'vault', 'vault_parts', 'audit')),
rel as (
    select c.*, n.nspname || '.' || c.relname as name from pg_class as c join own as n on n.oid = c.relnamespace
    where n.nspname not like '%\_parts' and not c.relispartition),
object (name, definition) as (
    select 'schema ' || nspname, concat_ws(E'\n', nspowner::regrole,
        array(select a::text from unnest(nspacl) as a order by 1)) from own
    union all
    select 'rights given in advance in ' || coalesce(d.defaclnamespace::regnamespace::text, 'any schema') || ' by '
        || d.defaclrole::regrole || ', ' || d.defaclobjtype::text,
        array(select a::text from unnest(d.defaclacl) as a order by 1)::text
    from pg_default_acl as d
    where d.defaclrole = 'relsogi_owner'::regrole or d.defaclnamespace in (select oid from own)
    union all
    select 'rights on the database', array(select a::text from unnest(datacl) as a order by 1)::text
    from pg_database where datname = current_database()
    union all
    -- A view's rule is its text; a sequence's and a table's are their columns.
    select case relkind when 'v' then 'view ' when 'm' then 'view ' when 'S' then 'sequence ' else 'table ' end || name,
        concat_ws(E'\n', relkind, relpersistence, relowner::regrole, relrowsecurity, relforcerowsecurity,
            array(select o from unnest(reloptions) as o order by 1), pg_get_partkeydef(rel.oid),
            array(select a::text from unnest(relacl) as a order by 1),
            case when relkind in ('v', 'm') then pg_get_viewdef(rel.oid) end,
            (select string_agg(concat_ws(' ', quote_ident(attname), format_type(atttypid, atttypmod), attnotnull, attidentity,
                    attgenerated, pg_get_expr(adbin, adrelid), array(select a::text from unnest(attacl) as a order by 1)),
                    E'\n' order by attnum)
                from pg_attribute left join pg_attrdef on adrelid = attrelid and adnum = attnum
                where attrelid = rel.oid and attnum > 0 and not attisdropped))
    from rel where relkind in ('r', 'p', 'v', 'm', 'f', 'S')
    union all
    select 'constraint ' || conname || ' of ' || rel.name, concat_ws(E'\n', pg_get_constraintdef(c.oid), convalidated,
        (select string_agg(distinct tgenabled::text, '' order by tgenabled::text) from pg_trigger
            where tgconstraint = c.oid and tgrelid in (conrelid, confrelid)))
    from pg_constraint as c join rel on rel.oid = conrelid where conparentid = 0
    union all
    select 'index ' || i.indexrelid::regclass, concat_ws(E'\n', pg_get_indexdef(i.indexrelid), indisunique)
    from pg_index as i join rel on rel.oid = indrelid
    union all
    select 'trigger ' || tgname || ' of ' || rel.name, concat_ws(E'\n', pg_get_triggerdef(t.oid), tgenabled)
    from pg_trigger as t join rel on rel.oid = tgrelid where not tgisinternal and tgparentid = 0
    union all
    select 'policy ' || polname || ' of ' || rel.name, concat_ws(E'\n', polcmd, polpermissive,
        array(select case r when 0 then 'public' else r::regrole::text end from unnest(polroles) as r order by 1),
        pg_get_expr(polqual, polrelid), pg_get_expr(polwithcheck, polrelid))
    from pg_policy join rel on rel.oid = polrelid
    union all
    select 'rule ' || rulename || ' of ' || rel.name, concat_ws(E'\n', pg_get_ruledef(r.oid), ev_enabled)
    from pg_rewrite as r join rel on rel.oid = ev_class where rulename <> '_RETURN'
    union all
    select 'function ' || p.oid::regprocedure, concat_ws(E'\n', pg_get_functiondef(p.oid), proowner::regrole,
        array(select a::text from unnest(proacl) as a order by 1))
    from pg_proc as p join own on own.oid = pronamespace where prokind in ('f', 'p', 'w')
    union all
    select 'role ' || r.rolname, concat_ws(E'\n', rolsuper, rolinherit, rolcreaterole, rolcreatedb, rolcanlogin, rolreplication,
        rolbypassrls,
        array(select concat_ws(' ', 'in', roleid::regrole, admin_option) from pg_auth_members where member = r.oid order by 1),
        array(select concat_ws(' ', 'has', member::regrole, admin_option) from pg_auth_members where roleid = r.oid order by 1))
    from pg_roles as r where r.rolname in ('relsogi_owner', 'relsogi_loader', 'relsogi_auditor', 'relsogi_analyst',
        'relsogi_steward', 'relsogi_sogi'))
select name, encode(sha256(convert_to(definition, 'UTF8')), 'hex') as digest from object
