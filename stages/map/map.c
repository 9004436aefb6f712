/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The stage map: reads assertion, writes mapped, one row for one row in the same order.
 * With a prior run, says what changed tables moved (moved.c). */
#include "map.h"

#include <stdlib.h>

#include "cache.h"
#include "moved.h"
#include "pipeline/base/file.h"
#include "pipeline/base/jurisdiction.h"
#include "pipeline/rows/stage.h"

struct worker {
    struct rs_map_cache cache;
    uint64_t rows, missing, unmapped, dropped;
};

/* ---- rows ------------------------------------------------------------------------------------------------------- */

struct stage {
    struct rs_run *run;
    struct rs_map *map;
    struct rs_jurisdiction place;
    struct worker *workers;
};

static int64_t number(struct rs_view v) {
    int64_t n;
    return rs_parse_long(v, &n) ? n : -1;
}

static void set_aside(const struct rs_run *run, struct rs_batch *batch, const struct rs_view *row, bool text) {
    struct rs_evidence evidence = {
        .file_no = number(row[ASSERTION_file_no]),
        .record_no = number(row[ASSERTION_record_no]),
        .line = number(row[ASSERTION_line]),
        .segment = number(row[ASSERTION_segment]),
        .offset = number(row[ASSERTION_offset]),
        .field = row[ASSERTION_element],
        .raw = row[ASSERTION_raw],
        .rule = text ? "unmapped_text" : "unmapped_code",
        .message = text ? "No table knows this text: add it to overrides of the source's profile, or to schemas/codes"
                        : "No table knows this code of this system: add it to overrides of the source's profile"};
    rs_quarantine(run, batch, &evidence);
}

static void map_row(struct stage *s, struct rs_batch *batch, const struct rs_view *row) {
    struct worker *w = &s->workers[batch->worker];
    struct rs_question q = {row[ASSERTION_source], row[ASSERTION_element], row[ASSERTION_representation],
                            row[ASSERTION_system], row[ASSERTION_raw]};
    const struct rs_meaning *m = rs_map_cached(s->map, &w->cache, &q);
    struct rs_view out[MAPPED_COLUMNS] = {[MAPPED_record_key] = row[ASSERTION_record_key],
                                          [MAPPED_file_no] = row[ASSERTION_file_no],
                                          [MAPPED_record_no] = row[ASSERTION_record_no],
                                          [MAPPED_answer_no] = row[ASSERTION_answer_no],
                                          [MAPPED_seq] = row[ASSERTION_seq],
                                          [MAPPED_source] = row[ASSERTION_source],
                                          [MAPPED_element] = row[ASSERTION_element],
                                          [MAPPED_representation] = row[ASSERTION_representation],
                                          [MAPPED_collection] = row[ASSERTION_collection],
                                          [MAPPED_effective] = row[ASSERTION_effective],
                                          [MAPPED_omb1997] = m->omb1997,
                                          [MAPPED_omb2024] = m->omb2024,
                                          [MAPPED_detail] = m->detail,
                                          [MAPPED_value] = m->value,
                                          [MAPPED_missing] = m->missing,
                                          [MAPPED_rule] = m->rule,
                                          [MAPPED_joined] = row[ASSERTION_joined]};
    rs_batch_emit(batch, 0, &rs_layout_mapped, out);
    w->rows++;
    w->missing += rs_has(m->missing);
    if (m->unmapped) {
        w->unmapped++;
        set_aside(s->run, batch, row, rs_eq_c(m->rule, "unmapped_text"));
    }
}

static void count(struct rs_batch *batch, int32_t file_no, uint64_t rows) {
    if (rows > 0) {
        rs_count(&batch->tally, "assertion", file_no, RS_READ, NULL, rows);
        rs_count(&batch->tally, "assertion", file_no, RS_WRITTEN, NULL, rows);
    }
}

static bool work(void *self, const struct rs_row_reader *reader, struct rs_batch *batch, struct rs_error *error) {
    struct stage *s = self;
    struct rs_cursor c;
    struct rs_view file = RS_NULL;
    uint64_t rows = 0;
    rs_cursor_open(&c, reader, &batch->in, batch->first_row, &batch->arena);
    while (rs_cursor_next(&c, error)) {
        if (!rs_eq(file, c.row[ASSERTION_file_no])) {
            count(batch, (int32_t)number(file), rows);
            file = c.row[ASSERTION_file_no];
            rows = 0;
        }
        const char *dropped = rs_jurisdiction_drops(&s->place, c.row[ASSERTION_element]);
        if (dropped != NULL) {
            int32_t file_no = (int32_t)number(file);
            rs_count(&batch->tally, "assertion", file_no, RS_READ, NULL, 1);
            rs_count(&batch->tally, "assertion", file_no, RS_IGNORED, dropped, 1);
            s->workers[batch->worker].dropped++;
            continue;
        }
        rows++;
        map_row(s, batch, c.row);
    }
    count(batch, (int32_t)number(file), rows);
    return error->code == 0;
}

/* ---- the stage -------------------------------------------------------------------------------------------------- */

static struct rs_map *open_map(struct rs_run *run, struct rs_error *error) {
    char dir[4096];
    const char *profile = rs_run_option(run, "profile");
    struct rs_map *map = rs_path(dir, sizeof dir, error, "%s/codes", rs_schemas_dir()) ? rs_map_open(dir, error) : NULL;
    if (map == NULL) {
        return NULL;
    }
    if (rs_map_add_config(map, run->config, run->config_path, error) &&
        (profile == NULL || rs_map_add_profile(map, profile, NULL, RS_NULL, error))) {
        return map;
    }
    rs_map_close(map);
    return NULL;
}

static json_t *version_of(const struct rs_map *map) {
    char hex[65];
    struct rs_digest version = rs_map_version(map);
    rs_hex(hex, version.b, sizeof version.b);
    return json_string(hex);
}

static bool inputs(struct rs_run *run, json_t *hashes, struct rs_error *error) {
    struct rs_map *map = open_map(run, error);
    if (map == NULL) {
        return false;
    }
    json_object_set_new(hashes, "map_version", version_of(map));
    rs_map_close(map);
    struct rs_jurisdiction place;
    if (!rs_jurisdiction_read(run->config, run->config_path, &place, error)) {
        return false;
    }
    json_t *told = rs_jurisdiction_json(&place);
    if (told != NULL) {
        json_object_set_new(hashes, "jurisdiction", told);
    }
    return true;
}

static bool explain(struct rs_run *run, const char *what, struct rs_buffer *out, struct rs_error *error) {
    struct rs_map *map = open_map(run, error);
    struct rs_map_query query = {what, rs_run_option(run, "element"), rs_run_option(run, "system")};
    struct rs_jurisdiction place;
    bool ok = map != NULL && rs_map_explain(map, &query, out, error) &&
              rs_jurisdiction_read(run->config, run->config_path, &place, error);
    rs_map_close(map);
    json_t *told = ok ? rs_jurisdiction_json(&place) : NULL, *element;
    size_t i;
    if (told != NULL && place.dropped != 0) {
        rs_buffer_printf(out, "jurisdiction %s, where these are dropped before they are mapped:", place.name);
        json_array_foreach(json_object_get(told, "drop"), i, element) {
            rs_buffer_printf(out, " %s", json_string_value(element));
        }
        rs_buffer_byte(out, '\n');
    }
    if (told != NULL && place.minors_under > 0) {
        rs_buffer_printf(out, "jurisdiction %s, where reconcile drops these of who was under %d when asked:", place.name,
                         place.minors_under);
        json_array_foreach(json_object_get(json_object_get(told, "minors"), "drop"), i, element) {
            rs_buffer_printf(out, " %s", json_string_value(element));
        }
        rs_buffer_byte(out, '\n');
    }
    json_decref(told);
    return ok;
}

static bool run_stage(struct rs_run *run, struct rs_error *error) {
    if (rs_run_option(run, "element") != NULL || rs_run_option(run, "system") != NULL) {
        return rs_fail(error, RS_USAGE, "--element and --system go with --explain VALUE");
    }
    struct stage s = {.run = run, .map = open_map(run, error)};
    if (s.map == NULL || !rs_jurisdiction_read(run->config, run->config_path, &s.place, error)) {
        rs_map_close(s.map);
        return false;
    }
    json_t *told = rs_jurisdiction_json(&s.place);
    if (told != NULL) {
        json_object_set_new(run->parameters, "jurisdiction", told);
    }
    json_object_set_new(run->parameters, "map_version", version_of(s.map));
    s.workers = rs_alloc((size_t)run->threads * sizeof *s.workers);
    bool ok = rs_run_rows(run, &rs_layout_assertion, &s, work, error) && rs_map_moved(run, s.map, &s.place, error);
    uint64_t rows = 0, missing = 0, unmapped = 0, dropped = 0;
    for (int i = 0; i < run->threads; i++) {
        rows += s.workers[i].rows;
        missing += s.workers[i].missing;
        unmapped += s.workers[i].unmapped;
        dropped += s.workers[i].dropped;
        rs_map_cache_free(&s.workers[i].cache);
    }
    json_object_set_new(run->results, "rows", json_integer((json_int_t)rows));
    json_object_set_new(run->results, "missing", json_integer((json_int_t)missing));
    json_object_set_new(run->results, "unmapped", json_integer((json_int_t)unmapped));
    json_object_set_new(run->results, "dropped_by_jurisdiction", json_integer((json_int_t)dropped));
    free(s.workers);
    rs_map_close(s.map);
    return ok;
}

static const struct rs_layout *const reads[] = {&rs_layout_assertion, NULL};
static const struct rs_layout *const writes[] = {&rs_layout_mapped, NULL};
static const char *const after[] = {"ingest", NULL};
static const struct rs_option options[] = {
    {"profile", "NAME", NULL, "Source profile whose overrides hold for every source, besides those of the configuration."},
    {"explain", "VALUE", NULL, "Print how a value would be mapped, and by which rule; map nothing."},
    {"element", "NAME", NULL, "With --explain: only as this element, such as race or language_preferred."},
    {"system", "NAME", NULL, "With --explain: as a code of this system, such as x12_1109; codes and words otherwise."},
    {0}};

const struct rs_stage rs_stage_map = {
    .name = "map",
    .version = 4, /* 4: a category with slashes in its name beside another answer */
    .about = "Map race, ethnicity, language and SOGI answers to standard codes",
    .description =
        "Gives every assertion its standard meaning: the 1997 and the 2024 race and ethnicity categories side by side, "
        "the detailed CDC concept, the BCP 47 language without region, orientation, identity, sex, pronouns, interpreter "
        "need, and the reason where a value is missing. Each row names the table row or override that decided.\n\n"
        "Asked in this order: overrides of the source's profile; the table of the code system as sent; CDC concept ids "
        "and null flavours under any system; words, for texts and local codes; language tags; several answers in one "
        "text, where each part is known; a code that lost its zeros. What is left is UNMAPPED: the row goes on, the value is put into the quarantine.\n\n"
        "\"Asian or Pacific Islander\" stays the unresolved set ASIAN|NHPI, two or more races without their names stay "
        "TWO_OR_MORE, and not Hispanic has no 2024 category. A decline is an answer, kept apart from unknown and not "
        "asked. All codes are data, in schemas/codes.\n\n"
        "Where the configuration names a jurisdiction, the SOGI elements that schemas/jurisdictions.yaml says are not "
        "kept there are dropped before they are mapped: their rows have the fate ignored in the ledger.\n\n"
        "With --prior, and other tables or overrides than the prior run had, its assertions are mapped again, and the "
        "results say how many values mean something else now, of how many members, by element.",
    .examples = "Map what ingest wrote:\n\n\trelsogi map --input out/ingest --output out/map --config relsogi.yaml\n\n"
                "Say how a value would be mapped, and why:\n\n"
                "\trelsogi map --explain A --element race --system x12_1109\n\n"
                "\trelsogi map --explain Mandarin",
    .reads = reads,
    .writes = writes,
    .after = after,
    .options = options,
    .inputs = inputs,
    .run = run_stage,
    .explain = explain,
};
