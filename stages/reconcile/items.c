/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Items between batches and spills: a spill takes items from one thread, so workers leave them in their batch. */
#include "items.h"

struct head {
    uint32_t n;
    uint8_t slot, tag, pad[2];
    struct rs_key key;
};

size_t rs_rc_item_begin(struct rs_buffer *b, unsigned slot, struct rs_key key, unsigned tag) {
    size_t begun = b->n;
    struct head head = {.slot = (uint8_t)slot, .tag = (uint8_t)tag, .key = key};
    rs_rc_put(b, &head, sizeof head);
    return begun;
}

void rs_rc_item_end(struct rs_buffer *b, size_t begun) {
    uint32_t n = (uint32_t)(b->n - begun - sizeof(struct head));
    memcpy(b->p + begun, &n, sizeof n);
}

bool rs_rc_items_drain(const struct rs_buffer *b, struct rs_spill *const *spills, struct rs_error *error) {
    for (size_t at = 0; at < b->n;) {
        struct head head;
        memcpy(&head, b->p + at, sizeof head);
        at += sizeof head;
        if (!rs_spill_add(spills[head.slot], head.key, head.tag, b->p + at, head.n, error)) return false;
        at += head.n;
    }
    return true;
}
