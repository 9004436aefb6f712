/* SPDX-License-Identifier: GPL-3.0-or-later */
/* How a reference pack lies on disk: shared by the builder and the reader, and by nobody else.
 *
 * A header, then sections at multiples of 64 bytes. A table is an array of 64-byte records, sorted by key, and a hash
 * index over it: a look-up touches one index slot and one record, two cache lines. Numbers are little-endian; a
 * machine of the other order refuses the file by its byte_order mark. */
#ifndef RS_REFERENCE_PACK_FORMAT_H
#define RS_REFERENCE_PACK_FORMAT_H
#include <stdint.h>
#include <string.h>
#include "pack.h"

#define RS_PACK_MAGIC "RSPACK\r\n" /* a transfer that changes line ends changes it */
enum { RS_PACK_VERSION = 3, RS_PACK_ALIGN = 64, RS_PACK_ZIPS = 100000 };
#define RS_PACK_BYTE_ORDER 0x01020304u

/* A key of up to 15 bytes stands in the record, padded with zeros, its length in the last byte. A longer one has
 * RS_LONG_KEY there, and in front its place in the section of long keys; its slot comes from rs_pack_hash_long. */
enum { RS_SHORT_KEY = 15, RS_LONG_KEY = 255 };
struct rs_pack_record {
    unsigned char key[16];
    double counts[RS_GROUPS];
};
struct rs_long_key {
    uint32_t offset, length;
};
/* row is one more than the record's number, 0 where the slot is empty; tag is the upper half of the hash. */
struct rs_pack_slot {
    uint32_t tag, row;
};

enum rs_pack_section {
    RS_SECTION_INFO,       /* JSON: what the pack was built from */
    RS_SECTION_PARTICLES,  /* words, each with a newline behind it */
    RS_SECTION_LONG_KEYS,  /* bytes */
    RS_SECTION_TOTALS,     /* counts of the nation, of all other surnames, of all surnames */
    RS_SECTION_ZIP,        /* one uint32 for each five-digit ZIP code: number of its ZCTA's record plus 1; or empty */
    RS_SECTION_SURNAMES,   /* records, slots */
    RS_SECTION_SURNAME_SLOTS,
    RS_SECTION_FIRST_NAMES, /* records, slots; or none */
    RS_SECTION_FIRST_NAME_SLOTS,
    RS_SECTION_MIDDLE_NAMES, /* records, slots; or none */
    RS_SECTION_MIDDLE_NAME_SLOTS,
    RS_SECTION_BANDS, /* struct rs_pack_band: ages and sexes that places are also counted by, the narrowest first */
    RS_SECTION_BAND_PLACES, /* records and slots of all levels and bands; keys as rs_band_key makes them */
    RS_SECTION_BAND_PLACE_SLOTS,
    RS_SECTION_FIGURES, /* struct rs_pack_figure_table: which there are */
    RS_SECTION_FIGURE_RECORDS,
    RS_SECTION_PLACES,     /* records and slots of state, county, zcta, tract, block_group, in this order */
    RS_SECTIONS = RS_SECTION_PLACES + 2 * (RS_PLACE_LEVELS - 1),
};
static inline int rs_section_of_level(enum rs_place_level level) { return RS_SECTION_PLACES + 2 * ((int)level - 1); }

enum {
    RS_TOTAL_NATION,
    RS_TOTAL_OTHER_SURNAMES,
    RS_TOTAL_SURNAMES,
    RS_TOTAL_FIRST_NAMES,
    RS_TOTAL_FIRST_NAME_SMOOTHING, /* a_r, no total */
    RS_TOTAL_MIDDLE_NAMES,
    RS_TOTAL_MIDDLE_NAME_SMOOTHING,
    RS_TOTALS
};

/* A figure of places: n records from `first` on, by ascending key; found by halving, since they are read far less than
 * counts are. Keys of places always fit. */
struct rs_pack_figure_table {
    char name[48]; /* ends with a zero */
    uint32_t level, first, n, reserved;
};
#define RS_NATION_KEY "US"
struct rs_pack_figure_record {
    unsigned char key[16];
    double value;
};

struct rs_pack_band {
    uint32_t from, to, sex, reserved; /* years of age, both ends counted; M, F or 0 */
};
/* A band's place: level and band, then its id: 14 bytes at most. */
static inline struct rs_view rs_band_key(char out[16], size_t band, enum rs_place_level level, struct rs_view id) {
    out[0] = (char)('0' + (int)level);
    out[1] = (char)('0' + (int)band);
    memcpy(out + 2, id.p, id.n);
    return rs_view(out, id.n + 2);
}

struct rs_pack_header {
    char magic[8];
    uint32_t version, byte_order;
    uint64_t bytes; /* of the whole file */
    uint64_t sum;   /* rs_pack_sum of all that stands behind this struct's first 64 bytes */
    uint32_t sections;
    uint8_t reserved[28];
    struct {
        uint64_t offset, bytes;
    } section[RS_SECTIONS];
};
enum { RS_PACK_SUM_FROM = 64 };

static inline uint64_t rs_pack_mix(uint64_t h, uint64_t word) {
    h ^= word;
    h *= 0x9E3779B97F4A7C15u; /* 2^64 / golden ratio, odd */
    return h ^ (h >> 29);
}

/* Against damage on the way, not against malice (that is what the file's SHA-256 is for). Eight lanes, since a pack must
 * open in milliseconds: each is a chain of multiplications, in which no changed word goes unnoticed. n is a multiple of
 * RS_PACK_ALIGN. */
static inline uint64_t rs_pack_sum(const unsigned char *p, size_t n) {
    uint64_t lane[8] = {1, 2, 3, 4, 5, 6, 7, 8}, sum = n;
    for (size_t i = 0; i + 64 <= n; i += 64) {
        uint64_t w[8];
        memcpy(w, p + i, sizeof w);
        for (int k = 0; k < 8; k++) lane[k] = rs_pack_mix(lane[k], w[k]);
    }
    for (int k = 0; k < 8; k++) sum = rs_pack_mix(sum, lane[k]);
    return sum;
}

/* A short key as two words, as they lie in a record (little-endian). */
struct rs_short_key {
    uint64_t a, b;
};

static inline uint64_t rs_load(const char *p, size_t n) {
    uint64_t w = 0;
    memcpy(&w, p, n);
    return w;
}

/* Put together in registers: writing bytes and reading them back as words would stall every look-up. */
static inline struct rs_short_key rs_short_key(struct rs_view v) {
    struct rs_short_key k = {0, (uint64_t)v.n << 56};
    const char *p = v.p;
    if (v.n > 8) { /* the last eight bytes, less those that are in `a` already */
        k.a = rs_load(p, 8);
        k.b |= rs_load(p + v.n - 8, 8) >> (8 * (16 - v.n));
    } else if (v.n == 8) {
        k.a = rs_load(p, 8);
    } else if (v.n >= 4) {
        k.a = rs_load(p, 4) | rs_load(p + v.n - 4, 4) << (8 * (v.n - 4));
    } else if (v.n >= 1) {
        k.a = rs_load(p, 1) | rs_load(p + v.n / 2, 1) << (8 * (v.n / 2)) | rs_load(p + v.n - 1, 1) << (8 * (v.n - 1));
    }
    return k;
}

static inline uint64_t rs_pack_hash(struct rs_short_key k) {
    uint64_t h = rs_pack_mix(rs_pack_mix(0x243F6A8885A308D3u, k.a), k.b);
    h *= 0xBF58476D1CE4E5B9u;
    return h ^ (h >> 32);
}

/* Hash of a key that is too long for a record. */
static inline uint64_t rs_pack_hash_long(struct rs_view v) {
    uint64_t h = rs_pack_mix(0x13198A2E03707344u, v.n);
    for (size_t i = 0; i < v.n; i++) h = rs_pack_mix(h, (unsigned char)v.p[i]);
    return h;
}

#endif
