/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Feeds that stopped: rows of each source's input files beside those of the prior run, and files that hold none. */
#ifndef RS_CHECK_FEEDS_H
#define RS_CHECK_FEEDS_H
#include "evaluate.h"

/* Rows by source of the prior run's files (--prior, layout file); out->prior_feeds is empty where there is none. */
bool rs_count_prior_feeds(struct rs_run *run, struct rs_counted *out, struct rs_error *error);
/* Kind source_rows: of the rows a source had in the prior run, those by which it has fewer now: all of them where it is
 * gone. A source that is new, or had no row, is not judged. */
void rs_evaluate_feeds(struct rs_evaluation *e, const struct rs_check *check);
/* Kind empty_files: files without a row, of all. */
void rs_evaluate_empty(struct rs_evaluation *e, const struct rs_check *check);

#endif
