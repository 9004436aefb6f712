/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Sums and measures of the evaluation against self-report. */
#include "evaluate.h"
#include <math.h>
#include <stdio.h>
#include "pipeline/base/log.h"

int rs_census6_group(struct rs_view census6) {
    for (int r = 0; rs_has(census6) && r < RS_GROUPS; r++)
        if (rs_eq_c(census6, rs_group_names[r])) return r;
    return -1;
}

void rs_impute_sums_add(struct rs_impute_sums *s, const struct rs_posterior *q, int reported) {
    s->kinds[q->kind]++;
    s->matches[q->match]++;
    s->levels[q->level]++;
    if (reported < 0) return;
    s->reported[reported]++;
    s->py[reported] += q->p[reported];
    /* Without smoothing a reported group may have probability 0: taken as the smallest normal double, not infinity. */
    s->log_loss[reported] -= log(fmax(q->p[reported], 2.2250738585072014e-308));
    for (int r = 0; r < RS_GROUPS; r++) {
        s->p[r] += q->p[r];
        s->p2[r] += q->p[r] * q->p[r];
    }
}

void rs_impute_sums_merge(struct rs_impute_sums *into, const struct rs_impute_sums *from) {
    for (int i = 0; i < RS_IMPUTE_KINDS; i++) into->kinds[i] += from->kinds[i];
    for (int i = 0; i < RS_SURNAME_MATCHES; i++) into->matches[i] += from->matches[i];
    for (int i = 0; i < RS_PLACE_LEVELS; i++) into->levels[i] += from->levels[i];
    for (int r = 0; r < RS_GROUPS; r++) {
        into->reported[r] += from->reported[r];
        into->p[r] += from->p[r];
        into->p2[r] += from->p2[r];
        into->py[r] += from->py[r];
        into->log_loss[r] += from->log_loss[r];
    }
}

struct measures {
    double observed, mean, correlation, brier, log_loss, lambda;
};

static double persons(const struct rs_impute_sums *s) {
    uint64_t n = 0;
    for (int r = 0; r < RS_GROUPS; r++) n += s->reported[r];
    return (double)n;
}

static struct measures measure(const struct rs_impute_sums *s, int r) {
    double n = persons(s), reported = (double)s->reported[r];
    struct measures m = {.observed = reported / n, .mean = s->p[r] / n};
    double variance_p = s->p2[r] / n - m.mean * m.mean, variance_y = m.observed * (1 - m.observed);
    double covariance = s->py[r] / n - m.mean * m.observed;
    m.correlation = variance_p > 0 && variance_y > 0 ? covariance / sqrt(variance_p * variance_y) : NAN;
    m.brier = (s->p2[r] - 2 * s->py[r] + reported) / n;
    m.log_loss = reported > 0 ? s->log_loss[r] / reported : NAN;
    m.lambda = m.mean > 0 && m.mean < 1 ? variance_p / (m.mean * (1 - m.mean)) : NAN;
    return m;
}

static json_t *real(double v) { return isfinite(v) ? json_real(v) : json_null(); }

static json_t *group_json(const struct rs_impute_sums *s, int r) {
    struct measures m = measure(s, r);
    json_t *o = json_object();
    json_object_set_new(o, "group", json_string(rs_group_names[r]));
    json_object_set_new(o, "n", json_integer((json_int_t)s->reported[r]));
    json_object_set_new(o, "observed_share", real(m.observed));
    json_object_set_new(o, "mean_p", real(m.mean));
    json_object_set_new(o, "correlation", real(m.correlation));
    json_object_set_new(o, "log_loss", real(m.log_loss));
    json_object_set_new(o, "brier", real(m.brier));
    json_object_set_new(o, "lambda", real(m.lambda));
    return o;
}

json_t *rs_impute_evaluation(const struct rs_impute_sums *s) {
    double n = persons(s), log_loss = 0, brier = 0;
    json_t *o = json_object(), *groups = json_array();
    for (int r = 0; r < RS_GROUPS; r++) {
        log_loss += s->log_loss[r];
        brier += measure(s, r).brier;
        json_array_append_new(groups, group_json(s, r));
    }
    json_object_set_new(o, "n", json_integer((json_int_t)n));
    json_object_set_new(o, "log_loss", real(log_loss / n));
    json_object_set_new(o, "brier", real(brier));
    json_object_set_new(o, "groups", groups);
    return o;
}

static json_t *counts_json(const uint64_t *counts, const char *const *names, int n) {
    json_t *o = json_object();
    for (int i = 0; i < n; i++) json_object_set_new(o, names[i], json_integer((json_int_t)counts[i]));
    return o;
}

json_t *rs_impute_counts(const struct rs_impute_sums *s) {
    json_t *o = json_object();
    json_object_set_new(o, "model", counts_json(s->kinds, rs_impute_kind_names, RS_IMPUTE_KINDS));
    json_object_set_new(o, "surname_match", counts_json(s->matches, rs_surname_match_names, RS_SURNAME_MATCHES));
    json_object_set_new(o, "geography_level", counts_json(s->levels, rs_place_level_names, RS_PLACE_LEVELS));
    return o;
}

/* One measure in six columns; a dash where it has no meaning. */
static const char *shown(char text[16], double v) {
    if (isfinite(v)) snprintf(text, 16, "%6.3f", v);
    else strcpy(text, "     -");
    return text;
}

void rs_impute_log(const struct rs_impute_sums *s) {
    unsigned long long all = 0;
    for (int i = 0; i < RS_IMPUTE_KINDS; i++) all += s->kinds[i];
    rs_info("%llu persons imputed: %llu from name and place, %llu from the name alone, %llu from the place alone, %llu "
            "from neither", all, (unsigned long long)s->kinds[RS_BISG],
            (unsigned long long)s->kinds[RS_SURNAME_ONLY], (unsigned long long)s->kinds[RS_GEOGRAPHY_ONLY],
            (unsigned long long)s->kinds[RS_PRIOR]);
    if (persons(s) <= 0) {
        rs_info("nobody reported a group, so nothing to compare with");
        return;
    }
    rs_info("against %.0f self-reports: group, observed share, mean p, correlation, log-loss, lambda", persons(s));
    for (int r = 0; r < RS_GROUPS; r++) {
        struct measures m = measure(s, r);
        char correlation[16], log_loss[16], lambda[16];
        rs_info("  %-8s %.4f %.4f %s %s %s", rs_group_names[r], m.observed, m.mean, shown(correlation, m.correlation),
                shown(log_loss, m.log_loss), shown(lambda, m.lambda));
    }
}
