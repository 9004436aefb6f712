/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Census areas that the sender gives: GEOIDs, county codes and names, checked against the reference pack's vintage.
 * Nothing is geocoded here. */
#include "normalize.h"

/* Five digits. A pack without counties cannot speak against one. */
static bool known_county(const struct rs_normalizing *n, struct rs_view id) {
    uint32_t county;
    return !n->tables->has_counties || (rs_five_digits(id.p, &county) && rs_bit(n->tables->county, county));
}

/* Ten digits of a tract in a state whose FIPS code begins with 0: the zero was lost, if the state agrees. */
static struct rs_view whole_geoid(const struct rs_normalizing *n, struct rs_view raw, struct rs_view state) {
    bool fits = raw.n == 5 || raw.n == 11 || raw.n == 12 || raw.n == 15;
    bool may_lack_zero = raw.n == 4 || raw.n == 10 || raw.n == 14;
    /* eleven digits are a tract, or a block group without its zero: only the first two can tell */
    if (fits || !may_lack_zero || !rs_has(state)) {
        return fits ? raw : RS_NULL;
    }
    struct rs_view padded = rs_arena_printf(&n->batch->arena, "0%.*s", (int)raw.n, raw.p);
    struct rs_view fips = rs_state_fips(state);
    if (!rs_has(fips) || memcmp(fips.p, padded.p, 2) != 0) {
        return RS_NULL;
    }
    rs_set_aside(n, RECORD_geoid_raw, "geoid_leading_zero",
                 "A leading zero was lost and put back, since the state agrees; the value is used");
    return padded;
}

static const char not_in_reference[] = "The reference pack has no such county: another vintage, or mistyped";

static void geoid(const struct rs_normalizing *n, struct rs_view state) {
    struct rs_view raw = rs_trimmed(n->raw[RECORD_geoid_raw]);
    if (!rs_has(raw)) {
        return;
    }
    struct rs_view id = rs_all_digits(raw) ? whole_geoid(n, raw, state) : RS_NULL;
    if (rs_is_null(id)) {
        rs_set_aside(n, RECORD_geoid_raw, "geoid_length",
                     "A census GEOID has 5 (county), 11 (tract), 12 (block group) or 15 (block) digits");
        return;
    }
    bool county_known = known_county(n, rs_view(id.p, 5)); /* so is its state, mostly */
    if ((!county_known || !n->tables->has_counties) && !rs_has(rs_state_usps(rs_view(id.p, 2)))) {
        rs_set_aside(n, RECORD_geoid_raw, "geoid_state", "The first two digits are no state's FIPS code");
        return;
    }
    const struct rs_county_change *change = county_known ? NULL : rs_county_change(rs_view(id.p, 5));
    if (!county_known && change == NULL) {
        rs_set_aside(n, RECORD_geoid_raw, "geoid_not_in_reference", not_in_reference);
        return;
    }
    if (change != NULL && !rs_has(id = rs_changed_area(n, change, id))) {
        return; /* the state is left, and the note */
    }
    n->out[DEMOGRAPHIC_county] = rs_view(id.p, 5);
    if (id.n < 11) {
        return;
    }
    if (!rs_tracts_known(n->tables->tracts, rs_view(id.p, 11))) {
        rs_set_aside(n, RECORD_geoid_raw, "geoid_not_in_reference",
                     "The reference pack has no such tract: another vintage, or mistyped; the county is kept");
        return;
    }
    n->out[DEMOGRAPHIC_tract] = rs_view(id.p, 11);
    if (id.n < 12) {
        return;
    }
    if (!rs_tracts_known(n->tables->tracts, rs_view(id.p, 12))) {
        rs_set_aside(n, RECORD_geoid_raw, "geoid_not_in_reference",
                     "The reference pack has no such block group: another vintage, or mistyped; the tract is kept");
        return;
    }
    n->out[DEMOGRAPHIC_block_group] = rs_view(id.p, 12);
}

/* A county code of five digits, sent as such or meant by a name. */
static void keep_county(const struct rs_normalizing *n, struct rs_view id) {
    if (known_county(n, id)) {
        n->out[DEMOGRAPHIC_county] = id;
        return;
    }
    const struct rs_county_change *change = rs_county_change(id);
    if (change != NULL) {
        n->out[DEMOGRAPHIC_county] = rs_changed_area(n, change, id);
    } else {
        rs_set_aside(n, RECORD_county_raw, "county_not_in_reference", not_in_reference);
    }
}

static void county_by_name(const struct rs_normalizing *n, struct rs_view state) {
    struct rs_view id, fips = rs_has(state) ? rs_state_fips(state) : RS_NULL;
    int found = rs_has(fips) ? rs_county_named(&n->batch->arena, fips, n->raw[RECORD_county_raw], &id) : 0;
    if (found == 0) {
        rs_set_aside(n, RECORD_county_raw, "county_name",
                     "No county of the row's state has this name, or the state is missing");
    } else if (found > 1) {
        rs_set_aside(n, RECORD_county_raw, "county_name_of_two",
                     "A county and a city of the state have this name: ask for County or city behind it, or the code");
    } else {
        keep_county(n, id);
    }
}

static void county(const struct rs_normalizing *n, struct rs_view state) {
    struct rs_view raw = rs_trimmed(n->raw[RECORD_county_raw]);
    if (!rs_has(raw) || rs_has(n->out[DEMOGRAPHIC_county])) {
        return; /* none, or the GEOID has said it */
    }
    if (raw.n == 5 && n->tables->has_counties && known_county(n, raw)) { /* nearly all */
        n->out[DEMOGRAPHIC_county] = raw;
        return;
    }
    if (!rs_all_digits(raw)) {
        county_by_name(n, state);
        return;
    }
    struct rs_view id = raw, fips = rs_has(state) ? rs_state_fips(state) : RS_NULL;
    if (raw.n == 3 && rs_has(fips)) {
        id = rs_arena_printf(&n->batch->arena, "%.*s%.*s", (int)fips.n, fips.p, (int)raw.n, raw.p);
    } else if (raw.n == 4 && rs_has(fips) && fips.p[0] == '0' && fips.p[1] == raw.p[0]) {
        id = rs_arena_printf(&n->batch->arena, "0%.*s", (int)raw.n, raw.p);
    }
    if (id.n != 5 || !rs_has(rs_state_usps(rs_view(id.p, 2)))) {
        rs_set_aside(n, RECORD_county_raw, "county_code", "A county code has five digits, or three beside a state");
    } else {
        keep_county(n, id);
    }
}

/* Two addresses in one row, or a mistyped code: nobody can say which is right. */
static void compare_states(const struct rs_normalizing *n, struct rs_view state) {
    struct rs_view county = n->out[DEMOGRAPHIC_county];
    size_t at;
    if (!rs_has(county) || !rs_two_letters(state, &at) || !rs_has(n->tables->fips[at]) ||
        memcmp(n->tables->fips[at].p, county.p, 2) == 0) {
        return;
    }
    rs_set_aside(n, rs_has(rs_trimmed(n->raw[RECORD_geoid_raw])) ? RECORD_geoid_raw : RECORD_county_raw, "county_other_state",
                 "The county lies in another state than the row's; both are used");
}

void rs_normalize_areas(const struct rs_normalizing *n, struct rs_view state) {
    geoid(n, state);
    county(n, state);
    compare_states(n, state);
}
