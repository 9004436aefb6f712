/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Why it exists: the inputs are too large to hold, and sorted alike, so that one walk over all of them is enough. They
 * are cut at the same keys into bundles (bundle.c); threads walk bundles and count each by names of its own; one thread
 * adds the counts in the order of the files (strata.c), so that nothing depends on the number of threads. */
#include "join.h"
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "bundle.h"
#include "person.h"

/* One file of a bundle, at a row that waits; key NULL at the end. */
struct walker {
    const char *layout;
    struct rs_cursor cursor;
    int key_field;
    bool there, repeats;   /* a file that may be absent; several rows a person */
    const char *key, *last; /* of the row that waits; of the one before */
};

/* What a bundle becomes. Kept for reuse. */
struct counted {
    struct rs_bundle bundle;
    struct rs_strata strata;
    struct rs_tabulation tabulation;
    struct rs_buffer rows, amounts, patterns; /* struct rs_series_row; rs_amount_row; rs_pattern_row */
    uint32_t persons;
    char first_key[RS_KEY_DIGITS], last_key[RS_KEY_DIGITS];
};

struct join {
    struct rs_run *run;
    const struct rs_age_bands *bands;
    struct rs_strata *strata;
    struct rs_tabulation *tabulation;
    struct rs_streams *streams;
    struct counted *counted;
    size_t n_counted;
    uint32_t persons; /* so far */
    char last_key[RS_KEY_DIGITS];
};

/* One thread's walk over one bundle. */
struct walk {
    const struct join *join;
    struct rs_batch *batch;
    struct counted *c;
    struct walker posterior, measure, value;
    const int *dimensions; /* those counted by, -1 behind them */
    struct rs_view model, pack, fit; /* of the last row imputed from */
    uint64_t ordinal;                /* of the person in the bundle, from 1 */
    uint64_t measured, used, unused, counted, outside, broken, excluded, timeless;
};

/* ---- reading in step ------------------------------------------------------------------------------------------ */

static const char *key_in(const struct walker *w, const char *p, const char *end) {
    for (int skip = w->key_field; skip > 0 && p; skip--) {
        p = memchr(p, '\t', (size_t)(end - p));
        if (p) p++;
    }
    if (!p || end - p < RS_KEY_DIGITS || (end - p > RS_KEY_DIGITS && p[RS_KEY_DIGITS] != '\t' && p[RS_KEY_DIGITS] != '\n'))
        return NULL;
    return p;
}

/* Looks at the key of the row that comes, without reading the row. */
static bool look(struct walker *w, struct rs_error *error) {
    w->last = w->key;
    w->key = NULL;
    if (!w->there || w->cursor.p == w->cursor.end) return true;
    w->key = key_in(w, w->cursor.p, w->cursor.end);
    if (!w->key)
        return rs_fail(error, RS_DATA, "%s: a person_key is not 32 hexadecimal digits: run its stage again", w->layout);
    int c = w->last ? memcmp(w->last, w->key, RS_KEY_DIGITS) : -1;
    if (c < 0 || (c == 0 && w->repeats)) return true;
    return rs_fail(error, RS_DATA, "%s: %s: run its stage again", w->layout,
                   c == 0 ? "two rows for one person, of which only one may stand"
                          : "rows are not in the order of person_key");
}

static bool open_walker(struct walker *w, const struct walk *k, enum rs_stream stream, const char *layout, int key,
                        bool repeats, struct rs_error *error) {
    const struct rs_row_reader *reader = rs_streams_reader(k->join->streams, stream);
    *w = (struct walker){.layout = layout, .repeats = repeats, .there = reader != NULL};
    if (!w->there) return true;
    struct rs_part *part = &k->c->bundle.part[stream];
    w->key_field = rs_streams_field(k->join->streams, stream, key);
    rs_cursor_open(&w->cursor, reader, &part->bytes, part->first_row, &k->batch->arena);
    return look(w, error);
}

static bool skip_row(struct walker *w, struct rs_error *error) {
    const char *end = memchr(w->cursor.p, '\n', (size_t)(w->cursor.end - w->cursor.p));
    w->cursor.p = end ? end + 1 : w->cursor.end;
    w->cursor.row_no++;
    return look(w, error);
}

/* Reads the row that waits into cursor.row, and looks at the next one. */
static bool read_row(struct walker *w, struct rs_error *error) { return rs_cursor_next(&w->cursor, error) && look(w, error); }

static bool is_of(const struct walker *w, const char *key) {
    return w->key && memcmp(w->key, key, RS_KEY_DIGITS) == 0;
}

static bool no_orphan(const struct walker *w, const char *key, struct rs_error *error) {
    if (!w->key || (key && memcmp(w->key, key, RS_KEY_DIGITS) >= 0)) return true;
    return rs_fail(error, RS_DATA,
                   "%s: a row is of a person who is not in person: the two are of different runs; give the "
                   "directories of one run",
                   w->layout);
}

/* ---- counting ------------------------------------------------------------------------------------------------- */

static bool probabilities(const struct rs_view *row, double p[RS_GROUPS], struct rs_error *error) {
    static const int columns[RS_GROUPS] = {POSTERIOR_p_white, POSTERIOR_p_black, POSTERIOR_p_aian,
                                           POSTERIOR_p_api,   POSTERIOR_p_multi, POSTERIOR_p_hispanic};
    double sum = 0;
    for (int g = 0; g < RS_GROUPS; g++) {
        if (!rs_parse_real(row[columns[g]], &p[g]) || !(p[g] >= 0 && p[g] <= 1))
            return rs_fail(error, RS_DATA, "posterior: %s is not a probability: run impute again",
                           rs_layout_posterior.columns[columns[g]].name);
        sum += p[g];
    }
    if (sum < 1 - 1e-6 || sum > 1 + 1e-6)
        return rs_fail(error, RS_DATA, "posterior: the probabilities of a row do not sum to 1: run impute again");
    return true;
}

/* The group that the person had said in an earlier run, where it was a whole answer that counts as certain; or null. It is
 * the person's own as much as today's: the split into direct and indirect says whose word it is, not how old it is. */
static struct rs_view said_earlier(const struct rs_view *row) {
    struct rs_view group = row[POSTERIOR_narrowed];
    bool whole = rs_has(row[POSTERIOR_evidence]) && rs_has(group) && !memchr(group.p, '|', group.n);
    return whole && !rs_has(row[POSTERIOR_reliability]) ? group : RS_NULL;
}

/* Which models and packs the probabilities came from: a frozen baseline holds only for the same ones. */
static void note_model(struct walk *k, const struct rs_view *row) {
    struct rs_view model = row[POSTERIOR_model], pack = row[POSTERIOR_pack], fit = row[POSTERIOR_fit];
    if (k->model.p && rs_eq(model, k->model) && rs_eq(pack, k->pack) && rs_eq(fit, k->fit)) return;
    char name[256];
    int n = snprintf(name, sizeof name, "%.*s %.*s %.*s", (int)model.n, model.p, (int)pack.n, pack.p, (int)fit.n,
                     fit.n ? fit.p : "");
    rs_name_number(&k->c->strata.models, rs_view(name, n < (int)sizeof name ? (size_t)n : sizeof name - 1));
    k->model = model;
    k->pack = pack;
    k->fit = fit;
}

static void quarantine(struct walk *k, const struct rs_view *row, struct rs_view field, const char *rule,
                       const char *message) {
    struct rs_evidence e = {.row = true,
                            .file_no = 0,
                            .record_no = (int64_t)k->measure.cursor.row_no,
                            .line = -1,
                            .segment = -1,
                            .offset = -1,
                            .field = field,
                            .raw = row[PERSON_MEASURE_person_key],
                            .rule = rule,
                            .message = message};
    rs_quarantine(k->join->run, k->batch, &e);
}

static void count_one(struct rs_counts *counts, uint32_t at, bool y) {
    struct rs_count *c = rs_count_at(counts, at);
    c->n++;
    c->x += y;
}

static bool flag(struct rs_view v, bool *out) {
    *out = rs_eq_c(v, "1");
    return *out || rs_eq_c(v, "0");
}

/* Amount and time of a row of a rate or a mean; false where one that is needed is not there. */
static bool amounts_of(const struct rs_series *s, const struct rs_view *row, struct rs_amount_row *out) {
    if (!rs_parse_real(row[PERSON_MEASURE_amount], &out->amount)) {
        if (s->about->kind == RS_MEAN) return false;
        out->amount = rs_eq_c(row[PERSON_MEASURE_numerator], "1");
    }
    if (s->about->kind == RS_MEAN) out->exposure = 1;
    else if (!rs_parse_real(row[PERSON_MEASURE_exposure], &out->exposure)) return false;
    return out->exposure > 0 && isfinite(out->amount) && (s->about->kind == RS_MEAN || out->amount >= 0);
}

static void keep_amounts(struct walk *k, const struct rs_member *m, const struct rs_series *s,
                         const struct rs_imputed_row *imputed, struct rs_amount_row row) {
    row.series = (uint32_t)(s - k->c->strata.series);
    for (int d = 0; d < RS_DIMENSIONS; d++) row.number[d] = UINT32_MAX;
    for (const int *d = k->dimensions; *d >= 0; d++) row.number[*d] = m->number[*d];
    row.linear = m->reported || imputed;
    if (m->reported) row.p[m->number[RS_RACE]] = 1;
    else if (imputed) memcpy(row.p, imputed->p, sizeof row.p);
    rs_buffer_add(&k->c->amounts, &row, sizeof row);
}

static void keep_pattern(struct walk *k, const struct rs_member *m, const struct rs_series *s, bool y) {
    struct rs_pattern_row row = {.series = (uint32_t)(s - k->c->strata.series),
                                 .y = y,
                                 .p = {.age = m->number[RS_AGE],
                                       .sex = m->number[RS_SEX],
                                       .race = m->number[RS_RACE],
                                       .provider = m->number[RS_PROVIDER],
                                       .answer = {m->number[RS_LANGUAGE], m->number[RS_ORIENTATION],
                                                  m->number[RS_GENDER], m->number[RS_TRANSGENDER]}}};
    rs_buffer_add(&k->c->patterns, &row, sizeof row);
}

static void count_person(struct walk *k, struct rs_member *m, struct rs_series *s, const struct rs_imputed_row *imputed,
                         bool y) {
    struct rs_strata *strata = &k->c->strata;
    for (const int *d = k->dimensions; *d >= 0; d++) count_one(&s->by[*d], m->number[*d], y);
    if (strata->missing_answers && s->about->kind == RS_PROPORTION) keep_pattern(k, m, s, y);
    if (m->reported) {
        count_one(&s->by_provider, m->number[RS_PROVIDER] * RS_GROUPS + m->number[RS_RACE], y);
        if (strata->n_adjust) count_one(&s->by_cell, m->cell * RS_GROUPS + m->number[RS_RACE], y);
        for (size_t c = 0; strata->n_adjust && strata->dimensions && c < strata->dimensions->n_crossed; c++)
            if (strata->dimensions->crossed[c].fitted)
                count_one(rs_crossed_by_cell(s, c, m->other[c]), m->cell * RS_GROUPS + m->number[RS_RACE], y);
        return;
    }
    if (!imputed) {
        count_one(&s->excluded, m->number[RS_RACE], y);
        return;
    }
    if (s->about->kind != RS_PROPORTION) return; /* sums are enough (linear.h) */
    struct rs_series_row *mine = (struct rs_series_row *)rs_buffer_reserve(&k->c->rows, sizeof *mine);
    mine->series = (uint32_t)(s - strata->series);
    memcpy(mine->other, m->other, sizeof mine->other);
    mine->row = *imputed;
    mine->row.y = y;
    mine->row.provider = m->number[RS_PROVIDER] & (RS_MOST_PROVIDERS - 1);
    mine->row.cell = m->cell & (RS_MOST_CELLS - 1);
    k->c->rows.n += sizeof *mine;
}

/* One row of person_measure. *counts says whether it is in the denominator. */
static bool count_measure(struct walk *k, struct rs_member *m, const struct rs_imputed_row *imputed, bool *counts,
                          struct rs_error *error) {
    const struct rs_view *row = k->measure.cursor.row;
    bool in, y;
    *counts = false;
    if (!flag(row[PERSON_MEASURE_denominator], &in) || !flag(row[PERSON_MEASURE_numerator], &y))
        return rs_fail(error, RS_DATA,
                       "person_measure: row %llu: denominator and numerator must be 0 or 1: run reconcile "
                       "again",
                       (unsigned long long)k->measure.cursor.row_no);
    if (!in && y) {
        quarantine(k, row, RS_LIT("numerator"), "numerator_without_denominator",
                   "in the numerator but not in the denominator: the row is left out; ask the sender "
                   "of the measure file (record_no is the row of person_measure)");
        k->broken++;
        return true;
    }
    if (!in) {
        k->outside++;
        return true;
    }
    struct rs_strata *strata = &k->c->strata;
    struct rs_series *s = rs_series_of(strata, row[PERSON_MEASURE_measure], row[PERSON_MEASURE_period]);
    struct rs_amount_row amounts = {0};
    if (rs_measure_excludes(s->about, row[PERSON_MEASURE_excluded])) {
        k->excluded++;
        return true;
    }
    if (s->about->kind != RS_PROPORTION && !amounts_of(s, row, &amounts)) {
        quarantine(k, row, RS_LIT("amount"), "no_amount_or_time",
                   "the measure is a rate or a mean (--measures) and the row lacks its amount or member time: it is left "
                   "out; ask the sender of the measure file (record_no is the row of person_measure)");
        k->timeless++;
        return true;
    }
    *counts = true;
    k->counted++;
    if (s->last_person == k->ordinal)
        return rs_fail(error, RS_DATA,
                       "person_measure: row %llu is a second one of the same person, measure and period, of "
                       "which only one may stand: run reconcile again",
                       (unsigned long long)k->measure.cursor.row_no);
    s->last_person = k->ordinal;
    if (!rs_member_row(row, strata, m, error)) return false;
    if (s->about->kind != RS_PROPORTION) {
        y = amounts.amount > 0 && s->about->kind == RS_RATE;
        keep_amounts(k, m, s, imputed, amounts);
    }
    count_person(k, m, s, imputed, y);
    return true;
}

/* What person_value says of this person; false on an error only. */
static bool read_values(struct walk *k, const char *key, struct rs_member_values *v, struct rs_error *error) {
    while (is_of(&k->value, key)) {
        if (!read_row(&k->value, error)) return false;
        rs_member_value(v, k->value.cursor.row);
    }
    return no_orphan(&k->value, key, error);
}

/* What is drawn for a person goes by this, so it is the person's own wherever the row stands: the last 32 bits of the
 * key. Persons one after the other have different ones but for a chance of 2^-32, which matters to nothing. */
static uint32_t cluster_of(const char *key) {
    uint32_t cluster = 0;
    for (int i = RS_KEY_DIGITS - 8; i < RS_KEY_DIGITS; i++)
        cluster = cluster << 4 | (uint32_t)(key[i] <= '9' ? key[i] - '0' : key[i] - 'a' + 10);
    return cluster;
}

static bool one_person(struct walk *k, const struct rs_view *row, const char *key, struct rs_error *error) {
    struct rs_member m;
    struct rs_member_values values = {{{0}}, {{0}}};
    struct rs_imputed_row imputed = {.weight = 1, .cluster = cluster_of(key)};
    struct rs_view earlier = RS_NULL;
    if (k->value.there && !read_values(k, key, &values, error)) return false;
    k->ordinal++;
    if (!no_orphan(&k->posterior, key, error) || !no_orphan(&k->measure, key, error)) return false;
    bool has = is_of(&k->posterior, key), any = false, counts;
    bool wanted = has && !rs_has(row[PERSON_census6]) && is_of(&k->measure, key);
    if (has && !(wanted ? read_row(&k->posterior, error) : skip_row(&k->posterior, error))) return false;
    if (wanted) {
        note_model(k, k->posterior.cursor.row);
        earlier = said_earlier(k->posterior.cursor.row);
        if (!probabilities(k->posterior.cursor.row, imputed.p, error)) return false;
    }
    if (!rs_member_strata(row, earlier, k->value.there ? &values : NULL, k->join->bands, k->join->run->as_of, &k->c->strata, &m, error))
        return false;
    rs_tabulation_add(&k->c->tabulation, row);
    k->c->persons++;
    while (is_of(&k->measure, key)) {
        if (!read_row(&k->measure, error) || !count_measure(k, &m, wanted && !m.reported ? &imputed : NULL, &counts, error))
            return false;
        any |= counts;
    }
    k->measured += any;
    k->used += wanted && any;
    k->unused += has && !(wanted && any);
    return true;
}

static void count_fates(struct walk *k) {
    struct rs_tally *t = &k->batch->tally;
    rs_count(t, "person", 0, RS_READ, NULL, k->ordinal);
    rs_count(t, "person", 0, RS_AGGREGATED, NULL, k->measured);
    rs_count(t, "person", 0, RS_IGNORED, "in_no_denominator", k->ordinal - k->measured);
    rs_count(t, "posterior", 0, RS_READ, NULL, k->used + k->unused);
    rs_count(t, "posterior", 0, RS_AGGREGATED, NULL, k->used);
    rs_count(t, "posterior", 0, RS_IGNORED, "reported_or_in_no_denominator", k->unused);
    rs_count(t, "person_measure", 0, RS_READ, NULL,
             k->counted + k->outside + k->broken + k->excluded + k->timeless);
    rs_count(t, "person_measure", 0, RS_AGGREGATED, NULL, k->counted);
    rs_count(t, "person_measure", 0, RS_IGNORED, "not_in_denominator", k->outside);
    rs_count(t, "person_measure", 0, RS_IGNORED, "excluded", k->excluded);
    rs_count(t, "person_measure", 0, RS_REJECTED, "numerator_without_denominator", k->broken);
    rs_count(t, "person_measure", 0, RS_REJECTED, "no_amount_or_time", k->timeless);
    if (k->value.there) {
        uint64_t values = k->value.cursor.row_no + 1 - k->c->bundle.part[RS_VALUES].first_row;
        rs_count(t, "person_value", 0, RS_READ, NULL, values);
        rs_count(t, "person_value", 0, RS_AGGREGATED, NULL, values);
    }
}

static bool walk_bundle(struct walk *k, struct rs_error *error) {
    struct walker persons;
    if (!open_walker(&persons, k, RS_PERSONS, "person", PERSON_person_key, false, error) ||
        !open_walker(&k->posterior, k, RS_POSTERIORS, "posterior", POSTERIOR_person_key, false, error) ||
        !open_walker(&k->measure, k, RS_MEASURES, "person_measure", PERSON_MEASURE_person_key, true, error) ||
        !open_walker(&k->value, k, RS_VALUES, "person_value", PERSON_VALUE_person_key, true, error))
        return false;
    if (persons.key) memcpy(k->c->first_key, persons.key, RS_KEY_DIGITS);
    while (persons.key) {
        const char *key = persons.key;
        memcpy(k->c->last_key, key, RS_KEY_DIGITS);
        if (!read_row(&persons, error) || !one_person(k, persons.cursor.row, key, error)) return false;
    }
    count_fates(k);
    return no_orphan(&k->posterior, NULL, error) && no_orphan(&k->measure, NULL, error) &&
           no_orphan(&k->value, NULL, error);
}

/* ---- bundles in order ------------------------------------------------------------------------------------------ */

static bool next_bundle(void *self, struct rs_batch *batch, bool *more, struct rs_error *error) {
    struct join *j = self;
    struct counted *c = &j->counted[batch->index % j->n_counted];
    if (!rs_streams_next(j->streams, &c->bundle, error)) return false;
    *more = false;
    for (int i = 0; i < RS_STREAMS; i++) *more |= c->bundle.part[i].bytes.n > 0;
    batch->tag = c;
    return true;
}

static bool count_bundle(void *self, struct rs_batch *batch, struct rs_error *error) {
    const struct join *j = self;
    int dimensions[RS_DIMENSIONS + 1], n = 0;
    struct walk k = {.join = j, .batch = batch, .c = batch->tag, .dimensions = dimensions};
    for (int d = 0; d < RS_DIMENSIONS; d++)
        if (rs_dimension_used(j->strata, (enum rs_dimension)d)) dimensions[n++] = d;
    dimensions[n] = -1;
    rs_strata_begin(&k.c->strata, j->strata);
    k.c->rows.n = k.c->amounts.n = k.c->patterns.n = 0;
    k.c->persons = 0;
    return walk_bundle(&k, error);
}

static bool add_bundle(void *self, struct rs_batch *batch, struct rs_error *error) {
    struct join *j = self;
    struct counted *c = batch->tag;
    if (c->persons && j->persons && memcmp(j->last_key, c->first_key, RS_KEY_DIGITS) >= 0)
        return rs_fail(error, RS_DATA, "person: rows are not in the order of person_key: run reconcile again");
    struct rs_part_rows rows = {.imputed = (struct rs_series_row *)c->rows.p,
                                .amounts = (struct rs_amount_row *)c->amounts.p,
                                .n_imputed = c->rows.n / sizeof *rows.imputed,
                                .n_amounts = c->amounts.n / sizeof *rows.amounts,
                                .patterns = (const struct rs_pattern_row *)c->patterns.p,
                                .n_patterns = c->patterns.n / sizeof *rows.patterns};
    j->persons += c->persons;
    memcpy(j->last_key, c->last_key, RS_KEY_DIGITS);
    rs_tabulation_merge(j->tabulation, &c->tabulation);
    return rs_strata_add(j->strata, &c->strata, &rows, error) && rs_run_done(j->run, batch, error);
}

static void free_counted(struct counted *c) {
    rs_bundle_free(&c->bundle);
    rs_strata_free(&c->strata);
    rs_tabulation_free(&c->tabulation);
    rs_buffer_free(&c->rows);
    rs_buffer_free(&c->amounts);
    rs_buffer_free(&c->patterns);
}

bool rs_stratify_join(struct rs_run *run, const struct rs_age_bands *bands, struct rs_strata *strata,
                      struct rs_tabulation *tabulation, struct rs_error *error) {
    struct join j = {.run = run, .bands = bands, .strata = strata, .tabulation = tabulation};
    int threads = run->threads < 1 ? 1 : run->threads;
    struct rs_work work = {.self = &j, .next = next_bundle, .work = count_bundle, .done = add_bundle};
    bool sogi = false;
    for (int d = RS_ORIENTATION; d <= RS_TRANSGENDER; d++) sogi |= rs_dimension_used(strata, (enum rs_dimension)d);
    j.streams = rs_streams_open(run, sogi, error);
    if (!j.streams) return false;
    if (sogi && !rs_streams_have_values(j.streams)) {
        rs_streams_close(j.streams);
        return rs_fail(error, RS_NO_INPUT, "--strata: sexual orientation and gender identity are in person_value, which "
                       "is in none of the --input directories: give that of reconcile");
    }
    j.n_counted = (size_t)threads + 2; /* as many batches are alive at a time at most */
    j.counted = rs_alloc(j.n_counted * sizeof *j.counted);
    bool good = rs_work_run(&work, threads, error);
    for (size_t i = 0; i < j.n_counted; i++) free_counted(&j.counted[i]);
    free(j.counted);
    rs_streams_close(j.streams);
    return good;
}
