/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The stage check: what the stages before left, counted once (count.c, tables.c), judged by checks that are data
 * (schemas/checks.yaml), written with denominators; and, where asked, a gate. */
#include <stdlib.h>
#include <string.h>
#include "evaluate.h"
#include "pipeline/base/file.h"
#include "pipeline/base/log.h"

static bool checks_path(const struct rs_run *run, char *out, size_t room, struct rs_error *error) {
    const char *set = rs_run_option(run, "checks");
    return set ? rs_path(out, room, error, "%s", set) : rs_path(out, room, error, "%s/checks.yaml", rs_schemas_dir());
}

/* The checks are an input like any other. */
static bool add_inputs(struct rs_run *run, json_t *hashes, struct rs_error *error) {
    char path[4096], hex[65];
    struct rs_digest digest;
    if (!checks_path(run, path, sizeof path, error) || !rs_sha256_file(path, &digest, NULL, error)) return false;
    rs_hex(hex, digest.b, sizeof digest.b);
    json_object_set_new(hashes, "checks", json_string(hex));
    return true;
}

static bool write_results(struct rs_run *run, const struct rs_check_results *results, struct rs_error *error) {
    struct rs_batch batch = {0};
    struct rs_arena *arena = &batch.arena;
    for (size_t i = 0; i < results->n; i++) {
        const struct rs_check_result *r = &results->r[i];
        struct rs_view row[CHECK_RESULT_COLUMNS] = {{0}};
        row[CHECK_RESULT_check_id] = rs_cstr(r->check->id);
        row[CHECK_RESULT_category] = rs_cstr(r->check->category);
        row[CHECK_RESULT_scope] = rs_cstr(r->scope);
        row[CHECK_RESULT_scope_value] = rs_cstr(r->scope_value);
        row[CHECK_RESULT_element] = rs_cstr(r->element);
        row[CHECK_RESULT_state] = rs_cstr(rs_state_names[r->state]);
        row[CHECK_RESULT_severity] = rs_cstr(rs_severity_names[r->check->severity]);
        row[CHECK_RESULT_denominator] = rs_arena_long(arena, (int64_t)r->denominator);
        row[CHECK_RESULT_violations] = rs_arena_long(arena, (int64_t)r->violations);
        if (r->denominator)
            row[CHECK_RESULT_share] = rs_arena_real(arena, (double)r->violations / (double)r->denominator);
        if (r->check->has_threshold) row[CHECK_RESULT_threshold] = rs_arena_real(arena, r->check->threshold);
        row[CHECK_RESULT_message] = rs_cstr(r->check->message);
        rs_batch_emit(&batch, 0, &rs_layout_check_result, row);
    }
    bool good = rs_run_done(run, &batch, error);
    rs_buffer_free(&batch.out[0]);
    rs_arena_free(arena);
    return good;
}

static bool is_bad(const struct rs_check_result *r) { return r->state == RS_FAIL || r->state == RS_STATE_ERROR; }

/* Numbers for the run's summary: results by state, and those that fail, the most severe first. */
static void summarise(struct rs_run *run, const struct rs_check_results *results, const struct rs_counted *counted) {
    enum { MOST = 50 };
    json_t *states = json_object(), *failed = json_array(), *missing = json_array();
    for (int s = 0; s < RS_STATES; s++) {
        json_int_t n = 0;
        for (size_t i = 0; i < results->n; i++) n += results->r[i].state == (enum rs_state)s;
        json_object_set_new(states, rs_state_names[s], json_integer(n));
    }
    for (int severity = RS_SEVERITIES - 1; severity >= 0; severity--)
        for (size_t i = 0; i < results->n && json_array_size(failed) < MOST; i++) {
            const struct rs_check_result *r = &results->r[i];
            if (!is_bad(r) || r->check->severity != (enum rs_severity)severity) continue;
            double part = r->denominator ? (double)r->violations / (double)r->denominator : 0;
            json_array_append_new(
                failed, json_pack("{s:s, s:s, s:s, s:s, s:s, s:f, s:f, s:I, s:s}", "check", r->check->id, "scope_value",
                                  r->scope_value, "element", r->element, "severity", rs_severity_names[severity],
                                  "state", rs_state_names[r->state], "share", part, "threshold", r->check->threshold,
                                  "denominator", (json_int_t)r->denominator, "message", r->check->message));
        }
    for (int e = 0; e < RS_HAS_ELEMENTS; e++)
        json_array_append_new(missing,
                              json_pack("{s:s, s:I, s:I}", "element", rs_complete_names[e], "records",
                                        (json_int_t)counted->all.records, "missing",
                                        (json_int_t)(counted->all.records - counted->all.has[e])));
    json_object_set_new(run->results, "states", states);
    json_object_set_new(run->results, "failed", failed);
    json_object_set_new(run->results, "missing", missing);
}

static bool gate_of(const struct rs_run *run, int *least, struct rs_error *error) {
    const char *text = rs_run_option(run, "fail-on");
    *least = RS_SEVERITIES; /* never */
    if (strcmp(text, "error") == 0) *least = RS_ERROR;
    else if (strcmp(text, "warning") == 0) *least = RS_WARNING;
    else if (strcmp(text, "never") != 0)
        return rs_fail(error, RS_USAGE, "--fail-on: write error, warning or never, not \"%s\"", text);
    return true;
}

/* A failed gate is a verdict on the data: the results are written all the same. */
static void judge(struct rs_run *run, const struct rs_check_results *results, int least) {
    size_t bad = 0;
    const struct rs_check_result *first = NULL;
    for (size_t i = 0; i < results->n; i++) {
        const struct rs_check_result *r = &results->r[i];
        if (!is_bad(r) || (int)r->check->severity < least) continue;
        rs_warn("check %s, %s %s, %s: %llu of %llu: %s", r->check->id, r->scope, r->scope_value, r->element,
                (unsigned long long)r->violations, (unsigned long long)r->denominator, r->check->message);
        if (!first) first = r;
        bad++;
    }
    if (first)
        rs_fail(&run->verdict, RS_DATA,
                "%zu checks failed, first %s (%s %s, %s): %s The results are in %s/check_result.tsv; "
                "--fail-on says from which severity on a check stops the run",
                bad, first->check->id, first->scope, first->scope_value, first->element, first->check->message,
                run->output);
}

static bool run_stage(struct rs_run *run, struct rs_error *error) {
    char path[4096], hex[65];
    struct rs_checks checks = {0};
    struct rs_counted counted = {0};
    struct rs_check_results results = {0};
    int least;
    bool good = gate_of(run, &least, error) && checks_path(run, path, sizeof path, error) &&
                rs_checks_read(path, &checks, error) && rs_check_count(run, &checks, &counted, error);
    if (good) {
        rs_hex(hex, checks.sha256.b, sizeof checks.sha256.b);
        json_object_set_new(run->parameters, "checks_sha256", json_string(hex));
        rs_check_evaluate(&checks, &counted, &results);
        good = write_results(run, &results, error);
    }
    if (good) {
        summarise(run, &results, &counted);
        judge(run, &results, least);
    }
    rs_check_results_free(&results);
    rs_counted_free(&counted);
    rs_checks_free(&checks);
    return good;
}

static const struct rs_layout *const reads[] = {&rs_layout_file,   &rs_layout_record,    &rs_layout_assertion,
                                                &rs_layout_mapped, &rs_layout_demographic, NULL};
static const struct rs_layout *const reads_if_there[] = {&rs_layout_person,     &rs_layout_discrepancy,
                                                         &rs_layout_posterior,  &rs_layout_quarantine,
                                                         &rs_layout_ledger,     NULL};
static const struct rs_layout *const writes[] = {&rs_layout_check_result, NULL};
static const char *const after[] = {"ingest", "normalize", "map", "reconcile", "impute", NULL};
static const struct rs_option options[] = {
    {"checks", "FILE", NULL, "Checks to make; else schemas/checks.yaml."},
    {"fail-on", "SEVERITY", "error", "error, warning or never: from which severity on a failed check stops the run."},
    {0}};

const struct rs_stage rs_stage_check = {
    .name = "check",
    .version = 1,
    .about = "Data-quality checks on what the stages before left: completeness, conformance, plausibility.",
    .description =
        "Counts, in one pass over each file: records without race, ethnicity, language, sex, date of birth, "
        "surname or ZIP code, by source; answers no table knows; values set aside, by rule; dates that cannot be; "
        "persons whose sources disagree; groups whose mean imputed probability is far from what the same persons "
        "reported; stages whose ledgers do not balance. Sexual orientation and gender identity are counted and "
        "never fail by default.\n\n"
        "The checks are data: schemas/checks.yaml names each one with its Kahn category, threshold and severity. "
        "Each result has a denominator and one of five states: pass, pass_with_violations (within the "
        "threshold), fail, not_applicable (nothing to judge, or fewer than the check's minimum), error (the "
        "check could not be made).\n\n"
        "With --fail-on a failed check ends the stage with exit code 65, after its results are written.",
    .examples = "relsogi check --input run/ingest --input run/normalize --input run/map --input run/reconcile \\\n"
                "    --input run/impute --as-of 2026-01-01 --output run/check --fail-on never",
    .reads = reads,
    .reads_if_there = reads_if_there,
    .writes = writes,
    .after = after,
    .options = options,
    .needs_as_of = true,
    .inputs = add_inputs,
    .run = run_stage,
};
