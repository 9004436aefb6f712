/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a sender means otherwise: `overrides` of its profile. Read here and not in ingest, so that a changed override
 * makes only the mapping run again. Their content enters the map's version. */
#include <stdio.h>
#include <stdlib.h>
#include <libgen.h>
#include <limits.h>
#include "map_private.h"
#include "pipeline/base/config.h"
#include "pipeline/base/file.h"

/* As ingest finds profiles: a bare name in schemas/profiles, else a path relative to the file that names it. */
static bool find_profile(char *path, size_t room, const char *name, const char *beside, struct rs_error *error) {
    size_t n = strlen(name);
    if (strchr(name, '/') != NULL || (n > 5 && strcmp(name + n - 5, ".yaml") == 0)) {
        return rs_config_path(path, room, beside, name, error);
    }
    return rs_path(path, room, error, "%s/profiles/%s.yaml", rs_schemas_dir(), name);
}

struct profile {
    json_t *overrides; /* owned; NULL where there are none */
    struct rs_view source;
    char where[PATH_MAX];
};

/* What a profile itself does not say, its base says. */
static bool read_profile(struct rs_map *map, const char *name, const char *beside, int depth, struct profile *out,
                         struct rs_error *error) {
    char path[PATH_MAX];
    if (depth > 4) {
        return rs_fail(error, RS_CONFIG, "%s: bases of bases of bases: are they in a circle?", beside);
    }
    if (!find_profile(path, sizeof path, name, beside, error)) {
        return false;
    }
    json_t *tree = rs_yaml_read(path, NULL, error);
    if (tree == NULL) {
        return false;
    }
    json_t *overrides = json_object_get(tree, "overrides");
    if (overrides != NULL && out->overrides == NULL) {
        out->overrides = json_incref(overrides);
        snprintf(out->where, sizeof out->where, "%s", path);
    }
    const char *source = rs_config_text(tree, "source", NULL), *base = rs_config_text(tree, "base", NULL);
    if (source != NULL && rs_is_null(out->source)) {
        out->source = rs_arena_view(&map->arena, rs_cstr(source));
    }
    bool ok = base == NULL || read_profile(map, base, path, depth + 1, out, error);
    json_decref(tree);
    return ok;
}

static struct rs_view keep(struct rs_map *map, const json_t *item, const char *key) {
    const char *text = rs_config_text(item, key, NULL);
    return text != NULL && *text != 0 ? rs_arena_view(&map->arena, rs_cstr(text)) : RS_NULL;
}

static bool add_override(struct rs_map *map, const json_t *item, size_t number, const struct profile *profile,
                         struct rs_error *error) {
    static const char *const allowed[] = {"element", "system", "code",    "text",    "omb1997",
                                          "omb2024", "detail", "value",   "missing", NULL};
    char where[PATH_MAX + 64];
    snprintf(where, sizeof where, "%s: overrides[%zu]", profile->where, number);
    if (!rs_config_keys(item, where, allowed, error)) {
        return false;
    }
    const char *code = rs_config_text(item, "code", NULL), *text = rs_config_text(item, "text", NULL), *element;
    if ((code == NULL) == (text == NULL)) {
        return rs_fail(error, RS_CONFIG, "%s: give code or text, one of them", where);
    }
    if (!rs_config_need(item, where, "element", &element, error)) {
        return false;
    }
    struct rs_view system = keep(map, item, "system");
    struct rs_override o = {.source = profile->source,
                            .scope = rs_map_scope(map, rs_cstr(element)),
                            .system = rs_is_null(system) || rs_eq_c(system, "local") ? -1 : rs_map_system(map, system),
                            .text = text != NULL,
                            .code = rs_map_normal(&map->arena, rs_cstr(text != NULL ? text : code)),
                            .meaning = {.omb1997 = keep(map, item, "omb1997"),
                                        .omb2024 = keep(map, item, "omb2024"),
                                        .detail = rs_map_detail(map, keep(map, item, "detail")),
                                        .value = keep(map, item, "value"),
                                        .missing = keep(map, item, "missing")}};
    if (o.scope < 0) {
        return rs_fail(error, RS_CONFIG, "%s: element \"%s\" is none; see schemas/codes/elements.csv", where, element);
    }
    if (!rs_is_null(system) && !rs_eq_c(system, "local") && o.system < 0) {
        return rs_fail(error, RS_CONFIG, "%s: system is none of schemas/codes/systems.csv, nor local", where);
    }
    if (!rs_map_check(map, &o.meaning, where, error)) {
        return false;
    }
    char *file = rs_strdup(profile->where);
    char *name = basename(file);
    size_t n = strlen(name);
    n -= n > 5 && strcmp(name + n - 5, ".yaml") == 0 ? 5 : 0;
    o.meaning.rule = rs_arena_printf(&map->arena, "override:%.*s:%zu", (int)n, name, number);
    o.meaning.table = rs_arena_view(&map->arena, rs_cstr(profile->where));
    o.meaning.line = (long)number;
    free(file);
    map->overrides = rs_realloc(map->overrides, (map->n_overrides + 1) * sizeof *map->overrides);
    map->overrides[map->n_overrides++] = o;
    return true;
}

/* The version is a chain: version before, source, overrides as sorted JSON. */
static void add_version(struct rs_map *map, const struct profile *profile) {
    char *text = json_dumps(profile->overrides, JSON_SORT_KEYS | JSON_COMPACT);
    struct rs_sha *sha = rs_sha_begin();
    rs_sha_add(sha, map->version.b, sizeof map->version.b);
    rs_sha_add(sha, profile->source.p, profile->source.n);
    rs_sha_add(sha, "\x1f", 1);
    rs_sha_add(sha, text, strlen(text));
    rs_sha_end(sha, &map->version);
    free(text);
}

bool rs_map_add_profile(struct rs_map *map, const char *profile, const char *config_path, struct rs_view source,
                        struct rs_error *error) {
    struct profile p = {.source = rs_is_null(source) ? RS_NULL : rs_arena_view(&map->arena, source)};
    bool ok = read_profile(map, profile, config_path, 0, &p, error);
    if (ok && p.overrides != NULL) {
        json_t *item;
        size_t i;
        if (!json_is_array(p.overrides)) {
            ok = rs_fail(error, RS_CONFIG, "%s: overrides must be a list", p.where);
        }
        json_array_foreach(p.overrides, i, item) {
            ok = ok && add_override(map, item, i + 1, &p, error);
        }
        if (ok) {
            add_version(map, &p);
        }
    }
    json_decref(p.overrides);
    return ok;
}

struct entry {
    const char *profile, *source;
};

static int by_name(const void *a, const void *b) {
    const struct entry *x = a, *y = b;
    int c = strcmp(x->profile, y->profile);
    return c != 0 ? c : rs_compare(rs_cstr(x->source), rs_cstr(y->source));
}

/* In the order of their names and each once: neither answers nor version depend on the order of sources. */
bool rs_map_add_config(struct rs_map *map, const json_t *config, const char *config_path, struct rs_error *error) {
    const json_t *sources = json_object_get(config, "sources"), *item;
    struct entry *entries = rs_alloc((json_array_size(sources) + 1) * sizeof *entries);
    size_t i, n = 0;
    bool ok = true;
    json_array_foreach(sources, i, item) {
        entries[n] = (struct entry){rs_config_text(item, "profile", NULL), rs_config_text(item, "source", NULL)};
        n += entries[n].profile != NULL;
    }
    qsort(entries, n, sizeof *entries, by_name);
    for (i = 0; ok && i < n; i++) {
        bool again = i > 0 && by_name(&entries[i - 1], &entries[i]) == 0;
        ok = again || rs_map_add_profile(map, entries[i].profile, config_path, rs_cstr(entries[i].source), error);
    }
    free(entries);
    return ok;
}
