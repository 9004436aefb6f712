/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Counting by stratum: names become small numbers once, counts are arrays by number. Memory grows with the number of
 * different measures, periods, languages and provider groups, not with persons. */
#ifndef RS_STRATIFY_STRATA_H
#define RS_STRATIFY_STRATA_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "imputed.h"
#include "pipeline/base/text.h"

/* Names to numbers 0, 1, 2 ... in the order in which they are first met. Zero-initialise. */
struct rs_names {
    const char **names;
    size_t n, room;
    uint32_t *slots; /* open addressing: number + 1, 0 for none */
    size_t n_slots;
    struct rs_arena arena;
};
uint32_t rs_name_number(struct rs_names *t, struct rs_view name);
void rs_names_reset(struct rs_names *t); /* empty again, memory kept */
void rs_names_free(struct rs_names *t);

enum rs_dimension { RS_ALL, RS_RACE, RS_LANGUAGE, RS_SEX, RS_AGE, RS_PROVIDER, RS_DIMENSIONS };
extern const char *const rs_dimension_names[RS_DIMENSIONS]; /* as layout estimate has them */

struct rs_count {
    uint64_t n, x; /* in the denominator; of them in the numerator */
};
/* Counts by name number; grows as numbers come. */
struct rs_counts {
    struct rs_count *c;
    size_t n;
};
struct rs_count *rs_count_at(struct rs_counts *counts, uint32_t number);

/* One measure in one period. */
struct rs_series {
    struct rs_view measure, period;
    struct rs_counts
        by[RS_DIMENSIONS]; /* by[RS_ALL] has the one number 0; by[RS_RACE] the groups, then what is missing */
    struct rs_counts by_provider, by_cell; /* who reported: number * RS_GROUPS + group */
    struct rs_counts excluded;          /* by race stratum: neither reported nor imputed (decliners) */
    struct rs_imputed imputed;          /* those imputed */
    uint64_t last_person;               /* ordinal of the person last counted, to see one counted twice */
};

/* Everything counted. names[d] are shared by all series; the first RS_GROUPS of names[RS_RACE] are the groups. */
struct rs_strata {
    struct rs_names names[RS_DIMENSIONS];
    struct rs_names cells;    /* what rates are adjusted for, such as "18-44|female"; empty where nothing is */
    enum rs_dimension adjust[RS_DIMENSIONS]; /* the dimensions cells are made of */
    size_t n_adjust;
    struct rs_names models;   /* that probabilities came from: "model pack fit" */
    struct rs_names measures; /* "measure<unit separator>period" */
    struct rs_series *series;
    size_t n_series, series_room; /* those behind n_series are empty and keep their arrays */
    struct rs_imputed_file *file; /* owned */
};
/* One row of those imputed, with the number of its series. */
struct rs_series_row {
    uint32_t series;
    struct rs_imputed_row row;
};

/* For one part of the input (rs_strata_begin) the same structure, without a file: counts by numbers of its own. Adding the
 * parts in the order of the input numbers names as one walk over all of it would. */
void rs_strata_begin(struct rs_strata *part, const struct rs_strata *whole); /* empty; what is adjusted for is the whole's */
bool rs_strata_add(struct rs_strata *whole, struct rs_strata *part, struct rs_series_row *rows, size_t n,
                   struct rs_error *error); /* empties the part; rows are renumbered in place */
bool rs_strata_open(struct rs_strata *s, const char *dir, struct rs_error *error);
struct rs_series *rs_series_of(struct rs_strata *s, struct rs_view measure, struct rs_view period);
void rs_strata_free(struct rs_strata *s);

#endif
