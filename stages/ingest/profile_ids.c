/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Where a profile says that identifiers stand: of each format its own places. */
#include "profile_private.h"
#include "pipeline/base/config.h"

static const char *const id_types[] = {"member", "subscriber", "medical_record", "medicaid", "medicare",
                                       "social_security", "other", NULL};

static bool starts(struct rs_view v, const char *with, struct rs_view *rest) {
    size_t n = strlen(with);
    if (v.n < n || memcmp(v.p, with, n) != 0) return false;
    *rest = rs_view(v.p + n, v.n - n);
    return true;
}

/* PID-3, PID-3*MR, PID-3@AUTHORITY, PID-3*MR@AUTHORITY */
static bool read_pid(struct rs_profile_reader *r, struct rs_view from, struct rs_id_rule *rule) {
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

static bool read_from(struct rs_profile_reader *r, struct rs_view from, struct rs_id_rule *rule) {
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
        rule->ref = rs_profile_column_ref(r, from);
        return true;
    }
}

/* A relative's number must never make the two one person. */
static bool check_links(struct rs_profile_reader *r, const struct rs_id_rule *rule) {
    if (rule->kind != RS_ID_RELATED || !rule->links) return true;
    return rs_fail(r->error, RS_CONFIG, "%s: \"related:\" is a relative's number: it cannot have links: yes", r->where);
}

static bool read_id_rule(struct rs_profile_reader *r, const json_t *entry, bool member, struct rs_id_rule *rule) {
    static const char *const allowed[] = {"from", "rows", "id_type", "id_system", "links", "scope", NULL};
    static const char *const scopes[] = {"all", "source", NULL};
    static const char *const rows[] = {"all", "subscriber", "dependent", NULL};
    if (json_is_string(entry) && member) return read_from(r, rs_cstr(json_string_value(entry)), rule);
    if (!rs_config_keys(entry, r->where, allowed, r->error) || !read_from(r, rs_profile_text(entry, "from"), rule)) return false;
    const char *which = rs_config_text(entry, "rows", "all");
    int n = rs_profile_word(which, rows);
    if (n < 0) return rs_profile_wrong(r, "rows", which, rows);
    rule->rows = (enum rs_id_rows)n;
    if (member) return true;
    const char *type, *system;
    if (!rs_config_need(entry, r->where, "id_type", &type, r->error) ||
        !rs_config_need(entry, r->where, "id_system", &system, r->error))
        return false;
    rule->id_type = rs_cstr(type);
    rule->id_system = rs_cstr(system);
    const char *scope = rs_config_text(entry, "scope", "all");
    if (rs_profile_word(scope, scopes) < 0) return rs_profile_wrong(r, "scope", scope, scopes);
    rule->of_source = strcmp(scope, "source") == 0;
    return rs_profile_check_word(r, "id_type", rule->id_type, id_types) &&
           rs_config_flag(entry, r->where, "links", false, &rule->links, r->error) && check_links(r, rule);
}

bool rs_profile_ids(struct rs_profile_reader *r, const char *key, bool member, const struct rs_id_rule **out, size_t *n) {
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
