/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the parts of normalize share: the row in hand, and how a bad value is set aside. */
#ifndef RS_NORMALIZE_H
#define RS_NORMALIZE_H
#include "pipeline/reference/pack.h"
#include "pipeline/rows/stage.h"

struct rs_normalizing {
    struct rs_run *run;
    const struct rs_pack *pack; /* shared, constant */
    struct rs_batch *batch;
    const struct rs_view *raw;  /* layout record */
    struct rs_view *out;        /* layout demographic */
    uint64_t *set_aside;        /* how many values */
};

/* Puts the raw value of `column` (RECORD_...) into the quarantine; the row goes on. Messages hold no value. */
void rs_set_aside(const struct rs_normalizing *n, int column, const char *rule, const char *message);

/* Each fills its columns of n->out from n->raw. Places want the state first, so one function does all of them. */
void rs_normalize_names(const struct rs_normalizing *n);
void rs_normalize_dates(const struct rs_normalizing *n);
void rs_normalize_sex(const struct rs_normalizing *n);
void rs_normalize_phone(const struct rs_normalizing *n);
void rs_normalize_place(const struct rs_normalizing *n);
void rs_normalize_areas(const struct rs_normalizing *n, struct rs_view state); /* county, tract, block group */

/* Upper case, accents folded, punctuation but ', -, / and & to blanks, P.O. to PO; null where nothing is left. */
struct rs_view rs_normal_words(struct rs_arena *arena, struct rs_view raw);

#endif
