/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Why it exists: a record says in one file where it comes from and in another what was answered; both are in one order. */
#include "record_bits.h"
#include <stdlib.h>

struct stream {
    struct rs_reduced *file;
    struct rs_record_bits buffer[1024];
    size_t n, at;
};

static const struct rs_record_bits *peek(struct stream *s, struct rs_error *error) {
    if (s->at == s->n) {
        s->at = 0;
        if (!rs_reduced_read(s->file, s->buffer, sizeof s->buffer / sizeof *s->buffer, &s->n, error)) s->n = 0;
    }
    return s->n ? &s->buffer[s->at] : NULL;
}

bool rs_join_records(struct rs_counted *counted, void *self, void (*take)(void *self, const struct rs_joined_record *r),
                     struct rs_error *error) {
    struct stream *record = rs_alloc(sizeof *record), *answer = rs_alloc(sizeof *answer);
    const struct rs_record_bits *r, *a;
    record->file = &counted->records;
    answer->file = &counted->answers;
    bool good = rs_reduced_rewind(&counted->records, error) && rs_reduced_rewind(&counted->answers, error);
    while (good && (r = peek(record, error))) {
        struct rs_joined_record one = {.record = r, .has = r->has};
        while ((a = peek(answer, error)) && a->file_no == r->file_no && a->record_no == r->record_no) {
            one.has |= a->has;
            one.unknown |= a->wrong;
            answer->at++;
        }
        take(self, &one);
        record->at++;
        good = error->code == 0;
    }
    free(record);
    free(answer);
    return good && error->code == 0;
}

static void count_one(void *self, const struct rs_joined_record *r) {
    struct rs_counted *c = self;
    if (!r->record->facility) return;
    struct rs_facility_records *f = &c->by_record_facility[rs_facility_number(&c->record_facilities, r->record->facility)];
    f->records++;
    for (int e = 0; e < RS_HAS_ELEMENTS; e++) f->has[e] += r->has >> e & 1;
}

bool rs_count_record_facilities(struct rs_counted *counted, struct rs_error *error) {
    size_t n = counted->record_facilities.n;
    counted->by_record_facility = rs_alloc((n + 1) * sizeof *counted->by_record_facility);
    return n == 0 || rs_join_records(counted, counted, count_one, error);
}
