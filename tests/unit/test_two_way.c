/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Tables of two margins: what is withheld withstands the audit of suppress.h, which solves all relations at once. */
#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include "pipeline/base/hash.h"
#include "pipeline/base/successive.h"
#include "stages/stratify/two_way.h"

static void set(struct rs_two_way *t, size_t r, size_t c, double n, double x) {
    rs_two_way_at(t, r, c)->n = n;
    rs_two_way_at(t, r, c)->x = x;
}
static int state(const struct rs_two_way *t, size_t r, size_t c) { return (int)rs_two_way_at(t, r, c)->state; }

/* The number of the first cell the general audit finds, or -1. Lines without a known margin give no relation. */
static int64_t audit(const struct rs_two_way *t, double minimum) {
    struct rs_cells cells = {0};
    for (size_t i = 0; i < t->rows * t->columns; i++) {
        const struct rs_two_way_cell *c = &t->cell[i];
        uint32_t at = rs_cells_add(&cells, c->n, c->x, c->state != RS_CELL_HIDDEN);
        cells.cells[at].suppressed = c->state == RS_CELL_PRIMARY || c->state == RS_CELL_COMPLEMENTARY;
    }
    for (size_t line = 0; line < t->rows + t->columns; line++) {
        if (!t->row_known[line]) continue;
        bool row = line < t->rows;
        double n = 0, x = 0;
        uint32_t relation = rs_cells_relation(&cells);
        for (size_t i = 0; i < (row ? t->columns : t->rows); i++) {
            size_t at = row ? line * t->columns + i : i * t->columns + line - t->rows;
            n += t->cell[at].n;
            x += t->cell[at].x;
            rs_cells_term(&cells, relation, (uint32_t)at, 1);
        }
        rs_cells_term(&cells, relation, rs_cells_add(&cells, n, x, true), -1);
    }
    int64_t found = rs_suppression_audit(&cells, minimum);
    rs_cells_free(&cells);
    return found;
}

Test(two_way, a_small_cell_takes_three_others_with_it) {
    struct rs_two_way t;
    rs_two_way_make(&t, 3, 3);
    for (size_t r = 0; r < 3; r++)
        for (size_t c = 0; c < 3; c++) set(&t, r, c, 100 + (double)(10 * r + c), 50);
    set(&t, 0, 0, 40, 5);
    rs_two_way_suppress(&t, 11);
    cr_assert_eq(state(&t, 0, 0), RS_CELL_PRIMARY);
    int withheld = 0;
    for (size_t r = 0; r < 3; r++)
        for (size_t c = 0; c < 3; c++) withheld += state(&t, r, c) != RS_CELL_SHOWN;
    cr_assert_eq(withheld, 4, "%d", withheld); /* a rectangle: no line has one alone */
    cr_assert_eq(audit(&t, 11), -1);
    rs_two_way_free(&t);
}

/* Two rectangles of withheld cells joined by one: every line has two, yet what joins them is the difference of the sums of
 * one side. */
Test(two_way, a_bridge_is_found) {
    struct rs_two_way t;
    size_t row, column;
    rs_two_way_make(&t, 4, 4);
    for (size_t r = 0; r < 4; r++)
        for (size_t c = 0; c < 4; c++) set(&t, r, c, 200, 100);
    for (size_t r = 0; r < 4; r++)
        for (size_t c = 0; c < 4; c++)
            if ((r < 2) == (c < 2)) rs_two_way_at(&t, r, c)->state = RS_CELL_COMPLEMENTARY;
    cr_assert(!rs_two_way_leaks(&t, 11, &row, &column));
    rs_two_way_at(&t, 1, 2)->state = RS_CELL_COMPLEMENTARY;
    cr_assert(rs_two_way_leaks(&t, 11, &row, &column));
    cr_assert(row == 1 && column == 2);
    cr_assert_eq(audit(&t, 11), 1 * 4 + 2);
    rs_two_way_suppress(&t, 11);
    cr_assert(!rs_two_way_leaks(&t, 11, &row, &column) && audit(&t, 11) == -1);
    rs_two_way_free(&t);
}

Test(two_way, those_hidden_protect_only_where_they_are_many) {
    struct rs_two_way t;
    rs_two_way_make(&t, 2, 3);
    for (size_t r = 0; r < 2; r++) {
        set(&t, r, 0, 100, 50);
        set(&t, r, 1, 90, 40);
        rs_two_way_at(&t, r, 2)->state = RS_CELL_HIDDEN;
    }
    set(&t, 0, 2, 60, 30);
    set(&t, 1, 2, 3, 1); /* who declined in the second row: 3, had all else been shown */
    rs_two_way_suppress(&t, 11);
    cr_assert(state(&t, 1, 0) != RS_CELL_SHOWN || state(&t, 1, 1) != RS_CELL_SHOWN);
    cr_assert_eq(audit(&t, 11), -1);
    rs_two_way_free(&t);
}

/* Column 1 has 20.01 without the outcome beside what is shown, and row 2 .01: the first cell has 20 to 20.01,
 * though both x and n are far from known. With nothing shown in its lines there is no help. */
Test(two_way, what_is_known_to_less_than_one_person_is_found) {
    struct rs_two_way t;
    size_t row, column;
    rs_two_way_make(&t, 2, 3);
    const struct rs_two_way_cell cells[] = {{25.5, 5.5, RS_CELL_PRIMARY}, {26.5, 14.5, RS_CELL_HIDDEN}, {100, 50, RS_CELL_SHOWN},
                                            {15.01, 15, RS_CELL_PRIMARY}, {15, 15, RS_CELL_HIDDEN},      {100, 50, RS_CELL_SHOWN}};
    for (size_t i = 0; i < 6; i++) t.cell[i] = cells[i];
    t.column_known[1] = t.column_known[2] = false;
    cr_assert(rs_two_way_leaks(&t, 11, &row, &column));
    cr_assert(row == 0 && column == 0, "%zu %zu", row, column);
    t.cell[2].state = RS_CELL_COMPLEMENTARY;
    cr_assert(!rs_two_way_leaks(&t, 11, &row, &column));
    rs_two_way_free(&t);
}

Test(two_way, random_tables_withstand_the_general_audit, .timeout = 200) {
    struct rs_random r = rs_random(5, 1, 1);
    size_t shown = 0, all = 0;
    for (int trial = 0; trial < 400; trial++) {
        struct rs_two_way t;
        rs_two_way_make(&t, 2 + rs_random_below(&r, 6), 2 + rs_random_below(&r, 5));
        for (size_t i = 0; i < t.rows * t.columns; i++) {
            struct rs_two_way_cell *c = &t.cell[i];
            double u = rs_random_unit(&r);
            c->n = floor(u * u * u * 600);
            if (trial % 2) c->n = u < .1 ? 0 : c->n + rs_random_unit(&r); /* sums of probabilities */
            c->x = trial % 2 ? c->n * rs_random_unit(&r) : floor(c->n * rs_random_unit(&r));
            if (trial % 3 == 0 && i % t.columns == t.columns - 1) c->state = RS_CELL_HIDDEN;
        }
        for (size_t line = 0; line < t.rows + t.columns; line++) {
            if (rs_random_below(&r, 8)) continue;
            t.row_known[line] = false; /* a withheld margin: all of its cells are withheld, too */
            for (size_t i = 0; i < t.rows * t.columns; i++)
                if ((line < t.rows ? i / t.columns == line : i % t.columns == line - t.rows) &&
                    t.cell[i].state == RS_CELL_SHOWN)
                    t.cell[i].state = RS_CELL_COMPLEMENTARY;
        }
        rs_two_way_suppress(&t, 11);
        int64_t found = audit(&t, 11);
        bool exhausted = true; /* nothing left to withhold: a margin is small by itself, which its owner withholds */
        for (size_t i = 0; i < t.rows * t.columns; i++) {
            exhausted &= t.cell[i].state != RS_CELL_SHOWN || !(t.cell[i].n > 0);
            shown += t.cell[i].state == RS_CELL_SHOWN;
            all++;
        }
        for (size_t line = 0; found >= 0 && line < t.rows + t.columns; line++) {
            bool any = false;
            size_t at = (size_t)found;
            if (line != at / t.columns && line != t.rows + at % t.columns) continue;
            for (size_t i = 0; i < t.rows * t.columns; i++)
                if ((line < t.rows ? i / t.columns == line : i % t.columns == line - t.rows))
                    any |= t.cell[i].state == RS_CELL_SHOWN && t.cell[i].n > 0;
            exhausted |= !any;
        }
        cr_assert(found < 0 || exhausted, "trial %d: cell %lld", trial, (long long)found);
        rs_two_way_free(&t);
    }
    cr_assert(shown > all / 4, "%zu of %zu shown", shown, all); /* withholding everything would be no art */
}

/* ---- beside an earlier publication ------------------------------------------------------------------------------- */

/* Margins of then from cells of then. */
static void know_then(const struct rs_two_way *t, struct rs_two_way_then *then) {
    for (size_t r = 0; r < t->rows; r++)
        for (size_t c = 0; c < t->columns; c++) {
            const struct rs_two_way_other *o = &then->cell[r * t->columns + c];
            then->line[r].n += o->n, then->line[r].x += o->x;
            then->line[t->rows + c].n += o->n, then->line[t->rows + c].x += o->x;
        }
    for (size_t line = 0; line < t->rows + t->columns; line++) then->line[line].known = true;
}

/* 3 x 3 of 100, 50 with the outcome, then and now; the caller changes what is now, or what was not known. */
static void same_then(struct rs_two_way *t, struct rs_two_way_then *then) {
    rs_two_way_make(t, 3, 3);
    rs_two_way_then_make(t, then);
    for (size_t i = 0; i < 9; i++) {
        t->cell[i] = (struct rs_two_way_cell){100, 50, RS_CELL_SHOWN};
        then->cell[i] = (struct rs_two_way_other){100, 50, true};
    }
    know_then(t, then);
}

static int count(const struct rs_two_way *t, enum rs_two_way_state s) {
    int n = 0;
    for (size_t i = 0; i < t->rows * t->columns; i++) n += t->cell[i].state == s;
    return n;
}

Test(two_way, nothing_changed_nothing_is_withheld) {
    struct rs_two_way t;
    struct rs_two_way_then then;
    same_then(&t, &then);
    rs_two_way_suppress_beside(&t, &then, 1, 11);
    cr_assert_eq(count(&t, RS_CELL_SHOWN), 9);
    rs_two_way_then_free(&then);
    rs_two_way_free(&t);
}

/* Two left the first cell; margins are published, so that today's table needs a rectangle, and the margins' own difference of
 * two is not this table's to withhold. Where 40 came to the cell beside it, that cell has to go for the row's sake: the other
 * one, smaller, did not change. */
Test(two_way, a_small_difference_takes_what_changed_with_it) {
    struct rs_two_way t;
    struct rs_two_way_then then;
    same_then(&t, &then);
    set(&t, 0, 0, 98, 49);
    set(&t, 0, 1, 140, 70);
    set(&t, 1, 0, 150, 75);
    rs_two_way_suppress_beside(&t, &then, 1, 11);
    cr_assert_eq(state(&t, 0, 0), RS_CELL_DIFFERENCING);
    cr_expect(state(&t, 0, 1) != RS_CELL_SHOWN, "38 - 0 - 40 is two");
    cr_expect(state(&t, 1, 0) != RS_CELL_SHOWN, "48 - 50 - 0 is two");
    rs_two_way_then_free(&then);
    rs_two_way_free(&t);
}

/* Withheld then: not known; but the row's margins say it. */
Test(two_way, what_was_withheld_then_may_follow_now) {
    struct rs_two_way t;
    struct rs_two_way_then then;
    same_then(&t, &then);
    set(&t, 0, 0, 103, 52);
    set(&t, 0, 1, 130, 65);
    then.cell[0].known = false;
    rs_two_way_suppress_beside(&t, &then, 1, 11);
    /* the column's margin says it whatever is withheld in the row: all three of the column are unknown in the end */
    cr_expect(state(&t, 0, 1) != RS_CELL_SHOWN, "33 - 30 - 0 is three");
    rs_two_way_then_free(&then);
    rs_two_way_free(&t);
}

/* Two blocks of cells that were unknown then, joined by one cell: what flows over it is the difference of its side's margins. */
Test(two_way, a_bridge_of_differences_is_found) {
    struct rs_two_way t;
    struct rs_two_way_then then;
    rs_two_way_make(&t, 4, 4);
    rs_two_way_then_make(&t, &then);
    for (size_t i = 0; i < 16; i++) {
        t.cell[i] = (struct rs_two_way_cell){300, 150, RS_CELL_SHOWN};
        then.cell[i] = (struct rs_two_way_other){200, 100, (i / 4 < 2) != (i % 4 < 2)};
    }
    then.cell[1 * 4 + 2].known = false;
    set(&t, 1, 2, 204, 102);
    know_then(&t, &then);
    rs_two_way_suppress_beside(&t, &then, 1, 11);
    /* without one more unknown cell between the blocks 4 would follow for the cell that joins them */
    int more = 0;
    for (size_t r = 0; r < 2; r++)
        for (size_t c = 2; c < 4; c++) more += (r != 1 || c != 2) && state(&t, r, c) != RS_CELL_SHOWN;
    for (size_t r = 2; r < 4; r++)
        for (size_t c = 0; c < 2; c++) more += state(&t, r, c) != RS_CELL_SHOWN;
    cr_expect(more > 0);
    rs_two_way_then_free(&then);
    rs_two_way_free(&t);
}

/* Whether the difference of a cell that is not known in both is small and can be worked out: from all relations among
 * differences, solved for what is not known (suppress.h). */
static bool difference_known(const struct rs_two_way *t, const struct rs_two_way_then *then) {
    struct rs_cells d = {0};
    size_t n = t->rows * t->columns, lines = t->rows + t->columns;
    double *value = calloc(3 * (n + lines), sizeof *value);
    bool found = false;
    for (size_t i = 0; i < n; i++) {
        rs_cells_add(&d, 1, 0, t->cell[i].state == RS_CELL_SHOWN && then->cell[i].known);
        value[3 * i] = t->cell[i].n - then->cell[i].n;
        value[3 * i + 1] = t->cell[i].x - then->cell[i].x;
        value[3 * i + 2] = value[3 * i] - value[3 * i + 1];
    }
    for (size_t line = 0; line < lines; line++) {
        uint32_t relation = rs_cells_relation(&d), margin = rs_cells_add(&d, 1, 0, then->line[line].known);
        rs_cells_term(&d, relation, margin, -1);
        for (size_t i = 0; i < (line < t->rows ? t->columns : t->rows); i++) {
            size_t at = line < t->rows ? line * t->columns + i : i * t->columns + line - t->rows;
            rs_cells_term(&d, relation, (uint32_t)at, 1);
            for (int k = 0; k < 3; k++) value[3 * margin + (uint32_t)k] += value[3 * at + (size_t)k];
        }
    }
    struct rs_solved s = rs_cells_solve(&d);
    for (size_t r = 0; r < s.rows; r++) {
        size_t unknown = 0, last = 0;
        for (size_t c = 0; c < s.columns; c++)
            if (fabs(s.a[r * s.columns + c]) > 1e-9 && !d.cells[c].shown) unknown++, last = c;
        for (int k = 0; unknown == 1 && k < 3; k++) found |= rs_small_difference(value[3 * last + (size_t)k], 11);
    }
    free(s.a);
    free(value);
    rs_cells_free(&d);
    return found;
}

/* Random tables: no cell's difference is small and can be worked out. */
Test(two_way, random_tables_beside_earlier_ones, .timeout = 120) {
    struct rs_random random = rs_random(5, 1, 1);
    size_t shown = 0, all = 0, judged = 0;
    for (int round = 0; round < 6000; round++) {
        struct rs_two_way t;
        struct rs_two_way_then then;
        rs_two_way_make(&t, 2 + (size_t)(rs_random_unit(&random) * 5), 2 + (size_t)(rs_random_unit(&random) * 4));
        rs_two_way_then_make(&t, &then);
        for (size_t i = 0; i < t.rows * t.columns; i++) {
            double n = floor(40 + 200 * rs_random_unit(&random)), u = rs_random_unit(&random);
            double more = u < .4 ? 0 : floor(u < .7 ? 8 * rs_random_unit(&random) : 22 + 60 * rs_random_unit(&random));
            then.cell[i] = (struct rs_two_way_other){n, floor(n / 2), rs_random_unit(&random) < .8};
            t.cell[i] = (struct rs_two_way_cell){n + more, floor(n / 2) + floor(more / 2),
                                                 i % t.columns + 1 == t.columns && round % 2 ? RS_CELL_HIDDEN : RS_CELL_SHOWN};
            then.cell[i].known = then.cell[i].known && t.cell[i].state != RS_CELL_HIDDEN;
        }
        know_then(&t, &then);
        /* margins whose own difference is small are withheld in layout estimate, and no matter here */
        bool usable = true;
        for (size_t line = 0; line < t.rows + t.columns; line++) {
            double n = -then.line[line].n, x = -then.line[line].x;
            for (size_t i = 0; i < (line < t.rows ? t.columns : t.rows); i++) {
                const struct rs_two_way_cell *c = &t.cell[line < t.rows ? line * t.columns + i : i * t.columns + line - t.rows];
                n += c->n;
                x += c->x;
            }
            usable &= !rs_small_difference(n, 11) && !rs_small_difference(x, 11) && !rs_small_difference(n - x, 11);
        }
        if (!usable) {
            rs_two_way_then_free(&then);
            rs_two_way_free(&t);
            continue;
        }
        judged++;
        rs_two_way_suppress_beside(&t, &then, 1, 11);

        cr_expect(!difference_known(&t, &then), "round %d: %zu x %zu", round, t.rows, t.columns);
        shown += (size_t)count(&t, RS_CELL_SHOWN);
        all += t.rows * t.columns;
        rs_two_way_then_free(&then);
        rs_two_way_free(&t);
    }
    printf("%zu two-way tables beside earlier ones: %zu of %zu cells shown\n", judged, shown, all);
    cr_expect(judged > 300 && shown > all / 4);
}
