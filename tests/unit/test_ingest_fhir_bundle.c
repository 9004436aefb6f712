/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Bundles however they are written, references between their entries, and resources about a patient. */
#include "ingest_run.h"

TestSuite(ingest_fhir_bundle, .init = start, .fini = finish);

#define NAMED(id, family) "{\"resourceType\":\"Patient\",\"id\":\"" id "\",\"name\":[{\"family\":\"" family "\"}]}"
#define LOINC(code) "\"code\":{\"coding\":[{\"system\":\"http://loinc.org\",\"code\":\"" code "\"}]}"
#define OBSERVATION(code, subject, more)                                                                          \
    "{\"resourceType\":\"Observation\",\"status\":\"final\"," LOINC(code) ",\"subject\":{\"reference\":\"" subject "\"}" more "}"
#define VALUE(code) ",\"valueCodeableConcept\":{\"coding\":[{\"system\":\"http://snomed.info/sct\",\"code\":\"" code "\"}]}"
#define BUNDLE(entries) "{\"resourceType\":\"Bundle\",\"type\":\"collection\",\"entry\":[" entries "]}"
#define PLACES "record_no line offset family_raw"

/* Whole file on one line; keys before and behind the entries; a file that is a Bundle with nothing in it. */
Test(ingest_fhir_bundle, one_line) {
    static const char text[] = "{\"link\":[{\"x\":\"]}\"}],\"resourceType\" : \"Bundle\", \"entry\" : [ {\"resource\":" NAMED("a", "One")
        "}, {\"fullUrl\":\"urn:x\"},{\"resource\":{\"resourceType\":\"Group\"}} ,{\"resource\":" NAMED("b", "Two")
        "}],\"total\":4,\"more\":[{}]}";
    char expected[80];
    ingest("us-core-fhir", text);
    const char *first = strstr(text, "{\"resource\":{"), *last = strstr(text, "Two");
    while (strncmp(last, "{\"resource\":", 12) != 0) last--;
    snprintf(expected, sizeof expected, "1|1|%d|One\n4|1|%d|Two\n", (int)(first - text), (int)(last - text));
    EXPECT(record, PLACES, expected);
    EXPECT(ledger, "layout fate reason rows",
           "assertion|made|-|0\ncoverage|made|-|0\nfhir|read|-|4\nfhir|written|-|2\nfhir|ignored|entry without a resource|1\n"
           "fhir|ignored|resource of another type|1\nfile|made|-|1\nidentifier|made|-|0\nmeasure_event|made|-|0\n"
           "record|made|-|2\n");
    ingest("us-core-fhir", "{\"resourceType\":\"Bundle\",\"type\":\"searchset\",\"total\":0}");
    EXPECT(ledger, "layout fate reason rows",
           "assertion|made|-|0\ncoverage|made|-|0\nfhir|read|-|1\nfhir|ignored|resource of another type|1\nfile|made|-|1\n"
           "identifier|made|-|0\nmeasure_event|made|-|0\nrecord|made|-|0\n");
    ingest("us-core-fhir", BUNDLE(""));
    EXPECT(file, "records", "0\n");
}

/* Lines that are Bundles, among others that are not. */
Test(ingest_fhir_bundle, lines) {
    ingest("us-core-fhir", BUNDLE("{\"resource\":" NAMED("a", "One") "},{\"resource\":" NAMED("b", "Two") "}") "\n"
                           NAMED("c", "Three") "\r\n{\"entry\":[\n{\"entry\":[{\"resource\":{}\n"
                           "{\"id\":\"x\",\"resourceType\":\"List\",\"entry\":[{}]}\n"
                           BUNDLE("{\"resource\":" NAMED("d", "Four") "}"));
    EXPECT(record, "record_no line family_raw", "1|1|One\n2|1|Two\n3|2|Three\n6|6|Four\n");
    EXPECT(quarantine, "record_no line rule", "4|4|broken_json\n");
}

Test(ingest_fhir_bundle, pretty) {
    ingest("us-core-fhir", "\n{\n  \"resourceType\": \"Bundle\",\n  \"entry\": [\n    {\n      \"resource\": " NAMED("a", "One")
                           "\n    },\n    {\n      \"resource\": " NAMED("b", "Two") "\n    }\n  ]\n}\n\n" NAMED("c", "Three")
                           "\n{\"resourceType\": \"Bundle\",\n\"entry\":[" "{\"resource\":" NAMED("d", "Four"));
    EXPECT(record, "record_no line family_raw", "1|5|One\n2|8|Two\n3|14|Three\n");
    EXPECT(quarantine, "record_no line rule", "4|16|broken_json\n");
    /* a single resource, and one whose first line ends in a comma */
    ingest("us-core-fhir", "{\n  \"resourceType\": \"Patient\",\n  \"id\": \"p\"\n}");
    EXPECT(record, "record_no line offset", "1|1|0\n");
    ingest("us-core-fhir", "{ \"resourceType\": \"Patient\",\n  \"id\": \"p\" }\n");
    EXPECT(record, "record_no line offset", "1|1|0\n");
}

/* Entries refer to a patient by id, URL or urn; a patient without an id is known by its entry's URL. */
Test(ingest_fhir_bundle, references) {
    ingest("us-core-fhir", BUNDLE(
        "{\"fullUrl\":\"urn:uuid:u-1\",\"resource\":{\"resourceType\":\"Patient\"}},"
        "{\"resource\":" OBSERVATION("76690-7", "urn:uuid:u-1", VALUE("1")) "},"
        "{\"fullUrl\":\"https://x.org/fhir/Patient/u-1\",\"resource\":{\"resourceType\":\"Patient\"}},"
        "{\"resource\":" OBSERVATION("76691-5", "https://x.org/fhir/Patient/u-1", VALUE("2")) "},"
        "{\"fullUrl\":\"urn:uuid:other\",\"resource\":{\"resourceType\":\"Patient\",\"id\":\"u-1\"}},"
        "{\"resource\":" OBSERVATION("76691-5", "#contained", VALUE("3")) "},"
        "{\"resource\":{\"resourceType\":\"Patient\"}}"));
    char r[3][40], a[2][40];
    cr_assert_eq(sscanf(ROWS(record, "record_key"), "%39s %39s %39s", r[0], r[1], r[2]), 3);
    cr_assert_eq(sscanf(ROWS(assertion, "record_key"), "%39s %39s", a[0], a[1]), 2);
    cr_expect_str_eq(r[0], r[1]);
    cr_expect_str_eq(r[0], r[2]);
    cr_expect_str_eq(a[0], r[0]);
    cr_expect_str_eq(a[1], r[0]);
    EXPECT(quarantine, "scope record_no rule", "value|5|full_url\nrow|6|no_member_id\nrow|7|no_member_id\n");
}

/* Who said it, when, in components too. */
Test(ingest_fhir_bundle, observations) {
    ingest("us-core-fhir",
        OBSERVATION("76690-7", "Patient/p", ",\"issued\":\"2024-05-06T00:00:00Z\",\"performer\":[{\"reference\":\"Patient/p\"}]"
                    VALUE("20430005")) "\n"
        OBSERVATION("76691-5", "Patient/p", ",\"effectivePeriod\":{\"start\":\"2024-01-02\"},\"performer\":"
                    "[{\"reference\":\"RelatedPerson/r\"}],\"dataAbsentReason\":{\"coding\":[{\"code\":\"asked-declined\"}]}") "\n"
        OBSERVATION("90778-2", "Patient/p", ",\"method\":{\"coding\":[{\"code\":\"observed\"}]},\"valueString\":\"they\"") "\n"
        OBSERVATION("0", "Patient/p", ",\"component\":[{" LOINC("46098-0") ",\"valueCodeableConcept\":{\"text\":\"F\"}},{"
                    LOINC("1") "},{" LOINC("76689-9") ",\"valueCode\":\"M\"}]") "\n"
        "{\"resourceType\":\"Observation\",\"status\":\"entered-in-error\"," LOINC("76690-7") "}\n");
    EXPECT(assertion, "record_no answer_no element representation system raw collection effective",
           "1|1|sexual_orientation|code|snomed|20430005|self|2024-05-06\n"
           "2|1|gender_identity|code|-|asked-declined|related_person|2024-01-02\n"
           "3|1|pronouns|text|-|they|observed|-\n4|1|administrative_sex|text|-|F|administrative|-\n"
           "4|2|sex_at_birth|code|-|M|administrative|-\n");
}

#define COVERAGE(more) "{\"resourceType\":\"Coverage\",\"status\":\"active\",\"beneficiary\":{\"reference\":\"Patient/p\"}" more "}\n"
#define TYPED(code, value) "{\"type\":{\"coding\":[{\"code\":\"" code "\"}]},\"value\":\"" value "\"}"

/* A subscriber's number is a member number in the subscriber's own coverage only; a relative's number never links. */
Test(ingest_fhir_bundle, coverage) {
    ingest("us-core-fhir",
        COVERAGE(",\"identifier\":[" TYPED("MB", "M7-01") "],\"subscriberId\":\"M7\",\"relationship\":{\"coding\":[{\"code\":\"self\"}]},"
                 "\"type\":{\"coding\":[{\"code\":\"HMO\"}]},\"class\":[{\"type\":{\"coding\":[{\"code\":\"group\"}]},\"value\":\"G\"},"
                 "{\"type\":{\"coding\":[{\"code\":\"plan\"}]},\"value\":\"Gold\"}],"
                 "\"period\":{\"start\":\"2024-01-01\",\"end\":\"2024-12-31\"}")
        COVERAGE(",\"subscriberId\":\"M8\",\"relationship\":{\"coding\":[{\"code\":\"child\"}]},\"type\":{\"text\":\"Medicaid\"},"
                 "\"period\":{\"start\":\"2025\"}")
        "{\"resourceType\":\"Coverage\",\"status\":\"cancelled\"}\n{\"resourceType\":\"Coverage\",\"status\":\"active\"}\n"
        "{\"resourceType\":\"RelatedPerson\",\"patient\":{\"reference\":\"Patient/p\"},\"identifier\":[" TYPED("MB", "M9") "]}\n"
        "{\"resourceType\":\"RelatedPerson\",\"patient\":{\"reference\":\"Patient/p\"}}\n");
    EXPECT(coverage, "record_no product start_date end_date", "1|HMO Gold|2024-01-01|2024-12-31\n2|Medicaid|-|-\n");
    EXPECT(identifier, "record_no id_type id_system value links",
           "1|member|plan_member|M7-01|Y\n1|member|plan_member|M7|Y\n1|subscriber|plan_subscriber|M7|N\n"
           "2|subscriber|plan_subscriber|M8|N\n5|subscriber|plan_subscriber|M9|N\n");
    EXPECT(ledger, "layout fate reason rows",
           "assertion|made|-|0\ncoverage|made|-|2\nfhir|read|-|6\nfhir|written|-|3\nfhir|rejected|no_member_id|1\n"
           "fhir|ignored|coverage withdrawn|1\nfhir|ignored|related person without a number to keep|1\nfile|made|-|1\n"
           "identifier|made|-|5\nmeasure_event|made|-|0\nrecord|made|-|0\n");
    put_text("p.yaml", "base: us-core-fhir\nidentifiers:\n  - {from: \"related:MB\", id_type: member, id_system: x, links: yes}\n");
    struct rs_error error = {0};
    cr_expect(!run_sources("[{profile: p.yaml, source: S, files: in}]", "out", 1, &error));
    cr_expect(strstr(error.text, "relative"));
}

#define COUNT(code, n) "{\"code\":{\"coding\":[{\"code\":\"" code "\"}]},\"count\":" n "}"
#define REPORT(type, period, groups)                                                                              \
    "{\"resourceType\":\"MeasureReport\",\"status\":\"complete\",\"type\":\"" type "\",\"measure\":\"http://m.org/Measure/CBP|2.0\"," \
    "\"subject\":{\"reference\":\"Patient/p\"},\"reporter\":{\"reference\":\"Organization/o\"},\"period\":{" period "},\"group\":[" groups "]}\n"
#define Y2025 "\"start\":\"2025-01-01\",\"end\":\"2025-12-31T23:59:59Z\""

Test(ingest_fhir_bundle, measure_reports) {
    put_text("p.yaml", "base: us-core-fhir\nmeasures: {\"http://m.org/Measure/CBP\": CBP}\n");
    struct rs_error error = {0};
    put_text("in",
        REPORT("individual", Y2025, "{\"population\":[" COUNT("initial-population", "1") "," COUNT("denominator", "1") ","
               COUNT("numerator", "1") "]}")
        REPORT("individual", Y2025, "{\"population\":[" COUNT("denominator", "1") "," COUNT("denominator-exclusion", "1") ","
               COUNT("numerator", "1") "]}")
        REPORT("individual", Y2025, "{\"population\":[" COUNT("denominator", "1") "," COUNT("denominator-exception", "1") ","
               COUNT("numerator", "0") "]}")
        REPORT("individual", Y2025, "{\"population\":[" COUNT("denominator", "1") "," COUNT("denominator-exception", "1") ","
               COUNT("numerator", "1") "]},{}")
        REPORT("individual", "\"start\":\"2024-07-01\",\"end\":\"2025-06-30\"", "{\"population\":[" COUNT("denominator", "1") "]}")
        REPORT("summary", Y2025, "") REPORT("individual", "", "{\"population\":[" COUNT("denominator", "1") "]}")
        REPORT("individual", Y2025, "{\"population\":[" COUNT("numerator", "1") "]}"));
    cr_assert(run_sources("[{profile: p.yaml, source: S, files: in}]", "out", 1, &error), "%s", error.text);
    EXPECT(measure_event, "record_no line measure period provider_group denominator numerator",
           "1|1|CBP|2025|Organization/o|1|1\n2|2|CBP|2025|Organization/o|0|0\n3|3|CBP|2025|Organization/o|0|0\n"
           "4|4|CBP|2025|Organization/o|1|1\n5|5|CBP|2024-07-01/2025-06-30|Organization/o|1|0\n");
    EXPECT(quarantine, "scope record_no field rule",
           "value|4|MeasureReport.group|measure_groups\nrow|7|MeasureReport.period|measure_value\n"
           "row|8|MeasureReport.group|measure_value\n");
    ingest("us-core-fhir", REPORT("individual", Y2025, "{\"population\":[" COUNT("denominator", "1") "]}"));
    EXPECT(measure_event, "measure", "http://m.org/Measure/CBP\n");
}

/* A Bundle longer than several blocks, on one line and on many: the same rows for any number of threads. */
static void long_bundle(const char *between, int lines_each) {
    enum { N = 40000 };
    struct rs_buffer b = {0}, one = {0};
    struct rs_error error = {0};
    rs_buffer_printf(&b, "{%s\"resourceType\":\"Bundle\",%s\"entry\":[", between, between);
    for (int i = 0; i < N; i++)
        rs_buffer_printf(&b, "%s%s{\"resource\":{\"resourceType\":\"Patient\",%s\"id\":\"p%d\",\"name\":[{\"family\":\"N%d, %*s]}\"}]}}",
                         i ? "," : "", between, between, i, i, i % 150, "{");
    rs_buffer_printf(&b, "%s],\"x\":1}%s", between, between);
    put_file("in", b.p, b.n);
    cr_assert(run_sources("[{profile: us-core-fhir, source: S, files: in}]", "out", 1, &error), "%s", error.text);
    rs_buffer_printf(&one, "%s", ROWS(record, "record_no line offset family_raw"));
    for (int threads = 2; threads <= 4; threads++) {
        cr_assert(run_sources("[{profile: us-core-fhir, source: S, files: in}]", "out", threads, &error), "%s", error.text);
        EXPECT(record, "record_no line offset family_raw", one.p);
    }
    EXPECT(file, "records", "40000\n");
    EXPECT(quarantine, "rule", "");
    char expected[64];
    const char *last = one.p + strlen(one.p) - 1;
    while (last > one.p && last[-1] != '\n') last--;
    long long no, line, offset;
    cr_assert_eq(sscanf(last, "%lld|%lld|%lld|", &no, &line, &offset), 3);
    snprintf(expected, sizeof expected, "{\"resource\":{\"resourceType\":\"Patient\",%s\"id\":\"p%d\"", between, N - 1);
    cr_expect_eq(strncmp(b.p + offset, expected, strlen(expected)), 0);
    cr_expect_eq(no, N);
    cr_expect_eq(line, 1 + (lines_each ? 2 + (N - 1) * lines_each + 1 : 0));
    rs_buffer_free(&b);
    rs_buffer_free(&one);
}

Test(ingest_fhir_bundle, long_on_one_line) { long_bundle("", 0); }
Test(ingest_fhir_bundle, long_on_many_lines) { long_bundle("\n", 2); }

/* Cut off, nested too deep, not JSON, not text at all: every piece has a fate, and what is whole is read. */
Test(ingest_fhir_bundle, bad_input) {
    struct rs_buffer b = {0};
    ingest("us-core-fhir", "");
    EXPECT(file, "records", "0\n");
    rs_buffer_printf(&b, "{\"resourceType\":\"Bundle\",\"entry\":[{\"resource\":" NAMED("a", "One") "},{\"resource\":");
    for (int i = 0; i < 100; i++) rs_buffer_printf(&b, "[");
    for (int i = 0; i < 100; i++) rs_buffer_printf(&b, "]");
    rs_buffer_printf(&b, "},7,\"x\",{\"resource\":" NAMED("b", "M\xFCller") "},{\"resource\":{\"resourceType\":\"Pat");
    ingest_bytes("us-core-fhir", b.p, b.n);
    EXPECT(record, "record_no family_raw", "1|One\n5|Müller\n");
    EXPECT(quarantine, "record_no rule", "2|broken_json\n6|broken_json\n");
    EXPECT(file, "encoding records", "windows-1252|6\n");
    b.n = 0;
    for (int i = 0; i < 5000; i++) rs_buffer_byte(&b, (char)(i * 7919 >> 3));
    ingest_bytes("us-core-fhir", b.p, b.n);
    EXPECT(record, "record_no", "");
    rs_buffer_free(&b);
}

/* SDOHCC's Observation of race: a component for each race, all of one code: one answer, and one beside it for another
 * element. The form is that of the guide's own examples. */
#define RACE(code) "{" LOINC("72826-1") ",\"valueCodeableConcept\":{\"coding\":[{\"system\":\"urn:oid:2.16.840.1.113883.6.238\",\"code\":\"" code "\"}]}}"
#define METHOD(code) ",\"method\":{\"coding\":[{\"code\":\"" code "\"}]}"

Test(ingest_fhir_bundle, several_races_are_one_answer) {
    ingest("us-core-fhir",
        OBSERVATION("72826-1", "Patient/p", METHOD("self-reported") ",\"component\":[" RACE("1002-5") "," RACE("2106-3") ",{"
                    LOINC("69490-1") ",\"valueCodeableConcept\":{\"coding\":[{\"system\":\"urn:oid:2.16.840.1.113883.6.238\","
                    "\"code\":\"2135-2\"}]}}," RACE("1088-4") ",{" LOINC("72826-1") ",\"valueString\":\"Cherokee\"}]") "\n");
    EXPECT(assertion, "record_no answer_no seq element representation system raw collection",
           "1|1|1|race|code|cdcrec|1002-5|self\n1|1|2|race|code|cdcrec|2106-3|self\n1|1|3|race|code|cdcrec|1088-4|self\n"
           "1|1|4|race|text|-|Cherokee|self\n1|2|1|ethnicity|code|cdcrec|2135-2|self\n");
    EXPECT(quarantine, "rule", "");
}

/* Observation.focus is whom it is about: the mother's race is not the child's. A focus on the patient changes nothing. */
Test(ingest_fhir_bundle, observation_of_somebody_else) {
    ingest("us-core-fhir",
        OBSERVATION("72826-1", "Patient/p", ",\"focus\":[{\"reference\":\"RelatedPerson/m\"}],\"component\":[" RACE("1002-5") "]") "\n"
        OBSERVATION("72826-1", "Patient/p", ",\"focus\":[{\"reference\":\"https://x.org/fhir/Patient/p/_history/2\"}],\"component\":["
                    RACE("2106-3") "]") "\n");
    EXPECT(assertion, "record_no raw", "2|2106-3\n");
    cr_expect(strstr(ROWS(ledger, "layout fate reason rows"),
                     "fhir|read|-|2\nfhir|written|-|1\nfhir|ignored|observation of somebody else|1\n"));
}

/* References to one patient differ in form; a relative may be told by an absolute URL or by the reference's type. */
Test(ingest_fhir_bundle, who_said_it) {
    ingest("us-core-fhir",
        OBSERVATION("76690-7", "Patient/p", ",\"performer\":[{\"reference\":\"https://x.org/fhir/Patient/p\"}]" VALUE("1")) "\n"
        OBSERVATION("76690-7", "Patient/p", ",\"performer\":[{\"reference\":\"https://x.org/fhir/RelatedPerson/r\"}]" VALUE("1")) "\n"
        OBSERVATION("76690-7", "Patient/p", ",\"performer\":[{\"reference\":\"urn:uuid:1\",\"type\":\"RelatedPerson\"}]" VALUE("1")) "\n"
        OBSERVATION("76690-7", "Patient/p", ",\"performer\":[{\"reference\":\"Patient/q\"}]" VALUE("1")) "\n"
        OBSERVATION("76690-7", "Patient/p", METHOD("other-specify") ",\"performer\":[{\"reference\":\"Patient/p\"}]" VALUE("1")) "\n"
        OBSERVATION("76690-7", "Patient/p", METHOD("kiosk") VALUE("1")) "\n"
        OBSERVATION("76690-7", "Patient/p", ",\"effectiveInstant\":\"2024-03-04T05:06:07.000Z\"" VALUE("1")) "\n");
    EXPECT(assertion, "record_no collection effective",
           "1|self|-\n2|related_person|-\n3|related_person|-\n4|administrative|-\n5|unknown|-\n6|administrative|-\n"
           "7|administrative|2024-03-04\n");
    EXPECT(quarantine, "record_no rule field raw", "6|collection_code|Observation.method|kiosk\n");
}

/* An answer whose value no rule reads is said, and is not counted as written. */
Test(ingest_fhir_bundle, values_that_are_not_read) {
    ingest("us-core-fhir",
        OBSERVATION("76690-7", "Patient/p", ",\"valueInteger\":3") "\n" OBSERVATION("76690-7", "Patient/p", "") "\n"
        OBSERVATION("72826-1", "Patient/p", ",\"component\":[" RACE("1002-5") ",{" LOINC("72826-1") ",\"valueQuantity\":{\"value\":1}}]") "\n"
        "{\"resourceType\":\"Bundle\",\"entry\":[{\"resource\":" BUNDLE("{\"resource\":{\"resourceType\":\"Patient\",\"id\":\"p\"}}") "}]}\n");
    EXPECT(assertion, "record_no raw", "3|1002-5\n");
    EXPECT(quarantine, "scope record_no rule field",
           "row|1|no_value|Observation.value\nrow|2|no_value|Observation.value\nvalue|3|no_value|Observation.component\n"
           "row|4|nested_bundle|Bundle.entry.resource\n");
    cr_expect(strstr(ROWS(ledger, "layout fate reason rows"),
                     "fhir|read|-|4\nfhir|written|-|1\nfhir|rejected|nested_bundle|1\nfhir|rejected|no_value|2\n"));
}

/* What a modifierExtension means must be known before what it stands in may be understood: none is known here. The patient's
 * record is taken with a finding; answers, spans, numbers and results are not. */
#define MODIFIER ",\"modifierExtension\":[{\"url\":\"http://x.org/not\",\"valueBoolean\":true},{}]"

Test(ingest_fhir_bundle, modifier_extensions) {
    ingest("us-core-fhir",
        "{\"resourceType\":\"Patient\",\"id\":\"p\"" MODIFIER ",\"communication\":[{\"language\":{\"text\":\"Thai\"}" MODIFIER
        "},{\"language\":{\"text\":\"Lao\"},\"modifierExtension\":[]}]}\n"
        OBSERVATION("76690-7", "Patient/p", VALUE("1") MODIFIER) "\n"
        OBSERVATION("72826-1", "Patient/p", ",\"component\":[{" LOINC("72826-1") ",\"valueString\":\"not this\"" MODIFIER "}," RACE("2106-3") "]") "\n"
        COVERAGE(",\"type\":{\"text\":\"HMO\"}" MODIFIER)
        "{\"resourceType\":\"RelatedPerson\",\"patient\":{\"reference\":\"Patient/p\"},\"identifier\":[" TYPED("MB", "M9") "]" MODIFIER "}\n"
        "{\"resourceType\":\"MeasureReport\",\"status\":\"complete\",\"type\":\"individual\",\"subject\":{\"reference\":\"Patient/p\"}" MODIFIER "}\n");
    EXPECT(record, "record_no", "1\n");
    EXPECT(assertion, "record_no element raw", "1|language_spoken|Lao\n3|race|2106-3\n");
    EXPECT(coverage, "record_no", "");
    EXPECT(identifier, "record_no", "");
    EXPECT(quarantine, "scope record_no rule field raw",
           "value|1|modifier_extension|Patient.modifierExtension|http://x.org/not\n"
           "value|1|modifier_extension|Patient.communication|http://x.org/not\n"
           "row|2|modifier_extension|Observation.modifierExtension|http://x.org/not\n"
           "value|3|modifier_extension|Observation.component|http://x.org/not\n"
           "row|4|modifier_extension|Coverage.modifierExtension|http://x.org/not\n"
           "row|5|modifier_extension|RelatedPerson.modifierExtension|http://x.org/not\n"
           "row|6|modifier_extension|MeasureReport.modifierExtension|http://x.org/not\n");
    /* seven places of two each */
    cr_expect(strstr(ROWS(ledger, "layout fate reason rows"),
                     "fhir_extension|read|-|14\nfhir_extension|ignored|modifier extension|14\n"));
}

/* Files that were joined: each has its BOM, before a line, a document or a Bundle. */
Test(ingest_fhir_bundle, joined_files_with_boms) {
    static const char bom[] = "\xEF\xBB\xBF";
    char text[2048];
    snprintf(text, sizeof text, "%s" NAMED("a", "One") "\n%s" NAMED("b", "Two") "\n%s" BUNDLE("{\"resource\":" NAMED("c", "Three") "}"), bom, bom, bom);
    ingest("us-core-fhir", text);
    EXPECT(record, "record_no line family_raw", "1|1|One\n2|2|Two\n3|3|Three\n");
    snprintf(text, sizeof text, "{\n\"resourceType\":\"Patient\",\"id\":\"a\"}\n%s{\n\"resourceType\":\"Patient\",\"id\":\"b\"}\n%s" BUNDLE("\n{\"resource\":" NAMED("c", "Three") "}"), bom, bom);
    ingest("us-core-fhir", text);
    EXPECT(record, "record_no line family_raw", "1|1|-\n2|3|-\n3|6|Three\n");
    EXPECT(quarantine, "rule", "");
}

/* Without a relationship the subscriber is the beneficiary where both refer to one patient, in whatever form; a relative never is. */
Test(ingest_fhir_bundle, whose_coverage) {
    ingest("us-core-fhir",
        COVERAGE(",\"subscriberId\":\"M1\",\"subscriber\":{\"reference\":\"https://x.org/fhir/Patient/p\"}")
        COVERAGE(",\"subscriberId\":\"M2\",\"subscriber\":{\"reference\":\"RelatedPerson/p\"}")
        COVERAGE(",\"subscriberId\":\"M3\",\"subscriber\":{\"reference\":\"Patient/q\"}"));
    EXPECT(identifier, "record_no id_type value links",
           "1|member|M1|Y\n1|subscriber|M1|N\n2|subscriber|M2|N\n3|subscriber|M3|N\n");
}
