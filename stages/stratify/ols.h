/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The two other simple estimates that BIRDiE is set beside.
 *
 * ols: least squares of y on p without intercept, theta = (sum w p p')^-1 sum w p y. Under BIRDiE's assumption and
 * calibrated p, E[y | p] = p'theta, so it has no bias, whatever the distribution of y; it uses less of what the data
 * say, and may leave [0, 1]. A person who reported is a row with p = 1. Its variance is the sandwich
 * A^-1 (sum_c u_c u_c') A^-1, A = sum w p p', u_c = sum over the cluster of w p (y - p'theta) (H. White, Econometrica 48
 * (1980) 817-838; over clusters, K.-Y. Liang, S. L. Zeger, Biometrika 73 (1986) 13-22): right although the variance of
 * y differs from row to row.
 *
 * threshold: everyone imputed counts whole in the likeliest group, together with those who reported. It is biased, and
 * groups that are seldom the likeliest all but vanish. Its variance treats the groups as known: the linearised one of
 * a rate. */
#ifndef RS_STRATIFY_OLS_H
#define RS_STRATIFY_OLS_H
#include "sample.h"

struct rs_group_rates {
    double n[RS_GROUPS];               /* denominator; 0 where the group is empty */
    double rate[RS_GROUPS];            /* NaN where empty or not to be had */
    double v[RS_GROUPS][RS_GROUPS];    /* covariance; NaN where empty */
};
/* `m` of the same sample. Where p does not tell the groups apart (a singular A) every rate of ols is NaN. */
bool rs_ols(const struct rs_sample *sample, const struct rs_moments *m, struct rs_group_rates *out,
            struct rs_error *error);
bool rs_threshold(const struct rs_sample *sample, const struct rs_moments *m, struct rs_group_rates *out,
                  struct rs_error *error);

/* Least squares over some of the folds (bit f of `folds`) of those imputed, reported persons included: rates by group,
 * 0 where empty; false where singular. */
bool rs_ols_folds(const struct rs_sample *sample, const struct rs_moments *m, unsigned folds, double theta[RS_GROUPS]);

#endif
