/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Addresses: street and city in one spelling, state as USPS abbreviates it, ZIP code, and its ZCTA. */
#include "normalize.h"
#include "pipeline/reference/name_fold.h"

/* P.O. is PO and N.Y. is NY, but St.Paul is ST PAUL: a period parts words where more than one letter follows. */
static bool period_parts(struct rs_view v, size_t at) {
    size_t letters = 0;
    while (at + 1 + letters < v.n && v.p[at + 1 + letters] >= 'A' && v.p[at + 1 + letters] <= 'Z') {
        letters++;
    }
    return letters > 1;
}

/* Beyond this rs_name_fold cuts. */
enum { LONGEST = 1 << 14 };

/* What nearly all are: upper case, digits, single blanks between. */
static bool is_normal(struct rs_view field) {
    struct rs_masks m;
    return rs_masks(field, &m) && (m.upper | m.digit | m.blank) == m.all && (m.blank & (m.blank << 1 | 1)) == 0 &&
           !(m.blank >> (field.n - 1));
}

struct rs_view rs_normal_words(struct rs_arena *arena, struct rs_view raw) {
    unsigned kinds = raw.n <= LONGEST ? rs_kinds(raw) : RS_OTHER;
    if (kinds != 0 && (kinds & (RS_OTHER | RS_BLANKS)) == 0) { /* nearly all */
        return rs_upper(arena, raw, kinds);
    }
    struct rs_view folded = rs_name_fold(arena, raw);
    if (rs_is_null(folded)) {
        return RS_NULL;
    }
    char *out = rs_arena_copy(arena, folded.p, folded.n);
    size_t n = 0;
    bool blank = false;
    for (size_t i = 0; i < folded.n; i++) {
        char c = folded.p[i];
        if (c == '.' && !period_parts(folded, i)) {
            continue;
        }
        if (c == '.' || c == ',' || c == '#' || c == ' ' || c == ';' || c == ':') {
            blank = n > 0;
            continue;
        }
        if (blank) {
            out[n++] = ' ';
            blank = false;
        }
        out[n++] = c;
    }
    return n > 0 ? rs_view(out, n) : RS_NULL;
}

/* ---- lists ------------------------------------------------------------------------------------------------------ */

#define VIEW(text) {"" text, sizeof(text) - 1}
#define MILITARY(state)
#define LOST_ZERO(state, first, last)
#define HOMELESS(text)
#define SHELTER(text)
#define FIELD_POST(city)
#define ABROAD(state) VIEW(state),
static const struct rs_view abroad[] = {
#include "schemas/codes/address.def"
};
#undef ABROAD
#define ABROAD(state)
#undef FIELD_POST
#define FIELD_POST(city) VIEW(city),
static const struct rs_view field_posts[] = {
#include "schemas/codes/address.def"
};
#undef FIELD_POST
#define FIELD_POST(city)
#undef MILITARY
#define MILITARY(state) VIEW(state),
static const struct rs_view military[] = {
#include "schemas/codes/address.def"
};
#undef MILITARY
#define MILITARY(state)
#undef LOST_ZERO
#define LOST_ZERO(state, first, last) {VIEW(state), first, last},
static const struct lost_zero {
    struct rs_view state;
    int first, last;
} lost_zeros[] = {
#include "schemas/codes/address.def"
};
#undef LOST_ZERO
#undef ABROAD
#undef HOMELESS
#undef SHELTER
#undef FIELD_POST
#undef MILITARY
#define COUNT(list) (sizeof(list) / sizeof *(list))

static bool among(const struct rs_view *list, size_t n, struct rs_view v) {
    for (size_t i = 0; i < n; i++) {
        if (rs_eq(v, list[i])) {
            return true;
        }
    }
    return false;
}

/* ---- state ------------------------------------------------------------------------------------------------------ */

static struct rs_view usps_of(struct rs_view words) {
    static const struct {
        struct rs_view name, usps;
    } names[] = {
#define STATE_NAME(name, usps) {VIEW(name), VIEW(usps)},
#include "schemas/codes/state_names.def"
#undef STATE_NAME
    };
    if (words.n == 2) {
        return rs_all_digits(words)                          ? rs_state_usps(words)
               : rs_has(rs_state_fips(words))                ? words
               : among(military, COUNT(military), words)     ? words
                                                             : RS_NULL;
    }
    for (size_t i = 0; i < COUNT(names); i++) {
        if (rs_eq(words, names[i].name)) {
            return names[i].usps;
        }
    }
    return RS_NULL;
}

/* "N Y" and "D C" are two-letter states all the same. */
static struct rs_view closed_up(struct rs_arena *arena, struct rs_view words) {
    return words.n == 3 && words.p[1] == ' ' ? rs_arena_printf(arena, "%c%c", words.p[0], words.p[2]) : words;
}

static void state(const struct rs_normalizing *n, bool *is_abroad) {
    struct rs_view raw = n->raw[RECORD_state_raw];
    size_t letters;
    if (rs_two_letters(raw, &letters) && rs_has(n->tables->fips[letters])) { /* nearly all */
        n->out[DEMOGRAPHIC_state] = raw;
        return;
    }
    struct rs_view words = rs_normal_words(&n->batch->arena, raw);
    if (rs_is_null(words)) {
        return;
    }
    words = closed_up(&n->batch->arena, words);
    struct rs_view usps = usps_of(words);
    if (rs_has(usps)) {
        n->out[DEMOGRAPHIC_state] = usps;
    } else if (among(abroad, COUNT(abroad), words)) {
        *is_abroad = true;
    } else {
        rs_set_aside(n, RECORD_state_raw, "state_not_known", "Neither a USPS abbreviation, a state's name nor its FIPS code");
    }
}

/* ---- ZIP -------------------------------------------------------------------------------------------------------- */

/* A1A 1A1 */
static bool is_canadian(struct rs_view zip) {
    size_t n = 0;
    for (size_t i = 0; i < zip.n; i++) {
        char c = zip.p[i];
        bool letter = (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z'), digit = c >= '0' && c <= '9';
        if (c == ' ' || c == '-') {
            continue;
        }
        if (n > 5 || (n % 2 == 0 ? !letter : !digit)) {
            return false;
        }
        n++;
    }
    return n == 6;
}

static bool zeros_lost(struct rs_view state_usps, const char *zip5) {
    int prefix = (zip5[0] - '0') * 100 + (zip5[1] - '0') * 10 + (zip5[2] - '0');
    for (size_t i = 0; i < COUNT(lost_zeros); i++) {
        if (rs_eq(state_usps, lost_zeros[i].state) && prefix >= lost_zeros[i].first && prefix <= lost_zeros[i].last) {
            return true;
        }
    }
    return false;
}

static bool same_digits(const char *p, size_t n) {
    for (size_t i = 1; i < n; i++) {
        if (p[i] != p[0]) {
            return false;
        }
    }
    return true;
}

/* Digits of the ZIP with at most one dash or blank before the last four; false where there is anything else. */
static bool zip_digits(struct rs_view raw, char *digits, size_t *n) {
    *n = 0;
    for (size_t i = 0; i < raw.n; i++) {
        if (raw.p[i] >= '0' && raw.p[i] <= '9') {
            if (*n == 9) {
                return false;
            }
            digits[(*n)++] = raw.p[i];
        } else if ((raw.p[i] != '-' && raw.p[i] != ' ') || *n == 0 || (i + 1 < raw.n && raw.n - i != 5)) {
            return false;
        }
    }
    return true;
}

/* Five digits, and four more of which not all are 0, or none. */
static void keep_zip(const struct rs_normalizing *n, struct rs_view digits) {
    uint32_t number;
    struct rs_view zip5 = rs_view(digits.p, 5);
    n->out[DEMOGRAPHIC_zip5] = zip5;
    if (digits.n == 9 && memcmp(digits.p + 5, "0000", 4) != 0) {
        n->out[DEMOGRAPHIC_zip4] = rs_view(digits.p + 5, 4);
    }
    bool own = rs_five_digits(zip5.p, &number) && rs_bit(n->tables->own_zcta, number);
    n->out[DEMOGRAPHIC_zcta] = own ? zip5 : rs_pack_zcta_of_zip(n->pack, zip5);
}

static void zip(const struct rs_normalizing *n, bool *is_abroad) {
    struct rs_view raw = rs_trimmed(n->raw[RECORD_zip_raw]), usps = n->out[DEMOGRAPHIC_state];
    char digits[9];
    size_t count;
    if (!rs_has(raw)) {
        return;
    }
    uint32_t five, last;
    bool plain = (raw.n == 5 || raw.n == 9) && rs_five_digits(raw.p, &five) && rs_five_digits(raw.p + raw.n - 5, &last);
    if (plain && five % 11111 != 0) { /* nearly all */
        keep_zip(n, raw);
        return;
    }
    if (is_canadian(raw)) {
        *is_abroad = true;
        return;
    }
    bool ok = zip_digits(raw, digits, &count);
    size_t whole = count > 5 ? 9 : 5, lost = ok ? whole - count : 0;
    if (ok && (lost == 1 || lost == 2)) {
        memmove(digits + lost, digits, count);
        memset(digits, '0', lost);
        ok = rs_has(usps) && zeros_lost(usps, digits);
        if (ok) {
            rs_set_aside(n, RECORD_zip_raw, "zip_leading_zero",
                         "Leading zeros were lost and put back, since the state agrees; the value is used");
        }
    } else if (lost > 2) {
        ok = false;
    }
    if (!ok) {
        rs_set_aside(n, RECORD_zip_raw, "zip_not_five_or_nine", "A ZIP code has five or nine digits");
        return;
    }
    if (same_digits(digits, 5) && (digits[0] == '0' || digits[0] == '9')) {
        rs_set_aside(n, RECORD_zip_raw, "zip_placeholder", "A ZIP code that stands for none");
        return;
    }
    keep_zip(n, rs_view(rs_arena_copy(&n->batch->arena, digits, whole), whole));
}

/* APO, FPO and DPO, and the "states" AA, AE and AP, are posts of the armed forces and embassies abroad. */
static bool is_military(const struct rs_normalizing *n) {
    struct rs_view city = n->out[DEMOGRAPHIC_city], usps = n->out[DEMOGRAPHIC_state];
    return (usps.n == 2 && usps.p[0] == 'A' && among(military, COUNT(military), usps)) ||
           (city.n == 3 && among(field_posts, COUNT(field_posts), city));
}

void rs_normalize_place(const struct rs_normalizing *n) {
    bool is_abroad = false;
    rs_normalize_street(n);
    struct rs_view city = n->raw[RECORD_city_raw];
    n->out[DEMOGRAPHIC_city] = is_normal(city) ? city : rs_normal_words(&n->batch->arena, city);
    state(n, &is_abroad);
    zip(n, &is_abroad);
    if (is_abroad) {
        n->out[DEMOGRAPHIC_address_flag] = RS_LIT("foreign");
    } else if (is_military(n)) {
        n->out[DEMOGRAPHIC_address_flag] = RS_LIT("military");
    }
    rs_normalize_areas(n, n->out[DEMOGRAPHIC_state]);
}
