/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Why it exists: rows of one person are not independent, and a person's rows may reach over the end of a chunk. */
#include "clusters.h"
#include <string.h>

enum { G = RS_GROUPS };

/* The first and last cluster of a chunk may go on in the chunks beside it. */
struct meat {
    double first[G], last[G], closed[G][G];
    uint32_t first_cluster, last_cluster;
    bool any, one; /* any rows; all of one cluster, which is then in `first` */
};

struct whole {
    double total[G][G], open[G];
    bool is_open;
    uint32_t open_cluster;
};

struct task {
    rs_score *score;
    const void *self;
    bool cluster;
};

static void add_outer(double into[G][G], const double *u) {
    for (int r = 0; r < G; r++)
        for (int c = 0; c < G; c++) into[r][c] += u[r] * u[c];
}

static void close_cluster(struct meat *m, const double *u, bool first) {
    if (first) memcpy(m->first, u, sizeof m->first);
    else add_outer(m->closed, u);
}

static void add(const void *self, const struct rs_imputed_row *row, size_t n, void *part) {
    const struct task *t = self;
    struct meat *m = part;
    double u[G] = {0}, one[G];
    bool first = true;
    for (size_t i = 0; i < n; i++, row++) {
        if (i == 0) m->first_cluster = row->cluster;
        else if (!t->cluster || row->cluster != row[-1].cluster) {
            close_cluster(m, u, first);
            first = false;
            memset(u, 0, sizeof u);
        }
        t->score(t->self, row, one);
        for (int r = 0; r < G; r++) u[r] += one[r];
        m->last_cluster = row->cluster;
    }
    m->any = n > 0;
    m->one = first;
    memcpy(first ? m->first : m->last, u, sizeof u);
}

/* A cluster that reaches over a chunk's end is closed where it ends. */
static void join(const void *self, void *total, const void *part) {
    const struct task *t = self;
    struct whole *w = total;
    const struct meat *m = part;
    if (!m->any) return;
    if (w->is_open && (!t->cluster || m->first_cluster != w->open_cluster)) {
        add_outer(w->total, w->open);
        w->is_open = false;
    }
    if (!w->is_open) memset(w->open, 0, sizeof w->open);
    for (int r = 0; r < G; r++) w->open[r] += m->first[r];
    if (!m->one) {
        add_outer(w->total, w->open);
        memcpy(w->open, m->last, sizeof w->open);
    }
    for (int r = 0; r < G; r++)
        for (int c = 0; c < G; c++) w->total[r][c] += m->closed[r][c];
    w->is_open = true;
    w->open_cluster = m->last_cluster;
}

bool rs_cluster_sum(const struct rs_imputed *m, int threads, bool cluster, rs_score *score, const void *self,
                    double total[G][G], struct rs_error *error) {
    const struct task task = {.score = score, .self = self, .cluster = cluster};
    const struct rs_sums how = {.bytes = sizeof(struct meat), .add = add, .join = join};
    struct whole w = {.is_open = false};
    if (!rs_imputed_sum(m, threads, &how, &task, &w, error)) return false;
    if (w.is_open) add_outer(w.total, w.open);
    memcpy(total, w.total, sizeof w.total);
    return true;
}

double rs_direct_squares(const struct rs_direct *d, double t) { return d->xx - 2 * t * d->nx + t * t * d->nn; }

void rs_direct_add(struct rs_direct *d, double n, double x) {
    d->n += n;
    d->x += x;
    d->nn += n * n;
    d->nx += n * x;
    d->xx += x * x;
}
