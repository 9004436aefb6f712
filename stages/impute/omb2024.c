/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The 2024 categories, from the six groups. */
#include "omb2024.h"
#include <math.h>

struct rs_pairs rs_pairs_of(unsigned yes, unsigned no) {
    static const struct {
        unsigned both;
        double persons;
    } pairs[] = {
#define PAIR(a, b, persons) {1u << RS_RACE_##a | 1u << RS_RACE_##b, persons},
#include "schemas/reference/two_races_2010.def"
#undef PAIR
    };
    struct rs_pairs out = {{0}};
    double sum = 0;
    for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++) {
        if ((pairs[i].both & yes) != yes || (pairs[i].both & no & ~yes)) continue;
        sum += pairs[i].persons;
        for (int r = 0; r < RS_RACES5; r++)
            if (pairs[i].both >> r & 1) out.with[r] += pairs[i].persons;
    }
    for (int r = 0; r < RS_RACES5; r++) {
        if (sum > 0) out.with[r] /= sum;
        else out.with[r] = yes >> r & 1 ? 1 : 0; /* three named, or all but one ruled out */
    }
    return out;
}

struct split {
    double share; /* NaN: not separable */
    const char *from;
};

static struct split split_of(struct rs_share s) {
    if (s.from == RS_PLACE_LEVELS) return (struct split){NAN, NULL};
    return (struct split){s.value, rs_place_level_names[s.from]};
}

static struct split api_split(const struct rs_impute_model *m, const struct rs_posterior *q,
                              const struct rs_answer *a) {
    const unsigned asian = 1u << RS_RACE_ASIAN, nhpi = 1u << RS_RACE_NHPI;
    unsigned yes = a ? a->yes & (asian | nhpi) : 0, no = a ? a->no & (asian | nhpi) : 0;
    if (yes == asian || no == nhpi) return (struct split){1, "answer"};
    if (yes == nhpi || no == asian) return (struct split){0, "answer"};
    return split_of(rs_impute_asian_of_api(m, q));
}

static struct split mena_split(const struct rs_impute_model *m, const struct rs_posterior *q,
                               const struct rs_answer *a) {
    if (a && a->mena == 'Y') return (struct split){1, "answer"};
    if (a && a->mena == 'N') return (struct split){0, "answer"};
    return split_of(rs_impute_mena_of_white(m, q));
}

void rs_omb2024(const struct rs_impute_model *m, const struct rs_posterior *q, const struct rs_answer *a,
                const struct rs_pairs *all, struct rs_omb2024 *out) {
    const double *p = q->p;
    struct split api = api_split(m, q, a), mena = mena_split(m, q, a);
    bool both = a && a->mena == 'Y' && a->white2024 == 'Y'; /* two of the seven, one box of the six */
    struct rs_pairs pairs = a && (a->yes || a->no) ? rs_pairs_of(a->yes, a->no) : *all;
    double multi = p[RS_MULTI], white_in_multi = multi * pairs.with[RS_RACE_WHITE];
    double is_mena = isnan(mena.share) ? 0 : mena.share, white = both ? 1 : 1 - is_mena;
    double *e = out->eight, *any = out->any;
    e[RS_2024_AIAN] = p[RS_AIAN];
    e[RS_2024_ASIAN] = p[RS_API] * api.share;
    e[RS_2024_BLACK] = p[RS_BLACK];
    e[RS_2024_HISPANIC] = p[RS_HISPANIC];
    e[RS_2024_MENA] = both ? 0 : p[RS_WHITE] * mena.share;
    e[RS_2024_NHPI] = p[RS_API] * (1 - api.share);
    e[RS_2024_WHITE] = both ? 0 : p[RS_WHITE] * white;
    e[RS_2024_MULTI] = multi + (both ? p[RS_WHITE] : 0);
    any[RS_2024_AIAN] = p[RS_AIAN] + multi * pairs.with[RS_RACE_AIAN];
    any[RS_2024_ASIAN] = e[RS_2024_ASIAN] + multi * pairs.with[RS_RACE_ASIAN];
    any[RS_2024_BLACK] = p[RS_BLACK] + multi * pairs.with[RS_RACE_BLACK];
    any[RS_2024_HISPANIC] = p[RS_HISPANIC];
    any[RS_2024_MENA] = (p[RS_WHITE] + white_in_multi) * mena.share;
    any[RS_2024_NHPI] = e[RS_2024_NHPI] + multi * pairs.with[RS_RACE_NHPI];
    any[RS_2024_WHITE] = (p[RS_WHITE] + white_in_multi) * white;
    out->api_split = api.from;
    out->mena_split = mena.from;
}
