/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Why it exists: what a person's columns mean as strata, apart from how files are walked.
 *
 * race_ethnicity: a person with census6 reported it; one without it but with a posterior is imputed; one with neither
 * (a decline is never imputed over) is excluded from the estimates that use imputation, and counted. */
#include "person.h"
#include <stdio.h>
#include "pipeline/base/date.h"

static uint32_t number(struct rs_strata *s, enum rs_dimension d, struct rs_view name) {
    return rs_name_number(&s->names[d], name);
}

static bool race_stratum(struct rs_strata *s, const struct rs_view *row, struct rs_member *m, struct rs_error *error) {
    struct rs_view group = row[PERSON_census6], reason = row[PERSON_missing_2024];
    m->reported = rs_has(group);
    if (m->reported) {
        m->number[RS_RACE] = number(s, RS_RACE, group);
        return m->number[RS_RACE] < RS_GROUPS ||
               rs_fail(error, RS_DATA, "person: census6 is not one of the six groups: run reconcile again");
    }
    if (!rs_has(reason)) reason = row[PERSON_missing_race_1997];
    m->number[RS_RACE] = number(s, RS_RACE, rs_has(reason) ? reason : RS_LIT("UNRESOLVED"));
    return true;
}

/* Languages are told apart by their primary subtag: en and en-US are one. */
static struct rs_view language_stratum(const struct rs_view *row) {
    struct rs_view tag = row[PERSON_language];
    if (rs_has(tag)) return rs_split(&tag, '-');
    return rs_has(row[PERSON_missing_language]) ? row[PERSON_missing_language] : RS_LIT("MISSING");
}

static struct rs_view age_stratum(const struct rs_age_bands *bands, int32_t as_of, struct rs_view birth) {
    int32_t born;
    if (!rs_has(birth) || !rs_day_parse(birth, &born)) return RS_LIT("MISSING");
    int age = rs_age(born, as_of);
    for (size_t i = bands->n; i-- > 0;)
        if (age >= bands->from[i]) return rs_cstr(bands->names[i]);
    return age < 0 ? RS_LIT("MISSING") : RS_LIT("younger");
}

/* The names of the dimensions adjusted for, with | between. */
static bool cell_of(struct rs_strata *s, struct rs_member *m, struct rs_error *error) {
    char name[256];
    size_t n = 0;
    for (size_t i = 0; i < s->n_adjust; i++) {
        const char *part = s->names[s->adjust[i]].names[m->number[s->adjust[i]]];
        n += (size_t)snprintf(name + n, sizeof name - n, "%s%s", i ? "|" : "", part);
        if (n >= sizeof name) n = sizeof name - 1;
    }
    m->cell = s->n_adjust ? rs_name_number(&s->cells, rs_view(name, n)) : 0;
    return m->cell < RS_MOST_CELLS ||
           rs_fail(error, RS_USAGE, "--standardise: more than %d combinations: name fewer dimensions", RS_MOST_CELLS);
}

bool rs_member_strata(const struct rs_view *row, const struct rs_age_bands *bands, int32_t as_of,
                      struct rs_strata *strata, struct rs_member *out, struct rs_error *error) {
    *out = (struct rs_member){0};
    if (!race_stratum(strata, row, out, error)) return false;
    out->number[RS_LANGUAGE] = number(strata, RS_LANGUAGE, language_stratum(row));
    out->number[RS_SEX] = number(strata, RS_SEX, rs_has(row[PERSON_sex]) ? row[PERSON_sex] : RS_LIT("MISSING"));
    out->number[RS_AGE] = number(strata, RS_AGE, age_stratum(bands, as_of, row[PERSON_birth_date]));
    return cell_of(strata, out, error);
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
