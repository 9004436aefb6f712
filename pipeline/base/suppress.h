/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Small cells: no count from 1 to 10 is published, nor anything from which one can be worked out (CMS cell size
 * suppression policy, 26 January 2024); zero may be.
 *
 * A table is a list of cells, each a count n and a numerator x, and linear relations among them (a total less its
 * strata is 0; a combined group less its reported and imputed parts is 0). A relation holds for n, for x and for n - x.
 * Shown cells are those that get a row. Hidden ones never do, but a reader could work them out: those imputed, those
 * excluded. A cell whose n is 0 is known to be empty.
 *
 *  1. primary: a cell is sensitive where n, x or n - x lies strictly between 0 and the minimum (11), whole or not:
 *     a sum of probabilities counts like persons; or where its caller says so (`also_small`: an effective number, or
 *     the numerator of another estimator). Sensitive shown cells are suppressed.
 *  2. complementary: the relations, as given and solved for the cells a reader does not know. Where one gives a
 *     suppressed or sensitive cell, or a sum of unknown cells that is itself below the minimum, the smallest shown cell
 *     that it was worked out from is suppressed too; until nothing is found.
 *  3. audit: bounds of each unknown cell are narrowed from the relations, from n = x + (n - x) and from counts not
 *     being negative, until nothing changes. No suppressed or sensitive cell may end as a point, nor one of its small
 *     counts between bounds that both lie in 1 to 10. What the audit finds is suppressed further; RS_BUG where that
 *     cannot help. Nor may it end above 0 between bounds less than one apart, or with a single whole number between them
 *     if it is a count, as long as anything beside it is left to suppress. One relation at a time: a linear program over
 *     all of them may narrow further.
 *  4. differencing: beside counts that a reader has from elsewhere (successive.h), no difference from 1 to 10 may show or
 *     follow either. */
#ifndef RS_BASE_SUPPRESS_H
#define RS_BASE_SUPPRESS_H
#include <math.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "error.h"

#define RS_NO_CELL UINT32_MAX
/* The counts of a cell that a reader has or can make: n, x and n - x, by number; what rounding leaves of a 0 is one. */
enum { RS_COUNT_PARTS = 3 };
static inline double rs_count_part(double n, double x, int which) {
    double v = which == 0 ? n : which == 1 ? x : n - x;
    return fabs(v) < 1e-9 ? 0 : v;
}
/* Above 0 and below the minimum, whole or not. */
static inline bool rs_small_count(double v, double minimum) { return v > 1e-9 && v < minimum - 1e-9; }
/* Any of the counts of a cell. */
static inline bool rs_any_small(double n, double x, double minimum) {
    return rs_small_count(n, minimum) || rs_small_count(x, minimum) || rs_small_count(n - x, minimum);
}
/* What a reader knows of a cell's counts, and whether that is to know one of them, or a small one to be small; or nearly: to
 * less than one person, or to a single whole number where it is one. What may be nobody at all is not. */
struct rs_cell_bounds {
    double low[RS_COUNT_PARTS], high[RS_COUNT_PARTS];
};
bool rs_worked_out(double n, double x, const struct rs_cell_bounds *b, double minimum);
bool rs_nearly_worked_out(double n, double x, const struct rs_cell_bounds *b);

struct rs_small_cell {
    double n, x;
    bool shown;       /* has a row */
    bool total;       /* suppressed only where nothing else helps */
    bool also_small;
    bool goes_along;  /* withheld, though not sensitive, since its caller withholds another */
    bool suppressed;  /* out: its row is blank */
    bool primary;     /* out: sensitive by itself */
    bool differencing; /* out: suppressed for what a reader has from elsewhere */
    bool below_floor; /* blank since its measure is not reported of so few: says nothing, and protects nothing */
    /* out, of suppressed ones: the cell that could be worked out were this one shown (RS_NO_CELL: none, or a sum of several);
     * whether only narrowing bounds found that; and what a reader knows of n all the same. */
    uint32_t protects;
    bool by_bounds;
    double least, most;
};
struct rs_cells_term {
    uint32_t relation, cell;
    int sign;
};
struct rs_cells {
    struct rs_small_cell *cells;
    struct rs_cells_term *terms;
    size_t n_cells, n_terms, cell_room, term_room;
    uint32_t n_relations;
};
uint32_t rs_cells_add(struct rs_cells *t, double n, double x, bool shown);
uint32_t rs_cells_relation(struct rs_cells *t); /* a new one; its terms sum to 0 */
void rs_cells_term(struct rs_cells *t, uint32_t relation, uint32_t cell, int sign);
void rs_cells_free(struct rs_cells *t);

/* What a reader has from elsewhere of the same cells, or of nearly the same persons: an earlier publication, say. */
struct rs_other_cell {
    double n, x;
    bool known;        /* was published there */
    bool also_changed; /* a number of another estimator of the cell differs by a small one */
};
/* A cell of that publication that this one has not, in the relation in which it would stand. */
struct rs_gone_cell {
    uint32_t relation;
    int sign;
    double n, x;
    bool known;
};
struct rs_publication {
    struct rs_other_cell *cell; /* by number of the cell */
    struct rs_gone_cell *gone;
    size_t n_gone;
};

/* minimum 11 suppresses 1-10; 1 or less suppresses nothing. `others` are n publications that a reader has as well. */
bool rs_suppress(struct rs_cells *t, double minimum, struct rs_error *error);
bool rs_suppress_beside(struct rs_cells *t, const struct rs_publication *others, size_t n, double minimum,
                        struct rs_error *error);
/* Step 3 alone: number of the first cell that could be worked out, or -1. */
int64_t rs_suppression_audit(const struct rs_cells *t, double minimum);

/* The relations as rows, cells as columns: as they are, or solved for cells that are not known (has no row and is not
 * empty, or suppressed), each pivot in one row only. For suppress.c and successive.c; free(a). */
struct rs_solved {
    double *a;
    size_t rows, columns;
};
struct rs_solved rs_cells_as_given(const struct rs_cells *t);
struct rs_solved rs_cells_solve(const struct rs_cells *t);

#endif
