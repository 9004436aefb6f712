/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Why it exists: where nobody is left in a group, its row is missing, and what its margins lost has to be shared out
 * rightly. */
#include <stdlib.h>
#include <string.h>
#include "estimate.h"
#include "published.h"

enum { RS_NO_ROW = -1 };

/* What a cell is a row of: a row of estimates, by which kinds are told apart. */
struct places {
    const struct rs_estimates *all;
    int64_t *row; /* by cell: number of its first estimate, or RS_NO_ROW */
};

/* The row that is gone. */
struct gone {
    enum rs_dimension d;
    enum rs_row_kind kind;
    struct rs_view stratum;
};

static bool dimension_of(const struct rs_strata *s, struct rs_view name, enum rs_dimension *d) {
    size_t n = (size_t)RS_BUILT_IN + (s->dimensions ? s->dimensions->n_crossed : 0);
    for (size_t i = RS_RACE; i < n; i++) {
        *d = (enum rs_dimension)i;
        if (rs_eq_c(name, rs_dimension_name(s, *d))) return rs_dimension_used(s, *d) || i >= RS_BUILT_IN;
    }
    return false;
}

static const enum rs_dimension *parts_of(const struct rs_strata *s, const enum rs_dimension *d, size_t *n) {
    *n = 1;
    if (*d < RS_BUILT_IN) return d;
    const struct rs_crossed *c = &s->dimensions->crossed[*d - RS_BUILT_IN];
    *n = c->n;
    return c->part;
}

static size_t labels_of(struct rs_view name, struct rs_view out[RS_MOST_PARTS]) {
    size_t n = 0;
    while (!rs_is_null(name) && n < RS_MOST_PARTS) out[n++] = rs_split(&name, '*');
    return rs_is_null(name) ? n : 0;
}

/* Whether row e has the gone one in it: it is of everyone, or its parts are some of those of the other. */
static bool is_margin(const struct rs_strata *s, const struct rs_estimate *e, const struct gone *g) {
    struct rs_view mine[RS_MOST_PARTS], its[RS_MOST_PARTS];
    size_t n, m;
    const enum rs_dimension *part = parts_of(s, &e->dimension, &n), *of = parts_of(s, &g->d, &m);
    if (e->dimension == RS_ALL) return g->d < RS_BUILT_IN;
    if (g->d < RS_BUILT_IN || n >= m || labels_of(g->stratum, its) != m) return false;
    if (n == 1) mine[0] = rs_cstr(e->stratum);
    else if (labels_of(rs_cstr(e->stratum), mine) != n) return false;
    for (size_t i = 0; i < n; i++) {
        bool found = false;
        for (size_t j = 0; j < m; j++) found |= part[i] == of[j] && rs_eq(mine[i], its[j]);
        if (!found) return false;
    }
    return true;
}

/* What is known of one relation as a place for the row. */
struct fit {
    bool margin, others, wrong; /* others: rows of its dimension, of its kind */
};

static void look_at(const struct places *p, const struct rs_cells_term *t, const struct gone *g, struct fit *f) {
    int64_t row = p->row[t->cell];
    if (row == RS_NO_ROW) return;
    const struct rs_estimate *e = &p->all->e[row];
    if (e->dimension == g->d && rs_row_kind(e->estimator) == g->kind) f->others = true;
    else if (t->sign > 0 && is_margin(p->all->strata, e, g)) f->margin = true;
    else f->wrong = true;
}

/* Those of 2024 hang together by combinations, which have no row: the relation of everyone and these alone. */
static bool belongs(const struct gone *g, const struct fit *f) {
    return f->margin && !f->wrong && f->others == (g->d != RS_RACE_2024);
}

static void add_gone(const struct places *p, const struct gone *g, const struct rs_published_row *row,
                     struct rs_publication *out) {
    const struct rs_cells *t = &p->all->table;
    struct fit *fit = rs_alloc((t->n_relations + 1) * sizeof *fit);
    for (size_t i = 0; i < t->n_terms; i++) look_at(p, &t->terms[i], g, &fit[t->terms[i].relation]);
    for (uint32_t r = 0; r < t->n_relations; r++) {
        if (!belongs(g, &fit[r])) continue;
        out->gone = rs_realloc(out->gone, (out->n_gone + 1) * sizeof *out->gone);
        out->gone[out->n_gone++] = (struct rs_gone_cell){r, -1, row->n, row->x, row->shown};
    }
    free(fit);
}

static struct places places_of(const struct rs_estimates *all) {
    struct places p = {all, rs_alloc((all->table.n_cells + 1) * sizeof *p.row)};
    for (size_t c = 0; c < all->table.n_cells; c++) p.row[c] = RS_NO_ROW;
    for (size_t i = all->n; i-- > 0;) p.row[all->e[i].cell] = (int64_t)i;
    return p;
}

/* Of several estimators of a group the first speaks for it. The seven that overlap have no place. */
static bool may_be_gone(const struct rs_strata *s, struct rs_view dimension, struct rs_view estimator, struct gone *g) {
    static const enum rs_estimator speak[] = {RS_OBSERVED, RS_SELF_REPORT, RS_BIRDIE, RS_THRESHOLD};
    bool found = false;
    for (int k = 0; k < 4 && !found; k++) {
        found = rs_eq_c(estimator, rs_estimator_names[speak[k]]);
        g->kind = rs_row_kind(speak[k]);
    }
    return found && dimension_of(s, dimension, &g->d) && g->d != RS_RACE_2024_ANY;
}

void rs_published_gone(const struct rs_published_run *r, const bool *met, const struct rs_estimates *all,
                       struct rs_publication *p) {
    bool proportion = all->series->about->kind == RS_PROPORTION;
    struct places places = places_of(all);
    for (uint32_t i = 0; i < r->keys.n; i++) {
        struct rs_view rest = rs_cstr(r->keys.names[i]), part[4];
        struct gone g;
        for (int k = 0; k < 4; k++) part[k] = rs_split(&rest, RS_BETWEEN);
        g.stratum = rest;
        if (met[i] || !rs_eq(part[0], all->series->measure) || !rs_eq(part[1], all->series->period) ||
            !may_be_gone(all->strata, part[2], part[3], &g))
            continue;
        struct rs_published_row row = r->row[i];
        if (!row.shown) row.n = row.x = 0;
        if (!proportion) row.x = 0;
        add_gone(&places, &g, &row, p);
    }
    free(places.row);
}
