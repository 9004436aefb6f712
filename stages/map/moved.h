/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a change of mapping tables moved: the prior run's assertions, mapped by today's tables, beside what they were
 * mapped to then. So a change of the data is not taken for a change of the tables. */
#ifndef RS_MAP_MOVED_H
#define RS_MAP_MOVED_H
#include "map.h"
#include "pipeline/base/jurisdiction.h"
#include "pipeline/rows/stage.h"

/* Puts `moved` into the run's results: values whose meaning changed and members they are of, by element; those newly
 * mapped and newly unmapped. Nothing where there is no prior run. Elements not kept are left out. Memory is bounded:
 * members are counted through a spill in the output directory. */
bool rs_map_moved(struct rs_run *run, const struct rs_map *map, const struct rs_jurisdiction *place,
                  struct rs_error *error);

#endif
