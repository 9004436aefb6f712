/* SPDX-License-Identifier: GPL-3.0-or-later */
/* How the map is held: one hash table over (scope, system, normal form of the code). */
#ifndef RS_MAP_PRIVATE_H
#define RS_MAP_PRIVATE_H
#include <stdint.h>
#include "map.h"

/* Scopes are elements, groups of elements and `*`; systems are the canonical names. Both are small numbers. */
enum { RS_ANY_SCOPE = 0, RS_MAX_SCOPES = 64, RS_MAX_SYSTEMS = 64 };

struct rs_map_entry {
    int scope, system;
    struct rs_view code; /* normal form */
    struct rs_meaning meaning;
    bool derived;        /* made from a row's display: gives way to a row of its own */
    bool ambiguous;      /* two displays, two meanings: not found */
};

struct rs_override {
    struct rs_view source; /* null: all */
    int scope, system;     /* system -1: any */
    bool text;             /* compared with texts, else with codes */
    struct rs_view code;
    struct rs_meaning meaning;
};

/* A word of a vocabulary and what it means; rules have a result and a basis too. */
struct rs_map_word {
    struct rs_view word, meaning, result, basis;
};

struct rs_map {
    struct rs_arena arena;
    struct rs_map_entry *entries;
    size_t n, room;
    uint32_t *slots; /* entry number + 1; 0 empty */
    size_t n_slots;
    struct rs_view scopes[RS_MAX_SCOPES];
    int group[RS_MAX_SCOPES]; /* of an element; itself for a group */
    bool is_element[RS_MAX_SCOPES];
    int n_scopes;
    struct rs_view systems[RS_MAX_SYSTEMS];
    int n_systems;
    struct rs_view *as_sent; /* names senders use, with their system */
    int *as_sent_system;
    size_t n_as_sent;
    struct rs_map_word *missing, *bridge; /* vocabularies */
    size_t n_missing, n_bridge;
    struct rs_view table; /* the one being read */
    int text, cdcrec, null_flavor, iso639, bcp47, nisoz39_53, pcornet, loinc, snomed; /* systems the rules speak of */
    int race, ethnicity, races, language, name_to_use;        /* scopes likewise */
    struct rs_override *overrides;
    size_t n_overrides;
    struct rs_sha *sha; /* over what was read so far */
    struct rs_digest version;
};

/* Upper case, accents folded, apostrophes dropped, other ASCII punctuation a blank, runs of blanks one. Null for null,
 * empty where nothing is left. */
struct rs_view rs_map_normal(struct rs_arena *arena, struct rs_view raw);

int rs_map_scope(const struct rs_map *map, struct rs_view name);  /* -1: none */
int rs_map_system(const struct rs_map *map, struct rs_view sent); /* -1: none */
const struct rs_map_entry *rs_map_find(const struct rs_map *map, int scope, int system, struct rs_view normal);
struct rs_map_entry *rs_map_add(struct rs_map *map, int scope, int system, struct rs_view normal, bool *was_there);
/* Checks the cells against the vocabularies; `where` opens the message. */
bool rs_map_check(const struct rs_map *map, const struct rs_meaning *m, const char *where, struct rs_error *error);
/* "2034-7 Chinese" of the concept 2034-7; as it is where no table has it. */
struct rs_view rs_map_detail(struct rs_map *map, struct rs_view code);

/* ---- a table file: comma-separated with a header, quotes as in RFC 4180 ---- */
struct rs_table_row {
    const struct rs_view *header, *field;
    size_t n;
    long line;
};
struct rs_view rs_table_cell(const struct rs_table_row *row, const char *column); /* empty where there is none */
/* Calls `take` for each row. Cells live in the arena. Adds the file's bytes to sha. */
bool rs_table_read(const char *path, struct rs_arena *arena, struct rs_sha *sha, void *self,
                   bool (*take)(void *self, const char *path, const struct rs_table_row *row, struct rs_error *error),
                   struct rs_error *error);

#endif
