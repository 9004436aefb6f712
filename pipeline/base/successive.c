/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Why it exists: who has last month's table and this month's can subtract. */
#include "successive.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "text.h"

enum { PARTS = RS_COUNT_PARTS };
static const double nothing = RS_READ_BACK;

static bool known_here(const struct rs_small_cell *c) {
    return (c->shown && !c->suppressed) || fabs(c->n) < nothing;
}

static bool differs_little(const struct rs_small_cell *c, const struct rs_other_cell *o, double minimum) {
    for (int k = 0; k < PARTS; k++)
        if (rs_small_difference(rs_count_part(c->n, c->x, k) - rs_count_part(o->n, o->x, k), minimum)) return true;
    return o->also_changed;
}

void rs_differences_mark(struct rs_cells *t, const struct rs_publication *other, double minimum) {
    for (size_t c = 0; c < t->n_cells; c++) {
        struct rs_small_cell *cell = &t->cells[c];
        if (!cell->shown || cell->suppressed || !other->cell[c].known) continue;
        cell->suppressed = cell->differencing = differs_little(cell, &other->cell[c], minimum);
    }
}

/* The table of differences. A cell counts as shown where both publications say it; what is then 1 stands for any number. */
struct differences {
    struct rs_cells t;
    double (*part)[PARTS];
};

static void add_difference(struct differences *d, double n, double x, bool known) {
    uint32_t at = rs_cells_add(&d->t, 1, 0, known);
    for (int k = 0; k < PARTS; k++) d->part[at][k] = rs_count_part(n, x, k);
}

static struct differences differences_of(const struct rs_cells *t, const struct rs_publication *other) {
    struct differences d = {.part = rs_alloc((t->n_cells + other->n_gone + 1) * sizeof *d.part)};
    d.t.n_relations = t->n_relations;
    for (size_t c = 0; c < t->n_cells; c++) {
        const struct rs_small_cell *cell = &t->cells[c];
        const struct rs_other_cell *o = &other->cell[c];
        add_difference(&d, cell->n - o->n, cell->x - o->x, known_here(cell) && o->known);
    }
    for (size_t i = 0; i < t->n_terms; i++) rs_cells_term(&d.t, t->terms[i].relation, t->terms[i].cell, t->terms[i].sign);
    for (size_t i = 0; i < other->n_gone; i++) {
        const struct rs_gone_cell *g = &other->gone[i];
        rs_cells_term(&d.t, g->relation, (uint32_t)d.t.n_cells, g->sign);
        add_difference(&d, -g->n, -g->x, g->known);
    }
    return d;
}

/* Whether a row says a small difference: minus the sum of what is known is that of the rest, if it is one cell or a sum. `less`
 * is taken as not known, too. */
static bool discloses(const struct differences *d, const double *row, double minimum, size_t less) {
    size_t unknown = 0;
    double sum[PARTS] = {0}, scale = 1;
    bool up = false, down = false;
    for (size_t c = 0; c < d->t.n_cells; c++) {
        if (fabs(row[c]) < nothing) continue;
        if (d->t.cells[c].shown && c != less) {
            for (int k = 0; k < PARTS; k++) sum[k] += row[c] * d->part[c][k];
            continue;
        }
        unknown++;
        scale = fabs(row[c]);
        up |= row[c] > 0;
        down |= row[c] < 0;
    }
    if (unknown == 0 || (up && down)) return false;
    if (unknown > 1) scale = 1;
    for (int k = 0; k < PARTS; k++)
        if (rs_small_difference(sum[k] / scale, minimum)) return true;
    return false;
}

/* What speaks for withholding a cell: that the row then says no small difference, as it goes on doing where the cell did not
 * change; that it is no total; that it is small. */
struct choice {
    bool helps, part;
    double n;
};

static bool better(const struct choice *a, const struct choice *b) {
    if (a->helps != b->helps) return a->helps;
    if (a->part != b->part) return a->part;
    return a->n < b->n;
}

/* The best cell of the row that both publications say; -1 where there is none. */
static int64_t best_known(const struct rs_cells *t, const struct differences *d, const double *row, double minimum) {
    int64_t found = -1;
    struct choice best = {.helps = false};
    for (size_t c = 0; c < t->n_cells; c++) {
        const struct rs_small_cell *cell = &t->cells[c];
        if (fabs(row[c]) < nothing || !d->t.cells[c].shown || !cell->shown || cell->suppressed) continue;
        struct choice one = {!discloses(d, row, minimum, c), !cell->total, cell->n};
        if (found >= 0 && !better(&one, &best)) continue;
        best = one;
        found = (int64_t)c;
    }
    return found;
}

/* RS_NO_CELL: nothing is disclosed. False where something is, and no cell can be suppressed for it. */
static bool find(const struct rs_cells *t, const struct differences *d, const struct rs_solved *s, double minimum,
                 uint32_t *found) {
    for (size_t r = 0; r < s->rows; r++) {
        const double *row = s->a + r * s->columns;
        if (!discloses(d, row, minimum, RS_NO_CELL)) continue;
        int64_t cell = best_known(t, d, row, minimum);
        if (cell < 0) return false;
        *found = (uint32_t)cell;
        return true;
    }
    return true;
}

bool rs_differences_suppress_one(struct rs_cells *t, const struct rs_publication *other, double minimum, bool *more,
                                 struct rs_error *error) {
    struct differences d = differences_of(t, other);
    struct rs_solved given = rs_cells_as_given(&d.t), solved = rs_cells_solve(&d.t);
    uint32_t found = RS_NO_CELL;
    bool good = find(t, &d, &given, minimum, &found) &&
                (found != RS_NO_CELL || find(t, &d, &solved, minimum, &found));
    if (!good)
        rs_fail(error, RS_BUG, "small cells: beside what an earlier run published, a small difference could be worked out "
                               "whatever is withheld, so nothing is published; --differencing no if its readers are not this "
                               "run's");
    *more = good && found != RS_NO_CELL;
    if (*more) {
        t->cells[found].suppressed = t->cells[found].differencing = true;
        t->cells[found].protects = RS_NO_CELL;
    }
    free(given.a);
    free(solved.a);
    rs_cells_free(&d.t);
    free(d.part);
    return good;
}
