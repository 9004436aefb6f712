/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Why it exists: one number for all groups of a dimension, and the size of each gap in the units people ask for. All of it
 * is made from shown groups alone (statement.h). Formulas stand in inequality.h; standard errors carry the covariance of
 * rates that were estimated together. */
#include <math.h>
#include <stdlib.h>
#include "statement.h"

/* What a statement about these groups has in common. */
static struct rs_statement about(const struct rs_shown *s, const char *statistic, const char *unit) {
    return (struct rs_statement){.dimension = s->dimension_name,
                                 .estimator = rs_estimator_names[s->estimator],
                                 .statistic = statistic,
                                 .unit = unit,
                                 .value = NAN,
                                 .se = NAN,
                                 .n = s->persons,
                                 .groups = s->n,
                                 .interval = RS_NO_INTERVAL,
                                 .flags = s->flags,
                                 .shown_only = s->some_withheld};
}

static struct rs_interval normal(double value, double se, double least) {
    return (struct rs_interval){fmax(value - RS_Z95 * se, least), value + RS_Z95 * se};
}

/* ---- indices of all groups together ---------------------------------------------------------------------------- */

/* A function of the groups' rates; `self` has what else it needs. */
typedef double index_of(const struct rs_groups *g, const struct rs_shown *self);

/* sqrt(g'Vg), g the slopes by central differences: exact for what is linear, to 1e-9 for the rest. */
static double delta_se(index_of *f, const struct rs_shown *s) {
    double *rate = rs_alloc((2 * s->n + 1) * sizeof *rate), *slope = rate + s->n, sum = 0;
    for (size_t i = 0; i < s->n; i++) rate[i] = s->rate[i];
    struct rs_groups g = {.n = s->n, .rate = rate, .se = s->se, .share = s->share};
    for (size_t i = 0; i < s->n; i++) {
        const double step = 1e-6;
        rate[i] = s->rate[i] + step;
        double above = f(&g, s);
        rate[i] = s->rate[i] - step;
        slope[i] = (above - f(&g, s)) / (2 * step);
        rate[i] = s->rate[i];
    }
    for (size_t i = 0; i < s->n; i++) {
        if (!s->v) sum += slope[i] * slope[i] * s->se[i] * s->se[i];
        for (size_t j = 0; s->v && j < s->n; j++) sum += slope[i] * s->v[i * s->n + j] * slope[j];
    }
    free(rate);
    return sqrt(sum);
}

static double mean_of(const struct rs_groups *g, const struct rs_shown *s) {
    (void)s;
    return rs_group_mean(g);
}
static double theil_of(const struct rs_groups *g, const struct rs_shown *s) {
    (void)s;
    return rs_theil(g).value;
}
static double deviation_of_logs(const struct rs_groups *g, const struct rs_shown *s) {
    (void)s;
    return rs_mean_log_deviation(g).value;
}
static double mean_deviation_of(const struct rs_groups *g, const struct rs_shown *s) {
    (void)s;
    return rs_mean_deviation(g);
}
static double weighted_of(const struct rs_groups *g, const struct rs_shown *s) {
    (void)s;
    return rs_index_weighted(g);
}
static double unweighted_of(const struct rs_groups *g, const struct rs_shown *s) {
    (void)s;
    return rs_index_unweighted(g);
}
static double index_of_disparity_of(const struct rs_groups *g, const struct rs_shown *s) {
    return rs_index_of_disparity(g, s->reference);
}
static double attributable_risk_of(const struct rs_groups *g, const struct rs_shown *s) {
    return rs_attributable_risk(g, s->reference);
}
static double attributable_fraction_of(const struct rs_groups *g, const struct rs_shown *s) {
    return rs_attributable_fraction(g, s->reference);
}
static double excess_of(const struct rs_groups *g, const struct rs_shown *s) {
    return rs_excess_failures(g, s->count, s->reference);
}

/* Where the index is a sum of absolute values (`folded`) its error is not symmetric and no interval is given. */
static const struct index {
    const char *name, *unit, *method;
    index_of *f;
    bool against_reference, folded;
    double least; /* the index cannot be below */
} indices[] = {
    {"mean", "rate", "delta", mean_of, false, false, -INFINITY},
    {"theil", "index", "delta", theil_of, false, false, 0},
    {"mean_log_deviation", "index", "delta", deviation_of_logs, false, false, 0},
    {"mean_deviation", "difference", "delta", mean_deviation_of, false, true, 0},
    {"index_weighted", "index", "delta", weighted_of, false, true, 0},
    {"index_unweighted", "index", "delta", unweighted_of, false, true, 0},
    {"index_of_disparity", "index", "delta", index_of_disparity_of, true, true, 0},
    {"attributable_risk", "difference", "delta", attributable_risk_of, true, false, -INFINITY},
    {"attributable_fraction_of_failures", "ratio", "delta", attributable_fraction_of, true, false, -INFINITY},
    {"excess_failures", "persons", "delta", excess_of, true, false, -INFINITY},
};

static void between_groups(const struct rs_shown *s, const struct rs_series *series, struct rs_batch *batch) {
    struct rs_groups g = rs_shown_as_groups(s);
    struct rs_between b = rs_between_group_variance(&g, s->v);
    struct rs_statement raw = about(s, "between_group_variance", "variance");
    raw.value = b.variance;
    raw.se = b.se;
    raw.method = "quadratic_form";
    rs_statement_emit(batch, series, &raw);
    struct rs_statement corrected = about(s, "between_group_variance_corrected", "variance");
    corrected.value = b.corrected;
    corrected.se = b.se;
    corrected.interval = normal(b.corrected, b.se, -INFINITY);
    corrected.method = "less_tr_av";
    rs_statement_emit(batch, series, &corrected);
}

static void all_indices(const struct rs_shown *s, const struct rs_series *series, struct rs_batch *batch) {
    struct rs_groups g = rs_shown_as_groups(s);
    between_groups(s, series, batch);
    for (size_t i = 0; i < sizeof indices / sizeof indices[0]; i++) {
        const struct index *x = &indices[i];
        if (x->against_reference && s->reference == s->n) continue;
        struct rs_statement t = about(s, x->name, x->unit);
        t.value = x->f(&g, s);
        t.se = delta_se(x->f, s);
        if (!x->folded) t.interval = normal(t.value, t.se, x->least);
        t.method = x->method;
        if (x->against_reference) t.reference = s->e[s->reference]->stratum;
        rs_statement_emit(batch, series, &t);
    }
}

/* Bands have an order: Q1 to Q5, the most vulnerable or deprived put first, as the indices want the worst off. */
static void along_order(const struct rs_shown *s, const struct rs_series *series, struct rs_batch *batch) {
    double *room = rs_alloc((3 * s->n + 1) * sizeof *room);
    struct rs_groups g = {.n = s->n, .rate = room, .se = room + s->n, .share = room + 2 * s->n};
    for (size_t i = 0; i < s->n; i++) {
        size_t from = s->n - 1 - i; /* rows are in the order of their names */
        room[i] = s->rate[from];
        room[s->n + i] = s->se[from];
        room[2 * s->n + i] = s->share[from];
    }
    struct rs_slope slope = rs_slope_index(&g);
    struct rs_concentration c = rs_concentration_index(&g, s->persons);
    double factor = exp(RS_Z95 * slope.log_rii_se);
    const struct {
        const char *statistic, *unit, *method;
        double value, se;
        struct rs_interval interval;
    } said[] = {{"slope_index_of_inequality", "difference", "weighted_least_squares", slope.sii, slope.sii_se,
                 normal(slope.sii, slope.sii_se, -INFINITY)},
                {"relative_index_of_inequality", "ratio", "weighted_least_squares", slope.rii, NAN,
                 {slope.rii / factor, slope.rii * factor}},
                {"concentration_index", "index", "kakwani", c.index, c.se, normal(c.index, c.se, -INFINITY)},
                {"concentration_index_wagstaff", "index", "wagstaff", c.wagstaff, NAN, RS_NO_INTERVAL},
                {"concentration_index_erreygers", "index", "erreygers", c.erreygers, NAN, RS_NO_INTERVAL}};
    for (size_t i = 0; i < sizeof said / sizeof said[0]; i++) {
        struct rs_statement t = about(s, said[i].statistic, said[i].unit);
        t.value = said[i].value;
        t.se = said[i].se;
        t.interval = said[i].interval;
        t.method = said[i].method;
        rs_statement_emit(batch, series, &t);
    }
    free(room);
}

/* Too few groups are shown: said once, for the index that all others go with. */
static void withhold_indices(const struct rs_shown *s, const struct rs_series *series, struct rs_batch *batch) {
    struct rs_statement t = about(s, "between_group_variance", "variance");
    t.withheld = "group_withheld";
    rs_statement_emit(batch, series, &t);
}

void rs_disparity_publish(const struct rs_estimates *all, struct rs_batch *batch) {
    for (int d = RS_RACE; d < RS_DIMENSIONS; d++) {
        if (d == RS_RACE_2024_ANY) continue; /* its groups overlap */
        for (int k = 0; k < RS_ESTIMATORS; k++) {
            struct rs_shown s;
            if (!rs_shown_groups(all, (enum rs_dimension)d, (enum rs_estimator)k, &batch->arena, &s)) continue;
            if (s.n >= 2) all_indices(&s, all->series, batch);
            if (s.n >= 2 && (d == RS_SVI || d == RS_ADI)) along_order(&s, all->series, batch);
            if (s.n < 2 && s.some_withheld) withhold_indices(&s, all->series, batch);
        }
    }
    rs_gap_sizes_publish(all, batch);
}
