/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Writing row files: COPY text lines, hashed as they go, renamed into place with their manifest. */
#include "../base/file.h"
#include "bgzf.h"
#include "rows.h"
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#ifdef __SSE2__
#include <emmintrin.h>
#endif

#ifdef __SSE2__ /* part of x86-64 */
enum { ABREAST = 16, PAGE = 4096 };

/* Reads beyond a text (see put_short): sanitizers would take it for a mistake. */
__attribute__((no_sanitize("address", "thread"))) static inline __m128i read_abreast(const char *p) {
    return _mm_loadu_si128((const __m128i *)(const void *)p);
}

/* Writes ABREAST bytes, whatever n; false where one of the first n needs an escape. */
static inline bool put_abreast(char *out, const char *p, size_t n) {
    const __m128i text = read_abreast(p);
    const __m128i below = _mm_cmpeq_epi8(_mm_min_epu8(text, _mm_set1_epi8(0x1f)), text);
    const __m128i odd = _mm_or_si128(below, _mm_cmpeq_epi8(text, _mm_set1_epi8('\\')));
    _mm_storeu_si128((__m128i *)(void *)out, text);
    return ((unsigned)_mm_movemask_epi8(odd) & ((1u << n) - 1)) == 0;
}

/* Most fields are shorter than ABREAST. The bytes behind them are read with them where they lie in the same page as the
 * first, and so can be read. An empty field may have no byte that can. */
static bool put_short(char *out, struct rs_view v) {
    char copy[ABREAST];
    if (!v.n) return true;
    if (((uintptr_t)v.p & (PAGE - 1)) <= PAGE - ABREAST) return put_abreast(out, v.p, v.n);
    memcpy(copy, v.p, v.n);
    return put_abreast(out, copy, v.n);
}

/* Copies text that needs no escape; false, with `out` spoilt up to ABREAST bytes behind the text, where it does. The last
 * bytes abreast overlap those before. */
static bool put_clean(char *out, struct rs_view v) {
    if (v.n < ABREAST) return put_short(out, v);
    for (size_t i = 0; i + ABREAST <= v.n; i += ABREAST)
        if (!put_abreast(out + i, v.p + i, ABREAST)) return false;
    return put_abreast(out + v.n - ABREAST, v.p + v.n - ABREAST, ABREAST);
}
#else
enum { ABREAST = 1 };
static bool put_clean(char *out, struct rs_view v) {
    for (size_t i = 0; i < v.n; i++) {
        unsigned char c = (unsigned char)v.p[i];
        if (c < 0x20 || c == '\\') return false;
        out[i] = (char)c;
    }
    return true;
}
#endif

static char *put_escaped(char *out, struct rs_view v) {
    for (size_t i = 0; i < v.n; i++) {
        char c = v.p[i], letter = 0;
        switch (c) {
        case '\\': letter = '\\'; break;
        case '\t': letter = 't'; break;
        case '\n': letter = 'n'; break;
        case '\r': letter = 'r'; break;
        case '\b': letter = 'b'; break;
        case '\f': letter = 'f'; break;
        case '\v': letter = 'v'; break;
        default: break;
        }
        if (letter)
            *out++ = '\\', *out++ = letter;
        else if (c)
            *out++ = c; /* PostgreSQL has no text with a 0 byte: it is left out */
    }
    return out;
}

void rs_row_emit(struct rs_buffer *to, const struct rs_layout *layout, const struct rs_view *row) {
    size_t most = layout->n_columns * 3 + ABREAST;
    for (size_t i = 0; i < layout->n_columns; i++) most += row[i].n * 2;
    char *start = rs_buffer_reserve(to, most), *out = start;
    for (size_t i = 0; i < layout->n_columns; i++) {
        struct rs_view v = row[i];
        if (i) *out++ = '\t';
        if (!v.p) {
            *out++ = '\\';
            *out++ = 'N';
        } else if (put_clean(out, v)) {
            out += v.n;
        } else {
            out = put_escaped(out, v);
        }
    }
    *out++ = '\n';
    to->n += (size_t)(out - start);
}

struct rs_row_writer {
    const struct rs_layout *layout;
    char dir[PATH_MAX - 64];
    bool compress;
    struct rs_out *out;
    struct rs_sha *content, *file;
    struct rs_buffer pending, packed; /* BGZF: bytes of a block not yet full; compressed bytes */
    uint64_t rows, bytes, file_bytes;
};

static bool put_file(struct rs_row_writer *w, const void *p, size_t n, struct rs_error *error) {
    if (w->file) rs_sha_add(w->file, p, n);
    w->file_bytes += n;
    return rs_out_write(w->out, p, n, error);
}

static bool flush_blocks(struct rs_row_writer *w, bool all, struct rs_error *error) {
    size_t at = 0;
    w->packed.n = 0;
    while (w->pending.n - at >= RS_BGZF_BLOCK || (all && w->pending.n > at)) {
        size_t n = w->pending.n - at < RS_BGZF_BLOCK ? w->pending.n - at : RS_BGZF_BLOCK;
        if (!rs_bgzf_block(&w->packed, w->pending.p + at, n, error)) return false;
        at += n;
    }
    if (all) rs_bgzf_end(&w->packed);
    memmove(w->pending.p, w->pending.p + at, w->pending.n - at);
    w->pending.n -= at;
    return put_file(w, w->packed.p, w->packed.n, error);
}

static bool put_part(struct rs_row_writer *w, const void *p, size_t n, struct rs_error *error) {
    rs_sha_add(w->content, p, n);
    w->bytes += n;
    if (!w->compress) return put_file(w, p, n, error);
    rs_buffer_add(&w->pending, p, n);
    return w->pending.n < RS_BGZF_BLOCK || flush_blocks(w, false, error);
}

/* In parts that stay in the processor's cache between their digest and their writing. */
static bool put(struct rs_row_writer *w, const char *p, size_t n, struct rs_error *error) {
    enum { PART = 128 << 10 };
    for (size_t at = 0; at < n; at += PART)
        if (!put_part(w, p + at, n - at < PART ? n - at : PART, error)) return false;
    return true;
}

static const char *suffix(bool compressed) { return compressed ? ".tsv.gz" : ".tsv"; }

struct rs_row_writer *rs_row_writer_open(const char *dir, const struct rs_layout *layout, bool compress,
                                         struct rs_error *error) {
    struct rs_row_writer *w = rs_alloc(sizeof *w);
    char path[PATH_MAX];
    w->layout = layout;
    w->compress = compress;
    w->content = rs_sha_begin();
    if (compress) w->file = rs_sha_begin();
    struct rs_buffer header = {0};
    for (size_t i = 0; i < layout->n_columns; i++)
        rs_buffer_printf(&header, "%s%s", layout->columns[i].name, i + 1 < layout->n_columns ? "\t" : "\n");
    bool ok = rs_path(w->dir, sizeof w->dir, error, "%s", dir) &&
              rs_path(path, sizeof path, error, "%s/%s%s", dir, layout->name, suffix(compress)) &&
              (w->out = rs_out_open(path, error)) && put(w, header.p, header.n, error);
    rs_buffer_free(&header);
    if (ok) return w;
    rs_row_writer_abort(w);
    return NULL;
}

bool rs_row_writer_add(struct rs_row_writer *w, const struct rs_buffer *lines, uint64_t rows, struct rs_error *error) {
    w->rows += rows;
    return put(w, lines->p, lines->n, error);
}

uint64_t rs_row_writer_rows(const struct rs_row_writer *w) { return w->rows; }

static json_t *hex_json(const struct rs_digest *d) {
    char text[65];
    rs_hex(text, d->b, 32);
    return json_string(text);
}

static bool write_manifest(struct rs_row_writer *w, const struct rs_digest *content, const struct rs_digest *file,
                           json_t *provenance, struct rs_error *error) {
    char path[PATH_MAX], name[128];
    if (!rs_path(path, sizeof path, error, "%s/%s.json", w->dir, w->layout->name)) return false;
    snprintf(name, sizeof name, "%s%s", w->layout->name, suffix(w->compress));
    json_t *m = json_pack("{s:s, s:i, s:s, s:s, s:I, s:I, s:o, s:I, s:o}", "layout", w->layout->name, "version",
                          w->layout->version, "file", name, "compression", w->compress ? "bgzf" : "none", "rows",
                          (json_int_t)w->rows, "bytes", (json_int_t)w->bytes, "sha256", hex_json(content), "file_bytes",
                          (json_int_t)w->file_bytes, "file_sha256", hex_json(file));
    if (provenance) json_object_set(m, "provenance", provenance);
    char *text = json_dumps(m, JSON_INDENT(2) | JSON_SORT_KEYS);
    json_decref(m);
    struct rs_buffer out = {0};
    rs_buffer_printf(&out, "%s\n", text);
    free(text);
    bool ok = rs_write_file(path, out.p, out.n, error);
    rs_buffer_free(&out);
    return ok;
}

static void free_writer(struct rs_row_writer *w) {
    if (w->content) rs_sha_end(w->content, NULL);
    if (w->file) rs_sha_end(w->file, NULL);
    rs_buffer_free(&w->pending);
    rs_buffer_free(&w->packed);
    free(w);
}

bool rs_row_writer_close(struct rs_row_writer *w, json_t *provenance, struct rs_error *error) {
    struct rs_digest content, file;
    char other[PATH_MAX];
    if (w->compress && !flush_blocks(w, true, error)) goto fail;
    rs_sha_end(w->content, &content);
    w->content = NULL;
    file = content;
    if (w->file) rs_sha_end(w->file, &file);
    w->file = NULL;
    struct rs_out *out = w->out;
    w->out = NULL;
    if (!rs_out_commit(out, error)) goto fail;
    /* The other form, from an earlier run with the other setting, would shadow this one. */
    if (rs_path(other, sizeof other, error, "%s/%s%s", w->dir, w->layout->name, suffix(!w->compress))) remove(other);
    if (!write_manifest(w, &content, &file, provenance, error)) goto fail;
    free_writer(w);
    return true;
fail:
    rs_row_writer_abort(w);
    return false;
}

void rs_row_writer_abort(struct rs_row_writer *w) {
    if (!w) return;
    rs_out_abort(w->out);
    free_writer(w);
}
