/* SPDX-License-Identifier: GPL-3.0-or-later */
/* verify: what stands beside the rows in the database and decides what is seen of them: the run's own line, its tables'
 * digests, who may see which source, and what keeps the log from being changed. Each is held against the log. */
#include <stdio.h>
#include "verify_state.h"

/* Says a fault for each row of the answer: what it is about, and what is wrong. */
static bool tell(struct rs_session *s, struct rs_verdict *v, const char *sql, int n, const char *const *parameters,
                 struct rs_error *error) {
    struct rs_answer *a = rs_session_ask(s, sql, n, parameters, error);
    for (int i = 0; a && i < rs_answer_rows(a); i++) rs_verify_fault(v, rs_answer_text(a, i, 0), rs_answer_text(a, i, 1));
    rs_answer_free(a);
    return a != NULL;
}

/* As relsogi.account (sql/migrations/014_load.sql) wrote it into the log; made here, since the server's function is its
 * owner's. Entries written before a member was kept lack it: what they have is compared. */
bool rs_verify_run_line(struct rs_session *s, struct rs_verdict *v, const struct rs_logged_run *run,
                        struct rs_error *error) {
    const char *parameters[] = {run->number, run->detail, run->revision, run->content};
    return tell(s, v,
                "select 'relsogi.run, ' || run_id, said.key || ' is not what the log says' from relsogi.run, "
                "lateral jsonb_each($2::jsonb - 'tables' || jsonb_build_object('revision', $3::text, 'content', $4::text)) "
                "as said join lateral jsonb_each(jsonb_build_object('as_of', as_of, 'config', encode(config_sha256, 'hex'), "
                "'version', program_version, 'operator', operator, 'packs', packs, 'results', "
                "encode(sha256(convert_to(results::text, 'UTF8')), 'hex'), 'revision', revision::text, 'content', "
                "encode(content_sha256, 'hex'))) as here using (key) "
                "where run_no = $1::integer and here.value is distinct from said.value order by 1, 2",
                4, parameters, error) &&
           tell(s, v,
                "select 'relsogi.run_table, layout ' || coalesce(layout, said.key), 'is not what the log says' from "
                "jsonb_each($2::jsonb -> 'tables') as said full join (select layout, jsonb_strip_nulls(jsonb_build_object("
                "'rows', rows, 'version', layout_version, 'sha256', encode(sha256, 'hex'), 'content', encode(content, 'hex'), "
                "'columns', to_jsonb(columns))) as here from relsogi.run_table where run_no = $1::integer) as t "
                "on layout = said.key where said.value is null or here is null or not here @> said.value order by 1",
                2, parameters, error);
}

bool rs_verify_rights(struct rs_session *s, struct rs_verdict *v, struct rs_error *error) {
    return tell(s, v,
                "with said as (select distinct on (1, 2) detail ->> 'role' as role, detail ->> 'source' as source, event "
                "from audit.log where event in ('grant', 'revoke') order by 1, 2, entry desc), "
                "should as (select role, source from said where event = 'grant' union all select first.role, '*' from "
                "unnest(array['relsogi_auditor', 'relsogi_steward']) as first (role) where not exists "
                "(select from said where said.role = first.role and said.source = '*')) "
                "select 'relsogi.source_grant, role ' || coalesce(g.role::text, w.role) || ', source ' || "
                "coalesce(g.source, w.source), case when g.role is null then 'is gone, and the log does not say why' else "
                "'is there, and the log does not say since when' end from relsogi.source_grant as g "
                "full join should as w on w.role = g.role::text and w.source = g.source "
                "where g.role is null or w.role is null order by 1",
                0, NULL, error) &&
           tell(s, v,
                "select 'audit.log, trigger ' || name, 'does not keep the log any more' from unnest(array['append_only', "
                "'number']) as name where not exists (select from pg_trigger where tgrelid = "
                "'audit.log'::regclass and tgname = name and tgenabled = 'A') order by 1",
                0, NULL, error);
}
