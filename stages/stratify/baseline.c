/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Why it exists: an improvement has to be one over what was, not over what would be said of it today. */
#include "baseline.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

static struct rs_view key_of(struct rs_buffer *room, struct rs_view measure, struct rs_view provider,
                             struct rs_view stratum) {
    return rs_joined(room, (const struct rs_view[]){measure, provider, stratum}, 3);
}

static bool real(struct rs_view v, double *out, struct rs_error *error) {
    return rs_parse_real_if(v, out) || rs_fail(error, RS_DATA, "baseline: a number is none: take the file as "
                                                          "the run wrote it");
}

static bool take_row(struct rs_baseline *b, const struct rs_view *row, struct rs_buffer *room, struct rs_error *error) {
    struct rs_baseline_row r = {.period = rs_arena_view(&b->arena, row[BASELINE_period]),
                                .reference = rs_arena_view(&b->arena, row[BASELINE_reference]),
                                .estimator = rs_arena_view(&b->arena, row[BASELINE_estimator]),
                                .suppressed = rs_eq_c(row[BASELINE_suppressed], "Y")};
    if (!real(row[BASELINE_members], &r.members, error) || !real(row[BASELINE_diversity], &r.diversity, error) ||
        !real(row[BASELINE_stratum_share], &r.stratum_share, error) ||
        !real(row[BASELINE_reference_share], &r.reference_share, error) || !real(row[BASELINE_gap], &r.gap, error) ||
        !real(row[BASELINE_gap_se], &r.gap_se, error) || !real(row[BASELINE_reliability], &r.reliability, error))
        return false;
    if (rs_has(row[BASELINE_imputation])) b->imputation = rs_arena_view(&b->arena, row[BASELINE_imputation]);
    size_t before = b->keys.n;
    size_t at = rs_name_number(&b->keys, key_of(room, row[BASELINE_measure], row[BASELINE_provider_group],
                                                row[BASELINE_stratum]));
    if (at == before) b->row = rs_realloc(b->row, (at + 1) * sizeof *b->row);
    else if (rs_compare(r.period, b->row[at].period) < 0) return true;
    b->row[at] = r;
    return true;
}

/* One directory among the priors, so that what is read of it is noted as theirs is. */
static bool find(struct rs_run *run, const char *dir, struct rs_manifest *m, struct rs_error *error) {
    bool found = false, good = rs_run_prior_in(run, dir, &rs_layout_baseline, m, &found, error);
    if (good && !found)
        return rs_fail(error, RS_NO_INPUT, "--baseline: %s holds no row file of layout baseline: give the directory that "
                       "stratify wrote in the baseline's run", dir);
    return good;
}

bool rs_baseline_read(struct rs_run *run, const char *dir, struct rs_baseline *out, struct rs_error *error) {
    struct rs_manifest m;
    struct rs_buffer room = {0};
    const struct rs_view *row;
    if (!find(run, dir, &m, error)) return false;
    struct rs_scan *scan = rs_scan_open(&m, error);
    bool good = scan != NULL;
    while (good && rs_scan_next(scan, &row, error)) good = take_row(out, row, &room, error);
    good = good && !error->code;
    rs_scan_close(scan);
    rs_buffer_free(&room);
    out->there = good;
    return good;
}

void rs_baseline_free(struct rs_baseline *b) {
    rs_names_free(&b->keys);
    free(b->row);
    rs_arena_free(&b->arena);
    *b = (struct rs_baseline){.there = false};
}

const struct rs_baseline_row *rs_baseline_find(struct rs_baseline *b, struct rs_view measure, const char *provider,
                                               const char *stratum) {
    struct rs_buffer room = {0};
    if (!b->there || !b->keys.n) return NULL;
    size_t known = b->keys.n;
    size_t at = rs_name_number(&b->keys, key_of(&room, measure, rs_cstr(provider), rs_cstr(stratum)));
    rs_buffer_free(&room);
    if (at >= known) { /* remembered as one that has nothing */
        b->row = rs_realloc(b->row, (at + 1) * sizeof *b->row);
        b->row[at] = (struct rs_baseline_row){.period = RS_NULL};
    }
    return b->row[at].period.p ? &b->row[at] : NULL;
}

static int by_text(const void *a, const void *b) { return strcmp(*(const char *const *)a, *(const char *const *)b); }

struct rs_view rs_imputation_text(const struct rs_strata *strata, struct rs_arena *arena) {
    size_t n = strata->models.n;
    struct rs_buffer text = {0};
    if (!n) return RS_NULL;
    const char **name = rs_alloc(n * sizeof *name);
    memcpy(name, strata->models.names, n * sizeof *name);
    qsort(name, n, sizeof *name, by_text);
    for (size_t i = 0; i < n; i++) {
        struct rs_view one = rs_trim(rs_cstr(name[i])); /* no fit leaves a blank at the end */
        rs_buffer_printf(&text, "%s%.*s", i ? "; " : "", (int)one.n, one.p);
    }
    struct rs_view all = rs_arena_view(arena, rs_view(text.p, text.n));
    rs_buffer_free(&text);
    free(name);
    return all;
}

bool rs_baseline_check(const struct rs_baseline *b, const char *dir, struct rs_view imputation, struct rs_error *error) {
    if (!b->there || rs_eq(b->imputation, imputation)) return true;
    return rs_fail(error, RS_DATA, "--baseline: %s was made with probabilities of \"%.*s\", this run has \"%.*s\": an "
                   "improvement would be partly one of the model. Impute both periods alike, or freeze a new baseline",
                   dir, (int)b->imputation.n, b->imputation.n ? b->imputation.p : "", (int)imputation.n,
                   imputation.n ? imputation.p : "");
}
