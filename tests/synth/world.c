/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Builds the population once, so that drawing a member costs a few look-ups and not a scan. */
#include "world.h"
#include <math.h>
#include <stdlib.h>

/* ---- alias tables --------------------------------------------------------------------------------------------- */

void rs_alias_build(struct rs_alias *a, const double *weights, uint32_t n) {
    a->n = n;
    a->cell = rs_alloc(n * sizeof *a->cell);
    double *left = rs_alloc(n * sizeof *left), sum = 0;
    uint32_t *small = rs_alloc(n * sizeof *small), *large = rs_alloc(n * sizeof *large), n_small = 0, n_large = 0;
    for (uint32_t i = 0; i < n; i++) sum += weights[i];
    for (uint32_t i = 0; i < n; i++) {
        left[i] = weights[i] * n / sum;
        if (left[i] < 1) small[n_small++] = i;
        else large[n_large++] = i;
    }
    while (n_small && n_large) {
        uint32_t s = small[--n_small], l = large[n_large - 1];
        a->cell[s] = (struct rs_alias_cell){(float)left[s], l};
        left[l] -= 1 - left[s];
        if (left[l] >= 1) continue;
        n_large--;
        small[n_small++] = l;
    }
    /* what is left over is 1 but for rounding; a cell of no weight keeps none */
    while (n_large) { uint32_t l = large[--n_large]; a->cell[l] = (struct rs_alias_cell){1, l}; }
    while (n_small) { uint32_t s = small[--n_small]; a->cell[s] = (struct rs_alias_cell){1, s}; }
    free(left);
    free(small);
    free(large);
}

uint32_t rs_alias_draw(const struct rs_alias *a, struct rs_random *r) {
    uint32_t i = rs_random_below(r, a->n);
    return rs_random_unit(r) < (double)a->cell[i].keep ? i : a->cell[i].other;
}

void rs_alias_free(struct rs_alias *a) { free(a->cell); }

/* ---- places --------------------------------------------------------------------------------------------------- */

struct selection { bool wanted[100]; };

static int state_number(struct rs_view fips) {
    if (fips.n < 2 || fips.p[0] < '0' || fips.p[0] > '9' || fips.p[1] < '0' || fips.p[1] > '9') return -1;
    return (fips.p[0] - '0') * 10 + fips.p[1] - '0';
}

static bool select_states(struct rs_synth_world *w, struct selection *s, struct rs_error *error) {
    bool all = strcmp(w->options->states, "all") == 0;
    for (int i = 0; i < 100; i++) {
        char fips[3] = {(char)('0' + i / 10), (char)('0' + i % 10), 0};
        struct rs_view usps = rs_state_usps(rs_view(fips, 2));
        if (usps.n == 2) memcpy(w->state[i], usps.p, 2);
        s->wanted[i] = all && usps.n == 2;
    }
    struct rs_view rest = all ? RS_NULL : rs_cstr(w->options->states);
    while (!rs_is_null(rest)) {
        struct rs_view one = rs_trim(rs_split(&rest, ',')), fips = rs_state_fips(one);
        int number = state_number(rs_has(fips) ? fips : one);
        if (number < 0 || !w->state[number][0])
            return rs_fail(error, RS_USAGE, "--states: '%.*s' is no state; give USPS letters or two-digit FIPS codes, "
                           "comma between, or all", (int)(one.n < 40 ? one.n : 40), one.p);
        s->wanted[number] = true;
    }
    return true;
}

static double total(const double counts[RS_GROUPS]) {
    double sum = 0;
    for (int g = 0; g < RS_GROUPS; g++) sum += counts[g];
    return sum;
}

static int zip_state(const struct rs_synth_world *w, struct rs_view zcta) {
    int prefix = (zcta.p[0] - '0') * 100 + (zcta.p[1] - '0') * 10 + zcta.p[2] - '0';
    for (int i = 0; i < w->tables.n_zip3; i++) {
        const struct rs_synth_zip3 *z = &w->tables.zip3[i];
        if (prefix < z->from || prefix > z->to) continue;
        return state_number(rs_state_fips(rs_view(z->state, 2)));
    }
    return -1;
}

/* ZCTAs of one state while tracts are matched with them. */
struct zips {
    uint32_t *index; /* into world.zip */
    double *share;   /* RS_GROUPS each */
    double *adults;
    uint32_t n, room;
    struct rs_alias draw;
};

static void add_zip(struct zips *z, uint32_t index, const double counts[RS_GROUPS]) {
    if (z->n == z->room) {
        z->room = z->room ? z->room * 2 : 256;
        z->index = rs_realloc(z->index, z->room * sizeof *z->index);
        z->share = rs_realloc(z->share, z->room * sizeof *z->share * RS_GROUPS);
        z->adults = rs_realloc(z->adults, z->room * sizeof *z->adults);
    }
    double sum = total(counts);
    z->index[z->n] = index;
    z->adults[z->n] = sum;
    for (int g = 0; g < RS_GROUPS; g++) z->share[z->n * RS_GROUPS + (uint32_t)g] = counts[g] / sum;
    z->n++;
}

static void read_zips(struct rs_synth_world *w, const struct selection *s, struct zips zips[100]) {
    size_t n = rs_pack_places(w->pack, RS_ZCTA);
    w->zip = rs_alloc((n + 1) * sizeof *w->zip);
    w->n_zips = 1; /* the first is no ZIP */
    for (size_t i = 0; i < n; i++) {
        double counts[RS_GROUPS];
        struct rs_view id = rs_pack_place_at(w->pack, RS_ZCTA, i, counts);
        int state = id.n == 5 ? zip_state(w, id) : -1;
        if (state < 0 || !s->wanted[state] || !(total(counts) > 0)) continue;
        memcpy(w->zip[w->n_zips], id.p, 5);
        add_zip(&zips[state], (uint32_t)w->n_zips++, counts);
    }
    for (int i = 0; i < 100; i++)
        if (zips[i].n) rs_alias_build(&zips[i].draw, zips[i].adults, zips[i].n);
}

static uint32_t nearest_zip(const struct zips *z, const double counts[RS_GROUPS], struct rs_random *r) {
    if (!z->n) return 0;
    double sum = total(counts), best = 3;
    uint32_t at = 0;
    for (int k = 0; k < 64; k++) {
        uint32_t i = rs_alias_draw(&z->draw, r);
        double far = 0;
        for (int g = 0; g < RS_GROUPS; g++) far += fabs(counts[g] / sum - z->share[i * RS_GROUPS + (uint32_t)g]);
        if (far >= best) continue;
        best = far;
        at = i;
    }
    return z->index[at];
}

/* Counts now, of counts when the tables were made. */
static void age_counts(double counts[RS_GROUPS], struct rs_random *r, double spread,
                       const struct rs_synth_group *drift) {
    for (int g = 0; g < RS_GROUPS; g++)
        counts[g] *= exp((drift ? drift[g].drift : 0) + spread * rs_random_normal(r));
}

static void set_shares(struct rs_synth_tract *t, const double counts[RS_GROUPS]) {
    double sum = total(counts), upto = 0;
    for (int g = 0; g < RS_GROUPS; g++) t->until[g] = (float)((upto += counts[g]) / sum);
}

static void add_county(struct rs_synth_world *w, struct rs_synth_tract *t) {
    if (!w->n_counties || memcmp(w->county[w->n_counties - 1], t->id, 5) != 0) {
        if ((w->n_counties & (w->n_counties - 1)) == 0) /* 0, 1, 2, 4, 8 ... */
            w->county = rs_realloc(w->county, (w->n_counties ? w->n_counties * 2 : 1) * sizeof *w->county);
        memcpy(w->county[w->n_counties], t->id, 5);
        w->county[w->n_counties++][5] = 0;
    }
    t->county = (uint32_t)w->n_counties - 1;
}

static bool read_tracts(struct rs_synth_world *w, const struct selection *s, const struct zips zips[100],
                        struct rs_error *error) {
    size_t n = rs_pack_places(w->pack, RS_TRACT);
    double *adults = rs_alloc((n + 1) * sizeof *adults);
    w->tract = rs_alloc((n + 1) * sizeof *w->tract);
    for (size_t i = 0; i < n; i++) {
        double counts[RS_GROUPS];
        struct rs_view id = rs_pack_place_at(w->pack, RS_TRACT, i, counts);
        int state = state_number(id);
        if (id.n != 11 || state < 0 || !s->wanted[state] || !(total(counts) > 0)) continue;
        struct rs_synth_tract *t = &w->tract[w->n_tracts];
        int64_t unit = 0;
        rs_parse_long(id, &unit);
        struct rs_random r = rs_random(w->options->seed, (uint64_t)unit, RS_STREAM_ZIP);
        memcpy(t->id, id.p, 11);
        add_county(w, t);
        t->zip = nearest_zip(&zips[state], counts, &r);
        r = rs_random(w->options->seed, (uint64_t)unit, RS_STREAM_TRACT);
        if (!w->options->off[RS_SYNTH_VINTAGE]) age_counts(counts, &r, w->rates.vintage_place, w->tables.group);
        set_shares(t, counts);
        adults[w->n_tracts++] = total(counts);
    }
    if (w->n_tracts) rs_alias_build(&w->tracts, adults, (uint32_t)w->n_tracts);
    free(adults);
    if (w->n_tracts) return true;
    return rs_fail(error, RS_DATA, "%s: no census tracts with people in --states %s; build a pack with tracts, or name "
                   "other states", w->options->reference, w->options->states);
}

static bool read_places(struct rs_synth_world *w, struct rs_error *error) {
    struct selection s;
    struct zips *zips = rs_alloc(100 * sizeof *zips);
    bool ok = select_states(w, &s, error);
    if (ok) read_zips(w, &s, zips);
    ok = ok && read_tracts(w, &s, zips, error);
    for (int i = 0; i < 100; i++) {
        free(zips[i].index);
        free(zips[i].share);
        free(zips[i].adults);
        rs_alias_free(&zips[i].draw);
    }
    free(zips);
    return ok;
}

/* ---- names ---------------------------------------------------------------------------------------------------- */

static uint8_t spelling_of(const struct rs_synth_tables *t, struct rs_view name) {
    int low = 0, high = t->n_spellings;
    while (low < high) {
        int middle = (low + high) / 2, order = rs_compare(t->spelling[middle].census, name);
        if (order == 0) return (uint8_t)(middle + 1);
        if (order < 0) low = middle + 1;
        else high = middle;
    }
    return 0;
}

static void read_names(struct rs_synth_world *w) {
    uint32_t n = w->n_surnames = (uint32_t)rs_pack_surnames(w->pack);
    bool aged = !w->options->off[RS_SYNTH_VINTAGE];
    double *weight = rs_alloc((n + 1) * sizeof *weight * RS_GROUPS), counts[RS_GROUPS];
    w->spelling = rs_alloc(n + 1);
    for (uint32_t i = 0; i <= n; i++) {
        if (i < n) w->spelling[i] = spelling_of(&w->tables, rs_pack_surname_at(w->pack, i, counts));
        else rs_pack_other_surnames(w->pack, counts);
        struct rs_random r = rs_random(w->options->seed, i, RS_STREAM_SURNAME);
        if (aged && i < n) age_counts(counts, &r, w->rates.vintage_name, NULL);
        for (uint32_t g = 0; g < RS_GROUPS; g++) weight[g * (n + 1) + i] = counts[g];
    }
    for (uint32_t g = 0; g < RS_GROUPS; g++) rs_alias_build(&w->surname[g], weight + g * (n + 1), n + 1);
    free(weight);
}

static void read_counties(struct rs_synth_world *w) {
    w->region = rs_alloc(w->n_counties * sizeof *w->region);
    w->pool = rs_alloc(w->n_counties * sizeof *w->pool);
    for (size_t c = 0; c < w->n_counties; c++) {
        int64_t unit = 0;
        rs_parse_long(rs_view(w->county[c], 5), &unit);
        struct rs_random r = rs_random(w->options->seed, (uint64_t)unit, RS_STREAM_COUNTY);
        w->region[c] = (int)rs_random_below(&r, RS_S_PROVIDERS);
        r = rs_random(w->options->seed, (uint64_t)unit, RS_STREAM_POOL);
        for (int g = 0; g < RS_GROUPS; g++)
            for (int k = 0; k < RS_S_POOL; k++) w->pool[c][g][k] = rs_alias_draw(&w->surname[g], &r);
    }
}

static void set_providers(struct rs_synth_world *w) {
    for (int p = 0; p < RS_S_PROVIDERS; p++) {
        struct rs_random r = rs_random(w->options->seed, (uint64_t)p, RS_STREAM_PROVIDER);
        for (int m = 0; m < RS_S_MEASURES; m++) w->quality[p][m] = 0.12 * (rs_random_unit(&r) - 0.5);
    }
}

struct rs_synth_world *rs_synth_world_new(const struct rs_synth_options *options, struct rs_error *error) {
    struct rs_synth_world *w = rs_alloc(sizeof *w);
    w->options = options;
    rs_synth_rates_set(&w->rates, options);
    bool ok = rs_synth_tables_read(&w->tables, error) && (w->pack = rs_pack_open(options->reference, error)) != NULL &&
              read_places(w, error);
    if (ok) {
        read_names(w);
        read_counties(w);
        set_providers(w);
        return w;
    }
    rs_synth_world_free(w);
    return NULL;
}

void rs_synth_world_free(struct rs_synth_world *w) {
    if (!w) return;
    rs_alias_free(&w->tracts);
    for (int g = 0; g < RS_GROUPS; g++) rs_alias_free(&w->surname[g]);
    free(w->tract);
    free(w->county);
    free(w->zip);
    free(w->region);
    free(w->pool);
    free(w->spelling);
    if (w->pack) rs_pack_close(w->pack);
    free(w);
}
