/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Why it exists: counts made for a report pass the same rule as those made by the stages; see small.h. */
#include "small.h"

bool rs_report_small(int64_t count, int64_t of) {
    if (count > 0 && count < RS_REPORT_MINIMUM_CELL) return true;
    return of >= 0 && count < of && of - count < RS_REPORT_MINIMUM_CELL;
}

/* What a withheld cell hides: the smaller of the two parts. */
static int64_t hidden(const struct rs_report_cell *cell) {
    if (cell->of < 0 || cell->of - cell->count > cell->count) return cell->count;
    return cell->of - cell->count;
}

/* The smallest that hides something; a zero only to keep a single cell company. */
static struct rs_report_cell *next_smallest(struct rs_report_cell **line, size_t n, bool zero_too) {
    struct rs_report_cell *best = NULL;
    for (size_t i = 0; i < n; i++) {
        if (line[i]->withheld || (!zero_too && hidden(line[i]) == 0)) continue;
        if (!best || hidden(line[i]) < hidden(best)) best = line[i];
    }
    return best;
}

void rs_report_withhold(struct rs_report_cell **line, size_t n) {
    size_t withheld = 0;
    int64_t sum = 0;
    for (size_t i = 0; i < n; i++) {
        if (rs_report_small(line[i]->count, line[i]->of)) line[i]->withheld = true;
        if (!line[i]->withheld) continue;
        withheld++;
        sum += hidden(line[i]);
    }
    while (withheld && (withheld == 1 || sum < RS_REPORT_MINIMUM_CELL)) {
        struct rs_report_cell *more = next_smallest(line, n, false);
        if (!more && withheld == 1) more = next_smallest(line, n, true);
        if (!more) return;
        more->withheld = true;
        withheld++;
        sum += hidden(more);
    }
}
