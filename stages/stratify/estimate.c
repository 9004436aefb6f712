/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Why it exists: turns what was counted of one measure and period into rates, and says how their cells hang together.
 */
#include "estimate_parts.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "cells.h"
#include "label.h"

const char *const rs_estimator_names[RS_ESTIMATORS] = {"observed", "self_report", "birdie", "weighted", "ols", "threshold",
                                                         "mi", "complete_case", "response_weighted", "mi_population", "bounds"};

/* ---- strata in the order in which they are written ------------------------------------------------------------- */

static int by_name(const void *a, const void *b) {
    const struct rs_stratum *x = a, *y = b;
    if (x->missing != y->missing) return x->missing - y->missing;
    return strcmp(x->name, y->name);
}

static struct rs_amounts amounts_of(const struct rs_series *series, enum rs_dimension d, uint32_t number) {
    return number < series->n_amounts[d] ? series->amounts[d][number] : (struct rs_amounts){0};
}

struct rs_stratum *rs_strata_of(const struct rs_series *series, const struct rs_strata *strata, enum rs_dimension d,
                                size_t *n) {
    const struct rs_counts *counts = &series->by[d];
    struct rs_stratum *list = rs_alloc((counts->n + 1) * sizeof *list);
    *n = 0;
    for (uint32_t i = 0; i < counts->n; i++) {
        if (!counts->c[i].n) continue;
        const char *name = strata->names[d].names[i];
        list[(*n)++] = (struct rs_stratum){.name = name,
                                             .number = i,
                                             .count = counts->c[i],
                                             .amounts = amounts_of(series, d, i),
                                             .missing = rs_stratum_is_missing(d, i, name)};
    }
    /* the six groups keep their order, which is that of the tables; what is missing follows by name */
    size_t first = 0;
    while (d == RS_RACE && first < *n && !list[first].missing) first++;
    if (*n > first) qsort(list + first, *n - first, sizeof *list, by_name);
    return list;
}

void rs_logit_interval(struct rs_estimate *e, double se, double t, const char *method) {
    double rate = e->rate;
    e->se = se;
    if (!(rate > 0 && rate < 1 && se > 0)) {
        e->flags |= RS_BOUNDARY;
        return;
    }
    double logit = log(rate / (1 - rate)), arm = t * se / (rate * (1 - rate));
    e->n_eff = rate * (1 - rate) / (se * se);
    e->interval = (struct rs_interval){1 / (1 + exp(arm - logit)), 1 / (1 + exp(-arm - logit))};
    e->method = method;
}

uint64_t rs_series_seed(const struct rs_series *s, enum rs_dimension d) {
    struct rs_view parts[] = {s->measure, s->period, rs_cstr(rs_dimension_names[d])};
    struct rs_key key = rs_hash_key(parts, 3);
    uint64_t seed;
    memcpy(&seed, key.b, sizeof seed);
    return seed;
}

void rs_stratum_add(struct rs_stratum *sum, const struct rs_stratum *s) {
    sum->count.n += s->count.n;
    sum->count.x += s->count.x;
    sum->amounts.e += s->amounts.e;
    sum->amounts.a += s->amounts.a;
    sum->amounts.ee += s->amounts.ee;
    sum->amounts.ea += s->amounts.ea;
    sum->amounts.aa += s->amounts.aa;
}

struct rs_stratum *rs_strata_pooled(const struct rs_series *series, const struct rs_strata *strata,
                                    const struct rs_settings *settings, enum rs_dimension d, size_t *n) {
    struct rs_stratum *list = rs_strata_of(series, strata, d, n);
    const char **label = rs_labels(series, strata, settings, d);
    struct rs_names names = {0};
    size_t seen = 0;
    for (size_t i = 0; i < *n; i++) {
        struct rs_stratum one = list[i];
        one.name = label[one.number];
        uint32_t at = rs_name_number(&names, rs_cstr(one.name));
        if (at == seen) list[seen++] = one;
        else rs_stratum_add(&list[at], &one);
    }
    *n = seen;
    if (*n) qsort(list, *n, sizeof *list, by_name);
    rs_names_free(&names);
    free(label);
    return list;
}

/* ---- estimates ------------------------------------------------------------------------------------------------ */

struct rs_estimate *rs_estimate_add(struct rs_estimates *out, enum rs_dimension d, enum rs_estimator estimator,
                                    const char *stratum) {
    if (out->n == out->room) {
        out->room = out->room ? 2 * out->room : 64;
        out->e = rs_realloc(out->e, out->room * sizeof *out->e);
    }
    struct rs_estimate *e = &out->e[out->n++];
    *e = (struct rs_estimate){.dimension = d, .estimator = estimator, .stratum = stratum, .group = -1,
                              .direct_share = NAN, .indirect_share = NAN, .unknown_share = NAN, .lambda = NAN,
                              .information = NAN, .bounds = {NAN, NAN}, .difference_bounds = {NAN, NAN},
                              .difference = NAN, .ratio = NAN, .difference_interval = {NAN, NAN}, .ratio_interval = {NAN, NAN}};
    return e;
}

struct rs_estimate *rs_estimate_add_counted(struct rs_estimates *out, enum rs_dimension d, enum rs_estimator estimator,
                                            const struct rs_stratum *s) {
    struct rs_estimate *e = rs_estimate_add(out, d, estimator, s->name);
    bool proportion = out->series->about->kind == RS_PROPORTION;
    e->n = e->n_eff = (double)s->count.n;
    e->x = (double)s->count.x;
    e->rate = e->x / e->n;
    e->se = sqrt(e->rate * (1 - e->rate) / e->n);
    e->interval = rs_wilson(e->x, e->n, RS_Z95);
    e->method = "wilson";
    e->missing = s->missing;
    /* of rates and means only persons are counts that add up; few of them with any event are few all the same */
    e->cell = rs_cells_add(&out->table, e->n, proportion ? e->x : 0, true);
    out->table.cells[e->cell].also_small = !proportion && e->x > 0 && e->x < 11;
    if (!proportion) rs_amounts_fill(e, out->series->about->kind, s);
    if (estimator == RS_SELF_REPORT) e->direct_share = 1;
    return e;
}

/* ---- how the cells hang together ------------------------------------------------------------------------------- */

/* all = sum of strata, for a dimension that is counted only. */
static void make_dimension(struct rs_estimates *out, const struct rs_strata *strata, enum rs_dimension d, uint32_t all,
                           const struct rs_settings *settings) {
    size_t n;
    struct rs_stratum *list = rs_strata_pooled(out->series, strata, settings, d, &n);
    uint32_t relation = rs_cells_relation(&out->table);
    rs_cells_term(&out->table, relation, all, 1);
    for (size_t i = 0; i < n; i++)
        rs_cells_term(&out->table, relation, rs_estimate_add_counted(out, d, RS_OBSERVED, &list[i])->cell, -1);
    free(list);
    rs_estimate_missing(out, strata, settings, d);
}

/* Blank, but known to who can add up: only so that nobody judges by it. Persons counted whole in a group go by the group. */
static void below_floor(struct rs_estimates *out, double floor) {
    const struct rs_small_cell *group = NULL;
    for (size_t i = 0; i < out->n; i++) {
        const struct rs_estimate *e = &out->e[i];
        struct rs_small_cell *cell = &out->table.cells[e->cell];
        if (e->estimator == RS_BIRDIE) group = cell;
        double n = e->estimator == RS_THRESHOLD ? group->n : cell->n;
        if (!cell->suppressed && n != 0 && n < floor) cell->suppressed = cell->below_floor = true;
    }
}

static bool suppress(struct rs_estimates *out, const struct rs_settings *settings, struct rs_error *error) {
    size_t n;
    struct rs_publication *others = rs_publications_of(settings->published, out, settings->minimum_cell, &n);
    bool good;
    do good = rs_suppress_beside(&out->table, others, n, settings->minimum_cell, error);
    while (good && rs_threshold_with_group(out));
    rs_publications_free(others, n);
    return good;
}

bool rs_estimates_make(struct rs_estimates *out, struct rs_series *series, const struct rs_strata *strata,
                       const struct rs_settings *settings, struct rs_error *error) {
    *out = (struct rs_estimates){.series = series, .strata = strata};
    struct rs_stratum everyone = {
        .name = "all", .count = series->by[RS_ALL].c[0], .amounts = amounts_of(series, RS_ALL, 0)};
    uint32_t all = rs_estimate_add_counted(out, RS_ALL, RS_OBSERVED, &everyone)->cell;
    out->table.cells[all].total = true;
    if (series->about->kind != RS_PROPORTION) rs_estimate_race_amounts(out, strata, all, settings);
    else if (!rs_estimate_race(out, strata, all, settings, error)) return false;
    for (int d = RS_LANGUAGE; d < RS_BUILT_IN; d++) {
        bool of_2024 = d == RS_RACE_2024 || d == RS_RACE_2024_ANY;
        if (!of_2024 && rs_dimension_used(strata, (enum rs_dimension)d))
            make_dimension(out, strata, (enum rs_dimension)d, all, settings);
    }
    rs_estimate_2024(out, strata, all);
    if (!rs_estimate_crossed(out, strata, settings, error) || !suppress(out, settings, error)) return false;
    rs_estimate_missing_shown(out);
    below_floor(out, series->about->floor);
    return true;
}

void rs_estimates_free(struct rs_estimates *e) {
    free(e->e);
    free(e->crossed);
    for (size_t i = 0; e->cells && i < e->n_crossed; i++) rs_crossed_cells_free(&e->cells[i]);
    free(e->cells);
    rs_cells_free(&e->table);
    *e = (struct rs_estimates){0};
}
