/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a person said, and the learned layer, in an explanation. */
#include <math.h>
#include <stdio.h>
#include "explain.h"

/* ---- what was said ---------------------------------------------------------------------------------------------- */

/* A word, and the columns it stands in, as reconcile writes them: of the axes of 1997 and of 2024, if of both. */
static const struct word {
    const char *word;
    int column, also;
    const char *value;
} words[] = {
    {"white", PERSON_white_1997, PERSON_white, "Y"},
    {"black", PERSON_black_1997, PERSON_black, "Y"},
    {"aian", PERSON_aian_1997, PERSON_aian, "Y"},
    {"asian", PERSON_asian_1997, PERSON_asian, "Y"},
    {"nhpi", PERSON_nhopi_1997, PERSON_nhpi, "Y"},
    {"mena", PERSON_mena, -1, "Y"},
    {"other", PERSON_other_1997, -1, "Y"},
    {"asian-or-nhpi", PERSON_unresolved_1997, PERSON_unresolved_2024, "ASIAN|NHPI"},
    {"two-or-more", PERSON_unresolved_1997, PERSON_unresolved_2024, "TWO_OR_MORE"},
};

static bool take_word(struct rs_view word, struct rs_view *person, struct rs_error *error) {
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        if (!rs_eq_nocase(word, rs_cstr(words[i].word))) continue;
        person[words[i].column] = rs_cstr(words[i].value);
        if (words[i].also >= 0) person[words[i].also] = rs_cstr(words[i].value);
        return true;
    }
    return rs_fail(error, RS_USAGE, "--race-said: wants one or more of white, black, aian, asian, nhpi, mena, other, "
                   "asian-or-nhpi, two-or-more, with a comma between");
}

bool rs_explain_races(const char *races, struct rs_view *person, struct rs_error *error) {
    struct rs_view rest = rs_cstr(races);
    if (!rs_has(rest)) return take_word(rest, person, error);
    while (rs_has(rest))
        if (!take_word(rs_trim(rs_split(&rest, ',')), person, error)) return false;
    return true;
}

bool rs_explain_ethnicity(const char *ethnicity, struct rs_view *person, struct rs_error *error) {
    bool yes = strcmp(ethnicity, "hispanic") == 0;
    if (!yes && strcmp(ethnicity, "not-hispanic") != 0)
        return rs_fail(error, RS_USAGE, "--ethnicity-said: wants hispanic or not-hispanic");
    person[PERSON_hispanic_1997] = person[PERSON_hispanic] = rs_cstr(yes ? "Y" : "N");
    return true;
}

void rs_explain_said(const struct rs_explain_input *input, struct rs_explained_answer *out) {
    out->answer = rs_answer_of(input->person);
    out->cells = rs_answer_cells(&out->answer);
    out->whole = out->cells && (out->cells & (out->cells - 1)) == 0;
    for (int r = 0; r < RS_GROUPS; r++) out->weight[r] = !out->cells || (out->cells >> r & 1) ? 1 : 0;
    out->weight[RS_HISPANIC] *= rs_answer_hispanic(&out->answer) * input->options.silent_hispanic;
}

/* ---- the learned layer ------------------------------------------------------------------------------------------ */

static void add_term(struct rs_explained_fit *l, const struct rs_term *term, size_t number, double value) {
    struct rs_explained_term *t = &l->terms[l->n++];
    const double *b = l->fit->coefficients[0] + number * (RS_GROUPS - 1);
    char text[32];
    snprintf(t->name, sizeof t->name, "%s", rs_term_name(term, text));
    t->value = value;
    for (int r = 1; r < RS_GROUPS; r++) t->b[r] = b[r - 1];
}

/* The terms of the fit that are not zero for the person: those of a covariate's other levels are. */
static void add_terms(struct rs_explained_fit *l, const struct rs_learn_person *person) {
    for (size_t i = 0; l->fit->form != RS_FORM_NONE && i < (size_t)l->fit->n_terms; i++) {
        const struct rs_term *term = &l->fit->terms[i];
        bool covariate = term->covariate >= 0;
        if (l->fit->form == RS_FORM_RECALIBRATION && i > 0) break;
        if (covariate && person->level[term->covariate] != term->level) continue;
        if (l->n == RS_EXPLAINED_TERMS) return;
        add_term(l, term, i, covariate || term->level == 0 ? 1 : person->log_p[term->level] - person->log_p[0]);
    }
}

static bool check(const struct rs_explained_fit *l, const struct rs_learn_person *person, struct rs_error *error) {
    double score[RS_GROUPS], sum = 0;
    for (int r = 0; r < RS_GROUPS; r++) {
        score[r] = l->fit->form == RS_FORM_NONE ? log(l->before[r]) : person->log_p[r];
        for (size_t i = 0; i < l->n; i++) score[r] += l->terms[i].value * l->terms[i].b[r];
        sum += exp(score[r]);
    }
    for (int r = 0; r < RS_GROUPS; r++)
        if (!(fabs(exp(score[r]) / sum - l->after[r]) <= 1e-12))
            return rs_fail(error, RS_BUG, "explain: the fit's terms give %.15g for %s, the learned layer %.15g: please "
                           "report it", exp(score[r]) / sum, rs_group_names[r], l->after[r]);
    return true;
}

static bool read_fit(const struct rs_pack *pack, const struct rs_explain_input *input, struct rs_fit **fit,
                     struct rs_error *error) {
    struct rs_manifest m;
    if (!rs_manifest_read(input->fit, &rs_layout_fit, &m, error) || !rs_fit_read(&m, RS_LEARN_RACE, fit, error))
        return false;
    if (!*fit) return rs_fail(error, RS_CONFIG, "--fit %s holds no fit of race", input->fit);
    return rs_fit_suits(*fit, rs_impute_method_names[input->options.method], rs_pack_id(pack), error);
}

bool rs_explain_fit(const struct rs_pack *pack, const struct rs_explain_input *input, struct rs_explanation *e,
                    struct rs_error *error) {
    struct rs_explained_fit *l = &e->learned;
    struct rs_view row[PERSON_COLUMNS];
    if (!read_fit(pack, input, &l->fit, error)) return false;
    memcpy(row, input->person, sizeof row);
    row[PERSON_person_key] = RS_LIT("explained"); /* tells the fold, which matters only for members who report */
    struct rs_view usps = rs_has(row[PERSON_state]) ? rs_state_usps(row[PERSON_state]) : RS_NULL;
    if (rs_has(usps)) row[PERSON_state] = usps; /* a FIPS code was given */
    struct rs_learn_person person = rs_learn_person_of(row);
    memcpy(l->before, e->posterior.p, sizeof l->before);
    memcpy(l->after, e->posterior.p, sizeof l->after);
    rs_learn_person_p(&person, l->before);
    add_terms(l, &person);
    if (l->fit->form != RS_FORM_NONE) rs_fit_apply(l->fit, &person, false, l->after);
    if (!check(l, &person, error)) return false;
    memcpy(e->posterior.p, l->after, sizeof l->after);
    if (e->said.cells && !e->said.whole) rs_answer_narrow(e->posterior.p, e->said.cells, e->said.weight[RS_HISPANIC]);
    return true;
}
