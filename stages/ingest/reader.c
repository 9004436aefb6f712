/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Cutting: the serial part of reading, hence kept to counting and to finding where records begin. */
#include "reader.h"
#include "csv.h"
#include "csv_rows.h"
#include "fhir_walk.h"
#include "pipeline/base/log.h"

static bool fill(struct rs_reader *r, size_t want, struct rs_error *error) {
    while (!r->ended && r->data.n < want) {
        size_t got;
        char *room = rs_buffer_reserve(&r->data, want - r->data.n);
        if (!rs_in_read(r->in, room, want - r->data.n, &got, error)) return false;
        r->data.n += got;
        r->ended = got == 0;
    }
    return true;
}

static void drop(struct rs_reader *r, size_t n) {
    r->line += rs_count_byte(r->data.p, n, '\n');
    r->offset += n;
    r->data.n -= n;
    memmove(r->data.p, r->data.p + n, r->data.n);
}

/* ---- the first bytes of a file -------------------------------------------------------------------------------- */

static bool starts_with(const struct rs_reader *r, const char *bytes, size_t n) {
    return r->data.n >= n && memcmp(r->data.p, bytes, n) == 0;
}

static bool begin_x12(struct rs_reader *r, const struct rs_source *s, struct rs_error *error) {
    struct rs_view text = rs_view(r->data.p, r->data.n);
    struct rs_x12_env env;
    size_t length;
    while (rs_has(text) && memchr(" \t\r\n", text.p[0], 4)) text.p++, text.n--;
    if (!rs_has(text) || rs_x12_isa(text.p, text.n, &env, &length)) return true;
    return rs_fail(error, RS_DATA,
                   "%s: byte %llu: does not begin with a whole ISA segment, so it is no X12 interchange; is %s the right "
                   "profile?",
                   s->path, (unsigned long long)(r->offset + r->data.n - text.n), s->profile->name.p);
}

static bool begin_hl7(const struct rs_reader *r, const struct rs_source *s, struct rs_error *error) {
    struct rs_view text = rs_view(r->data.p, r->data.n);
    while (rs_has(text) && memchr(" \t\r\n\x0b", text.p[0], 5)) text.p++, text.n--;
    if (!rs_has(text) || rs_hl7_begins(text.p, text.n)) return true;
    return rs_fail(error, RS_DATA,
                   "%s: byte %llu: does not begin with an MSH, FHS or BHS segment, so it is no HL7 v2 file; is %s the right "
                   "profile?",
                   s->path, (unsigned long long)(r->offset + r->data.n - text.n), s->profile->name.p);
}

static bool begin_csv(struct rs_reader *r, struct rs_source *s, struct rs_error *error) {
    size_t length;
    enum rs_csv_end how = rs_csv_record(r->data.p, r->data.n, s->profile->delimiter, r->ended, &length);
    if (!r->data.n) return true;
    if (how != RS_CSV_RECORD)
        return rs_fail(error, RS_DATA, "%s: line 1: no header line, or a quote in it is never closed", s->path);
    if (rs_csv_lone_return(r->data.p, length))
        return rs_fail(error, RS_DATA,
                       "%s: line 1: lines end in CR alone, so that the file is one line; convert it first: tr '\\r' '\\n'", s->path);
    if (!rs_csv_header(s, r->data.p, length, error)) return false;
    drop(r, length);
    return true;
}

static bool begin_file(struct rs_reader *r, struct rs_source *s, struct rs_error *error) {
    r->offset = r->record_no = 0;
    r->line = 1;
    r->ended = false;
    r->data.n = 0;
    r->cutter = (struct rs_x12_cutter){0};
    r->hl7 = (struct rs_hl7_cutter){0};
    if (!(r->in = rs_in_open(s->path, error))) return false;
    rs_in_hash(r->in);
    if (!fill(r, RS_BLOCK_BYTES, error)) return false;
    s->gzip = rs_in_is_gzip(r->in);
    if (starts_with(r, "\xFF\xFE", 2) || starts_with(r, "\xFE\xFF", 2))
        return rs_fail(error, RS_DATA, "%s: is UTF-16; convert it first: iconv -f UTF-16 -t UTF-8", s->path);
    if (starts_with(r, "\xEF\xBB\xBF", 3)) drop(r, 3);
    if (s->profile->format == RS_X12_834) return begin_x12(r, s, error);
    if (s->profile->format == RS_HL7V2) return begin_hl7(r, s, error);
    if (s->profile->format != RS_FHIR) return begin_csv(r, s, error);
    r->documents = rs_fhir_documents(r->data.p, r->data.n, r->ended);
    r->in_entries = false;
    return true;
}

/* The digest was taken before reading: it decided the order of files and whether to run at all. */
static bool end_file(struct rs_reader *r, struct rs_source *s, struct rs_error *error) {
    struct rs_digest read;
    rs_in_digest(r->in, &read);
    if (memcmp(read.b, s->sha256.b, sizeof read.b) != 0)
        return rs_fail(error, RS_DATA, "%s: changed while it was read; wait until the transfer is complete, then run again",
                       s->path);
    s->records = r->record_no;
    if (!s->records && !s->bytes) rs_warn("%s: is empty (0 bytes): nothing came from source %.*s in it", s->path, (int)s->source.n, s->source.p);
    else if (!s->records) rs_warn("%s: holds no record: an envelope or a header alone", s->path);
    rs_in_close(r->in);
    r->in = NULL;
    r->current++;
    return true;
}

/* ---- cutting -------------------------------------------------------------------------------------------------- */

static size_t cut_csv(struct rs_reader *r, const struct rs_source *s, uint64_t *records) {
    size_t at = 0, length;
    while (at < r->data.n && at < RS_BLOCK_BYTES) {
        enum rs_csv_end how = rs_csv_record(r->data.p + at, r->data.n - at, s->profile->delimiter, r->ended, &length);
        if (how == RS_CSV_MORE) break;
        *records += !rs_csv_blank(r->data.p + at, length);
        at += length;
    }
    return at;
}

static size_t cut_fhir(struct rs_reader *r, uint64_t *records) {
    struct rs_fhir_walk w = {.p = r->data.p, .end = r->data.p + r->data.n, .last = r->ended, .documents = r->documents,
                             .in_entries = r->in_entries};
    enum rs_fhir_piece piece;
    size_t n;
    while ((piece = rs_fhir_next(&w, &n)) != RS_FHIR_MORE) *records += piece != RS_FHIR_SKIP;
    r->in_entries = w.in_entries;
    return (size_t)(w.p - r->data.p);
}

static size_t cut_x12(struct rs_reader *r, struct rs_block *block, uint64_t *records) {
    struct rs_x12_cut cut;
    rs_x12_cut(&r->cutter, r->data.p, r->data.n, r->ended, &cut);
    block->env = cut.env;
    block->n_findings = cut.n_faults;
    for (uint32_t i = 0; i < cut.n_faults; i++)
        block->findings[i] = (struct rs_finding){(uint8_t)cut.faults[i].kind, (uint32_t)cut.faults[i].at,
                                                 cut.faults[i].number};
    *records = cut.records;
    return cut.length;
}

static size_t cut_hl7(struct rs_reader *r, struct rs_block *block, uint64_t *records) {
    struct rs_hl7_cut cut;
    rs_hl7_cut(&r->hl7, r->data.p, r->data.n, r->ended, &cut);
    block->n_findings = cut.n_faults;
    for (uint32_t i = 0; i < cut.n_faults; i++)
        block->findings[i] = (struct rs_finding){(uint8_t)cut.faults[i].kind, (uint32_t)cut.faults[i].at,
                                                 cut.faults[i].number};
    *records = cut.records;
    return cut.length;
}

static size_t cut(struct rs_reader *r, const struct rs_source *s, struct rs_block *block, uint64_t *records) {
    *records = 0;
    if (s->profile->format == RS_X12_834) return cut_x12(r, block, records);
    if (s->profile->format == RS_HL7V2) return cut_hl7(r, block, records);
    if (s->profile->format == RS_FHIR) return cut_fhir(r, records);
    return cut_csv(r, s, records);
}

/* Gives the first n bytes to the batch and keeps the rest: the buffers change hands, only the rest is copied. */
static void give(struct rs_reader *r, struct rs_batch *batch, size_t n) {
    struct rs_buffer spare = batch->in;
    spare.n = 0;
    rs_buffer_add(&spare, r->data.p + n, r->data.n - n);
    batch->in = r->data;
    batch->in.n = n;
    r->data = spare;
    r->line += rs_count_byte(batch->in.p, n, '\n');
    r->offset += n;
}

static bool next_block(struct rs_reader *r, struct rs_source *s, struct rs_batch *batch, struct rs_error *error) {
    struct rs_block block = {.source = s, .record_no = r->record_no + 1, .line = r->line, .offset = r->offset,
                             .documents = r->documents, .in_entries = r->in_entries};
    uint64_t records = 0;
    for (size_t want = RS_BLOCK_BYTES;; want *= 2) {
        if (!fill(r, want, error)) return false;
        if (!r->data.n) return true;
        block.segment = (s->profile->format == RS_HL7V2 ? r->hl7.number : r->cutter.number) + 1;
        size_t n = cut(r, s, &block, &records);
        if (n) {
            r->record_no += records;
            memcpy(batch->note, &block, sizeof block);
            give(r, batch, n);
            return true;
        }
        if (r->data.n >= RS_MAX_RECORD)
            return rs_fail(error, RS_DATA,
                           "%s: byte %llu (line %llu): a record of more than 64 MiB: the file is damaged, or is not what "
                           "profile %s reads",
                           s->path, (unsigned long long)r->offset, (unsigned long long)r->line, s->profile->name.p);
    }
}

bool rs_reader_next(struct rs_reader *r, struct rs_batch *batch, bool *more, struct rs_error *error) {
    while (r->current < r->sources->n) {
        struct rs_source *s = &r->sources->s[r->current];
        if (!r->in && !begin_file(r, s, error)) return false;
        if (!next_block(r, s, batch, error)) return false;
        *more = batch->in.n > 0;
        if (*more) return true;
        if (!end_file(r, s, error)) return false;
    }
    *more = false;
    return true;
}

void rs_reader_close(struct rs_reader *r) {
    if (r->in) rs_in_close(r->in);
    rs_buffer_free(&r->data);
    r->in = NULL;
}
