/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The two-step derivation: from a person's own two answers and from nothing else. Each expectation is the rule written
 * out: transgender where the identity differs from the sex recorded at birth or says so, nonbinary apart, missing
 * reasons apart, nobody made cisgender by what is missing. */
#include "reconcile_plan.h"

TestSuite(gender, .init = setup, .fini = teardown);

struct case_of {
    const char *identity, *sex; /* "value=..." or "missing=..."; NULL: no such row */
    const char *value, *missing;
};
static const struct case_of cases[] = {
    {"value=female", "value=female", "cisgender", NULL},
    {"value=male", "value=male", "cisgender", NULL},
    {"value=female", "value=male", "transgender", NULL},
    {"value=male", "value=female", "transgender", NULL},
    {"value=transgender_man", "value=male", "transgender", NULL},
    {"value=transgender_woman", NULL, "transgender", NULL},
    {"value=nonbinary", "value=female", "nonbinary", NULL},
    {"value=gender_fluid", "missing=DECLINED", "nonbinary", NULL},
    {"value=two_spirit", "value=female", "another_identity", NULL},
    {"value=questioning", "value=male", "another_identity", NULL},
    {"value=female", "value=intersex", NULL, "OTHER"},
    {"value=female", NULL, NULL, "UNKNOWN"},
    {"value=female", "missing=DECLINED", NULL, "DECLINED"},
    {"value=female", "missing=NOT_ASKED", NULL, "NOT_ASKED"},
    {"missing=DECLINED", "value=female", NULL, "DECLINED"},
    {"missing=ASKED_UNKNOWN", "value=male", NULL, "ASKED_UNKNOWN"},
    {"missing=NOT_ASKED", NULL, NULL, "NOT_ASKED"},
    {NULL, "value=male", NULL, "UNKNOWN"}};
enum { CASES = sizeof cases / sizeof cases[0] };

static void plan_of_cases(const char *how_identity, const char *how_sex) {
    for (int i = 0; i < CASES; i++) {
        one(i + 1, "ehr");
        if (cases[i].identity) said(i + 1, 1, i + 1, 1, "ehr", "gender_identity", how_identity, "2025-01-01", cases[i].identity);
        if (cases[i].sex) said(i + 1, 1, i + 1, 2, "ehr", "sex_at_birth", how_sex, "2025-01-01", cases[i].sex);
    }
}

Test(gender, two_steps) {
    plan_of_cases("self", "self");
    run("out");
    for (int i = 0; i < CASES; i++) {
        const char *want = rs_arena_printf(&arena, "person_key=%.*s;element=gender_two_step;axis=standard;seq=1;value=%s;"
                                           "missing=%s;collection=derived;rule=two_step;losers=0",
                                           (int)person_of("out", i + 1).n, person_of("out", i + 1).p,
                                           cases[i].value ? cases[i].value : "", cases[i].missing ? cases[i].missing : "").p;
        expect("out", V, 1, want);
    }
    expect("out", V, CASES, "element=gender_two_step");
    /* nothing of it goes to the person, and it contradicts nothing */
    expect("out", D, 0, "element=gender_two_step");
}

Test(gender, both_are_told_where_both_were_said) {
    one(1, "ehr");
    said(1, 1, 1, 1, "ehr", "gender_identity", "self", "2025-01-01", "value=transgender_man");
    said(1, 1, 1, 1, "ehr", "gender_identity", "self", "2025-01-01", "value=nonbinary");
    run("out");
    expect("out", V, 1, "element=gender_two_step;seq=1;value=transgender");
    expect("out", V, 1, "element=gender_two_step;seq=2;value=nonbinary");
    expect("out", V, 2, "element=gender_two_step");
}

/* "Woman, nonbinary" in one field: mapped writes both with a plus between. */
Test(gender, one_row_may_say_several) {
    one(1, "ehr");
    said(1, 1, 1, 1, "ehr", "gender_identity", "self", "2025-01-01", "value=female+nonbinary");
    said(1, 1, 1, 2, "ehr", "sex_at_birth", "self", "2025-01-01", "value=female");
    run("out");
    expect("out", V, 1, "element=gender_identity;seq=1;value=female");
    expect("out", V, 1, "element=gender_identity;seq=2;value=nonbinary");
    expect("out", V, 1, "element=gender_two_step;seq=1;value=nonbinary");
    expect("out", V, 1, "element=gender_two_step");
}

Test(gender, answers_of_others_are_not_used) {
    plan_of_cases("administrative", "observed");
    run("out");
    expect("out", V, 0, "element=gender_two_step");
}

Test(gender, a_clerks_sex_at_birth_is_no_answer) {
    one(1, "ehr");
    said(1, 1, 1, 1, "ehr", "gender_identity", "self", "2025-01-01", "value=female");
    said(1, 1, 1, 2, "ehr", "sex_at_birth", "administrative", "2025-01-01", "value=male");
    said(1, 1, 1, 3, "ehr", "administrative_sex", "self", "2025-01-01", "value=male");
    run("out");
    expect("out", V, 1, "element=gender_two_step;value=;missing=UNKNOWN");
}

Test(gender, a_jurisdiction_switches_it_off) {
    plan_of_cases("self", "self");
    extra_config = "jurisdiction: no_derived\n";
    run("out");
    expect("out", V, 0, "element=gender_two_step");
    expect("out", V, 14, "element=gender_identity;missing=");
}

Test(gender, a_jurisdiction_nobody_knows_is_refused) {
    struct rs_error error = {0};
    one(1, "ehr");
    extra_config = "jurisdiction: atlantis\n";
    try_run("out", NULL, 1, false, &error);
    cr_assert_eq(error.code, RS_CONFIG);
}

/* Born 2008-06-15: seventeen on the first day, eighteen on the second. Who has no date of birth cannot be shown to be of age;
 * a record without one is of the person whose other record has it. */
Test(gender, what_may_not_be_kept_of_minors_is_dropped) {
    demo(1, 1, 1, "ehr", "2026-01-01", "surname=DOE;birth_date=2008-06-15");
    demo(2, 1, 2, "ehr", "2026-01-01", "surname=ROE;birth_date=1970-01-01");
    demo(3, 2, 3, "crm", "2026-01-01", "surname=ROE");
    one(4, "ehr");
    id(2, 1, 2, "state", "X1", "Y");
    id(3, 2, 3, "state", "X1", "Y");
    said(1, 1, 1, 1, "ehr", "gender_identity", "self", "2026-06-14", "value=female");
    said(1, 1, 1, 2, "ehr", "sex_at_birth", "self", "2026-06-15", "value=female");
    said(1, 1, 1, 3, "ehr", "race", "self", "2026-06-14", "omb1997=WHITE;omb2024=WHITE");
    said(2, 1, 2, 1, "ehr", "gender_identity", "self", "2026-06-14", "value=male");
    said(3, 2, 3, 1, "crm", "sexual_orientation", "self", "2026-06-14", "value=straight");
    said(4, 1, 4, 1, "ehr", "gender_identity", "self", "2026-06-14", "value=male");
    extra_config = "jurisdiction: {name: here, drop: [], minors: {under: 18, drop: [gender_identity, sexual_orientation, "
                   "sex_at_birth]}}\n";
    run("out");
    expect("out", V, 1, "element=gender_identity");
    expect("out", V, 1, "element=gender_identity;value=male");
    expect("out", V, 1, "element=sexual_orientation;value=straight");
    expect("out", V, 1, "element=sex_at_birth;value=female"); /* of age by then */
    expect("out", V, 1, "element=race;axis=1997;value=WHITE");
}
