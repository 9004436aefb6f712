/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Who a member of an 834 is: the key of its record, and the identifiers it has. */
#include "x12_834_private.h"

bool rs_834_dependent(const struct rs_834_member *m) {
    if (rs_eq_c(m->subscriber, "N")) return true;
    return !rs_eq_c(m->subscriber, "Y") && rs_has(m->relationship) && !rs_eq_c(m->relationship, "18");
}

static bool rule_applies(const struct rs_834_member *m, const struct rs_id_rule *rule) {
    return rule->rows == RS_ALL_ROWS || (rule->rows == RS_DEPENDENTS) == rs_834_dependent(m);
}

struct rs_view rs_834_ref(const struct rs_834_member *m, struct rs_view qualifier) {
    for (size_t i = 0; i < m->refs.n; i++)
        if (rs_eq(m->refs.p[i].a, qualifier) && rs_has(m->refs.p[i].b)) return m->refs.p[i].b;
    return RS_NULL;
}

static struct rs_view find_id(const struct rs_834_member *m, const struct rs_id_rule *rule) {
    if (!rule_applies(m, rule)) return RS_NULL;
    if (rule->kind == RS_ID_REF) return rs_834_ref(m, rule->what);
    if (rs_is_null(rule->what) || rs_eq(rule->what, m->id_qualifier)) return m->id;
    return RS_NULL;
}

/* The key: of the member's own id; else, for a dependent known only by the subscriber's number, of that number with
 * birth date and given name. */
bool rs_834_key(struct rs_rows *rows, const struct rs_834_member *m) {
    const struct rs_profile *p = rows->block->source->profile;
    struct rs_view source = rows->block->source->source;
    for (size_t i = 0; i < p->n_member_ids; i++) {
        struct rs_view id = find_id(m, &p->member_ids[i]);
        if (!rs_has(id)) continue;
        rs_rows_key(rows, (struct rs_view[]){source, id}, 2);
        return true;
    }
    struct rs_view subscriber = rs_834_ref(m, RS_LIT("0F"));
    if (!p->composite_dependents || !rs_834_dependent(m) || !rs_has(subscriber) || !rs_has(m->given) || !rs_has(m->birth))
        return false;
    rs_rows_key(rows, (struct rs_view[]){source, subscriber, RS_LIT("dependent"), m->birth, m->given}, 5);
    return true;
}

void rs_834_put_identifiers(struct rs_rows *rows, const struct rs_834_member *m) {
    const struct rs_profile *p = rows->block->source->profile;
    for (size_t i = 0; i < p->n_identifiers; i++) {
        const struct rs_id_rule *rule = &p->identifiers[i];
        if (!rule_applies(m, rule)) continue;
        if (rule->kind == RS_ID_NM109) {
            rs_rows_put_identifier(rows, rule, find_id(m, rule));
            continue;
        }
        for (size_t k = 0; k < m->refs.n; k++)
            if (rs_eq(m->refs.p[k].a, rule->what)) rs_rows_put_identifier(rows, rule, m->refs.p[k].b);
    }
}
