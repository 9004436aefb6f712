/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One statement about gaps, a row of layout disparity; and who may be spoken of: the shown groups of a dimension. */
#ifndef RS_STRATIFY_STATEMENT_H
#define RS_STRATIFY_STATEMENT_H
#include "estimate.h"
#include "inequality.h"

/* Outputs of the stage, in the order of its descriptor. */
enum rs_stratify_sink { RS_SINK_ESTIMATE, RS_SINK_TABULATION, RS_SINK_DISPARITY, RS_SINK_EQUITY, RS_SINK_TREND,
                        RS_SINK_BASELINE, RS_SINK_SUPPRESSION, RS_SINK_PUBLISHED };

/* Text is borrowed; stratum, provider_group and part are "all" where NULL. Missing numbers are NaN. */
struct rs_statement {
    const char *dimension, *estimator, *statistic, *stratum, *provider_group, *part, *reference, *unit, *method;
    double value, se, n;
    struct rs_interval interval;
    size_t groups; /* 0 for none */
    unsigned flags;
    bool shown_only;      /* flag shown_groups_only */
    const char *withheld; /* suppression_reason: no number is written then; NULL where nothing is withheld */
};
#define RS_NO_INTERVAL ((struct rs_interval){NAN, NAN})

void rs_statement_emit(struct rs_batch *batch, const struct rs_series *series, const struct rs_statement *s);
/* Flags as layouts estimate and disparity have them; null for none. */
struct rs_view rs_flags_text(struct rs_arena *arena, unsigned flags, bool shown_only);

/* The groups of one dimension by one estimator that are shown: neither withheld nor a missing reason, their rate known.
 * Whatever is stated of several groups is made from these alone, that is, from numbers that stand in layout estimate (and
 * the covariances between them): it cannot give away what was withheld there. */
struct rs_shown {
    enum rs_dimension dimension;
    const char *dimension_name;
    enum rs_estimator estimator;
    const struct rs_estimate **e; /* in the order of the rows */
    size_t n, reference;          /* reference: place in e, or n where there is none */
    bool some_withheld;           /* a group that is no missing reason is blank */
    unsigned flags;               /* of any of them */
    double persons;               /* sum of n */
    double *rate, *se, *share, *count; /* count is the groups' n; share sums to 1 over those shown */
    double *v;                         /* n x n; NULL where the rates are of different persons */
};
/* Allocated in the arena. false where the dimension has no group by this estimator at all. */
bool rs_shown_groups(const struct rs_estimates *all, enum rs_dimension d, enum rs_estimator k, struct rs_arena *arena,
                     struct rs_shown *out);
static inline double rs_shown_covariance(const struct rs_shown *s, size_t i, size_t j) {
    if (s->v) return s->v[i * s->n + j];
    return i == j ? s->se[i] * s->se[i] : 0;
}
static inline struct rs_groups rs_shown_as_groups(const struct rs_shown *s) {
    return (struct rs_groups){.n = s->n, .rate = s->rate, .se = s->se, .share = s->share};
}

/* Sink RS_SINK_DISPARITY: what is said of each dimension and estimator of one series. */
void rs_disparity_publish(const struct rs_estimates *all, struct rs_batch *batch);
/* gap_size.c: each gap in other units, tested, and what could have been detected. */
void rs_gap_sizes_publish(const struct rs_estimates *all, struct rs_batch *batch);

#endif
