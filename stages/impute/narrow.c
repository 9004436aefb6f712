/* SPDX-License-Identifier: GPL-3.0-or-later */
/* An answer narrows the prior and is never contradicted: which groups it leaves. */
#include "narrow.h"

static const enum rs_group group_of[RS_RACES5] = {
#define RACE(name, group) [RS_RACE_##name] = RS_##group,
#define CELL(column, race)
#define WORD(word, race)
#include "schemas/codes/census_cells.def"
#undef RACE
#undef CELL
#undef WORD
};

static bool said(struct rs_view v, char what) { return v.n == 1 && v.p[0] == what; }

static char yes_or_no(struct rs_view v) { return v.n == 1 && (v.p[0] == 'Y' || v.p[0] == 'N') ? v.p[0] : 0; }

static void take_word(struct rs_view word, struct rs_answer *a) {
    static const struct {
        const char *word;
        unsigned race;
    } words[] = {
#define RACE(name, group)
#define CELL(column, race)
#define WORD(text, name) {#text, 1u << RS_RACE_##name},
#include "schemas/codes/census_cells.def"
#undef RACE
#undef CELL
#undef WORD
    };
    if (rs_eq_c(word, "TWO_OR_MORE")) a->two_or_more = true;
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (rs_eq_c(word, words[i].word)) a->any |= words[i].race;
}

/* ASIAN|NHPI, TWO_OR_MORE: the words of an unresolved set. */
static void take_set(struct rs_view set, struct rs_answer *a) {
    while (rs_has(set)) {
        struct rs_view part = rs_split(&set, '|');
        while (rs_has(part)) take_word(rs_split(&part, '+'), a);
    }
}

struct rs_answer rs_answer_of(const struct rs_view *person) {
    struct rs_answer a = {0};
    unsigned not_no = 0; /* races whose columns are not all N */
#define RACE(name, group)
#define CELL(column, race)                                                          \
    if (said(person[PERSON_##column], 'Y')) a.yes |= 1u << RS_RACE_##race;          \
    if (said(person[PERSON_##column], 'N')) a.no |= 1u << RS_RACE_##race;           \
    else if (rs_has(person[PERSON_##column])) not_no |= 1u << RS_RACE_##race;
#define WORD(word, race)
#include "schemas/codes/census_cells.def"
#undef RACE
#undef CELL
#undef WORD
    a.no &= ~(not_no | a.yes);
    take_set(person[PERSON_unresolved_1997], &a);
    take_set(person[PERSON_unresolved_2024], &a);
    a.other = said(person[PERSON_other_1997], 'Y');
    a.hispanic = yes_or_no(person[PERSON_hispanic_1997]);
    if (!a.hispanic) a.hispanic = yes_or_no(person[PERSON_hispanic]);
    a.mena = yes_or_no(person[PERSON_mena]);
    a.white2024 = yes_or_no(person[PERSON_white]);
    return a;
}

static bool many(unsigned set) { return (set & (set - 1)) != 0; }

static unsigned groups_of(unsigned races) {
    unsigned cells = 0;
    for (int race = 0; race < RS_RACES5; race++)
        if (races >> race & 1) cells |= 1u << group_of[race];
    return cells;
}

/* Of those who are not Hispanic. */
static unsigned race_cells(const struct rs_answer *a) {
    const unsigned multi = 1u << RS_MULTI, all = (1u << RS_RACES5) - 1,
                   api = 1u << RS_RACE_ASIAN | 1u << RS_RACE_NHPI;
    if (a->two_or_more || many(a->yes) || (a->yes && (a->any & ~a->yes))) return multi;
    /* The tables count one race and some other with that race; the person has said two. */
    if (a->yes) return groups_of(a->yes) | (a->other ? multi : 0);
    /* At least one of the set; Asian or Pacific Islander is one answer, that of 1977. */
    if (a->any) return groups_of(a->any) | (a->other || (a->any & ~api) ? multi : 0);
    if (a->other || a->no == all) return groups_of(all) | multi; /* "some other" is shared out among the five */
    return groups_of(all & ~a->no) | (many(all & ~a->no) ? multi : 0);
}

unsigned rs_answer_cells(const struct rs_answer *a) {
    const unsigned hispanic = 1u << RS_HISPANIC;
    bool race = a->yes || a->any || a->two_or_more || a->other || a->no;
    if (a->hispanic == 'Y') return hispanic;
    if (!race && !a->hispanic) return 0;
    return race_cells(a) | (a->hispanic == 'N' ? 0 : hispanic);
}

double rs_answer_hispanic(const struct rs_answer *a) {
    enum { RS_RACE_OTHER = RS_RACES5, RS_RACE_MULTI, KINDS };
    static const double persons[KINDS] = {
#define HISPANIC(race, n) [RS_RACE_##race] = n,
#include "schemas/reference/hispanic_races_2010.def"
#undef HISPANIC
    };
    unsigned cells = rs_answer_cells(a), races = a->yes ? a->yes : a->any;
    double agree = 0, all = 0;
    if (a->hispanic || a->other || !cells || a->no == (1u << RS_RACES5) - 1) return 1;
    if (cells == (1u << RS_MULTI | 1u << RS_HISPANIC)) races = 0; /* several races: none is the only one */
    else if (!races) races = ~a->no; /* bits behind the five: OTHER among them */
    for (int k = 0; k < KINDS; k++) {
        all += persons[k];
        if (k == RS_RACE_MULTI ? (cells >> RS_MULTI & 1) : (races >> k & 1)) agree += persons[k];
    }
    return agree / all;
}

void rs_answer_narrow(double p[RS_GROUPS], unsigned cells, double hispanic) {
    double sum = 0;
    if (hispanic > 0) p[RS_HISPANIC] *= hispanic;
    for (int r = 0; r < RS_GROUPS; r++) sum += p[r] = cells >> r & 1 ? p[r] : 0;
    for (int r = 0; r < RS_GROUPS; r++) p[r] /= sum;
}

size_t rs_cells_text(char out[RS_CELLS_TEXT], unsigned cells) {
    size_t n = 0;
    for (int r = 0; r < RS_GROUPS; r++) {
        if (!(cells >> r & 1)) continue;
        if (n) out[n++] = '|';
        size_t length = strlen(rs_group_names[r]);
        memcpy(out + n, rs_group_names[r], length);
        n += length;
    }
    return n;
}
