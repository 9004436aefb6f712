/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Finding resources without parsing them: braces, strings, and the two keys that tell a Bundle. */
#include "fhir_walk.h"
#include "json.h"

static bool blank(char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; }

static size_t blanks(const char *p, size_t n) {
    size_t i = 0;
    while (i < n && blank(p[i])) i++;
    return i;
}

/* Length of the string that begins at p, with its quotes; 0 where it does not end. */
static size_t string_extent(const char *p, size_t n) {
    for (size_t i = 1; i < n; i++) {
        const char *quote = memchr(p + i, '"', n - i);
        if (!quote) return 0;
        size_t at = (size_t)(quote - p), slashes = 0;
        while (at - slashes > 1 && p[at - slashes - 1] == '\\') slashes++;
        if (slashes % 2 == 0) return at + 1;
        i = at;
    }
    return 0;
}

/* Length of the value at p; 0 where it does not end within n. */
static size_t value_extent(const char *p, size_t n) {
    if (!n) return 0;
    if (*p == '"') return string_extent(p, n);
    if (*p == '{' || *p == '[') return rs_json_extent(p, n);
    size_t i = 0;
    while (i < n && !memchr(",}] \t\r\n", p[i], 7)) i++;
    return i < n ? i : 0;
}

enum is { NOT, IS, CANNOT_TELL };

/* Whether the object at p is a Bundle; *header is then the length up to and with the bracket that opens its entries. An
 * "entry" that comes before the resourceType is taken for a Bundle's. */
static enum is bundle(const char *p, size_t n, size_t *header) {
    size_t at = blanks(p, n);
    if (at == n) return CANNOT_TELL;
    if (p[at] != '{') return NOT;
    for (at++;;) {
        while (at < n && (blank(p[at]) || p[at] == ',')) at++;
        if (at == n) return CANNOT_TELL;
        if (p[at] != '"') return NOT;
        size_t length = string_extent(p + at, n - at);
        struct rs_view key = rs_view(p + at, length);
        if (!length) return CANNOT_TELL;
        at += length;
        at += blanks(p + at, n - at);
        if (at < n && p[at] != ':') return NOT;
        if (at < n) at++;
        at += blanks(p + at, n - at);
        if (at == n) return CANNOT_TELL;
        if (rs_eq_c(key, "\"entry\"") && p[at] == '[') {
            *header = at + 1;
            return IS;
        }
        length = value_extent(p + at, n - at);
        if (!length) return CANNOT_TELL;
        if (rs_eq_c(key, "\"resourceType\"") && !rs_eq_c(rs_view(p + at, length), "\"Bundle\"")) return NOT;
        at += length;
    }
}

/* From behind the bracket that closes the entries to behind the Bundle's brace; 0 where it does not end. */
static size_t tail_extent(const char *p, size_t n) {
    for (size_t at = 0; at < n;) {
        char c = p[at];
        if (c == '}') return at + 1;
        size_t length = c == '"' || c == '{' || c == '[' ? value_extent(p + at, n - at) : 1;
        if (!length) return 0;
        at += length;
    }
    return 0;
}

static enum rs_fhir_piece leave(struct rs_fhir_walk *w, size_t length, size_t *n) {
    w->in_entries = false;
    w->limit = NULL;
    *n = length;
    return RS_FHIR_SKIP;
}

static enum rs_fhir_piece next_entry(struct rs_fhir_walk *w, size_t *n) {
    const char *limit = w->limit ? w->limit : w->end;
    size_t left = (size_t)(limit - w->p), length = 0;
    bool whole = w->limit || w->last; /* nothing of this Bundle comes later */
    while (length < left && (blank(w->p[length]) || w->p[length] == ',')) length++;
    if (length == left && w->limit) return leave(w, length, n); /* a Bundle that is cut off between entries */
    *n = length;
    if (length) return RS_FHIR_SKIP;
    if (*w->p == ']') {
        length = tail_extent(w->p + 1, left - 1);
        if (!length && !whole) return RS_FHIR_MORE;
        length = length && !w->limit ? length + 1 : left;
        return leave(w, length, n);
    }
    length = value_extent(w->p, left);
    if (!length && !whole) return RS_FHIR_MORE;
    if (!length) leave(w, left, n); /* cut off within an entry */
    else *n = length;
    return RS_FHIR_ENTRY;
}

static enum rs_fhir_piece next_text(struct rs_fhir_walk *w, size_t left, size_t *n) {
    size_t header = 0, length;
    enum is is = CANNOT_TELL;
    if (!w->documents) {
        const char *stop = memchr(w->p, '\n', left);
        if (!stop && !w->last) return RS_FHIR_MORE;
        left = stop ? (size_t)(stop + 1 - w->p) : left;
        if (bundle(w->p, left, &header) == IS) w->limit = w->p + left;
        length = left;
    } else {
        is = bundle(w->p, left, &header);
        if (is == CANNOT_TELL && !w->last) return RS_FHIR_MORE;
        if (is != IS) header = 0;
        length = header ? 0 : rs_json_extent(w->p, left);
        if (!header && !length && !w->last) return RS_FHIR_MORE;
        if (!length) length = left;
    }
    w->in_entries = header > 0;
    *n = header ? header : length;
    return header ? RS_FHIR_SKIP : RS_FHIR_TEXT;
}

enum rs_fhir_piece rs_fhir_next(struct rs_fhir_walk *w, size_t *n) {
    enum rs_fhir_piece piece = RS_FHIR_MORE;
    size_t left = (size_t)(w->end - w->p);
    *n = 0;
    if (w->limit && w->p == w->limit) leave(w, 0, n); /* a Bundle's line ended before its entries did */
    if (left && w->in_entries) {
        piece = next_entry(w, n);
    } else if (left) {
        *n = blanks(w->p, left);
        if (!*n && left >= 3 && memcmp(w->p, "\xEF\xBB\xBF", 3) == 0) *n = 3; /* files that were joined carry a BOM each */
        piece = *n ? RS_FHIR_SKIP : next_text(w, left, n);
    }
    if (piece != RS_FHIR_MORE) w->p += *n;
    return piece;
}

bool rs_fhir_documents(const char *p, size_t n, bool whole) {
    size_t at = blanks(p, n);
    const char *stop = memchr(p + at, '\n', n - at);
    if (!stop) return !whole; /* a line that is longer than a block: it may be a Bundle of any size */
    struct rs_view line = rs_trim(rs_view(p + at, (size_t)(stop - (p + at))));
    if (!line.n || !memchr("{[,", line.p[line.n - 1], 3)) return false;
    return rs_json_extent(line.p, line.n) == 0;
}
