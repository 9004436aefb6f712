/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Why it exists: a gap that is one of age is another matter than one between people of the same age. */
#include "adjust.h"
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "decompose.h"
#include "pipeline/base/suppress.h"
#include "standardise.h"

enum { G = RS_GROUPS };

/* ---- one group over one level ----------------------------------------------------------------------------------- */

struct adjusting {
    const struct rs_estimates *all;
    const struct rs_strata *strata;
    const struct rs_standard *standard;
    const struct rs_shown *s;
    const struct rs_level *level;
    const struct rs_cell_rates *everyone; /* all of the six groups, by cell of the level */
    const double *weight; /* by cell of the level, summing to 1 over cells with anybody */
    double minimum;
    struct rs_batch *batch;
};
/* A row, and the fit that it is a group of. */
struct side {
    const struct rs_estimate *e;
    const struct rs_cell_rates *rates;
    int g;
};

static struct rs_statement about(const struct adjusting *a, const struct rs_estimate *e, const char *statistic,
                                 const char *unit, const char *method) {
    return (struct rs_statement){.dimension = a->s->dimension_name,
                                 .estimator = rs_estimator_names[e->estimator],
                                 .statistic = statistic,
                                 .stratum = e->stratum,
                                 .part = rs_arena_view(&a->batch->arena, rs_cstr(a->level->label)).p,
                                 .unit = unit,
                                 .method = method,
                                 .value = NAN,
                                 .se = NAN,
                                 .n = NAN, /* who misses a dimension is left out: how many must not be had by subtraction */
                                 .interval = RS_NO_INTERVAL,
                                 .flags = e->flags};
}

static void say(const struct adjusting *a, const struct rs_statement *t) { rs_statement_emit(a->batch, a->all->series, t); }

static struct rs_interval normal(double value, double se) {
    return (struct rs_interval){value - RS_Z95 * se, value + RS_Z95 * se};
}

struct adjusted {
    double rate, variance;
};

static struct adjusted directly(const struct adjusting *a, const struct side *i) {
    struct adjusted y = {0, 0};
    for (size_t c = 0; c < i->rates->cells; c++) {
        if (!(a->weight[c] > 0)) continue;
        y.rate += a->weight[c] * rs_cell_rate(i->rates, c, i->g);
        y.variance += a->weight[c] * a->weight[c] * rs_cell_variance(i->rates, c, i->g, i->g);
    }
    return y;
}

/* 0 where they are not fitted together. */
static double covariance_of(const struct side *i, const struct side *r, size_t cell) {
    return i->rates == r->rates ? rs_cell_variance(i->rates, cell, i->g, r->g) : 0;
}

/* Whether those left out, who could be had by subtracting the terms' sum from the gap, may be known. */
static bool left_out_safe(const struct adjusting *a, const struct side *i) {
    if (i->e->estimator != RS_SELF_REPORT) return true; /* sums of probabilities: two unknowns, one number */
    return !rs_any_small(i->rates->left_n[i->g], i->rates->left_x[i->g], a->minimum);
}

/* Counted, as Fay and Feuer take it: a weighted sum of Poisson counts. */
static struct rs_standardised as_poisson(const struct adjusting *a, const struct side *i) {
    size_t n = 0, cells = i->rates->cells;
    double *x = rs_alloc((3 * cells + 1) * sizeof *x), *persons = x + cells, *standard = persons + cells;
    for (size_t c = 0; c < cells; c++) {
        if (!(a->weight[c] > 0)) continue;
        x[n] = i->rates->x[c * G + (size_t)i->g];
        persons[n] = i->rates->n[c * G + (size_t)i->g];
        standard[n++] = a->weight[c];
    }
    struct rs_standardised s = rs_standardise(n, x, persons, standard);
    free(x);
    return s;
}

static void standardised_rate(const struct adjusting *a, const struct side *side) {
    bool counted = side->e->estimator == RS_SELF_REPORT;
    struct adjusted y = directly(a, side);
    struct rs_statement t = about(a, side->e, "standardised_rate", "rate", counted ? "direct_fay_feuer" : "direct_wilson_n_eff");
    double effective = y.rate * (1 - y.rate) / y.variance;
    t.value = y.rate;
    t.se = sqrt(y.variance);
    t.interval = rs_wilson(y.rate * effective, effective, RS_Z95);
    if (counted) {
        struct rs_standardised s = as_poisson(a, side);
        struct rs_interval i = rs_fay_feuer(&s, 0.95);
        t.se = sqrt(s.variance);
        t.interval = (struct rs_interval){i.lower, fmin(i.upper, 1)};
    }
    say(a, &t);
}

static void standardised_gap(const struct adjusting *a, const struct side *i, const struct side *r) {
    struct adjusted y = directly(a, i), z = directly(a, r);
    double covariance = 0;
    for (size_t c = 0; c < i->rates->cells; c++) covariance += a->weight[c] * a->weight[c] * covariance_of(i, r, c);
    struct rs_statement t = about(a, i->e, "standardised_difference", "difference", "direct_normal");
    t.reference = r->e->stratum;
    t.flags |= r->e->flags;
    t.value = y.rate - z.rate;
    t.se = sqrt(y.variance + z.variance - 2 * covariance);
    t.interval = normal(t.value, t.se);
    say(a, &t);
    t = about(a, i->e, "standardised_ratio", "ratio", "direct_log_delta");
    t.reference = r->e->stratum;
    t.flags |= r->e->flags;
    t.value = y.rate / z.rate;
    t.interval = rs_ratio(y.rate, z.rate, y.variance, z.variance, covariance, RS_Z95);
    say(a, &t);
}

/* Observed over what would be expected at everybody's rates, by cell. */
static void observed_over_expected(const struct adjusting *a, const struct side *i) {
    double observed = 0, expected = 0, variance = 0;
    for (size_t c = 0; c < i->rates->cells; c++) {
        double n = 0, x = 0, mine = i->rates->n[c * G + (size_t)i->g];
        for (size_t g = 0; g < G; g++) {
            n += a->everyone->n[c * G + g];
            x += a->everyone->x[c * G + g];
        }
        if (!(n > 0)) continue;
        observed += i->rates->x[c * G + (size_t)i->g];
        expected += mine * x / n;
        variance += mine * mine * rs_cell_variance(i->rates, c, i->g, i->g);
    }
    if (!(expected > 0)) return;
    bool counted = i->e->estimator == RS_SELF_REPORT;
    struct rs_statement t = about(a, i->e, "observed_over_expected", "ratio", counted ? "indirect_byar" : "indirect_log_delta");
    /* the width of Byar's interval is a function of the number observed, which the group's numerator less those left out is */
    if (counted && rs_small_count(i->rates->left_x[i->g], a->minimum)) t.withheld = "complementary";
    t.value = observed / expected;
    t.se = sqrt(counted ? observed : variance) / expected; /* Byar's interval is of a Poisson count, too */
    double factor = exp(RS_Z95 * sqrt(variance) / observed);
    t.interval = counted ? rs_indirect(observed, expected, 0.95, RS_Z95)
                         : (struct rs_interval){t.value / factor, t.value * factor};
    say(a, &t);
}

/* ---- a gap taken apart ------------------------------------------------------------------------------------------- */

/* Categories of each dimension, numbered as they are first met. */
static void categorise(const struct adjusting *a, size_t cell, struct rs_names names[RS_MOST_LEVELS],
                       struct rs_pair_cell *out) {
    struct rs_view rest = rs_cstr(a->level->names.names[cell]);
    for (size_t d = 0; d < a->level->dimensions; d++)
        out->category[d] = rs_name_number(&names[d], rs_split(&rest, '|'));
}

static const struct term {
    enum rs_pair_term term;
    const char *statistic, *part;
} terms[] = {
    {RS_KITAGAWA_COMPOSITION, "kitagawa", "composition"},
    {RS_KITAGAWA_RATES, "kitagawa", "rates"},
    {RS_OAXACA_ENDOWMENTS, "oaxaca_threefold", "endowments"},
    {RS_OAXACA_COEFFICIENTS, "oaxaca_threefold", "coefficients"},
    {RS_OAXACA_INTERACTION, "oaxaca_threefold", "interaction"},
    {RS_NEUMARK_EXPLAINED, "oaxaca_twofold_neumark", "explained"},
    {RS_NEUMARK_UNEXPLAINED, "oaxaca_twofold_neumark", "unexplained"},
    {RS_JANN_EXPLAINED, "oaxaca_twofold_jann", "explained"},
    {RS_JANN_UNEXPLAINED, "oaxaca_twofold_jann", "unexplained"},
    {RS_COTTON_EXPLAINED, "oaxaca_twofold_cotton", "explained"},
    {RS_COTTON_UNEXPLAINED, "oaxaca_twofold_cotton", "unexplained"},
    {RS_REIMERS_EXPLAINED, "oaxaca_twofold_reimers", "explained"},
    {RS_REIMERS_UNEXPLAINED, "oaxaca_twofold_reimers", "unexplained"},
};

static void say_term(const struct adjusting *a, const struct side *i, const struct side *r, const char *statistic,
                     const char *part, double value, double se) {
    if (!isfinite(value)) return;
    struct rs_statement t = about(a, i->e, statistic, "difference", "delta");
    t.reference = r->e->stratum;
    t.flags |= r->e->flags;
    t.part = rs_arena_printf(&a->batch->arena, "%s:%s", part, a->level->label).p;
    t.value = value;
    t.se = se;
    t.interval = normal(value, se);
    say(a, &t);
}

static void take_apart(const struct adjusting *a, const struct side *side, const struct side *r) {
    if (!left_out_safe(a, side) || !left_out_safe(a, r)) {
        struct rs_statement t = about(a, side->e, "kitagawa", "difference", NULL);
        t.withheld = "complementary";
        say(a, &t);
        return;
    }
    struct rs_names names[RS_MOST_LEVELS] = {{0}};
    struct rs_pair_cell *cell = rs_alloc((side->rates->cells + 1) * sizeof *cell);
    struct rs_pair pair = {.cell = cell, .dimensions = a->level->dimensions};
    bool apart = false; /* one side is where the other is not, without weight: their gap is not of these cells alone */
    for (size_t c = 0; c < side->rates->cells; c++) {
        struct rs_pair_cell *p = &cell[pair.n];
        p->n1 = side->rates->n[c * G + (size_t)side->g];
        p->n2 = r->rates->n[c * G + (size_t)r->g];
        apart |= (p->n1 > 0) != (p->n2 > 0);
        if (!(p->n1 > 0) || !(p->n2 > 0)) continue; /* nobody at all is in it: rs_cells_safe */
        p->r1 = rs_cell_rate(side->rates, c, side->g);
        p->r2 = rs_cell_rate(r->rates, c, r->g);
        p->v1 = rs_cell_variance(side->rates, c, side->g, side->g);
        p->v2 = rs_cell_variance(r->rates, c, r->g, r->g);
        p->v12 = covariance_of(side, r, c);
        categorise(a, c, names, p);
        pair.n++;
    }
    for (size_t d = 0; d < pair.dimensions; d++) pair.categories[d] = (unsigned)names[d].n;
    struct rs_pair_terms out;
    rs_pair_decompose(&pair, &out);
    for (size_t i = 0; !apart && i < sizeof terms / sizeof terms[0]; i++)
        say_term(a, side, r, terms[i].statistic, terms[i].part, out.value[terms[i].term], out.se[terms[i].term]);
    for (size_t d = 0; !apart && d < pair.dimensions && pair.dimensions > 1; d++) {
        char part[64];
        snprintf(part, sizeof part, "endowments of %s", rs_dimension_names[a->strata->adjust[a->level->covariates.at[d]]]);
        say_term(a, side, r, "oaxaca_threefold", part, out.value[RS_OAXACA_ENDOWMENTS_OF + d],
                 out.se[RS_OAXACA_ENDOWMENTS_OF + d]);
    }
    for (size_t d = 0; d < pair.dimensions; d++) rs_names_free(&names[d]);
    free(cell);
}

/* ---- levels ------------------------------------------------------------------------------------------------------ */

/* Of a single cell, rate and standard error give its counts, and so those left out. */
static bool may_be_said(const struct adjusting *a, const struct side *i) {
    size_t cells = 0;
    if (!i->rates) return false;
    for (size_t c = 0; c < i->rates->cells; c++) cells += a->weight[c] > 0;
    return rs_cells_safe(i->rates, a->weight, i->g, a->minimum) && (cells > 1 || left_out_safe(a, i));
}

/* All rows not yet done that this level's cells can be published of. */
static void at_level(struct adjusting *a, const struct side *side, bool *done) {
    const struct rs_shown *s = a->s;
    const struct side *r = s->reference < s->n ? &side[s->reference] : NULL;
    bool reference_said = false;
    if (r && !may_be_said(a, r)) return;
    for (size_t i = 0; i < s->n; i++) {
        if (&side[i] == r || done[i] || !may_be_said(a, &side[i])) continue;
        done[i] = true;
        standardised_rate(a, &side[i]);
        observed_over_expected(a, &side[i]);
        if (!r) continue;
        if (!reference_said) standardised_rate(a, r), observed_over_expected(a, r);
        reference_said = true;
        standardised_gap(a, &side[i], r);
        take_apart(a, &side[i], r);
    }
}

static void withhold(const struct adjusting *a, const struct side *side, const bool *done) {
    for (size_t i = 0; i < a->s->n; i++) {
        if (done[i] || i == a->s->reference) continue;
        struct rs_statement t = about(a, side[i].e, "standardised_rate", "rate", NULL);
        bool safe = side[i].rates && rs_cells_safe(side[i].rates, a->weight, side[i].g, a->minimum);
        t.withheld = !safe                         ? "primary"
                     : may_be_said(a, &side[i]) ? "group_withheld" /* the reference's */
                                                : "complementary";
        say(a, &t);
    }
}

/* The cells of so many dimensions, and the groups' rates fitted in them. */
struct fitted {
    struct rs_level level;
    struct rs_split split;
};

static bool fit_levels(const struct rs_estimates *all, const struct rs_strata *strata, const struct rs_covariates *covariates,
                       struct fitted *out, size_t *levels, struct rs_error *error) {
    bool good = true;
    for (*levels = 0; good && *levels < covariates->n; ++*levels)
        good = rs_level_fit(all->series, strata, covariates, *levels + 1, &out[*levels].level, &out[*levels].split, error);
    return good;
}

static void free_levels(struct fitted *fitted, size_t levels) {
    for (size_t i = 0; i < levels; i++) {
        rs_split_free(&fitted[i].split);
        rs_level_free(&fitted[i].level);
    }
}

/* The row that knows its fit: an intersection's self-report stands beside one of birdie. */
static const struct rs_estimate *fitted_row(const struct rs_estimates *all, const struct rs_estimate *e) {
    for (size_t i = 0; i < all->n; i++)
        if (all->e[i].dimension == e->dimension && all->e[i].estimator == RS_BIRDIE &&
            strcmp(all->e[i].stratum, e->stratum) == 0)
            return &all->e[i];
    return NULL;
}

/* The sides of an intersection at a level; rates[fit - 1] are made as they are met. */
static void crossed_sides(const struct adjusting *a, struct rs_cell_rates *rates, struct side *side) {
    for (size_t i = 0; i < a->s->n; i++) {
        const struct rs_estimate *e = a->s->e[i], *f = fitted_row(a->all, e);
        side[i] = (struct side){.e = e};
        if (!f) continue;
        const struct rs_crossed_cells *cells = &a->all->cells[f->fit - 1];
        struct rs_cell_rates *r = &rates[f->fit - 1];
        if (!r->n) {
            rs_cell_rates_make(&cells->split[a->level->dimensions - 1], e->estimator == RS_BIRDIE, r);
            rs_cells_left_out(&cells->by_cell, a->level, r);
        }
        side[i].rates = r;
        side[i].g = f->fit_group;
    }
}

static bool one_level(struct adjusting *a, const struct fitted *fitted, bool last, bool *done, struct rs_error *error) {
    const struct rs_level *level = &fitted->level;
    enum rs_estimator k = a->s->estimator;
    struct rs_cell_rates mine, everybody, *rates = rs_alloc((a->all->n_crossed + 1) * sizeof *rates);
    struct side *side = rs_alloc((a->s->n + 1) * sizeof *side);
    rs_cell_rates_make(&fitted->split, k == RS_BIRDIE, &mine);
    rs_cells_left_out(&a->all->series->by_cell, level, &mine);
    rs_cell_rates_make(&fitted->split, true, &everybody);
    double *weight = rs_standard_weights(a->standard, level, &everybody);
    a->level = level;
    a->everyone = &mine;
    a->weight = weight;
    for (size_t i = 0; i < a->s->n; i++) side[i] = (struct side){a->s->e[i], &mine, a->s->e[i]->group};
    if (a->s->dimension != RS_RACE) crossed_sides(a, rates, side);
    if (weight) at_level(a, side, done);
    if (weight && last) withhold(a, side, done);
    bool good = weight || !level->names.n ||
                rs_fail(error, RS_DATA, "--standard: %s has no weight for any combination of %s in the run: names must "
                        "be those of layout estimate, such as 18-44 and female", a->standard->path, level->label);
    for (size_t i = 0; i < a->all->n_crossed; i++) rs_cell_rates_free(&rates[i]);
    rs_cell_rates_free(&mine);
    rs_cell_rates_free(&everybody);
    free(weight);
    free(side);
    free(rates);
    return good;
}

static bool by_estimator(struct adjusting *a, enum rs_dimension d, const struct fitted *fitted, size_t levels,
                         enum rs_estimator k, struct rs_error *error) {
    struct rs_shown s;
    bool good = true;
    if (!rs_shown_groups(a->all, d, k, &a->batch->arena, &s) || !s.n) return true;
    bool *done = rs_alloc(s.n + 1);
    a->s = &s;
    for (size_t i = levels; good && i > 0; i--) good = one_level(a, &fitted[i - 1], i == 1, done, error);
    free(done);
    return good;
}

static bool both_estimators(struct adjusting *a, enum rs_dimension d, const struct fitted *fitted, size_t levels,
                            struct rs_error *error) {
    return by_estimator(a, d, fitted, levels, RS_SELF_REPORT, error) && by_estimator(a, d, fitted, levels, RS_BIRDIE, error);
}

/* Each fitted intersection, for those dimensions that are no part of it; all of them are what race_ethnicity has. */
static bool intersections(struct adjusting *a, const struct fitted *plain, size_t levels, struct rs_error *error) {
    const struct rs_dimensions *all = a->strata->dimensions;
    bool good = true;
    for (size_t k = 0; good && all && k < all->n_crossed; k++) {
        if (!all->crossed[k].fitted) continue;
        struct fitted own[RS_MOST_LEVELS];
        struct rs_covariates covariates = rs_covariates_of(a->strata, &all->crossed[k]);
        size_t n = 0;
        if (covariates.n < levels) good = fit_levels(a->all, a->strata, &covariates, own, &n, error);
        good = good && both_estimators(a, rs_crossed_dimension(k), n ? own : plain, covariates.n, error);
        free_levels(own, n);
    }
    return good;
}

bool rs_adjust_publish(const struct rs_estimates *all, const struct rs_strata *strata, const struct rs_standard *standard,
                       const struct rs_settings *settings, struct rs_batch *batch, struct rs_error *error) {
    struct fitted fitted[RS_MOST_LEVELS];
    struct adjusting a = {.all = all, .strata = strata, .standard = standard, .minimum = settings->minimum_cell,
                          .batch = batch};
    struct rs_covariates covariates = rs_covariates_of(strata, NULL);
    size_t levels;
    bool good = fit_levels(all, strata, &covariates, fitted, &levels, error) &&
                both_estimators(&a, RS_RACE, fitted, levels, error) && intersections(&a, fitted, levels, error);
    free_levels(fitted, levels);
    return good;
}
