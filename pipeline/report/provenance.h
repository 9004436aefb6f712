/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Where a report's numbers come from: the run, its stages and their digests, its files, its ledger. */
#ifndef RS_REPORT_PROVENANCE_H
#define RS_REPORT_PROVENANCE_H
#include "table.h"

/* results.json without its stages: id, dates, program, digests, and whatever else the run says at its top; and where
 * in the database's chain of digests the run was put ("chain": entry and head), where it was loaded. */
json_t *rs_report_about(const json_t *results);
/* What the members answered: {"said_which_group", "said_a_part", "said_nothing", "declined"}; null where the run has
 * not imputed, or where one of them is small: the others would tell it. */
json_t *rs_report_answers(const json_t *results);
/* One object a stage: version, status, seconds, options, digests read and written, rows. Adds to `withheld` the stages
 * whose numbers of rows are left out, because one of the ledger's lines is. */
json_t *rs_report_stages(const struct rs_report_run *run, const json_t *results, const json_t *withheld);
/* {"columns": [stage, layout, file_no, fates..., balances, withheld], "rows"}: one row a stage, layout and file. Fates
 * of persons from 1 to 10 hide the line, not whether it balances. Stages with a hidden line go into `withheld`. */
json_t *rs_report_ledger(const struct rs_report_run *run, json_t *withheld, struct rs_error *error);

#endif
