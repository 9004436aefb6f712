/* SPDX-License-Identifier: GPL-3.0-or-later */
/* In which order tables are asked. The sender's own overrides come first, then the table of the system it names, then
 * what the value says by itself: a CDC concept id or a null flavour is recognised under any system, a word under a
 * local one. Nothing is guessed beyond that: what is left is UNMAPPED, and a person adds a row or an override. */
#include "asking.h"

const struct rs_map_entry *rs_ask_find(const struct asking *a, int system, struct rs_view normal) {
    const struct rs_map_entry *derived = NULL;
    for (int i = 0; i < a->n_scopes; i++) {
        const struct rs_map_entry *e = rs_map_find(a->map, a->scopes[i], system, normal);
        if (e != NULL && !e->derived) {
            return e;
        }
        derived = derived != NULL ? derived : e;
    }
    return derived;
}

bool rs_in_group(const struct asking *a, int group) { return a->n_scopes == 3 && a->scopes[1] == group; }

static const struct rs_override *find_override(const struct asking *a) {
    for (size_t i = 0; i < a->map->n_overrides; i++) {
        const struct rs_override *o = &a->map->overrides[i];
        bool scope = false;
        for (int s = 0; s < a->n_scopes; s++) {
            scope |= o->scope == a->scopes[s];
        }
        if (scope && o->text == a->text && (o->system < 0 || o->system == a->system) &&
            (rs_is_null(o->source) || rs_eq(o->source, a->q->source)) && rs_eq(o->code, a->normal)) {
            return o;
        }
    }
    return NULL;
}

static struct rs_meaning with_note(const struct asking *a, const struct rs_map_entry *e, const char *note) {
    struct rs_meaning m = e->meaning;
    m.rule = rs_arena_printf(a->arena, "%.*s %s", (int)m.rule.n, m.rule.p, note);
    return m;
}

/* ---- languages -------------------------------------------------------------------------------------------------- */

static bool letters(struct rs_view v) {
    for (size_t i = 0; i < v.n; i++) {
        if (v.p[i] < 'A' || v.p[i] > 'Z') {
            return false;
        }
    }
    return v.n > 0;
}

/* RFC 5646: after the language come extended language, script, region, variants, extensions. */
static bool is_script(struct rs_view v) { return v.n == 4 && letters(v); }
static bool is_region(struct rs_view v) { return (v.n == 2 && letters(v)) || (v.n == 3 && rs_all_digits(v)); }

const struct rs_map_entry *rs_ask_tag(const struct asking *a, struct rs_view normal, bool strict) {
    const struct rs_map_entry *whole = rs_ask_find(a, a->map->bcp47, normal);
    struct rs_view rest = normal, primary = rs_split(&rest, ' ');
    if (whole != NULL || primary.n > 3) {
        return whole;
    }
    const struct rs_map_entry *language = rs_ask_find(a, a->map->iso639, primary);
    if (language == NULL || rs_is_null(rest)) {
        return language;
    }
    struct rs_view next = rs_split(&rest, ' ');
    if (next.n == 3 && letters(next)) { /* zh-yue is yue; the extended language stands alone since RFC 5646 */
        language = rs_ask_find(a, a->map->iso639, next);
        next = rs_split(&rest, ' ');
    }
    for (; !rs_is_null(next); next = rs_split(&rest, ' ')) {
        bool fits = is_script(next) || is_region(next) || (!strict && next.n <= 8);
        if (!fits) {
            return NULL;
        }
    }
    return language;
}

static bool has_dash(struct rs_view raw) {
    return raw.n > 0 && memchr(raw.p, ' ', raw.n) == NULL &&
           (memchr(raw.p, '-', raw.n) != NULL || memchr(raw.p, '_', raw.n) != NULL);
}

/* A code run together with its own name: ESSPANISH, EN ENGLISH, SPA SPANISH. Both halves must say the same. */
static const struct rs_map_entry *find_fused(const struct asking *a) {
    struct rs_view v = a->normal;
    for (size_t n = 2; n <= 3 && v.n > n + 2; n++) {
        struct rs_view rest = rs_trim(rs_view(v.p + n, v.n - n));
        const struct rs_map_entry *code = rs_ask_find(a, a->map->iso639, rs_view(v.p, n)), *name = rs_ask_find(a, a->map->text, rest);
        if (code != NULL && name != NULL && rs_has(name->meaning.value) &&
            rs_eq(code->meaning.value, name->meaning.value)) {
            return name;
        }
    }
    return NULL;
}

static bool language_of_text(const struct asking *a, struct rs_meaning *out) {
    const struct rs_map_entry *e = NULL;
    if (a->normal.n <= 3 || has_dash(rs_trim(a->q->raw))) {
        e = rs_ask_tag(a, a->normal, true);
    }
    if (e == NULL) {
        e = find_fused(a);
    }
    if (e == NULL && rs_ask_phrase(a, out)) {
        return true;
    }
    const char *bracket = a->q->raw.n ? memchr(a->q->raw.p, '(', a->q->raw.n) : NULL;
    if (e == NULL && bracket != NULL) { /* Spanish (Mexico) */
        e = rs_ask_find(a, a->map->text, rs_map_normal(a->arena, rs_view(a->q->raw.p, (size_t)(bracket - a->q->raw.p))));
    }
    if (e != NULL) {
        *out = e->meaning;
    }
    return e != NULL;
}

/* ---- the order -------------------------------------------------------------------------------------------------- */

bool rs_is_concept_id(struct rs_view v) {
    return v.n == 6 && v.p[4] == ' ' && rs_all_digits(rs_view(v.p, 4)) && rs_all_digits(rs_view(v.p + 5, 1));
}

static const struct rs_map_entry *by_form(const struct asking *a) {
    if (rs_in_group(a, a->map->races) && rs_is_concept_id(a->normal)) {
        return rs_ask_find(a, a->map->cdcrec, a->normal);
    }
    /* The numbers of LOINC's answers and of SNOMED CT are long enough to be nobody else's. */
    bool loinc = a->normal.n > 6 && memcmp(a->normal.p, "LA", 2) == 0, snomed = a->normal.n >= 8 && rs_all_digits(a->normal);
    if (!a->text && (loinc || snomed)) {
        return rs_ask_find(a, loinc ? a->map->loinc : a->map->snomed, a->normal);
    }
    /* Two letters (NI, NA) are too short to be sure of. */
    return !a->text && a->normal.n > 2 ? rs_ask_find(a, a->map->null_flavor, a->normal) : NULL;
}

static bool ask_text(const struct asking *a, struct rs_meaning *out) {
    const struct rs_map_entry *e = rs_ask_find(a, a->map->text, a->normal);
    bool language = rs_in_group(a, a->map->language);
    if (e != NULL) {
        bool is_code = language && e->derived && a->normal.n <= 3;
        /* EN and KO are English and Korean; languages of these names have few */
        const struct rs_map_entry *code = is_code ? rs_ask_tag(a, a->normal, true) : NULL;
        *out = code != NULL ? code->meaning : e->meaning;
        return true;
    }
    if (language) {
        return language_of_text(a, out);
    }
    if (rs_ask_phrase(a, out)) {
        return true;
    }
    e = by_form(a);
    if (e != NULL) {
        *out = with_note(a, e, "by_form");
    }
    return e != NULL;
}

static bool ask_language_code(const struct asking *a, struct rs_meaning *out) {
    const struct rs_map_entry *e = NULL;
    if (a->system == a->map->nisoz39_53) {
        e = rs_ask_find(a, a->system, a->normal);
    }
    if (e == NULL) {
        e = rs_ask_tag(a, a->normal, false);
    }
    if (e != NULL) {
        *out = e->meaning;
    }
    return e != NULL;
}

/* Spreadsheets drop zeros at the front: 5 for 05, 1 for 001. Data frames write numbers as 8527.0. */
static const struct rs_map_entry *without_zeros(const struct asking *a) {
    const struct rs_map_entry *e = NULL;
    struct rs_view code = a->normal;
    if (code.n > 2 && memcmp(code.p + code.n - 2, " 0", 2) == 0 && rs_all_digits(rs_view(code.p, code.n - 2))) {
        return rs_ask_find(a, a->system, rs_view(code.p, code.n - 2));
    }
    while (e == NULL && code.n < 3 && rs_all_digits(a->normal)) {
        code = rs_arena_printf(a->arena, "0%.*s", (int)code.n, code.p);
        e = rs_ask_find(a, a->system, code);
    }
    return e;
}

static bool ask_code(const struct asking *a, struct rs_meaning *out) {
    const struct rs_map *map = a->map;
    const struct rs_map_entry *e = a->system >= 0 ? rs_ask_find(a, a->system, a->normal) : NULL;
    if (e != NULL) {
        *out = e->meaning;
        return true;
    }
    if (a->system >= 0 && (e = without_zeros(a)) != NULL) {
        *out = with_note(a, e, "by_number");
        return true;
    }
    bool tags = a->system < 0 || a->system == map->bcp47 || a->system == map->iso639 || a->system == map->nisoz39_53 ||
                a->system == map->pcornet; /* whose list is that of ISO 639-2 */
    if (rs_in_group(a, map->language) && tags && ask_language_code(a, out)) {
        return true;
    }
    e = by_form(a);
    if (e != NULL) {
        *out = with_note(a, e, "by_form");
        return true;
    }
    /* A letter outside the table of its own system is wrong there, and means nothing elsewhere; a word does. */
    if ((a->system < 0 || a->normal.n > 2) && ask_text(a, out)) {
        out->rule = rs_arena_printf(a->arena, "%.*s by_text", (int)out->rule.n, out->rule.p);
        return true;
    }
    return false;
}

static struct rs_meaning unmapped(bool text) {
    return (struct rs_meaning){.missing = RS_LIT("UNMAPPED"),
                               .rule = text ? RS_LIT("unmapped_text") : RS_LIT("unmapped_code"),
                               .unmapped = true};
}

struct rs_meaning rs_map_value(const struct rs_map *map, struct rs_arena *arena, const struct rs_question *q) {
    struct asking a = {.map = map, .arena = arena, .q = q, .normal = rs_map_normal(arena, q->raw)};
    int element = rs_map_scope(map, q->element);
    if (element >= 0) {
        a.scopes[a.n_scopes++] = element;
        a.scopes[a.n_scopes++] = map->group[element];
    }
    a.scopes[a.n_scopes++] = RS_ANY_SCOPE;
    a.system = rs_has(q->system) ? rs_map_system(map, q->system) : -1;
    a.text = rs_eq_c(q->representation, "text") || a.system == map->text;
    const struct rs_override *o = find_override(&a);
    if (o != NULL) {
        return o->meaning;
    }
    struct rs_meaning m;
    if (!rs_has(a.normal)) {
        return (struct rs_meaning){.missing = RS_LIT("NOT_PROVIDED"), .rule = RS_LIT("blank")};
    }
    if (element == map->name_to_use) { /* which name is nobody's business here; that there is one may be */
        const struct rs_map_entry *e = rs_ask_find(&a, map->text, a.normal);
        return e != NULL ? e->meaning
                         : (struct rs_meaning){.value = RS_LIT("given"), .rule = RS_LIT("name_to_use:given")};
    }
    return (a.text ? ask_text(&a, &m) : ask_code(&a, &m)) ? m : unmapped(a.text);
}
