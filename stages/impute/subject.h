/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A person as the model is asked about them: names and place, and what they said of their race and ethnicity, today or, where
 * today's sources leave it open, in an earlier run. */
#ifndef RS_IMPUTE_SUBJECT_H
#define RS_IMPUTE_SUBJECT_H
#include "earlier.h"
#include "learn.h"
#include "model.h"
#include "reliability.h"

/* Views are into the person's row. */
struct rs_subject {
    struct rs_view person_key, collection, source;
    struct rs_who who;
    struct rs_answer answer;
    unsigned cells;     /* what the answer leaves */
    int reported;       /* group number, or -1 */
    bool earlier;       /* cells: also from what was said in an earlier run */
    int32_t said;       /* then: when that was (earlier.h) */
    double reliability; /* of the answer behind who.cells */
    uint64_t row;       /* of person, from 0; set by whoever counts */
    struct rs_view missing_language;
    struct rs_learn_person learn; /* where the learned layer is on */
};
struct rs_subjects {
    const struct rs_run *run;
    const struct rs_earlier *earlier; /* NULL where no earlier run is given */
    const struct rs_reliability *reliability;
    double silent_hispanic; /* model.h, struct rs_impute_options */
    bool learn;             /* whether .learn is wanted */
};
struct rs_subject rs_subject_of(const struct rs_subjects *how, const struct rs_view *person);

#endif
