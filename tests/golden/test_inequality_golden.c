/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Measures of disparity and standardised rates against published results: statin adherence in Medicare, the UKHSA test
 * books, Fay and Feuer's Down's syndrome example, Benjamini and Hochberg's own table. Skipped where absent. */
#include "golden_table.h"
#include "stages/stratify/inequality.h"
#include "stages/stratify/standardise.h"

enum { MOST = 64 };

struct table {
    size_t n;
    char name[MOST][64];
    double x[MOST], size[MOST], rate[MOST], se[MOST], share[MOST];
};

static void finish(struct table *t) {
    double total = 0;
    for (size_t i = 0; i < t->n; i++) total += t->size[i];
    for (size_t i = 0; i < t->n; i++) {
        t->rate[i] = t->x[i] / t->size[i];
        t->se[i] = sqrt(t->rate[i] * (1 - t->rate[i]) / t->size[i]);
        t->share[i] = t->size[i] / total;
    }
}

static struct rs_groups groups_of(const struct table *t) {
    return (struct rs_groups){.n = t->n, .rate = t->rate, .se = t->se, .share = t->share};
}

static bool statins(struct table *t) {
    char line[4096], *c[COLUMNS];
    FILE *f = open_table("disparity/statins-Race_US.csv");
    if (!f) return false;
    while (read_line(f, line, sizeof line, c) >= 4) {
        if (strcmp(c[0], "Unknown") == 0) continue;
        snprintf(t->name[t->n], sizeof t->name[0], "%s", c[0]);
        t->x[t->n] = atof(c[1]);
        t->size[t->n++] = atof(c[3]);
    }
    fclose(f);
    finish(t);
    return true;
}

Test(inequality_golden, statins_over_all_groups) {
    struct table t = {0};
    char line[4096], *c[COLUMNS];
    FILE *f = open_table("disparity/statins_expected.csv");
    if (!f || !statins(&t)) return;
    struct rs_groups g = groups_of(&t);
    size_t reference = 0;
    while (strcmp(t.name[reference], "Non-Hispanic White") != 0) reference++;
    struct rs_between b = rs_between_group_variance(&g, NULL);
    double failing[MOST];
    for (size_t i = 0; i < t.n; i++) failing[i] = 1 - t.rate[i];
    struct rs_groups failures = g;
    failures.rate = failing;
    const struct { const char *stat; double value; } ours[] = {
        {"mean", rs_group_mean(&g)},
        {"bgv", b.variance},
        {"bgv_bias_corrected", b.corrected},
        {"bgv_se", b.se},
        {"bgsd", sqrt(b.variance)},
        {"cv_pct", 100 * sqrt(b.variance) / rs_group_mean(&g)},
        {"mdmw", rs_mean_deviation(&g)},
        {"idisw_pct", 100 * rs_index_weighted(&g)},
        {"idisu_pct", 100 * rs_index_unweighted(&g)},
        {"index_of_disparity_ref_pct(K-1)", 100 * rs_index_of_disparity(&g, reference)},
        {"theil", rs_theil(&g).value},
        {"theil_se", rs_theil(&g).se},
        {"mld", rs_mean_log_deviation(&g).value},
        {"mld_se", rs_mean_log_deviation(&g).se},
        {"theil_on_failures", rs_theil(&failures).value},
        {"paf_failures_ref_NHW", rs_attributable_fraction(&g, reference)},
        {"par_ref_NHW", rs_attributable_risk(&g, reference)},
        {"pop_excess_failures_vs_NHW", rs_excess_failures(&g, t.size, reference)},
    };
    size_t compared = 0;
    while (read_line(f, line, sizeof line, c) >= 4) {
        for (size_t i = 0; i < sizeof ours / sizeof ours[0]; i++)
            if (strcmp(c[1], "ALL") == 0 && strcmp(c[2], ours[i].stat) == 0) {
                close_to(ours[i].value, c[3], "statins", c[2]);
                compared++;
            }
        for (size_t i = 0; i < t.n; i++)
            if (strcmp(c[1], t.name[i]) == 0 && strcmp(c[2], "cohen_h") == 0) {
                close_to(rs_cohen_h(t.rate[i], t.rate[reference]), c[3], "statins", c[1]);
                compared++;
            }
    }
    fclose(f);
    cr_assert_eq(compared, sizeof ours / sizeof ours[0] + 5);
}

static double published(const char *statistic, const char *group) {
    char line[4096], *c[COLUMNS];
    double value = NAN;
    FILE *f = open_table("disparity/statins_more_expected.csv");
    while (f && read_line(f, line, sizeof line, c) >= 3)
        if (strcmp(c[0], statistic) == 0 && strcmp(c[1], group) == 0) value = atof(c[2]);
    if (f) fclose(f);
    return value;
}

/* Nine significant digits are published. */
static void near(double got, double want, const char *what) {
    cr_expect(fabs(got - want) <= 5e-9 * fabs(want), "%s: %.12g, not %.12g", what, got, want);
}

Test(inequality_golden, statins_by_social_vulnerability) {
    struct table t = {0};
    char line[4096], *c[COLUMNS];
    FILE *f = open_table("disparity/svi_decile_input.csv");
    if (!f) return;
    while (read_line(f, line, sizeof line, c) >= 4) { /* worst off first */
        t.x[t.n] = atof(c[1]);
        t.size[t.n++] = atof(c[2]);
    }
    fclose(f);
    finish(&t);
    struct rs_groups g = groups_of(&t);
    struct rs_slope s = rs_slope_index(&g);
    struct rs_concentration k = rs_concentration_index(&g, 1e6);
    near(s.sii, published("svi_sii", "decile 10 first"), "SII");
    near(s.rii, published("svi_rii", "decile 10 first"), "RII");
    near(k.index, published("svi_concentration_index", "decile 10 first"), "concentration index");
    near(k.wagstaff, published("svi_wagstaff", "decile 10 first"), "Wagstaff");
    near(k.erreygers, published("svi_erreygers", "decile 10 first"), "Erreygers");
}

Test(inequality_golden, statins_taken_apart_by_age) {
    static const struct { const char *race, *group; } races[] = {
        {"Black or African-American", "Black"}, {"Other", "Other"}, {"Asian/Pacific Islander", "API"},
        {"Hispanic", "Hispanic"}, {"American Indian / Alaska Native", "AIAN"}};
    char line[4096], *c[COLUMNS];
    for (size_t r = 0; r < sizeof races / sizeof races[0]; r++) {
        struct table white = {0}, other = {0};
        FILE *f = open_table("disparity/statins-Race+Age_US.csv");
        if (!f) return;
        while (read_line(f, line, sizeof line, c) >= 5) {
            struct table *t = strcmp(c[0], "Non-Hispanic White") == 0 ? &white
                              : strcmp(c[0], races[r].race) == 0      ? &other
                                                                      : NULL;
            if (!t) continue;
            t->x[t->n] = atof(c[2]);
            t->size[t->n++] = atof(c[4]);
        }
        fclose(f);
        finish(&white);
        finish(&other);
        cr_assert(white.n > 2 && white.n == other.n);
        struct rs_kitagawa k = rs_kitagawa(white.n, other.share, other.rate, white.share, white.rate);
        near(k.composition, published("kitagawa_age_composition", races[r].group), races[r].group);
        near(k.rates, published("kitagawa_age_rate", races[r].group), races[r].group);
    }
}

Test(inequality_golden, fay_and_feuer) {
    char line[4096], *c[COLUMNS];
    double count[MOST], persons[MOST], standard[MOST];
    size_t n = 0;
    FILE *f = open_table("standardisation/fayfeuer_downs_input.csv");
    if (!f) return;
    for (; read_line(f, line, sizeof line, c) >= 4; n++) {
        count[n] = atof(c[1]);
        persons[n] = atof(c[2]);
        standard[n] = atof(c[3]);
    }
    fclose(f);
    struct rs_standardised s = rs_standardise(n, count, persons, standard);
    struct rs_interval i = rs_fay_feuer(&s, 0.95);
    f = open_table("standardisation/fayfeuer_downs_outputs.csv");
    cr_assert(f && read_line(f, line, sizeof line, c) >= 5 && strcmp(c[0], "max") == 0 && strcmp(c[1], "FALSE") == 0);
    close_to(1e5 * s.rate, c[2], "Down's syndrome", "rate");
    close_to(1e5 * i.lower, c[3], "Down's syndrome", "lower");
    close_to(1e5 * i.upper, c[4], "Down's syndrome", "upper");
    fclose(f);
}

/* chi-square quantiles of 100,000 degrees of freedom by mpmath, 30 digits; and where GSL's distribution function ends. */
Test(inequality_golden, many_events) {
    struct rs_interval lower = rs_poisson_exact(50000, 0.95), upper = rs_poisson_exact(49999, 0.95);
    cr_expect(fabs(lower.lower / (99125.373300647351502 / 2) - 1) < 1e-14, "%.10f", lower.lower);
    cr_expect(fabs(upper.upper / (100878.41530566557158 / 2) - 1) < 1e-14, "%.10f", upper.upper);
    const double count[2] = {3e6, 5e6}, persons[2] = {4e6, 6e6}, standard[2] = {1, 1};
    struct rs_standardised s = rs_standardise(2, count, persons, standard);
    struct rs_interval i = rs_fay_feuer(&s, 0.95);
    double rate = (.75 + 5. / 6) / 2, se = sqrt((3e6 / 16e12 + 5e6 / 36e12) / 4); /* by hand; the skew is of order w_M */
    cr_expect(fabs(i.lower - (rate - RS_Z95 * se)) < 1e-6 && fabs(i.upper - (rate + RS_Z95 * se)) < 1e-6, "%.8f %.8f",
              i.lower, i.upper);
}

Test(inequality_golden, directly_standardised) {
    static const double esp[] = {5000, 5500, 5500, 5500, 6000, 6000, 6500, 7000, 7000, 7000,
                                 7000, 6500, 6000, 5500, 5000, 4000, 2500, 1500, 1000}; /* ESP 2013, Eurostat */
    char line[4096], *c[COLUMNS];
    const char *areas[] = {"testdata_big", "testdata_small", "testdata_tiny"};
    for (size_t a = 0; a < 3; a++) {
        double count[MOST], persons[MOST];
        size_t n = 0;
        FILE *f = open_table("standardisation/testdata_DSR_ISR__testdata_multiarea.csv");
        if (!f) return;
        while (read_line(f, line, sizeof line, c) >= 4)
            if (strcmp(c[0], areas[a]) == 0) {
                count[n] = atof(c[2]);
                persons[n++] = atof(c[3]);
            }
        fclose(f);
        cr_assert_eq(n, 19);
        struct rs_standardised s = rs_standardise(n, count, persons, esp);
        struct rs_interval i = rs_dobson(&s, RS_Z95);
        f = open_table("standardisation/testdata_DSR_ISR__testresults_DSR.csv");
        bool found = false;
        while (f && !found && read_line(f, line, sizeof line, c) >= 6) {
            if (strcmp(c[0], areas[a]) != 0) continue;
            found = true;
            if (!c[3][0]) {
                cr_expect(isnan(i.lower));
                continue;
            }
            close_to(1e4 * s.rate, c[3], areas[a], "rate");
            close_to(1e4 * i.lower, c[4], areas[a], "lower");
            close_to(1e4 * i.upper, c[5], areas[a], "upper");
        }
        cr_assert(found);
        fclose(f);
    }
}

Test(inequality_golden, indirectly_standardised) {
    char line[4096], *c[COLUMNS];
    FILE *f = open_table("standardisation/testdata_DSR_ISR__testresults_ISR.csv");
    if (!f) return;
    int compared = 0;
    while (read_line(f, line, sizeof line, c) >= 11) {
        /* A ratio has no reference rate: it is per 1, or per what its name ends with. */
        double observed = atof(c[1]), expected = atof(c[2]);
        const char *per = strrchr(c[9], ' ');
        double reference = c[3][0] ? atof(c[3]) : per && atof(per) > 0 ? atof(per) : 1;
        if (strncmp(c[0], "testdata", 8) != 0) continue;
        struct rs_interval i = rs_indirect(observed, expected, 0.95, RS_Z95);
        close_to(observed / expected * reference, c[4], c[0], "rate");
        close_to(i.lower * reference, c[5], c[0], "lower");
        close_to(i.upper * reference, c[6], c[0], "upper");
        compared++;
    }
    fclose(f);
    cr_assert(compared >= 6);
}

Test(inequality_golden, benjamini_and_hochberg) {
    char line[4096], *c[COLUMNS], want[MOST][32];
    double p[MOST], adjusted[MOST];
    size_t n = 0, order[MOST];
    FILE *f = open_table("intervals/benjamini_hochberg_1995.csv");
    if (!f) return;
    for (; read_line(f, line, sizeof line, c) >= 2; n++) {
        p[n] = atof(c[0]);
        snprintf(want[n], sizeof want[n], "%s", c[1]);
    }
    fclose(f);
    rs_benjamini_hochberg(n, p, adjusted, order);
    for (size_t i = 0; i < n; i++) close_to(adjusted[i], want[i], "Benjamini-Hochberg", "p");
    cr_assert_eq(n, 15);
}

/* The test book's slope index: values with weights by population, quantile 1 first. */
Test(inequality_golden, slope_index_of_the_test_book) {
    struct table t = {0};
    double value[MOST], se[MOST], sii = NAN, rii = NAN, limits[4] = {0};
    char line[4096], *c[COLUMNS];
    FILE *f = open_table("intervals/testdata_SII__testdata_SII.csv");
    if (!f) return;
    while (t.n < 10 && read_line(f, line, sizeof line, c) >= 21) {
        value[t.n] = atof(c[8]);
        t.size[t.n] = atof(c[6]);
        if (c[15][0]) sii = atof(c[15]), rii = atof(c[16]);
        for (int i = 0; c[15][0] && i < 4; i++) limits[i] = atof(c[17 + i]);
        se[t.n] = atof(c[12]);
        t.n++;
    }
    fclose(f);
    finish(&t);
    struct rs_groups g = groups_of(&t);
    g.rate = value;
    g.se = se;
    struct rs_slope s = rs_slope_index(&g);
    cr_expect(fabs(s.sii - sii) < 1e-9 * fabs(sii) && fabs(s.rii - rii) < 1e-9, "%.12g %.12g, not %.12g %.12g", s.sii,
              s.rii, sii, rii);
    /* the book's intervals are simulated: their widths to 2 % */
    double width = 2 * 1.959963984540054 * s.sii_se, ratio = exp(1.959963984540054 * s.log_rii_se);
    cr_expect(fabs(width / (limits[1] - limits[0]) - 1) < .02, "SII: %g wide, not %g", width, limits[1] - limits[0]);
    cr_expect(fabs((rii * ratio - rii / ratio) / (limits[3] - limits[2]) - 1) < .02);
    cr_expect(fabs(rii / ratio - limits[2]) < .002 && fabs(rii * ratio - limits[3]) < .002);
}
