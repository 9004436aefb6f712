/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One person's imputation, step by step: what explain.c and explain_answer.c work out and explain_print.c tells;
 * explain_main.c is the command.
 *
 * The answer and every factor come from the functions that the stage calls. Only how a place's shares follow from counts
 * is worked out again, so that it can be shown; where that, or the product of the factors, did not give the stage's answer
 * to 1e-12, explain fails (exit 70) instead of telling another story than the pipeline. */
#ifndef RS_DRIVER_EXPLAIN_H
#define RS_DRIVER_EXPLAIN_H
#include <jansson.h>
#include "pipeline/reference/pack.h"
#include "pipeline/rows/rows.h"
#include "stages/impute/learn.h"
#include "stages/impute/model.h"
#include "stages/impute/narrow.h"
#include "stages/impute/omb2024.h"

/* What is asked about: the person as a row of layout person, names as given, state a USPS abbreviation or a FIPS code. */
struct rs_explain_input {
    struct rs_impute_options options;
    struct rs_view person[PERSON_COLUMNS];
    int age;         /* in years; below 0: not known */
    const char *fit; /* directory with a fit.tsv; NULL: no learned layer */
};

/* A name and what became of it. */
struct rs_explained_name {
    struct rs_view raw, folded, key; /* key: the entry it was found under; null where it is several, or none */
    char key_text[256];
    const char *match;
    bool used;                    /* its factor counts */
    double counts[RS_GROUPS];     /* bearers under key */
    double totals[RS_GROUPS];     /* bearers of all names of the table */
    /* P(name|r). Of a surname under key, c bearers, N of all names and K for smoothing: c_r / N_r + K / N. Of a first name:
     * (c_r + a_r) / (c s_r + a_r) c / N, s_r = N_r / N. */
    double likelihood[RS_GROUPS];
    double a[RS_GROUPS]; /* of first names: the table's smoothing; 0 of surnames */
};
/* A place and the ones above it, from the nation down. */
struct rs_explained_place {
    const char *level; /* as rs_place_level_names; "zcta3" for the ZCTAs that share three digits */
    char id[16];
    double residents[RS_GROUPS], share[RS_GROUPS]; /* share: P(r|place), smoothed by the place before it */
};
enum { RS_EXPLAINED_PLACES = 7 };
/* What the person said. */
struct rs_explained_answer {
    struct rs_answer answer;
    unsigned cells; /* groups left; 0: nothing said */
    bool whole;     /* one is left: the group is known, and the probabilities are the model's alone, to compare */
    double weight[RS_GROUPS]; /* P(answer|r), but for a factor in common; 0 for groups ruled out */
};
/* What a fit of the learned layer adds to the logarithm of a group's probability: value times b. */
struct rs_explained_term {
    char name[32];
    double value, b[RS_GROUPS];
};
enum { RS_EXPLAINED_TERMS = 1 + (RS_GROUPS - 1) + RS_COVARIATES };
struct rs_explained_fit {
    struct rs_fit *fit; /* owned; NULL: no learned layer */
    struct rs_explained_term terms[RS_EXPLAINED_TERMS];
    size_t n;
    double before[RS_GROUPS]; /* the method's own, as if nothing had been said */
    double after[RS_GROUPS];  /* before the answer narrows it */
};
struct rs_explanation {
    struct rs_impute_options options;
    struct rs_explained_name surname, first_name, middle_name;
    struct rs_explained_place places[RS_EXPLAINED_PLACES];
    size_t n_places;
    char band[24]; /* of age and sex, the last of places; empty: everybody */
    struct rs_explained_answer said;
    bool fitted;               /* fBISG, and a place is known: the person alone there */
    double added;              /* to each P(name|r) */
    double place[RS_GROUPS];   /* the place's factor: its share, or, fitted, its residents and one more */
    double form[RS_GROUPS];    /* what the form multiplies by; 1 in the form `place` */
    double product[RS_GROUPS]; /* of all factors */
    double sum;
    struct rs_posterior posterior; /* the method's; p: after all, as the row has it */
    double method[RS_GROUPS];      /* p before the learned layer: product / sum */
    struct rs_explained_fit learned;
    char model[64];
    struct rs_omb2024 categories;
};

/* The pack and the input must outlive the explanation. */
bool rs_explain(const struct rs_pack *pack, const struct rs_explain_input *input, struct rs_arena *arena,
                struct rs_explanation *out, struct rs_error *error);
void rs_explanation_free(struct rs_explanation *e);
json_t *rs_explanation_json(const struct rs_explanation *e, const struct rs_pack *pack);
void rs_explanation_print(const struct rs_explanation *e, const struct rs_pack *pack);

/* explain_answer.c: what was said, as columns of the row. races: words with a comma between; ethnicity: hispanic or
 * not-hispanic. RS_USAGE for another word. */
bool rs_explain_races(const char *races, struct rs_view *person, struct rs_error *error);
bool rs_explain_ethnicity(const char *ethnicity, struct rs_view *person, struct rs_error *error);
void rs_explain_said(const struct rs_explain_input *input, struct rs_explained_answer *out);
/* The learned layer on e->posterior, which was made without the answer. */
bool rs_explain_fit(const struct rs_pack *pack, const struct rs_explain_input *input, struct rs_explanation *e,
                    struct rs_error *error);

#endif
