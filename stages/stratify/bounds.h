/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the data say of a group's rate without BIRDiE's assumption: N. Kallus, X. Mao, A. Zhou, "Assessing Algorithmic
 * Fairness with Unobserved Protected Class Using Data Combination", Management Science 68 (2022) 1959-1981.
 *
 * Of those imputed only p_a = P(race = a | z) and eta = P(y = 1 | z) are known, z being what p was made from, not who is
 * which. The persons of race a with y = 1 can be no fewer than sum max(0, p_a + eta - 1) and no more than
 * sum min(p_a, eta). With those who reported, who are known,
 *
 *     mu(a) in [x_a + sum max(0, p_a + eta - 1), x_a + sum min(p_a, eta)] / (n_a + sum p_a).
 *
 * It needs nothing but calibrated p. The bounds of a difference mu(a) - mu(b) are lower(a) - upper(b) and
 * upper(a) - lower(b), and are sharp: within each z both are reached at once. (a's mass at min(p_a, eta) with b's at
 * max(0, p_b + eta - 1): together they are at most eta, since where b's is positive a's is at most p_a <= 1 - p_b; and
 * at least eta - (1 - p_a - p_b), since eta >= eta - 1 + p_a + p_b and p_a + (p_b + eta - 1) is just that.)
 *
 * eta is a function of p, learned from other persons: in five folds (rs_fold), least squares of y on p over the other
 * four and over all who reported, plus the mean of what it leaves in the cell of likeliest group and its probability
 * (ten bins), shrunk by `RS_BOUNDS_SHRINK` persons towards 0. It decides only which side of max and min a person is on;
 * what is summed there is p_a + y - 1 or 0, p_a or y. A wrong eta can therefore make the bounds wider, never too narrow:
 * for any rule that does not look at the person's own y, the mean of what is summed is at most that of max(0, ...) and
 * at least that of min(...). The observed y in the place of eta would be such a look: both bounds would then be the
 * weighted estimate. A z coarser than the one p was made from makes them wider, too. */
#ifndef RS_STRATIFY_BOUNDS_H
#define RS_STRATIFY_BOUNDS_H
#include "sample.h"

enum { RS_BOUNDS_BINS = 10, RS_BOUNDS_SHRINK = 20 };

struct rs_bounds {
    double lower[RS_GROUPS], upper[RS_GROUPS]; /* of the rate, in [0, 1]; NaN where the group is empty */
};
/* `m` of the same sample. */
bool rs_bounds(const struct rs_sample *sample, const struct rs_moments *m, struct rs_bounds *out,
               struct rs_error *error);

#endif
