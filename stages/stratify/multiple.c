/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Why it exists: a second way to carry the error of imputation, which says how much information is missing, and which
 * anybody knows how to read. */
#include "multiple.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "logit_normal.h"
#include "matrix.h"
#include "pipeline/base/hash.h"
#include "pipeline/base/text.h"
#include "rubin.h"

enum { G = RS_GROUPS, STREAM_THETA = 1, STREAM_RACE = 2 };

struct drawn { /* theta of one data set: factor of p for y = 0 and for y = 1 */
    double factor[2][G];
};
struct task {
    const struct drawn *drawn;
    uint64_t seed;
    int replicates;
};
struct counted { /* of one data set */
    double n[G], x[G];
};

static void draw_race(const struct task *t, const struct rs_imputed_row *row, struct counted *into) {
    struct rs_random random = rs_random(t->seed, row->cluster, STREAM_RACE);
    for (int k = 0; k < t->replicates; k++) {
        const double *f = t->drawn[k].factor[row->y];
        double up_to[G], sum = 0;
        for (int r = 0; r < G; r++) up_to[r] = sum += row->p[r] * f[r];
        double at = sum * 0x1p-32 * rs_random_u32(&random);
        int race = 0;
        for (int r = 0; r < G - 1; r++) race += at >= up_to[r];
        into[k].n[race]++;
        into[k].x[race] += row->y;
    }
}

static void add(const void *self, const struct rs_imputed_row *row, size_t n, void *part) {
    for (; n > 0; n--, row++) draw_race(self, row, part);
}

static void join(const void *self, void *total, const void *part) {
    const struct task *t = self;
    double *to = total;
    const double *from = part;
    for (size_t i = 0; i < (size_t)t->replicates * sizeof(struct counted) / sizeof(double); i++) to[i] += from[i];
}

/* false where V has no root. */
static bool draw_theta(const struct rs_birdie_fit *fit, uint64_t seed, int replicates, struct drawn *out) {
    double correlation[G][G] = {{0}}, root[G][G];
    struct rs_logit_normal at[G];
    bool in[G];
    for (int r = 0; r < G; r++) {
        in[r] = fit->n[r] > 0 && !fit->held[r];
        if (in[r]) at[r] = rs_logit_normal(fit->theta[r], fit->v[r][r]);
    }
    for (int r = 0; r < G; r++)
        for (int c = 0; c < G; c++)
            if (in[r] && in[c]) correlation[r][c] = fit->v[r][c] / sqrt(fit->v[r][r] * fit->v[c][c]);
    if (!rs_matrix_root((const double(*)[G])correlation, in, root)) return false;
    for (int k = 0; k < replicates; k++) {
        struct rs_random random = rs_random(seed, (uint64_t)k, STREAM_THETA);
        double z[G];
        for (int r = 0; r < G; r++) z[r] = rs_random_normal(&random);
        for (int r = 0; r < G; r++) {
            double theta = fit->n[r] > 0 ? fit->theta[r] : 0.5; /* empty: p = 0, of no account */
            if (in[r]) {
                double logit = at[r].mean;
                for (int c = 0; c <= r; c++) logit += at[r].sd * root[r][c] * z[c];
                theta = 1 / (1 + exp(-logit));
            }
            out[k].factor[1][r] = theta;
            out[k].factor[0][r] = 1 - theta;
        }
    }
    return true;
}

static void combine(const struct rs_sample *sample, const struct rs_birdie_fit *fit, const struct counted *counted,
                    size_t m, struct rs_multiple *out) {
    double *q = rs_alloc(m * G * sizeof *q), *u = rs_alloc(m * G * sizeof *u);
    for (size_t k = 0; k < m; k++)
        for (int r = 0; r < G; r++) {
            double n = sample->direct[r].n + counted[k].n[r], x = sample->direct[r].x + counted[k].x[r];
            double smooth = (x + fit->rate[r]) / (n + 1); /* a data set with x = 0 is not one without error */
            q[k * G + (size_t)r] = n > 0 ? x / n : fit->rate[r];
            u[k * G + (size_t)r] = smooth * (1 - smooth) / (n > 1 ? n : 1);
        }
    for (int r = 0; r < G; r++) {
        bool usable = fit->n[r] > 0 && !fit->held[r];
        struct rs_rubin pooled = rs_rubin(q + r, u + r, G, m, fmax(fit->n[r] - 1, 1));
        out->rate[r] = usable ? pooled.estimate : NAN;
        out->fmi[r] = usable ? pooled.fmi : NAN;
        out->df[r] = usable ? pooled.df : NAN;
        out->v[r][r] = usable ? pooled.total : NAN;
    }
    for (int r = 0; r < G; r++)
        for (int c = 0; c < G; c++) {
            if (r == c) continue;
            double sum = 0;
            for (size_t k = 0; k < m; k++)
                sum += (q[k * G + (size_t)r] - out->rate[r]) * (q[k * G + (size_t)c] - out->rate[c]);
            out->v[r][c] = (1 + 1 / (double)m) * sum / ((double)m - 1);
        }
    free(q);
    free(u);
}

bool rs_multiple(const struct rs_sample *sample, const struct rs_birdie_fit *fit, uint64_t seed, int replicates,
                 struct rs_multiple *out, struct rs_error *error) {
    size_t m = (size_t)replicates;
    struct drawn *drawn = rs_alloc(m * sizeof *drawn);
    struct counted *counted = rs_alloc(m * sizeof *counted);
    const struct task task = {.drawn = drawn, .seed = seed, .replicates = replicates};
    const struct rs_sums how = {.bytes = m * sizeof(struct counted), .add = add, .join = join};
    *out = (struct rs_multiple){.made = !sample->robust && fit->converged && draw_theta(fit, seed, replicates, drawn)};
    bool good = !out->made || rs_imputed_sum(sample->imputed, sample->threads, &how, &task, counted, error);
    if (good && out->made) combine(sample, fit, counted, m, out);
    for (int r = 0; !out->made && r < G; r++) {
        out->rate[r] = out->fmi[r] = out->df[r] = NAN;
        for (int c = 0; c < G; c++) out->v[r][c] = NAN;
    }
    free(drawn);
    free(counted);
    return good;
}
