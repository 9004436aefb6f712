/* SPDX-License-Identifier: GPL-3.0-or-later */
/* HL7 v2 (2.3 to 2.8) messages: delimiters from MSH, segments one by one, cutting before messages, parts of fields.
 *
 * Tolerant of what senders do: segments end in CR, LF or both; MLLP's framing bytes end segments too and are no segments;
 * batch envelopes (FHS, BHS, BTS, FTS) may be there or not. */
#ifndef RS_INGEST_HL7V2_H
#define RS_INGEST_HL7V2_H
#include "pipeline/base/error.h"
#include "pipeline/base/text.h"

/* MSH-1 and MSH-2; 0 where a message has none. */
struct rs_hl7_marks {
    char field, component, repetition, escape, subcomponent;
};

enum rs_hl7_kind { RS_HL7_OTHER, RS_HL7_MSH, RS_HL7_PID, RS_HL7_FHS, RS_HL7_BHS, RS_HL7_BTS, RS_HL7_FTS };
enum rs_hl7_fault { RS_HL7_BTS_COUNT, RS_HL7_FTS_COUNT, RS_HL7_UNCLOSED };

struct rs_hl7_segment {
    struct rs_view text;   /* without blanks and terminators around it; never empty */
    enum rs_hl7_kind kind; /* PID: only within a message */
    uint64_t number;       /* in the file, from 1 */
};

/* Walks the segments of a block of memory: any bytes, never beyond them. Zero-initialise but for p, end and number. */
struct rs_hl7_walk {
    const char *p, *end;
    uint64_t number; /* of the next segment */
    struct rs_hl7_marks marks;
    bool in_message;
};
bool rs_hl7_next(struct rs_hl7_walk *w, struct rs_hl7_segment *s);

/* Whether p is the beginning of an MSH, FHS or BHS whose delimiters make sense. */
bool rs_hl7_begins(const char *p, size_t n);
/* Date of the first FHS, BHS or MSH (field 7) within a file's first bytes; `moment` puts files of one day in order. */
bool rs_hl7_file_date(const char *p, size_t n, int32_t *date, uint64_t *moment);
/* The date that a timestamp (YYYYMMDD...) begins with; v itself where it begins with none. */
struct rs_view rs_hl7_day(struct rs_view v);

/* Splits a segment: out[n] is field n (MSH: out[1] is the delimiter itself); returns how many were found, at most max. */
unsigned rs_hl7_fields(struct rs_view segment, const struct rs_hl7_marks *marks, struct rs_view *out, unsigned max);
/* Part `number` (from 1) of v; null where there is none. A mark of 0 splits nothing. */
struct rs_view rs_hl7_part(struct rs_view v, char mark, unsigned number);
/* A value as it was meant: escapes resolved (into the arena where there are any), null for blanks and for "" (delete). */
struct rs_view rs_hl7_value(struct rs_view v, const struct rs_hl7_marks *marks, struct rs_arena *arena);

/* State of the cutter between blocks of a file. Zero-initialise for each file. */
struct rs_hl7_cutter {
    uint64_t number; /* segments before the byte where the next block begins */
    uint64_t messages, batches;
    bool in_batch;
};
struct rs_hl7_cut {
    size_t length; /* whole messages in the first bytes; 0: more bytes are needed */
    uint64_t records;
    uint32_t n_faults;
    struct {
        enum rs_hl7_fault kind;
        size_t at;
        uint64_t number;
    } faults[4];
};
/* Finds how many of the n bytes (whose first is where the last cut was) are whole messages; `last` when the file ends
 * with them. A record is a PID, or a message that has none. Stops before a block has more than four faults. */
void rs_hl7_cut(struct rs_hl7_cutter *c, const char *p, size_t n, bool last, struct rs_hl7_cut *cut);

#endif
