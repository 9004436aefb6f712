/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Digests and keyed pseudonyms through OpenSSL; random numbers from counters.
 *
 * Files are hashed through EVP. Keys are digests of a few dozen bytes, millions of them: there EVP's allocations and
 * look-ups cost more than SHA-256 itself, so its plain functions are used, which OpenSSL keeps for programs that ask for
 * the interface of 1.1 (openssl_user_macros(7)). */
#define OPENSSL_API_COMPAT 0x10100000L
#include "hash.h"
#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/sha.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

struct rs_sha *rs_sha_begin(void) {
    EVP_MD_CTX *c = EVP_MD_CTX_new();
    if (!c || !EVP_DigestInit_ex(c, EVP_sha256(), NULL)) abort(); /* only when memory is out */
    return (struct rs_sha *)c;
}

void rs_sha_add(struct rs_sha *sha, const void *p, size_t n) { EVP_DigestUpdate((EVP_MD_CTX *)sha, p, n); }

void rs_sha_end(struct rs_sha *sha, struct rs_digest *out) {
    if (out) EVP_DigestFinal_ex((EVP_MD_CTX *)sha, out->b, NULL);
    EVP_MD_CTX_free((EVP_MD_CTX *)sha);
}

struct rs_digest rs_sha256(const void *p, size_t n) {
    struct rs_digest d;
    SHA256_CTX c;
    SHA256_Init(&c);
    SHA256_Update(&c, p, n);
    SHA256_Final(d.b, &c);
    return d;
}

bool rs_sha256_file(const char *path, struct rs_digest *out, uint64_t *bytes, struct rs_error *error) {
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) return rs_fail_errno(error, RS_NO_INPUT, "%s: cannot be read", path);
    enum { ROOM = 1 << 20 };
    char *buffer = rs_alloc(ROOM);
    struct rs_sha *sha = rs_sha_begin();
    uint64_t total = 0;
    ssize_t got;
    while ((got = read(fd, buffer, ROOM)) > 0) {
        rs_sha_add(sha, buffer, (size_t)got);
        total += (uint64_t)got;
    }
    bool ok = got == 0;
    if (!ok) rs_fail_errno(error, RS_IO, "%s: reading failed", path);
    rs_sha_end(sha, out);
    if (bytes) *bytes = total;
    free(buffer);
    close(fd);
    return ok;
}

void rs_hex(char *out, const uint8_t *b, size_t n) {
    static const char digits[] = "0123456789abcdef";
    for (size_t i = 0; i < n; i++) {
        out[2 * i] = digits[b[i] >> 4];
        out[2 * i + 1] = digits[b[i] & 15];
    }
    out[2 * n] = 0;
}

/* Value of a hexadecimal digit, plus one; 0 for what is none. */
static const uint8_t nibble[256] = {
    ['0'] = 1,  ['1'] = 2,  ['2'] = 3,  ['3'] = 4,  ['4'] = 5,  ['5'] = 6,  ['6'] = 7,  ['7'] = 8,
    ['8'] = 9,  ['9'] = 10, ['a'] = 11, ['b'] = 12, ['c'] = 13, ['d'] = 14, ['e'] = 15, ['f'] = 16,
    ['A'] = 11, ['B'] = 12, ['C'] = 13, ['D'] = 14, ['E'] = 15, ['F'] = 16};

bool rs_unhex(struct rs_view v, uint8_t *out, size_t n) {
    if (v.n != 2 * n) return false;
    for (size_t i = 0; i < n; i++) {
        int high = nibble[(unsigned char)v.p[2 * i]] - 1, low = nibble[(unsigned char)v.p[2 * i + 1]] - 1;
        if (high < 0 || low < 0) return false;
        out[i] = (uint8_t)(high << 4 | low);
    }
    return true;
}

bool rs_site_key_read(const char *path, struct rs_site_key *key, struct rs_error *error) {
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) return rs_fail_errno(error, RS_NO_INPUT, "site key %s: cannot be read", path);
    struct stat st;
    bool ok = fstat(fd, &st) == 0;
    if (!ok) {
        rs_fail_errno(error, RS_IO, "site key %s", path);
    } else if (st.st_mode & 0077) {
        ok = rs_fail(error, RS_PERMISSION, "site key %s: others may read it; run: chmod 600 %s", path, path);
    } else {
        ssize_t got = read(fd, key->b, sizeof key->b);
        if (got < 32)
            ok =
                rs_fail(error, RS_CONFIG,
                        "site key %s: needs 32 bytes or more; make one with: head -c 32 /dev/urandom > %s", path, path);
        else
            key->n = (size_t)got;
    }
    close(fd);
    return ok;
}

/* HMAC (RFC 2104) on two prepared SHA-256 states: copying a state costs less than setting a key for each record. */
struct rs_hmac {
    SHA256_CTX inner, outer;
};

static void add_parts(SHA256_CTX *c, const struct rs_view *parts, size_t n) {
    for (size_t i = 0; i < n; i++) {
        if (i) SHA256_Update(c, "\x1f", 1);
        if (parts[i].n) SHA256_Update(c, parts[i].p, parts[i].n);
    }
}

struct rs_hmac *rs_hmac_new(const struct rs_site_key *key) {
    struct rs_hmac *h = rs_alloc(sizeof *h);
    uint8_t pad[64];
    for (size_t i = 0; i < 64; i++) pad[i] = (uint8_t)((i < key->n ? key->b[i] : 0) ^ 0x36);
    SHA256_Init(&h->inner);
    SHA256_Update(&h->inner, pad, 64);
    for (size_t i = 0; i < 64; i++) pad[i] ^= 0x36 ^ 0x5c;
    SHA256_Init(&h->outer);
    SHA256_Update(&h->outer, pad, 64);
    OPENSSL_cleanse(pad, sizeof pad);
    return h;
}

struct rs_key rs_hmac_key(struct rs_hmac *h, const struct rs_view *parts, size_t n_parts) {
    struct rs_digest d;
    struct rs_key key;
    SHA256_CTX work = h->inner;
    add_parts(&work, parts, n_parts);
    SHA256_Final(d.b, &work);
    work = h->outer;
    SHA256_Update(&work, d.b, sizeof d.b);
    SHA256_Final(d.b, &work);
    memcpy(key.b, d.b, sizeof key.b);
    return key;
}

void rs_hmac_free(struct rs_hmac *h) {
    if (!h) return;
    OPENSSL_cleanse(h, sizeof *h);
    free(h);
}

struct rs_key rs_hash_key(const struct rs_view *parts, size_t n_parts) {
    SHA256_CTX c;
    struct rs_digest d;
    struct rs_key key;
    SHA256_Init(&c);
    add_parts(&c, parts, n_parts);
    SHA256_Final(d.b, &c);
    memcpy(key.b, d.b, sizeof key.b);
    return key;
}

struct rs_view rs_key_text(struct rs_arena *arena, struct rs_key key) {
    char text[33];
    rs_hex(text, key.b, 16);
    return rs_view(rs_arena_copy(arena, text, 32), 32);
}

bool rs_key_parse(struct rs_view v, struct rs_key *out) { return rs_unhex(v, out->b, 16); }

/* ---- Philox 4x32-10 ------------------------------------------------------------------------------------------- */

static void philox(struct rs_random *r) {
    uint32_t c0 = r->counter[0], c1 = r->counter[1], c2 = r->counter[2], c3 = r->counter[3];
    uint32_t k0 = r->key[0], k1 = r->key[1];
    for (int round = 0; round < 10; round++) {
        uint64_t a = (uint64_t)0xD2511F53u * c0, b = (uint64_t)0xCD9E8D57u * c2;
        uint32_t n0 = (uint32_t)(b >> 32) ^ c1 ^ k0, n2 = (uint32_t)(a >> 32) ^ c3 ^ k1;
        c1 = (uint32_t)b;
        c3 = (uint32_t)a;
        c0 = n0;
        c2 = n2;
        k0 += 0x9E3779B9u;
        k1 += 0xBB67AE85u;
    }
    r->out[0] = c0;
    r->out[1] = c1;
    r->out[2] = c2;
    r->out[3] = c3;
    r->left = 4;
    r->counter[0]++;
}

struct rs_random rs_random(uint64_t seed, uint64_t unit, uint32_t stream) {
    return (struct rs_random){.key = {(uint32_t)seed, (uint32_t)(seed >> 32)},
                              .counter = {0, stream, (uint32_t)unit, (uint32_t)(unit >> 32)}};
}

uint32_t rs_random_u32(struct rs_random *r) {
    if (!r->left) philox(r);
    return r->out[4 - r->left--];
}

double rs_random_unit(struct rs_random *r) {
    uint64_t high = rs_random_u32(r) >> 5, low = rs_random_u32(r) >> 6;
    return (double)(high << 26 | low) * 0x1p-53;
}

uint32_t rs_random_below(struct rs_random *r, uint32_t bound) { /* Lemire 2019, unbiased */
    uint64_t m = (uint64_t)rs_random_u32(r) * bound;
    if ((uint32_t)m < bound) {
        uint32_t least = (0u - bound) % bound;
        while ((uint32_t)m < least) m = (uint64_t)rs_random_u32(r) * bound;
    }
    return (uint32_t)(m >> 32);
}

double rs_random_normal(struct rs_random *r) { /* Box and Muller 1958 */
    double u = 1 - rs_random_unit(r), v = rs_random_unit(r);
    return sqrt(-2 * log(u)) * cos(6.283185307179586 * v);
}
