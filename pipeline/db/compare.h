/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A loaded table against its digest, and, where they differ, against the row files it was loaded from: which rows. */
#ifndef RS_DB_COMPARE_H
#define RS_DB_COMPARE_H
#include "../base/hash.h"
#include "../rows/rows.h"
#include "session.h"

struct rs_table_check {
    const struct rs_layout *layout;
    const char *run_no;  /* number of the load */
    const char *columns; /* as they were copied, comma separated */
};

/* SHA-256 over the table's rows of this run in COPY's binary form, in the order they are stored, and their number:
 * for a table that nobody has touched, what rs_copy_files gave. */
bool rs_table_digest(struct rs_session *s, const struct rs_table_check *t, struct rs_digest *digest, uint64_t *rows,
                     struct rs_error *error);

/* One row that is not the same in table and files. Which columns differ is said by name, never by value. */
struct rs_row_difference {
    const char *what; /* "changed", "not in the row file", "not in the database" */
    const char *key;  /* "person_key 0000..., element race"; keys are pseudonyms and open columns */
    const char *columns; /* of a changed row; else empty */
};

/* Finds up to `most` of them, in no order of theirs. Reads both sides twice; memory does not grow with rows. *differing is
 * false where both hold the same rows, in whatever order. RS_CONFIG where the row files' columns are not those that were
 * loaded. */
bool rs_table_compare(struct rs_session *s, const struct rs_table_check *t, const struct rs_manifest *files,
                      size_t n_files, size_t most, void *self,
                      void (*found)(void *self, const struct rs_row_difference *difference), bool *differing,
                      struct rs_error *error);

/* The layout's loaded columns, comma separated, in order. */
void rs_copied_columns(struct rs_buffer *out, const struct rs_layout *layout);

#endif
