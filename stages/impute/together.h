/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Persons whom this run took for one or for two where the run before did not (layout link_event): whose earlier words are
 * whose. What a person put into another one had said is the other's. Of a person from whom records were parted, nobody knows
 * which record the words came from: they are nobody's, but a decline holds. */
#ifndef RS_IMPUTE_TOGETHER_H
#define RS_IMPUTE_TOGETHER_H
#include "pipeline/rows/stage.h"

struct rs_together {
    struct rs_pair {
        struct rs_key person, other;
    } *merged;            /* sorted; other: was put into person */
    struct rs_key *parted; /* sorted; may be there twice */
    size_t n_merged, n_parted;
};
/* From the inputs; empty where they have no such file. In memory: they are few. */
bool rs_together_read(struct rs_run *run, struct rs_together *out, struct rs_error *error);
void rs_together_free(struct rs_together *t);
/* Those put into the person, *n of them. */
const struct rs_pair *rs_together_of(const struct rs_together *t, struct rs_key person, size_t *n);
bool rs_together_parted(const struct rs_together *t, struct rs_key person);

#endif
