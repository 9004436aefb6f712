/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Who is behind an estimate: counted anew from the row files, apart from the stage that published it, so that the two can be
 * held against each other. */
#include <stdio.h>
#include <string.h>
#include "pipeline/base/date.h"
#include "pipeline/base/file.h"
#include "pipeline/reference/pack.h"
#include "trace.h"

bool rs_trace_manifest(const char *run, const char *stage, const struct rs_layout *layout, struct rs_manifest *m,
                       struct rs_error *error) {
    char dir[PATH_MAX];
    return rs_path(dir, sizeof dir, error, "%s/%s", run, stage) && rs_manifest_read(dir, layout, m, error);
}

static struct rs_scan *open_rows(const struct rs_trace *t, const char *stage, const struct rs_layout *layout,
                                 struct rs_error *error) {
    struct rs_manifest m;
    return rs_trace_manifest(t->run, stage, layout, &m, error) ? rs_scan_open(&m, error) : NULL;
}

void rs_trace_keep(struct rs_trace *t, const struct rs_layout *layout, const struct rs_view *row, struct rs_view *to) {
    for (size_t i = 0; i < layout->n_columns; i++) to[i] = rs_arena_view(&t->arena, row[i]);
}

void rs_trace_print(const struct rs_layout *layout, const struct rs_view *row) {
    for (size_t i = 0; i < layout->n_columns; i++)
        if (row[i].n) printf("  %-18s %.*s\n", layout->columns[i].name, (int)row[i].n, row[i].p);
}

bool rs_trace_find(struct rs_trace *t, const struct rs_manifest *m, struct rs_view *to, struct rs_error *error) {
    const struct rs_view *row;
    struct rs_key key;
    bool found = false;
    struct rs_scan *scan = rs_scan_open(m, error);
    while (scan && !found && rs_scan_next(scan, &row, error)) {
        found = rs_key_parse(row[0], &key) && rs_key_compare(key, t->id) == 0;
        if (found) rs_trace_keep(t, m->layout, row, to);
    }
    rs_scan_close(scan);
    return found;
}

bool rs_trace_estimate(struct rs_trace *t, struct rs_error *error) {
    struct rs_manifest m;
    return rs_trace_manifest(t->run, "stratify", &rs_layout_estimate, &m, error) && rs_trace_find(t, &m, t->estimate, error);
}

/* ---- strata --------------------------------------------------------------------------------------------------- */

/* Of the six groups' probabilities, in the order of their names. */
static const int columns[RS_GROUPS] = {POSTERIOR_p_white, POSTERIOR_p_black, POSTERIOR_p_aian,
                                       POSTERIOR_p_api,   POSTERIOR_p_multi, POSTERIOR_p_hispanic};

static bool age_in(const char *bands, int32_t as_of, struct rs_view birth, struct rs_view stratum) {
    int32_t born;
    int64_t from = -1, next = -1, one;
    char name[32];
    if (!birth.p || !rs_day_parse(birth, &born) || rs_age(born, as_of) < 0) return rs_eq_c(stratum, "MISSING");
    int age = rs_age(born, as_of);
    for (struct rs_view rest = rs_cstr(bands); rest.p;) {
        if (!rs_parse_long(rs_trim(rs_split(&rest, ',')), &one)) return false;
        if (one > age) {
            next = one;
            break;
        }
        from = one;
    }
    if (from < 0) return rs_eq_c(stratum, "younger");
    if (next < 0) snprintf(name, sizeof name, "%d+", (int)from);
    else snprintf(name, sizeof name, "%d-%d", (int)from, (int)next - 1);
    return rs_eq_c(stratum, name);
}

static struct rs_view either(struct rs_view a, struct rs_view b, const char *otherwise) {
    return a.n ? a : b.n ? b : rs_cstr(otherwise);
}

/* Whether what stands for the person, or the measure's row, puts the person into the stratum of one dimension. */
static bool is_in(const struct rs_trace *t, struct rs_view dimension, struct rs_view stratum,
                  const struct rs_view *person, const struct rs_view *measure, bool *known) {
    struct rs_view value = {0};
    if (rs_eq_c(dimension, "all")) return true;
    if (rs_eq_c(dimension, "age_band")) return age_in(t->age_bands, t->as_of, person[PERSON_birth_date], stratum);
    if (rs_eq_c(dimension, "race_ethnicity")) {
        value = either(person[PERSON_missing_2024], person[PERSON_missing_race_1997], "UNRESOLVED");
        if (person[PERSON_census6].n) value = person[PERSON_census6];
    } else if (rs_eq_c(dimension, "language")) {
        struct rs_view tag = person[PERSON_language];
        value = tag.n ? rs_split(&tag, '-') : either(person[PERSON_missing_language], tag, "MISSING");
    } else if (rs_eq_c(dimension, "sex")) {
        value = either(person[PERSON_sex], person[PERSON_sex], "MISSING");
    } else if (rs_eq_c(dimension, "county")) {
        value = either(person[PERSON_county], person[PERSON_county], "MISSING");
    } else if (rs_eq_c(dimension, "provider_group")) {
        value = either(measure[PERSON_MEASURE_provider_group], measure[PERSON_MEASURE_provider_group], "MISSING");
    } else if (rs_eq_c(dimension, "product")) {
        value = either(measure[PERSON_MEASURE_product], measure[PERSON_MEASURE_product], "MISSING");
    } else {
        *known = false;
        return false;
    }
    return rs_eq(value, stratum);
}

/* Parts of an intersection stand with * between, in the dimension's name and in the stratum's. */
static bool all_in(const struct rs_trace *t, const struct rs_view *person, const struct rs_view *measure, bool *known) {
    struct rs_view dimension = t->estimate[ESTIMATE_dimension], stratum = t->estimate[ESTIMATE_stratum];
    while (dimension.p && stratum.p) {
        struct rs_view d = rs_split(&dimension, '*'), s = rs_split(&stratum, '*');
        if (!is_in(t, d, s, person, measure, known) || !*known) return false;
    }
    return !dimension.p && !stratum.p;
}

/* ---- one walk ------------------------------------------------------------------------------------------------- */

bool rs_trace_is_modelled(const struct rs_trace *t) {
    static const char *const modelled[] = {"birdie", "weighted", "ols", "threshold", "mi"};
    for (size_t i = 0; i < sizeof modelled / sizeof modelled[0]; i++)
        if (rs_eq_c(t->estimate[ESTIMATE_estimator], modelled[i])) return true;
    return false;
}

static bool uses_imputed(const struct rs_trace *t, int *column) {
    *column = -1;
    if (!rs_trace_is_modelled(t)) return false;
    if (!rs_eq_c(t->estimate[ESTIMATE_dimension], "race_ethnicity")) return false;
    for (size_t g = 0; g < RS_GROUPS; g++)
        if (rs_eq_c(t->estimate[ESTIMATE_stratum], rs_group_names[g])) *column = columns[g];
    return *column >= 0;
}

static void keep(struct rs_trace *t, const struct rs_traced_person *p) {
    if (t->n_persons < t->most) t->persons[t->n_persons++] = *p;
}

static void count_person(struct rs_trace *t, const struct rs_view *person, const struct rs_view *posterior,
                         const struct rs_view *measure, int column) {
    struct rs_traced_person p = {.numerator = rs_eq_c(measure[PERSON_MEASURE_numerator], "1")};
    bool known = true, in = all_in(t, person, measure, &known);
    t->denominators++;
    if (!known) t->listed = false;
    if (!rs_key_parse(person[PERSON_person_key], &p.key)) return;
    if (in) {
        t->said++;
        t->numerator += p.numerator;
        keep(t, &p);
    } else if (column >= 0 && posterior && !person[PERSON_census6].n && rs_parse_real(posterior[column], &p.p) &&
               p.p > 0) {
        p.imputed = true;
        snprintf(p.model, sizeof p.model, "%.*s", (int)posterior[POSTERIOR_model].n, posterior[POSTERIOR_model].p);
        t->imputed++;
        t->weight += p.p;
        keep(t, &p);
    }
}

struct walk {
    struct rs_scan *person, *posterior, *measure;
    const struct rs_view *p, *q, *m; /* rows that wait; NULL at the end */
};

static bool step(struct rs_scan *scan, const struct rs_view **row, struct rs_error *error) {
    if (rs_scan_next(scan, row, error)) return true;
    *row = NULL;
    return !error->code;
}

static bool of_measure(const struct rs_trace *t, const struct rs_view *m) {
    return rs_eq(m[PERSON_MEASURE_measure], t->estimate[ESTIMATE_measure]) &&
           rs_eq(m[PERSON_MEASURE_period], t->estimate[ESTIMATE_period]) &&
           rs_eq_c(m[PERSON_MEASURE_denominator], "1") && !m[PERSON_MEASURE_excluded].n;
}

static bool walk_person(struct rs_trace *t, struct walk *w, int column, struct rs_error *error) {
    struct rs_view key = w->p[PERSON_person_key];
    bool imputed = w->q && rs_eq(w->q[POSTERIOR_person_key], key);
    while (w->m && rs_eq(w->m[PERSON_MEASURE_person_key], key)) {
        if (of_measure(t, w->m)) count_person(t, w->p, imputed ? w->q : NULL, w->m, column);
        if (!step(w->measure, &w->m, error)) return false;
    }
    if (imputed && !step(w->posterior, &w->q, error)) return false;
    return step(w->person, &w->p, error);
}

bool rs_trace_members(struct rs_trace *t, struct rs_error *error) {
    struct walk w = {.person = open_rows(t, "reconcile", &rs_layout_person, error)};
    int column;
    uses_imputed(t, &column);
    t->listed = true;
    w.posterior = w.person ? open_rows(t, "impute", &rs_layout_posterior, error) : NULL;
    w.measure = w.posterior ? open_rows(t, "reconcile", &rs_layout_person_measure, error) : NULL;
    bool ok = w.measure && step(w.person, &w.p, error) && step(w.posterior, &w.q, error) &&
              step(w.measure, &w.m, error);
    while (ok && w.p) ok = walk_person(t, &w, column, error);
    rs_scan_close(w.person);
    rs_scan_close(w.posterior);
    rs_scan_close(w.measure);
    return ok;
}
