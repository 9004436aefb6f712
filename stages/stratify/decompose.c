/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Why it exists: the terms of a decomposition are estimates, and are read as facts unless their error stands beside. */
#include "decompose.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "inequality.h"
#include "oaxaca.h"
#include "pipeline/base/text.h"

static void kitagawa(const struct rs_pair *p, double value[RS_PAIR_TERMS]) {
    double total1 = 0, total2 = 0;
    struct rs_kitagawa k = {0, 0};
    for (size_t i = 0; i < p->n; i++) {
        total1 += p->cell[i].n1;
        total2 += p->cell[i].n2;
    }
    for (size_t i = 0; i < p->n; i++) {
        const struct rs_pair_cell *c = &p->cell[i];
        double c1 = c->n1 / total1, c2 = c->n2 / total2;
        struct rs_kitagawa one = rs_kitagawa(1, &c1, &c->r1, &c2, &c->r2);
        k.composition += one.composition;
        k.rates += one.rates;
    }
    value[RS_KITAGAWA_COMPOSITION] = k.composition;
    value[RS_KITAGAWA_RATES] = k.rates;
}

static void sums_of(const struct rs_pair *p, struct rs_regression_sums *a, struct rs_regression_sums *b, size_t k) {
    for (size_t i = 0; i < p->n; i++) {
        const struct rs_pair_cell *c = &p->cell[i];
        double x[RS_MOST_COVARIATES] = {1};
        size_t at = 1;
        for (size_t d = 0; d < p->dimensions; d++) {
            if (c->category[d]) x[at + c->category[d] - 1] = 1;
            at += p->categories[d] - 1;
        }
        rs_regression_add(a, k, x, c->r1, c->n1);
        rs_regression_add(b, k, x, c->r2, c->n2);
    }
}

static void two_fold(double *value, enum rs_pair_term explained, struct rs_twofold t) {
    value[explained] = t.explained;
    value[explained + 1] = t.unexplained;
}

static void oaxaca(const struct rs_pair *p, double value[RS_PAIR_TERMS]) {
    struct rs_regression_sums a = {0}, b = {0};
    struct rs_oaxaca o;
    size_t k = 1;
    for (int i = RS_OAXACA_ENDOWMENTS; i < RS_PAIR_TERMS; i++) value[i] = NAN;
    for (size_t d = 0; d < p->dimensions; d++) k += p->categories[d] - 1;
    if (k > RS_MOST_COVARIATES) return;
    sums_of(p, &a, &b, k);
    if (!rs_oaxaca(k, &a, &b, &o)) return;
    value[RS_OAXACA_ENDOWMENTS] = o.endowments_all;
    value[RS_OAXACA_COEFFICIENTS] = o.coefficients;
    value[RS_OAXACA_INTERACTION] = o.interaction;
    two_fold(value, RS_NEUMARK_EXPLAINED, o.neumark);
    two_fold(value, RS_JANN_EXPLAINED, o.jann);
    two_fold(value, RS_COTTON_EXPLAINED, o.cotton);
    two_fold(value, RS_REIMERS_EXPLAINED, o.reimers);
    size_t at = 1;
    for (size_t d = 0; d < p->dimensions; d++) {
        double sum = 0;
        for (unsigned c = 1; c < p->categories[d]; c++) sum += o.endowments[at++];
        value[RS_OAXACA_ENDOWMENTS_OF + d] = sum;
    }
}

static void terms(const struct rs_pair *p, double value[RS_PAIR_TERMS]) {
    kitagawa(p, value);
    oaxaca(p, value);
}

/* Central differences of all terms along one number of a cell. */
static void slopes(const struct rs_pair *p, double *number, double step, double out[RS_PAIR_TERMS]) {
    double at = *number, above[RS_PAIR_TERMS], below[RS_PAIR_TERMS];
    *number = at + step;
    terms(p, above);
    *number = at - step;
    terms(p, below);
    *number = at;
    for (int t = 0; t < RS_PAIR_TERMS; t++) out[t] = (above[t] - below[t]) / (2 * step);
}

void rs_pair_decompose(const struct rs_pair *pair, struct rs_pair_terms *out) {
    struct rs_pair_cell *cell = rs_alloc((pair->n + 1) * sizeof *cell);
    struct rs_pair p = *pair;
    memcpy(cell, pair->cell, pair->n * sizeof *cell);
    p.cell = cell;
    memset(out, 0, sizeof *out);
    terms(&p, out->value);
    for (size_t i = 0; i < p.n; i++) {
        double one[RS_PAIR_TERMS], two[RS_PAIR_TERMS], n1[RS_PAIR_TERMS], n2[RS_PAIR_TERMS];
        slopes(&p, &cell[i].r1, 1e-6, one);
        slopes(&p, &cell[i].r2, 1e-6, two);
        /* The terms depend on n only as shares, so that independent counts of variance n give the multinomial error. */
        slopes(&p, &cell[i].n1, 1e-4 * cell[i].n1, n1);
        slopes(&p, &cell[i].n2, 1e-4 * cell[i].n2, n2);
        for (int t = 0; t < RS_PAIR_TERMS; t++)
            out->se[t] += one[t] * one[t] * cell[i].v1 + two[t] * two[t] * cell[i].v2 +
                          2 * one[t] * two[t] * cell[i].v12 + n1[t] * n1[t] * cell[i].n1 + n2[t] * n2[t] * cell[i].n2;
    }
    for (int t = 0; t < RS_PAIR_TERMS; t++) out->se[t] = sqrt(out->se[t]);
    free(cell);
}
