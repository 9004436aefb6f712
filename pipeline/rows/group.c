/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The partition spill: one unlinked file of chunks, each chunk belonging to one partition. */
#include "group.h"
#include "../base/bytes.h"
#include "../base/file.h"
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { CHUNK = 64 << 10 };

struct extent {
    off_t at;
    size_t n;
};

struct part {
    struct rs_buffer pending;
    struct extent *extents;
    size_t n, room, items, bytes;
};

struct rs_spill {
    int fd;
    char dir[PATH_MAX]; /* for messages: the file itself has no name any more */
    off_t end;
    uint64_t items;
    struct part parts[RS_PARTITIONS];
};

/* An item in the file: size of the bytes, key, tag, bytes. */
struct item_head {
    uint32_t n;
    uint8_t tag, pad[3];
    struct rs_key key;
};

struct rs_spill *rs_spill_open(const char *dir, struct rs_error *error) {
    char path[PATH_MAX];
    if (!rs_path(path, sizeof path, error, "%s/.spill.XXXXXX", dir)) return NULL;
    int fd = mkstemp(path); /* mode 0600 */
    if (fd < 0) {
        rs_fail_errno(error, RS_CANT_CREATE, "%s: cannot make a temporary file", dir);
        return NULL;
    }
    unlink(path);
    fcntl(fd, F_SETFD, FD_CLOEXEC);
    struct rs_spill *s = rs_alloc(sizeof *s);
    s->fd = fd;
    snprintf(s->dir, sizeof s->dir, "%s", dir);
    return s;
}

static bool flush(struct rs_spill *s, struct part *p, struct rs_error *error) {
    size_t done = 0;
    while (done < p->pending.n) {
        ssize_t n = pwrite(s->fd, p->pending.p + done, p->pending.n - done, s->end + (off_t)done);
        if (n < 0 && errno == EINTR) continue;
        if (n <= 0) return rs_fail_errno(error, RS_IO, "%s: writing a temporary file here failed", s->dir);
        done += (size_t)n;
    }
    if (p->n == p->room) {
        p->room = p->room ? p->room * 2 : 16;
        p->extents = rs_realloc(p->extents, p->room * sizeof *p->extents);
    }
    p->extents[p->n++] = (struct extent){s->end, p->pending.n};
    s->end += (off_t)p->pending.n;
    p->pending.n = 0;
    return true;
}

bool rs_spill_add(struct rs_spill *s, struct rs_key key, uint8_t tag, const void *bytes, size_t n,
                  struct rs_error *error) {
    struct part *p = &s->parts[key.b[0]];
    struct item_head head = {.n = (uint32_t)n, .tag = tag, .key = key};
    if (n > UINT32_MAX / 2) return rs_fail(error, RS_BUG, "an item of %zu bytes is too large to group", n);
    if (p->pending.n && p->pending.n + sizeof head + n > CHUNK && !flush(s, p, error)) return false;
    rs_buffer_add(&p->pending, &head, sizeof head);
    rs_buffer_add(&p->pending, bytes, n);
    p->items++;
    p->bytes += sizeof head + n;
    s->items++;
    return true;
}

bool rs_spill_seal(struct rs_spill *s, struct rs_error *error) {
    for (int i = 0; i < RS_PARTITIONS; i++) {
        struct part *p = &s->parts[i];
        if (p->pending.n && !flush(s, p, error)) return false;
        rs_buffer_free(&p->pending);
    }
    return true;
}

uint64_t rs_spill_items(const struct rs_spill *s) { return s->items; }

void rs_spill_close(struct rs_spill *s) {
    if (!s) return;
    for (int i = 0; i < RS_PARTITIONS; i++) {
        rs_buffer_free(&s->parts[i].pending);
        free(s->parts[i].extents);
    }
    close(s->fd);
    free(s);
}

/* Bytes 0-7 of a key as a number that sorts as they do; most keys differ there. */
static uint64_t first_half(const struct rs_item *item) {
    uint64_t word = rs_word((const char *)item->key.b);
    return __builtin_bswap64(word);
}

static int by_key(const void *a, const void *b) {
    const struct rs_item *x = a, *y = b;
    uint64_t first = first_half(x), second = first_half(y);
    if (first != second) return first < second ? -1 : 1;
    int c = rs_key_compare(x->key, y->key);
    if (c) return c;
    if (x->tag != y->tag) return x->tag < y->tag ? -1 : 1;
    return rs_compare(x->bytes, y->bytes);
}

static bool load(struct rs_spill *s, const struct part *part, struct rs_buffer *data, struct rs_error *error) {
    data->n = 0;
    rs_buffer_reserve(data, part->bytes);
    for (size_t i = 0; i < part->n; i++) {
        size_t got = 0;
        while (got < part->extents[i].n) {
            ssize_t n = pread(s->fd, data->p + data->n, part->extents[i].n - got, part->extents[i].at + (off_t)got);
            if (n < 0 && errno == EINTR) continue;
            if (n <= 0) return rs_fail_errno(error, RS_IO, "%s: reading a temporary file here failed", s->dir);
            got += (size_t)n;
            data->n += (size_t)n;
        }
    }
    return true;
}

bool rs_partition_read(struct rs_spill *s, int number, struct rs_partition *p, struct rs_error *error) {
    const struct part *part = &s->parts[number];
    p->n = 0;
    if (!load(s, part, &p->data, error)) return false;
    if (p->room < part->items) {
        p->items = rs_realloc(p->items, part->items * sizeof *p->items);
        p->room = part->items;
    }
    for (size_t at = 0; at < p->data.n;) {
        struct item_head head;
        memcpy(&head, p->data.p + at, sizeof head);
        at += sizeof head;
        p->items[p->n++] = (struct rs_item){head.key, head.tag, rs_view(p->data.p + at, head.n)};
        at += head.n;
    }
    rs_partition_sort(p);
    return true;
}

void rs_partition_add(struct rs_partition *p, struct rs_item item) {
    if (p->n == p->room) {
        p->room = p->room ? p->room * 2 : 16;
        p->items = rs_realloc(p->items, p->room * sizeof *p->items);
    }
    p->items[p->n++] = item;
}

void rs_partition_sort(struct rs_partition *p) {
    if (p->n) qsort(p->items, p->n, sizeof *p->items, by_key);
}

void rs_partition_free(struct rs_partition *p) {
    rs_buffer_free(&p->data);
    free(p->items);
    *p = (struct rs_partition){0};
}

size_t rs_group_end(const struct rs_partition *p, size_t i) {
    size_t end = i + 1;
    while (end < p->n && rs_key_compare(p->items[end].key, p->items[i].key) == 0) end++;
    return end;
}
