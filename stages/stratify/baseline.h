/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The frozen baseline of pay for equity: layout baseline, written by every run, read by those given --baseline. */
#ifndef RS_STRATIFY_BASELINE_H
#define RS_STRATIFY_BASELINE_H
#include "strata.h"
#include "pipeline/rows/stage.h"

struct rs_baseline_row {
    struct rs_view period, reference, estimator; /* borrowed from the baseline's arena */
    double members, diversity, stratum_share, reference_share, gap, gap_se, reliability; /* NaN for none */
    bool suppressed;
};
struct rs_baseline {
    struct rs_names keys; /* measure, provider group, stratum */
    struct rs_baseline_row *row;
    struct rs_view imputation;
    struct rs_arena arena;
    bool there;
};

/* Reads the row file of layout baseline in DIR and notes it in the provenance. Of several periods of a measure the last
 * counts. rs_baseline_free in any case. */
bool rs_baseline_read(struct rs_run *run, const char *dir, struct rs_baseline *out, struct rs_error *error);
void rs_baseline_free(struct rs_baseline *b);
/* NULL where it has none. */
const struct rs_baseline_row *rs_baseline_find(struct rs_baseline *b, struct rs_view measure, const char *provider,
                                               const char *stratum);
/* Models, packs and fits of this run's probabilities, sorted; null where there are none. */
struct rs_view rs_imputation_text(const struct rs_strata *strata, struct rs_arena *arena);
/* RS_DATA where the baseline's probabilities are of another model or pack than the run's. */
bool rs_baseline_check(const struct rs_baseline *b, const char *dir, struct rs_view imputation, struct rs_error *error);

#endif
