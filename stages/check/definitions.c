/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Why it exists: thresholds belong to those who know the plan, not to the program. */
#include "definitions.h"
#include "pipeline/base/config.h"
#include "pipeline/rows/stage.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char *const rs_check_kind_names[RS_CHECK_KINDS] = {
    "complete", "unmapped", "quarantined",      "implausible",       "disagree", "share",           "calibration",
    "ledger",   "parity",   "members_complete", "members_collected", "area_mix", "default_filling", "drift",
    "source_rows", "empty_files"};
const char *const rs_severity_names[RS_SEVERITIES] = {"note", "warning", "error"};
const char *const rs_missing_reasons[] = {"DECLINED",       "ASKED_UNKNOWN", "UNKNOWN",  "NOT_ASKED", "NOT_PROVIDED",
                                          "NOT_APPLICABLE", "OTHER",         "UNMAPPED", NULL};
const char *const rs_collections[] = {"self", "related_person", "administrative", "observed", "derived", "unknown",
                                      NULL};
const char *const rs_band_names[RS_CHECK_BANDS + 1] = {"low", "medium", "high", "unusable"};
static const char *const categories[] = {"conformance", "completeness", "plausibility", NULL};

/* Position of `name` in a list of n, or up to its NULL; -1 where it is not there. */
static int position(const char *const *list, int n, const char *name) {
    for (int i = 0; i < n && list[i]; i++)
        if (strcmp(list[i], name) == 0) return i;
    return -1;
}

static bool is_of_persons(enum rs_check_kind kind) {
    return kind == RS_CHECK_MEMBERS || kind == RS_CHECK_COLLECTED || kind == RS_CHECK_AREA || kind == RS_CHECK_FILLING;
}

static int fact_of(const struct rs_check *c) {
    static const char *const facts[] = {"surname", "birth_date", "sex", "zip", "tract"};
    static const int column[] = {PERSON_surname, PERSON_birth_date, PERSON_sex, PERSON_zip5, PERSON_tract};
    int at = c->kind == RS_CHECK_MEMBERS ? position(facts, 5, c->element) : -1;
    return at < 0 ? -1 : column[at];
}

/* Whose source is known, and of what the groups are told as a whole, too. */
static bool crosses(const struct rs_check *c) { return c->kind == RS_CHECK_MEMBERS && c->for_group && c->fact < 0; }

static bool read_scope(const char *text, const char *where, struct rs_check *c, struct rs_error *error) {
    struct rs_view rest = rs_cstr(text);
    while (!rs_is_null(rest)) {
        struct rs_view one = rs_trim(rs_split(&rest, ','));
        if (rs_eq_c(one, "all"))
            c->for_all = true;
        else if (rs_eq_c(one, "source"))
            c->for_source = true;
        else if (rs_eq_c(one, "facility"))
            c->for_facility = true;
        else if (rs_eq_c(one, "provider_group"))
            c->for_group = true;
        else if (rs_eq_c(one, "source_provider_group"))
            c->for_source_group = true;
        else
            return rs_fail(error, RS_CONFIG,
                           "%s: scope must be of all, source, facility, provider_group and source_provider_group, comma "
                           "between",
                           where);
    }
    if (c->for_source_group && !crosses(c))
        return rs_fail(error, RS_CONFIG,
                       "%s: scope source_provider_group is of members_complete of an answer, beside scope provider_group",
                       where);
    bool facility_fits = is_of_persons(c->kind) || c->kind == RS_CHECK_COMPLETE;
    if ((c->for_group && !is_of_persons(c->kind)) || (c->for_facility && !facility_fits))
        return rs_fail(error, RS_CONFIG,
                       "%s: kind %s is not counted by %s: leave this scope out", where, rs_check_kind_names[c->kind],
                       c->for_group ? "provider_group" : "facility");
    if (c->for_source && (c->kind == RS_CHECK_MEMBERS || c->kind == RS_CHECK_COLLECTED))
        return rs_fail(error, RS_CONFIG, "%s: kind %s counts persons, whose sources are joined: leave scope source out",
                       where, rs_check_kind_names[c->kind]);
    return true;
}

/* A list of words of `known`, as bits; `otherwise` where the key is not there. */
static bool read_bits(const json_t *map, const char *key, const char *where, const char *const *known,
                      unsigned otherwise, unsigned *out, struct rs_error *error) {
    const json_t *list = json_object_get(map, key);
    size_t i;
    json_t *one;
    *out = list ? 0 : otherwise;
    if (list && !json_is_array(list)) return rs_fail(error, RS_CONFIG, "%s: %s must be a list", where, key);
    json_array_foreach(list, i, one) {
        int at = json_is_string(one) ? position(known, 32, json_string_value(one)) : -1;
        if (at < 0) return rs_fail(error, RS_CONFIG, "%s: %s[%zu] is none that layout mapped has", where, key, i);
        *out |= 1u << at;
    }
    return true;
}

static bool read_bands(const json_t *j, const char *where, struct rs_check *c, struct rs_error *error) {
    const json_t *list = json_object_get(j, "bands");
    c->n_bands = json_array_size(list);
    if (!list) return true;
    if (!json_is_array(list) || c->n_bands == 0 || c->n_bands > RS_CHECK_BANDS)
        return rs_fail(error, RS_CONFIG, "%s: bands must be a list of one to three shares", where);
    for (size_t i = 0; i < c->n_bands; i++) {
        const char *text = json_string_value(json_array_get(list, i));
        if (!text || !rs_parse_real(rs_cstr(text), &c->band[i]) || c->band[i] < 0 || c->band[i] > 1 ||
            (i && c->band[i] <= c->band[i - 1]))
            return rs_fail(error, RS_CONFIG, "%s: bands must rise from 0 to 1", where);
    }
    return true;
}

static bool read_check(const json_t *j, const char *where, unsigned answers, struct rs_check *c,
                       struct rs_error *error) {
    static const char *const keys[] = {
        "id",   "category", "context", "kind",    "element",    "scope", "threshold",    "severity", "points", "alpha",
        "rise", "minimum",  "message", "answers", "collection", "bands", "jurisdiction", "profiles", NULL};
    const char *kind, *severity;
    *c = (struct rs_check){.member_bit = -1};
    if (!json_is_object(j) || !rs_config_keys(j, where, keys, error) ||
        !rs_config_need(j, where, "id", &c->id, error) || !rs_config_need(j, where, "category", &c->category, error) ||
        !rs_config_need(j, where, "kind", &kind, error) || !rs_config_need(j, where, "severity", &severity, error) ||
        !rs_config_need(j, where, "message", &c->message, error) ||
        !rs_config_long(j, where, "minimum", 1, 1, INT64_MAX, &c->minimum, error) ||
        !rs_config_real(j, where, "points", 0.1, 0, 1, &c->points, error) ||
        !rs_config_real(j, where, "alpha", 0.01, 0, 1, &c->alpha, error) ||
        !rs_config_real(j, where, "rise", 0, 0, 1, &c->rise, error) ||
        !rs_config_real(j, where, "threshold", 0, 0, 1, &c->threshold, error) ||
        !read_bits(j, "answers", where, rs_missing_reasons, answers, &c->answers, error) ||
        !read_bits(j, "collection", where, rs_collections, 0, &c->collections, error) ||
        !read_bands(j, where, c, error))
        return error->code != 0 ? false : rs_fail(error, RS_CONFIG, "%s: not a check", where);
    c->has_threshold = json_object_get(j, "threshold") != NULL;
    c->has_rise = json_object_get(j, "rise") != NULL;
    c->element = rs_config_text(j, "element", "*");
    c->context = rs_config_text(j, "context", "verification");
    int k = position(rs_check_kind_names, RS_CHECK_KINDS, kind),
        s = position(rs_severity_names, RS_SEVERITIES, severity);
    if (k < 0) return rs_fail(error, RS_CONFIG, "%s: kind \"%s\" is none that this program knows", where, kind);
    if (s < 0) return rs_fail(error, RS_CONFIG, "%s: severity must be note, warning or error", where);
    if (position(categories, 3, c->category) < 0)
        return rs_fail(error, RS_CONFIG, "%s: category must be conformance, completeness or plausibility", where);
    if (strcmp(c->context, "verification") != 0 && strcmp(c->context, "validation") != 0)
        return rs_fail(error, RS_CONFIG, "%s: context must be verification or validation", where);
    c->kind = (enum rs_check_kind)k;
    c->severity = (enum rs_severity)s;
    c->fact = fact_of(c);
    return read_scope(rs_config_text(j, "scope", "all"), where, c, error);
}

static bool is_in(const json_t *list, const char *name) {
    size_t i;
    json_t *one;
    json_array_foreach(list, i, one) if (json_is_string(one) && strcmp(json_string_value(one), name) == 0) return true;
    return false;
}

/* The profiles asked for are those the file declares. */
static bool known_profiles(const json_t *tree, const char *path, const char *asked, struct rs_error *error) {
    struct rs_view rest = rs_cstr(asked);
    while (asked && !rs_is_null(rest)) {
        struct rs_view one = rs_trim(rs_split(&rest, ','));
        char name[64];
        snprintf(name, sizeof name, "%.*s", (int)one.n, one.p);
        if (!json_object_get(json_object_get(tree, "profiles"), name))
            return rs_fail(error, RS_CONFIG, "%s: no profile \"%s\" stands under profiles (--profile-checks)", path,
                           name);
    }
    return true;
}

/* Whether the check is asked for: it names no profile, or one of those. */
static bool is_asked(const json_t *j, const char *asked, struct rs_check *c) {
    const json_t *list = json_object_get(j, "profiles");
    if (!list) return true;
    struct rs_view rest = rs_cstr(asked);
    while (asked && !rs_is_null(rest)) {
        struct rs_view one = rs_trim(rs_split(&rest, ','));
        size_t i;
        json_t *p;
        json_array_foreach(list, i, p) if (json_is_string(p) && rs_eq_c(one, json_string_value(p))) {
            c->profile = json_string_value(p);
            return true;
        }
    }
    return false;
}

static bool give_bits(struct rs_checks *all, struct rs_check *c, const char *where, struct rs_error *error) {
    all->any_area |= c->kind == RS_CHECK_AREA;
    all->any_filling |= c->kind == RS_CHECK_FILLING;
    all->any_drift |= c->kind == RS_CHECK_DRIFT;
    all->any_group |= c->for_group;
    all->any_source_group |= c->for_source_group;
    all->any_facility |= c->for_facility && is_of_persons(c->kind);
    all->any_record_facility |= c->for_facility && c->kind == RS_CHECK_COMPLETE;
    int wanted = c->kind == RS_CHECK_MEMBERS ? 1 : c->kind == RS_CHECK_COLLECTED ? 2 : 0;
    if (!wanted) return true;
    if (all->member_bits + wanted > RS_CHECK_MEMBER_BITS)
        return rs_fail(error, RS_CONFIG, "%s: more than %d checks of persons; ask for fewer profiles at once", where,
                       RS_CHECK_MEMBER_BITS);
    all->any_members = true;
    c->member_bit = all->member_bits;
    all->member_bits += wanted;
    return true;
}

static bool read_all(const char *path, const char *profiles, const char *jurisdiction, struct rs_checks *out,
                     struct rs_error *error) {
    static const char *const keys[] = {"answers", "profiles", "checks", NULL};
    if (!json_is_object(out->tree) || !rs_config_keys(out->tree, path, keys, error))
        return error->code != 0 ? false : rs_fail(error, RS_CONFIG, "%s: must be a map with key checks", path);
    json_t *list = json_object_get(out->tree, "checks");
    if (!json_is_array(list)) return rs_fail(error, RS_CONFIG, "%s: key checks must be a list", path);
    if (!read_bits(out->tree, "answers", path, rs_missing_reasons, 0, &out->answers, error) ||
        !known_profiles(out->tree, path, profiles, error))
        return false;
    out->known = json_object();
    out->check = rs_alloc((json_array_size(list) + 1) * sizeof *out->check);
    for (size_t i = 0; i < json_array_size(list); i++) {
        const json_t *j = json_array_get(list, i), *places = json_object_get(j, "jurisdiction");
        struct rs_check *c = &out->check[out->n];
        char where[4200];
        snprintf(where, sizeof where, "%s: checks[%zu]", path, i);
        if (!read_check(j, where, out->answers, c, error)) return false;
        if (json_object_get(out->known, c->id))
            return rs_fail(error, RS_CONFIG, "%s: id \"%s\" stands twice", where, c->id);
        json_object_set_new(out->known, c->id, json_string(rs_check_kind_names[c->kind]));
        if (!is_asked(j, profiles, c)) continue;
        c->elsewhere = places && !(jurisdiction && is_in(places, jurisdiction));
        if (!give_bits(out, c, where, error)) return false;
        out->n++;
    }
    return true;
}

bool rs_checks_read(const char *path, const char *profiles, const char *jurisdiction, struct rs_checks *out,
                    struct rs_error *error) {
    *out = (struct rs_checks){0};
    out->tree = rs_yaml_read(path, &out->sha256, error);
    if (out->tree && read_all(path, profiles, jurisdiction, out, error)) return true;
    rs_checks_free(out);
    return false;
}

bool rs_check_has_points(const struct rs_check *c) {
    return c->kind == RS_CHECK_CALIBRATION || c->kind == RS_CHECK_AREA || c->kind == RS_CHECK_FILLING ||
           c->kind == RS_CHECK_DRIFT;
}

void rs_checks_free(struct rs_checks *c) {
    json_decref(c->tree);
    json_decref(c->known);
    free(c->check);
    *c = (struct rs_checks){0};
}

bool rs_check_named(const struct rs_checks *c, enum rs_check_kind kind, const char *element) {
    for (size_t i = 0; i < c->n; i++)
        if (c->check[i].kind == kind && strcmp(c->check[i].element, element) == 0) return true;
    return false;
}

bool rs_check_matches(const struct rs_checks *c, const struct rs_check *check, const char *element) {
    if (strcmp(check->element, "*") != 0) return strcmp(check->element, element) == 0;
    return !rs_check_named(c, check->kind, element);
}
