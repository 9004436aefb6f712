/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Why it exists: which rows and columns each page gets. Nothing else of a run enters a page. */
#include "pipeline/base/config.h"
#include "provenance.h"
#include "quality.h"
#include "report.h"
#include <stdio.h>

/* A page must open on any machine and stay below 5 MB: beyond so many rows of a file it says how many it leaves out. */
enum { MOST_ROWS = 12000, MOST_EQUITY = 6000, MOST_DISCREPANCIES = 5000 };

static bool is(const struct rs_layout *layout, const struct rs_view *row, const char *column, const char *value) {
    int at = rs_layout_column(layout, rs_cstr(column));
    return at >= 0 && rs_eq_c(row[at], value);
}

/* The executives' page shows one estimate of each group, and what was reported beside it; no provider group. */
static bool for_executives(const struct rs_layout *layout, const struct rs_view *row, const void *known) {
    (void)known;
    if (is(layout, row, "dimension", "provider_group")) return false;
    return is(layout, row, "estimator", "birdie") || is(layout, row, "estimator", "observed") ||
           is(layout, row, "estimator", "self_report") || is(layout, row, "estimator", "ols");
}

/* Statements that the executives' page has a place for: schemas/report.yaml, executive_statistics. */
static bool statement_for_executives(const struct rs_layout *layout, const struct rs_view *row, const void *known) {
    int at = rs_layout_column(layout, RS_LIT("statistic"));
    size_t i;
    json_t *one;
    if (at < 0 || !is(layout, row, "provider_group", "all") || !for_executives(layout, row, NULL)) return false;
    json_array_foreach((json_t *)known, i,
                       one) if (rs_eq_c(row[at], json_string_value(one) ? json_string_value(one) : "")) return true;
    return false;
}

/* Of the evaluation: everybody, and the strata that show where imputation fails; states are many. */
static bool evaluation_wanted(const struct rs_layout *layout, const struct rs_view *row, const void *known) {
    (void)known;
    return !is(layout, row, "dimension", "state");
}

static const struct rs_report_ask estimates = {
    "stratify",
    "estimate",
    "estimate_key measure period dimension stratum estimator n n_eff direct_share indirect_share unknown_share lambda "
    "rate se lower upper "
    "bound_lower bound_upper interval_method reference difference difference_lower difference_upper ratio suppressed "
    "suppression_reason flags",
    NULL,
    NULL,
    MOST_ROWS};
static const struct rs_report_ask statements = {"stratify",
                                                "disparity",
                                                "disparity_key measure period dimension estimator statistic stratum "
                                                "provider_group part reference unit value se lower upper method n "
                                                "groups flags suppressed suppression_reason",
                                                NULL,
                                                NULL,
                                                MOST_ROWS};
static const struct rs_report_ask trends = {"stratify",
                                            "trend",
                                            "measure dimension stratum estimator point period runs_back reference rate "
                                            "gap gap_lower gap_upper change change_lower "
                                            "change_upper change_method verdict flags suppressed suppression_reason",
                                            NULL,
                                            NULL,
                                            MOST_ROWS};
static const struct rs_report_ask tabulations = {
    "stratify", "tabulation", "approach category n share suppressed suppression_reason", NULL, NULL, MOST_ROWS};

/* Adds a table under a name; false on failure. */
static bool put(json_t *page, const char *name, json_t *table) {
    return table && json_object_set_new(page, name, table) == 0;
}

static bool put_rows(json_t *page, const char *name, const struct rs_report_run *run, struct rs_report_ask ask,
                     bool (*want)(const struct rs_layout *, const struct rs_view *, const void *), const void *known,
                     struct rs_error *error) {
    ask.want = want;
    ask.known = known;
    return put(page, name, rs_report_table(run, &ask, error));
}

/* ---- shares of a withheld count -------------------------------------------------------------------------------- */

static int table_column(const json_t *table, const char *name) {
    size_t i;
    json_t *one;
    json_array_foreach(json_object_get(table, "columns"), i,
                       one) if (strcmp(json_string_value(one), name) == 0) return (int)i;
    return -1;
}

static const char *at(const json_t *table, const json_t *row, const char *column) {
    int c = table_column(table, column);
    const char *text = c < 0 ? NULL : json_string_value(json_array_get(row, (size_t)c));
    return text ? text : "";
}

static void name_cell(const json_t *table, const json_t *row, char *out, size_t room) {
    snprintf(out, room, "%s\t%s\t%s\t%s", at(table, row, "measure"), at(table, row, "period"),
             at(table, row, "dimension"), at(table, row, "stratum"));
}

/* A combined estimate's n times the share that is self-reported is the self-reported count: where that is withheld,
 * the shares go, too, whatever the stage did with them. */
static json_t *without_telling_shares(json_t *table) {
    static const char *const shares[] = {"direct_share", "indirect_share", "unknown_share"};
    json_t *withheld = json_object(), *row;
    char cell[2048];
    size_t i;
    json_array_foreach(json_object_get(table, "rows"), i, row) {
        if (strcmp(at(table, row, "estimator"), "self_report") != 0 || strcmp(at(table, row, "suppressed"), "N") == 0)
            continue;
        name_cell(table, row, cell, sizeof cell);
        json_object_set_new(withheld, cell, json_true());
    }
    json_array_foreach(json_object_get(table, "rows"), i, row) {
        name_cell(table, row, cell, sizeof cell);
        for (size_t k = 0; k < 3 && json_object_get(withheld, cell); k++)
            if (table_column(table, shares[k]) >= 0)
                json_array_set_new(row, (size_t)table_column(table, shares[k]), json_null());
    }
    json_decref(withheld);
    return table;
}

static bool put_estimates(json_t *page, const struct rs_report_run *run,
                          bool (*want)(const struct rs_layout *, const struct rs_view *, const void *),
                          struct rs_error *error) {
    if (!put_rows(page, "estimate", run, estimates, want, NULL, error)) return false;
    without_telling_shares(json_object_get(page, "estimate"));
    return true;
}

/* What both pages begin with. `run` notes in the page's own list what is absent. */
static json_t *begin(const struct rs_report *r, struct rs_report_run *run) {
    json_t *page = json_object();
    *run = (struct rs_report_run){r->run, json_array()};
    json_object_set_new(page, "absent", run->absent);
    json_object_set_new(page, "run", rs_report_about(r->results));
    json_object_set_new(page, "answers", rs_report_answers(r->results));
    json_object_set(page, "words", r->words);
    json_object_set(page, "measures", r->measures);
    return page;
}

static json_t *end(json_t *page, bool ok) {
    const char *name;
    json_t *table;
    json_object_foreach(page, name, table) rs_report_pack(table);
    if (ok) return page;
    json_decref(page);
    return NULL;
}

json_t *rs_report_executive_data(const struct rs_report *r, struct rs_error *error) {
    struct rs_report_run run;
    json_t *page = begin(r, &run);
    const json_t *wanted = json_object_get(r->words, "executive_statistics");
    bool ok = put_estimates(page, &run, for_executives, error) &&
              put_rows(page, "tabulation", &run, tabulations, NULL, NULL, error) &&
              put_rows(page, "disparity", &run, statements, statement_for_executives, wanted, error) &&
              put_rows(page, "trend", &run, trends, for_executives, NULL, error);
    return end(page, ok);
}

static bool put_provenance(json_t *page, const struct rs_report *r, const struct rs_report_run *run,
                           struct rs_error *error) {
    static const struct rs_report_ask files = {
        "ingest",
        "file",
        "file_no source profile profile_sha256 format name file_date bytes sha256 encoding compression "
        "records carried",
        NULL,
        NULL,
        MOST_ROWS};
    json_t *withheld = json_object();
    bool ok = put_rows(page, "file", run, files, NULL, NULL, error) &&
              put(page, "ledger", rs_report_ledger(run, withheld, error)) &&
              put(page, "stages", rs_report_stages(run, r->results, withheld));
    json_decref(withheld);
    return ok;
}

static bool put_quality(json_t *page, const struct rs_report *r, const struct rs_report_run *run,
                        struct rs_error *error) {
    static const struct rs_report_ask agreement = {
        "reconcile",
        "agreement",
        "source_a source_b element kind category_a category_b value lower upper method n suppressed",
        NULL,
        NULL,
        MOST_ROWS};
    bool ok = put(page, "check_result", rs_report_checks(run, r->words, error)) &&
              put_rows(page, "agreement", run, agreement, NULL, NULL, error) &&
              put(page, "discrepancy", rs_report_discrepancies(run, error)) &&
              put(page, "quarantine", rs_report_quarantine(run, error));
    if (!ok || !r->steward) return ok;
    return put(page, "discrepancy_rows", rs_report_discrepancy_rows(run, MOST_DISCREPANCIES, error));
}

json_t *rs_report_audit_data(const struct rs_report *r, struct rs_error *error) {
    static const struct rs_report_ask evaluations = {
        "impute", "evaluation", "model dimension stratum race_group metric value lower upper n", NULL, NULL, MOST_ROWS};
    static const struct rs_report_ask equity = {
        "stratify",
        "equity",
        "measure period provider_group dimension stratum reference estimator members gap gap_se gap_lower gap_upper "
        "reliability shrunk_gap detectable_gap baseline_period baseline_gap improvement improvement_lower "
        "improvement_upper "
        "eligible reasons verdict flags suppressed suppression_reason",
        NULL,
        NULL,
        MOST_EQUITY};
    static const struct rs_report_ask suppressions = {"stratify",
                                                      "suppression",
                                                      "measure period dimension stratum estimator rule "
                                                      "protects_dimension protects_stratum minimum",
                                                      NULL,
                                                      NULL,
                                                      MOST_ROWS};
    struct rs_report_run run;
    json_t *page = begin(r, &run);
    json_object_set_new(page, "steward", json_boolean(r->steward));
    bool ok = put_estimates(page, &run, NULL, error) &&
              put_rows(page, "tabulation", &run, tabulations, NULL, NULL, error) &&
              put_rows(page, "disparity", &run, statements, NULL, NULL, error) &&
              put_rows(page, "equity", &run, equity, NULL, NULL, error) &&
              put_rows(page, "trend", &run, trends, NULL, NULL, error) &&
              put_rows(page, "suppression", &run, suppressions, NULL, NULL, error) &&
              put_rows(page, "evaluation", &run, evaluations, evaluation_wanted, NULL, error) &&
              put_quality(page, r, &run, error) && put_provenance(page, r, &run, error);
    return end(page, ok);
}
