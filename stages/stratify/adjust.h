/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Rates of race_ethnicity adjusted for other dimensions (--standardise age_band,sex --standard FILE|self), and each gap
 * taken apart into composition and rates over them; and of race_ethnicity crossed with others, for those that are no part of
 * the intersection.
 *
 * Cells are the combinations of the dimensions; who misses one of them is left out. self_report is counted in each cell,
 * birdie is fitted in each (split.h), and again in the coarser ones where dimensions are dropped; of an intersection in each
 * cell of each stratum of the others (cells.h). The weights are everybody's, or the standard's, for all strata alike, so that
 * rates of different strata may be compared. Directly standardised rates carry Fay and Feuer's interval where counted, Wilson's
 * on the effective number where imputed. Indirectly: observed over expected at the rates of everybody, by cell. Where counted,
 * these two have the standard error that their interval rests on, of Poisson counts; differences, ratios and what is taken
 * apart have that of binomial ones, which is the smaller.
 *
 * Small cells: a group is adjusted only over cells whose n, x and n - x are each 0 in no group compared, and at least
 * the minimum; else dimensions are dropped from the end of the list, and where nothing is left it is withheld. All
 * figures of a cell could be published each by itself. Who is left out must not follow by subtraction: counted gaps are taken
 * apart only where they are at least the minimum, or none (their number could be had from the terms' sum), and observed over
 * expected is said only where that is so of their numerator (Byar's interval gives the number observed). */
#ifndef RS_STRATIFY_ADJUST_H
#define RS_STRATIFY_ADJUST_H
#include "cells.h"
#include "statement.h"

struct rs_standard {
    struct rs_names cells; /* "18-44|female"; empty: the run's own persons (self) */
    double *weight;
    char path[4096];
};
/* --standardise into strata->adjust. */
bool rs_adjust_dimensions(const char *text, struct rs_strata *strata, struct rs_error *error);
/* --standard: NULL or "self", else a CSV with a column for each dimension, and `weight`. */
bool rs_standard_read(const char *text, const struct rs_strata *strata, struct rs_standard *out, struct rs_error *error);
void rs_standard_free(struct rs_standard *s);
/* Weights of the level's cells, summing to 1: the standard's, or everybody's in the run (reported and imputed); 0 where nobody
 * is. NULL where all are 0; free. */
double *rs_standard_weights(const struct rs_standard *standard, const struct rs_level *level,
                            const struct rs_cell_rates *everybody);

/* Into sink RS_SINK_DISPARITY; nothing where nothing is adjusted for. */
bool rs_adjust_publish(const struct rs_estimates *all, const struct rs_strata *strata, const struct rs_standard *standard,
                       const struct rs_settings *settings, struct rs_batch *batch, struct rs_error *error);

#endif
