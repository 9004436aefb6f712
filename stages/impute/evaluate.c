/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Sums for the evaluation against self-report: powers by block, histograms by thread. */
#include "evaluate.h"
#include <math.h>
#include <stdlib.h>

const char *const rs_evaluated_by_names[RS_BY_DIMENSIONS] = {"all", "model", "surname_match", "first_name_match",
                                                             "geography_level", "collection", "source", "state", "region"};

static const char *const collections[RS_COLLECTIONS] = {"self", "related_person", "administrative", "observed",
                                                        "derived", "unknown", "none"};
static const char *const states[] = {
#define STATE(usps, fips) usps,
#include "schemas/reference/states.def"
#undef STATE
    "none"};
enum { STATES = sizeof states / sizeof *states };
static const char *const regions[RS_REGIONS] = {"northeast", "midwest", "south", "west", "none"};
static const struct {
    const char *usps;
    enum rs_region region;
} state_regions[] = {
#define REGION(usps, region) {usps, RS_##region},
#include "schemas/reference/regions.def"
#undef REGION
};
_Static_assert((int)STATES <= (int)RS_EVALUATED_STATES && (int)RS_STRATA <= 256, "a stratum's number fits its byte");

struct rs_evaluation {
    int threads, source_of[RS_EVALUATED_SOURCES]; /* once closed: number of the source in each place */
    const struct rs_source_names *sources;
    unsigned char state_of[RS_STATE_CODES]; /* stratum of a state by its two letters */
    unsigned char region_of[RS_EVALUATED_STATES]; /* stratum of a state's region, by its number among the states */
    struct rs_moments moments[RS_STRATA];
    struct rs_fine *fine[]; /* [thread][stratum], made when first needed */
};

static unsigned char region_of(const char *usps) {
    for (size_t i = 0; i < sizeof state_regions / sizeof *state_regions; i++)
        if (strcmp(usps, state_regions[i].usps) == 0) return (unsigned char)(RS_FIRST_REGION + (int)state_regions[i].region);
    return RS_FIRST_REGION + RS_NO_REGION;
}

struct rs_evaluation *rs_evaluation_new(int threads, const struct rs_source_names *sources) {
    struct rs_evaluation *e = rs_alloc(sizeof *e + (size_t)threads * RS_STRATA * sizeof *e->fine);
    e->threads = threads;
    e->sources = sources;
    memset(e->state_of, RS_FIRST_STATE + STATES - 1, sizeof e->state_of);
    for (int i = 0; i < STATES - 1; i++)
        e->state_of[(states[i][0] - 'A') * 26 + (states[i][1] - 'A')] = (unsigned char)(RS_FIRST_STATE + i);
    for (int i = 0; i < RS_EVALUATED_STATES; i++) e->region_of[i] = region_of(i < STATES ? states[i] : "none");
    return e;
}

void rs_evaluation_free(struct rs_evaluation *e) {
    if (!e) return;
    for (int i = 0; i < e->threads * RS_STRATA; i++) free(e->fine[i]);
    free(e);
}

int rs_census6_group(struct rs_view census6) {
    for (int r = 0; rs_has(census6) && r < RS_GROUPS; r++)
        if (rs_eq_c(census6, rs_group_names[r])) return r;
    return -1;
}

int rs_evaluation_state(const struct rs_evaluation *e, struct rs_view usps) {
    bool letters = usps.n == 2 && usps.p[0] >= 'A' && usps.p[0] <= 'Z' && usps.p[1] >= 'A' && usps.p[1] <= 'Z';
    return letters ? e->state_of[(usps.p[0] - 'A') * 26 + (usps.p[1] - 'A')] : RS_FIRST_STATE + STATES - 1;
}

int rs_evaluation_region(const struct rs_evaluation *e, int state) { return e->region_of[state - RS_FIRST_STATE]; }

int rs_evaluation_collection(struct rs_view collection) {
    int i = 0;
    while (i < RS_COLLECTIONS - 1 && !rs_eq_c(collection, collections[i])) i++;
    return RS_FIRST_COLLECTION + i;
}

const char *rs_stratum_name(int stratum) {
    if (stratum < RS_FIRST_MODEL) return "all";
    if (stratum < RS_FIRST_SURNAME) return rs_impute_kind_names[stratum - RS_FIRST_MODEL];
    if (stratum < RS_FIRST_FIRST_NAME) return rs_surname_match_names[stratum - RS_FIRST_SURNAME];
    if (stratum == RS_FIRST_FIRST_NAME + RS_FIRST_NAME_MATCHES) return "not_looked_at";
    if (stratum < RS_FIRST_GEOGRAPHY) return rs_first_name_match_names[stratum - RS_FIRST_FIRST_NAME];
    if (stratum < RS_FIRST_COLLECTION) return rs_place_level_names[stratum - RS_FIRST_GEOGRAPHY];
    if (stratum < RS_FIRST_SOURCE) return collections[stratum - RS_FIRST_COLLECTION];
    if (stratum < RS_FIRST_STATE) return "none";
    if (stratum >= RS_FIRST_REGION) return regions[stratum - RS_FIRST_REGION];
    return stratum - RS_FIRST_STATE < STATES ? states[stratum - RS_FIRST_STATE] : "none";
}

const char *rs_evaluation_stratum_name(const struct rs_evaluation *e, int stratum) {
    bool source = stratum >= RS_FIRST_SOURCE && stratum < RS_REST_OF_SOURCES && e->sources;
    if (stratum == RS_REST_OF_SOURCES) return "REST";
    return source ? rs_source_name(e->sources, e->source_of[stratum - RS_FIRST_SOURCE]) : rs_stratum_name(stratum);
}

bool rs_evaluation_tells(const struct rs_evaluation *e, int dimension) {
    return dimension != RS_BY_SOURCE || (e->sources && !rs_source_names_full(e->sources));
}

/* ---- histogram ------------------------------------------------------------------------------------------------- */

enum { MANTISSA_BITS = 5, OCTAVES = 20 };

/* Leading bits of a double are its binary logarithm, roughly, and in order: 32 steps to the octave. Below 2^-21 all is
 * one bin. */
static int octave_step(double t) {
    uint64_t bits, least;
    double lowest = 0x1p-21;
    memcpy(&bits, &t, 8);
    memcpy(&least, &lowest, 8);
    bits >>= 52 - MANTISSA_BITS;
    least >>= 52 - MANTISSA_BITS;
    return bits < least ? 0 : (int)(bits - least);
}

int rs_fine_bin(double p) { return p < .5 ? octave_step(p) : RS_FINE - 1 - octave_step(fmax(1 - p, 0)); }

double rs_fine_middle(int bin) {
    int step = bin < RS_FINE_HALF ? bin : RS_FINE - 1 - bin, steps = 1 << MANTISSA_BITS;
    double octave = ldexp(0x1p-21, step / steps), t = octave * (1 + (step % steps + .5) / steps);
    if (step == 0) t = 0x1p-21;
    if (step == OCTAVES * steps) t = .5;
    return bin < RS_FINE_HALF ? t : 1 - t;
}

/* ---- sums ------------------------------------------------------------------------------------------------------ */

static int tenth(double p) {
    int i = (int)(p * 10);
    return i > 9 ? 9 : i;
}

/* What of a person is the same in each stratum. */
struct prepared {
    double p[4][RS_GROUPS], loss, brier;
    int fine[RS_GROUPS], bin[RS_GROUPS];
};

static void prepare(const struct rs_evaluated *person, struct prepared *out) {
    out->brier = 0;
    for (int r = 0; r < RS_GROUPS; r++) {
        double p = person->p[r], d = p - (r == person->reported);
        out->p[0][r] = p;
        out->p[1][r] = p * p;
        out->p[2][r] = p * p * p;
        out->p[3][r] = p * p * p * p;
        out->brier += d * d;
        out->fine[r] = rs_fine_bin(p);
        out->bin[r] = tenth(p);
    }
    /* Without smoothing a reported group may have probability 0: taken as the smallest normal double, not infinity. */
    out->loss = -log(fmax(person->p[person->reported], 2.2250738585072014e-308));
}

static void add_moments(struct rs_moments *m, const struct prepared *x, int reported) {
    m->n++;
    m->y[reported]++;
    m->loss[reported] += x->loss;
    m->loss2[reported] += x->loss * x->loss;
    m->brier += x->brier;
    m->brier2 += x->brier * x->brier;
    for (int k = 0; k < 4; k++) {
        m->yp[k][reported] += x->p[k][reported];
        for (int r = 0; r < RS_GROUPS; r++) m->p[k][r] += x->p[k][r];
    }
    for (int r = 0; r < RS_GROUPS; r++) {
        m->bin_n[r][x->bin[r]]++;
        m->bin_p[r][x->bin[r]] += x->p[0][r];
    }
    m->bin_y[reported][x->bin[reported]]++;
}

/* One dimension after the other: what persons in a row are added to stays in the cache. */
static void add_dimension(struct rs_fine **fine, struct rs_evaluation_block *block, int d,
                          const struct rs_evaluated *persons, const struct prepared *prepared, size_t n) {
    for (size_t i = 0; i < n; i++) {
        int stratum = persons[i].stratum[d], reported = persons[i].reported;
        const struct prepared *x = &prepared[i];
        block->of[stratum].imputed++;
        if (reported < 0) continue;
        if (!fine[stratum]) fine[stratum] = rs_alloc(sizeof **fine);
        add_moments(&block->of[stratum], x, reported);
        for (int r = 0; r < RS_GROUPS; r++) fine[stratum]->all[r][x->fine[r]]++;
        fine[stratum]->own[reported][x->fine[reported]]++;
    }
}

void rs_evaluation_add(struct rs_evaluation *e, int worker, struct rs_evaluation_block *block,
                       const struct rs_evaluated *persons, size_t n) {
    struct prepared prepared[RS_EVALUATED_AT_ONCE];
    for (; n; persons += RS_EVALUATED_AT_ONCE) {
        size_t now = n < RS_EVALUATED_AT_ONCE ? n : RS_EVALUATED_AT_ONCE;
        for (size_t i = 0; i < now; i++)
            if (persons[i].reported >= 0) prepare(&persons[i], &prepared[i]);
        for (int d = RS_BY_MODEL; d < RS_BY_DIMENSIONS; d++) /* all together: the models' sum, made at the end */
            add_dimension(e->fine + (size_t)worker * RS_STRATA, block, d, persons, prepared, now);
        n -= now;
    }
}

/* Counts stand first in the struct, reals behind them. */
static void merge(struct rs_moments *into, const struct rs_moments *from) {
    enum { COUNTS = offsetof(struct rs_moments, p) / 8, ALL = sizeof(struct rs_moments) / 8 };
    uint64_t *counts = (void *)into;
    const uint64_t *more_counts = (const void *)from;
    double *reals = (void *)into;
    const double *more_reals = (const void *)from;
    for (size_t i = 0; i < COUNTS; i++) counts[i] += more_counts[i];
    for (size_t i = COUNTS; i < ALL; i++) reals[i] += more_reals[i];
}

void rs_evaluation_done(struct rs_evaluation *e, const struct rs_evaluation_block *block) {
    for (int i = RS_FIRST_MODEL; i < RS_STRATA; i++) {
        if (!block->of[i].imputed) continue;
        merge(&e->moments[i], &block->of[i]);
        if (i < RS_FIRST_SURNAME) merge(&e->moments[0], &block->of[i]);
    }
}

const struct rs_moments *rs_evaluation_moments(const struct rs_evaluation *e) { return e->moments; }

static void add_fine(struct rs_fine *into, const struct rs_fine *from) {
    uint32_t *to = &into->all[0][0];
    const uint32_t *more = &from->all[0][0];
    for (size_t i = 0; i < sizeof *into / sizeof *to; i++) to[i] += more[i];
}

/* Which source is met first is up to the threads; nothing that is written may be. */
static void sort_sources(struct rs_evaluation *e) {
    struct rs_moments *at = &e->moments[RS_FIRST_SOURCE], *old = rs_alloc(RS_EVALUATED_SOURCES * sizeof *old);
    struct rs_fine *fine[RS_EVALUATED_SOURCES];
    int n = e->sources ? rs_source_names_sorted(e->sources, e->source_of) : 0;
    memcpy(old, at, RS_EVALUATED_SOURCES * sizeof *old);
    for (int i = 0; i < n; i++) at[i] = old[e->source_of[i]];
    for (int t = 0; t < e->threads; t++) {
        struct rs_fine **mine = &e->fine[t * RS_STRATA + RS_FIRST_SOURCE];
        memcpy(fine, mine, sizeof fine);
        for (int i = 0; i < n; i++) mine[i] = fine[e->source_of[i]];
    }
    free(old);
}

/* The stratum of sources with the fewest reports, of those that have some; -1 where there is none but REST. */
static int fewest(const struct rs_evaluation *e) {
    const struct rs_moments *m = e->moments;
    int least = -1;
    for (int i = RS_FIRST_SOURCE; i < RS_REST_OF_SOURCES; i++)
        if (m[i].n && (least < 0 || m[i].n < m[least].n)) least = i;
    return least;
}

/* Sources of few reports together, for none of them could be shown, nor another one then. */
static void put_together(struct rs_evaluation *e) {
    struct rs_moments *rest = &e->moments[RS_REST_OF_SOURCES];
    for (int i; (i = fewest(e)) >= 0 && (e->moments[i].n < RS_EVALUATION_LEAST || (rest->n && rest->n < RS_EVALUATION_LEAST));) {
        merge(rest, &e->moments[i]);
        e->moments[i] = (struct rs_moments){0};
        for (int t = 0; t < e->threads; t++) {
            struct rs_fine **from = &e->fine[t * RS_STRATA + i], **to = &e->fine[t * RS_STRATA + RS_REST_OF_SOURCES];
            if (!*from) continue;
            if (*to) add_fine(*to, *from);
            else *to = rs_alloc(sizeof **to), **to = **from;
            free(*from);
            *from = NULL;
        }
    }
}

void rs_evaluation_close(struct rs_evaluation *e) {
    sort_sources(e);
    put_together(e);
}

/* The threads' histograms of a stratum, put together when first asked for. */
static struct rs_fine *gathered(struct rs_evaluation *e, int stratum) {
    struct rs_fine *first = e->fine[stratum];
    for (int t = 1; t < e->threads; t++) {
        struct rs_fine **other = &e->fine[t * RS_STRATA + stratum];
        if (!*other) continue;
        if (first) {
            add_fine(first, *other);
            free(*other);
        } else {
            first = e->fine[stratum] = *other;
        }
        *other = NULL;
    }
    return first;
}

struct rs_fine *rs_evaluation_fine(struct rs_evaluation *e, int stratum) {
    if (stratum >= RS_FIRST_MODEL || e->fine[stratum]) return gathered(e, stratum);
    for (int m = RS_FIRST_MODEL; m < RS_FIRST_SURNAME; m++) {
        const struct rs_fine *model = gathered(e, m);
        if (!model) continue;
        if (!e->fine[stratum]) e->fine[stratum] = rs_alloc(sizeof **e->fine);
        add_fine(e->fine[stratum], model);
    }
    return e->fine[stratum];
}
