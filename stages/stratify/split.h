/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Rates by race within parts of a series: its provider groups, or the cells of what rates are adjusted for.
 *
 * birdie with the part as stratum x: theta is fitted in each part by itself, under y independent of surname given race,
 * place and part, so that parts are independent of each other and V is one matrix a part. All parts are fitted in step,
 * one pass over the rows for one step of each; Newton's steps, an EM step where one does not go up (birdie.h has the
 * formulas). Memory grows with the parts, not with the rows. */
#ifndef RS_STRATIFY_SPLIT_H
#define RS_STRATIFY_SPLIT_H
#include "boundary.h"
#include "strata.h"

enum rs_split_by { RS_BY_PROVIDER, RS_BY_CELL };

/* One part. n is the sum of probabilities with those who reported, x = n times the rate; groups without anyone: n 0. */
struct rs_part_fit {
    double direct_n[RS_GROUPS], direct_x[RS_GROUPS];
    double n[RS_GROUPS], x[RS_GROUPS], rate[RS_GROUPS], v[RS_GROUPS][RS_GROUPS];
    double lambda[RS_GROUPS]; /* Var(p) / (mean p (1 - mean p)) in the part */
    bool held[RS_GROUPS];     /* all of one outcome: rate 0 or 1, v 0 */
    double theta[RS_GROUPS], prior1[RS_GROUPS]; /* the fit, and its prior's share of one pseudo-person */
    struct rs_interval edge[RS_GROUPS]; /* by rs_split_edges, else NaN */
    bool converged;
};
struct rs_split {
    struct rs_part_fit *part; /* by number of the provider group or cell; those without anyone are zero */
    size_t n;
};
/* of: the part of each provider group or cell, `numbers` of them, beyond `parts` for none; NULL where they are the parts. */
struct rs_split_into {
    enum rs_split_by by;
    size_t parts;
    const uint32_t *of;
    size_t numbers;
};
bool rs_split_fit(const struct rs_series *series, const struct rs_split_into *into, struct rs_split *out,
                  struct rs_error *error);
/* Intervals by score of the rates near 0 or 1 (boundary.h) that are wanted, [part * RS_GROUPS + group]: a few more passes
 * for all of them together. `into` as fitted. */
bool rs_split_edges(const struct rs_series *series, const struct rs_split_into *into, const bool *wanted, double z,
                    struct rs_split *split, struct rs_error *error);
void rs_split_free(struct rs_split *s);

#endif
