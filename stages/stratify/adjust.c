/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Why it exists: a gap that is one of age is another matter than one between people of the same age. */
#include "adjust.h"
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "cells.h"
#include "decompose.h"
#include "pipeline/base/suppress.h"
#include "pipeline/reference/csv_table.h"
#include "standardise.h"

enum { G = RS_GROUPS, MOST_DIMENSIONS = RS_MOST_COVARIATE_DIMENSIONS };

/* ---- options -------------------------------------------------------------------------------------------------- */

bool rs_adjust_dimensions(const char *text, struct rs_strata *strata, struct rs_error *error) {
    struct rs_view rest = text ? rs_cstr(text) : RS_NULL;
    while (!rs_is_null(rest)) {
        struct rs_view name = rs_trim(rs_split(&rest, ','));
        if (!name.n) continue;
        int d = RS_LANGUAGE;
        while (d < RS_PROVIDER && !rs_eq_c(name, rs_dimension_names[d])) d++;
        for (size_t i = 0; i < strata->n_adjust; i++)
            if (strata->adjust[i] == (enum rs_dimension)d) d = RS_PROVIDER;
        if (d >= RS_PROVIDER || strata->n_adjust == MOST_DIMENSIONS)
            return rs_fail(error, RS_USAGE, "--standardise: name dimensions of persons once each, comma between, such as "
                           "age_band,sex; there are language, sex and age_band");
        strata->adjust[strata->n_adjust++] = (enum rs_dimension)d;
    }
    return true;
}

static bool read_weight(struct rs_csv *csv, const int *column, size_t n, int weight, struct rs_standard *out,
                        struct rs_error *error) {
    struct rs_buffer name = {0};
    double w;
    if (!rs_csv_count(csv, weight, &w, error)) return false;
    for (size_t i = 0; i < n; i++) {
        if (i) rs_buffer_byte(&name, '|');
        rs_buffer_view(&name, rs_trim(csv->field[column[i]]));
    }
    size_t before = out->cells.n, at = rs_name_number(&out->cells, rs_view(name.p, name.n));
    rs_buffer_free(&name);
    if (at < before) return rs_fail(error, RS_DATA, "%s:%zu: this combination stands twice", csv->path, csv->line);
    out->weight = rs_realloc(out->weight, out->cells.n * sizeof *out->weight);
    out->weight[at] = w;
    return true;
}

bool rs_standard_read(const char *text, const struct rs_strata *strata, struct rs_standard *out,
                      struct rs_error *error) {
    *out = (struct rs_standard){.weight = NULL};
    if (!text || strcmp(text, "self") == 0) return true;
    struct rs_csv csv;
    int column[MOST_DIMENSIONS], weight;
    bool more = true, good = rs_csv_open(&csv, text, error) && rs_csv_need(&csv, "weight", &weight, error);
    for (size_t i = 0; good && i < strata->n_adjust; i++)
        good = rs_csv_need(&csv, rs_dimension_names[strata->adjust[i]], &column[i], error);
    while (good && (good = rs_csv_next(&csv, &more, error)) && more)
        good = read_weight(&csv, column, strata->n_adjust, weight, out, error);
    if (good && !out->cells.n) good = rs_fail(error, RS_DATA, "%s: no weights are there", text);
    snprintf(out->path, sizeof out->path, "%s", text);
    rs_csv_close(&csv);
    if (!good) rs_standard_free(out);
    return good;
}

void rs_standard_free(struct rs_standard *s) {
    rs_names_free(&s->cells);
    free(s->weight);
    *s = (struct rs_standard){.weight = NULL};
}

/* ---- one group over one level ----------------------------------------------------------------------------------- */

struct adjusting {
    const struct rs_estimates *all;
    const struct rs_standard *standard;
    const struct rs_shown *s;
    const struct rs_level *level;
    const struct rs_cell_rates *rates;
    const double *weight; /* by cell of the level, summing to 1 over cells with anybody */
    const enum rs_dimension *dimensions; /* of the level */
    double minimum;
    struct rs_batch *batch;
};

static struct rs_statement about(const struct adjusting *a, const struct rs_estimate *e, const char *statistic,
                                 const char *unit, const char *method) {
    return (struct rs_statement){.dimension = rs_dimension_names[RS_RACE],
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

static struct adjusted directly(const struct adjusting *a, int g) {
    struct adjusted y = {0, 0};
    for (size_t c = 0; c < a->rates->cells; c++) {
        if (!(a->weight[c] > 0)) continue;
        y.rate += a->weight[c] * rs_cell_rate(a->rates, c, g);
        y.variance += a->weight[c] * a->weight[c] * rs_cell_variance(a->rates, c, g, g);
    }
    return y;
}

/* Whether those left out, who could be had by subtracting the terms' sum from the gap, may be known. */
static bool left_out_safe(const struct adjusting *a, const struct rs_estimate *e) {
    double n = a->rates->left_n[e->group], x = a->rates->left_x[e->group], least = a->minimum;
    if (e->estimator != RS_SELF_REPORT) return true; /* sums of probabilities: two unknowns, one number */
    return !rs_small_count(n, least) && !rs_small_count(x, least) && !rs_small_count(n - x, least);
}

/* Counted, as Fay and Feuer take it: a weighted sum of Poisson counts. */
static struct rs_standardised as_poisson(const struct adjusting *a, int g) {
    size_t n = 0, cells = a->rates->cells;
    double *x = rs_alloc((3 * cells + 1) * sizeof *x), *persons = x + cells, *standard = persons + cells;
    for (size_t c = 0; c < cells; c++) {
        if (!(a->weight[c] > 0)) continue;
        x[n] = a->rates->x[c * G + (size_t)g];
        persons[n] = a->rates->n[c * G + (size_t)g];
        standard[n++] = a->weight[c];
    }
    struct rs_standardised s = rs_standardise(n, x, persons, standard);
    free(x);
    return s;
}

static void standardised_rate(const struct adjusting *a, const struct rs_estimate *e) {
    bool counted = e->estimator == RS_SELF_REPORT;
    struct adjusted y = directly(a, e->group);
    struct rs_statement t = about(a, e, "standardised_rate", "rate", counted ? "direct_fay_feuer" : "direct_wilson_n_eff");
    double effective = y.rate * (1 - y.rate) / y.variance;
    t.value = y.rate;
    t.se = sqrt(y.variance);
    t.interval = rs_wilson(y.rate * effective, effective, RS_Z95);
    if (counted) {
        struct rs_standardised s = as_poisson(a, e->group);
        struct rs_interval i = rs_fay_feuer(&s, 0.95);
        t.se = sqrt(s.variance);
        t.interval = (struct rs_interval){i.lower, fmin(i.upper, 1)};
    }
    say(a, &t);
}

static void standardised_gap(const struct adjusting *a, const struct rs_estimate *e, const struct rs_estimate *r) {
    struct adjusted y = directly(a, e->group), z = directly(a, r->group);
    double covariance = 0;
    for (size_t c = 0; c < a->rates->cells; c++)
        covariance += a->weight[c] * a->weight[c] * rs_cell_variance(a->rates, c, e->group, r->group);
    struct rs_statement t = about(a, e, "standardised_difference", "difference", "direct_normal");
    t.reference = r->stratum;
    t.flags |= r->flags;
    t.value = y.rate - z.rate;
    t.se = sqrt(y.variance + z.variance - 2 * covariance);
    t.interval = normal(t.value, t.se);
    say(a, &t);
    t = about(a, e, "standardised_ratio", "ratio", "direct_log_delta");
    t.reference = r->stratum;
    t.flags |= r->flags;
    t.value = y.rate / z.rate;
    t.interval = rs_ratio(y.rate, z.rate, y.variance, z.variance, covariance, RS_Z95);
    say(a, &t);
}

/* Observed over what would be expected at everybody's rates, by cell. */
static void observed_over_expected(const struct adjusting *a, const struct rs_estimate *e) {
    double observed = 0, expected = 0, variance = 0;
    for (size_t c = 0; c < a->rates->cells; c++) {
        double n = 0, x = 0, mine = a->rates->n[c * G + (size_t)e->group];
        for (size_t g = 0; g < G; g++) {
            n += a->rates->n[c * G + g];
            x += a->rates->x[c * G + g];
        }
        if (!(n > 0)) continue;
        observed += a->rates->x[c * G + (size_t)e->group];
        expected += mine * x / n;
        variance += mine * mine * rs_cell_variance(a->rates, c, e->group, e->group);
    }
    if (!(expected > 0)) return;
    bool counted = e->estimator == RS_SELF_REPORT;
    struct rs_statement t = about(a, e, "observed_over_expected", "ratio", counted ? "indirect_byar" : "indirect_log_delta");
    /* the width of Byar's interval is a function of the number observed, which the group's numerator less those left out is */
    if (counted && rs_small_count(a->rates->left_x[e->group], a->minimum)) t.withheld = "complementary";
    t.value = observed / expected;
    t.se = sqrt(counted ? observed : variance) / expected; /* Byar's interval is of a Poisson count, too */
    double factor = exp(RS_Z95 * sqrt(variance) / observed);
    t.interval = counted ? rs_indirect(observed, expected, 0.95, RS_Z95)
                         : (struct rs_interval){t.value / factor, t.value * factor};
    say(a, &t);
}

/* ---- a gap taken apart ------------------------------------------------------------------------------------------- */

/* Categories of each dimension, numbered as they are first met. */
static void categorise(const struct adjusting *a, size_t cell, struct rs_names names[MOST_DIMENSIONS],
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

static void say_term(const struct adjusting *a, const struct rs_estimate *e, const struct rs_estimate *r,
                     const char *statistic, const char *part, double value, double se) {
    if (!isfinite(value)) return;
    struct rs_statement t = about(a, e, statistic, "difference", "delta");
    t.reference = r->stratum;
    t.flags |= r->flags;
    t.part = rs_arena_printf(&a->batch->arena, "%s:%s", part, a->level->label).p;
    t.value = value;
    t.se = se;
    t.interval = normal(value, se);
    say(a, &t);
}

static void take_apart(const struct adjusting *a, const struct rs_estimate *e, const struct rs_estimate *r) {
    if (!left_out_safe(a, e) || !left_out_safe(a, r)) {
        struct rs_statement t = about(a, e, "kitagawa", "difference", NULL);
        t.withheld = "complementary";
        say(a, &t);
        return;
    }
    struct rs_names names[MOST_DIMENSIONS] = {{0}};
    struct rs_pair_cell *cell = rs_alloc((a->rates->cells + 1) * sizeof *cell);
    struct rs_pair pair = {.cell = cell, .dimensions = a->level->dimensions};
    for (size_t c = 0; c < a->rates->cells; c++) {
        struct rs_pair_cell *p = &cell[pair.n];
        p->n1 = a->rates->n[c * G + (size_t)e->group];
        p->n2 = a->rates->n[c * G + (size_t)r->group];
        if (!(p->n1 > 0) || !(p->n2 > 0)) continue; /* nobody at all is in it: rs_cells_safe */
        p->r1 = rs_cell_rate(a->rates, c, e->group);
        p->r2 = rs_cell_rate(a->rates, c, r->group);
        p->v1 = rs_cell_variance(a->rates, c, e->group, e->group);
        p->v2 = rs_cell_variance(a->rates, c, r->group, r->group);
        p->v12 = rs_cell_variance(a->rates, c, e->group, r->group);
        categorise(a, c, names, p);
        pair.n++;
    }
    for (size_t d = 0; d < pair.dimensions; d++) pair.categories[d] = (unsigned)names[d].n;
    struct rs_pair_terms out;
    rs_pair_decompose(&pair, &out);
    for (size_t i = 0; i < sizeof terms / sizeof terms[0]; i++)
        say_term(a, e, r, terms[i].statistic, terms[i].part, out.value[terms[i].term], out.se[terms[i].term]);
    for (size_t d = 0; d < pair.dimensions && pair.dimensions > 1; d++) {
        char part[64];
        snprintf(part, sizeof part, "endowments of %s", rs_dimension_names[a->dimensions[d]]);
        say_term(a, e, r, "oaxaca_threefold", part, out.value[RS_OAXACA_ENDOWMENTS_OF + d],
                 out.se[RS_OAXACA_ENDOWMENTS_OF + d]);
    }
    for (size_t d = 0; d < pair.dimensions; d++) rs_names_free(&names[d]);
    free(cell);
}

/* ---- levels ------------------------------------------------------------------------------------------------------ */

/* Weights of the level's cells, summing to 1: the standard's, or everybody's in the run (reported and imputed). */
static double *weights_of(const struct rs_standard *standard, const struct rs_level *level,
                          const struct rs_cell_rates *everybody) {
    size_t cells = level->names.n;
    double *w = rs_alloc((cells + 1) * sizeof *w), total = 0;
    for (size_t i = 0; i < standard->cells.n; i++) {
        const char *end = standard->cells.names[i];
        for (size_t d = 0; d < level->dimensions; d++) end += strcspn(end + (d > 0), "|") + (d > 0);
        for (size_t c = 0; c < cells; c++) {
            struct rs_view mine = rs_cstr(level->names.names[c]);
            if (rs_eq(mine, rs_view(standard->cells.names[i], (size_t)(end - standard->cells.names[i]))))
                w[c] += standard->weight[i];
        }
    }
    for (size_t c = 0; c < cells; c++) {
        double anybody = 0;
        for (size_t g = 0; g < G; g++) anybody += everybody->n[c * G + g];
        if (!standard->cells.n) w[c] = anybody;
        if (!(anybody > 0)) w[c] = 0;
        total += w[c];
    }
    for (size_t c = 0; c < cells && total > 0; c++) w[c] /= total;
    if (!(total > 0)) {
        free(w);
        return NULL;
    }
    return w;
}

/* Of a single cell, rate and standard error give its counts, and so those left out. */
static bool may_be_said(const struct adjusting *a, const struct rs_estimate *e) {
    size_t cells = 0;
    for (size_t c = 0; c < a->rates->cells; c++) cells += a->weight[c] > 0;
    return rs_cells_safe(a->rates, e->group, a->minimum) && (cells > 1 || left_out_safe(a, e));
}

/* All groups not yet done that this level's cells can be published of. */
static void at_level(struct adjusting *a, bool done[G]) {
    const struct rs_shown *s = a->s;
    const struct rs_estimate *r = s->reference < s->n ? s->e[s->reference] : NULL;
    bool reference_said = false;
    if (r && !may_be_said(a, r)) return;
    for (size_t i = 0; i < s->n; i++) {
        const struct rs_estimate *e = s->e[i];
        if (e == r || done[e->group] || !may_be_said(a, e)) continue;
        done[e->group] = true;
        standardised_rate(a, e);
        observed_over_expected(a, e);
        if (!r) continue;
        if (!reference_said) standardised_rate(a, r), observed_over_expected(a, r);
        reference_said = true;
        standardised_gap(a, e, r);
        take_apart(a, e, r);
    }
}

static void withhold(const struct adjusting *a, const bool done[G]) {
    for (size_t i = 0; i < a->s->n; i++) {
        const struct rs_estimate *e = a->s->e[i];
        if (done[e->group] || i == a->s->reference) continue;
        struct rs_statement t = about(a, e, "standardised_rate", "rate", NULL);
        t.withheld = !rs_cells_safe(a->rates, e->group, a->minimum) ? "primary"
                     : may_be_said(a, e)                              ? "group_withheld" /* the reference's */
                                                                      : "complementary";
        say(a, &t);
    }
}

/* The cells of so many dimensions, and the groups' rates fitted in them. */
struct fitted {
    struct rs_level level;
    struct rs_split split;
};

static bool fit_level(const struct rs_estimates *all, const struct rs_strata *strata, size_t dimensions, struct fitted *out,
                      struct rs_error *error) {
    rs_level_make(strata, dimensions, &out->level);
    const struct rs_split_into into = {
        .by = RS_BY_CELL, .parts = out->level.names.n, .of = out->level.of, .numbers = strata->cells.n};
    return rs_split_fit(all->series, &into, &out->split, error);
}

static bool by_estimator(struct adjusting *a, const struct fitted *fitted, size_t levels, enum rs_estimator k,
                         struct rs_error *error) {
    struct rs_shown s;
    bool done[G] = {false}, good = true;
    if (!rs_shown_groups(a->all, RS_RACE, k, &a->batch->arena, &s) || !s.n) return true;
    a->s = &s;
    for (size_t dimensions = levels; good && dimensions > 0; dimensions--) {
        const struct rs_level *level = &fitted[dimensions - 1].level;
        struct rs_cell_rates rates, everybody;
        rs_cell_rates_make(&fitted[dimensions - 1].split, k == RS_BIRDIE, &rates);
        rs_cells_left_out(a->all->series, level, &rates);
        rs_cell_rates_make(&fitted[dimensions - 1].split, true, &everybody);
        double *weight = weights_of(a->standard, level, &everybody);
        if (!weight && level->names.n)
            good = rs_fail(error, RS_DATA, "--standard: %s has no weight for any combination of %s in the run: names must "
                           "be those of layout estimate, such as 18-44 and female", a->standard->path, level->label);
        a->level = level;
        a->rates = &rates;
        a->weight = weight;
        if (weight) at_level(a, done);
        if (good && dimensions == 1) withhold(a, done);
        free(weight);
        rs_cell_rates_free(&rates);
        rs_cell_rates_free(&everybody);
    }
    return good;
}

bool rs_adjust_publish(const struct rs_estimates *all, const struct rs_strata *strata, const struct rs_standard *standard,
                       const struct rs_settings *settings, struct rs_batch *batch, struct rs_error *error) {
    struct fitted fitted[MOST_DIMENSIONS];
    struct adjusting a = {.all = all, .standard = standard, .dimensions = strata->adjust,
                          .minimum = settings->minimum_cell, .batch = batch};
    size_t levels = 0;
    bool good = true;
    for (; good && levels < strata->n_adjust; levels++) good = fit_level(all, strata, levels + 1, &fitted[levels], error);
    good = good && (!levels || (by_estimator(&a, fitted, levels, RS_SELF_REPORT, error) &&
                                by_estimator(&a, fitted, levels, RS_BIRDIE, error)));
    for (size_t i = 0; i < levels; i++) {
        rs_split_free(&fitted[i].split);
        rs_level_free(&fitted[i].level);
    }
    return good;
}
