/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Why it exists: the pass over the persons counts everything at once, so that their rows are read only once. */
#include "strata.h"
#include <stdlib.h>
#include <string.h>

const char *const rs_dimension_names[RS_DIMENSIONS] = {"all", "race_ethnicity", "language",
                                                       "sex", "age_band",       "provider_group"};

/* FNV-1a: short names, no adversary who would gain anything. */
static size_t hash_of(struct rs_view v) {
    uint64_t h = 14695981039346656037u;
    for (size_t i = 0; i < v.n; i++) h = (h ^ (unsigned char)v.p[i]) * 1099511628211u;
    return (size_t)(h ^ h >> 32);
}

static void grow_slots(struct rs_names *t) {
    size_t n = t->n_slots ? 2 * t->n_slots : 64;
    free(t->slots);
    t->slots = rs_alloc(n * sizeof *t->slots);
    t->n_slots = n;
    for (size_t i = 0; i < t->n; i++) {
        size_t at = hash_of(rs_cstr(t->names[i])) & (n - 1);
        while (t->slots[at]) at = (at + 1) & (n - 1);
        t->slots[at] = (uint32_t)i + 1;
    }
}

uint32_t rs_name_number(struct rs_names *t, struct rs_view name) {
    if (2 * (t->n + 1) > t->n_slots) grow_slots(t);
    size_t at = hash_of(name) & (t->n_slots - 1);
    while (t->slots[at]) {
        uint32_t i = t->slots[at] - 1;
        if (rs_eq_c(name, t->names[i])) return i;
        at = (at + 1) & (t->n_slots - 1);
    }
    if (t->n == t->room) {
        t->room = t->room ? 2 * t->room : 32;
        t->names = rs_realloc(t->names, t->room * sizeof *t->names);
    }
    t->names[t->n] = rs_arena_copy(&t->arena, name.n ? name.p : "", name.n);
    t->slots[at] = (uint32_t)t->n + 1;
    return (uint32_t)t->n++;
}

void rs_names_free(struct rs_names *t) {
    free(t->names);
    free(t->slots);
    rs_arena_free(&t->arena);
    *t = (struct rs_names){0};
}

struct rs_count *rs_count_at(struct rs_counts *counts, uint32_t number) {
    if (number >= counts->n) {
        size_t n = counts->n ? counts->n : 8;
        while (n <= number) n *= 2;
        counts->c = rs_realloc(counts->c, n * sizeof *counts->c);
        memset(counts->c + counts->n, 0, (n - counts->n) * sizeof *counts->c);
        counts->n = n;
    }
    return &counts->c[number];
}

bool rs_strata_open(struct rs_strata *s, const char *dir, struct rs_error *error) {
    *s = (struct rs_strata){0};
    for (int g = 0; g < RS_GROUPS; g++) rs_name_number(&s->names[RS_RACE], rs_cstr(rs_group_names[g]));
    rs_name_number(&s->names[RS_ALL], RS_LIT("all"));
    s->file = rs_imputed_file_open(dir, error);
    return s->file != NULL;
}

struct rs_series *rs_series_of(struct rs_strata *s, struct rs_view measure, struct rs_view period) {
    char both[512];
    struct rs_arena long_one = {0};
    char *key = both;
    size_t n = measure.n + 1 + period.n;
    if (n > sizeof both) key = rs_arena_alloc(&long_one, n);
    memcpy(key, measure.p, measure.n);
    key[measure.n] = '\x1f';
    memcpy(key + measure.n + 1, period.p, period.n);
    uint32_t number = rs_name_number(&s->measures, rs_view(key, n));
    rs_arena_free(&long_one);
    if (number < s->n_series) return &s->series[number];
    s->series = rs_realloc(s->series, (s->n_series + 1) * sizeof *s->series);
    struct rs_series *made = &s->series[s->n_series++];
    const char *kept = s->measures.names[number];
    *made = (struct rs_series){.measure = rs_view(kept, measure.n),
                               .period = rs_view(kept + measure.n + 1, period.n),
                               .imputed = {.file = s->file}};
    return made;
}

void rs_strata_free(struct rs_strata *s) {
    for (size_t i = 0; i < s->n_series; i++) {
        for (int d = 0; d < RS_DIMENSIONS; d++) free(s->series[i].by[d].c);
        free(s->series[i].excluded.c);
        free(s->series[i].by_provider.c);
        free(s->series[i].by_cell.c);
        rs_imputed_free(&s->series[i].imputed);
    }
    free(s->series);
    for (int d = 0; d < RS_DIMENSIONS; d++) rs_names_free(&s->names[d]);
    rs_names_free(&s->measures);
    rs_names_free(&s->cells);
    rs_names_free(&s->models);
    rs_imputed_file_close(s->file);
    *s = (struct rs_strata){0};
}
