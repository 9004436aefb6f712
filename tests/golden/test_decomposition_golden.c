/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Oaxaca and Blinder's decomposition against what a package published for wages in Chicago; read from
 * $RELSOGI_SHARED/golden, skipped where absent. */
#include <string.h>
#include "golden_table.h"
#include "stages/stratify/oaxaca.h"

static double value_of(const struct rs_oaxaca *o, const char *term) {
    const struct {
        const char *term;
        double value;
    } terms[] = {{"y_diff", o->difference},
                 {"three_endow", o->endowments_all},
                 {"three_coef", o->coefficients},
                 {"three_inter", o->interaction},
                 {"neumark_explained", o->neumark.explained},
                 {"neumark_unexplained", o->neumark.unexplained},
                 {"neumark_unexplA", o->neumark.unexplained_a},
                 {"neumark_unexplB", o->neumark.unexplained_b},
                 {"jann_explained", o->jann.explained},
                 {"cotton_explained", o->cotton.explained},
                 {"reimers_explained", o->reimers.explained}};
    for (size_t i = 0; i < sizeof terms / sizeof terms[0]; i++)
        if (strcmp(terms[i].term, term) == 0) return terms[i].value;
    return NAN;
}

Test(decomposition_golden, oaxaca_and_blinder) {
    char line[4096], *c[COLUMNS];
    FILE *f = open_table("decomposition/oaxaca_chicago_input.csv");
    if (!f) return;
    struct rs_regression_sums a = {0}, b = {0};
    while (read_line(f, line, sizeof line, c) >= 10) {
        /* age, female, LTHS, some.college, college, advanced.degree; high school is the group left out */
        const int column[] = {0, 1, 3, 5, 6, 7};
        double x[7] = {1};
        bool complete = c[9][0] != 0;
        for (int i = 0; i < 6; i++) {
            complete = complete && c[column[i]][0] != 0;
            x[i + 1] = atof(c[column[i]]);
        }
        if (complete) rs_regression_add(strcmp(c[2], "0") == 0 ? &a : &b, 7, x, atof(c[9]), 1);
    }
    fclose(f);
    struct rs_oaxaca o;
    cr_assert(rs_oaxaca(7, &a, &b, &o));
    cr_assert_float_eq(a.xx[0][0], 287, 0);
    cr_assert_float_eq(b.xx[0][0], 379, 0);
    f = open_table("decomposition/oaxaca_chicago_outputs.csv");
    int found = 0;
    while (read_line(f, line, sizeof line, c) >= 2) {
        double got = value_of(&o, c[0]);
        if (isnan(got)) continue;
        close_to(got, c[1], "Oaxaca", c[0]);
        found++;
    }
    fclose(f);
    cr_assert_eq(found, 11);
}

/* By hand: y = 1 + 2x in A, y = 3x in B, mean x 2 and 1. Gap 5 - 3 = 2: endowments 1 * 3, coefficients 1 - 1 * 1 = 0,
 * interaction 1 * -1. */
Test(decomposition_golden, by_hand) {
    struct rs_regression_sums a = {0}, b = {0};
    for (double x = 0; x <= 4; x += 4) rs_regression_add(&a, 2, (double[]){1, x}, 1 + 2 * x, 10);
    for (double x = 0; x <= 2; x += 2) rs_regression_add(&b, 2, (double[]){1, x}, 3 * x, 30);
    struct rs_oaxaca o;
    cr_assert(rs_oaxaca(2, &a, &b, &o));
    cr_expect_float_eq(o.difference, 2, 1e-12);
    cr_expect_float_eq(o.endowments[1], 3, 1e-12);
    cr_expect_float_eq(o.coefficients, 0, 1e-12);
    cr_expect_float_eq(o.interaction, -1, 1e-12);
    cr_expect_float_eq(o.reimers.explained, 2.5, 1e-12);
    cr_expect_float_eq(o.cotton.explained, .25 * 2 + .75 * 3, 1e-12);
    /* a covariate that is another one's double decides nothing */
    struct rs_regression_sums c = {0};
    for (double x = 0; x <= 2; x++) rs_regression_add(&c, 3, (double[]){1, x, 2 * x}, x, 1);
    cr_assert(!rs_oaxaca(3, &c, &c, &o));
}
