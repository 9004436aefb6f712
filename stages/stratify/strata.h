/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Counting by stratum: names become small numbers once, counts are arrays by number. Memory grows with the number of
 * different measures, periods, languages and provider groups, not with persons. */
#ifndef RS_STRATIFY_STRATA_H
#define RS_STRATIFY_STRATA_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "imputed.h"
#include "linear.h"
#include "measures.h"
#include "missing.h"
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
bool rs_name_find(const struct rs_names *t, struct rs_view name, uint32_t *out); /* false where it is none */
void rs_names_reset(struct rs_names *t); /* empty again, memory kept */
void rs_names_free(struct rs_names *t);

enum rs_dimension {
    RS_ALL,
    RS_RACE,
    RS_LANGUAGE,
    RS_SEX,
    RS_AGE,
    RS_PROVIDER,
    RS_RACE_2024_ANY, /* seven, alone or in combination: they overlap. Counted by combination, such as "ASIAN+WHITE" */
    RS_RACE_2024,     /* eight that exclude each other: each alone, or MULTIRACIAL */
    RS_ORIENTATION,
    RS_GENDER,
    RS_TRANSGENDER,
    RS_PRODUCT,
    RS_COUNTIES,
    RS_SVI,
    RS_ADI,
    RS_BUILT_IN,
    RS_MOST_CROSSED = 8, /* intersections; they follow RS_BUILT_IN */
    RS_DIMENSIONS = RS_BUILT_IN + RS_MOST_CROSSED,
    RS_MOST_PARTS = 4
};
extern const char *const rs_dimension_names[RS_DIMENSIONS]; /* as layout estimate has them; NULL for intersections */

/* An intersection, such as race_ethnicity*sex: its strata are named "WHITE*female". */
struct rs_crossed {
    const char *name;
    enum rs_dimension part[RS_MOST_PARTS];
    size_t n;
    bool fitted; /* race_ethnicity is among its parts, and what is imputed of it may be crossed with the others */
    bool by_row; /* a part is told by the measure's row, not by the person's */
};

struct rs_count {
    uint64_t n, x; /* in the denominator; of them in the numerator */
};
/* Counts by name number; grows as numbers come. */
struct rs_counts {
    struct rs_count *c;
    size_t n;
};
struct rs_count *rs_count_at(struct rs_counts *counts, uint32_t number);

/* Sums of one stratum over persons: e is the member time (1 in a mean), a the amount. */
struct rs_amounts {
    double e, a, ee, ea, aa;
};
/* One person's row of a rate or a mean. */
struct rs_amount_row {
    uint32_t series, number[RS_DIMENSIONS];
    double amount, exposure, p[RS_GROUPS];
    bool linear; /* p counts: reported or imputed */
};

/* One measure in one period. */
struct rs_series {
    struct rs_view measure, period;
    const struct rs_measure_about *about; /* never NULL */
    struct rs_counts
        by[RS_DIMENSIONS]; /* by[RS_ALL] has the one number 0; by[RS_RACE] the groups, then what is missing */
    struct rs_counts by_provider, by_cell; /* who reported: number * RS_GROUPS + group */
    struct rs_counts excluded;          /* by race stratum: neither reported nor imputed (decliners) */
    struct rs_imputed imputed;          /* those imputed */
    struct rs_crossed_rows {            /* of a fitted intersection, by number of the other parts' names */
        struct rs_imputed *by;          /* those imputed */
        size_t n;
        struct rs_counts *by_cell; /* who reported, as by_cell above; where anything is adjusted for */
        size_t n_by_cell;
    } crossed[RS_MOST_CROSSED];
    /* Of rates and means, where the counts of x say who has anything at all: */
    struct rs_amounts *amounts[RS_DIMENSIONS]; /* by name number */
    size_t n_amounts[RS_DIMENSIONS];
    struct rs_linear *linear; /* those who reported and those imputed; owned, NULL for proportions */
    struct rs_patterns patterns; /* where missing_answers is set */
    uint64_t last_person;               /* ordinal of the person last counted, to see one counted twice */
};

/* Who is in which strata is said by these; set between rs_strata_open and the walk. */
struct rs_area_index;
struct rs_dimensions {
    bool used[RS_DIMENSIONS];
    struct rs_crossed crossed[RS_MOST_CROSSED];
    size_t n_crossed;
    const struct rs_area_index *svi, *adi; /* borrowed; NULL where there is none */
};
/* "race_ethnicity,sex,race_ethnicity*sex": which dimensions are made. Names are kept in the arena. RS_USAGE lists the
 * known ones. */
bool rs_dimensions_parse(const char *text, struct rs_dimensions *out, struct rs_arena *arena, struct rs_error *error);

/* Everything counted. names[d] are shared by all series; the first RS_GROUPS of names[RS_RACE] are the groups. */
struct rs_strata {
    bool missing_answers; /* count patterns (missing.h) */
    const struct rs_measure_book *measures_known; /* borrowed; may be NULL */
    const struct rs_dimensions *dimensions; /* borrowed; NULL for the first six and no intersections */
    struct rs_names names[RS_DIMENSIONS]; /* of an intersection: the parts' names, RS_BETWEEN between */
    struct rs_names others[RS_MOST_CROSSED]; /* of a fitted one: without race_ethnicity */
    struct rs_names *labels; /* owned: names made up later, which live as long as this */
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
    uint32_t other[RS_MOST_CROSSED]; /* number of the other parts' names */
    struct rs_imputed_row row;
};

/* For one part of the input (rs_strata_begin) the same structure, without a file: counts by numbers of its own. Adding the
 * parts in the order of the input numbers names as one walk over all of it would. */
void rs_strata_begin(struct rs_strata *part, const struct rs_strata *whole); /* empty; what is adjusted for is the whole's */
struct rs_part_rows {
    struct rs_series_row *imputed;
    struct rs_amount_row *amounts;
    const struct rs_pattern_row *patterns;
    size_t n_imputed, n_amounts, n_patterns;
};
/* Empties the part; rows are renumbered in place. */
bool rs_strata_add(struct rs_strata *whole, struct rs_strata *part, const struct rs_part_rows *rows,
                   struct rs_error *error);
#define RS_BETWEEN '\x1f'
/* The parts with RS_BETWEEN between: a key of several, for rs_name_number. In the caller's buffer, which it begins anew. */
struct rs_view rs_joined(struct rs_buffer *text, const struct rs_view *part, size_t n);
const char *rs_dimension_name(const struct rs_strata *s, enum rs_dimension d);
bool rs_dimension_used(const struct rs_strata *s, enum rs_dimension d);
/* Number of an intersection's dimension. */
static inline enum rs_dimension rs_crossed_dimension(size_t k) { return (enum rs_dimension)((size_t)RS_BUILT_IN + k); }
bool rs_strata_open(struct rs_strata *s, const char *dir, struct rs_error *error);
/* Grows as numbers of others come. */
struct rs_counts *rs_crossed_by_cell(struct rs_series *s, size_t k, uint32_t other);
struct rs_series *rs_series_of(struct rs_strata *s, struct rs_view measure, struct rs_view period);
void rs_strata_free(struct rs_strata *s);

#endif
