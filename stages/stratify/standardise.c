/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Direct and indirect standardisation. Chi-square quantiles by bisection on GSL's distribution function: its own
 * quantile function gives NaN at large shapes, and beyond two million degrees of freedom the distribution function, too,
 * gives up and takes the process with it. */
#include "standardise.h"
#include <gsl/gsl_cdf.h>
#include <math.h>

struct rs_standardised rs_standardise(size_t n, const double *events, const double *persons, const double *standard) {
    struct rs_standardised s = {0};
    double total = 0;
    for (size_t i = 0; i < n; i++) total += standard[i];
    for (size_t i = 0; i < n; i++) {
        double w = standard[i] / (total * persons[i]);
        s.rate += w * events[i];
        s.variance += w * w * events[i];
        s.events += events[i];
        if (w > s.most_weight) s.most_weight = w;
    }
    return s;
}

/* Cornish and Fisher's expansion, M. Abramowitz, I. A. Stegun, "Handbook of Mathematical Functions" 26.2.49 with the
 * cumulants of chi-square. For k of 1e5 and more, and p such as an interval's, it is right to 2e-16 of the value. */
static double chi_square_large(double p, double k) {
    double z = gsl_cdf_ugaussian_Pinv(p), s = sqrt(2 * k), z2 = z * z;
    return k + s * z + 2 * (z2 - 1) / 3 + z * (z2 - 7) / (9 * s) - (z2 * (6 * z2 + 14) - 32) / (405 * k) +
           z * (z2 * (9 * z2 + 256) - 433) / (4860 * s * k);
}

/* Quantile of chi-square with k degrees of freedom, k > 0 and not necessarily whole. */
static double chi_square_quantile(double p, double k) {
    if (k >= 1e5) return chi_square_large(p, k);
    double low = 0, high = k + 10;
    while (gsl_cdf_chisq_P(high, k) < p) high *= 2;
    for (int i = 0; i < 200 && high - low > 1e-14 * high; i++) {
        double middle = (low + high) / 2;
        if (gsl_cdf_chisq_P(middle, k) < p)
            low = middle;
        else
            high = middle;
    }
    return (low + high) / 2;
}

struct rs_interval rs_fay_feuer(const struct rs_standardised *s, double confidence) {
    double tail = (1 - confidence) / 2, y = s->rate, v = s->variance;
    double y_up = y + s->most_weight, v_up = v + s->most_weight * s->most_weight;
    struct rs_interval i = {0, v_up / (2 * y_up) * chi_square_quantile(1 - tail, 2 * y_up * y_up / v_up)};
    if (y > 0) i.lower = v / (2 * y) * chi_square_quantile(tail, 2 * y * y / v);
    return i;
}

struct rs_interval rs_dobson(const struct rs_standardised *s, double z) {
    if (s->events < 10) return (struct rs_interval){NAN, NAN};
    struct rs_interval byar = rs_byar(s->events, z);
    double scale = sqrt(s->variance / s->events);
    return (struct rs_interval){s->rate + scale * (byar.lower - s->events), s->rate + scale * (byar.upper - s->events)};
}

struct rs_interval rs_poisson_exact(double events, double confidence) {
    double tail = (1 - confidence) / 2;
    struct rs_interval i = {0, chi_square_quantile(1 - tail, 2 * events + 2) / 2};
    if (events > 0) i.lower = chi_square_quantile(tail, 2 * events) / 2;
    return i;
}

struct rs_interval rs_indirect(double observed, double expected, double confidence, double z) {
    struct rs_interval i = observed < 10 ? rs_poisson_exact(observed, confidence) : rs_byar(observed, z);
    return (struct rs_interval){i.lower / expected, i.upper / expected};
}
