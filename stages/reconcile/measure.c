/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Measure results: a member of two sources may be reported by both; a person counts once. */
#include "measure.h"
#include <stdlib.h>

void rs_rc_measure_get(struct rs_rc_reader *r, struct rs_rc_measure *m) {
    m->file_no = rs_rc_get_u32(r);
    m->record_no = rs_rc_get_u64(r);
    m->line = (int64_t)rs_rc_get_u64(r);
    m->offset = (int64_t)rs_rc_get_u64(r);
    m->denominator = rs_rc_get_u8(r);
    m->numerator = rs_rc_get_u8(r);
    m->measure = rs_rc_get_text(r);
    m->period = rs_rc_get_text(r);
    m->provider_group = rs_rc_get_text(r);
    m->amount = rs_rc_get_text(r);
    m->exposure = rs_rc_get_text(r);
    m->excluded = rs_rc_get_text(r);
    m->product = rs_rc_get_text(r);
}

static int same_result(const struct rs_rc_measure *a, const struct rs_rc_measure *b) {
    int c = rs_compare(a->measure, b->measure);
    return c ? c : rs_compare(a->period, b->period);
}

static int null_last(struct rs_view a, struct rs_view b) {
    int c = rs_is_null(a) - rs_is_null(b);
    return c ? c : rs_compare(a, b);
}

int rs_rc_measure_compare(const struct rs_rc_measure *a, const struct rs_rc_measure *b) {
    int c = same_result(a, b);
    if (!c) c = b->denominator - a->denominator;
    if (!c) c = rs_is_null(b->excluded) - rs_is_null(a->excluded);
    if (!c) c = b->numerator - a->numerator;
    if (!c) c = null_last(a->provider_group, b->provider_group);
    if (!c) c = null_last(a->amount, b->amount);
    if (!c) c = null_last(a->exposure, b->exposure);
    if (!c) c = null_last(a->product, b->product);
    if (!c) c = rs_compare(a->excluded, b->excluded);
    if (c) return c;
    /* The same content: the place only says which of them the ledger calls superseded. */
    if (a->file_no != b->file_no) return a->file_no < b->file_no ? -1 : 1;
    return (a->record_no > b->record_no) - (a->record_no < b->record_no);
}

static int compare(const void *a, const void *b) { return rs_rc_measure_compare(a, b); }

void rs_rc_person_measures(struct rs_rc *rc, struct rs_batch *batch, struct rs_key person, const struct rs_item *items,
                           size_t n) {
    struct rs_rc_worker *w = &rc->workers[batch->worker];
    if (n == 0) return;
    w->list.n = 0;
    struct rs_rc_measure *m = (struct rs_rc_measure *)rs_buffer_reserve(&w->list, n * sizeof *m);
    for (size_t i = 0; i < n; i++) {
        struct rs_rc_reader r = rs_rc_reader(items[i].bytes);
        rs_rc_measure_get(&r, &m[i]);
    }
    qsort(m, n, sizeof *m, compare);
    struct rs_view key = rs_key_text(&w->arena, person);
    for (size_t i = 0; i < n; i++) {
        bool stands = i == 0 || same_result(&m[i - 1], &m[i]) != 0;
        rs_count(&batch->tally, "measure_event", (int32_t)m[i].file_no, stands ? RS_WRITTEN : RS_SUPERSEDED,
                 stands ? NULL : "same_result", 1);
        if (!stands) continue;
        struct rs_view row[PERSON_MEASURE_COLUMNS] = {
            [PERSON_MEASURE_person_key] = key,
            [PERSON_MEASURE_measure] = m[i].measure,
            [PERSON_MEASURE_period] = m[i].period,
            [PERSON_MEASURE_provider_group] = m[i].provider_group,
            [PERSON_MEASURE_amount] = m[i].amount,
            [PERSON_MEASURE_exposure] = m[i].exposure,
            [PERSON_MEASURE_excluded] = m[i].excluded,
            [PERSON_MEASURE_product] = m[i].product,
            [PERSON_MEASURE_denominator] = m[i].denominator ? RS_LIT("1") : RS_LIT("0"),
            [PERSON_MEASURE_numerator] = m[i].numerator ? RS_LIT("1") : RS_LIT("0")};
        rs_batch_emit(batch, OUT_PERSON_MEASURE, &rs_layout_person_measure, row);
    }
}
