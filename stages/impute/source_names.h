/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Numbers for the sources that persons' answers come from, as they are met: which they are is known only when all persons
 * have been seen. Numbers depend on who comes first; what is made of them is sorted by name. */
#ifndef RS_IMPUTE_SOURCE_NAMES_H
#define RS_IMPUTE_SOURCE_NAMES_H
#include <stdbool.h>
#include "pipeline/base/text.h"

enum { RS_EVALUATED_SOURCES = 32 }; /* 0 is nobody's: no source, or none is known */

struct rs_source_names; /* any thread may ask for a number */
struct rs_source_names *rs_source_names_new(void);
void rs_source_names_free(struct rs_source_names *names);
/* From 1; 0 where there is no name, or no room for another. */
int rs_source_number(struct rs_source_names *names, struct rs_view name);
/* When all have been seen: how many numbers there are, 0 among them; sorted[k] is the number of the k-th by name, with 0 last. */
int rs_source_names_sorted(const struct rs_source_names *names, int sorted[RS_EVALUATED_SOURCES]);
const char *rs_source_name(const struct rs_source_names *names, int number); /* none for 0 */
/* There were more than there is room for: what number 0 stands for is then not only nobody. */
bool rs_source_names_full(const struct rs_source_names *names);

#endif
