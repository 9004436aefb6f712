/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Runs ingest over small inputs written in a test, and gives back columns of the rows it made as text. */
#ifndef INGEST_RUN_H
#define INGEST_RUN_H
#include <criterion/criterion.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include "pipeline/base/file.h"
#include "pipeline/base/log.h"
#include "pipeline/rows/stage.h"

extern const struct rs_stage rs_stage_ingest;

static char folder[64]; /* of this test (a process of its own) */

static void in_folder(char path[PATH_MAX], const char *name) { snprintf(path, PATH_MAX, "%s/%s", folder, name); }

static void put_file(const char *name, const void *bytes, size_t n) {
    char path[PATH_MAX];
    struct rs_error error = {0};
    in_folder(path, name);
    cr_assert(rs_write_file(path, bytes, n, &error), "%s", error.text);
}

static void put_text(const char *name, const char *text) { put_file(name, text, strlen(text)); }

static void start(void) {
    snprintf(folder, sizeof folder, "/tmp/relsogi-test-XXXXXX");
    cr_assert(mkdtemp(folder));
    rs_log_setup(RS_LOG_HUMAN, RS_LOG_ERROR, "test");
    put_text("site.key", "a key of more than 32 bytes, for tests only");
}

static void finish(void) {
    char command[128];
    snprintf(command, sizeof command, "rm -rf %s", folder);
    cr_assert(system(command) == 0);
}

/* Runs with these `sources` (YAML, flow style, paths relative to the test's folder) into folder/OUT. */
__attribute__((unused)) static bool run_sources(const char *sources, const char *out, int threads,
                                                struct rs_error *error) {
    char config[PATH_MAX], output[PATH_MAX];
    struct rs_buffer text = {0};
    rs_buffer_printf(&text, "site_key: site.key\nsources: %s\n", sources);
    put_file("plan.yaml", text.p, text.n);
    rs_buffer_free(&text);
    in_folder(config, "plan.yaml");
    in_folder(output, out);
    struct rs_stage_call call = {.config_path = config, .output = output, .threads = threads};
    return rs_stage_run(&rs_stage_ingest, &call, error);
}

/* One file under one profile, which must be read without an error. */
__attribute__((unused)) static void ingest_bytes(const char *profile, const void *bytes, size_t n) {
    struct rs_error error = {0};
    char sources[PATH_MAX + 64];
    put_file("in", bytes, n);
    snprintf(sources, sizeof sources, "[{profile: %s, source: S, files: in}]", profile);
    cr_assert(run_sources(sources, "out", 1, &error), "%s", error.text);
}
__attribute__((unused)) static void ingest(const char *profile, const char *text) {
    ingest_bytes(profile, text, strlen(text));
}

/* Columns (by name, blank between) of all rows of a layout: a bar between fields, a line a row, - for null. */
static const char *rows_in(const char *out, const struct rs_layout *layout, const char *columns) {
    static struct rs_buffer text;
    struct rs_manifest m;
    struct rs_error error = {0};
    const struct rs_view *row;
    char dir[PATH_MAX];
    in_folder(dir, out);
    cr_assert(rs_manifest_read(dir, layout, &m, &error), "%s", error.text);
    struct rs_scan *scan = rs_scan_open(&m, &error);
    cr_assert(scan, "%s", error.text);
    text.n = 0;
    while (rs_scan_next(scan, &row, &error)) {
        struct rs_view rest = rs_cstr(columns);
        for (bool first = true; !rs_is_null(rest); first = false) {
            struct rs_view name = rs_split(&rest, ' ');
            size_t c = 0;
            while (c < layout->n_columns && !rs_eq_c(name, layout->columns[c].name)) c++;
            cr_assert(c < layout->n_columns, "no column %.*s", (int)name.n, name.p);
            if (!first) rs_buffer_byte(&text, '|');
            if (rs_is_null(row[c])) rs_buffer_byte(&text, '-');
            else rs_buffer_view(&text, row[c]);
        }
        rs_buffer_byte(&text, '\n');
    }
    cr_assert_eq(error.code, 0, "%s", error.text);
    rs_scan_close(scan);
    rs_buffer_byte(&text, 0);
    return text.p;
}
#define ROWS(layout, columns) rows_in("out", &rs_layout_##layout, columns)
#define EXPECT(layout, columns, ...) cr_expect_str_eq(ROWS(layout, columns), __VA_ARGS__)

#endif
