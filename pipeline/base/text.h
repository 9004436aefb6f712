/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Borrowed text, growing buffers and arenas: the three ways text is held.
 *
 * A view is borrowed: it points into a block, an arena or a constant, and lives as long as that does.
 * `p == NULL` is null (no value); `n == 0` with p set is the empty string. */
#ifndef RS_BASE_TEXT_H
#define RS_BASE_TEXT_H
#include "error.h"
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct rs_view {
    const char *p;
    size_t n;
};

#define RS_NULL ((struct rs_view){0, 0})
#define RS_LIT(s) ((struct rs_view){"" s, sizeof(s) - 1})

static inline struct rs_view rs_view(const char *p, size_t n) { return (struct rs_view){p, n}; }
static inline struct rs_view rs_cstr(const char *s) { return (struct rs_view){s, s ? strlen(s) : 0}; }
static inline bool rs_is_null(struct rs_view v) { return v.p == NULL; }
static inline bool rs_has(struct rs_view v) { return v.n > 0; } /* neither null nor empty */
static inline bool rs_eq(struct rs_view a, struct rs_view b) {
    return a.n == b.n && (a.n == 0 || memcmp(a.p, b.p, a.n) == 0);
}
static inline bool rs_eq_c(struct rs_view a, const char *b) { return rs_eq(a, rs_cstr(b)); }
bool rs_eq_nocase(struct rs_view a, struct rs_view b); /* ASCII letters only */
int rs_compare(struct rs_view a, struct rs_view b);    /* bytewise, null first */
struct rs_view rs_trim(struct rs_view v);              /* blanks, tabs, CR and LF off both ends; null stays null */
/* Splits off what stands before the first `separator`; *rest holds what follows, null when there was none. */
struct rs_view rs_split(struct rs_view *rest, char separator);
/* Decimal integer, optional sign, nothing else; false where it is none or does not fit. */
bool rs_parse_long(struct rs_view v, int64_t *out);
bool rs_parse_real(struct rs_view v, double *out);
bool rs_parse_real_if(struct rs_view v, double *out); /* NaN where there is nothing */
bool rs_all_digits(struct rs_view v); /* false for the empty string */

/* Memory for the life of a block: freed all at once. Not for sharing between threads. Running out of memory ends
 * the process with RS_IO and a message, so allocation needs no check. */
struct rs_arena {
    struct rs_arena_chunk *chunk;
};
void *rs_arena_alloc(struct rs_arena *arena, size_t size);            /* aligned to 16, zeroed */
char *rs_arena_copy(struct rs_arena *arena, const void *p, size_t n); /* with a 0 byte behind it */
struct rs_view rs_arena_view(struct rs_arena *arena, struct rs_view v);
struct rs_view rs_arena_printf(struct rs_arena *arena, const char *format, ...) RS_PRINTF(2, 3);
struct rs_view rs_arena_long(struct rs_arena *arena, int64_t value);
struct rs_view rs_arena_real(struct rs_arena *arena, double value); /* 15 significant digits; NaN gives null */
void rs_arena_reset(struct rs_arena *arena);                        /* keeps one chunk for reuse */
void rs_arena_free(struct rs_arena *arena);

/* A growing run of bytes. Zero-initialise; free with rs_buffer_free. */
struct rs_buffer {
    char *p;
    size_t n, room;
};
char *rs_buffer_reserve(struct rs_buffer *b, size_t more); /* room for `more` bytes at p + n; does not change n */
void rs_buffer_add(struct rs_buffer *b, const void *p, size_t n);
static inline void rs_buffer_byte(struct rs_buffer *b, char c) {
    *rs_buffer_reserve(b, 1) = c;
    b->n++;
}
static inline void rs_buffer_view(struct rs_buffer *b, struct rs_view v) { rs_buffer_add(b, v.p, v.n); }
void rs_buffer_printf(struct rs_buffer *b, const char *format, ...) RS_PRINTF(2, 3);
void rs_buffer_free(struct rs_buffer *b);

void *rs_alloc(size_t size); /* zeroed; ends the process when memory is out */
void *rs_realloc(void *p, size_t size);
char *rs_strdup(const char *s);

/* Formats with 15 significant digits, shortest exponent form never used for 1e-5 <= |v| < 1e15; returns the length.
 * `out` has room for 32 bytes. Same bytes on every machine. */
size_t rs_format_real(char *out, double value);

/* Unicode. */
bool rs_utf8_valid(struct rs_view v);
/* Windows-1252 (of which Latin-1 is a part) to UTF-8, in the arena. Undefined bytes become U+FFFD. */
struct rs_view rs_from_windows_1252(struct rs_arena *arena, struct rs_view v);

#endif
