/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Options of the model, read once for the stage and for the tool alone. */
#include "options.h"
#include <stdio.h>

static bool read_method(const char *name, enum rs_impute_method *out, struct rs_error *error) {
    for (int i = 0; i < RS_METHODS; i++) {
        *out = (enum rs_impute_method)i;
        if (strcmp(name, rs_impute_method_names[i]) == 0) return true;
    }
    return rs_fail(error, RS_USAGE, "--method is bifsg, bisg, surname, geography, fbisg or fbifsg, not %s", name);
}

bool rs_impute_read_options(const struct rs_run *run, struct rs_impute_options *o, struct rs_error *error) {
    int64_t draw;
    const char *form = rs_run_option(run, "form"), *level = rs_run_option(run, "geography");
    if (!read_method(rs_run_option(run, "method"), &o->method, error)) return false;
    if (!rs_run_option_real(run, "smoothing", 0, 1e9, &o->smoothing, error) ||
        !rs_run_option_real(run, "surname-smoothing", 0, 1e9, &o->surname_smoothing, error) ||
        !rs_run_option_real(run, "silent-hispanic", 1e-6, 1e6, &o->silent_hispanic, error) ||
        !rs_run_option_long(run, "table-draw", 0, 1000000, &draw, error))
        return false;
    o->table_draw = (uint64_t)draw;
    o->textbook = strcmp(form, "textbook") == 0;
    if (!o->textbook && strcmp(form, "place") != 0)
        return rs_fail(error, RS_USAGE, "--form is place or textbook, not %s", form);
    for (int i = 0; i < RS_PLACE_LEVELS; i++) {
        o->finest = (enum rs_place_level)i;
        if (strcmp(level, rs_place_level_names[i]) == 0) return true;
    }
    return rs_fail(error, RS_USAGE, "--geography is block_group, tract, zcta, county, state or nation, not %s", level);
}

bool rs_impute_is_fitted(const struct rs_impute_options *o) {
    return o->method == RS_METHOD_FBISG || o->method == RS_METHOD_FBIFSG;
}

bool rs_impute_read_fbisg(const struct rs_run *run, struct rs_fbisg_options *o, struct rs_error *error) {
    int64_t seed, sweeps, burn_in;
    if (!rs_run_option_long(run, "seed", 0, INT64_MAX, &seed, error) ||
        !rs_run_option_long(run, "sweeps", 2, 1000000, &sweeps, error) ||
        !rs_run_option_long(run, "burn-in", 1, 999999, &burn_in, error))
        return false;
    if (burn_in >= sweeps) return rs_fail(error, RS_USAGE, "--burn-in must be less than --sweeps, which are counted in all");
    *o = (struct rs_fbisg_options){(uint64_t)seed, (int)sweeps, (int)burn_in};
    return true;
}

void rs_impute_pack_text(char out[RS_PACK_TEXT], const char *pack_id, const struct rs_impute_options *o) {
    if (o->table_draw) snprintf(out, RS_PACK_TEXT, "%s~%llu", pack_id, (unsigned long long)o->table_draw);
    else snprintf(out, RS_PACK_TEXT, "%s", pack_id);
}
