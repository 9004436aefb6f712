/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Eight bytes at a time, in plain C (Warren, "Hacker's Delight", 2nd ed., section 6-1; Anderson, "Bit Twiddling
 * Hacks"). */
#ifndef RS_BASE_BYTES_H
#define RS_BASE_BYTES_H
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#ifdef __SSE2__
#include <emmintrin.h>
#endif

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

/* Where in 64 bytes stand the bytes that part rows and fields: bit i is byte p[i]. */
enum { RS_ABREAST = 64 };
struct rs_abreast {
    uint64_t tabs, newlines, backslashes;
};
static inline struct rs_abreast rs_abreast(const char *p) {
    struct rs_abreast at = {0, 0, 0};
#ifdef __SSE2__ /* part of x86-64 */
    const __m128i tab = _mm_set1_epi8('\t'), newline = _mm_set1_epi8('\n'), backslash = _mm_set1_epi8('\\');
    for (int i = 0; i < 4; i++) {
        __m128i v = _mm_loadu_si128((const __m128i *)(const void *)(p + 16 * i));
        at.tabs |= (uint64_t)(uint32_t)_mm_movemask_epi8(_mm_cmpeq_epi8(v, tab)) << 16 * i;
        at.newlines |= (uint64_t)(uint32_t)_mm_movemask_epi8(_mm_cmpeq_epi8(v, newline)) << 16 * i;
        at.backslashes |= (uint64_t)(uint32_t)_mm_movemask_epi8(_mm_cmpeq_epi8(v, backslash)) << 16 * i;
    }
#else
    for (int i = 0; i < 8; i++) { /* the multiplication gathers the marks of eight bytes in the highest byte */
        uint64_t word = rs_word(p + 8 * i), gather = 0x0102040810204080u;
        at.tabs |= ((rs_bytes_equal(word, '\t') >> 7) * gather >> 56) << 8 * i;
        at.newlines |= ((rs_bytes_equal(word, '\n') >> 7) * gather >> 56) << 8 * i;
        at.backslashes |= ((rs_bytes_equal(word, '\\') >> 7) * gather >> 56) << 8 * i;
    }
#endif
    return at;
}

/* Whether any byte is below n (n <= 128). */
static inline bool rs_any_below(uint64_t word, unsigned char n) {
    return ((word - RS_EACH_BYTE * n) & ~word & 0x8080808080808080u) != 0;
}

#endif
