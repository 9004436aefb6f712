/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Parsing alone: how fast the parsers of 834 and CSV go through bytes in memory, cutting and splitting, without rows.
 * Usage: bench_parse (834|csv) FILE THREADS. Prints MB/s of all threads together, by the clock and by a core's time: the
 * second does not depend on what else the machine does. Each thread reads the whole of the file; the best of five. */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include "pipeline/base/file.h"
#include "stages/ingest/csv.h"
#include "stages/ingest/x12.h"

struct job {
    struct rs_view bytes;
    bool csv;
    uint64_t found;    /* segments or records: so that nothing is left out as unused */
    uint64_t elements; /* elements or fields */
    double core;
    pthread_t thread;
};

static double seconds(clockid_t clock) {
    struct timespec t;
    clock_gettime(clock, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static void parse_834(struct job *j) {
    struct rs_x12_cutter cutter = {0};
    struct rs_x12_segment s;
    enum { BLOCK = 2 << 20 };
    for (size_t at = 0; at < j->bytes.n;) {
        struct rs_x12_cut cut;
        struct rs_x12_walk walk;
        size_t n = j->bytes.n - at < BLOCK ? j->bytes.n - at : BLOCK;
        uint64_t first = cutter.number + 1;
        rs_x12_cut(&cutter, j->bytes.p + at, n, at + n == j->bytes.n, &cut);
        if (!cut.length) return;
        rs_x12_walk(&walk, j->bytes.p + at, cut.length, &cut.env, first);
        while (rs_x12_next(&walk, &s)) {
            j->found++;
            j->elements += s.n;
        }
        at += cut.length;
    }
}

static void parse_csv(struct job *j) {
    struct rs_csv_fields f = {0};
    struct rs_arena arena = {0};
    size_t length;
    for (size_t at = 0; at < j->bytes.n; at += length) {
        rs_csv_record(j->bytes.p + at, j->bytes.n - at, ',', true, &length);
        rs_csv_split(&f, j->bytes.p + at, length, ',', &arena);
        j->found++;
        j->elements += f.n;
        if (j->found % 10000 == 0) rs_arena_reset(&arena);
    }
    rs_csv_fields_free(&f);
    rs_arena_free(&arena);
}

static void *work(void *arg) {
    struct job *j = arg;
    double start = seconds(CLOCK_THREAD_CPUTIME_ID);
    j->found = j->elements = 0;
    if (j->csv) parse_csv(j);
    else parse_834(j);
    j->core = seconds(CLOCK_THREAD_CPUTIME_ID) - start;
    return NULL;
}

int main(int argc, char **argv) {
    struct rs_error error = {0};
    struct rs_buffer bytes = {0};
    struct job jobs[64];
    int threads = argc == 4 ? atoi(argv[3]) : 0;
    if (threads < 1 || threads > 64) {
        fputs("usage: bench_parse (834|csv) FILE THREADS\n", stderr);
        return RS_USAGE;
    }
    if (!rs_read_file(argv[2], &bytes, (size_t)4 << 30, &error)) {
        fprintf(stderr, "%s\n", error.text);
        return error.code;
    }
    double best = 1e9, core = 1e9;
    for (int round = 0; round < 5; round++) {
        double start = seconds(CLOCK_MONOTONIC), most = 0;
        for (int i = 0; i < threads; i++) {
            jobs[i] = (struct job){.bytes = rs_view(bytes.p, bytes.n), .csv = argv[1][0] == 'c'};
            if (pthread_create(&jobs[i].thread, NULL, work, &jobs[i]) != 0) return RS_IO;
        }
        for (int i = 0; i < threads; i++) {
            pthread_join(jobs[i].thread, NULL);
            if (jobs[i].core > most) most = jobs[i].core;
        }
        double took = seconds(CLOCK_MONOTONIC) - start;
        if (took < best) best = took;
        if (most < core) core = most;
    }
    double megabytes = (double)bytes.n / 1e6;
    printf("%.0f %.0f %llu %llu\n", megabytes * threads / best, megabytes / core, (unsigned long long)jobs[0].found,
           (unsigned long long)jobs[0].elements);
    rs_buffer_free(&bytes);
    return 0;
}
