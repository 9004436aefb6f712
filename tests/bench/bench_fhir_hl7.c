/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Parsing alone, on one core, of a file in memory. Usage: bench_fhir_hl7 PROFILE FILE. A line each (what, MB/s of
 * processor time, how many): the cutter; for FHIR yajl with callbacks that do nothing, and the token tree; for HL7 v2
 * segments and their fields; and the reader up to rows in memory. */
#include <stdio.h>
#include <time.h>
#include <yajl/yajl_parse.h>
#include "stages/ingest/fhir_walk.h"
#include "stages/ingest/formats.h"
#include "stages/ingest/hl7v2.h"
#include "stages/ingest/json.h"
#include "pipeline/base/file.h"

extern const struct rs_stage rs_stage_ingest;

/* Processor time: what one core does, also where others are at work on the machine. */
static double now(void) {
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void say(const char *what, double start, size_t bytes, uint64_t n) {
    double seconds = now() - start;
    printf("%s\t%.0f\t%llu\n", what, (double)bytes / 1e6 / seconds, (unsigned long long)n);
}

static int nothing(void *c) { return c == NULL; }
static int no_bool(void *c, int v) { return (void)v, c == NULL; }
static int no_number(void *c, const char *p, size_t n) { return (void)p, (void)n, c == NULL; }
static int no_string(void *c, const unsigned char *p, size_t n) { return (void)p, (void)n, c == NULL; }
static const yajl_callbacks none = {
    .yajl_null = nothing, .yajl_boolean = no_bool, .yajl_number = no_number, .yajl_string = no_string,
    .yajl_start_map = nothing, .yajl_map_key = no_string, .yajl_end_map = nothing, .yajl_start_array = nothing,
    .yajl_end_array = nothing};

static void bare_yajl(const struct rs_buffer *file) {
    double start = now();
    yajl_handle y = yajl_alloc(&none, NULL, NULL);
    yajl_config(y, yajl_allow_multiple_values, 1);
    yajl_config(y, yajl_dont_validate_strings, 1);
    bool ok = yajl_parse(y, (const unsigned char *)file->p, file->n) == yajl_status_ok;
    yajl_free(y);
    say("yajl", start, file->n, ok);
}

static void tree(const struct rs_buffer *file) {
    struct rs_json *j = rs_json_new();
    struct rs_arena arena = {0};
    struct rs_view rest = rs_view(file->p, file->n);
    uint64_t n = 0;
    double start = now();
    while (rs_has(rest)) {
        struct rs_view line = rs_split(&rest, '\n');
        n += rs_json_parse(j, line.p, line.n, &arena) != NULL;
        rs_arena_reset(&arena);
    }
    say("token tree", start, file->n, n);
    rs_json_free(j);
    rs_arena_free(&arena);
}

static size_t cut(bool fhir, struct rs_hl7_cutter *cutter, const char *p, size_t n, bool last, uint64_t *records) {
    if (!fhir) {
        struct rs_hl7_cut c;
        rs_hl7_cut(cutter, p, n, last, &c);
        *records += c.records;
        return c.length;
    }
    struct rs_fhir_walk w = {.p = p, .end = p + n, .last = last};
    enum rs_fhir_piece piece;
    size_t length;
    while ((piece = rs_fhir_next(&w, &length)) != RS_FHIR_MORE) *records += piece != RS_FHIR_SKIP;
    return (size_t)(w.p - p);
}

/* Every segment into its fields. */
static void fields(const struct rs_buffer *file) {
    struct rs_hl7_walk w = {.p = file->p, .end = file->p + file->n, .number = 1};
    struct rs_hl7_segment s;
    struct rs_view f[64];
    uint64_t n = 0;
    double start = now();
    while (rs_hl7_next(&w, &s)) n += rs_hl7_fields(s.text, &w.marks, f, 64);
    say("segments and fields", start, file->n, n);
}

/* Cuts the file; with a worker, reads each block into rows, too. */
static void blocks(const char *what, struct rs_source *source, const struct rs_buffer *file, struct rs_worker *worker) {
    struct rs_run run = {.stage = &rs_stage_ingest};
    struct rs_batch batch = {0};
    struct rs_hl7_cutter cutter = {0};
    bool fhir = source->profile->format == RS_FHIR;
    uint64_t records = 0;
    double start = now();
    for (size_t at = 0; at < file->n;) {
        size_t n = file->n - at < RS_BLOCK_BYTES ? file->n - at : RS_BLOCK_BYTES;
        struct rs_block block = {.source = source, .record_no = records + 1, .line = 1, .segment = cutter.number + 1, .offset = at};
        size_t length = cut(fhir, &cutter, file->p + at, n, at + n == file->n, &records);
        if (!length) break;
        if (worker) {
            struct rs_rows rows;
            batch.in = (struct rs_buffer){file->p + at, length, length};
            memcpy(batch.note, &block, sizeof block);
            rs_tally_reset(&batch.tally);
            rs_arena_reset(&batch.arena);
            for (int i = 0; i < RS_MAX_SINKS; i++) batch.out[i].n = 0;
            rs_rows_begin(&rows, &run, &batch, worker->hmac);
            if (fhir) rs_read_fhir(&rows, worker);
            else rs_read_hl7(&rows, worker);
        }
        at += length;
    }
    say(what, start, file->n, records);
    for (int i = 0; i < RS_MAX_SINKS; i++) rs_buffer_free(&batch.out[i]);
    rs_tally_free(&batch.tally);
    rs_arena_free(&batch.arena);
}

int main(int argc, char **argv) {
    struct rs_error error = {0};
    struct rs_buffer file = {0};
    static const struct rs_site_key key = {.b = "0123456789abcdef0123456789abcdef", .n = 32};
    struct rs_profile *profile = argc == 3 ? rs_profile_read(argv[1], NULL, &error) : NULL;
    if (!profile || !rs_read_file(argv[2], &file, (size_t)8 << 30, &error)) {
        fprintf(stderr, "%s\n", profile || argc == 3 ? error.text : "usage: bench_fhir_hl7 PROFILE FILE");
        return 64;
    }
    struct rs_source source = {.file_no = 1, .profile = profile, .source = RS_LIT("S"), .of_source = RS_LIT("S")};
    struct rs_worker worker = {.hmac = rs_hmac_new(&key), .json = rs_json_new()};
    blocks("cutter", &source, &file, NULL);
    if (profile->format == RS_FHIR) {
        bare_yajl(&file);
        tree(&file);
    } else {
        fields(&file);
    }
    blocks("cutter and reader, to rows", &source, &file, &worker);
    rs_hmac_free(worker.hmac);
    rs_json_free(worker.json);
    rs_profile_free(profile);
    rs_buffer_free(&file);
    return 0;
}
