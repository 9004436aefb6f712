/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Why it exists: turns what was counted of one measure and period into rates, and says how their cells hang together.
 */
#include "estimate.h"
#include <ctype.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

const char *const rs_estimator_names[RS_ESTIMATORS] = {"observed", "self_report", "birdie", "weighted"};

/* ---- strata in the order in which they are written ------------------------------------------------------------- */

struct stratum {
    const char *name;
    uint32_t number;
    struct rs_count count;
    bool missing;
};

/* Missing reasons are upper case (NOT_ASKED), strata are not; the six groups of race_ethnicity come by number. */
static bool is_missing(enum rs_dimension d, uint32_t number, const char *name) {
    if (d == RS_RACE) return number >= RS_GROUPS;
    if (strcmp(name, "MISSING") == 0) return true;
    if (d == RS_SEX) return strcmp(name, "unknown") == 0;
    return d == RS_LANGUAGE && isupper((unsigned char)name[0]);
}

static int by_name(const void *a, const void *b) {
    const struct stratum *x = a, *y = b;
    if (x->missing != y->missing) return x->missing - y->missing;
    return strcmp(x->name, y->name);
}

static int by_count(const void *a, const void *b) {
    const struct stratum *x = a, *y = b;
    if (x->missing != y->missing) return x->missing - y->missing;
    if (x->count.n != y->count.n) return x->count.n < y->count.n ? 1 : -1;
    return strcmp(x->name, y->name);
}

/* Strata of a dimension with anyone in the denominator; the caller frees. */
static struct stratum *strata_of(const struct rs_series *series, const struct rs_strata *strata, enum rs_dimension d,
                                 size_t *n) {
    const struct rs_counts *counts = &series->by[d];
    struct stratum *list = rs_alloc((counts->n + 1) * sizeof *list);
    *n = 0;
    for (uint32_t i = 0; i < counts->n; i++) {
        if (!counts->c[i].n) continue;
        const char *name = strata->names[d].names[i];
        list[(*n)++] = (struct stratum){name, i, counts->c[i], is_missing(d, i, name)};
    }
    /* the six groups keep their order, which is that of the tables; what is missing follows by name */
    size_t first = 0;
    while (d == RS_RACE && first < *n && !list[first].missing) first++;
    if (*n > first) qsort(list + first, *n - first, sizeof *list, by_name);
    return list;
}

/* The most frequent languages stay, the others become one. */
static void pool_languages(struct stratum *list, size_t *n, size_t keep) {
    size_t named = 0;
    qsort(list, *n, sizeof *list, by_count);
    while (named < *n && !list[named].missing) named++;
    if (named > keep) {
        struct stratum other = {.name = "other"};
        for (size_t i = keep; i < named; i++) {
            other.count.n += list[i].count.n;
            other.count.x += list[i].count.x;
        }
        list[keep] = other;
        memmove(list + keep + 1, list + named, (*n - named) * sizeof *list);
        *n -= named - keep - 1;
    }
    if (*n) qsort(list, *n, sizeof *list, by_name);
}

/* ---- estimates ------------------------------------------------------------------------------------------------ */

static struct rs_estimate *add(struct rs_estimates *out, enum rs_dimension d, enum rs_estimator estimator,
                               const char *stratum) {
    if (out->n == out->room) {
        out->room = out->room ? 2 * out->room : 64;
        out->e = rs_realloc(out->e, out->room * sizeof *out->e);
    }
    struct rs_estimate *e = &out->e[out->n++];
    *e = (struct rs_estimate){.dimension = d, .estimator = estimator, .stratum = stratum, .group = -1,
                              .direct_share = NAN, .difference = NAN, .ratio = NAN,
                              .difference_interval = {NAN, NAN}, .ratio_interval = {NAN, NAN}};
    return e;
}

static struct rs_estimate *add_counted(struct rs_estimates *out, enum rs_dimension d, enum rs_estimator estimator,
                                       const struct stratum *s) {
    struct rs_estimate *e = add(out, d, estimator, s->name);
    e->n = e->n_eff = (double)s->count.n;
    e->x = (double)s->count.x;
    e->rate = e->x / e->n;
    e->se = sqrt(e->rate * (1 - e->rate) / e->n);
    e->interval = rs_wilson(e->x, e->n, RS_Z95);
    e->method = "wilson";
    e->missing = s->missing;
    e->cell = rs_cells_add(&out->table, e->n, e->x, true);
    if (estimator == RS_SELF_REPORT) e->direct_share = 1;
    return e;
}

static void add_imputed(struct rs_estimates *out, enum rs_estimator estimator, int g, uint32_t cell, double direct_n,
                        const struct rs_settings *settings) {
    const struct rs_birdie_fit *fit = &out->fit;
    struct rs_estimate *e = add(out, RS_RACE, estimator, rs_group_names[g]);
    double variance = estimator == RS_BIRDIE ? fit->v[g][g] : fit->weighted_v[g][g];
    e->group = g;
    e->cell = cell;
    e->n = fit->n[g];
    e->rate = estimator == RS_BIRDIE ? fit->rate[g] : fit->weighted[g];
    e->x = e->n * e->rate;
    e->direct_share = direct_n / e->n;
    bool usable = variance > 0 && e->rate > 0 && e->rate < 1;
    e->se = usable ? sqrt(variance) : NAN;
    e->n_eff = usable ? e->rate * (1 - e->rate) / variance : NAN;
    e->interval = usable ? rs_wilson(e->rate * e->n_eff, e->n_eff, RS_Z95) : (struct rs_interval){NAN, NAN};
    e->method = usable ? "wilson_n_eff" : NULL;
    /* below one effective success or failure the normal theory behind the standard error says nothing */
    if (!usable || e->n_eff * fmin(e->rate, 1 - e->rate) < 1) e->flags |= RS_BOUNDARY;
    if (fit->lambda[g] < settings->low_information) e->flags |= RS_LOW_INFORMATION;
    if (estimator == RS_BIRDIE && !fit->converged) e->flags |= RS_NOT_CONVERGED;
    struct rs_small_cell *c = &out->table.cells[cell];
    double least = settings->minimum_cell;
    if ((e->x > 0 && e->x < least) || (e->n - e->x > 0 && e->n - e->x < least) || (usable && e->n_eff < least))
        c->also_small = true;
}

static bool fit_groups(struct rs_estimates *out, const struct rs_series *series, const struct rs_settings *settings,
                       struct rs_error *error) {
    struct rs_birdie_input input = {.imputed = &series->imputed, .threads = settings->threads};
    for (uint32_t g = 0; g < RS_GROUPS && g < series->by[RS_RACE].n; g++) {
        input.direct_n[g] = (double)series->by[RS_RACE].c[g].n;
        input.direct_x[g] = (double)series->by[RS_RACE].c[g].x;
    }
    return rs_birdie(&input, &out->fit, error);
}

/* ---- how the cells hang together ------------------------------------------------------------------------------- */

static void add_to(struct rs_cells *t, uint32_t relation, uint32_t cell, int sign) {
    rs_cells_term(t, relation, cell, sign);
}

/* all = sum of strata, for a dimension that is counted only. */
static void make_dimension(struct rs_estimates *out, const struct rs_strata *strata, enum rs_dimension d, uint32_t all,
                           const struct rs_settings *settings) {
    size_t n;
    struct stratum *list = strata_of(out->series, strata, d, &n);
    if (d == RS_LANGUAGE) pool_languages(list, &n, settings->languages);
    uint32_t relation = rs_cells_relation(&out->table);
    add_to(&out->table, relation, all, 1);
    for (size_t i = 0; i < n; i++)
        add_to(&out->table, relation, add_counted(out, d, RS_OBSERVED, &list[i])->cell, -1);
    free(list);
}

/* A missing stratum is partly imputed, partly excluded (in practice wholly one of them): hidden cells. */
static void split_missing(struct rs_estimates *out, const struct stratum *s, uint32_t cell, uint32_t sum_imputed,
                          uint32_t sum_excluded) {
    const struct rs_counts *excluded = &out->series->excluded;
    struct rs_count e = s->number < excluded->n ? excluded->c[s->number] : (struct rs_count){0};
    struct rs_cells *t = &out->table;
    uint32_t gone = rs_cells_add(t, (double)e.n, (double)e.x, false);
    uint32_t imputed = rs_cells_add(t, (double)(s->count.n - e.n), (double)(s->count.x - e.x), false);
    uint32_t relation = rs_cells_relation(t);
    add_to(t, relation, cell, 1);
    add_to(t, relation, gone, -1);
    add_to(t, relation, imputed, -1);
    add_to(t, sum_imputed, imputed, -1);
    add_to(t, sum_excluded, gone, -1);
}

/* Reported by group, missing by reason, and the two together:
 *   all = reported groups + missing strata          all = combined groups + excluded
 *   combined = reported + imputed, for each group   imputed = sum of imputed groups = sum of imputed missing strata */
static bool make_race(struct rs_estimates *out, const struct rs_strata *strata, uint32_t all,
                      const struct rs_settings *settings, struct rs_error *error) {
    struct rs_cells *t = &out->table;
    if (!fit_groups(out, out->series, settings, error)) return false;
    size_t n;
    struct stratum *list = strata_of(out->series, strata, RS_RACE, &n);
    struct rs_count gone = {0};
    for (size_t i = 0; i < out->series->excluded.n; i++) {
        gone.n += out->series->excluded.c[i].n;
        gone.x += out->series->excluded.c[i].x;
    }
    const struct rs_count *everyone = &out->series->by[RS_ALL].c[0];
    double imputed_n = (double)(everyone->n - gone.n), imputed_x = (double)(everyone->x - gone.x);
    for (size_t i = 0; i < n && !list[i].missing; i++) {
        imputed_n -= (double)list[i].count.n;
        imputed_x -= (double)list[i].count.x;
    }
    uint32_t excluded = rs_cells_add(t, (double)gone.n, (double)gone.x, false);
    uint32_t imputed = rs_cells_add(t, imputed_n, imputed_x, false);
    uint32_t by_report = rs_cells_relation(t), combined = rs_cells_relation(t), parts = rs_cells_relation(t),
             sum_imputed = rs_cells_relation(t), sum_excluded = rs_cells_relation(t);
    add_to(t, by_report, all, 1);
    add_to(t, combined, all, 1);
    add_to(t, combined, excluded, -1);
    add_to(t, parts, imputed, 1);
    add_to(t, sum_imputed, imputed, 1);
    add_to(t, sum_excluded, excluded, 1);

    for (int g = 0; g < RS_GROUPS; g++) {
        const struct stratum *s = NULL;
        for (size_t i = 0; i < n; i++)
            if (list[i].number == (uint32_t)g) s = &list[i];
        double direct_n = s ? (double)s->count.n : 0, direct_x = s ? (double)s->count.x : 0;
        uint32_t reported = 0;
        if (s) {
            struct rs_estimate *e = add_counted(out, RS_RACE, RS_SELF_REPORT, s);
            e->group = g;
            reported = e->cell;
            add_to(t, by_report, reported, -1);
        }
        if (!(out->fit.n[g] > 0)) continue;
        double together_n = out->fit.n[g], together_x = together_n * out->fit.weighted[g];
        uint32_t cell = rs_cells_add(t, together_n, together_x, true);
        uint32_t part = rs_cells_add(t, together_n - direct_n, together_x - direct_x, false);
        uint32_t relation = rs_cells_relation(t);
        add_to(t, relation, cell, 1);
        if (s) add_to(t, relation, reported, -1);
        add_to(t, relation, part, -1);
        add_to(t, combined, cell, -1);
        add_to(t, parts, part, -1);
        add_imputed(out, RS_BIRDIE, g, cell, direct_n, settings);
        add_imputed(out, RS_WEIGHTED, g, cell, direct_n, settings);
    }
    for (size_t i = 0; i < n; i++) {
        if (!list[i].missing) continue;
        struct rs_estimate *e = add_counted(out, RS_RACE, RS_OBSERVED, &list[i]);
        add_to(t, by_report, e->cell, -1);
        split_missing(out, &list[i], e->cell, sum_imputed, sum_excluded);
    }
    free(list);
    return true;
}

bool rs_estimates_make(struct rs_estimates *out, struct rs_series *series, const struct rs_strata *strata,
                       const struct rs_settings *settings, struct rs_error *error) {
    *out = (struct rs_estimates){.series = series};
    struct stratum everyone = {.name = "all", .count = series->by[RS_ALL].c[0]};
    uint32_t all = add_counted(out, RS_ALL, RS_OBSERVED, &everyone)->cell;
    out->table.cells[all].total = true;
    if (!make_race(out, strata, all, settings, error)) return false;
    for (int d = RS_LANGUAGE; d < RS_DIMENSIONS; d++) make_dimension(out, strata, (enum rs_dimension)d, all, settings);
    return rs_suppress(&out->table, settings->minimum_cell, error);
}

void rs_estimates_free(struct rs_estimates *e) {
    free(e->e);
    rs_cells_free(&e->table);
    *e = (struct rs_estimates){0};
}
