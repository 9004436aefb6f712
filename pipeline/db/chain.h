/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The file outside the database that keeps the log's heads (audit: chain_file: in the configuration), so that whoever
 * owns the database cannot rewrite its log unseen. One line a load, only ever added to, mode 0600:
 *
 *     entry <TAB> head (64 hex digits) <TAB> run_id <TAB> revision <TAB> UTC time <NEWLINE>
 *
 * Put it where the database's administrators cannot write. */
#ifndef RS_DB_CHAIN_H
#define RS_DB_CHAIN_H
#include "../base/error.h"
#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct rs_chain_head {
    int64_t entry;
    char head[65];
};

/* The configured path, or an empty text. A relative one is relative to the configuration. RS_CONFIG on wrong keys. */
bool rs_chain_file(const json_t *config, const char *config_path, char *out, size_t room, struct rs_error *error);

/* Adds one line, under flock, and syncs it; nothing where the last line holds this entry and head already. Fails with
 * RS_DATA where the file already knows another head for this entry, or a later entry: the log was changed. */
bool rs_chain_append(const char *path, const struct rs_chain_head *head, const char *run_id, const char *revision,
                     struct rs_error *error);

/* Calls `each` for every whole line, in order; a line cut off by a crash is passed over. False as soon as each is. */
bool rs_chain_read(const char *path, void *self,
                   bool (*each)(void *self, const struct rs_chain_head *head, struct rs_error *error),
                   struct rs_error *error);
#endif
