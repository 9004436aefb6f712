/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Answers "how would this value be mapped, and why?" with the very function the stage uses. */
#include <stdio.h>
#include "map_private.h"
#include "pipeline/base/config.h"
#include "pipeline/base/file.h"

static void line(struct rs_buffer *out, const char *name, struct rs_view v) {
    if (rs_has(v)) {
        rs_buffer_printf(out, "  %-8s %.*s\n", name, (int)v.n, v.p);
    }
}

static void explain_one(const struct rs_map *map, struct rs_arena *arena, const struct rs_question *q,
                        struct rs_buffer *out) {
    struct rs_meaning m = rs_map_value(map, arena, q);
    rs_buffer_printf(out, "%.*s, %.*s", (int)q->element.n, q->element.p, (int)q->representation.n,
                     q->representation.p);
    if (rs_has(q->source)) {
        rs_buffer_printf(out, ", source %.*s", (int)q->source.n, q->source.p);
    }
    rs_buffer_printf(out, "\n");
    line(out, "omb1997", m.omb1997);
    line(out, "omb2024", m.omb2024);
    line(out, "detail", m.detail);
    line(out, "value", m.value);
    line(out, "missing", m.missing);
    line(out, "rule", m.rule);
    line(out, "called", m.display);
}

/* Every source that has overrides is asked too, where its answer may differ. */
static void explain_sources(const struct rs_map *map, struct rs_arena *arena, struct rs_question q,
                            struct rs_buffer *out) {
    explain_one(map, arena, &q, out);
    for (size_t i = 0; i < map->n_overrides; i++) {
        bool first = !rs_is_null(map->overrides[i].source);
        for (size_t j = 0; first && j < i; j++) {
            first = !rs_eq(map->overrides[j].source, map->overrides[i].source);
        }
        if (!first) {
            continue;
        }
        q.source = map->overrides[i].source;
        if (strncmp(rs_map_value(map, arena, &q).rule.p, "override:", 9) == 0) {
            explain_one(map, arena, &q, out);
        }
    }
}

bool rs_map_explain(const char *value, const char *element, const char *system, const char *config_path,
                    struct rs_buffer *out, struct rs_error *error) {
    char dir[4096], hex[65];
    struct rs_arena arena = {0};
    struct rs_map *map = NULL;
    json_t *config = NULL;
    bool ok = rs_path(dir, sizeof dir, error, "%s/codes", rs_schemas_dir()) && (map = rs_map_open(dir, error)) != NULL;
    if (ok && config_path != NULL) {
        ok = (config = rs_yaml_read(config_path, NULL, error)) != NULL &&
             rs_map_add_config(map, config, config_path, error);
    }
    int only = ok && element != NULL ? rs_map_scope(map, rs_cstr(element)) : -1;
    if (ok && element != NULL && (only < 0 || !map->is_element[only])) {
        ok = rs_fail(error, RS_USAGE, "\"%s\" is no element; see %s/elements.csv", element, dir);
    }
    if (ok && system != NULL && rs_map_system(map, rs_cstr(system)) < 0 && strcmp(system, "local") != 0) {
        rs_buffer_printf(out, "(system %s is not in systems.csv: treated as local)\n", system);
    }
    for (int s = 1; ok && s < map->n_scopes; s++) {
        struct rs_question q = {.element = map->scopes[s], .representation = RS_LIT("code"), .system = rs_cstr(system),
                                .raw = rs_cstr(value)};
        if (!map->is_element[s] || (only >= 0 && s != only)) {
            continue;
        }
        explain_sources(map, &arena, q, out);
        if (system == NULL) {
            q.representation = RS_LIT("text");
            explain_sources(map, &arena, q, out);
        }
    }
    if (ok) {
        rs_hex(hex, map->version.b, 32);
        rs_buffer_printf(out, "map version %s\n", hex);
    }
    json_decref(config);
    rs_map_close(map);
    rs_arena_free(&arena);
    return ok;
}
