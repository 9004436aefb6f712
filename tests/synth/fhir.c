/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The clinic's bulk export: a line a Patient (US Core 7.0: birth sex, gender identity, interpreter as extensions), and
 * behind it an Observation (LOINC 76690-7) where sexual orientation was asked. */
#include "pen.h"

#define CORE "http://hl7.org/fhir/us/core/StructureDefinition/"
#define NULL_FLAVOR "http://terminology.hl7.org/CodeSystem/v3-NullFlavor"
#define DATA_ABSENT "http://terminology.hl7.org/CodeSystem/data-absent-reason"
#define IDENTIFIER_TYPE "http://terminology.hl7.org/CodeSystem/v2-0203"
#define SNOMED "http://snomed.info/sct"

static void put_coding(struct rs_buffer *b, const char *url, const char *system, struct rs_view code,
                       struct rs_view display) {
    RS_PUT(b, "{\"url\":\"");
    rs_put_c(b, url);
    RS_PUT(b, "\",\"valueCoding\":{\"system\":\"");
    rs_put_c(b, system);
    RS_PUT(b, "\",\"code\":\"");
    rs_put_v(b, code);
    RS_PUT(b, "\",\"display\":\"");
    rs_put_v(b, display);
    RS_PUT(b, "\"}},");
}

static void put_text(struct rs_buffer *b, struct rs_view text) {
    RS_PUT(b, "{\"url\":\"text\",\"valueString\":\"");
    rs_put_v(b, text);
    RS_PUT(b, "\"}]},");
}

static const char cdcrec[] = "urn:oid:2.16.840.1.113883.6.238";

static const struct { unsigned bit; struct rs_view code, name; } races[] = {
    {RS_S_WHITE, {"2106-3", 6}, {"White", 5}},
    {RS_S_BLACK, {"2054-5", 6}, {"Black or African American", 25}},
    {RS_S_AIAN, {"1002-5", 6}, {"American Indian or Alaska Native", 32}},
    {RS_S_ASIAN, {"2028-9", 6}, {"Asian", 5}},
    {RS_S_NHPI, {"2076-8", 6}, {"Native Hawaiian or Other Pacific Islander", 41}},
};

/* ombCategory, detail and text of what was answered. */
static void put_given_race(struct rs_buffer *b, const struct rs_synth_world *w, const struct rs_answer *a,
                           bool text_only, bool detailed) {
    RS_PUT(b, "{\"url\":\"" CORE "us-core-race\",\"extension\":[");
    struct rs_view said = RS_LIT("Other");
    int n = 0;
    for (size_t i = 0; i < sizeof races / sizeof *races; i++) {
        if (!(a->races & races[i].bit)) continue;
        if (!text_only) put_coding(b, "ombCategory", cdcrec, races[i].code, races[i].name);
        said = n++ ? RS_LIT("Mixed") : races[i].name;
    }
    if (n == 0 || text_only) put_coding(b, "ombCategory", NULL_FLAVOR, RS_LIT("UNK"), RS_LIT("Unknown"));
    if (detailed && !a->hispanic && !text_only && n) {
        const struct rs_synth_origin *o = &w->tables.origin[a->origin];
        put_coding(b, "detailed", cdcrec, o->code, o->name);
    }
    put_text(b, said);
}

static void put_given_ethnicity(struct rs_buffer *b, const struct rs_synth_world *w, const struct rs_answer *a,
                                bool detailed) {
    RS_PUT(b, "{\"url\":\"" CORE "us-core-ethnicity\",\"extension\":[");
    struct rs_view said = a->hispanic ? RS_LIT("Hispanic or Latino") : RS_LIT("Not Hispanic or Latino");
    put_coding(b, "ombCategory", cdcrec, a->hispanic ? RS_LIT("2135-2") : RS_LIT("2186-5"), said);
    if (detailed && a->hispanic)
        put_coding(b, "detailed", cdcrec, w->tables.origin[a->origin].code, w->tables.origin[a->origin].name);
    put_text(b, said);
}

static void put_missing(struct rs_buffer *b, bool declined) {
    static const char *const urls[] = {CORE "us-core-race", CORE "us-core-ethnicity"};
    for (int i = 0; i < 2; i++) {
        RS_PUT(b, "{\"url\":\"");
        rs_put_c(b, urls[i]);
        RS_PUT(b, "\",\"extension\":[");
        put_coding(b, "ombCategory", NULL_FLAVOR, declined ? RS_LIT("ASKU") : RS_LIT("UNK"),
                   declined ? RS_LIT("Asked but no answer") : RS_LIT("Unknown"));
        put_text(b, declined ? RS_LIT("Declined") : RS_LIT("Unknown"));
    }
}

static void put_race(struct rs_buffer *b, const struct rs_synth_world *w, struct rs_synth_person *p) {
    struct rs_random r = rs_random(w->options->seed, p->number, RS_STREAM_ANSWER_EHR);
    struct rs_answer_rates rates = {
        .reported = rs_synth_reporting(w, p, w->tables.group[p->group].ehr_report, w->rates.report_ehr),
        .declined = w->rates.ehr_decline,
        .unknown = w->rates.ehr_unknown,
        .wrong = w->rates.ehr_wrong,
    };
    struct rs_answer a = rs_synth_answer(p, &rates, &r);
    bool differs = rs_chance(&r, w->rates.ehr_text_differs), detailed = rs_chance(&r, 0.4);
    if (a.wrong) p->damage |= 1u << RS_K_wrong;
    if (a.state == RS_A_DECLINED) p->damage |= 1u << RS_K_decline;
    if (a.state == RS_A_DECLINED || a.state == RS_A_UNKNOWN) put_missing(b, a.state == RS_A_DECLINED);
    if (a.state != RS_A_GIVEN) return;
    if (differs) p->damage |= 1u << RS_K_text_differs;
    detailed = a.origin >= 0 && w->tables.origin[a.origin].code.n && (detailed || (a.races & RS_S_MENA));
    put_given_race(b, w, &a, differs, detailed);
    put_given_ethnicity(b, w, &a, detailed);
}

/* ---- SOGI and language ---------------------------------------------------------------------------------------- */

static void put_identity(struct rs_buffer *b, const struct rs_synth_person *p, struct rs_random *r) {
    static const struct { const char *code, *name; } identity[] = {
        [RS_GI_MALE] = {"446151000124109", "Identifies as male gender"},
        [RS_GI_FEMALE] = {"446141000124107", "Identifies as female gender"},
        [RS_GI_TRANS_MAN] = {"407377005", "Female-to-male transsexual"},
        [RS_GI_TRANS_WOMAN] = {"407376001", "Male-to-female transsexual"},
        [RS_GI_NONBINARY] = {"33791000087105", "Identifies as nonbinary gender"},
    };
    double u = rs_random_unit(r);
    if (p->age < 18 || u >= 0.4) return;
    bool declined = u < 0.03;
    RS_PUT(b, "{\"url\":\"" CORE "us-core-genderIdentity\",\"valueCodeableConcept\":{\"coding\":[{\"system\":\"");
    if (declined) {
        RS_PUT(b, NULL_FLAVOR "\",\"code\":\"ASKU\",\"display\":\"Asked but no answer\"}],\"text\":\"Declined\"}},");
        return;
    }
    RS_PUT(b, SNOMED "\",\"code\":\"");
    rs_put_c(b, identity[p->identity].code);
    RS_PUT(b, "\",\"display\":\"");
    rs_put_c(b, identity[p->identity].name);
    RS_PUT(b, "\"}],\"text\":\"");
    rs_put_c(b, identity[p->identity].name);
    RS_PUT(b, "\"}},");
}

static void put_orientation(struct rs_buffer *b, const struct rs_synth_world *w, const struct rs_synth_person *p,
                            struct rs_random *r) {
    static const struct { const char *system, *code, *name; } orientation[] = {
        [RS_SO_STRAIGHT] = {SNOMED, "20430005", "Heterosexual (finding)"},
        [RS_SO_GAY] = {SNOMED, "38628009", "Homosexual (finding)"},
        [RS_SO_BISEXUAL] = {SNOMED, "42035005", "Bisexual (finding)"},
        [RS_SO_OTHER] = {NULL_FLAVOR, "OTH", "Other"},
    };
    double u = rs_random_unit(r);
    if (p->age < 18 || u >= 0.35) return;
    bool declined = u < 0.04;
    const char *system = declined ? DATA_ABSENT : orientation[p->orientation].system;
    RS_PUT(b, "{\"resourceType\":\"Observation\",\"id\":\"so-");
    rs_put_patient_id(b, p->number);
    RS_PUT(b, "\",\"meta\":{\"profile\":[\"" CORE "us-core-observation-sexual-orientation|7.0.0\"]},"
              "\"status\":\"final\",\"category\":[{\"coding\":[{\"system\":\"http://terminology.hl7.org/CodeSystem/observation-category\","
              "\"code\":\"social-history\"}]}],\"code\":{\"coding\":[{\"system\":\"http://loinc.org\",\"code\":"
              "\"76690-7\",\"display\":\"Sexual orientation\"}]},\"subject\":{\"reference\":\"Patient/");
    rs_put_patient_id(b, p->number);
    RS_PUT(b, "\"},\"effectiveDateTime\":\"");
    rs_put_day(b, w->options->as_of - 30 - (int32_t)rs_random_below(r, 500), '-');
    RS_PUT(b, "\",\"valueCodeableConcept\":{\"coding\":[{\"system\":\"");
    rs_put_c(b, system);
    RS_PUT(b, "\",\"code\":\"");
    rs_put_c(b, declined ? "asked-declined" : orientation[p->orientation].code);
    RS_PUT(b, "\",\"display\":\"");
    rs_put_c(b, declined ? "Asked But Declined" : orientation[p->orientation].name);
    RS_PUT(b, "\"}]}}\n");
}

static void put_communication(struct rs_buffer *b, const struct rs_synth_world *w, const struct rs_synth_person *p,
                              struct rs_random *r) {
    const struct rs_synth_language *l = &w->tables.language[p->language];
    bool none = rs_chance(r, w->rates.no_language), region = p->language == 0 && rs_chance(r, 0.5);
    if (none) return;
    RS_PUT(b, ",\"communication\":[{\"language\":{\"coding\":[{\"system\":\"urn:ietf:bcp:47\",\"code\":\"");
    rs_put_v(b, l->tag);
    if (region) RS_PUT(b, "-US");
    RS_PUT(b, "\",\"display\":\"");
    rs_put_v(b, l->name);
    RS_PUT(b, "\"}],\"text\":\"");
    rs_put_v(b, l->name);
    RS_PUT(b, "\"},\"preferred\":true}]");
}

/* ---- the Patient ---------------------------------------------------------------------------------------------- */

static void put_extensions(struct rs_buffer *b, const struct rs_synth_world *w, struct rs_synth_person *p,
                           struct rs_random *r) {
    bool interpreter = rs_chance(r, p->language ? 0.5 : 0.05);
    RS_PUT(b, "\"extension\":[");
    put_race(b, w, p);
    put_identity(b, p, r);
    if (interpreter) {
        bool needed = p->language && p->role != RS_S_CHILD;
        put_coding(b, CORE "us-core-interpreter-needed", SNOMED, needed ? RS_LIT("373066001") : RS_LIT("373067005"),
                   needed ? RS_LIT("Yes") : RS_LIT("No"));
    }
    RS_PUT(b, "{\"url\":\"" CORE "us-core-birthsex\",\"valueCode\":\"");
    rs_put_byte(b, p->sex);
    RS_PUT(b, "\"}]");
}

static void put_identifiers(struct rs_buffer *b, const struct rs_synth_world *w, struct rs_synth_person *p,
                            struct rs_random *r) {
    RS_PUT(b, ",\"identifier\":[{\"use\":\"usual\",\"type\":{\"coding\":[{\"system\":"
              "\"" IDENTIFIER_TYPE "\",\"code\":\"MR\"}]},\"system\":"
              "\"https://clinic.example.org/mrn\",\"value\":\"");
    rs_put_patient_id(b, p->number);
    RS_PUT(b, "\"}");
    if (rs_chance(r, w->rates.ehr_no_member_id)) {
        p->damage |= 1u << RS_K_no_member_id;
        RS_PUT(b, "]");
        return;
    }
    RS_PUT(b, ",{\"type\":{\"coding\":[{\"system\":\"" IDENTIFIER_TYPE "\",\"code\":\"MB\"}]},"
              "\"system\":\"https://plan.example.org/member\",\"value\":\"");
    rs_put_member_id(b, p->number);
    RS_PUT(b, "\"}]");
}

static void put_given_names(struct rs_buffer *b, const struct rs_synth_person *p) {
    RS_PUT(b, "\",\"given\":[\"");
    rs_put_letters(b, p->given, RS_TITLE);
    RS_PUT(b, "\"");
    if (p->middle) {
        RS_PUT(b, ",\"");
        rs_put_byte(b, p->middle);
        RS_PUT(b, ".\"");
    }
    RS_PUT(b, "]");
}

static void put_names(struct rs_buffer *b, const struct rs_synth_world *w, struct rs_synth_person *p,
                      struct rs_random *r) {
    struct rs_spelling how = {.letters = RS_TITLE, .accents = rs_chance(r, w->rates.accents) ? RS_UTF8 : RS_FOLDED};
    double u = rs_random_unit(r);
    how.second = p->family.hyphen ? RS_BOTH_HYPHEN : u < 0.2 ? RS_FIRST_ONLY : u < 0.8 ? RS_BOTH_BLANK : RS_BOTH_HYPHEN;
    RS_PUT(b, ",\"name\":[{\"use\":\"official\",\"family\":\"");
    rs_put_family(b, &p->family, how);
    put_given_names(b, p);
    if (p->suffix[0]) {
        RS_PUT(b, ",\"suffix\":[\"");
        rs_put_letters(b, rs_cstr(p->suffix), p->suffix[0] == 'I' ? RS_UPPER : RS_TITLE);
        RS_PUT(b, "\"]");
    }
    RS_PUT(b, "}");
    if (rs_chance(r, w->rates.ehr_old_name)) {
        p->damage |= 1u << RS_K_old_name;
        char census[RS_S_NAME_MAX], written[RS_S_NAME_MAX + 24];
        rs_synth_surname(w, rs_alias_draw(&w->surname[p->group], r), p->group, r, census, written);
        RS_PUT(b, ",{\"use\":\"old\",\"family\":\"");
        rs_put_c(b, written);
        put_given_names(b, p);
        RS_PUT(b, "}");
    }
    RS_PUT(b, "]");
}

static void put_address(struct rs_buffer *b, const struct rs_synth_world *w, const struct rs_synth_person *p,
                        struct rs_random *r) {
    const struct rs_synth_address *a = &p->home;
    const struct rs_synth_tract *t = &w->tract[a->tract];
    bool geocoded = rs_chance(r, 0.5);
    RS_PUT(b, ",\"address\":[{");
    if (geocoded) {
        RS_PUT(b, "\"extension\":[{\"url\":\"http://hl7.org/fhir/StructureDefinition/iso21090-ADXP-censusTract\","
                  "\"valueString\":\"");
        rs_put(b, t->id, 11);
        RS_PUT(b, "\"}],");
    }
    RS_PUT(b, "\"use\":\"home\",\"line\":[\"");
    rs_put_number(b, (uint64_t)a->number, 1);
    RS_PUT(b, " ");
    rs_put_letters(b, w->tables.street[a->street], RS_TITLE);
    if (a->apartment) {
        RS_PUT(b, "\",\"Apt ");
        rs_put_number(b, (uint64_t)a->apartment, 1);
    }
    RS_PUT(b, "\"],\"city\":\"");
    rs_put_letters(b, w->tables.city[t->county % (uint32_t)w->tables.n_cities], RS_TITLE);
    RS_PUT(b, "\",\"state\":\"");
    rs_put_c(b, w->state[(t->id[0] - '0') * 10 + t->id[1] - '0']);
    if (t->zip) {
        RS_PUT(b, "\",\"postalCode\":\"");
        rs_put(b, w->zip[t->zip], 5);
    }
    RS_PUT(b, "\",\"country\":\"US\"}]");
}

void rs_put_fhir(struct rs_buffer *b, const struct rs_synth_world *w, struct rs_synth_person *p) {
    struct rs_random r = rs_random(w->options->seed, p->number, RS_STREAM_EHR);
    RS_PUT(b, "{\"resourceType\":\"Patient\",\"id\":\"");
    rs_put_patient_id(b, p->number);
    RS_PUT(b, "\",\"meta\":{\"lastUpdated\":\"");
    rs_put_day(b, w->options->as_of - 1 - (int32_t)rs_random_below(&r, 700), '-');
    RS_PUT(b, "T09:30:00Z\",\"profile\":[\"" CORE "us-core-patient|7.0.0\"]},");
    put_extensions(b, w, p, &r);
    put_identifiers(b, w, p, &r);
    RS_PUT(b, ",\"active\":true");
    put_names(b, w, p, &r);
    rs_put_c(b, p->sex == 'F' ? ",\"gender\":\"female\",\"birthDate\":\"" : ",\"gender\":\"male\",\"birthDate\":\"");
    rs_put_day(b, p->birth, '-');
    RS_PUT(b, "\"");
    put_address(b, w, p, &r);
    put_communication(b, w, p, &r);
    RS_PUT(b, "}\n");
    put_orientation(b, w, p, &r);
}
