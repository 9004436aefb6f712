/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Race and ethnicity of a person on both axes, from the answers that stand. */
#include "race.h"

static bool many(unsigned mask) { return (mask & (mask - 1u)) != 0; }

static uint8_t reason_of(const struct rs_rc_standing *s) {
    if (!s->answer) return MI_UNKNOWN; /* no record, and nobody says whether the person was asked */
    return s->answer->missing == MI_NONE ? (uint8_t)MI_UNKNOWN : s->answer->missing;
}

static void axis_1997(const struct rs_rc_answer *race, struct rs_rc_axes *out) {
    unsigned all = race->c97.all & C97_RACE, any = race->c97.any & C97_RACE;
    out->yes_1997 = all & ~(unsigned)C97_TWO_OR_MORE;
    out->unresolved_1997 = (struct rs_rc_set){(uint16_t)(all & C97_TWO_OR_MORE), (uint16_t)any};
    if (all & C97_TWO_OR_MORE) return; /* any other race may be among them */
    if (all || any) out->no_1997 = (C97_FIVE | C97_OTHER) & ~(all | any);
}

/* Hispanic is one of the seven: the ethnicity answer gives it, the race answer the other six. */
static void axis_2024(const struct rs_rc_answer *race, const struct rs_rc_answer *ethnicity, struct rs_rc_axes *out) {
    unsigned all = race ? race->c24.all & C24_RACE : 0, any = race ? race->c24.any & C24_RACE : 0;
    bool hispanic = out->hispanic_1997 == 'Y';
    bool one_question = (race && race->one_question) || (!race && ethnicity && ethnicity->one_question);
    out->yes_2024 = (all & C24_SEVEN) | (hispanic ? C24_HISPANIC : 0u);
    out->unresolved_2024 = (struct rs_rc_set){(uint16_t)(all & C24_TWO_OR_MORE), (uint16_t)any};
    if (out->hispanic_1997 == 'N') out->no_2024 |= C24_HISPANIC;
    bool answered = out->yes_2024 || any || (all & C24_TWO_OR_MORE);
    if (!answered || (all & C24_TWO_OR_MORE)) return;
    /* The other categories were there to choose, and were not chosen; Middle Eastern or North African only where the
     * question was the one of 2024. */
    unsigned offered = C24_SEVEN & ~(unsigned)C24_HISPANIC;
    if (!one_question) offered &= ~(unsigned)C24_MENA;
    /* The White of 1997 was the only box for them: whether White would be said beside MENA nobody knows. */
    if (!one_question && (all & C24_MENA) && (race->c97.all & C97_WHITE)) offered &= ~(unsigned)C24_WHITE;
    out->no_2024 |= offered & ~(all | any);
}

static bool answered_2024(const struct rs_rc_axes *a) {
    return a->yes_2024 || a->unresolved_2024.all || a->unresolved_2024.any;
}

static const char *census_of(unsigned race) {
    switch (race) {
    case C97_AIAN: return "AIAN";
    case C97_BLACK: return "BLACK";
    case C97_WHITE: return "WHITE";
    case C97_ASIAN:
    case C97_NHOPI: return "API";
    default: return NULL;
    }
}

/* The census name tables: Hispanic of any race, else one race alone (Asian and Pacific Islander together), else two or
 * more. Their "some other race" has been shared out among the others, so that an answer with it decides only where two
 * other races are named beside it. */
static const char *census6(const struct rs_rc_axes *a) {
    if (a->hispanic_1997 == 'Y') return "HISPANIC";
    if (a->hispanic_1997 != 'N') return NULL;
    unsigned named = a->yes_1997 & C97_FIVE, any = a->unresolved_1997.any;
    if (a->unresolved_1997.all & C97_TWO_OR_MORE) return "MULTI";
    if (many(named) || (named && any)) return "MULTI";
    if (a->yes_1997 & C97_OTHER) return NULL;
    if (named) return census_of(named);
    return any && (any & ~(unsigned)(C97_ASIAN | C97_NHOPI)) == 0 ? "API" : NULL;
}

/* Where both say something, together they are as sure as the weaker. */
static void collected(const struct rs_rc_standing *race, const struct rs_rc_standing *ethnicity, struct rs_rc_axes *out) {
    const struct rs_rc_answer *r = race->answer, *e = ethnicity->answer;
    bool r_says = r && race->substance == SU_VALUE, e_says = e && ethnicity->substance == SU_VALUE;
    if (r_says && e_says) {
        out->collection = r->collection > e->collection ? r->collection : e->collection;
        out->from[0] = e->source < r->source ? e : r;
        if (r->source != e->source) out->from[1] = e->source < r->source ? r : e;
        return;
    }
    out->from[0] = r_says || (r && !e_says) ? r : e;
    out->collection = out->from[0] ? out->from[0]->collection : -1;
}

void rs_rc_axes(const struct rs_rc_standing *race, const struct rs_rc_standing *ethnicity, struct rs_rc_axes *out) {
    *out = (struct rs_rc_axes){0};
    collected(race, ethnicity, out);
    const struct rs_rc_answer *r = race->answer && race->substance == SU_VALUE ? race->answer : NULL;
    const struct rs_rc_answer *e = ethnicity->answer && ethnicity->substance == SU_VALUE ? ethnicity->answer : NULL;
    unsigned said = e ? e->c97.all & C97_ETHNICITY : 0;
    if (said == C97_HISPANIC) out->hispanic_1997 = 'Y';
    if (said == C97_NOT_HISPANIC) out->hispanic_1997 = 'N';
    if (r) axis_1997(r, out);
    axis_2024(r, e, out);
    bool race_said = out->yes_1997 || out->unresolved_1997.all || out->unresolved_1997.any;
    out->missing_race_1997 = race_said ? MI_NONE : reason_of(race);
    out->missing_ethnicity_1997 = out->hispanic_1997 ? MI_NONE : reason_of(ethnicity);
    if (!answered_2024(out)) {
        uint8_t a = race_said ? (uint8_t)MI_OTHER : reason_of(race), b = reason_of(ethnicity);
        bool both = !out->hispanic_1997 && b != MI_NONE;
        out->missing_2024 = both && b < a ? b : a; /* the reason that says more */
    }
    out->census6 = census6(out);
}
