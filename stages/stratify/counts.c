/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What can be said from group counts alone. The formulas stand in interval.h and inequality.h. */
#include "counts.h"
#include <math.h>
#include <stdlib.h>
#include "inequality.h"
#include "interval.h"
#include "pipeline/reference/csv_table.h"
#include "shrink.h"

enum { MOST_GROUPS = 1000 };

struct group {
    struct rs_view name;
    double x, n, rate, se, weight, order;
    bool given_se; /* the rate is an estimate, not x of n persons */
};

struct table {
    struct rs_csv csv;
    struct rs_arena arena;
    struct group *g;
    size_t n, reference;
    bool ordered;
};

/* ---- reading -------------------------------------------------------------------------------------------------- */

static bool small(double count, double minimum) { return count > 0 && count < minimum; }

static bool read_group(struct table *t, const int column[6], double minimum, struct rs_error *error) {
    struct group g = {.name = rs_arena_view(&t->arena, rs_trim(t->csv.field[column[0]]))};
    if (!rs_csv_count(&t->csv, column[1], &g.x, error) || !rs_csv_count(&t->csv, column[2], &g.n, error)) return false;
    if (!rs_has(g.name) || g.n <= 0 || g.x > g.n)
        return rs_fail(error, RS_DATA, "%s:%zu: a group needs a name, a denominator above 0, and no more in the numerator",
                       t->csv.path, t->csv.line);
    if (small(g.x, minimum) || small(g.n - g.x, minimum) || g.n < minimum)
        return rs_fail(error, RS_DATA,
                       "%s:%zu: a count from 1 to %.0f could be worked out from the results: pool groups, or give "
                       "--minimum-cell 1 for figures that stay inside",
                       t->csv.path, t->csv.line, minimum - 1);
    g.rate = g.x / g.n;
    g.se = sqrt(g.rate * (1 - g.rate) / g.n);
    g.weight = g.n;
    g.given_se = column[3] >= 0 && rs_has(t->csv.field[column[3]]);
    if ((g.given_se && !rs_csv_count(&t->csv, column[3], &g.se, error)) ||
        (column[4] >= 0 && !rs_csv_count(&t->csv, column[4], &g.weight, error)) ||
        (column[5] >= 0 && !rs_csv_count(&t->csv, column[5], &g.order, error)))
        return false;
    for (size_t i = 0; i < t->n; i++)
        if (rs_eq(t->g[i].name, g.name))
            return rs_fail(error, RS_DATA, "%s:%zu: this group stands twice", t->csv.path, t->csv.line);
    t->g[t->n++] = g;
    return true;
}

static bool read_table(struct table *t, const char *path, double minimum, struct rs_error *error) {
    int column[6];
    bool more;
    if (!rs_csv_open(&t->csv, path, error) || !rs_csv_need(&t->csv, "group", &column[0], error) ||
        !rs_csv_need(&t->csv, "numerator", &column[1], error) ||
        !rs_csv_need(&t->csv, "denominator", &column[2], error))
        return false;
    column[3] = rs_csv_column(&t->csv, "se");
    column[4] = rs_csv_column(&t->csv, "weight");
    column[5] = rs_csv_column(&t->csv, "order");
    t->ordered = column[5] >= 0;
    t->g = rs_alloc(MOST_GROUPS * sizeof *t->g);
    for (;;) {
        if (!rs_csv_next(&t->csv, &more, error)) return false;
        if (!more) break;
        if (t->n == MOST_GROUPS) return rs_fail(error, RS_DATA, "%s: more than %d groups", path, MOST_GROUPS);
        if (!read_group(t, column, minimum, error)) return false;
    }
    if (t->n < 2) return rs_fail(error, RS_DATA, "%s: two groups at least are needed to compare", path);
    return true;
}

static bool find_reference(struct table *t, const char *name, struct rs_error *error) {
    for (size_t i = 1; i < t->n; i++)
        if (t->g[i].n > t->g[t->reference].n) t->reference = i;
    if (!name) return true;
    const char *equals = strchr(name, '='); /* race_ethnicity=WHITE, as for a run */
    struct rs_view wanted = rs_cstr(equals ? equals + 1 : name);
    for (size_t i = 0; i < t->n; i++)
        if (rs_eq(t->g[i].name, wanted)) {
            t->reference = i;
            return true;
        }
    return rs_fail(error, RS_USAGE, "--reference-group: %s has no group of this name", t->csv.path);
}

/* ---- writing -------------------------------------------------------------------------------------------------- */

static void put_number(struct rs_buffer *out, double v) {
    char digits[32];
    rs_buffer_byte(out, '\t');
    if (isfinite(v)) rs_buffer_add(out, digits, rs_format_real(digits, v));
}

static void line(struct rs_buffer *out, struct rs_view group, const char *statistic, double value, double se,
                 struct rs_interval i, const char *method) {
    rs_buffer_view(out, group);
    rs_buffer_printf(out, "\t%s", statistic);
    put_number(out, value);
    put_number(out, se);
    put_number(out, i.lower);
    put_number(out, i.upper);
    rs_buffer_printf(out, "\t%s\n", method);
}

static const struct rs_interval no_interval = {NAN, NAN};

static struct rs_interval normal(double value, double se) {
    return (struct rs_interval){value - RS_Z95 * se, value + RS_Z95 * se};
}

static struct rs_interval interval_of(const struct group *g) {
    if (!g->given_se) return rs_wilson(g->x, g->n, RS_Z95);
    double effective = g->rate * (1 - g->rate) / (g->se * g->se);
    return rs_wilson(g->rate * effective, effective, RS_Z95);
}

/* Persons who carry information: all who were counted, or as many as an estimate's error amounts to. */
static double informative(const struct group *g) {
    return g->given_se && g->se > 0 ? g->rate * (1 - g->rate) / (g->se * g->se) : g->n;
}

/* The smallest difference that could have been found; and how many members' results would have to change. */
static void what_it_takes(const struct group *g, const struct group *r, struct rs_buffer *out) {
    struct rs_interval d = rs_difference(g->rate, interval_of(g), r->rate, interval_of(r), 0);
    line(out, g->name, "minimum_detectable_difference",
         rs_detectable_difference((g->x + r->x) / (g->n + r->n), informative(g), informative(r)), NAN, no_interval,
         "two_sided_05_power_80");
    line(out, g->name, "members_to_close_gap", g->n * (r->rate - g->rate), g->n * hypot(g->se, r->se),
         (struct rs_interval){-g->n * d.upper, -g->n * d.lower}, "n_times_difference");
}

static void compare(const struct group *g, const struct group *r, struct rs_buffer *out) {
    double d = g->rate - r->rate, variance = g->se * g->se, reference_variance = r->se * r->se;
    line(out, g->name, "difference", d, sqrt(variance + reference_variance),
         rs_difference(g->rate, interval_of(g), r->rate, interval_of(r), 0), "newcombe_10");
    line(out, g->name, "ratio", g->rate / r->rate, NAN, rs_ratio(g->rate, r->rate, variance, reference_variance, 0, RS_Z95),
         "log_delta");
    line(out, g->name, "ratio_of_failures", (1 - g->rate) / (1 - r->rate), NAN,
         rs_ratio(1 - g->rate, 1 - r->rate, variance, reference_variance, 0, RS_Z95), "log_delta");
    double odds = g->rate / (1 - g->rate) / (r->rate / (1 - r->rate));
    double log_se = sqrt(variance / pow(g->rate * (1 - g->rate), 2) + reference_variance / pow(r->rate * (1 - r->rate), 2));
    line(out, g->name, "odds_ratio", odds, NAN,
         (struct rs_interval){odds * exp(-RS_Z95 * log_se), odds * exp(RS_Z95 * log_se)}, "log_delta");
    line(out, g->name, "cohen_h", rs_cohen_h(g->rate, r->rate), NAN, no_interval, "arcsine");
    what_it_takes(g, r, out);
}

/* Two-sided p of the difference, adjusted over all comparisons. */
static void adjusted_p(const struct table *t, struct rs_buffer *out) {
    double *p = rs_alloc(t->n * sizeof *p), *adjusted = rs_alloc(t->n * sizeof *adjusted);
    size_t *order = rs_alloc(t->n * sizeof *order), n = 0;
    const struct group *r = &t->g[t->reference];
    for (size_t i = 0; i < t->n; i++) {
        const struct group *g = &t->g[i];
        if (i != t->reference)
            p[n++] = rs_two_sided_p((g->rate - r->rate) / sqrt(g->se * g->se + r->se * r->se));
    }
    rs_benjamini_hochberg(n, p, adjusted, order);
    for (size_t i = 0, k = 0; i < t->n; i++) {
        if (i == t->reference) continue;
        line(out, t->g[i].name, "p_value", p[k], NAN, no_interval, "normal_two_sided");
        line(out, t->g[i].name, "adjusted_p", adjusted[k++], NAN, no_interval, "benjamini_hochberg");
    }
    free(p);
    free(adjusted);
    free(order);
}

/* Each rate drawn towards the mean of all by what of it is noise, and the limits of chance about the common rate: for
 * tables whose groups are provider groups, or counties. Groups whose error is 0 are left out. */
static void shrink(const struct table *t, struct rs_buffer *out) {
    double *y = rs_alloc(2 * t->n * sizeof *y), *se = y + t->n, x = 0, persons = 0;
    size_t n = 0;
    for (size_t i = 0; i < t->n; i++) {
        x += t->g[i].x;
        persons += t->g[i].n;
        if (!(t->g[i].se > 0)) continue;
        y[n] = t->g[i].rate;
        se[n++] = t->g[i].se;
    }
    struct rs_spread spread = rs_dersimonian_laird(n, y, se);
    for (size_t i = 0; i < t->n; i++) {
        const struct group *g = &t->g[i];
        line(out, g->name, "funnel_limits_95", x / persons, NAN, rs_funnel(x / persons, g->n, RS_Z95), "normal_about_the_mean");
        line(out, g->name, "funnel_limits_998", x / persons, NAN, rs_funnel(x / persons, g->n, RS_Z998), "normal_about_the_mean");
        if (n < 3 || !(g->se > 0)) continue;
        struct rs_shrunk s = rs_shrink(&spread, g->rate, g->se);
        line(out, g->name, "shrunk_rate", s.value, s.se, normal(s.value, s.se), "dersimonian_laird");
        line(out, g->name, "reliability", s.reliability, NAN, no_interval, "dersimonian_laird");
    }
    if (n >= 3)
        line(out, RS_LIT("*"), "variance_beyond_chance", spread.tau2, NAN, no_interval, "dersimonian_laird");
    free(y);
}

static void over_all(const struct rs_groups *g, const struct table *t, struct rs_buffer *out) {
    struct rs_view all = RS_LIT("*");
    double *n = rs_alloc(t->n * sizeof *n);
    for (size_t i = 0; i < t->n; i++) n[i] = t->g[i].n;
    struct rs_between b = rs_between_group_variance(g, NULL);
    struct rs_measure theil = rs_theil(g), mld = rs_mean_log_deviation(g);
    line(out, all, "mean", rs_group_mean(g), NAN, no_interval, "weighted");
    line(out, all, "between_group_variance", b.variance, b.se, no_interval, "quadratic_form");
    line(out, all, "between_group_variance_corrected", b.corrected, b.se, normal(b.corrected, b.se), "less_tr_av");
    line(out, all, "theil", theil.value, theil.se, normal(theil.value, theil.se), "delta");
    line(out, all, "mean_log_deviation", mld.value, mld.se, normal(mld.value, mld.se), "delta");
    line(out, all, "mean_deviation", rs_mean_deviation(g), NAN, no_interval, "weighted");
    line(out, all, "index_weighted", rs_index_weighted(g), NAN, no_interval, "weighted");
    line(out, all, "index_unweighted", rs_index_unweighted(g), NAN, no_interval, "unweighted");
    line(out, all, "index_of_disparity", rs_index_of_disparity(g, t->reference), NAN, no_interval, "pearcy_keppel");
    line(out, all, "attributable_risk", rs_attributable_risk(g, t->reference), NAN, no_interval, "reference_less_mean");
    line(out, all, "attributable_fraction_of_failures", rs_attributable_fraction(g, t->reference), NAN, no_interval,
         "failures");
    line(out, all, "excess_failures", rs_excess_failures(g, n, t->reference), NAN, no_interval, "signed");
    free(n);
}

static int by_order(const void *a, const void *b) {
    const struct group *x = a, *y = b;
    return (x->order > y->order) - (x->order < y->order);
}

static void along_order(const struct rs_groups *g, double persons, struct rs_buffer *out) {
    struct rs_view all = RS_LIT("*");
    struct rs_slope s = rs_slope_index(g);
    struct rs_concentration c = rs_concentration_index(g, persons);
    double factor = exp(RS_Z95 * s.log_rii_se);
    line(out, all, "slope_index_of_inequality", s.sii, s.sii_se, normal(s.sii, s.sii_se), "weighted_least_squares");
    line(out, all, "relative_index_of_inequality", s.rii, NAN, (struct rs_interval){s.rii / factor, s.rii * factor},
         "weighted_least_squares");
    line(out, all, "concentration_index", c.index, c.se, normal(c.index, c.se), "kakwani");
    line(out, all, "concentration_index_wagstaff", c.wagstaff, NAN, no_interval, "wagstaff");
    line(out, all, "concentration_index_erreygers", c.erreygers, NAN, no_interval, "erreygers");
}

static void report(struct table *t, struct rs_buffer *out) {
    double *columns = rs_alloc(3 * t->n * sizeof *columns), total = 0, persons = 0;
    struct rs_groups g = {.n = t->n, .rate = columns, .se = columns + t->n, .share = columns + 2 * t->n};
    for (size_t i = 0; i < t->n; i++) total += t->g[i].weight;
    for (size_t i = 0; i < t->n; i++) {
        columns[i] = t->g[i].rate;
        columns[t->n + i] = t->g[i].se;
        columns[2 * t->n + i] = t->g[i].weight / total;
        persons += t->g[i].n;
    }
    rs_buffer_printf(out, "group\tstatistic\tvalue\tse\tlower\tupper\tmethod\n");
    for (size_t i = 0; i < t->n; i++)
        line(out, t->g[i].name, "rate", t->g[i].rate, t->g[i].se, interval_of(&t->g[i]),
             t->g[i].given_se ? "wilson_n_eff" : "wilson");
    for (size_t i = 0; i < t->n; i++)
        if (i != t->reference) compare(&t->g[i], &t->g[t->reference], out);
    adjusted_p(t, out);
    shrink(t, out);
    over_all(&g, t, out);
    if (t->ordered) along_order(&g, persons, out);
    free(columns);
}

bool rs_counts_report(const char *path, const char *reference, double minimum, struct rs_buffer *out,
                      struct rs_error *error) {
    struct table t = {0};
    bool ok = read_table(&t, path, minimum, error);
    if (ok && t.ordered) qsort(t.g, t.n, sizeof *t.g, by_order);
    ok = ok && find_reference(&t, reference, error);
    if (ok) report(&t, out);
    free(t.g);
    rs_arena_free(&t.arena);
    rs_csv_close(&t.csv);
    return ok;
}
