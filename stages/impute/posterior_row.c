/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Rows of layout posterior. A number that stands in several columns is formatted once: formatting is what rows cost. */
#include "posterior_row.h"
#include "learn.h"
#include <math.h>
#include "probability.h"

enum { NUMBERS = RS_GROUPS + RS_2024_EIGHT + RS_2024_CATEGORIES };

/* Digits of numbers made so far, in a small space of their own. */
struct digits {
    char text[NUMBERS][32];
    int n;
};

static struct rs_view real(struct digits *d, double v) {
    if (isnan(v)) return RS_NULL;
    char *at = d->text[d->n++];
    return rs_view(at, rs_format_probability(at, v));
}

/* The text of `same` where the number is that one, else digits of its own. */
static struct rs_view real_or(struct digits *d, double v, double number, struct rs_view same) {
    return v == number ? same : real(d, v);
}

static void put_2024(struct rs_view *row, struct digits *d, const double *p, const struct rs_omb2024 *o) {
    static const struct {
        int eight, any, group, p;
    } columns[RS_2024_CATEGORIES] = {
        {POSTERIOR_p8_aian, POSTERIOR_any_aian, RS_AIAN, POSTERIOR_p_aian},
        {POSTERIOR_p8_asian, POSTERIOR_any_asian, RS_API, POSTERIOR_p_api},
        {POSTERIOR_p8_black, POSTERIOR_any_black, RS_BLACK, POSTERIOR_p_black},
        {POSTERIOR_p8_hispanic, POSTERIOR_any_hispanic, RS_HISPANIC, POSTERIOR_p_hispanic},
        {POSTERIOR_p8_mena, POSTERIOR_any_mena, RS_WHITE, POSTERIOR_p_white},
        {POSTERIOR_p8_nhpi, POSTERIOR_any_nhpi, RS_API, POSTERIOR_p_api},
        {POSTERIOR_p8_white, POSTERIOR_any_white, RS_WHITE, POSTERIOR_p_white}};
    for (int c = 0; c < RS_2024_CATEGORIES; c++) {
        struct rs_view six = row[columns[c].p], eight = real_or(d, o->eight[c], p[columns[c].group], six);
        row[columns[c].eight] = eight;
        row[columns[c].any] = real_or(d, o->any[c], o->eight[c], eight);
    }
    row[POSTERIOR_p8_multi] = real_or(d, o->eight[RS_2024_MULTI], p[RS_MULTI], row[POSTERIOR_p_multi]);
    row[POSTERIOR_api_split] = rs_cstr(o->api_split);
    row[POSTERIOR_mena_split] = rs_cstr(o->mena_split);
}

void rs_posterior_emit(const struct rs_row_maker *maker, struct rs_batch *batch, int sink, const struct rs_row_of *of,
                       const struct rs_posterior *q) {
    static const int columns[RS_GROUPS] = {POSTERIOR_p_white, POSTERIOR_p_black, POSTERIOR_p_aian,
                                           POSTERIOR_p_api, POSTERIOR_p_multi, POSTERIOR_p_hispanic};
    struct rs_view row[POSTERIOR_COLUMNS] = {{0}};
    struct rs_omb2024 omb;
    struct digits d = {.n = 0};
    char cells[RS_CELLS_TEXT];
    const char *kind = rs_impute_kind_names[q->kind];
    row[POSTERIOR_person_key] = of->person_key;
    row[POSTERIOR_model] = rs_has(maker->fit) ? rs_arena_printf(&batch->arena, "%s" RS_LEARNED_SUFFIX, kind) : rs_cstr(kind);
    for (int r = 0; r < RS_GROUPS; r++) row[columns[r]] = real(&d, q->p[r]);
    row[POSTERIOR_surname_match] = rs_cstr(rs_surname_match_names[q->match]);
    row[POSTERIOR_geography_level] = rs_cstr(rs_place_level_names[q->level]);
    row[POSTERIOR_pack] = maker->pack;
    if (q->first_match < RS_FIRST_NAME_MATCHES)
        row[POSTERIOR_first_name_match] = rs_cstr(rs_first_name_match_names[q->first_match]);
    if (of->cells) row[POSTERIOR_narrowed] = rs_view(cells, rs_cells_text(cells, of->cells));
    rs_omb2024(maker->model, q, of->answer, &maker->pairs, &omb);
    put_2024(row, &d, q->p, &omb);
    row[POSTERIOR_cohort] = maker->cohort;
    row[POSTERIOR_fit] = maker->fit;
    rs_batch_emit(batch, sink, &rs_layout_posterior, row);
}
