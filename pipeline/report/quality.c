/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Why it exists: rows of persons go in, counts fit to be seen come out; see quality.h. */
#include "quality.h"
#include "pipeline/base/config.h"
#include "small.h"
#include <stdlib.h>

/* ---- counting by several columns ------------------------------------------------------------------------------ */

enum { MOST_PARTS = 8 };

/* Rows by the values of some columns: a JSON object from the joined values to their number. */
struct counter {
    const char *const *names;
    size_t n_names;
    int at[MOST_PARTS];
    json_t *counts;
};

static void counter_open(struct counter *c, const struct rs_layout *layout) {
    for (size_t i = 0; i < c->n_names; i++) c->at[i] = rs_layout_column(layout, rs_cstr(c->names[i]));
    if (!c->counts) c->counts = json_object();
}

static void counter_add(struct counter *c, const struct rs_view *row) {
    char key[1024];
    size_t n = 0;
    for (size_t i = 0; i < c->n_names; i++) {
        struct rs_view v = c->at[i] < 0 ? RS_NULL : row[c->at[i]];
        size_t take = v.n < 120 ? v.n : 120;
        if (take) memcpy(key + n, v.p, take);
        n += take;
        key[n++] = '\t';
    }
    key[n - 1] = 0;
    json_int_t before = json_integer_value(json_object_get(c->counts, key));
    json_object_set_new(c->counts, key, json_integer(before + 1)); /* not UTF-8: not counted, and never in our files */
}

static int by_key(const void *a, const void *b) { return strcmp(*(const char *const *)a, *(const char *const *)b); }

/* Names and numbers, in the order of the names: the caller frees *keys. */
static size_t counter_sorted(const struct counter *c, const char ***keys) {
    size_t n = 0;
    const char *key;
    json_t *count;
    *keys = rs_alloc((json_object_size(c->counts) + 1) * sizeof **keys);
    json_object_foreach(c->counts, key, count)(*keys)[n++] = key;
    qsort(*keys, n, sizeof **keys, by_key);
    return n;
}

static json_t *parts_json(const char *key) {
    json_t *out = json_array();
    struct rs_view rest = rs_cstr(key);
    while (!rs_is_null(rest)) {
        struct rs_view part = rs_split(&rest, '\t');
        json_array_append_new(out, json_stringn(part.p ? part.p : "", part.n));
    }
    return out;
}

/* `line`: withhold small counts, all rows being one line, since their sum stands in the manifest. */
static json_t *counter_table(struct counter *c, bool line) {
    const char **keys;
    size_t n = counter_sorted(c, &keys), withheld = 0;
    struct rs_report_cell *cells = rs_alloc((n + 1) * sizeof *cells), **pointers = rs_alloc((n + 1) * sizeof *pointers);
    json_t *columns = json_array(), *rows = json_array();
    for (size_t i = 0; i < n; i++) {
        cells[i] = (struct rs_report_cell){json_integer_value(json_object_get(c->counts, keys[i])), -1, false};
        pointers[i] = &cells[i];
    }
    if (line) rs_report_withhold(pointers, n);
    for (size_t i = 0; i < c->n_names; i++) json_array_append_new(columns, json_string(c->names[i]));
    json_array_append_new(columns, json_string("n"));
    for (size_t i = 0; i < n; i++) {
        json_t *row = parts_json(keys[i]);
        json_array_append_new(row, cells[i].withheld ? json_null() : json_integer(cells[i].count));
        json_array_append_new(rows, row);
        withheld += cells[i].withheld;
    }
    free(pointers);
    free(cells);
    free(keys);
    json_decref(c->counts);
    c->counts = NULL;
    return json_pack("{s:o, s:o, s:I}", "columns", columns, "rows", rows, "withheld", (json_int_t)withheld);
}

/* Adds the rows of one file; true, and nothing added, where the run has none. */
static bool count_file(const struct rs_report_run *run, const char *stage, const char *name, struct counter *c,
                       struct rs_error *error) {
    const struct rs_layout *layout;
    struct rs_scan *scan;
    const struct rs_view *row;
    if (!rs_report_scan(run, stage, name, &layout, &scan, error)) return !error->code;
    counter_open(c, layout);
    while (rs_scan_next(scan, &row, error)) counter_add(c, row);
    rs_scan_close(scan);
    return !error->code;
}

json_t *rs_report_discrepancies(const struct rs_report_run *run, struct rs_error *error) {
    static const char *const names[] = {"severity", "element", "axis", "kind", "kept_source", "other_source", "rule"};
    struct counter c = {.names = names, .n_names = sizeof names / sizeof names[0]};
    bool ok = count_file(run, "reconcile", "discrepancy", &c, error);
    if (ok && c.counts) return counter_table(&c, true);
    json_decref(c.counts);
    return ok ? json_null() : NULL;
}

json_t *rs_report_quarantine(const struct rs_report_run *run, struct rs_error *error) {
    static const char *const stages[] = {"ingest", "normalize", "map", "reconcile", "impute", "check", "stratify"};
    static const char *const names[] = {"stage", "scope", "rule", "field"};
    struct counter c = {.names = names, .n_names = sizeof names / sizeof names[0]};
    for (size_t i = 0; i < sizeof stages / sizeof stages[0]; i++)
        if (!count_file(run, stages[i], "quarantine", &c, error)) {
            json_decref(c.counts);
            return NULL;
        }
    return c.counts ? counter_table(&c, false) : json_null();
}

/* ---- the steward's list --------------------------------------------------------------------------------------- */

static const char steward_columns[] = "discrepancy_key person_key element axis kind severity kept_value other_value "
                                      "kept_source other_source kept_record other_record rule";

static bool of_severity(const struct rs_layout *layout, const struct rs_view *row, const void *known) {
    int c = rs_layout_column(layout, RS_LIT("severity"));
    return c >= 0 && rs_eq_c(row[c], known);
}

json_t *rs_report_discrepancy_rows(const struct rs_report_run *run, size_t most, struct rs_error *error) {
    static const char *const order[] = {"error", "warning", "note"};
    json_t *all = NULL;
    json_int_t left_out = 0;
    for (size_t i = 0; i < 3; i++) {
        size_t have = json_array_size(json_object_get(all, "rows"));
        struct rs_report_ask ask = {"reconcile", "discrepancy", steward_columns,
                                    of_severity, order[i],      most - have + 1};
        json_t *part = rs_report_table(run, &ask, error);
        if (!part || json_is_null(part)) {
            json_decref(all);
            return part;
        }
        json_t *rows = json_object_get(part, "rows");
        while (have + json_array_size(rows) > most) { /* one more was asked for, so that 0 never means all */
            json_array_remove(rows, json_array_size(rows) - 1);
            left_out++;
        }
        left_out += json_integer_value(json_object_get(part, "left_out"));
        if (!all)
            all = json_incref(part);
        else
            json_array_extend(json_object_get(all, "rows"), rows);
        json_decref(part);
    }
    json_object_set_new(all, "left_out", json_integer(left_out));
    return all;
}
