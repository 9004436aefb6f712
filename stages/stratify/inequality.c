/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One number for many groups. Sums are formed in the order of the groups: the same bytes everywhere. */
#include "inequality.h"
#include <math.h>
#include <stdlib.h>
#include "pipeline/base/text.h"

double rs_group_mean(const struct rs_groups *g) {
    double mu = 0;
    for (size_t i = 0; i < g->n; i++) mu += g->share[i] * g->rate[i];
    return mu;
}

static double covariance(const struct rs_groups *g, const double *v, size_t i, size_t j) {
    if (v) return v[i * g->n + j];
    return i == j ? g->se[i] * g->se[i] : 0;
}

/* A V has the elements P_i (V_ij - sum_k P_k V_kj), and A theta the elements P_i (theta_i - mu): groups may be many, and
 * products of whole matrices would take their number to the third power. Without V only i = j and the means are there. */
struct rs_between rs_between_group_variance(const struct rs_groups *g, const double *v) {
    double mu = rs_group_mean(g), trace = 0, trace_of_square = 0, along = 0;
    double *mean = rs_alloc((g->n + 1) * sizeof *mean), sum = 0, squares = 0;
    struct rs_between b = {0};
    for (size_t i = 0; i < g->n; i++) {
        b.variance += g->share[i] * (g->rate[i] - mu) * (g->rate[i] - mu);
        if (v)
            for (size_t k = 0; k < g->n; k++) mean[i] += g->share[k] * covariance(g, v, k, i);
        else mean[i] = g->share[i] * g->se[i] * g->se[i];
    }
    for (size_t i = 0; i < g->n; i++) {
        double own = covariance(g, v, i, i), to_mean = g->share[i] * (g->rate[i] - mu);
        trace += g->share[i] * (own - mean[i]);
        if (!v) { /* av_ij = -P_i m_j off the diagonal */
            trace_of_square += g->share[i] * g->share[i] * (own - mean[i]) * (own - mean[i]);
            along += to_mean * to_mean * own;
            sum += g->share[i] * mean[i];
            squares += g->share[i] * mean[i] * g->share[i] * mean[i];
        }
        for (size_t j = 0; v && j < g->n; j++) {
            double ij = g->share[i] * (covariance(g, v, i, j) - mean[j]);
            double ji = g->share[j] * (covariance(g, v, j, i) - mean[i]);
            trace_of_square += ij * ji;
            along += to_mean * covariance(g, v, i, j) * g->share[j] * (g->rate[j] - mu);
        }
    }
    if (!v) trace_of_square += sum * sum - squares;
    b.corrected = b.variance - trace;
    b.se = sqrt(4 * along + 2 * trace_of_square);
    free(mean);
    return b;
}

struct rs_measure rs_theil(const struct rs_groups *g) {
    double mu = rs_group_mean(g), mean_slope = 0;
    struct rs_measure m = {0, 0};
    for (size_t i = 0; i < g->n; i++) {
        double r = g->rate[i] / mu;
        m.value += g->share[i] * r * log(r);
        mean_slope += g->share[i] * r * (1 + log(r));
    }
    for (size_t i = 0; i < g->n; i++) {
        double slope = g->share[i] * g->se[i] / mu * (1 + log(g->rate[i] / mu) - mean_slope);
        m.se += slope * slope;
    }
    m.se = sqrt(m.se);
    return m;
}

struct rs_measure rs_mean_log_deviation(const struct rs_groups *g) {
    double mu = rs_group_mean(g);
    struct rs_measure m = {0, 0};
    for (size_t i = 0; i < g->n; i++) {
        double r = g->rate[i] / mu, slope = g->share[i] * g->se[i] / mu * (1 - 1 / r);
        m.value -= g->share[i] * log(r);
        m.se += slope * slope;
    }
    m.se = sqrt(m.se);
    return m;
}

double rs_mean_deviation(const struct rs_groups *g) {
    double mu = rs_group_mean(g), sum = 0;
    for (size_t i = 0; i < g->n; i++) sum += g->share[i] * fabs(g->rate[i] - mu);
    return sum;
}

double rs_index_weighted(const struct rs_groups *g) { return rs_mean_deviation(g) / rs_group_mean(g); }

double rs_index_unweighted(const struct rs_groups *g) {
    double mu = rs_group_mean(g), sum = 0;
    for (size_t i = 0; i < g->n; i++) sum += fabs(g->rate[i] - mu);
    return sum / (double)g->n / mu;
}

double rs_index_of_disparity(const struct rs_groups *g, size_t reference) {
    double sum = 0;
    for (size_t i = 0; i < g->n; i++) sum += fabs(g->rate[i] - g->rate[reference]);
    return sum / ((double)(g->n - 1) * g->rate[reference]);
}

double rs_attributable_risk(const struct rs_groups *g, size_t reference) {
    return g->rate[reference] - rs_group_mean(g);
}

double rs_attributable_fraction(const struct rs_groups *g, size_t reference) {
    double failures = 1 - rs_group_mean(g);
    return (failures - (1 - g->rate[reference])) / failures;
}

double rs_excess_failures(const struct rs_groups *g, const double *n, size_t reference) {
    double sum = 0;
    for (size_t i = 0; i < g->n; i++) sum += n[i] * (g->rate[reference] - g->rate[i]);
    return sum;
}

double rs_cohen_h(double p, double p_reference) { return 2 * asin(sqrt(p)) - 2 * asin(sqrt(p_reference)); }

struct rs_slope rs_slope_index(const struct rs_groups *g) {
    double before = 0, b_mean = 0, y_mean = rs_group_mean(g), sxy = 0, sxx = 0;
    for (size_t i = 0; i < g->n; i++) {
        b_mean += g->share[i] * (before + g->share[i] / 2);
        before += g->share[i];
    }
    before = 0;
    for (size_t i = 0; i < g->n; i++) {
        double b = before + g->share[i] / 2 - b_mean;
        sxy += g->share[i] * b * (g->rate[i] - y_mean);
        sxx += g->share[i] * b * b;
        before += g->share[i];
    }
    struct rs_slope s = {.sii = sxy / sxx};
    s.intercept = y_mean - s.sii * b_mean;
    s.rii = (s.intercept + s.sii) / s.intercept;
    before = 0;
    for (size_t i = 0; i < g->n; i++) { /* slopes of both along each rate */
        double b = before + g->share[i] / 2 - b_mean, along_sii = g->share[i] * b / sxx;
        double along_intercept = g->share[i] - along_sii * b_mean;
        double along_log = (along_intercept + along_sii) / (s.intercept + s.sii) - along_intercept / s.intercept;
        s.sii_se += along_sii * along_sii * g->se[i] * g->se[i];
        s.log_rii_se += along_log * along_log * g->se[i] * g->se[i];
        before += g->share[i];
    }
    s.sii_se = sqrt(s.sii_se);
    s.log_rii_se = sqrt(s.log_rii_se);
    return s;
}

struct rs_concentration rs_concentration_index(const struct rs_groups *g, double persons) {
    double mu = rs_group_mean(g), before = 0, sum = 0;
    for (size_t i = 0; i < g->n; i++) {
        sum += g->share[i] * g->rate[i] * (before + g->share[i] / 2);
        before += g->share[i];
    }
    struct rs_concentration c = {.index = 2 / mu * sum - 1};
    c.wagstaff = c.index / (1 - mu);
    c.erreygers = 4 * mu * c.index;
    /* a_t = (y_t / mu)(2 R_t - 1 - C) + 2 - q_(t-1) - q_t, q the cumulated share of y. */
    double q_before = 0, squares = 0, within = 0;
    before = 0;
    for (size_t i = 0; i < g->n; i++) {
        double ridit = before + g->share[i] / 2, q = q_before + g->share[i] * g->rate[i] / mu;
        double weight = 2 * ridit - 1 - c.index, a = g->rate[i] / mu * weight + 2 - q_before - q;
        double persons_here = persons * g->share[i], variance = g->se[i] * g->se[i] * persons_here;
        squares += g->share[i] * a * a;
        within += g->share[i] * variance * weight * weight;
        before += g->share[i];
        q_before = q;
    }
    c.se = sqrt((squares - (1 + c.index) * (1 + c.index)) / persons + within / (persons * mu * mu));
    return c;
}

struct rs_kitagawa rs_kitagawa(size_t n, const double *c1, const double *r1, const double *c2, const double *r2) {
    struct rs_kitagawa k = {0, 0};
    for (size_t i = 0; i < n; i++) {
        k.composition += (c1[i] - c2[i]) * (r1[i] + r2[i]) / 2;
        k.rates += (r1[i] - r2[i]) * (c1[i] + c2[i]) / 2;
    }
    return k;
}

void rs_benjamini_hochberg(size_t n, const double *p, double *adjusted, size_t *order) {
    /* Insertion sort, largest first: a family of tests is small, and ties keep the order given. */
    for (size_t i = 0; i < n; i++) {
        size_t at = i;
        for (; at > 0 && p[order[at - 1]] < p[i]; at--) order[at] = order[at - 1];
        order[at] = i;
    }
    double least = 1;
    for (size_t i = 0; i < n; i++) {
        double here = p[order[i]] * (double)n / (double)(n - i);
        if (here < least) least = here;
        adjusted[order[i]] = least;
    }
}

double rs_two_sided_p(double z) { return erfc(fabs(z) / sqrt(2)); }

double rs_detectable_difference(double p, double n1, double n0) {
    const double z = 1.959963984540054 + 0.8416212335729143; /* 97.5 % and 80 % of the standard normal */
    return z * sqrt(p * (1 - p) * (1 / n1 + 1 / n0));
}
