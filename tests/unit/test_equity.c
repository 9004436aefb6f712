/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Words for the change of a gap; the figures by hand: z = 1.96, independent errors. */
#include <criterion/criterion.h>
#include <math.h>
#include "stages/stratify/equity.h"

Test(equity, words_for_a_change) {
    static const struct {
        double baseline, baseline_se, gap, gap_se, improvement;
        const char *verdict;
    } cases[] = {
        {-.10, .02, -.02, .02, .08, "closed"},            /* .08 +- .055; left .02 +- .039 */
        {.10, .02, .02, .02, .08, "closed"},              /* the same, on the other side */
        {-.10, .01, .05, .01, .15, "closed"},             /* the other way round now */
        {-.20, .01, -.10, .01, .10, "narrowed"},          /* .10 +- .028; left .10 +- .020 */
        {.05, .01, .10, .01, -.05, "widened"},            /* -.05 +- .028 */
        {-.10, .05, -.05, .05, .05, "not distinguishable"}, /* .05 +- .139 */
        {-.10, .05, -.20, .05, -.10, "not distinguishable"},
        {-.10, .02, -.02, NAN, .08, "not distinguishable"}, /* an error that cannot be trusted */
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct rs_equity_change c =
            rs_equity_change(cases[i].baseline, cases[i].baseline_se, cases[i].gap, cases[i].gap_se);
        cr_expect_float_eq(c.improvement, cases[i].improvement, 1e-12, "case %zu: %g", i, c.improvement);
        cr_expect_str_eq(c.verdict, cases[i].verdict, "case %zu: %s", i, c.verdict);
    }
    struct rs_equity_change c = rs_equity_change(-.10, .03, -.02, .04);
    cr_expect_float_eq(c.se, .05, 1e-12);
    cr_expect_float_eq(c.interval.lower, .08 - 1.959963984540054 * .05, 1e-12);
}
