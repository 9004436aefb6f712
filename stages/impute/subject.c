/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Why it exists: which of a person's words count, in one place for all passes over persons. */
#include "subject.h"
#include "evaluate.h"
#include "pipeline/base/date.h"

static void set_age(const struct rs_run *run, struct rs_view birth, struct rs_who *who) {
    int32_t born;
    who->has_age = run->has_as_of && rs_has(birth) && rs_day_parse(birth, &born) && born <= run->as_of;
    if (who->has_age) who->age = rs_age(born, run->as_of);
}

/* Where today's sources leave the group open, an earlier run's answer narrows it further. Where the two exclude each other,
 * today's word is the newer one and stands. */
static void take_earlier(const struct rs_subjects *how, struct rs_subject *s) {
    struct rs_earlier_word then;
    if (!rs_earlier_find(how->earlier, s->person_key, &then) || then.declined) return;
    if (!rs_earlier_narrow(&s->cells, &s->answer, then.cells, &then.answer)) return;
    s->earlier = true;
    s->said = then.said;
}

/* A whole answer is not looked at for the probabilities: they are compared with it. A part of one narrows them. */
struct rs_subject rs_subject_of(const struct rs_subjects *how, const struct rs_view *person) {
    struct rs_subject s = {
        .person_key = person[PERSON_person_key],
        .collection = person[PERSON_race_collection],
        .source = person[PERSON_race_source],
        .who = {.surname = person[PERSON_surname],
                .first_name = person[PERSON_first_name],
                .middle_name = person[PERSON_middle_name],
                .sex = rs_sex_letter(person[PERSON_sex]),
                .ids = {.state = person[PERSON_state], .zip5 = person[PERSON_zip5], .zcta = person[PERSON_zcta],
                        .county = person[PERSON_county], .tract = person[PERSON_tract],
                        .block_group = person[PERSON_block_group]}},
        .answer = rs_answer_of(person),
        .reported = rs_census6_group(person[PERSON_census6]),
        .reliability = 1};
    set_age(how->run, person[PERSON_birth_date], &s.who);
    s.cells = rs_answer_cells(&s.answer);
    if (s.reported >= 0) {
        s.cells = 1u << s.reported;
    } else {
        bool today = s.cells != 0;
        if (!rs_person_declined(person)) take_earlier(how, &s);
        struct rs_answer_way way = {s.collection, s.source, today, s.earlier};
        s.reliability = rs_reliability_of(how->reliability, &way);
        s.who.cells = s.cells;
        s.who.hispanic = rs_answer_hispanic(&s.answer) * how->silent_hispanic;
    }
    if (how->learn) s.learn = rs_learn_person_of(person);
    s.missing_language = person[PERSON_missing_language];
    return s;
}
