/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Asking schemas/codes what a value means: a suite with open_map and close_map around each test. */
#ifndef MAP_ASK_H
#define MAP_ASK_H
#include <criterion/criterion.h>
#include "stages/map/map.h"

static struct rs_map *map;
static struct rs_arena arena;
static struct rs_error error;

static void open_map(void) {
    map = rs_map_open(RELSOGI_SOURCE_DIR "/schemas/codes", &error);
    cr_assert(map != NULL, "%s", error.text);
}
static void close_map(void) {
    rs_map_close(map);
    rs_arena_free(&arena);
}

static struct rs_meaning ask(const char *element, const char *representation, const char *system, const char *raw) {
    struct rs_question q = {RS_LIT("payer"), rs_cstr(element), rs_cstr(representation), rs_cstr(system), rs_cstr(raw)};
    return rs_map_value(map, &arena, &q);
}

#define SHOW(v) (int)(v).n, (v).p ? (v).p : ""

#endif
