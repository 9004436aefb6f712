/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Why it exists: a rate within a provider group says its persons, and who has last month's can subtract there, too. */
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "providers.h"
#include "published.h"

enum { G = RS_GROUPS, HIDDEN = RS_GROUPS };
static const char dimension[] = "provider_group*race_ethnicity";
static const char beside[] = "in_no_group"; /* neither reported nor imputed: never shown, but whether there are any matters */

struct looking {
    const struct rs_providers *p;
    const struct rs_estimates *all;
    const struct rs_published_run *run;
    struct rs_arena *arena;
};

static struct rs_view stratum(struct rs_arena *arena, const char *provider, int g) {
    return rs_arena_printf(arena, "%s*%s", provider, g == HIDDEN ? beside : rs_group_names[g]);
}

/* A row of a table that is there and has it not: nobody was in it. */
static struct rs_two_way_other other_of(const struct looking *l, const char *d, enum rs_estimator e, struct rs_view name) {
    struct rs_view key[RS_PUBLISHED_PARTS];
    rs_published_key(l->all->series, d, rs_estimator_names[e], name, key);
    const struct rs_published_row *row = rs_published_find(l->run, key);
    if (row) return (struct rs_two_way_other){row->n, row->x, row->shown};
    return (struct rs_two_way_other){0, 0, rs_published_has_table(l->run, key)};
}

static const struct rs_provider *provider_of(const struct rs_providers *p, struct rs_view name) {
    for (size_t i = 0; i < p->n; i++)
        if (rs_eq_c(name, p->p[i].name)) return &p->p[i];
    return NULL;
}

/* Provider groups of then that nobody is in now: off the margins of then, where their cells are known. */
static void take_off_gone(const struct looking *l, struct rs_two_way_then *then) {
    for (uint32_t i = 0; i < l->run->keys.n; i++) {
        struct rs_view rest = rs_cstr(l->run->keys.names[i]), key[RS_PUBLISHED_PARTS - 1];
        for (int k = 0; k < RS_PUBLISHED_PARTS - 1; k++) key[k] = rs_split(&rest, RS_BETWEEN);
        if (!rs_eq(key[0], l->all->series->measure) || !rs_eq(key[1], l->all->series->period) || !rs_eq_c(key[2], dimension) ||
            !rs_eq_c(key[3], rs_estimator_names[l->p->estimator]))
            continue;
        for (int g = 0; g < G; g++) {
            size_t tail = strlen(rs_group_names[g]) + 1;
            struct rs_view end = rest.n > tail ? rs_view(rest.p + rest.n - tail + 1, tail - 1) : RS_NULL;
            if (rs_is_null(end) || rest.p[rest.n - tail] != '*' || !rs_eq_c(end, rs_group_names[g]) ||
                provider_of(l->p, rs_view(rest.p, rest.n - tail)))
                continue;
            struct rs_two_way_other *margin = &then->line[l->p->n + (size_t)g];
            const struct rs_published_row *row = &l->run->row[i];
            margin->known = margin->known && row->shown;
            if (!margin->known) continue;
            margin->n -= row->n;
            margin->x -= row->x;
        }
    }
}

/* Those who declined, of all provider groups: everybody less the groups, where all are shown. */
static struct rs_two_way_other hidden_margin(const struct looking *l, const struct rs_two_way_then *then) {
    struct rs_two_way_other all = other_of(l, rs_dimension_names[RS_ALL], RS_OBSERVED, RS_LIT("all"));
    for (size_t g = 0; g < G; g++) {
        const struct rs_two_way_other *margin = &then->line[l->p->n + g];
        all.known = all.known && margin->known;
        all.n -= margin->n;
        all.x -= margin->x;
    }
    return all;
}

static bool everybody_has_one(const struct rs_providers *p, const struct rs_estimates *all) {
    double members = 0;
    for (size_t i = 0; i < p->n; i++) members += p->p[i].members;
    return fabs(members - (double)all->series->by[RS_ALL].c[0].n) < .5;
}

static void look(const struct looking *l, struct rs_two_way_then *then) {
    const struct rs_providers *p = l->p;
    rs_two_way_then_make(&p->table, then);
    for (size_t i = 0; i < p->n; i++) {
        then->line[i] = other_of(l, rs_dimension_names[RS_PROVIDER], RS_OBSERVED, rs_cstr(p->p[i].name));
        for (int g = 0; g <= HIDDEN; g++)
            then->cell[i * (G + 1) + (size_t)g] = other_of(l, dimension, p->estimator, stratum(l->arena, p->p[i].name, g));
    }
    if (!everybody_has_one(p, l->all)) return; /* the columns are of more persons than the table has */
    for (int g = 0; g < G; g++)
        then->line[p->n + (size_t)g] = other_of(l, rs_dimension_names[RS_RACE], p->estimator, rs_cstr(rs_group_names[g]));
    then->line[p->n + HIDDEN] = hidden_margin(l, then);
    take_off_gone(l, then);
}

struct rs_two_way_then *rs_providers_published(const struct rs_providers *p, const struct rs_estimates *all,
                                               const struct rs_published *published, size_t *n) {
    *n = 0;
    if (!published || !published->used || !published->n) return NULL;
    struct rs_two_way_then *list = rs_alloc(published->n * sizeof *list);
    struct rs_arena arena = {0};
    for (size_t i = 0; i < published->n; i++) {
        struct looking l = {p, all, &published->run[i], &arena};
        struct rs_view key[RS_PUBLISHED_PARTS];
        rs_published_key(all->series, dimension, rs_estimator_names[p->estimator], RS_NULL, key);
        if (rs_published_has_table(l.run, key)) look(&l, &list[(*n)++]);
    }
    rs_arena_free(&arena);
    return list;
}

void rs_providers_take(const struct rs_providers *p, const struct rs_estimates *all, struct rs_published *published) {
    struct rs_arena arena = {0};
    for (size_t i = 0; i < p->n; i++)
        for (int g = 0; g <= HIDDEN; g++) {
            const struct rs_two_way_cell *c = rs_two_way_at(&p->table, i, (size_t)g);
            bool shown = c->state == RS_CELL_SHOWN;
            struct rs_view key[RS_PUBLISHED_PARTS];
            if (!(c->n > 1e-9)) continue;
            rs_published_key(all->series, dimension, rs_estimator_names[p->estimator], stratum(&arena, p->p[i].name, g),
                             key);
            rs_published_add(&published->own, key, shown ? c->n : NAN, shown ? c->x : NAN, shown);
        }
    rs_arena_free(&arena);
}
