/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One person's answer under the model, as a row of layout posterior. */
#ifndef RS_IMPUTE_POSTERIOR_ROW_H
#define RS_IMPUTE_POSTERIOR_ROW_H
#include "omb2024.h"
#include "pipeline/rows/batch.h"

struct rs_row_maker {
    const struct rs_impute_model *model; /* borrowed */
    struct rs_view pack, cohort;         /* cohort: null outside models fitted to one */
    struct rs_pairs pairs;               /* rs_pairs_of(0, 0) */
    struct rs_view fit;                  /* key of the learned layer's fit; null where it was not used */
};
/* Who the row is about. answer NULL: nothing was said, or nothing is known of it. */
struct rs_row_of {
    struct rs_view person_key;
    unsigned cells;                 /* what the answer leaves; 0 for nothing said */
    const struct rs_answer *answer; /* of a person who said a part; NULL otherwise: a whole answer changes no number */
};
void rs_posterior_emit(const struct rs_row_maker *maker, struct rs_batch *batch, int sink, const struct rs_row_of *of,
                       const struct rs_posterior *posterior);

#endif
