/* SPDX-License-Identifier: GPL-3.0-or-later */
/* 834 change files on what stood before, so that a run stays a full snapshot; full files beside what stood before.
 *
 * What stood before are the row files of a prior run's ingest (--prior), or full files of the same source in this run.
 * Rows are brought together by member in the partitions of a spill (pipeline/rows/group.h): memory is bounded by the
 * largest partition. Members that no change file mentions are carried on from the prior row files as they stand, with
 * the place in the file that an earlier run read; that file is listed in layout `file` as carried. */
#ifndef RS_INGEST_CHANGE_H
#define RS_INGEST_CHANGE_H
#include "block.h"

struct rs_change;
/* Decides what becomes of each file (source->way) and numbers the files that are carried. *out is NULL where nothing is to
 * be grouped or compared. `site_key` is this run's check value, as in its parameters. */
bool rs_change_plan(struct rs_run *run, struct rs_sources *sources, struct rs_change **out, struct rs_error *error);
/* Serial, after a block was worked on and before it is written: takes over rows of members. */
bool rs_change_block(struct rs_change *c, struct rs_batch *batch, struct rs_error *error);
/* After the last block: reads the prior rows, applies the changes, and writes. */
bool rs_change_finish(struct rs_change *c, int threads, struct rs_error *error);
/* Rows of layout `file` for carried files. */
void rs_change_put_files(const struct rs_change *c, struct rs_batch *batch);
void rs_change_free(struct rs_change *c);

#endif
