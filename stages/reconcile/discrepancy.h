/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Disagreements: one row for each pair of what stands and what lost, with a key that does not change from run to run,
 * nor when the other of the two comes to stand. */
#ifndef RS_RECONCILE_DISCREPANCY_H
#define RS_RECONCILE_DISCREPANCY_H
#include "demographic.h"
#include "state.h"
#include "survive.h"

struct rs_rc_discrepancy {
    struct rs_key person, kept_record, other_record;
    struct rs_view element, kept, other; /* kept, other: values, or missing reasons in brackets */
    int axis, severity;
    const char *kind, *rule;
    uint16_t kept_source, other_source;
    bool secret; /* values of a DIRECT column: neither into the row nor into the key */
};
/* Leaves the row, under its key, in the batch. */
void rs_rc_discrepancy_add(const struct rs_rc *rc, struct rs_batch *batch, const struct rs_rc_discrepancy *d);

/* c[0] stands, c[1] .. lost, as rs_rc_survive left them. */
void rs_rc_discrepancies(const struct rs_rc *rc, struct rs_batch *batch, struct rs_key person, int element, int aspect,
                         const struct rs_rc_candidate *c, size_t n);
/* Birth date, sex and surname of the records against what stands. */
void rs_rc_demographic_discrepancies(const struct rs_rc *rc, struct rs_batch *batch, struct rs_key person,
                                     const struct rs_rc_demographic *d, size_t n,
                                     const struct rs_rc_person_facts *facts);
/* Contradictions within one answer. */
void rs_rc_inner_discrepancies(const struct rs_rc *rc, struct rs_batch *batch, struct rs_key person,
                               const struct rs_rc_answer *answer, const struct rs_rc_inner *inner, int n);

#endif
