/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Weights that make the members who report stand for those who do not, whom the layer is for.
 *
 * Members fall into cells of what is known of all of them: likeliest group by the imputed probabilities, birth cohort,
 * language group. One who reports in cell c weighs silent_c / said_c, the odds of not reporting there (weighting classes;
 * Little and Rubin, Statistical Analysis with Missing Data, 3rd ed. 2019, section 3.3); where fewer than RS_LEAST_OF_CELL
 * report, that of likeliest group and birth cohort, then of the group, then of all. None is above RS_MOST_WEIGHT times the
 * mean, which is 1. Assumption: within a cell, who reports and who does not are of the groups in the same proportions given
 * the imputed probabilities. Nothing in the data can tell whether that holds. */
#ifndef RS_IMPUTE_LEARN_WEIGHTS_H
#define RS_IMPUTE_LEARN_WEIGHTS_H
#include <stdint.h>
#include "pipeline/reference/pack.h"

struct rs_learn_person;
struct rs_learn_sample;
enum { RS_CELL_BIRTHS = 8, RS_CELL_LANGUAGES = 12, RS_LEAST_OF_CELL = 30, RS_MOST_WEIGHT = 20 };

/* Members by cell: [0] those who are silent, [1] those who report. Zero-initialise. */
struct rs_nonresponse {
    uint64_t n[2][RS_GROUPS][RS_CELL_BIRTHS][RS_CELL_LANGUAGES];
};
/* In any order. Who declined is not one of them: nothing is imputed to them. */
void rs_nonresponse_add(struct rs_nonresponse *all, const struct rs_learn_person *person);
/* weight[i] of members[i] of the sample, mean 1; false, and all 1, where nobody is silent. */
bool rs_nonresponse_weights(const struct rs_nonresponse *all, const struct rs_learn_sample *sample, double *weight);

#endif
