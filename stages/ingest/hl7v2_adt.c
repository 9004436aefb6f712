/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Persons out of HL7 v2 messages: each PID makes a record, in whatever message it stands; OBX of codes that the profile
 * names make answers; MRG of a merge makes the earlier number a second identifier of the surviving record, so that
 * reconcile joins what came under either (HL7 v2.8 chapter 3; v2.3 has the same fields in the same places). */
#include "formats.h"
#include "hl7v2.h"
#include "pipeline/base/date.h"

enum { MAX_FIELDS = 48, MAX_PARTS = 14, PID_FIELDS = 40 /* of v2.7 to 2.8.2, which have most */ };

struct kept { /* a segment after a PID that waits until its person is written */
    struct kept *next;
    struct rs_view text;
    uint64_t number;
    const struct rs_pair *element; /* OBX */
};

/* A CX: an identifier with who gave it out and what it is. */
struct cx {
    struct rs_view id, authority, type;
};
struct cx_list {
    struct cx *c;
    size_t n;
};
enum { ID_FIELDS = 5 };
static const unsigned id_fields[ID_FIELDS] = {2, 3, 4, 18, 19};

struct adt {
    struct rs_rows *rows;
    const struct rs_profile *profile;
    const struct rs_hl7_marks *marks;
    const char *begin; /* of the block */
    /* the message */
    bool in_message, person_seen, merges;
    struct rs_view sent, recorded; /* MSH-7, EVN-2 */
    struct rs_view sender, visited, usual; /* facilities: MSH-4; PV1-3.4 and PD1-3 of the person at hand */
    struct rs_view msh;
    uint64_t msh_number, line, record_no;
    size_t counted; /* bytes whose line breaks are in line */
    /* the person */
    bool open, escapes; /* escapes: the segment at hand has some */
    struct rs_view text, pid[MAX_FIELDS]; /* PID, and its fields */
    unsigned n;
    struct cx_list ids[ID_FIELDS];
    uint64_t number, person_no, person_line;
    struct kept *observations, *last, *merge;
    uint64_t used; /* segments */
    uint64_t surplus, deleted; /* fields of PID that no version has; that are "": what stood there is to be deleted */
};

/* ---- parts ---------------------------------------------------------------------------------------------------- */

/* A repetition's components: split once, since most are asked for more than once. */
struct parts {
    struct rs_view v[MAX_PARTS];
    unsigned n;
};

static void split_parts(const struct adt *a, struct rs_view v, struct parts *out) {
    const char *from = v.p, *end = v.p + v.n;
    char mark = a->marks->component;
    out->n = 0;
    if (!v.n) return;
    for (const char *p = v.p; p < end && out->n < MAX_PARTS; p++)
        if (*p == mark) {
            out->v[out->n++] = rs_view(from, (size_t)(p - from));
            from = p + 1;
        }
    if (out->n < MAX_PARTS) out->v[out->n++] = rs_view(from, (size_t)(end - from));
}

static struct rs_view field(const struct adt *a, unsigned i) { return i < a->n ? a->pid[i] : RS_NULL; }

/* Escapes are looked for in a segment once, and blanks only where there are some: nearly all values are as meant. */
static struct rs_view text_of(const struct adt *a, struct rs_view v) {
    if (!v.n) return RS_NULL;
    bool plain = !a->escapes && v.p[0] > ' ' && v.p[0] != '"' && v.p[v.n - 1] > ' ';
    return plain ? v : rs_hl7_value(v, a->marks, &a->rows->batch->arena);
}

static struct rs_view raw(const struct parts *p, unsigned i) { return i <= p->n ? p->v[i - 1] : RS_NULL; }

static struct rs_view component(const struct adt *a, const struct parts *p, unsigned i) { return text_of(a, raw(p, i)); }

static struct rs_view sub(const struct adt *a, const struct parts *p, unsigned i, unsigned k) {
    struct rs_view v = raw(p, i);
    if (!v.n) return RS_NULL;
    return text_of(a, rs_hl7_part(v, a->marks->subcomponent, k));
}

/* A component of the first repetition of a field. */
static struct rs_view first(const struct adt *a, struct rs_view v, unsigned i) {
    return v.n ? text_of(a, rs_hl7_part(rs_hl7_part(v, a->marks->repetition, 1), a->marks->component, i)) : RS_NULL;
}

/* The next repetition of *rest; false after the last. */
static bool repetition(const struct adt *a, struct rs_view *rest, struct rs_view *one) {
    if (rs_is_null(*rest)) return false;
    *one = *rest;
    if (a->marks->repetition) *one = rs_split(rest, a->marks->repetition);
    else *rest = RS_NULL;
    return true;
}

static int64_t offset_of(const struct adt *a, const char *p) {
    return (int64_t)(a->rows->block->offset + (uint64_t)(p - a->begin));
}

static bool has_escape(const struct adt *a, struct rs_view segment) {
    return a->marks->escape && memchr(segment.p, a->marks->escape, segment.n);
}

/* ---- answers -------------------------------------------------------------------------------------------------- */

/* " HL70005" and HL7000 mean the field's own table; other names are the profile's, or stay as sent. */
static struct rs_view system_of(const struct adt *a, struct rs_view sent, struct rs_view table) {
    if (!rs_has(sent)) return table;
    const struct rs_pair *known = rs_pairs_find(&a->profile->systems, sent);
    if (known) return known->value;
    bool table_name = sent.n > 3 && memcmp(sent.p, "HL7", 3) == 0 && rs_all_digits(rs_view(sent.p + 3, sent.n - 3));
    return table_name && rs_has(table) ? table : rs_rows_text(a->rows, sent);
}

static void put(const struct adt *a, const char *representation, struct rs_view system, const struct parts *cwe, unsigned i,
                uint64_t number) {
    struct rs_view sent = raw(cwe, i), value = text_of(a, sent);
    if (rs_has(value)) rs_rows_put_value(a->rows, representation, system, value, (int64_t)number, offset_of(a, sent.p));
}

/* CWE: code, text, system, alternate code, its text, its system; 9: what was said originally. */
static void put_cwe(const struct adt *a, struct rs_view one, struct rs_view table, uint64_t number) {
    struct parts cwe;
    split_parts(a, one, &cwe);
    struct rs_view text = component(a, &cwe, 2), other = component(a, &cwe, 5), original = component(a, &cwe, 9);
    put(a, "code", system_of(a, component(a, &cwe, 3), table), &cwe, 1, number);
    put(a, "text", RS_NULL, &cwe, 2, number);
    if (cwe.n > 3) put(a, "alternate", system_of(a, component(a, &cwe, 6), RS_LIT("local")), &cwe, 4, number);
    if (!rs_eq(other, text)) put(a, "text", RS_NULL, &cwe, 5, number);
    if (!rs_eq(original, text) && !rs_eq(original, other)) put(a, "text", RS_NULL, &cwe, 9, number);
}

static void put_answer(const struct adt *a, const char *name, unsigned i, struct rs_view table) {
    struct rs_view element = rs_cstr(name), rest = field(a, i), one;
    if (!rs_has(rest)) return;
    rs_rows_answer(a->rows, element, rs_profile_collection(a->profile, element), RS_NULL);
    while (repetition(a, &rest, &one)) put_cwe(a, one, table, a->number);
}

/* OBX-17: how the value was found, in a site's own codes: what they mean is the profile's to say. */
static struct rs_view observed_by(const struct adt *a, struct rs_view method, struct rs_view element) {
    struct rs_view usual = rs_profile_collection(a->profile, element), rest = method, one;
    if (!rs_has(rs_trim(method)) || !a->profile->collection_codes.n) return usual;
    while (repetition(a, &rest, &one)) {
        struct parts parts;
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
static void put_observation(struct adt *a, const struct kept *o) {
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
            struct parts parts;
            split_parts(a, one, &parts);
            put(a, "text", RS_NULL, &parts, 1, o->number);
        }
    }
}

/* ---- names, addresses, telephones ----------------------------------------------------------------------------- */

/* Place of a type in a list; of those not listed, that of the "-". */
static unsigned rank(struct rs_view type, const char *const *types) {
    unsigned unlisted = 0, i = 0;
    for (; types[i]; i++) {
        if (strcmp(types[i], "-") == 0) unlisted = i;
        else if (rs_eq(type, rs_cstr(types[i])) || (!rs_has(type) && !*types[i])) return i;
    }
    return unlisted;
}

/* Of several repetitions the one whose type stands first in the list; where `whole`, those with two parts go first. */
static bool best(const struct adt *a, struct rs_view all, const char *const *types, bool whole, struct parts *found,
                 unsigned *lowest) {
    struct rs_view one;
    struct parts parts;
    *lowest = 1000;
    found->n = 0;
    while (repetition(a, &all, &one)) {
        if (!one.n) continue;
        split_parts(a, one, &parts);
        unsigned r = rank(component(a, &parts, 7), types);
        if (whole && (!rs_has(component(a, &parts, 1)) || !rs_has(component(a, &parts, 2)))) r += 100;
        if (r >= *lowest) continue;
        *found = parts;
        *lowest = r;
    }
    return found->n > 0;
}

/* HL7 table 0200. Maiden and birth names are earlier names; S and NOUSE are not to be used. */
static void put_names(const struct adt *a, struct rs_view *row) {
    static const char *const types[] = {"L", "", "R", "C", "D", "U", "-", "P", "A", "N", "B", "M", "S", "MSK", "NOUSE", NULL};
    static const char *const earlier[] = {"M", "B", "-", NULL};
    unsigned r;
    struct parts name, before;
    best(a, field(a, 5), types, true, &name, &r);
    row[RECORD_family_raw] = rs_rows_text(a->rows, sub(a, &name, 1, 1));
    row[RECORD_given_raw] = rs_rows_text(a->rows, component(a, &name, 2));
    row[RECORD_middle_raw] = rs_rows_text(a->rows, component(a, &name, 3));
    row[RECORD_suffix_raw] = rs_rows_text(a->rows, component(a, &name, 4));
    for (unsigned i = 5; i <= 9 && rs_is_null(row[RECORD_previous_family_raw]); i += 4) /* PID-5, then PID-9 */
        if (best(a, field(a, i), earlier, false, &before, &r) && r < 2 && before.v[0].p != name.v[0].p)
            row[RECORD_previous_family_raw] = rs_rows_text(a->rows, sub(a, &before, 1, 1));
}

/* HL7 table 0190: where somebody lives; not where somebody was born or delivered, nor a bad address. */
static void put_address(const struct adt *a, struct rs_view *row) {
    static const char *const types[] = {"H", "P", "L", "", "C", "-", "M", "S", "TM", "B", "O", "RH", NULL};
    static const char *const never[] = {"BA", "N", "BDL", "BR", "F", "-", NULL};
    unsigned r;
    struct parts home;
    if (!best(a, field(a, 11), types, false, &home, &r)) return;
    if (rank(component(a, &home, 7), never) < 5) return;
    struct rs_view street = sub(a, &home, 1, 1), name = sub(a, &home, 1, 2), other = component(a, &home, 2);
    /* Some send the number alone in the first part, and the street in the second. */
    if (rs_has(name) && rs_all_digits(street)) street = rs_rows_join(a->rows, street, " ", name);
    row[RECORD_street_raw] = rs_rows_join(a->rows, street, ", ", other);
    row[RECORD_city_raw] = rs_rows_text(a->rows, component(a, &home, 3));
    row[RECORD_state_raw] = rs_rows_text(a->rows, component(a, &home, 4));
    row[RECORD_zip_raw] = rs_rows_text(a->rows, component(a, &home, 5));
    struct rs_view county = component(a, &home, 9), tract = component(a, &home, 10);
    row[RECORD_county_raw] = rs_rows_text(a->rows, rs_has(county) ? county : first(a, field(a, 12), 1));
    if (rs_all_digits(tract) && tract.n >= 11) row[RECORD_geoid_raw] = rs_rows_text(a->rows, tract);
}

/* XTN: 1 or 12 the number as written; else 6 area and 7 local number. Not mail, fax or pager. */
static struct rs_view number_of(const struct adt *a, const struct parts *xtn) {
    static const char *const others[] = {"FX", "BP", "Internet", "X.400", "MD", "TDD", "-", NULL};
    struct rs_view written = component(a, xtn, 1);
    if (rank(component(a, xtn, 3), others) < 6 || rs_eq_c(component(a, xtn, 2), "NET")) return RS_NULL;
    if (!rs_has(written)) written = component(a, xtn, 12);
    if (rs_has(written)) return written;
    return rs_rows_join(a->rows, component(a, xtn, 6), "-", component(a, xtn, 7));
}

static struct rs_view phone(const struct adt *a) {
    static const char *const uses[] = {"PRN", "", "PRS", "ORN", "VHN", "-", "WPN", "EMR", NULL};
    static const unsigned fields[] = {13, 40, 14}; /* home, any (2.7 on), business */
    for (unsigned i = 0; i < 3; i++) {
        struct rs_view rest = field(a, fields[i]), one, found = RS_NULL;
        unsigned lowest = 1000;
        while (repetition(a, &rest, &one)) {
            struct parts xtn;
            split_parts(a, one, &xtn);
            unsigned r = rank(component(a, &xtn, 2), uses);
            struct rs_view number = r < lowest ? number_of(a, &xtn) : RS_NULL;
            if (!rs_has(number)) continue;
            found = number;
            lowest = r;
        }
        if (rs_has(found)) return found;
    }
    return RS_NULL;
}

/* ---- identity ------------------------------------------------------------------------------------------------- */

static struct cx read_cx(const struct adt *a, struct rs_view v) {
    struct parts p;
    split_parts(a, v, &p);
    struct cx cx = {component(a, &p, 1), sub(a, &p, 4, 1), component(a, &p, 5)};
    if (!rs_has(cx.authority)) cx.authority = sub(a, &p, 4, 2); /* universal id */
    return cx;
}

static void read_ids(struct adt *a) {
    for (unsigned i = 0; i < ID_FIELDS; i++) {
        struct rs_view rest = field(a, id_fields[i]), one;
        struct cx_list *list = &a->ids[i];
        list->n = 0;
        if (!rest.n) continue;
        size_t most = 1 + (a->marks->repetition ? rs_count_byte(rest.p, rest.n, a->marks->repetition) : 0);
        list->c = rs_arena_alloc(&a->rows->batch->arena, most * sizeof *list->c);
        while (repetition(a, &rest, &one)) list->c[list->n++] = read_cx(a, one);
    }
}

static const struct cx_list *ids_of(const struct adt *a, const struct rs_id_rule *rule) {
    unsigned i = 0;
    while (id_fields[i] != (unsigned)rule->ref) i++; /* the profile's fields are among these */
    return &a->ids[i];
}

static bool is_of(const struct cx *cx, const struct rs_id_rule *rule) {
    return rs_has(cx->id) && (rs_is_null(rule->what) || rs_eq(rule->what, cx->type)) &&
           (rs_is_null(rule->authority) || rs_eq(rule->authority, cx->authority));
}

/* The authority divides numbers, unless the rule names it or the profile says that they are one sequence. */
static struct rs_view division(const struct adt *a, const struct rs_id_rule *rule, const struct cx *cx) {
    bool apart = a->profile->authorities_apart && rs_is_null(rule->authority);
    return apart && rs_has(cx->authority) ? cx->authority : RS_NULL;
}

static bool find_id(const struct adt *a, const struct rs_id_rule *rule, struct cx *cx) {
    const struct cx_list *list = ids_of(a, rule);
    for (size_t i = 0; i < list->n; i++) {
        *cx = list->c[i];
        if (is_of(cx, rule)) return true;
    }
    return false;
}

static bool make_key(const struct adt *a) {
    struct rs_view source = a->rows->block->source->source;
    for (size_t i = 0; i < a->profile->n_member_ids; i++) {
        const struct rs_id_rule *rule = &a->profile->member_ids[i];
        struct cx cx;
        if (!find_id(a, rule, &cx)) continue;
        struct rs_view parts[] = {source, cx.id, division(a, rule, &cx)};
        rs_rows_key(a->rows, parts, rs_has(parts[2]) ? 3 : 2);
        return true;
    }
    return false;
}

/* Where a rule without a type is given, it stands for numbers that no typed rule of its field has taken. */
static bool typed_before(const struct adt *a, const struct rs_id_rule *rule) {
    struct cx cx;
    for (const struct rs_id_rule *r = a->profile->identifiers; r < rule; r++)
        if (r->ref == rule->ref && !rs_is_null(r->what) && rs_eq(r->id_system, rule->id_system) && find_id(a, r, &cx))
            return true;
    return false;
}

/* Namespaces that are not the source's own (social security numbers, a plan's) are one whoever wrote the number down. */
static void put_identifier(const struct adt *a, const struct rs_id_rule *rule, const struct cx *cx) {
    rs_rows_put_identifier_of(a->rows, rule, rule->of_source ? division(a, rule, cx) : RS_NULL, cx->id);
}

static void put_identifiers(const struct adt *a) {
    for (size_t i = 0; i < a->profile->n_identifiers; i++) {
        const struct rs_id_rule *rule = &a->profile->identifiers[i];
        const struct cx_list *list = ids_of(a, rule);
        bool single = rs_is_null(rule->what), done = single && typed_before(a, rule);
        for (size_t k = 0; k < list->n && !done; k++) {
            if (!is_of(&list->c[k], rule)) continue;
            put_identifier(a, rule, &list->c[k]);
            done = single;
        }
    }
}

/* ---- merges --------------------------------------------------------------------------------------------------- */

/* The field of MRG that holds the earlier value of a field of PID; 0 for none. */
static unsigned merge_field(int pid) { return pid == 3 ? 1 : pid == 4 ? 2 : pid == 18 ? 3 : pid == 2 ? 4 : 0; }

/* The rule under which the surviving number stands decides for the earlier one, which may lack type and authority. */
static bool put_earlier(const struct adt *a, struct rs_view one, const struct rs_id_rule *rule) {
    struct cx now, before = read_cx(a, one);
    if (!rs_has(before.id) || !rule->links || !find_id(a, rule, &now)) return false;
    if (rs_is_null(rule->what) && typed_before(a, rule)) return false;
    if (!rs_has(before.type)) before.type = now.type;
    if (!rs_has(before.authority)) before.authority = now.authority;
    if (!is_of(&before, rule)) return false;
    put_identifier(a, rule, &before);
    return true;
}

static void put_merge(struct adt *a) {
    struct rs_view f[5];
    unsigned n = rs_hl7_fields(a->merge->text, a->marks, f, 5);
    bool any = false;
    a->escapes = has_escape(a, a->merge->text);
    for (size_t i = 0; i < a->profile->n_identifiers; i++) {
        const struct rs_id_rule *rule = &a->profile->identifiers[i];
        unsigned from = merge_field(rule->ref);
        struct rs_view rest = from && from < n ? f[from] : RS_NULL, one;
        while (repetition(a, &rest, &one)) any |= put_earlier(a, one, rule);
    }
    if (!any)
        rs_rows_bad_value(a->rows, "merge_not_linked", RS_LIT("MRG"), n > 1 ? f[1] : RS_NULL,
                          "a merge whose earlier number is in no namespace that links: give that identifier links: yes in "
                          "the profile, or the two stay two persons");
}

/* ---- a person ------------------------------------------------------------------------------------------------- */

static void set_record_date(const struct adt *a) {
    struct rs_rows *rows = a->rows;
    rows->record_date = rs_rows_day(rows, rs_hl7_day(a->recorded), RS_LIT("EVN-2"));
    if (!rs_has(rows->record_date)) rows->record_date = rs_rows_day(rows, rs_hl7_day(a->sent), RS_LIT("MSH-7"));
    if (!rs_has(rows->record_date) && rows->block->source->has_date)
        rows->record_date = rs_day_text(&rows->batch->arena, rows->block->source->date);
}

/* Where the visit is, else where the person usually goes, else which facility sent the message. */
static struct rs_view facility(const struct adt *a) {
    if (rs_has(a->visited)) return a->visited;
    return rs_has(a->usual) ? a->usual : a->sender;
}

static void put_person(struct adt *a) {
    struct rs_rows *rows = a->rows;
    struct rs_view row[RECORD_COLUMNS] = {{0}};
    rs_rows_record(rows, (int64_t)a->person_no, (int64_t)a->person_line, (int64_t)a->number, offset_of(a, a->pid[0].p));
    a->escapes = has_escape(a, a->text);
    read_ids(a);
    if (!make_key(a)) {
        rs_rows_reject(rows, "no_member_id", RS_LIT("PID-3"), RS_NULL,
                       "none of the profile's member ids is here; ask the sender, or correct member_id in the profile");
        return;
    }
    set_record_date(a);
    put_names(a, row);
    put_address(a, row);
    row[RECORD_birth_raw] = rs_rows_text(rows, rs_hl7_day(first(a, field(a, 7), 1)));
    row[RECORD_death_raw] = rs_rows_text(rows, rs_hl7_day(first(a, field(a, 29), 1)));
    row[RECORD_sex_raw] = rs_rows_text(rows, first(a, field(a, 8), 1));
    row[RECORD_phone_raw] = rs_rows_text(rows, phone(a));
    row[RECORD_facility] = rs_rows_text(rows, facility(a));
    rs_rows_put_record(rows, row);
    put_identifiers(a);
    put_answer(a, "race", 10, RS_LIT("hl7_0005"));
    put_answer(a, "ethnicity", 22, RS_LIT("hl7_0189"));
    put_answer(a, "language_preferred", 15, RS_LIT("iso639"));
    for (const struct kept *o = a->observations; o; o = o->next) put_observation(a, o);
    if (a->merge) put_merge(a);
    rows->written++;
}

static uint64_t surplus_fields(const struct adt *a) {
    struct rs_view rest = a->text;
    uint64_t n = 0;
    if (a->n <= PID_FIELDS + 1) return 0;
    for (unsigned i = 0; !rs_is_null(rest); i++) {
        struct rs_view one = rs_trim(rs_split(&rest, a->marks->field));
        n += i > PID_FIELDS && rs_has(one);
    }
    return n;
}

static uint64_t deleted_fields(const struct adt *a) {
    uint64_t n = 0;
    for (unsigned i = 1; i < a->n; i++) n += rs_eq_c(a->pid[i], "\"\"");
    return n;
}

static void close_person(struct adt *a) {
    if (a->open) put_person(a);
    a->open = false;
}

static void open_person(struct adt *a, const struct rs_hl7_segment *s) {
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

static void close_message(struct adt *a) {
    close_person(a);
    if (a->in_message && !a->person_seen) {
        a->record_no++;
        rs_count(&a->rows->batch->tally, "hl7v2", a->rows->block->source->file_no, RS_IGNORED, "message without a PID", 1);
    }
    a->in_message = a->person_seen = false;
}

/* A component of a header's field, where escapes mean nothing. */
static struct rs_view plain(const struct adt *a, struct rs_view v, unsigned i) {
    return rs_trim(rs_hl7_part(v, a->marks->component, i));
}

/* Text of a field outside PID. */
static struct rs_view header_text(const struct adt *a, struct rs_view v) {
    return rs_has(v) ? rs_hl7_value(v, a->marks, &a->rows->batch->arena) : RS_NULL;
}

static void set_event(struct adt *a, struct rs_view event) {
    for (size_t i = 0; i < a->profile->n_merge_events; i++)
        if (rs_eq(a->profile->merge_events[i], event)) a->merges = true;
}

static void open_message(struct adt *a, const struct rs_hl7_segment *s) {
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

static void read_event(struct adt *a, struct rs_view segment) {
    struct rs_view f[3];
    unsigned n = rs_hl7_fields(segment, a->marks, f, 3);
    if (n > 1) set_event(a, rs_trim(f[1])); /* before 2.3.1 MSH-9 may lack it */
    if (n > 2) a->recorded = plain(a, f[2], 1);
    a->used++;
}

/* PV1-3 is a PL: its fourth component is the facility, an HD: name, universal id. */
static void read_visit(struct adt *a, struct rs_view segment) {
    struct rs_view f[4];
    if (rs_hl7_fields(segment, a->marks, f, 4) < 4) return;
    struct rs_view place = rs_hl7_part(rs_hl7_part(f[3], a->marks->repetition, 1), a->marks->component, 4);
    struct rs_view name = header_text(a, rs_hl7_part(place, a->marks->subcomponent, 1));
    a->visited = rs_has(name) ? name : header_text(a, rs_hl7_part(place, a->marks->subcomponent, 2));
    a->used++;
}

/* PD1-3 is an XON: name, or its number (from 2.5 on in component 10, before in 3). */
static void read_usual(struct adt *a, struct rs_view segment) {
    static const unsigned places[] = {1, 10, 3};
    struct rs_view f[4];
    if (rs_hl7_fields(segment, a->marks, f, 4) < 4) return;
    struct rs_view one = rs_hl7_part(f[3], a->marks->repetition, 1);
    for (size_t i = 0; i < 3 && !rs_has(a->usual); i++)
        a->usual = header_text(a, rs_hl7_part(rs_hl7_part(one, a->marks->component, places[i]), a->marks->subcomponent, 1));
    a->used++;
}

static struct kept *keep(struct adt *a, const struct rs_hl7_segment *s) {
    struct kept *k = rs_arena_alloc(&a->rows->batch->arena, sizeof *k);
    k->text = s->text;
    k->number = s->number;
    a->used++;
    return k;
}

/* OBX-3: code, text, system, alternate code. */
static const struct rs_pair *observed(const struct adt *a, struct rs_view segment) {
    struct rs_view f[4];
    if (rs_hl7_fields(segment, a->marks, f, 4) < 4) return NULL;
    const struct rs_pair *known = rs_pairs_find(&a->profile->observations, plain(a, f[3], 1));
    return known ? known : rs_pairs_find(&a->profile->observations, plain(a, f[3], 4));
}

static void read_observation(struct adt *a, const struct rs_hl7_segment *s) {
    const struct rs_pair *element = observed(a, s->text);
    if (!element) return;
    struct kept *k = keep(a, s);
    k->element = element;
    if (a->last) a->last->next = k;
    else a->observations = k;
    a->last = k;
}

static bool id_is(struct rs_view segment, const char *id) { return segment.n > 3 && memcmp(segment.p, id, 3) == 0; }

static void take(struct adt *a, const struct rs_hl7_segment *s) {
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
    struct adt a = {.rows = rows, .profile = b->source->profile, .marks = &w.marks, .begin = w.p, .line = b->line,
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
