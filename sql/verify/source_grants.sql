-- SPDX-License-Identifier: GPL-3.0-or-later
-- Who may see which source against what the log says was granted and revoked; two roles have all sources at first.
with said as (
    select distinct on (1, 2) detail ->> 'role' as role, detail ->> 'source' as source, event
    from audit.log where event in ('grant', 'revoke') order by 1, 2, entry desc),
should as (
    select role, source from said where event = 'grant'
    union all
    select first.role, '*' from unnest(array['relsogi_auditor', 'relsogi_steward']) as first (role)
    where not exists (select from said where said.role = first.role and said.source = '*'))
select 'relsogi.source_grant, role ' || coalesce(g.role::text, w.role) || ', source ' || coalesce(g.source, w.source),
    case when g.role is null then 'is gone, and the log does not say why'
        else 'is there, and the log does not say since when' end
from relsogi.source_grant as g full join should as w on w.role = g.role::text and w.source = g.source
where g.role is null or w.role is null
order by 1
