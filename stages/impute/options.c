/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Options of the model, read once for the stage and for the tool alone. */
#include "options.h"

static bool read_method(const char *name, enum rs_impute_method *out, struct rs_error *error) {
    for (int i = 0; i < RS_METHOD_FBISG; i++) {
        *out = (enum rs_impute_method)i;
        if (strcmp(name, rs_impute_method_names[i]) == 0) return true;
    }
    return rs_fail(error, RS_USAGE, "--method is bifsg, bisg, surname or geography, not %s", name);
}

bool rs_impute_read_options(const struct rs_run *run, struct rs_impute_options *o, struct rs_error *error) {
    const char *form = rs_run_option(run, "form"), *level = rs_run_option(run, "geography");
    if (!read_method(rs_run_option(run, "method"), &o->method, error)) return false;
    if (!rs_run_option_real(run, "smoothing", 0, 1e9, &o->smoothing, error) ||
        !rs_run_option_real(run, "surname-smoothing", 0, 1e9, &o->surname_smoothing, error))
        return false;
    o->textbook = strcmp(form, "textbook") == 0;
    if (!o->textbook && strcmp(form, "place") != 0)
        return rs_fail(error, RS_USAGE, "--form is place or textbook, not %s", form);
    for (int i = 0; i < RS_PLACE_LEVELS; i++) {
        o->finest = (enum rs_place_level)i;
        if (strcmp(level, rs_place_level_names[i]) == 0) return true;
    }
    return rs_fail(error, RS_USAGE, "--geography is block_group, tract, zcta, county, state or nation, not %s", level);
}
