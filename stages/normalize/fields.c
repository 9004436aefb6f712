/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Dates, administrative sex and telephone. */
#include "normalize.h"
#include "pipeline/base/date.h"
#include "pipeline/reference/name_fold.h"

enum { OLDEST = 120 };

static void birth(const struct rs_normalizing *n, int32_t *day, bool *known) {
    *known = rs_day_parse_any(n->raw[RECORD_birth_raw], day);
    if (!rs_has(rs_trim(n->raw[RECORD_birth_raw]))) {
        return;
    }
    if (!*known) {
        rs_set_aside(n, RECORD_birth_raw, "birth_not_a_date",
                     "The date of birth is no day of the calendar in a form we read; write YYYY-MM-DD");
        return;
    }
    if (*day > n->run->as_of) {
        rs_set_aside(n, RECORD_birth_raw, "birth_in_future", "The date of birth is after the as-of date");
        *known = false;
    } else if (n->run->as_of - *day >= OLDEST * 365 && rs_age(*day, n->run->as_of) > OLDEST) {
        rs_set_aside(n, RECORD_birth_raw, "birth_over_120", "Born more than 120 years ago: a default date, or a century off");
        *known = false;
    }
}

static void death(const struct rs_normalizing *n, const int32_t *born) {
    int32_t day;
    struct rs_view raw = rs_trim(n->raw[RECORD_death_raw]);
    if (!rs_has(raw)) {
        return;
    }
    if (!rs_day_parse_any(raw, &day)) {
        rs_set_aside(n, RECORD_death_raw, "death_not_a_date",
                     "The date of death is no day of the calendar in a form we read; write YYYY-MM-DD");
    } else if (day > n->run->as_of) {
        rs_set_aside(n, RECORD_death_raw, "death_in_future", "The date of death is after the as-of date");
    } else if (born != NULL && day < *born) {
        rs_set_aside(n, RECORD_death_raw, "death_before_birth", "The date of death is before the date of birth");
    } else {
        n->out[DEMOGRAPHIC_death_date] = rs_day_text(&n->batch->arena, day);
    }
}

void rs_normalize_dates(const struct rs_normalizing *n) {
    int32_t day = 0;
    bool known = false;
    birth(n, &day, &known);
    if (known) {
        n->out[DEMOGRAPHIC_birth_date] = rs_day_text(&n->batch->arena, day);
    }
    death(n, known ? &day : NULL);
}

void rs_normalize_sex(const struct rs_normalizing *n) {
    static const struct {
        struct rs_view sent, sex;
    } known[] = {
#define SEX(sent, sex) {{sent, sizeof(sent) - 1}, {sex, sizeof(sex) - 1}},
#include "schemas/codes/administrative_sex.def"
#undef SEX
    };
    struct rs_view raw = rs_trim(n->raw[RECORD_sex_raw]);
    for (size_t i = 0; rs_has(raw) && i < sizeof known / sizeof *known; i++) {
        if (raw.n == known[i].sent.n && rs_eq_nocase(raw, known[i].sent)) {
            n->out[DEMOGRAPHIC_sex] = known[i].sex;
            return;
        }
    }
    if (rs_has(raw)) {
        rs_set_aside(n, RECORD_sex_raw, "sex_not_known",
                     "No administrative sex we know; add it to schemas/codes/administrative_sex.def");
    }
}

/* Ten digits of the North American plan: area code and exchange do not begin with 0 or 1. */
void rs_normalize_phone(const struct rs_normalizing *n) {
    struct rs_view raw = rs_trim(n->raw[RECORD_phone_raw]);
    char digits[16];
    size_t count = 0, same = 0;
    if (!rs_has(raw)) {
        return;
    }
    for (size_t i = 0; i < raw.n && raw.p[i] != 'x' && raw.p[i] != 'X' && raw.p[i] != 'e'; i++) { /* x or ext 12 */
        if (raw.p[i] >= '0' && raw.p[i] <= '9' && count < sizeof digits) {
            digits[count++] = raw.p[i];
        }
    }
    const char *p = digits;
    if (count == 11 && digits[0] == '1') {
        p++;
        count--;
    }
    for (size_t i = 0; i < count; i++) {
        same += p[i] == p[0];
    }
    if (count == 10 && same < 10 && p[0] >= '2' && p[3] >= '2') {
        n->out[DEMOGRAPHIC_phone] = rs_view(rs_arena_copy(&n->batch->arena, p, 10), 10);
        return;
    }
    rs_set_aside(n, RECORD_phone_raw, count > 0 && same == count ? "phone_placeholder" : "phone_not_ten_digits",
                 "Not a telephone number of ten digits, area code first");
}
