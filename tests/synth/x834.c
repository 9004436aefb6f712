/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The plan's enrolment file, 834 005010X220A1: one transaction set a block, households with the subscriber first,
 * DMG05 in the forms that senders mix: letter, code, both, repeats, hierarchical codes, 7. */
#include "pen.h"

static const char eol[] = "~\n";
#define END(b, segments) (rs_put(b, eol, 2), (void)++*(segments))

void rs_put_834_begin(struct rs_buffer *b, int32_t date) {
    RS_PUT(b, "ISA*00*          *00*          *ZZ*SAMPLEPAYER    *ZZ*SAMPLEPLAN     *");
    int year, month, day;
    rs_civil_from_days(date, &year, &month, &day);
    rs_put_number(b, (uint64_t)(year % 100 * 10000 + month * 100 + day), 6);
    RS_PUT(b, "*0600*^*00501*000000001*0*T*:~\nGS*BE*SAMPLEPAYER*SAMPLEPLAN*");
    rs_put_day(b, date, 0);
    RS_PUT(b, "*0600*1*X*005010X220A1~\n");
}

void rs_put_834_end(struct rs_buffer *b, uint64_t sets) {
    RS_PUT(b, "GE*");
    rs_put_number(b, sets, 1);
    RS_PUT(b, "*1~\nIEA*1*000000001~\n");
}

void rs_put_834_set(struct rs_buffer *b, uint64_t set, int32_t date, unsigned *segments) {
    RS_PUT(b, "ST*834*");
    rs_put_number(b, set, 4);
    RS_PUT(b, "*005010X220A1");
    END(b, segments);
    RS_PUT(b, "BGN*00*");
    rs_put_number(b, set, 4);
    RS_PUT(b, "*");
    rs_put_day(b, date, 0);
    RS_PUT(b, "*0600****4"); /* 4: verify, a full file */
    END(b, segments);
    RS_PUT(b, "N1*P5*SAMPLE EMPLOYER GROUP*FI*000000001");
    END(b, segments);
    RS_PUT(b, "N1*IN*SAMPLE HEALTH PLAN*FI*000000002");
    END(b, segments);
}

void rs_put_834_set_end(struct rs_buffer *b, uint64_t set, unsigned segments) {
    RS_PUT(b, "SE*");
    rs_put_number(b, segments + 1, 1);
    RS_PUT(b, "*");
    rs_put_number(b, set, 4);
    rs_put(b, eol, 2);
}

/* ---- race and ethnicity --------------------------------------------------------------------------------------- */

static const struct { unsigned bit; char letter[2]; const char *code, *hierarchy; } races[] = {
    {RS_S_WHITE, "C", "2106-3", "R5"}, {RS_S_BLACK, "B", "2054-5", "R3"}, {RS_S_AIAN, "I", "1002-5", "R1"},
    {RS_S_ASIAN, "A", "2028-9", "R2"}, {RS_S_NHPI, "P", "2076-8", "R4"},  {RS_S_OTHER, "E", "2131-1", "R9"},
};

enum form { LETTER, CODE, BOTH, HIERARCHY, DETAIL, CROSSED };

static enum form draw_form(struct rs_random *r) {
    static const float until[] = {0.45f, 0.66f, 0.85f, 0.90f, 0.97f, 1};
    return (enum form)rs_pick_float(r, until, 6);
}

static void put_component(struct rs_buffer *b, enum form form, const char *letter, const char *code,
                          const char *hierarchy, bool *first) {
    if (!*first) RS_PUT(b, "^");
    *first = false;
    if (form == LETTER || form == BOTH || form == CROSSED) rs_put_c(b, letter);
    if (form == LETTER) return;
    RS_PUT(b, ":RET:");
    rs_put_c(b, form == HIERARCHY ? hierarchy : code);
}

/* One letter can say race and ethnicity together: N Black, O White, both not Hispanic; H Hispanic of any race. */
static bool put_joint_letter(struct rs_buffer *b, const struct rs_answer *a, struct rs_random *r) {
    double u = rs_random_unit(r);
    const char *letter = NULL;
    if (a->hispanic && (u < 0.7 || !a->races)) letter = "H";
    else if (!a->hispanic && a->races == RS_S_WHITE && u < 0.35) letter = "O";
    else if (!a->hispanic && a->races == RS_S_BLACK && u < 0.35) letter = "N";
    else if (a->races == RS_S_ASIAN && u < 0.3) letter = "F";
    else if (a->races == RS_S_AIAN && u < 0.3) letter = "G";
    if (letter) rs_put_c(b, letter);
    return letter != NULL;
}

/* Some senders put race in the letter and ethnicity in the code of one composite: C:RET:2186-5. */
static bool put_crossed(struct rs_buffer *b, const struct rs_answer *a) {
    for (size_t i = 0; i < sizeof races / sizeof *races; i++) {
        if (a->races != races[i].bit) continue;
        rs_put_c(b, races[i].letter);
        rs_put_c(b, a->hispanic ? ":RET:2135-2" : ":RET:2186-5");
        return true;
    }
    return false;
}

static void put_given(struct rs_buffer *b, const struct rs_synth_world *w, struct rs_synth_person *p,
                      const struct rs_answer *a, struct rs_random *r) {
    enum form form = draw_form(r);
    unsigned bits = a->races & ~(unsigned)RS_S_MENA;
    struct rs_answer plain = *a;
    plain.races = bits;
    bool ethnicity = rs_chance(r, 0.5), partial = rs_chance(r, w->rates.plan_partial), first = true;
    if (form == LETTER && put_joint_letter(b, &plain, r)) return;
    if (form == DETAIL && a->origin >= 0 && w->tables.origin[a->origin].code.n && !(bits & (bits - 1))) {
        RS_PUT(b, ":RET:"); /* the detailed concept alone, of race or of ethnicity */
        rs_put_v(b, w->tables.origin[a->origin].code);
        return;
    }
    if (form == CROSSED && put_crossed(b, &plain)) return;
    for (size_t i = 0; i < sizeof races / sizeof *races; i++) {
        if (!(bits & races[i].bit)) continue;
        put_component(b, form, races[i].letter, races[i].code, races[i].hierarchy, &first);
        if (!partial || !(bits & (bits - 1))) continue;
        p->damage |= 1u << RS_K_partial;
        break;
    }
    if (a->hispanic) put_component(b, form, "H", "2135-2", "E1", &first);
    else if (first || (ethnicity && form != LETTER)) put_component(b, CODE, "", "2186-5", "E2", &first);
}

static struct rs_answer plan_answer(const struct rs_synth_world *w, struct rs_synth_person *p) {
    struct rs_random r = rs_random(w->options->seed, p->number, RS_STREAM_ANSWER_PLAN);
    struct rs_answer_rates rates = {
        .reported = rs_synth_reporting(w, p, w->tables.group[p->group].plan_report, w->rates.report_plan),
        .declined = w->rates.plan_decline,
        .unknown = w->rates.plan_not_provided,
        .wrong = w->rates.plan_wrong,
    };
    struct rs_answer a = rs_synth_answer(p, &rates, &r);
    if (a.state == RS_A_DECLINED) p->damage |= 1u << RS_K_decline;
    if (a.state == RS_A_UNKNOWN) p->damage |= 1u << RS_K_not_provided;
    if (a.wrong) p->damage |= 1u << RS_K_wrong;
    return a;
}

/* ---- the loops ------------------------------------------------------------------------------------------------ */

/* How this copy of the member is written. */
struct copy {
    enum rs_letters letters;
    bool no_id, no_race;
};

static void put_names(struct rs_buffer *b, const struct rs_synth_world *w, struct rs_synth_person *p,
                      const struct copy *copy, struct rs_random *r) {
    struct rs_spelling how = {.accents = RS_FOLDED, .letters = copy->letters, .joined = rs_chance(r, 0.5)};
    double u = rs_random_unit(r);
    how.second = u < 0.45 ? RS_FIRST_ONLY : u < 0.8 ? RS_BOTH_HYPHEN : RS_BOTH_BLANK;
    if (p->family.hyphen && how.second == RS_BOTH_BLANK) how.second = RS_BOTH_HYPHEN;
    bool swapped = rs_chance(r, w->rates.swapped), tail = rs_chance(r, w->rates.suffix_in_name);
    bool baby = p->age < 1 && rs_chance(r, w->rates.placeholder);
    if (swapped) p->damage |= 1u << RS_K_swapped;
    if (baby) p->damage |= 1u << RS_K_placeholder;
    struct rs_view given = baby ? (p->sex == 'F' ? RS_LIT("BABY GIRL") : RS_LIT("BABY BOY")) : p->given;
    RS_PUT(b, "NM1*IL*1*");
    if (swapped) rs_put_letters(b, given, copy->letters);
    else rs_put_family(b, &p->family, how);
    if (tail && p->suffix[0] && !swapped) {
        RS_PUT(b, " ");
        rs_put_letters(b, rs_cstr(p->suffix), copy->letters);
    }
    RS_PUT(b, "*");
    if (swapped) rs_put_family(b, &p->family, how);
    else rs_put_letters(b, given, copy->letters);
    const char *suffix = tail ? "" : p->suffix;
    if (p->middle || suffix[0]) RS_PUT(b, "*");
    if (p->middle) rs_put_byte(b, p->middle);
    if (suffix[0]) {
        RS_PUT(b, "**");
        rs_put_c(b, suffix);
    }
}

static void put_address(struct rs_buffer *b, const struct rs_synth_world *w, struct rs_synth_person *p,
                        const struct copy *copy, struct rs_random *r, unsigned *segments) {
    const struct rs_synth_address *a = &p->plan;
    const struct rs_synth_tract *t = &w->tract[a->tract];
    bool nine = rs_chance(r, w->rates.zip9), none = rs_chance(r, w->rates.no_zip), county = rs_chance(r, 0.7);
    RS_PUT(b, "N3*");
    rs_put_number(b, (uint64_t)a->number, 1);
    RS_PUT(b, " ");
    rs_put_letters(b, w->tables.street[a->street], copy->letters);
    if (a->apartment) {
        RS_PUT(b, "*APT ");
        rs_put_number(b, (uint64_t)a->apartment, 1);
    }
    END(b, segments);
    RS_PUT(b, "N4*");
    rs_put_letters(b, w->tables.city[t->county % (uint32_t)w->tables.n_cities], copy->letters);
    RS_PUT(b, "*");
    rs_put_c(b, w->state[(t->id[0] - '0') * 10 + t->id[1] - '0']);
    if (none) p->damage |= 1u << RS_K_no_zip;
    if (none && !county) {
        END(b, segments);
        return;
    }
    RS_PUT(b, "*");
    if (!none && t->zip) {
        rs_put(b, w->zip[t->zip], 5);
        if (nine) rs_put_number(b, (uint64_t)a->plus4, 4);
        if (nine) p->damage |= 1u << RS_K_zip9;
    }
    if (county) {
        RS_PUT(b, "**CY*");
        rs_put(b, t->id, 5);
    }
    END(b, segments);
}

static void put_birth_date(struct rs_buffer *b, const struct rs_synth_world *w, struct rs_synth_person *p,
                           struct rs_random *r) {
    if (!rs_chance(r, w->rates.bad_date)) {
        rs_put_day(b, p->birth, 0);
        return;
    }
    static const char *const bad[] = {"00000000", "19011301", "18910101", "20250229"};
    p->damage |= 1u << RS_K_bad_date;
    rs_put_c(b, bad[rs_random_below(r, 4)]);
}

static void put_demographics(struct rs_buffer *b, const struct rs_synth_world *w, struct rs_synth_person *p,
                             const struct rs_answer *a, const struct copy *copy, struct rs_random *r,
                             unsigned *segments) {
    if (rs_chance(r, w->rates.no_date)) {
        p->damage |= 1u << RS_K_no_date;
        return;
    }
    RS_PUT(b, "DMG*D8*");
    put_birth_date(b, w, p, r);
    RS_PUT(b, "*");
    rs_put_byte(b, p->sex);
    if (a->state != RS_A_ABSENT && !copy->no_race) RS_PUT(b, "**");
    if (!copy->no_race) {
        if (a->state == RS_A_UNKNOWN) RS_PUT(b, "7");
        if (a->state == RS_A_DECLINED) RS_PUT(b, "Z"); /* mutually defined: this plan's decline */
        if (a->state == RS_A_GIVEN) put_given(b, w, p, a, r);
    }
    END(b, segments);
}

static void put_language(struct rs_buffer *b, const struct rs_synth_world *w, const struct rs_synth_person *p,
                         struct rs_random *r, unsigned *segments) {
    const struct rs_synth_language *l = &w->tables.language[p->language];
    double u = rs_random_unit(r);
    if (rs_chance(r, w->rates.no_language)) return;
    bool two = l->letters2.n > 0 && u < 0.2, niso = u >= 0.9, text = u >= 0.82 && u < 0.9;
    if (text) {
        RS_PUT(b, "LUI***");
        rs_put_letters(b, l->name, RS_UPPER);
    } else {
        RS_PUT(b, "LUI*L");
        rs_put_byte(b, niso ? 'D' : 'E');
        RS_PUT(b, "*");
        rs_put_v(b, two ? l->letters2 : l->letters3);
        RS_PUT(b, "**7");
    }
    END(b, segments);
}

static void put_identifiers(struct rs_buffer *b, const struct rs_synth_person *p, const struct copy *copy,
                            unsigned *segments) {
    if (copy->no_id) return;
    RS_PUT(b, "REF*0F*");
    rs_put_member_id(b, p->household);
    END(b, segments);
    RS_PUT(b, "REF*23*");
    rs_put_member_id(b, p->number);
    END(b, segments);
}

static void put_loop(struct rs_buffer *b, const struct rs_synth_world *w, struct rs_synth_person *p,
                     const struct rs_answer *a, const struct copy *copy, struct rs_random *r, unsigned *segments) {
    RS_PUT(b, "INS*");
    rs_put_byte(b, p->role == RS_S_SELF ? 'Y' : 'N');
    rs_put_c(b, p->role == RS_S_SELF ? "*18" : p->role == RS_S_SPOUSE ? "*01" : "*19");
    rs_put_c(b, p->role == RS_S_SELF ? "*030*XN*A***FT" : "*030*XN*A");
    END(b, segments);
    put_identifiers(b, p, copy, segments);
    RS_PUT(b, "DTP*356*D8*20250101");
    END(b, segments);
    put_names(b, w, p, copy, r);
    END(b, segments);
    if (rs_chance(r, 0.8)) {
        RS_PUT(b, "PER*IP**HP*");
        rs_put_number(b, 200 + w->tract[p->home.tract].county * 7 % 799, 3);
        RS_PUT(b, "55501");
        rs_put_number(b, rs_random_below(r, 100), 2);
        END(b, segments);
    }
    put_address(b, w, p, copy, r, segments);
    put_demographics(b, w, p, a, copy, r, segments);
    put_language(b, w, p, r, segments);
    RS_PUT(b, "HD*030**HMO*SAMPLE");
    END(b, segments);
    RS_PUT(b, "DTP*348*D8*20250101");
    END(b, segments);
}

void rs_put_834(struct rs_buffer *b, const struct rs_synth_world *w, struct rs_synth_person *p, unsigned *segments) {
    struct rs_random r = rs_random(w->options->seed, p->number, RS_STREAM_PLAN);
    struct rs_answer a = plan_answer(w, p);
    struct copy copy = {.letters = RS_UPPER, .no_id = rs_chance(&r, w->rates.no_id)};
    bool lower = rs_chance(&r, w->rates.lower_case), twice = rs_chance(&r, w->rates.duplicate);
    if (lower) copy.letters = rs_chance(&r, 0.5) ? RS_LOWER : RS_TITLE;
    if (lower) p->damage |= 1u << RS_K_lower_case;
    if (copy.no_id) p->damage |= 1u << RS_K_no_id;
    put_loop(b, w, p, &a, &copy, &r, segments);
    if (!twice || copy.no_id) return;
    copy = (struct copy){.letters = RS_TITLE, .no_race = true};
    p->damage |= 1u << RS_K_duplicate;
    put_loop(b, w, p, &a, &copy, &r, segments);
}
