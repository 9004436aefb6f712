/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The table of counts that somebody typed: read, checked, and handed on. */
#include "counts.h"
#include "counts_parts.h"
#include "pipeline/reference/csv_table.h"
#include "strata.h"
#include <math.h>
#include <stdlib.h>

enum { MOST_GROUPS = 1000, MOST_STRATA = 200 };
enum column { GROUP, NUMERATOR, DENOMINATOR, SE, WEIGHT, ORDER, STRATUM, STANDARD, COLUMNS };
static const char *const column_names[COLUMNS] = {"group",  "numerator", "denominator", "se",
                                                  "weight", "order",     "stratum",     "standard"};

struct reading {
    struct rs_csv csv;
    struct rs_names groups, strata;
    int column[COLUMNS];
    double minimum;
    struct rs_counted_table t;
};

/* ---- rows ------------------------------------------------------------------------------------------------------- */

static bool small(double count, double minimum) { return count > 0 && count < minimum; }

static bool wrong(const struct reading *r, const char *what, struct rs_error *error) {
    return rs_fail(error, RS_DATA, "%s:%zu: %s", r->csv.path, r->csv.line, what);
}

static bool count_of(struct reading *r, enum column c, double *out, struct rs_error *error) {
    return r->column[c] < 0 || rs_csv_count(&r->csv, r->column[c], out, error);
}

/* A cell is its own group where the table has no strata. */
static bool read_counts(struct reading *r, double *x, double *n, struct rs_error *error) {
    if (!count_of(r, NUMERATOR, x, error) || !count_of(r, DENOMINATOR, n, error)) return false;
    if (!rs_has(rs_trim(r->csv.field[r->column[GROUP]])) || *n <= 0 || *x > *n)
        return wrong(r, "a group needs a name, a denominator above 0, and no more in the numerator", error);
    if (small(*x, r->minimum) || small(*n - *x, r->minimum) || *n < r->minimum)
        return rs_fail(error, RS_DATA,
                       "%s:%zu: a count from 1 to %.0f could be worked out from the results: pool groups, or give "
                       "--minimum-cell 1 for figures that stay inside",
                       r->csv.path, r->csv.line, r->minimum - 1);
    return true;
}

/* The group's row in the table; a new one starts with nothing counted. */
static struct rs_counted *group_of(struct reading *r, struct rs_view name) {
    struct rs_counted_table *t = &r->t;
    uint32_t at = rs_name_number(&r->groups, name);
    if (at == t->n && t->n < MOST_GROUPS)
        t->g[t->n++] = (struct rs_counted){.name = rs_cstr(r->groups.names[at]), .at = at, .order = NAN, .weight = NAN};
    return at < t->n ? &t->g[at] : NULL;
}

/* What a group's rows say of the group must be the same in each. */
static bool agree(struct reading *r, enum column c, double *kept, struct rs_error *error) {
    double given = 0;
    if (r->column[c] < 0) return true;
    if (!count_of(r, c, &given, error)) return false;
    if (isnan(*kept)) *kept = given;
    return *kept == given || rs_fail(error, RS_DATA, "%s:%zu: another %s than in a row before", r->csv.path,
                                     r->csv.line, column_names[c]);
}

static bool add_stratum(struct reading *r, const struct rs_counted *g, double x, double n, struct rs_error *error) {
    struct rs_view name = rs_trim(r->csv.field[r->column[STRATUM]]);
    if (!rs_has(name)) return wrong(r, "the stratum has no name", error);
    uint32_t s = rs_name_number(&r->strata, name);
    if (s >= MOST_STRATA) return rs_fail(error, RS_DATA, "%s: more than %d strata", r->csv.path, MOST_STRATA);
    size_t at = g->at * MOST_STRATA + s;
    if (r->t.cell_n[at] > 0) return wrong(r, "this stratum of this group stands twice", error);
    r->t.cell_x[at] = x;
    r->t.cell_n[at] = n;
    return agree(r, STANDARD, &r->t.standard[s], error);
}

static bool read_row(struct reading *r, struct rs_error *error) {
    double x, n;
    if (!read_counts(r, &x, &n, error)) return false;
    struct rs_counted *g = group_of(r, rs_trim(r->csv.field[r->column[GROUP]]));
    if (!g) return rs_fail(error, RS_DATA, "%s: more than %d groups", r->csv.path, MOST_GROUPS);
    if (g->n > 0 && r->column[STRATUM] < 0) return wrong(r, "this group stands twice", error);
    g->x += x;
    g->n += n;
    g->given_se = r->column[SE] >= 0 && rs_has(r->csv.field[r->column[SE]]);
    if (g->given_se && !count_of(r, SE, &g->se, error)) return false;
    if (!agree(r, WEIGHT, &g->weight, error) || !agree(r, ORDER, &g->order, error)) return false;
    return r->column[STRATUM] < 0 || add_stratum(r, g, x, n, error);
}

/* ---- the table -------------------------------------------------------------------------------------------------- */

static bool find_columns(struct reading *r, struct rs_error *error) {
    for (int c = 0; c < COLUMNS; c++)
        if (c > DENOMINATOR)
            r->column[c] = rs_csv_column(&r->csv, column_names[c]);
        else if (!rs_csv_need(&r->csv, column_names[c], &r->column[c], error))
            return false;
    if (r->column[STRATUM] >= 0 && r->column[SE] >= 0)
        return rs_fail(error, RS_DATA, "%s: strata are standardised from counts: leave out the column se", r->csv.path);
    if (r->column[STANDARD] >= 0 && r->column[STRATUM] < 0)
        return rs_fail(error, RS_DATA, "%s: a column standard needs a column stratum", r->csv.path);
    return true;
}

/* Rates, and the cells moved together: a row of the table is `strata` long. */
static void finish(struct reading *r) {
    struct rs_counted_table *t = &r->t;
    for (size_t i = 0; i < t->n; i++) {
        struct rs_counted *g = &t->g[i];
        g->rate = g->x / g->n;
        if (!g->given_se) g->se = sqrt(g->rate * (1 - g->rate) / g->n);
        if (isnan(g->weight)) g->weight = g->n;
        g->boundary = !(rs_counts_effective(g) * fmin(g->rate, 1 - g->rate) >= 1);
        for (size_t s = 0; s < t->strata; s++) {
            t->cell_x[i * t->strata + s] = t->cell_x[i * MOST_STRATA + s];
            t->cell_n[i * t->strata + s] = t->cell_n[i * MOST_STRATA + s];
        }
    }
}

/* Every group needs every stratum, and every stratum a weight. */
static bool finish_strata(struct reading *r, struct rs_error *error) {
    struct rs_counted_table *t = &r->t;
    double total = 0;
    t->strata = r->strata.n;
    t->given_standard = r->column[STANDARD] >= 0;
    for (size_t s = 0; s < t->strata; s++) {
        if (!t->given_standard) t->standard[s] = 0;
        for (size_t i = 0; i < t->n; i++) {
            double n = t->cell_n[i * MOST_STRATA + s];
            if (!(n > 0))
                return rs_fail(error, RS_DATA,
                               "%s: group %s has no stratum %s: pool strata, so that every group has all", r->csv.path,
                               r->groups.names[i], r->strata.names[s]);
            if (!t->given_standard) t->standard[s] += n;
        }
        total += t->standard[s];
    }
    return total > 0 || t->strata == 0 ||
           rs_fail(error, RS_DATA, "%s: the weights in column standard are all 0", r->csv.path);
}

static bool read_table(struct reading *r, const char *path, struct rs_error *error) {
    bool more;
    struct rs_counted_table *t = &r->t;
    if (!rs_csv_open(&r->csv, path, error) || !find_columns(r, error)) return false;
    t->ordered = r->column[ORDER] >= 0;
    t->g = rs_alloc(MOST_GROUPS * sizeof *t->g);
    if (r->column[STRATUM] >= 0) {
        t->cell_x = rs_alloc(2 * MOST_GROUPS * MOST_STRATA * sizeof *t->cell_x);
        t->cell_n = t->cell_x + MOST_GROUPS * MOST_STRATA;
        t->standard = rs_alloc(MOST_STRATA * sizeof *t->standard);
        for (size_t s = 0; s < MOST_STRATA; s++) t->standard[s] = NAN;
    }
    for (;;) {
        if (!rs_csv_next(&r->csv, &more, error)) return false;
        if (!more) break;
        if (!read_row(r, error)) return false;
    }
    if (t->n < 2) return rs_fail(error, RS_DATA, "%s: two groups at least are needed to compare", path);
    if (!finish_strata(r, error)) return false;
    finish(r);
    return true;
}

static int by_order(const void *a, const void *b) {
    const struct rs_counted *x = a, *y = b;
    return (x->order > y->order) - (x->order < y->order);
}

static bool find_reference(struct rs_counted_table *t, const char *path, const char *name, struct rs_error *error) {
    for (size_t i = 1; i < t->n; i++)
        if (t->g[i].n > t->g[t->reference].n) t->reference = i;
    if (!name) return true;
    const char *equals = strchr(name, '='); /* race_ethnicity=WHITE, as for a run */
    struct rs_view wanted = rs_cstr(equals ? equals + 1 : name);
    for (size_t i = 0; i < t->n; i++)
        if (rs_eq(t->g[i].name, wanted)) {
            t->reference = i;
            return true;
        }
    return rs_fail(error, RS_USAGE, "--reference-group: %s has no group of this name", path);
}

bool rs_counts_report(const char *path, const struct rs_counts_question *question, struct rs_buffer *out,
                      struct rs_error *error) {
    struct reading r = {.minimum = question->minimum};
    struct rs_counts_out to = {.text = out, .rows = question->json ? json_array() : NULL};
    struct rs_counted_table *t = &r.t;
    bool ok = read_table(&r, path, error);
    if (ok && t->ordered) qsort(t->g, t->n, sizeof *t->g, by_order);
    ok = ok && find_reference(t, path, question->reference, error);
    if (ok) {
        rs_counts_head(&to);
        rs_counts_groups(t, &to);
        if (t->strata) rs_counts_strata(t, &to);
        ok = rs_counts_finish(&to, error);
    }
    json_decref(to.rows);
    free(t->g);
    free(t->cell_x);
    free(t->standard);
    rs_names_free(&r.groups);
    rs_names_free(&r.strata);
    rs_csv_close(&r.csv);
    return ok;
}
