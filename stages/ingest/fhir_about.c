/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Resources about a patient: answers of Observations, numbers and spans of Coverages, numbers of RelatedPersons, results
 * of MeasureReports. They make rows under the patient's key and no record. */
#include "fhir.h"

static token child(const struct rs_fhir *l, token t, const char *key) { return rs_json_child(l->j, rs_json_get(l->j, t, key)); }
static struct rs_view text(const struct rs_fhir *l, token t, const char *key) { return rs_json_text(l->j, t, key); }

static bool withdrawn(const struct rs_fhir *l, token resource) {
    struct rs_view status = text(l, resource, "status");
    return rs_eq_c(status, "entered-in-error") || rs_eq_c(status, "cancelled");
}

/* ---- Observation ---------------------------------------------------------------------------------------------- */

static const struct rs_pair *observed(const struct rs_fhir *l, token t) {
    for (token c = child(l, rs_json_get(l->j, t, "code"), "coding"); c; c = rs_json_next(l->j, c)) {
        const struct rs_pair *known = rs_pairs_find(&l->profile->observations, text(l, c, "code"));
        if (known) return known;
    }
    return NULL;
}

/* What the profile says of its method; NULL where that is nothing, or there is none. */
static const struct rs_pair *method_of(const struct rs_fhir *l, token o) {
    for (token c = child(l, rs_json_get(l->j, o, "method"), "coding"); c; c = rs_json_next(l->j, c)) {
        const struct rs_pair *known = rs_pairs_find(&l->profile->collection_codes, text(l, c, "code"));
        if (known) return known;
    }
    return NULL;
}

/* How it was collected: what its method says (SDOHCC), else who said it, else what the profile says. */
static struct rs_view collection(const struct rs_fhir *l, token o, struct rs_view element) {
    const struct rs_pair *method = method_of(l, o);
    if (method) return method->value;
    token subject = rs_json_get(l->j, o, "subject");
    for (token p = child(l, o, "performer"); p; p = rs_json_next(l->j, p)) {
        if (rs_fhir_same_patient(l, p, subject)) return RS_LIT("self");
        if (rs_fhir_is_related(l, p)) return RS_LIT("related_person");
    }
    return rs_profile_collection(l->profile, element);
}

/* A method that says nothing here may be the one that tells a person's own answer from what somebody saw. */
static void check_method(const struct rs_fhir *l, token o) {
    struct rs_view code = rs_fhir_first_code(l, rs_json_get(l->j, o, "method"));
    if (!rs_has(code) || method_of(l, o)) return;
    rs_rows_bad_value(l->rows, "collection_code", RS_LIT("Observation.method"), code,
                      "the profile does not say what this method means; add it to collection_codes");
}

/* Observation.focus: it is about a relative, or a donor, whose answer must not become the patient's. */
static bool of_another(const struct rs_fhir *l, token o) {
    for (token f = child(l, o, "focus"); f; f = rs_json_next(l->j, f))
        if (!rs_fhir_same_patient(l, f, rs_json_get(l->j, o, "subject"))) return true;
    return false;
}

static struct rs_view when(const struct rs_fhir *l, token o) {
    struct rs_view day = rs_fhir_day(l, text(l, o, "effectiveDateTime"), "effectiveDateTime");
    if (!rs_has(day)) day = rs_fhir_day(l, text(l, o, "effectiveInstant"), "effectiveInstant");
    if (!rs_has(day)) day = rs_fhir_day(l, text(l, rs_json_get(l->j, o, "effectivePeriod"), "start"), "effectivePeriod");
    return rs_has(day) ? day : rs_fhir_day(l, text(l, o, "issued"), "issued");
}

static const char no_value[] = "neither a code, a text or yes and no, nor a reason why there is none; ask the sender";

/* The value of an Observation or of one of its components. */
static void put_value(const struct rs_fhir *l, token t, bool component, const struct rs_pair *element) {
    struct rs_view modifier = component ? rs_fhir_modifier(l, t) : RS_NULL;
    int before = l->rows->seq;
    if (!rs_is_null(modifier)) {
        rs_rows_bad_value(l->rows, "modifier_extension", RS_LIT("Observation.component"), modifier,
                          "changes what the component says in a way that is not known here, so that it is not taken; ask the "
                          "sender what it means");
        return;
    }
    rs_fhir_put_x(l, t, "code", element->more);
    if (component && l->rows->seq == before)
        rs_rows_bad_value(l->rows, "no_value", RS_LIT("Observation.component"), RS_NULL, no_value);
}

/* One answer: the Observation's own value, where it has this element, and those of all components that have it: of several
 * races each has a component (SDOHCC). False where there is no value that is read. */
static bool put_answer(const struct rs_fhir *l, token o, token parts, const struct rs_pair *own, struct rs_view element,
                       struct rs_view day) {
    rs_rows_answer(l->rows, element, collection(l, o, element), day);
    if (own && rs_eq(own->value, element)) put_value(l, o, false, own);
    for (token p = parts; p; p = rs_json_next(l->j, p)) {
        const struct rs_pair *part = observed(l, p);
        if (part && rs_eq(part->value, element)) put_value(l, p, true, part);
    }
    return l->rows->seq > 0;
}

/* An answer for each element, in order of where it is first. */
static bool put_answers(const struct rs_fhir *l, token o, token parts, const struct rs_pair *own) {
    enum { MOST = 16 }; /* more than the elements that profiles may name */
    struct rs_view day = when(l, o), done[MOST];
    size_t n = 0;
    bool any = false;
    if (own) {
        any = put_answer(l, o, parts, own, own->value, day);
        done[n++] = own->value;
    }
    for (token p = parts; p && n < MOST; p = rs_json_next(l->j, p)) {
        const struct rs_pair *part = observed(l, p);
        size_t k = 0;
        while (part && k < n && !rs_eq(done[k], part->value)) k++;
        if (!part || k < n) continue;
        any |= put_answer(l, o, parts, own, part->value, day);
        done[n++] = part->value;
    }
    return any;
}

void rs_fhir_observation(const struct rs_fhir *l, token o) {
    const struct rs_pair *element = observed(l, o);
    bool known = element != NULL;
    token parts = child(l, o, "component");
    for (token p = parts; p && !known; p = rs_json_next(l->j, p)) known = observed(l, p) != NULL;
    if (!known) {
        rs_fhir_ignore(l, "observation of another code");
        return;
    }
    if (withdrawn(l, o)) {
        rs_fhir_ignore(l, "observation withdrawn");
        return;
    }
    if (of_another(l, o)) {
        rs_fhir_ignore(l, "observation of somebody else");
        return;
    }
    if (rs_fhir_modified(l, o, "Observation.modifierExtension")) return;
    if (!rs_fhir_key_of(l, rs_json_get(l->j, o, "subject"))) {
        rs_fhir_reject_subject(l, "Observation.subject");
        return;
    }
    rs_fhir_set_record_date(l, o);
    check_method(l, o);
    bool any = put_answers(l, o, parts, element);
    if (any) l->rows->written++;
    else rs_rows_reject(l->rows, "no_value", RS_LIT("Observation.value"), RS_NULL, no_value);
}

/* ---- Coverage and RelatedPerson ------------------------------------------------------------------------------- */

/* Coverage.subscriberId is the subscriber's: is the beneficiary that person? */
static bool is_subscriber(const struct rs_fhir *l, token coverage) {
    token subscriber = rs_json_get(l->j, coverage, "subscriber"), beneficiary = rs_json_get(l->j, coverage, "beneficiary");
    token relationship = rs_json_get(l->j, coverage, "relationship");
    if (relationship) return rs_fhir_has_code(l, relationship, RS_LIT("self"));
    return rs_fhir_same_patient(l, subscriber, beneficiary);
}

static void put_coverage_ids(const struct rs_fhir *l, token coverage) {
    enum rs_id_rows who = is_subscriber(l, coverage) ? RS_SUBSCRIBERS : RS_DEPENDENTS;
    for (size_t i = 0; i < l->profile->n_identifiers; i++) {
        const struct rs_id_rule *rule = &l->profile->identifiers[i];
        if (rule->rows != RS_ALL_ROWS && rule->rows != who) continue;
        if (rule->kind == RS_ID_COVERAGE) rs_rows_put_identifier(l->rows, rule, text(l, coverage, "subscriberId"));
        for (token t = child(l, coverage, "identifier"); t; t = rs_json_next(l->j, t))
            if (rs_fhir_id_is(l, t, rule)) rs_rows_put_identifier(l->rows, rule, text(l, t, "value"));
    }
}

/* Type and plan, as HD03 and HD04 of an 834. */
static struct rs_view product(const struct rs_fhir *l, token coverage) {
    if (rs_has(l->profile->product)) return l->profile->product;
    token type = rs_json_get(l->j, coverage, "type");
    struct rs_view kind = rs_fhir_first_code(l, type), plan = RS_NULL;
    if (!rs_has(kind)) kind = text(l, type, "text");
    for (token c = child(l, coverage, "class"); c && !rs_has(plan); c = rs_json_next(l->j, c))
        if (rs_fhir_has_code(l, rs_json_get(l->j, c, "type"), RS_LIT("plan"))) plan = text(l, c, "value");
    struct rs_view both = rs_rows_join(l->rows, kind, " ", plan);
    return rs_has(both) ? both : RS_LIT("unknown");
}

static bool key_of_coverage(const struct rs_fhir *l, token coverage) {
    if (rs_fhir_key_of(l, rs_json_get(l->j, coverage, "beneficiary"))) return true;
    for (size_t i = 0; i < l->profile->n_member_ids; i++)
        for (token t = child(l, coverage, "identifier"); t; t = rs_json_next(l->j, t))
            if (rs_fhir_id_is(l, t, &l->profile->member_ids[i]) && rs_fhir_key_from(l, text(l, t, "value"))) return true;
    return false;
}

void rs_fhir_coverage(const struct rs_fhir *l, token coverage) {
    token period = rs_json_get(l->j, coverage, "period");
    if (withdrawn(l, coverage)) {
        rs_fhir_ignore(l, "coverage withdrawn");
        return;
    }
    if (rs_fhir_modified(l, coverage, "Coverage.modifierExtension")) return;
    if (!key_of_coverage(l, coverage)) {
        rs_fhir_reject_subject(l, "Coverage.beneficiary");
        return;
    }
    put_coverage_ids(l, coverage);
    rs_rows_put_coverage(l->rows, product(l, coverage), rs_fhir_day(l, text(l, period, "start"), "Coverage.period"),
                         rs_fhir_day(l, text(l, period, "end"), "Coverage.period"));
    l->rows->written++;
}

/* A relative is another person: the number goes to the patient as a relative's (a subscriber's), and links nothing. */
void rs_fhir_related_person(const struct rs_fhir *l, token person) {
    token identifiers = child(l, person, "identifier");
    bool any = false;
    for (size_t i = 0; i < l->profile->n_identifiers; i++) any |= l->profile->identifiers[i].kind == RS_ID_RELATED;
    if (!any || !identifiers) {
        rs_fhir_ignore(l, "related person without a number to keep");
        return;
    }
    if (rs_fhir_modified(l, person, "RelatedPerson.modifierExtension")) return;
    if (!rs_fhir_key_of(l, rs_json_get(l->j, person, "patient"))) {
        rs_fhir_reject_subject(l, "RelatedPerson.patient");
        return;
    }
    for (size_t i = 0; i < l->profile->n_identifiers; i++) {
        const struct rs_id_rule *rule = &l->profile->identifiers[i];
        for (token t = identifiers; t && rule->kind == RS_ID_RELATED; t = rs_json_next(l->j, t))
            if (rs_fhir_has_code(l, rs_json_get(l->j, t, "type"), rule->what))
                rs_rows_put_identifier(l->rows, rule, text(l, t, "value"));
    }
    l->rows->written++;
}

/* ---- MeasureReport -------------------------------------------------------------------------------------------- */

/* A count of the group's population: 0 where it is not there, -1 where it is no count. */
static int64_t population(const struct rs_fhir *l, token group, const char *code, bool *found) {
    for (token p = child(l, group, "population"); p; p = rs_json_next(l->j, p)) {
        int64_t count;
        if (!rs_fhir_has_code(l, rs_json_get(l->j, p, "code"), rs_cstr(code))) continue;
        *found = true;
        return rs_parse_long(text(l, p, "count"), &count) && count >= 0 ? count : -1;
    }
    return 0;
}

/* Denominator after exclusions; an exception counts only for those not in the numerator (CQF Measures). */
static bool results(const struct rs_fhir *l, token group, bool *denominator, bool *numerator) {
    bool found = false, ignored = false;
    int64_t den = population(l, group, "denominator", &found), not_den = population(l, group, "denominator-exclusion", &ignored);
    int64_t except = population(l, group, "denominator-exception", &ignored);
    int64_t num = population(l, group, "numerator", &ignored), not_num = population(l, group, "numerator-exclusion", &ignored);
    if (!found || den < 0 || not_den < 0 || except < 0 || num < 0 || not_num < 0) return false;
    bool in = den > 0 && not_den == 0, met = in && num > 0 && not_num == 0;
    *denominator = in && (met || except == 0);
    *numerator = met;
    return true;
}

/* The profile's name of the measure, with or without its version; else the canonical without it. */
static struct rs_view measure(const struct rs_fhir *l, struct rs_view canonical) {
    const struct rs_pair *known = rs_pairs_find(&l->profile->measures, canonical);
    struct rs_view rest = canonical, plain = rs_split(&rest, '|');
    if (!known) known = rs_pairs_find(&l->profile->measures, plain);
    return known ? known->value : rs_rows_text(l->rows, plain);
}

/* 2025 for a calendar year, else START/END. */
static struct rs_view period(const struct rs_fhir *l, token t) {
    struct rs_view start = text(l, t, "start"), end = text(l, t, "end");
    if (start.n > 10) start.n = 10;
    if (end.n > 10) end.n = 10;
    bool year = start.n >= 4 && end.n >= 4 && memcmp(start.p, end.p, 4) == 0;
    bool from = start.n == 4 || (start.n == 10 && memcmp(start.p + 4, "-01-01", 6) == 0);
    bool to = end.n == 4 || (end.n == 10 && memcmp(end.p + 4, "-12-31", 6) == 0);
    if (year && from && to) return rs_view(start.p, 4);
    return rs_has(start) && rs_has(end) ? rs_rows_join(l->rows, start, "/", end) : RS_NULL;
}

static void reject_report(const struct rs_fhir *l, const char *field, const char *message) {
    rs_rows_reject(l->rows, "measure_value", rs_cstr(field), RS_NULL, message);
}

void rs_fhir_measure_report(const struct rs_fhir *l, token report) {
    struct rs_rows *rows = l->rows;
    struct rs_view type = text(l, report, "type"), row[MEASURE_EVENT_COLUMNS] = {{0}};
    token group = child(l, report, "group"), reporter = rs_json_get(l->j, report, "reporter");
    bool denominator, numerator;
    if (!rs_eq_c(type, "individual")) {
        rs_fhir_ignore(l, "measure report of a group");
        return;
    }
    if (withdrawn(l, report) || rs_eq_c(text(l, report, "status"), "error") || rs_eq_c(text(l, report, "status"), "pending")) {
        rs_fhir_ignore(l, "measure report not complete");
        return;
    }
    if (rs_fhir_modified(l, report, "MeasureReport.modifierExtension") || rs_fhir_modified(l, group, "MeasureReport.group"))
        return;
    if (!rs_fhir_key_of(l, rs_json_get(l->j, report, "subject"))) {
        rs_fhir_reject_subject(l, "MeasureReport.subject");
        return;
    }
    row[MEASURE_EVENT_record_key] = rows->key;
    row[MEASURE_EVENT_file_no] = rows->file_no;
    row[MEASURE_EVENT_record_no] = rows->record_no;
    row[MEASURE_EVENT_line] = rows->line;
    row[MEASURE_EVENT_offset] = rows->offset;
    row[MEASURE_EVENT_measure] =
        rs_rows_short_text(rows, measure(l, text(l, report, "measure")), RS_LIT("MeasureReport.measure"));
    row[MEASURE_EVENT_period] = period(l, rs_json_get(l->j, report, "period"));
    struct rs_view who = text(l, reporter, "display");
    row[MEASURE_EVENT_provider_group] =
        rs_rows_short_text(rows, rs_has(who) ? who : text(l, reporter, "reference"), RS_LIT("MeasureReport.reporter"));
    if (!rs_has(row[MEASURE_EVENT_measure])) reject_report(l, "MeasureReport.measure", "missing; ask the sender");
    else if (!rs_has(row[MEASURE_EVENT_period]))
        reject_report(l, "MeasureReport.period", "has no start or no end; ask the sender");
    else if (!results(l, group, &denominator, &numerator))
        reject_report(l, "MeasureReport.group", "no count of the denominator; ask the sender for a proportion measure");
    else {
        row[MEASURE_EVENT_denominator] = denominator ? RS_LIT("1") : RS_LIT("0");
        row[MEASURE_EVENT_numerator] = numerator ? RS_LIT("1") : RS_LIT("0");
        rs_batch_emit(rows->batch, SINK_MEASURE, &rs_layout_measure_event, row);
        rows->written++;
        if (rs_json_next(l->j, group))
            rs_rows_bad_value(rows, "measure_groups", RS_LIT("MeasureReport.group"), RS_NULL,
                              "several groups: the first is read; have the sender write a report for each");
    }
}
