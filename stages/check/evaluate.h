/* SPDX-License-Identifier: GPL-3.0-or-later */
/* From counts to results: each check in each scope, with its denominator and one of five states. */
#ifndef RS_CHECK_EVALUATE_H
#define RS_CHECK_EVALUATE_H
#include "count.h"
#include "pipeline/base/jurisdiction.h"

enum rs_state { RS_PASS, RS_PASS_WITH_VIOLATIONS, RS_FAIL, RS_NOT_APPLICABLE, RS_STATE_ERROR, RS_STATES };
extern const char *const rs_state_names[RS_STATES];

/* pass: no violation. pass_with_violations: some, within the threshold, or no threshold set. fail: more than that.
 * not_applicable: nothing to judge, or fewer than the check's minimum. */
enum rs_state rs_check_state(const struct rs_check *check, uint64_t denominator, uint64_t violations);

/* Of a mix; each is NaN where it is not of the check. */
struct rs_check_mix {
    double observed, expected, low, high, statistic, p_value;
};
struct rs_check_result {
    const struct rs_check *check;
    const char *scope, *scope_value, *element; /* borrowed from the counts and constants */
    enum rs_state state;
    uint64_t denominator, violations;
    struct rs_check_mix mix;
    bool has_prior;
    double prior_share;
    uint64_t prior_denominator;
    char *exception; /* owned; NULL for none */
    bool unjudged;   /* only told: threshold, rise and bands of the check are not for this scope */
};
struct rs_check_results {
    struct rs_check_result *r; /* sorted by check_id, scope, scope_value, element */
    size_t n, room;
    struct rs_arena names; /* of scopes that were put together for the results */
};
void rs_check_evaluate(const struct rs_checks *checks, const struct rs_counted *counted,
                       const struct rs_jurisdiction *place, struct rs_check_results *out);
void rs_check_results_free(struct rs_check_results *r);

/* For the parts of the evaluation: a result in a scope, its state as its numbers say. */
struct rs_evaluation {
    const struct rs_checks *checks;
    const struct rs_counted *counted;
    const struct rs_jurisdiction *place;
    struct rs_check_results *out;
};
struct rs_check_result *rs_check_add(struct rs_evaluation *e, const struct rs_check *check, const char *scope,
                                     const char *scope_value, const char *element, uint64_t denominator,
                                     uint64_t violations);
/* Persons of the unit of whom the jurisdiction keeps the check's element: of some, of adults alone. */
uint64_t rs_persons_kept(const struct rs_evaluation *e, const struct rs_check *check, const struct rs_unit_counts *u);
void rs_evaluate_persons(struct rs_evaluation *e, const struct rs_check *check); /* members_complete, _collected */
void rs_evaluate_crossed(struct rs_evaluation *e, const struct rs_check *check); /* source by provider group */
void rs_evaluate_area(struct rs_evaluation *e, const struct rs_check *check);
void rs_evaluate_filling(struct rs_evaluation *e, const struct rs_check *check);
void rs_evaluate_drift(struct rs_evaluation *e, const struct rs_check *check);

#endif
