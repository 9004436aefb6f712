/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Why it exists: members write more than one word. A text is parted where people part it, and each part must be in a
 * table by itself, bare or after words that add nothing (schemas/codes/phrase_words.def). */
#include "asking.h"

enum { MOST_PARTS = 16 };

struct part {
    struct rs_view raw;
    bool narrows; /* behind a colon, a bracket or a dash between blanks: says what is before it more exactly */
    bool share;   /* half of a person */
    const struct rs_map_entry *e;
};

struct parts {
    struct part p[MOST_PARTS];
    size_t n;
};

/* ---- parting ---------------------------------------------------------------------------------------------------- */

static bool starts(struct rs_view v, struct rs_view with) {
    return v.n > with.n && rs_eq_nocase(rs_view(v.p, with.n), with);
}

/* How many bytes part the text here, and whether what follows narrows what was before; 0: none do. */
static size_t separator(struct rs_view v, bool dashes, bool *narrows) {
    static const struct rs_view words[] = {{" and ", 5}, {" y ", 3}, {" plus ", 6}, {" mixed with ", 12}, {" with ", 6}};
    *narrows = starts(v, RS_LIT(" - ")) || memchr(":([^", v.p[0], 4) != NULL; /* ^: a code and its name, as HL7 writes them */
    if (*narrows) {
        return v.p[0] == ' ' ? 3 : 1;
    }
    if (memchr(",;/|+&)]", v.p[0], 8) != NULL || (dashes && v.p[0] == '-')) {
        return 1;
    }
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        if (starts(v, words[i])) {
            return words[i].n;
        }
    }
    /* "half Samoan half White": the word begins the part that follows */
    return starts(v, RS_LIT(" half ")) || starts(v, RS_LIT(" part ")) ? 1 : 0;
}

/* False where there are more parts than anybody means. Parts without a letter or digit are none. */
static bool part_text(const struct asking *a, bool dashes, struct parts *out) {
    struct rs_view rest = a->q->raw;
    bool narrows = false;
    out->n = 0;
    while (rest.n > 0) {
        size_t i = 0, skip = 0;
        bool next = false;
        for (; i < rest.n && skip == 0; i += skip == 0) {
            skip = separator(rs_view(rest.p + i, rest.n - i), dashes, &next);
        }
        struct rs_view one = rs_view(rest.p, i);
        if (rs_has(rs_map_normal(a->arena, one))) {
            if (out->n == MOST_PARTS) {
                return false;
            }
            out->p[out->n++] = (struct part){.raw = one, .narrows = narrows && out->n > 0};
            narrows = false;
        }
        narrows = next || (narrows && out->n > 0);
        rest = rs_view(rest.p + i + skip, rest.n - i - skip);
    }
    return true;
}

/* ---- one part --------------------------------------------------------------------------------------------------- */

enum place { BEFORE, SHARE, AFTER };
enum group { races, language };

static const struct phrase {
    enum place place;
    enum group group;
    struct rs_view words;
} phrases[] = {
#define PHRASE(place, group, words) {place, group, {"" words, sizeof(words) - 1}},
#include "schemas/codes/phrase_words.def"
#undef PHRASE
};

static bool of_group(const struct asking *a, enum group g) {
    return rs_in_group(a, g == races ? a->map->races : a->map->language);
}

/* The text without one phrase at its beginning or end; null where none stands there. */
static struct rs_view without_phrase(const struct asking *a, struct rs_view v, bool *share) {
    for (size_t i = 0; i < sizeof phrases / sizeof *phrases; i++) {
        const struct phrase *f = &phrases[i];
        if (!of_group(a, f->group) || v.n < f->words.n + 2) {
            continue;
        }
        size_t rest = v.n - f->words.n - 1;
        if (f->place == AFTER && v.p[rest] == ' ' && rs_eq(rs_view(v.p + rest + 1, f->words.n), f->words)) {
            return rs_view(v.p, rest);
        }
        if (f->place != AFTER && v.p[f->words.n] == ' ' && rs_eq(rs_view(v.p, f->words.n), f->words)) {
            *share |= f->place == SHARE;
            return rs_view(v.p + f->words.n + 1, rest);
        }
    }
    return RS_NULL;
}

static const struct rs_map_entry *find_words(const struct asking *a, struct rs_view normal) {
    const struct rs_map_entry *e = rs_ask_find(a, a->map->text, normal);
    if (e != NULL && e->derived && normal.n <= 3 && of_group(a, language)) {
        e = NULL; /* a code is meant */
    }
    if (e == NULL && of_group(a, races) && rs_is_concept_id(normal)) {
        return rs_ask_find(a, a->map->cdcrec, normal);
    }
    return e == NULL && normal.n <= 3 && of_group(a, language) ? rs_ask_tag(a, normal, true) : e;
}

/* "2106-3 White": the code, where its name says the same. */
static const struct rs_map_entry *find_code_and_name(const struct asking *a, struct rs_view normal) {
    if (normal.n < 8 || normal.p[6] != ' ' || !of_group(a, races) || !rs_is_concept_id(rs_view(normal.p, 6))) {
        return NULL;
    }
    const struct rs_map_entry *code = rs_ask_find(a, a->map->cdcrec, rs_view(normal.p, 6)),
                              *name = rs_ask_find(a, a->map->text, rs_view(normal.p + 7, normal.n - 7));
    return code && name && rs_eq(code->meaning.omb1997, name->meaning.omb1997) ? code : NULL;
}

static bool find_part(const struct asking *a, struct part *p) {
    struct rs_view v = rs_map_normal(a->arena, p->raw);
    p->e = rs_has(v) ? find_code_and_name(a, v) : NULL;
    while (rs_has(v) && p->e == NULL && (p->e = find_words(a, v)) == NULL) {
        v = without_phrase(a, v, &p->share);
    }
    return p->e != NULL;
}

static bool is_other(const struct part *p) { return rs_eq_c(p->e->meaning.missing, "OTHER"); }

/* "Other: Mam", "Asian (other)": a heading and what is written under it, or a rest of a list. Neither says other. */
static bool is_heading(const struct parts *list, size_t i) {
    return is_other(&list->p[i]) && (list->p[i].narrows || (i + 1 < list->n && list->p[i + 1].narrows));
}

/* ---- together --------------------------------------------------------------------------------------------------- */

static bool holds(struct rs_view set, struct rs_view one) {
    while (!rs_is_null(set)) {
        if (rs_eq(rs_split(&set, '+'), one)) {
            return true;
        }
    }
    return false;
}

/* A+B united with B+C: A+B+C. */
static struct rs_view unite(struct rs_arena *arena, struct rs_view a, struct rs_view b) {
    if (!rs_has(a) || !rs_has(b)) {
        return rs_has(a) ? a : b;
    }
    while (!rs_is_null(b)) {
        struct rs_view one = rs_split(&b, '+');
        if (!holds(a, one)) {
            a = rs_arena_printf(arena, "%.*s+%.*s", (int)a.n, a.p, (int)one.n, one.p);
        }
    }
    return a;
}

static bool names_something(const struct rs_meaning *m) { return rs_has(m->omb1997) || rs_has(m->value); }

static void add(struct rs_arena *arena, struct rs_meaning *all, const struct rs_meaning *m) {
    all->omb1997 = unite(arena, all->omb1997, m->omb1997);
    all->omb2024 = unite(arena, all->omb2024, m->omb2024);
    all->detail = unite(arena, all->detail, m->detail);
    all->value = unite(arena, all->value, m->value);
    all->rule = unite(arena, all->rule, m->rule);
}

/* Whether a person may have several at once. A language preferred, or a sex, is one: two contradict each other. */
static bool may_be_several(const struct asking *a) {
    return of_group(a, races) || rs_eq_c(a->q->element, "sexual_orientation") || rs_eq_c(a->q->element, "gender_identity");
}

/* What the parts that name something say; a reason beside them ("White, unknown") says nothing against them. */
static bool named(const struct asking *a, const struct parts *list, bool headings, struct rs_meaning *all) {
    size_t n = 0, shares = 0, others = 0;
    *all = (struct rs_meaning){.rule = RS_NULL};
    for (size_t i = 0; i < list->n; i++) {
        const struct rs_meaning *m = &list->p[i].e->meaning;
        if (!names_something(m) || (!headings && is_heading(list, i))) {
            continue;
        }
        if (n > 0 && !may_be_several(a) && !rs_eq(all->value, m->value)) {
            return false;
        }
        add(a->arena, all, m);
        n++;
        shares += list->p[i].share;
        others += is_other(&list->p[i]);
    }
    all->missing = n > 0 && others == n ? RS_LIT("OTHER") : RS_NULL;
    return n > 0 && (shares == 0 || n > 1);
}

/* No part names anything, and all give one reason. */
static bool reason(const struct parts *list, struct rs_meaning *all) {
    for (size_t i = 0; i < list->n; i++) {
        if (names_something(&list->p[i].e->meaning) || !rs_eq(list->p[i].e->meaning.missing, list->p[0].e->meaning.missing)) {
            return false;
        }
    }
    all->missing = list->p[0].e->meaning.missing;
    all->rule = list->p[0].e->meaning.rule;
    return true;
}

/* "5 - White", "A: Asian": the number or letter of a list before its words. */
static void drop_number(const struct asking *a, struct parts *list) {
    bool before_words = list->n > 1 && list->p[1].narrows;
    if (before_words && rs_map_normal(a->arena, list->p[0].raw).n <= 2 && !find_part(a, &list->p[0])) {
        memmove(list->p, list->p + 1, --list->n * sizeof *list->p);
        list->p[0].narrows = false;
    }
}

static bool parts_say(const struct asking *a, bool dashes, struct rs_meaning *out) {
    struct parts list;
    struct rs_meaning all;
    if (!part_text(a, dashes, &list) || list.n == 0) {
        return false;
    }
    drop_number(a, &list);
    for (size_t i = 0; i < list.n; i++) {
        if (!find_part(a, &list.p[i])) {
            return false;
        }
    }
    if (!named(a, &list, false, &all) && !named(a, &list, true, &all) && !reason(&list, &all)) {
        return false;
    }
    if (memchr(all.rule.p, '+', all.rule.n) == NULL) { /* one row decided */
        all.rule = rs_arena_printf(a->arena, "%.*s within", (int)all.rule.n, all.rule.p);
    }
    *out = all;
    return true;
}

bool rs_ask_phrase(const struct asking *a, struct rs_meaning *out) {
    if (rs_eq_c(a->q->element, "interpreter")) {
        return false; /* "Yes - Spanish" is rare, and "No, yes" nonsense */
    }
    bool dash = a->q->raw.n > 0 && memchr(a->q->raw.p, '-', a->q->raw.n) != NULL;
    return parts_say(a, false, out) || (dash && parts_say(a, true, out));
}
