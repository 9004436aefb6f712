/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Why it exists: the spread between imputations is part of the error. */
#include "rubin.h"
#include <math.h>
#include <gsl/gsl_cdf.h>

struct rs_rubin rs_rubin(const double *q, const double *u, size_t step, size_t m, double nu_com) {
    struct rs_rubin r = {.estimate = 0};
    double many = (double)m;
    for (size_t i = 0; i < m; i++) {
        r.estimate += q[i * step] / many;
        r.within += u[i * step] / many;
    }
    for (size_t i = 0; i < m; i++) {
        double d = q[i * step] - r.estimate;
        r.between += d * d / (many - 1);
    }
    if (r.between < 1e-24 * r.estimate * r.estimate) r.between = 0; /* equal, but for the rounding of their mean */
    double extra = (1 + 1 / many) * r.between;
    r.total = r.within + extra;
    r.riv = extra > 0 ? extra / r.within : 0;
    r.lambda = extra > 0 ? extra / r.total : 0;
    double nu_obs = isinf(nu_com) ? INFINITY : (nu_com + 1) / (nu_com + 3) * nu_com * (1 - r.lambda);
    double nu_m = r.lambda > 0 ? (many - 1) / (r.lambda * r.lambda) : INFINITY;
    r.df = isinf(nu_m) ? nu_obs : isinf(nu_obs) ? nu_m : 1 / (1 / nu_m + 1 / nu_obs);
    /* with no within-variance, r has no bound and fmi is 1 */
    r.fmi = isinf(r.riv) ? 1 : extra > 0 ? (r.riv + 2 / (r.df + 3)) / (r.riv + 1) : 0;
    return r;
}

double rs_t_quantile(double confidence, double df) {
    double tail = (1 - confidence) / 2;
    if (isinf(df) || df > 1e7) return gsl_cdf_ugaussian_Qinv(tail);
    double low = 0, high = 1;
    while (gsl_cdf_tdist_Q(high, df) > tail && high < 1e12) high *= 2;
    for (int i = 0; i < 200 && high - low > 1e-13 * high; i++) {
        double middle = low + (high - low) / 2;
        if (gsl_cdf_tdist_Q(middle, df) > tail) low = middle;
        else high = middle;
    }
    return low + (high - low) / 2;
}
