/* SPDX-License-Identifier: GPL-3.0-or-later */
/* From the CSV layouts of places and surnames to counts in six groups. */
#include "pack_tables.h"
#include "name_list.h"
#include <stdlib.h>

void rs_counts_add(struct rs_counts_table *t, struct rs_view key, const double counts[RS_GROUPS]) {
    if (t->n == t->room) {
        t->room = t->room ? t->room * 2 : 1024;
        t->rows = rs_realloc(t->rows, t->room * sizeof *t->rows);
    }
    struct rs_counts_row *r = &t->rows[t->n++];
    r->key = rs_arena_view(&t->arena, key);
    memcpy(r->counts, counts, sizeof r->counts);
}

static int by_key(const void *a, const void *b) {
    return rs_compare(((const struct rs_counts_row *)a)->key, ((const struct rs_counts_row *)b)->key);
}

bool rs_counts_sort(struct rs_counts_table *t, const char *what, struct rs_error *error) {
    if (t->n > 1) qsort(t->rows, t->n, sizeof *t->rows, by_key);
    for (size_t i = 1; i < t->n; i++)
        if (rs_eq(t->rows[i - 1].key, t->rows[i].key))
            return rs_fail(error, RS_DATA, "%s: %.*s is there twice", what, (int)t->rows[i].key.n, t->rows[i].key.p);
    return true;
}

void rs_counts_free(struct rs_counts_table *t) {
    rs_arena_free(&t->arena);
    free(t->rows);
    *t = (struct rs_counts_table){.rows = NULL};
}

void rs_sum_places(const struct rs_counts_table *from, size_t digits, struct rs_counts_table *to) {
    for (size_t i = 0; i < from->n; i++) {
        struct rs_view key = rs_view(from->rows[i].key.p, digits);
        if (to->n == 0 || !rs_eq(to->rows[to->n - 1].key, key)) rs_counts_add(to, key, (double[RS_GROUPS]){0});
        for (int r = 0; r < RS_GROUPS; r++) to->rows[to->n - 1].counts[r] += from->rows[i].counts[r];
    }
}

/* ---- places --------------------------------------------------------------------------------------------------- */

static const char *const group_columns[RS_GROUPS] = {"white", "black", "aian", "api", "multi", "hispanic"};

struct count_columns {
    int at[RS_GROUPS], some_other;
};

static bool find_count_columns(const struct rs_csv *csv, struct count_columns *c, struct rs_error *error) {
    for (int r = 0; r < RS_GROUPS; r++)
        if (!rs_csv_need(csv, group_columns[r], &c->at[r], error)) return false;
    c->some_other = rs_csv_column(csv, "some_other");
    return true;
}

void rs_spread_some_other(double counts[RS_GROUPS], double other) {
    double sum = 0;
    if (!(other > 0)) return;
    for (int r = 0; r < RS_HISPANIC; r++) sum += counts[r];
    for (int r = 0; r < RS_HISPANIC; r++)
        counts[r] = sum > 0 ? counts[r] * (sum + other) / sum : other / RS_HISPANIC;
}

static bool read_counts(const struct rs_csv *csv, const struct count_columns *c, double counts[RS_GROUPS],
                        struct rs_error *error) {
    double other = 0;
    for (int r = 0; r < RS_GROUPS; r++)
        if (!rs_csv_count(csv, c->at[r], &counts[r], error)) return false;
    if (c->some_other >= 0 && !rs_csv_count(csv, c->some_other, &other, error)) return false;
    if (other > 0) rs_spread_some_other(counts, other);
    return true;
}

static bool check_id(const struct rs_csv *csv, int column, enum rs_place_level level, struct rs_error *error) {
    static const size_t digits[RS_PLACE_LEVELS] = {0, 2, 5, 5, 11, 12};
    struct rs_view id = csv->field[column];
    if (id.n == digits[level] && rs_all_digits(id)) return true;
    return rs_fail(error, RS_DATA, "%s line %zu: the id of a %s has %zu digits, this one %zu characters%s", csv->path,
                   csv->line, rs_place_level_names[level], digits[level], id.n,
                   id.n + 1 == digits[level] ? " (a leading zero may have been lost)" : "");
}

bool rs_read_place_row(const struct rs_csv *csv, enum rs_place_level level, int id, double counts[RS_GROUPS],
                       struct rs_error *error) {
    struct count_columns c;
    return check_id(csv, id, level, error) && find_count_columns(csv, &c, error) && read_counts(csv, &c, counts, error);
}

bool rs_read_places(struct rs_csv *csv, enum rs_place_level level, struct rs_counts_table *to,
                    struct rs_table_source *source, struct rs_error *error) {
    struct count_columns c;
    int id;
    bool more = true;
    if (!rs_csv_need(csv, "id", &id, error) || !find_count_columns(csv, &c, error)) return false;
    while (rs_csv_next(csv, &more, error) && more) {
        double counts[RS_GROUPS];
        if (!check_id(csv, id, level, error) || !read_counts(csv, &c, counts, error)) return false;
        rs_counts_add(to, csv->field[id], counts);
    }
    if (error->code) return false;
    *source = (struct rs_table_source){.rows = csv->rows, .content = csv->content};
    return csv->rows > 0 || rs_fail(error, RS_DATA, "%s: no rows", csv->path);
}

/* ---- surnames ------------------------------------------------------------------------------------------------- */

/* Percent columns of the 2010 layout, in the order of enum rs_group. */
static const char *const percent_columns[RS_GROUPS] = {"pctwhite", "pctblack",  "pctaian",
                                                       "pctapi",   "pct2prace", "pcthispanic"};

static bool read_nation(const char *path, double shares[RS_GROUPS], struct rs_error *error) {
    struct rs_csv csv;
    struct count_columns c;
    bool more = false;
    bool ok = rs_csv_open(&csv, path, error) && find_count_columns(&csv, &c, error);
    c.some_other = -1; /* the name tables have no such group */
    ok = ok && rs_csv_next(&csv, &more, error);
    if (ok && !more) ok = rs_fail(error, RS_DATA, "%s: one row of counts is needed", path);
    ok = ok && read_counts(&csv, &c, shares, error);
    rs_csv_close(&csv);
    return ok;
}

/* Percentages and suppressed cells to counts that add up to the name's bearers: what the published cells leave of
 * 100 % is shared among the suppressed ones in proportion to the nation's counts. */
static bool read_percents(const struct rs_csv *csv, const int at[RS_GROUPS], int count_column,
                          const double nation[RS_GROUPS], double counts[RS_GROUPS], struct rs_error *error) {
    bool suppressed[RS_GROUPS];
    double left = 100, weight = 0, sum = 0, bearers;
    if (!rs_csv_count(csv, count_column, &bearers, error)) return false;
    for (int r = 0; r < RS_GROUPS; r++) {
        counts[r] = 0;
        suppressed[r] = rs_eq_c(csv->field[at[r]], "(S)");
        if (!suppressed[r] && !rs_csv_count(csv, at[r], &counts[r], error)) return false;
        left -= counts[r];
        if (suppressed[r]) weight += nation[r];
    }
    for (int r = 0; r < RS_GROUPS; r++) {
        if (suppressed[r] && left > 0 && weight > 0) counts[r] = left * nation[r] / weight;
        sum += counts[r];
    }
    if (!(sum > 0)) return rs_fail(error, RS_DATA, "%s line %zu: all its shares are 0", csv->path, csv->line);
    for (int r = 0; r < RS_GROUPS; r++) counts[r] = bearers * counts[r] / sum;
    return true;
}

static bool check_name(const struct rs_csv *csv, int column, struct rs_error *error) {
    struct rs_view name = csv->field[column];
    bool ok = name.n > 0 && name.n <= 1000;
    for (size_t i = 0; i < name.n; i++) ok = ok && !(name.p[i] >= 'a' && name.p[i] <= 'z');
    return ok || rs_fail(error, RS_DATA, "%s line %zu: a name must be there, in upper case", csv->path, csv->line);
}

/* A table of names calls its first column either name, or what names they are. */
static bool find_name_column(const struct rs_csv *csv, const char *kind, int *column, struct rs_error *error) {
    *column = rs_csv_column(csv, kind);
    return *column >= 0 || rs_csv_need(csv, "name", column, error);
}

struct surname_layout {
    struct count_columns counts;
    int name, count, percent[RS_GROUPS];
    bool percents;
    double nation[RS_GROUPS];
};

static bool find_surname_columns(const struct rs_csv *csv, const char *nation, struct surname_layout *l,
                                 struct rs_error *error) {
    if (!find_name_column(csv, "surname", &l->name, error)) return false;
    l->percents = rs_csv_column(csv, percent_columns[0]) >= 0;
    if (!l->percents) return find_count_columns(csv, &l->counts, error);
    if (!rs_csv_need(csv, "count", &l->count, error)) return false;
    for (int r = 0; r < RS_GROUPS; r++)
        if (!rs_csv_need(csv, percent_columns[r], &l->percent[r], error)) return false;
    return read_nation(nation, l->nation, error);
}

bool rs_read_surnames(const char *path, const char *nation, struct rs_counts_table *to, double other[RS_GROUPS],
                      struct rs_table_source *source, struct rs_error *error) {
    struct rs_csv csv;
    struct surname_layout l;
    bool more = true, has_other = false;
    bool ok = rs_csv_open(&csv, path, error), list = ok && rs_is_name_list(&csv);
    if (list) ok = rs_read_name_list(&csv, to, other, &has_other, error);
    else ok = ok && find_surname_columns(&csv, nation, &l, error);
    while (ok && !list) {
        double counts[RS_GROUPS];
        ok = rs_csv_next(&csv, &more, error);
        if (!ok || !more) break;
        ok = check_name(&csv, l.name, error) &&
             (l.percents ? read_percents(&csv, l.percent, l.count, l.nation, counts, error)
                         : read_counts(&csv, &l.counts, counts, error));
        if (!ok) break;
        if (rs_eq_c(csv.field[l.name], "ALL OTHER NAMES")) {
            has_other = true;
            memcpy(other, counts, sizeof counts);
        } else {
            rs_counts_add(to, csv.field[l.name], counts);
        }
    }
    if (ok && !has_other)
        ok = rs_fail(error, RS_DATA, "%s: no row ALL OTHER NAMES, without which names not listed have no likelihood",
                     path);
    if (ok) *source = (struct rs_table_source){.rows = csv.rows, .content = csv.content, .ages = "all"};
    if (ok && (list || l.percents)) memcpy(source->layout, list ? "names 2020" : "names 2010", 11);
    rs_csv_close(&csv);
    return ok && rs_counts_sort(to, path, error);
}

/* ---- first names ---------------------------------------------------------------------------------------------- */

bool rs_read_first_names(const char *path, const char *column, struct rs_counts_table *to,
                         struct rs_table_source *source, struct rs_error *error) {
    struct rs_csv csv;
    struct count_columns c;
    int name;
    bool more = true;
    double other[RS_GROUPS];
    bool has_other, ok = rs_csv_open(&csv, path, error), list = ok && rs_is_name_list(&csv);
    if (list) ok = rs_read_name_list(&csv, to, other, &has_other, error);
    else ok = ok && find_name_column(&csv, column, &name, error) && find_count_columns(&csv, &c, error);
    c.some_other = -1;
    while (ok && !list) {
        double counts[RS_GROUPS];
        ok = rs_csv_next(&csv, &more, error);
        if (!ok || !more) break;
        ok = check_name(&csv, name, error) && read_counts(&csv, &c, counts, error);
        if (ok && !rs_eq_c(csv.field[name], "ALL OTHER NAMES")) rs_counts_add(to, csv.field[name], counts);
    }
    if (ok && csv.rows == 0) ok = rs_fail(error, RS_DATA, "%s: no rows", path);
    if (ok) *source = (struct rs_table_source){.rows = csv.rows, .content = csv.content};
    if (list && ok) memcpy(source->layout, "names 2020", 11);
    rs_csv_close(&csv);
    return ok && rs_counts_sort(to, path, error);
}
