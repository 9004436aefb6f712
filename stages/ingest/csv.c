/* SPDX-License-Identifier: GPL-3.0-or-later */
/* CSV without meaning: records and fields. */
#include "csv.h"
#include <stdlib.h>

/* Past the closing quote of the field that opens at p; NULL where it is not among the bytes up to end. */
static const char *closing(const char *p, const char *end) {
    for (p++; p < end; p += 2) {
        p = memchr(p, '"', (size_t)(end - p));
        if (!p) return NULL;
        if (p + 1 == end || p[1] != '"') return p + 1;
    }
    return NULL;
}

/* A quote is never closed: the record ends at its first line break. */
static enum rs_csv_end stray(const char *p, size_t n, bool last, size_t *length) {
    const char *line = memchr(p, '\n', n);
    if (!line && !last) return RS_CSV_MORE;
    *length = line ? (size_t)(line + 1 - p) : n;
    return RS_CSV_STRAY;
}

/* Goes from quote to quote; one that does not open a field is a character like others. */
enum rs_csv_end rs_csv_record(const char *p, size_t n, char delimiter, bool last, size_t *length) {
    const char *end = p + n;
    for (const char *at = p;;) {
        const char *line = at < end ? memchr(at, '\n', (size_t)(end - at)) : NULL, *stop = line ? line : end;
        const char *quote = at < stop ? memchr(at, '"', (size_t)(stop - at)) : NULL;
        if (!quote) {
            if (!line && !last) return RS_CSV_MORE;
            *length = (size_t)(stop - p) + (line != NULL);
            return RS_CSV_RECORD;
        }
        if (quote > p && quote[-1] != delimiter) {
            at = quote + 1;
            continue;
        }
        const char *limit = (size_t)(end - quote) > RS_CSV_MAX_QUOTED ? quote + RS_CSV_MAX_QUOTED : end;
        at = closing(quote, limit);
        if (!at && limit == end && !last) return RS_CSV_MORE;
        if (!at) return stray(p, n, last, length);
        if (at == end && !last) return RS_CSV_MORE; /* a second quote may follow */
    }
}

static void add(struct rs_csv_fields *f, struct rs_view v) {
    if (f->n == f->room) {
        f->room = f->room ? f->room * 2 : 64;
        f->v = rs_realloc(f->v, f->room * sizeof *f->v);
    }
    f->v[f->n++] = v;
}

/* The field between its quotes, doubled ones single, with whatever stands after the closing one. */
static struct rs_view unquote(const char *p, const char *end, struct rs_arena *arena) {
    const char *close = closing(p, end);
    if (close == end && !memchr(p + 1, '"', (size_t)(end - p - 2))) return rs_view(p + 1, (size_t)(end - p - 2));
    char *out = rs_arena_alloc(arena, (size_t)(end - p)), *q = out;
    const char *stop = close ? close : end;
    for (p++; p < stop; p++) {
        if (*p == '"' && p + 1 == close) break;
        *q++ = *p;
        if (*p == '"' && p + 1 < stop && p[1] == '"') p++;
    }
    if (close && close < end) {
        memcpy(q, close, (size_t)(end - close));
        q += end - close;
    }
    return rs_view(out, (size_t)(q - out));
}

void rs_csv_split(struct rs_csv_fields *f, const char *p, size_t n, char delimiter, struct rs_arena *arena) {
    const char *end = p + n;
    f->n = 0;
    if (end > p && end[-1] == '\n') end--;
    if (end > p && end[-1] == '\r') end--;
    for (;;) {
        const char *stop = p;
        if (p < end && *p == '"') {
            stop = closing(p, end);
            if (!stop) stop = end;
            while (stop < end && *stop != delimiter) stop++;
            add(f, unquote(p, stop, arena));
        } else {
            while (stop < end && *stop != delimiter) stop++;
            add(f, rs_view(p, (size_t)(stop - p)));
        }
        if (stop == end) return;
        p = stop + 1;
    }
}

void rs_csv_fields_free(struct rs_csv_fields *f) {
    free(f->v);
    *f = (struct rs_csv_fields){0};
}
