/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Prints the segments of an X12 file as ingest sees them, a line each, elements trimmed, a bar between: for comparing with
 * other readers. Usage: x12_segments FILE */
#include <stdio.h>
#include "pipeline/base/file.h"
#include "stages/ingest/x12.h"

int main(int argc, char **argv) {
    struct rs_error error = {0};
    struct rs_buffer bytes = {0}, out = {0};
    struct rs_x12_cutter cutter = {0};
    if (argc != 2 || !rs_read_file(argv[1], &bytes, 64 << 20, &error)) {
        fprintf(stderr, "%s\n", argc == 2 ? error.text : "usage: x12_segments FILE");
        return argc == 2 ? error.code : RS_USAGE;
    }
    for (size_t at = 0; at < bytes.n;) {
        struct rs_x12_cut cut;
        struct rs_x12_walk walk;
        struct rs_x12_segment s;
        uint64_t first = cutter.number + 1;
        rs_x12_cut(&cutter, bytes.p + at, bytes.n - at, true, &cut);
        if (!cut.length) break;
        rs_x12_walk(&walk, bytes.p + at, cut.length, &cut.env, first);
        while (rs_x12_next(&walk, &s)) {
            for (unsigned i = 0; i < s.n; i++) {
                if (i) rs_buffer_byte(&out, '|');
                rs_buffer_view(&out, s.el[i]);
            }
            rs_buffer_byte(&out, '\n');
        }
        at += cut.length;
    }
    bool ok = fwrite(out.p, 1, out.n, stdout) == out.n;
    rs_buffer_free(&out);
    rs_buffer_free(&bytes);
    return ok ? 0 : RS_IO;
}
