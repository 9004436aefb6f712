/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Why it exists: a rare outcome in a small group is what is asked about, and the usual interval has nothing to say
 * there. */
#include "boundary.h"
#include <math.h>
#include "score.h"

enum { G = RS_GROUPS };

double rs_effective_events(double rate, double v) {
    return v > 0 && rate > 0 && rate < 1 ? rate * (1 - rate) / v * fmin(rate, 1 - rate) : 0;
}

bool rs_near_boundary(double rate, double v) { return rs_effective_events(rate, v) < 10; }

double rs_effective_number(double rate, double n_eff, struct rs_interval interval) {
    double u = rate < .5 ? interval.upper : 1 - interval.lower;
    return isnan(n_eff) ? RS_Z95 * RS_Z95 * (1 / u - 1) : n_eff;
}

/* All limits that are looked for: one pass over the rows is one step of each. */
struct search {
    struct rs_score at[2 * G];
    size_t n;
};

static void add(const void *self, const struct rs_imputed_row *row, size_t n, void *part) {
    const struct search *s = self;
    struct rs_score_sums *sums = part;
    for (size_t i = 0; i < s->n; i++)
        if (!s->at[i].done) rs_score_add(&s->at[i], row, n, &sums[i]);
}

static void join(const void *self, void *total, const void *part) {
    const struct search *s = self;
    for (size_t i = 0; i < s->n; i++)
        rs_score_join((struct rs_score_sums *)total + i, (const struct rs_score_sums *)part + i);
}

static struct rs_score_problem problem_of(const struct rs_sample *sample, const struct rs_birdie_fit *fit, int r, double z) {
    struct rs_score_problem p = rs_score_problem_of(r, z, fit->rate[r], fit->v[r][r], fit->n, fit->held);
    for (int g = 0; g < G; g++) {
        p.direct_n[g] = sample->direct[g].n;
        p.direct_x[g] = sample->direct[g].x;
        if (!(fit->n[g] > 0)) continue;
        p.theta[g] = fit->theta[g];
        p.prior1[g] = fit->weighted[g];
    }
    return p;
}

static bool all_done(const struct search *s) {
    for (size_t i = 0; i < s->n; i++)
        if (!s->at[i].done) return false;
    return true;
}

bool rs_boundary_intervals(const struct rs_sample *sample, const struct rs_birdie_fit *fit, const bool wanted[RS_GROUPS],
                           double z, struct rs_interval out[RS_GROUPS], struct rs_error *error) {
    const struct rs_score_sums zero = {.slope = {0}};
    struct search s = {.n = 0};
    struct rs_score_sums sums[2 * G];
    const struct rs_sums how = {.bytes = sizeof sums, .add = add, .join = join};
    for (int g = 0; g < G; g++) {
        out[g] = (struct rs_interval){NAN, NAN};
        if (!wanted[g] || !(fit->n[g] > 0) || sample->robust || isnan(fit->rate[g])) continue;
        struct rs_score_problem p = problem_of(sample, fit, g, z);
        rs_score_start(&s.at[s.n++], &p);
        p.upper = true;
        rs_score_start(&s.at[s.n++], &p);
    }
    while (!all_done(&s)) {
        for (size_t i = 0; i < s.n; i++) sums[i] = zero;
        if (!rs_imputed_sum(sample->imputed, sample->threads, &how, &s, sums, error)) return false;
        for (size_t i = 0; i < s.n; i++)
            if (!s.at[i].done) rs_score_step(&s.at[i], &sums[i]);
    }
    for (size_t i = 0; i < s.n; i += 2) {
        double lower = s.at[i].limit, upper = s.at[i + 1].limit;
        if (!isnan(lower) && !isnan(upper)) out[s.at[i].problem.group] = (struct rs_interval){lower, upper};
    }
    return true;
}
