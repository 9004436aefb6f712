/* SPDX-License-Identifier: GPL-3.0-or-later */
/* An index of areas, such as the Social Vulnerability Index by tract (CDC/ATSDR) or the Area Deprivation Index by block
 * group (Neighborhood Atlas), read from a CSV, and its five bands.
 *
 * The file has a column of GEOIDs (geo_id, FIPS or GEOID: 5, 11 or 12 digits; the leading zero of a county or tract may be lacking) and one of
 * national percentiles (value, RPL_THEMES or ADI_NATRANK): from 0 to 1 throughout, or from 0 to 100. Band Q1 holds the
 * fifth of the range with the smallest values (least vulnerable or deprived), Q5 the largest; bounds belong to the band
 * below. What is no number, or below 0 (-999: not known), is MISSING. */
#ifndef RS_STRATIFY_AREA_H
#define RS_STRATIFY_AREA_H
#include <stdbool.h>
#include "pipeline/base/error.h"
#include "pipeline/base/text.h"

struct rs_area_index;
struct rs_area_index *rs_area_index_read(const char *path, struct rs_error *error);
void rs_area_index_free(struct rs_area_index *a);
/* Q1 to Q5, or MISSING: by block group, else by the tract, else by the county that it lies in. Views may be null. */
struct rs_view rs_area_band(const struct rs_area_index *a, struct rs_view block_group, struct rs_view tract,
                            struct rs_view county);

#endif
