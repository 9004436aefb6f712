/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Why it exists: a difference of rates alone does not say how large a gap is in other units, whether it could be chance
 * among so many, whether so few members could have shown it, and how many members' care would have to change. */
#include <math.h>
#include <stdlib.h>
#include "statement.h"

/* One gap: a group against its reference. */
struct gap {
    const struct rs_shown *s;
    size_t i;
    double p, q, va, vb, cov; /* rates of the group and the reference, their variances and covariance */
};

static struct gap gap_of(const struct rs_shown *s, size_t i) {
    size_t r = s->reference;
    return (struct gap){.s = s,
                        .i = i,
                        .p = s->rate[i],
                        .q = s->rate[r],
                        .va = rs_shown_covariance(s, i, i),
                        .vb = rs_shown_covariance(s, r, r),
                        .cov = rs_shown_covariance(s, i, r)};
}

static double gap_variance(const struct gap *g) { return g->va + g->vb - 2 * g->cov; }

static struct rs_statement about(const struct gap *g, const char *statistic, const char *unit, const char *method) {
    const struct rs_shown *s = g->s;
    return (struct rs_statement){.dimension = s->dimension_name,
                                 .estimator = rs_estimator_names[s->estimator],
                                 .statistic = statistic,
                                 .stratum = s->e[g->i]->stratum,
                                 .reference = s->e[s->reference]->stratum,
                                 .unit = unit,
                                 .method = method,
                                 .value = NAN,
                                 .se = NAN,
                                 .n = s->count[g->i] + s->count[s->reference],
                                 .interval = RS_NO_INTERVAL,
                                 .flags = s->e[g->i]->flags | s->e[s->reference]->flags};
}

static bool inside(double p) { return p > 0 && p < 1; }

static void failures(const struct gap *g, const struct rs_series *series, struct rs_batch *batch) {
    if (!(g->p < 1 && g->q < 1)) return;
    struct rs_statement t = about(g, "ratio_of_failures", "ratio", "log_delta");
    t.value = (1 - g->p) / (1 - g->q);
    t.interval = rs_ratio(1 - g->p, 1 - g->q, g->va, g->vb, g->cov, RS_Z95);
    rs_statement_emit(batch, series, &t);
}

static void odds(const struct gap *g, const struct rs_series *series, struct rs_batch *batch) {
    if (!inside(g->p) || !inside(g->q)) return;
    double a = g->p * (1 - g->p), b = g->q * (1 - g->q);
    double log_se = sqrt(g->va / (a * a) + g->vb / (b * b) - 2 * g->cov / (a * b));
    struct rs_statement t = about(g, "odds_ratio", "ratio", "log_delta");
    t.value = g->p / (1 - g->p) / (g->q / (1 - g->q));
    t.interval = (struct rs_interval){t.value * exp(-RS_Z95 * log_se), t.value * exp(RS_Z95 * log_se)};
    rs_statement_emit(batch, series, &t);
}

/* dh/dp = 1 / sqrt(p (1 - p)): for counts the variance is 1/n1 + 1/n2. */
static void effect_size(const struct gap *g, const struct rs_series *series, struct rs_batch *batch) {
    struct rs_statement t = about(g, "cohen_h", "effect_size", "arcsine");
    if (!(g->p >= 0 && g->p <= 1 && g->q >= 0 && g->q <= 1)) return;
    t.value = rs_cohen_h(g->p, g->q);
    double a = g->p * (1 - g->p), b = g->q * (1 - g->q);
    t.se = sqrt(g->va / a + g->vb / b - 2 * g->cov / sqrt(a * b));
    t.interval = (struct rs_interval){t.value - RS_Z95 * t.se, t.value + RS_Z95 * t.se};
    rs_statement_emit(batch, series, &t);
}

/* Members who carry information: counted, all of them; imputed, lambda times the sum of their probabilities. */
static double informative(const struct rs_estimates *all, const struct rs_estimate *e) {
    bool imputed = (e->group >= 0 || e->fit) && e->estimator != RS_SELF_REPORT && e->estimator != RS_OBSERVED;
    const struct rs_race_fit *f = e->fit ? &all->crossed[e->fit - 1] : &all->race;
    return imputed ? f->birdie.lambda[e->fit ? e->fit_group : e->group] * e->n : e->n;
}

static void detectable(const struct rs_estimates *all, const struct gap *g, struct rs_batch *batch) {
    const struct rs_estimate *e = g->s->e[g->i], *r = g->s->e[g->s->reference];
    struct rs_statement t = about(g, "minimum_detectable_difference", "difference", "two_sided_05_power_80");
    t.value = rs_detectable_difference((e->x + r->x) / (e->n + r->n), informative(all, e), informative(all, r));
    rs_statement_emit(batch, all->series, &t);
}

/* How many members of the group would have to have another result for its rate to be the reference's: above 0, more of
 * them in the numerator. */
static void members_to_close(const struct gap *g, const struct rs_series *series, struct rs_batch *batch) {
    const struct rs_estimate *e = g->s->e[g->i];
    struct rs_statement t = about(g, "members_to_close_gap", "persons", "n_times_difference");
    t.value = e->n * (g->q - g->p);
    t.se = e->n * sqrt(gap_variance(g));
    t.interval = (struct rs_interval){-e->n * e->difference_interval.upper, -e->n * e->difference_interval.lower};
    t.n = e->n;
    rs_statement_emit(batch, series, &t);
}

/* ---- many gaps at once ---------------------------------------------------------------------------------------- */

struct family {
    struct gap *gap;
    size_t n, room;
};

static void remember(struct family *f, const struct gap *g) {
    if (!(gap_variance(g) > 0)) return; /* no standard error, no test */
    if (f->n == f->room) {
        f->room = f->room ? 2 * f->room : 16;
        f->gap = rs_realloc(f->gap, f->room * sizeof *f->gap);
    }
    f->gap[f->n++] = *g;
}

/* Two-sided p of each gap, adjusted over the family. */
static void test_family(struct family *f, const struct rs_series *series, struct rs_batch *batch) {
    double *p = rs_alloc((2 * f->n + 1) * sizeof *p), *adjusted = p + f->n;
    size_t *order = rs_alloc((f->n + 1) * sizeof *order);
    for (size_t i = 0; i < f->n; i++)
        p[i] = rs_two_sided_p((f->gap[i].p - f->gap[i].q) / sqrt(gap_variance(&f->gap[i])));
    rs_benjamini_hochberg(f->n, p, adjusted, order);
    for (size_t i = 0; i < f->n; i++) {
        struct rs_statement raw = about(&f->gap[i], "p_value", "probability", "normal_two_sided");
        raw.value = p[i];
        rs_statement_emit(batch, series, &raw);
        struct rs_statement t = about(&f->gap[i], "adjusted_p", "probability", "benjamini_hochberg");
        t.value = adjusted[i];
        t.groups = f->n;
        rs_statement_emit(batch, series, &t);
    }
    free(p);
    free(order);
    free(f->gap);
    *f = (struct family){0};
}

static void one_dimension(const struct rs_estimates *all, const struct rs_shown *s, struct family *f,
                          struct rs_batch *batch) {
    for (size_t i = 0; i < s->n; i++) {
        if (s->reference == s->n || i == s->reference) continue;
        struct gap g = gap_of(s, i);
        failures(&g, all->series, batch);
        odds(&g, all->series, batch);
        effect_size(&g, all->series, batch);
        detectable(all, &g, batch);
        members_to_close(&g, all->series, batch);
        remember(f, &g);
    }
}

/* The estimator that is the first to look at: birdie where the dimension is fitted, counts elsewhere. */
static enum rs_estimator first_estimator(const struct rs_estimates *all, enum rs_dimension d) {
    bool has[RS_ESTIMATORS] = {false};
    for (size_t i = 0; i < all->n; i++)
        if (all->e[i].dimension == d && !all->e[i].missing) has[all->e[i].estimator] = true;
    if (d == RS_RACE || has[RS_BIRDIE]) return RS_BIRDIE;
    return has[RS_OBSERVED] ? RS_OBSERVED : RS_SELF_REPORT;
}

/* Families: the gaps of all dimensions by the estimator that is the first to look at; each other estimator of a dimension;
 * provider groups, which are many. */
void rs_gap_sizes_publish(const struct rs_estimates *all, struct rs_batch *batch) {
    struct family first = {0};
    for (int d = RS_RACE; d < RS_DIMENSIONS; d++) {
        enum rs_estimator look = first_estimator(all, (enum rs_dimension)d);
        for (int k = 0; k < RS_ESTIMATORS; k++) {
            /* in the arena: the family points into it */
            struct rs_shown *s = rs_arena_alloc(&batch->arena, sizeof *s);
            if (!rs_shown_groups(all, (enum rs_dimension)d, (enum rs_estimator)k, &batch->arena, s)) continue;
            bool own = d == RS_PROVIDER || k != (int)look;
            struct family other = {0};
            one_dimension(all, s, own ? &other : &first, batch);
            test_family(&other, all->series, batch);
        }
    }
    test_family(&first, all->series, batch);
}
