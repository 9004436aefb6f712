/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a code or text means: the tables of schemas/codes and the overrides of source profiles (schemas/codes/README.md),
 * and the order in which they are asked. */
#ifndef RS_MAP_MAP_H
#define RS_MAP_MAP_H
#include <stdbool.h>
#include <jansson.h>
#include "pipeline/base/error.h"
#include "pipeline/base/hash.h"
#include "pipeline/base/text.h"

/* One assertion's meaning; columns of layout `mapped`. Null where there is none. */
struct rs_meaning {
    struct rs_view omb1997, omb2024, detail, value, missing;
    struct rs_view rule;    /* table:code, with /bridge rule; override:profile:number; or unmapped_code, unmapped_text */
    struct rs_view display; /* what the code is called; this and what follows are for explanations */
    struct rs_view table;   /* file of the row that decided; of an override, its profile. Null where there is no one row */
    struct rs_view confidence;
    long line;
    bool unmapped;          /* no table knows it: evidence goes to the quarantine */
};

/* What is asked. representation: code, detail, text or alternate; system as sent, null where none was. */
struct rs_question {
    struct rs_view source, element, representation, system, raw;
};

struct rs_map;
/* Reads every table in `codes_dir` (schemas/codes). RS_CONFIG names file and line of a row that breaks a rule. The map
 * is constant after the overrides are in: threads share it. Caller closes. */
struct rs_map *rs_map_open(const char *codes_dir, struct rs_error *error);
void rs_map_close(struct rs_map *map);

/* Takes `overrides` from the profiles of a configuration's `sources`; config may be NULL. */
bool rs_map_add_config(struct rs_map *map, const json_t *config, const char *config_path, struct rs_error *error);
/* Takes `overrides` of one profile (a path, or the name of one in schemas/profiles) for `source`; null: all sources. */
bool rs_map_add_profile(struct rs_map *map, const char *profile, const char *config_path, struct rs_view source,
                        struct rs_error *error);
/* SHA-256 over all tables and overrides: two maps of one version answer alike. */
struct rs_digest rs_map_version(const struct rs_map *map);

/* The meaning; its views live as long as the map and the arena. Never fails: what no table knows is UNMAPPED. */
struct rs_meaning rs_map_value(const struct rs_map *map, struct rs_arena *arena, const struct rs_question *q);

/* What `map --explain` is asked. Any but value may be NULL: every element, no system (then codes and words are tried). */
struct rs_map_query {
    const char *value, *element, *system;
};
/* Prints for an auditor how the value would be mapped, by which rule and row, and which sources mean something else. */
bool rs_map_explain(const struct rs_map *map, const struct rs_map_query *query, struct rs_buffer *out,
                    struct rs_error *error);

#endif
