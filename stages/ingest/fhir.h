/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the readers of FHIR resources share: the resource at hand, its references, codes and dates. */
#ifndef RS_INGEST_FHIR_H
#define RS_INGEST_FHIR_H
#include "formats.h"
#include "json.h"

typedef const struct rs_json_token *token;

/* What no rule reads: told in the ledger, since a sender's new extension may be the answer that is missed. */
struct rs_fhir_counts {
    uint64_t extensions, not_in_profile; /* of Patients, their communication and addresses; parts of an answer's extension */
    uint64_t without_value;              /* of those: in the profile, but with no value that is read */
    uint64_t modifiers;                  /* of those: modifierExtension, of any resource */
    uint64_t unknown_elements;           /* of Patients, no element of FHIR R4 */
};

struct rs_fhir {
    struct rs_rows *rows;
    const struct rs_profile *profile;
    const struct rs_json *j;
    int64_t offset;
    struct rs_view full_url; /* of the Bundle's entry, null outside Bundles */
    struct rs_fhir_counts *counts;
};

/* fhir_code.c */
struct rs_view rs_fhir_system(const struct rs_fhir *l, struct rs_view uri);
void rs_fhir_put(const struct rs_fhir *l, const char *representation, struct rs_view system, struct rs_view raw);
void rs_fhir_put_coding(const struct rs_fhir *l, const char *representation, token coding);
/* The codings of a concept say one thing in several systems: the first counts, the others are alternates. */
void rs_fhir_put_concept(const struct rs_fhir *l, const char *representation, token concept);
/* value[x] of an extension or Observation, or the reason why there is none; false where neither is there. */
bool rs_fhir_put_x(const struct rs_fhir *l, token t, const char *representation, struct rs_view code_system);
void rs_fhir_put_absent(const struct rs_fhir *l, token extension);
/* The URL of the first modifierExtension, null where there is none; all are counted. What one means must be known before what
 * it stands in may be understood (FHIR R4, 2.4.1), and no rule here knows any. */
struct rs_view rs_fhir_modifier(const struct rs_fhir *l, token t);
/* Rejects the resource at hand where it has one. */
bool rs_fhir_modified(const struct rs_fhir *l, token resource, const char *field);
bool rs_fhir_has_code(const struct rs_fhir *l, token concept, struct rs_view code);
struct rs_view rs_fhir_first_code(const struct rs_fhir *l, token concept);
struct rs_view rs_fhir_day(const struct rs_fhir *l, struct rs_view v, const char *field);
void rs_fhir_set_record_date(const struct rs_fhir *l, token resource);

/* Identity. */
struct rs_view rs_fhir_patient_id(const struct rs_fhir *l, token patient); /* its id, else that of the entry's fullUrl */
bool rs_fhir_id_is(const struct rs_fhir *l, token identifier, const struct rs_id_rule *rule);
bool rs_fhir_key_from(const struct rs_fhir *l, struct rs_view id);
/* The key of the patient that a reference is to: Patient/ID, an absolute URL ending so, urn:uuid:ID, a search by
 * identifier, or by Reference.identifier; rejects the resource where there is none. */
bool rs_fhir_key_of(const struct rs_fhir *l, token reference);
/* Whether both refer to the same patient, in whatever form; whether a reference is to a RelatedPerson. */
bool rs_fhir_same_patient(const struct rs_fhir *l, token a, token b);
bool rs_fhir_is_related(const struct rs_fhir *l, token reference);
void rs_fhir_reject_subject(const struct rs_fhir *l, const char *field);
void rs_fhir_ignore(const struct rs_fhir *l, const char *reason);

/* One resource each: its rows, or its fate. */
void rs_fhir_patient(const struct rs_fhir *l, token patient);
void rs_fhir_observation(const struct rs_fhir *l, token observation);
void rs_fhir_coverage(const struct rs_fhir *l, token coverage);
void rs_fhir_related_person(const struct rs_fhir *l, token person);
void rs_fhir_measure_report(const struct rs_fhir *l, token report);

#endif
