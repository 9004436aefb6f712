/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The learned layer: a multinomial model fitted to members who report for themselves, for those who do not.
 *
 *   P(k | i)  ~  base_ik exp(a_k + b_k . x_i),     a_0 = 0, b_0 = 0
 *
 * race      k: the six groups. base: the imputed probabilities. x: their logs relative to the first group's, and
 *           indicators of birth cohort, sex, language group and state
 * language  k: ENGLISH, SPANISH, OTHER. base: 1. x: the same without language
 *
 * Forms: recalibration has a_k alone (p*_k ~ p_k exp(a_k)); full has all. Maximum likelihood with a ridge, which
 * draws a and b towards 0, that is towards the base, and matters where members are few; Newton's method. Cross-fitted: members fall into folds by a hash of their key; for each fold the model is fitted to
 * the others. A form is kept where it lowers the out-of-fold log-loss of the smaller one by more than the standard error
 * of the difference. Members are weighted to stand for those who do not report (learn_weights.h), in the fit and in the
 * comparison of forms. Members who report are given the answer of the model that has not seen their fold, those who do not
 * that of the whole cohort's: no probability has seen the answer it may be compared with.
 *
 * A fit depends on its cohort and is an artefact of its own (layout fit): with the same fit, a person's answer depends on
 * that person alone. Sexual orientation and gender identity are never a covariate. */
#ifndef RS_IMPUTE_LEARN_H
#define RS_IMPUTE_LEARN_H
#include <jansson.h>
#include "learn_weights.h"
#include "pipeline/reference/pack.h"
#include "pipeline/rows/batch.h"

enum rs_learn_target { RS_LEARN_RACE, RS_LEARN_LANGUAGE, RS_LEARN_TARGETS };
enum rs_learn_form { RS_FORM_NONE, RS_FORM_RECALIBRATION, RS_FORM_FULL, RS_FORMS };
enum rs_learn_language { RS_ENGLISH, RS_SPANISH, RS_OTHER_LANGUAGE, RS_LANGUAGES };
enum rs_covariate { RS_COV_BIRTH, RS_COV_SEX, RS_COV_LANGUAGE, RS_COV_STATE, RS_COVARIATES };
enum { RS_FOLDS = 5, RS_LEVELS = 80, RS_LEARN_CLASSES = RS_GROUPS };
extern const char *const rs_learn_target_names[RS_LEARN_TARGETS];
extern const char *const rs_learn_form_names[RS_FORMS];
extern const char *const rs_learn_language_names[RS_LANGUAGES];

/* One member as the layer sees them. */
struct rs_learn_person {
    uint64_t hash;                       /* of the person key: fold, and place in the sample */
    double log_p[RS_GROUPS];             /* of the imputed probabilities, none below RS_LEARN_LEAST */
    unsigned char level[RS_COVARIATES];  /* 0: unknown, which has no indicator */
    signed char answer[RS_LEARN_TARGETS]; /* class reported, or -1 */
};
#define RS_LEARN_LEAST 1e-9
#define RS_LEARNED_SUFFIX "+learned" /* of a model's name */
/* From a row of layout person: all but log_p. */
struct rs_learn_person rs_learn_person_of(const struct rs_view *person);
/* p before the person's own answer is looked at. */
void rs_learn_person_p(struct rs_learn_person *person, const double p[RS_GROUPS]);
static inline int rs_learn_fold(const struct rs_learn_person *p) { return (int)(p->hash % RS_FOLDS); }
/* Name of a level, such as born 1946_1964; NULL where there is none. text: room for 32 bytes. */
const char *rs_level_name(enum rs_covariate covariate, int level, char text[32]);

/* ---- the sample ------------------------------------------------------------------------------------------------ */

/* Members who report, at most `most`: where there are more, those whose hash is smallest, by whole halvings. Neither the
 * order in which they come nor blocks matter. */
struct rs_learn_sample {
    enum rs_learn_target target;
    size_t n, room, most;
    uint64_t limit; /* hashes above it are left out; 0 stands for none yet */
    struct rs_learn_person *members;
};
void rs_learn_sample_add(struct rs_learn_sample *s, const struct rs_learn_person *person);
void rs_learn_sample_free(struct rs_learn_sample *s);

/* ---- the fit --------------------------------------------------------------------------------------------------- */

enum { RS_TERMS = 1 + (RS_GROUPS - 1) + 128 };
struct rs_term {
    int covariate, level; /* covariate -1: intercept where level is 0, else log p of group `level` over group 0's */
};
/* intercept, log_p:BLACK (log p of BLACK less that of the first group), birth:1946_1964 ...; NULL where there is none. */
const char *rs_term_name(const struct rs_term *term, char text[32]);
struct rs_fit {
    enum rs_learn_target target;
    enum rs_learn_form form;
    char base[32], pack[24];
    struct rs_key key;
    struct rs_digest cohort;
    uint64_t members;
    bool weighted; /* members stand for the silent ones */
    uint64_t draw; /* of members (learn_weights.h); 0: of all, once */
    double ridge, loss[RS_FORMS], gain, gain_se; /* loss NaN where a form could not be fitted */
    int n_classes, n_terms;
    struct rs_term terms[RS_TERMS];
    short term_of[RS_COVARIATES][RS_LEVELS]; /* -1 for none */
    /* [0] the whole cohort's, [1 + f] without fold f; of term t and class k >= 1 at t * (n_classes - 1) + k - 1 */
    double *coefficients[1 + RS_FOLDS];
};
struct rs_learn_settings {
    double ridge;
    const char *base, *pack;
    int threads;
    size_t least_members; /* fewer: no fit */
    uint64_t draw;        /* rs_fit_draw_times */
    const struct rs_nonresponse *nonresponse; /* NULL: each member counts as one; of race alone */
};
/* Sorts the sample. NULL where it cannot be fitted (too few members, one class only): error says why. */
struct rs_fit *rs_fit_make(struct rs_learn_sample *sample, const struct rs_learn_settings *settings,
                           struct rs_error *error);
void rs_fit_free(struct rs_fit *fit);
/* Probabilities of the classes, summing to 1. out_of_fold: of the model that has not seen the person's fold. With form
 * none: the base itself. */
void rs_fit_apply(const struct rs_fit *fit, const struct rs_learn_person *person, bool out_of_fold, double *p);

/* ---- the artefact ---------------------------------------------------------------------------------------------- */

void rs_fit_emit(const struct rs_fit *fit, struct rs_batch *batch, int sink);
/* Of a target from a file of layout fit; *fit NULL where the file has none of it. Checks the key. */
bool rs_fit_read(const struct rs_manifest *manifest, enum rs_learn_target target, struct rs_fit **fit,
                 struct rs_error *error);
/* A fit on other probabilities than this run's corrects what is not there: RS_CONFIG. */
bool rs_fit_suits(const struct rs_fit *fit, const char *base, const char *pack, struct rs_error *error);
json_t *rs_fit_json(const struct rs_fit *fit); /* for the results: no coefficients */
/* Shared by learn*.c. */
struct rs_fit *rs_fit_new(enum rs_learn_target target);
void rs_fit_finish(struct rs_fit *fit); /* key */
char *rs_fit_coefficients(const struct rs_fit *fit); /* JSON; caller frees */

#endif
