/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Large row files reduced, in parallel blocks, to records of a fixed size in one unlinked file, in the order of the
 * rows. */
#ifndef RS_CHECK_REDUCE_H
#define RS_CHECK_REDUCE_H
#include "pipeline/rows/stage.h"
#include <stdio.h>

struct rs_reduced {
    FILE *file; /* NULL where nothing is kept */
    size_t size;
    uint64_t n;
};

/* Makes an empty one in dir; closing it removes it. */
bool rs_reduced_open(const char *dir, size_t size, struct rs_reduced *out, struct rs_error *error);
bool rs_reduced_add(struct rs_reduced *r, const void *records, size_t n, struct rs_error *error);
bool rs_reduced_rewind(struct rs_reduced *r, struct rs_error *error);
/* Up to `most` records; *got 0 at the end. */
bool rs_reduced_read(struct rs_reduced *r, void *into, size_t most, size_t *got, struct rs_error *error);
void rs_reduced_close(struct rs_reduced *r);

/* Calls one() for each row, in any thread (`worker` tells which); it fills `record` (zeroed, out->size bytes) and
 * returns whether to keep it, or sets error. out may have no file: rows are only counted by `one` itself. */
struct rs_reduction {
    void *self;
    bool (*one)(void *self, int worker, const struct rs_view *row, void *record, struct rs_error *error);
};
bool rs_reduce(struct rs_run *run, const struct rs_manifest *m, const struct rs_reduction *how, struct rs_reduced *out,
               struct rs_error *error);

#endif
