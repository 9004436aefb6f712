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
    double reliability;             /* reliability.h; 1 where the answer is certain */
    struct rs_view evidence;        /* earlier.h; null where nothing of an earlier run was used */
};
void rs_posterior_emit(const struct rs_row_maker *maker, struct rs_batch *batch, int sink, const struct rs_row_of *of,
                       const struct rs_posterior *posterior);

/* A number where it was written first, for rs_put_2024 to write it again. */
struct rs_number_text {
    const char *text;
    size_t n;
};
/* A tab and the number, \N for NaN. Both functions write up to RS_PROBABILITY_ROOM bytes behind the end they give back. */
char *rs_put_number(char *out, double v, struct rs_number_text *at);
/* The eight and the seven of 2024, a tab before each; `six` are the texts of q's six groups. */
char *rs_put_2024(char *out, const double p[RS_GROUPS], const struct rs_number_text six[RS_GROUPS],
                  const struct rs_omb2024 *o);

#endif
