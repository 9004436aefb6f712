/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Confusion tables and their statistics as rows, without what small cells would give away.
 *
 * Categories that either source gave to fewer persons than the minimum (11 unless set) are put together as REST, and so
 * is the smallest of the others while REST is small itself, or there are too many; a table of fewer persons than that has
 * no rows but blank ones. What is left is withheld as suppress.h has it, the agreeing ones and each category's true
 * negatives among the cells. Each statistic is worked out from counts that are published: it tells nothing that they do
 * not. Whether two answers within REST agree is not among them: those persons are left out of agreement and kappa, and
 * REST has no statistics of its own. Kappa needs all margins and the agreeing ones; its interval needs all cells, and
 * where one is withheld is Cohen's, which does not.
 *
 * The tables of race by the standards of 1997 and 2024, and of ethnicity, are of nearly the same persons: WHITE of 2024
 * is WHITE of 1997 without those who are Hispanic to somebody. So each is held against those before it of the same two
 * sources, category by category, as two publications are (successive.h). */
#include "agreement.h"
#include <math.h>
#include <stdlib.h>
#include "kappa.h"
#include "pipeline/base/interval.h"
#include "pipeline/base/suppress.h"

enum { MOST_CATEGORIES = 12 };
static const char rest[] = "REST", total[] = "TOTAL";

struct table {
    struct rs_rc_agree_key key; /* of its first count */
    char (*names)[RS_RC_CATEGORY];
    double *n; /* names * names */
    size_t k;
    struct rs_cells cells; /* cell i * k + j, then as below */
    size_t order[MOST_CATEGORIES + 1]; /* categories and k, the total, by name: the order of the key */
    size_t rest;                       /* k: none */
    double minimum;
    bool blank; /* nothing of it is published, but perhaps its total */
};
/* The tables of two sources: those before this one of the same two. */
struct pair {
    struct table tables[AG_COUNT];
    size_t n;
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
    return rs_small_count(row_sum(t, i), t->minimum) || rs_small_count(column_sum(t, i), t->minimum);
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

/* Who is in REST by both sources: nothing is said of whether they agree. */
static double in_rest(const struct table *t) { return t->rest < t->k ? t->n[t->rest * t->k + t->rest] : 0; }

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
        if (i != t->rest) agreeing += t->n[i * k + i];
        rs_cells_add(c, all - row_sum(t, i) - column_sum(t, i) + t->n[i * k + i], 0, false);
    }
    add_total(c, all);
    rs_cells_add(c, agreeing, 0, true);
    rs_cells_add(c, all - agreeing - in_rest(t), 0, false); /* those who disagree follow from the total */
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
    size_t named = 0;
    for (size_t i = 0; i < k; i++)
        if (i != t->rest) parts[named++] = at_cell(t, i, i);
    relation(c, at_agreeing(t), parts, named);
    uint32_t rest_too = t->rest < k ? at_cell(t, t->rest, t->rest) : 0;
    relation(c, at_total(t), (uint32_t[]){at_agreeing(t), at_agreeing(t) + 1, rest_too}, t->rest < k ? 3 : 2);
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

static bool all_known(const struct table *t) {
    return shown(t, at_total(t)) && (t->rest == t->k || shown(t, at_cell(t, t->rest, t->rest)));
}

static void agreement_row(const struct out *o) {
    const struct table *t = o->t;
    share(o, "agreement", total, n_of(t, at_agreeing(t)), n_of(t, at_total(t)) - in_rest(t),
          all_known(t) && shown(t, at_agreeing(t)));
}

static void kappa_row(const struct out *o) {
    const struct table *t = o->t;
    bool margins = all_known(t) && shown(t, at_agreeing(t)), cells = true;
    for (size_t i = 0; i < t->k; i++)
        margins &= shown(t, at_category(t, OF_ROWS, i)) && shown(t, at_category(t, OF_COLUMNS, i));
    for (size_t i = 0; i < t->k * t->k; i++) cells &= shown(t, (uint32_t)i);
    struct rs_kappa k = rs_kappa(t->n, t->k, t->rest, cells);
    struct statistic s = {k.value, k.lower, k.upper, n_of(t, at_total(t)) - in_rest(t),
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
        if (i == t->k || i == t->rest) continue;
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
    row(o, "count", total, total, all >= o->t->minimum ? &s : NULL);
    row(o, "kappa", total, total, NULL);
}

/* ---- beside the tables before ------------------------------------------------------------------------------------ */

static bool of_races(const struct table *t) {
    return t->key.element == AG_RACE || t->key.element == AG_COMBINED || t->key.element == AG_ETHNICITY;
}

/* Adds a cell of the table before; a sum of which one part is withheld is not known. */
static void one_beside(const struct table *before, uint32_t there, struct rs_other_cell *to) {
    to->known = shown(before, there) && (to->n < 0 || to->known);
    to->n = fmax(to->n, 0) + n_of(before, there);
}

/* What `before` publishes of the categories here: those of the same name, and of REST all that have no name here. */
static void beside(const struct table *t, const struct table *before, struct rs_other_cell *cells) {
    size_t here[MOST_CATEGORIES];
    for (size_t c = 0; c < t->cells.n_cells; c++) cells[c].n = -1;
    for (size_t a = 0; a < before->k; a++) {
        int64_t i = a == before->rest ? -1 : find(t, before->names[a]);
        here[a] = i < 0 ? t->rest : (size_t)i;
    }
    for (size_t a = 0; a < before->k; a++) {
        if (here[a] == t->k) continue;
        for (int way = OF_ROWS; way <= OF_COLUMNS; way++)
            one_beside(before, at_category(before, way, a), &cells[at_category(t, way, here[a])]);
        for (size_t b = 0; b < before->k; b++)
            if (here[b] < t->k) one_beside(before, at_cell(before, a, b), &cells[at_cell(t, here[a], here[b])]);
    }
}

static bool withhold(struct table *t, const struct pair *pair) {
    struct rs_error why = {0};
    struct rs_publication others[AG_COUNT] = {0};
    size_t n = 0;
    for (size_t i = 0; i < pair->n && of_races(t); i++) {
        if (pair->tables[i].blank || !of_races(&pair->tables[i])) continue;
        others[n].cell = rs_alloc(t->cells.n_cells * sizeof *others[n].cell);
        beside(t, &pair->tables[i], others[n++].cell);
    }
    bool good = rs_suppress_beside(&t->cells, others, n, t->minimum, &why);
    for (size_t i = 0; i < n; i++) free(others[i].cell);
    return good;
}

static void table_rows(struct rs_rc *rc, struct rs_batch *batch, struct table *t, const struct pair *before) {
    struct out o = {rc, batch, t};
    double all = all_of(t);
    merge_small(t);
    int64_t of_rest = find(t, rest);
    t->rest = of_rest < 0 ? t->k : (size_t)of_rest;
    t->blank = all < t->minimum || (t->k == 1 && t->rest == 0);
    if (t->blank) return blank_rows(&o, all);
    set_order(t);
    add_cells(t);
    add_relations(t);
    t->blank = !withhold(t, before);
    if (t->blank) return blank_rows(&o, all);
    agreement_row(&o);
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

static bool same_pair(const struct rs_rc_agree_key *x, const struct rs_rc_agree_key *y) {
    return x->a == y->a && x->b == y->b;
}

static bool same_table(const struct rs_rc_agree_key *x, const struct rs_rc_agree_key *y) {
    return same_pair(x, y) && x->element == y->element;
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

static void forget(struct pair *p) {
    for (size_t i = 0; i < p->n; i++) {
        rs_cells_free(&p->tables[i].cells);
        free(p->tables[i].names);
        free(p->tables[i].n);
    }
    p->n = 0;
}

bool rs_rc_agree_write(struct rs_rc *rc, struct rs_error *error) {
    struct rs_rc_agreements all = all_threads(rc);
    struct rs_batch batch = {0};
    struct pair pair = {.n = 0};
    if (all.n) qsort_r(all.counts, all.n, sizeof *all.counts, by_key, rc);
    for (size_t i = 0, end; i < all.n; i = end) {
        if (pair.n && !same_pair(&pair.tables[0].key, &all.counts[i].key)) forget(&pair);
        struct table *t = &pair.tables[pair.n];
        for (end = i + 1; end < all.n && same_table(&all.counts[i].key, &all.counts[end].key);) end++;
        table_of(t, &all.counts[i], end - i);
        t->minimum = (double)rc->minimum_cell;
        table_rows(rc, &batch, t, &pair);
        pair.n++;
    }
    forget(&pair);
    bool ok = rs_run_done(rc->run, &batch, error);
    rs_buffer_free(&batch.out[OUT_AGREEMENT]);
    rs_arena_free(&batch.arena);
    rs_rc_agree_free(&all);
    return ok;
}
