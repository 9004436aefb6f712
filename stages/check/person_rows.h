/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What check keeps of a row of person, person_value and posterior: a few bytes, in the order of the rows. */
#ifndef RS_CHECK_PERSON_ROWS_H
#define RS_CHECK_PERSON_ROWS_H
#include "persons.h"

struct rs_person_record {
    struct rs_key key;
    uint8_t group; /* of the six; RS_GROUPS where the answers do not decide */
    bool placed;
    bool minor;            /* too young, at the as-of date, for what the jurisdiction keeps of adults alone */
    uint64_t bits;         /* of checks whose element is a column of person */
    uint64_t facility;     /* hash of rs_facility_seen, 0 for none */
    float area[RS_GROUPS]; /* shares where the person lives */
};
struct rs_value_record {
    struct rs_key key;
    uint32_t source; /* of the race that stands, plus 1 */
    uint32_t from;   /* source of the row, plus 1; 0 where no check asks */
    uint64_t facility; /* of the same: hash, 0 for none */
    uint64_t bits;
};
struct rs_posterior_record {
    struct rs_key key;
    float p[RS_GROUPS];
};

struct rs_person_tally { /* of one worker */
    uint64_t persons, two_or_more, other_race, mix[RS_MIXES][RS_MIX_MOST];
};

struct rs_person_reading {
    const struct rs_run *run;
    const struct rs_jurisdiction *place;
    const struct rs_checks *checks;
    const struct rs_pack *pack; /* NULL where no check needs places */
    char **sources;
    size_t n_sources;
    struct rs_person_tally *worker;
    struct rs_facilities *met; /* of each worker; NULL where no check asks */
};

/* For rs_reduce, self being an rs_person_reading. Of the prior run's persons only mixes are counted. */
bool rs_one_person(void *self, int worker, const struct rs_view *row, void *record, struct rs_error *error);
bool rs_one_prior(void *self, int worker, const struct rs_view *row, void *record, struct rs_error *error);
bool rs_one_posterior(void *self, int worker, const struct rs_view *row, void *record, struct rs_error *error);
bool rs_one_value(void *self, int worker, const struct rs_view *row, void *record, struct rs_error *error);

#endif
