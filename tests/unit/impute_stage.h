/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The stage impute on a few persons and on tables small enough to work out by hand. */
#ifndef RS_TEST_IMPUTE_STAGE_H
#define RS_TEST_IMPUTE_STAGE_H
#include <criterion/criterion.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include "pipeline/base/file.h"
#include "pipeline/reference/pack_build.h"
#include "pipeline/rows/stage.h"

extern const struct rs_stage rs_stage_impute;

static char dir[64];

static const char *file(const char *name, const char *content) {
    static char paths[8][160];
    static int next;
    struct rs_error error = {0};
    char *path = paths[next++ % 8];
    snprintf(path, 160, "%s/%s", dir, name);
    if (content) cr_assert(rs_write_file(path, content, strlen(content), &error), "%s", error.text);
    return path;
}

/* Bearers add up to 100 of each group, so that P(s|r) is the count in percent. The nation has 200 White and 100 of each
 * other group; tract 100 and 300 make up county 34021 and New Jersey; tract 200 is empty. */
static void setup(void) {
    struct rs_error error = {0};
    strcpy(dir, "/tmp/relsogi-imp-XXXXXX");
    cr_assert(mkdtemp(dir));
    struct rs_pack_tables t = {
        .surnames = file("names.csv", "name,white,black,aian,api,multi,hispanic\n"
                                      "ALPHA,60,20,0,10,5,5\n"
                                      "BETA,0,0,0,0,0,10\n"
                                      "ALL OTHER NAMES,40,80,100,90,95,85\n"),
        .particles = RELSOGI_SOURCE_DIR "/schemas/reference/particles.csv"};
    t.places[RS_TRACT] = file("tracts.csv", "id,white,black,aian,api,multi,hispanic\n"
                                            "34021000100,50,25,10,10,5,0\n"
                                            "34021000200,0,0,0,0,0,0\n"
                                            "34021000300,10,10,10,10,10,50\n"
                                            "01001000100,140,65,80,80,85,50\n");
    t.places[RS_ZCTA] = file("zctas.csv", "id,white,black,aian,api,multi,hispanic\n"
                                          "08540,20,20,20,20,10,10\n"
                                          "08541,40,0,0,0,0,0\n"
                                          "09999,1,1,1,1,1,1\n");
    cr_assert(rs_pack_build(&t, file("small.pack", NULL), &error), "%s", error.text);
}

static void teardown(void) {
    char command[128];
    snprintf(command, sizeof command, "rm -rf %s", dir);
    cr_assert_eq(system(command), 0);
}

struct person {
    const char *surname, *tract, *census6, *missing_2024, *missing_race, *missing_ethnicity, *black; /* of them, black: a flag of the 2024 axis */
    const char *collection, *source;
    bool away; /* in no source */
};

/* As a run of that date wrote them; NULL for no date. */
static void write_persons_of(const char *as_of, const char *in, const struct person *persons, size_t n, size_t copies) {
    struct rs_error error = {0};
    cr_assert(rs_make_dirs(in, &error));
    struct rs_row_writer *w = rs_row_writer_open(in, &rs_layout_person, false, &error);
    cr_assert(w, "%s", error.text);
    struct rs_buffer lines = {0};
    size_t rows = 0;
    for (size_t i = 0; i < n * copies; i++) {
        const struct person *p = &persons[i % n];
        if (p->away) continue;
        char key[33];
        struct rs_view row[PERSON_COLUMNS] = {{0}};
        snprintf(key, sizeof key, "%032zx", i);
        row[PERSON_person_key] = rs_view(key, 32);
        row[PERSON_records] = row[PERSON_sources] = RS_LIT("1");
        row[PERSON_surname] = rs_cstr(p->surname);
        row[PERSON_tract] = rs_cstr(p->tract);
        row[PERSON_census6] = rs_cstr(p->census6);
        row[PERSON_black] = rs_cstr(p->black);
        row[PERSON_missing_2024] = rs_cstr(p->missing_2024);
        row[PERSON_missing_race_1997] = rs_cstr(p->missing_race);
        row[PERSON_missing_ethnicity_1997] = rs_cstr(p->missing_ethnicity);
        row[PERSON_race_collection] = rs_cstr(p->collection);
        row[PERSON_race_source] = rs_cstr(p->source);
        rs_row_emit(&lines, &rs_layout_person, row);
        rows++;
    }
    cr_assert(rs_row_writer_add(w, &lines, rows, &error), "%s", error.text);
    json_t *provenance = json_pack("{s:{s:s?}}", "parameters", "as_of", as_of);
    cr_assert(rs_row_writer_close(w, provenance, &error), "%s", error.text);
    json_decref(provenance);
    rs_buffer_free(&lines);
}

static inline void write_persons(const char *in, const struct person *persons, size_t n, size_t copies) {
    write_persons_of(NULL, in, persons, n, copies);
}

static inline void run_after(const char *in, const char *out, int threads, const char **priors, size_t n_priors) {
    struct rs_error error = {0};
    const char *inputs[] = {in};
    struct rs_stage_call call = {.inputs = inputs, .n_inputs = 1, .output = out, .threads = threads,
                                 .priors = priors, .n_priors = n_priors, .reference = file("small.pack", NULL)};
    cr_assert(rs_stage_run(&rs_stage_impute, &call, &error), "%s", error.text);
}

static inline void run_stage(const char *in, const char *out, int threads) { run_after(in, out, threads, NULL, 0); }

static inline struct rs_buffer slurp(const char *d, const char *name) {
    char path[256];
    struct rs_buffer b = {0};
    struct rs_error error = {0};
    snprintf(path, sizeof path, "%s/%s", d, name);
    cr_assert(rs_read_file(path, &b, (size_t)1 << 30, &error), "%s", error.text);
    return b;
}

#endif
