/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Why it exists: earlier words are kept by person key, and keys change hands. */
#include "together.h"
#include <stdlib.h>

static int by_key(const void *a, const void *b) {
    return rs_key_compare(*(const struct rs_key *)a, *(const struct rs_key *)b);
}

static int by_pair(const void *a, const void *b) {
    const struct rs_pair *x = a, *y = b;
    int c = rs_key_compare(x->person, y->person);
    return c ? c : rs_key_compare(x->other, y->other);
}

static bool take(struct rs_together *t, const struct rs_view *row, struct rs_error *error) {
    struct rs_pair p;
    if (!rs_key_parse(row[LINK_EVENT_person_key], &p.person) || !rs_key_parse(row[LINK_EVENT_other_key], &p.other))
        return rs_fail(error, RS_DATA, "link_event: a key is none: run reconcile again");
    if (rs_eq_c(row[LINK_EVENT_event], "split")) {
        t->parted = rs_realloc(t->parted, (t->n_parted + 1) * sizeof *t->parted);
        t->parted[t->n_parted++] = p.person;
        return true;
    }
    t->merged = rs_realloc(t->merged, (t->n_merged + 1) * sizeof *t->merged);
    t->merged[t->n_merged++] = p;
    return true;
}

bool rs_together_read(struct rs_run *run, struct rs_together *out, struct rs_error *error) {
    struct rs_manifest m;
    const struct rs_view *row;
    bool found;
    *out = (struct rs_together){0};
    if (!rs_run_manifest_if(run, &rs_layout_link_event, &m, &found, error) || !found) return !error->code;
    struct rs_scan *scan = rs_scan_open(&m, error);
    bool good = scan != NULL;
    while (good && rs_scan_next(scan, &row, error)) good = take(out, row, error);
    rs_scan_close(scan);
    if (out->n_merged) qsort(out->merged, out->n_merged, sizeof *out->merged, by_pair);
    if (out->n_parted) qsort(out->parted, out->n_parted, sizeof *out->parted, by_key);
    return good && !error->code;
}

void rs_together_free(struct rs_together *t) {
    free(t->merged);
    free(t->parted);
    *t = (struct rs_together){0};
}

const struct rs_pair *rs_together_of(const struct rs_together *t, struct rs_key person, size_t *n) {
    size_t low = 0, high = t->n_merged;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (rs_key_compare(t->merged[middle].person, person) < 0) low = middle + 1;
        else high = middle;
    }
    for (*n = 0; low + *n < t->n_merged && rs_key_compare(t->merged[low + *n].person, person) == 0;) ++*n;
    return *n ? &t->merged[low] : NULL;
}

bool rs_together_parted(const struct rs_together *t, struct rs_key person) {
    return t->n_parted && bsearch(&person, t->parted, t->n_parted, sizeof *t->parted, by_key);
}
