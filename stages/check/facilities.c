/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Why it exists: a facility is a word in the data, and persons are counted under it by many threads. */
#include "facilities.h"
#include "pipeline/base/hash.h"
#include <stdlib.h>
#include <string.h>

static uint64_t hash_of(struct rs_view source, struct rs_view name) {
    uint64_t h = rs_fnv(rs_fnv(rs_fnv(RS_FNV_BEGIN, source.p, source.n), "\x1f", 1), name.p, name.n);
    return h ? h : 1;
}

static size_t *slot_of(const struct rs_facilities *f, uint64_t hash) {
    size_t i = (size_t)hash & (f->n_slots - 1);
    while (f->slots[i] && f->e[f->slots[i] - 1].hash != hash) i = (i + 1) & (f->n_slots - 1);
    return &f->slots[i];
}

static void fill_slots(struct rs_facilities *f, size_t n_slots) {
    free(f->slots);
    f->n_slots = n_slots;
    f->slots = rs_alloc(n_slots * sizeof *f->slots);
    for (size_t i = 0; i < f->n; i++) *slot_of(f, f->e[i].hash) = i + 1;
}

/* Makes room for one more; the slot where the hash is or belongs. */
static size_t *place_for(struct rs_facilities *f, uint64_t hash) {
    if (2 * (f->n + 1) > f->n_slots) fill_slots(f, f->n_slots ? 2 * f->n_slots : 128);
    if (f->n == f->room) {
        f->room = f->room ? 2 * f->room : 64;
        f->e = rs_realloc(f->e, f->room * sizeof *f->e);
    }
    return slot_of(f, hash);
}

uint64_t rs_facility_seen(struct rs_facilities *f, struct rs_view source, struct rs_view name) {
    if (!rs_has(name)) return 0;
    uint64_t hash = hash_of(source, name);
    size_t *slot = place_for(f, hash);
    if (*slot) return hash;
    char *text = rs_alloc(source.n + name.n + 3); /* zeroed */
    if (source.n) memcpy(text, source.p, source.n);
    memcpy(text + source.n, ": ", 2);
    memcpy(text + source.n + 2, name.p, name.n);
    f->e[f->n++] = (struct rs_facility){hash, text};
    *slot = f->n;
    return hash;
}

bool rs_facilities_join(struct rs_facilities *into, struct rs_facilities *from, struct rs_error *error) {
    bool good = true;
    for (size_t i = 0; i < from->n; i++) {
        size_t *slot = place_for(into, from->e[i].hash);
        if (!*slot) {
            into->e[into->n++] = from->e[i];
            *slot = into->n;
            continue;
        }
        if (good && strcmp(into->e[*slot - 1].name, from->e[i].name) != 0)
            good = rs_fail(error, RS_DATA, "check: two facilities cannot be told apart by their hash; rename one of them");
        free(from->e[i].name);
    }
    from->n = 0;
    rs_facilities_free(from);
    return good;
}

static int by_name(const void *a, const void *b) {
    return strcmp(((const struct rs_facility *)a)->name, ((const struct rs_facility *)b)->name);
}

void rs_facilities_sort(struct rs_facilities *f) {
    if (!f->n) return;
    qsort(f->e, f->n, sizeof *f->e, by_name);
    fill_slots(f, f->n_slots);
}

size_t rs_facility_number(const struct rs_facilities *f, uint64_t hash) { return *slot_of(f, hash) - 1; }

void rs_facilities_free(struct rs_facilities *f) {
    for (size_t i = 0; i < f->n; i++) free(f->e[i].name);
    free(f->e);
    free(f->slots);
    *f = (struct rs_facilities){0};
}
