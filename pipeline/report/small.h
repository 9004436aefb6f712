/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Small cells of what a report counts itself: quality checks and discrepancies, which no stage has made fit to be
 * seen.
 *
 * The rule is that of CMS (2024-01-26): no count from 1 to 10, nothing from which one can be worked out, zero
 * allowed. Counts of one line add up to something the reader may know; so where exactly one of a line is withheld,
 * or those withheld add up to no more than 10, the next smallest goes, too. */
#ifndef RS_REPORT_SMALL_H
#define RS_REPORT_SMALL_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { RS_REPORT_MINIMUM_CELL = 11 };

struct rs_report_cell {
    int64_t count; /* what is counted, 0 or more */
    int64_t of;    /* out of how many; below 0 where the count stands for itself */
    bool withheld;
};
/* From 1 to 10, or all but 1 to 10. */
bool rs_report_small(int64_t count, int64_t of);
/* Marks the small cells of one line, and those by which they could be worked out. */
void rs_report_withhold(struct rs_report_cell **line, size_t n);

#endif
