/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Files that appear whole or not at all, and inputs that may be compressed. */
#ifndef RS_BASE_FILE_H
#define RS_BASE_FILE_H
#include "error.h"
#include "hash.h"
#include "text.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A file being written under a temporary name beside its own; rs_out_commit syncs and renames it, rs_out_abort (or a
 * crash before commit) leaves nothing under the real name. Mode 0600 (umask 077). */
struct rs_out;
struct rs_out *rs_out_open(const char *path, struct rs_error *error);
/* The same past the page cache, where the file system allows it: for gigabytes that this machine may not read again soon.
 * Saves the copy into the cache, which costs more than making the bytes does, and leaves others' files in it. */
struct rs_out *rs_out_open_uncached(const char *path, struct rs_error *error);
bool rs_out_write(struct rs_out *out, const void *p, size_t n, struct rs_error *error);
bool rs_out_commit(struct rs_out *out, struct rs_error *error); /* frees out in any case */
void rs_out_abort(struct rs_out *out);
/* Whole small files. */
bool rs_write_file(const char *path, const void *p, size_t n, struct rs_error *error);
bool rs_read_file(const char *path, struct rs_buffer *into, size_t most, struct rs_error *error);

/* Removes the temporary files in dir of processes that are gone (killed, power lost): they hold personal data. */
void rs_remove_leftovers(const char *dir);
/* Removes the files in `dir`, not its folders; what cannot be removed stays. */
void rs_remove_files(const char *dir);

bool rs_make_dirs(const char *path, struct rs_error *error); /* mkdir -p, mode 0700 */
bool rs_exists(const char *path);
bool rs_path(char *out, size_t room, struct rs_error *error, const char *format, ...) RS_PRINTF(4, 5);

/* An input, plain or gzip (several members, BGZF too), told by its first bytes. Truncated or damaged gzip is RS_DATA.
 */
struct rs_in;
struct rs_in *rs_in_open(const char *path, struct rs_error *error);
bool rs_in_read(struct rs_in *in, void *p, size_t room, size_t *got, struct rs_error *error); /* *got 0 at the end */
bool rs_in_is_gzip(const struct rs_in *in);
/* From right after rs_in_open on: the digest of the bytes as found on disk; rs_in_digest when all were read. */
void rs_in_hash(struct rs_in *in);
void rs_in_digest(struct rs_in *in, struct rs_digest *out);
void rs_in_close(struct rs_in *in);

/* A file in `dir` for reading and writing, which has no name any more and is gone with its descriptor, however the process
 * ends: for what would not fit into memory. -1 and an error where it cannot be made. */
int rs_file_unlinked(const char *dir, struct rs_error *error);

#endif
