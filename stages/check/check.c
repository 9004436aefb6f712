/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The stage check: what the stages before left, counted once (count.c, tables.c), judged by checks that are data
 * (schemas/checks.yaml), written with denominators; and, where asked, a gate. */
#include "evaluate.h"
#include "exceptions.h"
#include "pipeline/base/file.h"
#include "pipeline/base/log.h"
#include "prior.h"
#include "results.h"
#include "trace.h"
#include <stdlib.h>
#include <string.h>

/* A file of an option: beside the configuration where it is there, else from where the program was started. */
static bool option_path(const struct rs_run *run, const char *option, char *out, size_t room, struct rs_error *error) {
    const char *set = rs_run_option(run, option);
    if (run->config_path && set[0] != '/') {
        if (!rs_config_path(out, room, run->config_path, set, error)) return false;
        if (rs_exists(out)) return true;
    }
    return rs_path(out, room, error, "%s", set);
}

static bool checks_path(const struct rs_run *run, char *out, size_t room, struct rs_error *error) {
    return rs_run_option(run, "checks") ? option_path(run, "checks", out, room, error)
                                        : rs_path(out, room, error, "%s/checks.yaml", rs_schemas_dir());
}

static bool add_digest(const char *path, const char *name, json_t *hashes, struct rs_error *error) {
    char hex[65];
    struct rs_digest digest;
    if (!rs_sha256_file(path, &digest, NULL, error)) return false;
    rs_hex(hex, digest.b, sizeof digest.b);
    json_object_set_new(hashes, name, json_string(hex));
    return true;
}

/* The checks and exceptions are inputs like any other; so is what the jurisdiction keeps. */
static bool add_inputs(struct rs_run *run, json_t *hashes, struct rs_error *error) {
    char path[4096];
    struct rs_jurisdiction place;
    if (!checks_path(run, path, sizeof path, error) || !add_digest(path, "checks", hashes, error)) return false;
    if (rs_run_option(run, "exceptions") &&
        (!option_path(run, "exceptions", path, sizeof path, error) || !add_digest(path, "exceptions", hashes, error)))
        return false;
    if (!rs_jurisdiction_read(run->config, run->config_path, &place, error)) return false;
    json_t *told = rs_jurisdiction_json(&place);
    if (told) json_object_set_new(hashes, "jurisdiction", told);
    return true;
}

static bool gate_of(const struct rs_run *run, int *least, struct rs_error *error) {
    const char *text = rs_run_option(run, "fail-on");
    *least = RS_SEVERITIES; /* never */
    if (strcmp(text, "error") == 0)
        *least = RS_ERROR;
    else if (strcmp(text, "warning") == 0)
        *least = RS_WARNING;
    else if (strcmp(text, "note") == 0)
        *least = RS_NOTE;
    else if (strcmp(text, "never") != 0)
        return rs_fail(error, RS_USAGE, "--fail-on: write error, warning, note or never, not \"%s\"", text);
    return true;
}

/* A failed gate is a verdict on the data: the results are written all the same. Its message ends with which checks. */
static void judge(struct rs_run *run, const struct rs_check_results *results, int least) {
    size_t bad = 0;
    const char *before = NULL;
    struct rs_buffer which = {0};
    for (size_t i = 0; i < results->n; i++) {
        const struct rs_check_result *r = &results->r[i];
        if (!rs_check_is_bad(r) || (int)r->check->severity < least) continue;
        rs_warn("check %s (%s), %s %s, %s: %s: %s", r->check->id, rs_severity_names[r->check->severity], r->scope,
                r->scope_value, r->element, rs_state_names[r->state], r->check->message);
        bad++;
        if (before && strcmp(before, r->check->id) == 0) continue; /* sorted by check */
        if (which.n < 600)
            rs_buffer_printf(&which, "%s%s", before ? ", " : "", r->check->id);
        else if (which.p[which.n - 1] != '.')
            rs_buffer_printf(&which, ", ...");
        before = r->check->id;
    }
    if (bad)
        rs_fail(&run->verdict, RS_DATA,
                "the quality gate (--fail-on %s) stops the run; the results are in %s/check_result.tsv; %zu failed, of "
                "checks %.*s",
                rs_run_option(run, "fail-on"), run->output, bad, (int)which.n, which.p);
    rs_buffer_free(&which);
}

static bool apply_exceptions(struct rs_run *run, const struct rs_checks *checks, struct rs_check_results *results,
                             struct rs_error *error) {
    char path[4096];
    json_t *told = NULL;
    if (!rs_run_option(run, "exceptions")) return true;
    bool good = option_path(run, "exceptions", path, sizeof path, error) &&
                rs_check_except(path, checks, run->as_of, results, &told, error);
    if (told) json_object_set_new(run->results, "exceptions", told);
    return good;
}

static bool write_all(struct rs_run *run, const struct rs_checks *checks, const struct rs_counted *counted,
                      const struct rs_check_results *results, struct rs_error *error) {
    int64_t cap;
    return rs_run_option_long(run, "evidence", 0, 1000000, &cap, error) &&
           rs_check_write(run, results, counted, error) &&
           (cap == 0 || rs_check_trace(run, checks, counted, results, (size_t)cap, error)) &&
           (!rs_run_option(run, "json") || rs_check_write_json(run, rs_run_option(run, "json"), results, error));
}

static bool run_stage(struct rs_run *run, struct rs_error *error) {
    char path[4096], hex[65];
    struct rs_checks checks = {0};
    struct rs_counted counted = {0};
    struct rs_check_results results = {0};
    struct rs_jurisdiction place;
    json_t *changed = NULL;
    const char *profiles = rs_run_option(run, "profile-checks"), *where = rs_run_option(run, "jurisdiction");
    int least;
    bool good = gate_of(run, &least, error) && checks_path(run, path, sizeof path, error) &&
                rs_jurisdiction_read(run->config, run->config_path, &place, error) &&
                rs_checks_read(path, profiles, where ? where : place.name, &checks, error) &&
                rs_check_count(run, &checks, &place, &counted, error);
    if (good) {
        rs_hex(hex, checks.sha256.b, sizeof checks.sha256.b);
        json_object_set_new(run->parameters, "checks_sha256", json_string(hex));
        json_object_set_new(run->results, "checks_sha256", json_string(hex));
        rs_check_evaluate(&checks, &counted, &place, &results);
        good = rs_check_prior(run, &checks, &results, &changed, error);
        if (changed) json_object_set_new(run->results, "thresholds_changed", changed);
    }
    good = good && apply_exceptions(run, &checks, &results, error);
    if (good) rs_check_summarise(run, &results, &counted);
    good = good && write_all(run, &checks, &counted, &results, error);
    if (good) judge(run, &results, least);
    rs_check_results_free(&results);
    rs_counted_free(&counted);
    rs_checks_free(&checks);
    return good;
}

static const struct rs_layout *const reads[] = {&rs_layout_file,   &rs_layout_record,      &rs_layout_assertion,
                                                &rs_layout_mapped, &rs_layout_demographic, NULL};
static const struct rs_layout *const reads_if_there[] = {
    &rs_layout_person,    &rs_layout_person_value, &rs_layout_person_measure, &rs_layout_discrepancy,
    &rs_layout_posterior, &rs_layout_quarantine,   &rs_layout_ledger,         NULL};
static const struct rs_layout *const writes[] = {&rs_layout_check_result, &rs_layout_check_evidence, NULL};
static const char *const after[] = {"ingest", "normalize", "map", "reconcile", "impute", NULL};
static const struct rs_option options[] = {
    {"checks", "FILE", NULL, "Checks to make; else schemas/checks.yaml."},
    {"profile-checks", "NAMES", NULL,
     "Named profiles of checks to make as well, commas between: see profiles in the file of checks."},
    {"jurisdiction", "NAME", NULL, "Jurisdiction whose own checks are made; else the name of the configuration's."},
    {"exceptions", "FILE", NULL, "Failures that stand until a day, with owner and reason (YAML)."},
    {"evidence", "N", "20", "Rows of check_evidence for each check, element and source; counts are whole. 0 for none."},
    {"json", "FILE", NULL, "The results as JSON, too, into this file."},
    {"fail-on", "SEVERITY", "error",
     "error, warning, note or never: from which severity on a failed check stops the run."},
    {0}};

const struct rs_stage rs_stage_check = {
    .name = "check",
    .version = 6, /* 6: source by provider group; 5: completeness of records by facility, of facts of persons; 4: facilities */
    .about = "Data-quality checks on what the stages before left: completeness, conformance, plausibility.",
    .description =
        "Counts, in one pass over each file: records without race, ethnicity, language, sex, date of birth, "
        "surname or ZIP code, by source and facility; answers no table knows; values set aside, by rule; dates that cannot be; "
        "persons whose sources disagree; groups whose mean imputed probability is far from what the same persons "
        "reported; stages whose ledgers do not balance; persons without an answer, by provider group and facility; reported mixes "
        "against those of the areas where members live; provider groups, facilities and sources that fill in a default; drift "
        "against the prior run; sources that stopped sending. Sexual orientation and gender identity are counted and "
        "never fail by default.\n\n"
        "The checks are data: schemas/checks.yaml names each one with its Kahn category, threshold and severity. "
        "Each result has a denominator and one of five states: pass, pass_with_violations (within the "
        "threshold), fail, not_applicable (nothing to judge, or fewer than the check's minimum), error (the "
        "check could not be made).\n\n"
        "Named profiles add the definitions of programmes (--profile-checks), exceptions let a known failure stand "
        "until "
        "a day (--exceptions), and check_evidence leads from a check to file, line and byte.\n\n"
        "With --fail-on a failed check ends the stage with exit code 65, after its results are written.",
    .examples = "relsogi check --input run/ingest --input run/normalize --input run/map --input run/reconcile \\\n"
                "    --input run/impute --as-of 2026-01-01 --output run/check --fail-on never",
    .reads = reads,
    .reads_if_there = reads_if_there,
    .writes = writes,
    .after = after,
    .options = options,
    .needs_as_of = true,
    .needs_reference = true,
    .inputs = add_inputs,
    .run = run_stage,
};
