/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Why it exists: files, persons, discrepancies, quarantines and ledgers are read in their own order. */
#include "tables.h"
#include "pipeline/base/file.h"
#include "pipeline/rows/group.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct rs_tagged *rs_tagged_at(struct rs_tagged_list *list, struct rs_view name, struct rs_view stage, size_t source) {
    for (size_t i = list->n; i-- > 0;) {
        struct rs_tagged *e = &list->e[i];
        if (e->source == source && rs_eq_c(name, e->name) && rs_eq_c(stage, e->stage)) return e;
    }
    if (list->n == list->room) {
        list->room = list->room ? 2 * list->room : 32;
        list->e = rs_realloc(list->e, list->room * sizeof *list->e);
    }
    struct rs_tagged *e = &list->e[list->n++];
    *e = (struct rs_tagged){.name = rs_alloc(name.n + 1), .stage = rs_alloc(stage.n + 1), .source = source};
    if (name.n) memcpy(e->name, name.p, name.n);
    if (stage.n) memcpy(e->stage, stage.p, stage.n);
    return e;
}

void rs_tagged_free(struct rs_tagged_list *list) {
    for (size_t i = 0; i < list->n; i++) {
        free(list->e[i].name);
        free(list->e[i].stage);
    }
    free(list->e);
}

void rs_counted_free(struct rs_counted *c) {
    for (size_t i = 0; i < c->n_sources; i++) free(c->sources[i]);
    free(c->sources);
    free(c->source_of_file);
    free(c->by_source);
    rs_tagged_free(&c->quarantined);
    rs_tagged_free(&c->disagree);
    rs_tagged_free(&c->ledgers);
    rs_tagged_free(&c->unbalanced);
    rs_tagged_free(&c->prior_feeds);
    rs_reduced_close(&c->records);
    rs_reduced_close(&c->answers);
    rs_facilities_free(&c->record_facilities);
    free(c->by_record_facility);
    rs_person_counts_free(&c->people);
    *c = (struct rs_counted){0};
}

static void account(struct rs_run *run, const char *layout, uint64_t rows) {
    rs_count(&run->tally, layout, 0, RS_READ, NULL, rows);
    rs_count(&run->tally, layout, 0, RS_AGGREGATED, NULL, rows);
}

/* Calls fn for each row of a file. */
static bool each_row(const struct rs_manifest *m,
                     bool (*fn)(struct rs_counted *, const struct rs_view *, struct rs_error *), struct rs_counted *out,
                     struct rs_error *error) {
    struct rs_scan *scan = rs_scan_open(m, error);
    const struct rs_view *row;
    bool good = scan != NULL;
    while (good && rs_scan_next(scan, &row, error)) good = fn(out, row, error);
    rs_scan_close(scan);
    return good && error->code == 0;
}

/* ---- file ----------------------------------------------------------------------------------------------------- */

static bool one_file(struct rs_counted *out, const struct rs_view *row, struct rs_error *error) {
    int64_t number, records;
    enum { MOST = 1 << 20 };
    if (!rs_parse_long(row[FILE_file_no], &number) || number < 0 || number > MOST ||
        !rs_parse_long(row[FILE_records], &records) || records < 0)
        return rs_fail(error, RS_DATA, "file: file_no or records is not a number: run ingest again");
    size_t s = 0;
    while (s < out->n_sources && !rs_eq_c(row[FILE_source], out->sources[s])) s++;
    if (s == out->n_sources) {
        out->sources = rs_realloc(out->sources, (s + 1) * sizeof *out->sources);
        out->by_source = rs_realloc(out->by_source, (s + 1) * sizeof *out->by_source);
        out->sources[s] = rs_alloc(row[FILE_source].n + 1);
        memcpy(out->sources[s], row[FILE_source].p, row[FILE_source].n);
        out->by_source[s] = (struct rs_source_counts){0};
        out->n_sources++;
    }
    if ((size_t)number >= out->n_files) {
        size_t n = (size_t)number + 1;
        out->source_of_file = rs_realloc(out->source_of_file, n * sizeof *out->source_of_file);
        for (size_t i = out->n_files; i < n; i++) out->source_of_file[i] = RS_NO_SOURCE;
        out->n_files = n;
    }
    out->source_of_file[number] = s;
    out->by_source[s].file_records += (uint64_t)records;
    out->by_source[s].files++;
    out->by_source[s].empty_files += records == 0;
    out->by_source[s].has_people |= !rs_eq_c(row[FILE_format], "measure_csv");
    return true;
}

bool rs_count_files(struct rs_run *run, struct rs_counted *out, struct rs_error *error) {
    struct rs_manifest m;
    if (!rs_run_manifest(run, &rs_layout_file, &m, error) || !each_row(&m, one_file, out, error)) return false;
    account(run, "file", m.rows);
    return true;
}

/* ---- discrepancy ---------------------------------------------------------------------------------------------- */

/* Each person counts once an element. The file is not in the order of persons, so that (person, element) goes through
 * partitions: bounded memory, whatever the number of discrepancies. */
static bool spill_discrepancies(struct rs_counted *out, struct rs_scan *scan, struct rs_spill *spill,
                                struct rs_error *error) {
    const struct rs_view *row;
    while (rs_scan_next(scan, &row, error)) {
        struct rs_key person;
        if (!rs_key_parse(row[DISCREPANCY_person_key], &person))
            return rs_fail(error, RS_DATA,
                           "discrepancy: a person_key is not 32 hexadecimal digits: run reconcile again");
        char both[128];
        snprintf(both, sizeof both, "%.*s:%.*s", (int)row[DISCREPANCY_element].n, row[DISCREPANCY_element].p,
                 (int)row[DISCREPANCY_kind].n, row[DISCREPANCY_kind].p);
        const struct rs_view names[] = {row[DISCREPANCY_element], rs_cstr(both)};
        for (int i = 0; i < 2; i++) {
            struct rs_tagged *e = rs_tagged_at(&out->disagree, names[i], RS_NULL, RS_NO_SOURCE);
            size_t element = (size_t)(e - out->disagree.e);
            if (element > UINT8_MAX) return rs_fail(error, RS_DATA, "discrepancy: more than 256 elements and kinds");
            if (!rs_spill_add(spill, person, (uint8_t)element, "", 0, error)) return false;
        }
    }
    return error->code == 0 && rs_spill_seal(spill, error);
}

static bool count_spilled(struct rs_counted *out, struct rs_spill *spill, struct rs_error *error) {
    struct rs_partition part = {0};
    bool good = true;
    for (int number = 0; good && number < RS_PARTITIONS; number++) {
        good = rs_partition_read(spill, number, &part, error);
        for (size_t i = 0; good && i < part.n; i++) {
            const struct rs_item *item = &part.items[i];
            bool again = i > 0 && item[-1].tag == item->tag && rs_key_compare(item[-1].key, item->key) == 0;
            out->disagree.e[item->tag].rows += !again;
        }
    }
    rs_partition_free(&part);
    return good;
}

bool rs_count_discrepancies(struct rs_run *run, struct rs_counted *out, struct rs_error *error) {
    struct rs_manifest m;
    if (!rs_run_manifest_if(run, &rs_layout_discrepancy, &m, &out->has_discrepancy, error)) return false;
    if (!out->has_discrepancy) return true;
    struct rs_scan *scan = rs_scan_open(&m, error);
    struct rs_spill *spill = scan ? rs_spill_open(run->output, error) : NULL;
    bool good = spill && spill_discrepancies(out, scan, spill, error) && count_spilled(out, spill, error);
    rs_scan_close(scan);
    if (spill) rs_spill_close(spill);
    if (good) account(run, "discrepancy", m.rows);
    return good;
}

/* ---- quarantine and ledger, of every directory ------------------------------------------------------------------ */

static bool one_quarantined(struct rs_counted *out, const struct rs_view *row, struct rs_error *error) {
    int64_t file_no;
    size_t source = RS_NO_SOURCE;
    if (!rs_parse_long(row[QUARANTINE_file_no], &file_no))
        return rs_fail(error, RS_DATA, "quarantine: file_no is not a number: run its stage again");
    if (file_no > 0 && (size_t)file_no < out->n_files) source = out->source_of_file[file_no];
    rs_tagged_at(&out->quarantined, row[QUARANTINE_rule], row[QUARANTINE_stage], source)->rows++;
    return true;
}

/* Fates are taken from what was read; what is left, either way, is out of balance. */
struct balance {
    char key[160];
    int64_t left;
};

static bool one_ledger(struct rs_counted *out, struct rs_scan *scan, struct rs_error *error) {
    struct balance *list = NULL;
    size_t n = 0;
    const struct rs_view *row;
    while (rs_scan_next(scan, &row, error)) {
        int64_t rows;
        struct rs_view fate = row[LEDGER_fate], stage = row[LEDGER_stage];
        if (!rs_parse_long(row[LEDGER_rows], &rows) || rows < 0) {
            rs_fail(error, RS_DATA, "ledger: rows is not a number: run its stage again");
            break;
        }
        bool read = rs_eq_c(fate, "read");
        struct rs_tagged *e = rs_tagged_at(&out->ledgers, stage, RS_NULL, RS_NO_SOURCE);
        if (read) e->rows += (uint64_t)rows;
        if (rs_eq_c(fate, "made")) continue;
        if (rs_eq_c(fate, "ignored") && rs_eq_c(stage, "map") && rs_eq_c(row[LEDGER_layout], "assertion"))
            out->assertions_ignored += (uint64_t)rows;
        char key[160];
        snprintf(key, sizeof key, "%.*s %.*s %.*s", (int)stage.n, stage.p, (int)row[LEDGER_layout].n,
                 row[LEDGER_layout].p, (int)row[LEDGER_file_no].n, row[LEDGER_file_no].p);
        size_t i = 0;
        while (i < n && strcmp(list[i].key, key) != 0) i++;
        if (i == n) {
            list = rs_realloc(list, (n + 1) * sizeof *list);
            memcpy(list[n].key, key, sizeof key);
            list[n++].left = 0;
        }
        list[i].left += read ? rows : -rows;
    }
    for (size_t i = 0; i < n; i++) {
        struct rs_view rest = rs_cstr(list[i].key);
        rs_tagged_at(&out->unbalanced, rs_split(&rest, ' '), RS_NULL, RS_NO_SOURCE)->rows +=
            (uint64_t)llabs(list[i].left);
    }
    free(list);
    return error->code == 0;
}

bool rs_count_evidence(struct rs_run *run, struct rs_counted *out, struct rs_error *error) {
    for (size_t i = 0; i < run->n_inputs; i++) {
        struct rs_manifest m;
        char path[4200];
        if (!rs_path(path, sizeof path, error, "%s/quarantine.json", run->inputs[i])) return false;
        if (rs_exists(path)) {
            if (!rs_manifest_read(run->inputs[i], &rs_layout_quarantine, &m, error) ||
                !each_row(&m, one_quarantined, out, error))
                return false;
            account(run, "quarantine", m.rows);
        }
        if (!rs_path(path, sizeof path, error, "%s/ledger.json", run->inputs[i])) return false;
        if (!rs_exists(path)) {
            out->missing_ledgers++;
            continue;
        }
        if (!rs_manifest_read(run->inputs[i], &rs_layout_ledger, &m, error)) return false;
        struct rs_scan *scan = rs_scan_open(&m, error);
        bool good = scan && one_ledger(out, scan, error);
        rs_scan_close(scan);
        if (!good) return false;
        account(run, "ledger", m.rows);
    }
    return true;
}
