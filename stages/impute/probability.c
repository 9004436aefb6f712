/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Probabilities next to nothing: one in many, and kept out of the way of the others. */
#include "probability.h"

static const double powers[] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,  1e8,  1e9,  1e10, 1e11,
                                1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};
enum { DIGITS = 7, SMALLEST = 16 }; /* 10^(SMALLEST + DIGITS - 1) is the last power that a double holds exactly */

size_t rs_format_small_probability(char *out, double v) {
    int exponent = 7;
    while (exponent <= SMALLEST && v * powers[exponent] < 1) exponent++;
    if (exponent > SMALLEST || !(v > 0)) return rs_format_real(out, v);
    uint64_t digits = (uint64_t)(v * powers[exponent + DIGITS - 1] + 0.5);
    if (digits >= 10000000) { /* rounded up to one digit more */
        digits /= 10;
        exponent--;
    }
    uint64_t eight = rs_eight_digits((uint32_t)digits * 10);
    char text[8];
    rs_put_eight(text, eight);
    size_t n = 8 - rs_zeros_at_end(eight), at = 1;
    out[0] = text[0];
    if (n > 1) {
        out[1] = '.';
        memcpy(out + 2, text + 1, 7);
        at = n + 1;
    }
    out[at++] = 'e';
    out[at++] = '-';
    out[at++] = (char)('0' + exponent / 10);
    out[at++] = (char)('0' + exponent % 10);
    return at;
}
