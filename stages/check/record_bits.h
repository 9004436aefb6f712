/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Records, each with what it has: rows of demographic and the mapped answers of the same record brought together. */
#ifndef RS_CHECK_RECORD_BITS_H
#define RS_CHECK_RECORD_BITS_H
#include "count.h"

/* Of each record: what it has and what is wrong with it. Of mapped a record may come twice, where a block ended in it.
 */
struct rs_record_bits {
    struct rs_key key;
    int64_t file_no, record_no;
    uint32_t has, wrong; /* bits of rs_complete_element, of rs_implausible; of mapped: elements with an unknown code */
    uint64_t facility;   /* of demographic: hash of rs_facility_seen, 0 for none or where no check asks */
};

/* A record with its answers. */
struct rs_joined_record {
    const struct rs_record_bits *record;
    uint32_t has, unknown; /* of both; elements with an unknown code */
};

/* Calls take() for each record, in the order of the files, from counted->records and ->answers. */
bool rs_join_records(struct rs_counted *counted, void *self, void (*take)(void *self, const struct rs_joined_record *r),
                     struct rs_error *error);

/* Counts counted->by_record_facility, once its facilities are numbered. */
bool rs_count_record_facilities(struct rs_counted *counted, struct rs_error *error);

#endif
