/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One estimate from several completed data sets: D. B. Rubin, "Multiple Imputation for Nonresponse in Surveys" (Wiley
 * 1987), with the degrees of freedom of J. Barnard, D. B. Rubin, Biometrika 86 (1999) 948-955. */
#ifndef RS_STRATIFY_RUBIN_H
#define RS_STRATIFY_RUBIN_H
#include <stddef.h>

struct rs_rubin {
    double estimate; /* mean of the estimates */
    double within, between, total; /* Ubar, B, T = Ubar + (1 + 1/M) B */
    double riv;      /* r = (1 + 1/M) B / Ubar: the relative increase of the variance */
    double lambda;   /* (1 + 1/M) B / T: its share in the total */
    double df;       /* 1/(1/nu_m + 1/nu_obs); nu_m alone where nu_com is infinite */
    double fmi;      /* (r + 2/(df + 3)) / (r + 1): the fraction of information that is missing */
};

/* q: the m estimates, u: their variances, `step` apart; m at least 2. nu_com: degrees of freedom were nothing missing,
 * INFINITY where many. Where the estimates are all equal, fmi and riv are 0 and df is nu_obs. */
struct rs_rubin rs_rubin(const double *q, const double *u, size_t step, size_t m, double nu_com);

/* The t for a two-sided interval of that confidence, such as 0.95; df 1 or more, not whole; INFINITY gives the normal's. */
double rs_t_quantile(double confidence, double df);

#endif
