/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The six groups by the cells of what is adjusted for, at a level: the first so many of the dimensions. */
#ifndef RS_STRATIFY_CELLS_H
#define RS_STRATIFY_CELLS_H
#include "split.h"

/* Which cell of the level each cell of all dimensions belongs to. */
struct rs_level {
    size_t dimensions;
    struct rs_names names;  /* "18-44", or "18-44|female" */
    uint32_t *of;           /* by number in strata->cells; RS_NO_CELL for who misses a dimension */
    char label[128];        /* "age_band,sex" */
};
#define RS_NO_CELL UINT32_MAX
void rs_level_make(const struct rs_strata *strata, size_t dimensions, struct rs_level *out);
void rs_level_free(struct rs_level *level);

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
void rs_cells_left_out(const struct rs_series *series, const struct rs_level *level, struct rs_cell_rates *out);
void rs_cell_rates_free(struct rs_cell_rates *r);
static inline double rs_cell_rate(const struct rs_cell_rates *r, size_t cell, int g) {
    return r->x[cell * RS_GROUPS + (size_t)g] / r->n[cell * RS_GROUPS + (size_t)g];
}
static inline double rs_cell_variance(const struct rs_cell_rates *r, size_t cell, int g, int h) {
    return r->v[(cell * RS_GROUPS + (size_t)g) * RS_GROUPS + (size_t)h];
}
/* Whether every cell in which anybody is could be published of this group: its n at least the minimum, x and n - x that
 * or 0, and the effective number of an imputed rate. */
bool rs_cells_safe(const struct rs_cell_rates *r, int g, double minimum);

#endif
