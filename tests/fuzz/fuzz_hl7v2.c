/* SPDX-License-Identifier: GPL-3.0-or-later */
/* HL7 v2: cutting in one piece and in small ones find the same records and segments, and the reader agrees. */
#include <stdint.h>
#include "ingest_fuzz.h"
#include "stages/ingest/hl7v2.h"

struct found {
    uint64_t records, segments;
};

/* Cuts the text as the reader does, `step` bytes more at a time. */
static struct found cut_all(struct fuzz *f, const char *p, size_t n, size_t step) {
    struct rs_hl7_cutter cutter = {0};
    struct found found = {0};
    size_t at = 0, seen = 0;
    while (at < n) {
        struct rs_hl7_cut cut;
        seen = n - seen > step ? seen + step : n;
        uint64_t before = cutter.number;
        rs_hl7_cut(&cutter, p + at, seen - at, seen == n, &cut);
        CHECK(cut.length <= seen - at);
        CHECK(cut.n_faults <= RS_MAX_FINDINGS);
        CHECK(seen < n || cut.length > 0);
        CHECK(cut.length > 0 || cutter.number == before);
        struct rs_block block = {.record_no = 1, .line = 1, .segment = before + 1, .offset = at, .n_findings = cut.n_faults};
        for (uint32_t i = 0; i < cut.n_faults; i++)
            block.findings[i] = (struct rs_finding){(uint8_t)cut.faults[i].kind, (uint32_t)cut.faults[i].at, cut.faults[i].number};
        CHECK(fuzz_read(f, p + at, cut.length, &block, rs_read_hl7) == cut.records || !cut.length);
        for (size_t i = 0; cut.length && i < f->batch.tally.n; i++)
            if (f->batch.tally.e[i].fate == RS_READ && strcmp(f->batch.tally.e[i].layout, "hl7v2_segment") == 0)
                CHECK(f->batch.tally.e[i].rows == cutter.number - before);
        found.records += cut.records;
        found.segments += cutter.number - before;
        at += cut.length;
    }
    return found;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct fuzz *f = fuzz_start("hl7v2-adt");
    const char *p = (const char *)data;
    int32_t day;
    uint64_t moment;
    if (!size) return 0;
    rs_hl7_begins(p, size);
    rs_hl7_file_date(p, size, &day, &moment);
    struct found whole = cut_all(f, p, size, size);
    struct found small = cut_all(f, p, size, 61);
    CHECK(whole.records == small.records);
    CHECK(whole.segments == small.segments);
    return 0;
}
