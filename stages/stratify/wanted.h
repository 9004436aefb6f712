/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the walk over the persons counts, as options and their files say: dimensions and intersections, measures, indices
 * of areas, the hierarchy of small strata. */
#ifndef RS_STRATIFY_WANTED_H
#define RS_STRATIFY_WANTED_H
#include "area.h"
#include "label.h"
#include "pipeline/rows/stage.h"

struct rs_wanted {
    struct rs_dimensions dimensions;
    struct rs_measure_book *measures;
    struct rs_area_index *svi, *adi;
    struct rs_collapse *collapse;
    struct rs_arena arena;
};
/* After rs_strata_open, before rs_stratify_join; rs_wanted_free in any case, after the strata. */
bool rs_wanted_open(struct rs_run *run, struct rs_strata *strata, struct rs_wanted *w, struct rs_error *error);
void rs_wanted_free(struct rs_wanted *w);
/* Digests of the files that options name. */
bool rs_wanted_inputs(struct rs_run *run, json_t *hashes, struct rs_error *error);

/* For the stage's table of options. */
#define RS_WANTED_OPTIONS                                                                                               \
    {"strata", "LIST", "race_ethnicity,language,sex,age_band,provider_group",                                           \
     "Dimensions, comma between: those, race_2024_any, race_2024, sexual_orientation, gender_identity, "                \
     "transgender_status, product, county, svi_quintile, adi_quintile; several with * between are crossed, such as "    \
     "race_ethnicity*sex."},                                                                                            \
        {"measures", "FILE", NULL,                                                                                      \
         "What is known of measures: kind, direction, floor, exclusions; else schemas/measures.yaml."},                 \
        {"collapse", "FILE", NULL,                                                                                      \
         "Hierarchy by which small strata are pooled, such as schemas/collapse.yaml."},                                 \
        {"missing-answers", NULL, NULL,                                                                                 \
     "Of language, sexual orientation and gender identity, also: complete cases, response weights, multiple imputation " \
     "of the population, and bounds."},                                                                                 \
        {"svi", "FILE", NULL, "Social Vulnerability Index: a CSV with FIPS (or geo_id) and RPL_THEMES (or value)."},    \
        {"adi", "FILE", NULL, "Area Deprivation Index: a CSV with FIPS (or geo_id) and ADI_NATRANK (or value)."}

#endif
