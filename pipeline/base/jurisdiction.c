/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The switch for SOGI elements. The elements stand in C because each is also a ledger reason, which must be a constant;
 * which are dropped where is data. */
#include "jurisdiction.h"
#include <limits.h>
#include <stdio.h>
#include "config.h"
#include "date.h"
#include "file.h"

static const struct {
    const char *element, *reason;
} elements[] = {{"sexual_orientation", "jurisdiction: sexual_orientation"},
                {"gender_identity", "jurisdiction: gender_identity"},
                {"sex_at_birth", "jurisdiction: sex_at_birth"},
                {"pronouns", "jurisdiction: pronouns"},
                {"name_to_use", "jurisdiction: name_to_use"},
                {"gender_two_step", "jurisdiction: gender_two_step"}};
enum { ELEMENTS = sizeof elements / sizeof elements[0] };

static int element_of(struct rs_view name) {
    for (int i = 0; i < ELEMENTS; i++)
        if (rs_eq_c(name, elements[i].element)) return i;
    return -1;
}

static bool read_list(const json_t *drop, const char *where, unsigned *bits, struct rs_error *error) {
    if (!json_is_array(drop)) return rs_fail(error, RS_CONFIG, "%s: drop must be a list of elements; [] for none", where);
    for (size_t i = 0; i < json_array_size(drop); i++) {
        const char *name = json_string_value(json_array_get(drop, i));
        int element = name ? element_of(rs_cstr(name)) : -1;
        if (element < 0)
            return rs_fail(error, RS_CONFIG, "%s: drop: \"%s\" is no element that can be switched off; see %s/jurisdictions.yaml",
                           where, name ? name : "", rs_schemas_dir());
        *bits |= 1u << element;
    }
    return true;
}

static bool read_minors(const json_t *minors, const char *place, struct rs_jurisdiction *out, struct rs_error *error) {
    static const char *const allowed[] = {"under", "drop", NULL};
    char where[PATH_MAX + 192];
    int64_t under;
    if (!minors) return true;
    snprintf(where, sizeof where, "%s: minors", place);
    if (!json_is_object(minors) || !json_object_get(minors, "under"))
        return rs_fail(error, RS_CONFIG, "%s: must be a map with under, an age, and drop", where);
    if (!rs_config_keys(minors, where, allowed, error) || !rs_config_long(minors, where, "under", 18, 1, 30, &under, error))
        return false;
    out->minors_under = (int)under;
    return read_list(json_object_get(minors, "drop"), where, &out->minors_dropped, error);
}

static bool read_drop(const json_t *entry, const char *where, struct rs_jurisdiction *out, struct rs_error *error) {
    static const char *const allowed[] = {"name", "about", "drop", "minors", NULL};
    return rs_config_keys(entry, where, allowed, error) &&
           read_list(json_object_get(entry, "drop"), where, &out->dropped, error) &&
           read_minors(json_object_get(entry, "minors"), where, out, error);
}

static bool read_named(const char *name, struct rs_jurisdiction *out, struct rs_error *error) {
    char path[PATH_MAX], where[PATH_MAX + 128];
    if (!rs_path(path, sizeof path, error, "%s/jurisdictions.yaml", rs_schemas_dir())) return false;
    json_t *all = rs_yaml_read(path, NULL, error);
    if (!all) return false;
    const json_t *entry = json_object_get(all, name);
    snprintf(where, sizeof where, "%s: %s", path, name);
    bool ok = entry ? read_drop(entry, where, out, error)
                    : rs_fail(error, RS_CONFIG, "jurisdiction \"%s\" is not in %s; name one of it, or write a map with drop",
                              name, path);
    json_decref(all);
    return ok;
}

bool rs_jurisdiction_read(const json_t *config, const char *config_path, struct rs_jurisdiction *out,
                          struct rs_error *error) {
    char where[PATH_MAX + 32];
    *out = (struct rs_jurisdiction){0};
    const json_t *set = json_object_get(config, "jurisdiction");
    if (!set) return true;
    snprintf(where, sizeof where, "%s: jurisdiction", config_path ? config_path : "");
    bool named = json_is_string(set);
    const char *name = named ? json_string_value(set) : NULL;
    if (!named && !rs_config_need(set, where, "name", &name, error)) return false;
    if (!*name || strlen(name) >= sizeof out->name)
        return rs_fail(error, RS_CONFIG, "%s: the name must have 1 to %zu characters", where, sizeof out->name - 1);
    snprintf(out->name, sizeof out->name, "%s", name);
    return named ? read_named(name, out, error) : read_drop(set, where, out, error);
}

const char *rs_jurisdiction_drops(const struct rs_jurisdiction *j, struct rs_view element) {
    if (!j->dropped) return NULL;
    int i = element_of(element);
    return i >= 0 && (j->dropped >> i & 1u) ? elements[i].reason : NULL;
}

bool rs_jurisdiction_of_adults(const struct rs_jurisdiction *j, struct rs_view element) {
    int i = j->minors_under ? element_of(element) : -1;
    return i >= 0 && (j->minors_dropped >> i & 1u);
}

bool rs_jurisdiction_too_young(const struct rs_jurisdiction *j, struct rs_view element, struct rs_view birth,
                               struct rs_view day) {
    int32_t born, then;
    if (!rs_jurisdiction_of_adults(j, element)) return false;
    return !rs_day_parse(birth, &born) || !rs_day_parse(day, &then) || rs_age(born, then) < j->minors_under;
}

static json_t *list_of(unsigned bits) {
    json_t *list = json_array();
    for (int i = 0; i < ELEMENTS; i++)
        if (bits >> i & 1u) json_array_append_new(list, json_string(elements[i].element));
    return list;
}

json_t *rs_jurisdiction_json(const struct rs_jurisdiction *j) {
    if (!j->name[0]) return NULL;
    json_t *all = json_pack("{s:s, s:o}", "name", j->name, "drop", list_of(j->dropped));
    if (j->minors_under)
        json_object_set_new(all, "minors", json_pack("{s:i, s:o}", "under", j->minors_under, "drop", list_of(j->minors_dropped)));
    return all;
}
