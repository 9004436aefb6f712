/* SPDX-License-Identifier: GPL-3.0-or-later */
/* How good the probabilities are, seen on the persons who reported their group themselves.
 *
 * One pass with bounded memory. Sums of powers are kept by block and added up in block order; blocks do not depend on
 * the number of threads, so neither do the last digits. Histograms are counts, of which each thread has its own.
 *
 * Measures, by group r over the n self-reporters of a stratum, y = 1 where r was reported, p the probability of r; in
 * parentheses how the 95 % interval is made (z = 1.96, delta: first-order Taylor on the sample moments):
 *   observed_share  mean y (Wilson)                    mean_p  mean p (normal)
 *   bias            mean of p - y, paired (normal)
 *   calibration_intercept, calibration_slope           Cox 1958, logit P(y=1) = a + logit p, and a + b logit p
 *                   (information); 0 and 1 where p is calibrated. From a histogram whose bins are 1/32 of an octave of p
 *                   (of 1 - p above one half): a bin's logit is off by less than 1/64
 *   linear_intercept, linear_slope                     least squares of y on p (sandwich): what weighted estimators see
 *   ece             sum over ten equal bins of p of n_bin/n |mean y - mean p| (none: it is biased upwards, so that no
 *                   symmetric interval would be honest)
 *   correlation     Pearson's, of p and y (delta, on Fisher's scale)
 *   auc             P(p of one who reported r > p of one who did not), ties half (DeLong 1988), from that histogram:
 *                   auc_resolution is the most by which ties within its bins can have moved it
 *   brier           mean (p - y)^2 (normal)            log_loss  mean -ln p among those who reported r (normal)
 *   lambda          Var(p) / (p_mean (1 - p_mean)): by how much a gap shrinks if p stands in for y (delta)
 *   coverage        share of the self-reporters (of the group) who are in the stratum (Wilson); coverage_imputed: of all
 *                   persons imputed
 *   bin_NN_observed (Wilson), bin_NN_mean_p            the ten bins, over all self-reporters
 * ALL groups together have log_loss, brier (summed over the groups) and coverage. Never AUC alone: it does not see a
 * wrong mean. */
#ifndef RS_IMPUTE_EVALUATE_H
#define RS_IMPUTE_EVALUATE_H
#include <jansson.h>
#include "model.h"
#include "source_names.h"
#include "pipeline/rows/batch.h"

/* ---- what persons are sorted by -------------------------------------------------------------------------------- */

enum rs_evaluated_by {
    RS_BY_ALL, RS_BY_MODEL, RS_BY_SURNAME, RS_BY_FIRST_NAME, RS_BY_GEOGRAPHY, RS_BY_COLLECTION, RS_BY_SOURCE,
    RS_BY_STATE, RS_BY_REGION, RS_BY_DIMENSIONS
};
enum rs_region { RS_NORTHEAST, RS_MIDWEST, RS_SOUTH, RS_WEST, RS_NO_REGION, RS_REGIONS };
enum { RS_COLLECTIONS = 7, RS_EVALUATED_STATES = 64, RS_STATE_CODES = 26 * 26 };
enum {
    RS_FIRST_MODEL = 1,
    RS_FIRST_SURNAME = RS_FIRST_MODEL + RS_IMPUTE_KINDS,
    RS_FIRST_FIRST_NAME = RS_FIRST_SURNAME + RS_SURNAME_MATCHES, /* and one where it was not looked at */
    RS_FIRST_GEOGRAPHY = RS_FIRST_FIRST_NAME + RS_FIRST_NAME_MATCHES + 1,
    RS_FIRST_COLLECTION = RS_FIRST_GEOGRAPHY + RS_PLACE_LEVELS,
    RS_FIRST_SOURCE = RS_FIRST_COLLECTION + RS_COLLECTIONS,
    RS_REST_OF_SOURCES = RS_FIRST_SOURCE + RS_EVALUATED_SOURCES, /* those with few reports, together */
    RS_FIRST_STATE,
    RS_FIRST_REGION = RS_FIRST_STATE + RS_EVALUATED_STATES,
    RS_STRATA = RS_FIRST_REGION + RS_REGIONS
};
extern const char *const rs_evaluated_by_names[RS_BY_DIMENSIONS];

/* One person: the model's probabilities, before the person's own answer is looked at, and that answer. */
struct rs_evaluated {
    double p[RS_GROUPS];
    int reported;                            /* group number, or -1 where the person reported none */
    unsigned char stratum[RS_BY_DIMENSIONS]; /* number in all strata: RS_FIRST_... + number in the dimension */
};

/* Group number of a census6 value; -1 for null and for anything else. */
int rs_census6_group(struct rs_view census6);

/* ---- sums ------------------------------------------------------------------------------------------------------ */

/* Sums of one stratum. Powers of p: 1 to 4. */
struct rs_moments {
    uint64_t imputed, n, y[RS_GROUPS], bin_n[RS_GROUPS][10], bin_y[RS_GROUPS][10];
    double p[4][RS_GROUPS], yp[4][RS_GROUPS], loss[RS_GROUPS], loss2[RS_GROUPS], brier, brier2, bin_p[RS_GROUPS][10];
};
enum { RS_FINE_HALF = 20 * 32 + 1, RS_FINE = 2 * RS_FINE_HALF };
/* Bins of p on an octave scale towards both ends. */
struct rs_fine {
    uint32_t all[RS_GROUPS][RS_FINE], own[RS_GROUPS][RS_FINE]; /* persons; those who reported the group */
};
int rs_fine_bin(double p);
double rs_fine_middle(int bin); /* a p that stands for the bin */

/* Sums of a block, zeroed by its owner. */
struct rs_evaluation_block {
    struct rs_moments of[RS_STRATA];
};
struct rs_evaluation; /* of a run under one model */
/* sources: borrowed, numbers those of dimension source; may be NULL, where that is not looked at. */
struct rs_evaluation *rs_evaluation_new(int threads, const struct rs_source_names *sources);
void rs_evaluation_free(struct rs_evaluation *e);
int rs_evaluation_state(const struct rs_evaluation *e, struct rs_view usps); /* stratum numbers */
int rs_evaluation_region(const struct rs_evaluation *e, int state); /* of a state's stratum number */
int rs_evaluation_collection(struct rs_view collection);
/* `n` persons, in worker `worker`, into its block. Fastest with many of them at once. */
enum { RS_EVALUATED_AT_ONCE = 32 };
void rs_evaluation_add(struct rs_evaluation *e, int worker, struct rs_evaluation_block *block,
                       const struct rs_evaluated *persons, size_t n);
/* Serial, in block order. */
void rs_evaluation_done(struct rs_evaluation *e, const struct rs_evaluation_block *block);
/* After the last block, before results: sources are put in the order of their names, and those with fewer reports than
 * RS_EVALUATION_LEAST together, as REST, with the next smallest where that is not enough. */
enum { RS_EVALUATION_LEAST = 11 };
void rs_evaluation_close(struct rs_evaluation *e);

/* ---- results --------------------------------------------------------------------------------------------------- */

enum rs_metric {
    RS_OBSERVED_SHARE, RS_MEAN_P, RS_BIAS, RS_CALIBRATION_INTERCEPT, RS_CALIBRATION_SLOPE, RS_LINEAR_INTERCEPT,
    RS_LINEAR_SLOPE, RS_ECE, RS_CORRELATION, RS_AUC, RS_AUC_RESOLUTION, RS_BRIER, RS_LOG_LOSS, RS_LAMBDA, RS_METRICS
};
extern const char *const rs_metric_names[RS_METRICS];
struct rs_measure {
    double value, lower, upper; /* NaN where it has no meaning; ends NaN where there is no interval */
};
struct rs_measure rs_measure_share(double x, double n);
/* Of group r in a stratum; fine may be NULL where nobody reported. */
void rs_measures(const struct rs_moments *m, const struct rs_fine *fine, int r, struct rs_measure out[RS_METRICS]);
/* Of all groups together: only RS_BRIER and RS_LOG_LOSS have meaning. */
void rs_measures_all(const struct rs_moments *m, struct rs_measure out[RS_METRICS]);

/* Which cells may be shown: strata by groups, the last column for the stratum as a whole, of one dimension whose strata
 * are `n` of those in m. A count from 1 to `least` - 1, of members or of all but them, is never shown, nor one that a
 * total less what is shown would give (method: small cells). */
void rs_evaluation_protect(const struct rs_moments *m, size_t n, uint64_t least, bool (*shown)[RS_GROUPS + 1]);
/* The same of parts and of the wholes that they add up to (states and regions), part_of[part] the number of its whole: at
 * least two parts of a whole that is shown are held back, or none, and what they add up to does not tell that they are small;
 * of one that is not shown, at least one. */
void rs_evaluation_protect_both(const struct rs_moments *parts, size_t n_parts, const unsigned char *part_of,
                                const struct rs_moments *wholes, size_t n_wholes, uint64_t least,
                                bool (*shown_parts)[RS_GROUPS + 1], bool (*shown_wholes)[RS_GROUPS + 1]);

/* Rows of layout evaluation, through a batch's sink. */
void rs_evaluation_emit(struct rs_evaluation *e, const char *model, struct rs_batch *batch, int sink);
/* For the results JSON; measures without meaning are null. `groups` has all members, as stages' own results do; `by`
 * holds strata without small cells. New reference. */
json_t *rs_evaluation_json(struct rs_evaluation *e, const char *model);
/* How many persons had which model, match and level. New reference. */
json_t *rs_evaluation_counts(const struct rs_evaluation *e);
/* The evaluation in a few lines of the log. */
void rs_evaluation_log(struct rs_evaluation *e, const char *model);

/* Shared by the files of evaluate*.c. */
const struct rs_moments *rs_evaluation_moments(const struct rs_evaluation *e);
struct rs_fine *rs_evaluation_fine(struct rs_evaluation *e, int stratum); /* of all threads; NULL where empty */
bool rs_evaluation_tells(const struct rs_evaluation *e, int dimension); /* not of sources, where there were too many */
/* Name of a stratum by its number; not of a source, whose names are the run's. */
const char *rs_stratum_name(int stratum);
const char *rs_evaluation_stratum_name(const struct rs_evaluation *e, int stratum);

#endif
