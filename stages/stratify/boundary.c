/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Why it exists: a rare outcome in a small group is what is asked about, and the usual interval has nothing to say
 * there. */
#include "boundary.h"
#include "matrix.h"
#include <math.h>
#include <string.h>

enum { G = RS_GROUPS };

double rs_birdie_events(const struct rs_birdie_fit *fit, int r) {
    double rate = fit->rate[r], v = fit->v[r][r];
    return v > 0 && rate > 0 && rate < 1 ? rate * (1 - rate) / v * fmin(rate, 1 - rate) : 0;
}

bool rs_near_boundary(const struct rs_birdie_fit *fit, int r) { return rs_birdie_events(fit, r) < 10; }

struct expected {
    double e[G][G];
};

static void add(const void *self, const struct rs_imputed_row *row, size_t n, void *part) {
    const double *theta = self;
    struct expected *s = part;
    for (; n > 0; n--, row++) {
        double d = 0;
        for (int r = 0; r < G; r++) d += row->p[r] * theta[r];
        double variance = d * (1 - d);
        if (!(variance > 1e-300)) continue; /* wholly of groups held at 0 or 1: says nothing of others */
        double f = row->weight / variance;
        for (int r = 0; r < G; r++)
            for (int c = 0; c < G; c++) s->e[r][c] += f * row->p[r] * row->p[c];
    }
}

static void join(const void *self, void *total, const void *part) {
    (void)self;
    struct expected *t = total;
    const struct expected *p = part;
    for (int r = 0; r < G; r++)
        for (int c = 0; c < G; c++) t->e[r][c] += p->e[r][c];
}

struct search {
    const struct rs_sample *sample;
    const struct rs_birdie_fit *fit;
    int r;
    double theta[G]; /* the others', from the last t: a good start for the next */
};

/* The signed root of the score statistic at t: falls as t grows. */
static bool score(struct search *s, double t, double *out, struct rs_error *error) {
    const struct rs_sums how = {.bytes = sizeof(struct expected), .add = add, .join = join};
    struct expected total = {{{0}}};
    double slope, inverse[G][G];
    bool in[G];
    if (!rs_birdie_profile(s->sample, s->fit, s->r, t, s->theta, &slope, error) ||
        !rs_imputed_sum(s->sample->imputed, s->sample->threads, &how, s->theta, &total, error))
        return false;
    for (int g = 0; g < G; g++) {
        double pseudo = g == s->r ? 0 : 1, theta = s->theta[g];
        in[g] = g == s->r || (s->fit->n[g] > 0 && !s->fit->held[g]);
        if (in[g]) total.e[g][g] += (s->sample->direct[g].n + pseudo) / (theta * (1 - theta));
    }
    /* without an inverse the rows do not tell the groups apart, and nothing is refused */
    *out = rs_matrix_invert((const double(*)[G])total.e, in, inverse) ? slope * sqrt(inverse[s->r][s->r]) : 0;
    return true;
}

static double from_logit(double x) { return 1 / (1 + exp(-x)); }

/* Where the score is -z (side 1, above the rate) or z (side -1, below it), on the logit scale: steps that double until
 * it is passed, then false position with the Illinois rule. Nothing within 15 of the start: the limit is 1, or 0. */
static bool limit(struct search *s, double from, double z, int side, double *out, struct rs_error *error) {
    double a = from, fa = z, b = from, fb = z; /* what is still missing: z at the rate, negative beyond the limit */
    for (double step = 1; fb > 0 && step <= 8; step *= 2) {
        a = b;
        fa = fb;
        b += side * step;
        if (!score(s, from_logit(b), &fb, error)) return false;
        fb = z + side * fb;
    }
    *out = side > 0 ? 1 : 0;
    if (fb > 0) return true;
    for (int i = 0; i < 60; i++) {
        double x = (a * fb - b * fa) / (fb - fa), f;
        *out = from_logit(x);
        if (!score(s, *out, &f, error)) return false;
        f = z + side * f;
        if (fabs(f) < 1e-3 * z || fabs(b - a) < 1e-10) break;
        if (f * fb < 0) {
            a = b;
            fa = fb;
        } else {
            fa /= 2;
        }
        b = x;
        fb = f;
    }
    return true;
}

bool rs_boundary_interval(const struct rs_sample *sample, const struct rs_birdie_fit *fit, int r, double z,
                          struct rs_interval *out, struct rs_error *error) {
    struct search s = {.sample = sample, .fit = fit, .r = r};
    double rate = fit->rate[r];
    *out = (struct rs_interval){NAN, NAN};
    if (!(fit->n[r] > 0) || sample->robust || isnan(rate)) return true;
    memcpy(s.theta, fit->theta, sizeof s.theta);
    /* a rate of 0 has no logit: half an outcome among all is as good a start */
    double near = .5 / (fit->n[r] + 1), start = fmin(fmax(rate, near), 1 - near), from = log(start / (1 - start));
    *out = (struct rs_interval){0, 1};
    if (rate < 1 && !limit(&s, from, z, 1, &out->upper, error)) return false;
    memcpy(s.theta, fit->theta, sizeof s.theta);
    if (rate > 0 && !limit(&s, from, z, -1, &out->lower, error)) return false;
    out->lower = fmin(out->lower, rate);
    out->upper = fmax(out->upper, rate);
    return true;
}
