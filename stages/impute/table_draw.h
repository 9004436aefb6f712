/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The tables themselves are counts with an error. A draw puts for each count c a Gamma(c) number, of mean and variance c: the
 * posterior of a Poisson mean under the prior 1/mean, and a Dirichlet once shares are taken. Running impute and stratify on
 * some draws, and looking at how much the results differ, tells what the tables' error adds to theirs (Rubin's rule for the
 * variance between: rubin.h). A zero stays zero; smoothing comes after.
 *
 * A number belongs to its name or place, its group and the draw: the same person gets the same answer in any file. */
#ifndef RS_IMPUTE_TABLE_DRAW_H
#define RS_IMPUTE_TABLE_DRAW_H
#include "pipeline/base/hash.h"
#include "pipeline/base/text.h"
#include "pipeline/reference/pack.h"

enum rs_drawn_table { RS_DRAWN_SURNAME = 1, RS_DRAWN_FIRST_NAME, RS_DRAWN_PLACE };

/* Gamma(shape), scale 1; 0 where shape is 0. G. Marsaglia, W. W. Tsang, "A simple method for generating gamma variables", ACM
 * Transactions on Mathematical Software 26 (2000) 363-372; below 1, that of shape + 1 times u^(1/shape). */
double rs_random_gamma(struct rs_random *r, double shape);

/* Replaces the counts of one unit of a table. draw 0 leaves them. */
void rs_table_draw(uint64_t draw, enum rs_drawn_table table, uint64_t unit, double counts[RS_GROUPS]);
/* The same for likelihoods, of which counts are `totals` times as large. */
void rs_table_draw_name(uint64_t draw, enum rs_drawn_table table, struct rs_view name, const double totals[RS_GROUPS],
                        double likelihood[RS_GROUPS]);

#endif
