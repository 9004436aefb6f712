/* SPDX-License-Identifier: GPL-3.0-or-later */
/* How good the probabilities are, seen on the persons who reported their group themselves.
 *
 * Sums are kept by block and added up in block order: blocks do not depend on the number of threads, so neither do the
 * last digits. Measures, by group r over the n self-reporters, y = 1 where r was reported, p the probability of r:
 *   observed_share  mean y                        mean_p     mean p: the two agree where p is calibrated in the large
 *   correlation     Pearson's, of p and y          brier      mean (p - y)^2
 *   log_loss        mean -ln p among those who reported r
 *   lambda          Var(p) / (p_mean (1 - p_mean)): by how much a gap shrinks if p stands in for y (method: BIRDiE)
 * Never AUC alone: it does not see a wrong mean. */
#ifndef RS_IMPUTE_EVALUATE_H
#define RS_IMPUTE_EVALUATE_H
#include <jansson.h>
#include "model.h"

struct rs_impute_sums {
    uint64_t kinds[RS_IMPUTE_KINDS], matches[RS_SURNAME_MATCHES], levels[RS_PLACE_LEVELS];
    uint64_t reported[RS_GROUPS];
    double p[RS_GROUPS], p2[RS_GROUPS], py[RS_GROUPS], log_loss[RS_GROUPS];
};

/* Group number of a census6 value; -1 for null and for anything else. */
int rs_census6_group(struct rs_view census6);
/* reported: group number, or -1 where the person reported none. */
void rs_impute_sums_add(struct rs_impute_sums *s, const struct rs_posterior *posterior, int reported);
void rs_impute_sums_merge(struct rs_impute_sums *into, const struct rs_impute_sums *from);
/* For the results JSON; measures without meaning (nobody reported, no variance) are null. New reference. */
json_t *rs_impute_evaluation(const struct rs_impute_sums *s);
json_t *rs_impute_counts(const struct rs_impute_sums *s);
/* The evaluation in a few lines of the log. */
void rs_impute_log(const struct rs_impute_sums *s);

#endif
