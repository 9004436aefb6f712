/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Two publications of nearly the same persons: no difference from 1 to 10 may show or follow. */
#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "pipeline/base/hash.h"
#include "stages/stratify/sample.h"
#include "pipeline/base/successive.h"

enum { ALL, A, B, C };

/* all = a + b + c */
static void star(struct rs_cells *t, const double counts[4][2]) {
    uint32_t relation = rs_cells_relation(t);
    for (uint32_t i = 0; i < 4; i++) {
        rs_cells_add(t, counts[i][0], counts[i][1], true);
        rs_cells_term(t, relation, i, i == ALL ? 1 : -1);
    }
    t->cells[ALL].total = true;
}

static void publish(struct rs_cells *t, const double now[4][2], const double then[4][2]) {
    struct rs_other_cell other[4];
    struct rs_publication before = {.cell = other};
    struct rs_error error = {0};
    for (int i = 0; i < 4; i++) other[i] = (struct rs_other_cell){then[i][0], then[i][1], true, false};
    star(t, now);
    cr_assert(rs_suppress_beside(t, &before, 1, 11, &error), "%s", error.text);
}

Test(successive, nothing_changed_and_all_is_shown) {
    struct rs_cells t = {0};
    const double counts[4][2] = {{600, 300}, {300, 150}, {200, 100}, {100, 50}};
    publish(&t, counts, counts);
    for (int i = 0; i < 4; i++) cr_assert(!t.cells[i].suppressed);
    rs_cells_free(&t);
}

Test(successive, much_changed_and_all_is_shown) {
    struct rs_cells t = {0};
    publish(&t, (const double[4][2]){{720, 360}, {340, 170}, {240, 120}, {140, 70}},
            (const double[4][2]){{600, 300}, {300, 150}, {200, 100}, {100, 50}});
    for (int i = 0; i < 4; i++) cr_assert(!t.cells[i].suppressed);
    rs_cells_free(&t);
}

/* Two persons left a, nobody else: a and all differ by 2. */
Test(successive, a_small_difference_is_withheld_and_so_is_the_total_that_says_it) {
    struct rs_cells t = {0};
    publish(&t, (const double[4][2]){{598, 299}, {298, 149}, {200, 100}, {100, 50}},
            (const double[4][2]){{600, 300}, {300, 150}, {200, 100}, {100, 50}});
    cr_assert(t.cells[ALL].suppressed && t.cells[ALL].differencing);
    cr_assert(t.cells[A].suppressed && t.cells[A].differencing && !t.cells[A].primary);
    cr_assert(!t.cells[B].suppressed && !t.cells[C].suppressed);
    rs_cells_free(&t);
}

/* Same n, three more in the numerator. */
Test(successive, numerators_are_counts_too) {
    struct rs_cells t = {0};
    publish(&t, (const double[4][2]){{600, 320}, {300, 153}, {200, 117}, {100, 50}},
            (const double[4][2]){{600, 300}, {300, 150}, {200, 100}, {100, 50}});
    cr_assert(t.cells[A].suppressed);
    cr_assert(t.cells[ALL].suppressed || t.cells[B].suppressed, "all and b would say it");
    rs_cells_free(&t);
}

/* 18 came, 6 of them to a, 12 to b: a is withheld, and 18 - 12 - 0 would say 6. */
Test(successive, a_difference_that_follows_is_withheld) {
    struct rs_cells t = {0};
    publish(&t, (const double[4][2]){{618, 318}, {306, 156}, {212, 112}, {100, 50}},
            (const double[4][2]){{600, 300}, {300, 150}, {200, 100}, {100, 50}});
    cr_assert(t.cells[A].suppressed);
    cr_assert(t.cells[ALL].suppressed || t.cells[B].suppressed || t.cells[C].suppressed);
    rs_cells_free(&t);
}

/* c had 40 and is gone; all lost 46, b gained nothing: the 6 that a lost would follow. */
Test(successive, a_group_that_is_gone_counts_among_the_differences) {
    for (int known = 0; known < 2; known++) {
        struct rs_cells t = {0};
        struct rs_other_cell other[3] = {{600, 300, true, false}, {300, 150, true, false}, {260, 130, true, false}};
        struct rs_gone_cell gone = {.relation = 0, .sign = -1, .n = 40, .x = 20, .known = known};
        struct rs_publication before = {.cell = other, .gone = &gone, .n_gone = 1};
        struct rs_error error = {0};
        rs_cells_relation(&t);
        rs_cells_add(&t, 554, 277, true), rs_cells_term(&t, 0, ALL, 1);
        rs_cells_add(&t, 294, 147, true), rs_cells_term(&t, 0, A, -1);
        rs_cells_add(&t, 260, 130, true), rs_cells_term(&t, 0, B, -1);
        t.cells[ALL].total = true;
        cr_assert(rs_suppress_beside(&t, &before, 1, 11, &error));
        cr_assert(t.cells[A].suppressed);
        /* all can be shown beside b only where nobody knows what c was; b would then give a today */
        cr_assert(t.cells[ALL].suppressed || t.cells[B].suppressed);
        rs_cells_free(&t);
    }
}

Test(successive, another_estimator_of_the_cell_may_say_a_small_one) {
    struct rs_cells t = {0};
    struct rs_other_cell other[4];
    struct rs_publication before = {.cell = other};
    struct rs_error error = {0};
    const double counts[4][2] = {{600, 300}, {300, 150}, {200, 100}, {100, 50}};
    for (int i = 0; i < 4; i++) other[i] = (struct rs_other_cell){counts[i][0], counts[i][1], true, i == B};
    star(&t, counts);
    cr_assert(rs_suppress_beside(&t, &before, 1, 11, &error));
    cr_assert(t.cells[B].suppressed && t.cells[B].differencing);
    rs_cells_free(&t);
}

/* ---- attack: a reader with both publications, exact in a finite field ------------------------------------------- */

enum { PRIME = 1000003, CELLS = 40, ROWS = 60, K = 4 };

static int64_t power(int64_t a, int64_t e) {
    int64_t r = 1;
    for (; e; e >>= 1, a = a * a % PRIME)
        if (e & 1) r = r * a % PRIME;
    return r;
}

static int rank_of(int64_t a[ROWS][2 * CELLS], int rows) {
    int found = 0;
    for (int c = 0; c < 2 * CELLS; c++) {
        int pivot = found;
        while (pivot < rows && !a[pivot][c]) pivot++;
        if (pivot == rows) continue;
        for (int k = 0; k < 2 * CELLS; k++) {
            int64_t swap = a[pivot][k];
            a[pivot][k] = a[found][k];
            a[found][k] = swap;
        }
        int64_t inverse = power(a[found][c], PRIME - 2);
        for (int r = found + 1; r < rows; r++) {
            int64_t times = a[r][c] * inverse % PRIME;
            for (int k = 0; k < 2 * CELLS; k++) a[r][k] = ((a[r][k] - times * a[found][k]) % PRIME + PRIME) % PRIME;
        }
        found++;
    }
    return found;
}

static bool open_to_all(const struct rs_small_cell *c) { return (c->shown && !c->suppressed) || c->n == 0; }

/* The relations of both publications over what is unknown in each, and as a last row the difference of one cell. */
static int rank_with(const struct rs_cells *then, const struct rs_cells *now, int64_t cell) {
    int64_t a[ROWS][2 * CELLS] = {{0}};
    const struct rs_cells *both[2] = {then, now};
    int rows = 0;
    for (int p = 0; p < 2; p++) {
        for (size_t i = 0; i < both[p]->n_terms; i++) {
            const struct rs_cells_term *term = &both[p]->terms[i];
            int64_t *v = &a[rows + (int)term->relation][(uint32_t)p * CELLS + term->cell];
            if (!open_to_all(&both[p]->cells[term->cell])) *v = (*v + PRIME + term->sign) % PRIME;
        }
        rows += (int)both[p]->n_relations;
    }
    if (cell >= 0) {
        if (!open_to_all(&then->cells[cell])) a[rows][cell] = PRIME - 1;
        if (!open_to_all(&now->cells[cell])) a[rows][CELLS + cell] = 1;
        rows++;
    }
    return rank_of(a, rows);
}

static bool small(double v) { return fabs(v) > 0 && fabs(v) < 11; }

/* The shape of the stage's tables: all = reported + unknown = combined + excluded, combined = reported + imputed, and a
 * dimension beside. Leaves are given: n and x of K reported, K imputed, the excluded, and of three strata all but one. */
struct leaves {
    double reported[K][2], imputed[K][2], excluded[2], stratum[2][2];
};

static uint32_t cell(struct rs_cells *t, const double v[2], bool shown) { return rs_cells_add(t, v[0], v[1], shown); }

static void add(double to[2], const double v[2]) { to[0] += v[0], to[1] += v[1]; }

static void build(struct rs_cells *t, const struct leaves *l) {
    double all[2] = {0}, imputed[2] = {0}, unknown[2] = {0}, rest[2];
    for (int i = 0; i < K; i++) add(all, l->reported[i]), add(imputed, l->imputed[i]);
    add(unknown, imputed), add(unknown, l->excluded), add(all, unknown);
    uint32_t top = cell(t, all, true), gone = cell(t, l->excluded, false), open = cell(t, unknown, true);
    t->cells[top].total = true;
    uint32_t by_report = rs_cells_relation(t), combined = rs_cells_relation(t), split = rs_cells_relation(t);
    uint32_t cut = rs_cells_relation(t);
    rs_cells_term(t, by_report, top, 1), rs_cells_term(t, by_report, open, -1);
    rs_cells_term(t, combined, top, 1), rs_cells_term(t, combined, gone, -1);
    rs_cells_term(t, split, open, 1), rs_cells_term(t, split, gone, -1);
    for (int i = 0; i < K; i++) {
        double sum[2] = {0};
        add(sum, l->reported[i]), add(sum, l->imputed[i]);
        uint32_t r = cell(t, l->reported[i], true), p = cell(t, l->imputed[i], false), c = cell(t, sum, true);
        uint32_t relation = rs_cells_relation(t);
        rs_cells_term(t, relation, c, 1), rs_cells_term(t, relation, r, -1), rs_cells_term(t, relation, p, -1);
        rs_cells_term(t, by_report, r, -1), rs_cells_term(t, combined, c, -1), rs_cells_term(t, split, p, -1);
    }
    memcpy(rest, all, sizeof rest);
    rs_cells_term(t, cut, top, 1);
    for (int i = 0; i < 2; i++) {
        rs_cells_term(t, cut, cell(t, l->stratum[i], true), -1);
        rest[0] -= l->stratum[i][0], rest[1] -= l->stratum[i][1];
    }
    rs_cells_term(t, cut, cell(t, rest, true), -1);
}

static void some(struct rs_random *r, double v[2], uint32_t most) {
    v[0] = rs_random_below(r, most + 1);
    v[1] = rs_random_below(r, (uint32_t)v[0] + 1);
}

static void draw(struct rs_random *r, struct leaves *l) {
    for (int i = 0; i < K; i++) some(r, l->reported[i], 600), some(r, l->imputed[i], 200);
    some(r, l->excluded, 100);
    for (int i = 0; i < 2; i++) some(r, l->stratum[i], 150);
}

/* Most leaves stay as they were, some lose or gain a few, some many. */
static void change(struct rs_random *r, double v[2]) {
    double u = rs_random_unit(r), more[2];
    if (u < .5) return;
    some(r, more, u < .8 ? 9 : 60);
    add(v, more);
}

Test(successive, random_publications_withstand_the_attack, .timeout = 200) {
    int shown = 0, withheld = 0, determined = 0;
    for (uint64_t seed = 0; seed < 400; seed++) {
        struct rs_random r = rs_random(seed, 11, 3);
        struct rs_cells then = {0}, now = {0};
        struct rs_error error = {0};
        struct leaves l;
        struct rs_other_cell other[CELLS];
        struct rs_publication before = {.cell = other};
        draw(&r, &l);
        build(&then, &l);
        for (int i = 0; i < K; i++) change(&r, l.reported[i]), change(&r, l.imputed[i]);
        change(&r, l.excluded);
        for (int i = 0; i < 2; i++) change(&r, l.stratum[i]);
        build(&now, &l);
        cr_assert(then.n_cells <= CELLS && then.n_relations + now.n_relations < ROWS);
        cr_assert(rs_suppress(&then, 11, &error), "seed %llu", (unsigned long long)seed);
        for (size_t c = 0; c < then.n_cells; c++)
            other[c] = (struct rs_other_cell){then.cells[c].n, then.cells[c].x, open_to_all(&then.cells[c]), false};
        cr_assert(rs_suppress_beside(&now, &before, 1, 11, &error), "seed %llu: %s", (unsigned long long)seed, error.text);
        int rank = rank_with(&then, &now, -1);
        for (uint32_t c = 0; c < now.n_cells; c++) {
            shown += now.cells[c].shown && !now.cells[c].suppressed;
            withheld += now.cells[c].suppressed;
            if (rank_with(&then, &now, c) != rank) continue;
            double n = now.cells[c].n - then.cells[c].n, x = now.cells[c].x - then.cells[c].x;
            determined++;
            cr_assert(!small(n) && !small(x) && !small(n - x), "seed %llu: cell %u: %g, %g", (unsigned long long)seed, c, n, x);
        }
        rs_cells_free(&then);
        rs_cells_free(&now);
    }
    cr_assert(determined > 0 && shown > 0 && withheld > 0);
    fprintf(stderr, "successive tables: %d cells shown, %d withheld; %d differences can be worked out\n", shown, withheld,
            determined);
}
