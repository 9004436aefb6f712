/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Why it exists: checks are many and files are large, so that each file is read once and everything counted on the way.
 * Counts are whole numbers of each worker, added at the end: they do not depend on threads. */
#include "count.h"
#include "pipeline/base/date.h"
#include "feeds.h"
#include "tables.h"
#include "record_bits.h"
#include <stdlib.h>
#include <string.h>

const char *const rs_complete_names[RS_HAS_ELEMENTS] = {
    "surname",         "birth_date",  "sex", "zip", "tract", "race", "ethnicity", "language", "sexual_orientation",
    "gender_identity", "sex_at_birth"};
const char *const rs_implausible_names[RS_IMPLAUSIBLES] = {"birth_in_future", "age_over_120", "death_before_birth"};
const char *const rs_mapped_names[RS_MAPPED_ELEMENTS] = {
    "race",          "ethnicity",          "race_ethnicity", "language_preferred", "language_spoken",
    "language_read", "language_written",   "interpreter",    "sexual_orientation", "gender_identity",
    "sex_at_birth",  "administrative_sex", "pronouns",       "name_to_use",        "other"};

/* Records are grouped as mapped is: by file and row. A record may reach over the end of a block. */
struct group {
    int64_t file_no, record_no;
    uint32_t has;      /* bits of rs_complete_element */
    uint32_t unmapped; /* elements with a code no table knows */
    bool any;
};
struct edges {
    struct group first, last;
    bool one; /* the block is of one record, in `first` */
};

struct pass {
    struct rs_run *run;
    const struct rs_checks *checks;
    struct rs_counted *out;
    struct rs_row_reader *reader;
    const struct rs_layout *layout;
    struct rs_reduced *trace;         /* NULL where rows are not traced */
    struct rs_facilities *met;        /* of each worker; NULL where no check asks */
    struct rs_source_counts **worker; /* [worker][source] */
    struct group open;                /* of mapped: the record that may go on in the next block */
};

static bool source_of(const struct pass *p, struct rs_view file_no, int64_t *number, size_t *source,
                      struct rs_error *error) {
    if (rs_parse_long(file_no, number) && *number >= 0 && (size_t)*number < p->out->n_files) {
        *source = p->out->source_of_file[*number];
        if (*source != RS_NO_SOURCE) return true;
    }
    return rs_fail(error, RS_DATA,
                   "%s: a row names a file that layout file does not list: give the directories of one run",
                   p->layout->name);
}

/* ---- demographic ---------------------------------------------------------------------------------------------- */

/* For check_evidence: kept in the order of the rows. */
static void trace_row(const struct pass *p, struct rs_batch *batch, const struct rs_record_bits *r) {
    if (p->trace) rs_buffer_add(&batch->scratch, r, sizeof *r);
}

/* Returns what is implausible, as bits. */
static uint32_t count_dates(const struct pass *p, const struct rs_view *row, struct rs_source_counts *c) {
    int32_t birth, death;
    if (!rs_day_parse(row[DEMOGRAPHIC_birth_date], &birth)) return 0;
    bool dead = rs_day_parse(row[DEMOGRAPHIC_death_date], &death);
    bool wrong[RS_IMPLAUSIBLES] = {
        [RS_BIRTH_IN_FUTURE] = birth > p->run->as_of,
        [RS_AGE_OVER_120] = rs_age(birth, dead && death < p->run->as_of ? death : p->run->as_of) > 120,
        [RS_DEATH_BEFORE_BIRTH] = dead && death < birth,
    };
    uint32_t bits = 0;
    for (int i = 0; i < RS_IMPLAUSIBLES; i++) {
        c->dated[i] += i != RS_DEATH_BEFORE_BIRTH || dead;
        c->implausible[i] += wrong[i];
        bits |= (uint32_t)wrong[i] << i;
    }
    return bits;
}

static bool count_demographic(struct pass *p, struct rs_batch *batch, struct rs_error *error) {
    struct rs_cursor cursor;
    uint64_t rows = 0;
    batch->scratch.n = 0;
    rs_cursor_open(&cursor, p->reader, &batch->in, batch->first_row, &batch->arena);
    for (; rs_cursor_next(&cursor, error); rows++) {
        const struct rs_view *row = cursor.row;
        int64_t file_no;
        size_t source;
        if (!source_of(p, row[DEMOGRAPHIC_file_no], &file_no, &source, error)) return false;
        struct rs_source_counts *c = &p->worker[batch->worker][source];
        struct rs_record_bits r = {.file_no = file_no};
        bool has[RS_HAS_RACE] = {
            [RS_HAS_SURNAME] = rs_has(row[DEMOGRAPHIC_surname]),
            [RS_HAS_BIRTH] = rs_has(row[DEMOGRAPHIC_birth_date]),
            [RS_HAS_SEX] = rs_has(row[DEMOGRAPHIC_sex]) && !rs_eq_c(row[DEMOGRAPHIC_sex], "unknown"),
            [RS_HAS_ZIP] = rs_has(row[DEMOGRAPHIC_zip5]),
            [RS_HAS_TRACT] = rs_has(row[DEMOGRAPHIC_tract]),
        };
        c->records++;
        for (int i = 0; i < RS_HAS_RACE; i++) {
            c->has[i] += has[i];
            r.has |= (uint32_t)has[i] << i;
        }
        r.wrong = count_dates(p, row, c);
        if (p->trace) {
            rs_parse_long(row[DEMOGRAPHIC_record_no], &r.record_no);
            rs_key_parse(row[DEMOGRAPHIC_record_key], &r.key);
            if (p->met)
                r.facility = rs_facility_seen(&p->met[batch->worker], rs_cstr(p->out->sources[source]),
                                              row[DEMOGRAPHIC_facility]);
            trace_row(p, batch, &r);
        }
    }
    rs_count(&batch->tally, "demographic", 0, RS_READ, NULL, rows);
    rs_count(&batch->tally, "demographic", 0, RS_AGGREGATED, NULL, rows);
    return error->code == 0;
}

/* ---- mapped --------------------------------------------------------------------------------------------------- */

static int element_of(struct rs_view name) {
    for (int i = 0; i < RS_MAPPED_ELEMENTS - 1; i++)
        if (rs_eq_c(name, rs_mapped_names[i])) return i;
    return RS_MAPPED_ELEMENTS - 1;
}

static bool counts_as_answer(const struct rs_checks *checks, struct rs_view reason) {
    for (int i = 0; rs_missing_reasons[i]; i++)
        if (rs_eq_c(reason, rs_missing_reasons[i])) return (checks->answers & 1u << i) != 0;
    return false;
}

uint32_t rs_race_bits(struct rs_view set) {
    uint32_t bits = 0;
    while (set.n) {
        size_t n = 0;
        while (n < set.n && set.p[n] != '+' && set.p[n] != '|') n++;
        struct rs_view one = rs_view(set.p, n);
        bool hispanic = rs_eq_c(one, "HISPANIC"), not_hispanic = rs_eq_c(one, "NOT_HISPANIC");
        bits |= hispanic || not_hispanic ? 1u << RS_HAS_ETHNICITY : 1u << RS_HAS_RACE;
        n += n < set.n;
        set = rs_view(set.p + n, set.n - n);
    }
    return bits;
}

static uint32_t answered(const struct rs_checks *checks, const struct rs_view *row, int element) {
    /* places in rs_mapped_names; 0 (no completeness of its own) for the others */
    static const int direct[RS_MAPPED_ELEMENTS] = {
        [0] = RS_HAS_RACE,        [1] = RS_HAS_ETHNICITY, [3] = RS_HAS_LANGUAGE,      [4] = RS_HAS_LANGUAGE,
        [8] = RS_HAS_ORIENTATION, [9] = RS_HAS_IDENTITY,  [10] = RS_HAS_SEX_AT_BIRTH,
    };
    bool reason = rs_has(row[MAPPED_missing]) && counts_as_answer(checks, row[MAPPED_missing]);
    if (element == 2) { /* one question for both: Hispanic alone is a whole answer to it */
        if (reason || rs_has(row[MAPPED_omb2024])) return 1u << RS_HAS_RACE | 1u << RS_HAS_ETHNICITY;
        return rs_race_bits(row[MAPPED_omb1997]);
    }
    if (!direct[element]) return 0;
    if (reason) return 1u << direct[element];
    if (element > 2) return rs_has(row[MAPPED_value]) ? 1u << direct[element] : 0;
    return rs_race_bits(row[MAPPED_omb1997]) | rs_race_bits(row[MAPPED_omb2024]);
}

static void close_group(const struct pass *p, struct rs_source_counts *sources, const struct group *g) {
    if (!g->any) return;
    struct rs_source_counts *c = &sources[p->out->source_of_file[g->file_no]];
    for (int e = RS_HAS_RACE; e < RS_HAS_ELEMENTS; e++) c->has[e] += g->has >> e & 1;
}

static void trace_group(const struct pass *p, struct rs_batch *batch, const struct group *g) {
    struct rs_record_bits r = {.file_no = g->file_no, .record_no = g->record_no, .has = g->has, .wrong = g->unmapped};
    trace_row(p, batch, &r);
}

static bool count_mapped(struct pass *p, struct rs_batch *batch, struct rs_error *error) {
    struct rs_source_counts *mine = p->worker[batch->worker];
    struct rs_cursor cursor;
    struct group g = {0};
    struct edges edges = {.one = true};
    uint64_t rows = 0;
    batch->scratch.n = 0;
    rs_cursor_open(&cursor, p->reader, &batch->in, batch->first_row, &batch->arena);
    for (; rs_cursor_next(&cursor, error); rows++) {
        const struct rs_view *row = cursor.row;
        int64_t file_no, record_no = 0;
        size_t source;
        if (!source_of(p, row[MAPPED_file_no], &file_no, &source, error)) return false;
        rs_parse_long(row[MAPPED_record_no], &record_no);
        if (g.any && (g.file_no != file_no || g.record_no != record_no)) {
            trace_group(p, batch, &g);
            if (edges.one)
                edges.first = g;
            else
                close_group(p, mine, &g);
            edges.one = false;
            g = (struct group){0};
        }
        int element = element_of(row[MAPPED_element]);
        mine[source].mapped[element]++;
        bool unmapped = rs_eq_c(row[MAPPED_missing], "UNMAPPED");
        mine[source].unmapped[element] += unmapped;
        g = (struct group){.file_no = file_no,
                           .record_no = record_no,
                           .has = g.has | answered(p->checks, row, element),
                           .unmapped = g.unmapped | (uint32_t)unmapped << element,
                           .any = true};
    }
    if (g.any) trace_group(p, batch, &g);
    if (edges.one)
        edges.first = g;
    else
        edges.last = g;
    memcpy(batch->note, &edges, sizeof edges);
    rs_count(&batch->tally, "mapped", 0, RS_READ, NULL, rows);
    rs_count(&batch->tally, "mapped", 0, RS_AGGREGATED, NULL, rows);
    return error->code == 0;
}

/* In order: the record that was open goes on in this block, or ends before it. */
static void join_edges(struct pass *p, const struct rs_batch *batch) {
    struct edges edges;
    memcpy(&edges, batch->note, sizeof edges);
    struct group *first = &edges.first;
    if (!first->any) return;
    if (p->open.any && p->open.file_no == first->file_no && p->open.record_no == first->record_no)
        first->has |= p->open.has;
    else
        close_group(p, p->out->by_source, &p->open);
    if (!edges.one) close_group(p, p->out->by_source, first);
    p->open = edges.one ? *first : edges.last;
}

/* ---- a pass in blocks ----------------------------------------------------------------------------------------- */

static bool next_block(void *self, struct rs_batch *batch, bool *more, struct rs_error *error) {
    struct pass *p = self;
    if (!rs_row_reader_block(p->reader, &batch->in, RS_BLOCK_BYTES, &batch->first_row, error)) return false;
    *more = batch->in.n > 0;
    return true;
}

static bool work_block(void *self, struct rs_batch *batch, struct rs_error *error) {
    struct pass *p = self;
    return p->layout == &rs_layout_mapped ? count_mapped(p, batch, error) : count_demographic(p, batch, error);
}

static bool done_block(void *self, struct rs_batch *batch, struct rs_error *error) {
    struct pass *p = self;
    if (p->layout == &rs_layout_mapped) join_edges(p, batch);
    if (p->trace &&
        !rs_reduced_add(p->trace, batch->scratch.p, batch->scratch.n / sizeof(struct rs_record_bits), error))
        return false;
    return rs_run_done(p->run, batch, error);
}

static void add_counts(struct rs_source_counts *into, const struct rs_source_counts *from) {
    into->file_records += from->file_records;
    into->files += from->files;
    into->empty_files += from->empty_files;
    into->records += from->records;
    for (int i = 0; i < RS_HAS_ELEMENTS; i++) into->has[i] += from->has[i];
    for (int i = 0; i < RS_IMPLAUSIBLES; i++) {
        into->implausible[i] += from->implausible[i];
        into->dated[i] += from->dated[i];
    }
    for (int i = 0; i < RS_MAPPED_ELEMENTS; i++) {
        into->mapped[i] += from->mapped[i];
        into->unmapped[i] += from->unmapped[i];
    }
}

static bool run_pass(struct rs_run *run, const struct rs_checks *checks, struct rs_counted *out,
                     const struct rs_layout *layout, struct rs_reduced *trace, uint64_t *rows, struct rs_error *error) {
    struct rs_manifest m;
    bool traced = strcmp(rs_run_option(run, "evidence"), "0") != 0 || checks->any_record_facility;
    if (traced && !rs_reduced_open(run->output, sizeof(struct rs_record_bits), trace, error)) return false;
    if (!rs_run_manifest(run, layout, &m, error)) return false;
    *rows = m.rows;
    struct pass p = {.run = run,
                     .checks = checks,
                     .out = out,
                     .layout = layout,
                     .trace = traced ? trace : NULL,
                     .reader = rs_row_reader_open(&m, error)};
    if (!p.reader) return false;
    if (checks->any_record_facility) p.met = rs_alloc((size_t)run->threads * sizeof *p.met);
    p.worker = rs_alloc((size_t)run->threads * sizeof *p.worker);
    for (int w = 0; w < run->threads; w++) p.worker[w] = rs_alloc((out->n_sources + 1) * sizeof **p.worker);
    struct rs_work work = {&p, next_block, work_block, done_block};
    bool good = rs_work_run(&work, run->threads, error);
    if (good) close_group(&p, out->by_source, &p.open);
    for (int w = 0; w < run->threads; w++) {
        for (size_t s = 0; s < out->n_sources; s++) add_counts(&out->by_source[s], &p.worker[w][s]);
        free(p.worker[w]);
    }
    free(p.worker);
    for (int w = 0; p.met && w < run->threads; w++)
        good = rs_facilities_join(&out->record_facilities, &p.met[w], error) && good;
    free(p.met);
    rs_row_reader_close(p.reader);
    return good;
}

bool rs_check_count(struct rs_run *run, const struct rs_checks *checks, const struct rs_jurisdiction *place,
                    struct rs_counted *out, struct rs_error *error) {
    struct rs_manifest m;
    *out = (struct rs_counted){0};
    if (!rs_count_files(run, out, error)) return false;
    if (!run_pass(run, checks, out, &rs_layout_demographic, &out->records, &out->demographic_rows, error)) return false;
    if (!run_pass(run, checks, out, &rs_layout_mapped, &out->answers, &out->mapped_rows, error)) return false;
    if (!rs_run_manifest(run, &rs_layout_record, &m, error)) return false;
    out->record_rows = m.rows;
    rs_facilities_sort(&out->record_facilities);
    if (checks->any_record_facility && !rs_count_record_facilities(out, error)) return false;
    if (!rs_run_manifest(run, &rs_layout_assertion, &m, error)) return false;
    out->assertion_rows = m.rows;
    if (!rs_count_persons(run, checks, place, out->sources, out->n_sources, &out->people, error) ||
        !rs_count_discrepancies(run, out, error) || !rs_count_evidence(run, out, error) ||
        !rs_count_prior_feeds(run, out, error))
        return false;
    for (size_t s = 0; s < out->n_sources; s++) add_counts(&out->all, &out->by_source[s]);
    return true;
}
