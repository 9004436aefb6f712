/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The ledger: each input row of each layout has one fate, and the fates add up to what was read. */
#ifndef RS_ROWS_LEDGER_H
#define RS_ROWS_LEDGER_H
#include "../base/error.h"
#include "../base/text.h"
#include <stdbool.h>
#include <stdint.h>

enum rs_fate {
    RS_READ,       /* rows seen: the sum the others must give */
    RS_WRITTEN,    /* went on, as a row of its own */
    RS_REJECTED,   /* set aside whole: no usable member id or key */
    RS_SUPERSEDED, /* another row of the same key stands */
    RS_MERGED,     /* went into a row together with others */
    RS_AGGREGATED, /* went into a count */
    RS_IGNORED,    /* left out for a stated reason */
    RS_MADE,       /* output rows, counted apart */
};
const char *rs_fate_name(enum rs_fate fate);

/* Counts by (layout, file_no, fate, reason). `layout` and `reason` are string constants. A few dozen entries: small
 * linear table, one per batch, merged in order. */
struct rs_tally_entry {
    const char *layout, *reason;
    int32_t file_no;
    enum rs_fate fate;
    uint64_t rows;
};
struct rs_tally {
    struct rs_tally_entry *e;
    size_t n, room;
};
void rs_count(struct rs_tally *t, const char *layout, int32_t file_no, enum rs_fate fate, const char *reason,
              uint64_t rows);
void rs_tally_merge(struct rs_tally *into, const struct rs_tally *from);
void rs_tally_reset(struct rs_tally *t);
void rs_tally_free(struct rs_tally *t);
/* Every (layout, file_no): read == written + rejected + superseded + merged + aggregated + ignored; RS_BUG if not. */
bool rs_tally_balance(const struct rs_tally *t, const char *stage, struct rs_error *error);

#endif
