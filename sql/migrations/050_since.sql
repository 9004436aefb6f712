-- SPDX-License-Identifier: GPL-3.0-or-later
-- What changed since a day, for those who take extracts: `set relsogi.since = '2026-01-31'` makes "the run before" that of
-- the latest run of that day or before, which may be the latest run itself: then nothing changed.

create or replace view relsogi.previous_run as
    select r.* from relsogi.run as r, relsogi.latest_run as l
    where r.status = 'visible' and r.as_of <= l.as_of
        and case when nullif(current_setting('relsogi.since', true), '') is null then r.run_no <> l.run_no
            else r.as_of <= nullif(current_setting('relsogi.since', true), '')::date end
    order by r.as_of desc, r.visible_since desc, r.run_no desc limit 1;
comment on view relsogi.previous_run is 'The run before the latest one (relsogi.latest_run), by its day; with relsogi.since set, the latest of that day or before';

-- Whether a run has a table for a layout, with rows or without: one that it lacks is not one of which all rows are new.
create function relsogi.has_layout(number integer, wanted text) returns boolean
language sql stable security definer set search_path = pg_catalog, pg_temp as $$
    select exists (select from relsogi.run_table where run_no = number and layout = wanted)
$$;
revoke all on function relsogi.has_layout(integer, text) from public;
grant execute on function relsogi.has_layout(integer, text) to relsogi_auditor, relsogi_analyst;
