/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The order of answers. Every step compares content, so that files may be split or reordered at will. */
#include "survive.h"
#include <stdlib.h>

/* Strength, smallest first. What a person or a clerk recorded stands over any decline, so that an answer once given is
 * kept whatever another form was left without; a decline made to a person, a relative or a clerk stands over what was
 * observed, derived or came without saying how; within one class an answer stands over a decline. Other missing reasons
 * are no answers: they stand only where there is neither an answer nor a decline. */
static int strength_of(int collection, int substance, int missing) {
    bool recorded = collection <= CO_ADMINISTRATIVE;
    switch (substance) {
    case SU_VALUE: return recorded ? collection * 4 : 20 + collection * 4;
    case SU_CONTRADICTORY: return (recorded ? collection * 4 : 20 + collection * 4) + 1;
    case SU_DECLINED: return recorded ? 16 + collection : 20 + collection * 4 + 2;
    default: return 100 + missing * 10 + collection;
    }
}

static bool has_race(const struct rs_rc_answer *a) {
    return ((a->c97.all | a->c97.any) & C97_RACE) || ((a->c24.all | a->c24.any) & C24_RACE);
}
static bool has_ethnicity(const struct rs_rc_answer *a) { return (a->c97.all & C97_ETHNICITY) != 0; }

bool rs_rc_candidate_of(const struct rs_rc_answer *a, int aspect, struct rs_rc_candidate *out) {
    bool value, asked;
    if (aspect == AS_VALUE) {
        value = a->value.p != NULL;
        asked = true;
    } else {
        value = aspect == AS_RACE ? has_race(a) : has_ethnicity(a);
        /* A reason belongs to the aspect the element is about, and only where the answer says nothing at all. */
        asked = !has_race(a) && !has_ethnicity(a) &&
                (a->element == EL_RACE_ETHNICITY || a->element == (aspect == AS_RACE ? EL_RACE : EL_ETHNICITY));
    }
    if (!value && (!asked || a->missing == MI_NONE)) return false;
    /* "Other" is an answer where there is a list to be outside of; as an ethnicity it says neither yes nor no. */
    bool other = aspect == AS_VALUE && a->missing == MI_OTHER;
    int substance = value || other ? SU_VALUE : a->missing == MI_DECLINED ? SU_DECLINED : SU_MISSING;
    if (value && aspect == AS_ETHNICITY && a->contradictory) substance = SU_CONTRADICTORY;
    *out = (struct rs_rc_candidate){a, substance, strength_of(a->collection, substance, a->missing)};
    return true;
}

/* ---- order ------------------------------------------------------------------------------------------------------- */

static int by_number(unsigned a, unsigned b) { return a < b ? -1 : a > b; }

static bool own_element(const struct rs_rc_answer *a, int aspect) {
    if (aspect == AS_VALUE || a->element == EL_RACE_ETHNICITY) return true;
    return a->element == (aspect == AS_RACE ? EL_RACE : EL_ETHNICITY);
}

static int by_set(struct rs_rc_set a, struct rs_rc_set b, unsigned mask) {
    int c = by_number(a.all & mask, b.all & mask);
    return c ? c : by_number(a.any & mask, b.any & mask);
}

static int by_value(const struct rs_rc_answer *a, const struct rs_rc_answer *b, int aspect) {
    int c = 0;
    if (aspect == AS_VALUE) {
        c = rs_compare(a->value, b->value);
    } else if (aspect == AS_RACE) {
        c = by_set(a->c97, b->c97, C97_RACE);
        if (!c) c = by_set(a->c24, b->c24, C24_RACE);
        if (!c) c = by_number(b->one_question, a->one_question);
    } else {
        c = by_set(a->c97, b->c97, C97_ETHNICITY);
    }
    if (!c) c = by_number(a->missing, b->missing);
    if (!c) c = -rs_compare(a->detail, b->detail); /* one with details before one without */
    if (!c) c = rs_key_compare(a->record, b->record);
    return c;
}

/* Whatever is left is compared too, so that answers that compare equal are interchangeable. */
static int by_rest(const struct rs_rc_answer *a, const struct rs_rc_answer *b) {
    int c = by_number(a->element, b->element);
    if (!c) c = by_set(a->c97, b->c97, 0xffffu);
    if (!c) c = by_set(a->c24, b->c24, 0xffffu);
    if (!c) c = rs_compare(a->value, b->value);
    if (!c) c = by_number(a->one_question, b->one_question);
    return c;
}

int rs_rc_candidate_compare(const struct rs_rc_candidate *ca, const struct rs_rc_candidate *cb, int aspect,
                            unsigned ranked, const char **rule) {
    const struct rs_rc_answer *a = ca->answer, *b = cb->answer;
    *rule = ca->substance != cb->substance || ca->substance == SU_MISSING ? "answered" : "collection";
    if (ca->substance == SU_MISSING && a->missing == b->missing) *rule = "collection";
    int c = by_number((unsigned)ca->strength, (unsigned)cb->strength);
    if (c) return c;
    *rule = "source_rank";
    if (a->collection == CO_ADMINISTRATIVE) {
        c = by_number(a->source < ranked ? a->source : ranked, b->source < ranked ? b->source : ranked);
        if (c) return c;
    }
    *rule = "recency";
    c = -rs_compare(a->effective, b->effective); /* ISO dates sort as text; no date is the oldest */
    if (c) return c;
    *rule = "source_rank";
    c = by_number(a->source, b->source);
    if (c) return c;
    *rule = "element";
    c = by_number(own_element(b, aspect), own_element(a, aspect));
    if (c) return c;
    *rule = "value_order";
    c = by_value(a, b, aspect);
    return c ? c : by_rest(a, b);
}

/* ---- detail and parent ------------------------------------------------------------------------------------------- */

static bool many(unsigned mask) { return (mask & (mask - 1u)) != 0; }

static bool race_refines(const struct rs_rc_answer *f, const struct rs_rc_answer *c) {
    unsigned fine = f->c97.all & C97_RACE, coarse = c->c97.all & C97_RACE, open = c->c97.any & C97_RACE;
    if (f->c97.any & C97_RACE) return false;
    if (open) return (coarse & ~fine) == 0 && (fine & open) != 0 && (fine & ~(coarse | open)) == 0;
    if (coarse & C97_TWO_OR_MORE)
        return many(fine & C97_FIVE) && (coarse & ~(unsigned)C97_TWO_OR_MORE & ~fine) == 0;
    if (fine == 0 || fine != coarse) return false;
    if (f->detail.p && !c->detail.p) return true;
    return f->detail.p && f->detail.n > c->detail.n && rs_rc_list_within(c->detail, f->detail);
}

static bool value_refines(const struct rs_rc_answer *f, const struct rs_rc_answer *c) {
    bool language = f->element >= EL_LANGUAGE_PREFERRED && f->element <= EL_LANGUAGE_WRITTEN;
    if (!language || !f->value.p || !c->value.p) return false;
    return f->value.n > c->value.n && memcmp(f->value.p, c->value.p, c->value.n) == 0 && f->value.p[c->value.n] == '-';
}

bool rs_rc_refines(const struct rs_rc_answer *finer, const struct rs_rc_answer *coarser, int aspect) {
    if (aspect == AS_RACE) return race_refines(finer, coarser);
    if (aspect == AS_VALUE) return value_refines(finer, coarser);
    unsigned fine = finer->c97.all & C97_ETHNICITY; /* Mexican beats Hispanic */
    bool alone = !has_race(finer) && !has_race(coarser); /* else the details may be of the race */
    return alone && fine == C97_HISPANIC && (coarser->c97.all & C97_ETHNICITY) == fine && finer->detail.p &&
           !coarser->detail.p;
}

/* ---- who stands -------------------------------------------------------------------------------------------------- */

struct order {
    int aspect;
    unsigned ranked;
};

static int by_order(const void *a, const void *b, void *order) {
    const struct order *o = order;
    const char *rule;
    return rs_rc_candidate_compare(a, b, o->aspect, o->ranked, &rule);
}

/* Insertion sort: a person has a handful of answers. But a member id may be a filler on a hundred thousand rows. */
static void sort(struct rs_rc_candidate *c, size_t n, int aspect, unsigned ranked) {
    enum { HANDFUL = 32 };
    const char *rule;
    if (n > HANDFUL) {
        struct order order = {aspect, ranked};
        qsort_r(c, n, sizeof *c, by_order, &order);
        return;
    }
    for (size_t i = 1; i < n; i++) {
        struct rs_rc_candidate x = c[i];
        size_t j = i;
        for (; j > 0 && rs_rc_candidate_compare(&x, &c[j - 1], aspect, ranked, &rule) < 0; j--) c[j] = c[j - 1];
        c[j] = x;
    }
}

struct rs_rc_standing rs_rc_survive(struct rs_rc_candidate *c, size_t n, int aspect, unsigned ranked) {
    if (n == 0) return (struct rs_rc_standing){NULL, SU_MISSING, "only_answer", 0};
    const char *rule = "only_answer";
    sort(c, n, aspect, ranked);
    if (n > 1) rs_rc_candidate_compare(&c[0], &c[1], aspect, ranked, &rule);
    for (size_t i = 1; i < n; i++) {
        if (c[i].substance != SU_VALUE || c[0].substance != SU_VALUE || c[i].answer->source != c[0].answer->source ||
            c[i].answer->collection != c[0].answer->collection || !rs_rc_refines(c[i].answer, c[0].answer, aspect))
            continue;
        struct rs_rc_candidate finer = c[i];
        memmove(&c[1], &c[0], i * sizeof *c);
        c[0] = finer;
        rule = "detail"; /* go on: what follows may be finer still, and nothing before it was */
    }
    return (struct rs_rc_standing){c[0].answer, c[0].substance, rule, (uint32_t)(n - 1)};
}
