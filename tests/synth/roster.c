/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The small sources: a clinic's roster (CSV in Windows-1252, local codes and free text, CRLF) and the member-level
 * measure results. */
#include "pen.h"

const char rs_roster_header[] =
    "PatientID,MemberNo,LastName,FirstName,MI,Suffix,DOB,Sex,Address,City,ST,Zip,Tract,Race,"
    "Ethnicity,Language,Interpreter,Updated\r\n";
const char rs_measures_header[] = "member_id,measure,denominator,numerator,provider_group,period\n";

/* What this clinic types for a race: its own code, or whatever the desk wrote. */
static const struct { unsigned bit; const char *code, *text[4]; } races[] = {
    {RS_S_WHITE, "1", {"W", "White", "Caucasian", "white"}},
    {RS_S_BLACK, "2", {"AA", "Black", "Black/African American", "B"}},
    {RS_S_ASIAN, "3", {"Asian", "A", "asian", "ASIAN"}},
    {RS_S_AIAN, "4", {"Native American", "AI/AN", "American Indian", "native"}},
    {RS_S_NHPI, "5", {"Pacific Islander", "NHPI", "hawaiian", "PI"}},
    {RS_S_OTHER, "6", {"Other", "other", "Some other race", "O"}},
};

static void put_race(struct rs_buffer *b, const struct rs_synth_world *w, const struct rs_answer *a,
                     struct rs_random *r) {
    bool code = rs_chance(r, 0.5), odd = rs_chance(r, w->rates.roster_odd);
    if (odd) {
        RS_PUT(b, "see chart");
        return;
    }
    uint32_t style = rs_random_below(r, 4);
    if (a->state == RS_A_DECLINED) rs_put_c(b, code ? "8" : "Declined");
    else if (a->state == RS_A_UNKNOWN) rs_put_c(b, code ? "9" : "Unknown");
    else if (a->state == RS_A_GIVEN && (a->races & (a->races - 1) & ~(unsigned)RS_S_MENA))
        rs_put_c(b, code ? "7" : "Two or more races");
    else if (a->state == RS_A_GIVEN && !a->races)
        rs_put_c(b, code ? "6" : "Hispanic");
    for (size_t i = 0; i < sizeof races / sizeof *races; i++) {
        unsigned bits = a->races & ~(unsigned)RS_S_MENA;
        if (a->state == RS_A_GIVEN && bits == races[i].bit) rs_put_c(b, code ? races[i].code : races[i].text[style]);
    }
}

static void put_ethnicity(struct rs_buffer *b, const struct rs_answer *a, struct rs_random *r) {
    static const char *const yes[] = {"hispanic", "Hispanic", "H", "Y"};
    static const char *const no[] = {"nonhispanic", "Non-Hispanic", "N", "Not Hispanic"};
    uint32_t style = rs_random_below(r, 4);
    if (a->state == RS_A_GIVEN) rs_put_c(b, a->hispanic ? yes[style] : no[style]);
    if (a->state == RS_A_DECLINED) RS_PUT(b, "Declined");
}

static void put_names(struct rs_buffer *b, const struct rs_synth_person *p, struct rs_random *r) {
    struct rs_spelling how = {.letters = RS_TITLE, .accents = rs_chance(r, 0.5) ? RS_CP1252 : RS_FOLDED};
    how.second = p->family.hyphen ? RS_BOTH_HYPHEN : rs_chance(r, 0.5) ? RS_BOTH_BLANK : RS_FIRST_ONLY;
    rs_put_family(b, &p->family, how);
    RS_PUT(b, ",");
    rs_put_letters(b, p->given, RS_TITLE);
    RS_PUT(b, ",");
    if (p->middle) rs_put_byte(b, p->middle);
    RS_PUT(b, ",");
    rs_put_c(b, p->suffix);
    RS_PUT(b, ",");
}

static void put_birth(struct rs_buffer *b, int32_t birth) {
    int year, month, day;
    rs_civil_from_days(birth, &year, &month, &day);
    rs_put_number(b, (uint64_t)month, 2);
    RS_PUT(b, "/");
    rs_put_number(b, (uint64_t)day, 2);
    RS_PUT(b, "/");
    rs_put_number(b, (uint64_t)year, 4);
}

static void put_address(struct rs_buffer *b, const struct rs_synth_world *w, const struct rs_synth_person *p) {
    const struct rs_synth_address *a = &p->home;
    const struct rs_synth_tract *t = &w->tract[a->tract];
    RS_PUT(b, "\"");
    rs_put_number(b, (uint64_t)a->number, 1);
    RS_PUT(b, " ");
    rs_put_letters(b, w->tables.street[a->street], RS_TITLE);
    if (a->apartment) {
        RS_PUT(b, ", #");
        rs_put_number(b, (uint64_t)a->apartment, 1);
    }
    RS_PUT(b, "\",");
    rs_put_letters(b, w->tables.city[t->county % (uint32_t)w->tables.n_cities], RS_TITLE);
    RS_PUT(b, ",");
    rs_put_c(b, w->state[(t->id[0] - '0') * 10 + t->id[1] - '0']);
    RS_PUT(b, ",");
    if (t->zip) rs_put(b, w->zip[t->zip], 5);
    RS_PUT(b, ",");
    rs_put(b, t->id, 11);
    RS_PUT(b, ",");
}

void rs_put_roster(struct rs_buffer *b, const struct rs_synth_world *w, struct rs_synth_person *p) {
    struct rs_random r = rs_random(w->options->seed, p->number, RS_STREAM_ROSTER);
    struct rs_answer_rates rates = {.reported = 1 - w->rates.roster_missing, .unknown = 0.5,
                                    .declined = w->rates.ehr_decline, .wrong = w->rates.plan_wrong};
    bool no_id = rs_chance(&r, w->rates.roster_no_id), language = !rs_chance(&r, w->rates.no_language);
    if (no_id) p->damage |= 1u << RS_K_no_member_id;
    RS_PUT(b, "C");
    rs_put_number(b, p->number * 7 + 100003, 8);
    RS_PUT(b, ",");
    if (!no_id) rs_put_member_id(b, p->number);
    RS_PUT(b, ",");
    put_names(b, p, &r);
    put_birth(b, p->birth);
    RS_PUT(b, ",");
    rs_put_byte(b, p->sex);
    RS_PUT(b, ",");
    put_address(b, w, p);
    struct rs_answer a = rs_synth_answer(p, &rates, &r);
    put_race(b, w, &a, &r);
    RS_PUT(b, ",");
    put_ethnicity(b, &a, &r);
    RS_PUT(b, ",");
    if (language) rs_put_v(b, w->tables.language[p->language].name);
    RS_PUT(b, ",");
    rs_put_c(b, p->language && p->role != RS_S_CHILD ? "Y" : "N");
    RS_PUT(b, ",");
    rs_put_day(b, w->options->as_of - 1 - (int32_t)rs_random_below(&r, 1000), '-');
    RS_PUT(b, "\r\n");
}

uint64_t rs_put_measures(struct rs_buffer *b, const struct rs_synth_world *w, const struct rs_synth_person *p) {
    int year, month, day;
    uint64_t rows = 0;
    rs_civil_from_days(w->options->as_of, &year, &month, &day);
    for (int m = 0; m < RS_S_MEASURES; m++) {
        if (!p->denominator[m] && !p->excluded[m]) continue;
        rs_put_member_id(b, p->number);
        RS_PUT(b, ",");
        rs_put_v(b, w->tables.measure[m].name);
        rs_put_c(b, p->denominator[m] ? ",1," : ",0,");
        rs_put_c(b, p->numerator[m] ? "1,PG" : "0,PG");
        rs_put_number(b, (uint64_t)p->provider + 1, 2);
        RS_PUT(b, ",");
        rs_put_number(b, (uint64_t)year - 1, 4);
        RS_PUT(b, "\n");
        rows++;
    }
    return rows;
}
