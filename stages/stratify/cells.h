/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The six groups by the cells of what is adjusted for, at a level: the first so many of the dimensions. Of everybody, or of one
 * stratum of what race_ethnicity is crossed with. */
#ifndef RS_STRATIFY_CELLS_H
#define RS_STRATIFY_CELLS_H
#include "split.h"

enum { RS_MOST_LEVELS = 3 }; /* of what is adjusted for there are language, sex and age band */
/* Dimensions adjusted for, as places in strata->adjust: all, or of an intersection those that are no part of it. */
struct rs_covariates {
    size_t n, at[RS_MOST_LEVELS];
};
struct rs_covariates rs_covariates_of(const struct rs_strata *strata, const struct rs_crossed *c);

/* Which cell of the level each cell of all dimensions belongs to. */
struct rs_level {
    size_t dimensions;
    struct rs_covariates covariates;
    struct rs_names names;  /* "18-44", or "18-44|female" */
    uint32_t *of;           /* by number in strata->cells; RS_NO_CELL for who misses a dimension */
    char label[128];        /* "age_band,sex" */
};
#define RS_NO_CELL UINT32_MAX
void rs_level_make(const struct rs_strata *strata, const struct rs_covariates *covariates, size_t dimensions,
                   struct rs_level *out);
/* The level's part of a name of all dimensions, in the buffer, which it begins anew; null where one is missing. */
struct rs_view rs_level_cell(const struct rs_level *level, const char *name, struct rs_buffer *text);
void rs_level_free(struct rs_level *level);
/* Makes the level, and fits the six groups in each of its cells; both are the caller's to free in any case. */
bool rs_level_fit(const struct rs_series *series, const struct rs_strata *strata, const struct rs_covariates *covariates,
                  size_t dimensions, struct rs_level *level, struct rs_split *split, struct rs_error *error);

/* One estimator's counts and rates by cell and group: [cell * RS_GROUPS + group], v by [(cell * RS_GROUPS + g) *
 * RS_GROUPS + h]. */
struct rs_cell_rates {
    size_t cells;
    double *n, *x, *v;
    double left_n[RS_GROUPS], left_x[RS_GROUPS]; /* who misses a dimension */
};
/* From the fit to the level's cells: those who reported alone, or with those imputed. Who misses a dimension is counted in
 * rs_cells_left_out, for those who reported. */
void rs_cell_rates_make(const struct rs_split *split, bool imputed, struct rs_cell_rates *out);
void rs_cells_left_out(const struct rs_counts *by_cell, const struct rs_level *level, struct rs_cell_rates *out);
void rs_cell_rates_free(struct rs_cell_rates *r);
static inline double rs_cell_rate(const struct rs_cell_rates *r, size_t cell, int g) {
    return r->x[cell * RS_GROUPS + (size_t)g] / r->n[cell * RS_GROUPS + (size_t)g];
}
static inline double rs_cell_variance(const struct rs_cell_rates *r, size_t cell, int g, int h) {
    return r->v[(cell * RS_GROUPS + (size_t)g) * RS_GROUPS + (size_t)h];
}
/* Whether every cell in which anybody is, or which has a weight, could be published of this group: its n at least the minimum,
 * x and n - x that or 0, and the effective number of an imputed rate. */
bool rs_cells_safe(const struct rs_cell_rates *r, const double *weight, int g, double minimum);

/* One stratum of what race_ethnicity is crossed with, fitted in the cells of each level. */
struct rs_crossed_cells {
    struct rs_counts by_cell; /* those who reported, as in strata.h */
    struct rs_split split[RS_MOST_LEVELS]; /* by number of dimensions less 1 */
};
/* Takes by_cell over. */
bool rs_crossed_cells_fit(const struct rs_strata *strata, const struct rs_crossed *c, struct rs_counts by_cell,
                          const struct rs_imputed *rows, struct rs_crossed_cells *out, struct rs_error *error);
void rs_crossed_cells_free(struct rs_crossed_cells *c);

#endif
