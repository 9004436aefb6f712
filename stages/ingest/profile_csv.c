/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a profile says of the columns of a CSV: records, answers, coverage, measures, and rows left out. */
#include "profile_private.h"
#include <stdio.h>
#include "pipeline/base/config.h"

static const char *const representations[] = {"code", "detail", "text", "alternate", NULL};

static int column_of(struct rs_profile_reader *r, const json_t *map, const char *key) {
    struct rs_view name = rs_profile_text(map, key);
    return rs_has(name) ? rs_profile_column_ref(r, name) : -1;
}

static int record_column(const char *name) {
    for (int c = RECORD_record_date; c < RECORD_COLUMNS; c++)
        if (strcmp(rs_layout_record.columns[c].name, name) == 0) return c;
    return -1;
}

static bool read_record(struct rs_profile_reader *r) {
    json_t *map = json_object_get(r->p->tree, "record"), *value, *one;
    if (!map) return true;
    if (!json_is_object(map)) return rs_fail(r->error, RS_CONFIG, "%s: record must be a map", r->where);
    struct rs_csv_column *columns = rs_arena_alloc(&r->p->arena, (json_object_size(map) + 1) * sizeof *columns);
    const char *name;
    size_t n = 0, i;
    json_object_foreach(map, name, value) {
        struct rs_csv_column *c = &columns[n++];
        c->column = record_column(name);
        if (c->column < 0)
            return rs_fail(r->error, RS_CONFIG, "%s: record: \"%s\" is no column of layout record that a source gives",
                           r->where, name);
        size_t n_refs = json_is_array(value) ? json_array_size(value) : 1;
        if (!n_refs) return rs_fail(r->error, RS_CONFIG, "%s: record: %s names no column", r->where, name);
        int *refs = rs_arena_alloc(&r->p->arena, (n_refs + 1) * sizeof *refs);
        for (i = 0; i < n_refs; i++) {
            one = json_is_array(value) ? json_array_get(value, i) : value;
            struct rs_view from = rs_trim(rs_cstr(json_string_value(one)));
            if (!rs_has(from)) return rs_fail(r->error, RS_CONFIG, "%s: record: %s names no column", r->where, name);
            refs[i] = rs_profile_column_ref(r, from);
        }
        c->refs = refs;
        c->n_refs = n_refs;
    }
    r->p->record = columns;
    r->p->n_record = n;
    return true;
}

static bool one_byte(struct rs_profile_reader *r, const json_t *map, const char *key, char otherwise, char *out) {
    const char *text = rs_config_text(map, key, NULL);
    *out = otherwise;
    if (!text || !*text) return true;
    if (strcmp(text, "tab") == 0) text = "\t";
    *out = text[0];
    return text[1] == 0 || rs_fail(r->error, RS_CONFIG, "%s: %s must be one character, or tab", r->where, key);
}

/* A map of column to value, or to a list of them. */
static bool read_filters(struct rs_profile_reader *r, const json_t *tree, const char *key, struct rs_csv_filters *out) {
    json_t *map = json_object_get(tree, key), *value;
    const char *name;
    if (!map) return true;
    if (!json_is_object(map))
        return rs_fail(r->error, RS_CONFIG, "%s: %s must be a map of column to value, or values", r->where, key);
    struct rs_csv_filter *filters = rs_arena_alloc(&r->p->arena, (json_object_size(map) + 1) * sizeof *filters);
    json_object_foreach(map, name, value) {
        struct rs_csv_filter *f = &filters[out->n++];
        size_t n = json_is_array(value) ? json_array_size(value) : 1;
        struct rs_view *values = rs_arena_alloc(&r->p->arena, (n + 1) * sizeof *values);
        f->ref = rs_profile_column_ref(r, rs_cstr(name));
        for (; f->n_values < n; f->n_values++) {
            const json_t *one = json_is_array(value) ? json_array_get(value, f->n_values) : value;
            if (!json_is_string(one))
                return rs_fail(r->error, RS_CONFIG, "%s: %s: \"%s\" has no value", r->where, key, name);
            values[f->n_values] = rs_trim(rs_cstr(json_string_value(one)));
        }
        if (!n) return rs_fail(r->error, RS_CONFIG, "%s: %s: \"%s\" has no value", r->where, key, name);
        f->values = values;
    }
    out->f = filters;
    return true;
}

static bool yes_or_no(struct rs_profile_reader *r, const json_t *map, const char *key, bool otherwise, bool *out) {
    static const char *const words[] = {"no", "yes", "false", "true", NULL};
    const char *text = rs_config_text(map, key, otherwise ? "yes" : "no");
    int w = rs_profile_word(text, words);
    *out = w == 1 || w == 3;
    return w >= 0 || rs_profile_wrong(r, key, text, words);
}

static bool read_part(struct rs_profile_reader *r, const json_t *map, struct rs_csv_part *part) {
    static const char *const allowed[] = {"from", "representation", "system", "separator", NULL};
    const char *from;
    if (!rs_config_keys(map, r->where, allowed, r->error) || !rs_config_need(map, r->where, "from", &from, r->error))
        return false;
    part->ref = rs_profile_column_ref(r, rs_cstr(from));
    part->representation = rs_cstr(rs_config_text(map, "representation", "code"));
    part->system = rs_profile_text(map, "system");
    return rs_profile_check_word(r, "representation", part->representation, representations) &&
           one_byte(r, map, "separator", 0, &part->separator);
}

static bool read_answer(struct rs_profile_reader *r, const json_t *map, struct rs_csv_answer *a) {
    static const char *const allowed[] = {"element", "collection", "effective", "columns", "where", "joined", NULL};
    const char *element;
    json_t *list = json_object_get(map, "columns"), *one;
    size_t i;
    if (!rs_config_keys(map, r->where, allowed, r->error) ||
        !rs_config_need(map, r->where, "element", &element, r->error))
        return false;
    a->element = rs_cstr(element);
    a->collection = rs_profile_text(map, "collection");
    if (!rs_has(a->collection)) a->collection = rs_profile_collection(r->p, a->element);
    a->effective = column_of(r, map, "effective");
    if (!read_filters(r, map, "where", &a->where) || !yes_or_no(r, map, "joined", false, &a->joined)) return false;
    if (!rs_profile_check_word(r, "element", a->element, rs_profile_elements) ||
        !rs_profile_check_word(r, "collection", a->collection, rs_profile_methods))
        return false;
    if (!json_array_size(list))
        return rs_fail(r->error, RS_CONFIG, "%s: assertions: %s has no list of columns", r->where, element);
    struct rs_csv_part *parts = rs_arena_alloc(&r->p->arena, json_array_size(list) * sizeof *parts);
    json_array_foreach(list, i, one) {
        if (!read_part(r, one, &parts[i])) return false;
    }
    a->parts = parts;
    a->n_parts = json_array_size(list);
    return true;
}

static bool read_answers(struct rs_profile_reader *r) {
    json_t *list = json_object_get(r->p->tree, "assertions"), *one;
    size_t i;
    if (!list) return true;
    if (!json_is_array(list)) return rs_fail(r->error, RS_CONFIG, "%s: assertions must be a list", r->where);
    struct rs_csv_answer *answers = rs_arena_alloc(&r->p->arena, (json_array_size(list) + 1) * sizeof *answers);
    json_array_foreach(list, i, one) {
        if (!read_answer(r, one, &answers[i])) return false;
    }
    r->p->answers = answers;
    r->p->n_answers = json_array_size(list);
    return true;
}

static bool read_coverage(struct rs_profile_reader *r) {
    static const char *const allowed[] = {"product", "start", "end", NULL};
    json_t *map = json_object_get(r->p->tree, "coverage");
    if (!map) return true;
    if (!rs_config_keys(map, r->where, allowed, r->error)) return false;
    r->p->coverage_product = column_of(r, map, "product");
    r->p->coverage_start = column_of(r, map, "start");
    r->p->coverage_end = column_of(r, map, "end");
    if (r->p->coverage_product >= 0 || rs_has(r->p->product)) return true;
    return rs_fail(r->error, RS_CONFIG, "%s: coverage needs a product column, or the key \"product\" beside it", r->where);
}

static bool read_measure(struct rs_profile_reader *r) {
    static const char *const allowed[] = {"measure",        "period", "denominator", "numerator",
                                          "provider_group", "amount", "exposure",    "excluded",
                                          "product",        NULL};
    json_t *map = json_object_get(r->p->tree, "columns");
    struct rs_profile *p = r->p;
    if (p->format != RS_MEASURE_CSV) return true;
    if (!map) return rs_fail(r->error, RS_CONFIG, "%s: columns is missing: which column is the measure, ...", r->where);
    if (!rs_config_keys(map, r->where, allowed, r->error)) return false;
    p->measure = column_of(r, map, "measure");
    p->period = column_of(r, map, "period");
    p->denominator = column_of(r, map, "denominator");
    p->numerator = column_of(r, map, "numerator");
    p->provider_group = column_of(r, map, "provider_group");
    p->amount = column_of(r, map, "amount");
    p->exposure = column_of(r, map, "exposure");
    p->excluded = column_of(r, map, "excluded");
    p->product_line = column_of(r, map, "product");
    if (p->measure >= 0 && p->period >= 0 && p->denominator >= 0 && (p->numerator >= 0 || p->amount >= 0)) return true;
    return rs_fail(r->error, RS_CONFIG,
                   "%s: columns needs measure, period, denominator and numerator (or amount, for rates and means)",
                   r->where);
}

bool rs_profile_csv(struct rs_profile_reader *r) {
    const char *missing = rs_config_text(r->p->tree, "missing_columns", "error");
    static const char *const words[] = {"error", "allow", NULL};
    if (rs_profile_word(missing, words) < 0) return rs_profile_wrong(r, "missing_columns", missing, words);
    r->p->columns_may_be_missing = strcmp(missing, "allow") == 0;
    bool records;
    if (!read_filters(r, r->p->tree, "rows", &r->p->rows) || !yes_or_no(r, r->p->tree, "records", true, &records)) return false;
    r->p->no_records = !records;
    if (!records && json_object_get(r->p->tree, "record"))
        return rs_fail(r->error, RS_CONFIG, "%s: record says what a record is made of, and records that there are none", r->where);
    return one_byte(r, r->p->tree, "delimiter", ',', &r->p->delimiter) && read_record(r) && read_answers(r) &&
           read_coverage(r) && read_measure(r);
}
