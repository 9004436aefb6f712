/* SPDX-License-Identifier: GPL-3.0-or-later */
/* FHIR lines: US Core's forms of race, ethnicity, sex, SOGI and language by version, and lines that are none. */
#include "ingest_run.h"

TestSuite(ingest_fhir, .init = start, .fini = finish);

#define CORE "http://hl7.org/fhir/us/core/StructureDefinition/"
#define CDCREC "\"system\":\"urn:oid:2.16.840.1.113883.6.238\""
#define NULL_FLAVOR "\"system\":\"http://terminology.hl7.org/CodeSystem/v3-NullFlavor\""
#define SNOMED "\"system\":\"http://snomed.info/sct\""
#define PATIENT(more) "{\"resourceType\":\"Patient\",\"id\":\"p1\"," more "}\n"
#define ANSWERS "record_no answer_no seq element representation system raw"

Test(ingest_fhir, race_and_ethnicity) {
    ingest("us-core-fhir", PATIENT("\"extension\":["
        "{\"url\":\"" CORE "us-core-race\",\"extension\":["
        "{\"url\":\"ombCategory\",\"valueCoding\":{" CDCREC ",\"code\":\"2106-3\",\"display\":\"White\"}},"
        "{\"url\":\"ombCategory\",\"valueCoding\":{" CDCREC ",\"code\":\"1002-5\"}},"
        "{\"url\":\"detailed\",\"valueCoding\":{" CDCREC ",\"code\":\"1586-7\"}},"
        "{\"url\":\"text\",\"valueString\":\"Mixed\"}]},"
        "{\"url\":\"" CORE "us-core-ethnicity\",\"extension\":["
        "{\"url\":\"ombCategory\",\"valueCoding\":{" NULL_FLAVOR ",\"code\":\"UNK\"}},"
        "{\"url\":\"text\",\"valueString\":\"Other\"}]}]"));
    EXPECT(assertion, ANSWERS " collection line segment offset",
           "1|1|1|race|code|cdcrec|2106-3|administrative|1|-|0\n1|1|2|race|code|cdcrec|1002-5|administrative|1|-|0\n"
           "1|1|3|race|detail|cdcrec|1586-7|administrative|1|-|0\n1|1|4|race|text|-|Mixed|administrative|1|-|0\n"
           "1|2|1|ethnicity|code|null_flavor|UNK|administrative|1|-|0\n1|2|2|ethnicity|text|-|Other|administrative|1|-|0\n");
}

/* DSTU2 had a CodeableConcept on the extension itself; a wrong system stays as sent; a code may be missing. */
Test(ingest_fhir, odd_race) {
    ingest("us-core-fhir", PATIENT("\"extension\":["
        "{\"url\":\"" CORE "us-core-race\",\"valueCodeableConcept\":{\"coding\":["
        "{\"system\":\"http://hl7.org/fhir/v3/Race\",\"code\":\"2054-5\"},{\"system\":\"urn:local\",\"code\":\"B\"}],"
        "\"text\":\"Black\"}},"
        "{\"url\":\"" CORE "us-core-ethnicity\",\"extension\":[{\"url\":\"ombCategory\",\"valueCoding\":"
        "{\"display\":\"Hispanic\"}}]},{\"url\":\"http://example.org/other\",\"valueString\":\"x\"},{},7]"));
    EXPECT(assertion, ANSWERS,
           "1|1|1|race|code|cdcrec|2054-5\n1|1|2|race|alternate|urn:local|B\n1|1|3|race|text|-|Black\n"
           "1|2|1|ethnicity|text|-|Hispanic\n");
}

/* 6.1 and 7.0: valueCode; 8.0: valueCoding; 9.0: another name. It stands in for a gender that is not there. */
Test(ingest_fhir, sex_by_version) {
    ingest("us-core-fhir",
        PATIENT("\"gender\":\"female\",\"extension\":[{\"url\":\"" CORE "us-core-birthsex\",\"valueCode\":\"F\"},"
                "{\"url\":\"" CORE "us-core-sex\",\"valueCode\":\"248152002\"}]")
        PATIENT("\"extension\":[{\"url\":\"" CORE "us-core-sex\",\"valueCoding\":{" SNOMED ",\"code\":\"248152002\"}}]")
        PATIENT("\"extension\":[{\"url\":\"" CORE "us-core-individual-sex\",\"valueCoding\":{" SNOMED
                ",\"code\":\"248153007\"}}]")
        PATIENT("\"extension\":[{\"url\":\"" CORE "us-core-birthsex\",\"_valueCode\":{\"extension\":[{\"url\":"
                "\"http://hl7.org/fhir/StructureDefinition/data-absent-reason\",\"valueCode\":\"asked-declined\"}]}}]"));
    EXPECT(record, "record_no sex_raw", "1|female\n2|248152002\n3|248153007\n4|-\n");
    EXPECT(assertion, ANSWERS,
           "1|1|1|sex_at_birth|code|hl7_admin_gender|F\n1|2|1|administrative_sex|code|snomed|248152002\n"
           "2|1|1|administrative_sex|code|snomed|248152002\n3|1|1|administrative_sex|code|snomed|248153007\n"
           "4|1|1|sex_at_birth|code|http://terminology.hl7.org/CodeSystem/data-absent-reason|asked-declined\n");
}

Test(ingest_fhir, identity_pronouns_interpreter) {
    ingest("us-core-fhir", PATIENT("\"meta\":{\"lastUpdated\":\"2025-03-04T09:30:00Z\"},\"extension\":["
        "{\"url\":\"" CORE "us-core-genderIdentity\",\"valueCodeableConcept\":{\"coding\":[{" NULL_FLAVOR
        ",\"code\":\"ASKU\"}],\"text\":\"Declined\"}},"
        "{\"url\":\"http://hl7.org/fhir/StructureDefinition/individual-pronouns\",\"extension\":["
        "{\"url\":\"value\",\"valueCodeableConcept\":{\"coding\":[{\"system\":\"http://loinc.org\",\"code\":\"LA29520-6\"}]}},"
        "{\"url\":\"period\",\"valuePeriod\":{\"start\":\"2024-02-29\"}}]},"
        "{\"url\":\"" CORE "us-core-interpreter-needed\",\"valueCoding\":{" SNOMED ",\"code\":\"373066001\"}}]"));
    EXPECT(assertion, "answer_no seq element representation system raw effective",
           "1|1|gender_identity|code|null_flavor|ASKU|2025-03-04\n1|2|gender_identity|text|-|Declined|2025-03-04\n"
           "2|1|pronouns|code|http://loinc.org|LA29520-6|2024-02-29\n"
           "3|1|interpreter|code|snomed|373066001|2025-03-04\n");
    EXPECT(record, "record_date", "2025-03-04\n");
}

Test(ingest_fhir, languages) {
    ingest("us-core-fhir", PATIENT("\"communication\":["
        "{\"language\":{\"coding\":[{\"system\":\"urn:ietf:bcp:47\",\"code\":\"es\"}],\"text\":\"Spanish\"},\"preferred\":true},"
        "{\"language\":{\"coding\":[{\"system\":\"urn:ietf:bcp:47\",\"code\":\"en-US\"}]}},{\"preferred\":true}]"));
    EXPECT(assertion, ANSWERS,
           "1|1|1|language_preferred|code|bcp47|es\n1|1|2|language_preferred|text|-|Spanish\n"
           "1|2|1|language_spoken|code|bcp47|en-US\n");
}

Test(ingest_fhir, names_and_places) {
    ingest("us-core-fhir", PATIENT(
        "\"name\":[{\"use\":\"old\",\"family\":\"Shaw\",\"given\":[\"Amy\"],\"period\":{\"end\":\"2020-07-22\"}},"
        "{\"use\":\"usual\",\"family\":\"Baxter\",\"given\":[\"Mae\"]},"
        "{\"use\":\"official\",\"family\":\"Baxt\\u00e9r\",\"given\":[\"Amy\",\"V.\",\"J.\"],\"suffix\":[\"II\"]},"
        "{\"use\":\"maiden\",\"family\":\"Young\"}],"
        "\"telecom\":[{\"system\":\"email\",\"value\":\"a@b\"},{\"system\":\"phone\",\"use\":\"work\",\"value\":\"1\"},"
        "{\"system\":\"phone\",\"use\":\"home\",\"value\":\"2\"}],"
        "\"birthDate\":\"1987-02-20\",\"deceasedDateTime\":\"2022-07-22\","
        "\"address\":[{\"use\":\"home\",\"line\":[\"49 Meadow\"],\"city\":\"Old\",\"period\":{\"end\":\"2020-01-01\"}},"
        "{\"use\":\"home\",\"extension\":[{\"url\":\"http://hl7.org/fhir/StructureDefinition/iso21090-ADXP-censusTract\","
        "\"valueString\":\"40109104300\"}],\"line\":[\"183 View\",\"Apt 2\"],\"city\":\"Mounds\",\"district\":\"Creek\","
        "\"state\":\"OK\",\"postalCode\":\"74048\"}]"));
    EXPECT(record, "family_raw given_raw middle_raw suffix_raw previous_family_raw birth_raw death_raw street_raw "
                   "city_raw state_raw zip_raw county_raw geoid_raw phone_raw",
           "Baxtér|Amy|V. J.|II|Young|1987-02-20|2022-07-22|183 View, Apt 2|Mounds|OK|74048|Creek|40109104300|2\n");
    EXPECT(assertion, "element representation raw", "name_to_use|text|Mae\n");
    EXPECT(file, "encoding", "utf-8\n");
}

Test(ingest_fhir, identifiers) {
    ingest("us-core-fhir", PATIENT("\"identifier\":["
        "{\"type\":{\"coding\":[{\"code\":\"MB\"}]},\"system\":\"urn:plan\",\"value\":\" M1 \"},"
        "{\"type\":{\"coding\":[{\"code\":\"MB\"}]},\"system\":\"urn:plan2\",\"value\":\"M1\"},"
        "{\"type\":{\"coding\":[{\"code\":\"SS\"}]},\"value\":\"999-94-5397\"},{\"value\":\"x\"},{\"type\":{\"coding\":"
        "[{\"code\":\"MR\"}]}}]"));
    EXPECT(identifier, "id_type id_system value links", "member|plan_member|M1|Y\nsocial_security|us_ssn|999-94-5397|N\n");
}

/* An Observation has its patient's key and no record of its own. */
Test(ingest_fhir, sexual_orientation) {
    static const char observation[] =
        "{\"resourceType\":\"Observation\",\"status\":\"final\",\"code\":{\"coding\":[{\"system\":\"http://loinc.org\","
        "\"code\":\"%s\"}]},\"subject\":{\"reference\":\"%s\"},\"effectiveDateTime\":\"2021-11-11T10:00:00Z\","
        "\"valueCodeableConcept\":{\"coding\":[{" SNOMED ",\"code\":\"38628009\"}]}}\n";
    struct rs_buffer b = {0};
    rs_buffer_printf(&b, PATIENT("\"active\":true"));
    rs_buffer_printf(&b, observation, "76690-7", "Patient/p1");
    rs_buffer_printf(&b, observation, "76690-7", "https://example.org/fhir/Patient/p1/_history/2");
    rs_buffer_printf(&b, observation, "8480-6", "Patient/p1");
    rs_buffer_printf(&b, observation, "76690-7", "Group/g1");
    ingest_bytes("us-core-fhir", b.p, b.n);
    rs_buffer_free(&b);
    char key[40], answers[3][40];
    cr_assert_eq(sscanf(ROWS(record, "record_key"), "%39s", key), 1);
    cr_assert_eq(sscanf(ROWS(assertion, "record_key"), "%39s %39s %39s", answers[0], answers[1], answers[2]), 2);
    cr_expect_str_eq(answers[0], key);
    cr_expect_str_eq(answers[1], key);
    EXPECT(assertion, "record_no element system raw effective",
           "2|sexual_orientation|snomed|38628009|2021-11-11\n3|sexual_orientation|snomed|38628009|2021-11-11\n");
    EXPECT(quarantine, "scope record_no line rule", "row|5|5|no_member_id\n");
    EXPECT(ledger, "layout fate reason rows",
           "assertion|made|-|2\ncoverage|made|-|0\nfhir|read|-|5\nfhir|written|-|3\nfhir|rejected|no_member_id|1\n"
           "fhir|ignored|observation of another code|1\nfile|made|-|1\nidentifier|made|-|0\n"
           "measure_event|made|-|0\nrecord|made|-|1\n");
}

Test(ingest_fhir, lines_that_are_none) {
    struct rs_buffer b = {0};
    rs_buffer_printf(&b, "\n  \n{\"exportId\":\"log\"}\n%s{\"resourceType\":\"Patient\",\"id\":\"cut\n[1,2]\n\"text\"\n12\n"
                         "{} {}\n{\"resourceType\":\"Group\"}\n{\"resourceType\":\"Patient\"}\n", PATIENT("\"active\":true"));
    for (int i = 0; i < 200; i++) rs_buffer_printf(&b, "[");
    ingest_bytes("us-core-fhir", b.p, b.n);
    rs_buffer_free(&b);
    EXPECT(record, "record_no line offset", "2|4|23\n");
    EXPECT(quarantine, "scope record_no line field rule",
           "row|3|5|line|broken_json\nrow|4|6|resourceType|json_array\nrow|7|9|line|broken_json\nrow|9|11|Patient.id|no_member_id\n"
           "row|10|12|line|broken_json\n");
    EXPECT(ledger, "layout fate reason rows",
           "assertion|made|-|0\ncoverage|made|-|0\nfhir|read|-|10\nfhir|written|-|1\nfhir|rejected|broken_json|3\n"
           "fhir|rejected|json_array|1\nfhir|rejected|no_member_id|1\nfhir|ignored|not a resource|3\nfhir|ignored|resource of another type|1\n"
           "file|made|-|1\nidentifier|made|-|0\nmeasure_event|made|-|0\nrecord|made|-|1\n");
}

/* After a broken line the next one is read as if nothing had been. */
Test(ingest_fhir, windows_1252_and_recovery) {
    ingest("us-core-fhir", "{\"resourceType\":\n" PATIENT("\"name\":[{\"family\":\"Mu\xF1oz\",\"given\":[\"Jos\\u00e9\"]}]"));
    EXPECT(record, "record_no family_raw given_raw", "2|Muñoz|José\n");
    EXPECT(file, "encoding records", "windows-1252|2\n");
}

/* Pretty-printed resources, one after the other. */
Test(ingest_fhir, documents) {
    ingest("us-core-fhir", "{\n  \"resourceType\": \"Patient\",\n  \"id\": \"a}\",\n  \"name\": [\n{\"family\": \"One\"}]\n}\n"
                           "{\n\"resourceType\": \"Patient\",\n\"id\": \"b\\\"{\"\n}");
    EXPECT(record, "record_no line offset family_raw", "1|1|0|One\n2|7|78|-\n");
    EXPECT(quarantine, "rule", "");
}

/* The organisation that keeps the record, by name, reference or identifier. */
Test(ingest_fhir, facility) {
    ingest("us-core-fhir",
           PATIENT("\"managingOrganization\":{\"reference\":\"Organization/7\",\"display\":\"River Clinic\"}")
           PATIENT("\"managingOrganization\":{\"reference\":\"Organization/7\"}")
           PATIENT("\"managingOrganization\":{\"identifier\":{\"value\":\"NPI1\"}}") PATIENT("\"active\":true"));
    EXPECT(record, "record_no facility", "1|River Clinic\n2|Organization/7\n3|NPI1\n4|-\n");
}

/* Extensions that the profile does not name and elements that R4 does not have are counted; the patient stands. */
Test(ingest_fhir, what_nobody_knows) {
    ingest("us-core-fhir",
           PATIENT("\"extension\":[{\"url\":\"http://example.org/caste\",\"valueString\":\"x\"},{\"url\":\"" CORE
                   "us-core-birthsex\",\"valueCode\":\"F\"},{\"no\":1}],\"_birthDate\":{\"extension\":[]},\"shoeSize\":44,"
                   "\"races\":[{\"a\":{}}],\"communication\":[{\"extension\":[{\"url\":\"http://example.org/level\"}]}],"
                   "\"address\":[{\"city\":\"X\",\"extension\":[{\"url\":\"http://example.org/floor\"}]}]")
           PATIENT("\"gender\":\"male\""));
    EXPECT(record, "record_no city_raw", "1|X\n2|-\n");
    EXPECT(assertion, ANSWERS, "1|1|1|sex_at_birth|code|hl7_admin_gender|F\n");
    EXPECT(quarantine, "rule", "");
    /* five extensions, of which one is named; shoeSize and races */
    cr_expect(strstr(ROWS(ledger, "layout file_no fate reason rows"),
                     "fhir_element|1|read|-|2\nfhir_element|1|ignored|unknown element|2\nfhir_extension|1|read|-|5\n"
                     "fhir_extension|1|merged|-|1\nfhir_extension|1|ignored|not in the profile|4\n"));
}

/* Within an extension that the profile names: parts that no rule reads, and one with no value at all. */
Test(ingest_fhir, parts_that_are_not_read) {
    ingest("us-core-fhir", PATIENT("\"extension\":["
        "{\"url\":\"" CORE "us-core-race\",\"extension\":[{\"url\":\"OmbCategory\",\"valueCoding\":{\"code\":\"2106-3\"}},"
        "{\"url\":\"detailed\",\"valueInteger\":7},{\"url\":\"text\",\"valueString\":\"White\"}]},"
        "{\"url\":\"" CORE "us-core-ethnicity\",\"extension\":[{\"url\":\"ombcategory\",\"valueCoding\":{\"code\":\"2135-2\"}}]},"
        "{\"url\":\"" CORE "us-core-birthsex\"}]"));
    EXPECT(assertion, ANSWERS, "1|1|1|race|text|-|White\n");
    /* three extensions and three parts; of race the text is read; ethnicity and birthsex say nothing that is */
    cr_expect(strstr(ROWS(ledger, "layout fate reason rows"),
                     "fhir_extension|read|-|6\nfhir_extension|merged|-|1\nfhir_extension|ignored|not in the profile|3\n"
                     "fhir_extension|ignored|without a value that is read|2\n"));
}

/* Names and addresses in one text, lists of resources: said, not passed over. A blank behind a system's URI does no harm. */
Test(ingest_fhir, what_cannot_be_read_is_said) {
    ingest("us-core-fhir",
           PATIENT("\"name\":[{\"text\":\"Jo Doe\"}],\"address\":[{\"text\":\"1 Main St\",\"use\":\"home\"}]")
           PATIENT("\"name\":[{\"text\":\"Jo Doe\",\"family\":\"Doe\"}],\"address\":[{\"text\":\"1 Main St\",\"postalCode\":\"12203\"}],"
                   "\"extension\":[{\"url\":\"" CORE "us-core-race\",\"extension\":[{\"url\":\"ombCategory\",\"valueCoding\":"
                   "{\"system\":\"urn:oid:2.16.840.1.113883.6.238 \",\"code\":\"2106-3\"}}]}]")
           "[{\"resourceType\":\"Patient\",\"id\":\"p2\"}]\n");
    EXPECT(record, "record_no family_raw zip_raw", "1|-|-\n2|Doe|12203\n");
    EXPECT(assertion, ANSWERS, "2|1|1|race|code|cdcrec|2106-3\n");
    EXPECT(quarantine, "scope record_no rule field raw",
           "value|1|only_text|Patient.name|-\nvalue|1|only_text|Patient.address|-\nrow|3|json_array|resourceType|-\n");
}
