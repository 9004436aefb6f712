/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The smaller or sorted files, read row after row: parts of rs_check_count. Each adds to the run's ledger. */
#ifndef RS_CHECK_TABLES_H
#define RS_CHECK_TABLES_H
#include "count.h"

bool rs_count_files(struct rs_run *run, struct rs_counted *out, struct rs_error *error); /* sources */
bool rs_count_discrepancies(struct rs_run *run, struct rs_counted *out, struct rs_error *error);
bool rs_count_evidence(struct rs_run *run, struct rs_counted *out, struct rs_error *error); /* quarantine, ledger */

#endif
