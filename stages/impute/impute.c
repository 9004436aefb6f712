/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Stage impute. Reads person, and link_event for what earlier runs knew; writes posterior, one row for each person who did not decline, in the order of person.
 *
 * Also writes evaluation (how the probabilities compare with self-report), decline (who declined in an earlier run), away (what
 * those had said who are in no source today), and, only where the learned layer is asked for, fit and language_posterior.
 *
 * Invariants: a row depends on that person, the pack and the options, and with the learned layer on the fit that the row
 * names, never on who else is in the file; nothing is imputed but race and ethnicity, and, on request and in a file of its
 * own, preferred language; the reported values are not touched. */
#include <stdlib.h>
#include "evaluate.h"
#include "learner.h"
#include "options.h"
#include "posterior_row.h"
#include "subject.h"
#include "pipeline/base/log.h"
#include "pipeline/rows/stage.h"

enum { SINK_POSTERIOR, SINK_EVALUATION, SINK_FIT, SINK_LANGUAGE, SINK_DECLINE, SINK_AWAY };

/* What persons had said of their race and ethnicity before anything was imputed. */
enum answer { GROUP_SAID, PART_SAID, DECLINED, NOTHING_SAID, ANSWERS };
static const char *const answer_names[ANSWERS] = {"said_which_group", "said_a_part", "declined", "said_nothing"};

/* What is added up over a block, and over the run. */
struct totals {
    uint64_t answers[ANSWERS], children, among_adults; /* under 18; of them, held against adults */
    uint64_t earlier, declined_earlier; /* narrowed by what was said in an earlier run; left out since they declined then */
    struct rs_evaluation_block evaluation, learned;
};

struct impute {
    struct rs_run *run;
    struct rs_row_reader *reader;
    struct rs_pack *pack;
    struct rs_impute_model *model;
    struct rs_row_maker maker;
    bool decliners_too;
    struct rs_reliability reliability;
    struct rs_earlier *earlier; /* NULL where no earlier run is given */
    struct rs_subjects subjects;
    uint64_t answers[ANSWERS], children, among_adults, narrowed_earlier, declined_earlier; /* of the blocks done */
    uint64_t away; /* persons of earlier runs, handed on */
    int64_t remember_days;
    struct rs_source_names *sources;
    struct rs_evaluation *evaluation;
    struct rs_learner learner;
    struct rs_fbisg *fbisg; /* NULL where the method is another */
    const char *method;
};

/* ---- rows ----------------------------------------------------------------------------------------------------- */

static enum answer answer_of(const struct rs_view *person) {
    if (rs_person_declined(person)) return DECLINED;
    if (rs_has(person[PERSON_census6])) return GROUP_SAID;
    struct rs_answer answer = rs_answer_of(person);
    return rs_answer_cells(&answer) ? PART_SAID : NOTHING_SAID;
}

enum { SUBJECTS = 32 }; /* persons whose look-ups overlap */

/* Nothing is imputed to who declined, now or, where today's sources are silent, in an earlier run. */
enum left_out { NOT_LEFT_OUT, LEFT_OUT_NOW, LEFT_OUT_EARLIER };
static enum left_out left_out_of(const struct impute *s, enum answer answer, bool declined_then) {
    if (s->decliners_too) return NOT_LEFT_OUT;
    if (answer == DECLINED) return LEFT_OUT_NOW;
    return declined_then ? LEFT_OUT_EARLIER : NOT_LEFT_OUT;
}

/* Whether the person's last word, of today or of an earlier run, is that of an earlier run, and to decline. */
static bool declined_then(const struct impute *s, const struct rs_view *person, enum answer answer) {
    struct rs_earlier_word then;
    return answer == NOTHING_SAID && rs_earlier_find(s->earlier, person[PERSON_person_key], &then) && then.declined;
}

/* The next run may be given this one only, in which nothing else is left of it. */
static void hand_on_decline(struct rs_batch *batch, const struct rs_view *person) {
    struct rs_view row[DECLINE_COLUMNS] = {[DECLINE_person_key] = person[PERSON_person_key]};
    rs_batch_emit(batch, SINK_DECLINE, &rs_layout_decline, row);
}

/* The model's answer, before anything the person said is looked at. */
static struct rs_evaluated evaluated(const struct impute *s, const struct rs_subject *subject, const struct rs_posterior *q) {
    struct rs_evaluated e = {.reported = subject->reported};
    memcpy(e.p, q->p, sizeof e.p);
    e.stratum[RS_BY_MODEL] = (unsigned char)(RS_FIRST_MODEL + q->kind);
    e.stratum[RS_BY_SURNAME] = (unsigned char)(RS_FIRST_SURNAME + q->match);
    e.stratum[RS_BY_FIRST_NAME] = (unsigned char)(RS_FIRST_FIRST_NAME + q->first_match);
    e.stratum[RS_BY_GEOGRAPHY] = (unsigned char)(RS_FIRST_GEOGRAPHY + q->level);
    e.stratum[RS_BY_COLLECTION] = (unsigned char)rs_evaluation_collection(subject->collection);
    e.stratum[RS_BY_SOURCE] = (unsigned char)(RS_FIRST_SOURCE + rs_source_number(s->sources, subject->source));
    e.stratum[RS_BY_STATE] = (unsigned char)rs_evaluation_state(s->evaluation, subject->who.ids.state);
    e.stratum[RS_BY_REGION] = (unsigned char)rs_evaluation_region(s->evaluation, e.stratum[RS_BY_STATE]);
    return e;
}

/* The learned layer corrects the method's own answer, and what the person said then narrows the result: the layer rules
 * nobody out, so that something is left. */
static void learn(const struct impute *s, struct rs_batch *batch, struct rs_subject *one, struct rs_posterior *q) {
    struct rs_posterior narrowed = *q;
    struct rs_who who = one->who;
    who.cells = 0;
    if (one->who.cells) rs_impute_who(s->model, &who, q);
    rs_learn_person_p(&one->learn, q->p);
    if (s->learner.on[RS_LEARN_LANGUAGE])
        rs_learner_emit_language(&s->learner, batch, SINK_LANGUAGE, one->person_key, one->missing_language, &one->learn);
    *q = narrowed;
    if (!s->learner.on[RS_LEARN_RACE]) return;
    rs_learner_apply(&s->learner, &one->learn, q->p);
    if (!one->who.cells) return;
    double open[RS_GROUPS];
    memcpy(open, q->p, sizeof open);
    rs_answer_narrow(q->p, one->who.cells, one->who.hispanic);
    rs_reliability_mix(q->p, open, one->reliability);
}

/* What the person said, believed as far as it is reliable. */
static void impute_one(const struct impute *s, const struct rs_subject *one, struct rs_posterior *q) {
    rs_impute_who(s->model, &one->who, q);
    if (!one->who.cells || one->reliability >= 1) return;
    struct rs_posterior open;
    struct rs_who who = one->who;
    who.cells = 0;
    rs_impute_who(s->model, &who, &open);
    rs_reliability_mix(q->p, open.p, one->reliability);
}

static bool take_fitted(const struct impute *s, const struct rs_subject *one, struct rs_posterior *q,
                        struct rs_error *error) {
    double p[1][RS_GROUPS];
    if (!rs_fbisg_read(s->fbisg, one->row, 1, p, error)) return false;
    rs_fbisg_put(p[0], q);
    return true;
}

static bool impute_subjects(const struct impute *s, struct rs_batch *batch, struct rs_subject *subjects, size_t n,
                            struct totals *totals, struct rs_error *error) {
    struct rs_evaluated before[SUBJECTS], learned[SUBJECTS];
    for (int step = 0; step < 2; step++)
        for (size_t i = 0; i < n; i++) rs_impute_hint(s->model, &subjects[i].who, step);
    for (size_t i = 0; i < n; i++) {
        struct rs_subject *one = &subjects[i];
        struct rs_posterior q;
        struct rs_row_of of = {one->person_key, one->cells, one->who.cells ? &one->answer : NULL, one->reliability, RS_NULL};
        char evidence[RS_EVIDENCE_TEXT];
        if (one->earlier) of.evidence = rs_view(evidence, rs_evidence_text(evidence, &one->answer, one->said));
        impute_one(s, one, &q);
        if (s->fbisg && !take_fitted(s, one, &q, error)) return false;
        totals->children += one->who.has_age && one->who.age < 18;
        totals->earlier += one->earlier;
        totals->among_adults += rs_impute_child_among_adults(s->model, &one->who, &q);
        before[i] = evaluated(s, one, &q);
        if (rs_learner_any(&s->learner)) learn(s, batch, one, &q);
        if (s->learner.on[RS_LEARN_RACE]) {
            learned[i] = before[i];
            memcpy(learned[i].p, q.p, sizeof q.p);
        }
        rs_posterior_emit(&s->maker, batch, SINK_POSTERIOR, &of, &q);
    }
    rs_evaluation_add(s->evaluation, batch->worker, &totals->evaluation, before, n);
    if (s->learner.on[RS_LEARN_RACE]) rs_evaluation_add(s->learner.evaluation, batch->worker, &totals->learned, learned, n);
    return true;
}

static bool next_block(void *self, struct rs_batch *batch, bool *more, struct rs_error *error) {
    struct impute *s = self;
    if (!rs_row_reader_block(s->reader, &batch->in, RS_BLOCK_BYTES, &batch->first_row, error)) return false;
    *more = batch->in.n > 0;
    return true;
}

static bool work_block(void *self, struct rs_batch *batch, struct rs_error *error) {
    struct impute *s = self;
    struct totals *totals = memset(rs_buffer_reserve(&batch->scratch, sizeof *totals), 0, sizeof *totals);
    struct rs_cursor cursor;
    struct rs_subject subjects[SUBJECTS];
    uint64_t rows = 0;
    size_t n = 0;
    rs_cursor_open(&cursor, s->reader, &batch->in, batch->first_row, &batch->arena);
    for (; rs_cursor_next(&cursor, error); rows++) {
        enum answer answer = answer_of(cursor.row);
        bool then = declined_then(s, cursor.row, answer);
        enum left_out left_out = left_out_of(s, answer, then);
        totals->answers[answer]++;
        if (then) hand_on_decline(batch, cursor.row);
        rs_earlier_seen(s->earlier, cursor.row[PERSON_person_key]);
        totals->declined_earlier += left_out == LEFT_OUT_EARLIER;
        if (left_out) continue;
        subjects[n] = rs_subject_of(&s->subjects, cursor.row);
        subjects[n++].row = cursor.row_no - 1;
        if (n < SUBJECTS) continue;
        if (!impute_subjects(s, batch, subjects, n, totals, error)) return false;
        n = 0;
    }
    if (error->code || !impute_subjects(s, batch, subjects, n, totals, error)) return false;
    uint64_t now = s->decliners_too ? 0 : totals->answers[DECLINED], then = totals->declined_earlier;
    rs_count(&batch->tally, "person", 0, RS_READ, NULL, rows);
    rs_count(&batch->tally, "person", 0, RS_WRITTEN, NULL, rows - now - then);
    if (now) rs_count(&batch->tally, "person", 0, RS_IGNORED, "declined", now);
    if (then) rs_count(&batch->tally, "person", 0, RS_IGNORED, "declined_earlier", then);
    return true;
}

static bool done_block(void *self, struct rs_batch *batch, struct rs_error *error) {
    struct impute *s = self;
    const struct totals *totals = (const void *)batch->scratch.p;
    rs_evaluation_done(s->evaluation, &totals->evaluation);
    if (s->learner.evaluation) rs_evaluation_done(s->learner.evaluation, &totals->learned);
    for (int a = 0; a < ANSWERS; a++) s->answers[a] += totals->answers[a];
    s->narrowed_earlier += totals->earlier;
    s->declined_earlier += totals->declined_earlier;
    s->children += totals->children;
    s->among_adults += totals->among_adults;
    return rs_run_done(s->run, batch, error);
}

/* ---- gathering members for the learned layer ------------------------------------------------------------------- */

static bool gather_block(void *self, struct rs_batch *batch, struct rs_error *error) {
    struct impute *s = self;
    struct rs_cursor cursor;
    rs_cursor_open(&cursor, s->reader, &batch->in, batch->first_row, &batch->arena);
    while (rs_cursor_next(&cursor, error)) {
        if (rs_person_declined(cursor.row)) continue;
        struct rs_subject one = rs_subject_of(&s->subjects, cursor.row);
        struct rs_posterior q;
        bool silent = one.learn.answer[RS_LEARN_RACE] < 0 && one.learn.answer[RS_LEARN_LANGUAGE] < 0;
        if (silent && !s->learner.nonresponse) continue;
        one.who.cells = 0;
        rs_impute_who(s->model, &one.who, &q);
        rs_learn_person_p(&one.learn, q.p);
        rs_learner_gather(&s->learner, batch, &one.learn);
    }
    return !error->code;
}

static bool gather_done(void *self, struct rs_batch *batch, struct rs_error *error) {
    struct impute *s = self;
    (void)error;
    rs_learner_take(&s->learner, batch);
    return true;
}

/* ---- gathering the persons of each place, for fBISG ------------------------------------------------------------- */

static bool gather_places(void *self, struct rs_batch *batch, struct rs_error *error) {
    struct impute *s = self;
    struct rs_cursor cursor;
    rs_cursor_open(&cursor, s->reader, &batch->in, batch->first_row, &batch->arena);
    while (rs_cursor_next(&cursor, error)) {
        enum answer answer = answer_of(cursor.row);
        if (left_out_of(s, answer, declined_then(s, cursor.row, answer))) continue;
        struct rs_subject one = rs_subject_of(&s->subjects, cursor.row);
        rs_fbisg_gather(s->fbisg, batch, one.person_key, &one.who, cursor.row_no - 1);
    }
    return !error->code;
}

static bool gathered_places(void *self, struct rs_batch *batch, struct rs_error *error) {
    return rs_fbisg_take(((struct impute *)self)->fbisg, batch, 0, error);
}

/* ---- the stage ------------------------------------------------------------------------------------------------ */

static bool pass(struct impute *s, const struct rs_manifest *m, const struct rs_work *work, struct rs_error *error) {
    rs_row_reader_close(s->reader);
    s->reader = rs_row_reader_open(m, error);
    return s->reader && rs_work_run(work, s->run->threads, error);
}

static bool run_blocks(struct impute *s, struct rs_error *error) {
    struct rs_manifest m;
    struct rs_work gather = {s, next_block, gather_block, gather_done}, make = {s, next_block, work_block, done_block};
    if (!rs_run_manifest(s->run, &rs_layout_person, &m, error)) return false;
    if (s->fbisg) {
        struct rs_work places = {s, next_block, gather_places, gathered_places};
        if (!pass(s, &m, &places, error) || !rs_fbisg_run(s->fbisg, s->run->threads, error)) return false;
        s->maker.cohort = rs_cstr(rs_fbisg_cohort(s->fbisg));
    }
    if (rs_learner_must_gather(&s->learner) && !pass(s, &m, &gather, error)) return false;
    rs_learner_fit(&s->learner);
    if (s->learner.on[RS_LEARN_RACE]) {
        s->maker.fit = rs_cstr(s->learner.key);
        s->maker.cohort = s->learner.cohort;
    }
    return pass(s, &m, &make, error);
}

static bool write_evaluation(const struct impute *s, struct rs_error *error) {
    struct rs_batch batch = {0};
    rs_evaluation_close(s->evaluation);
    if (s->learner.evaluation) rs_evaluation_close(s->learner.evaluation);
    if (rs_source_names_full(s->sources))
        rs_warn("more than %d sources of answers (person.race_source): the evaluation is without dimension source",
                RS_EVALUATED_SOURCES - 1);
    rs_evaluation_emit(s->evaluation, s->method, &batch, SINK_EVALUATION);
    if (s->learner.evaluation) rs_evaluation_emit(s->learner.evaluation, s->learner.model, &batch, SINK_EVALUATION);
    rs_learner_emit_fits(&s->learner, &batch, SINK_FIT);
    bool ok = rs_run_done(s->run, &batch, error);
    rs_buffer_free(&batch.out[SINK_EVALUATION]);
    rs_buffer_free(&batch.out[SINK_FIT]);
    rs_arena_free(&batch.arena);
    return ok;
}

/* Said once: what it does to a child's probabilities is in the README. */
static void report_children(const struct impute *s, json_t *results) {
    if (!s->run->has_as_of) {
        json_object_set_new(results, "children", json_null()); /* nobody's age is known without a date */
        return;
    }
    json_object_set_new(results, "children", json_pack("{s:I, s:I}", "under_18", (json_int_t)s->children, "held_against_adults",
                                                       (json_int_t)s->among_adults));
    if (s->among_adults)
        rs_warn("%llu of %llu persons under 18 stand against places that count adults alone: for tables by age, see relsogi "
                "reference build --geography-ages", (unsigned long long)s->among_adults, (unsigned long long)s->children);
}

static void report(struct impute *s) {
    json_t *results = s->run->results, *answers = json_object();
    if (s->fbisg) json_object_set_new(results, "cohort", json_string(rs_fbisg_cohort(s->fbisg)));
    for (int a = 0; a < ANSWERS; a++)
        json_object_set_new(answers, answer_names[a], json_integer((json_int_t)s->answers[a]));
    json_object_set_new(results, "answers", answers);
    if (s->earlier)
        json_object_set_new(results, "earlier_answers",
                            json_pack("{s:I, s:I, s:I, s:I}", "known", (json_int_t)rs_earlier_persons(s->earlier), "narrowed",
                                      (json_int_t)s->narrowed_earlier, "declined", (json_int_t)s->declined_earlier, "away",
                                      (json_int_t)s->away));
    report_children(s, results);
    json_object_set_new(results, "pack", json_string(rs_pack_id(s->pack)));
    json_object_set_new(results, "rows_by", rs_evaluation_counts(s->evaluation));
    json_object_set_new(results, "evaluation", rs_evaluation_json(s->evaluation, s->method));
    rs_evaluation_log(s->evaluation, s->method);
    rs_learner_report(&s->learner, results);
}

static bool open_fbisg(struct impute *s, const struct rs_impute_options *o, struct rs_error *error) {
    struct rs_fbisg_options fitted;
    if (!rs_impute_is_fitted(o)) return true;
    if (rs_learner_any(&s->learner))
        return rs_fail(error, RS_USAGE, "--learn and --language correct what bifsg or bisg give; not with --method %s",
                       s->method);
    if (s->reliability.any)
        return rs_fail(error, RS_USAGE, "--reliability is not for --method %s, whose persons lend each other their answers",
                       s->method);
    if (!rs_impute_read_fbisg(s->run, &fitted, error)) return false;
    s->fbisg = rs_fbisg_open(s->run->output, &fitted, s->pack, s->model, error);
    return s->fbisg != NULL;
}

static bool run(struct rs_run *run, struct rs_error *error) {
    char pack[RS_PACK_TEXT];
    struct rs_impute_options options;
    struct impute s = {.run = run, .decliners_too = rs_run_flag(run, "impute-declined")};
    if (!rs_impute_read_options(run, &options, error) || !rs_reliability_read(run, &s.reliability, error) ||
        !rs_run_option_long(run, "remember", 0, 36525, &s.remember_days, error))
        return false;
    if (!(s.pack = rs_pack_open(run->reference, error))) return false;
    s.model = rs_impute_model_new(s.pack, &options);
    rs_impute_pack_text(pack, rs_pack_id(s.pack), &options);
    s.maker = (struct rs_row_maker){.model = s.model, .pack = rs_cstr(pack), .pairs = rs_pairs_of(0, 0)};
    s.sources = rs_source_names_new();
    s.evaluation = rs_evaluation_new(run->threads, s.sources);
    s.method = rs_impute_method_names[options.method];
    s.learner.sources = s.sources;
    s.earlier = rs_earlier_read(run, error);
    bool ok = !error->code && rs_learner_open(&s.learner, run, s.method, rs_pack_id(s.pack), error) &&
              open_fbisg(&s, &options, error);
    s.subjects = (struct rs_subjects){run, s.earlier, &s.reliability, options.silent_hispanic, rs_learner_any(&s.learner)};
    ok = ok && run_blocks(&s, error) && write_evaluation(&s, error) &&
         rs_earlier_hand_on(s.earlier, run, SINK_AWAY, s.remember_days, &s.away, error);
    if (ok) report(&s);
    rs_earlier_free(s.earlier);
    rs_fbisg_close(s.fbisg);
    rs_learner_close(&s.learner);
    rs_evaluation_free(s.evaluation);
    rs_source_names_free(s.sources);
    rs_row_reader_close(s.reader);
    rs_impute_model_free(s.model);
    rs_pack_close(s.pack);
    return ok;
}

static const struct rs_option options[] = {
    {"method", "METHOD", "bifsg", "bifsg: surname, first name and place; bisg: without the first name; surname; geography; fbisg, fbifsg: fitted to the persons of each place."},
    {"form", "FORM", "place", "place: P(surname|race) P(race|place); textbook: P(race|surname) P(place|race)."},
    {"geography", "LEVEL", "block_group", "Finest level to use: block_group, tract, zcta, county, state or nation."},
    {"smoothing", "K", "20", "Pseudo-residents that draw a place's shares towards the place it lies in; 0 for none."},
    {"surname-smoothing", "K", "5", "Pseudo-bearers that draw a surname's shares towards the nation's; 0 for none."},
    {"silent-hispanic", "RATIO", "1", "Of those who state a race, how often Hispanic persons leave ethnicity open, against others; 1: as often."},
    {"reliability", "NAME=RHO,...", NULL, "How far an answer that narrows the probabilities is believed, 0 to 1, by how it was collected: self, related_person, administrative, observed, derived, unknown, none; source:NAME: by its source; earlier: in an earlier run. 1 where not given."},
    {"columns", "WHICH", "all", "Of a CSV file imputed by itself: all, or six for the id and the six probabilities."},
    {"table-draw", "N", "0", "N above 0: for counts of names and places, numbers drawn from their error, the Nth draw: how much results differ over draws is what that error adds."},
    {"sweeps", "N", "1500", "Of fbisg and fbifsg: sweeps of the sampler, burn-in among them."},
    {"burn-in", "N", "500", "Sweeps that are not counted."},
    {"seed", "N", "1", "Number of the sampler's draws: the same number gives the same bytes."},
    {"remember", "DAYS", "1096", "How long what persons said is handed on while they are in no source, from the date of the run that had it; 0: not at all."},
    {"impute-declined", NULL, NULL, "Impute persons who declined to say, too."},
    RS_LEARNER_OPTIONS,
    {0},
};

static const struct rs_layout *const reads[] = {&rs_layout_person, NULL};
static const struct rs_layout *const reads_if_there[] = {&rs_layout_link_event, NULL};
static const struct rs_layout *const writes[] = {&rs_layout_posterior, &rs_layout_evaluation, &rs_layout_fit,
                                                 &rs_layout_language_posterior, &rs_layout_decline, &rs_layout_away, NULL};
static const char *const after[] = {"reconcile", NULL};

static bool inputs(struct rs_run *run, json_t *hashes, struct rs_error *error) {
    return rs_learner_inputs(run, hashes, error) && rs_earlier_inputs(run, hashes, error);
}

const struct rs_stage rs_stage_impute = {
    .name = "impute",
    .version = 7, /* 7: evaluation by source; dates in evidence; older answers beside newer ones; 6: members of a fit stand for those who do not report; reliability of sources; declines of earlier runs */
    .about = "Probabilities of race and ethnicity from surname and place (BISG)",
    .description =
        "For each person, the probabilities of six groups (White, Black, American Indian and Alaska Native, Asian and "
        "Pacific Islander, two or more races, all not Hispanic; Hispanic of any race), from the family name and the "
        "place, by Bayes' rule: Elliott et al. 2009, Bayesian Improved Surname Geocoding. They are for estimates over "
        "many people and are never a person's reported value; they stand in rows of their own.\n\n"
        "The form `place` is P(surname|race) times P(race|place): the prior is the place's, of its own year. The "
        "form `textbook` is P(race|surname) times P(place|race), with P(place|race) over the whole nation. They agree "
        "where both tables describe one population.\n\n"
        "A name is looked up as it stands, without punctuation, joined, without a generational suffix, by its parts "
        "(geometric mean), and else stands as ALL OTHER NAMES. The place is the finest of block group, tract, ZCTA, "
        "county, state and nation that the pack has and where anybody lives. Both are recorded on the row.\n\n"
        "Shares of a place are smoothed, (N_gr + K P(r|parent)) / (N_g + K), so that an empty cell rules nobody out. "
        "The defaults, 20 for places and 5 for surnames, maximise the leave-one-out likelihood of the 2020 tracts and "
        "ZCTAs and of the 2010 surnames, one resident or bearer at a time. K = 0 gives the textbook's shares.\n\n"
        "Persons who declined to answer are left out, unless --impute-declined is given. Persons who reported are "
        "imputed too, and layout `evaluation` and the results say how the probabilities compare with their reports: by "
        "group, mean p beside the observed share, calibration intercept, slope, bins and error, correlation, AUC, Brier "
        "score, log-loss, and lambda = Var(p)/(p(1-p)), each with a 95 % interval; over all, and by model, name match, "
        "place level, how the answer was collected, its source, state, and census region. Cells of 1 to 10 members, and what would give them away, "
        "are left out.\n\n"
        "What a person said in an earlier run (--prior, also several times, the newest first) comes before any "
        "imputation where today's sources leave the group open: it narrows the probabilities, to one group where the "
        "answer was whole, and column evidence says `earlier`, the date of the run that had it from its sources, and what was "
        "said. Newer words stand over older ones. Reported values are not touched, and the evaluation does "
        "not count it as a report. Whoever declines today is not imputed, whatever they said before; who declined then, and has "
        "said nothing since, is left out, too: layout decline hands that on to the run after. "
        "Layout away does so for those who are in no source today, as long as --remember says.\n\n"
        "An answer that leaves a group open is believed as far as --reliability says of the way it was collected and of its "
        "source, the smaller number counting: with "
        "rho, the probabilities are rho times those given the answer and 1 - rho times those without it, and column "
        "reliability says so. No stored value changes.\n\n"
        "With `--learn yes` a multinomial model on the log probabilities and covariates (birth cohort, sex, language, "
        "state) is fitted to members who report, cross-fitted, and kept only where it lowers the out-of-fold log-loss "
        "by more than its standard error; the probabilities are then its, and the model's name ends in +learned. The fit "
        "counts members who report by the odds of not reporting among those alike in likeliest group, birth cohort and language "
        "(--learn-weights silent), so that they stand for those who do not, if within these who reports does not depend on "
        "race. Where it does, no weight mends it, and the layer takes it over: on a sample plan where 64 % of White members "
        "report and 60 % of Black, mean p of White among those who said nothing is .041 too high with the layer and .027 "
        "without, on one where reporting does not depend on race, -.001 and -.004. The fit "
        "is a row file that later runs find by --prior, or are given by --fit, and use until --refit. `--language yes` "
        "estimates the preferred language (English, Spanish, other) of those who report none, in a file of its own.",
    .examples = "*relsogi impute* --input reconciled --output imputed\n\n"
                "*relsogi impute* --input reconciled --output imputed --geography zcta --form textbook\n\n"
                "*relsogi impute* --input reconciled --output imputed --learn yes --prior last-month\n",
    .reads = reads,
    .reads_if_there = reads_if_there,
    .writes = writes,
    .after = after,
    .options = options,
    .needs_reference = true,
    .inputs = inputs,
    .run = run,
    .alone = rs_impute_alone,
};
