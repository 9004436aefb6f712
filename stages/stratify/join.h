/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One pass over person, posterior and person_measure, all in the order of person_key: counts by stratum, and the
 * probabilities of those imputed. */
#ifndef RS_STRATIFY_JOIN_H
#define RS_STRATIFY_JOIN_H
#include "pipeline/rows/stage.h"
#include "strata.h"
#include "tabulate.h"

enum { RS_MAX_AGE_BANDS = 32 };
struct rs_age_bands {
    int from[RS_MAX_AGE_BANDS]; /* ascending; the last band is open */
    size_t n;
    char names[RS_MAX_AGE_BANDS][16];
};
/* "0,18,45,65,75" gives 0-17 18-44 45-64 65-74 75+. */
bool rs_age_bands_parse(const char *text, struct rs_age_bands *out, struct rs_error *error);

/* What is counted by is said by strata->dimensions and strata->measures_known, set before.
 * Fills *strata (opened) and *tabulation, and counts fates in the run's ledger; quarantines numerators outside the denominator. */
bool rs_stratify_join(struct rs_run *run, const struct rs_age_bands *bands, struct rs_strata *strata,
                      struct rs_tabulation *tabulation, struct rs_error *error);

#endif
