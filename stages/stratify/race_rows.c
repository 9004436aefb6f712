/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Why it exists: rates of the six groups are fitted several ways, of everybody and within each stratum of an intersection
 * alike. */
#include <math.h>
#include "estimate_parts.h"
#include "rubin.h"

struct table {
    struct rs_estimates *out;
    const struct rs_race_fit *fit;
    const struct rs_settings *settings;
    enum rs_dimension dimension;
    uint32_t number; /* rs_estimate.fit */
};

/* ---- rates ---------------------------------------------------------------------------------------------------- */

static void edge_interval(struct rs_estimate *e, struct rs_interval i) {
    e->interval = i;
    e->method = isnan(i.lower) ? NULL : "score";
}

/* Of groups near 0 and 1, NaN of the others. */
static bool edge_intervals(const struct rs_sample *sample, const struct rs_birdie_fit *fit,
                           struct rs_interval out[RS_GROUPS], struct rs_error *error) {
    bool near[RS_GROUPS];
    for (int g = 0; g < RS_GROUPS; g++) near[g] = fit->n[g] > 0 && rs_near_boundary(fit->rate[g], fit->v[g][g]);
    return rs_boundary_intervals(sample, fit, near, RS_Z95, out, error);
}

/* A new row of the group, whose numbers are still missing. */
static struct rs_estimate *add_row(const struct table *t, enum rs_estimator estimator, const struct rs_race_row *row) {
    struct rs_estimate *e = rs_estimate_add(t->out, t->dimension, estimator, row->stratum);
    e->group = t->dimension == RS_RACE ? row->group : -1;
    e->fit = t->number;
    e->fit_group = row->group;
    e->cell = row->cell;
    return e;
}

static void add_imputed(const struct table *t, enum rs_estimator estimator, const struct rs_race_row *row) {
    const struct rs_birdie_fit *fit = &t->fit->birdie;
    struct rs_estimate *e = add_row(t, estimator, row);
    int g = row->group;
    double variance = estimator == RS_BIRDIE ? fit->v[g][g] : fit->weighted_v[g][g];
    e->n = fit->n[g];
    e->rate = estimator == RS_BIRDIE ? fit->rate[g] : fit->weighted[g];
    e->x = e->n * e->rate;
    e->direct_share = row->direct_n / e->n;
    e->indirect_share = 1 - e->direct_share;
    e->lambda = fit->lambda[g];
    if (estimator == RS_BIRDIE) e->bounds = (struct rs_interval){t->fit->bounds.lower[g], t->fit->bounds.upper[g]};
    bool usable = variance > 0 && e->rate > 0 && e->rate < 1;
    e->se = usable ? sqrt(variance) : NAN;
    e->n_eff = usable ? e->rate * (1 - e->rate) / variance : NAN;
    if (estimator == RS_BIRDIE) e->information = isnan(e->n_eff) ? NAN : fmin(1, e->n_eff / e->n);
    e->interval = usable ? rs_wilson(e->rate * e->n_eff, e->n_eff, RS_Z95) : (struct rs_interval){NAN, NAN};
    e->method = usable ? "wilson_n_eff" : NULL;
    /* below one effective success or failure the normal theory behind the standard error says nothing */
    if (!usable || e->n_eff * fmin(e->rate, 1 - e->rate) < 1) e->flags |= RS_BOUNDARY;
    if (estimator == RS_BIRDIE && rs_near_boundary(fit->rate[g], fit->v[g][g])) edge_interval(e, t->fit->near_edge[g]);
    if (fit->lambda[g] < t->settings->low_information) e->flags |= RS_LOW_INFORMATION;
    if (estimator == RS_BIRDIE && !fit->converged) e->flags |= RS_NOT_CONVERGED;
    double least = t->settings->minimum_cell;
    if ((e->x > 0 && e->x < least) || (e->n - e->x > 0 && e->n - e->x < least) || rs_effective_number(e->rate, e->n_eff, e->interval) < least)
        t->out->table.cells[row->cell].also_small = true;
}

/* From 1 to one less than the minimum. */
static bool is_small(double n, const struct rs_settings *settings) {
    return rs_small_count(n, settings->minimum_cell);
}

/* Whether an estimate of a group says a small number: another one's are enough to show the group, this one has no row. */
static bool says_small(const struct rs_estimate *e, const struct rs_settings *settings) {
    return is_small(e->x, settings) || is_small(e->n - e->x, settings) || is_small(e->n_eff, settings);
}

/* Numbers of their own beside the same denominator. Of threshold, whose denominator is another, a rate alone. */
static void add_beside(const struct table *t, enum rs_estimator estimator, const struct rs_race_row *row) {
    const struct rs_race_fit *fit = t->fit;
    const struct rs_group_rates *rates = estimator == RS_OLS ? &fit->ols : &fit->threshold;
    int g = row->group;
    double variance = rates->v[g][g], rate = rates->rate[g];
    if (isnan(rate)) return;
    struct rs_estimate *e = add_row(t, estimator, row);
    if (estimator == RS_THRESHOLD) e->cell = row->threshold_cell;
    bool inside = rate > 0 && rate < 1 && variance > 0;
    e->rate = rate;
    e->n = estimator == RS_OLS ? fit->birdie.n[g] : NAN;
    e->x = e->n * rate;
    e->direct_share = estimator == RS_OLS ? row->direct_n / e->n : NAN;
    e->se = variance > 0 ? sqrt(variance) : NAN;
    e->n_eff = inside && estimator == RS_OLS ? rate * (1 - rate) / variance : NAN;
    e->interval = (struct rs_interval){rate - RS_Z95 * e->se, rate + RS_Z95 * e->se};
    e->method = variance > 0 ? "normal" : NULL;
    if (!inside) e->flags |= RS_BOUNDARY;
    if (fit->birdie.lambda[g] < t->settings->low_information) e->flags |= RS_LOW_INFORMATION;
    if (says_small(e, t->settings)) t->out->n--;
}

/* Several completed data sets: see multiple.h. */
static void add_multiple(const struct table *t, const struct rs_race_row *row) {
    const struct rs_multiple *m = &t->fit->multiple;
    const struct rs_birdie_fit *fit = &t->fit->birdie;
    int g = row->group;
    if (!m->made || isnan(m->rate[g])) return;
    struct rs_estimate *e = add_row(t, RS_MULTIPLE, row);
    e->n = fit->n[g];
    e->rate = m->rate[g];
    e->x = e->n * e->rate;
    e->lambda = fit->lambda[g];
    e->information = 1 - m->fmi[g];
    if (fit->lambda[g] < t->settings->low_information) e->flags |= RS_LOW_INFORMATION;
    rs_logit_interval(e, sqrt(m->v[g][g]), rs_t_quantile(.95, fmax(1, m->df[g])), "rubin_logit");
    if (rs_effective_events(fit->rate[g], fit->v[g][g]) < 1) e->flags |= RS_BOUNDARY;
    /* the data sets spread as the fit's standard error says, which near 0 and 1 is not how far off it may be */
    struct rs_interval near = t->fit->near_edge[g];
    if (!isnan(near.lower))
        edge_interval(e, (struct rs_interval){fmin(near.lower, e->rate), fmax(near.upper, e->rate)});
    if (says_small(e, t->settings)) t->out->n--;
}

uint32_t rs_threshold_cell(struct rs_estimates *out, const struct rs_race_fit *fit, const struct rs_race_row *row,
                           uint32_t relation, const struct rs_settings *settings) {
    double n = fit->threshold.n[row->group], x = round(n * fit->threshold.rate[row->group]);
    if (!(n > 0)) return RS_NO_CELL;
    uint32_t cell = rs_cells_add(&out->table, n, x, true);
    rs_cells_term(&out->table, relation, cell, -1);
    /* beside those who reported they give the imputed */
    out->table.cells[cell].also_small = rs_any_small(n - row->direct_n, x - row->direct_x, settings->minimum_cell);
    return cell;
}

bool rs_threshold_with_group(struct rs_estimates *all) {
    const struct rs_small_cell *group = NULL;
    bool more = false;
    for (size_t i = 0; i < all->n; i++) {
        struct rs_small_cell *cell = &all->table.cells[all->e[i].cell];
        if (all->e[i].estimator == RS_BIRDIE) group = cell;
        if (all->e[i].estimator != RS_THRESHOLD || !group->suppressed || cell->suppressed) continue;
        cell->goes_along = true;
        more = true;
    }
    return more;
}

/* ---- the fit, and its rows ------------------------------------------------------------------------------------------ */

bool rs_race_fit(const struct rs_sample *sample, uint64_t seed, int replicates, struct rs_race_fit *out,
                 struct rs_error *error) {
    const struct rs_moments *m = &out->birdie.moments;
    *out = (struct rs_race_fit){.multiple = {.made = false}};
    return rs_birdie(sample, &out->birdie, error) && edge_intervals(sample, &out->birdie, out->near_edge, error) &&
           rs_ols(sample, m, &out->ols, error) && rs_threshold(sample, m, &out->threshold, error) &&
           rs_bounds(sample, m, &out->bounds, error) &&
           (!replicates || rs_multiple(sample, &out->birdie, seed, replicates, &out->multiple, error));
}

void rs_race_rows(struct rs_estimates *out, enum rs_dimension d, const struct rs_race_fit *fit, uint32_t number,
                  const struct rs_race_row *row, const struct rs_settings *settings) {
    struct table t = {.out = out, .fit = fit, .settings = settings, .dimension = d, .number = number};
    add_imputed(&t, RS_BIRDIE, row);
    add_imputed(&t, RS_WEIGHTED, row);
    add_beside(&t, RS_OLS, row);
    if (row->threshold_cell != RS_NO_CELL) add_beside(&t, RS_THRESHOLD, row);
    add_multiple(&t, row);
}
