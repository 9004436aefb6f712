/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What can be said from group counts alone. The formulas stand in interval.h, inequality.h and shrink.h. */
#include "counts_parts.h"
#include "inequality.h"
#include "shrink.h"
#include <math.h>
#include <stdlib.h>

struct rs_interval rs_counts_normal(double value, double se) {
    return (struct rs_interval){value - RS_Z95 * se, value + RS_Z95 * se};
}

struct rs_counted rs_counts_both(const struct rs_counted *g, const struct rs_counted *reference) {
    struct rs_counted both = *g;
    both.boundary |= reference->boundary;
    return both;
}

static struct rs_interval interval_of(const struct rs_counted *g) {
    if (!g->given_se) return rs_wilson(g->x, g->n, RS_Z95);
    double effective = rs_counts_effective(g);
    return rs_wilson(g->rate * effective, effective, RS_Z95);
}

/* Persons who carry information: all who were counted, or as many as an estimate's error amounts to. */
static double informative(const struct rs_counted *g) {
    return g->given_se && !(g->se > 0) ? g->n : rs_counts_effective(g);
}

/* The smallest difference that could have been found; and how many members' results would have to change. */
static void what_it_takes(const struct rs_counted *g, const struct rs_counted *r, struct rs_counts_out *out) {
    struct rs_interval d = rs_difference(g->rate, interval_of(g), r->rate, interval_of(r), 0);
    rs_counts_line(out, g, "minimum_detectable_difference",
                   rs_detectable_difference((g->x + r->x) / (g->n + r->n), informative(g), informative(r)), NAN,
                   RS_COUNTS_NO_INTERVAL, "two_sided_05_power_80");
    rs_counts_line(out, g, "members_to_close_gap", g->n * (r->rate - g->rate), g->n * hypot(g->se, r->se),
                   (struct rs_interval){-g->n * d.upper, -g->n * d.lower}, "n_times_difference");
}

static void compare(const struct rs_counted *one, const struct rs_counted *r, struct rs_counts_out *out) {
    const struct rs_counted both = rs_counts_both(one, r), *g = &both;
    double d = g->rate - r->rate, variance = g->se * g->se, reference_variance = r->se * r->se;
    rs_counts_line(out, g, "difference", d, sqrt(variance + reference_variance),
                   rs_difference(g->rate, interval_of(g), r->rate, interval_of(r), 0), "newcombe_10");
    rs_counts_line(out, g, "ratio", g->rate / r->rate, NAN,
                   rs_ratio(g->rate, r->rate, variance, reference_variance, 0, RS_Z95), "log_delta");
    rs_counts_line(out, g, "ratio_of_failures", (1 - g->rate) / (1 - r->rate), NAN,
                   rs_ratio(1 - g->rate, 1 - r->rate, variance, reference_variance, 0, RS_Z95), "log_delta");
    double odds = g->rate / (1 - g->rate) / (r->rate / (1 - r->rate));
    double log_se =
        sqrt(variance / pow(g->rate * (1 - g->rate), 2) + reference_variance / pow(r->rate * (1 - r->rate), 2));
    rs_counts_line(out, g, "odds_ratio", odds, NAN,
                   (struct rs_interval){odds * exp(-RS_Z95 * log_se), odds * exp(RS_Z95 * log_se)}, "log_delta");
    rs_counts_line(out, g, "cohen_h", rs_cohen_h(g->rate, r->rate), NAN, RS_COUNTS_NO_INTERVAL, "arcsine");
    what_it_takes(g, r, out);
}

/* Two-sided p of the difference, adjusted over all comparisons. */
static void adjusted_p(const struct rs_counted_table *t, struct rs_counts_out *out) {
    double *p = rs_alloc(t->n * sizeof *p), *adjusted = rs_alloc(t->n * sizeof *adjusted);
    size_t *order = rs_alloc(t->n * sizeof *order), n = 0;
    const struct rs_counted *r = &t->g[t->reference];
    for (size_t i = 0; i < t->n; i++) {
        const struct rs_counted *g = &t->g[i];
        if (i != t->reference) p[n++] = rs_two_sided_p((g->rate - r->rate) / sqrt(g->se * g->se + r->se * r->se));
    }
    rs_benjamini_hochberg(n, p, adjusted, order);
    for (size_t i = 0, k = 0; i < t->n; i++) {
        if (i == t->reference) continue;
        const struct rs_counted both = rs_counts_both(&t->g[i], r);
        rs_counts_line(out, &both, "p_value", p[k], NAN, RS_COUNTS_NO_INTERVAL, "normal_two_sided");
        rs_counts_line(out, &both, "adjusted_p", adjusted[k++], NAN, RS_COUNTS_NO_INTERVAL, "benjamini_hochberg");
    }
    free(p);
    free(adjusted);
    free(order);
}

/* Each rate drawn towards the mean of all by what of it is noise, and the limits of chance about the common rate: for
 * tables whose groups are provider groups, or counties. Groups whose error is 0 are left out. */
static void shrink(const struct rs_counted_table *t, struct rs_counts_out *out) {
    double *y = rs_alloc(2 * t->n * sizeof *y), *se = y + t->n, x = 0, persons = 0;
    size_t n = 0;
    for (size_t i = 0; i < t->n; i++) {
        x += t->g[i].x;
        persons += t->g[i].n;
        if (!(t->g[i].se > 0)) continue;
        y[n] = t->g[i].rate;
        se[n++] = t->g[i].se;
    }
    const struct rs_counted all = {.name = RS_LIT("*"), .n = persons};
    struct rs_spread spread = rs_dersimonian_laird(n, y, se);
    for (size_t i = 0; i < t->n; i++) {
        const struct rs_counted *g = &t->g[i];
        rs_counts_line(out, g, "funnel_limits_95", x / persons, NAN, rs_funnel(x / persons, g->n, RS_Z95),
                       "normal_about_the_mean");
        rs_counts_line(out, g, "funnel_limits_998", x / persons, NAN, rs_funnel(x / persons, g->n, RS_Z998),
                       "normal_about_the_mean");
        if (n < 3 || !(g->se > 0)) continue;
        struct rs_shrunk s = rs_shrink(&spread, g->rate, g->se);
        rs_counts_line(out, g, "shrunk_rate", s.value, s.se, rs_counts_normal(s.value, s.se), "dersimonian_laird");
        rs_counts_line(out, g, "reliability", s.reliability, NAN, RS_COUNTS_NO_INTERVAL, "dersimonian_laird");
    }
    if (n >= 3)
        rs_counts_line(out, &all, "variance_beyond_chance", spread.tau2, NAN, RS_COUNTS_NO_INTERVAL,
                       "dersimonian_laird");
    free(y);
}

static void over_all(const struct rs_groups *g, const struct rs_counted_table *t, double persons,
                     struct rs_counts_out *out) {
    const struct rs_counted all = {.name = RS_LIT("*"), .n = persons};
    double *n = rs_alloc(t->n * sizeof *n);
    for (size_t i = 0; i < t->n; i++) n[i] = t->g[i].n;
    struct rs_between b = rs_between_group_variance(g, NULL);
    struct rs_measure theil = rs_theil(g), mld = rs_mean_log_deviation(g);
    rs_counts_line(out, &all, "mean", rs_group_mean(g), NAN, RS_COUNTS_NO_INTERVAL, "weighted");
    rs_counts_line(out, &all, "between_group_variance", b.variance, b.se, RS_COUNTS_NO_INTERVAL, "quadratic_form");
    rs_counts_line(out, &all, "between_group_variance_corrected", b.corrected, b.se,
                   rs_counts_normal(b.corrected, b.se), "less_tr_av");
    rs_counts_line(out, &all, "theil", theil.value, theil.se, rs_counts_normal(theil.value, theil.se), "delta");
    rs_counts_line(out, &all, "mean_log_deviation", mld.value, mld.se, rs_counts_normal(mld.value, mld.se), "delta");
    rs_counts_line(out, &all, "mean_deviation", rs_mean_deviation(g), NAN, RS_COUNTS_NO_INTERVAL, "weighted");
    rs_counts_line(out, &all, "index_weighted", rs_index_weighted(g), NAN, RS_COUNTS_NO_INTERVAL, "weighted");
    rs_counts_line(out, &all, "index_unweighted", rs_index_unweighted(g), NAN, RS_COUNTS_NO_INTERVAL, "unweighted");
    rs_counts_line(out, &all, "index_of_disparity", rs_index_of_disparity(g, t->reference), NAN, RS_COUNTS_NO_INTERVAL,
                   "pearcy_keppel");
    rs_counts_line(out, &all, "attributable_risk", rs_attributable_risk(g, t->reference), NAN, RS_COUNTS_NO_INTERVAL,
                   "reference_less_mean");
    rs_counts_line(out, &all, "attributable_fraction_of_failures", rs_attributable_fraction(g, t->reference), NAN,
                   RS_COUNTS_NO_INTERVAL, "failures");
    rs_counts_line(out, &all, "excess_failures", rs_excess_failures(g, n, t->reference), NAN, RS_COUNTS_NO_INTERVAL,
                   "signed");
    free(n);
}

static void along_order(const struct rs_groups *g, double persons, struct rs_counts_out *out) {
    const struct rs_counted all = {.name = RS_LIT("*"), .n = persons};
    struct rs_slope s = rs_slope_index(g);
    struct rs_concentration c = rs_concentration_index(g, persons);
    double factor = exp(RS_Z95 * s.log_rii_se);
    rs_counts_line(out, &all, "slope_index_of_inequality", s.sii, s.sii_se, rs_counts_normal(s.sii, s.sii_se),
                   "weighted_least_squares");
    rs_counts_line(out, &all, "relative_index_of_inequality", s.rii, NAN,
                   (struct rs_interval){s.rii / factor, s.rii * factor}, "weighted_least_squares");
    rs_counts_line(out, &all, "concentration_index", c.index, c.se, rs_counts_normal(c.index, c.se), "kakwani");
    rs_counts_line(out, &all, "concentration_index_wagstaff", c.wagstaff, NAN, RS_COUNTS_NO_INTERVAL, "wagstaff");
    rs_counts_line(out, &all, "concentration_index_erreygers", c.erreygers, NAN, RS_COUNTS_NO_INTERVAL, "erreygers");
}

void rs_counts_groups(const struct rs_counted_table *t, struct rs_counts_out *out) {
    double *columns = rs_alloc(3 * t->n * sizeof *columns), total = 0, persons = 0;
    struct rs_groups g = {.n = t->n, .rate = columns, .se = columns + t->n, .share = columns + 2 * t->n};
    for (size_t i = 0; i < t->n; i++) total += t->g[i].weight;
    for (size_t i = 0; i < t->n; i++) {
        columns[i] = t->g[i].rate;
        columns[t->n + i] = t->g[i].se;
        columns[2 * t->n + i] = t->g[i].weight / total;
        persons += t->g[i].n;
    }
    for (size_t i = 0; i < t->n; i++)
        rs_counts_line(out, &t->g[i], "rate", t->g[i].rate, t->g[i].se, interval_of(&t->g[i]),
                       t->g[i].given_se ? "wilson_n_eff" : "wilson");
    for (size_t i = 0; i < t->n; i++)
        if (i != t->reference) compare(&t->g[i], &t->g[t->reference], out);
    adjusted_p(t, out);
    shrink(t, out);
    over_all(&g, t, persons, out);
    if (t->ordered) along_order(&g, persons, out);
    free(columns);
}
