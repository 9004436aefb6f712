/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Day arithmetic without the C library's time zone. Algorithm: Howard Hinnant, "chrono-Compatible Low-Level Date
 * Algorithms" (public domain): years start in March, eras of 400 years. */
#include "date.h"
#include <string.h>
#include "bytes.h"

static int days_in_month(int year, int month) {
    static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    return month == 2 && leap ? 29 : days[month - 1];
}

static bool is_day(int year, int month, int day) {
    return year >= 1 && year <= 9999 && month >= 1 && month <= 12 && day >= 1 &&
           (day <= 28 || day <= days_in_month(year, month));
}

bool rs_days_from_civil(int year, int month, int day, int32_t *days) {
    if (!is_day(year, month, day)) return false;
    int y = year - (month <= 2);
    int era = y / 400;
    int year_of_era = y - era * 400;
    int day_of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
    int day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    *days = era * 146097 + day_of_era - 719468;
    return true;
}

void rs_civil_from_days(int32_t days, int *year, int *month, int *day) {
    int z = days + 719468;
    int era = (z >= 0 ? z : z - 146096) / 146097;
    int doe = z - era * 146097;
    int yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
    int doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
    int mp = (5 * doy + 2) / 153;
    *day = doy - (153 * mp + 2) / 5 + 1;
    *month = mp < 10 ? mp + 3 : mp - 9;
    *year = yoe + era * 400 + (*month <= 2);
}

static bool number(struct rs_view v, size_t from, size_t n, int *out) {
    if (from + n > v.n) return false;
    int value = 0;
    for (size_t i = from; i < from + n; i++) {
        if (v.p[i] < '0' || v.p[i] > '9') return false;
        value = value * 10 + (v.p[i] - '0');
    }
    *out = value;
    return true;
}

bool rs_day_parse(struct rs_view v, int32_t *days) {
    int y, m, d;
    if (v.n != 10 || v.p[4] != '-' || v.p[7] != '-') return false;
    return number(v, 0, 4, &y) && number(v, 5, 2, &m) && number(v, 8, 2, &d) && rs_days_from_civil(y, m, d, days);
}

/* Y M D or M D Y, each part of digits, the same separator between: 1998 4 9, 1998-4-9, 4/9/1998. */
static bool three_parts(struct rs_view v, char separator, bool year_last, int32_t *days) {
    struct rs_view third = v, first = rs_split(&third, separator), second = rs_split(&third, separator);
    struct rs_view year = year_last ? third : first, month = year_last ? first : second, day = year_last ? second : third;
    int y, m, d;
    if (year.n != 4 || !month.n || month.n > 2 || !day.n || day.n > 2) return false;
    return number(year, 0, 4, &y) && number(month, 0, month.n, &m) && number(day, 0, day.n, &d) &&
           rs_days_from_civil(y, m, d, days);
}

/* 1 to 12 of JAN, January, Sept.; 0 for another word. */
static int month_named(struct rs_view word) {
    static const char *const names[] = {"january", "february", "march",     "april",   "may",      "june",
                                        "july",    "august",   "september", "october", "november", "december"};
    if (word.n > 0 && word.p[word.n - 1] == '.') word.n--;
    for (int m = 0; m < 12 && word.n >= 3; m++) {
        size_t n = strlen(names[m]);
        bool fits = word.n == n || word.n == 3 || (m == 8 && word.n == 4);
        if (fits && rs_eq_nocase(word, rs_view(names[m], word.n))) return m + 1;
    }
    return 0;
}

/* The next part of 5-JAN-1985 or January 5, 1985: blanks, dashes and commas lie between. */
static struct rs_view next_part(struct rs_view *rest) {
    size_t from = 0, to;
    while (from < rest->n && memchr(" -,/", rest->p[from], 4)) from++;
    for (to = from; to < rest->n && !memchr(" -,/", rest->p[to], 4); to++) {}
    struct rs_view part = rs_view(rest->p + from, to - from);
    *rest = rs_view(rest->p + to, rest->n - to);
    return part;
}

static bool named_month(struct rs_view v, int32_t *days) {
    if (!v.n) return false; /* perhaps no text at all */
    struct rs_view a = next_part(&v), b = next_part(&v), year = next_part(&v);
    int m = month_named(a), y, d;
    struct rs_view day = m ? b : a;
    if (!m) m = month_named(b);
    if (!m || year.n != 4 || v.n || !day.n || day.n > 2) return false;
    return number(year, 0, 4, &y) && number(day, 0, day.n, &d) && rs_days_from_civil(y, m, d, days);
}

static bool is_time_of_day(struct rs_view v) { /* 13:30..., 1:30 PM; 13 */
    int hour;
    if (v.n == 2) return number(v, 0, 2, &hour) && hour < 25;
    size_t n = v.n > 1 && v.p[1] == ':' ? 1 : 2;
    return v.n > n && v.p[n] == ':' && number(v, 0, n, &hour) && hour < 25;
}

static struct rs_view without_time(struct rs_view v) {
    int hour, minute;
    for (size_t i = 8; i + 2 < v.n; i++)
        if ((v.p[i] == 'T' || v.p[i] == ' ') && is_time_of_day(rs_view(v.p + i + 1, v.n - i - 1))) return rs_view(v.p, i);
    bool digits = v.n >= 12 && number(v, 0, 8, &hour) && number(v, 8, 2, &hour) && number(v, 10, 2, &minute);
    return digits && hour < 25 && minute < 60 ? rs_view(v.p, 8) : v;
}

bool rs_day_parse_any(struct rs_view v, int32_t *days) {
    int y, m, d;
    v = without_time(rs_trim(v));
    if (v.n == 8 && number(v, 0, 4, &y) && number(v, 4, 2, &m) && number(v, 6, 2, &d))
        return rs_days_from_civil(y, m, d, days);
    return rs_day_parse(v, days) || three_parts(v, '/', true, days) || three_parts(v, '/', false, days) ||
           three_parts(v, '-', false, days) || three_parts(v, '-', true, days) || three_parts(v, ' ', false, days) ||
           named_month(v, days);
}

/* Eight digits in a word as a number, two, four and eight at a time; false where a byte is no digit. */
static bool eight_digits(uint64_t word, int32_t *out) {
    uint64_t low = word - 0x3030303030303030u; /* a byte below '0' borrows, and shows here or in its neighbour */
    if (((word & 0xF0F0F0F0F0F0F0F0u) ^ 0x3030303030303030u) | ((low + 0x0606060606060606u) & 0xF0F0F0F0F0F0F0F0u)) {
        return false;
    }
    low = (low * 10 + (low >> 8)) & 0x00FF00FF00FF00FFu;
    low = (low * 100 + (low >> 16)) & 0x0000FFFF0000FFFFu;
    *out = (int32_t)((low * 10000 + (low >> 32)) & 0xFFFFFFFFu);
    return true;
}

bool rs_day_number(struct rs_view v, int32_t *yyyymmdd) {
    int y, m, d;
    int32_t days;
    if (v.n == 8 && eight_digits(rs_word(v.p), yyyymmdd)) {
        return is_day(*yyyymmdd / 10000, *yyyymmdd / 100 % 100, *yyyymmdd % 100);
    }
    if (v.n == 10 && v.p[4] == '-' && v.p[7] == '-') {
        char digits[8] = {v.p[0], v.p[1], v.p[2], v.p[3], v.p[5], v.p[6], v.p[8], v.p[9]};
        if (eight_digits(rs_word(digits), yyyymmdd)) {
            return is_day(*yyyymmdd / 10000, *yyyymmdd / 100 % 100, *yyyymmdd % 100);
        }
    }
    if (!rs_day_parse_any(v, &days)) return false;
    rs_civil_from_days(days, &y, &m, &d);
    *yyyymmdd = y * 10000 + m * 100 + d;
    return true;
}

struct rs_view rs_day_text(struct rs_arena *arena, int32_t days) {
    int y, m, d;
    rs_civil_from_days(days, &y, &m, &d);
    char t[10] = {(char)('0' + y / 1000),
                  (char)('0' + y / 100 % 10),
                  (char)('0' + y / 10 % 10),
                  (char)('0' + y % 10),
                  '-',
                  (char)('0' + m / 10),
                  (char)('0' + m % 10),
                  '-',
                  (char)('0' + d / 10),
                  (char)('0' + d % 10)};
    return rs_view(rs_arena_copy(arena, t, 10), 10);
}

int rs_age(int32_t birth, int32_t day) {
    if (birth > day) return -1;
    int by, bm, bd, y, m, d;
    rs_civil_from_days(birth, &by, &bm, &bd);
    rs_civil_from_days(day, &y, &m, &d);
    return y - by - (m < bm || (m == bm && d < bd));
}

uint64_t rs_time_of_day(struct rs_view v) {
    unsigned part[4] = {0}; /* hours, minutes, seconds, hundredths */
    if (v.n < 4 || v.n == 5 || !rs_all_digits(v)) return 0;
    for (size_t i = 0; i < 8; i++) part[i / 2] = part[i / 2] * 10 + (i < v.n ? (unsigned)(v.p[i] - '0') : 0);
    if (part[0] > 23 || part[1] > 59 || part[2] > 59) return 0;
    return ((part[0] * 60ull + part[1]) * 60 + part[2]) * 100 + part[3] + 1;
}
