/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Why it exists: the three inputs are too large to hold, and sorted alike, so that one walk over all three is enough.
 *
 * Who is what, in race_ethnicity: a person with census6 reported it; one without it but with a posterior is imputed;
 * one with neither (a decline is never imputed over) is excluded from the estimates that use imputation, and counted.
 */
#include "join.h"
#include <stdio.h>
#include <string.h>
#include "pipeline/base/date.h"

/* Keys are compared as they stand in the files: 32 lower-case digits sort like the bytes they mean. */
enum { KEY_DIGITS = 32 };
struct key_text {
    char digits[KEY_DIGITS];
};

struct person {
    struct key_text key;
    bool reported;
    uint32_t number[RS_DIMENSIONS]; /* its strata; RS_PROVIDER is the measure row's */
    uint32_t cell;
};

struct join {
    struct rs_run *run;
    const struct rs_age_bands *bands;
    struct rs_strata *strata;
    struct rs_tabulation *tabulation;
    struct rs_scan *persons, *posteriors, *measures;
    const struct rs_view *posterior, *measure; /* the rows waiting; NULL at the end */
    struct key_text posterior_key, measure_key, last_key;
    uint64_t n_persons, measured, used, unused, measure_row, counted, outside, broken;
    uint32_t cluster;
    struct rs_batch batch; /* for the quarantine */
};

/* ---- reading in step ------------------------------------------------------------------------------------------ */

static bool key_of(struct rs_view v, const char *layout, struct key_text *out, struct rs_error *error) {
    if (v.n == KEY_DIGITS) {
        memcpy(out->digits, v.p, KEY_DIGITS);
        return true;
    }
    return rs_fail(error, RS_DATA, "%s: a person_key is not 32 hexadecimal digits: run its stage again", layout);
}

static int compare_keys(const struct key_text *a, const struct key_text *b) {
    return memcmp(a->digits, b->digits, KEY_DIGITS);
}

/* The next row of a file sorted by person_key; *row NULL at the end. */
static bool advance(struct rs_scan *scan, const char *layout, size_t key_column, bool repeats,
                    const struct rs_view **row, struct key_text *key, struct rs_error *error) {
    struct key_text before = *key;
    bool first = *row == NULL;
    if (!rs_scan_next(scan, row, error)) {
        *row = NULL;
        return error->code == 0;
    }
    if (!key_of((*row)[key_column], layout, key, error)) return false;
    int c = first ? -1 : compare_keys(&before, key);
    if (c < 0 || (c == 0 && repeats)) return true;
    return rs_fail(error, RS_DATA, "%s: %s: run its stage again", layout,
                   c == 0 ? "two rows for one person, of which only one may stand"
                          : "rows are not in the order of person_key");
}

static bool next_posterior(struct join *j, struct rs_error *error) {
    return advance(j->posteriors, "posterior", POSTERIOR_person_key, false, &j->posterior, &j->posterior_key, error);
}

static bool next_measure(struct join *j, struct rs_error *error) {
    j->measure_row++;
    return advance(j->measures, "person_measure", PERSON_MEASURE_person_key, true, &j->measure, &j->measure_key, error);
}

static bool orphan(const char *layout, struct rs_error *error) {
    return rs_fail(error, RS_DATA,
                   "%s: a row is of a person who is not in person: the two are of different runs; give the "
                   "directories of one run",
                   layout);
}

/* ---- a person's strata ---------------------------------------------------------------------------------------- */

static uint32_t number(struct join *j, enum rs_dimension d, struct rs_view name) {
    return rs_name_number(&j->strata->names[d], name);
}

static uint32_t race_stratum(struct join *j, const struct rs_view *row, bool *reported, struct rs_error *error) {
    struct rs_view group = row[PERSON_census6];
    *reported = rs_has(group);
    if (*reported) {
        uint32_t g = number(j, RS_RACE, group);
        if (g >= RS_GROUPS)
            rs_fail(error, RS_DATA, "person: census6 is not one of the six groups: run reconcile again");
        return g;
    }
    struct rs_view reason = row[PERSON_missing_2024];
    if (!rs_has(reason)) reason = row[PERSON_missing_race_1997];
    return number(j, RS_RACE, rs_has(reason) ? reason : RS_LIT("UNRESOLVED"));
}

/* Languages are told apart by their primary subtag: en and en-US are one. */
static struct rs_view language_stratum(const struct rs_view *row) {
    struct rs_view tag = row[PERSON_language];
    if (rs_has(tag)) return rs_split(&tag, '-');
    return rs_has(row[PERSON_missing_language]) ? row[PERSON_missing_language] : RS_LIT("MISSING");
}

static struct rs_view age_stratum(const struct join *j, struct rs_view birth) {
    int32_t born;
    if (!rs_has(birth) || !rs_day_parse(birth, &born)) return RS_LIT("MISSING");
    int age = rs_age(born, j->run->as_of);
    for (size_t i = j->bands->n; i-- > 0;)
        if (age >= j->bands->from[i]) return rs_cstr(j->bands->names[i]);
    return age < 0 ? RS_LIT("MISSING") : RS_LIT("younger");
}

/* The names of the dimensions adjusted for, with | between. */
static bool cell_of(struct rs_strata *s, struct person *p, struct rs_error *error) {
    char name[256];
    size_t n = 0;
    for (size_t i = 0; i < s->n_adjust; i++) {
        const char *part = s->names[s->adjust[i]].names[p->number[s->adjust[i]]];
        n += (size_t)snprintf(name + n, sizeof name - n, "%s%s", i ? "|" : "", part);
        if (n >= sizeof name) n = sizeof name - 1;
    }
    p->cell = s->n_adjust ? rs_name_number(&s->cells, rs_view(name, n)) : 0;
    return p->cell < RS_MOST_CELLS ||
           rs_fail(error, RS_USAGE, "--standardise: more than %d combinations: name fewer dimensions", RS_MOST_CELLS);
}

static bool person_strata(struct join *j, const struct rs_view *row, struct person *p, struct rs_error *error) {
    if (!key_of(row[PERSON_person_key], "person", &p->key, error)) return false;
    p->number[RS_ALL] = 0;
    p->number[RS_RACE] = race_stratum(j, row, &p->reported, error);
    p->number[RS_LANGUAGE] = number(j, RS_LANGUAGE, language_stratum(row));
    p->number[RS_SEX] = number(j, RS_SEX, rs_has(row[PERSON_sex]) ? row[PERSON_sex] : RS_LIT("MISSING"));
    p->number[RS_AGE] = number(j, RS_AGE, age_stratum(j, row[PERSON_birth_date]));
    return error->code == 0 && cell_of(j->strata, p, error);
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
static void note_model(struct join *j) {
    char name[256];
    struct rs_view model = j->posterior[POSTERIOR_model], pack = j->posterior[POSTERIOR_pack];
    struct rs_view fit = j->posterior[POSTERIOR_fit];
    int n = snprintf(name, sizeof name, "%.*s %.*s %.*s", (int)model.n, model.p, (int)pack.n, pack.p, (int)fit.n,
                     fit.n ? fit.p : "");
    rs_name_number(&j->strata->models, rs_view(name, n < (int)sizeof name ? (size_t)n : sizeof name - 1));
}

static void quarantine_numerator(struct join *j) {
    struct rs_evidence e = {.row = true,
                            .file_no = 0,
                            .record_no = (int64_t)j->measure_row,
                            .line = -1,
                            .segment = -1,
                            .offset = -1,
                            .field = RS_LIT("numerator"),
                            .raw = j->measure[PERSON_MEASURE_person_key],
                            .rule = "numerator_without_denominator",
                            .message =
                                "in the numerator but not in the denominator: the row is left out; ask the sender "
                                "of the measure file (record_no is the row of person_measure)"};
    rs_quarantine(j->run, &j->batch, &e);
    j->broken++;
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

/* One row of person_measure. *counts says whether it is in the denominator. */
static bool count_measure(struct join *j, struct person *p, const struct rs_imputed_row *imputed, bool *counts,
                          struct rs_error *error) {
    const struct rs_view *row = j->measure;
    bool in, y;
    *counts = false;
    if (!flag(row[PERSON_MEASURE_denominator], &in) || !flag(row[PERSON_MEASURE_numerator], &y))
        return rs_fail(error, RS_DATA,
                       "person_measure: row %llu: denominator and numerator must be 0 or 1: run reconcile "
                       "again",
                       (unsigned long long)j->measure_row);
    if (!in && y) {
        quarantine_numerator(j);
        return true;
    }
    if (!in) {
        j->outside++;
        return true;
    }
    *counts = true;
    j->counted++;
    struct rs_series *s = rs_series_of(j->strata, row[PERSON_MEASURE_measure], row[PERSON_MEASURE_period]);
    if (s->last_person == j->n_persons)
        return rs_fail(error, RS_DATA,
                       "person_measure: row %llu is a second one of the same person, measure and period, of "
                       "which only one may stand: run reconcile again",
                       (unsigned long long)j->measure_row);
    s->last_person = j->n_persons;
    struct rs_view provider = row[PERSON_MEASURE_provider_group];
    p->number[RS_PROVIDER] = number(j, RS_PROVIDER, rs_has(provider) ? provider : RS_LIT("MISSING"));
    for (int d = 0; d < RS_DIMENSIONS; d++) count_one(&s->by[d], p->number[d], y);
    if (p->number[RS_PROVIDER] >= RS_MOST_PROVIDERS)
        return rs_fail(error, RS_DATA, "person_measure: more than %d provider groups", RS_MOST_PROVIDERS);
    if (p->reported) {
        count_one(&s->by_provider, p->number[RS_PROVIDER] * RS_GROUPS + p->number[RS_RACE], y);
        if (j->strata->n_adjust) count_one(&s->by_cell, p->cell * RS_GROUPS + p->number[RS_RACE], y);
        return true;
    }
    if (!imputed) {
        count_one(&s->excluded, p->number[RS_RACE], y);
        return true;
    }
    struct rs_imputed_row mine = *imputed;
    mine.y = y;
    mine.provider = p->number[RS_PROVIDER] & (RS_MOST_PROVIDERS - 1);
    mine.cell = p->cell & (RS_MOST_CELLS - 1);
    return rs_imputed_add(&s->imputed, &mine, error);
}

static bool flush(struct join *j, struct rs_error *error) {
    bool good = rs_run_done(j->run, &j->batch, error);
    rs_buffer_free(&j->batch.out[RS_QUARANTINE]);
    j->batch.out_rows[RS_QUARANTINE] = 0;
    rs_arena_reset(&j->batch.arena);
    return good;
}

static bool one_person(struct join *j, const struct rs_view *row, struct rs_error *error) {
    struct person p = {0};
    if (!person_strata(j, row, &p, error)) return false;
    rs_tabulation_add(j->tabulation, row);
    if (j->n_persons++ > 0 && compare_keys(&j->last_key, &p.key) >= 0)
        return rs_fail(error, RS_DATA, "person: rows are not in the order of person_key: run reconcile again");
    j->last_key = p.key;
    if (j->posterior && compare_keys(&j->posterior_key, &p.key) < 0) return orphan("posterior", error);
    if (j->measure && compare_keys(&j->measure_key, &p.key) < 0) return orphan("person_measure", error);

    struct rs_imputed_row imputed = {.weight = 1, .cluster = j->cluster};
    bool has = j->posterior && compare_keys(&j->posterior_key, &p.key) == 0, used = false, any = false, counts;
    if (has && !p.reported) note_model(j);
    if (has && !p.reported && !probabilities(j->posterior, imputed.p, error)) return false;
    while (j->measure && compare_keys(&j->measure_key, &p.key) == 0) {
        if (!count_measure(j, &p, has ? &imputed : NULL, &counts, error)) return false;
        any |= counts;
        if (!next_measure(j, error)) return false;
    }
    used = has && any && !p.reported;
    j->cluster++;
    j->measured += any;
    j->used += used;
    j->unused += has && !used;
    if (j->batch.out[RS_QUARANTINE].n > (1 << 20) && !flush(j, error)) return false;
    return !has || next_posterior(j, error);
}

static bool walk(struct join *j, struct rs_error *error) {
    if (!next_posterior(j, error) || !next_measure(j, error)) return false;
    const struct rs_view *row;
    while (rs_scan_next(j->persons, &row, error))
        if (!one_person(j, row, error)) return false;
    if (error->code) return false;
    if (j->posterior) return orphan("posterior", error);
    if (j->measure) return orphan("person_measure", error);
    struct rs_tally *t = &j->batch.tally;
    rs_count(t, "person", 0, RS_READ, NULL, j->n_persons);
    rs_count(t, "person", 0, RS_AGGREGATED, NULL, j->measured);
    rs_count(t, "person", 0, RS_IGNORED, "in_no_denominator", j->n_persons - j->measured);
    rs_count(t, "posterior", 0, RS_READ, NULL, j->used + j->unused);
    rs_count(t, "posterior", 0, RS_AGGREGATED, NULL, j->used);
    rs_count(t, "posterior", 0, RS_IGNORED, "reported_or_in_no_denominator", j->unused);
    rs_count(t, "person_measure", 0, RS_READ, NULL, j->measure_row - 1);
    rs_count(t, "person_measure", 0, RS_AGGREGATED, NULL, j->counted);
    rs_count(t, "person_measure", 0, RS_IGNORED, "not_in_denominator", j->outside);
    rs_count(t, "person_measure", 0, RS_REJECTED, "numerator_without_denominator", j->broken);
    return flush(j, error);
}

static struct rs_scan *open_scan(struct rs_run *run, const struct rs_layout *layout, struct rs_error *error) {
    struct rs_manifest m;
    return rs_run_manifest(run, layout, &m, error) ? rs_scan_open(&m, error) : NULL;
}

bool rs_stratify_join(struct rs_run *run, const struct rs_age_bands *bands, struct rs_strata *strata,
                      struct rs_tabulation *tabulation, struct rs_error *error) {
    struct join j = {.run = run, .bands = bands, .strata = strata, .tabulation = tabulation};
    bool good = (j.persons = open_scan(run, &rs_layout_person, error)) &&
                (j.posteriors = open_scan(run, &rs_layout_posterior, error)) &&
                (j.measures = open_scan(run, &rs_layout_person_measure, error)) && walk(&j, error);
    rs_scan_close(j.persons);
    rs_scan_close(j.posteriors);
    rs_scan_close(j.measures);
    rs_buffer_free(&j.batch.out[RS_QUARANTINE]);
    rs_arena_free(&j.batch.arena);
    rs_tally_free(&j.batch.tally);
    return good;
}

bool rs_age_bands_parse(const char *text, struct rs_age_bands *out, struct rs_error *error) {
    struct rs_view rest = rs_cstr(text);
    *out = (struct rs_age_bands){.n = 0};
    while (!rs_is_null(rest)) {
        int64_t from;
        if (out->n == RS_MAX_AGE_BANDS || !rs_parse_long(rs_trim(rs_split(&rest, ',')), &from) || from < 0 ||
            from > 150 || (out->n && from <= out->from[out->n - 1]))
            return rs_fail(error, RS_USAGE,
                           "--age-bands: give the first age of each band, ascending, such as 0,18,45,65,75");
        out->from[out->n++] = (int)from;
    }
    for (size_t i = 0; i < out->n; i++) {
        if (i + 1 == out->n) snprintf(out->names[i], sizeof out->names[i], "%d+", out->from[i]);
        else snprintf(out->names[i], sizeof out->names[i], "%d-%d", out->from[i], out->from[i + 1] - 1);
    }
    return out->n > 0;
}
