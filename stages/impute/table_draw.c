/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Why it exists: a rate whose error leaves out that of the tables is too sure of itself by an amount that nobody knows. */
#include "table_draw.h"
#include <math.h>
#include <string.h>

double rs_random_gamma(struct rs_random *r, double shape) {
    if (!(shape > 0)) return 0;
    if (shape < 1) {
        double g = rs_random_gamma(r, shape + 1);
        return g * pow(1 - rs_random_unit(r), 1 / shape);
    }
    double d = shape - 1. / 3, c = 1 / sqrt(9 * d);
    for (;;) {
        double x = rs_random_normal(r), v = 1 + c * x;
        if (v <= 0) continue;
        v = v * v * v;
        if (log(1 - rs_random_unit(r)) < x * x / 2 + d * (1 - v + log(v))) return d * v;
    }
}

void rs_table_draw(uint64_t draw, enum rs_drawn_table table, uint64_t unit, double counts[RS_GROUPS]) {
    if (!draw) return;
    struct rs_random r = rs_random(draw, unit, table);
    for (int g = 0; g < RS_GROUPS; g++) counts[g] = rs_random_gamma(&r, counts[g]);
}

void rs_table_draw_name(uint64_t draw, enum rs_drawn_table table, struct rs_view name, const double totals[RS_GROUPS],
                        double likelihood[RS_GROUPS]) {
    if (!draw) return;
    struct rs_digest digest = rs_sha256(name.p, name.n);
    double counts[RS_GROUPS];
    uint64_t unit;
    memcpy(&unit, digest.b, sizeof unit);
    for (int g = 0; g < RS_GROUPS; g++) counts[g] = likelihood[g] * totals[g];
    rs_table_draw(draw, table, unit, counts);
    for (int g = 0; g < RS_GROUPS; g++) likelihood[g] = totals[g] > 0 ? counts[g] / totals[g] : 0;
}
