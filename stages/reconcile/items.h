/* SPDX-License-Identifier: GPL-3.0-or-later */
/* How rows travel through the spill: a small binary coding, and items that leave a batch for a spill in block order.
 *
 * Spilled bytes never leave the process: host byte order, no versions. Null and empty text are kept apart. */
#ifndef RS_RECONCILE_ITEMS_H
#define RS_RECONCILE_ITEMS_H
#include "pipeline/base/hash.h"
#include "pipeline/base/text.h"
#include "pipeline/rows/group.h"

enum { RS_RC_NULL_TEXT = 0xffff, RS_RC_LONGEST_TEXT = 0xfffe };

static inline void rs_rc_put(struct rs_buffer *b, const void *p, size_t n) {
    memcpy(rs_buffer_reserve(b, n), p, n);
    b->n += n;
}
static inline void rs_rc_put_u8(struct rs_buffer *b, unsigned v) { rs_buffer_byte(b, (char)(unsigned char)v); }
static inline void rs_rc_put_u16(struct rs_buffer *b, unsigned v) {
    uint16_t x = (uint16_t)v;
    rs_rc_put(b, &x, sizeof x);
}
static inline void rs_rc_put_u32(struct rs_buffer *b, uint32_t v) { rs_rc_put(b, &v, sizeof v); }
static inline void rs_rc_put_u64(struct rs_buffer *b, uint64_t v) { rs_rc_put(b, &v, sizeof v); }
static inline void rs_rc_put_key(struct rs_buffer *b, struct rs_key k) { rs_rc_put(b, k.b, sizeof k.b); }
/* Text longer than 65534 bytes is cut: no column of the layouts read here is a free text. */
static inline void rs_rc_put_text(struct rs_buffer *b, struct rs_view v) {
    size_t n = v.n < RS_RC_LONGEST_TEXT ? v.n : RS_RC_LONGEST_TEXT;
    rs_rc_put_u16(b, v.p ? (unsigned)n : RS_RC_NULL_TEXT);
    if (n) rs_rc_put(b, v.p, n);
}

/* Reads what the functions above wrote; text is borrowed from the bytes. */
struct rs_rc_reader {
    const char *p, *end;
};
static inline struct rs_rc_reader rs_rc_reader(struct rs_view v) { return (struct rs_rc_reader){v.p, v.p + v.n}; }
static inline void rs_rc_get(struct rs_rc_reader *r, void *out, size_t n) {
    memcpy(out, r->p, n);
    r->p += n;
}
static inline uint8_t rs_rc_get_u8(struct rs_rc_reader *r) { return (uint8_t)*r->p++; }
static inline uint16_t rs_rc_get_u16(struct rs_rc_reader *r) {
    uint16_t v;
    rs_rc_get(r, &v, sizeof v);
    return v;
}
static inline uint32_t rs_rc_get_u32(struct rs_rc_reader *r) {
    uint32_t v;
    rs_rc_get(r, &v, sizeof v);
    return v;
}
static inline uint64_t rs_rc_get_u64(struct rs_rc_reader *r) {
    uint64_t v;
    rs_rc_get(r, &v, sizeof v);
    return v;
}
static inline struct rs_key rs_rc_get_key(struct rs_rc_reader *r) {
    struct rs_key k;
    rs_rc_get(r, k.b, sizeof k.b);
    return k;
}
static inline struct rs_view rs_rc_get_text(struct rs_rc_reader *r) {
    unsigned n = rs_rc_get_u16(r);
    if (n == RS_RC_NULL_TEXT) return RS_NULL;
    struct rs_view v = {r->p, n};
    r->p += n;
    return v;
}

/* An item on its way to spill number `slot`, kept in a batch's scratch until the batch's turn comes. Between begin and
 * end the caller appends the item's bytes to `b`. */
size_t rs_rc_item_begin(struct rs_buffer *b, unsigned slot, struct rs_key key, unsigned tag);
void rs_rc_item_end(struct rs_buffer *b, size_t begun);
/* Hands all items of `b` to spills[slot]. */
bool rs_rc_items_drain(const struct rs_buffer *b, struct rs_spill *const *spills, struct rs_error *error);

#endif
