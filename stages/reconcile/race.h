/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The two axes of a person: from the race answer that stands and the ethnicity answer that stands to the 1997 flags,
 * the 2024 flags, the unresolved sets, the missing reasons and the census tables' six groups. The table of
 * derivations is in README.md; nothing here guesses: what the answers do not decide stays null. */
#ifndef RS_RECONCILE_RACE_H
#define RS_RECONCILE_RACE_H
#include "survive.h"

struct rs_rc_axes {
    unsigned yes_1997, no_1997; /* C97_*: race categories that apply, that are ruled out; neither: not known */
    struct rs_rc_set unresolved_1997;
    char hispanic_1997; /* Y, N or 0 */
    uint8_t missing_race_1997, missing_ethnicity_1997;

    unsigned yes_2024, no_2024; /* C24_* */
    struct rs_rc_set unresolved_2024;
    uint8_t missing_2024;

    const char *census6; /* NULL where the answers do not decide it */
    int collection;      /* enum rs_rc_collection; -1 where there is no answer */
    const struct rs_rc_answer *from[2]; /* the answers that collection is of: none, one, or two of different sources */
};

void rs_rc_axes(const struct rs_rc_standing *race, const struct rs_rc_standing *ethnicity, struct rs_rc_axes *out);

#endif
