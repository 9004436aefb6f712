/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Imputation on its own: probabilities as text, CSV in every form, and the tool from file to file. */
#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include "pipeline/base/file.h"
#include "pipeline/base/hash.h"
#include "pipeline/base/text.h"
#include "stages/impute/people_csv.h"
#include "stages/impute/probability.h"

static char dir[64]; /* made when first needed */

static void remove_csv(void) {
    char path[96];
    if (!dir[0]) return;
    snprintf(path, sizeof path, "%s/people.csv", dir);
    unlink(path);
    rmdir(dir);
}
TestSuite(impute_alone, .timeout = 120, .fini = remove_csv);

static const char *formatted(double v) {
    static char text[40];
    text[rs_format_probability(text, v)] = 0;
    return text;
}

Test(impute_alone, probabilities_by_hand) {
    static const struct {
        double v;
        const char *text;
    } cases[] = {{0, "0"}, {1, "1"}, {.5, "0.5"}, {.1, "0.1"}, {.01, "0.01"}, {1e-5, "0.00001"}, {1e-6, "0.000001"},
                 {.25e-5, "0.0000025"}, {1.0 / 3, "0.3333333333333"}, {2.0 / 3, "0.6666666666667"},
                 {.00123, "0.00123"}, {1 - 1e-16, "1"}, {1 - 1e-13, "0.9999999999999"}, {.0999999999999999999, "0.1"},
                 {1e-7, "1e-07"}, {9.99999996e-7, "1e-06"}, {1.0 / 3 * 1e-8, "3.333333e-09"}, {1e-12, "1e-12"},
                 {1.25e-16, "1.25e-16"}, {.12345678, "0.12345678"}, {.1234567, "0.1234567"}, {.1000001, "0.1000001"}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        cr_expect_str_eq(formatted(cases[i].v), cases[i].text, "%.17g: %s", cases[i].v, formatted(cases[i].v));
}

/* Within half a unit of the 13th decimal, or of the seventh digit where that is finer; never 0 where something is possible.
 */
Test(impute_alone, probabilities_are_as_near_as_their_digits) {
    struct rs_random random = rs_random(7, 0, 0);
    for (int i = 0; i < 2000000; i++) {
        double v = rs_random_unit(&random), back;
        for (uint32_t k = rs_random_below(&random, 20); k > 0; k--) v /= 10;
        if (i % 5 == 0) v = floor(v * 1e9) / 1e9; /* short ones */
        const char *got = formatted(v);
        double most = v >= 1e-6 ? 5.01e-14 : 5.01e-7 * v;
        cr_assert(rs_parse_real(rs_cstr(got), &back) && fabs(back - v) <= most, "%.17g: %s", v, got);
        cr_assert((back > 0) == (v > 0) && strlen(got) <= RS_PROBABILITY_TEXT, "%.17g: %s", v, got);
    }
}

/* ---- CSV -------------------------------------------------------------------------------------------------------- */

static const char *write_csv(const char *text) {
    static char path[96];
    struct rs_error error = {0};
    if (!dir[0]) {
        strcpy(dir, "/tmp/relsogi-csv-XXXXXX");
        cr_assert(mkdtemp(dir));
    }
    snprintf(path, sizeof path, "%s/people.csv", dir);
    cr_assert(rs_write_file(path, text, strlen(text), &error), "%s", error.text);
    return path;
}

/* All records, "id/surname/zip;" one after the other, null as -. */
static void read_all(const char *path, struct rs_buffer *out, struct rs_error *error) {
    struct rs_people *people = rs_people_open(path, error);
    struct rs_buffer block = {0};
    uint64_t offset;
    while (people && rs_people_block(people, &block, &offset, error) && block.n) {
        struct rs_people_cursor c;
        rs_people_cursor(&c, people, &block, offset);
        while (rs_people_next(&c, error)) {
            static const int columns[] = {RS_PEOPLE_ID, RS_PEOPLE_SURNAME, RS_PEOPLE_ZIP};
            for (int i = 0; i < 3; i++) {
                struct rs_view v = c.row[columns[i]];
                rs_buffer_view(out, rs_is_null(v) ? RS_LIT("-") : v);
                rs_buffer_byte(out, i < 2 ? '/' : ';');
            }
        }
        if (error->code) break;
    }
    rs_buffer_byte(out, 0);
    rs_buffer_free(&block);
    rs_people_close(people);
}

Test(impute_alone, csv_in_every_form) {
    static const struct {
        const char *text, *want;
    } cases[] = {
        {"id,surname,zip\n1,SMITH,08540\n2,,\n", "1/SMITH/08540;2/-/-;"},
        {"id,surname,zip\n1,SMITH,08540", "1/SMITH/08540;"},
        {"id,surname,zip\n1,SMITH,", "1/SMITH/-;"},
        {"zip,x,SURNAME,id\r\n08540,\"a,b\",\"O\"\"BRIEN\",1\r\n\r\n08541, y ,  LEE ,2\r\n", "1/O\"BRIEN/08540;2/LEE/08541;"},
        {"\xEF\xBB\xBF\"id\",\"surname\"\n\"1\",\"two\nlines\"\n", "1/two\nlines/-;"},
        {"id,surname\n1,5\" PIPE\n2,A\"B\"C\n", "1/5\" PIPE/-;2/A\"B\"C/-;"},
        {"id,surname,zip\n1,\"\",\"  \"\n", "1/-/-;"},
        {"id,surname,zip\n1,\"SMITH\" x,08540\n", "1/SMITH/08540;"},
        {"id,surname\n", ""},
        {"\"last, first\" ,id,\"a \"\"b\"\"\",surname\n\"x, y\",1,2,LEE\n", "1/LEE/-;"},
        {"\"\",id,surname\n,1,LEE\n", "1/LEE/-;"},
        {"id\n7\n\n8\n", "7/-/-;8/-/-;"},
        {"id,a,b,c,d,e,f,g,h,i,j,k,l,m,n,o,p,surname,zip\n1,0123456789,,,,,,,,,,,,,,,0123456789012345678901234567890,LEE,1\n",
         "1/LEE/1;"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct rs_buffer got = {0};
        struct rs_error error = {0};
        read_all(write_csv(cases[i].text), &got, &error);
        cr_expect(error.code == 0, "case %zu: %s", i, error.text);
        cr_expect_str_eq(got.p, cases[i].want, "case %zu: %s", i, got.p);
        rs_buffer_free(&got);
    }
}

/* Plain records are taken in one way, others in another: both in one file in every order, and with few fields and many. */
static void mixed_csv(struct rs_random *random, int fields, struct rs_buffer *text, struct rs_buffer *want) {
    rs_buffer_printf(text, "zip");
    for (int f = 1; f < fields; f++) rs_buffer_printf(text, f == fields - 1 ? ",id" : f == fields / 2 ? ",surname" : ",x%d", f);
    for (int i = 0; i < 3000; i++) {
        rs_buffer_printf(text, i ? "\n%s" : "%s\n", i && rs_random_below(random, 20) == 0 ? "\r\n\n" : "");
        unsigned quoted = rs_random_below(random, 4) == 0 ? rs_random_below(random, (uint32_t)fields) : ~0u;
        for (int f = 0; f < fields; f++) {
            const char *quote = (unsigned)f == quoted ? "\"" : "", *inner = *quote ? ",\n" : "";
            bool named = f == 0 || f == fields / 2 || f == fields - 1;
            if (named) rs_buffer_printf(text, "%s%s%d%s%s", f ? "," : "", quote, i + f, inner, quote);
            else rs_buffer_printf(text, ",%s%.*s%s%s", quote, (int)rs_random_below(random, 9),
                                  *quote ? "a,\n cdefg" : "a\"b cdefg", inner, quote);
        }
        bool q0 = quoted == 0, q1 = quoted == (unsigned)fields / 2, q2 = quoted == (unsigned)fields - 1;
        rs_buffer_printf(want, "%d%s/%d%s/%d%s;", i + fields - 1, q2 ? "," : "", i + fields / 2, q1 ? "," : "", i,
                         q0 ? "," : "");
    }
    rs_buffer_byte(text, 0);
    rs_buffer_byte(want, 0);
}

Test(impute_alone, csv_of_plain_and_other_records) {
    static const int fields[] = {3, 4, 20, 300, 1200};
    struct rs_random random = rs_random(5, 0, 0);
    for (size_t i = 0; i < sizeof fields / sizeof *fields; i++) {
        struct rs_buffer text = {0}, want = {0}, got = {0};
        struct rs_error error = {0};
        mixed_csv(&random, fields[i], &text, &want);
        read_all(write_csv(text.p), &got, &error);
        cr_assert(error.code == 0, "%d fields: %s", fields[i], error.text);
        cr_assert_str_eq(got.p, want.p, "%d fields", fields[i]);
        rs_buffer_free(&text);
        rs_buffer_free(&want);
        rs_buffer_free(&got);
    }
}

Test(impute_alone, csv_that_is_wrong) {
    static const struct {
        const char *text, *says;
    } cases[] = {
        {"", "is empty"},          {"surname\nSMITH\n", "no column id"}, {"id,zip,ID\n1,2,3\n", "id twice"},
        {"id,zip\n1,2\n1\n", "byte 11 has 1 fields, the header 2"}, {"id,zip\n1,2,3\n", "byte 7 has 3 fields"},
        {"id,zip\n1,\"2\n3,4\n", "byte 7 a quote is opened and not closed"},
        {"id,zip\r1,2\r3,4\r", "carriage returns alone"}, {"id,zip\r1,2\r3,4\r\n", "carriage returns alone"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct rs_buffer got = {0};
        struct rs_error error = {0};
        read_all(write_csv(cases[i].text), &got, &error);
        cr_expect(error.code == 65 && strstr(error.text, cases[i].says), "case %zu: %d %s", i, error.code, error.text);
        rs_buffer_free(&got);
    }
}

/* Blocks of a megabyte: records that cross them, and quoted line breaks at every place, are read as in one piece. */
Test(impute_alone, csv_in_many_blocks) {
    struct rs_buffer text = {0}, got = {0}, want = {0};
    struct rs_error error = {0};
    rs_buffer_printf(&text, "id,note,surname,zip\n");
    for (int i = 0; i < 60000; i++) {
        rs_buffer_printf(&text, "%d,\"%.*s\n,\"\"%d\",NAME%d,%05d\n", i, i % 47, "...............................................",
                         i, i % 7, i % 100000);
        rs_buffer_printf(&want, "%d/NAME%d/%05d;", i, i % 7, i % 100000);
    }
    rs_buffer_byte(&text, 0);
    rs_buffer_byte(&want, 0);
    read_all(write_csv(text.p), &got, &error);
    cr_assert(error.code == 0, "%s", error.text);
    cr_assert(got.n == want.n && memcmp(got.p, want.p, got.n) == 0);
    rs_buffer_free(&text);
    rs_buffer_free(&got);
    rs_buffer_free(&want);
}
