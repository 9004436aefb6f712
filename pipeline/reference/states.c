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

static inline char upper(char c) { return c >= 'a' && c <= 'z' ? (char)(c - 32) : c; }

struct rs_view rs_state_fips(struct rs_view usps) {
    if (usps.n != 2) return RS_NULL;
    char a = upper(usps.p[0]), b = upper(usps.p[1]); /* once for each row that has a place */
    for (size_t i = 0; i < sizeof states / sizeof *states; i++)
        if (states[i].usps[0] == a && states[i].usps[1] == b) return rs_view(states[i].fips, 2);
    return RS_NULL;
}

struct rs_view rs_state_usps(struct rs_view fips) {
    for (size_t i = 0; fips.n == 2 && i < sizeof states / sizeof *states; i++)
        if (states[i].fips[0] == fips.p[0] && states[i].fips[1] == fips.p[1]) return rs_view(states[i].usps, 2);
    return RS_NULL;
}
