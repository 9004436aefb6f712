/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Reference packs: what the default tables give against published totals, small tables worked out by hand, damage, and
 * every step of finding a surname. */
#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>
#include "pipeline/base/file.h"
#include "pipeline/reference/pack_build.h"
#include "pipeline/reference/surname.h"

static char dir[64];

static void setup(void) {
    strcpy(dir, "/tmp/relsogi-ref-XXXXXX");
    cr_assert(mkdtemp(dir));
}

static void teardown(void) {
    char command[128];
    snprintf(command, sizeof command, "rm -rf %s", dir);
    cr_assert_eq(system(command), 0);
}

/* Path of a file in the test's directory; with content, writes it. Four names at a time. */
static const char *file(const char *name, const char *content) {
    static char paths[8][128];
    static int next;
    struct rs_error error = {0};
    char *path = paths[next++ % 8];
    snprintf(path, 128, "%s/%s", dir, name);
    if (content) cr_assert(rs_write_file(path, content, strlen(content), &error), "%s", error.text);
    return path;
}

#define TABLES RELSOGI_SOURCE_DIR "/schemas/reference/"
static struct rs_pack_tables defaults(void) {
    struct rs_pack_tables t = {.surnames = TABLES "surnames_2010.csv.gz", .nation = TABLES "nation_2010.csv",
                               .particles = TABLES "particles.csv", .sources = TABLES "SOURCES.json"};
    t.places[RS_TRACT] = TABLES "tract_2020.csv.gz";
    t.places[RS_ZCTA] = TABLES "zcta_2020.csv.gz";
    return t;
}

static struct rs_pack *built(const struct rs_pack_tables *t, const char *name) {
    struct rs_error error = {0};
    const char *path = file(name, NULL);
    cr_assert(rs_pack_build(t, path, &error), "%s", error.text);
    struct rs_pack *p = rs_pack_open(path, &error);
    cr_assert(p, "%s", error.text);
    return p;
}

static double sum(const double c[RS_GROUPS]) { return c[0] + c[1] + c[2] + c[3] + c[4] + c[5]; }

static void near(double got, double want, double within, const char *what) {
    cr_assert(fabs(got - want) <= within, "%s: %.15g, expected %.15g", what, got, want);
}

TestSuite(reference, .init = setup, .fini = teardown, .timeout = 300);

/* 2020 Census: adults of the states and DC 258,343,281, of Puerto Rico 2,724,903; the 2010 list's own first row, last
 * row and number of names. */
Test(reference, default_pack_has_the_published_totals) {
    struct rs_pack_tables t = defaults();
    struct rs_pack *p = built(&t, "a.pack");
    double c[RS_GROUPS];
    cr_assert_eq(rs_pack_surnames(p), 162253);
    cr_assert_eq(rs_pack_places(p, RS_STATE), 52);
    cr_assert_eq(rs_pack_places(p, RS_COUNTY), 3221);
    cr_assert_eq(rs_pack_places(p, RS_BLOCK_GROUP), 0);
    rs_pack_nation(p, c);
    near(sum(c), 261068184, 1e-3, "nation");
    cr_assert(rs_pack_place(p, RS_STATE, RS_LIT("PR"), c));
    near(sum(c), 2724903, 1e-5, "Puerto Rico");
    rs_pack_other_surnames(p, c);
    near(sum(c), 29312001, 1e-6, "all other names");
    near(c[RS_WHITE] / 29312001, .6665, 1e-12, "all other names, White");
    near(c[RS_MULTI] / 29312001, .0232, 1e-12, "all other names, two or more");
    cr_assert(rs_pack_surname(p, RS_LIT("SMITH"), c));
    near(sum(c), 2442977, 1e-6, "SMITH");
    near(c[RS_API] / 2442977, .0050 / .9999, 1e-12, "SMITH, API"); /* its published shares add up to 99.99 % */
    rs_pack_close(p);
}

Test(reference, names_that_parsers_take_for_missing_are_there) {
    static const char *const there[] = {"NULL", "TRUE", "NAN", "TEST", "NASR", "UNK"};
    static const char *const not_there[] = {"NA", "MASR", "SHIV", "ALL OTHER NAMES", "NAME", ""};
    struct rs_pack_tables t = defaults();
    struct rs_pack *p = built(&t, "a.pack");
    double c[RS_GROUPS];
    for (size_t i = 0; i < sizeof there / sizeof *there; i++)
        cr_assert(rs_pack_surname(p, rs_cstr(there[i]), c), "%s", there[i]);
    for (size_t i = 0; i < sizeof not_there / sizeof *not_there; i++)
        cr_assert_not(rs_pack_surname(p, rs_cstr(not_there[i]), c), "%s", not_there[i]);
    rs_pack_close(p);
}

Test(reference, every_entry_is_found_and_in_order) {
    struct rs_pack_tables t = defaults();
    struct rs_pack *p = built(&t, "a.pack");
    double at[RS_GROUPS], found[RS_GROUPS];
    struct rs_view before = RS_NULL;
    for (size_t i = 0; i < rs_pack_surnames(p); i++) {
        struct rs_view name = rs_pack_surname_at(p, i, at);
        cr_assert(rs_compare(before, name) < 0);
        cr_assert(rs_pack_surname(p, name, found) && memcmp(at, found, sizeof at) == 0);
        before = name;
    }
    for (int level = RS_STATE; level < RS_PLACE_LEVELS; level++) {
        for (size_t i = 0; i < rs_pack_places(p, (enum rs_place_level)level); i++) {
            size_t again;
            struct rs_view id = rs_pack_place_at(p, (enum rs_place_level)level, i, at);
            cr_assert(rs_pack_place_find(p, (enum rs_place_level)level, id, &again) && again == i);
        }
    }
    rs_pack_close(p);
}

Test(reference, same_tables_same_bytes) {
    struct rs_pack_tables t = defaults();
    struct rs_pack *a = built(&t, "a.pack"), *b = built(&t, "b.pack");
    struct rs_digest d;
    struct rs_error error = {0};
    cr_assert_str_eq(rs_pack_id(a), rs_pack_id(b));
    cr_assert(rs_sha256_file(file("a.pack", NULL), &d, NULL, &error));
    cr_assert_eq(memcmp(&d, rs_pack_digest(a), sizeof d), 0);
    rs_pack_close(a);
    rs_pack_close(b);
}

/* ---- small tables --------------------------------------------------------------------------------------------- */

#define PLACE_HEADER "id,white,black,aian,api,multi,hispanic,some_other\n"
#define NAME_HEADER "name,white,black,aian,api,multi,hispanic\n"
#define OTHERS "ALL OTHER NAMES,10,10,10,10,10,10\n"

static struct rs_pack_tables small(const char *surnames, const char *tracts) {
    struct rs_pack_tables t = {.surnames = file("names.csv", surnames), .nation = TABLES "nation_2010.csv",
                               .particles = TABLES "particles.csv"};
    t.places[RS_TRACT] = file("tracts.csv", tracts);
    return t;
}

Test(reference, some_other_race_is_spread_and_levels_are_summed) {
    struct rs_pack_tables t = small(NAME_HEADER OTHERS, PLACE_HEADER
                                    "34021000100,10,20,0,10,0,5,4\n"    /* x 44/40: 11 22 0 11 0 5 */
                                    "34021000200,0,0,0,0,0,3,5\n"       /* nobody else: 1 each */
                                    "34003000100,1,1,1,1,1,1,0\n"
                                    "01001000100,2,0,2,0,2,0,0\n");
    struct rs_pack *p = built(&t, "a.pack");
    static const double tract[] = {11, 22, 0, 11, 0, 5}, county[] = {12, 23, 1, 12, 1, 8},
                        state[] = {13, 24, 2, 13, 2, 9}, nation[] = {15, 24, 4, 13, 4, 9};
    double c[RS_GROUPS];
    cr_assert(rs_pack_place(p, RS_TRACT, RS_LIT("34021000100"), c));
    for (int r = 0; r < RS_GROUPS; r++) near(c[r], tract[r], 1e-12, "tract");
    cr_assert(rs_pack_place(p, RS_COUNTY, RS_LIT("34021"), c));
    for (int r = 0; r < RS_GROUPS; r++) near(c[r], county[r], 1e-12, "county");
    cr_assert(rs_pack_place(p, RS_STATE, RS_LIT("NJ"), c));
    for (int r = 0; r < RS_GROUPS; r++) near(c[r], state[r], 1e-12, "state");
    cr_assert(rs_pack_place(p, RS_STATE, RS_LIT("34"), c));
    rs_pack_nation(p, c);
    for (int r = 0; r < RS_GROUPS; r++) near(c[r], nation[r], 1e-12, "nation");
    cr_assert_not(rs_pack_place(p, RS_TRACT, RS_LIT("34021000300"), c));
    cr_assert_not(rs_pack_place(p, RS_STATE, RS_LIT("ZZ"), c));
    rs_pack_close(p);
}

/* The Bureau's layout. 200 bearers, 50 % White, 30 % Hispanic, Black and AIAN suppressed: 20 % left, shared as the
 * nation's 37,685,848 and 2,247,098. */
Test(reference, suppressed_cells_share_what_is_left) {
    struct rs_pack_tables t = small("name,rank,count,pctwhite,pctblack,pctapi,pctaian,pct2prace,pcthispanic\n"
                                    "SOMEBODY,1,200,50,(S),0,(S),0,30\n"
                                    "ALL OTHER NAMES,0,1000,50,10,10,10,10,10\n",
                                    PLACE_HEADER "34021000100,1,1,1,1,1,1,0\n");
    struct rs_pack *p = built(&t, "a.pack");
    double c[RS_GROUPS], left = 40;
    cr_assert(rs_pack_surname(p, RS_LIT("SOMEBODY"), c));
    near(c[RS_WHITE], 100, 1e-9, "White");
    near(c[RS_HISPANIC], 60, 1e-9, "Hispanic");
    near(c[RS_BLACK], left * 37685848 / (37685848 + 2247098), 1e-9, "Black");
    near(c[RS_AIAN], left * 2247098 / (37685848 + 2247098), 1e-9, "AIAN");
    near(c[RS_API], 0, 0, "API");
    rs_pack_close(p);
}

Test(reference, long_names_and_zip_crosswalk) {
    struct rs_pack_tables t = small(NAME_HEADER "WOLFESCHLEGELSTEINHAUSENBERGERDORFF,1,0,0,0,0,0\n"
                                    "ABCDEFGHIJKLMNO,2,0,0,0,0,0\nABCDEFGHIJKLMNOP,3,0,0,0,0,0\n" OTHERS,
                                    PLACE_HEADER "34021000100,1,1,1,1,1,1,0\n");
    t.places[RS_ZCTA] = file("zctas.csv", PLACE_HEADER "08540,1,1,1,1,1,1,0\n08544,2,2,2,2,2,2,0\n");
    t.zip_zcta = file("zips.csv", "zip,zcta\n08540,08540\n08541,08540\n00501,11742\n");
    struct rs_pack *p = built(&t, "a.pack");
    double c[RS_GROUPS];
    cr_assert(rs_pack_surname(p, RS_LIT("WOLFESCHLEGELSTEINHAUSENBERGERDORFF"), c) && c[0] == 1);
    cr_assert(rs_pack_surname(p, RS_LIT("ABCDEFGHIJKLMNO"), c) && c[0] == 2);
    cr_assert(rs_pack_surname(p, RS_LIT("ABCDEFGHIJKLMNOP"), c) && c[0] == 3);
    cr_assert_not(rs_pack_surname(p, RS_LIT("ABCDEFGHIJKLMNOPQ"), c));
    cr_assert(rs_eq_c(rs_pack_zcta_of_zip(p, RS_LIT("08541")), "08540"));
    cr_assert(rs_is_null(rs_pack_zcta_of_zip(p, RS_LIT("00501")))); /* its ZCTA is not in the table */
    cr_assert(rs_is_null(rs_pack_zcta_of_zip(p, RS_LIT("08544")))); /* the crosswalk decides */
    cr_assert(rs_is_null(rs_pack_zcta_of_zip(p, RS_LIT("8540"))));
    rs_pack_close(p);
    t.zip_zcta = NULL;
    p = built(&t, "b.pack");
    cr_assert(rs_eq_c(rs_pack_zcta_of_zip(p, RS_LIT("08544")), "08544"));
    cr_assert(rs_is_null(rs_pack_zcta_of_zip(p, RS_LIT("08541"))));
    rs_pack_close(p);
}

static void refused(const struct rs_pack_tables *t, const char *why) {
    struct rs_error error = {0};
    const char *path = file("refused.pack", NULL);
    cr_assert_not(rs_pack_build(t, path, &error), "built in spite of: %s", why);
    cr_assert(strstr(error.text, why), "%s", error.text);
    cr_assert_not(rs_exists(path));
}

Test(reference, bad_tables_are_refused_with_their_line) {
    static const char good_names[] = NAME_HEADER OTHERS, good_places[] = PLACE_HEADER "34021000100,1,1,1,1,1,1,0\n";
    struct rs_pack_tables t = small(good_names, PLACE_HEADER "4021000100,1,1,1,1,1,1,0\n");
    refused(&t, "line 2: the id of a tract has 11 digits, this one 10 characters (a leading zero may have been lost)");
    t = small(good_names, PLACE_HEADER "34021000100,1,1,1,1,1,1,0\n34021000100,1,1,1,1,1,1,0\n");
    refused(&t, "34021000100 is there twice");
    t = small(good_names, PLACE_HEADER "34021000100,1,1,-1,1,1,1,0\n");
    refused(&t, "line 2, column `aian`: not a number of 0 or more");
    t = small(good_names, PLACE_HEADER "34021000100,1,1,NA,1,1,1,0\n");
    refused(&t, "not a number");
    t = small(good_names, PLACE_HEADER "34021000100,1,1\n");
    refused(&t, "line 2: 3 fields, the header has 8");
    t = small(good_names, "id,white,black\n34021000100,1,1\n");
    refused(&t, "no column `aian`");
    t = small(NAME_HEADER "SMITH,1,1,1,1,1,1\n", good_places);
    refused(&t, "no row ALL OTHER NAMES");
    t = small(NAME_HEADER "smith,1,1,1,1,1,1\n" OTHERS, good_places);
    refused(&t, "upper case");
    t = small(good_names, good_places);
    t.sources = file("SOURCES.json", "[{\"file\": \"names.csv\", \"content_sha256\": \"00\"}]");
    refused(&t, "SHA-256 differs");
}

Test(reference, damage_is_seen) {
    struct rs_pack_tables t = small(NAME_HEADER OTHERS, PLACE_HEADER "34021000100,1,1,1,1,1,1,0\n");
    struct rs_error error = {0};
    const char *path = file("a.pack", NULL);
    struct rs_buffer bytes = {0};
    rs_pack_close(built(&t, "a.pack"));
    cr_assert(rs_read_file(path, &bytes, 1 << 20, &error));
    for (size_t at = 0; at < bytes.n; at += at < 512 ? 1 : 97) { /* the header's reserved bytes are not looked at */
        if (at >= 32 && at < 64) continue;
        bytes.p[at] ^= 0x10;
        cr_assert(rs_write_file(path, bytes.p, bytes.n, &error));
        error = (struct rs_error){0};
        cr_assert_null(rs_pack_open(path, &error), "byte %zu", at);
        cr_assert_eq(error.code, RS_DATA);
        bytes.p[at] ^= 0x10;
    }
    cr_assert(rs_write_file(path, bytes.p, bytes.n - 64, &error));
    cr_assert_null(rs_pack_open(path, &error));
    cr_assert(rs_write_file(path, "", 0, &error));
    cr_assert_null(rs_pack_open(path, &error));
    cr_assert_null(rs_pack_open(file("nowhere.pack", NULL), &error));
    cr_assert_eq(error.code, RS_NO_INPUT);
    rs_buffer_free(&bytes);
}

Test(reference, states) {
    cr_assert(rs_eq_c(rs_state_fips(RS_LIT("NY")), "36"));
    cr_assert(rs_eq_c(rs_state_fips(RS_LIT("pr")), "72"));
    cr_assert(rs_eq_c(rs_state_usps(RS_LIT("11")), "DC"));
    cr_assert(rs_is_null(rs_state_fips(RS_LIT("XX"))));
    cr_assert(rs_is_null(rs_state_usps(RS_LIT("03")))); /* never given out */
}

/* ---- surnames ------------------------------------------------------------------------------------------------- */

/* Expected likelihoods are worked out here from the pack's counts. */
static void plain(const struct rs_pack *p, const char *name, double smoothing, double out[RS_GROUPS]) {
    double total[RS_GROUPS];
    rs_pack_surname_totals(p, total);
    cr_assert(rs_pack_surname(p, rs_cstr(name), out), "%s", name);
    for (int r = 0; r < RS_GROUPS; r++) out[r] = out[r] / total[r] + smoothing / sum(total);
}

static void expect(const struct rs_pack *p, const struct rs_surnames *s, const char *name, enum rs_surname_match match,
                   const char *as, double smoothing) {
    double got[RS_GROUPS], want[RS_GROUPS];
    enum rs_surname_match m = rs_surname_find(s, rs_cstr(name), got);
    cr_assert_eq(m, match, "%s: %s", name, rs_surname_match_names[m]);
    if (!as) return;
    plain(p, as, smoothing, want);
    for (int r = 0; r < RS_GROUPS; r++) near(got[r], want[r], 1e-14 * want[r], name);
}

Test(reference, steps_of_finding_a_surname) {
    struct rs_pack_tables t = defaults();
    struct rs_pack *p = built(&t, "a.pack");
    struct rs_surnames s;
    rs_surnames_init(&s, p, 0);
    static const struct {
        const char *name;
        enum rs_surname_match match;
        const char *as;
    } cases[] = {
        {"GARCIA", RS_SURNAME_EXACT, "GARCIA"},
        {"NULL", RS_SURNAME_EXACT, "NULL"},
        {"NASR", RS_SURNAME_EXACT, "NASR"},
        {"O'BRIEN", RS_SURNAME_PUNCTUATION, "OBRIEN"},
        {"JEAN-BAPTISTE", RS_SURNAME_PUNCTUATION, "JEANBAPTISTE"},
        {"DE LA CRUZ", RS_SURNAME_JOINED, "DELACRUZ"},
        {"ST. JOHN", RS_SURNAME_JOINED, "STJOHN"},
        {"VAN DER BERG", RS_SURNAME_JOINED, "VANDERBERG"},
        {"SMITH JR", RS_SURNAME_SUFFIX, "SMITH"},
        {"O'BRIEN III", RS_SURNAME_SUFFIX, "OBRIEN"},
        {"YANG-YANG", RS_SURNAME_PARTS, "YANG"},
        {"SMITH-XQZVW", RS_SURNAME_PARTS, "SMITH"},
        {"XQZVW DE LA CRUZ", RS_SURNAME_PARTS, "DELACRUZ"},
        {"XQZVW Y GARCIA", RS_SURNAME_PARTS, "GARCIA"},
        {"XQZVW-GARCIA JR", RS_SURNAME_PARTS, "GARCIA"},
        {"MASR", RS_SURNAME_OTHER, NULL}, /* not cut to MA */
        {"SHIV", RS_SURNAME_OTHER, NULL}, /* not cut to SH */
        {"XQZVW-QZVWX", RS_SURNAME_OTHER, NULL},
        {"", RS_SURNAME_NONE, NULL},
        {"UNKNOWN", RS_SURNAME_NONE, NULL},
        {"BABY BOY", RS_SURNAME_NONE, NULL},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        expect(p, &s, cases[i].name, cases[i].match, cases[i].as, 0);
    rs_surnames_init(&s, p, 5);
    expect(p, &s, "DE LA CRUZ", RS_SURNAME_JOINED, "DELACRUZ", 5);
    double likelihood[RS_GROUPS];
    cr_assert_eq(rs_surname_find(&s, RS_NULL, likelihood), RS_SURNAME_NONE);
    for (int r = 0; r < RS_GROUPS; r++) near(likelihood[r], 1, 0, "no name");
    rs_pack_close(p);
}

Test(reference, parts_are_combined_by_the_geometric_mean) {
    struct rs_pack_tables t = defaults();
    struct rs_pack *p = built(&t, "a.pack");
    struct rs_surnames s;
    double a[RS_GROUPS], b[RS_GROUPS], c[RS_GROUPS], got[RS_GROUPS];
    rs_surnames_init(&s, p, 5);
    plain(p, "NGUYEN", 5, a);
    plain(p, "WASHINGTON", 5, b);
    plain(p, "DELACRUZ", 5, c);
    cr_assert_eq(rs_surname_find(&s, RS_LIT("NGUYEN-WASHINGTON"), got), RS_SURNAME_PARTS);
    for (int r = 0; r < RS_GROUPS; r++) near(got[r], sqrt(a[r] * b[r]), 1e-14 * got[r], "two parts");
    cr_assert_eq(rs_surname_find(&s, RS_LIT("NGUYEN WASHINGTON DE LA CRUZ"), got), RS_SURNAME_PARTS);
    for (int r = 0; r < RS_GROUPS; r++) near(got[r], cbrt(a[r] * b[r] * c[r]), 1e-13 * got[r], "three parts");
    rs_pack_close(p);
}
