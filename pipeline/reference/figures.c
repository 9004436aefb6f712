/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Reading figures of places: shares worked out from counts, indices taken over as they are. */
#include "figures.h"
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include "census_table.h"

/* ---- tables of figures ------------------------------------------------------------------------------------------ */

void rs_figures_free(struct rs_figure_tables *f) {
    for (size_t i = 0; i < f->n; i++) rs_counts_free(&f->tables[i].rows);
    free(f->tables);
    *f = (struct rs_figure_tables){.tables = NULL};
}

struct rs_figure_table *rs_figures_table(struct rs_figure_tables *f, const char *name, enum rs_place_level level) {
    for (size_t i = 0; i < f->n; i++)
        if (f->tables[i].level == level && strcmp(f->tables[i].name, name) == 0) return &f->tables[i];
    f->tables = rs_realloc(f->tables, (f->n + 1) * sizeof *f->tables);
    struct rs_figure_table *t = &f->tables[f->n++];
    *t = (struct rs_figure_table){.level = level};
    snprintf(t->name, sizeof t->name, "%s", name);
    return t;
}

static void add(struct rs_figure_tables *f, const char *name, enum rs_place_level level, struct rs_view key,
                double value) {
    rs_counts_add(&rs_figures_table(f, name, level)->rows, key, (double[RS_GROUPS]){value});
}

void rs_figures_add_split(struct rs_figure_tables *f, enum rs_place_level level,
                          const struct rs_counts_table *asian_nhpi) {
    for (size_t i = 0; i < asian_nhpi->n; i++) {
        double asian = asian_nhpi->rows[i].counts[0], nhpi = asian_nhpi->rows[i].counts[1];
        if (asian + nhpi > 0)
            add(f, RS_FIGURE_ASIAN_OF_API, level, asian_nhpi->rows[i].key, asian / (asian + nhpi));
    }
}

/* ---- reading ---------------------------------------------------------------------------------------------------- */

struct reading {
    struct rs_csv csv;
    struct rs_geo_columns geo;
    int id; /* column id or FIPS, -1 where places are named as the Bureau does */
    enum rs_place_level level;
    const struct rs_counts_table *counts;
    struct rs_figure_tables *to;
};

/* A value that is there: the Bureau writes large negative numbers, CDC -999, ADI letters where there is none. */
static bool value_of(const struct reading *r, int column, double *out) {
    return column >= 0 && rs_parse_real(r->csv.field[column], out) && isfinite(*out) && *out >= 0;
}

static bool id_of(const struct reading *r, char room[16], struct rs_view *id, struct rs_error *error) {
    static const size_t digits[RS_PLACE_LEVELS] = {2, 2, 5, 5, 11, 12};
    if (r->id < 0) {
        *id = rs_geo_id(&r->csv, &r->geo, r->level, room);
    } else {
        *id = r->csv.field[r->id];
        bool us = r->level == RS_NATION && rs_eq_c(*id, "US");
        if (!us && (id->n != digits[r->level] || !rs_all_digits(*id))) *id = RS_NULL;
    }
    return !rs_is_null(*id) || rs_fail(error, RS_DATA, "%s line %zu: names no %s (a leading zero may have been lost)",
                                       r->csv.path, r->csv.line, rs_place_level_names[r->level]);
}

static bool next_place(struct reading *r, char room[16], struct rs_view *id, bool *more, struct rs_error *error) {
    if (!rs_csv_next(&r->csv, more, error)) return false;
    return !*more || id_of(r, room, id, error);
}

static int variable_column(const struct rs_csv *csv, const char *table, int item) {
    struct rs_variable v;
    for (size_t i = 0; i < csv->columns; i++)
        if (rs_variable_parse(csv->header[i], &v) && v.iteration == 0 && v.item == item && strcmp(v.table, table) == 0)
            return (int)i;
    return -1;
}

/* ---- shares of a table's items ---------------------------------------------------------------------------------- */

enum { ITEMS = 16 };
static const struct share {
    const char *table, *figure;
    int above[ITEMS], below[ITEMS];
} share_list[] = {
#define COMMA ,
#define SHARE(table, figure, above, below) {table, figure, above, below},
#include "schemas/reference/figures.def"
#undef SHARE
};
enum { SHARES = sizeof share_list / sizeof *share_list };

static bool sum_items(const struct reading *r, const char *table, const int *item, double *out) {
    *out = 0;
    for (size_t i = 0; i < ITEMS && item[i]; i++) {
        double n;
        if (!value_of(r, variable_column(&r->csv, table, item[i]), &n)) return false;
        *out += n;
    }
    return true;
}

static bool read_shares(struct reading *r, const char *table, struct rs_error *error) {
    char room[16];
    struct rs_view id = RS_NULL;
    for (;;) {
        bool more;
        if (!rs_csv_next(&r->csv, &more, error)) return false;
        if (!more) return true;
        if (rs_is_label_row(&r->csv, &r->geo)) continue;
        if (!id_of(r, room, &id, error)) return false;
        for (size_t i = 0; i < SHARES; i++) {
            double above, below;
            if (strcmp(share_list[i].table, table) == 0 && sum_items(r, table, share_list[i].above, &above) &&
                sum_items(r, table, share_list[i].below, &below) && below > 0)
                add(r->to, share_list[i].figure, r->level, id, above / below);
        }
    }
}

/* ---- columns as they stand -------------------------------------------------------------------------------------- */

static const struct {
    const char *marker, *column, *figure;
} copy_list[] = {
#define COPY(marker, column, figure) {marker, column, figure},
#include "schemas/reference/figures.def"
#undef COPY
};
enum { COPIES = sizeof copy_list / sizeof *copy_list };

static bool read_copies(struct reading *r, const char *marker, struct rs_error *error) {
    char room[16];
    struct rs_view id = RS_NULL;
    bool more = true;
    while (next_place(r, room, &id, &more, error) && more)
        for (size_t i = 0; i < COPIES; i++) {
            double v;
            if (strcmp(copy_list[i].marker, marker) == 0 &&
                value_of(r, rs_csv_column(&r->csv, copy_list[i].column), &v))
                add(r->to, copy_list[i].figure, r->level, id, v);
        }
    return error->code == 0;
}

/* id,asian,nhpi, or id and figures of one's own. */
static bool read_own(struct reading *r, struct rs_error *error) {
    char room[16];
    struct rs_view id = RS_NULL;
    bool more = true;
    int asian = rs_csv_column(&r->csv, "asian"), nhpi = rs_csv_column(&r->csv, "nhpi");
    while (next_place(r, room, &id, &more, error) && more) {
        double a, b;
        if (asian >= 0 && nhpi >= 0) {
            if (!rs_csv_count(&r->csv, asian, &a, error) || !rs_csv_count(&r->csv, nhpi, &b, error)) return false;
            if (a + b > 0) add(r->to, RS_FIGURE_ASIAN_OF_API, r->level, id, a / (a + b));
            continue;
        }
        for (size_t i = 0; i < r->csv.columns; i++) {
            char name[48];
            if ((int)i == r->id || !rs_has(r->csv.field[i])) continue;
            if (!rs_csv_count(&r->csv, (int)i, &a, error)) return false;
            snprintf(name, sizeof name, "%.*s", (int)r->csv.header[i].n, r->csv.header[i].p);
            add(r->to, name, r->level, id, a);
        }
    }
    return error->code == 0;
}

/* ---- Middle Eastern or North African ---------------------------------------------------------------------------- */

static int key_against_row(const void *key, const void *row) {
    return rs_compare(*(const struct rs_view *)key, ((const struct rs_counts_row *)row)->key);
}

/* White among all, by the pack's counts: what a share of all is divided by. */
static bool white_share(const struct reading *r, struct rs_view id, double *share) {
    const struct rs_counts_row *row =
        r->counts->n ? bsearch(&id, r->counts->rows, r->counts->n, sizeof *r->counts->rows, key_against_row) : NULL;
    double all = 0;
    for (int g = 0; row && g < RS_GROUPS; g++) all += row->counts[g];
    if (!row || !(row->counts[RS_WHITE] > 0)) return false;
    *share = row->counts[RS_WHITE] / all;
    return true;
}

static void add_mena(struct reading *r, struct rs_view id, double mena, double all) {
    double white;
    if (all > 0 && white_share(r, id, &white))
        add(r->to, RS_FIGURE_MENA_OF_WHITE, r->level, id, fmin(1, mena / all / white));
}

static const char *const ancestries[] = {
#define ANCESTRY(label) label,
#include "schemas/reference/figures.def"
#undef ANCESTRY
};
enum { ANCESTRIES = sizeof ancestries / sizeof *ancestries };

/* Estimate!!Total:!!Arab: is Arab; deeper ones (!!Arab:!!Egyptian) are none. */
static bool is_ancestry(struct rs_view label) {
    struct rs_view last = RS_NULL;
    size_t depth = 0;
    while (!rs_is_null(label)) {
        const char *mark = NULL;
        for (size_t i = 0; i + 1 < label.n && !mark; i++)
            if (label.p[i] == '!' && label.p[i + 1] == '!') mark = label.p + i;
        last = mark ? rs_view(label.p, (size_t)(mark - label.p)) : label;
        label = mark ? rs_view(mark + 2, label.n - last.n - 2) : RS_NULL;
        if (rs_has(last)) depth++;
    }
    while (last.n > 0 && (last.p[last.n - 1] == ':' || last.p[last.n - 1] == ' ')) last.n--;
    for (size_t i = 0; i < ANCESTRIES; i++)
        if (depth <= 3 && rs_eq_c(last, ancestries[i])) return true;
    return false;
}

/* Positions differ between years: the second line of a download says which column is which ancestry. */
static bool read_ancestry(struct reading *r, struct rs_error *error) {
    bool more = true, counts[RS_CSV_COLUMNS] = {false};
    struct rs_variable v;
    size_t found = 0;
    int total = variable_column(&r->csv, "B04006", 1);
    if (!rs_csv_next(&r->csv, &more, error)) return false;
    if (!more || !rs_is_label_row(&r->csv, &r->geo) || total < 0)
        return rs_fail(error, RS_DATA, "%s: table B04006 is needed as a download from data.census.gov, whose second line "
                       "says which column is which ancestry", r->csv.path);
    for (size_t i = 0; i < r->csv.columns; i++) {
        counts[i] = rs_variable_parse(r->csv.header[i], &v) && is_ancestry(r->csv.field[i]);
        found += counts[i];
    }
    if (found != ANCESTRIES)
        return rs_fail(error, RS_DATA, "%s: %zu of %d ancestries are there that count as Middle Eastern or North African: "
                       "download table B04006 whole", r->csv.path, found, ANCESTRIES);
    char room[16];
    struct rs_view id = RS_NULL;
    while (next_place(r, room, &id, &more, error) && more) {
        double mena = 0, n, all;
        bool ok = value_of(r, total, &all);
        for (size_t i = 0; ok && i < r->csv.columns; i++) {
            if (!counts[i]) continue;
            ok = value_of(r, (int)i, &n);
            mena += ok ? n : 0;
        }
        if (ok) add_mena(r, id, mena, all);
    }
    return error->code == 0;
}

static double count_at(const struct rs_counts_table *t, struct rs_view id, int column) {
    const struct rs_counts_row *row = t->n ? bsearch(&id, t->rows, t->n, sizeof *t->rows, key_against_row) : NULL;
    return row ? row->counts[column] : 0;
}

/* The rows of the two groups looked at, each in a table of its own. */
static bool read_groups(struct reading *r, int label, struct rs_counts_table *mena, struct rs_counts_table *white,
                        struct rs_error *error) {
    char room[16];
    struct rs_view id = RS_NULL;
    bool more = true;
    int column = variable_column(&r->csv, "T01001", 1);
    bool ok = column >= 0 || rs_fail(error, RS_DATA, "%s: no column T01001_001N", r->csv.path);
    while (ok && (ok = rs_csv_next(&r->csv, &more, error)) && more) {
        double n;
        if (rs_is_label_row(&r->csv, &r->geo)) continue;
        bool is_mena = rs_eq_nocase(r->csv.field[label], RS_LIT("Middle Eastern or North African alone"));
        if (!is_mena && !rs_eq_nocase(r->csv.field[label], RS_LIT("White alone"))) continue;
        ok = id_of(r, room, &id, error);
        if (ok && value_of(r, column, &n)) rs_counts_add(is_mena ? mena : white, id, (double[RS_GROUPS]){n});
    }
    return ok && rs_counts_sort(white, r->csv.path, error);
}

/* A row for each place and population group, in any order. "Middle Eastern or North African alone" over "White alone" of the
 * same place where that is there too; else over the pack's White, not Hispanic. */
static bool read_detailed(struct reading *r, int label, struct rs_error *error) {
    struct rs_counts_table mena = {.rows = NULL}, white = {.rows = NULL};
    bool ok = read_groups(r, label, &mena, &white, error);
    for (size_t i = 0; ok && i < mena.n; i++) {
        struct rs_view id = mena.rows[i].key;
        double all = count_at(&white, id, 0);
        if (!(all > 0)) all = count_at(r->counts, id, RS_WHITE);
        if (all > 0) add(r->to, RS_FIGURE_MENA_OF_WHITE, r->level, id, fmin(1, mena.rows[i].counts[0] / all));
    }
    rs_counts_free(&mena);
    rs_counts_free(&white);
    return ok;
}

/* ---- which it is ------------------------------------------------------------------------------------------------ */

static bool read_known(struct reading *r, char layout[24], struct rs_error *error) {
    int label = rs_csv_column(&r->csv, "POPGROUP_LABEL");
    bool by_geo = rs_geo_columns(&r->csv, &r->geo);
    r->id = rs_csv_column(&r->csv, "FIPS");
    for (size_t i = 0; r->id >= 0 && i < COPIES; i++)
        if (rs_csv_column(&r->csv, copy_list[i].marker) >= 0) {
            snprintf(layout, 24, "%s", strncmp(copy_list[i].figure, "svi", 3) == 0 ? "CDC SVI" : "ADI");
            return read_copies(r, copy_list[i].marker, error);
        }
    r->id = rs_csv_column(&r->csv, "id");
    if (r->id >= 0) return read_own(r, error);
    if (by_geo && label >= 0) {
        snprintf(layout, 24, "DHC-A T01001");
        return read_detailed(r, label, error);
    }
    if (by_geo && variable_column(&r->csv, "B04006", 1) >= 0) {
        snprintf(layout, 24, "ACS B04006");
        return read_ancestry(r, error);
    }
    if (by_geo && variable_column(&r->csv, "C16001", 1) >= 0) {
        snprintf(layout, 24, "ACS C16001");
        return read_shares(r, "C16001", error);
    }
    return rs_fail(error, RS_DATA, "%s: none of the tables of figures that are known (C16001, B04006, T01001 with "
                   "POPGROUP_LABEL, SVI, ADI), and no column `id`", r->csv.path);
}

bool rs_read_figures(const char *path, enum rs_place_level level, const struct rs_counts_table *counts,
                     struct rs_figure_tables *to, struct rs_table_source *source, struct rs_error *error) {
    struct reading *r = rs_alloc(sizeof *r);
    char layout[24] = "";
    *r = (struct reading){.level = level, .counts = counts, .to = to, .id = -1};
    bool ok = rs_csv_open(&r->csv, path, error) && read_known(r, layout, error);
    if (ok && r->csv.rows == 0) ok = rs_fail(error, RS_DATA, "%s: no rows", path);
    *source = (struct rs_table_source){.rows = r->csv.rows, .content = r->csv.content};
    memcpy(source->layout, layout, sizeof layout);
    rs_csv_close(&r->csv);
    free(r);
    return ok;
}
