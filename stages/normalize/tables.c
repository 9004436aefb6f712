/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What rows are looked up in, made once before the first: small enough to stay in the processor's cache, where the
 * reference pack, of tens of megabytes, does not. */
#include "normalize.h"
#include <stdlib.h>
#include "pipeline/base/date.h"
#include "street_words.h"

/* A tract as one number: county (0..99999) and tract (0..999999), so 37 bits; what is above says which of its ten block
 * groups there are. 0 is an empty slot: no county is 00000. */
struct rs_tracts {
    uint64_t *slots;
    size_t mask;
    bool has_tracts, has_block_groups;
};
enum { TRACT_BITS = 40 };

static bool number(const char *p, size_t n, uint64_t *out) {
    uint64_t value = 0;
    for (size_t i = 0; i < n; i++) {
        if (p[i] < '0' || p[i] > '9') {
            return false;
        }
        value = value * 10 + (uint64_t)(p[i] - '0');
    }
    *out = value;
    return true;
}

/* The tract's slot, or the empty one where it would stand. */
static uint64_t *slot_of(const struct rs_tracts *t, uint64_t tract) {
    uint64_t low = ((uint64_t)1 << TRACT_BITS) - 1;
    for (size_t i = (size_t)(tract * 0x9E3779B97F4A7C15u >> 32) & t->mask;; i = (i + 1) & t->mask) {
        if (t->slots[i] == 0 || (t->slots[i] & low) == tract) {
            return &t->slots[i];
        }
    }
}

static struct rs_tracts *tracts_new(const struct rs_pack *pack) {
    struct rs_tracts *t = rs_alloc(sizeof *t);
    size_t tracts = rs_pack_places(pack, RS_TRACT), groups = rs_pack_places(pack, RS_BLOCK_GROUP), room = 2;
    double counts[RS_GROUPS];
    uint64_t id;
    while (room < 2 * (tracts > groups ? tracts : groups)) {
        room *= 2;
    }
    t->slots = rs_alloc(room * sizeof *t->slots);
    t->mask = room - 1;
    t->has_tracts = tracts > 0;
    t->has_block_groups = groups > 0;
    for (size_t i = 0; i < tracts; i++) {
        struct rs_view v = rs_pack_place_at(pack, RS_TRACT, i, counts);
        if (v.n == 11 && number(v.p, 11, &id)) {
            *slot_of(t, id) |= id;
        }
    }
    for (size_t i = 0; i < groups; i++) { /* of tracts that have none, too: a level may be missing in a pack */
        struct rs_view v = rs_pack_place_at(pack, RS_BLOCK_GROUP, i, counts);
        if (v.n == 12 && number(v.p, 11, &id) && v.p[11] >= '0' && v.p[11] <= '9') {
            *slot_of(t, id) |= id | (uint64_t)1 << (TRACT_BITS + (v.p[11] - '0'));
        }
    }
    return t;
}

bool rs_tracts_known(const struct rs_tracts *t, struct rs_view id) {
    uint64_t tract;
    bool group = id.n == 12;
    if (group ? !t->has_block_groups : !t->has_tracts) {
        return true; /* a pack without a level cannot speak against it */
    }
    uint32_t county, last; /* 06037 101110: five, then the last five of eleven, and the one between */
    unsigned between = (unsigned)((unsigned char)id.p[5] - '0');
    if (!rs_five_digits(id.p, &county) || !rs_five_digits(id.p + 6, &last) || between > 9) {
        return false;
    }
    tract = ((uint64_t)county * 10 + between) * 100000 + last;
    uint64_t slot = *slot_of(t, tract);
    return group ? slot >> (TRACT_BITS + (id.p[11] - '0')) & 1 : slot != 0;
}

static void set_bit(uint64_t *bits, uint32_t at) { bits[at / 64] |= (uint64_t)1 << at % 64; }

static void zip_bits(struct rs_normal_tables *t, const struct rs_pack *pack) {
    for (uint32_t zip = 0; zip < 100000; zip++) {
        char digits[5];
        uint32_t rest = zip;
        for (int i = 4; i >= 0; i--, rest /= 10) {
            digits[i] = (char)('0' + rest % 10);
        }
        struct rs_view v = rs_view(digits, 5);
        if (rs_eq(rs_pack_zcta_of_zip(pack, v), v)) {
            set_bit(t->own_zcta, zip);
        }
    }
}

static void county_bits(struct rs_normal_tables *t, const struct rs_pack *pack) {
    size_t n = rs_pack_places(pack, RS_COUNTY);
    double counts[RS_GROUPS];
    uint32_t county;
    t->has_counties = n > 0;
    for (size_t i = 0; i < n; i++) {
        struct rs_view id = rs_pack_place_at(pack, RS_COUNTY, i, counts);
        if (id.n == 5 && rs_five_digits(id.p, &county)) {
            set_bit(t->county, county);
        }
    }
}

struct rs_normal_tables *rs_normal_tables_new(const struct rs_pack *pack, int32_t as_of_day) {
    struct rs_normal_tables *t = rs_alloc(sizeof *t);
    int year, month, day;
    rs_civil_from_days(as_of_day, &year, &month, &day);
    t->as_of = year * 10000 + month * 100 + day;
    for (int c = 0; c < 256; c++) {
        char byte = (char)c;
        t->sex[c] = rs_sex_of(rs_view(&byte, 1));
    }
    for (size_t i = 0; i < 26 * 26; i++) {
        char usps[2] = {(char)('A' + i / 26), (char)('A' + i % 26)};
        t->fips[i] = rs_state_fips(rs_view(usps, 2));
    }
    zip_bits(t, pack);
    county_bits(t, pack);
    t->tracts = tracts_new(pack);
    t->street_words = rs_street_words_new();
    return t;
}

void rs_normal_tables_free(struct rs_normal_tables *t) {
    if (t == NULL) {
        return;
    }
    free(t->tracts->slots);
    free(t->tracts);
    rs_street_words_free(t->street_words);
    free(t);
}

/* ---- bytes ------------------------------------------------------------------------------------------------------ */

static unsigned kind_of(unsigned char c) {
    static const unsigned char kinds[256] = {
        [' '] = RS_BLANK,
        ['0'] = RS_DIGIT, ['1'] = RS_DIGIT, ['2'] = RS_DIGIT, ['3'] = RS_DIGIT, ['4'] = RS_DIGIT,
        ['5'] = RS_DIGIT, ['6'] = RS_DIGIT, ['7'] = RS_DIGIT, ['8'] = RS_DIGIT, ['9'] = RS_DIGIT,
#define LETTER(upper, lower) [upper] = RS_UPPER, [lower] = RS_LOWER,
        LETTER('A', 'a') LETTER('B', 'b') LETTER('C', 'c') LETTER('D', 'd') LETTER('E', 'e') LETTER('F', 'f')
        LETTER('G', 'g') LETTER('H', 'h') LETTER('I', 'i') LETTER('J', 'j') LETTER('K', 'k') LETTER('L', 'l')
        LETTER('M', 'm') LETTER('N', 'n') LETTER('O', 'o') LETTER('P', 'p') LETTER('Q', 'q') LETTER('R', 'r')
        LETTER('S', 's') LETTER('T', 't') LETTER('U', 'u') LETTER('V', 'v') LETTER('W', 'w') LETTER('X', 'x')
        LETTER('Y', 'y') LETTER('Z', 'z')
#undef LETTER
    };
    return kinds[c] != 0 ? kinds[c] : RS_OTHER;
}

unsigned rs_kinds(struct rs_view v) {
    unsigned all = 0, before = RS_BLANK;
    for (size_t i = 0; i < v.n; i++) {
        unsigned kind = kind_of((unsigned char)v.p[i]);
        all |= kind | (kind & before & RS_BLANK) << 2; /* RS_BLANKS is RS_BLANK << 2 */
        before = kind;
    }
    return all | (before & RS_BLANK) << 2;
}

struct rs_view rs_upper(struct rs_arena *arena, struct rs_view v, unsigned kinds) {
    if (!(kinds & RS_LOWER)) {
        return v;
    }
    char *out = rs_arena_copy(arena, v.p, v.n);
    for (size_t i = 0; i < v.n; i++) {
        out[i] = (char)(out[i] >= 'a' && out[i] <= 'z' ? out[i] - 32 : out[i]);
    }
    return rs_view(out, v.n);
}
