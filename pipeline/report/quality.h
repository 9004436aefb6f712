/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a report tells of the data itself: quality checks, discrepancies, what was set aside. Counts of persons pass
 * small.h; names, values and keys of a person only where the steward asks for them. */
#ifndef RS_REPORT_QUALITY_H
#define RS_REPORT_QUALITY_H
#include "table.h"

/* check_result as a table; counts, shares and messages. `words` (schemas/report.yaml) lists under counts_of_rows the
 * checks that count rows and values, not what persons said: those are shown as they are. Of checks of a mix the
 * numbers by group are shown for everybody only: within a source or provider group they are counts of a few persons. A
 * withheld row has state and message, null counts, and withheld true; where all but a few, or only a few, break the
 * rule, `bound` is the least or largest share that can be said: at most 10. */
json_t *rs_report_checks(const struct rs_report_run *run, const json_t *words, struct rs_error *error);

/* Discrepancies counted by element, axis, kind, severity, sources and rule: {"columns", "rows", "withheld"}. */
json_t *rs_report_discrepancies(const struct rs_report_run *run, struct rs_error *error);

/* For the steward only: up to `most` discrepancies one by one, with pseudonyms and values, errors first. */
json_t *rs_report_discrepancy_rows(const struct rs_report_run *run, size_t most, struct rs_error *error);

/* Values and rows set aside, counted by stage, scope, rule and field; never a value. */
json_t *rs_report_quarantine(const struct rs_report_run *run, struct rs_error *error);

#endif
