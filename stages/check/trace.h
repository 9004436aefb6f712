/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Rows that break a check, down to the byte: layout check_evidence. */
#ifndef RS_CHECK_TRACE_H
#define RS_CHECK_TRACE_H
#include "evaluate.h"

/* Of each record: what it has and what is wrong with it. Of mapped a record may come twice, where a block ended in it.
 */
struct rs_record_bits {
    struct rs_key key;
    int64_t file_no, record_no;
    uint32_t has, wrong; /* bits of rs_complete_element, of rs_implausible; of mapped: elements with an unknown code */
};

/* The first `cap` of each check, element and source, in the order of the files, from counted->records and ->answers,
 * quarantine and discrepancy. Reads `record` for lines and offsets. */
bool rs_check_trace(struct rs_run *run, const struct rs_checks *checks, const struct rs_counted *counted,
                    const struct rs_check_results *results, size_t cap, struct rs_error *error);

#endif
