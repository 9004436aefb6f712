/* SPDX-License-Identifier: GPL-3.0-or-later */
/* BISG. Smoothed shares of every place are worked out once, so that a person costs two look-ups and six products. */
#include "model.h"
#include <stdlib.h>

const char *const rs_impute_kind_names[RS_IMPUTE_KINDS] = {"bisg", "surname_only", "geography_only", "prior"};

typedef double shares[RS_GROUPS];

/* Where a person's place is looked for next. */
static const enum rs_place_level coarser[RS_PLACE_LEVELS] = {
    [RS_BLOCK_GROUP] = RS_TRACT, [RS_TRACT] = RS_ZCTA, [RS_ZCTA] = RS_COUNTY, [RS_COUNTY] = RS_STATE,
    [RS_STATE] = RS_NATION};

struct rs_impute_model {
    const struct rs_pack *pack;
    struct rs_surnames surnames;
    enum rs_place_level finest;
    double factor[RS_GROUPS]; /* what the form multiplies a surname's likelihood by; 1 in the form `place` */
    shares nation;
    shares *places[RS_PLACE_LEVELS]; /* smoothed, by number of the place in the pack; first cell -1: nobody there */
};

static double sum_of(const double *v) { return v[0] + v[1] + v[2] + v[3] + v[4] + v[5]; }

static void scale(double *v, double by) {
    for (int r = 0; r < RS_GROUPS; r++) v[r] *= by;
}

/* ---- the model ------------------------------------------------------------------------------------------------ */

static void smooth(shares out, const double *counts, double k, const double *parent) {
    double all = sum_of(counts);
    for (int r = 0; r < RS_GROUPS; r++) out[r] = all > 0 ? (counts[r] + k * parent[r]) / (all + k) : -1;
}

/* Smoothed shares of the place that `id` begins with; the nation's where the table has no such place. */
static const double *parent_of(const struct rs_impute_model *m, enum rs_place_level level, struct rs_view id,
                               size_t digits) {
    size_t i;
    if (!rs_pack_place_find(m->pack, level, rs_view(id.p, digits), &i) || m->places[level][i][0] < 0)
        return m->nation;
    return m->places[level][i];
}

static void smooth_level(struct rs_impute_model *m, enum rs_place_level level, double k) {
    static const struct {
        enum rs_place_level parent;
        size_t digits;
    } above[RS_PLACE_LEVELS] = {
        [RS_COUNTY] = {RS_STATE, 2}, [RS_TRACT] = {RS_COUNTY, 5}, [RS_BLOCK_GROUP] = {RS_TRACT, 11}};
    size_t n = rs_pack_places(m->pack, level);
    m->places[level] = rs_alloc((n ? n : 1) * sizeof *m->places[level]);
    for (size_t i = 0; i < n; i++) {
        double counts[RS_GROUPS];
        struct rs_view id = rs_pack_place_at(m->pack, level, i, counts);
        const double *parent =
            level == RS_STATE ? m->nation : parent_of(m, above[level].parent, id, above[level].digits);
        smooth(m->places[level][i], counts, k, parent);
    }
}

/* ZCTAs lie in the pack by ascending number, hence those of one three-digit prefix behind each other. */
static void smooth_zctas(struct rs_impute_model *m, double k) {
    size_t n = rs_pack_places(m->pack, RS_ZCTA);
    double counts[RS_GROUPS];
    m->places[RS_ZCTA] = rs_alloc((n ? n : 1) * sizeof *m->places[RS_ZCTA]);
    for (size_t i = 0, end; i < n; i = end) {
        double area[RS_GROUPS] = {0};
        shares parent;
        struct rs_view first = rs_pack_place_at(m->pack, RS_ZCTA, i, counts);
        for (end = i; end < n; end++) {
            struct rs_view id = rs_pack_place_at(m->pack, RS_ZCTA, end, counts);
            if (memcmp(id.p, first.p, 3) != 0) break;
            for (int r = 0; r < RS_GROUPS; r++) area[r] += counts[r];
        }
        smooth(parent, area, k, m->nation);
        for (size_t j = i; j < end; j++)
            smooth(m->places[RS_ZCTA][j], rs_pack_place_counts(m->pack, RS_ZCTA, j), k, parent);
    }
}

struct rs_impute_model *rs_impute_model_new(const struct rs_pack *pack, const struct rs_impute_options *o) {
    struct rs_impute_model *m = rs_alloc(sizeof *m);
    double bearers[RS_GROUPS];
    m->pack = pack;
    m->finest = o->finest;
    rs_surnames_init(&m->surnames, pack, o->surname_smoothing);
    rs_pack_nation(pack, m->nation);
    scale(m->nation, 1 / sum_of(m->nation));
    rs_pack_surname_totals(pack, bearers);
    scale(bearers, 1 / sum_of(bearers));
    /* P(r|s) ~ P(s|r) P(r) with the name table's P(r); P(g|r) ~ P(r|g) / P(r) with the place table's. */
    for (int r = 0; r < RS_GROUPS; r++) m->factor[r] = o->textbook ? bearers[r] / m->nation[r] : 1;
    smooth_level(m, RS_STATE, o->smoothing);
    smooth_level(m, RS_COUNTY, o->smoothing);
    smooth_zctas(m, o->smoothing);
    smooth_level(m, RS_TRACT, o->smoothing);
    smooth_level(m, RS_BLOCK_GROUP, o->smoothing);
    return m;
}

void rs_impute_model_free(struct rs_impute_model *m) {
    if (!m) return;
    for (int level = 0; level < RS_PLACE_LEVELS; level++) free(m->places[level]);
    free(m);
}

/* ---- a person ------------------------------------------------------------------------------------------------- */

static struct rs_view head(struct rs_view id, size_t n) { return id.n >= n ? rs_view(id.p, n) : RS_NULL; }

/* Fills in what a finer id implies: 12 digits hold a tract, 11 a county, 5 a state. */
static struct rs_view id_at(const struct rs_impute_model *m, const struct rs_place_ids *ids,
                            enum rs_place_level level) {
    switch (level) {
    case RS_BLOCK_GROUP: return ids->block_group;
    case RS_TRACT: return rs_has(ids->tract) ? ids->tract : head(ids->block_group, 11);
    case RS_ZCTA:
        if (rs_has(ids->zcta) || !rs_has(ids->zip5)) return ids->zcta;
        return rs_pack_zcta_of_zip(m->pack, ids->zip5);
    case RS_COUNTY:
        if (rs_has(ids->county)) return ids->county;
        return head(id_at(m, ids, RS_TRACT), 5);
    case RS_STATE:
        if (rs_has(ids->state)) return ids->state;
        return head(id_at(m, ids, RS_COUNTY), 2);
    default: return RS_NULL;
    }
}

/* The next place from `level` on towards the nation that the pack has and where anybody lives. */
static const double *next_place(const struct rs_impute_model *m, const struct rs_place_ids *ids,
                                enum rs_place_level *level) {
    for (; *level != RS_NATION; *level = coarser[*level]) {
        size_t i;
        struct rs_view id = id_at(m, ids, *level);
        if (rs_has(id) && rs_pack_place_find(m->pack, *level, id, &i) && m->places[*level][i][0] >= 0)
            return m->places[*level][i];
    }
    return m->nation;
}

void rs_impute_hint(const struct rs_impute_model *m, struct rs_view surname, const struct rs_place_ids *ids,
                    int step) {
    enum rs_place_level level = m->finest;
    rs_pack_hint_surname(m->pack, surname, step);
    while (level != RS_NATION && !rs_has(id_at(m, ids, level))) level = coarser[level];
    if (level == RS_NATION) return;
    size_t i = rs_pack_hint_place(m->pack, level, id_at(m, ids, level), step);
    if (i != SIZE_MAX) {
        __builtin_prefetch(m->places[level][i]);
        __builtin_prefetch(&m->places[level][i][RS_GROUPS - 1]);
    }
}

static enum rs_impute_kind kind_of(bool has_surname, bool has_place) {
    if (has_surname) return has_place ? RS_BISG : RS_SURNAME_ONLY;
    return has_place ? RS_GEOGRAPHY_ONLY : RS_PRIOR;
}

void rs_impute(const struct rs_impute_model *m, struct rs_view surname, const struct rs_place_ids *ids,
               struct rs_posterior *out) {
    double likelihood[RS_GROUPS], sum;
    out->match = rs_surname_find(&m->surnames, surname, likelihood);
    if (out->match != RS_SURNAME_NONE)
        for (int r = 0; r < RS_GROUPS; r++) likelihood[r] *= m->factor[r];
    out->level = m->finest;
    for (;;) {
        const double *place = next_place(m, ids, &out->level);
        for (int r = 0; r < RS_GROUPS; r++) out->p[r] = likelihood[r] * place[r];
        sum = sum_of(out->p);
        /* Without smoothing a place may rule out every group that the name allows: then it is as good as unknown.
         * The nation has everybody, so this ends. */
        if (sum > 0 || out->level == RS_NATION) break;
        out->level = coarser[out->level];
    }
    out->kind = kind_of(out->match != RS_SURNAME_NONE, out->level != RS_NATION);
    scale(out->p, 1 / sum);
}
