/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Default filling: the statistic against hand computation; power and false positives on simulated plans in which one
 * unit fills in a default, or nobody does. */
#include "pipeline/base/hash.h"
#include "stages/check/filling.h"
#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>

struct memory {
    const struct rs_fill_one *one;
    size_t n, at;
};

static bool rewind_memory(void *self, struct rs_error *error) {
    (void)error;
    ((struct memory *)self)->at = 0;
    return true;
}

static bool read_memory(void *self, struct rs_fill_one *into, size_t most, size_t *got, struct rs_error *error) {
    struct memory *m = self;
    (void)error;
    *got = 0;
    while (*got < most && m->at < m->n) into[(*got)++] = m->one[m->at++];
    return true;
}

static void run(const struct rs_fill_one *one, size_t n, const struct rs_fill_limits *limits, size_t n_units,
                struct rs_fill_unit *units, double *inflation) {
    struct memory m = {one, n, 0};
    struct rs_fill_source source = {&m, rewind_memory, read_memory};
    struct rs_error error = {0};
    for (size_t i = 0; i < n_units; i++) units[i] = (struct rs_fill_unit){0};
    cr_assert(rs_default_filling(&source, limits, n_units, units, inflation, &error), "%s", error.text);
}

static size_t put(struct rs_fill_one *one, size_t at, uint32_t unit, enum rs_group recorded, size_t times,
                  const double p[RS_GROUPS]) {
    for (size_t i = 0; i < times; i++) {
        one[at + i] = (struct rs_fill_one){.unit = unit, .recorded = (uint32_t)recorded};
        for (int g = 0; g < RS_GROUPS; g++) one[at + i].p[g] = (float)p[g];
    }
    return at + times;
}

/* Three units of 100 persons, p = 1/2 White, 1/2 Black; White recorded 80, 35 and 35, so that C leaves 1/2 each. E = 50
 * and V = 25: X2 = 30^2/25 = 36 and 15^2/25 = 9 twice. The median of chi-square with 1 degree of freedom is 0.454936
 * (tables): phi = 9/0.454936 = 19.7830, X2/phi = 1.81974, p = 0.17734; Holm: times 3. */
Test(filling, by_hand) {
    static const double half[RS_GROUPS] = {.5, .5};
    static struct rs_fill_one one[300];
    struct rs_fill_unit u[3];
    double phi;
    size_t n = put(one, 0, 0, RS_WHITE, 80, half);
    n = put(one, n, 0, RS_BLACK, 20, half);
    for (uint32_t i = 1; i < 3; i++) {
        n = put(one, n, i, RS_WHITE, 35, half);
        n = put(one, n, i, RS_BLACK, 65, half);
    }
    run(one, n, &(struct rs_fill_limits){.minimum = 50, .moved = .1, .alpha = .01}, 3, u, &phi);
    cr_assert_float_eq(phi, 19.7830, 1e-3);
    cr_assert_float_eq(u[0].statistic * phi, 36, 1e-2);
    cr_assert_float_eq(u[1].statistic * phi, 9, 1e-2);
    cr_assert_float_eq(u[0].p_value, 0.17734, 1e-4);
    cr_assert_float_eq(u[0].adjusted, 3 * 0.17734, 3e-4);
    cr_assert_float_eq(u[0].moved, 0.3, 1e-4); /* 30 of 100 stand elsewhere */
    cr_assert_eq(u[0].degrees, 1);
    cr_assert(u[0].judged && !u[0].found);
}

/* One unit of 90 with three groups at 1/3: recorded 50, 25, 15. With E = 30 each, the multinomial X2 is Pearson's:
 * (20^2 + 5^2 + 15^2)/30 = 21.6667, 2 degrees of freedom. */
Test(filling, agrees_with_pearson_where_all_persons_are_alike) {
    static const double third[RS_GROUPS] = {1 / 3.0, 1 / 3.0, 0, 0, 0, 1 / 3.0};
    static struct rs_fill_one one[810];
    static const size_t count[3][3] = {{50, 25, 15}, {20, 35, 35}, {20, 30, 40}}; /* 90 of each group */
    struct rs_fill_unit u[3];
    double phi;
    size_t n = 0;
    for (uint32_t i = 0; i < 3; i++) {
        n = put(one, n, i, RS_WHITE, count[i][0], third);
        n = put(one, n, i, RS_BLACK, count[i][1], third);
        n = put(one, n, i, RS_HISPANIC, count[i][2], third);
    }
    run(one, n, &(struct rs_fill_limits){.minimum = 50, .moved = .1, .alpha = .01}, 3, u, &phi);
    cr_assert_float_eq(u[0].statistic * phi, 65.0 / 3, 1e-2);
    cr_assert_eq(u[0].degrees, 2);
}

/* Everybody named White (p = 0.9) is recorded Hispanic: strange, but alike in all units. */
Test(filling, a_habit_of_the_whole_plan_is_no_default) {
    static const double white[RS_GROUPS] = {.9, .1}, black[RS_GROUPS] = {.1, .9};
    static struct rs_fill_one one[900];
    struct rs_fill_unit u[3];
    double phi;
    size_t n = 0;
    for (uint32_t i = 0; i < 3; i++) {
        n = put(one, n, i, RS_HISPANIC, i == 0 ? 250 : 150, white);
        n = put(one, n, i, RS_BLACK, i == 0 ? 50 : 150, black);
    }
    run(one, n, &(struct rs_fill_limits){.minimum = 1, .moved = .1, .alpha = .01}, 3, u, &phi);
    for (int i = 0; i < 3; i++) cr_assert(!u[i].found && u[i].moved < 0.1, "unit %d: %g", i, u[i].moved);
}

Test(filling, nobody_is_judged_against_one_other) {
    static const double half[RS_GROUPS] = {.5, .5};
    static struct rs_fill_one one[400];
    struct rs_fill_unit u[2];
    double phi;
    size_t n = put(one, 0, 0, RS_WHITE, 200, half);
    n = put(one, n, 1, RS_BLACK, 200, half);
    run(one, n, &(struct rs_fill_limits){.minimum = 1, .moved = .1, .alpha = .01}, 2, u, &phi);
    cr_assert(!u[0].judged && !u[1].judged && !u[0].found);
}

/* ---- simulated plans ----------------------------------------------------------------------------------------------
 */

enum { UNITS = 40, PERSONS = 300, PLANS = 100 };

static int draw(struct rs_random *r, const double p[RS_GROUPS]) {
    double left = rs_random_unit(r);
    for (int g = 0; g < RS_GROUPS - 1; g++)
        if ((left -= p[g]) < 0) return g;
    return RS_GROUPS - 1;
}

/* A person's probabilities are those of one of five neighbourhoods, sharpened by the name. `skew`: the tables are wrong
 * in the same way for everybody (this share of Hispanics record White); `shift`: the plan
 * has so many times more Black members than the census, alike everywhere; `spread`: honest units differ in ways names
 * do not tell; `filled`: this share of unit 7 is recorded White whoever they are. */
static void simulate(uint64_t seed, double skew, double shift, double spread, double filled, struct rs_fill_one *one) {
    static const double area[5][RS_GROUPS] = {{.80, .06, .01, .05, .03, .05},
                                              {.20, .60, .01, .04, .03, .12},
                                              {.15, .08, .01, .04, .02, .70},
                                              {.35, .10, .01, .40, .04, .10},
                                              {.45, .20, .03, .08, .04, .20}};
    for (uint32_t u = 0; u < UNITS; u++) {
        struct rs_random r = rs_random(seed, u, 1);
        double lean = spread * rs_random_normal(&r), at_home = rs_random_unit(&r);
        int home = (int)rs_random_below(&r, 5);
        for (size_t i = 0; i < PERSONS; i++) {
            struct rs_fill_one *o = &one[u * PERSONS + i];
            const double *mix = area[rs_random_unit(&r) < at_home ? home : (int)rs_random_below(&r, 5)];
            double p[RS_GROUPS], sum = 0, true_p[RS_GROUPS];
            int named = draw(&r, mix);
            for (int g = 0; g < RS_GROUPS; g++) sum += p[g] = mix[g] * (g == named ? 6 : 1);
            for (int g = 0; g < RS_GROUPS; g++) p[g] /= sum;
            sum = 0;
            for (int g = 0; g < RS_GROUPS; g++) sum += true_p[g] = p[g] * (g == RS_BLACK ? shift : 1);
            for (int g = 0; g < RS_GROUPS; g++) true_p[g] /= sum;
            double more = fmin(fmax(true_p[RS_BLACK] * lean, -true_p[RS_BLACK]), true_p[RS_WHITE]);
            true_p[RS_BLACK] += more;
            true_p[RS_WHITE] -= more;
            true_p[RS_WHITE] += skew * true_p[RS_HISPANIC];
            true_p[RS_HISPANIC] *= 1 - skew;
            int recorded = draw(&r, true_p);
            if (u == 7 && rs_random_unit(&r) < filled) recorded = RS_WHITE;
            *o = (struct rs_fill_one){.unit = u, .recorded = (uint32_t)recorded};
            for (int g = 0; g < RS_GROUPS; g++) o->p[g] = (float)p[g];
        }
    }
}

struct tally {
    int plans_with_false, false_units, found;
};

static struct tally count_plans(double skew, double shift, double spread, double filled, double moved, double alpha) {
    struct rs_fill_one *one = malloc(UNITS * PERSONS * sizeof *one);
    struct tally t = {0};
    for (uint64_t plan = 0; plan < PLANS; plan++) {
        struct rs_fill_unit u[UNITS];
        double phi;
        int wrong = 0;
        simulate(1000 + plan, skew, shift, spread, filled, one);
        run(one, UNITS * PERSONS, &(struct rs_fill_limits){100, moved, alpha}, UNITS, u, &phi);
        for (int i = 0; i < UNITS; i++)
            if (u[i].found && (i != 7 || filled == 0)) wrong++;
        t.found += filled > 0 && u[7].found;
        t.false_units += wrong;
        t.plans_with_false += wrong > 0;
    }
    free(one);
    return t;
}

/* Without the size of the effect as a second condition, alpha is the chance of any false finding in a plan: of 100
 * plans at 5 %, 5 expected; more than 12 has a chance below 0.2 % (binomial). */
Test(filling, false_positives_are_what_alpha_says, .timeout = 120) {
    struct tally t = count_plans(0, 1, 0, 0, -1, 0.05);
    cr_log_info("no filler: %d of %d plans with a false finding", t.plans_with_false, PLANS);
    cr_assert_leq(t.plans_with_false, 12, "%d plans", t.plans_with_false);
}

Test(filling, tables_that_are_wrong_for_everybody_accuse_nobody, .timeout = 120) {
    struct tally t = count_plans(0.2, 1.5, 0.05, 0, 0.1, 0.01);
    cr_assert_eq(t.plans_with_false, 0, "%d plans", t.plans_with_false);
}

Test(filling, a_filler_is_found_and_nobody_else, .timeout = 120) {
    struct tally t = count_plans(0.2, 1.5, 0.05, 0.5, 0.1, 0.01);
    cr_log_info("filler of 50%%: found in %d of %d plans, %d others accused", t.found, PLANS, t.false_units);
    cr_assert_geq(t.found, PLANS * 9 / 10, "found in %d plans", t.found);
    cr_assert_leq(t.false_units, 1, "%d", t.false_units);
}

Test(filling, order_makes_no_difference) {
    struct rs_fill_one *one = malloc(UNITS * PERSONS * sizeof *one), *back = malloc(UNITS * PERSONS * sizeof *back);
    struct rs_fill_unit a[UNITS], b[UNITS];
    double phi_a, phi_b;
    struct rs_fill_limits limits = {100, 0.1, 0.01};
    simulate(5, 0.2, 1, 0.1, 0.7, one);
    for (size_t i = 0; i < UNITS * PERSONS; i++) back[UNITS * PERSONS - 1 - i] = one[i];
    run(one, UNITS * PERSONS, &limits, UNITS, a, &phi_a);
    run(back, UNITS * PERSONS, &limits, UNITS, b, &phi_b);
    cr_assert_float_eq(phi_a, phi_b, 1e-6);
    for (int i = 0; i < UNITS; i++) {
        cr_assert_eq(a[i].found, b[i].found);
        cr_assert_float_eq(a[i].statistic, b[i].statistic, 1e-5);
    }
    free(one);
    free(back);
}
