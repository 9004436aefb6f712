/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Counts of places by age and sex, on their way into a pack. */
#ifndef RS_REFERENCE_BANDS_H
#define RS_REFERENCE_BANDS_H
#include "pack_tables.h"

/* 18+, 0-17, all or empty; years, both ends counted, `to` 999 where it is open. */
bool rs_ages_parse(struct rs_view text, int *from, int *to);

struct rs_bands_table {
    struct rs_band bands[RS_BANDS]; /* the narrowest first once finished */
    size_t n;
    struct rs_counts_table rows; /* keys: rs_band_key */
};
/* A CSV with columns id, ages, sex (either may be missing or empty: all) and counts by group, as rs_read_places reads
 * them; see schemas/reference/README.md. `places`: of this level, sorted: each id must be there. */
bool rs_read_bands(const char *path, enum rs_place_level level, const struct rs_counts_table *places,
                   struct rs_bands_table *to, struct rs_table_source *source, struct rs_error *error);
/* Orders bands from the narrowest to the widest (fewer ages first; of as many, one sex before both; then the younger),
 * numbers the rows so, and sorts them; RS_DATA where a place has a band twice. */
bool rs_bands_finish(struct rs_bands_table *t, struct rs_error *error);
void rs_bands_free(struct rs_bands_table *t);

#endif
