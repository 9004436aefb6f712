/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Walking over blocks and partitions, and the table of sources. */
#include "state.h"
#include <stdlib.h>

/* ---- sources ----------------------------------------------------------------------------------------------------- */

static int find_source(const struct rs_rc *rc, struct rs_view name) {
    for (size_t i = 0; i < rc->n_sources; i++)
        if (rs_eq_c(name, rc->source_names[i])) return (int)i;
    return -1;
}

bool rs_rc_source_number(struct rs_rc *rc, struct rs_view name, uint16_t *out, struct rs_error *error) {
    pthread_rwlock_rdlock(&rc->sources_lock);
    int at = find_source(rc, name);
    pthread_rwlock_unlock(&rc->sources_lock);
    if (at < 0) {
        pthread_rwlock_wrlock(&rc->sources_lock);
        at = find_source(rc, name);
        if (at < 0 && rc->n_sources < UINT16_MAX) {
            if (rc->n_sources == rc->room_sources) {
                rc->room_sources = rc->room_sources ? rc->room_sources * 2 : 16;
                rc->source_names = rs_realloc(rc->source_names, rc->room_sources * sizeof *rc->source_names);
            }
            char *copy = rs_alloc(name.n + 1);
            memcpy(copy, name.p, name.n);
            rc->source_names[rc->n_sources] = copy;
            at = (int)rc->n_sources++;
        }
        pthread_rwlock_unlock(&rc->sources_lock);
    }
    if (at < 0)
        return rs_fail(error, RS_DATA, "more than %d sources: is the column source what it should be?", UINT16_MAX);
    *out = (uint16_t)at;
    return true;
}

struct ranked_name {
    const char *name;
    size_t configured, arrival;
};

static int by_rank(const void *a, const void *b) {
    const struct ranked_name *x = a, *y = b;
    if (x->configured != y->configured) return x->configured < y->configured ? -1 : 1;
    return strcmp(x->name, y->name);
}

void rs_rc_sources_sort(struct rs_rc *rc) {
    struct ranked_name *names = rs_alloc((rc->n_sources + 1) * sizeof *names);
    rc->source_rank = rs_alloc((rc->n_sources + 1) * sizeof *rc->source_rank);
    rc->ranked = 0;
    for (size_t i = 0; i < rc->n_sources; i++) {
        size_t k = 0;
        while (k < rc->n_rank_names && strcmp(rc->rank_names[k], rc->source_names[i]) != 0) k++;
        names[i] = (struct ranked_name){rc->source_names[i], k, i};
        rc->ranked += k < rc->n_rank_names;
    }
    qsort(names, rc->n_sources, sizeof *names, by_rank);
    for (size_t i = 0; i < rc->n_sources; i++) {
        rc->source_names[i] = names[i].name;
        rc->source_rank[names[i].arrival] = (uint16_t)i;
    }
    free(names);
}

struct rs_view rs_rc_source_name(const struct rs_rc *rc, uint16_t rank) { return rs_cstr(rc->source_names[rank]); }

/* ---- spills ------------------------------------------------------------------------------------------------------ */

bool rs_rc_spill_open(struct rs_rc *rc, int slot, struct rs_error *error) {
    rs_rc_spill_close(rc, slot);
    rc->spills[slot] = rs_spill_open(rc->run->output, error);
    return rc->spills[slot] != NULL;
}

bool rs_rc_spill_seal(struct rs_rc *rc, int slot, struct rs_error *error) {
    return rs_spill_seal(rc->spills[slot], error);
}

void rs_rc_spill_close(struct rs_rc *rc, int slot) {
    rs_spill_close(rc->spills[slot]);
    rc->spills[slot] = NULL;
}

/* ---- passes ------------------------------------------------------------------------------------------------------ */

struct pass {
    struct rs_rc *rc;
    rs_rc_work *work;
    rs_rc_block *block;
    struct rs_row_reader *reader;
};

static bool next_partition(void *self, struct rs_batch *batch, bool *more, struct rs_error *error) {
    (void)self;
    (void)error;
    *more = batch->index < RS_PARTITIONS;
    return true;
}

static bool work_partition(void *self, struct rs_batch *batch, struct rs_error *error) {
    struct pass *p = self;
    bool changed = false;
    bool ok = p->work(p->rc, (int)batch->index, batch, &changed, error);
    batch->note[0] = changed;
    rs_arena_reset(rs_rc_arena(p->rc, batch));
    return ok;
}

static bool done(void *self, struct rs_batch *batch, struct rs_error *error) {
    struct pass *p = self;
    if (p->work && batch->note[0]) p->rc->changed = true;
    return rs_rc_items_drain(&batch->scratch, p->rc->spills, error) && rs_run_done(p->rc->run, batch, error);
}

bool rs_rc_partitions(struct rs_rc *rc, rs_rc_work *work, struct rs_error *error) {
    struct pass pass = {.rc = rc, .work = work};
    const struct rs_work calls = {&pass, next_partition, work_partition, done};
    rc->changed = false;
    return rs_work_run(&calls, rc->run->threads, error);
}

static bool next_block(void *self, struct rs_batch *batch, bool *more, struct rs_error *error) {
    struct pass *p = self;
    if (!rs_row_reader_block(p->reader, &batch->in, RS_BLOCK_BYTES, &batch->first_row, error)) return false;
    *more = batch->in.n > 0;
    return true;
}

static bool work_block(void *self, struct rs_batch *batch, struct rs_error *error) {
    struct pass *p = self;
    bool ok = p->block(p->rc, p->reader, batch, error);
    rs_arena_reset(rs_rc_arena(p->rc, batch));
    return ok;
}

bool rs_rc_rows(struct rs_rc *rc, const struct rs_manifest *m, rs_rc_block *work, struct rs_error *error) {
    struct pass pass = {.rc = rc, .block = work, .reader = rs_row_reader_open(m, error)};
    if (!pass.reader) return false;
    const struct rs_work calls = {&pass, next_block, work_block, done};
    bool ok = rs_work_run(&calls, rc->run->threads, error);
    rs_row_reader_close(pass.reader);
    return ok;
}
