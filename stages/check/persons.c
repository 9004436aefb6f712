/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Why it exists: who reported what, where, under whom and with which probabilities stands in four files. */
#include "persons.h"
#include "count.h"
#include "groups.h"
#include "reduce.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define SIX(e)                                                                                                         \
    { e ":WHITE", e ":BLACK", e ":AIAN", e ":API", e ":MULTI", e ":HISPANIC", e ":none" }
const struct rs_mix rs_mixes[RS_MIXES] = {
    {"race_ethnicity", RS_GROUPS + 1, SIX("race_ethnicity")},
    {"sex", 4, {"sex:female", "sex:male", "sex:other", "sex:unknown"}},
    {"language", 4, {"language:en", "language:es", "language:other", "language:none"}},
    {"race_collection",
     7,
     {"race_collection:self", "race_collection:related_person", "race_collection:administrative",
      "race_collection:observed", "race_collection:derived", "race_collection:unknown", "race_collection:none"}},
};

/* ---- what is kept of a row ------------------------------------------------------------------------------------ */

struct person_record {
    struct rs_key key;
    uint8_t group; /* of the six; RS_GROUPS where the answers do not decide */
    bool placed;
    float area[RS_GROUPS]; /* shares where the person lives */
};
struct value_record {
    struct rs_key key;
    uint32_t source; /* of the race that stands, plus 1 */
    uint64_t bits;
};
struct posterior_record {
    struct rs_key key;
    float p[RS_GROUPS];
};

struct tally { /* of one worker */
    uint64_t persons, two_or_more, other_race, mix[RS_MIXES][RS_MIX_MOST];
};

struct reading {
    const struct rs_checks *checks;
    const struct rs_pack *pack; /* NULL where no check needs places */
    char **sources;
    size_t n_sources;
    struct tally *worker;
};

static bool key_of(struct rs_view v, struct rs_key *key, const char *layout, struct rs_error *error) {
    return rs_key_parse(v, key) ||
           rs_fail(error, RS_DATA, "%s: a person_key is not 32 hexadecimal digits: run the stage that made it again",
                   layout);
}

static int place_in(const char *const *list, int n, struct rs_view v) {
    for (int i = 0; i < n; i++)
        if (rs_eq_c(v, list[i])) return i;
    return n;
}

static void count_mixes(const struct rs_view *row, int group, struct tally *t) {
    static const char *const sexes[] = {"female", "male", "other"};
    struct rs_view language = row[PERSON_language];
    struct rs_view first = rs_split(&language, '-');
    t->mix[0][group]++;
    t->mix[1][place_in(sexes, 3, row[PERSON_sex])]++;
    t->mix[2][!rs_has(first) ? 3 : rs_eq_c(first, "en") ? 0 : rs_eq_c(first, "es") ? 1 : 2]++;
    t->mix[3][place_in(rs_collections, 6, row[PERSON_race_collection])]++;
}

/* The finest area that the pack has. */
static bool find_area(const struct rs_pack *pack, const struct rs_view *row, float shares[RS_GROUPS]) {
    static const struct {
        int column;
        enum rs_place_level level;
    } steps[] = {{PERSON_block_group, RS_BLOCK_GROUP},
                 {PERSON_tract, RS_TRACT},
                 {PERSON_zcta, RS_ZCTA},
                 {PERSON_county, RS_COUNTY},
                 {PERSON_state, RS_STATE}};
    for (size_t i = 0; i < sizeof steps / sizeof *steps; i++) {
        double counts[RS_GROUPS], total = 0;
        if (!rs_has(row[steps[i].column]) || !rs_pack_place(pack, steps[i].level, row[steps[i].column], counts))
            continue;
        for (int g = 0; g < RS_GROUPS; g++) total += counts[g];
        if (!(total > 0)) continue;
        for (int g = 0; g < RS_GROUPS; g++) shares[g] = (float)(counts[g] / total);
        return true;
    }
    return false;
}

static bool one_person(void *self, int worker, const struct rs_view *row, void *record, struct rs_error *error) {
    const struct reading *s = self;
    struct tally *t = &s->worker[worker];
    int group = place_in(rs_group_names, RS_GROUPS, row[PERSON_census6]);
    t->persons++;
    t->two_or_more += group == RS_MULTI;
    t->other_race += rs_eq_c(row[PERSON_other_1997], "Y");
    count_mixes(row, group, t);
    struct person_record r = {.group = (uint8_t)group};
    if (!key_of(row[PERSON_person_key], &r.key, "person", error)) return false;
    if (s->pack && group < RS_GROUPS) r.placed = find_area(s->pack, row, r.area);
    memcpy(record, &r, sizeof r);
    return true;
}

static bool one_prior(void *self, int worker, const struct rs_view *row, void *record, struct rs_error *error) {
    const struct reading *s = self;
    (void)record;
    (void)error;
    s->worker[worker].persons++;
    count_mixes(row, place_in(rs_group_names, RS_GROUPS, row[PERSON_census6]), &s->worker[worker]);
    return false;
}

static bool one_posterior(void *self, int worker, const struct rs_view *row, void *record, struct rs_error *error) {
    static const int columns[RS_GROUPS] = {POSTERIOR_p_white, POSTERIOR_p_black, POSTERIOR_p_aian,
                                           POSTERIOR_p_api,   POSTERIOR_p_multi, POSTERIOR_p_hispanic};
    struct posterior_record r = {0};
    (void)self;
    (void)worker;
    if (!key_of(row[POSTERIOR_person_key], &r.key, "posterior", error)) return false;
    for (int g = 0; g < RS_GROUPS; g++) {
        double p;
        if (!rs_parse_real(row[columns[g]], &p) || !(p >= 0 && p <= 1))
            return rs_fail(error, RS_DATA, "posterior: a probability is none: run impute again");
        r.p[g] = (float)p;
    }
    memcpy(record, &r, sizeof r);
    return true;
}

/* Whether this row of person_value answers the element of a check. */
static bool answers(const struct rs_check *c, const struct rs_view *row, bool *value) {
    struct rs_view name = row[PERSON_VALUE_element];
    bool race = strcmp(c->element, "race") == 0, ethnicity = strcmp(c->element, "ethnicity") == 0;
    bool both = rs_eq_c(name, "race_ethnicity");
    *value = rs_has(row[PERSON_VALUE_value]);
    if (strcmp(c->element, "language") == 0)
        return rs_eq_c(name, "language_preferred") || rs_eq_c(name, "language_spoken");
    if (!race && !ethnicity) return rs_eq_c(name, c->element);
    if (*value && (both || rs_eq_c(name, "race") || rs_eq_c(name, "ethnicity"))) {
        if (both && race) return true; /* to the combined question Hispanic alone is a whole answer */
        bool detail = rs_eq_c(row[PERSON_VALUE_axis], "detail");
        uint32_t bits = detail ? 0 : rs_race_bits(row[PERSON_VALUE_value]);
        return (bits & 1u << (race ? RS_HAS_RACE : RS_HAS_ETHNICITY)) != 0;
    }
    return rs_eq_c(name, c->element) || both;
}

static bool is_collected(const struct rs_check *c, struct rs_view how) {
    return c->collections == 0 || (c->collections >> place_in(rs_collections, 6, how) & 1) != 0;
}

static uint64_t bits_of(const struct rs_checks *checks, const struct rs_view *row) {
    uint64_t bits = 0;
    for (size_t i = 0; i < checks->n; i++) {
        const struct rs_check *c = &checks->check[i];
        bool value;
        if (c->member_bit < 0 || !answers(c, row, &value)) continue;
        int reason = value ? -1 : place_in(rs_missing_reasons, 8, row[PERSON_VALUE_missing]);
        if (!value && !(c->answers >> reason & 1)) continue;
        bool collected = is_collected(c, row[PERSON_VALUE_collection]);
        if (c->kind == RS_CHECK_MEMBERS)
            bits |= (uint64_t)collected << c->member_bit;
        else
            bits |= (uint64_t)1 << c->member_bit | (uint64_t)collected << (c->member_bit + 1);
    }
    return bits;
}

static bool one_value(void *self, int worker, const struct rs_view *row, void *record, struct rs_error *error) {
    const struct reading *s = self;
    struct value_record r = {.bits = bits_of(s->checks, row)};
    (void)worker;
    bool race = rs_eq_c(row[PERSON_VALUE_element], "race") || rs_eq_c(row[PERSON_VALUE_element], "race_ethnicity");
    if (race && rs_has(row[PERSON_VALUE_value]))
        for (size_t i = 0; i < s->n_sources && !r.source; i++)
            if (rs_eq_c(row[PERSON_VALUE_source], s->sources[i])) r.source = (uint32_t)i + 1;
    if (!r.bits && !r.source) return false;
    if (!key_of(row[PERSON_VALUE_person_key], &r.key, "person_value", error)) return false;
    memcpy(record, &r, sizeof r);
    return true;
}

/* ---- bringing them together ------------------------------------------------------------------------------------- */

/* One reduced file in the order of its keys, with the record that waits. */
struct stream {
    struct rs_reduced file;
    char *buffer;
    size_t n, at;
};
enum { STREAM = 4096 };

static bool fill(struct stream *s, struct rs_error *error) {
    if (s->at < s->n || !s->file.file) return true;
    s->at = 0;
    if (!s->buffer) s->buffer = rs_alloc(STREAM * s->file.size);
    return rs_reduced_read(&s->file, s->buffer, STREAM, &s->n, error);
}

/* The waiting record where it is of this key; NULL otherwise. All records begin with their key. */
static const void *waiting(struct stream *s, struct rs_key key, struct rs_error *error) {
    struct rs_key k;
    if (!fill(s, error) || s->at >= s->n) return NULL;
    memcpy(&k, s->buffer + s->at * s->file.size, sizeof k);
    return rs_key_compare(k, key) == 0 ? s->buffer + s->at * s->file.size : NULL;
}

struct joining {
    struct rs_person_counts *out;
    struct stream person, value, posterior;
    struct rs_scan *measure;
    const struct rs_view *waiting; /* row of person_measure */
    uint64_t measures;
    struct rs_groups groups;
    size_t room;     /* of by_group */
    size_t mine[64]; /* provider groups of this person */
    size_t n_mine;
    struct rs_reduced fill_source, fill_group;
};

static bool next_measure(struct joining *j, struct rs_error *error) {
    if (!j->measure || !rs_scan_next(j->measure, &j->waiting, error))
        j->waiting = NULL;
    else
        j->measures++;
    return error->code == 0;
}

static bool take_groups(struct joining *j, struct rs_key key, struct rs_error *error) {
    char hex[33];
    rs_hex(hex, key.b, sizeof key.b);
    j->n_mine = 0;
    while (j->waiting && rs_eq(j->waiting[PERSON_MEASURE_person_key], rs_view(hex, 32))) {
        struct rs_view name = j->waiting[PERSON_MEASURE_provider_group];
        if (rs_has(name)) {
            size_t g = rs_groups_at(&j->groups, name), i = 0;
            if (g >= j->room) {
                size_t room = g * 2 + 64;
                j->out->by_group = rs_realloc(j->out->by_group, room * sizeof *j->out->by_group);
                memset(j->out->by_group + j->room, 0, (room - j->room) * sizeof *j->out->by_group);
                j->room = room;
            }
            while (i < j->n_mine && j->mine[i] != g) i++;
            if (i == j->n_mine && i < sizeof j->mine / sizeof *j->mine) j->mine[j->n_mine++] = g;
        }
        if (!next_measure(j, error)) return false;
    }
    return true;
}

static void add_person(struct rs_unit_counts *u, const struct person_record *p, uint64_t bits) {
    u->persons++;
    for (uint64_t left = bits; left; left &= left - 1) u->bit[__builtin_ctzll(left)]++;
    if (!p->placed) return;
    u->placed++;
    u->recorded[p->group]++;
    for (int g = 0; g < RS_GROUPS; g++) {
        double share = (double)p->area[g], d = (g == p->group) - share;
        u->area[g] += share;
        u->square[g] += d * d;
    }
}

static bool add_probabilities(struct joining *j, const struct person_record *p, const struct posterior_record *post,
                              uint32_t source, struct rs_error *error) {
    struct rs_person_counts *out = j->out;
    struct rs_fill_one one = {.recorded = p->group};
    memcpy(one.p, post->p, sizeof one.p);
    for (int g = 0; g < RS_GROUPS; g++) out->mean[g] += (double)post->p[g];
    out->observed[p->group]++;
    out->reported++;
    if (j->fill_source.file && source) {
        one.unit = source - 1;
        if (!rs_reduced_add(&j->fill_source, &one, 1, error)) return false;
    }
    for (size_t i = 0; j->fill_group.file && i < j->n_mine; i++) {
        one.unit = (uint32_t)j->mine[i];
        if (!rs_reduced_add(&j->fill_group, &one, 1, error)) return false;
    }
    return true;
}

static bool join_one(struct joining *j, const struct person_record *p, struct rs_error *error) {
    uint64_t bits = 0;
    uint32_t source = 0;
    const struct value_record *v;
    const struct posterior_record *post;
    while ((v = waiting(&j->value, p->key, error))) {
        bits |= v->bits;
        if (!source) source = v->source;
        j->value.at++;
    }
    if (error->code || !take_groups(j, p->key, error)) return false;
    add_person(&j->out->all, p, bits);
    if (source) add_person(&j->out->by_source[source - 1], p, bits);
    for (size_t i = 0; i < j->n_mine; i++) add_person(&j->out->by_group[j->mine[i]], p, bits);
    post = waiting(&j->posterior, p->key, error);
    if (error->code) return false;
    if (!post) return true;
    j->posterior.at++;
    return p->group >= RS_GROUPS || add_probabilities(j, p, post, source, error);
}

static bool join_all(struct joining *j, struct rs_error *error) {
    if (!next_measure(j, error)) return false;
    for (;;) {
        if (!fill(&j->person, error)) return false;
        if (j->person.at >= j->person.n) break;
        const struct person_record *p = (const void *)(j->person.buffer + j->person.at * sizeof *p);
        if (!join_one(j, p, error)) return false;
        j->person.at++;
    }
    if (!fill(&j->value, error) || !fill(&j->posterior, error)) return false;
    const char *left = j->value.at < j->value.n           ? "person_value"
                       : j->posterior.at < j->posterior.n ? "posterior"
                       : j->waiting                       ? "person_measure"
                                                          : NULL;
    return !left || rs_fail(error, RS_DATA,
                            "%s: a row is of a person who is not in person, or out of order: give the "
                            "directories of one run",
                            left);
}

/* ---- default filling ----------------------------------------------------------------------------------------------
 */

static bool rewind_fill(void *self, struct rs_error *error) { return rs_reduced_rewind(self, error); }

static bool read_fill(void *self, struct rs_fill_one *into, size_t most, size_t *got, struct rs_error *error) {
    return rs_reduced_read(self, into, most, got, error);
}

static bool find_fillers(const struct rs_checks *checks, struct rs_reduced *file, size_t n, bool group,
                         struct rs_fill_unit **units, double *inflation, struct rs_error *error) {
    const struct rs_check *c = NULL;
    for (size_t i = 0; i < checks->n && !c; i++) {
        const struct rs_check *one = &checks->check[i];
        if (one->kind == RS_CHECK_FILLING && (group ? one->for_group : one->for_source)) c = one;
    }
    if (!c || !file->file) return true;
    *units = rs_alloc((n + 1) * sizeof **units);
    struct rs_fill_limits limits = {(uint64_t)c->minimum, c->threshold, c->alpha};
    struct rs_fill_source source = {file, rewind_fill, read_fill};
    return rs_default_filling(&source, &limits, n, *units, inflation, error);
}

/* ---- all of it ----------------------------------------------------------------------------------------------------
 */

static struct tally *workers(struct reading *s, int threads) {
    return s->worker = rs_alloc((size_t)threads * sizeof *s->worker);
}

static struct tally sum_workers(struct reading *s, int threads) {
    struct tally sum = {0};
    for (int w = 0; w < threads; w++) {
        const struct tally *t = &s->worker[w];
        sum.persons += t->persons;
        sum.two_or_more += t->two_or_more;
        sum.other_race += t->other_race;
        for (int m = 0; m < RS_MIXES; m++)
            for (int i = 0; i < RS_MIX_MOST; i++) sum.mix[m][i] += t->mix[m][i];
    }
    free(s->worker);
    s->worker = NULL;
    return sum;
}

static bool read_person(struct rs_run *run, struct reading *s, const struct rs_manifest *m, struct joining *j,
                        struct rs_error *error) {
    struct rs_reduction how = {s, one_person};
    workers(s, run->threads);
    bool good = rs_reduced_open(run->output, sizeof(struct person_record), &j->person.file, error) &&
                rs_reduce(run, m, &how, &j->person.file, error);
    struct tally sum = sum_workers(s, run->threads);
    j->out->persons = sum.persons;
    j->out->two_or_more = sum.two_or_more;
    j->out->other_race = sum.other_race;
    memcpy(j->out->mix, sum.mix, sizeof sum.mix);
    return good;
}

static bool read_prior(struct rs_run *run, struct reading *s, struct rs_person_counts *out, struct rs_error *error) {
    struct rs_manifest m;
    struct rs_reduced nothing = {.size = 1};
    struct rs_reduction how = {s, one_prior};
    if (!s->checks->any_drift) return true;
    if (!rs_run_prior(run, &rs_layout_person, &m, &out->has_prior, error)) return false;
    if (!out->has_prior) return true;
    workers(s, run->threads);
    bool good = rs_reduce(run, &m, &how, &nothing, error);
    struct tally sum = sum_workers(s, run->threads);
    memcpy(out->prior_mix, sum.mix, sizeof sum.mix);
    out->prior_persons = sum.persons;
    return good;
}

static bool read_others(struct rs_run *run, struct reading *s, struct joining *j, struct rs_error *error) {
    struct rs_manifest m;
    bool found;
    struct rs_reduction value = {s, one_value}, posterior = {s, one_posterior};
    if (s->checks->any_members || s->checks->any_filling || s->checks->any_area) {
        if (!rs_run_manifest_if(run, &rs_layout_person_value, &m, &found, error)) return false;
        if (found && (!rs_reduced_open(run->output, sizeof(struct value_record), &j->value.file, error) ||
                      !rs_reduce(run, &m, &value, &j->value.file, error)))
            return false;
    }
    if (!rs_run_manifest_if(run, &rs_layout_posterior, &m, &j->out->has_posterior, error)) return false;
    if (j->out->has_posterior &&
        (!rs_reduced_open(run->output, sizeof(struct posterior_record), &j->posterior.file, error) ||
         !rs_reduce(run, &m, &posterior, &j->posterior.file, error)))
        return false;
    if (!s->checks->any_group) return true;
    if (!rs_run_manifest_if(run, &rs_layout_person_measure, &m, &found, error)) return false;
    return !found || (j->measure = rs_scan_open(&m, error)) != NULL;
}

static bool join_files(struct rs_run *run, const struct rs_checks *checks, struct joining *j, struct rs_error *error) {
    struct rs_person_counts *out = j->out;
    if (checks->any_filling && out->has_posterior &&
        (!rs_reduced_open(run->output, sizeof(struct rs_fill_one), &j->fill_source, error) ||
         !rs_reduced_open(run->output, sizeof(struct rs_fill_one), &j->fill_group, error)))
        return false;
    if (!join_all(j, error)) return false;
    rs_count(&run->tally, "person_measure", 0, RS_READ, NULL, j->measures);
    rs_count(&run->tally, "person_measure", 0, RS_AGGREGATED, NULL, j->measures);
    rs_groups_take(&j->groups, &out->groups, &out->n_groups);
    for (int g = 0; g < RS_GROUPS && out->reported; g++) {
        out->observed[g] /= (double)out->reported;
        out->mean[g] /= (double)out->reported;
    }
    return find_fillers(checks, &j->fill_source, out->n_sources, false, &out->fill_source, &out->inflation_source,
                        error) &&
           find_fillers(checks, &j->fill_group, out->n_groups, true, &out->fill_group, &out->inflation_group, error);
}

static void close_joining(struct joining *j) {
    struct stream *streams[] = {&j->person, &j->value, &j->posterior};
    for (size_t i = 0; i < 3; i++) {
        rs_reduced_close(&streams[i]->file);
        free(streams[i]->buffer);
    }
    rs_scan_close(j->measure);
    rs_reduced_close(&j->fill_source);
    rs_reduced_close(&j->fill_group);
    rs_groups_free(&j->groups);
}

bool rs_count_persons(struct rs_run *run, const struct rs_checks *checks, char **sources, size_t n_sources,
                      struct rs_person_counts *out, struct rs_error *error) {
    struct rs_manifest m;
    struct rs_pack *pack = NULL;
    struct joining j = {.out = out};
    struct reading s = {.checks = checks, .sources = sources, .n_sources = n_sources};
    *out = (struct rs_person_counts){.n_sources = n_sources};
    if (!rs_run_manifest_if(run, &rs_layout_person, &m, &out->has_person, error)) return false;
    if (!out->has_person) return true;
    out->by_source = rs_alloc((n_sources + 1) * sizeof *out->by_source);
    if (checks->any_area && !(pack = rs_pack_open(run->reference, error))) return false;
    s.pack = pack;
    bool good = read_person(run, &s, &m, &j, error) && read_prior(run, &s, out, error) &&
                read_others(run, &s, &j, error) && join_files(run, checks, &j, error);
    close_joining(&j);
    if (pack) rs_pack_close(pack);
    return good;
}

void rs_person_counts_free(struct rs_person_counts *c) {
    for (size_t i = 0; i < c->n_groups; i++) free(c->groups[i]);
    free(c->groups);
    free(c->by_group);
    free(c->by_source);
    free(c->fill_group);
    free(c->fill_source);
    *c = (struct rs_person_counts){0};
}
