/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The same extract twice in one run, as it is or once packed: two deliveries of one file would count every member twice.
 *
 * Files of the same bytes have the same digest. For one that is packed, the digest of what it holds is needed, which
 * costs a pass over the file: it is made only where the first bytes of the contents are those of another file of the
 * same profile and source, and one of the two is gzip. */
#include <stdlib.h>
#include "pipeline/base/file.h"
#include "pipeline/base/log.h"
#include "source.h"

static int by_owner(const struct rs_source *x, const struct rs_source *y) {
    int c = memcmp(x->profile->sha256.b, y->profile->sha256.b, sizeof x->profile->sha256.b);
    if (!c) c = rs_compare(x->profile->name, y->profile->name);
    if (!c) c = rs_compare(x->source, y->source);
    return c ? c : rs_compare(x->of_source, y->of_source);
}

/* Whose they are and how they begin; then in canonical order (their place in the list). */
static int by_beginning(const void *a, const void *b) {
    const struct rs_source *x = *(const struct rs_source *const *)a, *y = *(const struct rs_source *const *)b;
    int c = by_owner(x, y);
    if (!c) c = memcmp(x->head.b, y->head.b, sizeof x->head.b);
    return c ? c : (x > y) - (x < y);
}

static bool digest_content(struct rs_source *s, struct rs_error *error) {
    enum { ROOM = 1 << 18 };
    if (s->has_content) return true;
    s->has_content = true;
    s->content = s->sha256;
    if (!s->gzip) return true;
    struct rs_in *in = rs_in_open(s->path, error);
    if (!in) return false;
    char *bytes = rs_alloc(ROOM);
    struct rs_sha *sha = rs_sha_begin();
    size_t got = 1;
    bool ok = true;
    while (ok && got) {
        ok = rs_in_read(in, bytes, ROOM, &got, error);
        if (ok) rs_sha_add(sha, bytes, got);
    }
    rs_sha_end(sha, &s->content);
    free(bytes);
    rs_in_close(in);
    return ok;
}

static bool same_bytes(struct rs_source *x, struct rs_source *y, bool *same, struct rs_error *error) {
    *same = memcmp(x->sha256.b, y->sha256.b, sizeof x->sha256.b) == 0;
    if (*same || (!x->gzip && !y->gzip)) return true;
    if (!digest_content(x, error) || !digest_content(y, error)) return false;
    *same = memcmp(x->content.b, y->content.b, sizeof x->content.b) == 0;
    return true;
}

/* Files from `first` to `end` belong together and begin alike: each that is an earlier one again is marked. */
static bool mark(struct rs_source **list, size_t first, size_t end, struct rs_error *error) {
    for (size_t i = first; i < end; i++)
        for (size_t k = first; k < i && !list[i]->repeats; k++) {
            bool same;
            if (list[k]->repeats) continue;
            if (!same_bytes(list[k], list[i], &same, error)) return false;
            if (same) list[i]->repeats = list[k]->path;
        }
    return true;
}

bool rs_sources_drop_repeated(struct rs_sources *all, struct rs_error *error) {
    struct rs_source **list = rs_alloc((all->n + 1) * sizeof *list);
    bool ok = true;
    for (size_t i = 0; i < all->n; i++) list[i] = &all->s[i];
    if (all->n) qsort(list, all->n, sizeof *list, by_beginning);
    for (size_t first = 0, end; ok && first < all->n; first = end) {
        for (end = first + 1; end < all->n; end++)
            if (by_owner(list[first], list[end]) != 0 ||
                memcmp(list[first]->head.b, list[end]->head.b, sizeof list[first]->head.b) != 0)
                break;
        ok = mark(list, first, end, error);
    }
    free(list);
    size_t kept = 0;
    for (size_t i = 0; ok && i < all->n; i++) {
        const struct rs_source *s = &all->s[i];
        if (s->repeats) {
            bool packed = s->has_content;
            rs_buffer_printf(&all->told, "%s: has the same %s as %s; taken once%c", s->path,
                             packed ? "content (one of them is packed)" : "bytes", s->repeats, '\0');
            all->repeated++;
        } else {
            all->s[kept++] = *s;
        }
    }
    if (ok) all->n = kept;
    return ok;
}

void rs_sources_tell(const struct rs_sources *all) {
    for (size_t at = 0; at < all->told.n; at += strlen(all->told.p + at) + 1) rs_warn("%s", all->told.p + at);
}
