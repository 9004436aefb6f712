/* SPDX-License-Identifier: GPL-3.0-or-later */
/* BIRDiE on simulated persons with known rates, against plain EM, finite differences and the closed form. */
#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "pipeline/base/hash.h"
#include "stages/stratify/birdie.h"

enum { G = RS_GROUPS, MOST = 40000 };
static const double truth[G] = {.70, .55, .60, .75, .65, .50};
static const double mix[G] = {.55, .15, .03, .07, .04, .16};

static struct rs_imputed_file *file;
static struct rs_imputed_row *kept; /* the same rows, for the plain EM */
static size_t n_kept;

static void fail_on(const struct rs_error *error) { cr_assert_eq(error->code, 0, "%s", error->text); }

static void add(struct rs_imputed *m, const struct rs_imputed_row *row) {
    struct rs_error error = {0};
    rs_imputed_add(m, row, &error);
    fail_on(&error);
    if (n_kept < MOST) kept[n_kept++] = *row;
}

static double gamma_small(struct rs_random *r, double shape) {
    /* Johnk would do for shapes below 1; Marsaglia and Tsang with the usual boost serves all. */
    double boost = 1;
    if (shape < 1) {
        boost = pow(1 - rs_random_unit(r), 1 / shape);
        shape += 1;
    }
    double d = shape - 1. / 3, c = 1 / sqrt(9 * d);
    for (;;) {
        double z = rs_random_normal(r), v = 1 + c * z;
        if (v <= 0) continue;
        v = v * v * v;
        if (log(1 - rs_random_unit(r)) < z * z / 2 + d - d * v + d * log(v)) return boost * d * v;
    }
}

/* p ~ Dirichlet(mix / spread'), race ~ p, y ~ its race's rate: calibrated, and y independent of p given race. */
static struct rs_imputed_row person(struct rs_random *r, double concentration, int groups, int *race) {
    struct rs_imputed_row row = {.weight = 1};
    double sum = 0;
    for (int g = 0; g < groups; g++)
        sum += row.p[g] = gamma_small(r, concentration * mix[g] * (groups == 2 ? 3 : 1)) + 1e-12;
    for (int g = 0; g < groups; g++) row.p[g] /= sum;
    double u = rs_random_unit(r);
    *race = 0;
    while (*race < groups - 1 && u >= row.p[*race]) u -= row.p[(*race)++];
    row.y = rs_random_unit(r) < truth[*race];
    return row;
}

static void simulate(struct rs_imputed *m, struct rs_sample *input, uint64_t seed, size_t n, int groups,
                     double reported) {
    struct rs_random r = rs_random(seed, 1, 1);
    *m = (struct rs_imputed){.file = file};
    *input = (struct rs_sample){.imputed = m, .threads = 1};
    n_kept = 0;
    for (size_t i = 0; i < n; i++) {
        int race;
        struct rs_imputed_row row = person(&r, 1, groups, &race);
        row.cluster = (uint32_t)i;
        if (rs_random_unit(&r) < reported) {
            input->direct[race].n++;
            input->direct[race].x += row.y;
        } else {
            add(m, &row);
        }
    }
}

static struct rs_birdie_fit fit_of(const struct rs_sample *input) {
    struct rs_error error = {0};
    struct rs_birdie_fit fit;
    rs_birdie(input, &fit, &error);
    fail_on(&error);
    return fit;
}

static void setup(void) {
    struct rs_error error = {0};
    file = rs_imputed_file_open("/tmp", &error);
    fail_on(&error);
    kept = calloc(MOST, sizeof *kept);
}

static void teardown(void) {
    rs_imputed_file_close(file);
    free(kept);
}

TestSuite(birdie, .init = setup, .fini = teardown, .timeout = 240);

/* EM as the method's text has it, run until nothing moves. */
static void plain_em(const struct rs_sample *input, double theta[G]) {
    double n[G], x[G], start[G];
    for (int g = 0; g < G; g++) n[g] = input->direct[g].n, x[g] = input->direct[g].x;
    for (size_t i = 0; i < n_kept; i++)
        for (int g = 0; g < G; g++) n[g] += kept[i].p[g], x[g] += kept[i].p[g] * kept[i].y;
    for (int g = 0; g < G; g++) theta[g] = start[g] = n[g] > 0 ? x[g] / n[g] : .5;
    for (int round = 0; round < 200000; round++) {
        double one[G], two[G], moved = 0;
        for (int g = 0; g < G; g++) one[g] = input->direct[g].x + start[g], two[g] = input->direct[g].n + 1;
        for (size_t i = 0; i < n_kept; i++) {
            double q[G], d = 0;
            for (int g = 0; g < G; g++) d += q[g] = kept[i].p[g] * (kept[i].y ? theta[g] : 1 - theta[g]);
            for (int g = 0; g < G; g++) one[g] += kept[i].y * q[g] / d, two[g] += q[g] / d;
        }
        for (int g = 0; g < G; g++) {
            moved += fabs(one[g] / two[g] - theta[g]);
            theta[g] = one[g] / two[g];
        }
        if (moved < 1e-14) return;
    }
}

Test(birdie, agrees_with_plain_em) {
    struct rs_imputed m;
    struct rs_sample input;
    simulate(&m, &input, 11, 6000, G, .3);
    struct rs_birdie_fit fit = fit_of(&input);
    double theta[G];
    plain_em(&input, theta);
    cr_assert(fit.converged);
    cr_assert(fit.iterations < 30, "%d passes", fit.iterations);
    for (int g = 0; g < G; g++)
        cr_assert(fabs(fit.theta[g] - theta[g]) < 1e-9, "group %d: %.12f, plain EM %.12f", g, fit.theta[g], theta[g]);
    rs_imputed_free(&m);
}

Test(birdie, recovers_known_rates_where_weighted_does_not) {
    struct rs_imputed m;
    struct rs_sample input;
    simulate(&m, &input, 12, 200000, G, 0);
    struct rs_birdie_fit fit = fit_of(&input);
    for (int g = 0; g < G; g++)
        cr_expect(fabs(fit.rate[g] - truth[g]) < 4 * sqrt(fit.v[g][g]), "group %d: %.4f +- %.4f, truth %.4f", g,
                  fit.rate[g], sqrt(fit.v[g][g]), truth[g]);
    double gap = fit.rate[1] - fit.rate[0], shrunk = fit.weighted[1] - fit.weighted[0];
    cr_expect(fabs(gap + .15) < .02, "gap %.4f", gap);
    cr_expect(fabs(shrunk) < .12, "the weighted gap, %.4f, should be smaller than the true .15", shrunk);
    rs_imputed_free(&m);
}

/* E[weighted] = W mu, W_ab = sum p_a p_b / sum p_a: for two groups solved by hand. */
Test(birdie, agrees_with_the_closed_form_of_two_groups) {
    struct rs_imputed m;
    struct rs_sample input;
    simulate(&m, &input, 13, MOST, 2, 0);
    struct rs_birdie_fit fit = fit_of(&input);
    double w[2][2] = {{0}}, n[2] = {0};
    for (size_t i = 0; i < n_kept; i++)
        for (int a = 0; a < 2; a++) {
            n[a] += kept[i].p[a];
            for (int b = 0; b < 2; b++) w[a][b] += kept[i].p[a] * kept[i].p[b];
        }
    for (int a = 0; a < 2; a++)
        for (int b = 0; b < 2; b++) w[a][b] /= n[a];
    double det = w[0][0] * w[1][1] - w[0][1] * w[1][0];
    double mu0 = (w[1][1] * fit.weighted[0] - w[0][1] * fit.weighted[1]) / det;
    double mu1 = (w[0][0] * fit.weighted[1] - w[1][0] * fit.weighted[0]) / det;
    cr_expect(fabs(fit.rate[0] - mu0) < .5 * sqrt(fit.v[0][0]), "%.5f, %.5f", fit.rate[0], mu0);
    cr_expect(fabs(fit.rate[1] - mu1) < .5 * sqrt(fit.v[1][1]), "%.5f, %.5f", fit.rate[1], mu1);
    double lambda = fit.lambda[0], ratio = (fit.weighted[1] - fit.weighted[0]) / (mu1 - mu0);
    cr_expect(fabs(lambda - ratio) < 1e-9, "the weighted gap shrinks by lambda: %.6f, %.6f", lambda, ratio);
    cr_expect(isnan(fit.rate[3]) && isnan(fit.v[3][0]), "an empty group has no estimate");
    rs_imputed_free(&m);
}

/* V is the inverse of the second derivative: here by differences of the gradient, and the gradient by differences of
 * the objective. */
Test(birdie, standard_errors_are_those_of_the_curvature) {
    struct rs_imputed m;
    struct rs_sample input;
    struct rs_error error = {0};
    simulate(&m, &input, 14, 8000, G, .2);
    struct rs_birdie_fit fit = fit_of(&input);
    double prior1[G], prior0[G], product[G][G] = {{0}};
    for (int g = 0; g < G; g++) prior1[g] = fit.weighted[g], prior0[g] = 1 - fit.weighted[g];
    for (int g = 0; g < G; g++) {
        double up[G], down[G], gu[G], gd[G], fu, fd, at[G], f;
        rs_birdie_objective(&input, prior1, prior0, fit.theta, &f, at, &error);
        cr_expect(fabs(at[g]) < 1e-5, "the gradient is 0 at the estimate, not %g", at[g]);
        memcpy(up, fit.theta, sizeof up);
        memcpy(down, fit.theta, sizeof down);
        up[g] += 1e-5;
        down[g] -= 1e-5;
        rs_birdie_objective(&input, prior1, prior0, up, &fu, gu, &error);
        rs_birdie_objective(&input, prior1, prior0, down, &fd, gd, &error);
        fail_on(&error);
        cr_expect(fabs((fu - f) / 1e-5 - (at[g] + gu[g]) / 2) < 1e-3 * (1 + fabs(gu[g])), "gradient");
        for (int a = 0; a < G; a++)
            for (int b = 0; b < G; b++) product[a][g] += fit.v[a][b] * -(gu[b] - gd[b]) / 2e-5;
    }
    for (int a = 0; a < G; a++)
        for (int b = 0; b < G; b++)
            cr_expect(fabs(product[a][b] - (a == b)) < 1e-5, "V times curvature [%d][%d] = %g", a, b, product[a][b]);
    rs_imputed_free(&m);
}

/* Persons who all reported: the estimate is x/n whatever the prior. */
Test(birdie, reported_persons_are_only_counted) {
    struct rs_imputed m = {.file = file};
    struct rs_sample input = {.imputed = &m, .threads = 1,
                               .direct = {{.n = 400, .x = 300}, {.n = 100, .x = 60}, {.n = 0}, {.n = 50, .x = 50},
                                          {.n = 20, .x = 10}, {.n = 30}}};
    struct rs_birdie_fit fit = fit_of(&input);
    cr_expect(fabs(fit.rate[0] - .75) < 1e-12);
    cr_expect(fabs(fit.rate[1] - .6) < 1e-12);
    cr_expect(isnan(fit.rate[2]));
    cr_expect(fit.held[3] && fit.rate[3] == 1);
    cr_expect(fit.held[5] && fit.rate[5] == 0);
    cr_expect(fit.converged);
    cr_expect(fabs(sqrt(fit.v[0][0]) / sqrt(.75 * .25 / 401) - 1) < 1e-9, "one pseudo-person more than 400");
    cr_expect(fabs(fit.lambda[0] - 1) < 1e-12, "everything is known of them");
}

Test(birdie, same_digits_with_any_number_of_threads) {
    struct rs_imputed m;
    struct rs_sample input;
    simulate(&m, &input, 15, 30000, G, .1);
    struct rs_birdie_fit one = fit_of(&input);
    for (int threads = 2; threads <= 5; threads++) {
        input.threads = threads;
        struct rs_birdie_fit other = fit_of(&input);
        cr_assert_arr_eq(one.theta, other.theta, sizeof one.theta);
        cr_assert_arr_eq(one.v, other.v, sizeof one.v);
        cr_assert_arr_eq(one.weighted_v, other.weighted_v, sizeof one.weighted_v);
    }
    rs_imputed_free(&m);
}

/* Every person twice, as one cluster: no information is gained, so the sandwich stays as it was. Clusters of two reach
 * over the ends of chunks, since a single row comes first. */
Test(birdie, clusters_are_counted_once) {
    struct rs_imputed single = {.file = file}, twice = {.file = file};
    struct rs_random r = rs_random(16, 1, 1);
    int race;
    for (uint32_t i = 0; i < 15000; i++) {
        struct rs_imputed_row row = person(&r, 1, G, &race);
        row.cluster = i;
        add(&single, &row);
        add(&twice, &row);
        if (i) add(&twice, &row);
    }
    struct rs_sample a = {.imputed = &single, .threads = 2, .robust = true},
                           b = {.imputed = &twice, .threads = 2, .robust = true}, c = a;
    c.robust = false;
    struct rs_birdie_fit once = fit_of(&a), both = fit_of(&b), plain = fit_of(&c);
    for (int g = 0; g < G; g++) {
        cr_expect(fabs(both.v[g][g] / once.v[g][g] - 1) < .02, "group %d: %g, %g", g, both.v[g][g], once.v[g][g]);
        cr_expect(fabs(both.weighted_v[g][g] / once.weighted_v[g][g] - 1) < .001, "weighted, group %d", g);
        cr_expect(fabs(sqrt(once.v[g][g] / plain.v[g][g]) - 1) < .1, "sandwich and information agree, group %d", g);
    }
    rs_imputed_free(&single);
    rs_imputed_free(&twice);
}
