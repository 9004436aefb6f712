/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A value on its way through the tables: what lookup.c and phrases.c share. */
#ifndef RS_MAP_ASKING_H
#define RS_MAP_ASKING_H
#include "map_private.h"

struct asking {
    const struct rs_map *map;
    struct rs_arena *arena;
    const struct rs_question *q;
    int scopes[3], n_scopes; /* narrowest first */
    int system;              /* -1: none known */
    bool text;
    struct rs_view normal;
};

/* The narrowest row; a row of its own before one made from a display. NULL: none. */
const struct rs_map_entry *rs_ask_find(const struct asking *a, int system, struct rs_view normal);
/* A language code with or without subtags. strict: only script and region, for texts, where "GA-DANGME" is a name. */
const struct rs_map_entry *rs_ask_tag(const struct asking *a, struct rs_view normal, bool strict);
bool rs_in_group(const struct asking *a, int group);
bool rs_is_concept_id(struct rs_view normal); /* 2106-3, the dash a blank by now */

/* Several answers in one text, or one within a phrase: "half Samoan, half White", "Korean American", "Other: Mam". Every
 * part must be known; else false, and the text stays unmapped as a whole. */
bool rs_ask_phrase(const struct asking *a, struct rs_meaning *out);

#endif
