/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Retention: the oldest runs first, each in a transaction of its own, so that one that is cut short has dropped whole runs and
 * no lock is held for long. */
#include "../base/log.h"
#include "db.h"
#include <stdio.h>

static bool prune_one(struct rs_session *s, const char *number, const char *const *limits, struct rs_error *error) {
    const char *parameters[] = {number, limits[0], limits[1]};
    struct rs_answer *a = rs_session_ask(s, "select relsogi.prune($1::integer, $2::integer, current_date - $3::integer)", 3,
                                         parameters, error);
    rs_answer_free(a);
    return a != NULL;
}

bool rs_db_prune(struct rs_session *s, const struct rs_retention *r, size_t *pruned, struct rs_error *error) {
    char keep[24], days[24];
    const char *limits[] = {r->keep < 0 ? NULL : keep, r->older_than < 0 ? NULL : days};
    snprintf(keep, sizeof keep, "%lld", (long long)r->keep);
    snprintf(days, sizeof days, "%lld", (long long)r->older_than);
    *pruned = 0;
    if (!r->dry_run && !rs_session_lock(s, RS_LOCK_LOAD, error)) return false;
    struct rs_answer *a = rs_session_ask(s, "select run_no, run_id, revision, coalesce(as_of::text, 'no date'), rows "
                                            "from relsogi.prunable($1::integer, current_date - $2::integer)",
                                         2, limits, error);
    if (!a) return false;
    bool ok = true;
    for (int i = 0; ok && i < rs_answer_rows(a); i++) {
        ok = r->dry_run || prune_one(s, rs_answer_text(a, i, 0), limits, error);
        if (!ok) break;
        printf("  %s revision %s as of %s: %s rows\n", rs_answer_text(a, i, 1), rs_answer_text(a, i, 2),
               rs_answer_text(a, i, 3), rs_answer_text(a, i, 4));
        ++*pruned;
    }
    rs_answer_free(a);
    return ok;
}
