/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Why it exists: who reports is not like who does not, and the layer is used on the latter. */
#include "learn_weights.h"
#include <math.h>
#include "learn.h"
#include "pipeline/base/hash.h"

struct cell {
    int group, birth, language;
};

/* Likeliest group, the first of equal ones; levels beyond the table share its last place. */
static struct cell cell_of(const struct rs_learn_person *p) {
    struct cell c = {.birth = p->level[RS_COV_BIRTH], .language = p->level[RS_COV_LANGUAGE]};
    for (int g = 1; g < RS_GROUPS; g++)
        if (p->log_p[g] > p->log_p[c.group]) c.group = g;
    if (c.birth >= RS_CELL_BIRTHS) c.birth = RS_CELL_BIRTHS - 1;
    if (c.language >= RS_CELL_LANGUAGES) c.language = RS_CELL_LANGUAGES - 1;
    return c;
}

void rs_nonresponse_add(struct rs_nonresponse *all, const struct rs_learn_person *person, uint64_t times) {
    struct cell c = cell_of(person);
    all->n[person->answer[RS_LEARN_RACE] >= 0][c.group][c.birth][c.language] += times;
}

/* Sums over the last `over` of group, birth and language. */
static void sum(const struct rs_nonresponse *all, struct cell c, int over, double n[2]) {
    n[0] = n[1] = 0;
    for (int said = 0; said < 2; said++)
        for (int g = 0; g < RS_GROUPS; g++)
            for (int b = 0; b < RS_CELL_BIRTHS; b++)
                for (int l = 0; l < RS_CELL_LANGUAGES; l++)
                    if ((over > 2 || g == c.group) && (over > 1 || b == c.birth) && (over > 0 || l == c.language))
                        n[said] += (double)all->n[said][g][b][l];
}

static double odds(const struct rs_nonresponse *all, struct cell c) {
    double n[2];
    int over = 0;
    for (sum(all, c, over, n); n[1] < RS_LEAST_OF_CELL && over < 3; sum(all, c, over, n)) over++;
    return n[1] > 0 ? n[0] / n[1] : 0;
}

static double scale(double *weight, size_t n) {
    double total = 0;
    for (size_t i = 0; i < n; i++) total += weight[i];
    for (size_t i = 0; total > 0 && i < n; i++) weight[i] *= (double)n / total;
    return total;
}

bool rs_nonresponse_weights(const struct rs_nonresponse *all, const struct rs_learn_sample *sample, double *weight) {
    static const double not_yet = -1;
    double by_cell[RS_GROUPS][RS_CELL_BIRTHS][RS_CELL_LANGUAGES];
    for (int g = 0; g < RS_GROUPS; g++)
        for (int b = 0; b < RS_CELL_BIRTHS; b++)
            for (int l = 0; l < RS_CELL_LANGUAGES; l++) by_cell[g][b][l] = not_yet;
    for (size_t i = 0; i < sample->n; i++) {
        struct cell c = cell_of(&sample->members[i]);
        double *w = &by_cell[c.group][c.birth][c.language];
        if (*w < 0) *w = odds(all, c);
        weight[i] = *w;
    }
    if (scale(weight, sample->n) > 0) {
        for (size_t i = 0; i < sample->n; i++)
            if (weight[i] > RS_MOST_WEIGHT) weight[i] = RS_MOST_WEIGHT;
        scale(weight, sample->n);
        return true;
    }
    for (size_t i = 0; i < sample->n; i++) weight[i] = 1;
    return false;
}

/* Draws of the tables have streams of their own: table_draw.h. */
enum { STREAM = 0x66697464 };

uint64_t rs_fit_draw_times(uint64_t draw, uint64_t hash) {
    if (!draw) return 1;
    struct rs_random r = rs_random(draw, hash, STREAM);
    double left = rs_random_unit(&r), p = exp(-1);
    uint64_t times = 0;
    for (; left >= p && times < 30; p /= (double)times) { /* by inversion; beyond 30, 1 in 10^33 */
        left -= p;
        times++;
    }
    return times;
}

void rs_fit_draw_weights(uint64_t draw, const struct rs_learn_sample *sample, double *weight) {
    if (!draw) return;
    for (size_t i = 0; i < sample->n; i++) weight[i] *= (double)rs_fit_draw_times(draw, sample->members[i].hash);
    scale(weight, sample->n);
}
