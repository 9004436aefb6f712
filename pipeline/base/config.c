/* SPDX-License-Identifier: GPL-3.0-or-later */
/* YAML through libyaml into a tree of strings; errors name file, line and key. */
#include "config.h"
#include "file.h"
#include <errno.h>
#include <libgen.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include <yaml.h>

enum { MOST_DEPTH = 32, MOST_BYTES = 16 << 20 };

static json_t *convert(yaml_document_t *doc, yaml_node_t *node, int depth, const char *path, struct rs_error *error);

static json_t *convert_map(yaml_document_t *doc, yaml_node_t *node, int depth, const char *path,
                           struct rs_error *error) {
    json_t *map = json_object();
    for (yaml_node_pair_t *pair = node->data.mapping.pairs.start; pair < node->data.mapping.pairs.top; pair++) {
        yaml_node_t *key = yaml_document_get_node(doc, pair->key);
        size_t line = key->start_mark.line + 1;
        if (key->type != YAML_SCALAR_NODE) {
            rs_fail(error, RS_CONFIG, "%s:%zu: a key must be plain text", path, line);
            goto fail;
        }
        const char *name = (const char *)key->data.scalar.value;
        if (json_object_get(map, name)) {
            rs_fail(error, RS_CONFIG, "%s:%zu: key \"%s\" stands twice in one map", path, line, name);
            goto fail;
        }
        json_t *value = convert(doc, yaml_document_get_node(doc, pair->value), depth + 1, path, error);
        if (!value) goto fail;
        if (json_object_set_new(map, name, value) != 0) {
            rs_fail(error, RS_CONFIG, "%s:%zu: key is not UTF-8", path, line);
            goto fail;
        }
    }
    return map;
fail:
    json_decref(map);
    return NULL;
}

static json_t *convert(yaml_document_t *doc, yaml_node_t *node, int depth, const char *path, struct rs_error *error) {
    if (!node || depth > MOST_DEPTH) {
        rs_fail(error, RS_CONFIG, "%s: nested too deeply", path);
        return NULL;
    }
    if (node->type == YAML_SCALAR_NODE) {
        json_t *text = json_stringn((const char *)node->data.scalar.value, node->data.scalar.length);
        if (!text) rs_fail(error, RS_CONFIG, "%s:%zu: not UTF-8", path, node->start_mark.line + 1);
        return text;
    }
    if (node->type == YAML_MAPPING_NODE) return convert_map(doc, node, depth, path, error);
    json_t *list = json_array();
    for (yaml_node_item_t *i = node->data.sequence.items.start; i < node->data.sequence.items.top; i++) {
        json_t *value = convert(doc, yaml_document_get_node(doc, *i), depth + 1, path, error);
        if (!value) {
            json_decref(list);
            return NULL;
        }
        json_array_append_new(list, value);
    }
    return list;
}

json_t *rs_yaml_read(const char *path, struct rs_digest *sha, struct rs_error *error) {
    struct rs_buffer bytes = {0};
    json_t *tree = NULL;
    yaml_parser_t parser;
    yaml_document_t doc;
    if (!rs_read_file(path, &bytes, MOST_BYTES, error)) goto done;
    if (sha) *sha = rs_sha256(bytes.p, bytes.n);
    if (!yaml_parser_initialize(&parser)) abort(); /* only when memory is out */
    yaml_parser_set_input_string(&parser, (const unsigned char *)bytes.p, bytes.n);
    if (!yaml_parser_load(&parser, &doc)) {
        rs_fail(error, RS_CONFIG, "%s:%zu: not YAML: %s", path, parser.problem_mark.line + 1,
                parser.problem ? parser.problem : "no reason given");
    } else {
        yaml_node_t *root = yaml_document_get_root_node(&doc);
        if (!root)
            rs_fail(error, RS_CONFIG, "%s: is empty", path);
        else
            tree = convert(&doc, root, 0, path, error);
        yaml_document_delete(&doc);
    }
    yaml_parser_delete(&parser);
done:
    rs_buffer_free(&bytes);
    return tree;
}

bool rs_config_keys(const json_t *map, const char *where, const char *const *allowed, struct rs_error *error) {
    if (!json_is_object(map)) return rs_fail(error, RS_CONFIG, "%s: must be a map of keys and values", where);
    const char *key;
    json_t *value;
    json_object_foreach((json_t *)map, key, value) {
        const char *const *a = allowed;
        while (*a && strcmp(*a, key) != 0) a++;
        if (*a) continue;
        char list[512] = "";
        for (a = allowed; *a; a++) {
            size_t n = strlen(list);
            snprintf(list + n, sizeof list - n, "%s%s", n ? ", " : "", *a);
        }
        return rs_fail(error, RS_CONFIG, "%s: unknown key \"%s\"; known: %s", where, key, list);
    }
    return true;
}

const char *rs_config_text(const json_t *map, const char *key, const char *otherwise) {
    const json_t *value = json_object_get(map, key);
    return json_is_string(value) ? json_string_value(value) : otherwise;
}

bool rs_config_need(const json_t *map, const char *where, const char *key, const char **out, struct rs_error *error) {
    *out = rs_config_text(map, key, NULL);
    if (*out && **out) return true;
    return rs_fail(error, RS_CONFIG, "%s: key \"%s\" is missing", where, key);
}

bool rs_config_long(const json_t *map, const char *where, const char *key, int64_t otherwise, int64_t least,
                    int64_t most, int64_t *out, struct rs_error *error) {
    const char *text = rs_config_text(map, key, NULL);
    *out = otherwise;
    if (!text) return true;
    if (rs_parse_long(rs_cstr(text), out) && *out >= least && *out <= most) return true;
    return rs_fail(error, RS_CONFIG, "%s: %s must be a whole number from %lld to %lld", where, key, (long long)least,
                   (long long)most);
}

bool rs_config_real(const json_t *map, const char *where, const char *key, double otherwise, double least, double most,
                    double *out, struct rs_error *error) {
    const char *text = rs_config_text(map, key, NULL);
    *out = otherwise;
    if (!text) return true;
    if (rs_parse_real(rs_cstr(text), out) && *out >= least && *out <= most) return true;
    return rs_fail(error, RS_CONFIG, "%s: %s must be a number from %g to %g", where, key, least, most);
}

bool rs_config_flag(const json_t *map, const char *where, const char *key, bool otherwise, bool *out,
                    struct rs_error *error) {
    static const char *const words[] = {"no", "yes", "false", "true", "off", "on", NULL};
    const char *text = rs_config_text(map, key, NULL);
    *out = otherwise;
    if (!text) return true;
    for (size_t i = 0; words[i]; i++)
        if (rs_eq_nocase(rs_cstr(text), rs_cstr(words[i]))) {
            *out = i % 2 == 1;
            return true;
        }
    return rs_fail(error, RS_CONFIG, "%s: %s must be yes or no", where, key);
}

bool rs_config_path(char *out, size_t room, const char *config_file, const char *path, struct rs_error *error) {
    if (path[0] == '/' || !config_file) return rs_path(out, room, error, "%s", path);
    char copy[PATH_MAX];
    if (!rs_path(copy, sizeof copy, error, "%s", config_file)) return false;
    return rs_path(out, room, error, "%s/%s", dirname(copy), path);
}

const char *rs_schemas_dir(void) {
    static _Thread_local char found[PATH_MAX];
    const char *set = getenv("RELSOGI_SCHEMAS");
    if (set && *set) return set;
    char self[PATH_MAX - 64];
    ssize_t n = readlink("/proc/self/exe", self, sizeof self - 1);
    if (n > 0) {
        self[n] = 0;
        snprintf(found, sizeof found, "%s/../share/relsogi/schemas", dirname(self));
        if (rs_exists(found)) return found;
    }
    return RELSOGI_SOURCE_DIR "/schemas";
}

const char *rs_default_pack(void) {
    static _Thread_local char found[PATH_MAX];
    const char *set = getenv("RELSOGI_REFERENCE");
    if (set && *set) return set;
    char self[PATH_MAX - 64];
    ssize_t n = readlink("/proc/self/exe", self, sizeof self - 1);
    if (n < 0) n = 0;
    self[n] = 0;
    snprintf(found, sizeof found, "%s/../share/relsogi/default.pack", dirname(self));
    return found;
}
