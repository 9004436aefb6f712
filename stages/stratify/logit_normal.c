/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Why it exists: draws of a rate that stay within 0 and 1 and are right on average. */
#include "logit_normal.h"
#include <math.h>
#include <stdbool.h>

/* Nodes of the trapezoidal rule for a normal, -8 to 8 by quarters: exact to rounding for functions as smooth as these. */
enum { NODES = 65 };

/* Mean and variance of the rates, and their derivatives by the two parameters. */
struct moments {
    double mean, variance, mean_by[2], variance_by[2];
};

static struct moments moments_of(const struct rs_logit_normal *n) {
    struct moments m = {.mean = 0};
    double sum = 0, square = 0, square_by[2] = {0};
    for (int i = 0; i < NODES; i++) {
        double z = (i - NODES / 2) / 4., w = exp(-z * z / 2), p = 1 / (1 + exp(-n->mean - n->sd * z)), q = w * p * (1 - p);
        sum += w;
        m.mean += w * p;
        square += w * p * p;
        m.mean_by[0] += q;
        m.mean_by[1] += q * z;
        square_by[0] += 2 * q * p;
        square_by[1] += 2 * q * p * z;
    }
    m.mean /= sum;
    m.variance = square / sum - m.mean * m.mean;
    for (int k = 0; k < 2; k++) {
        m.mean_by[k] /= sum;
        m.variance_by[k] = square_by[k] / sum - 2 * m.mean * m.mean_by[k];
    }
    return m;
}

static double within(double v, double limit) { return fmin(fmax(v, -limit), limit); }

/* Newton's steps from the lognormal of the same moments, of a mean not above one half. */
static struct rs_logit_normal solve(double mean, double variance) {
    double relative = variance / (mean * mean * (1 - mean) * (1 - mean));
    struct rs_logit_normal n = {.sd = sqrt(log1p(relative))};
    n.mean = log(mean / (1 - mean)) - n.sd * n.sd / 2 * (1 - 2 * mean);
    for (int i = 0; i < 50; i++) {
        struct moments m = moments_of(&n);
        double off = m.mean - mean, wide = m.variance - variance;
        if (fabs(off) < 1e-9 * mean && fabs(wide) < 1e-8 * variance) break;
        double d = m.mean_by[0] * m.variance_by[1] - m.mean_by[1] * m.variance_by[0];
        n.mean -= within((off * m.variance_by[1] - wide * m.mean_by[1]) / d, 1);
        n.sd -= within((wide * m.mean_by[0] - off * m.variance_by[0]) / d, n.sd / 2);
    }
    return n;
}

struct rs_logit_normal rs_logit_normal(double mean, double variance) {
    bool flip = mean > .5;
    struct rs_logit_normal n = solve(flip ? 1 - mean : mean, fmin(variance, mean * (1 - mean) / 2));
    if (flip) n.mean = -n.mean;
    return n;
}
