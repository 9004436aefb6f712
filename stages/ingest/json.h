/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One JSON text as a tree of tokens, through yajl's streaming parser: strings without escapes are views into the text,
 * tokens are an array that is reused. About five times as fast as a tree of allocated objects. */
#ifndef RS_INGEST_JSON_H
#define RS_INGEST_JSON_H
#include <stdbool.h>
#include "pipeline/base/text.h"

enum rs_json_type { RS_JSON_NULL, RS_JSON_BOOL, RS_JSON_NUMBER, RS_JSON_STRING, RS_JSON_MAP, RS_JSON_ARRAY };
enum { RS_JSON_MAX_DEPTH = 64 };

struct rs_json_token {
    struct rs_view key;  /* in a map, else null */
    struct rs_view text; /* string, number, or true and false */
    uint32_t next;       /* sibling, 0 for none */
    uint32_t child;      /* first child of a map or array, 0 for none */
    enum rs_json_type type;
};

struct rs_json;
struct rs_json *rs_json_new(void);
void rs_json_free(struct rs_json *j);
/* Parses one value, blanks around it allowed; escaped strings go to the arena. NULL where it is not JSON, nests deeper
 * than RS_JSON_MAX_DEPTH, or something follows. The tokens hold until the next call. The bytes must be UTF-8. */
const struct rs_json_token *rs_json_parse(struct rs_json *j, const char *p, size_t n, struct rs_arena *arena);

/* All of these take NULL, and give NULL or a null view where there is nothing. */
const struct rs_json_token *rs_json_child(const struct rs_json *j, const struct rs_json_token *t);
const struct rs_json_token *rs_json_next(const struct rs_json *j, const struct rs_json_token *t);
const struct rs_json_token *rs_json_get(const struct rs_json *j, const struct rs_json_token *map, const char *key);
struct rs_view rs_json_text(const struct rs_json *j, const struct rs_json_token *map, const char *key); /* scalars */

/* Length of the JSON text that begins at p, by braces and brackets outside strings; 0 where it does not end in n. */
size_t rs_json_extent(const char *p, size_t n);

#endif
