/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Why it exists: a blank cell that can be subtracted out of a margin protects nobody. */
#include "successive.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "text.h"

enum { PARTS = RS_COUNT_PARTS };
static const double nothing = 1e-9;

uint32_t rs_cells_add(struct rs_cells *t, double n, double x, bool shown) {
    if (t->n_cells == t->cell_room) {
        t->cell_room = t->cell_room ? 2 * t->cell_room : 64;
        t->cells = rs_realloc(t->cells, t->cell_room * sizeof *t->cells);
    }
    t->cells[t->n_cells] = (struct rs_small_cell){.n = n, .x = x, .shown = shown};
    return (uint32_t)t->n_cells++;
}

uint32_t rs_cells_relation(struct rs_cells *t) { return t->n_relations++; }

void rs_cells_term(struct rs_cells *t, uint32_t relation, uint32_t cell, int sign) {
    if (t->n_terms == t->term_room) {
        t->term_room = t->term_room ? 2 * t->term_room : 64;
        t->terms = rs_realloc(t->terms, t->term_room * sizeof *t->terms);
    }
    t->terms[t->n_terms++] = (struct rs_cells_term){relation, cell, sign};
}

void rs_cells_free(struct rs_cells *t) {
    free(t->cells);
    free(t->terms);
    *t = (struct rs_cells){0};
}

static double part(const struct rs_small_cell *c, int which) { return rs_count_part(c->n, c->x, which); }

static bool sensitive(const struct rs_small_cell *c, double minimum) {
    return rs_any_small(c->n, c->x, minimum) || c->also_small;
}

static bool known(const struct rs_small_cell *c) { return (c->shown && !c->suppressed) || part(c, 0) == 0; }
static bool at_risk(const struct rs_small_cell *c, double minimum) { return c->suppressed || sensitive(c, minimum); }

/* ---- the relations, solved for what a reader does not know ------------------------------------------------------ */

static double *row_of(const struct rs_solved *s, size_t r) { return s->a + r * s->columns; }

static bool pivot_on(struct rs_solved *s, size_t from, size_t column) {
    size_t best = from;
    for (size_t r = from; r < s->rows; r++)
        if (fabs(row_of(s, r)[column]) > fabs(row_of(s, best)[column])) best = r;
    double value = best < s->rows ? row_of(s, best)[column] : 0;
    if (fabs(value) < nothing) return false;
    double *b = row_of(s, best), *f = row_of(s, from);
    for (size_t c = 0; c < s->columns; c++) {
        double swap = b[c];
        b[c] = f[c];
        f[c] = swap / value;
    }
    for (size_t r = 0; r < s->rows; r++) {
        double times = row_of(s, r)[column];
        if (r == from || fabs(times) < nothing) continue;
        for (size_t c = 0; c < s->columns; c++) row_of(s, r)[c] -= times * f[c];
    }
    return true;
}

struct rs_solved rs_cells_as_given(const struct rs_cells *t) {
    struct rs_solved s = {.rows = t->n_relations, .columns = t->n_cells};
    s.a = rs_alloc((s.rows * s.columns + 1) * sizeof *s.a);
    for (size_t i = 0; i < t->n_terms; i++) row_of(&s, t->terms[i].relation)[t->terms[i].cell] += t->terms[i].sign;
    return s;
}

struct rs_solved rs_cells_solve(const struct rs_cells *t) {
    struct rs_solved s = rs_cells_as_given(t);
    size_t done = 0;
    for (size_t c = 0; c < s.columns && done < s.rows; c++)
        if (!known(&t->cells[c])) done += pivot_on(&s, done, c);
    return s;
}

/* Whether this row gives a reader what must stay unknown; *which is that cell, RS_NO_CELL where it is a sum. */
static bool discloses(const struct rs_cells *t, const double *row, double minimum, uint32_t *which) {
    size_t unknown = 0, last = 0;
    bool up = false, down = false;
    double sum[PARTS] = {0};
    for (size_t c = 0; c < t->n_cells; c++) {
        if (fabs(row[c]) < nothing || known(&t->cells[c])) continue;
        unknown++;
        last = c;
        up |= row[c] > 0;
        down |= row[c] < 0;
        for (int k = 0; k < PARTS; k++) sum[k] += fabs(row[c]) * part(&t->cells[c], k);
    }
    *which = RS_NO_CELL;
    if (unknown == 0) return false;
    if (unknown == 1) *which = (uint32_t)last;
    if (unknown == 1) return at_risk(&t->cells[last], minimum);
    if (up && down) return false;
    for (int k = 0; k < PARTS; k++)
        if (rs_small_count(sum[k], minimum)) return true;
    return false;
}

/* The smallest shown cell of the row that is still known, a total only where there is no other; -1 where none. */
static int64_t smallest_known(const struct rs_cells *t, const double *row) {
    int64_t best = -1;
    for (size_t c = 0; c < t->n_cells; c++) {
        const struct rs_small_cell *cell = &t->cells[c];
        if (fabs(row[c]) < nothing || !cell->shown || cell->suppressed || part(cell, 0) == 0) continue;
        const struct rs_small_cell *other = best < 0 ? NULL : &t->cells[best];
        if (!other || (other->total && !cell->total) || (other->total == cell->total && cell->n < other->n))
            best = (int64_t)c;
    }
    return best;
}

/* The row of either form that discloses something, and the smallest known cell of it; -1 where there is none. */
static int64_t disclosed_by(const struct rs_cells *t, const struct rs_solved *s, double minimum, uint32_t *which) {
    int64_t found = -1;
    for (size_t r = 0; r < s->rows && found < 0; r++)
        if (discloses(t, row_of(s, r), minimum, which)) found = smallest_known(t, row_of(s, r));
    return found;
}

/* One complementary suppression; false where nothing is disclosed, or nothing more can be suppressed. The relations are
 * looked at as given, too: solving may mix a small sum of unknown cells with others and so hide it from this search,
 * though not from a reader. */
static bool suppress_one(struct rs_cells *t, double minimum) {
    struct rs_solved given = rs_cells_as_given(t), s = rs_cells_solve(t);
    uint32_t which = RS_NO_CELL;
    int64_t found = disclosed_by(t, &given, minimum, &which);
    if (found < 0) found = disclosed_by(t, &s, minimum, &which);
    free(given.a);
    free(s.a);
    if (found < 0) return false;
    t->cells[found].suppressed = true;
    t->cells[found].protects = which;
    return true;
}

/* ---- audit ---------------------------------------------------------------------------------------------------- */

static bool narrow(double *low, double *high, double at_least, double at_most) {
    bool changed = false;
    if (at_least > *low + 1e-7) {
        *low = at_least;
        changed = true;
    }
    if (at_most < *high - 1e-7) {
        *high = at_most;
        changed = true;
    }
    return changed;
}

/* From sum of a_c v_c = 0, bounds of each v_c given the others'. Infinite ends are counted, not added. */
static bool narrow_row(const struct rs_cells *t, const double *row, int k, struct rs_cell_bounds *b) {
    double least = 0, most = 0;
    size_t no_least = 0, no_most = 0;
    for (size_t c = 0; c < t->n_cells; c++) {
        double a = row[c];
        if (fabs(a) < nothing) continue;
        double lo = a > 0 ? a * b[c].low[k] : a * b[c].high[k], hi = a > 0 ? a * b[c].high[k] : a * b[c].low[k];
        if (isinf(lo)) no_least++;
        else least += lo;
        if (isinf(hi)) no_most++;
        else most += hi;
    }
    bool changed = false;
    for (size_t c = 0; c < t->n_cells; c++) {
        double a = row[c];
        if (fabs(a) < nothing || known(&t->cells[c])) continue;
        double lo = a > 0 ? a * b[c].low[k] : a * b[c].high[k], hi = a > 0 ? a * b[c].high[k] : a * b[c].low[k];
        /* a v = -(sum of the others), which lies in [-other_most, -other_least] */
        bool has_least = no_least == (isinf(lo) ? 1 : 0), has_most = no_most == (isinf(hi) ? 1 : 0);
        double other_least = has_least ? least - (isinf(lo) ? 0 : lo) : -INFINITY;
        double other_most = has_most ? most - (isinf(hi) ? 0 : hi) : INFINITY;
        double one = -other_most / a, two = -other_least / a;
        if (!isnan(one) && !isnan(two))
            changed |= narrow(&b[c].low[k], &b[c].high[k], fmin(one, two), fmax(one, two));
    }
    return changed;
}

/* n = x + f, all not negative. */
static bool narrow_parts(struct rs_cell_bounds *b) {
    bool changed = narrow(&b->low[0], &b->high[0], b->low[1] + b->low[2], b->high[1] + b->high[2]);
    changed |= narrow(&b->low[1], &b->high[1], b->low[0] - b->high[2], b->high[0] - b->low[2]);
    return narrow(&b->low[2], &b->high[2], b->low[0] - b->high[1], b->high[0] - b->low[1]) || changed;
}

bool rs_worked_out(double n, double x, const struct rs_cell_bounds *b, double minimum) {
    for (int k = 0; k < PARTS; k++) {
        double v = rs_count_part(n, x, k);
        if (v > 0 && b->high[k] - b->low[k] < 1e-6 * (1 + v)) return true;
        if (rs_small_count(v, minimum) && b->low[k] > 1e-6 && b->high[k] < minimum - 1e-6) return true;
    }
    return false;
}

static bool whole(double v) { return fabs(v - round(v)) < 1e-9; }

bool rs_nearly_worked_out(double n, double x, const struct rs_cell_bounds *b) {
    bool counted = whole(n) && whole(x);
    for (int k = 0; k < PARTS; k++) {
        if (!(b->low[k] > 1e-6)) continue;
        if (b->high[k] - b->low[k] < 1 - 1e-6) return true;
        if (counted && floor(b->high[k] + 1e-6) <= ceil(b->low[k] - 1e-6)) return true;
    }
    return false;
}

static bool unknown_at_risk(const struct rs_small_cell *c, double minimum) { return !known(c) && at_risk(c, minimum); }

static bool worked_out(const struct rs_small_cell *c, const struct rs_cell_bounds *b, double minimum) {
    return unknown_at_risk(c, minimum) && rs_worked_out(c->n, c->x, b, minimum);
}

static bool nearly_worked_out(const struct rs_small_cell *c, const struct rs_cell_bounds *b, double minimum) {
    return unknown_at_risk(c, minimum) && rs_nearly_worked_out(c->n, c->x, b);
}

/* The first cell that is worked out, or else nearly, of those that are not left as they are (NULL: none is). */
static int64_t first_found(const struct rs_cells *t, double minimum, const struct rs_cell_bounds *b, const bool *left) {
    for (size_t c = 0; c < t->n_cells; c++)
        if (worked_out(&t->cells[c], &b[c], minimum)) return (int64_t)c;
    for (size_t c = 0; c < t->n_cells; c++)
        if ((!left || !left[c]) && nearly_worked_out(&t->cells[c], &b[c], minimum)) return (int64_t)c;
    return -1;
}

static void find_bounds(const struct rs_cells *t, struct rs_cell_bounds *b) {
    for (size_t c = 0; c < t->n_cells; c++)
        for (int k = 0; k < PARTS; k++) {
            bool certain = known(&t->cells[c]);
            b[c].low[k] = certain ? part(&t->cells[c], k) : 0;
            b[c].high[k] = certain ? part(&t->cells[c], k) : INFINITY;
        }
    struct rs_solved s = rs_cells_solve(t), given = rs_cells_as_given(t);
    bool changed = true;
    for (int round = 0; changed && round < 200; round++) {
        changed = false;
        for (size_t r = 0; r < s.rows; r++)
            for (int k = 0; k < PARTS; k++) {
                changed |= narrow_row(t, row_of(&given, r), k, b);
                changed |= narrow_row(t, row_of(&s, r), k, b);
            }
        for (size_t c = 0; c < t->n_cells; c++)
            if (!known(&t->cells[c])) changed |= narrow_parts(&b[c]);
    }
    free(s.a);
    free(given.a);
}

int64_t rs_suppression_audit(const struct rs_cells *t, double minimum) {
    struct rs_cell_bounds *b = rs_alloc((t->n_cells + 1) * sizeof *b);
    find_bounds(t, b);
    int64_t found = first_found(t, minimum, b, NULL);
    free(b);
    return found;
}

/* The smallest known cell that shares a relation with cell `c`, for what only the bounds gave away. */
static bool suppress_beside(struct rs_cells *t, uint32_t c) {
    double *any = rs_alloc((t->n_cells + 1) * sizeof *any);
    for (size_t i = 0; i < t->n_terms; i++) {
        if (t->terms[i].cell != c) continue;
        for (size_t j = 0; j < t->n_terms; j++)
            if (t->terms[j].relation == t->terms[i].relation) any[t->terms[j].cell] = 1;
    }
    int64_t found = smallest_known(t, any);
    free(any);
    if (found < 0) return false;
    t->cells[found].suppressed = t->cells[found].by_bounds = true;
    t->cells[found].protects = c;
    return true;
}

/* One more cell for what only the bounds gave away; *more says whether there was any. Where nothing is left beside a cell
 * that is nearly known, it stays: it is no small one. RS_BUG where one is known. */
static bool suppress_found(struct rs_cells *t, double minimum, const struct rs_cell_bounds *b, bool *left, bool *more,
                           struct rs_error *error) {
    *more = true;
    for (;;) {
        int64_t found = first_found(t, minimum, b, left);
        if (found < 0) return !(*more = false);
        if (suppress_beside(t, (uint32_t)found)) return true;
        if (worked_out(&t->cells[found], &b[found], minimum))
            return rs_fail(error, RS_BUG, "small cells: cell %lld of %zu could still be worked out from what would be "
                           "published, so nothing is; please report this", (long long)found, t->n_cells);
        left[found] = true;
    }
}

/* Complementary suppression until nothing more is given away, but by bounds alone. */
static bool suppress_all(struct rs_cells *t, const struct rs_publication *others, size_t n, double minimum,
                         struct rs_error *error) {
    for (bool more = true; more;) {
        while (suppress_one(t, minimum)) continue;
        more = false;
        for (size_t i = 0; i < n && !more; i++)
            if (!rs_differences_suppress_one(t, &others[i], minimum, &more, error)) return false;
    }
    return true;
}

bool rs_suppress(struct rs_cells *t, double minimum, struct rs_error *error) {
    return rs_suppress_beside(t, NULL, 0, minimum, error);
}

bool rs_suppress_beside(struct rs_cells *t, const struct rs_publication *others, size_t n, double minimum,
                        struct rs_error *error) {
    for (size_t c = 0; c < t->n_cells; c++) {
        struct rs_small_cell *cell = &t->cells[c];
        cell->primary = minimum > 1 && sensitive(cell, minimum);
        cell->suppressed = cell->shown && (cell->primary || (cell->goes_along && minimum > 1));
        cell->differencing = cell->by_bounds = false;
        cell->protects = RS_NO_CELL;
    }
    if (minimum <= 1) return true;
    for (size_t i = 0; i < n; i++) rs_differences_mark(t, &others[i], minimum);
    struct rs_cell_bounds *b = rs_alloc((t->n_cells + 1) * sizeof *b);
    bool *left = rs_alloc(t->n_cells + 1), good = true;
    for (bool more = true; good && more;) {
        good = suppress_all(t, others, n, minimum, error);
        if (!good) break;
        find_bounds(t, b);
        good = suppress_found(t, minimum, b, left, &more, error);
    }
    free(left);
    for (size_t c = 0; good && c < t->n_cells; c++) {
        t->cells[c].least = b[c].low[0];
        t->cells[c].most = b[c].high[0];
    }
    free(b);
    return good;
}
