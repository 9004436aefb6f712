/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Small cells: hand-made tables, and random ones attacked by exact linear algebra of the test's own. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include "pipeline/base/hash.h"
#include "pipeline/base/suppress.h"

static uint32_t star(struct rs_cells *t, const double (*cells)[2], size_t n) {
    double total[2] = {0};
    uint32_t relation = rs_cells_relation(t);
    for (size_t i = 0; i < n; i++) total[0] += cells[i][0], total[1] += cells[i][1];
    uint32_t all = rs_cells_add(t, total[0], total[1], true);
    t->cells[all].total = true;
    rs_cells_term(t, relation, all, 1);
    for (size_t i = 0; i < n; i++) rs_cells_term(t, relation, rs_cells_add(t, cells[i][0], cells[i][1], true), -1);
    return all;
}

static void suppress(struct rs_cells *t) {
    struct rs_error error = {0};
    cr_assert(rs_suppress(t, 11, &error), "%s", error.text);
    cr_assert_eq(rs_suppression_audit(t, 11), -1);
}

Test(suppress, nothing_small_nothing_blank) {
    struct rs_cells t = {0};
    star(&t, (const double[][2]){{100, 40}, {50, 0}, {30, 30}}, 3);
    suppress(&t);
    for (size_t i = 0; i < t.n_cells; i++) cr_assert(!t.cells[i].suppressed, "cell %zu", i);
    rs_cells_free(&t);
}

/* One small cell: the next smallest goes too, the total stays. */
Test(suppress, one_small_cell_takes_the_next_smallest_with_it) {
    struct rs_cells t = {0};
    star(&t, (const double[][2]){{100, 40}, {5, 2}, {60, 30}, {80, 20}}, 4);
    suppress(&t);
    cr_assert(!t.cells[0].suppressed && !t.cells[1].suppressed && !t.cells[4].suppressed);
    cr_assert(t.cells[2].suppressed && t.cells[2].primary);
    cr_assert(t.cells[3].suppressed && !t.cells[3].primary);
    rs_cells_free(&t);
}

/* Numerator, and denominator less numerator, are counts too; zero is not small. */
Test(suppress, small_successes_and_failures) {
    struct rs_cells t = {0};
    star(&t, (const double[][2]){{100, 4}, {100, 97}, {100, 0}, {100, 100}, {100, 50}}, 5);
    suppress(&t);
    cr_assert(t.cells[1].primary && t.cells[2].primary);
    cr_assert(!t.cells[3].primary && !t.cells[4].primary && !t.cells[5].primary);
    rs_cells_free(&t);
}

/* Two small cells that sum to 8: the sum itself would be a small count. */
Test(suppress, a_small_sum_of_blanks_is_a_small_count) {
    struct rs_cells t = {0};
    star(&t, (const double[][2]){{100, 40}, {5, 5}, {3, 3}, {80, 20}}, 4);
    suppress(&t);
    cr_assert(t.cells[2].suppressed && t.cells[3].suppressed && t.cells[4].suppressed);
    rs_cells_free(&t);
}

/* A small difference between two shown cells (a group with and without those imputed) is not shown. */
Test(suppress, a_hidden_cell_is_not_to_be_had_by_subtraction) {
    struct rs_cells t = {0};
    uint32_t relation = rs_cells_relation(&t);
    uint32_t together = rs_cells_add(&t, 106.5, 50, true), reported = rs_cells_add(&t, 100, 47, true);
    uint32_t imputed = rs_cells_add(&t, 6.5, 3, false);
    rs_cells_term(&t, relation, together, 1);
    rs_cells_term(&t, relation, reported, -1);
    rs_cells_term(&t, relation, imputed, -1);
    cr_assert_eq(rs_suppression_audit(&t, 11), (int64_t)imputed, "the audit must see it");
    suppress(&t);
    cr_assert(t.cells[together].suppressed || t.cells[reported].suppressed);
    rs_cells_free(&t);
}

/* A total that is small itself: blank, and not to be had from any of two dimensions. */
Test(suppress, a_small_total_is_blank_in_every_dimension) {
    struct rs_cells t = {0};
    uint32_t all = star(&t, (const double[][2]){{40, 3}, {50, 2}}, 2), relation = rs_cells_relation(&t);
    rs_cells_term(&t, relation, all, 1);
    uint32_t a = rs_cells_add(&t, 45, 0, true), b = rs_cells_add(&t, 45, 5, true);
    rs_cells_term(&t, relation, a, -1);
    rs_cells_term(&t, relation, b, -1);
    suppress(&t);
    cr_assert(t.cells[all].suppressed && t.cells[b].suppressed);
    rs_cells_free(&t);
}

/* The audit is not the suppression: it finds what was left open. */
Test(suppress, the_audit_finds_a_lone_blank) {
    struct rs_cells t = {0};
    star(&t, (const double[][2]){{100, 40}, {5, 2}, {60, 30}}, 3);
    t.cells[2].suppressed = true;
    cr_assert_eq(rs_suppression_audit(&t, 11), 2);
    t.cells[3].suppressed = true;
    cr_assert_eq(rs_suppression_audit(&t, 11), -1);
    rs_cells_free(&t);
}

/* Of w, whose x is small, n - x lies between those of m, of which it is a part, and of p, which is a part of it. */
static uint32_t between(struct rs_cells *t, const double w[2], const double m[2], const double p[2]) {
    uint32_t outer = rs_cells_relation(t), inner = rs_cells_relation(t);
    uint32_t cell = rs_cells_add(t, w[0], w[1], true);
    t->cells[cell].suppressed = true;
    rs_cells_term(t, outer, rs_cells_add(t, m[0], m[1], true), 1);
    rs_cells_term(t, outer, cell, -1);
    rs_cells_term(t, outer, rs_cells_add(t, m[0] - w[0], m[1] - w[1], false), -1);
    rs_cells_term(t, inner, cell, 1);
    rs_cells_term(t, inner, rs_cells_add(t, p[0], p[1], true), -1);
    rs_cells_term(t, inner, rs_cells_add(t, w[0] - p[0], w[1] - p[1], false), -1);
    return cell;
}

/* Sums of probabilities: 20 lies between 19.99 and 20.02. Between 19.5 and 20.6 a count can only be 20; a sum may be any. */
Test(suppress, the_audit_finds_what_is_known_to_less_than_one_person) {
    static const struct {
        double w[2], m[2], p[2];
        bool found;
    } tables[] = {{{25.5, 5.5}, {40, 19.98}, {19.99, 0}, true},
                  {{25, 5}, {40, 19.4}, {19.5, 0}, true},
                  {{25.5, 5.5}, {40, 19.4}, {19.5, 0}, false},
                  {{25, 5}, {40, 18.9}, {19.5, 0}, false}};
    for (size_t i = 0; i < sizeof tables / sizeof tables[0]; i++) {
        struct rs_cells t = {0};
        int64_t cell = between(&t, tables[i].w, tables[i].m, tables[i].p);
        cr_assert_eq(rs_suppression_audit(&t, 11), tables[i].found ? cell : -1, "table %zu", i);
        rs_cells_free(&t);
    }
}

Test(suppress, a_minimum_of_one_publishes_everything) {
    struct rs_cells t = {0};
    struct rs_error error = {0};
    star(&t, (const double[][2]){{100, 40}, {1, 1}}, 2);
    cr_assert(rs_suppress(&t, 1, &error));
    for (size_t i = 0; i < t.n_cells; i++) cr_assert(!t.cells[i].suppressed);
    rs_cells_free(&t);
}

/* ---- attack --------------------------------------------------------------------------------------------------- */

enum { PRIME = 1000003, ROOM = 64 };

static int64_t power(int64_t a, int64_t e) {
    int64_t r = 1;
    for (; e; e >>= 1, a = a * a % PRIME)
        if (e & 1) r = r * a % PRIME;
    return r;
}

/* Rank modulo a prime of the relations over the cells a reader does not know, leaving one of them out (or none). */
static int rank(const struct rs_cells *t, int64_t leave_out) {
    int64_t a[ROOM][ROOM] = {{0}};
    for (size_t i = 0; i < t->n_terms; i++) {
        const struct rs_small_cell *c = &t->cells[t->terms[i].cell];
        bool open = (c->shown && !c->suppressed) || c->n == 0;
        if (open || (int64_t)t->terms[i].cell == leave_out) continue;
        int64_t *v = &a[t->terms[i].relation][t->terms[i].cell];
        *v = (*v + PRIME + t->terms[i].sign) % PRIME;
    }
    int found = 0;
    for (size_t c = 0; c < t->n_cells; c++) {
        int pivot = -1;
        for (int r = found; r < (int)t->n_relations && pivot < 0; r++)
            if (a[r][c]) pivot = r;
        if (pivot < 0) continue;
        int64_t inverse = power(a[pivot][c], PRIME - 2);
        for (size_t k = 0; k < t->n_cells; k++) {
            int64_t swap = a[pivot][k];
            a[pivot][k] = a[found][k];
            a[found][k] = swap;
        }
        for (int r = found + 1; r < (int)t->n_relations; r++) {
            int64_t times = a[r][c] * inverse % PRIME;
            for (size_t k = 0; k < t->n_cells; k++) a[r][k] = ((a[r][k] - times * a[found][k]) % PRIME + PRIME) % PRIME;
        }
        found++;
    }
    return found;
}

static bool is_small(double n, double x) {
    double f = n - x;
    return (n > 0 && n < 11) || (x > 0 && x < 11) || (f > 0 && f < 11);
}

/* A cell follows from what is published exactly where its column is needed for the rank and no other unknown can stand
 * in: leaving it out lowers the rank, and the others do not combine with it. */
static bool determined(const struct rs_cells *t, uint32_t cell) {
    /* unit vector e_c in the row space of the unknown columns: rank with e_c added stays the same */
    struct rs_cells more = *t;
    struct rs_cells_term *terms = malloc((t->n_terms + 1) * sizeof *terms);
    for (size_t i = 0; i < t->n_terms; i++) terms[i] = t->terms[i];
    terms[t->n_terms] = (struct rs_cells_term){t->n_relations, cell, 1};
    more.terms = terms;
    more.n_terms = t->n_terms + 1;
    more.n_relations = t->n_relations + 1;
    bool yes = rank(&more, -1) == rank(t, -1);
    free(terms);
    return yes;
}

static double draw(struct rs_random *r) {
    double u = rs_random_unit(r);
    return u < .35 ? rs_random_below(r, 12) : u < .7 ? rs_random_below(r, 40) : rs_random_below(r, 1000);
}

/* The shape stratify makes: all = reported + missing = combined + excluded, combined = reported + imputed, and two
 * further dimensions; counts often small. */
static void random_table(struct rs_cells *t, struct rs_random *r) {
    enum { K = 4 };
    double n[3][K], x[3][K], all[2] = {0}; /* reported, imputed, missing */
    for (int i = 0; i < K; i++)
        for (int k = 0; k < 2; k++) {
            n[k][i] = draw(r);
            x[k][i] = rs_random_below(r, (uint32_t)n[k][i] + 1);
        }
    double imputed[2] = {0}, gone[2] = {draw(r), 0};
    gone[1] = rs_random_below(r, (uint32_t)gone[0] + 1);
    for (int i = 0; i < K; i++) {
        imputed[0] += n[1][i], imputed[1] += x[1][i];
        all[0] += n[0][i] + n[1][i], all[1] += x[0][i] + x[1][i];
    }
    all[0] += gone[0], all[1] += gone[1];
    uint32_t top = rs_cells_add(t, all[0], all[1], true), excluded = rs_cells_add(t, gone[0], gone[1], false);
    uint32_t sum = rs_cells_add(t, imputed[0], imputed[1], false);
    uint32_t unknown = rs_cells_add(t, imputed[0], imputed[1], imputed[0] > 0);
    uint32_t declined = rs_cells_add(t, gone[0], gone[1], gone[0] > 0);
    t->cells[top].total = true;
    uint32_t by_report = rs_cells_relation(t), combined = rs_cells_relation(t), parts = rs_cells_relation(t);
    uint32_t same1 = rs_cells_relation(t), same2 = rs_cells_relation(t);
    rs_cells_term(t, by_report, top, 1), rs_cells_term(t, by_report, unknown, -1),
        rs_cells_term(t, by_report, declined, -1);
    rs_cells_term(t, combined, top, 1), rs_cells_term(t, combined, excluded, -1);
    rs_cells_term(t, parts, sum, 1);
    rs_cells_term(t, same1, sum, 1), rs_cells_term(t, same1, unknown, -1);
    rs_cells_term(t, same2, excluded, 1), rs_cells_term(t, same2, declined, -1);
    for (int i = 0; i < K; i++) {
        uint32_t s = rs_cells_add(t, n[0][i], x[0][i], n[0][i] > 0), p = rs_cells_add(t, n[1][i], x[1][i], false);
        uint32_t c = rs_cells_add(t, n[0][i] + n[1][i], x[0][i] + x[1][i], n[0][i] + n[1][i] > 0);
        uint32_t relation = rs_cells_relation(t);
        rs_cells_term(t, relation, c, 1), rs_cells_term(t, relation, s, -1), rs_cells_term(t, relation, p, -1);
        rs_cells_term(t, by_report, s, -1), rs_cells_term(t, combined, c, -1), rs_cells_term(t, parts, p, -1);
    }
    for (int d = 0; d < 2; d++) { /* further dimensions: all cut into three */
        uint32_t relation = rs_cells_relation(t);
        double left[2] = {all[0], all[1]};
        rs_cells_term(t, relation, top, 1);
        for (int i = 0; i < 3; i++) {
            double nn = i == 2 ? left[0] : rs_random_below(r, (uint32_t)(left[0] / (1 + 8 * rs_random_unit(r))) + 1),
                   xx;
            double least = left[1] - (left[0] - nn) > 0 ? left[1] - (left[0] - nn) : 0,
                   most = left[1] < nn ? left[1] : nn;
            xx = i == 2 ? left[1] : least + rs_random_below(r, (uint32_t)(most - least) + 1);
            rs_cells_term(t, relation, rs_cells_add(t, nn, xx, nn > 0), -1);
            left[0] -= nn, left[1] -= xx;
        }
    }
}

Test(suppress, random_tables_withstand_the_attack, .timeout = 200) {
    int blank = 0, shown = 0;
    for (uint64_t seed = 0; seed < 3000; seed++) {
        struct rs_random r = rs_random(seed, 7, 7);
        struct rs_cells t = {0};
        struct rs_error error = {0};
        random_table(&t, &r);
        cr_assert(t.n_cells < ROOM && t.n_relations + 1 < ROOM);
        cr_assert(rs_suppress(&t, 11, &error), "seed %llu: %s", (unsigned long long)seed, error.text);
        for (uint32_t c = 0; c < t.n_cells; c++) {
            struct rs_small_cell *cell = &t.cells[c];
            if (cell->n == 0) continue;
            blank += cell->suppressed;
            shown += cell->shown && !cell->suppressed;
            if (cell->shown && !cell->suppressed)
                cr_assert(!is_small(cell->n, cell->x), "seed %llu", (unsigned long long)seed);
            else if (cell->suppressed || is_small(cell->n, cell->x))
                cr_assert(!determined(&t, c), "seed %llu: cell %u follows from the rest", (unsigned long long)seed, c);
        }
        rs_cells_free(&t);
    }
    cr_assert(shown > blank / 4, "suppression must leave something: %d shown, %d blank", shown, blank);
    fprintf(stderr, "random tables: %d cells shown, %d blank\n", shown, blank);
}
