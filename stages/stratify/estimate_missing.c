/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Why it exists: missing.h works on numbers; here they become estimates beside those of who answered. */
#include <gsl/gsl_cdf.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "estimate_parts.h"
#include "label.h"
#include "missing.h"
#include "pipeline/base/hash.h"
#include "rubin.h"

static int place_of(enum rs_dimension d) {
    if (d == RS_LANGUAGE) return 0;
    return d >= RS_ORIENTATION && d <= RS_TRANSGENDER ? (int)(d - RS_ORIENTATION) + 1 : -1;
}

/* The estimates of the dimension's strata that are not missing: places in out->e. */
static size_t counted_of(const struct rs_estimates *out, enum rs_dimension d, size_t *at) {
    size_t n = 0;
    for (size_t i = 0; i < out->n; i++)
        if (out->e[i].dimension == d && out->e[i].estimator == RS_OBSERVED && !out->e[i].missing) at[n++] = i;
    return n;
}

static struct rs_estimate *beside(struct rs_estimates *out, size_t counted, enum rs_estimator k) {
    struct rs_estimate c = out->e[counted];
    struct rs_estimate *e = rs_estimate_add(out, c.dimension, k, c.stratum);
    e->cell = c.cell;
    e->n = c.n;
    e->x = e->n_eff = e->rate = e->se = NAN;
    e->interval = (struct rs_interval){NAN, NAN};
    return e;
}

static void with_error(struct rs_estimate *e, double rate, double se, double t, const char *method) {
    e->rate = rate;
    rs_logit_interval(e, se, t, method);
}

static void add_all(struct rs_estimates *out, const size_t *at, size_t n, const struct rs_missing_result *r) {
    double answered = 0, everyone = out->e[0].n, lost_n = everyone, lost_x = out->e[0].x;
    for (size_t i = 0; i < n; i++) {
        answered += out->e[at[i]].n;
        lost_x -= out->e[at[i]].x;
    }
    lost_n -= answered;
    for (size_t i = 0; i < n; i++) {
        struct rs_estimate c = out->e[at[i]], *e = beside(out, at[i], RS_COMPLETE_CASE);
        e->x = c.x;
        e->rate = c.rate;
        e->se = c.se;
        e->n_eff = c.n_eff;
        e->interval = c.interval;
        e->method = c.method;
        e->direct_share = answered / everyone;
        with_error(beside(out, at[i], RS_RESPONSE_WEIGHTED), r[i].weighted, r[i].weighted_se, RS_Z95, "logit");
        with_error(beside(out, at[i], RS_MI_POPULATION), r[i].imputed, r[i].imputed_se,
                   rs_t_quantile(.95, fmax(1, r[i].imputed_df)), "rubin_logit");
        e = beside(out, at[i], RS_WORST_CASE);
        e->interval = (struct rs_interval){c.x / (c.n + lost_n - lost_x), (c.x + lost_x) / (c.n + lost_x)};
        e->method = "worst_case";
    }
}

void rs_estimate_missing(struct rs_estimates *out, const struct rs_strata *strata, const struct rs_settings *settings,
                         enum rs_dimension d) {
    const struct rs_series *series = out->series;
    int which = place_of(d);
    if (!strata->missing_answers || which < 0 || series->about->kind != RS_PROPORTION) return;
    size_t *at = rs_alloc((out->n + 1) * sizeof *at), n = counted_of(out, d, at), names = strata->names[d].n;
    const char **label = rs_labels(series, strata, settings, d);
    int *stratum = rs_alloc((names + 1) * sizeof *stratum);
    for (uint32_t i = 0; i < names; i++) {
        stratum[i] = -1;
        if (i >= series->by[d].n || !label[i] || rs_stratum_is_missing(d, i, strata->names[d].names[i])) continue;
        for (size_t s = 0; s < n; s++)
            if (strcmp(out->e[at[s]].stratum, label[i]) == 0) stratum[i] = (int)s;
    }
    struct rs_missing_input in = {.patterns = &series->patterns, .stratum = stratum, .strata = n, .which = which,
                                  .seed = rs_series_seed(series, d)};
    struct rs_missing_result *r = rs_alloc((n + 1) * sizeof *r);
    rs_missing_estimate(&in, r);
    add_all(out, at, n, r);
    free(r);
    free(stratum);
    free(label);
    free(at);
}

void rs_estimate_missing_shown(struct rs_estimates *out) {
    for (size_t i = 0; i < out->n; i++) {
        struct rs_estimate *e = &out->e[i];
        if (e->estimator != RS_COMPLETE_CASE && e->estimator != RS_WORST_CASE) continue;
        bool shown = !out->table.cells[out->e[0].cell].suppressed;
        for (size_t j = 0; shown && j < out->n; j++)
            if (out->e[j].dimension == e->dimension && out->e[j].estimator == RS_OBSERVED)
                shown = !out->table.cells[out->e[j].cell].suppressed;
        if (shown) continue;
        e->direct_share = NAN;
        if (e->estimator == RS_WORST_CASE) e->interval = (struct rs_interval){NAN, NAN};
    }
}
