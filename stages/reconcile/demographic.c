/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Which record gives a person's name, dates, sex and place. */
#include "demographic.h"

void rs_rc_demographic_put(struct rs_buffer *b, const struct rs_rc_demographic *d) {
    rs_rc_put_u16(b, d->source);
    for (int i = 0; i < FI_COUNT; i++) rs_rc_put_text(b, d->f[i]);
}

void rs_rc_demographic_get(struct rs_rc_reader *r, struct rs_rc_demographic *d) {
    d->source = rs_rc_get_u16(r);
    for (int i = 0; i < FI_COUNT; i++) d->f[i] = rs_rc_get_text(r);
}

static int said(const struct rs_rc_demographic *d) {
    int n = 0;
    for (int i = 0; i < FI_COUNT; i++) n += d->f[i].p != NULL;
    return n;
}

static int by_content(const struct rs_rc_demographic *a, const struct rs_rc_demographic *b) {
    for (int i = 0; i < FI_COUNT; i++) {
        int c = rs_compare(a->f[i], b->f[i]);
        if (c) return c;
    }
    return 0;
}

int rs_rc_demographic_newer(const struct rs_rc_demographic *a, const struct rs_rc_demographic *b) {
    int c = -rs_compare(a->f[FI_RECORD_DATE], b->f[FI_RECORD_DATE]); /* no date is the oldest */
    if (!c) c = said(b) - said(a);
    if (!c) c = (a->source > b->source) - (a->source < b->source);
    return c ? c : by_content(a, b);
}

/* Records of one person, best first. */
static int by_rank(const struct rs_rc_demographic *a, const struct rs_rc_demographic *b, unsigned ranked) {
    unsigned ra = a->source < ranked ? a->source : ranked, rb = b->source < ranked ? b->source : ranked;
    if (ra != rb) return ra < rb ? -1 : 1;
    int c = -rs_compare(a->f[FI_RECORD_DATE], b->f[FI_RECORD_DATE]);
    if (!c) c = (a->source > b->source) - (a->source < b->source);
    if (!c) c = by_content(a, b);
    return c ? c : rs_key_compare(a->record, b->record);
}

static const struct rs_rc_demographic *first_with(const struct rs_rc_demographic *d, size_t n, int field) {
    for (size_t i = 0; i < n; i++)
        if (rs_has(d[i].f[field])) return &d[i];
    return NULL;
}

/* A whole name that is not set aside, before a surname alone, before whatever there is. */
static const struct rs_rc_demographic *best_name(const struct rs_rc_demographic *d, size_t n) {
    const struct rs_rc_demographic *best = NULL;
    int best_worth = 0;
    for (size_t i = 0; i < n; i++) {
        int worth = rs_has(d[i].f[FI_SURNAME]) * 4 + rs_has(d[i].f[FI_FIRST]) * 2;
        if (worth && !rs_has(d[i].f[FI_NAME_FLAG])) worth++;
        if (worth <= best_worth) continue;
        best = &d[i];
        best_worth = worth;
    }
    return best;
}

static const struct rs_rc_demographic *best_sex(const struct rs_rc_demographic *d, size_t n) {
    for (size_t i = 0; i < n; i++)
        if (rs_has(d[i].f[FI_SEX]) && !rs_eq_c(d[i].f[FI_SEX], "unknown")) return &d[i];
    return first_with(d, n, FI_SEX);
}

static int fineness(const struct rs_rc_demographic *d) {
    static const int levels[] = {FI_BLOCK_GROUP, FI_TRACT, FI_ZCTA, FI_ZIP5, FI_COUNTY, FI_STATE};
    for (int i = 0; i < 6; i++)
        if (rs_has(d->f[levels[i]])) return 6 - i;
    return 0;
}

/* The best record with more than a state; then, because records geocoded to different depth may hold the same address,
 * the finest of those with the same ZIP code. A person's newest address is never given up for an older, finer one. */
static const struct rs_rc_demographic *best_address(const struct rs_rc_demographic *d, size_t n) {
    const struct rs_rc_demographic *best = NULL;
    for (size_t i = 0; i < n; i++) {
        int fine = fineness(&d[i]);
        if (fine > 1 && (!best || fineness(best) == 1)) best = &d[i];
        if (!best && fine) best = &d[i];
    }
    if (!best || !rs_has(best->f[FI_ZIP5])) return best;
    const struct rs_view zip = best->f[FI_ZIP5];
    for (size_t i = 0; i < n; i++)
        if (rs_eq(d[i].f[FI_ZIP5], zip) && fineness(&d[i]) > fineness(best)) best = &d[i];
    return best;
}

void rs_rc_person_facts(struct rs_rc_demographic *d, size_t n, unsigned ranked, struct rs_rc_person_facts *out) {
    for (size_t i = 1; i < n; i++) { /* a person has a handful of records */
        struct rs_rc_demographic x = d[i];
        size_t j = i;
        for (; j > 0 && by_rank(&x, &d[j - 1], ranked) < 0; j--) d[j] = d[j - 1];
        d[j] = x;
    }
    out->name = best_name(d, n);
    out->previous = first_with(d, n, FI_PREVIOUS);
    out->birth = first_with(d, n, FI_BIRTH);
    out->death = first_with(d, n, FI_DEATH);
    out->sex = best_sex(d, n);
    out->address = best_address(d, n);
    out->facility = first_with(d, n, FI_FACILITY);
}
