/* SPDX-License-Identifier: GPL-3.0-or-later */
/* How far an answer is believed, by how it was collected and by its source: what a form was filled in with is not always what the person would
 * say. With reliability rho an answer that leaves the groups C has the likelihood
 *   P(answer|r) = rho 1{r in C} + (1 - rho) P(C),  P(C) = sum over C of the probabilities p without it,
 * true with probability rho, else said of anybody as often as C occurs; by Bayes' rule
 *   P(r|answer) = rho p_r 1{r in C} / P(C) + (1 - rho) p_r.
 * Of estimates alone: no stored value of a person's changes. */
#ifndef RS_IMPUTE_RELIABILITY_H
#define RS_IMPUTE_RELIABILITY_H
#include "evaluate.h"
#include "pipeline/rows/stage.h"

enum { RS_RELIABLE_SOURCES = 16 };
struct rs_reliability {
    double of[RS_COLLECTIONS], earlier; /* in [0, 1]; 1 where nothing is said */
    struct {
        struct rs_view name; /* into the option */
        double rho;
    } sources[RS_RELIABLE_SOURCES];
    size_t n_sources;
    bool any; /* one of them below 1 */
};
/* Option `reliability`: NAME=RHO, commas between; names are those of person.race_collection, none where that is null,
 * source:NAME for a source, and earlier for what was said in an earlier run. RS_USAGE where it is none of this. */
bool rs_reliability_read(const struct rs_run *run, struct rs_reliability *out, struct rs_error *error);
/* How a person's answer came about: person.race_collection and race_source; whether today's and an earlier run's took part. */
struct rs_answer_way {
    struct rs_view collection, source;
    bool today, earlier;
};
/* Of today's answer the smallest number given for its way of collection and for its sources: it is as sure as the weakest;
 * times that of an earlier run's where that took part, too. */
double rs_reliability_of(const struct rs_reliability *r, const struct rs_answer_way *way);
/* p: given the answer, as if that were certain; open: without it. */
void rs_reliability_mix(double p[RS_GROUPS], const double open[RS_GROUPS], double rho);

#endif
