/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Rates, intervals and comparisons against tables that other software published; read from $RELSOGI_SHARED/golden,
 * skipped where absent. */
#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "golden_table.h"
#include "stages/stratify/estimate.h"
#include "stages/stratify/shrink.h"

Test(disparity_golden, binomial) {
    char line[4096], *c[COLUMNS];
    FILE *f = open_table("intervals/binomial_ci.csv");
    if (!f) return;
    int rows = 0;
    for (; read_line(f, line, sizeof line, c) >= 6; rows++) {
        double x = atof(c[0]), n = atof(c[1]);
        char what[128];
        snprintf(what, sizeof what, "%s of %s", c[0], c[1]);
        struct rs_interval w = rs_wilson(x, n, RS_Z95);
        close_to(w.lower, c[4], "Wilson lower", what);
        close_to(w.upper, c[5], "Wilson upper", what);
        if (n > 2e6) continue;
        struct rs_interval e = rs_clopper_pearson(x, n, 0.95);
        close_to(e.lower, c[2], "exact lower", what);
        close_to(e.upper, c[3], "exact upper", what);
    }
    fclose(f);
    cr_assert(rows > 10);
}

Test(disparity_golden, newcombe_method_10) {
    char line[4096], *c[COLUMNS];
    FILE *f = open_table("intervals/newcombe1998_method10.csv");
    if (!f) return;
    int rows = 0;
    for (; read_line(f, line, sizeof line, c) >= 7; rows++) {
        struct rs_interval i = rs_newcombe10(atof(c[0]), atof(c[1]), atof(c[2]), atof(c[3]), RS_Z95);
        close_to(i.lower, c[5], "Newcombe lower", c[0]);
        close_to(i.upper, c[6], "Newcombe upper", c[0]);
    }
    fclose(f);
    cr_assert(rows >= 7);
}

Test(disparity_golden, byar_and_wilson) {
    char line[4096], *c[COLUMNS];
    FILE *f = open_table("intervals/testdata_Byars_Wilson__testdata_B_W.csv");
    if (!f) return;
    int rows = 0;
    for (; read_line(f, line, sizeof line, c) >= 6; rows++) {
        double z = strcmp(c[4], "95%") == 0 ? RS_Z95 : 3.090232306167813;
        struct rs_interval i =
            strcmp(c[5], "Byars") == 0 ? rs_byar(atof(c[0]), z) : rs_wilson(atof(c[0]), atof(c[1]), z);
        close_to(i.lower, c[2], c[5], c[0]);
        close_to(i.upper, c[3], c[5], c[0]);
    }
    fclose(f);
    cr_assert(rows >= 10);
}

Test(disparity_golden, proportions) {
    char line[4096], *c[COLUMNS];
    FILE *f = open_table("intervals/testdata_Proportion__testdata_Prop.csv");
    if (!f) return;
    int rows = 0;
    while (read_line(f, line, sizeof line, c) >= 11) {
        double x = atof(c[1]), n = atof(c[2]), per = atof(c[10]);
        if (!c[4][0]) continue;
        struct rs_interval i = rs_wilson(x, n, RS_Z95), wide = rs_wilson(x, n, 3.090232306167813);
        close_to(i.lower * per, c[4], "95 % lower", c[0]);
        close_to(i.upper * per, c[5], "95 % upper", c[0]);
        close_to(wide.lower * per, c[6], "99.8 % lower", c[0]);
        close_to(wide.upper * per, c[7], "99.8 % upper", c[0]);
        rows++;
    }
    fclose(f);
    cr_assert(rows >= 10, "%d rows", rows);
}

/* Statin adherence by race, 2020 Medicare Part D: counts in, the stage's own estimates and comparisons out. */
static void count_statins(struct rs_strata *strata, struct rs_series *series, FILE *f) {
    char line[4096], *c[COLUMNS];
    while (read_line(f, line, sizeof line, c) >= 4) {
        if (strcmp(c[0], "Unknown") == 0) continue;
        uint32_t number = rs_name_number(&strata->names[RS_PROVIDER], rs_cstr(c[0]));
        struct rs_count one = {strtoull(c[3], NULL, 10), strtoull(c[1], NULL, 10)};
        *rs_count_at(&series->by[RS_PROVIDER], number) = one;
        struct rs_count *all = rs_count_at(&series->by[RS_ALL], 0);
        all->n += one.n;
        all->x += one.x;
    }
}

static double number_of(const struct rs_estimate *e, const char *what) {
    if (strcmp(what, "rate") == 0) return e->rate;
    if (strcmp(what, "se") == 0) return e->se;
    if (strcmp(what, "wilson_lo") == 0) return e->interval.lower;
    if (strcmp(what, "wilson_hi") == 0) return e->interval.upper;
    if (strcmp(what, "rd") == 0) return e->difference;
    if (strcmp(what, "rd_newcombe_lo") == 0) return e->difference_interval.lower;
    if (strcmp(what, "rd_newcombe_hi") == 0) return e->difference_interval.upper;
    if (strcmp(what, "rr") == 0) return e->ratio;
    if (strcmp(what, "rr_lo") == 0) return e->ratio_interval.lower;
    if (strcmp(what, "rr_hi") == 0) return e->ratio_interval.upper;
    return NAN;
}

Test(disparity_golden, statins_by_race) {
    char line[4096], *c[COLUMNS];
    FILE *counts = open_table("disparity/statins-Race_US.csv"),
         *expected = open_table("disparity/statins_expected.csv");
    if (!counts || !expected) return;
    struct rs_error error = {0};
    struct rs_strata strata;
    cr_assert(rs_strata_open(&strata, "/tmp", &error), "%s", error.text);
    struct rs_series *series = rs_series_of(&strata, RS_LIT("statins"), RS_LIT("2020"));
    count_statins(&strata, series, counts);
    struct rs_settings settings = {.minimum_cell = 11, .languages = 12, .threads = 1,
                                   .reference[RS_PROVIDER] = "Non-Hispanic White"};
    struct rs_estimates e;
    cr_assert(rs_estimates_make(&e, series, &strata, &settings, &error), "%s", error.text);
    rs_estimates_compare(&e, &settings);
    int compared = 0;
    while (read_line(expected, line, sizeof line, c) >= 4)
        for (size_t i = 0; i < e.n; i++) {
            double got = strcmp(e.e[i].stratum, c[1]) == 0 ? number_of(&e.e[i], c[2]) : NAN;
            if (isnan(got)) continue;
            close_to(got, c[3], c[1], c[2]);
            compared++;
        }
    cr_assert_eq(compared, 6 * 4 + 5 * 6, "%d numbers compared", compared);
    rs_estimates_free(&e);
    rs_strata_free(&strata);
    fclose(counts);
    fclose(expected);
}

/* Percentages, at the populations of the table. */
Test(disparity_golden, funnel_limits) {
    char line[4096], *c[COLUMNS];
    FILE *f = open_table("intervals/testdata_funnel_prop_outputs.csv");
    if (!f) return;
    int rows = 0;
    for (; read_line(f, line, sizeof line, c) >= 6; rows++) {
        double n = atof(c[0]), p0 = atof(c[5]) / 100;
        struct rs_interval two = rs_funnel(p0, n, RS_Z95), three = rs_funnel(p0, n, RS_Z998);
        const double got[] = {two.lower, two.upper, three.lower, three.upper};
        for (int i = 0; i < 4; i++)
            cr_expect(fabs(100 * got[i] - atof(c[i + 1])) < 1.5e-6, "n %s: %.7f, not %s", c[0], 100 * got[i], c[i + 1]);
    }
    fclose(f);
    cr_assert(rows > 10);
}
