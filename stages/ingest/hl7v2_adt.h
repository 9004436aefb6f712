/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the readers of HL7 v2 persons share: the message and person at hand (hl7v2_adt.c), its numbers and merges
 * (hl7v2_ids.c), its names, addresses and telephones (hl7v2_fields.c). */
#ifndef RS_INGEST_HL7V2_ADT_H
#define RS_INGEST_HL7V2_ADT_H
#include "formats.h"
#include "hl7v2.h"

enum { MAX_FIELDS = 48, MAX_PARTS = 14, PID_FIELDS = 40 /* of v2.7 to 2.8.2, which have most */ };

struct rs_adt_kept { /* a segment after a PID that waits until its person is written */
    struct rs_adt_kept *next;
    struct rs_view text;
    uint64_t number;
    const struct rs_pair *element; /* OBX */
};

/* A CX: an identifier with who gave it out and what it is. */
struct rs_adt_cx {
    struct rs_view id, authority, type;
};
struct rs_adt_cx_list {
    struct rs_adt_cx *c;
    size_t n;
};
enum { ID_FIELDS = 5 };
extern const unsigned rs_adt_id_fields[ID_FIELDS]; /* of PID */

struct rs_adt {
    struct rs_rows *rows;
    const struct rs_profile *profile;
    const struct rs_hl7_marks *marks;
    const char *begin; /* of the block */
    /* the message */
    bool in_message, person_seen, merges;
    struct rs_view sent, recorded; /* MSH-7, EVN-2 */
    struct rs_view sender, visited, usual; /* facilities: MSH-4; PV1-3.4 and PD1-3 of the person at hand */
    struct rs_view msh;
    uint64_t msh_number, line, record_no;
    size_t counted; /* bytes whose line breaks are in line */
    /* the person */
    bool open, escapes; /* escapes: the segment at hand has some */
    struct rs_view text, pid[MAX_FIELDS]; /* PID, and its fields */
    unsigned n;
    struct rs_adt_cx_list ids[ID_FIELDS];
    uint64_t number, person_no, person_line;
    struct rs_adt_kept *observations, *last, *merge;
    uint64_t used; /* segments */
    uint64_t surplus, deleted; /* fields of PID that no version has; that are "": what stood there is to be deleted */
};

/* ---- parts ---------------------------------------------------------------------------------------------------- */

/* A repetition's components: split once, since most are asked for more than once. */
struct rs_adt_parts {
    struct rs_view v[MAX_PARTS];
    unsigned n;
};

static inline void split_parts(const struct rs_adt *a, struct rs_view v, struct rs_adt_parts *out) {
    const char *from = v.p, *end = v.p + v.n;
    char mark = a->marks->component;
    out->n = 0;
    if (!v.n) return;
    for (const char *p = v.p; p < end && out->n < MAX_PARTS; p++)
        if (*p == mark) {
            out->v[out->n++] = rs_view(from, (size_t)(p - from));
            from = p + 1;
        }
    if (out->n < MAX_PARTS) out->v[out->n++] = rs_view(from, (size_t)(end - from));
}

static inline struct rs_view field(const struct rs_adt *a, unsigned i) { return i < a->n ? a->pid[i] : RS_NULL; }

/* Escapes are looked for in a segment once, and blanks only where there are some: nearly all values are as meant. */
static inline struct rs_view text_of(const struct rs_adt *a, struct rs_view v) {
    if (!v.n) return RS_NULL;
    bool plain = !a->escapes && v.p[0] > ' ' && v.p[0] != '"' && v.p[v.n - 1] > ' ';
    return plain ? v : rs_hl7_value(v, a->marks, &a->rows->batch->arena);
}

static inline struct rs_view raw(const struct rs_adt_parts *p, unsigned i) { return i <= p->n ? p->v[i - 1] : RS_NULL; }

static inline struct rs_view component(const struct rs_adt *a, const struct rs_adt_parts *p, unsigned i) {
    return text_of(a, raw(p, i));
}

static inline struct rs_view sub(const struct rs_adt *a, const struct rs_adt_parts *p, unsigned i, unsigned k) {
    struct rs_view v = raw(p, i);
    if (!v.n) return RS_NULL;
    return text_of(a, rs_hl7_part(v, a->marks->subcomponent, k));
}

/* A component of the first repetition of a field. */
static inline struct rs_view first(const struct rs_adt *a, struct rs_view v, unsigned i) {
    return v.n ? text_of(a, rs_hl7_part(rs_hl7_part(v, a->marks->repetition, 1), a->marks->component, i)) : RS_NULL;
}

/* The next repetition of *rest; false after the last. */
static inline bool repetition(const struct rs_adt *a, struct rs_view *rest, struct rs_view *one) {
    if (rs_is_null(*rest)) return false;
    *one = *rest;
    if (a->marks->repetition) *one = rs_split(rest, a->marks->repetition);
    else *rest = RS_NULL;
    return true;
}

static inline int64_t offset_of(const struct rs_adt *a, const char *p) {
    return (int64_t)(a->rows->block->offset + (uint64_t)(p - a->begin));
}

static inline bool has_escape(const struct rs_adt *a, struct rs_view segment) {
    return a->marks->escape && memchr(segment.p, a->marks->escape, segment.n);
}

/* ---- hl7v2_fields.c: columns of record --------------------------------------------------------------------------- */

void rs_adt_put_names(const struct rs_adt *a, struct rs_view *row);
void rs_adt_put_address(const struct rs_adt *a, struct rs_view *row);
struct rs_view rs_adt_phone(const struct rs_adt *a);

/* ---- hl7v2_ids.c: record keys and rows of identifier ------------------------------------------------------------- */

void rs_adt_read_ids(struct rs_adt *a); /* first of all: the others take what it found */
bool rs_adt_make_key(const struct rs_adt *a); /* false where none of the profile's member ids is there */
void rs_adt_put_identifiers(const struct rs_adt *a);
void rs_adt_put_merge(struct rs_adt *a); /* the earlier numbers of a->merge */

#endif
