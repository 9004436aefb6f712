/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Members as the learned layer sees them, and the sample of them that it is fitted to. */
#include "learn.h"
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include "evaluate.h"

const char *const rs_learn_target_names[RS_LEARN_TARGETS] = {"race", "language"};
const char *const rs_learn_form_names[RS_FORMS] = {"none", "recalibration", "full"};
const char *const rs_learn_language_names[RS_LANGUAGES] = {"ENGLISH", "SPANISH", "OTHER"};

/* ---- covariates ------------------------------------------------------------------------------------------------ */

/* Cohorts of birth, not ages: what a fit says of a cohort still holds when it is used again years later. */
static const struct {
    int64_t from;
    const char *name;
} births[] = {{0, "before_1946"}, {1946, "1946_1964"}, {1965, "1965_1980"}, {1981, "1981_1996"}, {1997, "1997_2012"},
              {2013, "from_2013"}};
enum { BIRTHS = sizeof births / sizeof *births };

static const char *const sexes[] = {"female", "male"};
enum { SEXES = sizeof sexes / sizeof *sexes };

enum language_group { english = 1, spanish, asian_pacific, south_asian, african_caribbean, european, middle_eastern,
                      american, other_group, LANGUAGE_GROUPS };
static const char *const language_groups[LANGUAGE_GROUPS] = {
    "", "english", "spanish", "asian_pacific", "south_asian", "african_caribbean", "european", "middle_eastern",
    "american", "other"};
static const struct {
    const char *subtag;
    enum language_group group;
} languages[] = {
#define LANGUAGE_GROUP(subtag, group) {subtag, group},
#include "schemas/codes/language_groups.def"
#undef LANGUAGE_GROUP
};

static unsigned char birth_level(struct rs_view day) {
    int64_t year;
    if (day.n < 4 || !rs_parse_long(rs_view(day.p, 4), &year)) return 0;
    int level = BIRTHS;
    while (level > 1 && year < births[level - 1].from) level--;
    return (unsigned char)level;
}

static unsigned char sex_level(struct rs_view sex) {
    for (int i = 0; i < SEXES; i++)
        if (rs_eq_c(sex, sexes[i])) return (unsigned char)(i + 1);
    return 0;
}

static unsigned char language_level(struct rs_view tag) {
    if (!rs_has(tag)) return 0;
    struct rs_view rest = tag, primary = rs_split(&rest, '-');
    for (size_t i = 0; i < sizeof languages / sizeof *languages; i++)
        if (rs_eq_nocase(primary, rs_cstr(languages[i].subtag))) return (unsigned char)languages[i].group;
    return other_group;
}

/* FIPS codes run from 1 to 78. */
static unsigned char state_level(struct rs_view usps) {
    struct rs_view fips = rs_has(usps) ? rs_state_fips(usps) : RS_NULL;
    int64_t number = 0;
    if (!rs_has(fips) || !rs_parse_long(fips, &number) || number >= RS_LEVELS) return 0;
    return (unsigned char)number;
}

const char *rs_level_name(enum rs_covariate covariate, int level, char text[32]) {
    static const char *const names[RS_COVARIATES] = {"birth", "sex", "language", "state"};
    const char *value = NULL;
    char fips[8];
    struct rs_view usps = RS_NULL;
    if (level < 1 || level >= RS_LEVELS) return NULL;
    if (covariate == RS_COV_BIRTH && level <= BIRTHS) value = births[level - 1].name;
    if (covariate == RS_COV_SEX && level <= SEXES) value = sexes[level - 1];
    if (covariate == RS_COV_LANGUAGE && level < LANGUAGE_GROUPS) value = language_groups[level];
    if (covariate == RS_COV_STATE) {
        snprintf(fips, sizeof fips, "%02d", level);
        usps = rs_state_usps(rs_view(fips, 2));
    }
    if (!value && !rs_has(usps)) return NULL;
    if (value) snprintf(text, 32, "%s:%s", names[covariate], value);
    else snprintf(text, 32, "%s:%.*s", names[covariate], (int)usps.n, usps.p);
    return text;
}

static signed char language_answer(unsigned char level) {
    if (!level) return -1;
    if (level == english) return RS_ENGLISH;
    return level == spanish ? RS_SPANISH : RS_OTHER_LANGUAGE;
}

/* The key is a hash already, but a file may be keyed by anything. */
static uint64_t hash_of(struct rs_view key) {
    struct rs_digest d = rs_sha256(key.p, key.n);
    uint64_t hash;
    memcpy(&hash, d.b, sizeof hash);
    return hash;
}

struct rs_learn_person rs_learn_person_of(const struct rs_view *person) {
    struct rs_learn_person out = {.hash = hash_of(person[PERSON_person_key])};
    out.level[RS_COV_BIRTH] = birth_level(person[PERSON_birth_date]);
    out.level[RS_COV_SEX] = sex_level(person[PERSON_sex]);
    out.level[RS_COV_LANGUAGE] = language_level(person[PERSON_language]);
    out.level[RS_COV_STATE] = state_level(person[PERSON_state]);
    out.answer[RS_LEARN_RACE] = (signed char)rs_census6_group(person[PERSON_census6]);
    out.answer[RS_LEARN_LANGUAGE] = language_answer(out.level[RS_COV_LANGUAGE]);
    return out;
}

void rs_learn_person_p(struct rs_learn_person *person, const double p[RS_GROUPS]) {
    for (int r = 0; r < RS_GROUPS; r++) person->log_p[r] = log(fmax(p[r], RS_LEARN_LEAST));
}

/* ---- sample ---------------------------------------------------------------------------------------------------- */

/* Folds are told by the hash's remainder, the sample by its size: one says nothing of the other. */
static void halve(struct rs_learn_sample *s) {
    size_t kept = 0;
    s->limit /= 2;
    for (size_t i = 0; i < s->n; i++)
        if (s->members[i].hash <= s->limit) s->members[kept++] = s->members[i];
    s->n = kept;
}

void rs_learn_sample_add(struct rs_learn_sample *s, const struct rs_learn_person *person) {
    if (person->answer[s->target] < 0) return;
    if (!s->limit) s->limit = UINT64_MAX;
    if (person->hash > s->limit) return;
    if (s->n == s->room) {
        s->room = s->room ? s->room * 2 : 1024;
        s->members = rs_realloc(s->members, s->room * sizeof *s->members);
    }
    s->members[s->n++] = *person;
    while (s->n > s->most) halve(s);
}

void rs_learn_sample_free(struct rs_learn_sample *s) {
    free(s->members);
    s->members = NULL;
    s->n = s->room = 0;
}
