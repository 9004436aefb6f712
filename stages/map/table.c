/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Reading the code tables. They are small and ours: the whole file is held, and anything odd in it is an error. */
#include <stdlib.h>
#include "map_private.h"
#include "pipeline/base/file.h"

enum { MOST_COLUMNS = 32, MOST_BYTES = 16 << 20 };

struct rs_view rs_table_cell(const struct rs_table_row *row, const char *column) {
    for (size_t i = 0; i < row->n; i++) {
        if (rs_eq_c(row->header[i], column)) {
            return row->field[i];
        }
    }
    return RS_LIT("");
}

/* One field at *at; *end_of_row is set where the row ends with it. false on a quote that is not closed. */
static bool take_field(struct rs_view all, size_t *at, struct rs_arena *arena, struct rs_view *field, bool *end_of_row) {
    char *out = NULL;
    size_t n = 0, i = *at;
    if (i < all.n && all.p[i] == '"') {
        out = rs_arena_alloc(arena, all.n - i > 4096 ? 4096 : all.n - i + 1);
        for (i++; i < all.n && n < 4095; i++) {
            if (all.p[i] == '"' && !(i + 1 < all.n && all.p[i + 1] == '"')) {
                break;
            }
            i += all.p[i] == '"';
            out[n++] = all.p[i];
        }
        if (i >= all.n || all.p[i] != '"') {
            return false;
        }
        i++;
        *field = rs_view(out, n);
    } else {
        size_t start = i;
        while (i < all.n && all.p[i] != ',' && all.p[i] != '\n') {
            i++;
        }
        *field = rs_view(all.p + start, i - start);
    }
    *end_of_row = i >= all.n || all.p[i] == '\n';
    if (!*end_of_row && all.p[i] != ',') {
        return false;
    }
    *at = i + 1;
    return true;
}

static bool take_row(struct rs_view all, size_t *at, struct rs_arena *arena, struct rs_view *field, size_t *n) {
    *n = 0;
    for (bool end = false; !end; (*n)++) {
        if (*n == MOST_COLUMNS || !take_field(all, at, arena, &field[*n], &end)) {
            return false;
        }
    }
    return true;
}

bool rs_table_read(const char *path, struct rs_arena *arena, struct rs_sha *sha, void *self,
                   bool (*take)(void *, const char *, const struct rs_table_row *, struct rs_error *),
                   struct rs_error *error) {
    struct rs_buffer bytes = {0};
    if (!rs_read_file(path, &bytes, MOST_BYTES, error)) {
        rs_buffer_free(&bytes);
        return false;
    }
    rs_sha_add(sha, bytes.p, bytes.n);
    struct rs_view all = rs_view(rs_arena_copy(arena, bytes.p, bytes.n), bytes.n);
    rs_buffer_free(&bytes);
    struct rs_view header[MOST_COLUMNS], field[MOST_COLUMNS];
    struct rs_table_row row = {header, field, 0, 1};
    size_t at = 0, n = 0;
    if (!take_row(all, &at, arena, header, &row.n)) {
        return rs_fail(error, RS_CONFIG, "%s:1: the header cannot be read", path);
    }
    while (at < all.n) {
        row.line++;
        if (!take_row(all, &at, arena, field, &n) || n != row.n) {
            return rs_fail(error, RS_CONFIG, "%s:%ld: not %zu comma-separated fields as in the header", path, row.line,
                           row.n);
        }
        if (!take(self, path, &row, error)) {
            return false;
        }
    }
    return true;
}
