/* SPDX-License-Identifier: GPL-3.0-or-later */
/* An interval of BIRDiE's rate near 0 or 1, where the estimate has no symmetric error and the curvature at it is
 * largely the prior's: all t that a score test does not refuse,
 *
 *     |U_r(t)| sqrt([E(t)^-1]_rr) <= z,    U_r = d ln L / d theta_r at theta_r = t, the others where they fit best,
 *     E = sum_i w_i p_i p_i' / (D_i (1 - D_i)) + diag(n_r / (theta_r (1 - theta_r))),   D_i = sum_r p_ir theta_r,
 *
 * E being the information that is expected at t, not the one seen: the latter knows nothing of outcomes that are
 * possible and did not occur. n_r counts those who reported and, but for r itself, the prior's pseudo-person. Where
 * everyone reported it is Wilson's interval. C. R. Rao, "Large sample tests of statistical hypotheses concerning
 * several parameters", Proc. Cambridge Phil. Soc. 44 (1948) 50-57; for the choice of expected information near the
 * edge, A. Agresti, B. A. Coull, The American Statistician 52 (1998) 119-126. */
#ifndef RS_STRATIFY_BOUNDARY_H
#define RS_STRATIFY_BOUNDARY_H
#include "birdie.h"
#include "pipeline/base/interval.h"

/* Effective successes or failures, whichever are fewer: rate (1 - rate) / V times min(rate, 1 - rate); 0 without an error. */
double rs_birdie_events(const struct rs_birdie_fit *fit, int r);
/* Whether the rate is so near 0 or 1 that its standard error says little: fewer than ten effective successes or
 * failures. Up to there Wilson's interval about the estimate was found to hold the truth too seldom
 * (tests/simulate/README.md). */
bool rs_near_boundary(const struct rs_birdie_fit *fit, int r);
/* z the normal quantile, above 0. The limits enclose fit->rate[r]; they are exact to a thousandth of z. NaN for an
 * empty group and where weights differ or persons repeat (sample->robust): the information is then not the inverse of a
 * variance. Some 35 passes over the rows. */
bool rs_boundary_interval(const struct rs_sample *sample, const struct rs_birdie_fit *fit, int r, double z,
                          struct rs_interval *out, struct rs_error *error);

#endif
