/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Rows that break a check, down to the byte: layout check_evidence. */
#ifndef RS_CHECK_TRACE_H
#define RS_CHECK_TRACE_H
#include "evaluate.h"

/* The first `cap` of each check, element and source, in the order of the files, from counted->records and ->answers,
 * quarantine and discrepancy. Reads `record` for lines and offsets. */
bool rs_check_trace(struct rs_run *run, const struct rs_checks *checks, const struct rs_counted *counted,
                    const struct rs_check_results *results, size_t cap, struct rs_error *error);

#endif
