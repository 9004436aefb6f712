/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Why it exists: a table is read beside those that are out already. */
#include "published.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "estimate.h"

/* ---- what a publication has ---------------------------------------------------------------------------------------- */

static double *counted_at(struct rs_names *names, double **count, size_t *room, struct rs_view key) {
    uint32_t at = rs_name_number(names, key);
    while (at >= *room) {
        *room = *room ? 2 * *room : 64;
        *count = rs_realloc(*count, *room * sizeof **count);
    }
    return &(*count)[at];
}

void rs_published_add(struct rs_published_run *r, const struct rs_view key[RS_PUBLISHED_PARTS], double n, double x,
                      bool shown) {
    struct rs_buffer text = {0};
    struct rs_published_row new = {.n = n, .x = x, .shown = shown};
    new.table = rs_name_number(&r->tables, rs_joined(&text, key, RS_PUBLISHED_PARTS - 1));
    uint32_t at = rs_name_number(&r->keys, rs_joined(&text, key, RS_PUBLISHED_PARTS));
    if (at >= r->room) {
        r->room = r->room ? 2 * r->room : 256;
        r->row = rs_realloc(r->row, r->room * sizeof *r->row);
    }
    r->row[at] = new;
    rs_buffer_free(&text);
}

const struct rs_published_row *rs_published_find(const struct rs_published_run *r, const struct rs_view key[RS_PUBLISHED_PARTS]) {
    struct rs_buffer text = {0};
    uint32_t at;
    bool found = rs_name_find(&r->keys, rs_joined(&text, key, RS_PUBLISHED_PARTS), &at);
    rs_buffer_free(&text);
    return found ? &r->row[at] : NULL;
}

bool rs_published_has_table(const struct rs_published_run *r, const struct rs_view key[RS_PUBLISHED_PARTS]) {
    struct rs_buffer text = {0};
    uint32_t at;
    bool found = rs_name_find(&r->tables, rs_joined(&text, key, RS_PUBLISHED_PARTS - 1), &at);
    rs_buffer_free(&text);
    return found;
}

void rs_published_count(struct rs_published_run *r, struct rs_view approach, struct rs_view category, double n) {
    struct rs_buffer text = {0};
    struct rs_view key[] = {approach, category};
    *counted_at(&r->categories, &r->count, &r->count_room, rs_joined(&text, key, 2)) = n;
    rs_buffer_free(&text);
}

void rs_published_run_free(struct rs_published_run *r) {
    rs_names_free(&r->keys);
    rs_names_free(&r->tables);
    rs_names_free(&r->categories);
    free(r->row);
    free(r->count);
    *r = (struct rs_published_run){.room = 0};
}

void rs_published_free(struct rs_published *p) {
    for (size_t i = 0; i < p->n; i++) rs_published_run_free(&p->run[i]);
    free(p->run);
    rs_published_run_free(&p->own);
    rs_names_free(&p->here);
    free(p->here_count);
    *p = (struct rs_published){.n = 0};
}

/* ---- this run's tabulation ---------------------------------------------------------------------------------------- */

static void note(struct rs_published *p, enum rs_dimension d, const char *stratum, double n) {
    struct rs_buffer text = {0};
    struct rs_view key[] = {rs_cstr(rs_dimension_names[d]), rs_cstr(stratum)};
    *counted_at(&p->here, &p->here_count, &p->here_room, rs_joined(&text, key, 2)) = n;
    rs_buffer_free(&text);
}

/* Groups of the six that are a category of the seven: of the others the sets differ (WHITE holds MENA, API two of the seven,
 * MULTI no Hispanic persons). */
static bool is_group(const char *category, bool alone) {
    return alone ? strcmp(category, "AIAN") == 0 || strcmp(category, "BLACK") == 0 : strcmp(category, "HISPANIC") == 0;
}

void rs_published_note(struct rs_published *p, const char *approach, const char *category, double n) {
    rs_published_count(&p->own, rs_cstr(approach), rs_cstr(category), n);
    bool alone = strcmp(approach, "multiracial") == 0, any = strcmp(approach, "alone_or_in_combination") == 0;
    if (strcmp(approach, "population") == 0) {
        bool all = strcmp(category, "ALL") == 0;
        if (strcmp(category, "ANSWERED") == 0) return;
        note(p, all ? RS_ALL : RS_RACE_2024, all ? "all" : category, n);
        if (!all) note(p, RS_RACE_2024_ANY, category, n);
    }
    if (alone) note(p, RS_RACE_2024, strncmp(category, "MULTIRACIAL", 11) == 0 ? "MULTIRACIAL" : category, n);
    if (any) note(p, RS_RACE_2024_ANY, category, n);
    if ((alone || any) && is_group(category, alone)) note(p, RS_RACE, category, n);
}

/* ---- beside estimates --------------------------------------------------------------------------------------------- */

static bool is_counted(enum rs_estimator e) { return rs_row_kind(e) == RS_COUNTED; }

void rs_published_key(const struct rs_series *series, const char *dimension, const char *estimator, struct rs_view stratum,
                      struct rs_view key[RS_PUBLISHED_PARTS]) {
    key[0] = series->measure;
    key[1] = series->period;
    key[2] = rs_cstr(dimension);
    key[3] = rs_cstr(estimator);
    key[4] = stratum;
}

static void key_of(const struct rs_estimates *all, const struct rs_estimate *e, struct rs_view key[RS_PUBLISHED_PARTS]) {
    rs_published_key(all->series, rs_dimension_name(all->strata, e->dimension), rs_estimator_names[e->estimator],
                     rs_cstr(e->stratum), key);
}

/* The numbers of a cell are those of one of its rows: of counted ones, of the primary estimator, or of a row that has the cell
 * for itself. */
static bool speaks_for(const struct rs_small_cell *cell, const struct rs_estimate *e) {
    return is_counted(e->estimator) || e->estimator == RS_BIRDIE || e->estimator == RS_THRESHOLD ||
           (fabs(cell->n - e->n) < 1e-9 && fabs(cell->x - e->x) < 1e-9);
}

/* Of rates and means a cell has persons alone, and its numerator is no count of them. */
static void take_row(struct rs_other_cell *o, const struct rs_small_cell *cell, const struct rs_estimate *e,
                     const struct rs_published_row *then, bool proportion, double minimum) {
    if (!then->shown || isnan(then->n)) return;
    if (!o->known && speaks_for(cell, e)) {
        *o = (struct rs_other_cell){then->n, proportion ? then->x : 0, true, o->also_changed};
    } else {
        for (int k = 0; k < (proportion ? RS_COUNT_PARTS : 1); k++)
            o->also_changed |=
                rs_small_difference(rs_count_part(e->n, e->x, k) - rs_count_part(then->n, then->x, k), minimum);
    }
}

static struct rs_publication beside_run(const struct rs_published_run *r, const struct rs_estimates *all,
                                        double minimum) {
    struct rs_publication p = {.cell = rs_alloc((all->table.n_cells + 1) * sizeof *p.cell)};
    bool *met = rs_alloc((r->keys.n + 1) * sizeof *met), proportion = all->series->about->kind == RS_PROPORTION;
    struct rs_buffer text = {0};
    for (size_t i = 0; i < all->n; i++) {
        const struct rs_estimate *e = &all->e[i];
        const struct rs_small_cell *cell = &all->table.cells[e->cell];
        struct rs_view key[RS_PUBLISHED_PARTS];
        uint32_t at, table;
        key_of(all, e, key);
        if (rs_name_find(&r->keys, rs_joined(&text, key, RS_PUBLISHED_PARTS), &at)) {
            met[at] = true;
            take_row(&p.cell[e->cell], cell, e, &r->row[at], proportion, minimum);
        } else if (is_counted(e->estimator) && rs_name_find(&r->tables, rs_joined(&text, key, RS_PUBLISHED_PARTS - 1), &table)) {
            p.cell[e->cell].known = true; /* no row in a table that is there: nobody was in it */
        }
    }
    rs_published_gone(r, met, all, &p);
    rs_buffer_free(&text);
    free(met);
    return p;
}

/* Persons counted in all, beside those in the denominator: their numerator is not counted there, so that only n differs. */
static struct rs_publication beside_tabulation(const struct rs_published *p, const struct rs_estimates *all) {
    struct rs_publication out = {.cell = rs_alloc((all->table.n_cells + 1) * sizeof *out.cell)};
    struct rs_buffer text = {0};
    for (size_t i = 0; i < all->n; i++) {
        const struct rs_estimate *e = &all->e[i];
        const struct rs_small_cell *cell = &all->table.cells[e->cell];
        struct rs_view key[] = {rs_cstr(rs_dimension_name(all->strata, e->dimension)), rs_cstr(e->stratum)};
        uint32_t at;
        if (!is_counted(e->estimator) || !rs_name_find(&p->here, rs_joined(&text, key, 2), &at)) continue;
        out.cell[e->cell] = (struct rs_other_cell){p->here_count[at], cell->x, true, false};
    }
    rs_buffer_free(&text);
    return out;
}

void rs_published_take(struct rs_published *p, const struct rs_estimates *all) {
    for (size_t i = 0; i < all->n; i++) {
        const struct rs_estimate *e = &all->e[i];
        bool shown = !all->table.cells[e->cell].suppressed;
        struct rs_view key[RS_PUBLISHED_PARTS];
        key_of(all, e, key);
        /* who has a rate of threshold can have its counts */
        const struct rs_small_cell *cell = &all->table.cells[e->cell];
        bool whole = e->estimator == RS_THRESHOLD && shown;
        rs_published_add(&p->own, key, whole ? cell->n : shown ? e->n : NAN, whole ? cell->x : shown ? e->x : NAN, shown);
    }
}

struct rs_publication *rs_publications_of(const struct rs_published *p, const struct rs_estimates *all, double minimum,
                                          size_t *n) {
    *n = 0;
    if (!p || !p->used) return NULL;
    struct rs_publication *list = rs_alloc((p->n + 1) * sizeof *list);
    for (size_t i = 0; i < p->n; i++) list[(*n)++] = beside_run(&p->run[i], all, minimum);
    if (p->here.n) list[(*n)++] = beside_tabulation(p, all);
    return list;
}

struct rs_publication *rs_publications_of_tabulation(const struct rs_published *p, const struct rs_cells *cells,
                                                     const struct rs_tabulated_line *lines, size_t n_lines, size_t *n) {
    *n = 0;
    if (!p || !p->used) return NULL;
    struct rs_publication *list = rs_alloc((p->n + 1) * sizeof *list);
    struct rs_buffer text = {0};
    for (size_t i = 0; i < p->n; i++) {
        const struct rs_published_run *r = &p->run[i];
        if (!r->categories.n) continue;
        struct rs_publication *one = &list[(*n)++];
        one->cell = rs_alloc((cells->n_cells + 1) * sizeof *one->cell);
        for (size_t k = 0; k < n_lines; k++) {
            struct rs_view key[] = {rs_cstr(lines[k].approach), rs_cstr(lines[k].category)};
            uint32_t at;
            if (rs_name_find(&r->categories, rs_joined(&text, key, 2), &at))
                one->cell[lines[k].cell] = (struct rs_other_cell){r->count[at], 0, true, false};
        }
    }
    rs_buffer_free(&text);
    return list;
}

void rs_publications_free(struct rs_publication *p, size_t n) {
    for (size_t i = 0; i < n; i++) {
        free(p[i].cell);
        free(p[i].gone);
    }
    free(p);
}
