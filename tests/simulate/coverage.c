/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Why it exists: an interval of 95 % is a promise, and it depends on assumptions that some plans break. Prints the
 * tables of tests/simulate/README.md: the estimators of the stage over simulated plans whose rates are known.
 *
 *   coverage [--plans N] [--persons LIST] [--replicates M] [--threads N] [--only SCENARIO] [--groups] */
#include "study.h"
#include <errno.h>
#include <getopt.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { G = RS_GROUPS, BLACK = 1 };

static const struct plan_kind scenarios[] = {
    {.name = "holds", .concentration = 1, .rate = {.70, .55, .60, .75, .65, .50}, .report = .2},
    {.name = "who_answers",
     .concentration = 1,
     .rate = {.70, .55, .60, .75, .65, .50},
     .report = .2,
     .report_black = -.1,
     .report_y = .15},
    {.name = "own_name", .concentration = 1, .rate = {.70, .55, .60, .70, .65, .50}, .report = .2, .surname = .25},
    {.name = "place", .concentration = 1, .rate = {.70, .55, .60, .75, .65, .50}, .report = .2, .place = -.25},
    {.name = "rare", .concentration = 1, .rate = {.03, .01, .01, .005, .02, .015}, .report = .05},
};
enum { SCENARIOS = sizeof scenarios / sizeof scenarios[0] };
static const enum rs_estimator estimators[] = {RS_BIRDIE, RS_WEIGHTED,  RS_MULTIPLE,
                                               RS_OLS,    RS_THRESHOLD, RS_SELF_REPORT};
enum { ESTIMATORS = sizeof estimators / sizeof estimators[0], MOST_SIZES = 8 };

struct settings {
    size_t plans, persons[MOST_SIZES], sizes;
    int replicates, threads;
    const char *only;
    bool groups;
};

static void put(double v, int digits) {
    if (isfinite(v))
        printf(" %.*f |", digits, v);
    else
        printf(" |");
}

static void put_coverage(const struct study_cell *c) {
    if (!c->intervals) {
        printf(" |");
        return;
    }
    double share = study_coverage(c);
    printf(" %.1f ± %.1f |", 100 * share, 100 * study_coverage_se(share, c->intervals));
}

static void put_cell(const struct study_cell *c) {
    put(c->bias, 4);
    put(c->mean_se, 4);
    put(c->sd, 4);
    put_coverage(c);
}

/* The group whose intervals hold the truth least often. */
static void put_least(const struct study *s, enum rs_estimator k, enum study_quantity q) {
    int least = -1;
    for (int g = 0; g < G; g++) {
        const struct study_cell *c = &s->cell[k][q][g];
        if (c->intervals && (least < 0 || study_coverage(c) < study_coverage(&s->cell[k][q][least]))) least = g;
    }
    if (least < 0)
        printf(" |");
    else
        printf(" %.1f %s |", 100 * study_coverage(&s->cell[k][q][least]), rs_group_names[least]);
}

static void table(const struct study *s) {
    printf("\n%zu plans of %zu persons; truth: BLACK %.4f, difference %.4f.\n\n", s->plans, s->persons, s->truth[BLACK],
           s->truth[BLACK] - s->truth[0]);
    printf("| estimator | rate of BLACK: bias | mean SE | SD | holds, %% | BLACK - WHITE: bias | mean SE | SD | holds, "
           "%% | "
           "lowest of six rates | of five differences |\n|---|---|---|---|---|---|---|---|---|---|---|\n");
    for (int i = 0; i < ESTIMATORS; i++) {
        enum rs_estimator k = estimators[i];
        printf("| %s |", rs_estimator_names[k]);
        put_cell(&s->cell[k][STUDY_RATE][BLACK]);
        put_cell(&s->cell[k][STUDY_DIFFERENCE][BLACK]);
        put_least(s, k, STUDY_RATE);
        put_least(s, k, STUDY_DIFFERENCE);
        printf("\n");
    }
}

/* birdie by group: rates near 0, and rows flagged boundary apart. */
static void by_group(const struct study *s) {
    printf("\n| birdie, %zu persons | truth | bias | mean SE | SD | holds, %% | mean width | flagged boundary | of "
           "them with an interval | "
           "of these hold |\n|---|---|---|---|---|---|---|---|---|---|\n",
           s->persons);
    for (int g = 0; g < G; g++) {
        const struct study_cell *c = &s->cell[RS_BIRDIE][STUDY_RATE][g];
        printf("| %s |", rs_group_names[g]);
        put(s->truth[g], 4);
        put_cell(c);
        put(c->mean_width, 4);
        printf(" %zu | %zu | %zu |\n", c->flagged, c->flagged_intervals, c->flagged_covered);
    }
}

static bool study_one(const struct plan_kind *kind, const struct settings *s) {
    struct study *study = malloc(sizeof *study);
    struct rs_error error = {0};
    bool good = study != NULL;
    printf("\n### %s\n", kind->name);
    for (size_t i = 0; good && i < s->sizes; i++) {
        good = study_run(kind, s->persons[i], s->plans, 1000, s->replicates, s->threads, study, &error);
        if (!good) break;
        table(study);
        if (s->groups || strcmp(kind->name, "rare") == 0) by_group(study);
        fflush(stdout);
    }
    if (!good) fprintf(stderr, "coverage: %s\n", error.text);
    free(study);
    return good;
}

static bool number(const char *text, long least, long most, long *out) {
    char *end;
    errno = 0;
    *out = strtol(text, &end, 10);
    return !errno && end != text && (!*end || *end == ',') && *out >= least && *out <= most;
}

static bool sizes_of(const char *text, struct settings *s) {
    long n;
    for (s->sizes = 0; text && s->sizes < MOST_SIZES; text = strchr(text, ',') ? strchr(text, ',') + 1 : NULL) {
        if (!number(text, 100, 100000000, &n)) return false;
        s->persons[s->sizes++] = (size_t)n;
    }
    return !text;
}

static bool read_options(int argc, char **argv, struct settings *s) {
    static const struct option known[] = {{"plans", 1, 0, 'p'},
                                          {"persons", 1, 0, 'n'},
                                          {"replicates", 1, 0, 'm'},
                                          {"threads", 1, 0, 't'},
                                          {"only", 1, 0, 'o'},
                                          {"groups", 0, 0, 'g'},
                                          {0}};
    long v = 0;
    bool good = true;
    for (int c; good && (c = getopt_long(argc, argv, "", known, NULL)) != -1;) switch (c) {
        case 'p': good = number(optarg, 2, 1000000, &v), s->plans = (size_t)v; break;
        case 'n': good = sizes_of(optarg, s); break;
        case 'm': good = number(optarg, 2, RS_MOST_REPLICATES, &v), s->replicates = (int)v; break;
        case 't': good = number(optarg, 1, 64, &v), s->threads = (int)v; break;
        case 'o': s->only = optarg; break;
        case 'g': s->groups = true; break;
        default: good = false;
        }
    return good && optind == argc;
}

int main(int argc, char **argv) {
    struct settings s = {.plans = 400, .persons = {3000, 50000}, .sizes = 2, .replicates = 20, .threads = 2};
    if (!read_options(argc, argv, &s)) {
        fprintf(stderr, "usage: coverage [--plans N] [--persons LIST] [--replicates M] [--threads N] [--only SCENARIO] "
                        "[--groups]\n");
        return 64;
    }
    bool good = true;
    for (int i = 0; good && i < SCENARIOS; i++)
        if (!s.only || strcmp(s.only, scenarios[i].name) == 0) good = study_one(&scenarios[i], &s);
    return good ? 0 : 70;
}
