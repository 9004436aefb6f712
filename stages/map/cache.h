/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Meanings met before. What a value means depends on source, element, representation, system and the value alone, and
 * real files repeat few values many times. One cache a thread. Zero-initialise; free with rs_map_cache_free. */
#ifndef RS_MAP_CACHE_H
#define RS_MAP_CACHE_H
#include "map.h"

struct rs_map_slot;
struct rs_map_cache {
    struct rs_map_slot *slots;
    struct rs_arena arena; /* of all slots */
    size_t kept;           /* since the arena was last reset: free text must not fill the memory */
};
/* Holds until the next call. */
const struct rs_meaning *rs_map_cached(const struct rs_map *map, struct rs_map_cache *cache,
                                       const struct rs_question *q);
void rs_map_cache_free(struct rs_map_cache *cache);

#endif
