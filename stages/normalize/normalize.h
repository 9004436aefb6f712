/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the parts of normalize share: the row in hand, and how a bad value is set aside. */
#ifndef RS_NORMALIZE_H
#define RS_NORMALIZE_H
#include "pipeline/reference/pack.h"
#include "pipeline/rows/stage.h"
#ifdef __SSE2__
#include <emmintrin.h>
#endif

/* What can be known before the first row; shared by the threads. */
enum { RS_BITS_FOR_FIVE = 100000 / 64 + 1 };
struct rs_normal_tables {
    int32_t as_of;                /* YYYYMMDD */
    struct rs_view sex[256];      /* of one byte sent; null where it says nothing */
    struct rs_view fips[26 * 26]; /* of USPS abbreviations in upper case, by rs_two_letters; null where none */
    uint64_t own_zcta[RS_BITS_FOR_FIVE]; /* ZIP codes that are the ZCTA they lie in */
    uint64_t county[RS_BITS_FOR_FIVE];   /* counties of the reference pack */
    bool has_counties;
    struct rs_tracts *tracts;
    struct rs_street_words *street_words;
};
struct rs_normal_tables *rs_normal_tables_new(const struct rs_pack *pack, int32_t as_of_day);
void rs_normal_tables_free(struct rs_normal_tables *t);

/* Place of a two-letter word in upper case in tables of 26 x 26; false for any other text. */
static inline bool rs_two_letters(struct rs_view v, size_t *at) {
    if (v.n != 2 || v.p[0] < 'A' || v.p[0] > 'Z' || v.p[1] < 'A' || v.p[1] > 'Z') {
        return false;
    }
    *at = (size_t)(v.p[0] - 'A') * 26 + (size_t)(v.p[1] - 'A');
    return true;
}

/* Five digits as a number; false where there is anything else. */
static inline bool rs_five_digits(const char *p, uint32_t *number) {
    uint32_t value = 0, odd = 0;
    for (int i = 0; i < 5; i++) {
        uint32_t digit = (uint32_t)(unsigned char)p[i] - '0';
        odd |= digit > 9;
        value = value * 10 + digit;
    }
    *number = value;
    return !odd;
}
static inline bool rs_bit(const uint64_t *bits, uint32_t at) { return bits[at / 64] >> at % 64 & 1; }

/* Whether the pack has the tract (11 digits) or block group (12), in a county it has; true where it has no such level. */
bool rs_tracts_known(const struct rs_tracts *t, struct rs_view id);

/* Which kinds of bytes a text has. RS_BLANKS: a blank at either end, or two in a row. */
enum { RS_UPPER = 1, RS_LOWER = 2, RS_DIGIT = 4, RS_BLANK = 8, RS_OTHER = 16, RS_BLANKS = 32 };
unsigned rs_kinds(struct rs_view v);
/* Which of a text's bytes are what: bit i is byte i. Of fields as read, up to 16 bytes: a block has bytes to spare behind
 * its end, and so has an arena behind a field that had escapes. False where the text is longer, or empty. */
struct rs_masks {
    uint32_t all, upper, digit, blank;
};
static inline bool rs_masks(struct rs_view v, struct rs_masks *m) {
#ifdef __SSE2__
    if (v.n == 0 || v.n > 16) {
        return false;
    }
    __m128i text = _mm_loadu_si128((const __m128i *)(const void *)v.p);
    __m128i letter = _mm_sub_epi8(text, _mm_set1_epi8('A')), digit = _mm_sub_epi8(text, _mm_set1_epi8('0'));
    m->all = ((uint32_t)1 << v.n) - 1;
    m->upper = m->all & (uint32_t)_mm_movemask_epi8(_mm_cmpeq_epi8(_mm_min_epu8(letter, _mm_set1_epi8(25)), letter));
    m->digit = m->all & (uint32_t)_mm_movemask_epi8(_mm_cmpeq_epi8(_mm_min_epu8(digit, _mm_set1_epi8(9)), digit));
    m->blank = m->all & (uint32_t)_mm_movemask_epi8(_mm_cmpeq_epi8(text, _mm_set1_epi8(' ')));
    return true;
#else
    (void)v, (void)m;
    return false;
#endif
}

/* rs_trim, most fields having nothing to trim. */
static inline struct rs_view rs_trimmed(struct rs_view v) {
    return v.n > 0 && v.p[0] > ' ' && v.p[v.n - 1] > ' ' ? v : rs_trim(v);
}

/* A copy with a-z as A-Z; v itself where kinds says that there is none. */
struct rs_view rs_upper(struct rs_arena *arena, struct rs_view v, unsigned kinds);

/* The street of the row before, and what became of it: families stand together, so that half of all rows have the same. */
enum { RS_LONGEST_STREET = 1000, RS_MOST_STREET_WORDS = 64 };
struct rs_street_before {
    struct rs_view raw; /* within the block of rows in hand; null: none */
    struct rs_view street, flag;
    char text[2 * RS_LONGEST_STREET + RS_MOST_STREET_WORDS * sizeof "GENERAL DELIVERY" + 16];
};

struct rs_normalizing {
    struct rs_run *run;
    const struct rs_pack *pack; /* shared, constant */
    const struct rs_normal_tables *tables;
    struct rs_batch *batch;
    const struct rs_view *raw;  /* layout record */
    struct rs_view *out;        /* layout demographic */
    uint64_t *set_aside;        /* how many values */
    struct rs_street_before *before;
};

/* Puts the raw value of `column` (RECORD_...) into the quarantine; the row goes on. Messages hold no value. */
void rs_set_aside(const struct rs_normalizing *n, int column, const char *rule, const char *message);

struct rs_view rs_sex_of(struct rs_view sent); /* null where it says nothing */

/* Each fills its columns of n->out from n->raw. Places want the state first, so one function does all of them. */
void rs_normalize_names(const struct rs_normalizing *n);
void rs_normalize_dates(const struct rs_normalizing *n);
void rs_normalize_sex(const struct rs_normalizing *n);
void rs_normalize_phone(const struct rs_normalizing *n);
void rs_normalize_place(const struct rs_normalizing *n);
void rs_normalize_street(const struct rs_normalizing *n); /* and address_flag, as far as the street says it */
void rs_normalize_areas(const struct rs_normalizing *n, struct rs_view state); /* county, tract, block group */

/* Code of the county that a name means in a state (two digits): St. Louis County, Saint Louis city, DeKalb. How many
 * there are of this name: *id is set where it is one. */
int rs_county_named(struct rs_arena *arena, struct rs_view state_fips, struct rs_view name, struct rs_view *id);

/* A county that the reference pack of 2020 does not have, and that is real all the same. */
struct rs_county_change {
    struct rs_view code, key; /* key: as county_names.def writes names; empty where that list has it */
    bool city;
    struct rs_view note;     /* of demographic's county_note */
    struct rs_view counties; /* of 2020, in which all of it lies; a blank between */
    bool tracts;             /* its tracts have the same numbers there */
};
/* By its code of five digits; NULL: none known. */
const struct rs_county_change *rs_county_change(struct rs_view code);
/* By its name (rs_county_named asks here where no county of 2020 has it); which: how many of that name to pass over. */
const struct rs_county_change *rs_county_change_named(struct rs_view key, size_t which);
/* The GEOID (five digits or more) as the pack has it: with the county its tract lies in, or the one county all of it
 * lies in; null where that is not known. Writes the note, and the state where the row names none. */
struct rs_view rs_changed_area(const struct rs_normalizing *n, const struct rs_county_change *change, struct rs_view id);

/* Upper case, accents folded, punctuation but ', -, / and & to blanks, P.O. to PO; null where nothing is left. */
struct rs_view rs_normal_words(struct rs_arena *arena, struct rs_view raw);

#endif
