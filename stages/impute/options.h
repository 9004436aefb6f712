/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What impute.c and alone.c share: the model's options, and the stage's other way of running. */
#ifndef RS_IMPUTE_OPTIONS_H
#define RS_IMPUTE_OPTIONS_H
#include "fbisg.h"
#include "model.h"
#include "pipeline/rows/stage.h"

bool rs_impute_read_options(const struct rs_run *run, struct rs_impute_options *options, struct rs_error *error);
bool rs_impute_read_fbisg(const struct rs_run *run, struct rs_fbisg_options *options, struct rs_error *error);
bool rs_impute_is_fitted(const struct rs_impute_options *options); /* to the persons of a place: fbisg.h */
/* One CSV file of people in, one file of probabilities out: stage->alone. */
bool rs_impute_alone(struct rs_run *run, struct rs_error *error);

/* What rows name as their pack: its id, and with a draw of its tables the draw's number, as in 58f3c5a11454e4ce~3. */
enum { RS_PACK_TEXT = 48 };
void rs_impute_pack_text(char out[RS_PACK_TEXT], const char *pack_id, const struct rs_impute_options *options);

#endif
