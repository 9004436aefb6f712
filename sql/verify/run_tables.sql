-- SPDX-License-Identifier: GPL-3.0-or-later
-- What relsogi.run_table says of a run's tables against the log's entry ($1 run_no, $2 the entry's detail).
select 'relsogi.run_table, layout ' || coalesce(layout, said.key), 'is not what the log says'
from jsonb_each($2::jsonb -> 'tables') as said
    full join (
        select layout, jsonb_strip_nulls(jsonb_build_object('rows', rows, 'version', layout_version,
            'sha256', encode(sha256, 'hex'), 'content', encode(content, 'hex'), 'columns', to_jsonb(columns))) as here
        from relsogi.run_table where run_no = $1::integer) as t on layout = said.key
where said.value is null or here is null or not here @> said.value
order by 1
