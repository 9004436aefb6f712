/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Why it exists: what is hidden in a margin shows in an intersection; and every intersection is one more way to work out a
 * small cell, so its cells hang together with those of all its margins.
 *
 * Counted cells: the sum over the strata of a crossed dimension that lie in a stratum of a margin is that stratum's. Where
 * race_ethnicity is a part and the others may be crossed with what is imputed of it (strata.h), each stratum of the others
 * is fitted by itself (rates depend on it, as on X in birdie.h): combined = reported + imputed; sums over the others give
 * the combined cells of race_ethnicity; and the others' stratum less its combined groups is who is excluded. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "cells.h"
#include "estimate_parts.h"
#include "label.h"

/* Cells by dimension and name of the stratum. */
struct book {
    struct rs_names names[RS_DIMENSIONS];
    uint32_t *cell[RS_DIMENSIONS][RS_ROW_KINDS];
    size_t room[RS_DIMENSIONS];
};
static const uint32_t NONE = UINT32_MAX;

struct cross {
    struct rs_estimates *out;
    const struct rs_strata *strata;
    const struct rs_settings *settings;
    struct book *book;
    const struct rs_crossed *c;
    size_t k;
    enum rs_dimension d;
    const char **label[RS_MOST_PARTS]; /* by number of each part */
};

/* One stratum: pooled ones of several numbers. */
struct stratum {
    struct rs_stratum sum;
    const char *part[RS_MOST_PARTS];
    int group;     /* of the six, else -1 */
    uint32_t cell; /* counted */
};

/* ---- cells by name ------------------------------------------------------------------------------------------------ */

static uint32_t *place(struct book *b, enum rs_dimension d, const char *stratum, enum rs_row_kind kind) {
    uint32_t at = rs_name_number(&b->names[d], rs_cstr(stratum));
    while (at >= b->room[d]) {
        size_t room = b->room[d] ? 2 * b->room[d] : 32;
        for (int k = 0; k < RS_ROW_KINDS; k++) {
            b->cell[d][k] = rs_realloc(b->cell[d][k], room * sizeof **b->cell[d]);
            for (size_t i = b->room[d]; i < room; i++) b->cell[d][k][i] = NONE;
        }
        b->room[d] = room;
    }
    return &b->cell[d][kind][at];
}

static void note(struct book *b, const struct rs_estimate *e) {
    *place(b, e->dimension, e->stratum, rs_row_kind(e->estimator)) = e->cell;
}

static void free_book(struct book *b) {
    for (int d = 0; d < RS_DIMENSIONS; d++) {
        rs_names_free(&b->names[d]);
        for (int k = 0; k < RS_ROW_KINDS; k++) free(b->cell[d][k]);
    }
}

/* ---- strata ------------------------------------------------------------------------------------------------------- */

/* Sets the parts' labels of a number of the crossed dimension, or of its others. */
static void parts_of(const struct cross *x, const char *name, bool race, const char *part[RS_MOST_PARTS]) {
    struct rs_view rest = rs_cstr(name);
    for (size_t i = 0; i < x->c->n; i++) {
        part[i] = NULL;
        if (!race && x->c->part[i] == RS_RACE) continue;
        uint32_t number = 0;
        rs_name_find(&x->strata->names[x->c->part[i]], rs_split(&rest, RS_BETWEEN), &number);
        part[i] = x->label[i][number];
    }
}

/* "WHITE*female" of those parts that the mask names, in the order given by `order` (dimensions, n of them); kept. */
static const char *joined(const struct cross *x, const char *const part[RS_MOST_PARTS], const enum rs_dimension *order,
                          size_t n) {
    char name[2048];
    size_t at = 0;
    for (size_t j = 0; j < n; j++)
        for (size_t i = 0; i < x->c->n; i++)
            if (x->c->part[i] == order[j] && part[i])
                at += (size_t)snprintf(name + at, at < sizeof name ? sizeof name - at : 0, "%s%s", at ? "*" : "", part[i]);
    uint32_t number = rs_name_number(x->strata->labels, rs_view(name, at < sizeof name ? at : sizeof name - 1));
    return x->strata->labels->names[number];
}

static int group_of(const struct cross *x, const char *const part[RS_MOST_PARTS]) {
    for (size_t i = 0; i < x->c->n; i++)
        for (int g = 0; x->c->part[i] == RS_RACE && g < RS_GROUPS; g++)
            if (strcmp(part[i], rs_group_names[g]) == 0) return g;
    return -1;
}

static bool is_missing(const struct cross *x, const char *const part[RS_MOST_PARTS]) {
    for (size_t i = 0; i < x->c->n; i++) {
        enum rs_dimension d = x->c->part[i];
        uint32_t number = 0;
        if (d == RS_RACE && !rs_name_find(&x->strata->names[d], rs_cstr(part[i]), &number)) return true;
        if (rs_stratum_is_missing(d, number, part[i])) return true;
    }
    return false;
}

static int by_name(const void *a, const void *b) {
    const struct stratum *x = a, *y = b;
    if (x->sum.missing != y->sum.missing) return x->sum.missing - y->sum.missing;
    return strcmp(x->sum.name, y->sum.name);
}

static struct stratum *strata_of(const struct cross *x, size_t *n) {
    size_t raw;
    struct rs_stratum *list = rs_strata_of(x->out->series, x->strata, x->d, &raw);
    struct stratum *s = rs_alloc((raw + 1) * sizeof *s);
    struct rs_names names = {0};
    *n = 0;
    for (size_t i = 0; i < raw; i++) {
        const char *part[RS_MOST_PARTS];
        parts_of(x, list[i].name, true, part);
        const char *name = joined(x, part, x->c->part, x->c->n);
        uint32_t at = rs_name_number(&names, rs_cstr(name));
        if (at == *n) {
            s[at] = (struct stratum){.sum = {.name = name, .missing = is_missing(x, part)}, .group = group_of(x, part)};
            memcpy(s[at].part, part, sizeof part);
            ++*n;
        }
        rs_stratum_add(&s[at].sum, &list[i]);
    }
    rs_names_free(&names);
    free(list);
    if (*n) qsort(s, *n, sizeof *s, by_name);
    return s;
}

/* ---- relations ---------------------------------------------------------------------------------------------------- */

/* The dimensions of which this one is finer: its parts, and intersections of some of them. */
static size_t margins_of(const struct cross *x, const enum rs_dimension **order, size_t *n, enum rs_dimension *margin) {
    const struct rs_dimensions *all = x->strata->dimensions;
    size_t m = 0;
    for (size_t i = 0; i < x->c->n; i++, m++) {
        order[m] = &x->c->part[i];
        n[m] = 1;
        margin[m] = x->c->part[i];
    }
    for (size_t k = 0; k < x->k; k++) {
        bool inside = all->crossed[k].n < x->c->n;
        for (size_t i = 0; inside && i < all->crossed[k].n; i++) {
            bool found = false;
            for (size_t j = 0; j < x->c->n; j++) found |= x->c->part[j] == all->crossed[k].part[i];
            inside = found;
        }
        if (!inside) continue;
        order[m] = all->crossed[k].part;
        n[m] = all->crossed[k].n;
        margin[m++] = rs_crossed_dimension(k);
    }
    return m;
}

/* cell of the margin = sum of cells of this dimension, for each stratum of the margin. */
static void relate(struct cross *x, const struct stratum *s, const uint32_t *cell, size_t n, enum rs_row_kind kind) {
    const enum rs_dimension *order[RS_MOST_PARTS + RS_MOST_CROSSED];
    enum rs_dimension margin[RS_MOST_PARTS + RS_MOST_CROSSED];
    size_t parts[RS_MOST_PARTS + RS_MOST_CROSSED], margins = margins_of(x, order, parts, margin);
    struct rs_cells *t = &x->out->table;
    for (size_t m = 0; m < margins; m++) {
        struct rs_names names = {0};
        uint32_t *relation = rs_alloc((n + 1) * sizeof *relation);
        bool race = false;
        for (size_t i = 0; i < parts[m]; i++) race |= order[m][i] == RS_RACE;
        for (size_t i = 0; i < n && (race || kind == RS_COUNTED); i++) {
            if (cell[i] == NONE) continue;
            const char *name = joined(x, s[i].part, order[m], parts[m]);
            size_t before = names.n;
            uint32_t at = rs_name_number(&names, rs_cstr(name)), above = *place(x->book, margin[m], name, kind);
            if (names.n > before) {
                relation[at] = above == NONE ? NONE : rs_cells_relation(t);
                if (above != NONE) rs_cells_term(t, relation[at], above, 1);
            }
            if (relation[at] != NONE) rs_cells_term(t, relation[at], cell[i], -1);
        }
        rs_names_free(&names);
        free(relation);
    }
}

/* ---- fitted ------------------------------------------------------------------------------------------------------- */

/* A stratum of the other parts. */
struct other {
    const char *name;
    const char *part[RS_MOST_PARTS];
    double direct_n[RS_GROUPS], direct_x[RS_GROUPS];
    uint32_t reported[RS_GROUPS]; /* cells */
    double n, x;                  /* everybody in it */
};

static bool gather(const struct cross *x, const char *name, struct rs_imputed *into, struct rs_error *error) {
    struct rs_crossed_rows *rows = &x->out->series->crossed[x->k];
    struct rs_imputed_row *room = rs_alloc(RS_CHUNK_ROWS * sizeof *room);
    bool good = true;
    for (size_t i = 0; good && i < rows->n && i < x->strata->others[x->k].n; i++) {
        const char *part[RS_MOST_PARTS];
        if (!rows->by[i].rows) continue;
        parts_of(x, x->strata->others[x->k].names[i], false, part);
        if (strcmp(joined(x, part, x->c->part, x->c->n), name) != 0) continue;
        for (size_t c = 0; good && c < rs_imputed_chunks(&rows->by[i]); c++) {
            const struct rs_imputed_row *r;
            size_t n;
            good = rs_imputed_chunk(&rows->by[i], c, room, &r, &n, error);
            for (size_t j = 0; good && j < n; j++) good = rs_imputed_add(into, &r[j], error);
        }
    }
    free(room);
    return good;
}

/* Who reported in it, by cell of what is adjusted for. */
static struct rs_counts gather_cells(const struct cross *x, const char *name) {
    struct rs_counts sum = {.n = 0};
    const struct rs_crossed_rows *rows = &x->out->series->crossed[x->k];
    for (size_t i = 0; i < rows->n_by_cell && i < x->strata->others[x->k].n; i++) {
        const char *part[RS_MOST_PARTS];
        const struct rs_counts *one = &rows->by_cell[i];
        if (!one->n) continue;
        parts_of(x, x->strata->others[x->k].names[i], false, part);
        if (strcmp(joined(x, part, x->c->part, x->c->n), name) != 0) continue;
        for (uint32_t c = 0; c < one->n; c++) {
            if (!one->c[c].n) continue;
            struct rs_count *to = rs_count_at(&sum, c);
            to->n += one->c[c].n;
            to->x += one->c[c].x;
        }
    }
    return sum;
}

/* Room for one more fit; the cells' where anything is adjusted for. */
static void add_fit(struct rs_estimates *out, bool adjusted) {
    size_t n = out->n_crossed++;
    out->crossed = rs_realloc(out->crossed, out->n_crossed * sizeof *out->crossed);
    if (!adjusted) return;
    out->cells = rs_realloc(out->cells, out->n_crossed * sizeof *out->cells);
    out->cells[n] = (struct rs_crossed_cells){.by_cell = {0}};
}

/* One stratum of the others: its groups, fitted; their cells and strata go to `made`. */
static bool fit_other(struct cross *x, const struct other *o, struct stratum *made, uint32_t *cell, uint32_t *whole_cell,
                      size_t *n, struct rs_error *error) {
    struct rs_imputed rows = {.file = x->out->series->imputed.file};
    struct rs_estimates *out = x->out;
    bool adjusted = x->strata->n_adjust > 0;
    add_fit(out, adjusted);
    struct rs_race_fit *race = &out->crossed[out->n_crossed - 1];
    const struct rs_birdie_fit *fit = &race->birdie;
    struct rs_sample sample = {.imputed = &rows, .threads = x->settings->threads};
    for (int g = 0; g < RS_GROUPS; g++) {
        double persons = o->direct_n[g], y = o->direct_x[g];
        sample.direct[g] = (struct rs_direct){.n = persons, .x = y, .nn = persons, .nx = y, .xx = y};
    }
    /* what is drawn of a person is what is drawn for race_ethnicity alone */
    bool good = gather(x, o->name, &rows, error) &&
                rs_race_fit(&sample, rs_series_seed(out->series, RS_RACE), x->settings->replicates, race, error);
    if (good && adjusted)
        good = rs_crossed_cells_fit(x->strata, x->c, gather_cells(x, o->name), &rows, &out->cells[out->n_crossed - 1], error);
    rs_imputed_free(&rows);
    if (!good) return false;
    struct rs_cells *t = &out->table;
    double left_n = o->n, left_x = o->x;
    size_t others = 0;
    enum rs_dimension order[RS_MOST_PARTS];
    for (size_t i = 0; i < x->c->n; i++)
        if (x->c->part[i] != RS_RACE) order[others++] = x->c->part[i];
    uint32_t whole = rs_cells_relation(t), likeliest = rs_cells_relation(t);
    for (int g = 0; g < RS_GROUPS; g++) {
        if (!(fit->n[g] > 0)) continue;
        double both_n = fit->n[g], both_x = both_n * fit->weighted[g];
        uint32_t both = rs_cells_add(t, both_n, both_x, true);
        uint32_t part = rs_cells_add(t, both_n - o->direct_n[g], both_x - o->direct_x[g], false);
        uint32_t relation = rs_cells_relation(t);
        rs_cells_term(t, relation, both, 1);
        if (o->reported[g] != NONE) rs_cells_term(t, relation, o->reported[g], -1);
        rs_cells_term(t, relation, part, -1);
        rs_cells_term(t, whole, both, -1);
        left_n -= both_n;
        left_x -= both_x;
        struct stratum s = {.group = g};
        for (size_t i = 0; i < x->c->n; i++) s.part[i] = x->c->part[i] == RS_RACE ? rs_group_names[g] : o->part[i];
        s.sum.name = joined(x, s.part, x->c->part, x->c->n);
        struct rs_race_row row = {s.sum.name, g, both, o->direct_n[g], o->direct_x[g], NONE};
        row.threshold_cell = rs_threshold_cell(out, race, &row, likeliest, x->settings);
        rs_race_rows(out, x->d, race, (uint32_t)out->n_crossed, &row, x->settings);
        *place(x->book, x->d, s.sum.name, RS_COMBINED) = both;
        *place(x->book, x->d, s.sum.name, RS_WHOLE) = row.threshold_cell;
        made[*n] = s;
        whole_cell[*n] = row.threshold_cell;
        cell[(*n)++] = both;
    }
    uint32_t margin = NONE;
    if (others == 1) margin = *place(x->book, order[0], o->name, RS_COUNTED);
    for (size_t k = 0; k < x->k; k++) {
        const struct rs_crossed *c = &x->strata->dimensions->crossed[k];
        if (c->n == others && others > 1 && memcmp(c->part, order, others * sizeof *order) == 0)
            margin = *place(x->book, rs_crossed_dimension(k), o->name, RS_COUNTED);
    }
    /* where the others have no row of their own, a reader does not know them */
    if (margin == NONE) margin = rs_cells_add(t, o->n, o->x, false);
    uint32_t excluded = rs_cells_add(t, fmax(0, round(left_n)), fmax(0, round(left_x)), false);
    rs_cells_term(t, whole, margin, 1);
    rs_cells_term(t, whole, excluded, -1);
    rs_cells_term(t, likeliest, margin, 1);
    rs_cells_term(t, likeliest, excluded, -1);
    return true;
}

static bool fit_others(struct cross *x, const struct stratum *s, size_t n, struct rs_error *error) {
    struct rs_names names = {0};
    struct other *o = rs_alloc((n + 1) * sizeof *o);
    for (size_t i = 0; i < n; i++) {
        const char *part[RS_MOST_PARTS];
        for (size_t j = 0; j < RS_MOST_PARTS; j++)
            part[j] = j < x->c->n && x->c->part[j] != RS_RACE ? s[i].part[j] : NULL;
        const char *name = joined(x, part, x->c->part, x->c->n);
        size_t before = names.n;
        struct other *one = &o[rs_name_number(&names, rs_cstr(name))];
        if (names.n > before) {
            *one = (struct other){.name = name};
            memcpy(one->part, part, sizeof part);
            for (int g = 0; g < RS_GROUPS; g++) one->reported[g] = NONE;
        }
        one->n += (double)s[i].sum.count.n;
        one->x += (double)s[i].sum.count.x;
        if (s[i].group < 0) continue;
        one->direct_n[s[i].group] = (double)s[i].sum.count.n;
        one->direct_x[s[i].group] = (double)s[i].sum.count.x;
        one->reported[s[i].group] = s[i].cell;
    }
    struct stratum *made = rs_alloc((names.n * RS_GROUPS + 1) * sizeof *made);
    uint32_t *cell = rs_alloc(2 * (names.n * RS_GROUPS + 1) * sizeof *cell), *whole = cell + names.n * RS_GROUPS + 1;
    size_t m = 0;
    bool good = true;
    for (size_t i = 0; good && i < names.n; i++) good = fit_other(x, &o[i], made, cell, whole, &m, error);
    if (good) relate(x, made, cell, m, RS_COMBINED);
    if (good) relate(x, made, whole, m, RS_WHOLE);
    free(made);
    free(cell);
    free(o);
    rs_names_free(&names);
    return good;
}

/* ---- one intersection --------------------------------------------------------------------------------------------- */

static bool make_one(struct cross *x, struct rs_error *error) {
    size_t n;
    for (size_t i = 0; i < x->c->n; i++) x->label[i] = rs_labels(x->out->series, x->strata, x->settings, x->c->part[i]);
    struct stratum *s = strata_of(x, &n);
    uint32_t *cell = rs_alloc((n + 1) * sizeof *cell);
    for (size_t i = 0; i < n; i++) {
        struct rs_estimate *e =
            rs_estimate_add_counted(x->out, x->d, s[i].group >= 0 ? RS_SELF_REPORT : RS_OBSERVED, &s[i].sum);
        s[i].cell = cell[i] = e->cell;
        *place(x->book, x->d, s[i].sum.name, RS_COUNTED) = e->cell;
    }
    relate(x, s, cell, n, RS_COUNTED);
    bool good = !x->c->fitted || x->out->series->about->kind != RS_PROPORTION || fit_others(x, s, n, error);
    for (size_t i = 0; i < x->c->n; i++) free(x->label[i]);
    free(cell);
    free(s);
    return good;
}

bool rs_estimate_crossed(struct rs_estimates *out, const struct rs_strata *strata, const struct rs_settings *settings,
                         struct rs_error *error) {
    const struct rs_dimensions *all = strata->dimensions;
    if (!all || !all->n_crossed) return true;
    struct book *book = rs_alloc(sizeof *book);
    bool good = true;
    for (size_t i = 0; i < out->n; i++) note(book, &out->e[i]);
    for (size_t k = 0; good && k < all->n_crossed; k++) {
        struct cross x = {.out = out, .strata = strata, .settings = settings, .book = book,
                          .c = &all->crossed[k], .k = k, .d = rs_crossed_dimension(k)};
        good = make_one(&x, error);
    }
    free_book(book);
    free(book);
    return good;
}
