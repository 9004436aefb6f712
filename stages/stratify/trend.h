/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Gaps over time: those of this run beside the ones earlier runs published, found in their row files of layout estimate
 * (--prior, the latest run first). Made from published numbers alone.
 *
 * Points of one gap (measure, dimension, stratum, estimator) stand in the order of their periods, and within a period
 * older runs first. A change is the gap less the one at the point before. Its interval takes the two as independent: each
 * limit from the limits of both gaps (interval.h, rs_difference with rho 0), which is too wide where members are in both
 * and their results go together. */
#ifndef RS_STRATIFY_TREND_H
#define RS_STRATIFY_TREND_H
#include "statement.h"

struct rs_trend_point {
    uint32_t gap; /* number of measure, dimension, stratum, estimator */
    struct rs_view period, reference, flags, reason;
    int runs_back;
    bool suppressed;
    double rate, value; /* NaN where withheld, or nothing was compared */
    struct rs_interval interval;
};
/* Zero-initialise; rs_trend_free. */
struct rs_trend {
    struct rs_names gaps; /* "measure<unit separator>dimension<unit separator>stratum<unit separator>estimator" */
    struct rs_trend_point *point;
    size_t n, room, of_this_run; /* gaps numbered below of_this_run are this run's */
    struct rs_arena arena;
};
/* One series of this run, after rs_estimates_compare. */
void rs_trend_add(struct rs_trend *t, const struct rs_estimates *all);
/* Reads the prior runs' estimates and fills sink RS_SINK_TREND. */
bool rs_trend_publish(struct rs_trend *t, struct rs_run *run, struct rs_batch *batch, struct rs_error *error);
void rs_trend_free(struct rs_trend *t);

/* In words: closed, narrowed, widened, reversed, not distinguishable; `change` the interval of now less before. */
const char *rs_trend_verdict(double before, struct rs_interval before_interval, double now,
                             struct rs_interval now_interval, struct rs_interval change);

#endif
