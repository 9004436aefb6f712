/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The stage stratify: person, posterior and person_measure in; rates by stratum with their intervals, comparisons and
 * suppressed cells out. One pass counts (join.c); then each measure and period is estimated (estimate.c, birdie.c),
 * suppressed (suppress.c), compared (compare.c) and written (publish.c). */
#include <stdlib.h>
#include <string.h>
#include "counts.h"
#include "estimate.h"
#include "join.h"
#include "pipeline/base/log.h"
#include "said.h"
#include "wanted.h"

static bool parse_references(const char *text, const struct rs_strata *strata, struct rs_settings *settings,
                             struct rs_arena *arena, struct rs_error *error) {
    struct rs_view rest = text ? rs_cstr(text) : RS_NULL;
    while (!rs_is_null(rest)) {
        struct rs_view value = rs_trim(rs_split(&rest, ','));
        if (!value.n) continue;
        struct rs_view name = rs_split(&value, '=');
        int d = RS_RACE;
        while (d < RS_DIMENSIONS && (!rs_dimension_used(strata, (enum rs_dimension)d) ||
                                     !rs_eq_c(name, rs_dimension_name(strata, (enum rs_dimension)d))))
            d++;
        if (d == RS_DIMENSIONS || !rs_has(value))
            return rs_fail(error, RS_USAGE, "--reference-group: write DIMENSION=GROUP, such as race_ethnicity=WHITE; "
                           "dimensions are those of --strata");
        settings->reference[d] = rs_arena_view(arena, value).p;
    }
    return true;
}

static bool read_settings(struct rs_run *run, struct rs_settings *s, struct rs_age_bands *bands, struct rs_error *error) {
    int64_t minimum, languages, replicates;
    *s = (struct rs_settings){.threads = run->threads};
    if (!rs_run_option_long(run, "minimum-cell", 0, 1000, &minimum, error) ||
        !rs_run_option_long(run, "languages", 1, 1000, &languages, error) ||
        !rs_run_option_long(run, "replicates", 0, RS_MOST_REPLICATES, &replicates, error) ||
        !rs_run_option_real(run, "low-information", 0, 1, &s->low_information, error) ||
        !rs_age_bands_parse(rs_run_option(run, "age-bands"), bands, error))
        return false;
    s->minimum_cell = (double)minimum;
    s->languages = (size_t)languages;
    s->replicates = (int)replicates;
    if (replicates == 1)
        return rs_fail(error, RS_USAGE, "--replicates: 2 or more data sets, or 0 for no multiple imputation");
    return true;
}

/* In the order of measure and period, which is not that of the input. */
static int by_measure(const void *a, const void *b) {
    const struct rs_series *x = a, *y = b;
    int c = rs_compare(x->measure, y->measure);
    return c ? c : rs_compare(x->period, y->period);
}

static bool publish(struct rs_run *run, struct rs_series *series, const struct rs_strata *strata,
                    const struct rs_settings *settings, struct rs_said *said, struct rs_published *published,
                    struct rs_gaps *gaps, struct rs_error *error) {
    struct rs_estimates estimates;
    struct rs_batch batch = {0};
    bool good = rs_estimates_make(&estimates, series, strata, settings, error);
    if (good) {
        rs_estimates_compare(&estimates, settings);
        rs_estimates_publish(&estimates, &batch, gaps);
        rs_published_take(published, &estimates);
        rs_suppression_publish(&estimates, settings->minimum_cell, &batch, RS_SINK_SUPPRESSION);
        /* what is said of gaps is of proportions */
        good = (series->about->kind != RS_PROPORTION ||
                rs_said_publish(said, &estimates, strata, settings, published, &batch, error)) &&
               rs_run_done(run, &batch, error);
    } else {
        rs_error_context(error, "measure %.*s, period %.*s", (int)series->measure.n, series->measure.p,
                         (int)series->period.n, series->period.p);
    }
    for (int i = 0; i < RS_MAX_SINKS; i++) rs_buffer_free(&batch.out[i]);
    rs_arena_free(&batch.arena);
    rs_estimates_free(&estimates);
    return good;
}

static void warn_references(const struct rs_strata *strata, const struct rs_settings *settings) {
    for (int d = RS_RACE; d < RS_DIMENSIONS; d++) {
        bool found = settings->reference[d] == NULL || d >= RS_BUILT_IN;
        for (size_t i = 0; !found && i < strata->names[d].n; i++)
            found = strcmp(strata->names[d].names[i], settings->reference[d]) == 0;
        if (!found)
            rs_warn("--reference-group: no person is in group %s of %s: nothing is compared there",
                    settings->reference[d], rs_dimension_name(strata, (enum rs_dimension)d));
    }
}

static bool tabulate(struct rs_run *run, const struct rs_tabulation *t, double minimum_cell, size_t combinations,
                     struct rs_published *published, struct rs_error *error) {
    struct rs_batch batch = {0};
    bool good = rs_tabulation_publish(t, minimum_cell, combinations, published, &batch, RS_SINK_TABULATION, error) &&
                rs_run_done(run, &batch, error);
    rs_buffer_free(&batch.out[RS_SINK_TABULATION]);
    rs_arena_free(&batch.arena);
    return good;
}

static bool hand_on(struct rs_run *run, struct rs_published *published, struct rs_error *error) {
    struct rs_batch batch = {0};
    rs_published_publish(published, &batch, RS_SINK_PUBLISHED);
    bool good = rs_run_done(run, &batch, error);
    rs_buffer_free(&batch.out[RS_SINK_PUBLISHED]);
    rs_arena_free(&batch.arena);
    return good;
}

static bool run_stage(struct rs_run *run, struct rs_error *error) {
    struct rs_settings settings;
    struct rs_age_bands bands;
    struct rs_strata strata = {0};
    struct rs_arena arena = {0};
    struct rs_gaps gaps = {.n = 0};
    struct rs_wanted wanted = {.measures = NULL};
    struct rs_said said = {.standard = {.weight = NULL}};
    struct rs_tabulation tabulation = {.reasons = {0}};
    struct rs_published published = {.n = 0};
    int64_t combinations = 0;
    bool good = read_settings(run, &settings, &bands, error) && rs_run_option_long(run, "combinations", 0, 119, &combinations, error) &&
                rs_strata_open(&strata, run->output, error) && rs_wanted_open(run, &strata, &wanted, error) &&
                parse_references(rs_run_option(run, "reference-group"), &strata, &settings, &arena, error) &&
                rs_said_open(run, &strata, &said, error) && rs_published_read(run, &published, error) &&
                rs_stratify_join(run, &bands, &strata, &tabulation, error) &&
                tabulate(run, &tabulation, settings.minimum_cell, (size_t)combinations, &published, error);
    settings.collapse = wanted.collapse;
    settings.published = &published;
    if (good) {
        if (strata.n_series) qsort(strata.series, strata.n_series, sizeof *strata.series, by_measure);
        warn_references(&strata, &settings);
    }
    for (size_t i = 0; good && i < strata.n_series; i++)
        good = publish(run, &strata.series[i], &strata, &settings, &said, &published, &gaps, error);
    good = good && hand_on(run, &published, error) && rs_said_finish(&said, run, error);
    if (good) {
        json_object_set_new(run->results, "series", json_integer((json_int_t)strata.n_series));
        json_object_set_new(run->results, "estimates", json_integer((json_int_t)gaps.rows));
        json_object_set_new(run->results, "suppressed_primary", json_integer((json_int_t)gaps.primary));
        json_object_set_new(run->results, "suppressed_complementary", json_integer((json_int_t)gaps.complementary));
        json_object_set_new(run->results, "suppressed_differencing", json_integer((json_int_t)gaps.differencing));
        if (gaps.differencing)
            rs_warn("%llu of %llu estimates are withheld since they differ by less than %g from what was published before, "
                    "or would give such a difference away: for these the earlier numbers stand",
                    (unsigned long long)gaps.differencing, (unsigned long long)gaps.rows, settings.minimum_cell);
        json_object_set_new(run->results, "widest_gaps", rs_gaps_json(&gaps));
    }
    rs_said_free(&said);
    rs_published_free(&published);
    rs_tabulation_free(&tabulation);
    rs_strata_free(&strata);
    rs_wanted_free(&wanted);
    rs_arena_free(&arena);
    return good;
}

/* --counts: no run, no row files; the table given, and the answer on stdout. */
static bool answer_counts(struct rs_run *run, const char *path, struct rs_buffer *out, struct rs_error *error) {
    int64_t minimum;
    const char *format = rs_run_option(run, "format");
    struct rs_counts_question question = {.reference = rs_run_option(run, "reference-group"),
                                          .json = strcmp(format, "json") == 0};
    if (!question.json && strcmp(format, "tsv") != 0) return rs_fail(error, RS_USAGE, "--format: tsv or json, not %s", format);
    if (!rs_run_option_long(run, "minimum-cell", 1, 1000000, &minimum, error)) return false;
    question.minimum = (double)minimum;
    return rs_counts_report(path, &question, out, error);
}

static const struct rs_layout *const reads[] = {&rs_layout_person, &rs_layout_posterior, &rs_layout_person_measure,
                                                NULL};
static const struct rs_layout *const reads_if_there[] = {&rs_layout_person_value, NULL};
static const struct rs_layout *const writes[] = {[RS_SINK_ESTIMATE] = &rs_layout_estimate,
                                                 [RS_SINK_TABULATION] = &rs_layout_tabulation,
                                                 [RS_SINK_DISPARITY] = &rs_layout_disparity,
                                                 [RS_SINK_EQUITY] = &rs_layout_equity,
                                                 [RS_SINK_TREND] = &rs_layout_trend,
                                                 [RS_SINK_BASELINE] = &rs_layout_baseline,
                                                 [RS_SINK_SUPPRESSION] = &rs_layout_suppression,
                                                 [RS_SINK_PUBLISHED] = &rs_layout_published,
                                                 NULL};
static bool file_digests(struct rs_run *run, json_t *hashes, struct rs_error *error) {
    return rs_wanted_inputs(run, hashes, error) && rs_said_inputs(run, hashes, error);
}

static const char *const after[] = {"reconcile", "impute", NULL};
static const struct rs_option options[] = {
    {"counts", "FILE", NULL,
     "No run: reads group counts from a CSV (group, numerator, denominator; optionally se, weight, order) and prints "
     "rates, differences, ratios and indices of disparity. With a column stratum (optionally standard: its weight) also "
     "directly and indirectly standardised rates, and gaps taken apart after Kitagawa."},
    {"format", "WORD", "tsv", "Of --counts: tsv or json."},
    {"minimum-cell", "N", "11", "Smallest count that may be published; 11 withholds 1 to 10, 1 withholds nothing."},
    {"differencing", "WHETHER", "yes",
     "Withholds also what differs by a small count from the same row of a --prior run, or of the tabulation; no where nobody "
     "reads both."},
    {"reference-group", "LIST", NULL,
     "Groups to compare with, as DIMENSION=GROUP, comma between; else the largest group of each dimension."},
    {"age-bands", "LIST", "0,18,45,65,75", "First age of each band, at the as-of date."},
    {"languages", "N", "12", "Languages named apart, by size; the others are pooled as \"other\"."},
    {"combinations", "N", "10",
     "Combinations of race and ethnicity named apart in the tabulation, by size; those below minimum-cell never are."},
    {"low-information", "X", "0.1",
     "Information share (lambda) below which an imputed group is flagged low_information."},
    {"replicates", "M", "20", "Data sets of multiple imputation of race and ethnicity; 0 for none."},
    RS_WANTED_OPTIONS,
    RS_SAID_OPTIONS,
    {0}};

const struct rs_stage rs_stage_stratify = {
    .name = "stratify",
    .version = 8, /* 8: race crossed with others is standardised; shares of intersections and observed over expected withheld where they give a count; errors as their intervals take them */
    .about = "Rates by race and ethnicity, language, sex, age band and provider group, with intervals and gaps.",
    .description =
        "For each measure and period, the rate of each stratum with its standard error and 95 % interval, the "
        "difference from and ratio to a reference group, and small cells withheld.\n\n"
        "race_ethnicity comes several times: self_report, counted among those who answered; birdie, those who "
        "answered and those imputed together, estimated by maximum a posteriori under the assumption that the "
        "outcome does not depend on surname given race and place (McCartan et al. 2024), with standard errors from "
        "the observed information; weighted, the usual sum of p times y over the sum of p, which is biased "
        "towards the mean of all and stands there to be compared with; ols, least squares of the outcome on the "
        "probabilities; threshold, everyone imputed counted whole in the likeliest group; mi, multiple imputation from the "
        "birdie fit with Rubin's rules. Rows of birdie have bounds, too: what the data allow whatever ties race to outcome "
        "(Kallus, Mao and Zhou 2022). Who declined is never imputed and is left out of all but self_report. Missing reasons are strata of their own, as is UNRESOLVED, an answer that does not "
        "decide among the six groups.\n\n"
        "Intervals: Wilson; for imputed groups Wilson on the effective number, rate (1 - rate) / se^2; for birdie with fewer "
        "than ten effective successes or failures a score interval (method score), which needs no standard error. "
        "Differences: Newcombe's method 10, with the correlation of the two rates where they are estimated "
        "together (Zou and Donner 2008). Ratios: on the log scale by the delta method.\n\n"
        "Flags: low_information, the probabilities hardly tell the group apart; sign_disagrees, estimators "
        "published for a group say opposite things of its gap; not_converged; boundary, fewer than one "
        "effective success or failure: no standard error can be trusted, and there is no interval of the ratio.\n\n"
        "tabulation counts persons by the categories of 2024 in the three ways of SPD 15: each alone or in combination; "
        "each alone beside the most frequent combinations; each alone beside one row of those with several. They are "
        "withheld together, so that none gives another away.\n\n"
        "Small cells (CMS policy of 2024-01-26): no count from 1 to 10 is published or can be worked out, zero may "
        "be. Count, rate, error, interval and comparison go together; further cells are withheld where a withheld "
        "one could be subtracted out of a total; the result is audited by trying to do so, and the stage fails "
        "where that works. Two publications of nearly the same persons can be subtracted: beside the estimates and the "
        "tabulation of --prior runs, and beside this run's own tabulation, no difference from 1 to 10 in the same measure "
        "and period is shown or can be worked out either. What was out before stands where a row is withheld for that "
        "(suppression_reason differencing), until enough has changed. Layout published hands on what was shown when, so that "
        "--prior needs the last run alone.\n\n"
        "disparity says more of the gaps: indices of all groups together (between-group variance, Theil, mean log "
        "deviation, attributable risk and others), each gap as odds ratio, ratio of failures and effect size, tested "
        "with Benjamini and Hochberg's adjustment over a measure's gaps, the smallest difference that could have been "
        "found, and how many members' results would have to change to close it. With --standardise, rates adjusted "
        "directly (Fay and Feuer) and indirectly, of race and ethnicity and of it crossed with others, and gaps taken apart after Kitagawa and Oaxaca and Blinder. Within "
        "provider groups, and from one to the other, differences and rates are shrunk to their mean (DerSimonian and "
        "Laird) with their reliability; provider groups are never ranked unless --rank-providers asks for it. All of "
        "it is made from shown groups, so that nothing withheld can be worked out.\n\n"
        "equity judges each provider group's gap for payment: eligible or why not, and with --baseline whether it "
        "closed, narrowed or widened since that run, or cannot be told. trend sets the gaps beside those of --prior "
        "runs. Changes take the two runs as independent: intervals are too wide where members are in both.",
    .examples =
        "relsogi stratify --input run/reconcile --input run/impute --as-of 2026-01-01 --output run/stratify \\\n"
        "    --reference-group race_ethnicity=WHITE,sex=male\n\n"
        "relsogi stratify --input run/reconcile --input run/impute --as-of 2026-01-01 --output run/stratify \\\n"
        "    --standardise age_band,sex --baseline 2025/stratify --prior 2025/stratify",
    .reads = reads,
    .reads_if_there = reads_if_there,
    .writes = writes,
    .after = after,
    .options = options,
    .needs_as_of = true,
    .inputs = file_digests,
    .question = "counts",
    .explain = answer_counts,
    .run = run_stage,
};
