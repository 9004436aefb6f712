/* SPDX-License-Identifier: GPL-3.0-or-later */
/* From YAML to a checked profile: every mistake in a profile is found here (identifiers: profile_ids.c; columns of CSV:
 * profile_csv.c), before any input is read. */
#include "profile_private.h"
#include <limits.h>
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include "pipeline/base/config.h"
#include "pipeline/base/date.h"
#include "pipeline/base/file.h"

static const char *const formats[] = {"x12_834", "fhir", "csv", "measure_csv", "hl7v2", NULL};
const char *const rs_profile_methods[] = {"self", "related_person", "administrative", "observed", "derived", "unknown",
                                      NULL};
const char *const rs_profile_elements[] = {
    "race", "ethnicity", "race_ethnicity", "language_preferred", "language_spoken", "language_read",
    "language_written", "interpreter", "sexual_orientation", "gender_identity", "sex_at_birth", "administrative_sex",
    "pronouns", "name_to_use", NULL};

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

bool rs_profile_wrong(struct rs_profile_reader *r, const char *what, const char *value, const char *const *allowed) {
    char list[400] = "";
    for (size_t n = 0; *allowed; allowed++, n = strlen(list))
        snprintf(list + n, sizeof list - n, "%s%s", n ? ", " : "", *allowed);
    return rs_fail(r->error, RS_CONFIG, "%s: %s is \"%s\"; it must be one of %s", r->where, what, value, list);
}

int rs_profile_word(const char *text, const char *const *words) {
    for (int i = 0; words[i]; i++)
        if (strcmp(text, words[i]) == 0) return i;
    return -1;
}

bool rs_profile_check_word(struct rs_profile_reader *r, const char *what, struct rs_view value, const char *const *words) {
    return rs_profile_word(value.p, words) >= 0 || rs_profile_wrong(r, what, value.p, words);
}

struct rs_view rs_profile_text(const json_t *map, const char *key) { return rs_cstr(rs_config_text(map, key, NULL)); }

int rs_profile_column_ref(struct rs_profile_reader *r, struct rs_view name) {
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

/* A map of texts, or of {element: , system: }. */
static bool read_pairs(struct rs_profile_reader *r, const char *key, const char *const *values, struct rs_pairs *out) {
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
            pair->value = rs_profile_text(value, "element");
            pair->more = rs_profile_text(value, "system");
        } else {
            pair->value = rs_cstr(json_string_value(value));
        }
        if (!rs_has(pair->value)) return rs_fail(r->error, RS_CONFIG, "%s: %s: \"%s\" has no value", r->where, key, name);
        if (values && !rs_profile_check_word(r, key, pair->value, values)) return false;
    }
    *out = (struct rs_pairs){pairs, n};
    return true;
}

static bool read_collection(struct rs_profile_reader *r) {
    struct rs_profile *p = r->p;
    json_t *c = json_object_get(p->tree, "collection");
    p->collection = RS_LIT("unknown");
    if (!c) return true;
    if (json_is_string(c)) {
        p->collection = rs_cstr(json_string_value(c));
        return rs_profile_check_word(r, "collection", p->collection, rs_profile_methods);
    }
    if (!read_pairs(r, "collection", rs_profile_methods, &p->collections)) return false;
    for (size_t i = 0; i < p->collections.n; i++) {
        if (rs_eq_c(p->collections.p[i].key, "default")) p->collection = p->collections.p[i].value;
        else if (!rs_profile_check_word(r, "collection", p->collections.p[i].key, rs_profile_elements)) return false;
    }
    return true;
}

/* ---- the whole ------------------------------------------------------------------------------------------------ */

static bool read_x12(struct rs_profile_reader *r) {
    struct rs_profile *p = r->p;
    static const char *const words[] = {"composite", "reject", NULL};
    const char *dependents = rs_config_text(p->tree, "dependents", "composite");
    if (rs_profile_word(dependents, words) < 0) return rs_profile_wrong(r, "dependents", dependents, words);
    p->composite_dependents = strcmp(dependents, "composite") == 0;
    static const char *const modes[] = {"auto", "full", "change", NULL};
    const char *mode = rs_config_text(p->tree, "mode", "auto");
    int m = rs_profile_word(mode, modes);
    if (m < 0) return rs_profile_wrong(r, "mode", mode, modes);
    p->mode = (enum rs_mode)m;
    p->language_element = rs_cstr(rs_config_text(p->tree, "language_element", "language_preferred"));
    return rs_profile_check_word(r, "language_element", p->language_element, rs_profile_elements) &&
           read_pairs(r, "language_use", rs_profile_elements, &p->language_use) &&
           read_pairs(r, "language_systems", NULL, &p->language_systems) &&
           read_pairs(r, "collection_codes", rs_profile_methods, &p->collection_codes);
}

static bool read_fhir(struct rs_profile_reader *r) {
    r->p->geoid_extension = rs_profile_text(r->p->tree, "geoid_extension");
    return read_pairs(r, "systems", NULL, &r->p->systems) &&
           read_pairs(r, "extensions", rs_profile_elements, &r->p->extensions) &&
           read_pairs(r, "observations", rs_profile_elements, &r->p->observations) &&
           read_pairs(r, "measures", NULL, &r->p->measures) &&
           read_pairs(r, "collection_codes", rs_profile_methods, &r->p->collection_codes);
}

static bool read_merge_events(struct rs_profile_reader *r) {
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

static bool read_hl7v2(struct rs_profile_reader *r) {
    static const char *const words[] = {"apart", "one", NULL};
    const char *authorities = rs_config_text(r->p->tree, "authorities", "apart");
    if (rs_profile_word(authorities, words) < 0) return rs_profile_wrong(r, "authorities", authorities, words);
    r->p->authorities_apart = strcmp(authorities, "apart") == 0;
    return read_merge_events(r) && read_pairs(r, "systems", NULL, &r->p->systems) &&
           read_pairs(r, "observations", rs_profile_elements, &r->p->observations) &&
           read_pairs(r, "collection_codes", rs_profile_methods, &r->p->collection_codes);
}

static bool read_tree(struct rs_profile_reader *r) {
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
    int n = rs_profile_word(format, formats);
    if (n < 0) return rs_profile_wrong(r, "format", format, formats);
    p->format = (enum rs_format)n;
    p->source = rs_profile_text(p->tree, "source");
    p->of_source = rs_profile_text(p->tree, "of_source");
    p->product = rs_profile_text(p->tree, "product");
    const char *date = rs_config_text(p->tree, "file_date", NULL);
    p->has_file_date = date && rs_day_parse(rs_cstr(date), &p->file_date);
    if (date && !p->has_file_date) return rs_fail(r->error, RS_CONFIG, "%s: file_date must be YYYY-MM-DD", r->where);
    if (!read_collection(r) || !rs_profile_ids(r, "member_id", true, &p->member_ids, &p->n_member_ids) ||
        !rs_profile_ids(r, "identifiers", false, &p->identifiers, &p->n_identifiers))
        return false;
    if (!p->n_member_ids) return rs_fail(r->error, RS_CONFIG, "%s: member_id is missing: where is the member's id?", r->where);
    if (p->format == RS_X12_834) return read_x12(r);
    if (json_object_get(p->tree, "mode"))
        return rs_fail(r->error, RS_CONFIG, "%s: mode is for 834 files only; other formats are full snapshots", r->where);
    if (p->format == RS_HL7V2) return read_hl7v2(r);
    return p->format == RS_FHIR ? read_fhir(r) : rs_profile_csv(r);
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
    struct rs_profile_reader r = {p, path, error};
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
