/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Why it exists: an interval found by search takes many passes over the rows, and there are many intervals: the passes have to
 * be few, and shared. */
#include "score.h"
#include <math.h>
#include <string.h>
#include "matrix.h"
#include "pipeline/base/interval.h"

enum { G = RS_GROUPS, MOST_PASSES = 40 };
static const double farthest = 15; /* from the rate, on the logit scale: a limit beyond is 0 or 1 */
static const double longest = 4;   /* step of t, likewise */

static double logit(double t) { return log(t / (1 - t)); }
static double from_logit(double x) { return 1 / (1 + exp(-x)); }

/* A rate of 0 has no logit: half an outcome among all is as good a start. */
static double start_logit(const struct rs_score_problem *p) {
    double near = .5 / (p->n + 1);
    return logit(fmin(fmax(p->rate, near), 1 - near));
}

struct rs_score_problem rs_score_problem_of(int group, double z, double rate, double v, const double n[G],
                                            const bool held[G]) {
    struct rs_score_problem p = {.group = group, .z = z, .rate = rate, .n = n[group]};
    p.n_eff = v > 0 ? rate * (1 - rate) / v : NAN;
    for (int g = 0; g < G; g++) {
        p.moves[g] = g == group || (n[g] > 0 && !held[g]);
        p.theta[g] = .5;
    }
    return p;
}

static void end(struct rs_score *s, double limit) {
    s->done = true;
    s->limit = limit;
}

void rs_score_start(struct rs_score *s, const struct rs_score_problem *problem) {
    *s = (struct rs_score){.problem = *problem, .low = -INFINITY, .high = INFINITY, .last = NAN, .limit = NAN};
    const struct rs_score_problem *p = &s->problem;
    double edge = p->upper ? 1 : 0, from = start_logit(p);
    if (p->rate == edge) {
        end(s, edge);
        return;
    }
    struct rs_interval w = rs_wilson(p->rate * p->n_eff, p->n_eff, p->z);
    double t = p->upper ? w.upper : w.lower, x = t > 0 && t < 1 ? logit(t) : from + (p->upper ? 1 : -1);
    if (p->upper) s->low = from;
    else s->high = from;
    memcpy(s->theta, p->theta, sizeof s->theta);
    s->theta[p->group] = from_logit(fmin(fmax(x, from - longest), from + longest));
}

void rs_score_add(const struct rs_score *s, const struct rs_imputed_row *row, size_t n, struct rs_score_sums *sums) {
    const double *theta = s->theta;
    for (; n > 0; n--, row++) {
        double d = 0;
        for (int r = 0; r < G; r++) d += row->p[r] * theta[r];
        if (!(d * (1 - d) > 1e-300)) continue; /* wholly of groups held at 0 or 1: says nothing of others */
        double side = row->y ? 1 / d : -1 / (1 - d), seen = row->weight * side * side,
               expected = row->weight / (d * (1 - d));
        for (int r = 0; r < G; r++) {
            sums->slope[r] += row->weight * side * row->p[r];
            for (int c = 0; c <= r; c++) {
                double pp = row->p[r] * row->p[c];
                sums->seen[r][c] += seen * pp;
                sums->expected[r][c] += expected * pp;
            }
        }
    }
}

void rs_score_join(struct rs_score_sums *total, const struct rs_score_sums *part) {
    for (int r = 0; r < G; r++) {
        total->slope[r] += part->slope[r];
        for (int c = 0; c <= r; c++) {
            total->seen[r][c] += part->seen[r][c];
            total->expected[r][c] += part->expected[r][c];
        }
    }
}

/* Those who reported and, but for the group itself, the prior's pseudo-person; and the upper triangles. */
static void add_known(const struct rs_score *s, struct rs_score_sums *sums) {
    const struct rs_score_problem *p = &s->problem;
    for (int r = 0; r < G; r++) {
        for (int c = 0; c < r; c++) {
            sums->seen[c][r] = sums->seen[r][c];
            sums->expected[c][r] = sums->expected[r][c];
        }
        if (!p->moves[r]) continue;
        double t = s->theta[r], pseudo = r == p->group ? 0 : 1, one = p->direct_x[r] + pseudo * p->prior1[r],
               none = p->direct_n[r] + pseudo - one;
        sums->slope[r] += one / t - none / (1 - t);
        sums->seen[r][r] += one / (t * t) + none / ((1 - t) * (1 - t));
        sums->expected[r][r] += (one + none) / (t * (1 - t));
    }
}

/* Where the pass stands. */
struct standing {
    double others[G][G]; /* inverse of what is seen of the others */
    double step[G];      /* theirs, t as it is */
    double short_by;     /* how far they are from their best, as twice a log-likelihood */
    double slope, c;     /* S and C */
    double missing;      /* z at the rate, 0 at the limit, negative beyond */
};

static bool stand(const struct rs_score *s, const struct rs_score_sums *sums, struct standing *out) {
    const struct rs_score_problem *p = &s->problem;
    double inverse[G][G];
    bool others[G];
    int r = p->group;
    for (int g = 0; g < G; g++) others[g] = p->moves[g] && g != r;
    *out = (struct standing){.slope = sums->slope[r]};
    if (!rs_matrix_invert((const double(*)[G])sums->seen, others, out->others)) return false;
    for (int g = 0; g < G; g++) {
        for (int h = 0; h < G; h++) out->step[g] += out->others[g][h] * sums->slope[h];
        if (!others[g]) continue;
        out->short_by += out->step[g] * sums->slope[g];
        out->slope -= sums->seen[r][g] * out->step[g];
    }
    /* without an inverse the rows do not tell the groups apart, and nothing is refused */
    bool told = rs_matrix_invert((const double(*)[G])sums->expected, p->moves, inverse);
    out->c = told ? inverse[r][r] : INFINITY;
    out->missing = told ? p->z + (p->upper ? 1 : -1) * out->slope * sqrt(out->c) : p->z;
    return true;
}

/* Logit of Wilson's limit of as many persons as say the same; NaN where they have none. */
static double as_if_counted(const struct rs_score *s, const struct standing *at) {
    double t = s->theta[s->problem.group], n = t * (1 - t) / at->c, x = n * t + at->slope * t * (1 - t);
    struct rs_interval w = rs_wilson(fmin(fmax(x, 0), n), n, s->problem.z);
    double limit = s->problem.upper ? w.upper : w.lower;
    return limit > 0 && limit < 1 ? logit(limit) : NAN;
}

static bool between(const struct rs_score *s, double x) { return x > s->low && x < s->high; }

/* The next logit of t from x, and what is known of either side. */
static double next_logit(struct rs_score *s, const struct standing *at, double x) {
    bool before = (at->missing > 0) == s->problem.upper; /* whether the limit is above x */
    if (at->short_by < .01) {
        if (before) s->low = fmax(s->low, x);
        else s->high = fmin(s->high, x);
    }
    double next = isnan(s->last) ? NAN : x - at->missing * (x - s->last) / (at->missing - s->last_missing);
    if (!between(s, next)) next = as_if_counted(s, at);
    if (!between(s, next)) next = isfinite(s->low) && isfinite(s->high) ? (s->low + s->high) / 2 : x + (before ? 1 : -1);
    s->last = x;
    s->last_missing = at->missing;
    return fmin(fmax(next, x - longest), x + longest);
}

/* The others' step with what t's does to them: no more than most of the way to 0 or 1, and shorter while far away, where the
 * second derivative says little (the objective is self-concordant, a sum of logarithms of linear functions). */
static void move_others(struct rs_score *s, const struct rs_score_sums *sums, const struct standing *at, double dt) {
    int r = s->problem.group;
    double step[G], most = 1, squares = 0;
    for (int g = 0; g < G; g++) {
        step[g] = at->step[g];
        for (int h = 0; h < G; h++) step[g] -= at->others[g][h] * sums->seen[h][r] * dt;
    }
    for (int g = 0; g < G; g++)
        for (int h = 0; h < G; h++)
            if (g != r && h != r) squares += step[g] * sums->seen[g][h] * step[h];
    if (squares > .1) most = 1 / (1 + sqrt(squares));
    for (int g = 0; g < G; g++) {
        double room = step[g] > 0 ? 1 - s->theta[g] : s->theta[g];
        if (s->problem.moves[g] && g != r && fabs(step[g]) * most > .9 * room) most = .9 * room / fabs(step[g]);
    }
    for (int g = 0; g < G; g++)
        if (s->problem.moves[g] && g != r) s->theta[g] += most * step[g];
}

void rs_score_step(struct rs_score *s, struct rs_score_sums *sums) {
    const struct rs_score_problem *p = &s->problem;
    struct standing at;
    double t = s->theta[p->group], x = logit(t);
    add_known(s, sums);
    if (++s->passes > MOST_PASSES || !stand(s, sums, &at)) {
        end(s, NAN);
        return;
    }
    if (at.short_by < 1e-4 && (fabs(at.missing) < 1e-3 * p->z || s->high - s->low < 1e-10)) {
        end(s, p->upper ? fmax(t, p->rate) : fmin(t, p->rate));
        return;
    }
    double next = next_logit(s, &at, x);
    if (fabs(next - start_logit(p)) > farthest) end(s, p->upper ? 1 : 0);
    s->theta[p->group] = from_logit(next);
    move_others(s, sums, &at, s->theta[p->group] - t);
}
