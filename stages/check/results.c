/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Why it exists: one set of results for the database, for programs, and for the summary a person reads first. */
#include "results.h"
#include "pipeline/base/date.h"
#include "pipeline/base/file.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

bool rs_check_is_bad(const struct rs_check_result *r) { return r->state == RS_FAIL || r->state == RS_STATE_ERROR; }

/* Share of violations, NaN where there is none. */
static double share_of(const struct rs_check_result *r) {
    return r->denominator ? (double)r->violations / (double)r->denominator : (double)NAN;
}

static struct rs_view band_of(const struct rs_check_result *r) {
    const struct rs_check *c = r->check;
    size_t i = 0;
    if (c->n_bands == 0 || r->unjudged || r->state == RS_NOT_APPLICABLE || r->denominator == 0) return RS_NULL;
    while (i < c->n_bands && share_of(r) > c->band[i]) i++;
    return rs_cstr(rs_band_names[i]);
}

static void fill_row(const struct rs_check_result *r, struct rs_arena *arena, struct rs_view *row) {
    const struct rs_check *c = r->check;
    row[CHECK_RESULT_check_id] = rs_cstr(c->id);
    row[CHECK_RESULT_category] = rs_cstr(c->category);
    row[CHECK_RESULT_scope] = rs_cstr(r->scope);
    row[CHECK_RESULT_scope_value] = rs_cstr(r->scope_value);
    row[CHECK_RESULT_element] = rs_cstr(r->element);
    row[CHECK_RESULT_state] = rs_cstr(rs_state_names[r->state]);
    row[CHECK_RESULT_severity] = rs_cstr(rs_severity_names[c->severity]);
    row[CHECK_RESULT_denominator] = rs_arena_long(arena, (int64_t)r->denominator);
    row[CHECK_RESULT_violations] = rs_arena_long(arena, (int64_t)r->violations);
    row[CHECK_RESULT_share] = rs_arena_real(arena, share_of(r));
    if (c->has_threshold && !r->unjudged) row[CHECK_RESULT_threshold] = rs_arena_real(arena, c->threshold);
    row[CHECK_RESULT_message] = rs_cstr(c->message);
    row[CHECK_RESULT_context] = rs_cstr(c->context);
    row[CHECK_RESULT_profile] = rs_cstr(c->profile);
    if (rs_check_has_points(c)) row[CHECK_RESULT_points] = rs_arena_real(arena, c->points);
    if (c->has_rise && !r->unjudged) row[CHECK_RESULT_rise] = rs_arena_real(arena, c->rise);
    row[CHECK_RESULT_minimum] = rs_arena_long(arena, c->minimum);
    row[CHECK_RESULT_band] = band_of(r);
    row[CHECK_RESULT_observed] = rs_arena_real(arena, r->mix.observed);
    row[CHECK_RESULT_expected] = rs_arena_real(arena, r->mix.expected);
    row[CHECK_RESULT_low] = rs_arena_real(arena, r->mix.low);
    row[CHECK_RESULT_high] = rs_arena_real(arena, r->mix.high);
    row[CHECK_RESULT_statistic] = rs_arena_real(arena, r->mix.statistic);
    row[CHECK_RESULT_p_value] = rs_arena_real(arena, r->mix.p_value);
    if (r->has_prior) {
        row[CHECK_RESULT_prior_share] = rs_arena_real(arena, r->prior_share);
        row[CHECK_RESULT_prior_denominator] = rs_arena_long(arena, (int64_t)r->prior_denominator);
    }
    row[CHECK_RESULT_exception] = rs_cstr(r->exception);
}

bool rs_check_write(struct rs_run *run, const struct rs_check_results *results, const struct rs_counted *counted,
                    struct rs_error *error) {
    struct rs_batch batch = {0};
    (void)counted;
    for (size_t i = 0; i < results->n; i++) {
        struct rs_view row[CHECK_RESULT_COLUMNS] = {{0}};
        fill_row(&results->r[i], &batch.arena, row);
        rs_batch_emit(&batch, 0, &rs_layout_check_result, row);
    }
    bool good = rs_run_done(run, &batch, error);
    rs_buffer_free(&batch.out[0]);
    rs_arena_free(&batch.arena);
    return good;
}

static json_t *value_json(const struct rs_column *column, struct rs_view v) {
    int64_t whole;
    double real;
    if (rs_is_null(v)) return json_null();
    if ((column->type == RS_LONG || column->type == RS_INT) && rs_parse_long(v, &whole)) return json_integer(whole);
    if (column->type == RS_REAL && rs_parse_real(v, &real)) return json_real(real);
    return json_stringn(v.p, v.n);
}

bool rs_check_write_json(struct rs_run *run, const char *path, const struct rs_check_results *results,
                         struct rs_error *error) {
    static const char *const copied[] = {"checks_sha256", "states", "exceptions", "thresholds_changed"};
    struct rs_arena arena = {0};
    json_t *whole = json_object(), *list = json_array();
    struct rs_view as_of = rs_day_text(&arena, run->as_of);
    json_object_set_new(whole, "as_of", json_stringn(as_of.p, as_of.n));
    for (size_t i = 0; i < sizeof copied / sizeof *copied; i++)
        if (json_object_get(run->results, copied[i]))
            json_object_set(whole, copied[i], json_object_get(run->results, copied[i]));
    for (size_t i = 0; i < results->n; i++) {
        struct rs_view row[CHECK_RESULT_COLUMNS] = {{0}};
        json_t *one = json_object();
        fill_row(&results->r[i], &arena, row);
        for (size_t c = 0; c < CHECK_RESULT_COLUMNS; c++)
            json_object_set_new(one, rs_layout_check_result.columns[c].name,
                                value_json(&rs_layout_check_result.columns[c], row[c]));
        json_array_append_new(list, one);
    }
    json_object_set_new(whole, "results", list);
    char *text = json_dumps(whole, JSON_INDENT(1) | JSON_REAL_PRECISION(15));
    bool good = text
                    ? rs_write_file(path, text, strlen(text), error)
                    : rs_fail(error, RS_DATA, "%s: a name in the data is not UTF-8, so that JSON cannot hold it", path);
    free(text);
    json_decref(whole);
    rs_arena_free(&arena);
    return good;
}

void rs_check_summarise(struct rs_run *run, const struct rs_check_results *results, const struct rs_counted *counted) {
    enum { MOST = 50 };
    json_t *states = json_object(), *failed = json_array(), *missing = json_array();
    for (int s = 0; s < RS_STATES; s++) {
        json_int_t n = 0;
        for (size_t i = 0; i < results->n; i++)
            n += results->r[i].state == (enum rs_state)s && !results->r[i].unjudged;
        json_object_set_new(states, rs_state_names[s], json_integer(n));
    }
    for (int severity = RS_SEVERITIES - 1; severity >= 0; severity--)
        for (size_t i = 0; i < results->n && json_array_size(failed) < MOST; i++) {
            const struct rs_check_result *r = &results->r[i];
            if (!rs_check_is_bad(r) || r->check->severity != (enum rs_severity)severity) continue;
            json_array_append_new(failed,
                                  json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:f, s:f, s:I, s:s}", "check", r->check->id,
                                            "scope", r->scope, "scope_value", r->scope_value, "element", r->element,
                                            "severity", rs_severity_names[severity], "state", rs_state_names[r->state],
                                            "share", r->denominator ? share_of(r) : 0, "threshold", r->check->threshold,
                                            "denominator", (json_int_t)r->denominator, "message", r->check->message));
        }
    for (int e = 0; e < RS_HAS_ELEMENTS; e++)
        json_array_append_new(missing, json_pack("{s:s, s:I, s:I}", "element", rs_complete_names[e], "records",
                                                 (json_int_t)counted->all.records, "missing",
                                                 (json_int_t)(counted->all.records - counted->all.has[e])));
    json_object_set_new(run->results, "states", states);
    json_object_set_new(run->results, "failed", failed);
    json_object_set_new(run->results, "missing", missing);
}
