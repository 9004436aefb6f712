/* SPDX-License-Identifier: GPL-3.0-or-later */
/* First names: the default table against figures of the published workbook, smoothing worked out by hand, the steps of
 * finding a name, and the table's worth against an independent one where that is at hand ($RELSOGI_SHARED). */
#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include "pipeline/base/file.h"
#include "pipeline/reference/csv_table.h"
#include "pipeline/reference/first_name.h"
#include "pipeline/reference/pack_build.h"
#include "pipeline/reference/pack_tables.h"
#include "pipeline/reference/xlsx.h"

#define TABLES RELSOGI_SOURCE_DIR "/schemas/reference/"
static char dir[64];

static void setup(void) {
    strcpy(dir, "/tmp/relsogi-first-XXXXXX");
    cr_assert(mkdtemp(dir));
}

static void teardown(void) {
    char command[128];
    snprintf(command, sizeof command, "rm -rf %s", dir);
    cr_assert_eq(system(command), 0);
}

static void write_file(const char *name, const char *content, char path[128]) {
    struct rs_error error = {0};
    snprintf(path, 128, "%s/%s", dir, name);
    cr_assert(rs_write_file(path, content, strlen(content), &error), "%s", error.text);
}

/* A pack with these first names, and a surname and a place so that it is whole. */
static struct rs_pack *pack_of(const char *first_names) {
    char names[128], firsts[128], places[128], output[128];
    struct rs_error error = {0};
    write_file("names.csv", "name,white,black,aian,api,multi,hispanic\nALL OTHER NAMES,1,1,1,1,1,1\n", names);
    write_file("places.csv", "id,white,black,aian,api,multi,hispanic\n36,1,1,1,1,1,1\n", places);
    struct rs_pack_tables t = {.surnames = names};
    t.places[RS_STATE] = places;
    if (first_names) {
        write_file("first.csv", first_names, firsts);
        t.first_names = firsts;
    }
    snprintf(output, sizeof output, "%s/a.pack", dir);
    cr_assert(rs_pack_build(&t, output, &error), "%s", error.text);
    struct rs_pack *p = rs_pack_open(output, &error);
    cr_assert(p, "%s", error.text);
    return p;
}

static void near(double got, double want, double within, const char *what) {
    cr_assert(fabs(got - want) <= within, "%s: %.15g, expected %.15g", what, got, want);
}

TestSuite(first_names, .init = setup, .fini = teardown, .timeout = 300);

#define HEADER "first_name,white,black,aian,api,multi,hispanic\n"

/* AARON: 3,646 observations, 2.880 % Hispanic, 91.607 White, 3.264 Black, 2.057 API, .055 AIAN, .137 two or more, as
 * Tzioumis's workbook prints them: 105, 3340, 119, 75, 2, 5. */
Test(first_names, default_table_is_the_published_one) {
    char output[128];
    struct rs_error error = {0};
    struct rs_pack_tables t = {.surnames = TABLES "surnames_2010.csv.gz", .nation = TABLES "nation_2010.csv",
                               .first_names = TABLES "first_names.csv.gz", .sources = TABLES "SOURCES.json"};
    t.places[RS_ZCTA] = TABLES "zcta_2020.csv.gz";
    snprintf(output, sizeof output, "%s/a.pack", dir);
    cr_assert(rs_pack_build(&t, output, &error), "%s", error.text);
    struct rs_pack *p = rs_pack_open(output, &error);
    cr_assert(p, "%s", error.text);
    const double want[RS_GROUPS] = {3340, 119, 2, 75, 5, 105};
    double c[RS_GROUPS], total[RS_GROUPS] = {0}, sums[RS_GROUPS] = {0}, sum_of_likelihood[RS_GROUPS] = {0};
    cr_assert(rs_pack_has_first_names(p));
    cr_assert_eq(rs_pack_first_names(p), 4250);
    cr_assert(rs_pack_first_name_counts(p, RS_LIT("AARON"), c));
    cr_assert_eq(memcmp(c, want, sizeof c), 0);
    cr_assert_not(rs_pack_first_name(p, RS_LIT("ALL OTHER NAMES"), c));
    rs_pack_first_name_totals(p, total);
    for (size_t i = 0; i < rs_pack_first_names(p); i++) {
        struct rs_view name = rs_pack_first_name_at(p, i, c);
        for (int r = 0; r < RS_GROUPS; r++) sums[r] += c[r];
        cr_assert(rs_pack_first_name(p, name, c));
        for (int r = 0; r < RS_GROUPS; r++) {
            cr_assert(c[r] > 0 && c[r] < 1);
            sum_of_likelihood[r] += c[r];
        }
    }
    for (int r = 0; r < RS_GROUPS; r++) {
        near(total[r], sums[r], 0, "totals are sums");
        /* Smoothing moves little: over all names, P(f|r) still adds up to 1 but for a tenth. Had P(f|r) been made from
         * P(r|f) without weights, these sums would be off by several times, differently for each group. */
        near(sum_of_likelihood[r], 1, .1, rs_group_names[r]);
    }
    rs_pack_close(p);
}

/* Two names, N = 1000: A has 300 + 90 + 2 + 4 + 2 + 2 = 400 bearers, B 400 + 60 + 8 + 46 + 8 + 78 = 600. */
Test(first_names, smoothing_by_hand) {
    struct rs_pack *p = pack_of(HEADER "A,300,90,2,4,2,2\nB,400,60,8,46,8,78\nALL OTHER NAMES,9,9,9,9,9,9\n");
    double a[RS_GROUPS], l[RS_GROUPS];
    rs_pack_first_name_smoothing(p, a);
    cr_assert(rs_pack_first_name(p, RS_LIT("A"), l));
    for (int r = 0; r < RS_GROUPS; r++) cr_assert(a[r] >= .01 && a[r] <= 1000);
    near(l[RS_WHITE], (300 + a[RS_WHITE]) / (400 * .7 + a[RS_WHITE]) * .4, 1e-15, "White");     /* N_white = 700 */
    near(l[RS_HISPANIC], (2 + a[RS_HISPANIC]) / (400 * .08 + a[RS_HISPANIC]) * .4, 1e-15, "Hispanic"); /* 80 */
    near(l[RS_AIAN], (2 + a[RS_AIAN]) / (400 * .01 + a[RS_AIAN]) * .4, 1e-15, "AIAN");           /* 10 */
    cr_assert_not(rs_pack_first_name(p, RS_LIT("C"), l));
    rs_pack_close(p);
}

static void add(struct rs_counts_table *t, const char *name, const double counts[RS_GROUPS]) {
    rs_counts_add(t, rs_cstr(name), counts);
}

/* Negative binomial with two names that share one expectation E = 10, counts 4 and 16. With x = a, the derivative of
 * the log-likelihood is psi(4+a) + psi(16+a) - 2 psi(a) + 2 ln(a/(a+10)) + 2 - (4+16+2a)/(a+10), psi(n+a) - psi(a) being
 * sum 1/(a+j) for j < n; its zero is found by halving. */
static double derivative(double a) {
    double sum = 2 * log(a / (a + 10)) + 2 - (20 + 2 * a) / (a + 10);
    for (int j = 0; j < 4; j++) sum += 1 / (a + j);
    for (int j = 0; j < 16; j++) sum += 1 / (a + j);
    return sum;
}

Test(first_names, smoothing_is_the_most_likely) {
    struct rs_counts_table t = {.rows = NULL};
    /* Two names of 40 bearers; White makes up a quarter of all, so E = 10; the others alike in both. */
    add(&t, "A", (double[RS_GROUPS]){4, 36, 0, 0, 0, 0});
    add(&t, "B", (double[RS_GROUPS]){16, 24, 0, 0, 0, 0});
    double a[RS_GROUPS], low = .01, high = 1000;
    rs_fit_first_names(&t, (double[RS_GROUPS]){20, 60, 1e-9, 1e-9, 1e-9, 1e-9}, a);
    cr_assert(derivative(low) > 0 && derivative(high) < 0);
    while (high - low > 1e-9) {
        double middle = (low + high) / 2;
        if (derivative(middle) > 0) low = middle;
        else high = middle;
    }
    near(a[RS_WHITE], low, low * 6e-3, "a"); /* three digits */
    rs_counts_free(&t);
}

/* Where all names are used alike there is nothing to tell groups apart by: the most smoothing. */
Test(first_names, names_used_alike_are_smoothed_away) {
    struct rs_pack *p = pack_of(HEADER "A,50,50,50,50,50,50\nB,10,10,10,10,10,10\nC,90,90,90,90,90,90\n");
    double a[RS_GROUPS];
    rs_pack_first_name_smoothing(p, a);
    for (int r = 0; r < RS_GROUPS; r++) cr_assert_geq(a[r], 999);
    rs_pack_close(p);
}

Test(first_names, steps) {
    static const struct {
        const char *name, *listed;
        enum rs_first_name_match match;
    } cases[] = {
        {"MARIA", "MARIA", RS_FIRST_NAME_EXACT},
        {"JO ANN", "JOANN", RS_FIRST_NAME_JOINED},
        {"JO-ANN", "JOANN", RS_FIRST_NAME_JOINED},
        {"D'ANDRE", "DANDRE", RS_FIRST_NAME_JOINED},
        {"MARIA DEL CARMEN", "MARIA", RS_FIRST_NAME_FIRST_PART},
        {"MARIA-LUISA", "MARIA", RS_FIRST_NAME_FIRST_PART},
        {"J. MARIA", "MARIA", RS_FIRST_NAME_FIRST_PART},
        {"MARIA J.", "MARIA", RS_FIRST_NAME_FIRST_PART},
        {"BABY", "BABY", RS_FIRST_NAME_EXACT}, /* listed: a name */
        {"BABY BOY", NULL, RS_FIRST_NAME_NONE},
        {"ZZYZX", NULL, RS_FIRST_NAME_NONE},
        {"M", NULL, RS_FIRST_NAME_NONE},
        {"-", NULL, RS_FIRST_NAME_NONE},
    };
    struct rs_pack *p = pack_of(HEADER "MARIA,10,2,1,5,1,90\nJOANN,70,9,1,2,2,4\nDANDRE,5,80,1,1,3,2\nBABY,1,1,1,5,1,1\n");
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        double got[RS_GROUPS], want[RS_GROUPS] = {1, 1, 1, 1, 1, 1};
        enum rs_first_name_match match = rs_first_name_find(p, rs_cstr(cases[i].name), got);
        cr_assert_eq(match, cases[i].match, "%s: %s", cases[i].name, rs_first_name_match_names[match]);
        if (cases[i].listed) cr_assert(rs_pack_first_name(p, rs_cstr(cases[i].listed), want));
        cr_assert_eq(memcmp(got, want, sizeof got), 0, "%s", cases[i].name);
    }
    double l[RS_GROUPS];
    cr_assert_eq(rs_first_name_find(p, RS_NULL, l), RS_FIRST_NAME_NONE);
    rs_pack_close(p);
}

Test(first_names, a_pack_may_have_none) {
    struct rs_pack *p = pack_of(NULL);
    double l[RS_GROUPS];
    cr_assert_not(rs_pack_has_first_names(p));
    cr_assert_not(rs_pack_first_name(p, RS_LIT("MARIA"), l));
    cr_assert_eq(rs_first_name_find(p, RS_LIT("MARIA"), l), RS_FIRST_NAME_NONE);
    rs_pack_close(p);
}

/* Cells with and without references, inline and rich text, entities, an empty row. */
Test(first_names, workbook_to_csv) {
    static const char *const names[] = {"stored", "deflated"};
    for (int i = 0; i < 2; i++) {
        char path[512];
        struct rs_buffer file = {0}, csv = {0};
        struct rs_error error = {0};
        snprintf(path, sizeof path, RELSOGI_SOURCE_DIR "/tests/fuzz/corpus/xlsx/%s.xlsx", names[i]);
        cr_assert(rs_read_file(path, &file, 1 << 20, &error), "%s", error.text);
        cr_assert(rs_xlsx_to_csv(path, rs_view(file.p, file.n), &csv, &error), "%s", error.text);
        static const char want[] = "\"NAME\",,\"a\xC3\xA9&\"\"\"\n,,\n\"TRUE\",\"2\",\n";
        cr_assert(rs_eq_c(rs_view(csv.p, csv.n), want), "%.*s", (int)csv.n, csv.p);
        rs_buffer_free(&file);
        rs_buffer_free(&csv);
    }
}

/* ---- against a table from voter files -------------------------------------------------------------------------- */

/* That table gives P(name | group) of five groups, White, Black, Hispanic, Asian, other, which with the adults' shares
 * make a population. In it, the log-loss of the group given our P(f|r) must be well below that of the shares alone
 *, and the mean of each group's probability near its share. */
Test(first_names, tell_groups_apart_in_another_table) {
    const char *set = getenv("RELSOGI_SHARED");
    char path[512];
    snprintf(path, sizeof path, "%s/reference/first_name_given_race_voterfile.csv.gz",
             set && *set ? set : RELSOGI_SOURCE_DIR "/../shared");
    if (access(path, R_OK) != 0) {
        fprintf(stderr, "skipped: no %s\n", path);
        return;
    }
    static const char *const columns[5] = {"c_whi_first", "c_bla_first", "c_his_first", "c_asi_first", "c_oth_first"};
    static const double share[5] = {.578, .121, .187, .061, .053}, aian_in_other = .7 / 4.8; /* 2020 Census */
    struct rs_csv csv;
    struct rs_error error = {0};
    bool more = true;
    double loss = 0, loss_of_shares = 0, all = 0, covered = 0, mean[5] = {0}, row_totals[RS_GROUPS];
    int name, at[5];
    struct rs_pack_tables t = {.surnames = TABLES "surnames_2010.csv.gz", .nation = TABLES "nation_2010.csv",
                               .first_names = TABLES "first_names.csv.gz"};
    t.places[RS_ZCTA] = TABLES "zcta_2020.csv.gz";
    char output[128];
    snprintf(output, sizeof output, "%s/a.pack", dir);
    cr_assert(rs_pack_build(&t, output, &error), "%s", error.text);
    struct rs_pack *p = rs_pack_open(output, &error);
    cr_assert(p && rs_csv_open(&csv, path, &error) && rs_csv_need(&csv, "first_name", &name, &error), "%s", error.text);
    rs_pack_first_name_totals(p, row_totals);
    for (int g = 0; g < 5; g++) cr_assert(rs_csv_need(&csv, columns[g], &at[g], &error), "%s", error.text);
    while (rs_csv_next(&csv, &more, &error) && more) {
        double joint[5], l[RS_GROUPS], post[5], sum = 0;
        if (rs_eq_c(csv.field[name], "ALL OTHER NAMES")) continue;
        bool listed = rs_pack_first_name(p, csv.field[name], l);
        for (int g = 0; g < 5; g++) {
            cr_assert(rs_csv_count(&csv, at[g], &joint[g], &error), "%s", error.text);
            joint[g] *= share[g];
            post[g] = share[g];
        }
        if (listed) {
            double five[5] = {l[RS_WHITE], l[RS_BLACK], l[RS_HISPANIC], l[RS_API],
                              l[RS_AIAN] * aian_in_other + l[RS_MULTI] * (1 - aian_in_other)};
            for (int g = 0; g < 5; g++) post[g] *= five[g];
        }
        for (int g = 0; g < 5; g++) sum += post[g];
        for (int g = 0; g < 5; g++) {
            loss -= joint[g] * log(post[g] / sum);
            loss_of_shares -= joint[g] * log(share[g]);
            all += joint[g];
            covered += listed ? joint[g] : 0;
        }
        double row = joint[0] + joint[1] + joint[2] + joint[3] + joint[4];
        for (int g = 0; g < 5; g++) mean[g] += row * post[g] / sum;
    }
    cr_assert_eq(error.code, 0, "%s", error.text);
    fprintf(stderr, "first names: covered %.3f, log-loss %.4f against %.4f of the shares alone\n", covered / all,
            loss / all, loss_of_shares / all);
    cr_assert_gt(covered / all, .8);
    cr_assert_lt(loss / all, .82 * loss_of_shares / all);
    for (int g = 0; g < 5; g++) near(mean[g] / all, share[g], .015, columns[g]);
    rs_csv_close(&csv);
    rs_pack_close(p);
}
