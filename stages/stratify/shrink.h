/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Many provider groups' estimates of the same thing: how far they differ beyond chance, and each drawn towards their mean
 * by as much as it is noise. */
#ifndef RS_STRATIFY_SHRINK_H
#define RS_STRATIFY_SHRINK_H
#include <stddef.h>
#include "pipeline/base/interval.h"

/* tau^2 by the method of moments, max(0, (Q - (n - 1)) / (sum w - sum w^2 / sum w)), w = 1/se^2: R. DerSimonian, N. Laird,
 * Controlled Clinical Trials 7 (1986) 177-188. mean is weighted by 1/(tau^2 + se^2). se above 0; NaN for n = 0, and tau^2
 * is 0 for n = 1. */
struct rs_spread {
    size_t n;
    double tau2, mean, mean_se;
};
struct rs_spread rs_dersimonian_laird(size_t n, const double *y, const double *se);

/* reliability = tau^2 / (tau^2 + se^2); value = mean + reliability (y - mean); its error that of the posterior mean, with
 * the mean's own: sqrt(reliability se^2 + (1 - reliability)^2 mean_se^2). C. N. Morris, JASA 78 (1983) 47-55. */
struct rs_shrunk {
    double value, se, reliability;
};
struct rs_shrunk rs_shrink(const struct rs_spread *s, double y, double se);

/* Limits of a rate about p0 by chance alone for n persons, p0 -+ z sqrt(p0 (1 - p0) / n), within [0, 1]. D. J.
 * Spiegelhalter, Statistics in Medicine 24 (2005) 1185-1202. */
struct rs_interval rs_funnel(double p0, double n, double z);
#define RS_Z998 3.090232306167813

#endif
