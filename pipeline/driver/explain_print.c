/* SPDX-License-Identifier: GPL-3.0-or-later */
/* An explanation as text that an auditor can follow with a calculator, and as JSON. */
#include <stdio.h>
#include "explain.h"

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
    if (rs_has(n->key)) json_object_set_new(o, "bearers", groups(n->counts));
    if (n->used) json_object_set_new(o, "likelihood", groups(n->likelihood));
    return o;
}

static json_t *tables(const struct rs_pack *pack) {
    struct rs_view info = rs_pack_info(pack);
    json_t *o = json_loadb(info.p, info.n, 0, NULL), *list = json_incref(json_object_get(o, "tables"));
    json_decref(o);
    return list ? list : json_array();
}

json_t *rs_explanation_json(const struct rs_explanation *e, const struct rs_pack *pack) {
    const struct rs_impute_options *o = &e->options;
    json_t *places = json_array();
    for (size_t i = 0; i < e->n_places; i++) {
        const struct rs_explained_place *p = &e->places[i];
        json_array_append_new(places, json_pack("{s:s, s:s, s:o, s:o}", "level", p->level, "id", p->id, "residents",
                                                groups(p->residents), "share", groups(p->share)));
    }
    return json_pack("{s:s, s:{s:s, s:s, s:f, s:f, s:s}, s:o, s:o, s:o, s:o, s:o, s:f, s:s, s:s, s:o, s:b, s:o}", "pack",
                     rs_pack_id(pack), "options", "method", rs_impute_method_names[o->method], "form",
                     o->textbook ? "textbook" : "place", "smoothing", o->smoothing, "surname_smoothing",
                     o->surname_smoothing, "geography", rs_place_level_names[o->finest], "surname",
                     name_json(&e->surname), "first_name", name_json(&e->first_name), "places", places, "form_factor",
                     groups(e->form), "product", groups(e->product), "sum", e->sum, "model",
                     rs_impute_kind_names[e->posterior.kind], "geography_level",
                     rs_place_level_names[e->posterior.level], "posterior", groups(e->posterior.p), "adults_only",
                     rs_pack_adults_only(pack, e->posterior.level), "tables", tables(pack));
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
        if (rs_has(e->surname.key)) line("bearers", e->surname.counts, " %13.1f");
        line("likelihood", e->surname.likelihood, " %13.6e");
    }
    if (e->first_name.used) {
        heading("P(first name | group)");
        if (rs_has(e->first_name.key)) line("bearers", e->first_name.counts, " %13.1f");
        line("likelihood", e->first_name.likelihood, " %13.6e");
    }
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

void rs_explanation_print(const struct rs_explanation *e, const struct rs_pack *pack) {
    const struct rs_impute_options *o = &e->options;
    printf("method %s, form %s, smoothing %g of places and %g of surnames, reference pack %s\n",
           rs_impute_method_names[o->method], o->textbook ? "textbook" : "place", o->smoothing, o->surname_smoothing,
           rs_pack_id(pack));
    name_is("surname", &e->surname);
    name_is("first name", &e->first_name);
    printf("%-12s%s %s\n", "place", e->places[e->n_places - 1].level, e->places[e->n_places - 1].id);
    print_names(e);
    print_places(e);
    if (o->textbook && e->surname.used) {
        heading("form textbook");
        line("P(r, surnames) / P(r, nation)", e->form, " %13.8f");
    }
    heading("together");
    line("product of the factors", e->product, " %13.6e");
    printf("  %-26s %13.6e\n", "their sum", e->sum);
    line("posterior", e->posterior.p, " %13.8f");
    printf("\nmodel %s at %s, as relsogi impute writes it for this person.\n", rs_impute_kind_names[e->posterior.kind],
           rs_place_level_names[e->posterior.level]);
    if (rs_pack_adults_only(pack, e->posterior.level))
        puts("Residents are those of 18 and over: a child is taken for an adult.");
    puts("\nTables:");
    print_tables(pack);
}
