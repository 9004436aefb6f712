/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Why it exists: an estimator that needs ten passes over ten million persons must neither hold them in memory nor parse
 * their text ten times. Extents are written once and read with pread, which any number of threads can do at once. */
#include "imputed.h"
#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "pipeline/base/file.h"
#include "pipeline/base/text.h"

enum { CHUNK_BYTES = RS_CHUNK_ROWS * sizeof(struct rs_imputed_row) };

struct rs_imputed_file {
    int fd;
    uint64_t bytes;
};

struct rs_imputed_file *rs_imputed_file_open(const char *dir, struct rs_error *error) {
    int fd = rs_file_unlinked(dir, error);
    if (fd < 0) return NULL;
    struct rs_imputed_file *file = rs_alloc(sizeof *file);
    file->fd = fd;
    return file;
}

void rs_imputed_file_close(struct rs_imputed_file *file) {
    if (!file) return;
    close(file->fd);
    free(file);
}

static bool write_all(int fd, const char *p, size_t n, uint64_t at, struct rs_error *error) {
    while (n > 0) {
        ssize_t done = pwrite(fd, p, n, (off_t)at);
        if (done < 0 && errno == EINTR) continue;
        if (done <= 0)
            return rs_fail_errno(error, RS_IO, "temporary file of stratify: cannot write; is the disk full?");
        p += done;
        n -= (size_t)done;
        at += (uint64_t)done;
    }
    return true;
}

static bool read_all(int fd, char *p, size_t n, uint64_t at, struct rs_error *error) {
    while (n > 0) {
        ssize_t done = pread(fd, p, n, (off_t)at);
        if (done < 0 && errno == EINTR) continue;
        if (done <= 0) return rs_fail_errno(error, RS_IO, "temporary file of stratify: cannot read back");
        p += done;
        n -= (size_t)done;
        at += (uint64_t)done;
    }
    return true;
}

static bool flush_tail(struct rs_imputed *m, struct rs_error *error) {
    if (m->full == m->room) {
        m->room = m->room ? 2 * m->room : 16;
        m->extents = rs_realloc(m->extents, m->room * sizeof *m->extents);
    }
    if (!write_all(m->file->fd, (const char *)m->tail, CHUNK_BYTES, m->file->bytes, error)) return false;
    m->extents[m->full++] = m->file->bytes;
    m->file->bytes += CHUNK_BYTES;
    m->in_tail = 0;
    return true;
}

bool rs_imputed_add(struct rs_imputed *m, const struct rs_imputed_row *row, struct rs_error *error) {
    if (m->in_tail == m->tail_room) { /* grows: there may be many series of few rows */
        m->tail_room = m->tail_room ? 2 * m->tail_room : 16;
        m->tail = rs_realloc(m->tail, m->tail_room * sizeof *m->tail);
    }
    m->tail[m->in_tail++] = *row;
    m->rows++;
    return m->in_tail < RS_CHUNK_ROWS || flush_tail(m, error);
}

void rs_imputed_free(struct rs_imputed *m) {
    free(m->extents);
    free(m->tail);
    *m = (struct rs_imputed){.file = m->file};
}

size_t rs_imputed_chunks(const struct rs_imputed *m) { return m->full + (m->in_tail > 0); }

bool rs_imputed_chunk(const struct rs_imputed *m, size_t i, struct rs_imputed_row *room,
                      const struct rs_imputed_row **rows, size_t *n, struct rs_error *error) {
    if (i >= m->full) {
        *rows = m->tail;
        *n = m->in_tail;
        return true;
    }
    *rows = room;
    *n = RS_CHUNK_ROWS;
    return read_all(m->file->fd, (char *)room, CHUNK_BYTES, m->extents[i], error);
}

/* ---- parallel loop -------------------------------------------------------------------------------------------- */

struct loop {
    bool (*fn)(void *self, size_t i, struct rs_error *error);
    void *self;
    size_t n;
    atomic_size_t next;
    atomic_bool failed;
    pthread_mutex_t lock; /* of the two below */
    size_t failed_at;
    struct rs_error *error;
};

static void *loop_worker(void *argument) {
    struct loop *l = argument;
    while (!atomic_load(&l->failed)) {
        size_t i = atomic_fetch_add(&l->next, 1);
        if (i >= l->n) break;
        struct rs_error mine = {0};
        if (l->fn(l->self, i, &mine)) continue;
        pthread_mutex_lock(&l->lock);
        if (i < l->failed_at) {
            l->failed_at = i;
            *l->error = mine;
        }
        pthread_mutex_unlock(&l->lock);
        atomic_store(&l->failed, true);
    }
    return NULL;
}

bool rs_parallel(int threads, size_t n, bool (*fn)(void *self, size_t i, struct rs_error *error), void *self,
                 struct rs_error *error) {
    struct loop l = {.fn = fn, .self = self, .n = n, .failed_at = SIZE_MAX, .error = error};
    pthread_mutex_init(&l.lock, NULL);
    enum { MOST = 64 };
    pthread_t others[MOST];
    int started = 0;
    /* This thread works too; where a thread cannot be had, the others do its share. */
    while (started < threads - 1 && started < MOST && (size_t)started + 1 < n &&
           pthread_create(&others[started], NULL, loop_worker, &l) == 0)
        started++;
    loop_worker(&l);
    for (int i = 0; i < started; i++) pthread_join(others[i], NULL);
    pthread_mutex_destroy(&l.lock);
    return !atomic_load(&l.failed);
}

/* ---- sums in order -------------------------------------------------------------------------------------------- */

enum { WAVE = 512 }; /* chunks whose parts are held at a time: memory does not grow with rows */

struct wave {
    const struct rs_imputed *m;
    const struct rs_sums *how;
    const void *self;
    size_t first;
    char *parts;
};

static bool sum_chunk(void *self, size_t i, struct rs_error *error) {
    struct wave *w = self;
    struct rs_imputed_row *room = malloc(CHUNK_BYTES);
    if (!room) return rs_fail(error, RS_IO, "out of memory");
    const struct rs_imputed_row *rows;
    size_t n;
    bool good = rs_imputed_chunk(w->m, w->first + i, room, &rows, &n, error);
    if (good) w->how->add(w->self, rows, n, w->parts + i * w->how->bytes);
    free(room);
    return good;
}

bool rs_imputed_sum(const struct rs_imputed *m, int threads, const struct rs_sums *how, const void *self, void *total,
                    struct rs_error *error) {
    size_t chunks = rs_imputed_chunks(m), room = chunks < WAVE ? chunks : WAVE;
    struct wave w = {.m = m, .how = how, .self = self, .parts = rs_alloc((room + 1) * how->bytes)};
    bool good = true;
    for (; good && w.first < chunks; w.first += WAVE) {
        size_t n = chunks - w.first < WAVE ? chunks - w.first : WAVE;
        memset(w.parts, 0, n * how->bytes);
        good = rs_parallel(threads, n, sum_chunk, &w, error);
        for (size_t i = 0; good && i < n; i++) how->join(self, total, w.parts + i * how->bytes);
    }
    free(w.parts);
    return good;
}
