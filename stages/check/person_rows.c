/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Why it exists: files of persons are wide, and a check needs little of each row. */
#include "person_rows.h"
#include "count.h"
#include "pipeline/base/date.h"
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

static void count_mixes(const struct rs_view *row, int group, struct rs_person_tally *t) {
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

static uint64_t fact_bits(const struct rs_checks *checks, const struct rs_view *row) {
    uint64_t bits = 0;
    for (size_t i = 0; i < checks->n; i++) {
        const struct rs_check *c = &checks->check[i];
        if (c->fact < 0 || !rs_has(row[c->fact]) || (c->fact == PERSON_sex && rs_eq_c(row[c->fact], "unknown"))) continue;
        bits |= (uint64_t)1 << c->member_bit;
    }
    return bits;
}

static bool is_minor(const struct rs_person_reading *s, struct rs_view birth) {
    int32_t born;
    return s->place->minors_under && (!rs_day_parse(birth, &born) || rs_age(born, s->run->as_of) < s->place->minors_under);
}

bool rs_one_person(void *self, int worker, const struct rs_view *row, void *record, struct rs_error *error) {
    const struct rs_person_reading *s = self;
    struct rs_person_tally *t = &s->worker[worker];
    int group = place_in(rs_group_names, RS_GROUPS, row[PERSON_census6]);
    t->persons++;
    t->two_or_more += group == RS_MULTI;
    t->other_race += rs_eq_c(row[PERSON_other_1997], "Y");
    count_mixes(row, group, t);
    struct rs_person_record r = {.group = (uint8_t)group};
    if (!key_of(row[PERSON_person_key], &r.key, "person", error)) return false;
    if (s->met)
        r.facility = rs_facility_seen(&s->met[worker], row[PERSON_facility_source], row[PERSON_facility]);
    r.minor = is_minor(s, row[PERSON_birth_date]);
    r.bits = fact_bits(s->checks, row);
    if (s->pack && group < RS_GROUPS) r.placed = find_area(s->pack, row, r.area);
    memcpy(record, &r, sizeof r);
    return true;
}

bool rs_one_prior(void *self, int worker, const struct rs_view *row, void *record, struct rs_error *error) {
    const struct rs_person_reading *s = self;
    (void)record;
    (void)error;
    s->worker[worker].persons++;
    count_mixes(row, place_in(rs_group_names, RS_GROUPS, row[PERSON_census6]), &s->worker[worker]);
    return false;
}

bool rs_one_posterior(void *self, int worker, const struct rs_view *row, void *record, struct rs_error *error) {
    static const int columns[RS_GROUPS] = {POSTERIOR_p_white, POSTERIOR_p_black, POSTERIOR_p_aian,
                                           POSTERIOR_p_api,   POSTERIOR_p_multi, POSTERIOR_p_hispanic};
    struct rs_posterior_record r = {0};
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

/* Its number plus 1, 0 for one that no file is of. */
static uint32_t source_of(const struct rs_person_reading *s, struct rs_view name) {
    for (size_t i = 0; i < s->n_sources; i++)
        if (rs_eq_c(name, s->sources[i])) return (uint32_t)i + 1;
    return 0;
}

bool rs_one_value(void *self, int worker, const struct rs_view *row, void *record, struct rs_error *error) {
    const struct rs_person_reading *s = self;
    struct rs_value_record r = {.bits = bits_of(s->checks, row)};
    bool race = rs_eq_c(row[PERSON_VALUE_element], "race") || rs_eq_c(row[PERSON_VALUE_element], "race_ethnicity");
    bool stands = race && rs_has(row[PERSON_VALUE_value]), crossed = r.bits && s->checks->any_source_group;
    uint32_t source = stands || crossed ? source_of(s, row[PERSON_VALUE_source]) : 0;
    if (stands) r.source = source;
    if (crossed) r.from = source;
    if (stands && s->met)
        r.facility = rs_facility_seen(&s->met[worker], row[PERSON_VALUE_source], row[PERSON_VALUE_facility]);
    if (!r.bits && !r.source && !r.facility) return false;
    if (!key_of(row[PERSON_VALUE_person_key], &r.key, "person_value", error)) return false;
    memcpy(record, &r, sizeof r);
    return true;
}
