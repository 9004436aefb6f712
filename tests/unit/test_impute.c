/* SPDX-License-Identifier: GPL-3.0-or-later */
/* BISG on tables small enough to work out by hand, and the stage as a whole on a few persons. */
#include <criterion/criterion.h>
#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include "pipeline/base/file.h"
#include "pipeline/reference/pack_build.h"
#include "pipeline/rows/stage.h"
#include "stages/impute/earlier.h"
#include "stages/impute/evaluate.h"
#include "stages/impute/model.h"

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

TestSuite(impute, .init = setup, .fini = teardown, .timeout = 120);

static struct rs_pack *open_pack(void) {
    struct rs_error error = {0};
    struct rs_pack *p = rs_pack_open(file("small.pack", NULL), &error);
    cr_assert(p, "%s", error.text);
    return p;
}

static void expect(const struct rs_posterior *q, const double want[RS_GROUPS], const char *what) {
    double sum = 0;
    for (int r = 0; r < RS_GROUPS; r++) sum += q->p[r];
    cr_assert(fabs(sum - 1) < 1e-12, "%s: sums to %.17g", what, sum);
    for (int r = 0; r < RS_GROUPS; r++)
        cr_assert(fabs(q->p[r] - want[r]) < 1e-14, "%s %s: %.17g, expected %.17g", what, rs_group_names[r], q->p[r],
                  want[r]);
}

static void normalise(double *v) {
    double sum = v[0] + v[1] + v[2] + v[3] + v[4] + v[5];
    for (int r = 0; r < RS_GROUPS; r++) v[r] /= sum;
}

/* .6 x .50, .2 x .25, 0 x .10, .1 x .10, .05 x .05, .05 x 0 = .3 .05 0 .01 .0025 0, together .3625. The textbook's
 * P(r|s) ~ .6 .2 0 .1 .05 .05 and P(g|r) = 50/200 25/100 10/100 10/100 5/100 0: .15 .05 0 .01 .0025 0, .2125. */
Test(impute, worked_example_in_both_forms) {
    struct rs_pack *p = open_pack();
    struct rs_place_ids ids = {.tract = RS_LIT("34021000100")};
    struct rs_posterior q;
    struct rs_impute_options o = {.finest = RS_BLOCK_GROUP};
    struct rs_impute_model *m = rs_impute_model_new(p, &o);
    rs_impute(m, RS_LIT("ALPHA"), &ids, &q);
    expect(&q, (double[]){.3 / .3625, .05 / .3625, 0, .01 / .3625, .0025 / .3625, 0}, "place");
    cr_assert(q.kind == RS_BISG && q.match == RS_SURNAME_EXACT && q.level == RS_TRACT);
    rs_impute_model_free(m);
    o.textbook = true;
    m = rs_impute_model_new(p, &o);
    rs_impute(m, RS_LIT("ALPHA"), &ids, &q);
    expect(&q, (double[]){.15 / .2125, .05 / .2125, 0, .01 / .2125, .0025 / .2125, 0}, "textbook");
    /* Without a place the textbook's answer is P(r|s) = .6 .2 0 .1 .05 .05 over 1. */
    rs_impute(m, RS_LIT("ALPHA"), &(struct rs_place_ids){.state = RS_NULL}, &q);
    expect(&q, (double[]){.6, .2, 0, .1, .05, .05}, "textbook, name alone");
    rs_impute_model_free(m);
    rs_pack_close(p);
}

Test(impute, what_is_missing_is_recorded) {
    struct rs_pack *p = open_pack();
    struct rs_posterior q;
    struct rs_impute_model *m = rs_impute_model_new(p, &(struct rs_impute_options){.finest = RS_BLOCK_GROUP});
    struct rs_place_ids nowhere = {.tract = RS_LIT("99999999999"), .state = RS_LIT("GU"), .zip5 = RS_LIT("00000")};
    struct rs_place_ids tract = {.tract = RS_LIT("34021000100")};
    double name[] = {.6 * 2, .2, 0, .1, .05, .05}, nation[] = {2, 1, 1, 1, 1, 1},
           other[] = {.4 * 2, .8, 1, .9, .95, .85};
    normalise(name);
    normalise(nation);
    normalise(other);
    rs_impute(m, RS_LIT("ALPHA"), &nowhere, &q);
    expect(&q, name, "name alone");
    cr_assert(q.kind == RS_SURNAME_ONLY && q.level == RS_NATION);
    rs_impute(m, RS_NULL, &nowhere, &q);
    expect(&q, nation, "neither");
    cr_assert(q.kind == RS_PRIOR && q.match == RS_SURNAME_NONE);
    rs_impute(m, RS_LIT("UNKNOWN"), &tract, &q);
    expect(&q, (double[]){.5, .25, .1, .1, .05, 0}, "place alone");
    cr_assert(q.kind == RS_GEOGRAPHY_ONLY && q.level == RS_TRACT);
    rs_impute(m, RS_LIT("ZETA"), &nowhere, &q);
    expect(&q, other, "name not listed");
    cr_assert(q.kind == RS_SURNAME_ONLY && q.match == RS_SURNAME_OTHER);
    rs_impute_model_free(m);
    rs_pack_close(p);
}

Test(impute, the_finest_place_with_residents_is_used) {
    struct rs_pack *p = open_pack();
    const struct {
        struct rs_place_ids ids;
        enum rs_place_level finest, used;
    } cases[] = {
        {{.block_group = RS_LIT("340210001001")}, RS_BLOCK_GROUP, RS_TRACT}, /* no block groups in the pack */
        {{.tract = RS_LIT("34021000200")}, RS_BLOCK_GROUP, RS_COUNTY},       /* nobody lives there */
        {{.tract = RS_LIT("34021000200"), .zip5 = RS_LIT("08540")}, RS_BLOCK_GROUP, RS_ZCTA},
        {{.tract = RS_LIT("34021000100"), .zcta = RS_LIT("08540")}, RS_ZCTA, RS_ZCTA},
        {{.tract = RS_LIT("34021000100")}, RS_COUNTY, RS_COUNTY},
        {{.tract = RS_LIT("34021000100")}, RS_NATION, RS_NATION},
        {{.tract = RS_LIT("34999000100")}, RS_BLOCK_GROUP, RS_STATE},
        {{.state = RS_LIT("NJ"), .zip5 = RS_LIT("08542")}, RS_BLOCK_GROUP, RS_STATE},
        {{.state = RS_LIT("NY")}, RS_BLOCK_GROUP, RS_NATION},
        {{.county = RS_LIT("3")}, RS_BLOCK_GROUP, RS_NATION},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct rs_posterior q;
        struct rs_impute_model *m = rs_impute_model_new(p, &(struct rs_impute_options){.finest = cases[i].finest});
        rs_impute(m, RS_LIT("ALPHA"), &cases[i].ids, &q);
        cr_assert_eq(q.level, cases[i].used, "case %zu: %s", i, rs_place_level_names[q.level]);
        rs_impute_model_free(m);
    }
    rs_pack_close(p);
}

/* Hints are for speed: with them, everybody's answer is what it is without, however names and places are spelt. */
Test(impute, hints_change_nothing) {
    static const char *const names[] = {"ALPHA", "BETA", "ZETA", "AL-PHA", "ALPHA BETA", "", "ALL OTHER NAMES",
                                        "ALPHABETAGAMMADELTA", "UNKNOWN", "ALPHA JR"};
    static const struct rs_place_ids ids[] = {
        {.block_group = {"340210001001", 12}}, {.tract = {"34021000100", 11}}, {.tract = {"34021000200", 11}},
        {.tract = {"34999000100", 11}, .zcta = {"08541", 5}}, {.zip5 = {"08540", 5}}, {.state = {"NJ", 2}},
        {.state = {"34", 2}}, {.county = {"34021", 5}}, {.county = {"3402100010034021", 16}}, {.state = {NULL, 0}}};
    struct rs_pack *p = open_pack();
    enum { NAMES = sizeof names / sizeof *names, IDS = sizeof ids / sizeof *ids };
    for (double k = 0; k < 10; k += 5) {
        struct rs_impute_model *m = rs_impute_model_new(
            p, &(struct rs_impute_options){.finest = RS_BLOCK_GROUP, .smoothing = k, .surname_smoothing = k});
        struct rs_who who[NAMES * IDS];
        memset(who, 0, sizeof who);
        for (int i = 0; i < NAMES * IDS; i++) {
            who[i].surname = rs_cstr(names[i / IDS]);
            who[i].ids = ids[i % IDS];
        }
        for (int step = 0; step < 2; step++)
            for (int i = 0; i < NAMES * IDS; i++) rs_impute_hint(m, &who[i], step);
        cr_assert(rs_pack_probed(&who[0].ahead.surname), "ALPHA is listed");
        for (int i = 0; i < NAMES * IDS; i++) {
            struct rs_posterior want, got;
            rs_impute(m, who[i].surname, &who[i].ids, &want);
            rs_impute_who(m, &who[i], &got);
            cr_assert_arr_eq(got.p, want.p, sizeof got.p, "%s, place %d", names[i / IDS], i % IDS);
            cr_assert(got.match == want.match && got.kind == want.kind, "%s, place %d", names[i / IDS], i % IDS);
            cr_assert(got.level == want.level && got.place == want.place, "%s, place %d", names[i / IDS], i % IDS);
        }
        rs_impute_model_free(m);
    }
    rs_pack_close(p);
}

/* All bearers of BETA are Hispanic, nobody in tract 100 is: unsmoothed the county must serve.
 * Smoothed, the tract stands, and with smoothed names nobody is ruled out. */
Test(impute, zero_cells) {
    struct rs_pack *p = open_pack();
    struct rs_place_ids ids = {.tract = RS_LIT("34021000100")};
    struct rs_posterior q;
    struct rs_impute_options o = {.finest = RS_BLOCK_GROUP};
    struct rs_impute_model *m = rs_impute_model_new(p, &o);
    rs_impute(m, RS_LIT("BETA"), &ids, &q);
    expect(&q, (double[]){0, 0, 0, 0, 0, 1}, "unsmoothed");
    cr_assert_eq(q.level, RS_COUNTY);
    rs_impute_model_free(m);
    o.smoothing = 10;
    m = rs_impute_model_new(p, &o);
    rs_impute(m, RS_LIT("BETA"), &ids, &q);
    expect(&q, (double[]){0, 0, 0, 0, 0, 1}, "places smoothed");
    cr_assert_eq(q.level, RS_TRACT);
    rs_impute_model_free(m);
    o.surname_smoothing = 1;
    m = rs_impute_model_new(p, &o);
    rs_impute(m, RS_LIT("BETA"), &ids, &q);
    for (int r = 0; r < RS_GROUPS; r++) cr_assert(q.p[r] > 0);
    rs_impute_model_free(m);
    rs_pack_close(p);
}

/* Tract in county in state in nation, each drawn towards the one above by 10 pseudo-residents; the ZCTA towards the 140
 * residents of the ZCTAs that begin with 085. */
Test(impute, hierarchical_smoothing) {
    struct rs_pack *p = open_pack();
    struct rs_posterior q;
    static const double nation[] = {200, 100, 100, 100, 100, 100}, jersey[] = {60, 35, 20, 20, 15, 50},
                        tract[] = {50, 25, 10, 10, 5, 0}, zip3[] = {60, 20, 20, 20, 10, 10},
                        zcta[] = {40, 0, 0, 0, 0, 0};
    double want[RS_GROUPS], area[RS_GROUPS];
    for (int r = 0; r < RS_GROUPS; r++) {
        double state = (jersey[r] + 10 * nation[r] / 700) / 210, county = (jersey[r] + 10 * state) / 210;
        want[r] = (tract[r] + 10 * county) / 110;
        area[r] = (zcta[r] + 10 * (zip3[r] + 10 * nation[r] / 700) / 150) / 50;
    }
    struct rs_impute_model *m =
        rs_impute_model_new(p, &(struct rs_impute_options){.smoothing = 10, .finest = RS_BLOCK_GROUP});
    rs_impute(m, RS_NULL, &(struct rs_place_ids){.tract = RS_LIT("34021000100")}, &q);
    expect(&q, want, "tract");
    rs_impute(m, RS_NULL, &(struct rs_place_ids){.zcta = RS_LIT("08541")}, &q);
    expect(&q, area, "ZCTA");
    rs_impute_model_free(m);
    rs_pack_close(p);
}

Test(impute, census6_values) {
    cr_assert_eq(rs_census6_group(RS_LIT("HISPANIC")), RS_HISPANIC);
    cr_assert_eq(rs_census6_group(RS_LIT("API")), RS_API);
    cr_assert_eq(rs_census6_group(RS_NULL), -1);
    cr_assert_eq(rs_census6_group(RS_LIT("ASIAN")), -1);
}

/* ---- the stage ------------------------------------------------------------------------------------------------ */

struct person {
    const char *surname, *tract, *census6, *missing_2024, *missing_race, *missing_ethnicity, *black; /* of them, black: a flag of the 2024 axis */
};

static void write_persons(const char *in, const struct person *persons, size_t n, size_t copies) {
    struct rs_error error = {0};
    cr_assert(rs_make_dirs(in, &error));
    struct rs_row_writer *w = rs_row_writer_open(in, &rs_layout_person, false, &error);
    cr_assert(w, "%s", error.text);
    struct rs_buffer lines = {0};
    for (size_t i = 0; i < n * copies; i++) {
        const struct person *p = &persons[i % n];
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
        rs_row_emit(&lines, &rs_layout_person, row);
    }
    cr_assert(rs_row_writer_add(w, &lines, n * copies, &error), "%s", error.text);
    json_t *provenance = json_object();
    cr_assert(rs_row_writer_close(w, provenance, &error), "%s", error.text);
    json_decref(provenance);
    rs_buffer_free(&lines);
}

static void run_after(const char *in, const char *out, int threads, const char **priors, size_t n_priors) {
    struct rs_error error = {0};
    const char *inputs[] = {in};
    struct rs_stage_call call = {.inputs = inputs, .n_inputs = 1, .output = out, .threads = threads,
                                 .priors = priors, .n_priors = n_priors, .reference = file("small.pack", NULL)};
    cr_assert(rs_stage_run(&rs_stage_impute, &call, &error), "%s", error.text);
}

static void run_stage(const char *in, const char *out, int threads) { run_after(in, out, threads, NULL, 0); }

static struct rs_buffer slurp(const char *d, const char *name) {
    char path[256];
    struct rs_buffer b = {0};
    struct rs_error error = {0};
    snprintf(path, sizeof path, "%s/%s", d, name);
    cr_assert(rs_read_file(path, &b, (size_t)1 << 30, &error), "%s", error.text);
    return b;
}

static const struct person people[] = {
    {"ALPHA", "34021000100", "WHITE", NULL, NULL, NULL, NULL},
    {"ALPHA", "34021000300", NULL, "DECLINED", NULL, NULL, NULL},
    {NULL, NULL, NULL, NULL, NULL, NULL, NULL},
    {"BETA", "34021000300", NULL, NULL, "DECLINED", "DECLINED", NULL},
    {"BETA", "34021000300", "HISPANIC", NULL, "DECLINED", NULL, NULL},
};

Test(impute, stage_leaves_out_who_declined_and_keeps_the_order) {
    static const char *const keys[] = {"00000000000000000000000000000000\tbisg\t",
                                       "00000000000000000000000000000002\tprior\t",
                                       "00000000000000000000000000000004\tbisg\t"};
    const char *in = file("in", NULL), *out = file("out", NULL);
    write_persons(in, people, 5, 1);
    run_stage(in, out, 1);
    struct rs_buffer b = slurp(out, "posterior.tsv"), ledger = slurp(out, "ledger.tsv");
    struct rs_view text = rs_view(b.p, b.n);
    rs_split(&text, '\n'); /* header */
    for (size_t i = 0; i < 3; i++) {
        struct rs_view line = rs_split(&text, '\n');
        cr_assert(line.n > strlen(keys[i]) && memcmp(line.p, keys[i], strlen(keys[i])) == 0, "row %zu: %.*s", i,
                  (int)line.n, line.p);
    }
    cr_assert(!rs_has(text));
    rs_buffer_byte(&ledger, 0);
    cr_assert(strstr(ledger.p, "person\t0\tignored\tdeclined\t2\n"), "%s", ledger.p);
    cr_assert(strstr(ledger.p, "person\t0\tread\t-\t5\n"), "%s", ledger.p);
    rs_buffer_free(&b);
    rs_buffer_free(&ledger);
}

/* 60,000 rows are several blocks. Rows of the short file stand, byte for byte, in the long one. */
Test(impute, rows_depend_on_nothing_but_the_person) {
    const char *in = file("many", NULL), *one = file("one", NULL), *two = file("two", NULL), *few = file("few", NULL),
               *short_out = file("short", NULL);
    write_persons(in, people, 5, 12000);
    run_stage(in, one, 1);
    run_stage(in, two, 2);
    struct rs_buffer a = slurp(one, "posterior.tsv"), b = slurp(two, "posterior.tsv");
    cr_assert(a.n == b.n && memcmp(a.p, b.p, a.n) == 0);
    struct rs_buffer c = slurp(one, "stage.json"), d = slurp(two, "stage.json");
    json_t *first = json_loadb(c.p, c.n, 0, NULL), *second = json_loadb(d.p, d.n, 0, NULL);
    cr_assert(json_equal(json_object_get(first, "results"), json_object_get(second, "results")));
    write_persons(few, people, 3, 1);
    run_stage(few, short_out, 1);
    struct rs_buffer s = slurp(short_out, "posterior.tsv");
    cr_assert(s.n < a.n && memcmp(a.p, s.p, s.n) == 0);
    json_decref(first);
    json_decref(second);
    rs_buffer_free(&a);
    rs_buffer_free(&b);
    rs_buffer_free(&c);
    rs_buffer_free(&d);
    rs_buffer_free(&s);
}

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

Test(impute, what_was_said_in_an_earlier_run_comes_first) {
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

Test(impute, an_answer_survives_its_text) {
    char text[RS_EVIDENCE_TEXT];
    struct rs_answer all = {31, 31, 31, true, true, 'Y', 'N', 'Y'}, back;
    for (unsigned i = 0; i < 1u << 15; i++) {
        struct rs_answer a = {i & 31, i >> 5 & 31, i >> 10 & 31, i % 3 == 0, i % 5 == 0, "YN"[i % 2], i % 7 ? 0 : 'Y',
                              i % 4 ? 'N' : 0};
        size_t n = rs_evidence_text(text, &a);
        cr_assert(rs_evidence_answer(rs_view(text, n), &back), "%.*s", (int)n, text);
        cr_assert(a.yes == back.yes && a.no == back.no && a.any == back.any && a.two_or_more == back.two_or_more &&
                      a.other == back.other && a.hispanic == back.hispanic && a.mena == back.mena &&
                      a.white2024 == back.white2024, "%.*s", (int)n, text);
    }
    cr_assert(rs_evidence_text(text, &all) < RS_EVIDENCE_TEXT);
    cr_assert(!rs_evidence_answer(RS_NULL, &back) && !rs_evidence_answer(RS_LIT("earlier GREEN"), &back));
    cr_assert(!rs_evidence_answer(RS_LIT("earlier MENA=X"), &back) && !rs_evidence_answer(RS_LIT("later BLACK"), &back));
}

/* The run after that is given the last one only: its posterior hands on what it knew. */
Test(impute, an_earlier_answer_is_handed_on) {
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
Test(impute, an_earlier_decline_is_handed_on_until_it_is_answered) {
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
Test(impute, an_answer_counts_as_far_as_it_is_reliable) {
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

Test(impute, a_reliability_is_of_a_known_way_and_no_more_than_one) {
    static const struct {
        const char *text;
        bool good;
    } cases[] = {{"self=1,observed=0.5", true}, {"observed", false}, {"observed=1.5", false}, {"observed=-1", false},
                 {"guessed=0.5", false}, {"observed=x", false}, {"earlier=0", true}};
    static const struct person nobody[] = {{NOBODY_ASKED}};
    write_persons(file("now", NULL), nobody, 1, 1);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const char *options[][2] = {{"reliability", cases[i].text}};
        cr_assert_eq(may_run(file("now", NULL), file("now_out", NULL), NULL, options, 1), cases[i].good, "%s", cases[i].text);
    }
}
