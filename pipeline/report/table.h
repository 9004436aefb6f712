/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Row files as tables of a page: the only way by which numbers of a run's rows get into a report.
 *
 * What is withheld stays out here, at the gate, and not in the page: of a row whose column `suppressed` is anything
 * but N only what names it passes (columns that are never null and are no numbers but a place in an order), and why
 * it is withheld. A number that a later reader could uncover by looking into the page's source is never in it.
 * Layouts and columns are looked up by name, so that a run made by an older or newer program is told as far as it
 * goes. */
#ifndef RS_REPORT_TABLE_H
#define RS_REPORT_TABLE_H
#include "pipeline/rows/rows.h"
#include <jansson.h>

struct rs_report_run {
    const char *dir; /* of the run */
    json_t *absent;  /* [{"layout", "stage", "why"}]: files the page has to do without */
};

/* Opens the rows of a layout that a stage of the run made. false without an error (*scan NULL) where the run has none:
 * noted in run->absent. A file that is not the one its stage vouches for is RS_DATA. Caller closes. */
bool rs_report_scan(const struct rs_report_run *run, const char *stage, const char *layout,
                    const struct rs_layout **found, struct rs_scan **scan, struct rs_error *error);

/* One value as JSON, by the column's type; null for null. */
json_t *rs_report_value(const struct rs_column *column, struct rs_view value);
/* Whether a row's numbers may be seen: it has no column `suppressed`, or N in it. */
bool rs_report_shown(const struct rs_layout *layout, const struct rs_view *row);

struct rs_report_ask {
    const char *stage, *layout;
    const char *columns; /* names, one blank between; those the layout lacks are left out */
    /* Which rows; NULL for all. `known` is what the caller gave. */
    bool (*want)(const struct rs_layout *layout, const struct rs_view *row, const void *known);
    const void *known;
    size_t most; /* rows at most, 0 for all; the table's "left_out" counts those beyond */
};
/* {"columns": [...], "rows": [[...], ...], "withheld": N, "left_out": N} in file order, or JSON null where the run has
 * no such file. NULL on failure. */
json_t *rs_report_table(const struct rs_report_run *run, const struct rs_report_ask *ask, struct rs_error *error);

/* Writes words that a column says again and again once: "texts" has them, {"column": ["word", ...]}, and the rows
 * their place there. Half the size of a page. For any table with columns and rows; null and other values stay as they
 * are. */
void rs_report_pack(json_t *table);

#endif
