/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Code, text and alternate of one answer: what an alternate adds, and what it contradicts. */
#include "reconcile_plan.h"

TestSuite(alternate, .init = setup, .fini = teardown);

static void answer(const char *element, const char *representation, const char *pairs) {
    said(1, 1, 1, 1, "ehr", element, "self", "2025-01-01",
         rs_arena_printf(&arena, "%s;representation=%s", pairs, representation).p);
}

Test(alternate, one_that_agrees_is_no_disagreement) {
    one(1, "ehr");
    answer("race", "code", "omb1997=ASIAN;omb2024=ASIAN");
    answer("race", "alternate", "omb1997=ASIAN;omb2024=ASIAN;detail=2034-7 Chinese");
    answer("race", "text", "omb1997=ASIAN;omb2024=ASIAN");
    run("out");
    expect("out", D, 0, "");
    expect("out", V, 1, "element=race;axis=1997;value=ASIAN;rule=only_answer");
    expect("out", V, 1, "element=race;axis=detail;value=2034-7 Chinese");
}

Test(alternate, one_that_contradicts_is_reported_and_does_not_stand) {
    one(1, "ehr");
    answer("race", "code", "omb1997=ASIAN;omb2024=ASIAN");
    answer("race", "alternate", "omb1997=WHITE;omb2024=WHITE");
    run("out");
    expect("out", D, 1, "element=race;kind=code_against_text;severity=warning;kept_value=ASIAN;other_value=WHITE;rule=code");
    expect("out", P, 1, "asian=Y;white=N");
}

/* PID-15 of a real message: ara^^HL70296^eng^English-us^HL70296. */
Test(alternate, languages_that_differ) {
    one(1, "ehr");
    answer("language_preferred", "code", "value=ar");
    answer("language_preferred", "alternate", "value=en");
    run("out");
    expect("out", D, 1, "element=language_preferred;kind=code_against_text;kept_value=ar;other_value=en");
    expect("out", P, 1, "language=ar");
}

Test(alternate, it_narrows_an_unresolved_set_and_fills_what_is_missing) {
    one(1, "ehr");
    answer("race", "code", "omb1997=ASIAN|NHOPI;omb2024=ASIAN|NHPI");
    answer("race", "alternate", "omb1997=NHOPI;omb2024=NHPI");
    said(1, 1, 1, 2, "ehr", "ethnicity", "self", "2025-01-01", "missing=UNMAPPED");
    said(1, 1, 1, 2, "ehr", "ethnicity", "self", "2025-01-01", "omb1997=NOT_HISPANIC;representation=alternate");
    run("out");
    expect("out", D, 0, "");
    expect("out", P, 1, "nhpi=Y;asian=N;unresolved_2024=;hispanic=N");
}

Test(alternate, a_decline_in_code_is_not_filled) {
    one(1, "ehr");
    answer("gender_identity", "code", "missing=DECLINED");
    answer("gender_identity", "alternate", "value=female");
    run("out");
    expect("out", V, 1, "element=gender_identity;value=;missing=DECLINED");
    expect("out", D, 1, "element=gender_identity;kind=code_against_text;severity=note;kept_value=[DECLINED];other_value=female");
}
