/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Why it exists: files that options name are read before anything is counted, so that a wrong one costs no night. */
#include "wanted.h"
#include <string.h>
#include "pipeline/base/config.h"
#include "pipeline/base/file.h"

static bool measures_path(struct rs_run *run, char *out, size_t room, struct rs_error *error) {
    const char *given = rs_run_option(run, "measures");
    return given ? rs_path(out, room, error, "%s", given)
                 : rs_path(out, room, error, "%s/measures.yaml", rs_schemas_dir());
}

static bool area_index(struct rs_run *run, const char *option, enum rs_dimension d, const struct rs_wanted *w,
                       struct rs_area_index **out, struct rs_error *error) {
    const char *path = rs_run_option(run, option);
    if (!path && w->dimensions.used[d])
        return rs_fail(error, RS_USAGE, "--strata: %s needs the index by area: give --%s FILE", rs_dimension_names[d],
                       option);
    if (path) *out = rs_area_index_read(path, error);
    return !path || *out;
}

bool rs_wanted_open(struct rs_run *run, struct rs_strata *strata, struct rs_wanted *w, struct rs_error *error) {
    char path[4096];
    const char *collapse = rs_run_option(run, "collapse");
    *w = (struct rs_wanted){.measures = NULL};
    if (!rs_dimensions_parse(rs_run_option(run, "strata"), &w->dimensions, &w->arena, error) ||
        !measures_path(run, path, sizeof path, error) || !(w->measures = rs_measures_read(path, error)) ||
        (collapse && !(w->collapse = rs_collapse_read(collapse, error))) ||
        !area_index(run, "svi", RS_SVI, w, &w->svi, error) || !area_index(run, "adi", RS_ADI, w, &w->adi, error))
        return false;
    w->dimensions.svi = w->svi;
    w->dimensions.adi = w->adi;
    strata->dimensions = &w->dimensions;
    strata->measures_known = w->measures;
    strata->missing_answers = rs_run_flag(run, "missing-answers");
    return true;
}

void rs_wanted_free(struct rs_wanted *w) {
    rs_measures_free(w->measures);
    rs_collapse_free(w->collapse);
    rs_area_index_free(w->svi);
    rs_area_index_free(w->adi);
    rs_arena_free(&w->arena);
}

bool rs_wanted_inputs(struct rs_run *run, json_t *hashes, struct rs_error *error) {
    static const char *const options[] = {"collapse", "svi", "adi", "measures"};
    for (size_t i = 0; i < sizeof options / sizeof options[0]; i++) {
        char path[4096], hex[65];
        struct rs_digest digest;
        const char *given = rs_run_option(run, options[i]);
        bool measures = strcmp(options[i], "measures") == 0;
        if (!given && !measures) continue;
        if (measures ? !measures_path(run, path, sizeof path, error) : !rs_path(path, sizeof path, error, "%s", given))
            return false;
        if (!rs_sha256_file(path, &digest, NULL, error)) return false;
        rs_hex(hex, digest.b, 32);
        json_object_set_new(hashes, options[i], json_string(hex));
    }
    return true;
}
