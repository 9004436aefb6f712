/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Six by six: what the fits need of linear algebra, over the groups that are there. */
#ifndef RS_STRATIFY_MATRIX_H
#define RS_STRATIFY_MATRIX_H
#include <stdbool.h>
#include "pipeline/reference/pack.h"

/* Lower triangle l with a = l l' over the groups that are `in`, 0 elsewhere (Cholesky); false where a is not positive
 * definite. */
bool rs_matrix_root(const double (*a)[RS_GROUPS], const bool in[RS_GROUPS], double l[RS_GROUPS][RS_GROUPS]);
/* Inverse of a symmetric positive definite matrix over the groups that are `in`, 0 elsewhere; false as above. */
bool rs_matrix_invert(const double (*a)[RS_GROUPS], const bool in[RS_GROUPS], double out[RS_GROUPS][RS_GROUPS]);
/* bread meat bread. */
void rs_matrix_sandwich(const double (*bread)[RS_GROUPS], const double (*meat)[RS_GROUPS],
                        double out[RS_GROUPS][RS_GROUPS]);

#endif
