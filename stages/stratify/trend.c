/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Why it exists: a gap that was smaller last year may be one that nobody can tell from last year's. */
#include "trend.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

static uint32_t gap_number(struct rs_trend *t, const struct rs_view part[4]) {
    struct rs_buffer key = {0};
    uint32_t number = rs_name_number(&t->gaps, rs_joined(&key, part, 4));
    rs_buffer_free(&key);
    return number;
}

static struct rs_trend_point *add(struct rs_trend *t, uint32_t gap, struct rs_view period, int runs_back) {
    if (t->n == t->room) {
        t->room = t->room ? 2 * t->room : 256;
        t->point = rs_realloc(t->point, t->room * sizeof *t->point);
    }
    struct rs_trend_point *p = &t->point[t->n++];
    *p = (struct rs_trend_point){.gap = gap, .period = rs_arena_view(&t->arena, period), .runs_back = runs_back,
                                 .rate = NAN, .value = NAN, .interval = RS_NO_INTERVAL};
    return p;
}

void rs_trend_add(struct rs_trend *t, const struct rs_estimates *all) {
    for (size_t i = 0; i < all->n; i++) {
        const struct rs_estimate *e = &all->e[i];
        const struct rs_small_cell *cell = &all->table.cells[e->cell];
        if (e->dimension == RS_ALL || e->missing || e->reference == e) continue;
        if (!cell->suppressed && isnan(e->difference)) continue;
        struct rs_view key[] = {all->series->measure, rs_cstr(rs_dimension_name(all->strata, e->dimension)),
                                rs_cstr(e->stratum),
                                rs_cstr(rs_estimator_names[e->estimator])};
        struct rs_trend_point *p = add(t, gap_number(t, key), all->series->period, 0);
        p->suppressed = cell->suppressed;
        if (p->suppressed) {
            p->reason = cell->primary        ? RS_LIT("primary")
                        : cell->differencing ? RS_LIT("differencing")
                                             : RS_LIT("complementary");
            continue;
        }
        p->rate = e->rate;
        p->value = e->difference;
        p->interval = e->difference_interval;
        p->reference = rs_arena_view(&t->arena, rs_cstr(e->reference->stratum));
        p->flags = rs_flags_text(&t->arena, e->flags, false);
    }
}

/* ---- earlier runs ---------------------------------------------------------------------------------------------- */

static bool real(struct rs_view v, double *out, struct rs_error *error) {
    return rs_parse_real_if(v, out) ||
           rs_fail(error, RS_DATA, "--prior: a number of its estimates is none: take the file as the run wrote it");
}

static bool take_row(struct rs_trend *t, const struct rs_view *row, int runs_back, struct rs_error *error) {
    struct rs_view key[] = {row[ESTIMATE_measure], row[ESTIMATE_dimension], row[ESTIMATE_stratum], row[ESTIMATE_estimator]};
    bool suppressed = rs_eq_c(row[ESTIMATE_suppressed], "Y");
    uint32_t gap = gap_number(t, key);
    if (gap >= t->of_this_run || (!suppressed && !rs_has(row[ESTIMATE_difference]))) return true;
    if (rs_eq(row[ESTIMATE_reference], row[ESTIMATE_stratum])) return true;
    struct rs_trend_point *p = add(t, gap, row[ESTIMATE_period], runs_back);
    p->suppressed = suppressed;
    p->reason = rs_arena_view(&t->arena, row[ESTIMATE_suppression_reason]);
    p->reference = rs_arena_view(&t->arena, row[ESTIMATE_reference]);
    p->flags = rs_arena_view(&t->arena, row[ESTIMATE_flags]);
    return real(row[ESTIMATE_rate], &p->rate, error) && real(row[ESTIMATE_difference], &p->value, error) &&
           real(row[ESTIMATE_difference_lower], &p->interval.lower, error) &&
           real(row[ESTIMATE_difference_upper], &p->interval.upper, error);
}

static bool read_one(struct rs_trend *t, struct rs_run *run, const char *dir, int *runs_back, struct rs_error *error) {
    struct rs_manifest m;
    bool found = false, good = rs_run_prior_in(run, dir, &rs_layout_estimate, &m, &found, error);
    if (!good || !found) return good; /* a directory of another stage of that run */
    const struct rs_view *row;
    struct rs_scan *scan = rs_scan_open(&m, error);
    good = scan != NULL;
    ++*runs_back;
    while (good && rs_scan_next(scan, &row, error)) good = take_row(t, row, *runs_back, error);
    rs_scan_close(scan);
    return good && !error->code;
}

/* ---- changes --------------------------------------------------------------------------------------------------- */

static bool holds_zero(struct rs_interval i) { return !(i.lower > 0) && !(i.upper < 0); }

const char *rs_trend_verdict(double before, struct rs_interval before_interval, double now,
                             struct rs_interval now_interval, struct rs_interval change) {
    if (isnan(change.lower) || holds_zero(change)) return "not distinguishable";
    if (before * now < 0 && !holds_zero(before_interval) && !holds_zero(now_interval)) return "reversed";
    if (fabs(now) >= fabs(before)) return "widened";
    return holds_zero(now_interval) ? "closed" : "narrowed";
}

static int by_time(const void *a, const void *b) {
    const struct rs_trend_point *x = a, *y = b;
    if (x->gap != y->gap) return x->gap < y->gap ? -1 : 1;
    int c = rs_compare(x->period, y->period);
    return c ? c : y->runs_back - x->runs_back;
}

static void say_change(const struct rs_trend_point *p, const struct rs_trend_point *before, struct rs_arena *arena,
                       struct rs_view *row) {
    if (!before) row[TREND_verdict] = RS_LIT("first point");
    else if (p->suppressed || before->suppressed) row[TREND_verdict] = RS_LIT("withheld");
    else if (!rs_eq(p->reference, before->reference)) row[TREND_verdict] = RS_LIT("reference changed");
    else {
        struct rs_interval i = rs_difference(p->value, p->interval, before->value, before->interval, 0);
        row[TREND_change] = rs_arena_real(arena, p->value - before->value);
        row[TREND_change_lower] = rs_arena_real(arena, i.lower);
        row[TREND_change_upper] = rs_arena_real(arena, i.upper);
        row[TREND_change_method] = RS_LIT("independent");
        row[TREND_verdict] = rs_cstr(rs_trend_verdict(before->value, before->interval, p->value, p->interval, i));
    }
}

static void emit(const struct rs_trend *t, const struct rs_trend_point *p, const struct rs_trend_point *before,
                 int64_t place, struct rs_batch *batch) {
    struct rs_arena *arena = &batch->arena;
    struct rs_view row[TREND_COLUMNS] = {{0}}, rest = rs_cstr(t->gaps.names[p->gap]);
    row[TREND_measure] = rs_split(&rest, RS_BETWEEN);
    row[TREND_dimension] = rs_split(&rest, RS_BETWEEN);
    row[TREND_stratum] = rs_split(&rest, RS_BETWEEN);
    row[TREND_estimator] = rest;
    row[TREND_point] = rs_arena_long(arena, place);
    row[TREND_period] = p->period;
    row[TREND_runs_back] = rs_arena_long(arena, p->runs_back);
    row[TREND_suppressed] = p->suppressed ? RS_LIT("Y") : RS_LIT("N");
    row[TREND_suppression_reason] = p->suppressed ? p->reason : RS_NULL;
    if (!p->suppressed) {
        row[TREND_reference] = p->reference;
        row[TREND_rate] = rs_arena_real(arena, p->rate);
        row[TREND_gap] = rs_arena_real(arena, p->value);
        row[TREND_gap_lower] = rs_arena_real(arena, p->interval.lower);
        row[TREND_gap_upper] = rs_arena_real(arena, p->interval.upper);
        row[TREND_flags] = p->flags;
    }
    say_change(p, before, arena, row);
    struct rs_view key[] = {row[TREND_measure], row[TREND_period], row[TREND_dimension], row[TREND_stratum],
                            row[TREND_estimator], row[TREND_point]};
    row[TREND_trend_key] = rs_key_text(arena, rs_hash_key(key, 6));
    rs_batch_emit(batch, RS_SINK_TREND, &rs_layout_trend, row);
}

bool rs_trend_publish(struct rs_trend *t, struct rs_run *run, struct rs_batch *batch, struct rs_error *error) {
    int runs_back = 0;
    t->of_this_run = t->gaps.n;
    for (size_t i = 0; i < run->n_priors; i++)
        if (!read_one(t, run, run->priors[i], &runs_back, error)) return false;
    if (t->n) qsort(t->point, t->n, sizeof *t->point, by_time);
    int64_t place = 0;
    for (size_t i = 0; i < t->n; i++) {
        bool first = i == 0 || t->point[i - 1].gap != t->point[i].gap;
        place = first ? 1 : place + 1;
        emit(t, &t->point[i], first ? NULL : &t->point[i - 1], place, batch);
    }
    return true;
}

void rs_trend_free(struct rs_trend *t) {
    rs_names_free(&t->gaps);
    free(t->point);
    rs_arena_free(&t->arena);
    *t = (struct rs_trend){.n = 0};
}
