/* SPDX-License-Identifier: GPL-3.0-or-later */
/* How far an answer is believed, by how it was collected: what a form was filled in with is not always what the person would
 * say. With reliability rho an answer that leaves the groups C has the likelihood
 *   P(answer|r) = rho 1{r in C} + (1 - rho) P(C),  P(C) = sum over C of the probabilities p without it,
 * true with probability rho, else said of anybody as often as C occurs; by Bayes' rule
 *   P(r|answer) = rho p_r 1{r in C} / P(C) + (1 - rho) p_r.
 * Of estimates alone: no stored value of a person's changes. */
#ifndef RS_IMPUTE_RELIABILITY_H
#define RS_IMPUTE_RELIABILITY_H
#include "evaluate.h"
#include "pipeline/rows/stage.h"

struct rs_reliability {
    double of[RS_COLLECTIONS], earlier; /* in [0, 1]; 1 where nothing is said */
    bool any;                           /* one of them below 1 */
};
/* Option `reliability`: NAME=RHO, commas between; names are those of person.race_collection, none where that is null, and
 * earlier for what was said in an earlier run. RS_USAGE where it is none of this. */
bool rs_reliability_read(const struct rs_run *run, struct rs_reliability *out, struct rs_error *error);
/* Of a person's answer: of today's where `today`, times that of an earlier run's where `earlier` took part. */
double rs_reliability_of(const struct rs_reliability *r, struct rs_view collection, bool today, bool earlier);
/* p: given the answer, as if that were certain; open: without it. */
void rs_reliability_mix(double p[RS_GROUPS], const double open[RS_GROUPS], double rho);

#endif
