/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Checks as data: schemas/checks.yaml, or the file of --checks. What each key means stands at the top of that file. */
#ifndef RS_CHECK_DEFINITIONS_H
#define RS_CHECK_DEFINITIONS_H
#include <stdbool.h>
#include <stddef.h>
#include <jansson.h>
#include "pipeline/base/error.h"
#include "pipeline/base/hash.h"

enum rs_check_kind {
    RS_CHECK_COMPLETE,    /* records without a usable answer */
    RS_CHECK_UNMAPPED,    /* answers whose code or text no table knows */
    RS_CHECK_QUARANTINED, /* values and rows set aside, by rule */
    RS_CHECK_IMPLAUSIBLE, /* dates that cannot be */
    RS_CHECK_DISAGREE,    /* persons whose sources disagree */
    RS_CHECK_SHARE,       /* persons in one category */
    RS_CHECK_CALIBRATION, /* groups whose mean probability is far from what was reported */
    RS_CHECK_LEDGER,      /* stages whose rows do not add up */
    RS_CHECK_PARITY,      /* rows lost between two layouts that have the same rows */
    RS_CHECK_KINDS
};
extern const char *const rs_check_kind_names[RS_CHECK_KINDS];

enum rs_severity { RS_NOTE, RS_WARNING, RS_ERROR, RS_SEVERITIES };
extern const char *const rs_severity_names[RS_SEVERITIES];

/* Texts are borrowed from the tree. */
struct rs_check {
    const char *id, *category, *element, *message;
    enum rs_check_kind kind;
    enum rs_severity severity;
    bool for_all, for_source; /* scopes */
    bool has_threshold;       /* without one it counts and never fails */
    double threshold;
    double points;            /* calibration: how far a mean may be off */
    int64_t minimum;          /* smallest denominator that is judged */
};
struct rs_checks {
    json_t *tree; /* owned */
    struct rs_check *check;
    size_t n;
    unsigned answers;         /* bits of rs_missing_reasons that count as an answer */
    struct rs_digest sha256;
};
extern const char *const rs_missing_reasons[]; /* of layout mapped, NULL at the end */

bool rs_checks_read(const char *path, struct rs_checks *out, struct rs_error *error);
void rs_checks_free(struct rs_checks *c);
/* Whether another check of the same kind names this element, so that a "*" leaves it out. */
bool rs_check_named(const struct rs_checks *c, enum rs_check_kind kind, const char *element);

#endif
