/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Fitting how far to trust a first name's rate in each group: one number a group, by maximum likelihood. Small groups
 * have expected counts below one for most names; without this their zeros would rule them out. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include "pack_build.h"
#include "pack_tables.h"

/* Log-likelihood of one group's counts, up to a constant: negative binomial of size a and mean E. */
static double log_likelihood(const struct rs_counts_table *t, int group, double share, double a) {
    double sum = 0, log_gamma_a = lgamma(a);
    for (size_t i = 0; i < t->n; i++) {
        double expected = 0, n = t->rows[i].counts[group];
        for (int r = 0; r < RS_GROUPS; r++) expected += t->rows[i].counts[r];
        expected *= share;
        if (!(expected > 0)) continue;
        sum += a * log(a / (a + expected));
        if (n > 0) sum += lgamma(n + a) - log_gamma_a + n * log(expected / (a + expected));
    }
    return sum;
}

/* Golden section on ln a: the likelihood has one maximum there. */
static double fit(const struct rs_counts_table *t, int group, double share) {
    const double golden = 0.6180339887498949;
    double low = log(0.01), high = log(1000);
    double left = high - golden * (high - low), right = low + golden * (high - low);
    double at_left = log_likelihood(t, group, share, exp(left)), at_right = log_likelihood(t, group, share, exp(right));
    while (high - low > 1e-5) {
        if (at_left < at_right) {
            low = left;
            left = right;
            at_left = at_right;
            right = low + golden * (high - low);
            at_right = log_likelihood(t, group, share, exp(right));
        } else {
            high = right;
            right = left;
            at_right = at_left;
            left = high - golden * (high - low);
            at_left = log_likelihood(t, group, share, exp(left));
        }
    }
    return exp((low + high) / 2);
}

void rs_fit_first_names(const struct rs_counts_table *names, const double totals[RS_GROUPS], double a[RS_GROUPS]) {
    double all = 0;
    for (int r = 0; r < RS_GROUPS; r++) all += totals[r];
    for (int r = 0; r < RS_GROUPS; r++) {
        char digits[32];
        snprintf(digits, sizeof digits, "%.3g", fit(names, r, totals[r] / all));
        a[r] = strtod(digits, NULL);
    }
}
