/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Tables of the Census Bureau as its site and its API give them: columns named by variable (P2_005N, P012I003, P12H_027N,
 * C16001_003E), places by GEO_ID or by columns state, county, tract, block group, zip code tabulation area. */
#ifndef RS_REFERENCE_CENSUS_TABLE_H
#define RS_REFERENCE_CENSUS_TABLE_H
#include "csv_table.h"
#include "pack.h"
#include "pack_tables.h"

/* A variable's name taken apart: P12I_003N and P012I003 are {"P12", 'I', 3}. false: none, or a margin of error. */
struct rs_variable {
    char table[12], iteration; /* iteration 0: none */
    int item;
};
bool rs_variable_parse(struct rs_view name, struct rs_variable *out);

/* How a table names its places. The columns are -1 where there are none. */
struct rs_geo_columns {
    int geo_id, state, county, tract, block_group, zcta, us;
};
bool rs_geo_columns(const struct rs_csv *csv, struct rs_geo_columns *out); /* false: it names no places */
/* Id of the row's place in the pack's manner, in `out`; "US" for the nation. Null where it is of another kind. */
struct rs_view rs_geo_id(const struct rs_csv *csv, const struct rs_geo_columns *geo, enum rs_place_level level,
                         char out[16]);
/* The second line of a download from data.census.gov, which explains the columns. */
bool rs_is_label_row(const struct rs_csv *csv, const struct rs_geo_columns *geo);

/* Cells by race and origin before some other race is shared out. */
enum rs_cell {
    RS_CELL_WHITE, RS_CELL_BLACK, RS_CELL_AIAN, RS_CELL_ASIAN, RS_CELL_NHPI, RS_CELL_OTHER, RS_CELL_MULTI,
    RS_CELL_HISPANIC,
    RS_CELLS_NEEDED, /* what follows is used where a table has it */
    RS_CELL_WHITE_OTHER = RS_CELLS_NEEDED, RS_CELL_BLACK_OTHER, RS_CELL_AIAN_OTHER, RS_CELL_API_MULTI,
    RS_CELLS
};
struct rs_cells_row {
    struct rs_view key; /* in the arena */
    double cell[RS_CELLS];
    unsigned seen; /* a bit for each cell */
};
/* Of one level, from any number of files: of several states, or each of one group (P12H to P12O). */
struct rs_cells_table {
    struct rs_arena arena;
    struct rs_cells_row *rows;
    size_t n, room;
};
void rs_cells_table_free(struct rs_cells_table *t);

/* Whether the open table is one of census_layouts.def. */
bool rs_is_census_table(const struct rs_csv *csv);
/* Reads all rows. `who` says of which ages and sex, of P12; for tables that have no ages it must be left open, or be what
 * they are of. Fills in source->layout, ages and some_other_race. */
bool rs_read_census_table(struct rs_csv *csv, enum rs_place_level level, const struct rs_who_counts *who,
                          struct rs_cells_table *to, struct rs_table_source *source, struct rs_error *error);
/* To six groups. Where the cells are there, persons of one race and some other count with that race, of Asian and
 * Pacific Islander with API (CFPB 2014); then some other race is spread over the five groups in proportion. asian_nhpi
 * gets the two groups of API, under WHITE and BLACK. */
bool rs_cells_to_counts(struct rs_cells_table *cells, const char *what, struct rs_counts_table *to,
                        struct rs_counts_table *asian_nhpi, struct rs_error *error);

#endif
