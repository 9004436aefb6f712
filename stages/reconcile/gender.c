/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Two-step derivation. What a person says of being transgender or nonbinary stands by itself; only female and male are
 * compared with the sex recorded at birth. */
#include "gender.h"

static bool is_any(struct rs_view v, const char *const *words) {
    for (; *words; words++)
        if (rs_eq_c(v, *words)) return true;
    return false;
}

static bool is_binary(struct rs_view v) { return rs_eq_c(v, "female") || rs_eq_c(v, "male"); }

static const struct rs_rc_answer *own(const struct rs_rc_standing *s) {
    return s->answer && s->answer->collection == CO_SELF ? s->answer : NULL;
}

/* A reason of the item's own, else unknown: nobody says whether it was asked. */
static uint8_t reason_of(const struct rs_rc_answer *a) {
    return a && a->missing != MI_NONE ? a->missing : (uint8_t)MI_UNKNOWN;
}

/* Says female or male and nothing else: compared. */
static void compare(struct rs_rc_gender *g, struct rs_view identity, const struct rs_rc_answer *sex) {
    if (!sex || !sex->value.p) g->missing = reason_of(sex);
    else if (!is_binary(sex->value)) g->missing = MI_OTHER; /* neither the same nor another */
    else g->values[g->n++] = rs_eq(identity, sex->value) ? RS_LIT("cisgender") : RS_LIT("transgender");
}

struct rs_rc_gender rs_rc_two_step(const struct rs_rc_standing *identity, const struct rs_rc_standing *sex_at_birth) {
    static const char *const transgender[] = {"transgender", "transgender_man", "transgender_woman", NULL};
    static const char *const nonbinary[] = {"nonbinary", "nonconforming", "gender_fluid", "agender", NULL};
    const struct rs_rc_answer *said = own(identity), *sex = own(sex_at_birth);
    struct rs_rc_gender g = {.answer = said ? said : sex};
    bool trans = false, non = false, other = false;
    int binary = 0;
    if (!g.answer) return g;
    if (!said || !said->value.p) {
        g.missing = reason_of(said);
        return g;
    }
    for (struct rs_view list = said->value; list.p;) {
        struct rs_view v = rs_split(&list, RS_RC_SEPARATOR);
        if (is_any(v, transgender)) trans = true;
        else if (is_any(v, nonbinary)) non = true;
        else if (is_binary(v)) binary++;
        else other = true; /* two_spirit, questioning, other: neither is said */
    }
    if (trans) g.values[g.n++] = RS_LIT("transgender");
    if (non) g.values[g.n++] = RS_LIT("nonbinary");
    if (!trans && !non && (other || binary > 1)) g.values[g.n++] = RS_LIT("another_identity");
    if (g.n == 0) compare(&g, said->value, sex);
    return g;
}
