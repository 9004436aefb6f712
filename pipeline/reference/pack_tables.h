/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Tables of counts in memory, on their way from CSV into a pack. */
#ifndef RS_REFERENCE_PACK_TABLES_H
#define RS_REFERENCE_PACK_TABLES_H
#include "csv_table.h"
#include "pack.h"

struct rs_counts_row {
    struct rs_view key; /* in the table's arena */
    double counts[RS_GROUPS];
};
/* Rows, by ascending key once sorted. */
struct rs_counts_table {
    struct rs_arena arena;
    struct rs_counts_row *rows;
    size_t n, room;
};
void rs_counts_add(struct rs_counts_table *t, struct rs_view key, const double counts[RS_GROUPS]);
/* Sorts; a key that is there twice is RS_DATA (`what` names the table). */
bool rs_counts_sort(struct rs_counts_table *t, const char *what, struct rs_error *error);
void rs_counts_free(struct rs_counts_table *t);

/* What was read, for the pack's info. */
struct rs_table_source {
    size_t rows;
    struct rs_digest content;
    char layout[24], ages[24];   /* empty where the table does not say */
    const char *some_other_race; /* constant; NULL the same */
};

/* Of whom counts are taken from tables that have ages and sexes: all with {0, 999, 0}. */
struct rs_who_counts {
    int age_from, age_to;
    char sex; /* M, F or 0 */
};

/* Some other race over the five non-Hispanic groups in proportion, evenly where there is nobody else. */
void rs_spread_some_other(double counts[RS_GROUPS], double other);

/* id,white,black,aian,api,multi,hispanic[,some_other]; see schemas/reference/README.md. Some other race is spread over
 * the five non-Hispanic groups in proportion (CFPB 2014), evenly where there is nobody else. */
bool rs_read_places(struct rs_csv *csv, enum rs_place_level level, struct rs_counts_table *to,
                    struct rs_table_source *source, struct rs_error *error);
/* The counts of the row at hand, as rs_read_places takes them; id: the id's column, whose digits are checked. */
bool rs_read_place_row(const struct rs_csv *csv, enum rs_place_level level, int id, double counts[RS_GROUPS],
                       struct rs_error *error);
/* Counts by group, or the Bureau's 2010 layout; `nation` is the places file with one row whose shares fill suppressed
 * cells. `other` gets ALL OTHER NAMES. */
bool rs_read_surnames(const char *path, const char *nation, struct rs_counts_table *to, double other[RS_GROUPS],
                      struct rs_table_source *source, struct rs_error *error);
/* `column` (first_name, middle_name) and counts of bearers by group, which may be fractional. A row ALL OTHER NAMES is passed over: a first name
 * that is not listed says nothing. */
bool rs_read_first_names(const char *path, const char *column, struct rs_counts_table *to, struct rs_table_source *source,
                         struct rs_error *error);
/* Sums of `from` by the first `digits` of the key, into the empty table `to`. `from` is sorted. */
void rs_sum_places(const struct rs_counts_table *from, size_t digits, struct rs_counts_table *to);

#endif
