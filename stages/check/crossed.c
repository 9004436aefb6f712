/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Why it exists: a group may look complete by one source that asks, while another sends nothing about its persons. */
#include "crossed.h"
#include "evaluate.h"
#include <stdlib.h>
#include <string.h>

void rs_crossed_open(struct rs_crossed *c, size_t n_sources, int bits) {
    *c = (struct rs_crossed){.n_sources = n_sources, .bits = bits};
    c->said = rs_alloc((n_sources + 1) * sizeof *c->said);
    c->touched = rs_alloc((n_sources + 1) * sizeof *c->touched);
}

void rs_crossed_say(struct rs_crossed *c, size_t source, uint64_t bits) {
    if (source >= c->n_sources || !bits) return;
    if (!c->said[source]) c->touched[c->n_touched++] = (uint32_t)source;
    c->said[source] |= bits;
}

static void make_room(struct rs_crossed *c, size_t group) {
    size_t one = c->n_sources * (size_t)c->bits, room = group * 2 + 64;
    if (group < c->room) return;
    c->count = rs_realloc(c->count, room * one * sizeof *c->count);
    memset(c->count + c->room * one, 0, (room - c->room) * one * sizeof *c->count);
    c->room = room;
}

void rs_crossed_add(struct rs_crossed *c, size_t group) {
    if (c->n_touched) make_room(c, group);
    for (size_t i = 0; i < c->n_touched; i++) {
        uint32_t *to = c->count + (group * c->n_sources + c->touched[i]) * (size_t)c->bits;
        for (uint64_t left = c->said[c->touched[i]]; left; left &= left - 1) to[__builtin_ctzll(left)]++;
    }
}

void rs_crossed_next_person(struct rs_crossed *c) {
    for (size_t i = 0; i < c->n_touched; i++) c->said[c->touched[i]] = 0;
    c->n_touched = 0;
}

uint64_t rs_crossed_count(const struct rs_crossed *c, size_t group, size_t source, int bit) {
    if (group >= c->room || source >= c->n_sources) return 0;
    return c->count[(group * c->n_sources + source) * (size_t)c->bits + (size_t)bit];
}

void rs_crossed_free(struct rs_crossed *c) {
    free(c->count);
    free(c->said);
    free(c->touched);
    *c = (struct rs_crossed){0};
}

/* ---- results ------------------------------------------------------------------------------------------------------ */

/* Results of one check: as many groups as fit here are told one by one, and no fewer than LEAST. */
enum { MOST_RESULTS = 2000, LEAST_GROUPS = 20 };
static const char scope_name[] = "source_provider_group", others[] = "(others)";

struct sized {
    const char *name;
    size_t group;
    uint64_t persons;
};

static int larger_first(const void *a, const void *b) {
    const struct sized *x = a, *y = b;
    if (x->persons != y->persons) return x->persons > y->persons ? -1 : 1;
    return strcmp(x->name, y->name);
}

/* The groups, larger ones first; *one_by_one of them are told alone. */
static struct sized *sort_groups(const struct rs_evaluation *e, const struct rs_check *check, size_t n_sources,
                                 size_t *one_by_one) {
    const struct rs_person_counts *c = &e->counted->people;
    struct sized *list = rs_alloc((c->n_groups + 1) * sizeof *list);
    size_t most = MOST_RESULTS / (n_sources + 1);
    if (most < LEAST_GROUPS) most = LEAST_GROUPS;
    for (size_t g = 0; g < c->n_groups; g++) {
        bool named_so = strcmp(c->groups[g], others) == 0; /* it would stand twice */
        list[g] = (struct sized){c->groups[g], g, named_so ? 0 : rs_persons_kept(e, check, &c->by_group[g])};
    }
    if (c->n_groups) qsort(list, c->n_groups, sizeof *list, larger_first);
    *one_by_one = 0;
    while (*one_by_one < c->n_groups && *one_by_one < most && list[*one_by_one].persons > 0 &&
           list[*one_by_one].persons >= (uint64_t)check->minimum)
        ++*one_by_one;
    return list;
}

/* Nothing is judged: what one source leaves open, another may tell. */
static void tell(struct rs_evaluation *e, const struct rs_check *check, const char *source, const char *group,
                 uint64_t persons, uint64_t said) {
    const char *name = rs_arena_printf(&e->out->names, "%s: %s", source, group).p;
    struct rs_check_result *r = rs_check_add(e, check, scope_name, name, check->element, persons, persons - said);
    r->unjudged = true;
    r->state = persons == 0 ? RS_NOT_APPLICABLE : r->violations ? RS_PASS_WITH_VIOLATIONS : RS_PASS;
}

static void of_source(struct rs_evaluation *e, const struct rs_check *check, size_t source, const struct sized *list,
                      size_t one_by_one) {
    const struct rs_person_counts *c = &e->counted->people;
    const char *name = e->counted->sources[source];
    uint64_t persons = 0, said = 0;
    for (size_t i = 0; i < c->n_groups; i++) {
        uint64_t n = rs_persons_kept(e, check, &c->by_group[list[i].group]),
                 here = rs_crossed_count(&c->crossed, list[i].group, source, check->member_bit);
        if (here > n) here = n; /* somebody too young who answered all the same */
        if (i < one_by_one) {
            tell(e, check, name, list[i].name, n, here);
            continue;
        }
        persons += n;
        said += here;
    }
    if (one_by_one < c->n_groups) tell(e, check, name, others, persons, said);
}

void rs_evaluate_crossed(struct rs_evaluation *e, const struct rs_check *check) {
    const struct rs_counted *counted = e->counted;
    size_t sources = 0, one_by_one;
    for (size_t s = 0; s < counted->n_sources; s++) sources += counted->by_source[s].has_people;
    struct sized *list = sort_groups(e, check, sources, &one_by_one);
    for (size_t s = 0; s < counted->n_sources; s++)
        if (counted->by_source[s].has_people) of_source(e, check, s, list, one_by_one);
    free(list);
}
