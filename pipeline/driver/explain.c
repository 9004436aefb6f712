/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One person's probabilities and every factor of them: for auditors, and for whoever is asked why. */
#include "explain.h"
#include <math.h>
#include <stdio.h>
#include "pipeline/reference/name_fold.h"
#include "stages/impute/fbisg.h"
#include "stages/impute/options.h"

enum { FOLDED_BYTES = 255 };

static double sum_of(const double v[RS_GROUPS]) {
    double sum = 0;
    for (int r = 0; r < RS_GROUPS; r++) sum += v[r];
    return sum;
}

/* ---- names ------------------------------------------------------------------------------------------------------ */

typedef bool look_up(const struct rs_pack *pack, struct rs_view name, double counts[RS_GROUPS]);

/* Letters only, and blanks if they are kept. */
static struct rs_view bare(struct rs_view name, bool blanks, char out[FOLDED_BYTES + 1]) {
    size_t n = 0;
    for (size_t i = 0; i < name.n && n < FOLDED_BYTES; i++) {
        unsigned char c = (unsigned char)name.p[i];
        if ((c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c >= 0x80 || (blanks && c == ' ')) out[n++] = (char)c;
    }
    return rs_view(out, n);
}

/* The entry that a whole name was found under: the first of these that is listed. */
static void find_key(const struct rs_pack *pack, look_up *find, struct rs_view name, struct rs_explained_name *out) {
    char text[3][FOLDED_BYTES + 1];
    struct rs_view suffix, cut = rs_name_cut_suffix(NULL, name, &suffix);
    struct rs_view tries[] = {name, bare(name, true, text[0]), bare(name, false, text[1]), cut, bare(cut, false, text[2])};
    for (size_t i = 0; i < sizeof tries / sizeof *tries; i++)
        if (tries[i].n > 0 && tries[i].n <= FOLDED_BYTES && find(pack, tries[i], out->counts)) {
            memcpy(out->key_text, tries[i].p, tries[i].n);
            out->key = rs_view(out->key_text, tries[i].n);
            return;
        }
}

static void explain_surname(const struct rs_pack *pack, const struct rs_explanation *e, struct rs_explained_name *out) {
    struct rs_surnames surnames;
    rs_surnames_init(&surnames, pack, e->options.surname_smoothing);
    enum rs_surname_match match = rs_surname_find(&surnames, out->folded, out->likelihood);
    out->match = rs_surname_match_names[match];
    rs_pack_surname_totals(pack, out->totals);
    if (match == RS_SURNAME_OTHER) {
        rs_pack_other_surnames(pack, out->counts);
        out->key = RS_LIT("ALL OTHER NAMES");
    } else if (match != RS_SURNAME_NONE && match != RS_SURNAME_PARTS) {
        find_key(pack, rs_pack_surname, out->folded, out);
    }
}

static void explain_first_name(const struct rs_pack *pack, struct rs_explained_name *out) {
    enum rs_first_name_match match = rs_first_name_find(pack, out->folded, out->likelihood);
    out->match = rs_first_name_match_names[match];
    rs_pack_first_name_totals(pack, out->totals);
    rs_pack_first_name_smoothing(pack, out->a);
    if (match == RS_FIRST_NAME_EXACT || match == RS_FIRST_NAME_JOINED)
        find_key(pack, rs_pack_first_name_counts, out->folded, out);
}

/* ---- places ----------------------------------------------------------------------------------------------------- */

static void add_place(struct rs_explanation *e, const char *level, struct rs_view id, const double residents[RS_GROUPS],
                      double smoothing) {
    struct rs_explained_place *p = &e->places[e->n_places];
    const double *parent = e->n_places ? e->places[e->n_places - 1].share : residents;
    double all = sum_of(residents), k = e->n_places ? smoothing : 0;
    if (!(all > 0)) return; /* nobody lives there: the one above stands for it */
    p->level = level;
    snprintf(p->id, sizeof p->id, "%.*s", (int)id.n, id.p);
    for (int r = 0; r < RS_GROUPS; r++) {
        p->residents[r] = residents[r];
        p->share[r] = (residents[r] + k * parent[r]) / (all + k);
    }
    e->n_places++;
}

/* All ZCTAs with the same first three digits. */
static void sum_area(const struct rs_pack *pack, struct rs_view id, double area[RS_GROUPS]) {
    for (size_t i = 0; i < rs_pack_places(pack, RS_ZCTA); i++) {
        double counts[RS_GROUPS];
        struct rs_view other = rs_pack_place_at(pack, RS_ZCTA, i, counts);
        for (int r = 0; memcmp(other.p, id.p, 3) == 0 && r < RS_GROUPS; r++) area[r] += counts[r];
    }
}

/* The places that the used one lies in, as model.h says. */
static void explain_places(const struct rs_pack *pack, struct rs_explanation *e) {
    static const enum rs_place_level chain[] = {RS_STATE, RS_COUNTY, RS_TRACT, RS_BLOCK_GROUP};
    static const size_t digits[RS_PLACE_LEVELS] = {0, 2, 5, 5, 11, 12};
    double counts[RS_GROUPS];
    enum rs_place_level used = e->posterior.level;
    rs_pack_nation(pack, counts);
    add_place(e, rs_place_level_names[RS_NATION], RS_LIT("US"), counts, 0);
    if (used == RS_NATION) return;
    struct rs_view id = rs_pack_place_at(pack, used, e->posterior.place, counts);
    if (used == RS_ZCTA) {
        double area[RS_GROUPS] = {0};
        sum_area(pack, id, area);
        add_place(e, "zcta3", rs_view(id.p, 3), area, e->options.smoothing);
    }
    for (size_t i = 0; used != RS_ZCTA && chain[i] != used; i++)
        if (rs_pack_place(pack, chain[i], rs_view(id.p, digits[chain[i]]), counts))
            add_place(e, rs_place_level_names[chain[i]], rs_view(id.p, digits[chain[i]]), counts, e->options.smoothing);
    rs_pack_place(pack, used, id, counts);
    add_place(e, rs_place_level_names[used], id, counts, e->options.smoothing);
    if (e->posterior.band == RS_BANDS) return;
    e->band[rs_band_text(e->band, rs_pack_band_at(pack, e->posterior.band))] = 0;
    add_place(e, e->band, id, rs_pack_band_counts(pack, e->posterior.band, used, e->posterior.place), e->options.smoothing);
}

/* ---- together --------------------------------------------------------------------------------------------------- */

static void explain_form(const struct rs_pack *pack, struct rs_explanation *e) {
    double bearers[RS_GROUPS], nation[RS_GROUPS];
    bool textbook = e->options.textbook && e->surname.used && !rs_impute_is_fitted(&e->options);
    rs_pack_surname_totals(pack, bearers);
    rs_pack_nation(pack, nation);
    for (int r = 0; r < RS_GROUPS; r++)
        e->form[r] = textbook ? bearers[r] / sum_of(bearers) / (nation[r] / sum_of(nation)) : 1;
}

/* The factors shown must make the answer given. */
static bool check(const struct rs_explanation *e, const double p[RS_GROUPS], struct rs_error *error) {
    for (int r = 0; r < RS_GROUPS; r++)
        if (!(fabs(e->product[r] / e->sum - p[r]) <= 1e-12))
            return rs_fail(error, RS_BUG, "explain: the factors give %.15g for %s, imputation %.15g: please report it",
                           e->product[r] / e->sum, rs_group_names[r], p[r]);
    return true;
}

static void multiply(struct rs_explanation *e) {
    for (int r = 0; r < RS_GROUPS; r++) {
        e->product[r] = e->place[r] * e->form[r];
        if (e->surname.used) e->product[r] *= e->surname.likelihood[r] + e->added;
        if (e->first_name.used) e->product[r] *= e->first_name.likelihood[r] + e->added;
        if (e->middle_name.used) e->product[r] *= e->middle_name.likelihood[r] + e->added;
        if (e->said.cells && !e->said.whole) e->product[r] *= e->said.weight[r];
    }
    e->sum = sum_of(e->product);
}

/* fBISG with the person alone in the place: what the others there change depends on the run. */
static void fit_place(const struct rs_pack *pack, const struct rs_impute_model *model, const struct rs_who *who,
                      struct rs_explanation *e) {
    double likelihood[1][RS_GROUPS], p[1][RS_GROUPS];
    struct rs_posterior q = e->posterior;
    if (!rs_impute_is_fitted(&e->options) || e->posterior.level == RS_NATION) return;
    const double *residents = rs_pack_place_counts(pack, e->posterior.level, e->posterior.place);
    rs_impute_likelihood(model, who, likelihood[0], &q);
    rs_fbisg_unit(&(struct rs_fbisg_options){.sweeps = 2, .burn_in = 1}, 0, residents,
                  (const double(*)[RS_GROUPS])likelihood, p, 1);
    memcpy(e->posterior.p, p[0], sizeof p[0]);
    e->posterior.kind = q.first_match < RS_FIRST_NAME_NONE ? RS_FBIFSG : RS_FBISG;
    e->fitted = true;
    for (int r = 0; r < RS_GROUPS; r++) e->place[r] = residents[r] + 1;
}

static struct rs_who who_of(const struct rs_explain_input *input, const struct rs_explanation *e) {
    const struct rs_view *p = input->person;
    struct rs_who who = {.surname = e->surname.folded,
                         .first_name = e->first_name.folded,
                         .middle_name = e->middle_name.folded,
                         .has_age = input->age >= 0,
                         .age = input->age,
                         .sex = rs_sex_letter(p[PERSON_sex]),
                         .ids = {.state = p[PERSON_state], .zip5 = p[PERSON_zip5], .zcta = p[PERSON_zcta],
                                 .county = p[PERSON_county], .tract = p[PERSON_tract],
                                 .block_group = p[PERSON_block_group]}};
    if (e->said.whole) return who;
    who.cells = e->said.cells;
    who.hispanic = e->said.weight[RS_HISPANIC];
    return who;
}

/* The method's answer, with what was said, and its factors. */
static bool explain_method(const struct rs_pack *pack, const struct rs_impute_model *model, const struct rs_who *who,
                           struct rs_explanation *e, struct rs_error *error) {
    rs_impute_who(model, who, &e->posterior);
    e->added = rs_impute_is_fitted(&e->options) ? RS_FBISG_ADDED : 0;
    e->surname.used = e->posterior.match != RS_SURNAME_NONE;
    e->first_name.used = e->posterior.first_match < RS_FIRST_NAME_NONE;
    e->middle_name.used = e->posterior.middle_match < RS_FIRST_NAME_NONE;
    explain_form(pack, e);
    explain_places(pack, e);
    memcpy(e->place, e->places[e->n_places - 1].share, sizeof e->place);
    fit_place(pack, model, who, e);
    multiply(e);
    if (e->sum > 0) return check(e, e->posterior.p, error);
    /* A pack in which the nation lacks a group that the person named: the place is not counted. */
    for (int r = 0; r < RS_GROUPS; r++) e->place[r] = 1;
    multiply(e);
    return check(e, e->posterior.p, error);
}

static void explain_names(const struct rs_pack *pack, const struct rs_view *person, struct rs_arena *arena,
                          struct rs_explanation *e) {
    e->surname.raw = person[PERSON_surname];
    e->surname.folded = rs_name_fold(arena, e->surname.raw);
    e->first_name.raw = person[PERSON_first_name];
    e->first_name.folded = rs_name_fold(arena, e->first_name.raw);
    explain_surname(pack, e, &e->surname);
    explain_first_name(pack, &e->first_name);
    e->middle_name.raw = person[PERSON_middle_name];
    e->middle_name.folded = rs_name_fold(arena, e->middle_name.raw);
    enum rs_first_name_match match = rs_middle_name_find(pack, e->middle_name.folded, e->middle_name.likelihood);
    e->middle_name.match = rs_first_name_match_names[match];
}

bool rs_explain(const struct rs_pack *pack, const struct rs_explain_input *input, struct rs_arena *arena,
                struct rs_explanation *e, struct rs_error *error) {
    struct rs_impute_model *model = rs_impute_model_new(pack, &input->options);
    struct rs_pairs all = rs_pairs_of(0, 0);
    *e = (struct rs_explanation){.options = input->options};
    rs_explain_said(input, &e->said);
    explain_names(pack, input->person, arena, e);
    struct rs_who who = who_of(input, e);
    bool ok = explain_method(pack, model, &who, e, error);
    memcpy(e->method, e->posterior.p, sizeof e->method);
    if (ok && input->fit) {
        struct rs_who open = who;
        open.cells = 0;
        if (who.cells) rs_impute_who(model, &open, &e->posterior);
        ok = rs_explain_fit(pack, input, e, error);
    }
    bool part = e->said.cells && !e->said.whole;
    if (ok) rs_omb2024(model, &e->posterior, part ? &e->said.answer : NULL, &all, &e->categories);
    snprintf(e->model, sizeof e->model, "%s%s", rs_impute_kind_names[e->posterior.kind],
             e->learned.fit ? RS_LEARNED_SUFFIX : "");
    rs_impute_model_free(model);
    return ok;
}

void rs_explanation_free(struct rs_explanation *e) {
    if (e) rs_fit_free(e->learned.fit);
}
