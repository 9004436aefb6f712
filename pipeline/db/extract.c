/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A full join of two runs on the layout's key, made by the server; which two, and whether they can be compared, is for
 * us to find out. Numbers and names in the statement are the server's and the layout's: nothing in it needs quotes. */
#include "extract.h"
#include "../base/log.h"
#include "copy.h"
#include <stdio.h>
#include <string.h>

static const struct {
    const char *name;
    const struct rs_layout *layout;
} extracts[] = {
    {"persons", &rs_layout_person},         {"values", &rs_layout_person_value}, {"posteriors", &rs_layout_posterior},
    {"results", &rs_layout_person_measure}, {"links", &rs_layout_link},          {"estimates", &rs_layout_estimate},
    {"tabulations", &rs_layout_tabulation},
};
enum { N_EXTRACTS = sizeof extracts / sizeof extracts[0] };

const char *rs_extract_name(size_t i) { return i < N_EXTRACTS ? extracts[i].name : NULL; }

const struct rs_layout *rs_extract_layout(const char *what) {
    for (size_t i = 0; i < N_EXTRACTS; i++)
        if (strcmp(extracts[i].name, what) == 0) return extracts[i].layout;
    return NULL;
}

/* ---- which runs ----------------------------------------------------------------------------------------------- */

struct run {
    char number[16], id[200], revision[16], day[16], status[16];
};

static bool find_run(struct rs_session *s, const char *sql, const char *since, struct run *out, bool *there,
                     struct rs_error *error) {
    struct rs_answer *a = rs_session_ask(s, sql, since ? 1 : 0, &since, error);
    if (!a) return false;
    *there = rs_answer_rows(a) > 0;
    struct {
        char *to;
        size_t room;
    } texts[] = {{out->number, sizeof out->number},
                 {out->id, sizeof out->id},
                 {out->revision, sizeof out->revision},
                 {out->day, sizeof out->day},
                 {out->status, sizeof out->status}};
    for (int i = 0; *there && i < 5; i++) {
        const char *text = rs_answer_text(a, 0, i);
        snprintf(texts[i].to, texts[i].room, "%s", text ? text : "");
    }
    rs_answer_free(a);
    return true;
}

static bool latest(struct rs_session *s, struct run *out, struct rs_error *error) {
    bool there;
    if (!find_run(s, "select run_no, run_id, revision, as_of, 'visible' from relsogi.latest_run", NULL, out, &there,
                  error))
        return false;
    return there || rs_fail(error, RS_NO_INPUT, "%s: there is no run of that day or before", rs_session_where(s));
}

/* Pruned runs, too: an earlier one in the place of one that is gone would hide what changed there and back. */
static bool of_day(struct rs_session *s, const char *since, struct run *out, struct rs_error *error) {
    bool there;
    if (!find_run(
            s,
            "select run_no, run_id, revision, as_of, status from relsogi.run where status in ('visible', 'pruned') "
            "and as_of <= $1::date order by as_of desc, visible_since desc, run_no desc limit 1",
            since, out, &there, error))
        return false;
    if (!there)
        return rs_fail(error, RS_NO_INPUT, "%s: no run of %s or before is there: take all rows, without --since",
                       rs_session_where(s), since);
    return strcmp(out->status, "pruned") != 0 ||
           rs_fail(error, RS_NO_INPUT, "%s: the rows of run %s of %s are pruned: take all rows, without --since",
                   rs_session_where(s), out->id, out->day);
}

static bool has_layout(struct rs_session *s, const struct run *run, const struct rs_layout *layout,
                       struct rs_error *error) {
    const char *parameters[] = {run->number, layout->name};
    struct rs_answer *a = rs_session_ask(s, "select relsogi.has_layout($1::integer, $2)", 2, parameters, error);
    if (!a) return false;
    bool there = rs_answer_flag(a, 0, 0);
    rs_answer_free(a);
    return there || rs_fail(error, RS_NO_INPUT, "run %s of %s has no layout %s", run->id, run->day, layout->name);
}

/* A transaction that has read the parent table keeps retention from dropping its partitions. */
static bool hold(struct rs_session *s, const struct rs_layout *layout, struct rs_error *error) {
    char sql[200];
    snprintf(sql, sizeof sql, "begin; select run_no from relsogi.%s where false", layout->name);
    return rs_session_run(s, sql, error);
}

/* ---- the statement -------------------------------------------------------------------------------------------- */

enum which { ALL, KEY, OTHERS };
/* The names of columns: before NAME, or before NAME middle NAME after. */
static void each(struct rs_buffer *sql, const struct rs_layout *layout, enum which which, const char *between,
                 const char *before, const char *middle, const char *after) {
    const char *mark = "";
    for (size_t i = 0; i < layout->n_columns; i++) {
        const struct rs_column *c = &layout->columns[i];
        if (!rs_column_loaded(layout, c) || (which != ALL && rs_layout_in_key(layout, c->name) != (which == KEY)))
            continue;
        rs_buffer_printf(sql, "%s%s\"%s\"", mark, before, c->name);
        if (middle) rs_buffer_printf(sql, "%s\"%s\"%s", middle, c->name, after);
        mark = between;
    }
}

static void rows_of(struct rs_buffer *sql, const struct rs_layout *layout, const struct run *run, const char *name) {
    rs_buffer_printf(sql, "(select true as here, ");
    each(sql, layout, ALL, ", ", "", NULL, NULL);
    rs_buffer_printf(sql, " from relsogi.%s where run_no = %s) as %s", layout->name, run->number, name);
}

static void select_all(struct rs_buffer *sql, const struct rs_layout *layout, const struct run *now) {
    rs_buffer_printf(sql, "select 'added' as change, date '%s' as as_of, null::date as since, ", now->day);
    each(sql, layout, ALL, ", ", "", NULL, NULL);
    rs_buffer_printf(sql, " from relsogi.%s where run_no = %s order by ", layout->name, now->number);
    each(sql, layout, KEY, ", ", "", NULL, NULL);
}

static void select_changes(struct rs_buffer *sql, const struct rs_layout *layout, const struct run *now,
                           const struct run *then) {
    rs_buffer_printf(
        sql,
        "select case when b.here is null then 'added' when n.here is null then 'removed' else 'changed' end "
        "as change, date '%s' as as_of, date '%s' as since",
        now->day, then->day);
    for (size_t i = 0; i < layout->n_columns; i++) {
        const char *name = layout->columns[i].name;
        if (!rs_column_loaded(layout, &layout->columns[i])) continue;
        if (rs_layout_in_key(layout, name))
            rs_buffer_printf(sql, ", coalesce(n.\"%s\", b.\"%s\") as \"%s\"", name, name, name);
        else
            rs_buffer_printf(sql, ", n.\"%s\"", name);
    }
    rs_buffer_printf(sql, " from ");
    rows_of(sql, layout, now, "n");
    rs_buffer_printf(sql, " full join ");
    rows_of(sql, layout, then, "b");
    rs_buffer_printf(sql, " on ");
    each(sql, layout, KEY, " and ", "n.", " = b.", "");
    rs_buffer_printf(sql, " where n.here is null or b.here is null or row(");
    each(sql, layout, OTHERS, ", ", "n.", NULL, NULL);
    rs_buffer_printf(sql, ") is distinct from row(");
    each(sql, layout, OTHERS, ", ", "b.", NULL, NULL);
    rs_buffer_printf(sql, ") order by ");
    each(sql, layout, KEY, ", ", "coalesce(n.", ", b.", ")");
}

/* A day that was loaded anew, or has another run by now, is not what the copy holds: what changed from the one to the
 * other would be in no extract. */
static bool is_the_copys(const struct run *then, const char *run, struct rs_error *error) {
    char name[sizeof then->id + sizeof then->revision + 1];
    snprintf(name, sizeof name, "%s/%s", then->id, then->revision);
    return !run || strcmp(name, run) == 0 ||
           rs_fail(error, RS_NO_INPUT,
                   "the run of %s is %s by now, not %s, of which the last extract was: take all rows, "
                   "without --since",
                   then->day, name, run);
}

bool rs_extract_select(struct rs_session *s, const struct rs_layout *layout, const char *since, const char *since_run,
                       struct rs_buffer *sql, struct rs_error *error) {
    struct run now, then;
    if (!hold(s, layout, error) || !latest(s, &now, error) || !has_layout(s, &now, layout, error)) return false;
    if (!since) {
        select_all(sql, layout, &now);
        rs_info("all rows of run %s, revision %s, as of %s; the next time: --since %s --since-run %s/%s", now.id,
                now.revision, now.day, now.day, now.id, now.revision);
        return true;
    }
    if (!of_day(s, since, &then, error) || !is_the_copys(&then, since_run, error)) return false;
    if (strcmp(then.day, now.day) > 0)
        return rs_fail(error, RS_USAGE, "--since %s is after run %s of %s", since, now.id, now.day);
    if (!has_layout(s, &then, layout, error)) return rs_error_context(error, "take all rows, without --since");
    select_changes(sql, layout, &now, &then);
    rs_info(
        "from run %s, revision %s, as of %s, to run %s, revision %s, as of %s; the next time: --since %s --since-run "
        "%s/%s",
        then.id, then.revision, then.day, now.id, now.revision, now.day, now.day, now.id, now.revision);
    return true;
}
