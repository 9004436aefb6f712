/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Draws households: place, groups, names, ages, languages, SOGI, and the outcomes with their true probabilities.
 *
 * With every departure off, a member's group follows the tract's counts, the surname P(s|r) of the census table and
 * nothing else, the outcome the group, language and provider: the model BISG and BIRDiE assume. Orientation and
 * identity are drawn from age alone, so that nothing else in the sample tells them. */
#include "people.h"
#include <stdio.h>

const char *const rs_synth_orientation_names[] = {"", "straight", "gay_or_lesbian", "bisexual", "other"};
const char *const rs_synth_identity_names[] = {"", "male", "female", "transgender_man", "transgender_woman",
                                              "nonbinary"};

/* ---- names ---------------------------------------------------------------------------------------------------- */

/* Title case with the Scottish prefix: MCDONALD -> McDonald. */
static void title(const char *census, char *written) {
    size_t i = 0;
    for (; census[i] && i < RS_S_NAME_MAX - 1; i++) {
        bool capital = i == 0 || (i == 2 && census[0] == 'M' && census[1] == 'C' && census[3]);
        written[i] = capital ? census[i] : (char)(census[i] | 0x20);
    }
    written[i] = 0;
}

/* A name that the table does not list, made from one that it does by changing or adding a vowel. */
static void unlisted(const struct rs_synth_world *w, int group, struct rs_random *r, char *census) {
    static const char vowels[] = "AEIOUY";
    double counts[RS_GROUPS];
    for (int attempt = 0; attempt < 16; attempt++) {
        uint32_t like = rs_alias_draw(&w->surname[group], r);
        if (like == w->n_surnames) continue;
        struct rs_view name = rs_pack_surname_at(w->pack, like, counts);
        size_t n = name.n < 24 ? name.n : 24, at = rs_random_below(r, (uint32_t)n);
        char vowel = vowels[rs_random_below(r, 6)];
        memcpy(census, name.p, at + 1);
        if (strchr(vowels, name.p[at])) {
            census[at] = vowel;
            memcpy(census + at + 1, name.p + at + 1, n - at - 1);
            census[n] = 0;
        } else {
            census[at + 1] = vowel;
            memcpy(census + at + 2, name.p + at + 1, n - at - 1);
            census[n + 1] = 0;
        }
        if (!rs_pack_surname(w->pack, rs_cstr(census), counts)) return;
    }
    snprintf(census, RS_S_NAME_MAX, "QUIXWOLDE"); /* sixteen misses: practically never */
}

void rs_synth_surname(const struct rs_synth_world *w, uint32_t index, int group, struct rs_random *r, char *census,
                      char *written) {
    if (index >= w->n_surnames) {
        unlisted(w, group, r, census);
        title(census, written);
        return;
    }
    double counts[RS_GROUPS];
    struct rs_view name = rs_pack_surname_at(w->pack, index, counts);
    size_t n = name.n < RS_S_NAME_MAX - 1 ? name.n : RS_S_NAME_MAX - 1;
    memcpy(census, name.p, n);
    census[n] = 0;
    if (w->spelling[index]) {
        struct rs_view s = w->tables.spelling[w->spelling[index] - 1].written;
        memcpy(written, s.p, s.n);
        written[s.n] = 0;
    } else {
        title(census, written);
    }
}

static bool spanish_names_common(const struct rs_synth_tract *t) {
    static const char states[][3] = {"02", "06", "15", "32", "53"}; /* AK CA HI NV WA */
    for (int i = 0; i < 5; i++)
        if (memcmp(t->id, states[i], 2) == 0) return true;
    return false;
}

static uint32_t draw_surname(const struct rs_synth_world *w, struct rs_synth_person *p, struct rs_random *r) {
    const struct rs_synth_tract *t = &w->tract[p->home.tract];
    if (rs_chance(r, w->rates.name_pool)) {
        p->departures |= RS_D_NAME_POOL;
        return w->pool[t->county][p->group][rs_random_below(r, RS_S_POOL)];
    }
    if (p->group == RS_API && spanish_names_common(t) && rs_chance(r, w->rates.name_borrowed)) {
        p->departures |= RS_D_NAME_BORROWED;
        return rs_alias_draw(&w->surname[RS_HISPANIC], r);
    }
    return rs_alias_draw(&w->surname[p->group], r);
}

static void draw_family(const struct rs_synth_world *w, struct rs_synth_person *p, struct rs_random *r) {
    struct rs_synth_family *f = &p->family;
    rs_synth_surname(w, draw_surname(w, p, r), p->group, r, f->census, f->written);
    f->second_census[0] = f->second_written[0] = 0;
    f->hyphen = p->group != RS_HISPANIC;
    if (!rs_chance(r, f->hyphen ? w->rates.hyphen : w->rates.two_surnames)) return;
    rs_synth_surname(w, rs_alias_draw(&w->surname[p->group], r), p->group, r, f->second_census, f->second_written);
    p->damage |= 1u << (f->hyphen ? RS_K_hyphen : RS_K_two_surnames);
}

static struct rs_view draw_given(const struct rs_synth_world *w, const struct rs_synth_person *p, int year,
                                 struct rs_random *r) {
    static const int lists[] = {RS_WHITE, RS_BLACK, RS_HISPANIC, RS_API};
    int group = p->group;
    if (group == RS_AIAN) group = rs_chance(r, 0.8) ? RS_WHITE : RS_HISPANIC;
    if (group == RS_MULTI) group = lists[rs_random_below(r, 4)];
    for (int i = 0; i < w->tables.n_lists; i++) {
        const struct rs_synth_name_list *l = &w->tables.list[i];
        if (l->group != group || l->sex != p->sex || year < l->from || year > l->to) continue;
        double u = rs_random_unit(r);
        int k = 0;
        while (k < l->n - 1 && u >= l->until[k]) k++;
        return l->name[k];
    }
    return RS_LIT("LEE");
}

/* ---- one person ----------------------------------------------------------------------------------------------- */

static int draw_origin(const struct rs_synth_world *w, int group, struct rs_random *r) {
    double u = rs_random_unit(r);
    int last = 0;
    for (int i = 0; i < w->tables.n_origins; i++) {
        if (w->tables.origin[i].group != group) continue;
        last = i;
        if (u < w->tables.origin[i].until) break;
    }
    return last;
}

static void draw_sogi(struct rs_synth_person *p, struct rs_random *r) {
    double u = rs_random_unit(r), v = rs_random_unit(r);
    if (p->age < 18) return;
    double straight = p->age < 35 ? 0.84 : p->age < 55 ? 0.93 : 0.96;
    double other = 1 - straight;
    p->orientation = u < straight ? RS_SO_STRAIGHT : u < straight + 0.35 * other ? RS_SO_GAY
                     : u < straight + 0.9 * other ? RS_SO_BISEXUAL : RS_SO_OTHER;
    double transgender = p->age < 35 ? 0.012 : 0.004, nonbinary = p->age < 35 ? 0.012 : 0.002;
    bool female = p->sex == 'F';
    if (v < transgender) p->identity = female ? RS_GI_TRANS_MAN : RS_GI_TRANS_WOMAN;
    else if (v < transgender + nonbinary) p->identity = RS_GI_NONBINARY;
    else p->identity = female ? RS_GI_FEMALE : RS_GI_MALE;
}

static void draw_person(const struct rs_synth_world *w, struct rs_synth_person *p, struct rs_random *r) {
    const struct rs_synth_options *o = w->options;
    p->birth = o->as_of - (int32_t)(p->age * 365.25) - (int32_t)rs_random_below(r, 365);
    int year, month, day;
    rs_civil_from_days(p->birth, &year, &month, &day);
    p->age = rs_age(p->birth, o->as_of);
    p->given = draw_given(w, p, year, r);
    p->middle = rs_chance(r, 0.6) ? (char)('A' + rs_random_below(r, 23)) : 0;
    static const char *const suffixes[] = {"JR", "JR", "JR", "SR", "II", "III"};
    bool suffix = p->sex == 'M' && rs_chance(r, w->rates.suffix);
    p->suffix = suffix ? suffixes[rs_random_below(r, 6)] : "";
    if (suffix) p->damage |= 1u << RS_K_suffix;
    p->origin = draw_origin(w, p->group, r);
    const struct rs_synth_origin *origin = &w->tables.origin[p->origin];
    p->races = origin->races;
    p->hispanic = p->group == RS_HISPANIC;
    p->language = rs_chance(r, p->role == RS_S_CHILD ? origin->share / 2 : origin->share) ? origin->language : 0;
    draw_sogi(p, r);
    p->in_ehr = rs_chance(r, w->rates.in_ehr);
    p->in_roster = rs_chance(r, w->rates.in_roster);
    if (p->age < 18) p->departures |= o->off[RS_SYNTH_CHILDREN] ? 0 : RS_D_CHILD;
}

/* ---- outcomes ------------------------------------------------------------------------------------------------- */

static void draw_outcomes(const struct rs_synth_world *w, struct rs_synth_person *p) {
    struct rs_random r = rs_random(w->options->seed, p->number, RS_STREAM_OUTCOME);
    int in = 0, met = 0;
    for (int m = 0; m < RS_S_MEASURES; m++) {
        const struct rs_synth_measure *measure = &w->tables.measure[m];
        double u = rs_random_unit(&r), v = rs_random_unit(&r), x = rs_random_unit(&r);
        bool fits = (measure->sex == '-' || measure->sex == p->sex) && p->age >= measure->from && p->age <= measure->to;
        double share = measure->share * w->tables.group[p->group].denominator;
        if (!fits || u >= (share < 0.97 ? share : 0.97)) continue;
        double chance = measure->base + measure->gap[p->group] + (p->language ? measure->other_language : 0) +
                        w->quality[p->provider][m];
        p->p[m] = chance < 0.02 ? 0.02 : chance > 0.98 ? 0.98 : chance;
        p->excluded[m] = x < 0.02; /* hospice and the like: sent with denominator 0 */
        if (p->excluded[m]) continue;
        p->denominator[m] = 1;
        p->numerator[m] = v < p->p[m];
        in++;
        met += p->numerator[m];
    }
    p->engaged = in ? (double)met / in : 0.5;
}

/* ---- households ----------------------------------------------------------------------------------------------- */

static struct rs_synth_address draw_address(const struct rs_synth_world *w, struct rs_random *r) {
    struct rs_synth_address a;
    a.tract = rs_alias_draw(&w->tracts, r);
    a.number = 100 + (int)rs_random_below(r, 9800);
    a.street = (int)rs_random_below(r, (uint32_t)w->tables.n_streets);
    a.apartment = rs_chance(r, 0.25) ? 1 + (int)rs_random_below(r, 400) : 0;
    a.plus4 = 1000 + (int)rs_random_below(r, 8999);
    return a;
}

static int child_group(const struct rs_synth_world *w, int a, int b, struct rs_random *r) {
    if (w->options->off[RS_SYNTH_CHILDREN]) return a;
    double u = rs_random_unit(r), v = rs_random_unit(r);
    if (a == b) return a;
    int other = a == RS_HISPANIC ? b : a; /* where one parent is Hispanic: the other */
    if (a == RS_HISPANIC || b == RS_HISPANIC) return u < w->rates.child_hispanic ? RS_HISPANIC : other;
    if (u < w->rates.child_multiple) return RS_MULTI;
    return v < 0.5 ? a : b;
}

static int draw_children(const struct rs_synth_world *w, int group, int head_age, struct rs_random *r) {
    double factor = w->options->off[RS_SYNTH_CHILDREN] ? 1 : w->tables.group[group].children, chance = 0.45 * factor;
    int n = 0;
    for (int i = 0; i < 5; i++) {
        if (!rs_chance(r, chance)) break;
        chance = 0.55 * factor;
        n++;
    }
    return head_age >= 20 && head_age <= 58 ? n : 0;
}

static int head_age(struct rs_random *r) {
    if (rs_chance(r, 0.15)) return 65 + (int)rs_random_below(r, 24);
    return 19 + (int)rs_random_below(r, 46);
}

static int other_age(enum rs_synth_role role, int head, struct rs_random *r) {
    if (role == RS_S_SPOUSE) {
        int age = head - 6 + (int)rs_random_below(r, 13);
        return age < 19 ? 19 : age;
    }
    int most = head - 18 < 25 ? head - 18 : 25;
    return most > 0 ? (int)rs_random_below(r, (uint32_t)most) : 0;
}

/* Group, sex, age and family name of a member, from the household's head (and second adult). */
static void place_member(const struct rs_synth_world *w, struct rs_synth_person *members, int i, struct rs_random *r) {
    struct rs_synth_person *p = &members[i], *head = &members[0];
    const struct rs_synth_tract *t = &w->tract[head->home.tract];
    p->sex = rs_chance(r, 0.51) ? 'F' : 'M';
    if (p->role == RS_S_SELF) {
        p->group = rs_pick_float(r, t->until, RS_GROUPS);
        p->age = head_age(r);
        draw_family(w, p, r);
        return;
    }
    p->age = other_age(p->role, head->age, r);
    p->group = head->group;
    if (p->role == RS_S_SPOUSE) {
        double mixed = w->options->off[RS_SYNTH_HOUSEHOLDS] ? 0 : w->tables.group[head->group].mixed;
        if (rs_chance(r, 0.95)) p->sex = head->sex == 'F' ? 'M' : 'F';
        if (rs_chance(r, mixed)) p->group = rs_pick_float(r, t->until, RS_GROUPS);
    } else {
        p->group = child_group(w, head->group, members[1].role == RS_S_SPOUSE ? members[1].group : head->group, r);
    }
    bool same = p->group == head->group;
    if (!same) p->departures |= RS_D_MIXED;
    p->departures |= head->departures & (RS_D_NAME_POOL | RS_D_NAME_BORROWED);
    if (same || p->role == RS_S_CHILD || rs_chance(r, w->rates.spouse_name)) {
        p->family = head->family;
        p->damage |= head->damage & (1u << RS_K_hyphen | 1u << RS_K_two_surnames);
        return;
    }
    p->departures &= ~(unsigned)(RS_D_NAME_POOL | RS_D_NAME_BORROWED);
    draw_family(w, p, r);
}

int rs_synth_household(const struct rs_synth_world *w, uint64_t number, int room, struct rs_synth_person *members) {
    struct rs_random r = rs_random(w->options->seed, number, RS_STREAM_HOUSEHOLD);
    struct rs_synth_address home = draw_address(w, &r), before = draw_address(w, &r);
    bool moved = rs_chance(&r, w->rates.moved), in_plan = rs_chance(&r, w->rates.in_plan);
    int region = w->region[w->tract[home.tract].county];
    int n = 1, size = 1;
    for (int i = 0; i < n; i++) {
        struct rs_synth_person *p = &members[i];
        memset(p, 0, sizeof *p);
        p->number = number + (uint64_t)i;
        p->household = number;
        p->home = home;
        p->plan = moved ? before : home;
        if (moved) p->departures |= RS_D_MOVED;
        p->in_plan = in_plan;
        struct rs_random own = rs_random(w->options->seed, p->number, RS_STREAM_PERSON);
        p->role = i == 0 ? RS_S_SELF : i == 1 && size == 2 ? RS_S_SPOUSE : RS_S_CHILD;
        place_member(w, members, i, &own);
        if (i == 0) {
            size = rs_chance(&own, 0.55) ? 2 : 1;
            n = size + draw_children(w, p->group, p->age, &own);
            if (n > room) n = room;
        }
        p->provider = rs_chance(&own, 0.6) ? region : (int)rs_random_below(&own, RS_S_PROVIDERS);
        draw_person(w, p, &own);
        draw_outcomes(w, p);
    }
    return n;
}
