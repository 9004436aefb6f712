/* SPDX-License-Identifier: GPL-3.0-or-later */
/* BISG on tables small enough to work out by hand, and the stage as a whole on a few persons. */
#include <math.h>
#include "impute_stage.h"
#include "stages/impute/evaluate.h"
#include "stages/impute/model.h"

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

/* 12 of each of two sources, the one met first the last by name, and 13 who said nothing. */
Test(impute, evaluation_by_the_source_of_the_answer) {
    const char *in = file("in", NULL), *one = file("one", NULL), *two = file("two", NULL);
    static const struct person said[] = {{.surname = "ALPHA", .tract = "34021000100", .census6 = "WHITE", .source = "payer"},
                                         {.surname = "ALPHA", .tract = "34021000100", .census6 = "WHITE", .source = "clinic"},
                                         {.surname = "ALPHA", .tract = "34021000100"}};
    write_persons(in, said, 3, 12);
    run_stage(in, one, 1);
    run_stage(in, two, 2);
    struct rs_buffer a = slurp(one, "evaluation.tsv"), b = slurp(two, "evaluation.tsv");
    cr_assert(a.n == b.n && memcmp(a.p, b.p, a.n) == 0);
    rs_buffer_byte(&a, 0);
    static const char *const wanted[] = {"\tsource\tclinic\tWHITE\tobserved_share\t1\t", "\tsource\tpayer\tALL\tcoverage\t0.5\t",
                                         "\tstate\t"};
    const char *at = a.p;
    for (size_t i = 0; i < 3; i++) cr_assert((at = strstr(at, wanted[i])) != NULL, "%zu: %s", i, a.p);
    rs_buffer_free(&a);
    rs_buffer_free(&b);
}

/* AIAN: 7 by clinic a and 30 by clinic b, both observed, and 20 by the payer, administrative. If only the payer's were held back
 * beside clinic a's, the ways of collection would give both away. The 3 of a fourth source go together with the next smallest. */
Test(impute, evaluation_by_source_and_by_way_of_collection_do_not_give_each_other_away) {
    static const struct {
        struct person said;
        int n;
    } groups[] = {{{.census6 = "AIAN", .source = "a", .collection = "observed"}, 7},
                  {{.census6 = "WHITE", .source = "a", .collection = "observed"}, 33},
                  {{.census6 = "AIAN", .source = "b", .collection = "observed"}, 30},
                  {{.census6 = "WHITE", .source = "b", .collection = "observed"}, 40},
                  {{.census6 = "AIAN", .source = "payer", .collection = "administrative"}, 20},
                  {{.census6 = "WHITE", .source = "payer", .collection = "administrative"}, 50},
                  {{.census6 = "BLACK", .source = "payer", .collection = "administrative"}, 60},
                  {{.census6 = "WHITE", .source = "tiny", .collection = "observed"}, 3}};
    const char *in = file("in", NULL), *out = file("out", NULL);
    struct person all[300] = {0};
    size_t n = 0;
    for (size_t g = 0; g < sizeof groups / sizeof *groups; g++)
        for (int i = 0; i < groups[g].n; i++) all[n++] = groups[g].said;
    write_persons(in, all, n, 1);
    run_stage(in, out, 2);
    struct rs_buffer b = slurp(out, "evaluation.tsv");
    rs_buffer_byte(&b, 0);
    static const char *const there[] = {"\tcollection\tobserved\tAIAN\t", "\tcollection\tadministrative\tAIAN\t",
                                        "\tsource\tREST\tALL\tlog_loss\t", "\tsource\tb\tALL\t", "\tsource\tb\tBLACK\t"};
    static const char *const away[] = {"\tsource\ta\t", "\tsource\ttiny\t", "\tsource\tREST\tAIAN\t", "\tsource\tb\tAIAN\t",
                                       "\tsource\tpayer\tAIAN\t", "\tsource\tb\tWHITE\t"};
    for (size_t i = 0; i < sizeof there / sizeof *there; i++) cr_assert(strstr(b.p, there[i]), "%s", there[i]);
    for (size_t i = 0; i < sizeof away / sizeof *away; i++) cr_assert(!strstr(b.p, away[i]), "%s", away[i]);
    rs_buffer_free(&b);
}
