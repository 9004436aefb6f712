/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Why it exists: check_result holds whole counts, for the database's auditors; a page travels further than a table, so
 * what persons said is shown in cells of 11 or more; see quality.h. */
#include "pipeline/base/config.h"
#include "quality.h"
#include "small.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const shown_columns[] = {
    "check_id",    "category",   "scope",       "scope_value",       "element",  "state",   "severity",
    "denominator", "violations", "share",       "threshold",         "message",  "context", "profile",
    "rise",        "minimum",    "band",        "observed",          "expected", "low",     "high",
    "statistic",   "p_value",    "prior_share", "prior_denominator", "exception"};
enum { N_SHOWN = sizeof shown_columns / sizeof shown_columns[0] };
/* Those that are, or tell, a count of persons. */
static const char *const counting[] = {"violations", "share",     "observed", "expected",    "low",
                                       "high",       "statistic", "p_value",  "prior_share", "prior_denominator"};

struct check {
    json_t *row; /* values in the order of shown_columns */
    char *line;  /* what it adds up with: check, scope and element; of sources by provider group, those of the source */
    char *group; /* sources by provider group, and the group as a whole: check, element and group; NULL for others */
    struct rs_report_cell cell;
    bool counts_rows, mix;
};
struct checks {
    struct check *c;
    size_t n, room;
};

static int place(const char *name) {
    int i = 0;
    while (strcmp(shown_columns[i], name) != 0) i++;
    return i;
}

static const char *text(const struct check *c, const char *name) {
    const char *s = json_string_value(json_array_get(c->row, (size_t)place(name)));
    return s ? s : "";
}

static json_int_t whole(const struct check *c, const char *name) {
    return json_integer_value(json_array_get(c->row, (size_t)place(name)));
}

static bool listed(const json_t *words, const char *list, const char *check) {
    size_t i;
    json_t *one;
    json_array_foreach(json_object_get(words, list), i,
                       one) if (strcmp(json_string_value(one) ? json_string_value(one) : "", check) == 0) return true;
    return false;
}

/* "payer: north" is of source payer (whose name has no colon) and of group north. */
static void name_lines(struct check *c) {
    const char *value = text(c, "scope_value"), *colon = strstr(value, ": ");
    bool whole_group = strcmp(text(c, "scope"), "provider_group") == 0,
         crossed = strcmp(text(c, "scope"), "source_provider_group") == 0 && colon;
    char line[1024];
    snprintf(line, sizeof line, "%.200s\t%.200s\t%.200s\t%.*s", text(c, "check_id"), text(c, "scope"),
             text(c, "element"), crossed ? (int)(colon - value) : 0, value);
    c->line = rs_strdup(line);
    if (!crossed && !whole_group) return;
    snprintf(line, sizeof line, "%.200s\t%.200s\t%.200s", text(c, "check_id"), text(c, "element"),
             crossed ? colon + 2 : value);
    c->group = rs_strdup(line);
}

static void take(struct checks *all, const struct rs_layout *layout, const struct rs_view *row, const json_t *words) {
    if (all->n == all->room) {
        all->room = all->room ? 2 * all->room : 256;
        all->c = rs_realloc(all->c, all->room * sizeof *all->c);
    }
    struct check *c = &all->c[all->n++];
    *c = (struct check){.row = json_array()};
    for (size_t i = 0; i < N_SHOWN; i++) {
        int at = rs_layout_column(layout, rs_cstr(shown_columns[i]));
        json_array_append_new(c->row, at < 0 ? json_null() : rs_report_value(&layout->columns[at], row[at]));
    }
    name_lines(c);
    c->cell = (struct rs_report_cell){whole(c, "violations"), whole(c, "denominator"), false};
    c->counts_rows = listed(words, "counts_of_rows", text(c, "check_id"));
    c->mix = !json_is_null(json_array_get(c->row, (size_t)place("observed"))) ||
             listed(words, "counts_of_mixes", text(c, "check_id"));
}

static const char *line_of(const struct check *c, bool by_groups) { return by_groups ? c->group : c->line; }

static int by_line(const void *a, const void *b, void *by_groups) {
    const struct check *const *x = a, *const *y = b;
    int c = strcmp(line_of(*x, *(bool *)by_groups), line_of(*y, *(bool *)by_groups));
    return c ? c : (*x < *y ? -1 : *x > *y);
}

/* Whether a row of a mix tells a small count: its share times its denominator. */
static bool tells_small(const struct check *c) {
    json_t *observed = json_array_get(c->row, (size_t)place("observed"));
    double n = json_number_value(observed) * (double)c->cell.of;
    return rs_report_small(c->cell.of, -1) ||
           (json_is_number(observed) && rs_report_small((int64_t)(n + 0.5), c->cell.of));
}

static bool same(const struct check *a, const struct check *b, const char *column) {
    return strcmp(text(a, column), text(b, column)) == 0;
}

static void hide_unit(struct check **mix, size_t n, const struct check *unit) {
    for (size_t i = 0; i < n; i++)
        if (same(mix[i], unit, "scope_value")) mix[i]->cell.withheld = true;
}

/* One check in one scope: the shares of a unit add up to 1, and a group's counts to that of the whole plan. One small
 * count hides its unit; a unit is never hidden alone. */
static void withhold_mix(struct check **mix, size_t n) {
    const struct check *hidden = NULL, *smallest = NULL;
    bool several = false;
    for (size_t i = 0; i < n; i++) {
        if (!tells_small(mix[i])) continue;
        several = several || (hidden && !same(mix[i], hidden, "scope_value"));
        if (!mix[i]->cell.withheld) hide_unit(mix, n, mix[i]);
        hidden = mix[i];
    }
    if (!hidden || several) return;
    for (size_t i = 0; i < n; i++)
        if (!mix[i]->cell.withheld && (!smallest || mix[i]->cell.of < smallest->cell.of)) smallest = mix[i];
    if (smallest) hide_unit(mix, n, smallest);
}

static int by_check(const void *a, const void *b) {
    const struct check *const *x = a, *const *y = b;
    int c = strcmp(text(*x, "check_id"), text(*y, "check_id"));
    if (!c) c = strcmp(text(*x, "scope"), text(*y, "scope"));
    return c ? c : (*x < *y ? -1 : *x > *y);
}

static void withhold_mixes(struct checks *all) {
    struct check **mix = rs_alloc((all->n + 1) * sizeof *mix);
    size_t n = 0;
    for (size_t i = 0; i < all->n; i++)
        if (all->c[i].mix) mix[n++] = &all->c[i];
    qsort(mix, n, sizeof *mix, by_check);
    for (size_t from = 0, to; from < n; from = to) {
        for (to = from; to < n && same(mix[to], mix[from], "check_id") && same(mix[to], mix[from], "scope");) to++;
        withhold_mix(mix + from, to - from);
    }
    free(mix);
}

/* The lines of one kind; how many are withheld then. */
static size_t withhold_each(struct checks *all, bool by_groups) {
    struct check **order = rs_alloc((all->n + 1) * sizeof *order);
    struct rs_report_cell **line = rs_alloc((all->n + 1) * sizeof *line);
    size_t n = 0, withheld = 0;
    for (size_t i = 0; i < all->n; i++) {
        const struct check *c = &all->c[i];
        if (!c->counts_rows && !c->mix && (!by_groups || c->group)) order[n++] = &all->c[i];
    }
    qsort_r(order, n, sizeof *order, by_line, &by_groups);
    for (size_t from = 0, to; from < n; from = to) {
        const char *name = line_of(order[from], by_groups);
        for (to = from; to < n && strcmp(line_of(order[to], by_groups), name) == 0; to++)
            line[to - from] = &order[to]->cell;
        rs_report_withhold(line, to - from);
    }
    for (size_t i = 0; i < n; i++) withheld += order[i]->cell.withheld;
    free(line);
    free(order);
    return withheld;
}

/* A cell may be in two lines, and what one withholds leaves another open: again, until nothing is added. */
static void withhold_lines(struct checks *all) {
    size_t before, now = 0;
    do {
        before = now;
        now = withhold_each(all, false) + withhold_each(all, true);
    } while (now != before);
}

/* The share that can be said of a withheld one: no more than 10, or all but 10. */
static json_t *bound(const struct check *c) {
    if (!c->cell.withheld || c->mix || c->cell.of < RS_REPORT_MINIMUM_CELL) return json_null();
    double most = (RS_REPORT_MINIMUM_CELL - 1) / (double)c->cell.of;
    if (!rs_report_small(c->cell.count, c->cell.of)) return json_null(); /* withheld for another's sake */
    return json_real(c->cell.count < RS_REPORT_MINIMUM_CELL ? most : 1 - most);
}

static void blank(struct check *c, const char *name) { json_array_set_new(c->row, (size_t)place(name), json_null()); }

/* The denominator is a count of persons, too; so is what the prior run found. */
static void blank_small_others(struct check *c) {
    double before = json_number_value(json_array_get(c->row, (size_t)place("prior_share")));
    json_int_t of = whole(c, "prior_denominator");
    if (c->counts_rows) return;
    if (rs_report_small(c->cell.of, -1)) blank(c, "denominator");
    if (!rs_report_small((int64_t)(before * (double)of + 0.5), of)) return;
    blank(c, "prior_share");
    blank(c, "prior_denominator");
}

static json_t *finish(struct check *c) {
    json_array_append_new(c->row, json_boolean(c->cell.withheld));
    json_array_append_new(c->row, bound(c));
    blank_small_others(c);
    for (size_t i = 0; c->cell.withheld && i < sizeof counting / sizeof counting[0]; i++) blank(c, counting[i]);
    return c->row;
}

json_t *rs_report_checks(const struct rs_report_run *run, const json_t *words, struct rs_error *error) {
    const struct rs_layout *layout;
    struct rs_scan *scan;
    const struct rs_view *row;
    struct checks all = {0};
    if (!rs_report_scan(run, "check", "check_result", &layout, &scan, error)) return error->code ? NULL : json_null();
    while (rs_scan_next(scan, &row, error)) take(&all, layout, row, words);
    rs_scan_close(scan);
    withhold_mixes(&all);
    withhold_lines(&all);
    json_t *columns = json_array(), *rows = json_array();
    for (size_t i = 0; i < N_SHOWN; i++) json_array_append_new(columns, json_string(shown_columns[i]));
    json_array_append_new(columns, json_string("withheld"));
    json_array_append_new(columns, json_string("bound"));
    size_t withheld = 0;
    for (size_t i = 0; i < all.n; i++) {
        withheld += all.c[i].cell.withheld;
        json_array_append_new(rows, finish(&all.c[i]));
        free(all.c[i].line);
        free(all.c[i].group);
    }
    free(all.c);
    json_t *table = json_pack("{s:o, s:o, s:I}", "columns", columns, "rows", rows, "withheld", (json_int_t)withheld);
    if (!error->code) return table;
    json_decref(table);
    return NULL;
}
