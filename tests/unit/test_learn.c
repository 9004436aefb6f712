/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The learned layer: maximum likelihood against closed forms and score equations, no member's answer in that member's own
 * probabilities, and rows that depend on nothing but the person and the fit. */
#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include "pipeline/base/file.h"
#include "pipeline/reference/pack_build.h"
#include "pipeline/rows/stage.h"
#include "stages/impute/learn.h"

extern const struct rs_stage rs_stage_impute;

TestSuite(learn, .timeout = 240);

/* ---- made-up members ------------------------------------------------------------------------------------------- */

static struct rs_learn_person member(uint64_t i, const double p[RS_GROUPS], int answer) {
    struct rs_random r = rs_random(7, i, 1);
    struct rs_learn_person m = {.hash = (uint64_t)rs_random_u32(&r) << 32 | rs_random_u32(&r),
                                .answer = {(signed char)answer, -1}};
    rs_learn_person_p(&m, p);
    return m;
}

static int draw(struct rs_random *r, const double *p, int n) {
    double u = rs_random_unit(r);
    int k = 0;
    while (k < n - 1 && (u -= p[k]) >= 0) k++;
    return k;
}

static void normalise(double p[RS_GROUPS]) {
    double sum = 0;
    for (int r = 0; r < RS_GROUPS; r++) sum += p[r];
    for (int r = 0; r < RS_GROUPS; r++) p[r] /= sum;
}

/* n members whose answers follow p exp(a), scaled; every other one in New Jersey (34), where Black is more likely by
 * exp(jersey). */
static struct rs_learn_sample made_up(int n, const double a[RS_GROUPS], double jersey) {
    struct rs_learn_sample s = {.target = RS_LEARN_RACE, .most = 1000000};
    for (int i = 0; i < n; i++) {
        struct rs_random r = rs_random(11, (uint64_t)i, 2);
        double p[RS_GROUPS], truth[RS_GROUPS];
        for (int g = 0; g < RS_GROUPS; g++) p[g] = exp(1.5 * rs_random_normal(&r));
        normalise(p);
        for (int g = 0; g < RS_GROUPS; g++) truth[g] = p[g] * exp(a[g] + (g == RS_BLACK && i % 2 ? jersey : 0));
        normalise(truth);
        struct rs_learn_person m = member((uint64_t)i, p, draw(&r, truth, RS_GROUPS));
        m.level[RS_COV_STATE] = i % 2 ? 34 : 36;
        rs_learn_sample_add(&s, &m);
    }
    return s;
}

static struct rs_learn_settings settings = {.ridge = 1, .base = "bisg", .pack = "0123456789abcdef", .threads = 2,
                                            .least_members = 100};

static struct rs_fit *fit_of(struct rs_learn_sample *s) {
    struct rs_error error = {0};
    struct rs_fit *f = rs_fit_make(s, &settings, &error);
    cr_assert(f, "%s", error.text);
    return f;
}

/* ---- maximum likelihood ---------------------------------------------------------------------------------------- */

/* Where all p are alike, p exp(a) scaled is the shares reported: exactly, without a ridge; and out of fold, the shares
 * in the other folds. */
Test(learn, recalibration_of_equal_probabilities_gives_the_shares) {
    static const int reported[RS_GROUPS] = {400, 250, 60, 90, 50, 150};
    static const double even[RS_GROUPS] = {1. / 6, 1. / 6, 1. / 6, 1. / 6, 1. / 6, 1. / 6};
    struct rs_learn_sample s = {.target = RS_LEARN_RACE, .most = 5000};
    double in_fold[RS_FOLDS][RS_GROUPS] = {{0}}, members[RS_FOLDS] = {0}, loss = 0, p[RS_GROUPS];
    uint64_t i = 0;
    for (int r = 0; r < RS_GROUPS; r++)
        for (int k = 0; k < reported[r]; k++) {
            struct rs_learn_person m = member(i++, even, r);
            in_fold[rs_learn_fold(&m)][r]++;
            members[rs_learn_fold(&m)]++;
            rs_learn_sample_add(&s, &m);
        }
    struct rs_learn_settings without = settings;
    struct rs_error error = {0};
    without.ridge = 0;
    struct rs_fit *f = rs_fit_make(&s, &without, &error);
    cr_assert(f, "%s", error.text);
    cr_assert_eq(f->form, RS_FORM_RECALIBRATION); /* the log posteriors are all 0: no full form without a ridge */
    rs_fit_apply(f, &s.members[0], false, p);
    for (int r = 0; r < RS_GROUPS; r++) cr_assert(fabs(p[r] - reported[r] / 1000.) < 1e-9, "%d: %.15g", r, p[r]);
    for (size_t m = 0; m < s.n; m++) {
        int fold = rs_learn_fold(&s.members[m]);
        rs_fit_apply(f, &s.members[m], true, p);
        for (int r = 0; r < RS_GROUPS; r++)
            cr_assert(fabs(p[r] - (reported[r] - in_fold[fold][r]) / (1000 - members[fold])) < 1e-9);
        loss -= log(p[s.members[m].answer[0]]) / 1000;
    }
    cr_assert(fabs(f->loss[RS_FORM_RECALIBRATION] - loss) < 1e-9);
    cr_assert(fabs(f->loss[RS_FORM_NONE] - log(6)) < 1e-12);
    cr_assert(fabs(f->gain - (log(6) - loss)) < 1e-9);
    rs_fit_free(f);
    rs_learn_sample_free(&s);
}

static double coefficient(const struct rs_fit *f, int term, int k) {
    return f->coefficients[0][term * (f->n_classes - 1) + k - 1];
}

/* At the penalised maximum, the sum over members of (y - p) x is the ridge times the coefficient; the likelihood is
 * concave, so that this is the maximum. */
Test(learn, score_equations_hold) {
    static const double a[RS_GROUPS] = {0, .6, -.4, .3, .8, -.5};
    struct rs_learn_sample s = made_up(6000, a, .9);
    struct rs_fit *f = fit_of(&s);
    cr_assert_eq(f->form, RS_FORM_FULL);
    double score[RS_GROUPS] = {0}, jersey[RS_GROUPS] = {0}, slope[RS_GROUPS] = {0};
    for (size_t i = 0; i < s.n; i++) {
        const struct rs_learn_person *m = &s.members[i];
        double p[RS_GROUPS], sum = 0;
        rs_fit_apply(f, m, false, p);
        for (int r = 0; r < RS_GROUPS; r++) {
            double residual = (m->answer[0] == r) - p[r];
            sum += p[r];
            score[r] += residual;
            jersey[r] += m->level[RS_COV_STATE] == 34 ? residual : 0;
            slope[r] += residual * (m->log_p[RS_API] - m->log_p[RS_WHITE]);
        }
        cr_assert(fabs(sum - 1) < 1e-12);
    }
    int state = f->term_of[RS_COV_STATE][34];
    cr_assert_gt(state, 0);
    for (int r = 1; r < RS_GROUPS; r++) {
        cr_assert(fabs(score[r] - coefficient(f, 0, r)) < 1e-5, "%d: %g", r, score[r] - coefficient(f, 0, r));
        cr_assert(fabs(jersey[r] - coefficient(f, state, r)) < 1e-5, "%d", r);
        cr_assert(fabs(slope[r] - coefficient(f, RS_API, r)) < 1e-5, "%d", r);
    }
    /* What it was made with: .9 between the two states, within four standard errors, about sqrt(2 / 400) each. */
    double between = coefficient(f, state, RS_BLACK) - coefficient(f, f->term_of[RS_COV_STATE][36], RS_BLACK);
    cr_assert(fabs(between - .9) < .3, "%g", between);
    rs_fit_free(f);
    rs_learn_sample_free(&s);
}

Test(learn, probabilities_that_are_right_are_left_alone) {
    static const double none[RS_GROUPS];
    struct rs_learn_sample s = made_up(4000, none, 0);
    struct rs_fit *f = fit_of(&s);
    cr_assert_eq(f->form, RS_FORM_NONE, "%s: %g %g %g", rs_learn_form_names[f->form], f->loss[0], f->loss[1], f->loss[2]);
    cr_assert(f->gain == 0 && f->n_terms == 0);
    rs_fit_free(f);
    rs_learn_sample_free(&s);
}

/* ---- what a fit depends on ------------------------------------------------------------------------------------- */

static const double shifted[RS_GROUPS] = {0, .6, -.4, .3, .8, -.5};

Test(learn, no_member_is_in_the_model_of_their_own_fold) {
    struct rs_learn_sample s = made_up(3000, shifted, .9), t = made_up(3000, shifted, .9);
    for (size_t i = 0, changed = 0; i < t.n && changed < 10; i++) {
        if (rs_learn_fold(&t.members[i]) != 2) continue;
        t.members[i].answer[0] = t.members[i].answer[0] == RS_AIAN ? RS_WHITE : RS_AIAN;
        changed++;
    }
    struct rs_fit *f = fit_of(&s), *g = fit_of(&t);
    cr_assert(f->form == RS_FORM_FULL && g->form == RS_FORM_FULL);
    size_t bytes = (size_t)f->n_terms * (RS_GROUPS - 1) * sizeof(double);
    for (int i = 0; i <= RS_FOLDS; i++)
        cr_assert_eq(memcmp(f->coefficients[i], g->coefficients[i], bytes) == 0, i == 1 + 2, "%d", i);
    rs_fit_free(f);
    rs_fit_free(g);
    rs_learn_sample_free(&s);
    rs_learn_sample_free(&t);
}

Test(learn, neither_order_nor_threads_matter) {
    struct rs_learn_sample s = made_up(3000, shifted, .9), t = {.target = RS_LEARN_RACE, .most = s.most};
    for (size_t i = s.n; i--;) rs_learn_sample_add(&t, &s.members[i]);
    struct rs_fit *f = fit_of(&s);
    settings.threads = 1;
    struct rs_fit *g = fit_of(&t);
    cr_assert_eq(rs_key_compare(f->key, g->key), 0);
    rs_fit_free(f);
    rs_fit_free(g);
    rs_learn_sample_free(&s);
    rs_learn_sample_free(&t);
}

Test(learn, a_sample_of_many_does_not_depend_on_their_order) {
    static const double even[RS_GROUPS] = {.5, .1, .1, .1, .1, .1};
    struct rs_learn_sample up = {.target = RS_LEARN_RACE, .most = 700}, down = up;
    for (uint64_t i = 0; i < 5000; i++) {
        struct rs_learn_person m = member(i, even, RS_WHITE), n = member(4999 - i, even, RS_WHITE);
        rs_learn_sample_add(&up, &m);
        rs_learn_sample_add(&down, &n);
    }
    cr_assert(up.n == down.n && up.limit == down.limit);
    cr_assert(up.n > 350 && up.n <= 700, "%zu", up.n);
    for (size_t i = 0; i < up.n; i++) cr_assert_leq(up.members[i].hash, up.limit);
    rs_learn_sample_free(&up);
    rs_learn_sample_free(&down);
}

Test(learn, too_few_members_are_an_error_that_says_so) {
    struct rs_learn_sample s = made_up(99, shifted, 0);
    struct rs_error error = {0};
    cr_assert(!rs_fit_make(&s, &settings, &error));
    cr_assert(strstr(error.text, "needs 100 members who report, here are 99"), "%s", error.text);
    rs_learn_sample_free(&s);
}

/* ---- covariates ------------------------------------------------------------------------------------------------ */

Test(learn, covariates_of_a_person) {
    struct rs_view row[PERSON_COLUMNS] = {{0}};
    char text[32];
    row[PERSON_person_key] = RS_LIT("00");
    row[PERSON_birth_date] = RS_LIT("1964-12-31");
    row[PERSON_sex] = RS_LIT("male");
    row[PERSON_language] = RS_LIT("zh-Hant");
    row[PERSON_state] = RS_LIT("NJ");
    struct rs_learn_person m = rs_learn_person_of(row);
    static const char *const want[RS_COVARIATES] = {"birth:1946_1964", "sex:male", "language:asian_pacific", "state:NJ"};
    for (int c = 0; c < RS_COVARIATES; c++)
        cr_assert_str_eq(rs_level_name((enum rs_covariate)c, m.level[c], text), want[c]);
    cr_assert(m.answer[RS_LEARN_RACE] == -1 && m.answer[RS_LEARN_LANGUAGE] == RS_OTHER_LANGUAGE);
    row[PERSON_birth_date] = row[PERSON_sex] = row[PERSON_state] = RS_NULL;
    row[PERSON_language] = RS_LIT("ES");
    m = rs_learn_person_of(row);
    cr_assert(!m.level[RS_COV_BIRTH] && !m.level[RS_COV_SEX] && !m.level[RS_COV_STATE]);
    cr_assert_eq(m.answer[RS_LEARN_LANGUAGE], RS_SPANISH);
    row[PERSON_language] = RS_LIT("xx");
    m = rs_learn_person_of(row);
    cr_assert_str_eq(rs_level_name(RS_COV_LANGUAGE, m.level[RS_COV_LANGUAGE], text), "language:other");
    row[PERSON_language] = RS_NULL;
    cr_assert_eq(rs_learn_person_of(row).answer[RS_LEARN_LANGUAGE], -1, "missing is not English");
}

/* ---- the artefact and the stage -------------------------------------------------------------------------------- */

static char dir[64];

static const char *path_of(const char *name) {
    static char paths[16][160];
    static int next;
    char *path = paths[next++ % 16];
    snprintf(path, 160, "%s/%s", dir, name);
    return path;
}

static const char *file(const char *name, const char *content) {
    struct rs_error error = {0};
    const char *path = path_of(name);
    cr_assert(rs_write_file(path, content, strlen(content), &error), "%s", error.text);
    return path;
}

static void setup(void) {
    struct rs_error error = {0};
    strcpy(dir, "/tmp/relsogi-learn-XXXXXX");
    cr_assert(mkdtemp(dir));
    struct rs_pack_tables t = {
        .surnames = file("names.csv", "name,white,black,aian,api,multi,hispanic\n"
                                      "ALPHA,60,20,1,10,5,5\n"
                                      "BETA,10,1,1,1,1,80\n"
                                      "ALL OTHER NAMES,40,80,100,90,95,85\n"),
        .particles = RELSOGI_SOURCE_DIR "/schemas/reference/particles.csv"};
    t.places[RS_TRACT] = file("tracts.csv", "id,white,black,aian,api,multi,hispanic\n"
                                            "34021000100,50,25,10,10,5,1\n"
                                            "34021000300,10,10,10,10,10,50\n");
    cr_assert(rs_pack_build(&t, path_of("small.pack"), &error), "%s", error.text);
}

static void teardown(void) {
    char command[128];
    snprintf(command, sizeof command, "rm -rf %s", dir);
    cr_assert_eq(system(command), 0);
}

static void write_rows(const char *where, const struct rs_layout *layout, const struct rs_buffer *lines, uint64_t rows) {
    struct rs_error error = {0};
    cr_assert(rs_make_dirs(where, &error));
    struct rs_row_writer *w = rs_row_writer_open(where, layout, false, &error);
    cr_assert(w && rs_row_writer_add(w, lines, rows, &error), "%s", error.text);
    json_t *provenance = json_object();
    cr_assert(rs_row_writer_close(w, provenance, &error), "%s", error.text);
    json_decref(provenance);
}

Test(learn, a_fit_read_back_is_the_same_fit, .init = setup, .fini = teardown) {
    struct rs_learn_sample s = made_up(3000, shifted, .9);
    struct rs_fit *f = fit_of(&s), *g;
    struct rs_batch batch = {0};
    struct rs_manifest m;
    struct rs_error error = {0};
    rs_fit_emit(f, &batch, 0);
    write_rows(path_of("fit"), &rs_layout_fit, &batch.out[0], 1);
    cr_assert(rs_manifest_read(path_of("fit"), &rs_layout_fit, &m, &error), "%s", error.text);
    cr_assert(rs_fit_read(&m, RS_LEARN_RACE, &g, &error) && g, "%s", error.text);
    cr_assert_eq(rs_key_compare(f->key, g->key), 0);
    for (size_t i = 0; i < s.n; i++) {
        double p[RS_GROUPS], q[RS_GROUPS];
        rs_fit_apply(f, &s.members[i], i % 2, p);
        rs_fit_apply(g, &s.members[i], i % 2, q);
        cr_assert_eq(memcmp(p, q, sizeof p), 0);
    }
    cr_assert(rs_fit_suits(g, "bisg", "0123456789abcdef", &error));
    cr_assert(!rs_fit_suits(g, "bifsg", "0123456789abcdef", &error) && error.code == RS_CONFIG);
    rs_fit_free(g);
    error.code = 0;
    cr_assert(rs_fit_read(&m, RS_LEARN_LANGUAGE, &g, &error) && !g);
    /* One digit of one coefficient changed by hand. */
    char *at = memmem(batch.out[0].p, batch.out[0].n, "\"all\":[[", 8);
    cr_assert(at);
    at = strpbrk(at, "123456789");
    *at = *at == '1' ? '2' : '1';
    write_rows(path_of("fit"), &rs_layout_fit, &batch.out[0], 1);
    cr_assert(rs_manifest_read(path_of("fit"), &rs_layout_fit, &m, &error));
    cr_assert(!rs_fit_read(&m, RS_LEARN_RACE, &g, &error) && strstr(error.text, "fit_key"), "%s", error.text);
    rs_fit_free(f);
    rs_buffer_free(&batch.out[0]);
    rs_arena_free(&batch.arena);
    rs_learn_sample_free(&s);
}

/* Persons of two names in two tracts; two of three report, more often Black than the tables think, and Spanish where the
 * name is BETA. */
static void write_persons(const char *where, int from, int to) {
    struct rs_buffer lines = {0};
    for (int i = from; i < to; i++) {
        struct rs_random r = rs_random(3, (uint64_t)i, 0);
        char key[33];
        struct rs_view row[PERSON_COLUMNS] = {{0}};
        double p[2][RS_GROUPS] = {{.4, .4, .02, .1, .05, .03}, {.1, .1, .02, .02, .06, .7}};
        bool beta = rs_random_unit(&r) < .5;
        int group = draw(&r, p[beta], RS_GROUPS);
        snprintf(key, sizeof key, "%032x", i);
        row[PERSON_person_key] = rs_view(key, 32);
        row[PERSON_records] = row[PERSON_sources] = RS_LIT("1");
        row[PERSON_surname] = beta ? RS_LIT("BETA") : RS_LIT("ALPHA");
        row[PERSON_tract] = rs_random_unit(&r) < .5 ? RS_LIT("34021000100") : RS_LIT("34021000300");
        row[PERSON_state] = RS_LIT("NJ");
        if (i % 3) row[PERSON_census6] = rs_cstr(rs_group_names[group]);
        else row[PERSON_missing_2024] = row[PERSON_missing_race_1997] = row[PERSON_missing_ethnicity_1997] =
                 i % 9 ? RS_LIT("NOT_ASKED") : RS_LIT("DECLINED");
        bool spanish = rs_random_unit(&r) < (beta ? .6 : .05);
        if (i % 4) row[PERSON_language] = spanish ? RS_LIT("es") : RS_LIT("en");
        else row[PERSON_missing_language] = i % 8 ? RS_LIT("UNKNOWN") : RS_LIT("DECLINED");
        rs_row_emit(&lines, &rs_layout_person, row);
    }
    write_rows(where, &rs_layout_person, &lines, (uint64_t)(to - from));
    rs_buffer_free(&lines);
}

static void run_stage(const char *in, const char *out, int threads, const char *name, const char *value) {
    struct rs_error error = {0};
    const char *inputs[] = {in}, *names[] = {"method", "learn", "language", name},
               *values[] = {"bisg", "yes", "yes", value};
    struct rs_stage_call call = {.inputs = inputs, .n_inputs = 1, .output = out, .threads = threads,
                                 .reference = path_of("small.pack"), .set_names = names, .set_values = values,
                                 .n_set = name ? 4 : 3};
    cr_assert(rs_stage_run(&rs_stage_impute, &call, &error), "%s", error.text);
}

static struct rs_buffer slurp(const char *where, const char *name) {
    char path[256];
    struct rs_buffer b = {0};
    struct rs_error error = {0};
    snprintf(path, sizeof path, "%s/%s", where, name);
    cr_assert(rs_read_file(path, &b, (size_t)1 << 30, &error), "%s", error.text);
    return b;
}

static void expect_same(const char *a, const char *b, const char *name) {
    struct rs_buffer x = slurp(a, name), y = slurp(b, name);
    cr_assert(x.n == y.n && memcmp(x.p, y.p, x.n) == 0, "%s", name);
    rs_buffer_free(&x);
    rs_buffer_free(&y);
}

Test(learn, the_stage_learns_and_uses_a_fit_again, .init = setup, .fini = teardown) {
    const char *in = path_of("in"), *few = path_of("few"), *one = path_of("one"), *two = path_of("two"),
               *again = path_of("again");
    write_persons(in, 0, 30000);
    write_persons(few, 0, 300);
    run_stage(in, one, 1, NULL, NULL);
    run_stage(in, two, 2, NULL, NULL);
    static const char *const files[] = {"posterior.tsv", "evaluation.tsv", "fit.tsv", "language_posterior.tsv"};
    for (size_t i = 0; i < 4; i++) expect_same(one, two, files[i]);
    /* The fit used again on a few of them: their rows, byte for byte. */
    run_stage(few, again, 2, "fit", one);
    struct rs_buffer all = slurp(one, "posterior.tsv"), some = slurp(again, "posterior.tsv");
    cr_assert(some.n > 1000 && some.n < all.n && memcmp(all.p, some.p, some.n) == 0);
    rs_buffer_free(&all);
    rs_buffer_free(&some);
    all = slurp(one, "language_posterior.tsv");
    some = slurp(again, "language_posterior.tsv");
    cr_assert(some.n > 100 && some.n < all.n && memcmp(all.p, some.p, some.n) == 0);
    rs_buffer_byte(&some, 0);
    /* Person 4: language unknown; 8: declined; 0: declined race; 1: reported. */
    cr_assert(strstr(some.p, "\n00000000000000000000000000000004\t"));
    for (int i = 0; i < 3; i++) {
        char text[64];
        snprintf(text, sizeof text, "\n%032x\t", (int[]){8, 0, 1}[i]);
        cr_assert(!strstr(some.p, text), "person %s", text + 1);
    }
    rs_buffer_free(&all);
    rs_buffer_free(&some);
    expect_same(one, again, "fit.tsv");
}

static bool try_stage(const char *in, const char *out, const char *prior, const char *method, const char *refit,
                      struct rs_error *error) {
    const char *inputs[] = {in}, *priors[] = {prior}, *names[] = {"method", "learn", "refit"},
               *values[] = {method, "yes", refit};
    struct rs_stage_call call = {.inputs = inputs, .n_inputs = 1, .output = out, .threads = 2, .priors = priors,
                                 .n_priors = 1, .reference = path_of("small.pack"), .set_names = names,
                                 .set_values = values, .n_set = refit ? 3 : 2};
    return rs_stage_run(&rs_stage_impute, &call, error);
}

Test(learn, an_earlier_runs_fit_stands_until_refitted, .init = setup, .fini = teardown) {
    const char *in = path_of("in"), *next = path_of("next"), *first = path_of("first"), *second = path_of("second"),
               *third = path_of("third");
    struct rs_error error = {0};
    write_persons(in, 0, 6000);
    write_persons(next, 3000, 12000);
    run_stage(in, first, 2, NULL, NULL);
    cr_assert(try_stage(next, second, first, "bisg", NULL, &error), "%s", error.text);
    struct rs_buffer a = slurp(first, "fit.tsv"), b = slurp(second, "fit.tsv"), c = {0};
    struct rs_view race = rs_view(a.p, a.n), again = rs_view(b.p, b.n);
    for (int line = 0; line < 2; line++) {
        struct rs_view x = rs_split(&race, '\n'), y = rs_split(&again, '\n');
        cr_assert(rs_eq(x, y), "line %d", line);
    }
    cr_assert(try_stage(next, third, first, "bisg", "yes", &error), "%s", error.text);
    c = slurp(third, "fit.tsv");
    race = rs_view(a.p, a.n);
    again = rs_view(c.p, c.n);
    rs_split(&race, '\n');
    rs_split(&again, '\n');
    cr_assert(!rs_eq(rs_split(&race, '\n'), rs_split(&again, '\n')), "fitted anew");
    /* The fit corrects BISG: it says nothing of what the surname alone gives. */
    cr_assert(!try_stage(next, third, first, "surname", NULL, &error));
    cr_assert(error.code == RS_CONFIG && strstr(error.text, "--refit"), "%s", error.text);
    error.code = 0;
    cr_assert(!try_stage(next, third, first, "fbisg", "yes", &error) && error.code == RS_USAGE, "%s", error.text);
    rs_buffer_free(&a);
    rs_buffer_free(&b);
    rs_buffer_free(&c);
}

Test(learn, with_too_few_the_stage_goes_on_without_and_says_so, .init = setup, .fini = teardown) {
    const char *in = path_of("in"), *out = path_of("out");
    write_persons(in, 0, 300);
    run_stage(in, out, 1, NULL, NULL);
    struct rs_buffer rows = slurp(out, "posterior.tsv"), fit = slurp(out, "fit.tsv");
    rs_buffer_byte(&rows, 0);
    cr_assert(!strstr(rows.p, "+learned") && strstr(rows.p, "\tbisg\t"));
    rs_buffer_byte(&fit, 0);
    cr_assert(!strchr(strchr(fit.p, '\n') + 1, '\n'), "no fit");
    rs_buffer_free(&rows);
    rs_buffer_free(&fit);
}

/* ---- weights --------------------------------------------------------------------------------------------------- */

static struct rs_learn_person alike(uint64_t i, int group, int birth, int answer) {
    double p[RS_GROUPS] = {.1, .1, .1, .1, .1, .1};
    p[group] = .5;
    struct rs_learn_person m = member(i, p, answer);
    m.level[RS_COV_BIRTH] = (unsigned char)birth;
    return m;
}

/* Two cells of a group, told apart by birth: members who report and who do not; odds are what each member's weight is
 * expected to be before all are scaled to the mean of 1. */
static void expect_odds(int group, const int said[2], const int silent[2], const double odds[2]) {
    struct rs_nonresponse *all = rs_alloc(sizeof *all);
    struct rs_learn_sample s = {.target = RS_LEARN_RACE, .most = 1000};
    uint64_t member = 0;
    for (int c = 0; c < 2; c++)
        for (int i = 0; i < said[c] + silent[c]; i++) {
            struct rs_learn_person m = alike(member++, group, c + 1, i < said[c] ? group : -1);
            rs_nonresponse_add(all, &m, 1);
            rs_learn_sample_add(&s, &m);
        }
    cr_assert_eq(s.n, (size_t)(said[0] + said[1]));
    double weight[1000], mean = (said[0] * odds[0] + said[1] * odds[1]) / (said[0] + said[1]);
    cr_assert(rs_nonresponse_weights(all, &s, weight));
    for (size_t i = 0; i < s.n; i++)
        cr_assert_float_eq(weight[i], odds[s.members[i].level[RS_COV_BIRTH] - 1] / mean, 1e-12);
    rs_learn_sample_free(&s);
    free(all);
}

/* Of the first cell 100 report and 50 do not, of the second 40 and 160. */
Test(learn, weights_are_the_odds_of_not_reporting) {
    expect_odds(RS_BLACK, (const int[]){100, 40}, (const int[]){50, 160}, (const double[]){.5, 4});
}

/* Ten report in the small cell, too few: its group's odds stand for it, (10 + 90) silent to (10 + 40). */
Test(learn, a_cell_of_few_takes_the_odds_of_a_larger_one) {
    expect_odds(RS_API, (const int[]){10, 40}, (const int[]){10, 90}, (const double[]){100. / 50, 90. / 40});
}

Test(learn, where_nobody_is_silent_each_counts_as_one) {
    struct rs_nonresponse *all = rs_alloc(sizeof *all);
    struct rs_learn_sample s = {.target = RS_LEARN_RACE, .most = 100};
    double weight[40];
    for (int i = 0; i < 40; i++) {
        struct rs_learn_person m = alike((uint64_t)i, RS_WHITE, 1, RS_WHITE);
        rs_nonresponse_add(all, &m, 1);
        rs_learn_sample_add(&s, &m);
    }
    cr_assert(!rs_nonresponse_weights(all, &s, weight));
    for (size_t i = 0; i < s.n; i++) cr_assert_eq(weight[i], 1);
    rs_learn_sample_free(&s);
    free(all);
}

/* At the maximum, without a ridge, the weighted answers and the weighted probabilities of each group add up to the same: what
 * the fit says of those who report is right on the average of those who do not. Without weights it is so of the former. */
Test(learn, weighted_answers_and_weighted_probabilities_add_up_to_the_same) {
    struct rs_nonresponse *all = rs_alloc(sizeof *all);
    struct rs_learn_sample s = {.target = RS_LEARN_RACE, .most = 1000000};
    for (int i = 0; i < 8000; i++) {
        struct rs_random r = rs_random(23, (uint64_t)i, 2);
        double p[RS_GROUPS], truth[RS_GROUPS];
        for (int g = 0; g < RS_GROUPS; g++) p[g] = exp(rs_random_normal(&r));
        normalise(p);
        for (int g = 0; g < RS_GROUPS; g++) truth[g] = p[g] * (g != RS_BLACK ? 1 : p[g] > .3 ? 6 : 3);
        normalise(truth);
        int answer = draw(&r, truth, RS_GROUPS);
        bool says = rs_random_unit(&r) < (p[RS_BLACK] > .3 ? .2 : .8);
        struct rs_learn_person m = member((uint64_t)i, p, says ? answer : -1);
        rs_nonresponse_add(all, &m, 1);
        rs_learn_sample_add(&s, &m);
    }
    for (int weighted = 0; weighted < 2; weighted++) {
        struct rs_learn_settings with = settings;
        struct rs_error error = {0};
        double *weight = rs_alloc(s.n * sizeof *weight), score = 0, plain = 0;
        with.nonresponse = weighted ? all : NULL;
        with.ridge = 1e-9;
        struct rs_fit *f = rs_fit_make(&s, &with, &error);
        cr_assert(f && f->weighted == (weighted == 1), "%s", error.text);
        cr_assert(rs_nonresponse_weights(all, &s, weight));
        for (size_t i = 0; i < s.n; i++) {
            double q[RS_GROUPS];
            rs_fit_apply(f, &s.members[i], false, q);
            double d = (s.members[i].answer[RS_LEARN_RACE] == RS_BLACK) - q[RS_BLACK];
            score += weight[i] * d;
            plain += d;
        }
        cr_assert_float_eq(weighted ? score : plain, 0, .02); /* steps end 1e-9 below the maximum */
        cr_assert(fabs(weighted ? plain : score) > 1);
        rs_fit_free(f);
        free(weight);
    }
    rs_learn_sample_free(&s);
    free(all);
}
