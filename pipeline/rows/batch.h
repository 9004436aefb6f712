/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Ordered parallel work: blocks are taken in order, worked on in any thread, and written in order, so that output
 * bytes do not depend on the number of threads. Memory is bounded: at most threads + 2 batches are alive. */
#ifndef RS_ROWS_BATCH_H
#define RS_ROWS_BATCH_H
#include "../base/error.h"
#include "../base/text.h"
#include "ledger.h"
#include "rows.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { RS_MAX_SINKS = 12, RS_BLOCK_BYTES = 2 << 20 };

/* What one block becomes. Everything in it is kept for reuse and reset before each block. */
struct rs_batch {
    uint64_t index;                     /* 0, 1, 2 ... in input order */
    struct rs_buffer in;                /* the block's bytes, filled by next */
    uint64_t first_row;                 /* filled by next, for row readers */
    void *tag;                          /* whatever next wants work to know; owned by the stage */
    unsigned char note[256];            /* small by-value context from next to work */
    struct rs_arena arena;              /* for work */
    struct rs_buffer out[RS_MAX_SINKS]; /* lines for the stage's outputs, by the stage's own sink numbers */
    uint64_t out_rows[RS_MAX_SINKS];
    struct rs_tally tally;
    struct rs_buffer scratch; /* free for work and done */
    int worker;               /* 0 .. threads-1: index of per-thread state */
};

/* One row of a batch's sink: emit and count together. */
static inline void rs_batch_emit(struct rs_batch *b, int sink, const struct rs_layout *layout,
                                 const struct rs_view *row) {
    rs_row_emit(&b->out[sink], layout, row);
    b->out_rows[sink]++;
}

/* next and done are each called in one thread at a time, and with two threads or more not in the same one: what one of
 * them changes, the other must not look at. */
struct rs_work {
    void *self;
    /* Serial, in order: fills batch->in (and first_row, tag, note); *more = false at the end, batch unused. */
    bool (*next)(void *self, struct rs_batch *batch, bool *more, struct rs_error *error);
    /* Any thread; must not touch shared state. */
    bool (*work)(void *self, struct rs_batch *batch, struct rs_error *error);
    /* Serial, in order. */
    bool (*done)(void *self, struct rs_batch *batch, struct rs_error *error);
};
/* Runs until next says there is no more, or the first error (by block order) is reported. threads >= 1. */
bool rs_work_run(const struct rs_work *work, int threads, struct rs_error *error);

#endif
