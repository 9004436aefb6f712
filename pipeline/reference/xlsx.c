/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Reading a workbook: why not a library: none is small, and of XLSX only cells and strings are needed. A ZIP archive is
 * found by its central directory, members are stored or deflated, and the XML is scanned for a handful of elements.
 * Nothing of the file is trusted: every offset is checked, and what inflates beyond a table's size is refused. */
#include "xlsx.h"
#include <stdint.h>
#include <stdlib.h>
#include <zlib.h>

enum { MOST_SHEET = 1 << 30, MOST_COLUMNS = 512, MOST_MEMBERS = 10000 };

/* ---- the archive ------------------------------------------------------------------------------------------------ */

struct member {
    struct rs_view name;
    size_t offset, packed, size; /* offset: of its local header */
    unsigned method;
};

static uint32_t get16(const char *p) { return (uint32_t)(unsigned char)p[0] | (uint32_t)(unsigned char)p[1] << 8; }
static uint32_t get32(const char *p) { return get16(p) | get16(p + 2) << 16; }

static bool damaged(const char *path, const char *what, struct rs_error *error) {
    return rs_fail(error, RS_DATA, "%s: %s: it may be cut off, or no workbook; save it again, or as CSV", path, what);
}

/* The end record stands last, before a comment of up to 64 KiB. */
static bool find_end(struct rs_view file, size_t *at) {
    if (file.n < 22) return false;
    size_t lowest = file.n > 22 + 65535 ? file.n - 22 - 65535 : 0;
    for (size_t i = file.n - 22;; i--) {
        if (memcmp(file.p + i, "PK\5\6", 4) == 0) {
            *at = i;
            return true;
        }
        if (i == lowest) return false;
    }
}

static bool next_member(struct rs_view file, size_t *at, struct member *m) {
    if (*at > file.n || file.n - *at < 46 || memcmp(file.p + *at, "PK\1\2", 4) != 0) return false;
    const char *p = file.p + *at;
    size_t name = get16(p + 28), rest = get16(p + 30) + get16(p + 32);
    if (file.n - *at - 46 < name + rest) return false;
    *m = (struct member){rs_view(p + 46, name), get32(p + 42), get32(p + 20), get32(p + 24), get16(p + 10)};
    *at += 46 + name + rest;
    return true;
}

static bool inflate_raw(struct rs_view packed, size_t size, struct rs_buffer *out) {
    z_stream z = {0};
    if (inflateInit2(&z, -MAX_WBITS) != Z_OK) return false;
    z.next_in = (Bytef *)(uintptr_t)packed.p;
    z.avail_in = (uInt)packed.n;
    z.next_out = (Bytef *)rs_buffer_reserve(out, size + 1);
    z.avail_out = (uInt)size;
    bool ok = inflate(&z, Z_FINISH) == Z_STREAM_END && z.avail_out == 0;
    inflateEnd(&z);
    if (ok) out->n += size;
    return ok;
}

static bool unpack(const char *path, struct rs_view file, const struct member *m, struct rs_buffer *out,
                   struct rs_error *error) {
    if (m->size > MOST_SHEET || m->packed > MOST_SHEET) return damaged(path, "a sheet is larger than a table may be", error);
    if (m->offset > file.n || file.n - m->offset < 30 || memcmp(file.p + m->offset, "PK\3\4", 4) != 0)
        return damaged(path, "its archive points nowhere", error);
    const char *local = file.p + m->offset;
    size_t start = m->offset + 30 + get16(local + 26) + get16(local + 28);
    if (start > file.n || file.n - start < m->packed) return damaged(path, "its archive ends too early", error);
    struct rs_view packed = rs_view(file.p + start, m->packed);
    if (m->method == 0 && m->packed == m->size) {
        rs_buffer_view(out, packed);
        return true;
    }
    /* Deflate cannot shrink by more than 1032: do not reserve what a false size promises. */
    if (m->method == 8 && m->size / 1040 <= m->packed && inflate_raw(packed, m->size, out)) return true;
    return damaged(path, "a part of its archive cannot be unpacked", error);
}

static bool starts(struct rs_view v, const char *with) {
    size_t n = strlen(with);
    return v.n >= n && memcmp(v.p, with, n) == 0;
}

/* The largest sheet, and the shared strings where there are any. */
static bool read_parts(const char *path, struct rs_view file, struct rs_buffer *sheet, struct rs_buffer *strings,
                       struct rs_error *error) {
    size_t end, at;
    struct member m, largest = {.size = 0}, shared = {.size = 0};
    if (!find_end(file, &end)) return damaged(path, "the end of its archive is missing", error);
    at = get32(file.p + end + 16);
    size_t count = get16(file.p + end + 10);
    for (size_t i = 0; i < count && i < MOST_MEMBERS; i++) {
        if (!next_member(file, &at, &m)) return damaged(path, "its table of contents is damaged", error);
        if (starts(m.name, "xl/worksheets/") && memchr(m.name.p + 14, '/', m.name.n - 14) == NULL && m.size > largest.size)
            largest = m;
        if (rs_eq_c(m.name, "xl/sharedStrings.xml")) shared = m;
    }
    if (largest.size == 0) return damaged(path, "no sheet in it", error);
    return unpack(path, file, &largest, sheet, error) && (shared.size == 0 || unpack(path, file, &shared, strings, error));
}

/* ---- XML -------------------------------------------------------------------------------------------------------- */

/* One tag after the other. name: without prefix and brackets; attributes: what stands behind it. */
struct tag {
    struct rs_view name, attributes, before; /* before: the text in front of it */
    bool closes, empty;                      /* </x>, <x/> */
};

static bool next_tag(struct rs_view *xml, struct tag *t) {
    const char *open = xml->n ? memchr(xml->p, '<', xml->n) : NULL;
    if (!open) return false;
    t->before = rs_view(xml->p, (size_t)(open - xml->p));
    size_t left = xml->n - t->before.n;
    const char *close = memchr(open, '>', left);
    if (!close) return false;
    struct rs_view inside = rs_view(open + 1, (size_t)(close - open - 1));
    *xml = rs_view(close + 1, left - (size_t)(close - open) - 1);
    t->closes = inside.n > 0 && inside.p[0] == '/';
    t->empty = inside.n > 0 && inside.p[inside.n - 1] == '/';
    if (t->closes) inside = rs_view(inside.p + 1, inside.n - 1);
    else if (t->empty) inside.n--;
    size_t n = 0;
    while (n < inside.n && inside.p[n] != ' ' && inside.p[n] != '\n' && inside.p[n] != '\t' && inside.p[n] != '\r') n++;
    t->attributes = rs_view(inside.p + n, inside.n - n);
    t->name = rs_view(inside.p, n);
    const char *colon = n ? memchr(inside.p, ':', n) : NULL;
    if (colon) t->name = rs_view(colon + 1, n - (size_t)(colon + 1 - inside.p));
    return true;
}

static struct rs_view attribute(struct rs_view attributes, char name) {
    for (size_t i = 0; i + 3 < attributes.n; i++) {
        const char *p = attributes.p + i;
        if ((p[0] != ' ' && p[0] != '\n') || p[1] != name || p[2] != '=' || (p[3] != '"' && p[3] != '\'')) continue;
        const char *end = memchr(p + 4, p[3], attributes.n - i - 4);
        return end ? rs_view(p + 4, (size_t)(end - p - 4)) : RS_NULL;
    }
    return RS_NULL;
}

static void add_code_point(struct rs_buffer *out, unsigned long c) {
    if (c < 0x80) {
        rs_buffer_byte(out, (char)c);
    } else if (c < 0x800) {
        rs_buffer_byte(out, (char)(0xC0 | c >> 6));
        rs_buffer_byte(out, (char)(0x80 | (c & 0x3F)));
    } else if (c < 0x10000) {
        rs_buffer_byte(out, (char)(0xE0 | c >> 12));
        rs_buffer_byte(out, (char)(0x80 | (c >> 6 & 0x3F)));
        rs_buffer_byte(out, (char)(0x80 | (c & 0x3F)));
    } else {
        rs_buffer_byte(out, (char)(0xF0 | (c >> 18 & 7)));
        rs_buffer_byte(out, (char)(0x80 | (c >> 12 & 0x3F)));
        rs_buffer_byte(out, (char)(0x80 | (c >> 6 & 0x3F)));
        rs_buffer_byte(out, (char)(0x80 | (c & 0x3F)));
    }
}

/* One entity at text.p ("&amp;"), of `n` bytes; what is none is taken as it stands. */
static size_t add_entity(struct rs_buffer *out, struct rs_view text) {
    static const struct {
        const char *name;
        char is;
    } named[] = {{"&amp;", '&'}, {"&lt;", '<'}, {"&gt;", '>'}, {"&quot;", '"'}, {"&apos;", '\''}};
    for (size_t i = 0; i < sizeof named / sizeof *named; i++)
        if (starts(text, named[i].name)) {
            rs_buffer_byte(out, named[i].is);
            return strlen(named[i].name);
        }
    const char *end = memchr(text.p, ';', text.n < 12 ? text.n : 12);
    if (end && text.n > 3 && text.p[1] == '#') {
        bool hex = text.p[2] == 'x';
        unsigned long c = strtoul(text.p + (hex ? 3 : 2), NULL, hex ? 16 : 10); /* stops at the semicolon */
        if (c > 0 && c <= 0x10FFFF) add_code_point(out, c);
        return (size_t)(end - text.p) + 1;
    }
    rs_buffer_byte(out, '&');
    return 1;
}

static void add_text(struct rs_buffer *out, struct rs_view text) {
    while (text.n > 0) {
        const char *amp = memchr(text.p, '&', text.n);
        size_t plain = amp ? (size_t)(amp - text.p) : text.n, used = 0;
        rs_buffer_add(out, text.p, plain);
        if (amp) used = add_entity(out, rs_view(amp, text.n - plain));
        text = rs_view(text.p + plain + used, text.n - plain - used);
    }
}

/* ---- strings and cells ------------------------------------------------------------------------------------------ */

struct strings {
    struct rs_buffer text;
    size_t *starts, n, room; /* starts has n + 1 entries */
};

/* <si> items: the text of their <t>, also within runs <r>, without phonetic hints <rPh>. */
static void read_strings(struct rs_view xml, struct strings *s) {
    struct tag t;
    int phonetic = 0;
    while (next_tag(&xml, &t)) {
        if (rs_eq_c(t.name, "rPh") && !t.empty) phonetic += t.closes ? -1 : 1;
        if (rs_eq_c(t.name, "t") && t.closes && phonetic <= 0) add_text(&s->text, t.before);
        if (!rs_eq_c(t.name, "si") || !(t.closes || t.empty)) continue;
        if (s->n + 2 > s->room) {
            s->room = s->room ? 2 * s->room : 1024;
            s->starts = rs_realloc(s->starts, s->room * sizeof *s->starts);
        }
        if (s->n == 0) s->starts[0] = 0;
        s->starts[++s->n] = s->text.n;
    }
}

static void add_quoted(struct rs_buffer *csv, struct rs_view text) {
    rs_buffer_byte(csv, '"');
    for (size_t i = 0; i < text.n; i++) {
        if (text.p[i] == '"') rs_buffer_byte(csv, '"');
        rs_buffer_byte(csv, text.p[i]);
    }
    rs_buffer_byte(csv, '"');
}

/* Column number of a reference such as AB12, from 0; -1 where it has none or one too far out. */
static int column_of(struct rs_view reference) {
    int column = 0;
    for (size_t i = 0; i < reference.n && reference.p[i] >= 'A' && reference.p[i] <= 'Z'; i++) {
        column = column * 26 + (reference.p[i] - 'A' + 1);
        if (column > MOST_COLUMNS) return -1;
    }
    return column - 1;
}

struct sheet {
    const char *path;
    const struct strings *strings;
    struct rs_buffer *csv;
    struct rs_buffer value;  /* of the cell at hand */
    int width, column, next; /* of the widest row; commas written in this row; column of a cell that names none */
};

static bool put_cell(struct sheet *s, int column, bool shared, struct rs_error *error) {
    struct rs_view value = rs_view(s->value.p, s->value.n);
    if (column < s->next || column >= MOST_COLUMNS) return damaged(s->path, "cells out of order", error);
    for (; s->column < column; s->column++) rs_buffer_byte(s->csv, ',');
    if (shared) {
        int64_t i;
        if (!rs_parse_long(value, &i) || i < 0 || (size_t)i >= s->strings->n)
            return damaged(s->path, "a cell points to no string", error);
        size_t from = s->strings->starts[i], length = s->strings->starts[i + 1] - from;
        value = length ? rs_view(s->strings->text.p + from, length) : RS_LIT("");
    }
    add_quoted(s->csv, value);
    return true;
}

/* A cell from its opening tag on; its value stands in <v>, or in the <t> of an inline string. */
static bool read_cell(struct sheet *s, struct rs_view *xml, const struct tag *cell, struct rs_error *error) {
    struct tag t;
    struct rs_view reference = attribute(cell->attributes, 'r');
    int column = rs_has(reference) ? column_of(reference) : s->next;
    bool shared = rs_eq_c(attribute(cell->attributes, 't'), "s"), has = false;
    s->value.n = 0;
    while (!cell->empty && next_tag(xml, &t) && !(t.closes && rs_eq_c(t.name, "c"))) {
        bool text = rs_eq_c(t.name, "v") || rs_eq_c(t.name, "t");
        if (text && t.closes) {
            add_text(&s->value, t.before);
            has = true;
        }
    }
    if (has && !put_cell(s, column, shared, error)) return false;
    if (column >= s->next) s->next = column + 1;
    return true;
}

/* First pass: the width; second pass: the rows. Width from references, else by counting cells. */
static bool read_rows(struct sheet *s, struct rs_view xml, struct rs_error *error) {
    struct tag t;
    bool in_row = false;
    while (next_tag(&xml, &t)) {
        if (rs_eq_c(t.name, "row")) {
            if (!t.closes) s->column = s->next = 0;
            in_row = !t.closes && !t.empty;
            if (!t.closes && !t.empty) continue;
            for (; s->column < s->width - 1; s->column++) rs_buffer_byte(s->csv, ',');
            rs_buffer_byte(s->csv, '\n');
        } else if (rs_eq_c(t.name, "c") && !t.closes && in_row && !read_cell(s, &xml, &t, error)) {
            return false;
        }
    }
    return true;
}

static int width_of(struct rs_view xml) {
    struct tag t;
    int width = 1, column = 0;
    while (next_tag(&xml, &t)) {
        if (rs_eq_c(t.name, "row")) column = 0;
        if (!rs_eq_c(t.name, "c") || t.closes) continue;
        struct rs_view reference = attribute(t.attributes, 'r');
        column = rs_has(reference) ? column_of(reference) + 1 : column + 1;
        if (column > width && column <= MOST_COLUMNS) width = column;
    }
    return width;
}

bool rs_xlsx_to_csv(const char *path, struct rs_view file, struct rs_buffer *csv, struct rs_error *error) {
    struct rs_buffer xml = {0}, shared = {0};
    struct strings strings = {.n = 0};
    struct sheet s = {.path = path, .strings = &strings, .csv = csv};
    bool ok = read_parts(path, file, &xml, &shared, error);
    if (ok) {
        read_strings(rs_view(shared.p, shared.n), &strings);
        s.width = width_of(rs_view(xml.p, xml.n));
        ok = read_rows(&s, rs_view(xml.p, xml.n), error);
    }
    rs_buffer_free(&xml);
    rs_buffer_free(&shared);
    rs_buffer_free(&s.value);
    rs_buffer_free(&strings.text);
    free(strings.starts);
    return ok;
}
