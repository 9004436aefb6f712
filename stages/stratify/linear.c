/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Why it exists: visits and costs differ by race as well, and have no two outcomes. */
#include "linear.h"
#include <gsl/gsl_errno.h>
#include <gsl/gsl_linalg.h>
#include <math.h>
#include <string.h>

void rs_linear_add(struct rs_linear *s, const double p[RS_GROUPS], double exposure, double amount) {
    double pair[RS_PAIRS];
    int k = 0;
    for (int a = 0; a < RS_GROUPS; a++) {
        s->n[a] += p[a];
        s->time[a] += p[a] * exposure;
        s->b[a] += p[a] * amount;
        for (int b = a; b < RS_GROUPS; b++) pair[k++] = p[a] * p[b];
    }
    for (k = 0; k < RS_PAIRS; k++) {
        if (pair[k] == 0) continue;
        s->a[k] += pair[k] * exposure;
        s->aa[k] += pair[k] * amount * amount;
        for (int c = 0; c < RS_GROUPS; c++) s->ea[k][c] += pair[k] * p[c] * exposure * amount;
        for (int l = 0; l < RS_PAIRS; l++) s->ee[k][l] += pair[k] * pair[l] * exposure * exposure;
    }
}

/* The groups that anybody may be of, as a smaller system. */
struct system {
    int group[RS_GROUPS], n;
    double inverse[RS_GROUPS * RS_GROUPS];
};

static int pair_of(int a, int b) {
    int low = a < b ? a : b, high = a < b ? b : a, k = 0;
    for (int i = 0; i < low; i++) k += RS_GROUPS - i;
    return k + high - low;
}

static bool invert(const struct rs_linear *s, struct system *out) {
    double largest = 0;
    out->n = 0;
    for (int g = 0; g < RS_GROUPS; g++)
        if (s->time[g] > 0) out->group[out->n++] = g;
    if (!out->n) return false;
    size_t n = (size_t)out->n;
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < n; j++) {
            double v = s->a[pair_of(out->group[i], out->group[j])];
            out->inverse[i * n + j] = v;
            largest = fmax(largest, v);
        }
    gsl_matrix_view m = gsl_matrix_view_array(out->inverse, n, n);
    gsl_error_handler_t *before = gsl_set_error_handler_off();
    bool good = gsl_linalg_cholesky_decomp1(&m.matrix) == GSL_SUCCESS;
    for (size_t i = 0; good && i < n; i++) good = pow(out->inverse[i * n + i], 2) > 1e-10 * largest;
    if (good) good = gsl_linalg_cholesky_invert(&m.matrix) == GSL_SUCCESS;
    gsl_set_error_handler(before);
    return good;
}

/* sum u_a u_b = sum p_a p_b (a - e p'theta)^2. */
static double middle(const struct rs_linear *s, const double theta[RS_GROUPS], int k) {
    double cross = 0, square = 0;
    for (int c = 0; c < RS_GROUPS; c++) {
        cross += theta[c] * s->ea[k][c];
        for (int d = 0; d < RS_GROUPS; d++) square += theta[c] * theta[d] * s->ee[k][pair_of(c, d)];
    }
    return s->aa[k] - 2 * cross + square;
}

bool rs_linear_solve(const struct rs_linear *s, struct rs_linear_fit *out) {
    struct system y;
    double theta[RS_GROUPS] = {0}, m[RS_GROUPS * RS_GROUPS];
    for (int g = 0; g < RS_GROUPS; g++) {
        out->theta[g] = NAN;
        out->weighted[g] = s->time[g] > 0 ? s->b[g] / s->time[g] : NAN;
        for (int h = 0; h < RS_GROUPS; h++) out->v[g][h] = NAN;
    }
    if (!invert(s, &y)) return false;
    for (int i = 0; i < y.n; i++)
        for (int j = 0; j < y.n; j++) theta[y.group[i]] += y.inverse[i * y.n + j] * s->b[y.group[j]];
    for (int i = 0; i < y.n; i++)
        for (int j = 0; j < y.n; j++) m[i * y.n + j] = middle(s, theta, pair_of(y.group[i], y.group[j]));
    for (int i = 0; i < y.n; i++) {
        out->theta[y.group[i]] = theta[y.group[i]];
        for (int j = 0; j < y.n; j++) {
            double v = 0;
            for (int k = 0; k < y.n; k++)
                for (int l = 0; l < y.n; l++) v += y.inverse[i * y.n + k] * m[k * y.n + l] * y.inverse[l * y.n + j];
            out->v[y.group[i]][y.group[j]] = v;
        }
    }
    return true;
}
