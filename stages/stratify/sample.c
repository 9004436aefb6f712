/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Why it exists: one pass gives what the weighted, least-squares and threshold estimates need, and the folds of the
 * bounds. */
#include "sample.h"
#include <math.h>
#include <string.h>

enum { G = RS_GROUPS };

/* The finalizer of MurmurHash3 (A. Appleby, public domain): neighbours end up in unrelated folds. */
int rs_fold(uint32_t cluster) {
    uint32_t h = cluster;
    h = (h ^ h >> 16) * 0x85ebca6bu;
    h = (h ^ h >> 13) * 0xc2b2ae35u;
    h ^= h >> 16;
    return (int)((uint64_t)h * RS_FOLDS >> 32);
}

int rs_argmax(const double p[G]) {
    int best = 0;
    for (int r = 1; r < G; r++)
        if (p[r] > p[best]) best = r;
    return best;
}

static void add(const void *self, const struct rs_imputed_row *row, size_t n, void *part) {
    (void)self;
    struct rs_moments *m = part;
    for (; n > 0; n--, row++) {
        struct rs_fold_moments *f = &m->fold[rs_fold(row->cluster)];
        double w = row->weight;
        int best = rs_argmax(row->p);
        m->imputed += w;
        m->argmax_n[best] += w;
        if (row->y) m->argmax_x[best] += w;
        for (int r = 0; r < G; r++) {
            double wp = w * row->p[r];
            m->n[r] += wp;
            if (row->y) f->px[r] += wp;
            for (int c = 0; c < G; c++) f->pp[r][c] += wp * row->p[c];
        }
    }
}

static void join(const void *self, void *total, const void *part) {
    (void)self;
    struct rs_moments *t = total;
    const struct rs_moments *m = part;
    t->imputed += m->imputed;
    for (int r = 0; r < G; r++) {
        t->n[r] += m->n[r];
        t->argmax_n[r] += m->argmax_n[r];
        t->argmax_x[r] += m->argmax_x[r];
        for (int f = 0; f < RS_FOLDS; f++) {
            t->fold[f].px[r] += m->fold[f].px[r];
            for (int c = 0; c < G; c++) t->fold[f].pp[r][c] += m->fold[f].pp[r][c];
        }
    }
}

bool rs_moments_of(const struct rs_sample *sample, struct rs_moments *m, struct rs_error *error) {
    const struct rs_sums how = {.bytes = sizeof *m, .add = add, .join = join};
    memset(m, 0, sizeof *m);
    if (!rs_imputed_sum(sample->imputed, sample->threads, &how, NULL, m, error)) return false;
    m->weight = m->imputed;
    for (int r = 0; r < G; r++) {
        const struct rs_direct *d = &sample->direct[r];
        m->weight += d->n;
        m->n[r] += d->n;
        m->x[r] = d->x;
        m->pp[r][r] = d->n;
        for (int f = 0; f < RS_FOLDS; f++) {
            m->x[r] += m->fold[f].px[r];
            for (int c = 0; c < G; c++) m->pp[r][c] += m->fold[f].pp[r][c];
        }
    }
    return true;
}

double rs_lambda(const struct rs_moments *m, int r) {
    double mean = m->weight > 0 ? m->n[r] / m->weight : 0;
    double spread = m->weight > 0 ? m->pp[r][r] / m->weight - mean * mean : 0;
    return mean > 0 && mean < 1 ? spread / (mean * (1 - mean)) : NAN;
}

double rs_sample_squares(const struct rs_sample *sample, int r, double t) {
    const struct rs_direct *d = &sample->direct[r];
    return sample->robust ? rs_direct_squares(d, t) : d->x * (1 - t) * (1 - t) + (d->n - d->x) * t * t;
}
