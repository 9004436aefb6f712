/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Dates, administrative sex and telephone. */
#include "normalize.h"
#include "pipeline/base/date.h"
#include "pipeline/reference/name_fold.h"

enum { OLDEST = 120, YEAR = 10000 }; /* days are numbers YYYYMMDD here */

/* A day as sent; *sent whether anything was. */
static bool read_day(const struct rs_normalizing *n, int column, int32_t *day, bool *sent) {
    struct rs_view raw = rs_trimmed(n->raw[column]);
    *sent = rs_has(raw);
    return *sent && rs_day_number(raw, day);
}

static bool plausible_birth(const struct rs_normalizing *n, int32_t day, int32_t last) {
    if (day > n->tables->as_of) {
        rs_set_aside(n, RECORD_birth_raw, "birth_in_future", "The date of birth is after the as-of date");
        return false;
    }
    if ((last - day) / YEAR > OLDEST) { /* whole years: a birthday not yet reached borrows from the year */
        rs_set_aside(n, RECORD_birth_raw, "birth_over_120",
                     "More than 120 years before the as-of date or death: a default date, or a century off");
        return false;
    }
    return true;
}

static bool plausible_death(const struct rs_normalizing *n, int32_t day) {
    if (day > n->tables->as_of) {
        rs_set_aside(n, RECORD_death_raw, "death_in_future", "The date of death is after the as-of date");
        return false;
    }
    return true;
}

/* YYYY-MM-DD: the text as sent, where it is that. */
static struct rs_view day_text(const struct rs_normalizing *n, int column, int32_t day) {
    struct rs_view raw = n->raw[column];
    if (raw.n == 10 && raw.p[4] == '-') {
        return raw;
    }
    char text[10] = {0, 0, 0, 0, '-', 0, 0, '-', 0, 0};
    for (int at = 9; at >= 0; at--) {
        if (text[at] == 0) {
            text[at] = (char)('0' + day % 10);
            day /= 10;
        }
    }
    return rs_view(rs_arena_copy(&n->batch->arena, text, sizeof text), sizeof text);
}

/* Both as text, which sorts as days do; a record's day is one, or null. */
static bool spoken_before(struct rs_view record_date, struct rs_view birth) {
    int32_t day;
    return record_date.n == birth.n && memcmp(record_date.p, birth.p, birth.n) < 0 && rs_day_parse(record_date, &day);
}

/* Nobody is older than 120 on the as-of date, or was at death. */
void rs_normalize_dates(const struct rs_normalizing *n) {
    int32_t birth = 0, death = 0;
    bool birth_sent, death_sent;
    bool born = read_day(n, RECORD_birth_raw, &birth, &birth_sent);
    bool died = read_day(n, RECORD_death_raw, &death, &death_sent);
    if (birth_sent && !born) {
        rs_set_aside(n, RECORD_birth_raw, "birth_not_a_date",
                     "The date of birth is no day of the calendar in a form we read; write YYYY-MM-DD");
    }
    if (death_sent && !died) {
        rs_set_aside(n, RECORD_death_raw, "death_not_a_date",
                     "The date of death is no day of the calendar in a form we read; write YYYY-MM-DD");
    }
    died = died && plausible_death(n, death);
    born = born && plausible_birth(n, birth, died && death >= birth ? death : n->tables->as_of);
    if (born && died && death < birth) {
        rs_set_aside(n, RECORD_death_raw, "death_before_birth", "The date of death is before the date of birth");
        died = false;
    }
    if (born) {
        n->out[DEMOGRAPHIC_birth_date] = day_text(n, RECORD_birth_raw, birth);
    }
    if (born && spoken_before(n->out[DEMOGRAPHIC_record_date], n->out[DEMOGRAPHIC_birth_date])) {
        rs_set_aside(n, RECORD_birth_raw, "birth_after_record",
                     "The record speaks of a day before the date of birth: one of the two is wrong; the value is used");
    }
    if (died) {
        n->out[DEMOGRAPHIC_death_date] = day_text(n, RECORD_death_raw, death);
    }
}

struct rs_view rs_sex_of(struct rs_view sent) {
    static const struct {
        struct rs_view sent, sex;
    } known[] = {
#define SEX(sent, sex) {{sent, sizeof(sent) - 1}, {sex, sizeof(sex) - 1}},
#include "schemas/codes/administrative_sex.def"
#undef SEX
    };
    for (size_t i = 0; rs_has(sent) && i < sizeof known / sizeof *known; i++) {
        if (sent.n == known[i].sent.n && rs_eq_nocase(sent, known[i].sent)) {
            return known[i].sex;
        }
    }
    return RS_NULL;
}

void rs_normalize_sex(const struct rs_normalizing *n) {
    struct rs_view raw = rs_trimmed(n->raw[RECORD_sex_raw]);
    if (!rs_has(raw)) {
        return;
    }
    n->out[DEMOGRAPHIC_sex] = raw.n == 1 ? n->tables->sex[(unsigned char)raw.p[0]] : rs_sex_of(raw);
    if (rs_is_null(n->out[DEMOGRAPHIC_sex])) {
        rs_set_aside(n, RECORD_sex_raw, "sex_not_known",
                     "No administrative sex we know; add it to schemas/codes/administrative_sex.def");
    }
}

/* Ten digits of the North American plan: area code and exchange do not begin with 0 or 1. */
void rs_normalize_phone(const struct rs_normalizing *n) {
    struct rs_view raw = rs_trimmed(n->raw[RECORD_phone_raw]);
    char digits[16];
    size_t count = 0, same = 0;
    if (!rs_has(raw)) {
        return;
    }
    uint32_t first, last;
    if (raw.n == 10 && rs_five_digits(raw.p, &first) && rs_five_digits(raw.p + 5, &last) && raw.p[0] >= '2' &&
        raw.p[3] >= '2' && first % 11111 != 0) { /* nearly all */
        n->out[DEMOGRAPHIC_phone] = raw;
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
    if (count == 0 || same == count) {
        rs_set_aside(n, RECORD_phone_raw, "phone_placeholder", "A text or one digit repeated, where a telephone number goes");
    } else if (count != 10) {
        rs_set_aside(n, RECORD_phone_raw, "phone_not_ten_digits", "Not a telephone number of ten digits, area code first");
    } else if (p[0] < '2' || p[3] < '2') {
        rs_set_aside(n, RECORD_phone_raw, "phone_not_in_plan",
                     "No number of the North American plan: area code or exchange begins with 0 or 1");
    } else {
        n->out[DEMOGRAPHIC_phone] = rs_view(rs_arena_copy(&n->batch->arena, p, 10), 10);
    }
}
