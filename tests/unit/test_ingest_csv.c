/* SPDX-License-Identifier: GPL-3.0-or-later */
/* CSV by profile: RFC 4180 and what senders make of it; measure results. */
#include "ingest_run.h"

TestSuite(ingest_csv, .init = start, .fini = finish);

Test(ingest_csv, quotes_and_line_breaks) {
    ingest("roster-csv", "\xEF\xBB\xBFMember_ID, LAST_NAME ,first_name,address_1,address_2\r\n"
                         "1,\"O\"\"Brien, Jr\",Al,\"1 Main St\r\nRear\",\r\n"
                         "2,5\" pipe,\"\",\"\",b\r\n"
                         "\r\n"
                         "3,\"Doe\" x,Jo,a,b");
    EXPECT(record, "record_no line offset family_raw given_raw street_raw",
           "1|2|57|O\"Brien, Jr|Al|1 Main St\r\nRear\n2|4|97|5\" pipe|-|b\n3|6|118|Doe x|Jo|a, b\n");
    EXPECT(identifier, "record_no id_type id_system value links",
           "1|member|plan_member|1|Y\n2|member|plan_member|2|Y\n3|member|plan_member|3|Y\n");
    EXPECT(file, "records encoding", "3|utf-8\n");
}

Test(ingest_csv, answers) {
    ingest("roster-csv", "member_id,race,race_text,ethnicity,language,updated,product,coverage_start,coverage_end\n"
                         "1,2106-3; 2054-5,White and Black,,spa,2025-02-03,HMO,2024-01-01,\n"
                         "2,,Caucasian,2186-5,,not a date,,2024-01-01,\n");
    EXPECT(assertion, "record_no answer_no seq element representation system raw effective line offset",
           "1|1|1|race|code|cdcrec|2106-3|2025-02-03|2|90\n1|1|2|race|code|cdcrec|2054-5|2025-02-03|2|97\n"
           "1|1|3|race|text|-|White and Black|2025-02-03|2|105\n"
           "1|2|1|language_preferred|code|iso639|spa|2025-02-03|2|122\n"
           "2|1|1|race|text|-|Caucasian|-|3|156\n2|2|1|ethnicity|code|cdcrec|2186-5|-|3|166\n");
    EXPECT(coverage, "record_no product start_date end_date", "1|HMO|2024-01-01|-\n");
    EXPECT(quarantine, "scope record_no field rule raw", "value|2|updated|date|not a date\n");
}

/* A row that is not as wide as the header, or without an id, or with a quote left open, is set aside; others go on. */
Test(ingest_csv, bad_rows) {
    ingest("roster-csv", "member_id,last_name,sex\n1,Doe,F\n2,Roe\n3,Poe,Jr,M\n4,Loe,F,,\n ,Moe,M\n"
                         "5,\"Open,F\n6,Noe,F\n");
    EXPECT(record, "record_no line family_raw", "1|2|Doe\n4|5|Loe\n7|8|Noe\n");
    EXPECT(quarantine, "scope record_no line field rule",
           "row|2|3|row|csv_width\nrow|3|4|row|csv_width\nrow|5|6|member_id|no_member_id\nrow|6|7|row|csv_quote\n");
    EXPECT(ledger, "layout fate reason rows",
           "assertion|made|-|0\ncoverage|made|-|0\ncsv|read|-|7\ncsv|written|-|3\ncsv|rejected|csv_quote|1\n"
           "csv|rejected|csv_width|2\ncsv|rejected|no_member_id|1\n"
           "csv_column|read|-|3\ncsv_column|merged|-|3\nfile|made|-|1\nidentifier|made|-|3\n"
           "measure_event|made|-|0\nrecord|made|-|3\n");
}

Test(ingest_csv, windows_1252) {
    ingest("roster-csv", "member_id,last_name,first_name\n1,Mu\xF1oz,\x93Pepe\x94\n2,Nu\xC3\xB1" "ez,Eva\n");
    EXPECT(record, "family_raw given_raw", "Muñoz|“Pepe”\nNuñez|Eva\n");
    EXPECT(file, "encoding", "windows-1252\n");
}

static void refused(const char *profile, const char *text, int code, const char *word) {
    struct rs_error error = {0};
    char sources[256];
    put_text("in", text);
    snprintf(sources, sizeof sources, "[{profile: %s, source: S, of_source: T, files: in}]", profile);
    cr_expect(!run_sources(sources, "out", 1, &error));
    cr_expect_eq(error.code, code, "%d: %s", error.code, error.text);
    cr_expect(strstr(error.text, word), "%s", error.text);
}

Test(ingest_csv, headers) {
    refused("roster-csv", "id,last_name\n1,Doe\n", RS_DATA, "member_id");
    refused("roster-csv", "member_id,Member_Id\n1,2\n", RS_DATA, "twice");
    refused("measures-csv", "member_id,measure,period,denominator\n", RS_DATA, "numerator");
    refused("roster-csv", "\xFF\xFEm\0e\0", RS_DATA, "UTF-16");
    refused("roster-csv", "member_id,last_name\r1,Doe\r2,Roe\r", RS_DATA, "CR alone");
}

Test(ingest_csv, own_profile) {
    put_text("semi.yaml", "format: csv\nsource: S\ndelimiter: \";\"\nmember_id: [Nr]\nrecord: {family_raw: Name}\n"
                          "collection: {default: observed, race: self}\n"
                          "assertions:\n  - {element: race, columns: [{from: R, system: local}]}\n"
                          "  - {element: interpreter, columns: [{from: I, system: local}]}\n");
    ingest("semi.yaml", "Nr;Name;R;I\n7;Doe, Jane;1;Y\n");
    EXPECT(record, "family_raw", "Doe, Jane\n");
    EXPECT(assertion, "element system raw collection", "race|local|1|self\ninterpreter|local|Y|observed\n");
}

Test(ingest_csv, wrong_profiles) {
    static const struct { const char *yaml, *word; } wrong[] = {
        {"format: xml\nmember_id: [a]\n", "format"},
        {"format: csv\n", "member_id"},
        {"format: csv\nmember_id: [a]\ncolour: red\n", "colour"},
        {"format: csv\nmember_id: [a]\nrecord: {surname: b}\n", "surname"},
        {"format: csv\nmember_id: [a]\nrecord: {zip_raw: [[b]]}\n", "zip_raw"},
        {"format: csv\nmember_id: [a]\nrecord: {zip_raw: []}\n", "zip_raw"},
        {"format: csv\nmember_id: [a]\nassertions: [{element: rase, columns: [{from: b}]}]\n", "rase"},
        {"format: csv\nmember_id: [a]\ncollection: guessed\n", "guessed"},
        {"format: x12_834\nmember_id: [SSN]\n", "SSN"},
        {"format: fhir\nmember_id: [identifier]\n", "identifier"},
        {"base: p.yaml\n", "circle"},
        {"format: measure_csv\nmember_id: [a]\ncolumns: {measure: m}\n", "numerator"},
    };
    put_text("in", "a\n1\n");
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        struct rs_error error = {0};
        put_text("p.yaml", wrong[i].yaml);
        cr_expect(!run_sources("[{profile: p.yaml, source: S, of_source: S, files: in}]", "out", 1, &error));
        cr_expect_eq(error.code, RS_CONFIG, "%zu: %d %s", i, error.code, error.text);
        cr_expect(strstr(error.text, wrong[i].word), "%zu: %s", i, error.text);
    }
}

/* ---- measures ------------------------------------------------------------------------------------------------- */

Test(ingest_csv, measures) {
    struct rs_error error = {0};
    put_text("people", "member_id,last_name\nA1,Doe\n");
    put_text("measures", "member_id,measure,period,denominator,numerator,provider_group\nA1,CBP,2025,1,0,G1\n"
                         "A1,HBD,2025,Y,yes,\nA1,CBP,2025,2,0,G1\n,CBP,2025,1,1,G1\nA1,,2025,1,1,G1\n");
    cr_assert(run_sources("[{profile: measures-csv, of_source: clinic, files: measures}, "
                          "{profile: roster-csv, source: clinic, files: people}]", "out", 1, &error), "%s", error.text);
    EXPECT(measure_event, "file_no record_no line offset measure period provider_group denominator numerator",
           "1|1|2|62|CBP|2025|G1|1|0\n1|2|3|81|HBD|2025|-|1|1\n");
    EXPECT(quarantine, "scope record_no field rule raw",
           "row|3|denominator|measure_value|2\nrow|4|member_id|no_member_id|-\nrow|5|measure|measure_value|-\n");
    char key[2][40];
    cr_assert_eq(sscanf(ROWS(measure_event, "record_key"), "%39s", key[0]), 1);
    cr_assert_eq(sscanf(ROWS(record, "record_key"), "%39s", key[1]), 1);
    cr_expect_str_eq(key[0], key[1]);
    EXPECT(file, "source format records", "measures|measure_csv|5\nclinic|csv|1\n");
}

Test(ingest_csv, measures_that_are_rates_and_means) {
    struct rs_error error = {0};
    put_text("rates.yaml", "format: measure_csv\nsource: measures\nmember_id: [member_id]\n"
                           "columns: {measure: measure, period: period, denominator: denominator, amount: events, "
                           "exposure: months, excluded: hospice, product: line}\n");
    put_text("measures", "member_id,measure,period,denominator,events,months,hospice,line\n"
                         "A1,AMB,2025,1,3,11.5,0,Medicaid\nA1,PCR,2025,1,0,12,hospice,\nA1,COST,2025,1,-12.25,,N,HMO\n"
                         "A1,AMB,2024,1,2,-1,,\nA1,AMB,2023,1,many,4,,\n");
    cr_assert(run_sources("[{profile: rates.yaml, of_source: clinic, files: measures}]", "out", 1, &error), "%s",
              error.text);
    EXPECT(measure_event, "record_no measure denominator numerator amount exposure excluded product",
           "1|AMB|1|1|3|11.5|-|Medicaid\n2|PCR|1|0|0|12|hospice|-\n3|COST|1|0|-12.25|-|-|HMO\n4|AMB|1|1|2|-|-|-\n");
    EXPECT(quarantine, "scope record_no field rule raw",
           "value|4|months|measure_amount|-1\nvalue|5|events|measure_amount|many\nrow|5|events|measure_value|many\n");
}

Test(ingest_csv, measures_of_nobody) {
    struct rs_error error = {0};
    put_text("in", "member_id,measure,period,denominator,numerator,provider_group\n");
    cr_expect(!run_sources("[{profile: measures-csv, files: in}]", "out", 1, &error));
    cr_expect_eq(error.code, RS_CONFIG);
    cr_expect(strstr(error.text, "of_source"), "%s", error.text);
}

/* Dates of eight bytes that are not eight digits. */
Test(ingest_csv, short_dates) {
    ingest("roster-csv", "member_id,updated\n1,1/2/2024\n2,20240102\n3,12/31/2024\n4,2024-01-02\n");
    EXPECT(record, "record_date", "2024-01-02\n2024-01-02\n2024-12-31\n2024-01-02\n");
}

Test(ingest_csv, facility) {
    put_text("own.yaml", "base: roster-csv\nformat: csv\nrecord: {facility: site}\n");
    ingest("./own.yaml", "member_id,site\n1,River Clinic\n2,\n");
    EXPECT(record, "record_no facility", "1|River Clinic\n2|-\n");
}

/* Columns that no rule reads are counted, their values nowhere. */
Test(ingest_csv, columns_not_in_the_profile) {
    ingest("roster-csv", "member_id,shoe_size,last_name,\xC3\xA9tat\n1,44,Doe,NY\n");
    EXPECT(record, "family_raw", "Doe\n");
    cr_expect(strstr(ROWS(ledger, "layout file_no fate reason rows"),
                     "csv_column|1|read|-|4\ncsv_column|1|merged|-|2\ncsv_column|1|ignored|not in the profile|2\n"));
}
