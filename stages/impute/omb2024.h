/* SPDX-License-Identifier: GPL-3.0-or-later */
/* From the census tables' six groups to the categories of 2024 (OMB, SPD 15): eight that exclude each other, and seven
 * alone or in combination. The six do not hold the seven; what they do not hold is said, not guessed:
 *
 *   Asian, Pacific Islander  p_api times the share of Asian among both in the person's place, or the nearest one above that
 *                            the pack has it for; null without one
 *   Middle Eastern           p_white times their share among White, likewise; null without one, and then within White
 *   two or more              is multiracial among the eight. In the seven it counts for each race that is among the two,
 *                            by the shares of two-race pairs in the nation (schemas/reference/two_races_2010.def): an
 *                            assumption, that whoever is of two races is of two, and like the nation
 *   Hispanic                 of any race: the tables do not say which beside it. Among the eight it is Hispanic, and the
 *                            other six of the seven count those who are not Hispanic
 *
 * Where the person's answer is a part of one, it holds here too: Asian stays Asian, and White and Black stays White and
 * Black. */
#ifndef RS_IMPUTE_OMB2024_H
#define RS_IMPUTE_OMB2024_H
#include "model.h"
#include "narrow.h"

enum rs_category {
    RS_2024_AIAN,
    RS_2024_ASIAN,
    RS_2024_BLACK,
    RS_2024_HISPANIC,
    RS_2024_MENA,
    RS_2024_NHPI,
    RS_2024_WHITE,
    RS_2024_CATEGORIES,
    RS_2024_MULTI = RS_2024_CATEGORIES,
    RS_2024_EIGHT
};

/* Shares of the two-race pairs that hold a race. Sum to 2. */
struct rs_pairs {
    double with[RS_RACES5];
};
/* Of the pairs that hold all of `yes` and none of `no`. Of three or more, those named are held for sure. */
struct rs_pairs rs_pairs_of(unsigned yes, unsigned no);

struct rs_omb2024 {
    double eight[RS_2024_EIGHT]; /* sums to 1 within 1e-12; NaN where not separable, and the sum is then 1 - p_api */
    double any[RS_2024_CATEGORIES];
    const char *api_split, *mena_split; /* as in layout posterior; NULL for null */
};
/* answer: of a person who said a part, else NULL. all: rs_pairs_of(0, 0), made once. */
void rs_omb2024(const struct rs_impute_model *model, const struct rs_posterior *posterior,
                const struct rs_answer *answer, const struct rs_pairs *all, struct rs_omb2024 *out);

#endif
