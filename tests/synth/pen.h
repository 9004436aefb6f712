/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Appending text to a buffer with nothing but a copy in the hot path, and the ways a source spells names. */
#ifndef RS_SYNTH_PEN_H
#define RS_SYNTH_PEN_H
#include "people.h"

static inline void rs_put(struct rs_buffer *b, const char *p, size_t n) {
    if (b->room - b->n < n) rs_buffer_reserve(b, n);
    memcpy(b->p + b->n, p, n);
    b->n += n;
}
#define RS_PUT(b, literal) rs_put(b, "" literal, sizeof(literal) - 1)
static inline void rs_put_c(struct rs_buffer *b, const char *s) { rs_put(b, s, strlen(s)); }
static inline void rs_put_v(struct rs_buffer *b, struct rs_view v) { if (v.n) rs_put(b, v.p, v.n); }
static inline void rs_put_byte(struct rs_buffer *b, char c) { rs_put(b, &c, 1); }
/* At least `width` digits. */
static inline void rs_put_number(struct rs_buffer *b, uint64_t value, int width) {
    char digits[24], *p = digits + sizeof digits;
    for (; value || width > 0; value /= 10, width--) *--p = (char)('0' + value % 10);
    rs_put(b, p, (size_t)(digits + sizeof digits - p));
}
/* YYYY?MM?DD with a separator, or none for 0. */
void rs_put_day(struct rs_buffer *b, int32_t days, char separator);
/* Upper, lower or title case of ASCII letters. */
enum rs_letters { RS_UPPER, RS_LOWER, RS_TITLE };
void rs_put_letters(struct rs_buffer *b, struct rs_view v, enum rs_letters letters);

/* How a source writes family names. */
struct rs_spelling {
    enum { RS_FOLDED, RS_UTF8, RS_CP1252 } accents;
    enum rs_letters letters;           /* RS_TITLE: as really written */
    bool joined;                       /* OBRIEN, DELACRUZ */
    enum { RS_FIRST_ONLY, RS_BOTH_HYPHEN, RS_BOTH_BLANK } second;
};
void rs_put_family(struct rs_buffer *b, const struct rs_synth_family *f, struct rs_spelling how);

/* Identifiers, from a member's number. */
static inline void rs_put_member_id(struct rs_buffer *b, uint64_t number) {
    RS_PUT(b, "M");
    rs_put_number(b, number + 1, 9);
}
/* The clinic's own patient number: no order in it, none twice (the multiplier is odd). */
static inline void rs_put_patient_id(struct rs_buffer *b, uint64_t number) {
    static const char hex[] = "0123456789abcdef";
    uint32_t v = ((uint32_t)number + 1u) * 2654435761u;
    RS_PUT(b, "p-");
    for (int shift = 28; shift >= 0; shift -= 4) rs_put_byte(b, hex[v >> shift & 15]);
}

/* What a source holds of a member's race and ethnicity. */
struct rs_answer {
    enum { RS_A_ABSENT, RS_A_UNKNOWN, RS_A_DECLINED, RS_A_GIVEN } state;
    unsigned races; /* RS_S_ bits */
    bool hispanic, ethnicity_known, wrong;
    int origin;     /* whose detail may be sent; -1: none */
};
/* reported: chance of an answer (dependence on group and outcome already in it); rates of the source's faults. */
struct rs_answer_rates { double reported, declined, unknown, wrong; };
struct rs_answer rs_synth_answer(const struct rs_synth_person *p, const struct rs_answer_rates *rates,
                                 struct rs_random *r);
/* The chance of an answer: the group's, moved by the outcome; or the constant where `report` is off. */
double rs_synth_reporting(const struct rs_synth_world *w, const struct rs_synth_person *p, double of_group,
                          double otherwise);

/* Each writes one member to its file (the 834 whole loops), and marks p->damage. */
void rs_put_834(struct rs_buffer *b, const struct rs_synth_world *w, struct rs_synth_person *p, unsigned *segments);
void rs_put_fhir(struct rs_buffer *b, const struct rs_synth_world *w, struct rs_synth_person *p);
void rs_put_roster(struct rs_buffer *b, const struct rs_synth_world *w, struct rs_synth_person *p);
extern const char rs_roster_header[];
uint64_t rs_put_measures(struct rs_buffer *b, const struct rs_synth_world *w, const struct rs_synth_person *p);
extern const char rs_measures_header[];
void rs_put_truth(struct rs_buffer *b, const struct rs_synth_world *w, const struct rs_synth_person *p);
void rs_put_truth_header(struct rs_buffer *b, const struct rs_synth_world *w);

/* An 834's envelope around the blocks; one block is one transaction set. */
void rs_put_834_begin(struct rs_buffer *b, int32_t date);
void rs_put_834_end(struct rs_buffer *b, uint64_t sets);
void rs_put_834_set(struct rs_buffer *b, uint64_t set, int32_t date, unsigned *segments); /* ST, BGN, N1 */
void rs_put_834_set_end(struct rs_buffer *b, uint64_t set, unsigned segments);

#endif
