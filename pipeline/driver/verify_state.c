/* SPDX-License-Identifier: GPL-3.0-or-later */
/* verify: what stands beside the rows in the database and decides what is seen of them: the run's own line, its tables'
 * digests, who may see which source, and what keeps the log from being changed. Each is held against the log. */
#include "verify_state.h"
#include "pipeline/db/definitions.h"
#include "pipeline/db/sql.h"
#include <stdio.h>

/* Runs sql/verify/NAME.sql and says a fault for each row: what it is about, and what is wrong. */
static bool tell(struct rs_session *s, struct rs_verdict *v, const char *name, int n, const char *const *parameters,
                 struct rs_error *error) {
    const struct rs_sql_file *file = rs_sql_find(name);
    if (!file) return rs_fail(error, RS_BUG, "sql/%s is not in this program", name);
    struct rs_answer *a = rs_session_ask(s, (const char *)file->text, n, parameters, error);
    for (int i = 0; a && i < rs_answer_rows(a); i++)
        rs_verify_fault(v, rs_answer_text(a, i, 0), rs_answer_text(a, i, 1));
    rs_answer_free(a);
    return a != NULL;
}

bool rs_verify_run_line(struct rs_session *s, struct rs_verdict *v, const struct rs_logged_run *run,
                        struct rs_error *error) {
    const char *parameters[] = {run->number, run->detail, run->revision, run->content};
    return tell(s, v, "verify/run_line.sql", 4, parameters, error) &&
           tell(s, v, "verify/run_tables.sql", 2, parameters, error);
}

bool rs_verify_rights(struct rs_session *s, struct rs_verdict *v, struct rs_error *error) {
    return tell(s, v, "verify/source_grants.sql", 0, NULL, error) &&
           tell(s, v, "verify/log_triggers.sql", 0, NULL, error) &&
           tell(s, v, "verify/part_rights.sql", 0, NULL, error);
}

static void tell_definition(void *self, const char *object, const char *what) { rs_verify_fault(self, object, what); }

bool rs_verify_definitions(struct rs_session *s, struct rs_verdict *v, struct rs_error *error) {
    static const char *const why_not[] = {
        [RS_DEFINITIONS_UNKNOWN] = "the log has none yet: relsogi db migrate of this version writes them",
        [RS_DEFINITIONS_OTHER_SERVER] = "the log has those of another version of PostgreSQL: relsogi db migrate writes them anew"};
    enum rs_definitions state;
    if (!rs_definitions_compare(s, &state, v, tell_definition, error)) return false;
    if (state != RS_DEFINITIONS_COMPARED) printf("note     views, functions, constraints and rights not looked at: %s\n", why_not[state]);
    return true;
}
