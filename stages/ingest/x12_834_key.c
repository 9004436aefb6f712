/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Who a member of an 834 is: the key of its record, and the identifiers it has. */
#include "x12_834_private.h"

static bool dependent(const struct rs_834_member *m) {
    if (rs_eq_c(m->subscriber, "N")) return true;
    return !rs_eq_c(m->subscriber, "Y") && rs_has(m->relationship) && !rs_eq_c(m->relationship, "18");
}

static bool rule_applies(const struct rs_834_member *m, const struct rs_id_rule *rule) {
    return rule->rows == RS_ALL_ROWS || (rule->rows == RS_DEPENDENTS) == dependent(m);
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

struct rs_view rs_834_subscriber(const struct rs_profile *p, const struct rs_834_member *m) {
    return p->composite_dependents && dependent(m) ? rs_834_ref(m, RS_LIT("0F")) : RS_NULL;
}

/* Changes to members who may stand already. */
static bool changes(const struct rs_block *b) { return b->source->way == RS_GROUPED && !b->source->full; }

/* A dependent without a number: known by that of the subscriber with birth date and given name. Where a change file corrects
 * one of these, NM1*70 and its DMG have what stood before; what they are silent on was right. */
static bool dependent_key(struct rs_rows *rows, const struct rs_834_member *m, struct rs_view subscriber) {
    struct rs_view source = rows->block->source->source;
    if (!rs_has(m->given)) return false;
    struct rs_key name = rs_hmac_key(rows->hmac, (struct rs_view[]){source, subscriber, RS_LIT("dependent"), m->given}, 4);
    if (!rs_has(m->birth)) {
        if (!rs_eq_c(m->maintenance, "024") || !changes(rows->block)) return false;
        rows->known_by = RS_BY_NAME;
        rs_rows_set_key(rows, name);
    } else {
        rs_rows_key(rows, (struct rs_view[]){source, subscriber, RS_LIT("dependent"), m->birth, m->given}, 5);
    }
    rows->name_key = rs_key_text(&rows->batch->arena, name);
    if (!m->former || !rs_has(m->birth) || !changes(rows->block)) return true;
    struct rs_view birth = rs_has(m->former_birth) ? m->former_birth : m->birth;
    struct rs_view given = rs_has(m->former_given) ? m->former_given : m->given;
    if (rs_eq(birth, m->birth) && rs_eq(given, m->given)) return true;
    rows->known_by = RS_BY_FORMER;
    rows->former = rs_hmac_key(rows->hmac, (struct rs_view[]){source, subscriber, RS_LIT("dependent"), birth, given}, 5);
    return true;
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
    struct rs_view subscriber = rs_834_subscriber(p, m);
    return rs_has(subscriber) && dependent_key(rows, m, subscriber);
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
