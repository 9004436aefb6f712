/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Runs a fuzz target over the files of its corpus, with any compiler: what was found once stays found. */
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include "pipeline/base/file.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int main(int argc, char **argv) {
    size_t files = 0;
    for (int i = 1; i < argc; i++) {
        DIR *d = opendir(argv[i]);
        if (!d) {
            fprintf(stderr, "%s: no corpus here\n", argv[i]);
            return 1;
        }
        for (struct dirent *e; (e = readdir(d));) {
            char path[4096];
            struct rs_error error = {0};
            struct rs_buffer bytes = {0};
            if (e->d_name[0] == '.') continue;
            if (!rs_path(path, sizeof path, &error, "%s/%s", argv[i], e->d_name) ||
                !rs_read_file(path, &bytes, 64 << 20, &error)) {
                fprintf(stderr, "%s\n", error.text);
                return 1;
            }
            LLVMFuzzerTestOneInput((const uint8_t *)bytes.p, bytes.n);
            rs_buffer_free(&bytes);
            files++;
        }
        closedir(d);
    }
    printf("%zu inputs replayed\n", files);
    return files ? 0 : 1; /* an empty corpus tests nothing */
}
