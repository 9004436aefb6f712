/* SPDX-License-Identifier: GPL-3.0-or-later */
/* SHA-256 digests, keyed pseudonyms, and counter-based random numbers. */
#ifndef RS_BASE_HASH_H
#define RS_BASE_HASH_H
#include "error.h"
#include "text.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct rs_digest {
    uint8_t b[32];
};
/* 128-bit key of a record, person or result: in files 32 lower-case hex digits, in the database a uuid. */
struct rs_key {
    uint8_t b[16];
};

/* Running SHA-256 (OpenSSL). One owner; rs_sha_end frees it and gives the digest (pass NULL to only free). */
struct rs_sha;
struct rs_sha *rs_sha_begin(void);
void rs_sha_add(struct rs_sha *sha, const void *p, size_t n);
void rs_sha_end(struct rs_sha *sha, struct rs_digest *out);
struct rs_digest rs_sha256(const void *p, size_t n);
bool rs_sha256_file(const char *path, struct rs_digest *out, uint64_t *bytes, struct rs_error *error);

void rs_hex(char *out, const uint8_t *b, size_t n);      /* 2n digits and a 0 byte */
bool rs_unhex(struct rs_view v, uint8_t *out, size_t n); /* exactly 2n digits, either case */

/* The site key: 32 bytes or more from a file of mode 0600 or 0400, else RS_PERMISSION. Never logged or written. */
struct rs_site_key {
    uint8_t b[64];
    size_t n;
};
bool rs_site_key_read(const char *path, struct rs_site_key *key, struct rs_error *error);
/* HMAC-SHA-256(site key, part 1, 0x1f, part 2, ...), first 128 bits: at 10^8 keys the chance of one collision is
 * below 10^-22. Keyed contexts are reused per thread: `struct rs_hmac` is owned by one thread. */
struct rs_hmac;
struct rs_hmac *rs_hmac_new(const struct rs_site_key *key);
struct rs_key rs_hmac_key(struct rs_hmac *hmac, const struct rs_view *parts, size_t n_parts);
void rs_hmac_free(struct rs_hmac *hmac);
/* First 128 bits of SHA-256 over the parts, 0x1f between them (null and empty alike): for keys of results. */
struct rs_key rs_hash_key(const struct rs_view *parts, size_t n_parts);

/* Keys in files. */
struct rs_view rs_key_text(struct rs_arena *arena, struct rs_key key);
bool rs_key_parse(struct rs_view v, struct rs_key *out);
static inline int rs_key_compare(struct rs_key a, struct rs_key b) { return memcmp(a.b, b.b, 16); }

/* FNV-1a, 64 bits (Fowler, Noll, Vo): for tables of short names, where no adversary would gain anything. Goes on from h. */
#define RS_FNV_BEGIN 14695981039346656037u
static inline uint64_t rs_fnv(uint64_t h, const void *p, size_t n) {
    for (size_t i = 0; i < n; i++) h = (h ^ ((const unsigned char *)p)[i]) * 1099511628211u;
    return h;
}

/* Philox 4x32-10 (Salmon et al. 2011, "Parallel random numbers: as easy as 1, 2, 3"): the stream of unit `unit` and
 * purpose `stream` under `seed` is the same on any number of threads and in any order. */
struct rs_random {
    uint32_t key[2], counter[4], out[4];
    int left;
};
struct rs_random rs_random(uint64_t seed, uint64_t unit, uint32_t stream);
uint32_t rs_random_u32(struct rs_random *r);
double rs_random_unit(struct rs_random *r);                    /* uniform in [0, 1), 53 bits */
uint32_t rs_random_below(struct rs_random *r, uint32_t bound); /* uniform in [0, bound), unbiased */
double rs_random_normal(struct rs_random *r);

#endif
