/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Why it exists: who withholds numbers has to be able to say why, and that it was enough. */
#include <math.h>
#include "estimate.h"

static struct rs_view rule_of(const struct rs_small_cell *c, double minimum) {
    if (c->below_floor) return RS_LIT("below_floor");
    if (c->primary && rs_small_count(c->n, minimum)) return RS_LIT("small_denominator");
    if (c->primary && rs_small_count(c->x, minimum)) return RS_LIT("small_numerator");
    if (c->primary && rs_small_count(c->n - c->x, minimum)) return RS_LIT("small_remainder");
    if (c->primary) return RS_LIT("small_information");
    if (c->differencing) return RS_LIT("differencing");
    return c->by_bounds ? RS_LIT("bounds") : RS_LIT("complementary");
}

static const struct rs_estimate *row_of(const struct rs_estimates *all, uint32_t cell) {
    for (size_t i = 0; cell != RS_NO_CELL && i < all->n; i++)
        if (all->e[i].cell == cell) return &all->e[i];
    return NULL;
}

void rs_suppression_publish(const struct rs_estimates *all, double minimum_cell, struct rs_batch *batch, int sink) {
    for (size_t i = 0; i < all->n; i++) {
        const struct rs_estimate *e = &all->e[i];
        const struct rs_small_cell *c = &all->table.cells[e->cell];
        if (!c->suppressed) continue;
        const struct rs_estimate *other = c->primary || c->below_floor ? NULL : row_of(all, c->protects);
        struct rs_view key[] = {all->series->measure, all->series->period,
                                rs_cstr(rs_dimension_name(all->strata, e->dimension)), rs_cstr(e->stratum),
                                rs_cstr(rs_estimator_names[e->estimator])};
        struct rs_view row[SUPPRESSION_COLUMNS] = {
            [SUPPRESSION_estimate_key] = rs_key_text(&batch->arena, rs_hash_key(key, 5)),
            [SUPPRESSION_measure] = key[0],
            [SUPPRESSION_period] = key[1],
            [SUPPRESSION_dimension] = key[2],
            [SUPPRESSION_stratum] = key[3],
            [SUPPRESSION_estimator] = key[4],
            [SUPPRESSION_rule] = rule_of(c, minimum_cell),
            [SUPPRESSION_protects_dimension] =
                other ? rs_cstr(rs_dimension_name(all->strata, other->dimension)) : RS_NULL,
            [SUPPRESSION_protects_stratum] = other ? rs_cstr(other->stratum) : RS_NULL,
            [SUPPRESSION_least] = c->below_floor ? RS_NULL : rs_arena_real(&batch->arena, c->least),
            [SUPPRESSION_most] =
                c->below_floor || isinf(c->most) ? RS_NULL : rs_arena_real(&batch->arena, c->most),
            [SUPPRESSION_minimum] =
                rs_arena_real(&batch->arena, c->below_floor ? all->series->about->floor : minimum_cell)};
        rs_batch_emit(batch, sink, &rs_layout_suppression, row);
    }
}
