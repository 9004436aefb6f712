/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Published code tables, row by row beside what map makes of their codes. Where ours differs, schemas/codes/differences.csv
 * says what both say and why; a difference that is not there fails, and so does one there that is none any more. */
#ifndef CODE_TABLES_H
#define CODE_TABLES_H
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include "pipeline/base/file.h"
#include "stages/map/map_private.h"

#pragma GCC diagnostic ignored "-Wunused-function"

#define SHOW(v) (int)(v).n, (v).p ? (v).p : ""

static struct rs_map *map;
static struct rs_arena arena;
static struct rs_error error;
static size_t seen;           /* codes asked of the table at hand */
static const char *table_name; /* the table at hand */

static struct {
    struct rs_view file, code, column, theirs, ours;
    bool met;
} listed[256];
static size_t n_listed;

static bool take_difference(void *self, const char *path, const struct rs_table_row *row, struct rs_error *e) {
    (void)self, (void)e;
    cr_assert(n_listed < sizeof listed / sizeof *listed);
    cr_assert(rs_has(rs_table_cell(row, "reason")), "%s:%ld: no reason", path, row->line);
    listed[n_listed].file = rs_table_cell(row, "file");
    listed[n_listed].code = rs_table_cell(row, "code");
    listed[n_listed].column = rs_table_cell(row, "column");
    listed[n_listed].theirs = rs_table_cell(row, "theirs");
    listed[n_listed++].ours = rs_table_cell(row, "ours");
    return true;
}

static void read_rows(const char *path, bool (*take)(void *, const char *, const struct rs_table_row *, struct rs_error *)) {
    struct rs_sha *sha = rs_sha_begin();
    cr_assert(rs_table_read(path, &arena, sha, NULL, take, &error), "%s", error.text);
    rs_sha_end(sha, NULL);
}

static void open_map(void) {
    map = rs_map_open(RELSOGI_SOURCE_DIR "/schemas/codes", &error);
    cr_assert(map != NULL, "%s", error.text);
    read_rows(RELSOGI_SOURCE_DIR "/schemas/codes/differences.csv", take_difference);
    seen = 0;
}
static void close_map(void) {
    rs_map_close(map);
    rs_arena_free(&arena);
}

/* The path of a table, or skips the test. */
static void table_path(char path[4096], const char *name) {
    const char *shared = getenv("RELSOGI_SHARED");
    snprintf(path, 4096, "%s/codes/%s", shared ? shared : RELSOGI_SOURCE_DIR "/../shared", name);
    if (!rs_exists(path)) cr_skip_test("%s is not at hand", name);
    table_name = name;
}

static void all_met(void) {
    for (size_t i = 0; i < n_listed; i++)
        if (rs_eq_c(listed[i].file, table_name))
            cr_expect(listed[i].met, "%s %.*s %.*s: listed as a difference, and is none", table_name, SHOW(listed[i].code),
                      SHOW(listed[i].column));
}

/* All rows of a table, of which so many codes are to be asked; then every listed difference must have been met. */
static void read_table(const char *name, size_t codes,
                       bool (*take)(void *, const char *, const struct rs_table_row *, struct rs_error *)) {
    char path[4096];
    table_path(path, name);
    read_rows(path, take);
    cr_assert_eq(seen, codes, "%s: %zu codes seen, not %zu", name, seen, codes);
    all_met();
}

static struct rs_meaning ask(const char *element, const char *system, struct rs_view code) {
    struct rs_question q = {RS_LIT("payer"), rs_cstr(element), RS_LIT("code"), rs_cstr(system), code};
    seen++;
    return rs_map_value(map, &arena, &q);
}

/* What the table says of a code and what we say: alike, or a listed difference. */
static void compare(struct rs_view code, const char *column, struct rs_view theirs, struct rs_view ours) {
    if (!rs_has(theirs) && !rs_has(ours)) return;
    if (rs_eq(theirs, ours)) return;
    for (size_t i = 0; i < n_listed; i++)
        if (rs_eq_c(listed[i].file, table_name) && rs_eq(listed[i].code, code) && rs_eq_c(listed[i].column, column) &&
            rs_eq(listed[i].theirs, theirs) && rs_eq(listed[i].ours, ours)) {
            listed[i].met = true;
            return;
        }
    cr_expect(false, "%s,%.*s,%s,%.*s,%.*s is not in differences.csv", table_name, SHOW(code), column, SHOW(theirs), SHOW(ours));
}

#endif
