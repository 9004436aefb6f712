/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Source profiles: what one sender's files mean. A profile is YAML (schemas/profiles/README.md); parsers know formats,
 * profiles know senders: which number is the member id, which column is a race, how answers were collected. */
#ifndef RS_INGEST_PROFILE_H
#define RS_INGEST_PROFILE_H
#include <jansson.h>
#include "pipeline/base/hash.h"
#include "pipeline/base/text.h"
#include "pipeline/rows/layout.h"

enum rs_format { RS_X12_834, RS_FHIR, RS_CSV, RS_MEASURE_CSV, RS_HL7V2 };
const char *rs_format_name(enum rs_format format);

/* Where an identifier is found. */
enum rs_id_kind {
    RS_ID_REF,      /* 834: REF with this qualifier, in the member's own loop 2000 */
    RS_ID_NM109,    /* 834: NM109 of the member (2100A), with this qualifier in NM108, or any where it is null */
    RS_ID_RESOURCE, /* FHIR: the resource's id */
    RS_ID_SYSTEM,   /* FHIR: identifier with this system */
    RS_ID_TYPE,     /* FHIR: identifier with this type code */
    RS_ID_COLUMN,   /* CSV: a column */
    RS_ID_PID,      /* HL7 v2: field `ref` of PID, with this identifier type (CX.5), or the first where it is null */
    RS_ID_COVERAGE, /* FHIR: Coverage.subscriberId */
    RS_ID_RELATED,  /* FHIR: identifier of the patient's RelatedPerson with this type code; never links */
};
/* 834: what a file is to what stood before: found in the file, all members there are, or only what changed. */
enum rs_mode { RS_MODE_AUTO, RS_MODE_FULL, RS_MODE_CHANGE };
enum rs_id_rows { RS_ALL_ROWS, RS_SUBSCRIBERS, RS_DEPENDENTS }; /* 834: INS01 */

struct rs_id_rule {
    enum rs_id_kind kind;
    enum rs_id_rows rows;
    struct rs_view what; /* qualifier, system, type code or column */
    int ref;             /* CSV: index into profile->columns; HL7 v2: number of the field */
    struct rs_view authority; /* HL7 v2: assigning authority (CX.4), null for any */
    bool of_source;      /* its namespace is the source's own: id_system is written as SYSTEM@SOURCE */
    struct rs_view id_type, id_system;
    bool links;
};

/* One row of an answer that a CSV column gives. */
struct rs_csv_part {
    int ref;
    struct rs_view representation, system;
    char separator; /* several values in one column; 0 for none */
};
/* A row counts where the column has one of these values. */
struct rs_csv_filter {
    int ref;
    const struct rs_view *values;
    size_t n_values;
};
struct rs_csv_filters {
    const struct rs_csv_filter *f;
    size_t n;
};
struct rs_csv_answer {
    struct rs_view element, collection;
    struct rs_csv_filters where;
    bool joined; /* one answer with the same element's of the same date in other rows of the member */
    int effective; /* column with the date, -1 for none */
    const struct rs_csv_part *parts;
    size_t n_parts;
};
/* A record column made from one or more CSV columns, a comma (street lines) or a blank between. */
struct rs_csv_column {
    int column; /* RECORD_... */
    const int *refs;
    size_t n_refs;
};

struct rs_pair {
    struct rs_view key, value, more; /* more: FHIR extensions, the system of a code without one */
};
struct rs_pairs {
    const struct rs_pair *p;
    size_t n;
};
const struct rs_pair *rs_pairs_find(const struct rs_pairs *pairs, struct rs_view key); /* NULL where it is not there */

struct rs_profile {
    struct rs_view name, source, of_source;
    enum rs_format format;
    struct rs_digest sha256; /* of its bytes; with a base, of both digests */
    bool has_file_date;
    int32_t file_date;
    struct rs_view collection;     /* default method */
    struct rs_pairs collections;   /* element -> method */
    const struct rs_id_rule *member_ids, *identifiers;
    size_t n_member_ids, n_identifiers;
    /* 834 */
    struct rs_pairs language_use, language_systems; /* LUI04 -> element, LUI01 -> system */
    struct rs_view language_element;                /* LUI without a use */
    struct rs_pairs collection_codes;               /* DMG11, Observation.method, OBX-17 -> method */
    struct rs_view product;                         /* instead of HD03 and HD04; null for those */
    enum rs_mode mode;
    bool composite_dependents; /* a dependent without an own id is keyed by subscriber, birth and given name */
    /* FHIR */
    struct rs_pairs systems, extensions, observations; /* URI -> short name; URL -> element; code -> element */
    struct rs_view geoid_extension;
    struct rs_pairs measures; /* canonical of a Measure -> its name */
    /* HL7 v2, with systems, observations and collection_codes as above */
    const struct rs_view *merge_events; /* trigger events whose MRG says that two numbers are one person */
    size_t n_merge_events;
    bool authorities_apart; /* the assigning authority is a part of keys and namespaces */
    /* CSV */
    char delimiter;
    bool columns_may_be_missing;
    const struct rs_view *columns; /* every column the profile speaks of, once */
    size_t n_columns;
    const struct rs_csv_column *record;
    size_t n_record;
    const struct rs_csv_answer *answers;
    size_t n_answers;
    struct rs_csv_filters rows; /* all must hold; rows where they do not are ignored */
    bool no_records;            /* rows are answers of members whose records stand in other files of the source */
    int coverage_product, coverage_start, coverage_end; /* columns, -1 for none */
    int measure, period, denominator, numerator, provider_group, amount, exposure, excluded, product_line;

    json_t *tree; /* owns the texts */
    struct rs_arena arena;
};

/* Reads `name`: a path (with a slash or ending in .yaml), relative to config_file where that is given, or the bare
 * name of a profile in schemas/profiles. RS_CONFIG says what is wrong where. Caller frees. */
struct rs_profile *rs_profile_read(const char *name, const char *config_file, struct rs_error *error);
void rs_profile_free(struct rs_profile *p);
/* How answers of `element` were collected. */
struct rs_view rs_profile_collection(const struct rs_profile *p, struct rs_view element);

#endif
