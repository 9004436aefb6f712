/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A statement about gaps (an index, a comparison, a point of a trend, a provider group's gap) is no number of persons
 * itself: it is made from estimates. This finds the statement, lists the estimates that it rests on, and leaves the one
 * about its own group, else about everybody, to be followed down to persons and bytes. */
#include "trace.h"
#include <stdio.h>

static const struct {
    const struct rs_layout *layout;
    const char *what;
} statements[] = {
    {&rs_layout_disparity, "a statement about the gaps of a dimension"},
    {&rs_layout_trend, "a gap at one point in time"},
    {&rs_layout_equity, "a gap within a provider group"},
};
enum { N_STATEMENTS = sizeof statements / sizeof statements[0] };

static struct rs_view named(const struct rs_layout *layout, const struct rs_view *row, const char *column) {
    int at = rs_layout_column(layout, rs_cstr(column));
    return at < 0 ? RS_NULL : row[at];
}

/* A run of an earlier program may lack the layout: then the key is not in it. */
static bool find_in(struct rs_trace *t, const struct rs_layout *layout, struct rs_view *to, struct rs_error *error) {
    struct rs_manifest m;
    struct rs_error missing = {0};
    return rs_trace_manifest(t->run, "stratify", layout, &m, &missing) && rs_trace_find(t, &m, to, error);
}

struct statement {
    struct rs_view measure, period, dimension, stratum, reference, estimator;
};

static struct statement read_statement(const struct rs_layout *layout, const struct rs_view *row) {
    return (struct statement){named(layout, row, "measure"),   named(layout, row, "period"),
                              named(layout, row, "dimension"), named(layout, row, "stratum"),
                              named(layout, row, "reference"), named(layout, row, "estimator")};
}

/* Whether the estimate is about the statement's measure and everybody in it. */
static bool is_everybody(const struct statement *s, const struct rs_view *e) {
    return rs_eq(e[ESTIMATE_measure], s->measure) && rs_eq(e[ESTIMATE_period], s->period) &&
           rs_eq_c(e[ESTIMATE_dimension], "all");
}

static bool rests_on(const struct statement *s, const struct rs_view *e) {
    if (!rs_eq(e[ESTIMATE_measure], s->measure) || !rs_eq(e[ESTIMATE_period], s->period) ||
        !rs_eq(e[ESTIMATE_dimension], s->dimension) || !rs_eq(e[ESTIMATE_estimator], s->estimator))
        return false;
    return rs_eq_c(s->stratum, "all") || rs_eq(e[ESTIMATE_stratum], s->stratum) ||
           rs_eq(e[ESTIMATE_stratum], s->reference);
}

static void list_estimate(const struct rs_view *e) {
    bool withheld = rs_eq_c(e[ESTIMATE_suppressed], "Y");
    struct rs_view n = withheld ? RS_LIT("withheld") : e[ESTIMATE_n],
                   rate = withheld ? RS_LIT("withheld") : e[ESTIMATE_rate];
    printf("  %.*s  %-12.*s n %.*s, rate %.*s\n", (int)e[ESTIMATE_estimate_key].n, e[ESTIMATE_estimate_key].p,
           (int)e[ESTIMATE_stratum].n, e[ESTIMATE_stratum].p, (int)n.n, n.p ? n.p : "", (int)rate.n,
           rate.p ? rate.p : "");
}

/* The estimates below the statement; *followed: one of them, or everybody's, is in t->estimate. */
static bool show_estimates(struct rs_trace *t, const struct statement *s, bool *followed, struct rs_error *error) {
    struct rs_manifest m;
    const struct rs_view *row;
    bool own = false;
    if (!rs_trace_manifest(t->run, "stratify", &rs_layout_estimate, &m, error)) return false;
    struct rs_scan *scan = rs_scan_open(&m, error);
    puts("\nMade from these estimates");
    while (scan && rs_scan_next(scan, &row, error)) {
        bool below = rests_on(s, row), mine = below && rs_eq(row[ESTIMATE_stratum], s->stratum);
        if (below) list_estimate(row);
        if (own || !(mine || (!*followed && is_everybody(s, row)))) continue;
        own = mine;
        *followed = true;
        rs_trace_keep(t, &rs_layout_estimate, row, t->estimate);
    }
    rs_scan_close(scan);
    return !error->code;
}

/* Of an earlier run this one has read the file of estimates, and nothing else. */
static bool is_earlier(const struct rs_layout *layout, const struct rs_view *row) {
    return layout == &rs_layout_trend && !rs_eq_c(row[TREND_runs_back], "0");
}

bool rs_trace_statement(struct rs_trace *t, struct rs_error *error) {
    struct rs_view row[RS_MAX_COLUMNS];
    bool followed = false;
    for (size_t i = 0; i < N_STATEMENTS; i++) {
        const struct rs_layout *layout = statements[i].layout;
        if (!find_in(t, layout, row, error)) {
            if (error->code) return false;
            continue;
        }
        printf("Result: %s\n", statements[i].what);
        rs_trace_print(layout, row);
        if (is_earlier(layout, row))
            return rs_fail(
                error, RS_NO_INPUT,
                "this point is of an earlier run, --prior number %.*s of this one: trace its estimates there",
                (int)row[TREND_runs_back].n, row[TREND_runs_back].p);
        const struct statement s = read_statement(layout, row);
        if (!show_estimates(t, &s, &followed, error)) return false;
        if (!followed)
            return rs_fail(error, RS_NO_INPUT, "%s: none of the estimates that this rests on is here", t->run);
        if (layout == &rs_layout_equity)
            puts("  (of everybody; within the provider group the same persons are counted who are attributed to it)");
        rs_key_parse(t->estimate[ESTIMATE_estimate_key], &t->id);
        puts("\nOne of them, followed further\n");
        return true;
    }
    return rs_fail(error, RS_NO_INPUT, "%s: no result has this key here", t->run);
}
