/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Disclosure by differencing: two publications of nearly the same persons, each without a small cell, whose difference is
 * one. The cells of both obey the same relations, and so do their differences, of which a reader knows those whose cell is
 * in both. A difference has either sign, and some persons may have come as others went: it is held to the minimum all the
 * same, in n, x and n - x. */
#ifndef RS_BASE_SUCCESSIVE_H
#define RS_BASE_SUCCESSIVE_H
#include "suppress.h"

/* Numbers are read back with 15 digits: what is nearer than this is the same. */
#define RS_READ_BACK 1e-6
/* Neither the same nor as far apart as the minimum; NaN is no difference. */
static inline bool rs_small_difference(double v, double minimum) {
    return fabs(v) > RS_READ_BACK && rs_small_count(fabs(v), minimum);
}

/* Suppresses each shown cell that differs from the other publication's by less than the minimum, and not by 0. */
void rs_differences_mark(struct rs_cells *t, const struct rs_publication *other, double minimum);
/* One complementary suppression: where the relations give a small difference, of one cell or of the sum of several, a shown
 * cell that it was worked out from goes, the smallest without which it does not follow; *more says whether there was one.
 * RS_BUG where there is no such cell. */
bool rs_differences_suppress_one(struct rs_cells *t, const struct rs_publication *other, double minimum, bool *more,
                                 struct rs_error *error);

#endif
