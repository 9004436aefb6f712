/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The estimates of one series (a measure in a period): made from the counts, compared with a reference group, small
 * cells suppressed, written as rows of layout estimate. */
#ifndef RS_STRATIFY_ESTIMATE_H
#define RS_STRATIFY_ESTIMATE_H
#include "birdie.h"
#include "boundary.h"
#include "bounds.h"
#include "pipeline/base/interval.h"
#include "multiple.h"
#include "ols.h"
#include "pipeline/rows/stage.h"
#include "published.h"
#include "strata.h"
#include "pipeline/base/suppress.h"

enum rs_estimator { RS_OBSERVED, RS_SELF_REPORT, RS_BIRDIE, RS_WEIGHTED, RS_OLS, RS_THRESHOLD, RS_MULTIPLE,
                    RS_COMPLETE_CASE, RS_RESPONSE_WEIGHTED, RS_MI_POPULATION, RS_WORST_CASE, RS_ESTIMATORS };
extern const char *const rs_estimator_names[RS_ESTIMATORS];
/* Rows of one dimension that sum to the same: counted; reported and imputed together; everyone counted whole in the likeliest
 * group. */
enum rs_row_kind { RS_COUNTED, RS_COMBINED, RS_WHOLE, RS_ROW_KINDS };
static inline enum rs_row_kind rs_row_kind(enum rs_estimator e) {
    return e == RS_OBSERVED || e == RS_SELF_REPORT ? RS_COUNTED : e == RS_THRESHOLD ? RS_WHOLE : RS_COMBINED;
}

enum rs_flag { RS_LOW_INFORMATION = 1, RS_SIGN_DISAGREES = 2, RS_NOT_CONVERGED = 4, RS_BOUNDARY = 8, RS_NOT_CATEGORICAL = 16 };

struct rs_settings {
    double minimum_cell;    /* smallest count published: 11 */
    double low_information; /* lambda below which an imputed group is flagged */
    size_t languages;       /* named apart; the rest are pooled as "other" */
    const char *reference[RS_DIMENSIONS]; /* by name; NULL for the largest group */
    const struct rs_collapse *collapse; /* label.h; NULL for none */
    int threads;
    const struct rs_published *published; /* what a reader has besides (published.h); NULL for nothing */
    int replicates; /* data sets of multiple imputation; 0 for none */
};

/* Missing numbers are NaN. */
struct rs_estimate {
    enum rs_dimension dimension;
    enum rs_estimator estimator;
    const char *stratum; /* borrowed from the strata's names */
    int group;           /* of the six, else -1; of an intersection always -1 */
    uint32_t fit;        /* of an intersection: 1 + number of the fit it is from, 0 for none */
    int fit_group;       /* of what is fitted: of the six */
    bool missing;        /* a missing reason: never a reference, never compared in race_ethnicity */
    uint32_t cell;       /* in the table of small cells; birdie and weighted share one */
    double n, x, n_eff, direct_share, indirect_share, unknown_share, rate, se;
    double lambda, information; /* rs_lambda; what is known of what would be were every group known */
    struct rs_interval bounds, difference_bounds; /* without BIRDiE's assumption (bounds.h) */
    struct rs_interval interval;
    const char *method;
    const struct rs_estimate *reference; /* among the series' own estimates; NULL for none */
    double difference, ratio;
    struct rs_interval difference_interval, ratio_interval;
    unsigned flags;
};

/* What is fitted of the six groups: of everybody, or of one stratum of an intersection's other parts. */
struct rs_race_fit {
    struct rs_birdie_fit birdie;
    struct rs_interval near_edge[RS_GROUPS]; /* of birdie where rs_near_boundary, else NaN */
    struct rs_group_rates ols, threshold;
    struct rs_bounds bounds;
    struct rs_multiple multiple;
};

struct rs_estimates {
    struct rs_series *series; /* borrowed */
    const struct rs_strata *strata; /* borrowed */
    struct rs_estimate *e;    /* in the order in which they are written */
    size_t n, room;
    struct rs_race_fit race;
    struct rs_race_fit *crossed; /* of intersections: by rs_estimate.fit - 1 */
    struct rs_crossed_cells *cells; /* likewise, where anything is adjusted for (cells.h); NULL */
    size_t n_crossed;
    struct rs_linear_fit linear; /* of rates and means */
    struct rs_cells table;
};

/* estimate.c: rates and intervals, and the table of cells with its relations. */
bool rs_estimates_make(struct rs_estimates *out, struct rs_series *series, const struct rs_strata *strata,
                       const struct rs_settings *settings, struct rs_error *error);
void rs_estimates_free(struct rs_estimates *e);

/* compare.c: references, differences, ratios and flags; after suppression, so that nothing is said of a blank cell. */
void rs_estimates_compare(struct rs_estimates *e, const struct rs_settings *settings);
/* Covariance of two rates of one dimension and estimator: 0 where they are of different persons. */
double rs_estimates_covariance(const struct rs_estimates *all, const struct rs_estimate *a, const struct rs_estimate *b);

/* publish.c: rows into the batch's sink 0, and the widest gaps kept for the run's results. */
struct rs_gap {
    const struct rs_series *series;
    struct rs_estimate estimate;
    const char *reference, *dimension;
};
enum { RS_MOST_GAPS = 20 };
struct rs_gaps {
    struct rs_gap gap[RS_MOST_GAPS];
    size_t n;
    uint64_t rows, primary, complementary, differencing;
};
/* suppression_log.c: a row of layout suppression for each blank row of estimate. */
void rs_suppression_publish(const struct rs_estimates *e, double minimum_cell, struct rs_batch *batch, int sink);
void rs_estimates_publish(const struct rs_estimates *e, struct rs_batch *batch, struct rs_gaps *gaps);
json_t *rs_gaps_json(const struct rs_gaps *gaps);

#endif
