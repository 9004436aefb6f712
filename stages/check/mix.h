/* SPDX-License-Identifier: GPL-3.0-or-later */
/* How far two mixes are from one another. */
#ifndef RS_CHECK_MIX_H
#define RS_CHECK_MIX_H
#include <stdint.h>

/* The share that would have to move from one category to another: half the sum of differences (total variation). */
double rs_mix_moved(const double *a, const double *b, int n);
/* Population stability index: sum of (p - q) ln(p/q), half a person added to each category so that none is empty. Below
 * 0.1 little has changed, above 0.25 much (Siddiqi 2006, "Credit Risk Scorecards"). */
double rs_mix_psi(const uint64_t *now, const uint64_t *before, int n);
/* Pearson's chi-square of homogeneity of the 2 by n table; categories empty in both count no degree of freedom. */
double rs_mix_chi_square(const uint64_t *now, const uint64_t *before, int n, int *degrees);

#endif
