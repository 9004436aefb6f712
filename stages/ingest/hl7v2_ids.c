/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Numbers of a PID: which makes the record key, which are identifiers, and the earlier ones that a merge names. */
#include "hl7v2_adt.h"

const unsigned rs_adt_id_fields[ID_FIELDS] = {2, 3, 4, 18, 19};

/* ---- identity ------------------------------------------------------------------------------------------------- */

static struct rs_adt_cx read_cx(const struct rs_adt *a, struct rs_view v) {
    struct rs_adt_parts p;
    split_parts(a, v, &p);
    struct rs_adt_cx cx = {component(a, &p, 1), sub(a, &p, 4, 1), component(a, &p, 5)};
    if (!rs_has(cx.authority)) cx.authority = sub(a, &p, 4, 2); /* universal id */
    return cx;
}

void rs_adt_read_ids(struct rs_adt *a) {
    for (unsigned i = 0; i < ID_FIELDS; i++) {
        struct rs_view rest = field(a, rs_adt_id_fields[i]), one;
        struct rs_adt_cx_list *list = &a->ids[i];
        list->n = 0;
        if (!rest.n) continue;
        size_t most = 1 + (a->marks->repetition ? rs_count_byte(rest.p, rest.n, a->marks->repetition) : 0);
        list->c = rs_arena_alloc(&a->rows->batch->arena, most * sizeof *list->c);
        while (repetition(a, &rest, &one)) list->c[list->n++] = read_cx(a, one);
    }
}

static const struct rs_adt_cx_list *ids_of(const struct rs_adt *a, const struct rs_id_rule *rule) {
    unsigned i = 0;
    while (rs_adt_id_fields[i] != (unsigned)rule->ref) i++; /* the profile's fields are among these */
    return &a->ids[i];
}

static bool is_of(const struct rs_adt_cx *cx, const struct rs_id_rule *rule) {
    return rs_has(cx->id) && (rs_is_null(rule->what) || rs_eq(rule->what, cx->type)) &&
           (rs_is_null(rule->authority) || rs_eq(rule->authority, cx->authority));
}

/* The authority divides numbers, unless the rule names it or the profile says that they are one sequence. */
static struct rs_view division(const struct rs_adt *a, const struct rs_id_rule *rule, const struct rs_adt_cx *cx) {
    bool apart = a->profile->authorities_apart && rs_is_null(rule->authority);
    return apart && rs_has(cx->authority) ? cx->authority : RS_NULL;
}

static bool find_id(const struct rs_adt *a, const struct rs_id_rule *rule, struct rs_adt_cx *cx) {
    const struct rs_adt_cx_list *list = ids_of(a, rule);
    for (size_t i = 0; i < list->n; i++) {
        *cx = list->c[i];
        if (is_of(cx, rule)) return true;
    }
    return false;
}

bool rs_adt_make_key(const struct rs_adt *a) {
    struct rs_view source = a->rows->block->source->source;
    for (size_t i = 0; i < a->profile->n_member_ids; i++) {
        const struct rs_id_rule *rule = &a->profile->member_ids[i];
        struct rs_adt_cx cx;
        if (!find_id(a, rule, &cx)) continue;
        struct rs_view parts[] = {source, cx.id, division(a, rule, &cx)};
        rs_rows_key(a->rows, parts, rs_has(parts[2]) ? 3 : 2);
        return true;
    }
    return false;
}

/* Where a rule without a type is given, it stands for numbers that no typed rule of its field has taken. */
static bool typed_before(const struct rs_adt *a, const struct rs_id_rule *rule) {
    struct rs_adt_cx cx;
    for (const struct rs_id_rule *r = a->profile->identifiers; r < rule; r++)
        if (r->ref == rule->ref && !rs_is_null(r->what) && rs_eq(r->id_system, rule->id_system) && find_id(a, r, &cx))
            return true;
    return false;
}

/* Namespaces that are not the source's own (social security numbers, a plan's) are one whoever wrote the number down. */
static void put_identifier(const struct rs_adt *a, const struct rs_id_rule *rule, const struct rs_adt_cx *cx) {
    rs_rows_put_identifier_of(a->rows, rule, rule->of_source ? division(a, rule, cx) : RS_NULL, cx->id);
}

void rs_adt_put_identifiers(const struct rs_adt *a) {
    for (size_t i = 0; i < a->profile->n_identifiers; i++) {
        const struct rs_id_rule *rule = &a->profile->identifiers[i];
        const struct rs_adt_cx_list *list = ids_of(a, rule);
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
static bool put_earlier(const struct rs_adt *a, struct rs_view one, const struct rs_id_rule *rule) {
    struct rs_adt_cx now, before = read_cx(a, one);
    if (!rs_has(before.id) || !rule->links || !find_id(a, rule, &now)) return false;
    if (rs_is_null(rule->what) && typed_before(a, rule)) return false;
    if (!rs_has(before.type)) before.type = now.type;
    if (!rs_has(before.authority)) before.authority = now.authority;
    if (!is_of(&before, rule)) return false;
    put_identifier(a, rule, &before);
    return true;
}

void rs_adt_put_merge(struct rs_adt *a) {
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
