/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Rows in COPY's binary form, against bytes laid out by hand from PostgreSQL's documentation of COPY (Binary Format)
 * and of the types' send functions: uuid 16 bytes, int4/int8/float8 most significant byte first, bool one byte, date as
 * days since 2000-01-01. */
#include "pipeline/base/hash.h"
#include "pipeline/db/copy.h"
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>

static const struct rs_column columns[] = {
    {"key", RS_KEY, false, RS_PSEUDONYM, 1, ""}, {"name", RS_TEXT, true, RS_DIRECT, 1, ""},
    {"text", RS_TEXT, true, RS_OPEN, 1, ""},     {"count", RS_INT, true, RS_OPEN, 1, ""},
    {"offset", RS_LONG, true, RS_OPEN, 1, ""},   {"p", RS_REAL, true, RS_SENSITIVE, 1, ""},
    {"raw", RS_TEXT, true, RS_RAW, 1, ""},       {"flag", RS_FLAG, true, RS_SOGI, 1, ""},
    {"day", RS_DAY, true, RS_LIMITED, 1, ""},
};
enum { KEY, NAME, TEXT, COUNT, OFFSET, P, RAW, FLAG, DAY, COLUMNS };
static const struct rs_layout layout = {"made_up", 1, "", "key", columns, COLUMNS};

static const char key_hex[] = "00112233445566778899aabbccddeeff";

static bool encode(struct rs_view *row, struct rs_buffer *out, struct rs_error *error) {
    out->n = 0;
    if (rs_is_null(row[KEY])) row[KEY] = rs_cstr(key_hex);
    return rs_copy_encode(out, &layout, row, error);
}

Test(copy, a_row_is_what_the_documentation_says) {
    struct rs_view row[COLUMNS] = {
        [NAME] = RS_LIT("never sent"), [TEXT] = RS_LIT("a\tb"),
        [COUNT] = RS_LIT("-2"),        [OFFSET] = RS_LIT("4294967296"),
        [P] = RS_LIT("0.5"),           [RAW] = RS_LIT("never sent"),
        [FLAG] = RS_LIT("Y"),          [DAY] = RS_LIT("2000-01-03"),
    };
    static const unsigned char
        expected[] =
            {
                0,    7, /* fields: without name and raw */
                0,    0,    0,    16,   0x00, 0x11, 0x22, 0x33, 0x44, 0x55, 0x66, 0x77, 0x88, 0x99, 0xaa,
                0xbb, 0xcc, 0xdd, 0xee, 0xff, 0,    0,    0,    3,    'a',  '\t', 'b',  0,    0,    0,
                4,    0xff, 0xff, 0xff, 0xfe, 0,    0,    0,    8,    0,    0,    0,    1,    0,    0,
                0,    0,    0,    0,    0,    8,    0x3f, 0xe0, 0,    0,    0,    0,    0,    0, /* 0.5 is 2^-1: IEEE
                                                                                                    754 binary64 */
                0,    0,    0,    1,    1,    0,    0,    0,    4,    0,    0,    0,    2,
            };
    struct rs_buffer out = {0};
    struct rs_error error = {0};
    cr_assert(encode(row, &out, &error), "%s", error.text);
    cr_assert_eq(out.n, sizeof expected);
    cr_assert_arr_eq((const unsigned char *)out.p, expected, sizeof expected);
    rs_buffer_free(&out);
}

Test(copy, null_is_minus_one_and_empty_is_not_null) {
    struct rs_view row[COLUMNS] = {[TEXT] = RS_LIT("")};
    struct rs_buffer out = {0};
    struct rs_error error = {0};
    cr_assert(encode(row, &out, &error), "%s", error.text);
    static const unsigned char expected[] = {0,    0,    0,    0,    0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
                                             0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff};
    cr_assert_eq(out.n, 2 + 20 + sizeof expected);
    cr_assert_arr_eq((const unsigned char *)out.p + 22, expected, sizeof expected);
    rs_buffer_free(&out);
}

Test(copy, a_day_before_2000_is_negative) {
    struct rs_view row[COLUMNS] = {[DAY] = RS_LIT("1999-12-31")};
    struct rs_buffer out = {0};
    struct rs_error error = {0};
    cr_assert(encode(row, &out, &error), "%s", error.text);
    cr_assert_arr_eq(out.p + out.n - 8, "\0\0\0\4\377\377\377\377", 8);
    rs_buffer_free(&out);
}

static double sent(struct rs_view text, bool *ok) {
    struct rs_view row[COLUMNS] = {[P] = text};
    struct rs_buffer out = {0};
    struct rs_error error = {0};
    *ok = encode(row, &out, &error);
    uint64_t bits = 0;
    double v = 0;
    /* key 2 + 20, three nulls of 4, the length: then the number */
    for (size_t i = 0; *ok && i < 8; i++) bits = bits << 8 | (unsigned char)out.p[2 + 20 + 12 + 4 + i];
    memcpy(&v, &bits, 8);
    rs_buffer_free(&out);
    return v;
}

/* Correct rounding of decimals is strtod's: the same bits for numbers as row files hold them, and for odd ones. */
Test(copy, numbers_have_the_bits_that_strtod_gives) {
    struct rs_random r = rs_random(1, 1, 1);
    for (int i = 0; i < 200000; i++) {
        char text[64];
        bool ok;
        unsigned long long digits =
            ((unsigned long long)rs_random_u32(&r) << 32 | rs_random_u32(&r)) % 1000000000000000u;
        unsigned places = rs_random_below(&r, 23);
        char plain[40];
        int n = snprintf(plain, sizeof plain, "%0*llu", (int)places + 1, digits);
        snprintf(text, sizeof text, "%s%.*s%s%s", i % 2 ? "-" : "", n - (int)places, plain, places ? "." : "",
                 plain + n - places);
        double got = sent(rs_cstr(text), &ok), want = strtod(text, NULL);
        cr_assert(ok && memcmp(&got, &want, 8) == 0, "%s", text);
    }
    const char *odd[] = {"0",  "-0", "1e-7", "1.5E+300", "4.9e-324", "0.1234567890123456789", "12345678901234567890",
                         "1.", ".5"};
    for (size_t i = 0; i < sizeof odd / sizeof *odd; i++) {
        bool ok;
        double got = sent(rs_cstr(odd[i]), &ok), want = strtod(odd[i], NULL);
        cr_assert(ok && memcmp(&got, &want, 8) == 0, "%s", odd[i]);
    }
}

Test(copy, values_of_another_type_are_refused_without_being_quoted) {
    static const struct {
        int column;
        const char *text;
    } bad[] = {
        {COUNT, "2147483648"},
        {COUNT, "7x7x7"},
        {COUNT, ""},
        {OFFSET, "9223372036854775808"},
        {P, "7x7x7"},
        {P, ""},
        {P, "-"},
        {P, "."},
        {P, "1.2.3"},
        {FLAG, "7x7x7"},
        {FLAG, "y"},
        {DAY, "2001-02-29"},
        {DAY, "7x7x7"},
        {KEY, "7x7x7"},
        {KEY, "00112233445566778899aabbccddeefg"},
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct rs_view row[COLUMNS] = {{0}};
        struct rs_buffer out = {0};
        struct rs_error error = {0};
        row[bad[i].column] = rs_cstr(bad[i].text);
        cr_expect_not(encode(row, &out, &error), "%s", bad[i].text);
        cr_expect_eq(error.code, RS_DATA);
        cr_expect(strstr(error.text, columns[bad[i].column].name), "%s", error.text);
        cr_expect_null(strstr(error.text, "7x7x7"));
        rs_buffer_free(&out);
    }
}

Test(copy, null_where_none_may_be_is_refused) {
    struct rs_view row[COLUMNS] = {{0}};
    struct rs_buffer out = {0};
    struct rs_error error = {0};
    cr_assert_not(rs_copy_encode(&out, &layout, row, &error));
    cr_assert_eq(error.code, RS_DATA);
    rs_buffer_free(&out);
}
