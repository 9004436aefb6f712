/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Confidence intervals of rates, and of differences and ratios of two rates.
 *
 * z is the normal quantile of the interval: RS_Z95 for 95 %. Rates are in [0, 1]; x and n need not be whole numbers
 * (effective counts of imputed groups are not). NaN stands for "no such limit". */
#ifndef RS_BASE_INTERVAL_H
#define RS_BASE_INTERVAL_H

#define RS_Z95 1.959963984540054

struct rs_interval {
    double lower, upper;
};

/* Wilson's score interval, (2x + z^2 -+ z sqrt(z^2 + 4x(1 - x/n))) / (2(n + z^2)). E. B. Wilson, "Probable inference,
 * the law of succession, and statistical inference", JASA 22 (1927) 209-212. The lower limit is taken from the product
 * of the two, x^2 / (n(n + z^2)), which loses no digits near 0; the upper one by symmetry near 1. NaN for n <= 0. */
struct rs_interval rs_wilson(double x, double n, double z);

/* Clopper and Pearson's exact interval, Biometrika 26 (1934) 404-413: beta quantiles, found by bisection on the beta
 * distribution function (to 1e-14 in the rate), since GSL's own quantile function fails on ordinary input. Beyond
 * n = 2e6, where the function loses digits and the two agree to 1e-6, Wilson's. `confidence` such as 0.95. */
struct rs_interval rs_clopper_pearson(double x, double n, double confidence);

/* Byar's approximation for a Poisson count: x(1 - 1/(9x) - z/(3 sqrt x))^3 and the same with x + 1 and +z. N. E.
 * Breslow, N. E. Day, "Statistical Methods in Cancer Research" II (IARC 1987), p. 69. A negative lower limit is 0. */
struct rs_interval rs_byar(double x, double z);

/* Difference of two rates from each one's interval and their correlation rho: the limits are
 *   d - sqrt(a^2 - 2 rho a b + b^2), a = p1 - lower1, b = upper2 - p2, and so on the other side.
 * G. Y. Zou, A. Donner, "Construction of confidence limits about effect measures", Statistics in Medicine 27 (2008)
 * 1693-1702. With rho = 0 and Wilson intervals it is method 10 of R. G. Newcombe, Statistics in Medicine 17 (1998)
 * 873-890. The limits stay within [-1, 1]. */
struct rs_interval rs_difference(double p1, struct rs_interval i1, double p2, struct rs_interval i2, double rho);

/* Newcombe's method 10 from counts. */
struct rs_interval rs_newcombe10(double x1, double n1, double x2, double n2, double z);

/* p1/p2 exp(-+ z se), se the standard error of ln(p1/p2): by the delta method, from the variances and covariance of the
 * rates. For independent counts it is sqrt((1-p1)/x1 + (1-p2)/x2), Katz et al., Biometrics 34 (1978) 469-474. NaN where
 * a rate is 0. */
struct rs_interval rs_ratio(double p1, double p2, double var1, double var2, double cov, double z);

#endif
