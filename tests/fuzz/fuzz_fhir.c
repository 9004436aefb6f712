/* SPDX-License-Identifier: GPL-3.0-or-later */
/* JSON lines and documents: any bytes, read as lines and as one text after the other. */
#include <stdint.h>
#include "ingest_fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct fuzz *f = fuzz_start("us-core-fhir");
    const char *p = (const char *)data;
    size_t n = rs_json_extent(p, size);
    CHECK(n <= size);
    if (!size) return 0;
    struct rs_block block = {.record_no = 1, .line = 1};
    fuzz_read(f, p, size, &block, rs_read_fhir);
    block.documents = true;
    fuzz_read(f, p, size, &block, rs_read_fhir);
    return 0;
}
