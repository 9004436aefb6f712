/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Why it exists: money follows these rows, so they say what was asked for, what was found and how surely, in words. */
#include "equity.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "shrink.h"

enum { G = RS_GROUPS, ALL = RS_GROUPS, GAPS = RS_GROUPS + 1 }; /* the last: all groups' gaps by their shares */

/* One gap of one provider group. */
struct gap {
    const char *withheld;
    bool there; /* a group compared with the reference; false leaves no row */
    double value, se, share, reference_share;
    unsigned flags;
    struct rs_shrunk shrunk; /* reliability NaN where provider groups are too few */
};
struct paying {
    const struct rs_providers *p;
    const struct rs_estimates *all;
    struct rs_baseline *baseline;
    const struct rs_equity_thresholds *thresholds;
    struct rs_view imputation;
    struct rs_batch *batch;
    struct gap *gap;   /* [provider * GAPS + group] */
    double *diversity; /* by provider */
};

static const char *name_of(int g) { return g == ALL ? "all" : rs_group_names[g]; }
static bool shown(const struct paying *y, size_t i, int g) {
    return !rs_provider_withheld(y->p, i, g) && y->p->p[i].group[g].n > 0;
}

/* ---- gaps ----------------------------------------------------------------------------------------------------- */

static double shown_members(const struct paying *y, size_t i, double *most) {
    double sum = 0;
    *most = 0;
    for (int g = 0; g < G; g++) {
        if (!shown(y, i, g)) continue;
        sum += y->p->p[i].group[g].n;
        *most = fmax(*most, y->p->p[i].group[g].n);
    }
    return sum;
}

static void one_gap(struct paying *y, size_t i, int g, double members) {
    const struct rs_provider *q = &y->p->p[i];
    struct gap *out = &y->gap[i * GAPS + (size_t)g];
    struct rs_provider_gap v;
    int ref = y->p->reference;
    *out = (struct gap){.value = NAN, .se = NAN, .share = NAN, .reference_share = NAN};
    if (g == ref || !(q->group[g].n > 0)) return;
    out->there = true;
    out->withheld = rs_provider_withheld(y->p, i, g);
    if (!out->withheld && (ref < 0 || !shown(y, i, ref))) out->withheld = "group_withheld";
    if (out->withheld || !rs_provider_gap(y->p, i, g, &v)) return;
    out->value = v.value;
    out->se = v.se;
    out->share = q->group[g].n / members;
    out->reference_share = q->group[ref].n / members;
    out->flags = (q->group[g].low_information ? (unsigned)RS_LOW_INFORMATION : 0) |
                 (q->group[g].not_converged ? (unsigned)RS_NOT_CONVERGED : 0) | (isnan(v.se) ? (unsigned)RS_BOUNDARY : 0);
}

/* The share a group counts with: the baseline's, once there is one. NaN where the two periods do not show the same
 * groups. */
static double weight_of(struct paying *y, size_t i, int g, double members) {
    const char *provider = y->p->p[i].name;
    const struct rs_baseline_row *all = rs_baseline_find(y->baseline, y->all->series->measure, provider, "all");
    if (!all || all->suppressed) return y->p->p[i].group[g].n / members;
    const struct rs_baseline_row *b = rs_baseline_find(y->baseline, y->all->series->measure, provider, rs_group_names[g]);
    return b && !b->suppressed ? b->stratum_share : NAN;
}

/* sum of share (rate - the reference's), with the rates' covariances. */
static void all_gaps(struct paying *y, size_t i, double members) {
    const struct rs_provider *q = &y->p->p[i];
    struct gap *out = &y->gap[i * GAPS + ALL];
    double c[G] = {0}, value = 0, variance = 0;
    int ref = y->p->reference, groups = 0;
    *out = (struct gap){.there = true, .withheld = "group_withheld", .value = NAN, .se = NAN, .share = NAN,
                        .reference_share = NAN};
    if (ref < 0 || !shown(y, i, ref)) return;
    for (int g = 0; g < G; g++) {
        if (g == ref || !shown(y, i, g)) continue;
        c[g] = weight_of(y, i, g, members);
        c[ref] -= c[g];
        groups++;
    }
    if (!groups || isnan(c[ref])) return;
    for (int g = 0; g < G; g++) {
        if (c[g] == 0) continue;
        value += c[g] * q->group[g].rate;
        for (int h = 0; h < G; h++)
            if (c[h] != 0)
                variance += c[g] * c[h] * (g == h ? q->group[g].se * q->group[g].se
                                                  : y->p->estimator == RS_BIRDIE ? q->fit->v[g][h] : 0);
    }
    out->withheld = NULL;
    out->value = value;
    out->se = sqrt(variance);
    out->share = -c[ref];
    out->reference_share = 1 + c[ref];
    out->flags = isnan(out->se) ? RS_BOUNDARY : 0;
}

static void shrink_all(struct paying *y, int g) {
    double *v = rs_alloc((2 * y->p->n + 1) * sizeof *v), *se = v + y->p->n;
    size_t n = 0;
    for (size_t i = 0; i < y->p->n; i++) {
        const struct gap *x = &y->gap[i * GAPS + (size_t)g];
        if (isnan(x->value) || isnan(x->se) || !(x->se > 0)) continue;
        v[n] = x->value;
        se[n++] = x->se;
    }
    struct rs_spread spread = rs_dersimonian_laird(n, v, se);
    for (size_t i = 0; i < y->p->n; i++) {
        struct gap *x = &y->gap[i * GAPS + (size_t)g];
        x->shrunk = n < 2 || isnan(x->se) ? (struct rs_shrunk){NAN, NAN, NAN} : rs_shrink(&spread, x->value, x->se);
    }
    free(v);
}

static void find_gaps(struct paying *y) {
    y->gap = rs_alloc((y->p->n * GAPS + 1) * sizeof *y->gap);
    y->diversity = rs_alloc((y->p->n + 1) * sizeof *y->diversity);
    for (size_t i = 0; i < y->p->n; i++) {
        double most, members = shown_members(y, i, &most);
        y->diversity[i] = members > 0 ? 1 - most / members : NAN;
        for (int g = 0; g < G; g++) one_gap(y, i, g, members);
        all_gaps(y, i, members);
    }
    for (int g = 0; g < GAPS; g++) shrink_all(y, g);
}

/* ---- improvement ----------------------------------------------------------------------------------------------- */

struct rs_equity_change rs_equity_change(double baseline, double baseline_se, double gap, double gap_se) {
    double sign = baseline < 0 ? -1 : 1, left = sign * gap;
    struct rs_equity_change c = {.improvement = fabs(baseline) - left, .se = hypot(baseline_se, gap_se)};
    c.interval = (struct rs_interval){c.improvement - RS_Z95 * c.se, c.improvement + RS_Z95 * c.se};
    if (isnan(c.se)) c.verdict = "not distinguishable";
    else if (c.interval.lower > 0) c.verdict = left - RS_Z95 * gap_se <= 0 ? "closed" : "narrowed";
    else c.verdict = c.interval.upper < 0 ? "widened" : "not distinguishable";
    return c;
}

/* ---- rows ------------------------------------------------------------------------------------------------------ */

static struct rs_view real(const struct paying *y, double v) {
    return rs_arena_real(&y->batch->arena, isfinite(v) ? v : NAN);
}

/* Thresholds not met, with commas between; null where all are. */
static struct rs_view reasons_of(const struct paying *y, double members, double gap, double se, double reliability,
                                 double diversity) {
    const struct rs_equity_thresholds *t = y->thresholds;
    const struct {
        bool failed;
        const char *name;
    } tests[] = {{!(members >= t->members), "few_members"},
                 {!(fabs(gap) >= t->standard_errors * se), "gap_not_detectable"},
                 {!(reliability >= t->reliability), "low_reliability"},
                 {!(diversity >= t->diversity), "little_diversity"}};
    struct rs_view text = RS_NULL;
    for (size_t i = 0; i < sizeof tests / sizeof tests[0]; i++)
        if (tests[i].failed)
            text = rs_has(text) ? rs_arena_printf(&y->batch->arena, "%.*s,%s", (int)text.n, text.p, tests[i].name)
                                : rs_cstr(tests[i].name);
    return text;
}

static const struct rs_baseline_row *baseline_of(const struct paying *y, size_t i, int g) {
    const struct rs_baseline_row *b =
        rs_baseline_find(y->baseline, y->all->series->measure, y->p->p[i].name, name_of(g));
    if (!b || b->suppressed || isnan(b->gap) || !rs_eq_c(b->estimator, rs_estimator_names[y->p->estimator])) return NULL;
    /* another reference is another gap; the baseline's own period is not an improvement on itself */
    if (g != ALL && !rs_eq_c(b->reference, rs_group_names[y->p->reference])) return NULL;
    return rs_compare(b->period, y->all->series->period) < 0 ? b : NULL;
}

static void emit_change(const struct paying *y, const struct gap *x, const struct rs_baseline_row *b,
                        struct rs_view *row) {
    struct rs_equity_change c = rs_equity_change(b->gap, b->gap_se, x->value, x->se);
    row[EQUITY_baseline_period] = b->period;
    row[EQUITY_baseline_gap] = real(y, b->gap);
    row[EQUITY_baseline_gap_se] = real(y, b->gap_se);
    row[EQUITY_baseline_gap_lower] = real(y, b->gap - RS_Z95 * b->gap_se);
    row[EQUITY_baseline_gap_upper] = real(y, b->gap + RS_Z95 * b->gap_se);
    row[EQUITY_improvement] = real(y, c.improvement);
    row[EQUITY_improvement_se] = real(y, c.se);
    row[EQUITY_improvement_lower] = real(y, c.interval.lower);
    row[EQUITY_improvement_upper] = real(y, c.interval.upper);
    row[EQUITY_improvement_method] = RS_LIT("independent");
    row[EQUITY_verdict] = rs_cstr(c.verdict);
}

static void emit_numbers(const struct paying *y, size_t i, int g, const struct gap *x, struct rs_view *row) {
    const struct rs_provider *q = &y->p->p[i];
    const struct rs_baseline_row *b = baseline_of(y, i, g);
    double reliability = b ? b->reliability : x->shrunk.reliability;
    struct rs_view reasons = b ? reasons_of(y, b->members, b->gap, b->gap_se, b->reliability, b->diversity)
                               : reasons_of(y, q->members, x->value, x->se, x->shrunk.reliability, y->diversity[i]);
    row[EQUITY_reference] = rs_cstr(rs_group_names[y->p->reference]);
    row[EQUITY_members] = real(y, q->members);
    row[EQUITY_stratum_share] = real(y, b ? b->stratum_share : x->share);
    row[EQUITY_reference_share] = real(y, b ? b->reference_share : x->reference_share);
    row[EQUITY_gap] = real(y, x->value);
    row[EQUITY_gap_se] = real(y, x->se);
    row[EQUITY_gap_lower] = real(y, x->value - RS_Z95 * x->se);
    row[EQUITY_gap_upper] = real(y, x->value + RS_Z95 * x->se);
    row[EQUITY_reliability] = real(y, reliability);
    row[EQUITY_shrunk_gap] = real(y, x->shrunk.value);
    row[EQUITY_detectable_gap] = real(y, y->thresholds->standard_errors * (b ? b->gap_se : x->se));
    row[EQUITY_eligible] = rs_has(reasons) ? RS_LIT("N") : RS_LIT("Y");
    row[EQUITY_reasons] = reasons;
    row[EQUITY_verdict] = RS_LIT("baseline");
    row[EQUITY_flags] = rs_flags_text(&y->batch->arena, x->flags, false);
    if (b) emit_change(y, x, b, row);
    if (rs_has(reasons)) row[EQUITY_verdict] = RS_LIT("not eligible");
}

static void emit_equity(const struct paying *y, size_t i, int g) {
    const struct gap *x = &y->gap[i * GAPS + (size_t)g];
    const struct rs_series *s = y->all->series;
    struct rs_view row[EQUITY_COLUMNS] = {{0}};
    struct rs_view key[] = {s->measure, s->period, rs_cstr(y->p->p[i].name), rs_cstr(rs_dimension_names[RS_RACE]),
                            rs_cstr(name_of(g)), rs_cstr(rs_estimator_names[y->p->estimator])};
    row[EQUITY_equity_key] = rs_key_text(&y->batch->arena, rs_hash_key(key, 6));
    row[EQUITY_measure] = key[0];
    row[EQUITY_period] = key[1];
    row[EQUITY_provider_group] = key[2];
    row[EQUITY_dimension] = key[3];
    row[EQUITY_stratum] = key[4];
    row[EQUITY_estimator] = key[5];
    row[EQUITY_suppressed] = x->withheld ? RS_LIT("Y") : RS_LIT("N");
    row[EQUITY_suppression_reason] = x->withheld ? rs_cstr(x->withheld) : RS_NULL;
    if (x->withheld) row[EQUITY_verdict] = RS_LIT("withheld");
    else emit_numbers(y, i, g, x, row);
    rs_batch_emit(y->batch, RS_SINK_EQUITY, &rs_layout_equity, row);
}

static void emit_baseline(const struct paying *y, size_t i, int g) {
    const struct gap *x = &y->gap[i * GAPS + (size_t)g];
    struct rs_view row[BASELINE_COLUMNS] = {[BASELINE_measure] = y->all->series->measure,
                                            [BASELINE_period] = y->all->series->period,
                                            [BASELINE_provider_group] = rs_cstr(y->p->p[i].name),
                                            [BASELINE_stratum] = rs_cstr(name_of(g)),
                                            [BASELINE_estimator] = rs_cstr(rs_estimator_names[y->p->estimator]),
                                            [BASELINE_imputation] = y->imputation,
                                            [BASELINE_suppressed] = x->withheld ? RS_LIT("Y") : RS_LIT("N")};
    if (!x->withheld) {
        row[BASELINE_reference] = rs_cstr(rs_group_names[y->p->reference]);
        row[BASELINE_members] = real(y, y->p->p[i].members);
        row[BASELINE_diversity] = real(y, y->diversity[i]);
        row[BASELINE_stratum_share] = real(y, x->share);
        row[BASELINE_reference_share] = real(y, x->reference_share);
        row[BASELINE_gap] = real(y, x->value);
        row[BASELINE_gap_se] = real(y, x->se);
        row[BASELINE_reliability] = real(y, x->shrunk.reliability);
    }
    rs_batch_emit(y->batch, RS_SINK_BASELINE, &rs_layout_baseline, row);
}

void rs_equity_publish(const struct rs_providers *p, const struct rs_estimates *all, struct rs_baseline *baseline,
                       const struct rs_equity_thresholds *thresholds, struct rs_view imputation,
                       struct rs_batch *batch) {
    struct paying y = {.p = p, .all = all, .baseline = baseline, .thresholds = thresholds, .imputation = imputation,
                       .batch = batch};
    find_gaps(&y);
    for (size_t i = 0; i < p->n; i++)
        for (int g = 0; g < GAPS; g++)
            if (y.gap[i * GAPS + (size_t)g].there) {
                emit_equity(&y, i, g);
                emit_baseline(&y, i, g);
            }
    free(y.gap);
    free(y.diversity);
}
