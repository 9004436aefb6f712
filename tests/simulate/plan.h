/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Simulated plans whose rates by race are known: who reported, as counts, and probabilities of those who did not. For
 * tests, and for the tables of coverage in README.md. */
#ifndef RS_SIMULATE_PLAN_H
#define RS_SIMULATE_PLAN_H
#include "pipeline/base/hash.h"
#include "stages/stratify/birdie.h"

/* What a plan is drawn from. p of a person is Dirichlet(concentration * share): small numbers make names and places
 * that tell much. Race is drawn from p, hence p is calibrated over all persons. */
struct plan_kind {
    const char *name;
    double concentration;
    double rate[RS_GROUPS];
    double surname;      /* outcome given race and p: rate + surname * (p_race - its mean over the race); 0: BIRDiE's
                            assumption */
    double place;        /* ... + place * (p_black - its mean over all), whatever the race */
    double report;       /* share who report their race; 0 for nobody */
    double report_black; /* added to it for one group, */
    double report_y;     /* and for those with the outcome: then p of those who did not report is not calibrated */
};
extern const double plan_share[RS_GROUPS];

/* Adds n persons to an empty `imputed` (its file set) and to *sample. Different seeds, different plans. */
void plan_draw(const struct plan_kind *kind, uint64_t seed, size_t n, struct rs_imputed *imputed,
               struct rs_sample *sample);
/* Rates by group in a plan of that kind without end: in closed form where every person's chance is within 0 and 1, else
 * by drawing `n` persons. */
void plan_truth(const struct plan_kind *kind, size_t n, double truth[RS_GROUPS]);
/* Gamma(shape, 1), shape > 0. */
double plan_gamma(struct rs_random *r, double shape);

#endif
