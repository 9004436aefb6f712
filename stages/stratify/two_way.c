/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Why it exists: the general table of relations is solved as a dense system, which two hundred provider groups by six
 * groups are too many for. */
#include "two_way.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "pipeline/base/suppress.h"
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
static bool is_small(const struct rs_two_way_cell *c, double minimum) {
    return rs_small_count(part(c, 0), minimum) || rs_small_count(part(c, 1), minimum) || rs_small_count(part(c, 2), minimum);
}
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
    size_t *seen, *low, *from, *next, *stack; /* by vertex; from: the edge it was reached by */
    size_t vertices, clock, outside;
};

static size_t vertex_of(const struct graph *g, size_t line) { return margin_known(g->t, line) ? line : g->outside; }

/* Bridges into *found; the smallest cell number, or SIZE_MAX. `outside` has many edges, and is where the walk starts, so
 * that its edges need no list of their own: they are met from the other side. */
static void note_bridge(const struct graph *g, size_t v, double minimum, size_t *found) {
    size_t edge = g->from[v];
    if (g->low[v] == g->seen[v] && edge != SIZE_MAX && at_risk(&g->t->cell[edge], minimum) && edge < *found)
        *found = edge;
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

static void walk_from(struct graph *g, size_t root, double minimum, size_t *found) {
    size_t depth = 0;
    g->stack[depth++] = root;
    g->seen[root] = g->low[root] = ++g->clock;
    g->from[root] = SIZE_MAX;
    while (depth) {
        size_t v = g->stack[depth - 1], edge = next_edge(g, v, &g->next[v]);
        if (edge == SIZE_MAX) {
            note_bridge(g, v, minimum, found);
            depth--;
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

static size_t bridge(const struct rs_two_way *t, double minimum) {
    size_t n = lines(t) + 1, found = SIZE_MAX;
    struct graph g = {.t = t, .vertices = n, .outside = n - 1};
    g.seen = rs_alloc(5 * n * sizeof *g.seen);
    g.low = g.seen + n;
    g.from = g.low + n;
    g.next = g.from + n;
    g.stack = g.next + n;
    walk_from(&g, g.outside, minimum, &found);
    for (size_t v = 0; v < n; v++)
        if (!g.seen[v] && (v == g.outside || margin_known(t, v))) walk_from(&g, v, minimum, &found);
    free(g.seen);
    return found;
}

/* ---- bounds ---------------------------------------------------------------------------------------------------- */

struct bounds {
    double low[PARTS], high[PARTS];
};

static bool narrow(double *low, double *high, double at_least, double at_most) {
    bool changed = at_least > *low + 1e-7 || at_most < *high - 1e-7;
    *low = fmax(*low, at_least);
    *high = fmin(*high, at_most);
    return changed;
}

/* From the sum of a line's unknown cells. */
static bool narrow_line(const struct rs_two_way *t, size_t line, int k, struct bounds *b) {
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

static bool narrow_parts(struct bounds *b) {
    bool changed = narrow(&b->low[0], &b->high[0], b->low[1] + b->low[2], b->high[1] + b->high[2]);
    changed |= narrow(&b->low[1], &b->high[1], b->low[0] - b->high[2], b->high[0] - b->low[2]);
    return narrow(&b->low[2], &b->high[2], b->low[0] - b->high[1], b->high[0] - b->low[1]) || changed;
}

static bool worked_out(const struct rs_two_way_cell *c, const struct bounds *b, double minimum) {
    if (!at_risk(c, minimum)) return false;
    for (int k = 0; k < PARTS; k++) {
        double v = part(c, k);
        if (v > 0 && b->high[k] - b->low[k] < 1e-6 * (1 + v)) return true;
        if (rs_small_count(v, minimum) && b->low[k] > 1e-6 && b->high[k] < minimum - 1e-6) return true;
    }
    return false;
}

static size_t bounded(const struct rs_two_way *t, double minimum) {
    size_t cells = t->rows * t->columns, found = SIZE_MAX;
    struct bounds *b = rs_alloc((cells + 1) * sizeof *b);
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
        if (worked_out(&t->cell[i], &b[i], minimum)) found = i;
    free(b);
    return found;
}

bool rs_two_way_leaks(const struct rs_two_way *t, double minimum, size_t *row, size_t *column) {
    size_t found = bridge(t, minimum);
    if (found == SIZE_MAX) found = bounded(t, minimum);
    if (found == SIZE_MAX) return false;
    *row = found / t->columns;
    *column = found % t->columns;
    return true;
}

void rs_two_way_suppress(struct rs_two_way *t, double minimum) {
    if (minimum <= 1) return;
    for (size_t i = 0; i < t->rows * t->columns; i++)
        if (t->cell[i].state == RS_CELL_SHOWN && is_small(&t->cell[i], minimum)) t->cell[i].state = RS_CELL_PRIMARY;
    for (bool changed = true; changed;) {
        changed = false;
        for (size_t line = 0; line < lines(t); line++)
            while (line_tells(t, line, minimum) && withhold_smallest(t, line)) changed = true;
        size_t row, column;
        if (!changed && rs_two_way_leaks(t, minimum, &row, &column))
            changed = withhold_smallest(t, row) || withhold_smallest(t, t->rows + column);
    }
}
