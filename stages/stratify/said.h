/* SPDX-License-Identifier: GPL-3.0-or-later */
/* All that is said about gaps, as the stage calls it: layouts disparity, equity and trend. */
#ifndef RS_STRATIFY_SAID_H
#define RS_STRATIFY_SAID_H
#include "adjust.h"
#include "equity.h"
#include "trend.h"

struct rs_said {
    struct rs_standard standard;
    enum rs_estimator provider_estimator;
    bool rank_providers;
    struct rs_baseline baseline;
    const char *baseline_dir; /* NULL for none */
    struct rs_equity_thresholds thresholds;
    struct rs_trend trend;
};

/* Reads options and the files they name; sets what the walk over the persons has to count. Between rs_strata_open and
 * rs_stratify_join. rs_said_free in any case. */
bool rs_said_open(struct rs_run *run, struct rs_strata *strata, struct rs_said *said, struct rs_error *error);
/* After rs_estimates_compare, for each series in turn; what is said of provider groups by race is taken down in published. */
bool rs_said_publish(struct rs_said *said, const struct rs_estimates *all, const struct rs_strata *strata,
                     const struct rs_settings *settings, struct rs_published *published, struct rs_batch *batch,
                     struct rs_error *error);
/* After the last series: what has to be said of several of them together. */
bool rs_said_finish(struct rs_said *said, struct rs_run *run, struct rs_error *error);
void rs_said_free(struct rs_said *said);
/* Digests of the files that options name. */
bool rs_said_inputs(struct rs_run *run, json_t *hashes, struct rs_error *error);

/* For the stage's table of options. */
#define RS_SAID_OPTIONS                                                                                                 \
    {"standardise", "LIST", NULL,                                                                                       \
     "Adjusts rates by race and ethnicity for these dimensions of persons, comma between (age_band, sex, language), and " \
     "takes gaps apart over them; the last named are dropped for groups too small for all of them."},                   \
        {"standard", "FILE", "self",                                                                                    \
         "Standard population: a CSV with a column for each dimension of --standardise and one called weight; self is " \
         "the measure's own persons."},                                                                                 \
        {"provider-estimator", "NAME", "birdie",                                                                        \
         "Rates by race and ethnicity within provider groups: birdie, who reported and who were imputed together, or " \
         "self_report."},                                                                                               \
        {"baseline", "DIR", NULL,                                                                                       \
         "Frozen baseline of pay for equity: the directory stratify wrote in an earlier run. Provider groups' "         \
         "improvement is from there."},                                                                                 \
        {"equity-members", "N", "10000", "Pay for equity: fewest members of a provider group in the measure."},         \
        {"equity-detectable", "X", "2.80",                                                                              \
         "Pay for equity: fewest standard errors that the baseline gap must have; 2.80 finds its closure with 80 % "    \
         "power."},                                                                                                     \
        {"equity-reliability", "X", "0.7", "Pay for equity: lowest reliability of the baseline gap."},                  \
        {"equity-diversity", "X", "0.1",                                                                                \
         "Pay for equity: smallest share of a provider group's members who are not of its largest group."},             \
    {                                                                                                                   \
        "rank-providers", NULL, NULL,                                                                                   \
            "Ranks provider groups by their shrunk values. Without it nothing does."                                    \
    }

#endif
