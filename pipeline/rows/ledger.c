/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Counting fates. Linear tables: a batch sees a handful of combinations, and the last one hit is most often next. */
#include "ledger.h"
#include <stdlib.h>
#include <string.h>

static const char *const fate_names[] = {"read",   "written",    "rejected", "superseded",
                                         "merged", "aggregated", "ignored",  "made"};

const char *rs_fate_name(enum rs_fate fate) { return fate_names[fate]; }

static bool same(const char *a, const char *b) { return a == b || strcmp(a, b) == 0; }

void rs_count(struct rs_tally *t, const char *layout, int32_t file_no, enum rs_fate fate, const char *reason,
              uint64_t rows) {
    if (!reason) reason = "-";
    for (size_t i = t->n; i-- > 0;) {
        struct rs_tally_entry *e = &t->e[i];
        if (e->fate == fate && e->file_no == file_no && same(e->layout, layout) && same(e->reason, reason)) {
            e->rows += rows;
            return;
        }
    }
    if (t->n == t->room) {
        t->room = t->room ? t->room * 2 : 16;
        t->e = rs_realloc(t->e, t->room * sizeof *t->e);
    }
    t->e[t->n++] = (struct rs_tally_entry){layout, reason, file_no, fate, rows};
}

void rs_tally_merge(struct rs_tally *into, const struct rs_tally *from) {
    for (size_t i = 0; i < from->n; i++) {
        const struct rs_tally_entry *e = &from->e[i];
        rs_count(into, e->layout, e->file_no, e->fate, e->reason, e->rows);
    }
}

void rs_tally_reset(struct rs_tally *t) { t->n = 0; }

void rs_tally_free(struct rs_tally *t) {
    free(t->e);
    *t = (struct rs_tally){0};
}

bool rs_tally_balance(const struct rs_tally *t, const char *stage, struct rs_error *error) {
    for (size_t i = 0; i < t->n; i++) {
        const char *layout = t->e[i].layout;
        int32_t file_no = t->e[i].file_no;
        uint64_t read = 0, fates = 0;
        for (size_t j = 0; j < t->n; j++) {
            const struct rs_tally_entry *e = &t->e[j];
            if (e->file_no != file_no || !same(e->layout, layout) || e->fate == RS_MADE) continue;
            if (e->fate == RS_READ)
                read += e->rows;
            else
                fates += e->rows;
        }
        if (read != fates)
            return rs_fail(error, RS_BUG,
                           "ledger of %s does not balance: layout %s, file %d: %llu rows read, %llu with a fate", stage,
                           layout, file_no, (unsigned long long)read, (unsigned long long)fates);
    }
    return true;
}
