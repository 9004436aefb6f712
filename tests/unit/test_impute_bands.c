/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Places counted by age and sex, and middle names: a pack that has them, and what they change. Expected values by hand. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include "pipeline/base/file.h"
#include "pipeline/reference/bands.h"
#include "pipeline/reference/pack_build.h"
#include "stages/impute/model.h"

TestSuite(impute_bands, .timeout = 120);

static const char names_csv[] = "name,white,black,aian,api,multi,hispanic\nALPHA,60,20,0,0,0,0\nALL OTHER NAMES,40,80,100,100,100,100\n",
                  first_csv[] = "first_name,white,black,aian,api,multi,hispanic\nANN,50,50,50,50,50,50\nEVE,50,50,50,50,50,50\n",
                  middle_csv[] = "middle_name,white,black,aian,api,multi,hispanic\nLEE,10,30,10,40,10,10\nSUE,90,70,90,60,90,90\n",
                  tract_csv[] = "id,white,black,aian,api,multi,hispanic\n34021000100,60,20,5,5,5,5\n34021000200,50,10,10,10,10,10\n"
                                "01001000100,10,10,10,10,10,10\n",
                  /* 0-17 and 0-17 F of one tract; 65+ of another, where nobody is that old. */
                  band_csv[] = "id,ages,sex,white,black,aian,api,multi,hispanic\n34021000100,0-17,,10,10,0,0,0,0\n"
                               "34021000100,0-17,F,2,6,0,0,0,0\n34021000200,65+,,0,0,0,0,0,0\n34021000200,,M,30,5,5,5,5,0\n";

static char dir[64];

static const char *file(const char *name, const char *text, char path[96]) {
    struct rs_error error = {0};
    snprintf(path, 96, "%s/%s", dir, name);
    cr_assert(rs_write_file(path, text, strlen(text), &error), "%s", error.text);
    return path;
}

static bool build(const char *bands, char pack[96], struct rs_error *error) {
    char path[5][96];
    strcpy(dir, "/tmp/relsogi-bnd-XXXXXX");
    cr_assert(mkdtemp(dir));
    snprintf(pack, 96, "%s/a.pack", dir);
    struct rs_level_file banded = {RS_TRACT, file("bands.csv", bands, path[3])};
    struct rs_pack_tables t = {.surnames = file("names.csv", names_csv, path[0]),
                               .first_names = file("first.csv", first_csv, path[1]),
                               .middle_names = file("middle.csv", middle_csv, path[2]),
                               .banded = &banded,
                               .banded_n = 1,
                               .particles = RELSOGI_SOURCE_DIR "/schemas/reference/particles.csv"};
    t.places[RS_TRACT] = file("tract.csv", tract_csv, path[4]);
    return rs_pack_build(&t, pack, error);
}

static void done(struct rs_pack *pack) {
    char command[96];
    rs_pack_close(pack);
    snprintf(command, sizeof command, "rm -rf %s", dir);
    cr_assert_eq(system(command), 0);
}

static struct rs_pack *open_pack(void) {
    struct rs_error error = {0};
    char path[96];
    cr_assert(build(band_csv, path, &error), "%s", error.text);
    struct rs_pack *pack = rs_pack_open(path, &error);
    cr_assert(pack, "%s", error.text);
    return pack;
}

Test(impute_bands, ages) {
    int from, to;
    cr_assert(rs_ages_parse(RS_LIT("0-17"), &from, &to) && from == 0 && to == 17);
    cr_assert(rs_ages_parse(RS_LIT("65+"), &from, &to) && from == 65 && to == 999);
    cr_assert(rs_ages_parse(RS_LIT("all"), &from, &to) && from == 0 && to == 999);
    cr_assert(rs_ages_parse(RS_NULL, &from, &to) && from == 0 && to == 999);
    static const char *const bad[] = {"17-0", "young", "-", "18", "+", "1-2-3", "18 +"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) cr_expect_not(rs_ages_parse(rs_cstr(bad[i]), &from, &to), "%s", bad[i]);
}

/* The narrowest first: both of eighteen years (one sex before both), then 65+ (to 999), then one sex of all ages. */
Test(impute_bands, order) {
    struct rs_pack *pack = open_pack();
    static const char *const want[] = {"0-17 F", "0-17", "65+", "all M"};
    cr_assert_eq(rs_pack_bands(pack), 4);
    for (size_t i = 0; i < 4; i++) {
        char text[24];
        size_t n = rs_band_text(text, rs_pack_band_at(pack, i));
        cr_expect(rs_eq_c(rs_view(text, n), want[i]), "%.*s", (int)n, text);
    }
    size_t tract;
    cr_assert(rs_pack_place_find(pack, RS_TRACT, RS_LIT("34021000100"), &tract));
    cr_assert_eq(rs_pack_band_counts(pack, 0, RS_TRACT, tract)[RS_BLACK], 6);
    cr_assert_null(rs_pack_band_counts(pack, 3, RS_TRACT, tract));
    done(pack);
}

static struct rs_posterior ask(const struct rs_pack *pack, double smoothing, struct rs_who who) {
    struct rs_posterior q;
    struct rs_impute_options o = {.method = RS_METHOD_BIFSG, .smoothing = smoothing, .finest = RS_BLOCK_GROUP};
    struct rs_impute_model *m = rs_impute_model_new(pack, &o);
    rs_impute_who(m, &who, &q);
    rs_impute_model_free(m);
    return q;
}

Test(impute_bands, persons) {
    struct rs_pack *pack = open_pack();
    struct rs_place_ids one = {.tract = RS_LIT("34021000100")}, two = {.tract = RS_LIT("34021000200")};
    struct rs_posterior q = ask(pack, 0, (struct rs_who){.ids = one, .has_age = true, .age = 17});
    cr_assert(q.band == 1 && q.level == RS_TRACT);
    cr_assert_float_eq(q.p[RS_WHITE], .5, 1e-15);
    q = ask(pack, 0, (struct rs_who){.ids = one, .has_age = true, .age = 0, .sex = 'F'});
    cr_assert_eq(q.band, 0);
    cr_assert_float_eq(q.p[RS_WHITE], .25, 1e-15);
    /* A surname on top: .6 x .25 and .2 x .75. */
    q = ask(pack, 0, (struct rs_who){.surname = RS_LIT("ALPHA"), .ids = one, .has_age = true, .age = 5, .sex = 'F'});
    cr_assert_float_eq(q.p[RS_WHITE], .5, 1e-15);
    /* Grown, or of unknown age: everybody there. */
    q = ask(pack, 0, (struct rs_who){.ids = one, .has_age = true, .age = 18, .sex = 'F'});
    cr_assert(q.band == RS_BANDS);
    cr_assert_float_eq(q.p[RS_WHITE], .6, 1e-15);
    q = ask(pack, 0, (struct rs_who){.ids = one});
    cr_assert(q.band == RS_BANDS);
    /* Nobody of 65 lives in the other tract: the wider band, of men; and for women everybody. */
    q = ask(pack, 0, (struct rs_who){.ids = two, .has_age = true, .age = 70, .sex = 'M'});
    cr_assert_eq(q.band, 3);
    cr_assert_float_eq(q.p[RS_WHITE], .6, 1e-15);
    q = ask(pack, 0, (struct rs_who){.ids = two, .has_age = true, .age = 70, .sex = 'F'});
    cr_assert_eq(q.band, RS_BANDS);
    cr_assert_float_eq(q.p[RS_WHITE], .5, 1e-15);
    done(pack);
}

/* k = 20: the tract's own shares are drawn to its county's, (110 30 15 15 15 15) / 200, which is the state's, and that to
 * the nation's, (120 40 25 25 25 25) / 260; the band to the tract's. Worked out here step by step, from the top down. */
Test(impute_bands, smoothed_towards_everybody_there) {
    struct rs_pack *pack = open_pack();
    double nation = 120.0 / 260, state = (110 + 20 * nation) / 220, county = (110 + 20 * state) / 220,
           tract = (60 + 20 * county) / 120, band = (10 + 20 * tract) / 40;
    struct rs_posterior q =
        ask(pack, 20, (struct rs_who){.ids = {.tract = RS_LIT("34021000100")}, .has_age = true, .age = 3, .sex = 'M'});
    cr_assert_float_eq(q.p[RS_WHITE], band, 1e-14, "%.15g, expected %.15g", q.p[RS_WHITE], band);
    done(pack);
}

/* P(m|r) as pack.h says, a_r being what was fitted; every group bears ANN alike. */
Test(impute_bands, middle_names) {
    struct rs_pack *pack = open_pack();
    double l[RS_GROUPS];
    cr_assert(rs_pack_middle_name(pack, RS_LIT("LEE"), l));
    cr_assert(l[RS_API] > l[RS_BLACK] && l[RS_BLACK] > l[RS_WHITE]);
    struct rs_who who = {.surname = RS_LIT("ALPHA"), .first_name = RS_LIT("ANN"), .middle_name = RS_LIT("LEE SUE")};
    struct rs_posterior q = ask(pack, 0, who);
    cr_assert(q.middle_match == RS_FIRST_NAME_FIRST_PART && q.first_match == RS_FIRST_NAME_EXACT && q.kind == RS_NAMES_ONLY);
    double white = .6 * l[RS_WHITE] * 120, black = .2 * l[RS_BLACK] * 40;
    cr_assert_float_eq(q.p[RS_WHITE], white / (white + black), 1e-14);
    /* An initial, and a middle name without a first, say nothing. */
    who.middle_name = RS_LIT("L");
    q = ask(pack, 0, who);
    cr_assert_eq(q.middle_match, RS_FIRST_NAME_NONE);
    cr_assert_float_eq(q.p[RS_WHITE], 72.0 / 80, 1e-14);
    who = (struct rs_who){.surname = RS_LIT("ALPHA"), .middle_name = RS_LIT("LEE")};
    cr_assert_eq(ask(pack, 0, who).middle_match, RS_FIRST_NAME_NONE);
    done(pack);
}

/* All of them are refused with the line at fault. */
Test(impute_bands, refused) {
    static const struct {
        const char *rows, *says;
    } cases[] = {{"34021000100,0-17,,1,1,1,1,1,1\n34021000100,0-17,,1,1,1,1,1,1\n", "twice"},
                 {"34021000100,,,1,1,1,1,1,1\n", "line 2"},
                 {"34021000100,young,,1,1,1,1,1,1\n", "line 2"},
                 {"34021000100,0-17,X,1,1,1,1,1,1\n", "line 2"},
                 {"34021999999,0-17,,1,1,1,1,1,1\n", "no such tract"},
                 {"3402100010,0-17,,1,1,1,1,1,1\n", "11 digits"},
                 {"", "no rows"}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct rs_error error = {0};
        char text[512], pack[96];
        snprintf(text, sizeof text, "id,ages,sex,white,black,aian,api,multi,hispanic\n%s", cases[i].rows);
        cr_expect_not(build(text, pack, &error), "%s", cases[i].rows);
        cr_expect(error.code == RS_DATA && strstr(error.text, cases[i].says), "%s", error.text);
        done(NULL);
    }
}
