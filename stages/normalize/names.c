/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Names: folded, the suffix a column of its own, placeholders set aside, digits dropped.
 *
 * Brackets and quotes hold another name: SMITH (JONES), ROBERT "BOB". They are left out; of a family name what stands in
 * brackets is the previous one where the row has none.
 *
 * Digits: test systems number their people (Mosciski958). The copy for matching goes without them and name_flag says so;
 * the name as sent stays in record. */
#include "normalize.h"
#include "pipeline/reference/name_fold.h"

/* A copy without digits, null where no letter is left; the name itself where it has none. */
static struct rs_view without_digits(struct rs_arena *arena, struct rs_view name, bool *had) {
    size_t digits = 0, n = 0;
    for (size_t i = 0; i < name.n; i++) {
        digits += name.p[i] >= '0' && name.p[i] <= '9';
    }
    if (digits == 0) {
        return name;
    }
    *had = true;
    char *out = rs_arena_alloc(arena, name.n + 1);
    for (size_t i = 0; i < name.n; i++) {
        if (name.p[i] == '0' && i + 1 < name.n && name.p[i + 1] == '\'') {
            out[n++] = 'O'; /* 0'CONNOR */
        } else if (name.p[i] < '0' || name.p[i] > '9') {
            out[n++] = name.p[i];
        }
    }
    struct rs_view left = rs_trim(rs_view(out, n));
    return left.n > 0 ? left : RS_NULL;
}

/* JR of "Jr.", "JR" and "Smith Jr"; null for degrees and titles (MD, ESQ), which are no generation. */
static struct rs_view suffix_of(struct rs_arena *arena, struct rs_view raw) {
    struct rs_view suffix = RS_NULL, folded = rs_name_fold(arena, raw);
    if (rs_has(folded)) {
        rs_name_cut_suffix(arena, rs_arena_printf(arena, "X %.*s", (int)folded.n, folded.p), &suffix);
    }
    return suffix;
}

/* Word by word: INC, LLC and the like end the name of a firm. One word alone may be anybody's name. */
static bool is_organisation(struct rs_view family, struct rs_view given) {
    static const char *const forms[] = {"INC", "LLC", "LLP", "CORP", "CORPORATION", "LTD", "PLLC"};
    if (rs_has(given) || !rs_has(family)) {
        return false;
    }
    while (family.n > 0 && (family.p[family.n - 1] == '.' || family.p[family.n - 1] == ',')) {
        family.n--;
    }
    size_t start = family.n;
    while (start > 0 && family.p[start - 1] != ' ') {
        start--;
    }
    for (size_t i = 0; start > 0 && i < sizeof forms / sizeof *forms; i++) {
        if (rs_eq_c(rs_view(family.p + start, family.n - start), forms[i])) {
            return true;
        }
    }
    return false;
}

/* The name without what stands in brackets or quotes; itself where nothing is left then. *aside: what stood there, the last
 * of several; null for none. */
static struct rs_view without_asides(struct rs_arena *arena, struct rs_view name, struct rs_view *aside) {
    char *out = NULL;
    size_t n = 0;
    *aside = RS_NULL;
    for (size_t i = 0; i < name.n; i++) {
        char c = name.p[i], closing = c == '(' ? ')' : c == '[' ? ']' : c == '"' ? '"' : 0;
        const char *end = closing && i + 1 < name.n ? memchr(name.p + i + 1, closing, name.n - i - 1) : NULL;
        if (end == NULL && out == NULL) {
            continue;
        }
        if (out == NULL) { /* the first */
            out = rs_arena_copy(arena, name.p, name.n);
            n = i;
        }
        if (end == NULL) {
            out[n++] = c;
            continue;
        }
        *aside = rs_trim(rs_view(name.p + i + 1, (size_t)(end - name.p) - i - 1));
        i = (size_t)(end - name.p);
    }
    struct rs_view left = out ? rs_trim(rs_view(out, n)) : name;
    return left.n > 0 ? left : name;
}

/* What most are: one word of A-Z alone. Folding changes nothing in it but its case; it has no suffix and no digits. */
static bool one_word(struct rs_arena *arena, struct rs_view raw, struct rs_view *name) {
    enum { LONGEST = 64 };
    struct rs_masks m;
    if (rs_masks(raw, &m) && m.upper == m.all) { /* nearly all */
        *name = raw;
        return true;
    }
    unsigned kinds = raw.n <= LONGEST ? rs_kinds(raw) : RS_OTHER;
    if (kinds == 0 || (kinds & ~(unsigned)(RS_UPPER | RS_LOWER)) != 0) {
        return false;
    }
    *name = rs_upper(arena, raw, kinds);
    return true;
}

static struct rs_view family_name(const struct rs_normalizing *n, int column, struct rs_view *suffix, struct rs_view *aside,
                                  bool *digits) {
    struct rs_arena *arena = &n->batch->arena;
    struct rs_view name;
    *suffix = *aside = RS_NULL;
    if (!rs_has(n->raw[column]) || one_word(arena, n->raw[column], &name)) {
        return rs_has(n->raw[column]) ? name : RS_NULL;
    }
    name = without_asides(arena, n->raw[column], aside);
    return without_digits(arena, rs_name_cut_suffix(arena, rs_name_fold(arena, name), suffix), digits);
}

/* "JOHN JR" as a given name; "MARY V" has a middle initial, no fifth generation. */
static struct rs_view given_name(const struct rs_normalizing *n, struct rs_view *suffix, bool *digits) {
    struct rs_arena *arena = &n->batch->arena;
    struct rs_view name;
    if (one_word(arena, n->raw[RECORD_given_raw], &name)) {
        return name;
    }
    struct rs_view aside, folded = rs_name_fold(arena, without_asides(arena, n->raw[RECORD_given_raw], &aside));
    struct rs_view rest = rs_name_cut_suffix(arena, folded, suffix);
    if (rs_eq_c(*suffix, "V")) {
        *suffix = RS_NULL;
        rest = folded;
    }
    return without_digits(arena, rest, digits);
}

static const char placeholder[] = "placeholder_name";
static const char told[] = "A text that stands for a missing name; the name is left empty. Ask the sender for it";

/* Something was sent, and nothing is left of it: it was all digits. */
static bool is_nothing(const struct rs_normalizing *n, int column, struct rs_view name) {
    return !rs_has(name) && rs_has(rs_trim(n->raw[column]));
}

/* Which of the two fields is none; both where only together they say so (TEST, PATIENT). */
static void drop_placeholders(const struct rs_normalizing *n, struct rs_view *family, struct rs_view *given) {
    bool bad_family = is_nothing(n, RECORD_family_raw, *family), bad_given = is_nothing(n, RECORD_given_raw, *given);
    if (rs_name_is_placeholder(*family, *given)) {
        bool family_alone = rs_name_is_placeholder(*family, RS_NULL), given_alone = rs_name_is_placeholder(RS_NULL, *given);
        bad_family |= family_alone || !given_alone;
        bad_given |= given_alone || !family_alone;
    }
    if (bad_family) {
        rs_set_aside(n, RECORD_family_raw, placeholder, told);
        *family = RS_NULL;
    }
    if (bad_given) {
        rs_set_aside(n, RECORD_given_raw, placeholder, told);
        *given = RS_NULL;
    }
    if (bad_family || bad_given) {
        n->out[DEMOGRAPHIC_name_flag] = RS_LIT("placeholder");
    }
}

/* The row's own, else what stood in brackets behind the family name: (Jones), (nee Jones). */
static struct rs_view previous_name(const struct rs_normalizing *n, struct rs_view in_brackets, bool *digits) {
    struct rs_view suffix, aside, name = family_name(n, RECORD_previous_family_raw, &suffix, &aside, digits);
    if (!rs_has(name) && rs_has(in_brackets)) {
        name = without_digits(&n->batch->arena, rs_name_fold(&n->batch->arena, in_brackets), digits);
        size_t nee = name.n > 4 && memcmp(name.p, "NEE ", 4) == 0 ? 4 : 0;
        name = name.n > nee ? rs_view(name.p + nee, name.n - nee) : RS_NULL;
        return rs_name_is_placeholder(name, RS_NULL) ? RS_NULL : name;
    }
    if (rs_has(name) && rs_name_is_placeholder(name, RS_NULL)) {
        rs_set_aside(n, RECORD_previous_family_raw, placeholder, told);
        return RS_NULL;
    }
    return name;
}

void rs_normalize_names(const struct rs_normalizing *n) {
    struct rs_arena *arena = &n->batch->arena;
    struct rs_view of_family = RS_NULL, of_given = RS_NULL;
    bool digits = false;
    struct rs_view aside, family = family_name(n, RECORD_family_raw, &of_family, &aside, &digits);
    struct rs_view given = given_name(n, &of_given, &digits);
    if (!one_word(arena, n->raw[RECORD_middle_raw], &n->out[DEMOGRAPHIC_middle_name])) {
        n->out[DEMOGRAPHIC_middle_name] = without_digits(arena, rs_name_fold(arena, n->raw[RECORD_middle_raw]), &digits);
    }
    n->out[DEMOGRAPHIC_previous_surname] = previous_name(n, aside, &digits);
    struct rs_view suffix = rs_has(n->raw[RECORD_suffix_raw]) ? suffix_of(arena, n->raw[RECORD_suffix_raw]) : RS_NULL;
    n->out[DEMOGRAPHIC_suffix] = rs_has(suffix) ? suffix : rs_has(of_family) ? of_family : of_given;
    if (digits) {
        n->out[DEMOGRAPHIC_name_flag] = RS_LIT("digits");
    }
    if (is_organisation(family, given)) {
        rs_set_aside(n, RECORD_family_raw, "organisation_name", "The name of a firm in a person's place; left empty");
        n->out[DEMOGRAPHIC_name_flag] = RS_LIT("organisation");
        return;
    }
    drop_placeholders(n, &family, &given);
    n->out[DEMOGRAPHIC_surname] = family;
    n->out[DEMOGRAPHIC_first_name] = given;
}
