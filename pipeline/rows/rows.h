/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Row files: COPY text with a header line, plain or BGZF, a JSON manifest beside each.
 *
 * A row in memory is an array of views, one a column of the layout, in layout order: `row[PERSON_surname]`.
 * Null is a null view. Reading gives such an array; writing takes one. */
#ifndef RS_ROWS_ROWS_H
#define RS_ROWS_ROWS_H
#include "../base/error.h"
#include "../base/hash.h"
#include "../base/text.h"
#include "layout.h"
#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* ---- writing -------------------------------------------------------------------------------------------------- */

/* Adds one line to `to`: columns in layout order, escaped as COPY text wants. Null in a NOT_NULL column, or a tab in
 * a number, is our bug: it is found when the file is closed (rows are checked in rs_row_writer_add). */
void rs_row_emit(struct rs_buffer *to, const struct rs_layout *layout, const struct rs_view *row);

struct rs_row_writer; /* one output file; written in order by one thread; hashed as it is written */
/* Opens DIR/<layout>.tsv (or .tsv.gz, BGZF, when compress is set) under a temporary name and writes the header. */
struct rs_row_writer *rs_row_writer_open(const char *dir, const struct rs_layout *layout, bool compress,
                                         struct rs_error *error);
/* Adds whole lines made by rs_row_emit, `rows` of them. */
bool rs_row_writer_add(struct rs_row_writer *w, const struct rs_buffer *lines, uint64_t rows, struct rs_error *error);
/* Syncs, renames, and writes DIR/<layout>.json, the manifest: layout, version, rows, bytes, sha256 of the
 * uncompressed bytes and of the file, and `provenance` (borrowed; stage, version, parameters, inputs). */
bool rs_row_writer_close(struct rs_row_writer *w, json_t *provenance, struct rs_error *error);
void rs_row_writer_abort(struct rs_row_writer *w); /* nothing stays behind; NULL is fine */
uint64_t rs_row_writer_rows(const struct rs_row_writer *w);

/* ---- reading -------------------------------------------------------------------------------------------------- */

/* What a row file's manifest says. */
struct rs_manifest {
    char path[4096]; /* of the row file itself */
    const struct rs_layout *layout;
    int version;
    uint64_t rows, bytes;
    struct rs_digest content; /* SHA-256 of the uncompressed bytes */
    bool compressed;
    char as_of[11]; /* date of the run that wrote it; empty where it had none */
};
/* Finds layout in DIR: DIR/<layout>.tsv or .tsv.gz with its manifest. RS_NO_INPUT where it is not there. */
bool rs_manifest_read(const char *dir, const struct rs_layout *layout, struct rs_manifest *out, struct rs_error *error);

/* Serial source of blocks of whole lines. While read to its end, bytes are hashed and compared with the manifest:
 * a file changed after it was made is RS_DATA. */
struct rs_row_reader;
struct rs_row_reader *rs_row_reader_open(const struct rs_manifest *m, struct rs_error *error);
void rs_row_reader_close(struct rs_row_reader *r);
/* Next block of at most about `room` bytes of whole lines into *into (cleared first); into->n == 0 at the end. Behind
 * its n bytes are 64 more that a cursor may look at. */
bool rs_row_reader_block(struct rs_row_reader *r, struct rs_buffer *into, size_t room, uint64_t *first_row,
                         struct rs_error *error);

/* Walks the rows of one block of rs_row_reader_block (in any thread). Fields without escapes point into the block, others into the arena. */
struct rs_cursor {
    const struct rs_row_reader *reader; /* for the header's column order */
    const char *p, *end;
    uint64_t row_no; /* of the row last given, from 1 */
    struct rs_arena *arena;
    struct rs_view row[RS_MAX_COLUMNS + 1]; /* the row, in layout order; columns the file lacks are null; one to spare */
    struct rs_view line;                /* the row's bytes, without the newline */
};
void rs_cursor_open(struct rs_cursor *c, const struct rs_row_reader *reader, const struct rs_buffer *block,
                    uint64_t first_row, struct rs_arena *arena);
/* false at the end, or on a line that has not the header's number of fields (then error->code is set). */
bool rs_cursor_next(struct rs_cursor *c, struct rs_error *error);

/* One row after the other, for small files and for merge joins: owns its blocks. Views hold until the next call. */
struct rs_scan;
struct rs_scan *rs_scan_open(const struct rs_manifest *m, struct rs_error *error);
bool rs_scan_next(struct rs_scan *s, const struct rs_view **row, struct rs_error *error); /* false at end or error */
void rs_scan_close(struct rs_scan *s);
/* Parses one line of `layout` in layout order (as rs_row_emit wrote it), for lines kept aside. */
bool rs_line_parse(const struct rs_layout *layout, struct rs_view line, struct rs_arena *arena, struct rs_view *row,
                   struct rs_error *error);

#endif
