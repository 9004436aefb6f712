/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The normal on the logit scale whose rates have a given mean and variance.
 *
 * Near 0 and 1 the delta method is not enough: with sd sigma there, the mean of the rates is above a mean of theirs near 0 by
 * half of sigma^2 times itself, which at one effective outcome is half of the rate. */
#ifndef RS_STRATIFY_LOGIT_NORMAL_H
#define RS_STRATIFY_LOGIT_NORMAL_H

struct rs_logit_normal {
    double mean, sd; /* on the logit scale */
};
/* mean above 0 and below 1; variance above 0, and no more of it is matched than half of mean (1 - mean): beyond, nearly all
 * rates would be 0 or 1. To a relative 1e-8. */
struct rs_logit_normal rs_logit_normal(double mean, double variance);

#endif
