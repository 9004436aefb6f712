/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What impute.c and alone.c share: the model's options, and the stage's other way of running. */
#ifndef RS_IMPUTE_OPTIONS_H
#define RS_IMPUTE_OPTIONS_H
#include "model.h"
#include "pipeline/rows/stage.h"

bool rs_impute_read_options(const struct rs_run *run, struct rs_impute_options *options, struct rs_error *error);
/* One CSV file of people in, one file of probabilities out: stage->alone. */
bool rs_impute_alone(struct rs_run *run, struct rs_error *error);

#endif
