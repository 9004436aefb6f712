/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What can be said of tables that have strata, such as age bands, below the groups: how much of a gap is that groups
 * differ in age. The formulas stand in standardise.h and decompose.h. */
#include "counts_parts.h"
#include "decompose.h"
#include "standardise.h"
#include <stdlib.h>

static const double *cells(const struct rs_counted_table *t, const double *of, const struct rs_counted *g) {
    return of + g->at * t->strata;
}

/* Directly: sum of weight times rate. Differences and ratios by the binomial variance of each cell; the interval of a
 * rate, whose events are few in some cells, is Fay and Feuer's. */
struct direct {
    double rate, variance;
    struct rs_interval interval;
};

static struct direct directly(const struct rs_counted_table *t, const struct rs_counted *g) {
    const double *x = cells(t, t->cell_x, g), *n = cells(t, t->cell_n, g);
    struct rs_standardised s = rs_standardise(t->strata, x, n, t->standard);
    struct direct d = {.rate = s.rate, .interval = rs_fay_feuer(&s, 0.95)};
    double total = 0;
    for (size_t i = 0; i < t->strata; i++) total += t->standard[i];
    for (size_t i = 0; i < t->strata; i++) {
        double w = t->standard[i] / total, rate = x[i] / n[i];
        d.variance += w * w * rate * (1 - rate) / n[i];
    }
    d.interval.upper = fmin(d.interval.upper, 1);
    return d;
}

static void direct_rate(const struct rs_counted_table *t, const struct rs_counted *g, struct rs_counts_out *out) {
    struct direct d = directly(t, g);
    rs_counts_line(out, g, "standardised_rate", d.rate, sqrt(d.variance), d.interval,
                   t->given_standard ? "direct_fay_feuer" : "direct_fay_feuer_to_all");
}

static void direct_gap(const struct rs_counted_table *t, const struct rs_counted *g, const struct rs_counted *r,
                       struct rs_counts_out *out) {
    const struct rs_counted both = rs_counts_both(g, r);
    struct direct a = directly(t, g), b = directly(t, r);
    double se = sqrt(a.variance + b.variance);
    rs_counts_line(out, &both, "standardised_difference", a.rate - b.rate, se, rs_counts_normal(a.rate - b.rate, se),
                   "direct_normal");
    rs_counts_line(out, &both, "standardised_ratio", a.rate / b.rate, NAN,
                   rs_ratio(a.rate, b.rate, a.variance, b.variance, 0, RS_Z95), "direct_log_delta");
}

/* Observed over what would be expected at the rates, by stratum, of `at`; NULL: of everybody in the table. */
static void indirect(const struct rs_counted_table *t, const struct rs_counted *g, const struct rs_counted *at,
                     const char *statistic, struct rs_counts_out *out) {
    double expected = 0;
    for (size_t s = 0; s < t->strata; s++) {
        double x = 0, n = 0;
        for (size_t i = 0; i < t->n; i++) {
            if (at && at != &t->g[i]) continue;
            x += cells(t, t->cell_x, &t->g[i])[s];
            n += cells(t, t->cell_n, &t->g[i])[s];
        }
        expected += cells(t, t->cell_n, g)[s] * x / n;
    }
    if (!(expected > 0)) return;
    rs_counts_line(out, g, statistic, g->x / expected, NAN, rs_indirect(g->x, expected, 0.95, RS_Z95),
                   g->x < 10 ? "indirect_exact" : "indirect_byar");
}

static void take_apart(const struct rs_counted_table *t, const struct rs_counted *g, const struct rs_counted *r,
                       struct rs_counts_out *out) {
    const struct rs_counted both = rs_counts_both(g, r);
    struct rs_pair_cell *cell = rs_alloc(t->strata * sizeof *cell);
    struct rs_pair pair = {.cell = cell, .n = t->strata}; /* no covariates: Kitagawa's terms alone */
    struct rs_pair_terms terms;
    for (size_t s = 0; s < t->strata; s++) {
        struct rs_pair_cell *c = &cell[s];
        c->n1 = cells(t, t->cell_n, g)[s];
        c->n2 = cells(t, t->cell_n, r)[s];
        c->r1 = cells(t, t->cell_x, g)[s] / c->n1;
        c->r2 = cells(t, t->cell_x, r)[s] / c->n2;
        c->v1 = c->r1 * (1 - c->r1) / c->n1;
        c->v2 = c->r2 * (1 - c->r2) / c->n2;
    }
    rs_pair_decompose(&pair, &terms);
    const double *v = terms.value, *se = terms.se;
    rs_counts_line(out, &both, "kitagawa_composition", v[RS_KITAGAWA_COMPOSITION], se[RS_KITAGAWA_COMPOSITION],
                   rs_counts_normal(v[RS_KITAGAWA_COMPOSITION], se[RS_KITAGAWA_COMPOSITION]), "delta");
    rs_counts_line(out, &both, "kitagawa_rates", v[RS_KITAGAWA_RATES], se[RS_KITAGAWA_RATES],
                   rs_counts_normal(v[RS_KITAGAWA_RATES], se[RS_KITAGAWA_RATES]), "delta");
    free(cell);
}

void rs_counts_strata(const struct rs_counted_table *t, struct rs_counts_out *out) {
    const struct rs_counted *r = &t->g[t->reference];
    for (size_t i = 0; i < t->n; i++) {
        const struct rs_counted *g = &t->g[i];
        direct_rate(t, g, out);
        indirect(t, g, NULL, "observed_over_expected", out);
        if (g == r) continue;
        direct_gap(t, g, r, out);
        indirect(t, g, r, "observed_over_expected_at_reference", out);
        take_apart(t, g, r, out);
    }
}
