/* SPDX-License-Identifier: GPL-3.0-or-later */
/* DerSimonian and Laird's method on the trials of BCG vaccine (G. A. Colditz et al., JAMA 271 (1994) 698-702), for which
 * other software gives tau^2 .3088 and a mean log relative risk of -.7141 (SE .1787; -1.0644 to -.3638). */
#include <criterion/criterion.h>
#include <math.h>
#include "stages/stratify/shrink.h"

enum { TRIALS = 13 };
/* cases and others, vaccinated and not */
static const double bcg[TRIALS][4] = {
    {4, 119, 11, 128},      {6, 300, 29, 274},    {3, 228, 11, 209},      {62, 13536, 248, 12619}, {33, 5036, 47, 5761},
    {180, 1361, 372, 1079}, {8, 2537, 10, 619},   {505, 87886, 499, 87892}, {29, 7470, 45, 7232},  {17, 1699, 65, 1600},
    {186, 50448, 141, 27197}, {5, 2493, 3, 2338}, {27, 16886, 29, 17825}};

Test(shrink, vaccine_trials) {
    double y[TRIALS], se[TRIALS];
    for (int i = 0; i < TRIALS; i++) {
        const double *t = bcg[i];
        y[i] = log(t[0] / (t[0] + t[1]) / (t[2] / (t[2] + t[3])));
        se[i] = sqrt(1 / t[0] - 1 / (t[0] + t[1]) + 1 / t[2] - 1 / (t[2] + t[3]));
    }
    struct rs_spread s = rs_dersimonian_laird(TRIALS, y, se);
    cr_expect_float_eq(s.tau2, .3088, 5e-5, "%.6f", s.tau2);
    cr_expect_float_eq(s.mean, -.7141, 5e-5, "%.6f", s.mean);
    cr_expect_float_eq(s.mean_se, .1787, 5e-5, "%.6f", s.mean_se);
    cr_expect_float_eq(s.mean - RS_Z95 * s.mean_se, -1.0644, 1e-4);
    /* the first trial: se^2 .3256, reliability .3088 / (.3088 + .3256) = .4868; -.7141 + .4868 (-.8893 + .7141) */
    struct rs_shrunk one = rs_shrink(&s, y[0], se[0]);
    cr_expect_float_eq(one.reliability, .4868, 1e-4, "%.6f", one.reliability);
    cr_expect_float_eq(one.value, -.7994, 1e-4, "%.6f", one.value);
}

/* No more spread than chance: tau^2 is 0, and all are drawn to the mean. */
Test(shrink, nothing_but_chance) {
    const double y[] = {.1, .12, .11}, se[] = {.05, .05, .05};
    struct rs_spread s = rs_dersimonian_laird(3, y, se);
    cr_expect_eq(s.tau2, 0);
    struct rs_shrunk one = rs_shrink(&s, .12, .05);
    cr_expect_float_eq(one.value, .11, 1e-12);
    cr_expect_eq(one.reliability, 0);
    struct rs_spread single = rs_dersimonian_laird(1, y, se);
    cr_expect_eq(single.tau2, 0);
    cr_expect_float_eq(single.mean, .1, 1e-15);
}

Test(shrink, funnel_stays_within_the_possible) {
    struct rs_interval i = rs_funnel(.9, 10, RS_Z95);
    cr_expect_float_eq(i.lower, .9 - 1.959963984540054 * sqrt(.009), 1e-12);
    cr_expect_eq(i.upper, 1);
}
