/* SPDX-License-Identifier: GPL-3.0-or-later */
/* relsogi stratify --counts FILE: disparities from a table of group counts alone, such as a published one. */
#ifndef RS_STRATIFY_COUNTS_H
#define RS_STRATIFY_COUNTS_H
#include "pipeline/base/error.h"
#include "pipeline/base/text.h"
#include <stdbool.h>

struct rs_counts_question {
    const char *reference; /* group compared with; NULL for the largest */
    double minimum;        /* a count from 1 to one less is refused: 11 */
    bool json;             /* an array of objects in the place of tab-separated lines */
};

/* Reads a CSV with a header: group, numerator, denominator; and where there: se (of the rate, for estimates that are no
 * plain counts), weight (share of the population, any scale; else the denominator), order (rank, worst off first, for
 * slope and concentration indices). With a column stratum, such as age bands, a row is a group's stratum: groups are
 * their sums, rates are standardised, to the weights in column standard (any scale; else to everybody in the table),
 * and gaps are taken apart; no se then, and every group must have every stratum.
 *
 * Adds to *out, in lines or objects: group ("*" for all), statistic, value, se, lower, upper, method, n (persons of the
 * group), flags (boundary: fewer than one effective success or failure, of the group or of the one compared with). A
 * count from 1 to minimum - 1 is refused with RS_DATA, since results could give it away. */
bool rs_counts_report(const char *path, const struct rs_counts_question *question, struct rs_buffer *out,
                      struct rs_error *error);

#endif
