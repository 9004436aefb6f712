/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Pay for equity (after the case study of the Health Care Payment Learning and Action Network's guidance): does a provider
 * group qualify, and has its own gap become smaller. Layouts equity and baseline.
 *
 * Eligible, each threshold an option: enough members; a baseline gap of at least 2.80 standard errors, so that its full
 * closure would be found with 80 % power; enough of the gaps' variance between provider groups (reliability); enough
 * members outside the largest group. Judged on the frozen baseline, once there is one.
 *
 * Improvement is the size of the baseline gap less what is left of it in the same direction; its variance is the sum of
 * both gaps': the two periods are taken as independent, which is too wide where members are in both and their results go
 * together. No provider group is compared with another, but for the variance that reliability needs. */
#ifndef RS_STRATIFY_EQUITY_H
#define RS_STRATIFY_EQUITY_H
#include "baseline.h"
#include "providers.h"

struct rs_equity_thresholds {
    double members, standard_errors, reliability, diversity;
};
struct rs_equity_change {
    double improvement, se;
    struct rs_interval interval;
    const char *verdict; /* closed, narrowed, widened, not distinguishable */
};
/* closed: less of a gap for sure, and what is left could be none, or is the other way round; narrowed: less for sure;
 * widened: more for sure; at 95 %. */
struct rs_equity_change rs_equity_change(double baseline, double baseline_se, double gap, double gap_se);

/* `baseline` may have nothing in it. Sinks RS_SINK_EQUITY and RS_SINK_BASELINE. */
void rs_equity_publish(const struct rs_providers *p, const struct rs_estimates *all, struct rs_baseline *baseline,
                       const struct rs_equity_thresholds *thresholds, struct rs_view imputation,
                       struct rs_batch *batch);

#endif
