/* SPDX-License-Identifier: GPL-3.0-or-later */
/* BISG: a person's probabilities from family name and place (Elliott et al. 2009).
 *
 * Forms, s the surname, g the place, r one of the six groups:
 *   place     P(r|s,g) ~ P(s|r) P(r|g). The prior is the place's own, of the place table's year and universe.
 *   textbook  P(r|s,g) ~ P(r|s) P(g|r), P(g|r) = N_gr / sum_g N_gr over the nation. Differs from the other by the ratio
 *             of the national shares of the two tables, which are 1 only where both describe one population.
 *
 * Places are smoothed towards the place they lie in (hierarchical Dirichlet, k pseudo-residents):
 *   P(r|g) = (N_gr + k P(r|parent(g))) / (N_g + k), parents block group -> tract -> county -> state -> nation, and
 *   ZCTA -> the ZCTAs that share its first three digits -> nation, since a ZCTA may cross counties.
 * With k = 0 these are the textbook's shares. A unit without residents says nothing and is passed over. */
#ifndef RS_IMPUTE_MODEL_H
#define RS_IMPUTE_MODEL_H
#include "pipeline/reference/pack.h"
#include "pipeline/reference/surname.h"

struct rs_impute_options {
    double smoothing;         /* k of places */
    double surname_smoothing; /* k of surnames: see rs_surnames_init */
    bool textbook;
    enum rs_place_level finest; /* finest level looked at */
};

struct rs_impute_model; /* constant once made: threads share it */
/* The pack is borrowed for the model's life. */
struct rs_impute_model *rs_impute_model_new(const struct rs_pack *pack, const struct rs_impute_options *options);
void rs_impute_model_free(struct rs_impute_model *model);

/* Where a person lives; any may be null. A tract's county, a county's state and so on need not be given. */
struct rs_place_ids {
    struct rs_view state, zip5, zcta, county, tract, block_group;
};

enum rs_impute_kind { RS_BISG, RS_SURNAME_ONLY, RS_GEOGRAPHY_ONLY, RS_PRIOR, RS_IMPUTE_KINDS };
extern const char *const rs_impute_kind_names[RS_IMPUTE_KINDS]; /* as in layout posterior, model */

struct rs_posterior {
    double p[RS_GROUPS]; /* sums to 1 within 1e-12; never NaN */
    enum rs_impute_kind kind;
    enum rs_surname_match match;
    enum rs_place_level level; /* the place used */
};
/* As rs_pack_hint_surname: step 0 for some dozens of persons, step 1 for the same, then rs_impute for them. */
void rs_impute_hint(const struct rs_impute_model *model, struct rs_view surname, const struct rs_place_ids *ids,
                    int step);
void rs_impute(const struct rs_impute_model *model, struct rs_view surname, const struct rs_place_ids *ids,
               struct rs_posterior *out);

#endif
