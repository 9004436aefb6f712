/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Grouping rows by key with bounded memory: 256 partitions by the key's first byte, on disk, read back one at a time
 * and sorted. Keys are HMAC or SHA-256 outputs, hence uniform, so that their own first byte serves as the partition
 * and partitions written in order give a file sorted by key: what a merge join needs.
 *
 * The spill is one unlinked temporary file in `dir`: nothing stays behind, whatever happens. */
#ifndef RS_ROWS_GROUP_H
#define RS_ROWS_GROUP_H
#include "../base/error.h"
#include "../base/hash.h"
#include "../base/text.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { RS_PARTITIONS = 256 };

struct rs_spill;
struct rs_spill *rs_spill_open(const char *dir, struct rs_error *error);
/* Adds an item: `tag` tells kinds of items apart (0-255), `bytes` are copied. One thread at a time. */
bool rs_spill_add(struct rs_spill *s, struct rs_key key, uint8_t tag, const void *bytes, size_t n,
                  struct rs_error *error);
bool rs_spill_seal(struct rs_spill *s, struct rs_error *error); /* no more adds; now partitions may be read */
uint64_t rs_spill_items(const struct rs_spill *s);
void rs_spill_close(struct rs_spill *s);

struct rs_item {
    struct rs_key key;
    uint8_t tag;
    struct rs_view bytes; /* borrowed from the partition */
};
/* One partition in memory, items sorted by key, tag, then bytes: the same order however they were added. Many
 * partitions of one sealed spill may be read at once, by different threads. Zero-initialise; reuse; free. */
struct rs_partition {
    struct rs_buffer data;
    struct rs_item *items;
    size_t n, room;
};
bool rs_partition_read(struct rs_spill *s, int number, struct rs_partition *p, struct rs_error *error);
void rs_partition_free(struct rs_partition *p);
/* Adds an item, whose bytes stay borrowed, to a partition that was read: its items are in order again after a sort. */
void rs_partition_add(struct rs_partition *p, struct rs_item item);
void rs_partition_sort(struct rs_partition *p);
/* End of the run of items that share items[i].key. */
size_t rs_group_end(const struct rs_partition *p, size_t i);

#endif
