/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Agreement between sources: kappa against a published example, the other statistics by hand, which answers are
 * counted, and that what is withheld cannot be worked out. */
#include <math.h>
#include "reconcile_plan.h"
#include "stages/reconcile/kappa.h"

#define A &rs_layout_agreement

static void near(double got, double want, double within, const char *what) {
    cr_assert(fabs(got - want) <= within, "%s: %.12g, not %.12g", what, got, want);
}

/* ---- kappa ------------------------------------------------------------------------------------------------------- */

/* J. L. Fleiss, "Statistical Methods for Rates and Proportions", 2nd edition (1981), table 13.1: two raters, 100
 * subjects, psychotic, neurotic, organic. He gives kappa .68, standard error .087 and the interval .51 to .85. The
 * further digits are worked out by hand from the margins (80, 10, 10) and (80, 5, 15): p_o .89, p_e .66, so that kappa
 * is .23/.34; Cohen's standard error is sqrt(.89 * .11 / 100) / .34. */
static const double fleiss[] = {75, 1, 4, 5, 4, 1, 0, 0, 10};

Test(agreement, kappa_of_fleiss_and_its_interval) {
    struct rs_kappa k = rs_kappa(fleiss, 3, 3, true);
    near(k.value, .23 / .34, 1e-12, "kappa");
    near(k.se, .087, 1e-3, "standard error as printed");
    near(k.lower, .51, 6e-3, "lower limit as printed"); /* from .68 and .087, both rounded */
    near(k.upper, .85, 6e-3, "upper limit as printed");
    /* A .75 (1 - 1.6 u)^2 + .04 (1 - .15 u)^2 + .10 (1 - .25 u)^2, B u^2 (.01 .81 + .04 .81 + .05 .7225 + .01 .0225),
     * C (23/34 - .66 u)^2, u = 11/34 */
    near(k.se, .0877032, 1e-6, "standard error");
}

Test(agreement, cohens_interval_needs_margins_alone) {
    struct rs_kappa k = rs_kappa(fleiss, 3, 3, false);
    near(k.value, .23 / .34, 1e-12, "kappa");
    near(k.se, sqrt(.89 * .11 / 100) / .34, 1e-12, "standard error");
    /* Other cells with the same margins and the same diagonal: the same interval, and another one by cells. */
    static const double one[] = {20, 3, 5, 2, 30, 3, 4, 6, 10}, other[] = {20, 4, 4, 1, 30, 4, 5, 5, 10};
    near(rs_kappa(one, 3, 3, false).lower, rs_kappa(other, 3, 3, false).lower, 1e-15, "lower limit");
    near(rs_kappa(one, 3, 3, false).upper, rs_kappa(other, 3, 3, false).upper, 1e-15, "upper limit");
    cr_assert_gt(fabs(rs_kappa(one, 3, 3, true).se - rs_kappa(other, 3, 3, true).se), 1e-6);
}

Test(agreement, kappa_at_its_ends) {
    static const double all[] = {30, 0, 0, 20}, none[] = {0, 25, 25, 0}, one[] = {40, 0, 0, 0}, chance[] = {16, 4, 64, 16};
    near(rs_kappa(all, 2, 2, true).value, 1, 1e-12, "all agree");
    near(rs_kappa(all, 2, 2, true).se, 0, 1e-6, "without error");
    near(rs_kappa(none, 2, 2, true).value, -1, 1e-12, "nobody agrees");
    near(rs_kappa(chance, 2, 2, true).value, 0, 1e-12, "p_o .32 and p_e .2 .8 + .8 .2");
    cr_assert(isnan(rs_kappa(one, 2, 2, true).value), "one category: chance alone agrees");
    cr_assert(isnan(rs_kappa(all, 0, 0, true).value), "nobody");
}

/* ---- a plan of persons in two sources ---------------------------------------------------------------------------- */

TestSuite(agreement_rows, .init = setup, .fini = teardown);

static int persons;

/* One person in both sources, linked by an identifier; texts are pairs for `said`, NULL for no answer. */
static void both(const char *element, const char *by_ehr, const char *by_payer) {
    int p = persons++, x = 2 * p + 1, y = 2 * p + 2;
    const char *who = rs_arena_printf(&arena, "N%d", p).p;
    demo(x, 1, x, "ehr", "2025-01-01", "surname=DOE");
    demo(y, 2, y, "payer", "2025-01-01", "surname=DOE");
    id(x, 1, x, "state", who, "Y");
    id(y, 2, y, "state", who, "Y");
    if (by_ehr) said(x, 1, x, 1, "ehr", element, "self", "2024-01-01", by_ehr);
    if (by_payer) said(y, 2, y, 1, "payer", element, "administrative", "2024-06-01", by_payer);
}

static void times(int n, const char *element, const char *by_ehr, const char *by_payer) {
    for (int i = 0; i < n; i++) both(element, by_ehr, by_payer);
}

#define EN "value=en"
#define ES "value=es-MX"

/* 40 both English, 12 English by ehr and Spanish by payer, 15 the other way, 30 both Spanish: 97. */
static void english_and_spanish(void) {
    persons = 0;
    times(40, "language_preferred", EN, "value=en-US");
    times(12, "language_preferred", EN, ES);
    times(15, "language_preferred", "value=es", EN);
    times(30, "language_preferred", "value=es", ES);
}

static double number(const char *pairs, int column) {
    size_t n = read_out("out", A), hits = 0;
    double value = NAN;
    for (size_t i = 0; i < n; i++) {
        if (!matches(found[i], A, pairs)) continue;
        hits++;
        if (found[i][column].p) value = strtod(rs_arena_printf(&arena, "%.*s", (int)found[i][column].n, found[i][column].p).p, NULL);
    }
    cr_assert_eq(hits, 1, "%zu rows of %s", hits, pairs);
    return value;
}

Test(agreement_rows, statistics_by_hand) {
    english_and_spanish();
    run("out");
    expect("out", A, 9, "source_a=ehr;source_b=payer;element=language;kind=count;suppressed=N");
    expect("out", A, 1, "kind=count;category_a=en;category_b=es;value=12");
    expect("out", A, 1, "kind=count;category_a=es;category_b=en;value=15");
    expect("out", A, 1, "kind=count;category_a=en;category_b=TOTAL;value=52");
    expect("out", A, 1, "kind=count;category_a=TOTAL;category_b=TOTAL;value=97;lower=;upper=;n=");
    near(number("kind=agreement", AGREEMENT_value), 70 / 97., 1e-12, "agreement");
    near(number("kind=sensitivity;category_a=en", AGREEMENT_value), 40 / 52., 1e-12, "sensitivity");
    near(number("kind=specificity;category_a=en", AGREEMENT_value), 30 / 45., 1e-12, "specificity");
    near(number("kind=ppv;category_a=en", AGREEMENT_value), 40 / 55., 1e-12, "ppv");
    near(number("kind=npv;category_a=en", AGREEMENT_value), 30 / 42., 1e-12, "npv");
    near(number("kind=npv;category_a=en", AGREEMENT_n), 42, 0, "its denominator");
    /* Wilson by hand for 30 of 45, z^2 = 3.841459: centre (30 + z^2/2) / (45 + z^2) = .653556,
     * half width z sqrt(30 * 15 / 45 + z^2/4) / (45 + z^2) = .132850 */
    near(number("kind=specificity;category_a=en", AGREEMENT_lower), .520706, 2e-5, "Wilson lower");
    near(number("kind=specificity;category_a=en", AGREEMENT_upper), .786406, 2e-5, "Wilson upper");
    /* p_o 70/97, p_e (52 * 55 + 45 * 42) / 97^2 = 4750/9409 */
    near(number("kind=kappa", AGREEMENT_value), (70 * 97 - 4750) / (9409. - 4750), 1e-12, "kappa");
    expect("out", A, 1, "kind=kappa;method=fleiss_cohen_everitt_1969;n=97;suppressed=N");
    expect("out", A, 0, "suppressed=Y");
}

Test(agreement_rows, same_bytes_whatever_the_threads_and_the_order) {
    struct rs_error error = {0};
    english_and_spanish();
    try_run("one", NULL, 1, false, &error);
    try_run("two", NULL, 2, true, &error);
    try_run("five", NULL, 5, true, &error);
    cr_assert(error.code == 0, "%s", error.text);
    cr_assert(same_file("one", "two", "agreement") && same_file("one", "five", "agreement"));
    extra_config = "source_rank: [payer, ehr]\n";
    try_run("ranked", NULL, 2, false, &error);
    cr_assert(same_file("one", "ranked", "agreement"), "pairs are in the order of names, not of rank");
    cr_assert_gt(read_out("one", A), 0);
}

/* The newest answer counts, a newer decline does not take it away, and who says nothing is left out. */
Test(agreement_rows, newest_answer_counts) {
    persons = 0;
    times(20, "ethnicity", "omb1997=HISPANIC;omb2024=HISPANIC", "omb1997=HISPANIC;omb2024=HISPANIC");
    for (int p = 0; p < 20; p++) {
        int x = 2 * p + 1, y = 2 * p + 2;
        said(x, 1, x, 2, "ehr", "ethnicity", "unknown", "2024-03-01", "omb1997=NOT_HISPANIC");
        said(x, 1, x, 3, "ehr", "ethnicity", "self", "2023-03-01", "omb1997=HISPANIC;omb2024=HISPANIC");
        said(y, 2, y, 2, "payer", "ethnicity", "self", "2025-01-01", "missing=DECLINED");
    }
    times(30, "ethnicity", "omb1997=HISPANIC;omb2024=HISPANIC", "missing=DECLINED");
    times(30, "ethnicity", "missing=UNKNOWN", NULL);
    run("out");
    expect("out", A, 1, "element=ethnicity_1997;kind=count;category_a=NOT_HISPANIC;category_b=HISPANIC;value=20");
    expect("out", A, 1, "element=ethnicity_1997;kind=count;category_a=TOTAL;category_b=TOTAL;value=20");
    expect("out", A, 1, "element=ethnicity_1997;kind=agreement;value=0;n=20");
    expect("out", A, 1, "element=ethnicity_1997;kind=sensitivity;category_a=NOT_HISPANIC;value=0;n=20");
    expect("out", A, 0, "element=ethnicity_1997;kind=sensitivity;category_a=HISPANIC"); /* ehr has none */
}

/* Several races are one category, an unresolved set is none; Hispanic is one of the 2024 axis. */
Test(agreement_rows, races) {
    persons = 0;
    times(15, "race_ethnicity", "omb1997=WHITE+NOT_HISPANIC;omb2024=WHITE", "omb1997=ASIAN|NHOPI+NOT_HISPANIC;omb2024=ASIAN|NHPI");
    times(12, "race_ethnicity", "omb1997=ASIAN+WHITE+NOT_HISPANIC;omb2024=ASIAN+WHITE", "omb1997=TWO_OR_MORE+NOT_HISPANIC;omb2024=TWO_OR_MORE");
    times(11, "race_ethnicity", "omb1997=BLACK+NOT_HISPANIC;omb2024=BLACK", "omb1997=BLACK;omb2024=BLACK");
    times(14, "race_ethnicity", "omb1997=HISPANIC;omb2024=HISPANIC", "omb1997=WHITE+HISPANIC;omb2024=WHITE+HISPANIC");
    run("out");
    expect("out", A, 1, "element=race_1997;kind=count;category_a=TOTAL;category_b=TOTAL;value=23");
    expect("out", A, 1, "element=race_1997;kind=count;category_a=TWO_OR_MORE;category_b=TWO_OR_MORE;value=12");
    expect("out", A, 1, "element=race_1997;kind=count;category_a=BLACK;category_b=BLACK;value=11");
    expect("out", A, 1, "element=race_ethnicity_2024;kind=count;category_a=TOTAL;category_b=TOTAL;value=26");
    expect("out", A, 1, "element=race_ethnicity_2024;kind=count;category_a=HISPANIC;category_b=TWO_OR_MORE;value=14");
    expect("out", A, 1, "element=ethnicity_1997;kind=count;category_a=NOT_HISPANIC;category_b=NOT_HISPANIC;value=27");
}

Test(agreement_rows, sex_of_the_newest_record_and_nothing_of_identity) {
    persons = 0;
    times(24, "gender_identity", "value=male", "value=female");
    for (size_t i = 0; i < n_rows[DEMO]; i++) rows[DEMO][i][DEMOGRAPHIC_sex] = i % 4 == 1 ? RS_LIT("male") : RS_LIT("female");
    run("out");
    expect("out", A, 1, "element=sex;kind=count;category_a=female;category_b=male;value=12");
    expect("out", A, 1, "element=sex;kind=count;category_a=female;category_b=female;value=12");
    expect("out", A, count_rows("out", A, "element=sex"), "");
}

/* ---- what is withheld -------------------------------------------------------------------------------------------- */

Test(agreement_rows, few_persons_are_blank) {
    persons = 0;
    times(10, "language_preferred", EN, EN);
    run("out");
    expect("out", A, 1, "element=language;kind=count;category_a=TOTAL;category_b=TOTAL;value=;suppressed=Y");
    expect("out", A, 0, "suppressed=N");
    expect("out", A, 3, "element=language");
}

/* 3 and 4 persons: vi (seven by ehr, none by payer) and ko are together; en stays. */
Test(agreement_rows, rare_categories_are_put_together) {
    persons = 0;
    times(60, "language_preferred", EN, EN);
    times(7, "language_preferred", "value=vi", "value=ko");
    times(8, "language_preferred", "value=ko", "value=ko");
    run("out");
    expect("out", A, 1, "element=language;kind=count;category_a=REST;category_b=REST;value=15");
    expect("out", A, 0, "category_a=ko");
    expect("out", A, 0, "category_a=vi");
    /* nothing says whether the fifteen agree (seven do not): left are the 60, of one category */
    expect("out", A, 1, "element=language;kind=agreement;value=1;n=60");
    expect("out", A, 1, "element=language;kind=kappa;value=;n=60;suppressed=N");
    expect("out", A, 0, "element=language;kind=sensitivity;category_a=REST");
}

/* By hand: en/en 40, en/es 12, es/en 15, es/es 30, in REST by payer alone 11 who are en to ehr, by both 22 (6 of them alike).
 * Of 130 persons 22 are in REST twice: n 108, agreeing 70. Margins without those: en 63 and 55, es 45 and 42, so that
 * p_e = (63 * 55 + 45 * 42) / 108^2 = 5355/11664 and kappa = (70 * 108 - 5355) / (11664 - 5355) = 2205/6309. */
Test(agreement_rows, who_is_in_the_rest_twice_neither_agrees_nor_disagrees) {
    english_and_spanish();
    times(8, "language_preferred", "value=ko", "value=vi");
    times(8, "language_preferred", "value=vi", "value=ko");
    times(6, "language_preferred", "value=so", "value=so");
    times(10, "language_preferred", EN, "value=fr");
    times(1, "language_preferred", EN, "value=ru");
    run("out");
    expect("out", A, 1, "element=language;kind=count;category_a=TOTAL;category_b=TOTAL;value=130");
    expect("out", A, 1, "element=language;kind=count;category_a=REST;category_b=REST;value=22");
    expect("out", A, 1, "element=language;kind=count;category_a=en;category_b=REST;value=11");
    near(number("element=language;kind=agreement", AGREEMENT_value), 70 / 108., 1e-12, "agreement");
    near(number("element=language;kind=kappa", AGREEMENT_value), 2205 / 6309., 1e-12, "kappa");
    near(number("element=language;kind=kappa", AGREEMENT_n), 108, 0, "its persons");
}

Test(agreement_rows, the_minimum_can_be_set) {
    english_and_spanish();
    extra_config = "stages: {reconcile: {minimum-cell: 13}}\n";
    run("out");
    expect("out", A, 1, "kind=count;category_a=en;category_b=es;value=;suppressed=Y"); /* 12 */
    extra_config = "stages: {reconcile: {minimum-cell: 1}}\n";
    times(3, "language_preferred", "value=vi", "value=ko");
    run("one");
    expect("one", A, 1, "kind=count;category_a=vi;category_b=ko;value=3");
    expect("one", A, 0, "suppressed=Y");
}

static void white_hispanic_and_black(void) {
    persons = 0;
    times(36, "race_ethnicity", "omb1997=WHITE+NOT_HISPANIC;omb2024=WHITE", "omb1997=WHITE+NOT_HISPANIC;omb2024=WHITE");
    times(4, "race_ethnicity", "omb1997=WHITE+HISPANIC;omb2024=WHITE+HISPANIC", "omb1997=WHITE+HISPANIC;omb2024=WHITE+HISPANIC");
    times(30, "race_ethnicity", "omb1997=HISPANIC;omb2024=HISPANIC", "omb1997=HISPANIC;omb2024=HISPANIC");
    times(25, "race_ethnicity", "omb1997=BLACK+NOT_HISPANIC;omb2024=BLACK", "omb1997=BLACK+NOT_HISPANIC;omb2024=BLACK");
}

/* 40 White by both, of whom 4 are Hispanic to both: 40 of 1997 less 36 of 2024 would say so, and so would 16 of several
 * races less 12. 25 Black are the same persons in both. */
Test(agreement_rows, tables_about_race_do_not_give_each_other_away) {
    white_hispanic_and_black();
    times(12, "race_ethnicity", "omb1997=ASIAN+WHITE+NOT_HISPANIC;omb2024=ASIAN+WHITE", "omb1997=ASIAN+WHITE+NOT_HISPANIC;omb2024=ASIAN+WHITE");
    run("out");
    expect("out", A, 1, "element=race_1997;kind=count;category_a=WHITE;category_b=WHITE;value=40");
    expect("out", A, 0, "element=race_ethnicity_2024;kind=count;category_a=TWO_OR_MORE;category_b=TWO_OR_MORE;value=16");
    expect("out", A, 0, "element=race_ethnicity_2024;kind=count;category_a=WHITE;value=36");
    expect("out", A, 0, "element=race_ethnicity_2024;kind=count;category_b=WHITE;value=36");
    expect("out", A, 1, "element=race_ethnicity_2024;kind=count;category_a=BLACK;category_b=BLACK;value=25");
    /* 34 Hispanic of the ethnicity's table, 30 of them of no race: 34 less 30 are the same four */
    expect("out", A, 0, "element=race_ethnicity_2024;kind=count;category_a=HISPANIC;category_b=HISPANIC;value=30");
}

/* As before without the twelve: by 2024 the four of several races are put together with the 25 Black. REST 29 less BLACK
 * 25 of 1997 is four. */
Test(agreement_rows, nor_does_the_rest_give_away_what_it_is_made_of) {
    white_hispanic_and_black();
    run("out");
    expect("out", A, 1, "element=race_1997;kind=count;category_a=BLACK;category_b=BLACK;value=25");
    expect("out", A, 0, "element=race_ethnicity_2024;kind=count;value=29");
    expect("out", A, 0, "element=race_ethnicity_2024;kind=agreement;n=66"); /* 95 less 29 */
}

/* The cells of eight categories outgrow the room that they begin with: all agree, 12 persons each. */
Test(agreement_rows, a_table_of_many_categories) {
    static const char *const values[] = {"value=en", "value=es", "value=vi", "value=zh", "value=ru", "value=ko", "value=ar",
                                         "value=fr"};
    persons = 0;
    for (size_t i = 0; i < sizeof values / sizeof *values; i++) times(12, "language_preferred", values[i], values[i]);
    run("out");
    expect("out", A, 1, "element=language;kind=count;category_a=TOTAL;category_b=TOTAL;value=96");
    expect("out", A, 1, "element=language;kind=agreement;value=1;n=96");
}

/* With both margins, one cell of two by two gives the others, and so do the agreeing ones. */
Test(agreement_rows, one_small_cell_of_two_by_two_blanks_all_but_the_margins) {
    persons = 0;
    times(40, "language_preferred", EN, EN);
    times(3, "language_preferred", EN, ES);
    times(20, "language_preferred", ES, EN);
    times(30, "language_preferred", ES, ES);
    run("out");
    for (const char *const *c = (const char *const[]){"en", "es", NULL}; *c; c++)
        for (const char *const *d = (const char *const[]){"en", "es", NULL}; *d; d++)
            expect("out", A, 1, rs_arena_printf(&arena, "kind=count;category_a=%s;category_b=%s;value=;suppressed=Y", *c, *d).p);
    expect("out", A, 1, "kind=count;category_a=en;category_b=TOTAL;value=43;suppressed=N");
    expect("out", A, 1, "kind=agreement;value=;lower=;upper=;n=;suppressed=Y");
    expect("out", A, 1, "kind=kappa;value=;lower=;upper=;n=;suppressed=Y");
    expect("out", A, 6, "category_a=en;suppressed=Y"); /* two counts, sensitivity, specificity, ppv, npv */
}

/* ---- what follows from the rows, by trying all tables -------------------------------------------------------------- */

enum { K = 3 };
static const char *const languages[K] = {"en", "es", "vi"};

/* What a reader has: counts, -1 where withheld. Index K is the total. */
struct published {
    int n[K + 1][K + 1];
    double agreement, kappa, sensitivity[K], specificity[K], ppv[K], npv[K]; /* NaN where withheld */
};

static void one_statistic(const char *kind, double to[K]) {
    for (int i = 0; i < K; i++)
        to[i] = number(rs_arena_printf(&arena, "element=language;kind=%s;category_a=%s", kind, languages[i]).p,
                       AGREEMENT_value);
}

static void read_published(struct published *p) {
    for (int i = 0; i <= K; i++)
        for (int j = 0; j <= K; j++) {
            double v = number(rs_arena_printf(&arena, "element=language;kind=count;category_a=%s;category_b=%s",
                                              i < K ? languages[i] : "TOTAL", j < K ? languages[j] : "TOTAL").p,
                              AGREEMENT_value);
            p->n[i][j] = isnan(v) ? -1 : (int)v;
        }
    p->agreement = number("element=language;kind=agreement", AGREEMENT_value);
    p->kappa = number("element=language;kind=kappa", AGREEMENT_value);
    one_statistic("sensitivity", p->sensitivity);
    one_statistic("specificity", p->specificity);
    one_statistic("ppv", p->ppv);
    one_statistic("npv", p->npv);
}

static bool fits(double published, double x, double n) { return isnan(published) || (n > 0 && fabs(published - x / n) < 1e-9); }

/* c as read from the table with margins appended. */
static bool agrees_with(const struct published *p, int c[K + 1][K + 1]) {
    int diagonal = 0;
    double square[K * K];
    for (int i = 0; i <= K; i++)
        for (int j = 0; j <= K; j++)
            if (p->n[i][j] >= 0 && p->n[i][j] != c[i][j]) return false;
    for (int i = 0; i < K; i++) {
        int all = c[K][K], negative = all - c[i][K] - c[K][i] + c[i][i];
        diagonal += c[i][i];
        for (int j = 0; j < K; j++) square[i * K + j] = c[i][j];
        if (!fits(p->sensitivity[i], c[i][i], c[i][K]) || !fits(p->specificity[i], negative, all - c[i][K]) ||
            !fits(p->ppv[i], c[i][i], c[K][i]) || !fits(p->npv[i], negative, all - c[K][i]))
            return false;
    }
    return fits(p->agreement, diagonal, c[K][K]) && (isnan(p->kappa) || fabs(rs_kappa(square, K, K, true).value - p->kappa) < 1e-9);
}

/* Margins are published here, so that four cells give the other five. */
static void fill_margins(const struct published *p, int c[K + 1][K + 1]) {
    for (int i = 0; i <= K; i++) {
        c[i][K] = p->n[i][K];
        c[K][i] = p->n[K][i];
    }
    for (int i = 0; i < 2; i++) c[i][2] = c[i][K] - c[i][0] - c[i][1];
    for (int j = 0; j < K; j++) c[2][j] = c[K][j] - c[0][j] - c[1][j];
}

static bool possible(int c[K + 1][K + 1]) {
    for (int i = 0; i < K; i++)
        for (int j = 0; j < K; j++)
            if (c[i][j] < 0) return false;
    return true;
}

/* No withheld count may be sure, nor known to be from 1 to 10. False, and nothing tried, where a margin is withheld:
 * then there are too many tables. */
static bool cannot_be_worked_out(const int counts[K][K]) {
    struct published p;
    int low[K][K], high[K][K], c[K + 1][K + 1], tables = 0;
    n_rows[DEMO] = n_rows[MAPPED] = n_rows[ID] = 0;
    persons = 0;
    for (int i = 0; i < K; i++)
        for (int j = 0; j < K; j++) {
            low[i][j] = 1 << 20;
            high[i][j] = -1;
            times(counts[i][j], "language_preferred", rs_arena_printf(&arena, "value=%s", languages[i]).p,
                  rs_arena_printf(&arena, "value=%s", languages[j]).p);
        }
    run("out");
    read_published(&p);
    for (int i = 0; i <= K; i++)
        if (p.n[i][K] < 0 || p.n[K][i] < 0) return false;
    int top = p.n[K][K];
    for (c[0][0] = 0; c[0][0] <= p.n[0][K] && c[0][0] <= p.n[K][0]; c[0][0]++)
        for (c[0][1] = 0; c[0][1] <= top; c[0][1]++)
            for (c[1][0] = 0; c[1][0] <= p.n[K][0]; c[1][0]++)
                for (c[1][1] = 0; c[1][1] <= p.n[1][K]; c[1][1]++) {
                    fill_margins(&p, c);
                    if (!possible(c) || !agrees_with(&p, c)) continue;
                    tables++;
                    for (int i = 0; i < K; i++)
                        for (int j = 0; j < K; j++) {
                            if (c[i][j] < low[i][j]) low[i][j] = c[i][j];
                            if (c[i][j] > high[i][j]) high[i][j] = c[i][j];
                        }
                }
    cr_assert_gt(tables, 0, "the truth is among them");
    for (int i = 0; i < K; i++)
        for (int j = 0; j < K; j++) {
            bool few = counts[i][j] > 0 && counts[i][j] < 11;
            cr_assert(!few || p.n[i][j] < 0, "a count of %d is there", counts[i][j]);
            cr_assert(!few || low[i][j] < high[i][j], "a count of %d can be worked out", counts[i][j]);
            cr_assert(!few || low[i][j] == 0 || high[i][j] > 10, "a count of %d is known to be small", counts[i][j]);
        }
    return true;
}

Test(agreement_rows, what_is_withheld_cannot_be_worked_out) {
    static const int tables[][K][K] = {{{20, 2, 0}, {0, 18, 1}, {3, 0, 16}},  {{18, 0, 0}, {0, 15, 1}, {1, 0, 14}},
                                       {{5, 6, 7}, {8, 4, 3}, {2, 9, 11}},    {{14, 12, 0}, {11, 13, 3}, {0, 2, 12}},
                                       {{12, 1, 1}, {1, 12, 1}, {1, 1, 12}},  {{0, 12, 13}, {13, 0, 2}, {14, 1, 0}},
                                       {{17, 0, 4}, {0, 16, 0}, {4, 0, 15}},  {{11, 11, 11}, {11, 5, 11}, {11, 11, 11}}};
    int tried = 0;
    for (size_t i = 0; i < sizeof tables / sizeof *tables; i++) tried += cannot_be_worked_out(tables[i]);
    cr_assert_geq(tried, 5, "tried: %d", tried);
}
