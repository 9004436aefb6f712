/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Why it exists: those who answer are not like those who do not; how much that may matter is said by several assumptions
 * side by side, none of which puts a guess on a person. */
#include "missing.h"
#include <gsl/gsl_errno.h>
#include <gsl/gsl_linalg.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "pipeline/base/hash.h"
#include "pipeline/base/text.h"
#include "rubin.h"

/* ---- patterns ----------------------------------------------------------------------------------------------------- */

static size_t hash_of(const struct rs_pattern *p) {
    const uint32_t *word = (const uint32_t *)p;
    uint64_t h = 14695981039346656037u;
    for (size_t i = 0; i < sizeof *p / sizeof *word; i++) h = (h ^ word[i]) * 1099511628211u;
    return (size_t)(h ^ h >> 29);
}

static void grow(struct rs_patterns *t) {
    free(t->slots);
    t->n_slots = t->n_slots ? 2 * t->n_slots : 1024;
    t->slots = rs_alloc(t->n_slots * sizeof *t->slots);
    for (size_t i = 0; i < t->n; i++) {
        size_t at = hash_of(&t->c[i].p) & (t->n_slots - 1);
        while (t->slots[at]) at = (at + 1) & (t->n_slots - 1);
        t->slots[at] = (uint32_t)i + 1;
    }
}

size_t rs_patterns_add(struct rs_patterns *t, const struct rs_pattern *p, bool y) {
    if (2 * (t->n + 1) > t->n_slots) grow(t);
    size_t at = hash_of(p) & (t->n_slots - 1);
    while (t->slots[at] && memcmp(&t->c[t->slots[at] - 1].p, p, sizeof *p) != 0) at = (at + 1) & (t->n_slots - 1);
    if (!t->slots[at]) {
        if (t->n == t->room) {
            t->room = t->room ? 2 * t->room : 256;
            t->c = rs_realloc(t->c, t->room * sizeof *t->c);
        }
        t->c[t->n] = (struct rs_pattern_count){.p = *p};
        t->slots[at] = (uint32_t)++t->n;
    }
    t->c[t->slots[at] - 1].n[y]++;
    return t->slots[at] - 1;
}

void rs_patterns_free(struct rs_patterns *t) {
    free(t->c);
    free(t->slots);
    *t = (struct rs_patterns){.n = 0};
}

static int stratum_of(const struct rs_missing_input *in, size_t i) {
    return in->stratum[in->patterns->c[i].p.answer[in->which]];
}

/* ---- who answers -------------------------------------------------------------------------------------------------- */

enum { FACTORS = 5, MOST_LEVELS = 60 }; /* of each factor; rarer ones are one level */

/* Columns of the model: 0 is the intercept; each factor's most frequent level has none. */
struct design {
    size_t n, columns;
    uint16_t (*column)[FACTORS]; /* of each pattern, 0 for the reference */
    double *beta, *information;  /* columns; columns x columns, inverted at the end */
};

static uint32_t level_of(const struct rs_missing_input *in, const struct rs_pattern *p, int factor) {
    switch (factor) {
    case 0: return p->age;
    case 1: return p->sex;
    case 2: return p->race;
    case 3: return p->provider;
    default: return in->which == 0 ? 0 : p->answer[0];
    }
}

struct level {
    uint64_t n;
    uint32_t number;
};
static int by_size(const void *a, const void *b) {
    const struct level *x = a, *y = b;
    if (x->n != y->n) return x->n < y->n ? 1 : -1;
    return (x->number > y->number) - (x->number < y->number);
}

static void add_factor(const struct rs_missing_input *in, struct design *d, int factor) {
    const struct rs_patterns *t = in->patterns;
    uint32_t most = 0;
    for (size_t i = 0; i < t->n; i++) {
        uint32_t l = level_of(in, &t->c[i].p, factor);
        if (l > most) most = l;
    }
    struct level *levels = rs_alloc((most + 1) * sizeof *levels);
    uint16_t *column = rs_alloc((most + 1) * sizeof *column);
    for (uint32_t l = 0; l <= most; l++) levels[l].number = l;
    for (size_t i = 0; i < t->n; i++) levels[level_of(in, &t->c[i].p, factor)].n += t->c[i].n[0] + t->c[i].n[1];
    qsort(levels, most + 1, sizeof *levels, by_size);
    size_t first = d->columns;
    for (uint32_t k = 1; k <= most; k++) {
        size_t c = k < MOST_LEVELS ? k - 1 : MOST_LEVELS - 1;
        if (!levels[k].n) break;
        column[levels[k].number] = (uint16_t)(first + c);
        if (first + c + 1 > d->columns) d->columns = first + c + 1;
    }
    for (size_t i = 0; i < t->n; i++) d->column[i][factor] = column[level_of(in, &t->c[i].p, factor)];
    free(levels);
    free(column);
}

/* Columns of a pattern that are 1, the intercept first; their number. */
static int ones_of(const struct design *d, size_t i, size_t at[FACTORS + 1]) {
    int n = 0;
    at[n++] = 0;
    for (int f = 0; f < FACTORS; f++)
        if (d->column[i][f]) at[n++] = d->column[i][f];
    return n;
}

static double answers(const struct design *d, size_t i) {
    size_t at[FACTORS + 1];
    double eta = 0;
    for (int k = ones_of(d, i, at); k-- > 0;) eta += d->beta[at[k]];
    return 1 / (1 + exp(-eta));
}

static const double ridge = .01;

/* One Newton step; the information is left inverted. NaN where it cannot be had. */
static double step(const struct rs_missing_input *in, struct design *d, double *score) {
    size_t c = d->columns, at[FACTORS + 1];
    memset(score, 0, c * sizeof *score);
    memset(d->information, 0, c * c * sizeof *d->information);
    for (size_t i = 0; i < d->n; i++) {
        const struct rs_pattern_count *p = &in->patterns->c[i];
        double n = (double)(p->n[0] + p->n[1]), pi = answers(d, i), r = stratum_of(in, i) >= 0 ? n : 0;
        int ones = ones_of(d, i, at);
        for (int a = 0; a < ones; a++) {
            score[at[a]] += r - n * pi;
            for (int b = 0; b < ones; b++) d->information[at[a] * c + at[b]] += n * pi * (1 - pi);
        }
    }
    for (size_t a = 0; a < c; a++) {
        d->information[a * c + a] += ridge;
        score[a] -= ridge * d->beta[a];
    }
    gsl_matrix_view m = gsl_matrix_view_array(d->information, c, c);
    if (gsl_linalg_cholesky_decomp1(&m.matrix) != GSL_SUCCESS || gsl_linalg_cholesky_invert(&m.matrix) != GSL_SUCCESS)
        return NAN;
    double longest = 0;
    for (size_t a = 0; a < c; a++) {
        double move = 0;
        for (size_t b = 0; b < c; b++) move += d->information[a * c + b] * score[b];
        d->beta[a] += move;
        longest = fmax(longest, fabs(move));
    }
    return longest;
}

static bool fit_answers(const struct rs_missing_input *in, struct design *d) {
    *d = (struct design){.n = in->patterns->n, .columns = 1};
    d->column = rs_alloc((d->n + 1) * sizeof *d->column);
    for (int f = 0; f < FACTORS; f++) add_factor(in, d, f);
    d->beta = rs_alloc(d->columns * sizeof *d->beta);
    d->information = rs_alloc(d->columns * d->columns * sizeof *d->information);
    double *score = rs_alloc(d->columns * sizeof *score), moved = 1;
    gsl_error_handler_t *before = gsl_set_error_handler_off();
    for (int i = 0; i < 50 && moved > 1e-9; i++) moved = step(in, d, score);
    gsl_set_error_handler(before);
    free(score);
    return moved <= 1e-9;
}

static void free_design(struct design *d) {
    free(d->column);
    free(d->beta);
    free(d->information);
}

/* The rate of stratum s and its variance: influence of a person a_i + G' I^-1 x_i (R_i - pi_i), a_i = w_i (y - rate) / W for
 * who is in s, G = -sum a_i (1 - pi_i) x_i. */
static void weighted_rate(const struct rs_missing_input *in, const struct design *d, const double *pi, int s,
                          struct rs_missing_result *out) {
    double sum = 0, met = 0, variance = 0;
    size_t c = d->columns, at[FACTORS + 1];
    for (size_t i = 0; i < d->n; i++) {
        const uint64_t *n = in->patterns->c[i].n;
        if (stratum_of(in, i) != s) continue;
        sum += (double)(n[0] + n[1]) / pi[i];
        met += (double)n[1] / pi[i];
    }
    if (!(sum > 0)) return;
    double rate = met / sum, *g = rs_alloc(c * sizeof *g), *h = rs_alloc(c * sizeof *h);
    for (size_t i = 0; i < d->n; i++) {
        const uint64_t *n = in->patterns->c[i].n;
        if (stratum_of(in, i) != s) continue;
        double a = ((double)n[1] * (1 - rate) - (double)n[0] * rate) / pi[i] / sum;
        for (int k = ones_of(d, i, at); k-- > 0;) g[at[k]] -= a * (1 - pi[i]);
    }
    for (size_t a = 0; a < c; a++)
        for (size_t b = 0; b < c; b++) h[a] += d->information[a * c + b] * g[b];
    for (size_t i = 0; i < d->n; i++) {
        const uint64_t *n = in->patterns->c[i].n;
        int mine = stratum_of(in, i);
        double model = 0;
        for (int k = ones_of(d, i, at); k-- > 0;) model += h[at[k]];
        model *= (mine >= 0) - pi[i];
        for (int y = 0; y < 2; y++) {
            double u = (mine == s ? (y - rate) / pi[i] / sum : 0) + model;
            variance += (double)n[y] * u * u;
        }
    }
    out->weighted = rate;
    out->weighted_se = sqrt(variance);
    free(g);
    free(h);
}

/* ---- imputation of the whole -------------------------------------------------------------------------------------- */

/* G. Marsaglia, W. W. Tsang, ACM Transactions on Mathematical Software 26 (2000) 363-372. */
static double draw_gamma(struct rs_random *r, double shape) {
    if (shape < 1) {
        double u = rs_random_unit(r);
        return draw_gamma(r, shape + 1) * pow(u > 0 ? u : 1e-300, 1 / shape);
    }
    double d = shape - 1. / 3, c = 1 / sqrt(9 * d);
    for (;;) {
        double x = rs_random_normal(r), v = pow(1 + c * x, 3);
        if (v > 0 && log(1 - rs_random_unit(r)) < .5 * x * x + d - d * v + d * log(v)) return d * v;
    }
}

struct cells {
    struct rs_patterns index; /* age, sex, race and outcome (in provider) */
    double *known;            /* of each cell, by stratum: those who answered */
    uint64_t *missing;
};

static void make_cells(const struct rs_missing_input *in, struct cells *t) {
    size_t room = 2 * in->patterns->n + 1;
    *t = (struct cells){.index = {.n = 0}};
    t->known = rs_alloc(room * (in->strata + 1) * sizeof *t->known);
    t->missing = rs_alloc(room * sizeof *t->missing);
    for (size_t i = 0; i < in->patterns->n; i++) {
        const struct rs_pattern_count *p = &in->patterns->c[i];
        int s = stratum_of(in, i);
        for (uint32_t y = 0; y < 2; y++) {
            struct rs_pattern key = {.age = p->p.age, .sex = p->p.sex, .race = p->p.race, .provider = y};
            if (!p->n[y]) continue;
            size_t at = rs_patterns_add(&t->index, &key, false);
            if (s >= 0) t->known[at * in->strata + (size_t)s] += (double)p->n[y];
            else t->missing[at] += p->n[y];
        }
    }
}

/* Adds to n and x, by stratum, one draw of the strata of those of a cell who did not say. */
static void draw_cell(const struct rs_missing_input *in, const struct cells *t, size_t at, const double *spread,
                      struct rs_random *r, double *share, double *n, double *x) {
    uint32_t y = t->index.c[at].p.provider;
    double sum = 0;
    for (size_t s = 0; s < in->strata; s++) {
        double shape = t->known[at * in->strata + s] + 2 * spread[y * in->strata + s];
        sum += share[s] = shape > 0 ? draw_gamma(r, shape) : 0;
    }
    for (uint64_t i = 0; i < t->missing[at]; i++) {
        double u = rs_random_unit(r) * sum;
        size_t s = 0;
        while (s + 1 < in->strata && u >= share[s]) u -= share[s++];
        n[s]++;
        x[s] += y;
    }
}

static void impute_population(const struct rs_missing_input *in, struct rs_missing_result *out) {
    struct cells t;
    size_t k = in->strata;
    make_cells(in, &t);
    double *base = rs_alloc(4 * k * sizeof *base), *spread = rs_alloc(2 * k * sizeof *spread), of_outcome[2] = {0};
    double *q = rs_alloc(2 * k * RS_MISSING_DRAWS * sizeof *q), *u = q + k * RS_MISSING_DRAWS;
    for (size_t at = 0; at < t.index.n; at++)
        for (size_t s = 0; s < k; s++) {
            uint32_t y = t.index.c[at].p.provider;
            double known = t.known[at * k + s];
            base[s] += known;
            base[k + s] += y * known;
            spread[y * k + s] += known;
            of_outcome[y] += known;
        }
    for (size_t i = 0; i < 2 * k; i++) spread[i] /= of_outcome[i / k] > 0 ? of_outcome[i / k] : 1;
    for (uint32_t m = 0; m < RS_MISSING_DRAWS; m++) {
        double *n = base + 2 * k, *x = base + 3 * k, *share = rs_alloc((k + 1) * sizeof *share);
        memcpy(n, base, 2 * k * sizeof *n);
        for (size_t at = 0; at < t.index.n; at++) {
            struct rs_random r = rs_random(in->seed, at, m);
            if (t.missing[at]) draw_cell(in, &t, at, spread, &r, share, n, x);
        }
        for (size_t s = 0; s < k; s++) {
            double rate = n[s] > 0 ? x[s] / n[s] : NAN;
            q[s * RS_MISSING_DRAWS + m] = rate;
            u[s * RS_MISSING_DRAWS + m] = rate * (1 - rate) / n[s];
        }
        free(share);
    }
    for (size_t s = 0; s < k; s++) {
        struct rs_rubin r = rs_rubin(q + s * RS_MISSING_DRAWS, u + s * RS_MISSING_DRAWS, 1, RS_MISSING_DRAWS, INFINITY);
        out[s].imputed = r.estimate;
        out[s].imputed_se = sqrt(r.total);
        out[s].imputed_df = r.df;
        out[s].fmi = r.fmi;
    }
    rs_patterns_free(&t.index);
    free(t.known);
    free(t.missing);
    free(base);
    free(spread);
    free(q);
}

void rs_missing_estimate(const struct rs_missing_input *in, struct rs_missing_result *out) {
    struct design d;
    for (size_t s = 0; s < in->strata; s++) out[s] = (struct rs_missing_result){NAN, NAN, NAN, NAN, NAN, NAN};
    if (!in->strata || !in->patterns->n) return;
    if (fit_answers(in, &d)) {
        double *pi = rs_alloc((d.n + 1) * sizeof *pi);
        for (size_t i = 0; i < d.n; i++) pi[i] = answers(&d, i);
        for (size_t s = 0; s < in->strata; s++) weighted_rate(in, &d, pi, (int)s, &out[s]);
        free(pi);
    }
    free_design(&d);
    impute_population(in, out);
}
