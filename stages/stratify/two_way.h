/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Small cells of a table of rows by columns whose margins are published (suppress.h has the policy): provider groups by
 * race are many, and a table of two margins can be dealt with by looking at its lines alone.
 *
 * A cell is shown, withheld, or hidden (never published, but part of its lines' sums: those who declined). As reader, a
 * line whose margin is known tells the sum of its unknown cells. So no line may have a single unknown cell that is at
 * risk, nor unknown cells whose sum (of n, x or n - x) is itself below the minimum; no unknown cell at risk may be a
 * bridge of the graph whose vertices are the lines with a known margin and whose edges are the unknown cells, since what
 * flows over a bridge is known; and bounds narrowed from the lines may not end in a point, nor both within 1 and the
 * minimum less one; nor, as long as a line has a cell left to withhold, above 0 and less than one apart or about a single
 * whole number. The smallest shown cell of a line is withheld until all that holds.
 *
 * Beside an earlier publication of the same table (successive.h), differences obey the same sums: no shown cell may differ
 * from the earlier one by a small number, nor a cell that is not known in both and is a bridge of their graph; nor all such
 * cells of a line together, as far as withholding one that changed can help. Sums over several lines are not looked at. */
#ifndef RS_STRATIFY_TWO_WAY_H
#define RS_STRATIFY_TWO_WAY_H
#include <stdbool.h>
#include <stddef.h>

enum rs_two_way_state { RS_CELL_SHOWN, RS_CELL_PRIMARY, RS_CELL_COMPLEMENTARY, RS_CELL_DIFFERENCING, RS_CELL_HIDDEN };
struct rs_two_way_cell {
    double n, x;
    enum rs_two_way_state state;
};
struct rs_two_way {
    size_t rows, columns;
    struct rs_two_way_cell *cell;       /* row by row */
    bool *row_known, *column_known;     /* whether the margin is published */
};
/* rows x columns cells, all shown and 0, margins known. */
void rs_two_way_make(struct rs_two_way *t, size_t rows, size_t columns);
void rs_two_way_free(struct rs_two_way *t);
static inline struct rs_two_way_cell *rs_two_way_at(const struct rs_two_way *t, size_t row, size_t column) {
    return &t->cell[row * t->columns + column];
}
/* Cells that are small by themselves become RS_CELL_PRIMARY, further ones RS_CELL_COMPLEMENTARY; a caller may have set
 * either before. A minimum of 1 or less suppresses nothing. */
void rs_two_way_suppress(struct rs_two_way *t, double minimum);
/* The same beside what was published of it before. Lines that are there no more count with the margins across. */
struct rs_two_way_then {
    struct rs_two_way_other {
        double n, x;
        bool known; /* published, or nobody was in it */
    } *cell;        /* as in the table, hidden ones too */
    struct rs_two_way_other *line; /* margins: rows, then columns */
};
/* All cells unknown and 0. */
void rs_two_way_then_make(const struct rs_two_way *t, struct rs_two_way_then *out);
void rs_two_way_then_free(struct rs_two_way_then *then);
void rs_two_way_suppress_beside(struct rs_two_way *t, const struct rs_two_way_then *then, size_t n, double minimum);
/* Whether a reader could work out an unknown cell at risk: the last two of the conditions above. */
bool rs_two_way_leaks(const struct rs_two_way *t, double minimum, size_t *row, size_t *column);

#endif
