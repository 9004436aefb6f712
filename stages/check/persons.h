/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Persons by unit: all, each source (of the race that stands), each facility (see by_facility), each provider group (of
 * their measure results). Person,
 * person_value and posterior are large and are reduced in parallel blocks to a few bytes a person on disk, which are
 * then brought together in the order of their keys: memory depends on the number of units alone. */
#ifndef RS_CHECK_PERSONS_H
#define RS_CHECK_PERSONS_H
#include "crossed.h"
#include "definitions.h"
#include "facilities.h"
#include "filling.h"
#include "pipeline/base/jurisdiction.h"
#include "pipeline/rows/stage.h"

struct rs_unit_counts {
    uint64_t persons;
    uint64_t minors; /* of whom the jurisdiction does not keep all */
    uint64_t bit[RS_CHECK_MEMBER_BITS]; /* persons with each bit of the checks of persons */
    uint64_t placed;                    /* of those who reported a group: those whose area is in the reference pack */
    double recorded[RS_GROUPS], area[RS_GROUPS], square[RS_GROUPS]; /* of the placed: counts, sum of shares, of d^2 */
};

/* What is compared with the prior run: counts of persons by category. */
enum { RS_MIXES = 4, RS_MIX_MOST = 8 };
struct rs_mix {
    const char *element;
    int n;
    const char *category[RS_MIX_MOST]; /* "element:category" */
};
extern const struct rs_mix rs_mixes[RS_MIXES];

struct rs_person_counts {
    bool has_person, has_posterior, has_prior;
    uint64_t persons, two_or_more, other_race;
    uint64_t mix[RS_MIXES][RS_MIX_MOST], prior_mix[RS_MIXES][RS_MIX_MOST], prior_persons;
    uint64_t reported;                           /* census6 and posterior both there */
    double observed[RS_GROUPS], mean[RS_GROUPS]; /* shares of those, mean p of the same persons */
    char **groups;                               /* provider groups, as first met */
    size_t n_groups, n_sources;
    struct rs_facilities facilities; /* by name */
    struct rs_unit_counts all, *by_group, *by_source;
    /* persons and bits of the persons of a facility; mixes of those whose race that stands came from it */
    struct rs_unit_counts *by_facility;
    struct rs_crossed crossed; /* persons of each group by source */
    struct rs_fill_unit *fill_group, *fill_source, *fill_facility; /* NULL where no check asks */
    double inflation_group, inflation_source, inflation_facility;
};

/* Limits of default filling are those of the check that asks for it. */
bool rs_count_persons(struct rs_run *run, const struct rs_checks *checks, const struct rs_jurisdiction *place,
                      char **sources, size_t n_sources, struct rs_person_counts *out, struct rs_error *error);
void rs_person_counts_free(struct rs_person_counts *c);

#endif
