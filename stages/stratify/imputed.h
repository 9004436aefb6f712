/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Probability rows of persons who did not report, kept on disk: estimators pass over them several times, and memory
 * does not grow with their number.
 *
 * All series share one unlinked temporary file; a series is a list of extents of RS_CHUNK_ROWS rows each. The extents
 * are also the fixed chunks over which sums are formed, so that sums do not depend on the number of threads. */
#ifndef RS_STRATIFY_IMPUTED_H
#define RS_STRATIFY_IMPUTED_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "pipeline/base/error.h"
#include "pipeline/reference/pack.h"

enum { RS_MOST_PROVIDERS = 1 << 20, RS_MOST_CELLS = 1 << 11 };
enum { RS_CHUNK_ROWS = 1024 }; /* 64 KiB: a chunk stays in the second-level cache */

struct rs_imputed_row {
    double p[RS_GROUPS]; /* sums to 1 */
    double weight;       /* mean 1 over all persons of the series, reported ones included */
    uint32_t cluster;    /* rows of one cluster, a person, follow one another; draws go by it */
    uint32_t y : 1;         /* in the numerator */
    uint32_t provider : 20; /* number of the provider group, or of the cell adjusted for (strata.h) */
    uint32_t cell : 11;
};

struct rs_imputed_file;
struct rs_imputed_file *rs_imputed_file_open(const char *dir, struct rs_error *error);
void rs_imputed_file_close(struct rs_imputed_file *file);

/* One series. Zero-initialise, set file; free with rs_imputed_free before the file is closed. */
struct rs_imputed {
    struct rs_imputed_file *file; /* borrowed */
    uint64_t rows;
    uint64_t *extents; /* offset of each full chunk */
    size_t full, room;
    struct rs_imputed_row *tail; /* rows not yet written: the last chunk, unless it is empty */
    size_t in_tail, tail_room;
};
bool rs_imputed_add(struct rs_imputed *m, const struct rs_imputed_row *row, struct rs_error *error);
void rs_imputed_free(struct rs_imputed *m);
size_t rs_imputed_chunks(const struct rs_imputed *m);
/* Chunk number i, read into `room` (RS_CHUNK_ROWS rows) or, for the tail, borrowed; any thread. */
bool rs_imputed_chunk(const struct rs_imputed *m, size_t i, struct rs_imputed_row *room,
                      const struct rs_imputed_row **rows, size_t *n, struct rs_error *error);

/* A sum over the rows: `add` adds n rows to a part that starts as zeroes; `join` adds a part to the total, in the order
 * of the rows, so that no digit depends on the number of threads. */
struct rs_sums {
    size_t bytes; /* of a part */
    void (*add)(const void *self, const struct rs_imputed_row *rows, size_t n, void *part);
    void (*join)(const void *self, void *total, const void *part);
};
bool rs_imputed_sum(const struct rs_imputed *m, int threads, const struct rs_sums *how, const void *self, void *total,
                    struct rs_error *error);

/* Calls fn(self, i) for each i below n, on up to `threads` threads, in no order; the error of the lowest i that failed
 * is given. */
bool rs_parallel(int threads, size_t n, bool (*fn)(void *self, size_t i, struct rs_error *error), void *self,
                 struct rs_error *error);

#endif
