/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Why it exists: a plan's gap may lie within its provider groups, or between those that see different people. */
#include "providers.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { G = RS_GROUPS, HIDDEN = RS_GROUPS }; /* the table's last column: those neither reported nor imputed */

static int by_name(const void *a, const void *b) {
    const struct rs_provider *x = a, *y = b;
    return strcmp(x->name, y->name);
}

static const struct rs_estimate *row_of(const struct rs_estimates *all, const char *provider) {
    for (size_t i = 0; i < all->n; i++)
        if (all->e[i].dimension == RS_PROVIDER && strcmp(all->e[i].stratum, provider) == 0) return &all->e[i];
    return NULL;
}

static bool blank(const struct rs_estimates *all, const struct rs_estimate *e) {
    return all->table.cells[e->cell].suppressed;
}

/* Everybody with a provider group that has a row. */
static void list(struct rs_providers *out, const struct rs_estimates *all, const struct rs_strata *strata) {
    const struct rs_counts *counts = &all->series->by[RS_PROVIDER];
    out->p = rs_alloc((counts->n + 1) * sizeof *out->p);
    for (uint32_t i = 0; i < counts->n; i++) {
        if (!counts->c[i].n) continue;
        const char *name = strata->names[RS_PROVIDER].names[i];
        const struct rs_estimate *e = row_of(all, name);
        if (!e || e->missing) continue;
        out->p[out->n++] = (struct rs_provider){.name = name, .number = i, .members = (double)counts->c[i].n,
                                                .withheld = blank(all, e), .fit = &out->split.part[i]};
    }
    if (out->n) qsort(out->p, out->n, sizeof *out->p, by_name);
}

static void fill_rate(struct rs_provider_rate *r, const struct rs_part_fit *f, int g, enum rs_estimator k,
                      double low_information) {
    bool imputed = k == RS_BIRDIE;
    r->n = imputed ? f->n[g] : f->direct_n[g];
    r->x = imputed ? f->x[g] : f->direct_x[g];
    r->rate = r->n > 0 ? r->x / r->n : NAN;
    double variance = imputed ? f->v[g][g] : r->rate * (1 - r->rate) / r->n;
    bool trusted = r->n > 0 && rs_effective_events(r->rate, variance) >= 1;
    r->se = trusted ? sqrt(variance) : NAN;
    r->n_eff = imputed ? r->rate * (1 - r->rate) / (r->se * r->se) : r->n;
    bool edge = imputed && rs_near_boundary(r->rate, variance);
    r->interval = edge ? f->edge[g] : rs_wilson(r->rate * r->n_eff, r->n_eff, RS_Z95);
    r->n_eff = rs_effective_number(r->rate, r->n_eff, r->interval);
    r->method = isnan(r->interval.lower) ? NULL : edge ? "score" : "wilson";
    r->low_information = imputed && f->lambda[g] < low_information;
    r->not_converged = imputed && !f->converged;
}

/* Of the rates that may be shown and lie near 0 or 1. */
static bool find_edges(struct rs_providers *out, const struct rs_estimates *all, const struct rs_settings *settings,
                       struct rs_error *error) {
    if (out->estimator != RS_BIRDIE) return true;
    bool *wanted = rs_alloc((out->split.n * G + 1) * sizeof *wanted), any = false;
    for (size_t i = 0; i < out->n; i++)
        for (int g = 0; g < G; g++) {
            const struct rs_provider *p = &out->p[i];
            bool may = !p->withheld && out->column[g] && !rs_small_count(p->fit->n[g], settings->minimum_cell);
            any |= wanted[p->number * G + (size_t)g] = may && rs_near_boundary(p->fit->rate[g], p->fit->v[g][g]);
        }
    const struct rs_split_into into = {.by = RS_BY_PROVIDER, .parts = out->split.n};
    bool good = !any || rs_split_edges(all->series, &into, wanted, RS_Z95, &out->split, error);
    free(wanted);
    return good;
}

static void fill_table(struct rs_providers *out, const struct rs_estimates *all, const struct rs_settings *settings) {
    const struct rs_counts *counts = &all->series->by[RS_PROVIDER];
    rs_two_way_make(&out->table, out->n, G + 1);
    for (int g = 0; g < G; g++) out->table.column_known[g] = out->column[g];
    for (size_t i = 0; i < out->n; i++) {
        struct rs_provider *p = &out->p[i];
        struct rs_two_way_cell *hidden = rs_two_way_at(&out->table, i, HIDDEN);
        *hidden = (struct rs_two_way_cell){p->members, (double)counts->c[p->number].x, RS_CELL_HIDDEN};
        out->table.row_known[i] = !p->withheld;
        for (int g = 0; g < G; g++) {
            struct rs_provider_rate *r = &p->group[g];
            struct rs_two_way_cell *c = rs_two_way_at(&out->table, i, (size_t)g);
            fill_rate(r, p->fit, g, out->estimator, settings->low_information);
            *c = (struct rs_two_way_cell){r->n, r->x, RS_CELL_SHOWN};
            hidden->n -= r->n;
            hidden->x -= r->x;
            if (p->withheld || !out->column[g]) c->state = RS_CELL_COMPLEMENTARY;
            else if (r->n_eff < settings->minimum_cell && settings->minimum_cell > 1) c->state = RS_CELL_PRIMARY;
        }
        hidden->n = fmax(hidden->n, 0);
        hidden->x = fmin(fmax(hidden->x, 0), hidden->n);
    }
    size_t n;
    struct rs_two_way_then *then = rs_providers_published(out, all, settings->published, &n);
    rs_two_way_suppress_beside(&out->table, then, n, settings->minimum_cell);
    for (size_t i = 0; i < n; i++) rs_two_way_then_free(&then[i]);
    free(then);
}

bool rs_providers_make(const struct rs_estimates *all, const struct rs_strata *strata,
                       const struct rs_settings *settings, enum rs_estimator estimator, struct rs_providers *out,
                       struct rs_error *error) {
    *out = (struct rs_providers){.estimator = estimator, .reference = -1};
    const struct rs_split_into into = {.by = RS_BY_PROVIDER, .parts = strata->names[RS_PROVIDER].n};
    if (!rs_split_fit(all->series, &into, &out->split, error)) return false;
    for (size_t i = 0; i < all->n; i++) {
        const struct rs_estimate *e = &all->e[i];
        if (e->dimension != RS_RACE || e->estimator != estimator || e->group < 0 || blank(all, e)) continue;
        out->column[e->group] = true;
        if (e->reference == e) out->reference = e->group;
    }
    list(out, all, strata);
    if (!find_edges(out, all, settings, error)) {
        rs_providers_free(out);
        return false;
    }
    fill_table(out, all, settings);
    return true;
}

void rs_providers_free(struct rs_providers *p) {
    free(p->p);
    rs_two_way_free(&p->table);
    rs_split_free(&p->split);
    *p = (struct rs_providers){.n = 0};
}

const char *rs_provider_withheld(const struct rs_providers *p, size_t provider, int g) {
    if (p->p[provider].withheld || !p->column[g]) return "group_withheld";
    switch (rs_two_way_at(&p->table, provider, (size_t)g)->state) {
    case RS_CELL_SHOWN: return NULL;
    case RS_CELL_PRIMARY: return "primary";
    case RS_CELL_DIFFERENCING: return "differencing";
    default: return "complementary";
    }
}

bool rs_provider_gap(const struct rs_providers *p, size_t provider, int g, struct rs_provider_gap *out) {
    int ref = p->reference;
    const struct rs_provider *q = &p->p[provider];
    if (ref < 0 || g == ref || rs_provider_withheld(p, provider, g) || rs_provider_withheld(p, provider, ref)) return false;
    const struct rs_provider_rate *a = &q->group[g], *b = &q->group[ref];
    if (!(a->n > 0) || !(b->n > 0)) return false;
    double covariance = p->estimator == RS_BIRDIE ? q->fit->v[g][ref] : 0;
    bool both = !isnan(a->se) && !isnan(b->se);
    out->value = a->rate - b->rate;
    out->se = sqrt(a->se * a->se + b->se * b->se - 2 * covariance);
    out->interval = !a->method || !b->method ? RS_NO_INTERVAL
                                             : rs_difference(a->rate, a->interval, b->rate, b->interval,
                                                             both ? covariance / (a->se * b->se) : 0);
    return true;
}
