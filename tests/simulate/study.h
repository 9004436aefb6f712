/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Many simulated plans through the stage's own estimates and comparisons, each held against the true rates: bias,
 * standard errors beside the spread of the estimates, and how often an interval holds the truth. */
#ifndef RS_SIMULATE_STUDY_H
#define RS_SIMULATE_STUDY_H
#include "plan.h"
#include "stages/stratify/estimate.h"

enum study_quantity { STUDY_RATE, STUDY_DIFFERENCE, STUDY_QUANTITIES }; /* of a group; to the first group */

/* Of one estimator, quantity and group, over the plans that gave an estimate. */
struct study_cell {
    size_t plans, intervals, covered;
    size_t flagged, flagged_intervals, flagged_covered; /* of them flagged boundary */
    double bias, sd;                                    /* mean and standard deviation of estimate - truth */
    double mean_se;                                     /* over estimates with a standard error */
    double mean_width;                                  /* of the intervals */
};
struct study {
    const struct plan_kind *kind;
    double truth[RS_GROUPS];
    size_t persons, plans;
    struct study_cell cell[RS_ESTIMATORS][STUDY_QUANTITIES][RS_GROUPS];
};
/* `plans` plans of `persons` each, seeds first, first + 1 ...; multiple imputation with `replicates` data sets. Plans
 * are spread over the threads; the result does not depend on their number. */
bool study_run(const struct plan_kind *kind, size_t persons, size_t plans, uint64_t first, int replicates, int threads,
               struct study *out, struct rs_error *error);

/* Share of the intervals that hold the truth, and its standard error, that of a share of so many plans; NaN without
 * any. */
double study_coverage(const struct study_cell *cell);
double study_coverage_se(double coverage, size_t plans);

#endif
