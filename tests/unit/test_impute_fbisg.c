/* SPDX-License-Identifier: GPL-3.0-or-later */
/* fBISG against sums over all assignments, worked out in full for a few members. */
#include <criterion/criterion.h>
#include <math.h>
#include "stages/impute/fbisg.h"

TestSuite(impute_fbisg, .timeout = 120);

/* The sampler's distribution over the groups z of all members: product of likelihoods times, for each group, the rising
 * factorial (a)(a+1)...(a+n_r-1), a = N_r + 1 (Dirichlet-multinomial). Marginals by adding up all 6^n of them. */
static void exactly(const double residents[RS_GROUPS], const double (*likelihood)[RS_GROUPS], size_t n,
                    double (*p)[RS_GROUPS]) {
    size_t all = 1;
    double sum = 0;
    for (size_t i = 0; i < n; i++) all *= RS_GROUPS;
    memset(p, 0, n * sizeof *p);
    for (size_t code = 0; code < all; code++) {
        double weight = 1, a[RS_GROUPS];
        size_t rest = code;
        for (int r = 0; r < RS_GROUPS; r++) a[r] = residents[r] + 1;
        for (size_t i = 0; i < n; i++, rest /= RS_GROUPS) {
            weight *= likelihood[i][rest % RS_GROUPS] * a[rest % RS_GROUPS];
            a[rest % RS_GROUPS] += 1;
        }
        sum += weight;
        rest = code;
        for (size_t i = 0; i < n; i++, rest /= RS_GROUPS) p[i][rest % RS_GROUPS] += weight;
    }
    for (size_t i = 0; i < n; i++)
        for (int r = 0; r < RS_GROUPS; r++) p[i][r] /= sum;
}

static const double likelihood[4][RS_GROUPS] = {
    {.5, .1, .01, .2, .1, .3}, {.01, .6, .02, .01, .1, .05}, {1, 1, 1, 1, 1, 1}, {0, .4, 0, 0, 0, .1}};

Test(impute_fbisg, against_every_assignment) {
    static const double places[3][RS_GROUPS] = {{0, 0, 0, 0, 0, 0}, {3, 1, 0, 0, 0, 2}, {300, 100, 5, 30, 20, 80}};
    struct rs_fbisg_options o = {.seed = 5, .sweeps = 200500, .burn_in = 500};
    for (size_t g = 0; g < 3; g++) {
        double want[4][RS_GROUPS], p[4][RS_GROUPS];
        exactly(places[g], likelihood, 4, want);
        rs_fbisg_unit(&o, g, places[g], likelihood, p, 4);
        for (size_t i = 0; i < 4; i++) {
            double sum = 0;
            for (int r = 0; r < RS_GROUPS; r++) {
                cr_expect(fabs(p[i][r] - want[i][r]) < 5 * sqrt(want[i][r] * (1 - want[i][r]) / 50000) + 1e-12,
                          "place %zu, member %zu, group %d: %.5f, expected %.5f", g, i, r, p[i][r], want[i][r]);
                sum += p[i][r];
            }
            cr_expect_float_eq(sum, 1, 1e-12);
        }
    }
}

/* A group that the member's own answer rules out, or a likelihood of any size, is kept to. */
Test(impute_fbisg, extremes) {
    static const double residents[RS_GROUPS] = {1000, 0, 0, 0, 0, 0};
    static const double odd[3][RS_GROUPS] = {{0, 0, 0, 0, 0, 1e-300}, {1e-9, 0, 0, 0, 0, 0}, {0, 1e-8, 0, 1e-300, 0, 0}};
    struct rs_fbisg_options o = {.seed = 1, .sweeps = 1500, .burn_in = 500};
    double p[3][RS_GROUPS];
    rs_fbisg_unit(&o, 1, residents, odd, p, 3);
    cr_assert(p[0][RS_HISPANIC] == 1 && p[1][RS_WHITE] == 1);
    cr_assert(p[2][RS_BLACK] > .999999 && p[2][RS_WHITE] == 0);
}

Test(impute_fbisg, draws_are_numbered) {
    static const double residents[RS_GROUPS] = {3, 1, 0, 0, 0, 2};
    struct rs_fbisg_options o = {.seed = 5, .sweeps = 600, .burn_in = 100};
    double first[4][RS_GROUPS], again[4][RS_GROUPS], other[4][RS_GROUPS];
    rs_fbisg_unit(&o, 9, residents, likelihood, first, 4);
    rs_fbisg_unit(&o, 9, residents, likelihood, again, 4);
    cr_assert(memcmp(first, again, sizeof first) == 0);
    rs_fbisg_unit(&o, 10, residents, likelihood, other, 4);
    cr_assert(memcmp(first, other, sizeof first) != 0);
    o.seed = 6;
    rs_fbisg_unit(&o, 9, residents, likelihood, other, 4);
    cr_assert(memcmp(first, other, sizeof first) != 0);
}
