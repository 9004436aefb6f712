/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Tables of two margins: what is withheld withstands the audit of suppress.h, which solves all relations at once. */
#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include "pipeline/base/hash.h"
#include "pipeline/base/suppress.h"
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
