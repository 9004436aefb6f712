/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Fitting the learned layer: Newton's method on a penalised multinomial likelihood, once for the whole cohort and once
 * without each fold, for both forms. Each of these is one serial sum in the order of the members' hashes; threads share
 * them out whole, so that coefficients do not depend on their number. */
#include <gsl/gsl_errno.h>
#include <gsl/gsl_linalg.h>
#include <math.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include "learn.h"
#include "pipeline/base/log.h"

enum { MOST_ACTIVE = 1 + (RS_GROUPS - 1) + RS_COVARIATES, LEAST_OF_TERM = 100, MOST_STEPS = 60 };

/* ---- terms ----------------------------------------------------------------------------------------------------- */

struct rs_fit *rs_fit_new(enum rs_learn_target target) {
    struct rs_fit *f = rs_alloc(sizeof *f);
    f->target = target;
    f->n_classes = target == RS_LEARN_RACE ? (int)RS_GROUPS : (int)RS_LANGUAGES;
    memset(f->term_of, -1, sizeof f->term_of);
    return f;
}

void rs_fit_free(struct rs_fit *f) {
    if (!f) return;
    for (int i = 0; i <= RS_FOLDS; i++) free(f->coefficients[i]);
    free(f);
}

static void add_term(struct rs_fit *f, int covariate, int level) {
    if (covariate >= 0) f->term_of[covariate][level] = (short)f->n_terms;
    f->terms[f->n_terms++] = (struct rs_term){covariate, level};
}

/* Levels that few members have stay without a term: they would say more of these members than of the level. */
static void add_terms(struct rs_fit *f, const struct rs_learn_sample *s) {
    size_t members[RS_COVARIATES][RS_LEVELS] = {{0}};
    for (size_t i = 0; i < s->n; i++)
        for (int c = 0; c < RS_COVARIATES; c++) members[c][s->members[i].level[c]]++;
    for (int r = 0; r < RS_GROUPS; r++) add_term(f, -1, r);
    for (int c = 0; c < RS_COVARIATES; c++) {
        if (f->target == RS_LEARN_LANGUAGE && c == RS_COV_LANGUAGE) continue;
        for (int level = 1; level < RS_LEVELS && f->n_terms < RS_TERMS; level++)
            if (members[c][level] >= LEAST_OF_TERM) add_term(f, c, level);
    }
}

struct active {
    int n, term[MOST_ACTIVE];
    double value[MOST_ACTIVE];
};

/* Terms that are not zero for a person, ascending. */
static void look(const struct rs_fit *f, int n_terms, const struct rs_learn_person *p, struct active *a) {
    a->n = 1;
    a->term[0] = 0;
    a->value[0] = 1;
    if (n_terms == 1) return;
    for (int r = 1; r < RS_GROUPS; r++, a->n++) {
        a->term[a->n] = r;
        a->value[a->n] = p->log_p[r] - p->log_p[0];
    }
    for (int c = 0; c < RS_COVARIATES; c++) {
        int t = f->term_of[c][p->level[c]];
        if (t < 0) continue;
        a->term[a->n] = t;
        a->value[a->n++] = 1;
    }
}

/* Probabilities of the classes; returns the log of that of class `of`. */
static double predict(const struct rs_fit *f, const double *b, const struct rs_learn_person *p, const struct active *a,
                      int of, double q[RS_LEARN_CLASSES]) {
    int k_all = f->n_classes, wide = k_all - 1;
    double eta[RS_LEARN_CLASSES], most = -INFINITY, sum = 0;
    for (int k = 0; k < k_all; k++) eta[k] = f->target == RS_LEARN_RACE ? p->log_p[k] : 0;
    for (int i = 0; i < a->n; i++)
        for (int k = 1; k < k_all; k++) eta[k] += a->value[i] * b[a->term[i] * wide + k - 1];
    for (int k = 0; k < k_all; k++) most = fmax(most, eta[k]);
    for (int k = 0; k < k_all; k++) sum += q[k] = exp(eta[k] - most);
    for (int k = 0; k < k_all; k++) q[k] /= sum;
    return of < 0 ? 0 : eta[of] - most - log(sum);
}

enum { FITS = 1 + RS_FOLDS, JOBS = 2 * FITS };
struct jobs {
    const struct rs_fit *fit;
    const struct rs_learn_sample *sample;
    const double *weight;
    double ridge, *b[JOBS]; /* the full ones first: they take longest */
    bool ok[JOBS];
    atomic_int next;
};

/* ---- one fit --------------------------------------------------------------------------------------------------- */

/* Newton's step at b. Members of fold `without` do not count; -1 for none. */
struct newton {
    const struct rs_fit *fit;
    const struct rs_learn_sample *sample;
    const double *weight; /* of the sample's members */
    int without, n_terms, size;
    double ridge;
    gsl_matrix *h; /* lower triangle of the information */
    gsl_vector *g, *step;
};

/* Blocks of the classes stand together: of terms i and j, `wide` rows of `wide` neighbours. */
static void add_information(struct newton *w, const struct active *a, const double *q, int answer, double weight) {
    int wide = w->fit->n_classes - 1;
    double var[RS_LEARN_CLASSES][RS_LEARN_CLASSES];
    for (int k = 0; k < wide; k++)
        for (int l = 0; l < wide; l++) var[k][l] = (k == l ? q[k + 1] : 0) - q[k + 1] * q[l + 1];
    for (int i = 0; i < a->n; i++) {
        double *g = w->g->data + a->term[i] * wide;
        for (int k = 0; k < wide; k++) g[k] += weight * a->value[i] * ((answer == k + 1) - q[k + 1]);
        for (int j = 0; j <= i; j++) {
            double x = weight * a->value[i] * a->value[j];
            for (int k = 0; k < wide; k++) {
                double *row = w->h->data + (size_t)(a->term[i] * wide + k) * w->h->tda + a->term[j] * wide;
                for (int l = 0; l < wide; l++) row[l] += x * var[k][l];
            }
        }
    }
}

/* Penalised log-likelihood at b, and with `whole` the gradient and the information. */
static double likelihood(struct newton *w, const double *b, bool whole) {
    double sum = 0, penalty = 0, q[RS_LEARN_CLASSES];
    if (whole) {
        gsl_matrix_set_zero(w->h);
        gsl_vector_set_zero(w->g);
    }
    for (size_t i = 0; i < w->sample->n; i++) {
        const struct rs_learn_person *p = &w->sample->members[i];
        struct active a;
        if (rs_learn_fold(p) == w->without) continue;
        int answer = p->answer[w->fit->target];
        look(w->fit, w->n_terms, p, &a);
        sum += w->weight[i] * predict(w->fit, b, p, &a, answer, q);
        if (whole) add_information(w, &a, q, answer, w->weight[i]);
    }
    for (int i = 0; i < w->size; i++) {
        penalty += b[i] * b[i];
        if (!whole) continue;
        w->g->data[i] -= w->ridge * b[i];
        w->h->data[(size_t)i * w->h->tda + (size_t)i] += w->ridge;
    }
    return sum - w->ridge / 2 * penalty;
}

static bool solve(struct newton *w) {
    return gsl_linalg_cholesky_decomp1(w->h) == GSL_SUCCESS &&
           gsl_linalg_cholesky_solve(w->h, w->g, w->step) == GSL_SUCCESS;
}

/* The likelihood is concave: halving a step that does not climb ends. False where the information is singular (a class
 * that nobody reported, and no ridge) or the steps do not end. */
static bool climb(struct newton *w, double *b) {
    double *next = rs_alloc((size_t)w->size * sizeof *next);
    bool done = false;
    for (int step = 0; step < MOST_STEPS && !done; step++) {
        double here = likelihood(w, b, true), promise = 0, scale = 1, there;
        if (!isfinite(here) || !solve(w)) break;
        for (int i = 0; i < w->size; i++) promise += w->g->data[i] * w->step->data[i];
        for (;; scale /= 2) {
            for (int i = 0; i < w->size; i++) next[i] = b[i] + scale * w->step->data[i];
            there = likelihood(w, next, false);
            if (there >= here - 1e-9 * fabs(here) || scale < 1e-6) break;
        }
        memcpy(b, next, (size_t)w->size * sizeof *b);
        done = promise < 1e-9; /* twice the log-likelihood still to be gained */
    }
    free(next);
    return done;
}

static bool newton(const struct jobs *jobs, int without, int n_terms, double *b) {
    const struct rs_fit *fit = jobs->fit;
    int size = n_terms * (fit->n_classes - 1);
    struct newton w = {.fit = fit, .sample = jobs->sample, .weight = jobs->weight, .without = without, .n_terms = n_terms, .size = size,
                       .ridge = jobs->ridge, .h = gsl_matrix_alloc((size_t)size, (size_t)size),
                       .g = gsl_vector_alloc((size_t)size), .step = gsl_vector_alloc((size_t)size)};
    bool ok = climb(&w, b);
    gsl_matrix_free(w.h);
    gsl_vector_free(w.g);
    gsl_vector_free(w.step);
    return ok;
}

/* ---- all fits -------------------------------------------------------------------------------------------------- */

static int terms_of_job(const struct rs_fit *fit, int job) { return job < FITS ? fit->n_terms : 1; }

static void *work(void *self) {
    struct jobs *jobs = self;
    for (int i; (i = atomic_fetch_add(&jobs->next, 1)) < JOBS;)
        jobs->ok[i] = newton(jobs, i % FITS - 1, terms_of_job(jobs->fit, i), jobs->b[i]);
    return NULL;
}

static void run_jobs(struct jobs *jobs, int threads) {
    pthread_t started[16];
    int n = 0;
    gsl_error_handler_t *before = gsl_set_error_handler_off();
    for (int i = 1; i < threads && i < 16; i++)
        if (pthread_create(&started[n], NULL, work, jobs) == 0) n++;
    work(jobs);
    for (int i = 0; i < n; i++) pthread_join(started[i], NULL);
    gsl_set_error_handler(before);
}

static bool all_ok(const struct jobs *jobs, int first) {
    for (int i = 0; i < FITS; i++)
        if (!jobs->ok[first + i]) return false;
    return true;
}

/* ---- choosing the form ----------------------------------------------------------------------------------------- */

/* What a form gains over another, member by member: sums of w d, of w^2, w^2 d and w^2 d^2. */
struct gain {
    double sum, ww, wwd, wwdd;
};

static void add_gain(struct gain *g, double w, double d) {
    g->sum += w * d;
    g->ww += w * w;
    g->wwd += w * w * d;
    g->wwdd += w * w * d * d;
}

/* Of the weighted mean; weights sum to n. */
static double error_of(const struct gain *g, double n) {
    double mean = g->sum / n;
    return sqrt(fmax(g->wwdd - 2 * mean * g->wwd + mean * mean * g->ww, 0)) / n;
}

/* Log-loss of a member by a form, of the model that has not seen the member's fold. Of race, form none is the
 * probabilities as they are; of language there is nothing before the shares that recalibration fits. */
static double loss_of(const struct jobs *jobs, const struct rs_learn_person *p, enum rs_learn_form form) {
    static const double zero[RS_LEARN_CLASSES];
    double q[RS_LEARN_CLASSES];
    struct active a;
    int n_terms = form == RS_FORM_FULL ? jobs->fit->n_terms : 1, first = form == RS_FORM_FULL ? 0 : FITS;
    if (form == RS_FORM_NONE && jobs->fit->target == RS_LEARN_LANGUAGE) form = RS_FORM_RECALIBRATION;
    const double *b = form == RS_FORM_NONE ? zero : jobs->b[first + 1 + rs_learn_fold(p)];
    look(jobs->fit, n_terms, p, &a);
    return -predict(jobs->fit, b, p, &a, p->answer[jobs->fit->target], q);
}

static void choose(struct rs_fit *fit, const struct jobs *jobs) {
    struct gain gains[RS_FORMS][RS_FORMS] = {{{0}}};
    bool can[RS_FORMS] = {true, all_ok(jobs, FITS), all_ok(jobs, 0)};
    double n = (double)jobs->sample->n, loss[RS_FORMS];
    for (int form = 0; form < RS_FORMS; form++) fit->loss[form] = can[form] ? 0 : NAN;
    for (size_t i = 0; i < jobs->sample->n; i++) {
        for (int form = 0; form < RS_FORMS; form++) {
            loss[form] = can[form] ? loss_of(jobs, &jobs->sample->members[i], (enum rs_learn_form)form) : NAN;
            fit->loss[form] += jobs->weight[i] * loss[form] / n;
        }
        for (int from = 0; from < RS_FORMS; from++)
            for (int to = from + 1; to < RS_FORMS; to++)
                add_gain(&gains[from][to], jobs->weight[i], loss[from] - loss[to]);
    }
    for (int to = 1; to < RS_FORMS; to++) {
        const struct gain *g = &gains[fit->form][to];
        if (can[to] && g->sum / n > error_of(g, n)) fit->form = (enum rs_learn_form)to;
    }
    const struct gain *g = &gains[RS_FORM_NONE][fit->form];
    fit->gain = g->sum / n;
    fit->gain_se = error_of(g, n);
}

/* Coefficients of the form chosen; the others are let go. */
static void keep(struct rs_fit *fit, struct jobs *jobs) {
    int first = fit->form == RS_FORM_FULL ? 0 : FITS;
    for (int i = 0; i < FITS && fit->form != RS_FORM_NONE; i++) {
        fit->coefficients[i] = jobs->b[first + i];
        jobs->b[first + i] = NULL;
    }
    if (fit->form == RS_FORM_FULL) return;
    fit->n_terms = fit->form == RS_FORM_NONE ? 0 : 1;
    memset(fit->term_of, -1, sizeof fit->term_of);
}

static int by_hash(const void *a, const void *b) {
    const struct rs_learn_person *x = a, *y = b;
    int c = (x->hash > y->hash) - (x->hash < y->hash);
    return c ? c : memcmp(x, y, sizeof *x);
}

static void digest(struct rs_fit *fit, const struct rs_learn_sample *s) {
    struct rs_sha *sha = rs_sha_begin();
    for (size_t i = 0; i < s->n; i++) {
        unsigned char bytes[9];
        for (int b = 0; b < 8; b++) bytes[b] = (unsigned char)(s->members[i].hash >> (56 - 8 * b));
        bytes[8] = (unsigned char)s->members[i].answer[s->target];
        rs_sha_add(sha, bytes, sizeof bytes);
    }
    rs_sha_end(sha, &fit->cohort);
    fit->members = s->n;
}

static bool enough(const struct rs_learn_sample *s, const struct rs_fit *fit, size_t least, struct rs_error *error) {
    size_t of[RS_LEARN_CLASSES] = {0}, classes = 0;
    for (size_t i = 0; i < s->n; i++) of[s->members[i].answer[s->target]]++;
    for (int k = 0; k < fit->n_classes; k++) classes += of[k] > 0;
    if (s->n < least)
        return rs_fail(error, RS_DATA, "the learned layer (%s) needs %zu members who report, here are %zu: take a fit "
                       "made on more with --fit", rs_learn_target_names[s->target], least, s->n);
    if (classes < 2)
        return rs_fail(error, RS_DATA, "the learned layer (%s) cannot be fitted: all members report the "
                       "same", rs_learn_target_names[s->target]);
    return true;
}

static double *weights_of(struct rs_fit *fit, const struct rs_learn_sample *s, const struct rs_learn_settings *settings) {
    double *weight = rs_alloc((s->n + 1) * sizeof *weight);
    if (settings->nonresponse && s->target == RS_LEARN_RACE)
        fit->weighted = rs_nonresponse_weights(settings->nonresponse, s, weight);
    for (size_t i = 0; !fit->weighted && i < s->n; i++) weight[i] = 1;
    fit->draw = settings->draw;
    rs_fit_draw_weights(fit->draw, s, weight);
    return weight;
}

struct rs_fit *rs_fit_make(struct rs_learn_sample *s, const struct rs_learn_settings *settings,
                           struct rs_error *error) {
    struct rs_fit *fit = rs_fit_new(s->target);
    if (!enough(s, fit, settings->least_members, error)) {
        rs_fit_free(fit);
        return NULL;
    }
    qsort(s->members, s->n, sizeof *s->members, by_hash);
    add_terms(fit, s);
    double *weight = weights_of(fit, s, settings);
    struct jobs jobs = {.fit = fit, .sample = s, .weight = weight, .ridge = settings->ridge};
    for (int i = 0; i < JOBS; i++)
        jobs.b[i] = rs_alloc((size_t)(terms_of_job(fit, i) * (fit->n_classes - 1)) * sizeof *jobs.b[i]);
    run_jobs(&jobs, settings->threads);
    if (!all_ok(&jobs, 0)) rs_warn("the learned layer (%s) with covariates did not converge", rs_learn_target_names[s->target]);
    choose(fit, &jobs);
    keep(fit, &jobs);
    for (int i = 0; i < JOBS; i++) free(jobs.b[i]);
    free(weight);
    digest(fit, s);
    fit->ridge = settings->ridge;
    snprintf(fit->base, sizeof fit->base, "%s", settings->base);
    snprintf(fit->pack, sizeof fit->pack, "%s", settings->pack);
    rs_fit_finish(fit);
    return fit;
}

void rs_fit_apply(const struct rs_fit *f, const struct rs_learn_person *person, bool out_of_fold, double *p) {
    static const double zero[RS_LEARN_CLASSES];
    double q[RS_LEARN_CLASSES];
    struct active a;
    const double *b = f->coefficients[out_of_fold ? 1 + rs_learn_fold(person) : 0];
    look(f, b ? f->n_terms : 1, person, &a);
    predict(f, b ? b : zero, person, &a, -1, q);
    memcpy(p, q, (size_t)f->n_classes * sizeof *p);
}
