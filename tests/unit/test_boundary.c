/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Intervals of BIRDiE's rates near 0 and 1: against Wilson's where all reported, against a search of its own where two
 * groups are imputed, and what a row of estimate then says. */
#include "stages/stratify/estimate.h"
#include <criterion/criterion.h>
#include <math.h>
#include <string.h>

enum { G = RS_GROUPS, N = 240 };
static struct rs_imputed_file *file;

static void setup(void) {
    struct rs_error error = {0};
    file = rs_imputed_file_open("/tmp", &error);
    cr_assert(file, "%s", error.text);
}
static void teardown(void) { rs_imputed_file_close(file); }
TestSuite(boundary, .init = setup, .fini = teardown, .timeout = 120);

/* Wilson's limits for 0 of 40, 1 of 60, 50 of 50 and 12 of 300: z^2/(n + z^2) and the closed form. */
Test(boundary, wilson_where_everyone_reported) {
    struct rs_imputed m = {.file = file};
    const struct rs_direct direct[4] = {{.n = 40, .x = 0}, {.n = 60, .x = 1}, {.n = 50, .x = 50}, {.n = 300, .x = 12}};
    struct rs_sample sample = {.imputed = &m, .threads = 1};
    memcpy(sample.direct, direct, sizeof direct);
    struct rs_birdie_fit fit;
    struct rs_error error = {0};
    cr_assert(rs_birdie(&sample, &fit, &error));
    static const bool wanted[G] = {true, true, true, true, false, true};
    struct rs_interval found[G];
    cr_assert(rs_boundary_intervals(&sample, &fit, wanted, RS_Z95, found, &error));
    for (int r = 0; r < 4; r++) {
        struct rs_interval i = found[r], w = rs_wilson(direct[r].x, direct[r].n, RS_Z95);
        cr_expect(fabs(i.lower - w.lower) < 2e-3 * (w.upper - w.lower), "group %d: %.6f, Wilson %.6f", r, i.lower,
                  w.lower);
        cr_expect(fabs(i.upper - w.upper) < 2e-3 * (w.upper - w.lower), "group %d: %.6f, Wilson %.6f", r, i.upper,
                  w.upper);
    }
    cr_expect(isnan(found[4].lower) && isnan(found[5].lower) && isnan(found[5].upper), "an empty group has none");
    for (int r = 0; r < 3; r++) cr_expect(rs_near_boundary(fit.rate[r], fit.v[r][r]), "group %d", r);
    cr_expect(!rs_near_boundary(fit.rate[3], fit.v[3][3]), "twelve of 300 are enough");
}

/* ---- two groups, nobody reported, by a search that shares nothing with the program
 * ----------------------------------- */

static double white[N], share_y[2];
static int y_of[N];

/* ln L at (t, u) with the second group's prior of one pseudo-person at its weighted estimate. */
static double likelihood(double t, double u) {
    double sum = share_y[1] * log(u) + (1 - share_y[1]) * log(1 - u);
    for (int i = 0; i < N; i++) {
        double d = white[i] * t + (1 - white[i]) * u;
        sum += log(y_of[i] ? d : 1 - d);
    }
    return sum;
}

/* The best u for t: concave, so thirds will do. */
static double best_u(double t) {
    double a = 1e-9, b = 1 - 1e-9;
    for (int i = 0; i < 200; i++) {
        double c = a + (b - a) / 3, d = b - (b - a) / 3;
        if (likelihood(t, c) < likelihood(t, d))
            a = c;
        else
            b = d;
    }
    return (a + b) / 2;
}

static double signed_root(double t) {
    double u = best_u(t), slope = 0, e00 = 0, e01 = 0, e11 = 1 / (u * (1 - u));
    for (int i = 0; i < N; i++) {
        double d = white[i] * t + (1 - white[i]) * u, p = white[i], q = 1 - p;
        slope += y_of[i] ? p / d : -p / (1 - d);
        e00 += p * p / (d * (1 - d));
        e01 += p * q / (d * (1 - d));
        e11 += q * q / (d * (1 - d));
    }
    return slope * sqrt(e11 / (e00 * e11 - e01 * e01));
}

static double where(double target, double low, double high) {
    for (int i = 0; i < 100; i++) {
        double middle = (low + high) / 2;
        if (signed_root(middle) > target)
            low = middle;
        else
            high = middle;
    }
    return (low + high) / 2;
}

static void against_the_search(const struct rs_sample *sample) {
    static const bool first[G] = {true};
    struct rs_birdie_fit fit;
    struct rs_interval i, found[G];
    struct rs_error error = {0};
    cr_assert(rs_birdie(sample, &fit, &error));
    share_y[1] = fit.weighted[1];
    cr_assert(rs_boundary_intervals(sample, &fit, first, RS_Z95, found, &error));
    i = found[0];
    double upper = where(-RS_Z95, fit.rate[0], 1 - 1e-9), lower = where(RS_Z95, 1e-9, fit.rate[0]);
    cr_expect(fabs(i.upper - upper) < 2e-3 * (upper - lower), "upper %.6f, searched %.6f", i.upper, upper);
    cr_expect(fabs(i.lower - lower) < 2e-3 * (upper - lower), "lower %.6f, searched %.6f", i.lower, lower);
    cr_expect(i.lower <= fit.rate[0] && fit.rate[0] <= i.upper);
}

/* `of_white`: how many with the outcome have names of the first group. */
static struct rs_sample two_groups(struct rs_imputed *m, int of_white) {
    static const double p[6] = {.97, .85, .6, .4, .2, .05};
    struct rs_error error = {0};
    *m = (struct rs_imputed){.file = file};
    for (int i = 0; i < N; i++) {
        white[i] = p[i % 6];
        y_of[i] = i % 6 < 2 ? i / 6 < of_white : i % 24 == 5;
        struct rs_imputed_row row = {
            .p = {white[i], 1 - white[i]}, .weight = 1, .cluster = (uint32_t)i, .y = y_of[i] & 1};
        cr_assert(rs_imputed_add(m, &row, &error));
    }
    return (struct rs_sample){.imputed = m, .threads = 1};
}

Test(boundary, agrees_with_a_search_of_its_own) {
    struct rs_imputed m;
    for (int of_white = 0; of_white < 4; of_white++) {
        struct rs_sample sample = two_groups(&m, of_white);
        against_the_search(&sample);
        rs_imputed_free(&m);
    }
}

/* ---- in the rows
 * ------------------------------------------------------------------------------------------------------ */

/* Groups of 400 and 300, all reported, 120 and 0 with the outcome: the second has an interval, and so has the
 * difference. */
Test(boundary, a_row_without_outcomes_has_an_interval) {
    static const struct rs_settings settings = {
        .minimum_cell = 11, .languages = 1, .low_information = .1, .threads = 1};
    struct rs_strata strata;
    struct rs_estimates all;
    struct rs_error error = {0};
    cr_assert(rs_strata_open(&strata, "/tmp", &error));
    struct rs_series *series = rs_series_of(&strata, RS_LIT("M"), RS_LIT("2026"));
    *rs_count_at(&series->by[RS_ALL], 0) = (struct rs_count){700, 120};
    *rs_count_at(&series->by[RS_RACE], 0) = (struct rs_count){400, 120};
    *rs_count_at(&series->by[RS_RACE], 1) = (struct rs_count){300, 0};
    cr_assert(rs_estimates_make(&all, series, &strata, &settings, &error), "%s", error.text);
    rs_estimates_compare(&all, &settings);
    int seen = 0;
    for (size_t i = 0; i < all.n; i++) {
        const struct rs_estimate *e = &all.e[i];
        if (e->estimator != RS_BIRDIE || e->group != 1) continue;
        struct rs_interval w = rs_wilson(0, 300, RS_Z95), d = rs_newcombe10(0, 300, 120, 400, RS_Z95);
        seen++;
        cr_expect(e->flags & RS_BOUNDARY);
        cr_expect_str_eq(e->method, "score");
        cr_expect(e->interval.lower == 0 && fabs(e->interval.upper - w.upper) < 1e-4, "%.6f, Wilson %.6f",
                  e->interval.upper, w.upper);
        cr_expect(fabs(e->difference_interval.lower - d.lower) < 1e-3, "%.6f, Newcombe %.6f",
                  e->difference_interval.lower, d.lower);
        cr_expect(isnan(e->ratio_interval.lower) && isnan(e->ratio_interval.upper), "the log of 0 has no error");
    }
    cr_expect(seen == 1);
    rs_estimates_free(&all);
    rs_strata_free(&strata);
}
