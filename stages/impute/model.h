/* SPDX-License-Identifier: GPL-3.0-or-later */
/* BISG: a person's probabilities from family name and place (Elliott et al. 2009); BIFSG: and from the first name, times
 * P(f|r), which is weighted by bearers (Voicu 2018). A name that is not listed says nothing, and BIFSG is BISG.
 *
 * Forms, s the surname, g the place, r one of the six groups:
 *   place     P(r|s,g) ~ P(s|r) P(r|g). The prior is the place's own, of the place table's year and universe.
 *   textbook  P(r|s,g) ~ P(r|s) P(g|r), P(g|r) = N_gr / sum_g N_gr over the nation. Differs from the other by the ratio
 *             of the national shares of the two tables, which are 1 only where both describe one population.
 *
 * Places are smoothed towards the place they lie in (hierarchical Dirichlet, k pseudo-residents):
 *   P(r|g) = (N_gr + k P(r|parent(g))) / (N_g + k), parents block group -> tract -> county -> state -> nation, and
 *   ZCTA -> the ZCTAs that share its first three digits -> nation, since a ZCTA may cross counties.
 * Where the pack counts the place by age or sex, too, the band that holds the person is smoothed towards everybody there:
 *   P(r|g,b) = (N_gbr + k P(r|g)) / (N_gb + k)
 * With k = 0 these are the textbook's shares. A unit without residents says nothing and is passed over. */
#ifndef RS_IMPUTE_MODEL_H
#define RS_IMPUTE_MODEL_H
#include "pipeline/reference/first_name.h"
#include "pipeline/reference/pack.h"
#include "pipeline/reference/surname.h"

enum rs_impute_method {
    RS_METHOD_BISG,
    RS_METHOD_BIFSG,
    RS_METHOD_SURNAME,
    RS_METHOD_GEOGRAPHY,
    RS_METHOD_FBISG,  /* fitted to the persons of a unit: fbisg.h. rs_impute gives what it falls back to, BISG */
    RS_METHOD_FBIFSG, /* the same with first names; falls back to BIFSG */
    RS_METHODS
};
extern const char *const rs_impute_method_names[RS_METHODS]; /* bisg bifsg surname geography fbisg fbifsg */

struct rs_impute_options {
    enum rs_impute_method method;
    double smoothing;         /* k of places */
    double surname_smoothing; /* k of surnames: see rs_surnames_init */
    bool textbook;
    enum rs_place_level finest; /* finest level looked at */
    /* How often a Hispanic person who states a race leaves ethnicity open, against one who is not Hispanic. No part of the
     * model: callers multiply rs_answer_hispanic by it. */
    double silent_hispanic;
    uint64_t table_draw; /* of the tables' counts (table_draw.h); 0: the counts as they are */
};

struct rs_impute_model; /* constant once made: threads share it */
/* The pack is borrowed for the model's life. */
struct rs_impute_model *rs_impute_model_new(const struct rs_pack *pack, const struct rs_impute_options *options);
void rs_impute_model_free(struct rs_impute_model *model);

/* Where a person lives; any may be null. A tract's county, a county's state and so on need not be given. */
struct rs_place_ids {
    struct rs_view state, zip5, zcta, county, tract, block_group;
};

enum rs_impute_kind {
    RS_BISG,
    RS_SURNAME_ONLY,
    RS_GEOGRAPHY_ONLY,
    RS_PRIOR,
    RS_BIFSG,
    RS_NAMES_ONLY, /* surname and first name, no place */
    RS_FBISG,
    RS_FBIFSG,
    RS_IMPUTE_KINDS
};
extern const char *const rs_impute_kind_names[RS_IMPUTE_KINDS]; /* as in layout posterior, model */

/* What is known of a person; names folded, any may be null. */
struct rs_who {
    struct rs_view surname, first_name, middle_name;
    bool has_age;
    int age;  /* in years, where it is known */
    char sex; /* M, F; 0: unknown */
    struct rs_place_ids ids;
    unsigned cells; /* the groups that the person's own answer leaves, a bit each (narrow.h); 0: all of them */
    /* How much likelier the answer is of a Hispanic person than of the other groups that it leaves; 0 stands for 1. */
    double hispanic;
    struct rs_found_ahead { /* by rs_impute_hint */
        struct rs_probe surname, first_name, place;
        enum rs_place_level level; /* of place */
    } ahead;
};

struct rs_posterior {
    double p[RS_GROUPS]; /* sums to 1 within 1e-12; never NaN; 0 outside who->cells */
    enum rs_impute_kind kind;
    enum rs_surname_match match;
    enum rs_first_name_match first_match; /* RS_FIRST_NAME_MATCHES where the method does not look at it */
    enum rs_first_name_match middle_match; /* RS_FIRST_NAME_MATCHES where it is not looked at, or the pack has none */
    enum rs_place_level level;            /* the place used */
    size_t place;                         /* its number in the pack; 0 for the nation */
    size_t band;                          /* of the pack: the place's residents of the person's age and sex; RS_BANDS: all */
};
/* female, F -> F; male, M -> M; else 0. */
char rs_sex_letter(struct rs_view sex);
/* May be left out; see struct rs_probe. Step 0 for some dozens of persons, step 1 for the same, then rs_impute_who for
 * them: what who->ahead holds is good as long as the texts do not change. */
void rs_impute_hint(const struct rs_impute_model *model, struct rs_who *who, int step);
void rs_impute_who(const struct rs_impute_model *model, const struct rs_who *who, struct rs_posterior *out);
/* The band of age and sex, as rs_band_text; 0 bytes where the place's residents of all ages stand. */
size_t rs_impute_band(const struct rs_impute_model *model, const struct rs_posterior *posterior, char out[24]);
/* Whether the person is a child and stands against adults for want of other counts. */
bool rs_impute_child_among_adults(const struct rs_impute_model *model, const struct rs_who *who,
                                  const struct rs_posterior *posterior);
/* The same for a surname and a place. */
void rs_impute(const struct rs_impute_model *model, struct rs_view surname, const struct rs_place_ids *ids,
               struct rs_posterior *out);

#define RS_FBISG_ADDED 1e-8 /* to each P(name|r), by the fitted methods */
/* P(surname|r) [P(first|r)], as the method looks at them, in the form's scale, times P(answer|r); 0 outside who->cells. Fills out->match and
 * out->first_match. Never all zero: names that contradict the person's answer are not counted. */
void rs_impute_likelihood(const struct rs_impute_model *model, const struct rs_who *who, double likelihood[RS_GROUPS],
                          struct rs_posterior *out);
/* The finest place that has residents: fills out->level and out->place; its residents by group, NULL for the nation. */
const double *rs_impute_residents(const struct rs_impute_model *model, const struct rs_place_ids *ids,
                                  struct rs_posterior *out);

/* A share that one of the pack's figures gives for a place, or for the nearest one above it that has it. */
struct rs_share {
    double value;
    enum rs_place_level from; /* RS_PLACE_LEVELS where nobody has it */
};
struct rs_share rs_impute_asian_of_api(const struct rs_impute_model *model, const struct rs_posterior *posterior);
struct rs_share rs_impute_mena_of_white(const struct rs_impute_model *model, const struct rs_posterior *posterior);

#endif
