/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The three tabulations of multiple answers that go with SPD 15 (2024) (spd15revision.gov, data on race and ethnicity):
 *
 *  1. alone or in combination: a person counts in each category said; sums to more than all answers;
 *  2. most frequent multiple responses: each category alone, the most frequent combinations, the other combinations;
 *  3. combined: each category alone, and one row of those with several, Multiracial and/or Multiethnic.
 *
 * Counted is what was said: a category that a form of 1997 could not offer counts as not said. An unresolved set is
 * UNRESOLVED, except where it surely is of several categories, in the third.
 *
 * Small cells: the rows of all three are one table with the counts of every combination as hidden cells, so that none
 * can be worked out from two tabulations together (suppress.h). */
#ifndef RS_STRATIFY_TABULATE_H
#define RS_STRATIFY_TABULATE_H
#include "published.h"

enum { RS_2024 = 7, RS_COMBINATIONS = 1 << RS_2024 };
struct rs_tabulation {
    uint64_t answered[RS_COMBINATIONS];            /* by set of categories, resolved */
    uint64_t unresolved[RS_COMBINATIONS];          /* with an unresolved set beside those named: one category or more */
    uint64_t unresolved_several[RS_COMBINATIONS];  /* the same, of several categories for sure */
    struct rs_names reasons;
    struct rs_counts missing;
};
/* One row of layout person. */
void rs_tabulation_add(struct rs_tabulation *t, const struct rs_view *person);
/* Adds one to another and empties it. */
void rs_tabulation_merge(struct rs_tabulation *into, struct rs_tabulation *from);
/* Suppresses, also beside what is in `published` (NULL: nothing), notes there what is shown, and emits rows of layout
 * tabulation into `sink`, sorted by its key; `most` combinations at most are named. */
bool rs_tabulation_publish(const struct rs_tabulation *t, double minimum_cell, size_t most,
                           struct rs_published *published, struct rs_batch *batch,
                           int sink, struct rs_error *error);
void rs_tabulation_free(struct rs_tabulation *t);

#endif
