/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Reads the embedded data lines once, into plain arrays: the hot loops only index. */
#include "tables.h"
#include <stdlib.h>

const char *const rs_synth_part_names[RS_SYNTH_PARTS] = {
    [RS_SYNTH_REPORT] = "report",   [RS_SYNTH_NAMES] = "names",           [RS_SYNTH_VINTAGE] = "vintage",
    [RS_SYNTH_CHILDREN] = "children", [RS_SYNTH_MOVERS] = "movers", [RS_SYNTH_HOUSEHOLDS] = "households",
    [RS_SYNTH_DAMAGE] = "damage",
};

static bool part_is_on(const char *part, const struct rs_synth_options *options) {
    for (int i = 0; i < RS_SYNTH_PARTS; i++)
        if (strcmp(part, rs_synth_part_names[i]) == 0) return !options->off[i];
    return true; /* always */
}

void rs_synth_rates_set(struct rs_synth_rates *rates, const struct rs_synth_options *options) {
#define RATE(name, value, part, meaning) rates->name = part_is_on(#part, options) ? (value) : 0;
#include "rates.def"
#undef RATE
}

void rs_synth_rates_print(struct rs_buffer *to, const struct rs_synth_options *options) {
#define RATE(name, value, part, meaning) \
    rs_buffer_printf(to, "%-18s %-7g %-10s %s%s\n", #name, (double)(value), #part, meaning, \
                     part_is_on(#part, options) ? "" : " (switched off)");
#include "rates.def"
#undef RATE
}

/* ---- parsing -------------------------------------------------------------------------------------------------- */

static struct rs_view text(struct rs_view *rest) {
    struct rs_view v = rs_split(rest, ',');
    return v.p ? v : RS_LIT("");
}

static double number(struct rs_view *rest, bool *ok) {
    double value = 0;
    if (!rs_parse_real(text(rest), &value)) *ok = false;
    return value;
}

static int whole(struct rs_view *rest, bool *ok) {
    int64_t value = 0;
    if (!rs_parse_long(text(rest), &value)) *ok = false;
    return (int)value;
}

static int group_of(struct rs_view name, bool *ok) {
    for (int g = 0; g < RS_GROUPS; g++)
        if (rs_eq_c(name, rs_group_names[g])) return g;
    *ok = false;
    return 0;
}

static int language_of(const struct rs_synth_tables *t, struct rs_view tag, bool *ok) {
    for (int i = 0; i < t->n_languages; i++)
        if (rs_eq(t->language[i].tag, tag)) return i;
    *ok = false;
    return 0;
}

static unsigned races_of(struct rs_view letters, bool *ok) {
    static const char known[] = "WBIAPO";
    unsigned bits = 0;
    for (size_t i = 0; i < letters.n; i++) {
        const char *at = strchr(known, letters.p[i]);
        if (letters.p[i] == 'M') bits |= RS_S_WHITE | RS_S_MENA;
        else if (at && *at) bits |= 1u << (at - known);
        else *ok = false;
    }
    return bits;
}

static void read_list(struct rs_synth_tables *t, struct rs_view line, bool *ok) {
    struct rs_synth_name_list *l = &t->list[t->n_lists++];
    l->group = group_of(text(&line), ok);
    l->sex = *text(&line).p;
    l->from = whole(&line, ok);
    l->to = whole(&line, ok);
    double sum = 0;
    while (rs_has(line) && l->n < RS_S_NAMES) {
        l->name[l->n] = rs_split(&line, ' ');
        sum += 1.0 / (l->n + 4);
        l->until[l->n++] = sum;
    }
    for (int i = 0; i < l->n; i++) l->until[i] /= sum;
    if (!l->n || rs_has(line)) *ok = false;
}

static void read_origin(struct rs_synth_tables *t, struct rs_view line, bool *ok) {
    struct rs_synth_origin *o = &t->origin[t->n_origins++];
    o->group = group_of(text(&line), ok);
    o->code = text(&line);
    o->name = text(&line);
    o->until = number(&line, ok);
    o->races = races_of(text(&line), ok);
    o->language = language_of(t, text(&line), ok);
    o->share = number(&line, ok);
}

/* Weights become cumulative shares within each group; a group's rows stand together. */
static void sum_origins(struct rs_synth_tables *t) {
    for (int first = 0, end; first < t->n_origins; first = end) {
        double sum = 0;
        for (end = first; end < t->n_origins && t->origin[end].group == t->origin[first].group; end++)
            sum = t->origin[end].until += sum;
        for (int i = first; i < end; i++) t->origin[i].until /= sum;
    }
}

static void read_measure(struct rs_synth_measure *m, struct rs_view line, bool *ok) {
    m->name = text(&line);
    m->sex = *text(&line).p;
    m->from = whole(&line, ok);
    m->to = whole(&line, ok);
    m->share = number(&line, ok);
    m->base = number(&line, ok);
    for (int g = 0; g < RS_GROUPS; g++) m->gap[g] = number(&line, ok);
    m->other_language = number(&line, ok);
}

static void read_group(struct rs_synth_tables *t, struct rs_view line, bool *ok) {
    struct rs_synth_group *g = &t->group[group_of(text(&line), ok)];
    g->plan_report = number(&line, ok);
    g->ehr_report = number(&line, ok);
    g->mixed = number(&line, ok);
    g->children = number(&line, ok);
    g->drift = number(&line, ok);
    g->denominator = number(&line, ok);
}

static void read_zip3(struct rs_synth_zip3 *z, struct rs_view line, bool *ok) {
    struct rs_view state = text(&line);
    if (state.n == 2) memcpy(z->state, state.p, 2);
    else *ok = false;
    z->from = whole(&line, ok);
    z->to = whole(&line, ok);
}

static int by_census(const void *a, const void *b) {
    return rs_compare(((const struct rs_synth_spelling *)a)->census, ((const struct rs_synth_spelling *)b)->census);
}

static void read_place(struct rs_synth_tables *t, struct rs_view line) {
    if (rs_eq_c(text(&line), "city")) t->city[t->n_cities++] = text(&line);
    else t->street[t->n_streets++] = text(&line);
}

bool rs_synth_tables_read(struct rs_synth_tables *t, struct rs_error *error) {
    memset(t, 0, sizeof *t);
    bool ok = true;
    int n_measures = 0;
    for (const char *const *l = rs_synth_data_languages; *l; l++) {
        struct rs_view line = rs_cstr(*l);
        struct rs_synth_language *to = &t->language[t->n_languages++];
        to->tag = text(&line);
        to->letters2 = text(&line);
        to->letters3 = text(&line);
        to->name = text(&line);
    }
    for (const char *const *l = rs_synth_data_groups; *l; l++) read_group(t, rs_cstr(*l), &ok);
    for (const char *const *l = rs_synth_data_first_names; *l && t->n_lists < RS_S_LISTS; l++)
        read_list(t, rs_cstr(*l), &ok);
    for (const char *const *l = rs_synth_data_origins; *l && t->n_origins < RS_S_ORIGINS; l++)
        read_origin(t, rs_cstr(*l), &ok);
    for (const char *const *l = rs_synth_data_measures; *l && n_measures < RS_S_MEASURES; l++)
        read_measure(&t->measure[n_measures++], rs_cstr(*l), &ok);
    for (const char *const *l = rs_synth_data_zip3; *l && t->n_zip3 < 96; l++)
        read_zip3(&t->zip3[t->n_zip3++], rs_cstr(*l), &ok);
    for (const char *const *l = rs_synth_data_places; *l && t->n_cities < 64 && t->n_streets < 64; l++)
        read_place(t, rs_cstr(*l));
    for (const char *const *l = rs_synth_data_spellings; *l && t->n_spellings < 128; l++) {
        struct rs_view line = rs_cstr(*l);
        t->spelling[t->n_spellings].census = text(&line);
        t->spelling[t->n_spellings++].written = text(&line);
    }
    qsort(t->spelling, (size_t)t->n_spellings, sizeof *t->spelling, by_census);
    sum_origins(t);
    if (ok && n_measures == RS_S_MEASURES) return true;
    return rs_fail(error, RS_BUG, "tests/synth/data: a line does not read; see the columns in each file's first lines");
}
