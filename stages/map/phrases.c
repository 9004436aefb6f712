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

/* What surely lies between answers comes first; what may as well lie within the name of one (American Indian/Alaska
 * Native, Native Hawaiian and Other Pacific Islander) only where a table does not have the part as a whole. */
enum level { LISTS, MARKS, WORDS, DASHES, LEVELS };

/* How many bytes part the text here, and whether what follows narrows what was before; 0: none do. */
static size_t separator(struct rs_view v, enum level level, bool *narrows) {
    static const struct rs_view words[] = {{" and ", 5}, {" y ", 3}, {" plus ", 6}, {" mixed with ", 12}, {" with ", 6}};
    *narrows = level == MARKS && (starts(v, RS_LIT(" - ")) || memchr(":([^", v.p[0], 4) != NULL); /* ^: code and name in HL7 */
    if (*narrows) {
        return v.p[0] == ' ' ? 3 : 1;
    }
    static const char *const marks[LEVELS] = {";|", ",+&)]", "/", "-"};
    if (strchr(marks[level], v.p[0]) != NULL && v.p[0] != 0) {
        return 1;
    }
    for (size_t i = 0; level == WORDS && i < sizeof words / sizeof *words; i++) {
        if (starts(v, words[i])) {
            return words[i].n;
        }
    }
    /* "half Samoan half White": the word begins the part that follows */
    return level == WORDS && (starts(v, RS_LIT(" half ")) || starts(v, RS_LIT(" part "))) ? 1 : 0;
}

/* The next piece of *rest, and whether the one behind it narrows it. *rest is null behind the last. */
static struct rs_view next_piece(struct rs_view *rest, enum level level, bool *narrows) {
    struct rs_view v = *rest;
    *narrows = false;
    for (size_t i = 0; i < v.n; i++) {
        size_t skip = separator(rs_view(v.p + i, v.n - i), level, narrows);
        if (skip > 0) {
            *rest = rs_view(v.p + i + skip, v.n - i - skip);
            return rs_view(v.p, i);
        }
    }
    *rest = RS_NULL;
    return v;
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

enum { MOST_JOINED = 4 };

/* The name of one category may have slashes within: as many pieces together as a table has, so that a category of 1977 and
 * another race are two answers, not three. */
static void join_pieces(const struct asking *a, struct part *p, struct rs_view *rest, bool *next) {
    struct part whole = *p;
    struct rs_view ahead = *rest;
    bool narrows;
    for (int i = 1; i < MOST_JOINED && !rs_is_null(ahead); i++) {
        struct rs_view last = next_piece(&ahead, WORDS, &narrows);
        whole.share = false;
        whole.raw = rs_view(p->raw.p, (size_t)(last.p + last.n - p->raw.p));
        if (rs_has(last) && find_part(a, &whole)) {
            *p = whole;
            *rest = ahead;
            *next = narrows;
        }
    }
}

/* Every part of the text, in order; parted further where no table has it. False where one is in none, or where there are
 * more than anybody means. Pieces without a letter or digit are none. */
static bool gather(const struct asking *a, struct rs_view raw, enum level level, bool narrows, struct parts *out) {
    size_t pieces = 0;
    for (struct rs_view rest = raw; !rs_is_null(rest);) {
        bool next;
        struct part p = {.narrows = narrows};
        p.raw = next_piece(&rest, level, &next);
        if (level == WORDS) {
            join_pieces(a, &p, &rest, &next);
        }
        struct rs_view words = rs_map_normal(a->arena, p.raw);
        if (!rs_has(words)) {
            narrows |= next;
            continue;
        }
        bool number = pieces++ == 0 && next && words.n <= 2; /* "5 - White", "A: Asian": of a list, before its words */
        narrows = next;
        if (find_part(a, &p)) {
            if (out->n == MOST_PARTS) {
                return false;
            }
            out->p[out->n++] = p;
        } else if (number) {
            narrows = false;
        } else if (level + 1 == LEVELS || !gather(a, p.raw, level + 1, p.narrows, out)) {
            return false;
        }
    }
    return pieces > 0;
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

bool rs_ask_phrase(const struct asking *a, struct rs_meaning *out) {
    struct parts list = {.n = 0};
    struct rs_meaning all;
    /* "Yes - Spanish" is no answer to whether an interpreter is needed, and "no, yes" is nonsense */
    if (rs_eq_c(a->q->element, "interpreter") || !gather(a, a->q->raw, LISTS, false, &list) || list.n == 0) {
        return false;
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
