-- SPDX-License-Identifier: GPL-3.0-or-later
-- The line of a run against the log's entry about its load ($1 run_no, $2 the entry's detail, $3 revision, $4 content):
-- one row for each member that differs. As relsogi.account wrote it (014_load.sql); made here, since a function of the
-- server is its owner's. An entry written before a member was kept lacks it: what it has is compared.
select 'relsogi.run, ' || run_id, said.key || ' is not what the log says'
from relsogi.run,
    lateral jsonb_each($2::jsonb - 'tables' || jsonb_build_object('revision', $3::text, 'content', $4::text)) as said
    join lateral jsonb_each(jsonb_build_object('as_of', as_of, 'config', encode(config_sha256, 'hex'),
        'version', program_version, 'operator', operator, 'packs', packs,
        'results', encode(sha256(convert_to(results::text, 'UTF8')), 'hex'),
        'revision', revision::text, 'content', encode(content_sha256, 'hex'))) as here using (key)
where run_no = $1::integer and here.value is distinct from said.value
order by 1, 2
