/* SPDX-License-Identifier: GPL-3.0-or-later */
/* FHIR R4: resources on lines, in documents and in Bundles. Patient makes a record; Observations make answers, Coverage
 * and RelatedPerson identifiers and spans, MeasureReports results, all under their patient's key. */
#include "fhir.h"
#include "fhir_walk.h"

static void reject_broken(const struct rs_fhir *l, struct rs_view text) {
    rs_rows_reject(l->rows, "broken_json", RS_LIT("line"), text,
                   "not one JSON text: cut off, or damaged on the way; fetch the file again");
}

static const struct {
    const char *type;
    void (*read)(const struct rs_fhir *l, token resource);
} readers[] = {{"Patient", rs_fhir_patient},
               {"Observation", rs_fhir_observation},
               {"Coverage", rs_fhir_coverage},
               {"RelatedPerson", rs_fhir_related_person},
               {"MeasureReport", rs_fhir_measure_report}};

static void read_resource(const struct rs_fhir *l, token resource) {
    struct rs_view type = rs_json_text(l->j, resource, "resourceType");
    if (resource->type == RS_JSON_ARRAY && resource->child) {
        rs_rows_reject(l->rows, "json_array", RS_LIT("resourceType"), RS_NULL,
                       "a list, and no resource: nothing in it is read; write a resource a line, or a Bundle");
        return;
    }
    if (!rs_has(type)) {
        rs_fhir_ignore(l, "not a resource");
        return;
    }
    for (size_t i = 0; i < sizeof readers / sizeof readers[0]; i++) {
        if (!rs_eq_c(type, readers[i].type)) continue;
        readers[i].read(l, resource);
        return;
    }
    if (rs_eq_c(type, "Bundle") && rs_json_child(l->j, rs_json_get(l->j, resource, "entry"))) {
        rs_rows_reject(l->rows, "nested_bundle", RS_LIT("Bundle.entry.resource"), RS_NULL,
                       "a Bundle within a Bundle (the response to a batch): its resources are not read; give the inner "
                       "Bundles as files, or one a line");
        return;
    }
    rs_fhir_ignore(l, "resource of another type");
}

static void read_piece(struct rs_fhir *l, struct rs_json *json, struct rs_view text, bool entry) {
    struct rs_arena *arena = &l->rows->batch->arena;
    if (!l->rows->clean && !rs_utf8_valid(text)) {
        text = rs_from_windows_1252(arena, text);
        l->rows->block->converted = true;
    }
    token root = rs_json_parse(json, text.p, text.n, arena);
    l->full_url = entry ? rs_json_text(json, root, "fullUrl") : RS_NULL;
    if (!root) reject_broken(l, text);
    else if (!entry) read_resource(l, root);
    else if (rs_json_get(json, root, "resource")) read_resource(l, rs_json_get(json, root, "resource"));
    else rs_fhir_ignore(l, "entry without a resource");
}

static void put_counts(struct rs_rows *rows, const struct rs_fhir_counts *c) {
    struct rs_tally *t = &rows->batch->tally;
    int32_t file_no = rows->block->source->file_no;
    if (c->extensions) rs_count(t, "fhir_extension", file_no, RS_READ, "-", c->extensions);
    uint64_t ignored = c->not_in_profile + c->without_value + c->modifiers;
    if (c->extensions > ignored) rs_count(t, "fhir_extension", file_no, RS_MERGED, "-", c->extensions - ignored);
    if (c->not_in_profile) rs_count(t, "fhir_extension", file_no, RS_IGNORED, "not in the profile", c->not_in_profile);
    if (c->without_value) rs_count(t, "fhir_extension", file_no, RS_IGNORED, "without a value that is read", c->without_value);
    if (c->modifiers) rs_count(t, "fhir_extension", file_no, RS_IGNORED, "modifier extension", c->modifiers);
    if (!c->unknown_elements) return;
    rs_count(t, "fhir_element", file_no, RS_READ, "-", c->unknown_elements);
    rs_count(t, "fhir_element", file_no, RS_IGNORED, "unknown element", c->unknown_elements);
}

void rs_read_fhir(struct rs_rows *rows, struct rs_worker *worker) {
    struct rs_block *b = rows->block;
    const char *begin = rows->batch->in.p;
    struct rs_fhir_walk w = {.p = begin, .end = begin + rows->batch->in.n, .last = true, .documents = b->documents,
                             .in_entries = b->in_entries};
    struct rs_fhir_counts counts = {0};
    struct rs_fhir l = {.rows = rows, .profile = b->source->profile, .j = worker->json, .counts = &counts};
    uint64_t record_no = b->record_no, line = b->line;
    for (;;) {
        const char *p = w.p;
        size_t n;
        enum rs_fhir_piece piece = rs_fhir_next(&w, &n);
        if (piece == RS_FHIR_MORE) break;
        if (piece != RS_FHIR_SKIP) {
            l.offset = (int64_t)(b->offset + (uint64_t)(p - begin));
            rs_rows_record(rows, (int64_t)record_no++, (int64_t)line, -1, l.offset);
            read_piece(&l, worker->json, rs_trim(rs_view(p, n)), piece == RS_FHIR_ENTRY);
        }
        line += rs_count_byte(p, n, '\n');
    }
    rs_rows_end(rows, record_no - b->record_no);
    put_counts(rows, &counts);
}
