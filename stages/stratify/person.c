/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Why it exists: what a person's columns mean as strata, apart from how files are walked.
 *
 * race_ethnicity: a person with census6 reported it, and so did one who said it in an earlier run; one without it but with a posterior is imputed; one with neither
 * (a decline is never imputed over) is excluded from the estimates that use imputation, and counted. */
#include "person.h"
#include <stdio.h>
#include <string.h>
#include "area.h"
#include "pipeline/base/date.h"

static uint32_t number(struct rs_strata *s, enum rs_dimension d, struct rs_view name) {
    return rs_name_number(&s->names[d], name);
}

static bool race_stratum(struct rs_strata *s, const struct rs_view *row, struct rs_view earlier, struct rs_member *m,
                         struct rs_error *error) {
    struct rs_view group = rs_has(row[PERSON_census6]) ? row[PERSON_census6] : earlier, reason = row[PERSON_missing_2024];
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

/* ---- categories of 2024 ---------------------------------------------------------------------------------------- */

/* What was said, as a combination: "ASIAN+WHITE"; and as one of eight. A category that a form of 1997 could not offer
 * counts as not said, as in the tabulations. */
static void race_2024(struct rs_strata *s, const struct rs_view *row, struct rs_member *m) {
    static const struct {
        int column;
        const char *name;
    } said[] = {{PERSON_aian, "AIAN"}, {PERSON_asian, "ASIAN"}, {PERSON_black, "BLACK"}, {PERSON_hispanic, "HISPANIC"},
                {PERSON_mena, "MENA"}, {PERSON_nhpi, "NHPI"},   {PERSON_white, "WHITE"}};
    char both[64];
    size_t n = 0;
    int several = 0;
    const char *one = NULL;
    for (size_t k = 0; k < sizeof said / sizeof said[0]; k++) {
        if (!rs_eq_c(row[said[k].column], "Y")) continue;
        one = said[k].name;
        n += (size_t)snprintf(both + n, sizeof both - n, "%s%s", several++ ? "+" : "", one);
    }
    struct rs_view reason = row[PERSON_missing_2024];
    struct rs_view all = rs_has(row[PERSON_unresolved_2024]) ? RS_LIT("UNRESOLVED")
                         : several                           ? rs_view(both, n)
                         : rs_has(reason)                    ? reason
                                                             : RS_LIT("UNKNOWN");
    struct rs_view single = several > 1 && !rs_has(row[PERSON_unresolved_2024]) ? RS_LIT("MULTIRACIAL") : all;
    m->number[RS_RACE_2024_ANY] = number(s, RS_RACE_2024_ANY, all);
    m->number[RS_RACE_2024] = number(s, RS_RACE_2024, single);
}

/* ---- sexual orientation and gender identity -------------------------------------------------------------------- */

void rs_member_value(struct rs_member_values *v, const struct rs_view *row) {
    static const char *const elements[] = {"sexual_orientation", "gender_identity", "gender_two_step"};
    for (size_t i = 0; i < sizeof elements / sizeof elements[0]; i++) {
        if (!rs_eq_c(row[PERSON_VALUE_element], elements[i])) continue;
        if (rs_has(row[PERSON_VALUE_value]))
            v->value[i] = rs_has(v->value[i]) ? RS_LIT("several") : row[PERSON_VALUE_value];
        else v->missing[i] = row[PERSON_VALUE_missing];
    }
}

static void reported_values(struct rs_strata *s, const struct rs_member_values *v, struct rs_member *m) {
    for (int d = RS_ORIENTATION; d <= RS_TRANSGENDER; d++) {
        struct rs_view value = v->value[d - RS_ORIENTATION], missing = v->missing[d - RS_ORIENTATION];
        m->number[d] = number(s, (enum rs_dimension)d, rs_has(value)     ? value
                                                       : rs_has(missing) ? missing
                                                                         : RS_LIT("MISSING"));
    }
}

/* ---- intersections --------------------------------------------------------------------------------------------- */

static bool join_parts(const struct rs_strata *s, const struct rs_crossed *c, const struct rs_member *m, bool race,
                       char *out, size_t room, size_t *n, struct rs_error *error) {
    *n = 0;
    for (size_t i = 0; i < c->n; i++) {
        if (!race && c->part[i] == RS_RACE) continue;
        const char *part = s->names[c->part[i]].names[m->number[c->part[i]]];
        size_t length = strlen(part);
        if (*n + length + 2 > room) return rs_fail(error, RS_DATA, "--strata: %s: names are too long", c->name);
        if (*n) out[(*n)++] = RS_BETWEEN;
        memcpy(out + *n, part, length);
        *n += length;
    }
    return true;
}

static bool intersections(struct rs_strata *s, struct rs_member *m, bool by_row, struct rs_error *error) {
    char name[1024];
    size_t n;
    for (size_t k = 0; s->dimensions && k < s->dimensions->n_crossed; k++) {
        const struct rs_crossed *c = &s->dimensions->crossed[k];
        enum rs_dimension d = rs_crossed_dimension(k);
        if (c->by_row != by_row) continue;
        if (!join_parts(s, c, m, true, name, sizeof name, &n, error)) return false;
        m->number[d] = number(s, d, rs_view(name, n));
        if (!c->fitted) continue;
        if (!join_parts(s, c, m, false, name, sizeof name, &n, error)) return false;
        m->other[k] = rs_name_number(&s->others[k], rs_view(name, n));
    }
    return true;
}

bool rs_member_strata(const struct rs_view *row, struct rs_view earlier, const struct rs_member_values *values,
                      const struct rs_age_bands *bands, int32_t as_of, struct rs_strata *strata,
                      struct rs_member *out, struct rs_error *error) {
    const struct rs_dimensions *wanted = strata->dimensions;
    *out = (struct rs_member){0};
    if (!race_stratum(strata, row, earlier, out, error)) return false;
    out->number[RS_LANGUAGE] = number(strata, RS_LANGUAGE, language_stratum(row));
    out->number[RS_SEX] = number(strata, RS_SEX, rs_has(row[PERSON_sex]) ? row[PERSON_sex] : RS_LIT("MISSING"));
    out->number[RS_AGE] = number(strata, RS_AGE, age_stratum(bands, as_of, row[PERSON_birth_date]));
    if (!wanted) return cell_of(strata, out, error);
    if (wanted->used[RS_RACE_2024_ANY] || wanted->used[RS_RACE_2024]) race_2024(strata, row, out);
    if (values) reported_values(strata, values, out);
    struct rs_view county = row[PERSON_county];
    if (wanted->used[RS_COUNTIES])
        out->number[RS_COUNTIES] = number(strata, RS_COUNTIES, rs_has(county) ? county : RS_LIT("MISSING"));
    if (wanted->used[RS_SVI])
        out->number[RS_SVI] =
            number(strata, RS_SVI, rs_area_band(wanted->svi, row[PERSON_block_group], row[PERSON_tract], county));
    if (wanted->used[RS_ADI])
        out->number[RS_ADI] =
            number(strata, RS_ADI, rs_area_band(wanted->adi, row[PERSON_block_group], row[PERSON_tract], county));
    return cell_of(strata, out, error) && intersections(strata, out, false, error);
}

bool rs_member_row(const struct rs_view *row, struct rs_strata *strata, struct rs_member *m, struct rs_error *error) {
    struct rs_view provider = row[PERSON_MEASURE_provider_group], product = row[PERSON_MEASURE_product];
    m->number[RS_PROVIDER] = number(strata, RS_PROVIDER, rs_has(provider) ? provider : RS_LIT("MISSING"));
    if (!strata->dimensions) return true;
    if (strata->dimensions->used[RS_PRODUCT])
        m->number[RS_PRODUCT] = number(strata, RS_PRODUCT, rs_has(product) ? product : RS_LIT("MISSING"));
    return intersections(strata, m, true, error);
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
