/* SPDX-License-Identifier: GPL-3.0-or-later */
/* yajl's callbacks build the token tree; one yajl handle serves many texts until one of them is broken. */
#include "json.h"
#include <stdlib.h>
#include <yajl/yajl_parse.h>

struct rs_json {
    yajl_handle yajl;
    struct rs_json_token *t; /* t[0] is no token, so that 0 can mean none */
    size_t n, room;
    const char *p, *end; /* the text */
    struct rs_arena *arena;
    struct rs_view key;
    uint32_t open[RS_JSON_MAX_DEPTH], last[RS_JSON_MAX_DEPTH + 1]; /* open containers; last child at each depth */
    unsigned depth;
    unsigned values; /* at the top */
};

/* yajl hands out a pointer into the text, or into its own buffer where it had to decode escapes. */
static struct rs_view hold(struct rs_json *j, const unsigned char *p, size_t n) {
    const char *q = (const char *)p;
    if (q >= j->p && q <= j->end) return rs_view(q, n);
    return rs_view(rs_arena_copy(j->arena, q, n), n);
}

static struct rs_json_token *add(struct rs_json *j, enum rs_json_type type) {
    if (j->n == j->room) {
        j->room = j->room ? j->room * 2 : 1024;
        j->t = rs_realloc(j->t, j->room * sizeof *j->t);
    }
    uint32_t i = (uint32_t)j->n++;
    struct rs_json_token *t = &j->t[i];
    *t = (struct rs_json_token){.key = j->key, .type = type};
    j->key = RS_NULL;
    if (j->depth == 0) j->values++;
    else if (j->last[j->depth]) j->t[j->last[j->depth]].next = i;
    else j->t[j->open[j->depth - 1]].child = i;
    j->last[j->depth] = i;
    return t;
}

static int scalar(struct rs_json *j, enum rs_json_type type, struct rs_view text) {
    add(j, type)->text = text;
    return 1;
}

static int open_container(struct rs_json *j, enum rs_json_type type) {
    if (j->depth == RS_JSON_MAX_DEPTH) return 0;
    add(j, type);
    j->open[j->depth++] = (uint32_t)(j->n - 1);
    j->last[j->depth] = 0;
    return 1;
}

static int close_container(struct rs_json *j) {
    j->depth--;
    return 1;
}

static int on_null(void *c) { return scalar(c, RS_JSON_NULL, RS_NULL); }
static int on_bool(void *c, int yes) { return scalar(c, RS_JSON_BOOL, yes ? RS_LIT("true") : RS_LIT("false")); }
static int on_number(void *c, const char *p, size_t n) {
    return scalar(c, RS_JSON_NUMBER, hold(c, (const unsigned char *)p, n));
}
static int on_string(void *c, const unsigned char *p, size_t n) { return scalar(c, RS_JSON_STRING, hold(c, p, n)); }
static int on_key(void *c, const unsigned char *p, size_t n) {
    ((struct rs_json *)c)->key = hold(c, p, n);
    return 1;
}
static int on_map(void *c) { return open_container(c, RS_JSON_MAP); }
static int on_map_end(void *c) { return close_container(c); }
static int on_array(void *c) { return open_container(c, RS_JSON_ARRAY); }
static int on_array_end(void *c) { return close_container(c); }

static const yajl_callbacks callbacks = {
    .yajl_null = on_null, .yajl_boolean = on_bool, .yajl_number = on_number, .yajl_string = on_string,
    .yajl_start_map = on_map, .yajl_map_key = on_key, .yajl_end_map = on_map_end, .yajl_start_array = on_array,
    .yajl_end_array = on_array_end};

struct rs_json *rs_json_new(void) { return rs_alloc(sizeof(struct rs_json)); }

void rs_json_free(struct rs_json *j) {
    if (!j) return;
    if (j->yajl) yajl_free(j->yajl);
    free(j->t);
    free(j);
}

static bool make_handle(struct rs_json *j) {
    if (j->yajl) return true;
    j->yajl = yajl_alloc(&callbacks, NULL, j);
    if (!j->yajl) return false;
    yajl_config(j->yajl, yajl_allow_multiple_values, 1);
    yajl_config(j->yajl, yajl_dont_validate_strings, 1);
    return true;
}

const struct rs_json_token *rs_json_parse(struct rs_json *j, const char *p, size_t n, struct rs_arena *arena) {
    struct rs_view text = rs_trim(rs_view(p, n));
    j->p = text.p;
    j->end = text.p + text.n;
    j->arena = arena;
    j->n = 1;
    j->depth = j->values = 0;
    j->key = RS_NULL;
    j->last[0] = 0;
    if (j->room == 0) {
        j->room = 1024;
        j->t = rs_alloc(j->room * sizeof *j->t);
    }
    if (!text.n || !make_handle(j)) return NULL;
    yajl_status status = yajl_parse(j->yajl, (const unsigned char *)text.p, text.n);
    /* A number at the end is given out once a blank follows it. */
    if (status == yajl_status_ok && j->depth == 0) status = yajl_parse(j->yajl, (const unsigned char *)"\n", 1);
    if (status == yajl_status_ok && j->depth == 0 && j->values == 1) return &j->t[1];
    yajl_free(j->yajl); /* its state is in the middle of something */
    j->yajl = NULL;
    return NULL;
}

const struct rs_json_token *rs_json_child(const struct rs_json *j, const struct rs_json_token *t) {
    return t && t->child ? &j->t[t->child] : NULL;
}

const struct rs_json_token *rs_json_next(const struct rs_json *j, const struct rs_json_token *t) {
    return t && t->next ? &j->t[t->next] : NULL;
}

const struct rs_json_token *rs_json_get(const struct rs_json *j, const struct rs_json_token *map, const char *key) {
    if (!map || map->type != RS_JSON_MAP) return NULL;
    size_t n = strlen(key);
    for (const struct rs_json_token *t = rs_json_child(j, map); t; t = rs_json_next(j, t))
        if (t->key.n == n && memcmp(t->key.p, key, n) == 0) return t;
    return NULL;
}

struct rs_view rs_json_text(const struct rs_json *j, const struct rs_json_token *map, const char *key) {
    const struct rs_json_token *t = rs_json_get(j, map, key);
    return t && t->type <= RS_JSON_STRING ? t->text : RS_NULL;
}

size_t rs_json_extent(const char *p, size_t n) {
    size_t depth = 0;
    bool inside = false;
    for (size_t i = 0; i < n; i++) {
        char c = p[i];
        if (inside) {
            if (c == '\\') i++;
            else if (c == '"') inside = false;
        } else if (c == '"') {
            inside = true;
        } else if (c == '{' || c == '[') {
            depth++;
        } else if (c == '}' || c == ']') {
            if (depth <= 1) return i + 1;
            depth--;
        }
    }
    return 0;
}
