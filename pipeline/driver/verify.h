/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the two halves of relsogi verify share: the run's files, and what the database holds of it. */
#ifndef RS_DRIVER_VERIFY_H
#define RS_DRIVER_VERIFY_H
#include "driver.h"
#include "pipeline/db/session.h"

struct rs_verdict {
    size_t files, tables, entries, faults;
};
void rs_verify_fault(struct rs_verdict *v, const char *where, const char *what);

/* Holds the database against itself and against the run's files: the chain of its log, the file that keeps its heads
 * (`chain_file`, may be empty), what the log says of this run against the manifests, and each table against the digest of
 * what was loaded; where one differs, which rows. False where it cannot be looked at; what is found are faults. */
bool rs_verify_database(const char *run, const json_t *results, const struct rs_database *database,
                        const char *chain_file, struct rs_verdict *v, struct rs_error *error);

#endif
