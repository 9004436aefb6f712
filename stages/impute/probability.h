/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Probabilities as text, 15 significant digits: what most of the time of writing rows goes into, so faster here than for
 * numbers in general, and with the same digits from 1e-5 on. */
#ifndef RS_IMPUTE_PROBABILITY_H
#define RS_IMPUTE_PROBABILITY_H
#include <stddef.h>

/* v in [0, 1 + 1e-9). Fixed point from 1e-5 on (0.123), else an exponent (1.23e-06). At most 24 bytes; `out` has room
 * for 32. Returns the length. */
size_t rs_format_probability(char *out, double v);

#endif
