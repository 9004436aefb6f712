/* SPDX-License-Identifier: GPL-3.0-or-later */
/* An answer narrows the probabilities and is never contradicted; the categories of 2024 follow from the six groups. */
#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include "pipeline/base/file.h"
#include "pipeline/reference/pack_build.h"
#include "stages/impute/omb2024.h"

TestSuite(impute_answer, .timeout = 120);

enum { W = 1 << RS_WHITE, B = 1 << RS_BLACK, I = 1 << RS_AIAN, A = 1 << RS_API, M = 1 << RS_MULTI, H = 1 << RS_HISPANIC };

struct set {
    int column;
    const char *value;
};

static struct rs_answer answer_of(const struct set *said, size_t n) {
    struct rs_view row[PERSON_COLUMNS] = {{0}};
    for (size_t i = 0; i < n && said[i].value; i++) row[said[i].column] = rs_cstr(said[i].value);
    return rs_answer_of(row);
}

Test(impute_answer, cells_left) {
    static const struct {
        struct set said[10];
        unsigned cells;
        const char *what;
    } cases[] = {
        {{{0}}, 0, "nothing"},
        {{{PERSON_black_1997, "Y"}, {PERSON_black, "Y"}, {PERSON_white_1997, "N"}}, B | H, "Black, not asked further"},
        {{{PERSON_black_1997, "Y"}, {PERSON_hispanic_1997, "N"}}, B, "Black, not Hispanic"},
        {{{PERSON_black_1997, "Y"}, {PERSON_hispanic_1997, "Y"}}, H, "Black and Hispanic"},
        {{{PERSON_hispanic_1997, "Y"}}, H, "Hispanic"},
        {{{PERSON_hispanic_1997, "N"}}, W | B | I | A | M, "not Hispanic"},
        {{{PERSON_hispanic, "N"}}, W | B | I | A | M, "not Hispanic, 2024"},
        {{{PERSON_black_1997, "Y"}, {PERSON_white_1997, "Y"}}, M | H, "two races"},
        {{{PERSON_asian_1997, "Y"}, {PERSON_nhopi_1997, "Y"}}, M | H, "Asian and Pacific Islander: two races"},
        {{{PERSON_unresolved_1997, "ASIAN|NHOPI"}, {PERSON_unresolved_2024, "ASIAN|NHPI"}, {PERSON_white_1997, "N"}},
         A | H, "Asian or Pacific Islander"},
        {{{PERSON_unresolved_1997, "ASIAN|NHOPI"}, {PERSON_asian, "Y"}}, M | H, "Asian beside the set"},
        {{{PERSON_unresolved_1997, "ASIAN|NHOPI"}, {PERSON_hispanic_1997, "N"}}, A, "the set, not Hispanic"},
        {{{PERSON_unresolved_1997, "AIAN|BLACK"}}, I | B | M | H, "one or the other, or both"},
        {{{PERSON_unresolved_1997, "TWO_OR_MORE"}, {PERSON_white_1997, "Y"}}, M | H, "two or more"},
        {{{PERSON_other_1997, "Y"}, {PERSON_white_1997, "N"}, {PERSON_black_1997, "N"}}, W | B | I | A | M | H, "other"},
        {{{PERSON_other_1997, "Y"}, {PERSON_hispanic_1997, "N"}}, W | B | I | A | M, "other, not Hispanic"},
        {{{PERSON_other_1997, "Y"}, {PERSON_black_1997, "Y"}}, B | M | H, "Black and other"},
        {{{PERSON_mena, "Y"}, {PERSON_hispanic, "N"}}, W, "MENA, not Hispanic: White in the tables"},
        {{{PERSON_mena, "Y"}}, W | H, "MENA"},
        {{{PERSON_mena, "Y"}, {PERSON_white, "Y"}}, W | H, "MENA and White: one box of the tables"},
        {{{PERSON_mena, "Y"}, {PERSON_black, "Y"}}, M | H, "MENA and Black"},
        {{{PERSON_white, "N"}, {PERSON_white_1997, "N"}, {PERSON_hispanic_1997, "N"}}, B | I | A | M, "not White"},
        {{{PERSON_nhpi, "Y"}, {PERSON_asian, "N"}}, A | H, "Pacific Islander"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct rs_answer a = answer_of(cases[i].said, 10);
        cr_expect_eq(rs_answer_cells(&a), cases[i].cells, "%s: %#x, expected %#x", cases[i].what, rs_answer_cells(&a),
                     cases[i].cells);
    }
}

/* Of 50,477,594 Hispanic residents in 2010, 26,735,713 White alone (53.0 %), 1,243,471 Black alone (2.5 %), 209,128 Asian,
 * 58,437 NHPI, 3,042,592 of two or more races (6.0 %). */
Test(impute_answer, races_of_hispanic_persons) {
    static const struct {
        struct set said[10];
        double share;
        const char *what;
    } cases[] = {
        {{{PERSON_white_1997, "Y"}}, 26735713.0 / 50477594, "White"},
        {{{PERSON_black_1997, "Y"}}, 1243471.0 / 50477594, "Black"},
        {{{PERSON_nhpi, "Y"}}, 58437.0 / 50477594, "Pacific Islander, on the axis of 2024"},
        {{{PERSON_unresolved_1997, "ASIAN|NHOPI"}}, (209128.0 + 58437) / 50477594, "Asian or Pacific Islander"},
        {{{PERSON_unresolved_1997, "WHITE|BLACK"}}, (26735713.0 + 1243471 + 3042592) / 50477594, "one of two, or both"},
        {{{PERSON_white_1997, "Y"}, {PERSON_black_1997, "Y"}}, 3042592.0 / 50477594, "White and Black"},
        {{{PERSON_unresolved_1997, "TWO_OR_MORE"}}, 3042592.0 / 50477594, "two or more"},
        {{{PERSON_unresolved_1997, "ASIAN|NHOPI"}, {PERSON_white, "Y"}}, 3042592.0 / 50477594, "White beside the set"},
        {{{PERSON_white_1997, "N"}, {PERSON_black_1997, "N"}, {PERSON_aian_1997, "N"}, {PERSON_asian_1997, "N"},
          {PERSON_nhopi_1997, "N"}}, 1, "none of the five: as some other race"},
        {{{PERSON_white_1997, "N"}, {PERSON_white, "N"}},
         1 - 26735713.0 / 50477594, "not White: all but White alone"},
        {{{PERSON_other_1997, "Y"}}, 1, "some other race alone: the box is ticked for many reasons"},
        {{{PERSON_other_1997, "Y"}, {PERSON_white_1997, "Y"}}, 1, "White and some other"},
        {{{PERSON_black_1997, "Y"}, {PERSON_hispanic_1997, "N"}}, 1, "Black, not Hispanic"},
        {{{PERSON_hispanic_1997, "Y"}}, 1, "Hispanic"},
        {{{PERSON_hispanic_1997, "N"}}, 1, "not Hispanic, no race"},
        {{{0, NULL}}, 1, "nothing"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct rs_answer a = answer_of(cases[i].said, 10);
        cr_expect_float_eq(rs_answer_hispanic(&a), cases[i].share, 1e-15, "%s: %.15g, expected %.15g", cases[i].what,
                           rs_answer_hispanic(&a), cases[i].share);
    }
}

Test(impute_answer, text) {
    char text[RS_CELLS_TEXT];
    cr_assert(rs_eq_c(rs_view(text, rs_cells_text(text, B | H)), "BLACK|HISPANIC"));
    cr_assert(rs_eq_c(rs_view(text, rs_cells_text(text, 63)), "WHITE|BLACK|AIAN|API|MULTI|HISPANIC"));
    cr_assert_eq(rs_cells_text(text, 0), 0);
}

/* Of 5,800,628 in pairs: White is in 1834212 + 1623234 + 1432309 + 169991. Given Black, the pairs with Black are
 * 1834212 + 269421 + 185595 + 50308 = 2339536. */
Test(impute_answer, pairs) {
    struct rs_pairs all = rs_pairs_of(0, 0), black = rs_pairs_of(1 << RS_RACE_BLACK, 0),
                    both = rs_pairs_of(1 << RS_RACE_BLACK | 1 << RS_RACE_WHITE, 0), three = rs_pairs_of(7, 0);
    double sum = 0;
    for (int r = 0; r < RS_RACES5; r++) sum += all.with[r];
    cr_assert_float_eq(sum, 2, 1e-12);
    cr_assert_float_eq(all.with[RS_RACE_WHITE], 5059746.0 / 5800628, 1e-12);
    cr_assert_float_eq(black.with[RS_RACE_BLACK], 1, 0);
    cr_assert_float_eq(black.with[RS_RACE_WHITE], 1834212.0 / 2339536, 1e-12);
    cr_assert_float_eq(both.with[RS_RACE_WHITE], 1, 0);
    cr_assert_float_eq(both.with[RS_RACE_ASIAN], 0, 0);
    cr_assert(three.with[RS_RACE_AIAN] == 1 && three.with[RS_RACE_ASIAN] == 0); /* White, Black and AIAN named */
}

/* ---- with a small pack: bearers of ALPHA are White and Asian, of BETA all Hispanic; nobody in the tract is AIAN ------- */

static char dir[64];

static struct rs_pack *small_pack(void) {
    struct rs_error error = {0};
    char names[96], places[96], pack[96];
    strcpy(dir, "/tmp/relsogi-ans-XXXXXX");
    cr_assert(mkdtemp(dir));
    snprintf(names, sizeof names, "%s/names.csv", dir);
    snprintf(places, sizeof places, "%s/tracts.csv", dir);
    snprintf(pack, sizeof pack, "%s/a.pack", dir);
    const char *n = "name,white,black,aian,api,multi,hispanic\nALPHA,60,0,0,40,0,0\nBETA,0,0,0,0,0,50\n"
                    "ALL OTHER NAMES,40,100,100,60,100,50\n",
               *p = "id,white,black,aian,api,multi,hispanic\n34021000100,50,25,0,10,5,10\n01001000100,10,10,10,10,10,10\n";
    cr_assert(rs_write_file(names, n, strlen(n), &error) && rs_write_file(places, p, strlen(p), &error));
    struct rs_pack_tables t = {.surnames = names, .particles = RELSOGI_SOURCE_DIR "/schemas/reference/particles.csv"};
    t.places[RS_TRACT] = places;
    cr_assert(rs_pack_build(&t, pack, &error), "%s", error.text);
    struct rs_pack *open = rs_pack_open(pack, &error);
    cr_assert(open, "%s", error.text);
    return open;
}

static void done(struct rs_pack *pack, struct rs_impute_model *m) {
    char command[96];
    rs_impute_model_free(m);
    rs_pack_close(pack);
    snprintf(command, sizeof command, "rm -rf %s", dir);
    cr_assert_eq(system(command), 0);
}

Test(impute_answer, probabilities_lie_within_the_answer) {
    struct rs_pack *pack = small_pack();
    struct rs_impute_model *m = rs_impute_model_new(pack, &(struct rs_impute_options){.finest = RS_BLOCK_GROUP});
    static const char *const names[] = {"ALPHA", "BETA", "GAMMA", NULL};
    for (size_t n = 0; n < 4; n++)
        for (unsigned cells = 1; cells < 1u << RS_GROUPS; cells++) {
            struct rs_who who = {.surname = rs_cstr(names[n]), .ids = {.tract = RS_LIT("34021000100")}, .cells = cells};
            struct rs_posterior q;
            double sum = 0;
            rs_impute_who(m, &who, &q);
            for (int r = 0; r < RS_GROUPS; r++) {
                cr_assert(q.p[r] >= 0 && (q.p[r] == 0 || cells >> r & 1), "%s, cells %#x", names[n], cells);
                sum += q.p[r];
            }
            cr_assert_float_eq(sum, 1, 1e-12);
        }
    /* White or Asian by name, .6 x .5 and .4 x .1 by hand: .30 against .04 without what was said. */
    struct rs_who who = {.surname = RS_LIT("ALPHA"), .ids = {.tract = RS_LIT("34021000100")}, .cells = W | A};
    struct rs_posterior q;
    rs_impute_who(m, &who, &q);
    cr_assert_float_eq(q.p[RS_WHITE], .30 / .34, 1e-14);
    cr_assert(q.kind == RS_BISG && q.match == RS_SURNAME_EXACT && q.level == RS_TRACT);
    /* Of ALPHA in the tract, White or Hispanic: the name says White. Without a name 50 to 10, and to 10 x .25 where Hispanic
     * persons say so a quarter as often. */
    who = (struct rs_who){.ids = {.tract = RS_LIT("34021000100")}, .cells = W | H, .hispanic = .25};
    rs_impute_who(m, &who, &q);
    cr_assert_float_eq(q.p[RS_HISPANIC], 2.5 / 52.5, 1e-14);
    who.cells = 0; /* nothing said: no weight */
    rs_impute_who(m, &who, &q);
    cr_assert_float_eq(q.p[RS_HISPANIC], .1, 1e-14);
    /* BETA is nobody's name who is Black: the answer stands, the name is not counted. */
    who = (struct rs_who){.surname = RS_LIT("BETA"), .ids = {.tract = RS_LIT("34021000100")}, .cells = B | W};
    rs_impute_who(m, &who, &q);
    cr_assert_float_eq(q.p[RS_BLACK], 25.0 / 75, 1e-14);
    cr_assert(q.kind == RS_GEOGRAPHY_ONLY && q.match == RS_SURNAME_NONE);
    /* Nobody there is AIAN: the nation says that somebody is. */
    who = (struct rs_who){.ids = {.tract = RS_LIT("34021000100")}, .cells = I};
    rs_impute_who(m, &who, &q);
    cr_assert(q.p[RS_AIAN] == 1 && q.level == RS_NATION);
    done(pack, m);
}

static double eight_sum(const struct rs_omb2024 *o) {
    double sum = 0;
    for (int c = 0; c < RS_2024_EIGHT; c++) sum += isnan(o->eight[c]) ? 0 : o->eight[c];
    return sum;
}

/* Without figures in the pack Asian and MENA are not separable, unless the person's own answer separates them. */
Test(impute_answer, categories_of_2024) {
    struct rs_pack *pack = small_pack();
    struct rs_impute_model *m = rs_impute_model_new(pack, &(struct rs_impute_options){.finest = RS_BLOCK_GROUP});
    struct rs_pairs all = rs_pairs_of(0, 0);
    struct rs_posterior q = {.p = {.4, .2, .05, .1, .15, .1}, .level = RS_TRACT};
    struct rs_omb2024 o;
    rs_omb2024(m, &q, NULL, &all, &o);
    cr_assert(isnan(o.eight[RS_2024_ASIAN]) && isnan(o.any[RS_2024_NHPI]) && !o.api_split);
    cr_assert(isnan(o.eight[RS_2024_MENA]) && isnan(o.any[RS_2024_MENA]) && !o.mena_split);
    cr_assert_float_eq(eight_sum(&o), .9, 1e-12); /* less p_api */
    cr_assert_float_eq(o.any[RS_2024_WHITE], .4 + .15 * all.with[RS_RACE_WHITE], 1e-15);

    struct rs_answer asian = {.yes = 1 << RS_RACE_ASIAN, .no = 1 << RS_RACE_NHPI};
    struct rs_posterior narrowed = {.p = {0, 0, 0, .7, 0, .3}, .level = RS_TRACT};
    rs_omb2024(m, &narrowed, &asian, &all, &o);
    cr_assert_float_eq(o.eight[RS_2024_ASIAN], .7, 1e-15);
    cr_assert(o.eight[RS_2024_NHPI] == 0 && strcmp(o.api_split, "answer") == 0);

    struct rs_answer two = {.yes = 1 << RS_RACE_WHITE | 1 << RS_RACE_BLACK, .mena = 'N', .white2024 = 'Y'};
    struct rs_posterior multi = {.p = {0, 0, 0, 0, .8, .2}, .level = RS_TRACT};
    rs_omb2024(m, &multi, &two, &all, &o);
    cr_assert_float_eq(o.any[RS_2024_WHITE], .8, 1e-15);
    cr_assert_float_eq(o.any[RS_2024_BLACK], .8, 1e-15);
    cr_assert(o.any[RS_2024_AIAN] == 0 && o.any[RS_2024_MENA] == 0);

    struct rs_answer both = {.yes = 1 << RS_RACE_WHITE, .mena = 'Y', .white2024 = 'Y'};
    struct rs_posterior white = {.p = {.9, 0, 0, 0, 0, .1}, .level = RS_TRACT};
    rs_omb2024(m, &white, &both, &all, &o);
    cr_assert_float_eq(o.eight[RS_2024_MULTI], .9, 1e-15); /* one box of the six, two of the seven */
    cr_assert_float_eq(o.any[RS_2024_MENA], .9, 1e-15);
    cr_assert_float_eq(o.any[RS_2024_WHITE], .9, 1e-15);
    cr_assert(o.eight[RS_2024_WHITE] == 0 && o.eight[RS_2024_MENA] == 0);
    done(pack, m);
}
