/* SPDX-License-Identifier: GPL-3.0-or-later */
/* COPY's binary form (PostgreSQL documentation, COPY, "Binary Format"): a signature, then rows of a 16-bit field count
 * and fields of a 32-bit length (-1 for null) and their bytes as the type's send function gives them, most significant
 * byte first; 16 bits of -1 at the end. */
#include "copy.h"
#include "../base/date.h"
#include "../base/hash.h"
#include <stdio.h>
#include <string.h>

enum { POSTGRES_EPOCH = 10957, SEND_BYTES = 64 << 10 }; /* 2000-01-01 in days since 1970-01-01 */

/* ---- values --------------------------------------------------------------------------------------------------- */

static inline char *put32(char *p, uint32_t v) {
    p[0] = (char)(v >> 24);
    p[1] = (char)(v >> 16);
    p[2] = (char)(v >> 8);
    p[3] = (char)v;
    return p + 4;
}

static inline char *put64(char *p, uint64_t v) { return put32(put32(p, (uint32_t)(v >> 32)), (uint32_t)v); }

static const double exact_powers[] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,  1e8,  1e9,  1e10, 1e11,
                                      1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};

/* Plain decimals of at most 15 significant digits and 22 decimal places: both parts are exact doubles, so that one
 * division rounds as it should (Clinger 1990). That is nearly all row files hold; the rest goes to strtod. */
static bool parse_real(struct rs_view v, double *out) {
    uint64_t digits = 0;
    size_t i = 0, significant = 0, places = 0;
    bool point = false, minus = v.n && v.p[0] == '-';
    for (i = minus; i < v.n; i++) {
        unsigned d = (unsigned)(unsigned char)v.p[i] - '0';
        if (v.p[i] == '.' && !point) {
            point = true;
            continue;
        }
        if (d > 9) return rs_parse_real(v, out);
        digits = digits * 10 + d;
        significant += digits != 0;
        places += point;
        if (significant > 15) return rs_parse_real(v, out);
    }
    if (places > 22 || v.n == (size_t)minus + point) return rs_parse_real(v, out);
    double r = (double)digits / exact_powers[places];
    *out = minus ? -r : r;
    return true;
}

static bool parse_int(struct rs_view v, int64_t least, int64_t most, int64_t *out) {
    return rs_parse_long(v, out) && *out >= least && *out <= most;
}

/* Keys are a good part of all bytes: one look-up a digit, no branch; 0x80 where it is none. */
#define NO4 0x80, 0x80, 0x80, 0x80
#define NO16 NO4, NO4, NO4, NO4
static const unsigned char hex_value[256] = {
    NO16, NO16, NO16, 0,   1,   2,    3,    4,    5,    6,    7,    8,    9,    0x80, 0x80, NO4,
    0x80, 10,   11,   12,  13,  14,   15,   0x80, NO4,  NO4,  NO16, 0x80, 10,   11,   12,   13,
    14,   15,   0x80, NO4, NO4, NO16, NO16, NO16, NO16, NO16, NO16, NO16, NO16, NO16,
};

static bool put_hex(char *p, struct rs_view v, size_t n) {
    unsigned wrong = 0;
    if (v.n != 2 * n) return false;
    for (size_t i = 0; i < n; i++) {
        unsigned hi = hex_value[(unsigned char)v.p[2 * i]], lo = hex_value[(unsigned char)v.p[2 * i + 1]];
        wrong |= hi | lo;
        p[i] = (char)((hi << 4 | lo) & 0xff);
    }
    return !(wrong & 0x80);
}

/* The bytes of one value that is not null, behind its length; NULL where it is not of the type. */
static char *put_value(char *p, enum rs_type type, struct rs_view v) {
    int64_t n;
    int32_t day;
    double real;
    uint64_t bits;
    switch (type) {
    case RS_TEXT:
        p = put32(p, (uint32_t)v.n);
        memcpy(p, v.p, v.n);
        return p + v.n;
    case RS_KEY: return put_hex(put32(p, 16), v, 16) ? p + 20 : NULL;
    case RS_HASH: return put_hex(put32(p, 32), v, 32) ? p + 36 : NULL;
    case RS_INT: return parse_int(v, INT32_MIN, INT32_MAX, &n) ? put32(put32(p, 4), (uint32_t)n) : NULL;
    case RS_LONG: return parse_int(v, INT64_MIN, INT64_MAX, &n) ? put64(put32(p, 8), (uint64_t)n) : NULL;
    case RS_REAL:
        if (!parse_real(v, &real)) return NULL;
        memcpy(&bits, &real, 8);
        return put64(put32(p, 8), bits);
    case RS_FLAG:
        if (v.n != 1 || (v.p[0] != 'Y' && v.p[0] != 'N')) return NULL;
        p = put32(p, 1);
        *p = v.p[0] == 'Y';
        return p + 1;
    case RS_DAY: return rs_day_parse(v, &day) ? put32(put32(p, 4), (uint32_t)(day - POSTGRES_EPOCH)) : NULL;
    }
    return NULL;
}

static bool bad_value(const struct rs_layout *layout, const struct rs_column *c, struct rs_error *error) {
    return rs_fail(error, RS_DATA, "column %s of layout %s holds what is no %s: run its stage again", c->name,
                   layout->name, rs_type_name(c->type));
}

bool rs_copy_encode(struct rs_buffer *to, const struct rs_layout *layout, const struct rs_view *row,
                    struct rs_error *error) {
    size_t room = 2, fields = 0;
    for (size_t i = 0; i < layout->n_columns; i++)
        if (rs_column_loaded(layout, &layout->columns[i])) room += 4 + (row[i].n < 32 ? 32 : row[i].n);
    char *start = rs_buffer_reserve(to, room), *p = start + 2;
    for (size_t i = 0; i < layout->n_columns; i++) {
        const struct rs_column *c = &layout->columns[i];
        if (!rs_column_loaded(layout, c)) continue;
        fields++;
        if (row[i].p) {
            if (!(p = put_value(p, c->type, row[i]))) return bad_value(layout, c, error);
        } else if (c->nullable) {
            p = put32(p, UINT32_MAX);
        } else {
            return rs_fail(error, RS_DATA, "column %s of layout %s is null: run its stage again", c->name,
                           layout->name);
        }
    }
    start[0] = (char)(fields >> 8);
    start[1] = (char)fields;
    to->n += (size_t)(p - start);
    return true;
}

/* ---- files ---------------------------------------------------------------------------------------------------- */

struct copy {
    struct rs_session *session;
    const struct rs_layout *layout;
    const atomic_bool *stop;
    struct rs_buffer block, out;
    struct rs_arena arena;
    struct rs_sha *sha;
};

static bool flush(struct copy *c, struct rs_error *error) {
    rs_sha_add(c->sha, c->out.p, c->out.n);
    bool ok = rs_session_copy_send(c->session, c->out.p, c->out.n, error);
    c->out.n = 0;
    return ok;
}

static bool copy_block(struct copy *c, const struct rs_row_reader *reader, uint64_t first, const char *path,
                       struct rs_error *error) {
    struct rs_cursor cursor;
    rs_arena_reset(&c->arena);
    rs_cursor_open(&cursor, reader, &c->block, first, &c->arena);
    while (rs_cursor_next(&cursor, error)) {
        if (!rs_copy_encode(&c->out, c->layout, cursor.row, error))
            return rs_error_context(error, "%s: row %llu", path, (unsigned long long)cursor.row_no);
        if (c->out.n >= SEND_BYTES && !flush(c, error)) return false;
    }
    return !error->code;
}

static bool copy_file(struct copy *c, const struct rs_manifest *file, struct rs_error *error) {
    struct rs_row_reader *reader = rs_row_reader_open(file, error);
    if (!reader) return false;
    bool ok;
    uint64_t first;
    for (;;) {
        ok = !(c->stop && atomic_load(c->stop)) || rs_fail(error, RS_IO, "%s: given up", file->path);
        ok = ok && rs_row_reader_block(reader, &c->block, 1 << 20, &first, error);
        if (!ok || !c->block.n) break;
        if (!(ok = copy_block(c, reader, first, file->path, error))) break;
    }
    rs_row_reader_close(reader);
    return ok;
}

static void copy_statement(struct rs_buffer *sql, const char *table, const struct rs_layout *layout) {
    const char *between = "";
    rs_buffer_printf(sql, "copy %s (", table);
    for (size_t i = 0; i < layout->n_columns; i++) {
        if (!rs_column_loaded(layout, &layout->columns[i])) continue;
        rs_buffer_printf(sql, "%s\"%s\"", between, layout->columns[i].name);
        between = ", ";
    }
    rs_buffer_printf(sql, ") from stdin with (format binary, freeze)");
    rs_buffer_byte(sql, 0);
}

bool rs_copy_files(struct rs_session *s, const char *table, const struct rs_layout *layout,
                   const struct rs_manifest *files, size_t n_files, const atomic_bool *stop, uint64_t *rows,
                   struct rs_digest *digest, struct rs_error *error) {
    static const char signature[19] = "PGCOPY\n\377\r\n"; /* with its 0 byte; then flags and extension length, both 0 */
    struct copy c = {.session = s, .layout = layout, .stop = stop, .sha = rs_sha_begin()};
    struct rs_buffer sql = {0};
    copy_statement(&sql, table, layout);
    bool ok = rs_session_copy_begin(s, sql.p, error);
    rs_buffer_free(&sql);
    ok = ok && rs_session_copy_send(s, signature, sizeof signature, error);
    for (size_t i = 0; ok && i < n_files; i++) ok = copy_file(&c, &files[i], error);
    ok = ok && flush(&c, error) && rs_session_copy_send(s, "\377\377", 2, error) &&
         rs_session_copy_end(s, rows, error);
    rs_sha_end(c.sha, digest);
    rs_buffer_free(&c.block);
    rs_buffer_free(&c.out);
    rs_arena_free(&c.arena);
    return ok;
}
