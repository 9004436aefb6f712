/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Digits eight at a time, by multiplications within one word. */
#include "probability.h"
#include <stdint.h>
#include <string.h>
#include "pipeline/base/text.h"

static const double powers[] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,  1e8,  1e9,  1e10, 1e11,
                                1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};

/* The eight digits of n < 10^8, the first in the lowest byte: halves, then halves of these, side by side. Quotients by
 * 100 and by 10 are products with 10486/2^20 and 103/2^10, exact for these sizes. */
static inline uint64_t eight_digits(uint32_t n) {
    uint64_t high = n / 10000, low = n % 10000, four = high | low << 32;
    uint64_t hundreds = ((four * 10486u) >> 20) & 0x0000007f0000007fu;
    uint64_t two = hundreds | (four - hundreds * 100) << 16;
    uint64_t tens = ((two * 103u) >> 10) & 0x000f000f000f000fu;
    return (tens | (two - tens * 10) << 8) + 0x3030303030303030u;
}

/* How often 0 stands at the end of eight digits. */
static inline size_t zeros_at_end(uint64_t eight) {
    uint64_t other = eight ^ 0x3030303030303030u;
    return other ? (size_t)__builtin_clzll(other) / 8 : 8;
}

/* Digits between the point and the first that is not 0; the sum of comparisons has no branches to guess wrong. */
static inline int zeros_in_front(double v) {
    return (v < 1e-1) + (v < 1e-2) + (v < 1e-3) + (v < 1e-4) + (v < 1e-5) + (v < 1e-6);
}

static size_t put_exponent(char *out, const char *digits, size_t n, int zeros) {
    size_t at = 1;
    out[0] = digits[0];
    if (n > 1) {
        out[1] = '.';
        memcpy(out + 2, digits + 1, 14);
        at = n + 1;
    }
    memcpy(out + at, "e-0", 3);
    out[at + 3] = (char)('1' + zeros);
    return at + 4;
}

size_t rs_format_probability(char *out, double v) {
    if (!(v >= 1e-7 && v < 1)) return rs_format_real(out, v);
    int zeros = zeros_in_front(v);
    uint64_t digits = (uint64_t)(v * powers[15 + zeros] + 0.5);
    if (digits >= 1000000000000000u) { /* rounded up to one digit more */
        digits /= 10;
        if (zeros-- == 0) {
            out[0] = '1';
            return 1;
        }
    }
    /* 15 digits behind a 0, in two words. */
    uint64_t first = eight_digits((uint32_t)(digits / 100000000)), second = eight_digits((uint32_t)(digits % 100000000));
    size_t n = 15 - zeros_at_end(second);
    if (n == 7) n -= zeros_at_end(first);
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
    first = __builtin_bswap64(first);
    second = __builtin_bswap64(second);
#endif
    char text[16];
    memcpy(text, &first, 8);
    memcpy(text + 8, &second, 8);
    if (zeros > 4) return put_exponent(out, text + 1, n, zeros);
    char *to = out + 1 + zeros; /* the leading 0 of the digits falls on the point or a 0, and is then overwritten */
    memcpy(to, &first, 8);
    memcpy(to + 8, &second, 8);
    memcpy(out, "0.00000", 2 + (size_t)zeros);
    return 2 + (size_t)zeros + n;
}
