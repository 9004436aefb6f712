/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Names met in the data, numbered as they are first met. */
#ifndef RS_CHECK_GROUPS_H
#define RS_CHECK_GROUPS_H
#include "pipeline/base/text.h"

struct rs_groups {
    char **names;
    size_t n, room;
    size_t *slots, n_slots; /* open addressing; 0 is free, else the number plus 1 */
};
size_t rs_groups_at(struct rs_groups *g, struct rs_view name);
/* The names go to the caller; each one and the list are freed there. */
void rs_groups_take(struct rs_groups *g, char ***names, size_t *n);
void rs_groups_free(struct rs_groups *g);

#endif
