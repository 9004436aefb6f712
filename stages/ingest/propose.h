/* SPDX-License-Identifier: GPL-3.0-or-later */
/* `relsogi profile FILE.csv`: looks at a CSV nobody has described and proposes a source profile that ingest accepts. */
#ifndef RS_INGEST_PROPOSE_H
#define RS_INGEST_PROPOSE_H
#include <stdint.h>
#include "pipeline/base/error.h"
#include "pipeline/base/text.h"

/* What was seen of one column, in bounded memory whatever the file's size. */
enum { RS_SEEN_VALUES = 64, RS_SEEN_HASHES = 256, RS_SEEN_LONGEST = 40 };
struct rs_seen_value {
    char text[RS_SEEN_LONGEST];
    uint8_t n;
    uint64_t rows;
};
struct rs_seen {
    struct rs_view name;  /* as in the header, trimmed */
    uint64_t filled, digits, dates, codes, longest; /* codes: CDC concept ids; longest: bytes */
    struct rs_seen_value values[RS_SEEN_VALUES];    /* while there are no more than these */
    size_t n_values;
    bool many;                                      /* more different values than that, or a long one */
    uint64_t hashes[RS_SEEN_HASHES];                /* the smallest hashes, a heap: how many values differ */
    size_t n_hashes;
};
struct rs_look {
    struct rs_seen *columns;
    size_t n_columns;
    uint64_t rows, odd_rows; /* odd: not as wide as the header */
    char delimiter;
    struct rs_arena arena;   /* names */
};
/* Reads all of a file, plain or gzip. */
bool rs_look_at(const char *path, struct rs_look *look, struct rs_error *error);
void rs_look_free(struct rs_look *look);
/* About how many different values a column has (k minimum values; within some 6 % above 256). */
uint64_t rs_seen_different(const struct rs_seen *column);
/* The proposal, as YAML with comments. Values are shown only of columns with answers, where they stand in two rows or
 * more. `source`: NULL for one made of the file's name. */
bool rs_propose(const struct rs_look *look, const char *path, const char *source, struct rs_buffer *out,
                struct rs_error *error);

int rs_profile_main(int argc, char **argv);

#endif
