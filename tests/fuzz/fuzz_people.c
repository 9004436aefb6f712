/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Anybody's CSV of people: a block read whole and record by record, plain or gzip. Fields lie within their block. */
#include "fuzz_file.h"
#include "stages/impute/people_csv.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void walk(const struct rs_people *people, struct rs_buffer *block, uint64_t offset, struct rs_error *error) {
    struct rs_people_cursor cursor;
    rs_people_cursor(&cursor, people, block, offset);
    size_t records = 0;
    for (; rs_people_next(&cursor, error); records++)
        for (int i = 0; i < RS_PEOPLE_COLUMNS; i++) {
            struct rs_view v = cursor.row[i];
            CHECK(!v.p || (v.p >= block->p && v.p + v.n <= block->p + block->n));
            CHECK(!v.p || rs_people_has(people, (enum rs_people_column)i));
        }
    CHECK(records <= block->n);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    char path[64];
    struct rs_error error = {0};
    struct rs_buffer block = {0};
    uint64_t offset, next = 0;
    int fd = fuzz_file(path, data, size);
    struct rs_people *people = rs_people_open(path, &error);
    CHECK((people == NULL) == (error.code != 0));
    while (people && rs_people_block(people, &block, &offset, &error) && block.n) {
        CHECK(offset >= next);
        next = offset + block.n;
        walk(people, &block, offset, &error);
        if (error.code) break;
    }
    rs_buffer_free(&block);
    rs_people_close(people);
    close(fd);
    return 0;
}
