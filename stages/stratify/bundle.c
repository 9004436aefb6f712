/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Why it exists: parsing is most of the stage's time. One thread only reads, hashes and cuts; all others parse. */
#include "bundle.h"
#include <stdlib.h>
#include <string.h>
#include "pipeline/base/bytes.h"
#include "pipeline/base/file.h"

enum { PERSON_BYTES = 1 << 20, OTHER_BYTES = 1 << 20, HEADER_BYTES = 1 << 16 };

struct stream {
    const char *layout;
    struct rs_row_reader *reader; /* NULL: there is no such file */
    int fields[RS_MAX_COLUMNS];   /* of each column */
    int key_field;
    struct rs_buffer waiting; /* read, not yet given */
    size_t at;
    uint64_t row; /* of the line at `at` */
    bool ended;
};
struct rs_streams {
    struct stream stream[RS_STREAMS];
};

/* ---- opening -------------------------------------------------------------------------------------------------- */

/* The names of the first line. */
static bool read_fields(struct stream *s, const struct rs_manifest *m, struct rs_error *error) {
    char *text = rs_alloc(HEADER_BYTES);
    size_t got = 0;
    struct rs_in *in = rs_in_open(m->path, error);
    bool good = in && rs_in_read(in, text, HEADER_BYTES, &got, error);
    const char *end = good && got ? memchr(text, '\n', got) : NULL;
    struct rs_view header = end ? rs_view(text, (size_t)(end - text)) : RS_NULL;
    for (size_t c = 0; c < RS_MAX_COLUMNS; c++) s->fields[c] = -1;
    for (int field = 0; header.p; field++) {
        struct rs_view name = rs_split(&header, '\t');
        for (size_t c = 0; c < m->layout->n_columns; c++)
            if (rs_eq_c(name, m->layout->columns[c].name)) s->fields[c] = field;
    }
    rs_in_close(in);
    free(text);
    return good;
}

static bool open_stream(struct rs_run *run, struct stream *s, const struct rs_layout *layout, int key, bool needed,
                        struct rs_error *error) {
    struct rs_manifest m;
    bool found = true;
    s->layout = layout->name;
    if (needed ? !rs_run_manifest(run, layout, &m, error) : !rs_run_manifest_if(run, layout, &m, &found, error))
        return false;
    if (!found) {
        s->ended = true;
        return true;
    }
    s->row = 1;
    s->reader = rs_row_reader_open(&m, error);
    if (!s->reader || !read_fields(s, &m, error)) return false;
    s->key_field = s->fields[key];
    return true;
}

struct rs_streams *rs_streams_open(struct rs_run *run, bool values, struct rs_error *error) {
    struct rs_streams *s = rs_alloc(sizeof *s);
    struct stream *v = &s->stream[RS_VALUES];
    bool good =
        open_stream(run, &s->stream[RS_PERSONS], &rs_layout_person, PERSON_person_key, true, error) &&
        open_stream(run, &s->stream[RS_POSTERIORS], &rs_layout_posterior, POSTERIOR_person_key, true, error) &&
        open_stream(run, &s->stream[RS_MEASURES], &rs_layout_person_measure, PERSON_MEASURE_person_key, true, error);
    v->ended = !values;
    good = good &&
           (!values || open_stream(run, v, &rs_layout_person_value, PERSON_VALUE_person_key, false, error));
    if (good) return s;
    rs_streams_close(s);
    return NULL;
}

void rs_streams_close(struct rs_streams *s) {
    if (!s) return;
    for (int i = 0; i < RS_STREAMS; i++) {
        rs_row_reader_close(s->stream[i].reader);
        rs_buffer_free(&s->stream[i].waiting);
    }
    free(s);
}

bool rs_streams_have_values(const struct rs_streams *s) { return s->stream[RS_VALUES].reader != NULL; }

const struct rs_row_reader *rs_streams_reader(const struct rs_streams *s, enum rs_stream stream) {
    return s->stream[stream].reader;
}

int rs_streams_field(const struct rs_streams *s, enum rs_stream stream, int column) {
    return s->stream[stream].fields[column];
}

void rs_bundle_free(struct rs_bundle *b) {
    for (int i = 0; i < RS_STREAMS; i++) rs_buffer_free(&b->part[i].bytes);
}

/* ---- cutting -------------------------------------------------------------------------------------------------- */

/* Key of the line at p; null where it is no key. */
static struct rs_view key_at(const struct stream *s, const char *p, const char *end) {
    for (int skip = s->key_field; skip > 0; skip--) {
        const char *tab = memchr(p, '\t', (size_t)(end - p));
        if (!tab) return RS_NULL;
        p = tab + 1;
    }
    return end - p < RS_KEY_DIGITS ? RS_NULL : rs_view(p, RS_KEY_DIGITS);
}

static const char *line_start(const char *from, const char *p) {
    const char *before = p > from ? memrchr(from, '\n', (size_t)(p - from)) : NULL;
    return before ? before + 1 : from;
}

static struct rs_view last_key(const struct stream *s, const char *p, size_t n) {
    return key_at(s, line_start(p, p + n - 1), p + n);
}

/* Start of the first line in p[0 .. n) whose key is above `most`; lines are sorted, or the walk over them will say. */
static size_t cut_behind(const struct stream *s, const char *p, size_t n, struct rs_view most) {
    size_t low = 0, high = n; /* starts of lines; those before low are not above */
    while (low < high) {
        const char *middle = line_start(p + low, p + low + (high - low) / 2);
        struct rs_view key = key_at(s, middle, p + n);
        const char *end = memchr(middle, '\n', (size_t)(p + n - middle));
        if (key.p && memcmp(key.p, most.p, RS_KEY_DIGITS) > 0) high = (size_t)(middle - p);
        else low = end ? (size_t)(end + 1 - p) : n;
    }
    return low;
}

static bool read_more(struct stream *s, struct rs_error *error) {
    uint64_t first;
    s->at = 0;
    if (!rs_row_reader_block(s->reader, &s->waiting, OTHER_BYTES, &first, error)) return false;
    s->row = first;
    s->ended = s->waiting.n == 0;
    return true;
}

static uint64_t lines_in(const char *p, size_t n) {
    uint64_t lines = 0;
    size_t i = 0;
    for (; n - i >= RS_ABREAST; i += RS_ABREAST) lines += (uint64_t)__builtin_popcountll(rs_abreast(p + i).newlines);
    for (; i < n; i++) lines += p[i] == '\n';
    return lines;
}

/* Everything up to key `most`, or all that is left where it is null. */
static bool take(struct stream *s, struct rs_part *part, struct rs_view most, struct rs_error *error) {
    part->bytes.n = 0;
    part->first_row = s->row;
    while (!s->ended) {
        if (s->at == s->waiting.n) {
            if (!read_more(s, error)) return false;
            if (part->bytes.n == 0) part->first_row = s->row;
            if (s->ended) break;
        }
        const char *p = s->waiting.p + s->at;
        size_t n = s->waiting.n - s->at, cut = n;
        struct rs_view last = last_key(s, p, n);
        if (most.p && last.p && memcmp(last.p, most.p, RS_KEY_DIGITS) > 0) cut = cut_behind(s, p, n, most);
        rs_buffer_add(&part->bytes, p, cut);
        s->at += cut;
        if (cut == n) continue;
        s->row += lines_in(p, cut);
        break;
    }
    memset(rs_buffer_reserve(&part->bytes, RS_ABREAST), 0, RS_ABREAST);
    return true;
}

bool rs_streams_next(struct rs_streams *s, struct rs_bundle *b, struct rs_error *error) {
    struct stream *persons = &s->stream[RS_PERSONS];
    struct rs_part *lead = &b->part[RS_PERSONS];
    lead->bytes.n = 0;
    if (!persons->ended &&
        !rs_row_reader_block(persons->reader, &lead->bytes, PERSON_BYTES, &lead->first_row, error)) return false;
    persons->ended = lead->bytes.n == 0;
    struct rs_view most = lead->bytes.n ? last_key(persons, lead->bytes.p, lead->bytes.n) : RS_NULL;
    if (lead->bytes.n && !most.p)
        return rs_fail(error, RS_DATA, "person: a person_key is not 32 hexadecimal digits: run its stage again");
    for (int i = RS_PERSONS + 1; i < RS_STREAMS; i++)
        if (!take(&s->stream[i], &b->part[i], most, error)) return false;
    return true;
}
