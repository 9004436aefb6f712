/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Rows of layout posterior, put together in the buffer they are written from: none of what stands in them needs an escape,
 * and a number that stands in several columns is formatted once. */
#include "posterior_row.h"
#include <math.h>
#include "learn.h"
#include "probability.h"

/* Columns are written by their order: of them, that is. */
_Static_assert(POSTERIOR_p_white == 2 && POSTERIOR_p_hispanic == 7 && POSTERIOR_surname_match == 8 &&
                   POSTERIOR_narrowed == 12 && POSTERIOR_p8_aian == 13 && POSTERIOR_p8_multi == 20 &&
                   POSTERIOR_any_aian == 21 && POSTERIOR_any_white == 27 && POSTERIOR_api_split == 28 &&
                   POSTERIOR_mena_split == 29 && POSTERIOR_cohort == 30 && POSTERIOR_fit == 31 &&
                   POSTERIOR_middle_name_match == 32 && POSTERIOR_geography_band == 33 && POSTERIOR_evidence == 34 &&
                   POSTERIOR_reliability == 35 && POSTERIOR_COLUMNS == 36,
               "rows are written in the order of the layout");

static char *put(char *out, struct rs_view v) {
    *out++ = '\t';
    if (!v.p) return memcpy(out, "\\N", 2), out + 2;
    memcpy(out, v.p, v.n);
    return out + v.n;
}

static char *put_word(char *out, const char *word) { return put(out, rs_cstr(word)); }

static inline char *put_number(char *out, double v, struct rs_number_text *at) {
    *out++ = '\t';
    at->text = out;
    at->n = 2;
    if (isnan(v)) memcpy(out, "\\N", 2);
    else at->n = rs_format_probability(out, v);
    return out + at->n;
}

char *rs_put_number(char *out, double v, struct rs_number_text *at) { return put_number(out, v, at); }

/* The text of `same` again where the number is that one, else digits of its own. Copies have a fixed length: there is room
 * behind each. */
static inline char *put_number_or(char *out, double v, double number, const struct rs_number_text *same,
                                  struct rs_number_text *at) {
    if (v != number) return put_number(out, v, at);
    char text[RS_PROBABILITY_TEXT]; /* the first may stand less than this before the second: no overlap is allowed */
    *out++ = '\t';
    memcpy(text, same->text, sizeof text);
    memcpy(out, text, sizeof text);
    *at = (struct rs_number_text){out, same->n};
    return out + same->n;
}

char *rs_put_2024(char *out, const double p[RS_GROUPS], const struct rs_number_text six[RS_GROUPS],
                  const struct rs_omb2024 *o) {
    static const int group[RS_2024_EIGHT] = {
        [RS_2024_AIAN] = RS_AIAN, [RS_2024_ASIAN] = RS_API,  [RS_2024_BLACK] = RS_BLACK, [RS_2024_HISPANIC] = RS_HISPANIC,
        [RS_2024_MENA] = RS_WHITE, [RS_2024_NHPI] = RS_API, [RS_2024_WHITE] = RS_WHITE, [RS_2024_MULTI] = RS_MULTI};
    struct rs_number_text eight[RS_2024_EIGHT], other;
    for (int c = 0; c < RS_2024_EIGHT; c++)
        out = put_number_or(out, o->eight[c], p[group[c]], &six[group[c]], &eight[c]);
    for (int c = 0; c < RS_2024_CATEGORIES; c++)
        out = put_number_or(out, o->any[c], o->eight[c], &eight[c], &other);
    return out;
}

enum { MOST_NUMBERS = POSTERIOR_COLUMNS * (RS_PROBABILITY_TEXT + 1) + RS_PROBABILITY_ROOM, MOST_WORDS = 768 };

void rs_posterior_emit(const struct rs_row_maker *maker, struct rs_batch *batch, int sink, const struct rs_row_of *of,
                       const struct rs_posterior *q) {
    struct rs_buffer *to = &batch->out[sink];
    struct rs_omb2024 omb;
    struct rs_number_text six[RS_GROUPS];
    char cells[RS_CELLS_TEXT], band[24];
    size_t texts = of->person_key.n + maker->pack.n + maker->cohort.n + maker->fit.n;
    char *start = rs_buffer_reserve(to, texts + MOST_NUMBERS + MOST_WORDS), *out = start;
    rs_omb2024(maker->model, q, of->answer, &maker->pairs, &omb);
    memcpy(out, of->person_key.p, of->person_key.n);
    out = put_word(out + of->person_key.n, rs_impute_kind_names[q->kind]);
    if (rs_has(maker->fit)) {
        memcpy(out, RS_LEARNED_SUFFIX, sizeof RS_LEARNED_SUFFIX - 1);
        out += sizeof RS_LEARNED_SUFFIX - 1;
    }
    for (int r = 0; r < RS_GROUPS; r++) out = put_number(out, q->p[r], &six[r]);
    out = put_word(out, rs_surname_match_names[q->match]);
    out = put_word(out, rs_place_level_names[q->level]);
    out = put(out, maker->pack);
    out = put_word(out, q->first_match < RS_FIRST_NAME_MATCHES ? rs_first_name_match_names[q->first_match] : NULL);
    out = put(out, of->cells ? rs_view(cells, rs_cells_text(cells, of->cells)) : RS_NULL);
    out = rs_put_2024(out, q->p, six, &omb);
    out = put_word(out, omb.api_split);
    out = put_word(out, omb.mena_split);
    out = put(out, maker->cohort);
    out = put(out, maker->fit);
    out = put_word(out, q->middle_match < RS_FIRST_NAME_MATCHES ? rs_first_name_match_names[q->middle_match] : NULL);
    size_t n = rs_impute_band(maker->model, q, band);
    out = put(out, n ? rs_view(band, n) : RS_NULL);
    out = put(out, of->evidence);
    out = put_number(out, of->cells && of->reliability < 1 ? of->reliability : NAN, &six[0]);
    *out++ = '\n';
    to->n += (size_t)(out - start);
    batch->out_rows[sink]++;
}
