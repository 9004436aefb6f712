/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A difference of two means taken apart by linear regression: R. L. Oaxaca, International Economic Review 14 (1973)
 * 693-709; A. S. Blinder, J. of Human Resources 8 (1973) 436-455. With xA, xB the mean covariates (the first a constant 1)
 * and betaA, betaB each group's least squares coefficients:
 *
 *   three-fold: (xA - xB)'betaB [endowments] + xB'(betaA - betaB) [coefficients] + (xA - xB)'(betaA - betaB) [interaction]
 *   two-fold:   (xA - xB)'beta* [explained] + the rest [unexplained], of which xA'(betaA - beta*) is A's part.
 *
 * beta*: Neumark, of both pooled (D. Neumark, J. of Human Resources 23 (1988) 279-295); Jann, of both pooled with a term
 * for the group, which is then left out (B. Jann, Stata Journal 8 (2008) 453-479); Cotton, the coefficients weighted by the
 * groups' sizes (J. Cotton, Review of Economics and Statistics 70 (1988) 236-243); Reimers, their plain mean (C. W.
 * Reimers, Review of Economics and Statistics 65 (1983) 570-579). */
#ifndef RS_STRATIFY_OAXACA_H
#define RS_STRATIFY_OAXACA_H
#include <stdbool.h>
#include <stddef.h>

enum { RS_MOST_COVARIATES = 40 }; /* the constant included */

/* Sums over the persons of a group, weighted: of x x' and of x y. The first covariate is the constant, so that xx[0][0] is
 * the number of persons and xy[0] the sum of y. Zero-initialise and add persons. */
struct rs_regression_sums {
    double xx[RS_MOST_COVARIATES][RS_MOST_COVARIATES], xy[RS_MOST_COVARIATES];
};
/* `weight` persons with the covariates x[0..k-1], x[0] = 1, and mean outcome y. */
void rs_regression_add(struct rs_regression_sums *s, size_t k, const double *x, double y, double weight);

struct rs_oaxaca {
    double difference; /* mean A - mean B */
    double endowments[RS_MOST_COVARIATES];  /* by covariate; the constant's is 0 */
    double endowments_all, coefficients, interaction;
    struct rs_twofold {
        double explained, unexplained, unexplained_a, unexplained_b;
    } neumark, jann, cotton, reimers;
};
/* false where a group's covariates do not determine its coefficients (too few persons, or one is made of others). */
bool rs_oaxaca(size_t k, const struct rs_regression_sums *a, const struct rs_regression_sums *b, struct rs_oaxaca *out);

#endif
