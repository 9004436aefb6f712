/* SPDX-License-Identifier: GPL-3.0-or-later */
/* JSON lines, documents and Bundles: any bytes. Cutting in one piece and in small ones find the same resources, and the
 * reader agrees. */
#include <stdint.h>
#include "ingest_fuzz.h"
#include "stages/ingest/fhir_walk.h"

/* Cuts the text as the reader does, `step` bytes more at a time; the number of records. */
static uint64_t cut_all(struct fuzz *f, const char *p, size_t n, size_t step, bool documents) {
    struct rs_fhir_walk w = {.p = p, .documents = documents};
    uint64_t all = 0;
    size_t seen = 0;
    while (w.p < p + n) {
        struct rs_block block = {.record_no = 1, .line = 1, .documents = documents, .in_entries = w.in_entries};
        const char *from = w.p;
        uint64_t records = 0;
        enum rs_fhir_piece piece;
        size_t length;
        seen = n - seen > step ? seen + step : n;
        w.end = p + seen;
        w.last = seen == n;
        while ((piece = rs_fhir_next(&w, &length)) != RS_FHIR_MORE) {
            CHECK(w.p <= w.end);
            records += piece != RS_FHIR_SKIP;
        }
        CHECK(documents || !w.in_entries);
        CHECK(!w.last || w.p == w.end);
        CHECK(w.p == from || fuzz_read(f, from, (size_t)(w.p - from), &block, rs_read_fhir) == records);
        all += records;
    }
    return all;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct fuzz *f = fuzz_start("us-core-fhir");
    const char *p = (const char *)data;
    CHECK(rs_json_extent(p, size) <= size);
    if (!size) return 0;
    rs_fhir_documents(p, size, true);
    for (int documents = 0; documents < 2; documents++)
        CHECK(cut_all(f, p, size, size, documents) == cut_all(f, p, size, 61, documents));
    return 0;
}
