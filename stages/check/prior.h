/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The prior run's results beside this run's: shares that rose, and thresholds that were changed. */
#ifndef RS_CHECK_PRIOR_H
#define RS_CHECK_PRIOR_H
#include "evaluate.h"

/* Fills has_prior, prior_share and prior_denominator of each result that the prior run has, and lets a check with
 * `rise` fail where its share of violations rose by more than that and by more than chance (difference of two
 * proportions, 95 %). *told gets the changes: [{check, what, was, now}], and null where there is no prior run; the
 * caller owns it. */
bool rs_check_prior(struct rs_run *run, const struct rs_checks *checks, struct rs_check_results *results, json_t **told,
                    struct rs_error *error);

#endif
