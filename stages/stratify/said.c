/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Why it exists: the stage need not know how many things are said about a gap. */
#include "said.h"
#include <stdio.h>
#include <string.h>

static bool read_thresholds(struct rs_run *run, struct rs_equity_thresholds *t, struct rs_error *error) {
    return rs_run_option_real(run, "equity-members", 0, 1e9, &t->members, error) &&
           rs_run_option_real(run, "equity-detectable", 0, 100, &t->standard_errors, error) &&
           rs_run_option_real(run, "equity-reliability", 0, 1, &t->reliability, error) &&
           rs_run_option_real(run, "equity-diversity", 0, 1, &t->diversity, error);
}

/* Two tables of the same cells, each with blanks of its own, could be held against each other. */
static bool no_crossing(const struct rs_strata *strata, struct rs_error *error) {
    const struct rs_dimensions *d = strata->dimensions;
    for (size_t i = 0; i < d->n_crossed; i++) {
        bool race = false, provider = false;
        for (size_t j = 0; j < d->crossed[i].n; j++) {
            race |= d->crossed[i].part[j] == RS_RACE;
            provider |= d->crossed[i].part[j] == RS_PROVIDER;
        }
        if (race && provider)
            return rs_fail(error, RS_USAGE, "--strata: %s: rates by race and ethnicity within provider groups are in "
                           "layout disparity already (across_provider_rate), their small cells withheld together: leave "
                           "this one out", d->crossed[i].name);
    }
    return true;
}

bool rs_said_open(struct rs_run *run, struct rs_strata *strata, struct rs_said *said, struct rs_error *error) {
    *said = (struct rs_said){.baseline_dir = rs_run_option(run, "baseline")};
    const char *estimator = rs_run_option(run, "provider-estimator");
    said->provider_estimator = strcmp(estimator, "self_report") == 0 ? RS_SELF_REPORT : RS_BIRDIE;
    said->rank_providers = rs_run_flag(run, "rank-providers");
    if (strcmp(estimator, rs_estimator_names[said->provider_estimator]) != 0)
        return rs_fail(error, RS_USAGE, "--provider-estimator: birdie or self_report");
    if (!no_crossing(strata, error)) return false;
    return rs_adjust_dimensions(rs_run_option(run, "standardise"), strata, error) &&
           rs_standard_read(rs_run_option(run, "standard"), strata, &said->standard, error) &&
           read_thresholds(run, &said->thresholds, error) &&
           (!said->baseline_dir || rs_baseline_read(run, said->baseline_dir, &said->baseline, error));
}

static bool providers(struct rs_said *said, const struct rs_estimates *all, const struct rs_strata *strata,
                      const struct rs_settings *settings, struct rs_published *published, struct rs_batch *batch,
                      struct rs_error *error) {
    struct rs_providers p;
    struct rs_view imputation =
        said->provider_estimator == RS_BIRDIE ? rs_imputation_text(strata, &batch->arena) : RS_NULL;
    if (!rs_baseline_check(&said->baseline, said->baseline_dir, imputation, error) ||
        !rs_providers_make(all, strata, settings, said->provider_estimator, &p, error))
        return false;
    rs_providers_take(&p, all, published);
    rs_providers_publish(&p, all, said->rank_providers, batch);
    rs_equity_publish(&p, all, &said->baseline, &said->thresholds, imputation, batch);
    rs_providers_free(&p);
    return true;
}

bool rs_said_publish(struct rs_said *said, const struct rs_estimates *all, const struct rs_strata *strata,
                     const struct rs_settings *settings, struct rs_published *published, struct rs_batch *batch,
                     struct rs_error *error) {
    rs_disparity_publish(all, batch);
    rs_trend_add(&said->trend, all);
    return rs_adjust_publish(all, strata, &said->standard, settings, batch, error) &&
           providers(said, all, strata, settings, published, batch, error);
}

bool rs_said_finish(struct rs_said *said, struct rs_run *run, struct rs_error *error) {
    struct rs_batch batch = {0};
    bool good = rs_trend_publish(&said->trend, run, &batch, error) && rs_run_done(run, &batch, error);
    rs_buffer_free(&batch.out[RS_SINK_TREND]);
    rs_arena_free(&batch.arena);
    return good;
}

void rs_said_free(struct rs_said *said) {
    rs_trend_free(&said->trend);
    rs_standard_free(&said->standard);
    rs_baseline_free(&said->baseline);
}

static void set_digest(json_t *hashes, const char *name, const struct rs_digest *digest) {
    char hex[65];
    rs_hex(hex, digest->b, 32);
    json_object_set_new(hashes, name, json_string(hex));
}

bool rs_said_inputs(struct rs_run *run, json_t *hashes, struct rs_error *error) {
    const char *standard = rs_run_option(run, "standard"), *baseline = rs_run_option(run, "baseline");
    struct rs_digest digest;
    if (standard && strcmp(standard, "self") != 0) {
        if (!rs_sha256_file(standard, &digest, NULL, error)) return false;
        set_digest(hashes, "standard", &digest);
    }
    if (baseline) {
        struct rs_manifest m;
        if (!rs_manifest_read(baseline, &rs_layout_baseline, &m, error)) return false;
        set_digest(hashes, "baseline", &m.content);
    }
    /* every earlier run counts for the trend, and what it published; the key has only the first of them by itself */
    static const struct rs_layout *const both[] = {&rs_layout_estimate, &rs_layout_published};
    for (size_t i = 0; i < 2 * run->n_priors; i++) {
        struct rs_error none = {0};
        struct rs_manifest m;
        char name[48];
        if (!rs_manifest_read(run->priors[i / 2], both[i % 2], &m, &none)) continue; /* another stage's directory */
        snprintf(name, sizeof name, "prior %s %zu", both[i % 2]->name, i / 2);
        set_digest(hashes, name, &m.content);
    }
    return true;
}
