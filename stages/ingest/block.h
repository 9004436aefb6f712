/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What every parser gets and gives: a block of whole records with its place in the file, and rows that go out.
 *
 * The file is read and cut by one thread, which counts records, lines and segments on the way, so that every position
 * is exact and the same for any number of threads; blocks are parsed by any thread. */
#ifndef RS_INGEST_BLOCK_H
#define RS_INGEST_BLOCK_H
#include "pipeline/rows/stage.h"
#include "source.h"
#include "x12.h"

enum { RS_MAX_RECORD = 64 << 20, RS_MAX_FINDINGS = RS_X12_MOST_FAULTS };

/* The stage's sinks, in the order of its `writes`. */
enum { SINK_FILE, SINK_RECORD, SINK_IDENTIFIER, SINK_COVERAGE, SINK_ASSERTION, SINK_MEASURE };

/* A fault of an envelope, found while cutting; its segment is in the block. */
struct rs_finding {
    uint8_t kind;     /* enum rs_x12_fault */
    uint32_t at;      /* byte in the block */
    uint64_t segment; /* number in the file */
};

/* Place of a block in its file; travels in the batch's note. */
struct rs_block {
    struct rs_source *source;
    uint64_t record_no, line, segment, offset; /* of its first record, line, segment and byte */
    struct rs_x12_env env;
    uint32_t n_findings;
    struct rs_finding findings[RS_MAX_FINDINGS];
    bool documents;  /* FHIR: pretty-printed JSON texts, not one a line */
    bool in_entries; /* FHIR: begins among the entries of a Bundle */
    bool converted; /* set by work: some bytes were Windows-1252 */
};
_Static_assert(sizeof(struct rs_block) <= sizeof(((struct rs_batch *)0)->note), "a block's place fits the note");

/* How a row of an 834 says whose it is: by the key of a member; by that of a corrected name or birth date, beside the key it had
 * before; by a dependent's given name alone. Found later: the incorrect and the corrected member both stand; the key is that of
 * a name corrected in an earlier run. */
enum rs_known_by { RS_BY_KEY, RS_BY_FORMER, RS_BY_NAME, RS_BY_BOTH, RS_BY_OTHER };

/* One record being written: its keys and positions as text, made once for all its rows. */
struct rs_rows {
    const struct rs_run *run;
    struct rs_batch *batch;
    struct rs_block *block;
    struct rs_hmac *hmac;
    bool clean; /* the block is known to be ASCII, or UTF-8 throughout */
    struct rs_view file_no;
    /* of the record */
    int64_t record_no_, line_, segment_, offset_;
    struct rs_key key_;
    char key_text[33], numbers[4][24];
    struct rs_view key, record_no, line, segment, offset;
    enum rs_known_by known_by;
    struct rs_key former;    /* RS_BY_FORMER: the key it had */
    struct rs_view name_key; /* column of record; null for none */
    struct rs_view record_date; /* text, or null */
    struct rs_view day_raw, day_text; /* the date last read: the same one often dates several answers of a row */
    int answer_no, seq;
    struct rs_view element, collection, effective;
    bool joined; /* the answer is one with others of the member; off for each new answer */
    struct rs_view coverage_maintenance, coverage_policy; /* HD01 and policy of the coverage to be put next; null for none */
    uint64_t written; /* records of this block that went on */
    size_t from[RS_MAX_SINKS]; /* where the record's rows begin in the sinks */
};

void rs_rows_begin(struct rs_rows *rows, const struct rs_run *run, struct rs_batch *batch, struct rs_hmac *hmac);
/* Starts a record at these positions (negative: none). */
void rs_rows_record(struct rs_rows *rows, int64_t record_no, int64_t line, int64_t segment, int64_t offset);
/* Its key: HMAC(site key, parts). */
void rs_rows_key(struct rs_rows *rows, const struct rs_view *parts, size_t n);
void rs_rows_set_key(struct rs_rows *rows, struct rs_key key);
/* Text as it may stand in a row file: trimmed, UTF-8 (Windows-1252 is converted and noted), null when blank. */
struct rs_view rs_rows_text(struct rs_rows *rows, struct rs_view v);
/* The same for a name of a product, measure, period or provider group: null, and quarantined, where it is longer than
 * schemas/codes/value_limits.def lets it be. Columns of record, identifiers and answers are limited where they are put. */
struct rs_view rs_rows_short_text(struct rs_rows *rows, struct rs_view v, struct rs_view field);
/* Two texts with something between them; one where the other is blank. */
struct rs_view rs_rows_join(struct rs_rows *rows, struct rs_view a, const char *between, struct rs_view b);
/* A date in any form that senders use as YYYY-MM-DD; null, and quarantined, where it is none. */
struct rs_view rs_rows_day(struct rs_rows *rows, struct rs_view v, struct rs_view field);
/* record[...] from family_raw on is the caller's; keys, positions, source and date are filled here. */
void rs_rows_put_record(struct rs_rows *rows, struct rs_view record[RECORD_COLUMNS]);
void rs_rows_put_identifier(struct rs_rows *rows, const struct rs_id_rule *rule, struct rs_view value);
/* The same with the namespace divided further (by an assigning authority), where `part` has a value. */
void rs_rows_put_identifier_of(struct rs_rows *rows, const struct rs_id_rule *rule, struct rs_view part,
                               struct rs_view value);
void rs_rows_put_coverage(struct rs_rows *rows, struct rs_view product, struct rs_view start, struct rs_view end);
/* An answer, then its rows; values that are blank are left out, an answer without rows uses no number. */
void rs_rows_answer(struct rs_rows *rows, struct rs_view element, struct rs_view collection, struct rs_view effective);
void rs_rows_put_value(struct rs_rows *rows, const char *representation, struct rs_view system, struct rs_view raw,
                       int64_t segment, int64_t offset);
/* Counts the block's records: `read` of them seen, rows->written of them written. */
void rs_rows_end(struct rs_rows *rows, uint64_t read);
/* Evidence about the record at hand. */
void rs_rows_bad_value(struct rs_rows *rows, const char *rule, struct rs_view field, struct rs_view raw,
                       const char *message);
void rs_rows_reject(struct rs_rows *rows, const char *rule, struct rs_view field, struct rs_view raw,
                    const char *message);

/* Where one record's rows are in the sinks of its batch: left in batch->scratch for files that are grouped by member. */
enum { RS_MEMBER_SINKS = 4 };
extern const int rs_member_sinks[RS_MEMBER_SINKS]; /* record, identifier, coverage, assertion */
struct rs_member_rows {
    struct rs_key key, former;
    enum rs_known_by known_by;
    uint64_t record_no;
    size_t from[RS_MEMBER_SINKS], n[RS_MEMBER_SINKS];
};
/* The record at hand is complete: counts it, and notes its rows where its file is grouped or compared. */
void rs_rows_written(struct rs_rows *rows);

size_t rs_count_byte(const char *p, size_t n, char byte);

#endif
