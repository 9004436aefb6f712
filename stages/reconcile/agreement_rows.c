/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Confusion tables and their statistics as rows, without what small cells would give away.
 *
 * Categories that either source gave to 1 to 10 persons are put together as REST, and so is the smallest of the others
 * while REST is small itself, or there are too many; a table of fewer than 11 persons has no rows but blank ones. What
 * is left is withheld as suppress.h has it, the agreeing ones and each category's true negatives among the cells. Each
 * statistic is worked out from counts that are published: it tells nothing that they do not. Kappa needs all margins
 * and the agreeing ones; its interval needs all cells, and where one is withheld is Cohen's, which does not. */
#include "agreement.h"
#include <math.h>
#include <stdlib.h>
#include "kappa.h"
#include "pipeline/base/interval.h"
#include "pipeline/base/suppress.h"

enum { MINIMUM = 11, MOST_CATEGORIES = 12 };
static const char rest[] = "REST", total[] = "TOTAL";

struct table {
    struct rs_rc_agree_key key; /* of its first count */
    char (*names)[RS_RC_CATEGORY];
    double *n; /* names * names */
    size_t k;
    struct rs_cells cells; /* cell i * k + j, then as below */
    size_t order[MOST_CATEGORIES + 1]; /* categories and k, the total, by name: the order of the key */
};
enum { OF_ROWS, OF_COLUMNS, OF_TRUE_NEGATIVES, OF_CATEGORY };
static uint32_t at_cell(const struct table *t, size_t i, size_t j) { return (uint32_t)(i * t->k + j); }
static uint32_t at_category(const struct table *t, int what, size_t i) {
    return (uint32_t)(t->k * t->k + (size_t)what * t->k + i);
}
static uint32_t at_total(const struct table *t) { return (uint32_t)(t->k * (t->k + OF_CATEGORY)); }
static uint32_t at_agreeing(const struct table *t) { return at_total(t) + 1; }

/* ---- categories -------------------------------------------------------------------------------------------------- */

static double row_sum(const struct table *t, size_t i) {
    double sum = 0;
    for (size_t j = 0; j < t->k; j++) sum += t->n[i * t->k + j];
    return sum;
}

static double column_sum(const struct table *t, size_t j) {
    double sum = 0;
    for (size_t i = 0; i < t->k; i++) sum += t->n[i * t->k + j];
    return sum;
}

static double all_of(const struct table *t) {
    double sum = 0;
    for (size_t i = 0; i < t->k; i++) sum += row_sum(t, i);
    return sum;
}

static bool small_category(const struct table *t, size_t i) {
    return rs_small_count(row_sum(t, i), MINIMUM) || rs_small_count(column_sum(t, i), MINIMUM);
}

/* Category `from` becomes part of `into`. */
static void put_together(struct table *t, size_t into, size_t from) {
    size_t k = t->k, to = 0;
    for (size_t i = 0; i < k; i++) t->n[into * k + i] += t->n[from * k + i];
    for (size_t i = 0; i < k; i++) t->n[i * k + into] += t->n[i * k + from];
    for (size_t i = 0; i < k; i++)
        for (size_t j = 0; j < k; j++)
            if (i != from && j != from) t->n[to++] = t->n[i * k + j];
    memmove(t->names[from], t->names[from + 1], (k - 1 - from) * sizeof *t->names);
    t->k--;
}

/* The smallest category but REST, of equals the last by name; -1 where there is none. */
static int64_t smallest(const struct table *t, bool only_small) {
    int64_t best = -1;
    double least = INFINITY;
    for (size_t i = 0; i < t->k; i++) {
        double n = row_sum(t, i) + column_sum(t, i);
        if (strcmp(t->names[i], rest) == 0 || n > least || (only_small && !small_category(t, i))) continue;
        best = (int64_t)i;
        least = n;
    }
    return best;
}

static int64_t find(const struct table *t, const char *name) {
    for (size_t i = 0; i < t->k; i++)
        if (strcmp(t->names[i], name) == 0) return (int64_t)i;
    return -1;
}

static void merge_into_rest(struct table *t, int64_t i) {
    int64_t into = find(t, rest);
    if (into < 0) strcpy(t->names[i], rest);
    else put_together(t, (size_t)into, (size_t)i);
}

static void merge_small(struct table *t) {
    int64_t i;
    while ((i = smallest(t, true)) >= 0) merge_into_rest(t, i);
    for (;;) {
        int64_t of_rest = find(t, rest);
        bool more = t->k > MOST_CATEGORIES || (of_rest >= 0 && small_category(t, (size_t)of_rest));
        if (!more || (i = smallest(t, false)) < 0) return;
        merge_into_rest(t, i);
    }
}

/* ---- what is withheld -------------------------------------------------------------------------------------------- */

static void relation(struct rs_cells *c, uint32_t sum, uint32_t parts[], size_t n) {
    uint32_t r = rs_cells_relation(c);
    rs_cells_term(c, r, sum, -1);
    for (size_t i = 0; i < n; i++) rs_cells_term(c, r, parts[i], 1);
}

static void add_total(struct rs_cells *c, double n) {
    uint32_t at = rs_cells_add(c, n, 0, true); /* moves the cells: before they are looked at */
    c->cells[at].total = true;
}

static void add_cells(struct table *t) {
    size_t k = t->k;
    double all = all_of(t), agreeing = 0;
    struct rs_cells *c = &t->cells;
    for (size_t i = 0; i < k * k; i++) rs_cells_add(c, t->n[i], 0, true);
    for (size_t i = 0; i < k; i++) add_total(c, row_sum(t, i));
    for (size_t i = 0; i < k; i++) add_total(c, column_sum(t, i));
    for (size_t i = 0; i < k; i++) {
        agreeing += t->n[i * k + i];
        rs_cells_add(c, all - row_sum(t, i) - column_sum(t, i) + t->n[i * k + i], 0, false);
    }
    add_total(c, all);
    rs_cells_add(c, agreeing, 0, true);
    rs_cells_add(c, all - agreeing, 0, false); /* those who disagree follow from the total */
}

static void add_relations(struct table *t) {
    size_t k = t->k;
    struct rs_cells *c = &t->cells;
    uint32_t parts[MOST_CATEGORIES];
    for (int way = OF_ROWS; way <= OF_COLUMNS; way++) {
        for (size_t i = 0; i < k; i++) {
            for (size_t j = 0; j < k; j++) parts[j] = way == OF_ROWS ? at_cell(t, i, j) : at_cell(t, j, i);
            relation(c, at_category(t, way, i), parts, k);
        }
        for (size_t i = 0; i < k; i++) parts[i] = at_category(t, way, i);
        relation(c, at_total(t), parts, k);
    }
    for (size_t i = 0; i < k; i++) parts[i] = at_cell(t, i, i);
    relation(c, at_agreeing(t), parts, k);
    relation(c, at_total(t), (uint32_t[]){at_agreeing(t), at_agreeing(t) + 1}, 2);
    for (size_t i = 0; i < k; i++) { /* TN + row + column - both = total */
        uint32_t r = rs_cells_relation(c);
        rs_cells_term(c, r, at_total(t), -1);
        rs_cells_term(c, r, at_category(t, OF_TRUE_NEGATIVES, i), 1);
        rs_cells_term(c, r, at_category(t, OF_ROWS, i), 1);
        rs_cells_term(c, r, at_category(t, OF_COLUMNS, i), 1);
        rs_cells_term(c, r, at_cell(t, i, i), -1);
    }
}

/* ---- rows -------------------------------------------------------------------------------------------------------- */

struct out {
    struct rs_rc *rc;
    struct rs_batch *batch;
    const struct table *t;
};

struct statistic {
    double value, lower, upper, n;
    const char *method;
};

static void row(const struct out *o, const char *kind, const char *a, const char *b, const struct statistic *s) {
    const struct rs_rc_agree_key *key = &o->t->key;
    struct rs_arena *arena = &o->batch->arena;
    struct rs_view v[AGREEMENT_COLUMNS] = {
        [AGREEMENT_source_a] = rs_rc_source_name(o->rc, key->a),
        [AGREEMENT_source_b] = rs_rc_source_name(o->rc, key->b),
        [AGREEMENT_element] = rs_rc_agreed_name((int)key->element),
        [AGREEMENT_kind] = rs_cstr(kind),
        [AGREEMENT_category_a] = rs_cstr(a),
        [AGREEMENT_category_b] = rs_cstr(b),
        [AGREEMENT_suppressed] = s ? RS_LIT("N") : RS_LIT("Y")};
    if (s) {
        v[AGREEMENT_value] = rs_arena_real(arena, s->value);
        v[AGREEMENT_lower] = rs_arena_real(arena, s->lower);
        v[AGREEMENT_upper] = rs_arena_real(arena, s->upper);
        v[AGREEMENT_n] = rs_arena_real(arena, s->n);
        v[AGREEMENT_method] = s->method ? rs_cstr(s->method) : RS_NULL;
    }
    rs_batch_emit(o->batch, OUT_AGREEMENT, &rs_layout_agreement, v);
}

static bool shown(const struct table *t, uint32_t cell) { return !t->cells.cells[cell].suppressed; }
static double n_of(const struct table *t, uint32_t cell) { return t->cells.cells[cell].n; }

static void share(const struct out *o, const char *kind, const char *category, double x, double n, bool may) {
    struct rs_interval i = rs_wilson(x, n, RS_Z95);
    struct statistic s = {x / n, i.lower, i.upper, n, "wilson"};
    if (n > 0) row(o, kind, category, category, may ? &s : NULL);
}

static void count_row(const struct out *o, uint32_t cell, const char *a, const char *b) {
    struct statistic s = {n_of(o->t, cell), NAN, NAN, NAN, NULL};
    row(o, "count", a, b, shown(o->t, cell) ? &s : NULL);
}

static const char *name_of(const struct table *t, size_t i) { return i == t->k ? total : t->names[i]; }

static uint32_t cell_of(const struct table *t, size_t i, size_t j) {
    if (i == t->k && j == t->k) return at_total(t);
    if (j == t->k) return at_category(t, OF_ROWS, i);
    return i == t->k ? at_category(t, OF_COLUMNS, j) : at_cell(t, i, j);
}

static void set_order(struct table *t) {
    for (size_t i = 0; i <= t->k; i++) {
        size_t at = i;
        for (; at > 0 && strcmp(name_of(t, i), name_of(t, t->order[at - 1])) < 0; at--) t->order[at] = t->order[at - 1];
        t->order[at] = i;
    }
}

static void count_rows(const struct out *o) {
    const struct table *t = o->t;
    for (size_t a = 0; a <= t->k; a++)
        for (size_t b = 0; b <= t->k; b++) {
            size_t i = t->order[a], j = t->order[b];
            count_row(o, cell_of(t, i, j), name_of(t, i), name_of(t, j));
        }
}

static void kappa_row(const struct out *o) {
    const struct table *t = o->t;
    bool margins = shown(t, at_total(t)) && shown(t, at_agreeing(t)), cells = true;
    for (size_t i = 0; i < t->k; i++)
        margins &= shown(t, at_category(t, OF_ROWS, i)) && shown(t, at_category(t, OF_COLUMNS, i));
    for (size_t i = 0; i < t->k * t->k; i++) cells &= shown(t, (uint32_t)i);
    struct rs_kappa k = rs_kappa(t->n, t->k, cells);
    struct statistic s = {k.value, k.lower, k.upper, n_of(t, at_total(t)),
                          cells ? "fleiss_cohen_everitt_1969" : "cohen_1960"};
    if (isnan(k.value)) s.method = NULL;
    row(o, "kappa", total, total, margins ? &s : NULL);
}

/* Of each category, source_a held as the standard. */
static void category_rows(const struct out *o, const char *kind, int margin, bool positive) {
    const struct table *t = o->t;
    double all = n_of(t, at_total(t));
    for (size_t a = 0; a <= t->k; a++) {
        size_t i = t->order[a];
        if (i == t->k) continue;
        uint32_t both = at_cell(t, i, i), mine = at_category(t, margin, i);
        uint32_t other = at_category(t, margin == OF_ROWS ? OF_COLUMNS : OF_ROWS, i);
        bool may = shown(t, both) && shown(t, mine);
        if (positive) {
            share(o, kind, t->names[i], n_of(t, both), n_of(t, mine), may);
            continue;
        }
        may = may && shown(t, other) && shown(t, at_total(t));
        share(o, kind, t->names[i], n_of(t, at_category(t, OF_TRUE_NEGATIVES, i)), all - n_of(t, mine), may);
    }
}

/* Of a table in which nothing can be told apart: too few persons or, never seen, cells that no withholding keeps. */
static void blank_rows(const struct out *o, double all) {
    struct statistic s = {all, NAN, NAN, NAN, NULL};
    row(o, "agreement", total, total, NULL);
    row(o, "count", total, total, all >= MINIMUM ? &s : NULL);
    row(o, "kappa", total, total, NULL);
}

static void table_rows(struct rs_rc *rc, struct rs_batch *batch, struct table *t) {
    struct rs_error why = {0};
    struct out o = {rc, batch, t};
    double all = all_of(t);
    merge_small(t);
    if (all < MINIMUM || (t->k == 1 && strcmp(t->names[0], rest) == 0)) return blank_rows(&o, all);
    set_order(t);
    add_cells(t);
    add_relations(t);
    if (!rs_suppress(&t->cells, MINIMUM, &why)) return blank_rows(&o, all);
    share(&o, "agreement", total, n_of(t, at_agreeing(t)), all, shown(t, at_agreeing(t)) && shown(t, at_total(t)));
    count_rows(&o);
    kappa_row(&o);
    category_rows(&o, "npv", OF_COLUMNS, false);
    category_rows(&o, "ppv", OF_COLUMNS, true);
    category_rows(&o, "sensitivity", OF_ROWS, true);
    category_rows(&o, "specificity", OF_ROWS, false);
}

/* ---- from counts to tables --------------------------------------------------------------------------------------- */

static int by_key(const void *a, const void *b, void *rc) {
    const struct rs_rc_agree_key *x = &((const struct rs_rc_agree_count *)a)->key;
    const struct rs_rc_agree_key *y = &((const struct rs_rc_agree_count *)b)->key;
    int c = rs_compare(rs_rc_source_name(rc, x->a), rs_rc_source_name(rc, y->a));
    if (!c) c = rs_compare(rs_rc_source_name(rc, x->b), rs_rc_source_name(rc, y->b));
    if (!c) c = (x->element > y->element) - (x->element < y->element);
    if (!c) c = strcmp(x->of_a, y->of_a);
    return c ? c : strcmp(x->of_b, y->of_b);
}

static bool same_table(const struct rs_rc_agree_key *x, const struct rs_rc_agree_key *y) {
    return x->a == y->a && x->b == y->b && x->element == y->element;
}

static int by_name(const void *a, const void *b) { return strcmp(a, b); }

static size_t index_of(const struct table *t, const char *name) {
    char (*at)[RS_RC_CATEGORY] = bsearch(name, t->names, t->k, sizeof *t->names, by_name);
    return (size_t)(at - t->names);
}

/* The table of n counts, its categories sorted by name. */
static void table_of(struct table *t, const struct rs_rc_agree_count *c, size_t n) {
    *t = (struct table){.key = c[0].key, .names = rs_alloc(2 * n * sizeof *t->names)};
    for (size_t i = 0; i < n; i++) {
        memcpy(t->names[2 * i], c[i].key.of_a, RS_RC_CATEGORY);
        memcpy(t->names[2 * i + 1], c[i].key.of_b, RS_RC_CATEGORY);
    }
    qsort(t->names, 2 * n, sizeof *t->names, by_name);
    for (size_t i = 0; i < 2 * n; i++)
        if (t->k == 0 || strcmp(t->names[t->k - 1], t->names[i]) != 0)
            memmove(t->names[t->k++], t->names[i], RS_RC_CATEGORY);
    t->n = rs_alloc(t->k * t->k * sizeof *t->n);
    for (size_t i = 0; i < n; i++) {
        size_t a = index_of(t, c[i].key.of_a), b = index_of(t, c[i].key.of_b);
        t->n[a * t->k + b] = (double)c[i].n;
    }
}

static struct rs_rc_agreements all_threads(const struct rs_rc *rc) {
    struct rs_rc_agreements all = {0};
    for (int w = 0; w < rc->run->threads; w++) {
        const struct rs_rc_agreements *one = &rc->workers[w].agreements;
        for (size_t i = 0; i < one->room; i++)
            if (one->counts[i].n) rs_rc_agree_add(&all, &one->counts[i].key, one->counts[i].n);
    }
    size_t n = 0;
    for (size_t i = 0; i < all.room; i++)
        if (all.counts[i].n) all.counts[n++] = all.counts[i];
    return all;
}

bool rs_rc_agree_write(struct rs_rc *rc, struct rs_error *error) {
    struct rs_rc_agreements all = all_threads(rc);
    struct rs_batch batch = {0};
    if (all.n) qsort_r(all.counts, all.n, sizeof *all.counts, by_key, rc);
    for (size_t i = 0, end; i < all.n; i = end) {
        struct table t;
        for (end = i + 1; end < all.n && same_table(&all.counts[i].key, &all.counts[end].key);) end++;
        table_of(&t, &all.counts[i], end - i);
        table_rows(rc, &batch, &t);
        rs_cells_free(&t.cells);
        free(t.names);
        free(t.n);
    }
    bool ok = rs_run_done(rc->run, &batch, error);
    rs_buffer_free(&batch.out[OUT_AGREEMENT]);
    rs_arena_free(&batch.arena);
    rs_rc_agree_free(&all);
    return ok;
}
