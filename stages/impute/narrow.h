/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a person's own answer leaves of the census tables' six groups, also where it decides none of them: whoever says
 * Black and is not asked about ethnicity is Black or Hispanic, and is given no probability of White. See README.md for the
 * table. */
#ifndef RS_IMPUTE_NARROW_H
#define RS_IMPUTE_NARROW_H
#include "pipeline/reference/pack.h"
#include "pipeline/rows/rows.h"

/* The five races of 1997, as bits; Middle Eastern or North African is White among them. */
enum rs_race5 { RS_RACE_WHITE, RS_RACE_BLACK, RS_RACE_AIAN, RS_RACE_ASIAN, RS_RACE_NHPI, RS_RACES5 };

/* An answer, both axes put together. */
struct rs_answer {
    unsigned yes, no, any;          /* races named; races ruled out; members of an unresolved set, of which one holds */
    bool two_or_more, other;        /* several races without their names; some other race */
    char hispanic, mena, white2024; /* Y, N or 0; white of the 2024 axis */
};
struct rs_answer rs_answer_of(const struct rs_view *person);
/* A bit for each enum rs_group; 0 where nothing was said. */
unsigned rs_answer_cells(const struct rs_answer *answer);
/* Where the answer leaves HISPANIC beside other groups: P(answer | Hispanic) over P(answer | one of the other groups left).
 * Whoever is of group BLACK says Black; of Hispanic persons one in forty does. From schemas/reference/hispanic_races_2010.def,
 * the shares of Hispanic residents whose race agrees with what was said; 1 where that share says nothing: ethnicity known,
 * nothing said, or some other race, a box that is ticked for many reasons. */
double rs_answer_hispanic(const struct rs_answer *answer);

/* p where all groups are possible to p given the answer: zero outside cells, HISPANIC weighed by `hispanic` (0 stands for 1),
 * sum 1. p must be over 0 in one of the cells. */
void rs_answer_narrow(double p[RS_GROUPS], unsigned cells, double hispanic);

enum { RS_CELLS_TEXT = 40 };
/* "BLACK|HISPANIC"; the length. */
size_t rs_cells_text(char out[RS_CELLS_TEXT], unsigned cells);

#endif
