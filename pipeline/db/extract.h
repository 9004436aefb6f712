/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Rows of a layout for those who keep a copy elsewhere, as CSV: all of the latest run, or what changed since a day.
 *
 * Columns: change (added, changed, removed), as_of (day of the run), since (day of the run compared with, empty where
 * all rows are taken), then those of the layout that are loaded. A removed row has its key and nothing else. Rows are
 * in the order of the key. What is taken first without a day, and then each time with as_of of the time before, gives
 * the rows of the latest run. */
#ifndef RS_DB_EXTRACT_H
#define RS_DB_EXTRACT_H
#include "../base/text.h"
#include "../rows/layout.h"
#include "session.h"

/* The layout that is exported under this name (persons, values, ...), NULL where there is none. */
const struct rs_layout *rs_extract_layout(const char *what);
const char *rs_extract_name(size_t i); /* the names, NULL at the end */

/* Adds the SELECT to *sql, and opens the transaction in which it is to be run: retention cannot drop the rows
 * meanwhile. since NULL: all rows. The latest run is that of relsogi.as_of where that is set. Says in the log which
 * runs these are. RS_NO_INPUT where there is no run, none of that day or before, or its rows are pruned or lack the
 * layout, or is another than since_run (NAME/REVISION, NULL: any): then all rows are to be taken. RS_USAGE where since is after the run. */
bool rs_extract_select(struct rs_session *s, const struct rs_layout *layout, const char *since, const char *since_run,
                       struct rs_buffer *sql, struct rs_error *error);

#endif
