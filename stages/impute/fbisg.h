/* SPDX-License-Identifier: GPL-3.0-or-later */
/* fBISG: BISG that counts the error of the place table in (Imai, Olivella and Rosenman 2022, "Addressing census data
 * problems in race imputation via fully Bayesian Improved Surname Geocoding and name supplements", Science Advances 8).
 *
 * A place's shares are unknown, with the census counts as what was seen: a Dirichlet prior of N_rg + 1. Members of the
 * place are drawn in turn from what the others now are, a collapsed Gibbs sampler: weight of group r for member i
 *
 *     (n_rg - [own] + N_rg + 1) (P(s|r) + 1e-8) [(P(f|r) + 1e-8)]
 *
 * n_rg the members now drawn as r. A member's probability is the mean of these weights, normalised, over the sweeps behind
 * the burn-in: the expectation of what is drawn, with less noise than the shares of draws have.
 *
 * Places are independent, and draws are numbered by (seed, place, member, sweep): the same on any number of threads. The
 * result depends on who shares a place, so that it comes with a digest of the cohort. */
#ifndef RS_IMPUTE_FBISG_H
#define RS_IMPUTE_FBISG_H
#include "model.h"
#include "pipeline/rows/batch.h"

struct rs_fbisg_options {
    uint64_t seed;
    int sweeps, burn_in; /* sweeps in all; of these not counted */
};

/* One place. likelihood: of each member, in an order that does not depend on the file's; 0 for groups that the member's
 * own answer rules out, never all 0. p: the result. unit: number of the place's stream of draws. */
void rs_fbisg_unit(const struct rs_fbisg_options *options, uint64_t unit, const double residents[RS_GROUPS],
                   const double (*likelihood)[RS_GROUPS], double (*p)[RS_GROUPS], size_t n);

/* ---- many places, with bounded memory: members go to disk by place, results to disk by row --------------------------- */

struct rs_fbisg;
/* dir: where temporary files may be made; they have no name, and are gone with the process. pack, model: borrowed. */
struct rs_fbisg *rs_fbisg_open(const char *dir, const struct rs_fbisg_options *options, const struct rs_pack *pack,
                               const struct rs_impute_model *model, struct rs_error *error);
void rs_fbisg_close(struct rs_fbisg *f);
/* Any thread: adds a person to the batch's scratch, unless no place of the pack is known. row: from 0. */
void rs_fbisg_gather(const struct rs_fbisg *f, struct rs_batch *batch, struct rs_view person_key,
                     const struct rs_who *who, uint64_t row);
/* Serial: takes the batch's scratch over; first_row is added to its rows. */
bool rs_fbisg_take(struct rs_fbisg *f, const struct rs_batch *batch, uint64_t first_row, struct rs_error *error);
bool rs_fbisg_run(struct rs_fbisg *f, int threads, struct rs_error *error);
/* First 16 hex digits of the cohort's digest: who was there, with which names, where. */
const char *rs_fbisg_cohort(const struct rs_fbisg *f);
/* Any thread: results of n rows from `first` on; all 0 for a row without a place. */
bool rs_fbisg_read(const struct rs_fbisg *f, uint64_t first, size_t n, double (*p)[RS_GROUPS],
                   struct rs_error *error);
/* What the place's people together gave, in the place of what the person alone does; no place, no such result. */
void rs_fbisg_put(const double p[RS_GROUPS], struct rs_posterior *q);

#endif
