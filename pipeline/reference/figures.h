/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Figures of places, from official tables and one's own, on their way into a pack. */
#ifndef RS_REFERENCE_FIGURES_H
#define RS_REFERENCE_FIGURES_H
#include "pack_tables.h"

struct rs_figure_table {
    char name[48];
    enum rs_place_level level;
    struct rs_counts_table rows; /* the value under WHITE */
};
struct rs_figure_tables {
    struct rs_figure_table *tables;
    size_t n;
};
void rs_figures_free(struct rs_figure_tables *f);
/* The table of this figure, made where it is not there. Good until the next call. */
struct rs_figure_table *rs_figures_table(struct rs_figure_tables *f, const char *name, enum rs_place_level level);
/* asian_of_api from counts of Asian under WHITE and of Pacific Islander under BLACK; nothing where there are neither. */
void rs_figures_add_split(struct rs_figure_tables *f, enum rs_place_level level,
                          const struct rs_counts_table *asian_nhpi);

/* Reads a table of figures. Known by their columns: ACS C16001 (languages) and B04006 (ancestry), Detailed DHC-A T01001
 * (Middle Eastern or North African alone), CDC SVI, ADI, `id,asian,nhpi`, and `id` with columns of one's own, each a
 * figure; an empty field is missing. `counts`: the places of that level in the pack, for shares among White. */
bool rs_read_figures(const char *path, enum rs_place_level level, const struct rs_counts_table *counts,
                     struct rs_figure_tables *to, struct rs_table_source *source, struct rs_error *error);

#endif
