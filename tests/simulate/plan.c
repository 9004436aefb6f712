/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Why it exists: whether an interval holds what it says can only be seen where the truth is known. */
#include "plan.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { G = RS_GROUPS, BLACK = 1 };
const double plan_share[G] = {.55, .15, .03, .07, .04, .16};

/* Marsaglia and Tsang, ACM Transactions on Mathematical Software 26 (2000) 363-372, with their step for shapes below 1.
 */
double plan_gamma(struct rs_random *r, double shape) {
    double boost = 1;
    if (shape < 1) {
        boost = pow(1 - rs_random_unit(r), 1 / shape);
        shape += 1;
    }
    double d = shape - 1. / 3, c = 1 / sqrt(9 * d);
    for (;;) {
        double z = rs_random_normal(r), v = 1 + c * z;
        if (v <= 0) continue;
        v = v * v * v;
        if (log(1 - rs_random_unit(r)) < z * z / 2 + d - d * v + d * log(v)) return boost * d * v;
    }
}

struct person {
    double p[G];
    int race;
    bool y;
};

/* Mean of p_race over those of the race: of a Dirichlet, (alpha + 1)/(sum alpha + 1). */
static double typical(const struct plan_kind *kind, int race) {
    double c = kind->concentration;
    return (c * plan_share[race] + 1) / (c + 1);
}

/* The chance of the outcome of a person of that race and p, before it is cut to 0 and 1. */
static double chance(const struct plan_kind *kind, int race, double p_race, double p_black) {
    return kind->rate[race] + kind->surname * (p_race - typical(kind, race)) +
           kind->place * (p_black - plan_share[BLACK]);
}

static struct person draw(const struct plan_kind *kind, struct rs_random *r) {
    struct person who = {.race = 0};
    double sum = 0;
    for (int g = 0; g < G; g++) sum += who.p[g] = plan_gamma(r, kind->concentration * plan_share[g]) + 1e-12;
    for (int g = 0; g < G; g++) who.p[g] /= sum;
    double u = rs_random_unit(r);
    while (who.race < G - 1 && u >= who.p[who.race]) u -= who.p[who.race++];
    double rate = chance(kind, who.race, who.p[who.race], who.p[BLACK]);
    who.y = rs_random_unit(r) < (rate < 0 ? 0 : rate > 1 ? 1 : rate);
    return who;
}

void plan_draw(const struct plan_kind *kind, uint64_t seed, size_t n, struct rs_imputed *imputed,
               struct rs_sample *sample) {
    struct rs_random r = rs_random(seed, 1, 1);
    *sample = (struct rs_sample){.imputed = imputed, .threads = 1};
    for (size_t i = 0; i < n; i++) {
        struct person who = draw(kind, &r);
        double reports = kind->report + (who.race == BLACK ? kind->report_black : 0) + (who.y ? kind->report_y : 0);
        if (rs_random_unit(&r) < reports) {
            rs_direct_add(&sample->direct[who.race], 1, who.y);
            continue;
        }
        struct rs_imputed_row row = {.weight = 1, .cluster = (uint32_t)i, .y = who.y};
        struct rs_error error = {0};
        memcpy(row.p, who.p, sizeof row.p);
        if (!rs_imputed_add(imputed, &row, &error)) abort();
    }
}

/* Whether no person's chance is cut: the largest and smallest p's are 0 and 1. */
static bool uncut(const struct plan_kind *kind) {
    for (int g = 0; g < G; g++)
        for (int corner = 0; corner < 4; corner++) {
            double at = chance(kind, g, corner & 1, corner >> 1);
            if (at < 0 || at > 1) return false;
        }
    return true;
}

void plan_truth(const struct plan_kind *kind, size_t n, double truth[G]) {
    struct rs_random r = rs_random(0, 2, 1);
    double count[G] = {0}, y[G] = {0}, c = kind->concentration;
    for (int g = 0; g < G; g++) /* mean of p_black over those of race g, who are size-biased draws of p_g */
        truth[g] = chance(kind, g, typical(kind, g), (c * plan_share[BLACK] + (g == BLACK)) / (c + 1));
    if (uncut(kind)) return;
    for (size_t i = 0; i < n; i++) {
        struct person who = draw(kind, &r);
        count[who.race]++;
        y[who.race] += who.y;
    }
    for (int g = 0; g < G; g++) truth[g] = y[g] / count[g];
}
