/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Why it exists: the general table of relations is solved as a dense system, which two hundred provider groups by six
 * groups are too many for. */
#include "two_way.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "pipeline/base/successive.h"
#include "pipeline/base/text.h"

enum { PARTS = RS_COUNT_PARTS };

void rs_two_way_make(struct rs_two_way *t, size_t rows, size_t columns) {
    *t = (struct rs_two_way){.rows = rows, .columns = columns};
    t->cell = rs_alloc((rows * columns + 1) * sizeof *t->cell);
    t->row_known = rs_alloc(rows + columns + 1);
    t->column_known = t->row_known + rows;
    for (size_t i = 0; i < rows + columns; i++) t->row_known[i] = true;
}

void rs_two_way_free(struct rs_two_way *t) {
    free(t->cell);
    free(t->row_known);
    *t = (struct rs_two_way){0};
}

static double part(const struct rs_two_way_cell *c, int k) { return rs_count_part(c->n, c->x, k); }
static bool is_small(const struct rs_two_way_cell *c, double minimum) { return rs_any_small(c->n, c->x, minimum); }
static bool unknown(const struct rs_two_way_cell *c) { return c->state != RS_CELL_SHOWN && part(c, 0) > 0; }
static bool at_risk(const struct rs_two_way_cell *c, double minimum) {
    return unknown(c) && (c->state != RS_CELL_HIDDEN || is_small(c, minimum));
}

/* Lines: rows first, then columns. */
static size_t lines(const struct rs_two_way *t) { return t->rows + t->columns; }
static size_t length(const struct rs_two_way *t, size_t line) { return line < t->rows ? t->columns : t->rows; }
static size_t place(const struct rs_two_way *t, size_t line, size_t i) {
    return line < t->rows ? line * t->columns + i : i * t->columns + (line - t->rows);
}
static bool margin_known(const struct rs_two_way *t, size_t line) { return t->row_known[line]; }

static bool has_unknown(const struct rs_two_way *t, size_t line) {
    for (size_t i = 0; i < length(t, line); i++)
        if (unknown(&t->cell[place(t, line, i)])) return true;
    return false;
}

/* Withholds a cell of the line that is still shown: where the line across has unknown cells already, so that they protect
 * each other and no further one is needed there; of these the smallest. false where there is none. */
static bool withhold_smallest(struct rs_two_way *t, size_t line) {
    struct rs_two_way_cell *best = NULL;
    bool best_crossed = false;
    for (size_t i = 0; i < length(t, line); i++) {
        struct rs_two_way_cell *c = &t->cell[place(t, line, i)];
        if (c->state != RS_CELL_SHOWN || !(part(c, 0) > 0)) continue;
        bool crossed = has_unknown(t, line < t->rows ? t->rows + i : i);
        if (best && (crossed < best_crossed || (crossed == best_crossed && c->n >= best->n))) continue;
        best = c;
        best_crossed = crossed;
    }
    if (best) best->state = RS_CELL_COMPLEMENTARY;
    return best != NULL;
}

static bool line_tells(const struct rs_two_way *t, size_t line, double minimum) {
    size_t count = 0;
    bool risk = false;
    double sum[PARTS] = {0};
    if (!margin_known(t, line)) return false;
    for (size_t i = 0; i < length(t, line); i++) {
        const struct rs_two_way_cell *c = &t->cell[place(t, line, i)];
        if (!unknown(c)) continue;
        count++;
        risk |= at_risk(c, minimum);
        for (int k = 0; k < PARTS; k++) sum[k] += part(c, k);
    }
    if (count == 0) return false;
    if (count == 1 && risk) return true;
    for (int k = 0; k < PARTS; k++)
        if (rs_small_count(sum[k], minimum)) return true;
    return false;
}

/* ---- bridges --------------------------------------------------------------------------------------------------- */

/* Vertices: lines with a known margin; all lines without one are a single vertex, since nothing is known of their sums.
 * Depth-first without recursion; low[v] is the earliest vertex that v's part of the tree reaches. */
struct graph {
    const struct rs_two_way *t;
    double minimum;
    size_t *seen, *low, *from, *next, *stack; /* by vertex; from: the edge it was reached by */
    size_t clock, outside;
    /* Of differences: what a line's unknown cells sum to, minus for columns; once a vertex is done, with all below it, which
     * is what flows over its edge. NULL: of counts. */
    double (*sum)[PARTS];
};

static size_t vertex_of(const struct graph *g, size_t line) { return margin_known(g->t, line) ? line : g->outside; }

/* Bridges into *found; the smallest cell number, or SIZE_MAX. `outside` has many edges, and is where the walk starts, so
 * that its edges need no list of their own: they are met from the other side. */
static void note_bridge(const struct graph *g, size_t v, size_t *found) {
    size_t edge = g->from[v];
    if (g->low[v] != g->seen[v] || edge == SIZE_MAX || edge >= *found) return;
    bool risk = !g->sum && at_risk(&g->t->cell[edge], g->minimum);
    for (int k = 0; g->sum && k < PARTS; k++) risk |= rs_small_difference(g->sum[v][k], g->minimum);
    if (risk) *found = edge;
}

static size_t edge_end(const struct graph *g, size_t edge, size_t v) {
    size_t row = vertex_of(g, edge / g->t->columns), column = vertex_of(g, g->t->rows + edge % g->t->columns);
    return row == v ? column : row;
}

/* The next unknown cell at vertex v from place *i on; SIZE_MAX at the end. */
static size_t next_edge(const struct graph *g, size_t v, size_t *i) {
    const struct rs_two_way *t = g->t;
    size_t end = v == g->outside ? t->rows * t->columns : length(t, v);
    while (*i < end) {
        size_t edge = v == g->outside ? *i : place(t, v, *i);
        (*i)++;
        if (!unknown(&t->cell[edge])) continue;
        size_t row = vertex_of(g, edge / t->columns), column = vertex_of(g, t->rows + edge % t->columns);
        if (row == column || (row != v && column != v)) continue;
        return edge;
    }
    return SIZE_MAX;
}

static void walk_from(struct graph *g, size_t root, size_t *found) {
    size_t depth = 0;
    g->stack[depth++] = root;
    g->seen[root] = g->low[root] = ++g->clock;
    g->from[root] = SIZE_MAX;
    while (depth) {
        size_t v = g->stack[depth - 1], edge = next_edge(g, v, &g->next[v]);
        if (edge == SIZE_MAX) {
            note_bridge(g, v, found);
            depth--;
            for (int k = 0; depth && g->sum && k < PARTS; k++) g->sum[g->stack[depth - 1]][k] += g->sum[v][k];
            if (depth && g->low[v] < g->low[g->stack[depth - 1]]) g->low[g->stack[depth - 1]] = g->low[v];
            continue;
        }
        if (edge == g->from[v]) continue;
        size_t other = edge_end(g, edge, v);
        if (g->seen[other]) {
            if (g->seen[other] < g->low[v]) g->low[v] = g->seen[other];
            continue;
        }
        g->seen[other] = g->low[other] = ++g->clock;
        g->from[other] = edge;
        g->stack[depth++] = other;
    }
}

/* sum: of differences, by vertex, and changed; NULL. */
static size_t bridge(const struct rs_two_way *t, double minimum, double (*sum)[PARTS]) {
    size_t n = lines(t) + 1, found = SIZE_MAX;
    struct graph g = {.t = t, .minimum = minimum, .outside = n - 1, .sum = sum};
    g.seen = rs_alloc(5 * n * sizeof *g.seen);
    g.low = g.seen + n;
    g.from = g.low + n;
    g.next = g.from + n;
    g.stack = g.next + n;
    walk_from(&g, g.outside, &found);
    for (size_t v = 0; v < n; v++)
        if (!g.seen[v] && (v == g.outside || margin_known(t, v))) walk_from(&g, v, &found);
    free(g.seen);
    return found;
}

/* ---- bounds ---------------------------------------------------------------------------------------------------- */

static bool narrow(double *low, double *high, double at_least, double at_most) {
    bool changed = at_least > *low + 1e-7 || at_most < *high - 1e-7;
    *low = fmax(*low, at_least);
    *high = fmin(*high, at_most);
    return changed;
}

/* From the sum of a line's unknown cells. */
static bool narrow_line(const struct rs_two_way *t, size_t line, int k, struct rs_cell_bounds *b) {
    double sum = 0, low = 0, high = 0;
    size_t endless = 0;
    bool changed = false;
    for (size_t i = 0; i < length(t, line); i++) {
        size_t at = place(t, line, i);
        if (!unknown(&t->cell[at])) continue;
        sum += part(&t->cell[at], k);
        low += b[at].low[k];
        if (isinf(b[at].high[k])) endless++;
        else high += b[at].high[k];
    }
    for (size_t i = 0; i < length(t, line); i++) {
        size_t at = place(t, line, i);
        if (!unknown(&t->cell[at])) continue;
        bool mine = isinf(b[at].high[k]);
        double others = endless > (mine ? 1 : 0) ? INFINITY : high - (mine ? 0 : b[at].high[k]);
        changed |= narrow(&b[at].low[k], &b[at].high[k], sum - others, sum - (low - b[at].low[k]));
    }
    return changed;
}

static bool narrow_parts(struct rs_cell_bounds *b) {
    bool changed = narrow(&b->low[0], &b->high[0], b->low[1] + b->low[2], b->high[1] + b->high[2]);
    changed |= narrow(&b->low[1], &b->high[1], b->low[0] - b->high[2], b->high[0] - b->low[2]);
    return narrow(&b->low[2], &b->high[2], b->low[0] - b->high[1], b->high[0] - b->low[1]) || changed;
}

static bool has_shown(const struct rs_two_way *t, size_t line) {
    for (size_t i = 0; i < length(t, line); i++) {
        const struct rs_two_way_cell *c = &t->cell[place(t, line, i)];
        if (c->state == RS_CELL_SHOWN && part(c, 0) > 0) return true;
    }
    return false;
}

/* And something beside it is left to withhold. */
static bool nearly_worked_out(const struct rs_two_way *t, size_t at, const struct rs_cell_bounds *b, double minimum) {
    const struct rs_two_way_cell *c = &t->cell[at];
    return at_risk(c, minimum) && rs_nearly_worked_out(c->n, c->x, b) &&
           (has_shown(t, at / t->columns) || has_shown(t, t->rows + at % t->columns));
}

static size_t bounded(const struct rs_two_way *t, double minimum) {
    size_t cells = t->rows * t->columns, found = SIZE_MAX;
    struct rs_cell_bounds *b = rs_alloc((cells + 1) * sizeof *b);
    for (size_t i = 0; i < cells; i++)
        for (int k = 0; k < PARTS; k++) b[i].high[k] = INFINITY;
    bool changed = true;
    for (int round = 0; changed && round < 100; round++) {
        changed = false;
        for (size_t line = 0; line < lines(t); line++)
            for (int k = 0; margin_known(t, line) && k < PARTS; k++) changed |= narrow_line(t, line, k, b);
        for (size_t i = 0; i < cells; i++)
            if (unknown(&t->cell[i])) changed |= narrow_parts(&b[i]);
    }
    for (size_t i = 0; i < cells && found == SIZE_MAX; i++)
        if (at_risk(&t->cell[i], minimum) && rs_worked_out(t->cell[i].n, t->cell[i].x, &b[i], minimum)) found = i;
    for (size_t i = 0; i < cells && found == SIZE_MAX; i++)
        if (nearly_worked_out(t, i, &b[i], minimum)) found = i;
    free(b);
    return found;
}

bool rs_two_way_leaks(const struct rs_two_way *t, double minimum, size_t *row, size_t *column) {
    size_t found = bridge(t, minimum, NULL);
    if (found == SIZE_MAX) found = bounded(t, minimum);
    if (found == SIZE_MAX) return false;
    *row = found / t->columns;
    *column = found % t->columns;
    return true;
}

/* ---- differences ------------------------------------------------------------------------------------------------ */

void rs_two_way_then_make(const struct rs_two_way *t, struct rs_two_way_then *out) {
    size_t cells = t->rows * t->columns;
    out->cell = rs_alloc((cells + lines(t) + 1) * sizeof *out->cell);
    out->line = out->cell + cells;
}

void rs_two_way_then_free(struct rs_two_way_then *then) {
    free(then->cell);
    *then = (struct rs_two_way_then){.cell = NULL};
}

static double change(const struct rs_two_way_cell *now, const struct rs_two_way_other *then, int k) {
    return part(now, k) - rs_count_part(then->n, then->x, k);
}

/* Margins and cells that a reader knows the difference of: those of both publications. */
struct differences {
    struct rs_two_way t;  /* unknown cells count 1, hidden; known ones 0 */
    double (*sum)[PARTS]; /* of the unknown cells of each line, minus for columns; 0 of lines without a margin */
};

static struct differences differences_of(const struct rs_two_way *t, const struct rs_two_way_then *then) {
    struct differences d = {.sum = rs_alloc((lines(t) + 1) * sizeof *d.sum)};
    rs_two_way_make(&d.t, t->rows, t->columns);
    for (size_t i = 0; i < t->rows * t->columns; i++)
        if (unknown(&t->cell[i]) || !then->cell[i].known) d.t.cell[i] = (struct rs_two_way_cell){1, 0, RS_CELL_HIDDEN};
    for (size_t line = 0; line < lines(t); line++) {
        struct rs_two_way_cell margin = {.n = 0};
        d.t.row_known[line] = margin_known(t, line) && then->line[line].known;
        if (!d.t.row_known[line]) continue;
        for (size_t i = 0; i < length(t, line); i++) {
            margin.n += t->cell[place(t, line, i)].n;
            margin.x += t->cell[place(t, line, i)].x;
        }
        for (int k = 0; k < PARTS; k++) {
            double sum = change(&margin, &then->line[line], k);
            for (size_t i = 0; i < length(t, line); i++) {
                size_t at = place(t, line, i);
                if (!unknown(&d.t.cell[at])) sum -= change(&t->cell[at], &then->cell[at], k);
            }
            d.sum[line][k] = line < t->rows ? sum : -sum;
        }
    }
    return d;
}

static void differences_free(struct differences *d) {
    rs_two_way_free(&d->t);
    free(d->sum);
}

static bool sum_small(const struct differences *d, size_t line, double minimum) {
    bool small = false;
    for (int k = 0; k < PARTS; k++) small |= rs_small_difference(d->sum[line][k], minimum);
    return small && margin_known(&d->t, line) && has_unknown(&d->t, line);
}

/* Withholds a shown cell of the line that is known in both publications: one that changed, or if there is none and `any`, one
 * that did not, which hides no sum but which cell it is; of these the smallest. */
static bool withhold_known(struct rs_two_way *t, const struct differences *d, const struct rs_two_way_then *then, size_t line,
                           bool any) {
    struct rs_two_way_cell *best = NULL;
    bool best_changed = false;
    for (size_t i = 0; i < length(t, line); i++) {
        size_t at = place(t, line, i);
        struct rs_two_way_cell *c = &t->cell[at];
        if (c->state != RS_CELL_SHOWN || !(part(c, 0) > 0) || unknown(&d->t.cell[at])) continue;
        bool changed = fabs(change(c, &then->cell[at], 0)) > RS_READ_BACK;
        if (!changed && !any) continue;
        if (best && (changed < best_changed || (changed == best_changed && c->n >= best->n))) continue;
        best = c;
        best_changed = changed;
    }
    if (best) best->state = RS_CELL_DIFFERENCING;
    return best != NULL;
}

static void mark_changed(struct rs_two_way *t, const struct rs_two_way_then *then, double minimum) {
    for (size_t i = 0; i < t->rows * t->columns; i++) {
        struct rs_two_way_cell *c = &t->cell[i];
        if (c->state != RS_CELL_SHOWN || !then->cell[i].known || !(part(c, 0) > 0)) continue;
        for (int k = 0; k < PARTS; k++)
            if (rs_small_difference(change(c, &then->cell[i], k), minimum)) c->state = RS_CELL_DIFFERENCING;
    }
}

/* One more cell withheld; false where no small difference follows, or nothing is left to withhold: what follows from margins
 * alone is not this table's. */
static bool suppress_difference(struct rs_two_way *t, const struct rs_two_way_then *then, double minimum) {
    struct differences d = differences_of(t, then);
    bool changed = false;
    for (size_t line = 0; !changed && line < lines(t); line++)
        changed = sum_small(&d, line, minimum) && withhold_known(t, &d, then, line, false);
    if (!changed) {
        size_t found = bridge(&d.t, minimum, d.sum);
        changed = found != SIZE_MAX && (withhold_known(t, &d, then, found / t->columns, true) ||
                                        withhold_known(t, &d, then, t->rows + found % t->columns, true));
        /* both its lines are withheld: the cell that joins the two sides again is elsewhere */
        for (size_t row = 0; found != SIZE_MAX && !changed && row < t->rows; row++)
            changed = withhold_known(t, &d, then, row, true);
    }
    differences_free(&d);
    return changed;
}

/* ---- all of it -------------------------------------------------------------------------------------------------- */

static bool suppress_one(struct rs_two_way *t, double minimum) {
    bool changed = false;
    size_t row, column;
    for (size_t line = 0; line < lines(t); line++)
        while (line_tells(t, line, minimum) && withhold_smallest(t, line)) changed = true;
    if (changed || !rs_two_way_leaks(t, minimum, &row, &column)) return changed;
    return withhold_smallest(t, row) || withhold_smallest(t, t->rows + column);
}

void rs_two_way_suppress_beside(struct rs_two_way *t, const struct rs_two_way_then *then, size_t n, double minimum) {
    if (minimum <= 1) return;
    for (size_t i = 0; i < t->rows * t->columns; i++)
        if (t->cell[i].state == RS_CELL_SHOWN && is_small(&t->cell[i], minimum)) t->cell[i].state = RS_CELL_PRIMARY;
    for (size_t i = 0; i < n; i++) mark_changed(t, &then[i], minimum);
    for (bool changed = true; changed;) {
        while (suppress_one(t, minimum)) continue;
        changed = false;
        for (size_t i = 0; i < n && !changed; i++) changed = suppress_difference(t, &then[i], minimum);
    }
}

void rs_two_way_suppress(struct rs_two_way *t, double minimum) { rs_two_way_suppress_beside(t, NULL, 0, minimum); }
