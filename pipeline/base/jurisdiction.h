/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Which elements of sexual orientation and gender identity may be kept where the plan is: configuration `jurisdiction`,
 * a name of schemas/jurisdictions.yaml or a map of its own. `map` drops what may not be kept, `reconcile` does not
 * derive it, and drops what may not be kept of minors, whose age map does not know. */
#ifndef RS_BASE_JURISDICTION_H
#define RS_BASE_JURISDICTION_H
#include <stdbool.h>
#include <jansson.h>
#include "error.h"
#include "text.h"

struct rs_jurisdiction {
    char name[64];    /* empty where the configuration names none: everything is kept */
    unsigned dropped; /* a bit an element, in the order of jurisdiction.c */
    int minors_under; /* years of age below which also these are not kept; 0 where there is no such rule */
    unsigned minors_dropped;
};

/* config may be NULL. RS_CONFIG says which name or element is none. */
bool rs_jurisdiction_read(const json_t *config, const char *config_path, struct rs_jurisdiction *out,
                          struct rs_error *error);
/* Why the element is not kept, for the ledger: a constant, "jurisdiction: <element>". NULL where it is kept. */
const char *rs_jurisdiction_drops(const struct rs_jurisdiction *j, struct rs_view element);
/* Whether an answer on the element, given on a day, is not kept for the age the person had then. Who has no date of birth
 * cannot be shown to be of age: not kept either. Dates as YYYY-MM-DD, null for none. */
bool rs_jurisdiction_too_young(const struct rs_jurisdiction *j, struct rs_view element, struct rs_view birth,
                               struct rs_view day);
/* Whether the element is kept of adults alone. */
bool rs_jurisdiction_of_adults(const struct rs_jurisdiction *j, struct rs_view element);
/* Name and dropped elements, for a stage's key and provenance; NULL where the configuration names none. Caller owns. */
json_t *rs_jurisdiction_json(const struct rs_jurisdiction *j);

#endif
