/* SPDX-License-Identifier: GPL-3.0-or-later */
/* BISG against the published results of wru 3.1.1 on New Jersey voters, 2010 and 2020, from county to block group.
 *
 * That package has five groups; its "other" (AIAN, some other race, two or more) stands in our AIAN column here, and
 * two or more is kept empty, so that the formula is the same. Inputs are found by $RELSOGI_SHARED, else ../shared. */
#include <criterion/criterion.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include "pipeline/base/file.h"
#include "pipeline/reference/csv_table.h"
#include "pipeline/reference/name_fold.h"
#include "pipeline/reference/pack_build.h"
#include "stages/impute/fbisg.h"
#include "stages/impute/model.h"

static const char *shared(void) {
    const char *set = getenv("RELSOGI_SHARED");
    return set && *set ? set : RELSOGI_SOURCE_DIR "/../shared";
}

static char dir[64];

static double number(const struct rs_csv *csv, const char *column) {
    double v = NAN;
    int at = rs_csv_column(csv, column);
    cr_assert(at >= 0 && rs_parse_real(csv->field[at], &v), "%s: column %s", csv->path, column);
    return v;
}

static struct rs_view text(const struct rs_csv *csv, const char *column) {
    int at = rs_csv_column(csv, column);
    return at < 0 ? RS_NULL : csv->field[at];
}

static void open_csv(struct rs_csv *csv, const char *format, ...) {
    char path[512];
    struct rs_error error = {0};
    va_list args;
    va_start(args, format);
    vsnprintf(path, sizeof path, format, args);
    va_end(args);
    cr_assert(rs_csv_open(csv, path, &error), "%s", error.text);
}

static bool next(struct rs_csv *csv) {
    bool more;
    struct rs_error error = {0};
    cr_assert(rs_csv_next(csv, &more, &error), "%s", error.text);
    return more;
}

static void write_file(const char *name, const struct rs_buffer *b) {
    char path[128];
    struct rs_error error = {0};
    snprintf(path, sizeof path, "%s/%s", dir, name);
    cr_assert(rs_write_file(path, b->p, b->n, &error), "%s", error.text);
}

/* The names listed, and all others as what is left of the column totals; one of two or more, that the group exist. */
static void make_surnames(void) {
    static const char *const columns[] = {"whi", "bla", "oth", "asi", "his"};
    struct rs_csv csv;
    struct rs_buffer out = {0};
    double left[5] = {0};
    open_csv(&csv, "%s/golden/imputation/surname_counts.csv", shared());
    rs_buffer_printf(&out, "name,white,black,aian,api,hispanic,multi\n");
    while (next(&csv)) {
        bool total = rs_eq_c(text(&csv, "surname"), "(column total)");
        if (!total) rs_buffer_view(&out, text(&csv, "surname"));
        for (int i = 0; i < 5; i++) {
            double v = number(&csv, columns[i]);
            left[i] += total ? v : -v;
            if (!total) rs_buffer_printf(&out, ",%.0f", v);
        }
        if (!total) rs_buffer_printf(&out, ",0\n");
    }
    rs_buffer_printf(&out, "ALL OTHER NAMES");
    for (int i = 0; i < 5; i++) rs_buffer_printf(&out, ",%.0f", left[i]);
    rs_buffer_printf(&out, ",1\n");
    write_file("names.csv", &out);
    rs_buffer_free(&out);
    rs_csv_close(&csv);
}

/* Columns of summary file 1, 2010, and of the 2020 redistricting file. */
struct cells {
    const char *white, *black, *aian, *asian, *nhpi, *other, *multi, *hispanic;
};
static const struct cells cells_2010 = {"P005003", "P005004", "P005005", "P005006", "P005007", "P005008", "P005009",
                                        "P005010"};
static const struct cells cells_2020 = {"P2_005N", "P2_006N", "P2_007N", "P2_008N", "P2_009N", "P2_010N", "P2_011N",
                                        "P2_002N"};

/* P(f|r) of the voters' first names, times so large a number of bearers that five pseudo-bearers are nothing beside it; the
 * rest of each group bears other names. */
static void make_first_names(void) {
    static const char *const columns[] = {"c_whi_first", "c_bla_first", "c_oth_first", "c_asi_first", "c_his_first"};
    static const char *const names[] = {"KABIR", "BEN", "YANG", "MARC", "GABRIEL"};
    struct rs_csv csv;
    struct rs_buffer out = {0};
    double left[5] = {1, 1, 1, 1, 1};
    open_csv(&csv, "%s/reference/first_name_given_race_voterfile.csv.gz", shared());
    rs_buffer_printf(&out, "first_name,white,black,aian,api,hispanic,multi\n");
    while (next(&csv)) {
        bool wanted = false;
        for (int i = 0; i < 5; i++) wanted |= rs_eq_c(text(&csv, "first_name"), names[i]);
        if (!wanted) continue;
        rs_buffer_view(&out, text(&csv, "first_name"));
        for (int i = 0; i < 5; i++) {
            left[i] -= number(&csv, columns[i]);
            rs_buffer_printf(&out, ",%.17g", number(&csv, columns[i]) * 1e25);
        }
        rs_buffer_printf(&out, ",0\n");
    }
    rs_buffer_printf(&out, "OTHERS");
    for (int i = 0; i < 5; i++) rs_buffer_printf(&out, ",%.17g", left[i] * 1e25);
    rs_buffer_printf(&out, ",1e25\n");
    write_file("first.csv", &out);
    rs_buffer_free(&out);
    rs_csv_close(&csv);
}

static void make_places(int year, const char *level) {
    const struct cells *c = year == 2010 ? &cells_2010 : &cells_2020;
    struct rs_csv csv;
    struct rs_buffer out = {0};
    char name[64];
    open_csv(&csv, "%s/reference/nj_%d_%s_counts.csv.gz", shared(), year, level);
    rs_buffer_printf(&out, "id,white,black,aian,api,hispanic,multi\n");
    while (next(&csv)) {
        rs_buffer_printf(&out, "34");
        rs_buffer_view(&out, text(&csv, "county"));
        rs_buffer_view(&out, text(&csv, "tract"));
        rs_buffer_view(&out, text(&csv, "block_group"));
        rs_buffer_printf(&out, ",%.0f,%.0f,%.0f,%.0f,%.0f,0\n", number(&csv, c->white), number(&csv, c->black),
                         number(&csv, c->aian) + number(&csv, c->other) + number(&csv, c->multi),
                         number(&csv, c->asian) + number(&csv, c->nhpi), number(&csv, c->hispanic));
    }
    snprintf(name, sizeof name, "%s.csv", level);
    write_file(name, &out);
    rs_buffer_free(&out);
    rs_csv_close(&csv);
}

static struct rs_pack *make_pack(int year, enum rs_place_level level, bool with_first) {
    char first[128], names[128], places[128], states[128], pack[128];
    struct rs_error error = {0};
    struct rs_buffer one = {0};
    make_surnames();
    make_places(year, rs_place_level_names[level]);
    rs_buffer_printf(&one, "id,white,black,aian,api,multi,hispanic\n34,1,1,1,1,1,1\n");
    write_file("states.csv", &one);
    rs_buffer_free(&one);
    snprintf(names, sizeof names, "%s/names.csv", dir);
    snprintf(places, sizeof places, "%s/%s.csv", dir, rs_place_level_names[level]);
    snprintf(states, sizeof states, "%s/states.csv", dir);
    snprintf(pack, sizeof pack, "%s/a.pack", dir);
    struct rs_pack_tables t = {.surnames = names, .particles = RELSOGI_SOURCE_DIR "/schemas/reference/particles.csv"};
    snprintf(first, sizeof first, "%s/first.csv", dir);
    if (with_first) make_first_names();
    if (with_first) t.first_names = first;
    t.places[RS_STATE] = states;
    t.places[level] = places;
    cr_assert(rs_pack_build(&t, pack, &error), "%s", error.text);
    struct rs_pack *p = rs_pack_open(pack, &error);
    cr_assert(p, "%s", error.text);
    return p;
}

static struct rs_place_ids ids_of(const struct rs_csv *csv, enum rs_place_level level, char *id) {
    struct rs_view county = text(csv, "county"), tract = text(csv, "tract"), group = text(csv, "block_group");
    snprintf(id, 16, "34%.*s%.*s%.*s", (int)county.n, county.p, (int)tract.n, tract.p, (int)group.n, group.p);
    struct rs_place_ids ids = {.county = rs_view(id, 5)};
    if (level >= RS_TRACT) ids.tract = rs_view(id, 11);
    if (level == RS_BLOCK_GROUP) ids.block_group = rs_view(id, 12);
    return ids;
}

static int compare(const struct rs_impute_model *m, struct rs_csv *csv, enum rs_place_level level, bool with_first) {
    static const struct {
        const char *column;
        enum rs_group group;
    } columns[] = {{"pred.whi", RS_WHITE}, {"pred.bla", RS_BLACK}, {"pred.his", RS_HISPANIC}, {"pred.asi", RS_API},
                   {"pred.oth", RS_AIAN}};
    struct rs_arena arena = {0};
    int compared = 0;
    while (next(csv)) {
        char id[16], name[64];
        struct rs_posterior q;
        struct rs_view surname = text(csv, "surname");
        struct rs_place_ids ids = ids_of(csv, level, id);
        for (size_t i = 0; i < surname.n; i++)
            name[i] = (char)(surname.p[i] >= 'a' ? surname.p[i] - 32 : surname.p[i]);
        if (rs_eq_c(surname, "Wantchekon")) continue; /* not listed: that package then takes the mean of the file */
        struct rs_who who = {.surname = rs_view(name, surname.n), .ids = ids};
        if (with_first && rs_eq_c(text(csv, "first"), "Kosuke")) continue; /* not listed: the same */
        if (with_first) who.first_name = rs_name_fold(&arena, text(csv, "first"));
        rs_impute_who(m, &who, &q);
        cr_assert_eq(q.kind, with_first ? RS_BIFSG : RS_BISG);
        cr_assert_eq(q.level, level);
        cr_assert_eq(q.match, RS_SURNAME_EXACT);
        for (size_t i = 0; i < 5; i++) {
            double want = number(csv, columns[i].column);
            cr_assert(fabs(q.p[columns[i].group] - want) <= 1e-12, "line %zu %s: %.15g, expected %.15g", csv->line,
                      columns[i].column, q.p[columns[i].group], want);
        }
        compared++;
    }
    rs_arena_free(&arena);
    return compared;
}

static void golden(int year, enum rs_place_level level, bool with_first) {
    struct rs_csv csv;
    char probe[512];
    snprintf(probe, sizeof probe, "%s/golden/imputation/surname_counts.csv", shared());
    if (!rs_exists(probe)) cr_skip_test("no golden files at %s (set RELSOGI_SHARED)", shared());
    strcpy(dir, "/tmp/relsogi-wru-XXXXXX");
    cr_assert(mkdtemp(dir));
    struct rs_pack *pack = make_pack(year, level, with_first);
    struct rs_impute_options options = {.method = with_first ? RS_METHOD_BIFSG : RS_METHOD_BISG, .finest = RS_BLOCK_GROUP};
    struct rs_impute_model *m = rs_impute_model_new(pack, &options);
    open_csv(&csv, "%s/golden/imputation/wru_NJ_%d_%s_surname%s.csv", shared(), year, rs_place_level_names[level],
             with_first ? "_first" : "");
    cr_assert_eq(compare(m, &csv, level, with_first), with_first ? 5 : 6);
    rs_csv_close(&csv);
    rs_impute_model_free(m);
    rs_pack_close(pack);
    char command[128];
    snprintf(command, sizeof command, "rm -rf %s", dir);
    cr_assert_eq(system(command), 0);
}

Test(impute_golden, wru_2010_county) { golden(2010, RS_COUNTY, false); }
Test(impute_golden, wru_2010_tract) { golden(2010, RS_TRACT, false); }
Test(impute_golden, wru_2020_county) { golden(2020, RS_COUNTY, false); }
Test(impute_golden, wru_2020_tract) { golden(2020, RS_TRACT, false); }
Test(impute_golden, wru_2020_block_group) { golden(2020, RS_BLOCK_GROUP, false); }
Test(impute_golden, wru_2020_county_first) { golden(2020, RS_COUNTY, true); }
Test(impute_golden, wru_2020_tract_first) { golden(2020, RS_TRACT, true); }
Test(impute_golden, wru_2020_block_group_first) { golden(2020, RS_BLOCK_GROUP, true); }

/* ---- fBISG: all seven voters, of two tracts, as one cohort ------------------------------------------------------- */

struct voter {
    double likelihood[RS_GROUPS], residents[RS_GROUPS], want[5];
    char tract[16];
    bool listed;
};

static size_t read_voters(const struct rs_impute_model *m, struct voter *voters) {
    static const char *const columns[] = {"pred.whi", "pred.bla", "pred.his", "pred.asi", "pred.oth"};
    struct rs_csv csv;
    size_t n = 0;
    open_csv(&csv, "%s/golden/imputation/wru_NJ_2020_tract_fBISG_iter20000.csv", shared());
    while (next(&csv)) {
        struct voter *v = &voters[n++];
        struct rs_posterior q;
        struct rs_view surname = text(&csv, "surname");
        char name[64];
        struct rs_who who = {.ids = ids_of(&csv, RS_TRACT, v->tract)};
        for (size_t i = 0; i < surname.n; i++)
            name[i] = (char)(surname.p[i] >= 'a' ? surname.p[i] - 32 : surname.p[i]);
        who.surname = rs_view(name, surname.n);
        v->listed = !rs_eq_c(surname, "Wantchekon");
        rs_impute_likelihood(m, &who, v->likelihood, &q);
        v->likelihood[RS_MULTI] = 0; /* that package has no such group */
        memcpy(v->residents, rs_impute_residents(m, &who.ids, &q), sizeof v->residents);
        for (int i = 0; i < 5; i++) v->want[i] = number(&csv, columns[i]);
    }
    rs_csv_close(&csv);
    return n;
}

static void compare_tract(const struct voter *voters, size_t n, const char *tract) {
    static const enum rs_group groups[] = {RS_WHITE, RS_BLACK, RS_HISPANIC, RS_API, RS_AIAN};
    struct rs_fbisg_options o = {.seed = 1, .sweeps = 20500, .burn_in = 500};
    double likelihood[8][RS_GROUPS], p[8][RS_GROUPS];
    size_t of[8], members = 0;
    for (size_t i = 0; i < n; i++)
        if (strcmp(voters[i].tract, tract) == 0) {
            memcpy(likelihood[members], voters[i].likelihood, sizeof likelihood[0]);
            of[members++] = i;
        }
    rs_fbisg_unit(&o, 7, voters[of[0]].residents, (const double(*)[RS_GROUPS])likelihood, p, members);
    for (size_t i = 0; i < members; i++) {
        const struct voter *v = &voters[of[i]];
        for (size_t c = 0; v->listed && c < 5; c++) { /* one not listed takes the mean of the file there */
            double got = p[i][groups[c]], slack = 4 * sqrt(got * (1 - got) / 20000) + 1e-4;
            cr_expect(fabs(got - v->want[c]) <= slack, "voter %zu, group %zu: %.5f, expected %.5f", of[i] + 1, c, got,
                      v->want[c]);
        }
    }
}

Test(impute_golden, wru_2020_fbisg) {
    char probe[512], command[128];
    struct voter voters[8] = {{.listed = false}};
    snprintf(probe, sizeof probe, "%s/golden/imputation/surname_counts.csv", shared());
    if (!rs_exists(probe)) cr_skip_test("no golden files at %s (set RELSOGI_SHARED)", shared());
    strcpy(dir, "/tmp/relsogi-wru-XXXXXX");
    cr_assert(mkdtemp(dir));
    struct rs_pack *pack = make_pack(2020, RS_TRACT, false);
    struct rs_impute_model *m = rs_impute_model_new(
        pack, &(struct rs_impute_options){.method = RS_METHOD_FBISG, .finest = RS_BLOCK_GROUP});
    size_t n = read_voters(m, voters);
    cr_assert_eq(n, 7);
    compare_tract(voters, n, "34021004501");
    compare_tract(voters, n, "34021004000");
    rs_impute_model_free(m);
    rs_pack_close(pack);
    snprintf(command, sizeof command, "rm -rf %s", dir);
    cr_assert_eq(system(command), 0);
}
