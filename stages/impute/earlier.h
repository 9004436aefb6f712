/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What persons said in earlier runs (--prior): a person's own word comes before anything imputed, also where this month's
 * files no longer carry it. It narrows the probabilities as an answer of today does, and is never written as a reported
 * value: layout person says what today's sources say.
 *
 * Read from the earlier runs' person, and from their posterior, decline and away, whose rows hand on what runs before those
 * had known (column evidence; who declined; who was in no source). Runs are looked at in the order given, the newest first:
 * an older answer narrows a newer one that leaves the group open, and where the two exclude each other the newer one stands.
 * A decline is the end: what was said before it does not count, and it does not where something was said since.
 * Memory hardly grows with persons (a few bits each): what is kept of them, 28 bytes each, lies in an unlinked temporary file
 * in the output directory, in the order of person_key, and is mapped: the persons who are looked up come in that order, too. */
#ifndef RS_IMPUTE_EARLIER_H
#define RS_IMPUTE_EARLIER_H
#include <jansson.h>
#include "narrow.h"
#include "pipeline/rows/stage.h"

/* Column evidence of layout posterior: what the person said then, so that the next run need not have that run's files.
 * "earlier", the as-of date of the run that had it from its sources, where that run had one, then words: BLACK named, -WHITE
 * ruled out, ?ASIAN one of these, TWO_OR_MORE, OTHER, HISPANIC=N, MENA=Y, WHITE_2024=N (White on the axis of 2024). */
enum { RS_EVIDENCE_TEXT = 256 };
/* said: a day as the number YYYYMMDD; 0 where it is not known. */
size_t rs_evidence_text(char out[RS_EVIDENCE_TEXT], const struct rs_answer *answer, int32_t said);
/* false where the text is none of these. */
bool rs_evidence_answer(struct rs_view text, struct rs_answer *answer, int32_t *said);

struct rs_earlier; /* constant once read, but for who was seen: threads share it */
struct rs_earlier_word {
    struct rs_answer answer;
    unsigned cells; /* groups that it leaves; 0 where the person declined */
    int32_t said;   /* as in rs_evidence_text */
    bool declined;
};
/* NULL and no error where no earlier run is given. */
struct rs_earlier *rs_earlier_read(struct rs_run *run, struct rs_error *error);
void rs_earlier_free(struct rs_earlier *earlier);
uint64_t rs_earlier_persons(const struct rs_earlier *earlier);
/* An older answer beside a newer one: false, and nothing changed, where it leaves no fewer groups, or contradicts. */
bool rs_earlier_narrow(unsigned *cells, struct rs_answer *answer, unsigned more, const struct rs_answer *also);
/* false where the person said nothing then, or earlier is NULL. */
bool rs_earlier_find(const struct rs_earlier *earlier, struct rs_view person_key, struct rs_earlier_word *out);
/* Declined on both axes, or on the one of 2024. */
bool rs_person_declined(const struct rs_view *person);
/* Adds the digests of what is read to the stage's key. */
bool rs_earlier_inputs(struct rs_run *run, json_t *hashes, struct rs_error *error);

/* A person of this run; any thread, after rs_earlier_read. */
void rs_earlier_seen(const struct rs_earlier *earlier, struct rs_view person_key);
/* Rows of layout away: what is known of persons who were not seen, in the order of their keys; those said more than most_days
 * before the run's date are let go, all of them where it is 0. earlier may be NULL. */
bool rs_earlier_hand_on(const struct rs_earlier *earlier, struct rs_run *run, int sink, int64_t most_days, uint64_t *rows,
                        struct rs_error *error);

#endif
