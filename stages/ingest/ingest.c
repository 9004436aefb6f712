/* SPDX-License-Identifier: GPL-3.0-or-later */
/* ingest: payer and EHR extracts to row files. Reads 834, FHIR NDJSON and CSV files as their source profiles say; writes
 * file, record, identifier, coverage, assertion, measure_event, quarantine and ledger, in canonical order of files.
 *
 * Invariants: every input row has one fate; every output row says file, line or segment, and byte; values are raw. */
#include <stdlib.h>
#include "formats.h"
#include "change.h"
#include "csv.h"
#include "json.h"
#include "pipeline/base/date.h"
#include "pipeline/base/log.h"
#include "reader.h"

struct ingest {
    struct rs_run *run;
    struct rs_sources sources;
    struct rs_reader reader;
    struct rs_change *change;
    struct rs_worker *workers;
};

/* ---- workers -------------------------------------------------------------------------------------------------- */

static void worker_start(struct rs_worker *w, const struct rs_site_key *key) {
    w->hmac = rs_hmac_new(key);
    w->member = rs_834_member_new();
    w->json = rs_json_new();
    w->csv = rs_alloc(sizeof *w->csv);
}

static void worker_free(struct rs_worker *w) {
    rs_hmac_free(w->hmac);
    rs_834_member_free(w->member);
    rs_json_free(w->json);
    if (w->csv) rs_csv_fields_free(w->csv);
    free(w->csv);
}

/* ---- blocks --------------------------------------------------------------------------------------------------- */

static bool next(void *self, struct rs_batch *batch, bool *more, struct rs_error *error) {
    struct ingest *in = self;
    return rs_reader_next(&in->reader, batch, more, error);
}

static bool work(void *self, struct rs_batch *batch, struct rs_error *error) {
    struct ingest *in = self;
    struct rs_worker *w = &in->workers[batch->worker];
    struct rs_rows rows;
    (void)error;
    rs_rows_begin(&rows, in->run, batch, w->hmac);
    switch (rows.block->source->profile->format) {
    case RS_X12_834: rs_read_834(&rows, w); break;
    case RS_FHIR: rs_read_fhir(&rows, w); break;
    case RS_HL7V2: rs_read_hl7(&rows, w); break;
    default: rs_read_csv(&rows, w);
    }
    return true;
}

static bool done(void *self, struct rs_batch *batch, struct rs_error *error) {
    struct ingest *in = self;
    const struct rs_block *block = (const struct rs_block *)(const void *)batch->note;
    if (block->converted) block->source->converted = true;
    return rs_change_block(in->change, batch, error) && rs_run_done(in->run, batch, error);
}

/* ---- files ---------------------------------------------------------------------------------------------------- */

static struct rs_view hex(struct rs_arena *arena, const struct rs_digest *d) {
    char text[65];
    rs_hex(text, d->b, 32);
    return rs_view(rs_arena_copy(arena, text, 64), 64);
}

/* Columns of a CSV's header that the profile reads, and those it does not know. */
static void count_columns(struct rs_batch *batch, const struct rs_source *s) {
    uint64_t read = 0;
    if (!s->fields) return;
    for (size_t f = 0; f < s->n_fields; f++) {
        size_t c = 0;
        while (c < s->profile->n_columns && s->fields[c] != (int)f) c++;
        read += c < s->profile->n_columns;
    }
    rs_count(&batch->tally, "csv_column", s->file_no, RS_READ, "-", s->n_fields);
    if (read) rs_count(&batch->tally, "csv_column", s->file_no, RS_MERGED, "-", read);
    if (read < s->n_fields) rs_count(&batch->tally, "csv_column", s->file_no, RS_IGNORED, "not in the profile", s->n_fields - read);
}

/* One row a file, once all were read: how it was encoded and how many rows it held is known only then. */
static bool put_files(struct ingest *in, struct rs_error *error) {
    struct rs_batch batch = {0};
    for (size_t i = 0; i < in->sources.n; i++) {
        const struct rs_source *s = &in->sources.s[i];
        struct rs_view row[FILE_COLUMNS] = {
            [FILE_file_no] = rs_arena_long(&batch.arena, s->file_no), [FILE_source] = s->source,
            [FILE_profile] = s->profile->name, [FILE_profile_sha256] = hex(&batch.arena, &s->profile->sha256),
            [FILE_format] = rs_cstr(rs_format_name(s->profile->format)), [FILE_name] = s->name,
            [FILE_file_date] = s->has_date ? rs_day_text(&batch.arena, s->date) : RS_NULL,
            [FILE_bytes] = rs_arena_long(&batch.arena, (int64_t)s->bytes), [FILE_sha256] = hex(&batch.arena, &s->sha256),
            [FILE_encoding] = s->converted ? RS_LIT("windows-1252") : RS_LIT("utf-8"),
            [FILE_compression] = s->gzip ? RS_LIT("gzip") : RS_LIT("none"),
            [FILE_records] = rs_arena_long(&batch.arena, (int64_t)s->records), [FILE_carried] = RS_LIT("N"),
            [FILE_effective_date] = s->has_effective ? rs_day_text(&batch.arena, s->effective) : RS_NULL,
            [FILE_extent] = s->profile->format != RS_X12_834 ? RS_NULL : s->full ? RS_LIT("full") : RS_LIT("change")};
        rs_batch_emit(&batch, SINK_FILE, &rs_layout_file, row);
        count_columns(&batch, s);
    }
    rs_change_put_files(in->change, &batch);
    bool ok = rs_run_done(in->run, &batch, error);
    for (int i = 0; i < RS_MAX_SINKS; i++) rs_buffer_free(&batch.out[i]);
    rs_tally_free(&batch.tally);
    rs_arena_free(&batch.arena);
    return ok;
}

static void note_results(struct ingest *in) {
    uint64_t records = 0, bytes = 0;
    for (size_t i = 0; i < in->sources.n; i++) {
        records += in->sources.s[i].records;
        bytes += in->sources.s[i].bytes;
    }
    json_t *results = in->run->results;
    json_object_set_new(results, "files", json_integer((json_int_t)in->sources.n));
    json_object_set_new(results, "files_repeated", json_integer((json_int_t)in->sources.repeated));
    json_object_set_new(results, "input_rows", json_integer((json_int_t)records));
    json_object_set_new(results, "input_bytes", json_integer((json_int_t)bytes));
    rs_info("%zu files, %llu input rows", in->sources.n, (unsigned long long)records);
}

/* ---- the stage ------------------------------------------------------------------------------------------------ */

/* What decides the bytes that come out: files, how each is read, and the site key (its keyed digest of a constant). */
static bool add_inputs(struct rs_run *run, json_t *hashes, struct rs_error *error) {
    struct rs_sources sources = {0};
    struct rs_site_key key;
    bool ok = rs_run_site_key(run, &key, error) && rs_sources_find(run, &sources, error);
    json_t *list = json_array(), *known = json_object();
    struct rs_arena arena = {0};
    for (size_t i = 0; ok && i < sources.n; i++) {
        const struct rs_source *s = &sources.s[i];
        const char *sha = hex(&arena, &s->sha256).p;
        const char *day = s->has_date ? rs_day_text(&arena, s->date).p : "";
        json_array_append_new(list, json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:s}", "name", s->name.p, "sha256", sha,
                                              "profile", s->profile->name.p, "profile_sha256",
                                              hex(&arena, &s->profile->sha256).p, "source", s->source.p, "of_source",
                                              s->of_source.p ? s->of_source.p : "", "date", day));
        json_object_set_new(known, s->path, json_pack("{s:s, s:I}", "sha256", sha, "bytes", (json_int_t)s->bytes));
    }
    if (ok) {
        struct rs_hmac *hmac = rs_hmac_new(&key);
        struct rs_view part = RS_LIT("relsogi site key");
        json_t *check = json_string(rs_key_text(&arena, rs_hmac_key(hmac, &part, 1)).p);
        json_object_set(hashes, "site_key", check);
        json_object_set_new(run->parameters, "site_key", check); /* tells a prior run of another key apart */
        rs_hmac_free(hmac);
        json_object_set(hashes, "files", list);
        json_object_set(run->parameters, "files", list);
        json_object_set(run->results, "hashed", known); /* so that the run does not hash them again */
    }
    json_decref(list);
    json_decref(known);
    rs_arena_free(&arena);
    rs_sources_free(&sources);
    return ok;
}

static bool run_ingest(struct rs_run *run, struct rs_error *error) {
    struct ingest in = {.run = run};
    struct rs_site_key key;
    struct rs_work w = {&in, next, work, done};
    int threads = run->threads < 1 ? 1 : run->threads;
    bool ok = rs_run_site_key(run, &key, error) && rs_sources_find(run, &in.sources, error) &&
              rs_change_plan(run, &in.sources, &in.change, error);
    json_object_del(run->results, "hashed");
    rs_sources_tell(&in.sources); /* the key was made of them before: said once, here */
    if (ok) {
        in.reader.sources = &in.sources;
        in.workers = rs_alloc((size_t)threads * sizeof *in.workers);
        for (int i = 0; i < threads; i++) worker_start(&in.workers[i], &key);
        ok = rs_work_run(&w, threads, error) && rs_change_finish(in.change, threads, error) && put_files(&in, error);
        for (int i = 0; i < threads; i++) worker_free(&in.workers[i]);
    }
    if (ok) note_results(&in);
    free(in.workers);
    rs_reader_close(&in.reader);
    rs_change_free(in.change);
    rs_sources_free(&in.sources);
    return ok;
}

static const struct rs_layout *const writes[] = {&rs_layout_file, &rs_layout_record, &rs_layout_identifier,
                                                 &rs_layout_coverage, &rs_layout_assertion, &rs_layout_measure_event,
                                                 NULL};
static const struct rs_layout *const reads[] = {NULL};
static const char *const after[] = {NULL};
static const struct rs_option options[] = {
    {"profile", "NAME", NULL, "Source profile for the files given with --input: a name in schemas/profiles, or a YAML file."},
    {"source", "NAME", NULL, "Name of the source, where the profile is a general one. Part of every record key."},
    {"of-source", "NAME", NULL, "For measure files: the source whose member ids they hold."},
    {0}};

const struct rs_stage rs_stage_ingest = {
    .name = "ingest",
    .version = 8, /* 8: corrected names and birth dates of dependents, and ends without one; 7: surplus elements, order within a day, more forms of dates; 6: extensions, elements and columns that no rule reads are in the ledger */
    .about = "read payer and EHR extracts into row files",
    .description =
        "Reads X12 834 enrolment files (005010X220A1, tolerant of 004010X095A1), FHIR R4 as NDJSON, Bundles or "
        "single resources (Patient, Observation of codes that the profile names, Coverage, RelatedPerson, individual "
        "MeasureReport), HL7 v2.3 to 2.8 messages with a PID, CSV by source profile, and "
        "member-level measure results; plain or gzip. What a sender's fields mean is said by a source profile.\n\n"
        "Which files: the configuration's *sources*, a list of {profile, files} with optional source, of_source and "
        "file_date; or --profile with --input FILE. Paths are relative to the configuration; files may be globs. The "
        "same bytes under the same profile and source, packed or not, are taken once. Files are numbered in canonical order (profile, "
        "file date and time, SHA-256), so that the order in which they are given makes no difference.\n\n"
        "The record key is HMAC-SHA-256(site key, source, member id), its first 128 bits. A row without a usable "
        "member id is rejected; a bad value is set to null and the row goes on; both go to quarantine with file, line or "
        "segment, and byte. Envelope counts that do not match (SE01, GE01, IEA01) are findings there, not failures. "
        "Values are written as sent: later stages normalise and map them.\n\n"
        "A run is a full snapshot. An 834 that holds only changes (INS03 021, 001, 024, 025; profile key mode) is applied to "
        "the rows of the same source in --prior, the ingest directory of an earlier run, or to a full file read with it: "
        "members it does not mention are carried with their place in the file they came in, what a row is silent on stands, "
        "and coverage spans follow HD01. A dependent without a number keeps the key when NM1*70 says that name or birth date are corrected. A full file (BGN08 4 or RX; INS03 030 where there is no BGN08) replaces, and is compared with the prior "
        "rows; members missing or different are findings in quarantine.\n\n"
        "Bytes that are no UTF-8 are taken for Windows-1252 and converted; column encoding of layout file says so.",
    .examples = "Files of one sender, without sources in a configuration:\n\n"
                "\t*relsogi-ingest --config plan.yaml --profile 834-5010 --source acme --input acme.834 --output ingested*\n\n"
                "All sources of a plan:\n\n\t*relsogi-ingest --config plan.yaml --output ingested*\n\n"
                "The next day's change files on it:\n\n"
                "\t*relsogi-ingest --config plan.yaml --prior ingested --output ingested-next*",
    .reads = reads,
    .writes = writes,
    .after = after,
    .options = options,
    .needs_config = true,
    .inputs = add_inputs,
    .run = run_ingest,
};
