/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Published tables that say where in a message something stands: each row is read by ingest as its table says. What
 * differs stands in schemas/codes/differences.csv. */
#include <jansson.h>
#include "ingest_run.h"
#include "code_tables.h"

static void begin(void) {
    start();
    open_map();
}
static void end(void) {
    close_map();
    finish();
}
TestSuite(codes_intake, .init = begin, .fini = end, .timeout = 120);

/* One member of an 834 with these segments behind its name. */
static void member(const char *profile, const char *ins03, struct rs_view segments) {
    struct rs_buffer b = {0};
    rs_buffer_printf(&b, "ISA*00*          *00*          *ZZ*PAYER          *ZZ*PLAN           *250131*0900*^*00501*"
                         "000000001*0*P*:~GS*BE*PAYER*PLAN*20250131*0900*1*X*005010X220A1~ST*834*0001~"
                         "INS*Y*18*%s~REF*0F*M1~NM1*IL*1*DOE*JO~%.*s~SE*7*0001~GE*1*1~IEA*1*1~", ins03, SHOW(segments));
    ingest_bytes(profile, b.p, b.n);
    rs_buffer_free(&b);
}

/* What a value of this element becomes, as text. */
static const char *read_of(struct rs_view element, struct rs_view value) {
    const struct {
        const char *element, *segments;
    } forms[] = {{"DMG03", "DMG*D8*19800229*%.*s"},          {"DMG05-1", "DMG*D8*19800229*F**%.*s"},
                 {"DMG05-2", "DMG*D8*19800229*F**:%.*s:2106-3"}, {"DMG05-3", "DMG*D8*19800229*F**:RET:%.*s"},
                 {"DMG10", "DMG*D8*19800229*F**C*****%.*s*A1"}, {"DMG11", "DMG*D8*19800229*F**C*****REC*%.*s"},
                 {"LUI01", "LUI*%.*s*SPA**7"},                  {"LUI02", "LUI*LE*%.*s**7"},
                 {"LUI03", "LUI***%.*s"},                       {"LUI04", "LUI*LE*SPA**%.*s"},
                 {"DMG", "NM1*70*1*WRONG*JO~%.*s"}};
    if (rs_eq_c(element, "INS03")) {
        member("834-5010", rs_arena_copy(&arena, value.p, value.n), RS_LIT("DMG*D8*19800229*F"));
        return ROWS(record, "maintenance");
    }
    size_t i = 0;
    while (i < sizeof forms / sizeof *forms && !rs_eq_c(element, forms[i].element)) i++;
    cr_assert(i < sizeof forms / sizeof *forms, "%.*s: the test says nothing of it", SHOW(element));
    put_text("own.yaml", "base: 834-5010\nformat: x12_834\ncollection_codes: {A1: self}\n");
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
    member("./own.yaml", "030", rs_arena_printf(&arena, forms[i].segments, SHOW(value)));
#pragma GCC diagnostic pop
    if (rs_eq_c(element, "DMG03")) return ROWS(record, "sex_raw");
    return ROWS(assertion, "element system raw collection");
}

static const struct {
    const char *element, *value, *becomes;
} places[] = {
    {"DMG03", "F", "F\n"}, {"DMG03", "M", "M\n"}, {"DMG03", "U", "U\n"},
    {"DMG05-2", "RET", "race_ethnicity|cdcrec|2106-3|administrative\n"},
    {"DMG05-3", "2106-3", "race_ethnicity|cdcrec|2106-3|administrative\n"},
    {"DMG05-3", "R5", "race_ethnicity|cdcrec|R5|administrative\n"},
    {"DMG05-3", "E1", "race_ethnicity|cdcrec|E1|administrative\n"},
    {"DMG05-3", "R9", "race_ethnicity|cdcrec|R9|administrative\n"},
    {"DMG10", "REC", "race_ethnicity|x12_1109|C|self\n"},
    {"DMG11", "A1", "race_ethnicity|x12_1109|C|self\n"},
    {"LUI01", "LD", "language_spoken|nisoz39_53|SPA|administrative\n"},
    {"LUI01", "LE", "language_spoken|iso639|SPA|administrative\n"},
    {"LUI02", "ENG", "language_spoken|iso639|ENG|administrative\n"},
    {"LUI02", "en", "language_spoken|iso639|en|administrative\n"},
    {"LUI03", "ESSPANISH", "language_preferred|-|ESSPANISH|administrative\n"},
    {"LUI04", "5", "language_read|iso639|SPA|administrative\n"},
    {"LUI04", "6", "language_written|iso639|SPA|administrative\n"},
    {"LUI04", "7", "language_spoken|iso639|SPA|administrative\n"},
    {"LUI04", "8", "language_spoken|iso639|SPA|administrative\n"}, /* native: no element of its own */
    {"DMG", "DMG*D8*19800229*F**C", ""},                           /* 2100B never writes */
    {"INS03", "001", "001\n"}, {"INS03", "021", "021\n"}, {"INS03", "024", "024\n"},
    {"INS03", "025", "025\n"}, {"INS03", "030", "030\n"}};

/* Values the table lists in words. */
static struct rs_view values_of(struct rs_view element, const struct rs_table_row *row) {
    if (rs_eq_c(element, "DMG05-3")) return RS_LIT("2106-3|R5|E1|R9");
    if (rs_eq_c(element, "DMG11")) return RS_LIT("A1"); /* an external list: the profile's */
    if (rs_eq_c(element, "LUI02")) return RS_LIT("ENG|en");
    if (rs_eq_c(element, "LUI03")) return RS_LIT("ESSPANISH");
    if (rs_eq_c(element, "DMG")) return RS_LIT("DMG*D8*19800229*F**C");
    return rs_table_cell(row, "values");
}

static bool rel_element(void *self, const char *path, const struct rs_table_row *row, struct rs_error *e) {
    (void)self, (void)path, (void)e;
    struct rs_view element = rs_table_cell(row, "segment_element"), values = values_of(element, row);
    if (rs_eq_c(element, "DMG05 (C056)")) { /* 25 repetitions, and no more */
        struct rs_buffer b = {0};
        rs_buffer_printf(&b, "DMG*D8*19800229*F**B");
        for (int i = 1; i < 26; i++) rs_buffer_printf(&b, "^C");
        member("834-5010", "030", rs_view(b.p, b.n));
        const char *rows = ROWS(assertion, "raw");
        cr_expect_eq(strlen(rows), 2 * 25);
        rs_buffer_free(&b);
        seen++;
        return true;
    }
    while (!rs_is_null(values)) {
        struct rs_view value = rs_split(&values, '|'), rest = value, code = rs_split(&rest, ' '), named = code;
        rs_split(&named, '=');
        code.n -= rs_is_null(named) ? 0 : named.n + 1; /* "5=read", "001 change" */
        if (rs_eq_c(element, "DMG")) code = value;
        const char *got = read_of(element, code), *want = NULL;
        for (size_t i = 0; i < sizeof places / sizeof *places; i++)
            if (rs_eq_c(element, places[i].element) && rs_eq_c(code, places[i].value)) want = places[i].becomes;
        if (rs_eq_c(element, "DMG05-1")) {
            struct rs_view letter = rs_arena_printf(&arena, "race_ethnicity|x12_1109|%.*s|administrative\n", SHOW(code));
            want = rs_arena_copy(&arena, letter.p, letter.n);
        }
        cr_assert(want, "%.*s %.*s: the test says nothing of it", SHOW(element), SHOW(code));
        cr_expect_str_eq(got, want, "%.*s %.*s: %s", SHOW(element), SHOW(code), got);
        seen++;
    }
    return true;
}
Test(codes_intake, elements_of_an_834) {
    read_table("x12_834_rel_elements.csv", sizeof places / sizeof *places + 16 + 1, rel_element);
}

/* ---- US Core ------------------------------------------------------------------------------------------------------- */

/* A Patient with one extension, `inner` being what stands beside its url. */
static const char *patient(const char *url, const char *inner) {
    struct rs_buffer b = {0};
    rs_buffer_printf(&b, "{\"resourceType\":\"Patient\",\"id\":\"p1\",\"extension\":[{\"url\":\"%s\",%s}]}\n", url, inner);
    ingest_bytes("us-core-fhir", b.p, b.n);
    rs_buffer_free(&b);
    return ROWS(assertion, "element representation system raw");
}

static const char *string_of(const json_t *from, const char *key) {
    const char *s = json_string_value(json_object_get(from, key));
    cr_assert(s, "no %s", key);
    return s;
}

/* A coding of this system in that part of the race extension. */
static const char *race_part(const json_t *all, const char *part, const char *system, const char *code) {
    char inner[512];
    if (strcmp(part, "text") == 0) snprintf(inner, sizeof inner, "\"extension\":[{\"url\":\"text\",\"valueString\":\"White\"}]");
    else
        snprintf(inner, sizeof inner, "\"extension\":[{\"url\":\"%s\",\"valueCoding\":{\"system\":\"%s\",\"code\":\"%s\"}}]", part,
                 system, code);
    return patient(string_of(all, "us_core_race"), inner);
}

static void white(const char *system) {
    struct rs_meaning m = ask("race", system, RS_LIT("2106-3"));
    cr_expect(rs_eq_c(m.omb1997, "WHITE"), "%s", system);
}

static json_t *identifiers(void) {
    char path[4096];
    json_error_t why;
    table_path(path, "us_core_identifiers.json");
    json_t *all = json_load_file(path, 0, &why);
    cr_assert(all, "%s", why.text);
    return all;
}

Test(codes_intake, us_core_race) {
    json_t *all = identifiers(), *part;
    size_t i;
    json_array_foreach(json_object_get(all, "sub_extensions"), i, part) {
        const char *name = json_string_value(part), *got = race_part(all, name, "urn:oid:2.16.840.1.113883.6.238", "2106-3");
        cr_expect_str_eq(got, strcmp(name, "detailed") == 0 ? "race|detail|cdcrec|2106-3\n"
                              : strcmp(name, "text") == 0   ? "race|text|-|White\n"
                                                            : "race|code|cdcrec|2106-3\n", "%s: %s", name, got);
    }
    json_array_foreach(json_object_get(all, "code_system"), i, part) { /* "legacy: URI", "legacy DSTU2: URI as ..." */
        char system[128];
        const char *s = strstr(json_string_value(part), ": ");
        cr_assert_eq(sscanf(s ? s + 2 : json_string_value(part), "%127s", system), 1);
        white(system);
        cr_expect(strstr(race_part(all, "ombCategory", system, "2106-3"), "race|code|"), "%s", system);
    }
    cr_expect(rs_eq_c(ask("race", string_of(all, "null_flavor"), RS_LIT("UNK")).missing, "UNKNOWN"));
    cr_expect(rs_eq_c(ask("race", string_of(all, "data_absent_reason"), RS_LIT("asked-declined")).missing, "DECLINED"));
    const char *got = patient(string_of(all, "us_core_ethnicity"), "\"extension\":[{\"url\":\"text\",\"valueString\":\"Hispanic\"}]");
    cr_expect_str_eq(got, "ethnicity|text|-|Hispanic\n");
    json_decref(all);
}

#define CORE "http://hl7.org/fhir/us/core/StructureDefinition/"
#define SNOMED "\"system\":\"http://snomed.info/sct\""

/* Names of extensions stand in sentences there ("us-core-genderIdentity valueCodeableConcept (5.0-7.0 ...)"). */
Test(codes_intake, us_core_sex_identity_and_interpreter) {
    json_t *all = identifiers(), *sex = json_object_get(all, "sex_extension_history");
    cr_assert(json_object_get(sex, "birthsex") && json_object_get(sex, "us-core-sex") && json_object_get(sex, "us-core-individual-sex"));
    cr_assert_eq(json_object_size(sex), 3);
    cr_expect_str_eq(patient(CORE "us-core-birthsex", "\"valueCode\":\"F\""), "sex_at_birth|code|hl7_admin_gender|F\n");
    cr_expect_str_eq(patient(CORE "us-core-sex", "\"valueCode\":\"248152002\""), "administrative_sex|code|snomed|248152002\n");
    cr_expect_str_eq(patient(CORE "us-core-sex", "\"valueCoding\":{" SNOMED ",\"code\":\"248152002\"}"),
                     "administrative_sex|code|snomed|248152002\n");
    cr_expect_str_eq(patient(CORE "us-core-individual-sex", "\"valueCoding\":{" SNOMED ",\"code\":\"248153007\"}"),
                     "administrative_sex|code|snomed|248153007\n");
    cr_assert(strstr(string_of(all, "gender_identity"), "us-core-genderIdentity valueCodeableConcept"));
    cr_expect_str_eq(patient(CORE "us-core-genderIdentity",
                             "\"valueCodeableConcept\":{\"coding\":[{" SNOMED ",\"code\":\"407377005\"}]}"),
                     "gender_identity|code|snomed|407377005\n");
    char pronouns[128];
    cr_assert_eq(sscanf(string_of(all, "pronouns"), "%127s", pronouns), 1);
    cr_expect(strstr(patient(pronouns, "\"extension\":[{\"url\":\"value\",\"valueCodeableConcept\":{\"coding\":"
                                       "[{\"system\":\"http://loinc.org\",\"code\":\"LA29518-0\"}]}}]"), "pronouns|code|"));
    cr_assert(strstr(string_of(all, "interpreter"), "SNOMED 373066001 yes / 373067005 no"));
    cr_expect_str_eq(patient(CORE "us-core-interpreter-needed", "\"valueCoding\":{" SNOMED ",\"code\":\"373066001\"}"),
                     "interpreter|code|snomed|373066001\n");
    struct rs_meaning yes = ask("interpreter", "snomed", RS_LIT("373066001")), no = ask("interpreter", "snomed", RS_LIT("373067005"));
    cr_expect(rs_has(yes.value) && rs_has(no.value) && !rs_eq(yes.value, no.value), "%.*s %.*s", SHOW(yes.value), SHOW(no.value));
    char spcu[128];
    cr_assert_eq(sscanf(string_of(all, "spcu"), "%127s", spcu), 1);
    const char *got = patient(spcu, "\"valueCodeableConcept\":{\"coding\":[{\"system\":\"x\",\"code\":\"female-typical\"}]}");
    compare(RS_LIT("spcu"), "element", RS_LIT("sex parameter for clinical use"), rs_cstr(got));
    all_met();
    json_decref(all);
}

/* ---- what else sogi.csv names: codes of Observations, and how an answer was collected ------------------------------- */

static const char *observation(struct rs_view loinc, struct rs_view method, const char *columns) {
    struct rs_buffer b = {0};
    rs_buffer_printf(&b, "{\"resourceType\":\"Patient\",\"id\":\"p1\"}\n{\"resourceType\":\"Observation\",\"status\":\"final\","
                         "\"code\":{\"coding\":[{\"system\":\"http://loinc.org\",\"code\":\"%.*s\"}]},"
                         "\"method\":{\"coding\":[{\"system\":\"http://hl7.org/fhir/us/sdoh-clinicalcare/CodeSystem/"
                         "SDOHCC-CodeSystemTemporaryCodes\",\"code\":\"%.*s\"}]},\"subject\":{\"reference\":\"Patient/p1\"},"
                         "\"valueCodeableConcept\":{\"text\":\"x\"}}\n", SHOW(loinc), SHOW(method));
    ingest_bytes("us-core-fhir", b.p, b.n);
    rs_buffer_free(&b);
    return ROWS(assertion, columns);
}

static bool sogi(void *self, const char *path, const struct rs_table_row *row, struct rs_error *e) {
    static const char *const observed[][2] = {{"Sexual orientation", "sexual_orientation\n"}, {"Gender identity", "gender_identity\n"},
                                              {"Sex assigned at birth", "sex_at_birth\n"}, {"Sex", "administrative_sex\n"},
                                              {"Race OMB.1997", "race\n"}};
    static const char *const methods[][2] = {{"self-reported", "self\n"}, {"reported-by-related-person", "related_person\n"},
                                             {"observed", "observed\n"}, {"administrative", "administrative\n"},
                                             {"derived-specify", "derived\n"}, {"other-specify", "unknown\n"}};
    (void)self, (void)path, (void)e;
    struct rs_view domain = rs_table_cell(row, "domain"), code = rs_table_cell(row, "code");
    bool loinc = rs_eq_c(domain, "loinc");
    if (!loinc && !rs_eq_c(domain, "collection_method")) return true; /* answers: test_codes.c */
    const char *want = NULL, *got = observation(loinc ? code : RS_LIT("76690-7"), loinc ? RS_LIT("observed") : code,
                                                loinc ? "element" : "collection");
    for (size_t i = 0; i < 5; i++)
        if (loinc && rs_eq_c(rs_table_cell(row, "display"), observed[i][0])) want = observed[i][1];
    for (size_t i = 0; i < 6; i++)
        if (!loinc && rs_eq_c(code, methods[i][0])) want = methods[i][1];
    cr_assert(want, "%.*s: the test says nothing of it", SHOW(code));
    cr_expect_str_eq(got, want, "%.*s: %s", SHOW(code), got);
    seen++;
    return true;
}
Test(codes_intake, observations_and_methods) { read_table("sogi.csv", 5 + 6, sogi); }
