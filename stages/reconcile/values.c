/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Names to numbers and back, so that the rules work on masks and not on text. */
#include "values.h"

static const char *const elements[EL_COUNT] = {
    "administrative_sex", "ethnicity",        "gender_identity", "interpreter", "language_preferred",
    "language_read",      "language_spoken",  "language_written", "name_to_use", "pronouns",
    "race",               "race_ethnicity",   "sex_at_birth",    "sexual_orientation"};
static const char *const collections[CO_COUNT] = {"self",     "related_person", "administrative",
                                                  "observed", "derived",        "unknown"};
static const char *const reasons[MI_COUNT] = {"",        "OTHER",     "DECLINED",     "ASKED_UNKNOWN", "UNMAPPED",
                                              "UNKNOWN", "NOT_ASKED", "NOT_PROVIDED", "NOT_APPLICABLE"};
static const char *const representations[RE_COUNT] = {"alternate", "code", "detail", "text"};
static const char *const names_1997[] = {"AIAN",       "ASIAN",       "BLACK",    "NHOPI",       "WHITE",
                                         "OTHER_RACE", "TWO_OR_MORE", "HISPANIC", "NOT_HISPANIC"};
static const char *const names_2024[] = {"AIAN", "ASIAN", "BLACK", "HISPANIC", "MENA", "NHPI", "WHITE", "TWO_OR_MORE"};
enum { N_1997 = 9, N_2024 = 8 };

static int find(const char *const *names, int n, struct rs_view v) {
    if (!v.p) return -1;
    for (int i = 0; i < n; i++)
        if (rs_eq_c(v, names[i])) return i;
    return -1;
}

int rs_rc_element_of(struct rs_view v) { return find(elements, EL_COUNT, v); }
int rs_rc_collection_of(struct rs_view v) { return find(collections, CO_COUNT, v); }
int rs_rc_missing_of(struct rs_view v) { return rs_has(v) ? find(reasons, MI_COUNT, v) : MI_NONE; }
int rs_rc_representation_of(struct rs_view v) { return find(representations, RE_COUNT, v); }
struct rs_view rs_rc_element_name(int element) { return rs_cstr(elements[element]); }
struct rs_view rs_rc_collection_name(int collection) { return rs_cstr(collections[collection]); }
struct rs_view rs_rc_missing_name(int missing) { return missing == MI_NONE ? RS_NULL : rs_cstr(reasons[missing]); }

static int lowest(unsigned bit) {
    int i = 0;
    while (!(bit >> i & 1u)) i++;
    return i;
}

struct rs_view rs_rc_name_1997(unsigned bit) { return rs_cstr(names_1997[lowest(bit)]); }
struct rs_view rs_rc_name_2024(unsigned bit) { return rs_cstr(names_2024[lowest(bit)]); }

/* A+B|C+D: plus binds last, so that each part is one category or one unresolved set. */
static bool parse(struct rs_view v, const char *const *names, int n, struct rs_rc_set *out) {
    *out = (struct rs_rc_set){0};
    if (!rs_has(v)) return true;
    while (v.p) {
        struct rs_view part = rs_split(&v, '+');
        unsigned mask = 0;
        int members = 0;
        while (part.p) {
            int i = find(names, n, rs_split(&part, '|'));
            if (i < 0) return false;
            mask |= 1u << i;
            members++;
        }
        if (members == 1) out->all = (uint16_t)(out->all | mask);
        else out->any = (uint16_t)(out->any | mask);
    }
    return true;
}

bool rs_rc_set_1997(struct rs_view v, struct rs_rc_set *out) { return parse(v, names_1997, N_1997, out); }
bool rs_rc_set_2024(struct rs_view v, struct rs_rc_set *out) { return parse(v, names_2024, N_2024, out); }

static size_t join(char *to, const char *const *names, int n, unsigned mask, char separator) {
    size_t at = 0;
    for (int i = 0; i < n; i++) {
        if (!(mask >> i & 1u)) continue;
        if (at) to[at++] = separator;
        size_t length = strlen(names[i]);
        memcpy(to + at, names[i], length);
        at += length;
    }
    return at;
}

static struct rs_view text(struct rs_arena *arena, struct rs_rc_set set, const char *const *names, int n) {
    char line[256];
    if (!set.all && !set.any) return RS_NULL;
    size_t at = join(line, names, n, set.all, '+');
    if (set.any && at) line[at++] = '+';
    at += join(line + at, names, n, set.any, '|');
    return rs_view(rs_arena_copy(arena, line, at), at);
}

struct rs_view rs_rc_text_1997(struct rs_arena *arena, struct rs_rc_set set) {
    return text(arena, set, names_1997, N_1997);
}
struct rs_view rs_rc_text_2024(struct rs_arena *arena, struct rs_rc_set set) {
    return text(arena, set, names_2024, N_2024);
}
