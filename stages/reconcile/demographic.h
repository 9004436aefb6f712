/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Name, birth, sex, place and death of a person, from the rows that stand of the person's records.
 *
 * Groups are taken whole from one record: the name, the address. Records are ordered by configured source rank, then
 * recency, then source name, then content. */
#ifndef RS_RECONCILE_DEMOGRAPHIC_H
#define RS_RECONCILE_DEMOGRAPHIC_H
#include "items.h"

enum rs_rc_field {
    FI_RECORD_DATE,
    FI_SURNAME,
    FI_FIRST,
    FI_MIDDLE,
    FI_PREVIOUS,
    FI_NAME_FLAG,
    FI_BIRTH,
    FI_DEATH,
    FI_SEX,
    FI_STATE,
    FI_ZIP5,
    FI_ZCTA,
    FI_COUNTY,
    FI_TRACT,
    FI_BLOCK_GROUP,
    FI_FACILITY,
    FI_COUNT
};

struct rs_rc_demographic {
    struct rs_key record;
    uint16_t source;
    struct rs_view f[FI_COUNT]; /* borrowed */
};

/* Without the record. */
void rs_rc_demographic_put(struct rs_buffer *b, const struct rs_rc_demographic *d);
void rs_rc_demographic_get(struct rs_rc_reader *r, struct rs_rc_demographic *d);

/* Rows of one record: < 0 where a supersedes b. The newer one; of one day the one that says more; then content,
 * never the position in a file. 0 only where the rows say the same. */
int rs_rc_demographic_newer(const struct rs_rc_demographic *a, const struct rs_rc_demographic *b);

/* What stands; NULL where no record says it. `d` is sorted in place, best record first. */
struct rs_rc_person_facts {
    const struct rs_rc_demographic *name, *previous, *birth, *death, *sex, *address, *facility;
};
void rs_rc_person_facts(struct rs_rc_demographic *d, size_t n, unsigned ranked, struct rs_rc_person_facts *out);

#endif
