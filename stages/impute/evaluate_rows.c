/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The evaluation as rows, JSON and log lines, with small cells held back. */
#include "evaluate.h"
#include <math.h>
#include <stdio.h>
#include "pipeline/base/log.h"

enum { LEAST = RS_EVALUATION_LEAST, CELLS = RS_GROUPS + 1, WHOLE = RS_GROUPS, MOST_STRATA = 128 };
_Static_assert((int)MOST_STRATA >= (int)RS_EVALUATED_STATES, "the largest dimension fits");

static const int first_of[RS_BY_DIMENSIONS + 1] = {0, RS_FIRST_MODEL, RS_FIRST_SURNAME, RS_FIRST_FIRST_NAME,
                                                   RS_FIRST_GEOGRAPHY, RS_FIRST_COLLECTION, RS_FIRST_SOURCE,
                                                   RS_FIRST_STATE, RS_FIRST_REGION, RS_STRATA};

/* ---- small cells ----------------------------------------------------------------------------------------------- */

static bool small(uint64_t x, uint64_t least) { return x > 0 && x < least; }

static uint64_t cell(const struct rs_moments *m, int column) { return column == WHOLE ? m->n : m->y[column]; }

/* A line of cells that add up to a known total must not lack exactly one of them: the smallest other one goes, too. An
 * empty one would do, but its being withheld is no cover: zero may be shown, and is. Returns whether it changed. */
static bool cover(const uint64_t *x, bool **shown, size_t n) {
    size_t hidden = 0, smallest = n;
    for (size_t i = 0; i < n; i++) {
        if (!*shown[i]) hidden++;
        else if (x[i] && (smallest == n || x[i] < x[smallest])) smallest = i;
    }
    if (hidden != 1 || smallest == n) return false;
    *shown[smallest] = false;
    return true;
}

static bool cover_stratum(const struct rs_moments *m, bool shown[CELLS]) {
    uint64_t x[RS_GROUPS];
    bool *cells[RS_GROUPS], changed = false;
    for (int r = 0; r < RS_GROUPS; r++) {
        if (!shown[WHOLE] && shown[r]) { /* each row of a stratum says how many members it has */
            shown[r] = false;
            changed = true;
        }
        x[r] = m->y[r];
        cells[r] = &shown[r];
    }
    return cover(x, cells, RS_GROUPS) || changed;
}

static void hide_small(const struct rs_moments *m, size_t n, uint64_t least, bool (*shown)[CELLS]) {
    for (size_t i = 0; i < n; i++)
        for (int c = 0; c < CELLS; c++) {
            uint64_t count = cell(&m[i], c);
            shown[i][c] = m[i].n && !small(count, least) && (c == WHOLE || !small(m[i].n - count, least));
            if (!m[i].n) shown[i][c] = true; /* empty: nothing to hide, and nothing that could cover */
        }
}

/* Until no line of strata or of groups lacks just one cell; whether any was hidden. */
static bool cover_lines(const struct rs_moments *m, size_t n, bool (*shown)[CELLS]) {
    uint64_t x[MOST_STRATA];
    bool *cells[MOST_STRATA], changed = true, ever = false;
    while (changed) {
        changed = false;
        for (size_t i = 0; i < n; i++) changed = cover_stratum(&m[i], shown[i]) || changed;
        for (int c = 0; n > 1 && c < CELLS; c++) {
            for (size_t i = 0; i < n; i++) {
                x[i] = cell(&m[i], c);
                cells[i] = &shown[i][c];
            }
            changed = cover(x, cells, n) || changed;
        }
        ever = ever || changed;
    }
    return ever;
}

void rs_evaluation_protect(const struct rs_moments *m, size_t n, uint64_t least, bool (*shown)[CELLS]) {
    hide_small(m, n, least, shown);
    cover_lines(m, n, shown);
}

/* One whole against its parts, of one column: see rs_evaluation_protect_both. */
struct family {
    const struct rs_moments *parts;
    size_t n;
    const unsigned char *part_of;
    bool (*shown)[CELLS];
    uint64_t least;
};

static bool cover_family(const struct family *f, size_t whole, int c, bool *whole_shown) {
    uint64_t hidden = 0, sum = 0;
    size_t smallest = f->n;
    for (size_t i = 0; i < f->n; i++) {
        uint64_t x = cell(&f->parts[i], c);
        if (f->part_of[i] != whole || !x) continue;
        if (!f->shown[i][c]) {
            hidden++;
            sum += x;
        } else if (smallest == f->n || x < cell(&f->parts[smallest], c)) {
            smallest = i;
        }
    }
    if (*whole_shown) {
        *whole_shown = !hidden || (hidden > 1 && sum >= 2 * f->least);
        return !*whole_shown;
    }
    if (hidden || smallest == f->n) return false;
    f->shown[smallest][c] = false;
    return true;
}

void rs_evaluation_protect_both(const struct rs_moments *parts, size_t n_parts, const unsigned char *part_of,
                                const struct rs_moments *wholes, size_t n_wholes, uint64_t least,
                                bool (*shown_parts)[CELLS], bool (*shown_wholes)[CELLS]) {
    struct family f = {parts, n_parts, part_of, shown_parts, least};
    bool changed = true;
    hide_small(parts, n_parts, least, shown_parts);
    hide_small(wholes, n_wholes, least, shown_wholes);
    while (changed) {
        changed = cover_lines(parts, n_parts, shown_parts);
        changed = cover_lines(wholes, n_wholes, shown_wholes) || changed;
        for (size_t w = 0; w < n_wholes; w++)
            for (int c = 0; wholes[w].n && c < CELLS; c++)
                changed = cover_family(&f, w, c, &shown_wholes[w][c]) || changed;
    }
}

/* The same for the ten bins of a group, which add up to its members and to those who reported it. */
static void protect_bins(const struct rs_moments *m, int r, bool shown[10]) {
    bool *cells[10];
    for (int b = 0; b < 10; b++) {
        uint64_t n = m->bin_n[r][b], y = m->bin_y[r][b];
        shown[b] = !small(n, LEAST) && !small(y, LEAST) && !small(n - y, LEAST);
        cells[b] = &shown[b];
    }
    cover(m->bin_n[r], cells, 10);
}

/* ---- rows ------------------------------------------------------------------------------------------------------ */

struct to {
    struct rs_batch *batch;
    int sink;
    struct rs_view model, dimension, stratum, group;
};

static void emit(const struct to *to, struct rs_view metric, const struct rs_measure *m, uint64_t n) {
    struct rs_arena *arena = &to->batch->arena;
    if (!isfinite(m->value)) return;
    bool interval = isfinite(m->lower) && isfinite(m->upper);
    struct rs_view row[EVALUATION_COLUMNS] = {
        [EVALUATION_model] = to->model, [EVALUATION_dimension] = to->dimension, [EVALUATION_stratum] = to->stratum,
        [EVALUATION_race_group] = to->group, [EVALUATION_metric] = metric,
        [EVALUATION_value] = rs_arena_real(arena, m->value),
        [EVALUATION_lower] = interval ? rs_arena_real(arena, m->lower) : RS_NULL,
        [EVALUATION_upper] = interval ? rs_arena_real(arena, m->upper) : RS_NULL,
        [EVALUATION_n] = rs_arena_long(arena, (int64_t)n)};
    rs_batch_emit(to->batch, to->sink, &rs_layout_evaluation, row);
}

static void emit_measures(const struct to *to, const struct rs_measure measures[RS_METRICS], uint64_t n, uint64_t y) {
    for (int i = 0; i < RS_METRICS; i++)
        emit(to, rs_cstr(rs_metric_names[i]), &measures[i], i == RS_LOG_LOSS ? y : n);
}

static void emit_bins(const struct to *to, const struct rs_moments *m, int r) {
    bool shown[10];
    protect_bins(m, r, shown);
    for (int b = 0; b < 10; b++) {
        if (!shown[b] || !m->bin_n[r][b]) continue;
        double n = (double)m->bin_n[r][b];
        struct rs_measure observed = rs_measure_share((double)m->bin_y[r][b], n), mean = {m->bin_p[r][b] / n, NAN, NAN};
        emit(to, rs_arena_printf(&to->batch->arena, "bin_%02d_observed", b + 1), &observed, m->bin_n[r][b]);
        emit(to, rs_arena_printf(&to->batch->arena, "bin_%02d_mean_p", b + 1), &mean, m->bin_n[r][b]);
    }
}

/* Shares of the stratum in its dimension; who is imputed but reports nothing counts only in coverage_imputed. */
static void emit_coverage(const struct to *to, const struct rs_moments *m, const struct rs_moments *all, int column) {
    uint64_t of = cell(all, column);
    struct rs_measure share = rs_measure_share((double)cell(m, column), (double)of);
    emit(to, RS_LIT("coverage"), &share, of);
    if (column != WHOLE) return;
    uint64_t not_reported = m->imputed - m->n, others = all->imputed - all->n - not_reported;
    if (small(not_reported, LEAST) || small(others, LEAST) || small(m->imputed, LEAST)) return;
    share = rs_measure_share((double)m->imputed, (double)all->imputed);
    emit(to, RS_LIT("coverage_imputed"), &share, all->imputed);
}

static void emit_stratum(struct rs_evaluation *e, struct to *to, int stratum, const bool shown[CELLS], bool bins) {
    const struct rs_moments *all = rs_evaluation_moments(e), *m = &all[stratum];
    struct rs_measure measures[RS_METRICS];
    to->stratum = rs_cstr(rs_evaluation_stratum_name(e, stratum));
    to->group = RS_LIT("ALL");
    rs_measures_all(m, measures);
    emit_measures(to, measures, m->n, m->n);
    if (!bins) emit_coverage(to, m, all, WHOLE);
    for (int r = 0; r < RS_GROUPS; r++) {
        if (!shown[r]) continue;
        to->group = rs_cstr(rs_group_names[r]);
        rs_measures(m, rs_evaluation_fine(e, stratum), r, measures);
        emit_measures(to, measures, m->n, m->y[r]);
        if (bins) emit_bins(to, m, r);
        else emit_coverage(to, m, all, r);
    }
}

/* States and the regions that they make up are held back together. */
static void protect_places(const struct rs_evaluation *e, bool states[MOST_STRATA][CELLS], bool regions[MOST_STRATA][CELLS]) {
    const struct rs_moments *m = rs_evaluation_moments(e);
    unsigned char region_of[RS_EVALUATED_STATES];
    for (int i = 0; i < RS_EVALUATED_STATES; i++)
        region_of[i] = (unsigned char)(rs_evaluation_region(e, RS_FIRST_STATE + i) - RS_FIRST_REGION);
    rs_evaluation_protect_both(m + RS_FIRST_STATE, RS_EVALUATED_STATES, region_of, m + RS_FIRST_REGION, RS_REGIONS, LEAST, states,
                               regions);
}

/* Sources are often parts of a way of collection, or the same persons: where in one of both dimensions a cell of a group is
 * held back, all sources' cells of that group are, and of another group, so that no stratum lacks one alone. */
static void protect_sources(const struct rs_evaluation *e, bool shown[MOST_STRATA][CELLS]) {
    const struct rs_moments *m = rs_evaluation_moments(e);
    enum { N = RS_FIRST_STATE - RS_FIRST_SOURCE };
    bool ways[MOST_STRATA][CELLS], hidden[CELLS] = {false};
    int n_hidden = 0, smallest = -1;
    rs_evaluation_protect(m + RS_FIRST_SOURCE, N, LEAST, shown);
    rs_evaluation_protect(m + RS_FIRST_COLLECTION, RS_COLLECTIONS, LEAST, ways);
    for (int c = 0; c < CELLS; c++) {
        for (int i = 0; i < N; i++) hidden[c] = hidden[c] || !shown[i][c];
        for (int i = 0; i < RS_COLLECTIONS; i++) hidden[c] = hidden[c] || !ways[i][c];
        if (c == WHOLE) continue;
        n_hidden += hidden[c];
        if (!hidden[c] && m->y[c] && (smallest < 0 || m->y[c] < m->y[smallest])) smallest = c;
    }
    if (n_hidden == 1 && smallest >= 0) hidden[smallest] = true;
    for (int i = 0; i < N; i++)
        for (int c = 0; c < CELLS; c++) shown[i][c] = !hidden[c] && !hidden[WHOLE];
}

static size_t protect(const struct rs_evaluation *e, int dimension, bool shown[MOST_STRATA][CELLS]) {
    size_t n = (size_t)(first_of[dimension + 1] - first_of[dimension]);
    bool other[MOST_STRATA][CELLS];
    if (dimension == RS_BY_STATE) protect_places(e, shown, other);
    else if (dimension == RS_BY_REGION) protect_places(e, other, shown);
    else if (dimension == RS_BY_SOURCE) protect_sources(e, shown);
    else rs_evaluation_protect(rs_evaluation_moments(e) + first_of[dimension], n, LEAST, shown);
    return n;
}

void rs_evaluation_emit(struct rs_evaluation *e, const char *model, struct rs_batch *batch, int sink) {
    struct to to = {.batch = batch, .sink = sink, .model = rs_cstr(model)};
    bool overall[MOST_STRATA][CELLS], shown[MOST_STRATA][CELLS];
    protect(e, RS_BY_ALL, overall);
    for (int d = 0; d < RS_BY_DIMENSIONS; d++) {
        if (!rs_evaluation_tells(e, d)) continue;
        size_t n = protect(e, d, shown);
        to.dimension = rs_cstr(rs_evaluated_by_names[d]);
        for (size_t i = 0; i < n; i++) {
            int stratum = first_of[d] + (int)i;
            bool cells[CELLS];
            if (!rs_evaluation_moments(e)[stratum].n || !shown[i][WHOLE] || !overall[0][WHOLE]) continue;
            /* Coverage of a group says how many of all reported it. */
            for (int c = 0; c < CELLS; c++) cells[c] = shown[i][c] && overall[0][c];
            emit_stratum(e, &to, stratum, cells, d == RS_BY_ALL);
        }
    }
}

/* ---- JSON ------------------------------------------------------------------------------------------------------ */

static json_t *real(double v) { return isfinite(v) ? json_real(v) : json_null(); }

static void put_measures(json_t *o, const struct rs_measure measures[RS_METRICS], bool intervals) {
    json_t *ends = json_object();
    for (int i = 0; i < RS_METRICS; i++) {
        json_object_set_new(o, rs_metric_names[i], real(measures[i].value));
        if (isfinite(measures[i].lower) && isfinite(measures[i].upper))
            json_object_set_new(ends, rs_metric_names[i],
                                json_pack("[f, f]", measures[i].lower, measures[i].upper));
    }
    if (intervals) json_object_set(o, "intervals", ends);
    json_decref(ends);
}

static json_t *bins_json(const struct rs_moments *m, int r) {
    json_t *bins = json_array();
    bool shown[10];
    protect_bins(m, r, shown);
    for (int b = 0; b < 10; b++) {
        double n = (double)m->bin_n[r][b];
        if (!shown[b] || !m->bin_n[r][b]) continue;
        json_array_append_new(bins, json_pack("{s:i, s:I, s:f, s:f}", "bin", b + 1, "n", (json_int_t)m->bin_n[r][b],
                                              "mean_p", m->bin_p[r][b] / n, "observed", (double)m->bin_y[r][b] / n));
    }
    return bins;
}

static json_t *group_json(struct rs_evaluation *e, int stratum, int r, bool whole) {
    const struct rs_moments *m = &rs_evaluation_moments(e)[stratum];
    struct rs_measure measures[RS_METRICS];
    json_t *o = json_object();
    rs_measures(m, rs_evaluation_fine(e, stratum), r, measures);
    json_object_set_new(o, "group", json_string(rs_group_names[r]));
    json_object_set_new(o, "n", json_integer((json_int_t)m->y[r]));
    put_measures(o, measures, whole);
    if (whole) json_object_set_new(o, "bins", bins_json(m, r));
    return o;
}

static json_t *stratum_json(struct rs_evaluation *e, int stratum, const bool *shown) {
    const struct rs_moments *m = &rs_evaluation_moments(e)[stratum];
    struct rs_measure measures[RS_METRICS];
    json_t *o = json_object(), *groups = json_array();
    rs_measures_all(m, measures);
    json_object_set_new(o, "n", json_integer((json_int_t)m->n));
    json_object_set_new(o, "log_loss", real(measures[RS_LOG_LOSS].value));
    json_object_set_new(o, "brier", real(measures[RS_BRIER].value));
    for (int r = 0; r < RS_GROUPS; r++)
        if (!shown || shown[r]) json_array_append_new(groups, group_json(e, stratum, r, !shown));
    json_object_set_new(o, "groups", groups);
    return o;
}

json_t *rs_evaluation_json(struct rs_evaluation *e, const char *model) {
    json_t *o = stratum_json(e, 0, NULL), *by = json_object();
    bool shown[MOST_STRATA][CELLS];
    json_object_set_new(o, "model", json_string(model));
    for (int d = RS_BY_ALL + 1; d < RS_BY_DIMENSIONS; d++) {
        if (!rs_evaluation_tells(e, d)) continue;
        size_t n = protect(e, d, shown);
        json_t *strata = json_object();
        for (size_t i = 0; i < n; i++) {
            int stratum = first_of[d] + (int)i;
            if (rs_evaluation_moments(e)[stratum].n && shown[i][WHOLE])
                json_object_set_new(strata, rs_evaluation_stratum_name(e, stratum), stratum_json(e, stratum, shown[i]));
        }
        json_object_set_new(by, rs_evaluated_by_names[d], strata);
    }
    json_object_set_new(o, "by", by);
    return o;
}

json_t *rs_evaluation_counts(const struct rs_evaluation *e) {
    json_t *o = json_object();
    for (int d = RS_BY_MODEL; d <= RS_BY_GEOGRAPHY; d++) {
        json_t *counts = json_object();
        for (int i = first_of[d]; i < first_of[d + 1]; i++)
            json_object_set_new(counts, rs_stratum_name(i),
                                json_integer((json_int_t)rs_evaluation_moments(e)[i].imputed));
        json_object_set_new(o, rs_evaluated_by_names[d], counts);
    }
    return o;
}

/* ---- log ------------------------------------------------------------------------------------------------------- */

/* One measure in six columns; a dash where it has no meaning. */
static const char *shown_as(char text[16], const struct rs_measure *m) {
    if (isfinite(m->value)) snprintf(text, 16, "%6.3f", m->value);
    else strcpy(text, "     -");
    return text;
}

void rs_evaluation_log(struct rs_evaluation *e, const char *model) {
    const struct rs_moments *m = rs_evaluation_moments(e);
    struct rs_measure measures[RS_METRICS];
    if (!m->n) {
        rs_info("nobody reported a group, so nothing to compare with");
        return;
    }
    rs_measures_all(m, measures);
    rs_info("%s against %llu self-reports: log-loss %.4f; by group observed share, mean p, correlation, AUC, log-loss, "
            "lambda", model, (unsigned long long)m->n, measures[RS_LOG_LOSS].value);
    for (int r = 0; r < RS_GROUPS; r++) {
        char correlation[16], area[16], log_loss[16], lambda[16];
        rs_measures(m, rs_evaluation_fine(e, 0), r, measures);
        rs_info("  %-8s %.4f %.4f %s %s %s %s", rs_group_names[r], measures[RS_OBSERVED_SHARE].value,
                measures[RS_MEAN_P].value, shown_as(correlation, &measures[RS_CORRELATION]),
                shown_as(area, &measures[RS_AUC]), shown_as(log_loss, &measures[RS_LOG_LOSS]),
                shown_as(lambda, &measures[RS_LAMBDA]));
    }
}
