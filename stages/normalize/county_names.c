/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Counties by name: the words are compared without blanks and marks, so that De Kalb, DeKalb and O'Brien, OBrien are one,
 * and what kind of county it is counts only where a city of the state bears the same name. */
#include "normalize.h"

static const struct county {
    struct rs_view key;
    const char *code;
    bool city;
} counties[] = {
#define COUNTY_NAME(key, code, city) {{"" key, sizeof(key) - 1}, code, city},
#include "schemas/codes/county_names.def"
#undef COUNTY_NAME
};
enum { COUNTIES = sizeof counties / sizeof *counties, LONGEST = 60 };

static const struct kind {
    struct rs_view words;
    bool city;
} kinds[] = {
#define KIND(words, city) {{"" words, sizeof(words) - 1}, city}
    KIND(" CITY AND BOROUGH", false), KIND(" CENSUS AREA", false), KIND(" ISLAND DISTRICT", false),
    KIND(" COUNTY", false),           KIND(" CNTY", false),        KIND(" CO", false),
    KIND(" PARISH", false),           KIND(" BOROUGH", false),     KIND(" MUNICIPALITY", false),
    KIND(" MUNICIPIO", false),        KIND(" DISTRICT", false),    KIND(" CITY", true),
    KIND(" PLANNING REGION", false),
#undef KIND
};

static bool begins(struct rs_view v, struct rs_view with) {
    return v.n > with.n && memcmp(v.p, with.p, with.n) == 0;
}
static bool ends(struct rs_view v, struct rs_view with) {
    return v.n > with.n && memcmp(v.p + v.n - with.n, with.p, with.n) == 0;
}

/* State and letters, SAINT shortened: as the list writes it. */
static struct rs_view key_of(struct rs_view state_fips, struct rs_view words, char *room) {
    size_t n = 2;
    memcpy(room, state_fips.p, 2);
    if (begins(words, RS_LIT("SAINT ")) || begins(words, RS_LIT("SAINTE "))) {
        size_t cut = words.p[5] == ' ' ? 5 : 6;
        room[n++] = 'S';
        room[n++] = 'T';
        if (cut == 6) {
            room[n++] = 'E';
        }
        words = rs_view(words.p + cut, words.n - cut);
    }
    for (size_t i = 0; i < words.n && n < LONGEST; i++) {
        if (words.p[i] >= 'A' && words.p[i] <= 'Z') {
            room[n++] = words.p[i];
        }
    }
    return rs_view(room, n);
}

static size_t first_of(struct rs_view key) {
    size_t low = 0, high = COUNTIES;
    while (low < high) {
        size_t mid = (low + high) / 2;
        if (rs_compare(counties[mid].key, key) < 0) {
            low = mid + 1;
        } else {
            high = mid;
        }
    }
    return low;
}

/* of: NULL for both. */
static int count(struct rs_view key, const struct kind *of, struct rs_view *id) {
    int found = 0;
    for (size_t i = first_of(key); i < COUNTIES && rs_eq(counties[i].key, key); i++) {
        if (of == NULL || of->city == counties[i].city) {
            *id = rs_view(counties[i].code, 5);
            found++;
        }
    }
    const struct rs_county_change *c;
    for (size_t i = 0; found == 0 && (c = rs_county_change_named(key, i)) != NULL; i++) {
        if (of == NULL || of->city == c->city) {
            *id = c->code; /* Dade, Shannon: a name of before */
            return 1;
        }
    }
    return found;
}

int rs_county_named(struct rs_arena *arena, struct rs_view state_fips, struct rs_view name, struct rs_view *id) {
    static const struct kind prefixes[] = {{{"COUNTY OF ", 10}, false}, {{"CITY OF ", 8}, true}, {{"PARISH OF ", 10}, false}};
    char room[LONGEST];
    struct rs_view words = rs_normal_words(arena, name);
    if (!rs_has(words)) {
        return 0;
    }
    int found = count(key_of(state_fips, words, room), NULL, id); /* Carson City, Charles City: of the name itself */
    for (size_t i = 0; found == 0 && i < sizeof kinds / sizeof *kinds; i++) {
        if (ends(words, kinds[i].words)) {
            struct rs_view bare = rs_view(words.p, words.n - kinds[i].words.n);
            found = count(key_of(state_fips, bare, room), &kinds[i], id);
        }
    }
    for (size_t i = 0; found == 0 && i < sizeof prefixes / sizeof *prefixes; i++) {
        if (begins(words, prefixes[i].words)) {
            struct rs_view bare = rs_view(words.p + prefixes[i].words.n, words.n - prefixes[i].words.n);
            found = count(key_of(state_fips, bare, room), &prefixes[i], id);
        }
    }
    return found;
}
