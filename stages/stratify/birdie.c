/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Why it exists: the usual estimates with imputed race (argmax, weighted) are biased, often by more than half of a gap.
 * Sums are formed chunk by chunk and the chunks added in order, so that no digit depends on the number of threads. */
#include "birdie.h"
#include <math.h>
#include <string.h>
#include "matrix.h"

enum { G = RS_GROUPS };
static const double close_enough = 1e-10; /* length of the last step */

/* ---- passes over the rows ------------------------------------------------------------------------------------- */

/* First and second derivatives at theta: up = sum over y = 1 of w p/D, down = the same over y = 0. */
struct slopes {
    double value, up[G], down[G], outer[G][G];
};

static double mixture(const struct rs_imputed_row *row, const double *theta) {
    double d = 0;
    if (row->y)
        for (int r = 0; r < G; r++) d += row->p[r] * theta[r];
    else
        for (int r = 0; r < G; r++) d += row->p[r] * (1 - theta[r]);
    return d;
}

static void add_slopes(const void *self, const struct rs_imputed_row *row, size_t n, void *part) {
    const double *theta = self;
    struct slopes *s = part;
    for (; n > 0; n--, row++) {
        double d = mixture(row, theta), w = row->weight;
        s->value += w * log(d);
        double inverse = 1 / d, wi = w * inverse;
        double *side = row->y ? s->up : s->down;
        for (int r = 0; r < G; r++) side[r] += wi * row->p[r];
        for (int r = 0; r < G; r++) {
            double f = wi * inverse * row->p[r];
            for (int c = 0; c < G; c++) s->outer[r][c] += f * row->p[c];
        }
    }
}

static void join_slopes(const void *self, void *total, const void *part) {
    (void)self;
    struct slopes *t = total;
    const struct slopes *s = part;
    t->value += s->value;
    for (int r = 0; r < G; r++) {
        t->up[r] += s->up[r];
        t->down[r] += s->down[r];
        for (int c = 0; c < G; c++) t->outer[r][c] += s->outer[r][c];
    }
}

static void score_likelihood(const void *self, const struct rs_imputed_row *row, double u[G]) {
    double d = (row->y ? row->weight : -row->weight) / mixture(row, self);
    for (int r = 0; r < G; r++) u[r] = d * row->p[r];
}

struct weighted_score {
    double rate[G], scale[G]; /* scale: 1 / sum w p */
};

static void score_weighted(const void *self, const struct rs_imputed_row *row, double u[G]) {
    const struct weighted_score *s = self;
    for (int r = 0; r < G; r++) u[r] = row->weight * row->p[r] * ((double)row->y - s->rate[r]) * s->scale[r];
}

/* x ln theta, where x = 0 counts for nothing whatever theta is. */
static double x_log(double x, double theta) { return x > 0 ? x * log(theta) : 0; }
static double over(double x, double divisor) { return x > 0 ? x / divisor : 0; }

static bool sum_slopes(const struct rs_sample *sample, const double *prior1, const double *prior0,
                       const double *theta, struct slopes *total, struct rs_error *error) {
    const struct rs_sums how = {.bytes = sizeof *total, .add = add_slopes, .join = join_slopes};
    memset(total, 0, sizeof *total);
    for (int r = 0; r < G; r++) {
        const struct rs_direct *d = &sample->direct[r];
        double x = d->x + prior1[r], z = d->n - d->x + prior0[r];
        total->value += x_log(x, theta[r]) + x_log(z, 1 - theta[r]);
        total->up[r] = over(x, theta[r]);
        total->down[r] = over(z, 1 - theta[r]);
        total->outer[r][r] = over(x, theta[r] * theta[r]) + over(z, (1 - theta[r]) * (1 - theta[r]));
    }
    return rs_imputed_sum(sample->imputed, sample->threads, &how, theta, total, error);
}

/* ---- estimates ------------------------------------------------------------------------------------------------ */

static bool fit_weighted(const struct rs_sample *sample, struct rs_birdie_fit *fit, struct rs_error *error) {
    struct rs_moments *m = &fit->moments;
    if (!rs_moments_of(sample, m, error)) return false;
    struct weighted_score s;
    for (int r = 0; r < G; r++) {
        fit->n[r] = m->n[r];
        fit->weighted[r] = m->n[r] > 0 ? m->x[r] / m->n[r] : NAN;
        fit->lambda[r] = rs_lambda(m, r);
        s.scale[r] = m->n[r] > 0 ? 1 / m->n[r] : 0;
        s.rate[r] = m->n[r] > 0 ? fit->weighted[r] : 0;
    }
    if (!rs_cluster_sum(sample->imputed, sample->threads, sample->robust, score_weighted, &s, fit->weighted_v, error))
        return false;
    for (int r = 0; r < G; r++)
        fit->weighted_v[r][r] += rs_sample_squares(sample, r, s.rate[r]) * s.scale[r] * s.scale[r];
    return true;
}

static double norm(const double *v) {
    double s = 0;
    for (int r = 0; r < G; r++) s += v[r] * v[r];
    return sqrt(s);
}

/* sum w q y / sum w q, the prior's own terms taken out. */
static void rates_at(const struct slopes *s, const double *theta, const double *prior1, const double *prior0,
                     struct rs_birdie_fit *fit) {
    for (int r = 0; r < G; r++) {
        double x = theta[r] * s->up[r] - prior1[r], z = (1 - theta[r]) * s->down[r] - prior0[r];
        fit->rate[r] = fit->held[r] || !(x + z > 0) ? theta[r] : x / (x + z);
    }
}

/* Newton's step from the slopes at theta, cut so as to stay inside (0, 1). false where there is none. */
static bool newton_step(const struct slopes *s, const bool *moves, const double *theta, double *to, double *length,
                        double inverse[G][G]) {
    if (!rs_matrix_invert((const double(*)[G])s->outer, moves, inverse)) return false;
    double step[G], most = 1;
    for (int r = 0; r < G; r++) {
        step[r] = 0;
        for (int c = 0; c < G; c++)
            if (moves[c]) step[r] += inverse[r][c] * (s->up[c] - s->down[c]);
        double space = step[r] > 0 ? 1 - theta[r] : theta[r];
        if (moves[r] && fabs(step[r]) * most > 0.9 * space) most = 0.9 * space / fabs(step[r]);
    }
    *length = norm(step);
    for (int r = 0; r < G; r++) to[r] = theta[r] + (moves[r] ? most * step[r] : 0);
    return true;
}

static void em_step(const struct slopes *s, const bool *moves, const double *theta, double *to) {
    for (int r = 0; r < G; r++) {
        double x = theta[r] * s->up[r], z = (1 - theta[r]) * s->down[r];
        to[r] = moves[r] ? x / (x + z) : theta[r];
    }
}

static bool robust_variance(const struct rs_sample *sample, const double *theta, const double (*inverse)[G],
                            struct rs_birdie_fit *fit, struct rs_error *error) {
    double meat[G][G];
    if (!rs_cluster_sum(sample->imputed, sample->threads, true, score_likelihood, theta, meat, error)) return false;
    for (int r = 0; r < G; r++) {
        double curve = theta[r] * (1 - theta[r]); /* the score of a person who reported: (x - theta n) / curve */
        if (curve > 0) meat[r][r] += rs_direct_squares(&sample->direct[r], theta[r]) / (curve * curve);
    }
    rs_matrix_sandwich(inverse, (const double(*)[G])meat, fit->v);
    return true;
}

/* The way up from theta, over the groups that move. */
struct climb {
    double prior1[G], prior0[G];
    bool moves[G];
    double theta[G]; /* where it starts; then where it ends */
    struct slopes s; /* of the last pass that went up, at `at` */
    double at[G], inverse[G][G];
    bool have_inverse, converged;
    int passes;
};

static bool climb(const struct rs_sample *sample, struct climb *c, struct rs_error *error) {
    double em[G], best = -INFINITY;
    int most = sample->most_iterations ? sample->most_iterations : 200;
    memcpy(em, c->theta, sizeof em);
    for (c->passes = 1; c->passes <= most; c->passes++) {
        struct slopes s;
        if (!sum_slopes(sample, c->prior1, c->prior0, c->theta, &s, error)) return false;
        /* Not up, by more than rounding: back to the EM step from the last point, which always goes up. */
        if (!(s.value >= best - 1e-11 * fabs(best)) && memcmp(c->theta, em, sizeof em) != 0) {
            memcpy(c->theta, em, sizeof em);
            continue;
        }
        best = s.value;
        c->s = s;
        memcpy(c->at, c->theta, sizeof c->at);
        em_step(&s, c->moves, c->theta, em);
        double next[G], length = INFINITY;
        c->have_inverse = newton_step(&s, c->moves, c->theta, next, &length, c->inverse);
        memcpy(c->theta, c->have_inverse ? next : em, sizeof em);
        if (length < close_enough) {
            c->converged = true;
            break;
        }
    }
    return true;
}

/* The prior of the method, about the weighted estimate, and which groups move. */
static struct climb start(const struct rs_birdie_fit *fit) {
    struct climb c = {.passes = 0};
    for (int r = 0; r < G; r++) {
        bool there = fit->n[r] > 0;
        c.theta[r] = there ? fit->weighted[r] : 0.5; /* without mass, p = 0: the value is of no account */
        c.moves[r] = there && c.theta[r] > 0 && c.theta[r] < 1;
        c.prior1[r] = there ? c.theta[r] : 0;
        c.prior0[r] = there ? 1 - c.theta[r] : 0;
    }
    return c;
}

static bool fit_theta(const struct rs_sample *sample, struct rs_birdie_fit *fit, struct rs_error *error) {
    struct climb c = start(fit);
    for (int r = 0; r < G; r++) fit->held[r] = fit->n[r] > 0 && !c.moves[r];
    if (!climb(sample, &c, error)) return false;
    rates_at(&c.s, c.at, c.prior1, c.prior0, fit);
    fit->iterations = c.passes;
    fit->converged = c.converged && c.have_inverse;
    memcpy(fit->theta, c.theta, sizeof c.theta);
    if (!c.have_inverse) memset(c.inverse, 0, sizeof c.inverse);
    if (!c.have_inverse || !sample->robust) memcpy(fit->v, c.inverse, sizeof c.inverse);
    else if (!robust_variance(sample, c.theta, (const double(*)[G])c.inverse, fit, error)) return false;
    return true;
}

bool rs_birdie(const struct rs_sample *sample, struct rs_birdie_fit *fit, struct rs_error *error) {
    memset(fit, 0, sizeof *fit);
    if (!fit_weighted(sample, fit, error)) return false;
    if (!fit_theta(sample, fit, error)) return false;
    for (int r = 0; r < G; r++) {
        if (fit->n[r] > 0) continue;
        fit->theta[r] = fit->rate[r] = NAN;
        for (int c = 0; c < G; c++)
            fit->v[r][c] = fit->v[c][r] = fit->weighted_v[r][c] = fit->weighted_v[c][r] = NAN;
    }
    return true;
}

bool rs_birdie_objective(const struct rs_sample *sample, const double prior1[RS_GROUPS],
                         const double prior0[RS_GROUPS], const double theta[RS_GROUPS], double *value,
                         double gradient[RS_GROUPS], struct rs_error *error) {
    struct slopes s;
    if (!sum_slopes(sample, prior1, prior0, theta, &s, error)) return false;
    *value = s.value;
    for (int r = 0; r < G; r++) gradient[r] = s.up[r] - s.down[r];
    return true;
}
