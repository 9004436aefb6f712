/* SPDX-License-Identifier: GPL-3.0-or-later */
/* From sums to measures with intervals: see evaluate.h for what each is. Everything comes from moments of p, overall and
 * among those who reported the group: y is 0 or 1, so that E[p^j y^k] = E[p^j y], and from the histogram. */
#include "evaluate.h"
#include <math.h>

const char *const rs_metric_names[RS_METRICS] = {
    [RS_OBSERVED_SHARE] = "observed_share", [RS_MEAN_P] = "mean_p", [RS_BIAS] = "bias",
    [RS_CALIBRATION_INTERCEPT] = "calibration_intercept", [RS_CALIBRATION_SLOPE] = "calibration_slope",
    [RS_LINEAR_INTERCEPT] = "linear_intercept", [RS_LINEAR_SLOPE] = "linear_slope", [RS_ECE] = "ece",
    [RS_CORRELATION] = "correlation", [RS_AUC] = "auc", [RS_AUC_RESOLUTION] = "auc_resolution", [RS_BRIER] = "brier",
    [RS_LOG_LOSS] = "log_loss", [RS_LAMBDA] = "lambda"};

static const double z95 = 1.959963984540054;
static const struct rs_measure nothing = {NAN, NAN, NAN};

static struct rs_measure normal(double value, double variance) {
    double half = variance >= 0 ? z95 * sqrt(variance) : NAN;
    return isfinite(value) ? (struct rs_measure){value, value - half, value + half} : nothing;
}

struct rs_measure rs_measure_share(double x, double n) {
    if (!(n > 0)) return nothing;
    double z2 = z95 * z95, half = z95 * sqrt(z2 + 4 * x * (1 - x / n)), below = 2 * (n + z2);
    return (struct rs_measure){x / n, fmax((2 * x + z2 - half) / below, 0), fmin((2 * x + z2 + half) / below, 1)};
}

/* ---- moments --------------------------------------------------------------------------------------------------- */

/* Central moments c[j][k] = E[(p - mean p)^j (y - mean y)^k], j + k <= 4. */
struct central {
    double n, p, y, c[5][5];
};

/* E[(p - a)^j w] from raw[i] = E[p^i w], i = 0..4. */
static double about(const double raw[5], double a, int j) {
    static const double binomial[5][5] = {{1}, {1, 1}, {1, 2, 1}, {1, 3, 3, 1}, {1, 4, 6, 4, 1}};
    double sum = 0, power = 1;
    for (int i = j; i >= 0; i--, power *= -a) sum += binomial[j][i] * power * raw[i];
    return sum;
}

static struct central central_of(const struct rs_moments *m, int r) {
    struct central out = {.n = (double)m->n};
    double all[5] = {1}, own[5] = {(double)m->y[r] / out.n};
    for (int k = 1; k < 5; k++) {
        all[k] = m->p[k - 1][r] / out.n;
        own[k] = m->yp[k - 1][r] / out.n;
    }
    out.p = all[1];
    out.y = own[0];
    for (int j = 0; j < 5; j++) {
        double whole = about(all, out.p, j), of_own = about(own, out.p, j), others = whole - of_own, a = 1, b = 1;
        for (int k = 0; j + k < 5; k++, a *= 1 - out.y, b *= -out.y) out.c[j][k] = a * of_own + b * others;
    }
    out.c[1][0] = out.c[0][1] = 0;
    return out;
}

static struct rs_measure correlation(const struct central *m) {
    const double(*c)[5] = m->c;
    if (!(c[2][0] > 0) || !(c[0][2] > 0)) return nothing;
    double r = c[1][1] / sqrt(c[2][0] * c[0][2]);
    /* Delta method on the moments (Stuart and Ord, Kendall's Advanced Theory of Statistics I, 10.9 and exercise). Written
     * without a division by c11, which may be 0. */
    double spread = r * r / 4 * (c[4][0] / (c[2][0] * c[2][0]) + c[0][4] / (c[0][2] * c[0][2]) +
                                 2 * c[2][2] / (c[2][0] * c[0][2])) +
                    c[2][2] / (c[2][0] * c[0][2]) -
                    r * (c[3][1] / c[2][0] + c[1][3] / c[0][2]) / sqrt(c[2][0] * c[0][2]);
    double half = z95 * sqrt(fmax(spread, 0) / m->n) / (1 - r * r), centre = atanh(r);
    if (!(fabs(r) < 1)) return (struct rs_measure){r, NAN, NAN};
    return (struct rs_measure){r, tanh(centre - half), tanh(centre + half)};
}

static void linear(const struct central *m, struct rs_measure *intercept, struct rs_measure *slope) {
    const double(*c)[5] = m->c;
    *intercept = *slope = nothing;
    if (!(c[2][0] > 0)) return;
    double b = c[1][1] / c[2][0];
    /* E[x^j e^2], e the residual, x = p - mean p */
    double e0 = c[0][2] - 2 * b * c[1][1] + b * b * c[2][0], e1 = c[1][2] - 2 * b * c[2][1] + b * b * c[3][0],
           e2 = c[2][2] - 2 * b * c[3][1] + b * b * c[4][0], by = m->p / c[2][0];
    *slope = normal(b, e2 / (m->n * c[2][0] * c[2][0]));
    *intercept = normal(m->y - b * m->p, fmax(e0 - 2 * by * e1 + by * by * e2, 0) / m->n);
}

static struct rs_measure lambda(const struct central *m) {
    const double(*c)[5] = m->c;
    double whole = m->p * (1 - m->p);
    if (!(whole > 0)) return nothing;
    /* Influence ((x^2 - v) - v (1 - 2 mean) x / whole) / whole, x = p - mean p, v = Var(p) */
    double v = c[2][0], k = v * (1 - 2 * m->p) / whole;
    double spread = c[4][0] - v * v - 2 * k * c[3][0] + k * k * v;
    return normal(v / whole, fmax(spread, 0) / (whole * whole * m->n));
}

/* (p - y)^2 is p^2 where y = 0, and (1 - p)^2 where y = 1. */
static struct rs_measure brier(const struct rs_moments *m, int r) {
    double n = (double)m->n, y = (double)m->y[r];
    double mean = (m->p[1][r] - 2 * m->yp[0][r] + y) / n;
    double square = (m->p[3][r] + y - 4 * m->yp[0][r] + 6 * m->yp[1][r] - 4 * m->yp[2][r]) / n;
    return normal(mean, fmax(square - mean * mean, 0) / n);
}

static struct rs_measure mean_of(double sum, double squares, double n) {
    if (!(n > 0)) return nothing;
    return normal(sum / n, fmax(squares / n - sum / n * sum / n, 0) / n);
}

static double calibration_error(const struct rs_moments *m, int r) {
    double sum = 0;
    for (int b = 0; b < 10; b++) sum += fabs((double)m->bin_y[r][b] - m->bin_p[r][b]);
    return sum / (double)m->n;
}

/* ---- histogram ------------------------------------------------------------------------------------------------- */

/* DeLong, DeLong and Clarke-Pearson 1988: variances of the placements of either kind among the other. */
static void auc(const struct rs_fine *h, int r, double own, double others, struct rs_measure *out, double *resolution) {
    double below = 0, above = own, area = 0, squares_own = 0, squares_others = 0, ties = 0;
    *out = nothing;
    *resolution = NAN;
    if (!(own > 0) || !(others > 0)) return;
    for (int b = 0; b < RS_FINE; b++) {
        double x = h->own[r][b], y = (double)h->all[r][b] - x;
        above -= x;
        double placed = (below + y / 2) / others, passed = (above + x / 2) / own;
        area += x * placed;
        squares_own += x * placed * placed;
        squares_others += y * passed * passed;
        ties += x * y;
        below += y;
    }
    area /= own;
    *resolution = ties / (2 * own * others);
    double s_own = own > 1 ? (squares_own - own * area * area) / (own - 1) : NAN;
    double s_others = others > 1 ? (squares_others - others * area * area) / (others - 1) : NAN;
    *out = normal(area, fmax(s_own, 0) / own + fmax(s_others, 0) / others);
    out->lower = fmax(out->lower, 0);
    out->upper = fmin(out->upper, 1);
}

/* The bins in which anybody is: persons, those of them who reported the group, and the logit of p there. */
struct logits {
    size_t n;
    struct {
        double n, own, x;
    } of[RS_FINE];
};

static void logits_of(const struct rs_fine *h, int r, struct logits *out) {
    out->n = 0;
    for (int bin = 0; bin < RS_FINE; bin++) {
        if (!h->all[r][bin]) continue;
        double middle = rs_fine_middle(bin);
        out->of[out->n].n = h->all[r][bin];
        out->of[out->n].own = h->own[r][bin];
        out->of[out->n++].x = log(middle) - log1p(-middle);
    }
}

/* Score and information of logit P(y = 1) = a + b logit p. */
struct logistic {
    double g[2], h[3]; /* h: aa, ab, bb */
};

static struct logistic logistic_at(const struct logits *l, double a, double b) {
    struct logistic s = {{0}, {0}};
    for (size_t i = 0; i < l->n; i++) {
        double n = l->of[i].n, x = l->of[i].x, q = 1 / (1 + exp(-(a + b * x)));
        double residual = l->of[i].own - n * q, weight = n * q * (1 - q);
        s.g[0] += residual;
        s.g[1] += residual * x;
        s.h[0] += weight;
        s.h[1] += weight * x;
        s.h[2] += weight * x * x;
    }
    return s;
}

/* Newton's steps, no longer than 2; gives up where the answer is at infinity. */
static void calibration(const struct rs_fine *h, int r, struct rs_measure *intercept, struct rs_measure *slope) {
    double a = 0, a1 = 0, b = 1, step = 1;
    struct logistic s = {{0}, {0}};
    struct logits l;
    logits_of(h, r, &l);
    *intercept = *slope = nothing;
    for (int i = 0; i < 50 && fabs(step) > 1e-11; i++) {
        s = logistic_at(&l, a, 1);
        step = fmax(fmin(s.g[0] / s.h[0], 2), -2);
        a += step;
    }
    if (fabs(step) <= 1e-11 && s.h[0] > 0) *intercept = normal(a, 1 / s.h[0]);
    double determinant = 0;
    step = 1;
    for (int i = 0; i < 50 && step > 1e-11; i++) {
        s = logistic_at(&l, a1, b);
        determinant = s.h[0] * s.h[2] - s.h[1] * s.h[1];
        double da = (s.h[2] * s.g[0] - s.h[1] * s.g[1]) / determinant;
        double db = (s.h[0] * s.g[1] - s.h[1] * s.g[0]) / determinant;
        step = fmax(fabs(da), fabs(db));
        double shorter = step > 2 ? 2 / step : 1;
        a1 += shorter * da;
        b += shorter * db;
    }
    /* Probabilities all alike leave the slope open. */
    if (step <= 1e-11 && determinant > 1e-9 * s.h[0] * s.h[2]) *slope = normal(b, s.h[0] / determinant);
}

/* ---- all ------------------------------------------------------------------------------------------------------- */

void rs_measures(const struct rs_moments *m, const struct rs_fine *fine, int r, struct rs_measure out[RS_METRICS]) {
    for (int i = 0; i < RS_METRICS; i++) out[i] = nothing;
    if (!m->n) return;
    double n = (double)m->n, y = (double)m->y[r];
    struct central c = central_of(m, r);
    out[RS_OBSERVED_SHARE] = rs_measure_share(y, n);
    out[RS_MEAN_P] = normal(c.p, fmax(c.c[2][0], 0) / n);
    out[RS_BIAS] = normal(c.p - c.y, fmax(c.c[2][0] - 2 * c.c[1][1] + c.c[0][2], 0) / n);
    linear(&c, &out[RS_LINEAR_INTERCEPT], &out[RS_LINEAR_SLOPE]);
    out[RS_ECE] = (struct rs_measure){calibration_error(m, r), NAN, NAN};
    out[RS_CORRELATION] = correlation(&c);
    out[RS_BRIER] = brier(m, r);
    out[RS_LOG_LOSS] = mean_of(m->loss[r], m->loss2[r], y);
    out[RS_LAMBDA] = lambda(&c);
    if (!fine) return;
    auc(fine, r, y, n - y, &out[RS_AUC], &out[RS_AUC_RESOLUTION].value);
    if (y > 0 && y < n) calibration(fine, r, &out[RS_CALIBRATION_INTERCEPT], &out[RS_CALIBRATION_SLOPE]);
}

void rs_measures_all(const struct rs_moments *m, struct rs_measure out[RS_METRICS]) {
    double loss = 0, loss2 = 0, n = (double)m->n;
    for (int i = 0; i < RS_METRICS; i++) out[i] = nothing;
    for (int r = 0; r < RS_GROUPS; r++) {
        loss += m->loss[r];
        loss2 += m->loss2[r];
    }
    out[RS_LOG_LOSS] = mean_of(loss, loss2, n);
    out[RS_BRIER] = mean_of(m->brier, m->brier2, n);
}
