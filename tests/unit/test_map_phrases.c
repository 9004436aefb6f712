/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What members write and what spreadsheets do to codes. Expectations are what a reader would say of each line. */
#include "map_ask.h"

TestSuite(phrases, .init = open_map, .fini = close_map, .timeout = 120);

static bool is(struct rs_view got, const char *want) { return *want ? rs_eq_c(got, want) : !rs_has(got); }

struct race {
    const char *raw, *omb1997, *omb2024, *detail, *missing;
};
static void races_are(const char *element, const struct race *want, size_t n) {
    for (size_t i = 0; i < n; i++) {
        struct rs_meaning m = ask(element, "text", NULL, want[i].raw);
        cr_expect(is(m.omb1997, want[i].omb1997) && is(m.omb2024, want[i].omb2024) && is(m.detail, want[i].detail) &&
                      is(m.missing, want[i].missing),
                  "\"%s\": 1997 %.*s, 2024 %.*s, detail %.*s, missing %.*s, rule %.*s", want[i].raw, SHOW(m.omb1997),
                  SHOW(m.omb2024), SHOW(m.detail), SHOW(m.missing), SHOW(m.rule));
    }
}
struct value {
    const char *element, *system, *raw, *value, *missing;
};
static void values_are(const struct value *want, size_t n) {
    for (size_t i = 0; i < n; i++) {
        struct rs_meaning m = ask(want[i].element, want[i].system ? "code" : "text", want[i].system, want[i].raw);
        cr_expect(is(m.value, want[i].value) && is(m.missing, want[i].missing), "%s \"%s\": value %.*s, missing %.*s, rule %.*s",
                  want[i].element, want[i].raw, SHOW(m.value), SHOW(m.missing), SHOW(m.rule));
    }
}
#define COUNT(a) (sizeof(a) / sizeof *(a))

Test(phrases, write_ins) {
    static const struct race want[] = {
        {"Guatemalan/Maya", "HISPANIC+AIAN", "HISPANIC+AIAN", "2157-6 Guatemalan", ""}, /* SPD 15 names Maya */
        {"half Samoan half white", "NHOPI+WHITE", "NHPI+WHITE", "2080-0 Samoan", ""},
        {"Half Samoan, half White", "NHOPI+WHITE", "NHPI+WHITE", "2080-0 Samoan", ""},
        {"half Samoan", "", "", "", "UNMAPPED"}, /* and the other half? */
        {"Other: Mayan", "AIAN", "AIAN", "", ""},
        {"Some other race (Hmong)", "ASIAN", "ASIAN", "2037-0 Hmong", ""},
        {"Other - Klingon", "", "", "", "UNMAPPED"},
        {"Other: other", "OTHER_RACE", "", "", "OTHER"},
        {"Asian - Chinese", "ASIAN", "ASIAN", "2034-7 Chinese", ""},
        {"Asian (other)", "ASIAN", "ASIAN", "", ""},
        {"Black, other", "BLACK+OTHER_RACE", "BLACK", "", ""}, /* two boxes, both ticked */
        {"Korean-American", "ASIAN", "ASIAN", "2040-4 Korean", ""},
        {"Navajo Nation", "AIAN", "AIAN", "1382-1 Navajo", ""},
        {"of Iranian descent", "WHITE", "MENA", "2121-2 Iranian", ""},
        {"White-Asian", "WHITE+ASIAN", "WHITE+ASIAN", "", ""},
        {"Biracial (Black and White)", "TWO_OR_MORE+BLACK+WHITE", "BLACK+WHITE", "", ""},
        {"White; Refused", "WHITE", "WHITE", "", ""},
        {"Declined, refused", "", "", "", "DECLINED"},
        {"Unknown / Refused", "", "", "", "UNKNOWN"}, /* one box for both: nobody can say that they declined */
        {"Hispanic White", "WHITE+HISPANIC", "WHITE+HISPANIC", "", ""},
        {"Asian/PI", "ASIAN|NHOPI", "ASIAN|NHPI", "", ""}, /* one box, not two answers */
        {"Asian/Pacific Islander, White", "ASIAN|NHOPI+WHITE", "ASIAN|NHPI+WHITE", "", ""}, /* a box, and another */
        {"Asian/Pacific Islander/White", "ASIAN|NHOPI+WHITE", "ASIAN|NHPI+WHITE", "", ""},
        {"White / Asian / PI", "WHITE+ASIAN|NHOPI", "WHITE+ASIAN|NHPI", "", ""},
        {"API/White", "ASIAN|NHOPI+WHITE", "ASIAN|NHPI+WHITE", "", ""},
        {"Asian/White/Pacific Islander", "ASIAN+WHITE+NHOPI", "ASIAN+WHITE+NHPI", "", ""}, /* not side by side: three */
        {"AI/AN, White", "AIAN+WHITE", "AIAN+WHITE", "", ""},
        {"White/AI/AN", "WHITE+AIAN", "WHITE+AIAN", "", ""},
        {"White/Hispanic", "WHITE+HISPANIC", "WHITE+HISPANIC", "", ""},
        {"Native Hawaiian/Other Pacific Islander/Asian", "NHOPI+ASIAN", "NHPI+ASIAN", "", ""}, /* no detail */
        {"Asian/Klingon/White", "", "", "", "UNMAPPED"},
        {"American Indian/Alaska Native; White", "AIAN+WHITE", "AIAN+WHITE", "", ""},   /* no details */
        {"Native Hawaiian and Other Pacific Islander, Asian", "NHOPI+ASIAN", "NHPI+ASIAN", "", ""},
        {"Hispanic, Latino, or Spanish origin; White", "HISPANIC+WHITE", "HISPANIC+WHITE", "", ""},
        {"5 - White", "WHITE", "WHITE", "", ""},
        {"A: Asian", "ASIAN", "ASIAN", "", ""},
        {"2106-3;2028-9", "WHITE+ASIAN", "WHITE+ASIAN", "", ""},
        {"2106-3^White", "WHITE", "WHITE", "", ""},
        {"2106-3 White", "WHITE", "WHITE", "", ""},
        {"2106-3 Black", "", "", "", "UNMAPPED"},
        {"2186-5^Not Hispanic or Latino", "NOT_HISPANIC", "", "", ""},
        {"not white", "", "", "", "UNMAPPED"},
        {"American", "", "", "", "UNMAPPED"},
        {"DK", "", "", "", "ASKED_UNKNOWN"},
        {"#N/A", "", "", "", "NOT_APPLICABLE"},
        {"prefiero no contestar", "", "", "", "DECLINED"},
        {"White, American Indian, Black, Asian, Chinese, Korean, Native Hawaiian, Samoan, Other",
         "WHITE+AIAN+BLACK+ASIAN+NHOPI+OTHER_RACE", "WHITE+AIAN+BLACK+ASIAN+NHPI",
         "1004-1 American Indian+2034-7 Chinese+2040-4 Korean+2079-2 Native Hawaiian+2080-0 Samoan", ""},
    };
    races_are("race", want, COUNT(want));
}

Test(phrases, ethnicities) {
    static const struct race want[] = {
        {"Yes, Mexican American, Chicano/a", "HISPANIC", "HISPANIC", "2149-3 Mexican American+2151-9 Chicano", ""},
        {"Mexican y Guatemalan", "HISPANIC", "HISPANIC", "2148-5 Mexican+2157-6 Guatemalan", ""},
        {"No, not Hispanic", "NOT_HISPANIC", "", "", ""},
        {"Hispanic, refused", "HISPANIC", "HISPANIC", "", ""},
        {"Afro-Latina", "BLACK+HISPANIC", "BLACK+HISPANIC", "", ""},
    };
    races_are("ethnicity", want, COUNT(want));
}

Test(phrases, languages) {
    static const struct value want[] = {
        {"language_preferred", NULL, "en", "en", ""}, /* not En, of Vietnam */
        {"language_preferred", NULL, "KO", "ko", ""},
        {"language_preferred", NULL, "som", "so", ""},
        {"language_preferred", NULL, "tha", "th", ""},
        {"language_preferred", NULL, "Mam", "mam", ""},
        {"language_preferred", NULL, "Ido", "io", ""},
        {"language_preferred", NULL, "Other: Mam", "mam", ""},
        {"language_preferred", NULL, "Other (Mam)", "mam", ""},
        {"language_preferred", NULL, "Mandarin (Traditional)", "cmn", ""},
        {"language_preferred", NULL, "zh-Hant", "zh", ""},
        {"language_preferred", "iso639", "por-BR", "pt", ""},
        {"language_preferred", NULL, "ASL", "ase", ""},
        {"language_preferred", "iso639", "ASL", "ase", ""}, /* not Asilulu */
        {"language_preferred", "iso639", "UNK", "", "UNKNOWN"}, /* not Enawene-Nawe */
        {"language_preferred", "bcp47", "aai", "aai", ""},
        {"language_preferred", NULL, "Haitian/French Creole", "ht", ""},
        {"language_preferred", NULL, "Spanish speaking", "es", ""},
        {"language_preferred", NULL, "English/Spanish", "", "UNMAPPED"}, /* which one is preferred? */
        {"language_preferred", NULL, "English, other", "en", ""},
        {"language_preferred", NULL, "Tiếng Việt", "vi", ""},
        {"language_preferred", NULL, "Русский", "ru", ""},
        {"language_preferred", NULL, "中文", "zh", ""},
        {"language_preferred", NULL, "Large print", "", "UNMAPPED"},
    };
    values_are(want, COUNT(want));
}

Test(phrases, orientation_and_identity) {
    static const struct value want[] = {
        {"gender_identity", NULL, "Transgender man/trans man/female-to-male (FTM)", "transgender_man", ""},
        {"gender_identity", NULL, "Woman, Nonbinary", "female+nonbinary", ""},
        {"gender_identity", NULL, "Something else: Two-Spirit", "two_spirit", ""},
        {"gender_identity", NULL, "Non-binary/Genderqueer", "nonbinary", ""},
        {"gender_identity", NULL, "Not applicable (under 18)", "", "NOT_APPLICABLE"},
        {"sexual_orientation", NULL, "Gay; Queer", "lesbian_or_gay+queer", ""},
        {"sexual_orientation", NULL, "Minor", "", "NOT_APPLICABLE"},
        {"sexual_orientation", NULL, "Straight, prefer not to say", "straight", ""},
        {"sex_at_birth", NULL, "M/X", "", "UNMAPPED"}, /* one or the other */
        {"administrative_sex", NULL, "Male/Female", "", "UNMAPPED"},
        {"pronouns", NULL, "he/him/his/himself", "he/him", ""},
        {"pronouns", NULL, "Ella", "she/her", ""},
        {"interpreter", NULL, "Yes, no", "", "UNMAPPED"},
    };
    values_are(want, COUNT(want));
}

/* PCORnet Common Data Model 7, table DEMOGRAPHIC: NI, UN and OT are the same three reasons in each field. */
Test(phrases, pcornet_demographic) {
    static const struct value want[] = {
        {"sexual_orientation", "pcornet", "AS", "asexual", ""},
        {"sexual_orientation", "pcornet", "BI", "bisexual", ""},
        {"sexual_orientation", "pcornet", "GA", "lesbian_or_gay", ""},
        {"sexual_orientation", "pcornet", "LE", "lesbian_or_gay", ""},
        {"sexual_orientation", "pcornet", "QU", "queer", ""},
        {"sexual_orientation", "pcornet", "QS", "questioning", ""},
        {"sexual_orientation", "pcornet", "ST", "straight", ""},
        {"sexual_orientation", "pcornet", "SE", "other", "OTHER"},
        {"sexual_orientation", "pcornet", "MU", "other", "OTHER"},
        {"sexual_orientation", "pcornet", "DC", "", "DECLINED"},
        {"gender_identity", "pcornet", "M", "male", ""},
        {"gender_identity", "pcornet", "F", "female", ""},
        {"gender_identity", "pcornet", "TM", "transgender_man", ""},
        {"gender_identity", "pcornet", "TF", "transgender_woman", ""},
        {"gender_identity", "pcornet", "GQ", "nonconforming", ""},
        {"gender_identity", "pcornet", "DC", "", "DECLINED"},
        {"administrative_sex", "pcornet", "A", "other", "OTHER"},
        {"language_spoken", "pcornet", "ENG", "en", ""},
        {"language_spoken", "pcornet", "SPA", "es", ""},
    };
    static const char *const elements[] = {"race", "ethnicity", "race_ethnicity", "language_spoken", "language_preferred",
                                           "sexual_orientation", "gender_identity", "administrative_sex"};
    values_are(want, COUNT(want));
    for (size_t i = 0; i < COUNT(elements); i++) {
        cr_expect(rs_eq_c(ask(elements[i], "code", "pcornet", "NI").missing, "NOT_PROVIDED"), "%s NI", elements[i]);
        cr_expect(rs_eq_c(ask(elements[i], "code", "pcornet", "UN").missing, "UNKNOWN"), "%s UN", elements[i]);
        cr_expect(rs_eq_c(ask(elements[i], "code", "pcornet", "OT").missing, "OTHER"), "%s OT", elements[i]);
    }
    cr_expect(rs_eq_c(ask("ethnicity", "code", "pcornet", "R").missing, "DECLINED"));
    cr_expect(rs_eq_c(ask("race_ethnicity", "code", "pcornet", "R").missing, "DECLINED"));
}

Test(phrases, zeros_lost) {
    struct rs_meaning m = ask("race", "code", "pcornet", "5");
    cr_expect(rs_eq_c(m.omb1997, "WHITE") && rs_eq_c(m.rule, "pcornet:05/B9 by_number"));
    m = ask("race", "code", "tmsis", "1");
    cr_expect(rs_eq_c(m.omb1997, "WHITE"));
    m = ask("race", "code", "tmsis", "14");
    cr_expect(rs_eq_c(m.detail, "2080-0 Samoan"));
    m = ask("ethnicity", "code", "tmsis", "1"); /* a code of its own there */
    cr_expect(rs_eq_c(m.detail, "2148-5 Mexican"));
    m = ask("race", "code", "omop", "8527.0");
    cr_expect(rs_eq_c(m.rule, "omop:8527/B9 by_number"));
    m = ask("race", "code", "x12_1109", "1");
    cr_expect(rs_eq_c(m.missing, "UNMAPPED"));
    m = ask("race", "code", "omop", "1");
    cr_expect(rs_eq_c(m.missing, "UNMAPPED"));
}

/* Codes of LOINC and SNOMED CT without, or under another, name of their system. */
Test(phrases, codes_known_by_their_form) {
    static const struct value want[] = {
        {"sexual_orientation", "local", "LA22877-7", "bisexual", ""},
        {"sexual_orientation", "local", "38628009", "lesbian_or_gay", ""},
        {"gender_identity", "http://loinc.org/answers", "LA22880-1", "transgender_man", ""},
        {"gender_identity", "local", "446151000124109", "male", ""},
        {"pronouns", "local", "LA29519-8", "she/her", ""},
        {"pronouns", "local", "LA99999-9", "", "UNMAPPED"},
        {"sexual_orientation", "local", "12345678", "", "UNMAPPED"},
        {"race", "local", "38628009", "", "UNMAPPED"}, /* a code of another question */
    };
    values_are(want, COUNT(want));
}
