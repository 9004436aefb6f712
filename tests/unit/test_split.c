/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Rates by race within parts, fitted in step, are those of a fit to each part alone. */
#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>
#include "pipeline/base/hash.h"
#include "stages/stratify/birdie.h"
#include "stages/stratify/split.h"

enum { G = RS_GROUPS, PARTS = 4 };
static const double truth[PARTS][G] = {
    {.70, .55, .60, .75, .65, .50}, {.40, .20, .30, .45, .35, .25}, {.97, .95, .90, .99, .96, .93}, {0}};

static struct rs_imputed_row person(struct rs_random *r, size_t part, int *race) {
    struct rs_imputed_row row = {.weight = 1, .provider = (uint32_t)part & 0xfffff};
    double sum = 0;
    for (int g = 0; g < G; g++) {
        double u = rs_random_unit(r);
        sum += row.p[g] = u * u * u * u + 1e-6;
    }
    for (int g = 0; g < G; g++) row.p[g] /= sum;
    double u = rs_random_unit(r);
    for (*race = 0; *race < G - 1 && u >= row.p[*race]; (*race)++) u -= row.p[*race];
    row.y = rs_random_unit(r) < truth[part][*race];
    return row;
}

/* The same persons in a series by part, and in each part alone. */
struct both {
    struct rs_imputed_file *file;
    struct rs_series all;
    struct rs_imputed alone[PARTS];
    struct rs_sample sample[PARTS];
};

static void open_both(struct both *b) {
    struct rs_error error = {0};
    *b = (struct both){.file = rs_imputed_file_open("/tmp", &error)};
    b->all.imputed.file = b->file;
    for (size_t k = 0; k < PARTS; k++) {
        b->alone[k].file = b->file;
        b->sample[k] = (struct rs_sample){.imputed = &b->alone[k], .threads = 1};
    }
}

static void add_to_both(struct both *b, size_t part, int race, const struct rs_imputed_row *row, bool reported) {
    struct rs_error error = {0};
    if (!reported) {
        cr_assert(rs_imputed_add(&b->all.imputed, row, &error) && rs_imputed_add(&b->alone[part], row, &error));
        return;
    }
    struct rs_count *c = rs_count_at(&b->all.by_provider, (uint32_t)(part * G) + (uint32_t)race);
    c->n++, c->x += row->y;
    b->sample[part].direct[race].n++;
    b->sample[part].direct[race].x += row->y;
}

static void close_both(struct both *b) {
    for (size_t k = 0; k < PARTS; k++) rs_imputed_free(&b->alone[k]);
    rs_imputed_free(&b->all.imputed);
    free(b->all.by_provider.c);
    rs_imputed_file_close(b->file);
}

Test(split, each_part_as_if_alone) {
    struct rs_error error = {0};
    struct both b;
    open_both(&b);
    struct rs_random r = rs_random(7, 1, 1);
    for (uint32_t i = 0; i < 9000; i++) {
        int race;
        size_t part = i % (PARTS - 1); /* the last part is empty */
        struct rs_imputed_row row = person(&r, part, &race);
        row.cluster = i;
        add_to_both(&b, part, race, &row, rs_random_unit(&r) < .2);
    }
    struct rs_split split;
    cr_assert(rs_split_fit(&b.all, &(struct rs_split_into){.by = RS_BY_PROVIDER, .parts = PARTS}, &split, &error), "%s", error.text);
    for (size_t k = 0; k + 1 < PARTS; k++) {
        struct rs_birdie_fit fit;
        cr_assert(rs_birdie(&b.sample[k], &fit, &error), "%s", error.text);
        const struct rs_part_fit *p = &split.part[k];
        cr_assert(p->converged && fit.converged);
        for (int g = 0; g < G; g++) {
            cr_assert_float_eq(p->rate[g], fit.rate[g], 1e-8, "part %zu, group %d: %.12f, alone %.12f", k, g, p->rate[g],
                               fit.rate[g]);
            for (int h = 0; h < G; h++) cr_assert_float_eq(p->v[g][h], fit.v[g][h], 1e-8 + 1e-6 * fabs(fit.v[g][h]));
            cr_assert(fabs(p->rate[g] - truth[k][g]) < 5 * sqrt(p->v[g][g]) + 1e-3);
        }
    }
    for (int g = 0; g < G; g++) cr_assert(split.part[PARTS - 1].n[g] == 0);
    rs_split_free(&split);
    close_both(&b);
}

/* Rates of 1 % in parts of 400, few of whom reported: the intervals are those of each part's own fit, of a group in two parts
 * at once, and groups that are not asked for have none. */
Test(split, near_0_as_if_alone) {
    enum { RARE = 3 };
    struct rs_error error = {0};
    struct both b;
    open_both(&b);
    struct rs_random r = rs_random(11, 1, 1);
    for (uint32_t i = 0; i < 1200; i++) {
        int race;
        size_t part = i % RARE;
        struct rs_imputed_row row = person(&r, part, &race);
        row.cluster = i;
        row.y = rs_random_unit(&r) < (part == 2 ? .97 : .01);
        add_to_both(&b, part, race, &row, rs_random_unit(&r) < .1);
    }
    bool wanted[RARE * G];
    const bool every[G] = {true, true, true, true, true, true};
    for (size_t i = 0; i < RARE * G; i++) wanted[i] = i != 3; /* all but group 3 of part 0 */
    const struct rs_split_into into = {.by = RS_BY_PROVIDER, .parts = RARE};
    struct rs_split split;
    cr_assert(rs_split_fit(&b.all, &into, &split, &error), "%s", error.text);
    cr_assert(isnan(split.part[0].edge[0].lower), "none before they are looked for");
    cr_assert(rs_split_edges(&b.all, &into, wanted, RS_Z95, &split, &error), "%s", error.text);
    for (size_t k = 0; k < RARE; k++) {
        struct rs_birdie_fit fit;
        struct rs_interval edge[G];
        cr_assert(rs_birdie(&b.sample[k], &fit, &error));
        cr_assert(rs_boundary_intervals(&b.sample[k], &fit, every, RS_Z95, edge, &error));
        for (int g = 0; g < G; g++) {
            const struct rs_interval *e = &split.part[k].edge[g];
            if (k == 0 && g == 3) {
                cr_expect(isnan(e->lower) && isnan(e->upper));
                continue;
            }
            cr_expect(fabs(e->lower - edge[g].lower) < 1e-6 && fabs(e->upper - edge[g].upper) < 1e-6,
                      "part %zu, group %d: %.8f to %.8f, alone %.8f to %.8f", k, g, e->lower, e->upper, edge[g].lower,
                      edge[g].upper);
            cr_expect(e->lower <= fit.rate[g] && fit.rate[g] <= e->upper && e->upper - e->lower > .01);
        }
    }
    rs_split_free(&split);
    close_both(&b);
}

/* A group all of whose mass is on one outcome stays there, and others are estimated as if it were known. */
Test(split, one_outcome_is_held) {
    struct rs_error error = {0};
    struct rs_series s = {.imputed = {0}};
    *rs_count_at(&s.by_cell, 0) = (struct rs_count){50, 50};
    *rs_count_at(&s.by_cell, 1) = (struct rs_count){40, 10};
    struct rs_split split;
    cr_assert(rs_split_fit(&s, &(struct rs_split_into){.by = RS_BY_CELL, .parts = 1}, &split, &error));
    cr_assert(split.part[0].held[0] && split.part[0].rate[0] == 1 && split.part[0].v[0][0] == 0);
    cr_assert_float_eq(split.part[0].rate[1], .25, 1e-12);
    cr_assert(isnan(split.part[0].rate[2]) && split.part[0].n[2] == 0);
    rs_split_free(&split);
    free(s.by_cell.c);
}
