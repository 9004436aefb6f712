/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The three tabulations of SPD 15, worked out by hand for a plan without small cells, and random plans of which a reader
 * of the published rows subtracts what can be subtracted. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>
#include "pipeline/base/hash.h"
#include "stages/stratify/tabulate.h"

static struct rs_tabulation counted;
static struct rs_batch batch;
static struct rs_error error;

static void close_all(void) {
    rs_tabulation_free(&counted);
    rs_buffer_free(&batch.out[0]);
    rs_arena_free(&batch.arena);
}
TestSuite(tabulate, .fini = close_all, .timeout = 300);

static const int flags[7] = {PERSON_aian, PERSON_asian, PERSON_black, PERSON_hispanic,
                             PERSON_mena, PERSON_nhpi,  PERSON_white};

/* `set`: bits in the order AIAN ASIAN BLACK HISPANIC MENA NHPI WHITE. */
static void people(int times, unsigned set, const char *unresolved, const char *missing) {
    struct rs_view row[PERSON_COLUMNS] = {{0}};
    for (int k = 0; k < 7; k++) row[flags[k]] = set >> k & 1u ? RS_LIT("Y") : RS_LIT("N");
    row[PERSON_unresolved_2024] = rs_cstr(unresolved);
    row[PERSON_missing_2024] = rs_cstr(missing);
    for (int i = 0; i < times; i++) rs_tabulation_add(&counted, row);
}

struct row {
    char approach[40], category[100];
    bool suppressed;
    long n;
    double share;
};
static struct row rows[256];
static size_t n_rows;

static void publish(double minimum, size_t most) {
    struct rs_arena arena = {0};
    batch.out[0].n = 0;
    cr_assert(rs_tabulation_publish(&counted, minimum, most, NULL, &batch, 0, &error), "%s", error.text);
    struct rs_view rest = rs_view(batch.out[0].p, batch.out[0].n);
    n_rows = 0;
    while (rs_has(rest)) {
        struct rs_view row[TABULATION_COLUMNS], line = rs_split(&rest, '\n');
        cr_assert(rs_line_parse(&rs_layout_tabulation, line, &arena, row, &error), "%s", error.text);
        struct row *r = &rows[n_rows++];
        int64_t n = -1;
        *r = (struct row){.suppressed = rs_eq_c(row[TABULATION_suppressed], "Y"), .share = -1};
        snprintf(r->approach, sizeof r->approach, "%.*s", (int)row[TABULATION_approach].n, row[TABULATION_approach].p);
        snprintf(r->category, sizeof r->category, "%.*s", (int)row[TABULATION_category].n, row[TABULATION_category].p);
        cr_assert(rs_is_null(row[TABULATION_n]) == r->suppressed);
        if (!r->suppressed) cr_assert(rs_parse_long(row[TABULATION_n], &n));
        r->n = (long)n;
        if (rs_has(row[TABULATION_share])) cr_assert(rs_parse_real(row[TABULATION_share], &r->share));
    }
    rs_arena_free(&arena);
}

static const struct row *find(const char *approach, const char *category) {
    for (size_t i = 0; i < n_rows; i++)
        if (strcmp(rows[i].approach, approach) == 0 && strcmp(rows[i].category, category) == 0) return &rows[i];
    return NULL;
}

static void expect(const char *approach, const char *category, long n) {
    const struct row *r = find(approach, category);
    cr_assert(r != NULL, "%s %s: no row", approach, category);
    cr_assert_eq(r->n, n, "%s %s: %ld, not %ld", approach, category, r->n, n);
}

enum { AIAN = 1, ASIAN = 2, BLACK = 4, HISPANIC = 8, MENA = 16, NHPI = 32, WHITE = 64 };

Test(tabulate, three_ways_by_hand) {
    people(100, WHITE, NULL, NULL);
    people(50, BLACK, NULL, NULL);
    people(40, ASIAN, NULL, NULL);
    people(30, WHITE | HISPANIC, NULL, NULL);
    people(20, HISPANIC, NULL, NULL);
    people(15, ASIAN | WHITE, NULL, NULL);
    people(12, AIAN | BLACK | WHITE, NULL, NULL);
    people(25, 0, "ASIAN|NHPI", NULL);
    people(14, 0, "TWO_OR_MORE", NULL);
    people(13, WHITE, "ASIAN|NHPI", NULL);
    people(60, 0, NULL, "DECLINED");
    people(11, 0, NULL, "NOT_ASKED");
    publish(1, 2);
    expect("population", "ALL", 390);
    expect("population", "ANSWERED", 319);
    expect("population", "DECLINED", 60);
    expect("population", "NOT_ASKED", 11);
    expect("alone_or_in_combination", "WHITE", 100 + 30 + 15 + 12 + 13);
    expect("alone_or_in_combination", "HISPANIC", 50);
    expect("alone_or_in_combination", "ASIAN", 55);
    expect("alone_or_in_combination", "BLACK", 62);
    expect("alone_or_in_combination", "AIAN", 12);
    expect("alone_or_in_combination", "MENA", 0);
    expect("most_frequent", "WHITE", 100);
    expect("most_frequent", "HISPANIC+WHITE", 30);
    expect("most_frequent", "ASIAN+WHITE", 15);
    cr_assert(find("most_frequent", "AIAN+BLACK+WHITE") == NULL);
    expect("most_frequent", "OTHER_COMBINATIONS", 12);
    expect("most_frequent", "UNRESOLVED", 52);
    expect("multiracial", "AIAN", 0);
    expect("multiracial", "MULTIRACIAL_OR_MULTIETHNIC", 30 + 15 + 12 + 14 + 13);
    expect("multiracial", "UNRESOLVED", 25);
    /* SPD 15: the second and third sum to all answers, the first to more */
    long sum[3] = {0};
    static const char *const approaches[3] = {"alone_or_in_combination", "most_frequent", "multiracial"};
    double shares[3] = {0};
    for (size_t i = 0; i < n_rows; i++)
        for (int a = 0; a < 3; a++)
            if (strcmp(rows[i].approach, approaches[a]) == 0) sum[a] += rows[i].n, shares[a] += rows[i].share;
    cr_assert(sum[0] > 319 && sum[1] == 319 && sum[2] == 319);
    cr_assert_float_eq(shares[1], 1, 1e-12);
    cr_assert_float_eq(find("multiracial", "WHITE")->share, 100. / 319, 1e-12);
    cr_assert(find("population", "DECLINED")->share < 0);
}

Test(tabulate, a_small_combination_is_in_no_difference) {
    people(100, WHITE, NULL, NULL);
    people(50, BLACK, NULL, NULL);
    people(4, BLACK | WHITE, NULL, NULL);
    publish(11, 10);
    cr_assert(find("most_frequent", "BLACK+WHITE") == NULL);
    /* 104 - 100 and 54 - 50 would give the four */
    const struct row *both = find("alone_or_in_combination", "WHITE"), *alone = find("multiracial", "WHITE");
    cr_assert(both->suppressed || alone->suppressed);
    both = find("alone_or_in_combination", "BLACK"), alone = find("multiracial", "BLACK");
    cr_assert(both->suppressed || alone->suppressed);
    cr_assert(find("multiracial", "MULTIRACIAL_OR_MULTIETHNIC")->suppressed);
}

/* total less every shown one of `list`, where the total is shown: what is left belongs to rows not shown. */
static void attack(long total, const long *list, size_t n, const char *what, int plan) {
    for (size_t i = 0; i < n; i++) {
        if (list[i] < 0) continue;
        total -= list[i];
    }
    cr_assert(total <= 0 || total >= 11, "plan %d: %s leaves %ld", plan, what, total);
}

Test(tabulate, nothing_small_can_be_subtracted) {
    for (int plan = 0; plan < 60; plan++) {
        struct rs_random r = rs_random(2024, (uint64_t)plan, 1);
        rs_tabulation_free(&counted);
        for (int k = 0; k < 60; k++) {
            int size = 1 + (int)(400 * rs_random_unit(&r) * rs_random_unit(&r) * rs_random_unit(&r) * rs_random_unit(&r));
            unsigned set = rs_random_unit(&r) < .4 ? 1u << rs_random_below(&r, 7) : 1 + rs_random_below(&r, 127);
            double kind = rs_random_unit(&r);
            if (kind < .8) people(size, set, NULL, NULL);
            else if (kind < .9) people(size, 0, kind < .85 ? "ASIAN|NHPI" : "TWO_OR_MORE", NULL);
            else people(size, 0, NULL, kind < .93 ? "DECLINED" : kind < .96 ? "UNKNOWN" : "NOT_ASKED");
        }
        publish(11, 6);
        long second[256], reasons[256], third[256];
        size_t n2 = 0, n3 = 0, nr = 0;
        for (size_t i = 0; i < n_rows; i++) {
            cr_assert(rows[i].suppressed || rows[i].n == 0 || rows[i].n >= 11);
            if (strcmp(rows[i].approach, "most_frequent") == 0) second[n2++] = rows[i].n;
            if (strcmp(rows[i].approach, "multiracial") == 0) third[n3++] = rows[i].n;
            bool reason = strcmp(rows[i].approach, "population") == 0 && strcmp(rows[i].category, "ALL") != 0;
            if (reason) reasons[nr++] = rows[i].n;
        }
        long all = find("population", "ALL")->n, answered = find("population", "ANSWERED")->n;
        if (all >= 0) attack(all, reasons, nr, "all less reasons", plan);
        if (answered >= 0) attack(answered, second, n2, "answered less most frequent", plan);
        if (answered >= 0) attack(answered, third, n3, "answered less multiracial", plan);
        for (size_t i = 0; i < n_rows; i++) {
            const struct row *alone = find("multiracial", rows[i].category);
            if (strcmp(rows[i].approach, "alone_or_in_combination") != 0 || rows[i].suppressed) continue;
            attack(rows[i].n, &alone->n, 1, "in combination", plan);
        }
        const struct row *several = find("multiracial", "MULTIRACIAL_OR_MULTIETHNIC"),
                         *u2 = find("most_frequent", "UNRESOLVED"), *u3 = find("multiracial", "UNRESOLVED");
        if (u2->n >= 0 && u3->n >= 0) attack(u2->n, &u3->n, 1, "unresolved of several", plan);
        if (several->n >= 0) {
            long named[256];
            size_t n = 0;
            for (size_t i = 0; i < n_rows; i++)
                if (strcmp(rows[i].approach, "most_frequent") == 0 && strchr(rows[i].category, '+')) named[n++] = rows[i].n;
            attack(several->n, named, n, "several less named", plan);
        }
    }
}
