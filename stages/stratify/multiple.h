/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Multiple imputation of race for one measure, congenial with BIRDiE: the imputation model is the fit itself, outcome
 * included. Imputation from p alone, without the outcome, is as biased as the weighted estimate.
 *
 * For each of M data sets: theta is drawn from its posterior, normal on the logit scale, with the mean and the covariance of
 * the fit in rates (logit_normal.h: on that scale it does not leave (0, 1), and it is right on average near the edges, where
 * a mean taken over to logits is not; a bootstrap of the fit would cost a whole fit a draw); then each imputed person's race from
 * p_r theta[y, r] / D. Those who reported stay what they said. Rates are counted in each data set and combined by
 * Rubin's rules (rubin.h), nu_com = n - 1. Off-diagonal covariances are (1 + 1/M) times those between the data sets:
 * within one, groups are different persons.
 *
 * Random numbers are Philox's, by seed, person and data set: the same in any order and for any number of threads. Each
 * person must have one row of weight 1 (not sample->robust): with several rows a person's race would have to be drawn
 * once for all of them. Nothing that is drawn leaves this file but sums. */
#ifndef RS_STRATIFY_MULTIPLE_H
#define RS_STRATIFY_MULTIPLE_H
#include "birdie.h"

enum { RS_MOST_REPLICATES = 1000 };

struct rs_multiple {
    bool made; /* false: not to be had (robust, or no V); the rest is then NaN */
    double rate[RS_GROUPS], v[RS_GROUPS][RS_GROUPS]; /* NaN where the group is empty or theta is 0 or 1 */
    double fmi[RS_GROUPS], df[RS_GROUPS];
};
/* replicates: M, 2 to RS_MOST_REPLICATES. `fit` of the same sample. */
bool rs_multiple(const struct rs_sample *sample, const struct rs_birdie_fit *fit, uint64_t seed, int replicates,
                 struct rs_multiple *out, struct rs_error *error);

#endif
