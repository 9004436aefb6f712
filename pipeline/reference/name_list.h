/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The Census Bureau's lists of surnames and of first names of 2020: a title of some lines, then a name a row, whose last
 * six columns are bearers by group (White, Black, AIAN, Asian or Pacific Islander, two or more, all not Hispanic;
 * Hispanic), then a row ALL OTHER NAMES, then notes. */
#ifndef RS_REFERENCE_NAME_LIST_H
#define RS_REFERENCE_NAME_LIST_H
#include "pack_tables.h"

bool rs_is_name_list(const struct rs_csv *csv); /* no column that another layout needs, and enough columns */
/* *has_other: a row ALL OTHER NAMES was there, and stands in `other`. Headings, where there are any, must be of the
 * groups in this order. */
bool rs_read_name_list(struct rs_csv *csv, struct rs_counts_table *to, double other[RS_GROUPS], bool *has_other,
                       struct rs_error *error);

#endif
