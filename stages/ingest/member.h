/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One member of a source, from the rows that stood before and the rows of change files after them: X12 maintenance types
 * 001 (change), 021 (add), 024 (end), 025 (reinstate), 030 (audit). */
#ifndef RS_INGEST_MEMBER_H
#define RS_INGEST_MEMBER_H
#include "pipeline/rows/rows.h"

enum rs_part { PART_RECORD, PART_IDENTIFIER, PART_COVERAGE, PART_ASSERTION, RS_PARTS };
extern const struct rs_layout *const rs_part_layouts[RS_PARTS];

/* A row of the member: borrowed from an arena that outlives the member. */
struct rs_part_row {
    struct rs_view *v;
    bool prior;  /* of the prior run */
    bool merged; /* did not stay a row of its own, but part of it went into another */
    bool gone;
    uint32_t note; /* the caller's */
};
struct rs_part_rows {
    struct rs_part_row *p;
    size_t n, room;
};
/* Rows that stood, then rows of the change files in order. Zero-initialise, rs_member_restart between members. */
struct rs_member {
    struct rs_part_rows rows[RS_PARTS];
    struct rs_arena *arena;
};
void rs_member_restart(struct rs_member *m, struct rs_arena *arena);
void rs_member_free(struct rs_member *m);
/* Adds a row (a copy of the views; texts stay borrowed). */
void rs_member_add(struct rs_member *m, enum rs_part part, const struct rs_view *row, bool prior);
/* Applies the rows of one INS of a change file: one record with its identifiers, spans and answers, `n` of each part. What
 * it is silent on stands; each row that no longer does is marked gone. */
void rs_member_apply(struct rs_member *m, const struct rs_part_rows change[RS_PARTS]);
/* Whether two members say the same; if not, in which fields, as a list of names. */
struct rs_view rs_member_differs(struct rs_arena *arena, const struct rs_part_rows *a, const struct rs_part_rows *b);
/* The record that stands: the newest by record_date, the last of those. NULL where there is none. */
struct rs_part_row *rs_member_standing(const struct rs_part_rows *records);
/* No span of coverage, or one that runs on `day` (YYYY-MM-DD). */
bool rs_member_covered(const struct rs_part_rows *spans, struct rs_view day);

#endif
