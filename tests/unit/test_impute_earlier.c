/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What persons said in earlier runs, and how far an answer is believed. */
#include <math.h>
#include "impute_stage.h"
#include "stages/impute/earlier.h"

TestSuite(impute_earlier, .init = setup, .fini = teardown, .timeout = 120);

/* ---- what was said in earlier runs ------------------------------------------------------------------------------ */

#define NOBODY_ASKED "ALPHA", "34021000100", NULL, "NOT_ASKED", "NOT_ASKED", "NOT_ASKED", NULL

static const struct person then[] = {
    {"ALPHA", "34021000100", "API", NULL, NULL, NULL, NULL},          /* 0: a whole answer */
    {"ALPHA", "34021000100", NULL, NULL, NULL, "NOT_ASKED", "Y"},     /* 1: Black, ethnicity left open */
    {"ALPHA", "34021000100", NULL, "DECLINED", NULL, NULL, NULL},     /* 2: declined */
    {"ALPHA", "34021000100", "WHITE", NULL, NULL, NULL, NULL},        /* 3: says otherwise now */
    {"ALPHA", "34021000100", "BLACK", NULL, NULL, NULL, NULL},        /* 4: says the race only now */
    {"ALPHA", "34021000100", "WHITE", NULL, NULL, NULL, NULL},        /* 5: declines now */
    {NOBODY_ASKED},                                                   /* 6 */
};
static const struct person today[] = {
    {NOBODY_ASKED},
    {NOBODY_ASKED},
    {NOBODY_ASKED},
    {"ALPHA", "34021000100", NULL, NULL, NULL, "NOT_ASKED", "Y"},
    {"ALPHA", "34021000100", NULL, NULL, NULL, "NOT_ASKED", "Y"},
    {"ALPHA", "34021000100", NULL, "DECLINED", NULL, NULL, NULL},
    {NOBODY_ASKED},
};
static const struct {
    const char *key, *narrowed, *evidence; /* NULL narrowed: anything */
    int whole;                             /* the group that is certain, or -1 */
} wanted[] = {{"0", "API", "earlier", RS_API},          {"1", "BLACK|HISPANIC", "earlier BLACK", -1},
              {"3", "BLACK|HISPANIC", "\\N", -1}, /* not White: today's word is the newer one */
              {"4", "BLACK", "earlier", RS_BLACK},      {"6", "\\N", "\\N", -1}};

static struct rs_view field(struct rs_view line, int column) {
    struct rs_view v = RS_NULL;
    for (int i = 0; i <= column; i++) v = rs_split(&line, '\t');
    return v;
}

static void expect_earlier(const char *out) {
    struct rs_buffer b = slurp(out, "posterior.tsv");
    struct rs_view text = rs_view(b.p, b.n);
    rs_split(&text, '\n');
    for (size_t i = 0; i < sizeof wanted / sizeof *wanted; i++) {
        struct rs_view line = rs_split(&text, '\n'), key = field(line, POSTERIOR_person_key);
        double p;
        cr_assert(key.n == 32 && key.p[31] == wanted[i].key[0], "row %zu: %.*s", i, (int)line.n, line.p);
        cr_assert(rs_eq_c(field(line, POSTERIOR_narrowed), wanted[i].narrowed), "row %zu: %.*s", i, (int)line.n, line.p);
        cr_assert(rs_eq_c(field(line, POSTERIOR_evidence), wanted[i].evidence), "row %zu: %.*s", i, (int)line.n, line.p);
        if (wanted[i].whole < 0) continue;
        cr_assert(rs_parse_real(field(line, POSTERIOR_p_white + wanted[i].whole), &p) && p == 1, "row %zu", i);
    }
    cr_assert(!rs_has(text), "%.*s", (int)text.n, text.p);
    rs_buffer_free(&b);
}

Test(impute_earlier, what_was_said_in_an_earlier_run_comes_first) {
    const char *before = file("before", NULL), *in = file("now", NULL), *out = file("now_out", NULL);
    const char *priors[] = {before};
    write_persons(before, then, 7, 1);
    write_persons(in, today, 7, 1);
    run_after(in, out, 2, priors, 1);
    expect_earlier(out);
    struct rs_buffer ledger = slurp(out, "ledger.tsv");
    rs_buffer_byte(&ledger, 0);
    cr_assert(strstr(ledger.p, "person\t0\tignored\tdeclined\t1\n"), "%s", ledger.p);
    cr_assert(strstr(ledger.p, "person\t0\tignored\tdeclined_earlier\t1\n"), "%s", ledger.p);
    rs_buffer_free(&ledger);
}

Test(impute_earlier, an_answer_survives_its_text) {
    char text[RS_EVIDENCE_TEXT];
    struct rs_answer all = {31, 31, 31, true, true, 'Y', 'N', 'Y'}, back;
    int32_t said;
    for (unsigned i = 0; i < 1u << 15; i++) {
        struct rs_answer a = {i & 31, i >> 5 & 31, i >> 10 & 31, i % 3 == 0, i % 5 == 0, "YN"[i % 2], i % 7 ? 0 : 'Y',
                              i % 4 ? 'N' : 0};
        int32_t when;
        said = i % 2 ? 20260331 : 0;
        size_t n = rs_evidence_text(text, &a, said);
        cr_assert(rs_evidence_answer(rs_view(text, n), &back, &when) && when == said, "%.*s", (int)n, text);
        cr_assert(a.yes == back.yes && a.no == back.no && a.any == back.any && a.two_or_more == back.two_or_more &&
                      a.other == back.other && a.hispanic == back.hispanic && a.mena == back.mena &&
                      a.white2024 == back.white2024, "%.*s", (int)n, text);
    }
    cr_assert(rs_evidence_text(text, &all, 20260331) < RS_EVIDENCE_TEXT);
    static const char *const bad[] = {"", "earlier GREEN", "earlier MENA=X", "later BLACK", "earlier 2026-13-31 BLACK"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        cr_assert(!rs_evidence_answer(rs_cstr(bad[i]), &back, &said), "%s", bad[i]);
}

/* The run after that is given the last one only: its posterior hands on what it knew. */
Test(impute_earlier, an_earlier_answer_is_handed_on) {
    const char *before = file("before", NULL), *in = file("now", NULL), *out = file("now_out", NULL),
               *next = file("next_out", NULL);
    const char *priors[] = {before}, *last[] = {out, in, before};
    write_persons(before, then, 7, 1);
    write_persons(in, today, 7, 1);
    run_after(in, out, 1, priors, 1);
    run_after(in, next, 1, last, 2);
    struct rs_buffer a = slurp(out, "posterior.tsv"), b = slurp(next, "posterior.tsv");
    struct rs_view x = rs_view(a.p, a.n), y = rs_view(b.p, b.n);
    for (size_t i = 0; i < 3; i++) {
        struct rs_view line = rs_split(&x, '\n');
        cr_assert(rs_eq(line, rs_split(&y, '\n')), "line %zu: %.*s", i, (int)line.n, line.p);
    }
    run_after(in, file("third_out", NULL), 1, last, 3); /* who declined is known from the run they declined in */
    expect_earlier(file("third_out", NULL));
    rs_buffer_free(&a);
    rs_buffer_free(&b);
}

/* 0 and 1 decline; 1 answers in the second run; in the third nobody is asked, and the second is all that it is given. */
Test(impute_earlier, an_earlier_decline_is_handed_on_until_it_is_answered) {
    static const struct person first[] = {{"ALPHA", "34021000100", NULL, "DECLINED", NULL, NULL, NULL},
                                          {"ALPHA", "34021000100", NULL, "DECLINED", NULL, NULL, NULL}},
                               second[] = {{NOBODY_ASKED}, {"ALPHA", "34021000100", "API", NULL, NULL, NULL, NULL}},
                               third[] = {{NOBODY_ASKED}, {NOBODY_ASKED}};
    const char *in = file("first", NULL), *again = file("second", NULL), *out = file("second_out", NULL),
               *priors[] = {in}, *last[] = {out, again};
    write_persons(in, first, 2, 1);
    write_persons(again, second, 2, 1);
    run_after(again, out, 1, priors, 1);
    in = file("third", NULL);
    write_persons(in, third, 2, 1);
    const char *end = file("third_out", NULL);
    run_after(in, end, 1, last, 2);
    struct rs_buffer rows = slurp(end, "posterior.tsv"), ledger = slurp(end, "ledger.tsv");
    struct rs_view text = rs_view(rows.p, rows.n);
    rs_split(&text, '\n');
    struct rs_view line = rs_split(&text, '\n');
    cr_assert(!rs_has(text) && field(line, POSTERIOR_person_key).p[31] == '1', "%.*s", (int)line.n, line.p);
    cr_assert(rs_eq_c(field(line, POSTERIOR_narrowed), "API"), "%.*s", (int)line.n, line.p);
    rs_buffer_byte(&ledger, 0);
    cr_assert(strstr(ledger.p, "person\t0\tignored\tdeclined_earlier\t1\n"), "%s", ledger.p);
    rs_buffer_free(&rows);
    rs_buffer_free(&ledger);
}

/* ---- reliability ------------------------------------------------------------------------------------------------- */

static bool may_run(const char *in, const char *out, const char *prior, const char *options[][2], size_t n) {
    struct rs_error error = {0};
    const char *names[4], *values[4];
    for (size_t i = 0; i < n; i++) {
        names[i] = options[i][0];
        values[i] = options[i][1];
    }
    struct rs_stage_call call = {.inputs = &in, .n_inputs = 1, .output = out, .threads = 1, .priors = &prior,
                                 .n_priors = prior ? 1 : 0, .reference = file("small.pack", NULL), .set_names = names,
                                 .set_values = values, .n_set = n};
    return rs_stage_run(&rs_stage_impute, &call, &error);
}

/* ALPHA in tract 100, nothing smoothed: .6 x 50, .2 x 25, 0, .1 x 10, .05 x 5 and .05 x 0, which sum to 36.25. Black with
 * ethnicity left open leaves BLACK, as nobody there is Hispanic; API was said whole in the run before. */
Test(impute_earlier, an_answer_counts_as_far_as_it_is_reliable) {
    const char *before = file("before", NULL), *in = file("now", NULL), *out = file("now_out", NULL);
    static const struct person said[] = {{"ALPHA", "34021000100", NULL, NULL, NULL, "NOT_ASKED", "Y"}, {NOBODY_ASKED},
                                         {"ALPHA", "34021000100", NULL, NULL, NULL, "NOT_ASKED", "Y"}},
                               was[] = {{NOBODY_ASKED}, {"ALPHA", "34021000100", "API", NULL, NULL, NULL, NULL}, {NOBODY_ASKED}};
    const char *options[][2] = {{"smoothing", "0"}, {"surname-smoothing", "0"}, {"reliability", "none=0.75, earlier=0.6"}};
    const double open[RS_GROUPS] = {30 / 36.25, 5 / 36.25, 0, 1 / 36.25, .25 / 36.25, 0};
    write_persons(before, was, 3, 1);
    write_persons(in, said, 3, 1);
    cr_assert(may_run(in, out, before, options, 3));
    struct rs_buffer b = slurp(out, "posterior.tsv");
    struct rs_view text = rs_view(b.p, b.n);
    rs_split(&text, '\n');
    for (int i = 0; i < 3; i++) {
        struct rs_view line = rs_split(&text, '\n');
        double rho = i == 1 ? .6 : .75, p;
        int group = i == 1 ? RS_API : RS_BLACK;
        for (int r = 0; r < RS_GROUPS; r++) {
            double want = (r == group ? rho : 0) + (1 - rho) * open[r];
            cr_assert(rs_parse_real(field(line, POSTERIOR_p_white + r), &p) && fabs(p - want) < 1e-12, "%d, group %d: %.*s", i,
                      r, (int)line.n, line.p);
        }
        cr_assert(rs_eq_c(field(line, POSTERIOR_reliability), i == 1 ? "0.6" : "0.75"));
    }
    rs_buffer_free(&b);
}

Test(impute_earlier, a_reliability_is_of_a_known_way_and_no_more_than_one) {
    static const struct {
        const char *text;
        bool good;
    } cases[] = {{"self=1,observed=0.5", true}, {"observed", false}, {"observed=1.5", false}, {"observed=-1", false},
                 {"guessed=0.5", false}, {"observed=x", false}, {"earlier=0", true}, {"source:ehr=0.5", true},
                 {"source:=0.5", false}, {"source=0.5", false}};
    static const struct person nobody[] = {{NOBODY_ASKED}};
    write_persons(file("now", NULL), nobody, 1, 1);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const char *options[][2] = {{"reliability", cases[i].text}};
        cr_assert_eq(may_run(file("now", NULL), file("now_out", NULL), NULL, options, 1), cases[i].good, "%s", cases[i].text);
    }
}

/* 0 is Black or Hispanic as the second run's sources say, and not Hispanic by the run before; the third run is given the
 * second alone, whose person row knows less than its posterior. */
Test(impute_earlier, a_whole_answer_is_handed_on_beside_a_part) {
    static const struct person first[] = {{"ALPHA", "34021000100", "BLACK", NULL, NULL, NULL, NULL}},
                               part[] = {{"ALPHA", "34021000100", NULL, NULL, NULL, "NOT_ASKED", "Y"}};
    const char *before = file("before", NULL), *in = file("now", NULL), *out = file("now_out", NULL), *end = file("end", NULL),
               *priors[] = {before}, *last[] = {in, out}; /* as a run's stages stand: reconcile, then impute */
    write_persons_of("2026-03-31", before, first, 1, 1);
    write_persons_of("2026-04-30", in, part, 1, 1);
    run_after(in, out, 1, priors, 1);
    run_after(in, end, 1, last, 2);
    for (int i = 0; i < 2; i++) {
        struct rs_buffer b = slurp(i ? end : out, "posterior.tsv");
        struct rs_view text = rs_view(b.p, b.n);
        rs_split(&text, '\n');
        struct rs_view line = rs_split(&text, '\n');
        cr_assert(rs_eq_c(field(line, POSTERIOR_narrowed), "BLACK"), "run %d: %.*s", i, (int)line.n, line.p);
        cr_assert(rs_eq_c(field(line, POSTERIOR_p_black), "1"), "run %d: %.*s", i, (int)line.n, line.p);
        /* said once, in March, however often it was handed on */
        cr_assert(rs_eq_c(field(line, POSTERIOR_evidence), "earlier 2026-03-31"), "run %d: %.*s", i, (int)line.n, line.p);
        rs_buffer_free(&b);
    }
}

/* ALPHA in tract 100 with what was said as in the test above: 0 by a clinic, 1 by a clinic whose words were observed, 2 race by
 * the payer and ethnicity by a clinic, 3 by the payer. */
Test(impute_earlier, an_answer_is_as_sure_as_its_source) {
#define BLACK_SAID "ALPHA", "34021000100", NULL, NULL, NULL, "NOT_ASKED", "Y"
    static const struct person said[] = {{BLACK_SAID, "self", "clinic"}, {BLACK_SAID, "observed", "clinic"},
                                         {BLACK_SAID, "self", "payer|clinic"}, {BLACK_SAID, "self", "payer"}};
    static const char *const wanted_reliability[] = {"0.9", "0.5", "0.9", "\\N"};
    const char *in = file("now", NULL), *out = file("now_out", NULL);
    const char *options[][2] = {{"smoothing", "0"}, {"surname-smoothing", "0"}, {"reliability", "observed=0.5,source:clinic=0.9"}};
    write_persons(in, said, 4, 1);
    cr_assert(may_run(in, out, NULL, options, 3));
    struct rs_buffer b = slurp(out, "posterior.tsv");
    struct rs_view text = rs_view(b.p, b.n);
    rs_split(&text, '\n');
    for (int i = 0; i < 4; i++) {
        struct rs_view line = rs_split(&text, '\n');
        double rho = (double[]){.9, .5, .9, 1}[i], p;
        cr_assert(rs_eq_c(field(line, POSTERIOR_reliability), wanted_reliability[i]), "%d: %.*s", i, (int)line.n, line.p);
        cr_assert(rs_parse_real(field(line, POSTERIOR_p_white), &p) && fabs(p - (1 - rho) * 30 / 36.25) < 1e-12, "%d: %.*s", i,
                  (int)line.n, line.p);
    }
    rs_buffer_free(&b);
}

/* 0 answers in March and 1 declines; in April and May neither is in a source; in June both are, and say nothing. Each run is given the
 * one before it. */
Test(impute_earlier, who_was_away_comes_back_with_what_they_said) {
#define AWAY {.away = true}
    static const struct person months[][3] = {
        {{"ALPHA", "34021000100", "API", NULL, NULL, NULL, NULL}, {"ALPHA", "34021000100", NULL, "DECLINED", NULL, NULL, NULL},
         {NOBODY_ASKED}}, {AWAY, AWAY, {NOBODY_ASKED}}, {AWAY, AWAY, {NOBODY_ASKED}}, {{NOBODY_ASKED}, {NOBODY_ASKED}, {NOBODY_ASKED}}};
    static const char *const days[] = {"2026-03-31", "2026-04-30", "2026-05-31", "2026-06-30"};
    char in[4][16], out[4][16];
    for (int remember = 0; remember < 2; remember++) {
        const char *options[][2] = {{"remember", remember ? "100" : "50"}}; /* from March to May are 61 days */
        for (int m = 0; m < 4; m++) {
            snprintf(in[m], sizeof in[m], "in%d", m);
            snprintf(out[m], sizeof out[m], "out%d%d", m, remember);
            struct rs_error error = {0};
            const char *input = file(in[m], NULL), *priors[] = {m ? file(in[m - 1], NULL) : NULL, m ? file(out[m - 1], NULL) : NULL};
            write_persons_of(days[m], input, months[m], 3, 1);
            struct rs_stage_call call = {.inputs = &input, .n_inputs = 1, .output = file(out[m], NULL), .threads = 2,
                                         .priors = priors, .n_priors = m ? 2 : 0, .reference = file("small.pack", NULL),
                                         .as_of = days[m], .set_names = &options[0][0], .set_values = &options[0][1], .n_set = 1};
            cr_assert(rs_stage_run(&rs_stage_impute, &call, &error), "%s", error.text);
        }
        struct rs_buffer rows = slurp(file(out[3], NULL), "posterior.tsv"), ledger = slurp(file(out[3], NULL), "ledger.tsv"),
                         away = slurp(file(out[2], NULL), "away.tsv");
        struct rs_view text = rs_view(rows.p, rows.n);
        rs_split(&text, '\n');
        struct rs_view line = rs_split(&text, '\n');
        rs_buffer_byte(&ledger, 0);
        rs_buffer_byte(&away, 0);
        cr_assert(rs_eq_c(field(line, POSTERIOR_evidence), remember ? "earlier 2026-03-31" : "\\N"), "%.*s", (int)line.n, line.p);
        cr_assert_eq(rs_eq_c(field(line, POSTERIOR_narrowed), "API"), remember == 1);
        cr_assert_eq(strstr(ledger.p, "person\t0\tignored\tdeclined_earlier\t1\n") != NULL, remember == 1, "%s", ledger.p);
        cr_assert_eq(strstr(away.p, "00000000\t2026-03-31\tN\tAPI\tearlier 2026-03-31\n") != NULL, remember == 1, "%s", away.p);
        cr_assert_eq(strstr(away.p, "00000001\t2026-03-31\tY\t\\N\t\\N\n") != NULL, remember == 1, "%s", away.p);
        rs_buffer_free(&rows);
        rs_buffer_free(&ledger);
        rs_buffer_free(&away);
    }
}

static void write_events(const char *in, const char *const events[][3], size_t n) {
    struct rs_error error = {0};
    struct rs_row_writer *w = rs_row_writer_open(in, &rs_layout_link_event, false, &error);
    struct rs_buffer lines = {0};
    for (size_t i = 0; i < n; i++) {
        char keys[2][33];
        for (int k = 0; k < 2; k++) snprintf(keys[k], sizeof keys[k], "%032d", atoi(events[i][k + 1]));
        struct rs_view row[LINK_EVENT_COLUMNS] = {
            [LINK_EVENT_event] = rs_cstr(events[i][0]), [LINK_EVENT_person_key] = rs_view(keys[0], 32),
            [LINK_EVENT_other_key] = rs_view(keys[1], 32), [LINK_EVENT_record_key] = rs_view(keys[1], 32),
            [LINK_EVENT_rule] = RS_LIT("crosswalk")};
        rs_row_emit(&lines, &rs_layout_link_event, row);
    }
    cr_assert(rs_row_writer_add(w, &lines, n, &error) && rs_row_writer_close(w, NULL, &error), "%s", error.text);
    rs_buffer_free(&lines);
}

/* 1, who said API, is put into 0, who had said nothing; 3, who said BLACK, into 2, who had declined; records of 4, who said WHITE,
 * are now 5's; 6, who declined, loses some, too. */
Test(impute_earlier, words_go_with_the_person) {
    static const struct person was[] = {{NOBODY_ASKED}, {"ALPHA", "34021000100", "API", NULL, NULL, NULL, NULL},
                                        {"ALPHA", "34021000100", NULL, "DECLINED", NULL, NULL, NULL},
                                        {"ALPHA", "34021000100", "BLACK", NULL, NULL, NULL, NULL},
                                        {"ALPHA", "34021000100", "WHITE", NULL, NULL, NULL, NULL}, AWAY,
                                        {"ALPHA", "34021000100", NULL, "DECLINED", NULL, NULL, NULL}},
                               is[] = {{NOBODY_ASKED}, AWAY, {NOBODY_ASKED}, AWAY, {NOBODY_ASKED}, {NOBODY_ASKED}, {NOBODY_ASKED}};
    static const char *const events[][3] = {{"merge", "0", "1"}, {"merge", "2", "3"}, {"split", "4", "5"}, {"split", "6", "5"}};
    static const struct {
        char key;
        const char *narrowed;
    } expected[] = {{'0', "API"}, {'2', "BLACK"}, {'4', "\\N"}, {'5', "\\N"}};
    const char *before = file("before", NULL), *in = file("now", NULL), *out = file("now_out", NULL), *priors[] = {before};
    write_persons(before, was, 7, 1);
    write_persons(in, is, 7, 1);
    write_events(in, events, 4);
    run_after(in, out, 2, priors, 1);
    struct rs_buffer b = slurp(out, "posterior.tsv"), away = slurp(out, "away.tsv");
    struct rs_view text = rs_view(b.p, b.n), rest = rs_view(away.p, away.n);
    rs_split(&text, '\n');
    for (size_t i = 0; i < 4; i++) {
        struct rs_view line = rs_split(&text, '\n');
        cr_assert(rs_has(line) && line.p[31] == expected[i].key && rs_eq_c(field(line, POSTERIOR_narrowed), expected[i].narrowed),
                  "%zu: %.*s", i, (int)line.n, line.p);
    }
    cr_assert(!rs_has(text), "%.*s", (int)text.n, text.p);
    rs_split(&rest, '\n');
    cr_assert(!rs_has(rest), "those put into others are not away: %.*s", (int)rest.n, rest.p);
    rs_buffer_free(&b);
    rs_buffer_free(&away);
}
