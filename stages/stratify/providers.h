/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Provider groups by race: the table from which within- and across-provider disparities and pay for equity are made.
 *
 * Rates are those of one estimator only (--provider-estimator): with two of them, those imputed could be had by
 * subtraction. Its cells are suppressed together, with those who declined as hidden cells (two_way.h): provider groups and
 * groups that are withheld in layout estimate are withheld here as wholes. */
#ifndef RS_STRATIFY_PROVIDERS_H
#define RS_STRATIFY_PROVIDERS_H
#include "split.h"
#include "statement.h"
#include "two_way.h"

struct rs_provider_rate {
    double n, x, rate, se; /* se NaN where it cannot be trusted: held, or fewer than one effective success or failure */
    double n_eff;          /* by the standard error, or else by the interval (boundary.h) */
    struct rs_interval interval; /* by score near 0 and 1, else Wilson's */
    const char *method;    /* of the interval; NULL without */
    bool low_information, not_converged;
};
struct rs_provider {
    const char *name;
    uint32_t number;
    double members;  /* in the denominator; not to be said where `withheld` */
    bool withheld;   /* blank in layout estimate */
    struct rs_provider_rate group[RS_GROUPS];
    const struct rs_part_fit *fit;
};
struct rs_providers {
    enum rs_estimator estimator;
    struct rs_provider *p; /* by name; without those who have none */
    size_t n;
    int reference;         /* group, or -1 */
    bool column[RS_GROUPS]; /* groups that are spoken of: shown in layout estimate */
    struct rs_split split;
    struct rs_two_way table; /* row i is p[i] */
};
bool rs_providers_make(const struct rs_estimates *all, const struct rs_strata *strata,
                       const struct rs_settings *settings, enum rs_estimator estimator, struct rs_providers *out,
                       struct rs_error *error);
void rs_providers_free(struct rs_providers *p);
/* providers_published.c: what earlier runs have published of the table, *n of them (rs_two_way_then_free each, free), and this
 * one's cells into what it hands on. */
struct rs_published;
struct rs_two_way_then *rs_providers_published(const struct rs_providers *p, const struct rs_estimates *all,
                                               const struct rs_published *published, size_t *n);
void rs_providers_take(const struct rs_providers *p, const struct rs_estimates *all, struct rs_published *published);
/* NULL where the rate of group g is shown, else the suppression reason. */
const char *rs_provider_withheld(const struct rs_providers *p, size_t provider, int g);

/* A gap within a provider group; false where there is none to speak of. */
struct rs_provider_gap {
    double value, se; /* se NaN where one of the two is */
    struct rs_interval interval;
};
bool rs_provider_gap(const struct rs_providers *p, size_t provider, int g, struct rs_provider_gap *out);

/* Sink RS_SINK_DISPARITY: gaps within and rates across provider groups, raw and shrunk, and funnel limits; ranks only
 * where asked for. */
void rs_providers_publish(const struct rs_providers *p, const struct rs_estimates *all, bool rank,
                          struct rs_batch *batch);

#endif
