/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Source profiles: any YAML is either read or refused with a message. */
#include <stdint.h>
#include <unistd.h>
#include "ingest_fuzz.h"
#include "pipeline/base/file.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    char path[64];
    struct rs_error error = {0};
    snprintf(path, sizeof path, "/tmp/relsogi-fuzz-%ld.yaml", (long)getpid());
    CHECK(rs_write_file(path, data, size, &error));
    struct rs_profile *p = rs_profile_read(path, NULL, &error);
    CHECK(p || (error.code && error.text[0]));
    rs_profile_free(p);
    unlink(path);
    return 0;
}
