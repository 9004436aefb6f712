/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Why it exists: forty strata of nine persons say nothing and cost others their rows; which go together must not be
 * decided by looking at results. */
#include "label.h"
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "pipeline/base/config.h"

struct rule {
    int64_t minimum;
    const char *rest;
    const json_t *groups; /* name to list of strata */
};
struct rs_collapse {
    json_t *tree;
    struct rule *rule[RS_BUILT_IN]; /* NULL for none */
};

/* ---- the hierarchy ---------------------------------------------------------------------------------------------- */

static bool check_groups(const json_t *groups, const char *where, struct rs_error *error) {
    const char *name;
    json_t *list, *one;
    size_t i;
    if (!groups) return true;
    if (!json_is_object(groups)) return rs_fail(error, RS_CONFIG, "%s: groups is not a map of lists", where);
    json_object_foreach((json_t *)(uintptr_t)groups, name, list) {
        if (!json_is_array(list)) return rs_fail(error, RS_CONFIG, "%s: group %s is not a list", where, name);
        json_array_foreach(list, i, one) {
            if (!json_is_string(one)) return rs_fail(error, RS_CONFIG, "%s: group %s is not a list of names", where, name);
        }
    }
    return true;
}

static bool read_rule(struct rs_collapse *c, const char *path, const char *name, const json_t *map,
                      struct rs_error *error) {
    static const char *const keys[] = {"minimum", "groups", "rest", NULL};
    char where[4400];
    int d = RS_RACE + 1;
    snprintf(where, sizeof where, "%s: %s", path, name);
    while (d < RS_BUILT_IN && strcmp(name, rs_dimension_names[d]) != 0) d++;
    if (d == RS_BUILT_IN || d == RS_RACE_2024_ANY)
        return rs_fail(error, RS_CONFIG, "%s: no dimension whose strata can be pooled", where);
    struct rule *r = c->rule[d] = rs_alloc(sizeof *r);
    if (!rs_config_keys(map, where, keys, error) ||
        !rs_config_long(map, where, "minimum", 0, 1, 1000000000, &r->minimum, error) ||
        !check_groups(json_object_get(map, "groups"), where, error))
        return false;
    if (!r->minimum) return rs_fail(error, RS_CONFIG, "%s: minimum is missing", where);
    r->rest = rs_config_text(map, "rest", "other");
    r->groups = json_object_get(map, "groups");
    return true;
}

struct rs_collapse *rs_collapse_read(const char *path, struct rs_error *error) {
    struct rs_collapse *c = rs_alloc(sizeof *c);
    const char *name;
    json_t *map;
    c->tree = rs_yaml_read(path, NULL, error);
    bool good = c->tree != NULL;
    if (good && !json_is_object(c->tree)) good = rs_fail(error, RS_CONFIG, "%s: not a map of dimensions", path);
    if (good) json_object_foreach(c->tree, name, map) {
            good = read_rule(c, path, name, map, error);
            if (!good) break;
        }
    if (good) return c;
    rs_collapse_free(c);
    return NULL;
}

void rs_collapse_free(struct rs_collapse *c) {
    if (!c) return;
    for (int d = 0; d < RS_BUILT_IN; d++) free(c->rule[d]);
    json_decref(c->tree);
    free(c);
}

static const char *group_of(const struct rule *r, const char *stratum) {
    const char *name;
    json_t *list, *one;
    size_t i;
    json_object_foreach((json_t *)(uintptr_t)r->groups, name, list) {
        json_array_foreach(list, i, one) {
            if (strcmp(json_string_value(one), stratum) == 0) return name;
        }
    }
    return NULL;
}

/* ---- labels ------------------------------------------------------------------------------------------------------ */

bool rs_stratum_is_missing(enum rs_dimension d, uint32_t number, const char *name) {
    static const char *const eight[] = {"AIAN", "ASIAN", "BLACK", "HISPANIC", "MENA", "NHPI", "WHITE", "MULTIRACIAL"};
    if (d == RS_RACE) return number >= RS_GROUPS;
    if (strcmp(name, "MISSING") == 0) return true;
    if (d == RS_SEX) return strcmp(name, "unknown") == 0;
    if (d == RS_RACE_2024) {
        for (size_t i = 0; i < sizeof eight / sizeof eight[0]; i++)
            if (strcmp(name, eight[i]) == 0) return false;
        return true;
    }
    bool words = d == RS_LANGUAGE || (d >= RS_ORIENTATION && d <= RS_TRANSGENDER);
    return words && isupper((unsigned char)name[0]);
}

struct candidate {
    uint64_t n;
    const char *name;
    uint32_t number;
};

static int by_count(const void *a, const void *b) {
    const struct candidate *x = a, *y = b;
    if (x->n != y->n) return x->n < y->n ? 1 : -1;
    return strcmp(x->name, y->name);
}

/* The `keep` most frequent stay, the others become one. */
static void keep_most(const char **label, struct candidate *c, size_t n, size_t keep) {
    if (n) qsort(c, n, sizeof *c, by_count);
    for (size_t i = keep; i < n; i++) label[c[i].number] = "other";
}

static const char *keep_name(const struct rs_strata *strata, const char *name) {
    return strata->labels->names[rs_name_number(strata->labels, rs_cstr(name))];
}

static void pool(const struct rs_strata *strata, const struct rule *r, const char **label, const struct candidate *c,
                 size_t n) {
    const char **group = rs_alloc((n + 1) * sizeof *group);
    for (size_t i = 0; i < n; i++)
        if (c[i].n < (uint64_t)r->minimum) group[i] = group_of(r, c[i].name);
    for (size_t i = 0; i < n; i++) {
        uint64_t together = 0;
        if (c[i].n >= (uint64_t)r->minimum) continue;
        for (size_t j = 0; group[i] && j < n; j++)
            if (group[j] && strcmp(group[i], group[j]) == 0) together += c[j].n;
        label[c[i].number] = keep_name(strata, together >= (uint64_t)r->minimum ? group[i] : r->rest);
    }
    free(group);
}

const char **rs_labels(const struct rs_series *series, const struct rs_strata *strata,
                       const struct rs_settings *settings, enum rs_dimension d) {
    const struct rs_counts *counts = &series->by[d];
    const char **label = rs_alloc((counts->n + 1) * sizeof *label);
    struct candidate *c = rs_alloc((counts->n + 1) * sizeof *c);
    size_t n = 0;
    for (uint32_t i = 0; i < counts->n; i++) {
        if (!counts->c[i].n) continue;
        label[i] = strata->names[d].names[i];
        if (!rs_stratum_is_missing(d, i, label[i])) c[n++] = (struct candidate){counts->c[i].n, label[i], i};
    }
    const struct rule *r = settings->collapse && d < RS_BUILT_IN ? settings->collapse->rule[d] : NULL;
    if (r) pool(strata, r, label, c, n);
    else if (d == RS_LANGUAGE) keep_most(label, c, n, settings->languages);
    free(c);
    return label;
}
