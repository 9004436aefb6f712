/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Any CSV of people with a header: the columns that imputation knows, by name, in any order and any subset. Quoted fields
 * may hold commas, quotes (doubled) and line breaks. Made for speed: separators are found 64 bytes at a time. */
#ifndef RS_IMPUTE_PEOPLE_CSV_H
#define RS_IMPUTE_PEOPLE_CSV_H
#include <stdbool.h>
#include "pipeline/base/error.h"
#include "pipeline/base/text.h"

enum rs_people_column {
    RS_PEOPLE_ID,
    RS_PEOPLE_SURNAME,
    RS_PEOPLE_FIRST_NAME,
    RS_PEOPLE_MIDDLE_NAME,
    RS_PEOPLE_BLOCK_GROUP,
    RS_PEOPLE_TRACT,
    RS_PEOPLE_COUNTY,
    RS_PEOPLE_ZCTA,
    RS_PEOPLE_ZIP,
    RS_PEOPLE_STATE,
    RS_PEOPLE_AGE, /* years */
    RS_PEOPLE_SEX, /* F, M, female, male */
    RS_PEOPLE_COLUMNS
};
extern const char *const rs_people_column_names[RS_PEOPLE_COLUMNS];

struct rs_people; /* an open file */
/* Reads the header. RS_DATA where it has no id, a column twice, or none of the columns. */
struct rs_people *rs_people_open(const char *path, struct rs_error *error);
void rs_people_close(struct rs_people *people);
bool rs_people_has(const struct rs_people *people, enum rs_people_column column);
/* Serial: the next block of whole records into *into (cleared first), with 64 bytes of room behind; n is 0 at the end.
 * *offset: where it begins in the file. */
bool rs_people_block(struct rs_people *people, struct rs_buffer *into, uint64_t *offset, struct rs_error *error);

/* Walks the records of one block, in any thread. Fields are trimmed views into the block; those with doubled quotes are
 * undone in place. Columns the file lacks, and empty fields, are null. */
enum { RS_PEOPLE_ENDS = 1024 };
struct rs_people_cursor {
    const struct rs_people *people;
    char *p;
    size_t n, base, start;
    uint64_t mask, offset;
    size_t seen, ends_n, ends_at; /* bytes looked at; places in ends, and those of them that are used up */
    uint32_t ends[RS_PEOPLE_ENDS];
    struct rs_view row[RS_PEOPLE_COLUMNS + 1]; /* the last one takes what nobody asked for */
};
void rs_people_cursor(struct rs_people_cursor *c, const struct rs_people *people, struct rs_buffer *block,
                      uint64_t offset);
/* false at the end, or on a record that has not the header's number of fields (then error->code is set). */
bool rs_people_next(struct rs_people_cursor *c, struct rs_error *error);

#endif
