/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Exceptions: a failure that somebody has looked at, owns, and has until a day to mend. A list in YAML:
 *
 *     exceptions:
 *       - {check: race_complete, scope: source, scope_value: clinic_a, element: race,
 *          owner: "A. Person", until: 2026-12-31, reason: "clinic_a starts to ask in January"}
 *
 * scope, scope_value and element may be left out: any. Owner, until and reason may not. */
#ifndef RS_CHECK_EXCEPTIONS_H
#define RS_CHECK_EXCEPTIONS_H
#include "evaluate.h"

/* Failures named by an exception whose day has not passed become pass_with_violations, with the exception told beside
 * them. Never state error. *told: [{check, scope_value, owner, until, used, expired}]; the caller owns it. */
bool rs_check_except(const char *path, const struct rs_checks *checks, int32_t as_of, struct rs_check_results *results,
                     json_t **told, struct rs_error *error);

#endif
