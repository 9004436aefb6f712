/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Why it exists: every statement about gaps leaves by the same door, and is made from shown groups alone. */
#include "statement.h"
#include <math.h>

struct rs_view rs_flags_text(struct rs_arena *arena, unsigned flags, bool shown_only) {
    static const char *const names[] = {"low_information", "sign_disagrees", "not_converged", "boundary",
                                        "not_categorical"};
    struct rs_view text = RS_NULL;
    if (shown_only) text = RS_LIT("shown_groups_only");
    for (int i = 0; i < 5; i++)
        if (flags & 1u << i)
            text = rs_has(text) ? rs_arena_printf(arena, "%.*s,%s", (int)text.n, text.p, names[i]) : rs_cstr(names[i]);
    return text;
}

static struct rs_view or_all(const char *text) { return text ? rs_cstr(text) : RS_LIT("all"); }

void rs_statement_emit(struct rs_batch *batch, const struct rs_series *series, const struct rs_statement *s) {
    struct rs_arena *arena = &batch->arena;
    struct rs_view key[] = {series->measure,       series->period,
                            rs_cstr(s->dimension), rs_cstr(s->estimator),
                            rs_cstr(s->statistic), or_all(s->stratum),
                            or_all(s->provider_group), or_all(s->part)};
    struct rs_view row[DISPARITY_COLUMNS] = {{0}};
    row[DISPARITY_disparity_key] = rs_key_text(arena, rs_hash_key(key, 8));
    for (int i = 0; i < 8; i++) row[DISPARITY_measure + i] = key[i];
    row[DISPARITY_unit] = rs_cstr(s->unit);
    row[DISPARITY_suppressed] = s->withheld ? RS_LIT("Y") : RS_LIT("N");
    if (s->withheld) row[DISPARITY_suppression_reason] = rs_cstr(s->withheld);
    else {
        row[DISPARITY_reference] = rs_cstr(s->reference);
        row[DISPARITY_value] = rs_arena_real(arena, isfinite(s->value) ? s->value : NAN);
        row[DISPARITY_se] = rs_arena_real(arena, isfinite(s->se) ? s->se : NAN);
        row[DISPARITY_lower] = rs_arena_real(arena, isfinite(s->interval.lower) ? s->interval.lower : NAN);
        row[DISPARITY_upper] = rs_arena_real(arena, isfinite(s->interval.upper) ? s->interval.upper : NAN);
        row[DISPARITY_method] = rs_cstr(s->method);
        row[DISPARITY_n] = rs_arena_real(arena, s->n);
        if (s->groups) row[DISPARITY_groups] = rs_arena_long(arena, (int64_t)s->groups);
        row[DISPARITY_flags] = rs_flags_text(arena, s->flags, s->shown_only);
    }
    rs_batch_emit(batch, RS_SINK_DISPARITY, &rs_layout_disparity, row);
}

static bool is_of(const struct rs_estimate *e, enum rs_dimension d, enum rs_estimator k) {
    return e->dimension == d && e->estimator == k && !e->missing;
}

static void fill(const struct rs_estimates *all, struct rs_shown *s, struct rs_arena *arena) {
    s->rate = rs_arena_alloc(arena, (s->n + 1) * 4 * sizeof *s->rate);
    s->se = s->rate + s->n;
    s->share = s->se + s->n;
    s->count = s->share + s->n;
    /* provider groups and counties are counted, and too many for a matrix of them that is all but empty */
    bool together = s->estimator != RS_OBSERVED && s->estimator != RS_SELF_REPORT;
    if (together) s->v = rs_arena_alloc(arena, (s->n * s->n + 1) * sizeof *s->v);
    for (size_t i = 0; i < s->n; i++) {
        s->rate[i] = s->e[i]->rate;
        s->se[i] = s->e[i]->se;
        s->count[i] = s->e[i]->n;
        s->persons += s->e[i]->n;
        s->flags |= s->e[i]->flags;
        for (size_t j = 0; s->v && j < s->n; j++)
            s->v[i * s->n + j] = i == j ? s->se[i] * s->se[i] : rs_estimates_covariance(all, s->e[i], s->e[j]);
    }
    for (size_t i = 0; i < s->n; i++) s->share[i] = s->count[i] / s->persons;
}

bool rs_shown_groups(const struct rs_estimates *all, enum rs_dimension d, enum rs_estimator k, struct rs_arena *arena,
                     struct rs_shown *out) {
    size_t groups = 0;
    if (!rs_dimension_used(all->strata, d)) return false;
    *out = (struct rs_shown){.dimension = d, .dimension_name = rs_dimension_name(all->strata, d), .estimator = k};
    for (size_t i = 0; i < all->n; i++) groups += is_of(&all->e[i], d, k);
    if (!groups) return false;
    out->e = rs_arena_alloc(arena, groups * sizeof(const struct rs_estimate *));
    for (size_t i = 0; i < all->n; i++) {
        const struct rs_estimate *e = &all->e[i];
        if (!is_of(e, d, k)) continue;
        if (all->table.cells[e->cell].suppressed) out->some_withheld = true;
        else if (isfinite(e->rate)) out->e[out->n++] = e;
    }
    out->reference = out->n;
    for (size_t i = 0; i < out->n; i++)
        if (out->e[i]->reference == out->e[i]) out->reference = i;
    fill(all, out, arena);
    return true;
}
