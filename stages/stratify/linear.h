/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Rates per member time and means by race where race is partly imputed: least squares without intercept of amount /
 * exposure on p with exposure for weight,
 *
 *     theta = A^-1 b,   A = sum e p p',   b = sum p a
 *
 * (e is the member time, 1 in a mean; a the amount). Where p is calibrated and the outcome does not depend on surname given
 * race and place, E[a] = e p'theta, so it has no bias, whatever the distribution; the ratio sum p a / sum p e has, towards
 * the mean of all. BIRDiE is for categorical outcomes and does not apply. Who reported has p = 1 in one group.
 * Variance: the sandwich A^-1 (sum u u') A^-1, u = p (a - e p'theta), of one row a person. Its middle is a polynomial in
 * theta whose sums are taken in the same single pass, so that no rows are kept. */
#ifndef RS_STRATIFY_LINEAR_H
#define RS_STRATIFY_LINEAR_H
#include <stdbool.h>
#include "pipeline/reference/pack.h"

enum { RS_PAIRS = RS_GROUPS * (RS_GROUPS + 1) / 2 }; /* a <= b */
struct rs_linear {
    double n[RS_GROUPS];                     /* sum p: persons */
    double time[RS_GROUPS], b[RS_GROUPS];    /* sum e p, sum p a */
    double a[RS_PAIRS];                      /* sum e p_a p_b */
    double aa[RS_PAIRS];                     /* sum p_a p_b a^2 */
    double ea[RS_PAIRS][RS_GROUPS];          /* sum p_a p_b p_c e a */
    double ee[RS_PAIRS][RS_PAIRS];           /* sum p_a p_b p_c p_d e^2 */
};
void rs_linear_add(struct rs_linear *s, const double p[RS_GROUPS], double exposure, double amount);

struct rs_linear_fit {
    double theta[RS_GROUPS], v[RS_GROUPS][RS_GROUPS]; /* NaN where the group is empty */
    double weighted[RS_GROUPS];                       /* sum p a / sum p e, biased: to be compared with */
};
/* false where p does not tell the groups apart (A is singular). */
bool rs_linear_solve(const struct rs_linear *s, struct rs_linear_fit *out);

#endif
