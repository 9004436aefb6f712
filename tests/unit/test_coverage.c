/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Intervals of rates and differences by race over simulated plans with known rates: as often right as they say, where
 * BIRDiE's assumption holds. Tolerances are three standard errors of what so many plans can show;
 * tests/simulate/README.md has the whole tables. */
#include "tests/simulate/study.h"
#include <criterion/criterion.h>
#include <math.h>

enum { G = RS_GROUPS, BLACK = 1, PLANS = 600 };
static const struct plan_kind holds = {.concentration = 1, .rate = {.70, .55, .60, .75, .65, .50}, .report = .2};

static struct study run(const struct plan_kind *kind, size_t persons, size_t plans) {
    struct study s;
    struct rs_error error = {0};
    cr_assert(study_run(kind, persons, plans, 100, 20, 2, &s, &error), "%s", error.text);
    return s;
}

/* 95 %, within what chance allows over so many plans. */
static void expect_95(const struct study_cell *c, const char *what) {
    double share = study_coverage(c), tolerance = 3 * study_coverage_se(.95, PLANS);
    cr_expect(c->intervals == PLANS, "%s: %zu intervals", what, c->intervals);
    cr_expect(fabs(share - .95) < tolerance, "%s: %.4f hold the truth, not .95 +- %.4f", what, share, tolerance);
}

static void expect_unbiased(const struct study_cell *c, const char *what) {
    cr_expect(fabs(c->bias) < 3 * c->sd / sqrt(PLANS), "%s: bias %.5f, sd %.5f", what, c->bias, c->sd);
    /* the standard error of a standard deviation is sd / sqrt(2n) */
    cr_expect(fabs(c->mean_se / c->sd - 1) < 3 / sqrt(2. * PLANS), "%s: mean SE %.5f, sd %.5f", what, c->mean_se,
              c->sd);
}

Test(coverage, as_promised_where_the_assumption_holds, .timeout = 280) {
    static const struct {
        enum rs_estimator k;
        const char *name;
    } right[] = {{RS_BIRDIE, "birdie"}, {RS_MULTIPLE, "mi"}, {RS_OLS, "ols"}, {RS_SELF_REPORT, "self_report"}};
    struct study s = run(&holds, 3000, PLANS);
    for (size_t i = 0; i < sizeof right / sizeof right[0]; i++)
        for (int q = 0; q < STUDY_QUANTITIES; q++) {
            expect_95(&s.cell[right[i].k][q][BLACK], right[i].name);
            expect_unbiased(&s.cell[right[i].k][q][BLACK], right[i].name);
        }
    /* E p_a p_b / E p_a of a Dirichlet of concentration 1 is (share_b + [a = b]) / 2: the weighted estimate of those
     * imputed, four in five, goes half the way to the mean of all, and the difference loses 2/5 of itself */
    const struct study_cell *c = &s.cell[RS_WEIGHTED][STUDY_DIFFERENCE][BLACK];
    cr_expect(fabs(c->bias - .4 * .15) < 3 * c->sd / sqrt(PLANS), "weighted: bias %.4f, sd %.4f", c->bias, c->sd);
    cr_expect(study_coverage(c) < .5, "weighted holds the difference in %.3f", study_coverage(c));
}

/* The program does find what is wrong: an outcome that depends on the place makes every estimate from probabilities
 * miss. */
Test(coverage, broken_where_the_assumption_does_not, .timeout = 280) {
    struct plan_kind place = holds, answers = holds;
    place.place = -.25;
    answers.report_y = .15;
    struct study s = run(&place, 10000, 60);
    const struct study_cell *c = &s.cell[RS_BIRDIE][STUDY_RATE][BLACK];
    cr_expect(c->bias < -5 * c->sd / sqrt(60), "birdie: bias %.4f, sd %.4f", c->bias, c->sd);
    cr_expect(study_coverage(c) < .9, "birdie holds the rate in %.3f", study_coverage(c));
    /* of those with the outcome .35 answer, of the others .2: .35 x .55 / (.35 x .55 + .2 x .45) = .681 */
    s = run(&answers, 10000, 60);
    c = &s.cell[RS_SELF_REPORT][STUDY_RATE][BLACK];
    cr_expect(fabs(c->bias - (.1925 / .2825 - .55)) < 3 * c->sd / sqrt(60), "self_report: bias %.4f", c->bias);
}

/* Rates of .005 and .01 in groups of 210 and 90, few of whom reported: over both groups, not less than 95 % allows.
 * (Wilson's interval on the effective number holds 91 %.) */
Test(coverage, near_0_no_less, .timeout = 280) {
    const struct plan_kind rare = {.concentration = 1, .rate = {.03, .01, .01, .005, .02, .015}, .report = .05};
    enum { AIAN = 2, API = 3, RARE_PLANS = 300 };
    struct study s = run(&rare, 3000, RARE_PLANS);
    const struct study_cell *a = &s.cell[RS_BIRDIE][STUDY_RATE][AIAN], *b = &s.cell[RS_BIRDIE][STUDY_RATE][API];
    double share = (double)(a->covered + b->covered) / (double)(a->intervals + b->intervals);
    cr_expect(a->intervals == RARE_PLANS && b->intervals == RARE_PLANS, "%zu, %zu intervals", a->intervals,
              b->intervals);
    cr_expect(a->flagged > RARE_PLANS / 2 && a->flagged_intervals == a->flagged, "%zu flagged", a->flagged);
    /* mi, drawn from the fit, is flagged with it; where a rate is 0 it has no row */
    const struct study_cell *m = &s.cell[RS_MULTIPLE][STUDY_RATE][API];
    cr_expect(m->flagged > 0 && m->plans - m->flagged == b->plans - b->flagged, "%zu of %zu flagged, birdie %zu of %zu",
              m->flagged, m->plans, b->flagged, b->plans);
    cr_expect(share > .95 - 3 * study_coverage_se(.95, 2 * RARE_PLANS), "%.4f hold the truth", share);
    share = study_coverage(m);
    cr_expect(share > .95 - 3 * study_coverage_se(.95, RARE_PLANS), "mi: %.4f hold the truth", share);
    /* of a rate of .01 with some two effective outcomes; drawn with the fit's mean where logits are drawn, it was .6 of it
     * too high */
    m = &s.cell[RS_MULTIPLE][STUDY_RATE][BLACK];
    cr_expect(fabs(m->bias) < 3 * m->sd / sqrt(RARE_PLANS), "mi: bias %.5f, sd %.5f", m->bias, m->sd);
}

/* In closed form, against persons drawn. */
Test(coverage, the_truth_is_the_truth) {
    struct plan_kind kind = {.concentration = 3, .rate = {.7, .5, .6, .7, .6, .5}, .surname = .2, .place = .1},
                     cut = kind;
    double exact[G], drawn[G];
    plan_truth(&kind, 0, exact);
    cut.rate[2] = 0; /* one group is cut at 0, and so all are drawn: the others' rates are as before */
    plan_truth(&cut, 400000, drawn);
    for (int g = 0; g < G; g++) {
        if (g == 2) continue;
        double se = sqrt(.25 / (400000 * plan_share[g]));
        cr_expect(fabs(exact[g] - drawn[g]) < 3.5 * se, "group %d: %.5f, drawn %.5f", g, exact[g], drawn[g]);
    }
    /* by hand: the mean of p_black over those of group 0 is 3 x .15 / 4, over all .15 */
    cr_expect(fabs(exact[0] - (.7 + .1 * (.1125 - .15))) < 1e-12, "%.6f", exact[0]);
    cr_expect(fabs(exact[1] - (.5 + .1 * (.3625 - .15))) < 1e-12, "%.6f", exact[1]);
}
