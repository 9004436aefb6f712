/* SPDX-License-Identifier: GPL-3.0-or-later */
/* X12 interchanges: separators from the ISA, cutting before members, walking segments with their 834 loop.
 *
 * Structure: X12 005010X220A1 and 004010X095A1 (ISA/IEA, GS/GE, ST/SE; loops 2000 to 2700). Tolerant of what senders
 * do: a BOM, collapsed blanks in the ISA, line breaks after terminators or none, any separators. */
#ifndef RS_INGEST_X12_H
#define RS_INGEST_X12_H
#include "pipeline/base/error.h"
#include "pipeline/base/text.h"

/* What the header of the transaction set in force says, from ST to the first INS. A policy number longer than REF02 may
 * be is no policy number. */
enum { RS_X12_MAX_POLICY = 50 };
struct rs_x12_set {
    bool maintained, effective;      /* whether these are there: */
    int32_t maintenance_day;         /* DTP*303: day of all its maintenance */
    int32_t effective_day;           /* DTP*007: file effective date */
    uint8_t policy_n;                /* 0: none */
    char policy[RS_X12_MAX_POLICY];  /* REF*38: master policy number, as sent */
};

/* What the ISA, the GS and the ST in force say. */
struct rs_x12_env {
    char element, component, repetition, terminator; /* repetition 0: this file has none */
    bool known, dated;
    int32_t date; /* GS04 */
    struct rs_x12_set set;
};

enum { RS_X12_MAX_ELEMENTS = 64 };

/* Loops that matter: elements count only in the loop where the guide puts them. */
enum rs_x12_loop {
    RS_LOOP_ENVELOPE, /* ISA, GS, ST, headers, SE, GE, IEA: not in a member */
    RS_LOOP_2000,     /* INS, its REF and DTP */
    RS_LOOP_2100A,    /* the member: NM1*IL, or NM1*74, corrected */
    RS_LOOP_2100B,    /* NM1*70: the earlier, incorrect member */
    RS_LOOP_2100X,    /* mailing address, employer, school, custodial parent, ... */
    RS_LOOP_2200,     /* disability */
    RS_LOOP_2300,     /* health coverage */
    RS_LOOP_2310,     /* provider, other insurance */
    RS_LOOP_2700,     /* member reporting categories */
};

struct rs_x12_segment {
    struct rs_view el[RS_X12_MAX_ELEMENTS]; /* el[0] is the id; trimmed; beyond n: null */
    unsigned n;
    struct rs_view rest; /* what stands beyond the last element kept; null for nothing */
    enum rs_x12_loop loop;
    bool begins; /* INS: a member begins */
    bool header; /* a DTP or REF of the transaction set's header that env.set has taken in */
    bool known;  /* a segment of the 834 guides */
    size_t at;   /* byte in the block */
    uint64_t number;
};

/* Walks the segments of a block of memory: any bytes, never beyond them. */
struct rs_x12_walk {
    const char *p, *end, *base;
    struct rs_x12_env env; /* env.set: of the segment last read */
    bool in_header;
    enum rs_x12_loop loop;
    uint64_t number; /* of the next segment */
};
void rs_x12_walk(struct rs_x12_walk *w, const char *p, size_t n, const struct rs_x12_env *env, uint64_t first_number);
bool rs_x12_next(struct rs_x12_walk *w, struct rs_x12_segment *s);
/* How many elements that are not empty stand beyond the last that the guides have in this segment. */
unsigned rs_x12_surplus(const struct rs_x12_segment *s, char separator);
static inline struct rs_view rs_x12_el(const struct rs_x12_segment *s, unsigned i) {
    return i < s->n ? s->el[i] : RS_NULL;
}

/* Reads an ISA at p: its separators, and its length with terminator. False where it is none, or not whole. */
bool rs_x12_isa(const char *p, size_t n, struct rs_x12_env *env, size_t *length);
/* GS04 of the first group within a file's first bytes. `moment` puts files of one day in order: by GS05, files without a
 * time first, then by ISA13, the interchange's number. */
bool rs_x12_group_date(const char *p, size_t n, int32_t *date, uint64_t *moment);

/* What a file says of itself in its first bytes. `set`: the header of its first transaction set. */
struct rs_x12_said {
    bool full;     /* it holds every member: BGN08 is 4 (verify) or RX (replace); where it has no BGN08, its first member's
                    * INS03 is 030 (audit) */
    bool doubtful; /* BGN08 is 2 (change), and its first member's INS03 is 030 */
    struct rs_x12_set set;
};
bool rs_x12_says(const char *p, size_t n, struct rs_x12_said *said);

enum rs_x12_fault {
    RS_X12_SE_COUNT,  /* SE01 is not the number of segments from ST to SE */
    RS_X12_GE_COUNT,  /* GE01 is not the number of ST */
    RS_X12_IEA_COUNT, /* IEA01 is not the number of GS */
    RS_X12_QTY_TOTAL, /* the header's totals (QTY*TO, ET, DT) are not the members, subscribers, dependents that follow */
    RS_X12_UNCLOSED,  /* the file, or the next envelope, comes before the end of this one */
};

/* QTY*TO, QTY*ET, QTY*DT of a transaction set's header. */
struct rs_x12_totals {
    bool has[3];
    uint64_t n[3];
};

/* State of the cutter between blocks of a file. Zero-initialise for each file. */
struct rs_x12_cutter {
    struct rs_x12_env env; /* but for its set, which is: */
    struct rs_x12_set set; /* where the next block begins */
    bool in_isa, in_gs, in_st, head_done;
    uint64_t groups, sets, st_number;
    uint64_t members, subscribers;          /* of the transaction set */
    struct rs_x12_totals totals;            /* of its header */
    uint64_t number; /* segments before the byte where the next block begins */
};

enum { RS_X12_MOST_FAULTS = 8 };

/* What the cutter says of a block. */
struct rs_x12_cut {
    size_t length; /* whole records in the first bytes; 0: more bytes are needed */
    uint64_t records;
    struct rs_x12_env env;
    uint32_t n_faults;
    struct {
        enum rs_x12_fault kind;
        size_t at;
        uint64_t number;
    } faults[RS_X12_MOST_FAULTS];
};
/* Finds how many of the n bytes (whose first is where the last cut was) are whole records under one envelope; `last`
 * when the file ends with them. Stops early when four faults are found, so that a block's faults are bounded. */
void rs_x12_cut(struct rs_x12_cutter *c, const char *p, size_t n, bool last, struct rs_x12_cut *cut);

#endif
