/* SPDX-License-Identifier: GPL-3.0-or-later */
/* `relsogi db`: the database's own commands. `migrate` brings tables, functions, comments and rights up to what this
 * program was built with; `status` says what is there; `prune` drops the rows of old runs; `export`, `approve` and
 * `override` are for auditors. All say on stdout what they found; exit codes as everywhere. */
#ifndef RS_DB_DB_H
#define RS_DB_DB_H
#include "session.h"

/* argv[0] is what the command is called in help ("relsogi db"), argv[1] the subcommand. */
int rs_db_main(int argc, char **argv);

/* Applies what is missing, in order, each migration in a transaction of its own; then the data dictionary with what
 * follows from it. The session's user must be an administrator (member of relsogi_owner; CREATEROLE the first time).
 * RS_CONFIG where a migration that was applied has another text now. *applied counts new ones. */
bool rs_db_migrate(struct rs_session *s, int *applied, struct rs_error *error);

/* Retention: which runs keep their rows. Negative: not given. */
struct rs_retention {
    int64_t keep, older_than; /* runs; days before today */
    bool dry_run;
};
/* Each run in a transaction of its own, under the loader's lock. Prints what it drops. */
bool rs_db_prune(struct rs_session *s, const struct rs_retention *retention, size_t *pruned, struct rs_error *error);

/* What to export: one of the auditors' views, or rows of a layout (extract.h). Members may be NULL: as_of the latest
 * run, since all rows, since_run whichever run is that of the day, output stdout. */
struct rs_export {
    const char *what, *as_of, *since, *since_run, *output;
};
/* Writes CSV, whole or not at all where output is a file. RS_USAGE lists what there is. */
bool rs_db_export(struct rs_session *s, const struct rs_export *what, struct rs_error *error);

#endif
