/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Row files into tables by binary COPY: text is parsed once, here, and the server parses nothing. */
#ifndef RS_DB_COPY_H
#define RS_DB_COPY_H
#include "../base/text.h"
#include "../rows/rows.h"
#include "session.h"
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

/* Whether a column goes to the database at all: names, addresses and text as sent stay in row files; identifiers go to
 * the schema vault, and nowhere else. */
static inline bool rs_column_loaded(const struct rs_layout *layout, const struct rs_column *c) {
    return layout == &rs_layout_identifier || (c->phi != RS_DIRECT && c->phi != RS_RAW);
}
static inline const char *rs_schema_of(const struct rs_layout *layout) {
    return layout == &rs_layout_identifier ? "vault" : "relsogi";
}

/* Adds one row in COPY's binary form: loaded columns in layout order. False where a value is not of its column's type
 * or a null stands where none may: the error names the column, not the value. */
bool rs_copy_encode(struct rs_buffer *to, const struct rs_layout *layout, const struct rs_view *row,
                    struct rs_error *error);

/* Copies all rows of `files` (all of one layout), one after the other, into `table` (its name as it goes into SQL,
 * made in the session's open transaction: rows are frozen as they come). Bytes are held against the manifests.
 * *digest is SHA-256 over the rows in binary form, as they went out: what COPY of the table gives back, between its
 * signature and its end. Gives up, with RS_IO, soon after *stop becomes true (stop may be NULL). After a failure the
 * session must be closed. */
bool rs_copy_files(struct rs_session *s, const char *table, const struct rs_layout *layout,
                   const struct rs_manifest *files, size_t n_files, const atomic_bool *stop, uint64_t *rows,
                   struct rs_digest *digest, struct rs_error *error);

#endif
