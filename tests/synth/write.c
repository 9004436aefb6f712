/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Makes blocks of members in any thread and writes them in order, into files that appear whole. */
#include <limits.h>
#include <stdlib.h>
#include <unistd.h>
#include <zlib.h>
#include "files.h"
#include "pen.h"
#include "pipeline/base/file.h"
#include "pipeline/rows/batch.h"

enum sink { PLAN, EHR, ROSTER, MEASURES, TRUTH, SINKS };
static const char *const sink_names[SINKS] = {"plan_834.edi", "ehr_patients.ndjson", "clinic_roster.csv",
                                              "measures.csv", "truth/truth.tsv"};

struct writing {
    const struct rs_synth_world *w;
    struct rs_out *out[SINKS];
    uint64_t next; /* first member of the next block */
    struct rs_synth_rates_sum sum;
};

/* One whole gzip member in place of the bytes: members one after the other are a gzip file. */
static bool compress_in_place(struct rs_buffer *b, struct rs_buffer *room, struct rs_error *error) {
    z_stream z = {0};
    if (!b->n) return true;
    if (deflateInit2(&z, 1, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY) != Z_OK)
        return rs_fail(error, RS_IO, "zlib cannot begin: out of memory");
    room->n = 0;
    rs_buffer_reserve(room, deflateBound(&z, b->n));
    z.next_in = (Bytef *)b->p;
    z.avail_in = (uInt)b->n;
    z.next_out = (Bytef *)room->p;
    z.avail_out = (uInt)room->room;
    int status = deflate(&z, Z_FINISH);
    room->n = z.total_out;
    deflateEnd(&z);
    if (status != Z_STREAM_END) return rs_fail(error, RS_BUG, "zlib gave %d for a block of %zu bytes", status, b->n);
    struct rs_buffer full = *b;
    *b = *room;
    *room = full;
    return true;
}

static bool next_block(void *self, struct rs_batch *batch, bool *more, struct rs_error *error) {
    struct writing *x = self;
    (void)error;
    *more = x->next < x->w->options->members;
    batch->first_row = x->next;
    x->next += RS_SYNTH_BLOCK;
    return true;
}

static void write_member(const struct rs_synth_world *w, struct rs_batch *batch, struct rs_synth_person *p,
                         unsigned *segments, struct rs_synth_rates_sum *sum) {
    if (p->in_plan) rs_put_834(&batch->out[PLAN], w, p, segments);
    if (p->in_ehr) rs_put_fhir(&batch->out[EHR], w, p);
    if (p->in_roster) rs_put_roster(&batch->out[ROSTER], w, p);
    if (p->in_plan) sum->measures += rs_put_measures(&batch->out[MEASURES], w, p);
    rs_put_truth(&batch->out[TRUTH], w, p);
    rs_synth_sum_add(sum, p);
}

static bool make_block(void *self, struct rs_batch *batch, struct rs_error *error) {
    const struct rs_synth_world *w = ((struct writing *)self)->w;
    uint64_t first = batch->first_row, set = first / RS_SYNTH_BLOCK + 1, left = w->options->members - first;
    int n = left < RS_SYNTH_BLOCK ? (int)left : RS_SYNTH_BLOCK;
    struct rs_synth_person *household = rs_arena_alloc(&batch->arena, 8 * sizeof *household);
    struct rs_synth_rates_sum *sum = rs_arena_alloc(&batch->arena, sizeof *sum);
    unsigned segments = 0;
    rs_put_834_set(&batch->out[PLAN], set, w->options->as_of, &segments);
    for (int i = 0; i < n;) {
        int room = n - i < 8 ? n - i : 8, size = rs_synth_household(w, first + (uint64_t)i, room, household);
        for (int k = 0; k < size; k++) write_member(w, batch, &household[k], &segments, sum);
        i += size;
    }
    rs_put_834_set_end(&batch->out[PLAN], set, segments);
    batch->tag = sum;
    bool ok = true;
    for (int s = 0; ok && w->options->gzip && s < TRUTH; s++)
        ok = compress_in_place(&batch->out[s], &batch->scratch, error);
    return ok;
}

static bool write_block(void *self, struct rs_batch *batch, struct rs_error *error) {
    struct writing *x = self;
    for (int s = 0; s < SINKS; s++)
        if (!rs_out_write(x->out[s], batch->out[s].p, batch->out[s].n, error)) return false;
    rs_synth_sum_merge(&x->sum, batch->tag);
    return true;
}

/* Bytes outside the blocks: headers and the envelope's end. */
static bool write_apart(struct writing *x, enum sink s, struct rs_buffer *text, struct rs_error *error) {
    struct rs_buffer room = {0};
    bool ok = !x->w->options->gzip || s == TRUTH || compress_in_place(text, &room, error);
    ok = ok && rs_out_write(x->out[s], text->p, text->n, error);
    rs_buffer_free(&room);
    text->n = 0;
    return ok;
}

static bool write_heads(struct writing *x, struct rs_error *error) {
    struct rs_buffer text = {0};
    rs_put_834_begin(&text, x->w->options->as_of);
    bool ok = write_apart(x, PLAN, &text, error);
    rs_put_c(&text, rs_roster_header);
    ok = ok && write_apart(x, ROSTER, &text, error);
    rs_put_c(&text, rs_measures_header);
    ok = ok && write_apart(x, MEASURES, &text, error);
    rs_put_truth_header(&text, x->w);
    ok = ok && write_apart(x, TRUTH, &text, error);
    rs_buffer_free(&text);
    return ok;
}

static bool write_end(struct writing *x, struct rs_error *error) {
    struct rs_buffer text = {0};
    rs_put_834_end(&text, (x->w->options->members + RS_SYNTH_BLOCK - 1) / RS_SYNTH_BLOCK);
    bool ok = write_apart(x, PLAN, &text, error);
    rs_buffer_free(&text);
    return ok;
}

static bool open_all(struct writing *x, struct rs_error *error) {
    const struct rs_synth_options *o = x->w->options;
    char path[PATH_MAX];
    if (!rs_path(path, sizeof path, error, "%s/truth", o->output) || !rs_make_dirs(path, error)) return false;
    /* a configuration of an earlier sample must not stand beside half of this one */
    if (!rs_path(path, sizeof path, error, "%s/relsogi.yaml", o->output)) return false;
    unlink(path);
    for (int s = 0; s < SINKS; s++) {
        bool gzip = o->gzip && s != TRUTH;
        if (!rs_path(path, sizeof path, error, "%s/%s%s", o->output, sink_names[s], gzip ? ".gz" : "") ||
            !(x->out[s] = rs_out_open(path, error)))
            return false;
    }
    return true;
}

static bool commit_all(struct writing *x, struct rs_error *error) {
    for (int s = 0; s < SINKS; s++) {
        struct rs_out *out = x->out[s];
        x->out[s] = NULL;
        if (!rs_out_commit(out, error)) return false;
    }
    return true;
}

bool rs_synth_write(const struct rs_synth_options *options, struct rs_error *error) {
    struct rs_synth_world *w = rs_synth_world_new(options, error);
    if (!w) return false;
    struct writing *x = rs_alloc(sizeof *x);
    x->w = w;
    struct rs_work work = {.self = x, .next = next_block, .work = make_block, .done = write_block};
    bool ok = open_all(x, error) && write_heads(x, error) && rs_work_run(&work, options->threads, error) &&
              write_end(x, error) && commit_all(x, error) && rs_synth_write_notes(w, &x->sum, error);
    for (int s = 0; s < SINKS; s++)
        if (x->out[s]) rs_out_abort(x->out[s]);
    free(x);
    rs_synth_world_free(w);
    return ok;
}
