/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Reconcile: which answer stands, the axes, and what becomes of rows. Expected values are worked out by hand from
 * SPD 15 and the rules in stages/reconcile/README.md. */
#include "reconcile_plan.h"
#include "stages/reconcile/race.h"

TestSuite(reconcile, .init = setup, .fini = teardown);

/* ---- survivorship ------------------------------------------------------------------------------------------------ */

Test(reconcile, self_report_stands_over_newer_administrative) {
    linked(1, "ehr", 2, "payer");
    said(1, 1, 1, 1, "ehr", "race", "self", "2019-01-01", "omb1997=ASIAN;omb2024=ASIAN");
    said(2, 2, 2, 1, "payer", "race", "administrative", "2025-01-01", "omb1997=WHITE;omb2024=WHITE");
    run("out");
    expect("out", V, 1, "element=race;axis=1997;value=ASIAN;rule=collection;losers=1;source=ehr;collection=self");
    expect("out", D, 1, "element=race;axis=1997;kind=source_against_source;severity=warning;kept_value=ASIAN;"
                        "other_value=WHITE;rule=collection");
    expect("out", D, 1, "");
    expect("out", P, 1, "asian=Y;white=N;records=2;sources=2");
}

Test(reconcile, newer_of_two_self_reports_stands) {
    linked(1, "ehr", 2, "payer");
    said(1, 1, 1, 1, "ehr", "gender_identity", "self", "2019-01-01", "value=male");
    said(2, 2, 2, 1, "payer", "gender_identity", "self", "2024-01-01", "value=nonbinary");
    run("out");
    expect("out", V, 1, "element=gender_identity;axis=standard;value=nonbinary;rule=recency;losers=1");
    expect("out", D, 1, "element=gender_identity;axis=standard;severity=warning;kept_value=nonbinary;other_value=male");
}

Test(reconcile, several_races_stand_or_fall_together) {
    linked(1, "ehr", 2, "payer");
    said(1, 1, 1, 1, "ehr", "race", "self", "2024-01-01", "omb1997=ASIAN;omb2024=ASIAN");
    said(1, 1, 1, 1, "ehr", "race", "self", "2024-01-01", "omb1997=WHITE;omb2024=WHITE");
    said(2, 2, 2, 1, "payer", "race", "self", "2020-01-01", "omb1997=BLACK;omb2024=BLACK");
    run("out");
    expect("out", V, 1, "element=race;axis=1997;seq=1;value=ASIAN");
    expect("out", V, 1, "element=race;axis=1997;seq=2;value=WHITE");
    expect("out", V, 2, "element=race;axis=1997");
    expect("out", D, 1, "kept_value=ASIAN+WHITE;other_value=BLACK");
    expect("out", P, 1, "asian=Y;white=Y;black=N;mena=;hispanic=;census6=");
}

Test(reconcile, own_answer_stands_over_a_newer_decline) {
    linked(1, "ehr", 2, "payer");
    said(1, 1, 1, 1, "ehr", "race", "self", "2025-06-01", "missing=DECLINED");
    said(2, 2, 2, 1, "payer", "race", "administrative", "2020-01-01", "omb1997=BLACK;omb2024=BLACK");
    run("out");
    expect("out", V, 1, "element=race;axis=1997;value=BLACK;rule=answered");
    expect("out", D, 1, "element=race;severity=note;kept_value=BLACK;other_value=[DECLINED];rule=answered");
}

Test(reconcile, decline_stands_over_observed_and_over_unknown) {
    linked(1, "ehr", 2, "payer");
    said(1, 1, 1, 1, "ehr", "race", "self", "2020-01-01", "missing=DECLINED");
    said(2, 2, 2, 1, "payer", "race", "observed", "2025-01-01", "omb1997=BLACK;omb2024=BLACK");
    said(2, 2, 2, 2, "payer", "sexual_orientation", "self", "2025-01-01", "missing=UNKNOWN");
    said(1, 1, 1, 2, "ehr", "sexual_orientation", "self", "2020-01-01", "missing=DECLINED");
    run("out");
    expect("out", V, 1, "element=race;axis=1997;value=;missing=DECLINED;losers=1");
    expect("out", P, 1, "missing_race_1997=DECLINED;missing_2024=DECLINED;black=;missing_ethnicity_1997=UNKNOWN");
    expect("out", D, 1, "element=race;severity=note;kept_value=[DECLINED];other_value=BLACK");
    expect("out", V, 1, "element=sexual_orientation;missing=DECLINED;rule=answered");
    expect("out", D, 0, "element=sexual_orientation"); /* unknown disagrees with nothing */
}

Test(reconcile, unknown_of_a_better_class_does_not_hide_an_answer) {
    linked(1, "ehr", 2, "payer");
    said(1, 1, 1, 1, "ehr", "race", "self", "2025-01-01", "missing=UNKNOWN");
    said(2, 2, 2, 1, "payer", "race", "unknown", "2020-01-01", "omb1997=AIAN;omb2024=AIAN");
    run("out");
    expect("out", V, 1, "element=race;axis=1997;value=AIAN;rule=answered");
    expect("out", D, 0, "");
}

Test(reconcile, detail_beats_its_parent_from_the_same_source_only) {
    demo(1, 1, 1, "ehr", "2025-01-01", "surname=DOE");
    said(1, 1, 1, 1, "ehr", "race", "self", "2020-01-01", "omb1997=ASIAN;omb2024=ASIAN;detail=2034-7 Chinese");
    said(1, 1, 1, 2, "ehr", "race", "self", "2025-01-01", "omb1997=ASIAN;omb2024=ASIAN");
    demo(2, 1, 2, "ehr", "2025-01-01", "surname=ROE");
    demo(3, 2, 3, "payer", "2025-01-01", "surname=ROE");
    id(2, 1, 2, "state", "Z", "Y");
    id(3, 2, 3, "state", "Z", "Y");
    said(2, 1, 2, 1, "ehr", "race", "self", "2020-01-01", "omb1997=ASIAN;omb2024=ASIAN;detail=2034-7 Chinese");
    said(3, 2, 3, 1, "payer", "race", "self", "2025-01-01", "omb1997=ASIAN|NHOPI;omb2024=ASIAN|NHPI");
    run("out");
    expect("out", V, 1, "element=race;axis=1997;value=ASIAN;rule=detail;effective=2020-01-01");
    expect("out", V, 1, "element=race;axis=detail;value=2034-7 Chinese");
    expect("out", V, 1, "element=race;axis=1997;value=ASIAN|NHOPI;rule=recency"); /* stays unresolved */
    expect("out", D, 1, "kind=source_against_source;severity=note;kept_value=ASIAN|NHOPI;other_value=ASIAN");
    expect("out", P, 1, "unresolved_1997=ASIAN|NHOPI;unresolved_2024=ASIAN|NHPI;asian=;nhpi=;white=N");
}

Test(reconcile, hispanic_conflict_is_an_error_and_still_decided) {
    linked(1, "ehr", 2, "payer");
    said(1, 1, 1, 1, "ehr", "ethnicity", "self", "2025-01-01", "omb1997=HISPANIC;omb2024=HISPANIC");
    said(2, 2, 2, 1, "payer", "ethnicity", "self", "2020-01-01", "omb1997=NOT_HISPANIC");
    run("out");
    expect("out", D, 1, "element=ethnicity;axis=1997;severity=error;kept_value=HISPANIC;other_value=NOT_HISPANIC");
    expect("out", P, 1, "hispanic=Y;hispanic_1997=Y;census6=HISPANIC;missing_race_1997=UNKNOWN;missing_2024=");
}

Test(reconcile, yes_and_no_in_one_answer_decide_nothing) {
    one(1, "ehr");
    said(1, 1, 1, 1, "ehr", "race_ethnicity", "self", "2025-01-01", "omb1997=HISPANIC;omb2024=HISPANIC");
    said(1, 1, 1, 1, "ehr", "race_ethnicity", "self", "2025-01-01", "omb1997=WHITE+NOT_HISPANIC;omb2024=WHITE");
    run("out");
    expect("out", D, 1, "element=ethnicity;kind=within_source;severity=error");
    expect("out", V, 1, "element=ethnicity;axis=1997;value=HISPANIC|NOT_HISPANIC");
    expect("out", P, 1, "hispanic=;hispanic_1997=;white=Y;census6=;missing_ethnicity_1997=UNKNOWN");
}

Test(reconcile, codes_decide_and_text_fills) {
    one(1, "ehr");
    said(1, 1, 1, 1, "ehr", "race", "self", "2025-01-01", "missing=UNMAPPED");
    said(1, 1, 1, 1, "ehr", "race", "self", "2025-01-01", "representation=text;omb1997=BLACK;omb2024=BLACK");
    one(2, "ehr");
    said(2, 1, 2, 1, "ehr", "race", "self", "2025-01-01", "omb1997=WHITE;omb2024=WHITE");
    said(2, 1, 2, 1, "ehr", "race", "self", "2025-01-01", "representation=text;omb1997=ASIAN;omb2024=ASIAN");
    one(3, "ehr");
    said(3, 1, 3, 1, "ehr", "race", "self", "2025-01-01", "omb1997=OTHER_RACE;missing=OTHER");
    said(3, 1, 3, 1, "ehr", "race", "self", "2025-01-01", "representation=text;omb1997=NHOPI;omb2024=NHPI");
    one(4, "ehr");
    said(4, 1, 4, 1, "ehr", "language_preferred", "self", "2025-01-01", "value=en");
    said(4, 1, 4, 1, "ehr", "language_preferred", "self", "2025-01-01", "representation=text;value=fr");
    run("out");
    expect("out", V, 1, "element=race;axis=1997;value=BLACK");
    expect("out", V, 1, "element=race;axis=1997;value=WHITE");
    expect("out", V, 1, "element=race;axis=1997;value=NHOPI");
    expect("out", V, 0, "element=race;axis=1997;value=OTHER_RACE");
    expect("out", D, 1, "kind=code_against_text;element=race;kept_value=WHITE;other_value=ASIAN");
    expect("out", D, 1, "kind=code_against_text;element=language_preferred;kept_value=en;other_value=fr");
    expect("out", D, 2, "");
    expect("out", P, 1, "language=en");
}

Test(reconcile, source_rank_decides_among_administrative_before_recency) {
    linked(1, "ehr", 2, "aplan"); /* by name aplan would go first, and it is newer */
    said(1, 1, 1, 1, "ehr", "race", "administrative", "2020-01-01", "omb1997=WHITE;omb2024=WHITE");
    said(2, 2, 2, 1, "aplan", "race", "administrative", "2025-01-01", "omb1997=BLACK;omb2024=BLACK");
    run("plain");
    expect("plain", V, 1, "element=race;axis=1997;value=BLACK;rule=recency");
    extra_config = "source_rank: [ehr]\n";
    run("ranked");
    expect("ranked", V, 1, "element=race;axis=1997;value=WHITE;rule=source_rank");
    cr_assert(!same_file("plain", "ranked", "discrepancy"));
    struct rs_view key;
    read_out("plain", D);
    key = found[0][DISCREPANCY_discrepancy_key];
    read_out("ranked", D);
    cr_assert(rs_eq(key, found[0][DISCREPANCY_discrepancy_key]), "the key does not depend on who stands");
}

/* ---- axes -------------------------------------------------------------------------------------------------------- */

Test(reconcile, combined_question_and_two_questions_give_the_same_axes) {
    one(1, "payer"); /* X12 O: White, not Hispanic */
    said(1, 1, 1, 1, "payer", "race_ethnicity", "self", "2025-01-01", "omb1997=WHITE+NOT_HISPANIC;omb2024=WHITE");
    one(2, "ehr"); /* FHIR: race and ethnicity apart */
    said(2, 1, 2, 1, "ehr", "race", "self", "2025-01-01", "omb1997=WHITE;omb2024=WHITE");
    said(2, 1, 2, 2, "ehr", "ethnicity", "self", "2025-01-01", "omb1997=NOT_HISPANIC");
    run("out");
    expect("out", P, 2, "white=Y;aian=N;asian=N;black=N;nhpi=N;hispanic=N;mena=;white_1997=Y;black_1997=N;other_1997=N;"
                        "hispanic_1997=N;census6=WHITE;missing_2024=;missing_race_1997=;missing_ethnicity_1997=;"
                        "race_collection=self");
}

Test(reconcile, x12_letter_h_is_complete_on_the_2024_axis_alone) {
    one(1, "payer");
    said(1, 1, 1, 1, "payer", "race_ethnicity", "unknown", "2025-01-01", "omb1997=HISPANIC;omb2024=HISPANIC");
    run("out");
    expect("out", P, 1, "hispanic=Y;white=N;mena=;missing_2024=;missing_race_1997=UNKNOWN;white_1997=;census6=HISPANIC;"
                        "race_collection=unknown");
    expect("out", V, 1, "element=race_ethnicity;axis=2024;seq=1;value=HISPANIC");
    expect("out", V, 0, "element=race;axis=1997"); /* nobody said anything about race */
}

Test(reconcile, one_question_rules_out_what_it_leaves_out) {
    one(1, "ehr");
    said(1, 1, 1, 1, "ehr", "race_ethnicity", "self", "2025-01-01", "omb1997=WHITE;omb2024=MENA;rule=omb2024:MENA/B8");
    said(1, 1, 1, 1, "ehr", "race_ethnicity", "self", "2025-01-01",
         "omb1997=BLACK;omb2024=BLACK;rule=omb2024:BLACK/B4");
    run("out");
    expect("out", P, 1, "mena=Y;black=Y;white=N;hispanic=N;white_1997=Y;black_1997=Y;hispanic_1997=N;census6=MULTI");
}

/* US Core has no MENA category: the sender must put the detail under White. */
Test(reconcile, white_of_1997_above_a_mena_detail_is_no_answer_of_its_own) {
    one(1, "ehr");
    said(1, 1, 1, 1, "ehr", "race", "self", "2025-01-01", "omb1997=WHITE;omb2024=WHITE");
    said(1, 1, 1, 1, "ehr", "race", "self", "2025-01-01",
         "representation=detail;omb1997=WHITE;omb2024=MENA;detail=2121-2 Iranian");
    one(2, "ehr");
    said(2, 1, 2, 1, "ehr", "race", "self", "2025-01-01", "omb1997=WHITE;omb2024=WHITE");
    said(2, 1, 2, 1, "ehr", "race", "self", "2025-01-01",
         "representation=detail;omb1997=WHITE;omb2024=MENA;detail=2121-2 Iranian");
    said(2, 1, 2, 1, "ehr", "race", "self", "2025-01-01",
         "representation=detail;omb1997=WHITE;omb2024=WHITE;detail=2113-9 Irish");
    run("out");
    expect("out", P, 1, "mena=Y;white=;black=N;white_1997=Y");
    expect("out", P, 1, "mena=Y;white=Y;black=N;white_1997=Y");
}

/* The derivation table of README.md, row by row. */
static struct rs_rc_axes axes_of(unsigned race97, unsigned any97, unsigned race24, unsigned any24, unsigned ethnicity) {
    struct rs_rc_answer r = {.element = EL_RACE, .c97 = {(uint16_t)race97, (uint16_t)any97},
                             .c24 = {(uint16_t)race24, (uint16_t)any24}};
    struct rs_rc_answer e = {.element = EL_ETHNICITY, .c97 = {(uint16_t)ethnicity, 0}};
    struct rs_rc_standing race = {.answer = race97 || any97 || race24 ? &r : NULL, .substance = SU_VALUE};
    struct rs_rc_standing eth = {.answer = ethnicity ? &e : NULL, .substance = SU_VALUE};
    struct rs_rc_axes axes;
    rs_rc_axes(&race, &eth, &axes);
    return axes;
}

static void census_is(const char *want, unsigned race97, unsigned any97, unsigned ethnicity) {
    struct rs_rc_axes a = axes_of(race97, any97, 0, 0, ethnicity);
    cr_assert(want ? a.census6 && strcmp(a.census6, want) == 0 : !a.census6, "race %x|%x ethnicity %x: %s", race97,
              any97, ethnicity, a.census6 ? a.census6 : "null");
}

Test(reconcile, census_groups) {
    const unsigned no = C97_NOT_HISPANIC, yes = C97_HISPANIC;
    census_is("HISPANIC", C97_BLACK, 0, yes);
    census_is("HISPANIC", 0, 0, yes);
    census_is("BLACK", C97_BLACK, 0, no);
    census_is("AIAN", C97_AIAN, 0, no);
    census_is("API", C97_NHOPI, 0, no);
    census_is("API", 0, C97_ASIAN | C97_NHOPI, no);
    census_is("MULTI", C97_ASIAN | C97_NHOPI, 0, no); /* two races */
    census_is("MULTI", C97_TWO_OR_MORE, 0, no);
    census_is("MULTI", C97_WHITE, C97_ASIAN | C97_NHOPI, no);
    census_is(NULL, C97_OTHER, 0, no);
    census_is(NULL, C97_WHITE | C97_OTHER, 0, no);
    census_is("MULTI", C97_WHITE | C97_BLACK | C97_OTHER, 0, no);
    census_is(NULL, C97_BLACK, 0, 0); /* Hispanic not ruled out */
    census_is(NULL, 0, 0, no);
    census_is(NULL, 0, C97_WHITE | C97_ASIAN, no);
}

Test(reconcile, bridge_to_2024) {
    struct rs_rc_axes a = axes_of(C97_OTHER, 0, 0, 0, C97_HISPANIC); /* B2 */
    cr_assert(a.yes_2024 == C24_HISPANIC && a.missing_2024 == MI_NONE && (a.no_2024 & C24_WHITE));
    a = axes_of(C97_WHITE, 0, C24_WHITE, 0, C97_HISPANIC); /* B3 */
    cr_assert(a.yes_2024 == (C24_WHITE | C24_HISPANIC) && !(a.no_2024 & C24_MENA) && (a.no_2024 & C24_BLACK));
    a = axes_of(0, 0, 0, 0, C97_NOT_HISPANIC); /* B5 */
    cr_assert(a.yes_2024 == 0 && a.missing_2024 == MI_UNKNOWN && a.no_2024 == C24_HISPANIC);
    a = axes_of(C97_OTHER, 0, 0, 0, C97_NOT_HISPANIC); /* B6 */
    cr_assert(a.yes_2024 == 0 && a.missing_2024 == MI_OTHER && a.yes_1997 == C97_OTHER);
    a = axes_of(C97_BLACK, 0, C24_BLACK, 0, 0); /* B7 */
    cr_assert(a.yes_2024 == C24_BLACK && !(a.no_2024 & C24_HISPANIC) && a.hispanic_1997 == 0);
    a = axes_of(C97_TWO_OR_MORE, 0, C24_TWO_OR_MORE, 0, C97_NOT_HISPANIC); /* B11 */
    cr_assert(a.unresolved_2024.all == C24_TWO_OR_MORE && a.missing_2024 == MI_NONE && a.no_2024 == C24_HISPANIC &&
              a.no_1997 == 0);
}

Test(reconcile, nobody_asked) {
    one(1, "payer");
    run("out");
    expect("out", P, 1, "missing_2024=UNKNOWN;missing_race_1997=UNKNOWN;missing_ethnicity_1997=UNKNOWN;"
                        "missing_language=UNKNOWN;race_collection=;census6=;white=");
    expect("out", V, 0, "");
}

Test(reconcile, the_source_of_race_and_ethnicity_is_theirs) {
    linked(1, "payer", 2, "ehr"); /* race of one, ethnicity of the other */
    said(1, 1, 1, 1, "payer", "ethnicity", "self", "2025-01-01", "omb1997=NOT_HISPANIC");
    said(2, 2, 2, 1, "ehr", "race", "self", "2025-01-01", "omb1997=WHITE;omb2024=WHITE");
    one(3, "clinic"); /* who declines does so to somebody, too */
    said(3, 1, 3, 1, "clinic", "race", "self", "2025-01-01", "missing=DECLINED");
    one(4, "payer");
    run("out");
    expect("out", P, 1, "census6=WHITE;race_source=ehr|payer;race_collection=self");
    expect("out", P, 1, "missing_race_1997=DECLINED;race_source=clinic");
    expect("out", P, 1, "missing_race_1997=UNKNOWN;race_source=;race_collection=");
}

/* Whoever asks first, the same answer stands, for the same reason. */
Test(reconcile, survivorship_does_not_depend_on_the_order_of_answers) {
    static const char *const days[] = {"2023-01-01", "2024-01-01", NULL};
    static const char *const details[] = {NULL, "2034-7 Chinese", "2036-2 Filipino"};
    struct rs_random r = rs_random(7, 7, 7);
    for (int round = 0; round < 3000; round++) {
        struct rs_rc_answer a[6];
        struct rs_rc_candidate c[6], d[6];
        int aspect = (int)rs_random_below(&r, 2);
        memset(a, 0, sizeof a);
        size_t n = 0;
        for (int i = 0; i < 6; i++) {
            a[i].record.b[0] = (uint8_t)rs_random_below(&r, 3);
            a[i].source = (uint16_t)rs_random_below(&r, 3);
            a[i].element = rs_random_below(&r, 3) ? EL_RACE_ETHNICITY : EL_RACE;
            a[i].collection = (uint8_t)rs_random_below(&r, CO_COUNT);
            a[i].effective = rs_cstr(days[rs_random_below(&r, 3)]);
            if (rs_random_below(&r, 3) == 0) {
                a[i].missing = (uint8_t)(1 + rs_random_below(&r, MI_COUNT - 1));
            } else {
                a[i].c97.all = (uint16_t)(rs_random_below(&r, 512));
                a[i].c97.any = rs_random_below(&r, 2) ? C97_ASIAN | C97_NHOPI : 0;
                a[i].contradictory = (a[i].c97.all & C97_ETHNICITY) == C97_ETHNICITY;
                a[i].detail = rs_cstr(details[rs_random_below(&r, 3)]);
            }
            n += rs_rc_candidate_of(&a[i], aspect, &c[n]);
        }
        memcpy(d, c, sizeof c);
        for (size_t i = n; i > 1; i--) {
            size_t j = rs_random_below(&r, (uint32_t)i);
            struct rs_rc_candidate t = d[i - 1];
            d[i - 1] = d[j];
            d[j] = t;
        }
        for (size_t i = 0; i < n; i++)
            for (size_t j = 0; j < n; j++) {
                const char *rule;
                int x = rs_rc_candidate_compare(&c[i], &c[j], aspect, 1, &rule);
                int y = rs_rc_candidate_compare(&c[j], &c[i], aspect, 1, &rule);
                cr_assert((x < 0) == (y > 0) && (x == 0) == (y == 0));
            }
        struct rs_rc_standing s = rs_rc_survive(c, n, aspect, 1), t = rs_rc_survive(d, n, aspect, 1);
        cr_assert(s.losers == t.losers && strcmp(s.rule, t.rule) == 0);
        if (n) cr_assert(s.answer == t.answer || memcmp(s.answer, t.answer, sizeof *s.answer) == 0);
    }
}

/* A filler in place of a member id makes one person of a whole file: in the order in which a simple sort is slowest. */
Test(reconcile, a_person_with_two_hundred_thousand_answers, .timeout = 30) {
    enum { N = 200000 };
    struct rs_rc_answer *a = rs_alloc(N * sizeof *a);
    struct rs_rc_candidate *c = rs_alloc(N * sizeof *c);
    char(*days)[16] = rs_alloc(N * sizeof *days);
    size_t n = 0;
    for (int i = 0; i < N; i++) {
        snprintf(days[i], sizeof days[i], "%04d-%02d-%02d", 1000 + i / 336, i / 28 % 12 + 1, i % 28 + 1);
        a[i].element = EL_RACE;
        a[i].collection = CO_SELF;
        a[i].effective = rs_cstr(days[i]);
        a[i].c97.all = i % 2 ? C97_ASIAN : C97_WHITE;
        n += rs_rc_candidate_of(&a[i], AS_RACE, &c[n]);
    }
    struct rs_rc_standing s = rs_rc_survive(c, n, AS_RACE, 1);
    cr_assert(s.answer == &a[N - 1] && s.losers == N - 1);
    cr_assert_str_eq(s.rule, "recency");
    free(days);
    free(c);
    free(a);
}

/* ---- rows of one record, persons, measures ----------------------------------------------------------------------- */

Test(reconcile, newer_row_of_a_record_stands_and_older_answers_count) {
    demo(1, 1, 1, "payer", "2024-01-01", "surname=OLD;zip5=10001");
    demo(1, 2, 1, "payer", "2025-01-01", "surname=NEW;zip5=10002");
    said(1, 1, 1, 1, "payer", "race", "self", "2024-01-01", "omb1997=AIAN;omb2024=AIAN");
    run("out");
    expect("out", P, 1, "surname=NEW;zip5=10002;records=1;aian=Y");
    expect("out", &rs_layout_ledger, 1, "layout=demographic;file_no=1;fate=superseded;rows=1");
    expect("out", &rs_layout_ledger, 1, "layout=demographic;file_no=2;fate=merged;rows=1");
    expect("out", D, 0, "");
}

Test(reconcile, demographics_by_group_and_their_disagreements) {
    extra_config = "source_rank: ehr, payer\n";
    demo(1, 1, 1, "payer", "2025-05-01",
         "surname=SMITH;first_name=ANN;birth_date=1980-01-02;sex=female;state=NY;zip5=10001;tract=36061000100");
    demo(2, 2, 1, "ehr", "2020-01-01", "surname=JONES;birth_date=1980-02-01;sex=unknown;zip5=10001");
    id(1, 1, 1, "state", "S", "Y");
    id(2, 2, 1, "state", "S", "Y");
    run("out");
    /* whole name from payer (ehr has no first name); birth from ehr by rank; the finer of two addresses in one ZIP */
    expect("out", P, 1, "surname=SMITH;first_name=ANN;birth_date=1980-02-01;sex=female;zip5=10001;tract=36061000100");
    expect("out", D, 1, "element=birth_date;axis=standard;severity=error;kept_value=1980-02-01;other_value=1980-01-02;"
                        "rule=source_rank");
    expect("out", D, 1, "element=surname;kept_value=;other_value=;severity=warning");
    expect("out", D, 2, "");
}

Test(reconcile, surnames_written_in_two_ways) {
    static const char *const pairs[][3] = {{"O'BRIEN", "OBRIEN", ""},
                                           {"GARCIA-LOPEZ", "GARCIA LOPEZ", ""},
                                           {"GARCIA LOPEZ", "GARCIA", "note"},
                                           {"LOPEZ", "GARCIA-LOPEZ", "note"},
                                           {"LOPE", "LOPEZ", "warning"}};
    char value[16], columns[64];
    for (int i = 0; i < 5; i++) {
        for (int k = 0; k < 2; k++) {
            snprintf(columns, sizeof columns, "surname=%s", pairs[i][k]);
            demo(i * 2 + k, k + 1, i, k ? "payer" : "ehr", "2025-01-01", columns);
            snprintf(value, sizeof value, "n%d", i);
            id(i * 2 + k, k + 1, i, "state", value, "Y");
        }
    }
    run("out");
    expect("out", D, 2, "element=surname;severity=note");
    expect("out", D, 1, "element=surname;severity=warning");
    expect("out", D, 3, "");
}

Test(reconcile, what_a_measure_carries_stands_with_its_row) {
    linked(1, "ehr", 2, "payer");
    struct rs_view *row = event(1, 3, 1, "AMB", 1, 1, NULL);
    row[MEASURE_EVENT_amount] = RS_LIT("3");
    row[MEASURE_EVENT_exposure] = RS_LIT("11.5");
    row[MEASURE_EVENT_product] = RS_LIT("Medicaid");
    event(2, 4, 1, "AMB", 1, 1, NULL);
    row = event(1, 3, 2, "HBD", 1, 1, NULL);
    row[MEASURE_EVENT_excluded] = RS_LIT("hospice");
    event(2, 4, 2, "HBD", 1, 0, NULL);
    run("out");
    const struct rs_layout *m = &rs_layout_person_measure;
    expect("out", m, 1, "measure=AMB;numerator=1;amount=3;exposure=11.5;product=Medicaid;excluded=");
    expect("out", m, 1, "measure=HBD;numerator=0;excluded=");
    expect("out", m, 2, "");
}

Test(reconcile, measures_of_a_person_count_once) {
    linked(1, "ehr", 2, "payer");
    event(1, 3, 1, "CBP", 1, 0, "north");
    event(2, 4, 1, "CBP", 1, 1, NULL);
    event(1, 3, 2, "HBD", 0, 0, "north");
    event(77, 3, 3, "CBP", 1, 1, NULL);
    run("out");
    const struct rs_layout *m = &rs_layout_person_measure, *l = &rs_layout_ledger;
    expect("out", m, 1, "measure=CBP;period=2025;denominator=1;numerator=1;provider_group=");
    expect("out", m, 1, "measure=HBD;denominator=0;numerator=0;provider_group=north");
    expect("out", m, 2, "");
    expect("out", l, 1, "layout=measure_event;file_no=3;fate=superseded;rows=1");
    expect("out", l, 1, "layout=measure_event;file_no=3;fate=rejected;reason=unknown_member;rows=1");
    expect("out", &rs_layout_quarantine, 1, "rule=unknown_member;scope=row;file_no=3;record_no=3;offset=300");
}

Test(reconcile, rows_of_an_unknown_record_are_rejected_with_their_place) {
    one(1, "ehr");
    said(9, 5, 6, 1, "ehr", "race", "self", "2025-01-01", "omb1997=WHITE;omb2024=WHITE");
    said(9, 5, 6, 1, "ehr", "race", "self", "2025-01-01", "omb1997=ASIAN;omb2024=ASIAN");
    id(9, 5, 6, "state", "X", "Y");
    run("out");
    expect("out", &rs_layout_quarantine, 2, "rule=unknown_member;scope=row;file_no=5;record_no=6;field=record_key");
    expect("out", &rs_layout_quarantine, 1, "rule=unknown_member;scope=row;file_no=5;field=identifier.record_key");
    expect("out", &rs_layout_ledger, 1, "layout=mapped;file_no=5;fate=rejected;reason=unknown_member;rows=2");
    expect("out", &rs_layout_ledger, 1, "layout=identifier;file_no=5;fate=rejected;reason=unknown_member;rows=1");
    expect("out", P, 1, "");
}

Test(reconcile, languages_and_interpreter) {
    one(1, "ehr");
    said(1, 1, 1, 1, "ehr", "language_spoken", "self", "2025-01-01", "value=es");
    said(1, 1, 1, 2, "ehr", "language_preferred", "self", "2025-01-01", "missing=DECLINED");
    said(1, 1, 1, 3, "ehr", "interpreter", "self", "2025-01-01", "value=Y");
    said(1, 1, 1, 4, "ehr", "sex_at_birth", "self", "2025-01-01", "value=F");
    one(2, "ehr");
    said(2, 1, 2, 1, "ehr", "language_preferred", "self", "2025-01-01", "missing=DECLINED");
    run("out");
    expect("out", P, 1, "language=es;missing_language=;interpreter=Y;sex=");
    expect("out", P, 1, "language=;missing_language=DECLINED;interpreter=");
    expect("out", V, 1, "element=sex_at_birth;axis=standard;value=F");
}

Test(reconcile, an_unknown_word_of_the_layout_stops_the_stage) {
    struct rs_error error = {0};
    one(1, "ehr");
    said(1, 1, 1, 1, "ehr", "race", "self", "2025-01-01", "omb1997=PURPLE");
    try_run("out", NULL, 1, false, &error);
    cr_assert(error.code == RS_DATA && strstr(error.text, "omb1997"), "%s", error.text);
}
