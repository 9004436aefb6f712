/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The estimates beside BIRDiE: least squares, threshold, bounds and multiple imputation, against hand calculation, closed
 * forms and simulated plans with known rates. */
#include <criterion/criterion.h>
#include <math.h>
#include <string.h>
#include "stages/stratify/bounds.h"
#include "pipeline/base/interval.h"
#include "stages/stratify/logit_normal.h"
#include "stages/stratify/multiple.h"
#include "stages/stratify/ols.h"
#include "stages/stratify/rubin.h"
#include "tests/simulate/plan.h"

enum { G = RS_GROUPS };
static const struct plan_kind holds = {.concentration = 1, .rate = {.70, .55, .60, .75, .65, .50}};
static struct rs_imputed_file *file;

static void fail_on(const struct rs_error *error) { cr_assert_eq(error->code, 0, "%s", error->text); }

static void setup(void) {
    struct rs_error error = {0};
    file = rs_imputed_file_open("/tmp", &error);
    fail_on(&error);
}

static void teardown(void) { rs_imputed_file_close(file); }

TestSuite(race_estimators, .init = setup, .fini = teardown, .timeout = 240);

static void add(struct rs_imputed *m, double white, double black, uint32_t y, uint32_t cluster) {
    struct rs_error error = {0};
    struct rs_imputed_row row = {.p = {white, black}, .weight = 1, .cluster = cluster, .y = y & 1};
    cr_assert(rs_imputed_add(m, &row, &error));
}

/* Four imputed persons and a few who reported. A = sum p p' = [[.64+.25+.04+.01+2, .16+.25+.16+.09], [., .04+.25+.64+.81+1]],
 * b = [.8 + .5 + .1 + 1, .2 + .5 + .9 + 0]. */
Test(race_estimators, least_squares_and_threshold_by_hand) {
    struct rs_imputed m = {.file = file};
    add(&m, .8, .2, 1, 0);
    add(&m, .5, .5, 1, 1);
    add(&m, .2, .8, 0, 2);
    add(&m, .1, .9, 1, 3);
    struct rs_sample sample = {.imputed = &m, .threads = 1};
    rs_direct_add(&sample.direct[0], 1, 1);
    rs_direct_add(&sample.direct[0], 1, 0);
    rs_direct_add(&sample.direct[1], 1, 0);
    struct rs_error error = {0};
    struct rs_moments moments;
    struct rs_group_rates ols, threshold;
    cr_assert(rs_moments_of(&sample, &moments, &error));
    cr_assert(rs_ols(&sample, &moments, &ols, &error));
    cr_assert(rs_threshold(&sample, &moments, &threshold, &error));
    double a = 2.94, c = .66, d = 2.74, b0 = 2.4, b1 = 1.6, det = a * d - c * c;
    double t0 = (d * b0 - c * b1) / det, t1 = (a * b1 - c * b0) / det;
    cr_expect(fabs(ols.rate[0] - t0) < 1e-14, "%.15f, by hand %.15f", ols.rate[0], t0);
    cr_expect(fabs(ols.rate[1] - t1) < 1e-14, "%.15f, by hand %.15f", ols.rate[1], t1);
    cr_expect(isnan(ols.rate[2]) && isnan(ols.v[2][0]), "nobody can be of the third group");
    /* the sandwich, row by row */
    const double p[7][3] = {{.8, .2, 1}, {.5, .5, 1}, {.2, .8, 0}, {.1, .9, 1}, {1, 0, 1}, {1, 0, 0}, {0, 1, 0}};
    double v00 = 0, v01 = 0;
    for (int i = 0; i < 7; i++) {
        double rest = p[i][2] - p[i][0] * t0 - p[i][1] * t1;
        double i0 = rest * (d * p[i][0] - c * p[i][1]) / det, i1 = rest * (a * p[i][1] - c * p[i][0]) / det;
        v00 += i0 * i0;
        v01 += i0 * i1;
    }
    cr_expect(fabs(ols.v[0][0] - v00) < 1e-14 && fabs(ols.v[0][1] - v01) < 1e-14, "%g %g", ols.v[0][0], ols.v[0][1]);
    /* the second person, at .5 each, counts as the first group: white 2 + 2 persons with 1 + 2, black 1 + 2 with 0 + 1 */
    cr_expect(threshold.n[0] == 4 && fabs(threshold.rate[0] - .75) < 1e-15);
    cr_expect(threshold.n[1] == 3 && fabs(threshold.rate[1] - 1. / 3) < 1e-15);
    cr_expect(fabs(threshold.v[0][0] - .75 * .25 / 4) < 1e-15, "the variance of a proportion");
    cr_expect(fabs(moments.argmax_n[0] - 2) < 1e-15);
    rs_imputed_free(&m);
}

/* Every person twice in one cluster gives the variance of every person once. */
Test(race_estimators, clusters_are_counted_once) {
    struct rs_imputed once = {.file = file}, twice = {.file = file};
    struct rs_sample a, b;
    struct plan_kind kind = holds;
    kind.report = .2;
    plan_draw(&kind, 3, 9000, &once, &a);
    b = a;
    struct rs_error error = {0};
    struct rs_imputed_row room[RS_CHUNK_ROWS];
    for (size_t i = 0; i < rs_imputed_chunks(&once); i++) {
        const struct rs_imputed_row *rows;
        size_t n;
        cr_assert(rs_imputed_chunk(&once, i, room, &rows, &n, &error));
        for (size_t k = 0; k < 2 * n; k++) cr_assert(rs_imputed_add(&twice, &rows[k / 2], &error));
    }
    b.imputed = &twice;
    a.robust = b.robust = true;
    for (int r = 0; r < G; r++) {
        struct rs_direct *d = &b.direct[r];
        *d = (struct rs_direct){2 * d->n, 2 * d->x, 4 * d->nn, 4 * d->nx, 4 * d->xx};
    }
    struct rs_moments ma, mb;
    struct rs_group_rates one, two;
    cr_assert(rs_moments_of(&a, &ma, &error) && rs_moments_of(&b, &mb, &error));
    cr_assert(rs_ols(&a, &ma, &one, &error) && rs_ols(&b, &mb, &two, &error));
    for (int r = 0; r < G; r++) {
        cr_expect(fabs(one.rate[r] - two.rate[r]) < 1e-12);
        cr_expect(fabs(one.v[r][r] / two.v[r][r] - 1) < 1e-9, "ols, group %d", r);
    }
    cr_assert(rs_threshold(&a, &ma, &one, &error) && rs_threshold(&b, &mb, &two, &error));
    for (int r = 0; r < G; r++) cr_expect(fabs(one.v[r][r] / two.v[r][r] - 1) < 1e-9, "threshold, group %d", r);
    struct rs_birdie_fit fa, fb;
    cr_assert(rs_birdie(&a, &fa, &error) && rs_birdie(&b, &fb, &error));
    for (int r = 0; r < G; r++)
        cr_expect(fabs(fa.v[r][r] / fb.v[r][r] - 1) < .05, "birdie, group %d: %g, %g", r, fa.v[r][r], fb.v[r][r]);
    rs_imputed_free(&once);
    rs_imputed_free(&twice);
}

Test(race_estimators, nothing_to_tell_groups_apart) {
    struct rs_imputed m = {.file = file};
    for (uint32_t i = 0; i < 3000; i++) add(&m, .6, .4, i % 3 == 0, i);
    struct rs_sample sample = {.imputed = &m, .threads = 2};
    struct rs_error error = {0};
    struct rs_moments moments;
    struct rs_group_rates ols;
    struct rs_bounds bounds;
    cr_assert(rs_moments_of(&sample, &moments, &error));
    cr_assert(rs_ols(&sample, &moments, &ols, &error));
    cr_expect(isnan(ols.rate[0]) && isnan(ols.rate[1]), "least squares has no answer");
    cr_expect(fabs(rs_lambda(&moments, 0)) < 1e-12, "lambda 0");
    /* the bounds have one: eta is 1/3 for all, and at most 1/3 of all have the outcome, wherever it falls */
    cr_assert(rs_bounds(&sample, &moments, &bounds, &error));
    cr_expect(fabs(bounds.lower[0] - 0) < 1e-12 && fabs(bounds.upper[0] - 1 / 1.8) < 1e-12, "%g %g", bounds.lower[0],
              bounds.upper[0]);
    cr_expect(fabs(bounds.upper[1] - 1 / 1.2) < 1e-12, "%g", bounds.upper[1]);
    rs_imputed_free(&m);
}

/* Persons of four kinds of names whose p and eta are known: the sharp bounds by hand. */
Test(race_estimators, bounds_are_those_of_the_known_cells) {
    static const struct kind {
        double white, eta;
    } kinds[4] = {{.95, .8}, {.7, .6}, {.3, .5}, {.04, .3}};
    struct rs_imputed m = {.file = file};
    struct rs_random r = rs_random(5, 1, 1);
    double lower[2] = {0}, upper[2] = {0}, n[2] = {0};
    for (uint32_t i = 0; i < 200000; i++) {
        const struct kind *k = &kinds[rs_random_below(&r, 4)];
        add(&m, k->white, 1 - k->white, rs_random_unit(&r) < k->eta, i);
        for (int g = 0; g < 2; g++) {
            double p = g ? 1 - k->white : k->white;
            n[g] += p;
            lower[g] += fmax(0, p + k->eta - 1);
            upper[g] += fmin(p, k->eta);
        }
    }
    struct rs_sample sample = {.imputed = &m, .threads = 2};
    struct rs_error error = {0};
    struct rs_moments moments;
    struct rs_bounds bounds;
    cr_assert(rs_moments_of(&sample, &moments, &error));
    cr_assert(rs_bounds(&sample, &moments, &bounds, &error));
    for (int g = 0; g < 2; g++) {
        double weighted = moments.x[g] / moments.n[g];
        cr_expect(fabs(bounds.lower[g] - lower[g] / n[g]) < .006, "%.4f, by hand %.4f", bounds.lower[g], lower[g] / n[g]);
        cr_expect(fabs(bounds.upper[g] - upper[g] / n[g]) < .006, "%.4f, by hand %.4f", bounds.upper[g], upper[g] / n[g]);
        cr_expect(bounds.lower[g] < weighted - .05 && bounds.upper[g] > weighted + .05,
                  "an eta that looks at y would make both the weighted estimate, %.4f", weighted);
    }
    rs_imputed_free(&m);
}

/* BIRDiE's assumption broken: its estimate is off, the bounds hold the truth all the same. */
Test(race_estimators, bounds_hold_where_the_assumption_does_not) {
    struct plan_kind kind = holds;
    double truth[G];
    kind.surname = .5;
    plan_truth(&kind, 1000000, truth);
    struct rs_imputed m = {.file = file};
    struct rs_sample sample;
    struct rs_error error = {0};
    struct rs_birdie_fit fit;
    struct rs_bounds bounds;
    plan_draw(&kind, 21, 100000, &m, &sample);
    cr_assert(rs_birdie(&sample, &fit, &error));
    cr_assert(rs_bounds(&sample, &fit.moments, &bounds, &error));
    cr_expect(fabs(fit.rate[1] - truth[1]) > 3 * sqrt(fit.v[1][1]), "the assumption matters: %.4f, truth %.4f",
              fit.rate[1], truth[1]);
    for (int r = 0; r < G; r++)
        cr_expect(bounds.lower[r] < truth[r] && truth[r] < bounds.upper[r], "group %d: %.4f to %.4f, truth %.4f", r,
                  bounds.lower[r], bounds.upper[r], truth[r]);
    rs_imputed_free(&m);
}

Test(race_estimators, multiple_imputation_agrees_with_the_fit) {
    struct plan_kind kind = holds;
    kind.report = .3;
    struct rs_imputed m = {.file = file};
    struct rs_sample sample;
    struct rs_error error = {0};
    struct rs_birdie_fit fit;
    struct rs_multiple one, other;
    plan_draw(&kind, 31, 30000, &m, &sample);
    cr_assert(rs_birdie(&sample, &fit, &error));
    cr_assert(rs_multiple(&sample, &fit, 1, 400, &one, &error));
    cr_assert(one.made);
    for (int r = 0; r < G; r++) {
        double se = sqrt(fit.v[r][r]);
        cr_expect(fabs(one.rate[r] - fit.rate[r]) < .35 * se, "group %d: %.4f, fit %.4f +- %.4f", r, one.rate[r],
                  fit.rate[r], se);
        /* of 400 draws, the standard error is known to 1/sqrt(800) = 3.5 % */
        cr_expect(fabs(sqrt(one.v[r][r]) / se - 1) < .15, "group %d: SE %.4f, of the fit %.4f", r, sqrt(one.v[r][r]), se);
        double missing = 1 - fit.rate[r] * (1 - fit.rate[r]) / fit.v[r][r] / fit.n[r];
        cr_expect(fabs(one.fmi[r] - missing) < .1, "group %d: missing %.3f, by the fit %.3f", r, one.fmi[r], missing);
    }
    double rho = one.v[0][1] / sqrt(one.v[0][0] * one.v[1][1]), of_fit = fit.v[0][1] / sqrt(fit.v[0][0] * fit.v[1][1]);
    cr_expect(fabs(rho - of_fit) < .12, "correlation %.3f, of the fit %.3f", rho, of_fit);
    for (int threads = 2; threads < 5; threads++) {
        sample.threads = threads;
        cr_assert(rs_multiple(&sample, &fit, 1, 400, &other, &error));
        cr_expect_arr_eq(one.rate, other.rate, sizeof one.rate, "%d threads", threads);
        cr_expect_arr_eq(one.v, other.v, sizeof one.v, "%d threads", threads);
    }
    cr_assert(rs_multiple(&sample, &fit, 2, 400, &other, &error));
    cr_expect(one.rate[1] != other.rate[1], "another seed, other draws");
    sample.robust = true;
    cr_assert(rs_multiple(&sample, &fit, 1, 400, &other, &error));
    cr_expect(!other.made && isnan(other.rate[0]), "not where persons repeat");
    rs_imputed_free(&m);
}

/* Mean and variance of the rates by a sum over a grid of the logit's own density, 40,000 midpoints. */
Test(race_estimators, logit_normal_has_the_moments_asked_for) {
    static const double asked[][2] = {{.01, 1e-4}, {.01, 4e-5}, {.0003, 3e-7}, {.5, .01}, {.7, .002}, {.995, 2e-5}};
    for (size_t k = 0; k < sizeof asked / sizeof asked[0]; k++) {
        struct rs_logit_normal n = rs_logit_normal(asked[k][0], asked[k][1]);
        double sum = 0, mean = 0, square = 0, h = 20. / 40000;
        for (int i = 0; i < 40000; i++) {
            double x = n.mean + n.sd * (h * (i + .5) - 10), w = exp(-pow((x - n.mean) / n.sd, 2) / 2);
            double p = 1 / (1 + exp(-x));
            sum += w;
            mean += w * p;
            square += w * p * p;
        }
        mean /= sum;
        double variance = square / sum - mean * mean;
        cr_expect(fabs(mean / asked[k][0] - 1) < 1e-7, "%g: mean %.10g", asked[k][0], mean);
        cr_expect(fabs(variance / asked[k][1] - 1) < 1e-5, "%g: variance %.10g, not %g", asked[k][0], variance, asked[k][1]);
    }
}

/* Everyone reported: nothing is missing, and the data sets do not differ. */
Test(race_estimators, multiple_imputation_of_nobody) {
    struct rs_imputed m = {.file = file};
    struct rs_sample sample = {.imputed = &m, .threads = 1, .direct = {{.n = 400, .x = 300}, {.n = 100, .x = 60}}};
    struct rs_error error = {0};
    struct rs_birdie_fit fit;
    struct rs_multiple out;
    cr_assert(rs_birdie(&sample, &fit, &error));
    cr_assert(rs_multiple(&sample, &fit, 1, 50, &out, &error));
    cr_expect(fabs(out.rate[0] - .75) < 1e-12 && fabs(out.rate[1] - .6) < 1e-12);
    cr_expect(out.fmi[0] == 0);
    cr_expect(fabs(sqrt(out.v[1][1]) - sqrt(.24 / 100)) < 1e-6);
    cr_expect(isnan(out.rate[2]));
}

Test(race_estimators, t_quantiles) {
    /* tables of Student's t: 12.706 at 1, 2.2281 at 10, 2.0086 at 50 */
    cr_expect(fabs(rs_t_quantile(.95, 1) - 12.7062047) < 1e-6);
    cr_expect(fabs(rs_t_quantile(.95, 10) - 2.2281389) < 1e-6);
    cr_expect(fabs(rs_t_quantile(.95, 50) - 2.0085591) < 1e-6);
    cr_expect(fabs(rs_t_quantile(.95, INFINITY) - RS_Z95) < 1e-9);
}
