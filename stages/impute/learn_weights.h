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
/* In any order. Who declined is not one of them: nothing is imputed to them. times: rs_fit_draw_times. */
void rs_nonresponse_add(struct rs_nonresponse *all, const struct rs_learn_person *person, uint64_t times);
/* weight[i] of members[i] of the sample, mean 1; false, and all 1, where nobody is silent. */
bool rs_nonresponse_weights(const struct rs_nonresponse *all, const struct rs_learn_sample *sample, double *weight);

/* How often a member is there in a draw of members: Poisson of mean 1, by the draw's number and the hash of the key alone; 1 in
 * draw 0. Fits on some draws differ by what their error is: a bootstrap in which members come and go each for themselves, so
 * that a draw does not depend on who else is there (Poisson bootstrap; Chamandy et al. 2012, Estimating uncertainty for massive
 * data streams). */
uint64_t rs_fit_draw_times(uint64_t draw, uint64_t hash);
/* weight[i] of the sample's members times that, mean 1. */
void rs_fit_draw_weights(uint64_t draw, const struct rs_learn_sample *sample, double *weight);

#endif
