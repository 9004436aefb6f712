/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Why it exists: a number without its origin is a rumour; see provenance.h. */
#include "provenance.h"
#include "pipeline/base/config.h"
#include "pipeline/base/file.h"
#include "small.h"
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>

static const char *const stages[] = {"ingest", "normalize", "map", "reconcile", "impute", "check", "stratify", "load"};
enum { N_STAGES = sizeof stages / sizeof stages[0] };

static const json_t *entry_of(const json_t *results, const char *stage) {
    size_t i;
    json_t *entry;
    json_array_foreach(json_object_get(results, "stages"), i,
                       entry) if (strcmp(rs_config_text(entry, "stage", ""), stage) == 0) return entry;
    return NULL;
}

json_t *rs_report_about(const json_t *results) {
    json_t *copy = json_copy((json_t *)results);
    json_object_del(copy, "stages");
    json_object_set(copy, "chain", json_object_get(json_object_get(entry_of(results, "load"), "results"), "chain"));
    return copy;
}

json_t *rs_report_answers(const json_t *results) {
    json_t *answers = json_object_get(json_object_get(entry_of(results, "impute"), "results"), "answers"), *n;
    const char *key;
    if (!json_is_object(answers)) return json_null();
    json_object_foreach(answers, key, n) if (rs_report_small(json_integer_value(n), -1)) return json_null();
    return json_incref(answers);
}

static json_t *stage_json(const struct rs_report_run *run, const char *stage) {
    char path[PATH_MAX];
    struct rs_error ignored = {0};
    if (!rs_path(path, sizeof path, &ignored, "%s/%s/stage.json", run->dir, stage)) return NULL;
    return json_load_file(path, 0, NULL);
}

json_t *rs_report_stages(const struct rs_report_run *run, const json_t *results, const json_t *withheld) {
    json_t *list = json_array();
    for (size_t i = 0; i < N_STAGES; i++) {
        json_t *j = stage_json(run, stages[i]), *one = json_object();
        const json_t *entry = entry_of(results, stages[i]), *provenance = json_object_get(j, "provenance");
        if (!j && !entry) {
            json_decref(one);
            continue;
        }
        json_object_set_new(one, "stage", json_string(stages[i]));
        json_object_set(one, "status", json_object_get(entry, "status"));
        json_object_set(one, "seconds", json_object_get(entry, "seconds"));
        json_object_set(one, "peak_kib", json_object_get(entry, "peak_kib"));
        json_object_set(one, "stage_json_sha256", json_object_get(entry, "stage_json_sha256"));
        json_object_set(one, "version", json_object_get(provenance, "stage_version"));
        json_object_set(one, "program", json_object_get(provenance, "program"));
        json_object_set(one, "parameters", json_object_get(provenance, "parameters"));
        json_object_set(one, "read", json_object_get(provenance, "read"));
        json_object_set(one, "key", json_object_get(j, "key"));
        json_object_set(one, "sha256", json_object_get(j, "sha256"));
        if (!json_object_get(withheld, stages[i])) json_object_set(one, "rows", json_object_get(j, "rows"));
        if (strcmp(stages[i], "impute") == 0)
            json_object_set(one, "pack", json_object_get(json_object_get(j, "results"), "pack"));
        json_array_append_new(list, one);
        json_decref(j);
    }
    return list;
}

/* ---- ledger --------------------------------------------------------------------------------------------------- */

static const char *const fates[] = {"read",   "written",    "rejected", "superseded",
                                    "merged", "aggregated", "ignored",  "made"};
enum { N_FATES = sizeof fates / sizeof fates[0] };

/* One layout and file of a stage. */
struct line {
    int64_t rows[N_FATES];
    char stage[64], layout[64], reasons[512];
    json_int_t file_no;
    bool persons; /* counts persons, or what they said: small counts are withheld */
    bool small;
};

static int fate_of(struct rs_view name) {
    for (int i = 0; i < N_FATES; i++)
        if (rs_eq_c(name, fates[i])) return i;
    return -1;
}

static bool counts_persons(struct rs_view layout) {
    static const char *const names[] = {"person", "person_measure", "person_value", "posterior"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (rs_eq_c(layout, names[i])) return true;
    return false;
}

static struct line *line_of(struct line **lines, size_t *n, const char *stage, struct rs_view layout, int64_t file_no) {
    for (size_t i = *n; i-- > 0;) {
        struct line *l = &(*lines)[i];
        if (l->file_no == file_no && strcmp(l->stage, stage) == 0 && rs_eq_c(layout, l->layout)) return l;
    }
    *lines = rs_realloc(*lines, (*n + 1) * sizeof **lines);
    struct line *l = &(*lines)[(*n)++];
    *l = (struct line){.file_no = file_no, .persons = counts_persons(layout)};
    snprintf(l->stage, sizeof l->stage, "%s", stage);
    snprintf(l->layout, sizeof l->layout, "%.*s", (int)layout.n, layout.p);
    return l;
}

static void add(struct line *l, int fate, struct rs_view reason, int64_t rows) {
    l->rows[fate] += rows;
    if (l->persons && rs_report_small(rows, -1)) l->small = true;
    if (rs_eq_c(reason, "-") || !rows) return;
    size_t n = strlen(l->reasons);
    if (l->persons)
        snprintf(l->reasons + n, sizeof l->reasons - n, "%s%.*s", n ? "; " : "", (int)reason.n, reason.p);
    else
        snprintf(l->reasons + n, sizeof l->reasons - n, "%s%.*s %lld", n ? "; " : "", (int)reason.n, reason.p,
                 (long long)rows);
}

static bool read_ledger(const struct rs_report_run *run, const char *stage, struct line **lines, size_t *n,
                        struct rs_error *error) {
    const struct rs_layout *layout;
    struct rs_scan *scan;
    const struct rs_view *row;
    if (!rs_report_scan(run, stage, "ledger", &layout, &scan, error)) return !error->code;
    while (rs_scan_next(scan, &row, error)) {
        int64_t file_no, rows;
        int fate = fate_of(row[LEDGER_fate]);
        if (fate < 0 || !rs_parse_long(row[LEDGER_file_no], &file_no) || !rs_parse_long(row[LEDGER_rows], &rows)) {
            rs_fail(error, RS_DATA, "ledger of %s: a row is not to be read; run the stage again", stage);
            break;
        }
        add(line_of(lines, n, stage, row[LEDGER_layout], file_no), fate, row[LEDGER_reason], rows);
    }
    rs_scan_close(scan);
    return !error->code;
}

static json_t *line_json(const struct line *l) {
    int64_t sum = 0;
    json_t *row = json_pack("[s, s, I]", l->stage, l->layout, l->file_no);
    for (int i = 0; i < N_FATES; i++) {
        if (i > 0 && i < N_FATES - 1) sum += l->rows[i];
        json_array_append_new(row, l->small ? json_null() : json_integer(l->rows[i]));
    }
    json_array_append_new(row, json_string(l->reasons));
    json_array_append_new(row, json_boolean(sum == l->rows[0]));
    json_array_append_new(row, json_boolean(l->small));
    return row;
}

json_t *rs_report_ledger(const struct rs_report_run *run, json_t *withheld, struct rs_error *error) {
    struct line *lines = NULL;
    size_t n = 0;
    for (size_t i = 0; i < N_STAGES; i++)
        if (!read_ledger(run, stages[i], &lines, &n, error)) {
            free(lines);
            return NULL;
        }
    json_t *columns = json_pack("[s, s, s]", "stage", "layout", "file_no"), *rows = json_array();
    for (int i = 0; i < N_FATES; i++) json_array_append_new(columns, json_string(fates[i]));
    json_array_append_new(columns, json_string("reasons"));
    json_array_append_new(columns, json_string("balances"));
    json_array_append_new(columns, json_string("withheld"));
    for (size_t i = 0; i < n; i++) {
        json_array_append_new(rows, line_json(&lines[i]));
        if (lines[i].small) json_object_set_new(withheld, lines[i].stage, json_true());
    }
    free(lines);
    return json_pack("{s:o, s:o}", "columns", columns, "rows", rows);
}
