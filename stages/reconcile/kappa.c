/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Kappa with either standard error. */
#include "kappa.h"
#include <math.h>
#include "pipeline/base/interval.h"

struct square {
    const double *n;
    size_t k, open;
    double total; /* without who is in the open category on both sides */
};

static double cell(const struct square *s, size_t i, size_t j) {
    return i == s->open && j == s->open ? 0 : s->n[i * s->k + j];
}

/* Of row or column `at`, as far as chance can make it agree: 0 of the open one. */
static double row_share(const struct square *s, size_t at) {
    double sum = 0;
    for (size_t j = 0; j < s->k && at != s->open; j++) sum += cell(s, at, j);
    return sum / s->total;
}

static double column_share(const struct square *s, size_t at) {
    double sum = 0;
    for (size_t i = 0; i < s->k && at != s->open; i++) sum += cell(s, i, at);
    return sum / s->total;
}

/* A + B - C of the header. */
static double of_cells(const struct square *s, double kappa, double by_chance) {
    double a = 0, b = 0, c = kappa - by_chance * (1 - kappa);
    for (size_t i = 0; i < s->k; i++) {
        double column = column_share(s, i);
        for (size_t j = 0; j < s->k; j++) {
            double both = column + row_share(s, j), p = cell(s, i, j) / s->total;
            if (i == j) a += p * (1 - both * (1 - kappa)) * (1 - both * (1 - kappa));
            else b += p * both * both;
        }
    }
    return a + (1 - kappa) * (1 - kappa) * b - c * c;
}

struct rs_kappa rs_kappa(const double *n, size_t k, size_t open, bool cells) {
    struct square s = {n, k, open, 0};
    double same = 0, by_chance = 0;
    for (size_t i = 0; i < k; i++)
        for (size_t j = 0; j < k; j++) s.total += cell(&s, i, j);
    for (size_t i = 0; i < k && s.total > 0; i++) {
        same += cell(&s, i, i) / s.total;
        by_chance += row_share(&s, i) * column_share(&s, i);
    }
    double room = 1 - by_chance;
    if (!(s.total > 0) || room < 1e-12) return (struct rs_kappa){NAN, NAN, NAN, NAN};
    double kappa = (same - by_chance) / room;
    double spread = cells ? of_cells(&s, kappa, by_chance) : same * (1 - same);
    double se = sqrt(fmax(spread, 0) / s.total) / room; /* rounding may leave less than 0 where all agree */
    return (struct rs_kappa){kappa, se, fmax(kappa - RS_Z95 * se, -1), fmin(kappa + RS_Z95 * se, 1)};
}
