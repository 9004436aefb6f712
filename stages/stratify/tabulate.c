/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Why it exists: who said several categories is counted in three ways, and each alone tells something of the others. */
#include "tabulate.h"
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "pipeline/base/suppress.h"

static const char *const names[RS_2024] = {"AIAN", "ASIAN", "BLACK", "HISPANIC", "MENA", "NHPI", "WHITE"};

/* ---- counting ---------------------------------------------------------------------------------------------------- */

static bool contains(struct rs_view v, const char *word) {
    size_t n = strlen(word);
    for (size_t i = 0; i + n <= v.n; i++)
        if (memcmp(v.p + i, word, n) == 0) return true;
    return false;
}

void rs_tabulation_add(struct rs_tabulation *t, const struct rs_view *person) {
    static const int columns[RS_2024] = {PERSON_aian, PERSON_asian, PERSON_black, PERSON_hispanic,
                                         PERSON_mena, PERSON_nhpi,  PERSON_white};
    unsigned said = 0;
    for (int k = 0; k < RS_2024; k++)
        if (rs_eq_c(person[columns[k]], "Y")) said |= 1u << k;
    struct rs_view open = person[PERSON_unresolved_2024];
    if (rs_has(open)) {
        bool several = said != 0 || contains(open, "TWO_OR_MORE");
        (several ? t->unresolved_several : t->unresolved)[said]++;
    } else if (said) {
        t->answered[said]++;
    } else {
        struct rs_view reason = person[PERSON_missing_2024];
        rs_count_at(&t->missing, rs_name_number(&t->reasons, rs_has(reason) ? reason : RS_LIT("UNKNOWN")))->n++;
    }
}

void rs_tabulation_merge(struct rs_tabulation *into, struct rs_tabulation *from) {
    for (size_t set = 0; set < RS_COMBINATIONS; set++) {
        into->answered[set] += from->answered[set];
        into->unresolved[set] += from->unresolved[set];
        into->unresolved_several[set] += from->unresolved_several[set];
        from->answered[set] = from->unresolved[set] = from->unresolved_several[set] = 0;
    }
    for (uint32_t i = 0; i < from->reasons.n; i++) {
        struct rs_count *c = rs_count_at(&from->missing, i);
        rs_count_at(&into->missing, rs_name_number(&into->reasons, rs_cstr(from->reasons.names[i])))->n += c->n;
        c->n = 0;
    }
    rs_names_reset(&from->reasons);
}

void rs_tabulation_free(struct rs_tabulation *t) {
    rs_names_free(&t->reasons);
    free(t->missing.c);
    *t = (struct rs_tabulation){.reasons = {0}};
}

/* ---- the table --------------------------------------------------------------------------------------------------- */

/* A row to be: its cell may be that of another row (a category alone stands in two tabulations). */
struct line {
    const char *approach;
    char category[96];
    uint32_t cell;
};

struct table {
    struct rs_cells cells;
    struct line *lines;
    size_t n, room;
    uint32_t all, answered;
    uint32_t atom[3][RS_COMBINATIONS]; /* answered, unresolved, unresolved_several; NONE where nobody is in it */
};
static const uint32_t NONE = UINT32_MAX;

static void add_line(struct table *t, const char *approach, const char *category, uint32_t cell) {
    if (t->n == t->room) {
        t->room = t->room ? 2 * t->room : 64;
        t->lines = rs_realloc(t->lines, t->room * sizeof *t->lines);
    }
    struct line *l = &t->lines[t->n++];
    *l = (struct line){.approach = approach, .cell = cell};
    snprintf(l->category, sizeof l->category, "%s", category);
}

static int bits(unsigned set) {
    int n = 0;
    for (; set; set &= set - 1) n++;
    return n;
}

static void combination_name(char *out, size_t room, unsigned set) {
    size_t at = 0;
    out[0] = 0;
    for (int k = 0; k < RS_2024; k++)
        if (set >> k & 1u) at += (size_t)snprintf(out + at, room - at, "%s%s", at ? "+" : "", names[k]);
}

/* A shown cell that is the sum of the atoms for which `takes` holds. */
static uint32_t sum_cell(struct table *t, bool (*takes)(int kind, unsigned set, unsigned argument, const bool *shown),
                         unsigned argument, const bool *shown) {
    double n = 0;
    uint32_t cell = rs_cells_add(&t->cells, 0, 0, true), relation = rs_cells_relation(&t->cells);
    rs_cells_term(&t->cells, relation, cell, 1);
    for (int kind = 0; kind < 3; kind++)
        for (unsigned set = 0; set < RS_COMBINATIONS; set++) {
            uint32_t atom = t->atom[kind][set];
            if (atom == NONE || !takes(kind, set, argument, shown)) continue;
            n += t->cells.cells[atom].n;
            rs_cells_term(&t->cells, relation, atom, -1);
        }
    t->cells.cells[cell].n = n;
    return cell;
}

enum { ANSWERED, UNRESOLVED, UNRESOLVED_SEVERAL };
static bool takes_all(int kind, unsigned set, unsigned argument, const bool *shown) {
    (void)kind, (void)set, (void)argument, (void)shown;
    return true;
}
static bool takes_said(int kind, unsigned set, unsigned bit, const bool *shown) {
    (void)kind, (void)shown;
    return (set & bit) != 0;
}
static bool takes_alone(int kind, unsigned set, unsigned bit, const bool *shown) {
    (void)shown;
    return kind == ANSWERED && set == bit;
}
static bool takes_other(int kind, unsigned set, unsigned argument, const bool *shown) {
    (void)argument;
    return kind == ANSWERED && bits(set) > 1 && !shown[set];
}
static bool takes_unresolved(int kind, unsigned set, unsigned argument, const bool *shown) {
    (void)set, (void)argument, (void)shown;
    return kind != ANSWERED;
}
static bool takes_several(int kind, unsigned set, unsigned argument, const bool *shown) {
    (void)argument, (void)shown;
    return kind == UNRESOLVED_SEVERAL || (kind == ANSWERED && bits(set) > 1);
}
static bool takes_one_unresolved(int kind, unsigned set, unsigned argument, const bool *shown) {
    (void)set, (void)argument, (void)shown;
    return kind == UNRESOLVED;
}

/* Sums to the total of those who answered. */
static void sums_to_answered(struct table *t, const uint32_t *cells, size_t n) {
    uint32_t relation = rs_cells_relation(&t->cells);
    rs_cells_term(&t->cells, relation, t->answered, 1);
    for (size_t i = 0; i < n; i++) rs_cells_term(&t->cells, relation, cells[i], -1);
}

static void add_atoms(struct table *t, const struct rs_tabulation *counted) {
    const uint64_t *counts[3] = {counted->answered, counted->unresolved, counted->unresolved_several};
    for (int kind = 0; kind < 3; kind++)
        for (unsigned set = 0; set < RS_COMBINATIONS; set++)
            t->atom[kind][set] = counts[kind][set] ? rs_cells_add(&t->cells, (double)counts[kind][set], 0, false) : NONE;
}

/* The most frequent combinations that may be published at all; of equal ones the first in the order of categories. */
static size_t choose(const struct rs_tabulation *counted, double minimum, size_t most, bool shown[RS_COMBINATIONS]) {
    size_t n = 0;
    memset(shown, 0, RS_COMBINATIONS * sizeof *shown);
    for (; n < most; n++) {
        unsigned best = 0;
        for (unsigned set = 0; set < RS_COMBINATIONS; set++)
            if (bits(set) > 1 && !shown[set] && (double)counted->answered[set] >= fmax(minimum, 1) &&
                (!best || counted->answered[set] > counted->answered[best]))
                best = set;
        if (!best) break;
        shown[best] = true;
    }
    return n;
}

static void add_population(struct table *t, const struct rs_tabulation *counted) {
    double n = 0;
    t->answered = sum_cell(t, takes_all, 0, NULL);
    t->cells.cells[t->answered].total = true;
    t->all = rs_cells_add(&t->cells, 0, 0, true);
    t->cells.cells[t->all].total = true;
    uint32_t relation = rs_cells_relation(&t->cells);
    rs_cells_term(&t->cells, relation, t->all, 1);
    rs_cells_term(&t->cells, relation, t->answered, -1);
    add_line(t, "population", "ALL", t->all);
    add_line(t, "population", "ANSWERED", t->answered);
    for (size_t i = 0; i < counted->reasons.n; i++) {
        double missing = (double)counted->missing.c[i].n;
        uint32_t cell = rs_cells_add(&t->cells, missing, 0, true);
        rs_cells_term(&t->cells, relation, cell, -1);
        add_line(t, "population", counted->reasons.names[i], cell);
        n += missing;
    }
    t->cells.cells[t->all].n = n + t->cells.cells[t->answered].n;
}

static void build(struct table *t, const struct rs_tabulation *counted, double minimum, size_t most) {
    bool shown[RS_COMBINATIONS];
    uint32_t part[RS_COMBINATIONS + 16];
    size_t n = 0, alone;
    char name[96];
    choose(counted, minimum, most, shown);
    add_atoms(t, counted);
    add_population(t, counted);
    for (int k = 0; k < RS_2024; k++)
        add_line(t, "alone_or_in_combination", names[k], sum_cell(t, takes_said, 1u << k, shown));
    for (int k = 0; k < RS_2024; k++) {
        part[n] = sum_cell(t, takes_alone, 1u << k, shown);
        add_line(t, "most_frequent", names[k], part[n]);
        add_line(t, "multiracial", names[k], part[n++]);
    }
    alone = n;
    for (unsigned set = 0; set < RS_COMBINATIONS; set++) {
        if (!shown[set]) continue;
        part[n++] = t->atom[ANSWERED][set];
        t->cells.cells[t->atom[ANSWERED][set]].shown = true;
        combination_name(name, sizeof name, set);
        add_line(t, "most_frequent", name, t->atom[ANSWERED][set]);
    }
    add_line(t, "most_frequent", "OTHER_COMBINATIONS", part[n++] = sum_cell(t, takes_other, 0, shown));
    add_line(t, "most_frequent", "UNRESOLVED", part[n++] = sum_cell(t, takes_unresolved, 0, shown));
    sums_to_answered(t, part, n);
    n = alone;
    add_line(t, "multiracial", "MULTIRACIAL_OR_MULTIETHNIC", part[n++] = sum_cell(t, takes_several, 0, shown));
    add_line(t, "multiracial", "UNRESOLVED", part[n++] = sum_cell(t, takes_one_unresolved, 0, shown));
    sums_to_answered(t, part, n);
}

/* ---- rows -------------------------------------------------------------------------------------------------------- */

static int by_key(const void *a, const void *b) {
    const struct line *x = a, *y = b;
    int c = strcmp(x->approach, y->approach);
    return c ? c : strcmp(x->category, y->category);
}

static void emit(const struct table *t, const struct line *l, struct rs_batch *batch, int sink) {
    const struct rs_small_cell *cell = &t->cells.cells[l->cell], *base = &t->cells.cells[t->answered];
    bool reason = strcmp(l->approach, "population") == 0;
    struct rs_view row[TABULATION_COLUMNS] = {
        [TABULATION_approach] = rs_cstr(l->approach),
        [TABULATION_category] = rs_cstr(l->category),
        [TABULATION_suppressed] = cell->suppressed ? RS_LIT("Y") : RS_LIT("N"),
        [TABULATION_suppression_reason] = !cell->suppressed ? RS_NULL
                                          : cell->primary      ? RS_LIT("primary")
                                          : cell->differencing ? RS_LIT("differencing")
                                                               : RS_LIT("complementary")};
    if (!cell->suppressed) {
        row[TABULATION_n] = rs_arena_long(&batch->arena, (int64_t)cell->n);
        /* a share of a withheld base would give the base */
        if (!reason && !base->suppressed && base->n > 0)
            row[TABULATION_share] = rs_arena_real(&batch->arena, cell->n / base->n);
    }
    rs_batch_emit(batch, sink, &rs_layout_tabulation, row);
}

static bool suppress(struct table *t, const struct rs_published *published, double minimum, struct rs_error *error) {
    struct rs_tabulated_line *lines = rs_alloc((t->n + 1) * sizeof *lines);
    size_t n;
    for (size_t i = 0; i < t->n; i++)
        lines[i] = (struct rs_tabulated_line){t->lines[i].approach, t->lines[i].category, t->lines[i].cell};
    struct rs_publication *others = rs_publications_of_tabulation(published, &t->cells, lines, t->n, &n);
    bool good = rs_suppress_beside(&t->cells, others, n, minimum, error);
    rs_publications_free(others, n);
    free(lines);
    return good;
}

bool rs_tabulation_publish(const struct rs_tabulation *counted, double minimum_cell, size_t most,
                           struct rs_published *published, struct rs_batch *batch, int sink, struct rs_error *error) {
    struct table *t = rs_alloc(sizeof *t);
    build(t, counted, minimum_cell, most);
    bool ok = suppress(t, published, minimum_cell, error) || rs_error_context(error, "tabulation");
    for (size_t i = 0; ok && published && i < t->n; i++) {
        const struct rs_small_cell *cell = &t->cells.cells[t->lines[i].cell];
        if (!cell->suppressed) rs_published_note(published, t->lines[i].approach, t->lines[i].category, cell->n);
    }
    qsort(t->lines, t->n, sizeof *t->lines, by_key);
    for (size_t i = 0; ok && i < t->n; i++) emit(t, &t->lines[i], batch, sink);
    rs_cells_free(&t->cells);
    free(t->lines);
    free(t);
    return ok;
}
