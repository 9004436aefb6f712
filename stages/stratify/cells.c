/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Why it exists: what is adjusted for has to be coarse enough for the smallest group it is done for. */
#include "cells.h"
#include "pipeline/base/suppress.h"
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { G = RS_GROUPS };

struct rs_covariates rs_covariates_of(const struct rs_strata *strata, const struct rs_crossed *c) {
    struct rs_covariates out = {.n = 0};
    for (size_t i = 0; i < strata->n_adjust && out.n < RS_MOST_LEVELS; i++) {
        bool part = false;
        for (size_t j = 0; c && j < c->n; j++) part |= c->part[j] == strata->adjust[i];
        if (!part) out.at[out.n++] = i;
    }
    return out;
}

struct rs_view rs_level_cell(const struct rs_level *level, const char *name, struct rs_buffer *text) {
    struct rs_view part[RS_MOST_LEVELS] = {{0}}, rest = rs_cstr(name);
    for (size_t i = 0; i < RS_MOST_LEVELS && !rs_is_null(rest); i++) part[i] = rs_split(&rest, '|');
    text->n = 0;
    for (size_t i = 0; i < level->dimensions; i++) {
        struct rs_view one = part[level->covariates.at[i]];
        bool missing = !one.n || rs_eq_c(one, "MISSING") || rs_eq_c(one, "unknown") ||
                       (one.p[0] >= 'A' && one.p[0] <= 'Z'); /* reasons are upper case, strata are not */
        if (missing) return RS_NULL;
        if (i) rs_buffer_byte(text, '|');
        rs_buffer_view(text, one);
    }
    return rs_view(text->p, text->n);
}

void rs_level_make(const struct rs_strata *strata, const struct rs_covariates *covariates, size_t dimensions,
                   struct rs_level *out) {
    struct rs_buffer text = {0};
    *out = (struct rs_level){.dimensions = dimensions, .covariates = *covariates};
    out->of = rs_alloc((strata->cells.n + 1) * sizeof *out->of);
    for (size_t i = 0; i < strata->cells.n; i++) {
        struct rs_view name = rs_level_cell(out, strata->cells.names[i], &text);
        out->of[i] = rs_is_null(name) ? RS_NO_CELL : rs_name_number(&out->names, name);
    }
    for (size_t i = 0; i < dimensions; i++) {
        size_t n = strlen(out->label);
        snprintf(out->label + n, sizeof out->label - n, "%s%s", i ? "," : "",
                 rs_dimension_names[strata->adjust[covariates->at[i]]]);
    }
    rs_buffer_free(&text);
}

void rs_level_free(struct rs_level *level) {
    rs_names_free(&level->names);
    free(level->of);
    *level = (struct rs_level){0};
}

bool rs_level_fit(const struct rs_series *series, const struct rs_strata *strata, const struct rs_covariates *covariates,
                  size_t dimensions, struct rs_level *level, struct rs_split *split, struct rs_error *error) {
    rs_level_make(strata, covariates, dimensions, level);
    const struct rs_split_into into = {
        .by = RS_BY_CELL, .parts = level->names.n, .of = level->of, .numbers = strata->cells.n};
    return rs_split_fit(series, &into, split, error);
}

static void take_part(const struct rs_part_fit *p, size_t cell, bool imputed, struct rs_cell_rates *out) {
    for (int g = 0; g < G; g++) {
        double n = imputed ? p->n[g] : p->direct_n[g], x = imputed ? p->x[g] : p->direct_x[g];
        out->n[cell * G + (size_t)g] = n;
        out->x[cell * G + (size_t)g] = x;
        for (int h = 0; h < G; h++) {
            double *v = &out->v[(cell * G + (size_t)g) * G + (size_t)h];
            if (imputed && p->n[g] > 0 && p->n[h] > 0) *v = p->v[g][h];
            if (!imputed && g == h && n > 0) *v = x * (n - x) / (n * n * n);
        }
    }
}

void rs_cell_rates_make(const struct rs_split *split, bool imputed, struct rs_cell_rates *out) {
    size_t cells = split->n;
    *out = (struct rs_cell_rates){.cells = cells};
    out->n = rs_alloc((cells * G * (G + 2) + 1) * sizeof *out->n);
    out->x = out->n + cells * G;
    out->v = out->x + cells * G;
    for (size_t i = 0; i < cells; i++) take_part(&split->part[i], i, imputed, out);
}

void rs_cells_left_out(const struct rs_counts *by_cell, const struct rs_level *level, struct rs_cell_rates *out) {
    for (size_t i = 0; i < by_cell->n; i++) {
        if (!by_cell->c[i].n || level->of[i / G] != RS_NO_CELL) continue;
        out->left_n[i % G] += (double)by_cell->c[i].n;
        out->left_x[i % G] += (double)by_cell->c[i].x;
    }
}

void rs_cell_rates_free(struct rs_cell_rates *r) {
    free(r->n);
    *r = (struct rs_cell_rates){0};
}

bool rs_cells_safe(const struct rs_cell_rates *r, const double *weight, int g, double minimum) {
    for (size_t c = 0; c < r->cells; c++) {
        double n = r->n[c * G + (size_t)g], x = r->x[c * G + (size_t)g], anybody = 0;
        for (size_t h = 0; h < G; h++) anybody += r->n[c * G + h];
        if (!(anybody > 0) && !(weight[c] > 0)) continue;
        if (!(n > 0)) return false;
        if (minimum <= 1) continue;
        double v = rs_cell_variance(r, c, g, g);
        if (n < minimum || rs_small_count(x, minimum) || rs_small_count(n - x, minimum)) return false;
        if (v > 0 && x / n * (1 - x / n) / v < minimum - 1e-6) return false;
    }
    return r->cells > 0;
}

/* ---- one stratum of an intersection ------------------------------------------------------------------------------ */

bool rs_crossed_cells_fit(const struct rs_strata *strata, const struct rs_crossed *c, struct rs_counts by_cell,
                          const struct rs_imputed *rows, struct rs_crossed_cells *out, struct rs_error *error) {
    const struct rs_series series = {.by_cell = by_cell, .imputed = *rows}; /* borrowed */
    struct rs_covariates covariates = rs_covariates_of(strata, c);
    bool good = true;
    *out = (struct rs_crossed_cells){.by_cell = by_cell};
    for (size_t i = 0; good && i < covariates.n; i++) {
        struct rs_level level;
        good = rs_level_fit(&series, strata, &covariates, i + 1, &level, &out->split[i], error);
        rs_level_free(&level);
    }
    return good;
}

void rs_crossed_cells_free(struct rs_crossed_cells *c) {
    for (size_t i = 0; i < RS_MOST_LEVELS; i++) rs_split_free(&c->split[i]);
    free(c->by_cell.c);
    *c = (struct rs_crossed_cells){.by_cell = {0}};
}
