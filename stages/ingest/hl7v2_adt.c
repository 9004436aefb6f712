/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Persons out of HL7 v2 messages: each PID makes a record, in whatever message it stands; OBX of codes that the profile
 * names make answers; MRG of a merge makes the earlier number a second identifier of the surviving record, so that
 * reconcile joins what came under either (HL7 v2.8 chapter 3; v2.3 has the same fields in the same places). */
#include "hl7v2_adt.h"
#include "pipeline/base/date.h"

/* ---- answers -------------------------------------------------------------------------------------------------- */

/* " HL70005" and HL7000 mean the field's own table; other names are the profile's, or stay as sent. */
static struct rs_view system_of(const struct rs_adt *a, struct rs_view sent, struct rs_view table) {
    if (!rs_has(sent)) return table;
    const struct rs_pair *known = rs_pairs_find(&a->profile->systems, sent);
    if (known) return known->value;
    bool table_name = sent.n > 3 && memcmp(sent.p, "HL7", 3) == 0 && rs_all_digits(rs_view(sent.p + 3, sent.n - 3));
    return table_name && rs_has(table) ? table : rs_rows_text(a->rows, sent);
}

static void put(const struct rs_adt *a, const char *representation, struct rs_view system, const struct rs_adt_parts *cwe,
                unsigned i, uint64_t number) {
    struct rs_view sent = raw(cwe, i), value = text_of(a, sent);
    if (rs_has(value)) rs_rows_put_value(a->rows, representation, system, value, (int64_t)number, offset_of(a, sent.p));
}

/* CWE: code, text, system, alternate code, its text, its system; 9: what was said originally. */
static void put_cwe(const struct rs_adt *a, struct rs_view one, struct rs_view table, uint64_t number) {
    struct rs_adt_parts cwe;
    split_parts(a, one, &cwe);
    struct rs_view text = component(a, &cwe, 2), other = component(a, &cwe, 5), original = component(a, &cwe, 9);
    put(a, "code", system_of(a, component(a, &cwe, 3), table), &cwe, 1, number);
    put(a, "text", RS_NULL, &cwe, 2, number);
    if (cwe.n > 3) put(a, "alternate", system_of(a, component(a, &cwe, 6), RS_LIT("local")), &cwe, 4, number);
    if (!rs_eq(other, text)) put(a, "text", RS_NULL, &cwe, 5, number);
    if (!rs_eq(original, text) && !rs_eq(original, other)) put(a, "text", RS_NULL, &cwe, 9, number);
}

static void put_answer(const struct rs_adt *a, const char *name, unsigned i, struct rs_view table) {
    struct rs_view element = rs_cstr(name), rest = field(a, i), one;
    if (!rs_has(rest)) return;
    rs_rows_answer(a->rows, element, rs_profile_collection(a->profile, element), RS_NULL);
    while (repetition(a, &rest, &one)) put_cwe(a, one, table, a->number);
}

/* OBX-17: how the value was found, in a site's own codes: what they mean is the profile's to say. */
static struct rs_view observed_by(const struct rs_adt *a, struct rs_view method, struct rs_view element) {
    struct rs_view usual = rs_profile_collection(a->profile, element), rest = method, one;
    if (!rs_has(rs_trim(method)) || !a->profile->collection_codes.n) return usual;
    while (repetition(a, &rest, &one)) {
        struct rs_adt_parts parts;
        split_parts(a, one, &parts);
        const struct rs_pair *how = rs_pairs_find(&a->profile->collection_codes, component(a, &parts, 1));
        if (!how) how = rs_pairs_find(&a->profile->collection_codes, component(a, &parts, 4));
        if (how) return how->value;
    }
    rs_rows_bad_value(a->rows, "collection_code", RS_LIT("OBX-17"), first(a, method, 1),
                      "the profile does not say what this method means; add it to collection_codes");
    return usual;
}

/* OBX-2 type, 5 value, 11 status, 14 when, 17 how. A status of D, W or X takes the value back. */
static void put_observation(struct rs_adt *a, const struct rs_adt_kept *o) {
    enum { FIELDS = 18 };
    struct rs_view f[FIELDS], one;
    unsigned n = rs_hl7_fields(o->text, a->marks, f, FIELDS);
    for (unsigned i = n; i < FIELDS; i++) f[i] = RS_NULL;
    a->escapes = has_escape(a, o->text);
    struct rs_view status = rs_trim(f[11]), type = rs_trim(f[2]), rest = f[5];
    if (rs_eq_c(status, "D") || rs_eq_c(status, "W") || rs_eq_c(status, "X")) return;
    bool coded = rs_eq_c(type, "CWE") || rs_eq_c(type, "CE") || rs_eq_c(type, "CNE") || rs_eq_c(type, "CF");
    struct rs_view element = o->element->value;
    struct rs_view when = rs_rows_day(a->rows, rs_hl7_day(f[14]), RS_LIT("OBX-14"));
    rs_rows_answer(a->rows, element, observed_by(a, f[17], element), when);
    while (repetition(a, &rest, &one)) {
        if (coded) put_cwe(a, one, rs_has(o->element->more) ? o->element->more : RS_LIT("local"), o->number);
        else {
            struct rs_adt_parts parts;
            split_parts(a, one, &parts);
            put(a, "text", RS_NULL, &parts, 1, o->number);
        }
    }
    if (!a->rows->seq)
        rs_rows_bad_value(a->rows, "no_value", RS_LIT("OBX-5"), RS_NULL,
                          "an answer without a code or a text in it, and not taken back (OBX-11); ask the sender");
}

/* ---- a person ------------------------------------------------------------------------------------------------- */

static void set_record_date(const struct rs_adt *a) {
    struct rs_rows *rows = a->rows;
    rows->record_date = rs_rows_day(rows, rs_hl7_day(a->recorded), RS_LIT("EVN-2"));
    if (!rs_has(rows->record_date)) rows->record_date = rs_rows_day(rows, rs_hl7_day(a->sent), RS_LIT("MSH-7"));
    if (!rs_has(rows->record_date) && rows->block->source->has_date)
        rows->record_date = rs_day_text(&rows->batch->arena, rows->block->source->date);
}

/* Where the visit is, else where the person usually goes, else which facility sent the message. */
static struct rs_view facility(const struct rs_adt *a) {
    if (rs_has(a->visited)) return a->visited;
    return rs_has(a->usual) ? a->usual : a->sender;
}

static void put_person(struct rs_adt *a) {
    struct rs_rows *rows = a->rows;
    struct rs_view row[RECORD_COLUMNS] = {{0}};
    rs_rows_record(rows, (int64_t)a->person_no, (int64_t)a->person_line, (int64_t)a->number, offset_of(a, a->pid[0].p));
    a->escapes = has_escape(a, a->text);
    rs_adt_read_ids(a);
    if (!rs_adt_make_key(a)) {
        rs_rows_reject(rows, "no_member_id", RS_LIT("PID-3"), RS_NULL,
                       "none of the profile's member ids is here; ask the sender, or correct member_id in the profile");
        return;
    }
    set_record_date(a);
    rs_adt_put_names(a, row);
    rs_adt_put_address(a, row);
    row[RECORD_birth_raw] = rs_rows_text(rows, rs_hl7_day(first(a, field(a, 7), 1)));
    row[RECORD_death_raw] = rs_rows_text(rows, rs_hl7_day(first(a, field(a, 29), 1)));
    row[RECORD_sex_raw] = rs_rows_text(rows, first(a, field(a, 8), 1));
    row[RECORD_phone_raw] = rs_rows_text(rows, rs_adt_phone(a));
    row[RECORD_facility] = rs_rows_text(rows, facility(a));
    rs_rows_put_record(rows, row);
    rs_adt_put_identifiers(a);
    put_answer(a, "race", 10, RS_LIT("hl7_0005"));
    put_answer(a, "ethnicity", 22, RS_LIT("hl7_0189"));
    put_answer(a, "language_preferred", 15, RS_LIT("iso639"));
    for (const struct rs_adt_kept *o = a->observations; o; o = o->next) put_observation(a, o);
    if (a->merge) rs_adt_put_merge(a);
    rows->written++;
}

static uint64_t surplus_fields(const struct rs_adt *a) {
    struct rs_view rest = a->text;
    uint64_t n = 0;
    if (a->n <= PID_FIELDS + 1) return 0;
    for (unsigned i = 0; !rs_is_null(rest); i++) {
        struct rs_view one = rs_trim(rs_split(&rest, a->marks->field));
        n += i > PID_FIELDS && rs_has(one);
    }
    return n;
}

static uint64_t deleted_fields(const struct rs_adt *a) {
    uint64_t n = 0;
    for (unsigned i = 1; i < a->n; i++) n += rs_eq_c(a->pid[i], "\"\"");
    return n;
}

static void close_person(struct rs_adt *a) {
    if (a->open) put_person(a);
    a->open = false;
}

static void open_person(struct rs_adt *a, const struct rs_hl7_segment *s) {
    size_t at = (size_t)(s->text.p - a->begin);
    close_person(a);
    a->open = a->person_seen = true;
    a->observations = a->last = a->merge = NULL;
    a->visited = a->usual = RS_NULL;
    a->text = s->text;
    a->n = rs_hl7_fields(s->text, a->marks, a->pid, MAX_FIELDS);
    a->surplus += surplus_fields(a);
    a->deleted += deleted_fields(a);
    a->number = s->number;
    a->person_no = a->record_no++;
    a->line += rs_count_byte(a->begin + a->counted, at - a->counted, '\n');
    a->counted = at;
    a->person_line = a->line;
    a->used++;
}

/* ---- messages ------------------------------------------------------------------------------------------------- */

static void close_message(struct rs_adt *a) {
    close_person(a);
    if (a->in_message && !a->person_seen) {
        a->record_no++;
        rs_count(&a->rows->batch->tally, "hl7v2", a->rows->block->source->file_no, RS_IGNORED, "message without a PID", 1);
    }
    a->in_message = a->person_seen = false;
}

/* A component of a header's field, where escapes mean nothing. */
static struct rs_view plain(const struct rs_adt *a, struct rs_view v, unsigned i) {
    return rs_trim(rs_hl7_part(v, a->marks->component, i));
}

/* Text of a field outside PID. */
static struct rs_view header_text(const struct rs_adt *a, struct rs_view v) {
    return rs_has(v) ? rs_hl7_value(v, a->marks, &a->rows->batch->arena) : RS_NULL;
}

static void set_event(struct rs_adt *a, struct rs_view event) {
    for (size_t i = 0; i < a->profile->n_merge_events; i++)
        if (rs_eq(a->profile->merge_events[i], event)) a->merges = true;
}

static void open_message(struct rs_adt *a, const struct rs_hl7_segment *s) {
    struct rs_view f[10];
    unsigned n = rs_hl7_fields(s->text, a->marks, f, 10);
    close_message(a);
    a->in_message = true;
    a->merges = false;
    a->sent = n > 7 ? plain(a, f[7], 1) : RS_NULL;
    a->recorded = RS_NULL;
    a->sender = n > 4 ? header_text(a, rs_hl7_part(plain(a, f[4], 1), a->marks->subcomponent, 1)) : RS_NULL;
    if (n > 9) set_event(a, plain(a, f[9], 2));
    a->used++;
}

static void read_event(struct rs_adt *a, struct rs_view segment) {
    struct rs_view f[3];
    unsigned n = rs_hl7_fields(segment, a->marks, f, 3);
    if (n > 1) set_event(a, rs_trim(f[1])); /* before 2.3.1 MSH-9 may lack it */
    if (n > 2) a->recorded = plain(a, f[2], 1);
    a->used++;
}

/* PV1-3 is a PL: its fourth component is the facility, an HD: name, universal id. */
static void read_visit(struct rs_adt *a, struct rs_view segment) {
    struct rs_view f[4];
    if (rs_hl7_fields(segment, a->marks, f, 4) < 4) return;
    struct rs_view place = rs_hl7_part(rs_hl7_part(f[3], a->marks->repetition, 1), a->marks->component, 4);
    struct rs_view name = header_text(a, rs_hl7_part(place, a->marks->subcomponent, 1));
    a->visited = rs_has(name) ? name : header_text(a, rs_hl7_part(place, a->marks->subcomponent, 2));
    a->used++;
}

/* PD1-3 is an XON: name, or its number (from 2.5 on in component 10, before in 3). */
static void read_usual(struct rs_adt *a, struct rs_view segment) {
    static const unsigned places[] = {1, 10, 3};
    struct rs_view f[4];
    if (rs_hl7_fields(segment, a->marks, f, 4) < 4) return;
    struct rs_view one = rs_hl7_part(f[3], a->marks->repetition, 1);
    for (size_t i = 0; i < 3 && !rs_has(a->usual); i++)
        a->usual = header_text(a, rs_hl7_part(rs_hl7_part(one, a->marks->component, places[i]), a->marks->subcomponent, 1));
    a->used++;
}

static struct rs_adt_kept *keep(struct rs_adt *a, const struct rs_hl7_segment *s) {
    struct rs_adt_kept *k = rs_arena_alloc(&a->rows->batch->arena, sizeof *k);
    k->text = s->text;
    k->number = s->number;
    a->used++;
    return k;
}

/* OBX-3: code, text, system, alternate code. */
static const struct rs_pair *observed(const struct rs_adt *a, struct rs_view segment) {
    struct rs_view f[4];
    if (rs_hl7_fields(segment, a->marks, f, 4) < 4) return NULL;
    const struct rs_pair *known = rs_pairs_find(&a->profile->observations, plain(a, f[3], 1));
    return known ? known : rs_pairs_find(&a->profile->observations, plain(a, f[3], 4));
}

static void read_observation(struct rs_adt *a, const struct rs_hl7_segment *s) {
    const struct rs_pair *element = observed(a, s->text);
    if (!element) return;
    struct rs_adt_kept *k = keep(a, s);
    k->element = element;
    if (a->last) a->last->next = k;
    else a->observations = k;
    a->last = k;
}

static bool id_is(struct rs_view segment, const char *id) { return segment.n > 3 && memcmp(segment.p, id, 3) == 0; }

static void take(struct rs_adt *a, const struct rs_hl7_segment *s) {
    switch (s->kind) {
    case RS_HL7_MSH: open_message(a, s); return;
    case RS_HL7_PID: open_person(a, s); return;
    case RS_HL7_OTHER: break;
    default: close_message(a); return;
    }
    if (!a->in_message || s->text.n < 4 || s->text.p[3] != a->marks->field) return;
    if (id_is(s->text, "EVN")) read_event(a, s->text);
    else if (!a->open) return;
    else if (id_is(s->text, "OBX")) read_observation(a, s);
    else if (id_is(s->text, "PV1")) read_visit(a, s->text);
    else if (id_is(s->text, "PD1")) read_usual(a, s->text);
    else if (id_is(s->text, "MRG") && a->merges && !a->merge) a->merge = keep(a, s);
}

/* ---- blocks --------------------------------------------------------------------------------------------------- */

#define SEGMENT(id) id
static const char segments[] =
#include "schemas/codes/hl7v2_segments.def"
    ;
#undef SEGMENT

static bool known(struct rs_view s, char mark) {
    if (s.n < 3 || (s.n > 3 && s.p[3] != mark)) return false;
    for (size_t i = 0; i + 3 < sizeof segments; i += 3)
        if (memcmp(segments + i, s.p, 3) == 0) return true;
    return false;
}

static void put_findings(struct rs_rows *rows) {
    static const struct { const char *rule, *field, *message; } faults[] = {
        [RS_HL7_BTS_COUNT] = {"hl7_bts_count", "BTS-1", "not the number of messages in the batch: some may be lost; ask the sender"},
        [RS_HL7_FTS_COUNT] = {"hl7_fts_count", "FTS-1", "not the number of batches in the file; ask the sender"},
        [RS_HL7_UNCLOSED] = {"hl7_unclosed", "BTS", "a batch without its BTS: the file may be truncated; fetch it again"},
    };
    struct rs_block *b = rows->block;
    for (uint32_t i = 0; i < b->n_findings; i++) {
        const struct rs_finding *f = &b->findings[i];
        struct rs_hl7_walk w = {.p = rows->batch->in.p + f->at, .end = rows->batch->in.p + rows->batch->in.n};
        struct rs_hl7_segment s;
        struct rs_view raw = RS_NULL;
        if (f->kind != RS_HL7_UNCLOSED && rs_hl7_next(&w, &s) && s.text.n > 3) raw = rs_hl7_part(s.text, s.text.p[3], 2);
        rs_rows_record(rows, -1, -1, (int64_t)f->segment, (int64_t)(b->offset + f->at));
        rs_rows_bad_value(rows, faults[f->kind].rule, rs_cstr(faults[f->kind].field), raw, faults[f->kind].message);
    }
}

void rs_read_hl7(struct rs_rows *rows, struct rs_worker *worker) {
    struct rs_block *b = rows->block;
    struct rs_hl7_walk w = {.p = rows->batch->in.p, .end = rows->batch->in.p + rows->batch->in.n, .number = b->segment};
    struct rs_adt a = {.rows = rows, .profile = b->source->profile, .marks = &w.marks, .begin = w.p, .line = b->line,
                    .record_no = b->record_no};
    struct rs_hl7_segment s;
    uint64_t all = 0, unknown = 0;
    struct rs_hl7_marks marks = {0}; /* those of the message at hand: the walk is one segment ahead */
    (void)worker;
    a.marks = &marks;
    while (rs_hl7_next(&w, &s)) {
        all++;
        unknown += !known(s.text, w.marks.field);
        if (s.kind == RS_HL7_MSH || s.kind == RS_HL7_FHS || s.kind == RS_HL7_BHS) {
            close_message(&a); /* with its own delimiters */
            marks = w.marks;
        }
        take(&a, &s);
    }
    close_message(&a);
    put_findings(rows);
    struct rs_tally *t = &rows->batch->tally;
    int32_t file_no = b->source->file_no;
    rs_rows_end(rows, a.record_no - b->record_no);
    rs_count(t, "hl7v2_segment", file_no, RS_READ, "-", all);
    rs_count(t, "hl7v2_segment", file_no, RS_MERGED, "-", a.used);
    rs_count(t, "hl7v2_segment", file_no, RS_IGNORED, "not about the person", all - a.used - unknown);
    if (unknown) rs_count(t, "hl7v2_segment", file_no, RS_IGNORED, "unknown segment", unknown);
    if (a.surplus + a.deleted) rs_count(t, "hl7v2_field", file_no, RS_READ, "-", a.surplus + a.deleted);
    if (a.surplus) rs_count(t, "hl7v2_field", file_no, RS_IGNORED, "surplus field", a.surplus);
    if (a.deleted) rs_count(t, "hl7v2_field", file_no, RS_IGNORED, "to be deleted", a.deleted);
}
