/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Why it exists: a default filled in by staff looks complete, passes every count, and hides the gaps that are measured.
 */
#include "filling.h"
#include "pipeline/base/text.h"
#include <gsl/gsl_cdf.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { BATCH = 4096, MOST_STEPS = 40, MOST_ROUNDS = 5, PAIRS = RS_GROUPS * RS_GROUPS };

#define PI 3.14159265358979323846

struct sums {
    uint64_t n;
    double recorded[RS_GROUPS], expected[RS_GROUPS], product[PAIRS]; /* product: sum of p p^T */
};

/* What the plan as a whole does: r and C of the header. */
struct habit {
    double r[RS_GROUPS], c[RS_GROUPS][RS_GROUPS];
};

/* p_k r_k over its sum. */
static void shifted(const struct rs_fill_one *one, const struct habit *h, double p[RS_GROUPS]) {
    double total = 0;
    for (int k = 0; k < RS_GROUPS; k++) total += p[k] = h->r[k] * (double)one->p[k];
    for (int k = 0; k < RS_GROUPS; k++) p[k] = total > 0 ? p[k] / total : 1.0 / RS_GROUPS;
}

static void corrected(const struct rs_fill_one *one, const struct habit *h, double p[RS_GROUPS]) {
    double q[RS_GROUPS];
    shifted(one, h, q);
    for (int g = 0; g < RS_GROUPS; g++) p[g] = 0;
    for (int k = 0; k < RS_GROUPS; k++)
        for (int g = 0; g < RS_GROUPS; g++) p[g] += q[k] * h->c[k][g];
}

/* One step over the persons of units that are not found: what each group k is recorded as, weighted by how likely the
 * person is of k given names, place and what was recorded. */
static bool step_once(const struct rs_fill_source *source, const struct rs_fill_unit *units, struct habit *h,
                      struct rs_fill_one *buffer, double *mean_log, struct rs_error *error) {
    double to[RS_GROUPS][RS_GROUPS] = {{0}}, prior[RS_GROUPS] = {0}, log_sum = 0, product = 1;
    uint64_t n = 0;
    size_t got;
    if (!source->rewind(source->self, error)) return false;
    do {
        if (!source->read(source->self, buffer, BATCH, &got, error)) return false;
        for (size_t i = 0; i < got; i++) {
            double q[RS_GROUPS], w[RS_GROUPS], total = 0;
            uint32_t y = buffer[i].recorded;
            if (units[buffer[i].unit].found) continue;
            shifted(&buffer[i], h, q);
            for (int k = 0; k < RS_GROUPS; k++) total += w[k] = q[k] * h->c[k][y];
            if (!(total > 0)) continue;
            n++;
            product *= total; /* one logarithm for many */
            if (product < 1e-200) {
                log_sum += log(product);
                product = 1;
            }
            for (int k = 0; k < RS_GROUPS; k++) {
                to[y][k] += w[k] / total;
                prior[k] += q[k];
            }
        }
    } while (got > 0);
    for (int k = 0; k < RS_GROUPS; k++) {
        double sum = 0;
        for (int g = 0; g < RS_GROUPS; g++) sum += to[g][k];
        if (!(sum > 0) || !(prior[k] > 0)) continue;
        /* 1e-6: a group nobody recorded may occur in a unit that was left out */
        for (int g = 0; g < RS_GROUPS; g++) h->c[k][g] = (to[g][k] / sum + 1e-6) / (1 + 1e-6 * RS_GROUPS);
        h->r[k] *= sum / prior[k];
    }
    log_sum += log(product);
    *mean_log = n ? log_sum / (double)n : 0;
    return true;
}

static bool fit_habit(const struct rs_fill_source *source, const struct rs_fill_unit *units, struct habit *h,
                      struct rs_fill_one *buffer, struct rs_error *error) {
    double before = -INFINITY, now;
    for (int step = 0; step < MOST_STEPS; step++) {
        if (!step_once(source, units, h, buffer, &now, error)) return false;
        if (now - before < 1e-5) break;
        before = now;
    }
    return true;
}

static bool sum_units(const struct rs_fill_source *source, size_t n_units, struct sums *sums, const struct habit *h,
                      struct rs_fill_one *buffer, struct rs_error *error) {
    size_t got;
    memset(sums, 0, n_units * sizeof *sums);
    if (!source->rewind(source->self, error)) return false;
    do {
        if (!source->read(source->self, buffer, BATCH, &got, error)) return false;
        for (size_t i = 0; i < got; i++) {
            double p[RS_GROUPS];
            struct sums *u = &sums[buffer[i].unit];
            corrected(&buffer[i], h, p);
            for (int g = 0; g < RS_GROUPS; g++) {
                u->expected[g] += p[g];
                for (int k = 0; k <= g; k++) u->product[g * RS_GROUPS + k] += p[g] * p[k];
            }
            u->recorded[buffer[i].recorded]++;
            u->n++;
        }
    } while (got > 0);
    return true;
}

/* d^T V^- d by Cholesky without the group most expected; groups that cannot occur, or that are decided by those before
 * them, are left out and count no degree of freedom. */
static double quadratic_form(const struct sums *s, int *degrees) {
    double lower[RS_GROUPS][RS_GROUPS], y[RS_GROUPS], sum = 0;
    int use[RS_GROUPS], n = 0, left_out = 0;
    for (int g = 1; g < RS_GROUPS; g++)
        if (s->expected[g] > s->expected[left_out]) left_out = g;
    for (int g = 0; g < RS_GROUPS; g++) {
        if (g == left_out) continue;
        double row[RS_GROUPS] = {0}, rest = s->expected[g] - s->product[g * RS_GROUPS + g], whole = rest;
        double d = s->recorded[g] - s->expected[g];
        for (int k = 0; k < n; k++) {
            int a = g > use[k] ? g : use[k], b = g > use[k] ? use[k] : g;
            double v = -s->product[a * RS_GROUPS + b];
            for (int j = 0; j < k; j++) v -= row[j] * lower[k][j];
            row[k] = v / lower[k][k];
            rest -= row[k] * row[k];
            d -= row[k] * y[k];
        }
        if (whole <= 0 || rest <= 1e-9 * whole) continue;
        if (s->expected[g] < 0.01 && s->recorded[g] == 0) continue;
        memcpy(lower[n], row, sizeof row);
        lower[n][n] = sqrt(rest);
        y[n] = d / lower[n][n];
        sum += y[n] * y[n];
        use[n++] = g;
    }
    *degrees = n;
    return sum;
}

static void take_unit(const struct sums *s, const struct rs_fill_limits *limits, struct rs_fill_unit *u) {
    u->n = s->n;
    u->moved = 0;
    for (int g = 0; g < RS_GROUPS; g++) {
        u->recorded[g] = s->recorded[g];
        u->expected[g] = s->expected[g];
        u->variance[g] = fmax(s->expected[g] - s->product[g * RS_GROUPS + g], 0);
        u->moved += s->n ? fabs(s->recorded[g] - s->expected[g]) / (2 * (double)s->n) : 0;
    }
    u->statistic = quadratic_form(s, &u->degrees);
    u->judged = s->n > 0 && s->n >= limits->minimum && u->degrees > 0;
}

static int by_value(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* phi, over units that are judged and not found. */
static double inflation_of(const struct rs_fill_unit *units, size_t n, double *room) {
    size_t m = 0;
    for (size_t i = 0; i < n; i++)
        if (units[i].judged && !units[i].found)
            room[m++] = units[i].statistic / gsl_cdf_chisq_Pinv(0.5, (double)units[i].degrees);
    if (m == 0) return 1;
    qsort(room, m, sizeof *room, by_value);
    double median = m % 2 ? room[m / 2] : (room[m / 2 - 1] + room[m / 2]) / 2;
    return fmax(1, median);
}

struct ranked {
    double p;
    size_t unit;
};

static int by_p(const void *a, const void *b) {
    const struct ranked *x = a, *y = b;
    if (x->p != y->p) return x->p < y->p ? -1 : 1;
    return (x->unit > y->unit) - (x->unit < y->unit);
}

/* Holm's step-down: the k-th smallest of m times (m - k + 1), never falling. Returns whether any verdict changed. */
static bool judge(struct rs_fill_unit *units, size_t n, const struct rs_fill_limits *limits, double inflation) {
    struct ranked *list = rs_alloc((n + 1) * sizeof *list);
    size_t m = 0;
    bool changed = false;
    double largest = 0;
    for (size_t i = 0; i < n; i++) {
        if (!units[i].judged) continue;
        units[i].statistic /= inflation;
        units[i].p_value = gsl_cdf_chisq_Q(units[i].statistic, (double)units[i].degrees);
        list[m++] = (struct ranked){units[i].p_value, i};
    }
    if (m) qsort(list, m, sizeof *list, by_p);
    for (size_t k = 0; k < m; k++) {
        struct rs_fill_unit *u = &units[list[k].unit];
        largest = fmin(1, fmax(largest, list[k].p * (double)(m - k)));
        u->adjusted = largest;
        double chance = 0;
        for (int g = 0; g < RS_GROUPS; g++) chance += sqrt(2 / PI * inflation * u->variance[g]) / (2 * (double)u->n);
        bool found = largest < limits->alpha && u->moved - chance > limits->moved;
        changed |= found != u->found;
        u->found = found;
    }
    free(list);
    return changed;
}

bool rs_default_filling(const struct rs_fill_source *source, const struct rs_fill_limits *limits, size_t n_units,
                        struct rs_fill_unit *units, double *inflation, struct rs_error *error) {
    struct rs_fill_one *buffer = rs_alloc(BATCH * sizeof *buffer);
    struct sums *sums = rs_alloc((n_units + 1) * sizeof *sums);
    double *room = rs_alloc((n_units + 1) * sizeof *room);
    bool good = true, changed = true;
    struct habit habit;
    for (int k = 0; k < RS_GROUPS; k++) { /* a start: most are recorded as what they are */
        habit.r[k] = 1;
        for (int g = 0; g < RS_GROUPS; g++) habit.c[k][g] = k == g ? 0.9 : 0.1 / (RS_GROUPS - 1);
    }
    *inflation = 1;
    for (int round = 0; good && changed && round < MOST_ROUNDS; round++) {
        size_t judged = 0;
        good =
            fit_habit(source, units, &habit, buffer, error) && sum_units(source, n_units, sums, &habit, buffer, error);
        for (size_t i = 0; good && i < n_units; i++) {
            take_unit(&sums[i], limits, &units[i]);
            judged += units[i].judged;
        }
        if (judged < RS_FILL_LEAST_UNITS) {
            for (size_t i = 0; i < n_units; i++) units[i].judged = units[i].found = false;
            break;
        }
        *inflation = inflation_of(units, n_units, room);
        changed = judge(units, n_units, limits, *inflation);
    }
    free(buffer);
    free(sums);
    free(room);
    return good;
}
