/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Why it exists: what leaves of provider groups. Within a provider group: the difference of two groups there, drawn
 * towards the mean difference by what of it is noise; across: one group's rate from provider to provider, likewise (the two
 * sides of the CMS disparity methods). Provider groups stand in the order of their names; nothing ranks them unless asked
 * for. */
#include <math.h>
#include <stdlib.h>
#include "providers.h"
#include "shrink.h"

enum { G = RS_GROUPS };

struct saying {
    const struct rs_providers *p;
    const struct rs_estimates *all;
    struct rs_batch *batch;
};

static struct rs_statement about(const struct saying *s, const char *provider, int g, const char *statistic,
                                 const char *unit) {
    return (struct rs_statement){.dimension = rs_dimension_names[RS_RACE],
                                 .estimator = rs_estimator_names[s->p->estimator],
                                 .statistic = statistic,
                                 .stratum = rs_group_names[g],
                                 .provider_group = provider,
                                 .unit = unit,
                                 .value = NAN,
                                 .se = NAN,
                                 .n = NAN,
                                 .interval = RS_NO_INTERVAL};
}

static void say(const struct saying *s, const struct rs_statement *t) { rs_statement_emit(s->batch, s->all->series, t); }

static struct rs_interval normal(double value, double se) {
    return (struct rs_interval){value - RS_Z95 * se, value + RS_Z95 * se};
}

static unsigned flags_of(const struct rs_provider_rate *r) {
    return (r->low_information ? (unsigned)RS_LOW_INFORMATION : 0) | (r->not_converged ? (unsigned)RS_NOT_CONVERGED : 0) |
           (isnan(r->se) ? (unsigned)RS_BOUNDARY : 0);
}

/* One quantity of one group, provider by provider. */
struct quantity {
    const char *raw, *shrunk, *reliability, *mean, *variance, *rank, *unit, *method; /* method NULL: the rate's own */
    bool gap;
};
static const struct quantity within = {"within_provider_difference",  "within_provider_difference_shrunk",
                                       "within_provider_reliability", "within_provider_mean_difference",
                                       "within_provider_variance",    "within_provider_rank", "difference",
                                       "zou_donner", true};
static const struct quantity across = {"across_provider_rate",        "across_provider_rate_shrunk",
                                       "across_provider_reliability", "across_provider_mean_rate",
                                       "across_provider_variance",    "across_provider_rank", "rate",
                                       NULL, false};

static bool value_of(const struct saying *s, const struct quantity *q, size_t i, int g, struct rs_provider_gap *out) {
    if (q->gap) return rs_provider_gap(s->p, i, g, out);
    const struct rs_provider_rate *r = &s->p->p[i].group[g];
    if (rs_provider_withheld(s->p, i, g) || !(r->n > 0)) return false;
    *out = (struct rs_provider_gap){r->rate, r->se, r->interval};
    return true;
}

static struct rs_spread spread_of(const struct saying *s, const struct quantity *q, int g) {
    double *y = rs_alloc((2 * s->p->n + 1) * sizeof *y), *se = y + s->p->n;
    size_t n = 0;
    for (size_t i = 0; i < s->p->n; i++) {
        struct rs_provider_gap v;
        if (!value_of(s, q, i, g, &v) || isnan(v.se)) continue;
        y[n] = v.value;
        se[n++] = v.se;
    }
    struct rs_spread spread = rs_dersimonian_laird(n, y, se);
    free(y);
    return spread;
}

static void say_shrunk(const struct saying *s, const struct quantity *q, size_t i, int g, const struct rs_spread *spread,
                       const struct rs_provider_gap *v, const struct rs_statement *raw) {
    if (isnan(v->se) || spread->n < 2) return;
    struct rs_shrunk shrunk = rs_shrink(spread, v->value, v->se);
    struct rs_statement t = *raw;
    t.statistic = q->shrunk;
    t.value = shrunk.value;
    t.se = shrunk.se;
    t.interval = normal(shrunk.value, shrunk.se);
    t.method = "dersimonian_laird";
    t.groups = spread->n;
    say(s, &t);
    t = about(s, s->p->p[i].name, g, q->reliability, "share");
    t.reference = raw->reference;
    t.value = shrunk.reliability;
    t.method = "dersimonian_laird";
    t.groups = spread->n;
    say(s, &t);
}

static const char *why_withheld(const struct saying *s, const struct quantity *q, size_t i, int g) {
    const char *own = rs_provider_withheld(s->p, i, g);
    if (own || !q->gap) return own;
    return s->p->reference < 0 || rs_provider_withheld(s->p, i, s->p->reference) ? "group_withheld" : NULL;
}

static void say_one(const struct saying *s, const struct quantity *q, size_t i, int g, const struct rs_spread *spread) {
    const struct rs_provider *p = &s->p->p[i];
    struct rs_provider_gap v;
    struct rs_statement t = about(s, p->name, g, q->raw, q->unit);
    const struct rs_provider_rate *r = q->gap && s->p->reference >= 0 ? &p->group[s->p->reference] : NULL;
    t.withheld = why_withheld(s, q, i, g);
    if (t.withheld) say(s, &t);
    if (t.withheld || !value_of(s, q, i, g, &v)) return;
    t.value = v.value;
    t.se = v.se;
    t.interval = v.interval;
    t.method = isnan(v.interval.lower) ? NULL : q->method ? q->method : p->group[g].method;
    t.n = p->group[g].n + (r ? r->n : 0);
    t.flags = flags_of(&p->group[g]) | (r ? flags_of(r) : 0);
    if (r) t.reference = rs_group_names[s->p->reference];
    say(s, &t);
    say_shrunk(s, q, i, g, spread, &v, &t);
}

static void say_together(const struct saying *s, const struct quantity *q, int g, const struct rs_spread *spread) {
    if (spread->n < 2) return;
    struct rs_statement t = about(s, NULL, g, q->mean, q->unit);
    if (q->gap) t.reference = rs_group_names[s->p->reference];
    t.method = "dersimonian_laird";
    t.groups = spread->n;
    t.value = spread->mean;
    t.se = spread->mean_se;
    t.interval = normal(spread->mean, spread->mean_se);
    say(s, &t);
    t.statistic = q->variance;
    t.unit = "variance";
    t.value = spread->tau2;
    t.se = NAN;
    t.interval = RS_NO_INTERVAL;
    say(s, &t);
}

/* Places by shrunk value, the highest first; equals share a place. */
static void say_ranks(const struct saying *s, const struct quantity *q, int g, const struct rs_spread *spread) {
    for (size_t i = 0; i < s->p->n; i++) {
        struct rs_provider_gap mine, other;
        size_t above = 0;
        if (!value_of(s, q, i, g, &mine) || isnan(mine.se)) continue;
        double value = rs_shrink(spread, mine.value, mine.se).value;
        for (size_t j = 0; j < s->p->n; j++)
            if (j != i && value_of(s, q, j, g, &other) && !isnan(other.se))
                above += rs_shrink(spread, other.value, other.se).value > value;
        struct rs_statement t = about(s, s->p->p[i].name, g, q->rank, "rank");
        t.value = (double)(above + 1);
        t.groups = spread->n;
        t.method = "by_shrunk_value_highest_first";
        say(s, &t);
    }
}

static void say_quantity(const struct saying *s, const struct quantity *q, int g, bool rank) {
    if (!s->p->column[g] || (q->gap && g == s->p->reference)) return;
    struct rs_spread spread = spread_of(s, q, g);
    for (size_t i = 0; i < s->p->n; i++) say_one(s, q, i, g, &spread);
    say_together(s, q, g, &spread);
    if (rank && spread.n >= 2) say_ranks(s, q, g, &spread);
}

/* All members of each provider group about the rate of those shown. */
static void say_funnel(const struct saying *s) {
    struct rs_shown shown;
    if (!rs_shown_groups(s->all, RS_PROVIDER, RS_OBSERVED, &s->batch->arena, &shown) || shown.n < 2) return;
    double x = 0;
    for (size_t i = 0; i < shown.n; i++) x += shown.e[i]->x;
    for (size_t i = 0; i < shown.n; i++) {
        const struct rs_estimate *e = shown.e[i];
        static const struct {
            const char *statistic;
            double z;
        } limits[] = {{"funnel_limits_95", RS_Z95}, {"funnel_limits_998", RS_Z998}};
        for (int k = 0; k < 2; k++) {
            struct rs_statement t = about(s, e->stratum, 0, limits[k].statistic, "rate");
            t.dimension = rs_dimension_names[RS_PROVIDER];
            t.estimator = rs_estimator_names[RS_OBSERVED];
            t.stratum = e->stratum;
            t.value = x / shown.persons;
            t.interval = rs_funnel(t.value, e->n, limits[k].z);
            t.method = "normal_about_the_mean";
            t.n = e->n;
            t.groups = shown.n;
            t.shown_only = shown.some_withheld;
            say(s, &t);
        }
    }
}

void rs_providers_publish(const struct rs_providers *p, const struct rs_estimates *all, bool rank,
                          struct rs_batch *batch) {
    struct saying s = {p, all, batch};
    say_funnel(&s);
    if (!p->n) return;
    for (int g = 0; g < G; g++) {
        say_quantity(&s, &across, g, rank);
        say_quantity(&s, &within, g, rank);
    }
}
