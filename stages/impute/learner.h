/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The learned layer within the stage: where a fit comes from, the pass over persons that gathers members for a new one,
 * and what it does to each person. Off unless asked for: with it, a row depends on the fit's cohort, too. */
#ifndef RS_IMPUTE_LEARNER_H
#define RS_IMPUTE_LEARNER_H
#include "evaluate.h"
#include "learn.h"
#include "pipeline/rows/stage.h"

struct rs_learner {
    bool on[RS_LEARN_TARGETS];  /* --learn, --language */
    struct rs_fit *fits[RS_LEARN_TARGETS]; /* NULL until found or made */
    struct rs_learn_sample samples[RS_LEARN_TARGETS];
    const struct rs_source_names *sources; /* for the evaluation; borrowed, set by whoever has it */
    struct rs_evaluation *evaluation; /* of race after the layer; NULL where it is off */
    struct rs_learn_settings settings;
    struct rs_nonresponse *nonresponse; /* owned; NULL where each member counts as one */
    char key[33], language_key[33], model[64];
    struct rs_view cohort; /* of race; first 16 hex digits */
    char cohort_text[65];
};

/* l: zero, but for .sources. Reads the options; finds fits in --fit, else in --prior, unless --refit. base: the method's name. */
bool rs_learner_open(struct rs_learner *l, struct rs_run *run, const char *base, const char *pack,
                     struct rs_error *error);
/* Where there are no answers to learn from, and no covariates: RS_USAGE if the layer is asked for. */
bool rs_learner_refuse(const struct rs_run *run, struct rs_error *error);
void rs_learner_close(struct rs_learner *l);
/* Digests of --fit, for the stage's key. */
bool rs_learner_inputs(struct rs_run *run, json_t *hashes, struct rs_error *error);
static inline bool rs_learner_any(const struct rs_learner *l) { return l->on[0] || l->on[1]; }
/* Whether a pass to gather members is needed before rows are made. */
bool rs_learner_must_gather(const struct rs_learner *l);
/* In that pass: any thread, into the batch's scratch; then serial. */
void rs_learner_gather(const struct rs_learner *l, struct rs_batch *batch, const struct rs_learn_person *person);
void rs_learner_take(struct rs_learner *l, const struct rs_batch *batch);
/* Fits what was gathered, and gets ready for rows. Where that cannot be, warns and turns the layer off. */
void rs_learner_fit(struct rs_learner *l);

/* In the pass that makes rows. p: the method's probabilities in, the learned ones out; those who report are given the
 * model that has not seen their fold. */
void rs_learner_apply(const struct rs_learner *l, const struct rs_learn_person *person, double p[RS_GROUPS]);
/* A row of layout language_posterior, where the person reports no language and did not decline to. */
void rs_learner_emit_language(const struct rs_learner *l, struct rs_batch *batch, int sink, struct rs_view person_key,
                              struct rs_view missing, const struct rs_learn_person *person);
void rs_learner_emit_fits(const struct rs_learner *l, struct rs_batch *batch, int sink);
void rs_learner_report(struct rs_learner *l, json_t *results);

/* For the stage's list of options. */
#define RS_LEARNER_OPTIONS \
    {"learn", "YES", "no", "yes: correct the probabilities by a model fitted to members who report (learned layer)."}, \
    {"language", "YES", "no", "yes: estimate the preferred language where none is reported, in a file of its own."}, \
    {"fit", "DIR", NULL, "Directory with an earlier run's fit.tsv to use; else one among --prior is, if there is one."}, \
    {"refit", NULL, NULL, "Fit anew, though an earlier run's fit is there."}, \
    {"fit-draw", "N", "0", "N above 0: fit anew to a draw of the members, the Nth, each as often as it says: how much results differ over draws is what the fit's error adds."}, \
    {"learn-members", "N", "100000", "Most members to fit to: beyond, a sample by hash of the person key."}, \
    {"learn-weights", "WHOM", "silent", "Members of the fit stand for those who do not report (silent), or for themselves (none)."}, \
    {"ridge", "X", "1", "Penalty on the learned layer's coefficients: inverse variance of their prior around 0."}

#endif
