/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Checks as data: schemas/checks.yaml, or the file of --checks. What each key means stands at the top of that file.
 * Which of them are made depends on the jurisdiction and on the profiles that are asked for. */
#ifndef RS_CHECK_DEFINITIONS_H
#define RS_CHECK_DEFINITIONS_H
#include "pipeline/base/error.h"
#include "pipeline/base/hash.h"
#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

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
    RS_CHECK_MEMBERS,     /* persons without an answer that stands */
    RS_CHECK_COLLECTED,   /* persons whose answer was collected in another way than these */
    RS_CHECK_AREA,        /* reported mix against that of the areas where the same persons live */
    RS_CHECK_FILLING,     /* reported mix of one unit against what names and places of its persons imply */
    RS_CHECK_DRIFT,       /* mix against that of the prior run */
    RS_CHECK_FEED,        /* rows a source had in the prior run and has no more */
    RS_CHECK_EMPTY,       /* input files without a row */
    RS_CHECK_KINDS
};
extern const char *const rs_check_kind_names[RS_CHECK_KINDS];

enum rs_severity { RS_NOTE, RS_WARNING, RS_ERROR, RS_SEVERITIES };
extern const char *const rs_severity_names[RS_SEVERITIES];

enum { RS_CHECK_BANDS = 3, RS_CHECK_MEMBER_BITS = 64 };

/* Texts are borrowed from the tree. */
struct rs_check {
    const char *id, *category, *context, *element, *message;
    const char *profile; /* as found in the file, the first that was asked for; NULL where it belongs to none */
    enum rs_check_kind kind;
    enum rs_severity severity;
    bool for_all, for_source, for_facility, for_group, for_source_group; /* scopes */
    bool elsewhere;                                    /* of another jurisdiction: not applicable here */
    bool has_threshold;                                /* without one it counts and never fails */
    double threshold;
    double points; /* how far a share may be off */
    double alpha;  /* filling: of all units together, after Holm */
    bool has_rise;
    double rise;          /* how far the share of violations may rise over that of the prior run */
    int64_t minimum;      /* smallest denominator that is judged */
    unsigned answers;     /* bits of rs_missing_reasons that count as an answer */
    unsigned collections; /* bits of rs_collections that count; 0 for all */
    size_t n_bands;
    double band[RS_CHECK_BANDS];
    int member_bit; /* kinds of persons: first of its bits, -1 for the others */
    int fact;       /* members_complete of a fact of a person and no answer (who collected it is not known): its column in
                     * layout person; -1 for the others */
};
struct rs_checks {
    json_t *tree;    /* owned */
    json_t *known;   /* every id of the file, asked for or not: id -> kind; owned */
    int member_bits; /* how many are taken */
    bool any_area, any_filling, any_drift, any_members, any_group, any_source_group;
    bool any_facility, any_record_facility; /* of persons; of records */
    struct rs_check *check;
    size_t n;
    unsigned answers; /* bits of rs_missing_reasons that count as an answer */
    struct rs_digest sha256;
};
extern const char *const rs_missing_reasons[]; /* of layout mapped, NULL at the end */
extern const char *const rs_collections[];     /* of layout assertion, NULL at the end */
extern const char *const rs_band_names[];      /* of n_bands + 1: low, medium, high, unusable */

/* profiles: names with commas between, or NULL; jurisdiction: name of the run's, or NULL. */
bool rs_checks_read(const char *path, const char *profiles, const char *jurisdiction, struct rs_checks *out,
                    struct rs_error *error);
bool rs_check_has_points(const struct rs_check *c); /* whether its kind looks at them */
void rs_checks_free(struct rs_checks *c);
/* Whether another check of the same kind names this element, so that a "*" leaves it out. */
bool rs_check_named(const struct rs_checks *c, enum rs_check_kind kind, const char *element);

/* Whether the check looks at this element: it names it, or names none and no other of its kind does. */
bool rs_check_matches(const struct rs_checks *c, const struct rs_check *check, const char *element);

#endif
