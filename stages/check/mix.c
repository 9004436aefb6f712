/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Why it exists: counts of persons and mixes of groups, each compared with what was to be expected, and by how much
 * chance alone may move it. */
#include "mix.h"
#include "evaluate.h"
#include <gsl/gsl_cdf.h>
#include <math.h>
#include <string.h>

#define Z95 1.959963984540054 /* normal quantile of 0.975 */

double rs_mix_moved(const double *a, const double *b, int n) {
    double sum = 0;
    for (int i = 0; i < n; i++) sum += fabs(a[i] - b[i]);
    return sum / 2;
}

double rs_mix_psi(const uint64_t *now, const uint64_t *before, int n) {
    double a = 0, b = 0, sum = 0;
    for (int i = 0; i < n; i++) {
        a += (double)now[i] + 0.5;
        b += (double)before[i] + 0.5;
    }
    for (int i = 0; i < n; i++) {
        double p = ((double)now[i] + 0.5) / a, q = ((double)before[i] + 0.5) / b;
        sum += (p - q) * log(p / q);
    }
    return sum;
}

double rs_mix_chi_square(const uint64_t *now, const uint64_t *before, int n, int *degrees) {
    double a = 0, b = 0, sum = 0;
    int used = 0;
    for (int i = 0; i < n; i++) {
        a += (double)now[i];
        b += (double)before[i];
    }
    for (int i = 0; i < n && a > 0 && b > 0; i++) {
        double both = (double)now[i] + (double)before[i];
        if (both <= 0) continue;
        double x = both * a / (a + b), y = both * b / (a + b);
        sum += ((double)now[i] - x) * ((double)now[i] - x) / x + ((double)before[i] - y) * ((double)before[i] - y) / y;
        used++;
    }
    *degrees = used > 0 ? used - 1 : 0;
    return sum;
}

/* ---- one category -------------------------------------------------------------------------------------------------
 */

/* Off by more than the check's points, and by more than chance: whether the interval leaves 0 out. */
static bool category(struct rs_evaluation *e, const struct rs_check *check, const char *scope, const char *value,
                     const char *element, uint64_t n, double observed, double expected, double error_of) {
    double d = observed - expected;
    struct rs_check_result *r =
        rs_check_add(e, check, scope, value, element, n, (uint64_t)llround(fabs(d) * (double)n));
    if (n == 0) return false;
    r->mix.observed = observed;
    r->mix.expected = expected;
    r->mix.low = d - Z95 * error_of;
    r->mix.high = d + Z95 * error_of;
    if (r->state == RS_NOT_APPLICABLE) return false;
    bool off = fabs(d) > check->points && (r->mix.low > 0 || r->mix.high < 0);
    r->state = off && check->has_threshold ? RS_FAIL : r->violations ? RS_PASS_WITH_VIOLATIONS : RS_PASS;
    return off;
}

/* ---- persons ------------------------------------------------------------------------------------------------------
 */

static const char *const of_persons[] = {"race",
                                         "ethnicity",
                                         "language",
                                         "interpreter",
                                         "language_preferred",
                                         "language_spoken",
                                         "language_read",
                                         "language_written",
                                         "sexual_orientation",
                                         "gender_identity",
                                         "sex_at_birth",
                                         "pronouns",
                                         "name_to_use",
                                         NULL};

uint64_t rs_persons_kept(const struct rs_evaluation *e, const struct rs_check *check, const struct rs_unit_counts *u) {
    return u->persons - (rs_jurisdiction_of_adults(e->place, rs_cstr(check->element)) ? u->minors : 0);
}

static void persons_of(struct rs_evaluation *e, const struct rs_check *check, const char *scope, const char *value,
                       const struct rs_unit_counts *u) {
    uint64_t first = u->bit[check->member_bit], kept = rs_persons_kept(e, check, u);
    if (rs_jurisdiction_drops(e->place, rs_cstr(check->element)))
        rs_check_add(e, check, scope, value, check->element, 0, 0); /* not kept here: no failure */
    else if (check->kind == RS_CHECK_MEMBERS)
        rs_check_add(e, check, scope, value, check->element, kept, kept - first);
    else
        rs_check_add(e, check, scope, value, check->element, first, first - u->bit[check->member_bit + 1]);
}

/* Scope provider_group or facility without any in the data: seen, and not applicable. */
static void no_groups(struct rs_evaluation *e, const struct rs_check *check) {
    if (check->for_group && e->counted->people.n_groups == 0)
        rs_check_add(e, check, "provider_group", "*", check->element, 0, 0);
    if (check->for_facility && e->counted->people.facilities.n == 0)
        rs_check_add(e, check, "facility", "*", check->element, 0, 0);
}

void rs_evaluate_persons(struct rs_evaluation *e, const struct rs_check *check) {
    const struct rs_person_counts *c = &e->counted->people;
    bool known = check->fact >= 0;
    for (int i = 0; of_persons[i]; i++) known |= strcmp(of_persons[i], check->element) == 0;
    if (!known) {
        rs_check_add(e, check, "all", "*", check->element, 0, 0)->state = RS_STATE_ERROR;
        return;
    }
    if (check->for_all) persons_of(e, check, "all", "*", &c->all);
    no_groups(e, check);
    for (size_t g = 0; check->for_group && g < c->n_groups; g++)
        persons_of(e, check, "provider_group", c->groups[g], &c->by_group[g]);
    if (check->for_source_group) rs_evaluate_crossed(e, check);
    for (size_t f = 0; check->for_facility && f < c->facilities.n; f++)
        persons_of(e, check, "facility", c->facilities.e[f].name, &c->by_facility[f]);
}

/* ---- the areas where members live -----------------------------------------------------------------------------------
 */

static void area_of(struct rs_evaluation *e, const struct rs_check *check, const char *scope, const char *value,
                    const struct rs_unit_counts *u) {
    uint64_t off = 0;
    double n = (double)u->placed;
    bool judged = u->placed > 0 && u->placed >= (uint64_t)check->minimum;
    for (int g = 0; g < RS_GROUPS; g++) {
        double observed = n > 0 ? u->recorded[g] / n : 0, expected = n > 0 ? u->area[g] / n : 0;
        /* of the mean of d_i = 1(reported g) - share of g in the person's own area */
        double d = observed - expected, variance = n > 1 ? fmax(u->square[g] / n - d * d, 0) / (n - 1) : 0;
        off += category(e, check, scope, value, rs_group_names[g], u->placed, observed, expected, sqrt(variance));
    }
    struct rs_check_result *r = rs_check_add(e, check, scope, value, check->element, judged ? RS_GROUPS : 0, off);
    if (judged)
        r->state = off == 0                                                               ? RS_PASS
                   : !check->has_threshold || (double)off <= check->threshold * RS_GROUPS ? RS_PASS_WITH_VIOLATIONS
                                                                                          : RS_FAIL;
}

void rs_evaluate_area(struct rs_evaluation *e, const struct rs_check *check) {
    const struct rs_person_counts *c = &e->counted->people;
    if (check->for_all) area_of(e, check, "all", "*", &c->all);
    for (size_t s = 0; check->for_source && c->by_source && s < c->n_sources; s++)
        if (e->counted->by_source[s].has_people) area_of(e, check, "source", e->counted->sources[s], &c->by_source[s]);
    no_groups(e, check);
    for (size_t g = 0; check->for_group && g < c->n_groups; g++)
        area_of(e, check, "provider_group", c->groups[g], &c->by_group[g]);
    for (size_t f = 0; check->for_facility && f < c->facilities.n; f++)
        area_of(e, check, "facility", c->facilities.e[f].name, &c->by_facility[f]);
}

/* ---- default filling ------------------------------------------------------------------------------------------------
 */

static void filling_of(struct rs_evaluation *e, const struct rs_check *check, const char *scope, const char *value,
                       const struct rs_fill_unit *u, double inflation) {
    uint64_t moved = (uint64_t)llround(u->moved * (double)u->n);
    struct rs_check_result *r = rs_check_add(e, check, scope, value, check->element, u->n, moved);
    r->state = !u->judged                         ? RS_NOT_APPLICABLE
               : u->found && check->has_threshold ? RS_FAIL
               : moved                            ? RS_PASS_WITH_VIOLATIONS
                                                  : RS_PASS;
    if (!u->judged) return;
    r->mix.statistic = u->statistic;
    r->mix.p_value = u->adjusted;
    for (int g = 0; u->found && g < RS_GROUPS; g++) {
        double n = (double)u->n;
        category(e, check, scope, value, rs_group_names[g], u->n, u->recorded[g] / n, u->expected[g] / n,
                 sqrt(inflation * u->variance[g]) / n);
    }
}

void rs_evaluate_filling(struct rs_evaluation *e, const struct rs_check *check) {
    const struct rs_person_counts *c = &e->counted->people;
    static const struct rs_fill_unit nothing = {0};
    bool none = !c->fill_source && !c->fill_group && !c->fill_facility;
    if (none) rs_check_add(e, check, "all", "*", check->element, 0, 0);
    for (size_t s = 0; check->for_source && c->fill_source && s < c->n_sources; s++)
        if (e->counted->by_source[s].has_people)
            filling_of(e, check, "source", e->counted->sources[s], &c->fill_source[s], c->inflation_source);
    if (!none) no_groups(e, check);
    for (size_t g = 0; check->for_group && g < c->n_groups; g++)
        filling_of(e, check, "provider_group", c->groups[g], c->fill_group ? &c->fill_group[g] : &nothing,
                   c->inflation_group);
    for (size_t f = 0; check->for_facility && f < c->facilities.n; f++)
        filling_of(e, check, "facility", c->facilities.e[f].name, c->fill_facility ? &c->fill_facility[f] : &nothing,
                   c->inflation_facility);
}

/* ---- the prior run --------------------------------------------------------------------------------------------------
 */

static void drift_of(struct rs_evaluation *e, const struct rs_check *check, const struct rs_mix *mix,
                     const uint64_t *now, const uint64_t *before) {
    const struct rs_person_counts *c = &e->counted->people;
    double a[RS_MIX_MOST], b[RS_MIX_MOST], n = (double)c->persons, m = (double)c->prior_persons;
    if (!c->has_prior || c->persons == 0 || c->prior_persons == 0) {
        rs_check_add(e, check, "all", "*", mix->element, 0, 0);
        return;
    }
    for (int i = 0; i < mix->n; i++) {
        a[i] = (double)now[i] / n;
        b[i] = (double)before[i] / m;
        category(e, check, "all", "*", mix->category[i], c->persons, a[i], b[i],
                 sqrt(a[i] * (1 - a[i]) / n + b[i] * (1 - b[i]) / m));
    }
    int degrees;
    double moved = rs_mix_moved(a, b, mix->n), chi = rs_mix_chi_square(now, before, mix->n, &degrees);
    struct rs_check_result *r =
        rs_check_add(e, check, "all", "*", mix->element, c->persons, (uint64_t)llround(moved * n));
    r->has_prior = true;
    r->prior_denominator = c->prior_persons;
    r->prior_share = NAN;
    r->mix.statistic = rs_mix_psi(now, before, mix->n);
    r->mix.p_value = degrees > 0 ? gsl_cdf_chisq_Q(chi, (double)degrees) : NAN;
}

void rs_evaluate_drift(struct rs_evaluation *e, const struct rs_check *check) {
    const struct rs_person_counts *c = &e->counted->people;
    bool every = strcmp(check->element, "*") == 0, any = false;
    for (int m = 0; m < RS_MIXES; m++) {
        if (every ? rs_check_named(e->checks, check->kind, rs_mixes[m].element)
                  : strcmp(check->element, rs_mixes[m].element) != 0)
            continue;
        any = true;
        drift_of(e, check, &rs_mixes[m], c->mix[m], c->prior_mix[m]);
    }
    if (!any) rs_check_add(e, check, "all", "*", check->element, 0, 0)->state = RS_STATE_ERROR;
}
