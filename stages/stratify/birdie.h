/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Rates by race where some persons reported their group and others have only probabilities.
 *
 * birdie: C. McCartan, R. Fisher, J. Goldin, D. E. Ho, K. Imai, "Estimating Racial Disparities When Race is Not
 * Observed" (NBER w32373, 2024), for a binary outcome y, under: y independent of surname given race and place.
 * theta_r maximises
 *
 *     sum_i w_i ln D_i + sum_r [a1_r ln theta_r + a0_r ln(1 - theta_r)],
 *     D_i = sum_r p_ir (y_i ? theta_r : 1 - theta_r),   a1_r = weighted_r, a0_r = 1 - weighted_r,
 *
 * a Dirichlet prior of one pseudo-person a group with alpha = 1 + the weighted estimate. It is the fixed point of EM
 *
 *     q_ir = p_ir theta[y_i, r] / D_i,   theta_r = (sum w q y + a1_r) / (sum w q + 1).
 *
 * The objective is a sum of logarithms of linear functions, hence concave, and its exact second derivative is
 *
 *     I = sum_i w_i s_i s_i' + diag(a1/theta^2 + a0/(1 - theta)^2),   s_ir = p_ir (2 y_i - 1) / D_i,
 *
 * so that Newton's steps are taken, an EM step wherever one would not go up. It ends where a full step is shorter than
 * 1e-10: nearer to the fixed point than EM stopped by the length of its own steps, in some ten passes. A group all of
 * whose mass is on one outcome has theta 0 or 1 and is held there. The rate given is sum w q y / sum w q at that theta,
 * which leaves the prior's pseudo-person out.
 *
 * Standard errors: equal weights and no clusters, V = I^-1. Otherwise (`robust`) V (sum_c u_c u_c') V, u_c = sum over
 * the cluster of w_i s_i.
 *
 * weighted: theta_r = sum w p y / sum w p. It is biased towards the mean of all wherever p is not 0 or 1; it is there
 * to be compared with. Its variance is the linearised one, sum_c v_c v_c', v_c = sum w p (y - theta) / sum w p.
 *
 * A person who reported is a row with p = 1 in one group, so such persons enter as counts. Where persons repeat, the
 * likelihood treats their rows as if they were of different persons, and the sandwich does not. */
#ifndef RS_STRATIFY_BIRDIE_H
#define RS_STRATIFY_BIRDIE_H
#include <stdbool.h>
#include "sample.h"

struct rs_birdie_fit {
    struct rs_moments moments;
    double n[RS_GROUPS];                        /* sum of w p, reported persons included; 0 where the group is empty */
    double lambda[RS_GROUPS];                   /* rs_lambda */
    double weighted[RS_GROUPS], weighted_v[RS_GROUPS][RS_GROUPS];
    double theta[RS_GROUPS], v[RS_GROUPS][RS_GROUPS]; /* NaN in rows and columns of empty groups */
    double rate[RS_GROUPS];                     /* sum w q y / sum w q at theta: what is reported */
    bool held[RS_GROUPS];                       /* theta is 0 or 1, and V is 0 there */
    int iterations;
    bool converged;
};
bool rs_birdie(const struct rs_sample *sample, struct rs_birdie_fit *fit, struct rs_error *error);

/* The objective above and its gradient at theta: for tests and diagnostics. */
bool rs_birdie_objective(const struct rs_sample *sample, const double prior1[RS_GROUPS],
                         const double prior0[RS_GROUPS], const double theta[RS_GROUPS], double *value,
                         double gradient[RS_GROUPS], struct rs_error *error);

#endif
