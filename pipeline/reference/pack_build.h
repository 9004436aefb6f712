/* SPDX-License-Identifier: GPL-3.0-or-later */
/* From tables of counts to a reference pack. The same tables give the same bytes, on any machine. */
#ifndef RS_REFERENCE_PACK_BUILD_H
#define RS_REFERENCE_PACK_BUILD_H
#include "pack.h"

/* Paths are borrowed; NULL for a table that is not there. */
struct rs_pack_tables {
    const char *surnames;
    const char *first_names;              /* CSV first_name and counts of bearers by group */
    const char *nation;                   /* shares for suppressed cells of the surnames */
    const char *places[RS_PLACE_LEVELS];  /* at least one; a level not given is summed from the next finer one */
    const char *zip_zcta;                 /* CSV zip,zcta */
    const char *particles;                /* CSV with one column, particle */
    const char *sources;                  /* SOURCES.json: tables it describes must be the ones described */
};
bool rs_pack_build(const struct rs_pack_tables *tables, const char *output, struct rs_error *error);

#endif
