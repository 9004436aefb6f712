/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Probabilities as text. Rows of them are mostly digits: what their digits cost, to make, to hash, to write and to read
 * again, is what the rows cost. Hence no more of them than mean anything, made eight at a time within one word, and in the
 * header, so that callers need no call for each. */
#ifndef RS_IMPUTE_PROBABILITY_H
#define RS_IMPUTE_PROBABILITY_H
#include <stddef.h>
#include <stdint.h>
#include <string.h>
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
    uint64_t first = rs_eight_digits((uint32_t)(digits / 100000)),
             last = rs_eight_digits((uint32_t)(digits % 100000) * 1000);
    size_t n = 18 - rs_zeros_at_end(last);
    if (n == 10) n -= rs_zeros_at_end(first);
    memcpy(out, "0.", 2);
    rs_put_eight(out + 2, first);
    rs_put_eight(out + 10, last);
    return n;
}

#endif
