/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The crosswalk: a CSV of pairs of identifiers that somebody knows to be one person's. Read as a stream: it may be as
 * large as the plan. */
#include <limits.h>
#include <stdio.h>
#include "pipeline/base/config.h"
#include "pipeline/base/file.h"
#include "state.h"

enum { SYSTEM_A, ID_A, SYSTEM_B, ID_B, N_COLUMNS, MOST_FIELDS = 64, LONGEST_LINE = 1 << 16 };
static const char *const columns[N_COLUMNS] = {"id_system_a", "id_a", "id_system_b", "id_b"};

struct rs_key rs_rc_id_key(struct rs_view system, struct rs_view value) {
    const struct rs_view parts[] = {system, value};
    return rs_hash_key(parts, 2);
}

const char *rs_rc_crosswalk_path(struct rs_run *run, char *room, size_t n, struct rs_error *error) {
    const char *option = rs_run_option(run, "crosswalk"), *set = rs_config_text(run->config, "crosswalk", NULL);
    if (rs_has(rs_cstr(option))) return option;
    if (!rs_has(rs_cstr(set))) return NULL;
    return rs_config_path(room, n, run->config_path, set, error) ? room : NULL;
}

struct crosswalk {
    const char *path;
    struct rs_in *in;
    struct rs_buffer data;
    size_t at;
    bool ended;
    uint64_t line;
    char *fields[MOST_FIELDS];
    size_t n;
    int where[N_COLUMNS];
};

/* One line's fields, in place; quoted fields may hold commas and doubled quotes, but no line ends. */
static bool split(struct crosswalk *c, char *p, char *end, struct rs_error *error) {
    c->n = 0;
    if (end > p && end[-1] == '\r') end--;
    *end = 0;
    for (;;) {
        if (c->n == MOST_FIELDS)
            return rs_fail(error, RS_DATA, "%s:%llu: too many columns", c->path, (unsigned long long)c->line);
        char *out = p, *from = p;
        c->fields[c->n++] = out;
        if (*from == '"') {
            for (from++; *from && (*from != '"' || from[1] == '"'); from++) {
                if (*from == '"') from++;
                *out++ = *from;
            }
            if (*from != '"')
                return rs_fail(error, RS_DATA, "%s:%llu: a quote is not closed", c->path, (unsigned long long)c->line);
            from++;
        } else {
            while (*from && *from != ',') *out++ = *from++;
        }
        bool more = *from == ',';
        *out = 0;
        if (!more) return true;
        p = from + 1;
    }
}

/* *more is false at the end. */
static bool next_line(struct crosswalk *c, bool *more, struct rs_error *error) {
    for (;;) {
        char *start = c->data.p ? c->data.p + c->at : NULL;
        char *end = start ? memchr(start, '\n', c->data.n - c->at) : NULL;
        if (!end && c->ended && c->at < c->data.n) { /* a last line without an end */
            rs_buffer_reserve(&c->data, 1);
            start = c->data.p + c->at;
            end = c->data.p + c->data.n;
        }
        if (end) {
            c->line++;
            c->at = (size_t)(end - c->data.p) + 1;
            if (c->at > c->data.n) c->at = c->data.n;
            *more = true;
            return split(c, start, end, error);
        }
        *more = false;
        if (c->ended) return true;
        if (c->data.n - c->at > LONGEST_LINE)
            return rs_fail(error, RS_DATA, "%s:%llu: line is too long", c->path, (unsigned long long)c->line + 1);
        if (c->at) memmove(c->data.p, c->data.p + c->at, c->data.n - c->at);
        c->data.n -= c->at;
        c->at = 0;
        size_t got;
        char *room = rs_buffer_reserve(&c->data, LONGEST_LINE);
        if (!rs_in_read(c->in, room, LONGEST_LINE, &got, error)) return false;
        c->data.n += got;
        c->ended = got == 0;
    }
}

static bool read_header(struct crosswalk *c, struct rs_error *error) {
    bool more;
    if (!next_line(c, &more, error)) return false;
    for (int k = 0; k < N_COLUMNS; k++) {
        c->where[k] = -1;
        for (size_t i = 0; more && i < c->n; i++) {
            struct rs_view name = rs_cstr(c->fields[i]);
            if (i == 0 && name.n >= 3 && memcmp(name.p, "\xef\xbb\xbf", 3) == 0) name = rs_view(name.p + 3, name.n - 3);
            if (rs_eq_nocase(rs_trim(name), rs_cstr(columns[k]))) c->where[k] = (int)i;
        }
        if (c->where[k] < 0)
            return rs_fail(error, RS_DATA,
                           "%s: a crosswalk needs a header line with id_system_a,id_a,id_system_b,id_b; %s is missing",
                           c->path, columns[k]);
    }
    return true;
}

/* A pair is a node of its own that shares one identifier with the records of each side. */
static bool add_pair(struct rs_rc *rc, const struct crosswalk *c, struct rs_error *error) {
    struct rs_view v[N_COLUMNS];
    for (int k = 0; k < N_COLUMNS; k++) {
        v[k] = (size_t)c->where[k] < c->n ? rs_trim(rs_cstr(c->fields[c->where[k]])) : RS_NULL;
        if (!rs_has(v[k]))
            return rs_fail(error, RS_DATA, "%s:%llu: %s is empty; every line needs both identifiers with their systems",
                           c->path, (unsigned long long)c->line, columns[k]);
    }
    struct rs_key a = rs_rc_id_key(v[SYSTEM_A], v[ID_A]), b = rs_rc_id_key(v[SYSTEM_B], v[ID_B]);
    bool ordered = rs_key_compare(a, b) < 0;
    const struct rs_key *low = ordered ? &a : &b, *high = ordered ? &b : &a;
    const struct rs_view parts[] = {RS_LIT("crosswalk"), rs_view((const char *)low->b, 16),
                                    rs_view((const char *)high->b, 16)};
    struct rs_key node = rs_hash_key(parts, 3);
    return rs_spill_add(rc->spills[SL_IDS], a, 0, node.b, sizeof node.b, error) &&
           rs_spill_add(rc->spills[SL_IDS], b, 0, node.b, sizeof node.b, error);
}

bool rs_rc_read_crosswalk(struct rs_rc *rc, const char *path, struct rs_error *error) {
    struct crosswalk c = {.path = path, .in = rs_in_open(path, error)};
    bool more = true;
    uint64_t pairs = 0;
    bool ok = c.in && read_header(&c, error);
    while (ok && (ok = next_line(&c, &more, error)) && more) {
        if (c.n == 1 && !c.fields[0][0]) continue; /* an empty line */
        ok = add_pair(rc, &c, error);
        pairs++;
    }
    rs_in_close(c.in);
    rs_buffer_free(&c.data);
    if (ok) json_object_set_new(rc->run->results, "crosswalk_pairs", json_integer((json_int_t)pairs));
    return ok;
}
