/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Running a stage whole: outputs under temporary names, the ledger balanced, files renamed, stage.json last. */
#include "../base/file.h"
#include "../base/log.h"
#include "../base/version.h"
#include "stage_private.h"
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>

/* ---- outputs -------------------------------------------------------------------------------------------------- */

bool rs_run_done(struct rs_run *run, struct rs_batch *batch, struct rs_error *error) {
    for (int i = 0; i < RS_MAX_SINKS; i++) {
        if (!batch->out[i].n) continue;
        struct rs_row_writer *w = run->private_->sinks[i];
        if (!w) return rs_fail(error, RS_BUG, "%s: wrote to sink %d, which it has not", run->stage->name, i);
        if (!rs_row_writer_add(w, &batch->out[i], batch->out_rows[i], error)) return false;
    }
    rs_tally_merge(&run->tally, &batch->tally);
    return true;
}

static struct rs_view number(struct rs_arena *arena, int64_t v) { return v < 0 ? RS_NULL : rs_arena_long(arena, v); }

void rs_quarantine(const struct rs_run *run, struct rs_batch *batch, const struct rs_evidence *e) {
    struct rs_view row[QUARANTINE_COLUMNS] = {{0}};
    row[QUARANTINE_stage] = rs_cstr(run->stage->name);
    row[QUARANTINE_scope] = e->row ? RS_LIT("row") : RS_LIT("value");
    row[QUARANTINE_file_no] = rs_arena_long(&batch->arena, e->file_no < 0 ? 0 : e->file_no);
    row[QUARANTINE_record_no] = number(&batch->arena, e->record_no);
    row[QUARANTINE_line] = number(&batch->arena, e->line);
    row[QUARANTINE_segment] = number(&batch->arena, e->segment);
    row[QUARANTINE_offset] = number(&batch->arena, e->offset);
    row[QUARANTINE_field] = rs_is_null(e->field) ? RS_LIT("-") : e->field;
    row[QUARANTINE_rule] = rs_cstr(e->rule);
    struct rs_view raw = e->raw;
    if (raw.n > 256) { /* cut at a whole character */
        raw.n = 256;
        while (raw.n && ((unsigned char)raw.p[raw.n] & 0xC0) == 0x80) raw.n--;
    }
    if (raw.p && !rs_utf8_valid(raw)) raw = rs_from_windows_1252(&batch->arena, raw);
    row[QUARANTINE_raw] = raw;
    row[QUARANTINE_message] = rs_cstr(e->message);
    rs_batch_emit(batch, RS_QUARANTINE, &rs_layout_quarantine, row);
}

static bool open_sinks(struct rs_run *run, struct rs_error *error) {
    struct rs_row_writer **sinks = run->private_->sinks;
    int i = 0;
    for (const struct rs_layout *const *l = run->stage->writes; l && *l; l++, i++) {
        if (i >= RS_QUARANTINE) return rs_fail(error, RS_BUG, "%s: too many outputs", run->stage->name);
        if (!(sinks[i] = rs_row_writer_open(run->output, *l, run->compress, error))) return false;
    }
    return (sinks[RS_QUARANTINE] = rs_row_writer_open(run->output, &rs_layout_quarantine, run->compress, error)) !=
           NULL;
}

/* Sorted, so that the file does not depend on the order in which fates were met. */
static int by_entry(const void *a, const void *b) {
    const struct rs_tally_entry *x = a, *y = b;
    int c = strcmp(x->layout, y->layout);
    if (!c) c = (x->file_no > y->file_no) - (x->file_no < y->file_no);
    if (!c) c = (x->fate > y->fate) - (x->fate < y->fate);
    return c ? c : strcmp(x->reason, y->reason);
}

static bool write_ledger(struct rs_run *run, json_t *provenance, struct rs_error *error) {
    struct rs_row_writer *w = rs_row_writer_open(run->output, &rs_layout_ledger, run->compress, error);
    if (!w) return false;
    if (run->tally.n) qsort(run->tally.e, run->tally.n, sizeof *run->tally.e, by_entry);
    struct rs_buffer lines = {0};
    struct rs_arena arena = {0};
    for (size_t i = 0; i < run->tally.n; i++) {
        const struct rs_tally_entry *e = &run->tally.e[i];
        struct rs_view row[LEDGER_COLUMNS] = {[LEDGER_stage] = rs_cstr(run->stage->name),
                                              [LEDGER_layout] = rs_cstr(e->layout),
                                              [LEDGER_file_no] = rs_arena_long(&arena, e->file_no),
                                              [LEDGER_fate] = rs_cstr(rs_fate_name(e->fate)),
                                              [LEDGER_reason] = rs_cstr(e->reason),
                                              [LEDGER_rows] = rs_arena_long(&arena, (int64_t)e->rows)};
        rs_row_emit(&lines, &rs_layout_ledger, row);
    }
    bool ok = rs_row_writer_add(w, &lines, run->tally.n, error);
    rs_buffer_free(&lines);
    rs_arena_free(&arena);
    if (ok) return rs_row_writer_close(w, provenance, error);
    rs_row_writer_abort(w);
    return false;
}

static json_t *provenance_of(struct rs_run *run) {
    return json_pack("{s:s, s:i, s:s, s:O, s:O}", "stage", run->stage->name, "stage_version", run->stage->version,
                     "program", rs_program, "parameters", run->parameters, "read", run->private_->read);
}

/* Rows made are what the writers hold: counted here, so that no stage can forget. */
static void count_made(struct rs_run *run, json_t *outputs) {
    int i = 0;
    for (const struct rs_layout *const *l = run->stage->writes; l && *l; l++, i++) {
        uint64_t rows = rs_row_writer_rows(run->private_->sinks[i]);
        bool counted = false;
        for (size_t j = 0; j < run->tally.n; j++)
            counted |= run->tally.e[j].fate == RS_MADE && strcmp(run->tally.e[j].layout, (*l)->name) == 0;
        if (!counted) rs_count(&run->tally, (*l)->name, 0, RS_MADE, NULL, rows);
        json_object_set_new(outputs, (*l)->name, json_integer((json_int_t)rows));
    }
    json_object_set_new(outputs, "quarantine",
                        json_integer((json_int_t)rs_row_writer_rows(run->private_->sinks[RS_QUARANTINE])));
}

static bool write_stage_json(struct rs_run *run, const struct rs_digest *key, json_t *provenance, json_t *outputs,
                             struct rs_error *error) {
    char path[PATH_MAX], hex[65];
    if (!rs_path(path, sizeof path, error, "%s/stage.json", run->output)) return false;
    rs_hex(hex, key->b, 32);
    json_t *digests = json_object();
    json_t *rows;
    const char *name;
    bool ok = true;
    json_object_foreach(outputs, name, rows) {
        struct rs_manifest m;
        char digest[65];
        ok = ok && rs_manifest_read(run->output, rs_layout_find(name), &m, error);
        if (!ok) break;
        rs_hex(digest, m.content.b, 32);
        json_object_set_new(digests, name, json_string(digest));
    }
    json_t *j = json_pack("{s:s, s:O, s:O, s:o, s:O}", "key", hex, "provenance", provenance, "rows", outputs, "sha256",
                          digests, "results", run->results);
    char *text = json_dumps(j, JSON_INDENT(2) | JSON_SORT_KEYS | JSON_REAL_PRECISION(15));
    json_decref(j);
    ok = ok && rs_write_file(path, text, strlen(text), error);
    free(text);
    return ok;
}

static bool finish(struct rs_run *run, const struct rs_digest *key, struct rs_error *error) {
    char path[PATH_MAX];
    if (!rs_tally_balance(&run->tally, run->stage->name, error)) return false;
    if (!rs_path(path, sizeof path, error, "%s/stage.json", run->output)) return false;
    if (remove(path) != 0 && errno != ENOENT) return rs_fail_errno(error, RS_IO, "%s: cannot be replaced", path);
    json_t *provenance = provenance_of(run), *outputs = json_object();
    count_made(run, outputs);
    bool ok = write_ledger(run, provenance, error);
    for (int i = 0; ok && i < RS_MAX_SINKS; i++) {
        struct rs_row_writer *w = run->private_->sinks[i];
        run->private_->sinks[i] = NULL;
        if (w) ok = rs_row_writer_close(w, provenance, error);
    }
    json_object_set_new(outputs, "ledger", json_integer((json_int_t)run->tally.n));
    /* Without stage.json the stage has not happened: a failed gate is judged again by the next run. */
    if (ok && run->verdict.code) {
        *error = run->verdict;
        ok = false;
    }
    ok = ok && write_stage_json(run, key, provenance, outputs, error);
    json_decref(provenance);
    json_decref(outputs);
    return ok;
}

static bool ends_with(const char *s, const char *end) {
    size_t n = strlen(s), m = strlen(end);
    return n >= m && strcmp(s + n - m, end) == 0;
}

static bool is_alone(const struct rs_stage *stage, const struct rs_stage_call *call) {
    return stage->alone && call->n_inputs == 1 &&
           (ends_with(call->inputs[0], ".csv") || ends_with(call->inputs[0], ".csv.gz"));
}

static bool run_alone(const struct rs_stage *stage, const struct rs_stage_call *call, struct rs_error *error) {
    struct rs_run run;
    bool ok = rs_run_open(&run, stage, call, error);
    if (ok && !call->output) ok = rs_fail(error, RS_USAGE, "%s needs --output FILE", stage->name);
    if (ok && call->dry_run) rs_info("dry run: would read %s and write %s", call->inputs[0], call->output);
    else ok = ok && stage->alone(&run, error);
    rs_run_close(&run);
    return ok;
}

bool rs_stage_run(const struct rs_stage *stage, const struct rs_stage_call *call, struct rs_error *error) {
    struct rs_run run;
    struct rs_digest key;
    if (is_alone(stage, call)) return run_alone(stage, call, error);
    bool ok = rs_run_open(&run, stage, call, error) && rs_run_key(&run, &key, error);
    if (ok && call->dry_run) {
        char hex[65];
        rs_hex(hex, key.b, 32);
        rs_info("dry run: would write to %s; key %.16s", call->output ? call->output : "(no --output)", hex);
        goto done;
    }
    if (ok && !call->output) ok = rs_fail(error, RS_USAGE, "%s needs --output DIR", stage->name);
    ok = ok && rs_make_dirs(call->output, error);
    if (ok) rs_remove_leftovers(call->output);
    ok = ok && open_sinks(&run, error) && stage->run(&run, error) && finish(&run, &key, error);
done:
    rs_run_close(&run);
    return ok;
}

bool rs_stage_explain(const struct rs_stage *stage, const struct rs_stage_call *call, const char *what,
                      struct rs_buffer *out, struct rs_error *error) {
    struct rs_run run;
    struct rs_stage_call question = *call;
    question.asking = true;
    bool ok = rs_run_open(&run, stage, &question, error) && stage->explain(&run, what, out, error);
    rs_run_close(&run);
    return ok;
}

bool rs_stage_key(const struct rs_stage *stage, const struct rs_stage_call *call, struct rs_digest *key,
                  struct rs_error *error) {
    struct rs_run run;
    bool ok = rs_run_open(&run, stage, call, error) && rs_run_key(&run, key, error);
    rs_run_close(&run);
    return ok;
}

/* ---- rows to rows --------------------------------------------------------------------------------------------- */

struct row_stage {
    struct rs_run *run;
    struct rs_row_reader *reader;
    void *self;
    bool (*work)(void *self, const struct rs_row_reader *reader, struct rs_batch *batch, struct rs_error *error);
};

static bool next_block(void *self, struct rs_batch *batch, bool *more, struct rs_error *error) {
    struct row_stage *s = self;
    if (!rs_row_reader_block(s->reader, &batch->in, RS_BLOCK_BYTES, &batch->first_row, error)) return false;
    *more = batch->in.n > 0;
    return true;
}

static bool work_block(void *self, struct rs_batch *batch, struct rs_error *error) {
    struct row_stage *s = self;
    return s->work(s->self, s->reader, batch, error);
}

static bool done_block(void *self, struct rs_batch *batch, struct rs_error *error) {
    return rs_run_done(((struct row_stage *)self)->run, batch, error);
}

bool rs_run_rows(struct rs_run *run, const struct rs_layout *layout, void *self,
                 bool (*work)(void *, const struct rs_row_reader *, struct rs_batch *, struct rs_error *),
                 struct rs_error *error) {
    struct rs_manifest m;
    struct row_stage s = {.run = run, .self = self, .work = work};
    if (!rs_run_manifest(run, layout, &m, error) || !(s.reader = rs_row_reader_open(&m, error))) return false;
    struct rs_work w = {&s, next_block, work_block, done_block};
    bool ok = rs_work_run(&w, run->threads, error);
    rs_row_reader_close(s.reader);
    return ok;
}
