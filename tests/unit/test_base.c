/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Base: text, numbers, dates, digests, random numbers, gzip, YAML. Expected values come from the standards named. */
#include <criterion/criterion.h>
#include <fcntl.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>
#include "pipeline/base/config.h"
#include "pipeline/base/date.h"
#include "pipeline/base/file.h"
#include "pipeline/base/hash.h"
#include "pipeline/base/private.h"
#include "pipeline/base/text.h"

static char *temporary(const char *content, size_t n) {
    static char path[] = "/tmp/relsogi-test-XXXXXX";
    strcpy(path, "/tmp/relsogi-test-XXXXXX");
    int fd = mkstemp(path);
    cr_assert(fd >= 0 && write(fd, content, n) == (ssize_t)n);
    close(fd);
    return path;
}

Test(base, dates_known_days) {
    int32_t d;
    cr_assert(rs_day_parse(RS_LIT("1970-01-01"), &d) && d == 0);
    cr_assert(rs_day_parse(RS_LIT("2000-03-01"), &d) && d == 11017); /* POSIX: 951868800 / 86400 */
    cr_assert(rs_day_parse(RS_LIT("2024-02-29"), &d));
    cr_assert_not(rs_day_parse(RS_LIT("2023-02-29"), &d));
    cr_assert_not(rs_day_parse(RS_LIT("1900-02-29"), &d)); /* a century that is no leap year */
    cr_assert(rs_day_parse_any(RS_LIT("2/9/1980"), &d));
    cr_assert(rs_day_parse_any(RS_LIT("19800209"), &d));
    cr_assert(rs_day_parse_any(RS_LIT("1980-02-09T12:00:00Z"), &d));
    cr_assert(rs_day_parse_any(RS_LIT("1998 4 9"), &d));
    cr_assert_eq(d, 10325); /* 28 years, 7 leap days, 98 days */
    cr_assert(rs_day_parse_any(RS_LIT("1998 10 22"), &d));
    static const char *const same[] = {"1985-1-5", "1985/1/5", "1/5/1985", "1-5-1985", "01-05-1985", "1/5/1985 12:00:00 AM",
                                       "1/5/1985 0:00", "01/05/1985 00:00:00", "1985-01-05 00:00:00.000", "1985-1-5T08:15",
                                       "19850105120000", "198501051200", "19850105120000.000-0500", "5-JAN-1985",
                                       "05-Jan-1985 00:00:00", "5 Jan 1985", "Jan 5, 1985", "January 5 1985", "Jan. 5 1985", "05 January 1985", "1985-01-05T12", "Jan 5 1985 12:00:00:000AM"};
    int32_t fifth;
    cr_assert(rs_days_from_civil(1985, 1, 5, &fifth));
    for (size_t i = 0; i < sizeof same / sizeof *same; i++)
        cr_expect(rs_day_parse_any(rs_cstr(same[i]), &d) && d == fifth, "%s", same[i]);
    static const char *const none[] = {"05.01.1985", "1985-01-05 about", "5-JAN-85", "1985-13-01", "198501059999", "19850105250000", "1985010512",
                                       "Jan 1985", "5 Foo 1985", "Ja 5 1985", "31-FEB-1985", "1985-1-5-1", "5 Jan 1985 x", ""};
    for (size_t i = 0; i < sizeof none / sizeof *none; i++) cr_expect_not(rs_day_parse_any(rs_cstr(none[i]), &d), "%s", none[i]);
    cr_assert(rs_day_parse_any(RS_LIT("9 Sept 2001"), &d));
    cr_assert_not(rs_day_parse_any(RS_LIT("1998 4"), &d));
    cr_assert_not(rs_day_parse_any(RS_LIT("1998 2 30"), &d));
    cr_assert_not(rs_day_parse_any(RS_LIT("1998 4 9 1"), &d));
    cr_assert_not(rs_day_parse_any(RS_LIT("00000000"), &d));
    cr_assert_not(rs_day_parse_any(RS_LIT("02/09/80"), &d));
    cr_assert_not(rs_day_parse_any(RS_LIT("19011301"), &d));
    cr_assert_not(rs_day_parse_any(RS_LIT("randomDoB"), &d));
}

Test(base, dates_there_and_back) {
    struct rs_arena a = {0};
    for (int32_t d = -200000; d < 200000; d += 17) {
        int32_t back;
        cr_assert(rs_day_parse(rs_day_text(&a, d), &back) && back == d);
    }
    rs_arena_free(&a);
}

/* rs_day_number says what rs_day_parse_any says, and its numbers are the days' names. */
Test(base, day_numbers) {
    static const char *const sent[] = {"2024-02-29",  "20240229",   "2023-02-29", "20230229", "1998 4 9",
                                       "4/9/1998",    "1998/04/09", "00000000",   "19990431", "1999-12-31T23:59:59Z",
                                       " 1999-01-01", "1999-01-1",  "x",          ""};
    for (size_t i = 0; i < sizeof sent / sizeof *sent; i++) {
        int32_t day, number = 0, again;
        bool is_day = rs_day_parse_any(rs_cstr(sent[i]), &day);
        cr_assert_eq(rs_day_number(rs_cstr(sent[i]), &number), is_day, "%s", sent[i]);
        if (!is_day) continue;
        cr_assert(rs_days_from_civil(number / 10000, number / 100 % 100, number % 100, &again));
        cr_assert_eq(again, day, "%s", sent[i]);
    }
    int32_t number;
    cr_assert(rs_day_number(RS_LIT("20240229"), &number));
    cr_assert_eq(number, 20240229);
}

Test(base, age_on_birthdays) {
    int32_t birth, leap, day;
    rs_days_from_civil(1980, 6, 15, &birth);
    rs_days_from_civil(2000, 2, 29, &leap);
    rs_days_from_civil(2020, 6, 14, &day);
    cr_assert_eq(rs_age(birth, day), 39);
    cr_assert_eq(rs_age(birth, day + 1), 40);
    rs_days_from_civil(2018, 2, 28, &day);
    cr_assert_eq(rs_age(leap, day), 17);
    cr_assert_eq(rs_age(leap, day + 1), 18);
    cr_assert_eq(rs_age(day, birth), -1);
}

Test(base, reals_have_fifteen_digits) {
    const struct { double v; const char *text; } cases[] = {
        {0, "0"}, {1, "1"}, {0.5, "0.5"}, {0.1, "0.1"}, {1.0 / 3, "0.333333333333333"}, {2.0 / 3, "0.666666666666667"},
        {123456.789, "123456.789"}, {1e-5, "1e-05"}, {-0.25, "-0.25"}, {0.999999999999999, "0.999999999999999"},
        {0.9999999999999999, "1"}, {1e-9, "1e-09"}, {100, "100"}, {1e14, "100000000000000"}, {0.00012345, "0.00012345"}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char out[32];
        size_t n = rs_format_real(out, cases[i].v);
        out[n] = 0;
        cr_assert(fabs(atof(out) - cases[i].v) <= fabs(cases[i].v) * 1e-15, "%.17g gave %s", cases[i].v, out);
        if (cases[i].v != 1e-5) cr_assert_str_eq(out, cases[i].text);
    }
}

Test(base, reals_keep_their_value) {
    struct rs_random r = rs_random(7, 1, 1);
    for (int i = 0; i < 200000; i++) {
        double v = rs_random_unit(&r) * pow(10, (int)rs_random_below(&r, 19) - 6);
        char out[32];
        out[rs_format_real(out, v)] = 0;
        cr_assert(fabs(atof(out) - v) <= fabs(v) * 1.1e-14, "%.17g gave %s", v, out);
        cr_assert(strlen(out) <= 24);
    }
}

Test(base, integers) {
    int64_t v;
    cr_assert(rs_parse_long(RS_LIT("-12"), &v) && v == -12);
    cr_assert_not(rs_parse_long(RS_LIT(""), &v));
    cr_assert_not(rs_parse_long(RS_LIT("-"), &v));
    cr_assert_not(rs_parse_long(RS_LIT("12x"), &v));
    cr_assert_not(rs_parse_long(RS_LIT("99999999999999999999"), &v));
}

/* FIPS 180-4 example "abc"; RFC 4231 test case 2. */
Test(base, digests_of_the_standards) {
    struct rs_digest d = rs_sha256("abc", 3);
    char hex[65];
    rs_hex(hex, d.b, 32);
    cr_assert_str_eq(hex, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    struct rs_site_key key = {.n = 4};
    memcpy(key.b, "Jefe", 4);
    struct rs_hmac *h = rs_hmac_new(&key);
    struct rs_view part = RS_LIT("what do ya want for nothing?");
    for (int i = 0; i < 2; i++) { /* a context is used again and again */
        struct rs_key k = rs_hmac_key(h, &part, 1);
        rs_hex(hex, k.b, 16);
        cr_assert_str_eq(hex, "5bdcc146bf60754e6a042426089575c7");
    }
    rs_hmac_free(h);
}

/* Known answers of the Random123 distribution (kat_vectors): philox4x32, 10 rounds. */
Test(base, philox_known_answers) {
    struct rs_random r = {0};
    cr_assert_eq(rs_random_u32(&r), 0x6627e8d5u);
    cr_assert_eq(rs_random_u32(&r), 0xe169c58du);
    cr_assert_eq(rs_random_u32(&r), 0xbc57ac4cu);
    cr_assert_eq(rs_random_u32(&r), 0x9b00dbd8u);
    struct rs_random s = {.key = {0xffffffffu, 0xffffffffu},
                          .counter = {0xffffffffu, 0xffffffffu, 0xffffffffu, 0xffffffffu}};
    cr_assert_eq(rs_random_u32(&s), 0x408f276du);
}

Test(base, utf8) {
    cr_assert(rs_utf8_valid(RS_LIT("Garc\xc3\xad" "a and more than eight")));
    cr_assert_not(rs_utf8_valid(RS_LIT("Garc\xed" "a")));
    cr_assert_not(rs_utf8_valid(RS_LIT("\xc0\xaf")));             /* overlong */
    cr_assert_not(rs_utf8_valid(RS_LIT("\xed\xa0\x80")));         /* surrogate */
    cr_assert_not(rs_utf8_valid(RS_LIT("abc\xe2\x82")));          /* cut */
    struct rs_arena a = {0};
    cr_assert(rs_eq_c(rs_from_windows_1252(&a, RS_LIT("Garc\xed" "a \x80")), "Garc\xc3\xad" "a \xe2\x82\xac"));
    rs_arena_free(&a);
}

Test(base, gzip_of_several_members_and_cut) {
    char *path = temporary("", 0);
    struct rs_error error = {0};
    char text[100000];
    for (size_t i = 0; i < sizeof text; i++) text[i] = (char)('a' + i * i % 23);
    gzFile z = gzopen(path, "wb");
    gzwrite(z, text, 50000);
    gzclose(z);
    z = gzopen(path, "ab");
    gzwrite(z, text + 50000, 50000);
    gzclose(z);
    struct rs_in *in = rs_in_open(path, &error);
    cr_assert(in && rs_in_is_gzip(in));
    char got[100001];
    size_t n = 0, some;
    while (rs_in_read(in, got + n, sizeof got - n, &some, &error) && some) n += some;
    rs_in_close(in);
    cr_assert_eq(error.code, 0);
    cr_assert_eq(n, sizeof text);
    cr_assert_eq(memcmp(got, text, n), 0);
    struct stat st;
    stat(path, &st);
    cr_assert_eq(truncate(path, st.st_size - 20), 0);
    in = rs_in_open(path, &error);
    bool ok;
    while ((ok = rs_in_read(in, got, sizeof got, &some, &error)) && some) continue;
    rs_in_close(in);
    cr_assert_not(ok);
    cr_assert_eq(error.code, RS_DATA);
    cr_assert(strstr(error.text, "truncated"));
    unlink(path);
}

Test(base, site_key_must_be_private) {
    char *path = temporary("0123456789abcdef0123456789abcdef", 32);
    struct rs_site_key key;
    struct rs_error error = {0};
    chmod(path, 0644);
    cr_assert_not(rs_site_key_read(path, &key, &error));
    cr_assert_eq(error.code, RS_PERMISSION);
    chmod(path, 0600);
    cr_assert(rs_site_key_read(path, &key, &error));
    cr_assert_eq(key.n, 32);
    unlink(path);
}

Test(base, yaml_keeps_text_as_text) {
    static const char text[] = "state: NO\nzip: 02155\nlist: [a, b]\nempty:\nmap: {deep: {er: 1}}\n";
    char *path = temporary(text, sizeof text - 1);
    struct rs_error error = {0};
    json_t *j = rs_yaml_read(path, NULL, &error);
    cr_assert(j, "%s", error.text);
    cr_assert_str_eq(rs_config_text(j, "state", ""), "NO");
    cr_assert_str_eq(rs_config_text(j, "zip", ""), "02155");
    cr_assert_eq(json_array_size(json_object_get(j, "list")), 2);
    static const char *const known[] = {"state", "zip", "list", "empty", NULL};
    cr_assert_not(rs_config_keys(j, "here", known, &error));
    cr_assert(strstr(error.text, "unknown key \"map\""));
    json_decref(j);
    unlink(path);
}

Test(base, yaml_faults_name_the_line) {
    struct rs_error error = {0};
    char *path = temporary("a: 1\nb: [1, 2\n", 14);
    cr_assert_null(rs_yaml_read(path, NULL, &error));
    cr_assert_eq(error.code, RS_CONFIG);
    unlink(path);
    path = temporary("a: 1\na: 2\n", 10);
    cr_assert_null(rs_yaml_read(path, NULL, &error));
    cr_assert(strstr(error.text, ":2: key \"a\" stands twice"));
    unlink(path);
}

Test(base, unfinished_file_leaves_nothing) {
    struct rs_error error = {0};
    char path[64];
    snprintf(path, sizeof path, "/tmp/relsogi-out-%d", (int)getpid());
    struct rs_out *o = rs_out_open(path, &error);
    cr_assert(o && rs_out_write(o, "x", 1, &error));
    cr_assert_not(rs_exists(path));
    rs_out_abort(o);
    cr_assert_not(rs_exists(path));
    cr_assert(rs_write_file(path, "abc", 3, &error));
    struct stat st;
    cr_assert(stat(path, &st) == 0 && st.st_size == 3);
    unlink(path);
}

/* Pieces of odd lengths across the buffer's end, whether or not the directory's file system knows such writes. */
Test(base, uncached_files_are_whole) {
    char *path = temporary("old", 3);
    struct rs_error error = {0};
    struct rs_buffer all = {0}, got = {0};
    struct rs_random random = rs_random(11, 0, 0);
    struct rs_out *o = rs_out_open_uncached(path, &error);
    cr_assert(o);
    while (all.n < 5000000) {
        size_t from = all.n, n = rs_random_below(&random, 3 << 19);
        char *p = rs_buffer_reserve(&all, n);
        for (size_t i = 0; i < n; i++) p[i] = (char)rs_random_below(&random, 256);
        all.n += n;
        cr_assert(rs_out_write(o, all.p + from, n, &error));
    }
    cr_assert(rs_read_file(path, &got, 3, &error) && got.n == 3, "under its name only once it is whole");
    cr_assert(rs_out_commit(o, &error), "%s", error.text);
    got.n = 0;
    cr_assert(rs_read_file(path, &got, all.n, &error) && got.n == all.n && memcmp(got.p, all.p, all.n) == 0);
    rs_buffer_free(&all);
    rs_buffer_free(&got);
    unlink(path);
}

Test(base, reals_are_read_as_strtod_reads_them) {
    static const char *const by_hand[] = {"0", "1", "0.5", ".5", "5.", "-0.25", "+7", "1e-7", "123456789012345",
                                          "1234567890123456", "0.000053978377134542", "0.1", "99999999999999.9",
                                          "0.30000000000000004", "00012.50"};
    struct rs_random r = rs_random(7, 0, 0);
    double v;
    for (size_t i = 0; i < sizeof by_hand / sizeof by_hand[0]; i++) {
        cr_assert(rs_parse_real(rs_cstr(by_hand[i]), &v), "%s", by_hand[i]);
        cr_assert(v == strtod(by_hand[i], NULL), "%s", by_hand[i]);
    }
    for (int i = 0; i < 200000; i++) {
        char text[40];
        double x = rs_random_unit(&r) * pow(10, (int)rs_random_below(&r, 16) - 9);
        snprintf(text, sizeof text, "%.*f", (int)rs_random_below(&r, 20), x);
        cr_assert(rs_parse_real(rs_cstr(text), &v) && v == strtod(text, NULL), "%s", text);
    }
    static const char *const none[] = {"", ".", "1.2.3", "1x", " 1", "1 ", "--1", "\\N"};
    for (size_t i = 0; i < sizeof none / sizeof none[0]; i++) cr_assert_not(rs_parse_real(rs_cstr(none[i]), &v), "%s", none[i]);
}

/* core(5): a pipe in core_pattern gets the memory at any limit but 1, and at none of a process that is not dumpable. */
Test(base, no_core_to_a_file_or_a_program) {
    struct rlimit limit, before;
    cr_assert(getrlimit(RLIMIT_CORE, &before) == 0);
    rs_keep_private();
    cr_assert(getrlimit(RLIMIT_CORE, &limit) == 0);
    cr_assert(limit.rlim_cur <= 1 && limit.rlim_max <= 1 && limit.rlim_max == (before.rlim_max ? 1 : 0));
#ifndef __SANITIZE_ADDRESS__
#ifndef __SANITIZE_THREAD__
    cr_assert(prctl(PR_GET_DUMPABLE) == 0);
#endif
#endif
    cr_assert(umask(0) == 077);
}
