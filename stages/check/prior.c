/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Why it exists: a number that is bad but as ever, and one that was good yesterday, are different news; and a check
 * that passes since somebody raised its threshold is none. */
#include "prior.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

struct earlier {
    char *key; /* check, scope, scope value, element, with 0x1f between */
    bool has_share;
    double share;
    uint64_t denominator;
};
struct limits { /* of one check, as texts; the first row of the check tells */
    char *check, *value[5];
};
static const char *const limit_names[5] = {"threshold", "severity", "points", "rise", "minimum"};

struct earlier_run {
    struct earlier *e;
    size_t n, room;
    struct limits *l;
    size_t n_limits, limits_room;
};

static char *key_text(struct rs_view a, struct rs_view b, struct rs_view c, struct rs_view d) {
    struct rs_buffer t = {0};
    struct rs_view all[] = {a, b, c, d};
    for (int i = 0; i < 4; i++) {
        rs_buffer_view(&t, all[i]);
        rs_buffer_byte(&t, i < 3 ? '\x1f' : '\0');
    }
    return t.p;
}

static char *text_of(struct rs_view v) {
    char *s = rs_is_null(v) ? NULL : rs_alloc(v.n + 1);
    if (s && v.n) memcpy(s, v.p, v.n);
    return s;
}

static bool take_row(struct earlier_run *p, const struct rs_view *row, struct rs_error *error) {
    int64_t denominator;
    if (!rs_parse_long(row[CHECK_RESULT_denominator], &denominator) || denominator < 0)
        return rs_fail(error, RS_DATA, "check_result of the prior run: denominator is not a number");
    if (p->n == p->room) {
        p->room = p->room ? 2 * p->room : 256;
        p->e = rs_realloc(p->e, p->room * sizeof *p->e);
    }
    struct earlier *e = &p->e[p->n++];
    e->key = key_text(row[CHECK_RESULT_check_id], row[CHECK_RESULT_scope], row[CHECK_RESULT_scope_value],
                      row[CHECK_RESULT_element]);
    e->denominator = (uint64_t)denominator;
    e->share = 0;
    e->has_share = rs_parse_real(row[CHECK_RESULT_share], &e->share);
    if (p->n_limits && rs_eq_c(row[CHECK_RESULT_check_id], p->l[p->n_limits - 1].check)) return true;
    if (p->n_limits == p->limits_room) {
        p->limits_room = p->limits_room ? 2 * p->limits_room : 64;
        p->l = rs_realloc(p->l, p->limits_room * sizeof *p->l);
    }
    static const int columns[5] = {CHECK_RESULT_threshold, CHECK_RESULT_severity, CHECK_RESULT_points,
                                   CHECK_RESULT_rise, CHECK_RESULT_minimum};
    struct limits *l = &p->l[p->n_limits++];
    l->check = text_of(row[CHECK_RESULT_check_id]);
    for (int i = 0; i < 5; i++) l->value[i] = text_of(row[columns[i]]);
    return true;
}

static int by_key(const void *a, const void *b) {
    return strcmp(((const struct earlier *)a)->key, ((const struct earlier *)b)->key);
}

static void compare(const struct earlier_run *p, struct rs_check_result *r) {
    struct earlier wanted = {
        .key = key_text(rs_cstr(r->check->id), rs_cstr(r->scope), rs_cstr(r->scope_value), rs_cstr(r->element))};
    const struct earlier *e = p->n ? bsearch(&wanted, p->e, p->n, sizeof *p->e, by_key) : NULL;
    free(wanted.key);
    if (!e || r->has_prior) return; /* of drift: the persons themselves were compared */
    r->has_prior = true;
    r->prior_denominator = e->denominator;
    r->prior_share = e->has_share ? e->share : NAN;
    if (!r->check->has_rise || r->unjudged || !e->has_share || r->denominator == 0) return;
    if (r->state != RS_PASS && r->state != RS_PASS_WITH_VIOLATIONS) return;
    double n = (double)r->denominator, m = (double)e->denominator, a = (double)r->violations / n, b = e->share;
    double chance = 1.959963984540054 * sqrt(a * (1 - a) / n + b * (1 - b) / m);
    if (a - b > r->check->rise && a - b > chance) r->state = RS_FAIL;
}

/* ---- thresholds ------------------------------------------------------------------------------------------------ */

static const char *number(char *room, size_t size, bool set, double value) {
    if (!set || size < 32) return NULL;
    room[rs_format_real(room, value)] = '\0';
    return room;
}

static void compare_limits(const struct limits *l, const struct rs_check *c, json_t *to) {
    char room[5][32];
    snprintf(room[4], sizeof room[4], "%lld", (long long)c->minimum);
    const char *now[5] = {number(room[0], 32, c->has_threshold, c->threshold), rs_severity_names[c->severity],
                          number(room[2], 32, rs_check_has_points(c), c->points),
                          number(room[3], 32, c->has_rise, c->rise), room[4]};
    bool newer = l->value[4] != NULL; /* results before version 2 tell threshold and severity alone */
    for (int i = 0; i < 5; i++) {
        const char *was = l->value[i];
        if (i >= 2 && !newer) break;
        if (was && now[i] ? strcmp(was, now[i]) == 0 : !was && !now[i]) continue;
        json_array_append_new(
            to, json_pack("{s:s, s:s, s:s?, s:s?}", "check", c->id, "what", limit_names[i], "was", was, "now", now[i]));
    }
}

static json_t *changes(const struct earlier_run *p, const struct rs_checks *checks) {
    json_t *to = json_array();
    for (size_t i = 0; i < checks->n; i++) {
        const struct rs_check *c = &checks->check[i];
        size_t k = 0;
        while (k < p->n_limits && strcmp(p->l[k].check, c->id) != 0) k++;
        if (k < p->n_limits)
            compare_limits(&p->l[k], c, to);
        else
            json_array_append_new(to, json_pack("{s:s, s:s}", "check", c->id, "what", "new"));
    }
    for (size_t k = 0; k < p->n_limits; k++) {
        size_t i = 0;
        while (i < checks->n && strcmp(p->l[k].check, checks->check[i].id) != 0) i++;
        if (i == checks->n) json_array_append_new(to, json_pack("{s:s, s:s}", "check", p->l[k].check, "what", "gone"));
    }
    return to;
}

static void free_earlier(struct earlier_run *p) {
    for (size_t i = 0; i < p->n; i++) free(p->e[i].key);
    for (size_t i = 0; i < p->n_limits; i++) {
        free(p->l[i].check);
        for (int k = 0; k < 5; k++) free(p->l[i].value[k]);
    }
    free(p->e);
    free(p->l);
}

bool rs_check_prior(struct rs_run *run, const struct rs_checks *checks, struct rs_check_results *results, json_t **told,
                    struct rs_error *error) {
    struct rs_manifest m;
    struct earlier_run p = {0};
    bool found;
    *told = NULL;
    if (!rs_run_prior(run, &rs_layout_check_result, &m, &found, error)) return false;
    if (!found) {
        *told = json_null();
        return true;
    }
    struct rs_scan *scan = rs_scan_open(&m, error);
    const struct rs_view *row;
    bool good = scan != NULL;
    while (good && rs_scan_next(scan, &row, error)) good = take_row(&p, row, error);
    rs_scan_close(scan);
    good = good && error->code == 0;
    if (good) {
        if (p.n) qsort(p.e, p.n, sizeof *p.e, by_key);
        for (size_t i = 0; i < results->n; i++) compare(&p, &results->r[i]);
        *told = changes(&p, checks);
    }
    free_earlier(&p);
    return good;
}
