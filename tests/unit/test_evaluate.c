/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The evaluation of imputed probabilities: measures and intervals against their definitions, sums that depend on neither
 * blocks nor threads, and cells that are held back. */
#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include "stages/impute/evaluate.h"

TestSuite(evaluate, .timeout = 120);

/* Members with p of White, 1 - p of Black, and how many of them reported White. The p are middles of histogram bins, so
 * that the histogram is exact. */
static const struct {
    double p;
    int n, white;
} cells[] = {{0.0634765625, 40, 3}, {0.189453125, 30, 5}, {0.31640625, 25, 9}, {0.68359375, 30, 19},
             {0.9365234375, 35, 33}};

static struct rs_evaluated person_of(double p, int reported) {
    struct rs_evaluated e = {.p = {p, 1 - p}, .reported = reported};
    static const int first[] = {0, RS_FIRST_MODEL, RS_FIRST_SURNAME, RS_FIRST_FIRST_NAME, RS_FIRST_GEOGRAPHY,
                                RS_FIRST_COLLECTION, RS_FIRST_SOURCE, RS_FIRST_STATE, RS_FIRST_REGION};
    for (int d = 0; d < RS_BY_DIMENSIONS; d++) e.stratum[d] = (unsigned char)first[d];
    return e;
}

/* All members, dealt out to `blocks` blocks and as many workers. */
static struct rs_evaluation *evaluation_of(int blocks) {
    struct rs_evaluation *e = rs_evaluation_new(blocks, NULL);
    for (int b = 0; b < blocks; b++) {
        struct rs_evaluation_block *block = rs_alloc(sizeof *block);
        int at = 0;
        for (size_t i = 0; i < sizeof cells / sizeof *cells; i++)
            for (int k = 0; k < cells[i].n; k++, at++) {
                struct rs_evaluated person = person_of(cells[i].p, k < cells[i].white ? RS_WHITE : RS_BLACK);
                if (at % blocks == b) rs_evaluation_add(e, b, block, &person, 1);
            }
        rs_evaluation_done(e, block);
        free(block);
    }
    return e;
}

static void expect(const char *what, double got, double want) {
    if (isnan(want)) cr_assert(isnan(got), "%s: %.17g, expected none", what, got);
    else cr_assert(fabs(got - want) < 1e-10, "%s: %.17g, expected %.17g", what, got, want);
}

/* Worked out person by person from the definitions, not from sums: Wilson's interval in its centre form; logistic
 * regression by Newton's method; (X'X)^-1 X'diag(e^2)X (X'X)^-1; DeLong by all pairs; the others from influence values,
 * of r: zp zy - r (zp^2 + zy^2) / 2; of lambda, v/w: ((x^2 - v) - v (1 - 2 m) x / w) / w. */
static const struct {
    const char *name;
    double value, lower, upper;
} wanted[] = {
    {"observed_share", 0.43125, 0.3570112358013636, 0.5087126160347185},
    {"mean_p", 0.433868408203125, 0.3814102452825584, 0.4863265711236916},
    {"bias", 0.002618408203125, -0.05444311113662983, 0.05967992754287983},
    {"calibration_intercept", -0.02001245834126929, -0.4486625687598758, 0.4086376520773372},
    {"calibration_slope", 0.9633731122929047, 0.686887914272524, 1.239858310313285},
    {"linear_intercept", 0.006768658123888173, -0.07561057274544, 0.08914788899321635},
    {"linear_slope", 0.9783642548073738, 0.8419634906367517, 1.114765018977996},
    {"ece", 0.024774169921875, NAN, NAN},
    {"correlation", 0.6688062086523097, 0.5549455336793416, 0.7580695029361966},
    {"auc", 0.8742634177416786, 0.8197023279287885, 0.9288245075545687},
    {"auc_resolution", 0.05215798694059564, NAN, NAN},
    {"brier", 0.1356227099895477, 0.1013823826156133, 0.1698630373634822},
    {"log_loss", 0.5266301232210084, 0.3651568144024985, 0.6881034320395184},
    {"lambda", 0.466632020367274, 0.419657372383227, 0.5136066683513208},
};

Test(evaluate, measures_and_intervals_by_definition) {
    struct rs_evaluation *e = evaluation_of(3);
    struct rs_measure got[RS_METRICS];
    rs_measures(rs_evaluation_moments(e), rs_evaluation_fine(e, 0), RS_WHITE, got);
    cr_assert_eq(sizeof wanted / sizeof *wanted, RS_METRICS);
    for (int i = 0; i < RS_METRICS; i++) {
        cr_assert_str_eq(rs_metric_names[i], wanted[i].name);
        expect(wanted[i].name, got[i].value, wanted[i].value);
        expect(wanted[i].name, got[i].lower, wanted[i].lower);
        expect(wanted[i].name, got[i].upper, wanted[i].upper);
    }
    rs_measures_all(rs_evaluation_moments(e), got);
    expect("log-loss", got[RS_LOG_LOSS].value, 0.4267097621696574);
    expect("log-loss", got[RS_LOG_LOSS].lower, 0.3353157645462338);
    expect("log-loss", got[RS_LOG_LOSS].upper, 0.518103759793081);
    expect("Brier", got[RS_BRIER].value, 0.27124541997909546);
    expect("Brier", got[RS_BRIER].upper, 0.3397260747269643);
    rs_evaluation_free(e);
}

/* Black is all that White is not: the same AUC, correlation and slopes, intercepts mirrored. */
Test(evaluate, two_groups_mirror_each_other) {
    struct rs_evaluation *e = evaluation_of(1);
    struct rs_measure white[RS_METRICS], black[RS_METRICS];
    rs_measures(rs_evaluation_moments(e), rs_evaluation_fine(e, 0), RS_WHITE, white);
    rs_measures(rs_evaluation_moments(e), rs_evaluation_fine(e, 0), RS_BLACK, black);
    expect("auc", black[RS_AUC].value, white[RS_AUC].value);
    expect("auc", black[RS_AUC].lower, white[RS_AUC].lower);
    expect("correlation", black[RS_CORRELATION].value, white[RS_CORRELATION].value);
    expect("slope", black[RS_CALIBRATION_SLOPE].value, white[RS_CALIBRATION_SLOPE].value);
    expect("intercept", black[RS_CALIBRATION_INTERCEPT].lower, -white[RS_CALIBRATION_INTERCEPT].upper);
    expect("bias", black[RS_BIAS].value, -white[RS_BIAS].value);
    rs_evaluation_free(e);
}

Test(evaluate, nothing_to_measure_gives_nothing) {
    struct rs_evaluation *e = evaluation_of(1);
    struct rs_measure got[RS_METRICS];
    rs_measures(rs_evaluation_moments(e), rs_evaluation_fine(e, 0), RS_API, got); /* nobody: p is always 0 */
    cr_assert(got[RS_OBSERVED_SHARE].value == 0 && got[RS_MEAN_P].value == 0);
    static const enum rs_metric none[] = {RS_CORRELATION, RS_AUC, RS_LOG_LOSS, RS_LAMBDA, RS_CALIBRATION_SLOPE,
                                          RS_CALIBRATION_INTERCEPT, RS_LINEAR_SLOPE};
    for (size_t i = 0; i < sizeof none / sizeof *none; i++) cr_assert(isnan(got[none[i]].value), "%d", none[i]);
    rs_measures(&(struct rs_moments){.n = 0}, NULL, RS_WHITE, got);
    for (int i = 0; i < RS_METRICS; i++) cr_assert(isnan(got[i].value));
    rs_evaluation_free(e);
}

Test(evaluate, histogram_bins_are_in_order_and_narrow) {
    int before = 0;
    for (double p = 0; p <= 1; p += 1e-5) {
        int bin = rs_fine_bin(p);
        cr_assert(bin >= before && bin < RS_FINE, "%g: bin %d after %d", p, bin, before);
        before = bin;
        double middle = rs_fine_middle(bin), odds = p / (1 - p) * (1 - middle) / middle;
        if (p > 1e-6 && p < 1 - 1e-6) cr_assert(fabs(log(odds)) < 1. / 32, "%g: %g", p, middle);
    }
    cr_assert_eq(rs_fine_bin(0), 0);
    cr_assert_eq(rs_fine_bin(1), RS_FINE - 1);
    cr_assert_lt(rs_fine_bin(nextafter(.5, 0)), rs_fine_bin(.5));
    for (size_t i = 0; i < sizeof cells / sizeof *cells; i++) {
        cr_assert_eq(rs_fine_middle(rs_fine_bin(cells[i].p)), cells[i].p);
        cr_assert_eq(rs_fine_middle(rs_fine_bin(1 - cells[i].p)), 1 - cells[i].p);
    }
}

/* ---- small cells ----------------------------------------------------------------------------------------------- */

static struct rs_moments stratum(uint64_t white, uint64_t black, uint64_t aian, uint64_t api, uint64_t multi,
                                 uint64_t hispanic) {
    return (struct rs_moments){.n = white + black + aian + api + multi + hispanic,
                               .y = {white, black, aian, api, multi, hispanic}};
}

Test(evaluate, a_small_cell_takes_another_with_it) {
    struct rs_moments m = stratum(100, 40, 5, 0, 20, 60);
    bool shown[1][RS_GROUPS + 1];
    rs_evaluation_protect(&m, 1, 11, shown);
    const bool want[] = {true, true, false, true, false, true, true}; /* 5, and 20, the next smallest; 0 may be shown */
    for (int c = 0; c <= RS_GROUPS; c++) cr_assert_eq(shown[0][c], want[c], "column %d", c);
    m = stratum(100, 40, 5, 6, 20, 60);
    rs_evaluation_protect(&m, 1, 11, shown);
    const bool two[] = {true, true, false, false, true, true, true}; /* two cover each other */
    for (int c = 0; c <= RS_GROUPS; c++) cr_assert_eq(shown[0][c], two[c], "column %d", c);
    m = stratum(100, 4, 0, 0, 0, 0); /* all but 4 White: one says the other */
    rs_evaluation_protect(&m, 1, 11, shown);
    cr_assert(!shown[0][RS_WHITE] && !shown[0][RS_BLACK] && shown[0][RS_GROUPS]);
}

Test(evaluate, strata_do_not_give_each_other_away) {
    struct rs_moments m[] = {stratum(100, 40, 30, 30, 20, 60), stratum(200, 90, 50, 50, 5, 90),
                             stratum(0, 0, 0, 0, 0, 0), stratum(3, 0, 0, 0, 0, 1)};
    bool shown[4][RS_GROUPS + 1];
    rs_evaluation_protect(m, 4, 11, shown);
    for (int c = 0; c <= RS_GROUPS; c++) cr_assert(!shown[3][c] || !m[3].y[c], "4 members: nothing but zeros, %d", c);
    cr_assert(!shown[3][RS_GROUPS]);
    size_t wholes = 0;
    for (int i = 0; i < 2; i++) wholes += shown[i][RS_GROUPS];
    cr_assert_eq(wholes, 1, "the total less the two others would give the 4");
    cr_assert(!shown[0][RS_GROUPS] && shown[1][RS_GROUPS]);
    cr_assert(!shown[1][RS_MULTI]);
    /* In each stratum shown, no group stands alone against the sum of the others. */
    int hidden = 0;
    for (int r = 0; r < RS_GROUPS; r++) hidden += !shown[1][r];
    cr_assert(hidden >= 2);
}

static struct rs_view text_of(const struct rs_batch *batch) { return rs_view(batch->out[0].p, batch->out[0].n); }

static bool holds(const struct rs_batch *batch, const char *text) {
    return batch->out[0].n && memmem(batch->out[0].p, batch->out[0].n, text, strlen(text));
}

Test(evaluate, rows_do_not_depend_on_threads_and_hold_no_small_cell) {
    struct rs_evaluation *a = evaluation_of(1), *b = evaluation_of(1);
    struct rs_batch one = {0}, two = {0};
    /* Of b, the histograms are in several workers. */
    struct rs_evaluation_block *block = rs_alloc(2 * sizeof *block);
    for (int i = 0; i < 4; i++) {
        struct rs_evaluated few = person_of(.25, RS_API);
        rs_evaluation_add(a, 0, &block[0], &few, 1);
        rs_evaluation_add(b, 0, &block[1], &few, 1);
    }
    rs_evaluation_done(a, &block[0]);
    rs_evaluation_done(b, &block[1]);
    rs_evaluation_emit(a, "bisg", &one, 0);
    rs_evaluation_emit(b, "bisg", &two, 0);
    cr_assert(rs_eq(text_of(&one), text_of(&two)));
    cr_assert(holds(&one, "bisg\tall\tall\tBLACK\tbin_10_") == false); /* 2 of 35 at p > .9 did not report White */
    cr_assert(!holds(&one, "\tAPI\t"), "4 members reported it");
    cr_assert(!holds(&one, "\tWHITE\t"), "69 is the next smallest: the total less it would give the 4");
    cr_assert(holds(&one, "bisg\tall\tall\tBLACK\tauc\t"));
    cr_assert(holds(&one, "bisg\tall\tall\tMULTI\tobserved_share\t0\t"));
    cr_assert(holds(&one, "bisg\tstate\t") && holds(&one, "\tALL\tcoverage\t1\t"));
    rs_evaluation_free(a);
    rs_evaluation_free(b);
    rs_buffer_free(&one.out[0]);
    rs_buffer_free(&two.out[0]);
    rs_arena_free(&one.arena);
    rs_arena_free(&two.arena);
    free(block);
}

/* Parts 0 to 2 make up whole 0, 3 to 5 whole 1; WHITE and BLACK alone, BLACK always a hundred. 5 beside 50
 * and 200 is known from their whole's 255, and from all six where one whole alone is left out. */
static void states_and_regions(const int white[6], bool parts[6][RS_GROUPS + 1], bool wholes[2][RS_GROUPS + 1]) {
    static const unsigned char part_of[] = {0, 0, 0, 1, 1, 1};
    struct rs_moments m[6] = {{0}}, w[2] = {{0}};
    for (int i = 0; i < 6; i++) {
        m[i].y[RS_WHITE] = (uint64_t)white[i];
        m[i].y[RS_BLACK] = 100;
        m[i].n = (uint64_t)white[i] + 100;
        for (int r = 0; r < 2; r++) w[i / 3].y[r] += m[i].y[r];
        w[i / 3].n += m[i].n;
    }
    rs_evaluation_protect_both(m, 6, part_of, w, 2, 11, parts, wholes);
}

Test(evaluate, a_region_does_not_give_a_state_away) {
    bool parts[6][RS_GROUPS + 1], wholes[2][RS_GROUPS + 1];
    static const int none[] = {50, 50, 200, 60, 70, 80}, one[] = {5, 50, 200, 60, 70, 80}, two[] = {5, 4, 200, 60, 70, 80};
    states_and_regions(none, parts, wholes);
    for (int i = 0; i < 6; i++) cr_assert(parts[i][RS_WHITE] && wholes[i / 3][RS_WHITE], "nothing is small");
    const int *cases[] = {one, two};
    for (int k = 0; k < 2; k++) {
        states_and_regions(cases[k], parts, wholes);
        cr_assert(!parts[0][RS_WHITE], "5 is small");
        for (int w = 0; w < 2; w++) {
            int hidden = 0, sum = 0;
            for (int i = 3 * w; i < 3 * w + 3; i++)
                if (!parts[i][RS_WHITE]) hidden++, sum += cases[k][i];
            if (wholes[w][RS_WHITE]) cr_assert(hidden == 0 || (hidden > 1 && sum >= 22), "case %d: %d, %d", k, hidden, sum);
            else cr_assert(hidden > 0, "case %d: whole %d is the sum of what is shown", k, w);
        }
    }
    cr_assert(!wholes[0][RS_WHITE] && !wholes[1][RS_WHITE], "5 and 4 beside 209 would be known to be 9, and one whole less than all");
}
