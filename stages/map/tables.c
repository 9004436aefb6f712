/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Loads schemas/codes into one hash table, and refuses a row that does not keep to its own vocabulary: a typing mistake
 * in a table must stop the run, not count people wrongly. */
#include <stdio.h>
#include <stdlib.h>
#include "map_private.h"
#include "pipeline/base/file.h"
#include "pipeline/reference/name_fold.h"

/* In this order: what later tables refer to comes first, and rows come before displays. */
static const char *const code_tables[] = {"cdcrec.csv",    "cdcrec_hierarchical.csv", "race_ethnicity.csv",
                                          "text.csv",      "missing.csv",             "sogi.csv",
                                          "languages_more.csv", "languages.csv"};

struct rs_view rs_map_normal(struct rs_arena *arena, struct rs_view raw) {
    struct rs_view folded = rs_name_fold(arena, raw);
    if (rs_is_null(folded)) {
        return rs_is_null(raw) ? RS_NULL : RS_LIT("");
    }
    char *out = rs_arena_alloc(arena, folded.n + 1);
    size_t n = 0;
    bool blank = false;
    for (size_t i = 0; i < folded.n; i++) {
        unsigned char c = (unsigned char)folded.p[i];
        if (c == '\'') {
            continue;
        }
        if (c < 0x80 && !(c >= 'A' && c <= 'Z') && !(c >= '0' && c <= '9')) {
            blank = n > 0;
            continue;
        }
        if (blank) {
            out[n++] = ' ';
            blank = false;
        }
        out[n++] = (char)c;
    }
    return rs_view(out, n);
}

/* ---- the hash table --------------------------------------------------------------------------------------------- */

static uint64_t hash_of(int scope, int system, struct rs_view code) {
    uint64_t h = 0xcbf29ce484222325u ^ (uint64_t)(scope * 64 + system); /* FNV-1a */
    for (size_t i = 0; i < code.n; i++) {
        h = (h ^ (unsigned char)code.p[i]) * 0x100000001b3u;
    }
    return h ^ (h >> 29);
}

static uint32_t *slot_of(const struct rs_map *map, int scope, int system, struct rs_view code) {
    for (size_t i = hash_of(scope, system, code) & (map->n_slots - 1);; i = (i + 1) & (map->n_slots - 1)) {
        const struct rs_map_entry *e = map->slots[i] ? &map->entries[map->slots[i] - 1] : NULL;
        if (e == NULL || (e->scope == scope && e->system == system && rs_eq(e->code, code))) {
            return &map->slots[i];
        }
    }
}

static void grow(struct rs_map *map) {
    free(map->slots);
    map->n_slots = map->n_slots ? map->n_slots * 2 : 1 << 15;
    map->slots = rs_alloc(map->n_slots * sizeof *map->slots);
    for (size_t i = 0; i < map->n; i++) {
        const struct rs_map_entry *e = &map->entries[i];
        *slot_of(map, e->scope, e->system, e->code) = (uint32_t)i + 1;
    }
}

struct rs_map_entry *rs_map_add(struct rs_map *map, int scope, int system, struct rs_view normal, bool *was_there) {
    if (map->n == map->room) {
        map->room = map->room ? map->room * 2 : 1 << 14;
        map->entries = rs_realloc(map->entries, map->room * sizeof *map->entries);
    }
    if (map->n * 2 >= map->n_slots) {
        grow(map);
    }
    uint32_t *slot = slot_of(map, scope, system, normal);
    *was_there = *slot != 0;
    if (*slot == 0) {
        map->entries[map->n] = (struct rs_map_entry){.scope = scope, .system = system, .code = normal};
        *slot = (uint32_t)++map->n;
    }
    return &map->entries[*slot - 1];
}

const struct rs_map_entry *rs_map_find(const struct rs_map *map, int scope, int system, struct rs_view normal) {
    uint32_t slot = *slot_of(map, scope, system, normal);
    return slot && !map->entries[slot - 1].ambiguous ? &map->entries[slot - 1] : NULL;
}

/* ---- vocabularies ----------------------------------------------------------------------------------------------- */

static int index_of(const struct rs_view *list, size_t n, struct rs_view v) {
    for (size_t i = 0; i < n; i++) {
        if (rs_eq(list[i], v)) {
            return (int)i;
        }
    }
    return -1;
}

int rs_map_scope(const struct rs_map *map, struct rs_view name) {
    return index_of(map->scopes, (size_t)map->n_scopes, name);
}

int rs_map_system(const struct rs_map *map, struct rs_view sent) {
    sent = rs_trim(sent);
    for (size_t i = 0; i < map->n_as_sent; i++) {
        if (rs_eq_nocase(map->as_sent[i], sent)) {
            return map->as_sent_system[i];
        }
    }
    return -1;
}

static bool add_scope(struct rs_map *map, struct rs_view name, int *number) {
    *number = rs_map_scope(map, name);
    if (*number >= 0) {
        return true;
    }
    if (map->n_scopes == RS_MAX_SCOPES) {
        return false;
    }
    *number = map->n_scopes++;
    map->scopes[*number] = name;
    map->group[*number] = *number;
    return true;
}

static bool take_element(void *self, const char *path, const struct rs_table_row *row, struct rs_error *error) {
    struct rs_map *map = self;
    int element, group;
    if (!add_scope(map, rs_table_cell(row, "element"), &element) || !add_scope(map, rs_table_cell(row, "group"), &group)) {
        return rs_fail(error, RS_CONFIG, "%s:%ld: more than %d elements and groups", path, row->line, RS_MAX_SCOPES);
    }
    map->group[element] = group;
    map->is_element[element] = true;
    return true;
}

static bool take_system(void *self, const char *path, const struct rs_table_row *row, struct rs_error *error) {
    struct rs_map *map = self;
    struct rs_view name = rs_table_cell(row, "system");
    int system = index_of(map->systems, (size_t)map->n_systems, name);
    if (system < 0) {
        if (map->n_systems == RS_MAX_SYSTEMS) {
            return rs_fail(error, RS_CONFIG, "%s:%ld: more than %d systems", path, row->line, RS_MAX_SYSTEMS);
        }
        system = map->n_systems++;
        map->systems[system] = name;
    }
    map->as_sent = rs_realloc(map->as_sent, (map->n_as_sent + 1) * sizeof *map->as_sent);
    map->as_sent_system = rs_realloc(map->as_sent_system, (map->n_as_sent + 1) * sizeof *map->as_sent_system);
    map->as_sent[map->n_as_sent] = rs_table_cell(row, "as_sent");
    map->as_sent_system[map->n_as_sent++] = system;
    return true;
}

static void add_word(struct rs_map_word **list, size_t *n, struct rs_map_word word) {
    *list = rs_realloc(*list, (*n + 1) * sizeof **list);
    (*list)[(*n)++] = word;
}

static bool has_word(const struct rs_map_word *list, size_t n, struct rs_view word) {
    for (size_t i = 0; i < n; i++) {
        if (rs_eq(list[i].word, word)) {
            return true;
        }
    }
    return false;
}

static bool take_missing(void *self, const char *path, const struct rs_table_row *row, struct rs_error *error) {
    struct rs_map *map = self;
    (void)path, (void)error;
    add_word(&map->missing, &map->n_missing,
             (struct rs_map_word){rs_table_cell(row, "missing"), rs_table_cell(row, "meaning"), RS_NULL, RS_NULL});
    return true;
}

static bool take_bridge(void *self, const char *path, const struct rs_table_row *row, struct rs_error *error) {
    struct rs_map *map = self;
    (void)path, (void)error;
    add_word(&map->bridge, &map->n_bridge,
             (struct rs_map_word){rs_table_cell(row, "rule"), rs_table_cell(row, "when"),
                                  rs_table_cell(row, "result_2024"), rs_table_cell(row, "basis")});
    return true;
}

static bool check_axis(struct rs_view v, const char *const *categories) {
    while (rs_has(v)) {
        struct rs_view part = rs_split(&v, '+');
        while (!rs_is_null(part)) {
            struct rs_view one = rs_split(&part, '|');
            size_t i = 0;
            while (categories[i] != NULL && !rs_eq_c(one, categories[i])) {
                i++;
            }
            if (categories[i] == NULL) {
                return false;
            }
        }
    }
    return true;
}

bool rs_map_check(const struct rs_map *map, const struct rs_meaning *m, const char *where, struct rs_error *error) {
    static const char *const axis1997[] = {"AIAN",       "ASIAN",       "BLACK",    "NHOPI",        "WHITE",
                                           "OTHER_RACE", "TWO_OR_MORE", "HISPANIC", "NOT_HISPANIC", NULL};
    static const char *const axis2024[] = {"AIAN", "ASIAN", "BLACK", "HISPANIC", "MENA", "NHPI", "WHITE", NULL};
    if (!check_axis(m->omb1997, axis1997)) {
        return rs_fail(error, RS_CONFIG, "%s: omb1997 is no category, or set of categories, of the 1997 standards", where);
    }
    if (!check_axis(m->omb2024, axis2024)) {
        return rs_fail(error, RS_CONFIG, "%s: omb2024 is no category, or set of categories, of the 2024 standards", where);
    }
    if (rs_has(m->missing) && !has_word(map->missing, map->n_missing, m->missing)) {
        return rs_fail(error, RS_CONFIG, "%s: missing is no reason of missing_reasons.csv", where);
    }
    if (!rs_has(m->omb1997) && !rs_has(m->omb2024) && !rs_has(m->value) && !rs_has(m->missing)) {
        return rs_fail(error, RS_CONFIG, "%s: says nothing: give omb1997, omb2024, value or missing", where);
    }
    return true;
}

/* ---- rows ------------------------------------------------------------------------------------------------------- */

static struct rs_view or_null(struct rs_view v) { return rs_has(v) ? v : RS_NULL; }

struct rs_view rs_map_detail(struct rs_map *map, struct rs_view code) {
    if (!rs_has(code)) {
        return RS_NULL;
    }
    struct rs_arena scratch = {0};
    struct rs_view normal = rs_map_normal(&scratch, code);
    const struct rs_map_entry *e = rs_map_find(map, map->races, map->cdcrec, normal);
    struct rs_view detail = e == NULL ? code : rs_arena_printf(&map->arena, "%.*s %.*s", (int)code.n, code.p,
                                                               (int)e->meaning.display.n, e->meaning.display.p);
    rs_arena_free(&scratch);
    return detail;
}

static bool same(const struct rs_meaning *a, const struct rs_meaning *b) {
    return rs_eq(a->omb1997, b->omb1997) && rs_eq(a->omb2024, b->omb2024) && rs_eq(a->detail, b->detail) &&
           rs_eq(a->value, b->value) && rs_eq(a->missing, b->missing);
}

/* A display counts as a word of its own, unless a row says otherwise or another display contradicts it. */
static void add_display(struct rs_map *map, int scope, struct rs_view text, const struct rs_meaning *m) {
    struct rs_view normal = rs_map_normal(&map->arena, text);
    bool was_there;
    if (!rs_has(normal)) {
        return;
    }
    struct rs_map_entry *e = rs_map_add(map, scope, map->text, normal, &was_there);
    if (!was_there) {
        e->meaning = *m;
        e->derived = true;
    } else if (e->derived && !same(&e->meaning, m)) {
        e->ambiguous = true;
    }
}

static void add_displays(struct rs_map *map, const struct rs_map_entry *row) {
    struct rs_meaning m = row->meaning;
    struct rs_view rest = m.display;
    if (row->scope == map->races && row->system == map->cdcrec) {
        bool ethnicity = rs_eq_c(m.omb1997, "HISPANIC") || rs_eq_c(m.omb1997, "NOT_HISPANIC");
        add_display(map, map->races, rest, &m);
        add_display(map, ethnicity ? map->ethnicity : map->race, rest, &m);
    }
    if (row->scope != map->language || row->system != map->iso639) {
        return;
    }
    while (!rs_is_null(rest)) {
        struct rs_view name = rs_trim(rs_split(&rest, ';'));
        add_display(map, map->language, name, &m);
        const char *bracket = memchr(name.p, '(', name.n);
        if (bracket != NULL) {
            add_display(map, map->language, rs_view(name.p, (size_t)(bracket - name.p)), &m);
        }
    }
}

/* "table:code/bridge": enough to find the row again. */
static struct rs_view rule_of(struct rs_map *map, int system, struct rs_view code, struct rs_view bridge) {
    struct rs_view name = map->systems[system];
    return rs_arena_printf(&map->arena, "%.*s:%.*s%s%.*s", (int)name.n, name.p, (int)code.n, code.p,
                           rs_has(bridge) ? "/" : "", (int)bridge.n, bridge.n ? bridge.p : "");
}

static bool take_code(void *self, const char *path, const struct rs_table_row *row, struct rs_error *error) {
    struct rs_map *map = self;
    char where[4200];
    struct rs_view code = rs_table_cell(row, "code"), bridge = rs_table_cell(row, "rule");
    int scope = rs_map_scope(map, rs_table_cell(row, "element"));
    int system = index_of(map->systems, (size_t)map->n_systems, rs_table_cell(row, "system"));
    snprintf(where, sizeof where, "%s:%ld", path, row->line);
    if (scope < 0 || system < 0 || !rs_has(code)) {
        return rs_fail(error, RS_CONFIG, "%s: %s", where,
                       scope < 0    ? "the element is not in elements.csv"
                       : system < 0 ? "the system is not in systems.csv"
                                    : "the code is empty");
    }
    if (rs_has(bridge) && !has_word(map->bridge, map->n_bridge, bridge)) {
        return rs_fail(error, RS_CONFIG, "%s: the rule is not in bridge.csv", where);
    }
    struct rs_meaning m = {.omb1997 = or_null(rs_table_cell(row, "omb1997")),
                           .omb2024 = or_null(rs_table_cell(row, "omb2024")),
                           .value = or_null(rs_table_cell(row, "value")),
                           .missing = or_null(rs_table_cell(row, "missing")),
                           .display = or_null(rs_table_cell(row, "display")),
                           .table = map->table,
                           .confidence = or_null(rs_table_cell(row, "confidence")),
                           .line = row->line};
    if (!rs_map_check(map, &m, where, error)) {
        return false;
    }
    bool was_there;
    struct rs_map_entry *e = rs_map_add(map, scope, system, rs_map_normal(&map->arena, code), &was_there);
    if (was_there && !e->derived) {
        return rs_fail(error, RS_CONFIG, "%s: the same element, system and code stand in an earlier row", where);
    }
    m.rule = rule_of(map, system, code, bridge);
    e->meaning = m;
    e->derived = e->ambiguous = false;
    size_t number = (size_t)(e - map->entries);
    /* the row itself must be there before its own name can be put into its detail */
    m.detail = rs_map_detail(map, rs_table_cell(row, "detail"));
    map->entries[number].meaning = m;
    struct rs_map_entry copy = map->entries[number];
    add_displays(map, &copy);
    return true;
}

static bool read_table(struct rs_map *map, const char *dir, const char *name,
                       bool (*take)(void *, const char *, const struct rs_table_row *, struct rs_error *),
                       struct rs_error *error) {
    char path[4096];
    map->table = rs_cstr(name); /* a constant */
    rs_sha_add(map->sha, name, strlen(name) + 1);
    return rs_path(path, sizeof path, error, "%s/%s", dir, name) &&
           rs_table_read(path, &map->arena, map->sha, map, take, error);
}

static bool find_names(struct rs_map *map, const char *dir, struct rs_error *error) {
    const struct {
        int *number;
        const char *name;
        bool scope;
    } names[] = {{&map->text, "text", false},
                 {&map->cdcrec, "cdcrec", false},
                 {&map->null_flavor, "null_flavor", false},
                 {&map->iso639, "iso639", false},
                 {&map->bcp47, "bcp47", false},
                 {&map->nisoz39_53, "nisoz39_53", false},
                 {&map->pcornet, "pcornet", false},
                 {&map->loinc, "loinc", false},
                 {&map->snomed, "snomed", false},
                 {&map->race, "race", true},
                 {&map->ethnicity, "ethnicity", true},
                 {&map->races, "race_and_ethnicity", true},
                 {&map->language, "language", true},
                 {&map->name_to_use, "name_to_use", true}};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        struct rs_view name = rs_cstr(names[i].name);
        *names[i].number = names[i].scope ? rs_map_scope(map, name)
                                          : index_of(map->systems, (size_t)map->n_systems, name);
        if (*names[i].number < 0) {
            return rs_fail(error, RS_CONFIG, "%s: \"%s\" is missing in %s", dir, names[i].name,
                           names[i].scope ? "elements.csv" : "systems.csv");
        }
    }
    return true;
}

struct rs_map *rs_map_open(const char *codes_dir, struct rs_error *error) {
    struct rs_map *map = rs_alloc(sizeof *map);
    int any;
    map->sha = rs_sha_begin();
    add_scope(map, RS_LIT("*"), &any);
    grow(map);
    bool ok = read_table(map, codes_dir, "elements.csv", take_element, error) &&
              read_table(map, codes_dir, "systems.csv", take_system, error) &&
              read_table(map, codes_dir, "missing_reasons.csv", take_missing, error) &&
              read_table(map, codes_dir, "bridge.csv", take_bridge, error) && find_names(map, codes_dir, error);
    for (size_t i = 0; ok && i < sizeof code_tables / sizeof *code_tables; i++) {
        ok = read_table(map, codes_dir, code_tables[i], take_code, error);
    }
    if (!ok) {
        rs_map_close(map);
        return NULL;
    }
    rs_sha_end(map->sha, &map->version);
    map->sha = NULL;
    return map;
}

void rs_map_close(struct rs_map *map) {
    if (map == NULL) {
        return;
    }
    if (map->sha != NULL) {
        rs_sha_end(map->sha, NULL);
    }
    rs_arena_free(&map->arena);
    free(map->entries);
    free(map->slots);
    free(map->as_sent);
    free(map->as_sent_system);
    free(map->missing);
    free(map->bridge);
    free(map->overrides);
    free(map);
}

struct rs_digest rs_map_version(const struct rs_map *map) { return map->version; }
