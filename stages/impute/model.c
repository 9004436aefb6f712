/* SPDX-License-Identifier: GPL-3.0-or-later */
/* BISG and BIFSG. Smoothed shares of every place are worked out once, so that a person costs two look-ups and six products. */
#include "model.h"
#include "table_draw.h"
#include <stdlib.h>
#include <sys/mman.h>

const char *const rs_impute_kind_names[RS_IMPUTE_KINDS] = {"bisg",  "surname_only", "geography_only", "prior",
                                                           "bifsg", "names_only",   "fbisg",          "fbifsg"};
const char *const rs_impute_method_names[RS_METHODS] = {"bisg", "bifsg", "surname", "geography", "fbisg", "fbifsg"};

typedef double shares[RS_GROUPS];
/* A line of the processor's cache each. */
struct place {
    shares p; /* the first -1: nobody there */
    uint64_t key[2]; /* rs_pack_place_key */
};

/* Where a person's place is looked for next. */
static const enum rs_place_level coarser[RS_PLACE_LEVELS] = {
    [RS_BLOCK_GROUP] = RS_TRACT, [RS_TRACT] = RS_ZCTA, [RS_ZCTA] = RS_COUNTY, [RS_COUNTY] = RS_STATE,
    [RS_STATE] = RS_NATION};

struct rs_impute_model {
    const struct rs_pack *pack;
    struct rs_surnames surnames;
    enum rs_place_level finest;
    bool surname, first_name, middle_name; /* looked at */
    double smoothing;
    uint64_t draw;
    double bearers[RS_GROUPS], first_bearers[RS_GROUPS]; /* of all names together */
    double added; /* to each P(name|r): fBISG's 1e-8, else 0 */
    double factor[RS_GROUPS]; /* what the form multiplies a surname's likelihood by; 1 in the form `place` */
    shares nation;
    struct place *places[RS_PLACE_LEVELS]; /* smoothed, by number of the place in the pack */
    struct rs_share *asian[RS_PLACE_LEVELS], *mena[RS_PLACE_LEVELS]; /* likewise, inherited: figure_levels */
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

/* The place above one of a level: the number of digits of its id, which this one's begins with. */
static const struct above {
    enum rs_place_level parent;
    size_t digits;
} above[RS_PLACE_LEVELS] = {[RS_COUNTY] = {RS_STATE, 2}, [RS_TRACT] = {RS_COUNTY, 5}, [RS_BLOCK_GROUP] = {RS_TRACT, 11}};

/* Number of the place above; false where that is the nation. A ZCTA may cross counties and states. */
static bool parent_find(const struct rs_pack *pack, enum rs_place_level level, struct rs_view id, size_t *i) {
    if (level == RS_STATE || level == RS_ZCTA) return false;
    return rs_pack_place_find(pack, above[level].parent, rs_view(id.p, above[level].digits), i);
}

/* In pages as large as the system has, since hardly two people's places lie in one of 4 KiB. */
static struct place *place_table(const struct rs_pack *pack, enum rs_place_level level) {
    enum { LARGE = 2 << 20 };
    size_t n = rs_pack_places(pack, level), bytes = (n * sizeof(struct place) + LARGE) / LARGE * LARGE;
    struct place *p = aligned_alloc(LARGE, bytes);
    if (!p) return rs_alloc(bytes); /* ends the process */
    (void)madvise(p, bytes, MADV_HUGEPAGE);
    for (size_t i = 0; i < n; i++) memcpy(p[i].key, rs_pack_place_key(pack, level, i), sizeof p[i].key);
    return p;
}

/* A draw of the tables' counts, in place; none of them is the counts themselves. */
static void draw_place(const struct rs_impute_model *m, enum rs_place_level level, size_t i, double counts[RS_GROUPS]) {
    rs_table_draw(m->draw, RS_DRAWN_PLACE, (uint64_t)level << 48 | i, counts);
}

static void smooth_level(struct rs_impute_model *m, enum rs_place_level level, double k) {
    size_t n = rs_pack_places(m->pack, level), above_at;
    m->places[level] = place_table(m->pack, level);
    for (size_t i = 0; i < n; i++) {
        double counts[RS_GROUPS];
        struct rs_view id = rs_pack_place_at(m->pack, level, i, counts);
        const double *parent = m->nation;
        if (parent_find(m->pack, level, id, &above_at)) parent = m->places[above[level].parent][above_at].p;
        draw_place(m, level, i, counts);
        smooth(m->places[level][i].p, counts, k, parent[0] < 0 ? m->nation : parent);
    }
}

/* ZCTAs lie in the pack by ascending number, hence those of one three-digit prefix behind each other. */
static void smooth_zctas(struct rs_impute_model *m, double k) {
    size_t n = rs_pack_places(m->pack, RS_ZCTA);
    double counts[RS_GROUPS];
    m->places[RS_ZCTA] = place_table(m->pack, RS_ZCTA);
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
        for (size_t j = i; j < end; j++) {
            rs_pack_place_at(m->pack, RS_ZCTA, j, counts);
            draw_place(m, RS_ZCTA, j, counts);
            smooth(m->places[RS_ZCTA][j].p, counts, k, parent);
        }
    }
}

/* ---- figures -------------------------------------------------------------------------------------------------- */

static bool any_figure(const struct rs_pack *pack, const char *name) {
    for (size_t i = 0; i < rs_pack_figures(pack); i++)
        if (strcmp(rs_pack_figure_at(pack, i).name, name) == 0) return true;
    return false;
}

/* One level's shares: its own figure, else what the place above has. */
static struct rs_share *figure_level(const struct rs_pack *pack, const char *name, enum rs_place_level level,
                                     struct rs_share *const *coarser_levels) {
    size_t n = level == RS_NATION ? 1 : rs_pack_places(pack, level), number, above_at;
    struct rs_share *out = rs_alloc((n ? n : 1) * sizeof *out);
    bool has = rs_pack_figure_find(pack, level, name, &number);
    for (size_t i = 0; i < n; i++) {
        double counts[RS_GROUPS];
        struct rs_view id = level == RS_NATION ? RS_LIT("US") : rs_pack_place_at(pack, level, i, counts);
        out[i] = (struct rs_share){.from = RS_PLACE_LEVELS};
        if (has && rs_pack_figure(pack, number, id, &out[i].value) && out[i].value >= 0 && out[i].value <= 1)
            out[i].from = level;
        else if (level != RS_NATION)
            out[i] = coarser_levels[above[level].parent] && parent_find(pack, level, id, &above_at)
                         ? coarser_levels[above[level].parent][above_at]
                         : coarser_levels[RS_NATION][0];
    }
    return out;
}

/* Levels that have none of their own, nor one above but the nation's, stay NULL: all of their places share the nation's
 * number, and a table of it a place would cost a start 90,000 look-ups and each person a cache miss. */
static void figure_levels(const struct rs_pack *pack, const char *name, struct rs_share *out[RS_PLACE_LEVELS]) {
    size_t number;
    if (!any_figure(pack, name)) return;
    for (int l = RS_NATION; l < RS_PLACE_LEVELS; l++) { /* from coarse to fine */
        enum rs_place_level level = (enum rs_place_level)l;
        bool inherits = above[level].digits && out[above[level].parent];
        if (level == RS_NATION || inherits || rs_pack_figure_find(pack, level, name, &number))
            out[level] = figure_level(pack, name, level, out);
    }
}

static struct rs_share share_at(struct rs_share *const *levels, const struct rs_posterior *q) {
    if (!levels[RS_NATION]) return (struct rs_share){.from = RS_PLACE_LEVELS};
    return levels[q->level] ? levels[q->level][q->place] : levels[RS_NATION][0];
}

struct rs_share rs_impute_asian_of_api(const struct rs_impute_model *m, const struct rs_posterior *q) {
    return share_at(m->asian, q);
}

struct rs_share rs_impute_mena_of_white(const struct rs_impute_model *m, const struct rs_posterior *q) {
    return share_at(m->mena, q);
}

/* ---- made and freed ------------------------------------------------------------------------------------------- */

struct rs_impute_model *rs_impute_model_new(const struct rs_pack *pack, const struct rs_impute_options *o) {
    struct rs_impute_model *m = rs_alloc(sizeof *m);
    double bearers[RS_GROUPS];
    m->pack = pack;
    m->finest = o->method == RS_METHOD_SURNAME ? RS_NATION : o->finest;
    m->surname = o->method != RS_METHOD_GEOGRAPHY;
    m->first_name =
        (o->method == RS_METHOD_BIFSG || o->method == RS_METHOD_FBIFSG) && rs_pack_has_first_names(pack);
    m->middle_name = (o->method == RS_METHOD_BIFSG || o->method == RS_METHOD_FBIFSG) && rs_pack_has_middle_names(pack);
    m->smoothing = o->smoothing;
    rs_surnames_init(&m->surnames, pack, o->surname_smoothing);
    rs_pack_nation(pack, m->nation);
    scale(m->nation, 1 / sum_of(m->nation));
    rs_pack_surname_totals(pack, bearers);
    m->draw = o->table_draw;
    memcpy(m->bearers, bearers, sizeof bearers);
    if (m->first_name) rs_pack_first_name_totals(pack, m->first_bearers);
    scale(bearers, 1 / sum_of(bearers));
    /* P(r|s) ~ P(s|r) P(r) with the name table's P(r); P(g|r) ~ P(r|g) / P(r) with the place table's. */
    bool fitted = o->method == RS_METHOD_FBISG || o->method == RS_METHOD_FBIFSG;
    m->added = fitted ? RS_FBISG_ADDED : 0;
    for (int r = 0; r < RS_GROUPS; r++) m->factor[r] = o->textbook && !fitted ? bearers[r] / m->nation[r] : 1;
    smooth_level(m, RS_STATE, o->smoothing);
    smooth_level(m, RS_COUNTY, o->smoothing);
    smooth_zctas(m, o->smoothing);
    smooth_level(m, RS_TRACT, o->smoothing);
    smooth_level(m, RS_BLOCK_GROUP, o->smoothing);
    figure_levels(pack, RS_FIGURE_ASIAN_OF_API, m->asian);
    figure_levels(pack, RS_FIGURE_MENA_OF_WHITE, m->mena);
    return m;
}

void rs_impute_model_free(struct rs_impute_model *m) {
    if (!m) return;
    for (int level = 0; level < RS_PLACE_LEVELS; level++) {
        free(m->places[level]);
        free(m->asian[level]);
        free(m->mena[level]);
    }
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
                                enum rs_place_level *level, size_t *i) {
    for (; *level != RS_NATION; *level = coarser[*level]) {
        struct rs_view id = id_at(m, ids, *level);
        if (rs_has(id) && rs_pack_place_find(m->pack, *level, id, i) && m->places[*level][*i].p[0] >= 0)
            return m->places[*level][*i].p;
    }
    *i = 0;
    return m->nation;
}

const double *rs_impute_residents(const struct rs_impute_model *m, const struct rs_place_ids *ids,
                                  struct rs_posterior *out) {
    out->level = m->finest;
    next_place(m, ids, &out->level, &out->place);
    return out->level == RS_NATION ? NULL : rs_pack_place_counts(m->pack, out->level, out->place);
}

static void begin_probes(const struct rs_impute_model *m, struct rs_who *who) {
    struct rs_found_ahead *ahead = &who->ahead;
    enum rs_place_level level = m->finest;
    ahead->surname.table = ahead->first_name.table = ahead->place.table = NULL;
    if (m->surname) rs_pack_probe_surname(m->pack, who->surname, &ahead->surname);
    if (m->first_name) rs_pack_probe_first_name(m->pack, who->first_name, &ahead->first_name);
    while (level != RS_NATION && !rs_has(id_at(m, &who->ids, level))) level = coarser[level];
    ahead->level = level;
    if (level != RS_NATION) rs_pack_probe_place(m->pack, level, id_at(m, &who->ids, level), &ahead->place);
}

void rs_impute_hint(const struct rs_impute_model *m, struct rs_who *who, int step) {
    struct rs_found_ahead *ahead = &who->ahead;
    if (step == 0) {
        begin_probes(m, who);
        return;
    }
    rs_pack_probe_on(&ahead->surname, true);
    rs_pack_probe_on(&ahead->first_name, true);
    if (rs_pack_probe_on(&ahead->place, false)) __builtin_prefetch(&m->places[ahead->level][ahead->place.number]);
}

/* next_place for the finest level, which nearly everybody's place is found at. */
static const double *first_place(const struct rs_impute_model *m, const struct rs_who *who, enum rs_place_level *level,
                                 size_t *i) {
    const struct rs_probe *probe = &who->ahead.place;
    const struct place *place = probe->table ? &m->places[who->ahead.level][probe->number] : NULL;
    if (place && memcmp(place->key, probe->key, sizeof place->key) == 0 && place->p[0] >= 0) {
        *level = who->ahead.level;
        *i = probe->number;
        return place->p;
    }
    *level = m->finest;
    return next_place(m, &who->ids, level, i);
}

/* P(answer|r), but for a factor that all groups left have in common. */
static void weigh_answer(double *v, const struct rs_who *who) {
    if (!who->cells) return;
    for (int r = 0; r < RS_GROUPS; r++)
        if (!(who->cells >> r & 1)) v[r] = 0;
    if (who->hispanic > 0) v[RS_HISPANIC] *= who->hispanic;
}

/* Beside a first name, as if the two were chosen apart given the group. */
static void take_middle_name(const struct rs_impute_model *m, const struct rs_who *who, double likelihood[RS_GROUPS],
                             struct rs_posterior *out) {
    double middle[RS_GROUPS];
    out->middle_match = RS_FIRST_NAME_MATCHES;
    if (!m->middle_name) return;
    out->middle_match = RS_FIRST_NAME_NONE;
    if (out->first_match >= RS_FIRST_NAME_NONE) return;
    out->middle_match = rs_middle_name_find(m->pack, who->middle_name, middle);
    for (int r = 0; r < RS_GROUPS && out->middle_match != RS_FIRST_NAME_NONE; r++) likelihood[r] *= middle[r] + m->added;
}

static enum rs_surname_match find_surname(const struct rs_impute_model *m, const struct rs_who *who,
                                          double likelihood[RS_GROUPS]) {
    const double *counts = rs_pack_probed(&who->ahead.surname);
    if (counts && rs_surname_of(&m->surnames, counts, likelihood)) return RS_SURNAME_EXACT;
    return rs_surname_find(&m->surnames, m->surname ? who->surname : RS_NULL, likelihood);
}

static enum rs_first_name_match find_first_name(const struct rs_impute_model *m, const struct rs_who *who,
                                                double likelihood[RS_GROUPS]) {
    const double *counts = rs_pack_probed(&who->ahead.first_name);
    if (counts && rs_pack_first_name_of(m->pack, counts, likelihood)) return RS_FIRST_NAME_EXACT;
    return rs_first_name_find(m->pack, who->first_name, likelihood);
}

void rs_impute_likelihood(const struct rs_impute_model *m, const struct rs_who *who, double likelihood[RS_GROUPS],
                          struct rs_posterior *out) {
    double first[RS_GROUPS];
    out->match = find_surname(m, who, likelihood);
    out->first_match = RS_FIRST_NAME_MATCHES;
    if (out->match < RS_SURNAME_OTHER)
        rs_table_draw_name(m->draw, RS_DRAWN_SURNAME, who->surname, m->bearers, likelihood);
    if (out->match != RS_SURNAME_NONE)
        for (int r = 0; r < RS_GROUPS; r++) likelihood[r] = (likelihood[r] + m->added) * m->factor[r];
    if (m->first_name) {
        out->first_match = find_first_name(m, who, first);
        /* Without a surname a first name alone is no method of anybody's: it is left. */
        if (out->match == RS_SURNAME_NONE) out->first_match = RS_FIRST_NAME_NONE;
        if (out->first_match != RS_FIRST_NAME_NONE)
            rs_table_draw_name(m->draw, RS_DRAWN_FIRST_NAME, who->first_name, m->first_bearers, first);
        for (int r = 0; r < RS_GROUPS && out->first_match != RS_FIRST_NAME_NONE; r++) likelihood[r] *= first[r] + m->added;
    }
    take_middle_name(m, who, likelihood, out);
    weigh_answer(likelihood, who);
    if (sum_of(likelihood) > 0) return;
    /* Unsmoothed, a name may have no bearers in the groups that the person left: the answer stands, the name goes. */
    out->match = RS_SURNAME_NONE;
    if (m->first_name) out->first_match = RS_FIRST_NAME_NONE;
    if (m->middle_name) out->middle_match = RS_FIRST_NAME_NONE;
    for (int r = 0; r < RS_GROUPS; r++) likelihood[r] = 1;
    weigh_answer(likelihood, who);
}

static enum rs_impute_kind kind_of(const struct rs_posterior *q) {
    bool place = q->level != RS_NATION;
    if (q->match == RS_SURNAME_NONE) return place ? RS_GEOGRAPHY_ONLY : RS_PRIOR;
    if (q->first_match < RS_FIRST_NAME_NONE) return place ? RS_BIFSG : RS_NAMES_ONLY;
    return place ? RS_BISG : RS_SURNAME_ONLY;
}

char rs_sex_letter(struct rs_view sex) {
    if (rs_eq_c(sex, "female") || rs_eq_c(sex, "F")) return 'F';
    return rs_eq_c(sex, "male") || rs_eq_c(sex, "M") ? 'M' : 0;
}

static bool holds(struct rs_band b, const struct rs_who *who) {
    bool ages = b.from > 0 || b.to < 999;
    if (b.sex && b.sex != who->sex) return false;
    return !ages || (who->has_age && who->age >= b.from && who->age <= b.to);
}

/* The shares of the person's own band, in `own`, where the place is counted by one in which anybody lives. */
static const double *band_shares(const struct rs_impute_model *m, const struct rs_who *who, const double *everybody,
                                 double own[RS_GROUPS], struct rs_posterior *out) {
    out->band = RS_BANDS;
    if (out->level == RS_NATION || !(who->has_age || who->sex)) return everybody;
    for (size_t band = 0; band < rs_pack_bands(m->pack); band++) {
        const double *counts = holds(rs_pack_band_at(m->pack, band), who)
                                   ? rs_pack_band_counts(m->pack, band, out->level, out->place) : NULL;
        if (!counts || !(sum_of(counts) > 0)) continue;
        smooth(own, counts, m->smoothing, everybody);
        out->band = band;
        return own;
    }
    return everybody;
}

void rs_impute_who(const struct rs_impute_model *m, const struct rs_who *who, struct rs_posterior *out) {
    double likelihood[RS_GROUPS], sum;
    rs_impute_likelihood(m, who, likelihood, out);
    const double *place = first_place(m, who, &out->level, &out->place);
    for (;;) {
        double own[RS_GROUPS];
        place = band_shares(m, who, place, own, out);
        for (int r = 0; r < RS_GROUPS; r++) out->p[r] = likelihood[r] * place[r];
        sum = sum_of(out->p);
        /* Without smoothing a place may rule out every group that the name allows: then it is as good as unknown. */
        if (sum > 0 || out->level == RS_NATION) break;
        out->level = coarser[out->level];
        place = next_place(m, &who->ids, &out->level, &out->place);
    }
    if (!(sum > 0)) { /* a pack in which the nation lacks a group that the person named */
        memcpy(out->p, likelihood, sizeof likelihood);
        sum = sum_of(out->p);
    }
    out->kind = kind_of(out);
    scale(out->p, 1 / sum);
}

size_t rs_impute_band(const struct rs_impute_model *m, const struct rs_posterior *q, char out[24]) {
    return q->band == RS_BANDS ? 0 : rs_band_text(out, rs_pack_band_at(m->pack, q->band));
}

bool rs_impute_child_among_adults(const struct rs_impute_model *m, const struct rs_who *who,
                                  const struct rs_posterior *q) {
    return who->has_age && who->age < 18 && q->band == RS_BANDS && rs_pack_adults_only(m->pack, q->level);
}

void rs_impute(const struct rs_impute_model *m, struct rs_view surname, const struct rs_place_ids *ids,
               struct rs_posterior *out) {
    struct rs_who who = {.surname = surname, .ids = *ids};
    rs_impute_who(m, &who, out);
}
