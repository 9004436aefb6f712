/* SPDX-License-Identifier: GPL-3.0-or-later */
/* relsogi stratify --counts FILE: disparities from a table of group counts alone, such as a published one. */
#ifndef RS_STRATIFY_COUNTS_H
#define RS_STRATIFY_COUNTS_H
#include "pipeline/base/error.h"
#include "pipeline/base/text.h"

/* Reads a CSV with a header: group, numerator, denominator; and where there: se (of the rate, for estimates that are no
 * plain counts), weight (share of the population, any scale; else the denominator), order (rank, worst off first, for
 * slope and concentration indices). Adds tab-separated lines to *out: group, statistic, value, se, lower, upper,
 * method. `reference` names the group compared with, NULL the largest. A count from 1 to minimum - 1 is refused with
 * RS_DATA, since results could give it away. */
bool rs_counts_report(const char *path, const char *reference, double minimum, struct rs_buffer *out,
                      struct rs_error *error);

#endif
