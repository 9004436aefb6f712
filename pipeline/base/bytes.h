/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Eight bytes at a time, in plain C (Warren, "Hacker's Delight", 2nd ed., section 6-1; Anderson, "Bit Twiddling
 * Hacks"). */
#ifndef RS_BASE_BYTES_H
#define RS_BASE_BYTES_H
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#define RS_EACH_BYTE 0x0101010101010101u

/* The first byte in memory is the lowest, whatever the machine's order. */
static inline uint64_t rs_word(const char *p) {
    uint64_t word;
    memcpy(&word, p, 8);
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
    word = __builtin_bswap64(word);
#endif
    return word;
}

/* 0x80 in each byte that equals c, 0 in the others: exact, also behind a hit. */
static inline uint64_t rs_bytes_equal(uint64_t word, unsigned char c) {
    uint64_t x = word ^ RS_EACH_BYTE * c;
    return ~(((x & 0x7f7f7f7f7f7f7f7fu) + 0x7f7f7f7f7f7f7f7fu) | x | 0x7f7f7f7f7f7f7f7fu);
}

/* How many bytes are marked with 0x80 as rs_bytes_equal does: without a population count, which plain x86-64 lacks. */
static inline uint64_t rs_marks(uint64_t marks) { return (marks >> 7) * RS_EACH_BYTE >> 56; }

/* Whether any byte is below n (n <= 128). */
static inline bool rs_any_below(uint64_t word, unsigned char n) {
    return ((word - RS_EACH_BYTE * n) & ~word & 0x8080808080808080u) != 0;
}

#endif
