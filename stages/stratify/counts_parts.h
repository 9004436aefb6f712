/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the files behind --counts share: the table read (counts.c), what is said of its groups (counts_groups.c) and of
 * its strata (counts_strata.c), and how it is written (counts_out.c). */
#ifndef RS_STRATIFY_COUNTS_PARTS_H
#define RS_STRATIFY_COUNTS_PARTS_H
#include "pipeline/base/interval.h"
#include "pipeline/base/error.h"
#include "pipeline/base/text.h"
#include <jansson.h>
#include <math.h>
#include <stdbool.h>
#include <stddef.h>

struct rs_counted {
    struct rs_view name;
    double x, n, rate, se, weight, order;
    bool given_se; /* the rate is an estimate, not x of n persons */
    bool boundary; /* fewer than one effective success or failure */
    size_t at;     /* number of the group in the cells */
};

/* As many counted persons as would carry the information of the rate. */
static inline double rs_counts_effective(const struct rs_counted *g) {
    return g->given_se ? g->rate * (1 - g->rate) / (g->se * g->se) : g->n;
}

struct rs_counted_table {
    struct rs_counted *g;
    size_t n, reference; /* groups, two or more; the one compared with */
    bool ordered;
    size_t strata;           /* 0 where the table has none; else of group g, stratum s, at g.at * strata + s: */
    double *cell_x, *cell_n; /* n above 0 */
    double *standard;        /* by stratum: weight in the standard population, any scale */
    bool given_standard;     /* else everybody's in the table */
};

/* Either tab-separated lines or, where `rows` is not NULL, objects in it. */
struct rs_counts_out {
    struct rs_buffer *text; /* borrowed */
    json_t *rows;           /* owned by the caller */
    bool not_utf8;          /* a name could not be put into JSON */
};
void rs_counts_head(struct rs_counts_out *out);
/* One statistic; NaN is written as nothing. `about`: the group, or what stands for all. */
void rs_counts_line(struct rs_counts_out *out, const struct rs_counted *about, const char *statistic, double value,
                    double se, struct rs_interval i, const char *method);
/* The array, as text. */
bool rs_counts_finish(struct rs_counts_out *out, struct rs_error *error);

#define RS_COUNTS_NO_INTERVAL ((struct rs_interval){NAN, NAN})
/* value -+ z se, 95 %. */
struct rs_interval rs_counts_normal(double value, double se);
/* What a statement that compares the two is about: the group, with the flags of both. */
struct rs_counted rs_counts_both(const struct rs_counted *g, const struct rs_counted *reference);

void rs_counts_groups(const struct rs_counted_table *t, struct rs_counts_out *out);
/* Direct and indirect standardisation, and each gap taken apart after Kitagawa; t->strata above 0. */
void rs_counts_strata(const struct rs_counted_table *t, struct rs_counts_out *out);

#endif
