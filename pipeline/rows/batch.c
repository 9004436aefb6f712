/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A ring of batches: one thread fills and empties them in order, workers take the next filled one. With one thread
 * there are no workers, and the same calls are made one after the other. */
#include "batch.h"
#include <pthread.h>
#include <stdlib.h>

enum state { EMPTY, FILLED, WORKING, WORKED, FAILED };

struct slot {
    struct rs_batch batch;
    enum state state;
    struct rs_error error;
};

struct ring {
    const struct rs_work *work;
    struct slot *slots;
    size_t n;
    uint64_t taken, filled; /* batches given to workers; batches filled */
    bool stop;
    pthread_mutex_t lock;
    pthread_cond_t to_work, to_empty;
};

static void reset(struct rs_batch *b, uint64_t index) {
    b->index = index;
    b->in.n = 0;
    b->first_row = 0;
    b->tag = NULL;
    b->scratch.n = 0;
    rs_arena_reset(&b->arena);
    rs_tally_reset(&b->tally);
    for (int i = 0; i < RS_MAX_SINKS; i++) {
        b->out[i].n = 0;
        b->out_rows[i] = 0;
    }
}

static void free_batch(struct rs_batch *b) {
    rs_buffer_free(&b->in);
    rs_buffer_free(&b->scratch);
    rs_arena_free(&b->arena);
    rs_tally_free(&b->tally);
    for (int i = 0; i < RS_MAX_SINKS; i++) rs_buffer_free(&b->out[i]);
}

static bool run_alone(const struct rs_work *work, struct rs_error *error) {
    struct rs_batch batch = {0};
    bool ok = true, more = true;
    for (uint64_t index = 0; ok; index++) {
        reset(&batch, index);
        ok = work->next(work->self, &batch, &more, error);
        if (!ok || !more) break;
        ok = work->work(work->self, &batch, error) && work->done(work->self, &batch, error);
    }
    free_batch(&batch);
    return ok;
}

struct worker {
    struct ring *ring;
    int number;
    pthread_t thread;
};

static void *worker_main(void *arg) {
    struct worker *me = arg;
    struct ring *r = me->ring;
    pthread_mutex_lock(&r->lock);
    for (;;) {
        while (!r->stop && r->taken == r->filled) pthread_cond_wait(&r->to_work, &r->lock);
        if (r->taken == r->filled) break;
        struct slot *s = &r->slots[r->taken++ % r->n];
        s->state = WORKING;
        s->batch.worker = me->number;
        pthread_mutex_unlock(&r->lock);
        bool ok = r->work->work(r->work->self, &s->batch, &s->error);
        pthread_mutex_lock(&r->lock);
        s->state = ok ? WORKED : FAILED;
        pthread_cond_signal(&r->to_empty);
    }
    pthread_mutex_unlock(&r->lock);
    return NULL;
}

/* Waits for batch `index` and hands it on; false on its failure. */
static bool empty_one(struct ring *r, uint64_t index, struct rs_error *error) {
    struct slot *s = &r->slots[index % r->n];
    pthread_mutex_lock(&r->lock);
    while (s->state != WORKED && s->state != FAILED) pthread_cond_wait(&r->to_empty, &r->lock);
    pthread_mutex_unlock(&r->lock);
    if (s->state == FAILED) {
        *error = s->error;
        return false;
    }
    s->state = EMPTY;
    return r->work->done(r->work->self, &s->batch, error);
}

static bool pump(struct ring *r, struct rs_error *error) {
    uint64_t emptied = 0;
    bool more = true;
    for (;;) {
        while (more && r->filled - emptied < r->n) {
            struct slot *s = &r->slots[r->filled % r->n];
            reset(&s->batch, r->filled);
            if (!r->work->next(r->work->self, &s->batch, &more, error)) return false;
            if (!more) break;
            pthread_mutex_lock(&r->lock);
            s->state = FILLED;
            r->filled++;
            pthread_cond_signal(&r->to_work);
            pthread_mutex_unlock(&r->lock);
        }
        if (emptied == r->filled) return true;
        if (!empty_one(r, emptied, error)) return false;
        emptied++;
    }
}

bool rs_work_run(const struct rs_work *work, int threads, struct rs_error *error) {
    if (threads <= 1) return run_alone(work, error);
    struct ring r = {.work = work,
                     .n = (size_t)threads + 2,
                     .lock = PTHREAD_MUTEX_INITIALIZER,
                     .to_work = PTHREAD_COND_INITIALIZER,
                     .to_empty = PTHREAD_COND_INITIALIZER};
    r.slots = rs_alloc(r.n * sizeof *r.slots);
    struct worker *workers = rs_alloc((size_t)threads * sizeof *workers);
    int started = 0;
    bool ok = true;
    for (; started < threads; started++) {
        workers[started] = (struct worker){.ring = &r, .number = started};
        if (pthread_create(&workers[started].thread, NULL, worker_main, &workers[started]) != 0) break;
    }
    if (started == 0) ok = rs_fail(error, RS_IO, "cannot start a thread");
    ok = ok && pump(&r, error);
    pthread_mutex_lock(&r.lock);
    r.stop = true;
    if (!ok) r.taken = r.filled; /* what is not begun is left */
    pthread_cond_broadcast(&r.to_work);
    pthread_mutex_unlock(&r.lock);
    for (int i = 0; i < started; i++) pthread_join(workers[i].thread, NULL);
    for (size_t i = 0; i < r.n; i++) free_batch(&r.slots[i].batch);
    free(r.slots);
    free(workers);
    return ok;
}
