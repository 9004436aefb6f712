/* SPDX-License-Identifier: GPL-3.0-or-later */
/* CSV records by RFC 4180, and what senders make of it: CR LF or LF, line breaks and doubled quotes inside quoted
 * fields, quotes inside unquoted ones. One function finds a record's end, for cutting and for reading alike. */
#ifndef RS_INGEST_CSV_H
#define RS_INGEST_CSV_H
#include "pipeline/base/text.h"

/* A quoted field longer than this is a stray quote: the record then ends at its first line break and is faulty. It
 * keeps one forgotten quote from swallowing the rest of a file. */
enum { RS_CSV_MAX_QUOTED = 1 << 20 };

enum rs_csv_end {
    RS_CSV_RECORD, /* *length bytes with the line break */
    RS_CSV_STRAY,  /* as RECORD, but a quote is never closed: the fields cannot be trusted */
    RS_CSV_MORE,   /* more bytes are needed */
};
enum rs_csv_end rs_csv_record(const char *p, size_t n, char delimiter, bool last, size_t *length);

struct rs_csv_fields {
    struct rs_view *v; /* borrowed from the record, or from the arena where quotes were doubled */
    size_t n, room;
};
/* Splits one record (line break included or not). */
void rs_csv_split(struct rs_csv_fields *f, const char *p, size_t n, char delimiter, struct rs_arena *arena);
void rs_csv_fields_free(struct rs_csv_fields *f);

#endif
