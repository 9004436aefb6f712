/* SPDX-License-Identifier: GPL-3.0-or-later */
/* An explanation as text that an auditor can follow with a calculator, and as JSON. */
#include <math.h>
#include <stdio.h>
#include "explain.h"
#include "stages/impute/options.h"

/* ---- JSON ------------------------------------------------------------------------------------------------------- */

static json_t *groups(const double v[RS_GROUPS]) {
    json_t *o = json_object();
    for (int r = 0; r < RS_GROUPS; r++) json_object_set_new(o, rs_group_names[r], json_real(v[r]));
    return o;
}

static json_t *text(struct rs_view v) { return rs_is_null(v) ? json_null() : json_stringn(v.p, v.n); }

static json_t *name_json(const struct rs_explained_name *n) {
    json_t *o = json_pack("{s:o, s:o, s:s, s:b, s:o}", "given", text(n->raw), "folded", text(n->folded), "match", n->match,
                          "used", n->used, "found_as", text(n->key));
    if (rs_has(n->key)) {
        json_object_set_new(o, "bearers", groups(n->counts));
        json_object_set_new(o, "all_bearers", groups(n->totals));
        json_object_set_new(o, "smoothing", groups(n->a));
    }
    if (n->used) json_object_set_new(o, "likelihood", groups(n->likelihood));
    return o;
}

static json_t *tables(const struct rs_pack *pack) {
    struct rs_view info = rs_pack_info(pack);
    json_t *o = json_loadb(info.p, info.n, 0, NULL), *list = json_incref(json_object_get(o, "tables"));
    json_decref(o);
    return list ? list : json_array();
}

static json_t *answer_json(const struct rs_explained_answer *said) {
    char cells[RS_CELLS_TEXT];
    size_t n = rs_cells_text(cells, said->cells);
    if (!said->cells) return json_null();
    return json_pack("{s:s%, s:b, s:o}", "leaves", cells, n, "whole", said->whole, "weight", groups(said->weight));
}

static json_t *fit_json(const struct rs_explained_fit *l) {
    json_t *o, *terms;
    if (!l->fit) return json_null();
    o = rs_fit_json(l->fit);
    json_object_set_new(o, "n_terms", json_incref(json_object_get(o, "terms")));
    json_object_set_new(o, "terms", terms = json_array());
    for (size_t i = 0; i < l->n; i++)
        json_array_append_new(terms, json_pack("{s:s, s:f, s:o}", "term", l->terms[i].name, "value", l->terms[i].value,
                                               "coefficient", groups(l->terms[i].b)));
    json_object_set_new(o, "before", groups(l->before));
    json_object_set_new(o, "after", groups(l->after));
    return o;
}

static const char *const categories[RS_2024_EIGHT] = {"AIAN", "ASIAN", "BLACK", "HISPANIC", "MENA", "NHPI", "WHITE", "MULTI"};

static json_t *real_or_null(double v) { return isnan(v) ? json_null() : json_real(v); }

static json_t *categories_json(const struct rs_omb2024 *o) {
    json_t *eight = json_object(), *any = json_object();
    for (int c = 0; c < RS_2024_EIGHT; c++) json_object_set_new(eight, categories[c], real_or_null(o->eight[c]));
    for (int c = 0; c < RS_2024_CATEGORIES; c++) json_object_set_new(any, categories[c], real_or_null(o->any[c]));
    return json_pack("{s:o, s:o, s:s?, s:s?}", "eight", eight, "any", any, "api_split", o->api_split, "mena_split",
                     o->mena_split);
}

static json_t *options_json(const struct rs_impute_options *o) {
    return json_pack("{s:s, s:s, s:f, s:f, s:s}", "method", rs_impute_method_names[o->method], "form",
                     o->textbook ? "textbook" : "place", "smoothing", o->smoothing, "surname_smoothing",
                     o->surname_smoothing, "geography", rs_place_level_names[o->finest]);
}

json_t *rs_explanation_json(const struct rs_explanation *e, const struct rs_pack *pack) {
    json_t *places = json_array(), *o;
    for (size_t i = 0; i < e->n_places; i++) {
        const struct rs_explained_place *p = &e->places[i];
        json_array_append_new(places, json_pack("{s:s, s:s, s:o, s:o}", "level", p->level, "id", p->id, "residents",
                                                groups(p->residents), "share", groups(p->share)));
    }
    o = json_pack("{s:s, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:f}", "pack", rs_pack_id(pack), "options",
                  options_json(&e->options), "surname", name_json(&e->surname), "first_name", name_json(&e->first_name),
                  "middle_name", name_json(&e->middle_name), "places", places, "said", answer_json(&e->said), "place_factor", groups(e->place), "form_factor",
                  groups(e->form), "product", groups(e->product), "sum", e->sum);
    json_object_update_new(o, json_pack("{s:o, s:o, s:s, s:s, s:o, s:o, s:s?, s:b, s:b, s:o}", "method_posterior",
                                        groups(e->method), "learned", fit_json(&e->learned), "model", e->model,
                                        "geography_level", rs_place_level_names[e->posterior.level], "posterior",
                                        groups(e->posterior.p), "categories_2024", categories_json(&e->categories),
                                        "geography_band", *e->band ? e->band : NULL, "fitted_to_place", e->fitted, "adults_only",
                                        rs_pack_adults_only(pack, e->posterior.level), "tables", tables(pack)));
    return o;
}

/* ---- text ------------------------------------------------------------------------------------------------------- */

static void heading(const char *what) {
    printf("\n%-28s", what);
    for (int r = 0; r < RS_GROUPS; r++) printf(" %13s", rs_group_names[r]);
    puts("");
}

static void line(const char *what, const double v[RS_GROUPS], const char *format) {
    printf("  %-26s", what);
    for (int r = 0; r < RS_GROUPS; r++) printf(format, v[r]);
    puts("");
}

static void name_is(const char *what, const struct rs_explained_name *n) {
    printf("%-12s", what);
    if (rs_is_null(n->raw)) {
        puts("not given");
        return;
    }
    printf("\"%.*s\", folded %.*s: %s", (int)n->raw.n, n->raw.p, (int)n->folded.n, n->folded.n ? n->folded.p : "", n->match);
    if (rs_has(n->key)) printf(", as %.*s", (int)n->key.n, n->key.p);
    puts(n->used ? "" : " (says nothing here, factor left out)");
}

static void print_tables(const struct rs_pack *pack) {
    json_t *list = tables(pack), *t;
    size_t i;
    json_array_foreach(list, i, t) {
        const char *vintage = json_string_value(json_object_get(t, "vintage"));
        const char *source = json_string_value(json_object_get(t, "source"));
        printf("  %-14s %s%s%s%s%s\n", json_string_value(json_object_get(t, "role")),
               json_string_value(json_object_get(t, "file")), vintage ? ", " : "", vintage ? vintage : "",
               source ? "; " : "", source ? source : "");
    }
    json_decref(list);
}

static void print_names(const struct rs_explanation *e) {
    if (e->surname.used) {
        heading("P(surname | group)");
        if (rs_has(e->surname.key)) {
            line("bearers c", e->surname.counts, " %13.1f");
            line("of all names, N", e->surname.totals, " %13.0f");
        }
        line("likelihood", e->surname.likelihood, " %13.6e");
        if (rs_has(e->surname.key))
            printf("  likelihood: c / N of the group, and %g / N of all groups\n", e->options.surname_smoothing);
    }
    if (e->first_name.used) {
        heading("P(first name | group)");
        if (rs_has(e->first_name.key)) {
            line("bearers c", e->first_name.counts, " %13.1f");
            line("of all names, N", e->first_name.totals, " %13.0f");
            line("smoothing a", e->first_name.a, " %13.3f");
        }
        line("likelihood", e->first_name.likelihood, " %13.6e");
        if (rs_has(e->first_name.key))
            puts("  likelihood: (c + a) / (C s + a) times C / N; C and the last N of all groups, s the group's share of N");
    }
}

static void print_middle_name(const struct rs_explanation *e) {
    if (!e->middle_name.used) return;
    heading("P(middle name | group)");
    line("likelihood", e->middle_name.likelihood, " %13.6e");
}

static void print_places(const struct rs_explanation *e) {
    heading("P(group | place)");
    for (size_t i = 0; i < e->n_places; i++) {
        const struct rs_explained_place *p = &e->places[i];
        char label[40];
        snprintf(label, sizeof label, "%s %s", p->level, p->id);
        line(label, p->residents, " %13.1f");
        snprintf(label, sizeof label, i ? "  share, %g from above" : "  share", e->options.smoothing);
        line(label, p->share, " %13.8f");
    }
}

/* In words, before the numbers: what was said and what it leaves. */
static void print_said(const struct rs_explained_answer *said) {
    char cells[RS_CELLS_TEXT];
    if (!said->cells) return;
    printf("%-12sleaves %.*s%s\n", "answer", (int)rs_cells_text(cells, said->cells), cells,
           said->whole ? ": it is whole. What follows is the model's answer alone, to compare, and never replaces it" : "");
}

static void print_weight(const struct rs_explained_answer *said) {
    if (!said->cells || said->whole) return;
    heading("P(answer | group)");
    line("weight", said->weight, " %13.8f");
    double share = rs_answer_hispanic(&said->answer);
    if (share < 1)
        printf("  of Hispanic residents %.2f %% give a race that agrees (2010 Census, hispanic_races_2010.def)\n", 100 * share);
    if (said->weight[RS_HISPANIC] > 0 && said->weight[RS_HISPANIC] != share)
        printf("  and leave ethnicity open %g times as often as others (--silent-hispanic)\n",
               said->weight[RS_HISPANIC] / share);
}

static void print_fitted(const struct rs_explanation *e) {
    if (!rs_impute_is_fitted(&e->options)) return;
    heading("method fbisg, fbifsg");
    if (!e->fitted) puts("  no place is known: what follows is bisg or bifsg");
    if (e->fitted) line("residents of the place + 1", e->place, " %13.1f");
    printf("  %g is added to each P(name | group)\n", e->added);
    if (e->fitted)
        puts("  Within a run, members of the place are drawn in turn given all others there, and those now drawn as a group\n"
             "  are added to its residents. Here the person is alone in the place: the run's numbers differ by what the\n"
             "  others of its cohort add.");
}

static void print_learned(const struct rs_explanation *e) {
    const struct rs_explained_fit *l = &e->learned;
    if (!l->fit) return;
    char key[33], cohort[17];
    rs_hex(key, l->fit->key.b, 16);
    rs_hex(cohort, l->fit->cohort.b, 8);
    printf("\nlearned layer: fit %s, form %s, fitted to %llu members (cohort %s) on %s; out-of-fold log-loss %.4f, was "
           "%.4f\n", key, rs_learn_form_names[l->fit->form], (unsigned long long)l->fit->members, cohort, l->fit->base,
           l->fit->loss[RS_FORM_NONE] - l->fit->gain, l->fit->loss[RS_FORM_NONE]);
    heading("the method alone");
    line("probability", l->before, " %13.8f");
    heading("coefficients");
    for (size_t i = 0; i < l->n; i++) {
        char label[64];
        snprintf(label, sizeof label, "%s, x %.4f", l->terms[i].name, l->terms[i].value);
        line(label, l->terms[i].b, " %13.6f");
    }
    puts("  log p of the method plus the sum of value times coefficient; then exp, scaled to sum 1");
    line("learned", l->after, " %13.8f");
    if (e->said.cells && !e->said.whole) puts("  then times P(answer | group), scaled to sum 1: the posterior below");
}

static void print_2024(const struct rs_explanation *e) {
    const struct rs_omb2024 *o = &e->categories;
    puts("\ncategories of 2024            exclusive  alone or in combination");
    for (int c = 0; c < RS_2024_EIGHT; c++) {
        printf("  %-26s", categories[c]);
        if (isnan(o->eight[c])) printf(" not separable");
        else printf(" %13.8f", o->eight[c]);
        if (c < RS_2024_CATEGORIES && !isnan(o->any[c])) printf(" %13.8f", o->any[c]);
        puts("");
    }
    if (o->api_split) printf("  Asian and Pacific Islander are separated by: %s\n", o->api_split);
    else puts("  Asian and Pacific Islander: the pack does not separate them here; together they are API above");
    if (o->mena_split) printf("  Middle Eastern or North African and White are separated by: %s\n", o->mena_split);
    else puts("  Middle Eastern or North African: no table of the pack has it; within White");
    puts("  Two or more counts for each race by the nation's two-race pairs, Hispanic for no other (stages/impute/omb2024.h)");
}

void rs_explanation_print(const struct rs_explanation *e, const struct rs_pack *pack) {
    const struct rs_impute_options *o = &e->options;
    printf("method %s, form %s, smoothing %g of places and %g of surnames, reference pack %s\n",
           rs_impute_method_names[o->method], o->textbook ? "textbook" : "place", o->smoothing, o->surname_smoothing,
           rs_pack_id(pack));
    name_is("surname", &e->surname);
    name_is("first name", &e->first_name);
    if (rs_has(e->middle_name.raw)) name_is("middle name", &e->middle_name);
    printf("%-12s%s %s\n", "place", e->places[e->n_places - 1].level, e->places[e->n_places - 1].id);
    print_said(&e->said);
    print_names(e);
    print_middle_name(e);
    print_places(e);
    print_fitted(e);
    if (o->textbook && e->surname.used && !rs_impute_is_fitted(o)) {
        heading("form textbook");
        line("P(r, surnames) / P(r, nation)", e->form, " %13.8f");
    }
    print_weight(&e->said);
    heading("together");
    line("product of the factors", e->product, " %13.6e");
    printf("  %-26s %13.6e\n", "their sum", e->sum);
    if (e->learned.fit) line("product / sum", e->method, " %13.8f");
    print_learned(e);
    if (e->learned.fit) heading("after the learned layer");
    line("posterior", e->posterior.p, " %13.8f");
    print_2024(e);
    printf("\nmodel %s at %s%s.\n", e->model, rs_place_level_names[e->posterior.level],
           e->fitted ? "" : ", as relsogi impute writes it for this person");
    if (rs_pack_adults_only(pack, e->posterior.level) && !*e->band)
        puts("Residents are those of 18 and over: a child is taken for an adult.");
    puts("\nTables:");
    print_tables(pack);
}
