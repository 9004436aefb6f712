/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the parts of the stage context share: options, key, run. Not for stages. */
#ifndef RS_ROWS_STAGE_PRIVATE_H
#define RS_ROWS_STAGE_PRIVATE_H
#include "stage.h"

enum { RS_MOST_PATHS = 4096 };

struct rs_run_private {
    const char **values; /* of stage->options, in their order */
    json_t *owned_config;
    char reference[4096];
    struct rs_row_writer *sinks[RS_MAX_SINKS];
    json_t *read; /* provenance: layout -> digest of each row file opened */
};

/* Common options; stage_options.c owns the table. */
extern const struct rs_option rs_common_options[];

/* Opens config, resolves options, reference and as-of; inputs are borrowed from the call. */
bool rs_run_open(struct rs_run *run, const struct rs_stage *stage, const struct rs_stage_call *call,
                 struct rs_error *error);
void rs_run_close(struct rs_run *run);
/* Digest of all that decides the stage's output bytes. */
bool rs_run_key(struct rs_run *run, struct rs_digest *key, struct rs_error *error);

#endif
