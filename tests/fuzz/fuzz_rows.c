/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Row files that say the truth about their bytes and lie in them: header, escapes, blocks. What is read can be written, and
 * what is written is read as the same. */
#include "fuzz_file.h"
#include "pipeline/rows/rows.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void there_and_back(const struct rs_layout *layout, const struct rs_view *row) {
    struct rs_buffer line = {0};
    struct rs_arena arena = {0};
    struct rs_error error = {0};
    struct rs_view again[RS_MAX_COLUMNS];
    rs_row_emit(&line, layout, row);
    CHECK(line.n > 0 && line.p[line.n - 1] == '\n');
    CHECK(rs_line_parse(layout, rs_view(line.p, line.n - 1), &arena, again, &error));
    for (size_t i = 0; i < layout->n_columns; i++) {
        bool has_zero = row[i].n && memchr(row[i].p, 0, row[i].n); /* left out: PostgreSQL's text has none */
        CHECK(has_zero || (rs_eq(row[i], again[i]) && rs_is_null(row[i]) == rs_is_null(again[i])));
    }
    rs_arena_free(&arena);
    rs_buffer_free(&line);
}

static void read_all(struct rs_row_reader *reader, const struct rs_layout *layout, struct rs_error *error) {
    struct rs_buffer block = {0};
    struct rs_arena arena = {0};
    uint64_t first, rows = 0;
    while (rs_row_reader_block(reader, &block, 64, &first, error) && block.n) {
        struct rs_cursor cursor;
        CHECK(first == rows + 1 && block.p[block.n - 1] == '\n');
        rs_cursor_open(&cursor, reader, &block, first, &arena);
        while (rs_cursor_next(&cursor, error)) there_and_back(layout, cursor.row);
        if (error->code) break;
        rows = cursor.row_no;
        rs_arena_reset(&arena);
    }
    rs_arena_free(&arena);
    rs_buffer_free(&block);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    char path[64];
    struct rs_error error = {0};
    int fd = fuzz_file(path, data, size);
    struct rs_manifest m = {.layout = &rs_layout_ledger, .version = 1, .bytes = size, .content = rs_sha256(data, size)};
    for (size_t i = 0; i < size; i++) m.rows += data[i] == '\n';
    if (m.rows) m.rows--; /* the header's */
    snprintf(m.path, sizeof m.path, "%s", path);
    struct rs_row_reader *reader = rs_row_reader_open(&m, &error);
    if (reader) read_all(reader, m.layout, &error);
    rs_row_reader_close(reader);
    close(fd);
    return 0;
}
