/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Why it exists: the pass over the persons counts everything at once, so that their rows are read only once. */
#include "strata.h"
#include "pipeline/base/hash.h"
#include <stdlib.h>
#include <string.h>

const char *const rs_dimension_names[RS_DIMENSIONS] = {
    "all",          "race_ethnicity",     "language",        "sex",
    "age_band",     "provider_group",     "race_2024_any",   "race_2024",
    "sexual_orientation", "gender_identity", "transgender_status", "product",
    "county",       "svi_quintile",       "adi_quintile"};

const char *rs_dimension_name(const struct rs_strata *s, enum rs_dimension d) {
    return d < RS_BUILT_IN ? rs_dimension_names[d] : s->dimensions->crossed[d - RS_BUILT_IN].name;
}

bool rs_dimension_used(const struct rs_strata *s, enum rs_dimension d) {
    return s->dimensions ? s->dimensions->used[d] : d <= RS_PROVIDER;
}

/* ---- which dimensions ------------------------------------------------------------------------------------------ */

static bool dimension_of(struct rs_view name, enum rs_dimension *out, struct rs_error *error) {
    for (int d = RS_RACE; d < RS_BUILT_IN; d++)
        if (rs_eq_c(name, rs_dimension_names[d])) {
            *out = (enum rs_dimension)d;
            return true;
        }
    return rs_fail(error, RS_USAGE,
                   "--strata: there is no dimension %.*s; there are race_ethnicity, language, sex, age_band, "
                   "provider_group, race_2024_any, race_2024, sexual_orientation, gender_identity, transgender_status, "
                   "product, county, svi_quintile, adi_quintile, and several of them with * between",
                   (int)name.n, name.p);
}

static bool is_sogi(enum rs_dimension d) { return d >= RS_ORIENTATION && d <= RS_TRANSGENDER; }

static bool parse_crossed(struct rs_view text, struct rs_crossed *out, struct rs_arena *arena, struct rs_error *error) {
    struct rs_view rest = text;
    bool race = false, sogi = false;
    *out = (struct rs_crossed){.name = rs_arena_copy(arena, text.p, text.n)};
    while (!rs_is_null(rest)) {
        struct rs_view one = rs_trim(rs_split(&rest, '*'));
        if (out->n == RS_MOST_PARTS)
            return rs_fail(error, RS_USAGE, "--strata: %s: at most %d dimensions can be crossed", out->name, RS_MOST_PARTS);
        enum rs_dimension *d = &out->part[out->n++];
        if (!dimension_of(one, d, error)) return false;
        for (size_t i = 0; i + 1 < out->n; i++)
            if (out->part[i] == *d) return rs_fail(error, RS_USAGE, "--strata: %s: a dimension stands twice", out->name);
        if (*d == RS_RACE_2024_ANY)
            return rs_fail(error, RS_USAGE, "--strata: %s: race_2024_any overlaps, so it is not crossed; use race_2024",
                           out->name);
        race |= *d == RS_RACE;
        sogi |= is_sogi(*d);
        out->by_row |= *d == RS_PROVIDER || *d == RS_PRODUCT;
    }
    /* what is imputed goes through a file: sexual orientation and gender identity do not */
    out->fitted = race && !sogi;
    return true;
}

static int by_parts(const void *a, const void *b) {
    const struct rs_crossed *x = a, *y = b;
    return x->n != y->n ? (x->n > y->n) - (x->n < y->n) : strcmp(x->name, y->name);
}

bool rs_dimensions_parse(const char *text, struct rs_dimensions *out, struct rs_arena *arena, struct rs_error *error) {
    struct rs_view rest = rs_cstr(text);
    *out = (struct rs_dimensions){.used = {[RS_ALL] = true, [RS_RACE] = true}};
    while (!rs_is_null(rest)) {
        struct rs_view one = rs_trim(rs_split(&rest, ','));
        enum rs_dimension d = RS_ALL;
        if (!one.n) continue;
        if (!memchr(one.p, '*', one.n)) {
            if (!dimension_of(one, &d, error)) return false;
            out->used[d] = true;
            continue;
        }
        if (out->n_crossed == RS_MOST_CROSSED)
            return rs_fail(error, RS_USAGE, "--strata: more than %d intersections", RS_MOST_CROSSED);
        if (!parse_crossed(one, &out->crossed[out->n_crossed++], arena, error)) return false;
    }
    /* those of few parts first: the margins of those of many */
    if (out->n_crossed) qsort(out->crossed, out->n_crossed, sizeof out->crossed[0], by_parts);
    for (size_t k = 0; k < out->n_crossed; k++) {
        out->used[rs_crossed_dimension(k)] = true;
        /* the margins are made, too: cells are withheld together with them */
        for (size_t i = 0; i < out->crossed[k].n; i++) out->used[out->crossed[k].part[i]] = true;
        if (k && strcmp(out->crossed[k].name, out->crossed[k - 1].name) == 0)
            return rs_fail(error, RS_USAGE, "--strata: %s stands twice", out->crossed[k].name);
    }
    return true;
}

/* ---- names ------------------------------------------------------------------------------------------------------ */

static size_t hash_of(struct rs_view v) {
    uint64_t h = rs_fnv(RS_FNV_BEGIN, v.p, v.n);
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

struct rs_view rs_joined(struct rs_buffer *text, const struct rs_view *part, size_t n) {
    text->n = 0;
    for (size_t i = 0; i < n; i++) {
        if (i) rs_buffer_byte(text, RS_BETWEEN);
        rs_buffer_view(text, part[i]);
    }
    return rs_view(text->p, text->n);
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

bool rs_name_find(const struct rs_names *t, struct rs_view name, uint32_t *out) {
    if (!t->n_slots) return false;
    size_t at = hash_of(name) & (t->n_slots - 1);
    for (; t->slots[at]; at = (at + 1) & (t->n_slots - 1)) {
        *out = t->slots[at] - 1;
        if (rs_eq_c(name, t->names[*out])) return true;
    }
    return false;
}

void rs_names_reset(struct rs_names *t) {
    if (t->n) memset(t->slots, 0, t->n_slots * sizeof *t->slots);
    t->n = 0;
    rs_arena_reset(&t->arena);
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

struct rs_counts *rs_crossed_by_cell(struct rs_series *s, size_t k, uint32_t other) {
    struct rs_crossed_rows *c = &s->crossed[k];
    if (other >= c->n_by_cell) {
        size_t n = c->n_by_cell ? c->n_by_cell : 8;
        while (n <= other) n *= 2;
        c->by_cell = rs_realloc(c->by_cell, n * sizeof *c->by_cell);
        memset(c->by_cell + c->n_by_cell, 0, (n - c->n_by_cell) * sizeof *c->by_cell);
        c->n_by_cell = n;
    }
    return &c->by_cell[other];
}

static void first_names(struct rs_strata *s) {
    for (int g = 0; g < RS_GROUPS; g++) rs_name_number(&s->names[RS_RACE], rs_cstr(rs_group_names[g]));
    rs_name_number(&s->names[RS_ALL], RS_LIT("all"));
}

bool rs_strata_open(struct rs_strata *s, const char *dir, struct rs_error *error) {
    *s = (struct rs_strata){0};
    first_names(s);
    s->labels = rs_alloc(sizeof *s->labels);
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
    if (s->n_series == s->series_room) {
        size_t room = s->series_room ? 2 * s->series_room : 16;
        s->series = rs_realloc(s->series, room * sizeof *s->series);
        memset(s->series + s->series_room, 0, (room - s->series_room) * sizeof *s->series);
        s->series_room = room;
    }
    struct rs_series *made = &s->series[s->n_series++];
    const char *kept = s->measures.names[number];
    made->measure = rs_view(kept, measure.n);
    made->period = rs_view(kept + measure.n + 1, period.n);
    made->imputed.file = s->file;
    made->last_person = 0;
    made->about = rs_measures_find(s->measures_known, made->measure);
    return made;
}

/* ---- parts ---------------------------------------------------------------------------------------------------- */

void rs_strata_begin(struct rs_strata *part, const struct rs_strata *whole) {
    for (int d = 0; d < RS_DIMENSIONS; d++) rs_names_reset(&part->names[d]);
    for (int k = 0; k < RS_MOST_CROSSED; k++) rs_names_reset(&part->others[k]);
    rs_names_reset(&part->cells);
    rs_names_reset(&part->models);
    rs_names_reset(&part->measures);
    part->n_series = 0;
    memcpy(part->adjust, whole->adjust, sizeof part->adjust);
    part->n_adjust = whole->n_adjust;
    part->dimensions = whole->dimensions;
    part->measures_known = whole->measures_known;
    part->missing_answers = whole->missing_answers;
    first_names(part);
}

/* The whole's number of each of the part's names. */
static uint32_t *renumber(struct rs_names *whole, const struct rs_names *part) {
    uint32_t *to = rs_alloc((part->n + 1) * sizeof *to);
    for (size_t i = 0; i < part->n; i++) to[i] = rs_name_number(whole, rs_cstr(part->names[i]));
    return to;
}

/* Adds counts numbered by name, `each` numbers a name, and sets them to 0. */
static void add_counts(struct rs_counts *whole, struct rs_counts *part, const uint32_t *to, size_t each) {
    for (size_t i = 0; i < part->n; i++) {
        struct rs_count c = part->c[i];
        if (!c.n && !c.x) continue;
        struct rs_count *sum = rs_count_at(whole, (uint32_t)(to[i / each] * each + i % each));
        sum->n += c.n;
        sum->x += c.x;
        part->c[i] = (struct rs_count){0};
    }
}

/* The same of each fitted intersection, by cell. */
static void add_crossed_counts(struct rs_series *into, struct rs_series *from, uint32_t *const *other, const uint32_t *cells) {
    for (size_t k = 0; k < RS_MOST_CROSSED; k++)
        for (size_t o = 0; o < from->crossed[k].n_by_cell; o++) {
            struct rs_counts *part = &from->crossed[k].by_cell[o];
            bool any = false;
            for (size_t i = 0; i < part->n; i++) any |= part->c[i].n > 0;
            if (any) add_counts(rs_crossed_by_cell(into, k, other[k][o]), part, cells, RS_GROUPS);
        }
}

/* Into the rows of each fitted intersection. */
static bool add_crossed(struct rs_strata *whole, struct rs_series *s, uint32_t *const *other,
                        const struct rs_series_row *row, struct rs_error *error) {
    for (size_t k = 0; whole->dimensions && k < whole->dimensions->n_crossed; k++) {
        if (!whole->dimensions->crossed[k].fitted) continue;
        struct rs_crossed_rows *c = &s->crossed[k];
        uint32_t at = other[k][row->other[k]];
        if (at >= c->n) {
            size_t room = c->n ? 2 * c->n : 8;
            while (room <= at) room *= 2;
            c->by = rs_realloc(c->by, room * sizeof *c->by);
            for (; c->n < room; c->n++) c->by[c->n] = (struct rs_imputed){.file = whole->file};
        }
        if (!rs_imputed_add(&c->by[at], &row->row, error)) return false;
    }
    return true;
}

static bool add_rows(struct rs_strata *whole, const uint32_t *series, const uint32_t *provider, const uint32_t *cell,
                     uint32_t *const *other, struct rs_series_row *rows, size_t n, struct rs_error *error) {
    for (size_t i = 0; i < n; i++) {
        struct rs_imputed_row *row = &rows[i].row;
        rows[i].series = series[rows[i].series];
        row->provider = provider[row->provider] & (RS_MOST_PROVIDERS - 1);
        if (cell) row->cell = cell[row->cell] & (RS_MOST_CELLS - 1);
        struct rs_series *s = &whole->series[rows[i].series];
        if (!rs_imputed_add(&s->imputed, row, error) || !add_crossed(whole, s, other, &rows[i], error)) return false;
    }
    return true;
}

static struct rs_amounts *amounts_at(struct rs_series *s, int d, uint32_t number) {
    if (number >= s->n_amounts[d]) {
        size_t n = s->n_amounts[d] ? s->n_amounts[d] : 8;
        while (n <= number) n *= 2;
        s->amounts[d] = rs_realloc(s->amounts[d], n * sizeof *s->amounts[d]);
        memset(s->amounts[d] + s->n_amounts[d], 0, (n - s->n_amounts[d]) * sizeof *s->amounts[d]);
        s->n_amounts[d] = n;
    }
    return &s->amounts[d][number];
}

/* One by one, in the order of the files: sums of reals depend on it. */
static void add_amounts(struct rs_strata *whole, const uint32_t *series, uint32_t *const *to,
                        const struct rs_part_rows *rows) {
    for (size_t i = 0; i < rows->n_amounts; i++) {
        const struct rs_amount_row *r = &rows->amounts[i];
        struct rs_series *s = &whole->series[series[r->series]];
        for (int d = 0; d < RS_DIMENSIONS; d++) {
            if (r->number[d] == UINT32_MAX) continue;
            struct rs_amounts *a = amounts_at(s, d, to[d][r->number[d]]);
            a->e += r->exposure;
            a->a += r->amount;
            a->ee += r->exposure * r->exposure;
            a->ea += r->exposure * r->amount;
            a->aa += r->amount * r->amount;
        }
        if (!r->linear) continue;
        if (!s->linear) s->linear = rs_alloc(sizeof *s->linear);
        rs_linear_add(s->linear, r->p, r->exposure, r->amount);
    }
}

static uint32_t renumbered(const uint32_t *to, size_t n, uint32_t number) { return number < n ? to[number] : 0; }

static void add_patterns(struct rs_strata *whole, const struct rs_strata *part, const uint32_t *series,
                         uint32_t *const *to, const struct rs_part_rows *rows) {
    static const enum rs_dimension answers[RS_ANSWERS] = {RS_LANGUAGE, RS_ORIENTATION, RS_GENDER, RS_TRANSGENDER};
    for (size_t i = 0; i < rows->n_patterns; i++) {
        const struct rs_pattern *from = &rows->patterns[i].p;
        struct rs_pattern p = {.age = to[RS_AGE][from->age],
                               .sex = to[RS_SEX][from->sex],
                               .race = to[RS_RACE][from->race],
                               .provider = to[RS_PROVIDER][from->provider]};
        for (int k = 0; k < RS_ANSWERS; k++)
            p.answer[k] = renumbered(to[answers[k]], part->names[answers[k]].n, from->answer[k]);
        rs_patterns_add(&whole->series[series[rows->patterns[i].series]].patterns, &p, rows->patterns[i].y);
    }
}

bool rs_strata_add(struct rs_strata *whole, struct rs_strata *part, const struct rs_part_rows *rows,
                   struct rs_error *error) {
    uint32_t *to[RS_DIMENSIONS], *other[RS_MOST_CROSSED], *cells = renumber(&whole->cells, &part->cells),
                                 *models = renumber(&whole->models, &part->models),
                                 *series = rs_alloc((part->n_series + 1) * sizeof *series);
    for (int d = 0; d < RS_DIMENSIONS; d++) to[d] = renumber(&whole->names[d], &part->names[d]);
    for (int k = 0; k < RS_MOST_CROSSED; k++) other[k] = renumber(&whole->others[k], &part->others[k]);
    for (size_t i = 0; i < part->n_series; i++) {
        struct rs_series *from = &part->series[i], *into = rs_series_of(whole, from->measure, from->period);
        series[i] = (uint32_t)(into - whole->series);
        for (int d = 0; d < RS_DIMENSIONS; d++) add_counts(&into->by[d], &from->by[d], to[d], 1);
        add_counts(&into->by_provider, &from->by_provider, to[RS_PROVIDER], RS_GROUPS);
        add_counts(&into->by_cell, &from->by_cell, cells, RS_GROUPS);
        add_crossed_counts(into, from, other, cells);
        add_counts(&into->excluded, &from->excluded, to[RS_RACE], 1);
    }
    add_amounts(whole, series, to, rows);
    add_patterns(whole, part, series, to, rows);
    bool good = true;
    if (whole->names[RS_PROVIDER].n > RS_MOST_PROVIDERS)
        good = rs_fail(error, RS_DATA, "person_measure: more than %d provider groups", RS_MOST_PROVIDERS);
    if (whole->cells.n > RS_MOST_CELLS)
        good = rs_fail(error, RS_USAGE, "--standardise: more than %d combinations: name fewer dimensions", RS_MOST_CELLS);
    good = good && add_rows(whole, series, to[RS_PROVIDER], whole->n_adjust ? cells : NULL, other, rows->imputed, rows->n_imputed, error);
    for (int d = 0; d < RS_DIMENSIONS; d++) free(to[d]);
    for (int k = 0; k < RS_MOST_CROSSED; k++) free(other[k]);
    free(cells);
    free(models);
    free(series);
    return good;
}

void rs_strata_free(struct rs_strata *s) {
    for (size_t i = 0; i < s->series_room; i++) {
        for (int d = 0; d < RS_DIMENSIONS; d++) free(s->series[i].by[d].c);
        free(s->series[i].excluded.c);
        free(s->series[i].by_provider.c);
        free(s->series[i].by_cell.c);
        rs_imputed_free(&s->series[i].imputed);
        for (int d = 0; d < RS_DIMENSIONS; d++) free(s->series[i].amounts[d]);
        free(s->series[i].linear);
        rs_patterns_free(&s->series[i].patterns);
        for (int k = 0; k < RS_MOST_CROSSED; k++) {
            for (size_t x = 0; x < s->series[i].crossed[k].n; x++) rs_imputed_free(&s->series[i].crossed[k].by[x]);
            free(s->series[i].crossed[k].by);
            for (size_t x = 0; x < s->series[i].crossed[k].n_by_cell; x++) free(s->series[i].crossed[k].by_cell[x].c);
            free(s->series[i].crossed[k].by_cell);
        }
    }
    free(s->series);
    for (int d = 0; d < RS_DIMENSIONS; d++) rs_names_free(&s->names[d]);
    for (int k = 0; k < RS_MOST_CROSSED; k++) rs_names_free(&s->others[k]);
    if (s->labels) rs_names_free(s->labels);
    free(s->labels);
    rs_names_free(&s->measures);
    rs_names_free(&s->cells);
    rs_names_free(&s->models);
    rs_imputed_file_close(s->file);
    *s = (struct rs_strata){0};
}
