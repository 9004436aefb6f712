/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Survivorship: which of a person's answers on one aspect stands, and by which rule.
 *
 * An aspect is the race of an answer, its ethnicity, or the value of one other element. Answers are ordered by
 *   1. strength: how the answer was collected and whether it says anything (table in survive.c),
 *   2. among administrative answers, the configured source rank,
 *   3. recency: the newer answer,
 *   4. source rank: configured sources in their order, then the others by name,
 *   5. the element made for the aspect before one in which the value is misplaced,
 *   6. the order of the values, details and records: content, never the position in a file.
 * The first stands; then a detail beats its own parent: an answer of the same source and way of collection that says
 * the same more finely takes its place, however old it is. */
#ifndef RS_RECONCILE_SURVIVE_H
#define RS_RECONCILE_SURVIVE_H
#include "answer.h"

enum rs_rc_aspect { AS_RACE, AS_ETHNICITY, AS_VALUE };

enum rs_rc_substance { SU_VALUE, SU_CONTRADICTORY, SU_DECLINED, SU_MISSING };

/* An answer as seen from one aspect. */
struct rs_rc_candidate {
    const struct rs_rc_answer *answer;
    int substance, strength;
};

struct rs_rc_standing {
    const struct rs_rc_answer *answer; /* NULL where nobody said anything */
    int substance;
    const char *rule;
    uint32_t losers; /* answers that do not stand, agreeing ones too */
};

/* false where the answer says nothing on the aspect. */
bool rs_rc_candidate_of(const struct rs_rc_answer *a, int aspect, struct rs_rc_candidate *out);
/* < 0 where a goes before b; *rule is what decided. `ranked` sources (numbers below it) have a configured rank. */
int rs_rc_candidate_compare(const struct rs_rc_candidate *a, const struct rs_rc_candidate *b, int aspect,
                            unsigned ranked, const char **rule);
/* `finer` says the same as `coarser`, more finely. */
bool rs_rc_refines(const struct rs_rc_answer *finer, const struct rs_rc_answer *coarser, int aspect);
/* Sorts the candidates, best first, and says which stands; afterwards c[0] is the one that stands. */
struct rs_rc_standing rs_rc_survive(struct rs_rc_candidate *c, size_t n, int aspect, unsigned ranked);

#endif
