/* SPDX-License-Identifier: GPL-3.0-or-later */
/* `relsogi db`: the database's own commands. `migrate` brings tables, functions, comments and rights up to what this
 * program was built with; `status` says what is there. Both say on stdout what they found; exit codes as everywhere. */
#ifndef RS_DB_DB_H
#define RS_DB_DB_H
#include "session.h"

/* argv[0] is what the command is called in help ("relsogi db"), argv[1] the subcommand. */
int rs_db_main(int argc, char **argv);

/* Applies what is missing, in order, each migration in a transaction of its own; then the data dictionary with what
 * follows from it. The session's user must be an administrator (member of relsogi_owner; CREATEROLE the first time).
 * RS_CONFIG where a migration that was applied has another text now. *applied counts new ones. */
bool rs_db_migrate(struct rs_session *s, int *applied, struct rs_error *error);

#endif
