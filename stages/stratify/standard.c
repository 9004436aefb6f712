/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Why it exists: what rates are adjusted for, and to whom, is the analyst's to say. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "adjust.h"
#include "pipeline/reference/csv_table.h"

bool rs_adjust_dimensions(const char *text, struct rs_strata *strata, struct rs_error *error) {
    struct rs_view rest = text ? rs_cstr(text) : RS_NULL;
    while (!rs_is_null(rest)) {
        struct rs_view name = rs_trim(rs_split(&rest, ','));
        if (!name.n) continue;
        int d = RS_LANGUAGE;
        while (d < RS_PROVIDER && !rs_eq_c(name, rs_dimension_names[d])) d++;
        for (size_t i = 0; i < strata->n_adjust; i++)
            if (strata->adjust[i] == (enum rs_dimension)d) d = RS_PROVIDER;
        if (d >= RS_PROVIDER || strata->n_adjust == RS_MOST_LEVELS)
            return rs_fail(error, RS_USAGE, "--standardise: name dimensions of persons once each, comma between, such as "
                           "age_band,sex; there are language, sex and age_band");
        strata->adjust[strata->n_adjust++] = (enum rs_dimension)d;
    }
    return true;
}

static bool read_weight(struct rs_csv *csv, const int *column, size_t n, int weight, struct rs_standard *out,
                        struct rs_error *error) {
    struct rs_buffer name = {0};
    double w;
    if (!rs_csv_count(csv, weight, &w, error)) return false;
    for (size_t i = 0; i < n; i++) {
        if (i) rs_buffer_byte(&name, '|');
        rs_buffer_view(&name, rs_trim(csv->field[column[i]]));
    }
    size_t before = out->cells.n, at = rs_name_number(&out->cells, rs_view(name.p, name.n));
    rs_buffer_free(&name);
    if (at < before) return rs_fail(error, RS_DATA, "%s:%zu: this combination stands twice", csv->path, csv->line);
    out->weight = rs_realloc(out->weight, out->cells.n * sizeof *out->weight);
    out->weight[at] = w;
    return true;
}

bool rs_standard_read(const char *text, const struct rs_strata *strata, struct rs_standard *out,
                      struct rs_error *error) {
    *out = (struct rs_standard){.weight = NULL};
    if (!text || strcmp(text, "self") == 0) return true;
    struct rs_csv csv;
    int column[RS_MOST_LEVELS], weight;
    bool more = true, good = rs_csv_open(&csv, text, error) && rs_csv_need(&csv, "weight", &weight, error);
    for (size_t i = 0; good && i < strata->n_adjust; i++)
        good = rs_csv_need(&csv, rs_dimension_names[strata->adjust[i]], &column[i], error);
    while (good && (good = rs_csv_next(&csv, &more, error)) && more)
        good = read_weight(&csv, column, strata->n_adjust, weight, out, error);
    if (good && !out->cells.n) good = rs_fail(error, RS_DATA, "%s: no weights are there", text);
    snprintf(out->path, sizeof out->path, "%s", text);
    rs_csv_close(&csv);
    if (!good) rs_standard_free(out);
    return good;
}

void rs_standard_free(struct rs_standard *s) {
    rs_names_free(&s->cells);
    free(s->weight);
    *s = (struct rs_standard){.weight = NULL};
}

double *rs_standard_weights(const struct rs_standard *standard, const struct rs_level *level,
                            const struct rs_cell_rates *everybody) {
    size_t cells = level->names.n;
    struct rs_buffer text = {0};
    double *w = rs_alloc((cells + 1) * sizeof *w), total = 0;
    for (size_t i = 0; i < standard->cells.n; i++) {
        uint32_t at;
        struct rs_view name = rs_level_cell(level, standard->cells.names[i], &text);
        if (!rs_is_null(name) && rs_name_find(&level->names, name, &at)) w[at] += standard->weight[i];
    }
    for (size_t c = 0; c < cells; c++) {
        double anybody = 0;
        for (size_t g = 0; g < RS_GROUPS; g++) anybody += everybody->n[c * RS_GROUPS + g];
        if (!standard->cells.n) w[c] = anybody;
        if (!(anybody > 0)) w[c] = 0;
        total += w[c];
    }
    for (size_t c = 0; c < cells && total > 0; c++) w[c] /= total;
    rs_buffer_free(&text);
    if (total > 0) return w;
    free(w);
    return NULL;
}
