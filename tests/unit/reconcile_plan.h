/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A small plan made by hand, reconciled, and looked at: what the tests of reconcile share. Included once by a test
 * program; functions a program does not need are left out by the compiler. */
#ifndef RS_TESTS_RECONCILE_PLAN_H
#define RS_TESTS_RECONCILE_PLAN_H
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>
#include "pipeline/base/file.h"
#include "pipeline/rows/stage.h"

#pragma GCC diagnostic ignored "-Wunused-function"

extern const struct rs_stage rs_stage_reconcile;

/* ---- a small plan ------------------------------------------------------------------------------------------------ */

enum { MOST_ROWS = 512, DEMO = 0, MAPPED = 1, ID = 2, EVENT = 3, LINK = 4, N_INPUTS = 5 };
static const struct rs_layout *const layouts[N_INPUTS] = {&rs_layout_demographic, &rs_layout_mapped,
                                                          &rs_layout_identifier, &rs_layout_measure_event,
                                                          &rs_layout_link};
static struct rs_view rows[N_INPUTS][MOST_ROWS][RS_MAX_COLUMNS];
static size_t n_rows[N_INPUTS];
static struct rs_arena arena;
static char root[64];
static const char *extra_config = "";

static struct rs_view key_text(int n) {
    return rs_arena_printf(&arena, "%02x%030x", (unsigned)(n * 53 + 7) & 0xff, (unsigned)n);
}

static struct rs_view *new_row(int kind) {
    struct rs_view *row = rows[kind][n_rows[kind]++];
    memset(row, 0, sizeof rows[0][0]);
    return row;
}

static struct rs_view text(const char *s) { return s ? rs_arena_view(&arena, rs_cstr(s)) : RS_NULL; }

/* Sets columns from "name=value;name=value". */
static void set(struct rs_view *row, const struct rs_layout *layout, const char *pairs) {
    struct rs_view rest = text(pairs);
    while (rest.p && rest.n) {
        struct rs_view value = rs_split(&rest, ';'), name = rs_split(&value, '=');
        size_t i = 0;
        while (i < layout->n_columns && !rs_eq_c(name, layout->columns[i].name)) i++;
        cr_assert(i < layout->n_columns, "no column %.*s", (int)name.n, name.p);
        row[i] = value;
    }
}

static void demo(int record, int file, int no, const char *source, const char *date, const char *pairs) {
    struct rs_view *row = new_row(DEMO);
    row[DEMOGRAPHIC_record_key] = key_text(record);
    row[DEMOGRAPHIC_file_no] = rs_arena_long(&arena, file);
    row[DEMOGRAPHIC_record_no] = rs_arena_long(&arena, no);
    row[DEMOGRAPHIC_source] = text(source);
    row[DEMOGRAPHIC_record_date] = text(date);
    set(row, &rs_layout_demographic, pairs);
}

static void said(int record, int file, int no, int answer, const char *source, const char *element, const char *how,
                 const char *date, const char *pairs) {
    static int seq;
    struct rs_view *row = new_row(MAPPED);
    row[MAPPED_record_key] = key_text(record);
    row[MAPPED_file_no] = rs_arena_long(&arena, file);
    row[MAPPED_record_no] = rs_arena_long(&arena, no);
    row[MAPPED_answer_no] = rs_arena_long(&arena, answer);
    row[MAPPED_seq] = rs_arena_long(&arena, ++seq);
    row[MAPPED_source] = text(source);
    row[MAPPED_element] = text(element);
    row[MAPPED_representation] = RS_LIT("code");
    row[MAPPED_collection] = text(how);
    row[MAPPED_effective] = text(date);
    row[MAPPED_rule] = RS_LIT("test");
    set(row, &rs_layout_mapped, pairs);
}

static void id(int record, int file, int no, const char *system, const char *value, const char *links) {
    struct rs_view *row = new_row(ID);
    row[IDENTIFIER_record_key] = key_text(record);
    row[IDENTIFIER_file_no] = rs_arena_long(&arena, file);
    row[IDENTIFIER_record_no] = rs_arena_long(&arena, no);
    row[IDENTIFIER_id_type] = RS_LIT("member");
    row[IDENTIFIER_id_system] = text(system);
    row[IDENTIFIER_value] = text(value);
    row[IDENTIFIER_links] = text(links);
}

static struct rs_view *event(int record, int file, int no, const char *measure, int denominator, int numerator,
                  const char *group) {
    struct rs_view *row = new_row(EVENT);
    row[MEASURE_EVENT_record_key] = key_text(record);
    row[MEASURE_EVENT_file_no] = rs_arena_long(&arena, file);
    row[MEASURE_EVENT_record_no] = rs_arena_long(&arena, no);
    row[MEASURE_EVENT_offset] = rs_arena_long(&arena, no * 100);
    row[MEASURE_EVENT_measure] = text(measure);
    row[MEASURE_EVENT_period] = RS_LIT("2025");
    row[MEASURE_EVENT_provider_group] = text(group);
    row[MEASURE_EVENT_denominator] = rs_arena_long(&arena, denominator);
    row[MEASURE_EVENT_numerator] = rs_arena_long(&arena, numerator);
    return row;
}

static void write_rows(const char *dir, int kind, bool backwards) {
    struct rs_error error = {0};
    struct rs_buffer lines = {0};
    struct rs_row_writer *w = rs_row_writer_open(dir, layouts[kind], false, &error);
    cr_assert(w, "%s", error.text);
    for (size_t i = 0; i < n_rows[kind]; i++)
        rs_row_emit(&lines, layouts[kind], rows[kind][backwards ? n_rows[kind] - 1 - i : i]);
    cr_assert(rs_row_writer_add(w, &lines, n_rows[kind], &error), "%s", error.text);
    cr_assert(rs_row_writer_close(w, NULL, &error), "%s", error.text);
    rs_buffer_free(&lines);
}

static const char *under(const char *name) { return rs_arena_printf(&arena, "%s/%s", root, name).p; }

static void write_text(const char *name, const char *content) {
    struct rs_error error = {0};
    cr_assert(rs_write_file(under(name), content, strlen(content), &error), "%s", error.text);
}

/* Runs over what was said so far; the output is root/<out>. */
static void try_run(const char *out, const char *prior, int threads, bool backwards, struct rs_error *error) {
    const char *in = under("in"), *priors[1] = {prior ? under(prior) : NULL};
    cr_assert(rs_make_dirs(in, error), "%s", error->text);
    for (int kind = 0; kind < LINK; kind++) write_rows(in, kind, backwards);
    write_text("site.key", "0123456789abcdef0123456789abcdef");
    write_text("relsogi.yaml", rs_arena_printf(&arena, "site_key: site.key\n%s", extra_config).p);
    struct rs_stage_call call = {.inputs = &in, .n_inputs = 1, .priors = priors, .n_priors = prior ? 1 : 0,
                                 .output = under(out), .config_path = under("relsogi.yaml"), .threads = threads};
    rs_stage_run(&rs_stage_reconcile, &call, error);
}

static void run(const char *out) {
    struct rs_error error = {0};
    try_run(out, NULL, 2, false, &error);
    cr_assert(error.code == 0, "%s", error.text);
}

static void run_after(const char *out, const char *prior) {
    struct rs_error error = {0};
    try_run(out, prior, 2, false, &error);
    cr_assert(error.code == 0, "%s", error.text);
}

/* ---- looking at the output --------------------------------------------------------------------------------------- */

static struct rs_view found[MOST_ROWS][RS_MAX_COLUMNS];

static size_t read_out(const char *out, const struct rs_layout *layout) {
    struct rs_error error = {0};
    struct rs_manifest m;
    const struct rs_view *row;
    size_t n = 0;
    cr_assert(rs_manifest_read(under(out), layout, &m, &error), "%s", error.text);
    struct rs_scan *s = rs_scan_open(&m, &error);
    while (rs_scan_next(s, &row, &error)) {
        cr_assert(n < MOST_ROWS);
        for (size_t i = 0; i < layout->n_columns; i++)
            found[n][i] = row[i].p ? rs_arena_view(&arena, row[i]) : RS_NULL;
        n++;
    }
    cr_assert(error.code == 0, "%s", error.text);
    rs_scan_close(s);
    return n;
}

static struct rs_view cell(const struct rs_view *row, const struct rs_layout *layout, struct rs_view name) {
    for (size_t i = 0; i < layout->n_columns; i++)
        if (rs_eq_c(name, layout->columns[i].name)) return row[i];
    cr_assert_fail("no column %.*s", (int)name.n, name.p);
    return RS_NULL;
}

/* "column=value;column=" for null. */
static bool matches(const struct rs_view *row, const struct rs_layout *layout, const char *pairs) {
    struct rs_view rest = text(pairs);
    while (rest.p && rest.n) {
        struct rs_view value = rs_split(&rest, ';'), name = rs_split(&value, '=');
        struct rs_view got = cell(row, layout, name);
        if (value.n ? !rs_eq(got, value) : got.p != NULL) return false;
    }
    return true;
}

static size_t count_rows(const char *out, const struct rs_layout *layout, const char *pairs) {
    size_t n = read_out(out, layout), hits = 0;
    for (size_t i = 0; i < n; i++) hits += matches(found[i], layout, pairs);
    return hits;
}

static void expect(const char *out, const struct rs_layout *layout, size_t times, const char *pairs) {
    size_t n = count_rows(out, layout, pairs);
    if (n == times) return;
    n = read_out(out, layout);
    for (size_t i = 0; i < n; i++) {
        for (size_t c = 0; c < layout->n_columns; c++)
            if (found[i][c].p) printf("%s=%.*s;", layout->columns[c].name, (int)found[i][c].n, found[i][c].p);
        printf("\n");
    }
    cr_assert_fail("%s: not %zu times %s", layout->name, times, pairs);
}

static struct rs_view person_of(const char *out, int record) {
    size_t n = read_out(out, &rs_layout_link);
    for (size_t i = 0; i < n; i++)
        if (rs_eq(found[i][LINK_record_key], key_text(record))) return found[i][LINK_person_key];
    return RS_NULL;
}

static bool same_person(const char *out, int a, int b) { return rs_eq(person_of(out, a), person_of(out, b)); }

static bool same_file(const char *a, const char *b, const char *name) {
    struct rs_error error = {0};
    struct rs_buffer x = {0}, y = {0};
    cr_assert(rs_read_file(under(rs_arena_printf(&arena, "%s/%s.tsv", a, name).p), &x, 1 << 24, &error));
    cr_assert(rs_read_file(under(rs_arena_printf(&arena, "%s/%s.tsv", b, name).p), &y, 1 << 24, &error));
    bool same = x.n == y.n && memcmp(x.p, y.p, x.n) == 0;
    rs_buffer_free(&x);
    rs_buffer_free(&y);
    return same;
}

static void setup(void) {
    strcpy(root, "/tmp/test_reconcile.XXXXXX");
    cr_assert(mkdtemp(root));
    memset(n_rows, 0, sizeof n_rows);
    extra_config = "";
}

static void teardown(void) {
    char command[128];
    snprintf(command, sizeof command, "rm -rf %s", root);
    cr_assert(system(command) == 0);
    rs_arena_free(&arena);
}


#define P &rs_layout_person
#define V &rs_layout_person_value
#define D &rs_layout_discrepancy

/* One record of one source, and what it answers. */
static void one(int record, const char *source) { demo(record, 1, record, source, "2025-01-01", "surname=DOE"); }
static void linked(int a, const char *source_a, int b, const char *source_b) {
    demo(a, 1, a, source_a, "2025-01-01", "surname=DOE");
    demo(b, 2, b, source_b, "2025-01-01", "surname=DOE");
    id(a, 1, a, "state", "X1", "Y");
    id(b, 2, b, "state", "X1", "Y");
}

#endif
