/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Why it exists: BIRDiE's assumption cannot be seen to hold; what would be true without it can be said. */
#include "bounds.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "ols.h"
#include "pipeline/base/text.h"

enum { G = RS_GROUPS, CELLS = G * RS_BOUNDS_BINS };

struct cell {
    double n, y, p[G]; /* sums of w, w y, w p */
};
struct cells {
    struct cell c[RS_FOLDS][CELLS];
};

/* eta for persons of each fold. */
struct model {
    double theta[RS_FOLDS][G];
    double more[RS_FOLDS][CELLS];
};

struct sums {
    double lower[G], upper[G];
};

/* The likeliest of six has at least 1/6; ten bins of equal width from there to 1. */
static int cell_of(const double p[G]) {
    int best = rs_argmax(p), bin = (int)((p[best] - 1. / G) * (RS_BOUNDS_BINS / (1 - 1. / G)));
    return best * RS_BOUNDS_BINS + (bin < 0 ? 0 : bin >= RS_BOUNDS_BINS ? RS_BOUNDS_BINS - 1 : bin);
}

static void add_cells(const void *self, const struct rs_imputed_row *row, size_t n, void *part) {
    (void)self;
    struct cells *s = part;
    for (; n > 0; n--, row++) {
        struct cell *c = &s->c[rs_fold(row->cluster)][cell_of(row->p)];
        c->n += row->weight;
        if (row->y) c->y += row->weight;
        for (int r = 0; r < G; r++) c->p[r] += row->weight * row->p[r];
    }
}

static void join_cells(const void *self, void *total, const void *part) {
    (void)self;
    double *t = total;
    const double *p = part;
    for (size_t i = 0; i < sizeof(struct cells) / sizeof(double); i++) t[i] += p[i];
}

static void learn_fold(const struct cells *cells, int fold, struct model *model) {
    for (int i = 0; i < CELLS; i++) {
        double n = 0, left = 0;
        for (int f = 0; f < RS_FOLDS; f++) {
            if (f == fold) continue;
            const struct cell *c = &cells->c[f][i];
            n += c->n;
            left += c->y;
            for (int r = 0; r < G; r++) left -= model->theta[fold][r] * c->p[r];
        }
        model->more[fold][i] = left / (n + RS_BOUNDS_SHRINK);
    }
}

static void add_bounds(const void *self, const struct rs_imputed_row *row, size_t n, void *part) {
    const struct model *m = self;
    struct sums *s = part;
    for (; n > 0; n--, row++) {
        int fold = rs_fold(row->cluster);
        double eta = m->more[fold][cell_of(row->p)], y = row->y;
        for (int r = 0; r < G; r++) eta += row->p[r] * m->theta[fold][r];
        for (int r = 0; r < G; r++) {
            double p = row->p[r];
            s->lower[r] += row->weight * (p + eta > 1 ? p + y - 1 : 0);
            s->upper[r] += row->weight * (p > eta ? y : p);
        }
    }
}

static void join_bounds(const void *self, void *total, const void *part) {
    (void)self;
    struct sums *t = total;
    const struct sums *p = part;
    for (int r = 0; r < G; r++) {
        t->lower[r] += p->lower[r];
        t->upper[r] += p->upper[r];
    }
}

static double within(double v, double low, double high) { return v < low ? low : v > high ? high : v; }

bool rs_bounds(const struct rs_sample *sample, const struct rs_moments *m, struct rs_bounds *out,
               struct rs_error *error) {
    const struct rs_sums count = {.bytes = sizeof(struct cells), .add = add_cells, .join = join_cells};
    const struct rs_sums sum = {.bytes = sizeof(struct sums), .add = add_bounds, .join = join_bounds};
    struct cells *cells = rs_alloc(sizeof *cells);
    struct model *model = rs_alloc(sizeof *model);
    struct sums s = {.lower = {0}};
    bool good = rs_imputed_sum(sample->imputed, sample->threads, &count, NULL, cells, error);
    if (good)
        for (int f = 0; f < RS_FOLDS; f++) {
            rs_ols_folds(sample, m, ((1u << RS_FOLDS) - 1) & ~(1u << f), model->theta[f]); /* singular: cells alone */
            learn_fold(cells, f, model);
        }
    good = good && rs_imputed_sum(sample->imputed, sample->threads, &sum, model, &s, error);
    for (int r = 0; r < G; r++) {
        double x = sample->direct[r].x, f = sample->direct[r].n - x, n = m->n[r];
        /* by chance the two can cross where they are close: then each is as good as the other */
        double low = fmin(x + s.lower[r], x + s.upper[r]) / n, high = fmax(x + s.lower[r], x + s.upper[r]) / n;
        out->lower[r] = n > 0 ? within(low, x / n, 1 - f / n) : NAN;
        out->upper[r] = n > 0 ? within(high, x / n, 1 - f / n) : NAN;
    }
    free(cells);
    free(model);
    return good;
}
