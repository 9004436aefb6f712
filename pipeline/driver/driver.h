/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the parts of the driver share. The driver knows the stages only by their descriptors. */
#ifndef RS_DRIVER_DRIVER_H
#define RS_DRIVER_DRIVER_H
#include <limits.h>
#include <stdbool.h>
#include <jansson.h>
#include "pipeline/base/error.h"
#include "pipeline/rows/stage.h"

/* The stages in the order the data flows, NULL at the end. */
extern const struct rs_stage *const rs_stages[];
const struct rs_stage *rs_stage_find(const char *name);

int rs_run_main(int argc, char **argv);    /* relsogi run */
int rs_explain_main(int argc, char **argv);
int rs_verify_main(int argc, char **argv); /* relsogi verify */
int rs_trace_main(int argc, char **argv);  /* relsogi trace */
int rs_rows_main(int argc, char **argv); /* relsogi rows */
int rs_summary_main(int argc, char **argv); /* relsogi summary */
/* The data dictionary, made from the layouts, as Markdown on stdout. */
int rs_dictionary_main(int argc, char **argv);
void rs_driver_man(struct rs_buffer *out); /* scdoc source of relsogi(1) */

/* The lock of an output directory: one run at a time. The file says who holds it, since when, and what it does. */
struct rs_lock {
    int fd;
    char path[PATH_MAX], run_id[128], since[32];
};
bool rs_lock_take(struct rs_lock *lock, const char *dir, const char *run_id, struct rs_error *error); /* RS_LOCKED */
void rs_lock_tell(struct rs_lock *lock, const char *stage);
void rs_lock_release(struct rs_lock *lock);

/* From here on SIGINT, SIGTERM and SIGHUP end the stage at work, and the run after it, so that the results can say so;
 * those the caller ignores stay ignored. rs_signal_asked: one came; the error says which. */
void rs_signals_catch(void);
bool rs_signal_asked(struct rs_error *error);

/* One stage in a process of its own: its memory is measured, its crash is an error and not ours. */
struct rs_child_result {
    double seconds;
    long peak_kib;
};
bool rs_run_child(const struct rs_stage *stage, const struct rs_stage_call *call, struct rs_child_result *result,
                  struct rs_error *error);

/* SHA-256 of results.json as a tree, its own field sha256 left out. It shows what was edited by accident or by hand, not
 * who recomputes it: for that, the digests are in the database, too. */
void rs_results_digest(const json_t *results, char hex[65]);

/* Whether a stage's files are there, whole, and made under `key` (64 hex digits). */
bool rs_stage_is_done(const char *dir, const char *key);
json_t *rs_stage_json(const char *dir); /* stage.json, or NULL; caller owns */

#endif
