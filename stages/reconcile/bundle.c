/* SPDX-License-Identifier: GPL-3.0-or-later */
/* From records to persons: of each record the row that stands, its answers folded, its measures; handed on under the
 * person's key. Here each demographic, mapped and measure row of an unknown or superseded record meets its fate. */
#include <stdlib.h>
#include "answer.h"
#include "demographic.h"
#include "discrepancy.h"
#include "measure.h"
#include "state.h"

/* What stands for each link rule in the file. */
static const char *const link_rules[] = {"alone", "member_id", "crosswalk", "prior"};

/* ---- rows of a record nobody knows ------------------------------------------------------------------------------- */

static void reject(struct rs_rc *rc, struct rs_batch *batch, const char *layout, const struct rs_evidence *e) {
    rs_quarantine(rc->run, batch, e);
    rs_count(&batch->tally, layout, (int32_t)e->file_no, RS_REJECTED, "unknown_member", 1);
}

static void reject_unknown(struct rs_rc *rc, struct rs_batch *batch, const struct rs_item *item) {
    struct rs_rc_reader r = rs_rc_reader(item->bytes);
    struct rs_evidence e = {.row = true, .line = -1, .segment = -1, .offset = -1, .field = RS_LIT("record_key"),
                            .rule = "unknown_member"};
    while (item->tag == TAG_ANSWERS && r.p < r.end) {
        struct rs_rc_row row;
        rs_rc_row_get(&r, &row);
        e.file_no = row.file_no;
        e.record_no = (int64_t)row.record_no;
        e.message = "answer of a member that no demographic row names: look up the record in the file it came from";
        reject(rc, batch, "mapped", &e);
    }
    if (item->tag == TAG_MEASURES) {
        struct rs_rc_measure m;
        rs_rc_measure_get(&r, &m);
        e.file_no = m.file_no;
        e.record_no = (int64_t)m.record_no;
        e.line = m.line;
        e.offset = m.offset;
        e.message = "measure result of a member in no extract: is the member id of the same source and kind?";
        reject(rc, batch, "measure_event", &e);
    }
}

/* ---- a record ---------------------------------------------------------------------------------------------------- */

/* The row that stands; the others are superseded. Their answers are not: they count as older answers. */
static struct rs_rc_demographic standing_row(struct rs_rc *rc, struct rs_batch *batch, const struct rs_item *items,
                                             size_t n) {
    struct rs_rc_demographic best = {0};
    uint32_t best_file = 0;
    for (size_t i = 0; i < n; i++) {
        struct rs_rc_reader r = rs_rc_reader(items[i].bytes);
        struct rs_rc_demographic d = {.record = items[i].key};
        uint32_t file_no = rs_rc_get_u32(&r);
        rs_rc_demographic_get(&r, &d);
        d.source = rc->source_rank[d.source];
        int c = i ? rs_rc_demographic_newer(&d, &best) : -1;
        if (c == 0 && file_no < best_file) c = -1; /* the same content: only the ledger can tell them apart */
        uint32_t loser = c < 0 ? best_file : file_no;
        if (i) rs_count(&batch->tally, "demographic", (int32_t)loser, RS_SUPERSEDED, "newer_row", 1);
        if (c >= 0) continue;
        best = d;
        best_file = file_no;
    }
    rs_count(&batch->tally, "demographic", (int32_t)best_file, RS_MERGED, NULL, 1);
    return best;
}

static int by_place(const void *a, const void *b) {
    const struct rs_rc_row *x = a, *y = b;
    if (x->file_no != y->file_no) return x->file_no < y->file_no ? -1 : 1;
    if (x->joined != y->joined) return x->joined ? 1 : -1;
    if (x->joined && x->element != y->element) return x->element < y->element ? -1 : 1;
    if (x->joined && x->collection != y->collection) return x->collection < y->collection ? -1 : 1;
    int date = x->joined ? rs_compare(x->effective, y->effective) : 0;
    if (date) return date;
    if (x->record_no != y->record_no) return x->record_no < y->record_no ? -1 : 1;
    if (x->answer_no != y->answer_no) return x->answer_no < y->answer_no ? -1 : 1;
    if (x->element != y->element) return x->element < y->element ? -1 : 1;
    return (x->seq > y->seq) - (x->seq < y->seq);
}

static void bundle_answers(struct rs_rc *rc, struct rs_batch *batch, struct rs_key person, struct rs_view birth,
                           const struct rs_item *items, size_t n) {
    struct rs_rc_worker *w = &rc->workers[batch->worker];
    struct rs_key record = items[0].key;
    w->list.n = 0;
    for (size_t i = 0; i < n; i++) {
        struct rs_rc_reader r = rs_rc_reader(items[i].bytes);
        while (r.p < r.end) {
            struct rs_rc_row *row = (struct rs_rc_row *)rs_buffer_reserve(&w->list, sizeof *row);
            rs_rc_row_get(&r, row);
            row->source = rc->source_rank[row->source];
            rs_count(&batch->tally, "mapped", (int32_t)row->file_no, RS_MERGED, NULL, 1);
            w->list.n += sizeof *row;
        }
    }
    struct rs_rc_row *rows = (struct rs_rc_row *)w->list.p;
    n = w->list.n / sizeof *rows;
    qsort(rows, n, sizeof *rows, by_place);
    w->more.n = 0;
    rs_rc_put_key(&w->more, record);
    for (size_t i = 0; i < n;) {
        struct rs_rc_answer answer;
        struct rs_rc_inner inner[RS_RC_MOST_INNER];
        size_t end = i + 1;
        while (end < n && rs_rc_row_same_answer(&rows[i], &rows[end])) end++;
        int found = rs_rc_answer_fold(&rows[i], end - i, &w->arena, &answer, inner);
        answer.record = record;
        rs_rc_answer_put(&w->more, &answer);
        bool too_young = rs_jurisdiction_too_young(&rc->place, rs_rc_element_name(answer.element), birth, answer.effective);
        if (!too_young) rs_rc_inner_discrepancies(rc, batch, person, &answer, inner, found);
        i = end;
    }
    size_t item = rs_rc_item_begin(&batch->scratch, SL_PERSONS, person, TAG_ANSWERS);
    rs_rc_put(&batch->scratch, w->more.p, w->more.n);
    rs_rc_item_end(&batch->scratch, item);
}

static void write_link(const struct rs_rc *rc, struct rs_batch *batch, const struct rs_rc_demographic *d,
                       struct rs_key person, int rule) {
    struct rs_arena *arena = rs_rc_arena(rc, batch);
    struct rs_view row[LINK_COLUMNS] = {[LINK_record_key] = rs_key_text(arena, d->record),
                                        [LINK_person_key] = rs_key_text(arena, person),
                                        [LINK_source] = rs_rc_source_name(rc, d->source),
                                        [LINK_rule] = rs_cstr(link_rules[rule]),
                                        [LINK_weight] = RS_NULL};
    rs_batch_emit(batch, OUT_LINK, &rs_layout_link, row);
}

static void bundle_record(struct rs_rc *rc, struct rs_batch *batch, const struct rs_item *items, size_t n,
                          const struct rs_item *link) {
    struct rs_rc_reader r = rs_rc_reader(link->bytes);
    struct rs_key person = rs_rc_get_key(&r);
    int rule = rs_rc_get_u8(&r);
    size_t rows = 0, answers, i;
    while (rows < n && items[rows].tag == TAG_DEMOGRAPHIC) rows++;
    for (answers = rows; answers < n && items[answers].tag == TAG_ANSWERS;) answers++;
    struct rs_rc_demographic d = standing_row(rc, batch, items, rows);
    write_link(rc, batch, &d, person, rule);
    size_t item = rs_rc_item_begin(&batch->scratch, SL_PERSONS, person, TAG_DEMOGRAPHIC);
    rs_rc_put_key(&batch->scratch, d.record);
    rs_rc_demographic_put(&batch->scratch, &d);
    rs_rc_item_end(&batch->scratch, item);
    if (answers > rows) bundle_answers(rc, batch, person, d.f[FI_BIRTH], items + rows, answers - rows);
    for (i = answers; i < n; i++) {
        item = rs_rc_item_begin(&batch->scratch, SL_PERSONS, person, TAG_MEASURES);
        rs_rc_put(&batch->scratch, items[i].bytes.p, items[i].bytes.n);
        rs_rc_item_end(&batch->scratch, item);
    }
    rs_arena_reset(rs_rc_arena(rc, batch));
}

static bool records(struct rs_rc *rc, int partition, struct rs_batch *batch, bool *changed, struct rs_error *error) {
    struct rs_rc_worker *w = &rc->workers[batch->worker];
    size_t at = 0;
    (void)changed;
    if (!rs_partition_read(rc->spills[SL_RECORDS], partition, &w->a, error) ||
        !rs_partition_read(rc->spills[SL_LINKS], partition, &w->b, error))
        return false;
    for (size_t i = 0; i < w->a.n;) {
        size_t end = rs_group_end(&w->a, i);
        if (w->a.items[i].tag != TAG_DEMOGRAPHIC) {
            for (; i < end; i++) reject_unknown(rc, batch, &w->a.items[i]);
            continue;
        }
        while (at < w->b.n && rs_key_compare(w->b.items[at].key, w->a.items[i].key) < 0) at++;
        if (at == w->b.n || rs_key_compare(w->b.items[at].key, w->a.items[i].key) != 0)
            return rs_fail(error, RS_BUG, "a record has no person: linking lost it");
        bundle_record(rc, batch, &w->a.items[i], end - i, &w->b.items[at]);
        i = end;
    }
    return true;
}

bool rs_rc_bundle(struct rs_rc *rc, struct rs_error *error) {
    bool ok = rs_rc_spill_open(rc, SL_PERSONS, error) && rs_rc_spill_open(rc, SL_DISCREPANCY, error) &&
              rs_rc_partitions(rc, records, error) && rs_rc_spill_seal(rc, SL_PERSONS, error);
    rs_rc_spill_close(rc, SL_RECORDS);
    rs_rc_spill_close(rc, SL_LINKS);
    return ok;
}
