/* SPDX-License-Identifier: GPL-3.0-or-later */
/* CSV rows by profile: people (records, identifiers, answers, coverage) and measure results. */
#include <math.h>
#include <stdlib.h>
#include "csv.h"
#include "formats.h"
#include "csv_rows.h"
#include "pipeline/base/date.h"

/* ---- header --------------------------------------------------------------------------------------------------- */

/* A filter on a column that is not there would leave out all rows, silently. */
static bool filters_on(const struct rs_csv_filters *filters, size_t column) {
    for (size_t i = 0; i < filters->n; i++)
        if (filters->f[i].ref == (int)column) return true;
    return false;
}

/* Without its own column an answer is not there, whatever selects it. */
static bool is_part(const struct rs_csv_answer *a, size_t column) {
    for (size_t i = 0; i < a->n_parts; i++)
        if (a->parts[i].ref == (int)column) return true;
    return false;
}

bool rs_csv_header(struct rs_source *s, const char *p, size_t n, struct rs_error *error) {
    const struct rs_profile *profile = s->profile;
    struct rs_csv_fields f = {0};
    struct rs_arena arena = {0};
    bool ok = true;
    rs_csv_split(&f, p, n, profile->delimiter, &arena);
    s->n_fields = f.n;
    s->fields = rs_alloc((profile->n_columns + 1) * sizeof *s->fields);
    for (size_t c = 0; ok && c < profile->n_columns; c++) {
        s->fields[c] = -1;
        for (size_t i = 0; i < f.n; i++) {
            if (!rs_eq_nocase(rs_trim(f.v[i]), profile->columns[c])) continue;
            if (s->fields[c] >= 0)
                ok = rs_fail(error, RS_DATA, "%s: line 1: column \"%s\" stands twice in the header", s->path,
                             profile->columns[c].p);
            s->fields[c] = (int)i;
        }
        bool needed = !profile->columns_may_be_missing;
        for (size_t i = 0; i < profile->n_member_ids; i++)
            needed = needed || (profile->n_member_ids == 1 && profile->member_ids[i].ref == (int)c);
        needed = needed || filters_on(&profile->rows, c);
        for (size_t i = 0; i < profile->n_answers; i++)
            needed = needed || (filters_on(&profile->answers[i].where, c) && !is_part(&profile->answers[i], c));
        if (ok && s->fields[c] < 0 && needed)
            ok = rs_fail(error, RS_DATA,
                         "%s: line 1: the header has no column \"%s\", which profile %s reads; is it the right profile, "
                         "the right delimiter? (missing_columns: allow lets it be)",
                         s->path, profile->columns[c].p, profile->name.p);
    }
    rs_csv_fields_free(&f);
    rs_arena_free(&arena);
    return ok;
}

/* ---- rows ----------------------------------------------------------------------------------------------------- */

struct row {
    struct rs_rows *rows;
    const struct rs_profile *profile;
    const struct rs_csv_fields *f;
    const int *fields;
    const char *begin;
    uint64_t offset;
};

static struct rs_view field(const struct row *r, int ref) {
    int i = ref < 0 ? -1 : r->fields[ref];
    return i < 0 || (size_t)i >= r->f->n ? RS_NULL : r->f->v[i];
}

static bool selected(const struct row *r, const struct rs_csv_filters *filters) {
    for (size_t i = 0; i < filters->n; i++) {
        const struct rs_csv_filter *f = &filters->f[i];
        struct rs_view v = rs_trim(field(r, f->ref));
        size_t k = 0;
        while (k < f->n_values && !(rs_eq(v, f->values[k]) || (!v.n && !f->values[k].n))) k++;
        if (k == f->n_values) return false;
    }
    return true;
}

static struct rs_view column_name(const struct row *r, int ref) { return r->profile->columns[ref]; }

static bool make_key(const struct row *r, struct rs_view source) {
    for (size_t i = 0; i < r->profile->n_member_ids; i++) {
        struct rs_view id = rs_rows_text(r->rows, field(r, r->profile->member_ids[i].ref));
        if (!rs_has(id)) continue;
        rs_rows_key(r->rows, (struct rs_view[]){source, id}, 2);
        return true;
    }
    rs_rows_reject(r->rows, "no_member_id", column_name(r, r->profile->member_ids[0].ref), RS_NULL,
                   "no member id in this row; ask the sender");
    return false;
}

static void put_record(const struct row *r) {
    struct rs_view row[RECORD_COLUMNS] = {{0}};
    for (size_t i = 0; i < r->profile->n_record; i++) {
        const struct rs_csv_column *c = &r->profile->record[i];
        if (c->column == RECORD_record_date) continue;
        const char *between = c->column == RECORD_street_raw ? ", " : " ";
        struct rs_view v = rs_rows_text(r->rows, field(r, c->refs[0]));
        for (size_t k = 1; k < c->n_refs; k++) v = rs_rows_join(r->rows, v, between, field(r, c->refs[k]));
        row[c->column] = v;
    }
    rs_rows_put_record(r->rows, row);
}

static void find_record_date(const struct row *r) {
    struct rs_source *s = r->rows->block->source;
    for (size_t i = 0; i < r->profile->n_record; i++)
        if (r->profile->record[i].column == RECORD_record_date)
            r->rows->record_date = rs_rows_day(r->rows, field(r, r->profile->record[i].refs[0]),
                                               column_name(r, r->profile->record[i].refs[0]));
    if (!rs_has(r->rows->record_date) && s->has_date)
        r->rows->record_date = rs_day_text(&r->rows->batch->arena, s->date);
}

/* Where the value stands, or its row where quotes were doubled in it. */
static int64_t offset_of(const struct row *r, struct rs_view v, size_t n) {
    bool inside = v.p >= r->begin && v.p < r->begin + n;
    return (int64_t)(r->offset + (inside ? (size_t)(v.p - r->begin) : 0));
}

static void put_answer(const struct row *r, const struct rs_csv_answer *a, size_t length) {
    if (!selected(r, &a->where)) return;
    struct rs_view effective = a->effective < 0 ? RS_NULL
                                                : rs_rows_day(r->rows, field(r, a->effective), column_name(r, a->effective));
    rs_rows_answer(r->rows, a->element, a->collection, effective);
    r->rows->joined = a->joined;
    for (size_t i = 0; i < a->n_parts; i++) {
        const struct rs_csv_part *part = &a->parts[i];
        struct rs_view rest = field(r, part->ref);
        while (!rs_is_null(rest)) {
            struct rs_view one = rest;
            if (part->separator) one = rs_split(&rest, part->separator);
            else rest = RS_NULL;
            rs_rows_put_value(r->rows, part->representation.p, part->system, one, -1, offset_of(r, one, length));
        }
    }
}

static void put_coverage(const struct row *r) {
    const struct rs_profile *p = r->profile;
    struct rs_view product = rs_rows_text(r->rows, field(r, p->coverage_product));
    if (p->coverage_product < 0 && p->coverage_start < 0 && p->coverage_end < 0) return;
    if (!rs_has(product)) product = p->product;
    struct rs_view start = field(r, p->coverage_start), end = field(r, p->coverage_end);
    if (rs_has(start)) start = rs_rows_day(r->rows, start, column_name(r, p->coverage_start));
    if (rs_has(end)) end = rs_rows_day(r->rows, end, column_name(r, p->coverage_end));
    rs_rows_put_coverage(r->rows, product, rs_has(start) ? start : RS_NULL, rs_has(end) ? end : RS_NULL);
}

static void put_person(const struct row *r, size_t length) {
    if (!make_key(r, r->rows->block->source->source)) return;
    find_record_date(r);
    if (!r->profile->no_records) put_record(r);
    for (size_t i = 0; i < r->profile->n_identifiers; i++)
        rs_rows_put_identifier(r->rows, &r->profile->identifiers[i], field(r, r->profile->identifiers[i].ref));
    put_coverage(r);
    for (size_t i = 0; i < r->profile->n_answers; i++) put_answer(r, &r->profile->answers[i], length);
    r->rows->written++;
}

/* ---- measures ------------------------------------------------------------------------------------------------- */

static struct rs_view zero_or_one(struct rs_view v) {
    static const char *const words[] = {"0", "1", "N", "Y", "no", "yes", "false", "true"};
    v = rs_trim(v);
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        if (rs_eq_nocase(v, rs_cstr(words[i]))) return i % 2 ? RS_LIT("1") : RS_LIT("0");
    return RS_NULL;
}

static struct rs_view short_text(const struct row *r, int ref) {
    return rs_rows_short_text(r->rows, field(r, ref), column_name(r, ref));
}

/* A number of at least `least`, as sent; null, and quarantined, where something else stands. */
static struct rs_view amount(const struct row *r, int ref, double least) {
    struct rs_view v = ref < 0 ? RS_NULL : rs_trim(field(r, ref));
    double value;
    if (!rs_has(v)) return RS_NULL;
    if (rs_parse_real(v, &value) && isfinite(value) && value >= least) return rs_arena_real(&r->rows->batch->arena, value);
    rs_rows_bad_value(r->rows, "measure_amount", column_name(r, ref), v,
                      "not a number, or one that cannot be here (time is not negative); ask the sender");
    return RS_NULL;
}

/* Why a member is excluded: what is sent, but for a word that says no. */
static struct rs_view exclusion(const struct row *r, int ref) {
    struct rs_view v = ref < 0 ? RS_NULL : rs_trim(field(r, ref)), word = zero_or_one(v);
    return !rs_has(v) || rs_eq_c(word, "0") ? RS_NULL : short_text(r, ref);
}

/* Whether the member meets the measure; of a rate or a mean without that column, whether there is anything. */
static struct rs_view met(const struct row *r, struct rs_view value) {
    struct rs_view v = r->profile->numerator < 0 ? RS_NULL : rs_trim(field(r, r->profile->numerator));
    double number;
    if (rs_has(v) || !rs_has(value)) return zero_or_one(v);
    return rs_parse_real(value, &number) && number > 0 ? RS_LIT("1") : RS_LIT("0");
}

static void put_measure(const struct row *r) {
    const struct rs_profile *p = r->profile;
    struct rs_rows *rows = r->rows;
    struct rs_view row[MEASURE_EVENT_COLUMNS] = {{0}};
    if (!make_key(r, rows->block->source->of_source)) return;
    row[MEASURE_EVENT_record_key] = rows->key;
    row[MEASURE_EVENT_file_no] = rows->file_no;
    row[MEASURE_EVENT_record_no] = rows->record_no;
    row[MEASURE_EVENT_line] = rows->line;
    row[MEASURE_EVENT_offset] = rows->offset;
    row[MEASURE_EVENT_measure] = short_text(r, p->measure);
    row[MEASURE_EVENT_period] = short_text(r, p->period);
    row[MEASURE_EVENT_provider_group] = p->provider_group < 0 ? RS_NULL : short_text(r, p->provider_group);
    row[MEASURE_EVENT_denominator] = zero_or_one(field(r, p->denominator));
    row[MEASURE_EVENT_amount] = amount(r, p->amount, -INFINITY);
    row[MEASURE_EVENT_exposure] = amount(r, p->exposure, 0);
    row[MEASURE_EVENT_excluded] = exclusion(r, p->excluded);
    row[MEASURE_EVENT_product] = p->product_line < 0 ? RS_NULL : short_text(r, p->product_line);
    row[MEASURE_EVENT_numerator] = met(r, row[MEASURE_EVENT_amount]);
    const int needed[][2] = {{MEASURE_EVENT_measure, p->measure}, {MEASURE_EVENT_period, p->period},
                             {MEASURE_EVENT_denominator, p->denominator},
                             {MEASURE_EVENT_numerator, p->numerator < 0 ? p->amount : p->numerator}};
    for (size_t i = 0; i < 4; i++) {
        if (!rs_is_null(row[needed[i][0]])) continue;
        rs_rows_reject(rows, "measure_value", column_name(r, needed[i][1]), field(r, needed[i][1]),
                       i < 2 ? "missing: the row is of no measure or period; ask the sender"
                             : "neither 0 nor 1 (N or Y), and no amount instead; ask the sender");
        return;
    }
    rs_batch_emit(rows->batch, SINK_MEASURE, &rs_layout_measure_event, row);
    rows->written++;
}

/* ---- blocks --------------------------------------------------------------------------------------------------- */

bool rs_csv_lone_return(const char *p, size_t n) {
    const char *at = memchr(p, '\r', n);
    return at && at + 1 < p + n && at[1] != '\n';
}

bool rs_csv_blank(const char *p, size_t n) {
    if (n > 2 || (n && p[n - 1] != '\n' && p[n - 1] != '\r')) return false;
    return n < 2 || p[0] == '\r';
}

/* More fields than the header, or fewer, move values into wrong columns; empty ones at the end do no harm. */
static bool right_width(const struct rs_csv_fields *f, size_t width) {
    if (f->n < width) return false;
    for (size_t i = width; i < f->n; i++)
        if (rs_has(rs_trim(f->v[i]))) return false;
    return true;
}

void rs_read_csv(struct rs_rows *rows, struct rs_worker *worker) {
    struct rs_block *b = rows->block;
    const struct rs_profile *profile = b->source->profile;
    const char *begin = rows->batch->in.p, *p = begin, *end = begin + rows->batch->in.n;
    struct rs_arena *arena = &rows->batch->arena;
    struct row row = {.rows = rows, .profile = profile, .f = worker->csv, .fields = b->source->fields};
    uint64_t record_no = b->record_no, line = b->line;
    size_t length;
    for (; p < end; p += length) {
        enum rs_csv_end how = rs_csv_record(p, (size_t)(end - p), profile->delimiter, true, &length);
        if (!rs_csv_blank(p, length)) {
            row.begin = p;
            row.offset = b->offset + (uint64_t)(p - begin);
            rs_rows_record(rows, (int64_t)record_no++, (int64_t)line, -1, (int64_t)row.offset);
            rs_csv_split(worker->csv, p, length, profile->delimiter, arena);
            if (how == RS_CSV_STRAY)
                rs_rows_reject(rows, "csv_quote", RS_LIT("row"), rs_view(p, length),
                               "a quote opens a field and is never closed; ask the sender to double quotes inside fields");
            else if (!right_width(worker->csv, b->source->n_fields))
                rs_rows_reject(rows, "csv_width", RS_LIT("row"), rs_view(p, length),
                               "not as many fields as the header, so that columns cannot be told; ask the sender to quote "
                               "fields that hold the delimiter");
            else if (!selected(&row, &profile->rows))
                rs_count(&rows->batch->tally, rs_format_name(profile->format), b->source->file_no, RS_IGNORED,
                         "not selected by the profile", 1);
            else if (profile->format == RS_CSV) put_person(&row, length);
            else put_measure(&row);
        }
        bool one_line = memchr(p, '\n', length) == p + length - 1;
        line += one_line ? 1 : rs_count_byte(p, length, '\n');
    }
    rs_rows_end(rows, record_no - b->record_no);
}
