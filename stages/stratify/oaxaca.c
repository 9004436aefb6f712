/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Why it exists: how much of a gap goes with who is in the groups, and how much with what happens to alike people. */
#include "oaxaca.h"
#include <math.h>
#include <string.h>

enum { K = RS_MOST_COVARIATES };

void rs_regression_add(struct rs_regression_sums *s, size_t k, const double *x, double y, double weight) {
    for (size_t i = 0; i < k; i++) {
        s->xy[i] += weight * x[i] * y;
        for (size_t j = 0; j < k; j++) s->xx[i][j] += weight * x[i] * x[j];
    }
}

/* Solves a beta = b for a symmetric positive definite a by Cholesky's root, after scaling its diagonal to 1. */
static bool solve(size_t k, const double (*a)[K + 1], const double *b, double *beta) {
    double l[K + 1][K + 1], scale[K + 1];
    for (size_t i = 0; i < k; i++) {
        if (!(a[i][i] > 0)) return false;
        scale[i] = 1 / sqrt(a[i][i]);
    }
    for (size_t i = 0; i < k; i++)
        for (size_t j = 0; j <= i; j++) {
            double s = a[i][j] * scale[i] * scale[j];
            for (size_t m = 0; m < j; m++) s -= l[i][m] * l[j][m];
            if (i == j && !(s > 1e-10)) return false;
            l[i][j] = i == j ? sqrt(s) : s / l[j][j];
        }
    for (size_t i = 0; i < k; i++) {
        double s = b[i] * scale[i];
        for (size_t m = 0; m < i; m++) s -= l[i][m] * beta[m];
        beta[i] = s / l[i][i];
    }
    for (size_t i = k; i-- > 0;) {
        for (size_t m = i + 1; m < k; m++) beta[i] -= l[m][i] * beta[m];
        beta[i] /= l[i][i];
    }
    for (size_t i = 0; i < k; i++) beta[i] *= scale[i];
    return true;
}

static bool coefficients(size_t k, const struct rs_regression_sums *s, double *beta) {
    double a[K + 1][K + 1];
    for (size_t i = 0; i < k; i++) memcpy(a[i], s->xx[i], k * sizeof(double));
    return solve(k, (const double (*)[K + 1])a, s->xy, beta);
}

/* Both pooled; with `own`, beside a term that is 1 in A, of which only the others are kept. */
static bool pooled(size_t k, const struct rs_regression_sums *a, const struct rs_regression_sums *b, bool own,
                   double *beta) {
    double xx[K + 1][K + 1], xy[K + 1];
    for (size_t i = 0; i < k; i++) {
        for (size_t j = 0; j < k; j++) xx[i][j] = a->xx[i][j] + b->xx[i][j];
        xy[i] = a->xy[i] + b->xy[i];
        xx[i][k] = xx[k][i] = a->xx[i][0]; /* sum over A of x_i times 1 */
    }
    xx[k][k] = a->xx[0][0];
    xy[k] = a->xy[0];
    return solve(own ? k + 1 : k, (const double (*)[K + 1])xx, xy, beta);
}

struct means {
    size_t k;
    double a[K], b[K], beta_a[K], beta_b[K], y_a, y_b;
};

static struct rs_twofold twofold(const struct means *m, const double *beta) {
    struct rs_twofold t = {0};
    for (size_t i = 0; i < m->k; i++) {
        t.explained += (m->a[i] - m->b[i]) * beta[i];
        t.unexplained_a += m->a[i] * (m->beta_a[i] - beta[i]);
        t.unexplained_b += m->b[i] * (beta[i] - m->beta_b[i]);
    }
    t.unexplained = t.unexplained_a + t.unexplained_b;
    return t;
}

static struct rs_twofold between(const struct means *m, double share_a) {
    double beta[K];
    for (size_t i = 0; i < m->k; i++) beta[i] = share_a * m->beta_a[i] + (1 - share_a) * m->beta_b[i];
    return twofold(m, beta);
}

bool rs_oaxaca(size_t k, const struct rs_regression_sums *a, const struct rs_regression_sums *b, struct rs_oaxaca *out) {
    struct means m = {.k = k};
    double beta[K + 1], n_a = a->xx[0][0], n_b = b->xx[0][0];
    *out = (struct rs_oaxaca){0};
    if (k > K || !coefficients(k, a, m.beta_a) || !coefficients(k, b, m.beta_b)) return false;
    for (size_t i = 0; i < k; i++) {
        m.a[i] = a->xx[0][i] / n_a;
        m.b[i] = b->xx[0][i] / n_b;
        double x = m.a[i] - m.b[i], d = m.beta_a[i] - m.beta_b[i];
        out->endowments[i] = x * m.beta_b[i];
        out->endowments_all += out->endowments[i];
        out->coefficients += m.b[i] * d;
        out->interaction += x * d;
    }
    out->difference = a->xy[0] / n_a - b->xy[0] / n_b;
    out->cotton = between(&m, n_a / (n_a + n_b));
    out->reimers = between(&m, .5);
    if (!pooled(k, a, b, false, beta)) return false;
    out->neumark = twofold(&m, beta);
    if (!pooled(k, a, b, true, beta)) return false;
    out->jann = twofold(&m, beta);
    return true;
}
