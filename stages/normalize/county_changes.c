/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Counties that were renamed, merged or parted, or that the pack has no counts of: real codes, so no error. What is certain
 * of them is kept: the county that all of it lies in, or the one its tract lies in, and else the state. */
#include "normalize.h"

static const struct rs_county_change changes[] = {
#define VIEW(text) {"" text, sizeof(text) - 1}
#define COUNTY_CHANGE(code, key, city, note, counties, tracts) {VIEW(code), VIEW(key), city, VIEW(note), VIEW(counties), tracts},
#include "schemas/codes/county_changes.def"
#undef COUNTY_CHANGE
#undef VIEW
};
enum { CHANGES = sizeof changes / sizeof *changes };

const struct rs_county_change *rs_county_change(struct rs_view code) {
    for (size_t i = 0; i < CHANGES; i++) {
        if (rs_eq(changes[i].code, code)) {
            return &changes[i];
        }
    }
    return NULL;
}

const struct rs_county_change *rs_county_change_named(struct rs_view key, size_t which) {
    for (size_t i = 0; i < CHANGES; i++) {
        if (rs_eq(changes[i].key, key) && which-- == 0) {
            return &changes[i];
        }
    }
    return NULL;
}

/* Of the counties it lies in, the only one that has the tract; null where none or several have it. */
static struct rs_view by_tract(const struct rs_normalizing *n, const struct rs_county_change *change, struct rs_view id) {
    struct rs_view rest = change->counties, found = RS_NULL;
    while (!rs_is_null(rest)) {
        struct rs_view county = rs_split(&rest, ' ');
        struct rs_view there = rs_arena_printf(&n->batch->arena, "%.*s%.*s", (int)county.n, county.p, (int)id.n - 5, id.p + 5);
        if (county.n != 5 || !rs_tracts_known(n->tables->tracts, rs_view(there.p, 11))) {
            continue;
        }
        if (rs_has(found)) {
            return RS_NULL;
        }
        found = there;
    }
    return found;
}

struct rs_view rs_changed_area(const struct rs_normalizing *n, const struct rs_county_change *change, struct rs_view id) {
    n->out[DEMOGRAPHIC_county_note] = change->note;
    if (!rs_has(n->out[DEMOGRAPHIC_state])) {
        n->out[DEMOGRAPHIC_state] = rs_state_usps(rs_view(id.p, 2));
    }
    struct rs_view there = change->tracts && id.n >= 11 ? by_tract(n, change, id) : RS_NULL;
    if (rs_has(there)) {
        return there;
    }
    return change->counties.n == 5 ? change->counties : RS_NULL;
}
