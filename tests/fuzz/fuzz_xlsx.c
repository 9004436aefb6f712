/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Workbooks as somebody may send them: the archive and the XML are ours to read, so nothing in them may lead astray. */
#include <stdint.h>
#include <stdlib.h>
#include "pipeline/reference/xlsx.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct rs_buffer csv = {0};
    struct rs_error error = {0};
    bool ok = rs_xlsx_to_csv("fuzz", rs_view((const char *)data, size), &csv, &error);
    if (ok != (error.code == 0)) abort(); /* said what is wrong, or nothing is */
    rs_buffer_free(&csv);
    return 0;
}
