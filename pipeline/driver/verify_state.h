/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What stands beside the rows in the database, held against its log. Each says its faults by rs_verify_fault; false only
 * where the database could not be asked. The session's user is an auditor or an administrator. */
#ifndef RS_DRIVER_VERIFY_STATE_H
#define RS_DRIVER_VERIFY_STATE_H
#include "pipeline/db/session.h"
#include "verify.h"

/* The log's entry about the load of one run. Borrowed texts. */
struct rs_logged_run {
    const char *number;            /* run_no */
    const char *detail;            /* JSON, as the log keeps it */
    const char *revision, *content; /* content: hexadecimal digest */
};
/* The line of relsogi.run (day, digests, packs, operator, results) and those of relsogi.run_table. */
bool rs_verify_run_line(struct rs_session *s, struct rs_verdict *v, const struct rs_logged_run *run,
                        struct rs_error *error);
/* Views, functions, constraints, policies, triggers and rights, by what the log says that migrating left. */
bool rs_verify_definitions(struct rs_session *s, struct rs_verdict *v, struct rs_error *error);
/* Who may see which source, by the grants in the log; whether the log's triggers are there and on; and that runs' own
 * tables give nobody rights. */
bool rs_verify_rights(struct rs_session *s, struct rs_verdict *v, struct rs_error *error);

#endif
