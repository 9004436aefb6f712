/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Counting what two sources say of one person. */
#include "agreement.h"
#include "pipeline/base/hash.h"
#include <stdlib.h>
#include "race.h"

static const char *const names[AG_COUNT] = {"ethnicity_1997", "language", "race_1997", "race_ethnicity_2024", "sex"};
struct rs_view rs_rc_agreed_name(int element) { return rs_cstr(names[element]); }

/* ---- counts: open addressing, at most half full ------------------------------------------------------------------ */

static size_t place_of(const struct rs_rc_agreements *t, const struct rs_rc_agree_key *key) {
    size_t at = (size_t)rs_fnv(RS_FNV_BEGIN, key, sizeof *key) & (t->room - 1);
    while (t->counts[at].n && memcmp(&t->counts[at].key, key, sizeof *key) != 0) at = (at + 1) & (t->room - 1);
    return at;
}

static void grow(struct rs_rc_agreements *t) {
    struct rs_rc_agreements old = *t;
    t->room = old.room ? old.room * 2 : 256;
    t->counts = rs_alloc(t->room * sizeof *t->counts);
    for (size_t i = 0; i < old.room; i++)
        if (old.counts[i].n) t->counts[place_of(t, &old.counts[i].key)] = old.counts[i];
    free(old.counts);
}

void rs_rc_agree_add(struct rs_rc_agreements *t, const struct rs_rc_agree_key *key, uint64_t n) {
    if (2 * (t->n + 1) > t->room) grow(t);
    struct rs_rc_agree_count *c = &t->counts[place_of(t, key)];
    t->n += c->n == 0;
    c->key = *key;
    c->n += n;
}

void rs_rc_agree_free(struct rs_rc_agreements *t) {
    free(t->counts);
    *t = (struct rs_rc_agreements){0};
}

/* ---- what one source says ---------------------------------------------------------------------------------------- */

struct opinion {
    uint16_t source;
    struct rs_view category[AG_COUNT]; /* null: none */
};

/* The newest answer of the source; declines and missing reasons are no answers. */
static struct rs_rc_standing newest(const struct rs_rc_answer *answers, size_t n, uint16_t source, int aspect,
                                    int element) {
    struct rs_rc_candidate best = {0}, one;
    const char *rule;
    for (size_t i = 0; i < n; i++) {
        const struct rs_rc_answer *a = &answers[i];
        bool race = a->element == EL_RACE || a->element == EL_ETHNICITY || a->element == EL_RACE_ETHNICITY;
        if (a->source != source || (aspect == AS_VALUE ? a->element != element : !race)) continue;
        if (!rs_rc_candidate_of(a, aspect, &one) || one.substance > SU_CONTRADICTORY) continue;
        int c = best.answer ? -rs_compare(a->effective, best.answer->effective) : -1;
        if (c < 0 || (c == 0 && rs_rc_candidate_compare(&one, &best, aspect, 0, &rule) < 0)) best = one;
    }
    return (struct rs_rc_standing){best.answer, best.answer ? best.substance : SU_MISSING, "recency", 0};
}

static bool many(unsigned mask) { return (mask & (mask - 1u)) != 0; }

/* The one category of a set of named ones and an unresolved set; null where more than one is left open. */
static struct rs_view category_of(unsigned named, struct rs_rc_set open, struct rs_view (*name)(unsigned bit)) {
    if (open.all || many(named) || (named && open.any)) return RS_LIT("TWO_OR_MORE");
    return named && !open.any ? name(named) : RS_NULL;
}

static void race_opinion(struct opinion *o, const struct rs_rc_answer *answers, size_t n) {
    struct rs_rc_standing race = newest(answers, n, o->source, AS_RACE, 0);
    struct rs_rc_standing ethnicity = newest(answers, n, o->source, AS_ETHNICITY, 0);
    struct rs_rc_axes axes;
    rs_rc_axes(&race, &ethnicity, &axes);
    if (axes.hispanic_1997)
        o->category[AG_ETHNICITY] = axes.hispanic_1997 == 'Y' ? RS_LIT("HISPANIC") : RS_LIT("NOT_HISPANIC");
    o->category[AG_RACE] = category_of(axes.yes_1997, axes.unresolved_1997, rs_rc_name_1997);
    struct rs_view combined = category_of(axes.yes_2024, axes.unresolved_2024, rs_rc_name_2024);
    if (axes.hispanic_1997 || rs_eq_c(combined, "TWO_OR_MORE")) o->category[AG_COMBINED] = combined;
}

/* Preferred, else spoken, as for a person: the first value's first subtag, since "en" and "en-US" do not disagree. */
static struct rs_view language_opinion(uint16_t source, const struct rs_rc_answer *answers, size_t n) {
    struct rs_rc_standing s = newest(answers, n, source, AS_VALUE, EL_LANGUAGE_PREFERRED);
    if (!s.answer) s = newest(answers, n, source, AS_VALUE, EL_LANGUAGE_SPOKEN);
    if (!s.answer || !s.answer->value.p) return RS_NULL;
    struct rs_view list = s.answer->value, first = rs_split(&list, RS_RC_SEPARATOR);
    return rs_split(&first, '-');
}

static struct rs_view sex_opinion(uint16_t source, const struct rs_rc_demographic *records, size_t n) {
    const struct rs_rc_demographic *best = NULL;
    for (size_t i = 0; i < n; i++) {
        const struct rs_rc_demographic *d = &records[i];
        if (d->source != source || !rs_has(d->f[FI_SEX]) || rs_eq_c(d->f[FI_SEX], "unknown")) continue;
        int c = best ? -rs_compare(d->f[FI_RECORD_DATE], best->f[FI_RECORD_DATE]) : -1;
        if (c == 0) c = rs_compare(d->f[FI_SEX], best->f[FI_SEX]);
        if (c < 0) best = d;
    }
    return best ? best->f[FI_SEX] : RS_NULL;
}

/* ---- a person ---------------------------------------------------------------------------------------------------- */

static void put_category(char to[RS_RC_CATEGORY], struct rs_view v) {
    memcpy(to, v.p, v.n < RS_RC_CATEGORY - 1 ? v.n : RS_RC_CATEGORY - 1);
}

static void add_pair(const struct rs_rc *rc, struct rs_rc_agreements *t, const struct opinion *x,
                     const struct opinion *y) {
    bool swap = rs_compare(rs_rc_source_name(rc, x->source), rs_rc_source_name(rc, y->source)) > 0;
    const struct opinion *a = swap ? y : x, *b = swap ? x : y;
    for (unsigned element = 0; element < AG_COUNT; element++) {
        struct rs_rc_agree_key key;
        if (!rs_has(a->category[element]) || !rs_has(b->category[element])) continue;
        memset(&key, 0, sizeof key);
        key.a = a->source;
        key.b = b->source;
        key.element = element;
        put_category(key.of_a, a->category[element]);
        put_category(key.of_b, b->category[element]);
        rs_rc_agree_add(t, &key, 1);
    }
}

static bool has_source(const struct opinion *o, size_t n, uint16_t source) {
    for (size_t i = 0; i < n; i++)
        if (o[i].source == source) return true;
    return false;
}

void rs_rc_agree_person(const struct rs_rc *rc, const struct rs_batch *batch, const struct rs_rc_demographic *records,
                        size_t n_records, const struct rs_rc_answer *answers, size_t n_answers) {
    struct rs_rc_worker *w = &rc->workers[batch->worker];
    size_t n = 0, most = n_records < rc->n_sources ? n_records : rc->n_sources;
    if (n_records < 2 || most < 2) return;
    struct opinion *opinions = rs_arena_alloc(&w->arena, most * sizeof *opinions);
    for (size_t i = 0; i < n_records && n < most; i++)
        if (!has_source(opinions, n, records[i].source)) opinions[n++].source = records[i].source;
    if (n < 2) return;
    for (size_t i = 0; i < n; i++) {
        uint16_t source = opinions[i].source;
        opinions[i] = (struct opinion){.source = source};
        race_opinion(&opinions[i], answers, n_answers);
        opinions[i].category[AG_LANGUAGE] = language_opinion(source, answers, n_answers);
        opinions[i].category[AG_SEX] = sex_opinion(source, records, n_records);
    }
    for (size_t i = 0; i < n; i++)
        for (size_t j = i + 1; j < n; j++) add_pair(rc, &w->agreements, &opinions[i], &opinions[j]);
}
