/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Intervals against values printed in the literature. */
#include <criterion/criterion.h>
#include <math.h>
#include "pipeline/base/interval.h"

static void near(double got, double want, double within, const char *what) {
    cr_assert(fabs(got - want) <= within, "%s: %.12g, not %.12g", what, got, want);
}

/* R. G. Newcombe, Statistics in Medicine 17 (1998) 857-872, table I: methods 3 (score) and 5 (exact). */
Test(interval, newcombe_table_of_single_proportions) {
    static const double rows[][6] = {{81, 263, .2553, .3662, .2527, .3676},
                                     {15, 148, .0624, .1605, .0578, .1617},
                                     {0, 20, 0, .1611, 0, .1684},
                                     {1, 29, .0061, .1718, .0009, .1776}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const double *r = rows[i];
        struct rs_interval w = rs_wilson(r[0], r[1], RS_Z95), c = rs_clopper_pearson(r[0], r[1], 0.95);
        near(w.lower, r[2], 5e-5, "Wilson lower");
        near(w.upper, r[3], 5e-5, "Wilson upper");
        near(c.lower, r[4], 5e-5, "exact lower");
        near(c.upper, r[5], 5e-5, "exact upper");
    }
}

/* The same author's method 10 for a difference, ibid. 873-890, table II, examples (a) and (h). */
Test(interval, newcombe_differences) {
    struct rs_interval a = rs_newcombe10(56, 70, 48, 80, RS_Z95), h = rs_newcombe10(10, 10, 0, 10, RS_Z95);
    near(a.lower, .0524, 5e-5, "56/70 - 48/80 lower");
    near(a.upper, .3339, 5e-5, "56/70 - 48/80 upper");
    near(h.lower, .6075, 5e-5, "10/10 - 0/10 lower");
    near(h.upper, 1, 1e-12, "10/10 - 0/10 upper");
}

Test(interval, wilson_is_symmetric_and_exact_at_the_ends) {
    struct rs_interval low = rs_wilson(0, 50, RS_Z95), high = rs_wilson(50, 50, RS_Z95);
    cr_assert_eq(low.lower, 0);
    cr_assert_eq(high.upper, 1);
    near(low.upper, 1 - high.lower, 1e-15, "mirror");
    /* x = 0: upper = z^2 / (n + z^2) */
    near(low.upper, RS_Z95 * RS_Z95 / (50 + RS_Z95 * RS_Z95), 1e-15, "upper at 0");
    cr_assert(isnan(rs_wilson(1, 0, RS_Z95).lower));
    cr_assert(isnan(rs_wilson(3, 2, RS_Z95).lower));
}

/* x = 0 of n: upper = 1 - (alpha/2)^(1/n); ordinary inputs on which GSL's own quantile fails. */
Test(interval, exact_where_a_formula_is_known) {
    near(rs_clopper_pearson(0, 20, 0.95).upper, 1 - pow(.025, 1. / 20), 1e-13, "0/20");
    near(rs_clopper_pearson(20, 20, 0.95).lower, pow(.025, 1. / 20), 1e-13, "20/20");
    struct rs_interval i = rs_clopper_pearson(2, 259, 0.95);
    cr_assert(i.lower > 0 && i.upper > 2. / 259 && i.upper < .03);
    struct rs_interval big = rs_clopper_pearson(1e6, 1e7, 0.95);
    near(big.lower, rs_wilson(1e6, 1e7, RS_Z95).lower, 1e-12, "beyond 2e6");
}

/* Two rates that move together differ more surely; with rho = 1 and equal intervals the difference is certain. */
Test(interval, correlation_narrows_a_difference) {
    struct rs_interval a = {.4, .6}, none = rs_difference(.5, a, .5, a, 0), some = rs_difference(.5, a, .5, a, .5),
                       full = rs_difference(.5, a, .5, a, 1);
    near(none.upper, .1 * sqrt(2), 1e-15, "rho 0");
    near(some.upper, .1, 1e-15, "rho .5");
    near(full.upper, 0, 1e-15, "rho 1");
}

/* Katz et al. (1978): ln(30/100 / 15/100) = ln 2, se = sqrt(.7/30 + .85/15) = .282843: 1.1489 to 3.4816. */
Test(interval, ratio_of_counts) {
    struct rs_interval i = rs_ratio(.3, .15, .3 * .7 / 100, .15 * .85 / 100, 0, RS_Z95);
    near(i.lower, 2 * exp(-RS_Z95 * sqrt(.08)), 1e-12, "lower");
    near(i.upper, 2 * exp(RS_Z95 * sqrt(.08)), 1e-12, "upper");
    cr_assert(isnan(rs_ratio(0, .1, 0, .01, 0, RS_Z95).lower));
}
