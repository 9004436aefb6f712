/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Reading CSV of people: cut into blocks by one thread, taken apart by many. */
#include "people_csv.h"
#include <stdlib.h>
#ifdef __SSE2__
#include <emmintrin.h>
#endif
#include "pipeline/base/bytes.h"
#include "pipeline/base/file.h"

enum { BLOCK = 1 << 20, LONGEST = 64 << 20, PADDING = 64, MOST_FIELDS = 4096 };

const char *const rs_people_column_names[RS_PEOPLE_COLUMNS] = {"id",    "surname", "first_name", "middle_name",
                                                               "block_group", "tract", "county", "zcta", "zip", "state",
                                                               "age",   "sex"};

struct rs_people {
    char *path;
    struct rs_in *in;
    struct rs_buffer rest; /* what stands behind the block given last */
    uint64_t offset;       /* of rest */
    bool ended, has[RS_PEOPLE_COLUMNS];
    size_t n_fields;
    unsigned char slot[MOST_FIELDS + 1]; /* where each field goes: RS_PEOPLE_COLUMNS for nowhere */
    size_t n_wanted, wanted[RS_PEOPLE_COLUMNS]; /* the fields that go somewhere, in their order */
};

/* ---- blocks --------------------------------------------------------------------------------------------------- */

/* Past the quote that closes the field opened at `open`; NULL where there is none. Two quotes are one within the field. */
static const char *past_closing(const char *open, const char *end) {
    const char *at = open + 1;
    for (;;) {
        at = memchr(at, '"', (size_t)(end - at));
        if (!at) return NULL;
        if (at + 1 == end || at[1] != '"') return at + 1;
        at += 2;
    }
}

/* Length of the whole records at p, where one begins: up to the last line break that is not between quotes. As everywhere, a
 * quote that does not begin a field is a byte like others. */
static size_t whole_records(const char *p, size_t n) {
    const char *end = p + n, *at = p, *last = NULL;
    while (at < end) {
        const char *quote = memchr(at, '"', (size_t)(end - at)), *stop = quote ? quote : end;
        const char *line = memrchr(at, '\n', (size_t)(stop - at));
        if (line) last = line;
        if (!quote) break;
        bool opens = quote == p || quote[-1] == ',' || quote[-1] == '\n';
        at = opens ? past_closing(quote, end) : quote + 1;
        if (!at) break;
    }
    return last ? (size_t)(last + 1 - p) : 0;
}

static bool not_closed(const struct rs_people *s, uint64_t record, struct rs_error *error) {
    return rs_fail(error, RS_DATA, "%s: in the record at byte %llu a quote is opened and not closed: mend it and run again",
                   s->path, (unsigned long long)record);
}

bool rs_people_block(struct rs_people *s, struct rs_buffer *into, uint64_t *offset, struct rs_error *error) {
    size_t room = BLOCK, whole = 0;
    *offset = s->offset;
    into->n = 0;
    rs_buffer_add(into, s->rest.p, s->rest.n);
    s->rest.n = 0;
    while (!whole) {
        while (!s->ended && into->n < room) {
            size_t got;
            rs_buffer_reserve(into, room - into->n + PADDING);
            if (!rs_in_read(s->in, into->p + into->n, room - into->n, &got, error)) return false;
            into->n += got;
            s->ended = got == 0;
        }
        whole = s->ended ? into->n : whole_records(into->p, into->n);
        if (s->ended) break;
        if (!whole && room >= LONGEST)
            return not_closed(s, s->offset, error);
        room *= 2;
    }
    if (into->n > whole) rs_buffer_add(&s->rest, into->p + whole, into->n - whole);
    into->n = whole;
    s->offset += whole;
    memset(rs_buffer_reserve(into, PADDING), 0, PADDING);
    return true;
}

/* ---- records -------------------------------------------------------------------------------------------------- */

/* Which of 64 bytes end a field, and which are quotes: a bit each. */
struct marks {
    uint64_t ends, quotes;
};

static inline struct marks marks(const char *p) {
    struct marks m = {0, 0};
#ifdef __SSE2__
    const __m128i comma = _mm_set1_epi8(','), line = _mm_set1_epi8('\n'), quote = _mm_set1_epi8('"');
    for (int i = 0; i < 4; i++) {
        __m128i v = _mm_loadu_si128((const __m128i *)(const void *)(p + 16 * i));
        __m128i ends = _mm_or_si128(_mm_cmpeq_epi8(v, line), _mm_cmpeq_epi8(v, comma));
        m.ends |= (uint64_t)(unsigned)_mm_movemask_epi8(ends) << (16 * i);
        m.quotes |= (uint64_t)(unsigned)_mm_movemask_epi8(_mm_cmpeq_epi8(v, quote)) << (16 * i);
    }
#else
    for (int i = 0; i < 64; i += 8) { /* the multiplication gathers the marks of eight bytes in the highest byte */
        uint64_t word = rs_word(p + i), gather = 0x0102040810204080u;
        uint64_t ends = rs_bytes_equal(word, '\n') | rs_bytes_equal(word, ',');
        m.ends |= ((ends >> 7) * gather >> 56) << i;
        m.quotes |= ((rs_bytes_equal(word, '"') >> 7) * gather >> 56) << i;
    }
#endif
    return m;
}

/* Separators from byte `at` on. */
static void look_from(struct rs_people_cursor *c, size_t at) {
    c->base = at;
    c->mask = 0;
    if (at >= c->n) return;
    struct marks m = marks(c->p + at);
    c->mask = m.ends | m.quotes;
}

static inline struct rs_view trimmed(char *p, size_t n) {
    if (n == 0) return RS_NULL;
    if ((unsigned char)p[0] > ' ' && (unsigned char)p[n - 1] > ' ') return rs_view(p, n);
    struct rs_view v = rs_trim(rs_view(p, n));
    return rs_has(v) ? v : RS_NULL;
}

/* The field that opens with a quote at p: *value is what it means, doubled quotes undone in place. Past its closing quote;
 * n + 1 where it has none, which can be in the file's last block only. */
static size_t quoted(char *p, size_t at, size_t n, struct rs_view *value) {
    size_t out = at + 1, from = at + 1, i = at + 1;
    for (; i < n; i++) {
        if (p[i] == '"') {
            if (i + 1 >= n || p[i + 1] != '"') break;
            i++;
        }
        p[out++] = p[i];
    }
    *value = trimmed(p + from, out - from);
    return i + 1;
}

void rs_people_cursor(struct rs_people_cursor *c, const struct rs_people *people, struct rs_buffer *block,
                      uint64_t offset) {
    *c = (struct rs_people_cursor){.people = people, .p = block->p, .n = block->n, .offset = offset};
}

static bool wrong_fields(const struct rs_people_cursor *c, size_t record, size_t fields, struct rs_error *error) {
    return rs_fail(error, RS_DATA, "%s: the record at byte %llu has %zu fields, the header %zu: mend it and run again",
                   c->people->path, (unsigned long long)(c->offset + record), fields, c->people->n_fields);
}

/* The next separator at or behind the place looked from; n at the end. Quotes are given only where they open a field. */
static inline size_t next_mark(struct rs_people_cursor *c, size_t start) {
    for (;;) {
        while (!c->mask) {
            if (c->base + 64 >= c->n) return c->n;
            look_from(c, c->base + 64);
        }
        size_t at = c->base + (size_t)__builtin_ctzll(c->mask);
        c->mask &= c->mask - 1;
        if (c->p[at] != '"' || at == start) return at;
    }
}

/* ---- records without quotes: nearly all --------------------------------------------------------------------------- */

/* Where fields end is found for many bytes at a time, without a branch for each: c->ends has those ahead, the first of
 * them behind the field at c->start. */
enum { ENDS = RS_PEOPLE_ENDS, ABREAST = 64 };

static inline size_t bits(uint64_t x) { /* plain x86-64 has no instruction for it */
    x -= x >> 1 & 0x5555555555555555u;
    x = (x & 0x3333333333333333u) + (x >> 2 & 0x3333333333333333u);
    return (size_t)(((x + (x >> 4)) & 0x0f0f0f0f0f0f0f0fu) * RS_EACH_BYTE >> 56);
}

/* Eight at a time: what is put behind the last one is written over. */
static inline void put_places(uint32_t *out, uint32_t base, uint64_t mask, size_t n) {
    for (size_t i = 0; i < n; i += 8)
        for (int k = 0; k < 8; k++) {
            out[i + (size_t)k] = base + (uint32_t)__builtin_ctzll(mask | 1ull << 63);
            mask &= mask - 1;
        }
}

/* Forgets what lies before c->start and looks on, up to a quote or the block's end. */
static void look_ahead(struct rs_people_cursor *c) {
    c->ends_n -= c->ends_at;
    memmove(c->ends, c->ends + c->ends_at, c->ends_n * sizeof *c->ends);
    c->ends_at = 0;
    for (; c->seen < c->n && c->ends_n + ABREAST <= ENDS; c->seen += ABREAST) {
        struct marks m = marks(c->p + c->seen);
        if (m.quotes) break;
        size_t n = bits(m.ends);
        put_places(c->ends + c->ends_n, (uint32_t)c->seen, m.ends, n);
        c->ends_n += n;
    }
}

/* After a record that was taken in another way. */
static void look_from_here(struct rs_people_cursor *c) {
    if (c->start > c->seen) {
        c->seen = c->start;
        c->ends_n = 0;
    }
    while (c->ends_at < c->ends_n && c->ends[c->ends_at] < c->start) c->ends_at++;
    if (c->ends_n == 0) c->ends_at = 0;
}

/* Takes the next record where it has no quote and as many fields as the header. */
static inline bool take_plain(struct rs_people_cursor *c) {
    const struct rs_people *s = c->people;
    size_t last = s->n_fields - 1;
    if (c->ends_n - c->ends_at <= last) {
        if (last == 0 || s->n_fields > ENDS - ABREAST) return false;
        look_ahead(c);
        if (c->ends_n <= last) return false;
    }
    const uint32_t *ends = c->ends + c->ends_at;
    char *p = c->p;
    unsigned early = 0;
    for (size_t i = 0; i < last; i++) early |= p[ends[i]] == '\n';
    if (early || p[ends[last]] != '\n') return false;
    for (size_t w = 0; w < s->n_wanted; w++) {
        size_t field = s->wanted[w], from = field ? ends[field - 1] + 1 : c->start;
        c->row[s->slot[field]] = trimmed(p + from, ends[field] - from);
    }
    c->start = ends[last] + 1;
    c->ends_at += s->n_fields;
    return true;
}

/* ---- any record ------------------------------------------------------------------------------------------------- */

static bool next_record(struct rs_people_cursor *c, struct rs_error *error) {
    const struct rs_people *s = c->people;
    size_t record = c->start, start = c->start, field = 0;
    look_from(c, start);
    while (start < c->n || (field && start == c->n)) { /* a last field may be empty */
        if (field > MOST_FIELDS) return wrong_fields(c, record, field, error);
        unsigned slot = s->slot[field];
        size_t at = next_mark(c, start), from = start;
        bool open = at < c->n && c->p[at] == '"';
        start = at + 1;
        if (open) {
            size_t past = quoted(c->p, at, c->n, &c->row[slot]);
            if (past > c->n) return not_closed(s, c->offset + record, error);
            look_from(c, past);
            at = next_mark(c, past + 1); /* a quote here opens nothing */
            start = at + 1;
        } else if (slot < RS_PEOPLE_COLUMNS) {
            c->row[slot] = trimmed(c->p + from, at - from);
        }
        field++;
        if (at < c->n && c->p[at] == ',') continue;
        if (field == 1 && !open && !rs_has(rs_trim(rs_view(c->p + from, at - from)))) { /* an empty line */
            record = start;
            field = 0;
            continue;
        }
        c->start = start;
        return field == s->n_fields || wrong_fields(c, record, field, error);
    }
    c->start = start;
    return field ? wrong_fields(c, record, field, error) : false;
}

bool rs_people_next(struct rs_people_cursor *c, struct rs_error *error) {
    if (take_plain(c)) return true;
    bool ok = next_record(c, error);
    look_from_here(c);
    return ok;
}

/* ---- the header ----------------------------------------------------------------------------------------------- */

static bool take_name(struct rs_people *s, struct rs_view name, struct rs_error *error) {
    if (s->n_fields == MOST_FIELDS)
        return rs_fail(error, RS_DATA, "%s: the header has more than %d columns", s->path, MOST_FIELDS);
    int slot = 0;
    while (slot < RS_PEOPLE_COLUMNS && !rs_eq_nocase(name, rs_cstr(rs_people_column_names[slot]))) slot++;
    if (slot < RS_PEOPLE_COLUMNS && s->has[slot])
        return rs_fail(error, RS_DATA, "%s: the header has %s twice", s->path, rs_people_column_names[slot]);
    if (slot < RS_PEOPLE_COLUMNS) {
        s->has[slot] = true;
        s->wanted[s->n_wanted++] = s->n_fields;
    }
    s->slot[s->n_fields++] = (unsigned char)slot;
    return true;
}

/* Cuts the next name off, without its quotes: a comma within them is part of it. */
static struct rs_view next_name(struct rs_view *rest) {
    struct rs_view whole = *rest, name = rs_trim(rs_split(rest, ','));
    if (!name.n || name.p[0] != '"') return name;
    const char *end = whole.p + whole.n, *p = name.p + 1;
    while (p < end && (*p != '"' || (p + 1 < end && p[1] == '"'))) p += *p == '"' ? 2 : 1;
    if (p >= end) return name; /* never closed: no column that is looked for */
    const char *comma = memchr(p, ',', (size_t)(end - p));
    *rest = comma ? rs_view(comma + 1, (size_t)(end - comma - 1)) : RS_NULL;
    return rs_view(name.p + 1, (size_t)(p - name.p - 1));
}

static bool read_header(struct rs_people *s, struct rs_error *error) {
    struct rs_buffer block = {0};
    uint64_t offset;
    if (!rs_people_block(s, &block, &offset, error)) {
        rs_buffer_free(&block);
        return false;
    }
    const char *line = block.n ? memchr(block.p, '\n', block.n) : NULL;
    size_t length = line ? (size_t)(line - block.p) : block.n, past = line ? length + 1 : length;
    struct rs_view rest = rs_view(block.p, length);
    if (length >= 3 && memcmp(block.p, "\xEF\xBB\xBF", 3) == 0) rest.p += 3, rest.n -= 3; /* byte order mark */
    bool ok = length > 0 || rs_fail(error, RS_DATA, "%s: is empty: a header line is needed", s->path);
    const char *cr = ok ? memchr(rest.p, '\r', rest.n) : NULL;
    if (cr && cr + 1 < rest.p + rest.n) /* else all records would be one long header */
        ok = rs_fail(error, RS_DATA, "%s: lines end in carriage returns alone: make them line feeds and run again", s->path);
    while (ok && !rs_is_null(rest)) ok = take_name(s, next_name(&rest), error);
    if (ok && !s->has[RS_PEOPLE_ID])
        ok = rs_fail(error, RS_DATA, "%s: the header has no column id, by which rows are told apart", s->path);
    for (size_t i = s->n_fields; i <= MOST_FIELDS; i++) s->slot[i] = RS_PEOPLE_COLUMNS;
    /* The records read with it come first. */
    struct rs_buffer after = {0};
    rs_buffer_add(&after, block.p + past, block.n - past);
    rs_buffer_add(&after, s->rest.p, s->rest.n);
    rs_buffer_free(&s->rest);
    s->rest = after;
    s->offset = past;
    rs_buffer_free(&block);
    return ok;
}

struct rs_people *rs_people_open(const char *path, struct rs_error *error) {
    struct rs_people *s = rs_alloc(sizeof *s);
    s->path = rs_strdup(path);
    s->in = rs_in_open(path, error);
    if (s->in && read_header(s, error)) return s;
    rs_people_close(s);
    return NULL;
}

void rs_people_close(struct rs_people *s) {
    if (!s) return;
    rs_in_close(s->in);
    rs_buffer_free(&s->rest);
    free(s->path);
    free(s);
}

bool rs_people_has(const struct rs_people *s, enum rs_people_column column) { return s->has[column]; }
