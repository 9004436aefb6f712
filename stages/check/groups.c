/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Why it exists: a plan may have thousands of provider groups, and a row names one each time. */
#include "groups.h"
#include "pipeline/base/hash.h"
#include <stdlib.h>

static size_t *slot_of(struct rs_groups *g, struct rs_view name) {
    size_t i = (size_t)rs_fnv(RS_FNV_BEGIN, name.p, name.n) & (g->n_slots - 1);
    while (g->slots[i] && !rs_eq_c(name, g->names[g->slots[i] - 1])) i = (i + 1) & (g->n_slots - 1);
    return &g->slots[i];
}

static void grow(struct rs_groups *g) {
    g->n_slots = g->n_slots ? 2 * g->n_slots : 128;
    free(g->slots);
    g->slots = rs_alloc(g->n_slots * sizeof *g->slots);
    for (size_t i = 0; i < g->n; i++) *slot_of(g, rs_cstr(g->names[i])) = i + 1;
}

size_t rs_groups_at(struct rs_groups *g, struct rs_view name) {
    if (2 * (g->n + 1) > g->n_slots) grow(g);
    size_t *slot = slot_of(g, name);
    if (*slot) return *slot - 1;
    if (g->n == g->room) {
        g->room = g->room ? 2 * g->room : 64;
        g->names = rs_realloc(g->names, g->room * sizeof *g->names);
    }
    g->names[g->n] = rs_alloc(name.n + 1);
    memcpy(g->names[g->n], name.p, name.n);
    *slot = ++g->n;
    return g->n - 1;
}

void rs_groups_take(struct rs_groups *g, char ***names, size_t *n) {
    *names = g->names;
    *n = g->n;
    g->names = NULL;
    g->n = g->room = 0;
    rs_groups_free(g);
}

void rs_groups_free(struct rs_groups *g) {
    for (size_t i = 0; i < g->n; i++) free(g->names[i]);
    free(g->names);
    free(g->slots);
    *g = (struct rs_groups){0};
}
