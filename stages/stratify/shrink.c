/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Why it exists: the most extreme of many small providers is mostly the luckiest. */
#include "shrink.h"
#include <math.h>

struct rs_spread rs_dersimonian_laird(size_t n, const double *y, const double *se) {
    struct rs_spread s = {.n = n};
    double sum = 0, squares = 0, mean = 0, q = 0;
    for (size_t i = 0; i < n; i++) {
        double w = 1 / (se[i] * se[i]);
        sum += w;
        squares += w * w;
        mean += w * y[i];
    }
    mean /= sum;
    for (size_t i = 0; i < n; i++) q += (y[i] - mean) * (y[i] - mean) / (se[i] * se[i]);
    if (n > 1) s.tau2 = fmax(0, (q - (double)(n - 1)) / (sum - squares / sum));
    sum = 0;
    for (size_t i = 0; i < n; i++) {
        double w = 1 / (s.tau2 + se[i] * se[i]);
        sum += w;
        s.mean += w * y[i];
    }
    s.mean /= sum;
    s.mean_se = 1 / sqrt(sum);
    return s;
}

struct rs_shrunk rs_shrink(const struct rs_spread *s, double y, double se) {
    double r = s->tau2 / (s->tau2 + se * se);
    return (struct rs_shrunk){.value = s->mean + r * (y - s->mean),
                              .se = sqrt(r * se * se + (1 - r) * (1 - r) * s->mean_se * s->mean_se),
                              .reliability = r};
}

struct rs_interval rs_funnel(double p0, double n, double z) {
    double half = z * sqrt(p0 * (1 - p0) / n);
    return (struct rs_interval){fmax(0, p0 - half), fmin(1, p0 + half)};
}
