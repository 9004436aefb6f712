/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Publications as row files: what earlier runs hand on, and what this one does. */
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "published.h"

/* ---- which publication it is ------------------------------------------------------------------------------------- */

/* By what it shows: the same numbers published twice are one publication. */
static void identify(struct rs_published_run *r) {
    struct rs_sha *sha = rs_sha_begin();
    struct rs_digest digest;
    struct rs_buffer text = {0};
    for (uint32_t i = 0; i < r->keys.n; i++) {
        char n[40], x[40];
        if (!r->row[i].shown) continue;
        n[isnan(r->row[i].n) ? 0 : rs_format_real(n, r->row[i].n)] = 0;
        x[isnan(r->row[i].x) ? 0 : rs_format_real(x, r->row[i].x)] = 0;
        rs_buffer_printf(&text, "%s\x1f%s\x1f%s\n", r->keys.names[i], n, x);
    }
    for (uint32_t i = 0; i < r->categories.n; i++) rs_buffer_printf(&text, "%s\x1f%.0f\n", r->categories.names[i], r->count[i]);
    rs_sha_add(sha, text.p, text.n);
    rs_sha_end(sha, &digest);
    rs_hex(r->id, digest.b, 8);
    rs_buffer_free(&text);
}

static struct rs_published_run *with_id(struct rs_published *p, struct rs_view id) {
    for (size_t i = 0; i < p->n; i++)
        if (rs_eq_c(id, p->run[i].id)) return &p->run[i];
    return NULL;
}

static struct rs_published_run *add_run(struct rs_published *p) {
    p->run = rs_realloc(p->run, (p->n + 1) * sizeof *p->run);
    p->run[p->n] = (struct rs_published_run){.room = 0};
    return &p->run[p->n++];
}

/* ---- reading ------------------------------------------------------------------------------------------------------ */

static bool damaged(struct rs_error *error) {
    return rs_fail(error, RS_DATA, "--prior: a number of what it published is none: take the file as the run wrote it");
}

/* *run: the one of the last row, whose id is most often that of this row as well. Rows of a publication that another prior
 * run handed on already only say the same again. */
static bool take_handed_on(struct rs_published *p, struct rs_published_run **run, const struct rs_view *row,
                           struct rs_error *error) {
    double n, x;
    if (row[PUBLISHED_publication].n != sizeof (*run)->id - 1 || !rs_parse_real_if(row[PUBLISHED_n], &n) || !rs_parse_real_if(row[PUBLISHED_x], &x))
        return damaged(error);
    if (!*run || !rs_eq_c(row[PUBLISHED_publication], (*run)->id)) *run = with_id(p, row[PUBLISHED_publication]);
    if (!*run) {
        *run = add_run(p);
        memcpy((*run)->id, row[PUBLISHED_publication].p, sizeof (*run)->id - 1);
    }
    if (rs_eq_c(row[PUBLISHED_kind], "tabulation")) {
        rs_published_count(*run, row[PUBLISHED_dimension], row[PUBLISHED_stratum], n);
        return true;
    }
    struct rs_view key[] = {row[PUBLISHED_measure], row[PUBLISHED_period], row[PUBLISHED_dimension],
                            row[PUBLISHED_estimator], row[PUBLISHED_stratum]};
    rs_published_add(*run, key, n, x, rs_eq_c(row[PUBLISHED_shown], "Y"));
    return true;
}

/* Those of threshold as any reader has them. */
static bool take_counts_of_rate(const struct rs_view *row, double *n, double *x, struct rs_error *error) {
    double rate, se;
    if (!rs_parse_real_if(row[ESTIMATE_rate], &rate) || !rs_parse_real_if(row[ESTIMATE_se], &se)) return damaged(error);
    *n = round(rate * (1 - rate) / (se * se));
    *x = round(rate * *n);
    return true;
}

static bool take_estimate(struct rs_published_run *r, const struct rs_view *row, struct rs_error *error) {
    struct rs_view key[] = {row[ESTIMATE_measure], row[ESTIMATE_period], row[ESTIMATE_dimension], row[ESTIMATE_estimator],
                            row[ESTIMATE_stratum]};
    double n, x;
    if (!rs_parse_real_if(row[ESTIMATE_n], &n) || !rs_parse_real_if(row[ESTIMATE_x], &x)) return damaged(error);
    if (rs_eq_c(row[ESTIMATE_estimator], "threshold") && !take_counts_of_rate(row, &n, &x, error)) return false;
    rs_published_add(r, key, n, x, rs_eq_c(row[ESTIMATE_suppressed], "N"));
    return true;
}

static bool take_tabulation(struct rs_published_run *r, const struct rs_view *row, struct rs_error *error) {
    double n;
    if (!rs_eq_c(row[TABULATION_suppressed], "N")) return true;
    if (!rs_parse_real(row[TABULATION_n], &n)) return damaged(error);
    rs_published_count(r, row[TABULATION_approach], row[TABULATION_category], n);
    return true;
}

static bool read_layout(struct rs_published *p, struct rs_run *run, const char *dir, const struct rs_layout *layout,
                        struct rs_published_run *r, bool *found, struct rs_error *error) {
    struct rs_manifest m;
    if (!rs_run_prior_in(run, dir, layout, &m, found, error)) return false;
    if (!*found) return true;
    const struct rs_view *row;
    struct rs_scan *scan = rs_scan_open(&m, error);
    bool good = scan != NULL;
    while (good && rs_scan_next(scan, &row, error)) {
        if (layout == &rs_layout_published) good = take_handed_on(p, &r, row, error);
        else if (layout == &rs_layout_estimate) good = take_estimate(r, row, error);
        else good = take_tabulation(r, row, error);
    }
    rs_scan_close(scan);
    return good && !error->code;
}

/* A run that hands nothing on is known by what it shows itself. */
static bool read_one(struct rs_published *p, struct rs_run *run, const char *dir, struct rs_error *error) {
    struct rs_published_run shown = {.room = 0};
    bool handed_on = false, estimates = false, tabulation = false;
    if (!read_layout(p, run, dir, &rs_layout_published, NULL, &handed_on, error)) return false;
    bool good = handed_on || (read_layout(p, run, dir, &rs_layout_estimate, &shown, &estimates, error) &&
                              read_layout(p, run, dir, &rs_layout_tabulation, &shown, &tabulation, error));
    if (good && (estimates || tabulation)) identify(&shown);
    if (good && (estimates || tabulation) && !with_id(p, rs_cstr(shown.id))) *add_run(p) = shown;
    else rs_published_run_free(&shown);
    return good;
}

bool rs_published_read(struct rs_run *run, struct rs_published *out, struct rs_error *error) {
    *out = (struct rs_published){.n = 0};
    if (!rs_run_option_yes(run, "differencing", &out->used, error)) return false;
    for (size_t i = 0; i < run->n_priors; i++)
        if (!read_one(out, run, run->priors[i], error)) return false;
    return true;
}

/* ---- writing ------------------------------------------------------------------------------------------------------ */

static bool same(double a, double b) { return (isnan(a) && isnan(b)) || fabs(a - b) <= RS_READ_BACK; }

static bool has_row(const struct rs_published_run *r, const struct rs_published_run *of, uint32_t i) {
    uint32_t at;
    return rs_name_find(&r->keys, rs_cstr(of->keys.names[i]), &at) && r->row[at].shown && same(r->row[at].n, of->row[i].n) &&
           same(r->row[at].x, of->row[i].x);
}

static bool has_count(const struct rs_published_run *r, const struct rs_published_run *of, uint32_t i) {
    uint32_t at;
    return rs_name_find(&r->categories, rs_cstr(of->categories.names[i]), &at) && same(r->count[at], of->count[i]);
}

/* Whether a number of this run was in no publication before: else it tells nobody anything, and need not be handed on. */
static bool is_new(const struct rs_published *p) {
    for (uint32_t i = 0; i < p->own.keys.n; i++) {
        bool before = !p->own.row[i].shown;
        for (size_t k = 0; k < p->n && !before; k++) before = has_row(&p->run[k], &p->own, i);
        if (!before) return true;
    }
    for (uint32_t i = 0; i < p->own.categories.n; i++) {
        bool before = false;
        for (size_t k = 0; k < p->n && !before; k++) before = has_count(&p->run[k], &p->own, i);
        if (!before) return true;
    }
    return false;
}

static void emit(const struct rs_published_run *r, struct rs_batch *batch, int sink) {
    static const int parts[RS_PUBLISHED_PARTS] = {PUBLISHED_measure, PUBLISHED_period, PUBLISHED_dimension,
                                                  PUBLISHED_estimator, PUBLISHED_stratum};
    struct rs_arena *arena = &batch->arena;
    for (uint32_t i = 0; i < r->keys.n; i++) {
        struct rs_view rest = rs_cstr(r->keys.names[i]);
        struct rs_view row[PUBLISHED_COLUMNS] = {
            [PUBLISHED_publication] = rs_cstr(r->id), [PUBLISHED_kind] = RS_LIT("estimate"),
            [PUBLISHED_shown] = r->row[i].shown ? RS_LIT("Y") : RS_LIT("N"), [PUBLISHED_n] = rs_arena_real(arena, r->row[i].n),
            [PUBLISHED_x] = rs_arena_real(arena, r->row[i].x)};
        for (int k = 0; k < RS_PUBLISHED_PARTS; k++)
            row[parts[k]] = k < RS_PUBLISHED_PARTS - 1 ? rs_split(&rest, RS_BETWEEN) : rest;
        rs_batch_emit(batch, sink, &rs_layout_published, row);
    }
    for (uint32_t i = 0; i < r->categories.n; i++) {
        struct rs_view category = rs_cstr(r->categories.names[i]), approach = rs_split(&category, RS_BETWEEN), none = RS_LIT("");
        struct rs_view row[PUBLISHED_COLUMNS] = {
            [PUBLISHED_publication] = rs_cstr(r->id), [PUBLISHED_kind] = RS_LIT("tabulation"), [PUBLISHED_measure] = none,
            [PUBLISHED_period] = none, [PUBLISHED_dimension] = approach, [PUBLISHED_stratum] = category,
            [PUBLISHED_estimator] = none, [PUBLISHED_shown] = RS_LIT("Y"), [PUBLISHED_n] = rs_arena_real(arena, r->count[i])};
        rs_batch_emit(batch, sink, &rs_layout_published, row);
    }
}

static int by_id(const void *a, const void *b) {
    return strcmp((*(const struct rs_published_run *const *)a)->id, (*(const struct rs_published_run *const *)b)->id);
}

void rs_published_publish(struct rs_published *p, struct rs_batch *batch, int sink) {
    const struct rs_published_run **all = rs_alloc((p->n + 1) * sizeof *all);
    size_t n = 0;
    for (; n < p->n; n++) all[n] = &p->run[n];
    if (is_new(p)) {
        identify(&p->own);
        all[n++] = &p->own;
    }
    qsort(all, n, sizeof *all, by_id);
    for (size_t i = 0; i < n; i++) emit(all[i], batch, sink);
    free(all);
}
