/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Weights of the members that the learned layer is fitted to: forms are compared on those whom they stand for; in draws, how often
 * each is there, and that fits over draws differ by the fit's standard error. */
#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>
#include "stages/impute/learn.h"

TestSuite(learn_weights, .timeout = 300);

Test(learn_weights, members_come_as_often_as_poisson_says) {
    enum { N = 200000, DRAWS = 3 };
    for (uint64_t draw = 1; draw <= DRAWS; draw++) {
        double of[4] = {0}, sum = 0, squares = 0;
        for (uint64_t i = 0; i < N; i++) {
            uint64_t times = rs_fit_draw_times(draw, i * 0x9e3779b97f4a7c15u);
            if (times < 4) of[times]++;
            sum += (double)times;
            squares += (double)(times * times);
        }
        const double want[] = {.36787944, .36787944, .18393972, .06131324}; /* e^-1 / k! */
        for (int k = 0; k < 4; k++) cr_assert(fabs(of[k] / N - want[k]) < 5 * sqrt(want[k] * (1 - want[k]) / N), "%d", k);
        cr_assert(fabs(sum / N - 1) < 5 / sqrt(N));
        cr_assert(fabs(squares / N - 2) < 5 * sqrt(11. / N)); /* Var(X^2) = 15 - 4 for Poisson of mean 1 */
    }
    cr_assert_eq(rs_fit_draw_times(0, 12345), 1);
    int same = 0;
    for (uint64_t i = 0; i < 1000; i++) same += rs_fit_draw_times(1, i << 40) == rs_fit_draw_times(2, i << 40);
    cr_assert(same < 400, "two draws agree on %d of 1000", same); /* sum of squared chances: .309 */
}

/* 2,000 members with p one sixth each, of whom 60, 30 and 10 percent report the first three groups: recalibration, without a
 * ridge to speak of, gives the shares, whose standard error is sqrt(share (1 - share) / 2000). */
Test(learn_weights, fits_differ_by_their_standard_error) {
    enum { N = 2000, DRAWS = 200 };
    struct rs_learn_settings how = {.ridge = 1e-6, .base = "bisg", .pack = "0123456789abcdef", .threads = 2, .least_members = 500};
    const double share[] = {.6, .3, .1}, sixth[] = {1. / 6, 1. / 6, 1. / 6, 1. / 6, 1. / 6, 1. / 6};
    double sum[3] = {0}, squares[3] = {0};
    for (uint64_t draw = 0; draw <= DRAWS; draw++) {
        struct rs_learn_sample s = {.target = RS_LEARN_RACE, .most = N};
        struct rs_error error = {0};
        struct rs_learn_person m = {.answer = {0, -1}};
        double p[RS_GROUPS];
        rs_learn_person_p(&m, sixth);
        for (uint64_t i = 0; i < N; i++) {
            m.hash = (i + 1) * 0x9e3779b97f4a7c15u;
            m.answer[RS_LEARN_RACE] = i % 10 < 6 ? 0 : i % 10 < 9 ? 1 : 2;
            rs_learn_sample_add(&s, &m);
        }
        how.draw = draw;
        struct rs_fit *f = rs_fit_make(&s, &how, &error);
        cr_assert(f && f->form == RS_FORM_RECALIBRATION && f->draw == draw, "%s", error.text);
        rs_fit_apply(f, &m, false, p);
        for (int k = 0; k < 3; k++) {
            if (!draw) cr_assert(fabs(p[k] - share[k]) < 1e-4, "class %d: %g", k, p[k]);
            else sum[k] += p[k], squares[k] += p[k] * p[k];
        }
        rs_fit_free(f);
        rs_learn_sample_free(&s);
    }
    for (int k = 0; k < 3; k++) {
        double mean = sum[k] / DRAWS, sd = sqrt((squares[k] - DRAWS * mean * mean) / (DRAWS - 1));
        double se = sqrt(share[k] * (1 - share[k]) / N);
        cr_assert(fabs(mean - share[k]) < 4 * se / sqrt(DRAWS), "class %d: mean %g", k, mean);
        cr_assert(fabs(sd / se - 1) < .2, "class %d: %g, expected %g", k, sd, se); /* 4 standard errors of sd */
    }
}

/* Of those likeliest WHITE 400 report and 100 do not: each of the 400 stands for a quarter of one. Of those likeliest BLACK 200
 * report and 600 do not, three for each. What is known before, p of .5 and .1, loses ln 2 and ln 10. */
Test(learn_weights, forms_are_compared_on_those_who_are_silent) {
    struct rs_nonresponse *all = rs_alloc(sizeof *all);
    struct rs_learn_sample s = {.target = RS_LEARN_RACE, .most = 1000};
    struct rs_learn_settings how = {.ridge = 1, .base = "bisg", .pack = "0123456789abcdef", .threads = 2, .least_members = 500,
                                    .nonresponse = all};
    struct rs_error error = {0};
    for (uint64_t i = 0; i < 1300; i++) {
        bool white = i < 500, says = white ? i < 400 : i < 700;
        double p[RS_GROUPS] = {.1, .1, .1, .1, .1, .1};
        struct rs_learn_person m = {.hash = (i + 1) * 0x9e3779b97f4a7c15u, .answer = {-1, -1}};
        p[white ? RS_WHITE : RS_BLACK] = .5;
        rs_learn_person_p(&m, p);
        if (says) m.answer[RS_LEARN_RACE] = (white ? i < 300 : i >= 600) ? RS_WHITE : RS_BLACK; /* 300, 100; 100, 100 */
        rs_nonresponse_add(all, &m, 1);
        rs_learn_sample_add(&s, &m);
    }
    struct rs_fit *f = rs_fit_make(&s, &how, &error);
    cr_assert(f && f->weighted, "%s", error.text);
    double whites = .75 * log(2) + .25 * log(10), blacks = .5 * log(2) + .5 * log(10);
    cr_assert_float_eq(f->loss[RS_FORM_NONE], (100 * whites + 600 * blacks) / 700, 1e-12);
    cr_assert_float_eq(f->gain, f->loss[RS_FORM_NONE] - f->loss[f->form], 1e-12);
    rs_fit_free(f);
    rs_learn_sample_free(&s);
    free(all);
}
