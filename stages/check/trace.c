/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Why it exists: "531 records" helps nobody who must mend them at their source; file, line and byte do. */
#include "trace.h"
#include "record_bits.h"
#include "pipeline/base/file.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct place {
    struct rs_key key;
    bool has_key, found;
    int64_t file_no, record_no, line, segment, offset; /* -1: none; record_no -1: known by its key alone */
};
struct finding { /* one row of check_evidence before its place is looked up */
    enum rs_check_kind kind;
    size_t source;
    char element[64];
    size_t seq;
    struct place at;
};
struct tracing {
    struct rs_run *run;
    const struct rs_checks *checks;
    const struct rs_counted *counted;
    size_t cap;
    struct finding *list;
    size_t n, room;
    struct rs_tagged_list seen; /* findings so far: `stage` is the kind, `name` the element */
    struct place *wanted;       /* sorted by file and record, those known by key after them, sorted by key */
    size_t n_wanted, n_placed;
};

/* ---- collecting ------------------------------------------------------------------------------------------------- */

static bool is_asked(const struct tracing *t, enum rs_check_kind kind, const char *element) {
    for (size_t i = 0; i < t->checks->n; i++)
        if (t->checks->check[i].kind == kind && rs_check_matches(t->checks, &t->checks->check[i], element)) return true;
    return false;
}

static void find(struct tracing *t, enum rs_check_kind kind, struct rs_view element, size_t source,
                 const struct place *at) {
    struct rs_tagged *seen = rs_tagged_at(&t->seen, element, rs_cstr(rs_check_kind_names[kind]), source);
    if (seen->rows >= t->cap || element.n >= sizeof t->list->element) return;
    if (t->n == t->room) {
        t->room = t->room ? 2 * t->room : 256;
        t->list = rs_realloc(t->list, t->room * sizeof *t->list);
    }
    struct finding *f = &t->list[t->n++];
    *f = (struct finding){.kind = kind, .source = source, .seq = ++seen->rows, .at = *at};
    memcpy(f->element, element.p, element.n);
}

/* Elements of one kind that still lack findings, by source: a record without any of these needs no look. */
struct open_elements {
    uint32_t *left; /* [source] */
    uint64_t (*count)[32];
};

static void note(struct tracing *t, struct open_elements *open, enum rs_check_kind kind, const char *const *names,
                 uint32_t bits, size_t source, const struct rs_record_bits *r) {
    struct place at = {r->key, true, false, r->file_no, r->record_no, -1, -1, -1};
    for (bits &= open->left[source]; bits; bits &= bits - 1) {
        int e = __builtin_ctz(bits);
        find(t, kind, rs_cstr(names[e]), source, &at);
        if (++open->count[source][e] >= t->cap) open->left[source] &= ~(1u << e);
    }
}

static struct open_elements open_elements(const struct tracing *t, enum rs_check_kind kind, const char *const *names,
                                          int n) {
    struct open_elements o = {rs_alloc((t->counted->n_sources + 1) * sizeof *o.left),
                              rs_alloc((t->counted->n_sources + 1) * sizeof *o.count)};
    for (int e = 0; e < n; e++)
        for (size_t s = 0; is_asked(t, kind, names[e]) && s < t->counted->n_sources; s++) o.left[s] |= 1u << e;
    return o;
}

static void close_elements(struct open_elements *o) {
    free(o->left);
    free(o->count);
}

struct record_tracing {
    struct tracing *t;
    struct open_elements complete, wrong, unmapped;
};

static void trace_record(void *self, const struct rs_joined_record *one) {
    struct record_tracing *s = self;
    const struct rs_record_bits *r = one->record;
    size_t source = s->t->counted->source_of_file[r->file_no];
    if (~one->has & s->complete.left[source])
        note(s->t, &s->complete, RS_CHECK_COMPLETE, rs_complete_names, ~one->has, source, r);
    if (r->wrong) note(s->t, &s->wrong, RS_CHECK_IMPLAUSIBLE, rs_implausible_names, r->wrong, source, r);
    if (one->unknown) note(s->t, &s->unmapped, RS_CHECK_UNMAPPED, rs_mapped_names, one->unknown, source, r);
}

static bool trace_records(struct tracing *t, struct rs_error *error) {
    struct rs_counted *c = (struct rs_counted *)t->counted; /* its files are read, not changed */
    struct record_tracing s = {t, open_elements(t, RS_CHECK_COMPLETE, rs_complete_names, RS_HAS_ELEMENTS),
                               open_elements(t, RS_CHECK_IMPLAUSIBLE, rs_implausible_names, RS_IMPLAUSIBLES),
                               open_elements(t, RS_CHECK_UNMAPPED, rs_mapped_names, RS_MAPPED_ELEMENTS)};
    bool good = rs_join_records(c, &s, trace_record, error);
    close_elements(&s.complete);
    close_elements(&s.wrong);
    close_elements(&s.unmapped);
    return good;
}

static int64_t number_or_none(struct rs_view v) {
    int64_t n;
    return rs_parse_long(v, &n) ? n : -1;
}

static bool trace_quarantine(struct tracing *t, struct rs_error *error) {
    for (size_t i = 0; i < t->run->n_inputs; i++) {
        struct rs_manifest m;
        char path[4200];
        if (!rs_path(path, sizeof path, error, "%s/quarantine.json", t->run->inputs[i])) return false;
        if (!rs_exists(path)) continue;
        if (!rs_manifest_read(t->run->inputs[i], &rs_layout_quarantine, &m, error)) return false;
        struct rs_scan *scan = rs_scan_open(&m, error);
        const struct rs_view *row;
        char rule[64];
        while (scan && rs_scan_next(scan, &row, error)) {
            struct place at = {.file_no = number_or_none(row[QUARANTINE_file_no]),
                               .record_no = number_or_none(row[QUARANTINE_record_no]),
                               .line = number_or_none(row[QUARANTINE_line]),
                               .segment = number_or_none(row[QUARANTINE_segment]),
                               .offset = number_or_none(row[QUARANTINE_offset])};
            size_t source = at.file_no > 0 && (size_t)at.file_no < t->counted->n_files
                                ? t->counted->source_of_file[at.file_no]
                                : RS_NO_SOURCE;
            at.found = at.offset >= 0 || at.line >= 0 || at.record_no < 0;
            snprintf(rule, sizeof rule, "%.*s", (int)row[QUARANTINE_rule].n, row[QUARANTINE_rule].p);
            if (is_asked(t, RS_CHECK_QUARANTINED, rule)) find(t, RS_CHECK_QUARANTINED, rs_cstr(rule), source, &at);
        }
        rs_scan_close(scan);
        if (error->code) return false;
    }
    return true;
}

static size_t source_named(const struct rs_counted *c, struct rs_view name) {
    for (size_t s = 0; s < c->n_sources; s++)
        if (rs_eq_c(name, c->sources[s])) return s;
    return RS_NO_SOURCE;
}

/* Of the two sides the one that lost: there is where to look. */
static bool trace_discrepancies(struct tracing *t, struct rs_error *error) {
    struct rs_manifest m;
    bool found;
    if (!rs_run_manifest_if(t->run, &rs_layout_discrepancy, &m, &found, error)) return false;
    struct rs_scan *scan = found ? rs_scan_open(&m, error) : NULL;
    const struct rs_view *row;
    while (scan && rs_scan_next(scan, &row, error)) {
        struct place at = {.has_key = true, .file_no = -1, .record_no = -1, .line = -1, .segment = -1, .offset = -1};
        char names[2][128], element[64];
        if (!rs_key_parse(row[DISCREPANCY_other_record], &at.key)) continue;
        struct rs_view kind = row[DISCREPANCY_kind];
        snprintf(element, sizeof element, "%.*s", (int)row[DISCREPANCY_element].n, row[DISCREPANCY_element].p);
        snprintf(names[0], sizeof names[0], "%s", element);
        snprintf(names[1], sizeof names[1], "%s:%.*s", element, kind.n < 60 ? (int)kind.n : 60, kind.p);
        for (int i = 0; i < 2; i++)
            if (is_asked(t, RS_CHECK_DISAGREE, names[i]))
                find(t, RS_CHECK_DISAGREE, rs_cstr(names[i]), source_named(t->counted, row[DISCREPANCY_other_source]),
                     &at);
    }
    rs_scan_close(scan);
    return error->code == 0;
}

/* ---- looking up places ------------------------------------------------------------------------------------------ */

static int by_record(const void *a, const void *b) {
    const struct place *x = a, *y = b;
    if (x->file_no != y->file_no) return x->file_no < y->file_no ? -1 : 1;
    return (x->record_no > y->record_no) - (x->record_no < y->record_no);
}

static int by_key(const void *a, const void *b) {
    return rs_key_compare(((const struct place *)a)->key, ((const struct place *)b)->key);
}

static bool keep_wanted(void *self, int worker, const struct rs_view *row, void *record, struct rs_error *error) {
    const struct tracing *t = self;
    struct place p = {.has_key = true, .found = true};
    (void)worker;
    (void)error;
    if (!rs_parse_long(row[RECORD_file_no], &p.file_no) || !rs_parse_long(row[RECORD_record_no], &p.record_no) ||
        !rs_key_parse(row[RECORD_record_key], &p.key))
        return false;
    if (!(t->n_placed && bsearch(&p, t->wanted, t->n_placed, sizeof p, by_record)) &&
        !(t->n_wanted > t->n_placed &&
          bsearch(&p, t->wanted + t->n_placed, t->n_wanted - t->n_placed, sizeof p, by_key)))
        return false;
    p.line = number_or_none(row[RECORD_line]);
    p.segment = number_or_none(row[RECORD_segment]);
    p.offset = number_or_none(row[RECORD_offset]);
    memcpy(record, &p, sizeof p);
    return true;
}

static void fill_wanted(struct tracing *t) {
    t->wanted = rs_alloc((t->n + 1) * sizeof *t->wanted);
    for (size_t i = 0; i < t->n; i++)
        if (!t->list[i].at.found && t->list[i].at.record_no >= 0) t->wanted[t->n_wanted++] = t->list[i].at;
    t->n_placed = t->n_wanted;
    for (size_t i = 0; i < t->n; i++)
        if (!t->list[i].at.found && t->list[i].at.record_no < 0) t->wanted[t->n_wanted++] = t->list[i].at;
    if (t->n_placed) qsort(t->wanted, t->n_placed, sizeof *t->wanted, by_record);
    if (t->n_wanted > t->n_placed) qsort(t->wanted + t->n_placed, t->n_wanted - t->n_placed, sizeof *t->wanted, by_key);
}

/* The records found, in the order of the files; of several with one key the first stands. */
static void set_places(struct tracing *t, const struct place *found, size_t n) {
    struct place *keyed = rs_alloc((n + 1) * sizeof *keyed);
    size_t n_keyed = 0;
    if (n) memcpy(keyed, found, n * sizeof *keyed);
    /* sorted by key, then file and record: insertion keeps the order, and n is small */
    for (size_t i = 0; i < n; i++) {
        struct place p = keyed[i];
        size_t low = 0, high = n_keyed;
        while (low < high) {
            size_t middle = (low + high) / 2;
            if (by_key(&keyed[middle], &p) < 0)
                low = middle + 1;
            else
                high = middle;
        }
        if (low < n_keyed && by_key(&keyed[low], &p) == 0) continue;
        memmove(keyed + low + 1, keyed + low, (n_keyed - low) * sizeof *keyed);
        keyed[low] = p;
        n_keyed++;
    }
    for (size_t i = 0; i < t->n; i++) {
        struct place *at = &t->list[i].at;
        const struct place *p;
        if (at->found) continue;
        p = at->record_no >= 0 ? bsearch(at, found, n, sizeof *found, by_record)
                               : bsearch(at, keyed, n_keyed, sizeof *keyed, by_key);
        if (p) *at = *p;
    }
    free(keyed);
}

static bool look_up(struct tracing *t, struct rs_error *error) {
    struct rs_manifest m;
    struct rs_reduced file = {0};
    struct rs_reduction how = {t, keep_wanted};
    fill_wanted(t);
    if (t->n_wanted == 0) return true;
    bool good = rs_run_manifest(t->run, &rs_layout_record, &m, error) &&
                rs_reduced_open(t->run->output, sizeof(struct place), &file, error) &&
                rs_reduce(t->run, &m, &how, &file, error);
    struct place *found = rs_alloc((file.n + 1) * sizeof *found);
    size_t n = 0, got = 1;
    while (good && got > 0 && n < file.n) {
        good = rs_reduced_read(&file, found + n, file.n - n, &got, error);
        n += got;
    }
    if (good) set_places(t, found, n);
    free(found);
    rs_reduced_close(&file);
    return good;
}

/* ---- writing ---------------------------------------------------------------------------------------------------- */

struct line {
    const char *check, *source;
    const struct finding *f;
};

static int by_line(const void *a, const void *b) {
    const struct line *x = a, *y = b;
    int c = strcmp(x->check, y->check);
    if (!c) c = strcmp(x->source ? x->source : "", y->source ? y->source : "");
    if (!c) c = strcmp(x->f->element, y->f->element);
    return c ? c : (x->f->seq > y->f->seq) - (x->f->seq < y->f->seq);
}

static struct rs_view number_text(struct rs_arena *arena, int64_t n) {
    return n < 0 ? RS_NULL : rs_arena_long(arena, n);
}

static bool write_lines(struct tracing *t, const struct line *lines, size_t n, struct rs_error *error) {
    struct rs_batch batch = {0};
    for (size_t i = 0; i < n; i++) {
        const struct finding *f = lines[i].f;
        struct rs_view row[CHECK_EVIDENCE_COLUMNS] = {{0}};
        row[CHECK_EVIDENCE_check_id] = rs_cstr(lines[i].check);
        row[CHECK_EVIDENCE_source] = rs_cstr(lines[i].source);
        row[CHECK_EVIDENCE_element] = rs_cstr(f->element);
        row[CHECK_EVIDENCE_seq] = rs_arena_long(&batch.arena, (int64_t)f->seq);
        if (f->at.has_key) row[CHECK_EVIDENCE_record_key] = rs_key_text(&batch.arena, f->at.key);
        row[CHECK_EVIDENCE_file_no] = number_text(&batch.arena, f->at.file_no);
        row[CHECK_EVIDENCE_record_no] = number_text(&batch.arena, f->at.record_no);
        row[CHECK_EVIDENCE_line] = number_text(&batch.arena, f->at.line);
        row[CHECK_EVIDENCE_segment] = number_text(&batch.arena, f->at.segment);
        row[CHECK_EVIDENCE_offset] = number_text(&batch.arena, f->at.offset);
        rs_batch_emit(&batch, 1, &rs_layout_check_evidence, row);
    }
    bool good = rs_run_done(t->run, &batch, error);
    rs_buffer_free(&batch.out[1]);
    rs_arena_free(&batch.arena);
    return good;
}

/* Findings of a kind belong to each check of the kind that has a result with violations of the element. */
static bool has_violations(const struct rs_check_results *results, const struct rs_check *check, const char *element) {
    for (size_t i = 0; i < results->n; i++) {
        const struct rs_check_result *r = &results->r[i];
        if (r->check == check && r->violations > 0 && r->state != RS_NOT_APPLICABLE && strcmp(r->element, element) == 0)
            return true;
    }
    return false;
}

static bool write_findings(struct tracing *t, const struct rs_check_results *results, struct rs_error *error) {
    struct line *lines = rs_alloc((t->n * t->checks->n + 1) * sizeof *lines);
    size_t n = 0;
    for (size_t c = 0; c < t->checks->n; c++) {
        const struct rs_check *check = &t->checks->check[c];
        const char *known = NULL;
        bool asked = false;
        for (size_t i = 0; !check->elsewhere && i < t->n; i++) {
            const struct finding *f = &t->list[i];
            if (f->kind != check->kind || !rs_check_matches(t->checks, check, f->element)) continue;
            if (!known || strcmp(known, f->element) != 0) asked = has_violations(results, check, f->element);
            known = f->element;
            const char *source = f->source == RS_NO_SOURCE ? NULL : t->counted->sources[f->source];
            if (asked) lines[n++] = (struct line){check->id, source, f};
        }
    }
    if (n) qsort(lines, n, sizeof *lines, by_line);
    bool good = write_lines(t, lines, n, error);
    free(lines);
    return good;
}

bool rs_check_trace(struct rs_run *run, const struct rs_checks *checks, const struct rs_counted *counted,
                    const struct rs_check_results *results, size_t cap, struct rs_error *error) {
    struct tracing t = {.run = run, .checks = checks, .counted = counted, .cap = cap};
    bool good = trace_records(&t, error) && trace_quarantine(&t, error) && trace_discrepancies(&t, error) &&
                look_up(&t, error) && write_findings(&t, results, error);
    free(t.list);
    free(t.wanted);
    rs_tagged_free(&t.seen);
    return good;
}
