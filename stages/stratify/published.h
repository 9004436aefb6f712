/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a reader has besides the table that is being made: what earlier runs published (--prior, layouts estimate and
 * tabulation), and this run's own tabulation, which counts all persons where estimates count those in a denominator. Handed
 * to suppress.h, so that no difference from 1 to 10 can be had by subtracting. Rows of another measure or period are of
 * other persons, and are not held against each other.
 *
 * A row withheld today is still known from when it was shown. So each run hands on, in layout published, all publications
 * that its prior runs knew of, and its own where any of its numbers is new: --prior needs the last run alone. */
#ifndef RS_STRATIFY_PUBLISHED_H
#define RS_STRATIFY_PUBLISHED_H
#include "pipeline/rows/stage.h"
#include "strata.h"
#include "pipeline/base/successive.h"

struct rs_published_row {
    double n, x;
    bool shown;
    uint32_t table; /* number of measure, period, dimension, estimator */
};
/* One publication. */
struct rs_published_run {
    char id[17];
    struct rs_names keys; /* of estimates: measure, period, dimension, estimator, stratum */
    struct rs_published_row *row;
    size_t room;
    struct rs_names tables;
    struct rs_names categories; /* of tabulation: approach, category; shown ones alone */
    double *count;
    size_t count_room;
};
/* Zero-initialise; rs_published_free. */
struct rs_published {
    bool used; /* --differencing yes */
    struct rs_published_run *run, own;
    size_t n;
    struct rs_names here; /* of this run's tabulation: dimension, stratum of estimates */
    double *here_count;
    size_t here_room;
};
/* published_file.c. Reads what the --prior directories know: layout published, or of older runs estimate and tabulation.
 * RS_USAGE where --differencing is neither yes nor no. */
bool rs_published_read(struct rs_run *run, struct rs_published *out, struct rs_error *error);
void rs_published_free(struct rs_published *p);

/* A row of this run's tabulation that is shown; before estimates are made. */
void rs_published_note(struct rs_published *p, const char *approach, const char *category, double n);
/* The estimates of one series, once suppressed. */
struct rs_estimates;
void rs_published_take(struct rs_published *p, const struct rs_estimates *all);
/* At the end: rows of layout published into the sink, publications in the order of their ids. */
void rs_published_publish(struct rs_published *p, struct rs_batch *batch, int sink);

/* The publications beside one series' estimates, whose table of cells is whole but not yet suppressed; *n of them. NULL
 * where there are none; rs_publications_free. minimum: the smallest difference that may show. */
struct rs_publication *rs_publications_of(const struct rs_published *p, const struct rs_estimates *all, double minimum,
                                          size_t *n);
/* The same beside a tabulation: rows are lines with a cell each. */
struct rs_tabulated_line {
    const char *approach, *category;
    uint32_t cell;
};
struct rs_publication *rs_publications_of_tabulation(const struct rs_published *p, const struct rs_cells *cells,
                                                     const struct rs_tabulated_line *lines, size_t n_lines, size_t *n);
void rs_publications_free(struct rs_publication *p, size_t n);

/* Shared by published*.c. */
enum { RS_PUBLISHED_PARTS = 5 };
void rs_published_key(const struct rs_series *series, const char *dimension, const char *estimator, struct rs_view stratum,
                      struct rs_view key[RS_PUBLISHED_PARTS]);
void rs_published_add(struct rs_published_run *r, const struct rs_view key[RS_PUBLISHED_PARTS], double n, double x, bool shown);
void rs_published_count(struct rs_published_run *r, struct rs_view approach, struct rs_view category, double n);
/* The row, NULL where there is none; and whether any is there of the same measure, period, dimension and estimator. */
const struct rs_published_row *rs_published_find(const struct rs_published_run *r, const struct rs_view key[RS_PUBLISHED_PARTS]);
bool rs_published_has_table(const struct rs_published_run *r, const struct rs_view key[RS_PUBLISHED_PARTS]);
void rs_published_run_free(struct rs_published_run *r);
/* published_gone.c: rows of the publication that this series has not, not `met` by number of their key, into p->gone: in the
 * relations of the series' cells in which they would stand. */
void rs_published_gone(const struct rs_published_run *r, const bool *met, const struct rs_estimates *all,
                       struct rs_publication *p);

#endif
