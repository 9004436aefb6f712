/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Measures of disparity over all groups at once. Groups are arrays of n: rate[i] in [0, 1] (or a mean above 0),
 * se[i] its standard error, share[i] the group's share of the population, summing to 1. mu is the mean, sum share *
 * rate. Nothing fails; NaN stands for what cannot be had (a logarithm of 0, a division by 0). */
#ifndef RS_STRATIFY_INEQUALITY_H
#define RS_STRATIFY_INEQUALITY_H
#include <stddef.h>

struct rs_groups {
    size_t n;
    const double *rate, *se, *share;
};

/* An estimate, its standard error (NaN where no formula is at hand). */
struct rs_measure {
    double value, se;
};

double rs_group_mean(const struct rs_groups *g);

/* Between-group variance theta'A theta, A = diag(P) - PP': the value; what is left of it after the expected part that is
 * noise, tr(AV), is taken off; and Var = 4 theta'AVA theta + 2 tr(AVAV), exact for normal estimates. V is the n x n
 * covariance matrix, row by row, or NULL for diag(se^2). Scheme: S. Harper, J. Lynch, "Methods for Measuring Cancer
 * Disparities", NCI 2005; the bias by the mean of a quadratic form. */
struct rs_between {
    double variance, corrected, se;
};
struct rs_between rs_between_group_variance(const struct rs_groups *g, const double *v);

/* Theil's T = sum P r ln r, r = rate / mu, and mean log deviation -sum P ln r (H. Theil, "Economics and Information
 * Theory", 1967), SE by the delta method with mu's own error carried:
 *   T: sum P^2 se^2 / mu^2 (1 + ln r - sum P r (1 + ln r))^2;  MLD: sum P^2 se^2 / mu^2 (1 - 1/r)^2. */
struct rs_measure rs_theil(const struct rs_groups *g);
struct rs_measure rs_mean_log_deviation(const struct rs_groups *g);

/* Weighted mean deviation sum P |rate - mu|; over mu; and unweighted over K and mu. */
double rs_mean_deviation(const struct rs_groups *g);
double rs_index_weighted(const struct rs_groups *g);
double rs_index_unweighted(const struct rs_groups *g);
/* Index of disparity against a reference: sum |rate - rate_ref| / ((K - 1) rate_ref). J. N. Pearcy, K. G. Keppel,
 * Public Health Reports 117 (2002) 273-280, with the reference's rate. */
double rs_index_of_disparity(const struct rs_groups *g, size_t reference);

/* Population attributable risk rate_ref - mu, and fraction (qbar - q_ref) / qbar of failures q = 1 - rate. */
double rs_attributable_risk(const struct rs_groups *g, size_t reference);
double rs_attributable_fraction(const struct rs_groups *g, size_t reference);
/* Failures that would not be there at the reference's rate, sum n (rate_ref - rate): signed. */
double rs_excess_failures(const struct rs_groups *g, const double *n, size_t reference);
/* Cohen's h = 2 asin sqrt(p) - 2 asin sqrt(p_ref). J. Cohen, "Statistical Power Analysis", 2nd ed., 1988. */
double rs_cohen_h(double p, double p_reference);

/* Slope and relative index of inequality: weighted least squares of rate on the ridit b = cumulated share - share / 2,
 * groups in order of advantage, first one first; SII = slope, RII = (b0 + b1) / b0. Both are linear in the rates, or a ratio
 * of what is: se of the slope exact given se, that of ln RII by the delta method. Groups are taken as independent. */
struct rs_slope {
    double intercept, sii, rii, sii_se, log_rii_se;
};
struct rs_slope rs_slope_index(const struct rs_groups *g);

/* Concentration index (2 / mu) sum P rate R - 1, R the ridit, groups in order, worst off first; Wagstaff's C / (1 - mu)
 * and Erreygers' 4 mu C for rates (A. Wagstaff 2005; G. Erreygers 2009). SE after N. Kakwani, A. Wagstaff, E. van
 * Doorslaer, J. Econometrics 77 (1997) 87-103, formula for grouped data with known variances se^2; `persons` is the
 * number of persons, since within-group variances are known. */
struct rs_concentration {
    double index, wagstaff, erreygers, se;
};
struct rs_concentration rs_concentration_index(const struct rs_groups *g, double persons);

/* Two populations' rates taken apart into composition, sum (c1 - c2)(r1 + r2) / 2, and rates, sum (r1 - r2)(c1 + c2) /
 * 2. E. M. Kitagawa, JASA 50 (1955) 1168-1194. c are shares of strata, summing to 1. */
struct rs_kitagawa {
    double composition, rates;
};
struct rs_kitagawa rs_kitagawa(size_t n, const double *c1, const double *r1, const double *c2, const double *r2);

/* Adjusted p-values, in the order given: Y. Benjamini, Y. Hochberg, JRSS B 57 (1995) 289-300. `order` is scratch of n. */
void rs_benjamini_hochberg(size_t n, const double *p, double *adjusted, size_t *order);

/* Two-sided p of a standard normal z. */
double rs_two_sided_p(double z);
/* Smallest difference of two rates that a two-sided test at .05 finds with 80 % power, (z.975 + z.80) sqrt(pq/n1 + pq/n0),
 * p the rate of both together. n of an imputed group: lambda times the sum of its probabilities. */
double rs_detectable_difference(double p, double n1, double n0);

#endif
