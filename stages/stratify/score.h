/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One limit of the interval that boundary.h describes, looked for one pass over the rows at a time, so that one pass serves
 * many limits at once: of both sides, of all groups, of all provider groups.
 *
 * Each pass takes t, the group's rate, and the others' rates one step: theirs by Newton's, with what t's step does to them, and
 * t as if persons were counted. With S the slope of the log-likelihood along the others' best fits and C = [E^-1]_rr,
 * n = t (1 - t) / C persons of whom n t + S t (1 - t) had the outcome would have the same slope and information, and Wilson's
 * limit of these is the next t: at once the answer where all reported. After the first, secants on the logit scale wherever
 * they stay between what is known to lie on either side. Some five passes. */
#ifndef RS_STRATIFY_SCORE_H
#define RS_STRATIFY_SCORE_H
#include <stdbool.h>
#include "imputed.h"

/* What is fixed of a limit. */
struct rs_score_problem {
    int group;
    bool upper;
    double z;                  /* above 0 */
    double rate, n_eff;        /* of the group; where to start: n_eff NaN where it is not known */
    double n;                  /* persons in the group, by sums of p */
    bool moves[RS_GROUPS];     /* the group itself, and others that are neither empty nor held at 0 or 1 */
    double theta[RS_GROUPS];   /* the fit */
    /* who reported, and the prior's share of one pseudo-person a group */
    double direct_n[RS_GROUPS], direct_x[RS_GROUPS], prior1[RS_GROUPS];
};
struct rs_score_sums {
    double slope[RS_GROUPS];
    double seen[RS_GROUPS][RS_GROUPS], expected[RS_GROUPS][RS_GROUPS]; /* lower triangles until the step */
};
struct rs_score {
    struct rs_score_problem problem;
    double theta[RS_GROUPS];   /* at which the next pass is to sum */
    double low, high;          /* logits of t known to be short of the limit or beyond it, or infinite */
    double last, last_missing; /* logit of t and what was missing there in the pass before */
    int passes;
    bool done;
    double limit;              /* once done; NaN where it was not found */
};

/* theta at .5, nobody reported and no prior yet: the caller sets those. v: variance of the rate, 0 or NaN where unknown. n and
 * held by group. */
struct rs_score_problem rs_score_problem_of(int group, double z, double rate, double v, const double n[RS_GROUPS],
                                            const bool held[RS_GROUPS]);
void rs_score_start(struct rs_score *s, const struct rs_score_problem *problem);
/* Adds rows to sums that start as zeroes. */
void rs_score_add(const struct rs_score *s, const struct rs_imputed_row *rows, size_t n, struct rs_score_sums *sums);
void rs_score_join(struct rs_score_sums *total, const struct rs_score_sums *part);
/* One step from the sums over all rows at s->theta. */
void rs_score_step(struct rs_score *s, struct rs_score_sums *sums);

#endif
