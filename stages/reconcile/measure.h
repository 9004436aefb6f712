/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Measure results of a person: one for each measure and period. */
#ifndef RS_RECONCILE_MEASURE_H
#define RS_RECONCILE_MEASURE_H
#include "state.h"

struct rs_rc_measure {
    uint32_t file_no;
    uint64_t record_no;
    int64_t line, offset;
    uint8_t denominator, numerator;
    struct rs_view measure, period, provider_group, amount, exposure, excluded, product; /* borrowed */
};
void rs_rc_measure_get(struct rs_rc_reader *r, struct rs_rc_measure *m);

/* By measure and period; results of the same ones with the one that stands first: in the denominator before not, not
 * excluded before excluded, in the numerator before not (a result found by any source is a result), with an amount, a
 * time and a provider group before without, then by content. */
int rs_rc_measure_compare(const struct rs_rc_measure *a, const struct rs_rc_measure *b);

/* Items of tag TAG_MEASURES of one person: writes what stands, counts each row's fate. */
void rs_rc_person_measures(struct rs_rc *rc, struct rs_batch *batch, struct rs_key person, const struct rs_item *items,
                           size_t n);

#endif
