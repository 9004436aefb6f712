/* SPDX-License-Identifier: GPL-3.0-or-later */
/* From a person to files, lines and bytes: each file is read once, whatever the number of persons. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "trace.h"

struct record {
    struct rs_key key;
    size_t person;
};
struct source_file {
    int64_t number;
    char name[256], sha256[65];
};
struct lineage {
    const struct rs_trace *t;
    bool raw;
    struct rs_buffer *told; /* by person */
    struct record *records; /* by key */
    size_t n_records, room;
    struct source_file *files;
    size_t n_files;
};

/* ---- finding -------------------------------------------------------------------------------------------------- */

static int by_person(const void *a, const void *b) {
    const struct rs_traced_person *x = a, *y = b;
    return rs_key_compare(x->key, y->key);
}
static int by_record(const void *a, const void *b) {
    const struct record *x = a, *y = b;
    return rs_key_compare(x->key, y->key);
}

static struct rs_buffer *person_of(const struct lineage *l, struct rs_view key) {
    struct rs_traced_person wanted;
    if (!rs_key_parse(key, &wanted.key)) return NULL;
    const struct rs_traced_person *p =
        bsearch(&wanted, l->t->persons, l->t->n_persons, sizeof *l->t->persons, by_person);
    return p ? &l->told[p - l->t->persons] : NULL;
}

static struct rs_buffer *record_of(const struct lineage *l, struct rs_view key) {
    struct record wanted;
    if (!l->n_records || !rs_key_parse(key, &wanted.key)) return NULL;
    const struct record *r = bsearch(&wanted, l->records, l->n_records, sizeof *l->records, by_record);
    return r ? &l->told[r->person] : NULL;
}

/* Calls `row` for every row of a layout. A stage that has none of it is passed over. */
static bool each_row(struct lineage *l, const char *stage, const struct rs_layout *layout,
                     void (*row)(struct lineage *l, const struct rs_view *row), struct rs_error *error) {
    struct rs_manifest m;
    const struct rs_view *values;
    struct rs_error missing = {0};
    if (!rs_trace_manifest(l->t->run, stage, layout, &m, &missing)) {
        if (missing.code == RS_NO_INPUT) return true;
        *error = missing;
        return false;
    }
    struct rs_scan *scan = rs_scan_open(&m, error);
    while (scan && rs_scan_next(scan, &values, error)) row(l, values);
    rs_scan_close(scan);
    return !error->code;
}

static void add_record(struct lineage *l, const struct rs_view *row) {
    struct rs_buffer *told = person_of(l, row[LINK_person_key]);
    struct record r;
    if (!told || !rs_key_parse(row[LINK_record_key], &r.key)) return;
    r.person = (size_t)(told - l->told);
    if (l->n_records == l->room) {
        l->room = l->room ? 2 * l->room : 256;
        l->records = rs_realloc(l->records, l->room * sizeof *l->records);
    }
    l->records[l->n_records++] = r;
    rs_buffer_printf(told, "    record %.*s of %.*s (%.*s)\n", (int)row[LINK_record_key].n, row[LINK_record_key].p,
                     (int)row[LINK_source].n, row[LINK_source].p, (int)row[LINK_rule].n, row[LINK_rule].p);
}

static void add_file(struct lineage *l, const struct rs_view *row) {
    l->files = rs_realloc(l->files, (l->n_files + 1) * sizeof *l->files);
    struct source_file *f = &l->files[l->n_files];
    if (!rs_parse_long(row[FILE_file_no], &f->number)) return;
    snprintf(f->name, sizeof f->name, "%.*s", (int)row[FILE_name].n, row[FILE_name].p);
    snprintf(f->sha256, sizeof f->sha256, "%.*s", (int)row[FILE_sha256].n, row[FILE_sha256].p);
    l->n_files++;
}

/* ---- telling -------------------------------------------------------------------------------------------------- */

static void say_place(const struct lineage *l, struct rs_buffer *to, struct rs_view file_no, struct rs_view line,
                      struct rs_view segment, struct rs_view offset) {
    int64_t number = 0;
    const char *name = "?";
    rs_parse_long(file_no, &number);
    for (size_t i = 0; i < l->n_files; i++)
        if (l->files[i].number == number) name = l->files[i].name;
    rs_buffer_printf(to, "%s", name);
    if (line.n) rs_buffer_printf(to, ", line %.*s", (int)line.n, line.p);
    if (segment.n) rs_buffer_printf(to, ", segment %.*s", (int)segment.n, segment.p);
    rs_buffer_printf(to, ", byte %.*s", (int)offset.n, offset.p);
}

/* Whether an element has to do with the estimate's dimension. */
static bool matters(const struct lineage *l, struct rs_view element) {
    static const struct {
        const char *dimension, *elements;
    } both[] = {{"race", "race,ethnicity,race_ethnicity"},
                {"language", "language_preferred,language_spoken,language_read,language_written,interpreter"},
                {"sex", "administrative_sex,sex_at_birth"},
                {"orientation", "sexual_orientation"},
                {"gender", "gender_identity,sex_at_birth,gender_two_step"}};
    struct rs_view dimension = l->t->estimate[ESTIMATE_dimension];
    char name[256];
    snprintf(name, sizeof name, "%.*s", (int)dimension.n, dimension.p);
    for (size_t i = 0; i < sizeof both / sizeof both[0]; i++) {
        if (!strstr(name, both[i].dimension)) continue;
        for (struct rs_view rest = rs_cstr(both[i].elements); rest.p;)
            if (rs_eq(rs_split(&rest, ','), element)) return true;
    }
    return false;
}

static void add_value(struct lineage *l, const struct rs_view *row) {
    struct rs_buffer *to = person_of(l, row[PERSON_VALUE_person_key]);
    if (!to || !matters(l, row[PERSON_VALUE_element])) return;
    struct rs_view value = row[PERSON_VALUE_value].n ? row[PERSON_VALUE_value] : row[PERSON_VALUE_missing];
    rs_buffer_printf(to, "    stands: %.*s (%.*s) %.*s, from record %.*s of %.*s; rule %.*s, %.*s other answers\n",
                     (int)row[PERSON_VALUE_element].n, row[PERSON_VALUE_element].p, (int)row[PERSON_VALUE_axis].n,
                     row[PERSON_VALUE_axis].p, (int)value.n, value.p, (int)row[PERSON_VALUE_record_key].n,
                     row[PERSON_VALUE_record_key].p, (int)row[PERSON_VALUE_source].n, row[PERSON_VALUE_source].p,
                     (int)row[PERSON_VALUE_rule].n, row[PERSON_VALUE_rule].p, (int)row[PERSON_VALUE_losers].n,
                     row[PERSON_VALUE_losers].p);
}

static void add_answer(struct lineage *l, const struct rs_view *row) {
    struct rs_buffer *to = matters(l, row[ASSERTION_element]) ? record_of(l, row[ASSERTION_record_key]) : NULL;
    if (!to) return;
    rs_buffer_printf(to, "    answer: %.*s, %.*s, of record %.*s: ", (int)row[ASSERTION_element].n,
                     row[ASSERTION_element].p, (int)row[ASSERTION_representation].n, row[ASSERTION_representation].p,
                     (int)row[ASSERTION_record_key].n, row[ASSERTION_record_key].p);
    say_place(l, to, row[ASSERTION_file_no], row[ASSERTION_line], row[ASSERTION_segment], row[ASSERTION_offset]);
    if (l->raw) rs_buffer_printf(to, ": \"%.*s\"", (int)row[ASSERTION_raw].n, row[ASSERTION_raw].p);
    rs_buffer_printf(to, "\n");
}

static void add_event(struct lineage *l, const struct rs_view *row) {
    if (!rs_eq(row[MEASURE_EVENT_measure], l->t->estimate[ESTIMATE_measure]) ||
        !rs_eq(row[MEASURE_EVENT_period], l->t->estimate[ESTIMATE_period]))
        return;
    struct rs_buffer *to = record_of(l, row[MEASURE_EVENT_record_key]);
    if (!to) return;
    rs_buffer_printf(to, "    measure: %.*s %.*s, numerator %.*s: ", (int)row[MEASURE_EVENT_measure].n,
                     row[MEASURE_EVENT_measure].p, (int)row[MEASURE_EVENT_period].n, row[MEASURE_EVENT_period].p,
                     (int)row[MEASURE_EVENT_numerator].n, row[MEASURE_EVENT_numerator].p);
    say_place(l, to, row[MEASURE_EVENT_file_no], row[MEASURE_EVENT_line], (struct rs_view){0}, row[MEASURE_EVENT_offset]);
    rs_buffer_printf(to, "\n");
}

static void add_row(struct lineage *l, const struct rs_view *row) {
    struct rs_buffer *to = record_of(l, row[RECORD_record_key]);
    if (!to) return;
    rs_buffer_printf(to, "    row of record %.*s: ", (int)row[RECORD_record_key].n, row[RECORD_record_key].p);
    say_place(l, to, row[RECORD_file_no], row[RECORD_line], row[RECORD_segment], row[RECORD_offset]);
    rs_buffer_printf(to, "\n");
}

static void tell(const struct lineage *l) {
    puts("\nInput files");
    for (size_t i = 0; i < l->n_files; i++) printf("  %s  sha256 %s\n", l->files[i].name, l->files[i].sha256);
    puts("\nPersons");
    for (size_t i = 0; i < l->t->n_persons; i++) {
        char hex[33];
        const struct rs_traced_person *p = &l->t->persons[i];
        rs_hex(hex, p->key.b, 16);
        printf("  %s  ", hex);
        if (l->t->estimate[ESTIMATE_measure].n) printf("numerator %d, ", p->numerator);
        if (p->imputed) printf("imputed: probability %.4f by %s\n", p->p, p->model);
        else puts("as said or recorded");
        fwrite(l->told[i].p, 1, l->told[i].n, stdout);
    }
}

bool rs_trace_lineage(const struct rs_trace *t, bool raw, struct rs_error *error) {
    struct lineage l = {.t = t, .raw = raw};
    l.told = rs_alloc((t->n_persons + 1) * sizeof *l.told);
    bool ok = each_row(&l, "ingest", &rs_layout_file, add_file, error) &&
              each_row(&l, "reconcile", &rs_layout_link, add_record, error);
    if (ok && l.n_records) qsort(l.records, l.n_records, sizeof *l.records, by_record);
    ok = ok && each_row(&l, "reconcile", &rs_layout_person_value, add_value, error) &&
         each_row(&l, "ingest", &rs_layout_record, add_row, error) &&
         each_row(&l, "ingest", &rs_layout_assertion, add_answer, error) &&
         each_row(&l, "ingest", &rs_layout_measure_event, add_event, error);
    if (ok) tell(&l);
    for (size_t i = 0; i < t->n_persons; i++) rs_buffer_free(&l.told[i]);
    free(l.told);
    free(l.records);
    free(l.files);
    return ok;
}
