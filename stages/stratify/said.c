/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Why it exists: the stage need not know how many things are said about a gap. */
#include "said.h"
#include <string.h>

bool rs_said_open(struct rs_run *run, struct rs_strata *strata, struct rs_said *said, struct rs_error *error) {
    *said = (struct rs_said){.standard = {.weight = NULL}};
    const char *estimator = rs_run_option(run, "provider-estimator");
    said->provider_estimator = strcmp(estimator, "self_report") == 0 ? RS_SELF_REPORT : RS_BIRDIE;
    said->rank_providers = rs_run_flag(run, "rank-providers");
    if (strcmp(estimator, rs_estimator_names[said->provider_estimator]) != 0)
        return rs_fail(error, RS_USAGE, "--provider-estimator: birdie or self_report");
    return rs_adjust_dimensions(rs_run_option(run, "standardise"), strata, error) &&
           rs_standard_read(rs_run_option(run, "standard"), strata, &said->standard, error);
}

static bool providers(struct rs_said *said, const struct rs_estimates *all, const struct rs_strata *strata,
                      const struct rs_settings *settings, struct rs_batch *batch, struct rs_error *error) {
    struct rs_providers p;
    if (!rs_providers_make(all, strata, settings, said->provider_estimator, &p, error)) return false;
    rs_providers_publish(&p, all, said->rank_providers, batch);
    rs_providers_free(&p);
    return true;
}

bool rs_said_publish(struct rs_said *said, const struct rs_estimates *all, const struct rs_strata *strata,
                     const struct rs_settings *settings, struct rs_batch *batch, struct rs_error *error) {
    rs_disparity_publish(all, batch);
    return rs_adjust_publish(all, strata, &said->standard, settings, batch, error) &&
           providers(said, all, strata, settings, batch, error);
}

void rs_said_free(struct rs_said *said) { rs_standard_free(&said->standard); }

bool rs_said_inputs(struct rs_run *run, json_t *hashes, struct rs_error *error) {
    const char *standard = rs_run_option(run, "standard");
    struct rs_digest digest;
    char hex[65];
    if (!standard || strcmp(standard, "self") == 0) return true;
    if (!rs_sha256_file(standard, &digest, NULL, error)) return false;
    rs_hex(hex, digest.b, 32);
    json_object_set_new(hashes, "standard", json_string(hex));
    return true;
}
