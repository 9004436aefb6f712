/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Strata that many did not say: language, sexual orientation, gender identity. Nothing is inferred for a person. What is
 * here works on counts of persons alike in all that the models use (patterns); only rates of strata leave, and no pattern or
 * draw is ever written.
 *
 *   complete_case      those who answered; direct_share is the share of the denominator that did
 *   bounds             worst case: rate between x / (n + failures among those who did not say) and (x + successes among
 *                      them) / (n + those successes)
 *   response_weighted  those who answered, weighted by 1 / P(answered | age band, sex, race, language, provider group): a
 *                      logistic model, main effects, by Newton's steps with a ridge of .01 (J. M. Robins, A. Rotnitzky, L. P.
 *                      Zhao, JASA 89 (1994) 846-866). Unbiased where answering depends on those alone. Standard error
 *                      linearised, the model's own error taken off
 *   mi_population      multiple imputation of the whole: within cells of outcome, age band, sex and race, the strata of those
 *                      who did not say are drawn from a Dirichlet posterior and a multinomial (approximate Bayesian
 *                      bootstrap in cells: D. B. Rubin, N. Schenker, JASA 81 (1986) 366-374), with two pseudo-persons spread
 *                      as those of the same outcome; RS_MISSING_DRAWS times, combined by Rubin's rules. The outcome is
 *                      in the cells, so that gaps are not washed out. Draws come from counters: the same every time */
#ifndef RS_STRATIFY_MISSING_H
#define RS_STRATIFY_MISSING_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { RS_MISSING_DRAWS = 50, RS_ANSWERS = 4 };
/* Numbers of the names of each dimension; answer: language, orientation, gender, transgender status. */
struct rs_pattern {
    uint32_t age, sex, race, provider, answer[RS_ANSWERS];
};
struct rs_pattern_count {
    struct rs_pattern p;
    uint64_t n[2]; /* outcome 0 and 1 */
};
struct rs_patterns {
    struct rs_pattern_count *c; /* in the order in which they are first met */
    size_t n, room;
    uint32_t *slots;
    size_t n_slots;
};
/* Place of the pattern in c. */
size_t rs_patterns_add(struct rs_patterns *t, const struct rs_pattern *p, bool y);
void rs_patterns_free(struct rs_patterns *t);
/* One person's row, before its numbers are those of the whole. */
struct rs_pattern_row {
    uint32_t series;
    bool y;
    struct rs_pattern p;
};

/* A dimension of which strata are estimated: by its number of names, the stratum's number below `strata`, or -1 where it is a
 * missing reason. `which` is its place among the answers. */
struct rs_missing_input {
    const struct rs_patterns *patterns;
    const int *stratum;
    size_t strata;
    int which;
    uint64_t seed;
};
struct rs_missing_result {
    double weighted, weighted_se; /* NaN where not to be had */
    double imputed, imputed_se, imputed_df, fmi;
};
/* out has `strata` entries. */
void rs_missing_estimate(const struct rs_missing_input *in, struct rs_missing_result *out);

#endif
