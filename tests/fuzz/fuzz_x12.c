/* SPDX-License-Identifier: GPL-3.0-or-later */
/* X12: cutting in one piece and byte by byte find the same members at the same places, and make the same rows of them. */
#include <stdint.h>
#include "ingest_fuzz.h"

struct found {
    uint64_t records, segments, faults;
    struct rs_buffer rows[RS_MAX_SINKS];
};

static void keep_rows(struct found *found, const struct fuzz *f) {
    for (int i = 0; i < RS_MAX_SINKS; i++)
        if (f->batch.out[i].n) rs_buffer_add(&found->rows[i], f->batch.out[i].p, f->batch.out[i].n);
}

static void same_rows(struct found *a, struct found *b) {
    for (int i = 0; i < RS_MAX_SINKS; i++) {
        CHECK(rs_eq(rs_view(a->rows[i].p, a->rows[i].n), rs_view(b->rows[i].p, b->rows[i].n)));
        rs_buffer_free(&a->rows[i]);
        rs_buffer_free(&b->rows[i]);
    }
}

/* Cuts the text as the reader does, `step` bytes more at a time. */
static struct found cut_all(struct fuzz *f, const char *p, size_t n, size_t step, bool read) {
    struct rs_x12_cutter cutter = {0};
    struct found found = {0};
    size_t at = 0, seen = 0;
    while (at < n || seen < n) {
        struct rs_x12_cut cut;
        if (seen < n) seen = n - seen > step ? seen + step : n;
        uint64_t before = cutter.number;
        rs_x12_cut(&cutter, p + at, seen - at, seen == n, &cut);
        CHECK(cut.length <= seen - at);
        CHECK(seen < n || cut.length > 0 || at == n);
        found.records += cut.records;
        found.segments += cut.length ? cutter.number - before : 0;
        found.faults += cut.n_faults;
        if (read && cut.length) {
            struct rs_block block = {.record_no = found.records - cut.records + 1, .line = 1 + rs_count_byte(p, at, '\n'),
                                     .segment = before + 1, .offset = at, .env = cut.env};
            CHECK(fuzz_read(f, p + at, cut.length, &block, rs_read_834) == cut.records);
            keep_rows(&found, f);
            for (size_t i = 0; i < f->batch.tally.n; i++)
                if (f->batch.tally.e[i].fate == RS_READ && strcmp(f->batch.tally.e[i].layout, "x12_segment") == 0)
                    CHECK(f->batch.tally.e[i].rows == cutter.number - before);
        }
        at += cut.length;
        if (seen == n && at == n) break;
    }
    return found;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct fuzz *f = fuzz_start("834-5010");
    struct rs_x12_env env;
    size_t length;
    const char *p = (const char *)data;
    int32_t day;
    uint64_t moment;
    rs_x12_group_date(p, size, &day, &moment);
    struct rs_x12_said said;
    rs_x12_says(p, size, &said);
    if (size == 0 || !rs_x12_isa(p, size, &env, &length)) return 0; /* the stage refuses such a file */
    struct found whole = cut_all(f, p, size, size, true);
    struct found small = cut_all(f, p, size, 61, true);
    CHECK(whole.records == small.records);
    CHECK(whole.segments == small.segments);
    same_rows(&whole, &small);
    return 0;
}
