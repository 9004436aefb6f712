/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Default filling: a unit (source, provider group) whose recorded mix is far from what its persons' names and places
 * imply, as where staff fill in one answer for everybody.
 *
 * For person i of unit u, p_ik is the probability of group k from names and place. Two habits of the plan as a whole
 * are fitted to all persons by maximum likelihood (EM): r_k, how many more members of group k it has than the tables
 * say of people with such names and places, and C_kg, the share of group k that is recorded as g:
 *
 *     q_ik = r_k p_ik / sum_h r_h p_ih,   p'_ig = sum_k q_ik C_kg
 *     w_ik = q_ik C_k,y(i) / sum_h q_ih C_h,y(i),   C_kg <- sum of w_ik where y(i) = g / sum_i w_ik
 *     r_k <- r_k sum_i w_ik / sum_i q_ik
 *
 * They take up what is wrong for everybody, such as Hispanics who record White, so that a unit is compared with the
 * other units and not with the census. Then
 *
 *     d_u = O_u - E_u,   E_u = sum_i p'_i,   V_u = sum_i (diag(p'_i) - p'_i p'_i^T)
 *     X2_u = d_u^T V_u^- d_u,   chi-square with (groups that can occur - 1) degrees of freedom
 *
 * d_u and V_u without the group most expected, since rows of V_u sum to 0. Honest units differ, too, in ways that names
 * do not tell: X2_u is divided by phi = max(1, median_u X2_u / median of its chi-square), the inflation that funnel
 * plots use (Spiegelhalter 2005, "Funnel plots for comparing institutional performance", section 4.3, with the median
 * in place of the winsorised mean). A unit is found where its p-value after Holm (1979) is below alpha and more than
 * `moved` of its persons, beyond what chance moves (sum_g sqrt(2 phi V_ugg / pi) / (2 n_u), the mean of |d| of a
 * normal), would have to be recorded elsewhere: sum_g |O_ug - E_ug| / (2 n_u). Those found are left out of r, C and
 * phi, and all is done again, until nothing changes. */
#ifndef RS_CHECK_FILLING_H
#define RS_CHECK_FILLING_H
#include "pipeline/base/error.h"
#include "pipeline/reference/pack.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* One person in one unit. */
struct rs_fill_one {
    uint32_t unit;
    uint32_t recorded; /* enum rs_group */
    float p[RS_GROUPS];
};

/* Where they are read from, several times over. `read` gives up to `most`, 0 at the end; `rewind` starts again. */
struct rs_fill_source {
    void *self;
    bool (*rewind)(void *self, struct rs_error *error);
    bool (*read)(void *self, struct rs_fill_one *into, size_t most, size_t *got, struct rs_error *error);
};

struct rs_fill_limits {
    uint64_t minimum; /* smaller units are not judged */
    double moved, alpha;
};

struct rs_fill_unit {
    uint64_t n;
    double recorded[RS_GROUPS], expected[RS_GROUPS]; /* counts; expected: sum of p' */
    double variance[RS_GROUPS];
    double moved;                        /* share of its persons */
    double statistic, p_value, adjusted; /* X2 over phi; adjusted after Holm */
    int degrees;
    bool judged, found;
};

enum { RS_FILL_LEAST_UNITS = 3 }; /* with fewer nobody can say which one differs: none is judged */

/* units: n_units, zeroed by the caller. *inflation gets phi. */
bool rs_default_filling(const struct rs_fill_source *source, const struct rs_fill_limits *limits, size_t n_units,
                        struct rs_fill_unit *units, double *inflation, struct rs_error *error);

#endif
