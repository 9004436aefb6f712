/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Spelling, and what a source comes to know of a member's race: what the writers share. */
#include "pen.h"
#include <math.h>

void rs_put_day(struct rs_buffer *b, int32_t days, char separator) {
    int year, month, day;
    rs_civil_from_days(days, &year, &month, &day);
    rs_put_number(b, (uint64_t)year, 4);
    if (separator) rs_put_byte(b, separator);
    rs_put_number(b, (uint64_t)month, 2);
    if (separator) rs_put_byte(b, separator);
    rs_put_number(b, (uint64_t)day, 2);
}

static bool is_letter(char c) { return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z'); }

void rs_put_letters(struct rs_buffer *b, struct rs_view v, enum rs_letters letters) {
    bool start = true;
    for (size_t i = 0; i < v.n; i++) {
        char c = v.p[i];
        bool upper = letters == RS_UPPER || (letters == RS_TITLE && start);
        if (is_letter(c)) c = upper ? (char)(c & ~0x20) : (char)(c | 0x20);
        start = c == ' ' || c == '-';
        rs_put_byte(b, c);
    }
}

/* Base letters of U+00C0 to U+00FF, the only accented ones in the data. */
static const char base_letters[65] = "AAAAAAACEEEEIIIIDNOOOOOxOUUUUYTsaaaaaaaceeeeiiiidnooooo/ouuuuyty";

static char cased(char c, enum rs_letters letters) {
    if (!is_letter(c) || letters == RS_TITLE) return c;
    return letters == RS_UPPER ? (char)(c & ~0x20) : (char)(c | 0x20);
}

/* A name as really written (UTF-8), in the source's letters. */
static void put_written(struct rs_buffer *b, const char *written, struct rs_spelling how) {
    for (const char *s = written; *s; s++) {
        unsigned char c = (unsigned char)*s;
        if (c != 0xc3) {
            if (how.joined && (c == ' ' || c == '\'' || c == '.')) continue;
            rs_put_byte(b, cased((char)c, how.letters));
            continue;
        }
        unsigned char next = (unsigned char)*++s;
        if (how.accents == RS_UTF8) {
            rs_put_byte(b, (char)c);
            rs_put_byte(b, (char)next);
        } else if (how.accents == RS_CP1252) {
            rs_put_byte(b, (char)(next + 0x40)); /* U+00C0 + (next - 0x80): the same number in Windows-1252 */
        } else {
            rs_put_byte(b, cased(base_letters[next - 0x80], how.letters));
        }
    }
}

void rs_put_family(struct rs_buffer *b, const struct rs_synth_family *f, struct rs_spelling how) {
    put_written(b, f->written, how);
    if (!f->second_written[0] || how.second == RS_FIRST_ONLY) return;
    rs_put_byte(b, how.second == RS_BOTH_HYPHEN ? '-' : ' ');
    put_written(b, f->second_written, how);
}

double rs_synth_reporting(const struct rs_synth_world *w, const struct rs_synth_person *p, double of_group,
                          double otherwise) {
    if (w->options->off[RS_SYNTH_REPORT]) return otherwise;
    /* odds times report_engaged^(engaged - 1/2): full against none gives report_engaged */
    double odds = of_group / (1 - of_group) * pow(w->rates.report_engaged, p->engaged - 0.5);
    return odds / (1 + odds);
}

struct rs_answer rs_synth_answer(const struct rs_synth_person *p, const struct rs_answer_rates *rates,
                                 struct rs_random *r) {
    struct rs_answer a = {.state = RS_A_ABSENT, .origin = -1};
    double u = rs_random_unit(r), v = rs_random_unit(r), x = rs_random_unit(r), y = rs_random_unit(r);
    if (u < rates->declined) {
        a.state = RS_A_DECLINED;
        return a;
    }
    if (v >= rates->reported) {
        a.state = x < rates->unknown ? RS_A_UNKNOWN : RS_A_ABSENT;
        return a;
    }
    a.state = RS_A_GIVEN;
    a.races = p->races;
    a.hispanic = p->hispanic;
    a.ethnicity_known = true;
    a.origin = p->origin;
    if (y >= rates->wrong) return a;
    /* what a desk clerk guesses: White, not Hispanic, most of the time; else White to Black */
    a.wrong = true;
    a.origin = -1;
    a.races = p->group == RS_WHITE ? RS_S_BLACK : RS_S_WHITE;
    a.hispanic = false;
    return a;
}
