/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Why it exists: turns what was counted of one measure and period into rates, and says how their cells hang together.
 */
#include "estimate_parts.h"
#include <ctype.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

const char *const rs_estimator_names[RS_ESTIMATORS] = {"observed", "self_report", "birdie", "weighted"};

/* ---- strata in the order in which they are written ------------------------------------------------------------- */

/* Missing reasons are upper case (NOT_ASKED), strata are not; the six groups of race_ethnicity come by number. */
static bool is_missing(enum rs_dimension d, uint32_t number, const char *name) {
    if (d == RS_RACE) return number >= RS_GROUPS;
    if (strcmp(name, "MISSING") == 0) return true;
    if (d == RS_SEX) return strcmp(name, "unknown") == 0;
    return d == RS_LANGUAGE && isupper((unsigned char)name[0]);
}

static int by_name(const void *a, const void *b) {
    const struct rs_stratum *x = a, *y = b;
    if (x->missing != y->missing) return x->missing - y->missing;
    return strcmp(x->name, y->name);
}

static int by_count(const void *a, const void *b) {
    const struct rs_stratum *x = a, *y = b;
    if (x->missing != y->missing) return x->missing - y->missing;
    if (x->count.n != y->count.n) return x->count.n < y->count.n ? 1 : -1;
    return strcmp(x->name, y->name);
}

struct rs_stratum *rs_strata_of(const struct rs_series *series, const struct rs_strata *strata, enum rs_dimension d,
                                size_t *n) {
    const struct rs_counts *counts = &series->by[d];
    struct rs_stratum *list = rs_alloc((counts->n + 1) * sizeof *list);
    *n = 0;
    for (uint32_t i = 0; i < counts->n; i++) {
        if (!counts->c[i].n) continue;
        const char *name = strata->names[d].names[i];
        list[(*n)++] = (struct rs_stratum){name, i, counts->c[i], is_missing(d, i, name)};
    }
    /* the six groups keep their order, which is that of the tables; what is missing follows by name */
    size_t first = 0;
    while (d == RS_RACE && first < *n && !list[first].missing) first++;
    if (*n > first) qsort(list + first, *n - first, sizeof *list, by_name);
    return list;
}

/* The most frequent languages stay, the others become one. */
static void pool_languages(struct rs_stratum *list, size_t *n, size_t keep) {
    size_t named = 0;
    qsort(list, *n, sizeof *list, by_count);
    while (named < *n && !list[named].missing) named++;
    if (named > keep) {
        struct rs_stratum other = {.name = "other"};
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

struct rs_estimate *rs_estimate_add(struct rs_estimates *out, enum rs_dimension d, enum rs_estimator estimator,
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

struct rs_estimate *rs_estimate_add_counted(struct rs_estimates *out, enum rs_dimension d, enum rs_estimator estimator,
                                            const struct rs_stratum *s) {
    struct rs_estimate *e = rs_estimate_add(out, d, estimator, s->name);
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

/* ---- how the cells hang together ------------------------------------------------------------------------------- */

/* all = sum of strata, for a dimension that is counted only. */
static void make_dimension(struct rs_estimates *out, const struct rs_strata *strata, enum rs_dimension d, uint32_t all,
                           const struct rs_settings *settings) {
    size_t n;
    struct rs_stratum *list = rs_strata_of(out->series, strata, d, &n);
    if (d == RS_LANGUAGE) pool_languages(list, &n, settings->languages);
    uint32_t relation = rs_cells_relation(&out->table);
    rs_cells_term(&out->table, relation, all, 1);
    for (size_t i = 0; i < n; i++)
        rs_cells_term(&out->table, relation, rs_estimate_add_counted(out, d, RS_OBSERVED, &list[i])->cell, -1);
    free(list);
}

bool rs_estimates_make(struct rs_estimates *out, struct rs_series *series, const struct rs_strata *strata,
                       const struct rs_settings *settings, struct rs_error *error) {
    *out = (struct rs_estimates){.series = series};
    struct rs_stratum everyone = {.name = "all", .count = series->by[RS_ALL].c[0]};
    uint32_t all = rs_estimate_add_counted(out, RS_ALL, RS_OBSERVED, &everyone)->cell;
    out->table.cells[all].total = true;
    if (!rs_estimate_race(out, strata, all, settings, error)) return false;
    for (int d = RS_LANGUAGE; d < RS_DIMENSIONS; d++) make_dimension(out, strata, (enum rs_dimension)d, all, settings);
    return rs_suppress(&out->table, settings->minimum_cell, error);
}

void rs_estimates_free(struct rs_estimates *e) {
    free(e->e);
    rs_cells_free(&e->table);
    *e = (struct rs_estimates){0};
}
