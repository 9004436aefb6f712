/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Reading row files: blocks of whole lines in order, rows of a block in any thread, digests checked at the end. */
#include "../base/bytes.h"
#include "../base/file.h"
#include "rows.h"
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>

/* ---- manifest ------------------------------------------------------------------------------------------------- */

static bool manifest_fields(json_t *j, const char *dir, struct rs_manifest *out, struct rs_error *error) {
    const char *layout, *file, *compression, *sha;
    json_int_t rows, bytes;
    if (json_unpack(j, "{s:s, s:i, s:s, s:s, s:I, s:I, s:s}", "layout", &layout, "version", &out->version, "file",
                    &file, "compression", &compression, "rows", &rows, "bytes", &bytes, "sha256", &sha) != 0 ||
        strcmp(layout, out->layout->name) != 0 || !rs_unhex(rs_cstr(sha), out->content.b, 32) || strchr(file, '/'))
        return rs_fail(error, RS_DATA, "%s/%s.json: not the manifest of a row file", dir, out->layout->name);
    if (out->version > out->layout->version)
        return rs_fail(error, RS_DATA, "%s/%s.json: layout version %d is newer than this program's %d: update relsogi",
                       dir, layout, out->version, out->layout->version);
    out->rows = (uint64_t)rows;
    out->bytes = (uint64_t)bytes;
    out->compressed = strcmp(compression, "none") != 0;
    json_t *parameters = json_object_get(json_object_get(j, "provenance"), "parameters");
    const char *as_of = json_string_value(json_object_get(parameters, "as_of"));
    if (as_of && strlen(as_of) < sizeof out->as_of) strcpy(out->as_of, as_of);
    return rs_path(out->path, sizeof out->path, error, "%s/%s", dir, file);
}

bool rs_manifest_read(const char *dir, const struct rs_layout *layout, struct rs_manifest *out,
                      struct rs_error *error) {
    char path[PATH_MAX];
    *out = (struct rs_manifest){.layout = layout};
    if (!rs_path(path, sizeof path, error, "%s/%s.json", dir, layout->name)) return false;
    if (!rs_exists(path))
        return rs_fail(error, RS_NO_INPUT, "%s: there is no row file of layout %s here", dir, layout->name);
    json_error_t why;
    json_t *j = json_load_file(path, 0, &why);
    if (!j) return rs_fail(error, RS_DATA, "%s:%d: not JSON: %s", path, why.line, why.text);
    bool ok = manifest_fields(j, dir, out, error);
    json_decref(j);
    return ok;
}

/* ---- blocks --------------------------------------------------------------------------------------------------- */

struct rs_row_reader {
    struct rs_manifest m;
    struct rs_in *in;
    struct rs_sha *sha;
    struct rs_buffer rest; /* bytes read, not yet given */
    uint64_t rows, bytes;
    bool ended;
    int order[RS_MAX_COLUMNS]; /* layout column of each file column, -1 for unknown ones */
    size_t place[RS_MAX_COLUMNS]; /* the same; RS_MAX_COLUMNS, the row's spare place, for unknown ones */
    size_t n_fields;
};

/* Reads more into `b` behind what is there; sets r->ended. */
static bool more(struct rs_row_reader *r, struct rs_buffer *b, size_t room, struct rs_error *error) {
    size_t got;
    char *p = rs_buffer_reserve(b, room);
    if (!rs_in_read(r->in, p, room, &got, error)) return false;
    rs_sha_add(r->sha, p, got);
    b->n += got;
    r->bytes += got;
    r->ended = got == 0;
    return true;
}

static int column_of(const struct rs_layout *layout, struct rs_view name) {
    for (size_t i = 0; i < layout->n_columns; i++)
        if (rs_eq_c(name, layout->columns[i].name)) return (int)i;
    return -1;
}

static bool header_columns(struct rs_row_reader *r, struct rs_view header, struct rs_error *error) {
    const struct rs_layout *layout = r->m.layout;
    bool seen[RS_MAX_COLUMNS] = {false};
    while (header.p) {
        struct rs_view name = rs_split(&header, '\t');
        if (r->n_fields == RS_MAX_COLUMNS) return rs_fail(error, RS_DATA, "%s: too many columns", r->m.path);
        int c = column_of(layout, name);
        r->place[r->n_fields] = c >= 0 ? (size_t)c : RS_MAX_COLUMNS;
        r->order[r->n_fields++] = c;
        if (c >= 0) seen[c] = true;
    }
    for (size_t i = 0; i < layout->n_columns; i++)
        if (!seen[i] && layout->columns[i].since <= r->m.version)
            return rs_fail(error, RS_DATA, "%s: column %s of layout %s is missing", r->m.path, layout->columns[i].name,
                           layout->name);
    return true;
}

static bool read_header(struct rs_row_reader *r, struct rs_error *error) {
    for (;;) {
        if (!more(r, &r->rest, 65536, error)) return false;
        char *end = r->rest.n ? memchr(r->rest.p, '\n', r->rest.n) : NULL;
        if (end) {
            size_t n = (size_t)(end - r->rest.p);
            if (!header_columns(r, rs_view(r->rest.p, n), error)) return false;
            memmove(r->rest.p, end + 1, r->rest.n - n - 1);
            r->rest.n -= n + 1;
            return true;
        }
        if (r->ended || r->rest.n > 65536) return rs_fail(error, RS_DATA, "%s: has no header line", r->m.path);
    }
}

struct rs_row_reader *rs_row_reader_open(const struct rs_manifest *m, struct rs_error *error) {
    struct rs_row_reader *r = rs_alloc(sizeof *r);
    r->m = *m;
    r->sha = rs_sha_begin();
    r->in = rs_in_open(m->path, error);
    if (r->in && read_header(r, error)) return r;
    rs_row_reader_close(r);
    return NULL;
}

void rs_row_reader_close(struct rs_row_reader *r) {
    if (!r) return;
    rs_in_close(r->in);
    rs_sha_end(r->sha, NULL);
    rs_buffer_free(&r->rest);
    free(r);
}

/* Counts of a byte each for runs of up to 255 bytes: a loop that compilers turn into sixteen or more bytes a step. */
static uint64_t count_lines(const char *p, size_t n) {
    enum { LANES = 64, STEPS = 255 };
    uint64_t lines = 0;
    size_t i = 0;
    while (n - i >= LANES) {
        uint8_t counts[LANES] = {0};
        for (int step = 0; step < STEPS && n - i >= LANES; step++, i += LANES)
            for (size_t k = 0; k < LANES; k++) counts[k] = (uint8_t)(counts[k] + (p[i + k] == '\n'));
        for (size_t k = 0; k < LANES; k++) lines += counts[k];
    }
    for (; i < n; i++) lines += p[i] == '\n';
    return lines;
}

/* A cursor looks at RS_ABREAST bytes at a time, also at the last line's end. */
static void pad(struct rs_buffer *b) { memset(rs_buffer_reserve(b, RS_ABREAST), 0, RS_ABREAST); }

/* At the end of the file: what was read must be what was written. */
static bool check_whole(struct rs_row_reader *r, struct rs_error *error) {
    struct rs_digest d;
    rs_sha_end(r->sha, &d);
    r->sha = rs_sha_begin();
    if (memcmp(d.b, r->m.content.b, 32) != 0 || r->rows != r->m.rows)
        return rs_fail(error, RS_DATA, "%s: is not what its manifest says (changed or damaged): run its stage again",
                       r->m.path);
    return true;
}

bool rs_row_reader_block(struct rs_row_reader *r, struct rs_buffer *into, size_t room, uint64_t *first_row,
                         struct rs_error *error) {
    into->n = 0;
    rs_buffer_add(into, r->rest.p, r->rest.n);
    r->rest.n = 0;
    *first_row = r->rows + 1;
    while (!r->ended) {
        size_t want = into->n < room ? room - into->n : 65536;
        if (!more(r, into, want, error)) return false;
        if (into->n < room) continue;
        const char *last = memrchr(into->p, '\n', into->n);
        if (!last) continue; /* a line longer than the block: go on until it ends */
        size_t whole = (size_t)(last + 1 - into->p);
        rs_buffer_add(&r->rest, into->p + whole, into->n - whole);
        into->n = whole;
        r->rows += count_lines(into->p, whole);
        pad(into);
        return true;
    }
    if (into->n && into->p[into->n - 1] != '\n')
        return rs_fail(error, RS_DATA, "%s: the last line has no end: the file is truncated", r->m.path);
    r->rows += count_lines(into->p, into->n);
    pad(into);
    if (into->n) return true;
    return check_whole(r, error);
}

/* ---- rows ----------------------------------------------------------------------------------------------------- */

static struct rs_view unescape(struct rs_arena *arena, const char *p, size_t n) {
    if (n == 2 && p[0] == '\\' && p[1] == 'N') return RS_NULL;
    char *out = rs_arena_copy(arena, p, n), *q = out;
    for (size_t i = 0; i < n; i++) {
        if (p[i] != '\\' || i + 1 == n) {
            *q++ = p[i];
            continue;
        }
        switch (p[++i]) {
        case 't': *q++ = '\t'; break;
        case 'n': *q++ = '\n'; break;
        case 'r': *q++ = '\r'; break;
        case 'b': *q++ = '\b'; break;
        case 'f': *q++ = '\f'; break;
        case 'v': *q++ = '\v'; break;
        default: *q++ = p[i]; break;
        }
    }
    return rs_view(out, (size_t)(q - out));
}

/* Where the fields of a line go. */
struct splitter {
    const int *order; /* layout column of each file column, -1 for unknown ones */
    size_t n_fields, field;
    struct rs_arena *arena;
    struct rs_view *row;
};

static inline void end_field(struct splitter *s, const char *start, const char *end, bool escaped) {
    if (s->field < s->n_fields && s->order[s->field] >= 0) {
        size_t n = (size_t)(end - start);
        s->row[s->order[s->field]] = escaped ? unescape(s->arena, start, n) : rs_view(start, n);
    }
    s->field++;
}

/* Splits any line into row[]; returns the number of fields. */
static size_t split_line(struct rs_view line, struct splitter *s) {
    const char *p = line.p, *end = line.p + line.n, *start = p;
    bool escaped = false;
    for (; end - p >= 8; p += 8) {
        uint64_t word = rs_word(p), tabs = rs_bytes_equal(word, '\t'), marks = rs_bytes_equal(word, '\\') | tabs;
        for (; marks; marks &= marks - 1) {
            const char *at = p + (__builtin_ctzll(marks) >> 3);
            if (*at == '\\') {
                escaped = true;
                continue;
            }
            end_field(s, start, at, escaped);
            start = at + 1;
            escaped = false;
        }
    }
    for (; p < end; p++) {
        if (*p == '\\') escaped = true;
        if (*p != '\t') continue;
        end_field(s, start, p, escaped);
        start = p + 1;
        escaped = false;
    }
    end_field(s, start, end, escaped);
    return s->field;
}

void rs_cursor_open(struct rs_cursor *c, const struct rs_row_reader *reader, const struct rs_buffer *block,
                    uint64_t first_row, struct rs_arena *arena) {
    memset(c, 0, sizeof *c);
    c->reader = reader;
    c->p = block->p;
    c->end = block->p + block->n;
    c->row_no = first_row - 1;
    c->arena = arena;
}

/* One field of a line without escapes but \N, which is told without a branch: nulls follow no pattern. Two bytes from
 * `start` may be read: the block is padded. True where another escape begins the field. */
static inline bool plain_field(struct rs_view *to, const char *start, const char *end) {
    size_t n = (size_t)(end - start);
    bool null = (n == 2) & (start[0] == '\\') & (start[1] == 'N'); /* an empty field's first byte ends it */
    *to = (struct rs_view){null ? NULL : start, null ? 0 : n};
    return (start[0] == '\\') & !null;
}

/* Finds the end of the line at c->p and splits it as it goes; *fields is their number. Nearly every line has no escape
 * but \N; where there is another, *escaped is set, and what stands in the row is to be done again. NULL where the line
 * has no end. */
static const char *split_plain(struct rs_cursor *c, size_t *fields, bool *escaped) {
    const struct rs_row_reader *r = c->reader;
    struct rs_view other; /* a field that the header has not */
    const char *start = c->p;
    uint64_t begins = 1, odd = 0; /* whether the chunk's first byte begins a field; backslashes within a field */
    size_t field = 0;
    for (const char *p = c->p; p < c->end; p += RS_ABREAST) {
        struct rs_abreast at = rs_abreast(p);
        uint64_t here = at.newlines ? (at.newlines & -at.newlines) - 1 : ~(uint64_t)0; /* before the line's end */
        odd |= at.backslashes & here & ~(at.tabs << 1 | begins);
        begins = at.tabs >> (RS_ABREAST - 1);
        for (uint64_t tabs = at.tabs & here; tabs; tabs &= tabs - 1, field++) {
            const char *end = p + __builtin_ctzll(tabs);
            odd |= plain_field(field < r->n_fields ? &c->row[r->place[field]] : &other, start, end);
            start = end + 1;
        }
        if (!at.newlines) continue;
        const char *stop = p + __builtin_ctzll(at.newlines);
        odd |= plain_field(field < r->n_fields ? &c->row[r->place[field]] : &other, start, stop);
        *fields = field + 1;
        *escaped = odd != 0;
        return stop;
    }
    return NULL;
}

bool rs_cursor_next(struct rs_cursor *c, struct rs_error *error) {
    if (c->p == c->end) return false;
    const struct rs_row_reader *r = c->reader;
    size_t fields;
    bool again;
    if (r->n_fields < r->m.layout->n_columns) memset(c->row, 0, r->m.layout->n_columns * sizeof c->row[0]);
    const char *stop = split_plain(c, &fields, &again);
    if (!stop) {
        stop = c->end;
        again = true;
    }
    c->line = rs_view(c->p, (size_t)(stop - c->p));
    c->p = stop < c->end ? stop + 1 : stop;
    c->row_no++;
    if (again) {
        struct splitter s = {.order = r->order, .n_fields = r->n_fields, .arena = c->arena, .row = c->row};
        fields = split_line(c->line, &s);
    }
    if (fields == r->n_fields) return true;
    return rs_fail(error, RS_DATA, "%s: row %llu has %zu fields, the header %zu: run its stage again", r->m.path,
                   (unsigned long long)c->row_no, fields, r->n_fields);
}

bool rs_line_parse(const struct rs_layout *layout, struct rs_view line, struct rs_arena *arena, struct rs_view *row,
                   struct rs_error *error) {
    int order[RS_MAX_COLUMNS];
    for (size_t i = 0; i < layout->n_columns; i++) order[i] = (int)i;
    struct splitter s = {.order = order, .n_fields = layout->n_columns, .arena = arena, .row = row};
    if (split_line(line, &s) == layout->n_columns) return true;
    return rs_fail(error, RS_BUG, "a kept line of layout %s has not its number of fields", layout->name);
}

struct rs_scan {
    struct rs_row_reader *reader;
    struct rs_buffer block;
    struct rs_arena arena;
    struct rs_cursor cursor;
    bool started;
};

struct rs_scan *rs_scan_open(const struct rs_manifest *m, struct rs_error *error) {
    struct rs_scan *s = rs_alloc(sizeof *s);
    s->reader = rs_row_reader_open(m, error);
    if (s->reader) return s;
    free(s);
    return NULL;
}

bool rs_scan_next(struct rs_scan *s, const struct rs_view **row, struct rs_error *error) {
    while (!s->started || s->cursor.p == s->cursor.end) {
        uint64_t first;
        rs_arena_reset(&s->arena);
        if (!rs_row_reader_block(s->reader, &s->block, 1 << 20, &first, error) || s->block.n == 0) return false;
        rs_cursor_open(&s->cursor, s->reader, &s->block, first, &s->arena);
        s->started = true;
    }
    if (!rs_cursor_next(&s->cursor, error)) return false;
    *row = s->cursor.row;
    return true;
}

void rs_scan_close(struct rs_scan *s) {
    if (!s) return;
    rs_row_reader_close(s->reader);
    rs_buffer_free(&s->block);
    rs_arena_free(&s->arena);
    free(s);
}
