/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The middle of a sandwich variance: sum over clusters of u u', u being the sum of the scores of a cluster's rows. */
#ifndef RS_STRATIFY_CLUSTERS_H
#define RS_STRATIFY_CLUSTERS_H
#include "imputed.h"

/* The score of one row; `self` is whatever the estimator needs for it. */
typedef void rs_score(const void *self, const struct rs_imputed_row *row, double u[RS_GROUPS]);

/* Rows of one cluster follow one another, over chunks too. Without `cluster` every row is one of its own. */
bool rs_cluster_sum(const struct rs_imputed *m, int threads, bool cluster, rs_score *score, const void *self,
                    double total[RS_GROUPS][RS_GROUPS], struct rs_error *error);

/* Persons who reported, of one group: sums over rows, and over persons of products of a person's own sums. */
struct rs_direct {
    double n, x;       /* sum of w, sum of w y */
    double nn, nx, xx; /* sum over persons of n^2, n x, x^2; n, x, x where each has one row of weight 1 */
};
/* sum over persons of (x - t n)^2. */
double rs_direct_squares(const struct rs_direct *d, double t);
/* One person's sums added. */
void rs_direct_add(struct rs_direct *d, double n, double x);

#endif
