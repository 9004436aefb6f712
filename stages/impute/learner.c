/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The learned layer's place in the stage. A fit is made once and then used again, so that figures of one month and the
 * next differ by their members, not by their models; only --refit makes another. */
#include "learner.h"
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include "pipeline/base/log.h"

enum { LEAST_MEMBERS = 500 };

static bool find_fits(struct rs_learner *l, struct rs_run *run, struct rs_error *error) {
    const char *dir = rs_run_option(run, "fit");
    struct rs_manifest m;
    bool found = dir != NULL;
    if (l->settings.draw && dir)
        return rs_fail(error, RS_USAGE, "--fit and --fit-draw: a draw is fitted anew, to members of this run");
    if (l->settings.draw) return true;
    if (rs_run_flag(run, "refit"))
        return !dir || rs_fail(error, RS_USAGE, "--fit and --refit: either use a fit or make one");
    if (dir && !rs_manifest_read(dir, &rs_layout_fit, &m, error)) return false;
    if (!dir && !rs_run_prior(run, &rs_layout_fit, &m, &found, error)) return false;
    for (int t = 0; found && t < RS_LEARN_TARGETS; t++) {
        if (!l->on[t]) continue;
        if (!rs_fit_read(&m, (enum rs_learn_target)t, &l->fits[t], error)) return false;
        if (l->fits[t] && l->fits[t]->draw)
            return rs_fail(error, RS_CONFIG, "%s: the fit is of a draw of members (--fit-draw), which only tells of a fit's "
                           "error: give another run, or fit anew with --refit", m.path);
        if (l->fits[t] && !rs_fit_suits(l->fits[t], l->settings.base, l->settings.pack, error)) return false;
        if (!l->fits[t] && dir)
            return rs_fail(error, RS_CONFIG, "--fit %s holds no fit of %s: give another, or fit anew with --refit", dir,
                           rs_learn_target_names[t]);
    }
    return true;
}

bool rs_learner_open(struct rs_learner *l, struct rs_run *run, const char *base, const char *pack,
                     struct rs_error *error) {
    int64_t most, draw;
    const char *weights = rs_run_option(run, "learn-weights");
    bool weighted = strcmp(weights, "silent") == 0;
    *l = (struct rs_learner){.sources = l->sources,
                             .settings = {.base = base, .pack = pack, .threads = run->threads,
                                          .least_members = LEAST_MEMBERS}};
    if (!rs_run_option_yes(run, "learn", &l->on[RS_LEARN_RACE], error) ||
        !rs_run_option_yes(run, "language", &l->on[RS_LEARN_LANGUAGE], error) ||
        !rs_run_option_long(run, "learn-members", LEAST_MEMBERS, 10000000, &most, error) ||
        !rs_run_option_long(run, "fit-draw", 0, 1000000, &draw, error) ||
        !rs_run_option_real(run, "ridge", 0, 1e9, &l->settings.ridge, error))
        return false;
    l->settings.draw = (uint64_t)draw;
    for (int t = 0; t < RS_LEARN_TARGETS; t++)
        l->samples[t] = (struct rs_learn_sample){.target = (enum rs_learn_target)t, .most = (size_t)most};
    if (!weighted && strcmp(weights, "none") != 0)
        return rs_fail(error, RS_USAGE, "--learn-weights is silent or none, not %s", weights);
    if (draw && !rs_learner_any(l))
        return rs_fail(error, RS_USAGE, "--fit-draw draws the members of the learned layer's fit: give --learn yes, too");
    if (!rs_learner_any(l)) return true;
    if (strcmp(base, "fbisg") == 0 || strcmp(base, "fbifsg") == 0)
        return rs_fail(error, RS_USAGE, "--learn and --language correct what depends on one person alone: with them, use "
                       "--method bifsg or bisg, not %s, which is fitted to its cohort itself", base);
    snprintf(l->model, sizeof l->model, "%s" RS_LEARNED_SUFFIX, base);
    if (!find_fits(l, run, error)) return false;
    if (weighted && l->on[RS_LEARN_RACE] && !l->fits[RS_LEARN_RACE])
        l->settings.nonresponse = l->nonresponse = rs_alloc(sizeof *l->nonresponse);
    return true;
}

bool rs_learner_refuse(const struct rs_run *run, struct rs_error *error) {
    bool learn, language;
    int64_t draw;
    if (!rs_run_option_yes(run, "learn", &learn, error) || !rs_run_option_yes(run, "language", &language, error) ||
        !rs_run_option_long(run, "fit-draw", 0, 1000000, &draw, error))
        return false;
    if (!learn && !language && !draw) return true;
    return rs_fail(error, RS_USAGE, "--learn, --language and --fit-draw need layout person (from reconcile), which has what members "
                   "report: a CSV of people has no answers");
}

void rs_learner_close(struct rs_learner *l) {
    for (int t = 0; t < RS_LEARN_TARGETS; t++) {
        rs_fit_free(l->fits[t]);
        rs_learn_sample_free(&l->samples[t]);
    }
    rs_evaluation_free(l->evaluation);
    free(l->nonresponse);
}

bool rs_learner_inputs(struct rs_run *run, json_t *hashes, struct rs_error *error) {
    const char *dir = rs_run_option(run, "fit");
    struct rs_manifest m;
    char hex[65];
    if (!dir) return true;
    if (!rs_manifest_read(dir, &rs_layout_fit, &m, error)) return false;
    rs_hex(hex, m.content.b, 32);
    json_object_set_new(hashes, "fit", json_string(hex));
    return true;
}

/* ---- gathering ------------------------------------------------------------------------------------------------- */

bool rs_learner_must_gather(const struct rs_learner *l) {
    for (int t = 0; t < RS_LEARN_TARGETS; t++)
        if (l->on[t] && !l->fits[t]) return true;
    return false;
}

void rs_learner_gather(const struct rs_learner *l, struct rs_batch *batch, const struct rs_learn_person *person) {
    bool wanted = l->nonresponse != NULL;
    for (int t = 0; t < RS_LEARN_TARGETS; t++) wanted = wanted || (l->on[t] && person->answer[t] >= 0);
    if (wanted) rs_buffer_add(&batch->scratch, person, sizeof *person);
}

void rs_learner_take(struct rs_learner *l, const struct rs_batch *batch) {
    const struct rs_learn_person *people = (const void *)batch->scratch.p;
    for (size_t i = 0; i < batch->scratch.n / sizeof *people; i++) {
        if (l->nonresponse) rs_nonresponse_add(l->nonresponse, &people[i], rs_fit_draw_times(l->settings.draw, people[i].hash));
        for (int t = 0; t < RS_LEARN_TARGETS; t++)
            if (l->on[t] && !l->fits[t]) rs_learn_sample_add(&l->samples[t], &people[i]);
    }
}

static void tell(const struct rs_fit *f, bool made) {
    rs_info("learned layer (%s): %s, %llu members, form %s; out-of-fold log-loss %.4f as is, %.4f recalibrated, %.4f "
            "with covariates", rs_learn_target_names[f->target], made ? "fitted" : "fit used again",
            (unsigned long long)f->members, rs_learn_form_names[f->form], f->loss[RS_FORM_NONE],
            f->loss[RS_FORM_RECALIBRATION], f->loss[RS_FORM_FULL]);
}

void rs_learner_fit(struct rs_learner *l) {
    struct rs_error why = {0};
    for (int t = 0; t < RS_LEARN_TARGETS; t++) {
        bool make = !l->fits[t];
        if (!l->on[t]) continue;
        why.code = 0;
        if (make && !(l->fits[t] = rs_fit_make(&l->samples[t], &l->settings, &why))) {
            /* Not worth a night without any row: rows then say that they are not learned. */
            rs_warn("%s; going on without", why.text);
            l->on[t] = false;
            continue;
        }
        rs_learn_sample_free(&l->samples[t]);
        tell(l->fits[t], make);
        rs_hex(t == RS_LEARN_RACE ? l->key : l->language_key, l->fits[t]->key.b, 16);
    }
    if (l->on[RS_LEARN_RACE]) {
        rs_hex(l->cohort_text, l->fits[RS_LEARN_RACE]->cohort.b, 32);
        l->cohort = rs_view(l->cohort_text, 16);
        l->evaluation = rs_evaluation_new(l->settings.threads, l->sources);
    }
}

/* ---- rows ------------------------------------------------------------------------------------------------------ */

void rs_learner_apply(const struct rs_learner *l, const struct rs_learn_person *person, double p[RS_GROUPS]) {
    const struct rs_fit *fit = l->fits[RS_LEARN_RACE];
    /* Form none leaves the numbers as they are, to the last digit. */
    if (fit->form != RS_FORM_NONE) rs_fit_apply(fit, person, person->answer[RS_LEARN_RACE] >= 0, p);
}

void rs_learner_emit_language(const struct rs_learner *l, struct rs_batch *batch, int sink, struct rs_view person_key,
                              struct rs_view missing, const struct rs_learn_person *person) {
    const struct rs_fit *fit = l->fits[RS_LEARN_LANGUAGE];
    double p[RS_LANGUAGES];
    if (fit->form != RS_FORM_FULL || person->answer[RS_LEARN_LANGUAGE] >= 0 || rs_eq_c(missing, "DECLINED")) return;
    rs_fit_apply(fit, person, false, p);
    struct rs_view row[LANGUAGE_POSTERIOR_COLUMNS] = {
        [LANGUAGE_POSTERIOR_person_key] = person_key,
        [LANGUAGE_POSTERIOR_p_english] = rs_arena_real(&batch->arena, p[RS_ENGLISH]),
        [LANGUAGE_POSTERIOR_p_spanish] = rs_arena_real(&batch->arena, p[RS_SPANISH]),
        [LANGUAGE_POSTERIOR_p_other] = rs_arena_real(&batch->arena, p[RS_OTHER_LANGUAGE]),
        [LANGUAGE_POSTERIOR_missing_language] = missing,
        [LANGUAGE_POSTERIOR_fit] = rs_cstr(l->language_key)};
    rs_batch_emit(batch, sink, &rs_layout_language_posterior, row);
}

void rs_learner_emit_fits(const struct rs_learner *l, struct rs_batch *batch, int sink) {
    for (int t = 0; t < RS_LEARN_TARGETS; t++)
        if (l->fits[t]) rs_fit_emit(l->fits[t], batch, sink);
}

void rs_learner_report(struct rs_learner *l, json_t *results) {
    json_t *fits = json_object();
    for (int t = 0; t < RS_LEARN_TARGETS; t++)
        if (l->fits[t]) json_object_set_new(fits, rs_learn_target_names[t], rs_fit_json(l->fits[t]));
    json_object_set_new(results, "fits", fits);
    if (!l->evaluation) return;
    json_object_set_new(results, "evaluation_learned", rs_evaluation_json(l->evaluation, l->model));
    rs_evaluation_log(l->evaluation, l->model);
}
