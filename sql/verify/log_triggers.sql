-- SPDX-License-Identifier: GPL-3.0-or-later
-- What keeps the log from being changed, and numbers and chains its entries: there, and on for everybody.
select 'audit.log, trigger ' || name, 'does not keep the log any more'
from unnest(array['append_only', 'number']) as name
where not exists (select from pg_trigger
    where tgrelid = 'audit.log'::regclass and tgname = name and tgenabled = 'A')
order by 1
