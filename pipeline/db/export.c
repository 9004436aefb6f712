/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The auditors' views as CSV: the server makes it, we carry it. */
#include "../base/date.h"
#include "../base/file.h"
#include "db.h"
#include <stdio.h>
#include <string.h>

static const struct {
    const char *name, *select;
} exports[] = {
    {"discrepancies", "select * from relsogi.discrepancy_work order by severity, element, discrepancy_key"},
    {"changes", "select * from relsogi.discrepancy_change order by person_key, element, axis"},
    {"facilities", "select * from relsogi.discrepancy_facility order by check_id, scope, scope_value"},
    {"identifiers", "select * from relsogi.discrepancy_identifier order by kind, id_type, id_system, persons"},
    {"summary", "select * from relsogi.discrepancy_summary order by 1, 2, 3, 4, 5, 6"},
    {"actions", "select * from relsogi.action order by entry"},
};
enum { N_EXPORTS = sizeof exports / sizeof exports[0] };

static bool to_file(void *self, const char *p, size_t n, struct rs_error *error) {
    return rs_out_write(self, p, n, error);
}

static bool to_stdout(void *self, const char *p, size_t n, struct rs_error *error) {
    (void)self;
    return fwrite(p, 1, n, stdout) == n || rs_fail_errno(error, RS_IO, "stdout");
}

static const char *find(const char *what, struct rs_error *error) {
    char list[256] = "";
    for (size_t i = 0; i < N_EXPORTS; i++) {
        if (strcmp(exports[i].name, what) == 0) return exports[i].select;
        size_t n = strlen(list);
        snprintf(list + n, sizeof list - n, "%s%s", n ? ", " : "", exports[i].name);
    }
    rs_fail(error, RS_USAGE, "there is no export \"%s\"; there are %s", what, list);
    return NULL;
}

bool rs_db_export(struct rs_session *s, const char *what, const char *as_of, const char *output,
                  struct rs_error *error) {
    char sql[512];
    int32_t day;
    const char *select = find(what, error);
    if (!select) return false;
    if (as_of && !rs_day_parse(rs_cstr(as_of), &day))
        return rs_fail(error, RS_USAGE, "--as-of \"%s\" is no date; write YYYY-MM-DD", as_of);
    if (as_of) {
        const char *parameters[] = {as_of};
        struct rs_answer *a = rs_session_ask(s, "select set_config('relsogi.as_of', $1, false)", 1, parameters, error);
        rs_answer_free(a);
        if (!a) return false;
    }
    snprintf(sql, sizeof sql, "copy (%s) to stdout (format csv, header)", select);
    if (!output) return rs_session_copy_out(s, sql, NULL, to_stdout, error);
    struct rs_out *out = rs_out_open(output, error);
    if (!out) return false;
    if (rs_session_copy_out(s, sql, out, to_file, error)) return rs_out_commit(out, error);
    rs_out_abort(out);
    return false;
}
