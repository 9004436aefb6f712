/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One BGZF block at a time. Level 1: the files are checkpoints, and deflate is the slowest step of writing them. */
#include "bgzf.h"
#include <zlib.h>

static void put16(unsigned char *p, unsigned v) {
    p[0] = (unsigned char)v;
    p[1] = (unsigned char)(v >> 8);
}

static void put32(unsigned char *p, unsigned long v) {
    put16(p, (unsigned)(v & 0xffff));
    put16(p + 2, (unsigned)(v >> 16 & 0xffff));
}

bool rs_bgzf_block(struct rs_buffer *to, const void *p, size_t n, struct rs_error *error) {
    enum { HEAD = 18, TAIL = 8, ROOM = 0x10000 };
    unsigned char *out = (unsigned char *)rs_buffer_reserve(to, ROOM);
    static const unsigned char head[HEAD] = {0x1f, 0x8b, 8, 4, 0, 0, 0, 0, 0, 0xff, 6, 0, 'B', 'C', 2, 0, 0, 0};
    memcpy(out, head, HEAD);
    z_stream z = {0};
    if (deflateInit2(&z, 1, Z_DEFLATED, -15, 8, Z_DEFAULT_STRATEGY) != Z_OK)
        return rs_fail(error, RS_BUG, "zlib cannot start");
    z.next_in = (unsigned char *)p;
    z.avail_in = (unsigned)n;
    z.next_out = out + HEAD;
    z.avail_out = ROOM - HEAD - TAIL;
    int status = deflate(&z, Z_FINISH);
    size_t size = ROOM - TAIL - z.avail_out;
    deflateEnd(&z);
    if (status != Z_STREAM_END) return rs_fail(error, RS_BUG, "a BGZF block did not fit");
    put32(out + size, crc32(crc32(0, NULL, 0), p, (unsigned)n));
    put32(out + size + 4, n);
    size += TAIL;
    put16(out + 16, (unsigned)(size - 1));
    to->n += size;
    return true;
}

void rs_bgzf_end(struct rs_buffer *to) {
    static const unsigned char end[28] = {0x1f, 0x8b, 8,    4, 0, 0, 0, 0, 0, 0xff, 6, 0, 'B', 'C',
                                          2,    0,    0x1b, 0, 3, 0, 0, 0, 0, 0,    0, 0, 0,   0};
    rs_buffer_add(to, end, sizeof end);
}
