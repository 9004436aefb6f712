/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The stage normalize: reads record, writes demographic, one row for one row in the same order. What a value was stays
 * in record; what it means to us stands in demographic; what we cannot use goes to the quarantine, and the row goes on. */
#include "normalize.h"

#include <stdlib.h>

struct stage {
    struct rs_run *run;
    struct rs_pack *pack;
    struct rs_normal_tables *tables;
    struct worker {
        uint64_t rows, set_aside;
    } *workers;
};

static int64_t number(struct rs_view v) {
    int64_t n;
    return rs_parse_long(v, &n) ? n : -1;
}

void rs_set_aside(const struct rs_normalizing *n, int column, const char *rule, const char *message) {
    struct rs_evidence evidence = {.file_no = number(n->raw[RECORD_file_no]),
                                   .record_no = number(n->raw[RECORD_record_no]),
                                   .line = number(n->raw[RECORD_line]),
                                   .segment = number(n->raw[RECORD_segment]),
                                   .offset = number(n->raw[RECORD_offset]),
                                   .field = rs_cstr(rs_layout_record.columns[column].name),
                                   .raw = n->raw[column],
                                   .rule = rule,
                                   .message = message};
    rs_quarantine(n->run, n->batch, &evidence);
    ++*n->set_aside;
}

/* Whether blanks in it are single already, as they nearly always are. */
static bool is_spaced(struct rs_view v) {
    for (size_t i = 0; i < v.n; i++)
        if (v.p[i] == '\t' || v.p[i] == '\n' || v.p[i] == '\r' || (v.p[i] == ' ' && (i == 0 || i + 1 == v.n || v.p[i + 1] == ' ')))
            return false;
    return true;
}

static struct rs_view one_blank(struct rs_batch *batch, struct rs_view v) {
    if (!rs_has(v)) return RS_NULL;
    if (is_spaced(v)) return v;
    char *out = rs_arena_copy(&batch->arena, v.p, v.n);
    size_t n = 0;
    for (size_t i = 0; i < v.n; i++) {
        bool blank = v.p[i] == ' ' || v.p[i] == '\t' || v.p[i] == '\n' || v.p[i] == '\r';
        if (!blank) out[n++] = v.p[i];
        else if (n && out[n - 1] != ' ') out[n++] = ' ';
    }
    n -= n && out[n - 1] == ' ';
    return n ? rs_view(out, n) : RS_NULL;
}

static void normalize_row(struct stage *s, struct rs_batch *batch, const struct rs_view *row, struct rs_street_before *before) {
    struct rs_view out[DEMOGRAPHIC_COLUMNS] = {[DEMOGRAPHIC_record_key] = row[RECORD_record_key],
                                               [DEMOGRAPHIC_file_no] = row[RECORD_file_no],
                                               [DEMOGRAPHIC_record_no] = row[RECORD_record_no],
                                               [DEMOGRAPHIC_source] = row[RECORD_source],
                                               [DEMOGRAPHIC_record_date] = row[RECORD_record_date],
                                               [DEMOGRAPHIC_maintenance] = row[RECORD_maintenance],
                                               [DEMOGRAPHIC_facility] = one_blank(batch, row[RECORD_facility])};
    struct worker *w = &s->workers[batch->worker];
    struct rs_normalizing n = {s->run, s->pack, s->tables, batch, row, out, &w->set_aside, before};
    rs_normalize_names(&n);
    rs_normalize_dates(&n);
    rs_normalize_sex(&n);
    rs_normalize_place(&n);
    rs_normalize_phone(&n);
    rs_batch_emit(batch, 0, &rs_layout_demographic, out);
    w->rows++;
}

static void count(struct rs_batch *batch, struct rs_view file, uint64_t rows) {
    if (rows > 0) {
        rs_count(&batch->tally, "record", (int32_t)number(file), RS_READ, NULL, rows);
        rs_count(&batch->tally, "record", (int32_t)number(file), RS_WRITTEN, NULL, rows);
    }
}

/* What a row's views point to is done with once the row is written: the arena starts again with each, and stays in the
 * processor's nearest cache. */
static bool work(void *self, const struct rs_row_reader *reader, struct rs_batch *batch, struct rs_error *error) {
    struct rs_cursor c;
    char digits[24]; /* a number in decimal */
    struct rs_view file = RS_NULL;
    uint64_t rows = 0;
    struct rs_street_before before; /* not its text */
    before.raw = before.street = before.flag = RS_NULL;
    rs_cursor_open(&c, reader, &batch->in, batch->first_row, &batch->arena);
    while (rs_cursor_next(&c, error)) {
        struct rs_view now = c.row[RECORD_file_no];
        if (now.n != file.n || now.n == 0 || now.p[0] != file.p[0] || (now.n > 1 && !rs_eq(file, now))) {
            count(batch, file, rows);
            file = rs_view(digits, now.n < sizeof digits ? now.n : sizeof digits);
            memcpy(digits, now.n > 0 ? now.p : "", file.n);
            rows = 0;
        }
        rows++;
        normalize_row(self, batch, c.row, &before);
        rs_arena_reset(&batch->arena);
    }
    count(batch, file, rows);
    return error->code == 0;
}

static bool run_stage(struct rs_run *run, struct rs_error *error) {
    struct stage s = {.run = run, .pack = rs_pack_open(run->reference, error)};
    if (s.pack == NULL) {
        return false;
    }
    json_object_set_new(run->parameters, "reference", json_string(rs_pack_id(s.pack)));
    s.tables = rs_normal_tables_new(s.pack, run->as_of);
    s.workers = rs_alloc((size_t)run->threads * sizeof *s.workers);
    bool ok = rs_run_rows(run, &rs_layout_record, &s, work, error);
    uint64_t rows = 0, set_aside = 0;
    for (int i = 0; i < run->threads; i++) {
        rows += s.workers[i].rows;
        set_aside += s.workers[i].set_aside;
    }
    json_object_set_new(run->results, "rows", json_integer((json_int_t)rows));
    json_object_set_new(run->results, "values_set_aside", json_integer((json_int_t)set_aside));
    free(s.workers);
    rs_normal_tables_free(s.tables);
    rs_pack_close(s.pack);
    return ok;
}

static const struct rs_layout *const reads[] = {&rs_layout_record, NULL};
static const struct rs_layout *const writes[] = {&rs_layout_demographic, NULL};
static const char *const after[] = {"ingest", NULL};

const struct rs_stage rs_stage_normalize = {
    .name = "normalize",
    .version = 5, /* 5: counties of other vintages, county_note; dates with times and named months; names in brackets; counties of another state; 4: facility, newborns without a name, boxes and homelessness in Spanish; 3: streets by Publication 28, kinds of addresses, counties by name; 2: dates "YYYY M D"; birth_after_record */
    .about = "Clean names, dates, sex and places",
    .description =
        "Writes one cleaned row for each source row, in the same order; the raw values stay in record.\n\n"
        "Names are upper case without accents; a generational suffix is removed as a word and never as a tail of letters; "
        "placeholders (DECLINED, BABY BOY) are set aside; what stands in brackets or quotes is left out (in "
        "a family name it is the previous one, where the row has none); digits in names are dropped and flagged. A date must be a day of "
        "the calendar, not after the as-of date and not 120 years before it. States become USPS abbreviations. ZIP codes "
        "have five or nine digits; zeros lost at the front are put back only where the result is a ZIP code of the "
        "row's own state, and the quarantine says so. The ZIP code tabulation area, and county, tract and block group "
        "where the sender gives them, are checked against the reference pack. A county given by name is looked up among those "
        "of the row's state (County, Parish, Borough, Municipio, St. or Saint make no difference); where a county and a "
        "city share the name (Baltimore), it must say which. A county that was renamed, merged or parted (Shannon, Valdez-Cordova), a "
        "planning region of Connecticut and a county of the island areas is no error: county_note says which of these it is, "
        "and county is the one of 2020 that all of it lies in, or its tract; where several are possible it is null, and the "
        "state is left.\n\n"
        "Street lines are spelt as USPS Publication 28 asks, as far as rules go without the postal service's files: suffix, "
        "direction and unit designator are abbreviated where they stand as such (NORTH AVENUE is NORTH AVE), highways "
        "spelt out before their number, and the forms of boxes, rural and contract routes made one. address_flag says "
        "what stands in a street's place: po_box, rural_route, highway_contract, general_delivery, private_mailbox (PMB), "
        "military (APO, FPO, DPO, AA, AE, AP), homeless (the line says so, and is left out), shelter (it names one), "
        "foreign. Shelters and offices known only by their address are not recognised.\n\n"
        "A value that cannot be used is left empty and goes to the quarantine with its place in the source.",
    .examples = "Clean what ingest wrote:\n\n"
                "\trelsogi normalize --input out/ingest --output out/normalize --as-of 2026-01-31",
    .reads = reads,
    .writes = writes,
    .after = after,
    .needs_as_of = true,
    .needs_reference = true,
    .run = run_stage,
};
