/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Inputs to items: each row is read once, coded compactly and left under its record key. */
#include "answer.h"
#include "demographic.h"
#include "pipeline/base/log.h"
#include "state.h"

/* The last source of a block, so that the shared table is asked only where the source changes. */
struct source_memo {
    struct rs_view name;
    uint16_t number;
};

static bool source_number(struct rs_rc *rc, struct source_memo *memo, struct rs_view name, uint16_t *out,
                          struct rs_error *error) {
    if (!memo->name.p || !rs_eq(memo->name, name)) {
        if (!rs_rc_source_number(rc, name, &memo->number, error)) return false;
        memo->name = name;
    }
    *out = memo->number;
    return true;
}

static bool bad_cell(const struct rs_cursor *c, const char *layout, const char *column, struct rs_error *error) {
    return rs_fail(error, RS_DATA, "%s row %llu: column %s holds what the layout does not allow; run its stage again",
                   layout, (unsigned long long)c->row_no, column);
}

static bool number_of(struct rs_view v, int64_t least, int64_t most, int64_t *out) {
    return rs_parse_long(v, out) && *out >= least && *out <= most;
}

static bool place_of(const struct rs_cursor *c, const char *layout, struct rs_view file, struct rs_view record,
                     uint32_t *file_no, uint64_t *record_no, struct rs_error *error) {
    int64_t f, r;
    if (!number_of(file, 0, INT32_MAX, &f)) return bad_cell(c, layout, "file_no", error);
    if (!number_of(record, 0, INT64_MAX, &r)) return bad_cell(c, layout, "record_no", error);
    *file_no = (uint32_t)f;
    *record_no = (uint64_t)r;
    return true;
}

/* ---- demographic ------------------------------------------------------------------------------------------------- */

static const int fields[FI_COUNT] = {
    [FI_RECORD_DATE] = DEMOGRAPHIC_record_date, [FI_SURNAME] = DEMOGRAPHIC_surname,
    [FI_FIRST] = DEMOGRAPHIC_first_name,        [FI_MIDDLE] = DEMOGRAPHIC_middle_name,
    [FI_PREVIOUS] = DEMOGRAPHIC_previous_surname, [FI_NAME_FLAG] = DEMOGRAPHIC_name_flag,
    [FI_BIRTH] = DEMOGRAPHIC_birth_date,        [FI_DEATH] = DEMOGRAPHIC_death_date,
    [FI_SEX] = DEMOGRAPHIC_sex,                 [FI_STATE] = DEMOGRAPHIC_state,
    [FI_ZIP5] = DEMOGRAPHIC_zip5,               [FI_ZCTA] = DEMOGRAPHIC_zcta,
    [FI_COUNTY] = DEMOGRAPHIC_county,           [FI_TRACT] = DEMOGRAPHIC_tract,
    [FI_BLOCK_GROUP] = DEMOGRAPHIC_block_group, [FI_FACILITY] = DEMOGRAPHIC_facility};

static bool read_demographic(struct rs_rc *rc, const struct rs_row_reader *reader, struct rs_batch *batch,
                             struct rs_error *error) {
    struct rs_cursor c;
    struct source_memo memo = {{0}, 0};
    rs_cursor_open(&c, reader, &batch->in, batch->first_row, &batch->arena);
    while (rs_cursor_next(&c, error)) {
        struct rs_key key;
        struct rs_rc_demographic d;
        uint32_t file_no;
        uint64_t record_no;
        if (!rs_key_parse(c.row[DEMOGRAPHIC_record_key], &key)) return bad_cell(&c, "demographic", "record_key", error);
        if (!place_of(&c, "demographic", c.row[DEMOGRAPHIC_file_no], c.row[DEMOGRAPHIC_record_no], &file_no, &record_no,
                      error) ||
            !source_number(rc, &memo, c.row[DEMOGRAPHIC_source], &d.source, error))
            return false;
        for (int i = 0; i < FI_COUNT; i++) d.f[i] = c.row[fields[i]];
        size_t item = rs_rc_item_begin(&batch->scratch, SL_RECORDS, key, TAG_DEMOGRAPHIC);
        rs_rc_put_u32(&batch->scratch, file_no);
        rs_rc_demographic_put(&batch->scratch, &d);
        rs_rc_item_end(&batch->scratch, item);
        item = rs_rc_item_begin(&batch->scratch, SL_NODES, key, NODE_HERE);
        rs_rc_item_end(&batch->scratch, item);
        rs_count(&batch->tally, "demographic", (int32_t)file_no, RS_READ, NULL, 1);
    }
    return error->code == 0;
}

/* ---- mapped ------------------------------------------------------------------------------------------------------ */

static bool contains(struct rs_view v, const char *word) {
    size_t n = strlen(word);
    for (size_t i = 0; i + n <= v.n; i++)
        if (memcmp(v.p + i, word, n) == 0) return true;
    return false;
}

/* The question of 2024 shows itself by its code system or by the rule that White there excludes MENA. */
static bool is_one_question(const struct rs_rc_row *row, struct rs_view rule) {
    return row->element == EL_RACE_ETHNICITY &&
           (contains(rule, "omb2024") || contains(rule, "RACE_ETH_") || contains(rule, "B14"));
}

static bool row_of(struct rs_rc *rc, const struct rs_cursor *c, struct source_memo *memo, struct rs_rc_row *row,
                   struct rs_error *error) {
    const struct rs_view *v = c->row;
    int64_t answer, seq;
    if (!place_of(c, "mapped", v[MAPPED_file_no], v[MAPPED_record_no], &row->file_no, &row->record_no, error) ||
        !source_number(rc, memo, v[MAPPED_source], &row->source, error))
        return false;
    if (!number_of(v[MAPPED_answer_no], 0, INT32_MAX, &answer)) return bad_cell(c, "mapped", "answer_no", error);
    if (!number_of(v[MAPPED_seq], 0, INT32_MAX, &seq)) return bad_cell(c, "mapped", "seq", error);
    int element = rs_rc_element_of(v[MAPPED_element]), missing = rs_rc_missing_of(v[MAPPED_missing]);
    int representation = rs_rc_representation_of(v[MAPPED_representation]);
    int collection = rs_rc_collection_of(v[MAPPED_collection]);
    if (element < 0) return bad_cell(c, "mapped", "element", error);
    if (missing < 0) return bad_cell(c, "mapped", "missing", error);
    if (representation < 0) return bad_cell(c, "mapped", "representation", error);
    if (collection < 0) return bad_cell(c, "mapped", "collection", error);
    if (!rs_rc_set_1997(v[MAPPED_omb1997], &row->c97)) return bad_cell(c, "mapped", "omb1997", error);
    if (!rs_rc_set_2024(v[MAPPED_omb2024], &row->c24)) return bad_cell(c, "mapped", "omb2024", error);
    row->answer_no = (uint32_t)answer;
    row->seq = (uint32_t)seq;
    row->element = (uint8_t)element;
    row->missing = (uint8_t)missing;
    row->representation = (uint8_t)representation;
    row->collection = (uint8_t)collection;
    row->effective = v[MAPPED_effective];
    row->detail = v[MAPPED_detail];
    row->value = v[MAPPED_value];
    row->joined = rs_eq_c(v[MAPPED_joined], "Y");
    row->one_question = is_one_question(row, v[MAPPED_rule]);
    return true;
}

static bool read_mapped(struct rs_rc *rc, const struct rs_row_reader *reader, struct rs_batch *batch,
                        struct rs_error *error) {
    struct rs_cursor c;
    struct source_memo memo = {{0}, 0};
    struct rs_view last = RS_NULL; /* record of the open item: what a record says stands together, and is one item */
    size_t item = 0;
    rs_cursor_open(&c, reader, &batch->in, batch->first_row, &batch->arena);
    while (rs_cursor_next(&c, error)) {
        struct rs_rc_row row;
        if (!row_of(rc, &c, &memo, &row, error)) return false;
        if (!last.p || !rs_eq(last, c.row[MAPPED_record_key])) {
            struct rs_key key;
            if (last.p) rs_rc_item_end(&batch->scratch, item);
            last = c.row[MAPPED_record_key];
            if (!rs_key_parse(last, &key)) return bad_cell(&c, "mapped", "record_key", error);
            item = rs_rc_item_begin(&batch->scratch, SL_RECORDS, key, TAG_ANSWERS);
        }
        rs_rc_row_put(&batch->scratch, &row);
        rs_count(&batch->tally, "mapped", (int32_t)row.file_no, RS_READ, NULL, 1);
    }
    if (last.p) rs_rc_item_end(&batch->scratch, item);
    return error->code == 0;
}

/* ---- measures ---------------------------------------------------------------------------------------------------- */

static bool read_measures(struct rs_rc *rc, const struct rs_row_reader *reader, struct rs_batch *batch,
                          struct rs_error *error) {
    struct rs_cursor c;
    (void)rc;
    rs_cursor_open(&c, reader, &batch->in, batch->first_row, &batch->arena);
    while (rs_cursor_next(&c, error)) {
        struct rs_key key;
        uint32_t file_no;
        uint64_t record_no;
        int64_t line = -1, offset = -1, denominator, numerator;
        const struct rs_view *v = c.row;
        if (!rs_key_parse(v[MEASURE_EVENT_record_key], &key)) return bad_cell(&c, "measure_event", "record_key", error);
        if (!place_of(&c, "measure_event", v[MEASURE_EVENT_file_no], v[MEASURE_EVENT_record_no], &file_no, &record_no,
                      error))
            return false;
        if (!number_of(v[MEASURE_EVENT_denominator], 0, 1, &denominator))
            return bad_cell(&c, "measure_event", "denominator", error);
        if (!number_of(v[MEASURE_EVENT_numerator], 0, 1, &numerator))
            return bad_cell(&c, "measure_event", "numerator", error);
        rs_parse_long(v[MEASURE_EVENT_line], &line);
        rs_parse_long(v[MEASURE_EVENT_offset], &offset);
        size_t item = rs_rc_item_begin(&batch->scratch, SL_RECORDS, key, TAG_MEASURES);
        rs_rc_put_u32(&batch->scratch, file_no);
        rs_rc_put_u64(&batch->scratch, record_no);
        rs_rc_put_u64(&batch->scratch, (uint64_t)line);
        rs_rc_put_u64(&batch->scratch, (uint64_t)offset);
        rs_rc_put_u8(&batch->scratch, (unsigned)denominator);
        rs_rc_put_u8(&batch->scratch, (unsigned)numerator);
        rs_rc_put_text(&batch->scratch, v[MEASURE_EVENT_measure]);
        rs_rc_put_text(&batch->scratch, v[MEASURE_EVENT_period]);
        rs_rc_put_text(&batch->scratch, v[MEASURE_EVENT_provider_group]);
        rs_rc_put_text(&batch->scratch, v[MEASURE_EVENT_amount]);
        rs_rc_put_text(&batch->scratch, v[MEASURE_EVENT_exposure]);
        rs_rc_put_text(&batch->scratch, v[MEASURE_EVENT_excluded]);
        rs_rc_put_text(&batch->scratch, v[MEASURE_EVENT_product]);
        rs_rc_item_end(&batch->scratch, item);
        rs_count(&batch->tally, "measure_event", (int32_t)file_no, RS_READ, NULL, 1);
    }
    return error->code == 0;
}

/* ---- identifiers and the prior link ------------------------------------------------------------------------------ */

static bool read_identifiers(struct rs_rc *rc, const struct rs_row_reader *reader, struct rs_batch *batch,
                             struct rs_error *error) {
    struct rs_cursor c;
    (void)rc;
    rs_cursor_open(&c, reader, &batch->in, batch->first_row, &batch->arena);
    while (rs_cursor_next(&c, error)) {
        struct rs_key key;
        uint32_t file_no;
        uint64_t record_no;
        const struct rs_view *v = c.row;
        if (!rs_key_parse(v[IDENTIFIER_record_key], &key)) return bad_cell(&c, "identifier", "record_key", error);
        if (!place_of(&c, "identifier", v[IDENTIFIER_file_no], v[IDENTIFIER_record_no], &file_no, &record_no, error))
            return false;
        bool links = rs_eq_c(v[IDENTIFIER_links], "Y");
        size_t item = rs_rc_item_begin(&batch->scratch, SL_NODES, key, NODE_ID);
        rs_rc_put_u8(&batch->scratch, links);
        rs_rc_put_u32(&batch->scratch, file_no);
        rs_rc_put_u64(&batch->scratch, record_no);
        if (links || rc->has_crosswalk)
            rs_rc_put_key(&batch->scratch, rs_rc_id_key(v[IDENTIFIER_id_system], v[IDENTIFIER_value]));
        rs_rc_item_end(&batch->scratch, item);
        rs_count(&batch->tally, "identifier", (int32_t)file_no, RS_READ, NULL, 1);
    }
    return error->code == 0;
}

static bool read_prior(struct rs_rc *rc, const struct rs_row_reader *reader, struct rs_batch *batch,
                       struct rs_error *error) {
    struct rs_cursor c;
    (void)rc;
    rs_cursor_open(&c, reader, &batch->in, batch->first_row, &batch->arena);
    while (rs_cursor_next(&c, error)) {
        struct rs_key record, person;
        if (!rs_key_parse(c.row[LINK_record_key], &record)) return bad_cell(&c, "prior link", "record_key", error);
        if (!rs_key_parse(c.row[LINK_person_key], &person)) return bad_cell(&c, "prior link", "person_key", error);
        size_t item = rs_rc_item_begin(&batch->scratch, SL_NODES, record, NODE_PRIOR);
        rs_rc_put_key(&batch->scratch, person);
        rs_rc_item_end(&batch->scratch, item);
    }
    return error->code == 0;
}

/* ---- all inputs -------------------------------------------------------------------------------------------------- */

bool rs_rc_read_all(struct rs_rc *rc, struct rs_error *error) {
    struct rs_manifest m;
    bool found;
    if (!rs_rc_spill_open(rc, SL_RECORDS, error) || !rs_rc_spill_open(rc, SL_NODES, error)) return false;
    if (!rs_run_manifest(rc->run, &rs_layout_demographic, &m, error) || !rs_rc_rows(rc, &m, read_demographic, error))
        return false;
    if (!rs_run_manifest(rc->run, &rs_layout_mapped, &m, error) || !rs_rc_rows(rc, &m, read_mapped, error))
        return false;
    if (!rs_run_manifest_if(rc->run, &rs_layout_measure_event, &m, &found, error)) return false;
    if (found && !rs_rc_rows(rc, &m, read_measures, error)) return false;
    if (!rs_rc_spill_seal(rc, SL_RECORDS, error)) return false;
    if (!rs_run_manifest(rc->run, &rs_layout_identifier, &m, error) || !rs_rc_rows(rc, &m, read_identifiers, error))
        return false;
    if (!rs_run_prior(rc->run, &rs_layout_link, &m, &rc->has_prior, error)) return false;
    if (!rc->has_prior && rc->run->n_priors)
        rs_warn("the prior directories hold no link file: persons get the keys of a first run");
    if (rc->has_prior) {
        rc->prior_content = m.content;
        if (!rs_rc_rows(rc, &m, read_prior, error)) return false;
    }
    rs_rc_sources_sort(rc);
    return rs_rc_spill_seal(rc, SL_NODES, error);
}
