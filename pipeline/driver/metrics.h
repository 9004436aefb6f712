/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a run came to, in the text format of Prometheus (exposition format 0.0.4), for the textfile collector of its node
 * exporter. The file appears whole or not at all, mode 0644; no PHI is in it. */
#ifndef RS_DRIVER_METRICS_H
#define RS_DRIVER_METRICS_H
#include <jansson.h>
#include "pipeline/base/error.h"

/* results: those of the run, or NULL where it did not get so far; code: its exit status. A run that failed keeps the time
 * of the last good one, which the file had, so that an alert on its age needs no history. */
bool rs_metrics_write(const char *path, const json_t *results, int code, double seconds, struct rs_error *error);

#endif
