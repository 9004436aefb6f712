/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A table of group counts, as an analyst may have typed it: an answer or a reason, and the same answer again. */
#include <string.h>
#include "fuzz_file.h"
#include "stages/stratify/counts.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    char path[64];
    struct rs_error error = {0}, again = {0};
    struct rs_buffer first = {0}, second = {0};
    struct rs_counts_question question = {.minimum = 11}, all = {.minimum = 1, .json = true};
    if (size > 4096) return 0; /* groups are few; the indices compare each with each */
    int fd = fuzz_file(path, data, size);
    bool ok = rs_counts_report(path, &question, &first, &error);
    CHECK(ok == (error.code == 0));
    CHECK(rs_counts_report(path, &question, &second, &again) == ok);
    CHECK(!ok || (first.n == second.n && memcmp(first.p, second.p, first.n) == 0));
    again = (struct rs_error){0};
    rs_buffer_free(&second);
    second = (struct rs_buffer){0};
    CHECK(rs_counts_report(path, &all, &second, &again) == (again.code == 0));
    rs_buffer_free(&first);
    rs_buffer_free(&second);
    close(fd);
    return 0;
}
