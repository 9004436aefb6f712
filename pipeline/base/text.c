/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Views, arenas and buffers: text without a malloc a field. */
#include "text.h"
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

/* ---- memory --------------------------------------------------------------------------------------------------- */

static void out_of_memory(size_t size) {
    fprintf(stderr, "relsogi: error: out of memory (%zu bytes asked for)\n", size);
    _Exit(RS_IO);
}

void *rs_alloc(size_t size) {
    void *p = calloc(1, size ? size : 1);
    if (!p) out_of_memory(size);
    return p;
}

void *rs_realloc(void *p, size_t size) {
    void *q = realloc(p, size ? size : 1);
    if (!q) out_of_memory(size);
    return q;
}

char *rs_strdup(const char *s) {
    size_t n = strlen(s) + 1;
    char *p = rs_alloc(n);
    memcpy(p, s, n);
    return p;
}

struct rs_arena_chunk {
    struct rs_arena_chunk *before;
    size_t used, room;
    max_align_t data[];
};

enum { ARENA_CHUNK = 256 << 10 };

static struct rs_arena_chunk *add_chunk(struct rs_arena *arena, size_t size) {
    size_t room = size > ARENA_CHUNK ? size : ARENA_CHUNK;
    struct rs_arena_chunk *c = malloc(sizeof *c + room);
    if (!c) out_of_memory(room);
    c->before = arena->chunk;
    c->used = 0;
    c->room = room;
    arena->chunk = c;
    return c;
}

static void *take(struct rs_arena *arena, size_t size) {
    size = (size + 15) & ~(size_t)15;
    struct rs_arena_chunk *c = arena->chunk;
    if (!c || c->room - c->used < size) c = add_chunk(arena, size);
    void *p = (char *)c->data + c->used;
    c->used += size;
    return p;
}

void *rs_arena_alloc(struct rs_arena *arena, size_t size) {
    void *p = take(arena, size);
    memset(p, 0, size);
    return p;
}

char *rs_arena_copy(struct rs_arena *arena, const void *p, size_t n) {
    char *q = take(arena, n + 1);
    if (n) memcpy(q, p, n);
    q[n] = 0;
    return q;
}

struct rs_view rs_arena_view(struct rs_arena *arena, struct rs_view v) {
    if (!v.p) return v;
    return (struct rs_view){rs_arena_copy(arena, v.p, v.n), v.n};
}

struct rs_view rs_arena_printf(struct rs_arena *arena, const char *format, ...) {
    va_list args, again;
    va_start(args, format);
    va_copy(again, args);
    int n = vsnprintf(NULL, 0, format, args);
    va_end(args);
    char *p = take(arena, (size_t)n + 1);
    vsnprintf(p, (size_t)n + 1, format, again);
    va_end(again);
    return (struct rs_view){p, (size_t)n};
}

struct rs_view rs_arena_long(struct rs_arena *arena, int64_t value) {
    char digits[24];
    size_t i = sizeof digits;
    uint64_t u = value < 0 ? 0 - (uint64_t)value : (uint64_t)value;
    do digits[--i] = (char)('0' + u % 10);
    while (u /= 10);
    if (value < 0) digits[--i] = '-';
    size_t n = sizeof digits - i;
    char *p = take(arena, n);
    memcpy(p, digits + i, n);
    return (struct rs_view){p, n};
}

struct rs_view rs_arena_real(struct rs_arena *arena, double value) {
    if (isnan(value)) return RS_NULL;
    char *p = take(arena, 32);
    return (struct rs_view){p, rs_format_real(p, value)};
}

void rs_arena_reset(struct rs_arena *arena) {
    struct rs_arena_chunk *c = arena->chunk;
    if (!c) return;
    /* The oldest chunk has the usual size: keep it, free the rest. */
    while (c->before) {
        struct rs_arena_chunk *before = c->before;
        free(c);
        c = before;
    }
    c->used = 0;
    arena->chunk = c;
}

void rs_arena_free(struct rs_arena *arena) {
    while (arena->chunk) {
        struct rs_arena_chunk *before = arena->chunk->before;
        free(arena->chunk);
        arena->chunk = before;
    }
}

char *rs_buffer_reserve(struct rs_buffer *b, size_t more) {
    if (b->room - b->n < more) {
        size_t room = b->room ? b->room * 2 : 256;
        while (room - b->n < more) room *= 2;
        b->p = rs_realloc(b->p, room);
        b->room = room;
    }
    return b->p + b->n;
}

void rs_buffer_add(struct rs_buffer *b, const void *p, size_t n) {
    if (!n) return;
    memcpy(rs_buffer_reserve(b, n), p, n);
    b->n += n;
}

void rs_buffer_printf(struct rs_buffer *b, const char *format, ...) {
    va_list args, again;
    va_start(args, format);
    va_copy(again, args);
    int n = vsnprintf(NULL, 0, format, args);
    va_end(args);
    vsnprintf(rs_buffer_reserve(b, (size_t)n + 1), (size_t)n + 1, format, again);
    va_end(again);
    b->n += (size_t)n;
}

void rs_buffer_free(struct rs_buffer *b) {
    free(b->p);
    *b = (struct rs_buffer){0};
}

/* ---- views ---------------------------------------------------------------------------------------------------- */

static unsigned char lower(char c) { return c >= 'A' && c <= 'Z' ? (unsigned char)(c + 32) : (unsigned char)c; }

bool rs_eq_nocase(struct rs_view a, struct rs_view b) {
    if (a.n != b.n) return false;
    for (size_t i = 0; i < a.n; i++)
        if (lower(a.p[i]) != lower(b.p[i])) return false;
    return true;
}

int rs_compare(struct rs_view a, struct rs_view b) {
    if (!a.p || !b.p) return (a.p != NULL) - (b.p != NULL);
    size_t n = a.n < b.n ? a.n : b.n;
    int c = n ? memcmp(a.p, b.p, n) : 0;
    if (c) return c;
    return (a.n > b.n) - (a.n < b.n);
}

static bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; }

struct rs_view rs_trim(struct rs_view v) {
    while (v.n && is_blank(v.p[0])) v.p++, v.n--;
    while (v.n && is_blank(v.p[v.n - 1])) v.n--;
    return v;
}

struct rs_view rs_split(struct rs_view *rest, char separator) {
    struct rs_view head = *rest;
    const char *at = head.n ? memchr(head.p, separator, head.n) : NULL;
    if (!at) {
        *rest = RS_NULL;
        return head;
    }
    head.n = (size_t)(at - head.p);
    rest->p = at + 1;
    rest->n -= head.n + 1;
    return head;
}

bool rs_parse_long(struct rs_view v, int64_t *out) {
    bool minus = v.n && v.p[0] == '-';
    size_t i = v.n && (v.p[0] == '-' || v.p[0] == '+');
    if (i == v.n || v.n - i > 18) return false;
    int64_t value = 0;
    for (; i < v.n; i++) {
        if (v.p[i] < '0' || v.p[i] > '9') return false;
        value = value * 10 + (v.p[i] - '0');
    }
    *out = minus ? -value : value;
    return true;
}

/* Digits with at most one point, 15 digits at most behind leading zeroes: a whole number below 2^53 over a power of ten
 * below 10^22, both exact, so that one division rounds once, as strtod does (Clinger 1990). false where it is not such. */
static bool parse_plain_real(struct rs_view v, double *out) {
    static const double powers[] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,  1e8,  1e9,  1e10, 1e11,
                                    1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};
    uint64_t digits = 0;
    size_t point = v.n, behind, i = 0;
    for (; i < v.n && digits < 100000000000000u; i++) { /* below 10^14: one more digit fits */
        unsigned d = (unsigned char)v.p[i] - (unsigned)'0';
        if (d < 10) digits = 10 * digits + d;
        else if (v.p[i] == '.' && point == v.n) point = i;
        else return false;
    }
    behind = point < v.n ? v.n - point - 1 : 0;
    if (i < v.n || v.n == 0 || (point < v.n && v.n == 1) || behind > 22) return false;
    *out = (double)digits / powers[behind];
    return true;
}

bool rs_parse_real(struct rs_view v, double *out) {
    char text[64];
    if (parse_plain_real(v, out)) return true;
    if (!v.n || v.n >= sizeof text) return false;
    memcpy(text, v.p, v.n);
    text[v.n] = 0;
    if (is_blank(text[0])) return false;
    char *end;
    *out = strtod(text, &end);
    return end == text + v.n;
}

bool rs_parse_real_if(struct rs_view v, double *out) {
    *out = NAN;
    return !rs_has(v) || rs_parse_real(v, out);
}

bool rs_all_digits(struct rs_view v) {
    for (size_t i = 0; i < v.n; i++)
        if (v.p[i] < '0' || v.p[i] > '9') return false;
    return v.n > 0;
}

/* ---- numbers -------------------------------------------------------------------------------------------------- */

static const double exact_powers[] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,  1e8,  1e9,  1e10, 1e11,
                                      1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};

/* For 1e-5 <= v < 1e15 scaling by one exact power of ten (10^0 .. 10^20 <= 10^22) rounds once, and rounding to an
 * integer once more: at worst the 15th digit is off by one from printf's, always by the same bytes. */
static size_t format_plain(char *out, double v, bool minus) {
    int exponent = 0; /* v = 0.d1d2.. * 10^exponent: digits before the point */
    if (v >= 1) {
        while (exponent < 15 && v >= exact_powers[exponent]) exponent++;
    } else {
        while (exponent > -5 && v * exact_powers[-exponent + 1] < 1) exponent--;
    }
    uint64_t digits = (uint64_t)(v * exact_powers[15 - exponent] + 0.5);
    if (digits >= 1000000000000000u) { /* rounded up to one digit more */
        digits /= 10;
        exponent++;
    }
    char text[16];
    for (int i = 14; i >= 0; i--) {
        text[i] = (char)('0' + digits % 10);
        digits /= 10;
    }
    int n = 15;
    while (n > 1 && n > exponent && text[n - 1] == '0') n--;
    char *p = out;
    if (minus) *p++ = '-';
    if (exponent <= 0) {
        *p++ = '0';
        *p++ = '.';
        for (int i = exponent; i < 0; i++) *p++ = '0';
        memcpy(p, text, (size_t)n);
        p += n;
    } else {
        memcpy(p, text, (size_t)(n < exponent ? n : exponent));
        p += exponent;
        if (n > exponent) {
            *p++ = '.';
            memcpy(p, text + exponent, (size_t)(n - exponent));
            p += n - exponent;
        }
    }
    return (size_t)(p - out);
}

size_t rs_format_real(char *out, double value) {
    if (value == 0) {
        out[0] = '0';
        return 1;
    }
    double v = fabs(value);
    if (v >= 1e-5 && v < 1e15) return format_plain(out, v, value < 0);
    return (size_t)snprintf(out, 32, "%.15g", value);
}

/* ---- Unicode -------------------------------------------------------------------------------------------------- */

bool rs_utf8_valid(struct rs_view v) {
    const unsigned char *p = (const unsigned char *)v.p, *end = p + v.n;
    while (p < end) {
        while (end - p >= 8) { /* eight ASCII bytes at a time */
            uint64_t word;
            memcpy(&word, p, 8);
            if (word & 0x8080808080808080u) break;
            p += 8;
        }
        if (p == end) break;
        if (*p < 0x80) {
            p++;
            continue;
        }
        size_t more;
        uint32_t c;
        if (*p >= 0xC2 && *p <= 0xDF)
            more = 1, c = *p & 0x1Fu;
        else if (*p >= 0xE0 && *p <= 0xEF)
            more = 2, c = *p & 0x0Fu;
        else if (*p >= 0xF0 && *p <= 0xF4)
            more = 3, c = *p & 0x07u;
        else
            return false;
        if ((size_t)(end - p) <= more) return false;
        for (size_t i = 1; i <= more; i++) {
            if ((p[i] & 0xC0) != 0x80) return false;
            c = c << 6 | (p[i] & 0x3Fu);
        }
        if (more == 2 && (c < 0x800 || (c >= 0xD800 && c <= 0xDFFF))) return false;
        if (more == 3 && (c < 0x10000 || c > 0x10FFFF)) return false;
        p += more + 1;
    }
    return true;
}

/* Bytes 0x80-0x9F of Windows-1252 (Unicode's CP1252.TXT); 0 where undefined. */
static const uint16_t windows_1252[32] = {0x20AC, 0,      0x201A, 0x0192, 0x201E, 0x2026, 0x2020, 0x2021,
                                          0x02C6, 0x2030, 0x0160, 0x2039, 0x0152, 0,      0x017D, 0,
                                          0,      0x2018, 0x2019, 0x201C, 0x201D, 0x2022, 0x2013, 0x2014,
                                          0x02DC, 0x2122, 0x0161, 0x203A, 0x0153, 0,      0x017E, 0x0178};

struct rs_view rs_from_windows_1252(struct rs_arena *arena, struct rs_view v) {
    if (!v.p) return v;
    char *out = take(arena, v.n * 3 + 1), *p = out;
    for (size_t i = 0; i < v.n; i++) {
        unsigned char b = (unsigned char)v.p[i];
        uint32_t c = b;
        if (b >= 0x80 && b < 0xA0) c = windows_1252[b - 0x80] ? windows_1252[b - 0x80] : 0xFFFD;
        if (c < 0x80) {
            *p++ = (char)c;
        } else if (c < 0x800) {
            *p++ = (char)(0xC0 | c >> 6);
            *p++ = (char)(0x80 | (c & 0x3F));
        } else {
            *p++ = (char)(0xE0 | c >> 12);
            *p++ = (char)(0x80 | (c >> 6 & 0x3F));
            *p++ = (char)(0x80 | (c & 0x3F));
        }
    }
    return (struct rs_view){out, (size_t)(p - out)};
}
