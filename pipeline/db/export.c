/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The auditors' views and the rows of layouts as CSV: the server makes it, we carry it. */
#include "../base/date.h"
#include "../base/file.h"
#include "db.h"
#include "extract.h"
#include <stdio.h>
#include <string.h>

/* since: what is added to the select where a day is given, or NULL for views of a whole run, which have no before. The
 * views themselves take relsogi.since for the run they compare with. */
static const struct {
    const char *name, *select, *since, *order;
} views[] = {
    {"discrepancies", "select * from relsogi.discrepancy_work",
     " where is_new or changed_at::date >= current_setting('relsogi.since')::date",
     " order by severity, element, discrepancy_key"},
    {"gone", "select * from relsogi.discrepancy_gone", "", " order by discrepancy_key"},
    {"changes", "select * from relsogi.discrepancy_change", "", " order by person_key, element, axis"},
    {"facilities", "select * from relsogi.discrepancy_facility", NULL, " order by check_id, scope, scope_value"},
    {"identifiers", "select * from relsogi.discrepancy_identifier", NULL,
     " order by kind, id_type, id_system, persons"},
    {"summary", "select * from relsogi.discrepancy_summary", NULL, " order by 1, 2, 3, 4, 5, 6"},
    {"actions", "select * from relsogi.action", " where at::date >= current_setting('relsogi.since')::date",
     " order by entry"},
};
enum { N_VIEWS = sizeof views / sizeof views[0] };

/* ---- cells that a spreadsheet would take for a formula -------------------------------------------------------- */

/* A sign and what our numbers are written with. */
static bool is_number(const char *p, size_t n) {
    size_t digits = 0;
    if (!n || !strchr("+-", p[0])) return false;
    for (size_t i = 1; i < n; i++) {
        digits += p[i] >= '0' && p[i] <= '9';
        if (!strchr("0123456789.eE+-", p[i])) return false;
    }
    return digits > 0;
}

static size_t field_length(const char *p, size_t n, bool quoted) {
    size_t i = 0;
    while (i < n && (quoted ? p[i] != '"' : p[i] != ',' && p[i] != '\n')) i++;
    return i;
}

/* One row as the server writes it, with ' before each cell that begins with = + - @, a tab or a carriage return and is
 * no number: a source's or a facility's name comes from a sender, a reason from anybody, and auditors open these files
 * in programs that run formulas. */
static void disarm(struct rs_buffer *out, const char *p, size_t n) {
    bool quoted = false, begins = true;
    for (size_t i = 0; i < n; i++) {
        bool opens = begins && p[i] == '"';
        size_t at = opens ? i + 1 : i;
        if (begins && at < n && p[at] && strchr("=+-@\t\r", p[at]) &&
            !is_number(p + at, field_length(p + at, n - at, opens))) {
            rs_buffer_printf(out, opens ? "\"'" : "'");
            if (opens) {
                quoted = true;
                begins = false;
                continue;
            }
        }
        if (p[i] == '"') quoted = !quoted;
        begins = !quoted && p[i] == ',';
        rs_buffer_add(out, p + i, 1);
    }
}

struct to {
    struct rs_out *file; /* NULL: stdout */
    bool exact;          /* rows for a program: as they are */
    struct rs_buffer row;
};

static bool take_row(void *self, const char *p, size_t n, struct rs_error *error) {
    struct to *to = self;
    if (!to->exact) {
        to->row.n = 0;
        disarm(&to->row, p, n);
        p = to->row.p;
        n = to->row.n;
    }
    if (to->file) return rs_out_write(to->file, p, n, error);
    return fwrite(p, 1, n, stdout) == n || rs_fail_errno(error, RS_IO, "stdout");
}

static bool no_such(const char *what, struct rs_error *error) {
    struct rs_buffer list = {0};
    for (size_t i = 0; i < N_VIEWS; i++) rs_buffer_printf(&list, "%s%s", i ? ", " : "", views[i].name);
    for (size_t i = 0; rs_extract_name(i); i++) rs_buffer_printf(&list, ", %s", rs_extract_name(i));
    rs_fail(error, RS_USAGE, "there is no export \"%s\"; there are %.*s", what, (int)list.n, list.p);
    rs_buffer_free(&list);
    return false;
}

static bool view_select(const char *what, const char *since, struct rs_buffer *sql, struct rs_error *error) {
    for (size_t i = 0; i < N_VIEWS; i++) {
        if (strcmp(views[i].name, what) != 0) continue;
        if (since && !views[i].since)
            return rs_fail(error, RS_USAGE, "%s are of a whole run: there is no --since for them", what);
        rs_buffer_printf(sql, "%s%s%s", views[i].select, since ? views[i].since : "", views[i].order);
        return true;
    }
    return no_such(what, error);
}

static bool set_day(struct rs_session *s, const char *option, const char *name, const char *day,
                    struct rs_error *error) {
    int32_t ignored;
    const char *parameters[] = {name, day};
    if (!day) return true;
    if (!rs_day_parse(rs_cstr(day), &ignored))
        return rs_fail(error, RS_USAGE, "%s \"%s\" is no date; write YYYY-MM-DD", option, day);
    struct rs_answer *a = rs_session_ask(s, "select set_config($1, $2, false)", 2, parameters, error);
    rs_answer_free(a);
    return a != NULL;
}

static bool copy_out(struct rs_session *s, const char *sql, const char *output, bool exact, struct rs_error *error) {
    struct to to = {.exact = exact};
    if (output && !(to.file = rs_out_open(output, error))) return false;
    bool ok = rs_session_copy_out(s, sql, &to, take_row, error);
    if (ok && to.file)
        ok = rs_out_commit(to.file, error);
    else if (to.file)
        rs_out_abort(to.file);
    rs_buffer_free(&to.row);
    return ok;
}

bool rs_db_export(struct rs_session *s, const struct rs_export *e, struct rs_error *error) {
    struct rs_buffer sql = {0};
    const struct rs_layout *layout = rs_extract_layout(e->what);
    if (e->since_run && (!e->since || !layout))
        return rs_fail(error, RS_USAGE, "--since-run goes with --since, for extracts of rows");
    rs_buffer_printf(&sql, "copy (");
    bool ok = set_day(s, "--as-of", "relsogi.as_of", e->as_of, error) &&
              set_day(s, "--since", "relsogi.since", e->since, error) &&
              (layout ? rs_extract_select(s, layout, e->since, e->since_run, &sql, error)
                      : view_select(e->what, e->since, &sql, error));
    rs_buffer_printf(&sql, ") to stdout (format csv, header)");
    rs_buffer_byte(&sql, 0);
    ok = ok && copy_out(s, sql.p, e->output, layout != NULL, error);
    rs_buffer_free(&sql);
    return ok;
}
