/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Agreement between sources: what each two of them say about the same person, counted over persons.
 *
 * Of a source's several answers about a person its newest counts; of one day, the one that survive.h puts first. Only
 * answers count: declines, other missing reasons, contradictory answers and those that leave the category open (an
 * unresolved set; on the 2024 axis, one race and nobody says whether Hispanic) are left out, and where the newest
 * answer is such a contradictory or open one, so is the person. Sexual orientation, gender identity and sex at birth
 * are not compared: whether two sources know of them is itself not for every auditor. */
#ifndef RS_RECONCILE_AGREEMENT_H
#define RS_RECONCILE_AGREEMENT_H
#include "answer.h"
#include "demographic.h"
#include "state.h"

/* In the order of their names, which is the order of rows. */
enum rs_rc_agreed { AG_ETHNICITY, AG_LANGUAGE, AG_RACE, AG_COMBINED, AG_SEX, AG_COUNT };
struct rs_view rs_rc_agreed_name(int element);

enum { RS_RC_CATEGORY = 16 };
/* One cell of one table, before anything is withheld. Texts are filled up with 0: keys are compared as bytes. */
struct rs_rc_agree_key {
    uint16_t a, b; /* ranks of the sources, that of the name that comes first in a */
    uint32_t element;
    char of_a[RS_RC_CATEGORY], of_b[RS_RC_CATEGORY];
};
struct rs_rc_agree_count {
    struct rs_rc_agree_key key;
    uint64_t n; /* 0: an empty place */
};

/* Adds n to a count. Sums of whole numbers: the order of persons and threads does not matter. */
void rs_rc_agree_add(struct rs_rc_agreements *t, const struct rs_rc_agree_key *key, uint64_t n);
void rs_rc_agree_free(struct rs_rc_agreements *t);

/* What the sources of one person say, pair by pair, into the counts of the batch's thread. */
void rs_rc_agree_person(const struct rs_rc *rc, const struct rs_batch *batch, const struct rs_rc_demographic *records,
                        size_t n_records, const struct rs_rc_answer *answers, size_t n_answers);
/* All threads' counts as rows of layout agreement, small cells withheld (agreement_rows.c). */
bool rs_rc_agree_write(struct rs_rc *rc, struct rs_error *error);

#endif
