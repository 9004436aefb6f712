/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Why it exists: a gap within a provider group, or within an age band, needs the rates there, and one fit over all would
 * lend each part the mean of the others. */
#include "split.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "matrix.h"
#include "score.h"

enum { G = RS_GROUPS, MOST_PASSES = 60 };
static const double close_enough = 1e-10;

/* Sums over the rows of a part at theta. */
struct sums {
    double objective, slope[G], information[G][G], q[G], qy[G];
};
struct work {
    double prior1[G];                  /* the weighted rate: a1; a0 = 1 - a1 */
    double p[G], py[G], pp[G];         /* sums of p, p y and p^2 of those imputed */
    double rows;
    double theta[G], here[G];          /* the step being tried; the best so far */
    double best;                       /* objective at `here` */
    double em[G];                      /* EM's step from `here` */
    bool in[G], trying_em, done, started;
    struct sums s;
};

static size_t part_of(const struct rs_split_into *into, size_t number) {
    return !into->of ? number : number < into->numbers ? into->of[number] : SIZE_MAX;
}

typedef void visit(void *self, size_t part, const struct rs_imputed_row *row);

static bool each_row(const struct rs_imputed *m, const struct rs_split_into *into, visit *f, void *self,
                     struct rs_error *error) {
    struct rs_imputed_row *room = rs_alloc(RS_CHUNK_ROWS * sizeof *room);
    bool good = true;
    for (size_t c = 0; good && c < rs_imputed_chunks(m); c++) {
        const struct rs_imputed_row *rows;
        size_t n;
        good = rs_imputed_chunk(m, c, room, &rows, &n, error);
        for (size_t i = 0; good && i < n; i++) {
            size_t part = part_of(into, into->by == RS_BY_PROVIDER ? rows[i].provider : rows[i].cell);
            if (part < into->parts) f(self, part, &rows[i]);
        }
    }
    free(room);
    return good;
}

static void count_row(void *self, size_t part, const struct rs_imputed_row *row) {
    struct work *w = (struct work *)self + part;
    for (int r = 0; r < G; r++) {
        double p = row->weight * row->p[r];
        w->p[r] += p;
        w->pp[r] += p * row->p[r];
        if (row->y) w->py[r] += p;
    }
    w->rows += row->weight;
}

static void score_row(void *self, size_t part_number, const struct rs_imputed_row *row) {
    struct work *w = (struct work *)self + part_number;
    if (w->done) return;
    double mixture = 0, part[G], s[G];
    for (int r = 0; r < G; r++) mixture += part[r] = row->p[r] * (row->y ? w->theta[r] : 1 - w->theta[r]);
    if (!(mixture > 0)) return;
    struct sums *t = &w->s;
    t->objective += row->weight * log(mixture);
    for (int r = 0; r < G; r++) {
        double q = row->weight * part[r] / mixture;
        t->q[r] += q;
        if (row->y) t->qy[r] += q;
        s[r] = (row->y ? row->p[r] : -row->p[r]) / mixture;
        t->slope[r] += row->weight * s[r];
    }
    for (int r = 0; r < G; r++)
        for (int c = 0; c <= r; c++) t->information[r][c] += row->weight * s[r] * s[c];
}

/* a ln theta, with 0 ln 0 = 0. */
static double times_log(double a, double theta) { return a > 0 ? a * log(theta) : 0; }

/* Those who reported and the prior, which have closed forms. */
static void add_known(struct work *w, const struct rs_part_fit *f) {
    struct sums *t = &w->s;
    for (int r = 0; r < G; r++) {
        if (!w->in[r]) continue;
        double one = f->direct_x[r] + w->prior1[r], none = f->direct_n[r] - f->direct_x[r] + 1 - w->prior1[r];
        t->objective += times_log(one, w->theta[r]) + times_log(none, 1 - w->theta[r]);
        t->slope[r] += one / w->theta[r] - none / (1 - w->theta[r]);
        t->information[r][r] += one / (w->theta[r] * w->theta[r]) + none / ((1 - w->theta[r]) * (1 - w->theta[r]));
    }
    for (int r = 0; r < G; r++)
        for (int c = 0; c < r; c++) t->information[c][r] = t->information[r][c];
}

static void start(struct work *w, struct rs_part_fit *f) {
    double all = w->rows;
    for (int r = 0; r < G; r++) all += f->direct_n[r];
    for (int r = 0; r < G; r++) {
        f->n[r] = f->direct_n[r] + w->p[r];
        if (!(f->n[r] > 0)) continue;
        double rate = (f->direct_x[r] + w->py[r]) / f->n[r], mean = f->n[r] / all;
        f->held[r] = rate <= 0 || rate >= 1;
        w->in[r] = !f->held[r];
        w->prior1[r] = w->theta[r] = rate;
        f->lambda[r] = mean < 1 ? ((f->direct_n[r] + w->pp[r]) / all - mean * mean) / (mean * (1 - mean)) : NAN;
    }
    w->done = all <= 0;
}

/* Newton's step from `here`, no more than most of the way to 0 or 1. */
static double newton(struct work *w) {
    double inverse[G][G], step[G] = {0}, fraction = 1, length = 0;
    if (!rs_matrix_invert((const double (*)[G])w->s.information, w->in, inverse)) return INFINITY;
    for (int r = 0; r < G; r++)
        for (int c = 0; c < G; c++) step[r] += inverse[r][c] * w->s.slope[c];
    for (int r = 0; r < G; r++) {
        length += step[r] * step[r];
        double room = step[r] > 0 ? 1 - w->here[r] : w->here[r];
        if (w->in[r] && fabs(step[r]) * fraction > 0.95 * room) fraction = 0.95 * room / fabs(step[r]);
    }
    for (int r = 0; r < G; r++) w->theta[r] = w->here[r] + fraction * step[r];
    return sqrt(length);
}

/* What the sums at theta say: accept it and step on, or step back and let EM try. */
static void step(struct work *w, struct rs_part_fit *f) {
    if (w->done) return;
    add_known(w, f);
    bool up = !w->started || w->trying_em || w->s.objective >= w->best - 1e-12 * fabs(w->best);
    if (!up) {
        memcpy(w->theta, w->em, sizeof w->theta);
        w->trying_em = true;
        return;
    }
    w->started = true;
    w->trying_em = false;
    w->best = w->s.objective;
    memcpy(w->here, w->theta, sizeof w->here);
    for (int r = 0; r < G; r++)
        w->em[r] = w->in[r] ? (f->direct_x[r] + w->s.qy[r] + w->prior1[r]) / (f->direct_n[r] + w->s.q[r] + 1)
                            : w->theta[r];
    double length = newton(w);
    if (!isfinite(length)) memcpy(w->theta, w->em, sizeof w->theta);
    if (length > close_enough) return;
    w->done = f->converged = true;
    memcpy(w->theta, w->here, sizeof w->theta);
}

/* The rate given leaves the prior's pseudo-person out: sum w q y / sum w q at theta. */
static void finish(struct work *w, struct rs_part_fit *f) {
    for (int r = 0; r < G; r++) {
        double n = f->direct_n[r] + w->s.q[r];
        f->rate[r] = !(f->n[r] > 0) ? NAN : n > 0 ? (f->direct_x[r] + w->s.qy[r]) / n : w->theta[r];
        f->x[r] = f->n[r] > 0 ? f->n[r] * f->rate[r] : 0;
        f->theta[r] = w->theta[r];
        f->prior1[r] = w->prior1[r];
        f->edge[r] = (struct rs_interval){NAN, NAN};
    }
    if (!rs_matrix_invert((const double (*)[G])w->s.information, w->in, f->v)) f->converged = false;
}

static void direct(const struct rs_counts *counts, const struct rs_split_into *into, struct rs_split *out) {
    for (size_t i = 0; i < counts->n; i++) {
        size_t part = part_of(into, i / G);
        if (part >= into->parts) continue;
        out->part[part].direct_n[i % G] += (double)counts->c[i].n;
        out->part[part].direct_x[i % G] += (double)counts->c[i].x;
    }
}

bool rs_split_fit(const struct rs_series *series, const struct rs_split_into *into, struct rs_split *out,
                  struct rs_error *error) {
    size_t parts = into->parts;
    *out = (struct rs_split){.part = rs_alloc((parts + 1) * sizeof *out->part), .n = parts};
    struct work *work = rs_alloc((parts + 1) * sizeof *work);
    direct(into->by == RS_BY_PROVIDER ? &series->by_provider : &series->by_cell, into, out);
    bool good = each_row(&series->imputed, into, count_row, work, error), going = good;
    for (size_t i = 0; good && i < parts; i++) start(&work[i], &out->part[i]);
    for (int pass = 0; good && going && pass < MOST_PASSES; pass++) {
        for (size_t i = 0; i < parts; i++)
            if (!work[i].done) work[i].s = (struct sums){0};
        good = each_row(&series->imputed, into, score_row, work, error);
        going = false;
        for (size_t i = 0; good && i < parts; i++) {
            step(&work[i], &out->part[i]);
            going |= !work[i].done;
        }
    }
    for (size_t i = 0; good && i < parts; i++) finish(&work[i], &out->part[i]);
    free(work);
    if (!good) rs_split_free(out);
    return good;
}

/* ---- near 0 and 1 ------------------------------------------------------------------------------------------------- */

enum { MOST_AT_ONCE = 1 << 14 }; /* limits looked for by the same passes: 20 MiB */

struct search {
    struct rs_score at;
    struct rs_score_sums sums;
};
/* Those of part k are at[first[k]] to at[first[k + 1] - 1]. */
struct searches {
    struct search *at;
    uint32_t *first;
    size_t n;
};

static void search_row(void *self, size_t part, const struct rs_imputed_row *row) {
    struct searches *s = self;
    for (uint32_t i = s->first[part]; i < s->first[part + 1]; i++)
        if (!s->at[i].at.done) rs_score_add(&s->at[i].at, row, 1, &s->at[i].sums);
}

static void start_search(struct searches *s, const struct rs_part_fit *f, int g, double z) {
    struct rs_score_problem p = rs_score_problem_of(g, z, f->rate[g], f->v[g][g], f->n, f->held);
    memcpy(p.direct_n, f->direct_n, sizeof p.direct_n);
    memcpy(p.direct_x, f->direct_x, sizeof p.direct_x);
    memcpy(p.prior1, f->prior1, sizeof p.prior1);
    for (int h = 0; h < G; h++)
        if (f->n[h] > 0) p.theta[h] = f->theta[h];
    for (int upper = 0; upper < 2; upper++) {
        p.upper = upper;
        rs_score_start(&s->at[s->n++].at, &p);
    }
}

static bool all_found(const struct rs_series *series, const struct rs_split_into *into, struct searches *s,
                      struct rs_error *error) {
    for (bool going = true; going;) {
        going = false;
        for (size_t i = 0; i < s->n; i++) s->at[i].sums = (struct rs_score_sums){.slope = {0}};
        if (!each_row(&series->imputed, into, search_row, s, error)) return false;
        for (size_t i = 0; i < s->n; i++) {
            if (!s->at[i].at.done) rs_score_step(&s->at[i].at, &s->at[i].sums);
            going |= !s->at[i].at.done;
        }
    }
    return true;
}

static void keep(const struct searches *s, struct rs_split *split) {
    for (size_t k = 0; k < split->n; k++)
        for (uint32_t i = s->first[k]; i < s->first[k + 1]; i += 2) {
            double lower = s->at[i].at.limit, upper = s->at[i + 1].at.limit;
            if (!isnan(lower) && !isnan(upper))
                split->part[k].edge[s->at[i].at.problem.group] = (struct rs_interval){lower, upper};
        }
}

bool rs_split_edges(const struct rs_series *series, const struct rs_split_into *into, const bool *wanted, double z,
                    struct rs_split *split, struct rs_error *error) {
    struct searches s = {.at = rs_alloc((MOST_AT_ONCE + 2 * G) * sizeof *s.at),
                         .first = rs_alloc((split->n + 1) * sizeof *s.first)};
    bool good = true;
    for (size_t from = 0, to; good && from < split->n; from = to) {
        s.n = 0;
        for (size_t k = 0; k < from; k++) s.first[k] = 0;
        for (to = from; to < split->n && s.n <= MOST_AT_ONCE; to++) {
            const struct rs_part_fit *f = &split->part[to];
            s.first[to] = (uint32_t)s.n;
            for (int g = 0; g < G; g++)
                if (wanted[to * G + (size_t)g] && f->n[g] > 0 && f->converged) start_search(&s, f, g, z);
        }
        for (size_t k = to; k <= split->n; k++) s.first[k] = (uint32_t)s.n;
        good = !s.n || all_found(series, into, &s, error);
        if (good) keep(&s, split);
    }
    free(s.at);
    free(s.first);
    return good;
}

void rs_split_free(struct rs_split *s) {
    free(s->part);
    *s = (struct rs_split){0};
}
