/* SPDX-License-Identifier: GPL-3.0-or-later */
/* FHIR R4 lines: Patient makes a record with its identifiers and answers; Observation of a code that the profile names
 * makes answers under its patient's key. Which extension is which element, and which URI is which code system, is the
 * profile's to say: US Core renamed and retyped them from version to version. */
#include "formats.h"
#include "json.h"
#include "pipeline/base/date.h"

typedef const struct rs_json_token *token;

struct line {
    struct rs_rows *rows;
    const struct rs_profile *profile;
    const struct rs_json *j;
    int64_t offset;
};

#define DATA_ABSENT "http://hl7.org/fhir/StructureDefinition/data-absent-reason"
#define DATA_ABSENT_CODES "http://terminology.hl7.org/CodeSystem/data-absent-reason"

/* ---- codes ---------------------------------------------------------------------------------------------------- */

static struct rs_view system_name(const struct line *l, struct rs_view uri) {
    const struct rs_pair *known = rs_has(uri) ? rs_pairs_find(&l->profile->systems, uri) : NULL;
    return known ? known->value : rs_rows_text(l->rows, uri);
}

static void put(const struct line *l, const char *representation, struct rs_view system, struct rs_view raw) {
    rs_rows_put_value(l->rows, representation, system, raw, -1, l->offset);
}

static void put_coding(const struct line *l, const char *representation, token coding) {
    struct rs_view code = rs_json_text(l->j, coding, "code");
    if (rs_has(code)) put(l, representation, system_name(l, rs_json_text(l->j, coding, "system")), code);
    else put(l, "text", RS_NULL, rs_json_text(l->j, coding, "display"));
}

/* The codings of a concept say one thing in several systems: the first counts, the others are alternates. */
static void put_concept(const struct line *l, const char *representation, token concept) {
    for (token c = rs_json_child(l->j, rs_json_get(l->j, concept, "coding")); c; c = rs_json_next(l->j, c)) {
        put_coding(l, representation, c);
        representation = "alternate";
    }
    put(l, "text", RS_NULL, rs_json_text(l->j, concept, "text"));
}

/* value[x] of an extension or Observation, or the reason why there is none; false where neither is there. */
static bool put_x(const struct line *l, token t, const char *representation, struct rs_view code_system) {
    token v;
    if ((v = rs_json_get(l->j, t, "valueCoding"))) put_coding(l, representation, v);
    else if ((v = rs_json_get(l->j, t, "valueCodeableConcept"))) put_concept(l, representation, v);
    else if ((v = rs_json_get(l->j, t, "valueCode"))) put(l, representation, code_system, v->text);
    else if ((v = rs_json_get(l->j, t, "valueBoolean"))) put(l, representation, RS_LIT("local"), v->text);
    else if ((v = rs_json_get(l->j, t, "valueString"))) put(l, "text", RS_NULL, v->text);
    else if ((v = rs_json_get(l->j, t, "dataAbsentReason"))) put_concept(l, representation, v);
    else return false;
    return true;
}

static void put_absent(const struct line *l, token extension) {
    put(l, "code", system_name(l, RS_LIT(DATA_ABSENT_CODES)), rs_json_text(l->j, extension, "valueCode"));
}

/* ---- extensions ----------------------------------------------------------------------------------------------- */

static struct rs_view day_of(const struct line *l, struct rs_view v, const char *field) {
    if (v.n > 10) v.n = 10; /* date of a dateTime */
    return v.n == 10 ? rs_rows_day(l->rows, v, rs_cstr(field)) : RS_NULL; /* a year or a month is no day */
}

static void put_part(const struct line *l, token part, struct rs_view system) {
    static const struct { const char *url, *representation; } parts[] = {
        {"ombCategory", "code"}, {"detailed", "detail"}, {"text", "text"}, {"value", "code"}, {"comment", "text"}};
    struct rs_view url = rs_json_text(l->j, part, "url");
    if (rs_eq_c(url, DATA_ABSENT)) put_absent(l, part);
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++)
        if (rs_eq_c(url, parts[i].url)) put_x(l, part, parts[i].representation, system);
}

static void put_extension(const struct line *l, token extension) {
    const struct rs_pair *known = rs_pairs_find(&l->profile->extensions, rs_json_text(l->j, extension, "url"));
    if (!known) return;
    token parts = rs_json_get(l->j, extension, "extension");
    struct rs_view since = RS_NULL;
    for (token p = rs_json_child(l->j, parts); p; p = rs_json_next(l->j, p))
        if (rs_eq_c(rs_json_text(l->j, p, "url"), "period"))
            since = day_of(l, rs_json_text(l->j, rs_json_get(l->j, p, "valuePeriod"), "start"), "extension.period");
    rs_rows_answer(l->rows, known->value, rs_profile_collection(l->profile, known->value), since);
    if (!put_x(l, extension, "code", known->more)) {
        token primitive = rs_json_get(l->j, rs_json_get(l->j, extension, "_valueCode"), "extension");
        for (token p = rs_json_child(l->j, primitive); p; p = rs_json_next(l->j, p)) put_absent(l, p);
    }
    for (token p = rs_json_child(l->j, parts); p; p = rs_json_next(l->j, p)) put_part(l, p, known->more);
}

static void put_languages(const struct line *l, token patient) {
    token list = rs_json_get(l->j, patient, "communication");
    for (token c = rs_json_child(l->j, list); c; c = rs_json_next(l->j, c)) {
        bool preferred = rs_eq_c(rs_json_text(l->j, c, "preferred"), "true");
        struct rs_view element = preferred ? RS_LIT("language_preferred") : RS_LIT("language_spoken");
        rs_rows_answer(l->rows, element, rs_profile_collection(l->profile, element), RS_NULL);
        put_concept(l, "code", rs_json_get(l->j, c, "language"));
        for (token e = rs_json_child(l->j, rs_json_get(l->j, c, "extension")); e; e = rs_json_next(l->j, e))
            put_extension(l, e);
    }
}

/* ---- names, addresses, telephones ----------------------------------------------------------------------------- */

/* Which of several entries counts: the place of its use in the list, later for those that have ended. */
static unsigned rank(const struct line *l, token t, const char *const *uses) {
    struct rs_view use = rs_json_text(l->j, t, "use");
    bool ended = rs_has(rs_json_text(l->j, rs_json_get(l->j, t, "period"), "end"));
    unsigned i = 0;
    while (uses[i] && !rs_eq(use, rs_cstr(uses[i]))) i++;
    return i + (ended ? 100 : 0);
}

static token best(const struct line *l, token list, const char *const *uses) {
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

static struct rs_view join(const struct line *l, token first, const char *between) {
    struct rs_view all = RS_NULL;
    for (token t = first; t; t = rs_json_next(l->j, t)) all = rs_rows_join(l->rows, all, between, t->text);
    return all;
}

static const char *const name_uses[] = {"official", "usual", "", "temp", "nickname", "anonymous", "maiden", "old", NULL};

static struct rs_view previous_family(const struct line *l, token names, token current) {
    struct rs_view found = RS_NULL;
    for (token t = rs_json_child(l->j, names); t; t = rs_json_next(l->j, t)) {
        if (t == current || !rs_has(rs_json_text(l->j, t, "family"))) continue;
        if (rs_eq_c(rs_json_text(l->j, t, "use"), "maiden")) return rs_json_text(l->j, t, "family");
        if (rs_is_null(found) && rank(l, t, name_uses) >= 7) found = rs_json_text(l->j, t, "family");
    }
    return found;
}

static void put_names(const struct line *l, token patient, struct rs_view *row) {
    token names = rs_json_get(l->j, patient, "name"), name = best(l, names, name_uses);
    token given = rs_json_child(l->j, rs_json_get(l->j, name, "given"));
    row[RECORD_family_raw] = rs_rows_text(l->rows, rs_json_text(l->j, name, "family"));
    row[RECORD_given_raw] = rs_rows_text(l->rows, given ? given->text : RS_NULL);
    row[RECORD_middle_raw] = join(l, rs_json_next(l->j, given), " ");
    row[RECORD_suffix_raw] = join(l, rs_json_child(l->j, rs_json_get(l->j, name, "suffix")), " ");
    row[RECORD_previous_family_raw] = rs_rows_text(l->rows, previous_family(l, names, name));
}

/* A usual given name beside an official one that differs is the name to use. */
static void put_name_to_use(const struct line *l, token patient) {
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
    put(l, "text", RS_NULL, a->text);
}

static void put_address(const struct line *l, token patient, struct rs_view *row) {
    static const char *const uses[] = {"home", "", "temp", "work", "billing", "old", NULL};
    token a = best(l, rs_json_get(l->j, patient, "address"), uses);
    row[RECORD_street_raw] = join(l, rs_json_child(l->j, rs_json_get(l->j, a, "line")), ", ");
    row[RECORD_city_raw] = rs_rows_text(l->rows, rs_json_text(l->j, a, "city"));
    row[RECORD_state_raw] = rs_rows_text(l->rows, rs_json_text(l->j, a, "state"));
    row[RECORD_zip_raw] = rs_rows_text(l->rows, rs_json_text(l->j, a, "postalCode"));
    row[RECORD_county_raw] = rs_rows_text(l->rows, rs_json_text(l->j, a, "district"));
    if (!rs_has(l->profile->geoid_extension)) return;
    for (token e = rs_json_child(l->j, rs_json_get(l->j, a, "extension")); e; e = rs_json_next(l->j, e))
        if (rs_eq(rs_json_text(l->j, e, "url"), l->profile->geoid_extension))
            row[RECORD_geoid_raw] = rs_rows_text(l->rows, rs_json_text(l->j, e, "valueString"));
}

static struct rs_view phone(const struct line *l, token patient) {
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

/* ---- identity ------------------------------------------------------------------------------------------------- */

static bool has_type(const struct line *l, token identifier, struct rs_view code) {
    token codings = rs_json_get(l->j, rs_json_get(l->j, identifier, "type"), "coding");
    for (token c = rs_json_child(l->j, codings); c; c = rs_json_next(l->j, c))
        if (rs_eq(rs_json_text(l->j, c, "code"), code)) return true;
    return false;
}

static bool is_of(const struct line *l, token identifier, const struct rs_id_rule *rule) {
    if (rule->kind == RS_ID_SYSTEM) return rs_eq(rs_json_text(l->j, identifier, "system"), rule->what);
    return rule->kind == RS_ID_TYPE && has_type(l, identifier, rule->what);
}

static struct rs_view find_id(const struct line *l, token patient, const struct rs_id_rule *rule) {
    if (rule->kind == RS_ID_RESOURCE) return rs_json_text(l->j, patient, "id");
    token list = rs_json_get(l->j, patient, "identifier");
    for (token t = rs_json_child(l->j, list); t; t = rs_json_next(l->j, t))
        if (is_of(l, t, rule) && rs_has(rs_json_text(l->j, t, "value"))) return rs_json_text(l->j, t, "value");
    return RS_NULL;
}

static bool key_from(const struct line *l, struct rs_view id) {
    id = rs_trim(id);
    if (!rs_has(id)) return false;
    rs_rows_key(l->rows, (struct rs_view[]){l->rows->block->source->source, id}, 2);
    return true;
}

static void put_identifiers(const struct line *l, token patient) {
    token list = rs_json_get(l->j, patient, "identifier");
    for (size_t i = 0; i < l->profile->n_identifiers; i++) {
        const struct rs_id_rule *rule = &l->profile->identifiers[i];
        if (rule->kind == RS_ID_RESOURCE) rs_rows_put_identifier(l->rows, rule, rs_json_text(l->j, patient, "id"));
        for (token t = rs_json_child(l->j, list); t; t = rs_json_next(l->j, t))
            if (is_of(l, t, rule)) rs_rows_put_identifier(l->rows, rule, rs_json_text(l->j, t, "value"));
    }
}

/* The patient an Observation is about: by id in "Patient/<id>" or an absolute URL ending so, or by identifier. */
static bool subject_key(const struct line *l, token observation) {
    token subject = rs_json_get(l->j, observation, "subject"), identifier = rs_json_get(l->j, subject, "identifier");
    struct rs_view reference = rs_json_text(l->j, subject, "reference"), id = RS_NULL;
    for (size_t i = 0; i + 8 < reference.n; i++)
        if (memcmp(reference.p + i, "Patient/", 8) == 0 && (i == 0 || reference.p[i - 1] == '/'))
            id = rs_view(reference.p + i + 8, reference.n - i - 8);
    if (rs_has(id)) id = rs_split(&id, '/'); /* without /_history/... */
    for (size_t i = 0; i < l->profile->n_member_ids; i++) {
        const struct rs_id_rule *rule = &l->profile->member_ids[i];
        if (rule->kind == RS_ID_RESOURCE && key_from(l, id)) return true;
        if (is_of(l, identifier, rule) && key_from(l, rs_json_text(l->j, identifier, "value"))) return true;
    }
    return false;
}

/* ---- resources ------------------------------------------------------------------------------------------------ */

static void set_record_date(const struct line *l, token resource) {
    struct rs_source *s = l->rows->block->source;
    struct rs_view updated = rs_json_text(l->j, rs_json_get(l->j, resource, "meta"), "lastUpdated");
    l->rows->record_date = day_of(l, updated, "meta.lastUpdated");
    if (!rs_has(l->rows->record_date) && s->has_date)
        l->rows->record_date = rs_day_text(&l->rows->batch->arena, s->date);
}

static void read_patient(const struct line *l, token patient) {
    struct rs_view row[RECORD_COLUMNS] = {{0}};
    bool keyed = false;
    for (size_t i = 0; !keyed && i < l->profile->n_member_ids; i++)
        keyed = key_from(l, find_id(l, patient, &l->profile->member_ids[i]));
    if (!keyed) {
        rs_rows_reject(l->rows, "no_member_id", RS_LIT("Patient.id"), RS_NULL,
                       "none of the profile's member ids is here; ask the sender, or correct member_id in the profile");
        return;
    }
    set_record_date(l, patient);
    put_names(l, patient, row);
    put_address(l, patient, row);
    row[RECORD_birth_raw] = rs_rows_text(l->rows, rs_json_text(l->j, patient, "birthDate"));
    row[RECORD_death_raw] = rs_rows_text(l->rows, rs_json_text(l->j, patient, "deceasedDateTime"));
    row[RECORD_sex_raw] = rs_rows_text(l->rows, rs_json_text(l->j, patient, "gender"));
    row[RECORD_phone_raw] = rs_rows_text(l->rows, phone(l, patient));
    rs_rows_put_record(l->rows, row);
    put_identifiers(l, patient);
    token extensions = rs_json_get(l->j, patient, "extension");
    for (token e = rs_json_child(l->j, extensions); e; e = rs_json_next(l->j, e)) put_extension(l, e);
    put_languages(l, patient);
    put_name_to_use(l, patient);
    l->rows->written++;
}

static void ignore(const struct line *l, const char *reason) {
    rs_count(&l->rows->batch->tally, "fhir", l->rows->block->source->file_no, RS_IGNORED, reason, 1);
}

static const struct rs_pair *observed(const struct line *l, token observation) {
    token codings = rs_json_get(l->j, rs_json_get(l->j, observation, "code"), "coding");
    for (token c = rs_json_child(l->j, codings); c; c = rs_json_next(l->j, c)) {
        const struct rs_pair *known = rs_pairs_find(&l->profile->observations, rs_json_text(l->j, c, "code"));
        if (known) return known;
    }
    return NULL;
}

static void read_observation(const struct line *l, token observation) {
    const struct rs_pair *element = observed(l, observation);
    struct rs_view status = rs_json_text(l->j, observation, "status");
    if (!element) {
        ignore(l, "observation of another code");
        return;
    }
    if (rs_eq_c(status, "entered-in-error") || rs_eq_c(status, "cancelled")) {
        ignore(l, "observation withdrawn");
        return;
    }
    if (!subject_key(l, observation)) {
        rs_rows_reject(l->rows, "no_member_id", RS_LIT("Observation.subject"), RS_NULL,
                       "whom it is about cannot be told: subject must refer to Patient/<id>, with member_id: [id]");
        return;
    }
    set_record_date(l, observation);
    struct rs_view when = day_of(l, rs_json_text(l->j, observation, "effectiveDateTime"), "effectiveDateTime");
    rs_rows_answer(l->rows, element->value, rs_profile_collection(l->profile, element->value), when);
    put_x(l, observation, "code", element->more);
    l->rows->written++;
}

static void read_line(struct line *l, struct rs_json *json, const char *p, size_t n) {
    struct rs_arena *arena = &l->rows->batch->arena;
    struct rs_view text = rs_view(p, n);
    if (!l->rows->clean && !rs_utf8_valid(text)) {
        text = rs_from_windows_1252(arena, text);
        l->rows->block->converted = true;
    }
    token root = rs_json_parse(json, text.p, text.n, arena);
    struct rs_view type = rs_json_text(json, root, "resourceType");
    if (!root)
        rs_rows_reject(l->rows, "broken_json", RS_LIT("line"), text,
                       "not one JSON text: cut off, or damaged on the way; fetch the file again");
    else if (!rs_has(type)) ignore(l, "not a resource");
    else if (rs_eq_c(type, "Patient")) read_patient(l, root);
    else if (rs_eq_c(type, "Observation")) read_observation(l, root);
    else ignore(l, "resource of another type");
}

void rs_read_fhir(struct rs_rows *rows, struct rs_worker *worker) {
    struct rs_block *b = rows->block;
    const char *begin = rows->batch->in.p, *p = begin, *end = begin + rows->batch->in.n;
    struct line l = {.rows = rows, .profile = b->source->profile, .j = worker->json};
    uint64_t record_no = b->record_no, line = b->line;
    while (p < end) {
        const char *stop = memchr(p, '\n', (size_t)(end - p));
        size_t n = b->documents ? rs_json_extent(p, (size_t)(end - p)) : stop ? (size_t)(stop + 1 - p) : 0;
        if (!n) n = (size_t)(end - p);
        struct rs_view text = rs_trim(rs_view(p, n));
        if (text.n) {
            uint64_t before = rs_count_byte(p, (size_t)(text.p - p), '\n');
            l.offset = (int64_t)(b->offset + (uint64_t)(text.p - begin));
            rs_rows_record(rows, (int64_t)record_no++, (int64_t)(line + before), -1, l.offset);
            read_line(&l, worker->json, text.p, text.n);
        }
        line += rs_count_byte(p, n, '\n');
        p += n;
    }
    rs_rows_end(rows, record_no - b->record_no);
}
