/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Why it exists: visits over member time and means of amounts have other errors than proportions, and where race is
 * imputed another estimator (linear.h).
 *
 * rate: events a over member time e. Standard error of a ratio of sums over persons, sqrt(sum (a_i - R e_i)^2) / e, since
 * events of one person hang together. Interval: Byar's (exact below 10 events) about the number of events, its arms widened
 * by that error over Poisson's, sqrt(a), where it is larger (as Dobson and others, Statistics in Medicine 10 (1991) 457-462,
 * scale it for weighted sums).
 * mean: sum of amounts over persons, Student's t. */
#include <gsl/gsl_cdf.h>
#include <math.h>
#include <stdlib.h>
#include "estimate_parts.h"

static struct rs_interval poisson(double events, const char **method) {
    if (events >= 10) {
        *method = "byar";
        return rs_byar(events, RS_Z95);
    }
    *method = "exact_poisson";
    double lower = events > 0 ? gsl_cdf_chisq_Pinv(.025, 2 * events) / 2 : 0;
    return (struct rs_interval){lower, gsl_cdf_chisq_Pinv(.975, 2 * events + 2) / 2};
}

static void fill_rate(struct rs_estimate *e, const struct rs_amounts *s) {
    double rate = s->a / s->e, spread = s->aa - 2 * rate * s->ea + rate * rate * s->ee;
    double error = spread > 0 ? sqrt(spread) : 0, wider = s->a > 0 ? fmax(1, error / sqrt(s->a)) : 1;
    struct rs_interval i = poisson(s->a, &e->method);
    e->n = s->e;
    e->x = s->a;
    e->rate = rate;
    e->se = fmax(error, sqrt(s->a)) / s->e;
    e->interval.lower = fmax(0, s->a + wider * (i.lower - s->a)) / s->e;
    e->interval.upper = (s->a + wider * (i.upper - s->a)) / s->e;
    if (wider > 1 && s->a >= 10) e->method = "byar_widened";
}

static void fill_mean(struct rs_estimate *e, const struct rs_amounts *s) {
    double n = s->e, mean = s->a / n, square = fmax(0, s->aa - s->a * mean);
    e->n = n;
    e->x = s->a;
    e->rate = mean;
    e->se = n > 1 ? sqrt(square / (n - 1) / n) : NAN;
    double t = n > 1 ? gsl_cdf_tdist_Pinv(.975, n - 1) : NAN;
    e->interval = (struct rs_interval){mean - t * e->se, mean + t * e->se};
    e->method = "student_t";
}

void rs_amounts_fill(struct rs_estimate *e, enum rs_measure_kind kind, const struct rs_stratum *s) {
    e->n_eff = (double)s->count.n;
    if (kind == RS_RATE) fill_rate(e, &s->amounts);
    else fill_mean(e, &s->amounts);
}

/* ---- race and ethnicity ------------------------------------------------------------------------------------------ */

static void add_linear(struct rs_estimates *out, const struct rs_linear *sums, int g, uint32_t cell, double direct,
                       enum rs_estimator k, bool solved) {
    struct rs_estimate *e = rs_estimate_add(out, RS_RACE, k, rs_group_names[g]);
    double rate = k == RS_WEIGHTED ? out->linear.weighted[g] : out->linear.theta[g];
    double se = k == RS_WEIGHTED ? NAN : sqrt(out->linear.v[g][g]);
    e->group = g;
    e->cell = cell;
    e->n = sums->time[g];
    e->rate = rate;
    e->x = rate * e->n;
    e->n_eff = NAN;
    e->direct_share = direct / sums->n[g];
    e->se = se;
    e->interval = (struct rs_interval){rate - RS_Z95 * se, rate + RS_Z95 * se};
    e->method = isfinite(se) ? "normal" : NULL;
    e->flags = RS_NOT_CATEGORICAL | (solved ? 0 : RS_LOW_INFORMATION);
}

void rs_estimate_race_amounts(struct rs_estimates *out, const struct rs_strata *strata, uint32_t all,
                              const struct rs_settings *settings) {
    struct rs_cells *t = &out->table;
    const struct rs_linear none = {.n = {0}}, *sums = out->series->linear ? out->series->linear : &none;
    bool solved = rs_linear_solve(sums, &out->linear);
    size_t n;
    struct rs_stratum *list = rs_strata_of(out->series, strata, RS_RACE, &n);
    double known = 0, everyone = t->cells[all].n;
    for (int g = 0; g < RS_GROUPS; g++) known += sums->n[g];
    uint32_t by_report = rs_cells_relation(t), combined = rs_cells_relation(t);
    uint32_t excluded = rs_cells_add(t, fmax(0, everyone - known), 0, false);
    rs_cells_term(t, by_report, all, 1);
    rs_cells_term(t, combined, all, 1);
    rs_cells_term(t, combined, excluded, -1);
    for (int g = 0; g < RS_GROUPS; g++) {
        const struct rs_stratum *s = NULL;
        for (size_t i = 0; i < n; i++)
            if (list[i].number == (uint32_t)g) s = &list[i];
        uint32_t reported = 0;
        if (s) {
            struct rs_estimate *e = rs_estimate_add_counted(out, RS_RACE, RS_SELF_REPORT, s);
            e->group = g;
            reported = e->cell;
            rs_cells_term(t, by_report, reported, -1);
        }
        if (!(sums->n[g] > 0)) continue;
        double direct = s ? (double)s->count.n : 0;
        uint32_t cell = rs_cells_add(t, sums->n[g], 0, true);
        uint32_t part = rs_cells_add(t, fmax(0, sums->n[g] - direct), 0, false), relation = rs_cells_relation(t);
        double events = sums->b[g];
        t->cells[cell].also_small =
            out->series->about->kind == RS_RATE && events > 0 && events < settings->minimum_cell;
        rs_cells_term(t, relation, cell, 1);
        if (s) rs_cells_term(t, relation, reported, -1);
        rs_cells_term(t, relation, part, -1);
        rs_cells_term(t, combined, cell, -1);
        add_linear(out, sums, g, cell, direct, RS_OLS, solved);
        add_linear(out, sums, g, cell, direct, RS_WEIGHTED, solved);
    }
    for (size_t i = 0; i < n; i++)
        if (list[i].missing)
            rs_cells_term(t, by_report, rs_estimate_add_counted(out, RS_RACE, RS_OBSERVED, &list[i])->cell, -1);
    free(list);
}
