/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Strata that many did not say: weights, imputation of the population; exact where the answer is known by hand. */
#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include "pipeline/base/hash.h"
#include "stages/stratify/linear.h"
#include "stages/stratify/missing.h"

static void add(struct rs_patterns *t, uint32_t age, uint32_t answer, unsigned met, unsigned n) {
    struct rs_pattern p = {.age = age, .answer = {0, answer, 0, 0}};
    for (unsigned i = 0; i < n; i++) rs_patterns_add(t, &p, i < met);
}

/* Two ages of 1000, rates .6 and .2; of the first 800 answered, of the second 200, whatever their outcome. */
Test(missing, answering_by_age_is_undone) {
    struct rs_patterns t = {.n = 0};
    const int stratum[] = {-1, 0};
    add(&t, 0, 1, 480, 800);
    add(&t, 0, 0, 120, 200);
    add(&t, 1, 1, 40, 200);
    add(&t, 1, 0, 160, 800);
    struct rs_missing_input in = {.patterns = &t, .stratum = stratum, .strata = 1, .which = 1, .seed = 1};
    struct rs_missing_result r;
    rs_missing_estimate(&in, &r);
    cr_assert(fabs(r.weighted - .4) < 1e-4, "%g", r.weighted); /* complete cases: .52 */
    /* with a saturated model the estimate is the mean over ages of their rates: 1/4 (.24/800 + .16/200) */
    cr_assert(fabs(r.weighted_se - sqrt((.24 / 800 + .16 / 200) / 4 + .04 / 2000)) < 2e-4, "%g", r.weighted_se);
    /* one stratum: everybody is in it, whatever is drawn */
    cr_assert(fabs(r.imputed - .4) < 1e-12 && fabs(r.imputed_se - sqrt(.24 / 2000)) < 1e-9, "%g %g", r.imputed,
              r.imputed_se);
    cr_assert(r.fmi == 0);
    rs_patterns_free(&t);
}

/* Random plans: answering depends on age, the outcome on age and stratum; both estimates hold the true rate in their
 * intervals about as often as they say, complete cases do not. */
Test(missing, intervals_hold, .timeout = 300) {
    enum { PLANS = 200 };
    int weighted = 0, imputed = 0, complete = 0;
    for (uint64_t seed = 0; seed < PLANS; seed++) {
        struct rs_random r = rs_random(seed, 5, 5);
        struct rs_patterns t = {.n = 0};
        double n = 0, x = 0;
        for (int i = 0; i < 3000; i++) {
            uint32_t age = rs_random_below(&r, 2), s = rs_random_unit(&r) < .2;
            bool y = rs_random_unit(&r) < .3 + .4 * age - .15 * s, answered = rs_random_unit(&r) < (age ? .3 : .8);
            struct rs_pattern p = {.age = age, .answer = {0, answered ? s + 1 : 0, 0, 0}};
            rs_patterns_add(&t, &p, y);
            if (answered && s) n++, x += y;
        }
        const int stratum[] = {-1, 0, 1};
        struct rs_missing_result out[2];
        struct rs_missing_input in = {.patterns = &t, .stratum = stratum, .strata = 2, .which = 1, .seed = seed};
        rs_missing_estimate(&in, out);
        double truth = .35, rate = x / n; /* .3 + .2 - .15 */
        weighted += fabs(out[1].weighted - truth) < 1.96 * out[1].weighted_se;
        imputed += fabs(out[1].imputed - truth) < 1.96 * out[1].imputed_se;
        complete += fabs(rate - truth) < 1.96 * sqrt(rate * (1 - rate) / n);
        rs_patterns_free(&t);
    }
    fprintf(stderr, "of %d: weighted %d, imputed %d, complete cases %d\n", PLANS, weighted, imputed, complete);
    cr_assert(weighted >= 180 && imputed >= 180 && complete < 120, "%d %d %d", weighted, imputed, complete);
}

Test(missing, the_same_every_time) {
    struct rs_missing_result a[2], b[2];
    for (int k = 0; k < 2; k++) {
        struct rs_patterns t = {.n = 0};
        add(&t, 0, 1, 30, 50);
        add(&t, 1, 2, 10, 60);
        add(&t, 1, 0, 30, 90);
        const int stratum[] = {-1, 0, 1};
        struct rs_missing_input in = {.patterns = &t, .stratum = stratum, .strata = 2, .which = 1, .seed = 9};
        rs_missing_estimate(&in, k ? b : a);
        rs_patterns_free(&t);
    }
    cr_assert(memcmp(a, b, sizeof a) == 0);
}

/* Least squares of amounts on probabilities: two groups whose mean costs are 10 and 4, one in four unsure. */
Test(missing, linear_finds_the_means_it_was_made_from) {
    struct rs_linear s = {.n = {0}};
    for (int i = 0; i < 100; i++) {
        double q = (i % 5) / 4., p[RS_GROUPS] = {q, 1 - q}, noise = i / 5 % 2 ? 1 : -1;
        rs_linear_add(&s, p, 1, 10 * q + 4 * (1 - q) + noise);
    }
    struct rs_linear_fit f;
    cr_assert(rs_linear_solve(&s, &f));
    cr_assert(fabs(f.theta[0] - 10) < 1e-9 && fabs(f.theta[1] - 4) < 1e-9, "%g %g", f.theta[0], f.theta[1]);
    /* residuals are all +-1: V = A^-1, A = 20 x the sums over q = 0, 1/4 .. 1: 1.875, .625 */
    double det = 37.5 * 37.5 - 12.5 * 12.5;
    cr_assert(fabs(f.v[0][0] - 37.5 / det) < 1e-9 && fabs(f.v[0][1] + 12.5 / det) < 1e-9, "%g %g", f.v[0][0], f.v[0][1]);
    cr_assert(f.weighted[0] < 9 && f.weighted[1] > 5 && isnan(f.theta[2]));
}
