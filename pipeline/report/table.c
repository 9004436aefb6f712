/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Why it exists: one gate between row files and pages; see table.h. */
#include "table.h"
#include "pipeline/base/config.h"
#include "pipeline/base/file.h"
#include <limits.h>
#include <math.h>

static bool absent(const struct rs_report_run *run, const char *stage, const char *layout, const char *why) {
    json_array_append_new(run->absent, json_pack("{s:s, s:s, s:s}", "layout", layout, "stage", stage, "why", why));
    return false;
}

/* What the stage says it made must be what lies there. */
static bool vouched(const char *dir, const struct rs_manifest *m, struct rs_error *error) {
    char path[PATH_MAX], hex[65];
    if (!rs_path(path, sizeof path, error, "%s/stage.json", dir)) return false;
    json_t *j = json_load_file(path, 0, NULL);
    rs_hex(hex, m->content.b, 32);
    bool same = strcmp(rs_config_text(json_object_get(j, "sha256"), m->layout->name, ""), hex) == 0;
    json_decref(j);
    if (same) return true;
    return rs_fail(error, RS_DATA, "%s: is not the file that %s vouches for; relsogi verify says what was changed",
                   m->path, path);
}

bool rs_report_scan(const struct rs_report_run *run, const char *stage, const char *layout,
                    const struct rs_layout **found, struct rs_scan **scan, struct rs_error *error) {
    char dir[PATH_MAX], path[PATH_MAX];
    struct rs_manifest m;
    *scan = NULL;
    *found = rs_layout_find(layout);
    if (!*found) return absent(run, stage, layout, "this program does not know such a file yet");
    if (!rs_path(dir, sizeof dir, error, "%s/%s", run->dir, stage)) return false;
    if (!rs_path(path, sizeof path, error, "%s/stage.json", dir)) return false;
    if (!rs_exists(path)) return absent(run, stage, layout, "the stage was not run, or did not finish");
    if (!rs_path(path, sizeof path, error, "%s/%s.json", dir, layout)) return false;
    if (!rs_exists(path)) return absent(run, stage, layout, "the stage did not write it");
    if (!rs_manifest_read(dir, *found, &m, error) || !vouched(dir, &m, error)) return false;
    *scan = rs_scan_open(&m, error);
    return *scan != NULL;
}

json_t *rs_report_value(const struct rs_column *column, struct rs_view value) {
    int64_t whole;
    double real;
    json_t *j = NULL;
    if (rs_is_null(value)) return json_null();
    switch (column->type) {
    case RS_INT:
    case RS_LONG:
        if (rs_parse_long(value, &whole)) j = json_integer(whole);
        break;
    case RS_REAL:
        if (rs_parse_real(value, &real) && isfinite(real)) j = json_real(real);
        break;
    default: j = json_stringn(value.p, value.n); break;
    }
    return j ? j : json_null();
}

bool rs_report_shown(const struct rs_layout *layout, const struct rs_view *row) {
    int flag = rs_layout_column(layout, RS_LIT("suppressed"));
    return flag < 0 || rs_eq_c(row[flag], "N");
}

/* What may be said of a row that is withheld: what names it, and why. */
static bool names_it(const struct rs_column *column) {
    if (strcmp(column->name, "suppression_reason") == 0) return true;
    return !column->nullable && (column->type == RS_TEXT || column->type == RS_FLAG || column->type == RS_INT);
}

/* ---- tables --------------------------------------------------------------------------------------------------- */

struct columns {
    int at[RS_MAX_COLUMNS];
    size_t n;
};

static json_t *choose(const struct rs_layout *layout, const char *names, struct columns *out) {
    json_t *list = json_array();
    struct rs_view rest = rs_cstr(names);
    out->n = 0;
    while (!rs_is_null(rest) && out->n < RS_MAX_COLUMNS) {
        struct rs_view name = rs_split(&rest, ' ');
        for (size_t i = 0; i < layout->n_columns; i++) {
            if (!rs_eq_c(name, layout->columns[i].name)) continue;
            out->at[out->n++] = (int)i;
            json_array_append_new(list, json_string(layout->columns[i].name));
        }
    }
    return list;
}

static json_t *row_json(const struct rs_layout *layout, const struct columns *columns, const struct rs_view *row,
                        bool shown) {
    json_t *out = json_array();
    for (size_t i = 0; i < columns->n; i++) {
        const struct rs_column *c = &layout->columns[columns->at[i]];
        json_array_append_new(out, shown || names_it(c) ? rs_report_value(c, row[columns->at[i]]) : json_null());
    }
    return out;
}

json_t *rs_report_table(const struct rs_report_run *run, const struct rs_report_ask *ask, struct rs_error *error) {
    const struct rs_layout *layout;
    struct rs_scan *scan;
    struct columns columns;
    const struct rs_view *row;
    size_t withheld = 0, left_out = 0;
    if (!rs_report_scan(run, ask->stage, ask->layout, &layout, &scan, error)) return error->code ? NULL : json_null();
    json_t *names = choose(layout, ask->columns, &columns), *rows = json_array();
    while (rs_scan_next(scan, &row, error)) {
        if (ask->want && !ask->want(layout, row, ask->known)) continue;
        if (ask->most && json_array_size(rows) == ask->most) {
            left_out++;
            continue;
        }
        bool shown = rs_report_shown(layout, row);
        withheld += !shown;
        json_array_append_new(rows, row_json(layout, &columns, row, shown));
    }
    rs_scan_close(scan);
    json_t *table = json_pack("{s:o, s:o, s:I, s:I}", "columns", names, "rows", rows, "withheld", (json_int_t)withheld,
                              "left_out", (json_int_t)left_out);
    if (!error->code) return table;
    json_decref(table);
    return NULL;
}

/* ---- packing -------------------------------------------------------------------------------------------------- */

/* The distinct words of a column in the order in which they come, and their places; NULL where it has other values
 * than words and nulls, or says few of them twice. */
static json_t *words_of(const json_t *rows, size_t column, json_t *places) {
    json_t *list = json_array(), *row;
    size_t i, said = 0;
    json_array_foreach((json_t *)rows, i, row) {
        const json_t *value = json_array_get(row, column);
        if (json_is_null(value)) continue;
        if (!json_is_string(value)) goto other;
        said++;
        if (json_object_get(places, json_string_value(value))) continue;
        json_object_set_new(places, json_string_value(value), json_integer((json_int_t)json_array_size(list)));
        json_array_append_new(list, json_string(json_string_value(value)));
    }
    if (2 * json_array_size(list) <= said && said) return list;
other:
    json_decref(list);
    return NULL;
}

void rs_report_pack(json_t *table) {
    json_t *rows = json_object_get(table, "rows"), *columns = json_object_get(table, "columns"), *texts, *row, *name;
    size_t c, i;
    if (!json_is_array(rows) || !json_is_array(columns)) return;
    texts = json_object();
    json_array_foreach(columns, c, name) {
        json_t *places = json_object(), *list = words_of(rows, c, places);
        json_array_foreach(rows, i, row) {
            const json_t *value = json_array_get(row, c);
            if (list && json_is_string(value))
                json_array_set(row, c, json_object_get(places, json_string_value(value)));
        }
        if (list) json_object_set_new(texts, json_string_value(name), list);
        json_decref(places);
    }
    json_object_set_new(table, "texts", texts);
}
