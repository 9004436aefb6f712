/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Facilities met in the data, each under the source that names it: "clinic: River Site". Rows are read in parallel, so
 * that a facility is first a hash (FNV-1a, 64 bits, of source, 0x1f, name), with its name in the list of the worker who met
 * it; then a number, by name, which does not depend on threads. */
#ifndef RS_CHECK_FACILITIES_H
#define RS_CHECK_FACILITIES_H
#include "pipeline/base/error.h"
#include "pipeline/base/text.h"

struct rs_facility {
    uint64_t hash; /* never 0 */
    char *name;    /* owned */
};

struct rs_facilities {
    struct rs_facility *e;
    size_t n, room;
    size_t *slots, n_slots; /* open addressing; 0 is free, else the place plus 1 */
};

/* 0 where there is no facility. */
uint64_t rs_facility_seen(struct rs_facilities *f, struct rs_view source, struct rs_view name);
/* Takes over what `from` holds. False where two names have one hash. */
bool rs_facilities_join(struct rs_facilities *into, struct rs_facilities *from, struct rs_error *error);
/* By name; afterwards rs_facility_number gives the place in e of a hash that was seen. */
void rs_facilities_sort(struct rs_facilities *f);
size_t rs_facility_number(const struct rs_facilities *f, uint64_t hash);
void rs_facilities_free(struct rs_facilities *f);

#endif
