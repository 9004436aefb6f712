/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Patient: a record with its identifiers and answers. Which extension is which element, and which URI is which code
 * system, is the profile's to say: US Core renamed and retyped them from version to version. */
#include "fhir.h"

#define DATA_ABSENT "http://hl7.org/fhir/StructureDefinition/data-absent-reason"

/* ---- extensions ----------------------------------------------------------------------------------------------- */

static void count_extension(const struct rs_fhir *l, bool known) {
    l->counts->extensions++;
    l->counts->not_in_profile += !known;
}

/* A part that no rule reads is counted: a misspelt ombCategory is a lost answer. */
static void put_part(const struct rs_fhir *l, token part, struct rs_view system) {
    static const struct { const char *url, *representation; } parts[] = {
        {"ombCategory", "code"}, {"detailed", "detail"}, {"text", "text"}, {"value", "code"}, {"comment", "text"}};
    struct rs_view url = rs_json_text(l->j, part, "url");
    bool read = rs_eq_c(url, "period");
    if (rs_eq_c(url, DATA_ABSENT)) {
        rs_fhir_put_absent(l, part);
        read = true;
    }
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++)
        if (rs_eq_c(url, parts[i].url)) read = rs_fhir_put_x(l, part, parts[i].representation, system);
    if (!read) count_extension(l, false);
}

static void put_extension(const struct rs_fhir *l, token extension) {
    const struct rs_pair *known = rs_pairs_find(&l->profile->extensions, rs_json_text(l->j, extension, "url"));
    count_extension(l, known != NULL);
    if (!known) return;
    token parts = rs_json_get(l->j, extension, "extension");
    struct rs_view since = RS_NULL;
    for (token p = rs_json_child(l->j, parts); p; p = rs_json_next(l->j, p))
        if (rs_eq_c(rs_json_text(l->j, p, "url"), "period"))
            since = rs_fhir_day(l, rs_json_text(l->j, rs_json_get(l->j, p, "valuePeriod"), "start"), "extension.period");
    rs_rows_answer(l->rows, known->value, rs_profile_collection(l->profile, known->value), since);
    if (!rs_fhir_put_x(l, extension, "code", known->more)) {
        token primitive = rs_json_get(l->j, rs_json_get(l->j, extension, "_valueCode"), "extension");
        for (token p = rs_json_child(l->j, primitive); p; p = rs_json_next(l->j, p)) rs_fhir_put_absent(l, p);
    }
    for (token p = rs_json_child(l->j, parts); p; p = rs_json_next(l->j, p)) put_part(l, p, known->more);
    l->counts->without_value += l->rows->seq == 0;
}

static void put_languages(const struct rs_fhir *l, token patient) {
    token list = rs_json_get(l->j, patient, "communication");
    for (token c = rs_json_child(l->j, list); c; c = rs_json_next(l->j, c)) {
        struct rs_view modifier = rs_fhir_modifier(l, c);
        if (!rs_is_null(modifier)) {
            rs_rows_bad_value(l->rows, "modifier_extension", RS_LIT("Patient.communication"), modifier,
                              "changes what the language says in a way that is not known here, so that it is not taken; ask "
                              "the sender what it means");
            continue;
        }
        bool preferred = rs_eq_c(rs_json_text(l->j, c, "preferred"), "true");
        struct rs_view element = preferred ? RS_LIT("language_preferred") : RS_LIT("language_spoken");
        rs_rows_answer(l->rows, element, rs_profile_collection(l->profile, element), RS_NULL);
        rs_fhir_put_concept(l, "code", rs_json_get(l->j, c, "language"));
        for (token e = rs_json_child(l->j, rs_json_get(l->j, c, "extension")); e; e = rs_json_next(l->j, e))
            put_extension(l, e);
    }
}

/* ---- names, addresses, telephones ----------------------------------------------------------------------------- */

/* Which of several entries counts: the place of its use in the list, later for those that have ended. */
static unsigned rank(const struct rs_fhir *l, token t, const char *const *uses) {
    struct rs_view use = rs_json_text(l->j, t, "use");
    bool ended = rs_has(rs_json_text(l->j, rs_json_get(l->j, t, "period"), "end"));
    unsigned i = 0;
    while (uses[i] && !rs_eq(use, rs_cstr(uses[i]))) i++;
    return i + (ended ? 100 : 0);
}

static token best(const struct rs_fhir *l, token list, const char *const *uses) {
    token found = NULL;
    unsigned lowest = 0;
    for (token t = rs_json_child(l->j, list); t; t = rs_json_next(l->j, t)) {
        unsigned r = rank(l, t, uses);
        if (found && r >= lowest) continue;
        found = t;
        lowest = r;
    }
    return found;
}

static struct rs_view join(const struct rs_fhir *l, token first, const char *between) {
    struct rs_view all = RS_NULL;
    for (token t = first; t; t = rs_json_next(l->j, t)) all = rs_rows_join(l->rows, all, between, t->text);
    return all;
}

static const char *const name_uses[] = {"official", "usual", "", "temp", "nickname", "anonymous", "maiden", "old", NULL};

static struct rs_view previous_family(const struct rs_fhir *l, token names, token current) {
    struct rs_view found = RS_NULL;
    for (token t = rs_json_child(l->j, names); t; t = rs_json_next(l->j, t)) {
        if (t == current || !rs_has(rs_json_text(l->j, t, "family"))) continue;
        if (rs_eq_c(rs_json_text(l->j, t, "use"), "maiden")) return rs_json_text(l->j, t, "family");
        if (rs_is_null(found) && rank(l, t, name_uses) >= 7) found = rs_json_text(l->j, t, "family");
    }
    return found;
}

/* A name or an address that is one text cannot be told apart into what the record has: it is said, for all else is missing. */
static void check_text(const struct rs_fhir *l, token t, const char *a, const char *b, const char *field) {
    bool parts = rs_json_get(l->j, t, a) || rs_json_get(l->j, t, b);
    if (!parts && rs_has(rs_json_text(l->j, t, "text")))
        rs_rows_bad_value(l->rows, "only_text", rs_cstr(field), RS_NULL,
                          "stands in one text, and not in parts, so that it is not read; ask the sender for the parts");
}

static void put_names(const struct rs_fhir *l, token patient, struct rs_view *row) {
    token names = rs_json_get(l->j, patient, "name"), name = best(l, names, name_uses);
    check_text(l, name, "family", "given", "Patient.name");
    token given = rs_json_child(l->j, rs_json_get(l->j, name, "given"));
    row[RECORD_family_raw] = rs_rows_text(l->rows, rs_json_text(l->j, name, "family"));
    row[RECORD_given_raw] = rs_rows_text(l->rows, given ? given->text : RS_NULL);
    row[RECORD_middle_raw] = join(l, rs_json_next(l->j, given), " ");
    row[RECORD_suffix_raw] = join(l, rs_json_child(l->j, rs_json_get(l->j, name, "suffix")), " ");
    row[RECORD_previous_family_raw] = rs_rows_text(l->rows, previous_family(l, names, name));
}

/* A usual given name beside an official one that differs is the name to use. */
static void put_name_to_use(const struct rs_fhir *l, token patient) {
    token names = rs_json_get(l->j, patient, "name"), usual = NULL, official = NULL;
    for (token t = rs_json_child(l->j, names); t; t = rs_json_next(l->j, t)) {
        if (!usual && rs_eq_c(rs_json_text(l->j, t, "use"), "usual")) usual = t;
        if (!official && rs_eq_c(rs_json_text(l->j, t, "use"), "official")) official = t;
    }
    token a = rs_json_child(l->j, rs_json_get(l->j, usual, "given"));
    token b = rs_json_child(l->j, rs_json_get(l->j, official, "given"));
    if (!a || !b || rs_eq(a->text, b->text)) return;
    struct rs_view element = RS_LIT("name_to_use");
    rs_rows_answer(l->rows, element, rs_profile_collection(l->profile, element), RS_NULL);
    rs_fhir_put(l, "text", RS_NULL, a->text);
}

static void put_address(const struct rs_fhir *l, token patient, struct rs_view *row) {
    static const char *const uses[] = {"home", "", "temp", "work", "billing", "old", NULL};
    token a = best(l, rs_json_get(l->j, patient, "address"), uses);
    check_text(l, a, "postalCode", "line", "Patient.address");
    row[RECORD_street_raw] = join(l, rs_json_child(l->j, rs_json_get(l->j, a, "line")), ", ");
    row[RECORD_city_raw] = rs_rows_text(l->rows, rs_json_text(l->j, a, "city"));
    row[RECORD_state_raw] = rs_rows_text(l->rows, rs_json_text(l->j, a, "state"));
    row[RECORD_zip_raw] = rs_rows_text(l->rows, rs_json_text(l->j, a, "postalCode"));
    row[RECORD_county_raw] = rs_rows_text(l->rows, rs_json_text(l->j, a, "district"));
    for (token e = rs_json_child(l->j, rs_json_get(l->j, a, "extension")); e; e = rs_json_next(l->j, e)) {
        bool geoid = rs_has(l->profile->geoid_extension) && rs_eq(rs_json_text(l->j, e, "url"), l->profile->geoid_extension);
        if (geoid) row[RECORD_geoid_raw] = rs_rows_text(l->rows, rs_json_text(l->j, e, "valueString"));
        count_extension(l, geoid);
    }
}

static struct rs_view phone(const struct rs_fhir *l, token patient) {
    static const char *const uses[] = {"home", "mobile", "", "work", "temp", "old", NULL};
    struct rs_view found = RS_NULL;
    unsigned lowest = 0;
    token list = rs_json_get(l->j, patient, "telecom");
    for (token t = rs_json_child(l->j, list); t; t = rs_json_next(l->j, t)) {
        unsigned r = rank(l, t, uses);
        if (!rs_eq_c(rs_json_text(l->j, t, "system"), "phone") || (!rs_is_null(found) && r >= lowest)) continue;
        found = rs_json_text(l->j, t, "value");
        lowest = r;
    }
    return found;
}

/* ---- the patient ---------------------------------------------------------------------------------------------- */

static struct rs_view find_id(const struct rs_fhir *l, token patient, const struct rs_id_rule *rule) {
    if (rule->kind == RS_ID_RESOURCE) return rs_fhir_patient_id(l, patient);
    token list = rs_json_get(l->j, patient, "identifier");
    for (token t = rs_json_child(l->j, list); t; t = rs_json_next(l->j, t))
        if (rs_fhir_id_is(l, t, rule) && rs_has(rs_json_text(l->j, t, "value"))) return rs_json_text(l->j, t, "value");
    return RS_NULL;
}

static void put_identifiers(const struct rs_fhir *l, token patient) {
    token list = rs_json_get(l->j, patient, "identifier");
    for (size_t i = 0; i < l->profile->n_identifiers; i++) {
        const struct rs_id_rule *rule = &l->profile->identifiers[i];
        if (rule->kind == RS_ID_RESOURCE) rs_rows_put_identifier(l->rows, rule, rs_fhir_patient_id(l, patient));
        for (token t = rs_json_child(l->j, list); t; t = rs_json_next(l->j, t))
            if (rs_fhir_id_is(l, t, rule)) rs_rows_put_identifier(l->rows, rule, rs_json_text(l->j, t, "value"));
    }
}

/* US Core 8 and later have no Patient.gender: the extension of administrative sex stands in for it. */
static struct rs_view sex_of(const struct rs_fhir *l, token patient) {
    struct rs_view gender = rs_json_text(l->j, patient, "gender");
    if (rs_has(gender)) return gender;
    token extensions = rs_json_get(l->j, patient, "extension");
    for (token e = rs_json_child(l->j, extensions); e; e = rs_json_next(l->j, e)) {
        const struct rs_pair *known = rs_pairs_find(&l->profile->extensions, rs_json_text(l->j, e, "url"));
        if (!known || !rs_eq_c(known->value, "administrative_sex")) continue;
        struct rs_view code = rs_json_text(l->j, e, "valueCode");
        if (!rs_has(code)) code = rs_json_text(l->j, rs_json_get(l->j, e, "valueCoding"), "code");
        if (!rs_has(code)) code = rs_fhir_first_code(l, rs_json_get(l->j, e, "valueCodeableConcept"));
        if (rs_has(code)) return code;
    }
    return RS_NULL;
}

/* The organisation that keeps the patient's record: its name, else the reference to it. */
static struct rs_view facility(const struct rs_fhir *l, token patient) {
    token organisation = rs_json_get(l->j, patient, "managingOrganization");
    struct rs_view name = rs_json_text(l->j, organisation, "display");
    if (!rs_has(name)) name = rs_json_text(l->j, organisation, "reference");
    if (!rs_has(name)) name = rs_json_text(l->j, rs_json_get(l->j, organisation, "identifier"), "value");
    return rs_rows_text(l->rows, name);
}

/* References by another urn than the patient's id are not found again: the answers would stand alone. */
static void check_full_url(const struct rs_fhir *l, token patient) {
    static const char urn[] = "urn:uuid:";
    struct rs_view id = rs_json_text(l->j, patient, "id"), url = l->full_url;
    if (!rs_has(id) || url.n < sizeof urn || memcmp(url.p, urn, sizeof urn - 1) != 0) return;
    if (!rs_eq(id, rs_view(url.p + sizeof urn - 1, url.n - (sizeof urn - 1))))
        rs_rows_bad_value(l->rows, "full_url", RS_LIT("Bundle.entry.fullUrl"), RS_NULL,
                          "is another than Patient.id: entries that refer to the patient by it will not be joined; ask the "
                          "sender for Patient/<id>");
}

/* The record is taken all the same: it is who the person is, and a finding goes with it. */
static void check_modifier(const struct rs_fhir *l, token patient) {
    struct rs_view url = rs_fhir_modifier(l, patient);
    if (!rs_is_null(url))
        rs_rows_bad_value(l->rows, "modifier_extension", RS_LIT("Patient.modifierExtension"), url,
                          "may change what the patient's data mean in a way that is not known here; they are taken as they "
                          "stand: ask the sender what it means");
}

static bool is_element(struct rs_view name) {
    static const struct rs_view elements[] = {
#define ELEMENT(name) {name, sizeof name - 1},
#include "schemas/codes/fhir_patient.def"
#undef ELEMENT
    };
    if (name.n && name.p[0] == '_') name.p++, name.n--;
    for (size_t i = 0; i < sizeof elements / sizeof elements[0]; i++)
        if (rs_eq(name, elements[i])) return true;
    return false;
}

static void count_elements(const struct rs_fhir *l, token patient) {
    for (token t = rs_json_child(l->j, patient); t; t = rs_json_next(l->j, t)) l->counts->unknown_elements += !is_element(t->key);
}

void rs_fhir_patient(const struct rs_fhir *l, token patient) {
    struct rs_view row[RECORD_COLUMNS] = {{0}};
    bool keyed = false;
    for (size_t i = 0; !keyed && i < l->profile->n_member_ids; i++)
        keyed = rs_fhir_key_from(l, find_id(l, patient, &l->profile->member_ids[i]));
    if (!keyed) {
        rs_rows_reject(l->rows, "no_member_id", RS_LIT("Patient.id"), RS_NULL,
                       "none of the profile's member ids is here; ask the sender, or correct member_id in the profile");
        return;
    }
    rs_fhir_set_record_date(l, patient);
    check_full_url(l, patient);
    check_modifier(l, patient);
    count_elements(l, patient);
    put_names(l, patient, row);
    put_address(l, patient, row);
    row[RECORD_birth_raw] = rs_rows_text(l->rows, rs_json_text(l->j, patient, "birthDate"));
    row[RECORD_death_raw] = rs_rows_text(l->rows, rs_json_text(l->j, patient, "deceasedDateTime"));
    row[RECORD_sex_raw] = rs_rows_text(l->rows, sex_of(l, patient));
    row[RECORD_phone_raw] = rs_rows_text(l->rows, phone(l, patient));
    row[RECORD_facility] = facility(l, patient);
    rs_rows_put_record(l->rows, row);
    put_identifiers(l, patient);
    token extensions = rs_json_get(l->j, patient, "extension");
    for (token e = rs_json_child(l->j, extensions); e; e = rs_json_next(l->j, e)) put_extension(l, e);
    put_languages(l, patient);
    put_name_to_use(l, patient);
    l->rows->written++;
}
