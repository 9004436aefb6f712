/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Why it exists: race_ethnicity is the one dimension that is partly imputed, so its rates are fitted, not only counted,
 * and its cells hang together in more ways. */
#include <stdlib.h>
#include "estimate_parts.h"

static bool fit_groups(struct rs_estimates *out, const struct rs_series *series, const struct rs_settings *settings,
                       struct rs_error *error) {
    struct rs_sample sample = {.imputed = &series->imputed, .threads = settings->threads};
    for (uint32_t g = 0; g < RS_GROUPS && g < series->by[RS_RACE].n; g++) {
        double n = (double)series->by[RS_RACE].c[g].n, x = (double)series->by[RS_RACE].c[g].x;
        sample.direct[g] = (struct rs_direct){.n = n, .x = x, .nn = n, .nx = x, .xx = x};
    }
    return rs_race_fit(&sample, rs_series_seed(series, RS_RACE), settings->replicates, &out->race, error);
}

/* ---- how the cells hang together ------------------------------------------------------------------------------- */

/* A missing stratum is partly imputed, partly excluded (in practice wholly one of them): hidden cells. */
static void split_missing(struct rs_estimates *out, const struct rs_stratum *s, uint32_t cell, uint32_t sum_imputed,
                          uint32_t sum_excluded) {
    const struct rs_counts *excluded = &out->series->excluded;
    struct rs_count e = s->number < excluded->n ? excluded->c[s->number] : (struct rs_count){0};
    struct rs_cells *t = &out->table;
    uint32_t gone = rs_cells_add(t, (double)e.n, (double)e.x, false);
    uint32_t imputed = rs_cells_add(t, (double)(s->count.n - e.n), (double)(s->count.x - e.x), false);
    uint32_t relation = rs_cells_relation(t);
    rs_cells_term(t, relation, cell, 1);
    rs_cells_term(t, relation, gone, -1);
    rs_cells_term(t, relation, imputed, -1);
    rs_cells_term(t, sum_imputed, imputed, -1);
    rs_cells_term(t, sum_excluded, gone, -1);
}

/* Reported by group, missing by reason, and the two together:
 *   all = reported groups + missing strata          all = combined groups + excluded
 *   all = persons in their likeliest group + excluded
 *   combined = reported + imputed, for each group   imputed = sum of imputed groups = sum of imputed missing strata */
bool rs_estimate_race(struct rs_estimates *out, const struct rs_strata *strata, uint32_t all,
                      const struct rs_settings *settings, struct rs_error *error) {
    struct rs_cells *t = &out->table;
    if (!fit_groups(out, out->series, settings, error)) return false;
    const struct rs_birdie_fit *fit = &out->race.birdie;
    size_t n;
    struct rs_stratum *list = rs_strata_of(out->series, strata, RS_RACE, &n);
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
             sum_imputed = rs_cells_relation(t), sum_excluded = rs_cells_relation(t), likeliest = rs_cells_relation(t);
    rs_cells_term(t, by_report, all, 1);
    rs_cells_term(t, combined, all, 1);
    rs_cells_term(t, combined, excluded, -1);
    rs_cells_term(t, likeliest, all, 1);
    rs_cells_term(t, likeliest, excluded, -1);
    rs_cells_term(t, parts, imputed, 1);
    rs_cells_term(t, sum_imputed, imputed, 1);
    rs_cells_term(t, sum_excluded, excluded, 1);

    for (int g = 0; g < RS_GROUPS; g++) {
        const struct rs_stratum *s = NULL;
        for (size_t i = 0; i < n; i++)
            if (list[i].number == (uint32_t)g) s = &list[i];
        double direct_n = s ? (double)s->count.n : 0, direct_x = s ? (double)s->count.x : 0;
        uint32_t reported = 0;
        if (s) {
            struct rs_estimate *e = rs_estimate_add_counted(out, RS_RACE, RS_SELF_REPORT, s);
            e->group = g;
            reported = e->cell;
            rs_cells_term(t, by_report, reported, -1);
        }
        if (!(fit->n[g] > 0)) continue;
        double together_n = fit->n[g], together_x = together_n * fit->weighted[g];
        uint32_t cell = rs_cells_add(t, together_n, together_x, true);
        uint32_t part = rs_cells_add(t, together_n - direct_n, together_x - direct_x, false);
        uint32_t relation = rs_cells_relation(t);
        rs_cells_term(t, relation, cell, 1);
        if (s) rs_cells_term(t, relation, reported, -1);
        rs_cells_term(t, relation, part, -1);
        rs_cells_term(t, combined, cell, -1);
        rs_cells_term(t, parts, part, -1);
        struct rs_race_row row = {rs_group_names[g], g, cell, direct_n, direct_x, RS_NO_CELL};
        row.threshold_cell = rs_threshold_cell(out, &out->race, &row, likeliest, settings);
        rs_race_rows(out, RS_RACE, &out->race, 0, &row, settings);
    }
    for (size_t i = 0; i < n; i++) {
        if (!list[i].missing) continue;
        struct rs_estimate *e = rs_estimate_add_counted(out, RS_RACE, RS_OBSERVED, &list[i]);
        rs_cells_term(t, by_report, e->cell, -1);
        split_missing(out, &list[i], e->cell, sum_imputed, sum_excluded);
    }
    free(list);
    return true;
}
