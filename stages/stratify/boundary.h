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

/* Effective successes or failures, whichever are fewer, of a rate with variance v: rate (1 - rate) / v times
 * min(rate, 1 - rate); 0 without an error. */
double rs_effective_events(double rate, double v);
/* Whether the rate is so near 0 or 1 that its standard error says little: fewer than ten effective successes or
 * failures. Up to there Wilson's interval about the estimate was found to hold the truth too seldom
 * (tests/simulate/README.md). */
bool rs_near_boundary(double rate, double v);
/* The effective number that a rate says: n_eff, or where that is NaN (a rate of 0 or 1) as many persons as would give its
 * interval by Wilson; NaN without either. */
double rs_effective_number(double rate, double n_eff, struct rs_interval interval);
/* Of the groups that are wanted; z the normal quantile, above 0. The limits enclose fit->rate[r]; they are exact to a
 * thousandth of z. NaN for an empty group, where none was found, and where weights differ or persons repeat
 * (sample->robust): the information is then not the inverse of a variance. Some six passes over the rows for all of them
 * together (score.h). */
bool rs_boundary_intervals(const struct rs_sample *sample, const struct rs_birdie_fit *fit, const bool wanted[RS_GROUPS],
                           double z, struct rs_interval out[RS_GROUPS], struct rs_error *error);

#endif
