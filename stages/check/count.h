/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the checks are made from: counts of everything the stages before left, each file read once. */
#ifndef RS_CHECK_COUNT_H
#define RS_CHECK_COUNT_H
#include "definitions.h"
#include "persons.h"
#include "pipeline/reference/pack.h"
#include "pipeline/rows/stage.h"
#include "reduce.h"

/* Elements whose completeness is counted: the first from demographic, the others from mapped. */
enum rs_complete_element {
    RS_HAS_SURNAME,
    RS_HAS_BIRTH,
    RS_HAS_SEX,
    RS_HAS_ZIP,
    RS_HAS_TRACT,
    RS_HAS_RACE,
    RS_HAS_ETHNICITY,
    RS_HAS_LANGUAGE,
    RS_HAS_ORIENTATION,
    RS_HAS_IDENTITY,
    RS_HAS_SEX_AT_BIRTH,
    RS_HAS_ELEMENTS
};
extern const char *const rs_complete_names[RS_HAS_ELEMENTS];

enum rs_implausible { RS_BIRTH_IN_FUTURE, RS_AGE_OVER_120, RS_DEATH_BEFORE_BIRTH, RS_IMPLAUSIBLES };
extern const char *const rs_implausible_names[RS_IMPLAUSIBLES];

enum { RS_MAPPED_ELEMENTS = 15 }; /* of layout assertion; the last is anything else */
extern const char *const rs_mapped_names[RS_MAPPED_ELEMENTS];

/* Of one source, or of all. */
struct rs_source_counts {
    bool has_people;       /* any of its files is of persons, not of measure results alone */
    uint64_t file_records; /* rows of its input files, as ingest counted them */
    uint64_t files, empty_files; /* of these: without a row */
    uint64_t records;
    uint64_t has[RS_HAS_ELEMENTS];
    uint64_t implausible[RS_IMPLAUSIBLES], dated[RS_IMPLAUSIBLES]; /* of those that have the dates */
    uint64_t mapped[RS_MAPPED_ELEMENTS], unmapped[RS_MAPPED_ELEMENTS];
};

/* Of the records that name one facility. */
struct rs_facility_records {
    uint64_t records, has[RS_HAS_ELEMENTS];
};

struct rs_tagged { /* a count under a name found in the data */
    char *name, *stage;
    size_t source; /* number, or RS_NO_SOURCE */
    uint64_t rows;
};
#define RS_NO_SOURCE ((size_t)-1)

struct rs_tagged_list {
    struct rs_tagged *e;
    size_t n, room;
};

struct rs_counted {
    char **sources; /* in the order of their first files */
    size_t n_sources;
    size_t *source_of_file; /* by file_no */
    size_t n_files;
    struct rs_source_counts *by_source, all;
    struct rs_tagged_list quarantined; /* by rule and source */
    struct rs_tagged_list disagree;    /* persons by element, or by element and kind with a colon between */
    struct rs_tagged_list ledgers;     /* by stage: rows read, in `rows` */
    struct rs_tagged_list unbalanced;  /* by stage: rows without a fate, or with two */
    uint64_t missing_ledgers;
    struct rs_tagged_list prior_feeds; /* by source: rows of the prior run's files */
    bool has_prior_feeds;
    struct rs_reduced records, answers; /* struct rs_record_bits of demographic and of mapped, where somebody asks */
    struct rs_facilities record_facilities; /* that records name, by name; none where no check asks */
    struct rs_facility_records *by_record_facility;
    bool has_discrepancy;
    struct rs_person_counts people;
    uint64_t record_rows, demographic_rows, assertion_rows, mapped_rows;
    uint64_t assertions_ignored; /* by map, as its ledger says: elements the jurisdiction does not keep */
};

bool rs_check_count(struct rs_run *run, const struct rs_checks *checks, const struct rs_jurisdiction *place,
                    struct rs_counted *out, struct rs_error *error);
void rs_counted_free(struct rs_counted *c);
/* Whether a set such as WHITE+HISPANIC or ASIAN|NHPI holds a race, and whether it says Hispanic or not: bits of
 * rs_complete_element. */
uint32_t rs_race_bits(struct rs_view set);
/* The entry of this name, stage and source; made where there is none. */
struct rs_tagged *rs_tagged_at(struct rs_tagged_list *list, struct rs_view name, struct rs_view stage, size_t source);

void rs_tagged_free(struct rs_tagged_list *list);

#endif
