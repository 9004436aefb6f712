/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Rates standardised for age and sex. Strata are arrays of n: events (a count), persons (or person-time, above 0),
 * standard (weights of the standard population, any scale). Rates are per person: scale them afterwards. */
#ifndef RS_STRATIFY_STANDARDISE_H
#define RS_STRATIFY_STANDARDISE_H
#include <stddef.h>
#include "pipeline/base/interval.h"

struct rs_standardised {
    double rate, variance; /* y = sum w x, v = sum w^2 x, w_i = s_i / (sum s n_i) */
    double most_weight;    /* max w */
    double events;
};
struct rs_standardised rs_standardise(size_t n, const double *events, const double *persons, const double *standard);

/* Gamma interval: lower v/(2y) chi2_(a/2)(2y^2/v); upper, with y* = y + w_M, v* = v + w_M^2, v*(2y*) chi2_(1-a/2)(2y*^2 /
 * v*) / (2y*). M. P. Fay, E. J. Feuer, Statistics in Medicine 16 (1997) 791-801. */
struct rs_interval rs_fay_feuer(const struct rs_standardised *s, double confidence);
/* y + sqrt(v / O) (Byar(O) - O). A. J. Dobson et al., Statistics in Medicine 10 (1991) 457-462; as UKHSA uses it, NaN
 * where fewer than 10 events were seen. */
struct rs_interval rs_dobson(const struct rs_standardised *s, double z);

/* Exact interval of a Poisson count: chi2_(a/2)(2O)/2, chi2_(1-a/2)(2O + 2)/2. F. Garwood, Biometrika 28 (1936). */
struct rs_interval rs_poisson_exact(double events, double confidence);
/* Indirect: observed / expected, by Byar, exact below 10. */
struct rs_interval rs_indirect(double observed, double expected, double confidence, double z);

#endif
