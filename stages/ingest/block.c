/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Rows out of records: what all formats share, so that a parser says only what it found. */
#include "block.h"
#include "pipeline/base/date.h"

size_t rs_count_byte(const char *p, size_t n, char byte) {
    size_t count = 0, i = 0;
    /* Sums of up to 255 comparisons fit a byte: the inner loop becomes vector code. */
    while (n - i >= 256) {
        uint8_t lanes[32] = {0};
        for (size_t step = 0; step < 8; step++, i += 32)
            for (size_t k = 0; k < 32; k++) lanes[k] = (uint8_t)(lanes[k] + (p[i + k] == byte));
        for (size_t k = 0; k < 32; k++) count += lanes[k];
    }
    for (; i < n; i++) count += p[i] == byte;
    return count;
}

static struct rs_view number(char room[24], int64_t value) {
    if (value < 0) return RS_NULL;
    char *end = room + 24, *p = end;
    do *--p = (char)('0' + value % 10);
    while (value /= 10);
    return rs_view(p, (size_t)(end - p));
}

void rs_rows_begin(struct rs_rows *r, const struct rs_run *run, struct rs_batch *batch, struct rs_hmac *hmac) {
    struct rs_block *block = (struct rs_block *)(void *)batch->note;
    memset(r, 0, sizeof *r);
    r->run = run;
    r->batch = batch;
    r->block = block;
    r->hmac = hmac;
    r->clean = !batch->in.n || rs_utf8_valid(rs_view(batch->in.p, batch->in.n));
    r->file_no = rs_arena_long(&batch->arena, block->source->file_no);
}

void rs_rows_record(struct rs_rows *r, int64_t record_no, int64_t line, int64_t segment, int64_t offset) {
    r->record_no_ = record_no;
    r->line_ = line;
    r->segment_ = segment;
    r->offset_ = offset;
    r->record_no = number(r->numbers[0], record_no);
    r->line = number(r->numbers[1], line);
    r->segment = number(r->numbers[2], segment);
    r->offset = number(r->numbers[3], offset);
    r->answer_no = 0;
    r->known_by = RS_BY_KEY;
    r->name_key = r->record_date = r->day_raw = r->coverage_maintenance = r->coverage_policy = RS_NULL;
    for (int i = 0; i < RS_MAX_SINKS; i++) r->from[i] = r->batch->out[i].n;
}

void rs_rows_key(struct rs_rows *r, const struct rs_view *parts, size_t n) {
    rs_rows_set_key(r, rs_hmac_key(r->hmac, parts, n));
}

void rs_rows_set_key(struct rs_rows *r, struct rs_key key) {
    rs_hex(r->key_text, key.b, sizeof key.b);
    r->key_ = key;
    r->key = rs_view(r->key_text, 32);
}

struct rs_view rs_rows_text(struct rs_rows *r, struct rs_view v) {
    v = rs_trim(v);
    if (!v.n) return RS_NULL;
    if (r->clean || rs_utf8_valid(v)) return v;
    r->block->converted = true;
    return rs_from_windows_1252(&r->batch->arena, v);
}

struct rs_view rs_rows_join(struct rs_rows *r, struct rs_view a, const char *between, struct rs_view b) {
    a = rs_rows_text(r, a);
    b = rs_rows_text(r, b);
    if (!rs_has(b)) return a;
    if (!rs_has(a)) return b;
    size_t n = strlen(between);
    char *p = rs_arena_alloc(&r->batch->arena, a.n + n + b.n);
    memcpy(p, a.p, a.n);
    memcpy(p + a.n, between, n);
    memcpy(p + a.n + n, b.p, b.n);
    return rs_view(p, a.n + n + b.n);
}

struct rs_view rs_rows_day(struct rs_rows *r, struct rs_view v, struct rs_view field) {
    int32_t days;
    v = rs_trim(v);
    if (!v.n) return RS_NULL;
    if (v.p == r->day_raw.p && v.n == r->day_raw.n) return r->day_text;
    if (rs_day_parse_any(v, &days)) {
        r->day_raw = v;
        if (v.n != 8 || !rs_all_digits(v)) return r->day_text = rs_day_text(&r->batch->arena, days);
        /* YYYYMMDD, by far the most: a valid day has its digits already */
        const char text[10] = {v.p[0], v.p[1], v.p[2], v.p[3], '-', v.p[4], v.p[5], '-', v.p[6], v.p[7]};
        return r->day_text = rs_view(rs_arena_copy(&r->batch->arena, text, 10), 10);
    }
    rs_rows_bad_value(r, "date", field, v, "not a date; set to null: ask the sender what stands there");
    return RS_NULL;
}

/* ---- limits --------------------------------------------------------------------------------------------------- */

static const uint16_t record_limits[RECORD_COLUMNS] = {
#define RECORD_LIMIT(column, bytes) [RECORD_##column] = bytes,
#define VALUE_LIMIT(kind, bytes)
#include "schemas/codes/value_limits.def"
#undef RECORD_LIMIT
#undef VALUE_LIMIT
};
enum {
#define RECORD_LIMIT(column, bytes)
#define VALUE_LIMIT(kind, bytes) limit_##kind = bytes,
#include "schemas/codes/value_limits.def"
#undef RECORD_LIMIT
#undef VALUE_LIMIT
};

/* Null, and quarantined with its length and its first bytes, where it is longer than `most`. */
static struct rs_view limited(struct rs_rows *r, struct rs_view v, size_t most, struct rs_view field) {
    if (v.n <= most) return v;
    rs_rows_bad_value(r, "too_long", field, v,
                      rs_arena_printf(&r->batch->arena,
                                      "%zu bytes, and %zu are the most that is taken: set to null; do fields or rows run "
                                      "together in the file? (schemas/codes/value_limits.def)",
                                      v.n, most).p);
    return RS_NULL;
}

struct rs_view rs_rows_short_text(struct rs_rows *r, struct rs_view v, struct rs_view field) {
    return limited(r, rs_rows_text(r, v), limit_product, field);
}

/* ---- rows ----------------------------------------------------------------------------------------------------- */

static void emit(struct rs_rows *r, int sink, const struct rs_layout *layout, const struct rs_view *row) {
    rs_batch_emit(r->batch, sink, layout, row);
}

/* Leaves out the row just written where the same line stands already among those since `from`: the rows of one record
 * are few. */
static bool take_back_repeated(struct rs_rows *r, int sink, size_t from, size_t start) {
    struct rs_buffer *b = &r->batch->out[sink];
    size_t n = b->n - start;
    for (size_t at = from; at < start;) {
        const char *end = memchr(b->p + at, '\n', start - at);
        size_t length = (size_t)(end + 1 - (b->p + at));
        if (length == n && memcmp(b->p + at, b->p + start, n) == 0) {
            b->n = start;
            r->batch->out_rows[sink]--;
            return true;
        }
        at += length;
    }
    return false;
}

void rs_rows_put_record(struct rs_rows *r, struct rs_view row[RECORD_COLUMNS]) {
    row[RECORD_record_key] = r->key;
    row[RECORD_file_no] = r->file_no;
    row[RECORD_record_no] = r->record_no;
    row[RECORD_line] = r->line;
    row[RECORD_segment] = r->segment;
    row[RECORD_offset] = r->offset;
    row[RECORD_source] = r->block->source->source;
    row[RECORD_record_date] = r->record_date;
    row[RECORD_name_key] = r->name_key;
    for (int c = 0; c < RECORD_COLUMNS; c++)
        if (record_limits[c] && row[c].n > record_limits[c])
            row[c] = limited(r, row[c], record_limits[c], rs_cstr(rs_layout_record.columns[c].name));
    emit(r, SINK_RECORD, &rs_layout_record, row);
}

void rs_rows_put_identifier(struct rs_rows *r, const struct rs_id_rule *rule, struct rs_view value) {
    rs_rows_put_identifier_of(r, rule, RS_NULL, value);
}

/* SYSTEM, SYSTEM@SOURCE for numbers that are unique within the source only, SYSTEM@SOURCE:PART. */
static struct rs_view namespace(struct rs_rows *r, const struct rs_id_rule *rule, struct rs_view part) {
    struct rs_view system = rule->id_system;
    if (rule->of_source) system = rs_rows_join(r, system, "@", r->block->source->source);
    return rs_has(part) ? rs_rows_join(r, system, ":", part) : system;
}

void rs_rows_put_identifier_of(struct rs_rows *r, const struct rs_id_rule *rule, struct rs_view part,
                               struct rs_view value) {
    value = limited(r, rs_rows_text(r, value), limit_identifier, rule->id_system);
    if (!rs_has(value)) return;
    struct rs_view system = limited(r, namespace(r, rule, part), limit_identifier, rule->id_system);
    if (!rs_has(system)) return;
    struct rs_view row[IDENTIFIER_COLUMNS];
    row[IDENTIFIER_record_key] = r->key;
    row[IDENTIFIER_file_no] = r->file_no;
    row[IDENTIFIER_record_no] = r->record_no;
    row[IDENTIFIER_id_type] = rule->id_type;
    row[IDENTIFIER_id_system] = system;
    row[IDENTIFIER_value] = value;
    row[IDENTIFIER_links] = rule->links ? RS_LIT("Y") : RS_LIT("N");
    size_t start = r->batch->out[SINK_IDENTIFIER].n;
    emit(r, SINK_IDENTIFIER, &rs_layout_identifier, row);
    take_back_repeated(r, SINK_IDENTIFIER, r->from[SINK_IDENTIFIER], start);
}

void rs_rows_put_coverage(struct rs_rows *r, struct rs_view product, struct rs_view start_date,
                          struct rs_view end_date) {
    product = limited(r, product, limit_product, RS_LIT("coverage product"));
    if (!rs_has(product)) return;
    struct rs_view row[COVERAGE_COLUMNS];
    row[COVERAGE_record_key] = r->key;
    row[COVERAGE_file_no] = r->file_no;
    row[COVERAGE_record_no] = r->record_no;
    row[COVERAGE_product] = product;
    row[COVERAGE_start_date] = start_date;
    row[COVERAGE_end_date] = end_date;
    row[COVERAGE_maintenance] = rs_rows_short_text(r, r->coverage_maintenance, RS_LIT("HD01"));
    row[COVERAGE_policy] = rs_rows_short_text(r, r->coverage_policy, RS_LIT("REF*1L"));
    size_t start = r->batch->out[SINK_COVERAGE].n;
    emit(r, SINK_COVERAGE, &rs_layout_coverage, row);
    take_back_repeated(r, SINK_COVERAGE, r->from[SINK_COVERAGE], start);
}

void rs_rows_answer(struct rs_rows *r, struct rs_view element, struct rs_view collection, struct rs_view effective) {
    r->element = element;
    r->collection = collection;
    r->effective = rs_has(effective) ? effective : r->record_date;
    r->seq = 0;
    r->joined = false;
}

void rs_rows_put_value(struct rs_rows *r, const char *representation, struct rs_view system, struct rs_view raw,
                       int64_t segment, int64_t offset) {
    char no[3][24];
    raw = rs_rows_text(r, raw);
    if (!rs_has(raw)) return;
    raw = limited(r, raw, strcmp(representation, "text") == 0 ? limit_text : limit_code, r->element);
    if (!rs_has(raw)) return;
    system = limited(r, system, limit_system, r->element);
    if (r->seq++ == 0) r->answer_no++;
    struct rs_view row[ASSERTION_COLUMNS];
    row[ASSERTION_record_key] = r->key;
    row[ASSERTION_file_no] = r->file_no;
    row[ASSERTION_record_no] = r->record_no;
    row[ASSERTION_answer_no] = number(no[0], r->answer_no);
    row[ASSERTION_seq] = number(no[1], r->seq);
    row[ASSERTION_source] = r->block->source->source;
    row[ASSERTION_element] = r->element;
    row[ASSERTION_representation] = rs_cstr(representation);
    row[ASSERTION_system] = rs_has(system) ? system : RS_NULL;
    row[ASSERTION_raw] = raw;
    row[ASSERTION_collection] = r->collection;
    row[ASSERTION_effective] = r->effective;
    row[ASSERTION_line] = r->line;
    row[ASSERTION_joined] = r->joined ? RS_LIT("Y") : RS_NULL;
    char seg[24];
    row[ASSERTION_segment] = number(seg, segment);
    row[ASSERTION_offset] = number(no[2], offset);
    emit(r, SINK_ASSERTION, &rs_layout_assertion, row);
}

static void evidence(struct rs_rows *r, bool whole, const char *rule, struct rs_view field, struct rs_view raw,
                     const char *message) {
    struct rs_evidence e = {.row = whole, .file_no = r->block->source->file_no, .record_no = r->record_no_,
                            .line = r->line_, .segment = r->segment_, .offset = r->offset_,
                            .field = field, .raw = rs_rows_text(r, raw), .rule = rule, .message = message};
    rs_quarantine(r->run, r->batch, &e);
}

void rs_rows_bad_value(struct rs_rows *r, const char *rule, struct rs_view field, struct rs_view raw,
                       const char *message) {
    evidence(r, false, rule, field, raw, message);
}

void rs_rows_reject(struct rs_rows *r, const char *rule, struct rs_view field, struct rs_view raw,
                    const char *message) {
    evidence(r, true, rule, field, raw, message);
    rs_count(&r->batch->tally, rs_format_name(r->block->source->profile->format), r->block->source->file_no,
             RS_REJECTED, rule, 1);
}

const int rs_member_sinks[RS_MEMBER_SINKS] = {SINK_RECORD, SINK_IDENTIFIER, SINK_COVERAGE, SINK_ASSERTION};

void rs_rows_written(struct rs_rows *r) {
    r->written++;
    if (r->block->source->way == RS_STREAMED) return;
    struct rs_member_rows m = {.key = r->key_, .former = r->former, .known_by = r->known_by, .record_no = (uint64_t)r->record_no_};
    for (int i = 0; i < RS_MEMBER_SINKS; i++) {
        m.from[i] = r->from[rs_member_sinks[i]];
        m.n[i] = r->batch->out[rs_member_sinks[i]].n - m.from[i];
    }
    rs_buffer_add(&r->batch->scratch, &m, sizeof m);
}

void rs_rows_end(struct rs_rows *r, uint64_t read) {
    const char *layout = rs_format_name(r->block->source->profile->format);
    int32_t file_no = r->block->source->file_no;
    rs_count(&r->batch->tally, layout, file_no, RS_READ, "-", read);
    /* Of files grouped by member it is told later which rows went on. */
    if (r->written && r->block->source->way != RS_GROUPED)
        rs_count(&r->batch->tally, layout, file_no, RS_WRITTEN, "-", r->written);
}
