/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Names to numbers and back, so that the rules work on masks and not on text. */
#include "values.h"

/* With their lengths: most comparisons end there. */
#define WORD(s) {"" s, sizeof(s) - 1}
static const struct rs_view elements[EL_COUNT] = {
    WORD("administrative_sex"), WORD("ethnicity"),      WORD("gender_identity"),  WORD("gender_two_step"),
    WORD("interpreter"),        WORD("language_preferred"), WORD("language_read"),  WORD("language_spoken"),  WORD("language_written"),
    WORD("name_to_use"),        WORD("pronouns"),       WORD("race"),             WORD("race_ethnicity"),
    WORD("sex_at_birth"),       WORD("sexual_orientation")};
static const struct rs_view collections[CO_COUNT] = {WORD("self"),     WORD("related_person"), WORD("administrative"),
                                                     WORD("observed"), WORD("derived"),        WORD("unknown")};
static const struct rs_view reasons[MI_COUNT] = {
    WORD(""),        WORD("OTHER"),     WORD("DECLINED"),     WORD("ASKED_UNKNOWN"), WORD("UNMAPPED"),
    WORD("UNKNOWN"), WORD("NOT_ASKED"), WORD("NOT_PROVIDED"), WORD("NOT_APPLICABLE")};
static const struct rs_view representations[RE_COUNT] = {WORD("alternate"), WORD("code"), WORD("detail"), WORD("text")};
static const struct rs_view names_1997[] = {
    WORD("AIAN"),       WORD("ASIAN"),       WORD("BLACK"),    WORD("NHOPI"),       WORD("WHITE"),
    WORD("OTHER_RACE"), WORD("TWO_OR_MORE"), WORD("HISPANIC"), WORD("NOT_HISPANIC")};
static const struct rs_view names_2024[] = {WORD("AIAN"), WORD("ASIAN"), WORD("BLACK"), WORD("HISPANIC"),
                                            WORD("MENA"), WORD("NHPI"),  WORD("WHITE"), WORD("TWO_OR_MORE")};
enum { N_1997 = 9, N_2024 = 8 };

static int find(const struct rs_view *names, int n, struct rs_view v) {
    if (!v.p) return -1;
    for (int i = 0; i < n; i++)
        if (rs_eq(v, names[i])) return i;
    return -1;
}

int rs_rc_element_of(struct rs_view v) {
    int element = find(elements, EL_COUNT, v);
    return element == EL_GENDER_TWO_STEP ? -1 : element;
}
int rs_rc_collection_of(struct rs_view v) { return find(collections, CO_COUNT, v); }
int rs_rc_missing_of(struct rs_view v) { return rs_has(v) ? find(reasons, MI_COUNT, v) : MI_NONE; }
int rs_rc_representation_of(struct rs_view v) { return find(representations, RE_COUNT, v); }
struct rs_view rs_rc_element_name(int element) { return elements[element]; }
struct rs_view rs_rc_collection_name(int collection) { return collections[collection]; }
struct rs_view rs_rc_missing_name(int missing) { return missing == MI_NONE ? RS_NULL : reasons[missing]; }

static int lowest(unsigned bit) {
    int i = 0;
    while (!(bit >> i & 1u)) i++;
    return i;
}

struct rs_view rs_rc_name_1997(unsigned bit) { return names_1997[lowest(bit)]; }
struct rs_view rs_rc_name_2024(unsigned bit) { return names_2024[lowest(bit)]; }

/* A+B|C+D: plus binds last, so that each part is one category or one unresolved set. */
static bool parse(struct rs_view v, const struct rs_view *names, int n, struct rs_rc_set *out) {
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

static size_t join(char *to, const struct rs_view *names, int n, unsigned mask, char separator) {
    size_t at = 0;
    for (int i = 0; i < n; i++) {
        if (!(mask >> i & 1u)) continue;
        if (at) to[at++] = separator;
        memcpy(to + at, names[i].p, names[i].n);
        at += names[i].n;
    }
    return at;
}

static struct rs_view text(struct rs_arena *arena, struct rs_rc_set set, const struct rs_view *names, int n) {
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
