/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Person keys where a prior run gave some, and the log of merges and splits.
 *
 * A prior person belongs to one cluster of today: that of the smallest of the person's records that are here. A
 * cluster keeps the smallest prior key that belongs to it; the others that belong to it are merged into that one.
 * Where a record's prior person belongs to another cluster, the record was split off. A cluster to which no prior
 * person belongs gets a new key, HMAC(site key, "person", smallest record key), unless a prior run has given that
 * very key to others (the smallest record left, or was away): then the digest of the prior link file goes into the
 * HMAC as well. */
#include "pipeline/base/log.h"
#include "state.h"

/* Tags of SL_PRIOR, by prior person key. */
enum { CLAIM, KNOWN, WANTED }; /* record and cluster; no record of it is here; a cluster's new key would be this one */
/* Tags of SL_CLUSTERS, by label. */
enum { OWNED, TAKEN, MEMBER };

static void put_keys(struct rs_batch *batch, int slot, struct rs_key key, unsigned tag, const struct rs_key *keys,
                     size_t n) {
    size_t item = rs_rc_item_begin(&batch->scratch, (unsigned)slot, key, tag);
    for (size_t i = 0; i < n; i++) rs_rc_put_key(&batch->scratch, keys[i]);
    rs_rc_item_end(&batch->scratch, item);
}

/* A record, its cluster, why it is linked, and its prior person where it has one. */
static void member_put(struct rs_batch *batch, struct rs_key record, const struct rs_rc_label *l,
                       const struct rs_key *prior) {
    size_t item = rs_rc_item_begin(&batch->scratch, SL_CLUSTERS, l->label, MEMBER);
    rs_rc_put_key(&batch->scratch, record);
    rs_rc_put_u8(&batch->scratch, (unsigned)l->rule);
    rs_rc_put_u8(&batch->scratch, prior != NULL);
    if (prior) rs_rc_put_key(&batch->scratch, *prior);
    rs_rc_item_end(&batch->scratch, item);
}

/* *changed: a record of this run is known to the prior one. */
static bool claims(struct rs_rc *rc, int partition, struct rs_batch *batch, bool *changed, struct rs_error *error) {
    struct rs_rc_worker *w = &rc->workers[batch->worker];
    size_t at = 0;
    if (!rs_partition_read(rc->spills[SL_NODES], partition, &w->a, error) ||
        !rs_partition_read(rc->spills[SL_EDGES], partition, &w->b, error))
        return false;
    for (size_t i = 0; i < w->a.n;) {
        size_t end = rs_group_end(&w->a, i);
        struct rs_key record = w->a.items[i].key, prior;
        bool here = w->a.items[i].tag == NODE_HERE, known = w->a.items[end - 1].tag == NODE_PRIOR;
        if (known) memcpy(prior.b, w->a.items[end - 1].bytes.p, sizeof prior.b);
        i = end;
        if (!here) {
            if (known) put_keys(batch, SL_PRIOR, prior, KNOWN, NULL, 0);
            continue;
        }
        struct rs_rc_label l = rs_rc_label_of(&w->b, &at, record);
        const struct rs_key claim[2] = {record, l.label};
        if (known) put_keys(batch, SL_PRIOR, prior, CLAIM, claim, 2);
        *changed |= known;
        if (rs_key_compare(record, l.label) == 0)
            put_keys(batch, SL_PRIOR, rs_rc_person_key(w->hmac, record), WANTED, &l.label, 1);
        member_put(batch, record, &l, known ? &prior : NULL);
    }
    return true;
}

static bool owners(struct rs_rc *rc, int partition, struct rs_batch *batch, bool *changed, struct rs_error *error) {
    struct rs_partition *p = &rc->workers[batch->worker].a;
    (void)changed;
    if (!rs_partition_read(rc->spills[SL_PRIOR], partition, p, error)) return false;
    for (size_t i = 0; i < p->n;) {
        size_t end = rs_group_end(p, i);
        struct rs_key owner = {{0}};
        bool owned = p->items[i].tag == CLAIM, known = p->items[i].tag != WANTED;
        if (owned) { /* claims are sorted by record: the first is the smallest */
            memcpy(owner.b, p->items[i].bytes.p + 16, sizeof owner.b);
            put_keys(batch, SL_CLUSTERS, owner, OWNED, &p->items[i].key, 1);
        }
        for (; i < end; i++) {
            struct rs_key label;
            if (p->items[i].tag != WANTED) continue;
            memcpy(label.b, p->items[i].bytes.p, sizeof label.b);
            if (known && !(owned && rs_key_compare(owner, label) == 0))
                put_keys(batch, SL_CLUSTERS, label, TAKEN, NULL, 0);
        }
    }
    return true;
}

static void event_put(struct rs_rc *rc, struct rs_batch *batch, bool merge, struct rs_key person, struct rs_key other,
                      struct rs_key record, int rule) {
    static const char *const rules[] = {"alone", "member_id", "crosswalk", "prior"};
    struct rs_arena *arena = rs_rc_arena(rc, batch);
    struct rs_view row[LINK_EVENT_COLUMNS] = {
        [LINK_EVENT_event] = merge ? RS_LIT("merge") : RS_LIT("split"),
        [LINK_EVENT_person_key] = rs_key_text(arena, person),
        [LINK_EVENT_other_key] = rs_key_text(arena, other),
        [LINK_EVENT_record_key] = rs_key_text(arena, record),
        [LINK_EVENT_rule] = merge ? rs_cstr(rules[rule]) : RS_LIT("no_longer_linked")};
    size_t item = rs_rc_item_begin(&batch->scratch, SL_EVENTS, person, merge ? 0 : 1);
    rs_row_emit(&batch->scratch, &rs_layout_link_event, row);
    rs_rc_item_end(&batch->scratch, item);
}

static struct rs_key new_key(struct rs_rc *rc, struct rs_hmac *hmac, struct rs_key label, bool taken) {
    if (!taken) return rs_rc_person_key(hmac, label);
    const struct rs_view parts[] = {RS_LIT("person"), rs_view((const char *)label.b, sizeof label.b),
                                    rs_view((const char *)rc->prior_content.b, sizeof rc->prior_content.b)};
    return rs_hmac_key(hmac, parts, 3);
}

static bool is_owned(const struct rs_item *items, size_t n, struct rs_key prior) {
    for (size_t i = 0; i < n; i++)
        if (memcmp(items[i].bytes.p, prior.b, sizeof prior.b) == 0) return true;
    return false;
}

/* Items of one cluster: prior keys it owns, sorted; whether its new key is taken; its records. */
static void one_cluster(struct rs_rc *rc, struct rs_batch *batch, const struct rs_item *items, size_t n) {
    struct rs_rc_worker *w = &rc->workers[batch->worker];
    size_t owned = 0, at;
    while (owned < n && items[owned].tag == OWNED) owned++;
    for (at = owned; at < n && items[at].tag == TAKEN;) at++;
    struct rs_key person;
    if (owned) memcpy(person.b, items[0].bytes.p, sizeof person.b);
    else person = new_key(rc, w->hmac, items[0].key, at > owned);
    for (; at < n; at++) {
        struct rs_rc_reader r = rs_rc_reader(items[at].bytes);
        struct rs_key record = rs_rc_get_key(&r), prior;
        int rule = rs_rc_get_u8(&r);
        bool known = rs_rc_get_u8(&r);
        if (known) prior = rs_rc_get_key(&r);
        if (rule == LINK_ALONE && known && rs_key_compare(prior, person) == 0) rule = LINK_PRIOR;
        rs_rc_link_put(batch, record, person, rule);
        if (!known || rs_key_compare(prior, person) == 0) continue;
        bool merge = is_owned(items, owned, prior);
        if (merge) event_put(rc, batch, true, person, prior, record, rule);
        else event_put(rc, batch, false, prior, person, record, rule);
    }
    rs_arena_reset(&w->arena);
}

static bool clusters(struct rs_rc *rc, int partition, struct rs_batch *batch, bool *changed, struct rs_error *error) {
    struct rs_partition *p = &rc->workers[batch->worker].a;
    (void)changed;
    if (!rs_partition_read(rc->spills[SL_CLUSTERS], partition, p, error)) return false;
    for (size_t i = 0; i < p->n;) {
        size_t end = rs_group_end(p, i);
        one_cluster(rc, batch, &p->items[i], end - i);
        i = end;
    }
    return true;
}

/* ---- the event file: all merges, then all splits, each sorted by its keys ---------------------------------------- */

static bool write_events(struct rs_rc *rc, int partition, struct rs_batch *batch, unsigned tag,
                         struct rs_error *error) {
    struct rs_partition *p = &rc->workers[batch->worker].a;
    if (!rs_partition_read(rc->spills[SL_EVENTS], partition, p, error)) return false;
    for (size_t i = 0; i < p->n; i++) {
        if (p->items[i].tag != tag) continue;
        rs_buffer_view(&batch->out[OUT_LINK_EVENT], p->items[i].bytes);
        batch->out_rows[OUT_LINK_EVENT]++;
    }
    return true;
}

static bool write_merges(struct rs_rc *rc, int partition, struct rs_batch *batch, bool *changed,
                         struct rs_error *error) {
    (void)changed;
    return write_events(rc, partition, batch, 0, error);
}

static bool write_splits(struct rs_rc *rc, int partition, struct rs_batch *batch, bool *changed,
                         struct rs_error *error) {
    (void)changed;
    return write_events(rc, partition, batch, 1, error);
}

bool rs_rc_link_with_prior(struct rs_rc *rc, struct rs_error *error) {
    bool ok = rs_rc_spill_open(rc, SL_PRIOR, error) && rs_rc_spill_open(rc, SL_CLUSTERS, error) &&
              rs_rc_spill_open(rc, SL_EVENTS, error) && rs_rc_partitions(rc, claims, error);
    if (ok && !rc->changed)
        rs_warn("no record of this run is in the prior link: all persons get new keys. Was the site key changed?");
    ok = ok && rs_rc_spill_seal(rc, SL_PRIOR, error) && rs_rc_partitions(rc, owners, error) &&
              rs_rc_spill_seal(rc, SL_CLUSTERS, error);
    rs_rc_spill_close(rc, SL_PRIOR);
    ok = ok && rs_rc_partitions(rc, clusters, error) && rs_rc_spill_seal(rc, SL_EVENTS, error);
    rs_rc_spill_close(rc, SL_CLUSTERS);
    ok = ok && rs_rc_partitions(rc, write_merges, error) && rs_rc_partitions(rc, write_splits, error);
    rs_rc_spill_close(rc, SL_EVENTS);
    return ok;
}
