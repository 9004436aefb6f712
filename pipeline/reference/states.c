/* SPDX-License-Identifier: GPL-3.0-or-later */
/* USPS abbreviations and FIPS codes of the states, from schemas/reference/states.def. */
#include "pack.h"

static const struct state {
    char usps[3], fips[3];
} states[] = {
#define STATE(usps, fips) {usps, fips},
#include "schemas/reference/states.def"
#undef STATE
};

struct rs_view rs_state_fips(struct rs_view usps) {
    for (size_t i = 0; i < sizeof states / sizeof *states; i++)
        if (rs_eq_nocase(usps, rs_view(states[i].usps, 2))) return rs_view(states[i].fips, 2);
    return RS_NULL;
}

struct rs_view rs_state_usps(struct rs_view fips) {
    for (size_t i = 0; i < sizeof states / sizeof *states; i++)
        if (rs_eq(fips, rs_view(states[i].fips, 2))) return rs_view(states[i].usps, 2);
    return RS_NULL;
}
