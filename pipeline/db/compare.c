/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Rows of both sides are put into buckets by a hash of their key, and each bucket keeps the sum of its rows' digests: where
 * the sums differ, and only there, the rows themselves are looked at in a second reading. */
#include "compare.h"
#include "../base/date.h"
#include "copy.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { BUCKETS = 4096, HEADER = 19, POSTGRES_EPOCH = 10957, MOST_BYTES = 64 << 20 };

/* ---- rows of a table ------------------------------------------------------------------------------------------ */

struct stream {
    struct rs_buffer held; /* what is not a whole row yet */
    bool begun, ended;
    size_t n_fields;
    void *self;
    bool (*row)(void *self, const char *p, size_t n, struct rs_error *error);
};

static uint32_t get32(const char *p) {
    const unsigned char *b = (const unsigned char *)p;
    return (uint32_t)b[0] << 24 | (uint32_t)b[1] << 16 | (uint32_t)b[2] << 8 | b[3];
}

/* Bytes of the row at p, 0 where it is not whole, SIZE_MAX where it is the end. */
static size_t row_length(const char *p, size_t n) {
    if (n < 2) return 0;
    unsigned fields = (unsigned)(unsigned char)p[0] << 8 | (unsigned char)p[1];
    if (fields == 0xffff) return SIZE_MAX;
    size_t at = 2;
    for (unsigned i = 0; i < fields; i++) {
        if (at + 4 > n) return 0;
        uint32_t length = get32(p + at);
        at += 4 + (length == UINT32_MAX ? 0 : length);
        if (at > n) return 0;
    }
    return at;
}

static bool take(void *self, const char *p, size_t n, struct rs_error *error) {
    struct stream *s = self;
    rs_buffer_add(&s->held, p, n);
    size_t at = 0;
    if (!s->begun) {
        if (s->held.n < HEADER) return true;
        s->begun = true;
        at = HEADER;
    }
    while (!s->ended) {
        size_t length = row_length(s->held.p + at, s->held.n - at);
        if (!length) break;
        if (length == SIZE_MAX) {
            s->ended = true;
            break;
        }
        if (!s->row(s->self, s->held.p + at, length, error)) return false;
        at += length;
    }
    memmove(s->held.p, s->held.p + at, s->held.n - at);
    s->held.n -= at;
    return true;
}

/* Stored order: no index, no helper processes, no beginning in the middle. */
static bool read_table(struct rs_session *s, const struct rs_table_check *t, void *self,
                       bool (*row)(void *self, const char *p, size_t n, struct rs_error *error),
                       struct rs_error *error) {
    struct stream stream = {.self = self, .row = row};
    struct rs_buffer sql = {0};
    rs_buffer_printf(&sql,
                     "set max_parallel_workers_per_gather = 0; set synchronize_seqscans = off; set enable_indexscan = off; "
                     "set enable_indexonlyscan = off; set enable_bitmapscan = off");
    rs_buffer_byte(&sql, 0);
    bool ok = rs_session_run(s, sql.p, error);
    sql.n = 0;
    rs_buffer_printf(&sql, "copy (select ");
    for (struct rs_view rest = rs_cstr(t->columns), name; rest.p;) {
        name = rs_split(&rest, ',');
        rs_buffer_printf(&sql, "\"%.*s\"%s", (int)name.n, name.p, rest.p ? ", " : "");
    }
    rs_buffer_printf(&sql, " from %s.\"%s\" where run_no = %s) to stdout (format binary)", rs_schema_of(t->layout),
                     t->layout->name, t->run_no);
    rs_buffer_byte(&sql, 0);
    ok = ok && rs_session_copy_out(s, sql.p, &stream, take, error);
    rs_buffer_free(&sql);
    rs_buffer_free(&stream.held);
    return ok;
}

struct digesting {
    struct rs_sha *sha;
    uint64_t rows;
};

static bool digest_row(void *self, const char *p, size_t n, struct rs_error *error) {
    struct digesting *d = self;
    (void)error;
    rs_sha_add(d->sha, p, n);
    d->rows++;
    return true;
}

bool rs_table_digest(struct rs_session *s, const struct rs_table_check *t, struct rs_digest *digest, uint64_t *rows,
                     struct rs_error *error) {
    struct digesting d = {.sha = rs_sha_begin()};
    bool ok = read_table(s, t, &d, digest_row, error);
    rs_sha_end(d.sha, digest);
    *rows = d.rows;
    return ok;
}

/* ---- rows of files -------------------------------------------------------------------------------------------- */

void rs_copied_columns(struct rs_buffer *out, const struct rs_layout *layout) {
    const char *between = "";
    for (size_t i = 0; i < layout->n_columns; i++) {
        if (!rs_column_loaded(layout, &layout->columns[i])) continue;
        rs_buffer_printf(out, "%s%s", between, layout->columns[i].name);
        between = ",";
    }
    rs_buffer_byte(out, 0);
}

static bool read_files(const struct rs_manifest *files, size_t n_files, void *self,
                       bool (*row)(void *self, const char *p, size_t n, struct rs_error *error),
                       struct rs_error *error) {
    struct rs_buffer out = {0};
    bool ok = true;
    for (size_t i = 0; ok && i < n_files; i++) {
        const struct rs_view *values;
        struct rs_scan *scan = rs_scan_open(&files[i], error);
        while (scan && ok && rs_scan_next(scan, &values, error)) {
            out.n = 0;
            ok = rs_copy_encode(&out, files[i].layout, values, error) && row(self, out.p, out.n, error);
        }
        ok = ok && scan && !error->code;
        if (!ok) rs_error_context(error, "%s", files[i].path);
        rs_scan_close(scan);
    }
    rs_buffer_free(&out);
    return ok;
}

/* ---- sums by bucket ------------------------------------------------------------------------------------------- */

struct place {
    const struct rs_column *column;
    bool key;
};
struct comparison {
    struct place places[RS_MAX_COLUMNS]; /* of the fields, in order */
    size_t n_places;
    uint64_t sums[2][BUCKETS][4];
    uint64_t rows[2][BUCKETS];
    bool wanted[BUCKETS];
    int side; /* 0 table, 1 files */
    struct rs_buffer bytes;
    struct kept {
        struct rs_digest key, row;
        size_t at, n;
        int side;
    } *kept;
    size_t n_kept, room;
};

static void find_places(struct comparison *c, const struct rs_layout *layout) {
    for (size_t i = 0; i < layout->n_columns; i++)
        if (rs_column_loaded(layout, &layout->columns[i]))
            c->places[c->n_places++] =
                (struct place){&layout->columns[i], rs_layout_in_key(layout, layout->columns[i].name)};
}

static struct rs_digest key_of(const struct comparison *c, const char *p) {
    struct rs_digest d;
    struct rs_sha *sha = rs_sha_begin();
    size_t at = 2;
    for (size_t i = 0; i < c->n_places; i++) {
        uint32_t n = get32(p + at);
        size_t whole = 4 + (n == UINT32_MAX ? 0 : n);
        if (c->places[i].key) rs_sha_add(sha, p + at, whole);
        at += whole;
    }
    rs_sha_end(sha, &d);
    return d;
}

static size_t bucket_of(const struct rs_digest *key) { return ((size_t)key->b[0] << 8 | key->b[1]) % BUCKETS; }

static bool sum_row(void *self, const char *p, size_t n, struct rs_error *error) {
    struct comparison *c = self;
    struct rs_digest key = key_of(c, p), row = rs_sha256(p, n);
    uint64_t parts[4], *sum = c->sums[c->side][bucket_of(&key)];
    (void)error;
    memcpy(parts, row.b, sizeof parts);
    for (size_t i = 0; i < 4; i++) sum[i] += parts[i];
    c->rows[c->side][bucket_of(&key)]++;
    return true;
}

static bool keep_row(void *self, const char *p, size_t n, struct rs_error *error) {
    struct comparison *c = self;
    struct rs_digest key = key_of(c, p);
    (void)error;
    if (!c->wanted[bucket_of(&key)] || c->bytes.n > MOST_BYTES) return true;
    if (c->n_kept == c->room) {
        c->room = c->room ? 2 * c->room : 256;
        c->kept = rs_realloc(c->kept, c->room * sizeof *c->kept);
    }
    c->kept[c->n_kept++] = (struct kept){key, rs_sha256(p, n), c->bytes.n, n, c->side};
    rs_buffer_add(&c->bytes, p, n);
    return true;
}

/* ---- what differs --------------------------------------------------------------------------------------------- */

static int by_key(const void *a, const void *b) {
    const struct kept *x = a, *y = b;
    int order = memcmp(x->key.b, y->key.b, 32);
    if (!order) order = memcmp(x->row.b, y->row.b, 32);
    return order ? order : x->side - y->side;
}

static void say_value(struct rs_buffer *out, const struct rs_column *column, const char *p, uint32_t n) {
    char hex[65];
    rs_buffer_printf(out, "%s%s ", out->n ? ", " : "", column->name);
    if (n == UINT32_MAX) {
        rs_buffer_printf(out, "null");
    } else if (column->type == RS_KEY || column->type == RS_HASH) {
        rs_hex(hex, (const uint8_t *)p, n);
        rs_buffer_printf(out, "%s", hex);
    } else if (column->type == RS_INT) {
        rs_buffer_printf(out, "%d", (int)(int32_t)get32(p));
    } else if (column->type == RS_LONG) {
        rs_buffer_printf(out, "%lld", (long long)(int64_t)((uint64_t)get32(p) << 32 | get32(p + 4)));
    } else if (column->type == RS_TEXT && column->phi != RS_DIRECT) {
        rs_buffer_printf(out, "%.*s", (int)n, p);
    } else {
        rs_buffer_printf(out, "(not shown)");
    }
}

static void say_key(const struct comparison *c, const struct kept *row, struct rs_buffer *out) {
    const char *p = c->bytes.p + row->at;
    size_t at = 2;
    for (size_t i = 0; i < c->n_places; i++) {
        uint32_t n = get32(p + at);
        if (c->places[i].key) say_value(out, c->places[i].column, p + at + 4, n);
        at += 4 + (n == UINT32_MAX ? 0 : n);
    }
    rs_buffer_byte(out, 0);
}

static void say_columns(const struct comparison *c, const struct kept *a, const struct kept *b, struct rs_buffer *out) {
    const char *p = c->bytes.p + a->at, *q = c->bytes.p + b->at;
    size_t at = 2, bt = 2;
    for (size_t i = 0; i < c->n_places; i++) {
        uint32_t n = get32(p + at), m = get32(q + bt);
        size_t wide = 4 + (n == UINT32_MAX ? 0 : n), wide_b = 4 + (m == UINT32_MAX ? 0 : m);
        if (wide != wide_b || memcmp(p + at, q + bt, wide) != 0)
            rs_buffer_printf(out, "%s%s", out->n ? ", " : "", c->places[i].column->name);
        at += wide;
        bt += wide_b;
    }
    rs_buffer_byte(out, 0);
}

static void tell(const struct comparison *c, const struct kept *a, const struct kept *b, void *self,
                 void (*found)(void *self, const struct rs_row_difference *difference)) {
    struct rs_buffer key = {0}, columns = {0};
    say_key(c, a, &key);
    if (b) say_columns(c, a, b, &columns);
    else rs_buffer_byte(&columns, 0);
    found(self, &(struct rs_row_difference){
                    b ? "changed" : a->side ? "not in the database" : "not in the row file", key.p, columns.p});
    rs_buffer_free(&key);
    rs_buffer_free(&columns);
}

/* Equal rows of both sides cancel; of what is left, two of one key are one that was changed. */
static void tell_all(struct comparison *c, size_t most, void *self,
                     void (*found)(void *self, const struct rs_row_difference *difference)) {
    size_t left = 0;
    if (c->n_kept) qsort(c->kept, c->n_kept, sizeof *c->kept, by_key);
    for (size_t i = 0; i < c->n_kept; i++) {
        if (left && memcmp(c->kept[left - 1].row.b, c->kept[i].row.b, 32) == 0 &&
            c->kept[left - 1].side != c->kept[i].side)
            left--;
        else
            c->kept[left++] = c->kept[i];
    }
    for (size_t i = 0, told = 0; i < left && told < most; told++) {
        bool pair = i + 1 < left && memcmp(c->kept[i].key.b, c->kept[i + 1].key.b, 32) == 0 &&
                    c->kept[i].side != c->kept[i + 1].side;
        tell(c, &c->kept[i], pair ? &c->kept[i + 1] : NULL, self, found);
        i += pair ? 2 : 1;
    }
}

static bool same_columns(const struct rs_table_check *t) {
    struct rs_buffer columns = {0};
    rs_copied_columns(&columns, t->layout);
    bool same = strcmp(columns.p, t->columns) == 0;
    rs_buffer_free(&columns);
    return same;
}

static bool choose_buckets(struct comparison *c, size_t most) {
    size_t chosen = 0;
    for (size_t i = 0; i < BUCKETS; i++) {
        bool differs = c->rows[0][i] != c->rows[1][i] || memcmp(c->sums[0][i], c->sums[1][i], 32) != 0;
        c->wanted[i] = differs && chosen < most;
        chosen += c->wanted[i];
    }
    return chosen > 0;
}

bool rs_table_compare(struct rs_session *s, const struct rs_table_check *t, const struct rs_manifest *files,
                      size_t n_files, size_t most, void *self,
                      void (*found)(void *self, const struct rs_row_difference *difference), bool *differing,
                      struct rs_error *error) {
    *differing = false;
    if (!same_columns(t))
        return rs_fail(error, RS_CONFIG, "table %s was loaded with other columns than this program knows: look at it with "
                                         "the program that loaded it", t->layout->name);
    struct comparison *c = rs_alloc(sizeof *c);
    find_places(c, t->layout);
    bool ok = read_table(s, t, c, sum_row, error);
    c->side = 1;
    ok = ok && read_files(files, n_files, c, sum_row, error);
    if (ok && choose_buckets(c, most)) {
        *differing = true;
        ok = read_files(files, n_files, c, keep_row, error);
        c->side = 0;
        ok = ok && read_table(s, t, c, keep_row, error);
        if (ok) tell_all(c, most, self, found);
    }
    rs_buffer_free(&c->bytes);
    free(c->kept);
    free(c);
    return ok;
}
