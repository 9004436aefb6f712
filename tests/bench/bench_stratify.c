/* SPDX-License-Identifier: GPL-3.0-or-later */
/* BIRDiE alone, in seconds: rates of six groups with their covariance, over simulated persons, beside one plain pass
 * over the same rows. Usage: bench_stratify PERSONS THREADS. Medians of five, the two taken in turn. */
#include "stages/stratify/birdie.h"
#include "stages/stratify/boundary.h"
#include "tests/simulate/plan.h"
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { REPEATS = 5 };

static double seconds(clockid_t clock) {
    struct timespec t;
    clock_gettime(clock, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static int by_size(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static double median(double v[REPEATS]) {
    qsort(v, REPEATS, sizeof *v, by_size);
    return v[REPEATS / 2];
}

/* What no fit can do without: every byte of the rows seen once. */
static void add(const void *self, const struct rs_imputed_row *row, size_t n, void *part) {
    (void)self;
    double *sum = part;
    for (; n > 0; n--, row++)
        for (int r = 0; r < RS_GROUPS; r++) *sum += row->p[r];
}

static void join(const void *self, void *total, const void *part) {
    (void)self;
    *(double *)total += *(const double *)part;
}

int main(int argc, char **argv) {
    static const struct plan_kind kind = {.concentration = 1, .rate = {.70, .55, .60, .75, .65, .50}, .report = .2};
    const struct rs_sums how = {.bytes = sizeof(double), .add = add, .join = join};
    struct rs_error error = {0};
    size_t persons = argc == 3 ? strtoul(argv[1], NULL, 10) : 0;
    int threads = argc == 3 ? atoi(argv[2]) : 0;
    if (!persons || threads < 1) {
        fprintf(stderr, "usage: bench_stratify PERSONS THREADS\n");
        return 64;
    }
    struct rs_imputed m = {.file = rs_imputed_file_open("/tmp", &error)};
    struct rs_sample sample;
    struct rs_birdie_fit fit;
    struct rs_interval interval[RS_GROUPS];
    const bool wanted[RS_GROUPS] = {[2] = true};
    double read[REPEATS], fitted[REPEATS], ratio[REPEATS], edge[REPEATS], core[REPEATS], total;
    bool good = m.file != NULL;
    if (good) plan_draw(&kind, 1, persons, &m, &sample);
    for (int i = 0; good && i < REPEATS; i++) {
        double start = seconds(CLOCK_MONOTONIC);
        good = rs_imputed_sum(&m, threads, &how, NULL, memset(&total, 0, sizeof total), &error);
        double middle = seconds(CLOCK_MONOTONIC), before = seconds(CLOCK_PROCESS_CPUTIME_ID);
        sample.threads = threads;
        good = good && rs_birdie(&sample, &fit, &error);
        double end = seconds(CLOCK_MONOTONIC);
        core[i] = seconds(CLOCK_PROCESS_CPUTIME_ID) - before;
        good = good && rs_boundary_intervals(&sample, &fit, wanted, RS_Z95, interval, &error);
        edge[i] = seconds(CLOCK_MONOTONIC) - end;
        read[i] = middle - start;
        fitted[i] = end - middle;
        ratio[i] = fitted[i] / read[i];
    }
    if (good)
        printf("birdie, %zu persons, %d thread(s): %.3f s, %.3f s of cores, in %d passes (plain pass %.3f s, x%.1f); "
               "score interval of "
               "a group %.3f s\n",
               persons, threads, median(fitted), median(core), fit.iterations, median(read), median(ratio),
               median(edge));
    else
        fprintf(stderr, "bench_stratify: %s\n", error.text);
    rs_imputed_free(&m);
    rs_imputed_file_close(m.file);
    return good ? 0 : 70;
}
