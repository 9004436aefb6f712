/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Codes, dates and references: what all FHIR resources are made of. */
#include "fhir.h"
#include "pipeline/base/date.h"

#define DATA_ABSENT_CODES "http://terminology.hl7.org/CodeSystem/data-absent-reason"

/* ---- codes ---------------------------------------------------------------------------------------------------- */

struct rs_view rs_fhir_system(const struct rs_fhir *l, struct rs_view uri) {
    uri = rs_trim(uri);
    const struct rs_pair *known = rs_has(uri) ? rs_pairs_find(&l->profile->systems, uri) : NULL;
    return known ? known->value : rs_rows_text(l->rows, uri);
}

void rs_fhir_put(const struct rs_fhir *l, const char *representation, struct rs_view system, struct rs_view raw) {
    rs_rows_put_value(l->rows, representation, system, raw, -1, l->offset);
}

void rs_fhir_put_coding(const struct rs_fhir *l, const char *representation, token coding) {
    struct rs_view code = rs_json_text(l->j, coding, "code");
    if (rs_has(code)) rs_fhir_put(l, representation, rs_fhir_system(l, rs_json_text(l->j, coding, "system")), code);
    else rs_fhir_put(l, "text", RS_NULL, rs_json_text(l->j, coding, "display"));
}

void rs_fhir_put_concept(const struct rs_fhir *l, const char *representation, token concept) {
    for (token c = rs_json_child(l->j, rs_json_get(l->j, concept, "coding")); c; c = rs_json_next(l->j, c)) {
        rs_fhir_put_coding(l, representation, c);
        representation = "alternate";
    }
    rs_fhir_put(l, "text", RS_NULL, rs_json_text(l->j, concept, "text"));
}

bool rs_fhir_put_x(const struct rs_fhir *l, token t, const char *representation, struct rs_view code_system) {
    token v;
    if ((v = rs_json_get(l->j, t, "valueCoding"))) rs_fhir_put_coding(l, representation, v);
    else if ((v = rs_json_get(l->j, t, "valueCodeableConcept"))) rs_fhir_put_concept(l, representation, v);
    else if ((v = rs_json_get(l->j, t, "valueCode"))) rs_fhir_put(l, representation, code_system, v->text);
    else if ((v = rs_json_get(l->j, t, "valueBoolean"))) rs_fhir_put(l, representation, RS_LIT("local"), v->text);
    else if ((v = rs_json_get(l->j, t, "valueString"))) rs_fhir_put(l, "text", RS_NULL, v->text);
    else if ((v = rs_json_get(l->j, t, "dataAbsentReason"))) rs_fhir_put_concept(l, representation, v);
    else return false;
    return true;
}

void rs_fhir_put_absent(const struct rs_fhir *l, token extension) {
    rs_fhir_put(l, "code", rs_fhir_system(l, RS_LIT(DATA_ABSENT_CODES)), rs_json_text(l->j, extension, "valueCode"));
}

bool rs_fhir_has_code(const struct rs_fhir *l, token concept, struct rs_view code) {
    for (token c = rs_json_child(l->j, rs_json_get(l->j, concept, "coding")); c; c = rs_json_next(l->j, c))
        if (rs_eq(rs_json_text(l->j, c, "code"), code)) return true;
    return false;
}

struct rs_view rs_fhir_first_code(const struct rs_fhir *l, token concept) {
    for (token c = rs_json_child(l->j, rs_json_get(l->j, concept, "coding")); c; c = rs_json_next(l->j, c))
        if (rs_has(rs_json_text(l->j, c, "code"))) return rs_json_text(l->j, c, "code");
    return RS_NULL;
}

/* ---- what changes the meaning of the rest ---------------------------------------------------------------------- */

struct rs_view rs_fhir_modifier(const struct rs_fhir *l, token t) {
    struct rs_view url = RS_NULL;
    for (token m = rs_json_child(l->j, rs_json_get(l->j, t, "modifierExtension")); m; m = rs_json_next(l->j, m)) {
        l->counts->extensions++;
        l->counts->modifiers++;
        if (rs_is_null(url)) url = rs_has(rs_json_text(l->j, m, "url")) ? rs_json_text(l->j, m, "url") : RS_LIT("without a url");
    }
    return url;
}

bool rs_fhir_modified(const struct rs_fhir *l, token resource, const char *field) {
    struct rs_view url = rs_fhir_modifier(l, resource);
    if (rs_is_null(url)) return false;
    rs_rows_reject(l->rows, "modifier_extension", rs_cstr(field), url,
                   "changes what the resource says in a way that is not known here, so that it is not taken; ask the sender "
                   "what it means");
    return true;
}

/* ---- dates ---------------------------------------------------------------------------------------------------- */

struct rs_view rs_fhir_day(const struct rs_fhir *l, struct rs_view v, const char *field) {
    if (v.n > 10) v.n = 10; /* date of a dateTime */
    return v.n == 10 ? rs_rows_day(l->rows, v, rs_cstr(field)) : RS_NULL; /* a year or a month is no day */
}

void rs_fhir_set_record_date(const struct rs_fhir *l, token resource) {
    struct rs_source *s = l->rows->block->source;
    struct rs_view updated = rs_json_text(l->j, rs_json_get(l->j, resource, "meta"), "lastUpdated");
    l->rows->record_date = rs_fhir_day(l, updated, "meta.lastUpdated");
    if (!rs_has(l->rows->record_date) && s->has_date)
        l->rows->record_date = rs_day_text(&l->rows->batch->arena, s->date);
}

/* ---- identity ------------------------------------------------------------------------------------------------- */

/* urn:uuid:ID, .../Patient/ID, .../Patient/ID/_history/2; null where it is another kind of reference. */
static struct rs_view id_in(struct rs_view reference) {
    static const char *const urns[] = {"urn:uuid:", "urn:oid:"};
    struct rs_view id = RS_NULL;
    for (size_t i = 0; i < 2; i++) {
        size_t n = strlen(urns[i]);
        if (reference.n > n && memcmp(reference.p, urns[i], n) == 0) return rs_view(reference.p + n, reference.n - n);
    }
    for (size_t i = 0; i + 8 < reference.n; i++)
        if (memcmp(reference.p + i, "Patient/", 8) == 0 && (i == 0 || reference.p[i - 1] == '/'))
            id = rs_view(reference.p + i + 8, reference.n - i - 8);
    return rs_has(id) ? rs_split(&id, '/') : RS_NULL;
}

/* Patient?identifier=SYSTEM|VALUE; false where it is another reference. */
static bool search_in(struct rs_view reference, struct rs_view *system, struct rs_view *value) {
    struct rs_view what = rs_split(&reference, '=');
    if (!rs_eq_c(what, "Patient?identifier")) return false;
    *system = rs_split(&reference, '|');
    *value = reference;
    return rs_has(*value);
}

struct rs_view rs_fhir_patient_id(const struct rs_fhir *l, token patient) {
    struct rs_view id = rs_json_text(l->j, patient, "id");
    return rs_has(id) ? id : id_in(l->full_url);
}

bool rs_fhir_id_is(const struct rs_fhir *l, token identifier, const struct rs_id_rule *rule) {
    if (rule->kind == RS_ID_SYSTEM) return rs_eq(rs_json_text(l->j, identifier, "system"), rule->what);
    return rule->kind == RS_ID_TYPE && rs_fhir_has_code(l, rs_json_get(l->j, identifier, "type"), rule->what);
}

bool rs_fhir_key_from(const struct rs_fhir *l, struct rs_view id) {
    id = rs_trim(id);
    if (!rs_has(id)) return false;
    rs_rows_key(l->rows, (struct rs_view[]){l->rows->block->source->source, id}, 2);
    return true;
}

bool rs_fhir_key_of(const struct rs_fhir *l, token reference) {
    token identifier = rs_json_get(l->j, reference, "identifier");
    struct rs_view text = rs_json_text(l->j, reference, "reference"), id = id_in(text), system, value;
    bool search = search_in(text, &system, &value);
    for (size_t i = 0; i < l->profile->n_member_ids; i++) {
        const struct rs_id_rule *rule = &l->profile->member_ids[i];
        if (rule->kind == RS_ID_RESOURCE && rs_fhir_key_from(l, id)) return true;
        if (rs_fhir_id_is(l, identifier, rule) && rs_fhir_key_from(l, rs_json_text(l->j, identifier, "value"))) return true;
        if (search && rule->kind == RS_ID_SYSTEM && rs_eq(rule->what, system) && rs_fhir_key_from(l, value)) return true;
    }
    return false;
}

bool rs_fhir_same_patient(const struct rs_fhir *l, token a, token b) {
    struct rs_view x = rs_json_text(l->j, a, "reference"), y = rs_json_text(l->j, b, "reference");
    if (!rs_has(x) || !rs_has(y)) return false;
    return rs_eq(x, y) || (rs_has(id_in(x)) && rs_eq(id_in(x), id_in(y)));
}

bool rs_fhir_is_related(const struct rs_fhir *l, token reference) {
    static const char type[] = "RelatedPerson/";
    struct rs_view text = rs_json_text(l->j, reference, "reference");
    if (rs_eq_c(rs_json_text(l->j, reference, "type"), "RelatedPerson")) return true;
    for (size_t i = 0; i + sizeof type <= text.n; i++)
        if (memcmp(text.p + i, type, sizeof type - 1) == 0 && (i == 0 || text.p[i - 1] == '/')) return true;
    return false;
}

void rs_fhir_reject_subject(const struct rs_fhir *l, const char *field) {
    rs_rows_reject(l->rows, "no_member_id", rs_cstr(field), RS_NULL,
                   "whom it is about cannot be told: it must refer to Patient/<id> or urn:uuid:<id>, with member_id: [id]");
}

void rs_fhir_ignore(const struct rs_fhir *l, const char *reason) {
    rs_count(&l->rows->batch->tally, "fhir", l->rows->block->source->file_no, RS_IGNORED, reason, 1);
}
