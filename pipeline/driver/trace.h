/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What relsogi trace finds behind one published number. trace_made_of.c finds the estimates behind a statement about gaps,
 * trace_row.c rows that their columns name, trace_members.c the persons, trace_lineage.c where what is known of them came
 * from, trace.c asks and tells. */
#ifndef RS_DRIVER_TRACE_H
#define RS_DRIVER_TRACE_H
#include "driver.h"
#include "pipeline/rows/rows.h"

enum { RS_TRACE_PERSONS = 1000 };

struct rs_traced_person {
    struct rs_key key;
    bool imputed, numerator;
    double p;        /* of an imputed one: probability of the stratum */
    char model[48];  /* what it was imputed by */
};

struct rs_trace {
    const char *run;  /* directory */
    struct rs_key id; /* of the result; once found, of the estimate that is followed */
    struct rs_arena arena;
    struct rs_view estimate[RS_MAX_COLUMNS]; /* its row, in the arena */
    const char *age_bands;                   /* option of stratify; borrowed from its stage.json */
    int32_t as_of;
    size_t most; /* persons to keep, smallest keys first */

    bool listed;              /* whether it can be said who is in this stratum */
    uint64_t denominators;    /* persons in the measure's denominator, of any stratum */
    uint64_t said, numerator; /* in the stratum by what stands for them; of them in the numerator */
    uint64_t imputed;         /* with a probability of it above 0 */
    double weight;            /* their probabilities, summed */
    struct rs_traced_person persons[RS_TRACE_PERSONS];
    size_t n_persons;
};

/* False without an error where the run has no estimate of this key. */
bool rs_trace_estimate(struct rs_trace *t, struct rs_error *error);
/* Finds and prints a row of disparity, trend or equity of this key, and the keys of the estimates that it is made from; the
 * one about its own group, else the one about everybody, is then t's estimate. RS_NO_INPUT where the run has no such row, or
 * not the estimates: a trend's point of an earlier run. */
bool rs_trace_statement(struct rs_trace *t, struct rs_error *error);
/* Whether the id is of a row that its columns name, LAYOUT:COLUMN:COLUMN (tabulation, check_result, agreement); what is no
 * letter, digit or one of - _ . * may stand as %XX. */
bool rs_trace_is_row(const char *id);
/* Finds and prints that row and what it is made from, and keeps persons. *layout and *stage: what made it. RS_USAGE where the id
 * has not the columns of the key, RS_NO_INPUT where the run has no such row. */
bool rs_trace_row(struct rs_trace *t, const char *id, const struct rs_layout **layout, const char **stage,
                  struct rs_error *error);
/* Whether its number is made from persons imputed, too. */
bool rs_trace_is_modelled(const struct rs_trace *t);
/* One walk over person, posterior and person_measure. */
bool rs_trace_members(struct rs_trace *t, struct rs_error *error);
/* Prints, for each person kept: values that stand, and the file, line or segment and byte of every answer about them
 * that has to do with the estimate's dimension, and of the measure's rows. raw: with the text as sent. */
bool rs_trace_lineage(const struct rs_trace *t, bool raw, struct rs_error *error);

/* Shared by the files of trace*.c. */
bool rs_trace_manifest(const char *run, const char *stage, const struct rs_layout *layout, struct rs_manifest *m,
                       struct rs_error *error);
/* The row whose first column is t's key. False without an error where there is none. */
bool rs_trace_find(struct rs_trace *t, const struct rs_manifest *m, struct rs_view *to, struct rs_error *error);
void rs_trace_keep(struct rs_trace *t, const struct rs_layout *layout, const struct rs_view *row, struct rs_view *to);
void rs_trace_print(const struct rs_layout *layout, const struct rs_view *row); /* what is not null, a line each */
#endif
