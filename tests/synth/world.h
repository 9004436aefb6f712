/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The population that the sample is drawn from: the reference pack's tables as alias tables and cumulative shares,
 * built once, then read by all threads. With the departure `vintage` it is what the tables' population has become.
 *
 * Tracts carry a ZIP code. The pack holds no tract-to-ZCTA relation, so each tract is given, among 64 ZCTAs of its
 * state drawn by population, the one whose group shares are nearest (sum of absolute differences): a ZIP then says
 * about as much of its people as a real one does, though it is not the real one. */
#ifndef RS_SYNTH_WORLD_H
#define RS_SYNTH_WORLD_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "pipeline/base/hash.h"
#include "tables.h"

enum { RS_S_POOL = 40, RS_S_NAME_MAX = 40 };

/* Purposes of random streams: a unit is a member's number, a household's, a table row's. */
enum rs_synth_stream {
    RS_STREAM_HOUSEHOLD = 1, RS_STREAM_PERSON, RS_STREAM_OUTCOME, RS_STREAM_PLAN, RS_STREAM_EHR, RS_STREAM_ROSTER,
    RS_STREAM_ANSWER_PLAN, RS_STREAM_ANSWER_EHR, RS_STREAM_TRACT, RS_STREAM_SURNAME, RS_STREAM_POOL, RS_STREAM_ZIP,
    RS_STREAM_PROVIDER, RS_STREAM_COUNTY, RS_STREAM_KEY,
};

/* Walker's alias method: one of n with given weights by two look-ups. */
struct rs_alias {
    struct rs_alias_cell { float keep; uint32_t other; } *cell;
    uint32_t n;
};
void rs_alias_build(struct rs_alias *a, const double *weights, uint32_t n);
uint32_t rs_alias_draw(const struct rs_alias *a, struct rs_random *r);
void rs_alias_free(struct rs_alias *a);

struct rs_synth_tract {
    char id[12];          /* GEOID, eleven digits */
    uint32_t county, zip; /* indices */
    float until[RS_GROUPS]; /* cumulative shares of the groups, now */
};

struct rs_synth_world {
    const struct rs_synth_options *options;
    struct rs_synth_tables tables;
    struct rs_synth_rates rates;
    struct rs_pack *pack;
    struct rs_synth_tract *tract;
    size_t n_tracts, n_counties, n_zips;
    struct rs_alias tracts;          /* by adults */
    char (*county)[6], (*zip)[6];
    char state[100][3];              /* USPS by FIPS number */
    int *region;                     /* by county: provider group most members there have */
    uint32_t (*pool)[RS_GROUPS][RS_S_POOL]; /* by county: the names of its own (departure `names`) */
    struct rs_alias surname[RS_GROUPS];     /* the last cell is ALL OTHER NAMES */
    uint32_t n_surnames;
    uint8_t *spelling;               /* by surname: 1 + index into tables.spelling, 0 for none */
    double quality[RS_S_PROVIDERS][RS_S_MEASURES]; /* what a provider group adds to a measure's probability */
};
/* Opens the pack and builds everything; NULL and RS_DATA where the pack has no tracts in those states. Tables of a
 * seed do not depend on N. One owner: free with rs_synth_world_free. */
struct rs_synth_world *rs_synth_world_new(const struct rs_synth_options *options, struct rs_error *error);
void rs_synth_world_free(struct rs_synth_world *w);

static inline bool rs_chance(struct rs_random *r, double p) { return rs_random_unit(r) < p; }
/* Index of the first of n cumulative shares above a uniform draw. */
static inline int rs_pick_float(struct rs_random *r, const float *until, int n) {
    double u = rs_random_unit(r);
    int i = 0;
    while (i < n - 1 && u >= (double)until[i]) i++;
    return i;
}

#endif
