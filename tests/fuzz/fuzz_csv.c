/* SPDX-License-Identifier: GPL-3.0-or-later */
/* CSV: records found in one piece and with more bytes coming bit by bit are the same. */
#include <stdint.h>
#include "ingest_fuzz.h"
#include "stages/ingest/csv_rows.h"

/* End of the record at p, as the reader finds it with `step` bytes more at a time. */
static size_t slow_end(const char *p, size_t n, enum rs_csv_end *how) {
    size_t length = 0;
    for (size_t seen = 1;; seen = n - seen > 7 ? seen + 7 : n) {
        *how = rs_csv_record(p, seen, ',', seen == n, &length);
        if (*how != RS_CSV_MORE) return length;
        CHECK(seen < n);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct fuzz *f = fuzz_start("roster-csv");
    struct rs_error error = {0};
    const char *p = (const char *)data;
    size_t at = 0, length, header = 0, records = 0;
    if (!size) return 0;
    for (; at < size; at += length) {
        enum rs_csv_end how, slow;
        how = rs_csv_record(p + at, size - at, ',', true, &length);
        CHECK(how != RS_CSV_MORE && length > 0 && length <= size - at);
        CHECK(slow_end(p + at, size - at, &slow) == length && slow == how);
        if (!at) header = length;
        else records += !rs_csv_blank(p + at, length);
    }
    free(f->source.fields);
    f->source.fields = NULL;
    if (!rs_csv_header(&f->source, p, header, &error)) return 0;
    struct rs_block block = {.record_no = 1, .line = 1};
    CHECK(fuzz_read(f, p + header, size - header, &block, rs_read_csv) == records);
    return 0;
}
