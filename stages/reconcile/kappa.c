/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Kappa with either standard error. */
#include "kappa.h"
#include <math.h>
#include "pipeline/base/interval.h"

/* Of row or column `at`. */
static double row_share(const double *n, size_t k, size_t at, double total) {
    double sum = 0;
    for (size_t j = 0; j < k; j++) sum += n[at * k + j];
    return sum / total;
}

static double column_share(const double *n, size_t k, size_t at, double total) {
    double sum = 0;
    for (size_t i = 0; i < k; i++) sum += n[i * k + at];
    return sum / total;
}

/* A + B - C of the header. */
static double of_cells(const double *n, size_t k, double total, double kappa, double by_chance) {
    double a = 0, b = 0, c = kappa - by_chance * (1 - kappa);
    for (size_t i = 0; i < k; i++) {
        double column = column_share(n, k, i, total);
        for (size_t j = 0; j < k; j++) {
            double both = column + row_share(n, k, j, total), p = n[i * k + j] / total;
            if (i == j) a += p * (1 - both * (1 - kappa)) * (1 - both * (1 - kappa));
            else b += p * both * both;
        }
    }
    return a + (1 - kappa) * (1 - kappa) * b - c * c;
}

struct rs_kappa rs_kappa(const double *n, size_t k, bool cells) {
    double total = 0, same = 0, by_chance = 0;
    for (size_t i = 0; i < k * k; i++) total += n[i];
    for (size_t i = 0; i < k && total > 0; i++) {
        same += n[i * k + i] / total;
        by_chance += row_share(n, k, i, total) * column_share(n, k, i, total);
    }
    double room = 1 - by_chance;
    if (!(total > 0) || room < 1e-12) return (struct rs_kappa){NAN, NAN, NAN, NAN};
    double kappa = (same - by_chance) / room;
    double spread = cells ? of_cells(n, k, total, kappa, by_chance) : same * (1 - same);
    double se = sqrt(fmax(spread, 0) / total) / room; /* rounding may leave less than 0 where all agree */
    return (struct rs_kappa){kappa, se, fmax(kappa - RS_Z95 * se, -1), fmin(kappa + RS_Z95 * se, 1)};
}
