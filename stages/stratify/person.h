/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The strata one person is in. */
#ifndef RS_STRATIFY_PERSON_H
#define RS_STRATIFY_PERSON_H
#include "join.h"

struct rs_member {
    bool reported;                  /* race and ethnicity: one of the six groups was said */
    uint32_t number[RS_DIMENSIONS]; /* by the strata's names; RS_PROVIDER is the measure row's */
    uint32_t cell;                  /* what rates are adjusted for */
    uint32_t other[RS_MOST_CROSSED]; /* of fitted intersections: the other parts */
};
/* What person_value says of the elements that are dimensions; views may be null. */
struct rs_member_values {
    struct rs_view value[RS_TRANSGENDER - RS_ORIENTATION + 1], missing[RS_TRANSGENDER - RS_ORIENTATION + 1];
};
/* One row of person_value; elements that are no dimension are passed over. Several values of one element are "several". */
void rs_member_value(struct rs_member_values *v, const struct rs_view *row);
/* The strata that the measure's row tells, and intersections with them: after rs_member_strata, for each row. */
bool rs_member_row(const struct rs_view *row, struct rs_strata *strata, struct rs_member *m, struct rs_error *error);

/* `row` is of layout person; `earlier`: the group of the six that the person had said in an earlier run, which counts as
 * reported where today's sources have none, or null. Names new to `strata` are added. */
bool rs_member_strata(const struct rs_view *row, struct rs_view earlier, const struct rs_member_values *values,
                      const struct rs_age_bands *bands, int32_t as_of, struct rs_strata *strata, struct rs_member *out, struct rs_error *error);

#endif
