/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Draws of the tables' counts: moments of the gamma distribution, and numbers that belong to their unit. */
#include <criterion/criterion.h>
#include <math.h>
#include <string.h>
#include "stages/impute/table_draw.h"

/* Mean and variance of Gamma(a) are a, its third central moment 2a: within five standard errors of n draws, Var(s^2) being
 * (mu4 - var^2) / n with mu4 = 3a^2 + 6a. */
Test(table_draw, gamma_has_its_moments) {
    static const double shapes[] = {.2, 1, 3.5, 400};
    enum { N = 200000 };
    for (size_t k = 0; k < sizeof shapes / sizeof *shapes; k++) {
        double a = shapes[k], sum = 0, squares = 0;
        for (uint64_t i = 0; i < N; i++) {
            struct rs_random r = rs_random(5, i, 9);
            double g = rs_random_gamma(&r, a);
            cr_assert(g >= 0 && isfinite(g));
            sum += g - a;
            squares += (g - a) * (g - a);
        }
        double mean = sum / N, variance = squares / N;
        cr_assert(fabs(mean) < 5 * sqrt(a / N), "shape %g: mean off by %g", a, mean);
        cr_assert(fabs(variance - a) < 5 * sqrt((2 * a * a + 6 * a) / N), "shape %g: variance %g", a, variance);
    }
    struct rs_random r = rs_random(1, 1, 1);
    cr_assert_eq(rs_random_gamma(&r, 0), 0);
}

/* P(X < x) of Gamma(1) is 1 - exp(-x). */
Test(table_draw, gamma_of_1_is_exponential) {
    enum { N = 100000 };
    size_t below = 0;
    for (uint64_t i = 0; i < N; i++) {
        struct rs_random r = rs_random(6, i, 9);
        below += rs_random_gamma(&r, 1) < .5;
    }
    double p = 1 - exp(-.5);
    cr_assert(fabs((double)below / N - p) < 5 * sqrt(p * (1 - p) / N));
}

Test(table_draw, a_number_belongs_to_its_unit_table_and_draw) {
    const double counts[RS_GROUPS] = {100, 50, 0, 7, 3, 20};
    double a[RS_GROUPS], b[RS_GROUPS];
    memcpy(a, counts, sizeof a);
    rs_table_draw(0, RS_DRAWN_PLACE, 4, a);
    cr_assert_arr_eq(a, counts, sizeof a);
    rs_table_draw(3, RS_DRAWN_PLACE, 4, a);
    memcpy(b, counts, sizeof b);
    rs_table_draw(3, RS_DRAWN_PLACE, 4, b);
    cr_assert_arr_eq(a, b, sizeof a);
    cr_assert_eq(a[2], 0, "a zero stays zero");
    for (int k = 0; k < 3; k++) {
        memcpy(b, counts, sizeof b);
        rs_table_draw(k == 0 ? 4 : 3, k == 1 ? RS_DRAWN_SURNAME : RS_DRAWN_PLACE, k == 2 ? 5 : 4, b);
        cr_assert_neq(a[0], b[0], "%d", k);
    }
}

/* Of 1,000,000 bearers a likelihood of 1e-4 is a count of 100: its draws differ by a tenth. */
Test(table_draw, a_name_s_error_is_that_of_its_bearers) {
    const double totals[RS_GROUPS] = {1e6, 1e6, 1e6, 1e6, 1e6, 1e6};
    double squares = 0;
    enum { N = 4000 };
    for (uint64_t draw = 1; draw <= N; draw++) {
        double likelihood[RS_GROUPS] = {1e-4, 0, 1e-4, 1e-4, 1e-4, 1e-4};
        rs_table_draw_name(draw, RS_DRAWN_SURNAME, RS_LIT("GARCIA"), totals, likelihood);
        cr_assert_eq(likelihood[1], 0);
        squares += (likelihood[0] / 1e-4 - 1) * (likelihood[0] / 1e-4 - 1);
    }
    cr_assert_float_eq(sqrt(squares / N), .1, .1 * 5 / sqrt(2. * N));
}
