/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Random plans through the stage's estimates, then what a reader of the published rows alone can subtract. */
#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include "pipeline/base/hash.h"
#include "stages/stratify/estimate.h"

static const struct rs_settings settings = {.minimum_cell = 11, .languages = 3, .low_information = 0.1, .threads = 1, .replicates = 5};

static void count(struct rs_counts *counts, uint32_t at, bool y) {
    struct rs_count *c = rs_count_at(counts, at);
    c->n++;
    c->x += y;
}

static uint32_t name(struct rs_strata *s, enum rs_dimension d, const char *text) {
    return rs_name_number(&s->names[d], rs_cstr(text));
}

/* One person, in strata of uneven size: most in the first. */
static void add_person(struct rs_strata *s, struct rs_series *series, struct rs_random *r, const double share[2],
                       double rate) {
    static const char *const languages[] = {"en", "es", "zh", "vi", "fr", "UNKNOWN"},
                             *const sexes[] = {"female", "male", "unknown"}, *const ages[] = {"0-17", "18-44", "45+"},
                             *const groups[] = {"A", "B", "C", "D"},
                             *const reasons[] = {"UNKNOWN", "UNRESOLVED", "NOT_ASKED"};
    struct rs_error error = {0};
    bool y = rs_random_unit(r) < rate;
    double u = rs_random_unit(r), size = rs_random_unit(r) * rs_random_unit(r) * rs_random_unit(r);
    uint32_t group = (uint32_t)(6 * size);
    count(&series->by[RS_ALL], 0, y);
    count(&series->by[RS_LANGUAGE], name(s, RS_LANGUAGE, languages[(int)(6 * size)]), y);
    count(&series->by[RS_SEX], name(s, RS_SEX, sexes[rs_random_unit(r) < .01 ? 2 : rs_random_below(r, 2)]), y);
    count(&series->by[RS_AGE], name(s, RS_AGE, ages[(int)(3 * rs_random_unit(r) * rs_random_unit(r))]), y);
    count(&series->by[RS_PROVIDER], name(s, RS_PROVIDER, groups[(int)(4 * rs_random_unit(r) * rs_random_unit(r))]), y);
    if (u < share[0]) {
        count(&series->by[RS_RACE], group, y);
        return;
    }
    bool declined = u < share[1];
    uint32_t reason =
        name(s, RS_RACE, declined ? "DECLINED" : reasons[(int)(3 * rs_random_unit(r) * rs_random_unit(r))]);
    count(&series->by[RS_RACE], reason, y);
    if (declined) {
        count(&series->excluded, reason, y);
        return;
    }
    struct rs_imputed_row row = {.weight = 1, .cluster = (uint32_t)rs_random_u32(r), .y = y};
    double sum = 0;
    for (int g = 0; g < RS_GROUPS; g++) sum += row.p[g] = pow(rs_random_unit(r), 1 + 3. * g);
    for (int g = 0; g < RS_GROUPS; g++) row.p[g] /= sum;
    cr_assert(rs_imputed_add(&series->imputed, &row, &error));
}

/* Persons counted whole in their likeliest group are withheld with the group; that alone must not leave one such cell which
 * the others and the total give. */
static void attack_whole(const struct rs_estimates *e, unsigned long long seed) {
    const struct rs_small_cell *group = NULL;
    for (size_t i = 0; i < e->n; i++) {
        const struct rs_small_cell *cell = &e->table.cells[e->e[i].cell];
        if (e->e[i].estimator == RS_BIRDIE) group = cell;
        if (e->e[i].estimator == RS_THRESHOLD && group->suppressed)
            cr_assert(cell->suppressed, "seed %llu: counted whole beside a blank group", seed);
    }
    int64_t found = rs_suppression_audit(&e->table, 11);
    cr_assert_eq(found, -1, "seed %llu: cell %lld can be worked out", seed, (long long)found);
}

/* What a row shows: count and numerator, or nothing. */
struct seen {
    double n, x;
};

static bool small_count(struct seen v) {
    double all[] = {v.n, v.x, v.n - v.x};
    for (int i = 0; i < 3; i++)
        if (all[i] > 1e-6 && all[i] < 11 - 1e-6) return true;
    return false;
}

static const struct rs_estimate *shown(const struct rs_estimates *e, enum rs_dimension d, enum rs_estimator k,
                                       const char *stratum) {
    for (size_t i = 0; i < e->n; i++)
        if (e->e[i].dimension == d && e->e[i].estimator == k && strcmp(e->e[i].stratum, stratum) == 0 &&
            !e->table.cells[e->e[i].cell].suppressed)
            return &e->e[i];
    return NULL;
}

/* The total less every shown row that `takes`: what is left belongs to the blank ones. */
static struct seen left_over(const struct rs_estimates *e, enum rs_dimension d, bool combined, int *blanks) {
    const struct rs_estimate *all = &e->e[0];
    struct seen left = {all->n, all->x};
    *blanks = 0;
    for (size_t i = 1; i < e->n; i++) {
        const struct rs_estimate *one = &e->e[i];
        bool counted = one->estimator == RS_SELF_REPORT || one->estimator == RS_OBSERVED;
        bool takes = one->dimension == d && (combined ? one->estimator == RS_WEIGHTED : counted);
        if (!takes) continue;
        if (e->table.cells[one->cell].suppressed) {
            ++*blanks;
            continue;
        }
        left.n -= one->n;
        left.x -= one->x;
    }
    return left;
}

static void attack(const struct rs_estimates *e, unsigned long long seed) {
    for (size_t i = 0; i < e->n; i++) {
        const struct rs_estimate *one = &e->e[i];
        if (e->table.cells[one->cell].suppressed) continue;
        cr_assert(!small_count((struct seen){one->n, one->x}), "seed %llu: a small count is shown", seed);
        cr_assert(isnan(one->n_eff) || one->n_eff >= 11, "seed %llu: a small effective number is shown", seed);
        if (one->estimator == RS_OLS || one->estimator == RS_MULTIPLE) { /* no other count than is shown anyway */
            const struct rs_estimate *both = shown(e, RS_RACE, RS_WEIGHTED, one->stratum);
            cr_assert(both && both->n == one->n, "seed %llu: a denominator of its own", seed);
        }
        cr_assert(one->estimator != RS_THRESHOLD || isnan(one->n), "seed %llu: persons by likeliest group", seed);
        if (isnan(one->difference)) continue;
        cr_assert(!e->table.cells[one->reference->cell].suppressed, "seed %llu: compared with a blank", seed);
    }
    if (e->table.cells[e->e[0].cell].suppressed) return;
    int blanks;
    for (int d = RS_RACE; d < RS_DIMENSIONS; d++) {
        struct seen left = left_over(e, (enum rs_dimension)d, false, &blanks);
        cr_assert_neq(blanks, 1, "seed %llu: one blank in %s", seed, rs_dimension_names[d]);
        cr_assert(blanks == 0 || !small_count(left), "seed %llu: the blanks of %s sum to a small count", seed,
                  rs_dimension_names[d]);
    }
    /* all less the combined groups are those excluded; known to be those who declined */
    struct seen excluded = left_over(e, RS_RACE, true, &blanks);
    if (blanks == 0) {
        cr_assert(!small_count(excluded), "seed %llu: a small number is excluded", seed);
        if (excluded.n > .5)
            cr_assert(shown(e, RS_RACE, RS_OBSERVED, "DECLINED"), "seed %llu: DECLINED follows from the rest", seed);
    }
    for (int g = 0; g < RS_GROUPS; g++) {
        const struct rs_estimate *both = shown(e, RS_RACE, RS_WEIGHTED, rs_group_names[g]),
                                 *own = shown(e, RS_RACE, RS_SELF_REPORT, rs_group_names[g]);
        if (both && own)
            cr_assert(!small_count((struct seen){both->n - own->n, both->x - own->x}), "seed %llu: few imputed in %s",
                      seed, rs_group_names[g]);
        if (both && !own) cr_assert(isnan(both->direct_share) || both->direct_share == 0, "seed %llu: share", seed);
    }
}

Test(small_cells, random_plans_give_nothing_away, .timeout = 200) {
    int rows = 0, blank = 0, whole = 0;
    for (uint64_t seed = 0; seed < 600; seed++) {
        struct rs_random r = rs_random(seed, 3, 9);
        struct rs_error error = {0};
        struct rs_strata strata;
        struct rs_estimates e;
        cr_assert(rs_strata_open(&strata, "/tmp", &error), "%s", error.text);
        struct rs_series *series = rs_series_of(&strata, RS_LIT("M"), RS_LIT("2025"));
        double share[2] = {.3 + .7 * rs_random_unit(&r), 1}, rate = seed % 3 ? .05 + .9 * rs_random_unit(&r) : .02;
        share[1] = share[0] + (1 - share[0]) * rs_random_unit(&r) * (seed % 2 ? 1 : 0);
        uint32_t n = 5 + rs_random_below(&r, seed % 5 ? 3000 : 60);
        for (uint32_t i = 0; i < n; i++) add_person(&strata, series, &r, share, rate);
        cr_assert(rs_estimates_make(&e, series, &strata, &settings, &error), "seed %llu: %s", (unsigned long long)seed,
                  error.text);
        rs_estimates_compare(&e, &settings);
        attack(&e, seed);
        attack_whole(&e, seed);
        for (size_t i = 0; i < e.n; i++) blank += e.table.cells[e.e[i].cell].suppressed;
        rows += (int)e.n;
        whole += !e.table.cells[e.e[0].cell].suppressed;
        rs_estimates_free(&e);
        rs_strata_free(&strata);
    }
    cr_assert(whole > 400 && blank < rows * 2 / 3, "%d of %d rows blank, %d totals shown", blank, rows, whole);
    fprintf(stderr, "random plans: %d rows, %d blank; total shown in %d of 600\n", rows, blank, whole);
}

/* n persons, x of them in the numerator: of the group, or where p is given imputed with it. */
static void add_persons(struct rs_strata *s, struct rs_series *series, int group, const double *p, int n, int x) {
    struct rs_error error = {0};
    for (int i = 0; i < n; i++) {
        bool y = i < x;
        count(&series->by[RS_ALL], 0, y);
        count(&series->by[RS_LANGUAGE], name(s, RS_LANGUAGE, "en"), y);
        count(&series->by[RS_SEX], name(s, RS_SEX, "female"), y);
        count(&series->by[RS_AGE], name(s, RS_AGE, "45+"), y);
        count(&series->by[RS_PROVIDER], name(s, RS_PROVIDER, "A"), y);
        count(&series->by[RS_RACE], p ? name(s, RS_RACE, "UNKNOWN") : (uint32_t)group, y);
        if (!p) continue;
        struct rs_imputed_row row = {.weight = 1, .cluster = (uint32_t)series->imputed.rows, .y = y};
        memcpy(row.p, p, sizeof row.p);
        cr_assert(rs_imputed_add(&series->imputed, &row, &error));
    }
}

/* AIAN has 8 in the numerator and MULTI tells too little: both are withheld. Counted whole, nobody is MULTI, and AIAN has 50
 * and none of them: withheld with its group it would be all less WHITE. */
Test(small_cells, persons_counted_whole_go_with_their_group) {
    static const double mostly_white[RS_GROUPS] = {.85, 0, .05, 0, .1, 0}, aian[RS_GROUPS] = {.05, 0, .95, 0, 0, 0};
    struct rs_error error = {0};
    struct rs_strata strata;
    struct rs_estimates e;
    cr_assert(rs_strata_open(&strata, "/tmp", &error), "%s", error.text);
    struct rs_series *series = rs_series_of(&strata, RS_LIT("M"), RS_LIT("2025"));
    add_persons(&strata, series, 0, NULL, 500, 250);
    add_persons(&strata, series, 2, NULL, 20, 0);
    add_persons(&strata, series, 0, mostly_white, 1000, 160);
    add_persons(&strata, series, 0, aian, 30, 0);
    cr_assert(rs_estimates_make(&e, series, &strata, &settings, &error), "%s", error.text);
    cr_assert(shown(&e, RS_ALL, RS_OBSERVED, "all") && shown(&e, RS_RACE, RS_BIRDIE, "WHITE"));
    cr_assert(!shown(&e, RS_RACE, RS_BIRDIE, "AIAN") && !shown(&e, RS_RACE, RS_BIRDIE, "MULTI"));
    cr_assert(!shown(&e, RS_RACE, RS_THRESHOLD, "AIAN") && !shown(&e, RS_RACE, RS_THRESHOLD, "WHITE"));
    attack_whole(&e, 0);
    rs_estimates_free(&e);
    rs_strata_free(&strata);
}
