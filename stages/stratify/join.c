/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Why it exists: the inputs are too large to hold, and sorted alike, so that one walk over all of them is enough. They
 * are cut at the same keys into bundles (bundle.c); threads walk bundles and count each by names of its own; one thread
 * adds the counts in the order of the files (strata.c), so that nothing depends on the number of threads. */
#include "join.h"
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
    struct rs_buffer rows; /* struct rs_series_row */
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
    uint32_t persons; /* so far: the first cluster of the next bundle */
    char last_key[RS_KEY_DIGITS];
};

/* One thread's walk over one bundle. */
struct walk {
    const struct join *join;
    struct rs_batch *batch;
    struct counted *c;
    struct walker posterior, measure;
    struct rs_view model, pack, fit; /* of the last row imputed from */
    uint64_t ordinal;                /* of the person in the bundle, from 1 */
    uint64_t measured, used, unused, counted, outside, broken;
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

static void quarantine_numerator(struct walk *k, const struct rs_view *row) {
    struct rs_evidence e = {.row = true,
                            .file_no = 0,
                            .record_no = (int64_t)k->measure.cursor.row_no,
                            .line = -1,
                            .segment = -1,
                            .offset = -1,
                            .field = RS_LIT("numerator"),
                            .raw = row[PERSON_MEASURE_person_key],
                            .rule = "numerator_without_denominator",
                            .message =
                                "in the numerator but not in the denominator: the row is left out; ask the sender "
                                "of the measure file (record_no is the row of person_measure)"};
    rs_quarantine(k->join->run, k->batch, &e);
    k->broken++;
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

static void count_person(struct walk *k, struct rs_member *m, struct rs_series *s, const struct rs_imputed_row *imputed,
                         bool y) {
    struct rs_strata *strata = &k->c->strata;
    for (int d = 0; d < RS_DIMENSIONS; d++) count_one(&s->by[d], m->number[d], y);
    if (m->reported) {
        count_one(&s->by_provider, m->number[RS_PROVIDER] * RS_GROUPS + m->number[RS_RACE], y);
        if (strata->n_adjust) count_one(&s->by_cell, m->cell * RS_GROUPS + m->number[RS_RACE], y);
        return;
    }
    if (!imputed) {
        count_one(&s->excluded, m->number[RS_RACE], y);
        return;
    }
    struct rs_series_row *mine = (struct rs_series_row *)rs_buffer_reserve(&k->c->rows, sizeof *mine);
    mine->series = (uint32_t)(s - strata->series);
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
        quarantine_numerator(k, row);
        return true;
    }
    if (!in) {
        k->outside++;
        return true;
    }
    *counts = true;
    k->counted++;
    struct rs_strata *strata = &k->c->strata;
    struct rs_series *s = rs_series_of(strata, row[PERSON_MEASURE_measure], row[PERSON_MEASURE_period]);
    if (s->last_person == k->ordinal)
        return rs_fail(error, RS_DATA,
                       "person_measure: row %llu is a second one of the same person, measure and period, of "
                       "which only one may stand: run reconcile again",
                       (unsigned long long)k->measure.cursor.row_no);
    s->last_person = k->ordinal;
    struct rs_view provider = row[PERSON_MEASURE_provider_group];
    m->number[RS_PROVIDER] =
        rs_name_number(&strata->names[RS_PROVIDER], rs_has(provider) ? provider : RS_LIT("MISSING"));
    count_person(k, m, s, imputed, y);
    return true;
}

static bool one_person(struct walk *k, const struct rs_view *row, const char *key, struct rs_error *error) {
    struct rs_member m;
    if (!rs_member_strata(row, k->join->bands, k->join->run->as_of, &k->c->strata, &m, error)) return false;
    rs_tabulation_add(&k->c->tabulation, row);
    k->ordinal++;
    if (!no_orphan(&k->posterior, key, error) || !no_orphan(&k->measure, key, error)) return false;
    struct rs_imputed_row imputed = {.weight = 1, .cluster = k->c->persons++};
    bool has = is_of(&k->posterior, key), any = false, counts, wanted = has && !m.reported && is_of(&k->measure, key);
    if (has && !(wanted ? read_row(&k->posterior, error) : skip_row(&k->posterior, error))) return false;
    if (wanted) {
        note_model(k, k->posterior.cursor.row);
        if (!probabilities(k->posterior.cursor.row, imputed.p, error)) return false;
    }
    while (is_of(&k->measure, key)) {
        if (!read_row(&k->measure, error) || !count_measure(k, &m, wanted ? &imputed : NULL, &counts, error))
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
    rs_count(t, "person_measure", 0, RS_READ, NULL, k->counted + k->outside + k->broken);
    rs_count(t, "person_measure", 0, RS_AGGREGATED, NULL, k->counted);
    rs_count(t, "person_measure", 0, RS_IGNORED, "not_in_denominator", k->outside);
    rs_count(t, "person_measure", 0, RS_REJECTED, "numerator_without_denominator", k->broken);
}

static bool walk_bundle(struct walk *k, struct rs_error *error) {
    struct walker persons;
    if (!open_walker(&persons, k, RS_PERSONS, "person", PERSON_person_key, false, error) ||
        !open_walker(&k->posterior, k, RS_POSTERIORS, "posterior", POSTERIOR_person_key, false, error) ||
        !open_walker(&k->measure, k, RS_MEASURES, "person_measure", PERSON_MEASURE_person_key, true, error))
        return false;
    if (persons.key) memcpy(k->c->first_key, persons.key, RS_KEY_DIGITS);
    while (persons.key) {
        const char *key = persons.key;
        memcpy(k->c->last_key, key, RS_KEY_DIGITS);
        if (!read_row(&persons, error) || !one_person(k, persons.cursor.row, key, error)) return false;
    }
    count_fates(k);
    return no_orphan(&k->posterior, NULL, error) && no_orphan(&k->measure, NULL, error);
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
    struct walk k = {.join = j, .batch = batch, .c = batch->tag};
    rs_strata_begin(&k.c->strata, j->strata);
    k.c->rows.n = 0;
    k.c->persons = 0;
    return walk_bundle(&k, error);
}

static bool add_bundle(void *self, struct rs_batch *batch, struct rs_error *error) {
    struct join *j = self;
    struct counted *c = batch->tag;
    if (c->persons && j->persons && memcmp(j->last_key, c->first_key, RS_KEY_DIGITS) >= 0)
        return rs_fail(error, RS_DATA, "person: rows are not in the order of person_key: run reconcile again");
    struct rs_series_row *rows = (struct rs_series_row *)c->rows.p;
    size_t n = c->rows.n / sizeof *rows;
    for (size_t i = 0; i < n; i++) rows[i].row.cluster += j->persons;
    j->persons += c->persons;
    memcpy(j->last_key, c->last_key, RS_KEY_DIGITS);
    rs_tabulation_merge(j->tabulation, &c->tabulation);
    return rs_strata_add(j->strata, &c->strata, rows, n, error) && rs_run_done(j->run, batch, error);
}

static void free_counted(struct counted *c) {
    rs_bundle_free(&c->bundle);
    rs_strata_free(&c->strata);
    rs_tabulation_free(&c->tabulation);
    rs_buffer_free(&c->rows);
}

bool rs_stratify_join(struct rs_run *run, const struct rs_age_bands *bands, struct rs_strata *strata,
                      struct rs_tabulation *tabulation, struct rs_error *error) {
    struct join j = {.run = run, .bands = bands, .strata = strata, .tabulation = tabulation};
    int threads = run->threads < 1 ? 1 : run->threads;
    struct rs_work work = {.self = &j, .next = next_bundle, .work = count_bundle, .done = add_bundle};
    j.streams = rs_streams_open(run, false, error);
    if (!j.streams) return false;
    j.n_counted = (size_t)threads + 2; /* as many batches are alive at a time at most */
    j.counted = rs_alloc(j.n_counted * sizeof *j.counted);
    bool good = rs_work_run(&work, threads, error);
    for (size_t i = 0; i < j.n_counted; i++) free_counted(&j.counted[i]);
    free(j.counted);
    rs_streams_close(j.streams);
    return good;
}
