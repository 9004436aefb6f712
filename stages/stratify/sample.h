/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What every estimate of a rate by race is made from: persons who reported, as counts, and rows of probabilities of
 * those who did not; and the sums over them that several estimators share. */
#ifndef RS_STRATIFY_SAMPLE_H
#define RS_STRATIFY_SAMPLE_H
#include "clusters.h"
#include "imputed.h"

struct rs_sample {
    const struct rs_imputed *imputed;   /* borrowed */
    struct rs_direct direct[RS_GROUPS]; /* persons who reported: p is 1 in one group, so every sum has a closed form */
    bool robust;                        /* weights differ or persons repeat: sandwich variances */
    int threads;
    int most_iterations; /* of BIRDiE; 0 for 200 */
};

/* Imputed persons are dealt into folds by a hash of their cluster number, so that what is learned of y from the other
 * folds owes nothing to a person's own. */
enum { RS_FOLDS = 5 };
int rs_fold(uint32_t cluster);

struct rs_moments {
    struct rs_fold_moments {
        double pp[RS_GROUPS][RS_GROUPS]; /* sum w p p' */
        double px[RS_GROUPS];            /* sum w p y */
    } fold[RS_FOLDS];                    /* imputed persons */
    double argmax_n[RS_GROUPS], argmax_x[RS_GROUPS]; /* imputed persons counted whole in their likeliest group */
    double weight;                                   /* sum w, reported persons included */
    double n[RS_GROUPS], x[RS_GROUPS];               /* sum w p, sum w p y, reported persons included */
    double pp[RS_GROUPS][RS_GROUPS];                 /* sum w p p', reported persons included */
    double imputed;                                  /* sum w of imputed persons */
};
bool rs_moments_of(const struct rs_sample *sample, struct rs_moments *m, struct rs_error *error);

/* sum over persons who reported group r of (x - t n)^2, each its own cluster: where not robust, from n and x alone. */
double rs_sample_squares(const struct rs_sample *sample, int r, double t);

/* The likeliest group; of equals the first. */
int rs_argmax(const double p[RS_GROUPS]);

/* lambda_r = Var(p_r) / (mean p_r (1 - mean p_r)): the share of what there is to know of membership in r that the
 * probabilities know; 1 where all reported, 0 where all have the same p; by it the weighted estimate shrinks a gap
 * between two groups. NaN for a group that is empty or alone. */
double rs_lambda(const struct rs_moments *m, int r);

#endif
