/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The report's own rule for small counts, against cases by hand and random lines whose total a reader knows; and that
 * no word of a run's files can end the element it stands in. */
#include "pipeline/base/hash.h"
#include "pipeline/report/page.h"
#include "pipeline/report/small.h"
#include <criterion/criterion.h>
#include <criterion/parameterized.h>
#include <stdlib.h>

Test(report, small_counts) {
    for (int n = 1; n <= 10; n++) cr_expect(rs_report_small(n, -1));
    cr_expect_not(rs_report_small(0, -1));
    cr_expect_not(rs_report_small(11, -1));
    cr_expect(rs_report_small(95, 100)); /* 5 did not */
    cr_expect_not(rs_report_small(100, 100));
    cr_expect_not(rs_report_small(89, 100));
    cr_expect(rs_report_small(90, 100));
}

enum { MOST = 12 };
static struct rs_report_cell cells[MOST], *line[MOST];

static void make_line(size_t n, const int64_t *counts) {
    for (size_t i = 0; i < n; i++) {
        cells[i] = (struct rs_report_cell){counts[i], -1, false};
        line[i] = &cells[i];
    }
    rs_report_withhold(line, n);
}

Test(report, nothing_small_nothing_withheld) {
    make_line(4, (int64_t[]){0, 11, 400, 25});
    for (int i = 0; i < 4; i++) cr_expect_not(cells[i].withheld);
}

Test(report, a_single_one_takes_the_next_smallest) {
    make_line(4, (int64_t[]){0, 400, 4, 25});
    cr_expect(cells[2].withheld && cells[3].withheld);
    cr_expect_not(cells[0].withheld || cells[1].withheld);
}

Test(report, several_that_add_up_to_little_take_one_more) {
    make_line(4, (int64_t[]){3, 2, 400, 25}); /* 5 in all, were they the only ones */
    cr_expect(cells[0].withheld && cells[1].withheld && cells[3].withheld);
    cr_expect_not(cells[2].withheld);
}

Test(report, several_that_add_up_to_enough_stand_alone) {
    make_line(4, (int64_t[]){9, 8, 400, 25});
    cr_expect(cells[0].withheld && cells[1].withheld);
    cr_expect_not(cells[2].withheld || cells[3].withheld);
}

Test(report, beside_zeros_alone_a_zero_goes_too) {
    make_line(3, (int64_t[]){0, 7, 0});
    cr_expect(cells[1].withheld);
    cr_expect_eq(cells[0].withheld + cells[2].withheld, 1);
}

/* A reader knows the total and what is shown. What is left must not be one cell's, nor from 1 to 10, unless nothing
 * else is there to withhold. */
Test(report, random_lines_keep_their_secret) {
    struct rs_random random = rs_random(7, 0, 0);
    for (int times = 0; times < 20000; times++) {
        size_t n = 2 + rs_random_below(&random, MOST - 1), hidden = 0, shown_more = 0;
        int64_t counts[MOST], rest = 0;
        for (size_t i = 0; i < n; i++)
            counts[i] = rs_random_below(&random, 3) ? rs_random_below(&random, 15) : rs_random_below(&random, 500);
        make_line(n, counts);
        for (size_t i = 0; i < n; i++) {
            cr_assert(cells[i].withheld || !rs_report_small(counts[i], -1));
            hidden += cells[i].withheld;
            rest += cells[i].withheld ? counts[i] : 0;
            shown_more += !cells[i].withheld && counts[i] > 0;
        }
        cr_assert_neq(hidden, 1);
        cr_assert(hidden == 0 || rest >= RS_REPORT_MINIMUM_CELL || shown_more == 0);
    }
}

static struct rs_buffer out;
static void close_all(void) { rs_buffer_free(&out); }

Test(report, text_of_html, .fini = close_all) {
    rs_report_text(&out, "<a href=\"x\">'&</a>");
    rs_buffer_byte(&out, 0);
    cr_expect_str_eq(out.p, "&#60;a href=&#34;x&#34;&#62;&#39;&#38;&#60;/a&#62;");
}

Test(report, json_in_a_script, .fini = close_all) {
    json_t *data = json_pack("{s:s, s:f, s:n}", "</script><!--", "\xe2\x80\xa8 & \"x\"", "n", 0.125, "none");
    rs_report_json(&out, data);
    rs_buffer_byte(&out, 0);
    cr_expect_not(strpbrk(out.p, "<>&"));
    json_t *again = json_loads(out.p, 0, NULL);
    cr_expect(json_equal(data, again), "escaping must not change what it says: %s", out.p);
    json_decref(again);
    json_decref(data);
}
