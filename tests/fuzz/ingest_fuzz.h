/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Gives a parser's block to a format's reader, as the stage does, and checks that every record has one fate. */
#ifndef INGEST_FUZZ_H
#define INGEST_FUZZ_H
#include <stdio.h>
#include <stdlib.h>
#include "stages/ingest/csv.h"
#include "stages/ingest/formats.h"
#include "stages/ingest/json.h"

extern const struct rs_stage rs_stage_ingest;

#define CHECK(truth) ((truth) ? (void)0 : fail(__FILE__, __LINE__, #truth))
__attribute__((unused)) static void fail(const char *file, int line, const char *what) {
    fprintf(stderr, "%s:%d: not so: %s\n", file, line, what);
    abort();
}

/* Kept between inputs, as a worker is between blocks. */
struct fuzz {
    struct rs_profile *profile;
    struct rs_source source;
    struct rs_worker worker;
    struct rs_batch batch;
};

__attribute__((unused)) static struct fuzz *fuzz_start(const char *profile) {
    static struct fuzz f;
    if (f.profile) return &f;
    struct rs_error error = {0};
    static const struct rs_site_key key = {.b = "0123456789abcdef0123456789abcdef", .n = 32};
    f.profile = rs_profile_read(profile, NULL, &error);
    if (!f.profile) fprintf(stderr, "%s\n", error.text);
    CHECK(f.profile != NULL);
    f.source = (struct rs_source){.file_no = 1, .profile = f.profile, .source = RS_LIT("S"), .of_source = RS_LIT("S")};
    f.worker = (struct rs_worker){.hmac = rs_hmac_new(&key), .member = rs_834_member_new(), .json = rs_json_new(),
                                  .csv = rs_alloc(sizeof(struct rs_csv_fields))};
    return &f;
}

/* Values are bounded (schemas/codes/value_limits.def), so rows are: with what escapes make of a byte, and keys. */
__attribute__((unused)) static void fuzz_rows_are_short(const struct rs_buffer *out) {
    enum { MOST = 32 << 10 };
    for (size_t at = 0; at < out->n;) {
        const char *end = memchr(out->p + at, '\n', out->n - at);
        CHECK(end != NULL);
        if (!end) return;
        CHECK((size_t)(end - (out->p + at)) <= MOST);
        at = (size_t)(end + 1 - out->p);
    }
}

/* Reads one block; the number of records it held. */
__attribute__((unused)) static uint64_t fuzz_read(struct fuzz *f, const char *p, size_t n, const struct rs_block *place,
                          void (*read)(struct rs_rows *, struct rs_worker *)) {
    struct rs_run run = {.stage = &rs_stage_ingest};
    struct rs_error error = {0};
    struct rs_rows rows;
    struct rs_block block = *place;
    uint64_t records = 0;
    block.source = &f->source;
    f->batch.in.n = 0;
    if (!n) return 0; /* the cutter gives no empty blocks */
    rs_buffer_add(&f->batch.in, p, n);
    rs_tally_reset(&f->batch.tally);
    rs_arena_reset(&f->batch.arena);
    for (int i = 0; i < RS_MAX_SINKS; i++) f->batch.out[i].n = 0;
    memcpy(f->batch.note, &block, sizeof block);
    rs_rows_begin(&rows, &run, &f->batch, f->worker.hmac);
    read(&rows, &f->worker);
    CHECK(rs_tally_balance(&f->batch.tally, "fuzz", &error));
    for (size_t i = 0; i < f->batch.tally.n; i++)
        if (f->batch.tally.e[i].fate == RS_READ && strcmp(f->batch.tally.e[i].layout, rs_format_name(block.source->profile->format)) == 0)
            records += f->batch.tally.e[i].rows;
    for (int i = 0; i < RS_MAX_SINKS; i++) fuzz_rows_are_short(&f->batch.out[i]);
    for (int i = 0; i < RS_MAX_SINKS; i++)
        CHECK(rs_utf8_valid(rs_view(f->batch.out[i].p ? f->batch.out[i].p : "", f->batch.out[i].n)));
    return records;
}

#endif
