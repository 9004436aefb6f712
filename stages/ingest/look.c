/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Why it exists: before a profile can be written somebody must know what is in the file, and it may be of any size. */
#include <stdlib.h>
#include <string.h>
#include "csv.h"
#include "csv_rows.h"
#include "pipeline/base/date.h"
#include "pipeline/base/file.h"
#include "propose.h"

enum { CHUNK = 1 << 20, MOST_RECORD = 64 << 20, MOST_COLUMNS = 4096 };

static uint64_t hash(struct rs_view v) {
    uint64_t h = 0xcbf29ce484222325u;
    for (size_t i = 0; i < v.n; i++) h = (h ^ (unsigned char)v.p[i]) * 0x100000001b3u;
    h ^= h >> 33;
    h *= 0xff51afd7ed558ccdu;
    h ^= h >> 33;
    h *= 0xc4ceb9fe1a85ec53u;
    return h ^ h >> 33;
}

/* ---- different values: the smallest hashes ----------------------------------------------------------------------- */

static void sift_down(struct rs_seen *c) {
    for (size_t i = 0;;) {
        size_t child = 2 * i + 1;
        if (child >= c->n_hashes) return;
        if (child + 1 < c->n_hashes && c->hashes[child + 1] > c->hashes[child]) child++;
        if (c->hashes[i] >= c->hashes[child]) return;
        uint64_t swap = c->hashes[i];
        c->hashes[i] = c->hashes[child];
        c->hashes[child] = swap;
        i = child;
    }
}

static bool has_hash(const struct rs_seen *c, uint64_t h) {
    for (size_t i = 0; i < c->n_hashes; i++)
        if (c->hashes[i] == h) return true;
    return false;
}

static void keep_hash(struct rs_seen *c, uint64_t h) {
    bool full = c->n_hashes == RS_SEEN_HASHES;
    if ((full && h >= c->hashes[0]) || has_hash(c, h)) return;
    if (full) {
        c->hashes[0] = h;
        sift_down(c);
        return;
    }
    size_t i = c->n_hashes++;
    c->hashes[i] = h;
    for (; i && c->hashes[(i - 1) / 2] < c->hashes[i]; i = (i - 1) / 2) {
        uint64_t swap = c->hashes[i];
        c->hashes[i] = c->hashes[(i - 1) / 2];
        c->hashes[(i - 1) / 2] = swap;
    }
}

uint64_t rs_seen_different(const struct rs_seen *c) {
    if (c->n_hashes < RS_SEEN_HASHES) return c->n_hashes;
    double different = (RS_SEEN_HASHES - 1) / ((double)c->hashes[0] / 18446744073709551616.0);
    return different > (double)c->filled ? c->filled : (uint64_t)different;
}

/* ---- one value --------------------------------------------------------------------------------------------------- */

static void keep_value(struct rs_seen *c, struct rs_view v) {
    if (c->many) return;
    for (size_t i = 0; i < c->n_values; i++)
        if (c->values[i].n == v.n && memcmp(c->values[i].text, v.p, v.n) == 0) {
            c->values[i].rows++;
            return;
        }
    if (v.n > RS_SEEN_LONGEST || c->n_values == RS_SEEN_VALUES) {
        c->many = true;
        return;
    }
    struct rs_seen_value *value = &c->values[c->n_values++];
    memcpy(value->text, v.p, v.n);
    value->n = (uint8_t)v.n;
    value->rows = 1;
}

/* 2106-3 */
static bool is_concept(struct rs_view v) {
    return v.n == 6 && v.p[4] == '-' && rs_all_digits(rs_view(v.p, 4)) && rs_all_digits(rs_view(v.p + 5, 1));
}

static void see(struct rs_seen *c, struct rs_view v) {
    int32_t day;
    v = rs_trim(v);
    if (!v.n) return;
    c->filled++;
    if (v.n > c->longest) c->longest = v.n;
    c->digits += rs_all_digits(v);
    c->dates += v.n >= 8 && v.n <= 32 && rs_day_parse_any(v, &day);
    c->codes += is_concept(v);
    keep_value(c, v);
    keep_hash(c, hash(v));
}

/* ---- the file ---------------------------------------------------------------------------------------------------- */

/* The one that stands most often in the header, outside quotes; a comma where none does. */
static char delimiter_of(const char *p, size_t n) {
    static const char candidates[] = ",\t;|";
    size_t count[4] = {0}, best = 0;
    bool quoted = false;
    for (size_t i = 0; i < n && p[i] != '\n'; i++) {
        if (p[i] == '"') quoted = !quoted;
        const char *found = quoted || !p[i] ? NULL : strchr(candidates, p[i]);
        if (found) count[found - candidates]++;
    }
    for (size_t i = 1; i < 4; i++)
        if (count[i] > count[best]) best = i;
    return candidates[best];
}

/* A date, a code of race or a long number is no name of a column: the first line is a person's, and must not be shown. */
static bool looks_data(struct rs_view v) {
    int32_t day;
    v = rs_trim(v);
    return is_concept(v) || (v.n >= 5 && rs_all_digits(v)) || (v.n >= 8 && v.n <= 32 && rs_day_parse_any(v, &day));
}

static bool take_header(struct rs_look *look, const struct rs_csv_fields *f, const char *path, struct rs_error *error) {
    for (size_t i = 0; i < f->n; i++)
        if (looks_data(f->v[i]))
            return rs_fail(error, RS_DATA,
                           "%s: line 1: column %zu holds a date, a code or a number where its name should be: is there no header? "
                           "Put a line with the names of the columns before the first",
                           path, i + 1);
    if (f->n > MOST_COLUMNS) return rs_fail(error, RS_DATA, "%s: line 1: more than %d columns", path, MOST_COLUMNS);
    look->columns = rs_alloc(f->n * sizeof *look->columns);
    look->n_columns = f->n;
    for (size_t i = 0; i < f->n; i++) look->columns[i].name = rs_arena_view(&look->arena, rs_trim(f->v[i]));
    return true;
}

static bool take_row(struct rs_look *look, const struct rs_csv_fields *f) {
    if (f->n < look->n_columns) return false;
    for (size_t i = look->n_columns; i < f->n; i++)
        if (rs_has(rs_trim(f->v[i]))) return false;
    for (size_t i = 0; i < look->n_columns; i++) see(&look->columns[i], f->v[i]);
    return true;
}

struct walk {
    struct rs_look *look;
    const char *path;
    struct rs_buffer data;
    struct rs_csv_fields fields;
    struct rs_arena arena;
    bool has_header, last;
};

/* Whole records at the front of the buffer; *used says how much of it they are. */
static bool take_records(struct walk *w, size_t *used, struct rs_error *error) {
    char *p = w->data.p, *end = w->data.p + w->data.n;
    size_t length;
    while (p < end) {
        enum rs_csv_end how = rs_csv_record(p, (size_t)(end - p), w->look->delimiter, w->last, &length);
        if (how == RS_CSV_MORE) break;
        if (!rs_csv_blank(p, length)) {
            if (!w->has_header && rs_csv_lone_return(p, length))
                return rs_fail(error, RS_DATA, "%s: line 1: lines end in CR alone; convert it first: tr '\\r' '\\n'", w->path);
            rs_csv_split(&w->fields, p, length, w->look->delimiter, &w->arena);
            if (!w->has_header) {
                if (!take_header(w->look, &w->fields, w->path, error)) return false;
                w->has_header = true;
            } else {
                w->look->rows++;
                w->look->odd_rows += how == RS_CSV_STRAY || !take_row(w->look, &w->fields);
            }
        }
        p += length;
    }
    *used = (size_t)(p - w->data.p);
    rs_arena_reset(&w->arena);
    return true;
}

static bool take_chunk(struct walk *w, struct rs_in *in, bool first, struct rs_error *error) {
    size_t got, used = 0;
    if (!rs_in_read(in, rs_buffer_reserve(&w->data, CHUNK), CHUNK, &got, error)) return false;
    w->data.n += got;
    w->last = got == 0;
    if (first) {
        if (w->data.n >= 3 && memcmp(w->data.p, "\xEF\xBB\xBF", 3) == 0) {
            memmove(w->data.p, w->data.p + 3, w->data.n - 3);
            w->data.n -= 3;
        }
        w->look->delimiter = delimiter_of(w->data.p, w->data.n);
    }
    if (!take_records(w, &used, error)) return false;
    memmove(w->data.p, w->data.p + used, w->data.n - used);
    w->data.n -= used;
    if (w->data.n > MOST_RECORD)
        return rs_fail(error, RS_DATA, "%s: no line break in %d MiB: is it a CSV file?", w->path, MOST_RECORD >> 20);
    return true;
}

bool rs_look_at(const char *path, struct rs_look *look, struct rs_error *error) {
    struct walk w = {.look = look, .path = path};
    *look = (struct rs_look){.delimiter = ','};
    struct rs_in *in = rs_in_open(path, error);
    bool ok = in != NULL;
    for (bool first = true; ok && !w.last; first = false) ok = take_chunk(&w, in, first, error);
    if (ok && !w.has_header) ok = rs_fail(error, RS_DATA, "%s: is empty: there is no header to look at", path);
    if (in) rs_in_close(in);
    rs_buffer_free(&w.data);
    rs_csv_fields_free(&w.fields);
    rs_arena_free(&w.arena);
    return ok;
}

void rs_look_free(struct rs_look *look) {
    free(look->columns);
    rs_arena_free(&look->arena);
    *look = (struct rs_look){.columns = NULL};
}
