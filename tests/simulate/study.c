/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Why it exists: what is promised of an interval is promised of the rows that are written, so the plans go the way of a
 * run's: counted into a series, estimated, compared. Nothing is withheld, so that small groups are judged, too. */
#include "study.h"
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { G = RS_GROUPS };

/* What one plan gave: NaN where nothing. */
struct one {
    double value, se;
    struct rs_interval interval;
    bool flagged;
};
typedef struct one plan_result[RS_ESTIMATORS][STUDY_QUANTITIES][G];

struct task {
    const struct plan_kind *kind;
    size_t persons;
    uint64_t first;
    int replicates;
    plan_result *result;
};

static void count(struct rs_counts *counts, uint32_t at, double n, double x) {
    struct rs_count *c = rs_count_at(counts, at);
    c->n += (uint64_t)llround(n);
    c->x += (uint64_t)llround(x);
}

/* The series that a run would have counted: everyone, those who reported by group, the others as UNKNOWN. */
static bool fill(struct rs_strata *strata, struct rs_series *series, const struct task *t, uint64_t seed,
                 struct rs_error *error) {
    struct rs_sample sample;
    struct rs_moments m;
    double n = 0, x = 0;
    plan_draw(t->kind, seed, t->persons, &series->imputed, &sample);
    if (!rs_moments_of(&sample, &m, error)) return false;
    for (int g = 0; g < G; g++) {
        const struct rs_direct *d = &sample.direct[g];
        if (d->n > 0) count(&series->by[RS_RACE], (uint32_t)g, d->n, d->x);
        n += m.n[g];
        x += m.x[g];
    }
    count(&series->by[RS_ALL], 0, n, x);
    double reported = 0, reported_x = 0;
    for (int g = 0; g < G; g++) {
        reported += sample.direct[g].n;
        reported_x += sample.direct[g].x;
    }
    count(&series->by[RS_RACE], rs_name_number(&strata->names[RS_RACE], RS_LIT("UNKNOWN")), n - reported,
          x - reported_x);
    return true;
}

static void keep(const struct rs_estimates *all, plan_result into) {
    for (int k = 0; k < RS_ESTIMATORS; k++)
        for (int q = 0; q < STUDY_QUANTITIES; q++)
            for (int g = 0; g < G; g++) into[k][q][g] = (struct one){NAN, NAN, {NAN, NAN}, false};
    for (size_t i = 0; i < all->n; i++) {
        const struct rs_estimate *e = &all->e[i], *r = e->reference;
        if (e->dimension != RS_RACE || e->group < 0) continue;
        bool flagged = e->flags & RS_BOUNDARY;
        into[e->estimator][STUDY_RATE][e->group] = (struct one){e->rate, e->se, e->interval, flagged};
        if (!r || r == e) continue;
        double variance = e->se * e->se + r->se * r->se - 2 * rs_estimates_covariance(all, e, r);
        into[e->estimator][STUDY_DIFFERENCE][e->group] =
            (struct one){e->difference, sqrt(variance), e->difference_interval, flagged || r->flags & RS_BOUNDARY};
    }
}

static bool estimate(void *self, size_t i, struct rs_error *error) {
    const struct task *t = self;
    const struct rs_settings settings = {.low_information = .1,
                                         .languages = 1,
                                         .threads = 1,
                                         .replicates = t->replicates,
                                         .reference = {[RS_RACE] = rs_group_names[0]}};
    struct rs_strata strata;
    struct rs_estimates estimates = {.n = 0};
    char measure[32]; /* one each: multiple imputation draws by the measure's name */
    snprintf(measure, sizeof measure, "%zu", i);
    bool good = rs_strata_open(&strata, "/tmp", error);
    if (good) {
        struct rs_series *series = rs_series_of(&strata, rs_cstr(measure), RS_LIT("2026"));
        good = fill(&strata, series, t, t->first + i, error) &&
               rs_estimates_make(&estimates, series, &strata, &settings, error);
    }
    if (good) {
        rs_estimates_compare(&estimates, &settings);
        keep(&estimates, t->result[i]);
    }
    rs_estimates_free(&estimates);
    rs_strata_free(&strata);
    return good;
}

static struct study_cell tally(const plan_result *result, size_t plans, int k, int q, int g, double truth) {
    struct study_cell c = {.plans = 0};
    double sum = 0, squares = 0, se = 0, width = 0;
    size_t with_se = 0;
    for (size_t i = 0; i < plans; i++) {
        const struct one *o = &result[i][k][q][g];
        if (isnan(o->value)) continue;
        bool interval = !isnan(o->interval.lower), covered = o->interval.lower <= truth && truth <= o->interval.upper;
        double off = o->value - truth;
        c.plans++;
        c.intervals += interval;
        c.covered += covered;
        c.flagged += o->flagged;
        c.flagged_intervals += o->flagged && interval;
        c.flagged_covered += o->flagged && covered;
        sum += off;
        squares += off * off;
        if (interval) width += o->interval.upper - o->interval.lower;
        if (isnan(o->se)) continue;
        with_se++;
        se += o->se;
    }
    double n = (double)c.plans;
    c.bias = sum / n;
    c.sd = sqrt(fmax(0, squares / n - c.bias * c.bias) * n / (n - 1));
    c.mean_se = se / (double)with_se;
    c.mean_width = width / (double)c.intervals;
    return c;
}

bool study_run(const struct plan_kind *kind, size_t persons, size_t plans, uint64_t first, int replicates, int threads,
               struct study *out, struct rs_error *error) {
    struct task task = {kind, persons, first, replicates, rs_alloc(plans * sizeof(plan_result))};
    *out = (struct study){.kind = kind, .persons = persons, .plans = plans};
    plan_truth(kind, 4000000, out->truth);
    bool good = rs_parallel(threads, plans, estimate, &task, error);
    for (int k = 0; good && k < RS_ESTIMATORS; k++)
        for (int g = 0; g < G; g++) {
            const plan_result *r = task.result;
            out->cell[k][STUDY_RATE][g] = tally(r, plans, k, STUDY_RATE, g, out->truth[g]);
            out->cell[k][STUDY_DIFFERENCE][g] = tally(r, plans, k, STUDY_DIFFERENCE, g, out->truth[g] - out->truth[0]);
        }
    free(task.result);
    return good;
}

double study_coverage(const struct study_cell *cell) { return (double)cell->covered / (double)cell->intervals; }

double study_coverage_se(double coverage, size_t plans) { return sqrt(coverage * (1 - coverage) / (double)plans); }
