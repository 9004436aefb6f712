/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The whole stage over small record files: what goes in stands beside what must come out, and what must be set aside. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "pipeline/base/file.h"
#include "pipeline/reference/pack.h"
#include "pipeline/rows/stage.h"

extern const struct rs_stage rs_stage_normalize;

enum { MOST = 64, FIELDS = 8 };

struct cell {
    int column;
    const char *text;
};
struct test_case {
    struct cell in[FIELDS];     /* RECORD_...; ended by text NULL */
    struct cell out[FIELDS];    /* DEMOGRAPHIC_...; text "" wants null; ended by text NULL */
    const char *rules[4];       /* rules of the quarantine, in order */
};

static char dir[64];
static struct rs_arena arena;
static struct rs_error error;

static struct rs_view text_at(const struct rs_view *row, int column) {
    return rs_is_null(row[column]) ? RS_LIT("") : row[column];
}

static void write_records(const struct test_case *cases, size_t n) {
    struct rs_row_writer *w = rs_row_writer_open(dir, &rs_layout_record, false, &error);
    cr_assert(w != NULL, "%s", error.text);
    struct rs_buffer lines = {0};
    for (size_t i = 0; i < n; i++) {
        struct rs_view row[RECORD_COLUMNS] = {[RECORD_record_key] = RS_LIT("000102030405060708090a0b0c0d0e0f"),
                                              [RECORD_file_no] = RS_LIT("3"),
                                              [RECORD_record_no] = rs_arena_long(&arena, (int64_t)i + 1),
                                              [RECORD_line] = rs_arena_long(&arena, (int64_t)i + 2),
                                              [RECORD_offset] = rs_arena_long(&arena, (int64_t)i * 100),
                                              [RECORD_source] = RS_LIT("payer")};
        for (size_t c = 0; c < FIELDS && cases[i].in[c].text; c++) {
            row[cases[i].in[c].column] = rs_cstr(cases[i].in[c].text);
        }
        rs_row_emit(&lines, &rs_layout_record, row);
    }
    cr_assert(rs_row_writer_add(w, &lines, n, &error), "%s", error.text);
    json_t *provenance = json_object();
    cr_assert(rs_row_writer_close(w, provenance, &error), "%s", error.text);
    json_decref(provenance);
    rs_buffer_free(&lines);
}

static struct rs_scan *scan(const struct rs_layout *layout) {
    struct rs_manifest m;
    cr_assert(rs_manifest_read(dir, layout, &m, &error), "%s", error.text);
    struct rs_scan *s = rs_scan_open(&m, &error);
    cr_assert(s != NULL, "%s", error.text);
    return s;
}

static void check_rules(const struct test_case *cases, size_t n) {
    struct rs_scan *s = scan(&rs_layout_quarantine);
    const struct rs_view *row;
    for (size_t i = 0; i < n; i++) {
        for (size_t r = 0; r < 4 && cases[i].rules[r]; r++) {
            cr_assert(rs_scan_next(s, &row, &error), "case %zu: no quarantine row, %s wanted", i + 1, cases[i].rules[r]);
            int64_t record;
            cr_assert(rs_parse_long(row[QUARANTINE_record_no], &record));
            cr_assert(rs_eq_c(row[QUARANTINE_rule], cases[i].rules[r]) && record == (int64_t)i + 1,
                      "record %ld: rule %.*s; wanted record %zu, %s", (long)record, (int)row[QUARANTINE_rule].n,
                      row[QUARANTINE_rule].p, i + 1, cases[i].rules[r]);
            cr_assert(rs_eq_c(row[QUARANTINE_scope], "value") && rs_eq_c(row[QUARANTINE_file_no], "3"));
        }
    }
    cr_assert_not(rs_scan_next(s, &row, &error), "more in the quarantine than wanted: record %.*s, %.*s",
                  (int)row[QUARANTINE_record_no].n, row[QUARANTINE_record_no].p, (int)row[QUARANTINE_rule].n,
                  row[QUARANTINE_rule].p);
    rs_scan_close(s);
}

static void check(const struct test_case *cases, size_t n) {
    if (!rs_exists(rs_default_pack())) {
        cr_skip_test("the default reference pack is not built");
    }
    snprintf(dir, sizeof dir, "/tmp/relsogi_normalize_XXXXXX");
    cr_assert(mkdtemp(dir) != NULL);
    write_records(cases, n);
    const char *inputs[] = {dir};
    struct rs_stage_call call = {.inputs = inputs, .n_inputs = 1, .output = dir, .as_of = "2026-01-31", .threads = 1};
    cr_assert(rs_stage_run(&rs_stage_normalize, &call, &error), "%s", error.text);
    struct rs_scan *s = scan(&rs_layout_demographic);
    const struct rs_view *row;
    for (size_t i = 0; i < n; i++) {
        cr_assert(rs_scan_next(s, &row, &error), "row %zu is missing", i + 1);
        for (size_t c = 0; c < FIELDS && cases[i].out[c].text; c++) {
            struct rs_view got = text_at(row, cases[i].out[c].column);
            cr_assert(rs_eq_c(got, cases[i].out[c].text), "case %zu, %s: \"%.*s\", wanted \"%s\"", i + 1,
                      rs_layout_demographic.columns[cases[i].out[c].column].name, (int)got.n, got.p,
                      cases[i].out[c].text);
        }
    }
    cr_assert_not(rs_scan_next(s, &row, &error));
    rs_scan_close(s);
    check_rules(cases, n);
    char command[128];
    snprintf(command, sizeof command, "rm -rf %s", dir);
    cr_assert_eq(system(command), 0);
    rs_arena_free(&arena);
}
#define CHECK(cases) check(cases, sizeof(cases) / sizeof *(cases))
#define FAMILY RECORD_family_raw
#define GIVEN RECORD_given_raw
#define SURNAME DEMOGRAPHIC_surname
#define FIRST DEMOGRAPHIC_first_name
#define FLAG DEMOGRAPHIC_name_flag
#define SUFFIX DEMOGRAPHIC_suffix

Test(normalize, names, .timeout = 120) {
    static const struct test_case cases[] = {
        {{{FAMILY, "Garc\u00eda"}, {GIVEN, "Jos\u00e9"}}, {{SURNAME, "GARCIA"}, {FIRST, "JOSE"}, {FLAG, ""}}, {0}},
        {{{FAMILY, "O'Brien"}}, {{SURNAME, "O'BRIEN"}, {FIRST, ""}}, {0}},
        {{{FAMILY, "De  La Cruz"}}, {{SURNAME, "DE LA CRUZ"}}, {0}},
        {{{FAMILY, "Smith-Jones"}}, {{SURNAME, "SMITH-JONES"}}, {0}},
        {{{FAMILY, "Smith Jr."}}, {{SURNAME, "SMITH"}, {SUFFIX, "JR"}}, {0}},
        {{{FAMILY, "Smith"}, {RECORD_suffix_raw, "iii"}}, {{SURNAME, "SMITH"}, {SUFFIX, "III"}}, {0}},
        {{{FAMILY, "Smith"}, {RECORD_suffix_raw, "MD"}}, {{SURNAME, "SMITH"}, {SUFFIX, ""}}, {0}},
        {{{FAMILY, "Nasr"}}, {{SURNAME, "NASR"}, {SUFFIX, ""}}, {0}},
        {{{FAMILY, "Smith (Jones)"}, {GIVEN, "Robert \"Bob\""}},
         {{SURNAME, "SMITH"}, {DEMOGRAPHIC_previous_surname, "JONES"}, {FIRST, "ROBERT"}},
         {0}},
        {{{FAMILY, "Smith (n\u00e9e Garc\u00eda) Jr"}}, {{SURNAME, "SMITH"}, {DEMOGRAPHIC_previous_surname, "GARCIA"}, {SUFFIX, "JR"}}, {0}},
        {{{FAMILY, "Smith (Jones)"}, {RECORD_previous_family_raw, "Diaz"}}, {{SURNAME, "SMITH"}, {DEMOGRAPHIC_previous_surname, "DIAZ"}}, {0}},
        {{{FAMILY, "(Jones)"}, {GIVEN, "Ann (Annie"}}, {{SURNAME, "(JONES)"}, {FIRST, "ANN (ANNIE"}}, {0}},
        {{{FAMILY, "0'Connor"}}, {{SURNAME, "O'CONNOR"}, {FLAG, "digits"}}, {0}},
        {{{FAMILY, "Cole"}, {GIVEN, "John Jr"}}, {{FIRST, "JOHN"}, {SUFFIX, "JR"}}, {0}},
        {{{FAMILY, "Cole"}, {GIVEN, "Mary V"}}, {{FIRST, "MARY V"}, {SUFFIX, ""}}, {0}},
        {{{FAMILY, "Mosciski958"}, {GIVEN, "Maynard46"}},
         {{SURNAME, "MOSCISKI"}, {FIRST, "MAYNARD"}, {FLAG, "digits"}},
         {0}},
        {{{FAMILY, "Unknown"}, {GIVEN, "Ann"}},
         {{SURNAME, ""}, {FIRST, "ANN"}, {FLAG, "placeholder"}},
         {"placeholder_name"}},
        {{{FAMILY, "Lee"}, {GIVEN, "Baby Boy"}},
         {{SURNAME, "LEE"}, {FIRST, ""}, {FLAG, "placeholder"}},
         {"placeholder_name"}},
        {{{FAMILY, "Patient"}, {GIVEN, "Test"}},
         {{SURNAME, ""}, {FIRST, ""}, {FLAG, "placeholder"}},
         {"placeholder_name", "placeholder_name"}},
        {{{FAMILY, "Null"}, {GIVEN, "Na"}}, {{SURNAME, "NULL"}, {FIRST, "NA"}, {FLAG, ""}}, {0}},
        {{{FAMILY, "12345"}}, {{SURNAME, ""}, {FLAG, "placeholder"}}, {"placeholder_name"}},
        {{{FAMILY, "Acme Services, Inc."}}, {{SURNAME, ""}, {FLAG, "organisation"}}, {"organisation_name"}},
        {{{FAMILY, "Lee"}, {GIVEN, "Babygirl A"}}, {{SURNAME, "LEE"}, {FIRST, ""}, {FLAG, "placeholder"}}, {"placeholder_name"}},
        {{{FAMILY, "Lee"}, {GIVEN, "BABY BOY MARIA"}}, {{SURNAME, "LEE"}, {FIRST, ""}}, {"placeholder_name"}},
        {{{FAMILY, "Lee"}, {GIVEN, "Infant of Maria"}}, {{SURNAME, "LEE"}, {FIRST, ""}}, {"placeholder_name"}},
        {{{FAMILY, "Lee"}, {GIVEN, "Babyboyd"}}, {{FIRST, "BABYBOYD"}, {FLAG, ""}}, {0}},
        /* a suffix is a word, of either field or its own; never a tail of letters */
        {{{FAMILY, "Smith, Jr."}, {GIVEN, "John"}}, {{SURNAME, "SMITH"}, {SUFFIX, "JR"}}, {0}},
        {{{FAMILY, "Smith 3rd"}}, {{SURNAME, "SMITH"}, {SUFFIX, "III"}, {FLAG, ""}}, {0}},
        {{{FAMILY, "Smith"}, {GIVEN, "John II"}}, {{FIRST, "JOHN"}, {SUFFIX, "II"}}, {0}},
        {{{FAMILY, "Smith"}, {RECORD_suffix_raw, "2nd"}}, {{SUFFIX, "II"}}, {0}},
        {{{FAMILY, "St. John-Smith Jr"}}, {{SURNAME, "ST. JOHN-SMITH"}, {SUFFIX, "JR"}}, {0}},
        {{{FAMILY, "Junior"}, {GIVEN, "Ana"}}, {{SURNAME, "JUNIOR"}, {SUFFIX, ""}}, {0}},
        {{{FAMILY, "Ivy"}, {GIVEN, "Viola"}}, {{SURNAME, "IVY"}, {FIRST, "VIOLA"}, {SUFFIX, ""}}, {0}},
        {{{FAMILY, "Le"}, {GIVEN, "V"}}, {{SURNAME, "LE"}, {FIRST, "V"}, {SUFFIX, ""}}, {0}},
        /* particles are parts of the name */
        {{{FAMILY, "Van Der Berg IV"}}, {{SURNAME, "VAN DER BERG"}, {SUFFIX, "IV"}}, {0}},
        {{{FAMILY, "de la O"}}, {{SURNAME, "DE LA O"}, {SUFFIX, ""}}, {0}},
        {{{FAMILY, "D\u2019Angelo Sr"}}, {{SURNAME, "D'ANGELO"}, {SUFFIX, "SR"}}, {0}},
        {{{RECORD_previous_family_raw, "M\u00fcller"}}, {{DEMOGRAPHIC_previous_surname, "MULLER"}}, {0}},
    };
    CHECK(cases);
}

#define BORN RECORD_birth_raw
#define BIRTH DEMOGRAPHIC_birth_date
#define DIED RECORD_death_raw
#define DEATH DEMOGRAPHIC_death_date

/* As of 2026-01-31. */
Test(normalize, dates, .timeout = 120) {
    static const struct test_case cases[] = {
        {{{RECORD_birth_raw, "1998 4 9"}}, {{DEMOGRAPHIC_birth_date, "1998-04-09"}}, {NULL}},
        {{{RECORD_birth_raw, "2010-02-01"}, {RECORD_record_date, "2010-01-31"}},
         {{DEMOGRAPHIC_birth_date, "2010-02-01"}},
         {"birth_after_record"}},
        {{{RECORD_birth_raw, "2010-02-01"}, {RECORD_record_date, "2010-02-01"}}, {{DEMOGRAPHIC_birth_date, "2010-02-01"}}, {NULL}},
        {{{BORN, "20010101"}}, {{BIRTH, "2001-01-01"}}, {0}},
        {{{BORN, "1/5/1999"}}, {{BIRTH, "1999-01-05"}}, {0}},
        {{{BORN, "1927-05-21"}, {DIED, "1989-05-09T20:35:22-04:00"}},
         {{BIRTH, "1927-05-21"}, {DEATH, "1989-05-09"}},
         {0}},
        {{{BORN, "randomDoB"}}, {{BIRTH, ""}}, {"birth_not_a_date"}},
        {{{BORN, "2001-02-29"}}, {{BIRTH, ""}}, {"birth_not_a_date"}},
        {{{BORN, "01/05/99"}}, {{BIRTH, ""}}, {"birth_not_a_date"}},
        {{{BORN, "2026-01-31"}}, {{BIRTH, "2026-01-31"}}, {0}},
        {{{BORN, "2026-02-01"}}, {{BIRTH, ""}}, {"birth_in_future"}},
        {{{BORN, "1905-02-01"}}, {{BIRTH, "1905-02-01"}}, {0}}, /* 120 years old until tomorrow */
        {{{BORN, "1900-01-01"}}, {{BIRTH, ""}}, {"birth_over_120"}},
        {{{BORN, "1900-01-01"}, {DIED, "1990-06-01"}}, {{BIRTH, "1900-01-01"}, {DEATH, "1990-06-01"}}, {0}},
        {{{BORN, "1850-01-01"}, {DIED, "1990-06-01"}}, {{BIRTH, ""}, {DEATH, "1990-06-01"}}, {"birth_over_120"}},
        {{{BORN, "1980-01-01"}, {DIED, "1979-12-31"}}, {{DEATH, ""}}, {"death_before_birth"}},
        {{{DIED, "2027-01-01"}}, {{DEATH, ""}}, {"death_in_future"}},
        {{{BORN, " "}}, {{BIRTH, ""}}, {0}},
    };
    CHECK(cases);
}

Test(normalize, sex_and_phone, .timeout = 120) {
    static const struct test_case cases[] = {
        {{{RECORD_sex_raw, "F"}}, {{DEMOGRAPHIC_sex, "female"}}, {0}},
        {{{RECORD_sex_raw, "male"}}, {{DEMOGRAPHIC_sex, "male"}}, {0}},
        {{{RECORD_sex_raw, "U"}}, {{DEMOGRAPHIC_sex, "unknown"}}, {0}},
        {{{RECORD_sex_raw, "other"}}, {{DEMOGRAPHIC_sex, "other"}}, {0}},
        {{{RECORD_sex_raw, "248152002"}}, {{DEMOGRAPHIC_sex, "female"}}, {0}},
        {{{RECORD_sex_raw, "7Q"}}, {{DEMOGRAPHIC_sex, ""}}, {"sex_not_known"}},
        {{{RECORD_phone_raw, "555-810-7203"}}, {{DEMOGRAPHIC_phone, "5558107203"}}, {0}},
        {{{RECORD_phone_raw, "+1 (212) 555-0100 ext 12"}}, {{DEMOGRAPHIC_phone, "2125550100"}}, {0}},
        {{{RECORD_phone_raw, "810-7203"}}, {{DEMOGRAPHIC_phone, ""}}, {"phone_not_ten_digits"}},
        {{{RECORD_phone_raw, "555-110-7203"}}, {{DEMOGRAPHIC_phone, ""}}, {"phone_not_in_plan"}},
        {{{RECORD_phone_raw, "9999999999"}}, {{DEMOGRAPHIC_phone, ""}}, {"phone_placeholder"}},
    };
    CHECK(cases);
}

#define STATE RECORD_state_raw
#define ZIP RECORD_zip_raw
#define ZIP5 DEMOGRAPHIC_zip5
#define ADDRESS DEMOGRAPHIC_address_flag

Test(normalize, addresses, .timeout = 120) {
    static const struct test_case cases[] = {
        {{{STATE, "Massachusetts"}, {ZIP, "02155"}},
         {{DEMOGRAPHIC_state, "MA"}, {ZIP5, "02155"}, {DEMOGRAPHIC_zcta, "02155"}, {DEMOGRAPHIC_zip4, ""}},
         {0}},
        {{{STATE, "ny"}, {ZIP, "129011234"}}, {{DEMOGRAPHIC_state, "NY"}, {ZIP5, "12901"}, {DEMOGRAPHIC_zip4, "1234"}}, {0}},
        {{{STATE, "N.Y."}, {ZIP, "12901-1234"}}, {{DEMOGRAPHIC_state, "NY"}, {ZIP5, "12901"}, {DEMOGRAPHIC_zip4, "1234"}}, {0}},
        {{{STATE, "06"}, {ZIP, "90001-0000"}}, {{DEMOGRAPHIC_state, "CA"}, {ZIP5, "90001"}, {DEMOGRAPHIC_zip4, ""}}, {0}},
        {{{STATE, "MA"}, {ZIP, "2155"}}, {{ZIP5, "02155"}, {DEMOGRAPHIC_zcta, "02155"}}, {"zip_leading_zero"}},
        {{{STATE, "NJ"}, {ZIP, "70301234"}}, {{ZIP5, "07030"}, {DEMOGRAPHIC_zip4, "1234"}}, {"zip_leading_zero"}},
        {{{STATE, "PR"}, {ZIP, "901"}}, {{ZIP5, "00901"}}, {"zip_leading_zero"}},
        {{{STATE, "TX"}, {ZIP, "2155"}}, {{ZIP5, ""}}, {"zip_not_five_or_nine"}},
        {{{ZIP, "2155"}}, {{ZIP5, ""}}, {"zip_not_five_or_nine"}},
        {{{ZIP, "12A01"}}, {{ZIP5, ""}}, {"zip_not_five_or_nine"}},
        {{{ZIP, "99999"}}, {{ZIP5, ""}}, {"zip_placeholder"}},
        {{{STATE, "Somewhere"}}, {{DEMOGRAPHIC_state, ""}}, {"state_not_known"}},
        {{{STATE, "ON"}, {ZIP, "K1A 0B1"}}, {{DEMOGRAPHIC_state, ""}, {ZIP5, ""}, {ADDRESS, "foreign"}}, {0}},
        {{{STATE, "AE"}, {ZIP, "09012"}}, {{DEMOGRAPHIC_state, "AE"}, {ZIP5, "09012"}, {DEMOGRAPHIC_zcta, ""}}, {0}},
        {{{RECORD_street_raw, "P.O. Box 12"}}, {{DEMOGRAPHIC_street, "PO BOX 12"}, {ADDRESS, "po_box"}}, {0}},
        {{{RECORD_street_raw, "Homeless"}}, {{DEMOGRAPHIC_street, ""}, {ADDRESS, "homeless"}}, {0}},
        {{{RECORD_street_raw, "12 North Main Street, Apartment 4"}, {RECORD_city_raw, "St. Paul"}},
         {{DEMOGRAPHIC_street, "12 N MAIN ST APT 4"}, {DEMOGRAPHIC_city, "ST PAUL"}},
         {0}},
    };
    CHECK(cases);
}

#define GEOID RECORD_geoid_raw
#define COUNTY DEMOGRAPHIC_county
#define TRACT DEMOGRAPHIC_tract

/* Los Angeles County 06037, its tract 1011.10; Clinton County, New York 36019; Middlesex County, Massachusetts 25017. */
Test(normalize, census_areas, .timeout = 120) {
    static const struct test_case cases[] = {
        {{{GEOID, "06037101110"}}, {{COUNTY, "06037"}, {TRACT, "06037101110"}, {DEMOGRAPHIC_block_group, ""}}, {0}},
        {{{GEOID, "060371011101"}}, {{TRACT, "06037101110"}, {DEMOGRAPHIC_block_group, "060371011101"}}, {0}},
        {{{GEOID, "060371011101005"}}, {{TRACT, "06037101110"}, {DEMOGRAPHIC_block_group, "060371011101"}}, {0}},
        {{{GEOID, "6037101110"}, {STATE, "CA"}}, {{TRACT, "06037101110"}}, {"geoid_leading_zero"}},
        {{{GEOID, "6037101110"}, {STATE, "NY"}}, {{TRACT, ""}}, {"geoid_length"}},
        {{{GEOID, "06037999999"}}, {{COUNTY, "06037"}, {TRACT, ""}}, {"geoid_not_in_reference"}},
        {{{GEOID, "99037101110"}}, {{COUNTY, ""}}, {"geoid_state"}},
        {{{GEOID, "0603710111"}}, {{COUNTY, ""}}, {"geoid_length"}},
        {{{RECORD_county_raw, "36019"}}, {{COUNTY, "36019"}}, {0}},
        {{{RECORD_county_raw, "019"}, {STATE, "NY"}}, {{COUNTY, "36019"}}, {0}},
        {{{RECORD_county_raw, "36018"}}, {{COUNTY, ""}}, {"county_not_in_reference"}},
        {{{RECORD_county_raw, "36019"}, {STATE, "CA"}}, {{COUNTY, "36019"}, {DEMOGRAPHIC_state, "CA"}}, {"county_other_state"}},
        {{{GEOID, "06037101110"}, {STATE, "New York"}}, {{TRACT, "06037101110"}}, {"county_other_state"}},
        {{{RECORD_county_raw, "36019"}, {STATE, "AE"}}, {{COUNTY, "36019"}}, {0}},
        {{{RECORD_county_raw, "36019"}, {GEOID, "06037"}}, {{COUNTY, "06037"}, {TRACT, ""}}, {0}},
    };
    CHECK(cases);
}

#define COUNTY_OF(name, state, code) {{{RECORD_county_raw, name}, {STATE, state}}, {{COUNTY, code}}, {0}}

/* FIPS codes of counties as the Census Bureau lists them. */
Test(normalize, counties_by_name, .timeout = 120) {
    static const struct test_case cases[] = {
        COUNTY_OF("Middlesex County", "MA", "25017"),
        COUNTY_OF("MIDDLESEX", "MA", "25017"),
        COUNTY_OF("Los Angeles", "CA", "06037"),
        COUNTY_OF("County of Los Angeles", "CA", "06037"),
        COUNTY_OF("St. Louis County", "MO", "29189"),
        COUNTY_OF("Saint Louis City", "MO", "29510"),
        COUNTY_OF("Sainte Genevieve", "MO", "29186"),
        COUNTY_OF("St. Mary's", "MD", "24037"),
        COUNTY_OF("Baltimore city", "MD", "24510"),
        COUNTY_OF("Baltimore Co.", "MD", "24005"),
        COUNTY_OF("Charles City", "VA", "51036"),
        COUNTY_OF("James City County", "VA", "51095"),
        COUNTY_OF("Richmond city", "VA", "51760"),
        COUNTY_OF("Carson City", "NV", "32510"),
        COUNTY_OF("De Kalb", "GA", "13089"),
        COUNTY_OF("DeKalb County", "IL", "17037"),
        COUNTY_OF("LaSalle", "IL", "17099"),
        COUNTY_OF("O'Brien", "IA", "19141"),
        COUNTY_OF("Do\u00f1a Ana", "NM", "35013"),
        COUNTY_OF("Orleans Parish", "LA", "22071"),
        COUNTY_OF("Juneau City and Borough", "AK", "02110"),
        COUNTY_OF("Nome Census Area", "AK", "02180"),
        COUNTY_OF("Chugach", "AK", "02063"),
        COUNTY_OF("Mayag\u00fcez Municipio", "PR", "72097"),
        COUNTY_OF("District of Columbia", "DC", "11001"),
        COUNTY_OF("Miami-Dade", "FL", "12086"),
        COUNTY_OF("Prince Georges", "MD", "24033"),
        COUNTY_OF("QUEEN ANNES CO", "MD", "24035"),
        COUNTY_OF("La Porte", "IN", "18091"),
        COUNTY_OF("Du Page", "IL", "17043"),
        COUNTY_OF("Lac Qui Parle", "MN", "27073"),
        COUNTY_OF("De Witt", "TX", "48123"),
        COUNTY_OF("St John the Baptist", "LA", "22095"),
        COUNTY_OF("county of san francisco", "CA", "06075"),
        {{{RECORD_county_raw, "Saint Louis"}, {STATE, "MO"}}, {{COUNTY, ""}}, {"county_name_of_two"}},
        {{{RECORD_county_raw, "Fairfax"}, {STATE, "VA"}}, {{COUNTY, ""}}, {"county_name_of_two"}},
        {{{RECORD_county_raw, "Baltimore"}, {STATE, "MD"}}, {{COUNTY, ""}}, {"county_name_of_two"}},
        {{{RECORD_county_raw, "Middlesex"}, {STATE, "TX"}}, {{COUNTY, ""}}, {"county_name"}},
        {{{RECORD_county_raw, "Middlesex"}}, {{COUNTY, ""}}, {"county_name"}},
        {{{RECORD_county_raw, "Middlesex"}, {STATE, "MA"}, {GEOID, "25025"}}, {{COUNTY, "25025"}}, {0}},
    };
    CHECK(cases);
}

#define NOTE DEMOGRAPHIC_county_note

/* Counties of other years, after the Census Bureau's list of changes; 09190010101 for 09001010101 as two published
 * crosswalks of Connecticut's tracts have it, 09140110100 (Shelton, Fairfield County) likewise. */
Test(normalize, counties_of_other_vintages, .timeout = 120) {
    static const struct test_case cases[] = {
        {{{RECORD_county_raw, "02270"}}, {{COUNTY, "02158"}, {NOTE, "renamed"}, {DEMOGRAPHIC_state, "AK"}}, {0}},
        {{{RECORD_county_raw, "46113"}}, {{COUNTY, "46102"}, {NOTE, "renamed"}, {DEMOGRAPHIC_state, "SD"}}, {0}},
        {{{RECORD_county_raw, "113"}, {STATE, "SD"}}, {{COUNTY, "46102"}, {NOTE, "renamed"}}, {0}},
        {{{RECORD_county_raw, "51515"}}, {{COUNTY, "51019"}, {NOTE, "merged"}}, {0}},
        {{{RECORD_county_raw, "12025"}}, {{COUNTY, "12086"}, {NOTE, "renamed"}}, {0}},
        {{{RECORD_county_raw, "2261"}, {STATE, "AK"}}, {{COUNTY, ""}, {NOTE, "split"}, {DEMOGRAPHIC_state, "AK"}}, {0}},
        {{{GEOID, "02261"}}, {{COUNTY, ""}, {NOTE, "split"}, {DEMOGRAPHIC_state, "AK"}}, {0}},
        {{{GEOID, "02270000100"}}, {{COUNTY, "02158"}, {TRACT, "02158000100"}, {NOTE, "renamed"}}, {0}},
        {{{GEOID, "02261000100"}}, {{COUNTY, "02066"}, {TRACT, "02066000100"}, {NOTE, "split"}}, {0}},
        {{{GEOID, "46113999999"}}, {{COUNTY, "46102"}, {TRACT, ""}, {NOTE, "renamed"}}, {0}},
        {{{GEOID, "09190010101"}}, {{COUNTY, "09001"}, {TRACT, "09001010101"}, {NOTE, "planning_region"}}, {0}},
        {{{GEOID, "091900101011"}}, {{TRACT, "09001010101"}, {DEMOGRAPHIC_block_group, "090010101011"}}, {0}},
        {{{GEOID, "9190010101"}, {STATE, "CT"}}, {{TRACT, "09001010101"}}, {"geoid_leading_zero"}},
        {{{GEOID, "09140110100"}}, {{COUNTY, "09001"}, {TRACT, "09001110100"}}, {0}},
        {{{GEOID, "09110"}}, {{COUNTY, ""}, {NOTE, "planning_region"}, {DEMOGRAPHIC_state, "CT"}}, {0}},
        {{{RECORD_county_raw, "170"}, {STATE, "CT"}}, {{COUNTY, "09009"}, {NOTE, "planning_region"}}, {0}},
        {{{GEOID, "09130"}, {RECORD_county_raw, "09007"}}, {{COUNTY, "09007"}, {NOTE, "planning_region"}}, {0}},
        {{{GEOID, "66010"}}, {{COUNTY, ""}, {NOTE, "no_counts"}, {DEMOGRAPHIC_state, "GU"}}, {0}},
        {{{RECORD_county_raw, "St. Croix"}, {STATE, "VI"}}, {{COUNTY, ""}, {NOTE, "no_counts"}}, {0}},
        {{{RECORD_county_raw, "Dade County"}, {STATE, "FL"}}, {{COUNTY, "12086"}, {NOTE, "renamed"}}, {0}},
        {{{RECORD_county_raw, "Dade"}, {STATE, "GA"}}, {{COUNTY, "13083"}, {NOTE, ""}}, {0}},
        {{{RECORD_county_raw, "Bedford city"}, {STATE, "VA"}}, {{COUNTY, "51019"}, {NOTE, "merged"}}, {0}},
        {{{RECORD_county_raw, "Bedford"}, {STATE, "VA"}}, {{COUNTY, "51019"}, {NOTE, ""}}, {0}},
        {{{RECORD_county_raw, "Wade Hampton Census Area"}, {STATE, "AK"}}, {{COUNTY, "02158"}}, {0}},
        {{{RECORD_county_raw, "Greater Bridgeport Planning Region"}, {STATE, "CT"}}, {{COUNTY, "09001"}}, {0}},
        {{{RECORD_county_raw, "Capitol Planning Region"}, {STATE, "CT"}}, {{COUNTY, ""}, {NOTE, "planning_region"}}, {0}},
        {{{RECORD_county_raw, "09100"}}, {{COUNTY, ""}, {NOTE, ""}}, {"county_not_in_reference"}},
    };
    CHECK(cases);
}

static bool has_county(const struct rs_pack *pack, struct rs_view code) {
    double counts[RS_GROUPS];
    for (size_t p = 0; p < rs_pack_places(pack, RS_COUNTY); p++) {
        if (rs_eq(rs_pack_place_at(pack, RS_COUNTY, p, counts), code)) {
            return true;
        }
    }
    return false;
}

/* No change is of a county that the pack has, and what it leads to is there. */
Test(normalize, county_changes_fit_the_pack, .timeout = 120) {
    static const struct {
        const char *code, *counties;
    } changes[] = {
#define COUNTY_CHANGE(code, key, city, note, counties, tracts) {code, counties},
#include "schemas/codes/county_changes.def"
    };
    if (!rs_exists(rs_default_pack())) {
        cr_skip_test("the default reference pack is not built");
    }
    struct rs_pack *pack = rs_pack_open(rs_default_pack(), &error);
    cr_assert(pack != NULL, "%s", error.text);
    for (size_t i = 0; i < sizeof changes / sizeof *changes; i++) {
        cr_assert(i == 0 || strcmp(changes[i - 1].code, changes[i].code) < 0, "%s", changes[i].code);
        cr_assert_not(has_county(pack, rs_cstr(changes[i].code)), "%s", changes[i].code);
        struct rs_view rest = rs_has(rs_cstr(changes[i].counties)) ? rs_cstr(changes[i].counties) : RS_NULL;
        while (!rs_is_null(rest)) {
            struct rs_view one = rs_split(&rest, ' ');
            cr_assert(has_county(pack, one), "%s leads to %.*s", changes[i].code, (int)one.n, one.p);
        }
    }
    rs_pack_close(pack);
}

/* Every county of the default pack has a name, and names are in order. */
Test(normalize, every_county_has_a_name, .timeout = 120) {
    static const struct {
        const char *key, *code;
    } names[] = {
#define COUNTY_NAME(key, code, city) {key, code},
#include "schemas/codes/county_names.def"
    };
    size_t n = sizeof names / sizeof *names;
    for (size_t i = 1; i < n; i++) {
        cr_assert_leq(strcmp(names[i - 1].key, names[i].key), 0, "%s", names[i].key);
    }
    if (!rs_exists(rs_default_pack())) {
        cr_skip_test("the default reference pack is not built");
    }
    struct rs_pack *pack = rs_pack_open(rs_default_pack(), &error);
    cr_assert(pack != NULL, "%s", error.text);
    for (size_t i = 0; i < rs_pack_places(pack, RS_COUNTY); i++) {
        double counts[RS_GROUPS];
        struct rs_view id = rs_pack_place_at(pack, RS_COUNTY, i, counts);
        bool named = false;
        for (size_t k = 0; k < n; k++) {
            named |= rs_eq_c(id, names[k].code);
        }
        cr_assert(named, "%.*s", (int)id.n, id.p);
    }
    rs_pack_close(pack);
}

#define STREET(sent, kept, flag) {{{RECORD_street_raw, sent}}, {{DEMOGRAPHIC_street, kept}, {ADDRESS, flag}}, {0}}

/* Directions and suffixes: USPS Publication 28, sections 232 to 236. */
Test(normalize, streets, .timeout = 120) {
    static const struct test_case cases[] = {
        STREET("101 Main Street", "101 MAIN ST", ""),
        STREET("789 Main Avenue Drive", "789 MAIN AVENUE DR", ""),
        STREET("4513 3rd Street Circle West", "4513 3RD STREET CIR W", ""),
        STREET("1001 North Avenue", "1001 NORTH AVE", ""),
        STREET("52 North East Street", "52 N EAST ST", ""),
        STREET("10 NorthEast Main Ave.", "10 NE MAIN AVE", ""),
        STREET("10 South West Main Ave", "10 SW MAIN AVE", ""),
        STREET("100 E Street", "100 E ST", ""),
        STREET("39 1/2 Oak Lane", "39 1/2 OAK LN", ""),
        STREET("39.2 Road", "39.2 ROAD", ""),
        STREET("112-10 Bronx Road", "112-10 BRONX RD", ""),
        STREET("12 5th Avenue", "12 5TH AVE", ""),
        STREET("Fifth Avenue", "FIFTH AVE", ""),
        STREET("70 Saint Paul's Place", "70 ST PAUL'S PL", ""),
        STREET("12 Key West", "12 KEY WEST", ""),
        STREET("12 Mount Vernon Parkway South", "12 MT VERNON PKWY S", ""),
        STREET("12 Throughway Trafficway", "12 THROUGHWAY TRFY", ""),
        STREET("C/O Ann Lee, 12 Main Street", "C/O ANN LEE 12 MAIN ST", ""),
        STREET("12 Calle Garc\u00eda", "12 CALLE GARCIA", ""),
        STREET(" ,;# ", "#", ""),
        STREET("789 MAIN AVENUE DRIVE", "789 MAIN AVENUE DR", ""), /* upper case goes another way */
        STREET("  10  SOUTH WEST  MAIN AVENUE ", "10 SW MAIN AVE", ""),
        STREET("1234567890 ABCDEFGHIJKLMNOPQRSTUVWXYZ ABCDEFGHIJKLMNOPQRS STREET", /* 64 bytes */
               "1234567890 ABCDEFGHIJKLMNOPQRSTUVWXYZ ABCDEFGHIJKLMNOPQRS ST", ""),
        STREET("1234567890 ABCDEFGHIJKLMNOPQRSTUVWXYZ ABCDEFGHIJKLMNOPQRST STREET",
               "1234567890 ABCDEFGHIJKLMNOPQRSTUVWXYZ ABCDEFGHIJKLMNOPQRST ST", ""),
        STREET("12\tMAIN\\STREET", "12 MAIN\\STREET", ""),
    };
    CHECK(cases);
}

/* Section 213 and appendix C2. */
Test(normalize, secondary_units, .timeout = 120) {
    static const struct test_case cases[] = {
        STREET("102 Main Street, Apartment 101", "102 MAIN ST APT 101", ""),
        STREET("1356 Executive Drive Suite 202", "1356 EXECUTIVE DR STE 202", ""),
        STREET("1600 Central Place Building 14", "1600 CENTRAL PL BLDG 14", ""),
        STREET("55 Sylvan Boulevard Rear", "55 SYLVAN BLVD REAR", ""),
        STREET("12 Main Street #5", "12 MAIN ST # 5", ""),
        STREET("12 Main Street Apt #5", "12 MAIN ST APT 5", ""),
        STREET("12 Main Street, 2nd Floor", "12 MAIN ST 2ND FL", ""),
        STREET("12 Front Street", "12 FRONT ST", ""),
        STREET("12 Main Street North, Penthouse", "12 MAIN ST N PH", ""),
        STREET("12 Space Center Drive", "12 SPACE CENTER DR", ""),
        STREET("10 Main Street Ste 11 PMB 234", "10 MAIN ST STE 11 PMB 234", "private_mailbox"),
    };
    CHECK(cases);
}

/* Appendix F. */
Test(normalize, highways, .timeout = 120) {
    static const struct test_case cases[] = {
        STREET("County Hwy 60E", "COUNTY HIGHWAY 60E", ""),
        STREET("12 CR 1185", "12 COUNTY ROAD 1185", ""),
        STREET("Farm to Market 1200", "FM 1200", ""),
        STREET("HWY FM 1320", "FM 1320", ""),
        STREET("500 HWY 64", "500 HIGHWAY 64", ""),
        STREET("Hwy 11 Bypass", "HIGHWAY 11 BYP", ""),
        STREET("Hwy 66 Frontage Road", "HIGHWAY 66 FRONTAGE RD", ""),
        STREET("Interstate Hwy 680", "INTERSTATE 680", ""),
        STREET("Ranch Rd 620", "RANCH ROAD 620", ""),
        STREET("77 St Rt 175", "77 STATE ROUTE 175", ""),
        STREET("TSR 45", "TOWNSHIP ROAD 45", ""),
        STREET("US 41 SW", "US HIGHWAY 41 SW", ""),
        STREET("Route 9", "ROUTE 9", ""),
    };
    CHECK(cases);
}

/* Sections 24 to 29: rural and contract routes, general delivery, boxes, military addresses. */
Test(normalize, delivery_without_street, .timeout = 120) {
    static const struct test_case cases[] = {
        STREET("RR 2 Box 152", "RR 2 BOX 152", "rural_route"),
        STREET("RFD Route 4 #87A", "RR 4 BOX 87A", "rural_route"),
        STREET("RR 2 Box 18 Bryan Dairy Rd", "RR 2 BOX 18", "rural_route"),
        STREET("RR03 Box 98D", "RR 3 BOX 98D", "rural_route"),
        STREET("Rural Route 9, Box 17", "RR 9 BOX 17", "rural_route"),
        STREET("HC 68 Box 23A", "HC 68 BOX 23A", "highway_contract"),
        STREET("HC 68 Box 19-2B", "HC 68 BOX 19-2B", "highway_contract"),
        STREET("Highway Contract Route 68, Box 23A", "HC 68 BOX 23A", "highway_contract"),
        STREET("Star Route 68 Box 98", "HC 68 BOX 98", "highway_contract"),
        STREET("General Delivery", "GENERAL DELIVERY", "general_delivery"),
        STREET("Gen. Del.", "GENERAL DELIVERY", "general_delivery"),
        STREET("Post Office Box 11890", "PO BOX 11890", "po_box"),
        STREET("P. O. Box G", "PO BOX G", "po_box"),
        STREET("POB 12", "PO BOX 12", "po_box"),
        STREET("POBOX12", "PO BOX 12", "po_box"),
        STREET("Drawer 11890", "PO BOX 11890", "po_box"),
        STREET("PO BOX# 12", "PO BOX 12", "po_box"),
        STREET("PO BX 12", "PO BOX 12", "po_box"),
        STREET("P.O. BOX 12-A", "PO BOX 12-A", "po_box"),
        STREET("Lock Box 12", "PO BOX 12", "po_box"),
        STREET("Apartado 123", "PO BOX 123", "po_box"),
        STREET("Apartado Postal 4", "PO BOX 4", "po_box"),
        STREET("12 Apartado Lane", "12 APARTADO LN", ""),
        STREET("Firm Caller 11890", "PO BOX 11890", "po_box"),
        STREET("Box Elder Lane", "BOX ELDER LN", ""),
        STREET("123 Main Street, PO Box 45", "123 MAIN ST PO BOX 45", ""),
        STREET("123 Main Street PO Box 45", "123 MAIN ST PO BOX 45", ""),
        STREET("Unit 2050 Box 4190", "UNIT 2050 BOX 4190", "military"),
        STREET("CMR 1250 Box 5", "CMR 1250 BOX 5", "military"),
        {{{RECORD_street_raw, "USS Nimitz"}, {RECORD_city_raw, "FPO"}, {STATE, "AP"}, {ZIP, "96697"}},
         {{DEMOGRAPHIC_street, "USS NIMITZ"}, {DEMOGRAPHIC_city, "FPO"}, {ADDRESS, "military"}},
         {0}},
        {{{RECORD_city_raw, "Dpo"}}, {{ADDRESS, "military"}}, {0}},
    };
    CHECK(cases);
}

Test(normalize, no_home, .timeout = 120) {
    static const struct test_case cases[] = {
        STREET("HOMELESS", "", "homeless"),
        STREET("Homeless - no address", "", "homeless"),
        STREET("Unhoused, downtown", "DOWNTOWN", "homeless"),
        STREET("No fixed address", "", "homeless"),
        STREET("Transient", "", "homeless"),
        STREET("NFA", "", "homeless"),
        STREET("Homeless Shelter", "HOMELESS SHELTER", "shelter"),
        STREET("St. Mary's Shelter, 12 Main Street", "ST MARY'S SHELTER 12 MAIN ST", "shelter"),
        STREET("12 Shelter Cove Road", "12 SHELTER COVE RD", ""),
        STREET("Shelter Lane", "SHELTER LN", ""),
        STREET("Transient Street", "TRANSIENT ST", ""),
        STREET("15 Homeless Lane", "15 HOMELESS LN", ""),
        STREET("Homeless/Shelter", "", "homeless"),
        STREET("homeless (lives in car)", "", "homeless"),
        STREET("HOMELESS-123 MAIN ST", "HOMELESS-123 MAIN ST", ""), /* somewhere, after all */
        STREET("No home address", "", "homeless"),
        STREET("Sin hogar", "", "homeless"),
        STREET("Sin Hogar Road", "SIN HOGAR RD", ""),
        STREET("Tent City, downtown", "DOWNTOWN", "homeless"),
        STREET("Casa de Paz Shelter", "CASA DE PAZ SHELTER", "shelter"),
        STREET("living in shelter", "LIVING IN SHELTER", "shelter"),
    };
    CHECK(cases);
}

/* What a street became is used again where the next row has the same: with its flag, and not beyond rows between. */
Test(normalize, streets_of_families, .timeout = 120) {
#define HOUSE {{{RECORD_street_raw, "12 North Main Street"}}, {{DEMOGRAPHIC_street, "12 N MAIN ST"}, {DEMOGRAPHIC_address_flag, ""}}, {0}}
#define BOX {{{RECORD_street_raw, "P.O. Box 7"}}, {{DEMOGRAPHIC_street, "PO BOX 7"}, {DEMOGRAPHIC_address_flag, "po_box"}}, {0}}
#define NONE {{{RECORD_city_raw, "ALBANY"}}, {{DEMOGRAPHIC_street, ""}, {DEMOGRAPHIC_address_flag, ""}}, {0}}
#define NO_HOME {{{RECORD_street_raw, "HOMELESS"}}, {{DEMOGRAPHIC_street, ""}, {DEMOGRAPHIC_address_flag, "homeless"}}, {0}}
#define LINES {{{RECORD_street_raw, "12 North Main\nStreet"}}, {{DEMOGRAPHIC_street, "12 N MAIN ST"}}, {0}} /* escaped in a row file */
#define SHORTER {{{RECORD_street_raw, "12 North Main"}}, {{DEMOGRAPHIC_street, "12 N MAIN"}}, {0}}
    static const struct test_case cases[] = {HOUSE, HOUSE, BOX, BOX, NONE, BOX, HOUSE, SHORTER, HOUSE, LINES, LINES, HOUSE, NO_HOME, NO_HOME, NONE, HOUSE};
    CHECK(cases);
}

/* Words are found by their 15 bytes. */
Test(normalize, street_words_are_short) {
    static const char *const words[] = {
#undef SUFFIX
#define SUFFIX(standard, others) standard " " others,
#define UNIT(standard, others) standard " " others,
#define UNIT_ALONE(standard, others) standard " " others,
#define DIRECTION(standard, others) standard " " others,
#define NAME_WORD(standard, others) standard " " others,
#define HIGHWAY(text, standard) text,
#define BOX(text) text,
#define RURAL(text) text,
#define CONTRACT(text) text,
#define MILITARY_UNIT(text) text,
#define DELIVERY(text) text,
#include "schemas/codes/street.def"
    };
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        for (struct rs_view rest = rs_cstr(words[i]); rs_has(rest);) {
            cr_assert_leq(rs_split(&rest, ' ').n, 15, "%s", words[i]);
        }
    }
}
