/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Why it exists: a gap is a comparison, and it has to carry the error of both sides and their covariance. */
#include <math.h>
#include <string.h>
#include "estimate.h"

static bool blank(const struct rs_estimates *all, const struct rs_estimate *e) {
    return all->table.cells[e->cell].suppressed;
}

/* The stratum compared with: the one named, else the largest that is not a missing reason. In race_ethnicity the size
 * is that of reported and imputed together, so that every estimator has the same reference. NULL where there is none.
 */
static const char *reference_name(const struct rs_estimates *all, enum rs_dimension d, const char *named) {
    const struct rs_estimate *best = NULL;
    for (size_t i = 0; i < all->n; i++) {
        const struct rs_estimate *e = &all->e[i];
        if (e->dimension != d || e->missing) continue;
        if (named && strcmp(e->stratum, named) == 0) return e->stratum;
        if (d == RS_RACE && e->estimator != RS_WEIGHTED) continue;
        if (!best || e->n > best->n) best = e;
    }
    return named || !best ? NULL : best->stratum;
}

static const struct rs_estimate *find(const struct rs_estimates *all, enum rs_dimension d, enum rs_estimator estimator,
                                      const char *stratum) {
    for (size_t i = 0; i < all->n; i++) {
        const struct rs_estimate *e = &all->e[i];
        if (e->dimension == d && e->estimator == estimator && strcmp(e->stratum, stratum) == 0) return e;
    }
    return NULL;
}

double rs_estimates_covariance(const struct rs_estimates *all, const struct rs_estimate *a,
                               const struct rs_estimate *b) {
    bool crossed = a->dimension >= RS_BUILT_IN;
    if (all->series->about->kind != RS_PROPORTION)
        return a->estimator == RS_OLS && !crossed ? all->linear.v[a->group][b->group] : 0;
    if (crossed && (!a->fit || a->fit != b->fit)) return 0; /* not fitted together */
    const struct rs_race_fit *f = crossed ? &all->crossed[a->fit - 1] : &all->race;
    if (a->estimator == RS_OLS) return f->ols.v[a->fit_group][b->fit_group];
    if (a->estimator == RS_THRESHOLD) return f->threshold.v[a->fit_group][b->fit_group];
    if (a->estimator == RS_BIRDIE) return f->birdie.v[a->fit_group][b->fit_group];
    if (a->estimator == RS_WEIGHTED) return f->birdie.weighted_v[a->fit_group][b->fit_group];
    if (a->estimator == RS_MULTIPLE) return f->multiple.v[a->fit_group][b->fit_group];
    return 0; /* counted: different persons */
}

static void compare(const struct rs_estimates *all, struct rs_estimate *e, const struct rs_estimate *r) {
    e->reference = r;
    if (e == r) return;
    e->difference = e->rate - r->rate;
    e->ratio = r->rate > 0 ? e->rate / r->rate : NAN;
    /* sharp: see bounds.h */
    e->difference_bounds = (struct rs_interval){e->bounds.lower - r->bounds.upper, e->bounds.upper - r->bounds.lower};
    if (isnan(e->interval.lower) || isnan(r->interval.lower)) return;
    double va = e->se * e->se, vb = r->se * r->se, cov = rs_estimates_covariance(all, e, r);
    double rho = va > 0 && vb > 0 ? cov / sqrt(va * vb) : 0;
    if (all->series->about->kind == RS_PROPORTION) {
        e->difference_interval = rs_difference(e->rate, e->interval, r->rate, r->interval, rho);
    } else { /* not between -1 and 1 */
        double se = sqrt(fmax(0, va + vb - 2 * cov));
        e->difference_interval = (struct rs_interval){e->difference - RS_Z95 * se, e->difference + RS_Z95 * se};
    }
    /* the delta method stands on the two standard errors */
    if (!((e->flags | r->flags) & RS_BOUNDARY)) e->ratio_interval = rs_ratio(e->rate, r->rate, va, vb, cov, RS_Z95);
}

/* Whether estimators published for one group say opposite things about its gap. */
static void flag_signs(struct rs_estimates *all) {
    for (int g = 0; g < RS_GROUPS; g++) {
        bool up = false, down = false;
        for (size_t i = 0; i < all->n; i++) {
            const struct rs_estimate *e = &all->e[i];
            if (e->group != g || isnan(e->difference)) continue;
            up |= e->difference > 0;
            down |= e->difference < 0;
        }
        for (size_t i = 0; up && down && i < all->n; i++)
            if (all->e[i].group == g && !isnan(all->e[i].difference)) all->e[i].flags |= RS_SIGN_DISAGREES;
    }
}

/* NaN stays NaN. */
static double at_least_0(double share) { return share < 0 ? 0 : share; }

/* Of everyone in the denominator: reported, imputed, neither. Sums of rows that are shown, so that nothing can be worked
 * out from them that could not be from those. */
static void share_everyone(struct rs_estimates *all) {
    double reported = 0, combined = 0;
    bool any = false;
    struct rs_estimate *everyone = &all->e[0];
    for (size_t i = 0; i < all->n; i++) {
        const struct rs_estimate *e = &all->e[i];
        if (e->dimension != RS_RACE || e->missing) continue;
        if (e->estimator == RS_SELF_REPORT) reported += blank(all, e) ? NAN : e->n;
        if (e->estimator == RS_BIRDIE) combined += blank(all, e) ? NAN : e->n;
        any |= e->estimator == RS_BIRDIE;
    }
    if (!any || blank(all, everyone) || !(everyone->n > 0)) return;
    everyone->unknown_share = at_least_0(1 - combined / everyone->n);
    everyone->direct_share = reported / everyone->n;
    everyone->indirect_share = at_least_0((combined - reported) / everyone->n);
}

void rs_estimates_compare(struct rs_estimates *all, const struct rs_settings *settings) {
    const struct rs_estimate *references[RS_DIMENSIONS][RS_ESTIMATORS] = {{0}};
    for (int d = RS_RACE; d < RS_DIMENSIONS; d++) {
        const char *name = reference_name(all, (enum rs_dimension)d, settings->reference[d]);
        for (int k = 0; name && k < RS_ESTIMATORS; k++)
            references[d][k] = find(all, (enum rs_dimension)d, (enum rs_estimator)k, name);
    }
    for (size_t i = 0; i < all->n; i++) {
        struct rs_estimate *e = &all->e[i];
        const struct rs_estimate *r = references[e->dimension][e->estimator];
        if (!r || blank(all, r) || blank(all, e) || (e->dimension == RS_RACE && e->missing)) continue;
        compare(all, e, r);
    }
    flag_signs(all);
    /* n times the direct share is the reported count: not beside a self-report row that is blank */
    for (size_t i = 0; i < all->n; i++) {
        struct rs_estimate *e = &all->e[i];
        if (isnan(e->direct_share) || e->estimator == RS_SELF_REPORT || e->missing) continue;
        const struct rs_estimate *own = find(all, e->dimension, RS_SELF_REPORT, e->stratum);
        if (own && blank(all, own)) e->direct_share = e->indirect_share = NAN;
    }
    share_everyone(all);
}
