/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The strata one person is in. */
#ifndef RS_STRATIFY_PERSON_H
#define RS_STRATIFY_PERSON_H
#include "join.h"

struct rs_member {
    bool reported;                  /* race and ethnicity: one of the six groups was said */
    uint32_t number[RS_DIMENSIONS]; /* by the strata's names; RS_PROVIDER is the measure row's */
    uint32_t cell;                  /* what rates are adjusted for */
};
/* `row` is of layout person; names new to `strata` are added. */
bool rs_member_strata(const struct rs_view *row, const struct rs_age_bands *bands, int32_t as_of,
                      struct rs_strata *strata, struct rs_member *out, struct rs_error *error);

#endif
