/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Answers "how would this value be mapped, and why?" with the very function the stage uses. */
#include <stdio.h>
#include <stdlib.h>
#include "map_private.h"
#include "pipeline/base/config.h"

/* One way to ask, and what came of it. */
struct answer {
    struct rs_question q;
    struct rs_meaning m;
    bool told;
};

struct explaining {
    const struct rs_map *map;
    struct rs_buffer *out;
    struct rs_arena arena;
    struct answer *answers;
    size_t n;
};

static void line(struct rs_buffer *out, const char *name, struct rs_view v) {
    if (rs_has(v)) {
        rs_buffer_printf(out, "  %-10s %.*s\n", name, (int)v.n, v.p);
    }
}

static bool same(const struct rs_meaning *a, const struct rs_meaning *b) {
    return rs_eq(a->rule, b->rule) && rs_eq(a->omb1997, b->omb1997) && rs_eq(a->omb2024, b->omb2024) &&
           rs_eq(a->detail, b->detail) && rs_eq(a->value, b->value) && rs_eq(a->missing, b->missing);
}

static bool is_override(const struct rs_meaning *m) { return m->rule.n > 9 && memcmp(m->rule.p, "override:", 9) == 0; }

static bool contains(struct rs_view v, const char *word) {
    size_t n = strlen(word);
    for (size_t i = 0; i + n <= v.n; i++) {
        if (memcmp(v.p + i, word, n) == 0) {
            return true;
        }
    }
    return false;
}

/* "/B1" in "cdcrec:2106-3/B10" is B10's, not B1's. */
static bool names_bridge(struct rs_view rule, struct rs_view bridge) {
    for (size_t i = 0; i + 1 + bridge.n <= rule.n; i++) {
        const char *after = rule.p + i + 1 + bridge.n;
        if (rule.p[i] == '/' && memcmp(rule.p + i + 1, bridge.p, bridge.n) == 0 &&
            (after == rule.p + rule.n || *after < '0' || *after > '9')) {
            return true;
        }
    }
    return false;
}

static void ask(struct explaining *e, struct rs_question q, bool overrides_only) {
    struct rs_meaning m = rs_map_value(e->map, &e->arena, &q);
    if (!overrides_only || is_override(&m)) {
        e->answers = rs_realloc(e->answers, (e->n + 1) * sizeof *e->answers);
        e->answers[e->n++] = (struct answer){.q = q, .m = m};
    }
}

/* Every source that has overrides is asked too, where its answer may differ. */
static void ask_sources(struct explaining *e, struct rs_question q) {
    const struct rs_map *map = e->map;
    ask(e, q, false);
    for (size_t i = 0; i < map->n_overrides; i++) {
        bool first = !rs_is_null(map->overrides[i].source);
        for (size_t j = 0; first && j < i; j++) {
            first = !rs_eq(map->overrides[j].source, map->overrides[i].source);
        }
        if (first) {
            q.source = map->overrides[i].source;
            ask(e, q, true);
        }
    }
}

/* "As race, race_ethnicity (code)": the questions with one answer, by representation and source. */
static void tell_questions(struct explaining *e, size_t first) {
    const struct answer *a = &e->answers[first];
    const char *between = "As ";
    for (size_t i = first; i < e->n; i++) {
        struct answer *b = &e->answers[i];
        if (!b->told && same(&a->m, &b->m) && rs_eq(a->q.representation, b->q.representation) &&
            rs_eq(a->q.source, b->q.source)) {
            rs_buffer_printf(e->out, "%s%.*s", between, (int)b->q.element.n, b->q.element.p);
            between = ", ";
            b->told = true;
        }
    }
    rs_buffer_printf(e->out, " (%.*s)", (int)a->q.representation.n, a->q.representation.p);
    if (rs_has(a->q.source)) {
        rs_buffer_printf(e->out, ", from source %.*s", (int)a->q.source.n, a->q.source.p);
    }
    rs_buffer_printf(e->out, "\n");
}

static void tell_row(struct rs_buffer *out, const struct rs_meaning *m) {
    if (is_override(m)) {
        rs_buffer_printf(out, "  %-10s %.*s, overrides, entry %ld\n", "found in", (int)m->table.n, m->table.p, m->line);
    } else if (rs_has(m->table)) {
        rs_buffer_printf(out, "  %-10s schemas/codes/%.*s, line %ld%s%.*s\n", "found in", (int)m->table.n, m->table.p,
                         m->line, rs_has(m->confidence) ? "; " : "", (int)m->confidence.n,
                         m->confidence.n ? m->confidence.p : "");
    } else if (contains(m->rule, "+")) {
        rs_buffer_printf(out, "  %-10s several answers in one text, each of them known by itself\n", "found in");
    }
    if (contains(m->rule, " within")) {
        rs_buffer_printf(out, "  %-10s of the text this is the answer; the words around it add nothing (phrase_words.def)\n", "");
    }
    if (contains(m->rule, " by_number")) {
        rs_buffer_printf(out, "  %-10s the same number, written with other zeros\n", "");
    }
    if (contains(m->rule, " by_form")) {
        rs_buffer_printf(out, "  %-10s it is such a code by its form, whatever the system is called\n", "");
    } else if (contains(m->rule, " by_text")) {
        rs_buffer_printf(out, "  %-10s sent as a code, and no code table has it: read as a word\n", "");
    }
}

static void tell_meaning(const struct explaining *e, const struct rs_meaning *m) {
    struct rs_buffer *out = e->out;
    line(out, "1997", m->omb1997);
    line(out, "2024", m->omb2024);
    line(out, "detail", m->detail);
    line(out, "value", m->value);
    line(out, "missing", m->missing);
    for (size_t i = 0; i < e->map->n_missing; i++) {
        if (rs_has(m->missing) && rs_eq(e->map->missing[i].word, m->missing)) {
            line(out, "", e->map->missing[i].meaning);
        }
    }
    line(out, "called", m->display);
    line(out, "rule", m->rule);
    tell_row(out, m);
    for (size_t i = 0; i < e->map->n_bridge; i++) {
        const struct rs_map_word *b = &e->map->bridge[i];
        if (names_bridge(m->rule, b->word)) {
            rs_buffer_printf(out, "  %-10.*s %.*s: 2024 gives %.*s\n", (int)b->word.n, b->word.p, (int)b->meaning.n,
                             b->meaning.p, (int)b->result.n, b->result.p);
            line(out, "", b->basis);
        }
    }
}

static void tell(struct explaining *e) {
    for (size_t i = 0; i < e->n; i++) {
        if (!e->answers[i].told && !e->answers[i].m.unmapped) {
            tell_questions(e, i);
            tell_meaning(e, &e->answers[i].m);
            rs_buffer_byte(e->out, '\n');
        }
    }
    bool any = false;
    for (size_t i = 0; i < e->n; i++) {
        if (!e->answers[i].told) {
            tell_questions(e, i);
            any = true;
        }
    }
    if (any) {
        rs_buffer_printf(e->out, "  %-10s UNMAPPED\n  %-10s no table knows it: the row goes on, the value is put into the "
                                 "quarantine; add it to overrides of\n  %-10s the source's profile, or to schemas/codes\n\n",
                         "missing", "", "");
    }
}

static bool check(const struct rs_map *map, const struct rs_map_query *query, struct rs_buffer *out,
                  struct rs_error *error) {
    int only = query->element == NULL ? -1 : rs_map_scope(map, rs_cstr(query->element));
    if (query->element != NULL && (only < 0 || !map->is_element[only])) {
        return rs_fail(error, RS_USAGE, "\"%s\" is no element; they are listed in %s/codes/elements.csv", query->element,
                       rs_schemas_dir());
    }
    if (query->system != NULL && strcmp(query->system, "local") != 0 && rs_map_system(map, rs_cstr(query->system)) < 0) {
        rs_buffer_printf(out, "The system is none of schemas/codes/systems.csv: taken as local.\n\n");
    }
    return true;
}

bool rs_map_explain(const struct rs_map *map, const struct rs_map_query *query, struct rs_buffer *out,
                    struct rs_error *error) {
    char hex[65];
    struct explaining e = {.map = map, .out = out};
    if (!check(map, query, out, error)) {
        return false;
    }
    for (int s = 1; s < map->n_scopes; s++) {
        struct rs_question q = {.element = map->scopes[s], .representation = RS_LIT("code"),
                                .system = rs_cstr(query->system), .raw = rs_cstr(query->value)};
        /* anything may be a name: told only to those who ask */
        bool wanted = query->element != NULL ? rs_eq_c(q.element, query->element) : s != map->name_to_use;
        if (!map->is_element[s] || !wanted) {
            continue;
        }
        ask_sources(&e, q);
        if (query->system == NULL) {
            q.representation = RS_LIT("text");
            ask_sources(&e, q);
        }
    }
    tell(&e);
    rs_hex(hex, map->version.b, 32);
    rs_buffer_printf(out, "map version %s\n", hex);
    free(e.answers);
    rs_arena_free(&e.arena);
    return true;
}
