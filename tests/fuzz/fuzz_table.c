/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Reference tables as they are downloaded or typed: CSV, workbook, the Census Bureau's JSON, each plain or gzip. */
#include "fuzz_file.h"
#include "pipeline/reference/csv_table.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static struct rs_csv csv;
    char path[64];
    struct rs_error error = {0};
    int fd = fuzz_file(path, data, size);
    bool more = true, ok = rs_csv_open(&csv, path, &error);
    while (ok && more) {
        ok = rs_csv_next(&csv, &more, &error);
        double n;
        for (size_t i = 0; ok && more && i < csv.columns; i++) {
            struct rs_error ignored = {0};
            CHECK(csv.field[i].p >= csv.text.p && csv.field[i].p + csv.field[i].n <= csv.text.p + csv.text.n);
            if (rs_csv_count(&csv, (int)i, &n, &ignored)) CHECK(n >= 0 && n <= 1.7976931348623157e308);
        }
    }
    CHECK(ok == (error.code == 0));
    rs_csv_close(&csv);
    close(fd);
    return 0;
}
