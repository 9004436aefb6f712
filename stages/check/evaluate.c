/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Why it exists: a result without its denominator, or a check that silently did not run, would mislead. */
#include "evaluate.h"
#include "feeds.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

const char *const rs_state_names[RS_STATES] = {"pass", "pass_with_violations", "fail", "not_applicable", "error"};

enum rs_state rs_check_state(const struct rs_check *check, uint64_t denominator, uint64_t violations) {
    if (denominator == 0 || denominator < (uint64_t)check->minimum) return RS_NOT_APPLICABLE;
    if (violations == 0) return RS_PASS;
    if (!check->has_threshold) return RS_PASS_WITH_VIOLATIONS;
    return (double)violations <= check->threshold * (double)denominator ? RS_PASS_WITH_VIOLATIONS : RS_FAIL;
}

struct rs_check_result *rs_check_add(struct rs_evaluation *e, const struct rs_check *check, const char *scope,
                                     const char *scope_value, const char *element, uint64_t denominator,
                                     uint64_t violations) {
    struct rs_check_results *out = e->out;
    if (out->n == out->room) {
        out->room = out->room ? 2 * out->room : 64;
        out->r = rs_realloc(out->r, out->room * sizeof *out->r);
    }
    struct rs_check_result *r = &out->r[out->n++];
    *r = (struct rs_check_result){.check = check,
                                  .scope = scope,
                                  .scope_value = scope_value,
                                  .element = element,
                                  .denominator = denominator,
                                  .violations = violations,
                                  .state = rs_check_state(check, denominator, violations),
                                  .mix = {NAN, NAN, NAN, NAN, NAN, NAN}};
    return r;
}

static struct rs_check_result *add(struct rs_evaluation *e, const struct rs_check *check, const char *source,
                                   const char *element, uint64_t denominator, uint64_t violations) {
    return rs_check_add(e, check, source ? "source" : "all", source ? source : "*", element, denominator, violations);
}

static int position(const char *const *names, int n, const char *name) {
    for (int i = 0; i < n; i++)
        if (strcmp(names[i], name) == 0) return i;
    return -1;
}

/* An element this kind does not have is a mistake in the file of checks: state error, so that it is seen. */
static void unknown_element(struct rs_evaluation *e, const struct rs_check *check) {
    add(e, check, NULL, check->element, 0, 0)->state = RS_STATE_ERROR;
}

/* ---- kinds with counts by source --------------------------------------------------------------------------------- */

static void by_source_one(struct rs_evaluation *e, const struct rs_check *check, const char *source,
                          const struct rs_source_counts *c, int element) {
    if (check->kind == RS_CHECK_COMPLETE && rs_jurisdiction_drops(e->place, rs_cstr(rs_complete_names[element])))
        add(e, check, source, rs_complete_names[element], 0, 0); /* not kept here: no failure */
    else if (check->kind == RS_CHECK_COMPLETE)
        add(e, check, source, rs_complete_names[element], c->records, c->records - c->has[element]);
    else if (check->kind == RS_CHECK_IMPLAUSIBLE)
        add(e, check, source, rs_implausible_names[element], c->dated[element], c->implausible[element]);
    else
        add(e, check, source, rs_mapped_names[element], c->mapped[element], c->unmapped[element]);
}

static void by_facility(struct rs_evaluation *e, const struct rs_check *check, int element) {
    const struct rs_facilities *all = &e->counted->record_facilities;
    const char *name = rs_complete_names[element];
    bool kept = !rs_jurisdiction_drops(e->place, rs_cstr(name));
    if (all->n == 0) rs_check_add(e, check, "facility", "*", name, 0, 0); /* asked for, and nothing to judge */
    for (size_t i = 0; i < all->n; i++) {
        const struct rs_facility_records *f = &e->counted->by_record_facility[i];
        rs_check_add(e, check, "facility", all->e[i].name, name, kept ? f->records : 0,
                     kept ? f->records - f->has[element] : 0);
    }
}

static void by_source(struct rs_evaluation *e, const struct rs_check *check) {
    const char *const *names = check->kind == RS_CHECK_COMPLETE      ? rs_complete_names
                               : check->kind == RS_CHECK_IMPLAUSIBLE ? rs_implausible_names
                                                                     : rs_mapped_names;
    int n = check->kind == RS_CHECK_COMPLETE      ? RS_HAS_ELEMENTS
            : check->kind == RS_CHECK_IMPLAUSIBLE ? RS_IMPLAUSIBLES
                                                  : RS_MAPPED_ELEMENTS;
    bool every = strcmp(check->element, "*") == 0;
    if (!every && position(names, n, check->element) < 0) {
        unknown_element(e, check);
        return;
    }
    for (int i = 0; i < n; i++) {
        if (!rs_check_matches(e->checks, check, names[i])) continue;
        /* of every element found: those nobody sent are not listed */
        if (every && check->kind == RS_CHECK_UNMAPPED && e->counted->all.mapped[i] == 0) continue;
        if (check->for_all) by_source_one(e, check, NULL, &e->counted->all, i);
        for (size_t s = 0; check->for_source && s < e->counted->n_sources; s++) {
            const struct rs_source_counts *c = &e->counted->by_source[s];
            if (!c->has_people || (every && check->kind == RS_CHECK_UNMAPPED && c->mapped[i] == 0)) continue;
            by_source_one(e, check, e->counted->sources[s], c, i);
        }
        if (check->for_facility) by_facility(e, check, i);
    }
}

/* ---- kinds found in the data ------------------------------------------------------------------------------------- */

static void quarantined(struct rs_evaluation *e, const struct rs_check *check) {
    const struct rs_tagged_list *list = &e->counted->quarantined;
    bool found = false;
    for (size_t i = 0; i < list->n; i++) {
        const struct rs_tagged *t = &list->e[i];
        if (!rs_check_matches(e->checks, check, t->name)) continue;
        found = true;
        /* stages may share a rule's name: once for each rule and source */
        bool first_of_rule = true, first_of_source = true;
        uint64_t rule = 0, source = 0;
        for (size_t k = 0; k < list->n; k++) {
            const struct rs_tagged *o = &list->e[k];
            if (strcmp(o->name, t->name) != 0) continue;
            rule += o->rows;
            first_of_rule &= k >= i;
            if (o->source != t->source) continue;
            source += o->rows;
            first_of_source &= k >= i;
        }
        if (check->for_all && first_of_rule) add(e, check, NULL, t->name, e->counted->all.file_records, rule);
        if (check->for_source && first_of_source && t->source != RS_NO_SOURCE)
            add(e, check, e->counted->sources[t->source], t->name, e->counted->by_source[t->source].file_records,
                source);
    }
    if (!found && check->for_all) add(e, check, NULL, check->element, e->counted->all.file_records, 0);
}

static void disagree(struct rs_evaluation *e, const struct rs_check *check) {
    const struct rs_tagged_list *list = &e->counted->disagree;
    uint64_t persons = e->counted->has_discrepancy ? e->counted->people.persons : 0;
    bool found = false;
    for (size_t i = 0; i < list->n; i++) {
        /* with a colon: of one kind, for checks that name it */
        if (!rs_check_matches(e->checks, check, list->e[i].name) ||
            (strcmp(check->element, "*") == 0 && strchr(list->e[i].name, ':')))
            continue;
        found = true;
        add(e, check, NULL, list->e[i].name, persons, list->e[i].rows);
    }
    if (!found) add(e, check, NULL, check->element, persons, 0);
}

static void ledger(struct rs_evaluation *e, const struct rs_check *check) {
    const struct rs_counted *c = e->counted;
    for (size_t i = 0; i < c->ledgers.n; i++) {
        const struct rs_tagged *t = &c->ledgers.e[i];
        uint64_t off = 0;
        for (size_t k = 0; k < c->unbalanced.n; k++)
            if (strcmp(c->unbalanced.e[k].name, t->name) == 0) off += c->unbalanced.e[k].rows;
        if (rs_check_matches(e->checks, check, t->name)) add(e, check, NULL, t->name, t->rows, off);
    }
    /* a directory without a ledger: how many, since nothing says of which stage */
    if (c->missing_ledgers)
        add(e, check, NULL, "missing", c->missing_ledgers, c->missing_ledgers)->state = RS_STATE_ERROR;
}

/* ---- single numbers ---------------------------------------------------------------------------------------------- */

static void share(struct rs_evaluation *e, const struct rs_check *check) {
    const struct rs_person_counts *c = &e->counted->people;
    if (strcmp(check->element, "two_or_more") == 0)
        add(e, check, NULL, check->element, c->persons, c->two_or_more);
    else if (strcmp(check->element, "other_race") == 0)
        add(e, check, NULL, check->element, c->persons, c->other_race);
    else
        unknown_element(e, check);
}

/* Judged where at least `minimum` persons have both; the denominator is the groups. */
static void calibration(struct rs_evaluation *e, const struct rs_check *check) {
    const struct rs_person_counts *c = &e->counted->people;
    uint64_t off = 0;
    for (int g = 0; g < RS_GROUPS; g++) off += fabs(c->mean[g] - c->observed[g]) > check->points;
    bool judged = c->reported > 0 && c->reported >= (uint64_t)check->minimum;
    struct rs_check_result *r = add(e, check, NULL, check->element, judged ? RS_GROUPS : 0, judged ? off : 0);
    if (!judged) return;
    r->state = off == 0                                                               ? RS_PASS
               : !check->has_threshold || (double)off <= check->threshold * RS_GROUPS ? RS_PASS_WITH_VIOLATIONS
                                                                                      : RS_FAIL;
}

static void parity(struct rs_evaluation *e, const struct rs_check *check) {
    const struct rs_counted *c = e->counted;
    bool record = strcmp(check->element, "record") == 0;
    if (!record && strcmp(check->element, "assertion") != 0) {
        unknown_element(e, check);
        return;
    }
    uint64_t a = record ? c->record_rows : c->assertion_rows - c->assertions_ignored;
    uint64_t b = record ? c->demographic_rows : c->mapped_rows;
    add(e, check, NULL, check->element, a > b ? a : b, a > b ? a - b : b - a);
}

static int by_key(const void *a, const void *b) {
    const struct rs_check_result *x = a, *y = b;
    int c = strcmp(x->check->id, y->check->id);
    if (!c) c = strcmp(x->scope, y->scope);
    if (!c) c = strcmp(x->scope_value, y->scope_value);
    return c ? c : strcmp(x->element, y->element);
}

void rs_check_evaluate(const struct rs_checks *checks, const struct rs_counted *counted,
                       const struct rs_jurisdiction *place, struct rs_check_results *out) {
    struct rs_evaluation e = {checks, counted, place, out};
    for (size_t i = 0; i < checks->n; i++) {
        const struct rs_check *check = &checks->check[i];
        if (check->elsewhere) { /* of another jurisdiction: seen, and no failure */
            add(&e, check, NULL, check->element, 0, 0);
            continue;
        }
        switch (check->kind) {
        case RS_CHECK_COMPLETE:
        case RS_CHECK_UNMAPPED:
        case RS_CHECK_IMPLAUSIBLE: by_source(&e, check); break;
        case RS_CHECK_QUARANTINED: quarantined(&e, check); break;
        case RS_CHECK_DISAGREE: disagree(&e, check); break;
        case RS_CHECK_SHARE: share(&e, check); break;
        case RS_CHECK_CALIBRATION: calibration(&e, check); break;
        case RS_CHECK_LEDGER: ledger(&e, check); break;
        case RS_CHECK_PARITY: parity(&e, check); break;
        case RS_CHECK_MEMBERS:
        case RS_CHECK_COLLECTED: rs_evaluate_persons(&e, check); break;
        case RS_CHECK_AREA: rs_evaluate_area(&e, check); break;
        case RS_CHECK_FILLING: rs_evaluate_filling(&e, check); break;
        case RS_CHECK_DRIFT: rs_evaluate_drift(&e, check); break;
        case RS_CHECK_FEED: rs_evaluate_feeds(&e, check); break;
        case RS_CHECK_EMPTY: rs_evaluate_empty(&e, check); break;
        case RS_CHECK_KINDS: break;
        }
    }
    if (out->n) qsort(out->r, out->n, sizeof *out->r, by_key);
}

void rs_check_results_free(struct rs_check_results *r) {
    for (size_t i = 0; i < r->n; i++) free(r->r[i].exception);
    free(r->r);
    rs_arena_free(&r->names);
    *r = (struct rs_check_results){0};
}
