/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Probabilities as text. Rows of them are mostly digits: what their digits cost, to make, to hash, to write and to read
 * again, is what the rows cost. Hence no more of them than mean anything, made eight at a time within one word, and in the
 * header, so that callers need no call for each. */
#ifndef RS_IMPUTE_PROBABILITY_H
#define RS_IMPUTE_PROBABILITY_H
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#ifdef __SSE2__
#include <emmintrin.h>
#endif
#include "pipeline/base/text.h"

enum {
    RS_PROBABILITY_ROOM = 32, /* bytes that may be written, of which the text takes RS_PROBABILITY_TEXT at most */
    RS_PROBABILITY_TEXT = 24
};

/* The eight digits of n < 10^8, the first in the lowest byte: halves, then halves of these, side by side. Quotients by
 * 100 and by 10 are products with 10486/2^20 and 103/2^10, exact for these sizes. */
static inline uint64_t rs_eight_digits(uint32_t n) {
    uint64_t high = n / 10000, low = n % 10000, four = high | low << 32;
    uint64_t hundreds = ((four * 10486u) >> 20) & 0x0000007f0000007fu;
    uint64_t two = hundreds | (four - hundreds * 100) << 16;
    uint64_t tens = ((two * 103u) >> 10) & 0x000f000f000f000fu;
    return (tens | (two - tens * 10) << 8) + 0x3030303030303030u;
}

/* How often 0 stands at the end of eight digits. */
static inline size_t rs_zeros_at_end(uint64_t eight) {
    uint64_t other = eight ^ 0x3030303030303030u;
    return other ? (size_t)__builtin_clzll(other) / 8 : 8;
}

static inline void rs_put_eight(char *out, uint64_t eight) {
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
    eight = __builtin_bswap64(eight);
#endif
    memcpy(out, &eight, 8);
}

/* The eight digits of `first` and the eight of `last` behind them (both < 10^8); how many of the sixteen are left when zeros
 * at the end go. */
static inline size_t rs_put_sixteen(char *out, uint32_t first, uint32_t last) {
#ifdef __SSE2__ /* as rs_eight_digits, for both at once; quotients are the upper halves of products */
    __m128i n = _mm_set_epi64x(last, first);
    __m128i high = _mm_srli_epi64(_mm_mul_epu32(n, _mm_set1_epi64x(0xd1b71759)), 45);
    __m128i low = _mm_sub_epi32(n, _mm_mul_epu32(high, _mm_set1_epi64x(10000)));
    __m128i four = _mm_or_si128(high, _mm_slli_epi64(low, 32));
    __m128i hundreds = _mm_srli_epi16(_mm_mulhi_epu16(four, _mm_set1_epi16(5243)), 3);
    __m128i rest = _mm_sub_epi16(four, _mm_mullo_epi16(hundreds, _mm_set1_epi16(100)));
    __m128i two = _mm_or_si128(hundreds, _mm_slli_epi32(rest, 16));
    __m128i tens = _mm_mulhi_epu16(two, _mm_set1_epi16(6554));
    rest = _mm_sub_epi16(two, _mm_mullo_epi16(tens, _mm_set1_epi16(10)));
    __m128i digits = _mm_or_si128(tens, _mm_slli_epi16(rest, 8));
    unsigned zeros = (unsigned)_mm_movemask_epi8(_mm_cmpeq_epi8(digits, _mm_setzero_si128())), other = zeros ^ 0xffff;
    _mm_storeu_si128((__m128i *)(void *)out, _mm_add_epi8(digits, _mm_set1_epi8('0')));
    return other ? 32 - (size_t)__builtin_clz(other) : 0;
#else
    uint64_t a = rs_eight_digits(first), b = rs_eight_digits(last);
    rs_put_eight(out, a);
    rs_put_eight(out + 8, b);
    size_t zeros = rs_zeros_at_end(b);
    return zeros < 8 ? 16 - zeros : 8 - rs_zeros_at_end(a);
#endif
}

/* Below 1e-6: seven digits and an exponent. */
size_t rs_format_small_probability(char *out, double v);

/* v in [0, 1 + 1e-9): 13 decimals without zeros at the end (0.25, 1, 0.0000899007651), so that six of them sum to 1 within
 * 3e-13; below 1e-6, where these would leave fewer than seven digits, seven and an exponent (2.20568e-07), so that what is
 * possible is never written as 0. `out` has RS_PROBABILITY_ROOM bytes. Returns the length. */
static inline size_t rs_format_probability(char *out, double v) {
    if (!(v >= 1e-6)) return rs_format_small_probability(out, v);
    uint64_t digits = (uint64_t)(v * 1e13 + 0.5);
    if (digits >= 10000000000000u) {
        out[0] = '1';
        return 1;
    }
    memcpy(out, "0.", 2);
    return 2 + rs_put_sixteen(out + 2, (uint32_t)(digits / 100000), (uint32_t)(digits % 100000) * 1000);
}

#endif
