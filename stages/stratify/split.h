/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Rates by race within parts of a series: its provider groups, or the cells of what rates are adjusted for.
 *
 * birdie with the part as stratum x: theta is fitted in each part by itself, under y independent of surname given race,
 * place and part, so that parts are independent of each other and V is one matrix a part. All parts are fitted in step,
 * one pass over the rows for one step of each; Newton's steps, an EM step where one does not go up (birdie.h has the
 * formulas). Memory grows with the parts, not with the rows. */
#ifndef RS_STRATIFY_SPLIT_H
#define RS_STRATIFY_SPLIT_H
#include "strata.h"

enum rs_split_by { RS_BY_PROVIDER, RS_BY_CELL };

/* One part. n is the sum of probabilities with those who reported, x = n times the rate; groups without anyone: n 0. */
struct rs_part_fit {
    double direct_n[RS_GROUPS], direct_x[RS_GROUPS];
    double n[RS_GROUPS], x[RS_GROUPS], rate[RS_GROUPS], v[RS_GROUPS][RS_GROUPS];
    double lambda[RS_GROUPS]; /* Var(p) / (mean p (1 - mean p)) in the part */
    bool held[RS_GROUPS];     /* all of one outcome: rate 0 or 1, v 0 */
    bool converged;
};
struct rs_split {
    struct rs_part_fit *part; /* by number of the provider group or cell; those without anyone are zero */
    size_t n;
};
bool rs_split_fit(const struct rs_series *series, enum rs_split_by by, size_t parts, struct rs_split *out,
                  struct rs_error *error);
void rs_split_free(struct rs_split *s);

#endif
