/* SPDX-License-Identifier: GPL-3.0-or-later */
/* From YAML to a checked profile: every mistake in a profile is found here, before any input is read. */
#include "profile.h"
#include <limits.h>
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include "pipeline/base/config.h"
#include "pipeline/base/date.h"
#include "pipeline/base/file.h"

static const char *const formats[] = {"x12_834", "fhir", "csv", "measure_csv", "hl7v2", NULL};
static const char *const methods[] = {"self", "related_person", "administrative", "observed", "derived", "unknown",
                                      NULL};
static const char *const elements[] = {
    "race", "ethnicity", "race_ethnicity", "language_preferred", "language_spoken", "language_read",
    "language_written", "interpreter", "sexual_orientation", "gender_identity", "sex_at_birth", "administrative_sex",
    "pronouns", "name_to_use", NULL};
static const char *const representations[] = {"code", "detail", "text", "alternate", NULL};
static const char *const id_types[] = {"member", "subscriber", "medical_record", "medicaid", "medicare",
                                       "social_security", "other", NULL};

const char *rs_format_name(enum rs_format format) { return formats[format]; }

const struct rs_pair *rs_pairs_find(const struct rs_pairs *pairs, struct rs_view key) {
    for (size_t i = 0; i < pairs->n; i++)
        if (rs_eq(pairs->p[i].key, key)) return &pairs->p[i];
    return NULL;
}

struct rs_view rs_profile_collection(const struct rs_profile *p, struct rs_view element) {
    const struct rs_pair *own = rs_pairs_find(&p->collections, element);
    return own ? own->value : p->collection;
}

/* ---- reading -------------------------------------------------------------------------------------------------- */

struct reader {
    struct rs_profile *p;
    const char *where; /* path */
    struct rs_error *error;
};

static bool wrong(struct reader *r, const char *what, const char *value, const char *const *allowed) {
    char list[400] = "";
    for (size_t n = 0; *allowed; allowed++, n = strlen(list))
        snprintf(list + n, sizeof list - n, "%s%s", n ? ", " : "", *allowed);
    return rs_fail(r->error, RS_CONFIG, "%s: %s is \"%s\"; it must be one of %s", r->where, what, value, list);
}

static int word(const char *text, const char *const *words) {
    for (int i = 0; words[i]; i++)
        if (strcmp(text, words[i]) == 0) return i;
    return -1;
}

static bool check_word(struct reader *r, const char *what, struct rs_view value, const char *const *words) {
    return word(value.p, words) >= 0 || wrong(r, what, value.p, words);
}

static struct rs_view text_of(const json_t *map, const char *key) { return rs_cstr(rs_config_text(map, key, NULL)); }

/* Index of a CSV column among those the profile speaks of; added when new. */
static int column_ref(struct reader *r, struct rs_view name) {
    struct rs_view *list = (struct rs_view *)r->p->columns;
    name = rs_trim(name);
    for (size_t i = 0; i < r->p->n_columns; i++)
        if (rs_eq_nocase(list[i], name)) return (int)i;
    struct rs_view *more = rs_arena_alloc(&r->p->arena, (r->p->n_columns + 1) * sizeof *more);
    if (r->p->n_columns) memcpy(more, list, r->p->n_columns * sizeof *more);
    more[r->p->n_columns] = name;
    r->p->columns = more;
    return (int)r->p->n_columns++;
}

static int column_of(struct reader *r, const json_t *map, const char *key) {
    struct rs_view name = text_of(map, key);
    return rs_has(name) ? column_ref(r, name) : -1;
}

/* A map of texts, or of {element: , system: }. */
static bool read_pairs(struct reader *r, const char *key, const char *const *values, struct rs_pairs *out) {
    json_t *map = json_object_get(r->p->tree, key), *value;
    if (!map) return true;
    if (!json_is_object(map)) return rs_fail(r->error, RS_CONFIG, "%s: %s must be a map", r->where, key);
    struct rs_pair *pairs = rs_arena_alloc(&r->p->arena, (json_object_size(map) + 1) * sizeof *pairs);
    const char *name;
    size_t n = 0;
    json_object_foreach(map, name, value) {
        static const char *const allowed[] = {"element", "system", NULL};
        struct rs_pair *pair = &pairs[n++];
        pair->key = rs_cstr(name);
        if (json_is_object(value)) {
            if (!rs_config_keys(value, r->where, allowed, r->error)) return false;
            pair->value = text_of(value, "element");
            pair->more = text_of(value, "system");
        } else {
            pair->value = rs_cstr(json_string_value(value));
        }
        if (!rs_has(pair->value)) return rs_fail(r->error, RS_CONFIG, "%s: %s: \"%s\" has no value", r->where, key, name);
        if (values && !check_word(r, key, pair->value, values)) return false;
    }
    *out = (struct rs_pairs){pairs, n};
    return true;
}

static bool read_collection(struct reader *r) {
    struct rs_profile *p = r->p;
    json_t *c = json_object_get(p->tree, "collection");
    p->collection = RS_LIT("unknown");
    if (!c) return true;
    if (json_is_string(c)) {
        p->collection = rs_cstr(json_string_value(c));
        return check_word(r, "collection", p->collection, methods);
    }
    if (!read_pairs(r, "collection", methods, &p->collections)) return false;
    for (size_t i = 0; i < p->collections.n; i++) {
        if (rs_eq_c(p->collections.p[i].key, "default")) p->collection = p->collections.p[i].value;
        else if (!check_word(r, "collection", p->collections.p[i].key, elements)) return false;
    }
    return true;
}

static bool starts(struct rs_view v, const char *with, struct rs_view *rest) {
    size_t n = strlen(with);
    if (v.n < n || memcmp(v.p, with, n) != 0) return false;
    *rest = rs_view(v.p + n, v.n - n);
    return true;
}

/* PID-3, PID-3*MR, PID-3@AUTHORITY, PID-3*MR@AUTHORITY */
static bool read_pid(struct reader *r, struct rs_view from, struct rs_id_rule *rule) {
    struct rs_view rest, type;
    int64_t field = 0;
    rule->kind = RS_ID_PID;
    if (starts(from, "PID-", &rest)) {
        struct rs_view before = rs_split(&rest, '@');
        rule->authority = rest;
        struct rs_view number = rs_split(&before, '*');
        type = before;
        bool empty = (!rs_has(type) && !rs_is_null(type)) || (!rs_has(rest) && !rs_is_null(rest));
        if (!rs_parse_long(number, &field) || empty) field = 0;
        rule->what = type;
        rule->ref = (int)field;
    }
    if (field == 2 || field == 3 || field == 4 || field == 18 || field == 19) return true;
    return rs_fail(r->error, RS_CONFIG,
                   "%s: \"%s\" is no place of an identifier in HL7 v2: PID-3*MR, PID-3*MR@AUTHORITY, PID-3 (also 2, 4, 18, 19)",
                   r->where, from.p);
}

static bool read_from(struct reader *r, struct rs_view from, struct rs_id_rule *rule) {
    if (!rs_has(from)) return rs_fail(r->error, RS_CONFIG, "%s: an identifier has no \"from\"", r->where);
    rule->what = RS_NULL;
    switch (r->p->format) {
    case RS_X12_834:
        rule->kind = RS_ID_REF;
        if (starts(from, "REF*", &rule->what) && rule->what.n) return true;
        rule->kind = RS_ID_NM109;
        if (rs_eq_c(from, "NM109")) return true;
        if (starts(from, "NM109*", &rule->what) && rule->what.n) return true;
        return rs_fail(r->error, RS_CONFIG, "%s: \"%s\" is no place of an identifier in an 834: REF*0F, NM109 or NM109*MI",
                       r->where, from.p);
    case RS_FHIR:
        rule->kind = RS_ID_RESOURCE;
        if (rs_eq_c(from, "id")) return true;
        rule->kind = RS_ID_SYSTEM;
        if (starts(from, "system:", &rule->what) && rule->what.n) return true;
        rule->kind = RS_ID_TYPE;
        if (starts(from, "type:", &rule->what) && rule->what.n) return true;
        rule->kind = RS_ID_COVERAGE;
        if (rs_eq_c(from, "subscriberId")) return true;
        rule->kind = RS_ID_RELATED;
        if (starts(from, "related:", &rule->what) && rule->what.n) return true;
        return rs_fail(r->error, RS_CONFIG,
                       "%s: \"%s\" is no place of an identifier in FHIR: id, system:URI, type:CODE, subscriberId or "
                       "related:CODE",
                       r->where, from.p);
    case RS_HL7V2: return read_pid(r, from, rule);
    default:
        rule->kind = RS_ID_COLUMN;
        rule->what = from;
        rule->ref = column_ref(r, from);
        return true;
    }
}

/* A relative's number must never make the two one person. */
static bool check_links(struct reader *r, const struct rs_id_rule *rule) {
    if (rule->kind != RS_ID_RELATED || !rule->links) return true;
    return rs_fail(r->error, RS_CONFIG, "%s: \"related:\" is a relative's number: it cannot have links: yes", r->where);
}

static bool read_id_rule(struct reader *r, const json_t *entry, bool member, struct rs_id_rule *rule) {
    static const char *const allowed[] = {"from", "rows", "id_type", "id_system", "links", "scope", NULL};
    static const char *const scopes[] = {"all", "source", NULL};
    static const char *const rows[] = {"all", "subscriber", "dependent", NULL};
    if (json_is_string(entry) && member) return read_from(r, rs_cstr(json_string_value(entry)), rule);
    if (!rs_config_keys(entry, r->where, allowed, r->error) || !read_from(r, text_of(entry, "from"), rule)) return false;
    const char *which = rs_config_text(entry, "rows", "all");
    int n = word(which, rows);
    if (n < 0) return wrong(r, "rows", which, rows);
    rule->rows = (enum rs_id_rows)n;
    if (member) return true;
    const char *type, *system;
    if (!rs_config_need(entry, r->where, "id_type", &type, r->error) ||
        !rs_config_need(entry, r->where, "id_system", &system, r->error))
        return false;
    rule->id_type = rs_cstr(type);
    rule->id_system = rs_cstr(system);
    const char *scope = rs_config_text(entry, "scope", "all");
    if (word(scope, scopes) < 0) return wrong(r, "scope", scope, scopes);
    rule->of_source = strcmp(scope, "source") == 0;
    return check_word(r, "id_type", rule->id_type, id_types) &&
           rs_config_flag(entry, r->where, "links", false, &rule->links, r->error) && check_links(r, rule);
}

static bool read_ids(struct reader *r, const char *key, bool member, const struct rs_id_rule **out, size_t *n) {
    json_t *list = json_object_get(r->p->tree, key), *entry;
    size_t i;
    if (!list) return true;
    if (!json_is_array(list)) return rs_fail(r->error, RS_CONFIG, "%s: %s must be a list", r->where, key);
    struct rs_id_rule *rules = rs_arena_alloc(&r->p->arena, (json_array_size(list) + 1) * sizeof *rules);
    json_array_foreach(list, i, entry) {
        if (!read_id_rule(r, entry, member, &rules[i])) return false;
    }
    *out = rules;
    *n = json_array_size(list);
    return true;
}

/* ---- CSV ------------------------------------------------------------------------------------------------------ */

static int record_column(const char *name) {
    for (int c = RECORD_record_date; c < RECORD_COLUMNS; c++)
        if (strcmp(rs_layout_record.columns[c].name, name) == 0) return c;
    return -1;
}

static bool read_record(struct reader *r) {
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
            refs[i] = column_ref(r, from);
        }
        c->refs = refs;
        c->n_refs = n_refs;
    }
    r->p->record = columns;
    r->p->n_record = n;
    return true;
}

static bool one_byte(struct reader *r, const json_t *map, const char *key, char otherwise, char *out) {
    const char *text = rs_config_text(map, key, NULL);
    *out = otherwise;
    if (!text || !*text) return true;
    if (strcmp(text, "tab") == 0) text = "\t";
    *out = text[0];
    return text[1] == 0 || rs_fail(r->error, RS_CONFIG, "%s: %s must be one character, or tab", r->where, key);
}

/* A map of column to value, or to a list of them. */
static bool read_filters(struct reader *r, const json_t *tree, const char *key, struct rs_csv_filters *out) {
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
        f->ref = column_ref(r, rs_cstr(name));
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

static bool yes_or_no(struct reader *r, const json_t *map, const char *key, bool otherwise, bool *out) {
    static const char *const words[] = {"no", "yes", "false", "true", NULL};
    const char *text = rs_config_text(map, key, otherwise ? "yes" : "no");
    int w = word(text, words);
    *out = w == 1 || w == 3;
    return w >= 0 || wrong(r, key, text, words);
}

static bool read_part(struct reader *r, const json_t *map, struct rs_csv_part *part) {
    static const char *const allowed[] = {"from", "representation", "system", "separator", NULL};
    const char *from;
    if (!rs_config_keys(map, r->where, allowed, r->error) || !rs_config_need(map, r->where, "from", &from, r->error))
        return false;
    part->ref = column_ref(r, rs_cstr(from));
    part->representation = rs_cstr(rs_config_text(map, "representation", "code"));
    part->system = text_of(map, "system");
    return check_word(r, "representation", part->representation, representations) &&
           one_byte(r, map, "separator", 0, &part->separator);
}

static bool read_answer(struct reader *r, const json_t *map, struct rs_csv_answer *a) {
    static const char *const allowed[] = {"element", "collection", "effective", "columns", "where", "joined", NULL};
    const char *element;
    json_t *list = json_object_get(map, "columns"), *one;
    size_t i;
    if (!rs_config_keys(map, r->where, allowed, r->error) ||
        !rs_config_need(map, r->where, "element", &element, r->error))
        return false;
    a->element = rs_cstr(element);
    a->collection = text_of(map, "collection");
    if (!rs_has(a->collection)) a->collection = rs_profile_collection(r->p, a->element);
    a->effective = column_of(r, map, "effective");
    if (!read_filters(r, map, "where", &a->where) || !yes_or_no(r, map, "joined", false, &a->joined)) return false;
    if (!check_word(r, "element", a->element, elements) || !check_word(r, "collection", a->collection, methods))
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

static bool read_answers(struct reader *r) {
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

static bool read_coverage(struct reader *r) {
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

static bool read_measure(struct reader *r) {
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

static bool read_csv(struct reader *r) {
    const char *missing = rs_config_text(r->p->tree, "missing_columns", "error");
    static const char *const words[] = {"error", "allow", NULL};
    if (word(missing, words) < 0) return wrong(r, "missing_columns", missing, words);
    r->p->columns_may_be_missing = strcmp(missing, "allow") == 0;
    bool records;
    if (!read_filters(r, r->p->tree, "rows", &r->p->rows) || !yes_or_no(r, r->p->tree, "records", true, &records)) return false;
    r->p->no_records = !records;
    if (!records && json_object_get(r->p->tree, "record"))
        return rs_fail(r->error, RS_CONFIG, "%s: record says what a record is made of, and records that there are none", r->where);
    return one_byte(r, r->p->tree, "delimiter", ',', &r->p->delimiter) && read_record(r) && read_answers(r) &&
           read_coverage(r) && read_measure(r);
}

/* ---- the whole ------------------------------------------------------------------------------------------------ */

static bool read_x12(struct reader *r) {
    struct rs_profile *p = r->p;
    static const char *const words[] = {"composite", "reject", NULL};
    const char *dependents = rs_config_text(p->tree, "dependents", "composite");
    if (word(dependents, words) < 0) return wrong(r, "dependents", dependents, words);
    p->composite_dependents = strcmp(dependents, "composite") == 0;
    static const char *const modes[] = {"auto", "full", "change", NULL};
    const char *mode = rs_config_text(p->tree, "mode", "auto");
    int m = word(mode, modes);
    if (m < 0) return wrong(r, "mode", mode, modes);
    p->mode = (enum rs_mode)m;
    p->language_element = rs_cstr(rs_config_text(p->tree, "language_element", "language_preferred"));
    return check_word(r, "language_element", p->language_element, elements) &&
           read_pairs(r, "language_use", elements, &p->language_use) &&
           read_pairs(r, "language_systems", NULL, &p->language_systems) &&
           read_pairs(r, "collection_codes", methods, &p->collection_codes);
}

static bool read_fhir(struct reader *r) {
    r->p->geoid_extension = text_of(r->p->tree, "geoid_extension");
    return read_pairs(r, "systems", NULL, &r->p->systems) && read_pairs(r, "extensions", elements, &r->p->extensions) &&
           read_pairs(r, "observations", elements, &r->p->observations) &&
           read_pairs(r, "measures", NULL, &r->p->measures) &&
           read_pairs(r, "collection_codes", methods, &r->p->collection_codes);
}

static bool read_merge_events(struct reader *r) {
    json_t *list = json_object_get(r->p->tree, "merge_events"), *one;
    size_t i;
    if (!list) return true;
    if (!json_is_array(list)) return rs_fail(r->error, RS_CONFIG, "%s: merge_events must be a list", r->where);
    struct rs_view *events = rs_arena_alloc(&r->p->arena, (json_array_size(list) + 1) * sizeof *events);
    json_array_foreach(list, i, one) {
        events[i] = rs_cstr(json_string_value(one));
        if (!rs_has(events[i])) return rs_fail(r->error, RS_CONFIG, "%s: merge_events must hold events, as A40", r->where);
    }
    r->p->merge_events = events;
    r->p->n_merge_events = json_array_size(list);
    return true;
}

static bool read_hl7v2(struct reader *r) {
    static const char *const words[] = {"apart", "one", NULL};
    const char *authorities = rs_config_text(r->p->tree, "authorities", "apart");
    if (word(authorities, words) < 0) return wrong(r, "authorities", authorities, words);
    r->p->authorities_apart = strcmp(authorities, "apart") == 0;
    return read_merge_events(r) && read_pairs(r, "systems", NULL, &r->p->systems) &&
           read_pairs(r, "observations", elements, &r->p->observations) &&
           read_pairs(r, "collection_codes", methods, &r->p->collection_codes);
}

static bool read_tree(struct reader *r) {
    static const char *const allowed[] = {
        "about", "base", "format", "source", "of_source", "file_date", "collection", "member_id", "identifiers",
        "language_use", "language_systems", "language_element", "collection_codes", "product", "dependents", "mode",
        "systems", "extensions", "observations", "geoid_extension", "measures", "merge_events", "authorities",
        "delimiter", "missing_columns", "rows", "records", "record", "assertions", "coverage", "columns",
        "overrides", NULL}; /* overrides are read by map */
    struct rs_profile *p = r->p;
    const char *format;
    if (!rs_config_keys(p->tree, r->where, allowed, r->error) ||
        !rs_config_need(p->tree, r->where, "format", &format, r->error))
        return false;
    int n = word(format, formats);
    if (n < 0) return wrong(r, "format", format, formats);
    p->format = (enum rs_format)n;
    p->source = text_of(p->tree, "source");
    p->of_source = text_of(p->tree, "of_source");
    p->product = text_of(p->tree, "product");
    const char *date = rs_config_text(p->tree, "file_date", NULL);
    p->has_file_date = date && rs_day_parse(rs_cstr(date), &p->file_date);
    if (date && !p->has_file_date) return rs_fail(r->error, RS_CONFIG, "%s: file_date must be YYYY-MM-DD", r->where);
    if (!read_collection(r) || !read_ids(r, "member_id", true, &p->member_ids, &p->n_member_ids) ||
        !read_ids(r, "identifiers", false, &p->identifiers, &p->n_identifiers))
        return false;
    if (!p->n_member_ids) return rs_fail(r->error, RS_CONFIG, "%s: member_id is missing: where is the member's id?", r->where);
    if (p->format == RS_X12_834) return read_x12(r);
    if (json_object_get(p->tree, "mode"))
        return rs_fail(r->error, RS_CONFIG, "%s: mode is for 834 files only; other formats are full snapshots", r->where);
    if (p->format == RS_HL7V2) return read_hl7v2(r);
    return p->format == RS_FHIR ? read_fhir(r) : read_csv(r);
}

static bool profile_path(const char *name, const char *config_file, char *path, size_t room, struct rs_error *error) {
    size_t n = strlen(name);
    if (strchr(name, '/') || (n > 5 && strcmp(name + n - 5, ".yaml") == 0))
        return rs_config_path(path, room, config_file, name, error);
    return rs_path(path, room, error, "%s/profiles/%s.yaml", rs_schemas_dir(), name);
}

/* What the base says stands where the profile itself says nothing; maps are joined key by key. */
static json_t *read_with_base(const char *path, int depth, struct rs_digest *sha, struct rs_error *error) {
    char base_path[PATH_MAX];
    struct rs_digest both[2];
    json_t *tree = rs_yaml_read(path, &both[0], error);
    if (!tree) return NULL;
    *sha = both[0];
    const char *base = rs_config_text(tree, "base", NULL), *key;
    if (!base) return tree;
    json_t *under = NULL, *value;
    if (depth > 3) rs_fail(error, RS_CONFIG, "%s: bases of bases of bases: are they in a circle?", path);
    else if (profile_path(base, path, base_path, sizeof base_path, error))
        under = read_with_base(base_path, depth + 1, &both[1], error);
    if (!under) {
        json_decref(tree);
        return NULL;
    }
    json_object_foreach(under, key, value) {
        json_t *own = json_object_get(tree, key);
        if (!own) json_object_set(tree, key, value);
        else if (json_is_object(own) && json_is_object(value)) json_object_update_missing(own, value);
    }
    json_decref(under);
    *sha = rs_sha256(both, sizeof both);
    return tree;
}

static struct rs_view base_name(struct rs_arena *arena, const char *path) {
    char *copy = rs_arena_copy(arena, path, strlen(path));
    const char *name = basename(copy);
    size_t n = strlen(name);
    if (n > 5 && strcmp(name + n - 5, ".yaml") == 0) n -= 5;
    return rs_view(rs_arena_copy(arena, name, n), n);
}

struct rs_profile *rs_profile_read(const char *name, const char *config_file, struct rs_error *error) {
    char path[PATH_MAX];
    struct rs_profile *p = rs_alloc(sizeof *p);
    p->coverage_product = p->coverage_start = p->coverage_end = -1;
    p->measure = p->period = p->denominator = p->numerator = p->provider_group = -1;
    p->amount = p->exposure = p->excluded = p->product_line = -1;
    struct reader r = {p, path, error};
    if (!profile_path(name, config_file, path, sizeof path, error)) goto fail;
    if (!rs_exists(path)) {
        rs_fail(error, RS_CONFIG, "profile %s: there is no %s; ready ones are in %s/profiles", name, path,
                rs_schemas_dir());
        goto fail;
    }
    p->name = base_name(&p->arena, path);
    p->tree = read_with_base(path, 0, &p->sha256, error);
    if (p->tree && read_tree(&r)) return p;
fail:
    rs_profile_free(p);
    return NULL;
}

void rs_profile_free(struct rs_profile *p) {
    if (!p) return;
    json_decref(p->tree);
    rs_arena_free(&p->arena);
    free(p);
}
