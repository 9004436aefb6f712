/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Every code of the published tables at hand maps as its table says. What differs stands, with the reason, in
 * schemas/codes/differences.csv. Missing reasons come from missing_reasons.csv and the tables' own notes. */
#include "code_tables.h"

TestSuite(codes, .init = open_map, .fini = close_map, .timeout = 120);

static void is(const char *system, struct rs_view code, const char *what, struct rs_view got, struct rs_view want) {
    cr_assert(rs_eq(got, want), "%s %.*s: %s is \"%.*s\", not \"%.*s\"", system, SHOW(code), what, SHOW(got),
              SHOW(want));
}

/* Both axes as the row says, and the reason where it names neither. */
static struct rs_meaning race_row(const char *element, const char *system, struct rs_view code,
                                  const struct rs_table_row *row, const char *missing) {
    struct rs_meaning m = ask(element, system, code);
    compare(code, "omb1997", rs_table_cell(row, "omb1997"), m.omb1997);
    compare(code, "omb2024", rs_table_cell(row, "omb2024"), m.omb2024);
    is(system, code, "missing", m.missing, rs_cstr(missing));
    return m;
}

static bool other(const struct rs_table_row *row) { return rs_eq_c(rs_table_cell(row, "omb1997"), "OTHER_RACE"); }

/* ---- X12, HL7 v2, OMOP, PCORnet, T-MSIS, OMB 2024 ------------------------------------------------------------------ */

static bool x12(void *self, const char *path, const struct rs_table_row *row, struct rs_error *e) {
    (void)self, (void)path, (void)e;
    struct rs_view code = rs_table_cell(row, "code");
    const char *missing = rs_eq_c(code, "7")   ? "NOT_PROVIDED"
                          : rs_eq_c(code, "8") ? "NOT_APPLICABLE"
                          : rs_eq_c(code, "Z") ? "UNMAPPED"
                          : other(row)         ? "OTHER"
                                               : NULL;
    race_row("race_ethnicity", "x12_1109", code, row, missing);
    return true;
}
Test(codes, x12_1109) { read_table("x12_1109_race_ethnicity.csv", 16, x12); }

static bool hl7(void *self, const char *path, const struct rs_table_row *row, struct rs_error *e) {
    (void)self, (void)path, (void)e;
    bool ethnicity = rs_eq_c(rs_table_cell(row, "table"), "0189");
    struct rs_view code = rs_table_cell(row, "code");
    race_row(ethnicity ? "ethnicity" : "race", ethnicity ? "HL70189" : "HL70005", code, row,
             rs_eq_c(code, "U") ? "UNKNOWN" : other(row) ? "OTHER" : NULL);
    return true;
}
Test(codes, hl7v2_tables) { read_table("hl7v2_tables.csv", 13, hl7); }

static bool omop(void *self, const char *path, const struct rs_table_row *row, struct rs_error *e) {
    (void)self, (void)path, (void)e;
    struct rs_view code = rs_table_cell(row, "concept_id"), domain = rs_table_cell(row, "domain");
    struct rs_view concept = rs_table_cell(row, "cdcrec");
    if (rs_eq_c(domain, "Gender")) {
        struct rs_meaning m = ask("administrative_sex", "omop", code);
        is("omop", code, "value", m.value, rs_eq_c(rs_table_cell(row, "name"), "MALE") ? RS_LIT("male") : RS_LIT("female"));
        return true;
    }
    const char *missing = rs_eq_c(code, "0") ? "UNMAPPED" : rs_eq_c(code, "8552") ? "UNKNOWN" : other(row) ? "OTHER" : NULL;
    struct rs_meaning m = race_row(rs_eq_c(domain, "Ethnicity") ? "ethnicity" : "race", "omop", code, row, missing);
    if (rs_has(rs_table_cell(row, "omop_parent")))
        cr_assert(m.detail.n > concept.n && memcmp(m.detail.p, concept.p, concept.n) == 0, "omop %.*s: detail \"%.*s\"",
                  SHOW(code), SHOW(m.detail));
    return true;
}
Test(codes, omop_concepts) { read_table("omop_race_ethnicity.csv", 58, omop); }

static bool pcornet(void *self, const char *path, const struct rs_table_row *row, struct rs_error *e) {
    (void)self, (void)path, (void)e;
    struct rs_view code = rs_table_cell(row, "code"), field = rs_table_cell(row, "field");
    if (rs_eq_c(field, "RACE")) {
        race_row("race", "pcornet", code, row,
                 rs_eq_c(code, "07")   ? "DECLINED"
                 : rs_eq_c(code, "NI") ? "NOT_PROVIDED"
                 : rs_eq_c(code, "UN") ? "UNKNOWN"
                 : other(row)          ? "OTHER"
                                       : NULL);
        return true;
    }
    if (rs_eq_c(field, "RACE_ETH_MISSING")) {
        static const char *const reasons[][2] = {{"R", "DECLINED"}, {"NI", "NOT_PROVIDED"}, {"UN", "UNKNOWN"}, {"OT", "OTHER"}};
        cr_assert(rs_eq_c(code, "R|NI|UN|OT"));
        for (int i = 0; i < 4; i++)
            is("pcornet", rs_cstr(reasons[i][0]), "missing",
               ask("race_ethnicity", "pcornet", rs_cstr(reasons[i][0])).missing, rs_cstr(reasons[i][1]));
        return true;
    }
    /* a flag: the field's name is the code */
    struct rs_meaning m = ask("race_ethnicity", "pcornet", field);
    compare(field, "omb1997", rs_table_cell(row, "omb1997"), m.omb1997);
    compare(field, "omb2024", rs_table_cell(row, "omb2024"), m.omb2024);
    return true;
}
Test(codes, pcornet) { read_table("pcornet_race.csv", 10 + 7 + 4, pcornet); }

static bool tmsis(void *self, const char *path, const struct rs_table_row *row, struct rs_error *e) {
    (void)self, (void)path, (void)e;
    struct rs_view code = rs_table_cell(row, "code"), element = rs_table_cell(row, "element");
    bool race = memcmp(element.p, "ELG.016", 7) == 0;
    const char *missing = race && rs_eq_c(code, "017") ? "UNKNOWN" : !race && rs_eq_c(code, "6") ? "DECLINED" : other(row) ? "OTHER" : NULL;
    race_row(race ? "race" : "ethnicity", "tmsis", code, row, missing);
    return true;
}
Test(codes, tmsis) { read_table("tmsis_race_ethnicity.csv", 25, tmsis); }

static bool omb2024(void *self, const char *path, const struct rs_table_row *row, struct rs_error *e) {
    (void)self, (void)path, (void)e;
    struct rs_view code = rs_table_cell(row, "code"), element = rs_table_cell(row, "element");
    struct rs_meaning m = ask("race_ethnicity", "omb2024", code);
    /* a check box below a category has no 1997 value in the table: its parent's */
    if (!rs_has(rs_table_cell(row, "parent"))) compare(code, "omb1997", rs_table_cell(row, "omb1997"), m.omb1997);
    else is("omb2024", code, "omb1997", m.omb1997, ask("race_ethnicity", "omb2024", rs_table_cell(row, "parent")).omb1997);
    compare(code, "omb2024", rs_table_cell(row, "omb2024"), m.omb2024);
    struct rs_view named = m.detail, concept = rs_split(&named, ' '); /* "2123-8 Lebanese" */
    if (rs_eq_c(element, "detailed_checkbox")) compare(code, "detail", rs_table_cell(row, "display"), rs_has(named) ? named : concept);
    return true;
}
Test(codes, omb2024_categories) { read_table("omb2024_categories.csv", 51 + 43, omb2024); }

/* ---- why nothing is there ------------------------------------------------------------------------------------------ */

static void reason(const char *element, const char *system, const char *code, struct rs_view canonical) {
    is(system, rs_cstr(code), "missing", ask(element, system, rs_cstr(code)).missing, canonical);
}

static struct rs_buffer own; /* schemas/codes/missing_reasons.csv: no commas within cells */

static bool reasons(void *self, const char *path, const struct rs_table_row *row, struct rs_error *e) {
    /* The codes that mean one reason only; where the table gives a code to several (PCORnet NI, UN; ASKU of
     * orientation and identity) the tests of their systems say which is taken. */
    static const struct {
        const char *canonical, *element, *system, *code;
    } known[] = {{"DECLINED", "race", "data_absent_reason", "asked-declined"},
                 {"DECLINED", "race", "pcornet", "07"},
                 {"DECLINED", "ethnicity", "pcornet", "R"},
                 {"DECLINED", "race", "ahip_demo", "CNTR"},
                 {"ASKED_UNKNOWN", "race", "null_flavor", "ASKU"},
                 {"ASKED_UNKNOWN", "race", "ahip_demo", "ASKU"},
                 {"UNKNOWN", "race", "null_flavor", "UNK"},
                 {"UNKNOWN", "ethnicity", "hl7_0189", "U"},
                 {"NOT_ASKED", "race", "null_flavor", "NASK"},
                 {"NOT_PROVIDED", "race", "null_flavor", "NI"},
                 {"NOT_PROVIDED", "race_ethnicity", "x12_1109", "7"},
                 {"NOT_APPLICABLE", "race", "null_flavor", "NA"},
                 {"NOT_APPLICABLE", "race_ethnicity", "x12_1109", "8"},
                 {"OTHER", "race", "null_flavor", "OTH"},
                 {"OTHER", "race_ethnicity", "x12_1109", "E"},
                 {"OTHER", "race", "pcornet", "OT"},
                 {"OTHER", "race", "ahip_demo", "PSIN"},
                 {"UNMAPPED", "race", "null_flavor", "UNC"}};
    (void)self, (void)path, (void)e;
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (rs_eq_c(rs_table_cell(row, "canonical"), known[i].canonical))
            reason(known[i].element, known[i].system, known[i].code, rs_table_cell(row, "canonical"));
    /* whether it counts as asked, in our own list */
    struct rs_view rest = rs_view(own.p, own.n), asked = RS_NULL;
    while (!rs_is_null(rest)) {
        struct rs_view line = rs_split(&rest, '\n'), name = rs_split(&line, ',');
        if (rs_eq(name, rs_table_cell(row, "canonical"))) rs_split(&line, ','), asked = rs_split(&line, ',');
    }
    compare(rs_table_cell(row, "canonical"), "counts_as_asked", rs_table_cell(row, "counts_as_asked"),
            rs_eq_c(asked, "Y") ? RS_LIT("yes") : rs_eq_c(asked, "N") ? RS_LIT("no") : RS_NULL);
    return true;
}
Test(codes, missing_reasons_stay_apart) {
    cr_assert(rs_read_file(RELSOGI_SOURCE_DIR "/schemas/codes/missing_reasons.csv", &own, 1 << 16, &error), "%s", error.text);
    read_table("missing_reasons.csv", 18, reasons);
    rs_buffer_free(&own);
}

/* ---- orientation, identity, sex, pronouns ------------------------------------------------------------------------- */

/* Meaning of each code of the table, from its own display. "!REASON" is a missing reason. */
static const char *const sogi_meanings[][3] = {
    {"sexual_orientation", "38628009", "lesbian_or_gay"}, {"sexual_orientation", "20430005", "straight"},
    {"sexual_orientation", "42035005", "bisexual"},       {"sexual_orientation", "OTH", "!OTHER"},
    {"sexual_orientation", "UNK", "!UNKNOWN"},            {"sexual_orientation", "ASKU", "!DECLINED"},
    {"sexual_orientation", "765288000", "asexual"},       {"sexual_orientation", "51431000087101", "pansexual"},
    {"sexual_orientation", "CNTR", "!DECLINED"},          {"sexual_orientation", "PSIN", "!OTHER"},
    {"gender_identity", "446151000124109", "male"},       {"gender_identity", "446141000124107", "female"},
    {"gender_identity", "33791000087105", "nonbinary"},   {"gender_identity", "407377005", "transgender_man"},
    {"gender_identity", "407376001", "transgender_woman"},{"gender_identity", "446131000124102", "nonconforming"},
    {"gender_identity", "OTH", "!OTHER"},                 {"gender_identity", "UNK", "!UNKNOWN"},
    {"gender_identity", "ASKU", "!DECLINED"},             {"gender_identity", "asked-declined", "!DECLINED"},
    {"gender_identity", "male", "male"},                  {"gender_identity", "female", "female"},
    {"gender_identity", "transgender-man", "transgender_man"},
    {"gender_identity", "transgender-woman", "transgender_woman"},
    {"gender_identity", "non-binary", "nonbinary"},       {"gender_identity", "GF", "gender_fluid"},
    {"gender_identity", "TS", "two_spirit"},              {"birth_sex", "F", "female"},
    {"birth_sex", "M", "male"},                           {"birth_sex", "UNK", "!UNKNOWN"},
    {"birth_sex", "OTH", "!OTHER"},                       {"birth_sex", "ASKU", "!ASKED_UNKNOWN"},
    {"birth_sex", "32570691000036108", "intersex"},       {"sex", "248152002", "female"},
    {"sex", "248153007", "male"},                         {"pronouns", "LA29518-0", "he/him"},
    {"pronouns", "LA29519-8", "she/her"},                 {"pronouns", "LA29520-6", "they/them"},
    {"pronouns", "LA29521-4", "ze/zir"},                  {"pronouns", "LA29523-0", "ze/hir"},
    {"pronouns", "UMN", "name_only"}};

static void sogi_code(struct rs_view domain, struct rs_view system, struct rs_view code) {
    const char *element = rs_eq_c(domain, "birth_sex") ? "sex_at_birth" : rs_eq_c(domain, "sex") ? "administrative_sex" : rs_arena_copy(&arena, domain.p, domain.n);
    const char *named = rs_eq_c(system, "v3-NullFlavor")           ? "null_flavor"
                        : rs_eq_c(system, "v3-AdministrativeGender") ? "hl7_admin_gender"
                        : rs_eq_c(system, "data-absent-reason")      ? "data_absent_reason"
                        : rs_eq_c(system, "AHIP")                    ? "ahip_demo"
                        : rs_eq_c(system, "LOINC")                   ? "loinc"
                        : memcmp(system.p, "SNOMED", system.n < 6 ? system.n : 6) == 0 ? "snomed"
                                                                     : "http://hl7.org/fhir/gender-identity";
    struct rs_meaning m = ask(element, named, code);
    for (size_t i = 0; i < sizeof sogi_meanings / sizeof *sogi_meanings; i++) {
        const char *const *want = sogi_meanings[i];
        if (!rs_eq_c(domain, want[0]) || !rs_eq_c(code, want[1])) continue;
        if (want[2][0] == '!') is(named, code, "missing", m.missing, rs_cstr(want[2] + 1));
        else is(named, code, "value", m.value, rs_cstr(want[2]));
        return;
    }
    cr_assert_fail("%.*s %.*s: the test says nothing of it", SHOW(domain), SHOW(code));
}

static bool sogi(void *self, const char *path, const struct rs_table_row *row, struct rs_error *e) {
    static const char *const domains[] = {"sexual_orientation", "gender_identity", "birth_sex", "sex", "pronouns"};
    struct rs_view domain = rs_table_cell(row, "domain"), codes = rs_table_cell(row, "code");
    (void)self, (void)path, (void)e;
    for (size_t i = 0; i < sizeof domains / sizeof *domains; i++) /* the others are no answers of a person */
        if (rs_eq_c(domain, domains[i]))
            while (!rs_is_null(codes)) sogi_code(domain, rs_table_cell(row, "system"), rs_split(&codes, '|'));
    return true;
}
Test(codes, orientation_identity_sex_pronouns) { read_table("sogi.csv", sizeof sogi_meanings / sizeof *sogi_meanings, sogi); }

/* ---- languages of the FHIR value set ------------------------------------------------------------------------------- */

static bool language(void *self, const char *path, const struct rs_table_row *row, struct rs_error *e) {
    (void)self, (void)path, (void)e;
    struct rs_view code = rs_table_cell(row, "code"), rest = code, primary = rs_split(&rest, '-');
    struct rs_meaning m = ask("language_preferred", "bcp47", code);
    cr_assert(!m.unmapped, "%.*s is unmapped", SHOW(code));
    if (rs_is_null(rest) && rs_has(m.value)) is("bcp47", code, "value", m.value, primary);
    return true;
}
Test(codes, languages_of_fhir) { read_table("tho_languages.csv", 485, language); }

/* ---- CDC's concepts and ISO 639: thousands, under every form a code has --------------------------------------------- */

/* Its category and its own name; a minimum category has no detail. */
static void concept(struct rs_view code, const struct rs_table_row *row) {
    struct rs_meaning m = ask("race_and_ethnicity", "cdcrec", code);
    bool minimum = rs_eq_c(rs_table_cell(row, "level"), "1");
    struct rs_view named = rs_arena_printf(&arena, "%.*s %.*s", SHOW(rs_table_cell(row, "code")), SHOW(rs_table_cell(row, "display")));
    compare(code, "omb1997", rs_table_cell(row, "omb1997"), m.omb1997);
    compare(code, "omb2024", rs_table_cell(row, "omb2024"), m.omb2024);
    compare(code, "display", minimum ? RS_NULL : named, m.detail);
}
static bool cdcrec(void *self, const char *path, const struct rs_table_row *row, struct rs_error *e) {
    (void)self, (void)path, (void)e;
    concept(rs_table_cell(row, "code"), row);
    if (rs_has(rs_table_cell(row, "hier_code_derived"))) concept(rs_table_cell(row, "hier_code_derived"), row);
    return true;
}
Test(codes, cdc_concepts) { read_table("cdcrec.csv", 2 * 964, cdcrec); }

/* 639-3, 639-1 and 639-2/B each mean the language's BCP 47 tag. */
static bool iso639(void *self, const char *path, const struct rs_table_row *row, struct rs_error *e) {
    static const char *const forms[] = {"iso639_3", "iso639_1", "iso639_2b"};
    (void)self, (void)path, (void)e;
    for (int i = 0; i < 3; i++) {
        struct rs_view code = rs_table_cell(row, forms[i]);
        if (rs_has(code)) compare(code, "bcp47", rs_table_cell(row, "bcp47"), ask("language_spoken", "iso639", code).value);
    }
    return true;
}
Test(codes, iso_639_languages) { read_table("language_crosswalk.csv", 8182, iso639); }
