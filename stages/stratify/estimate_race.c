/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Why it exists: race_ethnicity is the one dimension that is partly imputed, so its rates are fitted, not only counted,
 * and its cells hang together in more ways. */
#include <math.h>
#include <stdlib.h>
#include "estimate_parts.h"
#include "rubin.h"

/* ---- rates ---------------------------------------------------------------------------------------------------- */

void rs_edge_interval(struct rs_estimate *e, struct rs_interval i) {
    e->interval = i;
    e->method = isnan(i.lower) ? NULL : "score";
}

double rs_effective(const struct rs_estimate *e) {
    double u = e->rate < .5 ? e->interval.upper : 1 - e->interval.lower;
    return isnan(e->n_eff) ? RS_Z95 * RS_Z95 * (1 / u - 1) : e->n_eff;
}

bool rs_edge_intervals(const struct rs_sample *sample, const struct rs_birdie_fit *fit, struct rs_interval out[RS_GROUPS],
                       struct rs_error *error) {
    for (int g = 0; g < RS_GROUPS; g++) {
        out[g] = (struct rs_interval){NAN, NAN};
        if (fit->n[g] > 0 && rs_near_boundary(fit, g) && !rs_boundary_interval(sample, fit, g, RS_Z95, &out[g], error))
            return false;
    }
    return true;
}

static void add_imputed(struct rs_estimates *out, enum rs_estimator estimator, int g, uint32_t cell, double direct_n,
                        const struct rs_settings *settings) {
    const struct rs_birdie_fit *fit = &out->fit;
    struct rs_estimate *e = rs_estimate_add(out, RS_RACE, estimator, rs_group_names[g]);
    double variance = estimator == RS_BIRDIE ? fit->v[g][g] : fit->weighted_v[g][g];
    e->group = g;
    e->cell = cell;
    e->n = fit->n[g];
    e->rate = estimator == RS_BIRDIE ? fit->rate[g] : fit->weighted[g];
    e->x = e->n * e->rate;
    e->direct_share = direct_n / e->n;
    e->indirect_share = 1 - e->direct_share;
    e->lambda = fit->lambda[g];
    if (estimator == RS_BIRDIE) e->bounds = (struct rs_interval){out->bounds.lower[g], out->bounds.upper[g]};
    bool usable = variance > 0 && e->rate > 0 && e->rate < 1;
    e->se = usable ? sqrt(variance) : NAN;
    e->n_eff = usable ? e->rate * (1 - e->rate) / variance : NAN;
    if (estimator == RS_BIRDIE) e->information = isnan(e->n_eff) ? NAN : fmin(1, e->n_eff / e->n);
    e->interval = usable ? rs_wilson(e->rate * e->n_eff, e->n_eff, RS_Z95) : (struct rs_interval){NAN, NAN};
    e->method = usable ? "wilson_n_eff" : NULL;
    /* below one effective success or failure the normal theory behind the standard error says nothing */
    if (!usable || e->n_eff * fmin(e->rate, 1 - e->rate) < 1) e->flags |= RS_BOUNDARY;
    if (estimator == RS_BIRDIE && rs_near_boundary(fit, g)) rs_edge_interval(e, out->near_edge[g]);
    if (fit->lambda[g] < settings->low_information) e->flags |= RS_LOW_INFORMATION;
    if (estimator == RS_BIRDIE && !fit->converged) e->flags |= RS_NOT_CONVERGED;
    struct rs_small_cell *c = &out->table.cells[cell];
    double least = settings->minimum_cell;
    if ((e->x > 0 && e->x < least) || (e->n - e->x > 0 && e->n - e->x < least) || rs_effective(e) < least)
        c->also_small = true;
}

/* From 1 to one less than the minimum. */
static bool is_small(double n, const struct rs_settings *settings) {
    return n > 1e-9 && n < settings->minimum_cell - 1e-9;
}

/* Whether an estimate of a group says a small number: another one's are enough to show the group, this one has no row. */
static bool says_small(const struct rs_estimate *e, const struct rs_settings *settings) {
    return is_small(e->x, settings) || is_small(e->n - e->x, settings) || is_small(e->n_eff, settings);
}

/* Numbers of their own beside the same denominator. What they give away beyond it, the persons counted whole in their
 * likeliest group, is not said: threshold has a rate alone. */
static void add_beside(struct rs_estimates *out, enum rs_estimator estimator, int g, uint32_t cell, double direct_n,
                       const struct rs_settings *settings) {
    const struct rs_group_rates *rates = estimator == RS_OLS ? &out->ols : &out->threshold;
    double variance = rates->v[g][g], rate = rates->rate[g];
    if (isnan(rate)) return;
    struct rs_estimate *e = rs_estimate_add(out, RS_RACE, estimator, rs_group_names[g]);
    bool inside = rate > 0 && rate < 1 && variance > 0;
    e->group = g;
    e->cell = cell;
    e->rate = rate;
    e->n = estimator == RS_OLS ? out->fit.n[g] : NAN;
    e->x = e->n * rate;
    e->direct_share = estimator == RS_OLS ? direct_n / e->n : NAN;
    e->se = variance > 0 ? sqrt(variance) : NAN;
    e->n_eff = inside && estimator == RS_OLS ? rate * (1 - rate) / variance : NAN;
    e->interval = (struct rs_interval){rate - RS_Z95 * e->se, rate + RS_Z95 * e->se};
    e->method = variance > 0 ? "normal" : NULL;
    if (!inside) e->flags |= RS_BOUNDARY;
    if (out->fit.lambda[g] < settings->low_information) e->flags |= RS_LOW_INFORMATION;
    if (says_small(e, settings)) out->n--;
}

/* Several completed data sets: see multiple.h. */
static void add_multiple(struct rs_estimates *out, int g, uint32_t cell, const struct rs_settings *settings) {
    const struct rs_multiple *m = &out->multiple;
    if (!m->made || isnan(m->rate[g])) return;
    struct rs_estimate *e = rs_estimate_add(out, RS_RACE, RS_MULTIPLE, rs_group_names[g]);
    e->group = g;
    e->cell = cell;
    e->n = out->fit.n[g];
    e->rate = m->rate[g];
    e->x = e->n * e->rate;
    e->lambda = out->fit.lambda[g];
    e->information = 1 - m->fmi[g];
    if (out->fit.lambda[g] < settings->low_information) e->flags |= RS_LOW_INFORMATION;
    rs_logit_interval(e, sqrt(m->v[g][g]), rs_t_quantile(.95, fmax(1, m->df[g])), "rubin_logit");
    /* the draws are symmetric on the logit scale, and near 0 and 1 their mean is not where the fit is */
    if (rs_birdie_events(&out->fit, g) < 1) e->flags |= RS_BOUNDARY;
    if (says_small(e, settings)) out->n--;
}

/* Whether the persons counted whole in group g are too few to give a rate of them, alone or beside those who reported. */
static bool threshold_small(const struct rs_estimates *out, int g, double direct_n, double direct_x,
                            const struct rs_settings *settings) {
    double n = out->threshold.n[g], x = n * out->threshold.rate[g], more = n - direct_n, more_x = x - direct_x;
    return is_small(n, settings) || is_small(x, settings) || is_small(n - x, settings) || is_small(more, settings) ||
           is_small(more_x, settings) || is_small(more - more_x, settings);
}

static bool fit_groups(struct rs_estimates *out, const struct rs_series *series, const struct rs_settings *settings,
                       struct rs_error *error) {
    struct rs_sample sample = {.imputed = &series->imputed, .threads = settings->threads};
    for (uint32_t g = 0; g < RS_GROUPS && g < series->by[RS_RACE].n; g++) {
        double n = (double)series->by[RS_RACE].c[g].n, x = (double)series->by[RS_RACE].c[g].x;
        sample.direct[g] = (struct rs_direct){.n = n, .x = x, .nn = n, .nx = x, .xx = x};
    }
    const struct rs_moments *m = &out->fit.moments;
    return rs_birdie(&sample, &out->fit, error) && rs_edge_intervals(&sample, &out->fit, out->near_edge, error) &&
           rs_ols(&sample, m, &out->ols, error) && rs_threshold(&sample, m, &out->threshold, error) &&
           rs_bounds(&sample, m, &out->bounds, error) &&
           (!settings->replicates || rs_multiple(&sample, &out->fit, rs_series_seed(series, RS_RACE),
                                                 settings->replicates, &out->multiple, error));
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
 *   combined = reported + imputed, for each group   imputed = sum of imputed groups = sum of imputed missing strata */
bool rs_estimate_race(struct rs_estimates *out, const struct rs_strata *strata, uint32_t all,
                      const struct rs_settings *settings, struct rs_error *error) {
    struct rs_cells *t = &out->table;
    if (!fit_groups(out, out->series, settings, error)) return false;
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
             sum_imputed = rs_cells_relation(t), sum_excluded = rs_cells_relation(t);
    rs_cells_term(t, by_report, all, 1);
    rs_cells_term(t, combined, all, 1);
    rs_cells_term(t, combined, excluded, -1);
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
        if (!(out->fit.n[g] > 0)) continue;
        double together_n = out->fit.n[g], together_x = together_n * out->fit.weighted[g];
        uint32_t cell = rs_cells_add(t, together_n, together_x, true);
        uint32_t part = rs_cells_add(t, together_n - direct_n, together_x - direct_x, false);
        uint32_t relation = rs_cells_relation(t);
        rs_cells_term(t, relation, cell, 1);
        if (s) rs_cells_term(t, relation, reported, -1);
        rs_cells_term(t, relation, part, -1);
        rs_cells_term(t, combined, cell, -1);
        rs_cells_term(t, parts, part, -1);
        add_imputed(out, RS_BIRDIE, g, cell, direct_n, settings);
        add_imputed(out, RS_WEIGHTED, g, cell, direct_n, settings);
        add_beside(out, RS_OLS, g, cell, direct_n, settings);
        if (!threshold_small(out, g, direct_n, direct_x, settings))
            add_beside(out, RS_THRESHOLD, g, cell, direct_n, settings);
        add_multiple(out, g, cell, settings);
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
