/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The gap of two groups, known by cells (such as age bands by sex), taken apart: Kitagawa into composition and rates
 * (inequality.h), Oaxaca and Blinder with the cells' dimensions as covariates (oaxaca.h). Standard errors by the delta
 * method over the cells' rates, with their covariance, and over the groups' composition, taken as that of n persons drawn
 * at random. */
#ifndef RS_STRATIFY_DECOMPOSE_H
#define RS_STRATIFY_DECOMPOSE_H
#include <stdbool.h>
#include <stddef.h>

enum { RS_MOST_COVARIATE_DIMENSIONS = 8 };
struct rs_pair_cell {
    double n1, n2;          /* persons, or sums of probabilities; both above 0 */
    double r1, r2;          /* rates */
    double v1, v2, v12;     /* their variances and covariance; cells are independent of each other */
    unsigned category[RS_MOST_COVARIATE_DIMENSIONS]; /* by dimension, from 0; 0 is the one left out */
};
struct rs_pair {
    const struct rs_pair_cell *cell;
    size_t n, dimensions;
    unsigned categories[RS_MOST_COVARIATE_DIMENSIONS]; /* number of each dimension's */
};

enum rs_pair_term {
    RS_KITAGAWA_COMPOSITION, RS_KITAGAWA_RATES,
    RS_OAXACA_ENDOWMENTS, RS_OAXACA_COEFFICIENTS, RS_OAXACA_INTERACTION,
    RS_NEUMARK_EXPLAINED, RS_NEUMARK_UNEXPLAINED, RS_JANN_EXPLAINED, RS_JANN_UNEXPLAINED,
    RS_COTTON_EXPLAINED, RS_COTTON_UNEXPLAINED, RS_REIMERS_EXPLAINED, RS_REIMERS_UNEXPLAINED,
    RS_OAXACA_ENDOWMENTS_OF, /* of dimension 0, 1, ... */
    RS_PAIR_TERMS = RS_OAXACA_ENDOWMENTS_OF + RS_MOST_COVARIATE_DIMENSIONS
};
struct rs_pair_terms {
    double value[RS_PAIR_TERMS], se[RS_PAIR_TERMS]; /* NaN where Oaxaca's regressions are not determined */
};
void rs_pair_decompose(const struct rs_pair *pair, struct rs_pair_terms *out);

#endif
