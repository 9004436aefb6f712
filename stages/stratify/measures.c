/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Why it exists: whether a gap is good or bad, and what a number of events is divided by, is knowledge of the steward's. */
#include "measures.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "pipeline/base/config.h"

struct rs_measure_book {
    json_t *tree; /* owns the texts */
    struct rs_measure_about *list;
    size_t n;
    struct rs_arena arena;
};

static const struct rs_measure_about unlisted = {.kind = RS_PROPORTION};

static bool read_word(const json_t *map, const char *where, const char *key, const char *const *words, int otherwise,
                      int *out, struct rs_error *error) {
    const char *text = rs_config_text(map, key, NULL);
    *out = otherwise;
    if (!text) return true;
    for (int i = 0; words[i]; i++)
        if (strcmp(text, words[i]) == 0) {
            *out = i;
            return true;
        }
    return rs_fail(error, RS_CONFIG, "%s: %s: \"%s\" is none of %s, %s%s%s", where, key, text, words[0], words[1],
                   words[2] ? ", " : "", words[2] ? words[2] : "");
}

static bool read_exclusions(struct rs_measure_book *b, const json_t *list, const char *where,
                            struct rs_measure_about *m, struct rs_error *error) {
    if (!list) return true;
    if (!json_is_array(list)) return rs_fail(error, RS_CONFIG, "%s: exclusions is not a list", where);
    const char **words = rs_arena_alloc(&b->arena, (json_array_size(list) + 1) * sizeof *words);
    for (size_t i = 0; i < json_array_size(list); i++) {
        words[i] = json_string_value(json_array_get(list, i));
        if (!words[i]) return rs_fail(error, RS_CONFIG, "%s: exclusions is not a list of words", where);
    }
    m->exclusions = words;
    return true;
}

static bool read_one(struct rs_measure_book *b, const json_t *map, const char *path, struct rs_error *error) {
    static const char *const keys[] = {"id",    "name",       "kind", "direction", "steward", "unit",
                                       "floor", "exclusions", NULL},
                             *const kinds[] = {"proportion", "rate", "mean", NULL},
                             *const directions[] = {"higher", "lower", NULL};
    struct rs_measure_about *m = &b->list[b->n];
    char where[4400];
    int kind, direction;
    const char *id;
    snprintf(where, sizeof where, "%s: measures[%zu]", path, b->n + 1);
    if (!rs_config_keys(map, where, keys, error) || !rs_config_need(map, where, "id", &id, error)) return false;
    snprintf(where, sizeof where, "%s: measure %s", path, id);
    if (rs_measures_find(b, rs_cstr(id)) != &unlisted) return rs_fail(error, RS_CONFIG, "%s stands twice", where);
    if (!read_word(map, where, "kind", kinds, RS_PROPORTION, &kind, error) ||
        !read_word(map, where, "direction", directions, 0, &direction, error) ||
        !rs_config_real(map, where, "floor", 0, 0, 1e9, &m->floor, error) ||
        !read_exclusions(b, json_object_get(map, "exclusions"), where, m, error))
        return false;
    m->id = id;
    m->name = rs_config_text(map, "name", NULL);
    m->steward = rs_config_text(map, "steward", NULL);
    m->unit = rs_config_text(map, "unit", NULL);
    m->kind = (enum rs_measure_kind)kind;
    m->lower_is_better = direction == 1;
    b->n++;
    return true;
}

struct rs_measure_book *rs_measures_read(const char *path, struct rs_error *error) {
    static const char *const keys[] = {"measures", NULL};
    struct rs_measure_book *b = rs_alloc(sizeof *b);
    b->tree = rs_yaml_read(path, NULL, error);
    const json_t *list = b->tree ? json_object_get(b->tree, "measures") : NULL;
    bool good = b->tree && rs_config_keys(b->tree, path, keys, error);
    if (good && !json_is_array(list)) good = rs_fail(error, RS_CONFIG, "%s: measures is not a list", path);
    if (good) b->list = rs_alloc((json_array_size(list) + 1) * sizeof *b->list);
    for (size_t i = 0; good && i < json_array_size(list); i++) good = read_one(b, json_array_get(list, i), path, error);
    if (good) return b;
    rs_measures_free(b);
    return NULL;
}

void rs_measures_free(struct rs_measure_book *b) {
    if (!b) return;
    json_decref(b->tree);
    free(b->list);
    rs_arena_free(&b->arena);
    free(b);
}

const struct rs_measure_about *rs_measures_find(const struct rs_measure_book *b, struct rs_view id) {
    for (size_t i = 0; b && i < b->n; i++)
        if (rs_eq_c(id, b->list[i].id)) return &b->list[i];
    return &unlisted;
}

bool rs_measure_excludes(const struct rs_measure_about *m, struct rs_view word) {
    if (!rs_has(word)) return false;
    if (!m->exclusions) return true;
    for (size_t i = 0; m->exclusions[i]; i++)
        if (rs_eq_nocase(word, rs_cstr(m->exclusions[i]))) return true;
    return false;
}
