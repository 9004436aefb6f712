/* SPDX-License-Identifier: GPL-3.0-or-later */
/* An earlier answer as text, and back: column evidence, by which one run hands it on to the next. */
#include <stdio.h>
#include "earlier.h"
#include "pipeline/base/date.h"

static const char *const races[RS_RACES5] = {
#define RACE(name, group) [RS_RACE_##name] = #name,
#define CELL(column, race)
#define WORD(word, race)
#include "schemas/codes/census_cells.def"
#undef RACE
#undef CELL
#undef WORD
};

static size_t put_races(char *out, const char *mark, unsigned set) {
    size_t n = 0;
    for (int r = 0; r < RS_RACES5; r++)
        if (set >> r & 1) n += (size_t)sprintf(out + n, " %s%s", mark, races[r]);
    return n;
}

static size_t put_letter(char *out, const char *name, char letter) {
    return letter ? (size_t)sprintf(out, " %s=%c", name, letter) : 0;
}

/* At most 7 + 11 + 15 races of 7 characters + 60: within RS_EVIDENCE_TEXT. */
size_t rs_evidence_text(char out[RS_EVIDENCE_TEXT], const struct rs_answer *a, int32_t said) {
    size_t n = (size_t)sprintf(out, "earlier");
    if (said) n += (size_t)sprintf(out + n, " %04d-%02d-%02d", said / 10000, said / 100 % 100, said % 100);
    n += put_races(out + n, "", a->yes);
    n += put_races(out + n, "-", a->no);
    n += put_races(out + n, "?", a->any);
    if (a->two_or_more) n += (size_t)sprintf(out + n, " TWO_OR_MORE");
    if (a->other) n += (size_t)sprintf(out + n, " OTHER");
    n += put_letter(out + n, "HISPANIC", a->hispanic);
    n += put_letter(out + n, "MENA", a->mena);
    return n + put_letter(out + n, "WHITE_2024", a->white2024);
}

static bool take_race(struct rs_view word, struct rs_answer *a) {
    unsigned *set = word.p[0] == '-' ? &a->no : word.p[0] == '?' ? &a->any : &a->yes;
    if (set != &a->yes) word = rs_view(word.p + 1, word.n - 1);
    for (int r = 0; r < RS_RACES5; r++)
        if (rs_eq_c(word, races[r])) {
            *set |= 1u << r;
            return true;
        }
    return false;
}

static bool take_word(struct rs_view word, struct rs_answer *a) {
    struct rs_view value = word, name = rs_split(&value, '=');
    if (rs_eq_c(word, "TWO_OR_MORE")) return a->two_or_more = true;
    if (rs_eq_c(word, "OTHER")) return a->other = true;
    if (value.n != 1) return word.n > 1 && take_race(word, a);
    char *letter = rs_eq_c(name, "HISPANIC") ? &a->hispanic : rs_eq_c(name, "MENA") ? &a->mena
                 : rs_eq_c(name, "WHITE_2024") ? &a->white2024 : NULL;
    if (!letter || (value.p[0] != 'Y' && value.p[0] != 'N')) return false;
    *letter = value.p[0];
    return true;
}

bool rs_evidence_answer(struct rs_view text, struct rs_answer *a, int32_t *said) {
    *a = (struct rs_answer){0};
    *said = 0;
    if (!rs_has(text) || !rs_eq_c(rs_split(&text, ' '), "earlier")) return false;
    struct rs_view rest = text, day = rs_has(text) ? rs_split(&rest, ' ') : RS_NULL;
    if (rs_has(day) && day.p[0] >= '0' && day.p[0] <= '9') {
        if (!rs_day_number(day, said)) return false;
        text = rest;
    }
    while (rs_has(text))
        if (!take_word(rs_split(&text, ' '), a)) return false;
    return true;
}
