/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Why it exists: indices of areas come as tables of others, with names of their own for the same two columns. */
#include "area.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "pipeline/reference/csv_table.h"
#include "strata.h"

struct rs_area_index {
    struct rs_names ids;
    double *value;
    size_t room;
    bool percent; /* values go to 100 */
};

static bool need_either(const struct rs_csv *csv, const char *const *names, int *column, struct rs_error *error) {
    for (size_t i = 0; names[i]; i++) {
        *column = rs_csv_column(csv, names[i]);
        if (*column >= 0) return true;
    }
    return rs_fail(error, RS_DATA, "%s: the header has none of the columns %s, %s, %s", csv->path, names[0], names[1],
                   names[2]);
}

/* With the leading zero that spreadsheets take away. */
static bool read_id(struct rs_view v, char out[13]) {
    v = rs_trim(v);
    bool lacks = v.n == 4 || v.n == 10;
    if (!rs_all_digits(v) || v.n > 12) return false;
    out[0] = '0';
    memcpy(out + lacks, v.p, v.n);
    out[v.n + lacks] = 0;
    return v.n + lacks == 5 || v.n + lacks == 11 || v.n + lacks == 12;
}

static bool read_rows(struct rs_area_index *a, struct rs_csv *csv, int id, int value, struct rs_error *error) {
    for (;;) {
        bool more;
        char geo[13];
        double v;
        if (!rs_csv_next(csv, &more, error)) return false;
        if (!more) return true;
        if (!read_id(csv->field[id], geo))
            return rs_fail(error, RS_DATA, "%s:%zu: not a GEOID of a county, tract or block group", csv->path, csv->line);
        if (!rs_parse_real(rs_trim(csv->field[value]), &v) || !(v >= 0)) continue;
        if (v > 100) return rs_fail(error, RS_DATA, "%s:%zu: not a percentile: above 100", csv->path, csv->line);
        uint32_t at = rs_name_number(&a->ids, rs_cstr(geo));
        if (at >= a->room) {
            a->room = a->room ? 2 * a->room : 1024;
            a->value = rs_realloc(a->value, a->room * sizeof *a->value);
        }
        a->value[at] = v;
        a->percent |= v > 1;
    }
}

struct rs_area_index *rs_area_index_read(const char *path, struct rs_error *error) {
    static const char *const ids[] = {"geo_id", "FIPS", "GEOID", NULL},
                             *const values[] = {"value", "RPL_THEMES", "ADI_NATRANK", NULL};
    struct rs_area_index *a = rs_alloc(sizeof *a);
    struct rs_csv *csv = rs_alloc(sizeof *csv);
    int id = -1, value = -1;
    bool good = rs_csv_open(csv, path, error) && need_either(csv, ids, &id, error) &&
                need_either(csv, values, &value, error) && read_rows(a, csv, id, value, error);
    if (good && a->ids.n == 0) good = rs_fail(error, RS_DATA, "%s: no area has a value", path);
    rs_csv_close(csv);
    free(csv);
    if (good) return a;
    rs_area_index_free(a);
    return NULL;
}

void rs_area_index_free(struct rs_area_index *a) {
    if (!a) return;
    rs_names_free(&a->ids);
    free(a->value);
    free(a);
}

static bool find(const struct rs_area_index *a, struct rs_view id, size_t digits, double *out) {
    uint32_t at;
    if (id.n < digits || !rs_name_find(&a->ids, rs_view(id.p, digits), &at)) return false;
    *out = a->value[at];
    return true;
}

struct rs_view rs_area_band(const struct rs_area_index *a, struct rs_view block_group, struct rs_view tract,
                            struct rs_view county) {
    static const char *const bands[] = {"Q1", "Q2", "Q3", "Q4", "Q5"};
    double v;
    if (!rs_has(tract)) tract = block_group;
    if (!rs_has(county)) county = tract;
    if (!find(a, block_group, 12, &v) && !find(a, tract, 11, &v) && !find(a, county, 5, &v)) return RS_LIT("MISSING");
    int band = (int)ceil(v / (a->percent ? 20 : .2) - 1e-9) - 1;
    return rs_cstr(bands[band < 0 ? 0 : band > 4 ? 4 : band]);
}
