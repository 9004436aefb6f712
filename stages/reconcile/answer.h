/* SPDX-License-Identifier: GPL-3.0-or-later */
/* From rows to answers: one answer is all rows of layout `mapped` that share record_key, file_no, record_no and
 * answer_no, or, where a source has a row for each race (`joined`), file, element, collection and date. It stands or falls as one: {ASIAN, WHITE} is never taken apart.
 *
 * Within an answer codes and details decide; an alternate coding adds what the codes leave open, or narrows an
 * unresolved set; text fills where the codes say nothing (missing, UNMAPPED, OTHER), but not over a decline. Where
 * alternate or text contradicts the codes, that is a disagreement of kind code_against_text. */
#ifndef RS_RECONCILE_ANSWER_H
#define RS_RECONCILE_ANSWER_H
#include "items.h"
#include "values.h"

enum { RS_RC_SEPARATOR = 0x1f }; /* between the values or details of one answer */

/* One row of `mapped`, without what reconciling does not need. Texts are borrowed. */
struct rs_rc_row {
    uint32_t file_no, answer_no, seq;
    uint64_t record_no;
    uint16_t source;
    uint8_t element, representation, collection, missing;
    bool one_question; /* answer to the one question of 2024 on race and ethnicity: it rules out what it leaves out */
    bool joined; /* one answer with all others of the record, file, element, collection and date that are joined */
    struct rs_view effective; /* YYYY-MM-DD or null */
    struct rs_rc_set c97, c24;
    struct rs_view detail, value;
};
void rs_rc_row_put(struct rs_buffer *b, const struct rs_rc_row *row);
void rs_rc_row_get(struct rs_rc_reader *r, struct rs_rc_row *row);
/* Same answer of the same record. */
bool rs_rc_row_same_answer(const struct rs_rc_row *a, const struct rs_rc_row *b);

struct rs_rc_answer {
    struct rs_key record;
    uint16_t source;
    uint8_t element, collection, missing;
    bool one_question, contradictory; /* contradictory: Hispanic and not Hispanic at once */
    struct rs_view effective;
    struct rs_rc_set c97, c24;
    struct rs_view detail, value; /* several, separated by RS_RC_SEPARATOR: details sorted, values in the order sent */
};
void rs_rc_answer_put(struct rs_buffer *b, const struct rs_rc_answer *a); /* without the record */
void rs_rc_answer_get(struct rs_rc_reader *r, struct rs_rc_answer *a);

enum rs_rc_severity { SE_NOTE, SE_WARNING, SE_ERROR };
enum rs_rc_axis { AX_1997, AX_2024, AX_DETAIL, AX_STANDARD };

/* Two rows of one answer that contradict each other. */
struct rs_rc_inner {
    uint8_t element, axis, severity;
    const char *kind, *rule;
    struct rs_view kept, other;
};
enum { RS_RC_MOST_INNER = 4 };

/* Folds n >= 1 rows of one answer. Texts go to the arena. Returns the number of contradictions put into `inner`. */
int rs_rc_answer_fold(const struct rs_rc_row *rows, size_t n, struct rs_arena *arena, struct rs_rc_answer *out,
                      struct rs_rc_inner inner[RS_RC_MOST_INNER]);

/* Lists separated by RS_RC_SEPARATOR. */
bool rs_rc_list_has(struct rs_view list, struct rs_view value);
bool rs_rc_list_within(struct rs_view inner, struct rs_view outer); /* every value of inner is in outer */
struct rs_view rs_rc_list_text(struct rs_arena *arena, struct rs_view list); /* joined by plus; null stays null */

#endif
