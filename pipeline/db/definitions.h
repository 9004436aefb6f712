/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The database's own definitions: views, functions, constraints, policies, rights, as sql/verify/definitions.sql lists them, held
 * against what the log says that migrating left. Who owns the database can change them, and every row and digest stays as
 * it was. */
#ifndef RS_DB_DEFINITIONS_H
#define RS_DB_DEFINITIONS_H
#include "session.h"

/* One object that is not as the log says. what: "is not ...", for a person to read. */
typedef void rs_definition_differs(void *self, const char *object, const char *what);

enum rs_definitions { RS_DEFINITIONS_COMPARED, RS_DEFINITIONS_UNKNOWN, RS_DEFINITIONS_OTHER_SERVER };

/* *state: compared; or the log has no definitions yet (an earlier program migrated); or those that another major version of
 * the server wrote, which writes them in another way. */
bool rs_definitions_compare(struct rs_session *s, enum rs_definitions *state, void *self, rs_definition_differs *each,
                            struct rs_error *error);

/* Adds an entry with all definitions to the log where the last one says anything else. `before`: a JSON list of those that
 * were found changed before this migration, in the entry, too. */
bool rs_definitions_log(struct rs_session *s, const json_t *before, struct rs_error *error);

#endif
