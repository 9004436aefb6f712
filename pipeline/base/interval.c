/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Why it exists: every published rate carries an interval, and the same few formulas serve all estimators. */
#include "interval.h"
#include <math.h>
#include <gsl/gsl_cdf.h>

static const struct rs_interval none = {NAN, NAN};

static double wilson_lower(double x, double n, double z) {
    if (x <= 0) return 0;
    double z2 = z * z;
    double root = sqrt(z2 + 4 * x * (1 - x / n));
    double upper = (2 * x + z2 + z * root) / (2 * (n + z2));
    return x * x / (n * (n + z2) * upper);
}

struct rs_interval rs_wilson(double x, double n, double z) {
    if (!(n > 0) || !(x >= 0) || x > n) return none;
    return (struct rs_interval){wilson_lower(x, n, z), 1 - wilson_lower(n - x, n, z)};
}

/* The p at which the beta(a, b) distribution function reaches `target`. */
static double beta_quantile(double target, double a, double b) {
    double low = 0, high = 1;
    while (high - low > 1e-14 * high && high > 1e-300) {
        double middle = low + (high - low) / 2;
        if (middle <= low || middle >= high) break;
        if (gsl_cdf_beta_P(middle, a, b) < target) low = middle;
        else high = middle;
    }
    return low + (high - low) / 2;
}

struct rs_interval rs_clopper_pearson(double x, double n, double confidence) {
    if (!(n > 0) || !(x >= 0) || x > n) return none;
    double tail = (1 - confidence) / 2;
    if (n > 2e6) return rs_wilson(x, n, gsl_cdf_ugaussian_Qinv(tail));
    struct rs_interval i = {0, 1};
    if (x > 0) i.lower = beta_quantile(tail, x, n - x + 1);
    if (x < n) i.upper = beta_quantile(1 - tail, x + 1, n - x);
    return i;
}

struct rs_interval rs_byar(double x, double z) {
    if (!(x >= 0)) return none;
    struct rs_interval i = {0, 0};
    if (x > 0) {
        double low = 1 - 1 / (9 * x) - z / (3 * sqrt(x));
        i.lower = low > 0 ? x * low * low * low : 0;
    }
    double y = x + 1, high = 1 - 1 / (9 * y) + z / (3 * sqrt(y));
    i.upper = y * high * high * high;
    return i;
}

/* sqrt(a^2 - 2 rho a b + b^2), safe against a tiny negative from rounding. */
static double distance(double a, double b, double rho) {
    double square = a * a - 2 * rho * a * b + b * b;
    return square > 0 ? sqrt(square) : 0;
}

struct rs_interval rs_difference(double p1, struct rs_interval i1, double p2, struct rs_interval i2, double rho) {
    double d = p1 - p2;
    struct rs_interval i = {d - distance(p1 - i1.lower, i2.upper - p2, rho),
                            d + distance(i1.upper - p1, p2 - i2.lower, rho)};
    if (i.lower < -1) i.lower = -1;
    if (i.upper > 1) i.upper = 1;
    return i;
}

struct rs_interval rs_newcombe10(double x1, double n1, double x2, double n2, double z) {
    if (!(n1 > 0) || !(n2 > 0)) return none;
    return rs_difference(x1 / n1, rs_wilson(x1, n1, z), x2 / n2, rs_wilson(x2, n2, z), 0);
}

struct rs_interval rs_ratio(double p1, double p2, double var1, double var2, double cov, double z) {
    if (!(p1 > 0) || !(p2 > 0)) return none;
    double variance = var1 / (p1 * p1) + var2 / (p2 * p2) - 2 * cov / (p1 * p2);
    double factor = exp(z * sqrt(variance > 0 ? variance : 0));
    return (struct rs_interval){p1 / p2 / factor, p1 / p2 * factor};
}
