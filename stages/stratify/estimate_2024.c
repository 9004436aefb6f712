/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Why it exists: the seven categories alone or in combination overlap and sum to more than everybody, so they hang together
 * with the eight that exclude each other only through combinations, which get no row. */
#include <stdlib.h>
#include <string.h>
#include "estimate_parts.h"
#include "label.h"

static const char *const seven[] = {"AIAN", "ASIAN", "BLACK", "HISPANIC", "MENA", "NHPI", "WHITE"};
enum { SEVEN = 7 };

static bool is_in(const char *combination, const char *category) {
    struct rs_view rest = rs_cstr(combination);
    while (!rs_is_null(rest))
        if (rs_eq_c(rs_split(&rest, '+'), category)) return true;
    return false;
}

static bool is_answer(const char *combination) {
    for (int k = 0; k < SEVEN; k++)
        if (is_in(combination, seven[k])) return true;
    return false;
}

/* The name among the eight of what was said. */
static const char *single_of(const char *combination) {
    return is_answer(combination) && strchr(combination, '+') ? "MULTIRACIAL" : combination;
}

struct sums {
    struct rs_stratum s;
    uint32_t relation;
};

static void add(struct rs_estimates *out, struct sums *to, const struct rs_stratum *from, uint32_t hidden) {
    rs_stratum_add(&to->s, from);
    rs_cells_term(&out->table, to->relation, hidden, -1);
}

static void emit(struct rs_estimates *out, enum rs_dimension d, const struct sums *one) {
    if (!one->s.count.n) return; /* its relation has no term at all */
    rs_cells_term(&out->table, one->relation, rs_estimate_add_counted(out, d, RS_OBSERVED, &one->s)->cell, 1);
}

void rs_estimate_2024(struct rs_estimates *out, const struct rs_strata *strata, uint32_t all) {
    bool any = rs_dimension_used(strata, RS_RACE_2024_ANY), single = rs_dimension_used(strata, RS_RACE_2024);
    if (!any && !single) return;
    size_t n;
    enum rs_dimension from = any ? RS_RACE_2024_ANY : RS_RACE_2024;
    struct rs_stratum *list = rs_strata_of(out->series, strata, from, &n);
    struct rs_cells *t = &out->table;
    bool proportion = out->series->about->kind == RS_PROPORTION;
    uint32_t whole = rs_cells_relation(t);
    struct sums *of_single = rs_alloc((n + 1) * sizeof *of_single), of_any[SEVEN] = {{.relation = 0}};
    struct rs_names names = {0};
    rs_cells_term(t, whole, all, 1);
    for (int k = 0; any && k < SEVEN; k++) of_any[k] = (struct sums){{.name = seven[k]}, rs_cells_relation(t)};
    for (size_t i = 0; i < n; i++) {
        uint32_t hidden =
            rs_cells_add(t, (double)list[i].count.n, proportion ? (double)list[i].count.x : 0, false);
        const char *name = any ? single_of(list[i].name) : list[i].name;
        uint32_t at = rs_name_number(&names, rs_cstr(name));
        rs_cells_term(t, whole, hidden, -1);
        if (of_single[at].s.name == NULL) {
            bool missing = rs_stratum_is_missing(RS_RACE_2024, 0, name);
            of_single[at] = (struct sums){{.name = name, .missing = missing}, rs_cells_relation(t)};
        }
        add(out, &of_single[at], &list[i], hidden);
        for (int k = 0; any && k < SEVEN; k++)
            if (is_in(list[i].name, seven[k])) add(out, &of_any[k], &list[i], hidden);
    }
    for (int k = 0; any && k < SEVEN; k++) emit(out, RS_RACE_2024_ANY, &of_any[k]);
    /* missing reasons stand with whichever is asked for; once */
    for (size_t i = 0; i < names.n; i++)
        if (single || of_single[i].s.missing) emit(out, single ? RS_RACE_2024 : RS_RACE_2024_ANY, &of_single[i]);
    rs_names_free(&names);
    free(of_single);
    free(list);
}
