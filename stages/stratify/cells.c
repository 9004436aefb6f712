/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Why it exists: what is adjusted for has to be coarse enough for the smallest group it is done for. */
#include "cells.h"
#include "pipeline/base/suppress.h"
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { G = RS_GROUPS };

/* The first `dimensions` parts of "18-44|female"; null where one of them is missing. */
static struct rs_view first_parts(const char *name, size_t dimensions) {
    struct rs_view rest = rs_cstr(name);
    const char *end = name;
    for (size_t i = 0; i < dimensions; i++) {
        struct rs_view part = rs_split(&rest, '|');
        bool missing = !part.n || rs_eq_c(part, "MISSING") || rs_eq_c(part, "unknown") ||
                       (part.p[0] >= 'A' && part.p[0] <= 'Z'); /* reasons are upper case, strata are not */
        if (missing) return RS_NULL;
        end = part.p + part.n;
    }
    return rs_view(name, (size_t)(end - name));
}

void rs_level_make(const struct rs_strata *strata, size_t dimensions, struct rs_level *out) {
    *out = (struct rs_level){.dimensions = dimensions};
    out->of = rs_alloc((strata->cells.n + 1) * sizeof *out->of);
    for (size_t i = 0; i < strata->cells.n; i++) {
        struct rs_view name = first_parts(strata->cells.names[i], dimensions);
        out->of[i] = rs_is_null(name) ? RS_NO_CELL : rs_name_number(&out->names, name);
    }
    for (size_t i = 0; i < dimensions; i++) {
        size_t n = strlen(out->label);
        snprintf(out->label + n, sizeof out->label - n, "%s%s", i ? "," : "", rs_dimension_names[strata->adjust[i]]);
    }
}

void rs_level_free(struct rs_level *level) {
    rs_names_free(&level->names);
    free(level->of);
    *level = (struct rs_level){0};
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

void rs_cells_left_out(const struct rs_series *series, const struct rs_level *level, struct rs_cell_rates *out) {
    const struct rs_counts *counts = &series->by_cell;
    for (size_t i = 0; i < counts->n; i++) {
        if (level->of[i / G] != RS_NO_CELL) continue;
        out->left_n[i % G] += (double)counts->c[i].n;
        out->left_x[i % G] += (double)counts->c[i].x;
    }
}

void rs_cell_rates_free(struct rs_cell_rates *r) {
    free(r->n);
    *r = (struct rs_cell_rates){0};
}

bool rs_cells_safe(const struct rs_cell_rates *r, int g, double minimum) {
    for (size_t c = 0; c < r->cells; c++) {
        double n = r->n[c * G + (size_t)g], x = r->x[c * G + (size_t)g], anybody = 0;
        for (size_t h = 0; h < G; h++) anybody += r->n[c * G + h];
        if (!(anybody > 0)) continue;
        if (!(n > 0)) return false;
        if (minimum <= 1) continue;
        double v = rs_cell_variance(r, c, g, g);
        if (n < minimum || rs_small_count(x, minimum) || rs_small_count(n - x, minimum)) return false;
        if (v > 0 && x / n * (1 - x / n) / v < minimum - 1e-6) return false;
    }
    return r->cells > 0;
}
