/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Segments, parts and envelopes of HL7 v2, without meaning: persons are read in hl7v2_adt.c. */
#include "hl7v2.h"
#include "pipeline/base/bytes.h"
#include "pipeline/base/date.h"

static bool terminator(char c) { return c == '\r' || c == '\n' || c == 0x0b || c == 0x1c; }
static bool blank(char c) { return c == ' ' || c == '\t'; }
static bool alphanumeric(char c) {
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

static const char *segment_end(const char *p, const char *end) {
    while (end - p >= 8) {
        if (rs_any_below(rs_word(p), 0x1d))
            for (int i = 0; i < 8; i++)
                if (terminator(p[i])) return p + i;
        p += 8;
    }
    while (p < end && !terminator(*p)) p++;
    return p;
}

/* ---- delimiters ----------------------------------------------------------------------------------------------- */

/* MSH|^~\& and the like: field separator, then component, repetition, escape and subcomponent, as many as there are. */
static bool read_marks(const char *p, size_t n, struct rs_hl7_marks *m) {
    if (n < 5) return false;
    char field = p[3];
    if (alphanumeric(field) || blank(field) || (unsigned char)field < 0x20 || (unsigned char)field > 0x7e) return false;
    char found[4] = {0};
    for (size_t i = 0; i < 4 && 4 + i < n && p[4 + i] != field && !terminator(p[4 + i]); i++) {
        char c = p[4 + i];
        if (alphanumeric(c) || blank(c) || (unsigned char)c < 0x20 || (unsigned char)c > 0x7e) return false;
        found[i] = c;
    }
    *m = (struct rs_hl7_marks){field, found[0], found[1], found[2], found[3]};
    return found[0] != 0;
}

static enum rs_hl7_kind kind_of(const char *p) {
    static const struct { char id[4]; enum rs_hl7_kind kind; } ids[] = {
        {"MSH", RS_HL7_MSH}, {"PID", RS_HL7_PID}, {"FHS", RS_HL7_FHS},
        {"BHS", RS_HL7_BHS}, {"BTS", RS_HL7_BTS}, {"FTS", RS_HL7_FTS}};
    for (size_t i = 0; i < sizeof ids / sizeof ids[0]; i++)
        if (memcmp(p, ids[i].id, 3) == 0) return ids[i].kind;
    return RS_HL7_OTHER;
}

static bool header(enum rs_hl7_kind kind) { return kind == RS_HL7_MSH || kind == RS_HL7_FHS || kind == RS_HL7_BHS; }

bool rs_hl7_begins(const char *p, size_t n) {
    struct rs_hl7_marks m;
    return n >= 5 && header(kind_of(p)) && read_marks(p, n, &m);
}

/* ---- segments ------------------------------------------------------------------------------------------------- */

static enum rs_hl7_kind place(struct rs_hl7_walk *w, struct rs_view s) {
    enum rs_hl7_kind kind = s.n < 3 ? RS_HL7_OTHER : kind_of(s.p);
    if (kind == RS_HL7_OTHER) return kind;
    if (header(kind)) {
        if (!read_marks(s.p, s.n, &w->marks)) return RS_HL7_OTHER;
        w->in_message = kind == RS_HL7_MSH;
        return kind;
    }
    if (s.n > 3 && s.p[3] != w->marks.field) return RS_HL7_OTHER;
    if (kind == RS_HL7_PID) return w->in_message ? kind : RS_HL7_OTHER;
    w->in_message = false;
    return kind;
}

bool rs_hl7_next(struct rs_hl7_walk *w, struct rs_hl7_segment *s) {
    const char *p = w->p;
    for (;;) {
        while (p < w->end && (terminator(*p) || blank(*p))) p++;
        if (w->end - p < 3 || *p != '\xEF' || memcmp(p, "\xEF\xBB\xBF", 3) != 0) break;
        p += 3; /* files that were joined carry a BOM each */
    }
    if (p == w->end) {
        w->p = p;
        return false;
    }
    const char *stop = segment_end(p, w->end);
    w->p = stop;
    while (stop > p && blank(stop[-1])) stop--;
    s->text = rs_view(p, (size_t)(stop - p));
    s->number = w->number++;
    s->kind = place(w, s->text);
    return true;
}

/* ---- fields --------------------------------------------------------------------------------------------------- */

unsigned rs_hl7_fields(struct rs_view segment, const struct rs_hl7_marks *marks, struct rs_view *out, unsigned max) {
    const char *from = segment.p, *end = segment.p + segment.n;
    unsigned n = 0;
    if (segment.n > 3 && max > 1 && header(kind_of(segment.p))) { /* its first field is the delimiter */
        out[n++] = rs_view(from, 3);
        out[n++] = rs_view(from + 3, 1);
        from += 4;
    }
    for (const char *p = from; p < end && n < max; p++) {
        if (*p != marks->field) continue;
        out[n++] = rs_view(from, (size_t)(p - from));
        from = p + 1;
    }
    if (n < max) out[n++] = rs_view(from, (size_t)(end - from));
    return n;
}

struct rs_view rs_hl7_part(struct rs_view v, char mark, unsigned number) {
    if (!mark) return number == 1 ? v : RS_NULL;
    for (; number > 1 && !rs_is_null(v); number--) rs_split(&v, mark);
    return rs_is_null(v) ? v : rs_split(&v, mark);
}

static int hex_digit(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* What stands between two escape characters; false where it is no escape sequence (HL7 v2 chapter 2, 2.7). */
static bool escape(struct rs_view e, const struct rs_hl7_marks *m, char *out, size_t *n) {
    static const char letters[] = "FSTRE";
    const char marks[] = {m->field, m->component, m->subcomponent, m->repetition, m->escape};
    *n = 0;
    if (!e.n) return false;
    if (e.n == 1) {
        const char *at = memchr(letters, e.p[0], 5);
        if (at && marks[at - letters]) out[(*n)++] = marks[at - letters];
        return at || e.p[0] == 'H' || e.p[0] == 'N'; /* highlighting is dropped */
    }
    if (e.p[0] == '.') { /* line breaks, indents */
        out[(*n)++] = ' ';
        return true;
    }
    if (e.p[0] == 'X') {
        if (e.n % 2 == 0) return false;
        for (size_t i = 1; i < e.n; i += 2) {
            int high = hex_digit(e.p[i]), low = hex_digit(e.p[i + 1]);
            if (high < 0 || low < 0) return false;
            char c = (char)(high << 4 | low);
            out[(*n)++] = (unsigned char)c < 0x20 ? ' ' : c;
        }
        return true;
    }
    return e.p[0] == 'C' || e.p[0] == 'M' || e.p[0] == 'Z'; /* other character sets, a site's own: dropped */
}

static struct rs_view unescape(struct rs_view v, const struct rs_hl7_marks *m, struct rs_arena *arena) {
    char *out = rs_arena_alloc(arena, v.n + 1);
    size_t n = 0, got;
    for (size_t i = 0; i < v.n;) {
        const char *close = v.p[i] == m->escape ? memchr(v.p + i + 1, m->escape, v.n - i - 1) : NULL;
        if (close && escape(rs_view(v.p + i + 1, (size_t)(close - (v.p + i + 1))), m, out + n, &got)) {
            n += got;
            i = (size_t)(close - v.p) + 1;
        } else {
            out[n++] = v.p[i++];
        }
    }
    return rs_trim(rs_view(out, n));
}

struct rs_view rs_hl7_value(struct rs_view v, const struct rs_hl7_marks *marks, struct rs_arena *arena) {
    v = rs_trim(v);
    if (v.n && marks->escape && memchr(v.p, marks->escape, v.n)) v = unescape(v, marks, arena);
    /* A hexadecimal escape, or a delimiter that is a part of a character, leaves what is no UTF-8. */
    if (v.n && !rs_utf8_valid(v)) v = rs_from_windows_1252(arena, v);
    return v.n && !rs_eq_c(v, "\"\"") ? v : RS_NULL;
}

struct rs_view rs_hl7_day(struct rs_view v) {
    v = rs_trim(v);
    if (v.n > 8 && rs_all_digits(rs_view(v.p, 8))) v.n = 8;
    return v;
}

/* HHMM[SS[.S...]] of a timestamp, whatever zone it is in: a sender writes one. */
static uint64_t time_of(struct rs_view timestamp) {
    size_t n = 8;
    while (n < timestamp.n && timestamp.p[n] >= '0' && timestamp.p[n] <= '9') n++;
    return n > 8 ? rs_time_of_day(rs_view(timestamp.p + 8, n - 8)) : 0;
}

bool rs_hl7_file_date(const char *p, size_t n, int32_t *date, uint64_t *moment) {
    struct rs_hl7_walk w = {.p = p, .end = p + n, .number = 1};
    struct rs_hl7_segment s;
    *moment = 0;
    while (rs_hl7_next(&w, &s)) {
        struct rs_view f[8];
        if (!header(s.kind)) continue;
        if (rs_hl7_fields(s.text, &w.marks, f, 8) == 8 && rs_day_parse_any(rs_hl7_day(f[7]), date)) {
            *moment = time_of(rs_trim(f[7]));
            return true;
        }
        if (s.kind == RS_HL7_MSH) return false;
    }
    return false;
}

/* ---- cutting -------------------------------------------------------------------------------------------------- */

/* A trailer's count against what was counted. */
static bool count_is(struct rs_view segment, char mark, uint64_t count) {
    int64_t said;
    struct rs_view field = rs_trim(rs_hl7_part(segment, mark, 2));
    return !rs_has(field) || (rs_parse_long(field, &said) && said >= 0 && (uint64_t)said == count);
}

struct cutting {
    struct rs_hl7_cutter c;
    struct rs_hl7_cut cut;
    bool open, pid, headed; /* in a message; it had a PID; the last segment was FHS or BHS */
};

static void fault(struct cutting *k, enum rs_hl7_fault kind, size_t at, uint64_t number) {
    if (k->cut.n_faults == 4) return;
    k->cut.faults[k->cut.n_faults].kind = kind;
    k->cut.faults[k->cut.n_faults].at = at;
    k->cut.faults[k->cut.n_faults++].number = number;
}

static void close_message(struct cutting *k) {
    k->cut.records += k->open && !k->pid;
    k->open = k->pid = false;
}

static void take(struct cutting *k, const struct rs_hl7_walk *w, const struct rs_hl7_segment *s, size_t at) {
    k->headed = s->kind == RS_HL7_FHS || s->kind == RS_HL7_BHS;
    if (s->kind == RS_HL7_OTHER) return;
    if (s->kind == RS_HL7_PID) {
        k->cut.records++;
        k->pid = true;
        return;
    }
    close_message(k);
    if (s->kind == RS_HL7_MSH) {
        k->open = true;
        k->c.messages++;
    } else if (s->kind == RS_HL7_BHS) {
        if (k->c.in_batch) fault(k, RS_HL7_UNCLOSED, at, s->number);
        k->c.in_batch = true;
        k->c.messages = 0;
    } else if (s->kind == RS_HL7_FHS) {
        k->c.batches = 0;
    } else if (s->kind == RS_HL7_BTS) {
        if (!count_is(s->text, w->marks.field, k->c.messages)) fault(k, RS_HL7_BTS_COUNT, at, s->number);
        k->c.in_batch = false;
        k->c.batches++;
    } else if (!count_is(s->text, w->marks.field, k->c.batches)) {
        fault(k, RS_HL7_FTS_COUNT, at, s->number);
    }
}

void rs_hl7_cut(struct rs_hl7_cutter *c, const char *p, size_t n, bool last, struct rs_hl7_cut *cut) {
    struct rs_hl7_walk w = {.p = p, .end = p + n, .number = c->number + 1};
    struct cutting k = {.c = *c}, best = k;
    struct rs_hl7_segment s;
    while (rs_hl7_next(&w, &s)) {
        size_t at = (size_t)(s.text.p - p);
        if (!last && w.p == w.end) break; /* the segment may go on */
        if (at && header(s.kind) && !k.headed) {
            best = k;
            close_message(&best);
            best.cut.length = at;
            best.c.number = s.number - 1;
            if (best.cut.n_faults == 4) break;
        }
        take(&k, &w, &s, at);
    }
    if (last && !(best.cut.length && best.cut.n_faults == 4)) {
        close_message(&k);
        if (k.c.in_batch) fault(&k, RS_HL7_UNCLOSED, n, w.number);
        k.cut.length = n;
        k.c.number = w.number - 1;
        best = k;
    }
    *c = best.c;
    *cut = best.cut;
}
