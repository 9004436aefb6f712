/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a reader has besides the table that is being made: what earlier runs published (--prior, layouts estimate and
 * tabulation), and this run's own tabulation, which counts all persons where estimates count those in a denominator. Handed
 * to suppress.h, so that no difference from 1 to 10 can be had by subtracting. Rows of another measure or period are of
 * other persons, and are not held against each other. */
#ifndef RS_STRATIFY_PUBLISHED_H
#define RS_STRATIFY_PUBLISHED_H
#include "pipeline/rows/stage.h"
#include "strata.h"
#include "suppress.h"

struct rs_published_row {
    double n, x;
    bool shown;
    uint32_t table; /* number of measure, period, dimension, estimator */
};
struct rs_published_run {
    struct rs_names keys; /* of estimates, by measure, period, dimension, stratum, estimator */
    struct rs_published_row *row;
    size_t room;
    struct rs_names tables;
    struct rs_names categories; /* of tabulation: approach, category; shown ones alone */
    double *count;
    size_t count_room;
    bool tabulated;
};
/* Zero-initialise; rs_published_free. */
struct rs_published {
    struct rs_published_run *run;
    size_t n;
    struct rs_names here; /* of this run's tabulation: dimension, stratum of estimates */
    double *here_count;
    size_t here_room;
};
/* Reads what the --prior directories have of both layouts; nothing where --differencing is no. RS_USAGE for another word. */
bool rs_published_read(struct rs_run *run, struct rs_published *out, struct rs_error *error);
void rs_published_free(struct rs_published *p);

/* A row of this run's tabulation that is shown; before estimates are made. */
void rs_published_note(struct rs_published *p, const char *approach, const char *category, double n);

/* The publications beside one series' estimates, whose table of cells is whole but not yet suppressed; *n of them. NULL
 * where there are none; rs_publications_free. */
struct rs_estimates;
struct rs_publication *rs_publications_of(const struct rs_published *p, const struct rs_estimates *all, size_t *n);
/* The same beside a tabulation: rows are lines with a cell each. */
struct rs_tabulated_line {
    const char *approach, *category;
    uint32_t cell;
};
struct rs_publication *rs_publications_of_tabulation(const struct rs_published *p, const struct rs_cells *cells,
                                                     const struct rs_tabulated_line *lines, size_t n_lines, size_t *n);
void rs_publications_free(struct rs_publication *p, size_t n);

#endif
