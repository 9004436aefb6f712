/* SPDX-License-Identifier: GPL-3.0-or-later */
/* From tables of counts to a reference pack. The same tables give the same bytes, on any machine. */
#ifndef RS_REFERENCE_PACK_BUILD_H
#define RS_REFERENCE_PACK_BUILD_H
#include "pack.h"

/* How strongly a first name's rate in each group is drawn towards its rate in all: the a_r of pack.h. The counts N_fr are
 * taken as Poisson with mean E_fr times the name's relative rate in the group, the rates as Gamma(a_r, a_r), whose mean
 * is 1; a_r maximises the likelihood of the table, in which N_fr is negative binomial. A group whose names all have the
 * rates of everybody gets a large a_r, one with names of its own a small one. Three significant digits, so that no
 * machine's logarithm decides on the pack's bytes; between .01 and 1000. */
struct rs_counts_table;
void rs_fit_first_names(const struct rs_counts_table *names, const double totals[RS_GROUPS], double a[RS_GROUPS]);

/* Paths are borrowed; NULL for a table that is not there. */
struct rs_level_file {
    enum rs_place_level level;
    const char *path;
};
struct rs_pack_tables {
    const char *surnames;                 /* see rs_read_surnames; the Bureau's lists of 2010 and 2020 too */
    const char *first_names;              /* CSV first_name and counts of bearers by group */
    const char *middle_names;             /* CSV middle_name and counts of bearers by group */
    const char *nation;                   /* shares for suppressed cells of the surnames */
    const char *places[RS_PLACE_LEVELS];  /* at least one; a level not given is summed from the next finer one */
    /* Further files of places, of any level: those of other states, or each of one group (P12H to P12O). */
    const struct rs_level_file *more_places;
    size_t more_places_n;
    const struct rs_level_file *banded; /* places by age and sex: see bands.h */
    size_t banded_n;
    const struct rs_level_file *figures; /* see figures.h */
    size_t figures_n;
    int age_from, age_to; /* of whom P12 is counted; both 0: all */
    char sex;             /* M, F or 0 */
    const char *zip_zcta;                 /* CSV zip,zcta */
    const char *particles;                /* CSV with one column, particle */
    const char *sources;                  /* SOURCES.json: tables it describes must be the ones described */
};
bool rs_pack_build(const struct rs_pack_tables *tables, const char *output, struct rs_error *error);

#endif
