/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A direct-mapped table: a meaning met again costs one hash and one comparison. */
#include "cache.h"

#include <stdlib.h>

enum { CACHE_SLOTS = 1 << 14, CACHE_MOST = 1 << 17 };

struct rs_map_slot {
    uint64_t hash;
    struct rs_question q; /* q.raw null: empty */
    struct rs_meaning m;
};

static uint64_t mix(uint64_t h, struct rs_view v) {
    uint64_t word;
    size_t i = 0;
    for (; i + 8 <= v.n; i += 8) {
        memcpy(&word, v.p + i, 8);
        h = (h ^ word) * 0x9fb21c651e98df25u;
        h ^= h >> 32;
    }
    word = v.n;
    for (; i < v.n; i++) {
        word = word << 8 | (unsigned char)v.p[i];
    }
    h = (h ^ word) * 0x9fb21c651e98df25u;
    return h ^ (h >> 29);
}

static bool same_question(const struct rs_question *a, const struct rs_question *b) {
    return rs_eq(a->raw, b->raw) && rs_eq(a->element, b->element) && rs_eq(a->system, b->system) &&
           rs_eq(a->representation, b->representation) && rs_eq(a->source, b->source);
}

static struct rs_view keep(struct rs_map_cache *c, struct rs_view v) { return rs_arena_view(&c->arena, v); }

const struct rs_meaning *rs_map_cached(const struct rs_map *map, struct rs_map_cache *c,
                                       const struct rs_question *q) {
    if (c->slots == NULL) {
        c->slots = rs_alloc(CACHE_SLOTS * sizeof *c->slots);
    }
    uint64_t h = mix(mix(mix(mix(mix(0, q->raw), q->element), q->system), q->representation), q->source);
    struct rs_map_slot *s = &c->slots[h & (CACHE_SLOTS - 1)];
    if (s->hash == h && !rs_is_null(s->q.raw) && same_question(&s->q, q)) {
        return &s->m;
    }
    if (++c->kept > CACHE_MOST) {
        memset(c->slots, 0, CACHE_SLOTS * sizeof *c->slots);
        rs_arena_reset(&c->arena);
        c->kept = 1;
    }
    s->hash = h;
    s->q = (struct rs_question){keep(c, q->source), keep(c, q->element), keep(c, q->representation),
                                keep(c, q->system), keep(c, q->raw)};
    s->m = rs_map_value(map, &c->arena, &s->q);
    return &s->m;
}

void rs_map_cache_free(struct rs_map_cache *c) {
    free(c->slots);
    rs_arena_free(&c->arena);
    *c = (struct rs_map_cache){.slots = NULL};
}
