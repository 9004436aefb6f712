/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the files that make estimates share among themselves: estimate.c (counted dimensions) and estimate_race.c. */
#ifndef RS_STRATIFY_ESTIMATE_PARTS_H
#define RS_STRATIFY_ESTIMATE_PARTS_H
#include "estimate.h"

struct rs_stratum {
    const char *name;
    uint32_t number;
    struct rs_count count;
    struct rs_amounts amounts; /* of rates and means */
    bool missing;
};

/* Strata of a dimension with anyone in the denominator, in the order in which they are written; the caller frees. */
struct rs_stratum *rs_strata_of(const struct rs_series *series, const struct rs_strata *strata, enum rs_dimension d,
                                size_t *n);
/* A new estimate whose numbers are still missing; valid until the next is added. */
struct rs_estimate *rs_estimate_add(struct rs_estimates *out, enum rs_dimension d, enum rs_estimator estimator,
                                    const char *stratum);
/* One that is counted, with its cell. */
struct rs_estimate *rs_estimate_add_counted(struct rs_estimates *out, enum rs_dimension d, enum rs_estimator estimator,
                                            const struct rs_stratum *s);

/* Standard error of e's rate, and its interval by t on the logit scale: within 0 and 1. Flags RS_BOUNDARY where there is
 * none. */
void rs_logit_interval(struct rs_estimate *e, double se, double t, const char *method);
/* The seed of what is drawn for a dimension of a series: by measure, period and dimension. */
uint64_t rs_series_seed(const struct rs_series *s, enum rs_dimension d);

/* Adds counts and amounts. */
void rs_stratum_add(struct rs_stratum *sum, const struct rs_stratum *s);
/* rs_strata_of with small strata pooled (label.h). */
struct rs_stratum *rs_strata_pooled(const struct rs_series *series, const struct rs_strata *strata,
                                    const struct rs_settings *settings, enum rs_dimension d, size_t *n);

/* estimate_2024.c: the two dimensions of 2024, which hang together: one overlaps. */
void rs_estimate_2024(struct rs_estimates *out, const struct rs_strata *strata, uint32_t all);
/* estimate_missing.c: where patterns are counted, what is said of language, sexual orientation and gender identity beside
 * those who answered; once the counted strata of the dimension are made. Every row shares its stratum's cell. */
void rs_estimate_missing(struct rs_estimates *out, const struct rs_strata *strata, const struct rs_settings *settings,
                         enum rs_dimension d);
/* After suppression: completeness and bounds only where the counts they are made from are all shown. */
void rs_estimate_missing_shown(struct rs_estimates *out);
/* crossed.c: the intersections, after all other dimensions. */
bool rs_estimate_crossed(struct rs_estimates *out, const struct rs_strata *strata, const struct rs_settings *settings,
                         struct rs_error *error);
/* estimate_amounts.c: rates per member time and means: numbers of one stratum, and race_ethnicity. */
void rs_amounts_fill(struct rs_estimate *e, enum rs_measure_kind kind, const struct rs_stratum *s);
void rs_estimate_race_amounts(struct rs_estimates *out, const struct rs_strata *strata, uint32_t all,
                              const struct rs_settings *settings);

/* race_rows.c: all estimators of the six groups in a sample; rs_series_seed and rs_settings.replicates for multiple
 * imputation. And the rows of one group: birdie, weighted, ols, threshold, mi, as far as they can be had and say no small
 * number of their own. number: rs_estimate.fit. */
struct rs_race_row {
    const char *stratum; /* borrowed */
    int group;
    uint32_t cell;       /* of reported and imputed together */
    double direct_n, direct_x; /* those who reported */
    uint32_t threshold_cell;   /* rs_threshold_cell */
};
/* Persons counted whole in their likeliest group are counts that add up, too, and a rate of them with its standard error, or
 * its fifteen digits, says how many they are. Their cell, in a relation of all who reported or were imputed; RS_NO_CELL where
 * nobody is in it. */
uint32_t rs_threshold_cell(struct rs_estimates *out, const struct rs_race_fit *fit, const struct rs_race_row *row,
                           uint32_t relation, const struct rs_settings *settings);
/* After suppression: no rate of them where the group's own is withheld; whether that is so of more cells than were withheld, for
 * which suppression has to be done again. */
bool rs_threshold_with_group(struct rs_estimates *all);
bool rs_race_fit(const struct rs_sample *sample, uint64_t seed, int replicates, struct rs_race_fit *out,
                 struct rs_error *error);
void rs_race_rows(struct rs_estimates *out, enum rs_dimension d, const struct rs_race_fit *fit, uint32_t number,
                  const struct rs_race_row *row, const struct rs_settings *settings);

/* estimate_race.c: fits the groups and adds race_ethnicity; `all` is the cell of everyone. */
bool rs_estimate_race(struct rs_estimates *out, const struct rs_strata *strata, uint32_t all,
                      const struct rs_settings *settings, struct rs_error *error);

#endif
