/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The results as rows, as JSON, and in the run's summary. */
#ifndef RS_CHECK_RESULTS_H
#define RS_CHECK_RESULTS_H
#include "evaluate.h"

bool rs_check_is_bad(const struct rs_check_result *r); /* fail or error */
bool rs_check_write(struct rs_run *run, const struct rs_check_results *results, const struct rs_counted *counted,
                    struct rs_error *error);
/* One object: checks_sha256, as_of, states, exceptions, thresholds_changed, and results with every column of layout
 * check_result. Written whole or not at all. */
bool rs_check_write_json(struct rs_run *run, const char *path, const struct rs_check_results *results,
                         struct rs_error *error);
/* Numbers for the run's results: by state, those that fail (the most severe first), what is missing. */
void rs_check_summarise(struct rs_run *run, const struct rs_check_results *results, const struct rs_counted *counted);

#endif
