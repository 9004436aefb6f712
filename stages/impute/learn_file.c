/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The fit as a row: coefficients with the digits that give the same doubles back, and a key over all of it. */
#include <math.h>
#include <stdlib.h>
#include "learn.h"

static const char *class_name(const struct rs_fit *f, int k) {
    return f->target == RS_LEARN_RACE ? rs_group_names[k] : rs_learn_language_names[k];
}

const char *rs_term_name(const struct rs_term *t, char text[32]) {
    if (t->covariate >= 0) return rs_level_name((enum rs_covariate)t->covariate, t->level, text);
    if (t->level == 0) return "intercept";
    snprintf(text, 32, "log_p:%s", rs_group_names[t->level]);
    return text;
}

static void put_fit(struct rs_buffer *out, const struct rs_fit *f, const double *b) {
    int wide = f->n_classes - 1;
    rs_buffer_byte(out, '[');
    for (int t = 0; t < f->n_terms; t++) {
        rs_buffer_printf(out, t ? ",[" : "[");
        for (int k = 0; k < wide; k++) rs_buffer_printf(out, k ? ",%.17g" : "%.17g", b[t * wide + k]);
        rs_buffer_byte(out, ']');
    }
    rs_buffer_byte(out, ']');
}

char *rs_fit_coefficients(const struct rs_fit *f) {
    struct rs_buffer out = {0};
    char text[32];
    rs_buffer_printf(&out, "{\"classes\":[");
    for (int k = 0; k < f->n_classes; k++) rs_buffer_printf(&out, "%s\"%s\"", k ? "," : "", class_name(f, k));
    rs_buffer_printf(&out, "],\"terms\":[");
    for (int t = 0; t < f->n_terms; t++)
        rs_buffer_printf(&out, "%s\"%s\"", t ? "," : "", rs_term_name(&f->terms[t], text));
    rs_buffer_printf(&out, "],\"all\":");
    put_fit(&out, f, f->coefficients[0]);
    rs_buffer_printf(&out, ",\"folds\":[");
    for (int i = 1; i <= RS_FOLDS; i++) {
        if (i > 1) rs_buffer_byte(&out, ',');
        put_fit(&out, f, f->coefficients[i]);
    }
    rs_buffer_printf(&out, "]}");
    rs_buffer_byte(&out, 0);
    return out.p;
}

#define WEIGHTING "silent"

static struct rs_key key_of(const struct rs_fit *f, const char *coefficients) {
    char cohort[65], ridge[40], draw[32];
    rs_hex(cohort, f->cohort.b, 32);
    ridge[rs_format_real(ridge, f->ridge)] = 0;
    snprintf(draw, sizeof draw, "draw %llu", (unsigned long long)f->draw);
    struct rs_view parts[] = {rs_cstr(rs_learn_target_names[f->target]), rs_cstr(rs_learn_form_names[f->form]),
                              rs_cstr(f->base), rs_cstr(f->pack), rs_cstr(cohort), rs_cstr(ridge),
                              rs_cstr(coefficients), RS_LIT(WEIGHTING), rs_cstr(draw)};
    /* not of those without: they have the keys they had before there were weights, or draws */
    size_t n = sizeof parts / sizeof *parts - (f->draw ? 0 : f->weighted ? 1 : 2);
    if (f->draw && !f->weighted) parts[n - 2] = RS_LIT("");
    return rs_hash_key(parts, n);
}

void rs_fit_finish(struct rs_fit *f) {
    char *text = rs_fit_coefficients(f);
    f->key = key_of(f, text);
    free(text);
}

void rs_fit_emit(const struct rs_fit *f, struct rs_batch *batch, int sink) {
    struct rs_arena *arena = &batch->arena;
    char *coefficients = rs_fit_coefficients(f), cohort[65];
    rs_hex(cohort, f->cohort.b, 32);
    struct rs_view row[FIT_COLUMNS] = {
        [FIT_target] = rs_cstr(rs_learn_target_names[f->target]), [FIT_fit_key] = rs_key_text(arena, f->key),
        [FIT_form] = rs_cstr(rs_learn_form_names[f->form]), [FIT_base] = rs_cstr(f->base),
        [FIT_pack] = rs_cstr(f->pack), [FIT_cohort] = rs_view(cohort, 64),
        [FIT_members] = rs_arena_long(arena, (int64_t)f->members), [FIT_folds] = rs_arena_long(arena, RS_FOLDS),
        [FIT_ridge] = rs_arena_real(arena, f->ridge),
        [FIT_loss_none] = rs_arena_real(arena, f->loss[RS_FORM_NONE]),
        [FIT_loss_recalibration] = rs_arena_real(arena, f->loss[RS_FORM_RECALIBRATION]),
        [FIT_loss_full] = rs_arena_real(arena, f->loss[RS_FORM_FULL]), [FIT_gain] = rs_arena_real(arena, f->gain),
        [FIT_gain_se] = rs_arena_real(arena, f->gain_se), [FIT_coefficients] = rs_cstr(coefficients),
        [FIT_weighting] = f->weighted ? RS_LIT(WEIGHTING) : RS_NULL,
        [FIT_draw] = f->draw ? rs_arena_long(arena, (int64_t)f->draw) : RS_NULL};
    rs_batch_emit(batch, sink, &rs_layout_fit, row);
    free(coefficients);
}

/* ---- reading --------------------------------------------------------------------------------------------------- */

static bool damaged(struct rs_error *error, const char *what) {
    return rs_fail(error, RS_DATA, "%s is not what a fit has: the file was made by another version or changed by hand; "
                   "fit anew with --refit", what);
}

static bool read_term(struct rs_fit *f, const char *name) {
    char text[32];
    struct rs_term *t = &f->terms[f->n_terms];
    for (int r = 0; r < RS_GROUPS; r++) {
        *t = (struct rs_term){-1, r};
        if (strcmp(rs_term_name(t, text), name) == 0) return ++f->n_terms;
    }
    for (int c = 0; c < RS_COVARIATES; c++)
        for (int level = 1; level < RS_LEVELS; level++) {
            *t = (struct rs_term){c, level};
            const char *here = rs_term_name(t, text);
            if (!here || strcmp(here, name) != 0) continue;
            f->term_of[c][level] = (short)f->n_terms;
            return ++f->n_terms;
        }
    return false;
}

static bool read_numbers(const struct rs_fit *f, const json_t *terms, double **out) {
    int wide = f->n_classes - 1;
    if (json_array_size(terms) != (size_t)f->n_terms) return false;
    *out = rs_alloc((size_t)(f->n_terms * wide + 1) * sizeof **out);
    for (int t = 0; t < f->n_terms; t++) {
        const json_t *classes = json_array_get(terms, (size_t)t);
        if (json_array_size(classes) != (size_t)wide) return false;
        for (int k = 0; k < wide; k++) {
            const json_t *v = json_array_get(classes, (size_t)k);
            if (!json_is_number(v)) return false;
            (*out)[t * wide + k] = json_number_value(v);
        }
    }
    return true;
}

static bool read_coefficients(struct rs_fit *f, struct rs_view text) {
    json_t *all = json_loadb(text.p, text.n, 0, NULL), *terms = json_object_get(all, "terms");
    const json_t *folds = json_object_get(all, "folds");
    bool ok = json_is_array(terms) && json_array_size(terms) <= RS_TERMS && json_array_size(folds) == RS_FOLDS;
    for (size_t t = 0; ok && t < json_array_size(terms); t++) {
        const char *name = json_string_value(json_array_get(terms, t));
        ok = name && read_term(f, name);
    }
    for (int i = 0; ok && i <= RS_FOLDS; i++)
        ok = read_numbers(f, i ? json_array_get(folds, (size_t)i - 1) : json_object_get(all, "all"), &f->coefficients[i]);
    json_decref(all);
    return ok;
}

static bool real_of(struct rs_view v, double *out) {
    *out = NAN;
    return rs_is_null(v) || rs_parse_real(v, out);
}

static bool read_row(struct rs_fit *f, const struct rs_view *row, struct rs_error *error) {
    int64_t members, folds, draw = 0;
    struct rs_key key;
    int form = 0;
    while (form < RS_FORMS && !rs_eq_c(row[FIT_form], rs_learn_form_names[form])) form++;
    if (form == RS_FORMS || row[FIT_base].n >= sizeof f->base || row[FIT_pack].n >= sizeof f->pack)
        return damaged(error, "form, base or pack");
    f->form = (enum rs_learn_form)form;
    f->weighted = rs_has(row[FIT_weighting]);
    memcpy(f->base, row[FIT_base].p, row[FIT_base].n);
    memcpy(f->pack, row[FIT_pack].p, row[FIT_pack].n);
    if (!rs_unhex(row[FIT_cohort], f->cohort.b, 32) || !rs_parse_long(row[FIT_members], &members) || members < 0 ||
        !rs_parse_long(row[FIT_folds], &folds) || folds != RS_FOLDS || !rs_key_parse(row[FIT_fit_key], &key))
        return damaged(error, "cohort, members, folds or key");
    f->members = (uint64_t)members;
    if (rs_has(row[FIT_draw]) && (!rs_parse_long(row[FIT_draw], &draw) || draw < 1)) return damaged(error, "draw");
    f->draw = (uint64_t)draw;
    if (!rs_parse_real(row[FIT_ridge], &f->ridge) || !real_of(row[FIT_loss_none], &f->loss[RS_FORM_NONE]) ||
        !real_of(row[FIT_loss_recalibration], &f->loss[RS_FORM_RECALIBRATION]) ||
        !real_of(row[FIT_loss_full], &f->loss[RS_FORM_FULL]) || !rs_parse_real(row[FIT_gain], &f->gain) ||
        !rs_parse_real(row[FIT_gain_se], &f->gain_se) || !read_coefficients(f, row[FIT_coefficients]))
        return damaged(error, "a number");
    rs_fit_finish(f);
    return rs_key_compare(f->key, key) == 0 || damaged(error, "fit_key");
}

bool rs_fit_read(const struct rs_manifest *manifest, enum rs_learn_target target, struct rs_fit **fit,
                 struct rs_error *error) {
    struct rs_scan *scan = rs_scan_open(manifest, error);
    const struct rs_view *row;
    *fit = NULL;
    if (!scan) return false;
    while (!error->code && rs_scan_next(scan, &row, error)) {
        if (*fit || !rs_eq_c(row[FIT_target], rs_learn_target_names[target])) continue;
        *fit = rs_fit_new(target);
        read_row(*fit, row, error);
    }
    rs_scan_close(scan);
    if (!error->code) return true;
    rs_fit_free(*fit);
    *fit = NULL;
    return rs_error_context(error, "%s", manifest->path);
}

bool rs_fit_suits(const struct rs_fit *f, const char *base, const char *pack, struct rs_error *error) {
    if (strcmp(f->base, base) == 0 && strcmp(f->pack, pack) == 0) return true;
    return rs_fail(error, RS_CONFIG, "the fit (%s) was made on method %s with reference pack %s, this run has %s with "
                   "%s: use the same, or fit anew with --refit", rs_learn_target_names[f->target], f->base, f->pack,
                   base, pack);
}

static json_t *real(double v) { return isfinite(v) ? json_real(v) : json_null(); }

json_t *rs_fit_json(const struct rs_fit *f) {
    char key[33], cohort[65];
    rs_hex(key, f->key.b, 16);
    rs_hex(cohort, f->cohort.b, 32);
    return json_pack("{s:s, s:s, s:s, s:s, s:s, s:s?, s:I, s:I, s:i, s:i, s:o, s:o, s:o, s:o, s:o}", "fit_key", key, "form",
                     rs_learn_form_names[f->form], "base", f->base, "pack", f->pack, "cohort", cohort, "weighting",
                     f->weighted ? WEIGHTING : NULL, "draw", (json_int_t)f->draw, "members",
                     (json_int_t)f->members, "folds", RS_FOLDS, "terms", f->n_terms, "loss_none",
                     real(f->loss[RS_FORM_NONE]), "loss_recalibration", real(f->loss[RS_FORM_RECALIBRATION]),
                     "loss_full", real(f->loss[RS_FORM_FULL]), "gain", real(f->gain), "gain_se", real(f->gain_se));
}
