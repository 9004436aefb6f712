/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The strata of a series as they are written: small ones pooled by a hierarchy that was declared beforehand.
 *
 * Declared in YAML (--collapse FILE; schemas/collapse.yaml is one), for each dimension:
 *
 *     language:
 *       minimum: 100                 persons in the denominator below which a stratum is pooled
 *       groups: {romance: [fr, pt, it, ro]}
 *       rest: other                  where it is in no group, or the group is below the minimum, too
 *
 * Languages without such an entry: the --languages most frequent ones stay, the rest are "other". Missing reasons are
 * never pooled with strata. */
#ifndef RS_STRATIFY_LABEL_H
#define RS_STRATIFY_LABEL_H
#include "estimate_parts.h"

struct rs_collapse;
struct rs_collapse *rs_collapse_read(const char *path, struct rs_error *error);
void rs_collapse_free(struct rs_collapse *c);

/* Missing reasons are upper case (NOT_ASKED), strata are not; but for codes that are upper case themselves. */
bool rs_stratum_is_missing(enum rs_dimension d, uint32_t number, const char *name);

/* By number of the dimension's names: the name under which it is written, NULL where nobody is in it. The caller frees
 * the array; names live as long as the strata. */
const char **rs_labels(const struct rs_series *series, const struct rs_strata *strata,
                       const struct rs_settings *settings, enum rs_dimension d);

#endif
