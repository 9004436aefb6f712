/* SPDX-License-Identifier: GPL-3.0-or-later */
/* XLSX and API JSON as CSV text, so that every table is read by one reader (csv_table.h). */
#ifndef RS_REFERENCE_XLSX_H
#define RS_REFERENCE_XLSX_H
#include <stdbool.h>
#include "../base/error.h"
#include "../base/text.h"

/* A workbook's largest sheet, as the Census Bureau publishes tables in: shared, inline and plain values, no formulas of
 * its own, no dates. Rows are padded to one width; empty rows stay. Text is taken as it is: a name TRUE stays text.
 * RS_DATA for anything that is no such workbook; `path` is for messages. */
bool rs_xlsx_to_csv(const char *path, struct rs_view file, struct rs_buffer *csv, struct rs_error *error);

/* What api.census.gov answers: an array of arrays, the first with the names of the variables. Null is an empty field. */
bool rs_api_json_to_csv(const char *path, struct rs_view file, struct rs_buffer *csv, struct rs_error *error);

#endif
