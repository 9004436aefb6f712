/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a load consists of: the row files found in the --input directories, the rows a table must hold afterwards, and
 * one digest over all of it, by which a second load of the same content is recognised. */
#ifndef RS_LOAD_PLAN_H
#define RS_LOAD_PLAN_H
#include "pipeline/rows/stage.h"

/* Layouts that go into the database, in the order in which digests are taken. Two of them (quarantine, ledger) stand
 * in every stage's directory, and all of them are loaded. */
extern const struct rs_layout *const rs_load_layouts[];
enum { RS_LOAD_LAYOUTS = 32 }; /* room, not their number */

struct rs_load_table {
    const struct rs_layout *layout;
    struct rs_manifest *files;
    size_t n_files;
    uint64_t rows;
    struct rs_digest digest; /* the file's; of the files' sorted digests, where there are several */
};
struct rs_load_plan {
    struct rs_load_table tables[RS_LOAD_LAYOUTS];
    size_t n;
    struct rs_digest content;
};

/* Finds the files; RS_NO_INPUT where one is missing and `partial` is not set, or where there is none at all. One that the
 * version of the stage which made the run did not write yet is not missing: the run has none of it, and the log says so. */
bool rs_load_plan_make(struct rs_run *run, bool partial, struct rs_load_plan *plan, struct rs_error *error);
void rs_load_plan_free(struct rs_load_plan *plan);
/* As relsogi.load_begin() takes it; caller frees. */
bool rs_load_plan_json(const struct rs_run *run, const struct rs_load_plan *plan, char **text, struct rs_error *error);

#endif
