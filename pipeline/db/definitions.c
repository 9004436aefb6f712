/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Why it exists: a view that was replaced, or a constraint that was dropped, changes what people read and leaves no row
 * changed. The list is this program's own query: a function of the server is its owner's. */
#include "definitions.h"
#include "../base/text.h"
#include "sql.h"
#include <stdlib.h>
#include <string.h>

/* The last entry of the log that has definitions, of whichever server. */
#define LAST                                                                                                            \
    "select detail from audit.log where event = 'migrate' and detail ? 'definitions' order by entry desc limit 1"
#define SERVER "current_setting('server_version_num')::integer / 10000"

/* before, the list, after: one statement. Freed by the caller. */
static char *around(const char *before, const char *after, struct rs_error *error) {
    const struct rs_sql_file *f = rs_sql_find("verify/definitions.sql");
    struct rs_buffer sql = {0};
    if (!f) {
        rs_fail(error, RS_BUG, "sql/verify/definitions.sql is not in this program");
        return NULL;
    }
    rs_buffer_printf(&sql, "%s%s%s", before, (const char *)f->text, after);
    rs_buffer_byte(&sql, '\0');
    return sql.p;
}

static bool find_state(struct rs_session *s, enum rs_definitions *state, struct rs_error *error) {
    struct rs_answer *a = rs_session_ask(
        s, "select (detail ->> 'server')::integer = " SERVER " from (" LAST ") as last", 0, NULL, error);
    if (!a) return false;
    *state = !rs_answer_rows(a)         ? RS_DEFINITIONS_UNKNOWN
             : rs_answer_flag(a, 0, 0) ? RS_DEFINITIONS_COMPARED
                                        : RS_DEFINITIONS_OTHER_SERVER;
    rs_answer_free(a);
    return true;
}

bool rs_definitions_compare(struct rs_session *s, enum rs_definitions *state, void *self, rs_definition_differs *each,
                            struct rs_error *error) {
    if (!find_state(s, state, error)) return false;
    if (*state != RS_DEFINITIONS_COMPARED) return true;
    char *sql = around("select coalesce(here.name, said.name), case when here.name is null then 'is gone' when said.name is null "
                       "then 'is not from a migration' else 'is not what the migrations made' end from (",
                       ") as here full join (select d.key as name, d.value as digest from (" LAST ") as last, "
                       "jsonb_each_text(last.detail -> 'definitions') as d) as said using (name) "
                       "where here.digest is distinct from said.digest order by 1",
                       error);
    struct rs_answer *a = sql ? rs_session_ask(s, sql, 0, NULL, error) : NULL;
    for (int i = 0; a && i < rs_answer_rows(a); i++) each(self, rs_answer_text(a, i, 0), rs_answer_text(a, i, 1));
    free(sql);
    rs_answer_free(a);
    return a != NULL;
}

bool rs_definitions_log(struct rs_session *s, const json_t *before, struct rs_error *error) {
    char *list = json_dumps(before, JSON_COMPACT);
    const char *parameters[] = {list};
    char *sql = around("insert into audit.log (event, detail) select 'migrate', new.detail from (select jsonb_build_object("
                       "'server', " SERVER ", 'definitions', jsonb_object_agg(name, digest)) as detail from (",
                       ") as d) as here, lateral (select here.detail || case when jsonb_array_length($1::jsonb) > 0 then "
                       "jsonb_build_object('changed_before', $1::jsonb) else '{}' end as detail) as new "
                       "where here.detail is distinct from (select l.detail - 'changed_before' from (" LAST ") as l) "
                       "or jsonb_array_length($1::jsonb) > 0",
                       error);
    struct rs_answer *a = sql && rs_session_run(s, "begin", error) && rs_session_run(s, "set local role relsogi_owner", error)
                              ? rs_session_ask(s, sql, 1, parameters, error)
                              : NULL;
    rs_answer_free(a);
    free(sql);
    free(list);
    return a != NULL && rs_session_run(s, "commit", error);
}
