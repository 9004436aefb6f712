-- SPDX-License-Identifier: GPL-3.0-or-later
-- A run's own tables: once it is visible nobody but their owner may anything on them, since policies and columns' rights stand on
-- the whole table alone.
select 'table ' || n.nspname || '.' || c.relname, case
    when c.relowner <> 'relsogi_owner'::regrole then 'belongs to ' || c.relowner::regrole
    else 'gives rights to ' || (select string_agg(distinct case grantee when 0 then 'everybody' else grantee::regrole::text end, ', ')
        from (select grantee from aclexplode(c.relacl) union all
            select e.grantee from pg_attribute as a, aclexplode(a.attacl) as e where a.attrelid = c.oid) as g
        where grantee <> c.relowner) end
from pg_class as c join pg_namespace as n on n.oid = c.relnamespace
where n.nspname in ('relsogi_parts', 'vault_parts') and c.relispartition and c.relkind = 'r'
    and (c.relowner <> 'relsogi_owner'::regrole or exists (
        select from aclexplode(c.relacl) as e where e.grantee <> c.relowner) or exists (
        select from pg_attribute as a, aclexplode(a.attacl) as e where a.attrelid = c.oid and e.grantee <> c.relowner))
order by 1
