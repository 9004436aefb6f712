/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Why it exists: a merge of wide files is bound by splitting their lines, which blocks can do side by side. */
#include "reduce.h"
#include "pipeline/base/file.h"
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

bool rs_reduced_open(const char *dir, size_t size, struct rs_reduced *out, struct rs_error *error) {
    char path[4200];
    *out = (struct rs_reduced){.size = size};
    if (!rs_path(path, sizeof path, error, "%s/.check-XXXXXX", dir)) return false;
    int fd = mkstemp(path); /* mode 0600 */
    if (fd >= 0) unlink(path);
    out->file = fd >= 0 ? fdopen(fd, "w+b") : NULL;
    if (out->file) return true;
    if (fd >= 0) close(fd);
    return rs_fail_errno(error, RS_CANT_CREATE, "%s: no temporary file can be made", dir);
}

bool rs_reduced_add(struct rs_reduced *r, const void *records, size_t n, struct rs_error *error) {
    if (n && fwrite(records, r->size, n, r->file) != n)
        return rs_fail_errno(error, RS_IO, "temporary file of check: writing failed");
    r->n += n;
    return true;
}

bool rs_reduced_rewind(struct rs_reduced *r, struct rs_error *error) {
    if (fflush(r->file) == 0 && fseek(r->file, 0, SEEK_SET) == 0) return true;
    return rs_fail_errno(error, RS_IO, "temporary file of check: going back to its start failed");
}

bool rs_reduced_read(struct rs_reduced *r, void *into, size_t most, size_t *got, struct rs_error *error) {
    *got = fread(into, r->size, most, r->file);
    if (*got == 0 && ferror(r->file)) return rs_fail_errno(error, RS_IO, "temporary file of check: reading failed");
    return true;
}

void rs_reduced_close(struct rs_reduced *r) {
    if (r->file) fclose(r->file);
    *r = (struct rs_reduced){0};
}

struct pass {
    struct rs_run *run;
    const struct rs_layout *layout;
    const struct rs_reduction *how;
    struct rs_reduced *out;
    struct rs_row_reader *reader;
};

static bool next_block(void *self, struct rs_batch *batch, bool *more, struct rs_error *error) {
    struct pass *p = self;
    if (!rs_row_reader_block(p->reader, &batch->in, RS_BLOCK_BYTES, &batch->first_row, error)) return false;
    *more = batch->in.n > 0;
    return true;
}

static bool work_block(void *self, struct rs_batch *batch, struct rs_error *error) {
    struct pass *p = self;
    struct rs_cursor cursor;
    uint64_t rows = 0;
    size_t size = p->out->size;
    batch->scratch.n = 0;
    rs_cursor_open(&cursor, p->reader, &batch->in, batch->first_row, &batch->arena);
    for (; rs_cursor_next(&cursor, error); rows++) {
        char *record = rs_buffer_reserve(&batch->scratch, size + 1);
        memset(record, 0, size);
        if (p->how->one(p->how->self, batch->worker, cursor.row, record, error)) batch->scratch.n += size;
        if (error->code) return false;
    }
    rs_count(&batch->tally, p->layout->name, 0, RS_READ, NULL, rows);
    rs_count(&batch->tally, p->layout->name, 0, RS_AGGREGATED, NULL, rows);
    return error->code == 0;
}

static bool done_block(void *self, struct rs_batch *batch, struct rs_error *error) {
    struct pass *p = self;
    if (p->out->file && !rs_reduced_add(p->out, batch->scratch.p, batch->scratch.n / p->out->size, error)) return false;
    return rs_run_done(p->run, batch, error);
}

bool rs_reduce(struct rs_run *run, const struct rs_manifest *m, const struct rs_reduction *how, struct rs_reduced *out,
               struct rs_error *error) {
    struct pass p = {run, m->layout, how, out, rs_row_reader_open(m, error)};
    if (!p.reader) return false;
    struct rs_work work = {&p, next_block, work_block, done_block};
    bool good = rs_work_run(&work, run->threads, error);
    rs_row_reader_close(p.reader);
    return good && (!out->file || rs_reduced_rewind(out, error));
}
