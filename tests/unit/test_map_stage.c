/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The stage map over files: one row for one row, evidence of what it does not know, overrides by configuration, the
 * same bytes with any number of threads. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "pipeline/base/file.h"
#include "pipeline/rows/stage.h"

extern const struct rs_stage rs_stage_map;

static char dir[64], out[2][80];
static struct rs_error error;
static struct rs_arena arena;

/* element, representation, system, raw */
static const char *const answers[][4] = {{"race", "code", "cdcrec", "2106-3"},
                                         {"race", "text", NULL, "White"},
                                         {"race", "code", "local", "1"},
                                         {"race_ethnicity", "code", "x12_1109", "A"},
                                         {"ethnicity", "text", NULL, "nonhispanic"},
                                         {"language_spoken", "code", "bcp47", "en-US"},
                                         {"gender_identity", "text", NULL, "a\ttab and \\ more"},
                                         {"race", "text", NULL, "Martian"}};
enum { ANSWERS = sizeof answers / sizeof *answers };

static void write_assertions(size_t n) {
    struct rs_row_writer *w = rs_row_writer_open(dir, &rs_layout_assertion, false, &error);
    cr_assert(w != NULL, "%s", error.text);
    struct rs_buffer lines = {0};
    for (size_t i = 0; i < n; i++) {
        const char *const *a = answers[i % ANSWERS];
        struct rs_view number = rs_arena_long(&arena, (int64_t)i + 1);
        struct rs_view row[ASSERTION_COLUMNS] = {[ASSERTION_record_key] = RS_LIT("000102030405060708090a0b0c0d0e0f"),
                                                 [ASSERTION_file_no] = i < n / 2 ? RS_LIT("1") : RS_LIT("2"),
                                                 [ASSERTION_record_no] = number,
                                                 [ASSERTION_answer_no] = RS_LIT("1"),
                                                 [ASSERTION_seq] = RS_LIT("1"),
                                                 [ASSERTION_source] = RS_LIT("payer"),
                                                 [ASSERTION_element] = rs_cstr(a[0]),
                                                 [ASSERTION_representation] = rs_cstr(a[1]),
                                                 [ASSERTION_system] = rs_cstr(a[2]),
                                                 [ASSERTION_raw] = rs_cstr(a[3]),
                                                 [ASSERTION_collection] = RS_LIT("self"),
                                                 [ASSERTION_offset] = number};
        rs_row_emit(&lines, &rs_layout_assertion, row);
    }
    cr_assert(rs_row_writer_add(w, &lines, n, &error), "%s", error.text);
    json_t *provenance = json_object();
    cr_assert(rs_row_writer_close(w, provenance, &error), "%s", error.text);
    json_decref(provenance);
    rs_buffer_free(&lines);
}

static void set_up(void) {
    snprintf(dir, sizeof dir, "/tmp/relsogi_map_XXXXXX");
    cr_assert(mkdtemp(dir) != NULL);
    snprintf(out[0], sizeof out[0], "%s/a", dir);
    snprintf(out[1], sizeof out[1], "%s/b", dir);
}
static void tear_down(void) {
    char command[128];
    snprintf(command, sizeof command, "rm -rf %s", dir);
    cr_assert_eq(system(command), 0);
    rs_arena_free(&arena);
}
TestSuite(map_stage, .init = set_up, .fini = tear_down, .timeout = 120);

static void run(const char *to, int threads, const char *config) {
    const char *inputs[] = {dir};
    struct rs_stage_call call = {.inputs = inputs, .n_inputs = 1, .output = to, .threads = threads, .config_path = config};
    cr_assert(rs_stage_run(&rs_stage_map, &call, &error), "%s", error.text);
}

static struct rs_manifest manifest(const char *from, const struct rs_layout *layout) {
    struct rs_manifest m;
    cr_assert(rs_manifest_read(from, layout, &m, &error), "%s", error.text);
    return m;
}

Test(map_stage, one_row_for_one_row) {
    write_assertions(ANSWERS);
    run(out[0], 1, NULL);
    struct rs_manifest m = manifest(out[0], &rs_layout_mapped), q = manifest(out[0], &rs_layout_quarantine);
    cr_assert_eq(m.rows, (uint64_t)ANSWERS);
    static const char *const rules[ANSWERS] = {"cdcrec:2106-3/B9",     "text:white/B9",       "unmapped_code",
                                               "x12_1109:A/B10",       "text:nonhispanic/B5", "iso639:en",
                                               "unmapped_text",        "unmapped_text"};
    struct rs_scan *s = rs_scan_open(&m, &error);
    const struct rs_view *row;
    for (size_t i = 0; i < ANSWERS; i++) {
        cr_assert(rs_scan_next(s, &row, &error), "%s", error.text);
        cr_assert(rs_eq_c(row[MAPPED_rule], rules[i]), "row %zu: %.*s", i, (int)row[MAPPED_rule].n, row[MAPPED_rule].p);
        cr_assert(rs_eq(row[MAPPED_record_no], rs_arena_long(&arena, (int64_t)i + 1)));
    }
    rs_scan_close(s);
    static const struct {
        const char *record, *file, *raw;
    } evidence[] = {{"3", "1", "1"}, {"7", "2", "a\ttab and \\ more"}, {"8", "2", "Martian"}};
    s = rs_scan_open(&q, &error);
    for (size_t i = 0; i < 3; i++) {
        cr_assert(rs_scan_next(s, &row, &error), "quarantine row %zu", i);
        cr_assert(rs_eq_c(row[QUARANTINE_record_no], evidence[i].record) &&
                  rs_eq_c(row[QUARANTINE_file_no], evidence[i].file) && rs_eq_c(row[QUARANTINE_raw], evidence[i].raw) &&
                  rs_eq_c(row[QUARANTINE_scope], "value"));
    }
    cr_assert_not(rs_scan_next(s, &row, &error));
    rs_scan_close(s);
}

Test(map_stage, overrides_come_with_the_configuration) {
    char profile[96], config[96];
    const char *yaml = "format: csv\nsource: payer\nmember_id: [id]\noverrides:\n"
                       "  - {element: race, code: \"1\", omb1997: BLACK, omb2024: BLACK}\n";
    const char *sources = "sources:\n  - {profile: ./mine.yaml, files: none.csv}\n";
    snprintf(profile, sizeof profile, "%s/mine.yaml", dir);
    snprintf(config, sizeof config, "%s/relsogi.yaml", dir);
    cr_assert(rs_write_file(profile, yaml, strlen(yaml), &error) && rs_write_file(config, sources, strlen(sources), &error));
    write_assertions(ANSWERS);
    run(out[0], 1, config);
    struct rs_manifest m = manifest(out[0], &rs_layout_mapped);
    struct rs_scan *s = rs_scan_open(&m, &error);
    const struct rs_view *row;
    for (size_t i = 0; i < 3; i++) {
        cr_assert(rs_scan_next(s, &row, &error));
    }
    cr_assert(rs_eq_c(row[MAPPED_omb1997], "BLACK") && rs_eq_c(row[MAPPED_rule], "override:mine:1"));
    rs_scan_close(s);
    /* the key of the stage knows the overrides */
    const char *inputs[] = {dir};
    struct rs_stage_call call = {.inputs = inputs, .n_inputs = 1, .output = out[0], .threads = 1};
    struct rs_digest without, with;
    cr_assert(rs_stage_key(&rs_stage_map, &call, &without, &error), "%s", error.text);
    call.config_path = config;
    cr_assert(rs_stage_key(&rs_stage_map, &call, &with, &error), "%s", error.text);
    cr_assert_neq(memcmp(&without, &with, sizeof with), 0);
}

Test(map_stage, same_bytes_with_any_threads) {
    write_assertions(100000); /* several blocks */
    run(out[0], 1, NULL);
    run(out[1], 3, NULL);
    const struct rs_layout *const made[] = {&rs_layout_mapped, &rs_layout_quarantine, &rs_layout_ledger};
    for (size_t i = 0; i < 3; i++) {
        struct rs_manifest a = manifest(out[0], made[i]), b = manifest(out[1], made[i]);
        cr_assert_eq(memcmp(&a.content, &b.content, sizeof a.content), 0, "%s differs", made[i]->name);
    }
}
