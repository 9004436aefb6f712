/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Why it exists: an estimate that comes with others which fail in other ways is harder to believe wrongly. */
#include "ols.h"
#include <math.h>
#include <string.h>
#include "matrix.h"

enum { G = RS_GROUPS };

struct score {
    double theta[G], scale[G];
};

static void score_ols(const void *self, const struct rs_imputed_row *row, double u[G]) {
    const struct score *s = self;
    double expected = 0;
    for (int r = 0; r < G; r++) expected += row->p[r] * s->theta[r];
    double rest = row->weight * ((double)row->y - expected);
    for (int r = 0; r < G; r++) u[r] = rest * row->p[r];
}

static void score_threshold(const void *self, const struct rs_imputed_row *row, double u[G]) {
    const struct score *s = self;
    int r = rs_argmax(row->p);
    memset(u, 0, sizeof(double[G]));
    u[r] = row->weight * ((double)row->y - s->theta[r]) * s->scale[r];
}

static void blank(struct rs_group_rates *out, int r) {
    out->rate[r] = NAN;
    for (int c = 0; c < G; c++) out->v[r][c] = out->v[c][r] = NAN;
}

static void times(const double (*a)[G], const double *b, double out[G]) {
    for (int r = 0; r < G; r++) {
        out[r] = 0;
        for (int c = 0; c < G; c++) out[r] += a[r][c] * b[c];
    }
}

bool rs_ols(const struct rs_sample *sample, const struct rs_moments *m, struct rs_group_rates *out,
            struct rs_error *error) {
    bool in[G];
    double inverse[G][G], meat[G][G];
    struct score s;
    memset(out, 0, sizeof *out);
    for (int r = 0; r < G; r++) {
        out->n[r] = m->n[r];
        in[r] = m->n[r] > 0;
    }
    if (!rs_matrix_invert(m->pp, in, inverse)) {
        for (int r = 0; r < G; r++) blank(out, r);
        return true;
    }
    times((const double(*)[G])inverse, m->x, s.theta);
    memcpy(out->rate, s.theta, sizeof s.theta);
    if (!rs_cluster_sum(sample->imputed, sample->threads, sample->robust, score_ols, &s, meat, error)) return false;
    for (int r = 0; r < G; r++) meat[r][r] += rs_sample_squares(sample, r, s.theta[r]);
    rs_matrix_sandwich((const double(*)[G])inverse, (const double(*)[G])meat, out->v);
    for (int r = 0; r < G; r++)
        if (!in[r]) blank(out, r);
    return true;
}

bool rs_threshold(const struct rs_sample *sample, const struct rs_moments *m, struct rs_group_rates *out,
                  struct rs_error *error) {
    struct score s;
    memset(out, 0, sizeof *out);
    for (int r = 0; r < G; r++) {
        out->n[r] = sample->direct[r].n + m->argmax_n[r];
        s.scale[r] = out->n[r] > 0 ? 1 / out->n[r] : 0;
        out->rate[r] = s.theta[r] = (sample->direct[r].x + m->argmax_x[r]) * s.scale[r];
    }
    if (!rs_cluster_sum(sample->imputed, sample->threads, sample->robust, score_threshold, &s, out->v, error))
        return false;
    for (int r = 0; r < G; r++) out->v[r][r] += rs_sample_squares(sample, r, s.theta[r]) * s.scale[r] * s.scale[r];
    for (int r = 0; r < G; r++)
        if (!(out->n[r] > 0)) blank(out, r);
    return true;
}

bool rs_ols_folds(const struct rs_sample *sample, const struct rs_moments *m, unsigned folds, double theta[G]) {
    double a[G][G] = {{0}}, b[G], inverse[G][G];
    bool in[G];
    for (int r = 0; r < G; r++) {
        a[r][r] = sample->direct[r].n;
        b[r] = sample->direct[r].x;
        in[r] = m->n[r] > 0;
        for (int f = 0; f < RS_FOLDS; f++) {
            if (!(folds & 1u << f)) continue;
            b[r] += m->fold[f].px[r];
            for (int c = 0; c < G; c++) a[r][c] += m->fold[f].pp[r][c];
        }
    }
    memset(theta, 0, sizeof(double[G]));
    if (!rs_matrix_invert((const double(*)[G])a, in, inverse)) return false;
    times((const double(*)[G])inverse, b, theta);
    return true;
}
