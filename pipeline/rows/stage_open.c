/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a stage is given: configuration, options, inputs; and the key that says whether it must run at all. */
#include "../base/date.h"
#include "../base/file.h"
#include "../base/version.h"
#include "stage_private.h"
#include <limits.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>

static const char *const config_keys[] = {"as_of",    "site_key",    "reference", "output",       "threads",
                                          "compress", "sources",     "crosswalk", "prior",        "stages",
                                          "database", "source_rank", "name",      "jurisdiction", "vault",
                                          "audit",    "retention",   "metrics_file", NULL};

static int all_cores(void) {
    cpu_set_t set;
    if (sched_getaffinity(0, sizeof set, &set) == 0 && CPU_COUNT(&set) > 0) return CPU_COUNT(&set);
    return 1;
}

static size_t n_options(const struct rs_stage *stage) {
    size_t n = 0;
    while (stage->options && stage->options[n].name) n++;
    return n;
}

static bool set_option(struct rs_run *run, const char *name, const char *value, const char *where,
                       struct rs_error *error) {
    for (size_t i = 0; i < n_options(run->stage); i++) {
        if (strcmp(run->stage->options[i].name, name) != 0) continue;
        run->private_->values[i] = value;
        return true;
    }
    return rs_fail(error, RS_CONFIG, "%s: stage %s has no option \"%s\"; see relsogi %s --help", where,
                   run->stage->name, name, run->stage->name);
}

/* Default, then the configuration's stages.<stage>, then the command line. */
static bool resolve_options(struct rs_run *run, const struct rs_stage_call *call, struct rs_error *error) {
    size_t n = n_options(run->stage);
    run->private_->values = rs_alloc((n + 1) * sizeof *run->private_->values);
    for (size_t i = 0; i < n; i++) run->private_->values[i] = run->stage->options[i].value;
    json_t *set = json_object_get(json_object_get(run->config, "stages"), run->stage->name);
    const char *name;
    json_t *value;
    json_object_foreach(set, name, value) {
        if (!json_is_string(value))
            return rs_fail(error, RS_CONFIG, "%s: stages.%s.%s must be plain text", run->config_path, run->stage->name,
                           name);
        if (!set_option(run, name, json_string_value(value), run->config_path, error)) return false;
    }
    for (size_t i = 0; i < call->n_set; i++)
        if (!set_option(run, call->set_names[i], call->set_values[i], "command line", error)) return false;
    return true;
}

static bool resolve_day(struct rs_run *run, const struct rs_stage_call *call, struct rs_error *error) {
    const char *text = call->as_of ? call->as_of : rs_config_text(run->config, "as_of", NULL);
    if (text) {
        run->has_as_of = rs_day_parse(rs_cstr(text), &run->as_of);
        if (!run->has_as_of) return rs_fail(error, RS_USAGE, "--as-of: \"%s\" is no date; write YYYY-MM-DD", text);
        json_object_set_new(run->parameters, "as_of", json_string(text));
    }
    if (run->stage->needs_as_of && !run->has_as_of && !call->asking)
        return rs_fail(error, RS_USAGE, "%s needs a date: give --as-of YYYY-MM-DD, or as_of in the configuration",
                       run->stage->name);
    return true;
}

static bool resolve_reference(struct rs_run *run, const struct rs_stage_call *call, struct rs_error *error) {
    char *out = run->private_->reference;
    size_t room = sizeof run->private_->reference;
    const char *set = rs_config_text(run->config, "reference", NULL);
    if (call->reference) {
        if (!rs_path(out, room, error, "%s", call->reference)) return false;
    } else if (set) {
        if (!rs_config_path(out, room, run->config_path, set, error)) return false;
    } else {
        const char *data = rs_default_pack();
        if (!rs_path(out, room, error, "%s", data)) return false;
    }
    run->reference = out;
    if (run->stage->needs_reference && !call->asking && !rs_exists(out))
        return rs_fail(error, RS_NO_INPUT,
                       "%s: there is no reference pack here; build one with: relsogi reference build --output %s", out,
                       out);
    return true;
}

static bool resolve_threads(struct rs_run *run, const struct rs_stage_call *call, struct rs_error *error) {
    int64_t threads = call->threads;
    if (threads <= 0 && !rs_config_long(run->config, run->config_path ? run->config_path : "", "threads", all_cores(),
                                        1, 256, &threads, error))
        return false;
    run->threads = (int)threads;
    bool compress = false;
    if (!rs_config_flag(run->config, run->config_path ? run->config_path : "", "compress", false, &compress, error))
        return false;
    run->compress = call->compress || compress;
    return true;
}

bool rs_run_open(struct rs_run *run, const struct rs_stage *stage, const struct rs_stage_call *call,
                 struct rs_error *error) {
    *run = (struct rs_run){.stage = stage,
                           .inputs = call->inputs,
                           .n_inputs = call->n_inputs,
                           .priors = call->priors,
                           .n_priors = call->n_priors,
                           .output = call->output,
                           .config_path = call->config_path,
                           .run_id = call->run_id,
                           .dry_run = call->dry_run};
    run->private_ = rs_alloc(sizeof *run->private_);
    run->private_->read = json_object();
    run->parameters = json_object();
    run->results = json_object();
    if (call->config_path) {
        run->config = run->private_->owned_config = rs_yaml_read(call->config_path, NULL, error);
        if (!run->config || !rs_config_keys(run->config, call->config_path, config_keys, error)) return false;
    } else if (stage->needs_config && !call->asking) {
        return rs_fail(error, RS_USAGE, "%s needs a configuration: give --config relsogi.yaml", stage->name);
    }
    return resolve_options(run, call, error) && resolve_day(run, call, error) && resolve_reference(run, call, error) &&
           resolve_threads(run, call, error);
}

void rs_run_close(struct rs_run *run) {
    if (!run->private_) return;
    for (int i = 0; i < RS_MAX_SINKS; i++) rs_row_writer_abort(run->private_->sinks[i]);
    json_decref(run->private_->owned_config);
    json_decref(run->private_->read);
    json_decref(run->parameters);
    json_decref(run->results);
    rs_tally_free(&run->tally);
    free(run->private_->values);
    free(run->private_);
    run->private_ = NULL;
}

/* ---- options -------------------------------------------------------------------------------------------------- */

const char *rs_run_option(const struct rs_run *run, const char *name) {
    for (size_t i = 0; i < n_options(run->stage); i++)
        if (strcmp(run->stage->options[i].name, name) == 0) return run->private_->values[i];
    return NULL;
}

bool rs_run_flag(const struct rs_run *run, const char *name) {
    const char *value = rs_run_option(run, name);
    return value && (strcmp(value, "yes") == 0 || strcmp(value, "true") == 0 || strcmp(value, "on") == 0);
}

bool rs_run_option_yes(const struct rs_run *run, const char *name, bool *out, struct rs_error *error) {
    const char *value = rs_run_option(run, name);
    *out = value && strcmp(value, "yes") == 0;
    return *out || !value || strcmp(value, "no") == 0 || rs_fail(error, RS_USAGE, "--%s is yes or no, not %s", name, value);
}

bool rs_run_option_long(const struct rs_run *run, const char *name, int64_t least, int64_t most, int64_t *out,
                        struct rs_error *error) {
    const char *value = rs_run_option(run, name);
    if (value && rs_parse_long(rs_cstr(value), out) && *out >= least && *out <= most) return true;
    return rs_fail(error, RS_USAGE, "--%s must be a whole number from %lld to %lld", name, (long long)least,
                   (long long)most);
}

bool rs_run_option_real(const struct rs_run *run, const char *name, double least, double most, double *out,
                        struct rs_error *error) {
    const char *value = rs_run_option(run, name);
    if (value && rs_parse_real(rs_cstr(value), out) && *out >= least && *out <= most) return true;
    return rs_fail(error, RS_USAGE, "--%s must be a number from %g to %g", name, least, most);
}

bool rs_run_site_key(const struct rs_run *run, struct rs_site_key *key, struct rs_error *error) {
    const char *set = rs_config_text(run->config, "site_key", NULL);
    char path[PATH_MAX];
    if (!set)
        return rs_fail(
            error, RS_CONFIG,
            "no site_key in the configuration; make one with: (umask 077; head -c 32 /dev/urandom > site.key)");
    return rs_config_path(path, sizeof path, run->config_path, set, error) && rs_site_key_read(path, key, error);
}

/* ---- inputs --------------------------------------------------------------------------------------------------- */

static void note_read(struct rs_run *run, const char *prefix, const struct rs_manifest *m) {
    char hex[65], name[128];
    rs_hex(hex, m->content.b, 32);
    snprintf(name, sizeof name, "%s%s", prefix, m->layout->name);
    json_object_set_new(run->private_->read, name, json_string(hex));
}

static bool find(const char *const *dirs, size_t n, const struct rs_layout *layout, struct rs_manifest *m, bool *found,
                 struct rs_error *error) {
    *found = false;
    for (size_t i = 0; i < n; i++) {
        char path[PATH_MAX];
        if (!rs_path(path, sizeof path, error, "%s/%s.json", dirs[i], layout->name)) return false;
        if (!rs_exists(path)) continue;
        *found = true;
        return rs_manifest_read(dirs[i], layout, m, error);
    }
    return true;
}

bool rs_run_manifest_if(struct rs_run *run, const struct rs_layout *layout, struct rs_manifest *m, bool *found,
                        struct rs_error *error) {
    if (!find(run->inputs, run->n_inputs, layout, m, found, error)) return false;
    if (*found) note_read(run, "", m);
    return true;
}

bool rs_run_manifest(struct rs_run *run, const struct rs_layout *layout, struct rs_manifest *m,
                     struct rs_error *error) {
    bool found;
    if (!rs_run_manifest_if(run, layout, m, &found, error)) return false;
    if (found) return true;
    return rs_fail(error, RS_NO_INPUT, "%s: no row file of layout %s in the --input directories%s%s", run->stage->name,
                   layout->name, run->n_inputs ? ", first of them " : "", run->n_inputs ? run->inputs[0] : "");
}

static bool find_prior(struct rs_run *run, const char *const *dirs, size_t n, const struct rs_layout *layout,
                       struct rs_manifest *m, bool *found, struct rs_error *error) {
    if (!find(dirs, n, layout, m, found, error)) return false;
    if (*found) note_read(run, "prior ", m);
    return true;
}

bool rs_run_prior(struct rs_run *run, const struct rs_layout *layout, struct rs_manifest *m, bool *found,
                  struct rs_error *error) {
    return find_prior(run, run->priors, run->n_priors, layout, m, found, error);
}

bool rs_run_prior_in(struct rs_run *run, const char *dir, const struct rs_layout *layout, struct rs_manifest *m,
                     bool *found, struct rs_error *error) {
    return find_prior(run, &dir, 1, layout, m, found, error);
}

/* ---- key ------------------------------------------------------------------------------------------------------ */

static bool add_layouts(struct rs_run *run, json_t *to, const struct rs_layout *const *layouts, bool optional,
                        struct rs_error *error) {
    for (; layouts && *layouts; layouts++) {
        struct rs_manifest m;
        bool found;
        if (!rs_run_manifest_if(run, *layouts, &m, &found, error)) return false;
        if (!found && !optional) return rs_run_manifest(run, *layouts, &m, error);
        char hex[65] = "absent";
        if (found) rs_hex(hex, m.content.b, 32);
        json_object_set_new(to, (*layouts)->name, json_string(hex));
    }
    return true;
}

/* quarantine and ledger stand in every stage's directory: all of them count. */
static bool add_everywhere(struct rs_run *run, json_t *to, struct rs_error *error) {
    for (size_t i = 0; i < run->n_inputs; i++) {
        const struct rs_layout *both[] = {&rs_layout_quarantine, &rs_layout_ledger};
        for (size_t j = 0; j < 2; j++) {
            struct rs_manifest m;
            bool found;
            if (!find(run->inputs + i, 1, both[j], &m, &found, error)) return false;
            if (!found) continue;
            char hex[65], name[64];
            rs_hex(hex, m.content.b, 32);
            snprintf(name, sizeof name, "%s %zu", both[j]->name, i);
            json_object_set_new(to, name, json_string(hex));
        }
    }
    return true;
}

static bool reads_all_quarantines(const struct rs_stage *stage) {
    const struct rs_layout *const *lists[] = {stage->reads, stage->reads_if_there};
    for (size_t i = 0; i < 2; i++)
        for (const struct rs_layout *const *l = lists[i]; l && *l; l++)
            if (*l == &rs_layout_quarantine || *l == &rs_layout_ledger) return true;
    return false;
}

static bool add_priors(struct rs_run *run, json_t *to, struct rs_error *error) {
    for (const struct rs_layout *const *l = rs_layouts; *l; l++) {
        struct rs_manifest m;
        bool found;
        if (!find(run->priors, run->n_priors, *l, &m, &found, error)) return false;
        if (!found) continue;
        char hex[65];
        rs_hex(hex, m.content.b, 32);
        json_object_set_new(to, (*l)->name, json_string(hex));
    }
    return true;
}

static bool add_reference(struct rs_run *run, json_t *to, struct rs_error *error) {
    if (!run->stage->needs_reference) return true;
    struct rs_digest d;
    char hex[65];
    if (!rs_sha256_file(run->reference, &d, NULL, error)) return false;
    rs_hex(hex, d.b, 32);
    json_object_set_new(to, "reference", json_string(hex));
    return true;
}

bool rs_run_key(struct rs_run *run, struct rs_digest *key, struct rs_error *error) {
    const struct rs_stage *stage = run->stage;
    json_t *options = json_object(), *inputs = json_object(), *priors = json_object(), *other = json_object();
    for (size_t i = 0; i < n_options(stage); i++)
        if (run->private_->values[i])
            json_object_set_new(options, stage->options[i].name, json_string(run->private_->values[i]));
    json_object_set(run->parameters, "options", options);
    json_t *all =
        json_pack("{s:s, s:i, s:s, s:o, s:o, s:o, s:o}", "stage", stage->name, "version", stage->version, "program",
                  rs_version, "options", options, "inputs", inputs, "priors", priors, "other", other);
    if (run->has_as_of) json_object_set(all, "as_of", json_object_get(run->parameters, "as_of"));
    /* An earlier file of this stage's own output may be among the inputs found; reads are by layout, so it is not. */
    bool ok = add_layouts(run, inputs, stage->reads, false, error) &&
              add_layouts(run, inputs, stage->reads_if_there, true, error) &&
              (!reads_all_quarantines(stage) || add_everywhere(run, inputs, error)) && add_priors(run, priors, error) &&
              add_reference(run, other, error) && (!stage->inputs || stage->inputs(run, other, error));
    if (ok) {
        char *text = json_dumps(all, JSON_SORT_KEYS | JSON_COMPACT);
        *key = rs_sha256(text, strlen(text));
        free(text);
    }
    json_decref(all);
    return ok;
}
