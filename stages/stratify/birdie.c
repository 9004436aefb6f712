/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Why it exists: the usual estimates with imputed race (argmax, weighted) are biased, often by more than half of a gap.
 * Sums are formed chunk by chunk and the chunks added in order, so that no digit depends on the number of threads. */
#include "birdie.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "pipeline/base/text.h"

enum { G = RS_GROUPS };

/* ---- passes over the rows ------------------------------------------------------------------------------------- */

struct moments {
    double n[G], x[G], pp[G], weight;
};

/* First and second derivatives at theta: up = sum over y = 1 of w p/D, down = the same over y = 0. */
struct slopes {
    double value, up[G], down[G], outer[G][G];
};

/* Sum of u u' over clusters; the first and last one may go on in the chunks beside this one. */
struct meat {
    double first[G], last[G], closed[G][G];
    uint32_t first_cluster, last_cluster;
    bool any, one; /* any rows; all of one cluster, which is then in `first` */
};

struct pass {
    const struct rs_birdie_input *input;
    const double *theta;
    bool scores;  /* of the meat: scores of the likelihood, else the weighted estimate's residuals */
    bool cluster; /* of the meat */
    double scale[G];
    struct moments *moments;
    struct slopes *slopes;
    struct meat *meat;
};

static void moments_of(const struct rs_imputed_row *row, size_t n, struct moments *m) {
    memset(m, 0, sizeof *m);
    for (; n > 0; n--, row++) {
        double w = row->weight;
        m->weight += w;
        for (int r = 0; r < G; r++) {
            double wp = w * row->p[r];
            m->n[r] += wp;
            m->pp[r] += wp * row->p[r];
            if (row->y) m->x[r] += wp;
        }
    }
}

static double mixture(const struct rs_imputed_row *row, const double *theta) {
    double d = 0;
    if (row->y)
        for (int r = 0; r < G; r++) d += row->p[r] * theta[r];
    else
        for (int r = 0; r < G; r++) d += row->p[r] * (1 - theta[r]);
    return d;
}

static void slopes_of(const struct rs_imputed_row *row, size_t n, const double *theta, struct slopes *s) {
    memset(s, 0, sizeof *s);
    for (; n > 0; n--, row++) {
        double d = mixture(row, theta), w = row->weight;
        s->value += w * log(d);
        double inverse = 1 / d, wi = w * inverse;
        double *side = row->y ? s->up : s->down;
        for (int r = 0; r < G; r++) side[r] += wi * row->p[r];
        for (int r = 0; r < G; r++) {
            double f = wi * inverse * row->p[r];
            for (int c = 0; c < G; c++) s->outer[r][c] += f * row->p[c];
        }
    }
}

static void add_outer(double into[G][G], const double *u) {
    for (int r = 0; r < G; r++)
        for (int c = 0; c < G; c++) into[r][c] += u[r] * u[c];
}

static void close_cluster(struct meat *m, const double *u, bool first) {
    if (first) memcpy(m->first, u, sizeof m->first);
    else add_outer(m->closed, u);
}

static void meat_of(const struct rs_imputed_row *row, size_t n, const struct pass *p, struct meat *m) {
    memset(m, 0, sizeof *m);
    double u[G] = {0};
    bool first = true;
    for (size_t i = 0; i < n; i++, row++) {
        if (i == 0) m->first_cluster = row->cluster;
        else if (!p->cluster || row->cluster != row[-1].cluster) {
            close_cluster(m, u, first);
            first = false;
            memset(u, 0, sizeof u);
        }
        double sign = row->y ? 1 : -1, d = p->scores ? row->weight * sign / mixture(row, p->theta) : row->weight;
        for (int r = 0; r < G; r++)
            u[r] += p->scores ? d * row->p[r] : d * row->p[r] * ((double)row->y - p->theta[r]) * p->scale[r];
        m->last_cluster = row->cluster;
    }
    m->any = n > 0;
    m->one = first;
    memcpy(first ? m->first : m->last, u, sizeof u);
}

static bool pass_chunk(void *self, size_t i, struct rs_error *error) {
    struct pass *p = self;
    struct rs_imputed_row *room = malloc(RS_CHUNK_ROWS * sizeof *room);
    if (!room) return rs_fail(error, RS_IO, "out of memory");
    const struct rs_imputed_row *rows;
    size_t n;
    bool good = rs_imputed_chunk(p->input->imputed, i, room, &rows, &n, error);
    if (good && p->moments) moments_of(rows, n, &p->moments[i]);
    if (good && p->slopes) slopes_of(rows, n, p->theta, &p->slopes[i]);
    if (good && p->meat) meat_of(rows, n, p, &p->meat[i]);
    free(room);
    return good;
}

/* One pass; the chunks' sums are then added in order by the caller. */
static bool run_pass(struct pass *p, struct rs_error *error) {
    return rs_parallel(p->input->threads, rs_imputed_chunks(p->input->imputed), pass_chunk, p, error);
}

static bool sum_moments(const struct rs_birdie_input *input, struct moments *total, struct rs_error *error) {
    size_t chunks = rs_imputed_chunks(input->imputed);
    struct moments *part = rs_alloc((chunks + 1) * sizeof *part);
    struct pass p = {.input = input, .moments = part};
    bool good = run_pass(&p, error);
    memset(total, 0, sizeof *total);
    for (int r = 0; r < G; r++) {
        total->n[r] = total->pp[r] = input->direct_n[r];
        total->x[r] = input->direct_x[r];
        total->weight += input->direct_n[r];
    }
    for (size_t i = 0; good && i < chunks; i++) {
        total->weight += part[i].weight;
        for (int r = 0; r < G; r++) {
            total->n[r] += part[i].n[r];
            total->x[r] += part[i].x[r];
            total->pp[r] += part[i].pp[r];
        }
    }
    free(part);
    return good;
}

/* x ln theta, where x = 0 counts for nothing whatever theta is. */
static double x_log(double x, double theta) { return x > 0 ? x * log(theta) : 0; }
static double over(double x, double divisor) { return x > 0 ? x / divisor : 0; }

static bool sum_slopes(const struct rs_birdie_input *input, const double *prior1, const double *prior0,
                       const double *theta, struct slopes *total, struct rs_error *error) {
    size_t chunks = rs_imputed_chunks(input->imputed);
    struct slopes *part = rs_alloc((chunks + 1) * sizeof *part);
    struct pass p = {.input = input, .theta = theta, .slopes = part};
    bool good = run_pass(&p, error);
    memset(total, 0, sizeof *total);
    for (int r = 0; r < G; r++) {
        double x = input->direct_x[r] + prior1[r], z = input->direct_n[r] - input->direct_x[r] + prior0[r];
        total->value += x_log(x, theta[r]) + x_log(z, 1 - theta[r]);
        total->up[r] = over(x, theta[r]);
        total->down[r] = over(z, 1 - theta[r]);
        total->outer[r][r] = over(x, theta[r] * theta[r]) + over(z, (1 - theta[r]) * (1 - theta[r]));
    }
    for (size_t i = 0; good && i < chunks; i++) {
        total->value += part[i].value;
        for (int r = 0; r < G; r++) {
            total->up[r] += part[i].up[r];
            total->down[r] += part[i].down[r];
            for (int c = 0; c < G; c++) total->outer[r][c] += part[i].outer[r][c];
        }
    }
    free(part);
    return good;
}

/* Joins the chunks: a cluster that reaches over a chunk's end is closed where it ends. */
static void join_meat(const struct meat *part, size_t chunks, bool cluster, double total[G][G]) {
    double open[G] = {0};
    bool is_open = false;
    uint32_t open_cluster = 0;
    for (size_t i = 0; i < chunks; i++) {
        const struct meat *m = &part[i];
        if (!m->any) continue;
        if (is_open && (!cluster || m->first_cluster != open_cluster)) {
            add_outer(total, open);
            is_open = false;
        }
        if (!is_open) memset(open, 0, sizeof open);
        for (int r = 0; r < G; r++) open[r] += m->first[r];
        if (!m->one) {
            add_outer(total, open);
            memcpy(open, m->last, sizeof open);
        }
        for (int r = 0; r < G; r++)
            for (int c = 0; c < G; c++) total[r][c] += m->closed[r][c];
        is_open = true;
        open_cluster = m->last_cluster;
    }
    if (is_open) add_outer(total, open);
}

static bool sum_meat(struct pass *p, double total[G][G], struct rs_error *error) {
    size_t chunks = rs_imputed_chunks(p->input->imputed);
    p->meat = rs_alloc((chunks + 1) * sizeof *p->meat);
    bool good = run_pass(p, error);
    memset(total, 0, sizeof(double[G][G]));
    if (good) join_meat(p->meat, chunks, p->cluster, total);
    free(p->meat);
    p->meat = NULL;
    return good;
}

/* ---- six by six ----------------------------------------------------------------------------------------------- */

/* Inverse of a symmetric positive definite matrix over the groups that are `in`; 0 elsewhere. false where it is not
 * positive definite. Cholesky, a = l l'. */
static bool invert(const double (*a)[G], const bool in[G], double out[G][G]) {
    double l[G][G] = {{0}}, m[G][G] = {{0}};
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

static void sandwich(double bread[G][G], double meat[G][G], double out[G][G]) {
    double half[G][G];
    for (int r = 0; r < G; r++)
        for (int c = 0; c < G; c++) {
            half[r][c] = 0;
            for (int k = 0; k < G; k++) half[r][c] += bread[r][k] * meat[k][c];
        }
    for (int r = 0; r < G; r++)
        for (int c = 0; c < G; c++) {
            out[r][c] = 0;
            for (int k = 0; k < G; k++) out[r][c] += half[r][k] * bread[k][c];
        }
}

/* ---- estimates ------------------------------------------------------------------------------------------------ */

static bool fit_weighted(const struct rs_birdie_input *input, struct rs_birdie_fit *fit, struct rs_error *error) {
    struct moments m;
    if (!sum_moments(input, &m, error)) return false;
    struct pass p = {.input = input, .cluster = input->robust};
    for (int r = 0; r < G; r++) {
        fit->n[r] = m.n[r];
        fit->weighted[r] = m.n[r] > 0 ? m.x[r] / m.n[r] : NAN;
        double mean = m.weight > 0 ? m.n[r] / m.weight : 0;
        double spread = m.weight > 0 ? m.pp[r] / m.weight - mean * mean : 0;
        fit->lambda[r] = mean > 0 && mean < 1 ? spread / (mean * (1 - mean)) : NAN;
        p.scale[r] = m.n[r] > 0 ? 1 / m.n[r] : 0;
    }
    double safe[G];
    for (int r = 0; r < G; r++) safe[r] = m.n[r] > 0 ? fit->weighted[r] : 0;
    p.theta = safe;
    if (!sum_meat(&p, fit->weighted_v, error)) return false;
    for (int r = 0; r < G; r++) {
        double t = safe[r], x = input->direct_x[r], z = input->direct_n[r] - x;
        fit->weighted_v[r][r] += (x * (1 - t) * (1 - t) + z * t * t) * p.scale[r] * p.scale[r];
    }
    return true;
}

static double norm(const double *v) {
    double s = 0;
    for (int r = 0; r < G; r++) s += v[r] * v[r];
    return sqrt(s);
}

/* sum w q y / sum w q, the prior's own terms taken out. */
static void rates_at(const struct slopes *s, const double *theta, const double *prior1, const double *prior0,
                     struct rs_birdie_fit *fit) {
    for (int r = 0; r < G; r++) {
        double x = theta[r] * s->up[r] - prior1[r], z = (1 - theta[r]) * s->down[r] - prior0[r];
        fit->rate[r] = fit->held[r] || !(x + z > 0) ? theta[r] : x / (x + z);
    }
}

/* Newton's step from the slopes at theta, cut so as to stay inside (0, 1). false where there is none. */
static bool newton_step(const struct slopes *s, const bool *moves, const double *theta, double *to, double *length,
                        double inverse[G][G]) {
    if (!invert(s->outer, moves, inverse)) return false;
    double step[G], most = 1;
    for (int r = 0; r < G; r++) {
        step[r] = 0;
        for (int c = 0; c < G; c++)
            if (moves[c]) step[r] += inverse[r][c] * (s->up[c] - s->down[c]);
        double space = step[r] > 0 ? 1 - theta[r] : theta[r];
        if (moves[r] && fabs(step[r]) * most > 0.9 * space) most = 0.9 * space / fabs(step[r]);
    }
    *length = norm(step);
    for (int r = 0; r < G; r++) to[r] = theta[r] + (moves[r] ? most * step[r] : 0);
    return true;
}

static void em_step(const struct slopes *s, const bool *moves, const double *theta, double *to) {
    for (int r = 0; r < G; r++) {
        double x = theta[r] * s->up[r], z = (1 - theta[r]) * s->down[r];
        to[r] = moves[r] ? x / (x + z) : theta[r];
    }
}

static bool fit_theta(const struct rs_birdie_input *input, struct rs_birdie_fit *fit, struct rs_error *error) {
    double prior1[G], prior0[G], theta[G], em[G], inverse[G][G] = {{0}}, best = -INFINITY;
    bool moves[G], have_inverse = false;
    for (int r = 0; r < G; r++) {
        bool there = fit->n[r] > 0;
        theta[r] = there ? fit->weighted[r] : 0.5; /* without mass, p = 0: the value is of no account */
        fit->held[r] = there && (theta[r] <= 0 || theta[r] >= 1);
        moves[r] = there && !fit->held[r];
        prior1[r] = there ? theta[r] : 0;
        prior0[r] = there ? 1 - theta[r] : 0;
        em[r] = theta[r];
    }
    int most = input->most_iterations ? input->most_iterations : 200;
    for (fit->iterations = 1; fit->iterations <= most; fit->iterations++) {
        struct slopes s;
        if (!sum_slopes(input, prior1, prior0, theta, &s, error)) return false;
        /* Not up, by more than rounding: back to the EM step from the last point, which always goes up. */
        if (!(s.value >= best - 1e-11 * fabs(best)) && memcmp(theta, em, sizeof em) != 0) {
            memcpy(theta, em, sizeof theta);
            continue;
        }
        best = s.value;
        rates_at(&s, theta, prior1, prior0, fit);
        em_step(&s, moves, theta, em);
        double next[G], length = INFINITY;
        have_inverse = newton_step(&s, moves, theta, next, &length, inverse);
        memcpy(theta, have_inverse ? next : em, sizeof theta);
        if (length < 1e-10) {
            fit->converged = true;
            break;
        }
    }
    memcpy(fit->theta, theta, sizeof theta);
    if (!have_inverse) memset(inverse, 0, sizeof inverse);
    if (have_inverse && input->robust) {
        struct pass p = {.input = input, .theta = theta, .scores = true, .cluster = true};
        double meat[G][G];
        if (!sum_meat(&p, meat, error)) return false;
        for (int r = 0; r < G; r++) {
            double x = input->direct_x[r], z = input->direct_n[r] - x;
            meat[r][r] += over(x, theta[r] * theta[r]) + over(z, (1 - theta[r]) * (1 - theta[r]));
        }
        sandwich(inverse, meat, fit->v);
    } else {
        memcpy(fit->v, inverse, sizeof inverse);
    }
    if (!have_inverse) fit->converged = false;
    return true;
}

bool rs_birdie(const struct rs_birdie_input *input, struct rs_birdie_fit *fit, struct rs_error *error) {
    memset(fit, 0, sizeof *fit);
    if (!fit_weighted(input, fit, error)) return false;
    if (!fit_theta(input, fit, error)) return false;
    for (int r = 0; r < G; r++) {
        if (fit->n[r] > 0) continue;
        fit->theta[r] = fit->rate[r] = NAN;
        for (int c = 0; c < G; c++)
            fit->v[r][c] = fit->v[c][r] = fit->weighted_v[r][c] = fit->weighted_v[c][r] = NAN;
    }
    return true;
}

bool rs_birdie_objective(const struct rs_birdie_input *input, const double prior1[RS_GROUPS],
                         const double prior0[RS_GROUPS], const double theta[RS_GROUPS], double *value,
                         double gradient[RS_GROUPS], struct rs_error *error) {
    struct slopes s;
    if (!sum_slopes(input, prior1, prior0, theta, &s, error)) return false;
    *value = s.value;
    for (int r = 0; r < G; r++) gradient[r] = s.up[r] - s.down[r];
    return true;
}
