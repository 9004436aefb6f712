/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A ring of batches: one thread fills them in order, workers take the next filled one, the caller's thread empties them in
 * order. Filling and emptying are apart because both hash what they read and write, and would else hold up the workers. With
 * one thread there are no others, and the same calls are made one after the other. */
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
    bool ended, stop;       /* no more is filled; all is to end */
    bool failed;            /* filling, behind the last batch filled */
    struct rs_error error;  /* then: how */
    pthread_mutex_t lock;
    pthread_cond_t to_fill, to_work, to_empty;
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

/* Fills batch `index` once its slot is empty; false where there is no more to fill. */
static bool fill_one(struct ring *r, uint64_t index) {
    struct slot *s = &r->slots[index % r->n];
    struct rs_error error = {0};
    bool more = true;
    pthread_mutex_lock(&r->lock);
    while (!r->stop && s->state != EMPTY) pthread_cond_wait(&r->to_fill, &r->lock);
    bool stop = r->stop;
    pthread_mutex_unlock(&r->lock);
    if (stop) return false;
    reset(&s->batch, index);
    bool ok = r->work->next(r->work->self, &s->batch, &more, &error);
    pthread_mutex_lock(&r->lock);
    if (ok && more) {
        s->state = FILLED;
        r->filled++;
        pthread_cond_signal(&r->to_work);
    } else {
        r->ended = true;
        r->failed = !ok;
        r->error = error;
        pthread_cond_signal(&r->to_empty);
    }
    pthread_mutex_unlock(&r->lock);
    return ok && more;
}

static void *filler_main(void *arg) {
    uint64_t index = 0;
    while (fill_one(arg, index)) index++;
    return NULL;
}

/* Waits for batch `index` and hands it on; *more = false where there is none. */
static bool empty_one(struct ring *r, uint64_t index, bool *more, struct rs_error *error) {
    struct slot *s = &r->slots[index % r->n];
    pthread_mutex_lock(&r->lock);
    while (index < r->filled ? s->state != WORKED && s->state != FAILED : !r->ended)
        pthread_cond_wait(&r->to_empty, &r->lock);
    *more = index < r->filled;
    pthread_mutex_unlock(&r->lock);
    if (!*more) {
        if (r->failed) *error = r->error;
        return !r->failed;
    }
    if (s->state == FAILED) {
        *error = s->error;
        return false;
    }
    if (!r->work->done(r->work->self, &s->batch, error)) return false;
    pthread_mutex_lock(&r->lock);
    s->state = EMPTY;
    pthread_cond_signal(&r->to_fill);
    pthread_mutex_unlock(&r->lock);
    return true;
}

static void free_ring(struct ring *r) {
    for (size_t i = 0; i < r->n; i++) free_batch(&r->slots[i].batch);
    free(r->slots);
    pthread_mutex_destroy(&r->lock);
    pthread_cond_destroy(&r->to_fill);
    pthread_cond_destroy(&r->to_work);
    pthread_cond_destroy(&r->to_empty);
}

bool rs_work_run(const struct rs_work *work, int threads, struct rs_error *error) {
    if (threads <= 1) return run_alone(work, error);
    struct ring r = {.work = work, .n = (size_t)threads + 2, .lock = PTHREAD_MUTEX_INITIALIZER,
                     .to_fill = PTHREAD_COND_INITIALIZER, .to_work = PTHREAD_COND_INITIALIZER,
                     .to_empty = PTHREAD_COND_INITIALIZER};
    r.slots = rs_alloc(r.n * sizeof *r.slots);
    struct worker *workers = rs_alloc((size_t)threads * sizeof *workers);
    pthread_t filler;
    int started = 0;
    for (; started < threads; started++) {
        workers[started] = (struct worker){.ring = &r, .number = started};
        if (pthread_create(&workers[started].thread, NULL, worker_main, &workers[started]) != 0) break;
    }
    bool filling = started > 0 && pthread_create(&filler, NULL, filler_main, &r) == 0, more = true;
    bool ok = filling || rs_fail(error, RS_IO, "cannot start a thread");
    for (uint64_t index = 0; ok && more; index++) ok = empty_one(&r, index, &more, error);
    pthread_mutex_lock(&r.lock);
    r.stop = true;
    if (!ok) r.taken = r.filled; /* what is not begun is left */
    pthread_cond_broadcast(&r.to_work);
    pthread_cond_broadcast(&r.to_fill);
    pthread_mutex_unlock(&r.lock);
    if (filling) pthread_join(filler, NULL);
    for (int i = 0; i < started; i++) pthread_join(workers[i].thread, NULL);
    free_ring(&r);
    free(workers);
    return ok;
}
