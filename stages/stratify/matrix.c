/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Why it exists: a library's matrices would cost more calls than these loops have terms. */
#include "matrix.h"
#include <math.h>
#include <string.h>

enum { G = RS_GROUPS };

bool rs_matrix_root(const double (*a)[G], const bool in[G], double l[G][G]) {
    memset(l, 0, sizeof(double[G][G]));
    for (int r = 0; r < G; r++) {
        if (!in[r]) continue;
        for (int c = 0; c <= r; c++) {
            if (!in[c]) continue;
            double s = a[r][c];
            for (int k = 0; k < c; k++) s -= l[r][k] * l[c][k];
            if (r != c) l[r][c] = s / l[c][c];
            else if (s > 1e-12 * a[r][r] && isfinite(s)) l[r][r] = sqrt(s);
            else return false;
        }
    }
    return true;
}

bool rs_matrix_invert(const double (*a)[G], const bool in[G], double out[G][G]) {
    double l[G][G], m[G][G] = {{0}};
    if (!rs_matrix_root(a, in, l)) return false;
    for (int c = 0; c < G; c++) { /* m = l^-1 */
        if (!in[c]) continue;
        m[c][c] = 1 / l[c][c];
        for (int r = c + 1; r < G; r++) {
            if (!in[r]) continue;
            double s = 0;
            for (int k = c; k < r; k++) s -= l[r][k] * m[k][c];
            m[r][c] = s / l[r][r];
        }
    }
    for (int r = 0; r < G; r++)
        for (int c = 0; c < G; c++) {
            out[r][c] = 0;
            for (int k = 0; k < G; k++) out[r][c] += m[k][r] * m[k][c];
        }
    return true;
}

static void multiply(const double (*a)[G], const double (*b)[G], double out[G][G]) {
    for (int r = 0; r < G; r++)
        for (int c = 0; c < G; c++) {
            out[r][c] = 0;
            for (int k = 0; k < G; k++) out[r][c] += a[r][k] * b[k][c];
        }
}

void rs_matrix_sandwich(const double (*bread)[G], const double (*meat)[G], double out[G][G]) {
    double half[G][G];
    multiply(bread, meat, half);
    multiply((const double (*)[G])half, bread, out);
}
