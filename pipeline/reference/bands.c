/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Places by age and sex: where a table has them, a child is held against children. */
#include "bands.h"
#include <stdlib.h>
#include "pack_format.h"

static bool parse_year(struct rs_view text, int *out) {
    int64_t year;
    if (!rs_has(text) || !rs_all_digits(text) || !rs_parse_long(text, &year) || year > 150) return false;
    *out = (int)year;
    return true;
}

bool rs_ages_parse(struct rs_view text, int *from, int *to) {
    *from = 0;
    *to = 999;
    if (!rs_has(text) || rs_eq_c(text, "all")) return true;
    if (text.p[text.n - 1] == '+') return parse_year(rs_view(text.p, text.n - 1), from);
    struct rs_view rest = text, first = rs_split(&rest, '-');
    return parse_year(first, from) && parse_year(rest, to) && *from <= *to;
}

static bool same(struct rs_band a, struct rs_band b) { return a.from == b.from && a.to == b.to && a.sex == b.sex; }

static bool number_of(struct rs_bands_table *t, struct rs_band band, size_t *number) {
    for (*number = 0; *number < t->n; (*number)++)
        if (same(t->bands[*number], band)) return true;
    if (t->n == RS_BANDS) return false;
    t->bands[t->n++] = band;
    return true;
}

struct columns {
    int id, ages, sex;
};

static bool read_band(const struct rs_csv *csv, const struct columns *c, struct rs_band *out, struct rs_error *error) {
    struct rs_view ages = c->ages < 0 ? RS_NULL : csv->field[c->ages], sex = c->sex < 0 ? RS_NULL : csv->field[c->sex];
    *out = (struct rs_band){.sex = 0};
    if (!rs_ages_parse(ages, &out->from, &out->to))
        return rs_fail(error, RS_DATA, "%s line %zu: ages are written 18+, 0-17 or the like, or all", csv->path, csv->line);
    if (rs_has(sex) && !(sex.n == 1 && (sex.p[0] == 'M' || sex.p[0] == 'F')))
        return rs_fail(error, RS_DATA, "%s line %zu: sex is M, F or empty", csv->path, csv->line);
    if (rs_has(sex)) out->sex = sex.p[0];
    if (out->from > 0 || out->to < 999 || out->sex) return true;
    return rs_fail(error, RS_DATA, "%s line %zu: is of all ages and both sexes: that belongs into --geography", csv->path,
                   csv->line);
}

static int key_against_row(const void *key, const void *row) {
    return rs_compare(*(const struct rs_view *)key, ((const struct rs_counts_row *)row)->key);
}

static bool read_row(const struct rs_csv *csv, const struct columns *c, enum rs_place_level level,
                     const struct rs_counts_table *places, struct rs_bands_table *to, struct rs_error *error) {
    double counts[RS_GROUPS];
    struct rs_band band;
    size_t number;
    char key[16];
    struct rs_view id = csv->field[c->id];
    if (!read_band(csv, c, &band, error) || !rs_read_place_row(csv, level, c->id, counts, error)) return false;
    if (!places->n || !bsearch(&id, places->rows, places->n, sizeof *places->rows, key_against_row))
        return rs_fail(error, RS_DATA, "%s line %zu: the table of all ages has no such %s: give one with --geography",
                       csv->path, csv->line, rs_place_level_names[level]);
    if (!number_of(to, band, &number))
        return rs_fail(error, RS_DATA, "%s line %zu: more than %d bands of age and sex", csv->path, csv->line, RS_BANDS);
    rs_counts_add(&to->rows, rs_band_key(key, number, level, id), counts);
    return true;
}

bool rs_read_bands(const char *path, enum rs_place_level level, const struct rs_counts_table *places,
                   struct rs_bands_table *to, struct rs_table_source *source, struct rs_error *error) {
    struct rs_csv *csv = rs_alloc(sizeof *csv);
    struct columns c;
    bool more = true, ok = rs_csv_open(csv, path, error) && rs_csv_need(csv, "id", &c.id, error);
    if (ok) {
        c.ages = rs_csv_column(csv, "ages");
        c.sex = rs_csv_column(csv, "sex");
        if (c.ages < 0 && c.sex < 0) ok = rs_fail(error, RS_DATA, "%s: needs a column ages, or sex", path);
    }
    while (ok && (ok = rs_csv_next(csv, &more, error)) && more) ok = read_row(csv, &c, level, places, to, error);
    if (ok && csv->rows == 0) ok = rs_fail(error, RS_DATA, "%s: no rows", path);
    if (ok) *source = (struct rs_table_source){.rows = csv->rows, .content = csv->content, .ages = "by age or sex"};
    rs_csv_close(csv);
    free(csv);
    return ok;
}

struct numbered {
    struct rs_band band;
    size_t number;
};

static int by_width(const void *a, const void *b) {
    struct rs_band x = ((const struct numbered *)a)->band, y = ((const struct numbered *)b)->band;
    int width = (x.to - x.from) - (y.to - y.from);
    if (width) return width;
    if (!x.sex != !y.sex) return x.sex ? -1 : 1;
    return x.from != y.from ? x.from - y.from : x.sex - y.sex;
}

bool rs_bands_finish(struct rs_bands_table *t, struct rs_error *error) {
    struct numbered order[RS_BANDS];
    char now[RS_BANDS];
    for (size_t i = 0; i < t->n; i++) order[i] = (struct numbered){t->bands[i], i};
    if (t->n > 1) qsort(order, t->n, sizeof *order, by_width);
    for (size_t i = 0; i < t->n; i++) {
        t->bands[i] = order[i].band;
        now[order[i].number] = (char)('0' + (int)i);
    }
    for (size_t i = 0; i < t->rows.n; i++) {
        char *key = (char *)(uintptr_t)t->rows.rows[i].key.p; /* the table's own */
        key[1] = now[key[1] - '0'];
    }
    return rs_counts_sort(&t->rows, "places by age and sex (level, band, id)", error);
}

void rs_bands_free(struct rs_bands_table *t) { rs_counts_free(&t->rows); }
