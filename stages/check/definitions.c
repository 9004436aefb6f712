/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Why it exists: thresholds belong to those who know the plan, not to the program. */
#include "definitions.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "pipeline/base/config.h"

const char *const rs_check_kind_names[RS_CHECK_KINDS] = {
    "complete", "unmapped", "quarantined", "implausible", "disagree", "share", "calibration", "ledger", "parity"};
const char *const rs_severity_names[RS_SEVERITIES] = {"note", "warning", "error"};
const char *const rs_missing_reasons[] = {"DECLINED",       "ASKED_UNKNOWN", "UNKNOWN",  "NOT_ASKED", "NOT_PROVIDED",
                                          "NOT_APPLICABLE", "OTHER",         "UNMAPPED", NULL};
static const char *const categories[] = {"conformance", "completeness", "plausibility", NULL};

/* Position of `name` in a list of n, or up to its NULL; -1 where it is not there. */
static int position(const char *const *list, int n, const char *name) {
    for (int i = 0; i < n && list[i]; i++)
        if (strcmp(list[i], name) == 0) return i;
    return -1;
}

static bool read_scope(const char *text, const char *where, struct rs_check *c, struct rs_error *error) {
    struct rs_view rest = rs_cstr(text);
    while (!rs_is_null(rest)) {
        struct rs_view one = rs_trim(rs_split(&rest, ','));
        if (rs_eq_c(one, "all")) c->for_all = true;
        else if (rs_eq_c(one, "source")) c->for_source = true;
        else return rs_fail(error, RS_CONFIG, "%s: scope must be all, source, or both with a comma between", where);
    }
    return true;
}

static bool read_check(const json_t *j, const char *where, struct rs_check *c, struct rs_error *error) {
    static const char *const keys[] = {"id",        "category", "kind",   "element", "scope", "threshold",
                                       "severity",  "points",   "minimum", "message", NULL};
    const char *kind, *severity;
    *c = (struct rs_check){0};
    if (!json_is_object(j) || !rs_config_keys(j, where, keys, error) ||
        !rs_config_need(j, where, "id", &c->id, error) || !rs_config_need(j, where, "category", &c->category, error) ||
        !rs_config_need(j, where, "kind", &kind, error) || !rs_config_need(j, where, "severity", &severity, error) ||
        !rs_config_need(j, where, "message", &c->message, error) ||
        !rs_config_long(j, where, "minimum", 1, 1, INT64_MAX, &c->minimum, error) ||
        !rs_config_real(j, where, "points", 0.1, 0, 1, &c->points, error) ||
        !rs_config_real(j, where, "threshold", 0, 0, 1, &c->threshold, error))
        return error->code != 0 ? false : rs_fail(error, RS_CONFIG, "%s: not a check", where);
    c->has_threshold = json_object_get(j, "threshold") != NULL;
    c->element = rs_config_text(j, "element", "*");
    int k = position(rs_check_kind_names, RS_CHECK_KINDS, kind),
        s = position(rs_severity_names, RS_SEVERITIES, severity);
    if (k < 0) return rs_fail(error, RS_CONFIG, "%s: kind \"%s\" is none that this program knows", where, kind);
    if (s < 0) return rs_fail(error, RS_CONFIG, "%s: severity must be note, warning or error", where);
    if (position(categories, 3, c->category) < 0)
        return rs_fail(error, RS_CONFIG, "%s: category must be conformance, completeness or plausibility", where);
    c->kind = (enum rs_check_kind)k;
    c->severity = (enum rs_severity)s;
    return read_scope(rs_config_text(j, "scope", "all"), where, c, error);
}

static bool read_answers(const json_t *list, const char *path, unsigned *out, struct rs_error *error) {
    size_t i;
    json_t *one;
    json_array_foreach(list, i, one) {
        int at = json_is_string(one) ? position(rs_missing_reasons, 32, json_string_value(one)) : -1;
        if (at < 0) return rs_fail(error, RS_CONFIG, "%s: answers[%zu] is not a missing reason", path, i);
        *out |= 1u << at;
    }
    return true;
}

static bool read_all(const char *path, struct rs_checks *out, struct rs_error *error) {
    static const char *const keys[] = {"answers", "checks", NULL};
    if (!json_is_object(out->tree) || !rs_config_keys(out->tree, path, keys, error))
        return error->code != 0 ? false : rs_fail(error, RS_CONFIG, "%s: must be a map with key checks", path);
    json_t *list = json_object_get(out->tree, "checks");
    if (!json_is_array(list)) return rs_fail(error, RS_CONFIG, "%s: key checks must be a list", path);
    if (!read_answers(json_object_get(out->tree, "answers"), path, &out->answers, error)) return false;
    out->n = json_array_size(list);
    out->check = rs_alloc((out->n + 1) * sizeof *out->check);
    for (size_t i = 0; i < out->n; i++) {
        char where[4200];
        snprintf(where, sizeof where, "%s: checks[%zu]", path, i);
        if (!read_check(json_array_get(list, i), where, &out->check[i], error)) return false;
        for (size_t k = 0; k < i; k++)
            if (strcmp(out->check[k].id, out->check[i].id) == 0)
                return rs_fail(error, RS_CONFIG, "%s: id \"%s\" stands twice", where, out->check[i].id);
    }
    return true;
}

bool rs_checks_read(const char *path, struct rs_checks *out, struct rs_error *error) {
    *out = (struct rs_checks){0};
    out->tree = rs_yaml_read(path, &out->sha256, error);
    if (out->tree && read_all(path, out, error)) return true;
    rs_checks_free(out);
    return false;
}

void rs_checks_free(struct rs_checks *c) {
    json_decref(c->tree);
    free(c->check);
    *c = (struct rs_checks){0};
}

bool rs_check_named(const struct rs_checks *c, enum rs_check_kind kind, const char *element) {
    for (size_t i = 0; i < c->n; i++)
        if (c->check[i].kind == kind && strcmp(c->check[i].element, element) == 0) return true;
    return false;
}
