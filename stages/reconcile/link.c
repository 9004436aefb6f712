/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Which records are one person: connected components of a graph of records and the identifiers they share, without
 * holding the graph in memory. Each edge carries a label, the smallest record key it has heard of; edges are regrouped
 * by record and by identifier in turn, each group taking its smallest label, until a pass changes nothing. The number
 * of passes is the length of the longest chain of records, which is short; records that share nothing never enter.
 *
 * A pair of the crosswalk is a node that is no record. A probabilistic link will enter the same way: a pair of
 * records sharing an identifier of its own, under a rule of its own and with its weight beside the label
 * (link.weight). */
#include "state.h"

/* In the tag of an edge, beside its rule. */
enum {
    PAIR = 4,   /* the node is a pair of the crosswalk, not a record */
    SEVERAL = 8 /* more than one record is joined here: a pair of which one side is nobody's joins nothing */
};

static void edge_put(struct rs_batch *batch, int slot, struct rs_key key, unsigned tag, struct rs_key other,
                     struct rs_key label) {
    size_t item = rs_rc_item_begin(&batch->scratch, (unsigned)slot, key, tag);
    rs_rc_put_key(&batch->scratch, other);
    rs_rc_put_key(&batch->scratch, label);
    rs_rc_item_end(&batch->scratch, item);
}

/* ---- identifiers by record: is the record there? ----------------------------------------------------------------- */

static void unknown_member(struct rs_rc *rc, struct rs_batch *batch, uint32_t file_no, uint64_t record_no) {
    const struct rs_evidence e = {.row = true, .file_no = file_no, .record_no = (int64_t)record_no, .line = -1,
                                  .segment = -1, .offset = -1, .field = RS_LIT("identifier.record_key"),
                                  .rule = "unknown_member",
                                  .message = "identifier of a record that is not among the demographic rows: run "
                                             "normalize again over the same ingest output"};
    rs_quarantine(rc->run, batch, &e);
    rs_count(&batch->tally, "identifier", (int32_t)file_no, RS_REJECTED, "unknown_member", 1);
}

static void one_identifier(struct rs_rc *rc, struct rs_batch *batch, const struct rs_item *node, bool here) {
    struct rs_rc_reader r = rs_rc_reader(node->bytes);
    bool links = rs_rc_get_u8(&r);
    uint32_t file_no = rs_rc_get_u32(&r);
    uint64_t record_no = rs_rc_get_u64(&r);
    if (!here) {
        unknown_member(rc, batch, file_no, record_no);
        return;
    }
    if (!links && !rc->has_crosswalk) {
        rs_count(&batch->tally, "identifier", (int32_t)file_no, RS_IGNORED, "not_linking", 1);
        return;
    }
    size_t item = rs_rc_item_begin(&batch->scratch, SL_IDS, rs_rc_get_key(&r), 1);
    rs_rc_put_key(&batch->scratch, node->key);
    rs_rc_put_u8(&batch->scratch, links);
    rs_rc_put_u32(&batch->scratch, file_no);
    rs_rc_put_u64(&batch->scratch, record_no);
    rs_rc_item_end(&batch->scratch, item);
}

static bool identifiers_of_records(struct rs_rc *rc, int partition, struct rs_batch *batch, bool *changed,
                                   struct rs_error *error) {
    struct rs_partition *p = &rc->workers[batch->worker].a;
    (void)changed;
    if (!rs_partition_read(rc->spills[SL_NODES], partition, p, error)) return false;
    for (size_t i = 0; i < p->n;) {
        size_t end = rs_group_end(p, i);
        bool here = p->items[i].tag == NODE_HERE;
        for (; i < end; i++)
            if (p->items[i].tag == NODE_ID) one_identifier(rc, batch, &p->items[i], here);
    }
    return true;
}

/* ---- records by identifier: who shares one? ---------------------------------------------------------------------- */

struct holder {
    struct rs_key record;
    bool links;
    uint32_t file_no;
    uint64_t record_no;
};

static struct holder holder_of(const struct rs_item *item) {
    struct rs_rc_reader r = rs_rc_reader(item->bytes);
    struct holder h;
    h.record = rs_rc_get_key(&r);
    h.links = rs_rc_get_u8(&r);
    h.file_no = rs_rc_get_u32(&r);
    h.record_no = rs_rc_get_u64(&r);
    return h;
}

static void shared_by_many(struct rs_rc *rc, struct rs_batch *batch, const struct holder *h) {
    const struct rs_evidence e = {.file_no = h->file_no, .record_no = (int64_t)h->record_no, .line = -1, .segment = -1,
                                  .offset = -1, .field = RS_LIT("identifier.value"), .rule = "id_shared_by_many",
                                  .message = "more records share this identifier than a person has: a filler? It links "
                                             "nothing; correct it at the source or raise most-records-per-id"};
    rs_quarantine(rc->run, batch, &e);
    rs_count(&batch->tally, "identifier", (int32_t)h->file_no, RS_IGNORED, "id_shared_by_many", 1);
}

/* Items of one identifier: pairs of the crosswalk (tag 0), then its holders sorted by record. */
static void one_shared(struct rs_rc *rc, struct rs_batch *batch, const struct rs_item *items, size_t n) {
    size_t pairs = 0, records = 0, strong = 0;
    struct rs_key label = {{0}}, last = {{0}}, last_strong = {{0}};
    while (pairs < n && items[pairs].tag == 0) pairs++;
    for (size_t i = pairs; i < n; i++) {
        struct holder h = holder_of(&items[i]);
        if (!h.links && !pairs) continue;
        if (!records) label = h.record;
        if (!records || rs_key_compare(last, h.record) != 0) records++;
        last = h.record;
        if (h.links && (!strong || rs_key_compare(last_strong, h.record) != 0)) {
            strong++;
            last_strong = h.record;
        }
    }
    bool too_many = records > (size_t)rc->most_records_per_id;
    bool joins = !too_many && (records > 1 || (records && pairs));
    unsigned several = records > 1 ? SEVERAL : 0;
    for (size_t i = 0; joins && i < pairs; i++) {
        struct rs_key node;
        memcpy(node.b, items[i].bytes.p, sizeof node.b);
        edge_put(batch, SL_EDGES, node, LINK_CROSSWALK | PAIR | several, items[0].key, label);
    }
    for (size_t i = pairs; i < n; i++) {
        struct holder h = holder_of(&items[i]);
        if (!h.links && !pairs) {
            rs_count(&batch->tally, "identifier", (int32_t)h.file_no, RS_IGNORED, "not_linking", 1);
            continue;
        }
        if (too_many) {
            shared_by_many(rc, batch, &h);
            continue;
        }
        rs_count(&batch->tally, "identifier", (int32_t)h.file_no, RS_MERGED, NULL, 1);
        if (joins)
            edge_put(batch, SL_EDGES, h.record, (h.links && strong > 1 ? LINK_MEMBER_ID : LINK_CROSSWALK) | several,
                     items[0].key, label);
    }
}

static bool records_of_identifiers(struct rs_rc *rc, int partition, struct rs_batch *batch, bool *changed,
                                   struct rs_error *error) {
    struct rs_partition *p = &rc->workers[batch->worker].a;
    (void)changed;
    if (!rs_partition_read(rc->spills[SL_IDS], partition, p, error)) return false;
    for (size_t i = 0; i < p->n;) {
        size_t end = rs_group_end(p, i);
        one_shared(rc, batch, &p->items[i], end - i);
        i = end;
    }
    return true;
}

/* ---- labels ------------------------------------------------------------------------------------------------------ */

static struct rs_key label_in(const struct rs_item *edge) {
    struct rs_key label;
    memcpy(label.b, edge->bytes.p + 16, sizeof label.b);
    return label;
}

/* Each group takes its smallest label; edges go back under their other end. */
static bool regroup(struct rs_rc *rc, int from, int to, int partition, struct rs_batch *batch, bool *changed,
                    struct rs_error *error) {
    struct rs_partition *p = &rc->workers[batch->worker].a;
    if (!rs_partition_read(rc->spills[from], partition, p, error)) return false;
    for (size_t i = 0; i < p->n;) {
        size_t end = rs_group_end(p, i);
        struct rs_key least = label_in(&p->items[i]);
        /* A record is a label itself; an identifier or a pair of the crosswalk is none. */
        if (from == SL_EDGES && !(p->items[i].tag & PAIR) && rs_key_compare(p->items[i].key, least) < 0)
            least = p->items[i].key;
        unsigned several = 0;
        for (size_t j = i; j < end; j++) {
            struct rs_key label = label_in(&p->items[j]);
            several |= p->items[j].tag & SEVERAL;
            if (rs_key_compare(label, least) != 0) several = SEVERAL;
            if (rs_key_compare(label, least) < 0) least = label;
        }
        for (; i < end; i++) {
            struct rs_key other;
            unsigned tag = p->items[i].tag | several;
            memcpy(other.b, p->items[i].bytes.p, sizeof other.b);
            if (tag != p->items[i].tag || rs_key_compare(label_in(&p->items[i]), least) != 0) *changed = true;
            edge_put(batch, to, other, tag, p->items[i].key, least);
        }
    }
    return true;
}

static bool by_identifier(struct rs_rc *rc, int partition, struct rs_batch *batch, bool *changed,
                          struct rs_error *error) {
    return regroup(rc, SL_EDGES, SL_EDGES_BY_ID, partition, batch, changed, error);
}

static bool by_node(struct rs_rc *rc, int partition, struct rs_batch *batch, bool *changed, struct rs_error *error) {
    return regroup(rc, SL_EDGES_BY_ID, SL_EDGES, partition, batch, changed, error);
}

static bool spread_labels(struct rs_rc *rc, struct rs_error *error) {
    json_int_t passes = 0;
    for (;;) {
        passes++;
        if (!rs_rc_spill_open(rc, SL_EDGES_BY_ID, error) || !rs_rc_partitions(rc, by_identifier, error) ||
            !rs_rc_spill_seal(rc, SL_EDGES_BY_ID, error))
            return false;
        if (!rc->changed) break;
        if (!rs_rc_spill_open(rc, SL_EDGES, error) || !rs_rc_partitions(rc, by_node, error) ||
            !rs_rc_spill_seal(rc, SL_EDGES, error))
            return false;
    }
    rs_rc_spill_close(rc, SL_EDGES_BY_ID);
    json_object_set_new(rc->run->results, "linking_passes", json_integer(passes));
    return true;
}

/* ---- person keys ------------------------------------------------------------------------------------------------- */

struct rs_key rs_rc_person_key(struct rs_hmac *hmac, struct rs_key record) {
    const struct rs_view parts[] = {RS_LIT("person"), rs_view((const char *)record.b, sizeof record.b)};
    return rs_hmac_key(hmac, parts, 2);
}

void rs_rc_link_put(struct rs_batch *batch, struct rs_key record, struct rs_key person, int rule) {
    size_t item = rs_rc_item_begin(&batch->scratch, SL_LINKS, record, 0);
    rs_rc_put_key(&batch->scratch, person);
    rs_rc_put_u8(&batch->scratch, (unsigned)rule);
    rs_rc_item_end(&batch->scratch, item);
}

struct rs_rc_label rs_rc_label_of(const struct rs_partition *edges, size_t *at, struct rs_key record) {
    struct rs_rc_label found = {record, LINK_ALONE};
    while (*at < edges->n && rs_key_compare(edges->items[*at].key, record) < 0) ++*at;
    if (*at == edges->n || rs_key_compare(edges->items[*at].key, record) != 0) return found;
    unsigned tag = edges->items[*at].tag; /* the smallest of the record's: member_id before crosswalk */
    found.label = label_in(&edges->items[*at]);
    if (tag & SEVERAL) found.rule = (int)(tag & ~(unsigned)(PAIR | SEVERAL));
    return found;
}

static bool keys_of_records(struct rs_rc *rc, int partition, struct rs_batch *batch, bool *changed,
                            struct rs_error *error) {
    struct rs_rc_worker *w = &rc->workers[batch->worker];
    size_t at = 0;
    (void)changed;
    if (!rs_partition_read(rc->spills[SL_NODES], partition, &w->a, error) ||
        !rs_partition_read(rc->spills[SL_EDGES], partition, &w->b, error))
        return false;
    for (size_t i = 0; i < w->a.n; i = rs_group_end(&w->a, i)) {
        if (w->a.items[i].tag != NODE_HERE) continue;
        struct rs_key record = w->a.items[i].key;
        struct rs_rc_label l = rs_rc_label_of(&w->b, &at, record);
        rs_rc_link_put(batch, record, rs_rc_person_key(w->hmac, l.label), l.rule);
    }
    return true;
}

bool rs_rc_link(struct rs_rc *rc, struct rs_error *error) {
    bool ok = rs_rc_partitions(rc, identifiers_of_records, error) && rs_rc_spill_seal(rc, SL_IDS, error) &&
              rs_rc_spill_open(rc, SL_EDGES, error) && rs_rc_partitions(rc, records_of_identifiers, error) &&
              rs_rc_spill_seal(rc, SL_EDGES, error);
    rs_rc_spill_close(rc, SL_IDS);
    ok = ok && spread_labels(rc, error) && rs_rc_spill_open(rc, SL_LINKS, error);
    ok = ok && (rc->has_prior ? rs_rc_link_with_prior(rc, error) : rs_rc_partitions(rc, keys_of_records, error)) &&
         rs_rc_spill_seal(rc, SL_LINKS, error);
    rs_rc_spill_close(rc, SL_NODES);
    rs_rc_spill_close(rc, SL_EDGES);
    return ok;
}
