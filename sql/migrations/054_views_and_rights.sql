-- SPDX-License-Identifier: GPL-3.0-or-later
-- Views read with their owner's rights. Where a table's policies do not hold for the owner, a view must keep them itself.

-- Without this, current_agreement showed what sources say of each other to whoever may see but one of them.
alter table relsogi.agreement force row level security;

-- current_link is not under link's policies (those ask seen_person, which reads link as its owner), but has their
-- condition: behind a barrier, or an error raised by a condition of the reader's would tell of rows that are left out.
create or replace function relsogi.refresh_views() returns void
language plpgsql set search_path = pg_catalog, pg_temp as $$
declare
    layout name;
begin
    perform relsogi.refresh_policies();
    comment on view relsogi.latest_run is
        'The visible run of the latest day, up to relsogi.as_of where that is set, and named relsogi.run where that is; of several for one day, the one that became visible last';
    for layout in
        select relname from pg_class where relkind = 'p' and relnamespace = 'relsogi'::regnamespace order by relname
    loop
        execute format('create or replace view relsogi.%I %s as'
            ' select * from relsogi.%I as t where run_no = (select run_no from relsogi.latest_run)%s',
            'current_' || layout, case when layout = 'link' then 'with (security_barrier)' else '' end, layout,
            case when layout = 'link' then ' and exists (select from'
            ' relsogi.seen_person as s where s.person_key = t.person_key and s.run_no = t.run_no)' else '' end);
        execute format('comment on view relsogi.%I is %L', 'current_' || layout,
            format('Rows of the latest run in relsogi.%s; as of another day: set relsogi.as_of', layout));
    end loop;
end
$$;
