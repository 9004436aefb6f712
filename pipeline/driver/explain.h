/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One person's imputation, step by step: what explain.c works out and explain_print.c tells.
 *
 * The answer and every factor come from the functions that the stage calls. Only how a place's shares follow from counts
 * is worked out again, so that it can be shown; where that, or the product of the factors, did not give the stage's answer
 * to 1e-12, explain fails (exit 70) instead of telling another story than the pipeline. */
#ifndef RS_DRIVER_EXPLAIN_H
#define RS_DRIVER_EXPLAIN_H
#include <jansson.h>
#include "pipeline/reference/pack.h"
#include "stages/impute/model.h"

/* A name and what became of it. */
struct rs_explained_name {
    struct rs_view raw, folded, key; /* key: the entry it was found under; null where it is several, or none */
    char key_text[256];
    const char *match;
    bool used;                    /* its factor counts */
    double counts[RS_GROUPS];     /* bearers under key */
    double likelihood[RS_GROUPS]; /* P(name|r) */
};
/* A place and the ones above it, from the nation down. */
struct rs_explained_place {
    const char *level; /* as rs_place_level_names; "zcta3" for the ZCTAs that share three digits */
    char id[16];
    double residents[RS_GROUPS], share[RS_GROUPS]; /* share: P(r|place), smoothed by the place before it */
};
enum { RS_EXPLAINED_PLACES = 6 };
struct rs_explanation {
    struct rs_impute_options options;
    struct rs_explained_name surname, first_name;
    struct rs_explained_place places[RS_EXPLAINED_PLACES];
    size_t n_places;
    double form[RS_GROUPS];    /* what the form multiplies by; 1 in the form `place` */
    double product[RS_GROUPS]; /* of all factors */
    double sum;
    struct rs_posterior posterior;
};

/* `who` holds the names as given; the pack must outlive the explanation. */
bool rs_explain(const struct rs_pack *pack, const struct rs_impute_options *options, const struct rs_who *raw,
                struct rs_arena *arena, struct rs_explanation *out, struct rs_error *error);
json_t *rs_explanation_json(const struct rs_explanation *e, const struct rs_pack *pack);
void rs_explanation_print(const struct rs_explanation *e, const struct rs_pack *pack);

#endif
