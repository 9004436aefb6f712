/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Folding the rows of one answer: what the codes say, filled and contradicted by alternates and text. */
#include "answer.h"
#include <stdlib.h>

/* ---- coding for the spill ---------------------------------------------------------------------------------------- */

static void put_set(struct rs_buffer *b, struct rs_rc_set s) {
    rs_rc_put_u16(b, s.all);
    rs_rc_put_u16(b, s.any);
}

static struct rs_rc_set get_set(struct rs_rc_reader *r) {
    struct rs_rc_set s;
    s.all = rs_rc_get_u16(r);
    s.any = rs_rc_get_u16(r);
    return s;
}

void rs_rc_row_put(struct rs_buffer *b, const struct rs_rc_row *row) {
    rs_rc_put_u32(b, row->file_no);
    rs_rc_put_u64(b, row->record_no);
    rs_rc_put_u32(b, row->answer_no);
    rs_rc_put_u32(b, row->seq);
    rs_rc_put_u16(b, row->source);
    rs_rc_put_u8(b, row->element);
    rs_rc_put_u8(b, row->representation);
    rs_rc_put_u8(b, row->collection);
    rs_rc_put_u8(b, row->missing);
    rs_rc_put_u8(b, (unsigned)(row->one_question | row->joined << 1));
    put_set(b, row->c97);
    put_set(b, row->c24);
    rs_rc_put_text(b, row->effective);
    rs_rc_put_text(b, row->detail);
    rs_rc_put_text(b, row->value);
}

void rs_rc_row_get(struct rs_rc_reader *r, struct rs_rc_row *row) {
    row->file_no = rs_rc_get_u32(r);
    row->record_no = rs_rc_get_u64(r);
    row->answer_no = rs_rc_get_u32(r);
    row->seq = rs_rc_get_u32(r);
    row->source = rs_rc_get_u16(r);
    row->element = rs_rc_get_u8(r);
    row->representation = rs_rc_get_u8(r);
    row->collection = rs_rc_get_u8(r);
    row->missing = rs_rc_get_u8(r);
    unsigned flags = rs_rc_get_u8(r);
    row->one_question = flags & 1u;
    row->joined = (flags & 2u) != 0;
    row->c97 = get_set(r);
    row->c24 = get_set(r);
    row->effective = rs_rc_get_text(r);
    row->detail = rs_rc_get_text(r);
    row->value = rs_rc_get_text(r);
}

bool rs_rc_row_same_answer(const struct rs_rc_row *a, const struct rs_rc_row *b) {
    if (a->joined && b->joined)
        return a->file_no == b->file_no && a->element == b->element && a->collection == b->collection &&
               rs_eq(a->effective, b->effective);
    return a->joined == b->joined && a->record_no == b->record_no && a->file_no == b->file_no && a->answer_no == b->answer_no &&
           a->element == b->element;
}

void rs_rc_answer_put(struct rs_buffer *b, const struct rs_rc_answer *a) {
    rs_rc_put_u16(b, a->source);
    rs_rc_put_u8(b, a->element);
    rs_rc_put_u8(b, a->collection);
    rs_rc_put_u8(b, a->missing);
    rs_rc_put_u8(b, (unsigned)(a->one_question | a->contradictory << 1));
    put_set(b, a->c97);
    put_set(b, a->c24);
    rs_rc_put_text(b, a->effective);
    rs_rc_put_text(b, a->detail);
    rs_rc_put_text(b, a->value);
}

void rs_rc_answer_get(struct rs_rc_reader *r, struct rs_rc_answer *a) {
    memset(a, 0, sizeof *a);
    a->source = rs_rc_get_u16(r);
    a->element = rs_rc_get_u8(r);
    a->collection = rs_rc_get_u8(r);
    a->missing = rs_rc_get_u8(r);
    unsigned flags = rs_rc_get_u8(r);
    a->one_question = flags & 1u;
    a->contradictory = (flags & 2u) != 0;
    a->c97 = get_set(r);
    a->c24 = get_set(r);
    a->effective = rs_rc_get_text(r);
    a->detail = rs_rc_get_text(r);
    a->value = rs_rc_get_text(r);
}

/* ---- lists of values --------------------------------------------------------------------------------------------- */

bool rs_rc_list_has(struct rs_view list, struct rs_view value) {
    while (list.p)
        if (rs_eq(rs_split(&list, RS_RC_SEPARATOR), value)) return true;
    return false;
}

bool rs_rc_list_within(struct rs_view inner, struct rs_view outer) {
    while (inner.p)
        if (!rs_rc_list_has(outer, rs_split(&inner, RS_RC_SEPARATOR))) return false;
    return true;
}

struct rs_view rs_rc_list_text(struct rs_arena *arena, struct rs_view list) {
    if (!list.p) return RS_NULL;
    char *text = rs_arena_copy(arena, list.p, list.n);
    for (size_t i = 0; i < list.n; i++)
        if (text[i] == RS_RC_SEPARATOR) text[i] = '+';
    return rs_view(text, list.n);
}

enum { MOST_VALUES = 64 }; /* an answer of more is cut: a person has not so many languages or origins */

struct list {
    struct rs_view v[MOST_VALUES];
    size_t n;
};

static void list_add(struct list *l, struct rs_view v) {
    if (!rs_has(v) || l->n == MOST_VALUES) return;
    for (size_t i = 0; i < l->n; i++)
        if (rs_eq(l->v[i], v)) return;
    l->v[l->n++] = v;
}

static int by_text(const void *a, const void *b) {
    return rs_compare(*(const struct rs_view *)a, *(const struct rs_view *)b);
}

static struct rs_view list_join(struct list *l, bool sorted, struct rs_arena *arena) {
    size_t room = 0, at = 0;
    if (l->n == 0) return RS_NULL;
    if (l->n == 1) return l->v[0]; /* borrowed from the row, which outlives the answer */
    if (sorted) qsort(l->v, l->n, sizeof l->v[0], by_text);
    for (size_t i = 0; i < l->n; i++) room += l->v[i].n + 1;
    char *p = rs_arena_alloc(arena, room);
    for (size_t i = 0; i < l->n; i++) {
        if (i) p[at++] = RS_RC_SEPARATOR;
        memcpy(p + at, l->v[i].p, l->v[i].n);
        at += l->v[i].n;
    }
    return rs_view(p, at);
}

/* ---- race and ethnicity ------------------------------------------------------------------------------------------ */

/* What the rows of one representation say together. */
struct part {
    struct rs_rc_set c97, c24;
    struct list details, values;
    int missing; /* the reason that says most, MI_NONE where no row is missing */
    bool white;  /* White is said by a detail or by the question of 2024: without Middle Eastern or North African */
};

static void part_add(struct part *p, const struct rs_rc_row *row) {
    p->c97.all = (uint16_t)(p->c97.all | row->c97.all);
    p->c97.any = (uint16_t)(p->c97.any | row->c97.any);
    p->c24.all = (uint16_t)(p->c24.all | row->c24.all);
    p->c24.any = (uint16_t)(p->c24.any | row->c24.any);
    for (struct rs_view rest = row->detail; rest.p;) list_add(&p->details, rs_split(&rest, '+'));
    for (struct rs_view rest = row->value; rest.p;) list_add(&p->values, rs_split(&rest, '+'));
    p->white |= (row->c24.all & C24_WHITE) && (row->one_question || row->detail.p);
    if (row->missing != MI_NONE && (p->missing == MI_NONE || row->missing < p->missing)) p->missing = row->missing;
}

static bool many(unsigned mask) { return (mask & (mask - 1u)) != 0; }

/* The axes agree on Hispanic and on an unnamed mixture; a named member settles an unresolved set; two named races are
 * the parts of "two or more". */
static void tidy(struct part *p) {
    unsigned all97 = p->c97.all, all24 = p->c24.all, any97 = p->c97.any, any24 = p->c24.any;
    if ((all97 & C97_HISPANIC) || (all24 & C24_HISPANIC)) all97 |= C97_HISPANIC, all24 |= C24_HISPANIC;
    if (all97 & C97_TWO_OR_MORE) all24 |= C24_TWO_OR_MORE;
    if (any97 & all97) any97 = 0;
    if (any24 & all24) any24 = 0;
    if (many(all97 & (C97_FIVE | C97_OTHER))) all97 &= ~(unsigned)C97_TWO_OR_MORE;
    /* Beside a MENA detail the White of 1997 is the category above it, and no answer of its own (bridge rule B8). */
    if ((all24 & C24_MENA) && !p->white) all24 &= ~(unsigned)C24_WHITE;
    if (many(all24 & (C24_RACE & ~C24_TWO_OR_MORE)) || !(all97 & C97_TWO_OR_MORE)) all24 &= ~(unsigned)C24_TWO_OR_MORE;
    p->c97 = (struct rs_rc_set){(uint16_t)all97, (uint16_t)any97};
    p->c24 = (struct rs_rc_set){(uint16_t)all24, (uint16_t)any24};
}

static unsigned race97(const struct part *p) { return (p->c97.all | p->c97.any) & C97_RACE; }
static unsigned race24(const struct part *p) { return (p->c24.all | p->c24.any) & C24_RACE; }
static unsigned ethnicity97(const struct part *p) { return p->c97.all & C97_ETHNICITY; }

/* Nothing but "some other race": an answer that text may spell out. */
static bool only_other(const struct part *p) {
    return race97(p) == C97_OTHER && !(race24(p) & (C24_RACE & ~C24_TWO_OR_MORE));
}

static void take_race(struct part *to, const struct part *from) {
    to->c97.all = (uint16_t)((to->c97.all & ~C97_RACE) | (from->c97.all & C97_RACE));
    to->c97.any = (uint16_t)(from->c97.any & C97_RACE);
    to->c24.all = (uint16_t)((to->c24.all & ~C24_RACE) | (from->c24.all & C24_RACE));
    to->c24.any = (uint16_t)(from->c24.any & C24_RACE);
    to->white = from->white;
}

/* `extra` names a member of the unresolved set of `base`, or the parts of its "two or more". */
static bool narrows(const struct part *base, const struct part *extra) {
    unsigned named = extra->c97.all & C97_FIVE;
    if (extra->c97.any || !named) return false;
    if (base->c97.any) return (named & ~(unsigned)(base->c97.any | base->c97.all)) == 0;
    return (base->c97.all & C97_TWO_OR_MORE) != 0;
}

/* `extra` says nothing that `base` does not: the same or less. */
static bool nothing_new(const struct part *base, const struct part *extra) {
    unsigned theirs = race97(extra), ours = race97(base);
    if (theirs == C97_TWO_OR_MORE) return many(ours) || (ours & C97_TWO_OR_MORE);
    if (extra->c97.any) /* they hold less: one of theirs among ours is enough */
        return (extra->c97.any & ours) != 0 && (extra->c97.all & C97_RACE & ~ours) == 0;
    return (theirs & ~ours) == 0;
}

static struct rs_view race_text(struct rs_arena *arena, const struct part *p) {
    return rs_rc_text_1997(arena, (struct rs_rc_set){p->c97.all & C97_RACE, p->c97.any & C97_RACE});
}

static void contradiction(struct rs_rc_inner *to, int element, int axis, int severity, struct rs_view kept,
                          struct rs_view other) {
    *to = (struct rs_rc_inner){(uint8_t)element, (uint8_t)axis, (uint8_t)severity, "code_against_text", "code", kept,
                               other};
}

/* Fills `base` from an alternate coding or a text, aspect by aspect. Returns the number of contradictions. */
static int fill(struct part *base, const struct part *extra, struct rs_arena *arena, struct rs_rc_inner *inner) {
    int n = 0;
    bool declined = base->missing == MI_DECLINED && !race97(base) && !race24(base) && !ethnicity97(base);
    if (race97(extra) || race24(extra)) {
        if (declined)
            contradiction(&inner[n++], EL_RACE, AX_1997, SE_NOTE, RS_LIT("[DECLINED]"), race_text(arena, extra));
        else if ((!race97(base) && !race24(base)) || only_other(base))
            take_race(base, extra);
        else if (narrows(base, extra))
            base->c97.all |= extra->c97.all & C97_FIVE, base->c24.all |= extra->c24.all & C24_RACE;
        else if (!nothing_new(base, extra))
            contradiction(&inner[n++], EL_RACE, AX_1997, SE_WARNING, race_text(arena, base), race_text(arena, extra));
    }
    unsigned ours = ethnicity97(base), theirs = ethnicity97(extra);
    if (theirs) {
        struct rs_view text = rs_rc_text_1997(arena, (struct rs_rc_set){(uint16_t)theirs, 0});
        if (declined)
            contradiction(&inner[n++], EL_ETHNICITY, AX_1997, SE_NOTE, RS_LIT("[DECLINED]"), text);
        else if (!ours)
            base->c97.all |= (uint16_t)theirs;
        else if (theirs & ~ours)
            contradiction(&inner[n++], EL_ETHNICITY, AX_1997, SE_ERROR,
                          rs_rc_text_1997(arena, (struct rs_rc_set){(uint16_t)ours, 0}), text);
    }
    tidy(base);
    return n;
}

static int fold_race(struct part parts[RE_COUNT], struct rs_arena *arena, struct rs_rc_answer *out,
                     struct rs_rc_inner *inner) {
    struct part *base = &parts[RE_CODE];
    tidy(base);
    tidy(&parts[RE_ALTERNATE]);
    tidy(&parts[RE_TEXT]);
    int n = fill(base, &parts[RE_ALTERNATE], arena, inner);
    if (n == 0) n = fill(base, &parts[RE_TEXT], arena, inner);
    else fill(base, &parts[RE_TEXT], arena, inner + n); /* the alternate's contradiction tells enough */
    /* One question, answered, rules out what it leaves out: Hispanic too. */
    if (out->one_question && !ethnicity97(base) && (race24(base) & (C24_RACE & ~C24_TWO_OR_MORE)))
        base->c97.all |= C97_NOT_HISPANIC;
    out->contradictory = ethnicity97(base) == C97_ETHNICITY;
    if (out->contradictory && n < RS_RC_MOST_INNER)
        inner[n++] = (struct rs_rc_inner){EL_ETHNICITY, AX_1997, SE_ERROR, "within_source", "contradiction",
                                          RS_LIT("HISPANIC"), RS_LIT("NOT_HISPANIC")};
    out->c97 = base->c97;
    out->c24 = base->c24;
    const struct list *more = &parts[RE_ALTERNATE].details;
    for (size_t i = 0; i < more->n; i++) list_add(&base->details, more->v[i]);
    if (base->details.n == 0 && parts[RE_TEXT].details.n) base->details = parts[RE_TEXT].details;
    return n;
}

/* ---- the other elements ------------------------------------------------------------------------------------------ */

/* "en" and "en-US" do not contradict each other. */
static bool same_or_finer(struct rs_view a, struct rs_view b) {
    struct rs_view shorter = a.n < b.n ? a : b, longer = a.n < b.n ? b : a;
    if (memcmp(shorter.p, longer.p, shorter.n) != 0) return false;
    return shorter.n == longer.n || longer.p[shorter.n] == '-';
}

static bool any_agrees(const struct list *list, struct rs_view v) {
    for (size_t i = 0; i < list->n; i++)
        if (same_or_finer(list->v[i], v)) return true;
    return false;
}

static int fold_values(struct part parts[RE_COUNT], struct rs_arena *arena, struct rs_rc_answer *out,
                       struct rs_rc_inner *inner) {
    struct part *base = &parts[RE_CODE];
    static const int others[] = {RE_ALTERNATE, RE_TEXT};
    int n = 0;
    for (size_t k = 0; k < 2; k++) {
        struct part *extra = &parts[others[k]];
        if (extra->values.n == 0) continue;
        if (base->values.n == 0 && base->missing != MI_DECLINED) {
            base->values = extra->values;
            continue;
        }
        for (size_t i = 0; i < extra->values.n && n == 0; i++) {
            if (any_agrees(&base->values, extra->values.v[i])) continue;
            struct list kept = base->values, other = extra->values;
            bool declined = kept.n == 0;
            contradiction(&inner[n++], out->element, AX_STANDARD, declined ? SE_NOTE : SE_WARNING,
                          declined ? RS_LIT("[DECLINED]") : rs_rc_list_text(arena, list_join(&kept, true, arena)),
                          rs_rc_list_text(arena, list_join(&other, true, arena)));
        }
    }
    return n;
}

/* ---- folding ----------------------------------------------------------------------------------------------------- */

static bool is_race(int element) {
    return element == EL_RACE || element == EL_ETHNICITY || element == EL_RACE_ETHNICITY;
}

/* A decline in code stands; any other reason gives way to one that says more, in code, alternate or text. */
static int says_most(const struct part parts[RE_COUNT]) {
    int missing = parts[RE_CODE].missing;
    if (missing == MI_DECLINED) return missing;
    for (int i = 0; i < RE_COUNT; i++) {
        int other = parts[i].missing;
        if (other != MI_NONE && (missing == MI_NONE || other < missing)) missing = other;
    }
    return missing;
}

int rs_rc_answer_fold(const struct rs_rc_row *rows, size_t n, struct rs_arena *arena, struct rs_rc_answer *out,
                      struct rs_rc_inner inner[RS_RC_MOST_INNER]) {
    struct part parts[RE_COUNT];
    for (int i = 0; i < RE_COUNT; i++) {
        parts[i].c97 = parts[i].c24 = (struct rs_rc_set){0};
        parts[i].details.n = parts[i].values.n = 0;
        parts[i].missing = MI_NONE;
        parts[i].white = false;
    }
    memset(out, 0, sizeof *out);
    out->source = rows[0].source;
    out->element = rows[0].element;
    out->collection = CO_UNKNOWN;
    for (size_t i = 0; i < n; i++) {
        const struct rs_rc_row *row = &rows[i];
        part_add(&parts[row->representation == RE_DETAIL ? RE_CODE : row->representation], row);
        if (row->collection < out->collection) out->collection = row->collection;
        if (rs_compare(row->effective, out->effective) > 0) out->effective = row->effective;
        out->one_question |= row->one_question;
    }
    int missing = says_most(parts);
    int found = is_race(out->element) ? fold_race(parts, arena, out, inner) : fold_values(parts, arena, out, inner);
    out->detail = list_join(&parts[RE_CODE].details, true, arena);
    out->value = list_join(&parts[RE_CODE].values, false, arena);
    out->missing = (uint8_t)missing;
    return found;
}
