/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Why it exists: what leaves the stage, and nothing of a suppressed cell but that it is one. */
#include <math.h>
#include <string.h>
#include "estimate.h"

static struct rs_view flags_text(struct rs_arena *arena, unsigned flags) {
    static const char *const names[] = {"low_information", "sign_disagrees", "not_converged", "boundary",
                                        "not_categorical"};
    char text[96] = "";
    for (int i = 0; i < 5; i++) {
        if (!(flags & 1u << i)) continue;
        if (text[0]) strcat(text, ",");
        strcat(text, names[i]);
    }
    return text[0] ? rs_arena_view(arena, rs_cstr(text)) : RS_NULL;
}

static void emit_numbers(struct rs_arena *arena, const struct rs_estimate *e, struct rs_view *row) {
    row[ESTIMATE_n] = rs_arena_real(arena, e->n);
    row[ESTIMATE_x] = rs_arena_real(arena, e->x);
    row[ESTIMATE_n_eff] = rs_arena_real(arena, e->n_eff);
    row[ESTIMATE_direct_share] = rs_arena_real(arena, e->direct_share);
    row[ESTIMATE_rate] = rs_arena_real(arena, e->rate);
    row[ESTIMATE_se] = rs_arena_real(arena, e->se);
    row[ESTIMATE_lower] = rs_arena_real(arena, e->interval.lower);
    row[ESTIMATE_upper] = rs_arena_real(arena, e->interval.upper);
    row[ESTIMATE_interval_method] = rs_cstr(e->method);
    row[ESTIMATE_flags] = flags_text(arena, e->flags);
    row[ESTIMATE_indirect_share] = rs_arena_real(arena, e->indirect_share);
    row[ESTIMATE_unknown_share] = rs_arena_real(arena, e->unknown_share);
    row[ESTIMATE_lambda] = rs_arena_real(arena, e->lambda);
    row[ESTIMATE_information] = rs_arena_real(arena, e->information);
    row[ESTIMATE_bound_lower] = rs_arena_real(arena, e->bounds.lower);
    row[ESTIMATE_bound_upper] = rs_arena_real(arena, e->bounds.upper);
    if (!e->reference) return;
    row[ESTIMATE_reference] = rs_cstr(e->reference->stratum);
    row[ESTIMATE_difference] = rs_arena_real(arena, e->difference);
    row[ESTIMATE_difference_lower] = rs_arena_real(arena, e->difference_interval.lower);
    row[ESTIMATE_difference_upper] = rs_arena_real(arena, e->difference_interval.upper);
    row[ESTIMATE_ratio] = rs_arena_real(arena, e->ratio);
    row[ESTIMATE_ratio_lower] = rs_arena_real(arena, e->ratio_interval.lower);
    row[ESTIMATE_ratio_upper] = rs_arena_real(arena, e->ratio_interval.upper);
    row[ESTIMATE_difference_bound_lower] = rs_arena_real(arena, e->difference_bounds.lower);
    row[ESTIMATE_difference_bound_upper] = rs_arena_real(arena, e->difference_bounds.upper);
}

/* Keeps the widest gaps: for race_ethnicity by the primary estimator alone and only where it says something; provider
 * groups are not ranked. Ties stay in the order in which they came. */
static void keep_gap(struct rs_gaps *gaps, const struct rs_series *series, const struct rs_estimate *e,
                     const char *dimension) {
    bool says_nothing = (e->flags & (RS_LOW_INFORMATION | RS_NOT_CONVERGED | RS_BOUNDARY)) != 0;
    bool primary = e->dimension == RS_RACE ? e->estimator == RS_BIRDIE : e->estimator == RS_OBSERVED;
    if (series->about->kind != RS_PROPORTION || isnan(e->difference) || isnan(e->difference_interval.lower) || e->missing || says_nothing || !primary ||
        e->dimension == RS_PROVIDER)
        return;
    size_t at = gaps->n;
    while (at > 0 && fabs(gaps->gap[at - 1].estimate.difference) < fabs(e->difference)) at--;
    if (at == RS_MOST_GAPS) return;
    if (gaps->n < RS_MOST_GAPS) gaps->n++;
    memmove(&gaps->gap[at + 1], &gaps->gap[at], (gaps->n - at - 1) * sizeof gaps->gap[0]);
    gaps->gap[at] = (struct rs_gap){series, *e, e->reference->stratum, dimension};
}

void rs_estimates_publish(const struct rs_estimates *all, struct rs_batch *batch, struct rs_gaps *gaps) {
    for (size_t i = 0; i < all->n; i++) {
        const struct rs_estimate *e = &all->e[i];
        const struct rs_small_cell *cell = &all->table.cells[e->cell];
        struct rs_view row[ESTIMATE_COLUMNS] = {{0}};
        struct rs_view key[] = {all->series->measure, all->series->period, rs_cstr(rs_dimension_name(all->strata, e->dimension)),
                                rs_cstr(e->stratum), rs_cstr(rs_estimator_names[e->estimator])};
        row[ESTIMATE_estimate_key] = rs_key_text(&batch->arena, rs_hash_key(key, 5));
        row[ESTIMATE_measure] = key[0];
        row[ESTIMATE_period] = key[1];
        row[ESTIMATE_dimension] = key[2];
        row[ESTIMATE_stratum] = key[3];
        row[ESTIMATE_estimator] = key[4];
        row[ESTIMATE_suppressed] = cell->suppressed ? RS_LIT("Y") : RS_LIT("N");
        if (cell->suppressed)
            row[ESTIMATE_suppression_reason] = cell->below_floor    ? RS_LIT("below_floor")
                                               : cell->primary      ? RS_LIT("primary")
                                               : cell->differencing ? RS_LIT("differencing")
                                                                    : RS_LIT("complementary");
        else emit_numbers(&batch->arena, e, row);
        rs_batch_emit(batch, 0, &rs_layout_estimate, row);
        gaps->rows++;
        gaps->primary += cell->suppressed && cell->primary;
        gaps->differencing += cell->suppressed && cell->differencing && !cell->primary;
        gaps->complementary += cell->suppressed && !cell->primary && !cell->below_floor && !cell->differencing;
        if (!cell->suppressed) keep_gap(gaps, all->series, e, rs_dimension_name(all->strata, e->dimension));
    }
}

json_t *rs_gaps_json(const struct rs_gaps *gaps) {
    json_t *list = json_array();
    for (size_t i = 0; i < gaps->n; i++) {
        const struct rs_gap *g = &gaps->gap[i];
        const struct rs_estimate *e = &g->estimate;
        json_t *one = json_pack("{s:s%, s:s%, s:s, s:s, s:s, s:s, s:f, s:f, s:f}", "measure", g->series->measure.p,
                                g->series->measure.n, "period", g->series->period.p, g->series->period.n, "dimension",
                                g->dimension, "group", e->stratum, "reference", g->reference,
                                "estimator", rs_estimator_names[e->estimator], "difference", e->difference, "lower",
                                e->difference_interval.lower, "upper", e->difference_interval.upper);
        if (one) json_array_append_new(list, one);
    }
    return list;
}
