/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Reading the Census Bureau's tables of race and origin, whatever of its ways they came by. */
#include "census_table.h"
#include <stdio.h>
#include <stdlib.h>

/* ---- names of variables ----------------------------------------------------------------------------------------- */

static bool is_digit(char c) { return c >= '0' && c <= '9'; }
static bool is_letter(char c) { return c >= 'A' && c <= 'Z'; }

static bool number_at(struct rs_view v, size_t from, size_t to, int *out) {
    int64_t n;
    if (from >= to || to > v.n || !rs_all_digits(rs_view(v.p + from, to - from)) ||
        !rs_parse_long(rs_view(v.p + from, to - from), &n) || n > 9999999)
        return false;
    *out = (int)n;
    return true;
}

/* P2_005N, P12I_003N, C16001_003E, T01001_001N: table, letter, underscore, item, and N or E for a value. */
static bool parse_new(struct rs_view v, size_t underscore, struct rs_variable *out) {
    char last = v.p[v.n - 1];
    size_t end = is_letter(last) ? v.n - 1 : v.n, table = underscore;
    if (is_letter(last) && last != 'N' && last != 'E') return false;
    if (!number_at(v, underscore + 1, end, &out->item)) return false;
    out->iteration = 0;
    if (table > 2 && is_letter(v.p[table - 1])) out->iteration = v.p[--table];
    if (table < 2 || table >= sizeof out->table) return false;
    memcpy(out->table, v.p, table);
    out->table[table] = '\0';
    return true;
}

/* P005003 and P012I003 of 2010, P0050003 of the files themselves: three digits of table, a letter, three or four. */
static bool parse_old(struct rs_view v, struct rs_variable *out) {
    int table;
    size_t at = 4;
    if (v.n < 7 || v.p[0] != 'P' || !number_at(v, 1, 4, &table)) return false;
    out->iteration = is_letter(v.p[4]) ? v.p[at++] : '\0';
    if ((v.n - at != 3 && v.n - at != 4) || !number_at(v, at, v.n, &out->item)) return false;
    snprintf(out->table, sizeof out->table, "P%d", table);
    return true;
}

bool rs_variable_parse(struct rs_view name, struct rs_variable *out) {
    if (name.n < 5 || name.n > 24 || !is_letter(name.p[0]) || !is_digit(name.p[1])) return false;
    const char *underscore = memchr(name.p, '_', name.n);
    return underscore ? parse_new(name, (size_t)(underscore - name.p), out) : parse_old(name, out);
}

/* ---- places ----------------------------------------------------------------------------------------------------- */

bool rs_geo_columns(const struct rs_csv *csv, struct rs_geo_columns *g) {
    g->geo_id = rs_csv_column(csv, "GEO_ID");
    g->state = rs_csv_column(csv, "state");
    g->county = rs_csv_column(csv, "county");
    g->tract = rs_csv_column(csv, "tract");
    g->block_group = rs_csv_column(csv, "block group");
    g->zcta = rs_csv_column(csv, "zip code tabulation area");
    g->us = rs_csv_column(csv, "us");
    return g->geo_id >= 0 || g->state >= 0 || g->zcta >= 0 || g->us >= 0;
}

/* What stands behind "US" in 1400000US34021000100; summary levels 010 040 050 140 150 and 860. */
static struct rs_view of_geo_id(struct rs_view geo_id, enum rs_place_level level) {
    static const char *const levels[RS_PLACE_LEVELS] = {"010", "040", "050", "860", "140", "150"};
    for (size_t i = 3; i + 1 < geo_id.n; i++)
        if (geo_id.p[i] == 'U' && geo_id.p[i + 1] == 'S' && memcmp(geo_id.p, levels[level], 3) == 0)
            return rs_view(geo_id.p + i + 2, geo_id.n - i - 2);
    return RS_NULL;
}

struct rs_view rs_geo_id(const struct rs_csv *csv, const struct rs_geo_columns *g, enum rs_place_level level,
                         char out[16]) {
    static const size_t digits[RS_PLACE_LEVELS] = {0, 2, 5, 5, 11, 12};
    size_t n = 0;
    if (g->geo_id >= 0) {
        struct rs_view id = of_geo_id(csv->field[g->geo_id], level);
        if (rs_is_null(id) || id.n != digits[level]) return RS_NULL;
        memcpy(out, id.p, id.n);
        return level == RS_NATION ? RS_LIT("US") : rs_view(out, id.n);
    }
    if (level == RS_NATION) return g->us >= 0 ? RS_LIT("US") : RS_NULL;
    const int zcta[] = {g->zcta}, parts[] = {g->state, g->county, g->tract, g->block_group};
    static const size_t n_parts[RS_PLACE_LEVELS] = {0, 1, 2, 0, 3, 4};
    const int *columns = level == RS_ZCTA ? zcta : parts;
    for (size_t i = 0, all = level == RS_ZCTA ? 1 : n_parts[level]; i < all; i++) {
        struct rs_view v = columns[i] >= 0 ? csv->field[columns[i]] : RS_NULL;
        if (!rs_has(v) || n + v.n > 12) return RS_NULL;
        memcpy(out + n, v.p, v.n);
        n += v.n;
    }
    return n == digits[level] ? rs_view(out, n) : RS_NULL;
}

bool rs_is_label_row(const struct rs_csv *csv, const struct rs_geo_columns *g) {
    return g->geo_id >= 0 && csv->rows == 1 && rs_eq_nocase(csv->field[g->geo_id], RS_LIT("Geography"));
}

/* ---- which column is which cell --------------------------------------------------------------------------------- */

enum { AGES = 23, MOST_TERMS = 2 * AGES + 2 };
#define HISPANIC RS_CELL_HISPANIC
#define WHITE RS_CELL_WHITE
#define BLACK RS_CELL_BLACK
#define AIAN RS_CELL_AIAN
#define ASIAN RS_CELL_ASIAN
#define NHPI RS_CELL_NHPI
#define OTHER RS_CELL_OTHER
#define MULTI RS_CELL_MULTI
#define WHITE_OTHER RS_CELL_WHITE_OTHER
#define BLACK_OTHER RS_CELL_BLACK_OTHER
#define AIAN_OTHER RS_CELL_AIAN_OTHER
#define API_MULTI RS_CELL_API_MULTI
enum { P2 = 1, P5 };
static const struct {
    const char *name, *ages;
    int items;
} tables[] = {
#define TABLE(name, ages, items) {name, ages, items},
#include "schemas/reference/census_layouts.def"
#undef TABLE
};
static const struct {
    int items, number, cell;
} items[] = {
#define ITEM(items, number, cell) {items, number, cell},
#include "schemas/reference/census_layouts.def"
#undef ITEM
};
static const struct {
    char letter;
    int cell;
} iterations[] = {
#define ITERATION(letter, cell) {letter, cell},
#include "schemas/reference/census_layouts.def"
#undef ITERATION
};
static const struct {
    int men, women, from, to;
} ages[] = {
#define AGE(men, women, from, to) {men, women, from, to},
#include "schemas/reference/census_layouts.def"
#undef AGE
};

/* The cell that each column adds to, -1 for none. */
struct plan {
    struct rs_geo_columns geo;
    int cell[RS_CSV_COLUMNS];
    unsigned seen, complete; /* cells some columns of which are there; all columns of which are there */
    const char *table;       /* of the first column that is used */
    bool by_age;
};

static int table_number(const char *name) {
    for (size_t i = 0; i < sizeof tables / sizeof *tables; i++)
        if (strcmp(tables[i].name, name) == 0) return (int)i;
    return -1;
}

bool rs_is_census_table(const struct rs_csv *csv) {
    struct rs_geo_columns geo;
    struct rs_variable v;
    if (!rs_geo_columns(csv, &geo)) return false;
    for (size_t i = 0; i < csv->columns; i++)
        if (rs_variable_parse(csv->header[i], &v) &&
            (strcmp(v.table, "P12") == 0 || (v.iteration == 0 && table_number(v.table) >= 0)))
            return true;
    return false;
}

static int cell_of_item(int layout, int number) {
    for (size_t i = 0; i < sizeof items / sizeof *items; i++)
        if (items[i].items == layout && items[i].number == number) return items[i].cell;
    return -1;
}

static int cell_of_iteration(char letter) {
    for (size_t i = 0; i < sizeof iterations / sizeof *iterations; i++)
        if (iterations[i].letter == letter) return iterations[i].cell;
    return -1;
}

static bool wanted_age(int item, const struct rs_who_counts *who) {
    for (size_t i = 0; i < sizeof ages / sizeof *ages; i++) {
        bool man = ages[i].men == item && who->sex != 'F', woman = ages[i].women == item && who->sex != 'M';
        if ((man || woman) && ages[i].from >= who->age_from && ages[i].to <= who->age_to) return true;
    }
    return false;
}

/* Ages must begin and end where the table's do. */
static bool check_ages(const struct rs_csv *csv, const struct rs_who_counts *who, struct rs_error *error) {
    bool from = false, to = false;
    for (size_t i = 0; i < sizeof ages / sizeof *ages; i++) {
        from = from || ages[i].from == who->age_from;
        to = to || ages[i].to == who->age_to;
    }
    return (from && to) || rs_fail(error, RS_USAGE, "%s: its ages are 0-4 5-9 10-14 15-17 18-19 20 21 22-24 25-29 ... "
                                   "60-61 62-64 65-66 67-69 70-74 ... 80-84 85+: --ages must begin and end there", csv->path);
}

static int wanted_items(const struct rs_who_counts *who) {
    int n = 0;
    for (int item = 1; item <= 49; item++) n += wanted_age(item, who);
    return n;
}

static bool plan_column(const struct rs_csv *csv, size_t column, const struct rs_who_counts *who, struct plan *p,
                        int found[RS_CELLS], struct rs_error *error) {
    struct rs_variable v;
    p->cell[column] = -1;
    if (!rs_variable_parse(csv->header[column], &v)) return true;
    bool by_age = strcmp(v.table, "P12") == 0;
    int number = table_number(v.table), cell = -1;
    if (by_age) cell = wanted_age(v.item, who) ? cell_of_iteration(v.iteration) : -1;
    else if (number >= 0 && v.iteration == 0) cell = cell_of_item(tables[number].items, v.item);
    if (cell < 0) return true;
    const char *name = by_age ? "P12" : tables[number].name;
    if (p->table && strcmp(p->table, name) != 0)
        return rs_fail(error, RS_DATA, "%s: tables %s and %s in one file: keep one", csv->path, p->table, name);
    p->table = name;
    p->by_age = by_age;
    p->cell[column] = cell;
    found[cell]++;
    return true;
}

static bool make_plan(const struct rs_csv *csv, const struct rs_who_counts *who, struct plan *p,
                      struct rs_error *error) {
    int found[RS_CELLS] = {0};
    *p = (struct plan){.table = NULL};
    rs_geo_columns(csv, &p->geo);
    for (size_t i = 0; i < csv->columns; i++)
        if (!plan_column(csv, i, who, p, found, error)) return false;
    if (!p->table) return check_ages(csv, who, error) &&
        rs_fail(error, RS_DATA, "%s: none of its columns is needed: P12 wants the tables P12H to P12O", csv->path);
    if (p->by_age && !check_ages(csv, who, error)) return false;
    for (int c = 0; c < RS_CELLS; c++) {
        int all = p->by_age ? wanted_items(who) : c == RS_CELL_API_MULTI ? 4 : 1;
        if (found[c] == 0) continue;
        if (found[c] != all && c < RS_CELLS_NEEDED)
            return rs_fail(error, RS_DATA, "%s: %d of %d columns of a group are there: download table %s whole", csv->path,
                           found[c], all, p->table);
        if (found[c] == all) p->seen |= 1u << c;
    }
    return true;
}

/* ---- rows ------------------------------------------------------------------------------------------------------- */

static struct rs_cells_row *add_row(struct rs_cells_table *t, struct rs_view key) {
    if (t->n == t->room) {
        t->room = t->room ? t->room * 2 : 1024;
        t->rows = rs_realloc(t->rows, t->room * sizeof *t->rows);
    }
    struct rs_cells_row *row = &t->rows[t->n++];
    *row = (struct rs_cells_row){.key = rs_arena_view(&t->arena, key)};
    return row;
}

void rs_cells_table_free(struct rs_cells_table *t) {
    rs_arena_free(&t->arena);
    free(t->rows);
    *t = (struct rs_cells_table){.rows = NULL};
}

static bool read_row(const struct rs_csv *csv, const struct plan *p, struct rs_view id, struct rs_cells_table *to,
                     struct rs_error *error) {
    struct rs_cells_row *row = add_row(to, id);
    row->seen = p->seen;
    for (size_t i = 0; i < csv->columns; i++) {
        double n;
        if (p->cell[i] < 0 || !(p->seen & 1u << p->cell[i])) continue;
        if (!rs_csv_count(csv, (int)i, &n, error)) return false;
        row->cell[p->cell[i]] += n;
    }
    return true;
}

static bool describe(const struct rs_csv *csv, const struct plan *p, const struct rs_who_counts *who,
                     struct rs_table_source *s, struct rs_error *error) {
    bool redistributed = (p->seen >> RS_CELLS_NEEDED) != 0;
    snprintf(s->layout, sizeof s->layout, "%s", p->by_age ? "P12H-P12O" : p->table);
    s->some_other_race = redistributed ? "one race and some other counted with that race, Asian and Pacific Islander "
                                         "with API (CFPB 2014), then some other race spread in proportion"
                                       : "spread over the five groups of the unit in proportion";
    if (p->by_age) {
        const char *sex = who->sex == 'M' ? ", men" : who->sex == 'F' ? ", women" : "";
        if (who->age_from == 0 && who->age_to == 999) snprintf(s->ages, sizeof s->ages, "all%s", sex);
        else if (who->age_to == 999) snprintf(s->ages, sizeof s->ages, "%d+%s", who->age_from, sex);
        else snprintf(s->ages, sizeof s->ages, "%d-%d%s", who->age_from, who->age_to, sex);
        return true;
    }
    snprintf(s->ages, sizeof s->ages, "%s", tables[table_number(p->table)].ages);
    bool open = who->age_from == 0 && who->age_to == 999, adults = who->age_from == 18 && who->age_to == 999;
    if (who->sex || !(open || (adults && strcmp(s->ages, "18+") == 0)))
        return rs_fail(error, RS_USAGE, "%s: table %s counts %s: other ages, or one sex, need the tables P12H to P12O",
                       csv->path, p->table, s->ages[0] == 'a' ? "all ages" : "residents of 18 and over");
    return true;
}

bool rs_read_census_table(struct rs_csv *csv, enum rs_place_level level, const struct rs_who_counts *who,
                          struct rs_cells_table *to, struct rs_table_source *source, struct rs_error *error) {
    struct plan p;
    bool more = true;
    size_t read = 0;
    if (!make_plan(csv, who, &p, error) || !describe(csv, &p, who, source, error)) return false;
    while (rs_csv_next(csv, &more, error) && more) {
        char id[16];
        if (rs_is_label_row(csv, &p.geo)) continue;
        struct rs_view place = rs_geo_id(csv, &p.geo, level, id);
        if (rs_is_null(place))
            return rs_fail(error, RS_DATA, "%s line %zu: names no %s", csv->path, csv->line, rs_place_level_names[level]);
        if (!read_row(csv, &p, place, to, error)) return false;
        read++;
    }
    if (error->code) return false;
    *source = (struct rs_table_source){.rows = read, .content = csv->content, .some_other_race = source->some_other_race};
    return describe(csv, &p, who, source, error) && (read > 0 || rs_fail(error, RS_DATA, "%s: no rows", csv->path));
}

/* ---- to six groups ---------------------------------------------------------------------------------------------- */

static int by_key(const void *a, const void *b) {
    return rs_compare(((const struct rs_cells_row *)a)->key, ((const struct rs_cells_row *)b)->key);
}

/* Rows of one place are put together; none may have a cell twice. */
static bool merge(struct rs_cells_table *t, const char *what, struct rs_error *error) {
    size_t n = 0;
    if (t->n > 1) qsort(t->rows, t->n, sizeof *t->rows, by_key);
    for (size_t i = 0; i < t->n; i++) {
        const struct rs_cells_row *row = &t->rows[i];
        if (n == 0 || !rs_eq(t->rows[n - 1].key, row->key)) {
            t->rows[n++] = *row;
            continue;
        }
        struct rs_cells_row *into = &t->rows[n - 1];
        if (into->seen & row->seen)
            return rs_fail(error, RS_DATA, "%s: %.*s is there twice", what, (int)row->key.n, row->key.p);
        into->seen |= row->seen;
        for (int c = 0; c < RS_CELLS; c++) into->cell[c] += row->cell[c];
    }
    t->n = n;
    return true;
}

static void to_groups(const struct rs_cells_row *row, double counts[RS_GROUPS], double split[RS_GROUPS]) {
    const double *c = row->cell;
    double moved = c[RS_CELL_WHITE_OTHER] + c[RS_CELL_BLACK_OTHER] + c[RS_CELL_AIAN_OTHER] + c[RS_CELL_API_MULTI];
    counts[RS_WHITE] = c[RS_CELL_WHITE] + c[RS_CELL_WHITE_OTHER];
    counts[RS_BLACK] = c[RS_CELL_BLACK] + c[RS_CELL_BLACK_OTHER];
    counts[RS_AIAN] = c[RS_CELL_AIAN] + c[RS_CELL_AIAN_OTHER];
    counts[RS_API] = c[RS_CELL_ASIAN] + c[RS_CELL_NHPI] + c[RS_CELL_API_MULTI];
    counts[RS_MULTI] = c[RS_CELL_MULTI] - moved;
    counts[RS_HISPANIC] = c[RS_CELL_HISPANIC];
    rs_spread_some_other(counts, c[RS_CELL_OTHER]);
    split[0] = c[RS_CELL_ASIAN];
    split[1] = c[RS_CELL_NHPI];
}

bool rs_cells_to_counts(struct rs_cells_table *t, const char *what, struct rs_counts_table *to,
                        struct rs_counts_table *asian_nhpi, struct rs_error *error) {
    static const char *const names[RS_CELLS_NEEDED] = {
        "White", "Black", "American Indian and Alaska Native", "Asian", "Pacific Islander", "some other race",
        "two or more races", "Hispanic"};
    if (!merge(t, what, error)) return false;
    for (size_t i = 0; i < t->n; i++) {
        double counts[RS_GROUPS], split[RS_GROUPS] = {0};
        const struct rs_cells_row *row = &t->rows[i];
        for (int c = 0; c < RS_CELLS_NEEDED; c++)
            if (!(row->seen & 1u << c))
                return rs_fail(error, RS_DATA, "%s: %.*s: no count of %s: a column, or of P12 a table, is missing", what,
                               (int)row->key.n, row->key.p, names[c]);
        to_groups(row, counts, split);
        if (counts[RS_MULTI] < 0)
            return rs_fail(error, RS_DATA, "%s: %.*s: more people of two given races than of two or more", what,
                           (int)row->key.n, row->key.p);
        rs_counts_add(to, row->key, counts);
        rs_counts_add(asian_nhpi, row->key, split);
    }
    return true;
}
